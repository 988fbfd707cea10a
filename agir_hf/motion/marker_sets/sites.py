"""Anatomical sites on the skin and the names that marker sets give them.

A site is a location such as "left_asis". Each has synonyms, without the side and without dots,
underscores, spaces and hyphens, in capitals: "KNE" is that of LKNE, L.KNE, KNE_L and "left kne".

Sources: Plug-in Gait and CGM2 (Vicon; pyCGM2), Helen Hayes (Kadaba et al. 1990, J Orthop Res
8:383), IOR (Leardini et al. 2007, Gait Posture 26:560), ISB (Wu et al. 2002, 2005), landmark
abbreviations of van Sint Jan (2007), models gait2392 and Rajagopal of OpenSim, OpenCap, Motek's
HBM, OptiTrack Motive, and the Oxford foot model (Carson et al. 2001, J Biomech 34:1299).
"""

from __future__ import annotations

from itertools import product

SIDES = ("left", "right")

_MIDDLE = {
    "head_top": "TOPHEAD HEADTOP VERTEX",
    "forehead": "HEADFRONT FOREHEAD FHEAD",
    "occiput": "HEADBACK OCCIPUT BHEAD",
    "jugular_notch": "CLAV CLAVICLE IJ JN SJN JUGULARNOTCH SUPRASTERNALNOTCH SUPRASTERNALE",
    "sternum": "STERNUM STER CHEST MIDSTERNUM",
    "xiphoid": "PX SXS XYPH XIPH XIPHOID XIPHOIDPROCESS",
    "c7": "C7 CV7 VC7 SPINETOP BACKTOP",
    "t2": "T2 TV2 SPINETHORACIC2",
    "t6": "T6 TV6",
    "t8": "T7 T8 TV7 TV8 MAI",
    "t10": "T10 TV10",
    "t12": "T12 TV12 SPINETHORACIC12",
    "l1": "L1 LV1",
    "l3": "L3 LV3",
    "l5": "L5 LV5",
    "sacrum": "SACR SACRUM SACRAL VSACRAL VSAC SAC S1 S2 WAISTBACK",
    "right_scapula": "RBAK RBAC RSCAP",
}
_PAIRED = {
    "head_front": "FHD HEADFRONT",
    "head_back": "BHD HEADBACK",
    "head_side": "TEMPLE HEAD HEADSIDE HD",
    "sternoclavicular": "STERNUM STERNOCLAVICULAR SCJ SC",
    "acromion": "SHO SHOULDER ACR ACROM ACROMION ACROMIUM AC ACJ CAJ SAE SHOULDERTOP",
    "upper_arm": "UPA UPPERARM BICEP BICEPS ARM HUMERUS UARM UARMHIGH DELT",
    "elbow_lateral": "ELB ELBOW EL HLE LEE LEL",
    "elbow_medial": "EM HME MEE MEL",
    "forearm": "FRA FRM FOREARM FARM FASUPERIOR",
    "wrist": "",
    "wrist_lateral": "WRA WL RS RSP RADIUS WRISTRADIUS WRISTRADIAL RADIALSTYLOID FARADIUS "
    "WRISTIN LW",
    "wrist_medial": "WRB WM US USP ULNA WRISTULNA WRISTULNAR ULNARSTYLOID FAULNA WRISTOUT MW",
    "hand": "FIN FINGER HAND HANDOUT HM2 HM3",
    "asis": "ASI ASIS IAS FWT WAISTFRONT ANTERIORSUPERIORILIACSPINE",
    "psis": "PSI PSIS IPS BWT WAISTBACK POSTERIORSUPERIORILIACSPINE",
    "iliac_crest": "IC ICT ILIACCREST CREST",
    "trochanter": "GTR GT GTRO FTC TRO TROC TROCH TROCHANTER GREATERTROCHANTER GTROC",
    "thigh": "THI THIGH LTHI THG",
    "thigh_upper": "THIGHUPPER",
    "thigh_front": "THIGHFRONT THAP FTHI",
    "thigh_front_low": "THAD THIGHFRONTLOW",
    "thigh_rear": "THIGHREAR",
    "knee_lateral": "KNE KNEE FLE LE LEK LFC LATERALFEMORALCONDYLE",
    "knee_medial": "MKN FME ME MEK MFC MEDIALFEMORALCONDYLE",
    "fibula_head": "HF HFB FAX FIBULAHEAD HEADFIBULA FIBHEAD",
    "tibial_tuberosity": "TT TTC TUB TTUB TIBTUB TIBIALTUBEROSITY SHANKANTSUP SHINFRONTHIGH",
    "shank": "TIB TIBIA SHANK LSHA SHK",
    "shank_upper": "SHANKUPPER",
    "shank_front": "SHANKFRONT TIAP",
    "shank_rear": "SHANKREAR",
    "shin": "SHN SHIN TIAD",
    "ankle_lateral": "ANK ANKLE LM FAL LMAL LATERALMALLEOLUS",
    "ankle_medial": "MMA MED MM TAM MMAL MEDIALMALLEOLUS",
    "heel": "HEE HEEL HEL CAL CALC CALCANEUS FCC HEELBACK",
    "calcaneus_lateral": "LCA LCAL PT",
    "sustentaculum": "STL ST SUSTENTACULUM",
    "metatarsal_1": "MT1 D1M FM1 FMH FM MET1 MTP1 MTH1 MH1 1META 1MET TOEMED TOEIN FOREFOOTIN "
    "METATARSAL1 1STMETATARSAL 1STMETATARSALHEAD FIRSTMETATARSAL FIRSTMETATARSALHEAD",
    "metatarsal_2": "MT2 D2M FM2 SMH SM MET2 MTP2 MTH2 MH2 2META 2MET FOREFOOT2 METATARSAL2 "
    "2NDMETATARSAL 2NDMETATARSALHEAD SECONDMETATARSAL SECONDMETATARSALHEAD",
    "metatarsal_5": "MT5 D5M FM5 VMH VM MET5 MTP5 MTH5 MH5 5META 5MET TOELAT TOEOUT FOREFOOTOUT "
    "FOREFOOT5 METATARSAL5 5THMETATARSAL 5THMETATARSALHEAD FIFTHMETATARSAL FIFTHMETATARSALHEAD",
    "metatarsal_1_base": "P1M FMB",
    "metatarsal_5_base": "P5M VMB",
    "midfoot": "MIDFOOTSUP SMB CUN",
    "midfoot_lateral": "MIDFOOTLAT",
    "hallux": "HLX TOETIP HALLUX",
}
# Names of a joint, and words for one of its two sides; "LATKNEE", "KNEEOUT" and others follow.
_JOINTS = {
    "elbow": ("EL", "ELB", "ELBOW", "HUMERALEPICONDYLE", "HUMERUSEPICONDYLE"),
    "wrist": ("WR", "WRI", "WRIST"),
    "knee": ("KN", "KNE", "KNEE", "FEMORALEPICONDYLE", "FEMUREPICONDYLE"),
    "ankle": ("AN", "ANK", "ANKLE", "MAL", "MALL", "MALLEOLUS"),
}
_LATERAL, _MEDIAL = ("L", "LAT", "LATERAL"), ("M", "MED", "MEDIAL")
_OUTER, _INNER = ("OUT", "OUTER", "EXT"), ("IN", "INNER", "INT")
# Names with more than one meaning, in order: the first site that no other label has.
AMBIGUOUS = {
    "STRN": ("xiphoid", "jugular_notch"),  # Plug-in Gait, and HBM next to XYPH
    "CA": ("heel", "calcaneus_lateral"),  # IOR, and the Oxford foot model next to HEE
    "TOE": ("metatarsal_2", "hallux"),  # Plug-in Gait, and others next to MT2
    "MT": ("metatarsal_2",),
    "WRI": ("wrist",),
    "WRIST": ("wrist",),
    "WR": ("wrist",),
}
AMBIGUOUS_MIDDLE = {"STRN"}

SITES = (*_MIDDLE, *(f"{side}_{site}" for side in SIDES for site in _PAIRED))
# Markers of rigid clusters and wands: only the segment is known, not the position on it.
CLUSTER_SITES = frozenset(
    f"{side}_{site}"
    for side in SIDES
    for site in ("thigh", "thigh_upper", "thigh_front", "thigh_front_low", "thigh_rear", "shank",
                 "shank_upper", "shank_front", "shank_rear", "midfoot", "midfoot_lateral",
                 "iliac_crest")
)  # fmt: skip


def _joint_words() -> dict[str, list[str]]:
    """Site → names made of a joint and a word for its lateral or medial side."""
    words: dict[str, list[str]] = {}
    for joint, names in _JOINTS.items():
        for side, sides in (("lateral", _LATERAL), ("medial", _MEDIAL)):
            if joint != "wrist":  # the outer side of a wrist is not its lateral side
                sides = (*sides, *(_OUTER if side == "lateral" else _INNER))
            pairs = product(names, sides)
            words[f"{joint}_{side}"] = [
                text for name, word in pairs for text in (name + word, word + name)
            ]
    return words


def _table() -> tuple[dict[str, str], dict[str, str]]:
    """Name → site of the midline, and name → site without its side."""
    middle = {name: site for site, names in _MIDDLE.items() for name in names.split()}
    paired: dict[str, str] = {}
    for site, names in _joint_words().items():
        for name in names:
            paired.setdefault(name, site)
    for site, names in _PAIRED.items():
        for name in names.split():
            paired[name] = site
    for site in _PAIRED:
        paired[site.replace("_", "").upper()] = site
    for site in _MIDDLE:
        middle[site.replace("_", "").upper()] = site
    return middle, paired


MIDDLE_NAMES, PAIRED_NAMES = _table()

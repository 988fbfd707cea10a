"""Named marker sets: the labels of each, for its name and for messages.

Which markers are needed follows from the sites (`recognition`), not from a set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from .labels import plain, site_columns
from .requirements import JOINT_SITES, missing_for_centres


@dataclass(frozen=True, eq=False)
class MarkerSet:
    """A marker set.

    Attributes:
        name: Name that is shown to the user.
        labels: All labels of the full set, in their usual order.
        meanings: Label → site, for labels that mean another site in other sets.
        names: Site → label, for the messages about sites that are not in `labels`.
    """

    name: str
    labels: tuple[str, ...]
    meanings: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    @cached_property
    def plain_labels(self) -> frozenset[str]:
        """Labels in capitals without separators."""
        return frozenset(plain(label) for label in self.labels)

    @cached_property
    def skin_sites(self) -> dict[str, str]:
        """Site → label, for all sites of the set."""
        columns = self.skin_columns(self.labels)
        return {site: self.labels[column] for site, column in columns.items()}

    @cached_property
    def sites(self) -> dict[str, str]:
        """Site → label, for the sites that joint centres are computed from."""
        return {site: label for site, label in self.skin_sites.items() if site in JOINT_SITES}

    @cached_property
    def further(self) -> dict[str, str]:
        """Site → label, for the sites that only the body fit uses."""
        return {site: label for site, label in self.skin_sites.items() if site not in JOINT_SITES}

    def skin_columns(self, labels: Sequence[str]) -> dict[str, int]:
        """Site → column among ``labels``, for all sites on the skin that are present.

        Args:
            labels: Labels of a recording with this set.
        """
        meanings = {plain(label): site for label, site in self.meanings.items()}
        return site_columns(labels, meanings, self.plain_labels)

    def columns(self, labels: Sequence[str]) -> dict[str, int]:
        """Site → column among ``labels``, for the sites of joint centres that are present.

        Args:
            labels: Labels of a recording with this set.
        """
        columns = self.skin_columns(labels)
        return {site: column for site, column in columns.items() if site in JOINT_SITES}

    def missing(self, sites: Sequence[str]) -> list[str]:
        """Labels of the sites that joint centres need and that are not in ``sites``.

        Args:
            sites: Sites of a recording.
        """
        return self.names_of(missing_for_centres(sites))

    def names_of(self, groups: Sequence[tuple[str, ...]]) -> list[str]:
        """Labels of groups of sites, such as "LPSI or SACR".

        Args:
            groups: Groups of alternative sites.
        """
        names = self.names | self.skin_sites
        texts = []
        for group in groups:
            labels = [names[site] for site in group if site in names]
            texts.append(" or ".join(labels or [group[0].replace("_", " ")]))
        return list(dict.fromkeys(texts))


def _sided(text: str, *sides: str) -> tuple[str, ...]:
    """Labels of both sides; ``{s}`` in a label is replaced by the letter of the side."""
    letters = sides or ("L", "R")
    return tuple(label.format(s=side) for side in letters for label in text.split())


SHIDA_44 = MarkerSet(
    "Shida-44",
    (
        "CLAV", "STRN", "C7", "T10", "RSHO", "LSHO", "RUPA", "REL", "REM", "RFRA", "RWL", "RWM",
        "LUPA", "LEL", "LEM", "LFRA", "LWL", "LWM", "R.ASIS", "L.ASIS", "R.PSIS", "L.PSIS",
        "R.GTR", "R.Knee", "R.HF", "R.TT", "R.Ankle", "R.Heel", "R.MT1", "R.MT5", "L.GTR",
        "L.Knee", "L.HF", "L.TT", "L.Ankle", "L.Heel", "L.MT1", "L.MT5", "R.Knee.Medial",
        "R.Ankle.Medial", "R.MT2", "L.Knee.Medial", "L.Ankle.Medial", "L.MT2",
    ),
)  # fmt: skip
_LEG = "{s}ASI {s}PSI {s}THI {s}KNE {s}TIB {s}ANK {s}HEE {s}TOE"
PLUG_IN_GAIT = MarkerSet(
    "Plug-in Gait",
    (
        "LFHD", "RFHD", "LBHD", "RBHD", "C7", "T10", "CLAV", "STRN", "RBAK",
        *_sided("{s}SHO {s}UPA {s}ELB {s}FRM {s}WRA {s}WRB {s}FIN"), "SACR", *_sided(_LEG),
    ),
)  # fmt: skip
# names for the messages of sets of the lower body
_NAMES = PLUG_IN_GAIT.skin_sites
PLUG_IN_GAIT_LOWER = MarkerSet("Plug-in Gait lower body", _sided(_LEG), names=_NAMES)
_CGM_LEG = (
    "{s}ASI {s}PSI {s}THI {s}THAP {s}THAD {s}KNE {s}KNM {s}TIB {s}TIAP {s}TIAD {s}ANK {s}MED "
    "{s}HEE {s}TOE {s}FMH {s}SMH {s}VMH"
)
CGM2 = MarkerSet(
    "CGM2",
    ("C7", "T2", "T10", "CLAV", "STRN", *_sided("{s}FHD {s}BHD {s}SHO {s}ELB {s}WRA {s}WRB {s}FIN"),
     *_sided(_CGM_LEG)),
    names=_NAMES,
)  # fmt: skip
HELEN_HAYES = MarkerSet(
    "Helen Hayes",
    ("SACRUM", *_sided("{s}ASIS {s}THIGH {s}KNEE {s}SHANK {s}ANKLE {s}HEEL {s}TOE"),
     *_sided("{s}SHOULDER {s}ELBOW {s}WRIST")),
    names=_NAMES,
)  # fmt: skip
CMU_41 = MarkerSet(
    "CMU-41",
    ("C7", "T10", "CLAV", "STRN", "RBAC",
     *_sided("{s}FHD {s}BHD {s}SHO {s}UPA {s}ELB {s}FRM {s}WRA {s}WRB {s}FIN {s}FWT {s}BWT {s}THI "
             "{s}KNE {s}SHN {s}ANK {s}HEL {s}MT5 {s}TOE")),
)  # fmt: skip
IOR = MarkerSet(
    "IOR",
    ("C7", "T2", "MAI", "IJ", "PX", "L1", "L3", "L5",
     *_sided("{s}AC {s}ASIS {s}PSIS {s}GT {s}LE {s}ME {s}HF {s}TT {s}LM {s}MM {s}CA {s}FM {s}SM "
             "{s}VM {s}LEL {s}MEL {s}RS {s}US")),
    names=_NAMES,
)  # fmt: skip
GAIT2392 = MarkerSet(
    "OpenSim gait2392",
    ("Sternum", "Top.Head", "V.Sacral",
     *_sided("{s}.Acromium {s}.Bicep {s}.Elbow {s}.Wrist.Med {s}.Wrist.Lat {s}.ASIS {s}.Temple "
             "{s}.Thigh.Upper {s}.Thigh.Front {s}.Thigh.Rear {s}.Knee.Lat {s}.Knee.Med "
             "{s}.Shank.Upper {s}.Shank.Front {s}.Shank.Rear {s}.Ankle.Lat {s}.Ankle.Med {s}.Heel "
             "{s}.Midfoot.Sup {s}.Midfoot.Lat {s}.Toe.Lat {s}.Toe.Med {s}.Toe.Tip")),
    # with hanging arms: the radius is nearer to the body than the ulna
    meanings={
        f"{letter}.Wrist.{end}": f"{side}_wrist_{site}"
        for letter, side in (("L", "left"), ("R", "right"))
        for end, site in (("Med", "lateral"), ("Lat", "medial"))
    },
)  # fmt: skip
RAJAGOPAL = MarkerSet(
    "OpenSim Rajagopal",
    ("C7", "CLAV", *_sided("{s}ACR {s}LEL {s}MEL {s}FAsuperior {s}FAradius {s}FAulna {s}ASI {s}PSI "
                           "{s}LFC {s}MFC {s}LMAL {s}MMAL {s}CAL {s}TOE {s}MT5")),
)  # fmt: skip
_OPENCAP = (
    "{s}.ASIS {s}.PSIS {s}_knee {s}_mknee {s}_ankle {s}_mankle {s}_calc {s}_toe {s}_5meta "
    "{s}_shank_antsup"
)
OPENCAP = MarkerSet(
    "OpenCap laboratory",
    ("C7", *_sided(_OPENCAP, "L", "r"),
     *_sided("{s}_Shoulder {s}_Sternum {s}_humerus {s}_elbow_med {s}_elbow_lat {s}_forearm "
             "{s}_wrist_radius {s}_wrist_ulna")),
)  # fmt: skip
OPENCAP_AUGMENTED = MarkerSet(
    "OpenCap augmented",
    ("C7_study", *_sided("{s}_shoulder_study {s}.ASIS_study {s}.PSIS_study {s}_knee_study "
                         "{s}_mknee_study {s}_ankle_study {s}_mankle_study {s}_toe_study "
                         "{s}_5meta_study {s}_calc_study {s}_lelbow_study {s}_melbow_study "
                         "{s}_lwrist_study {s}_mwrist_study", "L", "r")),
)  # fmt: skip
VAN_SINT_JAN = MarkerSet(
    "van Sint Jan (Qualisys, Motive)",
    ("SJN", "SXS", "CV7", "TV2", "TV7", "TV10", "LV5",
     *_sided("{s}_CAJ {s}_SAE {s}_HLE {s}_HME {s}_RSP {s}_USP {s}_HM2 {s}_IAS {s}_IPS {s}_FTC "
             "{s}_FLE {s}_FME {s}_FAX {s}_TTC {s}_FAL {s}_TAM {s}_FCC {s}_FM1 {s}_FM2 {s}_FM5")),
)  # fmt: skip
QUALISYS_SPORTS = MarkerSet(
    "Qualisys Sports",
    ("HeadL", "HeadR", "HeadFront", "Chest", "SpineTop", "SpineThoracic2", "SpineThoracic12",
     "WaistLFront", "WaistRFront", "WaistLBack", "WaistRBack", "WaistBack",
     *_sided("{s}ShoulderTop {s}Arm {s}ElbowOut {s}ElbowIn {s}WristOut {s}WristIn {s}HandOut "
             "{s}Thigh {s}KneeOut {s}KneeIn {s}Shin {s}AnkleOut {s}AnkleIn {s}HeelBack "
             "{s}Forefoot2 {s}Forefoot5 {s}ToeTip")),
    # lateral markers between knee and ankle
    meanings={"LShin": "left_shank", "RShin": "right_shank"},
)  # fmt: skip
MOTIVE_BASELINE = MarkerSet(
    "Motive Baseline",
    ("HeadTop", "HeadFront", "HeadSide", "BackTop", "BackLeft", "BackRight", "Chest",
     "WaistLFront", "WaistRFront", "WaistLBack", "WaistRBack",
     *_sided("{s}ShoulderTop {s}ShoulderBack {s}UArmHigh {s}ElbowOut {s}WristOut {s}WristIn "
             "{s}HandOut {s}Thigh {s}KneeOut {s}Shin {s}AnkleOut {s}Heel {s}ToeIn {s}ToeOut "
             "{s}ToeTip")),
    meanings={"LShin": "left_shank", "RShin": "right_shank"},
)  # fmt: skip
HBM2 = MarkerSet(
    "Motek HBM2",
    ("C7", "T10", "JN", "XYPH",
     *_sided("{s}SHO {s}LEE {s}MEE {s}FRM {s}LW {s}MW {s}FIN {s}ASIS {s}PSIS {s}LTHI {s}LEK {s}MEK "
             "{s}LSHA {s}LM {s}MM {s}HEE {s}MT2 {s}MT5")),
)  # fmt: skip

MARKER_SETS = (
    SHIDA_44, PLUG_IN_GAIT, PLUG_IN_GAIT_LOWER, CGM2, HELEN_HAYES, IOR, VAN_SINT_JAN, GAIT2392,
    RAJAGOPAL, OPENCAP, OPENCAP_AUGMENTED, QUALISYS_SPORTS, MOTIVE_BASELINE, HBM2, CMU_41,
)  # fmt: skip

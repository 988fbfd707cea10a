"""Marker sets: labels of anatomical sites, and recognition of the set of a recording.

A site is an anatomical location on the skin, such as "left_asis"; a marker set gives the label of
its marker. Case, dots, underscores, spaces and hyphens of labels are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from .recording import RecordingError

_SHIDA_LABELS = (
    "CLAV", "STRN", "C7", "T10", "RSHO", "LSHO", "RUPA", "REL", "REM", "RFRA", "RWL", "RWM",
    "LUPA", "LEL", "LEM", "LFRA", "LWL", "LWM", "R.ASIS", "L.ASIS", "R.PSIS", "L.PSIS", "R.GTR",
    "R.Knee", "R.HF", "R.TT", "R.Ankle", "R.Heel", "R.MT1", "R.MT5", "L.GTR", "L.Knee", "L.HF",
    "L.TT", "L.Ankle", "L.Heel", "L.MT1", "L.MT5", "R.Knee.Medial", "R.Ankle.Medial", "R.MT2",
    "L.Knee.Medial", "L.Ankle.Medial", "L.MT2",
)  # fmt: skip
_PLUG_IN_GAIT_LABELS = (
    "LFHD", "RFHD", "LBHD", "RBHD", "C7", "T10", "CLAV", "STRN", "RBAK", "LSHO", "LUPA", "LELB",
    "LFRM", "LWRA", "LWRB", "LFIN", "RSHO", "RUPA", "RELB", "RFRM", "RWRA", "RWRB", "RFIN",
    "LASI", "RASI", "LPSI", "RPSI", "SACR", "LTHI", "LKNE", "LTIB", "LANK", "LHEE", "LTOE",
    "RTHI", "RKNE", "RTIB", "RANK", "RHEE", "RTOE",
)  # fmt: skip
_TRUNK_SITES = {"jugular_notch": "CLAV", "xiphoid": "STRN", "c7": "C7", "t10": "T10"}


def _both_sides(sites: dict[str, str]) -> dict[str, str]:
    """Sites of both sides of the body; ``{s}`` in a label is replaced by L or R."""
    return {
        f"{side}_{site}": label.format(s=side[0].upper())
        for side in ("left", "right")
        for site, label in sites.items()
    }


@dataclass(frozen=True)
class MarkerSet:
    """A marker set.

    Attributes:
        name: Name that is shown to the user.
        labels: All labels of the full set, in their usual order.
        sites: Site → label, for the sites that joint centres are computed from.
        optional: Sites in `sites` that may be absent.
        either: Groups of sites; at least one site of each group must be present.
        further: Site → label, for sites that only the body fit uses.
    """

    name: str
    labels: tuple[str, ...]
    sites: dict[str, str]
    optional: frozenset[str]
    either: tuple[tuple[str, ...], ...] = ()
    further: dict[str, str] = field(default_factory=dict)

    def columns(self, labels: Sequence[str]) -> dict[str, int]:
        """Site → column among ``labels``, for the sites of joint centres that are present."""
        return _columns(self.sites, labels)

    def skin_columns(self, labels: Sequence[str]) -> dict[str, int]:
        """Site → column among ``labels``, for all sites on the skin that are present."""
        return _columns(self.sites | self.further, labels)

    def missing(self, sites: Sequence[str]) -> list[str]:
        """Labels of the sites that joint centres need and that are not in ``sites``."""
        needed = [site for site in self.sites if site not in self.optional]
        lacking = [self.sites[site] for site in needed if site not in sites]
        for group in self.either:
            if not any(site in sites for site in group):
                lacking.append(" or ".join(self.sites[site] for site in group))
        return lacking


SHIDA_44 = MarkerSet(
    name="Shida-44",
    labels=_SHIDA_LABELS,
    sites=_TRUNK_SITES
    | _both_sides(
        {
            "acromion": "{s}SHO",
            "elbow_lateral": "{s}EL",
            "elbow_medial": "{s}EM",
            "wrist_lateral": "{s}WL",
            "wrist_medial": "{s}WM",
            "asis": "{s}.ASIS",
            "psis": "{s}.PSIS",
            "knee_lateral": "{s}.Knee",
            "knee_medial": "{s}.Knee.Medial",
            "ankle_lateral": "{s}.Ankle",
            "ankle_medial": "{s}.Ankle.Medial",
            "heel": "{s}.Heel",
            "metatarsal_1": "{s}.MT1",
            "metatarsal_2": "{s}.MT2",
            "metatarsal_5": "{s}.MT5",
        }
    ),
    optional=frozenset(
        {"xiphoid", "t10"}
        | set(
            _both_sides(
                dict.fromkeys(
                    (
                        "elbow_medial",
                        "wrist_lateral",
                        "wrist_medial",
                        "knee_medial",
                        "ankle_medial",
                        "metatarsal_1",
                        "metatarsal_2",
                        "metatarsal_5",
                    ),  # fmt: skip
                    "",
                )
            )
        )
    ),
    either=tuple(
        group
        for side in ("left", "right")
        for group in (
            (f"{side}_wrist_lateral", f"{side}_wrist_medial"),
            (f"{side}_metatarsal_2", f"{side}_metatarsal_1"),
            (f"{side}_metatarsal_2", f"{side}_metatarsal_5"),
        )
    ),
    further=_both_sides(
        {
            "upper_arm": "{s}UPA",
            "forearm": "{s}FRA",
            "trochanter": "{s}.GTR",
            "fibula_head": "{s}.HF",
            "tibial_tuberosity": "{s}.TT",
        }
    ),
)

PLUG_IN_GAIT = MarkerSet(
    name="Plug-in Gait",
    labels=_PLUG_IN_GAIT_LABELS,
    sites=_TRUNK_SITES
    | {"sacrum": "SACR"}
    | _both_sides(
        {
            "head_front": "{s}FHD",
            "head_back": "{s}BHD",
            "acromion": "{s}SHO",
            "elbow_lateral": "{s}ELB",
            "wrist_lateral": "{s}WRA",
            "wrist_medial": "{s}WRB",
            "asis": "{s}ASI",
            "psis": "{s}PSI",
            "knee_lateral": "{s}KNE",
            "ankle_lateral": "{s}ANK",
            "heel": "{s}HEE",
            "metatarsal_2": "{s}TOE",
        }
    ),
    optional=frozenset(
        {"xiphoid", "t10", "sacrum", "left_psis", "right_psis"}
        | set(_both_sides(dict.fromkeys(("head_front", "head_back"), "")))
        | set(_both_sides(dict.fromkeys(("wrist_lateral", "wrist_medial"), "")))
    ),
    either=(
        ("left_psis", "sacrum"),
        ("right_psis", "sacrum"),
        ("left_wrist_lateral", "left_wrist_medial"),
        ("right_wrist_lateral", "right_wrist_medial"),
    ),
    # optional markers of the Oxford foot model and of the spine
    further={"t2": "T2", "t6": "T6", "t12": "T12", "right_scapula": "RBAK"}
    | _both_sides(
        {
            "upper_arm": "{s}UPA",
            "forearm": "{s}FRM",
            "hand": "{s}FIN",
            "thigh": "{s}THI",
            "shank": "{s}TIB",
            "fibula_head": "{s}HFB",
            "tibial_tuberosity": "{s}TUB",
            "shin": "{s}SHN",
            "knee_medial": "{s}MKN",
            "ankle_medial": "{s}MMA",
            "calcaneus_lateral": "{s}LCA",
            "sustentaculum": "{s}STL",
            "metatarsal_1_base": "{s}P1M",
            "metatarsal_1": "{s}D1M",
            "metatarsal_5_base": "{s}P5M",
            "metatarsal_5": "{s}D5M",
            "hallux": "{s}HLX",
        }
    ),
)

MARKER_SETS = (SHIDA_44, PLUG_IN_GAIT)

# In a static trial, the pelvis moves less than this over the floor, and the heels less than this
# relative to the pelvis.
STATIC_PELVIS_M = 0.30
STATIC_HEEL_M = 0.10
_MIN_SITES = 12  # fewest sites of an incomplete set that is recognised


def recognise(
    labels: Sequence[str], source: str = "the recording", *, needs_all: bool = True
) -> MarkerSet:
    """Find the marker set that labels belong to.

    Args:
        labels: Labels of the recording.
        source: The recording, for the error message.
        needs_all: Whether all markers that joint centres need must be present. If false, an
            incomplete set with at least 12 sites is recognised too; gait events and the body fit
            need fewer markers.

    Returns:
        The set all of whose needed labels are present. If there is none, and ``needs_all`` is
        false, the set with the most sites.

    Raises:
        RecordingError: Too many markers are missing. The message names the nearest set and the
            missing labels.
    """
    nearest, missing = _nearest_set(labels)
    if not missing:
        return nearest
    if not needs_all:
        likely = max(MARKER_SETS, key=lambda marker_set: len(marker_set.skin_columns(labels)))
        if len(likely.skin_columns(labels)) >= _MIN_SITES:
            return likely
    raise incomplete_set(labels, source)


def _nearest_set(labels: Sequence[str]) -> tuple[MarkerSet, list[str]]:
    """The set with the smallest fraction of missing labels, and the missing labels."""
    lacking = {s.name: s.missing(s.columns(labels)) for s in MARKER_SETS}
    nearest = min(MARKER_SETS, key=lambda s: len(lacking[s.name]) / len(s.sites))
    return nearest, lacking[nearest.name]


def incomplete_set(labels: Sequence[str], source: str) -> RecordingError:
    """Error for labels that lack markers of every set."""
    nearest, missing = _nearest_set(labels)
    names = ", ".join(marker_set.name for marker_set in MARKER_SETS)
    return RecordingError(
        f"{source} has {len(labels)} markers ({_shortened(labels)}), expected one of the marker "
        f"sets {names}: the nearest is {nearest.name}, with {', '.join(missing)} missing: "
        'label these markers, or write a JSON file {"your label": "label of the set"} and pass it '
        "with --mapping"
    )


def vertical_pair(labels: Sequence[str]) -> tuple[list[int], list[int]]:
    """Columns of the heels and of the upper trunk; both lists are empty if either has no marker."""
    plain = [_plain(label) for label in labels]
    low = [i for i, label in enumerate(plain) if label in {"LHEE", "RHEE", "LHEEL", "RHEEL"}]
    high = [i for i, label in enumerate(plain) if label in {"C7", "CLAV", "LSHO", "RSHO"}]
    return (low, high) if low and high else ([], [])


def _columns(sites: dict[str, str], labels: Sequence[str]) -> dict[str, int]:
    column_of = {_plain(label): i for i, label in reversed(list(enumerate(labels)))}
    columns = {site: column_of.get(_plain(label)) for site, label in sites.items()}
    return {site: column for site, column in columns.items() if column is not None}


def _plain(label: str) -> str:
    return re.sub(r"[._\s-]", "", label).upper()


def _shortened(labels: Sequence[str], limit: int = 12) -> str:
    more = f" and {len(labels) - limit} more" if len(labels) > limit else ""
    return ", ".join(labels[:limit]) + more


def renamed(labels: Sequence[str], mapping: dict[str, str] | None, source: str) -> list[str]:
    """Rename labels with a mapping of the user.

    Args:
        labels: Labels of the file.
        mapping: Label of the file → label of a marker set.
        source: The file, for error messages.

    Raises:
        RecordingError: The mapping has labels that the file does not have, or gives two markers
            one label.
    """
    if not mapping:
        return list(labels)
    absent = [label for label in mapping if label not in labels]
    if absent:
        raise RecordingError(
            f"{source} has no {', '.join(absent)}, expected labels in the mapping that the file "
            f"has, such as {_shortened(labels)}: fix the mapping"
        )
    result = [mapping.get(label, label) for label in labels]
    twice = sorted({label for label in result if result.count(label) > 1})
    if twice:
        raise RecordingError(
            f"{source} has {', '.join(twice)} twice after the mapping, expected each label once: "
            "fix the mapping"
        )
    return result


def reason_static(sites: dict[str, np.ndarray]) -> str | None:
    """Check whether a trial is static.

    Args:
        sites: Site → positions (T, 3) in metres, Y up.

    Returns:
        None if the subject walks, or if the pelvis has no markers; otherwise a text with the
        distances that pelvis and heels move.
    """
    pelvis = sites.get("left_asis"), sites.get("right_asis")
    if any(marker is None for marker in pelvis):
        return None
    middle = (pelvis[0] + pelvis[1]) / 2
    heels = [sites[f"{side}_heel"] for side in ("left", "right") if f"{side}_heel" in sites]
    travel = _range(middle[:, [0, 2]])
    step = max((_range(heel - middle) for heel in heels), default=np.inf)
    if travel >= STATIC_PELVIS_M or step >= STATIC_HEEL_M:
        return None
    return f"the pelvis moves {travel:.2f} m and the heels {step:.2f} m relative to it"


def _range(positions: np.ndarray) -> float:
    """Largest extent (m) of a path (T, D) along one axis; infinite if it has no valid frame."""
    seen = positions[np.isfinite(positions).all(axis=1)]
    return float(np.ptp(seen, axis=0).max()) if len(seen) else np.inf


def check_sides(sites: dict[str, np.ndarray], source: str) -> None:
    """Check that left markers are on the left and the recording is not mirrored.

    Left and right are determined from the vertical axis and the direction from heels to toes.

    Args:
        sites: Site → positions (T, 3) in metres, Y up. Absent sites are not used.
        source: The recording, for the error message.

    Raises:
        RecordingError: Left and right are swapped in most frames.
    """
    ahead = [
        sites[f"{side}_metatarsal_{toe}"] - sites[f"{side}_heel"]
        for side in ("left", "right")
        for toe in (1, 2, 5)
        if f"{side}_metatarsal_{toe}" in sites and f"{side}_heel" in sites
    ]
    across = [
        sites[f"left_{site}"] - sites[f"right_{site}"]
        for site in ("asis", "acromion", "knee_lateral")
        if f"left_{site}" in sites and f"right_{site}" in sites
    ]
    if not ahead or not across:
        return
    with np.errstate(invalid="ignore"):
        forward = sum(np.nan_to_num(part) for part in ahead)
        left = sum(np.nan_to_num(part) for part in across)
    # forward is left × up
    agree = np.cross(left, [0.0, 1.0, 0.0]) * forward
    if np.median(np.sign(agree.sum(axis=1))) < 0:
        raise RecordingError(
            f"{source} has left and right swapped, or is mirrored: with the toes forward, left "
            "markers are on the right: exchange the labels, or fix the axes of the export"
        )

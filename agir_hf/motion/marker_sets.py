"""Marker sets: which label sits where on the body, and how a set is recognised.

A site is a place on the body; a marker set says which label marks it. Sites in ``optional`` may be
absent. Labels are compared without case, dots, underscores, blanks and dashes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

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
    """Sites of both sides of the body; ``{s}`` in a label stands for L or R."""
    return {
        f"{side}_{site}": label.format(s=side[0].upper())
        for side in ("left", "right")
        for site, label in sites.items()
    }


@dataclass(frozen=True)
class MarkerSet:
    """A marker set.

    Attributes:
        name: as printed.
        labels: every label of the full set, in its usual order.
        sites: site → label, for the sites that joint centres are computed from.
        optional: sites that may be absent.
        either: groups of sites of which one has to be there.
    """

    name: str
    labels: tuple[str, ...]
    sites: dict[str, str]
    optional: frozenset[str]
    either: tuple[tuple[str, ...], ...] = ()

    def columns(self, labels: Sequence[str]) -> dict[str, int]:
        """Site → column among ``labels``, for the sites that are there."""
        place = {_plain(label): i for i, label in reversed(list(enumerate(labels)))}
        found = {site: place.get(_plain(label)) for site, label in self.sites.items()}
        return {site: column for site, column in found.items() if column is not None}

    def missing(self, sites: Sequence[str]) -> list[str]:
        """Labels that joint centres need and that these sites do not cover."""
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
)

MARKER_SETS = (SHIDA_44, PLUG_IN_GAIT)


def recognise(labels: Sequence[str], source: str = "the recording") -> MarkerSet:
    """The marker set that the labels belong to.

    Raises:
        RecordingError: if markers that joint centres need are missing; names the nearest set and
            what it lacks.
    """
    lacking = {known.name: known.missing(known.columns(labels)) for known in MARKER_SETS}
    nearest = min(MARKER_SETS, key=lambda known: len(lacking[known.name]) / len(known.sites))
    missing = lacking[nearest.name]
    if missing:
        names = ", ".join(known.name for known in MARKER_SETS)
        raise RecordingError(
            f"{source} has {len(labels)} markers, too few of any known set ({names}): nearest is "
            f"{nearest.name}, of which {', '.join(missing)} missing: label these markers"
        )
    return nearest


def vertical_pair(labels: Sequence[str]) -> tuple[list[int], list[int]]:
    """Columns of heels and of upper trunk; both empty where no known label is among them."""
    plain = [_plain(label) for label in labels]
    low = [i for i, label in enumerate(plain) if label in {"LHEE", "RHEE", "LHEEL", "RHEEL"}]
    high = [i for i, label in enumerate(plain) if label in {"C7", "CLAV", "LSHO", "RSHO"}]
    return (low, high) if low and high else ([], [])


def _plain(label: str) -> str:
    return re.sub(r"[._\s-]", "", label).upper()


def site_positions(positions: np.ndarray, columns: dict[str, int]) -> dict[str, np.ndarray]:
    """Site → (T, 3) float64 metres."""
    return {site: positions[:, column].astype(np.float64) for site, column in columns.items()}

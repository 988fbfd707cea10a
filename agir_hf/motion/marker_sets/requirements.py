"""Which sites joint centres, gait events and the body fit need."""

from __future__ import annotations

from collections.abc import Iterable

from .sites import SIDES

Group = tuple[str, ...]  # alternative sites: one of them is enough

_TRUNK = ("jugular_notch", "xiphoid", "c7", "t10", "sacrum")
_PAIRED = (
    "head_front", "head_back", "sternoclavicular", "acromion", "elbow_lateral", "elbow_medial",
    "wrist", "wrist_lateral", "wrist_medial", "asis", "psis", "knee_lateral", "knee_medial",
    "ankle_lateral", "ankle_medial", "heel", "metatarsal_1", "metatarsal_2", "metatarsal_5",
)  # fmt: skip
# Sites that joint centres are computed from.
JOINT_SITES = frozenset({*_TRUNK, *(f"{side}_{site}" for side in SIDES for site in _PAIRED)})
FEWEST_FOR_FIT = 12  # fewest markers of any set for the body fit
FEWEST_OF_LEGS = 11  # fewest with pelvis, knees, ankles, heels and toes


def _for_each_side(*groups: Group) -> tuple[Group, ...]:
    """Groups of both sides; a site that begins with "-" has no side."""
    return tuple(
        tuple(
            site.removeprefix("-") if site.startswith("-") else f"{side}_{site}" for site in group
        )
        for side in SIDES
        for group in groups
    )


_CENTRES = (
    ("jugular_notch", "left_sternoclavicular"),
    ("jugular_notch", "right_sternoclavicular"),
    ("c7",),
    *_for_each_side(
        ("acromion",),
        ("elbow_lateral",),
        ("wrist_lateral", "wrist_medial", "wrist"),
        ("asis",),
        ("psis", "-sacrum"),
        ("knee_lateral",),
        ("ankle_lateral",),
        ("heel",),
        ("metatarsal_2", "metatarsal_1"),
        ("metatarsal_2", "metatarsal_5"),
    ),
)
_EVENTS = _for_each_side(
    ("asis",), ("heel",), ("metatarsal_2", "metatarsal_1", "metatarsal_5", "hallux")
)
_LEGS = (
    *_EVENTS,
    ("sacrum", "left_psis", "right_psis"),
    *_for_each_side(
        ("knee_lateral", "knee_medial", "thigh", "thigh_front", "thigh_upper"),
        ("ankle_lateral", "ankle_medial", "shank", "shank_front", "shank_upper"),
    ),
)


def missing_for_centres(sites: Iterable[str]) -> list[Group]:
    """Groups of sites that joint centres need and of which none is present.

    Args:
        sites: Sites of a recording.
    """
    return _missing(_CENTRES, sites)


def missing_for_events(sites: Iterable[str]) -> list[Group]:
    """Groups of sites that gait events need and of which none is present.

    Args:
        sites: Sites of a recording.
    """
    return _missing(_EVENTS, sites)


def missing_for_fit(sites: Iterable[str]) -> list[Group]:
    """Groups of sites that the fit of a walking body needs and of which none is present.

    Args:
        sites: Sites of a recording.
    """
    return _missing(_LEGS, sites)


def _missing(groups: tuple[Group, ...], sites: Iterable[str]) -> list[Group]:
    sites = set(sites)
    return [group for group in groups if sites.isdisjoint(group)]

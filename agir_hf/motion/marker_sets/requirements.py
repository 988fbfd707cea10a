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


def back_of_foot(sites: Iterable[str]) -> str:
    """Site of the back of the foot, without its side: the heel, or the ankle.

    The ankle is used if neither foot has a heel and both have a marker on the lateral malleolus.

    Args:
        sites: Sites of a recording.
    """
    sites = set(sites)
    heels, ankles = ({f"{side}_{site}" for side in SIDES} for site in ("heel", "ankle_lateral"))
    return "ankle_lateral" if sites.isdisjoint(heels) and ankles <= sites else "heel"


def _missing(groups: tuple[Group, ...], sites: Iterable[str]) -> list[Group]:
    sites = set(sites)
    if groups is not _CENTRES and back_of_foot(sites) != "heel":
        sites |= {"left_heel", "right_heel"}
    return [group for group in groups if sites.isdisjoint(group)]


_TRUNK_SITES = frozenset(
    {"jugular_notch", "sternum", "xiphoid", "c7", "t2", "t6", "t8", "t10", "t12", "l1"}
)
# Joint of HumanML3D, without its side → sites of which one places it on a fitted body.
_PLACED_BY = {
    "shoulder": ("acromion", "upper_arm", "elbow_lateral", "elbow_medial"),
    "elbow": ("elbow_lateral", "elbow_medial"),
    "wrist": ("wrist", "wrist_lateral", "wrist_medial", "hand"),
    "knee": ("knee_lateral", "knee_medial", "fibula_head", "tibial_tuberosity", "shank_upper"),
    "ankle": ("ankle_lateral", "ankle_medial", "heel"),
    "foot": ("metatarsal_1", "metatarsal_2", "metatarsal_5", "hallux"),
}
_SPINE_JOINTS = ("spine1", "spine2", "spine3", "neck", "head")


def has_trunk(sites: Iterable[str]) -> bool:
    """Whether a site is on the trunk above the pelvis, or both are on the shoulders.

    Args:
        sites: Sites of a recording.
    """
    sites = set(sites)
    return bool(sites & _TRUNK_SITES) or {"left_acromion", "right_acromion"} <= sites


def unplaced_joints(sites: Iterable[str]) -> tuple[str, ...]:
    """Joints of HumanML3D that no site of a recording places on a fitted body.

    Args:
        sites: Sites of a recording.
    """
    sites = set(sites)
    joints = () if has_trunk(sites) else (*_SPINE_JOINTS, "left_collar", "right_collar")
    return joints + tuple(
        f"{side}_{joint}"
        for joint, names in _PLACED_BY.items()
        for side in SIDES
        if sites.isdisjoint(f"{side}_{name}" for name in names)
    )

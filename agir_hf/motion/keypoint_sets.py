"""Keypoint sets of markerless systems: names of the keypoints, and recognition of the set.

A keypoint is an estimated joint centre or a landmark of head and feet, such as "left_hip" or
"left_big_toe". Case, separators and the position of the side in a label are ignored: "LBigToe",
"left_big_toe", "BIG_TOE_LEFT" and "l.bigtoe" are one keypoint. A file with skin markers of the
pelvis is never taken for keypoints.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

SIDES = ("left", "right")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SIDE_OF = {
    "l": "left",
    "lt": "left",
    "left": "left",
    "r": "right",
    "rt": "right",
    "right": "right",
}
# words without a meaning for the location: "hip joint centre", "body_left_hip", "hip_4X4"
_FILLERS = {
    "joint", "jnt", "jc", "centre", "center", "keypoint", "kp", "landmark", "body", "pose", "world",
    "mid", "middle", "c", "j",
}  # fmt: skip
# Names of keypoints on both sides → words for them, without separators.
_SIDED = {
    "hip": ("hip", "hjc"),
    "knee": ("knee", "kjc"),
    "ankle": ("ankle", "ajc"),
    "heel": ("heel", "calcaneus"),
    "big_toe": ("bigtoe", "greattoe", "hallux", "toe1", "toebig"),
    "small_toe": ("smalltoe", "littletoe", "toe5", "pinkytoe", "toesmall"),
    "toe": ("toe", "toes", "toetip", "toeend", "footindex", "foottip"),
    "ball": ("ball", "football", "ballfoot", "toebase", "mtp", "forefoot"),
    "foot": ("foot",),
    "shoulder": ("shoulder", "sjc"),
    "elbow": ("elbow", "ejc"),
    "wrist": ("wrist", "wjc"),
    "ear": ("ear",),
    "eye": ("eye",),
    "collar": ("collar", "clavicle", "thorax"),
}
_MIDDLE = {
    "mid_hip": ("hip", "hips", "pelvis", "root", "waist", "spinebase", "midhip", "hipcenter"),
    "neck": ("neck", "shoulder", "shoulders", "spineshoulder", "thorax", "midshoulder"),
    "head_top": ("headtop", "tophead", "topofhead", "vertex", "headend"),
    "head": ("head",),
    "nose": ("nose",),
    "spine1": ("spine1",),
    "spine2": ("spine2",),
    "spine3": ("spine3",),
}
# Joints of animated skeletons and segments of Theia3D: a bone is named, and its upper end is meant.
_BONES = {
    "hip": ("upleg", "upperleg", "thigh"),
    "knee": ("leg", "lowleg", "lowerleg", "shin", "shank", "calf"),
    "ankle": ("foot",),
    "ball": ("toebase", "toe", "toes", "ball"),
    "shoulder": ("arm", "uparm", "upperarm", "uarm"),
    "elbow": ("forearm", "lowerarm", "lowarm", "larm"),
    "wrist": ("hand",),
    "collar": ("shoulder", "clavicle", "collar"),
}
_BONES_MIDDLE = {
    "mid_hip": ("hips", "hip", "pelvis", "root"),
    "neck": ("neck", "neck1", "neck01", "torso", "thorax", "trunk"),
    "skull_base": ("head",),
}
# Skin markers of the pelvis and computed markers of OpenCap and Pose2Sim ("r.ASIS_study").
_PELVIC_MARKER = re.compile(
    r"[LRV]?(ASIS?|PSIS?|SACR(AL|UM)?|ILIACCREST|IAS|IPS|ICT)[LR]?|((LEFT|RIGHT)[AP]SIS)|.*STUDY"
)
_TOES = ("big_toe", "small_toe", "toe", "ball", "foot")


@dataclass(frozen=True)
class KeypointSet:
    """Keypoints of a recording.

    Attributes:
        name: Name that is shown to the user, such as "HALPE_26 keypoints".
        columns: Keypoint, such as "left_hip" or "nose", → column among the labels.
    """

    name: str
    columns: dict[str, int]

    @property
    def has_feet(self) -> bool:
        """Whether both feet have a keypoint in front of the ankle."""
        return all(any(f"{side}_{toe}" in self.columns for toe in _TOES) for side in SIDES)


def recognise_keypoints(labels: Sequence[str]) -> KeypointSet | None:
    """Find the keypoints that labels name.

    Args:
        labels: M labels of a file.

    Returns:
        The keypoints, if the labels name hips, knees, ankles and shoulders of both sides and no
        skin marker of the pelvis; otherwise None.
    """
    plain = [re.sub(r"[^A-Za-z0-9]", "", label.rpartition(":")[2]).upper() for label in labels]
    if any(_PELVIC_MARKER.fullmatch(label) for label in plain):
        return None
    columns = _columns(labels, _SIDED, _MIDDLE)
    if not _both(columns, "ankle") and _both(columns, "foot"):  # so named in Human3.6M
        columns |= {f"{side}_ankle": columns.pop(f"{side}_foot") for side in SIDES}
    if not all(_both(columns, part) for part in ("hip", "knee", "ankle", "shoulder")):
        columns = _columns(labels, _BONES, _BONES_MIDDLE)
        if not all(_both(columns, part) for part in ("hip", "knee", "ankle", "shoulder")):
            return None
        return KeypointSet("skeleton joints", columns)
    return KeypointSet(_name(columns, {_joined(label) for label in labels}), columns)


def recognise_segments(labels: Sequence[str]) -> KeypointSet | None:
    """Find the upper ends of the body segments that labels name, as in files of Theia3D.

    Args:
        labels: S labels of segments, such as "l_thigh_4X4".

    Returns:
        The joints at the upper ends of the segments; None without thighs, shanks, feet and upper
        arms.
    """
    columns = _columns(labels, _BONES, _BONES_MIDDLE)
    if not all(_both(columns, part) for part in ("hip", "knee", "ankle", "shoulder")):
        return None
    return KeypointSet("Theia3D segments", columns)


def keypoint_pair(labels: Sequence[str]) -> tuple[list[int], list[int]]:
    """Columns of the ankles and of the upper trunk, to detect the vertical axis.

    Args:
        labels: M labels of a file.

    Returns:
        Both lists of columns; empty if the labels name no keypoint set.
    """
    keypoint_set = recognise_keypoints(labels)
    if keypoint_set is None:
        return [], []
    return tuple(
        [keypoint_set.columns[f"{side}_{part}"] for side in SIDES] for part in ("ankle", "shoulder")
    )


def _both(columns: dict[str, int], part: str) -> bool:
    return all(f"{side}_{part}" in columns for side in SIDES)


def _columns(labels: Sequence[str], sided: dict, middle: dict) -> dict[str, int]:
    """Keypoint → column of the first label that names it."""
    sided_names = {word: name for name, words in sided.items() for word in words}
    middle_names = {word: name for name, words in middle.items() for word in words}
    columns: dict[str, int] = {}
    for i, label in enumerate(labels):
        keypoint = _keypoint(label, sided_names, middle_names)
        if keypoint:
            columns.setdefault(keypoint, i)
    return columns


def _keypoint(label: str, sided: dict[str, str], middle: dict[str, str]) -> str | None:
    """Keypoint that a label names, such as "left_hip"; None for other labels."""
    words = _words(label)
    sides = [_SIDE_OF[word] for word in words if word in _SIDE_OF]
    rest = [word for word in words if word not in _SIDE_OF]
    useful = "".join(word for word in rest if word not in _FILLERS)
    for name in ("".join(rest), useful):
        if len(sides) == 1 and name in sided:
            return f"{sides[0]}_{sided[name]}"
        if not sides and name in middle:
            return middle[name]
    if not sides:  # "LSHOULDER", "lefthip", "hipr"
        for pattern in (r"(left|right|l|r)(.+)", r"(.+)(left|right|l|r)"):
            match = re.fullmatch(pattern, useful)
            side, name = (match[1], match[2]) if match else ("", "")
            side, name = (side, name) if side in _SIDE_OF else (name, side)
            if side in _SIDE_OF and name in sided:
                return f"{_SIDE_OF[side]}_{sided[name]}"
    return None


def _words(label: str) -> list[str]:
    """Lower-case words of a label without the prefix of a subject."""
    text = re.sub(r"[_\s.-]*4x4$", "", label.rpartition(":")[2], flags=re.IGNORECASE)
    return [word.lower() for word in _WORD.findall(text)]


def _joined(label: str) -> str:
    return "".join(_words(label))


def _name(columns: dict[str, int], words: set[str]) -> str:
    """Name of the set, from keypoints that the others do not have.

    Args:
        columns: Keypoint → column.
        words: Labels in lower case without separators.
    """
    has_toes = _both(columns, "big_toe")
    has_feet = any(_both(columns, toe) for toe in _TOES)
    rules = (
        ("BlazePose", "leftfootindex" in words or "lfootindex" in words),
        ("Azure Kinect", bool({"spinenavel", "spinenaval"} & words)),
        ("Kinect", "spineshoulder" in words or "shouldercenter" in words),
        ("SMPL", {"spine1", "spine2", "spine3"} <= columns.keys()),
        ("BODY_25B", has_toes and bool({"headtop", "upperneck"} & words)),
        ("HALPE_26", has_toes and {"head", "nose"} <= columns.keys()),
        ("COCO_133", has_toes and "nose" in columns and not {"mid_hip", "neck"} & columns.keys()),
        ("BODY_25", has_toes and {"nose", "neck"} <= columns.keys()),
        ("OpenCap", has_toes and {"mid_hip", "neck"} <= columns.keys()),
        ("Human3.6M", not has_feet and bool({"spine", "thorax", "torso"} & words)),
        ("COCO_17", not has_feet and "nose" in columns),
    )
    return next((f"{name} keypoints" for name, holds in rules if holds), "keypoints")

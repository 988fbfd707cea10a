"""BVH: a hierarchy of joints and their angles → 22 joints.

Any hierarchy is read whose joints have known names, or are named by the user's mapping. The format
is that of Biovision; rotations are intrinsic, in the order of a joint's channels, in degrees.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from ...humanml3d import JOINT_NAMES
from ..joint_centres import SPINE_SHARES
from ..recording import JointMotion, ReadOptions, RecordingError
from .joints import joint_motion

_POSITIONS = {"XPOSITION": 0, "YPOSITION": 1, "ZPOSITION": 2}
_ROTATIONS = {"XROTATION": "X", "YROTATION": "Y", "ZROTATION": "Z"}
_END = "end site of "
# names of common skeletons, without case and marks; {s} is left or right, or l or r
_SIDED = {
    "hip": ("{s}upleg", "{s}thigh", "{s}hip", "{s}upperleg", "thigh{s}", "hip{s}", "upperleg{s}"),
    "knee": ("{s}leg", "{s}lowleg", "{s}knee", "{s}shin", "{s}lowerleg", "{s}calf", "shin{s}",
             "calf{s}", "knee{s}", "lowerleg{s}"),
    "ankle": ("{s}foot", "{s}ankle", "foot{s}", "ankle{s}"),
    "foot": ("{s}toebase", "{s}toes", "{s}toe", "toe{s}", "ball{s}", "{s}ball", "toes{s}"),
    "collar": ("{s}shoulder1", "{s}collar", "{s}clavicle", "clavicle{s}", "{s}inshoulder"),
    "shoulder": ("{s}arm", "{s}uparm", "{s}upperarm", "upperarm{s}"),
    "elbow": ("{s}forearm", "{s}elbow", "{s}lowarm", "{s}lowerarm", "lowerarm{s}", "forearm{s}"),
    "wrist": ("{s}hand", "{s}wrist", "hand{s}", "wrist{s}"),
}  # fmt: skip
# "LeftShoulder" is the shoulder where there is no "LeftArm", and the collar otherwise
_EITHER = {joint: ("{s}shoulder", "shoulder{s}") for joint in ("shoulder", "collar")}
_MIDDLE = {
    "pelvis": ("hips", "pelvis", "hip", "root"),
    "neck": ("neck", "neck1"),
    "head": ("head", "head1"),
}
_NECK_OVER_SHOULDERS, _HEAD_AHEAD = 0.10, 0.10  # of the distance from pelvis to shoulders
_REQUIRED = ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")


@dataclass
class _Joint:
    name: str
    parent: int
    offset: np.ndarray = field(default_factory=lambda: np.full(3, np.nan))
    channels: list[str] = field(default_factory=list)


def read_bvh(path: Path, options: ReadOptions | None = None) -> JointMotion:
    """Read a BVH file as 22 joints in HumanML3D's order, at the file's rate.

    Joints of the spine, neck, head and collars that the skeleton lacks are placed between those it
    has; a ball of the foot is taken from the end of the ankle. The result's ``marker_set`` says
    how many. ``options.mapping`` names joints of the file as joints of HumanML3D.

    Raises:
        RecordingError: for a broken hierarchy, missing rows, or joints that are not known.
    """
    options = options or ReadOptions()
    lines = path.read_bytes().decode("latin-1").splitlines()
    joints, after = _hierarchy(lines, path)
    values, step_s = _motion(lines, after, joints, path)
    places = _kinematics(joints, values)
    names = [joint.name for joint in joints]
    found = _known(names, options.mapping, path)
    whole, derived = _complete({k: places[:, i] for k, i in found.items()}, joints, places, found)
    count = sum(not name.startswith(_END) for name in names)
    kind = f"BVH, {count} joints" + (f" ({derived} of ours derived)" if derived else "")
    array = np.stack([whole[name] for name in JOINT_NAMES], axis=1)
    return joint_motion(array, options.rate_hz or 1 / step_s, options, str(path), kind)


def _hierarchy(lines: list[str], path: Path) -> tuple[list[_Joint], int]:
    """Joints in the file's order, and the number of the line after them."""
    if not lines or lines[0].strip().upper() != "HIERARCHY":
        raise RecordingError(f"{path} is no BVH file, expected a first line HIERARCHY")
    joints, stack, opened = [], [], None
    for number, line in enumerate(lines[1:], start=2):
        words = line.split()
        if not words:
            continue
        key = words[0].upper()
        if key == "MOTION":
            if stack or opened is not None or not joints:
                raise _broken(path, number, "MOTION before every brace is closed")
            _check_joints(joints, path)
            return joints, number
        if key in ("ROOT", "JOINT", "END"):
            if (
                opened is not None
                or (key == "ROOT") == bool(joints)
                or (key != "ROOT" and not stack)
            ):
                raise _broken(path, number, f"{line.strip()!r} where no joint can begin")
            parent = stack[-1] if stack else -1
            name = " ".join(words[1:]) if key != "END" else _END + joints[parent].name
            joints.append(_Joint(name, parent))
            opened = len(joints) - 1
        elif key == "{" and opened is not None:
            stack.append(opened)
            opened = None
        elif key == "}" and stack and opened is None:
            stack.pop()
        elif key == "OFFSET" and stack and opened is None and len(words) == 4:
            joints[stack[-1]].offset = _numbers(words[1:], path, number)
        elif key == "CHANNELS" and stack and opened is None and len(words) > 1:
            joints[stack[-1]].channels = _channels(words, path, number)
        else:
            raise _broken(path, number, f"{line.strip()!r}")
    raise RecordingError(f"{path} has no MOTION section: it is truncated, export it again")


def _broken(path: Path, number: int, what: str) -> RecordingError:
    return RecordingError(
        f"{path} has a broken hierarchy in line {number} ({what}): export it again"
    )


def _numbers(words: list[str], path: Path, number: int) -> np.ndarray:
    try:
        return np.array([float(word) for word in words])
    except ValueError as error:
        raise RecordingError(f"{path} has no number in line {number}: {error}") from error


def _channels(words: list[str], path: Path, number: int) -> list[str]:
    names = [word.upper() for word in words[2:]]
    if not words[1].isdigit() or int(words[1]) != len(names):
        raise _broken(path, number, f"{words[1]} channels stated, {len(names)} named")
    unknown = [name for name in names if name not in _POSITIONS and name not in _ROTATIONS]
    if unknown:
        raise _broken(path, number, f"channel {unknown[0]}")
    return names


def _check_joints(joints: list[_Joint], path: Path) -> None:
    for joint in joints:
        if not np.isfinite(joint.offset).all():
            raise RecordingError(
                f"{path} has a joint without OFFSET, {joint.name}: export it again"
            )
        if not joint.channels and not joint.name.startswith(_END):
            raise RecordingError(
                f"{path} has a joint without CHANNELS, {joint.name}: export it again"
            )


def _motion(lines, after: int, joints, path: Path) -> tuple[np.ndarray, float]:
    """Channel values (T, C) and seconds from frame to frame."""
    rest = [(n, line) for n, line in enumerate(lines[after:], start=after + 1) if line.strip()]
    frames = _stated(rest, 0, "Frames:", path)
    step_s = _stated(rest, 1, "Frame Time:", path)
    if not step_s > 0:
        raise RecordingError(f"{path} has a frame time of {step_s:g} s, expected more: mend it")
    rows = rest[2:]
    if len(rows) < frames or not rows:
        raise RecordingError(
            f"{path} is truncated: it has {len(rows)} frames, its header speaks of {frames:g}: "
            "copy or export it again"
        )
    width = sum(len(joint.channels) for joint in joints)
    values = []
    for number, line in rows[: int(frames)]:
        row = _numbers(line.split(), path, number)
        if len(row) != width:
            raise RecordingError(
                f"{path} has {len(row)} values in line {number}, expected {width}, one for each "
                "channel: export it again"
            )
        values.append(row)
    return np.stack(values), step_s


def _stated(rest, index: int, name: str, path: Path) -> float:
    number, line = rest[index] if len(rest) > index else (0, "")
    head, _, value = line.partition(":")
    if head.strip().lower() + ":" != name.lower():
        raise RecordingError(f"{path} lacks {name!r} after MOTION: it is damaged, export it again")
    return float(_numbers([value.strip()], path, number)[0])


def _kinematics(joints: list[_Joint], values: np.ndarray) -> np.ndarray:
    """(T, J, 3) places of all joints; position channels stand for a joint's offset."""
    places, turns, column = [], [], 0
    for joint in joints:
        part = values[:, column : column + len(joint.channels)]
        column += len(joint.channels)
        offset = np.tile(joint.offset, (len(values), 1))
        order = ""
        angles = []
        for name, channel in zip(joint.channels, part.T, strict=True):
            if name in _POSITIONS:
                offset[:, _POSITIONS[name]] = channel
            else:
                order += _ROTATIONS[name]
                angles.append(channel)
        turn = Rotation.identity(len(values))
        for axis, angle in zip(order, angles, strict=True):
            turn = turn * Rotation.from_euler(axis, angle[:, None], degrees=True)
        if joint.parent < 0:
            places.append(offset)
            turns.append(turn)
        else:
            places.append(places[joint.parent] + turns[joint.parent].apply(offset))
            turns.append(turns[joint.parent] * turn)
    return np.stack(places, axis=1)


def _plain(name: str) -> str:
    """A name without case, marks, and prefixes such as ``mixamorig:``."""
    name = name.rpartition(":")[2]
    name = re.sub(r"^(mixamorig\d*|bip\d*|m_avg|character\d*|skel)[_\s.-]", "", name, flags=re.I)
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _known(names: list[str], mapping: dict[str, str] | None, path: Path) -> dict[str, int]:
    """Joint of HumanML3D → column, by the mapping first, then by common names."""
    found = _mapped(names, mapping or {}, path)
    place = {_plain(name): i for i, name in reversed(list(enumerate(names))) if _END not in name}
    for joint, spellings in _MIDDLE.items():
        _take(found, joint, spellings, place)
    for side in ("left", "right"):
        for table in (_SIDED, _EITHER):
            for joint, spellings in table.items():
                short = [s.format(s=letter) for s in spellings for letter in (side, side[0])]
                _take(found, f"{side}_{joint}", short, place)
    if "pelvis" not in found:
        found["pelvis"] = 0
    lacking = [
        f"{side}_{joint}"
        for side in ("left", "right")
        for joint in _REQUIRED
        if f"{side}_{joint}" not in found
    ]
    if lacking:
        shown = ", ".join(name for name in names if not name.startswith(_END))
        raise RecordingError(
            f"{path} has joints {shown}, of which none is known as {', '.join(lacking)}: name them "
            'in a JSON file, {"joint of the file": "left_hip", …}, and give it with --mapping'
        )
    return found


def _mapped(names: list[str], mapping: dict[str, str], path: Path) -> dict[str, int]:
    for name, joint in mapping.items():
        if name not in names:
            raise RecordingError(f"{path} has no joint {name!r}, which the mapping names")
        if joint not in JOINT_NAMES:
            raise RecordingError(
                f"the mapping names {joint!r}, expected one of {', '.join(JOINT_NAMES)}"
            )
    return {joint: names.index(name) for name, joint in mapping.items()}


def _take(found: dict[str, int], joint: str, spellings, place: dict[str, int]) -> None:
    for spelling in spellings:
        if joint in found:
            return
        if spelling in place and place[spelling] not in found.values():
            found[joint] = place[spelling]


def _complete(have: dict[str, np.ndarray], joints, places, found) -> tuple[dict, int]:
    """All 22 joints, and how many of them were derived."""
    whole = dict(have)
    pelvis = whole["pelvis"]
    shoulders = (whole["left_shoulder"] + whole["right_shoulder"]) / 2
    trunk = shoulders - pelvis
    length = np.linalg.norm(trunk, axis=1, keepdims=True)
    up = trunk / np.maximum(length, 1e-9)
    left = whole["left_shoulder"] - whole["right_shoulder"]
    ahead = np.cross(left, up)
    ahead /= np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), 1e-9)
    whole.setdefault("neck", shoulders + _NECK_OVER_SHOULDERS * trunk)
    for index, name in enumerate(("spine1", "spine2", "spine3")):
        whole.setdefault(name, pelvis + SPINE_SHARES[index] * (whole["neck"] - pelvis))
    high = whole["neck"] + _NECK_OVER_SHOULDERS * trunk + _HEAD_AHEAD * length * ahead
    whole.setdefault("head", high)
    for side in ("left", "right"):
        base = (whole["spine3"] + whole["neck"]) / 2
        shoulder = whole[f"{side}_shoulder"]
        whole.setdefault(f"{side}_collar", base + 0.45 * (shoulder - base))
        if f"{side}_foot" not in whole:
            whole[f"{side}_foot"] = _end_of(found[f"{side}_ankle"], joints, places)
    return whole, len(JOINT_NAMES) - len(have)


def _end_of(ankle: int, joints: list[_Joint], places: np.ndarray) -> np.ndarray:
    """What hangs on the ankle: its first child, toes or end site."""
    child = next((i for i, joint in enumerate(joints) if joint.parent == ankle), None)
    if child is None:
        raise RecordingError(
            f"{joints[ankle].name} has nothing below it, expected toes: name them with --mapping"
        )
    return places[:, child]

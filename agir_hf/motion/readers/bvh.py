"""BVH files: a hierarchy of joints with joint angles, converted to 22 joint positions.

The joints must have common names or be in the user's mapping. Rotations are intrinsic, in the order
of the channels of a joint, in degrees.
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
# joint → names in common skeletons, in lower case letters and digits; {s} is left, right, l or r
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
# "LeftShoulder" is the shoulder if there is no "LeftArm", and the collar otherwise
_EITHER = {joint: ("{s}shoulder", "shoulder{s}") for joint in ("shoulder", "collar")}
_MIDDLE = {
    "pelvis": ("hips", "pelvis", "hip", "root"),
    "neck": ("neck", "neck1"),
    "head": ("head", "head1"),
}
# Offsets of neck and head, as fractions of the distance from pelvis to shoulders.
_NECK_OVER_SHOULDERS, _HEAD_AHEAD = 0.10, 0.10
_REQUIRED = ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")


@dataclass
class _Joint:
    name: str
    parent: int
    offset: np.ndarray = field(default_factory=lambda: np.full(3, np.nan))
    channels: list[str] = field(default_factory=list)


def read_bvh(path: Path, options: ReadOptions | None = None) -> JointMotion:
    """Read a BVH file as 22 joints in the order of HumanML3D, at the frame rate of the file.

    Missing joints of the spine, neck, head and collars are computed from the others. For a missing
    ball of the foot, the first child of the ankle is used. ``marker_set`` of the result states the
    number of joints that were computed or replaced.

    Args:
        path: The file.
        options: Settings of the user; ``mapping`` maps joints of the file to joints of HumanML3D.

    Raises:
        RecordingError: The hierarchy is damaged, rows are missing, or joints have unknown names.
    """
    options = options or ReadOptions()
    lines = path.read_bytes().decode("latin-1").splitlines()
    joints, motion_line = _hierarchy(lines, path)
    values, step_s = _motion(lines, motion_line, joints, path)
    positions = _kinematics(joints, values)
    names = [joint.name for joint in joints]
    columns = _joint_columns(names, options.mapping, path)
    complete, num_derived = _complete(joints, positions, columns)
    count = sum(not name.startswith(_END) for name in names)
    kind = f"BVH, {count} joints" + (f" ({num_derived} of ours derived)" if num_derived else "")
    array = np.stack([complete[name] for name in JOINT_NAMES], axis=1)
    return joint_motion(array, options.rate_hz or 1 / step_s, options, str(path), kind)


def _hierarchy(lines: list[str], path: Path) -> tuple[list[_Joint], int]:
    """Joints in the order of the file, and the line number of MOTION."""
    if not lines or lines[0].strip().upper() != "HIERARCHY":
        raise RecordingError(
            f"{path} is not a BVH file, expected a first line HIERARCHY: export it as BVH"
        )
    joints, stack, opened = [], [], None
    for number, line in enumerate(lines[1:], start=2):
        words = line.split()
        if not words:
            continue
        key = words[0].upper()
        if key == "MOTION":
            if stack or opened is not None or not joints:
                raise _broken(path, number, "MOTION before all braces are closed")
            _check_joints(joints, path)
            return joints, number
        if key in ("ROOT", "JOINT", "END"):
            second_root = (key == "ROOT") == bool(joints)
            if opened is not None or second_root or (key != "ROOT" and not stack):
                raise _broken(path, number, f"{line.strip()!r} where a joint cannot begin")
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
        raise RecordingError(
            f"{path} has a value that is not a number in line {number} ({error}): export it again"
        ) from error


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


def _motion(lines, motion_line: int, joints, path: Path) -> tuple[np.ndarray, float]:
    """Channel values (T, C) and time between frames in seconds."""
    numbered = enumerate(lines[motion_line:], start=motion_line + 1)
    section = [(number, line) for number, line in numbered if line.strip()]
    frames = _stated(section, 0, "Frames:", path)
    step_s = _stated(section, 1, "Frame Time:", path)
    if not step_s > 0:
        raise RecordingError(
            f"{path} has a frame time of {step_s:g} s, expected a positive number: fix the file"
        )
    rows = section[2:]
    if len(rows) < frames or not rows:
        raise RecordingError(
            f"{path} is truncated: it has {len(rows)} frames, its header states {frames:g}: copy "
            "or export it again"
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


def _stated(section, index: int, name: str, path: Path) -> float:
    """Value of a line such as "Frames: 70" of the MOTION section."""
    number, line = section[index] if len(section) > index else (0, "")
    head, _, value = line.partition(":")
    if head.strip().lower() + ":" != name.lower():
        raise RecordingError(f"{path} lacks {name!r} after MOTION: it is damaged, export it again")
    return float(_numbers([value.strip()], path, number)[0])


def _kinematics(joints: list[_Joint], values: np.ndarray) -> np.ndarray:
    """Positions (T, J, 3) of all joints; position channels override the offset of a joint."""
    positions, rotations, column = [], [], 0
    for joint in joints:
        channels = values[:, column : column + len(joint.channels)]
        column += len(joint.channels)
        offset = np.tile(joint.offset, (len(values), 1))
        order = ""
        angles = []
        for name, channel in zip(joint.channels, channels.T, strict=True):
            if name in _POSITIONS:
                offset[:, _POSITIONS[name]] = channel
            else:
                order += _ROTATIONS[name]
                angles.append(channel)
        rotation = Rotation.identity(len(values))
        for axis, angle in zip(order, angles, strict=True):
            rotation = rotation * Rotation.from_euler(axis, angle[:, None], degrees=True)
        if joint.parent < 0:
            positions.append(offset)
            rotations.append(rotation)
        else:
            parent = rotations[joint.parent]
            positions.append(positions[joint.parent] + parent.apply(offset))
            rotations.append(parent * rotation)
    return np.stack(positions, axis=1)


def _plain(name: str) -> str:
    """Lower case letters and digits of a name, without prefixes such as ``mixamorig:``."""
    name = name.rpartition(":")[2]
    name = re.sub(r"^(mixamorig\d*|bip\d*|m_avg|character\d*|skel)[_\s.-]", "", name, flags=re.I)
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _joint_columns(names: list[str], mapping: dict[str, str] | None, path: Path) -> dict[str, int]:
    """Joint of HumanML3D → column, from the mapping first, then from common names."""
    columns = _mapped(names, mapping or {}, path)
    by_name = {_plain(name): i for i, name in reversed(list(enumerate(names))) if _END not in name}
    for joint, spellings in _MIDDLE.items():
        _add_column(columns, joint, spellings, by_name)
    for side in ("left", "right"):
        for table in (_SIDED, _EITHER):
            for joint, spellings in table.items():
                names_of_side = [s.format(s=word) for s in spellings for word in (side, side[0])]
                _add_column(columns, f"{side}_{joint}", names_of_side, by_name)
    columns.setdefault("pelvis", 0)
    lacking = [
        f"{side}_{joint}"
        for side in ("left", "right")
        for joint in _REQUIRED
        if f"{side}_{joint}" not in columns
    ]
    if lacking:
        shown = ", ".join(name for name in names if not name.startswith(_END))
        raise RecordingError(
            f"{path} has joints {shown}, none is recognised as {', '.join(lacking)}: write a JSON "
            'file {"joint of the file": "left_hip", …} and pass it with --mapping'
        )
    return columns


def _mapped(names: list[str], mapping: dict[str, str], path: Path) -> dict[str, int]:
    for name, joint in mapping.items():
        if name not in names:
            raise RecordingError(
                f"{path} has no joint {name!r}, expected the names of the mapping: fix the mapping"
            )
        if joint not in JOINT_NAMES:
            raise RecordingError(
                f"the mapping has {joint!r}, expected one of {', '.join(JOINT_NAMES)}: fix the "
                "mapping"
            )
    return {joint: names.index(name) for name, joint in mapping.items()}


def _add_column(columns: dict[str, int], joint: str, spellings, by_name: dict[str, int]) -> None:
    """Add the column of a joint under its first spelling that is not yet used."""
    for spelling in spellings:
        if joint in columns:
            return
        if spelling in by_name and by_name[spelling] not in columns.values():
            columns[joint] = by_name[spelling]


def _complete(joints, positions: np.ndarray, columns: dict[str, int]) -> tuple[dict, int]:
    """Positions (T, 3) of all 22 joints by name, and how many of them were computed."""
    result = {joint: positions[:, column] for joint, column in columns.items()}
    pelvis = result["pelvis"]
    shoulders = (result["left_shoulder"] + result["right_shoulder"]) / 2
    trunk = shoulders - pelvis
    length = np.linalg.norm(trunk, axis=1, keepdims=True)
    up = trunk / np.maximum(length, 1e-9)
    left = result["left_shoulder"] - result["right_shoulder"]
    ahead = np.cross(left, up)
    ahead /= np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), 1e-9)
    result.setdefault("neck", shoulders + _NECK_OVER_SHOULDERS * trunk)
    for index, name in enumerate(("spine1", "spine2", "spine3")):
        result.setdefault(name, pelvis + SPINE_SHARES[index] * (result["neck"] - pelvis))
    high = result["neck"] + _NECK_OVER_SHOULDERS * trunk + _HEAD_AHEAD * length * ahead
    result.setdefault("head", high)
    for side in ("left", "right"):
        base = (result["spine3"] + result["neck"]) / 2
        shoulder = result[f"{side}_shoulder"]
        result.setdefault(f"{side}_collar", base + 0.45 * (shoulder - base))
        if f"{side}_foot" not in result:
            result[f"{side}_foot"] = _first_child(columns[f"{side}_ankle"], joints, positions)
    return result, len(JOINT_NAMES) - len(columns)


def _first_child(ankle: int, joints: list[_Joint], positions: np.ndarray) -> np.ndarray:
    """Positions (T, 3) of the first child of the ankle: toes or an end site."""
    child = next((i for i, joint in enumerate(joints) if joint.parent == ankle), None)
    if child is None:
        raise RecordingError(
            f"{joints[ankle].name} has no child joint, expected toes: map a joint to them "
            "with --mapping"
        )
    return positions[:, child]

"""Skeleton conventions: the same walk on skeletons whose joints are at other places of the body.

Recording systems place joints differently: the skeleton of a BVH file has a straight spine and a
head above the neck, a depth camera has low shoulders, and regressions from markers differ between
laboratories. A `Convention` has a constant rotation and a constant length factor for each bone, and
a constant lean of the trunk. The motion is kept: bones rotate as before, and their lengths stay
constant over time.

The ranges of `draw_convention` cover the difference between the mean direction of each bone in the
open body of the simulation and in 70 recordings of 39 people (56 BVH files at 60 Hz with 20 joints,
C3D files of three laboratories with Shida, Plug-in Gait and Oxford foot markers); most of them are
between the fifth and the ninety-fifth percentile of these differences, rounded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from ..alignment_agir import axis_frames, segment_frames
from ..humanml3d import JOINT_NAMES, LINKS
from ..motion.augmentation import mirrored

# Range in degrees of the rotation of a bone, named by the joint at its end. The first range is the
# sagittal plane (forward positive), the second the frontal plane (away from the midline positive)
# for bones of the arms and legs; for hips, collars and shoulders they are elevation and forward
# direction; for the foot they are toes up and toes out.
_SIDED_RANGES_DEG = {
    "hip": ((-1.0, 11.0), (-3.0, 10.0)),
    "knee": ((-1.0, 2.0), (-10.0, 0.0)),
    "collar": ((-22.0, 4.0), (-8.0, 11.0)),
    "shoulder": ((-20.0, 10.0), (-19.0, 8.0)),
    "elbow": ((-6.0, 24.0), (-11.0, 8.0)),
    "wrist": ((-10.0, 20.0), (-26.0, 14.0)),
    "foot": ((-20.0, 10.0), (-11.0, 22.0)),
}
# Thigh and shank of the open body as fractions of the leg. The shank turns so that the distance of
# the ankle from the midline stays the same, except for a random part (SD as a fraction of the leg).
# The knee is hardly moved forward: that would lift the foot higher in swing, so the difference of
# real skeletons there (up to 13 degrees) is not covered.
_THIGH, _SHANK, _ANKLE_SD = 0.48, 0.52, 0.003
_HIP = np.array([0.63, -0.77, -0.05]) * 0.116  # left hip from the pelvis, fraction of the leg
# Rotation that straightens the spine: share 1 gives the straight spine of the BVH skeletons.
_STRAIGHT_SPINE_DEG = {"spine1": 15.0, "spine2": -16.0, "spine3": -34.0, "neck": 5.0}
_STRAIGHT_SHARE, _SPINE_SD_DEG, _SPINE_SIDE_SD_DEG = (-0.25, 1.15), 3.0, 2.0
_HEAD_DEG, _HEAD_SIDE_DEG = (-62.0, 8.0), (-10.0, 10.0)
_LEAN_DEG = (-5.0, 5.0)
# SD of the difference of a side from the mean of both, per angle (rough); a tenth of it in the
# legs, where a difference would make the steps asymmetric.
_ASYMMETRY_DEG, _LEG_ASYMMETRY_DEG = 1.5, 0.15
# Range of the length of a bone relative to the open body. Thigh and shank keep their lengths: other
# lengths with the same rotations would move the feet.
_LENGTHS = {
    "hip": (1.0, 1.4), "foot": (0.85, 1.05), "spine1": (0.72, 1.15),
    "spine2": (0.72, 1.15), "spine3": (0.72, 1.3), "neck": (0.75, 1.2), "head": (0.42, 1.15),
    "collar": (0.9, 1.35), "shoulder": (0.8, 1.1), "elbow": (0.9, 1.25), "wrist": (0.95, 1.2),
}  # fmt: skip

_SIDES = ("left", "right")
_LEVEL = ("knee", "ankle", "foot")  # these turn in the horizontal frame of the pelvis,
_PELVIC = ("hip", "spine1")  # these in the frame of the pelvis, and all others in the trunk's
_LEANING = ("spine1", "spine2", "spine3", "neck", "head", "collar", "shoulder")
_INDEX = {name: index for index, name in enumerate(JOINT_NAMES)}
_LOW = [_INDEX[f"{side}_{part}"] for side in _SIDES for part in ("ankle", "foot")]
_FLOOR_PERCENTILE = 2.0


@dataclass(frozen=True, eq=False)
class Convention:
    """Where a system places the joints, relative to the skeleton that it is applied to.

    Attributes:
        rotations_deg (`np.ndarray` of shape `(22, 3)`):
            Constant rotation vector of the bone that ends in each joint, in degrees, about the
            left, the upward and the forward axis of the segment. The row of the pelvis is not used.
        lengths (`np.ndarray` of shape `(22,)`):
            Factor of the length of the bone that ends in each joint.
        lean_deg (`float`):
            Additional lean of the trunk in degrees, forward positive. The arms are not tilted.

    Example:
        ```python
        >>> import numpy as np
        >>> from agir_hf.simulation.conventions import Convention, draw_convention
        >>> Convention.identity().lean_deg
        0.0
        >>> draw_convention(np.random.default_rng(0)).rotations_deg.shape
        (22, 3)

        ```
    """

    rotations_deg: np.ndarray
    lengths: np.ndarray
    lean_deg: float

    def __post_init__(self):
        shapes = np.shape(self.rotations_deg), np.shape(self.lengths)
        if shapes != ((len(JOINT_NAMES), 3), (len(JOINT_NAMES),)):
            raise ValueError(
                f"rotations_deg and lengths have shapes {shapes[0]} and {shapes[1]}, expected "
                f"({len(JOINT_NAMES)}, 3) and ({len(JOINT_NAMES)},): pass one row for each joint"
            )
        if not (np.asarray(self.lengths) > 0).all():
            raise ValueError("lengths contain a value of 0 or less, expected positive factors")

    @classmethod
    def identity(cls) -> Convention:
        """Return the convention that changes nothing."""
        return cls(np.zeros((len(JOINT_NAMES), 3)), np.ones(len(JOINT_NAMES)), 0.0)

    def mirrored(self) -> Convention:
        """Return the convention with left and right exchanged."""
        lengths = np.repeat(np.asarray(self.lengths, float)[:, None], 3, axis=1)
        return Convention(
            -mirrored(np.asarray(self.rotations_deg, float)[None])[0],
            mirrored(lengths[None])[0, :, 1],
            self.lean_deg,
        )


def draw_convention(rng: np.random.Generator) -> Convention:
    """Draw a convention as different from the simulated body as real skeletons are.

    Left and right have the same convention, with small differences.

    Args:
        rng: Random generator.

    Returns:
        Convention for `apply_convention`.
    """
    factors = {part: rng.uniform(*limits) for part, limits in _LENGTHS.items()}
    rotations = np.zeros((len(JOINT_NAMES), 3))
    for name, (first, second) in _draw_angles(rng, factors["hip"]).items():
        rotations[_INDEX[name]] = _rotation_vector(name, first, second)
    lengths = np.array([factors.get(_part(name), 1.0) for name in JOINT_NAMES])
    return Convention(rotations, lengths, float(rng.uniform(*_LEAN_DEG)))


def _draw_angles(rng: np.random.Generator, hip_length: float) -> dict[str, tuple[float, float]]:
    """Joint → both angles in degrees, as `_SIDED_RANGES_DEG` defines them."""
    share = rng.uniform(*_STRAIGHT_SHARE)
    angles = {
        name: (share * whole + _SPINE_SD_DEG * rng.normal(), _SPINE_SIDE_SD_DEG * rng.normal())
        for name, whole in _STRAIGHT_SPINE_DEG.items()
    }
    angles["head"] = (rng.uniform(*_HEAD_DEG), rng.uniform(*_HEAD_SIDE_DEG))
    both = {
        part: np.array([rng.uniform(*limits) for limits in ranges])
        for part, ranges in _SIDED_RANGES_DEG.items()
    }
    both["ankle"] = _shank_angles(both, hip_length, _ANKLE_SD * rng.normal())
    for part, mean in both.items():
        sd = _LEG_ASYMMETRY_DEG if part in ("hip", "knee", "ankle") else _ASYMMETRY_DEG
        difference = sd * rng.normal(size=2)
        angles[f"left_{part}"] = tuple(mean + difference)
        angles[f"right_{part}"] = tuple(mean - difference)
    return angles


def _shank_angles(angles: dict[str, np.ndarray], hip_length: float, out: float) -> np.ndarray:
    """Angles of the shank for which the ankle keeps its place below the pelvis.

    In the sagittal plane it keeps its place below the hip, because other angles between thigh and
    shank would move the foot.

    Args:
        angles: Part → both angles in degrees; those of hip and knee are used.
        hip_length: Factor of the distance from the pelvis to the hip.
        out: Movement of the ankle away from the midline, as a fraction of the leg.
    """
    turn = Rotation.from_rotvec(np.radians(_rotation_vector("left_hip", *angles["hip"])))
    hip_out = (hip_length * turn.apply(_HIP) - _HIP)[0]
    shift = np.array([0.0, out - hip_out]) - _THIGH * np.sin(np.radians(angles["knee"]))
    return np.degrees(np.arcsin(shift / _SHANK))


def _rotation_vector(name: str, first: float, second: float) -> tuple[float, float, float]:
    """Rotation about the left, upward and forward axis for the two angles of a bone."""
    part = _part(name)
    if part in ("hip", "collar", "shoulder"):
        vector = (0.0, -second, first)
    elif part == "foot":
        vector = (-first, second, 0.0)
    elif name in _STRAIGHT_SPINE_DEG or name == "head":
        vector = (first, 0.0, -second)
    else:  # these bones point downwards
        vector = (-first, 0.0, second)
    return (vector[0], -vector[1], -vector[2]) if name.startswith("right") else vector


def _part(name: str) -> str:
    return name.removeprefix("left_").removeprefix("right_")


def apply_convention(joints: np.ndarray, convention: Convention) -> np.ndarray:
    """Place the joints of a walk as another recording system would place them.

    Each bone is rotated by a constant rotation in the frame of its segment: bones of the pelvis in
    the pelvis, bones of the trunk, the head and the arms in the trunk, bones of the legs in the
    horizontal frame of the pelvis. The path of the pelvis over the floor is kept, and the skeleton
    is raised or lowered by a constant, so that the feet reach the same floor.

    Args:
        joints (`np.ndarray` of shape `(T, 22, 3)`):
            Positions in metres, Y up, in the order of `agir_hf.humanml3d.JOINT_NAMES`.
        convention (`Convention`):
            Convention to apply.

    Returns:
        `np.ndarray` of shape `(T, 22, 3)`: float64 positions in metres, Y up, in a new array.

    Raises:
        ValueError: `joints` has another shape.

    Example:
        ```python
        >>> import agir_hf
        >>> import numpy as np
        >>> from agir_hf.motion import read_recording, to_joints
        >>> from agir_hf.simulation.conventions import Convention, apply_convention
        >>> joints = to_joints(read_recording(agir_hf.SAMPLE_RECORDING)).joints
        >>> np.allclose(apply_convention(joints, Convention.identity()), joints, atol=1e-6)
        True

        ```
    """
    joints = np.asarray(joints, dtype=np.float64)
    if joints.ndim != 3 or joints.shape[1:] != (len(JOINT_NAMES), 3):
        raise ValueError(
            f"joints have shape {joints.shape}, expected (frames, {len(JOINT_NAMES)}, 3): pass the "
            "joints of HumanML3D"
        )
    frames = _frames(joints)
    rotations = Rotation.from_rotvec(np.radians(convention.rotations_deg)).as_matrix()
    lean = Rotation.from_rotvec(np.radians([convention.lean_deg, 0.0, 0.0])).as_matrix()
    result = joints.copy()
    for parent, joint in LINKS:
        part = _part(JOINT_NAMES[joint])
        segment = "level" if part in _LEVEL else "pelvis" if part in _PELVIC else "trunk"
        bone = _rotate(joints[:, joint] - joints[:, parent], rotations[joint], frames[segment])
        if part in _LEANING:
            bone = _rotate(bone, lean, frames["level"])
        result[:, joint] = result[:, parent] + convention.lengths[joint] * bone
    result[..., 1] += _floor_m(joints) - _floor_m(result)
    return result


def _floor_m(joints: np.ndarray) -> float:
    """Height of the floor below the feet of (T, 22, 3) joints, metres."""
    return float(np.percentile(joints[:, _LOW, 1].min(axis=1), _FLOOR_PERCENTILE))


def _rotate(bones: np.ndarray, rotation: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """Rotate bones (T, 3) by one rotation (3, 3) that is expressed in frames (T, 3 axes, 3)."""
    local = np.einsum("tai,ti->ta", frames, bones)
    return np.einsum("tai,ta->ti", frames, local @ rotation.T)


def _frames(joints: np.ndarray) -> dict[str, np.ndarray]:
    """Frames of pelvis and trunk, and "level", the upright one of the pelvis."""
    across = joints[:, _INDEX["left_hip"]] - joints[:, _INDEX["right_hip"]]
    up = np.broadcast_to([0.0, 1.0, 0.0], across.shape)
    return {"level": axis_frames(across * [1.0, 0.0, 1.0], up), **segment_frames(joints)}

"""HumanML3D motion features and their inverse, with numpy only, for many clips at once.

A clip of T frames of 22 joints (metres, Y up, 20 frames per second) becomes T-1 rows of 263
features, relative to the body. `FEATURE_SLICES` names them:

==================== ======= =================================================================
root_yaw_velocity    0:1     half the rotation about Y to the next frame, rad/frame (arcsine of
                             the y component of the quaternion from one heading to the next)
root_linear_velocity 1:3     x, z of the displacement of the root to the next frame, m/frame, in
                             the coordinate system of the next frame's heading
root_height          3:4     height of the pelvis above the lowest point of the clip, m
joint_positions      4:67    joints 1-21: x, z from the root and y from the floor, facing Z+, m
joint_rotations      67:193  joints 1-21: first two columns of the rotation matrix from the
                             parent bone to this bone (6D form of Zhou et al., CVPR 2019)
joint_velocities     193:259 joints 0-21: displacement to the next frame, m/frame, in the
                             coordinate system of this frame's heading
foot_contact         259:263 left ankle, left toe, right ankle, right toe: 1 if the point moves
                             less than sqrt(0.002) m to the next frame, else 0
==================== ======= =================================================================

The motion is first retargeted to the bone lengths of one standard skeleton (`BONE_LENGTHS`) and
placed on the floor, with the first frame at the origin, facing Z+. The features therefore do not
depend on the position in the room, the heading or the size of the subject.

Source: Guo et al., "Generating Diverse and Natural 3D Human Motions from Text", CVPR 2022.
The published preprocessing has a known error, which models trained on HumanML3D expect: the line
across the hips enters the heading with the wrong sign (see `joints_to_features`).

Foot contact is 1 nearly always in shuffling gait, because its threshold is 0.89 m/s: do not use it
to detect gait events.
"""

from __future__ import annotations

import contextlib
import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

JOINT_NAMES: tuple[str, ...] = (
    "pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2",
    "left_ankle", "right_ankle", "spine3", "left_foot", "right_foot", "neck", "left_collar",
    "right_collar", "head", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow",
    "left_wrist", "right_wrist",
)  # fmt: skip
NUM_JOINTS = len(JOINT_NAMES)

KINEMATIC_CHAINS: tuple[tuple[int, ...], ...] = (
    (0, 2, 5, 8, 11),
    (0, 1, 4, 7, 10),
    (0, 3, 6, 9, 12, 15),
    (9, 14, 17, 19, 21),
    (9, 13, 16, 18, 20),
)
# (joint, next joint away from the pelvis) of each bone
LINKS = [link for chain in KINEMATIC_CHAINS for link in zip(chain, chain[1:], strict=False)]

FPS = 20
NUM_FEATURES = 263
FEATURE_SLICES: dict[str, slice] = {
    "root_yaw_velocity": slice(0, 1),
    "root_linear_velocity": slice(1, 3),
    "root_height": slice(3, 4),
    "joint_positions": slice(4, 67),
    "joint_rotations": slice(67, 193),
    "joint_velocities": slice(193, 259),
    "foot_contact": slice(259, 263),
}

# Bone lengths of the standard skeleton in metres; entry j is the bone that ends at joint j.
BONE_LENGTHS: tuple[float, ...] = (
    0.0, 0.10307, 0.10988, 0.13157, 0.39362, 0.39019, 0.14319, 0.43243, 0.42564, 0.05736, 0.14338,
    0.14942, 0.21936, 0.13749, 0.14343, 0.10304, 0.13161, 0.12298, 0.25684, 0.26309, 0.26601,
    0.26988,
)  # fmt: skip

# Direction of each bone if its rotation is the identity, as a signed axis.
REST_DIRECTIONS: tuple[str, ...] = (
    "", "+x", "-x", "+y", "-y", "-y", "+y", "-y", "-y", "+y", "+z", "+z", "+y", "+x", "-x", "+z",
    "-y", "-y", "-y", "-y", "-y", "-y",
)  # fmt: skip

CONTACT_SQUARED_STEP_M2 = 0.002  # foot points with a smaller squared displacement are in contact
SMOOTHING_FRAMES = 20.0  # standard deviation of the Gaussian that smooths the heading

_SMOOTHING_REACH = int(4 * SMOOTHING_FRAMES + 0.5)  # frames before and after the smoothed one
_SMOOTHED_TILE = 32  # frames that are smoothed by one product of matrices

_CONTACT_JOINTS = [7, 10, 8, 11]
_LEG_JOINTS = [2, 5, 8]  # right hip, knee and ankle
_LEG_BONES = [5, 8]  # thigh and shank of the right leg: their lengths set the scale
_SHORTEST_BONE_M = 1e-6  # shorter bones have no direction
_MAX_HEAD_DISTANCE_M = 5.0  # from pelvis to head; larger distances are not in metres
_GROUP_FRAMES = 4096  # frames whose headings are computed together
_BLOCK_FRAMES = 1000  # frames whose joints are computed together: few enough for the CPU cache
_ARRAY_ROWS = 16384  # rows of features that are allocated together

# (joints, their parents), ordered so that parents come first.
_BODY_LINKS = (
    (slice(1, 4), slice(0, 1)),
    (slice(4, 7), slice(1, 4)),
    (slice(7, 10), slice(4, 7)),
    (slice(10, 13), slice(7, 10)),
    (slice(13, 15), slice(9, 10)),
    (slice(15, 18), slice(12, 15)),
    (slice(18, 20), slice(16, 18)),
    (slice(20, 22), slice(18, 20)),
)
_AXES = {"": (0, 0, 0)} | {
    sign + name: tuple(int(sign + "1") * (axis == name) for axis in "xyz")
    for sign in "+-"
    for name in "xyz"
}
_REST_VECTORS = np.array([_AXES[direction] for direction in REST_DIRECTIONS], np.float32)
_LENGTHS = np.array(BONE_LENGTHS, np.float32)


def _smoothing_weights() -> np.ndarray:
    """Weights of the frames around and in a tile (rows) in its smoothed frames (columns)."""
    around = np.arange(-_SMOOTHING_REACH, _SMOOTHED_TILE + _SMOOTHING_REACH)
    distances = around[:, None] - np.arange(_SMOOTHED_TILE)
    weights = np.exp(-0.5 * (distances / SMOOTHING_FRAMES) ** 2)
    weights[np.abs(distances) > _SMOOTHING_REACH] = 0
    return weights / weights.sum(axis=0)


_SMOOTHING_WEIGHTS = _smoothing_weights()

# Weights (2, 22) of the unit bones in the lines across the hips and across the shoulders, from left
# to right.
_LINE_WEIGHTS = np.zeros((2, NUM_JOINTS), np.float32)
for _line, _left, _right in ((0, 1, 2), (1, 13, 14), (1, 16, 17)):
    _LINE_WEIGHTS[_line, [_left, _right]] = -_LENGTHS[_left], _LENGTHS[_right]

_BODY_PARENTS = np.arange(NUM_JOINTS)  # of the root: itself
for _joints, _parents in _BODY_LINKS:
    _BODY_PARENTS[_joints] = np.arange(NUM_JOINTS)[_parents]
# For rotations, the parent of the collars (13, 14) is the root, as in HumanML3D. Joints 1-21.
_ROTATION_PARENTS = np.where(np.isin(np.arange(NUM_JOINTS), (13, 14)), 0, _BODY_PARENTS)[1:]

# Of bones 1-21, with coordinates as rows (3 * 22, N): row along the rest direction, and its sign.
_ALONG_ROWS = (np.abs(_REST_VECTORS).argmax(axis=1) * NUM_JOINTS + np.arange(NUM_JOINTS))[1:]
_ALONG_SIGNS = _REST_VECTORS.sum(axis=1)[1:, None]

# Parts of the rotations (joint - 1, column, row) that `_write_rotations` negates: D_p D_y has the
# signs (-, -, +) if the parent is the root or rests along X, and D_y D_c has the signs (-, -, +) if
# the child rests along X, and (+, -, -) if it rests along Z.
_ALL = slice(None)
_NEGATED = (
    (slice(0, 2), _ALL, 2),
    (slice(12, 14), _ALL, 2),
    (slice(2, 5), _ALL, slice(0, 2)),
    (slice(15, 17), _ALL, slice(0, 2)),
    (slice(9, 11), 1),
    (slice(14, 15), 1),
)


def joints_to_features(
    joints: np.ndarray | Sequence[np.ndarray], *, compatible: bool = True
) -> np.ndarray | list[np.ndarray]:
    """Convert joint positions to HumanML3D features.

    Several clips are converted in one call; a clip in a list gives the same features as alone.

    Args:
        joints (`np.ndarray` of shape `(T, 22, 3)`, or a `list` or `tuple` of such arrays):
            Joint positions in metres, Y up, 20 frames per second, joints as in `JOINT_NAMES`. The
            lengths of the clips of a list may differ.
        compatible (`bool`, *optional*, defaults to `True`):
            True gives the features of the HumanML3D data set, which models trained on it need.
            There the heading is computed from the line across the shoulders *minus* the line
            across the hips, and the yaw velocity has the wrong sign in a frame in which the heading
            crosses 180 degrees. False adds the two lines and keeps the sign.

    Returns:
        `np.ndarray` of shape `(T-1, 263)`: float32 features as in `FEATURE_SLICES`, or a list of
        such arrays. The arrays of a list are parts of larger ones: copy those that you keep for
        longer than the others.

    Raises:
        ValueError: The shape or dtype is wrong, there are fewer than 2 frames, values are not
            finite, positions are clearly not in metres, or the right leg has no length in the first
            frame.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.humanml3d import joints_to_features
        >>> from agir_hf.motion import read_recording, to_joints
        >>> motion = to_joints(read_recording(agir_hf.SAMPLE_RECORDING))
        >>> features = joints_to_features(motion.joints)
        >>> motion.joints.shape, features.shape
        ((120, 22, 3), (119, 263))

        ```
    """
    if isinstance(joints, list | tuple):
        clips = [_checked_joints(clip, f"joints[{i}]") for i, clip in enumerate(joints)]
        return _features_of(clips, compatible)
    return _features_of([_checked_joints(joints, "joints")], compatible)[0]


def features_to_joints(
    features: np.ndarray | Sequence[np.ndarray],
) -> np.ndarray | list[np.ndarray]:
    """Convert HumanML3D features to joint positions.

    Heading and path are cumulative sums of the root's velocities; the other joints are computed
    from `joint_positions`. Rotations, joint velocities and contacts are not used.

    Args:
        features (`np.ndarray` of shape `(N, 263)`, or a `list` or `tuple` of such arrays):
            Features as in `FEATURE_SLICES`, not normalized.

    Returns:
        `np.ndarray` of shape `(N, 22, 3)`: float32 joint positions in metres, Y up, of the standard
        skeleton (`BONE_LENGTHS`), which starts at the origin and faces Z+; or a list of such
        arrays.

    Raises:
        ValueError: The shape or dtype is wrong, there are no frames, or values are not finite.

    Example:
        ```python
        >>> import numpy as np
        >>> import agir_hf
        >>> from agir_hf.humanml3d import features_to_joints, joints_to_features
        >>> from agir_hf.motion import read_recording, to_joints
        >>> motion = to_joints(read_recording(agir_hf.SAMPLE_RECORDING))
        >>> features = joints_to_features(motion.joints)
        >>> joints = features_to_joints(features)
        >>> joints.shape
        (119, 22, 3)
        >>> bool(np.abs(joints_to_features(joints) - features[:-1])[:, 4:67].max() < 2e-3)
        True

        ```
    """
    if isinstance(features, list | tuple):
        clips = [_checked_features(clip, f"features[{i}]") for i, clip in enumerate(features)]
        return [_clip_joints(clip) for clip in clips]
    return _clip_joints(_checked_features(features, "features"))


def _real_array(array: np.ndarray, name: str) -> np.ndarray:
    """Input as a float32 or float64 array; other inputs raise a ValueError."""
    try:
        array = np.asarray(array)
    except ValueError as error:  # nested lists of unequal length
        raise ValueError(f"{name} is ragged, expected an array: pass a list of clips") from error
    if array.dtype.kind not in "fiu":
        raise ValueError(
            f"{name} has dtype {array.dtype}, expected real numbers: "
            "pass one numeric array, or a list with one array per clip"
        )
    return array if array.dtype in (np.float32, np.float64) else array.astype(np.float64)


def _check_finite(clip: np.ndarray, name: str, advice: str) -> None:
    """Raise a ValueError with the first frame that is not finite."""
    finite = np.isfinite(clip)
    if not finite.all():
        bad = np.flatnonzero(~finite.reshape(len(clip), -1).all(axis=1))
        raise ValueError(
            f"{name} has NaN or infinite values in {len(bad)} of {len(clip)} frames (first: frame "
            f"{bad[0]}), expected finite numbers: {advice}"
        )


def _checked_joints(joints: np.ndarray, name: str) -> np.ndarray:
    """One clip of joints (T, 22, 3), checked, float32 or float64."""
    joints = _real_array(joints, name)
    if joints.ndim != 3 or joints.shape[1:] != (NUM_JOINTS, 3):
        advice = "pass frames, joints in the order of JOINT_NAMES, xyz"
        if joints.ndim == 4:
            advice = "pass a batch as list(batch)"
        elif joints.shape[-2:] == (24, 3):
            advice = "24 joints are SMPL's, remove the two hands: joints[:, :22]"
        elif joints.shape[-2:] == (21, 3):
            advice = "21 joints are KIT-ML's, another skeleton: map them to JOINT_NAMES"
        raise ValueError(f"{name} has shape {joints.shape}, expected (T, 22, 3): {advice}")
    if len(joints) < 2:
        raise ValueError(
            f"{name} has {len(joints)} frame(s), expected at least 2: pass a longer clip, because "
            "features describe the motion between frames"
        )
    _check_finite(joints, name, "fill or remove the gaps first")
    _check_size(joints, name)
    return joints


def _check_size(joints: np.ndarray, name: str) -> None:
    """Raise a ValueError if no frame can be in metres, or the right leg has no length."""
    head = JOINT_NAMES.index("head")
    first = joints[0].tolist()
    distance = math.dist(first[head], first[0])
    if distance > _MAX_HEAD_DISTANCE_M:
        distance = np.linalg.norm(joints[:, head] - joints[:, 0], axis=1).min()
    if distance > _MAX_HEAD_DISTANCE_M:
        unit, factor = ("millimetres", 1000) if distance > 200 else ("centimetres", 100)
        raise ValueError(
            f"{name} has the head {distance:.0f} from the pelvis, expected about 0.6 (metres): "
            f"this looks like {unit}, divide by {factor}"
        )
    hip, knee, ankle = (first[joint] for joint in _LEG_JOINTS)
    if math.dist(hip, knee) + math.dist(knee, ankle) < _SHORTEST_BONE_M:
        raise ValueError(
            f"{name} has right hip, knee and ankle at one point in frame 0, expected a leg, whose "
            "length sets the scale: fill or remove the missing frames first"
        )


def _checked_features(features: np.ndarray, name: str) -> np.ndarray:
    """One clip of features (N, 263), checked, float32 or float64."""
    features = _real_array(features, name)
    if features.ndim != 2 or features.shape[1] != NUM_FEATURES or not len(features):
        advice = "pass one or more frames in rows, features in columns"
        if features.ndim == 3:
            advice = "pass a batch as list(batch)"
        elif features.shape[-1:] == (251,):
            advice = "251 is KIT-ML, another skeleton: compute features from 22 joints"
        raise ValueError(f"{name} has shape {features.shape}, expected (N, 263): {advice}")
    _check_finite(features, name, "check how they were computed, for example a zero std")
    return features


def _groups(clips: list[np.ndarray]) -> Iterator[list[np.ndarray]]:
    """Consecutive clips in groups of about `_GROUP_FRAMES` frames."""
    group: list[np.ndarray] = []
    frames = 0
    for clip in clips:
        if group and frames + len(clip) > _GROUP_FRAMES:
            yield group
            group, frames = [], 0
        group.append(clip)
        frames += len(clip)
    if group:
        yield group


class _Buffers:
    """Arrays that are allocated once and used again for each block of frames."""

    def __init__(self):
        self._arrays: dict[tuple[str, type], np.ndarray] = {}

    def array(self, name: str, *shape: int, dtype: type = np.float32) -> np.ndarray:
        """Contiguous array of a shape; its values are undefined."""
        size = math.prod(shape)
        array = self._arrays.get((name, dtype))
        if array is None or array.size < size:
            array = self._arrays[name, dtype] = np.empty(size, dtype)
        return array[:size].reshape(shape)


class _Block(NamedTuple):
    """Successive frames of a group of clips; its last frame is also the first of the next block.

    Attributes:
        frames: Frames of the concatenated clips.
        parts: For each clip in the block: its number in the group, the first of its frames in the
            block, counted in the clip and in the block, and the number of these frames.
    """

    frames: slice
    parts: list[tuple[int, int, int, int]]


class _FrameValues(NamedTuple):
    """Values of each frame that depend on other frames of its clip.

    Vectors in the plane of the floor are complex numbers z + i x, so that a rotation about Y by an
    angle is the product with cos + i sin of the angle.

    Attributes:
        lowest: Height of the lowest point of the clip, (N,), metres.
        first_turn: Rotation after which the first frame of the clip faces Z+, (N,) complex.
        turn: Further rotation after which this frame faces Z+, (N,) complex.
        half_turn: Half of that rotation, (N,) complex.
        half_step: Half the rotation to the next frame, (N,), radians.
        root_step: Displacement of the root to the next frame, with the first frame of the clip
            facing Z+, (N,) complex, metres.
    """

    lowest: np.ndarray
    first_turn: np.ndarray
    turn: np.ndarray
    half_turn: np.ndarray
    half_step: np.ndarray
    root_step: np.ndarray

    def of(self, frames: slice) -> _FrameValues:
        """Values of some frames."""
        return _FrameValues(*(values[..., frames] for values in self))


def _features_of(clips: list[np.ndarray], compatible: bool) -> list[np.ndarray]:
    """Features of checked clips."""
    buffers = _Buffers()
    features = _empty_features([len(clip) - 1 for clip in clips])
    outputs = iter(features)
    for group in _groups(clips):
        _write_group([next(outputs) for _ in group], group, compatible, buffers)
    return features


def _empty_features(rows: list[int]) -> list[np.ndarray]:
    """Arrays (rows, 263), as parts of large arrays: their memory is provided in larger pages."""
    arrays, remaining = [], sum(rows)
    free = np.empty((0, NUM_FEATURES), np.float32)
    for number in rows:
        if len(free) < number:
            free = np.empty((max(number, min(remaining, _ARRAY_ROWS)), NUM_FEATURES), np.float32)
        arrays.append(free[:number])
        free = free[number:]
        remaining -= number
    return arrays


def _blocks(starts: np.ndarray, lengths: np.ndarray) -> list[_Block]:
    """Blocks of the concatenated frames of clips."""
    begins, ends = starts.tolist(), (starts + lengths).tolist()
    blocks = []
    for start in range(0, ends[-1] - 1, _BLOCK_FRAMES):
        stop = min(start + _BLOCK_FRAMES + 1, ends[-1])
        parts = []
        for clip in range(bisect_right(ends, start), bisect_left(begins, stop)):
            low, high = max(begins[clip], start), min(ends[clip], stop)
            parts.append((clip, low - begins[clip], low - start, high - low))
        blocks.append(_Block(slice(start, stop), parts))
    return blocks


@contextlib.contextmanager
def _rows_in_place() -> Iterator[None]:
    """Let numpy compute on rows where they are: it copies rows shorter than its buffer into it."""
    size = np.setbufsize(16)
    try:
        yield
    finally:
        np.setbufsize(size)


def _write_group(
    outputs: list[np.ndarray], clips: list[np.ndarray], compatible: bool, buffers: _Buffers
) -> None:
    """Write the features of some clips, computed on their concatenated frames.

    All arrays inside have the frame as their last axis: (xyz, joint, frame). Values computed across
    the border of two clips are those of the last frame of a clip, which has no row in the features.
    """
    lengths = np.array([len(clip) for clip in clips])
    starts = np.cumsum(lengths) - lengths
    scale = np.repeat(_scales(clips), lengths)
    root = np.empty((3, len(scale)), np.result_type(*clips))
    lines = np.empty((3, 2, len(scale)))  # across the hips and across the shoulders
    lowest = np.empty(len(scale), np.float32)
    first_height = np.repeat([clip[0, 0, 1] for clip in clips], lengths)
    blocks, bones, heights = _blocks(starts, lengths), [], []
    with _rows_in_place():
        for i, block in enumerate(blocks):
            frames = block.frames
            vertical, planar = _bone_directions(clips, block, root[:, frames], buffers, str(i))
            bones.append((vertical, planar))
            lines[1, :, frames] = _LINE_WEIGHTS @ vertical
            planar_lines = (_LINE_WEIGHTS @ planar.view(np.float32)).view(np.complex64)
            lines[0, :, frames], lines[2, :, frames] = planar_lines.imag, planar_lines.real
            root_height = (root[1, frames] - first_height[frames]) * scale[frames]
            heights.append(buffers.array(f"heights {i}", *vertical.shape))
            _stack_heights(vertical, root_height, out=heights[i])
            np.minimum.reduce(heights[i], axis=0, out=lowest[frames])
    lowest = np.repeat(np.minimum.reduceat(lowest, starts), lengths)
    root_path = np.diff(root[::2]) * scale[:-1]
    values = _frame_values(lines, lowest, root_path, starts, lengths, compatible)
    with _rows_in_place():
        for block, block_bones, block_heights in zip(blocks, bones, heights, strict=True):
            block_values = values.of(block.frames)
            features = _block_features(*block_bones, block_heights, block_values, buffers)
            _copy_rows(features, block, outputs)


def _copy_rows(features: np.ndarray, block: _Block, outputs: list[np.ndarray]) -> None:
    """Copy features (263, N) of a block to the rows of its clips; a clip's last frame has none."""
    for clip, first, first_in_block, frames in block.parts:
        rows = min(frames, len(outputs[clip]) - first, features.shape[1] - first_in_block)
        columns = features[:, first_in_block : first_in_block + rows]
        outputs[clip][first : first + rows] = columns.T


def _scales(clips: list[np.ndarray]) -> np.ndarray:
    """Leg length of the standard skeleton, divided by that in the first frame of each clip."""
    bones = np.diff(np.concatenate([clip[:1] for clip in clips])[:, _LEG_JOINTS], axis=1)
    lengths = np.linalg.norm(bones, axis=-1).sum(axis=-1)
    return (_LENGTHS[_LEG_BONES].sum() / lengths).astype(np.float32)


def _bone_directions(
    clips: list[np.ndarray], block: _Block, root: np.ndarray, buffers: _Buffers, name: str
) -> tuple[np.ndarray, np.ndarray]:
    """Compute unit vectors of the bones of a block.

    Args:
        clips: Clips of the group.
        block: Block.
        root: Array (3, N), which is set to the positions of the root.
        buffers: Memory.
        name: Name of the returned arrays in this memory.

    Returns:
        Their coordinates y (22, N) and z + i x (22, N) complex. The root's are 0, those of bones
        without a length are rest directions.
    """
    shape = (3, NUM_JOINTS, block.frames.stop - block.frames.start)
    bones = buffers.array("bones", *shape)
    dtype = np.result_type(*(clips[clip].dtype for clip, *_ in block.parts)).type
    joints = bones if dtype == np.float32 else buffers.array("joints", *shape, dtype=dtype)
    for clip, first, first_in_block, frames in block.parts:
        part = joints[..., first_in_block : first_in_block + frames]
        part[:] = clips[clip][first : first + frames].transpose(2, 1, 0)
    root[:] = joints[:, 0]
    parents = buffers.array("parents", *shape, dtype=dtype)
    np.take(joints, _BODY_PARENTS, axis=1, out=parents, mode="clip")
    np.subtract(joints, parents, out=joints)
    if joints is not bones:
        bones[:] = joints
    lengths = buffers.array("lengths", *shape[1:])
    np.einsum("cjn,cjn->jn", bones, bones, out=lengths)
    np.sqrt(lengths, out=lengths)
    lengths[0] = 1.0
    if lengths.min() < _SHORTEST_BONE_M:
        joint, frame = np.nonzero(lengths < _SHORTEST_BONE_M)
        bones[:, joint, frame] = _REST_VECTORS[joint].T
        lengths[joint, frame] = 1.0
    vertical = np.divide(bones[1], lengths, out=buffers.array(f"vertical {name}", *shape[1:]))
    planar = buffers.array(f"planar {name}", *shape[1:], dtype=np.complex64)
    np.divide(bones[0], lengths, out=planar.imag)
    np.divide(bones[2], lengths, out=planar.real)
    return vertical, planar


def _stack_heights(bones_y: np.ndarray, root_height: np.ndarray, out: np.ndarray) -> None:
    """Set heights (22, N) of the joints of the standard skeleton."""
    np.multiply(bones_y, _LENGTHS[:, None], out=out)
    out[0] = root_height
    for joint, parent in _BODY_LINKS:
        out[joint] += out[parent]


def _frame_values(
    lines: np.ndarray,
    lowest: np.ndarray,
    root_path: np.ndarray,
    starts: np.ndarray,
    lengths: np.ndarray,
    compatible: bool,
) -> _FrameValues:
    """Values of each frame that depend on other frames; see the fields of the result."""
    first_yaw, yaw = _headings(lines, starts, lengths, compatible)
    half_turn = _turns((yaw / 2).astype(np.float32))
    first_turn = np.repeat(_turns(first_yaw), lengths)
    root_step = np.zeros(len(yaw), np.complex64)
    half_step = np.zeros(len(yaw), np.float32)
    root_step.imag[:-1], root_step.real[:-1] = root_path
    root_step *= first_turn
    half_step[:-1] = _half_yaw_steps(yaw, compatible)
    return _FrameValues(lowest, first_turn, half_turn**2, half_turn, half_step, root_step)


def _turns(angles: np.ndarray) -> np.ndarray:
    """Rotations about Y by angles in radians, as complex numbers cos + i sin."""
    turns = np.empty(len(angles), np.complex64)
    turns.real, turns.imag = np.cos(angles), np.sin(angles)
    return turns


def _headings(
    lines: np.ndarray, starts: np.ndarray, lengths: np.ndarray, compatible: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Rotations about Y in radians after which the subject faces Z+.

    Args:
        lines: Lines across the hips and across the shoulders, (3, 2, N), metres.
        starts: First frame of each clip.
        lengths: Number of frames of each clip.
        compatible: Whether the line across the hips is subtracted.

    Returns:
        Rotation of each clip's first frame (clips,), and the additional rotation of every frame
        (N,), from smoothed forward directions, which is 0 in the first frame of a clip.
    """
    hips, shoulders = lines[:, 0], lines[:, 1]
    first_yaw = _yaw_to_z((hips + shoulders)[:, starts])
    across = shoulders - hips if compatible else shoulders + hips
    across /= np.maximum(np.linalg.norm(across, axis=0), _SHORTEST_BONE_M)
    yaw = _yaw_to_z(_smooth(across[[0, 2]], starts, lengths)) - np.repeat(first_yaw, lengths)
    yaw -= 2 * np.pi * np.floor((yaw + np.pi) / (2 * np.pi))  # to -180 … 180 degrees
    yaw[starts] = 0.0
    return first_yaw, yaw


def _yaw_to_z(across: np.ndarray) -> np.ndarray:
    """Rotation about Y in [-pi, pi] after which a body with this left-right line faces Z+."""
    forward_x, forward_z = across[-1], -across[0]  # Y cross across
    return np.arctan2(-forward_x, forward_z)


def _smooth(signals: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Smooth signals (C, N) of each clip with a Gaussian; the clip's end values are repeated."""
    clip_tiles = -(-lengths // _SMOOTHED_TILE)
    first, last = np.repeat(starts, clip_tiles), np.repeat(starts + lengths - 1, clip_tiles)
    tile_in_clip = np.arange(len(first)) - np.repeat(np.cumsum(clip_tiles) - clip_tiles, clip_tiles)
    tile_starts = (first + tile_in_clip * _SMOOTHED_TILE)[:, None]
    frames = tile_starts + np.arange(-_SMOOTHING_REACH, _SMOOTHED_TILE + _SMOOTHING_REACH)
    np.maximum(frames, first[:, None], out=frames)
    np.minimum(frames, last[:, None], out=frames)
    smoothed = np.take(signals, frames, axis=1, mode="clip") @ _SMOOTHING_WEIGHTS
    in_clip = tile_starts + np.arange(_SMOOTHED_TILE) <= last[:, None]
    return np.compress(in_clip.ravel(), smoothed.reshape(len(signals), -1), axis=1)


def _half_yaw_steps(yaw: np.ndarray, compatible: bool) -> np.ndarray:
    """Half the rotation from each frame to the next, (N-1,), radians.

    HumanML3D represents headings by quaternions with w >= 0. If the heading crosses 180 degrees
    between two frames, w of the quotient of their quaternions is negative and the result has the
    wrong sign. With compatible=False the sign is right.
    """
    half = np.diff(yaw) / 2
    large = np.flatnonzero(np.abs(half) > np.pi / 2)
    if len(large):
        difference = half[large] - np.copysign(np.pi, half[large])
        half[large] = -difference if compatible else difference  # arcsin(sin(half)), with w >= 0
    return half


def _block_features(
    vertical: np.ndarray,
    planar: np.ndarray,
    heights: np.ndarray,
    values: _FrameValues,
    buffers: _Buffers,
) -> np.ndarray:
    """Features (263, N-1) of a block of N frames.

    Args:
        vertical: Coordinates y (22, N) of unit bones.
        planar: Their coordinates z + i x (22, N) in the coordinate system of the recording;
            changed.
        heights: Heights of the joints (22, N).
        values: Values of these frames.
        buffers: Memory.
    """
    rows = vertical.shape[1] - 1
    # rows of a power of two of bytes would share few lines of the CPU cache
    features = buffers.array("features", NUM_FEATURES, rows + 16)[:, :rows]
    planar *= values.first_turn
    _write_root(features, heights[0], values)
    _write_positions(features, planar, heights, values, buffers)
    bones = buffers.array("bones", 3, *vertical.shape)
    bones[0], bones[1], bones[2] = planar.imag, vertical, planar.real
    _write_rotations(features, bones, values.half_turn, buffers)
    return features


def _write_root(features: np.ndarray, root_height: np.ndarray, values: _FrameValues) -> None:
    """Set velocities and height of the root in features (263, N-1)."""
    rows = features.shape[1]
    features[FEATURE_SLICES["root_yaw_velocity"]] = values.half_step[:rows]
    velocity = values.root_step[:rows] * values.turn[1:]
    features[FEATURE_SLICES["root_linear_velocity"]] = velocity.imag, velocity.real
    features[FEATURE_SLICES["root_height"]] = (root_height - values.lowest)[:rows]


def _write_positions(
    features: np.ndarray,
    planar: np.ndarray,
    heights: np.ndarray,
    values: _FrameValues,
    buffers: _Buffers,
) -> None:
    """Set positions, velocities and contacts of joints in features (263, N-1).

    Args:
        features: Features.
        planar: Coordinates z + i x (22, N) of unit bones, with the first frame of the clip facing
            Z+.
        heights: Heights of the joints (22, N).
        values: Values of these frames.
        buffers: Memory.
    """
    rows = features.shape[1]
    part = {name: features[columns] for name, columns in FEATURE_SLICES.items()}
    path = buffers.array("path", *planar.shape, dtype=np.complex64)  # relative to the root
    np.multiply(planar.view(np.float32), _LENGTHS[:, None], out=path.view(np.float32))
    for joint, parent in _BODY_LINKS[1:]:
        path[joint] += path[parent]
    turned = buffers.array("turned", *planar.shape, dtype=np.complex64)
    np.multiply(path, values.turn, out=turned)
    positions = part["joint_positions"].reshape(NUM_JOINTS - 1, 3, rows)
    positions[:, 0], positions[:, 2] = turned.imag[1:, :rows], turned.real[1:, :rows]
    np.subtract(heights[1:, :rows], values.lowest[:rows], out=positions[:, 1])

    velocities = part["joint_velocities"].reshape(NUM_JOINTS, 3, rows)
    steps = turned  # the last frame has none
    _write_steps(path, out=steps)
    steps += values.root_step
    np.subtract(heights[:, 1:], heights[:, :rows], out=velocities[:, 1])
    feet = steps[_CONTACT_JOINTS, :rows]
    squared_step = feet.real**2 + feet.imag**2 + velocities[_CONTACT_JOINTS, 1] ** 2
    part["foot_contact"][:] = squared_step < CONTACT_SQUARED_STEP_M2
    steps *= values.turn
    velocities[:, 0], velocities[:, 2] = steps.imag[:, :rows], steps.real[:, :rows]


def _write_steps(positions: np.ndarray, out: np.ndarray) -> None:
    """Write differences to the next frame; the last frame of a joint has no meaningful one."""
    positions, out = positions.reshape(-1), out.reshape(-1)
    np.subtract(positions[1:], positions[:-1], out=out[:-1])
    out[-1] = 0


def _write_rotations(
    features: np.ndarray, bones: np.ndarray, half_turn: np.ndarray, buffers: _Buffers
) -> None:
    """Set the rotation of each bone relative to its parent in features (263, N-1).

    The shortest rotation from a rest direction r, an axis, to a unit bone b is the half turn D
    about r, followed by the half turn H about the direction h of r + b. The rotation of a child c
    relative to its parent p is therefore D_p H_p H_c D_c. Two half turns are the quaternion
    (-h_p . h_c, h_p x h_c). The root's rotation about Y is of the same form, from the X axis.

    D only has signs, and most bones of parents and children rest along Y. All h are therefore
    replaced by D_y h; what remains to be negated is in `_NEGATED`.
    """
    rows, frames = features.shape[1], bones.shape[2]
    sixd = features[FEATURE_SLICES["joint_rotations"]].reshape(NUM_JOINTS - 1, 2, 3, rows)
    between = _between_rest_and_bone(bones, half_turn, buffers)
    parents = buffers.array("parents", 3, NUM_JOINTS - 1, frames)
    np.take(between, _ROTATION_PARENTS, axis=1, out=parents, mode="clip")
    quaternions = buffers.array("quaternions", 4, NUM_JOINTS - 1, frames)
    terms = buffers.array("terms", 2, NUM_JOINTS - 1, frames)
    _write_quaternions(parents, between[:, 1:], quaternions, terms[0])
    _write_first_columns(quaternions, terms, sixd)
    for part in _NEGATED:
        np.negative(sixd[part], out=sixd[part])


def _write_quaternions(
    first: np.ndarray, second: np.ndarray, quaternions: np.ndarray, spare: np.ndarray
) -> None:
    """Set quaternions (4, ...) to scalar and cross products of vectors (3, ...)."""
    w, *cross = quaternions
    np.multiply(first[0], second[0], out=w)
    for axis in (1, 2):
        np.multiply(first[axis], second[axis], out=spare)
        w += spare
    for axis, out in enumerate(cross):
        following, previous = (axis + 1) % 3, (axis + 2) % 3
        np.multiply(first[following], second[previous], out=out)
        np.multiply(first[previous], second[following], out=spare)
        out -= spare


def _write_first_columns(quaternions: np.ndarray, terms: np.ndarray, sixd: np.ndarray) -> None:
    """Set 6D rotations (J, 2, 3, N) of quaternions (-w, x, y, z) of length sqrt(2).

    Args:
        quaternions: (4, J, N or more frames); they are overwritten.
        terms: Spare memory (2, J, N or more frames).
        sixd: First two columns of rotation matrices: joint, column, row, frame.
    """
    rows = sixd.shape[-1]
    (w, x, y, z), (first, second) = quaternions, terms
    frames = (slice(None), slice(0, rows))
    np.multiply(x, y, out=first)
    np.multiply(w, z, out=second)
    np.subtract(first[frames], second[frames], out=sixd[:, 0, 1])
    np.add(first[frames], second[frames], out=sixd[:, 1, 0])
    np.multiply(x, z, out=first)
    np.multiply(w, y, out=second)
    np.add(first[frames], second[frames], out=sixd[:, 0, 2])
    np.multiply(y, z, out=first)
    np.multiply(w, x, out=second)
    np.subtract(first[frames], second[frames], out=sixd[:, 1, 2])
    np.square(quaternions[1:], out=quaternions[1:])
    np.subtract(1, z, out=z)
    np.subtract(z[frames], y[frames], out=sixd[:, 0, 0])
    np.subtract(z[frames], x[frames], out=sixd[:, 1, 1])


def _between_rest_and_bone(
    bones: np.ndarray, half_turn: np.ndarray, buffers: _Buffers
) -> np.ndarray:
    """Vectors D_y h (3, 22, N) of `_write_rotations`; their sign does not matter.

    Their squared length is sqrt(2), so that quaternions of two have the length sqrt(2).
    """
    frames, root_2 = bones.shape[2], np.float32(math.sqrt(2))
    length = buffers.array("lengths", NUM_JOINTS - 1, frames)
    coordinates = bones.reshape(3 * NUM_JOINTS, frames)
    np.take(coordinates, _ALONG_ROWS, axis=0, out=length, mode="clip")
    length *= root_2 * _ALONG_SIGNS
    length += root_2
    if length.min() < 0.1 * root_2:
        _set_near_half_turns(bones[:, 1:], length)
    np.sqrt(length, out=length)
    between = buffers.array("between", *bones.shape)
    np.divide(bones[:, 1:], length, out=between[:, 1:])
    length *= _ALONG_SIGNS / root_2
    between.reshape(3 * NUM_JOINTS, frames)[_ALONG_ROWS] = length
    np.negative(between[1], out=between[1])
    root = half_turn * np.float32(2**0.25)
    between[0, 0], between[1, 0], between[2, 0] = root.real, 0, -root.imag
    return between


def _set_near_half_turns(bones: np.ndarray, length: np.ndarray) -> None:
    """Compute sqrt(2) (1 + cosine) accurately near 180 degrees; half turns get a fixed axis.

    Args:
        bones: Unit bones 1-21 (3, 21, N); those opposite to their rest direction are changed.
        length: The square root of 2, times 1 + the cosine of the angle from the rest direction,
            (21, N); changed.
    """
    root_2 = np.float32(math.sqrt(2))
    joint, frame = np.nonzero(length < 0.1 * root_2)
    rest = _REST_VECTORS[1:][joint]
    across = np.where(rest == 0, bones[:, joint, frame].T, 0)
    squared_sine = (across**2).sum(axis=1)
    half_turn = squared_sine < 1e-14
    axis = np.roll(rest[half_turn], 1, axis=1)
    bones[:, joint[half_turn], frame[half_turn]] = 1e-7 * np.cross(axis, rest[half_turn]).T
    squared_sine[half_turn] = 1e-14
    cosine = length[joint, frame] / root_2 - 1
    length[joint, frame] = root_2 * squared_sine / (1 - cosine)


def _clip_joints(features: np.ndarray) -> np.ndarray:
    """Joints (N, 22, 3) of one clip; heading and path are summed in float64."""
    yaw_step, root_velocity = (
        features[:-1, FEATURE_SLICES[name]].astype(np.float64)
        for name in ("root_yaw_velocity", "root_linear_velocity")
    )
    yaw = np.zeros(len(features))
    np.cumsum(2 * yaw_step[:, 0], out=yaw[1:])
    cos, sin = np.cos(yaw), np.sin(yaw)

    def turned_back(x: np.ndarray, z: np.ndarray, rows: slice) -> tuple[np.ndarray, np.ndarray]:
        c, s = cos[rows], sin[rows]
        return c * x - s * z, s * x + c * z

    path = np.zeros((2, len(features)))
    step = turned_back(*root_velocity.T, slice(1, None))
    np.cumsum(step, axis=1, out=path[:, 1:])

    local = features[:, FEATURE_SLICES["joint_positions"]].reshape(-1, NUM_JOINTS - 1, 3)
    local = np.ascontiguousarray(local.transpose(1, 2, 0))  # joint, xyz, frame
    x, z = turned_back(local[:, 0], local[:, 2], slice(None))
    joints = np.empty((NUM_JOINTS, 3, len(features)), np.float32)
    joints[0, ::2] = path
    joints[0, 1] = features[:, FEATURE_SLICES["root_height"].start]
    joints[1:, 0], joints[1:, 1], joints[1:, 2] = x + path[0], local[:, 1], z + path[1]
    return np.ascontiguousarray(joints.transpose(2, 0, 1))


def _other_side(name: str) -> str:
    sides = {"left": "right", "right": "left"}
    side, _, part = name.partition("_")
    return f"{sides[side]}_{part}" if side in sides else name


OTHER_SIDE = [JOINT_NAMES.index(_other_side(name)) for name in JOINT_NAMES]


def _mirrored_order_and_signs() -> tuple[np.ndarray, np.ndarray]:
    """Source index and sign (263,) of each feature of a mirrored frame.

    Vectors change the sign of x. Rotation matrices change the signs of the entries that combine x
    with another axis. Rotations are stored as joint, column, row.
    """
    order, signs = np.arange(NUM_FEATURES), np.ones(NUM_FEATURES, np.float32)
    signs[FEATURE_SLICES["root_yaw_velocity"]] = -1
    signs[FEATURE_SLICES["root_linear_velocity"].start] = -1
    across = np.array([-1.0, 1.0, 1.0])
    for name, first, sign in (
        ("joint_positions", 1, across),
        ("joint_rotations", 1, np.outer(across[:2], across).ravel()),
        ("joint_velocities", 0, across),
    ):
        columns, sides = FEATURE_SLICES[name], np.array(OTHER_SIDE[first:]) - first
        order[columns] = order[columns].reshape(len(sides), -1)[sides].ravel()
        signs[columns] = np.tile(sign, len(sides))
    contacts = FEATURE_SLICES["foot_contact"]  # two of the left foot, then two of the right
    order[contacts] = np.roll(order[contacts], 2)
    return order, signs


MIRROR_ORDER, MIRROR_SIGNS = _mirrored_order_and_signs()


def mirrored_features(features: np.ndarray) -> np.ndarray:
    """Compute the features of a mirrored walk from those of the walk.

    The result equals the features of mirrored joints except for the legs: the left leg of the
    standard skeleton is 1.3 % longer than the right, and here the right leg becomes the longer one.
    Applied twice, the function returns the original features.

    Args:
        features: HumanML3D features (L, 263), not normalised.

    Returns:
        Features (L, 263) float32.
    """
    return features[:, MIRROR_ORDER] * MIRROR_SIGNS

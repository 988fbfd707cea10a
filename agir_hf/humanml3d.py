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

import math
from collections.abc import Iterator, Sequence

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

_CONTACT_JOINTS = [7, 10, 8, 11]
_LEG_BONES = [5, 8]  # thigh and shank of the right leg: their lengths set the scale
_SHORTEST_BONE_M = 1e-6  # shorter bones have no direction
_MAX_HEAD_DISTANCE_M = 5.0  # from pelvis to head; larger distances are not in metres
_GROUP_FRAMES = 4096  # frames that are converted together: few enough for the CPU cache

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
# The same for rotations. The parent of the collars (13, 14) is the root here, as in HumanML3D.
_ROTATIONS_FROM_ROOT = (slice(1, 4), slice(13, 15))
_ROTATION_LINKS = (
    (slice(4, 13), slice(1, 10)),
    (slice(15, 18), slice(12, 15)),
    (slice(18, 22), slice(16, 20)),
)
_AXES = {"": (0, 0, 0)} | {
    sign + name: tuple(int(sign + "1") * (axis == name) for axis in "xyz")
    for sign in "+-"
    for name in "xyz"
}
_REST_VECTORS = np.array([_AXES[direction] for direction in REST_DIRECTIONS], np.float32)
_LENGTHS = np.array(BONE_LENGTHS, np.float32)

# Rest directions are axes, so rest x bone and rest . bone only select components of a bone. These
# are the selected rows of bones (22 * 3, N) and their signs.
_FIRST_ROWS = np.arange(0, 3 * NUM_JOINTS, 3)[:, None]
_REST_CROSS = np.cross(_REST_VECTORS[:, None], np.eye(3, dtype=np.float32))  # joint, from, to
_CROSS_ROWS = (_FIRST_ROWS + np.abs(_REST_CROSS).argmax(axis=1)).ravel()
_CROSS_SIGNS = _REST_CROSS.sum(axis=1).reshape(-1, 1)
_ALONG_ROWS = (_FIRST_ROWS[:, 0] + np.abs(_REST_VECTORS).argmax(axis=1)).ravel()
_ALONG_SIGNS = _REST_VECTORS.sum(axis=1).reshape(-1, 1)


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
        such arrays.

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
        return [f for group in _groups(clips) for f in _group_features(group, compatible)]
    return _group_features([_checked_joints(joints, "joints")], compatible)[0]


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
    distance = math.dist(joints[0, head], joints[0, 0])
    if distance > _MAX_HEAD_DISTANCE_M:
        distance = np.linalg.norm(joints[:, head] - joints[:, 0], axis=1).min()
    if distance > _MAX_HEAD_DISTANCE_M:
        unit, factor = ("millimetres", 1000) if distance > 200 else ("centimetres", 100)
        raise ValueError(
            f"{name} has the head {distance:.0f} from the pelvis, expected about 0.6 (metres): "
            f"this looks like {unit}, divide by {factor}"
        )
    hip, knee, ankle = joints[0, [2, 5, 8]]
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


def _group_features(clips: list[np.ndarray], compatible: bool) -> list[np.ndarray]:
    """Features of some clips, computed on their concatenated frames.

    All arrays inside have the frame as their last axis: (joint, xyz, frame). Values computed across
    the border of two clips are those of the last frame of a clip, which has no row in the features.
    """
    lengths = np.array([len(clip) for clip in clips])
    starts = np.cumsum(lengths) - lengths
    frames = np.concatenate(clips).reshape(-1, NUM_JOINTS * 3)
    joints = np.ascontiguousarray(frames.T).reshape(NUM_JOINTS, 3, -1)

    bones, source_lengths = _bone_directions(joints)
    scale = _LENGTHS[_LEG_BONES].sum() / source_lengths[_LEG_BONES][:, starts].sum(axis=0)
    scale = np.repeat(scale, lengths)
    root_step = np.diff(joints[0]) * scale[:-1]
    height = (joints[0, 1] - np.repeat(joints[0, 1, starts], lengths)) * scale

    first_yaw, yaw = _headings(bones, starts, lengths, compatible)
    first_turn = np.repeat(_cos_sin(first_yaw), lengths, axis=1)
    bones = _turn(bones, first_turn)
    root_step = _turn(root_step, first_turn[:, :-1])

    positions = _stack_bones(bones, height)
    lowest = np.minimum.reduceat(positions[:, 1].min(axis=0), starts)
    positions[:, 1] -= np.repeat(lowest, lengths)

    features = np.empty((NUM_FEATURES, len(frames)), np.float32)
    turn = _cos_sin(yaw)
    features[FEATURE_SLICES["root_yaw_velocity"], :-1] = _half_yaw_steps(yaw, compatible)
    _write_positions(features, positions, root_step, turn)
    _write_rotations(features, bones, turn)
    return [
        np.ascontiguousarray(features[:, start : start + length - 1].T)
        for start, length in zip(starts, lengths, strict=True)
    ]


def _bone_directions(joints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors (22, 3, N) and lengths (22, N) of bones; zero-length bones: rest directions."""
    bones = np.zeros(joints.shape, np.float32)
    for joint, parent in _BODY_LINKS:
        np.subtract(joints[joint], joints[parent], out=bones[joint], casting="same_kind")
    lengths = np.sqrt(np.einsum("jcn,jcn->jn", bones, bones))
    lengths[0] = 1.0
    if lengths.min() < _SHORTEST_BONE_M:
        joint, frame = np.nonzero(lengths < _SHORTEST_BONE_M)
        bones[joint, :, frame] = _REST_VECTORS[joint]
        divisor = np.where(lengths < _SHORTEST_BONE_M, np.float32(1), lengths)
        return bones / divisor[:, None], lengths
    bones /= lengths[:, None]
    return bones, lengths


def _headings(
    bones: np.ndarray, starts: np.ndarray, lengths: np.ndarray, compatible: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Rotations about Y in radians after which the subject faces Z+.

    Returns:
        Rotation of each clip's first frame (clips,), and the additional rotation of every frame
        (N,), from smoothed forward directions, which is 0 in the first frame of a clip.
    """
    hips = _line_across(bones, [1], [2])
    shoulders = _line_across(bones, [13, 16], [14, 17])
    first_yaw = _yaw_to_z((hips + shoulders)[:, starts])
    across = shoulders - hips if compatible else shoulders + hips
    across /= np.maximum(np.linalg.norm(across, axis=0), _SHORTEST_BONE_M)
    yaw = _yaw_to_z(_smooth(across[[0, 2]], starts, lengths)) - np.repeat(first_yaw, lengths)
    yaw = (yaw + np.pi) % (2 * np.pi) - np.pi
    yaw[starts] = 0.0
    return first_yaw, yaw


def _line_across(bones: np.ndarray, left: list[int], right: list[int]) -> np.ndarray:
    """Sum of standard bones on the right minus those on the left, (3, N) float64, metres."""
    line = np.zeros(bones.shape[1:])
    for left_joint, right_joint in zip(left, right, strict=True):
        line += BONE_LENGTHS[right_joint] * bones[right_joint]
        line -= BONE_LENGTHS[left_joint] * bones[left_joint]
    return line


def _yaw_to_z(across: np.ndarray) -> np.ndarray:
    """Rotation about Y in [-pi, pi] after which a body with this left-right line faces Z+."""
    forward_x, forward_z = across[-1], -across[0]  # Y cross across
    return np.arctan2(-forward_x, forward_z)


def _smooth(signals: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Smooth signals (C, N) of each clip with a Gaussian; the clip's end values are repeated."""
    half_width = int(4 * SMOOTHING_FRAMES + 0.5)
    kernel = np.exp(-0.5 * (np.arange(-half_width, half_width + 1) / SMOOTHING_FRAMES) ** 2)
    kernel /= kernel.sum()
    smoothed = np.empty_like(signals)
    padded = np.empty((len(signals), lengths.max() + 2 * half_width))
    for start, length in zip(starts, lengths, strict=True):
        clip = slice(start, start + length)
        padded[:, :half_width] = signals[:, clip][:, :1]
        padded[:, half_width : half_width + length] = signals[:, clip]
        padded[:, half_width + length :] = signals[:, clip][:, -1:]
        clip_signals = padded[:, : length + 2 * half_width]
        for signal, out in zip(clip_signals, smoothed[:, clip], strict=True):
            out[:] = np.correlate(signal, kernel, mode="valid")  # the kernel is symmetric
    return smoothed


def _cos_sin(yaw: np.ndarray) -> np.ndarray:
    """Cosine and sine (2, N) float32 of angles."""
    return np.stack((np.cos(yaw), np.sin(yaw))).astype(np.float32)


def _turn(vectors: np.ndarray, turn: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Rotate vectors (..., 3, N) about Y; turn (2, N) has the cosines and sines of the angles."""
    if out is None:
        out = np.empty(vectors.shape, np.float32)
    cos, sin = turn
    x, y, z = (vectors[..., axis, :] for axis in range(3))
    turned_x = np.multiply(cos, x, out=out[..., 0, :], casting="same_kind")
    turned_z = np.multiply(cos, z, out=out[..., 2, :], casting="same_kind")
    turned_x += sin * z
    turned_z -= sin * x
    out[..., 1, :] = y
    return out


def _stack_bones(bones: np.ndarray, height: np.ndarray) -> np.ndarray:
    """Joints (22, 3, N) of the standard skeleton: x, z relative to the root, y plus root height."""
    positions = bones * _LENGTHS[:, None, None]
    positions[0, 1] = height
    for joint, parent in _BODY_LINKS:
        positions[joint] += positions[parent]
    return positions


def _half_yaw_steps(yaw: np.ndarray, compatible: bool) -> np.ndarray:
    """Half the rotation from each frame to the next, (N-1,), radians.

    HumanML3D represents headings by quaternions with w >= 0. If the heading crosses 180 degrees
    between two frames, w of the quotient of their quaternions is negative and the result has the
    wrong sign. With compatible=False the sign is right.
    """
    half = np.diff(yaw / 2)
    sign = 1.0 if compatible else np.copysign(1.0, np.cos(half))
    return np.arcsin(np.sin(half) * sign)


def _write_positions(
    features: np.ndarray, positions: np.ndarray, root_step: np.ndarray, turn: np.ndarray
) -> None:
    """Set positions, velocities and contacts in features (263, N); the last has no velocity."""
    part = {name: features[rows] for name, rows in FEATURE_SLICES.items()}
    part["root_linear_velocity"][:, :-1] = _turn(root_step, turn[:, 1:])[::2]
    part["root_height"][0] = positions[0, 1]
    _turn(positions[1:], turn, out=part["joint_positions"].reshape(NUM_JOINTS - 1, 3, -1))

    steps = np.diff(positions)
    steps[:, ::2] += root_step[::2]
    velocities = part["joint_velocities"].reshape(NUM_JOINTS, 3, -1)
    _turn(steps, turn[:, :-1], out=velocities[..., :-1])
    feet = steps[_CONTACT_JOINTS]
    squared_step = np.einsum("jcn,jcn->jn", feet, feet)
    part["foot_contact"][:, :-1] = squared_step < CONTACT_SQUARED_STEP_M2


def _write_rotations(features: np.ndarray, bones: np.ndarray, turn: np.ndarray) -> None:
    """Set the rotation of each bone relative to its parent in features (263, N)."""
    rotations = _shortest_rotations(bones)
    turn_back = turn * np.array([[1], [-1]], np.float32)
    shape = (NUM_JOINTS - 1, 2, 3, -1)  # joint, column, row, frame
    sixd = features[FEATURE_SLICES["joint_rotations"]].reshape(shape)
    for joints in _ROTATIONS_FROM_ROOT:
        joint_rows = slice(joints.start - 1, joints.stop - 1)
        columns = rotations[joints, :, :2].swapaxes(1, 2)
        _turn(columns, turn_back, out=sixd[joint_rows])
    for joints, parent_joints in _ROTATION_LINKS:
        joint_rows = slice(joints.start - 1, joints.stop - 1)
        parents, children = rotations[parent_joints], rotations[joints, :, :2]
        np.einsum("jrin,jrcn->jcin", parents, children, out=sixd[joint_rows])


def _shortest_rotations(bones: np.ndarray) -> np.ndarray:
    """Matrices (22, 3, 3, N) of the shortest rotations from rest directions to unit bones.

    R = c I + [n] + n n^T / (1 + c) with n = rest x bone and c = rest . bone (Rodrigues' formula
    without the angle). Near 180 degrees, 1 / (1 + c) is computed as (1 - c) / |n|^2, which is
    accurate there. For exactly 180 degrees, each bone has a fixed axis of rotation.
    """
    rows = bones.reshape(NUM_JOINTS * 3, -1)
    n = (rows[_CROSS_ROWS] * _CROSS_SIGNS).reshape(bones.shape)
    c = rows[_ALONG_ROWS] * _ALONG_SIGNS
    near = np.nonzero(c < -0.9)
    squared = (n.transpose(0, 2, 1)[near] ** 2).sum(axis=1)
    if (half_turn := squared < 1e-14).any():
        joint, frame = (index[half_turn] for index in near)
        n[joint, :, frame] = 1e-7 * np.roll(_REST_VECTORS, 1, axis=1)[joint]
        squared[half_turn] = 1e-14
    factor = 1 / np.maximum(1 + c, 0.05)
    factor[near] = (1 - c[near]) / squared
    rotations = np.multiply((n * factor[:, None])[:, :, None], n[:, None])
    for axis, second, third in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        rotations[:, axis, axis] += c
        rotations[:, third, second] += n[:, axis]
        rotations[:, second, third] -= n[:, axis]
    return rotations


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

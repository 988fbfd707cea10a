"""Alignment of skeleton conventions: the trunk of any skeleton as in the training data.

Recording systems place the joints of spine, neck, head, collars and shoulders differently, by 4 to
10 standard deviations of the training data, which is more than gait impairment changes them. The
alignment turns each of these bones by one constant rotation in the frame of its segment, so that
its mean direction over the walk is that of a reference skeleton. Motion, limbs and the lean of the
whole trunk stay as they are. Left and right are turned in the same way.

The reference is the mean over 300 simulated walks whose joints were estimated from 44 markers.
"""

import numpy as np

from .humanml3d import JOINT_NAMES, LINKS, OTHER_SIDE, joints_to_features

_INDEX = {name: index for index, name in enumerate(JOINT_NAMES)}
_PELVIC = ("hip", "spine1")  # bones in the frame of the pelvis; the others in that of the trunk
# Mean directions (left, up, forward) in the frame of the segment, of the left side
_REFERENCE = {
    "spine1": (0.000, 0.997, -0.073),
    "spine2": (0.000, 0.942, 0.336),
    "spine3": (0.000, 0.814, 0.581),
    "neck": (0.000, 0.972, -0.235),
    "head": (0.000, 0.706, 0.708),
    "collar": (0.761, 0.567, -0.315),
    "shoulder": (0.956, -0.241, -0.165),
}
_ACROSS = np.array([-1.0, 1.0, 1.0])
_SMALLEST = 1e-9


def _part(name: str) -> str:
    return name.removeprefix("left_").removeprefix("right_")


ALIGNED = [(parent, joint) for parent, joint in LINKS if _part(JOINT_NAMES[joint]) in _REFERENCE]


def bone_directions(joints: np.ndarray) -> np.ndarray:
    """Mean directions of the bones that are aligned, the same for left and right.

    Args:
        joints: (T, 22, 3) positions, Y up.

    Returns:
        (22, 3) float64: for the bone that ends in each joint its mean direction in the frame of its
        segment (left, up, forward), a unit vector; zeros for bones that are not aligned.
    """
    frames = segment_frames(np.asarray(joints, dtype=np.float64))
    means = np.zeros((len(JOINT_NAMES), 3))
    for parent, joint in ALIGNED:
        bone = joints[:, joint] - joints[:, parent]
        bone = bone / np.maximum(np.linalg.norm(bone, axis=1, keepdims=True), _SMALLEST)
        means[joint] = np.einsum("tai,ti->ta", frames[_segment(joint)], bone).mean(axis=0)
    means = (means + means[OTHER_SIDE] * _ACROSS) / 2
    return means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), _SMALLEST)


def reference_directions() -> np.ndarray:
    """Reference of `bone_directions`, (22, 3) float64."""
    directions = np.zeros((len(JOINT_NAMES), 3))
    for _, joint in ALIGNED:
        name = JOINT_NAMES[joint]
        side = _ACROSS if name.startswith("right_") else 1.0
        directions[joint] = np.array(_REFERENCE[_part(name)]) * side
    return directions / np.maximum(np.linalg.norm(directions, axis=1, keepdims=True), _SMALLEST)


def align(joints: np.ndarray) -> np.ndarray:
    """Turn the bones of trunk, neck, head and shoulders to their reference directions.

    Args:
        joints: (T, 22, 3) positions, Y up.

    Returns:
        (T, 22, 3) float64 positions with the same bone lengths, in a new array.
    """
    joints = np.asarray(joints, dtype=np.float64)
    frames, means, reference = (
        segment_frames(joints), bone_directions(joints), reference_directions()
    )  # fmt: skip
    result = joints.copy()
    for parent, joint in LINKS:
        bone = joints[:, joint] - joints[:, parent]
        if means[joint].any():
            frame = frames[_segment(joint)]
            local = np.einsum("tai,ti->ta", frame, bone) @ _turn(means[joint], reference[joint]).T
            bone = np.einsum("tai,ta->ti", frame, local)
        result[:, joint] = result[:, parent] + bone
    return result


def _segment(joint: int) -> str:
    return "pelvis" if _part(JOINT_NAMES[joint]) in _PELVIC else "trunk"


def _turn(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Smallest rotation (3, 3) from one unit vector to another (Rodrigues' formula)."""
    axis, cosine = np.cross(start, end), float(start @ end)
    if cosine < _SMALLEST - 1:  # opposite: no smallest rotation exists
        return np.eye(3)
    skew = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    return np.eye(3) + skew + skew @ skew / (1 + cosine)


def segment_frames(joints: np.ndarray) -> dict[str, np.ndarray]:
    """Frames (T, 3 axes, 3) of pelvis and trunk: left, up, forward.

    Args:
        joints: (T, 22, 3) positions, Y up.

    Returns:
        "pelvis" and "trunk" → frames.
    """
    hips = joints[:, _INDEX["left_hip"]], joints[:, _INDEX["right_hip"]]
    shoulders = joints[:, _INDEX["left_shoulder"]], joints[:, _INDEX["right_shoulder"]]
    middle = (hips[0] + hips[1]) / 2
    return {
        "pelvis": axis_frames(hips[0] - hips[1], joints[:, _INDEX["spine1"]] - middle),
        "trunk": axis_frames(shoulders[0] - shoulders[1], joints[:, _INDEX["neck"]] - middle),
    }


def axis_frames(left: np.ndarray, up: np.ndarray) -> np.ndarray:
    """Frames (T, 3 axes, 3): first axis along `left`, second near `up`, third forward.

    Args:
        left: (T, 3) directions to the left, of any length.
        up: (T, 3) directions upward, of any length.
    """
    first = left / np.maximum(np.linalg.norm(left, axis=1, keepdims=True), _SMALLEST)
    second = up - (up * first).sum(axis=1, keepdims=True) * first
    second /= np.maximum(np.linalg.norm(second, axis=1, keepdims=True), _SMALLEST)
    return np.stack([first, second, np.cross(first, second)], axis=1)


def aligned_features(joints: np.ndarray) -> np.ndarray:
    """Compute HumanML3D features of joints in the reference convention.

    Args:
        joints: (T, 22, 3) positions in metres, Y up, at 20 frames per second.

    Returns:
        (T - 1, 263) float64 features, not normalized.
    """
    return joints_to_features(align(joints))

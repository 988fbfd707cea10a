"""Rotations of joints in any usual form, as axis-angle vectors.

The form is recognised by the shape and checked by the values: axis-angle vectors in radians,
rotation matrices, and the six-dimensional form of Zhou et al. 2019 (CVPR) in its three layouts.
Quaternions are read where the name of the array states them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..recording import RecordingError

# joints of SMPL, SMPL-H and SMPL-X, with and without the root
_COUNTS = (21, 22, 23, 24, 51, 52, 54, 55)
_ORTHOGONAL = 0.03  # largest deviation of a rotation matrix from orthogonality
_SLIGHTLY = 1.1 * math.pi  # of a joint of the body; the root may turn once more
_NOT_RADIANS = 2.2 * math.pi
_FEW = 0.01  # share of the vectors that may be above pi
_EXPECTED = (
    "axis-angle vectors (frames, joints, 3) in radians, rotation matrices (frames, joints, 3, 3) "
    "or the 6D form (frames, joints, 6)"
)


@dataclass(frozen=True, eq=False)
class Rotations:
    """Rotations of joints.

    Attributes:
        vectors: (T, J, 3) axis-angle, radians, norms of at most pi.
        remarks: How they were read, if it was not as axis-angle vectors.
    """

    vectors: np.ndarray
    remarks: tuple[str, ...] = ()


def read_rotations(values, name: str, source: str, form: str = "", root: bool = False) -> Rotations:
    """Convert rotations of joints to axis-angle vectors.

    Args:
        values: Array with one row per frame, of shape (T, J, 3), (T, J, 3, 3), (T, J, 6), (T, J, 4)
            or flattened; a leading axis of length 1 is dropped.
        name: Name of the array, for messages.
        source: The file, for messages.
        form: Form that the name states, see `body_keys.Key`; "" if it states none.
        root: Whether the array has the rotation of the root only.

    Raises:
        RecordingError: The shape is not that of rotations, or the values are not rotations.
    """
    array = _without_batch(np.asarray(values), root)
    if array.dtype.kind not in "fiu":
        raise RecordingError(
            f"{source} has {name} that are not numbers ({array.dtype}), expected {_EXPECTED}: "
            "export it again"
        )
    kinds = _forms(array.shape, form, root)
    for kind in kinds:
        blocks = _blocks(array, kind)
        if kind == "axis-angle":
            return Rotations(*_checked_vectors(blocks, name, source, root))
        if kind == "quaternion":
            return _from_quaternions(blocks, name, source, form)
        matrices, layout = _matrices(blocks, kind)
        if matrices is not None:
            text = "rotation matrices" if kind == "matrix" else f"6D rotations{layout}"
            return Rotations(_vectors(matrices), (f"{name} read as {text}",))
        if kind == kinds[-1]:
            raise RecordingError(_not_rotations(array, blocks, kind, name, source))
    if array.ndim and array.shape[-1] == 4:
        raise RecordingError(
            f"{source} has {name} of shape {array.shape}: if they are quaternions, name them "
            f"{name}_wxyz or {name}_xyzw by the order of their components"
        )
    raise RecordingError(
        f"{source} has {name} of shape {array.shape}, expected {_EXPECTED}: export it again"
    )


def frame_count_of(shape: tuple[int, ...], root: bool = False) -> int:
    """Number of frames of an array of rotations, by its shape.

    Args:
        shape: Shape of the array.
        root: Whether the array has the rotation of the root only.
    """
    array = _without_batch(np.broadcast_to(np.int8(0), shape), root)
    return array.shape[0] if array.ndim else 0


def _without_batch(array: np.ndarray, root: bool) -> np.ndarray:
    """Array with frames first: one frame gets an axis, a leading axis of length 1 is dropped."""
    if array.ndim == 1:
        return array[None]
    while array.ndim > 2 and array.shape[0] == 1:
        is_matrix = array.shape[-2:] in ((3, 3), (3, 2), (2, 3)) and array.ndim <= 4
        is_vector = array.ndim == 3 and array.shape[-1] in (3, 4, 6, 9) and not root
        if (is_matrix and not (root and array.ndim == 4 and array.shape[1] > 1)) or is_vector:
            break
        array = array[0]
    return array


def _forms(shape, form: str, root: bool) -> list[str]:
    """Forms that a shape can have, the most specific first."""
    if len(shape) < 2:
        return []
    stated = form.split()[0] if form else ""
    last, size = shape[-1], math.prod(shape[1:])
    if len(shape) == 4:
        kinds = {(3, 3): ["matrix"], (3, 2): ["6d"], (2, 3): ["6d"]}.get(shape[2:], [])
    elif len(shape) == 3:
        kinds = {3: ["axis-angle"], 6: ["6d"], 9: ["matrix"]}.get(last, [])
        if shape[1:] == (3, 3) and root:
            kinds = ["matrix"]
        elif root and shape[1:] in ((3, 2), (2, 3)):
            kinds = ["6d"]
    elif len(shape) == 2:
        counts = (1,) if root else _COUNTS
        kinds = ["matrix"] * (size % 9 == 0 and size // 9 in counts)
        kinds += ["6d"] * (size % 6 == 0 and size // 6 in counts)
        kinds += ["axis-angle"] * (size % 3 == 0 and (size == 3) == root and not kinds)
    else:
        kinds = []
    width = {"matrix": 9, "6d": 6, "axis-angle": 3, "quaternion": 4}.get(stated)
    if stated == "quaternion" and last % 4 == 0 and len(shape) <= 3:
        return ["quaternion"]
    if width and size and size % width == 0 and (len(shape) == 2 or stated in kinds):
        return [stated]
    return kinds


def _blocks(array: np.ndarray, kind: str) -> np.ndarray:
    """(T, J, values of one rotation) float64."""
    width = {"matrix": 9, "6d": 6, "axis-angle": 3, "quaternion": 4}[kind]
    array = array.astype(np.float64, copy=False)
    return array.reshape(len(array), math.prod(array.shape[1:]) // width, width)


def _matrices(blocks: np.ndarray, kind: str) -> tuple[np.ndarray | None, str]:
    """Rotation matrices (T, J, 3, 3) and the layout they were read in; None if they are none."""
    if kind == "matrix":
        matrices = blocks.reshape(*blocks.shape[:2], 3, 3)
        return (matrices, "") if _are_rotations(matrices) else (None, "")
    layouts = _layouts(blocks)
    if not layouts:
        return None, ""
    if len(layouts) == 1:
        return next(iter(layouts.values())), ""
    # columns or rows: the transposed matrices would bend the knees forward
    name = max(layouts, key=lambda name: _knee_flexion(layouts[name]))
    if abs(_knee_flexion(layouts[name])) < math.radians(1):
        name = "rows"
    return layouts[name], f" ({name} of the matrices, by the flexion of the knees)"


def _layouts(blocks: np.ndarray) -> dict[str, np.ndarray]:
    """Rotation matrices (T, J, 3, 3) by layout of the 6D form, where its vectors are orthogonal."""
    pairs = {
        "interleaved columns": (blocks[..., 0::2], blocks[..., 1::2]),
        "columns": (blocks[..., :3], blocks[..., 3:]),
    }
    layouts = {}
    for name, (first, second) in pairs.items():
        third = np.cross(first, second)
        matrices = np.stack([first, second, third], axis=-1)
        if _are_rotations(matrices):
            layouts[name] = matrices
    if "columns" in layouts:
        layouts.pop("interleaved columns", None)
        layouts["rows"] = np.swapaxes(layouts["columns"], -1, -2)
    return layouts


def _knee_flexion(matrices: np.ndarray) -> float:
    """Median flexion of the knees in radians: rotation about X, by the number of joints."""
    count = matrices.shape[1]
    if count < 6:
        return 0.0
    knees = [3, 4] if count in (21, 23, 51, 54) else [4, 5]
    bent = matrices[:, knees]
    return float(np.median(np.arctan2(bent[..., 2, 1], bent[..., 1, 1])))


def _are_rotations(matrices: np.ndarray) -> bool:
    """Whether all finite matrices are orthogonal, without mirroring."""
    finite = matrices[np.isfinite(matrices).all(axis=(-1, -2))]
    if not len(finite) or np.abs(finite).max() > 1.1:
        return False
    products = np.einsum("nij,nkj->nik", finite, finite)
    return np.abs(products - np.eye(3)).max() < _ORTHOGONAL and np.linalg.det(finite).min() > 0


def _vectors(matrices: np.ndarray) -> np.ndarray:
    """Axis-angle vectors (T, J, 3) of rotation matrices; NaN where one is not finite."""
    from scipy.spatial.transform import Rotation

    flat = matrices.reshape(-1, 3, 3)
    finite = np.isfinite(flat).all(axis=(1, 2))
    vectors = np.full((len(flat), 3), np.nan)
    vectors[finite] = Rotation.from_matrix(flat[finite]).as_rotvec()
    return vectors.reshape(*matrices.shape[:2], 3)


def _from_quaternions(blocks: np.ndarray, name: str, source: str, form: str) -> Rotations:
    """Rotations from unit quaternions; their order is stated by the name or found by the values.

    Joints turn little from rest, so the scalar component is nearest to 1.
    """
    from scipy.spatial.transform import Rotation

    norms = np.linalg.norm(blocks, axis=-1)
    if np.nanmax(np.abs(norms - 1), initial=0) > _ORTHOGONAL or not np.isfinite(norms).any():
        raise RecordingError(
            f"{source} has {name} that are not unit quaternions (norms {np.nanmin(norms):.3g} to "
            f"{np.nanmax(norms):.3g}): export it again"
        )
    order = form.split()[-1]
    if order not in ("wxyz", "xyzw"):
        first, last = (np.nanmedian(np.abs(blocks[..., i])) for i in (0, 3))
        order = "wxyz" if first >= last else "xyzw"
    if order == "wxyz":
        blocks = np.roll(blocks, -1, axis=-1)
    flat = blocks.reshape(-1, 4)
    finite = np.isfinite(flat).all(axis=1)
    vectors = np.full((len(flat), 3), np.nan)
    vectors[finite] = Rotation.from_quat(flat[finite]).as_rotvec()
    remark = f"{name} read as quaternions ({' '.join(order)})"
    return Rotations(vectors.reshape(*blocks.shape[:2], 3), (remark,))


def _checked_vectors(vectors: np.ndarray, name: str, source: str, root: bool):
    """Axis-angle vectors with norms of at most pi, and a remark about those that were above.

    Raises:
        RecordingError: They are not in radians.
    """
    norms = np.linalg.norm(np.where(np.isfinite(vectors), vectors, 0.0), axis=-1)
    whole = np.zeros(norms.shape[1], dtype=bool)
    whole[0] = root or norms.shape[1] in (22, 24, 52, 55)  # the root may turn further
    too_far = norms[:, ~whole] > _SLIGHTLY
    largest = float(norms.max(initial=0))
    if largest > _NOT_RADIANS or too_far.mean() > _FEW if too_far.size else largest > _NOT_RADIANS:
        unit = "degrees" if largest <= 1000 else "another unit"
        raise RecordingError(
            f"{source} has {name} with rotations of {largest:.4g} rad, above pi, expected "
            f"axis-angle vectors in radians: they seem to be in {unit}; convert them to radians"
        )
    above = norms > math.pi + 1e-6
    if not above.any():
        return vectors, ()
    turns = np.round(norms / (2 * math.pi)) * 2 * math.pi
    scale = np.where(above, (norms - turns) / np.where(above, norms, 1.0), 1.0)
    vectors = vectors * scale[..., None]
    if whole[0] and not above[:, ~whole].any():
        return vectors, ()  # a root that turns on is usual
    return vectors, (
        f"{int(above.sum())} rotations of {name} slightly above pi, taken modulo 2 pi",
    )


def _not_rotations(array, blocks, kind: str, name: str, source: str) -> str:
    what = "rotation matrices" if kind == "matrix" else "6D rotations"
    return (
        f"{source} has {name} of shape {array.shape}, expected {what} (orthogonal, without "
        f"mirroring), and their values are none (from {np.nanmin(blocks):.3g} to "
        f"{np.nanmax(blocks):.3g}): export it again"
    )

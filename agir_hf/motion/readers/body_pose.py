"""Convert poses of SMPL and related bodies to `BodyMotion` with Y up."""

from __future__ import annotations

import numpy as np

from ..recording import BODY_JOINTS, BodyMotion, Conventions, ReadOptions, RecordingError
from ..units_axes import METRES, forced_unit, nearest_axis, parse_axis
from .body_checks import file_rate
from .limits import check_frames

# Position of the pelvis joint of the mean SMPL body at rest, the centre of root rotation. For other
# body shapes it differs by a few centimetres, which shifts the whole motion by a constant.
PELVIS_AT_REST_M = np.array([-0.0018, -0.2233, 0.0282])
_BODY_JOINTS_KEPT = 22  # joints of the body; the hands, or fingers and face, follow
_TRAVEL_M = 0.5  # shortest distance from which the walking direction is determined
_FASTEST_M_PER_S = 6.0  # of the pelvis; a larger speed means another unit
_WINDOW_S = 0.5  # over which the speed of the pelvis is measured
_SIMILAR = 1.8  # largest ratio of the unit from the feet and the length of a unit
_LARGEST = 1e6  # in any unit
_LARGEST_BETA = 50.0
# Offsets of hip, knee and ankle of the mean SMPL body at rest from the joint before, metres, left.
_LEG_M = np.array([[0.06, -0.09, -0.01], [0.04, -0.38, 0.0], [-0.01, -0.41, -0.04]])


def body_motion(
    vectors: np.ndarray,
    translation,
    betas,
    rate_hz,
    options: ReadOptions,
    source: str,
    *,
    body: str = "smpl",
    remarks: tuple[str, ...] = (),
    **fields,
) -> BodyMotion:
    """Create a `BodyMotion` from the arrays of a file.

    Args:
        vectors: Axis-angle vectors (T, J, 3) in radians of 22 joints or more; the first 22 are
            those of SMPL. With exactly 24 joints the hands are those of SMPL too; otherwise further
            joints (fingers, face) are left out.
        translation: Translation (T, 3) in the unit of the file.
        betas: Shape components (B,) or (T, B); None or empty for the mean body.
        rate_hz: Frames per second stated by the file. The rate of ``options`` overrides it.
        options: Settings of the user.
        source: The file, for messages.
        body: Body that the betas belong to, "smpl" or "open".
        remarks: What was repaired or left out so far.
        **fields: Further fields of `BodyMotion`.

    Raises:
        RecordingError: Shapes do not agree, values are not finite, there are fewer than two frames,
            there is no rate, or the unit of the translation cannot be determined.
    """
    translation = _floats(translation, "trans", source)
    if translation.shape != (len(vectors), 3):
        raise RecordingError(
            f"{source} has poses of {len(vectors)} frames and trans of shape {translation.shape}, "
            f"expected ({len(vectors)}, 3): export it again"
        )
    if len(vectors) < 2:
        raise RecordingError(
            f"{source} has {len(vectors)} frame(s), expected at least two: export it again, or "
            "stack the files of single frames in one array"
        )
    rate = file_rate(rate_hz, options, source)
    check_frames(len(vectors), rate, source)
    kept = BODY_JOINTS if vectors.shape[1] == BODY_JOINTS else _BODY_JOINTS_KEPT
    poses = np.zeros((len(vectors), BODY_JOINTS, 3))
    poses[:, :kept] = vectors[:, :kept]
    for name, values in (("poses", poses.reshape(len(poses), -1)), ("trans", translation)):
        _check_finite(values, name, source)
    unit, scale, unit_from = translation_unit(poses, translation, rate, options, source)
    poses, translation, conventions = _with_y_up(
        poses, translation * scale, body, options, unit, unit_from
    )
    shape, betas_remarks = _betas(betas, source)
    return BodyMotion(
        betas=shape,
        poses=poses.astype(np.float32),
        translation=translation.astype(np.float32),
        rate_hz=rate,
        body=body,
        source=source,
        conventions=conventions,
        remarks=(*remarks, *betas_remarks),
        **fields,
    )


def translation_unit(
    poses: np.ndarray, translation: np.ndarray, rate_hz: float, options: ReadOptions, source: str
) -> tuple[str, float, str]:
    """Unit of a translation: metres, unless the pelvis would be faster than a person runs.

    Another unit is the one in which the foot on the floor stays in its position.

    Args:
        poses: (T, 24, 3) axis-angle vectors, radians.
        translation: (T, 3) translation in the unit of the file.
        rate_hz: Frames per second.
        options: Settings of the user.
        source: The file, for messages.

    Returns:
        Name of the unit, its length in metres, and its origin for `Conventions`.

    Raises:
        RecordingError: The translation is that of no walk in a usual unit.
    """
    if options.unit:
        return *forced_unit(options.unit, source), "forced"
    window = min(max(round(_WINDOW_S * rate_hz), 1), len(translation) - 1)
    steps = np.linalg.norm(translation[window:] - translation[:-window], axis=1)
    speed = float(np.median(steps) * rate_hz / window)
    if speed <= _FASTEST_M_PER_S:
        return "m", 1.0, "file"
    metres = _metres_per_unit(poses, translation)
    name = min(METRES, key=lambda unit: abs(np.log(metres / METRES[unit])))
    if max(metres / METRES[name], METRES[name] / metres) > _SIMILAR or name == "m":
        raise RecordingError(
            f"{source} has a translation that moves {speed:.3g} units per second, expected metres "
            "and the speed of a walk: pass its unit with --unit (such as mm), or the right rate "
            "with --rate"
        )
    return name, METRES[name], "detected"


def _metres_per_unit(poses: np.ndarray, translation: np.ndarray) -> float:
    """Length of the unit of the translation, for which the lower foot is at rest; metres."""
    from scipy.spatial.transform import Rotation

    root = Rotation.from_rotvec(poses[:, 0])
    up = root.apply([0.0, 1.0, 0.0]).mean(axis=0)
    ankles = []
    for side, joints in ((1, (1, 4)), (-1, (2, 5))):
        position, rotation = root.apply(_LEG_M[0] * [side, 1, 1]), root
        for offset, joint in zip(_LEG_M[1:], joints, strict=True):
            rotation = rotation * Rotation.from_rotvec(poses[:, joint])
            position = position + rotation.apply(offset * [side, 1, 1])
        ankles.append(position)
    ankles = np.stack(ankles, axis=1)  # (T, 2, 3) from the pelvis
    lower = (ankles @ up).argmin(axis=1)
    steps = np.diff(ankles, axis=0)[np.arange(len(lower) - 1), lower[:-1]]
    travel = np.diff(translation, axis=0)
    along = np.linalg.norm(travel, axis=1)
    moving = along > 0.3 * np.median(along)
    ratios = -(steps * travel).sum(axis=1)[moving] / np.maximum(along[moving] ** 2, 1e-30)
    return max(float(np.median(ratios)), 1e-9)


def _with_y_up(poses, translation, body: str, options: ReadOptions, unit: str, unit_from: str):
    """Rotate poses and translation so that Y is up.

    The vertical axis of the file is detected from the mean direction of the pelvis' Y axis.
    """
    from scipy.spatial.transform import Rotation

    roots = Rotation.from_rotvec(poses[:, 0])
    if options.up:
        (axis, sign), up_from = parse_axis(options.up), "forced"
    else:
        axis, sign = nearest_axis(np.median(roots.apply([0.0, 1.0, 0.0]), axis=0))
        up_from = "detected"
    vertical = sign * np.eye(3)[axis]
    right = np.eye(3)[1 if axis == 0 else 0]
    rotation = np.stack([right, vertical, np.cross(right, vertical)])
    travel = (translation[-1] - translation[0]) * (1 - np.abs(vertical))
    heading = ""
    if np.linalg.norm(travel) >= _TRAVEL_M:
        heading_axis, direction = nearest_axis(travel)
        heading = ("+" if direction > 0 else "-") + "XYZ"[heading_axis]
    pelvis = PELVIS_AT_REST_M if body == "smpl" else np.zeros(3)
    poses = poses.copy()
    poses[:, 0] = (Rotation.from_matrix(rotation) * roots).as_rotvec()
    translation = (translation + pelvis) @ rotation.T - pelvis
    name = ("+" if sign > 0 else "-") + "XYZ"[axis]
    return poses, translation, Conventions(unit, unit_from, name, up_from, heading)


def _check_finite(values: np.ndarray, name: str, source: str) -> None:
    invalid = ~np.isfinite(values).all(axis=1)
    if invalid.any():
        raise RecordingError(
            f"{source} has {name} that are not finite in {invalid.sum()} of {len(invalid)} "
            f"frames, first in frame {int(invalid.argmax()) + 1}: cut these frames"
        )
    too_large = (np.abs(values) > _LARGEST).any(axis=1)
    if too_large.any():
        frame = int(too_large.argmax())
        raise RecordingError(
            f"{source} has {name} of {np.abs(values[frame]).max():.3g} in frame {frame + 1} and in "
            f"{too_large.sum() - 1} further frames, expected a walk in a room: cut these frames"
        )


def _floats(values, name: str, source: str) -> np.ndarray:
    try:
        array = np.asarray(values)
        if array.dtype.kind in "fiu":
            return array.astype(np.float64, copy=False)
        reason = f"type {array.dtype}"
    except RecordingError:
        raise
    except (TypeError, ValueError, OverflowError) as error:
        reason = " ".join(str(error).split())[:120]
    raise RecordingError(f"{source} has {name} that are not numbers ({reason}): export it again")


def _betas(betas, source: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """One row of shape components, and a remark if there were none or several."""
    betas = _floats(np.zeros(0) if betas is None else betas, "betas", source)
    if betas.ndim > 2:
        betas = betas.reshape(-1, betas.shape[-1]) if betas.size else betas.reshape(0)
    remarks = ()
    if betas.ndim == 2 and len(betas):
        if np.isfinite(betas).all() and np.ptp(betas, axis=0).max(initial=0) > 1e-3:
            remarks = ("betas change from frame to frame: their median is used",)
        betas = np.median(betas, axis=0)
    if betas.ndim != 1 or not np.isfinite(betas).all():
        raise RecordingError(
            f"{source} has betas of shape {betas.shape}, expected one row of finite "
            "numbers: export it again"
        )
    if np.abs(betas).max(initial=0) > _LARGEST_BETA:
        raise RecordingError(
            f"{source} has betas of up to {np.abs(betas).max():.3g}, expected shape components "
            f"of at most {_LARGEST_BETA:g}: export it again"
        )
    if not betas.size:
        remarks = ("no betas: the mean body is used",)
    return betas.astype(np.float32), remarks

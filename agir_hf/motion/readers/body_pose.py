"""Convert poses of SMPL and related bodies to `BodyMotion` with Y up."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from ..recording import BODY_JOINTS, BodyMotion, Conventions, ReadOptions, RecordingError
from ..units_axes import forced_unit, nearest_axis, parse_axis

# Position of the pelvis joint of the mean SMPL body at rest, the centre of root rotation. For other
# body shapes it differs by a few centimetres, which shifts the whole motion by a constant.
PELVIS_AT_REST_M = np.array([-0.0018, -0.2233, 0.0282])
_BODY_VALUES = 66  # values of the 22 joints of the body; hands, or fingers and face, follow
_SMPL_VALUES = 3 * BODY_JOINTS
_TRAVEL_M = 0.5  # shortest distance from which the walking direction is determined


def body_motion(
    poses,
    translation,
    betas,
    rate_hz: float | None,
    options: ReadOptions,
    source: str,
    *,
    body: str = "smpl",
    **fields,
) -> BodyMotion:
    """Create a `BodyMotion` from the arrays of a file.

    Args:
        poses: Axis-angle vectors (T, 66 or more) in radians; the first 22 joints are those of SMPL.
            With exactly 72 values the hands are those of SMPL too; otherwise further joints
            (fingers, face) are left out.
        translation: Translation (T, 3) in the unit of the file.
        betas: Shape components (B,), (1, B) or (T, B); the first row is used.
        rate_hz: Frames per second stated by the file. The rate of ``options`` overrides it.
        options: Settings of the user.
        source: The file, for messages.
        body: Body that the betas belong to, "smpl" or "open".
        **fields: Further fields of `BodyMotion`.

    Raises:
        RecordingError: Shapes do not agree, values are not finite, there are fewer than two frames,
            or there is no rate.
    """
    poses, translation = _floats(poses, "poses", source), _floats(translation, "trans", source)
    poses = poses.reshape(len(poses), -1) if poses.ndim > 1 else poses[None]
    if poses.shape[1] < _BODY_VALUES or translation.shape != (len(poses), 3):
        raise RecordingError(
            f"{source} has poses {poses.shape} and trans {translation.shape}, expected "
            f"(frames, {_BODY_VALUES} or more) and (frames, 3): export it again"
        )
    if len(poses) < 2:
        raise RecordingError(
            f"{source} has {len(poses)} frame(s), expected at least two: export it again"
        )
    for name, values in (("poses", poses), ("trans", translation)):
        invalid = ~np.isfinite(values).all(axis=1)
        if invalid.any():
            raise RecordingError(
                f"{source} has {name} that are not finite in {invalid.sum()} of {len(invalid)} "
                f"frames, first in frame {int(invalid.argmax()) + 1}: cut these frames"
            )
    full = np.zeros((len(poses), _SMPL_VALUES))
    kept = _SMPL_VALUES if poses.shape[1] == _SMPL_VALUES else _BODY_VALUES
    full[:, :kept] = poses[:, :kept]
    full, translation, conventions = _with_y_up(full, translation, body, options, source)
    return BodyMotion(
        betas=_betas(betas, source),
        poses=full.reshape(-1, BODY_JOINTS, 3).astype(np.float32),
        translation=translation.astype(np.float32),
        rate_hz=_rate(rate_hz, options, source),
        body=body,
        source=source,
        conventions=conventions,
        **fields,
    )


def _with_y_up(poses, translation, body: str, options: ReadOptions, source: str):
    """Rotate poses and translation so that Y is up.

    The vertical axis of the file is detected from the mean direction of the pelvis' Y axis.
    """
    roots = Rotation.from_rotvec(poses[:, :3])
    scale = forced_unit(options.unit, source)[1] if options.unit else 1.0
    translation = translation * scale
    if options.up:
        (axis, sign), up_from = parse_axis(options.up), "forced"
    else:
        axis, sign = nearest_axis(roots.apply([0.0, 1.0, 0.0]).mean(axis=0))
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
    poses[:, :3] = (Rotation.from_matrix(rotation) * roots).as_rotvec()
    translation = (translation + pelvis) @ rotation.T - pelvis
    unit_from = "forced" if options.unit else "file"
    name = ("+" if sign > 0 else "-") + "XYZ"[axis]
    return poses, translation, Conventions(options.unit or "m", unit_from, name, up_from, heading)


def _floats(values, name: str, source: str) -> np.ndarray:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise RecordingError(
            f"{source} has {name} that are not numbers ({error}): export it again"
        ) from error


def _betas(betas, source: str) -> np.ndarray:
    betas = _floats(betas, "betas", source)
    betas = betas[0] if betas.ndim > 1 and len(betas) else betas
    if betas.ndim != 1 or not np.isfinite(betas).all():
        raise RecordingError(
            f"{source} has betas of shape {betas.shape}, expected one row of finite "
            "numbers: export it again"
        )
    return betas.astype(np.float32)


def _rate(rate_hz, options: ReadOptions, source: str) -> float:
    rate_hz = options.rate_hz if options.rate_hz is not None else rate_hz
    if rate_hz is None:
        raise RecordingError(
            f"{source} states no frame rate, expected frames per second: pass them with --rate"
        )
    try:
        rate_hz = float(np.asarray(rate_hz).reshape(-1)[0])
    except (TypeError, ValueError, IndexError) as error:
        raise RecordingError(
            f"{source} has a rate of {rate_hz!r}, expected a number: pass it with --rate"
        ) from error
    if not (np.isfinite(rate_hz) and rate_hz > 0):
        raise RecordingError(
            f"{source} has a rate of {rate_hz} Hz, expected a positive number: pass it with --rate"
        )
    return rate_hz

"""Measure one recording of a cohort: joints, features and gait parameters.

Markers become joints by fitting a body (MoSh) or by anatomical regression. Joints and body motions
are used as they are. Gait parameters are measured from the recording itself, whatever the method.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from ..alignment_agir import aligned_features
from ..gait.walk_check import measure_walk
from ..motion import (
    JointMotion,
    MarkerRecording,
    RecordingError,
    read_recording,
    to_joints,
)
from ..motion.fitting.batch import MARKER_FILES
from ..motion.joints import missing_for_joints
from ..motion.readers import is_recording
from .source import Item
from .store import Recorded, item_fields, save_recording

BODY, CENTRES = "body", "centres"
FITS = (BODY, CENTRES)  # methods from markers to joints; the first is the default
FROM_STATIC, FROM_WALK = "static trial", "walk"  # what the shape of a body was fitted to


@dataclass(frozen=True)
class FitSettings:
    """How markers become joints.

    Attributes:
        method: "body" or "centres".
        body: SMPL file of the body, or None for the user's file in the environment, or else the
            open body; see [`~motion.body.load_body`]. Not used by "centres".
    """

    method: str = BODY
    body: str | None = None

    def load_body(self):
        """Load the body."""
        from ..motion.body import load_body

        return load_body(self.body)

    def key(self, item: Item) -> list[str | int]:
        """Return what the joints of a recording depend on that its files do not state.

        Args:
            item: Recording. Only the joints of marker files depend on the settings.
        """
        if self.method == CENTRES or not has_markers(item):
            return [CENTRES]
        body = self.load_body()
        state = Path(body.source).stat()
        modified = state.st_mtime_ns if body.name != "open" else 0
        return [BODY, body.name, state.st_size, modified]


def has_markers(item: Item) -> bool:
    """Whether a recording is a marker file or may be one, by its name.

    Args:
        item: Recording.
    """
    return is_recording(item.path, MARKER_FILES)


def measured(item: Item, fit: FitSettings) -> tuple[Recorded | None, str]:
    """Measure one recording.

    Args:
        item: Recording.
        fit: How markers become joints.

    Returns:
        `tuple`: The measured recording and an empty text, or None and the reason why it could not
        be measured.
    """
    try:
        recording = read_recording(item.path, item=item.inside or None)
        measurement, _ = measure_walk(recording)
        motion, fitted = _joints(recording, item, fit)
        features = aligned_features(motion.joints)
    except (ValueError, FileNotFoundError, np.linalg.LinAlgError) as error:
        return None, _without_folders(str(error), item)
    if not np.isfinite(features).all():
        return None, f"{item.path.name}: features are not finite"
    values = {name: float(row.value) for name, row in measurement.parameters.items()}
    rate_hz = float(recording.rate_hz)
    arrays = (np.asarray(array, dtype=np.float32) for array in (features, motion.joints))
    return Recorded(item_fields(item), *arrays, values, measurement.absent, rate_hz, fitted), ""


def save_recorded(path: Path, item: Item, recorded: Recorded) -> None:
    """Write one measured recording.

    Args:
        path: File to write, `.npz`.
        item: The recording in its cohort.
        recorded: Result of `measured`.
    """
    save_recording(
        path, item, recorded.motion, recorded.joints, recorded.parameters, recorded.absent,
        recorded.rate_hz, recorded.fit,
    )  # fmt: skip


def _joints(recording, item: Item, fit: FitSettings) -> tuple[JointMotion, dict]:
    """Joints at 20 fps, and how they were computed; see `Recorded.fit`."""
    if not isinstance(recording, MarkerRecording):
        return to_joints(recording), {}
    if fit.method == CENTRES and not missing_for_joints(recording):
        return to_joints(recording), {"method": CENTRES}
    return _fitted(recording, item, fit)


def _fitted(recording: MarkerRecording, item: Item, fit: FitSettings) -> tuple[JointMotion, dict]:
    """Joints of a fitted body, and its residuals."""
    from ..motion.body import body_joints
    from ..motion.fitting.mosh import fit_pose, fit_shape

    shape, problem = _static_shape(recording, item, fit)
    if shape is None:
        shape = fit_shape(recording, fit.load_body())
    motion = fit_pose(recording, shape)
    residual_mm = 1000 * motion.residual_m
    fitted = {
        "method": BODY,
        "body": motion.body,
        "shape_from": FROM_WALK if problem else FROM_STATIC,
        "problem": problem,
        "median_mm": round(float(np.nanmedian(residual_mm)), 2),
        "percentile_95_mm": round(float(np.nanpercentile(residual_mm, 95)), 2),
    }
    return body_joints(motion, shape.body), fitted


def _static_shape(recording: MarkerRecording, item: Item, fit: FitSettings):
    """Shape from the static trial of the session, or None and the reason why there is none."""
    if item.static is None:
        return None, "no static trial"
    name = item.static.name
    try:
        shape = _shape(str(item.static), item.static.stat().st_mtime_ns, fit)
    except (RecordingError, OSError, np.linalg.LinAlgError) as error:
        return None, _without_folders(str(error), item)
    if shape.rate_hz != recording.rate_hz:
        return None, f"{name} has {shape.rate_hz:g} Hz, the walk {recording.rate_hz:g} Hz"
    return shape, ""


@lru_cache(maxsize=2)
def _shape(static: str, _modified: int, fit: FitSettings):
    from ..motion.fitting.mosh import fit_shape

    return fit_shape(read_recording(static), fit.load_body())


def _without_folders(reason: str, item: Item) -> str:
    """Error message on one line, with file names but no folders, because reports are published."""
    for file in filter(None, (item.path, item.static)):
        reason = reason.replace(str(file), file.name)
    return " ".join(reason.split())

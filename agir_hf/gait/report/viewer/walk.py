"""The walk that a viewer draws: joints, head, heels, markers, heel strikes and surface."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from ....humanml3d import JOINT_NAMES
from ....motion import BodyMotion, MarkerRecording, RecordingError
from ....motion.landmarks import landmarks_of
from ....motion.marker_sets import site_columns

if TYPE_CHECKING:
    from .surface import Surface

SIDES = ("left", "right")
NO_HEAD = "The head was not recorded and is not drawn."
NO_ARMS = "Trunk and arms were not recorded: those of the drawn body are not measured."
_HEAD_SITES = frozenset(
    {"head_top", "forehead", "occiput"}
    | {f"{side}_head_{part}" for side in SIDES for part in ("front", "back", "side")}
)
_ARMS = [JOINT_NAMES.index(f"{side}_{joint}") for side in SIDES for joint in ("shoulder", "wrist")]
_NECK, _HEAD = JOINT_NAMES.index("neck"), JOINT_NAMES.index("head")
_HEAD_ABOVE_M = 0.075  # centre of the head above the head joint, which is the base of the skull


@dataclass(frozen=True, eq=False)
class Walk:
    """A walk to draw.

    Attributes:
        label: Short text that distinguishes it from a second walk, such as "ON".
        joints: (T, 22, 3) array in metres, Y up, in the order of `agir_hf.humanml3d.JOINT_NAMES`,
            NaN for joints that were not recorded. The pelvis has no NaN.
        rate_hz: Frames per second.
        heel_strikes: "left" and "right" → times in seconds from the first frame.
        markers: (T, M, 3) array in metres, of the same frames, NaN where missing; None if unknown.
        surface: Surface mesh; None if unknown.
        head: (T, 3) centre of the head in metres; None if it was not recorded.
        heels: (T, 2, 3) left and right heel in metres, NaN where missing; None if unknown.
        note: Sentence below the picture, such as on what was not recorded.
    """

    label: str
    joints: np.ndarray
    rate_hz: float
    heel_strikes: Mapping[str, Sequence[float]] = field(default_factory=dict)
    markers: np.ndarray | None = None
    surface: Surface | None = None
    head: np.ndarray | None = None
    heels: np.ndarray | None = None
    note: str = ""

    def __post_init__(self):
        shape = np.shape(self.joints)
        if len(shape) != 3 or shape[1:] != (22, 3) or not shape[0]:
            raise ValueError(f"joints have shape {shape}, expected (frames, 22, 3)")
        if not np.isfinite(self.joints[:, 0]).all():
            raise ValueError(
                "the pelvis has missing values, expected finite values: only other joints and "
                "markers may be missing"
            )
        marker_shape = np.shape(self.joints if self.markers is None else self.markers)
        if len(marker_shape) != 3 or (marker_shape[0], marker_shape[2]) != (shape[0], 3):
            raise ValueError(
                f"markers have shape {marker_shape}, expected ({shape[0]}, markers, 3)"
            )
        for name, expected in (("head", (shape[0], 3)), ("heels", (shape[0], 2, 3))):
            value = getattr(self, name)
            if value is not None and np.shape(value) != expected:
                raise ValueError(f"{name} has shape {np.shape(value)}, expected {expected}")


def walk_of(source, label: str = "", *, recording=None, body: BodyMotion | None = None) -> Walk:
    """Convert a measured recording to a walk to draw.

    Joints that the recording does not determine are not drawn. The head of markers is at its own
    markers, and is left out if there are none.

    Args:
        source (`PreparedRecording` or [`~agir_hf.gait.GaitMeasurement`]):
            The recording with its measured gait, or the measured gait only.
        label (`str`, *optional*):
            Short text that distinguishes it from a second walk, such as "ON".
        recording (`MarkerRecording`, `BodyMotion` or `JointMotion`, *optional*):
            The recording as it was read. Default: that of `source`. Needed with measured gait.
        body ([`~agir_hf.motion.BodyMotion`], *optional*):
            Body that was fitted to the markers of the recording, whose surface is drawn too.
            Default: that of the joints of `source`, if they are those of a fitted body.

    Returns:
        [`Walk`]: Joints, heel strikes, and markers and surface if there are any.

    Raises:
        ValueError: There is no recording.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.assessment import prepare_recording
        >>> from agir_hf.gait.report.viewer import walk_of
        >>> walk = walk_of(prepare_recording(agir_hf.SAMPLE_RECORDING))
        >>> walk.joints.shape, walk.markers.shape, walk.note
        ((900, 22, 3), (900, 44, 3), 'The head was not recorded and is not drawn.')

        ```
    """
    measured = getattr(source, "measured", source)
    recording = getattr(source, "recording", None) if recording is None else recording
    if recording is None:
        raise ValueError("there is no recording, expected one: pass walk_of(…, recording=…)")
    motion = getattr(source, "motion", None)
    if body is None:
        body = recording if isinstance(recording, BodyMotion) else getattr(motion, "body", None)
    surface = _surface(body)
    if isinstance(measured, ValueError) or not measured.signals.joints:
        return _of_joints(_motion(source, recording), recording, label, surface)
    signals = measured.signals
    frames, rate_hz = len(signals.pelvis), signals.rate_hz
    joints = np.stack([_path(signals.joints.get(name), frames) for name in JOINT_NAMES], axis=1)
    if not np.isfinite(joints[:, 0]).all():
        joints[:, 0] = signals.pelvis
    surface = _in_step(surface, joints[:, 0], rate_hz)
    if surface is not None and isinstance(recording, MarkerRecording):
        surface = surface.without_head()  # a fit does not determine its tilt: markers do
    if getattr(motion, "body", None) is not None:
        joints = _with_fitted(joints, motion, surface.start_s, rate_hz)
    head = _head(recording, joints, surface, rate_hz)
    heels = np.stack([_path(signals.heel.get(side), frames) for side in SIDES], axis=1)
    events = [event for event in signals.phases.events if event.kind == "heel_strike"]
    return Walk(
        label=label,
        joints=_without_head(joints) if head is None else joints,
        rate_hz=rate_hz,
        heel_strikes={side: [e.time_s for e in events if e.side == side] for side in SIDES},
        markers=_markers(recording, frames, rate_hz),
        surface=surface if surface is None or head is not None else surface.without_head(),
        head=head,
        heels=heels if np.isfinite(heels).any() else None,
        note=_note(joints, head, surface),
    )


def _surface(body: BodyMotion | None) -> Surface | None:
    """Surface of a body motion; only then is torch imported, which takes a second."""
    if body is None:
        return None
    from .surface import surface_of

    return surface_of(body)


def _motion(source, recording):
    """Joints of a recording whose gait could not be measured."""
    from ....motion import to_joints

    motion = getattr(source, "motion", None)
    return to_joints(recording) if motion is None else motion


def _of_joints(motion, recording, label: str, surface: Surface | None) -> Walk:
    """Walk of joints without gait events."""
    joints = np.array(motion.joints, np.float64)
    joints[:, [i for i, name in enumerate(JOINT_NAMES[1:], 1) if name in motion.unmeasured]] = (
        np.nan
    )
    head = _head(recording, joints, surface, motion.rate_hz)
    has_head = head is not None and not isinstance(recording, MarkerRecording)
    return Walk(
        label=label,
        joints=_without_head(joints) if head is None else joints,
        rate_hz=motion.rate_hz,
        surface=surface if surface is None or has_head else surface.without_head(),
        head=head,
        note=_note(joints, head, surface),
    )


def _note(joints: np.ndarray, head: np.ndarray | None, surface: Surface | None) -> str:
    """What a reader must know of the parts that were not recorded."""
    has_arms = np.isfinite(joints[:, _ARMS]).any()
    return " ".join([NO_HEAD] * (head is None) + [NO_ARMS] * (surface is not None and not has_arms))


def _with_fitted(joints: np.ndarray, motion, start_s: float, rate_hz: float) -> np.ndarray:
    """Joints (T, 22, 3), those without a centre from the body that was fitted to the markers."""
    joints, times_s = joints.copy(), np.arange(len(joints)) / rate_hz - start_s
    for i, name in enumerate(JOINT_NAMES):
        if name not in motion.unmeasured and not np.isfinite(joints[:, i]).any():
            fitted_s = np.arange(len(motion.joints)) / motion.rate_hz
            joints[:, i] = np.stack(
                [np.interp(times_s, fitted_s, motion.joints[:, i, k]) for k in range(3)], axis=1
            )
    return joints


def _without_head(joints: np.ndarray) -> np.ndarray:
    joints = joints.copy()
    joints[:, _HEAD] = np.nan
    return joints


def _path(path: np.ndarray | None, frames: int) -> np.ndarray:
    """Path (T, 3), or NaN if there is none."""
    return np.full((frames, 3), np.nan) if path is None else np.asarray(path, np.float64)


def _in_step(surface: Surface | None, pelvis: np.ndarray, rate_hz: float) -> Surface | None:
    """Surface that starts when it is nearest to the pelvis (T, 3).

    A fit leaves out the frames at the start and the end in which few markers are visible.
    """
    if surface is None:
        return None
    last_s = (len(pelvis) - 1) / rate_hz - (len(surface.positions) - 1) / surface.rate_hz
    starts_s = np.arange(0.0, max(last_s, 0.0) + 1e-6, 1 / rate_hz)
    times_s = np.arange(len(surface.positions)) / surface.rate_hz
    frames = np.round((starts_s[:, None] + times_s) * rate_hz).astype(int)
    near = pelvis[np.minimum(frames, len(pelvis) - 1)]
    distances_m = np.linalg.norm(near - surface.positions[:, 0], axis=2).mean(axis=1)
    return replace(surface, start_s=float(starts_s[distances_m.argmin()]))


def _head(recording, joints: np.ndarray, surface, rate_hz: float) -> np.ndarray | None:
    """Centre of the head (T, 3) as recorded; None if it was not recorded."""
    if isinstance(recording, MarkerRecording):
        return _head_of_markers(recording, joints, rate_hz)
    if isinstance(recording, BodyMotion):
        labels = recording.marker_labels
        if labels and _HEAD_SITES.isdisjoint(site_columns(labels)):
            return None
        return _at_rate(surface.head_centre(), surface.rate_hz, len(joints), rate_hz)
    if not np.isfinite(joints[:, [_NECK, _HEAD]]).all():
        return None
    return _head_of_joints(joints)


def _head_of_joints(joints: np.ndarray) -> np.ndarray:
    """Centre of the head above the head joint, which is in front of the neck joint."""
    direction = joints[:, _HEAD] - joints[:, _NECK]
    direction = direction / np.maximum(np.linalg.norm(direction, axis=1, keepdims=True), 1e-9)
    return joints[:, _HEAD] + _HEAD_ABOVE_M * direction * [0.5, 1.0, 0.5]


def _head_of_markers(recording, joints: np.ndarray, rate_hz: float) -> np.ndarray | None:
    """Mean of the head markers; None if there are none, or all have long gaps."""
    try:
        landmarks = landmarks_of(recording)
    except RecordingError:  # labels of no known set
        return None
    paths = {site: landmarks.path(site) for site in sorted(_HEAD_SITES & landmarks.columns.keys())}
    paths = [path for path in paths.values() if path is not None]
    if not paths:
        return None
    return _at_rate(np.mean(paths, axis=0), landmarks.working_rate_hz, len(joints), rate_hz)


def _at_rate(path: np.ndarray, from_hz: float, frames: int, rate_hz: float) -> np.ndarray:
    """Path (frames, 3) at another frame rate, interpolated linearly."""
    times_s = np.arange(frames) / rate_hz
    source_s = np.arange(len(path)) / from_hz
    return np.stack([np.interp(times_s, source_s, path[:, k]) for k in range(3)], axis=1)


def _markers(recording, frames: int, rate_hz: float) -> np.ndarray | None:
    """Return the markers (frames, M, 3) at another frame rate, from the nearest frame each."""
    positions = getattr(recording, "positions", None)
    if positions is None:
        return None
    nearest = np.round(np.arange(frames) / rate_hz * recording.rate_hz).astype(int)
    return positions[np.minimum(nearest, len(positions) - 1)]

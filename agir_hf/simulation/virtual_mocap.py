"""Virtual motion capture of a simulated walk: noise, soft-tissue artefacts and gaps.

The files have the layout of the Shida data set: 150 Hz, millimetres, Y up, progression along X,
events named in EVENT:CONTEXTS (RHS, RTO, LHS, LTO) with empty LABELS and seconds in TIMES.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..motion import GaitEvent, MarkerRecording
from ..motion.marker_sets import SHIDA_44
from .c3d_writer import SOFTWARE
from .rotations import rotation
from .walk import Walk
from .walker_body import JOINTS, SIDES, nearest_joint

# SD of the position of a marker, per axis, smallest and largest of recordings (rough).
NOISE_SD_M = (0.0001, 0.0006)
# Soft-tissue artefact: movement of the skin relative to the bone in a stride, SD per axis in
# metres, largest on the thigh (Leardini et al. 2005, Gait Posture 21:212; its ranges are up to
# 20-30 mm, larger than here). Keys are the joints at the proximal end of the segment.
SOFT_TISSUE_SD_M = {
    "hip": 0.004,
    "knee": 0.0025,
    "ankle": 0.0006,
    "foot": 0.0006,
    "shoulder": 0.002,
    "collar": 0.0015,
    "elbow": 0.001,
    "wrist": 0.001,
    "pelvis": 0.002,
}
_TRUNK_SOFT_TISSUE_SD_M = 0.0015
# Markers that the arms occlude more often than others.
_OFTEN_OCCLUDED = ("L.ASIS", "R.ASIS", "L.GTR", "R.GTR", "LWM", "RWM")
_LONGEST_GAP_S, _CLEAR_ENDS_S = 0.15, 0.3  # there are no gaps at the start and the end


def capture_walk(
    walk: Walk,
    markers: np.ndarray,
    rng: np.random.Generator,
    *,
    source: str,
    gaps: bool = True,
) -> MarkerRecording:
    """Add measurement errors to the markers of a walk and place it in the room.

    Args:
        walk: Simulated walk.
        markers: (T, 44, 3) markers of `Walk.markers`, metres.
        rng: Random generator of direction, position in the room, noise, soft-tissue artefact and
            gaps.
        source: Name of the recording.
        gaps: Whether to add gaps: with a probability of 0.5, one to three markers are missing for
            up to 0.15 s each.

    Returns:
        Recording in metres, Y up, with progression along +X or -X within a few degrees.
    """
    positions = markers + _soft_tissue_artefact(walk, rng)
    heading = rng.choice([-0.5, 0.5]) * np.pi + np.radians(2.0) * rng.normal()
    pelvis = walk.joint("pelvis")
    middle = np.array([0.0, 0.0, (pelvis[:, 2].min() + pelvis[:, 2].max()) / 2])
    centre = np.array([rng.uniform(-0.5, 0.5), 0.0, rng.uniform(-0.3, 0.3)])
    positions = (positions - middle) @ rotation(yaw=heading).T + centre
    noise_m = rng.uniform(*NOISE_SD_M)
    positions += noise_m * rng.normal(size=positions.shape)
    if gaps and rng.random() < 0.5:
        _add_gaps(positions, SHIDA_44.labels, walk.rate_hz, rng)
    return MarkerRecording(
        positions=positions.astype(np.float32),
        labels=SHIDA_44.labels,
        rate_hz=walk.rate_hz,
        events=gait_events(walk),
        source=source,
    )


def _soft_tissue_artefact(walk: Walk, rng: np.random.Generator) -> np.ndarray:
    """Movement of the skin relative to the bone with the phase of the gait, (T, 44, 3) metres."""
    waves = np.stack([f(k * walk.phase) for k in (1, 2) for f in (np.cos, np.sin)])
    waves *= walk.amplitude
    moved = np.empty((len(walk.phase), len(SHIDA_44.labels), 3))
    for index in range(len(SHIDA_44.labels)):
        joint = JOINTS[nearest_joint(index)]
        part = joint.removeprefix("left_").removeprefix("right_")
        sd = 0.7 * SOFT_TISSUE_SD_M.get(part, _TRUNK_SOFT_TISSUE_SD_M)
        local = (sd * rng.normal(size=(3, 4)) @ waves).T
        moved[:, index] = (walk.orientations[joint] @ local[..., None])[..., 0]
    return moved


def _add_gaps(positions: np.ndarray, labels: tuple[str, ...], rate_hz: float, rng) -> None:
    """Set one to three short gaps of `positions` (T, M, 3) to NaN, in place."""
    weights = np.array([4.0 if label in _OFTEN_OCCLUDED else 1.0 for label in labels])
    ends = round(_CLEAR_ENDS_S * rate_hz)
    for marker in rng.choice(len(labels), rng.integers(1, 4), False, weights / weights.sum()):
        frames = int(rng.integers(2, round(_LONGEST_GAP_S * rate_hz) + 1))
        begin = int(rng.integers(ends, len(positions) - ends - frames))
        positions[begin : begin + frames, marker] = np.nan


def gait_events(walk: Walk) -> tuple[GaitEvent, ...]:
    """Heel strikes and toe offs within the recording, in order of time.

    Args:
        walk: Simulated walk.
    """
    footfalls, end_s = walk.footfalls, len(walk.joints) / walk.rate_hz
    events = [
        GaitEvent(time_s=float(time_s), side=SIDES[0] if left else SIDES[1], kind=kind)
        for kind, times in (
            ("heel_strike", footfalls.heel_strike_s),
            ("toe_off", footfalls.toe_off_s),
        )
        for time_s, left in zip(times, footfalls.left, strict=True)
        if 0 <= time_s < end_s
    ]
    return tuple(sorted(events, key=lambda event: event.time_s))


def is_simulated(path: str | Path) -> bool:
    """Whether a C3D file was written by `write_c3d`, which is used for simulated walks only.

    Args:
        path: C3D file.
    """
    from ..motion.readers.c3d_file import open_c3d  # ezc3d crashes on damaged files
    from ..motion.recording import RecordingError

    try:
        return open_c3d(Path(path)).groups["MANUFACTURER"]["SOFTWARE"]["value"] == [SOFTWARE]
    except (OSError, KeyError, RecordingError):
        return False

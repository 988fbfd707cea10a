"""The cameras' side of a simulated walk: noise, wobbling skin, gaps, and C3D files.

The file's layout is that of the Shida data set: 150 Hz, millimetres, Y up, progression along X,
events named in EVENT:CONTEXTS (RHS, RTO, LHS, LTO) with empty LABELS and seconds in TIMES.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..motion import GaitEvent, MarkerRecording
from ..motion.marker_sets import SHIDA_44
from .walk import Walk, rotation
from .walker_body import JOINTS, SIDES, nearest_joint

NOISE_SD_M = 0.0005  # of a marker at rest, per axis
# Skin and muscle against the bone over a stride, SD per axis in metres: largest on the thigh
# (Leardini et al. 2005, Gait Posture 21:212; its ranges reach 20-30 mm and are not reached here).
# The joint named carries the segment.
WOBBLE_SD_M = {
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
_TRUNK_WOBBLE_SD_M = 0.0015
# Arms hide these from the cameras more often than the rest.
_OFTEN_HIDDEN = ("L.ASIS", "R.ASIS", "L.GTR", "R.GTR", "LWM", "RWM")
_LONGEST_GAP_S, _CLEAR_ENDS_S = 0.15, 0.3
_KINDS = {"heel_strike": "HS", "toe_off": "TO"}
_SOFTWARE = "agir-hf"  # in the files that we write; a laboratory's name another


def capture_walk(
    walk: Walk,
    markers: np.ndarray,
    rng: np.random.Generator,
    *,
    source: str,
    gaps: bool = True,
) -> MarkerRecording:
    """Record a walk as a laboratory would.

    Args:
        walk: in its own frame.
        markers: (T, 44, 3) of `Walk.markers`.
        rng: draws direction and place in the room, noise, wobble and gaps.
        source: name of the recording.
        gaps: every other recording then misses one to three markers for up to 0.15 s each.

    Returns:
        The recording in metres, Y up, walking along +X or -X within a few degrees.
    """
    positions = markers + _wobble(walk, rng)
    heading = rng.choice([-0.5, 0.5]) * np.pi + np.radians(2.0) * rng.normal()
    way = walk.joint("pelvis")
    middle = np.array([0.0, 0.0, (way[:, 2].min() + way[:, 2].max()) / 2])
    place = np.array([rng.uniform(-0.5, 0.5), 0.0, rng.uniform(-0.3, 0.3)])
    positions = (positions - middle) @ rotation(yaw=heading).T + place
    positions += NOISE_SD_M * rng.normal(size=positions.shape)
    if gaps and rng.random() < 0.5:
        _hide_some(positions, SHIDA_44.labels, walk.rate_hz, rng)
    return MarkerRecording(
        positions=positions.astype(np.float32),
        labels=SHIDA_44.labels,
        rate_hz=walk.rate_hz,
        events=gait_events(walk),
        source=source,
    )


def _wobble(walk: Walk, rng: np.random.Generator) -> np.ndarray:
    """(T, 44, 3) metres by which skin moves against bone, with the phase of the gait."""
    waves = np.stack([f(k * walk.phase) for k in (1, 2) for f in (np.cos, np.sin)])
    waves *= walk.amplitude
    moved = np.empty((len(walk.phase), len(SHIDA_44.labels), 3))
    for index in range(len(SHIDA_44.labels)):
        joint = JOINTS[nearest_joint(index)]
        part = joint.removeprefix("left_").removeprefix("right_")
        size = 0.7 * WOBBLE_SD_M.get(part, _TRUNK_WOBBLE_SD_M)
        along = (size * rng.normal(size=(3, 4)) @ waves).T
        moved[:, index] = (walk.turns[joint] @ along[..., None])[..., 0]
    return moved


def _hide_some(positions: np.ndarray, labels: tuple[str, ...], rate_hz: float, rng) -> None:
    """Put NaN into one to three short stretches of `positions` (T, M, 3)."""
    chances = np.array([4.0 if label in _OFTEN_HIDDEN else 1.0 for label in labels])
    ends = round(_CLEAR_ENDS_S * rate_hz)
    for marker in rng.choice(len(labels), rng.integers(1, 4), False, chances / chances.sum()):
        frames = int(rng.integers(2, round(_LONGEST_GAP_S * rate_hz) + 1))
        begin = int(rng.integers(ends, len(positions) - ends - frames))
        positions[begin : begin + frames, marker] = np.nan


def gait_events(walk: Walk) -> tuple[GaitEvent, ...]:
    """Heel strikes and toe offs within the recording, in order of time."""
    plan, end_s = walk.plan, len(walk.joints) / walk.rate_hz
    events = [
        GaitEvent(time_s=float(time_s), side=SIDES[0] if left else SIDES[1], kind=kind)
        for kind, times in (("heel_strike", plan.heel_strike_s), ("toe_off", plan.toe_off_s))
        for time_s, left in zip(times, plan.left, strict=True)
        if 0 <= time_s < end_s
    ]
    return tuple(sorted(events, key=lambda event: event.time_s))


def write_c3d(recording: MarkerRecording, path: str | Path) -> None:
    """Write a recording as C3D in the layout of the Shida data set (see the module).

    Missing points (NaN) are written as the format has them: zeros with residual -1. An existing
    file is replaced.

    Raises:
        ValueError: the path does not end in .c3d.
    """
    import ezc3d

    if Path(path).suffix != ".c3d":
        raise ValueError(f"path is {path}, expected a name that ends in .c3d")

    file = ezc3d.c3d()
    file["parameters"]["POINT"]["RATE"]["value"] = [float(recording.rate_hz)]
    file["parameters"]["POINT"]["LABELS"]["value"] = list(recording.labels)
    file["parameters"]["POINT"]["UNITS"]["value"] = ["mm"]
    file.add_parameter("POINT", "X_SCREEN", ["+X"])
    file.add_parameter("POINT", "Y_SCREEN", ["+Y"])
    file.add_parameter("MANUFACTURER", "Software", [_SOFTWARE])
    file.add_parameter("SUBJECTS", "USED", 1)
    file.add_parameter("SUBJECTS", "NAMES", [recording.source])
    _add_events(file, recording.events)
    points = 1000.0 * recording.positions.astype(np.float64).transpose(2, 1, 0)
    missing = np.isnan(points).any(axis=0, keepdims=True)
    file["data"]["points"] = np.where(missing, 0.0, points)
    file["data"]["meta_points"]["residuals"] = np.where(missing, -1.0, 0.0)
    file.write(str(path))


def is_simulated(path: str | Path) -> bool:
    """Whether a C3D file says that `write_c3d` wrote it: only simulated walks are written so."""
    import ezc3d

    try:
        parameters = ezc3d.c3d(str(path))["parameters"]
        return parameters["MANUFACTURER"]["Software"]["value"] == [_SOFTWARE]
    except (OSError, KeyError, ValueError, RuntimeError):
        return False


def _add_events(file, events: tuple[GaitEvent, ...]) -> None:
    order = sorted(events, key=lambda event: (event.side == "left", event.kind, event.time_s))
    file.add_parameter("EVENT", "USED", len(order))
    if not order:
        return
    names = [event.side[0].upper() + _KINDS[event.kind] for event in order]
    file.add_parameter("EVENT", "CONTEXTS", names)
    file.add_parameter("EVENT", "LABELS", [""] * len(order))
    file.add_parameter("EVENT", "DESCRIPTIONS", [""] * len(order))
    times = np.zeros((2, len(order)))
    times[1] = [event.time_s for event in order]
    file.add_parameter("EVENT", "TIMES", times)

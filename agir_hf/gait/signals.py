"""What gait parameters are computed from: joints and feet without gaps, steps and strides."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..humanml3d import JOINT_NAMES
from ..motion.joint_centres import joint_centres
from ..motion.marker_sets import recognise
from ..motion.recording import JointMotion, MarkerRecording
from ..motion.resampling import WORKING_HZ, continuous
from .events import GaitPhases, detect_events, facing_direction, foot_points

LONGEST_STEP = 2.0  # times the median step time: a longer one holds a pause
# Of the median step length: a shorter step at an end only brings the feet together.
CLOSING_STEP = 0.3
_BRAKING_STEPS = 1  # before the closing one: a walk stops within two steps (Sparrow, Tirosh 2005)
SIDES = ("left", "right")


@dataclass(frozen=True)
class Step:
    """From one foot's heel strike to the other's, which names the step."""

    side: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Stride:
    """From a heel strike to the next of the same foot; NaN for an event that was not found."""

    side: str
    start_s: float
    end_s: float
    toe_off_s: float  # toe off of this foot
    other_toe_off_s: float  # toe off of the other foot, after the start
    other_heel_strike_s: float


@dataclass(frozen=True, eq=False)
class Signals:
    """A walk, ready to be measured.

    Attributes:
        rate_hz: of the paths, at least 100.
        joints: name → (T, 3) metres; empty where joint centres could not be had.
        no_joints: why not.
        heel, toe: side → (T, 3) metres, of the feet that were seen.
        pelvis: (T, 3).
        ahead, left: (T, 3) unit vectors, level: where the walker faces, and his left.
        phases: events.
        steps, strides: straight on, without pauses.
        turn_steps: heel strikes in turns.
    """

    rate_hz: float
    joints: dict[str, np.ndarray]
    no_joints: str
    heel: dict[str, np.ndarray]
    toe: dict[str, np.ndarray]
    pelvis: np.ndarray
    ahead: np.ndarray
    left: np.ndarray
    phases: GaitPhases
    steps: tuple[Step, ...]
    strides: tuple[Stride, ...]
    turn_steps: int

    @property
    def belt(self) -> float:
        """Speed of the floor in m/s, 0 overground."""
        return self.phases.belt_speed_m_per_s or 0.0

    def frame(self, time_s: float) -> int:
        """Nearest frame of a time."""
        return int(np.clip(round(time_s * self.rate_hz), 0, len(self.pelvis) - 1))

    def span(self, start_s: float, end_s: float) -> slice:
        """Frames from one time to another, both included."""
        return slice(self.frame(start_s), self.frame(end_s) + 1)

    def at(self, path: np.ndarray, time_s: float) -> np.ndarray:
        """A path (T, …) read between its frames."""
        place = np.clip(time_s * self.rate_hz, 0, len(path) - 1)
        before = min(int(place), len(path) - 2)
        share = place - before
        return (1 - share) * path[before] + share * path[before + 1]


def prepare(recording: MarkerRecording | JointMotion) -> Signals:
    """Paths, events, steps and strides of a walk.

    Raises:
        RecordingError: if the pelvis is not seen, or neither foot.
    """
    phases = detect_events(recording)
    points = foot_points(recording)
    rate = max(WORKING_HZ, recording.rate_hz)
    paths = {name: continuous(path, recording.rate_hz) for name, path in points.items()}
    joints, no_joints = _joints(recording)
    ahead = facing_direction(paths["across"], rate)
    found = {part: {s: paths.get(f"{s}_{part}") for s in SIDES} for part in ("heel", "toe")}
    steps = _without_closing(_steps(phases), found["heel"], ahead, rate)
    return Signals(
        rate_hz=rate,
        joints=joints,
        no_joints=no_joints,
        heel={side: path for side, path in found["heel"].items() if path is not None},
        toe={side: path for side, path in found["toe"].items() if path is not None},
        pelvis=paths["pelvis"],
        ahead=ahead,
        left=np.cross([0.0, 1.0, 0.0], ahead),
        phases=phases,
        steps=steps,
        strides=_strides(phases, steps),
        turn_steps=len(_strikes(phases)) - len(_strikes(phases, straight=True)),
    )


def _joints(recording) -> tuple[dict[str, np.ndarray], str]:
    if isinstance(recording, JointMotion):
        paths = recording.joints.astype(np.float64)
        found = {
            name: continuous(paths[:, i], recording.rate_hz) for i, name in enumerate(JOINT_NAMES)
        }
        return found, ""
    marker_set = recognise(recording.labels, recording.source, needs_all=False)
    sites = {
        site: continuous(recording.positions[:, column].astype(float), recording.rate_hz)
        for site, column in marker_set.columns(recording.labels).items()
    }
    sites = {site: path for site, path in sites.items() if path is not None}
    lacking = marker_set.missing(list(sites))
    if lacking:
        return {}, f"joint centres need {', '.join(lacking)}, not seen for long enough"
    centres = joint_centres(sites)
    return {name: centres[:, i] for i, name in enumerate(JOINT_NAMES)}, ""


def _strikes(phases: GaitPhases, straight: bool = False):
    events = phases.straight() if straight else phases.events
    return [event for event in events if event.kind == "heel_strike"]


def _steps(phases: GaitPhases) -> tuple[Step, ...]:
    """Steps between strikes of alternating feet, straight on, without pauses."""
    strikes = _strikes(phases, straight=True)
    pairs = [
        Step(b.side, a.time_s, b.time_s)
        for a, b in pairwise(strikes)
        if a.side != b.side and not _interrupted(phases, a.time_s, b.time_s)
    ]
    if not pairs:
        return ()
    longest = LONGEST_STEP * float(np.median([step.end_s - step.start_s for step in pairs]))
    return tuple(step for step in pairs if step.end_s - step.start_s <= longest)


def _without_closing(steps, heel, ahead, rate: float) -> tuple[Step, ...]:
    """Steps without a first or last one that only brings the feet together.

    A last one of that kind is the end of a stop, and the step before it, which brakes, goes too.
    """
    if len(steps) < 3 or any(path is None for path in heel.values()):
        return steps
    frames = [min(round(step.end_s * rate), len(ahead) - 1) for step in steps]
    apart = heel["left"] - heel["right"]
    lengths = np.array([abs(apart[frame] @ ahead[frame]) for frame in frames])
    whole = np.flatnonzero(lengths >= CLOSING_STEP * np.median(lengths))
    stop = whole[-1] + 1
    if stop < len(steps) and stop - _BRAKING_STEPS - whole[0] >= 2:
        stop -= _BRAKING_STEPS
    return steps[whole[0] : stop]


def _interrupted(phases: GaitPhases, start_s: float, end_s: float) -> bool:
    pauses = (*phases.turns, *phases.standing)
    return any(begin < end_s and end > start_s for begin, end in pauses)


def _strides(phases: GaitPhases, steps: tuple[Step, ...]) -> tuple[Stride, ...]:
    """Pairs of steps that follow each other."""
    strides = []
    for first, second in pairwise(steps):
        if first.end_s != second.start_s:
            continue
        lifts = {
            side: [
                event.time_s
                for event in phases.events
                if (event.side, event.kind) == (side, "toe_off")
            ]
            for side in SIDES
        }
        side, other = second.side, first.side
        strides.append(
            Stride(
                side,
                first.start_s,
                second.end_s,
                toe_off_s=_within(lifts[side], first.end_s, second.end_s),
                other_toe_off_s=_within(lifts[other], first.start_s, first.end_s),
                other_heel_strike_s=first.end_s,
            )
        )
    return tuple(strides)


def _within(times: list[float], start_s: float, end_s: float) -> float:
    return next((time for time in times if start_s <= time < end_s), float("nan"))

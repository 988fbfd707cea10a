"""Input of the gait parameters: paths without gaps, events, steps and strides."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from ..humanml3d import JOINT_NAMES
from ..motion.joint_centres import joint_paths
from ..motion.landmarks import landmarks_of
from ..motion.recording import JointMotion, MarkerRecording
from .annotated_events import EventSource
from .events import GaitPhases, detect_on_paths, overlaps
from .foot_paths import foot_paths

LONGEST_STEP = 2.0  # times the median step time; a longer step contains a pause
# Times the median step length: a shorter first or last step only brings the feet together.
CLOSING_STEP = 0.3
_BRAKING_STEPS = 1  # before the closing step: stopping takes two steps (Sparrow, Tirosh 2005)
SIDES = ("left", "right")
ENDS = ("start_s", "end_s")


@dataclass(frozen=True)
class Step:
    """From the heel strike of one foot to that of the other.

    Attributes:
        side: Side of the second heel strike, "left" or "right".
        start_s: Time of the first heel strike in seconds.
        end_s: Time of the second heel strike in seconds.
    """

    side: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Stride:
    """From a heel strike to the next one of the same foot; times of missing events are NaN.

    Attributes:
        side: Side of the foot, "left" or "right".
        start_s: Time of the first heel strike in seconds.
        end_s: Time of the second heel strike in seconds.
        toe_off_s: Toe-off of this foot in seconds.
        other_toe_off_s: Toe-off of the other foot after the start, in seconds.
        other_heel_strike_s: Heel strike of the other foot in seconds.
    """

    side: str
    start_s: float
    end_s: float
    toe_off_s: float
    other_toe_off_s: float
    other_heel_strike_s: float


@dataclass(frozen=True)
class Turn:
    """Turn of the pelvis in one direction.

    Attributes:
        start_s: Start in seconds.
        end_s: End in seconds.
        angle_deg: Angle turned, positive in both directions.
        heel_strikes: Number of heel strikes of both feet.
    """

    start_s: float
    end_s: float
    angle_deg: float
    heel_strikes: int


@dataclass(frozen=True, eq=False)
class Signals:
    """Paths, events, steps and strides of a walk, the input of the gait parameters.

    Attributes:
        rate_hz: Frames per second of the paths, 100 or more.
        joints: Joint → (T, 3) metres, for the joints that the recording determines.
        no_joints: Reason why the other joints are absent; empty if there are none.
        heel: Side → heel (T, 3) in metres, of the feet without a long gap.
        toe: Side → ball of the foot (T, 3) in metres, of the feet without a long gap.
        pelvis: Centre of the pelvis (T, 3) in metres.
        ahead: Horizontal unit vectors (T, 3), heading of the subject.
        left: Horizontal unit vectors (T, 3), to the left of the subject.
        phases: Gait events, turns and pauses.
        steps: Steps of straight walking without pauses.
        strides: Strides of straight walking without pauses.
        turns: Turns with their angles and heel strikes.
        is_flat: Whether the recording has two dimensions, so that nothing is known across the
            walking direction.
        cache: Results of measures that are computed only once; empty after `replace`.
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
    turns: tuple[Turn, ...]
    is_flat: bool = False
    cache: dict = field(default_factory=dict, repr=False, init=False)

    @property
    def belt(self) -> float:
        """Speed of the treadmill belt in m/s, 0 overground."""
        return self.phases.belt_speed_m_per_s or 0.0

    def frame(self, time_s: float) -> int:
        """Nearest frame of a time."""
        return min(max(round(time_s * self.rate_hz), 0), len(self.pelvis) - 1)

    def span(self, start_s: float, end_s: float) -> slice:
        """Frames from one time to another, both included."""
        return slice(self.frame(start_s), self.frame(end_s) + 1)

    def at(self, path: np.ndarray, time_s: float) -> np.ndarray:
        """Value of a path (T, …) at a time, interpolated linearly between frames."""
        position = min(max(time_s * self.rate_hz, 0), len(path) - 1)
        before = min(int(position), len(path) - 2)
        fraction = position - before
        return (1 - fraction) * path[before] + fraction * path[before + 1]

    def at_times(self, path: np.ndarray, times_s: np.ndarray) -> np.ndarray:
        """Values (…) + (…) of a path (T, …) at times (…), as `at` returns them for one time."""
        position = np.clip(times_s * self.rate_hz, 0, len(path) - 1)
        before = np.minimum(position.astype(int), len(path) - 2)
        fraction = (position - before).reshape(*before.shape, *(1,) * (path.ndim - 1))
        return (1 - fraction) * path[before] + fraction * path[before + 1]


def prepare(recording: MarkerRecording | JointMotion, events: EventSource = "detected") -> Signals:
    """Compute the paths, events, steps and strides of a walk.

    Args:
        recording: Markers of a known set, or joints.
        events: Events to use: "detected", or "file" for those annotated in the file.

    Returns:
        The signals at the working rate of the landmarks, 100 Hz or more.

    Raises:
        RecordingError: The marker set is unknown, or the pelvis or both heels are not seen.
    """
    paths = foot_paths(recording)
    phases = detect_on_paths(recording, paths, events)
    joints, no_joints = _joints(recording)
    ahead = paths.facing
    steps = _without_closing(_steps(phases), paths.heel, ahead, paths.rate_hz)
    return Signals(
        rate_hz=paths.rate_hz,
        joints=joints,
        no_joints=no_joints,
        heel=paths.heel,
        toe=paths.toe,
        pelvis=paths.pelvis,
        ahead=ahead,
        left=np.cross([0.0, 1.0, 0.0], ahead),
        phases=phases,
        steps=steps,
        strides=_strides(phases, steps),
        turns=_turns(phases, ahead, paths.rate_hz),
        is_flat="depth" in getattr(recording, "unmeasured", ()),
    )


def _joints(recording: MarkerRecording | JointMotion) -> tuple[dict[str, np.ndarray], str]:
    """Joint → path (T, 3), and the reason why joints are absent."""
    landmarks = landmarks_of(recording)
    if landmarks.marker_set is None:
        absent = [name for name in recording.unmeasured if name in JOINT_NAMES]
        listed = ", ".join(name.replace("_", " ") for name in absent)
        reason = f"the recording does not have {listed} throughout" if absent else ""
        names = [name for name in JOINT_NAMES if name not in absent]
        landmarks.clean_together(names)
        return {name: landmarks.path(name) for name in names}, reason
    landmarks.clean_together(landmarks.joint_sites)
    paths = {site: landmarks.path(site) for site in landmarks.joint_sites}
    sites = {site: path for site, path in paths.items() if path is not None}
    missing = landmarks.marker_set.missing(list(sites))
    reason = f"joint centres need {', '.join(missing)}, missing or with a long gap"
    return joint_paths(sites), reason if missing else ""


def _turns(phases: GaitPhases, ahead: np.ndarray, rate: float) -> tuple[Turn, ...]:
    """The turns with the angle between the headings (T, 3) at their starts and ends."""
    heading_deg = np.degrees(np.unwrap(np.arctan2(ahead[:, 0], ahead[:, 2])))
    strikes_s = np.array([event.time_s for event in _strikes(phases)])
    turns = []
    for start_s, end_s in phases.turns:
        first, last = (min(round(time_s * rate), len(ahead) - 1) for time_s in (start_s, end_s))
        heel_strikes = int(((strikes_s >= start_s) & (strikes_s <= end_s)).sum())
        angle_deg = float(abs(heading_deg[last] - heading_deg[first]))
        turns.append(Turn(start_s, end_s, angle_deg, heel_strikes))
    return tuple(turns)


def _strikes(phases: GaitPhases, straight: bool = False):
    events = phases.straight() if straight else phases.events
    return [event for event in events if event.kind == "heel_strike"]


def _steps(phases: GaitPhases) -> tuple[Step, ...]:
    """Steps between heel strikes of alternating feet in straight walking, without pauses."""
    strikes = _strikes(phases, straight=True)
    pairs = [Step(b.side, a.time_s, b.time_s) for a, b in pairwise(strikes) if a.side != b.side]
    pauses = (*phases.turns, *phases.standing)
    start_s, end_s = (np.array([getattr(step, name) for step in pairs]) for name in ENDS)
    interrupted = overlaps(pauses, start_s, end_s, with_ends=False)
    pairs = [step for step, is_paused in zip(pairs, interrupted, strict=True) if not is_paused]
    if not pairs:
        return ()
    longest = LONGEST_STEP * float(np.median([step.end_s - step.start_s for step in pairs]))
    return tuple(step for step in pairs if step.end_s - step.start_s <= longest)


def _without_closing(steps, heel, ahead, rate: float) -> tuple[Step, ...]:
    """Leave out first and last steps that only bring the feet together.

    A closing step at the end is the last of gait termination; the braking step before it is left
    out too.
    """
    if len(steps) < 3 or len(heel) < 2:
        return steps
    frames = [min(round(step.end_s * rate), len(ahead) - 1) for step in steps]
    between = heel["left"] - heel["right"]
    lengths = np.array([abs(between[frame] @ ahead[frame]) for frame in frames])
    whole = np.flatnonzero(lengths >= CLOSING_STEP * np.median(lengths))
    stop = whole[-1] + 1
    if stop < len(steps) and stop - _BRAKING_STEPS - whole[0] >= 2:
        stop -= _BRAKING_STEPS
    return steps[whole[0] : stop]


def _strides(phases: GaitPhases, steps: tuple[Step, ...]) -> tuple[Stride, ...]:
    """Pairs of consecutive steps."""
    strides = []
    toe_offs_s = {
        side: sorted(e.time_s for e in phases.events if (e.side, e.kind) == (side, "toe_off"))
        for side in SIDES
    }
    for first, second in pairwise(steps):
        if first.end_s != second.start_s:
            continue
        side, other = second.side, first.side
        strides.append(
            Stride(
                side,
                first.start_s,
                second.end_s,
                toe_off_s=_first_within(toe_offs_s[side], first.end_s, second.end_s),
                other_toe_off_s=_first_within(toe_offs_s[other], first.start_s, first.end_s),
                other_heel_strike_s=first.end_s,
            )
        )
    return tuple(strides)


def _first_within(times_s: list[float], start_s: float, end_s: float) -> float:
    """First of the sorted times from start to end, without the end; NaN if there is none."""
    index = bisect_left(times_s, start_s)
    return times_s[index] if index < len(times_s) and times_s[index] < end_s else float("nan")

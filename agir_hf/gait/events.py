"""Heel strikes and toe-offs, from the velocity of the feet.

A foot is fast in swing and does not move in stance; its events are between the two. The forward
velocity of the heel over the ground rises above a fraction of its peak at toe-off and falls below a
smaller fraction at heel strike (after O'Connor et al. 2007, Gait Posture 25:469, who use the
velocity of the foot, and Zeni et al. 2008, Gait Posture 27:710, who use its position relative to
the pelvis). All thresholds are relative to the subject's own swings or leg length, so that short
and slow steps are detected as well as long and fast ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import find_peaks, sosfiltfilt

from ..motion.landmarks import Landmarks, landmarks_of
from ..motion.recording import GaitEvent, JointMotion, MarkerRecording, RecordingError
from ..motion.resampling import LONGEST_GAP_S, low_pass
from .treadmill import belt_speed

# Toe-off is the weighted mean of two times: this is the weight of the time at which the toe is
# farthest behind the pelvis; the other is the time from the heel velocity.
BEHIND_SHARE = 0.5
STRIKE_SHARE, LIFT_SHARE = 0.10, 0.40  # of the peak velocity of the swing
SWING_SHARE = 0.15  # of the 75th percentile of the peaks: lower peaks are not swings
SWING_FROUDE = 0.08  # peak velocity / sqrt(g leg length); a slower movement is not a step
# A swing carries the foot from all its positions in the second before to those in the second after
# by this fraction of the leg length: a foot that goes back and forth does not take a step.
SWING_LENGTH, AROUND_SWING_S = 0.06, 1.0
OTHER_FOOT_SHARE = (
    0.7  # at the peak of a swing the other foot is slower than this share of the peak
)
# The sole is rigid: its length differs from the median by more than this share in so many frames
# only if a marker is mislabelled or jumps.
SOLE_CHANGE, SOLE_FRAMES = 0.5, 0.05
SHORTEST_CYCLE_S = 0.40  # from swing to swing of one foot; runners take 0.6 s
# A turn: the pelvis, smoothed over a stride, turns faster than this, and by more than that in total
# (El-Gohary et al. 2014, Sensors 14:356, for a sensor at the waist). Patients turn slowly.
TURN_DEG_PER_S, TURN_DEG = 15.0, 45.0
STANDING_S = 1.5  # without a swing of either foot
BACKWARD_M_PER_S = 0.2  # a pelvis that moves backwards faster than this goes backwards
HEADING_CUTOFF_HZ = 0.5  # below the stride frequency, so that pelvic rotation is removed
_GRAVITY = 9.81
_SIDES = ("left", "right")


@dataclass(frozen=True, eq=False)
class GaitPhases:
    """Gait events, turns and pauses of a walk.

    Attributes:
        events (`tuple[GaitEvent, ...]`):
            Heel strikes and toe-offs in order of time, including those in turns.
        turns (`tuple[tuple[float, float], ...]`):
            Start and end of each turn of the pelvis, in seconds.
        standing (`tuple[tuple[float, float], ...]`):
            Start and end of each pause without a swing of either foot, in seconds.
        belt_speed_m_per_s (`float`, *optional*):
            Speed of the treadmill belt; `None` overground.
        resolution_s (`float`):
            Half the time between two frames of the recording, the limit of the timing accuracy.
        absent (`dict[str, str]`):
            Side → reason why this foot has no events.
        no_steps (`str`):
            Reason why the recording has no steps; "" if there are heel strikes.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.gait import detect_events
        >>> from agir_hf.motion import read_recording
        >>> phases = detect_events(read_recording(agir_hf.SAMPLE_RECORDING))
        >>> len(phases.events), len(phases.straight()), phases.turns
        (23, 23, ())
        >>> phases.belt_speed_m_per_s is None
        True

        ```
    """

    events: tuple[GaitEvent, ...]
    turns: tuple[tuple[float, float], ...]
    standing: tuple[tuple[float, float], ...]
    belt_speed_m_per_s: float | None
    resolution_s: float
    absent: dict[str, str]
    no_steps: str = ""

    def straight(self) -> tuple[GaitEvent, ...]:
        """Events outside turns."""
        return tuple(
            event
            for event in self.events
            if not any(start <= event.time_s <= end for start, end in self.turns)
        )


@dataclass(frozen=True, eq=False)
class FootPaths:
    """Paths of the pelvis and the feet at the working rate, (N, 3) in metres, Y up.

    Attributes:
        pelvis: Centre of the pelvis; None if it has a gap that is too long.
        across: Vector from the right to the left of the pelvis; None for the same reason.
        heel: Side → heel, for the feet whose path has no long gap.
        toe: Side → ball of the foot, for the feet whose path has no long gap.
        rate_hz: Frames per second.
    """

    pelvis: np.ndarray | None
    across: np.ndarray | None
    heel: dict[str, np.ndarray]
    toe: dict[str, np.ndarray]
    rate_hz: float


def detect_events(recording: MarkerRecording | JointMotion) -> GaitPhases:
    """Detect heel strikes and toe-offs of a walk, overground or on a treadmill.

    Paths are interpolated to 100 Hz at least and filtered at 10 Hz. A swing is a peak in the
    forward velocity of the heel while the other foot stays, after which the foot lands ahead of
    where it was; toe-off and heel strike are where the velocity crosses a fraction of this peak
    before and after it, with the time of toe-off averaged with that of the toe's farthest position
    behind the pelvis. On a treadmill, which is inferred only if both feet move backwards at one
    speed in several stances, the belt speed is estimated and added.

    Args:
        recording (`MarkerRecording` or `JointMotion`):
            Markers of a known set, of which heel, toe and pelvis are used, or joints at any rate,
            of which heel (ankle, if the recording has no heels) and ball of the foot are used.

    Returns:
        [`GaitPhases`]: Events, turns and pauses. A foot that is missing, mislabelled or has a long
        gap has no events, and `absent` has the reason.

    Raises:
        RecordingError: The marker set is unknown, or the pelvis or both heels are not seen.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.gait import detect_events
        >>> from agir_hf.motion import read_recording
        >>> phases = detect_events(read_recording(agir_hf.SAMPLE_RECORDING))
        >>> event = phases.events[0]
        >>> event.side, event.kind, round(event.time_s, 2)
        ('left', 'toe_off', 0.38)

        ```
    """
    name, paths = recording.source or "the recording", foot_paths(recording)
    if paths.pelvis is None or paths.across is None:
        raise RecordingError(
            f"{name} has a gap of over {LONGEST_GAP_S:g} s in the pelvis markers: fill the gap or "
            "cut the trial"
        )
    absent = {
        side: f"the {side} heel is not seen or has a gap of over {LONGEST_GAP_S:g} s"
        for side in _SIDES
        if side not in paths.heel
    }
    if not paths.heel:
        raise RecordingError(
            f"{name} has no usable heel marker: {'; '.join(absent.values())}: label the heels and "
            "fill their gaps"
        )
    absent |= _mislabelled(paths)
    rate, facing = paths.rate_hz, facing_direction(paths.across, paths.rate_hz)
    speeds = {side: _forward_speed(heel, facing, rate) for side, heel in paths.heel.items()}
    pelvis_speed = _forward_speed(paths.pelvis, facing, rate)
    belt = belt_speed(speeds, pelvis_speed, rate)
    speeds = {side: speed + (belt or 0.0) for side, speed in speeds.items() if side not in absent}
    swings = {side: _swings(paths, side, speeds, facing) for side in speeds}
    events = [event for side in swings for event in _events(side, swings[side])]
    walked = absent or any(event.kind == "heel_strike" for event in events)
    return GaitPhases(
        events=tuple(sorted(events, key=lambda event: (event.time_s, event.side))),
        turns=_turns(facing, rate),
        standing=_pauses(swings, (len(paths.pelvis) - 1) / rate),
        belt_speed_m_per_s=belt,
        resolution_s=0.5 / recording.rate_hz,
        absent=absent,
        no_steps="" if walked else _no_steps(float(pelvis_speed.mean()), bool(events)),
    )


def _mislabelled(paths: FootPaths) -> dict[str, str]:
    """Side → reason, for the feet whose heel and toe cannot be on one rigid sole."""
    reasons = {}
    for side in paths.heel.keys() & paths.toe.keys():
        length_m = np.linalg.norm(paths.heel[side] - paths.toe[side], axis=1)
        change_m = np.abs(length_m - np.median(length_m))
        if (change_m > SOLE_CHANGE * np.median(length_m)).mean() > SOLE_FRAMES:
            low, high = np.percentile(length_m, [1, 99])
            reasons[side] = (
                f"heel and ball of the {side} foot are {low:.2f} to {high:.2f} m from each other, "
                "expected a constant distance: check their labels"
            )
    return reasons


def _no_steps(pelvis_m_per_s: float, lifted: bool) -> str:
    """Reason for a recording without heel strikes; with toe-offs if a foot was lifted."""
    if lifted:
        return "the recording ends before a foot lands: record a longer walk"
    if pelvis_m_per_s < -BACKWARD_M_PER_S:
        return (
            f"the pelvis moves backwards at {-pelvis_m_per_s:.2f} m/s: left and right labels are "
            "swapped, or the person walks backwards"
        )
    return (
        "neither foot lands ahead of its last position: the person is standing, sitting or moving "
        "in one place (a treadmill is recognized from two stances of each foot on the moving belt)"
    )


def foot_paths(recording: MarkerRecording | JointMotion) -> FootPaths:
    """Return the paths of the pelvis and the feet, gap-free and low-pass filtered at 10 Hz.

    Args:
        recording: Markers of a known set, or joints.

    Returns:
        The paths at the working rate of the landmarks.

    Raises:
        RecordingError: The marker set is unknown, or the pelvis has no ASIS markers.
    """
    landmarks = landmarks_of(recording)
    if landmarks.marker_set is None:
        pelvis = landmarks.path("pelvis")
        across = landmarks.difference_path("left_hip", "right_hip")
        heel_sites, toe_sites = ("heel", "ankle"), ("foot",)
    else:
        if not {"left_asis", "right_asis"} <= landmarks.columns.keys():
            raise RecordingError(
                f"{landmarks.source} has no ASIS markers, expected them for the heading of the "
                "pelvis: label them"
            )
        pelvis = landmarks.midpoint_path("left_asis", "right_asis")
        across = landmarks.difference_path("left_asis", "right_asis")
        heel_sites, toe_sites = ("heel",), ("metatarsal_2", "metatarsal_1", "metatarsal_5")
    heel, toe = (_side_paths(landmarks, sites) for sites in (heel_sites, toe_sites))
    return FootPaths(pelvis, across, heel, toe, landmarks.working_rate_hz)


def _side_paths(landmarks: Landmarks, sites: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Side → path of the first site that the recording has, where its gaps are short."""
    paths = {}
    for side in _SIDES:
        names = [f"{side}_{site}" for site in sites if f"{side}_{site}" in landmarks.columns]
        path = landmarks.path(names[0]) if names else None
        if path is not None:
            paths[side] = path
    return paths


def facing_direction(across: np.ndarray, rate: float) -> np.ndarray:
    """Compute the heading of the pelvis, without its rotation within a stride.

    Args:
        across: Vectors (T, 3) from the right to the left of the pelvis.
        rate: Frames per second.

    Returns:
        Horizontal unit vectors (T, 3).
    """
    ahead = np.cross(across, [0.0, 1.0, 0.0])
    angle = np.unwrap(np.arctan2(ahead[:, 0], ahead[:, 2]))
    sos = low_pass(HEADING_CUTOFF_HZ, rate)
    angle = sosfiltfilt(sos, angle, padlen=min(len(angle) - 1, int(2 * rate)))
    return np.stack([np.sin(angle), np.zeros_like(angle), np.cos(angle)], axis=1)


def _forward_speed(path: np.ndarray, facing: np.ndarray, rate: float) -> np.ndarray:
    """Speed (T,) of a path (T, 3) along the heading (T, 3), in m/s."""
    return (np.gradient(path, 1 / rate, axis=0) * facing).sum(axis=1)


def _leg_length(paths: FootPaths) -> float:
    """Height of the pelvis above the floor in metres, as an estimate of the leg length."""
    floor = min(np.percentile(heel[:, 1], 2) for heel in paths.heel.values())
    return float(np.clip(np.median(paths.pelvis[:, 1]) - floor, 0.3, 1.4))


@dataclass(frozen=True)
class _Swing:
    toe_off_s: float  # NaN if it is before the recording
    peak_s: float
    heel_strike_s: float  # NaN if it is after the recording


def _swings(paths: FootPaths, side: str, speeds: dict[str, np.ndarray], facing) -> list[_Swing]:
    """Swings of one foot.

    Args:
        paths: Paths of the pelvis and the feet.
        side: Side of the foot, "left" or "right".
        speeds: Side → speed (T,) of the heel over the floor or belt along the heading, in m/s.
        facing: Heading (T, 3).
    """
    toe, rate, speed = paths.toe.get(side, paths.heel[side]), paths.rate_hz, speeds[side]
    leg_m = _leg_length(paths)
    behind = ((paths.pelvis - toe) * facing).sum(axis=1)
    lowest_peak = SWING_FROUDE * np.sqrt(_GRAVITY * leg_m)
    peaks, _ = find_peaks(speed, height=lowest_peak, distance=max(int(SHORTEST_CYCLE_S * rate), 1))
    if not len(peaks):
        return []
    lowest_peak = max(lowest_peak, SWING_SHARE * float(np.percentile(speed[peaks], 75)))
    others = [other for name, other in speeds.items() if name != side]
    swings = []
    for peak in peaks[speed[peaks] >= lowest_peak]:
        if any(other[peak] >= OTHER_FOOT_SHARE * speed[peak] for other in others):
            continue
        toe_off = _crossing(speed, peak, LIFT_SHARE * speed[peak], -1)
        heel_strike = _crossing(speed, peak, STRIKE_SHARE * speed[peak], 1)
        farthest = _farthest_behind(behind, peak, toe_off, rate)
        toe_off = (1 - BEHIND_SHARE) * toe_off + BEHIND_SHARE * farthest
        if _advance_m(speed, toe_off, heel_strike, rate) >= SWING_LENGTH * leg_m:
            swings.append(_Swing(toe_off / rate, peak / rate, heel_strike / rate))
    return swings


def _advance_m(speed: np.ndarray, toe_off: float, heel_strike: float, rate: float) -> float:
    """Least distance in metres from the positions before a swing to those after it."""
    first, last = (
        int(np.clip(np.nan_to_num(frame, nan=edge), 0, len(speed) - 1))
        for frame, edge in ((toe_off, 0), (heel_strike, len(speed) - 1))
    )
    around = int(AROUND_SWING_S * rate)
    begin = max(first - around, 0)
    position_m = np.r_[0.0, np.cumsum(speed[begin : last + around + 1])] / rate
    return float(position_m[last + 1 - begin :].min() - position_m[: first - begin + 1].max())


def _farthest_behind(behind: np.ndarray, peak: int, toe_off: float, rate: float) -> float:
    """Frame near toe-off, before the peak, at which the toe is farthest behind the pelvis."""
    if np.isnan(toe_off):
        return toe_off
    reach = int(0.15 * rate)
    first = max(int(toe_off) - reach, 0)
    return first + float(behind[first : min(int(toe_off) + reach, peak) + 1].argmax())


def _crossing(speed: np.ndarray, peak: int, level: float, direction: int) -> float:
    """Frame, with its fraction, at which a speed first falls below a level; NaN if never.

    Args:
        speed: Speed (T,).
        peak: Frame to start from.
        level: Speed to fall below.
        direction: 1 to search forwards in time, -1 to search backwards.
    """
    path = speed[peak:] if direction > 0 else speed[peak::-1]
    below = np.flatnonzero(path < level)
    if not len(below):
        return float("nan")
    after = below[0]
    fraction = (path[after - 1] - level) / (path[after - 1] - path[after])
    return float(peak + direction * (after - 1 + fraction))


def _events(side: str, swings: list[_Swing]) -> list[GaitEvent]:
    events = []
    for swing in swings:
        for kind, time_s in (("toe_off", swing.toe_off_s), ("heel_strike", swing.heel_strike_s)):
            if np.isfinite(time_s):
                events.append(GaitEvent(time_s, side, kind))
    return events


def _turns(facing: np.ndarray, rate: float) -> tuple[tuple[float, float], ...]:
    """Start and end in seconds of turns, each in one direction."""
    angle = np.degrees(np.unwrap(np.arctan2(facing[:, 0], facing[:, 2])))
    speed = np.gradient(angle, 1 / rate)
    turns = []
    for direction in (1, -1):
        fast = np.r_[False, direction * speed > TURN_DEG_PER_S, False]
        for start, end in np.flatnonzero(np.diff(fast.astype(int))).reshape(-1, 2):
            if abs(angle[end - 1] - angle[start]) >= TURN_DEG:
                turns.append((float(start / rate), float(end / rate)))
    return tuple(sorted(turns))


def _pauses(swings: dict[str, list[_Swing]], duration_s: float) -> tuple[tuple[float, float], ...]:
    """Start and end in seconds of times without a swing of either foot."""
    spans = [(0.0, 0.0), (duration_s, duration_s)]
    for swing in (swing for side_swings in swings.values() for swing in side_swings):
        start = swing.peak_s if np.isnan(swing.toe_off_s) else swing.toe_off_s
        end = swing.peak_s if np.isnan(swing.heel_strike_s) else swing.heel_strike_s
        spans.append((start, end))
    spans.sort()
    pauses, last_end = [], 0.0
    for start, end in spans:
        if start - last_end >= STANDING_S:
            pauses.append((last_end, start))
        last_end = max(last_end, end)
    return tuple(pauses)

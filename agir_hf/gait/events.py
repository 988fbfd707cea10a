"""Heel strikes and toe offs from how the feet travel.

A foot in swing travels fast and a foot in stance stands; in between lie its events. The heel's
forward velocity over the ground rises through a share of its peak at toe off and falls through a
smaller share at heel strike (after O'Connor et al. 2007, Gait Posture 25:469, who use the foot's
velocity, and Zeni et al. 2008, Gait Posture 27:710, who use its place relative to the pelvis).
Every threshold is a share of the walker's own swing or of his leg, so that short and slow steps
are found as long and fast ones are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import butter, find_peaks, sosfiltfilt

from ..humanml3d import JOINT_NAMES
from ..motion.marker_sets import recognise
from ..motion.recording import GaitEvent, JointMotion, MarkerRecording, RecordingError
from ..motion.resampling import LONGEST_GAP_S, WORKING_HZ, continuous

BEHIND_SHARE = 0.5  # of toe off that the toe's place tells, the rest the velocity
STRIKE_SHARE, LIFT_SHARE = 0.10, 0.40  # of the swing's peak velocity
SWING_SHARE = 0.15  # of the walker's fast swings: smaller peaks are no swing
SWING_FROUDE = 0.08  # peak velocity over sqrt(g leg): slower is shifting a foot, not a step
SWING_LENGTH = 0.06  # of the leg, from toe off to heel strike
SHORTEST_CYCLE_S = 0.40  # from swing to swing of one foot; runners take 0.6 s
# A turn: the pelvis, smoothed over a stride, turns faster than this, and through more than that in
# all (El-Gohary et al. 2014, Sensors 14:356, of a sensor at the waist). Patients turn slowly.
TURN_DEG_PER_S, TURN_DEG = 15.0, 45.0
STANDING_S = 1.5  # without a swing of either foot
TREADMILL_SHARE = 0.3  # pelvis over belt: less is walking on the spot
_GRAVITY = 9.81
_SIDES = ("left", "right")


@dataclass(frozen=True, eq=False)
class GaitPhases:
    """When the feet strike and leave the floor, and when nobody walks straight on.

    Attributes:
        events: heel strikes and toe offs in order of time, those in turns included.
        turns: (start, end) in s, in which the pelvis turns.
        standing: (start, end) in s, in which no foot swings.
        belt_speed_m_per_s: of a treadmill, None overground.
        resolution_s: half the time between frames: the timing is no better.
        absent: side → why it has no events.
    """

    events: tuple[GaitEvent, ...]
    turns: tuple[tuple[float, float], ...]
    standing: tuple[tuple[float, float], ...]
    belt_speed_m_per_s: float | None
    resolution_s: float
    absent: dict[str, str]

    def straight(self) -> tuple[GaitEvent, ...]:
        """Events that lie in no turn."""
        return tuple(
            event
            for event in self.events
            if not any(start <= event.time_s <= end for start, end in self.turns)
        )


def detect_events(recording: MarkerRecording | JointMotion) -> GaitPhases:
    """Heel strikes and toe offs of a walk, overground or on a treadmill.

    Args:
        recording: markers of a known set (heel, toe and pelvis are used), or joints at any rate
            (ankle and ball of the foot stand for heel and toe).

    Returns:
        [`GaitPhases`]. A foot of which too little is seen has no events, and ``absent`` says why.

    Raises:
        RecordingError: if the pelvis is not seen, or neither foot.
    """
    name = recording.source or "the recording"
    points = foot_points(recording)
    absent, feet = {}, {}
    pelvis, across = (continuous(points[key], recording.rate_hz) for key in ("pelvis", "across"))
    if pelvis is None or across is None:
        raise RecordingError(
            f"{name} has no pelvis in sight without a gap of over {LONGEST_GAP_S:g} s: fill it"
        )
    for side in _SIDES:
        heel, toe = (points.get(f"{side}_{part}") for part in ("heel", "toe"))
        heel = None if heel is None else continuous(heel, recording.rate_hz)
        toe = None if toe is None else continuous(toe, recording.rate_hz)
        if heel is None:
            absent[side] = f"the {side} heel is not seen without a gap of over {LONGEST_GAP_S:g} s"
        else:
            feet[side] = (heel, heel if toe is None else toe)
    if not feet:
        raise RecordingError(f"{name} has no foot in sight: {'; '.join(absent.values())}")

    rate = max(WORKING_HZ, recording.rate_hz)
    facing = facing_direction(across, rate)
    leg_m = _leg_length(pelvis, [heel for heel, _ in feet.values()])
    belt = _belt_speed(pelvis, feet, facing, rate)
    swings = {
        side: _swings(heel, toe, pelvis, facing, belt or 0.0, leg_m, rate)
        for side, (heel, toe) in feet.items()
    }
    events = [event for side, found in swings.items() for event in _events(side, found)]
    duration_s = (len(pelvis) - 1) / rate
    return GaitPhases(
        events=tuple(sorted(events, key=lambda event: (event.time_s, event.side))),
        turns=_turns(facing, rate),
        standing=_pauses(swings, duration_s),
        belt_speed_m_per_s=belt,
        resolution_s=0.5 / recording.rate_hz,
        absent=absent,
    )


def foot_points(recording: MarkerRecording | JointMotion) -> dict[str, np.ndarray]:
    """Pelvis, line across it, heels and toes (T, 3), at the recording's rate and with its gaps.

    Raises:
        RecordingError: if the marker set is unknown or the pelvis has no ASIS markers.
    """
    name = recording.source or "the recording"
    if isinstance(recording, JointMotion):
        joint = {label: recording.joints[:, i].astype(float) for i, label in enumerate(JOINT_NAMES)}
        points = {"pelvis": joint["pelvis"], "across": joint["left_hip"] - joint["right_hip"]}
        for side in _SIDES:
            points[f"{side}_heel"] = joint[f"{side}_ankle"]
            points[f"{side}_toe"] = joint[f"{side}_foot"]
        return points
    columns = recognise(recording.labels, name, needs_all=False).skin_columns(recording.labels)
    site = {s: recording.positions[:, column].astype(float) for s, column in columns.items()}
    if "left_asis" not in site or "right_asis" not in site:
        raise RecordingError(f"{name} has no ASIS markers, which tell where the walker faces")
    points = {
        "pelvis": (site["left_asis"] + site["right_asis"]) / 2,
        "across": site["left_asis"] - site["right_asis"],
    }
    for side in _SIDES:
        if f"{side}_heel" in site:
            points[f"{side}_heel"] = site[f"{side}_heel"]
        balls = [
            site[f"{side}_metatarsal_{n}"] for n in (2, 1, 5) if f"{side}_metatarsal_{n}" in site
        ]
        if balls:
            points[f"{side}_toe"] = balls[0]
    return points


def facing_direction(across: np.ndarray, rate: float) -> np.ndarray:
    """Where the walker faces (T, 3), level, its sway over a stride smoothed out."""
    ahead = np.cross(across, [0.0, 1.0, 0.0])
    angle = np.unwrap(np.arctan2(ahead[:, 0], ahead[:, 2]))
    sos = butter(2, 0.5, fs=rate, output="sos")
    angle = sosfiltfilt(sos, angle, padlen=min(len(angle) - 1, int(2 * rate)))
    return np.stack([np.sin(angle), np.zeros_like(angle), np.cos(angle)], axis=1)


def _leg_length(pelvis: np.ndarray, heels: list[np.ndarray]) -> float:
    """Metres from the pelvis down to the floor."""
    floor = min(np.percentile(heel[:, 1], 2) for heel in heels)
    return float(np.clip(np.median(pelvis[:, 1]) - floor, 0.3, 1.4))


def _belt_speed(pelvis, feet, facing, rate: float) -> float | None:
    """Speed of the belt under a walker who stays where he is; None overground.

    In stance a foot goes with the floor: half of the time or more it is the slowest thing.
    """
    backward = [
        -np.percentile((np.gradient(heel, 1 / rate, axis=0) * facing).sum(axis=1), 35)
        for heel, _ in feet.values()
    ]
    belt = float(np.mean(backward))
    own = float(np.mean((np.gradient(pelvis, 1 / rate, axis=0) * facing).sum(axis=1)))
    return belt if belt > 0.15 and abs(own) < TREADMILL_SHARE * belt else None


@dataclass(frozen=True)
class _Swing:
    toe_off_s: float  # NaN where it lies before the recording
    peak_s: float
    heel_strike_s: float  # NaN where it lies after it


def _swings(heel, toe, pelvis, facing, belt: float, leg_m: float, rate: float) -> list[_Swing]:
    speed = (np.gradient(heel, 1 / rate, axis=0) * facing).sum(axis=1) + belt
    behind = ((pelvis - toe) * facing).sum(axis=1)
    least = SWING_FROUDE * np.sqrt(_GRAVITY * leg_m)
    peaks, _ = find_peaks(speed, height=least, distance=max(int(SHORTEST_CYCLE_S * rate), 1))
    if not len(peaks):
        return []
    least = max(least, SWING_SHARE * float(np.percentile(speed[peaks], 75)))
    found = []
    for peak in peaks[speed[peaks] >= least]:
        lift = _crossing(speed, peak, LIFT_SHARE * speed[peak], -1)
        strike = _crossing(speed, peak, STRIKE_SHARE * speed[peak], 1)
        lift = (1 - BEHIND_SHARE) * lift + BEHIND_SHARE * _behind(behind, peak, lift, rate)
        first, last = (int(np.clip(np.nan_to_num(x, nan=e), 0, len(speed) - 1))
                       for x, e in ((lift, 0), (strike, len(speed) - 1)))  # fmt: skip
        if speed[first : last + 1].sum() / rate >= SWING_LENGTH * leg_m:
            found.append(_Swing(lift / rate, peak / rate, strike / rate))
    return found


def _behind(behind: np.ndarray, peak: int, lift: float, rate: float) -> float:
    """Frame at which the toe is farthest behind the pelvis, near a lift and before the peak."""
    if np.isnan(lift):
        return lift
    reach = int(0.15 * rate)
    first = max(int(lift) - reach, 0)
    return first + float(behind[first : min(int(lift) + reach, peak) + 1].argmax())


def _crossing(speed: np.ndarray, peak: int, level: float, way: int) -> float:
    """Frame, with its fraction, at which a speed first falls below a level, or NaN."""
    path = speed[peak:] if way > 0 else speed[peak::-1]
    below = np.flatnonzero(path < level)
    if not len(below):
        return float("nan")
    after = below[0]
    share = (path[after - 1] - level) / (path[after - 1] - path[after])
    return float(peak + way * (after - 1 + share))


def _events(side: str, swings: list[_Swing]) -> list[GaitEvent]:
    events = []
    for swing in swings:
        for kind, time_s in (("toe_off", swing.toe_off_s), ("heel_strike", swing.heel_strike_s)):
            if np.isfinite(time_s):
                events.append(GaitEvent(time_s, side, kind))
    return events


def _turns(facing: np.ndarray, rate: float) -> tuple[tuple[float, float], ...]:
    """(start, end) in s of turns to one side."""
    angle = np.degrees(np.unwrap(np.arctan2(facing[:, 0], facing[:, 2])))
    speed = np.gradient(angle, 1 / rate)
    turns = []
    for way in (1, -1):
        fast = np.r_[False, way * speed > TURN_DEG_PER_S, False]
        for start, end in np.flatnonzero(np.diff(fast.astype(int))).reshape(-1, 2):
            if abs(angle[end - 1] - angle[start]) >= TURN_DEG:
                turns.append((float(start / rate), float(end / rate)))
    return tuple(sorted(turns))


def _pauses(swings: dict[str, list[_Swing]], duration_s: float) -> tuple[tuple[float, float], ...]:
    """Times between swings, of either foot, in which nobody steps."""
    spans = [(0.0, 0.0), (duration_s, duration_s)]
    for found in swings.values():
        for swing in found:
            start = swing.peak_s if np.isnan(swing.toe_off_s) else swing.toe_off_s
            end = swing.peak_s if np.isnan(swing.heel_strike_s) else swing.heel_strike_s
            spans.append((start, end))
    spans.sort()
    pauses, reached = [], 0.0
    for start, end in spans:
        if start - reached >= STANDING_S:
            pauses.append((reached, start))
        reached = max(reached, end)
    return tuple(pauses)

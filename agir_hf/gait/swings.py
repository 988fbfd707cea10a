"""Swings of one foot, with toe-off before and heel strike after each.

A swing is a peak in the forward velocity of the heel while the other foot stays. The first and the
last swing may be cut by the start and the end of the recording, and then have one of the events.

Heel strike. The heel is on the floor when its point of contact stops. The marker on the heel goes
on moving while the foot rolls down on the heel, by the angular velocity of the sole times the
height of the marker; this part is subtracted. What is left falls below a fraction of its peak
(after O'Connor et al. 2007, Gait Posture 25:469, who use the velocity of the foot). In slow
shuffling the peak is high for the walking speed, and a foot creeps on for 50 ms below a fraction of
the peak: the velocity also has to fall below a fraction of the walking speed, and not to rise again
at once. Last, the heel must not be falling: a foot that stops above the floor lands later.

Toe-off. The mean of two times: the velocity of the toe rises above a fraction of its own peak, and
the toe is farthest behind the pelvis (Zeni et al. 2008, Gait Posture 27:710). The velocity of the
heel would be early in shuffling, because the heel moves forward while the foot rolls over the toes.

All thresholds are relative to the subject's own swings, walking speed or leg length, so that short
and slow steps are detected as well as long and fast ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.ndimage import uniform_filter1d
from scipy.signal import find_peaks

from .foot_paths import FootPaths, forward_speed, leg_length

STRIKE_SHARE = 0.10  # of the peak velocity of the swing
STRIKE_PELVIS_SHARE = 0.20  # of the walking speed; the lower of both
LEAST_STRIKE_SHARE, LEAST_STRIKE_M_PER_S = 0.03, 0.02  # not lower than this: noise of the markers
WALKING_SPEED_S = 2.0  # the walking speed is the mean over this time
HEEL_HEIGHT = 0.05  # of the marker on the heel above the floor, relative to leg length
RESUMED_S = 0.10  # a foot that is again faster than STRIKE_SHARE within this time has not landed
FALLING_M_PER_S, LONGEST_FALL_S = 0.10, 0.10  # a heel that falls faster has not landed
# A foot that is slower than this share and lands within this time after the last frame has landed.
LANDING_SHARE, END_S = 0.25, 0.03
TOE_SHARE = 0.25  # of the peak velocity of the toe
HEEL_LIFT_SHARE = 0.40  # of the peak velocity of the heel, for a foot without a toe marker
SWING_SHARE = 0.15  # of the 75th percentile of the peaks: lower peaks are not swings
SWING_FROUDE = 0.08  # peak velocity / sqrt(g leg length); a slower movement is not a step
# A swing carries the foot from all its positions in the second before to those in the second after
# by this fraction of the leg length: a foot that goes back and forth does not take a step.
SWING_LENGTH, AROUND_SWING_S = 0.06, 1.0
# At the peak of a swing the other foot is slower than this share of the peak.
OTHER_FOOT_SHARE = 0.7
SHORTEST_CYCLE_S = 0.40  # from swing to swing of one foot; runners take 0.6 s
_TOE_PEAK_S = 0.25  # from the peak velocity of the heel to that of the toe, at most
_GRAVITY = 9.81


@dataclass(frozen=True)
class Swing:
    """One swing of a foot; times in seconds.

    Attributes:
        toe_off_s: Toe-off; NaN if it is before the recording.
        peak_s: Time of the highest forward velocity of the heel.
        heel_strike_s: Heel strike; NaN if it is after the recording.
    """

    toe_off_s: float
    peak_s: float
    heel_strike_s: float


@dataclass(frozen=True, eq=False)
class FootMotion:
    """Motion of one foot over the floor or belt, the input of its swings.

    Attributes:
        heel: Heel (T, 3) in metres, Y up.
        toe: Ball of the foot (T, 3) in metres; None if it is not recorded.
        pelvis: Pelvis (T, 3) in metres.
        facing: Heading (T, 3), unit vectors.
        belt_m_per_s: Speed of the treadmill belt; 0 overground.
        leg_m: Leg length in metres.
        rate_hz: Frames per second.
    """

    heel: np.ndarray
    toe: np.ndarray | None
    pelvis: np.ndarray
    facing: np.ndarray
    belt_m_per_s: float
    leg_m: float
    rate_hz: float

    def _speed(self, path: np.ndarray) -> np.ndarray:
        return forward_speed(path, self.facing, self.rate_hz) + self.belt_m_per_s

    @cached_property
    def heel_speed(self) -> np.ndarray:
        """Forward speed (T,) of the heel in m/s."""
        return self._speed(self.heel)

    @cached_property
    def toe_speed(self) -> np.ndarray:
        """Forward speed (T,) of the ball of the foot in m/s, or of the heel."""
        return self.heel_speed if self.toe is None else self._speed(self.toe)

    @cached_property
    def contact_speed(self) -> np.ndarray:
        """Forward speed (T,) in m/s of the point of the sole under the heel."""
        if self.toe is None:
            return self.heel_speed
        sole = self.toe - self.heel
        pitch = np.arctan2(sole[:, 1], np.hypot(sole[:, 0], sole[:, 2]))  # positive with toes up
        return self.heel_speed + HEEL_HEIGHT * self.leg_m * np.gradient(pitch, 1 / self.rate_hz)

    @cached_property
    def vertical_speed(self) -> np.ndarray:
        """Vertical speed (T,) of the heel in m/s."""
        return np.gradient(self.heel[:, 1], 1 / self.rate_hz)

    @cached_property
    def walking_speed(self) -> np.ndarray:
        """Forward speed (T,) of the pelvis in m/s, over `WALKING_SPEED_S`."""
        frames = max(int(WALKING_SPEED_S * self.rate_hz), 1)
        return uniform_filter1d(self._speed(self.pelvis), frames, mode="nearest")

    @cached_property
    def behind(self) -> np.ndarray:
        """Distance (T,) in metres by which the toe is behind the pelvis."""
        toe = self.heel if self.toe is None else self.toe
        return ((self.pelvis - toe) * self.facing).sum(axis=1)


def foot_motions(paths: FootPaths, facing: np.ndarray, belt: float) -> dict[str, FootMotion]:
    """Side → motion of this foot.

    Args:
        paths: Paths of the pelvis and the feet.
        facing: Heading (T, 3), unit vectors.
        belt: Speed of the treadmill belt in m/s; 0 overground.
    """
    leg_m = leg_length(paths)
    return {
        side: FootMotion(
            heel, paths.toe.get(side), paths.pelvis, facing, belt, leg_m, paths.rate_hz
        )
        for side, heel in paths.heel.items()
    }


def swings_of(foot: FootMotion, others: list[FootMotion]) -> list[Swing]:
    """Swings of one foot.

    Args:
        foot: Motion of the foot.
        others: Motion of the other foot, if it is usable.
    """
    rate, speed = foot.rate_hz, foot.heel_speed
    lowest_peak = SWING_FROUDE * np.sqrt(_GRAVITY * foot.leg_m)
    peaks, _ = find_peaks(speed, height=lowest_peak, distance=max(int(SHORTEST_CYCLE_S * rate), 1))
    if not len(peaks):
        return []
    lowest_peak = max(lowest_peak, SWING_SHARE * float(np.percentile(speed[peaks], 75)))
    swings = []
    for peak in peaks[speed[peaks] >= lowest_peak]:
        if any(other.heel_speed[peak] >= OTHER_FOOT_SHARE * speed[peak] for other in others):
            continue
        toe_off, heel_strike = _toe_off(foot, peak), _heel_strike(foot, peak)
        if _advance_m(speed, toe_off, heel_strike, rate) >= SWING_LENGTH * foot.leg_m:
            swings.append(Swing(toe_off / rate, peak / rate, heel_strike / rate))
    return _with_cut_swings(foot, others, swings) if swings else []


def _with_cut_swings(foot: FootMotion, others: list[FootMotion], swings: list[Swing]):
    """Swings with those whose peak is before the first or after the last frame.

    A foot that slows down at the start of the recording lands, and one that accelerates at its end
    was lifted. What is fast is known from the other swings of the foot.
    """
    rate, last = foot.rate_hz, len(foot.heel_speed) - 1
    peaks = [round(swing.peak_s * rate) for swing in swings]
    heel_peak = float(np.median(foot.heel_speed[peaks]))
    slow = _strike_level(foot, 0, heel_peak)
    landing = _last_crossing(foot.contact_speed, 0, slow, STRIKE_SHARE * heel_peak, rate)
    toe_off_s = swings[0].toe_off_s
    first_move = peaks[0] if np.isnan(toe_off_s) else toe_off_s * rate
    if landing < first_move and _is_extreme(foot.heel_speed, others, 0, slice(0, int(landing) + 1)):
        swings = [Swing(np.nan, 0.0, landing / rate), *swings]
    toe_peak = float(np.median([foot.toe_speed[_toe_peak(foot, peak)] for peak in peaks]))
    lift = _crossing(foot.toe_speed, last, TOE_SHARE * toe_peak, -1)
    strike_s = swings[-1].heel_strike_s
    rest = peaks[-1] if np.isnan(strike_s) else strike_s * rate
    if lift > rest and _is_extreme(foot.toe_speed, others, last, slice(int(lift), last + 1)):
        lift = (lift + _farthest_behind(foot.behind, last, lift, rate)) / 2
        swings = [*swings, Swing(lift / rate, last / rate, np.nan)]
    return swings


def _is_extreme(speed: np.ndarray, others: list[FootMotion], frame: int, part: slice) -> bool:
    """Whether a foot is fastest at a frame, and faster than the other foot.

    Args:
        speed: Speed (T,) of a point of the foot.
        others: Motion of the other foot, if it is usable.
        frame: First or last frame.
        part: Frames between it and the landing or lifting of the foot.
    """
    fastest = speed[frame] >= 0.9 * speed[part].max()
    return bool(fastest) and all(
        o.heel_speed[frame] < OTHER_FOOT_SHARE * speed[frame] for o in others
    )


def _heel_strike(foot: FootMotion, peak: int) -> float:
    """Frame, with its fraction, of the heel strike after a peak; NaN if there is none."""
    speed, contact = foot.heel_speed[peak], foot.contact_speed
    level = _strike_level(foot, peak, speed)
    frame = _last_crossing(contact, peak, level, STRIKE_SHARE * speed, foot.rate_hz)
    if np.isnan(frame):
        slope = (contact[-1] - contact[-2]) * foot.rate_hz
        ends = contact[-1] < LANDING_SHARE * speed and slope * END_S < level - contact[-1]
        return float(len(contact) - 1) if ends else frame
    first = int(frame)
    fall = foot.vertical_speed[first : first + int(LONGEST_FALL_S * foot.rate_hz) + 1]
    landed = np.flatnonzero(fall > -FALLING_M_PER_S)
    return frame if not len(landed) else max(frame, float(first + landed[0]))


def _strike_level(foot: FootMotion, frame: int, peak: float) -> float:
    """Speed in m/s below which a foot has landed.

    Args:
        foot: Motion of the foot.
        frame: Frame at which the walking speed is taken.
        peak: Peak speed of the swing in m/s.
    """
    level = min(STRIKE_SHARE * peak, STRIKE_PELVIS_SHARE * foot.walking_speed[frame])
    return max(level, LEAST_STRIKE_SHARE * peak, LEAST_STRIKE_M_PER_S)


def _toe_off(foot: FootMotion, peak: int) -> float:
    """Frame, with its fraction, of the toe-off before a peak; NaN if there is none."""
    if foot.toe is None:
        rise = _crossing(foot.heel_speed, peak, HEEL_LIFT_SHARE * foot.heel_speed[peak], -1)
    else:
        fastest = _toe_peak(foot, peak)
        rise = _crossing(foot.toe_speed, fastest, TOE_SHARE * foot.toe_speed[fastest], -1)
    if np.isnan(rise):
        return rise
    rise = min(rise, float(peak))
    return (rise + _farthest_behind(foot.behind, peak, rise, foot.rate_hz)) / 2


def _toe_peak(foot: FootMotion, peak: int) -> int:
    """Frame of the highest speed of the toe near the peak speed of the heel."""
    reach = int(_TOE_PEAK_S * foot.rate_hz)
    first = max(peak - reach, 0)
    return first + int(foot.toe_speed[first : peak + reach + 1].argmax())


def _farthest_behind(behind: np.ndarray, peak: int, toe_off: float, rate: float) -> float:
    """Frame near toe-off, before the peak, at which the toe is farthest behind the pelvis."""
    reach = int(0.15 * rate)
    first = max(int(toe_off) - reach, 0)
    return first + float(behind[first : min(int(toe_off) + reach, peak) + 1].argmax())


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


def _last_crossing(
    speed: np.ndarray, peak: int, level: float, resumed: float, rate: float
) -> float:
    """First crossing of a level after which the speed (T,) does not rise again at once."""
    frame = _crossing(speed, peak, level, 1)
    while np.isfinite(frame):
        first = int(frame) + 1
        faster = np.flatnonzero(speed[first : first + int(RESUMED_S * rate)] > resumed)
        if not len(faster):
            break
        frame = _crossing(speed, first + int(faster[-1]), level, 1)
    return frame


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
    if not len(below) or below[0] == 0:
        return float("nan")
    after = below[0]
    fraction = (path[after - 1] - level) / (path[after - 1] - path[after])
    return float(peak + direction * (after - 1 + fraction))

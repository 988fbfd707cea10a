"""Swings of one foot, with toe-off before and heel strike after each.

A swing is a peak in the forward velocity of the heel while the other foot stays. The first and the
last swing may be cut by the start and the end of the recording, and then have one of the events.

Heel strike. The forward velocity of the heel falls below a fraction of its peak (after O'Connor et
al. 2007, Gait Posture 25:469, who use the velocity of the foot). The marker on the heel goes on
moving while the foot rolls down on the heel, by the angular velocity of the sole times the height
of the marker; without this part, it is the velocity of the point of contact. This point may stop
long before the marker only if the heel is not falling: a foot also rotates in the air.

In slow shuffling the peak is high for the walking speed, and a foot creeps on below a fraction of
the peak, or stops above the floor. There, heel strike also waits until the foot is slow relative to
the walking speed, does not start again and does not fall. The wait is at most a share of the time
from the peak to the stop, and grows from zero with the ratio of peak to walking speed, so that it
does not differ between similar swings. Healthy walkers have no wait: their heel may fall after
contact, while the foot rolls down.

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

from .foot_paths import FootPaths, forward_speed, leg_length
from .peaks import find_peaks, moving_mean

STRIKE_SHARE = 0.10  # of the peak velocity of the swing
HEEL_HEIGHT = 0.05  # of the marker on the heel above the floor, relative to leg length
# Times relative to that from the peak velocity of the heel to its stop. The point of contact stops
# at most ROLL_SHARE before the stop of the heel, or FLAT_ROLL_SHARE if the heel is not falling.
ROLL_SHARE, FLAT_ROLL_SHARE, LONGEST_WAIT_SHARE = 0.15, 0.40, 0.25
# Peak velocity / walking speed: healthy walkers have 3.1 to 3.5, shuffling ones 4 to 5. The wait
# grows from zero to its longest between these ratios.
WALK_RATIO, SHUFFLE_RATIO = 3.5, 4.5
START_SHARE = 0.05  # of the peak velocity; a foot that the first frame shows faster lands after it
SETTLED_SHARE = 0.25  # of the walking speed: a foot that is slower does not creep
WALKING_SPEED_S = 2.0  # the walking speed is the mean over this time
RESUMED_S = 0.10  # a foot that is again faster than STRIKE_SHARE within this time has not landed
FALLING_M_PER_S = 0.10  # a heel that falls faster is falling
# A foot that is slower than this share and lands within this time after the last frame has landed.
LANDING_SHARE, END_S = 0.25, 0.03
TOE_SHARE = 0.23  # of the peak velocity of the toe
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
_SEARCHED_FRAMES = 64  # first part of a path in which a crossing is searched


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
    def falling_speed(self) -> np.ndarray:
        """Downward speed (T,) of the heel in m/s."""
        return -np.gradient(self.heel[:, 1], 1 / self.rate_hz)

    @cached_property
    def walking_speed(self) -> np.ndarray:
        """Forward speed (T,) of the pelvis in m/s, over `WALKING_SPEED_S`."""
        frames = max(int(WALKING_SPEED_S * self.rate_hz), 1)
        return moving_mean(self._speed(self.pelvis), frames)

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
    peaks = find_peaks(speed, height=lowest_peak, distance=max(int(SHORTEST_CYCLE_S * rate), 1))
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
    level = STRIKE_SHARE * heel_peak
    landing = _last_crossing(foot.contact_speed, 0, START_SHARE * heel_peak, level, rate)
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
    level = STRIKE_SHARE * foot.heel_speed[peak]
    stop = _crossing(foot.heel_speed, peak, level, 1)
    contact = _crossing(foot.contact_speed, peak, level, 1)
    if np.isnan(stop):
        return _strike_at_end(foot, peak, level) if np.isnan(contact) else contact
    slowing, roll = stop - peak, ROLL_SHARE * (stop - peak)
    strike = stop if np.isnan(contact) else min(contact, stop + roll)
    if strike < stop - roll:
        strike = _not_falling(foot, max(strike, stop - FLAT_ROLL_SHARE * slowing))
        strike = min(strike, stop - roll)
    wait = LONGEST_WAIT_SHARE * _shuffling(foot, peak) * slowing
    return min(_settled(foot, peak, strike, level), strike + wait) if wait else strike


def _strike_at_end(foot: FootMotion, peak: int, level: float) -> float:
    """Last frame, if the foot is about to fall below a level of speed in m/s; NaN if not."""
    contact = foot.contact_speed
    slope = (contact[-1] - contact[-2]) * foot.rate_hz
    slow = contact[-1] < LANDING_SHARE * foot.heel_speed[peak]
    return float(len(contact) - 1) if slow and slope * END_S < level - contact[-1] else np.nan


def _shuffling(foot: FootMotion, peak: int) -> float:
    """How far a swing is from walking (0) to shuffling (1), by its peak and walking speed."""
    slowest = foot.heel_speed[peak] / SHUFFLE_RATIO  # also where the walking speed is 0
    ratio = foot.heel_speed[peak] / max(foot.walking_speed[peak], slowest)
    return max((ratio - WALK_RATIO) / (SHUFFLE_RATIO - WALK_RATIO), 0.0)


def _settled(foot: FootMotion, peak: int, strike: float, level: float) -> float:
    """Frame from which a foot neither creeps nor falls; infinite if there is none.

    Args:
        foot: Motion of the foot.
        peak: Frame of the peak speed of the swing.
        strike: Earliest frame.
        level: Speed in m/s above which the swing goes on.
    """
    slow = min(level, SETTLED_SHARE * foot.walking_speed[peak])
    frame = _last_crossing(foot.contact_speed, peak, slow, level, foot.rate_hz)
    return np.inf if np.isnan(frame) else _not_falling(foot, max(frame, strike))


def _not_falling(foot: FootMotion, frame: float) -> float:
    """First frame from a frame on at which the heel does not fall; infinite if there is none."""
    first = int(frame)
    steady = _first_below(foot.falling_speed[first:], FALLING_M_PER_S)
    return np.inf if steady is None else max(frame, float(first + steady))


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
    first = 0 if np.isnan(toe_off) else min(int(toe_off), len(speed) - 1)
    last = len(speed) - 1 if np.isnan(heel_strike) else min(int(heel_strike), len(speed) - 1)
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
    after = _first_below(path, level)
    if not after:  # never, or at once
        return float("nan")
    fraction = (path[after - 1] - level) / (path[after - 1] - path[after])
    return float(peak + direction * (after - 1 + fraction))


def _first_below(path: np.ndarray, level: float) -> int | None:
    """First index at which a path (T,) is below a level; None if it never is.

    It is searched in parts of growing length: a crossing is near, and the path can be long.
    """
    start, length = 0, _SEARCHED_FRAMES
    while start < len(path):
        part = path[start : start + length] < level
        index = int(part.argmax())
        if part[index]:
            return start + index
        start, length = start + length, 2 * length
    return None

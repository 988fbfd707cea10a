"""Clock of a TRC file: frame rate and missing frames, from its times, frame numbers and header.

Times are often rounded to two or three decimals, so that the rate is computed from the whole span.
Rows that are missing in the file become missing frames: nothing is joined.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..recording import RecordingError
from .limits import HIGHEST_RATE_HZ, LOWEST_RATE_HZ, check_frames

_TOLERANCE = 0.02  # relative, between the rates of header and times
_DECIMALS = 8  # of times
_MOST_INSERTED = 4  # missing frames for each row of the file; a longer jump is damage
_INSERTED_S = 20.0  # duration of missing frames that is accepted for any file
_REGULAR = 1.0  # frames by which times may deviate from a regular rate without a remark
_SECONDS = {1.0: "s", 1e-3: "ms", 1e-6: "µs"}  # units of times


@dataclass(frozen=True)
class Clock:
    """Place of the rows of a file in time.

    Attributes:
        rows: (N,) Rows that are kept, in order of time.
        index: (N,) Frame of each of these rows, from 0, strictly increasing.
        rate_hz: Frames per second.
        start_s: Time of the first frame in seconds.
        remarks: What was repaired.
    """

    rows: np.ndarray
    index: np.ndarray
    rate_hz: float
    start_s: float
    remarks: tuple[str, ...]


def read_clock(
    table: np.ndarray, stated_hz: float | None, user_hz: float | None, source: str
) -> Clock:
    """Find frame rate, missing frames, and repeated rows of a table.

    Args:
        table: (N, C) Frame number, time, and values of each row; NaN where missing.
        stated_hz: Frames per second in the header; None if it states none.
        user_hz: Frames per second that the user passed, which is used whatever the file states.
        source: The file, for messages.

    Raises:
        RecordingError: There is no rate, header and times contradict each other, times go back,
            or jump too far.
    """
    times = _complete(table[:, 1])
    rows, remarks = _in_order(table, times, source)
    frames = table[rows, 0]
    if times is None:
        steps = np.ones(len(rows) - 1, dtype=np.int64)
        rate_hz, start_s = user_hz or stated_hz, 0.0
        if rate_hz is None:
            raise RecordingError(
                f"{source} states neither a rate nor times, expected DataRate in its header: pass "
                "the frames per second with --rate"
            )
        remarks.append(f"no times in the file: {rate_hz:g} Hz from {_origin(user_hz)}")
    else:
        times = times[rows]
        rate_hz, steps, scale = _rate_and_steps(times, frames, stated_hz, user_hz, source, remarks)
        start_s = float(times[0]) * scale
    jumps, steps = _gaps(steps, frames, remarks)
    total = int(steps.sum()) + 1
    most = len(rows) * (1 + _MOST_INSERTED) + int(_INSERTED_S * rate_hz)
    check_frames(min(total, most), rate_hz, source)
    if total > most:
        row = int(steps.argmax())
        raise RecordingError(
            f"{source} has no rows for {steps[row] / rate_hz:.4g} s after frame {frames[row]:g}, "
            "expected a continuous recording: cut it there"
        )
    if jumps.any():
        missing = int((steps[jumps] - 1).sum())
        after = start_s + float(steps[: int(np.argmax(jumps))].sum()) / rate_hz
        counted = "in one gap" if jumps.sum() == 1 else f"in {jumps.sum()} gaps, the first"
        rows_text = "1 row is" if missing == 1 else f"{missing} rows are"
        remarks.append(f"{rows_text} missing in the file {counted} after {after:.2f} s")
    index = np.concatenate([[0], np.cumsum(steps)])
    return Clock(rows, index, float(rate_hz), start_s, tuple(remarks))


def _origin(user_hz: float | None) -> str:
    return "--rate" if user_hz else "the header"


def _in_order(
    table: np.ndarray, times: np.ndarray | None, source: str
) -> tuple[np.ndarray, list[str]]:
    """Rows in order of time, without repeated rows, and remarks."""
    frames = table[:, 0]
    rows, remarks = np.arange(len(table)), []
    if times is None:
        return rows, remarks
    if (np.diff(times) < 0).any():
        rows = np.lexsort((frames, times))
        back = int(np.argmax(np.diff(times) < 0))
        if not np.isfinite(frames).all() or (np.diff(frames[rows]) < 0).any():
            raise RecordingError(
                f"{source} goes back in time from {times[back]:g} to {times[back + 1]:g} after row "
                f"{back + 1}, expected increasing times: export it again, one recording in a file"
            )
        moved = int((rows != np.arange(len(rows))).sum())
        remarks.append(f"{moved} rows were not in the order of their times: sorted")
    same = (np.diff(times[rows]) == 0) & (np.diff(frames[rows]) == 0)
    if same.any():
        first, second = rows[:-1][same], rows[1:][same]
        differing = ~np.isclose(table[first], table[second], equal_nan=True).all(axis=1)
        if differing.any():
            raise RecordingError(
                f"{source} has frame {frames[second[differing.argmax()]]:g} twice with different "
                "values, expected each frame once: export it again"
            )
        rows = np.concatenate([rows[:1], rows[1:][~same]])
        remarks.append(f"{int(same.sum())} repeated rows left out")
    return rows, remarks


def _complete(times: np.ndarray) -> np.ndarray | None:
    """Times without gaps; None if they are useless: mostly missing, or all the same."""
    seen = np.isfinite(times)
    if seen.mean() < 0.5 or np.ptp(times[seen]) <= 0:
        return None
    if not seen.all():
        rows = np.arange(len(times))
        times = np.interp(rows, rows[seen], times[seen])
        if not seen[0] or not seen[-1]:  # constant at the ends
            return None
    return times


def _rate_and_steps(
    times: np.ndarray,
    frames: np.ndarray,
    stated_hz: float | None,
    user_hz: float | None,
    source: str,
    remarks: list[str],
) -> tuple[float, np.ndarray, float]:
    """Rate in Hz, number of frames from each row to the next, and seconds per unit of times."""
    exact = _on_grid(times, frames, stated_hz) or _on_grid(times, frames, user_hz)
    if exact:
        rate_hz, steps, scale = exact
        measured_hz, error = rate_hz, 0.0
    else:
        interval, steps, error, deviation = _from_steps(times, frames)
        if deviation > _REGULAR:
            remarks.append(f"times deviate by up to {deviation:.1f} frames from a regular rate")
        scale = _time_unit(interval, stated_hz or user_hz, source, remarks)
        if scale == 0:
            return user_hz or stated_hz, steps, 0.0
        measured_hz = 1 / (interval * scale)
        rate_hz = _agreed(measured_hz, stated_hz, user_hz, error, source, remarks)
    if scale != 1:
        remarks.append(f"times are in {_SECONDS[scale]}")
    if user_hz:
        rate_hz = user_hz
        if abs(measured_hz - user_hz) > (_TOLERANCE + error) * user_hz:
            remarks.append(
                f"rate {user_hz:g} Hz from --rate, although the times of the file give "
                f"{measured_hz:.4g} Hz"
            )
    return rate_hz, steps, scale


def _on_grid(
    times: np.ndarray, frames: np.ndarray, rate_hz: float | None
) -> tuple[float, np.ndarray, float] | None:
    """Rate, steps and time unit if all times are multiples of a frame, as they are rounded.

    Times that are rounded to whole frames fit another rate as well, with single missing frames
    between the rows. Then consecutive frame numbers decide that no rows are missing.
    """
    if rate_hz is None:
        return None
    numbered = _frame_steps(frames)
    are_consecutive = numbered is not None and (numbered == 1).all()
    for scale in _SECONDS:
        position = (times - times[0]) * (scale * rate_hz)
        index = np.rint(position)
        steps = np.diff(index)
        rounding = _resolution(times) * scale * rate_hz
        error = np.ptp(position - index)
        drifts = are_consecutive and min(rounding, error) > 0.9 and steps.max() == 2
        fits = np.median(steps) == 1 and steps.min() >= 1 and error <= rounding * 1.01 + 1e-3
        if fits and not drifts:
            return rate_hz, steps.astype(np.int64), scale
    return None


def _resolution(times: np.ndarray) -> float:
    """Smallest power of ten that all times are multiples of."""
    for decimals in range(_DECIMALS):
        scaled = times * 10.0**decimals
        if np.abs(scaled - np.rint(scaled)).max() < 1e-3:
            return 10.0**-decimals
    return 10.0**-_DECIMALS


def _from_steps(times: np.ndarray, frames: np.ndarray) -> tuple[float, np.ndarray, float, float]:
    """Interval between frames, steps in frames, relative error of the interval, and deviation.

    The deviation is the largest difference between the times and those of a regular rate, in
    frames, as far as it is more than rounding.
    """
    differences, rounding = np.diff(times), _resolution(times)
    numbered = _frame_steps(frames)
    if numbered is not None:
        interval = np.ptp(times) / numbered.sum()
        expected = times[0] + interval * np.concatenate([[0], np.cumsum(numbered)])
        if np.abs(times - expected).max() <= max(1.01 * rounding, 0.1 * interval):
            return interval, numbered, rounding / np.ptp(times), 0.0
    usual = np.median(differences)
    if usual > 0 and usual < 4 * rounding:
        multiples = differences / usual
        whole = np.abs(multiples - np.rint(multiples)).max() < 1e-3 and multiples.min() > 0.5
        if whole and (np.rint(multiples) == 1).mean() > 0.8:
            rounding = 0.0  # the interval itself is a multiple of the resolution
    if usual <= 4 * rounding:
        usual = differences[differences <= 4 * max(usual, rounding)].mean()
    interval = usual
    for _ in range(4):
        steps = np.where(
            differences > 1.5 * interval + rounding, np.rint(differences / interval), 1
        )
        interval = np.ptp(times) / steps.sum()
    expected = times[0] + interval * np.concatenate([[0], np.cumsum(steps)])
    largest = float(np.abs(times - expected).max())
    error = max(rounding, largest) / np.ptp(times)
    deviation = max(largest - rounding, 0.0) / interval
    return interval, steps.astype(np.int64), min(error, 0.05), deviation


def _frame_steps(frames: np.ndarray) -> np.ndarray | None:
    """Steps of the frame numbers in frames; None if they are no increasing whole numbers."""
    steps = np.diff(frames)
    if not np.isfinite(frames).all() or (steps <= 0).any() or np.abs(frames).max() > 1e9:
        return None
    usual = np.median(steps)
    multiples = steps / usual
    if np.abs(multiples - np.rint(multiples)).max() > 1e-6 or multiples.min() < 0.5:
        return None
    return np.rint(multiples).astype(np.int64)


def _time_unit(interval: float, hint_hz: float | None, source: str, remarks: list[str]) -> float:
    """Seconds per unit of times; 0 if the times are frame numbers."""
    if hint_hz is not None:
        for scale in _SECONDS:
            if abs(hint_hz * interval * scale - 1) < _TOLERANCE:
                return scale
        if abs(interval - 1) < 1e-3:
            remarks.append(f"times are frame numbers: {hint_hz:g} Hz from the header or --rate")
            return 0.0
    rate_hz = 1 / interval
    if LOWEST_RATE_HZ <= rate_hz <= HIGHEST_RATE_HZ or hint_hz is not None:
        return 1.0
    if abs(interval - 1) > 1e-3 and LOWEST_RATE_HZ <= 1e3 * rate_hz <= HIGHEST_RATE_HZ:
        return 1e-3
    raise RecordingError(
        f"{source} has times with steps of {interval:.4g}, expected seconds or milliseconds: pass "
        "the frames per second with --rate"
    )


def _agreed(
    measured_hz: float,
    stated_hz: float | None,
    user_hz: float | None,
    error: float,
    source: str,
    remarks: list[str],
) -> float:
    """Rate from header and times; the header's if they agree within the rounding of the times."""
    if stated_hz is None:
        near = float(np.rint(measured_hz))
        rate_hz = near if abs(near - measured_hz) <= 1.5 * error * measured_hz else measured_hz
        if not user_hz:
            remarks.append(f"the header states no rate: {rate_hz:.5g} Hz from the times")
        return rate_hz
    difference = abs(measured_hz - stated_hz) / stated_hz
    if difference > _TOLERANCE + error and not user_hz:
        raise RecordingError(
            f"{source} states {stated_hz:g} Hz, its times give {measured_hz:.4g} Hz: pass the "
            "right rate with --rate"
        )
    return stated_hz if difference <= 1.5 * error else measured_hz


def _gaps(
    steps: np.ndarray, frames: np.ndarray, remarks: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Mask of steps with missing rows, and steps; frame numbers show gaps that times do not."""
    numbered = _frame_steps(frames) if len(frames) > 1 else None
    if numbered is not None:
        hidden = (numbered > 1) & (steps == 1)
        if hidden.any():
            row = int(hidden.argmax())
            remarks.append(
                f"frame numbers jump from {frames[row]:g} to {frames[row + 1]:g} while times do "
                "not: read as a gap"
            )
            steps = np.where(hidden, numbered, steps)
    return steps > 1, steps

"""Gap filling, low-pass filters and resampling.

Two cut-off frequencies are used, for different purposes:

- `JOINT_CUTOFF_HZ` (6 Hz), in `resample`: joints and markers that are resampled to 20 fps, the
input
  of the motion features. 6 Hz is the usual cut-off frequency of gait kinematics (Winter 2009,
  Biomechanics and Motor Control of Human Movement, ch. 2): 99.7 % of the power of the paths of
  foot markers in walking is below it (Winter, Sidwall and Hobson 1974, J Biomech 7:157). It is
  also needed against aliasing: 20 fps represent frequencies up to 10 Hz, and a filter with its
  cut-off at 10 Hz still passes half of the amplitude there.
- `EVENT_CUTOFF_HZ` (10 Hz), in `clean_path`: paths at 100 Hz or more, from which gait events and
  gait parameters are computed. The foot stops abruptly at heel strike; contact forces of walking
  have frequencies up to about 15 Hz (Antonsson and Mann 1985, J Biomech 18:39), and a
  filter at 6 Hz would blur the stop over more frames. There is no aliasing at these rates.

Both filters are second-order Butterworth filters, run forwards and backwards: fourth order in
total, and no phase shift. Filters and splines are those of `filters` and `splines`, so that no
command waits for the import of scipy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .filters import filter_both_ways, low_pass
from .recording import RecordingError
from .splines import uniform_spline, without_gaps

JOINT_CUTOFF_HZ = 6.0
EVENT_CUTOFF_HZ = 10.0
WORKING_HZ = 100.0  # lowest rate of event detection; recordings below it are interpolated
# A quarter of a second is about a fifth of a stride (1.1 s): over shorter times the path of a
# marker is close to a cubic. Howarth and Callaghan (2010, J Biomech 43:2012) interpolated gaps of
# up to 0.2 s with errors of a few millimetres.
LONGEST_GAP_S = 0.25
_SLOPE_S = 0.08  # span from which the velocity at each end of a gap is estimated
_MOST_VALUES = 1 << 21  # coordinates of paths that are filtered together, 16 MB


@dataclass(frozen=True)
class Gaps:
    """Gaps that were filled.

    Attributes:
        filled: Number of filled gaps.
        longest_s: Duration of the longest one in seconds; 0 without gaps.
    """

    filled: int
    longest_s: float


def fill_gaps(
    signal: np.ndarray, rate_hz: float, name: str, first_frame: int = 0
) -> tuple[np.ndarray, Gaps]:
    """Fill the gaps of one marker with cubics.

    Each gap is filled with the cubic that has the position and the velocity of the path at both
    ends of the gap. The velocity is estimated from a parabola through the last 0.08 s on that
    side of the gap. Frames outside the gaps are not changed.

    Args:
        signal (`np.ndarray` of shape `(T, 3)`):
            Positions in metres, NaN where missing. The first and the last frame must not be
            missing.
        rate_hz (`float`):
            Frames per second.
        name (`str`):
            Name of the marker, for the error message.
        first_frame (`int`, *optional*, defaults to 0):
            Number of the first frame of `signal` in the file, counted from 0, for the error
            message.

    Returns:
        `tuple[np.ndarray, Gaps]`: Positions (T, 3) in metres without gaps, and the number and the
        longest duration of the filled gaps. Without gaps, `signal` itself is returned.

    Raises:
        RecordingError: A gap is longer than `LONGEST_GAP_S` (0.25 s). The message names the marker
            and the frames.

    Example:
        ```python
        >>> import numpy as np
        >>> from agir_hf.motion.resampling import fill_gaps
        >>> path = np.outer(np.arange(100) / 100, [1.2, 0.0, 0.0])
        >>> path[40:50] = np.nan
        >>> filled, gaps = fill_gaps(path, rate_hz=100.0, name="LHEE")
        >>> gaps
        Gaps(filled=1, longest_s=0.1)
        >>> print(filled[45].round(3))
        [0.54 0.   0.  ]

        ```
    """
    missing = np.isnan(signal).any(axis=1)
    if not missing.any():
        return signal, Gaps(0, 0.0)
    edges = np.flatnonzero(np.diff(np.r_[False, missing, False].astype(int))).reshape(-1, 2)
    start, stop = edges[np.diff(edges, axis=1)[:, 0].argmax()]
    longest_s = (stop - start) / rate_hz
    if longest_s > LONGEST_GAP_S:
        raise RecordingError(
            f"marker {name} is missing in frames {start + first_frame + 1} to "
            f"{stop + first_frame} ({longest_s:.2f} s), expected gaps of at most "
            f"{LONGEST_GAP_S} s: fill it in your motion capture software or cut the trial"
        )
    filled = signal.copy()
    for start, stop in edges:
        filled[start:stop] = _gap_values(signal, missing, start, stop, rate_hz)
    return filled, Gaps(len(edges), float(longest_s))


def _gap_values(signal, missing, start: int, stop: int, rate_hz: float) -> np.ndarray:
    """Values of the gap ``start`` … ``stop`` - 1, from the frames on both sides of it."""
    span = max(3, round(_SLOPE_S * rate_hz))  # frames on each side
    before, after = np.arange(max(start - span, 0), start), np.arange(stop, stop + span)
    sides = []
    for frames, end in ((before, start - 1), (after[after < len(signal)], stop)):
        frames = frames[~missing[frames]]
        degree = min(2, len(frames) - 1)
        fit = np.polynomial.polynomial.polyfit(frames - end, signal[frames], degree)
        sides.append((end, signal[end], fit[1] if degree else np.zeros(signal.shape[1])))
    ends, positions, slopes = (np.stack(values) for values in zip(*sides, strict=True))
    return _cubic(ends, positions, slopes, np.arange(start, stop))


def _cubic(ends, values, slopes, at: np.ndarray) -> np.ndarray:
    """Values (N, 3) of the cubic with given values (2, 3) and slopes (2, 3) at two ends (2,)."""
    width = ends[1] - ends[0]
    share = ((at - ends[0]) / width)[:, None]
    rest = 1 - share
    return rest**2 * ((1 + 2 * share) * values[0] + share * width * slopes[0]) + share**2 * (
        (1 + 2 * rest) * values[1] - rest * width * slopes[1]
    )


def resample(signal: np.ndarray, rate_hz: float, target_hz: float) -> np.ndarray:
    """Change the frame rate of a signal; the first sample keeps its time.

    If the rate is reduced (and is above 12 Hz), the signal is low-pass filtered first, against
    aliasing (6 Hz, Butterworth, fourth order, zero phase). Then a cubic spline through the samples
    is evaluated at the new times. With equal rates the samples are returned unchanged.

    Args:
        signal (`np.ndarray` of shape `(T, ...)`):
            Samples without gaps.
        rate_hz (`float`):
            Samples per second of `signal`.
        target_hz (`float`):
            Samples per second of the result. The ratio of the rates need not be a whole number.

    Returns:
        `np.ndarray` of shape `(N, ...)`: float64 samples at `target_hz`, from the first to the
        last sample of `signal`.

    Example:
        ```python
        >>> import numpy as np
        >>> from agir_hf.motion.resampling import resample
        >>> resample(np.zeros((900, 22, 3)), rate_hz=150.0, target_hz=20.0).shape
        (120, 22, 3)

        ```
    """
    signal = np.asarray(signal, dtype=np.float64)
    smooth = signal
    if rate_hz > 2 * JOINT_CUTOFF_HZ and rate_hz > target_hz:
        padding = min(len(signal) - 1, int(rate_hz))
        smooth = filter_both_ways(low_pass(JOINT_CUTOFF_HZ, rate_hz), signal, padding)
    if rate_hz == target_hz:
        return smooth
    last_s = (len(signal) - 1) / rate_hz
    times = np.arange(int(np.floor(last_s * target_hz + 1e-9)) + 1) / target_hz
    return uniform_spline(smooth, times * rate_hz)


def resample_seen(positions: np.ndarray, rate_hz: float, target_hz: float) -> np.ndarray:
    """Change the frame rate of markers and keep their gaps, of any length.

    Gaps are interpolated linearly for the filter only. A sample of the result is missing (NaN) if
    the nearest sample of ``positions`` is missing.

    Args:
        positions: Positions (T, M, 3), NaN where a marker was not seen.
        rate_hz: Samples per second of ``positions``.
        target_hz: Samples per second of the result.

    Returns:
        Positions (N, M, 3) at ``target_hz``, NaN in the gaps.
    """
    seen = np.isfinite(positions).all(axis=2)
    frames = np.arange(len(positions))
    filled = np.array(positions, dtype=np.float64)
    for marker in np.flatnonzero(~seen.all(axis=0)):
        seen_frames = frames[seen[:, marker]]
        for axis in range(3):
            path = filled[:, marker, axis]
            values = np.interp(frames, seen_frames, path[seen_frames]) if len(seen_frames) else 0.0
            path[:] = values
    result = resample(filled, rate_hz, target_hz)
    nearest = np.round(np.arange(len(result)) * rate_hz / target_hz).astype(int)
    result[~seen[np.minimum(nearest, len(positions) - 1)]] = np.nan
    return result


def interpolate(signal: np.ndarray, rate_hz: float, target_hz: float) -> np.ndarray:
    """Change the frame rate of a signal (T, …) with a cubic spline, without a filter."""
    last_s = (len(signal) - 1) / rate_hz
    times = np.arange(int(last_s * target_hz + 1e-9) + 1) / target_hz
    return uniform_spline(signal, times * rate_hz)


def clean_path(path: np.ndarray, rate_hz: float) -> np.ndarray | None:
    """Fill the gaps of a path, low-pass filter it at 10 Hz and resample it to the working rate.

    Recordings of 20 Hz or less are not filtered.

    Args:
        path: Positions (T, 3) in metres, NaN where missing. Missing frames at the start and the
            end are filled with the nearest position.
        rate_hz: Frames per second.

    Returns:
        Positions (N, 3) at ``WORKING_HZ`` or ``rate_hz``, whichever is higher; None if a gap, or a
        missing start or end, is longer than `LONGEST_GAP_S`, or if fewer than 4 frames are valid.
    """
    return clean_paths(path[:, None], rate_hz)[0]


def clean_paths(positions: np.ndarray, rate_hz: float) -> list[np.ndarray | None]:
    """Clean several paths as `clean_path` does, together: many times faster than one by one.

    Args:
        positions: Positions (T, K, 3) in metres, NaN where missing.
        rate_hz: Frames per second.

    Returns:
        For each of the K paths what `clean_path` returns.
    """
    seen = np.isfinite(positions).all(axis=2)
    usable = _usable_paths(seen, rate_hz)
    result: list[np.ndarray | None] = [None] * positions.shape[1]
    count = max(_MOST_VALUES // max(3 * len(positions), 1), 1)
    for start in range(0, len(usable), count):
        columns = usable[start : start + count]
        paths = np.array(positions[:, columns], dtype=np.float64)
        for number in np.flatnonzero(~seen[:, columns].all(axis=0)):
            paths[:, number] = without_gaps(paths[:, number], seen[:, columns[number]])
        smooth = _at_working_rate(paths, rate_hz)
        for number, column in enumerate(columns):
            result[column] = smooth[:, number]
    return result


def _usable_paths(seen: np.ndarray, rate_hz: float) -> np.ndarray:
    """Columns of a mask (T, K) with 4 frames or more and no gap longer than `LONGEST_GAP_S`."""
    usable = seen.sum(axis=0) >= 4
    for column in np.flatnonzero(usable & ~seen.all(axis=0)):
        gaps = np.diff(np.flatnonzero(np.r_[True, seen[:, column], True])) - 1
        usable[column] = gaps.max() / rate_hz <= LONGEST_GAP_S
    return np.flatnonzero(usable)


def _at_working_rate(paths: np.ndarray, rate_hz: float) -> np.ndarray:
    """Paths (T, K, 3) without gaps, filtered at 10 Hz, at the working rate (N, K, 3).

    In memory, the frames of a coordinate are next to each other.
    """
    if rate_hz > 2 * EVENT_CUTOFF_HZ:
        sections = low_pass(EVENT_CUTOFF_HZ, rate_hz)
        paths = filter_both_ways(sections, paths, min(len(paths) - 1, int(rate_hz / 2)))
    if rate_hz < WORKING_HZ:
        times = np.arange(0, (len(paths) - 1) / rate_hz + 1e-9, 1 / WORKING_HZ)
        paths = uniform_spline(paths, times * rate_hz)
    return np.ascontiguousarray(paths.transpose(1, 2, 0)).transpose(2, 0, 1)

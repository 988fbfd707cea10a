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
total, and no phase shift.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy  # loads scipy.signal at first use: 0.9 s that reading alone does not need

from .recording import RecordingError

JOINT_CUTOFF_HZ = 6.0
EVENT_CUTOFF_HZ = 10.0
_ORDER = 2
WORKING_HZ = 100.0  # lowest rate of event detection; recordings below it are interpolated
# A quarter of a second is about a fifth of a stride (1.1 s): over shorter times the path of a
# marker is close to a cubic. Howarth and Callaghan (2010, J Biomech 43:2012) interpolated gaps of
# up to 0.2 s with errors of a few millimetres.
LONGEST_GAP_S = 0.25
_SLOPE_S = 0.08  # span from which the velocity at each end of a gap is estimated


@dataclass(frozen=True)
class Gaps:
    """Gaps that were filled.

    Attributes:
        filled: Number of filled gaps.
        longest_s: Duration of the longest one in seconds; 0 without gaps.
    """

    filled: int
    longest_s: float


@lru_cache(maxsize=32)
def low_pass(cutoff_hz: float, rate_hz: float) -> np.ndarray:
    """Second-order sections of the Butterworth low-pass filter for `scipy.signal.sosfiltfilt`."""
    return scipy.signal.butter(_ORDER, cutoff_hz, fs=rate_hz, output="sos")


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
    return scipy.interpolate.CubicHermiteSpline(ends, positions, slopes)(np.arange(start, stop))


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
        sos = low_pass(JOINT_CUTOFF_HZ, rate_hz)
        padding = min(len(signal) - 1, int(rate_hz))
        smooth = scipy.signal.sosfiltfilt(sos, signal, axis=0, padtype="odd", padlen=padding)
    if rate_hz == target_hz:
        return smooth
    last_s = (len(signal) - 1) / rate_hz
    times = np.arange(int(np.floor(last_s * target_hz + 1e-9)) + 1) / target_hz
    return scipy.interpolate.CubicSpline(np.arange(len(signal)) / rate_hz, smooth, axis=0)(times)


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
    return scipy.interpolate.CubicSpline(np.arange(len(signal)) / rate_hz, signal, axis=0)(times)


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
    seen = np.isfinite(path).all(axis=1)
    if seen.sum() < 4:
        return None
    frames = np.arange(len(path))
    gap_lengths = np.diff(np.flatnonzero(np.r_[True, seen, True])) - 1
    if gap_lengths.max() / rate_hz > LONGEST_GAP_S:
        return None
    filled = scipy.interpolate.CubicSpline(frames[seen], path[seen], axis=0)(
        np.clip(frames, *frames[seen][[0, -1]])
    )
    if rate_hz > 2 * EVENT_CUTOFF_HZ:
        sos = low_pass(EVENT_CUTOFF_HZ, rate_hz)
        filled = scipy.signal.sosfiltfilt(
            sos, filled, axis=0, padlen=min(len(filled) - 1, int(rate_hz / 2))
        )
    if rate_hz >= WORKING_HZ:
        return filled
    times = np.arange(0, (len(path) - 1) / rate_hz + 1e-9, 1 / WORKING_HZ)
    return scipy.interpolate.CubicSpline(frames / rate_hz, filled, axis=0)(times)

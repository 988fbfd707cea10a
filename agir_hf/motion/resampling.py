"""Gaps filled, and a signal brought from any rate to another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicHermiteSpline, CubicSpline
from scipy.signal import butter, sosfiltfilt

from .recording import RecordingError

# A quarter of a second is about a fifth of a stride (1.1 s): over less than that a marker's path
# is near a cubic. Howarth and Callaghan (2010, J Biomech 43:2012) found interpolation of gaps of
# up to 0.2 s within a few millimetres.
LONGEST_GAP_S = 0.25
CUTOFF_HZ = 6.0  # gait's usual low-pass: Winter, Biomechanics and Motor Control, 2009, ch. 2
_SLOPE_S = 0.08  # over which the velocity at the end of a gap is taken
_ORDER = 2  # forwards and backwards, so of fourth order


@dataclass(frozen=True)
class Gaps:
    """What was missing in a recording and filled."""

    filled: int
    longest_s: float


def fill_gaps(
    signal: np.ndarray, rate_hz: float, name: str, first_frame: int = 0
) -> tuple[np.ndarray, Gaps]:
    """Fill the gaps of one marker, each with the cubic that meets place and velocity at its ends.

    Args:
        signal: (T, 3), seen in its first and last frame; NaN where missing.
        rate_hz: frames per second.
        name: the marker, for the error.
        first_frame: number of the signal's first frame in the file, counted from 0.

    Raises:
        RecordingError: for a gap longer than `LONGEST_GAP_S`; names marker and frames.
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
        filled[start:stop] = _bridge(signal, missing, start, stop, rate_hz)
    return filled, Gaps(len(edges), float(longest_s))


def _bridge(signal, missing, start: int, stop: int, rate_hz: float) -> np.ndarray:
    """Values of the gap ``start`` … ``stop`` - 1 from what is seen on both sides of it."""
    reach = max(3, round(_SLOPE_S * rate_hz))
    before, after = np.arange(max(start - reach, 0), start), np.arange(stop, stop + reach)
    sides = []
    for frames, end in ((before, start - 1), (after[after < len(signal)], stop)):
        frames = frames[~missing[frames]]
        degree = min(2, len(frames) - 1)
        fit = np.polynomial.polynomial.polyfit(frames - end, signal[frames], degree)
        sides.append((end, signal[end], fit[1] if degree else np.zeros(signal.shape[1])))
    ends, places, slopes = (np.stack(values) for values in zip(*sides, strict=True))
    return CubicHermiteSpline(ends, places, slopes)(np.arange(start, stop))


def resample(signal: np.ndarray, rate_hz: float, target_hz: float) -> np.ndarray:
    """Bring a signal to another rate; the first sample stays where it is.

    A zero-phase Butterworth low-pass (6 Hz, fourth order in all) keeps what the new rate cannot
    hold from folding back; then a cubic through the samples is read at the new times.

    Args:
        signal: (T, …) without gaps.
        rate_hz, target_hz: samples per second, in any ratio.

    Returns:
        (N, …) float64 with N the target's samples from the first to the last of ``signal``.
    """
    signal = np.asarray(signal, dtype=np.float64)
    smooth = signal
    if rate_hz > 2 * CUTOFF_HZ and rate_hz > target_hz:
        sos = butter(_ORDER, CUTOFF_HZ, fs=rate_hz, output="sos")
        reach = min(len(signal) - 1, int(rate_hz))
        smooth = sosfiltfilt(sos, signal, axis=0, padtype="odd", padlen=reach)
    if rate_hz == target_hz:
        return smooth
    last_s = (len(signal) - 1) / rate_hz
    times = np.arange(int(np.floor(last_s * target_hz + 1e-9)) + 1) / target_hz
    return CubicSpline(np.arange(len(signal)) / rate_hz, smooth, axis=0)(times)


def resample_seen(positions: np.ndarray, rate_hz: float, target_hz: float) -> np.ndarray:
    """`resample` for markers with gaps of any length: what was not seen stays NaN.

    Gaps are bridged straight for the filter's sake only; a new sample is kept where the nearest
    old one was seen.

    Args:
        positions: (T, M, 3), NaN where not seen.
        rate_hz, target_hz: samples per second.

    Returns:
        (N, M, 3) float64.
    """
    seen = np.isfinite(positions).all(axis=2)
    frames = np.arange(len(positions))
    whole = np.array(positions, dtype=np.float64)
    for marker in np.flatnonzero(~seen.all(axis=0)):
        known = frames[seen[:, marker]]
        for axis in range(3):
            path = whole[:, marker, axis]
            path[:] = np.interp(frames, known, path[known]) if len(known) else 0.0
    result = resample(whole, rate_hz, target_hz)
    nearest = np.round(np.arange(len(result)) * rate_hz / target_hz).astype(int)
    result[~seen[np.minimum(nearest, len(positions) - 1)]] = np.nan
    return result


def read_at(signal: np.ndarray, rate_hz: float, target_hz: float) -> np.ndarray:
    """A signal (T, …) at the target's samples within it, by a cubic spline."""
    last_s = (len(signal) - 1) / rate_hz
    times = np.arange(int(last_s * target_hz + 1e-9) + 1) / target_hz
    return CubicSpline(np.arange(len(signal)) / rate_hz, signal, axis=0)(times)


WORKING_HZ = 100.0  # events lie between frames: slower recordings are interpolated


LOW_PASS_HZ = 10.0


def continuous(path: np.ndarray, rate_hz: float) -> np.ndarray | None:
    """A path (T, 3) without noise and gaps, at the working rate; None with a long gap."""
    seen = np.isfinite(path).all(axis=1)
    if seen.sum() < 4:
        return None
    frames = np.arange(len(path))
    runs = np.diff(np.flatnonzero(np.r_[True, seen, True])) - 1
    if runs.max() / rate_hz > LONGEST_GAP_S:
        return None
    whole = CubicSpline(frames[seen], path[seen], axis=0)(np.clip(frames, *frames[seen][[0, -1]]))
    if rate_hz > 2 * LOW_PASS_HZ:
        sos = butter(2, LOW_PASS_HZ, fs=rate_hz, output="sos")
        whole = sosfiltfilt(sos, whole, axis=0, padlen=min(len(whole) - 1, int(rate_hz / 2)))
    if rate_hz >= WORKING_HZ:
        return whole
    times = np.arange(0, (len(path) - 1) / rate_hz + 1e-9, 1 / WORKING_HZ)
    return CubicSpline(frames / rate_hz, whole, axis=0)(times)

"""Peaks and moving means of a signal, in numpy alone.

The functions are those of `scipy.signal.find_peaks` and `scipy.ndimage.uniform_filter1d`, which a
test compares; importing these modules takes longer than measuring a recording.
"""

from __future__ import annotations

import numpy as np


def find_peaks(signal: np.ndarray, height: float, distance: int) -> np.ndarray:
    """Find the peaks of a signal that have a height and a distance from each other.

    Args:
        signal: Samples (T,).
        height: Lowest value of a peak.
        distance: Smallest number of frames between two peaks; of closer ones the lower is left out.

    Returns:
        Frames (N,) of the peaks, increasing; the middle frame of a peak with several equal samples.

    Example:
        ```python
        >>> import numpy as np
        >>> from agir_hf.gait.peaks import find_peaks
        >>> print(find_peaks(np.array([0, 2, 1, 3, 3, 3, 0, 1, 0]), height=1.5, distance=1))
        [1 4]

        ```
    """
    peaks = _local_maxima(np.asarray(signal))
    peaks = peaks[signal[peaks] >= height]
    keep = np.ones(len(peaks), dtype=bool)
    for number in np.argsort(signal[peaks])[::-1]:  # the highest first
        if keep[number]:
            near = slice(*np.searchsorted(peaks, peaks[number] + [1 - distance, distance]))
            keep[near] = False
            keep[number] = True
    return peaks[keep]


def _local_maxima(signal: np.ndarray) -> np.ndarray:
    """Middle frames of the samples, or runs of equal samples, with lower neighbours."""
    changes = np.flatnonzero(np.diff(signal))  # last frame of each run of equal samples
    start, last = changes[:-1] + 1, changes[1:]  # of the runs between two others
    rises, falls = signal[start] > signal[start - 1], signal[last] > signal[last + 1]
    return ((start + last) // 2)[rises & falls]


def moving_mean(signal: np.ndarray, frames: int) -> np.ndarray:
    """Compute the mean over a window around each frame; the end values continue the signal.

    Args:
        signal: Samples (T,).
        frames: Length of the window; of an even window, one more frame is before than after.

    Returns:
        Means (T,).
    """
    before = frames // 2
    padded = np.pad(np.asarray(signal, dtype=np.float64), (before, frames - 1 - before), "edge")
    offset = padded.mean()  # so that the sums stay small
    sums = np.concatenate([[0.0], np.cumsum(padded - offset)])
    return (sums[frames:] - sums[:-frames]) / frames + offset

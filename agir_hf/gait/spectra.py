"""Phases and power spectra of a signal, in numpy alone.

The functions are those of `scipy.signal.hilbert` and `scipy.signal.welch`, which a test compares;
importing scipy.signal takes longer than measuring a recording.
"""

from __future__ import annotations

import numpy as np


def phases(signal: np.ndarray) -> np.ndarray:
    """Compute the instantaneous phases of a signal by the Hilbert transform.

    Args:
        signal: Samples (T,) with a mean of zero.

    Returns:
        Phases (T,) in radians, -π to π.
    """
    frames = len(signal)
    share = np.zeros(frames)  # of each frequency: negative ones are removed, others are doubled
    share[: frames // 2 + 1] = 2.0
    share[0] = 1.0
    if frames % 2 == 0:
        share[frames // 2] = 1.0
    return np.angle(np.fft.ifft(np.fft.fft(signal) * share))


def power_spectrum(
    signal: np.ndarray, rate_hz: float, window: int
) -> tuple[np.ndarray, np.ndarray]:
    """Compute the power spectral density (Welch 1967, IEEE Trans Audio Electroacoust 15:70).

    The mean over windows that overlap by half, each without its mean and with the weights of Hann.

    Args:
        signal: Samples (T,), at least `window`.
        rate_hz: Frames per second.
        window: Frames of a window.

    Returns:
        Frequencies (F,) in Hz, and densities (F,) in squared units of the signal per Hz.
    """
    overlap = window // 2
    parts = np.lib.stride_tricks.sliding_window_view(signal, window)[:: window - overlap]
    weights = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    spectra = np.fft.rfft((parts - parts.mean(axis=1, keepdims=True)) * weights, axis=1)
    density = (np.abs(spectra) ** 2).mean(axis=0) / (rate_hz * (weights**2).sum())
    one_sided = slice(1, -1) if window % 2 == 0 else slice(1, None)
    density[one_sided] *= 2
    return np.fft.rfftfreq(window, 1 / rate_hz), density

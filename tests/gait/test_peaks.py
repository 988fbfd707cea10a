"""Peaks, moving means, phases and spectra of numpy alone against those of scipy."""

import numpy as np
import pytest
import scipy

from agir_hf.gait.peaks import find_peaks, moving_mean
from agir_hf.gait.spectra import phases, power_spectrum


def signals():
    """Paths of random lengths; every second one has whole numbers, with plateaus and ties."""
    random = np.random.default_rng(0)
    for number in range(60):
        length = random.integers(3, 300)
        if number % 2:
            yield random.normal(size=length).cumsum()
        else:
            yield random.integers(0, 6, size=length).astype(float)


@pytest.mark.parametrize("distance", [1, 7, 40])
def test_peaks_are_those_of_scipy(distance):
    for signal in signals():
        for height in (-1.0, 2.0):
            expected, _ = scipy.signal.find_peaks(signal, height=height, distance=distance)
            np.testing.assert_array_equal(find_peaks(signal, height, distance), expected)


def test_a_signal_without_peaks_has_none():
    for signal in (np.zeros(50), np.arange(50.0), np.zeros(0), np.ones(1)):
        assert len(find_peaks(signal, 0.0, 1)) == 0


@pytest.mark.parametrize("frames", [1, 2, 5, 48, 700])
def test_moving_means_are_those_of_scipy(frames):
    for signal in signals():
        expected = scipy.ndimage.uniform_filter1d(signal, frames, mode="nearest")
        np.testing.assert_allclose(moving_mean(signal, frames), expected, atol=1e-10)


@pytest.mark.parametrize("frames", [2, 3, 400, 401, 997])
def test_phases_are_those_of_scipy(frames):
    signal = np.random.default_rng(1).normal(size=frames).cumsum()
    signal -= signal.mean()
    analytic = scipy.signal.hilbert(signal)
    expected = analytic / np.abs(analytic)
    np.testing.assert_allclose(np.exp(1j * phases(signal)), expected, atol=1e-9)


@pytest.mark.parametrize(("frames", "window"), [(400, 400), (1234, 400), (1234, 401), (5000, 40)])
def test_power_spectra_are_those_of_scipy(frames, window):
    signal = np.random.default_rng(2).normal(size=frames).cumsum()
    expected = scipy.signal.welch(signal, 120.0, nperseg=window)
    for own, other in zip(power_spectrum(signal, 120.0, window), expected, strict=True):
        np.testing.assert_allclose(own, other, rtol=1e-9, atol=1e-9 * other.max())

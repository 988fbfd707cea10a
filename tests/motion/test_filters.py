"""Filters of numpy alone against those of scipy."""

import numpy as np
import pytest
import scipy

from agir_hf.motion.filters import BLOCK, band_pass, filter_both_ways, low_pass

CUTOFFS = [(6.0, 150.0), (10.0, 100.0), (0.5, 100.0), (0.5, 1000.0), (6.0, 12.5)]


def path(frames, seed=0):
    return np.random.default_rng(seed).normal(size=(frames, 2, 3)).cumsum(axis=0)


@pytest.mark.parametrize(("cutoff_hz", "rate_hz"), CUTOFFS)
def test_the_low_pass_filter_is_that_of_scipy(cutoff_hz, rate_hz):
    expected = scipy.signal.butter(2, cutoff_hz, fs=rate_hz, output="sos")
    np.testing.assert_allclose(low_pass(cutoff_hz, rate_hz), expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("cutoff_hz", "rate_hz"), CUTOFFS)
@pytest.mark.parametrize(
    ("frames", "padding"), [(900, 75), (BLOCK, 0), (BLOCK + 1, BLOCK), (40, 39), (3, 2), (1, 0)]
)
def test_filtering_both_ways_is_that_of_scipy(cutoff_hz, rate_hz, frames, padding):
    sections, signal = low_pass(cutoff_hz, rate_hz), path(frames)
    expected = scipy.signal.sosfiltfilt(sections, signal, axis=0, padlen=padding)
    before = signal.copy()
    np.testing.assert_allclose(filter_both_ways(sections, signal, padding), expected, atol=1e-9)
    np.testing.assert_array_equal(signal, before)


@pytest.mark.parametrize("band_hz", [(0.5, 3.0), (3.0, 8.0)])
def test_the_band_pass_filter_is_that_of_scipy(band_hz):
    expected = scipy.signal.butter(2, band_hz, "bandpass", fs=120.0, output="sos")
    frequencies = np.linspace(0.1, 59, 200)
    gains = [
        scipy.signal.sosfreqz(sections, frequencies, fs=120.0)[1]
        for sections in (band_pass(*band_hz, 120.0), expected)
    ]
    np.testing.assert_allclose(*gains, atol=1e-9)
    signal = path(1000)[:, 0, 0]
    smooth = scipy.signal.sosfiltfilt(expected, signal, padlen=240)
    sections = band_pass(*band_hz, 120.0)
    np.testing.assert_allclose(filter_both_ways(sections, signal, 240), smooth, atol=1e-8)


def test_a_cut_off_frequency_above_half_of_the_rate_is_an_error():
    with pytest.raises(ValueError, match="values between 0 and 10 Hz"):
        low_pass(10.0, 20.0)
    with pytest.raises(ValueError, match="values between 0 and 8 Hz"):
        band_pass(3.0, 8.0, 16.0)


@pytest.mark.parametrize("padding", [-1, 50])
def test_more_padding_than_frames_is_an_error(padding):
    with pytest.raises(ValueError, match="expected 0 to 49"):
        filter_both_ways(low_pass(6.0, 100.0), np.zeros(50), padding)

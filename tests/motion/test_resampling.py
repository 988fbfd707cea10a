import numpy as np
import pytest

from agir_hf.motion import RecordingError
from agir_hf.motion.resampling import LONGEST_GAP_S, fill_gaps, resample


@pytest.mark.parametrize("rate_hz", [25.0, 100.0, 120.0, 150.0, 250.0, 59.94])
def test_a_slow_sine_is_kept_at_any_rate(rate_hz):
    times = np.arange(int(6 * rate_hz)) / rate_hz
    out = resample(np.sin(2 * np.pi * 1.0 * times)[:, None], rate_hz, 20.0)
    expected = np.sin(2 * np.pi * 1.0 * np.arange(len(out)) / 20)
    assert len(out) == int(np.floor(times[-1] * 20 + 1e-9)) + 1
    np.testing.assert_allclose(out[10:-10, 0], expected[10:-10], atol=0.01)
    np.testing.assert_allclose(out[:, 0], expected, atol=0.05)


def test_frequencies_above_the_new_rate_are_not_aliased():
    """Without a filter, 18 Hz sampled at 20 Hz would become 2 Hz."""
    times = np.arange(900) / 150
    out = resample(np.sin(2 * np.pi * 18 * times)[:, None], 150.0, 20.0)
    assert np.abs(out[10:-10]).max() < 0.03


def test_a_straight_line_stays_straight_up_to_its_ends():
    line = np.linspace(0, 3, 451)[:, None]
    out = resample(line, 150.0, 20.0)
    np.testing.assert_allclose(out[:, 0], np.linspace(0, 3, 61), atol=1e-6)


def test_equal_rates_keep_the_samples():
    signal = np.random.default_rng(0).normal(size=(50, 22, 3))
    np.testing.assert_array_equal(resample(signal, 20.0, 20.0), signal)


def test_a_gap_in_a_walk_is_filled_with_an_error_of_millimetres():
    times = np.arange(300) / 150
    path = np.stack([1.2 * times, 0.05 * np.sin(2 * np.pi * times), 0 * times], axis=1)
    gappy = path.copy()
    gappy[100:130] = np.nan
    filled, gaps = fill_gaps(gappy, 150.0, "X")
    np.testing.assert_allclose(filled, path, atol=0.001)
    assert (gaps.filled, gaps.longest_s) == (1, pytest.approx(0.2))
    assert np.isnan(gappy[110]).all()


def test_the_longest_allowed_gap_is_exact_to_one_frame():
    signal = np.zeros((300, 3))
    frames = int(LONGEST_GAP_S * 100)
    signal[100 : 100 + frames] = np.nan
    assert fill_gaps(signal, 100.0, "X")[1].longest_s == pytest.approx(LONGEST_GAP_S)
    signal[100 + frames] = np.nan
    with pytest.raises(
        RecordingError, match=f"marker X is missing in frames 101 to {101 + frames}"
    ):
        fill_gaps(signal, 100.0, "X")

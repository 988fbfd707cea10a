import numpy as np
import pytest
import scipy

from agir_hf.motion import RecordingError
from agir_hf.motion.resampling import (
    EVENT_CUTOFF_HZ,
    JOINT_CUTOFF_HZ,
    LONGEST_GAP_S,
    clean_path,
    fill_gaps,
    interpolate,
    low_pass,
    resample,
    resample_seen,
)


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


def test_a_gap_is_filled_with_the_cubic_of_both_ends():
    """A cubic is not changed by its own slopes; a parabola has them exactly."""
    times = np.arange(100) / 100
    parabola = np.stack([3 * times**2 - times, 1 + 0 * times, 2 - times**2], axis=1)
    gappy = parabola.copy()
    gappy[40:60] = np.nan
    gappy[70:73, 1] = np.nan  # one coordinate
    filled, gaps = fill_gaps(gappy, 100.0, "X")
    np.testing.assert_allclose(filled, parabola, atol=1e-9)
    assert (gaps.filled, gaps.longest_s) == (2, pytest.approx(0.2))
    whole, gaps = fill_gaps(parabola, 100.0, "X")
    assert whole is parabola and (gaps.filled, gaps.longest_s) == (0, 0.0)


def test_slopes_of_a_gap_are_taken_from_8_hundredths_of_a_second():
    """What is farther from the gap than 8 frames at 100 Hz has no effect."""
    path = np.zeros((100, 3))
    path[:, 0] = np.r_[np.full(32, 5.0), np.arange(68)]
    path[:32, 0] = 7.0
    path[40:50] = np.nan
    near, far = path.copy(), path.copy()
    near[33, 0] += 0.5
    far[31, 0] += 50.0
    values = [fill_gaps(p, 100.0, "X")[0][45, 0] for p in (path, near, far)]
    assert values[0] == pytest.approx(13) and values[2] == pytest.approx(13)
    assert values[1] != pytest.approx(13, abs=1e-4)


def test_few_frames_at_a_gap_are_enough():
    path = np.zeros((30, 3))
    path[:, 0] = np.arange(30)
    path[1:5], path[6:9] = np.nan, np.nan
    filled, gaps = fill_gaps(path, 100.0, "X")
    assert gaps.filled == 2 and gaps.longest_s == pytest.approx(0.04)
    assert np.isfinite(filled).all()
    two = np.zeros((20, 3))
    two[:, 0] = np.arange(20)
    two[2:6] = np.nan
    np.testing.assert_allclose(fill_gaps(two, 100.0, "X")[0][:, 0], np.arange(20), atol=1e-9)


@pytest.mark.parametrize(
    ("cutoff_hz", "rate_hz", "hz"), [(JOINT_CUTOFF_HZ, 100.0, 6.0), (EVENT_CUTOFF_HZ, 150.0, 10.0)]
)
def test_the_filters_halve_their_cut_off_frequencies(cutoff_hz, rate_hz, hz):
    """A second-order Butterworth filter forwards and backwards: 1 / (1 + r^4) at r cut-offs."""
    gain = {}
    for ratio in (0.5, 1.0, 2.0):
        w, h = scipy.signal.sosfreqz(low_pass(cutoff_hz, rate_hz), [ratio * hz], fs=rate_hz)
        gain[ratio] = abs(h[0]) ** 2
    assert gain[1.0] == pytest.approx(0.5, abs=1e-6)
    assert gain[0.5] == pytest.approx(1 / (1 + 0.5**4), abs=0.02)
    assert gain[2.0] == pytest.approx(1 / (1 + 2**4), abs=0.02)


@pytest.mark.parametrize(("rate_hz", "is_filtered"), [(12.0, False), (20.0, False), (21.0, True)])
def test_only_a_reduced_rate_is_filtered(rate_hz, is_filtered):
    signal = np.random.default_rng(0).normal(size=(60, 2))
    out = resample(signal, rate_hz, 20.0)
    frames = int(59 / rate_hz * 20 + 1e-9) + 1
    assert out.shape == (frames, 2) and out.dtype == np.float64
    assert (np.std(out) < 0.9 * np.std(signal)) == is_filtered


def sines(rate_hz, seconds, hz=1.0):
    times = np.arange(round(rate_hz * seconds) + 1) / rate_hz
    return np.sin(2 * np.pi * hz * times[:, None, None] + np.arange(6).reshape(1, 2, 3))


def test_missing_samples_stay_missing_at_another_rate():
    positions = sines(100.0, 3)
    positions[100:150, 1] = np.nan
    positions[:, 0, 2][250:261] = np.nan  # one coordinate
    out = resample_seen(positions, 100.0, 20.0)
    expected = sines(20.0, 3)
    missing = np.isnan(out).any(axis=2)
    assert np.flatnonzero(missing[:, 1]).tolist() == list(range(20, 30))
    assert np.flatnonzero(missing[:, 0]).tolist() == [50, 51, 52]
    assert np.isnan(out[missing]).all()
    out[missing] = expected[missing]
    np.testing.assert_allclose(out[2:-2, 0], expected[2:-2, 0], atol=0.03)
    np.testing.assert_allclose(out[2:17, 1], expected[2:17, 1], atol=0.05)
    positions[:, 1] = np.nan
    out = resample_seen(positions, 100.0, 20.0)
    assert np.isnan(out[:, 1]).all() and np.isfinite(out[:50, 0]).all()


def test_interpolated_samples_are_those_of_the_sine_at_the_new_times():
    out = interpolate(sines(20.0, 2), 20.0, 30.0)
    assert len(out) == 61
    np.testing.assert_allclose(out, sines(30.0, 2), atol=1e-3)
    assert len(interpolate(sines(20.0, 2)[:-1], 20.0, 15.0)) == 30


def test_a_clean_path_has_the_working_rate_and_no_gaps():
    path = sines(50.0, 3)[:, 0]
    clean = clean_path(path, 50.0)
    assert len(clean) == 301
    np.testing.assert_allclose(clean[20:-20], sines(100.0, 3)[20:-20, 0], atol=2e-3)
    fast = clean_path(sines(150.0, 3)[:, 0], 150.0)
    assert len(fast) == 451
    np.testing.assert_allclose(fast[20:-20], sines(150.0, 3)[20:-20, 0], atol=2e-3)
    path[60:70] = np.nan
    np.testing.assert_allclose(clean_path(path, 50.0)[20:-20], clean[20:-20], atol=0.015)


@pytest.mark.parametrize(("rate_hz", "is_filtered"), [(20.0, False), (21.0, True), (150.0, True)])
def test_clean_paths_of_over_20_hz_are_filtered_at_10_hz(rate_hz, is_filtered):
    path = np.random.default_rng(1).normal(size=(200, 3))
    clean = clean_path(path, rate_hz)
    step = 1 if rate_hz >= 100 else None
    samples = clean if step else clean[:: int(100 / rate_hz)] if rate_hz == 20 else clean
    assert np.isclose(samples[: len(path)].std(), path.std(), rtol=1e-6) == (not is_filtered)
    if not is_filtered:
        np.testing.assert_allclose(samples, path, atol=1e-9)


@pytest.mark.parametrize("frames", [25, 26])
@pytest.mark.parametrize("start", [0, 80, None])
def test_the_longest_gap_of_a_clean_path_is_a_quarter_of_a_second(frames, start):
    path = sines(100.0, 2)[:, 0]
    start = len(path) - frames if start is None else start
    path[start : start + frames] = np.nan
    clean = clean_path(path, 100.0)
    assert (clean is None) == (frames == 26)
    if clean is not None and start == 0:  # filled with the nearest position
        np.testing.assert_allclose(clean[:5], path[[25]].repeat(5, 0), atol=0.05)


@pytest.mark.parametrize("seen", [3, 4])
def test_four_frames_are_enough_for_a_clean_path(seen):
    path = np.full((6, 3), np.nan)
    path[:seen] = np.arange(seen)[:, None]
    assert (clean_path(path, 20.0) is None) == (seen < 4)

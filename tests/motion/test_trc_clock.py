"""Clock of constructed TRC tables: rate, missing and repeated rows, units of times."""

import numpy as np
import pytest

from agir_hf.motion import RecordingError
from agir_hf.motion.readers.trc_times import read_clock


def table(times, frames=None, values=None):
    """Frame number, time and one value of each row."""
    times = np.asarray(times, dtype=float)
    frames = np.arange(1.0, len(times) + 1) if frames is None else np.asarray(frames, dtype=float)
    values = frames if values is None else np.asarray(values, dtype=float)
    return np.stack([frames, times, values], axis=1)


def clock(times, frames=None, stated_hz=None, user_hz=None, values=None):
    return read_clock(table(times, frames, values), stated_hz, user_hz, "walk.trc")


def refused(match, *arguments, **options):
    with pytest.raises(RecordingError, match=match) as excinfo:
        clock(*arguments, **options)
    assert "walk.trc" in str(excinfo.value) and "\n" not in str(excinfo.value)


@pytest.mark.parametrize("rate_hz", [30.0, 60.0, 100.0, 120.0, 150.0, 200.0, 250.0])
@pytest.mark.parametrize("decimals", [2, 3, 7])
@pytest.mark.parametrize("stated", [True, False])
def test_the_rate_of_rounded_times_is_that_of_the_whole_span(rate_hz, decimals, stated):
    times = np.round(1.5 + np.arange(1000) / rate_hz, decimals)
    result = clock(times, stated_hz=rate_hz if stated else None)
    assert result.rate_hz == pytest.approx(rate_hz, rel=1e-4)
    assert result.index.tolist() == result.rows.tolist() == list(range(1000))
    assert result.start_s == 1.5
    expected = () if stated else (f"the header states no rate: {rate_hz:g} Hz from the times",)
    assert result.remarks == expected


@pytest.mark.parametrize(("count", "text"), [(1, "1 row is"), (7, "7 rows are")])
@pytest.mark.parametrize("numbered", [True, False])
def test_rows_that_are_missing_are_missing_frames(count, text, numbered):
    kept = np.r_[0:20, 20 + count : 60]
    frames = kept + 1.0 if numbered else np.full(len(kept), np.nan)
    result = clock(kept / 100, frames, stated_hz=100.0)
    assert result.index.tolist() == kept.tolist() and result.rate_hz == 100.0
    assert result.remarks == (f"{text} missing in the file in one gap after 0.19 s",)


def test_several_gaps_are_counted_and_the_first_is_named():
    kept = np.r_[0:20, 25:40, 43:60]
    result = clock(2 + kept / 100, kept, stated_hz=100.0)
    assert result.index.tolist() == kept.tolist() and result.start_s == 2
    assert result.remarks == ("8 rows are missing in the file in 2 gaps, the first after 2.19 s",)


def test_a_gap_that_only_the_frame_numbers_show_is_a_gap():
    frames = np.r_[1:21, 26:61]
    result = clock(np.arange(55) / 100, frames, stated_hz=100.0)
    assert result.index.tolist() == (frames - 1).tolist()
    assert result.remarks[0].startswith("frame numbers jump from 20 to 26 while times do not")


def test_rows_in_another_order_are_sorted_and_counted():
    order = np.arange(50)
    order[[10, 20]] = order[[20, 10]]
    result = clock(order / 100, order + 1, stated_hz=100.0)
    assert result.rows.tolist() == order.tolist() and result.index.tolist() == list(range(50))
    assert result.remarks == ("2 rows were not in the order of their times: sorted",)
    frames = order + 1.0
    frames[30] = np.nan  # the order is not certain
    refused(r"back in time from 0.2 to 0.11 after row 11,", order / 100, frames, stated_hz=100.0)
    refused("goes back in time", order / 100, np.arange(50), stated_hz=100.0)


def test_repeated_rows_are_left_out_and_different_ones_are_refused():
    rows = np.r_[0:10, 9, 9, 10:30]
    result = clock(rows / 100, rows, stated_hz=100.0)
    assert result.rows.tolist() == [*range(10), *range(12, 32)]
    assert result.index.tolist() == list(range(30))
    assert result.remarks == ("2 repeated rows left out",)
    values = rows.astype(float)
    values[11] += 1
    refused("frame 9 twice with different values", rows / 100, rows, values=values)
    values[9:12] = np.nan  # missing values are equal
    assert clock(rows / 100, rows, stated_hz=100.0, values=values).remarks == result.remarks


@pytest.mark.parametrize("times", [np.full(40, np.nan), np.zeros(40)], ids=["missing", "same"])
def test_without_times_the_rate_is_that_of_header_or_user(times):
    result = clock(times, stated_hz=50.0)
    assert result.remarks == ("no times in the file: 50 Hz from the header",)
    assert result.rate_hz == 50.0 and result.start_s == 0 and len(result.index) == 40
    assert clock(times, stated_hz=50.0, user_hz=25.0).remarks[0].endswith("25 Hz from --rate")
    refused("states neither a rate nor times", times)


def test_single_missing_times_are_those_between_their_neighbours():
    times = np.arange(40) / 100
    times[7:12] = np.nan
    result = clock(times, stated_hz=100.0)
    assert result.index.tolist() == list(range(40)) and result.remarks == ()
    times[-1] = np.nan  # then the times are not used
    assert clock(times, stated_hz=100.0).remarks == (
        "no times in the file: 100 Hz from the header",
    )


@pytest.mark.parametrize(("scale", "unit"), [(1e3, "ms"), (1e6, "µs")])
def test_times_in_parts_of_a_second(scale, unit):
    result = clock(scale * (3 + np.arange(50) / 100), stated_hz=100.0)
    assert result.rate_hz == 100.0 and result.start_s == pytest.approx(3.0)
    assert result.remarks == (f"times are in {unit}",)
    if unit == "ms":  # also without a rate
        alone = clock(scale * np.arange(50) / 100)
        assert alone.rate_hz == pytest.approx(100.0) and "times are in ms" in alone.remarks


def test_times_that_count_frames():
    result = clock(np.arange(1.0, 51.0), stated_hz=100.0)
    assert (result.rate_hz, result.start_s) == (100.0, 0.0)
    assert result.remarks == ("times are frame numbers: 100 Hz from the header or --rate",)
    refused("times with steps of 1, expected seconds or milliseconds", np.arange(1.0, 51.0))


@pytest.mark.parametrize(
    ("stated_hz", "answer_hz"), [(100.0, 100.0), (101.5, 100.0), (98.5, 100.0), (103.0, None)]
)
def test_header_and_times_agree_within_two_percent(stated_hz, answer_hz):
    times = np.arange(200) / 100 + 0.00013  # five decimals
    if answer_hz is None:
        refused("states 103 Hz, its times give 100 Hz", times, stated_hz=stated_hz)
        user = clock(times, stated_hz=stated_hz, user_hz=103.0)
        assert user.rate_hz == 103.0
        assert user.remarks == (
            "rate 103 Hz from --rate, although the times of the file give 100 Hz",
        )
        return
    assert clock(times, stated_hz=stated_hz).rate_hz == pytest.approx(answer_hz)


def test_a_rate_of_the_user_near_that_of_the_times_has_no_remark():
    result = clock(np.arange(200) / 100, user_hz=101.0)
    assert result.remarks == () and result.rate_hz == 101.0


@pytest.mark.parametrize("stated_hz", [100.2, 101.0])
def test_rounded_times_at_a_rate_near_that_of_the_header_have_no_gaps(stated_hz):
    """Two decimals are a frame at 100 Hz: a grid of another rate fits, with frames between rows."""
    result = clock(np.arange(1000) / 100, stated_hz=stated_hz)
    assert result.index.tolist() == list(range(1000)) and result.remarks == ()
    assert result.rate_hz == pytest.approx(100.0)
    kept = np.r_[0:500, 502:1000]  # frame numbers that have a gap
    for frames in (kept + 1, np.arange(998)):  # also where the rows were numbered again
        assert clock(kept / 100, frames, stated_hz=100.0).index.tolist() == kept.tolist()


def test_times_that_are_not_regular_are_said():
    times = np.arange(200) / 100
    times[80:88] += 0.0035 * np.arange(1, 9)  # eight intervals of 1.35 frames
    times[88:] += 0.028
    result = clock(times, np.full(200, np.nan), stated_hz=100.0)
    assert any(remark.startswith("times deviate by up to ") for remark in result.remarks)
    small = np.arange(200) / 100 + 0.002 * np.resize([0, 1], 200)
    assert clock(small, np.full(200, np.nan), stated_hz=100.0).remarks == ()


@pytest.mark.parametrize(("seconds", "is_refused"), [(24.5, False), (25, True)])
def test_a_gap_has_at_most_20_s_and_four_frames_for_each_row(seconds, is_refused):
    """60 rows at 50 Hz: 5 × 60 + 20 × 50 frames are accepted."""
    kept = np.r_[0:30, 30 + round(seconds * 50) + np.arange(30)]
    if is_refused:
        refused("no rows for 25.02 s after frame 30,", kept / 50, kept + 1, stated_hz=50.0)
        return
    assert clock(kept / 50, kept + 1, stated_hz=50.0).index[-1] == kept[-1]

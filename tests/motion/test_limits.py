"""Limits of recordings at both sides: rates, frames, sizes, jumps, frozen frames, static trials."""

import numpy as np
import pytest

from agir_hf.motion import RecordingError
from agir_hf.motion.gate_frames import body_jump, far_points, repeated_frames, spikes
from agir_hf.motion.marker_sets.checks import check_sides, reason_static
from agir_hf.motion.readers.body_checks import continuous_frames, file_rate
from agir_hf.motion.readers.limits import check_frames, check_rate, check_size
from agir_hf.motion.readers.missing_values import mark_missing
from agir_hf.motion.recording import ReadOptions


@pytest.mark.parametrize("rate_hz", [5.0, 5000.0])
def test_the_limits_of_the_rate_are_inside(rate_hz):
    check_rate(rate_hz, "x")
    for outside in (4.99, 5000.1, np.nan, np.inf, -1.0):
        with pytest.raises(RecordingError, match="expected 5 to 5000 Hz"):
            check_rate(outside, "x")


def test_frames_and_durations_are_limited():
    check_frames(1_000_000, 5000.0, "x")
    check_frames(36_000, 10.0, "x")
    check_frames(0, 10.0, "x")
    for frames, rate_hz, text in (
        (1_000_001, 5000.0, "1000001 frames, expected at most 1,000,000"),
        (36_001, 10.0, "lasts 3600 s"),
        (-1, 10.0, "-1 frames"),
        (np.nan, 10.0, "nan frames"),
    ):
        with pytest.raises(RecordingError, match=text):
            check_frames(frames, rate_hz, "x")


def test_sizes_are_limited_to_two_gibibytes():
    check_size(2 * 1024**3, "x")
    check_size(1, "x")
    with pytest.raises(RecordingError, match="2.5 GiB, expected at most 2 GiB"):
        check_size(2.5 * 1024**3, "x")
    with pytest.raises(RecordingError, match="2.0 GiB"):
        check_size(2 * 1024**3 + 1, "x")
    with pytest.raises(RecordingError, match="is empty"):
        check_size(0, "x")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (30, 30), ("29,97 fps", 29.97), (b"120Hz", 120), (np.array([[50.0]]), 50), ([25, 25], 25),
    ],
)  # fmt: skip
def test_rates_of_files_in_any_form(value, expected):
    assert file_rate(value, ReadOptions(), "x") == pytest.approx(expected)
    assert file_rate(value, ReadOptions(rate_hz=60.0), "x") == 60


@pytest.mark.parametrize("value", [[25, 30], "fast", [], {}, np.array(None)])
def test_what_is_no_rate(value):
    with pytest.raises(RecordingError, match="expected a number: pass it with --rate"):
        file_rate(value, ReadOptions(), "x")


def test_the_longest_part_without_missing_frames_is_used():
    numbers = [1, 2, 3, 7, 8, 9, 10, 20, 21]
    part, remarks = continuous_frames(numbers, 9)
    assert (part.start, part.stop) == (3, 7)
    assert remarks == ("frames are missing in between: frames 4 to 7 of 9 are used",)
    assert continuous_frames([0, 2, 4, 6, 10], 5)[0] == slice(0, 4)  # every second frame
    for numbers in ([5, 6, 7], [0, 10, 20], [3, 2, 1], "abc", [1, 2], None, [1, 2, np.nan]):
        assert continuous_frames(numbers, 3) == (slice(0, 3), ())


def test_points_beyond_100_m_are_far():
    positions = np.zeros((2, 3, 3))
    positions[0, 0], positions[0, 1, 2], positions[1, 2, 0] = 99.9, 100.1, -100.1
    positions[1, 0] = np.nan
    assert np.argwhere(far_points(positions)).tolist() == [[0, 1], [1, 2]]


def path(frames=200, speed=1.0, rate_hz=100.0):
    positions = np.zeros((frames, 1, 3))
    positions[:, 0, 0] = speed * np.arange(frames) / rate_hz
    return positions


@pytest.mark.parametrize(("height_m", "is_spike"), [(0.19, False), (0.22, True)])
def test_a_point_that_moves_faster_than_20_m_per_s_has_jumped(height_m, is_spike):
    """At 100 Hz 0.2 m from one frame to the next; at 500 Hz 0.15 m."""
    positions = path()
    positions[60:64, 0, 1] = height_m
    expected = [60, 61, 62, 63] if is_spike else []
    assert np.flatnonzero(spikes(positions, 100.0)[:, 0]).tolist() == expected
    positions[60:64, 0, 1] = height_m - 0.05
    assert spikes(positions, 500.0).any() == is_spike


@pytest.mark.parametrize(("frames", "is_spike"), [(25, True), (26, False)])
def test_a_point_that_is_away_for_over_a_quarter_of_a_second_was_not_lost(frames, is_spike):
    positions = path()
    positions[60 : 60 + frames, 0, 1] = 1.0
    assert spikes(positions, 100.0).any() == is_spike


@pytest.mark.parametrize(("count", "is_spike"), [(39, True), (41, False)])
def test_a_point_with_many_jumps_is_noise(count, is_spike):
    positions = path(200)
    frames = np.r_[np.arange(2, 80, 4), np.arange(3, 83, 4), 90]
    positions[frames[:count], 0, 1] = 1.0
    positions[frames[:count:2], 0, 2] = 0.02
    assert len(set(frames[:count].tolist())) == count
    assert spikes(positions, 100.0).any() == is_spike


def test_a_fast_movement_over_a_gap_is_no_jump():
    positions = path()
    positions[60:63] = np.nan
    positions[63:, 0, 1] = 0.5  # within 4 frames
    assert not spikes(positions, 100.0).any()


@pytest.mark.parametrize(("jump_m", "frame"), [(0.49, None), (0.51, 80)])
def test_a_body_that_moves_half_a_metre_has_jumped(jump_m, frame):
    positions = path(speed=0.0)[:, 0]
    positions[80:, 2] = jump_m
    assert body_jump(positions, 100.0) == frame
    positions[70:80] = np.nan
    assert body_jump(positions, 100.0) is None  # 12 m/s for 0.11 s is more
    slow = path(speed=0.0)[:, 0]
    slow[80:, 2] = 2 * jump_m + 0.2
    assert body_jump(slow, 10.0) == (80 if frame else None)  # 1.2 m from one frame to the next
    assert body_jump(positions[:1], 100.0) is None


@pytest.mark.parametrize(("frames", "is_said"), [(50, True), (49, False)])
def test_frames_that_are_frozen_for_half_a_second_are_said(frames, is_said):
    positions = path(300)
    positions[100 : 100 + frames] = positions[100]
    text = repeated_frames([positions, np.zeros(300)], 100.0)
    expected = f"frames 101 to {100 + frames} are the same: the recording is frozen there"
    assert text == (expected if is_said else "")
    positions[100 : 100 + frames] = np.nan
    assert repeated_frames([positions], 100.0) == text


def test_copied_frames_are_said_with_the_true_rate():
    positions = np.repeat(path(100), 2, axis=0)
    text = repeated_frames([positions], 100.0)
    assert text.startswith("50% of the frames repeat") and "about 50 Hz" in text
    for share, is_said in ((3, True), (4, False)):  # every third, every fourth frame is repeated
        numbers = np.concatenate([[i] * (1 + (i % (share - 1) == 0)) for i in range(150)])
        assert bool(repeated_frames([numbers[:, None].astype(float)], 100.0)) == is_said
    assert repeated_frames([np.zeros((5, 3))], 5.0).startswith("every frame is the same")
    assert repeated_frames([np.zeros((4, 3))], 5.0) == ""


def sites(pelvis_m, heel_m):
    share = np.linspace(0, 1, 50)[:, None]
    result = {}
    for side, x in (("left", 0.1), ("right", -0.1)):
        result[f"{side}_asis"] = [x, 1, 0] + share * [0, 0, pelvis_m]
        moved = heel_m if side == "left" else 0
        result[f"{side}_heel"] = [x, 0.05, 0] + share * [0, 0, pelvis_m + moved]
        result[f"{side}_hallux"] = result[f"{side}_heel"] + [0, 0, 0.2]
    return result


@pytest.mark.parametrize(
    ("pelvis_m", "heel_m", "is_static"),
    [(0.29, 0.09, True), (0.31, 0.0, False), (0.0, 0.11, False), (0.0, 0.0, True)],
)
def test_a_static_trial_moves_less_than_its_limits(pelvis_m, heel_m, is_static):
    text = reason_static(sites(pelvis_m, heel_m))
    assert (text is not None) == is_static
    if is_static:
        assert f"pelvis moves {pelvis_m:.2f} m and the heels {heel_m:.2f} m" in text


def test_without_pelvis_or_heels_a_trial_is_not_static():
    still = sites(0, 0)
    assert reason_static({site: p for site, p in still.items() if "asis" not in site}) is None
    assert reason_static({site: p for site, p in still.items() if "heel" not in site}) is None
    hidden = still | {"left_heel": np.full((50, 3), np.nan)}
    assert reason_static(hidden) is None
    higher = {site: p + np.linspace(0, 1, 50)[:, None] * [0, 1, 0] for site, p in still.items()}
    assert reason_static(higher) is not None  # height does not count for the pelvis


def test_exchanged_or_mirrored_sides_are_refused():
    right = sites(1.0, 0.2)
    check_sides(right, "x")
    swapped = {site.replace("left", "?").replace("right", "left").replace("?", "right"): p
               for site, p in right.items()}  # fmt: skip
    mirrored = {site: p * [-1, 1, 1] for site, p in right.items()}
    for wrong in (swapped, mirrored):
        with pytest.raises(RecordingError, match="left and right swapped"):
            check_sides(wrong, "x")
    turned = {site: p[:, [2, 1, 0]] * [1, 1, -1] for site, p in right.items()}
    check_sides(turned, "x")
    part = {
        site: np.where(np.arange(50)[:, None] < 30, p, mirrored[site]) for site, p in right.items()
    }
    check_sides(part, "x")
    check_sides({site: p for site, p in swapped.items() if "asis" not in site}, "x")
    check_sides({site: p for site, p in swapped.items() if "hallux" not in site}, "x")


def markers():
    random = np.random.default_rng(0)
    return random.normal(0, 500, (40, 6, 3)), [f"M{i}" for i in range(6)]


@pytest.mark.parametrize(
    ("value", "frames", "is_missing"),
    [
        ((9999999.0, 9999999.0, 9999999.0), 3, True),
        ((1e6, 5.0, 7.0), 1, True),
        ((0.99e6, 5.0, 7.0), 1, True),  # 2,000 times the distance of the others
        ((9999.0, 9999.0, 9999.0), 1, True),
        ((999.0, 999.0, 999.0), 2, True),
        ((95.0, 95.0, 95.0), 2, True),
        ((85.0, 85.0, 85.0), 2, False),
        ((950.0, 950.0, 950.0), 1, False),
        ((950.0, 950.0, 951.0), 2, False),
        ((100000.0, 5.0, 7.0), 1, False),
        ((260000.0, 5.0, 7.0), 1, True),
    ],
)
def test_numbers_that_stand_for_missing_points(value, frames, is_missing):
    positions, labels = markers()
    positions[5 : 5 + 3 * frames : 3, 2] = value
    cleaned, remarks = mark_missing(positions, labels)
    expected = np.zeros((40, 6), dtype=bool)
    if is_missing:
        expected[5 : 5 + 3 * frames : 3, 2] = True
        count = f"{frames} frame{'s' if frames > 1 else ''} of M2 with {max(value):.10g}"
        assert remarks == [f"{count} read as missing"]
    else:
        assert cleaned is positions and remarks == []
    np.testing.assert_array_equal(np.isnan(cleaned).any(axis=2), expected)


def test_absurd_values_that_differ_are_said_so():
    positions, labels = markers()
    positions[3, 1], positions[4, 1] = 2e6, 3e6
    assert mark_missing(positions, labels)[1] == [
        "2 frames of M1 with absurd positions read as missing"
    ]
    nothing = np.full((5, 2, 3), np.nan)
    assert mark_missing(nothing, labels)[0] is nothing


@pytest.mark.parametrize(("distance", "is_missing"), [(12_000, False), (22_000, True)])
def test_a_point_that_stays_far_away_is_missing(distance, is_missing):
    """Twenty times the usual distance, about 0.8 m, if it does not move."""
    positions, labels = markers()
    positions[10:15, 4] = [distance, 3.0, 4.0]
    assert bool(mark_missing(positions, labels)[1]) == is_missing
    positions[10:15, 4] += np.arange(5)[:, None]
    assert not mark_missing(positions, labels)[1]

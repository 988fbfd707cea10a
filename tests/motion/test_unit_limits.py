"""Limits of units and axes, and repairs of the paths of keypoints, of constructed points."""

import numpy as np
import pytest

from agir_hf.motion import RecordingError, keypoint_paths, units_axes
from agir_hf.motion.recording import Conventions, ReadOptions
from agir_hf.motion.units_axes import METRES, likely_unit, parse_axis, parse_unit, to_metres_y_up

LOW, HIGH = [0, 1], [2, 3]
RATE = 50.0


def body(height, frames=20, travel=(0.0, 0.0, 0.0)):
    """Two feet and two shoulders (T, 4, 3), Y up, that move evenly by a distance."""
    points = height * np.array([[0.1, 0, 0], [-0.1, 0, 0], [0.2, 1, 0], [-0.2, 1, 0]])
    return points + np.linspace(0, 1, frames)[:, None, None] * np.array(travel)


def converted(positions, **options):
    settings = {name: options.pop(name) for name in ("unit", "up") if name in options}
    return to_metres_y_up(
        positions, ReadOptions(**settings), "walk.trc", low=LOW, high=HIGH, **options
    )


@pytest.mark.parametrize(
    ("height", "hint"),
    [(0.29, "check its scale"), (0.31, None), (2.99, None), (3.01, "check its scale"),
     (31, "pass --unit cm if the file is in cm"), (310, "pass --unit mm|cm"), (0.0, "one height")],
)  # fmt: skip
def test_a_body_is_30_cm_to_3_m_high(height, hint):
    positions = np.zeros((20, 4, 3)) if height == 0 else body(height)
    if hint is None:
        assert np.ptp(converted(positions, unit="m")[0][0, :, 1]) == pytest.approx(height)
        return
    with pytest.raises(RecordingError, match=f"tall from lowest .*units m .forced.*{hint}"):
        converted(positions, unit="m")


@pytest.mark.parametrize(
    ("height", "unit"),
    [(2.9, "m"), (3.1, "cm"), (29, "cm"), (31, "cm"), (290, "cm"), (310, "mm"), (2900, "mm")],
)
def test_the_unit_of_a_height_is_the_one_that_fits_best(height, unit):
    """Without a unit that fits, or with several, the height is compared with 1.5 m."""
    name, metres, remark = units_axes._detected(height, None)
    fitting = [n for n in ("mm", "cm", "m") if 0.3 <= height * METRES[n] <= 3.0]
    assert metres == METRES[name] and remark == ""
    if fitting:
        assert name in fitting
    assert name == min(
        fitting or ("mm", "cm", "m"), key=lambda n: abs(np.log(height * METRES[n] / 1.5))
    )
    assert units_axes._detected(0.0, None)[0] == units_axes._detected(np.nan, None)[0] == "m"


@pytest.mark.parametrize(
    ("stature_m", "cost"),
    [(1.4, 0), (2.05, 0), (1.7, 0), (0.7, np.log(2)), (4.1, 4 * np.log(2))],
)
def test_statures_of_adults_cost_nothing_and_giants_more_than_children(stature_m, cost):
    assert units_axes._stature_cost(stature_m) == pytest.approx(cost, abs=1e-9)


@pytest.mark.parametrize(
    ("stature", "unit"),
    [(170, "cm"), (1700, "mm"), (67, "inch"), (5.6, "ft"), (1.7, "m"),
     (30, "CMU unit of 5.644 cm")],
)  # fmt: skip
def test_the_likely_unit_of_a_stature(stature, unit):
    name, metres = likely_unit(stature)
    assert name == unit and 1.4 < stature * metres < 2.05


def test_the_length_of_one_unit_has_limits():
    assert parse_unit("1e-6") == ("1e-06 m", 1e-6) and parse_unit("9999")[1] == 9999
    assert parse_unit("1e-8") is None and parse_unit("10001") is None


@pytest.mark.parametrize(("text", "axis"), [("x", (0, 1)), (" -Y", (1, -1)), ("+Z", (2, 1))])
def test_names_of_axes(text, axis):
    assert parse_axis(text) == axis
    direction = np.zeros(3)
    direction[axis[0]] = 2.0 * axis[1]
    assert units_axes.nearest_axis(direction + [0.5, -0.7, 0.9]) == axis


@pytest.mark.parametrize(("lean_deg", "is_refused"), [(59, False), (61, True), (180, True)])
def test_an_axis_of_the_user_is_at_most_60_degrees_from_the_trunk(lean_deg, is_refused):
    angle = np.radians(lean_deg)
    trunk = np.array([np.sin(angle), np.cos(angle), 0])
    if not is_refused:
        units_axes._check_upright(trunk, 1, 1, "walk.trc")
        return
    better = "X" if lean_deg < 90 else "-Y"
    with pytest.raises(RecordingError, match=f"along {better}, .* set to Y: .*--up={better}"):
        units_axes._check_upright(trunk, 1, 1, "walk.trc")


@pytest.mark.parametrize(
    ("travel", "heading"),
    [((0, 0, 0.49), ""), ((0, 0, 0.51), "+Z"), ((-0.6, 5.0, 0.3), "-X"), ((0.3, 0, -0.6), "-Z"),
     ((0.35, 9.0, 0.35), "")],
)  # fmt: skip
def test_the_heading_is_that_of_half_a_metre_over_the_floor(travel, heading):
    positions = body(1.5, travel=travel)
    assert units_axes._heading(positions, np.eye(3)) == heading
    positions[0, 0] = positions[-1, 1] = np.nan  # first and last complete frame
    scaled = body(1.5, travel=np.array(travel) * 19 / 17)
    scaled[0, 0] = scaled[-1, 1] = np.nan
    assert units_axes._heading(scaled, np.eye(3)) == heading
    positions[:, 0] = np.nan  # no complete frame: first and last frame, of the points in both
    positions[:, 1] = np.nan
    assert units_axes._heading(positions, np.eye(3)) == heading
    assert units_axes._heading(positions[:1], np.eye(3)) == ""


def test_the_extent_leaves_out_points_that_are_fifty_times_as_far():
    """The 75th percentile of the distances of 8 points from their middle is 1.0 m."""
    heights = np.array([-1.0, -1.0, -1.0, -0.5, 0.0, 0.5, 1.0, 1.0])
    for far, extent in ((49.0, 50.0), (51.5, 2.0)):
        positions = np.zeros((10, 9, 3))
        positions[:, :8, 1], positions[:, 8, 1] = heights, far
        positions[3] = np.nan
        assert units_axes._extent(positions, 1) == pytest.approx(extent)
    assert np.isnan(units_axes._extent(np.full((4, 2, 3), np.nan), 1))


def test_a_unit_that_almost_fits_as_well_is_named_in_the_remark():
    """A stature of 85 is 0.85 m or 2.16 m, one of 100 is 1 m or 2.54 m: a difference of 0.52."""
    for stature, is_named in ((85.0, True), (100.0, False)):
        name, metres, remark = units_axes._detected(1.0, stature)
        assert bool(remark) == is_named and metres == METRES[name]


def test_conventions_state_unit_and_axis_of_the_file():
    turned = body(1700, travel=(0, 0, 900))[..., [2, 0, 1]]
    metres, conventions = converted(turned)
    assert conventions == Conventions("mm", "detected", "+Z", "detected", "+X", ())
    np.testing.assert_allclose(np.ptp(metres[:, 0], axis=0)[1], 0, atol=1e-6)
    np.testing.assert_allclose(metres[0, 2, 1] - metres[0, 0, 1], 1.7, atol=1e-5)


def line(speed=1.0, frames=100):
    """Path (T, 3) with a constant speed along X."""
    path = np.zeros((frames, 3))
    path[:, 0] = speed * np.arange(frames) / RATE
    return path


@pytest.mark.parametrize(
    "frames", [slice(50, 52), slice(0, 3), slice(97, 100), slice(0, 1), slice(99, 100)], ids=str
)
def test_keypoints_away_from_a_line_are_outliers_also_at_its_ends(frames):
    path = line()
    path[frames, 1] += 1.0
    cleaned, count = keypoint_paths._without_outliers(path, RATE)
    missing = np.isnan(cleaned).any(axis=1).nonzero()[0].tolist()
    assert missing == list(range(100)[frames]) and count == len(missing)
    same, none = keypoint_paths._without_outliers(line(), RATE)
    assert none == 0 and np.array_equal(same, line())


@pytest.mark.parametrize(
    ("away_m", "spread_m", "count"),
    [(0.07, 0, 0), (0.09, 0, 1), (0.17, 0.02, 0), (0.19, 0.02, 1)],
)
def test_an_outlier_is_8_cm_and_six_standard_deviations_away(away_m, spread_m, count):
    """Distances of 0.02 m in all frames have a standard deviation of 0.02 × 1.4826 m."""
    path = line(speed=0)
    path[:, 2] += spread_m * np.resize([1, -1], 100) * (np.arange(100) % 3 > 0)
    path[::3, 1] += spread_m * np.resize([1, -1], 34)
    path[50] = [0, away_m, 0]
    assert keypoint_paths._without_outliers(path, RATE)[1] == count


@pytest.mark.parametrize(("rate_hz", "count"), [(50.0, 10), (15.0, 4)])
def test_paths_are_continued_by_the_line_of_their_last_fifth_of_a_second(rate_hz, count):
    path = np.zeros((60, 3))
    path[:count, 0] = 0.1 * np.arange(count)  # the first frames rise, the others do not
    path[count:, 0] = path[count - 1, 0]
    path[-count:, 1] = 0.2 * np.arange(count)
    extended, padding = keypoint_paths._extended(path, rate_hz)
    assert padding == int(rate_hz) and len(extended) == 60 + 2 * padding
    np.testing.assert_allclose(extended[padding:-padding], path)
    np.testing.assert_allclose(extended[:padding, 0], 0.1 * np.arange(-padding, 0), atol=1e-9)
    after = 0.2 * (count + np.arange(padding))
    np.testing.assert_allclose(extended[-padding:, 1], after, atol=1e-9)
    np.testing.assert_allclose(extended[-padding:, 0], path[-1, 0], atol=1e-9)


@pytest.mark.parametrize(("missing", "is_filled"), [(12, True), (13, False)])
def test_gaps_of_an_arm_are_filled_up_to_a_quarter_of_a_second(missing, is_filled):
    path = line()
    path[40 : 40 + missing] = path[:2] = np.nan
    assert keypoint_paths._is_complete(path, RATE) == is_filled
    filled, gaps = keypoint_paths._short_gaps_filled(path, RATE, "LWrist")
    assert np.isnan(filled[40 : 40 + missing]).all() == (not is_filled)
    np.testing.assert_allclose(filled[:2], path[[2, 2]])
    assert gaps.filled == (1 if is_filled else 0)
    assert gaps.longest_s == pytest.approx(0.24 if is_filled else 0)
    if is_filled:
        np.testing.assert_allclose(filled[2:], line()[2:], atol=1e-9)
    nothing = np.full((20, 3), np.nan)
    assert not keypoint_paths._is_complete(nothing, RATE)
    assert keypoint_paths._short_gaps_filled(nothing, RATE, "LWrist")[1].filled == 0


def test_the_longest_of_the_filled_gaps_is_that_of_all_parts_of_an_arm():
    path = line()
    path[10:15] = path[40:60] = path[80:82] = np.nan
    filled, gaps = keypoint_paths._short_gaps_filled(path, RATE, "LWrist")
    assert gaps.filled == 2 and gaps.longest_s == pytest.approx(5 / RATE)
    missing = np.isnan(filled).any(axis=1)
    assert missing[40:60].all() and missing.sum() == 20


def test_a_part_that_is_not_seen_at_its_end_is_closed_with_the_nearest_position():
    path = line()
    path[:3] = path[-4:] = np.nan
    closed = keypoint_paths._closed(path)
    np.testing.assert_array_equal(closed, line()[np.clip(np.arange(100), 3, 95)])


@pytest.mark.parametrize(("jitter_m", "is_smoothed"), [(0.0025, False), (0.004, True)])
def test_paths_that_jitter_by_3_mm_are_smoothed(jitter_m, is_smoothed):
    """Half of the frames are above and half below the path, at 25 Hz."""
    names = [f"{side}_{part}" for side in ("left", "right") for part in ("hip", "knee", "shoulder")]
    paths = {name: line() + jitter_m * np.resize([1, -1], (100, 1)) for name in names}
    smooth, remark = keypoint_paths._without_jitter(paths, RATE)
    assert bool(remark) == is_smoothed and (smooth is paths) != is_smoothed
    if is_smoothed:
        assert remark == ("keypoints jitter by 4 mm: smoothed at 6 Hz",)
        np.testing.assert_allclose(smooth["left_hip"][3:-3], line()[3:-3], atol=5e-4)
    assert keypoint_paths._without_jitter(paths, 12.0) == (paths, ())

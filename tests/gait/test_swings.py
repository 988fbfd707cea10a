"""Swings of a constructed foot, with toe-off and heel strike that are computed by hand."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import cumulative_trapezoid

from agir_hf.gait import swings
from agir_hf.gait.foot_paths import FootPaths, forward_speed, leg_length
from agir_hf.gait.swings import FootMotion, foot_motions, swings_of

RATE = 100.0


def foot(speed, toe=True, pelvis_speed=0.6, height=0.05, leg_m=0.9, belt=0.0):
    """Foot with a speed (T,) along X; the toe is 0.2 m ahead and 0.02 m high."""
    speed = np.asarray(speed, dtype=float)
    frames = len(speed)
    position = cumulative_trapezoid(speed - belt, dx=1 / RATE, initial=0)
    heel = np.stack([position, np.broadcast_to(height, frames), np.zeros(frames)], axis=1)
    ahead = np.tile([1.0, 0.0, 0.0], (frames, 1))
    time = np.arange(frames) / RATE
    pelvis = np.stack([(pelvis_speed - belt) * time, np.full(frames, 0.95), 0 * time], axis=1)
    ball = heel + [0.2, 0, 0]
    ball[:, 1] = heel[:, 1] - 0.03
    return FootMotion(heel, ball if toe else None, pelvis, ahead, belt, leg_m, RATE)


def pulses(*centres, frames=400, peak=2.0, half_width=20):
    """Speed with triangular pulses about some frames."""
    time = np.arange(frames)
    return sum(peak * np.clip(1 - abs(time - c) / half_width, 0, None) for c in centres)


def test_speeds_of_a_foot_on_a_belt_by_hand():
    moving = foot(np.full(100, 1.0), belt=0.4, pelvis_speed=0.7)
    np.testing.assert_allclose(moving.heel_speed[1:-1], 1.0)
    np.testing.assert_allclose(moving.toe_speed[1:-1], 1.0)
    np.testing.assert_allclose(moving.walking_speed, 0.7)
    rising = foot(np.zeros(100), height=0.3 * np.arange(100) / RATE)
    np.testing.assert_allclose(rising.falling_speed, -0.3)
    np.testing.assert_allclose(rising.behind, rising.pelvis[:, 0] - rising.toe[:, 0])
    no_toe = foot(np.full(100, 1.0), toe=False)
    np.testing.assert_array_equal(no_toe.contact_speed, no_toe.heel_speed)
    np.testing.assert_array_equal(no_toe.toe_speed, no_toe.heel_speed)
    np.testing.assert_allclose(no_toe.behind, no_toe.pelvis[:, 0] - no_toe.heel[:, 0])


def test_the_point_of_contact_moves_with_the_rotation_of_the_sole():
    """A sole that turns toes up at 0.5 rad/s moves the contact by 5 % of the leg per radian."""
    still = foot(np.zeros(100))
    angle = 0.5 * np.arange(100) / RATE
    toe = still.heel + 0.2 * np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1)
    turned = replace(still, toe=toe)
    np.testing.assert_allclose(turned.contact_speed[1:-1], 0.05 * 0.9 * 0.5, atol=1e-6)
    sideways = replace(still, toe=toe[:, [2, 1, 0]] + still.heel * [1, 0, -1])
    assert np.isfinite(sideways.contact_speed).all()


def test_the_walking_speed_is_the_mean_over_two_seconds():
    speed = np.r_[np.zeros(300), np.ones(300)]
    moving = foot(np.zeros(600))
    pelvis = np.stack([np.cumsum(speed) / RATE, np.ones(600), np.zeros(600)], axis=1)
    moving = replace(moving, pelvis=pelvis)
    assert moving.walking_speed[300] == pytest.approx(0.5, abs=0.02)
    assert moving.walking_speed[[195, 405]] == pytest.approx([0, 1], abs=0.02)
    assert moving.walking_speed[250] == pytest.approx(0.25, abs=0.02)


@pytest.mark.parametrize("toe", [True, False])
def test_swings_of_triangular_pulses_by_hand(toe):
    """Peaks of 2 m/s at known frames, with slopes of 0.1 m/s per frame."""
    result = swings_of(foot(pulses(100, 200, 300), toe=toe), [])
    assert [round(swing.peak_s, 2) for swing in result] == [1.0, 2.0, 3.0]
    for swing, peak in zip(result, (100, 200, 300), strict=True):
        level = 0.2  # 10 % of 2 m/s
        assert swing.heel_strike_s == pytest.approx((peak + 20 - level / 0.1) / 100, abs=0.006)
        rise = (0.25 if toe else 0.4) * 2 / 0.1
        crossing = peak - 20 + rise
        # the toe is farthest behind the pelvis where it is as fast as the pelvis, at 0.6 m/s
        farthest = peak - 20 + 0.6 / 0.1
        assert swing.toe_off_s == pytest.approx((crossing + farthest) / 200, abs=0.008)


def test_a_higher_walking_speed_does_not_change_the_level_of_heel_strike():
    slow, fast = (swings_of(foot(pulses(100, 200), pelvis_speed=v), [])[0] for v in (1.0, 2.0))
    assert slow.heel_strike_s == pytest.approx(1.18, abs=0.006)
    assert fast.heel_strike_s == pytest.approx(1.18, abs=0.006)


@pytest.mark.parametrize(
    ("pelvis_speed", "wait"),
    [(0.6, 0), (2 / 3.5, 0), (0.5, 0.125), (2 / 4.5, 0.25), (0.2, 0.25), (0.0, 0.25)],
)
def test_a_foot_that_creeps_lands_later_by_a_share_that_grows_with_shuffling(pelvis_speed, wait):
    """A peak of 2 m/s; the foot is below 0.2 m/s after 18 frames and creeps on at 0.15 m/s."""
    speed = pulses(100, 200)
    speed[118:135] = 0.15
    result = swings_of(foot(speed, pelvis_speed=pelvis_speed), [])
    assert result[0].heel_strike_s == pytest.approx((118 + wait * 18) / 100, abs=0.01)


def test_a_shuffling_foot_waits_no_longer_than_it_creeps():
    speed = pulses(100, 200)
    speed[118:121] = 0.15
    result = swings_of(foot(speed, pelvis_speed=0.4), [])
    assert result[0].heel_strike_s == pytest.approx(1.205, abs=0.006)


def test_a_shuffling_foot_that_moves_again_at_once_has_not_landed():
    """In walking it has; later than 0.1 s it is another movement."""
    speed = pulses(100, 200)
    for pelvis_speed, first, strike in ((0.4, 121, 1.225), (0.4, 135, 1.19), (0.6, 121, 1.18)):
        again = speed.copy()
        again[first : first + 4] = 0.5
        result = swings_of(foot(again, pelvis_speed=pelvis_speed), [])
        assert result[0].heel_strike_s == pytest.approx(strike, abs=0.006)


@pytest.mark.parametrize(("fall", "pelvis_speed", "strike"), [
    (0.5, 0.4, 1.225), (0.5, 0.6, 1.18), (0.05, 0.4, 1.19), (0.05, 0.6, 1.18),
])  # fmt: skip
def test_a_heel_that_falls_delays_only_the_strike_of_shuffling(fall, pelvis_speed, strike):
    """The heel falls at 0.5 or 0.05 m/s until 0.1 s after it stops."""
    height = 0.05 + fall * np.clip(128 - np.arange(400), 0, None) / RATE
    result = swings_of(foot(pulses(100, 200), height=height, pelvis_speed=pelvis_speed), [])
    assert result[0].heel_strike_s == pytest.approx(strike, abs=0.006)


@pytest.mark.parametrize(("fall", "share"), [(0.0, 0.40), (0.5, 0.15)])
def test_a_sole_that_turns_in_the_air_does_not_land_early(fall, share):
    """The point of contact stops 8 frames before the heel; only a heel on the floor has landed."""
    moving = foot(pulses(100, 200), height=0.05 + fall * np.arange(400)[::-1] / RATE)
    turn = np.where(abs(np.arange(400) - 114) < 6, -25.0, 0)  # rad/s, times 0.045 m: -1.1 m/s
    angle = np.cumsum(turn) / RATE
    sole = 0.2 * np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1)
    result = swings_of(replace(moving, toe=moving.heel + sole), [])
    assert result[0].heel_strike_s == pytest.approx((118 - share * 18) / 100, abs=0.012)


@pytest.mark.parametrize(("peak", "count"), [(0.20, 0), (0.28, 2)])
def test_peaks_below_a_froude_number_are_no_swings(peak, count):
    """0.08 sqrt(9.81 x 0.9 m) = 0.238 m/s."""
    speed = pulses(150, 300, peak=peak, half_width=60, frames=450)
    assert len(swings_of(foot(speed, pelvis_speed=0.1), [])) == count


@pytest.mark.parametrize(("low", "count"), [(0.44, 3), (0.36, 2)])
def test_peaks_far_below_the_others_are_no_swings(low, count):
    """15 % of the 75th percentile of 2.8 m/s is 0.42 m/s."""
    speed = pulses(100, 300, peak=2.8) + pulses(200, peak=low, half_width=40)
    assert len(swings_of(foot(speed), [])) == count


@pytest.mark.parametrize(("share", "count"), [(0.65, 3), (0.75, 2)])
def test_the_other_foot_is_slower_in_a_swing(share, count):
    speed = pulses(100, 200, 300)
    other = foot(share * pulses(200))
    assert len(swings_of(foot(speed), [other])) == count


@pytest.mark.parametrize(("half_width", "count"), [(4, 2), (2, 0)])
def test_a_swing_carries_the_foot_by_six_hundredths_of_the_leg(half_width, count):
    """Pulses of 2 m/s carry it by their half width, 0.08 and 0.04 m; 6 % of 0.9 m is 0.054 m."""
    result = swings_of(foot(pulses(100, 300, half_width=half_width)), [])
    assert len(result) == count


def test_a_foot_that_goes_back_within_a_second_takes_no_step():
    for back, count in ((180, 0), (330, 1), (430, 2)):
        speed = pulses(100, 260, frames=500) - pulses(back, frames=500)
        assert len(swings_of(foot(speed), [])) == count


@pytest.mark.parametrize(("distance", "count"), [(35, 1), (45, 2)])
def test_swings_of_a_foot_are_0_4_s_from_each_other(distance, count):
    speed = pulses(100, half_width=12) + pulses(100 + distance, peak=1.9, half_width=12)
    assert len(swings_of(foot(speed, pelvis_speed=1.0), [])) == count


def test_no_swings_without_motion():
    assert swings_of(foot(np.zeros(300)), []) == []


def test_swings_that_the_recording_cuts_have_their_other_event():
    speed = pulses(-4, 100, 200, 303, frames=300)
    first, *middle, last = swings_of(foot(speed), [])
    assert [round(swing.peak_s, 2) for swing in middle] == [1.0, 2.0]
    assert np.isnan(first.toe_off_s) and first.peak_s == 0
    assert first.heel_strike_s == pytest.approx(0.148, abs=0.01)
    assert np.isnan(last.heel_strike_s) and last.peak_s == pytest.approx(2.99)
    assert last.toe_off_s == pytest.approx((288 + 289) / 200, abs=0.03)


@pytest.mark.parametrize("end", ["first", "last"])
def test_a_cut_swing_is_faster_than_the_other_foot(end):
    speed = pulses(-4, 100, 200, 303, frames=300)
    for share, is_swing in ((0.65, True), (0.75, False)):
        other = foot(share * pulses(-4 if end == "first" else 303, frames=300))
        result = swings_of(foot(speed), [other])
        cut = (
            np.isnan(result[0].toe_off_s) if end == "first" else np.isnan(result[-1].heel_strike_s)
        )
        assert cut == is_swing


def test_a_foot_at_the_last_frame_has_landed_if_it_is_slow():
    """Below a quarter of the peak speed, and slow enough to land within 0.03 s."""
    for last, has_landed in ((119, True), (118, False), (112, False)):
        result = swings_of(foot(pulses(100, frames=last)), [])
        assert len(result) == 1
        assert np.isfinite(result[0].heel_strike_s) == has_landed
        if has_landed:
            assert result[0].heel_strike_s == pytest.approx((last - 1) / 100)


def test_crossings_by_hand():
    speed = np.array([0.0, 1.0, 3.0, 5.0, 3.0, 2.0, 0.0])
    assert swings._crossing(speed, 3, 2.5, 1) == pytest.approx(4.5)
    assert swings._crossing(speed, 3, 2.5, -1) == pytest.approx(1.75)
    assert swings._crossing(speed, 3, 1.0, 1) == pytest.approx(5.5)
    assert np.isnan(swings._crossing(speed, 3, -1.0, 1))
    assert np.isnan(swings._crossing(speed, 3, 6.0, 1))
    again = np.array([5.0, 0.0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0])
    assert swings._last_crossing(again, 0, 1.0, 2.0, 100.0) == pytest.approx(12 + 2 / 3)
    assert swings._last_crossing(again, 0, 1.0, 2.0, 50.0) == pytest.approx(3 + 2 / 3)
    assert swings._last_crossing(again, 0, 1.0, 2.0, 10.0) == pytest.approx(0.8)
    assert swings._last_crossing(again, 0, 1.0, 4.0, 100.0) == pytest.approx(0.8)


def test_the_advance_of_a_swing_by_hand():
    """1 m/s from frame 150 to 250; back by 0.3 m/s before 100 and after 300."""
    speed = np.zeros(500)
    speed[150:250] = 1.0
    assert swings._advance_m(speed, 150, 250, 100.0) == pytest.approx(1.0, abs=0.02)
    speed[60:100] = -0.5
    assert swings._advance_m(speed, 150, 250, 100.0) == pytest.approx(0.8, abs=0.02)
    speed[300:340] = -0.5
    assert swings._advance_m(speed, 150, 250, 100.0) == pytest.approx(0.6, abs=0.02)
    speed[400:] = -9.0  # more than a second later
    speed[:40] = -9.0
    assert swings._advance_m(speed, 150, 250, 100.0) == pytest.approx(0.6, abs=0.02)
    only = np.r_[np.full(50, 1.0), np.zeros(50)]
    assert swings._advance_m(only, np.nan, np.nan, 100.0) == pytest.approx(0.5, abs=0.02)


def paths(**heights):
    frames = 200
    heel = {
        side: np.stack([np.zeros(frames), np.full(frames, y), np.zeros(frames)], axis=1)
        for side, y in heights.items()
    }
    pelvis = np.tile([0.0, 0.95, 0.0], (frames, 1))
    return FootPaths(pelvis, np.tile([1.0, 0, 0], (frames, 1)), heel, {}, RATE)


def test_the_leg_is_the_height_of_the_pelvis_above_the_lower_heel():
    assert leg_length(paths(left=0.05, right=0.12)) == pytest.approx(0.9)
    assert leg_length(paths(left=0.9, right=0.91)) == pytest.approx(0.3)
    assert leg_length(paths(left=-0.8)) == pytest.approx(1.4)
    low = paths(left=0.05)
    low.heel["left"][:3, 1] = -5  # below the second percentile
    assert leg_length(low) == pytest.approx(0.9)


def test_the_speed_along_the_heading_by_hand():
    time = np.arange(100) / RATE
    path = np.stack([2 * time, 5 * time, 3 * time], axis=1)
    facing = np.tile([0.6, 0.0, 0.8], (100, 1))
    np.testing.assert_allclose(forward_speed(path, facing, RATE), 2 * 0.6 + 3 * 0.8)


def test_both_feet_get_their_own_paths():
    both = paths(left=0.05, right=0.07)
    both.toe["right"] = both.heel["right"] + [0.2, 0, 0]
    motions = foot_motions(both, np.tile([0.0, 0, 1.0], (200, 1)), 0.5)
    assert motions["left"].toe is None
    np.testing.assert_array_equal(motions["right"].toe, both.toe["right"])
    np.testing.assert_array_equal(motions["right"].heel, both.heel["right"])
    assert motions["left"].belt_m_per_s == 0.5 and motions["left"].leg_m == pytest.approx(0.9)

from dataclasses import replace

import numpy as np
import pytest

from agir_hf.simulation.foot_path import foot_path
from agir_hf.simulation.footsteps import (
    FIRST_STEP_SHARE,
    MOST_TURN_SHARE,
    GaitStyle,
    TrialSetup,
    plan_footfalls,
)
from agir_hf.simulation.route import Route
from agir_hf.simulation.walker_body import SIDES, draw_body

EVEN = GaitStyle(
    cadence_steps_per_min=120.0,
    step_length_m=0.60,
    step_width_m=0.10,
    stance_percent=62.0,
    foot_strike_deg=15.0,
    toe_off_deg=55.0,
    foot_lift_m=0.025,
    toe_out_deg=7.0,
    knee_flexion_deg=6.0,
    pelvis_tilt_deg=0.0,
    pelvis_rotation_deg=8.0,
    pelvis_drop_deg=5.0,
    trunk_flexion_deg=3.0,
    trunk_rotation_deg=6.0,
    sway_share=0.4,
    arm_swing_left_deg=30.0,
    arm_swing_right_deg=30.0,
    arm_extension_deg=8.0,
    elbow_flexion_deg=25.0,
    step_time_cv_percent=0.0,
    step_length_cv_percent=0.0,
    left_shorter_percent=0.0,
)
STEP_S, DOUBLE_S = 0.5, 0.24 * 0.5  # of that style
WALK = TrialSetup(duration_s=10.0)
FREEZE = TrialSetup(duration_s=12.0, freeze_at_s=4.0, freeze_s=2.0)


def plan(setup=WALK, style=EVEN, seed=0):
    return plan_footfalls(style, setup, np.random.default_rng(seed))


def feet(setup, style=EVEN, seed=0):
    """Side -> FootPath of a walk, its footfalls and the times."""
    times = np.arange(round(setup.duration_s * 150)) / 150
    falls = plan(setup, style, seed)
    body = draw_body(np.random.default_rng(seed))
    return {s: foot_path(body, style, falls, s, times) for s in SIDES}, falls, times


def test_steps_without_variability_equal_the_style():
    falls = plan()
    assert (falls.left[1:] != falls.left[:-1]).all()
    np.testing.assert_allclose(np.diff(falls.heel_strike_s[2:]), STEP_S)
    np.testing.assert_allclose(np.diff(falls.distance_m)[2:-2], 0.60)
    np.testing.assert_allclose(falls.toe_off_s[3:] - falls.heel_strike_s[2:-1], DOUBLE_S)
    np.testing.assert_allclose(falls.heel_strike_s[2:] - falls.toe_off_s[2:], 2 * 0.38 * STEP_S)
    assert np.mean(falls.lateral_m[falls.left]) == pytest.approx(0.05, abs=0.01)
    assert np.mean(falls.lateral_m[~falls.left]) == pytest.approx(-0.05, abs=0.01)
    assert falls.freezes == ()


def test_the_first_step_is_shorter_and_the_last_ends_next_to_the_other_foot():
    falls = plan(replace(WALK, starts_standing=True, ends_standing=True))
    steps = np.diff(falls.distance_m)
    assert steps[0] == 0  # standing with both feet side by side
    assert steps[1] == pytest.approx(FIRST_STEP_SHARE * 0.60)
    assert steps[-1] == 0


@pytest.mark.parametrize("seed", range(5))
def test_gait_initiation_and_termination_are_inside_or_outside_the_recording(seed):
    standing = plan(replace(WALK, starts_standing=True, ends_standing=True), seed=seed)
    assert standing.toe_off_s[2] > 0.2 and standing.heel_strike_s[-1] < WALK.duration_s
    walking = plan(seed=seed)
    assert walking.heel_strike_s[4] < 0 and walking.toe_off_s[-1] > WALK.duration_s


def test_left_steps_are_shorter_by_the_percentage_of_the_style():
    falls = plan(style=replace(EVEN, left_shorter_percent=10.0))
    steps, left = np.diff(falls.distance_m)[2:-2], falls.left[3:-2]
    assert steps[left] == pytest.approx(0.57)
    assert steps[~left] == pytest.approx(0.63)


def test_left_steps_are_quicker_by_the_percentage_of_the_style():
    falls = plan(style=replace(EVEN, left_quicker_percent=20.0))
    times, left = np.diff(falls.heel_strike_s[2:-1]), falls.left[3:-1]
    assert times[left] == pytest.approx(0.9 * STEP_S)
    assert times[~left] == pytest.approx(1.1 * STEP_S)


def test_the_variability_equals_that_of_the_style():
    style = replace(EVEN, step_time_cv_percent=5.0, step_length_cv_percent=8.0)
    falls = plan(TrialSetup(duration_s=300.0), style)
    times, steps = np.diff(falls.heel_strike_s[2:]), np.diff(falls.distance_m)[2:-2]
    assert times.std() / times.mean() == pytest.approx(0.05, rel=0.2)
    assert steps.std() / steps.mean() == pytest.approx(0.08, rel=0.2)


def test_a_freeze_is_a_pause_before_the_next_toe_off():
    falls, even = plan(FREEZE), plan(replace(FREEZE, freeze_s=0.0))
    ((begin, end),) = falls.freezes
    assert end - begin == pytest.approx(2.0 + DOUBLE_S)
    assert 4.0 - STEP_S <= begin <= 4.0 + STEP_S
    waits = falls.toe_off_s[3:] - falls.heel_strike_s[2:-1]
    frozen = int(np.argmax(waits))
    assert waits[frozen] == pytest.approx(2.0 + DOUBLE_S)
    np.testing.assert_allclose(np.delete(waits, frozen), DOUBLE_S)
    # footfalls before the freeze are unchanged, those after it are delayed by the pause
    assert begin == falls.heel_strike_s[frozen + 2] and end == falls.toe_off_s[frozen + 3]
    before = slice(2, frozen + 3)
    np.testing.assert_allclose(falls.heel_strike_s[before], even.heel_strike_s[before])
    later = falls.heel_strike_s[frozen + 3 :]
    np.testing.assert_allclose(later, even.heel_strike_s[frozen + 3 :][: len(later)] + 2.0)


def test_feet_stay_in_place_and_heels_tremble_in_a_freeze():
    moved, falls, times = feet(FREEZE)
    ((begin, end),) = falls.freezes
    inside = (times > begin) & (times < end)
    trembling = (times > begin + 0.3) & (times < end - 0.8)  # before the heel rises to go on
    for foot in moved.values():
        assert foot.stance[inside].all()
        assert np.ptp(foot.yaw[inside]) == 0
        assert np.ptp(foot.ankle[trembling][:, [0, 2]], axis=0).max() < 0.03
        heel = -np.degrees(foot.pitch[trembling])
        assert heel.min() > -1e-9 and 3 < heel.max() < 8
        waves = np.abs(np.fft.rfft(heel - heel.mean(), 4096))
        assert 3 < np.fft.rfftfreq(4096, 1 / 150)[waves.argmax()] < 8  # Moore et al. 2008
        assert not foot.flat[trembling].all()
    left, right = (moved[s].pitch[trembling] for s in SIDES)
    assert np.corrcoef(left, right)[0, 1] < -0.3  # alternating


def test_trembling_begins_smoothly():
    moved, falls, times = feet(replace(FREEZE, freeze_s=1.0))
    ((begin, _),) = falls.freezes
    start = (times > begin + 0.15) & (times < begin + 0.28)  # both feet flat, then trembling
    for foot in moved.values():
        speed = np.diff(np.degrees(foot.pitch[start])) * 150
        assert np.abs(np.diff(speed)).max() < 30  # degrees/s from one frame to the next


def test_festination_shortens_steps_and_step_times_progressively():
    style = replace(EVEN, festination_percent=5.0)
    falls = plan(TrialSetup(duration_s=8.0, festinates_at_s=4.0), style)
    steps, times = np.diff(falls.distance_m)[2:-2], np.diff(falls.heel_strike_s[2:-1])
    began = falls.heel_strike_s[3:-2] > 4.0 + STEP_S
    np.testing.assert_allclose(steps[falls.heel_strike_s[3:-2] < 4.0], 0.60)
    np.testing.assert_allclose(times[falls.heel_strike_s[3:-1] < 4.0], STEP_S)
    ratios = steps[began][1:] / steps[began][:-1]
    np.testing.assert_allclose(ratios[:8], 0.95)
    festinating = times[: len(began)][began]
    assert (np.diff(festinating)[:5] < 0).all()
    # down to a limit
    assert steps.min() >= 0.4 * 0.60 - 1e-9 and times.min() >= 0.75 * STEP_S - 1e-9


def test_there_is_no_festination_unless_the_setup_has_it():
    style = replace(EVEN, festination_percent=5.0)
    np.testing.assert_allclose(np.diff(plan(style=style).distance_m)[2:-2], 0.60)


@pytest.mark.parametrize("side", [1, -1])
def test_footfalls_follow_the_route_through_a_turn(side):
    route = Route(3.0, side * np.pi, 0.5)
    falls = plan(TrialSetup(duration_s=15.0, route=route))
    np.testing.assert_allclose(falls.heading, route.heading(falls.distance_m))
    np.testing.assert_allclose(falls.heel_xz_m, route.point(falls.distance_m, falls.lateral_m))
    offset = falls.heel_xz_m - route.point(falls.distance_m, 0.0)
    lefts = offset @ np.array([1.0, 0.0]) * np.cos(falls.heading)
    lefts -= offset @ np.array([0.0, 1.0]) * np.sin(falls.heading)
    assert (np.sign(lefts) == np.where(falls.left, 1, -1)).all()
    turning = route.in_turn(falls.distance_m)
    assert turning.sum() >= 3
    within = np.diff(falls.distance_m)[turning[:-1] & turning[1:]]
    np.testing.assert_allclose(within, MOST_TURN_SHARE * 0.60)  # the arc is long enough
    assert falls.heading[-1] == pytest.approx(side * np.pi)


@pytest.mark.parametrize("steps", [6.0, 12.0])
def test_turns_en_bloc_have_many_short_steps(steps):
    route = Route(3.0, np.pi, 0.4)
    falls = plan(TrialSetup(duration_s=20.0, route=route), replace(EVEN, turn_steps=steps))
    turning = route.in_turn(falls.distance_m)
    assert abs(turning.sum() - (steps - 2.3)) <= 1.5
    assert np.diff(falls.distance_m)[turning[1:]].max() <= MOST_TURN_SHARE * 0.60


@pytest.mark.parametrize("side", [1, -1])
def test_feet_turn_with_the_route(side):
    route = Route(3.0, side * np.pi, 0.5)
    moved, falls, _ = feet(TrialSetup(duration_s=15.0, route=route))
    for name, foot in moved.items():
        toe_out = np.radians(7.0) * (1 if name == "left" else -1)
        turned = foot.yaw - toe_out
        assert turned[0] == pytest.approx(0, abs=1e-9)
        assert turned[-1] == pytest.approx(side * np.pi, abs=1e-9)
        assert (side * np.diff(turned) >= -1e-9).all()  # in one direction
        still = foot.stance[1:] & foot.stance[:-1]
        assert np.abs(np.diff(foot.yaw))[still & (np.diff(foot.yaw) == 0)].max(initial=0) == 0
        assert (np.diff(foot.yaw)[foot.flat[1:] & foot.flat[:-1]] == 0).all()


SETUPS = [
    replace(WALK, starts_standing=True, ends_standing=True),
    FREEZE,
    TrialSetup(duration_s=15.0, route=Route(3.0, np.pi, 0.5)),
    TrialSetup(duration_s=8.0, festinates_at_s=3.0),
]


@pytest.mark.parametrize("setup", SETUPS)
def test_feet_move_smoothly(setup):
    moved, _, _ = feet(setup, replace(EVEN, festination_percent=5.0))
    for foot in moved.values():
        speed = np.linalg.norm(np.diff(foot.ankle, axis=0), axis=1) * 150
        assert speed.max() < 5.0  # m/s; the ankle swings at three to four times the gait speed
        assert np.abs(np.diff(np.degrees(foot.pitch))).max() < 5


@pytest.mark.parametrize("setup", SETUPS)
def test_flat_feet_are_at_their_planned_positions(setup):
    moved, falls, times = feet(setup)
    for name, foot in moved.items():
        assert foot.stance[foot.flat].all()
        np.testing.assert_allclose(foot.pitch[foot.flat], 0, atol=1e-9)
        own = falls.left if name == "left" else ~falls.left
        strikes, heels = falls.heel_strike_s[own], falls.heel_xz_m[own]
        index = np.searchsorted(strikes, times[foot.flat], side="right") - 1
        distance = np.linalg.norm(foot.ankle[foot.flat][:, [0, 2]] - heels[index], axis=1)
        assert np.ptp(distance) < 1e-9  # the length of the heel

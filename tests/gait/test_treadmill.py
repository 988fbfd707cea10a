"""Belt speeds of constructed feet: which motion is a treadmill, at both sides of each limit."""

import numpy as np
import pytest

from agir_hf.gait.treadmill import belt_speed

RATE = 100.0


def feet(belt, stance_s=0.6, swing_s=0.4, strides=5, swing=None, noise=0.0):
    """Speed of both heels: -belt in stance and fast in swing; the right foot is later."""
    stance, swings = round(stance_s * RATE), round(swing_s * RATE)
    cycle = np.r_[np.full(stance, -belt), np.full(swings, 2 * belt if swing is None else swing)]
    left = np.tile(cycle, strides)
    right = np.roll(left, len(cycle) // 2)
    ripple = noise * np.resize([0, 1, 0, -1], len(left))
    return {"left": left + ripple, "right": right + ripple}


def estimated(speeds, pelvis=0.0):
    frames = len(next(iter(speeds.values())))
    return belt_speed(speeds, np.full(frames, pelvis), RATE)


@pytest.mark.parametrize("belt", [0.12, 0.5, 1.4])
def test_the_belt_has_the_speed_of_the_feet_in_stance(belt):
    assert estimated(feet(belt)) == pytest.approx(belt)


def test_the_belt_has_the_mean_speed_of_both_feet():
    speeds = {"left": feet(0.9)["left"], "right": feet(1.1)["right"]}
    assert estimated(speeds) == pytest.approx(1.0)


@pytest.mark.parametrize(("belt", "is_belt"), [(0.09, False), (0.11, True)])
def test_slow_drifts_are_no_belt(belt, is_belt):
    assert (estimated(feet(belt)) is not None) == is_belt


@pytest.mark.parametrize(
    ("pelvis", "is_belt"), [(0.29, True), (-0.29, True), (0.31, False), (-0.31, False)]
)
def test_a_subject_on_a_belt_moves_at_less_than_a_third_of_its_speed(pelvis, is_belt):
    assert (estimated(feet(1.0), pelvis) is not None) == is_belt


@pytest.mark.parametrize(
    ("belt", "noise", "is_belt"),
    [(1.0, 0.23, True), (1.0, 0.27, False), (0.2, 0.057, True), (0.2, 0.065, False)],
)
def test_a_foot_in_stance_keeps_the_speed_of_the_belt(belt, noise, is_belt):
    """To a quarter of the speed, and to 0.06 m/s for slow belts."""
    speeds = feet(belt, noise=noise)
    assert (estimated(speeds) is not None) == is_belt


@pytest.mark.parametrize(("stance_s", "is_belt"), [(0.14, False), (0.16, True)])
def test_stances_on_a_belt_last_at_least_0_15_s(stance_s, is_belt):
    speeds = feet(1.0, stance_s, 0.2 - stance_s if stance_s < 0.15 else 0.05, strides=20)
    assert (estimated(speeds) is not None) == is_belt


@pytest.mark.parametrize(("stances", "is_belt"), [(1, False), (2, True)])
def test_a_belt_needs_two_stances_of_each_foot(stances, is_belt):
    """Of 300 frames; in the others the foot moves backwards, but not steadily."""
    uneven = np.tile([-1.6, -0.3], 150)
    one_foot = uneven.copy()
    for stance in range(stances):
        one_foot[100 * stance : 100 * stance + 60 // stances + 30] = -1.0
    speeds = {"left": feet(1.0, strides=3)["left"], "right": one_foot}
    level = np.mean([-np.percentile(speed, 35) for speed in speeds.values()])
    assert 0.9 < level < 1.3
    assert (estimated(speeds) is not None) == is_belt


@pytest.mark.parametrize(("share", "is_belt"), [(0.17, False), (0.23, True)])
def test_a_foot_is_on_the_belt_for_a_fifth_of_the_recording(share, is_belt):
    """The right foot has two stances at the speed of the belt; then it is slower or faster."""
    frames = 400
    foot = np.tile([-1.5, -0.5], frames // 2)
    half = round(share * frames / 2)
    foot[50 : 50 + half] = -1.0
    foot[250 : 250 + half] = -1.0
    speeds = {"left": feet(1.0, strides=4)["left"], "right": foot}
    belt = np.mean([-np.percentile(speed, 35) for speed in speeds.values()])
    assert 0.8 < belt <= 1.25
    assert (estimated(speeds) is not None) == is_belt


def single_stride(belt=1.0, stance=60, frames=100, noise=0.0, steady=1.0):
    """Each foot has a swing of its own while the other is on the belt."""
    left = np.full(frames, -belt)
    right = np.full(frames, -belt)
    left[stance : stance + 30] = 2.0
    right[:25] = 2.0
    left[: round(25 * (1 - steady))] *= 1.5
    ripple = noise * np.resize([0, 1, 0, -1], frames)
    return {"left": left + ripple, "right": right + ripple}


@pytest.mark.parametrize(
    ("arguments", "is_belt"),
    [
        ({}, True),
        ({"belt": 0.25}, False),
        ({"noise": 0.10}, True),
        ({"frames": 250}, True),
    ],
)
def test_a_recording_of_a_single_stride_on_a_belt(arguments, is_belt):
    assert (estimated(single_stride(**arguments)) is not None) == is_belt


def only_stride(frames, belt, noise=0.0, stance_frames=None, other=1.0, swing=2.0):
    """A stance of each foot, with a swing of each while the other stays: no second stance."""
    half = frames // 2
    left = np.r_[np.full(half, -belt), np.full(frames - half, swing * belt)]
    right = np.r_[np.full(half, swing * belt), np.full(frames - half, -belt)]
    if stance_frames is not None:
        left[: half - stance_frames] = -3 * belt
    lost = round(half * (1 - other))
    if lost:
        right[-lost:] = -2 * belt
    ripple = noise * belt * np.resize([0, 1, 0, -1], frames)
    return {"left": left + ripple, "right": right + ripple}


@pytest.mark.parametrize(
    ("arguments", "is_belt"),
    [
        ({"frames": 240, "belt": 1.0}, True),
        ({"frames": 250, "belt": 1.0}, True),
        ({"frames": 254, "belt": 1.0}, False),  # longer than 2.5 s
        ({"frames": 160, "belt": 0.32}, True),
        ({"frames": 160, "belt": 0.28}, False),
        ({"frames": 160, "belt": 1.0, "noise": 0.10}, True),
        ({"frames": 160, "belt": 1.0, "noise": 0.15}, False),
        ({"frames": 64, "belt": 1.0}, True),
        ({"frames": 56, "belt": 1.0}, False),  # stances shorter than 0.3 s
        ({"frames": 160, "belt": 1.0, "other": 0.8}, True),
        ({"frames": 160, "belt": 1.0, "other": 0.6}, False),
        ({"frames": 160, "belt": 1.0, "swing": 0.6}, True),
        ({"frames": 160, "belt": 1.0, "swing": 0.4}, False),
    ],
)
def test_limits_of_a_recording_of_a_single_stride(arguments, is_belt):
    assert (estimated(only_stride(**arguments)) is not None) == is_belt


def test_a_single_stride_needs_both_feet():
    assert estimated({"left": only_stride(160, 1.0)["left"]}) is None

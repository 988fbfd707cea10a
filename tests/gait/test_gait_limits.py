"""Limits of measures of the whole recording, and the walking direction, of constructed paths."""

from types import SimpleNamespace

import numpy as np
import pytest

from agir_hf.gait import whole_walk
from agir_hf.gait.foot_paths import FootPaths, leg_length
from agir_hf.gait.kinematics.progression import walking_direction
from agir_hf.gait.signals import Stride

RATE = 100.0


def path(frames=101, **axes):
    """Path (T, 3) from its x, y and z."""
    values = [np.broadcast_to(np.asarray(axes.get(axis, 0.0), float), frames) for axis in "xyz"]
    return np.stack(values, axis=1)


def test_the_floor_is_the_second_percentile_of_the_lower_heel():
    """Heights of 0, 1, …, 100 cm have their second percentile at 2 cm."""
    heels = {"left": path(y=np.arange(101) / 100), "right": path(y=np.arange(101) / 100 + 0.1)}
    pelvis = path(y=np.r_[np.full(51, 0.9), np.full(50, 1.2)])
    paths = FootPaths(pelvis, path(x=1.0), heels, {}, RATE)
    assert leg_length(paths) == pytest.approx(0.9 - 0.02)


def walk(pelvis, belt=0.0, standing=(), heel=None, strides=()):
    ahead = path(len(pelvis), z=1.0)

    def at(values, time_s):
        return values[round(time_s * RATE)]

    return SimpleNamespace(
        pelvis=pelvis, rate_hz=RATE, ahead=ahead, belt=belt, cache={}, at=at, strides=strides,
        heel=heel or {}, phases=SimpleNamespace(standing=standing),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("speed", "belt", "share"),
    [(-0.21, 0.0, 1.0), (-0.19, 0.0, 0.0), (-0.6, 0.5, 0.0), (-0.6, 0.3, 1.0), (0.6, 0.0, 0.0)],
)
def test_backward_walking_is_faster_than_20_cm_per_s(speed, belt, share):
    moving = walk(path(z=speed * np.arange(101) / RATE), belt)
    assert whole_walk.backward_share(moving) == share
    half = np.r_[np.zeros(500), -0.5 * np.arange(1, 501) / RATE]
    assert whole_walk.backward_share(walk(path(1000, z=half))) == pytest.approx(0.5, abs=0.002)


def test_pauses_are_a_share_of_the_time_from_the_first_to_the_last_frame():
    moving = walk(path(1001), standing=((0.0, 1.5), (4.0, 7.5)))
    assert whole_walk.pause_share(moving) == pytest.approx(0.5)


def test_the_leg_is_the_mean_of_both_legs_and_the_median_over_frames():
    joints = np.zeros((5, 22, 3))
    for hip, knee, ankle, thigh, shank in ((1, 4, 7, 0.42, 0.40), (2, 5, 8, 0.44, 0.38)):
        joints[:, hip, 1] = 1.0
        joints[:, knee, 1] = 1.0 - thigh
        joints[:, ankle] = joints[:, knee] + [0, 0, shank]  # a knee that is bent by 90 degrees
    assert whole_walk.leg_length_m(joints) == pytest.approx(0.82)
    joints[:2, 7] += [0, 0, 1.0]
    assert whole_walk.leg_length_m(joints) == pytest.approx(0.82)


@pytest.mark.parametrize(
    ("other", "frames", "alternate"),
    [(0.29, 6, True), (0.31, 6, False), (0.29, 5, False), (0.0, 40, True)],
)
def test_feet_alternate_if_each_is_fast_in_a_twentieth_while_the_other_rests(
    other, frames, alternate
):
    """Both feet reach 1 m/s in 10 of 100 frames; for some frames each is at 0.6 m/s alone."""
    left, right = np.full(100, 0.4), np.full(100, 0.4)
    left[:10] = right[:10] = 1.0
    left[10 : 10 + frames], right[10 : 10 + frames] = 0.6, other
    right[50 : 50 + frames], left[50 : 50 + frames] = 0.6, other
    assert whole_walk.feet_alternate({"left": left, "right": right}) == alternate
    slower = {"left": left, "right": 0.1 * right}  # each relative to its own speed
    assert whole_walk.feet_alternate(slower) == alternate
    assert not whole_walk.feet_alternate({"left": left})
    assert not whole_walk.feet_alternate({"left": left, "right": -right})


@pytest.mark.parametrize(("rise", "fall"), [(20, 10), (10, 20), (15, 15)])
def test_braking_is_compared_with_acceleration(rise, fall):
    """Triangles of speed: the ratio of the slopes is that of their durations."""
    swing = np.r_[np.linspace(0, 2, rise, endpoint=False), np.linspace(2, 0, fall, endpoint=False)]
    speed = np.concatenate([np.zeros(30), *[np.r_[swing, np.zeros(30)]] * 4])
    for factor in (1.0, 0.2):
        ratio = whole_walk.braking_ratio({"left": factor * speed, "right": factor * speed})
        assert ratio == pytest.approx(rise / fall, rel=0.02)
    cut = speed[: 30 + rise + 2]
    assert whole_walk.braking_ratio({"left": cut}) == 1.0


def stride(start_s, end_s, side="left"):
    return Stride(side, start_s, end_s, np.nan, start_s + 0.1, start_s + 0.5)


@pytest.mark.parametrize(
    ("length_m", "is_wide"), [(0.81, False), (0.79, True), (0.11, True), (0.06, True)]
)
def test_the_direction_of_short_strides_is_that_of_three_strides(length_m, is_wide):
    """The middle stride goes to the side as well; the three together go straight on."""
    across = 0.4 * length_m
    knots = np.array([0, 1, 2, 3.0])
    along = np.sqrt(length_m**2 - across**2)
    time = np.arange(301) / RATE
    pelvis = path(
        301,
        x=np.interp(time, knots, [0, 0, across, 0]),
        y=0.1 * time,
        z=np.interp(time, knots, [0, along, 2 * along, 3 * along]),
    )
    rows = (stride(0, 1), stride(1, 2), stride(2, 3), stride(1, 2, "right"))
    own = np.array([0.4, 0, np.sqrt(1 - 0.16)])
    expected = [0, 0, 1] if is_wide else own
    moving = walk(pelvis, strides=rows)
    np.testing.assert_allclose(walking_direction(moving, rows[1]), expected, atol=1e-9)
    alone = walking_direction(walk(pelvis, strides=rows[:2]), rows[1])
    np.testing.assert_allclose(alone, own if length_m > 0.1 else [0, 0, 1], atol=1e-9)
    backwards = walk(-pelvis, strides=rows)
    np.testing.assert_allclose(walking_direction(backwards, rows[1]), [0, 0, 1], atol=1e-9)


def test_the_direction_on_a_belt_is_against_the_feet_in_stance():
    time = np.arange(301) / RATE
    rows = (stride(0, 1), stride(1, 2, "right"), Stride("left", 2, 3, np.nan, np.nan, 2.5))
    heel = {"left": path(301, x=-0.3 * time, y=time, z=-0.4 * time), "right": path(301, z=-time)}
    moving = walk(path(301), belt=0.7, heel=heel, strides=rows)
    total = 0.4 * np.array([0.3, 0, 0.4]) + 0.4 * np.array([0, 0, 1.0])
    expected = total / np.linalg.norm(total)
    np.testing.assert_allclose(walking_direction(moving, rows[0]), expected, atol=1e-9)

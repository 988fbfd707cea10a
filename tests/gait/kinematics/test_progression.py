"""Walking direction of strides of constructed paths."""

from types import SimpleNamespace

import numpy as np
import pytest

from agir_hf.gait.kinematics.progression import walking_direction
from agir_hf.gait.signals import Stride

RATE_HZ = 100.0


def signals_of(lateral_m, stride_m, count=5, belt=0.0, ahead=(0.0, 0.0, 1.0)):
    """Strides of 1 s along Z, with a lateral position (x) at each heel strike."""
    time_s = np.arange(int(count * RATE_HZ) + 1) / RATE_HZ
    x = np.interp(time_s, np.arange(count + 1), np.resize(lateral_m, count + 1))
    pelvis = np.stack([x, np.ones_like(x), stride_m * time_s], axis=1)

    def at(path, time_s):
        return path[round(time_s * RATE_HZ)]

    nan = float("nan")
    strides = tuple(Stride("left", i, i + 1.0, i + 0.6, nan, i + 0.5) for i in range(count))
    return SimpleNamespace(
        pelvis=pelvis, ahead=np.tile(ahead, (len(pelvis), 1)), strides=strides, at=at, belt=belt,
        heel={}, cache={},
    )  # fmt: skip


def angle_deg(direction):
    return np.degrees(np.arctan2(direction[0], direction[2]))


def test_the_direction_is_that_of_the_pelvis_over_the_stride():
    signals = signals_of([0.0, 0.1, 0.2, 0.3, 0.4, 0.5], stride_m=1.2)
    direction = walking_direction(signals, signals.strides[2])
    assert np.linalg.norm(direction) == pytest.approx(1.0) and direction[1] == 0
    assert angle_deg(direction) == pytest.approx(np.degrees(np.arctan2(0.1, 1.2)))


def test_lateral_steps_turn_short_strides_little():
    """Strides of 0.4 m with a lateral position that alternates by 3 cm."""
    signals = signals_of([0.0, 0.03], stride_m=0.4)
    middle = walking_direction(signals, signals.strides[2])
    assert abs(angle_deg(middle)) < 1.5 < 4 < np.degrees(np.arctan2(0.03, 0.4))
    first = walking_direction(signals, signals.strides[0])  # it has no stride before it
    assert abs(angle_deg(first)) > 4


def test_without_displacement_the_heading_of_the_pelvis_is_used():
    signals = signals_of([0.0], stride_m=0.02, ahead=(0.6, 0.0, 0.8))
    np.testing.assert_allclose(walking_direction(signals, signals.strides[2]), [0.6, 0, 0.8])

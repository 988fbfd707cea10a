"""Backward walking, pauses and the length of the legs, of recordings made from the sample walk."""

import numpy as np
import pytest

from agir_hf.gait import measure
from agir_hf.gait.whole_walk import backward_share, leg_length_m, pause_share
from agir_hf.motion import JointMotion


def signals_of(joints):
    return measure(JointMotion(joints, 20.0)).signals


def test_a_walk_has_neither_a_backward_part_nor_a_pause(sample_joints):
    signals = signals_of(sample_joints)
    assert backward_share(signals) == 0 and pause_share(signals) == 0


def test_a_reversed_walk_goes_backwards_all_the_time(sample_joints):
    assert backward_share(signals_of(sample_joints[::-1])) > 0.9


def test_a_walk_forwards_and_back_is_half_backwards(sample_joints):
    joints = np.concatenate([sample_joints, sample_joints[::-1]])
    assert backward_share(signals_of(joints)) == pytest.approx(0.5, abs=0.1)


def test_standing_before_the_walk_is_a_pause(sample_joints):
    seconds = len(sample_joints) / 20
    still = np.repeat(sample_joints[:1], len(sample_joints), axis=0)
    joints = np.concatenate([still, sample_joints])
    assert pause_share(signals_of(joints)) == pytest.approx(0.5, abs=1 / seconds)
    assert pause_share(signals_of(np.concatenate([still, still]))) == pytest.approx(1)


def test_the_leg_is_thigh_and_shank_of_both_sides(sample_joints):
    joints = np.zeros((3, 22, 3))
    joints[:, 4, 1], joints[:, 7, 1] = -0.4, -0.8  # left knee and ankle below the hip
    joints[:, 5, 1], joints[:, 8, 1] = -0.5, -1.0
    assert leg_length_m(joints) == pytest.approx(0.9)
    assert leg_length_m(joints / 2) == pytest.approx(0.45)
    assert 0.7 < leg_length_m(sample_joints) < 1.0

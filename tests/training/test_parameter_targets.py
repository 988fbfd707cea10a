"""Measured gait parameters as targets of an auxiliary loss."""

import numpy as np
import pytest
import torch

from agir_hf.gait.parameters import UNITS
from agir_hf.training.parameter_targets import (
    TARGETS,
    ParameterHead,
    TargetScale,
    parameter_loss,
)

NAMES = ("speed_m_per_s", "arm_swing_left_deg", "arm_swing_right_deg")


def walks():
    return [
        {"speed_m_per_s": 1.0, "arm_swing_left_deg": 30.0, "arm_swing_right_deg": 20.0},
        {"speed_m_per_s": 1.4, "arm_swing_left_deg": 40.0, "arm_swing_right_deg": None},
        {"speed_m_per_s": 0.6, "arm_swing_left_deg": float("nan"), "arm_swing_right_deg": 30.0},
    ]


def test_targets_are_parameters_that_are_measured():
    assert set(TARGETS) <= set(UNITS)


def test_targets_are_standardised_and_missing_values_are_nan():
    scale = TargetScale.fit(walks(), NAMES)
    table = scale.apply(walks())
    np.testing.assert_allclose(table[:, 0].mean(), 0, atol=1e-6)
    np.testing.assert_allclose(table[:, 0].std(), 1, rtol=1e-6)
    np.testing.assert_array_equal(np.isnan(table), [[0, 0, 0], [0, 0, 1], [0, 1, 0]])
    far = scale.apply([{"speed_m_per_s": 99.0}])
    assert far[0, 0] == 4.0 and np.isnan(far[0, 1:]).all()


def test_a_parameter_that_no_walk_has_is_left_out():
    assert TargetScale.fit([{"speed_m_per_s": 1.0}], NAMES).names == ("speed_m_per_s",)
    with pytest.raises(ValueError, match="no walk has measured gait parameters"):
        TargetScale.fit([{}], NAMES)


def test_the_other_side_of_a_parameter():
    assert TargetScale.fit(walks(), NAMES).mirrored_order().tolist() == [0, 2, 1]


def test_the_loss_counts_measured_parameters_only():
    predicted = torch.tensor([[0.5, 3.0], [0.0, 7.0]])
    targets = torch.tensor([[0.0, float("nan")], [0.0, float("nan")]])
    torch.testing.assert_close(parameter_loss(predicted, targets), torch.tensor(0.125 / 2))
    assert parameter_loss(predicted, torch.full((2, 2), float("nan"))) == 0


def test_padding_has_no_effect_on_the_head():
    torch.manual_seed(0)
    head, states = ParameterHead(8, 3), torch.randn(2, 5, 8)
    kept = torch.ones(2, 5, dtype=torch.bool)
    padded = torch.cat([states, torch.full((2, 3, 8), 99.0)], dim=1)
    longer = torch.cat([kept, torch.zeros(2, 3, dtype=torch.bool)], dim=1)
    torch.testing.assert_close(head(padded, longer), head(states, kept))


def test_the_head_learns_a_mean_and_a_spread():
    """The spread over time is a part of its input, because variability is not in a mean."""
    torch.manual_seed(0)
    head = ParameterHead(4, 2)
    spread = torch.rand(256, 1) + 0.2
    states = torch.randn(256, 30, 4)
    states[..., 0] *= spread
    targets = torch.cat([states[..., 1].mean(1, keepdim=True), spread], dim=1)
    kept = torch.ones(256, 30, dtype=torch.bool)
    optimizer = torch.optim.Adam(head.parameters(), lr=1e-2)
    for _ in range(200):
        optimizer.zero_grad()
        parameter_loss(head(states, kept), targets).backward()
        optimizer.step()
    assert parameter_loss(head(states, kept), targets) < 0.15 * targets.var(0).mean() / 2

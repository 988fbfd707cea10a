"""Measured gait parameters as targets of an auxiliary loss in training.

A tokenizer that is trained to reconstruct joints, and a language model that is trained to write,
need not keep cadence, step width or variability. A small head predicts the measured parameters from
the code vectors, or from the states of the encoder, and its error is added to the loss. The head is
removed after training. Measured parameters never enter the model's input.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

# Parameters of which rationales speak, and those that they are computed from.
TARGETS = (
    "speed_m_per_s", "cadence_steps_per_min", "step_length_m", "step_width_m", "stance_percent",
    "double_support_percent", "toe_clearance_m", "foot_strike_angle_deg", "arm_swing_left_deg",
    "arm_swing_right_deg", "arm_swing_asymmetry_percent", "shoulder_hip_phase_deg",
    "trunk_flexion_deg", "hip_range_deg", "knee_range_deg", "ankle_range_deg", "pelvic_sway_m",
    "stride_time_cv_percent", "step_time_cv_percent", "step_length_cv_percent",
    "speed_cv_percent", "step_length_asymmetry_percent", "step_time_asymmetry_percent",
)  # fmt: skip
_LIMIT = 4.0  # targets are clipped to this number of standard deviations
_MIN_SD = 1e-9
HEAD = "parameter_head"  # name of the head in a model during training


@dataclass(frozen=True, eq=False)
class TargetScale:
    """Mean and standard deviation of each target in the training walks.

    Attributes:
        names: Names of the parameters.
        mean: (P,) means.
        sd: (P,) standard deviations.
    """

    names: tuple[str, ...]
    mean: np.ndarray
    sd: np.ndarray

    @classmethod
    def fit(
        cls, parameters: Sequence[Mapping[str, float | None]], names: Iterable[str] = TARGETS
    ) -> "TargetScale":
        """Compute the scale of training walks.

        Args:
            parameters: Measured gait parameters of each training walk, name → value or None.
            names: Names of the parameters; those that no walk has are left out.

        Raises:
            ValueError: No walk has any of the parameters.
        """
        names = tuple(n for n in names if any(_value(row, n) is not None for row in parameters))
        if not names:
            raise ValueError(
                "no walk has measured gait parameters: build the corpus from recordings in which "
                "gait can be measured, or set parameter_weight to 0"
            )
        table = _table(parameters, names)
        sd = np.maximum(np.nanstd(table, axis=0), _MIN_SD)
        return cls(names, np.nanmean(table, axis=0), sd)

    def apply(self, parameters: Sequence[Mapping[str, float | None]]) -> np.ndarray:
        """Standardise the parameters of walks.

        Args:
            parameters: Measured gait parameters of each walk, name → value or None.

        Returns:
            (N, P) float32 standardised values within -4 … 4, NaN where not measured.
        """
        table = (_table(parameters, self.names) - self.mean) / self.sd
        return np.clip(table, -_LIMIT, _LIMIT).astype(np.float32)

    def mirrored_order(self) -> np.ndarray:
        """Index (P,) of the parameter of the other side: itself for parameters without a side."""
        sides = {"_left_": "_right_", "_right_": "_left_"}
        other = [next((n.replace(a, b) for a, b in sides.items() if a in n), n) for n in self.names]
        names = list(self.names)
        return np.array([names.index(n) if n in names else i for i, n in enumerate(other)])


def _value(row: Mapping[str, float | None], name: str) -> float | None:
    value = row.get(name)
    return None if value is None or not np.isfinite(value) else float(value)


def _table(parameters, names) -> np.ndarray:
    """(N, P) float64 values, NaN where not measured."""
    rows = [[_value(row, name) for name in names] for row in parameters]
    return np.array(rows, dtype=float).reshape(len(rows), len(names))


class ParameterHead(nn.Module):
    """Two layers from the mean, the maximum and the spread of states to standardised parameters.

    Args:
        width: Width of the states.
        num_targets: Number of parameters.
        hidden: Width of the hidden layer.
    """

    def __init__(self, width: int, num_targets: int, hidden: int = 128):
        super().__init__()
        self.norm = nn.LayerNorm(3 * width)
        self.hidden = nn.Linear(3 * width, hidden)
        self.output = nn.Linear(hidden, num_targets)

    def forward(self, states: torch.Tensor, kept: torch.BoolTensor) -> torch.Tensor:
        """Predict standardised parameters (B, P).

        Args:
            states: (B, N, width) states.
            kept: (B, N), true at the states that count; at least one in each row.
        """
        mask, states = kept[..., None], states.float()
        count = mask.sum(1).clamp(min=1)
        mean = states.masked_fill(~mask, 0).sum(1) / count
        variance = (states - mean[:, None]).square().masked_fill(~mask, 0).sum(1) / count
        largest = states.masked_fill(~mask, -torch.inf).amax(1)
        summary = torch.cat([mean, largest, (variance + 1e-5).sqrt()], dim=-1)
        return self.output(F.gelu(self.hidden(self.norm(summary))))


def parameter_loss(predicted: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Compute the smooth L1 loss over the parameters that were measured.

    Args:
        predicted: (B, P) predictions.
        targets: (B, P) standardised parameters, NaN where not measured.

    Returns:
        Scalar; zero if nothing was measured.
    """
    measured = torch.isfinite(targets)
    errors = F.smooth_l1_loss(predicted.float(), targets.nan_to_num(0.0).float(), reduction="none")
    return (errors * measured).sum() / measured.sum().clamp(min=1)

"""Estimates of arm swing, step length and speed without gait events, to choose what to measure.

The complete measurement of a walk takes longer than drawing it. Of many walks those that the
estimates agree with most are measured; nothing that is reported is an estimate.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..gait.applied_norms import AppliedNorms
from ..humanml3d import JOINT_NAMES
from .generation_check import agreement, check_request
from .generation_request import SIDES, Asked, Request

ESTIMATED = ("arm_swing", "step_length", "speed", "arm_asymmetry")  # quantities
_WINDOW_S = 1.1  # about a stride


def estimated(joints: np.ndarray, rate_hz: float) -> dict[str, float]:
    """Estimate gait parameters of a straight walk.

    Args:
        joints: Joints (T, 22, 3) in metres, Y up.
        rate_hz: Frames per second.

    Returns:
        Name → value of the parameters of the quantities in `ESTIMATED`.
    """
    path = {name: joints[:, i].astype(float) for i, name in enumerate(JOINT_NAMES)}
    travelled = (path["pelvis"][-1] - path["pelvis"][0]) * np.array([1.0, 0.0, 1.0])
    distance = float(np.linalg.norm(travelled))
    ahead = travelled / max(distance, 1e-6)
    arms = {}
    for side in SIDES:
        line = path[f"{side}_wrist"] - path[f"{side}_shoulder"]
        angle = np.degrees(np.arctan2(line @ ahead, -line[:, 1]))
        arms[side] = _median(_windows(angle, rate_hz), np.ptp)
    separation = (path["left_ankle"] - path["right_ankle"]) @ ahead
    left, right = (_median(_windows(sign * separation, rate_hz), np.max) for sign in (1, -1))
    larger, smaller = max(arms.values()), min(arms.values())
    return {
        "speed_m_per_s": distance * rate_hz / max(len(joints) - 1, 1),
        "step_length_m": (left + right) / 2,
        "step_length_left_m": left,
        "step_length_right_m": right,
        "arm_swing_left_deg": arms["left"],
        "arm_swing_right_deg": arms["right"],
        "arm_swing_asymmetry_percent": 200 * (larger - smaller) / max(larger + smaller, 1e-6),
    }


def _windows(values: np.ndarray, rate_hz: float) -> list[np.ndarray]:
    length = max(int(_WINDOW_S * rate_hz), 1)
    parts = [values[i : i + length] for i in range(0, len(values), length)]
    whole = [part for part in parts if len(part) == length]
    return whole or parts[:1]


def _median(parts: list[np.ndarray], of) -> float:
    return float(np.median([of(part) for part in parts]))


def estimable(request: Request) -> tuple[Asked, ...]:
    """Return the properties of a request that can be estimated.

    Args:
        request: What is asked for.
    """
    return tuple(row for row in request.asked if row.claim.quantity in ESTIMATED)


def most_promising(
    walks: Sequence[dict[str, float]], request: Request, applied: AppliedNorms, count: int
) -> list[int]:
    """Return the walks whose estimates agree most with a request.

    Args:
        walks: Estimates of each walk, from `estimated`.
        request: What is asked for; a walk also counts with its sides exchanged.
        applied: Norms, and the person that they are applied to.
        count: Number of walks to return.

    Returns:
        Indices in increasing order.
    """
    asked = estimable(request)
    has_side = any(row.claim.side in SIDES for row in asked)

    def rank(index: int) -> tuple[float, float]:
        images = [walks[index], exchanged(walks[index])] if has_side else [walks[index]]
        return max(agreement(check_request(asked, image, applied)) for image in images)

    order = sorted(range(len(walks)), key=rank, reverse=True)
    return sorted(order[:count])


def exchanged(parameters: dict[str, float]) -> dict[str, float]:
    """Return gait parameters with left and right exchanged.

    Args:
        parameters: Name → value.
    """
    sides = {"_left_": "_right_", "_right_": "_left_"}
    swapped = {}
    for name, value in parameters.items():
        side = next((side for side in sides if side in name), "")
        swapped[name.replace(side, sides[side]) if side else name] = value
    return swapped

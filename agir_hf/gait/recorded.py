"""Checks that a recording has what a gait parameter needs."""

from __future__ import annotations

from .signals import Signals

# Parameters that need positions across the walking direction.
LATERAL = {
    "step_width_m",
    "shoulder_hip_phase_deg",
    "margin_of_stability_ml_m",
    "pelvic_sway_m",
    "harmonic_ratio_ml",
}


class NotMeasurableError(Exception):
    """A parameter cannot be measured in a walk; the message is the reason."""


class UnrecordedError(NotMeasurableError):
    """A parameter needs a joint that the recording does not have."""


def check_joints(signals: Signals, joints: tuple[str, ...]) -> None:
    """Check that joints are in the recording.

    Args:
        signals: Signals of a walk.
        joints: Names of joints of HumanML3D.

    Raises:
        UnrecordedError: A joint is not in the recording.
    """
    if not set(joints) <= signals.joints.keys():
        raise UnrecordedError(signals.no_joints)


def check_depth(signals: Signals, name: str) -> None:
    """Check that a recording has positions across the walking direction, if they are needed.

    Args:
        signals: Signals of a walk.
        name: Name of a gait parameter.

    Raises:
        UnrecordedError: The recording has two dimensions, and the parameter needs three.
    """
    if signals.is_flat and name in LATERAL:
        raise UnrecordedError(
            "the recording has two dimensions, without distances across the walking direction"
        )


def check_toes(signals: Signals) -> None:
    """Check that the recording has the ball of a foot.

    Args:
        signals: Signals of a walk.

    Raises:
        UnrecordedError: It has the ball of neither foot, or with long gaps.
    """
    if not signals.toe:
        raise UnrecordedError("the recording does not have the ball of either foot throughout")

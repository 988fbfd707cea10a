"""Zero of the sole: the direction of the foot while it is flat on the floor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..signals import SIDES, Signals
from . import angles
from .progression import walking_direction


@dataclass(frozen=True)
class FlatFoot:
    """Direction of the line from heel to ball while the foot is flat on a level floor.

    Attributes:
        pitch_deg: Angle of the line to the floor, front up positive.
        turn_deg: Angle of the foot to the walking direction, to the left positive.
    """

    pitch_deg: float
    turn_deg: float

    def direction(self, ahead: np.ndarray) -> np.ndarray:
        """Horizontal unit vectors (…, 3) of the foot for a walking direction (…, 3)."""
        return angles.turned(ahead, np.broadcast_to(angles.UP, np.shape(ahead)), self.turn_deg)

    def sole(self, line: np.ndarray, ahead: np.ndarray) -> np.ndarray:
        """Compute the direction of the sole.

        The line from heel to ball is rotated about the medio-lateral axis of the foot, so that it
        is level while the foot is flat.

        Args:
            line: Vectors (…, 3) from heel to ball.
            ahead: Horizontal unit vector (3,) in walking direction.

        Returns:
            Vectors (…, 3).
        """
        left = np.cross(angles.UP, self.direction(ahead))
        return angles.turned(line, np.broadcast_to(left, line.shape), self.pitch_deg)


def flat_feet(
    signals: Signals, back: dict[str, np.ndarray], front: dict[str, np.ndarray]
) -> dict[str, FlatFoot]:
    """Find the zero of the sole of each side: medians over the strides, in mid stance.

    Mid stance is the middle of single support, between toe-off and heel strike of the other foot.

    Args:
        signals: Signals of a walk.
        back: Side → back of the foot (T, 3).
        front: Side → ball of the foot (T, 3).

    Returns:
        Side → zero, for the sides with both points and a stride with single support.
    """
    result = {}
    for side in SIDES:
        strides = [
            row for row in signals.strides if row.side == side and np.isfinite(row.other_toe_off_s)
        ]
        if not (strides and side in back and side in front):
            continue
        times_s = [(row.other_toe_off_s + row.other_heel_strike_s) / 2 for row in strides]
        lines = np.array([signals.at(front[side] - back[side], time_s) for time_s in times_s])
        if not np.abs(lines).max() > 0:  # both are the same point
            continue
        ahead = np.array([walking_direction(signals, row) for row in strides])
        level = angles.unit(lines * [1.0, 0.0, 1.0])
        turn = -angles.progression(lines, ahead, "left")
        pitch = angles.pitch(lines, level)
        result[side] = FlatFoot(float(np.median(pitch)), float(np.median(turn)))
    return result

"""Direction of the sole, with its zero from the foot that is flat on the floor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..signals import SIDES, Signals, Stride
from . import angles
from .progression import walking_direction

_SMALLEST_HEIGHT = 0.1  # of the ankle above the line from heel to ball, relative to its length
_SAMPLES = 5  # times in the flat phase of a stride


@dataclass(frozen=True, eq=False)
class Foot:
    """Sole of a foot over the walk.

    Attributes:
        sole: Directions (T, 3) along the sole, horizontal while the foot is flat.
        turn_deg: Angle of the flat foot to the walking direction, to the left positive.
        raised_deg: Angle of the line from heel to ball to the floor while the foot is flat.
    """

    sole: np.ndarray
    turn_deg: float
    raised_deg: float

    def direction(self, ahead: np.ndarray) -> np.ndarray:
        """Horizontal unit vectors (…, 3) of the flat foot for a walking direction (…, 3)."""
        return angles.turned(ahead, np.broadcast_to(angles.UP, np.shape(ahead)), self.turn_deg)


def feet_of(signals: Signals, points: dict[str, dict[str, np.ndarray]]) -> dict[str, Foot]:
    """Compute the sole of each foot.

    The foot is flat in the first half of single support, on a level floor: between toe-off of the
    other foot and the middle of single support, in which the sole of healthy adults is within one
    degree of the floor (Fukuchi, Fukuchi and Duarte 2018, foot pitch at 15 to 30 percent of the
    stride). The zero is the median over the strides of the side. The foot is rigid: heel, ball and
    ankle. Without a separate heel it turns only about an axis across its flat direction.

    Args:
        signals: Signals of a walk.
        points: "back", "front" and "ankle" → side → path (T, 3) in metres.

    Returns:
        Side → foot, for the sides with back and front and a stride with single support.
    """
    feet = {}
    for side in SIDES:
        strides = [
            row for row in signals.strides if row.side == side and np.isfinite(row.other_toe_off_s)
        ]
        if not strides or side not in points["back"] or side not in points["front"]:
            continue
        line = points["front"][side] - points["back"][side]
        if not np.abs(line).max() > 0:  # both are the same point
            continue
        ankle = points["ankle"].get(side)
        rise = line * 0 if ankle is None else ankle - points["back"][side]
        feet[side] = _foot(signals, strides, line, rise)
    return feet


def _foot(signals: Signals, strides: list[Stride], line: np.ndarray, rise: np.ndarray) -> Foot:
    times_s = np.array([_flat_times(row) for row in strides])  # (n, times)
    flat = signals.at_times(line, times_s).mean(axis=1)
    ahead = np.array([walking_direction(signals, row) for row in strides])
    level = angles.unit(flat * [1.0, 0.0, 1.0])
    turn_deg = float(np.median(-angles.progression(level, ahead, "left")))
    raised_deg = float(np.median(angles.pitch(flat, level)))
    frames = _frames(line, rise)
    if frames is None:
        headings = _headings(signals, strides, ahead)
        direction = angles.turned(headings, np.broadcast_to(angles.UP, line.shape), turn_deg)
        left = angles.cross(angles.UP, direction)
        return Foot(angles.turned(line, left, raised_deg), turn_deg, raised_deg)
    flat_frames = signals.at_times(frames, times_s).mean(axis=1)
    local = (flat_frames @ level[..., None])[..., 0]
    sole = np.einsum("tai,a->ti", frames, np.median(local, axis=0))
    return Foot(angles.unit(sole), turn_deg, raised_deg)


def _flat_times(stride: Stride) -> np.ndarray:
    middle_s = (stride.other_toe_off_s + stride.other_heel_strike_s) / 2
    return np.linspace(stride.other_toe_off_s, middle_s, _SAMPLES)


def _frames(line: np.ndarray, rise: np.ndarray) -> np.ndarray | None:
    """Frames (T, 3 axes, 3) of the rigid foot, or None if heel, ball and ankle are on a line."""
    forward = angles.unit(line)
    height = rise - angles.dot(rise, forward)[:, None] * forward
    length = np.median(np.linalg.norm(line, axis=1))
    if np.median(np.linalg.norm(height, axis=1)) < _SMALLEST_HEIGHT * length:
        return None
    up = angles.unit(height)
    return np.stack([forward, up, angles.cross(up, forward)], axis=1)


def _headings(signals: Signals, strides: list[Stride], ahead: np.ndarray) -> np.ndarray:
    """Walking direction (T, 3) in each frame: that of the nearest stride."""
    middles = np.array([(row.start_s + row.end_s) / 2 for row in strides]) * signals.rate_hz
    between = (middles[1:] + middles[:-1]) / 2  # strides are in order of time
    return ahead[np.searchsorted(between, np.arange(len(signals.pelvis)))]

"""The way a simulated walk takes over the floor: straight, or there and back.

Frame of a walk: x to the left of where it begins, y up, z forward, metres. A heading is an angle
about y, 0 along z, positive to the left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Way:
    """A line over the floor: straight, then possibly an arc, then straight again.

    Attributes:
        straight_m: length before the arc; infinite for a way that never turns.
        turn_rad: angle of the arc, positive to the left.
        radius_m: of the arc.
    """

    straight_m: float = np.inf
    turn_rad: float = 0.0
    radius_m: float = 0.5

    @property
    def arc_m(self) -> tuple[float, float]:
        """Where along the way the arc begins and ends."""
        return self.straight_m, self.straight_m + abs(self.turn_rad) * self.radius_m

    def heading(self, along: np.ndarray) -> np.ndarray:
        """Radians at places along the way (metres from its beginning, any sign)."""
        along = np.asarray(along, dtype=float)
        if not self.turn_rad:
            return np.zeros_like(along)
        share = (along - self.straight_m) / (abs(self.turn_rad) * self.radius_m)
        return self.turn_rad * np.clip(share, 0.0, 1.0)

    def point(self, along: np.ndarray, aside: np.ndarray) -> np.ndarray:
        """(..., 2) x and z, metres, of places along the way and to the left of it."""
        along, aside = np.broadcast_arrays(np.asarray(along, float), np.asarray(aside, float))
        angle = self.heading(along)
        x, z = np.zeros_like(along), np.array(along)
        if self.turn_rad:
            begin, end = self.arc_m
            bend = np.sign(self.turn_rad) / self.radius_m
            inside = along > begin
            x = np.where(inside, (1 - np.cos(angle)) / bend, x)
            z = np.where(inside, begin + np.sin(angle) / bend, z)
            beyond = np.maximum(along - end, 0.0)
            x, z = x + beyond * np.sin(angle), z + beyond * np.cos(angle)
        return np.stack([x + aside * np.cos(angle), z - aside * np.sin(angle)], axis=-1)

    def turns_at(self, along: np.ndarray) -> np.ndarray:
        """Whether places along the way lie in the arc."""
        begin, end = self.arc_m
        return (np.asarray(along) > begin) & (np.asarray(along) < end)

"""Route of a simulated walk over the floor: straight, or straight with a turn.

Coordinates of a walk: x to the left of the starting point, y up, z forward, metres. A heading is an
angle about y: 0 along z, positive to the left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Route:
    """A path over the floor: straight, then optionally an arc, then straight again.

    Positions on the route are distances in metres from its start; they may be negative.

    Attributes:
        straight_m: Length before the arc in metres; infinite for a route without a turn.
        turn_rad: Angle of the arc in radians, positive to the left.
        radius_m: Radius of the arc in metres.
    """

    straight_m: float = np.inf
    turn_rad: float = 0.0
    radius_m: float = 0.5

    @property
    def arc_m(self) -> tuple[float, float]:
        """Distances along the route at which the arc begins and ends, metres."""
        return self.straight_m, self.straight_m + abs(self.turn_rad) * self.radius_m

    def heading(self, distance_m: np.ndarray) -> np.ndarray:
        """Heading of the route in radians.

        Args:
            distance_m: (...) distances along the route, metres.
        """
        distance_m = np.asarray(distance_m, dtype=float)
        if not self.turn_rad:
            return np.zeros_like(distance_m)
        share = (distance_m - self.straight_m) / (abs(self.turn_rad) * self.radius_m)
        return self.turn_rad * np.clip(share, 0.0, 1.0)

    def point(self, distance_m: np.ndarray, lateral_m: np.ndarray) -> np.ndarray:
        """Positions on the floor, (..., 2): x and z in metres.

        Args:
            distance_m: (...) distances along the route, metres.
            lateral_m: (...) offsets perpendicular to the route in metres, positive to the left.
        """
        distance_m, lateral_m = np.broadcast_arrays(
            np.asarray(distance_m, float), np.asarray(lateral_m, float)
        )
        angle = self.heading(distance_m)
        x, z = np.zeros_like(distance_m), np.array(distance_m)
        if self.turn_rad:
            begin, end = self.arc_m
            curvature = np.sign(self.turn_rad) / self.radius_m
            after_begin = distance_m > begin
            x = np.where(after_begin, (1 - np.cos(angle)) / curvature, x)
            z = np.where(after_begin, begin + np.sin(angle) / curvature, z)
            beyond = np.maximum(distance_m - end, 0.0)
            x, z = x + beyond * np.sin(angle), z + beyond * np.cos(angle)
        return np.stack([x + lateral_m * np.cos(angle), z - lateral_m * np.sin(angle)], axis=-1)

    def in_turn(self, distance_m: np.ndarray) -> np.ndarray:
        """Whether positions are within the arc, as booleans of the shape of `distance_m`.

        Args:
            distance_m: (...) distances along the route, metres.
        """
        begin, end = self.arc_m
        return (np.asarray(distance_m) > begin) & (np.asarray(distance_m) < end)

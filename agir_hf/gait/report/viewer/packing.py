"""Pack walks as text for the browser: int16 differences between frames, compressed, base64.

`source/walk_data.js` unpacks them. Coordinates are those of the scene: metres, X in the direction
of the walk, Y up, the floor at Y = 0, and the origin in the middle of the walk.
"""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING

import numpy as np

from .bones import bones_of
from .walk import SIDES, Walk

if TYPE_CHECKING:
    from .surface import Surface

SHOWN_HZ = 25.0  # frame rate sent to the browser, which interpolates linearly
MAX_FRAMES = 1500  # longer walks are sent at a lower frame rate
MISSING = -32768  # int16 code of a missing coordinate
_INT16_MAX = 32767
_UNIT_M = 0.001  # length of one int16 step, if the walk fits
_SHORTEST_PATH_M = 0.5  # below this, the direction is that of the pelvis
_SOLE_M = 0.02  # the sole is below the lowest joint


class Placement:
    """Position of a walk in its scene: a rotation about the vertical axis and a shift.

    Args:
        walk: The walk.
    """

    def __init__(self, walk: Walk):
        self.matrix = _rotation(_heading(walk))
        pelvis = walk.joints[:, 0]
        low, high = pelvis.min(axis=0), pelvis.max(axis=0)
        self.centre = np.array([(low[0] + high[0]) / 2, _floor(walk), (low[2] + high[2]) / 2])

    def points(self, positions: np.ndarray) -> np.ndarray:
        """Return positions (…, 3) in the scene.

        Args:
            positions: (…, 3) positions in the room, metres.
        """
        return (np.asarray(positions, np.float64) - self.centre) @ self.matrix.T

    def orientations(self, quaternions: np.ndarray) -> np.ndarray:
        """Return orientations (…, 4) in the scene.

        Args:
            quaternions: (…, 4) quaternions (x, y, z, w) in the room.
        """
        from scipy.spatial.transform import Rotation

        flat = Rotation.from_quat(quaternions.reshape(-1, 4))
        turned = (Rotation.from_matrix(self.matrix) * flat).as_quat()
        return turned.reshape(quaternions.shape)


def record_of(walk: Walk) -> dict:
    """Return a walk in the format of `source/walk_data.js`, at the frame rate that is sent.

    Args:
        walk: The walk.
    """
    placement, points = Placement(walk), points_of(walk)
    step = max(round(walk.rate_hz / SHOWN_HZ), -(-len(points) // MAX_FRAMES), 1)
    points = placement.points(points[::step])
    unit_m = max(_UNIT_M, float(np.nanmax(np.abs(points))) / _INT16_MAX)
    markers = None if walk.markers is None else placement.points(walk.markers[::step])
    return {
        "label": walk.label,
        "note": walk.note,
        "rate_hz": walk.rate_hz / step,
        "frames": len(points),
        "unit_m": unit_m,
        "points": packed(points, unit_m),
        "bones": bones_of(points),
        "markers": None if markers is None else packed(markers, unit_m),
        "surface": None if walk.surface is None else _surface(walk.surface, placement, unit_m),
        "strikes": {
            side: [round(float(time), 3) for time in walk.heel_strikes.get(side, ())]
            for side in SIDES
        },
    }


def points_of(walk: Walk) -> np.ndarray:
    """Return the 22 joints, the head and the two heels (T, 25, 3) in metres, NaN where missing.

    Args:
        walk: The walk.
    """
    frames = len(walk.joints)
    head = np.full((frames, 3), np.nan) if walk.head is None else walk.head
    heels = np.full((frames, 2, 3), np.nan) if walk.heels is None else walk.heels
    return np.concatenate([walk.joints, head[:, None], heels], axis=1).astype(np.float64)


def packed(values: np.ndarray, unit: float) -> str:
    """Return base64 of the compressed differences between frames.

    Args:
        values: (T, N, K) array. A point with a value that is missing or out of range is `MISSING`.
        unit: Value of one int16 step.
    """
    with np.errstate(invalid="ignore"):
        counts = np.round(values / unit)
    is_valid = (np.abs(counts) <= _INT16_MAX).all(axis=-1, keepdims=True)
    frames = np.where(is_valid, counts, MISSING).astype("<i2")
    steps = np.diff(frames, axis=0, prepend=np.zeros_like(frames[:1]))  # modulo 2^16
    series = np.ascontiguousarray(np.moveaxis(steps, 0, -1))
    return _text(zlib.compress(series.tobytes(), 9))


def unpacked(text: str, points: int, size: int = 3) -> np.ndarray:
    """Return what `packed` packed, in steps of its unit (T, N, K).

    Args:
        text: Result of `packed`.
        points: N.
        size: K.
    """
    steps = np.frombuffer(zlib.decompress(base64.b64decode(text)), "<i2")
    return np.moveaxis(np.cumsum(steps.reshape(points, size, -1), axis=-1, dtype="<i2"), -1, 0)


def _surface(surface: Surface, placement: Placement, unit_m: float) -> dict:
    step = max(round(surface.rate_hz / SHOWN_HZ), -(-len(surface.positions) // MAX_FRAMES), 1)
    weights = np.round(surface.weights * 255).astype("u1")
    return {
        "rate_hz": surface.rate_hz / step,
        "start_s": round(surface.start_s, 3),
        "has_head": surface.has_head,
        "vertices": _text(zlib.compress(surface.vertices.astype("<f4").tobytes(), 9)),
        "faces": _text(zlib.compress(surface.faces.astype("<u2").tobytes(), 9)),
        "influences": _text(zlib.compress(surface.influences.astype("u1").tobytes(), 9)),
        "weights": _text(zlib.compress(weights.tobytes(), 9)),
        "rest": _text(zlib.compress(surface.rest.astype("<f4").tobytes(), 9)),
        "joints": len(surface.rest),
        "orientations": packed(
            _continuous(placement.orientations(surface.orientations[::step])), 1 / _INT16_MAX
        ),
        "positions": packed(placement.points(surface.positions[::step]), unit_m),
    }


def _continuous(quaternions: np.ndarray) -> np.ndarray:
    """Quaternions (T, J, 4) with signs that do not jump, because q and -q are one rotation."""
    dots = (quaternions[1:] * quaternions[:-1]).sum(axis=-1, keepdims=True)
    signs = np.cumprod(np.where(dots < 0, -1.0, 1.0), axis=0)
    return np.concatenate([quaternions[:1], quaternions[1:] * signs])


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _heading(walk: Walk) -> np.ndarray:
    """Horizontal direction (x, z): to the farthest point of the path, or ahead of the pelvis."""
    path = (walk.joints[:, 0] - walk.joints[0, 0])[:, [0, 2]]
    lengths = np.linalg.norm(path, axis=1)
    farthest = int(lengths.argmax())
    if lengths[farthest] >= _SHORTEST_PATH_M:
        return path[farthest] / lengths[farthest]
    left = np.nan_to_num(walk.joints[:, 1] - walk.joints[:, 2]).mean(axis=0)
    ahead = np.array([-left[2], left[0]])  # left × up in the room
    length = float(np.linalg.norm(ahead))
    return ahead / length if length > 1e-6 else np.array([1.0, 0.0])


def _rotation(heading: np.ndarray) -> np.ndarray:
    """Rotation matrix about Y that turns a horizontal direction (x, z) to +X."""
    x, z = heading
    return np.array([[x, 0.0, z], [0.0, 1.0, 0.0], [-z, 0.0, x]])


def _floor(walk: Walk) -> float:
    """Height of the floor in metres: a low quantile of the lowest recorded points, less a sole."""
    points = points_of(walk)[..., 1]
    if walk.markers is not None:
        points = np.concatenate([points, walk.markers[..., 1]], axis=1)
    lowest = np.nanmin(points, axis=1)
    return float(np.quantile(lowest, 0.01)) - _SOLE_M

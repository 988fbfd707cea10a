"""Angles between segments, from directions of the segments in the room.

Arrays have any leading shape (…, 3), usually (frames, 3); Y is up. Angles are in degrees.

- Pelvis: cardan angles in the order rotation, obliquity, tilt, which keep their clinical meaning
  when the pelvis rotates (Baker 2001, Gait Posture 13:1).
- Hip and knee: joint coordinate systems of Grood and Suntay 1983 (J Biomech Eng 105:136), as ISB
  recommends (Wu et al. 2002, J Biomech 35:543). Flexion is about the medio-lateral axis of the
  proximal segment, rotation about the long axis of the distal segment, adduction about the axis
  perpendicular to both. This is the cardan order flexion, adduction, rotation of Kadaba,
  Ramakrishnan and Wootten 1990 (J Orthop Res 8:383).
- Foot: direction of the sole. Its zero is the flat foot, and the ankle is at zero when the shank is
  perpendicular to the sole.

Angles of the right side mirror those of the left: `outward` is the direction from the midline to
the side, left for the left side.
"""

from __future__ import annotations

import numpy as np

UP = np.array([0.0, 1.0, 0.0])


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors (…, 3) of length 1."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def dot(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Scalar products (…) of vectors (…, 3)."""
    return (first * second).sum(axis=-1)


def cross(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Vector products (…, 3) of vectors (…, 3), as `np.cross`, which takes longer for few."""
    a, b, c = first[..., 0], first[..., 1], first[..., 2]
    x, y, z = second[..., 0], second[..., 1], second[..., 2]
    return np.stack([b * z - c * y, c * x - a * z, a * y - b * x], axis=-1)


def perpendicular(vectors: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """Unit vectors of the part of vectors (…, 3) that is perpendicular to unit vectors (…, 3)."""
    return unit(vectors - dot(vectors, axis)[..., None] * axis)


def _degrees(sine: np.ndarray, cosine: np.ndarray) -> np.ndarray:
    return np.degrees(np.arctan2(sine, cosine))


def pelvic_tilt(left: np.ndarray, forward: np.ndarray) -> np.ndarray:
    """Compute the tilt of the pelvis, anterior positive.

    Args:
        left: Unit vectors (…, 3) along the line of the anterior superior iliac spines.
        forward: Vectors (…, 3) from the back to the front of the pelvis.

    Returns:
        Angles (…) in degrees between the plane of the spines and the horizontal.
    """
    forward = perpendicular(forward, left)
    level = unit(cross(left, UP))  # forward after rotation and obliquity
    return _degrees(-dot(forward, cross(level, left)), dot(forward, level))


def pelvic_obliquity(outward: np.ndarray) -> np.ndarray:
    """Compute the obliquity of the pelvis, positive if this side is up.

    Args:
        outward: Unit vectors (…, 3) from the other side of the pelvis to this side.

    Returns:
        Angles (…) in degrees.
    """
    return np.degrees(np.arcsin(np.clip(dot(outward, UP), -1, 1)))


def pelvic_rotation(outward: np.ndarray, ahead: np.ndarray, side: str) -> np.ndarray:
    """Compute the rotation of the pelvis, positive if this side is forward.

    Args:
        outward: Unit vectors (…, 3) from the other side of the pelvis to this side.
        ahead: Horizontal unit vectors (…, 3) in walking direction.
        side: "left" or "right".

    Returns:
        Angles (…) in degrees.
    """
    return _degrees(dot(outward, ahead), dot(outward, _outward_of(ahead, side)))


def _outward_of(ahead: np.ndarray, side: str) -> np.ndarray:
    """Horizontal unit vectors (…, 3) to a side of the walking direction."""
    left = cross(UP, ahead)
    return left if side == "left" else -left


def flexion(line: np.ndarray, left: np.ndarray, forward: np.ndarray) -> np.ndarray:
    """Compute the angle of a limb about the medio-lateral axis of the proximal segment.

    Args:
        line: Vectors (…, 3) along the limb, downwards.
        left: Unit vectors (…, 3), medio-lateral axis of the proximal segment, to the left.
        forward: Vectors (…, 3) forward of the proximal segment.

    Returns:
        Angles (…) in degrees, 0 along the axis downwards, positive if the limb points forward.
    """
    forward = perpendicular(forward, left)
    up = cross(forward, left)
    return _degrees(dot(line, forward), -dot(line, up))


def adduction(line: np.ndarray, outward: np.ndarray) -> np.ndarray:
    """Compute the adduction of a limb, positive towards the midline.

    Args:
        line: Vectors (…, 3) along the limb, downwards.
        outward: Unit vectors (…, 3), medio-lateral axis of the proximal segment, to this side.

    Returns:
        Angles (…) in degrees.
    """
    return -np.degrees(np.arcsin(np.clip(dot(unit(line), outward), -1, 1)))


def internal_rotation(
    line: np.ndarray, proximal_left: np.ndarray, distal_left: np.ndarray, side: str
) -> np.ndarray:
    """Compute the rotation of a limb about its long axis, internal positive.

    Args:
        line: Vectors (…, 3) along the limb, downwards.
        proximal_left: Unit vectors (…, 3), medio-lateral axis of the proximal segment, to the left.
        distal_left: Vectors (…, 3), medio-lateral axis of the limb, to the left.
        side: "left" or "right".

    Returns:
        Angles (…) in degrees.
    """
    up = -unit(line)
    floating = unit(cross(proximal_left, up))  # forward, perpendicular to both axes
    forward = cross(perpendicular(distal_left, up), up)
    to_left = _degrees(dot(forward, cross(up, floating)), dot(forward, floating))
    return -to_left if side == "left" else to_left


def pitch(line: np.ndarray, ahead: np.ndarray) -> np.ndarray:
    """Compute the angle of a line to the floor in the vertical plane of a direction.

    Args:
        line: Vectors (…, 3), such as from heel to toe.
        ahead: Horizontal unit vectors (…, 3).

    Returns:
        Angles (…) in degrees, -180 to 180, positive if the front is up.
    """
    return _degrees(dot(line, UP), dot(line, ahead))


def turned(line: np.ndarray, axis: np.ndarray, angle_deg: float) -> np.ndarray:
    """Rotate vectors by an angle about unit vectors (formula of Rodrigues).

    Args:
        line: Vectors (…, 3).
        axis: Unit vectors (…, 3).
        angle_deg: Angle in degrees, by the right-hand rule.

    Returns:
        Vectors (…, 3).
    """
    sine, cosine = np.sin(np.radians(angle_deg)), np.cos(np.radians(angle_deg))
    along = dot(line, axis)[..., None] * axis
    return cosine * line + sine * cross(axis, line) + (1 - cosine) * along


def progression(line: np.ndarray, ahead: np.ndarray, side: str) -> np.ndarray:
    """Compute the angle of the foot to the walking direction, internal (toes in) positive.

    It is the angle between the sole and the vertical plane of the walking direction. For a flat
    foot it is the angle on the floor; at push-off, where the sole is steep and its projection on
    the floor is short, it stays well defined, as in Plug-in Gait.

    Args:
        line: Vectors (…, 3) along the sole, from heel to toe.
        ahead: Horizontal unit vectors (…, 3) in walking direction.
        side: "left" or "right".

    Returns:
        Angles (…) in degrees.
    """
    return adduction(line, _outward_of(ahead, side))


def ankle_dorsiflexion(sole: np.ndarray, shank: np.ndarray, ahead: np.ndarray) -> np.ndarray:
    """Compute the dorsiflexion of the ankle in the vertical plane of the foot.

    Args:
        sole: Vectors (…, 3) along the sole, from heel to toe, horizontal for the flat foot.
        shank: Vectors (…, 3) from the ankle to the knee.
        ahead: Horizontal unit vectors (…, 3) in the direction of the foot.

    Returns:
        Angles (…) in degrees, 0 if the shank is perpendicular to the sole, dorsiflexion positive.
    """
    lean = _degrees(dot(shank, ahead), dot(shank, UP))
    angle = pitch(sole, ahead) + lean
    return (angle + 180) % 360 - 180

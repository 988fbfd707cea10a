"""Positions of marker sites on the skin of a body at rest: site → triangle.

A site is the point where a ray intersects the skin. The ray starts on the line between two joints.
At rest the body faces +Z, its left is +X, Y is up, and the arms point sideways with the thumbs
forward, so that the lateral side of an arm is its upper side. For SMPL's own mesh, published
vertices are used where they exist (Loper et al. 2014).
"""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from ..body import Body

_J = {
    "pelvis": 0, "hip": 1, "knee": 4, "ankle": 7, "foot": 10, "spine2": 6, "spine3": 9,
    "neck": 12, "head": 15, "shoulder": 16, "elbow": 18, "wrist": 20, "hand": 22,
}  # fmt: skip
# site → (first joint, second joint, position between them as a fraction, direction of the ray)
_MIDDLE = {
    "head_top": ("head", "neck", 0.0, (0, 1, -0.1)),
    "forehead": ("neck", "spine3", -0.9, (0, 0, 1)),
    "occiput": ("neck", "spine3", -0.9, (0, 0, -1)),
    "jugular_notch": ("neck", "spine3", 0.15, (0, -0.25, 1)),
    "sternum": ("neck", "spine3", 0.65, (0, -0.2, 1)),
    "xiphoid": ("spine3", "spine2", 0.3, (0, -0.15, 1)),
    "c7": ("neck", "spine3", 0.0, (0, 0.05, -1)),
    "t2": ("neck", "spine3", 0.25, (0, 0, -1)),
    "t6": ("neck", "spine3", 0.65, (0, 0, -1)),
    "t8": ("spine3", "spine2", 0.0, (0, 0, -1)),
    "t10": ("spine3", "spine2", 0.3, (0, 0, -1)),
    "t12": ("spine2", "pelvis", 0.1, (0, 0, -1)),
    "l1": ("spine2", "pelvis", 0.3, (0, 0, -1)),
    "l3": ("spine2", "pelvis", 0.55, (0, 0, -1)),
    "l5": ("spine2", "pelvis", 0.85, (0, 0, -1)),
    "sacrum": ("pelvis", "hip", 0.0, (0, 0.2, -1)),
    "right_scapula": ("spine3", "right_shoulder", 0.5, (0, 0, -1)),
}
_PAIRED = {  # left side; mirrored for the right side
    "head_front": ("neck", "spine3", -0.9, (0.6, 0.0, 0.8)),
    "head_back": ("neck", "spine3", -0.9, (0.6, 0.0, -0.8)),
    "head_side": ("neck", "spine3", -0.9, (1, 0, 0.2)),
    "sternoclavicular": ("neck", "spine3", 0.15, (0.25, -0.25, 1)),
    "acromion": ("shoulder", "elbow", -0.03, (0, 1, 0)),
    "upper_arm": ("shoulder", "elbow", 0.5, (0, 1, 0)),
    "elbow_lateral": ("elbow", "wrist", 0.0, (0, 1, 0)),
    "elbow_medial": ("elbow", "wrist", 0.0, (0, -1, 0)),
    "forearm": ("elbow", "wrist", 0.55, (0, 1, 0.2)),
    "wrist": ("wrist", "hand", 0.0, (0, 1, 0)),
    "wrist_lateral": ("wrist", "hand", 0.0, (0, 0.2, 1)),
    "wrist_medial": ("wrist", "hand", 0.0, (0, 0.2, -1)),
    "hand": ("hand", "wrist", 0.0, (0, 1, 0)),
    "asis": ("pelvis", "hip", 0.1, (0.85, 0, 0.55)),
    "psis": ("pelvis", "hip", 0.0, (0.4, 0.28, -1)),
    "iliac_crest": ("pelvis", "hip", 0.0, (1, 0.55, 0)),
    "trochanter": ("hip", "knee", 0.0, (1, 0, 0)),
    "thigh": ("hip", "knee", 0.6, (1, 0, 0)),
    "thigh_upper": ("hip", "knee", 0.5, (1, 0, 0)),
    "thigh_front": ("hip", "knee", 0.7, (0, 0, 1)),
    "thigh_front_low": ("hip", "knee", 0.85, (0, 0, 1)),
    "thigh_rear": ("hip", "knee", 0.85, (1, 0, 0.1)),
    "knee_lateral": ("knee", "ankle", 0.0, (1, 0, 0)),
    "knee_medial": ("knee", "ankle", 0.0, (-1, 0, 0)),
    "fibula_head": ("knee", "ankle", 0.12, (1, 0, -0.3)),
    "tibial_tuberosity": ("knee", "ankle", 0.15, (0, 0, 1)),
    "shank": ("knee", "ankle", 0.5, (1, 0, 0)),
    "shank_upper": ("knee", "ankle", 0.25, (1, 0, -0.2)),
    "shank_front": ("knee", "ankle", 0.4, (0.4, 0, 1)),
    "shank_rear": ("knee", "ankle", 0.45, (1, 0, -0.4)),
    "shin": ("knee", "ankle", 0.6, (0, 0, 1)),
    "ankle_lateral": ("ankle", "foot", 0.0, (1, -0.1, -0.1)),
    "ankle_medial": ("ankle", "foot", 0.0, (-1, 0, 0)),
    "heel": ("ankle", "foot", 0.0, (0, -0.45, -1)),
    "calcaneus_lateral": ("ankle", "foot", 0.0, (1, -0.7, -0.7)),
    "sustentaculum": ("ankle", "foot", 0.0, (-1, -0.6, -0.2)),
    "metatarsal_1": ("foot", "ankle", 0.0, (-1, 0.3, 0)),
    "metatarsal_2": ("foot", "ankle", 0.0, (0, 1, 0.2)),
    "metatarsal_5": ("foot", "ankle", 0.1, (1, 0.1, -0.3)),
    "metatarsal_5_base": ("ankle", "foot", 0.45, (1, -0.6, 0)),
    "metatarsal_1_base": ("ankle", "foot", 0.55, (-1, 0.2, 0)),
    "midfoot": ("ankle", "foot", 0.55, (0, 1, 0.2)),
    "midfoot_lateral": ("ankle", "foot", 0.5, (1, -0.2, 0)),
    "hallux": ("foot", "ankle", -0.2, (-0.3, 0.2, 1)),
}
_SMPL_VERTICES = {  # vertex of a site, or (left, right)
    "jugular_notch": 3171, "xiphoid": 3506, "c7": 3470, "t10": 3016,
    "acromion": (1861, 5322), "upper_arm": (1443, 4918), "elbow_lateral": (1666, 5135),
    "elbow_medial": (1725, 5194), "forearm": (1568, 5037), "wrist_lateral": (2108, 5568),
    "wrist_medial": (2112, 5573), "asis": (857, 4343), "psis": (3122, 6544),
    "knee_lateral": (1053, 4538), "knee_medial": (1058, 4544), "ankle_lateral": (3327, 6728),
    "heel": (3387, 6786), "metatarsal_1": (3336, 6736), "metatarsal_5": (3346, 6747),
}  # fmt: skip
_SMPL_SURFACE = 6890  # number of vertices of SMPL
_SAME_DISTANCE_M = 1e-9  # a ray through a common edge intersects both triangles at this tolerance
SITES = (*_MIDDLE, *(f"{side}_{site}" for side in ("left", "right") for site in _PAIRED))


# Body → site → anchor: searching a site in all triangles of the skin takes a millisecond.
_anchors: WeakKeyDictionary[Body, dict[str, Anchor]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Anchor:
    """A point on the skin.

    Attributes:
        corners: Vertices of its triangle.
        shares: Barycentric coordinates in that triangle.
    """

    corners: tuple[int, int, int]
    shares: tuple[float, float, float]


def anchors(body: Body, sites: list[str]) -> list[Anchor]:
    """Find marker sites on the skin of a body.

    Args:
        body: Body at rest with the mean shape.
        sites: Names in `SITES`. Sites of the right side mirror those of the left side.

    Returns:
        One point on the skin for each site.

    Raises:
        KeyError: A site is not in `SITES`.
    """
    computed = _anchors.setdefault(body, {})
    missing = [site for site in sites if site not in computed]
    if missing:
        vertices, joints = (part.numpy() for part in body.rest(np.zeros(0)))
        is_smpl = body.name == "smpl" and len(vertices) == _SMPL_SURFACE
        site_vertices, faces = _SMPL_VERTICES if is_smpl else {}, body.faces
        for site in missing:
            computed[site] = _anchor(site, site_vertices, vertices, joints, faces)
    return [computed[site] for site in sites]


def _anchor(site: str, site_vertices: dict, vertices, joints, faces) -> Anchor:
    side, _, unsided = site.partition("_")
    paired = side in ("left", "right") and unsided in _PAIRED
    name = unsided if paired else site
    if name in site_vertices:
        vertex = site_vertices[name][side == "right"] if paired else site_vertices[name]
        return _at_vertex(vertex, faces)
    start, end, share, direction = _PAIRED[name] if paired else _MIDDLE[name]
    right = paired and side == "right"
    a, b = (joints[_joint(joint, right)] for joint in (start, end))
    ray = np.array(direction, dtype=float) * ([-1, 1, 1] if right else 1)
    return _ray_anchor(a + share * (b - a), ray / np.linalg.norm(ray), vertices, faces)


def _joint(name: str, right: bool) -> int:
    if name.startswith("right_"):
        return _J[name.removeprefix("right_")] + 1
    middle = name in ("pelvis", "spine2", "spine3", "neck", "head")
    return _J[name] + (right and not middle)


def _at_vertex(vertex: int, faces: np.ndarray) -> Anchor:
    face = faces[(faces == vertex).any(axis=1).argmax()]
    return Anchor(tuple(face.tolist()), tuple((face == vertex).astype(float).tolist()))


def _ray_anchor(origin, direction, vertices, faces) -> Anchor:
    """Find the farthest intersection of a ray with the skin within 10 cm of the first one.

    Möller and Trumbore 1997 (J Graphics Tools 2:21). If the ray intersects no triangle, for example
    between the fingers, the vertex nearest to the ray is used.
    """
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    first, second = b - a, c - a
    normal = np.cross(direction, second)
    determinant = (first * normal).sum(axis=1)
    determinant = np.where(np.abs(determinant) < 1e-14, np.inf, determinant)
    offset = origin - a
    u = (offset * normal).sum(axis=1) / determinant
    cross = np.cross(offset, first)
    v = cross @ direction / determinant
    distance = (cross * second).sum(axis=1) / determinant
    intersects = (u >= -1e-9) & (v >= -1e-9) & (u + v <= 1 + 1e-9) & (distance > 1e-6)
    if not intersects.any():
        length = np.maximum((vertices - origin) @ direction, 0)[:, None]
        off_ray = np.linalg.norm(origin + length * direction - vertices, axis=1)
        return _at_vertex(int(off_ray.argmin()), faces)
    near = np.flatnonzero(intersects & (distance < distance[intersects].min() + 0.1))
    # A ray in the midplane intersects the common edge of a left and a right triangle, at distances
    # that differ by rounding only. Choose the first, so that the result is the same on all CPUs.
    face = near[distance[near] > distance[near].max() - _SAME_DISTANCE_M][0]
    shares = (1 - u[face] - v[face], u[face], v[face])
    return Anchor(tuple(faces[face].tolist()), tuple(float(s) for s in shares))

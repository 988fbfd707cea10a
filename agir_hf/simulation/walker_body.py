"""The simulated walker's body: the embedded open body in a shape of its own, and its 44 markers.

Statures are those of adults; the other shape components are drawn about the mean body's. Segment
lengths follow from the body's joints, the foot's from its skin. Markers sit on the skin at the
sites of the Shida set, a marker's radius off it and a hand's error beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import torch

from ..motion.body import OPEN_BODY, load_body
from ..motion.fitting.marker_model import MarkerModel
from ..motion.marker_sets import SHIDA_44

SIDES = ("left", "right")
# SMPL's joints; the first 22 are HumanML3D's.
JOINTS = (
    "pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2", "left_ankle",
    "right_ankle", "spine3", "left_foot", "right_foot", "neck", "left_collar", "right_collar",
    "head", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist",
    "right_wrist", "left_hand", "right_hand",
)  # fmt: skip
# Body height of adults, men and women: mean and SD in metres (NCD-RisC 2016 gives national means
# of 1.60-1.83 m for men and 1.49-1.70 m for women; these lie in the middle of that range).
STATURE_M = {"male": (1.72, 0.07), "female": (1.59, 0.065)}
SHAPE_SD = 0.6  # of the further shape components, whose own SD over bodies drawn is 1
MARKER_RADIUS_M = 0.0095  # Loper et al. 2014: markers stand 9.5 mm off the skin
PLACEMENT_SD_M = 0.004  # where a hand puts a marker, each axis (Della Croce 2005: 5-20 mm in all)
_BALL_BEFORE_JOINT = 0.10  # contact of the ball before the foot joint, of ankle to ball (rough)
_SOLE_M = 0.02  # skin up to here over the floor is sole


@dataclass(frozen=True, eq=False)
class Body:
    """One walker's body, standing at rest with its feet flat.

    Attributes:
        sex: "male" or "female": of the stature; the shape itself knows none.
        betas: (10,) shape components of the open body.
        rest: (24, 3) joints at rest, metres, in the order of `JOINTS`.
        height_m: sole to crown.
        ankle_height_m: ankle joint over the sole.
        heel_m: ankle joint to the heel's contact point, backwards along the sole.
        ball_m: ankle joint to the ball's contact, forwards along the sole.
        toes_m: ball to the tip of the toes.
    """

    sex: str
    betas: np.ndarray
    rest: np.ndarray
    height_m: float
    ankle_height_m: float
    heel_m: float
    ball_m: float
    toes_m: float

    def bone(self, joint: str) -> np.ndarray:
        """(3,) from a joint's parent to it, at rest, metres."""
        index = JOINTS.index(joint)
        return self.rest[index] - self.rest[self.parents[index]]

    @cached_property
    def parents(self) -> list[int]:
        """Parent of each joint, -1 for the pelvis."""
        return load_body(OPEN_BODY).parents

    @property
    def thigh_m(self) -> float:
        """Hip centre to knee centre."""
        return float(np.linalg.norm(self.bone("left_knee")))

    @property
    def shank_m(self) -> float:
        """Knee centre to ankle centre."""
        return float(np.linalg.norm(self.bone("left_ankle")))

    @property
    def leg_m(self) -> float:
        """Hip centre to ankle centre of a straight leg."""
        return self.thigh_m + self.shank_m


def draw_body(rng: np.random.Generator) -> Body:
    """Draw an adult: sex by coin, height by sex, the rest of the shape about the mean."""
    sex = "female" if rng.random() < 0.5 else "male"
    mean, sd = STATURE_M[sex]
    height = float(np.clip(rng.normal(mean, sd), mean - 2 * sd, mean + 2 * sd))
    body = load_body(OPEN_BODY)
    betas = np.zeros(body.components)
    betas[1:] = SHAPE_SD * np.clip(rng.normal(size=body.components - 1), -2, 2)
    return shaped(sex, _of_height(betas, height))


def shaped(sex: str, betas: np.ndarray) -> Body:
    """The body of shape components (10,)."""
    vertices, rest = (part.numpy() for part in load_body(OPEN_BODY).rest(betas))
    rest = (rest + rest[_MIRRORED] * [-1, 1, 1]) / 2  # both legs alike, to the last digit
    ankle, ball = rest[JOINTS.index("left_ankle")], rest[JOINTS.index("left_foot")]
    floor = vertices[:, 1].min()
    near = np.abs(vertices[:, 0] - ankle[0]) < 0.08
    sole = vertices[near & (vertices[:, 1] < floor + _SOLE_M)]
    forwards = (ball - ankle)[2]
    contact = (1 + _BALL_BEFORE_JOINT) * forwards
    return Body(
        sex=sex,
        betas=np.asarray(betas, dtype=np.float64),
        rest=rest,
        height_m=float(vertices[:, 1].max() - floor),
        ankle_height_m=float(ankle[1] - floor),
        heel_m=float(ankle[2] - sole[:, 2].min()),
        ball_m=float(contact),
        toes_m=float(sole[:, 2].max() - ankle[2] - contact),
    )


def _of_height(betas: np.ndarray, height_m: float) -> np.ndarray:
    """Betas whose first component is set so that the body has a height; it is near linear in it."""
    body = load_body(OPEN_BODY)
    betas = betas.copy()
    for _ in range(3):
        here = body.height(betas)
        step = np.eye(1, len(betas))[0] * 0.01
        betas[0] += (height_m - here) * 0.01 / (body.height(betas + step) - here)
    return betas


_MIRRORED = [
    JOINTS.index(name.replace("left", "right") if "left" in name else name.replace("right", "left"))
    for name in JOINTS
]


@lru_cache(maxsize=1)
def marker_model() -> MarkerModel:
    """The 44 markers of the Shida set on the open body, in the set's order."""
    return MarkerModel(load_body(OPEN_BODY), list(marker_sites()))


@lru_cache(maxsize=1)
def marker_sites() -> tuple[str, ...]:
    """Site of each label of the Shida set, in its order."""
    site_of = {label: site for site, label in (SHIDA_44.sites | SHIDA_44.further).items()}
    return tuple(site_of[label] for label in SHIDA_44.labels)


def draw_placement(rng: np.random.Generator) -> np.ndarray:
    """Where hands put the markers: offsets (44, 3) metres in the skin's frames, third outwards."""
    offsets = PLACEMENT_SD_M * rng.normal(size=(len(SHIDA_44.labels), 3))
    offsets[:, 2] = MARKER_RADIUS_M + 0.25 * offsets[:, 2]
    return offsets


def nearest_joint(site_index: int) -> int:
    """The joint that carries most of a marker's skin."""
    return int(torch.argmax(marker_model().weights[site_index]))

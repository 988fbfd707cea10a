"""Body of a simulated subject: the embedded open body with a random shape and its 44 markers.

Heights are those of adults; the other shape components are drawn around the mean body. Segment
lengths are distances between joints; foot lengths are measured on the skin. Markers are at the
sites of the Shida set, one marker radius from the skin, with a placement error.
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
# of 1.60-1.83 m for men and 1.49-1.70 m for women; these are in the middle of that range).
HEIGHT_M = {"male": (1.72, 0.07), "female": (1.59, 0.065)}
SHAPE_SD = 0.8  # SD of the other shape components; the open body is defined for an SD of 1
MARKER_RADIUS_M = 0.0095  # Loper et al. 2014: markers are 9.5 mm from the skin
# Placement error along the skin, SD per axis: it differs between examiners and subjects. Some
# markers are misplaced by more (Della Croce 2005, Gait Posture 21:226: 5-20 mm in total; the number
# of these markers is rough).
PLACEMENT_SD_M = (0.004, 0.012)
MISPLACED_MARKERS, MISPLACED_M = 3, (0.020, 0.030)
# Distance from the foot joint to the contact point of the ball in front of it, as a fraction of the
# distance from ankle joint to foot joint (rough).
_BALL_BEFORE_JOINT = 0.10
_SOLE_M = 0.02  # skin up to this height above the floor belongs to the sole


@dataclass(frozen=True, eq=False)
class WalkerBody:
    """Body of one subject, at rest with flat feet.

    Attributes:
        sex: "male" or "female", which determines the distribution of the height.
        betas: (10,) shape components of the open body.
        rest: (24, 3) joints at rest, metres, in the order of `JOINTS`.
        height_m: Height from sole to crown, metres.
        ankle_height_m: Height of the ankle joint above the sole, metres.
        heel_m: Distance from the ankle joint back to the heel's contact point, along the sole.
        ball_m: Distance from the ankle joint forward to the ball's contact point, along the sole.
        toes_m: Distance from the ball's contact point to the tip of the toes, metres.
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
        """(3,) vector from a joint's parent to the joint, at rest, metres.

        Args:
            joint: Name in `JOINTS`.
        """
        index = JOINTS.index(joint)
        return self.rest[index] - self.rest[self.parents[index]]

    @cached_property
    def parents(self) -> list[int]:
        """Parent of each joint, -1 for the pelvis."""
        return load_body(OPEN_BODY).parents

    @property
    def thigh_m(self) -> float:
        """Distance from the hip joint to the knee joint, metres."""
        return float(np.linalg.norm(self.bone("left_knee")))

    @property
    def shank_m(self) -> float:
        """Distance from the knee joint to the ankle joint, metres."""
        return float(np.linalg.norm(self.bone("left_ankle")))

    @property
    def leg_m(self) -> float:
        """Distance from the hip joint to the ankle joint with a straight leg, metres."""
        return self.thigh_m + self.shank_m


def draw_body(rng: np.random.Generator, sex: str | None = None) -> WalkerBody:
    """Draw an adult: sex, height by sex, and other shape components around the mean.

    Args:
        rng: Random generator.
        sex: "male" or "female"; drawn if None.
    """
    drawn = "female" if rng.random() < 0.5 else "male"
    sex = drawn if sex is None else sex
    mean, sd = HEIGHT_M[sex]
    height = float(np.clip(rng.normal(mean, sd), mean - 2 * sd, mean + 2 * sd))
    body = load_body(OPEN_BODY)
    betas = np.zeros(body.components)
    betas[1:] = SHAPE_SD * np.clip(rng.normal(size=body.components - 1), -2, 2)
    return body_of_shape(sex, _with_height(betas, height))


def body_of_shape(sex: str, betas: np.ndarray) -> WalkerBody:
    """Measure the body with these shape components.

    Args:
        sex: "male" or "female".
        betas: (10,) shape components of the open body.
    """
    vertices, rest = (part.numpy() for part in load_body(OPEN_BODY).rest(betas))
    rest = (rest + rest[_MIRRORED] * [-1, 1, 1]) / 2  # exactly symmetric
    ankle, ball = rest[JOINTS.index("left_ankle")], rest[JOINTS.index("left_foot")]
    floor = vertices[:, 1].min()
    near = np.abs(vertices[:, 0] - ankle[0]) < 0.08
    sole = vertices[near & (vertices[:, 1] < floor + _SOLE_M)]
    forwards = (ball - ankle)[2]
    contact = (1 + _BALL_BEFORE_JOINT) * forwards
    return WalkerBody(
        sex=sex,
        betas=np.asarray(betas, dtype=np.float64),
        rest=rest,
        height_m=float(vertices[:, 1].max() - floor),
        ankle_height_m=float(ankle[1] - floor),
        heel_m=float(ankle[2] - sole[:, 2].min()),
        ball_m=float(contact),
        toes_m=float(sole[:, 2].max() - ankle[2] - contact),
    )


def _with_height(betas: np.ndarray, height_m: float) -> np.ndarray:
    """Set the first shape component, in which the height is nearly linear, for a height."""
    body = load_body(OPEN_BODY)
    betas = betas.copy()
    for _ in range(3):
        current = body.height(betas)
        step = np.eye(1, len(betas))[0] * 0.01
        betas[0] += (height_m - current) * 0.01 / (body.height(betas + step) - current)
    return betas


_MIRRORED = [
    JOINTS.index(name.replace("left", "right") if "left" in name else name.replace("right", "left"))
    for name in JOINTS
]


@lru_cache(maxsize=1)
def marker_model() -> MarkerModel:
    """Model of the 44 markers of the Shida set on the open body, in the set's order."""
    return MarkerModel(load_body(OPEN_BODY), list(marker_sites()))


@lru_cache(maxsize=1)
def marker_sites() -> tuple[str, ...]:
    """Anatomical site of each label of the Shida set, in its order."""
    site_of = {label: site for site, label in (SHIDA_44.sites | SHIDA_44.further).items()}
    return tuple(site_of[label] for label in SHIDA_44.labels)


def draw_placement(rng: np.random.Generator, sd_m: float = PLACEMENT_SD_M[0]) -> np.ndarray:
    """Draw the placement of the markers: small errors, and up to three markers misplaced by more.

    Args:
        rng: Random generator.
        sd_m: SD of the error along the skin, per axis, metres.

    Returns:
        (44, 3) offsets in the local frames of the skin, third axis outwards, metres.
    """
    offsets = sd_m * np.clip(rng.normal(size=(len(SHIDA_44.labels), 3)), -2.5, 2.5)
    offsets[:, 2] = MARKER_RADIUS_M + 0.001 * np.clip(rng.normal(size=len(offsets)), -2.5, 2.5)
    misplaced = rng.choice(len(offsets), rng.integers(MISPLACED_MARKERS + 1), replace=False)
    for marker in misplaced:
        angle, size = rng.uniform(0, 2 * np.pi), rng.uniform(*MISPLACED_M)
        offsets[marker, :2] = size * np.cos(angle), size * np.sin(angle)
    return offsets


def nearest_joint(site_index: int) -> int:
    """Index of the joint with the largest skinning weight at a marker.

    At the metatarsals, ankle and foot have equal weights; their orientations are equal too.

    Args:
        site_index: Index of the marker in the Shida set.
    """
    return int(torch.argmax(marker_model().weights[site_index]))

"""The simulated walker's body: segment lengths, and the 44 markers that sit on its segments.

Lengths follow the proportions of Drillis and Contini (1966, as tabulated by Winter, "Biomechanics
and Motor Control of Human Movement", 2009, fig. 4.1) times the body height, with a few percent of
personal variation. Hip joint centres lie where the regression of Harrington et al. (2007) expects
them, a few millimetres of personal variation aside.

Every segment carries a frame: x to the walker's left, y up, z forward (metres). Marker sites that
no proportion table lists, and the posture of the trunk, were set by hand so that the simulated
cohort's mean marker heights and offsets from the pelvis lie within a few centimetres of those of
two walks of the Shida data set (Shida et al. 2023, Front Neurosci 17:992585, CC BY 4.0).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SIDES = ("left", "right")
SEGMENTS = ("pelvis", "thorax") + tuple(
    f"{side}_{part}"
    for side in SIDES
    for part in ("thigh", "shank", "foot", "upper_arm", "forearm")
)

# Body height of adults, men and women: mean and SD in metres (NCD-RisC 2016 gives national means
# of 1.60-1.83 m for men and 1.49-1.70 m for women; these lie in the middle of that range).
STATURE_M = {"male": (1.72, 0.07), "female": (1.59, 0.065)}
# Breadth between the ASIS markers over height: wider in women (rough, after Harrington's cohort).
PELVIS_WIDTH = {"male": 0.138, "female": 0.150}
SHOULDER_WIDTH = {"male": 0.205, "female": 0.197}  # between shoulder joint centres, over height
PROPORTION_SD = 0.02  # personal variation of every length, as a share (rough)
PLACEMENT_SD_M = 0.004  # where a hand puts a marker, each axis (Della Croce 2005: 5-20 mm in all)


@dataclass(frozen=True)
class Body:
    """Lengths of one walker in metres. Offsets are (left, up, forward) in the segment's frame."""

    sex: str
    height_m: float
    thigh_m: float  # hip centre to knee centre
    shank_m: float  # knee centre to ankle centre
    ankle_height_m: float  # ankle centre over the sole
    heel_m: float  # ankle centre to the heel's contact point, backwards along the sole
    ball_m: float  # ankle centre to the ball of the foot, forwards along the sole
    toes_m: float  # ball to tip of the toes
    pelvis_width_m: float  # between the ASIS
    pelvis_depth_m: float  # mid-ASIS to mid-PSIS
    shoulder_width_m: float  # between the shoulder centres
    upper_arm_m: float
    forearm_m: float  # elbow centre to wrist centre
    trunk_m: float  # root joint (at the height of the ASIS) to neck joint, upright

    @property
    def leg_m(self) -> float:
        """Hip centre to ankle centre of a straight leg."""
        return self.thigh_m + self.shank_m

    @property
    def hip_in_pelvis(self) -> np.ndarray:
        """Left hip centre from mid-ASIS (Harrington et al. 2007, equations in millimetres)."""
        width, depth = self.pelvis_width_m, self.pelvis_depth_m
        return np.array([0.33 * width + 0.0073, -0.30 * width - 0.0109, -0.24 * depth - 0.0099])


def draw_body(rng: np.random.Generator) -> Body:
    """Draw an adult: sex by coin, height by sex, lengths by proportion (see the module)."""
    sex = "female" if rng.random() < 0.5 else "male"
    mean, sd = STATURE_M[sex]
    height = float(np.clip(rng.normal(mean, sd), mean - 2 * sd, mean + 2 * sd))

    def length(share: float) -> float:
        return height * share * float(np.clip(1 + PROPORTION_SD * rng.normal(), 0.95, 1.05))

    return Body(
        sex=sex,
        height_m=height,
        thigh_m=length(0.235),  # 0.245 to the trochanter; the joint centre lies lower and deeper
        shank_m=length(0.246),
        ankle_height_m=length(0.046),
        heel_m=length(0.038),
        ball_m=length(0.077),
        toes_m=length(0.036),
        pelvis_width_m=length(PELVIS_WIDTH[sex]),
        pelvis_depth_m=length(0.118),
        shoulder_width_m=length(SHOULDER_WIDTH[sex]),
        upper_arm_m=length(0.160),
        forearm_m=length(0.150),
        trunk_m=length(0.300),
    )


# Marker sites of the left side and the midline, in metres for a body of 1.70 m: (segment, offset
# from the named joint or bony point). The right side mirrors them. See `marker_sites`.
_TRUNK_SITES = {  # from the neck joint, in front of the spine at the height of C7
    "C7": (0.0, 0.020, -0.082),
    "T10": (0.0, -0.215, -0.153),
    "CLAV": (0.0, -0.080, 0.054),
    "STRN": (0.0, -0.218, 0.079),
}
_ACROMION_ABOVE_SHOULDER = (0.0, 0.058, 0.0)  # skin over the acromion, from the shoulder centre
_KNEE_HALF, _ANKLE_HALF, _ELBOW_HALF, _WRIST_HALF = 0.064, 0.043, 0.048, 0.038
_STATURE_OF_SITES_M = 1.70


def marker_sites(body: Body, rng: np.random.Generator) -> dict[str, tuple[str, np.ndarray]]:
    """Where the 44 markers sit on this body, hands' placement errors included.

    Returns:
        label -> (segment, offset): offset (3,) metres (left, up, forward) from the segment's
        origin, which is mid-ASIS for the pelvis, the neck joint for the thorax, and the upper
        joint of every limb segment (the ankle for the foot).
    """
    scale = body.height_m / _STATURE_OF_SITES_M
    sites = {label: ("thorax", scale * np.array(at)) for label, at in _TRUNK_SITES.items()}
    for side, sign in zip(SIDES, (1.0, -1.0), strict=True):
        mirror = np.array([sign, 1.0, 1.0])
        for label, (segment, at) in _side_sites(body, scale).items():
            name = segment if segment in SEGMENTS else f"{side}_{segment}"
            prefix = side[0].upper() + ("" if label in _UNDOTTED else ".")
            sites[prefix + label] = (name, mirror * np.asarray(at))
    return {
        label: (segment, at + PLACEMENT_SD_M * rng.normal(size=3))
        for label, (segment, at) in sites.items()
    }


# Labels with a dot between side and site ("L.Knee"); the others have none ("LSHO").
_UNDOTTED = frozenset({"SHO", "UPA", "EL", "EM", "FRA", "WL", "WM"})


def _side_sites(body: Body, scale: float) -> dict[str, tuple[str, tuple | np.ndarray]]:
    """Left sites by label without its side letter. Lengths of the body itself are not scaled."""
    shoulder = shoulder_in_thorax(body)
    sole, ball = -body.ankle_height_m, body.ball_m
    knee, ankle, elbow, wrist = (
        scale * half for half in (_KNEE_HALF, _ANKLE_HALF, _ELBOW_HALF, _WRIST_HALF)
    )
    elbow_axis = elbow * np.array([0.82, 0.25, 0.51])  # the arm hangs turned inwards
    wrist_axis = wrist * np.array([-0.7, 0.0, 0.7])  # thumb side forward and inwards
    down = np.array([0.0, -1.0, 0.0])
    return {
        "SHO": ("thorax", shoulder + scale * np.array(_ACROMION_ABOVE_SHOULDER)),
        "UPA": ("upper_arm", (0.040 * scale, -0.55 * body.upper_arm_m, 0.0)),
        "EL": ("upper_arm", body.upper_arm_m * down + elbow_axis),
        "EM": ("upper_arm", body.upper_arm_m * down - elbow_axis),
        "FRA": ("forearm", (0.040 * scale, -0.6 * body.forearm_m, 0.0)),
        "WL": ("forearm", body.forearm_m * down + wrist_axis),
        "WM": ("forearm", body.forearm_m * down - wrist_axis),
        "ASIS": ("pelvis", (body.pelvis_width_m / 2, 0.0, 0.0)),
        "PSIS": ("pelvis", (0.041 * scale, 0.0, -body.pelvis_depth_m)),
        "GTR": ("thigh", (0.088 * scale, 0.0, -0.005 * scale)),
        "Knee": ("thigh", (knee, -body.thigh_m, 0.0)),
        "Knee.Medial": ("thigh", (-knee, -body.thigh_m, 0.0)),
        "HF": ("shank", (0.056 * scale, -0.062 * scale, 0.012 * scale)),
        "TT": ("shank", (0.004 * scale, -0.100 * scale, 0.062 * scale)),
        "Ankle": ("shank", (ankle, -body.shank_m, -0.004 * scale)),
        "Ankle.Medial": ("shank", (-ankle, -body.shank_m, 0.004 * scale)),
        "Heel": ("foot", (-0.004 * scale, sole + 0.054 * scale, -body.heel_m - 0.008 * scale)),
        "MT1": ("foot", (-0.042 * scale, sole + 0.041 * scale, ball - 0.004 * scale)),
        "MT2": ("foot", (0.000, sole + 0.042 * scale, ball)),
        "MT5": ("foot", (0.046 * scale, sole + 0.032 * scale, ball - 0.032 * scale)),
    }


# Joints that anatomists do not name lie where HumanML3D's skeleton (SMPL's) has them. The root:
# over mid-hip at the height of the ASIS and a little behind. The spine upright, from the root to
# the neck joint: share of the way, and offset forwards in metres for 1.70 m.
ROOT_BEHIND_HIPS_M = 0.02
SPINE_LEVELS = {
    "spine1": (0.275, -0.040),
    "spine2": (0.575, -0.020),
    "spine3": (0.660, 0.012),
    "neck": (1.0, 0.012),
}


def spine_bones(body: Body) -> dict[str, np.ndarray]:
    """Vector (left, up, forward) in metres from the level below to each level, upright."""
    scale = body.height_m / _STATURE_OF_SITES_M
    bones, before = {}, np.zeros(3)
    for name, (share, forward) in SPINE_LEVELS.items():
        point = np.array([0.0, share * body.trunk_m, scale * forward])
        bones[name], before = point - before, point
    return bones


def shoulder_in_thorax(body: Body) -> np.ndarray:
    """Left shoulder centre (left, up, forward) from the neck joint, metres."""
    scale = body.height_m / _STATURE_OF_SITES_M
    return np.array([body.shoulder_width_m / 2, -0.086 * scale, -0.037 * scale])


def collar_in_thorax(body: Body) -> np.ndarray:
    """Left collar joint (left, up, forward) from the neck joint, metres."""
    scale = body.height_m / _STATURE_OF_SITES_M
    return np.array([0.076, -0.086, -0.015]) * scale


def head_in_skull(body: Body) -> np.ndarray:
    """Head joint (left, up, forward) from the neck joint, metres."""
    scale = body.height_m / _STATURE_OF_SITES_M
    return np.array([0.0, 0.068, 0.070]) * scale

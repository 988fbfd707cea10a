"""Draw simulated subjects with their sessions, and the walks of each session.

A session (ON or OFF medication) has a score and a continuous impairment around it, which overlaps
between scores. Five domains (pace, rhythm, arms, posture, feet) have an impairment of their own
around it. Each setting of the gait is interpolated between three anchor values, one per score, at
the impairment of its domain, plus a random deviation that is the same in both sessions of a
subject. The anchors are rounded values within the ranges of the sources named next to them; no
table is copied. "Rough" marks our own estimate of a plausible range, without
a published source.

Sources: Hollman 2011 (Gait Posture 34:111, norms of older adults); Bohannon and Williams Andrews
2011 (Physiotherapy 97:182, normal walking speed); Morris 1994 (Brain 117:1169) and Morris 1996
(Brain 119:551: short steps at normal or raised cadence in Parkinson's disease); Hausdorff 1998
(Mov Disord 13:428, stride variability); Mirelman 2016 (Mov Disord 31:1527, arm swing) and
Mirelman 2019 (Lancet Neurol 18:697, review of gait in Parkinson's disease); Schlachetzki 2017
(PLoS ONE 12:e0183989, heel strike and toe off angles, foot clearance by disease stage).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..constants_agir import SCORES
from .footsteps import GaitStyle, TrialSetup
from .route import Route
from .walker_body import WalkerBody, draw_body, draw_placement

# SD between subjects with the same score, chosen so that a linear classifier on the true parameters
# of held-out subjects is correct in about three of four walks; there is no published value.
IMPAIRMENT_SD = 0.36
DOMAIN_SD = 0.25  # SD of the impairment of a domain around that of the session (rough)
DOMAINS = ("pace", "rhythm", "arms", "posture", "feet")

# Anchors at impairment 0, 1, 2, and the SD between subjects with equal impairment.
# Step length divided by height: Hollman 2011 about 0.37-0.40 in older adults and more in younger
# ones; Morris 1996 about a third less in moderate Parkinson's disease; shuffling gait down to 0.11.
STEP_SHARE = (0.400, 0.335, 0.225)
STEP_SHARE_CV, LEAST_STEP_SHARE = 0.06, 0.11
# Cadence: Hollman 2011 102-106 /min (men), 108-114 (women); Morris 1994: normal or raised.
CADENCE = (110.0, 108.0, 107.0)
CADENCE_SD, CADENCE_OF_SEX = 6.5, {"male": -3.0, "female": 3.0}
# Arm swing, range of the line from shoulder to wrist: Mirelman 2016, smaller and more asymmetric in
# Parkinson's disease (rough). The measured range is a fifth larger than the setting, because the
# elbow bends with the swing.
ARM_SWING_DEG = (32.0, 21.0, 11.0)
ARM_UNEVEN = (0.06, 0.22, 0.28)  # fraction by which the worse side is below the mean setting
# Pitch of the foot at heel strike: Schlachetzki 2017, smaller in later stages (degrees: rough).
FOOT_STRIKE_DEG = (21.0, 14.5, 6.5)
FOOT_LIFT_M = (0.028, 0.021, 0.013)  # of the lowest point of the foot in swing (rough)
# Line from the hips to the neck: nearly upright in health, flexed in disease (rough).
TRUNK_FLEXION_DEG = (1.5, 4.5, 9.0)
KNEE_FLEXION_DEG = (6.0, 8.0, 12.0)  # smallest in stance: flexed posture (rough)
ELBOW_FLEXION_DEG = (24.0, 29.0, 35.0)  # rough
PELVIS_ROTATION_DEG = (9.0, 7.0, 4.5)  # Perry and Burnfield 2010: 10 in health; less when slow
TRUNK_ROTATION_DEG = (8.0, 5.5, 3.0)  # en bloc gait in disease (rough)
PELVIS_DROP_DEG = (6.5, 5.0, 3.0)  # Perry and Burnfield 2010: about 8 in health
STEP_WIDTH_M = (0.090, 0.092, 0.098)  # Hollman 2011: 0.07-0.10; no agreed change in disease
# CV of stride time: Hollman 2011 about 2 %; Hausdorff 1998 about double in patients (rough).
STEP_TIME_CV_PERCENT = (2.0, 3.2, 5.5)
STEP_LENGTH_CV_PERCENT = (2.5, 4.5, 8.0)  # rough, after Hollman 2011 and Mirelman 2019
UNEVEN_STEPS_PERCENT = (2.0, 5.0, 8.0)  # rough
SWAY_SHARE = (0.40, 0.45, 0.55)  # rough


# Fractions of walks with a turn, of walks with freezing (scores 0, 1, 2), and of sessions with
# festination (scores 0, 1, 2) (rough).
TURNING = 0.02
FREEZING = (0.0, 0.04, 0.15)
FESTINATING = (0.0, 0.03, 0.20)
SESSIONS = ("off", "on")
# (OFF, ON) scores of the 26 subjects, None for a missing score. The counts are those of the Shida
# data set (OFF 6/9/8 and 3 missing, ON 14/6/5 and 1 missing). The pairs are our own; no subject is
# worse ON than OFF.
SCORE_PAIRS = (
    *((0, 0),) * 6, *((1, 0),) * 7, *((1, 1),) * 2, (2, 0), *((2, 1),) * 4, *((2, 2),) * 3,
    *((None, 2),) * 2, (None, None),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Session:
    """One session of a subject.

    Attributes:
        medication: "off" or "on".
        score: 0, 1, 2, or None for a missing score.
        style: Mean settings of the gait in this session.
        placement: (44, 3) marker placement, metres; see `draw_placement`.
        freezing: Probability of freezing of gait in a walk.
        festinates: Whether the walks have festination.
    """

    medication: str
    score: int | None
    style: GaitStyle
    placement: np.ndarray
    freezing: float
    festinates: bool


@dataclass(frozen=True, eq=False)
class Subject:
    """A simulated subject.

    Attributes:
        name: Name as in the Shida data set, such as "SUB01".
        body: Body, the same in all sessions.
        sessions: OFF and ON session.
    """

    name: str
    body: WalkerBody
    sessions: tuple[Session, ...]


def draw_subject(
    name: str, scores: tuple[int | None, int | None], rng: np.random.Generator
) -> Subject:
    """Draw the body, the marker placement and the gait of a subject.

    Args:
        name: Name of the subject.
        scores: Scores of the OFF and the ON session: 0, 1, 2, or None for a session without a
            score, whose impairment is random.
        rng: Random generator.

    Raises:
        ValueError: A score is not 0, 1, 2 or None.
    """
    for score in scores:
        if score is not None and score not in SCORES:
            raise ValueError(f"score is {score!r}, expected one of {SCORES} or None")
    body = draw_body(rng)
    traits, shared = int(rng.integers(2**32)), rng.normal(size=1 + len(DOMAINS))
    sessions = []
    for medication, score in zip(SESSIONS, scores, strict=True):
        severity = rng.uniform(0, 2) if score is None else float(score)
        # most of the deviation from the score is the same in both sessions of a subject
        own = 0.7 * shared + 0.71 * rng.normal(size=len(shared))
        impairment = severity + IMPAIRMENT_SD * float(np.clip(own[0], -2, 2))
        domain = dict(zip(DOMAINS, impairment + DOMAIN_SD * own[1:], strict=True))
        style = _draw_style(body, domain, np.random.default_rng(traits))
        freezing = _interpolate(FREEZING, severity) * float(rng.uniform(0, 2))
        festinates = bool(rng.random() < _interpolate(FESTINATING, severity))
        placement = draw_placement(rng)
        sessions.append(Session(medication, score, style, placement, freezing, festinates))
    return Subject(name, body, tuple(sessions))


def _interpolate(anchors: tuple[float, float, float], impairment: float) -> float:
    """Interpolate linearly between the anchors at 0, 1, 2, and extrapolate to -0.8 and 3."""
    low, middle, high = anchors
    at = [-0.8, 0.0, 1.0, 2.0, 3.0]
    values = [low - 0.8 * (middle - low), low, middle, high, high + (high - middle)]
    return float(np.interp(impairment, at, values))


def _draw_style(body: WalkerBody, domain: dict[str, float], rng: np.random.Generator) -> GaitStyle:
    pace, rhythm, arms, posture, feet = (domain[name] for name in DOMAINS)

    def draw(anchors, impairment: float, sd: float, least: float, most: float = np.inf) -> float:
        return float(np.clip(_interpolate(anchors, impairment) + sd * rng.normal(), least, most))

    def factor(cv: float) -> float:
        return float(np.exp(cv * rng.normal()))

    share = max(_interpolate(STEP_SHARE, pace) * factor(STEP_SHARE_CV), LEAST_STEP_SHARE)
    cadence = draw(CADENCE, rhythm, CADENCE_SD, 85, 130) + CADENCE_OF_SEX[body.sex]
    speed = share * body.height_m * cadence / 60
    # Stance is longer in slower gait: 60 % at 1.3 m/s (Perry and Burnfield 2010); real trials of
    # the Shida cohort with score 2 have 67-72 % at about 0.4-0.5 m/s.
    stance = 60.0 + 9.0 * (1.3 - speed) + 0.5 * rhythm + 0.8 * rng.normal()

    swing = max(_interpolate(ARM_SWING_DEG, arms), 5.0) * factor(0.22)
    uneven = float(np.clip(_interpolate(ARM_UNEVEN, arms) + 0.10 * rng.normal(), 0, 0.7))
    left_is_worse = bool(rng.random() < 0.5)
    steps_uneven = abs(draw(UNEVEN_STEPS_PERCENT, rhythm, 2.0, -np.inf))
    worse, better = swing * (1 - uneven), swing * (1 + 0.3 * uneven)
    return GaitStyle(
        cadence_steps_per_min=cadence,
        step_length_m=share * body.height_m,
        step_width_m=draw(STEP_WIDTH_M, rhythm, 0.022, 0.03, 0.18),
        stance_percent=float(np.clip(stance, 57, 73)),
        foot_strike_deg=draw(FOOT_STRIKE_DEG, 0.6 * feet + 0.4 * pace, 3.0, 0.5, 32),
        toe_off_deg=float(np.clip(36 + 66 * share + 2.5 * rng.normal(), 34, 70)),
        foot_lift_m=draw(FOOT_LIFT_M, feet, 0.004, 0.005, 0.045),
        toe_out_deg=float(np.clip(7 + 4 * rng.normal(), -4, 18)),
        knee_flexion_deg=draw(KNEE_FLEXION_DEG, posture, 2.0, 4.0, 22),
        pelvis_tilt_deg=float(np.clip(3 * rng.normal(), -8, 8)),
        pelvis_rotation_deg=draw(PELVIS_ROTATION_DEG, pace, 1.8, 1.0),
        pelvis_drop_deg=draw(PELVIS_DROP_DEG, pace, 1.2, 0.8),
        trunk_flexion_deg=draw(TRUNK_FLEXION_DEG, posture, 3.0, -4, 24),
        trunk_rotation_deg=draw(TRUNK_ROTATION_DEG, posture, 1.5, 0.8),
        sway_share=draw(SWAY_SHARE, rhythm, 0.08, 0.2, 0.8),
        arm_swing_left_deg=worse if left_is_worse else better,
        arm_swing_right_deg=better if left_is_worse else worse,
        arm_extension_deg=float(np.clip(8 + 3 * rng.normal(), 0, 18)),
        elbow_flexion_deg=draw(ELBOW_FLEXION_DEG, arms, 6.0, 8, 65),
        step_time_cv_percent=max(_interpolate(STEP_TIME_CV_PERCENT, rhythm), 1.0) * factor(0.25),
        step_length_cv_percent=max(_interpolate(STEP_LENGTH_CV_PERCENT, rhythm), 1.2)
        * factor(0.25),
        left_shorter_percent=steps_uneven if left_is_worse else -steps_uneven,
    )


@dataclass(frozen=True)
class WalkPlan:
    """Settings of one recording of a session.

    Attributes:
        style: Settings of the gait in this recording.
        setup: Duration, route and gait disturbances.
    """

    style: GaitStyle
    setup: TrialSetup


def draw_walk(session: Session, rng: np.random.Generator) -> WalkPlan:
    """Draw the settings of one walk: 4.5-7 m in 5-12 s, longer with a turn or freezing.

    Args:
        session: Session of the subject.
        rng: Random generator.
    """
    mean = session.style
    style = replace(
        mean,
        step_length_m=mean.step_length_m * (1 + 0.04 * rng.normal()),
        cadence_steps_per_min=mean.cadence_steps_per_min + 1.8 * rng.normal(),
        stance_percent=mean.stance_percent + 0.3 * rng.normal(),
        foot_strike_deg=max(mean.foot_strike_deg + 1.0 * rng.normal(), 0.5),
        trunk_flexion_deg=mean.trunk_flexion_deg + 0.8 * rng.normal(),
        elbow_flexion_deg=max(mean.elbow_flexion_deg + 1.5 * rng.normal(), 5.0),
        arm_swing_left_deg=mean.arm_swing_left_deg * float(np.exp(0.10 * rng.normal())),
        arm_swing_right_deg=mean.arm_swing_right_deg * float(np.exp(0.10 * rng.normal())),
        festination_percent=float(rng.uniform(3, 7)) if session.festinates else 0.0,
    )
    starts_standing, ends_standing = (bool(chance < 0.5) for chance in rng.random(2))
    step_s = 60 / style.cadence_steps_per_min
    speed = style.step_length_m / step_s
    least_s = max(5.0, 8 * step_s + 1.0 * (starts_standing + ends_standing))
    duration = float(np.clip(rng.uniform(4.5, 7.0) / speed, least_s, 12.0))
    route = Route()
    if rng.random() < TURNING:
        straight = max(0.6 * duration * speed, 6 * style.step_length_m)
        route = Route(straight, rng.choice([-1, 1]) * np.pi, float(rng.uniform(0.35, 0.6)))
        duration = (2 * straight + 2 * route.radius_m * np.pi) / speed + 1.0 * (
            starts_standing + ends_standing
        )
    freeze_s = float(rng.uniform(1.0, 3.0)) if rng.random() < session.freezing else 0.0
    setup = TrialSetup(
        duration_s=round(duration + freeze_s, 2),
        starts_standing=starts_standing,
        ends_standing=ends_standing,
        route=route,
        freeze_at_s=float(rng.uniform(0.3, 0.6)) * duration,
        freeze_s=freeze_s,
        festinates_at_s=0.4 * duration if session.festinates else np.inf,
    )
    return WalkPlan(style, setup)

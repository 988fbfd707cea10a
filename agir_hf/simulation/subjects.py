"""Draw simulated subjects with their sessions, and the walks of each session.

A subject has an age, a sex and a body. A patient has a session OFF and a session ON medication,
each with a score; `severity.py` draws the impairment of each domain of the gait around the score.
A healthy control has the same sessions without impairment, as two visits. `gait_settings.py` draws
the settings of the gait from the norms of age and sex and the impairment. "Rough" marks our own
estimate of a plausible range, without a published source.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..constants_agir import SCORES
from .footsteps import GaitStyle, TrialSetup
from .gait_settings import draw_style
from .route import Route
from .severity import DOMAINS, draw_impairments, draw_phenotype
from .walker_body import PLACEMENT_SD_M, WalkerBody, draw_body, draw_placement

# Age of patients: mean, SD and limits in years (Shida 2023: 44 to 85); limits of controls.
PATIENT_AGE, PATIENT_AGE_LIMITS = (65.0, 10.0), (44.0, 85.0)
CONTROL_AGE_LIMITS = (20.0, 85.0)
# Fractions of walks with a turn, of walks with freezing (scores 0, 1, 2), and of sessions with
# festination (scores 0, 1, 2) (rough).
TURNING = 0.08
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
        impairment: Domain → impairment, see `severity.py`; 0 in health.
    """

    medication: str
    score: int | None
    style: GaitStyle
    placement: np.ndarray
    freezing: float
    festinates: bool
    impairment: dict[str, float]


@dataclass(frozen=True, eq=False)
class Subject:
    """A simulated subject.

    Attributes:
        name: Name as in the Shida data set, such as "SUB01".
        body: Body, the same in all sessions.
        sessions: OFF and ON session.
        age: Age in years.
        phenotype: Key of `PHENOTYPES` of a patient, "healthy" of a control.
    """

    name: str
    body: WalkerBody
    sessions: tuple[Session, ...]
    age: float
    phenotype: str

    @property
    def sex(self) -> str:
        """Sex of the body: "male" or "female"."""
        return self.body.sex


def draw_subject(
    name: str,
    scores: tuple[int | None, int | None],
    rng: np.random.Generator,
    age: float | None = None,
    sex: str | None = None,
) -> Subject:
    """Draw the age, the body, the marker placement and the gait of a patient.

    Args:
        name: Name of the subject.
        scores: Scores of the OFF and the ON session: 0, 1, 2, or None for a session without a
            score, whose impairment is random.
        rng: Random generator.
        age: Age in years, 20 or more; drawn from that of patients if None.
        sex: "male" or "female"; drawn if None.

    Raises:
        ValueError: A score is not 0, 1, 2 or None.
    """
    for score in scores:
        if score is not None and score not in SCORES:
            raise ValueError(f"score is {score!r}, expected one of {SCORES} or None")
    if age is None:
        age = float(np.clip(np.round(rng.normal(*PATIENT_AGE)), *PATIENT_AGE_LIMITS))
    body = draw_body(rng, sex)
    phenotype = draw_phenotype(rng)
    severities = [rng.uniform(0, 2) if score is None else float(score) for score in scores]
    impairments = draw_impairments(severities, phenotype, rng)
    sessions = _sessions(body, age, scores, severities, impairments, rng)
    return Subject(name, body, sessions, age, phenotype)


def draw_control(
    name: str, rng: np.random.Generator, age: float | None = None, sex: str | None = None
) -> Subject:
    """Draw a healthy adult of 20 to 85 years, with two sessions of score 0.

    Args:
        name: Name of the subject.
        rng: Random generator.
        age: Age in years, 20 or more; drawn evenly from 20 to 85 if None.
        sex: "male" or "female"; drawn if None.
    """
    if age is None:
        age = float(np.round(rng.uniform(*CONTROL_AGE_LIMITS)))
    body = draw_body(rng, sex)
    healthy = dict.fromkeys(DOMAINS, 0.0)
    sessions = _sessions(body, age, (0, 0), [0.0, 0.0], [healthy, healthy], rng)
    return Subject(name, body, sessions, age, "healthy")


def _sessions(body, age, scores, severities, impairments, rng) -> tuple[Session, ...]:
    traits, sd_m = int(rng.integers(2**32)), float(rng.uniform(*PLACEMENT_SD_M))
    sessions = []
    for medication, score, severity, impairment in zip(
        SESSIONS, scores, severities, impairments, strict=True
    ):
        style = draw_style(body, age, impairment, np.random.default_rng(traits))
        freezing = _interpolate(FREEZING, severity) * float(rng.uniform(0, 2))
        festinates = bool(rng.random() < _interpolate(FESTINATING, severity))
        placement = draw_placement(rng, sd_m)
        sessions.append(
            Session(medication, score, style, placement, freezing, festinates, impairment)
        )
    return tuple(sessions)


def _interpolate(shares: tuple[float, float, float], severity: float) -> float:
    """Interpolate linearly between the shares of scores 0, 1 and 2."""
    return float(np.interp(severity, (0.0, 1.0, 2.0), shares))


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
        step_length_m=min(
            mean.step_length_m * (1 + 0.03 * rng.normal()), 0.98 * mean.longest_step_m
        ),
        cadence_steps_per_min=mean.cadence_steps_per_min + 1.8 * rng.normal(),
        stance_percent=mean.stance_percent + 0.3 * rng.normal(),
        foot_strike_deg=max(mean.foot_strike_deg + 1.0 * rng.normal(), 0.0),
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
        radius_m = float(rng.uniform(0.26, 0.42)) * min((4.5 / style.turn_steps) ** 0.5, 1.0)
        route = Route(straight, rng.choice([-1, 1]) * np.pi, radius_m)
        duration = 2 * straight / speed + (style.turn_steps + 1) * step_s
        duration += 1.0 * (starts_standing + ends_standing)
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

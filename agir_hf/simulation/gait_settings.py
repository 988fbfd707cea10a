"""Settings of the gait of one person: the norm of age and sex, personal variation, impairment.

Speed, cadence, step length and the parameters that change with speed follow the norms of
`agir_hf.gait.norms`, so that simulated healthy people of every age have normal parameters. Each
setting has four anchors, for an impairment of 0, 1, 2 and 3 of its domain (`severity.py`): factors
of the norm, values, or differences. Between them it is interpolated linearly. Anchors are rounded
values within the ranges of the sources named next to them; no table is copied. "Rough" marks our
own estimate of a plausible value, without a published source. Deviations between persons have about
the standard deviation of the norm.

Sources: Morris 1994 (Brain 117:1169) and Morris 1996 (Brain 119:551: short steps at normal or
raised cadence in Parkinson's disease); Hausdorff 1998 (Mov Disord 13:428, stride variability);
Mirelman 2016 (Mov Disord 31:1527, arm swing) and Mirelman 2019 (Lancet Neurol 18:697, review of
gait in Parkinson's disease); Killeen 2018 (Sci Rep 8:12803, arm swing asymmetry); Schlachetzki 2017
(PLoS ONE 12:e0183989, heel strike and toe off angles, foot clearance by disease stage); van Emmerik
1999 (Mov Disord 14:584, trunk and pelvis in phase in Parkinson's disease).
"""

from __future__ import annotations

import numpy as np

from ..gait.norms import reference
from .footsteps import GaitStyle
from .walker_body import HEIGHT_M, WalkerBody

_AT = (-1.0, 0.0, 1.0, 2.0, 3.0, 3.5)
_BETTER = 0.5  # slope of the anchors below 0: less impaired than normal is hardly possible
_Anchors = tuple[float, float, float, float]

# Step length as a factor of the norm: Morris 1996 about a third less in moderate Parkinson's
# disease; shuffling steps of 0.08 m occur.
STEP_FACTOR: _Anchors = (1.0, 0.83, 0.55, 0.20)
LEAST_STEP_M, MOST_STEP_SHARE = 0.075, 0.44  # the largest as a share of the height
LONGEST_STEP_SHARE = 0.452  # of a single step; longer ones are out of reach of the legs
# Cadence, per unit of impairment: normal or raised (Morris 1994), with large differences between
# patients (rough).
HASTE, HASTE_SD, LIMITS_OF_CADENCE = 0.5, 5.5, (78.0, 142.0)
# Range of the line from shoulder to wrist: Mirelman 2016, smaller and more asymmetric in
# Parkinson's disease; none in severe cases (rough).
ARM_SWING_FACTOR: _Anchors = (1.0, 0.66, 0.32, 0.04)
# Difference between the arms divided by their mean: Killeen 2018 in health, larger with the
# asymmetry of the disease (factors: rough).
ARM_ASYMMETRY_FACTOR: _Anchors = (1.0, 1.4, 1.9, 2.4)
FOOT_STRIKE_DEG: _Anchors = (19.0, 13.5, 6.0, 0.0)  # Schlachetzki 2017: smaller in later stages
FOOT_LIFT_M: _Anchors = (0.018, 0.0145, 0.008, 0.001)  # of the lowest point in swing (rough)
TRUNK_FLEXION_DEG: _Anchors = (2.5, 5.0, 10.5, 21.0)  # flexed posture (rough)
KNEE_FLEXION_DEG: _Anchors = (4.6, 6.5, 11.0, 18.0)  # smallest in stance: flexed posture (rough)
ELBOW_FLEXION_DEG: _Anchors = (24.0, 30.0, 40.0, 55.0)  # rough
PELVIS_ROTATION_DEG: _Anchors = (9.0, 7.0, 4.5, 2.0)  # Perry and Burnfield 2010: 10 in health
TRUNK_ROTATION_DEG: _Anchors = (8.0, 5.5, 3.5, 1.5)  # en bloc gait in disease (rough)
PELVIS_DROP_DEG: _Anchors = (6.5, 5.0, 3.0, 1.5)  # Perry and Burnfield 2010: about 8 in health
# Phase between trunk and pelvis: in phase in Parkinson's disease (van Emmerik 1999; degrees rough).
TRUNK_PHASE_DEG: _Anchors = (0.0, -5.0, -15.0, -25.0)
# Of the step time: the stride time varies by about four fifths of it. Hausdorff 1998: about double
# in patients (rough). Of the step length: Mirelman 2019 (rough); it grows when steps get short.
STEP_TIME_CV_PERCENT: _Anchors = (2.5, 3.2, 5.2, 9.0)
STEP_LENGTH_CV_PERCENT: _Anchors = (4.4, 4.8, 7.5, 13.0)
UNEVEN_STEPS_PERCENT: _Anchors = (2.6, 4.5, 9.0, 18.0)  # of step lengths (rough)
UNEVEN_TIMES_PERCENT: _Anchors = (2.4, 3.2, 5.5, 11.0)  # of step times (rough)
# Wide or narrow base, in addition to the norm, times a personal factor with a mean of 0.4 (rough).
BASE_M: _Anchors = (0.0, 0.008, 0.025, 0.050)
SWAY_FACTOR: _Anchors = (1.0, 1.0, 1.05, 1.2)  # rough
# Stance in addition to the norm of the speed: real trials of the Shida cohort with score 2 have 67
# to 72 % at 0.4 m/s, where the norm is 64 %.
STANCE_PERCENT: _Anchors = (0.0, 0.8, 2.4, 6.0)
# Steps and seconds of a half turn: Front Neurol 2020 11:893 in health; turns en bloc need many
# steps (rough).
TURN_STEPS: _Anchors = (3.8, 4.6, 7.0, 12.0)


def interpolate(anchors: _Anchors, impairment: float) -> float:
    """Interpolate linearly between the anchors of impairments 0, 1, 2 and 3.

    Below 0 the slope is half of that between 0 and 1, above 3 that between 2 and 3.

    Args:
        anchors: Values at impairments of 0, 1, 2 and 3.
        impairment: Impairment of the domain, -1 to 3.5.
    """
    least = anchors[0] - _BETTER * (anchors[1] - anchors[0])
    values = (least, *anchors, anchors[3] + 0.5 * (anchors[3] - anchors[2]))
    return float(np.interp(impairment, _AT, values))


class _Traits:
    """Personal deviations of a subject, drawn in a fixed order, the same in all sessions."""

    def __init__(self, rng: np.random.Generator):
        self.rng = rng

    def normal(self, limit: float = 2.5) -> float:
        return float(np.clip(self.rng.normal(), -limit, limit))

    def factor(self, cv: float) -> float:
        return float(np.exp(cv * self.normal() - cv**2 / 2))


def draw_style(
    body: WalkerBody, age: float, impairment: dict[str, float], rng: np.random.Generator
) -> GaitStyle:
    """Draw the settings of the gait of a person.

    Args:
        body: Body of the person, with the sex.
        age: Age in years, 20 or more.
        impairment: Domain → impairment, see `severity.py`; 0 in health.
        rng: Random generator of the personal deviations. The same seed gives the same person with
            another impairment.
    """
    traits = _Traits(rng)
    pace = _pace(body, age, impairment, traits)
    return GaitStyle(
        **pace,
        **_phases(body, pace, impairment, traits),
        **_feet(pace["step_length_m"] / body.height_m, impairment, traits),
        **_trunk(impairment, traits),
        **_arms(impairment, traits),
        **_variability(body, age, pace["step_length_m"], impairment, traits),
        longest_step_m=LONGEST_STEP_SHARE * body.height_m,
    )


def _pace(body: WalkerBody, age: float, impairment, traits: _Traits) -> dict[str, float]:
    """Cadence and step length: taller people make longer and fewer steps."""
    tall = body.height_m / HEIGHT_M[body.sex][0]
    cadence = reference("cadence_steps_per_min", age, body.sex)
    step = reference("step_length_m", age, body.sex)
    usual = cadence.mean * tall**-0.5 + 0.95 * cadence.sd * traits.normal()
    hastened = (HASTE + HASTE_SD * traits.normal()) * max(impairment["pace"], 0.0)
    length = step.mean * tall**0.8 * traits.factor(0.9 * step.sd / step.mean)
    length *= interpolate(STEP_FACTOR, impairment["pace"])
    most = MOST_STEP_SHARE * body.height_m
    return {
        "cadence_steps_per_min": float(np.clip(usual + hastened, *LIMITS_OF_CADENCE)),
        "step_length_m": float(np.clip(length, LEAST_STEP_M, most)),
    }


def _phases(body: WalkerBody, pace, impairment, traits: _Traits) -> dict[str, float]:
    """Step width, stance, sway and the phase of the trunk, which follow the speed."""
    speed = pace["step_length_m"] * pace["cadence_steps_per_min"] / 60
    balance = impairment["balance"]
    width = reference("step_width_m", None, body.sex)
    base = interpolate(BASE_M, balance) * (0.4 + traits.normal())
    width_m = float(np.clip(width.mean + 0.9 * width.sd * traits.normal() + base, 0.015, 0.24))
    stance = reference("stance_percent", speed_m_per_s=speed)
    percent = stance.mean + 0.5 * stance.sd * traits.normal()
    longer = interpolate(STANCE_PERCENT, 0.6 * impairment["pace"] + 0.4 * balance)
    percent += longer * traits.factor(0.4)
    sway = reference("pelvic_sway_m", speed_m_per_s=speed)
    sway_m = sway.mean * traits.factor(0.25) * interpolate(SWAY_FACTOR, balance)
    phase = reference("shoulder_hip_phase_deg", speed_m_per_s=speed)
    degrees = phase.mean + 0.9 * phase.sd * traits.normal()
    degrees += interpolate(TRUNK_PHASE_DEG, impairment["posture"])
    return {
        "step_width_m": width_m,
        "stance_percent": float(np.clip(percent, 56.0, 76.0)),
        "sway_share": float(np.clip(sway_m / width_m, 0.15, 1.2)),
        "trunk_phase_deg": float(np.clip(degrees, 10.0, 172.0)),
    }


def _feet(step_share: float, impairment, traits: _Traits) -> dict[str, float]:
    feet, pace = impairment["feet"], impairment["pace"]
    strike = interpolate(FOOT_STRIKE_DEG, 0.7 * feet + 0.3 * pace) + 4.5 * traits.normal()
    lift = interpolate(FOOT_LIFT_M, feet) + 0.005 * traits.normal()
    # the heel rises less in short steps
    toe_off = 22.0 + 84.0 * step_share + 60.0 * max(step_share - 0.41, 0.0)
    toe_off += 4.0 * traits.normal() - 2.0 * max(feet, 0.0)
    toe_off = max(toe_off, 130.0 * step_share - 2.5)  # otherwise the trailing leg is too short
    return {
        "foot_strike_deg": float(np.clip(strike, 0.0, 32.0)),
        "foot_lift_m": float(np.clip(lift, 0.001, 0.045)),
        "toe_off_deg": float(np.clip(toe_off, 12.0, 70.0)),
        "toe_out_deg": 7.0 + 5.0 * traits.normal(),
    }


def _trunk(impairment, traits: _Traits) -> dict[str, float]:
    pace, posture = impairment["pace"], impairment["posture"]

    def at_least(anchors: _Anchors, domain: float, sd: float, least: float) -> float:
        return max(interpolate(anchors, domain) + sd * traits.normal(), least)

    flexion = interpolate(TRUNK_FLEXION_DEG, posture) + 2.9 * traits.normal()
    return {
        "knee_flexion_deg": float(min(at_least(KNEE_FLEXION_DEG, posture, 1.5, 4.0), 25.0)),
        "pelvis_tilt_deg": 4.0 * traits.normal(),
        "pelvis_rotation_deg": at_least(PELVIS_ROTATION_DEG, pace, 1.8, 1.0),
        "pelvis_drop_deg": at_least(PELVIS_DROP_DEG, pace, 1.2, 0.8),
        "trunk_flexion_deg": float(np.clip(flexion, -6.0, 32.0)),
        "trunk_rotation_deg": at_least(TRUNK_ROTATION_DEG, posture, 1.5, 1.0),
        "trunk_lean_deg": 1.2 * traits.normal(),
        "head_flexion_deg": 6.0 * traits.normal(),
    }


def _arms(impairment, traits: _Traits) -> dict[str, float]:
    arms = impairment["arms"]
    norm = reference("arm_swing_left_deg")
    uneven = reference("arm_swing_asymmetry_percent")
    mean = norm.mean * interpolate(ARM_SWING_FACTOR, arms) * traits.factor(0.13)
    # skewed, with the mean and about the SD of the norm
    share = uneven.mean / 100 * traits.factor(0.62)
    share *= interpolate(ARM_ASYMMETRY_FACTOR, 0.5 * impairment["symmetry"] + 0.3 * arms)
    half = min(share, 1.95) / 2 * (1 if traits.rng.random() < 0.5 else -1)
    elbow = interpolate(ELBOW_FLEXION_DEG, 0.6 * impairment["posture"] + 0.4 * arms)
    return {
        "arm_swing_left_deg": max(mean * (1 - half), 0.3),
        "arm_swing_right_deg": max(mean * (1 + half), 0.3),
        "arm_extension_deg": float(np.clip(8 + 4 * traits.normal(), -4, 20)),
        "arm_abduction_deg": float(np.clip(8 + 3 * traits.normal(), 1, 18)),
        "elbow_flexion_deg": float(np.clip(elbow + 8 * traits.normal(), 8, 85)),
    }


def _variability(body, age, step_length_m: float, impairment, traits: _Traits) -> dict[str, float]:
    rhythm, symmetry = impairment["rhythm"], impairment["symmetry"]
    usual = reference("step_length_m", age, body.sex).mean
    short = max(usual / step_length_m, 1.0) ** 0.4
    left_is_shorter = 1 if traits.rng.random() < 0.5 else -1
    left_is_quicker = left_is_shorter * (1 if traits.rng.random() < 0.7 else -1)
    lengths = interpolate(UNEVEN_STEPS_PERCENT, symmetry) * abs(traits.rng.normal()) / 0.8
    times = interpolate(UNEVEN_TIMES_PERCENT, symmetry) * abs(traits.rng.normal()) / 0.8
    return {
        "step_time_cv_percent": interpolate(STEP_TIME_CV_PERCENT, rhythm) * traits.factor(0.2),
        "step_length_cv_percent": min(
            interpolate(STEP_LENGTH_CV_PERCENT, rhythm) * short * traits.factor(0.35), 45.0
        ),
        "left_shorter_percent": left_is_shorter * float(min(lengths, 45.0)),
        "left_quicker_percent": left_is_quicker * float(min(times, 35.0)),
        "turn_steps": interpolate(TURN_STEPS, impairment["balance"]) * traits.factor(0.13),
    }

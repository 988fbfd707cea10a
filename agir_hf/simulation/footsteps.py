"""Settings and footfalls of a simulated walk; `foot_path.py` has the paths of the feet.

Coordinates: see `route.py`; metres and seconds. "Rough" marks our own estimate of a
plausible value, without a published source.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .route import Route

FIRST_STEP_SHARE = 0.75  # length of the first step, as a fraction of later steps (rough)
MOST_TURN_SHARE = 0.85  # longest steps in a turn, as a fraction of straight steps (rough)
_STEPS_AROUND_TURN = 2.3
_TURN_BEFORE_M = 0.15  # distance before the arc at which steps become shorter
_STEPS_BEFORE = 4  # steps before the first frame, where the recording begins within the walk
# Festination: lower limits of step length and step time, as fractions of the usual values (rough).
_LEAST_SIZE, _LEAST_TIME = 0.40, 0.75


@dataclass(frozen=True)
class GaitStyle:
    """Settings of a gait; `ground_truth.py` computes the true parameters of a walk.

    Ranges (arm swing, rotations) are peak to peak.

    Attributes:
        cadence_steps_per_min: Steps per minute.
        step_length_m: Mean step length, metres.
        step_width_m: Mean step width, metres.
        stance_percent: Duration of stance, percent of the gait cycle.
        foot_strike_deg: Pitch of the sole at heel strike in degrees, positive with the toes up.
        toe_off_deg: Pitch of the sole at toe off in degrees, positive with the heel up.
        foot_lift_m: Largest height of the lowest point of the foot in swing, metres.
        toe_out_deg: Foot progression angle in degrees, positive outwards.
        knee_flexion_deg: Smallest knee flexion in stance, degrees.
        pelvis_tilt_deg: Forward tilt of the pelvis relative to the body at rest, degrees.
        pelvis_rotation_deg: Range of the pelvis about the vertical axis, degrees.
        pelvis_drop_deg: Range of the pelvis in the frontal plane, degrees.
        trunk_flexion_deg: Mean forward lean of the trunk, degrees.
        trunk_rotation_deg: Range of the thorax about the vertical axis, degrees.
        sway_share: Lateral shift of the pelvis towards the stance foot, as a fraction of half the
            step width.
        arm_swing_left_deg: Range of the left arm, degrees.
        arm_swing_right_deg: Range of the right arm, degrees.
        arm_extension_deg: Mean backward angle of the upper arm from the vertical, degrees.
        elbow_flexion_deg: Mean elbow flexion, degrees.
        step_time_cv_percent: Coefficient of variation of the step time.
        step_length_cv_percent: Coefficient of variation of the step length.
        left_shorter_percent: Right minus left step length, percent of their mean; negative if right
            steps are shorter.
        festination_percent: Decrease of the length of each step relative to the step before, after
            festination begins.
        left_quicker_percent: Right minus left step time, percent of their mean; negative if right
            steps are quicker.
        turn_steps: Steps in a turn of 180 degrees.
        trunk_phase_deg: Phase by which the rotation of the thorax lags behind that of the pelvis,
            degrees; 180 is antiphase.
        trunk_lean_deg: Mean lean of the trunk to the left, degrees.
        head_flexion_deg: Forward flexion of the head relative to its usual posture, degrees.
        arm_abduction_deg: Mean angle of the upper arms away from the trunk, degrees.
        longest_step_m: Limit of the variation of the step length, metres.
    """

    cadence_steps_per_min: float
    step_length_m: float
    step_width_m: float
    stance_percent: float
    foot_strike_deg: float
    toe_off_deg: float
    foot_lift_m: float
    toe_out_deg: float
    knee_flexion_deg: float
    pelvis_tilt_deg: float
    pelvis_rotation_deg: float
    pelvis_drop_deg: float
    trunk_flexion_deg: float
    trunk_rotation_deg: float
    sway_share: float
    arm_swing_left_deg: float
    arm_swing_right_deg: float
    arm_extension_deg: float
    elbow_flexion_deg: float
    step_time_cv_percent: float
    step_length_cv_percent: float
    left_shorter_percent: float
    festination_percent: float = 0.0
    left_quicker_percent: float = 0.0
    turn_steps: float = 3.8
    trunk_phase_deg: float = 105.0
    trunk_lean_deg: float = 0.0
    head_flexion_deg: float = 0.0
    arm_abduction_deg: float = 8.0
    longest_step_m: float = np.inf


@dataclass(frozen=True)
class TrialSetup:
    """Duration, route and gait disturbances of one recording.

    Attributes:
        duration_s: Duration of the recording, seconds.
        starts_standing: Whether the recording begins with the subject standing; otherwise it
            begins within the walk.
        ends_standing: Whether the recording ends with the subject standing.
        route: Route over the floor.
        freeze_at_s: Earliest time of the freezing of gait, seconds.
        freeze_s: Duration of the freezing, seconds; 0 for none.
        festinates_at_s: Time at which festination begins, seconds; infinite for none.
    """

    duration_s: float
    starts_standing: bool = False
    ends_standing: bool = False
    route: Route = field(default_factory=Route)
    freeze_at_s: float = np.inf
    freeze_s: float = 0.0
    festinates_at_s: float = np.inf


@dataclass(frozen=True, eq=False)
class Footfalls:
    """Footfalls in order of time; the first two are the feet before the first step.

    Attributes:
        left: (N,) bool, whether it is the left foot.
        heel_strike_s: (N,) heel strike, seconds from the first frame of the recording; -inf for the
            first two.
        toe_off_s: (N,) toe off of the swing before that heel strike; -inf for the first two.
        distance_m: (N,) distance of the heel's contact point along the route, metres.
        lateral_m: (N,) offset of the heel's contact point to the left of the route, metres.
        heading: (N,) heading of the route at the footfall, radians.
        heel_xz_m: (N, 2) contact point of the heel, x and z, metres.
        size: (N,) length of the step, relative to the step length of the style.
        freezes: Start and end of each freezing of gait, seconds.
        route: Route over the floor.
    """

    left: np.ndarray
    heel_strike_s: np.ndarray
    toe_off_s: np.ndarray
    distance_m: np.ndarray
    lateral_m: np.ndarray
    heading: np.ndarray
    heel_xz_m: np.ndarray
    size: np.ndarray
    freezes: tuple[tuple[float, float], ...]
    route: Route


def plan_footfalls(style: GaitStyle, setup: TrialSetup, rng: np.random.Generator) -> Footfalls:
    """Draw the footfalls of a walk.

    Args:
        style: Settings of the gait.
        setup: Duration, route and gait disturbances.
        rng: Random generator.
    """
    step_s, stance = 60.0 / style.cadence_steps_per_min, style.stance_percent / 100
    swing_s = 2 * (1 - stance) * step_s
    first_s = rng.uniform(0.25, 0.8) + swing_s if setup.starts_standing else -_STEPS_BEFORE * step_s
    last_s = setup.duration_s - rng.uniform(0.4, 1.0)
    last_s = last_s if setup.ends_standing else setup.duration_s + 3 * step_s
    size, times, pauses = _steps(style, setup, first_s, last_s, rng)
    left = np.arange(len(size) + 2) % 2 == int(rng.integers(2))
    sign = np.where(left[2:], -0.5, 0.5)
    size = size * (1 + sign * style.left_shorter_percent / 100)
    size = np.minimum(size, max(style.longest_step_m / style.step_length_m, 1.0))
    times = times * (1 + sign * style.left_quicker_percent / 100)
    size[0] *= FIRST_STEP_SHARE
    size[-2] *= 0.8
    size[-1] = 0.0  # the last step puts the foot next to the other foot
    strike = first_s + np.concatenate([[0.0], np.cumsum((times + pauses)[1:])])
    toe_off = strike - swing_s
    toe_off[1:] = strike[:-1] + (2 * stance - 1) * times[1:] + pauses[1:]

    distance = np.concatenate([[0.0, 0.0], np.cumsum(size * style.step_length_m)])
    lateral = np.where(left, 0.5, -0.5) * style.step_width_m
    lateral[2:] += 0.12 * style.step_width_m * rng.normal(size=len(size))
    before = np.full(2, -np.inf)
    frozen = np.flatnonzero(pauses[1:] > 0)
    return Footfalls(
        left=left,
        heel_strike_s=np.concatenate([before, strike]),
        toe_off_s=np.concatenate([before, toe_off]),
        distance_m=distance,
        lateral_m=lateral,
        heading=setup.route.heading(distance),
        heel_xz_m=setup.route.point(distance, lateral),
        size=np.concatenate([[0.0, 0.0], size]),
        freezes=tuple((float(strike[i]), float(toe_off[i + 1])) for i in frozen),
        route=setup.route,
    )


def _steps(style: GaitStyle, setup: TrialSetup, first_s: float, last_s: float, rng):
    """Relative size, time and preceding pause of each step, three arrays (N,)."""
    step_s = 60.0 / style.cadence_steps_per_min
    max_steps = int((last_s - first_s) / step_s * 1.6) + 8
    time_factors = _random_factors(max_steps, style.step_time_cv_percent, rng)
    size_factors = _random_factors(max_steps, style.step_length_cv_percent, rng)
    begin, end = setup.route.arc_m
    turn_share = _turn_share(style, setup.route)
    sizes, times, pauses = [], [], []
    at_s, distance, festination, has_frozen = first_s, 0.0, 1.0, False
    while len(sizes) < max_steps and (at_s <= last_s or len(sizes) < 4):
        turning = begin - _TURN_BEFORE_M < distance < end
        if at_s > setup.festinates_at_s and not turning:
            festination *= 1 - style.festination_percent / 100
        size = size_factors[len(sizes)] * (turn_share if turning else 1.0)
        sizes.append(size * max(festination, _LEAST_SIZE))
        times.append(step_s * time_factors[len(times)] * max(festination**0.4, _LEAST_TIME))
        freezes = setup.freeze_s > 0 and not has_frozen and at_s > max(setup.freeze_at_s, 0.0)
        has_frozen = has_frozen or freezes
        pauses.append(setup.freeze_s if freezes else 0.0)
        at_s += times[-1] + pauses[-1]
        distance += sizes[-1] * style.step_length_m
    return np.array(sizes), np.array(times), np.array(pauses)


def _turn_share(style: GaitStyle, route: Route) -> float:
    """Length of the steps in a turn, as a fraction of straight steps."""
    if not route.turn_rad:
        return 1.0
    # the body turns for longer than the feet: about 2.3 steps of a turn are outside the arc
    steps = max(style.turn_steps - _STEPS_AROUND_TURN, 1.0) * abs(route.turn_rad) / np.pi
    arc_m = abs(route.turn_rad) * route.radius_m
    return min(arc_m / (steps * style.step_length_m), MOST_TURN_SHARE)


def _random_factors(count: int, cv_percent: float, rng: np.random.Generator) -> np.ndarray:
    """Draw factors around 1 as an AR(1) process (coefficient 0.3), clipped at 2.5 SD and 0.25."""
    noise = rng.normal(size=count)
    for i in range(1, count):
        noise[i] = 0.3 * noise[i - 1] + 0.954 * noise[i]
    return np.maximum(1 + cv_percent / 100 * np.clip(noise, -2.5, 2.5), 0.25)

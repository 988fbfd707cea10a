"""Reference values of healthy older adults with their sources, and z-scores against them.

A reference is "published" if its mean is in the cited source. It is "rough" if the mean or the
standard deviation was set by hand within the range that the source reports: a z-score against it
shows the size of a deviation, not its percentile. Parameters without a comparable published
definition have no reference.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

SEXES = ("male", "female")
YOUNGEST, OLDEST = 60.0, 110.0
_DEFAULT_AGE = 70.0


@dataclass(frozen=True)
class Reference:
    """Mean and standard deviation of a parameter in healthy older adults.

    Attributes:
        mean: Mean, in the parameter's unit.
        sd: Standard deviation, in the parameter's unit.
        source: Publication.
        standing: "published" if the mean is in the source, "rough" if it was set by hand.
    """

    mean: float
    sd: float
    source: str
    standing: str

    def z(self, value: float) -> float:
        """Return the z-score of a value: standard deviations above the mean.

        Args:
            value: Value in the parameter's unit.
        """
        return (value - self.mean) / self.sd


_BOHANNON = "Bohannon and Williams Andrews 2011, Physiotherapy 97:182 (mean; SD rough)"
_HOLLMAN = "Hollman, McDade and Petersen 2011, Gait Posture 34:111"
# Youngest age of the group in years, mean speed of men and of women in m/s.
_SPEED = ((60, 1.34, 1.24), (70, 1.26, 1.13), (80, 0.97, 0.94))
_SPEED_SD = 0.20
_CADENCE = {"male": 104.0, "female": 111.0}  # middle of the ranges 102-106 and 108-114
_CADENCE_SD = 9.0
# Parameters with one norm for all ages and both sexes: mean, SD, source. At least the SD is rough.
_SAME_FOR_ALL = {
    "speed_cv_percent": (4.5, 1.5, _HOLLMAN),
    "stride_time_cv_percent": (2.2, 0.8, _HOLLMAN),
    "step_time_cv_percent": (3.5, 1.2, _HOLLMAN),
    "step_length_cv_percent": (4.0, 1.5, _HOLLMAN),
    "step_width_m": (0.090, 0.030, _HOLLMAN),
    "stance_percent": (63.0, 1.8, _HOLLMAN),
    "swing_percent": (37.0, 1.8, _HOLLMAN),
    "double_support_percent": (26.0, 3.5, _HOLLMAN),
    "toe_clearance_m": (
        0.028,
        0.006,
        "set by hand for the marker on the ball of the foot; the tip of the toe clears the floor "
        "by about 0.013 m (Winter 1992, Phys Ther 72:45)",
    ),
    "foot_strike_angle_deg": (21.0, 5.0, "Schlachetzki et al. 2017, PLoS ONE 12:e0183989"),
    "arm_swing_left_deg": (40.0, 11.0, "Mirelman et al. 2016, Mov Disord 31:1527"),
    "arm_swing_right_deg": (40.0, 11.0, "Mirelman et al. 2016, Mov Disord 31:1527"),
    "arm_swing_asymmetry_percent": (14.0, 10.0, "Mirelman et al. 2016, Mov Disord 31:1527"),
    "trunk_flexion_deg": (1.0, 3.0, "set by hand: upright, hips to neck"),
    "hip_range_deg": (40.0, 5.0, "Winter 2009"),
    "knee_range_deg": (58.0, 6.0, "Winter 2009"),
    "ankle_range_deg": (27.0, 5.0, "Winter 2009"),
    "pelvic_sway_m": (0.040, 0.012, "Zijlstra and Hof 2003, Gait Posture 18:1"),
    "step_time_asymmetry_percent": (2.5, 2.0, "Yogev et al. 2007, Exp Brain Res 177:336"),
    "step_length_asymmetry_percent": (3.0, 2.5, "Yogev et al. 2007, Exp Brain Res 177:336"),
}


def reference(name: str, age: float | None = None, sex: str | None = None) -> Reference | None:
    """Look up the norm of a gait parameter in healthy older adults.

    Speed, step length and stride length depend on age and sex, cadence, step time and stride time
    on sex; the other norms are the same for all. Norms marked "rough" were set by hand within the
    range of their source.

    Args:
        name (`str`):
            Name of a parameter of `agir_hf.gait.PARAMETERS`, such as "speed_m_per_s".
        age (`float`, *optional*):
            Age in years, 60 to 110. Default: 70.
        sex (`str`, *optional*):
            "male" or "female". Default: the mean of both.

    Returns:
        [`Reference`] or `None`: `mean` and `sd` in the parameter's unit, `source`, `standing`, and
        the method `z(value)`. None for a parameter without a comparable published norm.

    Raises:
        ValueError: The sex is neither of the two, or the age is not within 60 to 110 years.

    Example:
        ```python
        >>> from agir_hf.gait import reference
        >>> norm = reference("speed_m_per_s", age=75, sex="female")
        >>> norm.mean, norm.sd, norm.standing
        (1.13, 0.2, 'published')
        >>> round(norm.z(0.83), 2)
        -1.5

        ```
    """
    if sex not in (None, *SEXES):
        raise ValueError(
            f"sex is {sex!r}, expected one of {', '.join(SEXES)}: leave it out if it is not known"
        )
    age = _DEFAULT_AGE if age is None else float(age)
    if not YOUNGEST <= age <= OLDEST:
        raise ValueError(
            f"age is {age:g}, expected {YOUNGEST:g} to {OLDEST:g} years, because the norms are of "
            "older adults: leave it out to use the norms for 70 years"
        )
    if name in _SAME_FOR_ALL:
        return Reference(*_SAME_FOR_ALL[name], "rough")
    norms = _norms_of_pace(age, SEXES if sex is None else (sex,))
    return Reference(*norms[name]) if name in norms else None


def _norms_of_pace(age: float, sexes: tuple[str, ...]) -> dict[str, tuple]:
    """Norms that depend on age or sex: speed, cadence, times and lengths of steps and strides."""
    speed = sum(_speed(age, sex) for sex in sexes) / len(sexes)
    cadence = sum(_CADENCE[sex] for sex in sexes) / len(sexes)
    step_s, step_m = 60 / cadence, 60 * speed / cadence
    step_s_sd = step_s * _CADENCE_SD / cadence
    cadence_source = f"{_HOLLMAN} (mean; SD rough)"
    length_source = "mean speed divided by mean cadence of the same age and sex"
    return {
        "speed_m_per_s": (speed, _SPEED_SD, _BOHANNON, "published"),
        "cadence_steps_per_min": (cadence, _CADENCE_SD, cadence_source, "published"),
        "step_time_s": (step_s, step_s_sd, _HOLLMAN, "rough"),
        "stride_time_s": (2 * step_s, 2 * step_s * _CADENCE_SD / cadence, _HOLLMAN, "rough"),
        "stride_length_m": (2 * step_m, 0.16, length_source, "rough"),
        "step_length_m": (step_m, 0.08, length_source, "rough"),
        "step_length_left_m": (step_m, 0.08, length_source, "rough"),
        "step_length_right_m": (step_m, 0.08, length_source, "rough"),
    }


def nearest_age(age: float | None) -> float | None:
    """Return the nearest age that has norms.

    Args:
        age: Age in years, or None if it is not known.

    Returns:
        The age limited to 60 … 110 years, or None.
    """
    return None if age is None else min(max(float(age), YOUNGEST), OLDEST)


def _speed(age: float, sex: str) -> float:
    """Mean speed in m/s at an age and for a sex."""
    row = [row for row in _SPEED if row[0] <= age][-1]
    return row[1 + SEXES.index(sex)]


# Turning points of the mean joint-angle curves: percent of the stride, degrees (flexion positive).
_CYCLES = {
    "hip": ((0, 22), (15, 16), (30, 3), (52, -11), (62, -4), (85, 24), (92, 24), (100, 22)),
    "knee": ((0, 4), (14, 20), (40, 7), (52, 14), (62, 38), (72, 62), (88, 18), (96, 2), (100, 4)),
    "ankle": ((0, 0), (7, -6), (20, 3), (45, 10), (54, 2), (63, -19), (80, 0), (92, 1), (100, 0)),
}
_CYCLE_SD = {"hip": 7.0, "knee": 6.0, "ankle": 5.0}
CYCLE_SOURCE = "rough, after Winter 2009 (healthy adults at self-selected speed)"


def cycle_reference(joint: str, percent: np.ndarray) -> tuple[np.ndarray, float]:
    """Return mean and standard deviation of the joint angle of healthy adults over the stride.

    Both are rough: a smooth curve through turning points after Winter 2009, and one standard
    deviation for the whole curve. The zero of an angle depends on the marker set, most of all at
    the ankle.

    Args:
        joint: "hip", "knee" or "ankle".
        percent: (N,) positions in the stride, 0 to 100 percent from heel strike to heel strike.

    Returns:
        Mean angle (N,) in degrees, and the standard deviation in degrees.
    """
    return PchipInterpolator(*zip(*_CYCLES[joint], strict=True))(percent), _CYCLE_SD[joint]

"""Reference values of healthy adults with their sources, and z-scores against them.

A reference is "published" if its mean is in the cited source for the parameter as it is computed
here. It is "rough" if the mean or the standard deviation was set by hand within the range that
sources and measured healthy adults show: a z-score against it shows the size of a deviation, not
its percentile. It is "laboratory" if it was made from recordings of a laboratory
(`laboratory_norms.py`). Parameters without a comparable published definition have no reference.

Norms run smoothly in age from 20 years (monotone cubic interpolation between the middles of the age
groups). Norms of phases, sway and trunk coordination depend on the speed of the walk instead,
because these change with speed more than with age.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np

from .monotone_cubic import monotone_cubic

SEXES = ("male", "female")
ADULT_AGE, GREATEST_AGE = 20.0, 120.0
DEFAULT_AGE = 70.0
PUBLISHED_STATUS, ROUGH, LABORATORY = "published", "rough", "laboratory"


@dataclass(frozen=True)
class Reference:
    """Mean and standard deviation of a parameter in healthy adults.

    Attributes:
        mean: Mean, in the parameter's unit.
        sd: Standard deviation between persons, in the parameter's unit.
        source: Publication, or the recordings that the norm was made from.
        status: "published" if the mean is in the source, "rough" if it was set by hand,
            "laboratory" if it was made from recordings of a laboratory.
    """

    mean: float
    sd: float
    source: str
    status: str

    def z(self, value: float) -> float:
        """Return the z-score of a value: standard deviations above the mean.

        Args:
            value: Value in the parameter's unit.
        """
        return (value - self.mean) / self.sd


class Norms(Protocol):
    """A set of norms: the published one, or that of a laboratory.

    Attributes:
        title: Provenance in one line, as shown next to z-scores.
    """

    title: str

    def reference(
        self,
        name: str,
        age: float | None = None,
        sex: str | None = None,
        speed_m_per_s: float | None = None,
    ) -> Reference | None:
        """Return the norm of a parameter, or None; see the function `reference`."""


_BOHANNON = (
    "means: Bohannon and Williams Andrews 2011, Physiotherapy 97:182 (20 to 69 years) and Hollman, "
    "McDade and Petersen 2011, Gait Posture 34:111 (from 70 years); SD rough"
)
_HOLLMAN = "Hollman, McDade and Petersen 2011, Gait Posture 34:111"
_FUKUCHI = "Fukuchi, Fukuchi and Duarte 2018, PeerJ 6:e4640"
# Middle of the age group in years: speed in m/s of men and of women.
_SPEED = {25.0: (1.36, 1.34), 35.0: (1.43, 1.34), 45.0: (1.43, 1.39), 55.0: (1.43, 1.31),
          65.0: (1.34, 1.24), 74.5: (1.195, 1.14), 84.5: (1.065, 0.995)}  # fmt: skip
_SPEED_SD = {25.0: (0.17, 0.17), 65.0: (0.17, 0.17), 74.5: (0.17, 0.175), 84.5: (0.185, 0.175)}
# Steps per minute of men and of women: Hollman 2011 from 70 years; below, set between Fukuchi 2018
# (115 at 1.24 m/s), Eur Rev Aging Phys Act 2021 (young adults 112) and the step lengths of Oberg
# 1993.
_CADENCE = {25.0: (112.0, 118.0), 55.0: (112.0, 118.0), 65.0: (109.0, 116.0),
            74.5: (105.0, 113.0), 84.5: (102.5, 109.0)}  # fmt: skip
_CADENCE_SD, _STEP_LENGTH_SD = 9.0, 0.08
_STEP_WIDTH, _STEP_WIDTH_SD = (0.095, 0.078), 0.030

# Parameters with one norm for all ages and both sexes: mean, SD, source. At least the SD is rough.
_SAME_FOR_ALL = {
    "speed_cv_percent": (4.5, 1.5, "set by hand, after Hollman 2011"),
    "stride_time_cv_percent": (2.0, 0.7, "Frenkel-Toledo et al. 2005, J NeuroEng Rehabil 2:23"),
    "step_time_cv_percent": (3.5, 1.2, "set by hand, after Hollman 2011"),
    "step_length_cv_percent": (4.0, 1.5, "set by hand, after Hollman 2011"),
    "toe_clearance_m": (
        0.026, 0.006,
        "set by hand for the marker on the ball of the foot, after healthy adults measured here; "
        "the tip of the toe clears the floor by about 0.013 m (Winter 1991)",
    ),
    "foot_strike_angle_deg": (
        19.0, 5.0,
        f"set by hand between {_FUKUCHI} (22 ± 3) and healthy persons measured here (15 to 20)",
    ),
    "arm_swing_left_deg": (40.0, 11.0, "after Mirelman et al. 2016, Mov Disord 31:1527"),
    "arm_swing_right_deg": (40.0, 11.0, "after Mirelman et al. 2016, Mov Disord 31:1527"),
    "arm_swing_asymmetry_percent": (
        49.0, 34.0,
        "Killeen et al. 2018, Sci Rep 8:12803 (39.5 ± 21.8 % of the larger side), converted to the "
        "mean of the sides",
    ),
    "trunk_flexion_deg": (2.5, 3.0, "set by hand: hips to neck, after adults measured here"),
    "hip_range_deg": (41.0, 5.0, f"after {_FUKUCHI}: thigh relative to the trunk"),
    "knee_range_deg": (59.0, 6.0, f"after {_FUKUCHI} and healthy persons measured here"),
    "ankle_range_deg": (27.0, 6.0, f"after {_FUKUCHI} and healthy persons measured here"),
    "step_time_asymmetry_percent": (3.0, 3.0, "after Patterson et al. 2010, Gait Posture 31:241"),
    "step_length_asymmetry_percent": (3.0, 3.0, "after Patterson et al. 2010, Gait Posture 31:241"),
    "turn_steps": (3.8, 0.6, "Front Neurol 2020 11:893, turns of 180 degrees"),
    "turn_time_s": (2.2, 0.3, "Front Neurol 2020 11:893, turns of 180 degrees"),
}  # fmt: skip
# Parameters whose norm depends on the speed: speeds in m/s, means, SD, source. Means are
# extrapolated linearly.
_BY_SPEED = {
    "stance_percent": ((0.94, 1.24, 1.50), (61.8, 60.3, 59.1), 1.5, _FUKUCHI),
    "swing_percent": ((0.94, 1.24, 1.50), (38.2, 39.7, 40.9), 1.5, _FUKUCHI),
    "double_support_percent": ((0.94, 1.24, 1.50), (23.7, 20.4, 17.9), 2.5, _FUKUCHI),
    "pelvic_sway_m": (
        (0.70, 1.40), (0.070, 0.042), 0.014,
        "Orendurff et al. 2004, J Rehabil Res Dev 41:829, partly from memory",
    ),
    "shoulder_hip_phase_deg": (
        (0.60, 1.20), (72.0, 105.0), 35.0,
        "set by hand after van Emmerik et al. 1999, Mov Disord 14:584, and adults measured here",
    ),
}  # fmt: skip
DEPENDS_ON_SPEED = tuple(_BY_SPEED)
# Below this speed the norms that depend on speed are constant: no healthy adult walks more slowly.
_SLOWEST_M_PER_S, _FASTEST_M_PER_S = 0.30, 1.80


class PublishedNorms:
    """Norms from publications, the default of this package."""

    title = "published norms of healthy adults (~ marks rough ones)"

    def reference(self, name, age=None, sex=None, speed_m_per_s=None) -> Reference | None:
        """Return the norm of a parameter.

        Args:
            name: Name of a parameter of `agir_hf.gait.PARAMETERS`.
            age: Age in years, or None for 70 years.
            sex: "male", "female", or None for the mean of both.
            speed_m_per_s: Speed of the walk in m/s, or None for the mean speed of age and sex.

        Returns:
            The norm, or None if the parameter has none or the age is below 20 years.

        Raises:
            ValueError: The sex is neither of the two, or the age is not within 0 to 120 years.
        """
        age = check_person(age, sex)
        if age < ADULT_AGE:
            return None
        if name in _SAME_FOR_ALL:
            return Reference(*_SAME_FOR_ALL[name], ROUGH)
        norms = _norms_of_age(age, sex)
        if name in _BY_SPEED:
            mean_speed = norms["speed_m_per_s"].mean
            return _of_speed(name, mean_speed if speed_m_per_s is None else float(speed_m_per_s))
        return norms.get(name)


PUBLISHED: Norms = PublishedNorms()


def reference(
    name: str,
    age: float | None = None,
    sex: str | None = None,
    speed_m_per_s: float | None = None,
    norms: Norms | None = None,
) -> Reference | None:
    """Look up the norm of a gait parameter in healthy adults.

    Speed, step length and stride length depend on age and sex, and so do cadence, step time and
    stride time; the norms run smoothly in age. Stance, swing, double support, pelvic sway and the
    phase between shoulders and hips depend on the speed of the walk. The other norms are the same
    for all. Norms marked "rough" were set by hand within the range of their source. There are no
    norms for persons below 20 years.

    Args:
        name (`str`):
            Name of a parameter of `agir_hf.gait.PARAMETERS`, such as "speed_m_per_s".
        age (`float`, *optional*):
            Age in years, 0 to 120. Default: 70.
        sex (`str`, *optional*):
            "male" or "female". Default: the mean of both.
        speed_m_per_s (`float`, *optional*):
            Speed of the walk in m/s, for the norms that depend on it. Default: the mean speed of
            the age and sex.
        norms (`Norms`, *optional*):
            Norms of a laboratory, see `load_norms`. Default: the published norms.

    Returns:
        [`Reference`] or `None`: `mean` and `sd` in the parameter's unit, `source`, `status`, and
        the method `z(value)`. None for a parameter without a comparable norm, and for every
        parameter of a person below 20 years.

    Raises:
        ValueError: The sex is neither of the two, or the age is not within 0 to 120 years.

    Example:
        ```python
        >>> from agir_hf.gait import reference
        >>> norm = reference("speed_m_per_s", age=74.5, sex="female")
        >>> norm.mean, norm.sd, norm.status
        (1.14, 0.175, 'published')
        >>> round(norm.z(0.83), 2)
        -1.77
        >>> reference("speed_m_per_s", age=9) is None
        True

        ```
    """
    return (PUBLISHED if norms is None else norms).reference(name, age, sex, speed_m_per_s)


def check_person(age: float | None, sex: str | None) -> float:
    """Check age and sex, and return the age or its default.

    Args:
        age: Age in years, or None for the default of 70 years.
        sex: "male", "female" or None.

    Raises:
        ValueError: The sex is neither of the two, or the age is not within 0 to 120 years.
    """
    if sex not in (None, *SEXES):
        raise ValueError(
            f"sex is {sex!r}, expected one of {', '.join(SEXES)}: leave it out if it is not known"
        )
    age = DEFAULT_AGE if age is None else float(age)
    if not 0 <= age <= GREATEST_AGE:
        raise ValueError(
            f"age is {age:g}, expected 0 to {GREATEST_AGE:g} years: leave it out if it is not known"
        )
    return age


def norm_remark(age: float | None) -> str:
    """Describe why no norm applies to a person, or return an empty text.

    Args:
        age: Age in years, or None if it is not known.
    """
    if age is None or age >= ADULT_AGE:
        return ""
    return (
        f"no norm applies to a person of {age:g} years: the norms are of adults from "
        f"{ADULT_AGE:g} years"
    )


def norm_group(age: float | None, sex: str | None) -> str:
    """Describe the group of persons that the norms are of, such as "women of 72 years".

    Args:
        age: Age in years, or None if it is not known.
        sex: "male", "female" or None.
    """
    people = {"male": "men", "female": "women", None: "men and women"}[sex]
    return f"{people} of {DEFAULT_AGE if age is None else age:g} years"


@lru_cache(maxsize=512)
def _norms_of_age(age: float, sex: str | None) -> dict[str, Reference]:
    """Norms that depend on age or sex: speed, cadence, times, lengths and width of steps."""
    speed, speed_sd = _at_age(_SPEED, age, sex), _at_age(_SPEED_SD, age, sex)
    cadence = _at_age(_CADENCE, age, sex)
    step_s, step_m = 60 / cadence, 60 * speed / cadence
    step_s_sd = step_s * _CADENCE_SD / cadence
    width = float(np.mean(_STEP_WIDTH)) if sex is None else _STEP_WIDTH[SEXES.index(sex)]
    cadence_status = PUBLISHED_STATUS if age >= DEFAULT_AGE else ROUGH
    of_length = "mean speed divided by mean cadence of the same age and sex; SD rough"
    step = Reference(step_m, _STEP_LENGTH_SD, of_length, ROUGH)
    return {
        "speed_m_per_s": Reference(speed, speed_sd, _BOHANNON, PUBLISHED_STATUS),
        "cadence_steps_per_min": Reference(
            cadence, _CADENCE_SD, f"{_HOLLMAN}; below 70 years and SD rough", cadence_status
        ),
        "step_time_s": Reference(step_s, step_s_sd, "60 divided by mean cadence", ROUGH),
        "stride_time_s": Reference(2 * step_s, 2 * step_s_sd, "120 divided by mean cadence", ROUGH),
        "stride_length_m": Reference(2 * step_m, 2 * _STEP_LENGTH_SD, of_length, ROUGH),
        "step_length_m": step,
        "step_length_left_m": step,
        "step_length_right_m": step,
        "step_width_m": Reference(width, _STEP_WIDTH_SD, _HOLLMAN, ROUGH),
    }


def _at_age(table: dict[float, tuple[float, float]], age: float, sex: str | None) -> float:
    """Value of a table at an age; constant before the first and after the last age of the table."""
    ages = list(table)
    values = np.array([table[row] for row in ages])
    column = values.mean(axis=1) if sex is None else values[:, SEXES.index(sex)]
    return monotone_cubic(ages, column, float(np.clip(age, ages[0], ages[-1])))


def _of_speed(name: str, speed: float) -> Reference:
    """Norm at a speed in m/s, by linear inter- and extrapolation."""
    speeds, means, sd, source = _BY_SPEED[name]
    speed = min(max(speed, _SLOWEST_M_PER_S), _FASTEST_M_PER_S)
    index = int(np.clip(np.searchsorted(speeds, speed) - 1, 0, len(speeds) - 2))
    slope = (means[index + 1] - means[index]) / (speeds[index + 1] - speeds[index])
    mean = means[index] + slope * (speed - speeds[index])
    return Reference(mean, sd, f"{source}, at {speed:.2f} m/s", ROUGH)

"""Reference values of healthy older adults, with their sources, and z-scores against them.

A reference is "published" where its mean stands in the source named, and "rough" where mean or
standard deviation were set by hand within what the source reports: a z-score against it tells the
order of a deviation, not its percentile. Parameters without a comparable definition in print have
no reference at all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

SEXES = ("male", "female")
YOUNGEST, OLDEST = 60.0, 110.0


@dataclass(frozen=True)
class Reference:
    """Mean and standard deviation of healthy older adults, in the parameter's unit."""

    mean: float
    sd: float
    source: str
    standing: str  # "published" or "rough"

    def z(self, value: float) -> float:
        """Standard deviations from the mean."""
        return (value - self.mean) / self.sd


_BOHANNON = "Bohannon and Williams Andrews 2011, Physiotherapy 97:182 (mean; SD rough)"
_HOLLMAN = "Hollman, McDade and Petersen 2011, Gait Posture 34:111"
# From this age: men, women.
_SPEED = ((60, 1.34, 1.24), (70, 1.26, 1.13), (80, 0.97, 0.94))
_SPEED_SD = 0.20
_CADENCE = {"male": 104.0, "female": 111.0}  # middle of the ranges 102-106 and 108-114
_CADENCE_SD = 9.0
# name: (mean, SD, source); all rough in at least the SD
_ALIKE = {
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
        "set by hand for the ball's marker; the toe's tip passes at about 0.013 (Winter 1992, "
        "Phys Ther 72:45)",
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
    """What healthy older adults have of a parameter, or None where nothing comparable is known.

    Args:
        name: of `agir_hf.gait.PARAMETERS`.
        age: years; None is 70.
        sex: "male", "female", or None for the mean of both.

    Raises:
        ValueError: the sex is neither, or the age lies outside 60-110 years.
    """
    if sex not in (None, *SEXES):
        raise ValueError(f"sex is {sex!r}, expected one of {', '.join(SEXES)}: or leave it out")
    age = 70.0 if age is None else float(age)
    if not YOUNGEST <= age <= OLDEST:
        raise ValueError(
            f"age is {age:g}, expected {YOUNGEST:g} to {OLDEST:g} years: reference values are of "
            "older adults"
        )
    if name in _ALIKE:
        return Reference(*_ALIKE[name], "rough")
    sexes = SEXES if sex is None else (sex,)
    speed = sum(_speed(age, one) for one in sexes) / len(sexes)
    cadence = sum(_CADENCE[one] for one in sexes) / len(sexes)
    step_s, step_m = 60 / cadence, 60 * speed / cadence
    paced = {
        "speed_m_per_s": (speed, _SPEED_SD, _BOHANNON, "published"),
        "cadence_steps_per_min": (
            cadence,
            _CADENCE_SD,
            f"{_HOLLMAN} (mean; SD rough)",
            "published",
        ),
        "step_time_s": (step_s, step_s * _CADENCE_SD / cadence, _HOLLMAN, "rough"),
        "stride_time_s": (2 * step_s, 2 * step_s * _CADENCE_SD / cadence, _HOLLMAN, "rough"),
    }
    paced["stride_length_m"] = (2 * step_m, 0.16, "speed over cadence of the same", "rough")
    for side in ("", "left_", "right_"):
        paced[f"step_length_{side}m"] = (step_m, 0.08, "speed over cadence of the same", "rough")
    return Reference(*paced[name]) if name in paced else None


def nearest_age(age: float | None) -> float | None:
    """An age for which there are norms: that of younger adults is the youngest there is."""
    return None if age is None else min(max(float(age), YOUNGEST), OLDEST)


def _speed(age: float, sex: str) -> float:
    """Mean speed in m/s of a decade and sex."""
    row = [row for row in _SPEED if row[0] <= age][-1]
    return row[1 + SEXES.index(sex)]


# Percent of the stride: degrees, flexion positive. Turning points of healthy adults' curves.
_CYCLES = {
    "hip": ((0, 22), (15, 16), (30, 3), (52, -11), (62, -4), (85, 24), (92, 24), (100, 22)),
    "knee": ((0, 4), (14, 20), (40, 7), (52, 14), (62, 38), (72, 62), (88, 18), (96, 2), (100, 4)),
    "ankle": ((0, 0), (7, -6), (20, 3), (45, 10), (54, 2), (63, -19), (80, 0), (92, 1), (100, 0)),
}
_CYCLE_SD = {"hip": 7.0, "knee": 6.0, "ankle": 5.0}
CYCLE_SOURCE = "rough, after Winter 2009 (healthy adults walking at their own speed)"


def cycle_reference(joint: str, percent: np.ndarray) -> tuple[np.ndarray, float]:
    """Mean and standard deviation in degrees of a healthy adult's joint angle over the stride.

    Both are rough: a smooth curve through turning points after Winter 2009, one spread for all of
    it. Where zero lies depends on the marker set, for the ankle most.

    Args:
        joint: "hip", "knee" or "ankle".
        percent: (N,) of the stride, 0 to 100.
    """
    return PchipInterpolator(*zip(*_CYCLES[joint], strict=True))(percent), _CYCLE_SD[joint]

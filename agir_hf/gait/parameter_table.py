"""The gait parameters: names, units, definitions, sources and the limits of what is possible."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Parameter:
    """Definition of a gait parameter.

    Attributes:
        name: Name with the unit at the end, such as "step_length_m".
        unit: Unit as printed, "" for a ratio.
        formula: Definition in words.
        source: Source of the definition, a key of `SOURCES`.
        impaired: Which values are a sign of impairment: "low", "high" or "either".
        lowest: Lowest value that is possible for a walking person, in `unit`.
        highest: Highest value that is possible for a walking person, in `unit`.
        limits: Reason for these two limits.
        based_on: Names of the parameters that this parameter is computed from, directly or from the
            same steps; if one of them is not possible, this parameter is not measured.
    """

    name: str
    unit: str
    formula: str
    source: str
    impaired: str = ""
    lowest: float = -math.inf
    highest: float = math.inf
    limits: str = ""
    based_on: tuple[str, ...] = ()

    def reject(self, value: float) -> str:
        """Return the reason why a value is not possible, or "" if it is possible.

        Args:
            value: Value in the parameter's unit.
        """
        if self.lowest <= value <= self.highest:
            return ""
        number = f"{value:.3g}".replace("e+0", "e").replace("e+", "e")
        unit = f" {self.unit}" if self.unit not in ("", "°") else self.unit
        return (
            f"{in_words(self.name)} of {number}{unit} is outside {self.lowest:g} to "
            f"{self.highest:g}{unit}: check labels, units and frame rate"
        )


SOURCES = {
    "Hollman 2011": "Hollman, McDade and Petersen 2011, Gait Posture 34:111",
    "Hausdorff 2005": "Hausdorff 2005, J NeuroEngineering Rehabil 2:19",
    "Winter 2009": "Winter 2009, Biomechanics and Motor Control of Human Movement, 4th ed.",
    "Mirelman 2016": "Mirelman et al. 2016, Mov Disord 31:1527",
    "van Emmerik 1999": "van Emmerik et al. 1999, Mov Disord 14:584",
    "Hof 2005": "Hof, Gazendam and Sinke 2005, J Biomech 38:1",
    "Zijlstra 2003": "Zijlstra and Hof 2003, Gait Posture 18:1",
    "Yogev 2007": "Yogev et al. 2007, Exp Brain Res 177:336",
    "Menz 2003": "Menz, Lord and Fitzpatrick 2003, Gait Posture 18:35",
    "Moore 2008": "Moore, MacDougall and Ondo 2008, J Neurosci Methods 167:340",
    "here": "defined here",
}
_H, _V, _W, _A, _Y = "Hollman 2011", "Hausdorff 2005", "Winter 2009", "Mirelman 2016", "Yogev 2007"
_ROWS = (
    # name, unit, formula, source, impaired
    ("cadence_steps_per_min", "steps/min", "60 / mean step time", _H, "either"),
    ("speed_m_per_s", "m/s", "pelvis distance over all strides / their duration", _H, "low"),
    ("speed_cv_percent", "%", "SD / mean of stride speeds", _V, "high"),
    ("stride_length_m", "m", "pelvis distance over a stride", _H, "low"),
    ("stride_time_s", "s", "heel strike to the next heel strike of the same foot", _H, "either"),
    ("stride_time_cv_percent", "%", "SD / mean of stride times", _V, "high"),
    ("step_time_s", "s", "heel strike to the next heel strike of the other foot", _H, "either"),
    ("step_time_cv_percent", "%", "SD about the mean of each side / mean", _V, "high"),
    ("step_length_m", "m",
     "distance between the heels in stance, along the walking direction", _H, "low"),
    ("step_length_left_m", "m", "step length with the left foot in front", _H, "low"),
    ("step_length_right_m", "m", "step length with the right foot in front", _H, "low"),
    ("step_length_cv_percent", "%", "SD about the mean of each side / mean", _V, "high"),
    ("step_width_m", "m",
     "distance between the heels in stance, across the walking direction", _H, "either"),
    ("stance_percent", "%", "heel strike to toe-off, share of the stride time", _W, "high"),
    ("swing_percent", "%", "toe-off to heel strike, share of the stride time", _W, "low"),
    ("double_support_percent", "%", "both feet on the floor, share of the stride time", _W, "high"),
    ("step_height_m", "m",
     "highest position of the heel in swing above its position in stance", _W, "low"),
    ("toe_clearance_m", "m",
     "height of the ball of the foot above its height in stance as it passes the other foot",
     _W, "low"),
    ("foot_strike_angle_deg", "°",
     "angle of the sole at heel strike relative to the flat foot, toes up positive", _W, "low"),
    ("arm_swing_left_deg", "°",
     "sagittal range of the line from shoulder to wrist per stride", _A, "low"),
    ("arm_swing_right_deg", "°",
     "sagittal range of the line from shoulder to wrist per stride", _A, "low"),
    ("arm_swing_asymmetry_percent", "%", "difference of the sides / their mean", _A, "high"),
    ("shoulder_hip_phase_deg", "°",
     "phase difference between the rotations of shoulder line and hip line",
     "van Emmerik 1999", "low"),
    ("trunk_flexion_deg", "°",
     "angle of the line from hips to neck, forward of vertical", "here", "high"),
    ("hip_range_deg", "°",
     "sagittal range of the thigh relative to the trunk per stride", _W, "low"),
    ("knee_range_deg", "°", "range of the shank relative to the thigh per stride", _W, "low"),
    ("ankle_range_deg", "°", "range of the foot relative to the shank per stride", _W, "low"),
    ("margin_of_stability_ap_m", "m",
     "toe in front of the extrapolated centre of mass (XCoM) at heel strike", "Hof 2005", "either"),
    ("margin_of_stability_ml_m", "m",
     "front foot lateral of the extrapolated centre of mass (XCoM) at heel strike",
     "Hof 2005", "either"),
    ("pelvic_sway_m", "m", "lateral range of the pelvis per stride", "Zijlstra 2003", "high"),
    ("step_time_asymmetry_percent", "%", "difference of the sides / their mean", _Y, "high"),
    ("step_length_asymmetry_percent", "%", "difference of the sides / their mean", _Y, "high"),
    ("harmonic_ratio_ap", "",
     "even / odd harmonics of the pelvic acceleration, forward", "Menz 2003", "low"),
    ("harmonic_ratio_vertical", "",
     "even / odd harmonics of the pelvic acceleration, vertical", "Menz 2003", "low"),
    ("harmonic_ratio_ml", "",
     "odd / even harmonics of the pelvic acceleration, lateral", "Menz 2003", "low"),
    ("freezing_index", "",
     "power of the vertical heel acceleration at 3-8 Hz / at 0.5-3 Hz", "Moore 2008", "high"),
    ("turn_steps", "steps",
     "heel strikes per turn of 180°, scaled from turns of 120° and more", "here", "high"),
    ("turn_time_s", "s",
     "duration per turn of the pelvis by 180°, scaled from turns of 120° and more", "here", "high"),
)  # fmt: skip
_PACE = "set by hand: walking ends above the cadence of sprinters and below a step in 3 s"
_STEP = (
    "set by hand: race walkers make steps of 1.3 m; a foot that stays behind has a negative step"
)
_CV = "set by hand: an SD as large as the mean"
_RATIO = "set by hand: a ratio of positive sums, beyond 100 one of them is a rounding error"
_JOINT = "set by hand: full passive range of the joint"
_LIMITS = {  # name: lowest, highest, reason
    "cadence_steps_per_min": (20, 250, _PACE),
    "speed_m_per_s": (0.02, 4.5, "set by hand: the fastest race walkers reach 4.3 m/s"),
    "speed_cv_percent": (0, 100, _CV),
    "stride_length_m": (0.04, 3.0, _STEP),
    "stride_time_s": (0.48, 6, _PACE),
    "stride_time_cv_percent": (0, 100, _CV),
    "step_time_s": (0.24, 3, _PACE),
    "step_time_cv_percent": (0, 100, _CV),
    "step_length_m": (0, 1.5, _STEP),
    "step_length_left_m": (-0.5, 1.5, _STEP),
    "step_length_right_m": (-0.5, 1.5, _STEP),
    "step_length_cv_percent": (0, 100, _CV),
    "step_width_m": (0, 0.7, "set by hand: distance of the feet of most of the leg length"),
    "stance_percent": (30, 95, "set by hand: runners have 30 to 40 %"),
    "swing_percent": (5, 70, "set by hand: 100 % minus the limits of stance"),
    "double_support_percent": (0, 90, "a walker always has a foot on the floor; high by hand"),
    "step_height_m": (0, 0.6, "set by hand: the heel lifted to the height of the knee"),
    "toe_clearance_m": (-0.02, 0.4, "set by hand: above the floor, within the noise of markers"),
    "foot_strike_angle_deg": (-60, 60, "set by hand: full range of the ankle"),
    "arm_swing_left_deg": (0, 180, "set by hand: from one horizontal to the other"),
    "arm_swing_right_deg": (0, 180, "set by hand: from one horizontal to the other"),
    "arm_swing_asymmetry_percent": (0, 200, "200 % if only one arm swings, by definition"),
    "shoulder_hip_phase_deg": (0, 180, "by definition"),
    "trunk_flexion_deg": (-45, 120, "set by hand: camptocormia reaches more than 90°"),
    "hip_range_deg": (0, 130, _JOINT),
    "knee_range_deg": (0, 150, _JOINT),
    "ankle_range_deg": (0, 90, _JOINT),
    "margin_of_stability_ap_m": (-1.5, 0.8, "set by hand: speed / 3 per s, and a step length"),
    "margin_of_stability_ml_m": (-0.4, 0.5, "set by hand: half of the widest step"),
    "pelvic_sway_m": (0, 0.5, "set by hand: most of the widest step"),
    "step_time_asymmetry_percent": (0, 100, "set by hand: steps of one side three times longer"),
    "step_length_asymmetry_percent": (0, 200, "200 % if one foot never passes the other"),
    "harmonic_ratio_ap": (0, 100, _RATIO),
    "harmonic_ratio_vertical": (0, 100, _RATIO),
    "harmonic_ratio_ml": (0, 100, _RATIO),
    "freezing_index": (0, 100, _RATIO),
    "turn_steps": (1, 60, "set by hand: a pivot; steps of 3° of a person who freezes"),
    "turn_time_s": (0.5, 60, "set by hand: a quick turn of an athlete; 3° per second"),
}  # fmt: skip
_LENGTHS = ("step_length_m", "step_length_left_m", "step_length_right_m")
_BASED_ON = {
    "speed_m_per_s": ("stride_length_m",),
    "speed_cv_percent": ("speed_m_per_s",),
    "stride_time_cv_percent": ("stride_time_s",),
    "step_length_m": _LENGTHS[1:],
    "step_length_cv_percent": _LENGTHS,
    "step_length_asymmetry_percent": _LENGTHS,
    "swing_percent": ("stance_percent",),
    "double_support_percent": ("stance_percent",),
    "arm_swing_asymmetry_percent": ("arm_swing_left_deg", "arm_swing_right_deg"),
}
_PACE_NAME = "cadence_steps_per_min"  # every parameter of steps and strides is based on it
_NOT_OF_STEPS = (_PACE_NAME, "freezing_index", "turn_steps", "turn_time_s")


def _parameter(name: str, *definition: str) -> Parameter:
    of_steps = () if name in _NOT_OF_STEPS else (_PACE_NAME,)
    return Parameter(name, *definition, *_LIMITS[name], (*of_steps, *_BASED_ON.get(name, ())))


PARAMETERS = tuple(_parameter(*row) for row in _ROWS)
PARAMETER_NAMES = tuple(parameter.name for parameter in PARAMETERS)
UNITS = {parameter.name: parameter.unit for parameter in PARAMETERS}
# End of a name: unit. Longer endings come first.
_UNIT_OF_ENDING = {
    "_steps_per_min": "steps/min", "_m_per_s": "m/s", "_percent": "%", "_steps": "steps",
    "_deg": "°", "_m": "m", "_s": "s",
}  # fmt: skip


def in_words(name: str) -> str:
    """Return the name of a parameter without its unit, such as "step length".

    Args:
        name: Name of a parameter; names that are not in the table are accepted too.
    """
    return name.removesuffix(_ending(name)).replace("_", " ")


def unit_of(name: str) -> str:
    """Return the unit at the end of the name of a parameter, or "".

    Args:
        name: Name of a parameter; names that are not in the table are accepted too.
    """
    return _UNIT_OF_ENDING.get(_ending(name), "")


def _ending(name: str) -> str:
    return next((ending for ending in _UNIT_OF_ENDING if name.endswith(ending)), "")

"""The gait parameters: names, units, definitions and sources."""

from __future__ import annotations

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
    """

    name: str
    unit: str
    formula: str
    source: str
    impaired: str = ""


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
    ("turn_steps", "steps", "number of heel strikes during turns", "here", "high"),
    ("turn_time_s", "s", "duration of turns of the pelvis", "here", "high"),
)  # fmt: skip
PARAMETERS = tuple(Parameter(*row) for row in _ROWS)
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

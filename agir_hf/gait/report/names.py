"""Names of the gait parameters in the words of a report, and their order in its table."""

from __future__ import annotations

from ..parameters import in_words

_NAMES = {
    "speed_m_per_s": "walking speed",
    "speed_cv_percent": "walking speed, variability (CV)",
    "stride_time_cv_percent": "stride time, variability (CV)",
    "step_time_cv_percent": "step time, variability (CV)",
    "step_length_cv_percent": "step length, variability (CV)",
    "step_length_left_m": "step length, left",
    "step_length_right_m": "step length, right",
    "stance_percent": "stance phase",
    "swing_percent": "swing phase",
    "step_height_m": "heel lift in swing",
    "foot_strike_angle_deg": "foot angle at heel strike",
    "arm_swing_left_deg": "arm swing, left",
    "arm_swing_right_deg": "arm swing, right",
    "arm_swing_asymmetry_percent": "arm swing, asymmetry",
    "step_time_asymmetry_percent": "step time, asymmetry",
    "step_length_asymmetry_percent": "step length, asymmetry",
    "shoulder_hip_phase_deg": "shoulder to hip rotation, phase difference",
    "trunk_flexion_deg": "trunk flexion, mean",
    "hip_range_deg": "hip, range of flexion",
    "knee_range_deg": "knee, range of flexion",
    "ankle_range_deg": "ankle, range of flexion",
    "margin_of_stability_ap_m": "margin of stability, forward",
    "margin_of_stability_ml_m": "margin of stability, sideways",
    "pelvic_sway_m": "sideways sway of the pelvis",
    "harmonic_ratio_ap": "harmonic ratio, forward",
    "harmonic_ratio_vertical": "harmonic ratio, vertical",
    "harmonic_ratio_ml": "harmonic ratio, sideways",
    "turn_steps": "steps in a turn of 180°",
    "turn_time_s": "time of a turn of 180°",
}
ARM_SWING = "arm_swing_deg"  # row of the table for the parameters of both arms
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (  # title → rows of the table
    ("Pace", ("speed_m_per_s", "cadence_steps_per_min", "stride_length_m", "step_length_m",
              "stride_time_s", "step_time_s")),
    ("Phases", ("stance_percent", "swing_percent", "double_support_percent")),
    ("Feet", ("step_width_m", "step_height_m", "toe_clearance_m", "foot_strike_angle_deg")),
    ("Joints, trunk and arms", ("hip_range_deg", "knee_range_deg", "ankle_range_deg",
     "trunk_flexion_deg", ARM_SWING, "shoulder_hip_phase_deg")),
    ("Asymmetry and variability", ("step_length_asymmetry_percent", "step_time_asymmetry_percent",
     "arm_swing_asymmetry_percent", "speed_cv_percent", "stride_time_cv_percent",
     "step_time_cv_percent", "step_length_cv_percent")),
    ("Balance", ("margin_of_stability_ap_m", "margin_of_stability_ml_m", "pelvic_sway_m",
     "harmonic_ratio_ap", "harmonic_ratio_vertical", "harmonic_ratio_ml")),
    ("Turning and freezing", ("turn_steps", "turn_time_s", "freezing_index")),
)  # fmt: skip


def report_name(name: str) -> str:
    """Return the name of a gait parameter as a report shows it, without the unit.

    Args:
        name (`str`):
            Name of a parameter of `agir_hf.gait.PARAMETERS`.

    Returns:
        `str`: The name in words.

    Example:
        ```python
        >>> from agir_hf.gait.report import report_name
        >>> report_name("foot_strike_angle_deg"), report_name("step_width_m")
        ('foot angle at heel strike', 'step width')

        ```
    """
    return _NAMES.get(name) or in_words(name)

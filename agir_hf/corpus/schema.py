"""The corpus on disk: column names, units and splits, each said once.

A corpus is a folder with a card (`README.md`, whose YAML `load_dataset` reads) and one Parquet
file per split under `data/`. Splits are by subject.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..humanml3d import NUM_FEATURES

SPLITS = ("train", "validation", "test")
SCORES = (0, 1, 2)
CORPUS_TAG = "agir-gait-corpus"  # in the card's YAML: tells that a folder is a corpus of ours


@dataclass(frozen=True)
class Parameter:
    """One gait parameter: its name carries the unit, `formula` says how it is computed."""

    name: str
    formula: str


# Means over the steps (or strides) of a recording; a first step from standing and a last step
# that closes up do not count. Strike means heel strike.
PARAMETERS = (
    Parameter("cadence_steps_per_min", "60 over the mean time between strikes"),
    Parameter("speed_m_per_s", "way of the pelvis between first and last strike over its time"),
    Parameter("step_length_m", "distance of the heels along the way at strike"),
    Parameter("step_width_m", "distance of the heels across the way at strike"),
    Parameter("stance_percent", "strike to toe off of one foot, of the stride time"),
    Parameter("double_support_percent", "both feet on the floor, of the time"),
    Parameter("foot_strike_angle_deg", "sole against the floor at strike, toes up"),
    Parameter(
        "toe_clearance_m", "ball of the foot over its height in stance when it passes the other"
    ),
    Parameter("knee_flexion_stance_deg", "mean knee flexion while the foot lies flat"),
    Parameter("arm_swing_left_deg", "range of the line shoulder to wrist, sagittal, per stride"),
    Parameter("arm_swing_right_deg", "range of the line shoulder to wrist, sagittal, per stride"),
    Parameter("arm_swing_asymmetry_percent", "difference of the arm swings over their mean"),
    Parameter("elbow_flexion_deg", "mean of both elbows, 0 is straight"),
    Parameter("trunk_flexion_deg", "line from between the hips to the neck, forward of vertical"),
    Parameter("pelvis_rotation_deg", "range of the hip line about the vertical, per stride"),
    Parameter("trunk_rotation_deg", "range of the shoulder line about the vertical, per stride"),
    Parameter("stride_time_cv_percent", "SD over mean of the stride times"),
    Parameter("step_length_cv_percent", "SD over mean of the step lengths, each side by itself"),
    Parameter("step_asymmetry_percent", "difference of left and right step length over their mean"),
)
PARAMETER_NAMES = tuple(parameter.name for parameter in PARAMETERS)

COLUMNS = {
    "subject": "walker; all walks of one walker are in one split",
    "walk": "name of the recording",
    "score": "gait score, 0 (no problem) to 2 (substantial impairment), of the walker",
    "motion": f"HumanML3D features (frames, {NUM_FEATURES}) float32 at 20 fps, not normalised",
    "foot_description": "what the feet do, in one or two sentences",
    "arm_description": "what the arms do, in one or two sentences",
    "rationale": "what the score rests on, from the parameters by rule; does not name the score",
    "parameters": "gait parameters of the walk, units in the names",
    "simulated": "true where the walk is simulated",
}


def corpus_features():
    """The `datasets.Features` of a corpus, in the order of `COLUMNS`.

    Raises:
        ImportError: `datasets` is not installed.
    """
    try:
        from datasets import Array2D, Features, Value
    except ImportError as error:
        raise ImportError(
            'a corpus needs the package datasets: pip install "agir-hf[train]"'
        ) from error
    types = {
        "score": Value("int64"),
        "motion": Array2D((None, NUM_FEATURES), "float32"),
        "parameters": {name: Value("float64") for name in PARAMETER_NAMES},
        "simulated": Value("bool"),
    }
    return Features({column: types.get(column, Value("string")) for column in COLUMNS})

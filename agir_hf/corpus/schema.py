"""The corpus on disk: configurations, columns and splits, each said once.

A corpus is a folder with a card (`README.md`, whose YAML `load_dataset` reads) and, below
``data/``, Parquet files of each configuration and split. Splits are by subject.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources

from ..constants_agir import SCORES
from ..gait.parameters import PARAMETER_NAMES
from ..humanml3d import NUM_FEATURES, NUM_JOINTS

SPLITS = ("train", "validation", "test")
PARTS = ("foot", "arm")  # that descriptions are of
KINDS = ("irrelevant", "counterfactual")  # of rejected answers
MEDICATIONS = ("off", "on", "unknown")
# In the heads of what we write: tell that a folder is ours.
CORPUS_TAG = "agir-gait-corpus"

_ID = {
    "id": "name of the recording: session and file",
    "subject": "walker; all recordings of one walker are in one split",
    "session": "name of the session; one score each",
    "medication": "off, on or unknown",
    "source": "data set that the recording comes from",
    "simulated": "true where nobody walked",
}
_SCORE = {"score": "gait score of the session, 0 (no problem) to 2 (substantial impairment)"}
_MOTION = {"motion": f"HumanML3D features (frames, {NUM_FEATURES}) at 20 fps, not normalised"}
_WRITER = {
    "writer": "who wrote the text: rules, or a language model by name",
    "revised": "true where a reviewer changed the text",
}
CONFIGS: dict[str, dict[str, str]] = {
    "motion": {
        **_ID,
        "walk": "the recording of which this is a copy, shifted in phase or mirrored; else its own",
        "variant": "which copy; empty for the recording itself",
        "file": "file name",
        "rate_hz": "frames per second of the recording",
        **_SCORE,
        **_MOTION,
        "joints": f"joint centres (frames, {NUM_JOINTS}, 3) at 20 fps, metres, Y up",
        "parameters": "measured gait parameters, units in the names; null where not measurable",
    },
    "generative": {
        **_ID,
        "part": "what the description is of: foot or arm",
        **_MOTION,
        "description": "what feet or arms do, in words",
        **_WRITER,
    },
    "reasoning": {
        **_ID,
        "instruction": "one of 200 templates; <motion> stands for the motion",
        **_MOTION,
        "rationale": "what the score rests on; feet, arms, overall",
        **_SCORE,
        "flags": "claims that the measured gait contradicts; empty for none",
        **_WRITER,
    },
    "preference": {
        **_ID,
        "prompt": "instruction template; <motion> stands for the motion",
        **_MOTION,
        "chosen": "rationale of this recording",
        "chosen_score": "its score",
        "rejected": "another rationale",
        "rejected_score": "another score",
        "kind": "irrelevant: of a recording with another score; counterfactual: this one's, with "
        "claims that the measured gait contradicts and a score that is wrong",
    },
}


def config_features(config: str):
    """The `datasets.Features` of a configuration, in the order of `CONFIGS`.

    Raises:
        ValueError: for a configuration that there is not.
        ImportError: `datasets` is not installed.
    """
    if config not in CONFIGS:
        raise ValueError(f"configuration is {config!r}, expected one of {', '.join(CONFIGS)}")
    try:
        from datasets import Array2D, Array3D, ClassLabel, Features, Value
    except ImportError as error:
        raise ImportError(
            'a corpus needs the package datasets: pip install "agir-hf[train]"'
        ) from error
    label = ClassLabel(names=[str(score) for score in SCORES])
    types = {
        "simulated": Value("bool"),
        "revised": Value("bool"),
        "rate_hz": Value("float64"),
        "score": label,
        "chosen_score": label,
        "rejected_score": label,
        "motion": Array2D((None, NUM_FEATURES), "float32"),
        "joints": Array3D((None, NUM_JOINTS, 3), "float32"),
        "parameters": {name: Value("float64") for name in PARAMETER_NAMES},
    }
    return Features({name: types.get(name, Value("string")) for name in CONFIGS[config]})


@cache
def instructions() -> dict[str, list[str]]:
    """Templates by task, from ``instructions.json``.

    "assess" asks for a rationale and a score; "motion_to_foot_text", "motion_to_arm_text" for a
    description; "text_to_motion" for a motion.
    """
    source = resources.files("agir_hf") / "corpus" / "instructions.json"
    return json.loads(source.read_text(encoding="utf-8"))

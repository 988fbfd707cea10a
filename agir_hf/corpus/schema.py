"""Configurations, columns and splits of a corpus on disk, each defined once.

A corpus is a folder with a card (`README.md`, whose YAML header `load_dataset` reads) and Parquet
files of each split in `data/`. All recordings of a subject are in one split.

The configurations share the files, so that the motion of a walk is stored once. A file has the
columns of all configurations and a column `in_CONFIG` for each of them; a configuration is its own
columns of the rows where this is true, see `parquet_options`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from importlib import resources

from ..constants_agir import SCORES
from ..gait.parameters import PARAMETER_NAMES
from ..humanml3d import NUM_FEATURES, NUM_JOINTS

DATA = "data"  # folder of the Parquet files in the folder of a corpus
SPLITS = ("train", "validation", "test")
DESCRIBED_PARTS = ("foot", "arm")  # parts of the body in the configuration "generative"
KINDS = ("irrelevant", "counterfactual", "same_score")  # kinds of rejected answers
NUM_REFERENCES = 5  # reference texts of each walk
MEDICATIONS = ("off", "on", "unknown")
# Tag in the header of every card that this package writes. It marks a folder that may be replaced.
CORPUS_TAG = "agir-gait-corpus"

_RECORDING = {
    "id": "name of the recording: session and file",
    "subject": "subject; all recordings of a subject are in one split",
    "session": "name of the session; one score per session",
    "medication": "off, on or unknown",
    "age": "age of the subject in years, as in the source; null if unknown or outside 0 to 120. "
    "Claims are checked with the norms of this age; it is no input of the model",
    "sex": "male or female, for the norms; null if unknown; it is no input of the model",
    "source": "data set that the recording comes from; the cohort, in a corpus of several cohorts",
    "simulated": "true if the recording is simulated",
}
_SCORE = {
    "score": "gait score of the session, 0 (no problem) to 2 (substantial impairment); 3 only in "
    "cohorts whose scale has it"
}
_MOTION = {"motion": f"HumanML3D features (frames, {NUM_FEATURES}) at 20 fps, not normalised"}
_WRITER = {
    "writer": "writer of the text: rules, or the name of a language model",
    "revised": "true if a reviewer changed the text",
}
CONFIGS: dict[str, dict[str, str]] = {
    "motion": {
        **_RECORDING,
        "walk": "id of the recording that this one is a copy of (shifted in phase or mirrored); "
        "its own id otherwise",
        "variant": "kind of copy; empty for an original recording",
        "file": "file name",
        "rate_hz": "frame rate of the recording in Hz",
        **_SCORE,
        **_MOTION,
        "joints": f"joint centres (frames, {NUM_JOINTS}, 3) at 20 fps, metres, Y up",
        "parameters": "measured gait parameters, units in the names; null where not measurable",
    },
    "generative": {
        **_RECORDING,
        "part": "part of the body that is described: foot or arm",
        **_MOTION,
        "description": "movement of the feet or arms, in words",
        "references": f"{NUM_REFERENCES} descriptions of the same movement, the first is "
        "`description`; two of them may be equal",
        **_WRITER,
    },
    "reasoning": {
        **_RECORDING,
        "instruction": "one of 200 templates; `<motion>` is the placeholder of the motion",
        **_MOTION,
        "rationale": "reasons for the score: feet, arms, overall",
        "references": f"{NUM_REFERENCES} rationales of the same walk, the first is `rationale`",
        **_SCORE,
        "flags": "claims that the measured gait contradicts; empty if there are none",
        **_WRITER,
    },
    "preference": {
        **_RECORDING,
        "prompt": "instruction template; `<motion>` is the placeholder of the motion",
        **_MOTION,
        "chosen": "rationale of this recording",
        "chosen_score": "score of this recording",
        "rejected": "rationale that does not fit this recording, see `kind`",
        "rejected_score": "score of the rejected answer; equal to `chosen_score` only for the kind "
        "same_score",
        "kind": "irrelevant: rationale of a recording with another score; counterfactual: "
        "rationale of this recording with claims that the measured gait contradicts, and a wrong "
        "score; same_score: rationale of a recording of another subject with the same score, with "
        "claims that the gait of this recording contradicts",
    },
}


def membership(config: str) -> str:
    """Name of the column that is true in the rows of a configuration.

    Args:
        config: Name of a configuration, a key of `CONFIGS`.
    """
    return f"in_{config}"


# Kind of a column that is neither text nor array; "score" is a class label.
_KINDS = {
    "simulated": "bool",
    "revised": "bool",
    **dict.fromkeys(map(membership, CONFIGS), "bool"),
    "age": "float64",
    "rate_hz": "float64",
    "references": "texts",
    "score": "score",
    "chosen_score": "score",
    "rejected_score": "score",
    "parameters": "parameters",
}
# Shape of the arrays in columns of float32; the number of frames varies.
ARRAY_SHAPES = {"motion": (None, NUM_FEATURES), "joints": (None, NUM_JOINTS, 3)}
_EXTENSION = "datasets.features.features.Array{}DExtensionType"  # its name in Arrow files


def config_features(config: str, num_scores: int = len(SCORES)):
    """The `datasets.Features` of a configuration.

    Args:
        config: Name of a configuration, a key of `CONFIGS`.
        num_scores: Number of scores, which are 0 to `num_scores` - 1.

    Returns:
        `datasets.Features`: Column → type, in the order of `CONFIGS`.

    Raises:
        ValueError: There is no such configuration.
        ImportError: The package `datasets` is not installed.
    """
    if config not in CONFIGS:
        raise ValueError(f"configuration is {config!r}, expected one of {', '.join(CONFIGS)}")
    return _features(CONFIGS[config], num_scores)


def shared_features(num_scores: int = len(SCORES)):
    """The `datasets.Features` of the Parquet files, which all configurations share.

    Args:
        num_scores: Number of scores, which are 0 to `num_scores` - 1.

    Returns:
        `datasets.Features`: A column `in_CONFIG` for each configuration, and the columns of all
        configurations.
    """
    return _features(shared_columns(), num_scores)


def shared_columns() -> list[str]:
    """Names of the columns of the Parquet files, which all configurations share."""
    columns = dict.fromkeys(map(membership, CONFIGS))
    for config in ("reasoning", *CONFIGS):
        columns |= dict.fromkeys(CONFIGS[config])
    return list(columns)


def _features(columns: Iterable[str], num_scores: int):
    """`datasets.Features` of columns."""
    try:
        from datasets import Features
    except ImportError as error:
        raise ImportError(
            'a corpus needs the package datasets: pip install "agir-hf[train]"'
        ) from error
    return Features.from_dict({name: _described(name, num_scores) for name in columns})


def _described(name: str, num_scores: int) -> dict:
    """Type of a column as `datasets` describes it in JSON, see `datasets.Features.to_dict`."""
    if shape := ARRAY_SHAPES.get(name):
        return {"shape": shape, "dtype": "float32", "_type": f"Array{len(shape)}D"}
    kind = _KINDS.get(name, "string")
    if kind == "score":
        return {"names": [str(score) for score in range(num_scores)], "_type": "ClassLabel"}
    if kind == "texts":
        return {"feature": _value("string"), "_type": "List"}
    if kind == "parameters":
        return {parameter: _value("float64") for parameter in PARAMETER_NAMES}
    return _value(kind)


def _value(dtype: str) -> dict[str, str]:
    return {"dtype": dtype, "_type": "Value"}


def shared_schema(num_scores: int = len(SCORES)):
    """Arrow schema of the Parquet files, equal to that of `shared_features`.

    It is made without importing `datasets`, which a build needs for nothing else.

    Args:
        num_scores: Number of scores, which are 0 to `num_scores` - 1.

    Returns:
        `pyarrow.Schema`: The arrays are nested lists, with the names of their types in `datasets`
        as metadata.
    """
    import pyarrow as pa

    columns = shared_columns()
    described = {name: _described(name, num_scores) for name in columns}
    metadata = {"huggingface": json.dumps({"info": {"features": described}})}
    return pa.schema([_field(name) for name in columns], metadata)


def _field(name: str):
    """Arrow field of a column."""
    import pyarrow as pa

    if shape := ARRAY_SHAPES.get(name):
        nested = pa.float32()
        for _ in shape:
            nested = pa.list_(nested)
        metadata = {
            "ARROW:extension:metadata": json.dumps([shape, "float32"]),
            "ARROW:extension:name": _EXTENSION.format(len(shape)),
        }
        return pa.field(name, nested, metadata=metadata)
    parameters = [(parameter, pa.float64()) for parameter in PARAMETER_NAMES]
    types = {
        "bool": pa.bool_(), "float64": pa.float64(), "string": pa.string(), "score": pa.int64(),
        "texts": pa.list_(pa.string()), "parameters": pa.struct(parameters),
    }  # fmt: skip
    return pa.field(name, types[_KINDS.get(name, "string")])


def parquet_options(config: str) -> dict[str, list]:
    """Options of the Parquet reader of `datasets` that read a configuration from the shared files.

    Args:
        config: Name of a configuration, a key of `CONFIGS`.

    Returns:
        `dict`: "columns" and "filters", for the YAML header of the card or `load_dataset`.
    """
    return {"columns": list(CONFIGS[config]), "filters": [[membership(config), "==", True]]}


@cache
def instructions(num_scores: int = len(SCORES)) -> dict[str, list[str]]:
    """Instruction templates by task, from `instructions.json`.

    Args:
        num_scores: Number of scores that the templates of the task "assess" name.

    Returns:
        `dict`: Task → templates. The tasks are "assess" (rationale and score),
        "motion_to_foot_text" and "motion_to_arm_text" (description), and "text_to_motion" (motion).
    """
    source = resources.files("agir_hf") / "corpus" / "instructions.json"
    templates = json.loads(source.read_text(encoding="utf-8"))
    templates["assess"] = [_with_scores(text, num_scores - 1) for text in templates["assess"]]
    return templates


def _with_scores(template: str, last: int) -> str:
    """Template for the scores 0 to 2 with the numbers of the scores 0 to ``last``."""
    numbers = ", ".join(map(str, range(1, last)))
    for word in ("or", "and"):
        template = template.replace(f"1 {word} 2", f"{numbers} {word} {last}")
    return re.sub(r"(0 (?:to|and|\(none\) to) |no problem and )2", rf"\g<1>{last}", template)

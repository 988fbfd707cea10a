"""A saved model works where this package is not installed."""

import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from agir_hf.humanml3d import joints_to_features

CONSTRAINTS = Path(__file__).resolve().parents[1] / "constraints.txt"
LOAD = """
import importlib.util, json, sys
for name in ("agir_hf", "scipy", "datasets", "ezc3d"):
    assert importlib.util.find_spec(name) is None, name
import numpy as np
from transformers import (
    AutoConfig, AutoFeatureExtractor, AutoModel, AutoModelForSeq2SeqLM, AutoProcessor, pipeline
)
folder, given = sys.argv[1:]
trusted = {"trust_remote_code": True}
given = np.load(given)
joints, features = given["joints"], given["features"]
try:
    pipeline("gait-assessment", model=folder, trust_remote_code=False)
except ValueError as error:
    refused = str(error)
processor = AutoProcessor.from_pretrained(folder, **trusted)
extractor = AutoFeatureExtractor.from_pretrained(folder, **trusted)
told = {
    "refused": refused,
    "config": type(AutoConfig.from_pretrained(folder, **trusted)).__name__,
    "extractor": [type(extractor).__name__, extractor.statistics_fingerprint],
}
for kind in (AutoModel, AutoModelForSeq2SeqLM):
    model = kind.from_pretrained(folder, **trusted)
    outputs = model.generate_assessment(**processor(motion=[joints, features]), max_new_tokens=12)
    told[kind.__name__] = [outputs.sequences.tolist(), outputs.probabilities.tolist()]
pipe = pipeline("gait-assessment", model=folder, **trusted)
told["pipeline"] = pipe([joints, features], max_new_tokens=12)
told["module"] = type(pipe).__module__.partition(".")[0]
"""
AGAIN = """
import importlib, pathlib
pipe.save_pretrained("again")
told["again"] = sorted(path.name for path in pathlib.Path("again").iterdir())
sys.path.insert(0, folder)
handler = importlib.import_module("handler").EndpointHandler(folder)
told["handler"] = handler({"inputs": joints.tolist(), "parameters": {"max_new_tokens": 12}})
"""
TELL = "print(json.dumps(told))"


@pytest.fixture
def given(tmp_path, motions, sample_joints):
    """File of the motions: joints and features of other lengths."""
    np.savez(tmp_path / "motions.npz", joints=sample_joints, features=motions[0])
    return tmp_path / "motions.npz"


@pytest.fixture
def check(model, processor, motions, sample_joints):
    """Holds what a script told against what the package gives in this process."""

    def check(run):
        assert run.returncode == 0, run.stderr
        told = json.loads(run.stdout.splitlines()[-1])
        expected = model.generate_assessment(
            **processor(motion=[sample_joints, motions[0]]), max_new_tokens=12
        )
        for kind in ("AutoModel", "AutoModelForSeq2SeqLM"):
            sequences, probabilities = told[kind]
            assert sequences == expected.sequences.tolist()
            np.testing.assert_allclose(probabilities, expected.probabilities.numpy(), atol=1e-6)
        for one, assessment in zip(
            told["pipeline"], processor.decode_assessments(expected), strict=True
        ):
            assert (one["score"], one["reasoning"]) == (assessment.score, assessment.reasoning)
            np.testing.assert_allclose(one["probabilities"], assessment.probabilities, atol=1e-6)
        assert told["module"] == "transformers_modules"
        assert "trust_remote_code=True" in told["refused"]  # without trust none of its code runs
        assert told["config"] == "AgirConfig"
        own = processor.feature_extractor.statistics_fingerprint
        assert told["extractor"] == ["AgirFeatureExtractor", own]
        return told

    return check


def test_every_way_to_load_is_in_what_is_saved(saved_model):
    config = json.loads((saved_model / "config.json").read_text("utf-8"))
    assert config["auto_map"] == {
        "AutoConfig": "configuration_agir.AgirConfig",
        "AutoModel": "modeling_agir.AgirForGaitAssessment",
        "AutoModelForSeq2SeqLM": "modeling_agir.AgirForGaitAssessment",
    }
    (task,) = config["custom_pipelines"]
    assert task == "gait-assessment"
    assert config["custom_pipelines"][task]["impl"] == "pipeline_agir.GaitAssessmentPipeline"
    processor = json.loads((saved_model / "processor_config.json").read_text("utf-8"))
    assert processor["auto_map"]["AutoProcessor"] == "processing_agir.AgirProcessor"
    extractor = processor["feature_extractor"]["auto_map"]["AutoFeatureExtractor"]
    assert extractor == "feature_extraction_agir.AgirFeatureExtractor"


def test_with_torch_and_transformers_alone_the_answers_are_the_same(
    bare_python, saved_model, given, check, tmp_path
):
    told = check(bare_python(LOAD + AGAIN + TELL, saved_model, given, cache=tmp_path))
    (first, _), (answer,) = told["pipeline"], told["handler"]
    assert answer == first
    kept = {path.name for path in saved_model.iterdir()} - {"handler.py", "__pycache__"}
    assert set(told["again"]) == kept


def test_the_features_given_are_those_of_joints(sample_joints, processor):
    features = joints_to_features(sample_joints)
    by_joints, by_features = processor(motion=sample_joints), processor(motion=features)
    assert by_joints["motion_values"].equal(by_features["motion_values"])


@pytest.mark.slow
def test_in_a_fresh_virtual_environment_the_answers_are_the_same(
    saved_model, given, check, tmp_path
):
    """With what pip installs for "torch transformers", in the versions of the constraints."""
    python = tmp_path / "fresh" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", python.parents[1]], check=True)
    torch = f"torch=={metadata.version('torch')}"  # the build that the tests run with, no other
    install = [python, "-m", "pip", "install", "-q", "-c", CONSTRAINTS, torch, "transformers"]
    done = subprocess.run(install, capture_output=True, text=True, timeout=1500)
    if done.returncode:
        pytest.skip(f"pip cannot install {torch} here: {done.stderr.splitlines()[-1]}")
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    environment |= {"HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    check(
        subprocess.run(
            [python, "-c", LOAD + AGAIN + TELL, saved_model, given],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )  # fmt: skip
    )

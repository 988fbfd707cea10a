"""A saved model works in an environment without this package."""

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
folder, motions_file = sys.argv[1:]
trusted = {"trust_remote_code": True}
motions = np.load(motions_file)
joints, features = motions["joints"], motions["features"]
try:
    pipeline("gait-assessment", model=folder, trust_remote_code=False)
except ValueError as error:
    refusal = str(error)
processor = AutoProcessor.from_pretrained(folder, **trusted)
extractor = AutoFeatureExtractor.from_pretrained(folder, **trusted)
results = {
    "refused": refusal,
    "config": type(AutoConfig.from_pretrained(folder, **trusted)).__name__,
    "extractor": [type(extractor).__name__, extractor.statistics_fingerprint],
}
for kind in (AutoModel, AutoModelForSeq2SeqLM):
    model = kind.from_pretrained(folder, **trusted)
    outputs = model.generate_assessment(**processor(motion=[joints, features]), max_new_tokens=12)
    results[kind.__name__] = [outputs.sequences.tolist(), outputs.probabilities.tolist()]
pipe = pipeline("gait-assessment", model=folder, **trusted)
results["pipeline"] = pipe([joints, features], max_new_tokens=12)
results["module"] = type(pipe).__module__.partition(".")[0]
"""
HANDLER = """
import importlib, pathlib
pipe.save_pretrained("saved")
results["saved"] = sorted(path.name for path in pathlib.Path("saved").iterdir())
sys.path.insert(0, folder)
handler = importlib.import_module("handler").EndpointHandler(folder)
results["handler"] = handler({"inputs": joints.tolist(), "parameters": {"max_new_tokens": 12}})
"""
PRINT = "print(json.dumps(results))"


@pytest.fixture
def motions_file(tmp_path, motions, sample_joints):
    """File of two motions: joints, and features of another length."""
    np.savez(tmp_path / "motions.npz", joints=sample_joints, features=motions[0])
    return tmp_path / "motions.npz"


@pytest.fixture
def check(model, processor, motions, sample_joints):
    """Compare the results of a script with those of the package in this process."""

    def check(process):
        assert process.returncode == 0, process.stderr
        results = json.loads(process.stdout.splitlines()[-1])
        expected = model.generate_assessment(
            **processor(motion=[sample_joints, motions[0]]), max_new_tokens=12
        )
        for kind in ("AutoModel", "AutoModelForSeq2SeqLM"):
            sequences, probabilities = results[kind]
            assert sequences == expected.sequences.tolist()
            np.testing.assert_allclose(probabilities, expected.probabilities.numpy(), atol=1e-6)
        for result, assessment in zip(
            results["pipeline"], processor.decode_assessments(expected), strict=True
        ):
            assert (result["score"], result["reasoning"]) == (
                assessment.score, assessment.reasoning
            )  # fmt: skip
            np.testing.assert_allclose(result["probabilities"], assessment.probabilities, atol=1e-6)
        assert results["module"] == "transformers_modules"
        assert "trust_remote_code=True" in results["refused"]  # its code does not run without trust
        assert results["config"] == "AgirConfig"
        fingerprint = processor.feature_extractor.statistics_fingerprint
        assert results["extractor"] == ["AgirFeatureExtractor", fingerprint]
        return results

    return check


def test_a_saved_model_has_the_entries_for_all_auto_classes(saved_model):
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
    bare_python, saved_model, motions_file, check, tmp_path
):
    script = LOAD + HANDLER + PRINT
    results = check(bare_python(script, saved_model, motions_file, cache=tmp_path))
    (first, _), (answer,) = results["pipeline"], results["handler"]
    assert answer == first
    files = {path.name for path in saved_model.iterdir()} - {"handler.py", "__pycache__"}
    assert set(results["saved"]) == files
    assert "constants_agir.py" in files


def test_joints_and_their_features_give_the_same_input(sample_joints, processor):
    features = joints_to_features(sample_joints)
    by_joints, by_features = processor(motion=sample_joints), processor(motion=features)
    assert by_joints["motion_values"].equal(by_features["motion_values"])


@pytest.mark.slow
def test_in_a_fresh_virtual_environment_the_answers_are_the_same(
    saved_model, motions_file, check, tmp_path
):
    """Install torch and transformers with pip, in the versions of the constraints."""
    python = tmp_path / "fresh" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", python.parents[1]], check=True)
    torch = f"torch=={metadata.version('torch')}"  # the same build as in the tests
    install = [python, "-m", "pip", "install", "-q", "-c", CONSTRAINTS, torch, "transformers"]
    done = subprocess.run(install, capture_output=True, text=True, timeout=1500)
    if done.returncode:
        pytest.skip(f"pip cannot install {torch} here: {done.stderr.splitlines()[-1]}")
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    environment |= {"HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    check(
        subprocess.run(
            [python, "-c", LOAD + HANDLER + PRINT, saved_model, motions_file],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )  # fmt: skip
    )

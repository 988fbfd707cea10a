"""Which checkpoints the model in numpy loads, and when it is used."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import agir_hf
from agir_hf.assessment import ModelError, assess_recording, load_model
from agir_hf.inference import NumpyAgir, UnsupportedModelError, load_numpy_model, loading

WEIGHTS = "model.safetensors"
SLOW = ("torch", "transformers", "datasets", "pandas", "scipy.signal", "scipy.interpolate",
        "scipy.ndimage", "scipy.spatial", "scipy.special", "scipy.stats")  # fmt: skip


@pytest.fixture
def folder(saved_model, tmp_path) -> Path:
    return Path(shutil.copytree(saved_model, tmp_path / "model"))


def edit(path: Path, change) -> None:
    content = json.loads(path.read_text("utf-8"))
    change(content)
    path.write_text(json.dumps(content), "utf-8")


def edit_weights(folder: Path, change) -> None:
    weights = load_file(folder / WEIGHTS)
    change(weights)
    save_file(weights, folder / WEIGHTS)


def refused(folder: Path, message: str) -> None:
    with pytest.raises(UnsupportedModelError, match=message):
        load_numpy_model(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format_version": 99}, "has format 99"),
        ({"model_type": "t5"}, "of type 't5', not 'agir'"),
        ({"num_scores": 7}, "num_scores is 7"),
        ({"motion_token_offset": 10**6}, "do not fit a vocabulary"),
        ({"score_temperature": 0}, "score_temperature is 0"),
        ({"num_rationales": 0}, "num_rationales is 0"),
        (
            {"num_rationales": 10**7},
            "num_rationales is 10000000 .* from 1 to 256 and",
        ),
        ({"score_rationales": 257}, "score_rationales is 257, expected an integer from 1 to 256"),
        ({"text_config": None}, "config.json: "),
    ],
)
def test_configurations_are_refused_as_by_torch(folder, changes, message):
    edit(folder / "config.json", lambda config: config.update(changes))
    refused(folder, message)


def test_what_numpy_does_not_compute_is_left_to_torch(folder):
    edit(folder / "generation_config.json", lambda config: config.update(num_beams=4))
    refused(folder, "generation_config.json has num_beams")
    (folder / "generation_config.json").unlink()
    load_numpy_model(folder)
    text = "text_config"
    edit(folder / "config.json", lambda config: config[text].update(feed_forward_proj="silu"))
    refused(folder, "feed_forward_proj is 'silu'")


@pytest.mark.parametrize("name", ["lm_head.weight", "vqvae.encoder.input_conv.bias"])
def test_weights_are_checked(folder, name):
    edit_weights(folder, lambda weights: weights.update({name: weights[name][:-1]}))
    refused(folder, f"{name} is F32 .*, expected F32")
    edit_weights(folder, lambda weights: weights.update({name: weights[name].astype("float16")}))
    refused(folder, f"{name} is F16")
    edit_weights(folder, lambda weights: weights.pop(name))
    refused(folder, f"the weights lack {name}")
    (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:500])
    refused(folder, str(folder))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused_by_numpy_and_torch(folder, value):
    """Such a model would give a score: that of the first token."""
    edit_weights(folder, lambda weights: weights["lm_head.weight"].__setitem__((3, 1), value))
    refused(folder, "lm_head.weight has values that are not finite")
    with pytest.raises(ModelError, match="its weight .*has values that are not finite: download"):
        load_model(str(folder), backend="torch")


def test_a_processor_of_another_model_is_refused(folder):
    path = folder / "processor_config.json"
    edit(path, lambda content: content["feature_extractor"].pop("mean"))
    refused(folder, "no mean and std")
    path.unlink()
    refused(folder, "processor_config.json")


def test_the_backend_depends_on_size_device_and_precision(saved_model, monkeypatch):
    folder = str(saved_model)
    model, _ = load_model(folder, backend="auto")
    assert isinstance(model, NumpyAgir) and model.name_or_path == folder
    for options in ({}, {"precision": "bf16", "backend": "auto"}):
        assert not isinstance(load_model(folder, "cpu", **options)[0], NumpyAgir)
    with pytest.raises(ModelError, match="device is 'cuda' and precision None"):
        load_model(folder, "cuda", backend="numpy")
    with pytest.raises(ModelError, match="backend is 'jax', expected one of auto, numpy, torch"):
        load_model(folder, backend="jax")
    with pytest.raises(ModelError, match="the backend numpy reads a folder"):
        load_model("no/such-model", backend="numpy")
    monkeypatch.setattr(loading, "LARGEST_PARAMETERS", 1000)
    assert not isinstance(load_model(folder, backend="auto")[0], NumpyAgir)
    assert isinstance(load_model(folder, backend="numpy")[0], NumpyAgir)


def test_torch_states_the_error_of_a_damaged_model(folder):
    (folder / WEIGHTS).write_bytes(b"")
    with pytest.raises(ModelError, match="weights of .* are damaged"):
        load_model(str(folder), backend="auto")
    with pytest.raises(ModelError, match="the backend numpy cannot compute the model"):
        load_model(str(folder), backend="numpy")


def test_assessments_are_those_of_torch():
    first, second = (
        assess_recording(agir_hf.SAMPLE_RECORDING, *load_model(backend=backend)).as_json()
        for backend in ("torch", "numpy")
    )
    assert second.pop("probabilities") == pytest.approx(first.pop("probabilities"), abs=1e-4)
    assert [row["model"].pop("backend") for row in (first, second)] == ["torch", "numpy"]
    assert second == first


def test_the_command_imports_no_slow_library():
    launcher = Path(agir_hf.__file__).parent / "launcher" / "__init__.py"
    script = (
        "import runpy, sys\nsys.modules['agir_launcher'] = sys\n"  # as the installed command
        f"sys.argv = ['agir', 'assess', {agir_hf.SAMPLE_RECORDING!r}, '--json']\n"
        f"assert runpy.run_path({str(launcher)!r})['main']() == 0\n"
        f"print([name for name in {SLOW} if name in sys.modules])\n"
    )
    command = [sys.executable, "-c", script]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300)
    *_, values, imported = result.stdout.splitlines()
    assert json.loads(values)["model"]["backend"] == "numpy", result.stderr
    assert imported == "[]"


def test_velocities_are_those_of_torch(embedded, sample_joints):
    from agir_hf.assessment.feature_distance import velocity_errors

    values = embedded[0][1](motion=sample_joints)["motion_values"][0].numpy()
    errors = [
        velocity_errors([values, values[:48]], model, processor.feature_extractor)
        for model, processor in embedded
    ]
    np.testing.assert_allclose(*errors, atol=1e-4)

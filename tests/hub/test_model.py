"""The upload plan of a model."""

import json
import shutil
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

import agir_hf
from agir_hf.hub import model as hub_model
from agir_hf.hub.model import model_plan
from agir_hf.hub.publish_checks import RefusedError, check
from agir_hf.hub.upload_plan import PublishError

CODE = {
    "configuration_agir.py", "feature_extraction_agir.py", "generation_agir.py", "humanml3d.py",
    "modeling_agir.py", "modeling_motion_vqvae.py", "processing_agir.py", "pipeline_agir.py",
    "handler.py", "constants_agir.py", "answers_agir.py", "features_agir.py", "prompts_agir.py",
    "settings_agir.py", "packed_convolution_agir.py", "decoder_agir.py", "decoding_agir.py",
}  # fmt: skip
WEIGHTS = "model.safetensors"


@pytest.fixture
def folder(saved_model, tmp_path) -> Path:
    """Weights, configurations and tokenizer of an untrained model, without code or card."""
    copy = tmp_path / "a-model"
    shutil.copytree(saved_model, copy, ignore=shutil.ignore_patterns("*.py"))
    return copy


@pytest.fixture
def staging(tmp_path) -> Path:
    folder = tmp_path / "staging"
    folder.mkdir()
    return folder


def change(path: Path, **values) -> None:
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | values))


def test_a_plan_has_weights_code_processor_card_and_licence(folder, staging):
    plan = model_plan(folder, "me/agir", staging, tag="v1")
    assert set(plan.files) >= CODE
    assert {"LICENSE", "README.md", "generation_config.json", "requirements.txt"} <= set(plan.files)
    assert "Apache License" in plan.files["LICENSE"].read_text()
    saved, sent = (load_file(path) for path in (folder / WEIGHTS, plan.files[WEIGHTS]))
    assert saved.keys() == sent.keys() and all((saved[k] == sent[k]).all() for k in saved)
    config = json.loads(plan.files["config.json"].read_text())
    assert config["auto_map"]["AutoModel"] == "modeling_agir.AgirForGaitAssessment"
    extractor = json.loads(plan.files["processor_config.json"].read_text())["feature_extractor"]
    assert len(extractor["mean"]) == len(extractor["std"]) == 263
    requirements = plan.files["requirements.txt"].read_text().splitlines()
    assert [line.split(">")[0].split("<")[0] for line in requirements] == [
        "numpy", "safetensors", "torch", "transformers"
    ]  # fmt: skip
    check(plan)


def test_the_plan_of_the_embedded_model_has_its_evaluation(staging):
    folder = Path(agir_hf.DEFAULT_MODEL)
    plan = model_plan(folder, "me/agir", staging, datasets=["me/agir-gait"])
    assert plan.files["results.json"].read_bytes() == (folder / "results.json").read_bytes()
    assert not plan.remarks and not plan.left_out
    check(plan)


def test_a_missing_evaluation_and_data_set_give_remarks(folder, staging):
    remarks = " ".join(model_plan(folder, "me/agir", staging).remarks)
    assert "no evaluation" in remarks and "--results" in remarks and "--dataset" in remarks


def test_a_machine_path_in_a_configuration_is_removed_with_a_remark(folder, staging):
    text = json.loads((folder / "config.json").read_text())["text_config"]
    change(folder / "config.json", text_config=text | {"_name_or_path": "/home/jo/flan-t5"})
    plan = model_plan(folder, "me/agir", staging)
    sent = json.loads(plan.files["config.json"].read_text())["text_config"]
    assert sent["_name_or_path"] == ""
    assert any("/home/jo/flan-t5, a path of this machine" in remark for remark in plan.remarks)
    check(plan)


def test_a_name_on_the_hub_is_kept_in_the_configuration(folder, staging):
    text = json.loads((folder / "config.json").read_text())["text_config"]
    change(folder / "config.json", text_config=text | {"_name_or_path": "google/flan-t5-base"})
    plan = model_plan(folder, "me/agir", staging)
    assert "google/flan-t5-base" in plan.files["config.json"].read_text()


def test_training_leftovers_are_left_out_and_other_files_are_kept(folder, staging):
    for path in ("checkpoint-4/optimizer.pt", "training_args.bin", "figures/loss.svg"):
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text("x")
    plan = model_plan(folder, "me/agir", staging)
    assert plan.left_out == ["checkpoint-4/", "training_args.bin"]
    assert "figures/loss.svg" in plan.files
    check(plan)


@pytest.mark.parametrize("name", ["SMPL_NEUTRAL.pkl", "pytorch_model.bin", "walk.c3d", ".env"])
def test_private_files_in_the_folder_are_refused_by_name(folder, staging, name):
    (folder / name).write_bytes(b"x")
    with pytest.raises(RefusedError, match=name):
        check(model_plan(folder, "me/agir", staging))


def test_a_machine_path_in_the_card_is_refused_with_its_line(folder, staging):
    (folder / "README.md").write_text("# a-model\n\nMade in /home/jo/runs.\n")
    with pytest.raises(RefusedError, match=r"README.md line \d+: the machine path /home/jo/runs"):
        check(model_plan(folder, "me/agir", staging))


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        (lambda f: (f / "config.json").unlink(), "holds no model"),
        (lambda f: change(f / "config.json", model_type="bert"), "a model of type 'bert'"),
        (lambda f: (f / "config.json").write_text("{"), "holds no model"),
        (lambda f: (f / WEIGHTS).unlink(), "no complete model"),
        (lambda f: (f / WEIGHTS).write_bytes(b"none"), "no complete model"),
        (lambda f: (f / WEIGHTS).rename(f / "pytorch_model.bin"), "no complete model"),
        (lambda f: (f / "processor_config.json").unlink(), "no complete model"),
        (lambda f: (f / "README.md").write_text("---\na: [1\n---\n"), "README.md: the YAML header"),
        (
            lambda f: (f / "results.json").write_text("{}"),
            "expected the output of recipes/evaluate.py",
        ),
        (lambda f: (f / "results.json").write_text("{"), "results.json: "),
    ],
)
def test_an_incomplete_model_raises(folder, staging, damage, what):
    damage(folder)
    with pytest.raises(PublishError, match=what):
        model_plan(folder, "me/agir", staging)


def test_a_model_with_missing_weights_raises(folder, staging):
    weights = load_file(folder / WEIGHTS)
    weights.pop("lm_head.weight")
    save_file(weights, folder / WEIGHTS, {"format": "pt"})
    with pytest.raises(PublishError, match="no complete model.*lm_head.weight"):
        model_plan(folder, "me/agir", staging)


def test_a_missing_folder_raises(tmp_path, staging):
    with pytest.raises(PublishError, match="no such folder"):
        model_plan(tmp_path / "nowhere", "me/agir", staging)


def test_a_full_disk_raises_a_publish_error(folder, staging, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(agir_hf.AgirProcessor, "save_pretrained", full)
    with pytest.raises(PublishError, match="the disk is full: .* set TMPDIR"):
        model_plan(folder, "me/agir", staging)


def test_an_evaluation_by_fold_needs_the_row_of_the_model(folder, staging, by_fold):
    with pytest.raises(PublishError, match="no row was named.*'ours', 'other'"):
        model_plan(folder, "me/agir", staging, results=by_fold)
    with pytest.raises(PublishError, match="no row 'theirs'"):
        model_plan(folder, "me/agir", staging, results=by_fold, row="theirs")
    plan = model_plan(folder, "me/agir", staging, results=by_fold, row="ours")
    assert json.loads(plan.files["results.json"].read_text())["kind"] == "reasoning"


def test_a_row_without_an_evaluation_and_a_missing_evaluation_raise(folder, staging, tmp_path):
    with pytest.raises(PublishError, match="--row 'ours' needs an evaluation"):
        model_plan(folder, "me/agir", staging, row="ours")
    with pytest.raises(PublishError, match="expected an evaluation by 'agir evaluate'"):
        model_plan(folder, "me/agir", staging, results=tmp_path / "nowhere")


def test_a_package_installed_without_its_licence_raises(folder, staging, monkeypatch, tmp_path):
    monkeypatch.setattr(hub_model, "PACKAGE", tmp_path / "site-packages" / "agir_hf")
    monkeypatch.setattr(hub_model.metadata, "files", lambda _: None)
    with pytest.raises(PublishError, match="without its LICENSE"):
        model_plan(folder, "me/agir", staging)
    (folder / "LICENSE").write_text("My terms.")
    shutil.rmtree(staging)
    plan = model_plan(folder, "me/agir", staging)
    assert plan.files["LICENSE"].read_text() == "My terms."

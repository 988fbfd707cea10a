"""Two steps of a configuration with random weights, of every recipe."""

import json
from pathlib import Path

import pytest
import yaml

from agir_hf.training.model_flops import count_parameters
from agir_hf.training.random_models import model_config

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
COMMON = {
    "corpus": "none", "per_device_train_batch_size": 2, "gradient_accumulation_steps": 2,
    "use_cpu": True, "bf16": False, "gradient_checkpointing": False, "num_train_epochs": 2,
}  # fmt: skip
STAGES = {
    "vqvae": {"output_dir": "v", "width": 8, "code_dim": 4, "codebook_size": 16,
              "parameter_weight": 1.0, "varied_copies": 1},
    "generative": {"output_dir": "g", "vqvae": "v", "vocabulary_size": 900, "d_model": 16,
                   "d_ff": 16, "num_layers": 1, "num_heads": 2, "codebook_rows": True},
    "reasoning": {"output_dir": "r", "model": "g", "embedded_weight": 0.5, "grade_weight": 2.0,
                  "probe_loss_weight": 0.3, "parameter_weight": 1.0,
                  "gradient_checkpointing": True},
    "dpo": {"output_dir": "d", "model": "r", "kinds": "both", "class_weight": 0.5, "max_steps": 30,
            "use_peft": True, "lora_r": 2, "lora_target_modules": ["q", "k", "v", "o"],
            "gradient_checkpointing": True},
}  # fmt: skip
UPDATES = {"vqvae": 2 * 10, "generative": 2 * 10, "reasoning": 2 * 5, "dpo": 30}  # of 20 walks


@pytest.fixture
def folder(tmp_path):
    """Folder with a small configuration of each stage."""
    for name, settings in STAGES.items():
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump({**COMMON, **settings}))
    return tmp_path


@pytest.fixture
def check(run_recipe, folder):
    """Function that checks a stage and returns its figures."""

    def check(name, **options):
        output = folder / "out.json"
        run_recipe(
            "check_size.py", config=folder / f"{name}.yaml", output=output, rows=20,
            **{"frames": 80, "answer-tokens": 30, "flops": [1e9, 1e12], "peak": 1e12, **options},
        )  # fmt: skip
        return json.loads(output.read_text())[0]

    return check


@pytest.mark.parametrize("name", STAGES)
def test_two_steps_of_every_recipe_are_measured(check, folder, capsys, name):
    figures = check(name)
    assert figures["rows"] == figures["batch"] == 4 and figures["micro_batch"] == 2
    assert len(figures["seconds"]) == len(figures["losses"]) == 2
    assert all(norm > 0 for norm in figures["gradient_norms"])
    assert figures["memory_bytes"] > 1e8 and figures["flops_run"] > 0
    assert figures["updates"] == UPDATES[name]
    if name == "generative":
        assert (
            figures["parameters"] > count_parameters(model_config(folder / "generative.yaml")).total
        )
    if name == "dpo":
        assert figures["trainable"] < 0.6 * figures["parameters"]
    printed = capsys.readouterr().out
    assert "h at 1e+12 FLOP/s" in printed and "(stated peak)" in printed


@pytest.mark.slow
def test_the_second_stage_at_the_size_of_the_paper_trains_here(run_recipe, tmp_path):
    options = {"config": RECIPES / "reasoning/flan_t5_base.yaml", "micro-batch": 1}
    run_recipe("check_size.py", output=tmp_path / "out.json", **options)
    (figures,) = json.loads((tmp_path / "out.json").read_text())
    assert figures["parameters"] == pytest.approx(267.8e6, rel=1e-3)
    assert figures["trainable"] == pytest.approx(248.3e6, rel=1e-3)
    assert all(norm > 0 for norm in figures["gradient_norms"])
    assert figures["memory_bytes"] < 8 * 2**30 and figures["updates"] == 3000


def test_a_smaller_micro_batch_is_scaled_to_the_batch_of_the_file(check, capsys):
    figures = check("reasoning", **{"micro-batch": 1})
    assert (figures["batch"], figures["rows"], figures["micro_batch"]) == (4, 1, 1)
    assert "4 rows; here 1, and times are computed for 4" in capsys.readouterr().out


def test_longer_answers_take_more_operations(check):
    short, long = (check("dpo", **{"answer-tokens": number})["flops_run"] for number in (20, 200))
    assert 2 * short < long < 12 * short


@pytest.mark.parametrize(
    "options, message",
    [
        ({"rows": 0}, "--rows is 0, expected a positive number"),
        ({"device": "cuda:7"}, "device is 'cuda:7', but torch does not find this GPU"),
    ],
)
def test_wrong_options_are_errors_of_one_line(run_recipe, folder, capsys, options, message):
    with pytest.raises(SystemExit) as stopped:
        run_recipe("check_size.py", config=folder / "reasoning.yaml", **options)
    assert stopped.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith(f"error: {message}")


def test_a_file_of_no_recipe_is_an_error(run_recipe, tmp_path, capsys):
    (tmp_path / "other.yaml").write_text("seed: 0")
    with pytest.raises(SystemExit):
        run_recipe("check_size.py", config=tmp_path / "other.yaml")
    assert "name it with --recipe" in capsys.readouterr().err

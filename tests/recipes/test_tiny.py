"""The card of the embedded checkpoint and the ablation table are made from results."""

import json
import runpy
import sys
from pathlib import Path

import pytest
import yaml

from agir_hf.constants_agir import NOTICE

RECIPES = Path(__file__).resolve().parents[2] / "recipes"


@pytest.fixture(scope="module")
def train():
    return runpy.run_path(str(RECIPES / "tiny/train.py"))


@pytest.fixture(scope="module")
def ablation():
    return runpy.run_path(str(RECIPES / "tiny/ablation.py"))


RESULTS = {
    "walks": 20,
    "walkers": 5,
    "accuracy": 0.75,
    "macro_f1": 0.7,
    "balanced_accuracy": 0.71,
    "majority_accuracy": 0.4,
    "majority_macro_f1": 0.2,
    "majority_balanced_accuracy": 0.33,
    "cider": 1.5,
    "grounding": 0.9,
    "well_formed_unconstrained": 0.95,
    "calibration_error": 0.061,
    "uncertain_below": 0.72,
    "num_rationales": 8,
    "certain": 0.85,
    "error_where_certain": 0.115,
    "confusion_matrix": [[5, 1, 0, 0], [2, 4, 1, 0], [0, 1, 6, 0]],
    "baselines": {
        "forest_on_parameters": {"accuracy": 0.8, "macro_f1": 0.79},
        "nearest_walk": {"accuracy": 0.6, "cider": 0.9, "grounding": 0.5},
        "references": {"cider": 10.0, "grounding": 1.0},
    },
    "recordings": {"walk.c3d": {"score": 2, "probabilities": [0.1, 0.2, 0.7], "uncertain": True}},
}


ABLATION = {
    "seeds": [0, 1],
    "epochs": "5",
    "test_walks": 240,
    "rows": {
        "ego": {"accuracy": [0.7, 0.8]},
        "reasoning_only": {"accuracy": [0.6, 0.7], "macro_f1": [0.5, 0.7], "cider": [1.1, 1.2]},
        "generative_reasoning": {
            "accuracy": [0.8, 0.9],
            "macro_f1": [0.6, 0.8],
            "cider": [1.0, 1.0],
        },
    },
}


def test_card_shows_baselines_and_states_what_is_simulated(train, tmp_path):
    for name, content in (
        (f"{train['FINAL']}/results.json", RESULTS),
        ("vqvae/reconstruction.json", {"mpjpe_mm": 18.2, "codes_used": 500, "codebook_size": 512}),
        (f"{train['FINAL']}/calibration.json", {"walks": 30, "walkers": 9, "error": 0.1}),
        ("ablation/ablation.json", ABLATION),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(json.dumps(content))
    card = train["card"](tmp_path, 2_600_000)
    assert "trained on simulated walks only" in card and NOTICE in card
    assert "| accuracy | 0.750 | 0.400 | 0.800 | 0.600 |  |" in card
    assert "| CIDEr | 1.500 |  |  | 0.900 |  |" in card
    text = " ".join(card.split())
    assert "95.0% of the answers" in text and "18.2 mm" in card and "| **1** | 2 | 4 | 1 |" in card
    assert "8 rationales are sampled for each walk" in text and "error | 0.061 |" in card
    assert "uncertain, 0.72, were fitted on the 30 walks of the 9 validation subjects" in text
    assert "85% are above it, and 11.5% of those are wrong" in text
    assert "| ego | 2 | 0.750 ± 0.071 |" in card
    assert "+0.200 in accuracy, +0.100 in macro-F1 (not separated), -0.150 in CIDEr. Sep" in text
    assert "| walk.c3d | 2 | 0.10, 0.20, 0.70 | yes |" in card


def test_a_number_of_ranks_that_does_not_divide_the_batch_raises(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["train.py", "--ranks", "3"])
    with pytest.raises(SystemExit) as excinfo:
        runpy.run_path(str(RECIPES / "tiny/train.py"), run_name="__main__")
    assert excinfo.value.code == 2
    assert "--ranks is 3, expected a divisor of 16" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["train.py", "ablation.py", "pieces.py"])
def test_outside_a_clone_the_scripts_stop_with_an_error(tmp_path, monkeypatch, capsys, name):
    script = tmp_path / "package/recipes/tiny" / name
    script.parent.mkdir(parents=True)
    script.write_text((RECIPES / "tiny" / name).read_text())
    monkeypatch.setattr(sys, "argv", [name])
    with pytest.raises(SystemExit) as excinfo:
        runpy.run_path(str(script), run_name="__main__")
    assert excinfo.value.code == 2
    assert "package is not a clone of the repository: clone it" in capsys.readouterr().err
    assert not (tmp_path / "package/runs").exists()


def test_card_without_ablation_and_recordings_has_no_empty_sections(train, tmp_path):
    assert train["ablation"](tmp_path / "none.json") == ""
    assert train["recordings"]({}) == ""
    assert train["external"](tmp_path) == ""


def test_card_has_the_reports_of_recordings_of_people(train, tmp_path):
    (tmp_path / "clinic").mkdir()
    (tmp_path / "clinic/tables.md").write_text(f"# Clinic\n\n## Scores\n\n| a |\n\n{NOTICE}\n")
    section = train["external"](tmp_path)
    assert "### Clinic" in section and "#### Scores" in section and "| a |" in section
    assert NOTICE not in section and "95 % interval over people" in section


def test_yaml_files_of_the_ablation_differ_only_in_the_ablated_settings(ablation):
    settings = {
        row: yaml.safe_load(ablation["config"](row).read_text())
        for row in ablation["ROWS"]
        if row != "generative"
    }
    assert set(settings) == {
        "reasoning_only", "ego", "dpo", "ego_dpo", "generative_reasoning"
    }  # fmt: skip
    assert settings["ego"]["embedded_weight"] > 0
    for row in ("reasoning_only", "ego"):
        assert "model" not in settings[row] and settings[row]["vqvae"]
    assert "generative" in settings["generative_reasoning"]["model"]
    shared = ("num_train_epochs", "learning_rate", "format_weight", "class_weight", "bf16")
    for name in shared:
        values = {settings[row][name] for row in ("reasoning_only", "ego", "generative_reasoning")}
        assert len(values) == 1, name
    for row in ("dpo", "ego_dpo"):
        assert settings[row]["kinds"] == "both" and settings[row]["class_weight"] > 0
        assert Path(settings[row]["model"]).name == ablation["ROWS"][row].start


def test_the_table_of_pieces_has_figures_of_the_simulation_and_of_people(tmp_path):
    pieces = runpy.run_path(str(RECIPES / "tiny/pieces.py"))
    pieces["figures"].__globals__["RUN"] = tmp_path
    for seed, accuracy, auc in ((0, 0.7, 0.8), (1, 0.8, 0.9)):
        folder = pieces["folder_of"]("no probe", seed)
        (folder / "people").mkdir(parents=True)
        (folder / "results.json").write_text(json.dumps({"accuracy": accuracy}))
        judges = [{"name": "model", "auc": {"value": auc, "low": 0.1, "high": 0.9}}]
        (folder / "people/figures.json").write_text(json.dumps({"judges": judges}))
    rows = {piece: pieces["figures"](piece, [0, 1]) for piece in ("everything", "no probe")}
    lines = pieces["markdown"](rows).splitlines()
    assert lines[0] == "| left out | seeds | accuracy | AUC |"
    assert lines[2] == "| no probe | 2 | 0.750 ± 0.071 | 0.850 ± 0.071 |" and len(lines) == 3


def test_each_row_of_the_pieces_leaves_out_an_option_of_the_recipe():
    pieces = runpy.run_path(str(RECIPES / "tiny/pieces.py"))["PIECES"]
    settings = yaml.safe_load((RECIPES / "reasoning/config_tiny.yaml").read_text())
    for piece, options in pieces.items():
        assert bool(options) == (piece != "everything")
        for name, value in zip(options[::2], options[1::2], strict=True):
            assert str(settings[name.removeprefix("--")]).lower() not in (value, f"{value}.0")

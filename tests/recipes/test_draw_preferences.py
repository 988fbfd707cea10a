"""Preferences are drawn from a model, a run continues, and dpo.py trains on the file."""

import json

import pytest
from safetensors.torch import load_file

from agir_hf.corpus.loading import load_corpus
from agir_hf.training import evidence_preferences
from agir_hf.training.evidence_preferences import read_preferences
from agir_hf.utils.jsonl import read_lines

pytestmark = pytest.mark.slow
TEXTS = (
    "Speed is normal. Cadence is normal. Posture is upright.",
    "Speed is markedly reduced. Cadence is markedly increased. Posture is markedly stooped.",
)


@pytest.fixture
def options(model_folder, corpus, tmp_path):
    return {
        "model": model_folder, "corpus": corpus, "output": tmp_path / "pairs.jsonl", "rows": 6,
        "number": 2, "batch-size": 4, "least-difference": 0.5,
    }  # fmt: skip


@pytest.fixture
def with_texts(monkeypatch):
    """Drawing that returns two texts, and counts the walks that were drawn."""
    drawn = []

    def draw(model, processor, motions, prompts, number):
        assert all("<motion>" in prompt for prompt in prompts)
        drawn.extend(motions)
        return [TEXTS[:number] for _ in motions]

    monkeypatch.setattr(evidence_preferences, "draw_rationales", draw)
    return drawn


def test_a_model_draws_rationales_and_the_run_continues_with_the_same_rows(
    run_recipe, options, capsys
):
    run_recipe("draw_preferences.py", **options)
    assert " pairs of 6 walks; supported claims: drawn " in capsys.readouterr().out
    whole = options["output"].read_bytes()
    rows = read_lines(options["output"])
    assert rows[0]["settings"]["number"] == 2 and len(rows) == 7
    train = set(load_corpus(str(options["corpus"]))["train"]["id"])
    assert {row["id"] for row in rows[1:]} <= train and len({row["id"] for row in rows[1:]}) == 6
    assert all(row["drawn"]["texts"] == 2 for row in rows[1:])
    options["output"].write_bytes(b"\n".join(whole.split(b"\n")[:3]) + b'\n{"id": "cut')
    run_recipe("draw_preferences.py", **options)
    assert read_lines(options["output"]) == rows
    run_recipe("draw_preferences.py", **{**options, "output": options["output"].parent / "b.jsonl"})
    assert (options["output"].parent / "b.jsonl").read_bytes() == whole


def test_a_finished_file_is_not_drawn_again(run_recipe, options, with_texts):
    run_recipe("draw_preferences.py", **options)
    assert len(with_texts) == 6
    run_recipe("draw_preferences.py", **options)
    assert len(with_texts) == 6


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"number": 3}, "was drawn with number 2, now it is 3: pass another --output"),
        ({"seed": 1}, "was drawn with seed 0, now it is 1: pass another --output"),
        ({"number": 1}, "number is 1, expected at least 2"),
        ({"rows": 0}, "rows is 0, expected at least 1"),
    ],
)
def test_an_error_is_printed_on_one_line(run_recipe, options, with_texts, capfd, changes, message):
    run_recipe("draw_preferences.py", **options)
    with pytest.raises(SystemExit) as excinfo:
        run_recipe("draw_preferences.py", **{**options, **changes})
    assert excinfo.value.code == 2
    error = capfd.readouterr().err.splitlines()[-1]
    assert error.startswith("error: ") and message in error


@pytest.fixture
def train(run_recipe, options, tmp_path):
    """Function that trains on preferences for two steps and returns the log."""

    def train(**changes):
        defaults = {
            "model": options["model"], "corpus": options["corpus"],
            "output_dir": tmp_path / "tuned", "max_steps": 2, "logging_steps": 1,
            "per_device_train_batch_size": 4, "learning_rate": 1e-2, "warmup_steps": 0,
            "lr_scheduler_type": "constant", "language_weight": 1.0, "freeze_encoder": True,
            "report_to": "none", "use_cpu": True, "bf16": False, "gradient_checkpointing": False,
            "disable_tqdm": True, "save_strategy": "steps", "save_steps": 2,
            "prediction_loss_only": True,
        }  # fmt: skip
        run_recipe("dpo.py", **{**defaults, **changes})
        state = json.loads((tmp_path / "tuned/checkpoint-2/trainer_state.json").read_text())
        return [row for row in state["log_history"] if "loss" in row]

    return train


def test_a_model_is_trained_on_preferences_by_evidence(
    run_recipe, train, options, with_texts, tmp_path, capsys
):
    run_recipe("draw_preferences.py", **options)
    pairs = read_preferences(options["output"])
    assert {row["chosen"] for row in pairs} <= set(TEXTS) and pairs
    logged = train(
        preferences=options["output"], kinds="irrelevant+evidence", eval_strategy="epoch"
    )
    printed = capsys.readouterr().out
    assert f", {len(pairs)} pairs" in printed and "irrelevant: mean" in printed
    assert [row["loss_dpo"] for row in logged][0] == pytest.approx(0.693, abs=1e-3)
    before, after = (
        load_file(folder / "model.safetensors") for folder in (options["model"], tmp_path / "tuned")
    )
    fixed = [n for n in after if n.startswith(("model.encoder", "model.shared", "vqvae"))]
    assert fixed and all((after[name] == before[name]).all() for name in fixed)
    assert not (after["lm_head.weight"] == before["lm_head.weight"]).all()


def test_pairs_by_evidence_alone_have_no_validation(run_recipe, train, options, with_texts, capfd):
    run_recipe("draw_preferences.py", **options)
    logged = train(preferences=options["output"], kinds="evidence", eval_strategy="no")
    assert len(logged) == 2
    for changes, message in (
        ({"preferences": options["output"], "eval_strategy": "epoch"}, "are no validation pairs"),
        ({}, "kinds is 'evidence' and preferences None, expected a file together with the kind"),
        ({"preferences": options["output"], "kinds": "both"}, "expected a file together with the"),
    ):
        with pytest.raises(SystemExit):
            train(**{"kinds": "evidence", **changes})
        assert message in capfd.readouterr().err.splitlines()[-1]

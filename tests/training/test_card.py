"""Model card of a trained model: training data, settings, loss, evaluation."""

import json
from types import SimpleNamespace

from transformers import TrainerState, TrainingArguments

from agir_hf.constants_agir import NOTICE
from agir_hf.training.card import training_card
from agir_hf.training.vqvae import MotionWindows, VQVAETrainer


def card(history=(), data="simulated walks only"):
    state = TrainerState(global_step=7, max_steps=9)
    state.log_history = list(history)
    args = SimpleNamespace(seed=3, learning_rate=1e-3)
    terms = {"loss_lm": 1.0, "loss_fmt": 0.5, "loss_ego": 0.0}
    return training_card("gait", "me/gait", "A model", data, terms, args, state)


def test_card_names_data_terms_and_settings():
    text = card()
    assert text.startswith("---\nlibrary_name: transformers\n")
    assert "**simulated walks only**" in text
    assert NOTICE in text
    assert "1 · loss_lm + 0.5 · loss_fmt; 7 steps" in text and "loss_ego" not in text
    assert "| learning_rate | 0.001 |" in text and "| seed | 3 |" in text
    assert 'from_pretrained("me/gait", trust_remote_code=True)' in text
    assert "No evaluation was made" in text
    assert "Training data: **not stated**" in card(data=None)


def test_card_shows_the_last_evaluation_as_a_check():
    text = card([
        {"eval_loss": 3.0, "step": 2},
        {"eval_loss": 2.0, "eval_cider": 0.5, "eval_runtime": 9, "step": 6},
    ])  # fmt: skip
    assert "step 6 of 9. This is a check of the training, not a result" in text
    assert "one split, no cross-validation, no baseline" in text
    assert "| cider | 0.5 |" in text and "| loss | 2 |" in text and "runtime" not in text


def test_settings_are_saved_as_json_without_paths(tmp_path, vqvae, motions):
    windows = MotionWindows([motion[:64] for motion in motions], lambda motion: motion)
    args = TrainingArguments(
        str(tmp_path / "out"), use_cpu=True, max_steps=1, report_to="none", save_strategy="no"
    )
    trainer = VQVAETrainer(model=vqvae, args=args, train_dataset=windows)
    trainer.save_model()
    trainer.create_model_card()
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert "training.json" in names and "training_args.bin" not in names
    settings = json.loads((tmp_path / "out" / "training.json").read_text())
    assert settings["max_steps"] == 1 and str(tmp_path) not in json.dumps(settings)
    assert "A motion tokenizer" in (tmp_path / "out" / "README.md").read_text()

"""The model before training is a candidate for the best checkpoint."""

import pytest
import torch

EVERY_STEP = {
    "max_steps": 2, "eval_strategy": "steps", "eval_steps": 1, "save_strategy": "steps",
    "save_steps": 1, "save_total_limit": 1, "eval_on_start": True, "load_best_model_at_end": True,
    "metric_for_best_model": "loss",
}  # fmt: skip


@pytest.mark.parametrize("highest, kept", [(True, 0), (False, 2)])
def test_step_0_is_kept_if_no_later_step_is_better(
    make_trainer, model, tmp_path, capsys, highest, kept
):
    """The loss falls in every step, so its highest value is that before training."""
    made = make_trainer(config={**EVERY_STEP, "greater_is_better": highest})
    made.train()
    losses = [row["eval_loss"] for row in made.state.log_history if "eval_loss" in row]
    assert len(losses) == 3 and losses == sorted(losses, reverse=True)
    assert f"kept the model of step {kept} of 2: loss {losses[kept]:.4f}" in capsys.readouterr().out
    same = all(
        torch.equal(value, model.state_dict()[name])
        for name, value in made.model.state_dict().items()
    )
    assert same == (kept == 0)
    assert (tmp_path / f"checkpoint-{kept}").is_dir()


@pytest.mark.parametrize("step, evaluations", [(0, [0, 0, 1, 2]), (1, [0, 1, 2])])
def test_a_resumed_training_keeps_its_first_candidate(make_trainer, tmp_path, step, evaluations):
    """Only a training that resumes from step 0 evaluates it again."""
    config = {**EVERY_STEP, "save_total_limit": None, "greater_is_better": True}
    make_trainer(config=config).train()
    made = make_trainer(config=config)
    made.train(resume_from_checkpoint=str(tmp_path / f"checkpoint-{step}"))
    assert [row["step"] for row in made.state.log_history if "eval_loss" in row] == evaluations
    assert made.state.best_global_step == 0
    assert made.state.best_model_checkpoint == str(tmp_path / "checkpoint-0")

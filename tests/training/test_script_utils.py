import pytest
import torch
from safetensors import SafetensorError

from agir_hf.training.script_utils import TrainingMemoryError, find_checkpoint, run, train
from agir_hf.training.trainers import LossNotFiniteError


def checkpoint(folder, step, state='{"global_step": 1}'):
    path = folder / f"checkpoint-{step}"
    path.mkdir(parents=True)
    if state is not None:
        (path / "trainer_state.json").write_text(state)
    return str(path)


@pytest.fixture
def checkpoints(tmp_path):
    """Two complete checkpoints, and two incomplete ones."""
    written = {step: checkpoint(tmp_path, step) for step in (9, 10)}
    written[20] = checkpoint(tmp_path, 20, '{"global_step": 2')
    written[30] = checkpoint(tmp_path, 30, None)
    checkpoint(tmp_path, "last")
    return written


@pytest.mark.parametrize("option", ["auto", "true", "True"])
def test_training_resumes_from_the_newest_complete_checkpoint(tmp_path, checkpoints, option):
    assert find_checkpoint(str(tmp_path), option) == checkpoints[10]


@pytest.mark.parametrize("option", [None, "false", "False", "no"])
def test_training_starts_from_the_beginning_without_the_option(tmp_path, checkpoints, option):
    assert find_checkpoint(str(tmp_path), option) is None


def test_training_starts_from_the_beginning_without_a_complete_checkpoint(tmp_path):
    assert find_checkpoint(str(tmp_path / "nowhere"), "auto") is None
    checkpoint(tmp_path, 5, None)
    assert find_checkpoint(str(tmp_path), "auto") is None


def test_a_named_checkpoint_must_be_complete(tmp_path, checkpoints):
    assert find_checkpoint(str(tmp_path), checkpoints[9]) == checkpoints[9]
    for step in (20, 30):
        with pytest.raises(
            FileNotFoundError, match=f"checkpoint-{step} has no readable trainer_state"
        ):
            find_checkpoint(str(tmp_path), checkpoints[step])


@pytest.mark.parametrize(
    "error",
    [ValueError, FileNotFoundError, OSError, ImportError, LossNotFiniteError, SafetensorError],
)
def test_errors_that_a_user_can_fix_are_printed_on_one_line(capsys, error):
    def main():
        raise error("the loss is nan\n  at step 3: lower\tthe learning rate")

    with pytest.raises(SystemExit) as stopped:
        run(main)
    assert stopped.value.code == 2
    output = capsys.readouterr()
    assert output.err == "error: the loss is nan at step 3: lower the learning rate\n"
    assert output.out == ""


def test_an_incomplete_torch_file_is_printed_on_one_line(tmp_path, capsys):
    torch.save({"weights": torch.zeros(1000)}, tmp_path / "optimizer.pt")
    content = (tmp_path / "optimizer.pt").read_bytes()
    (tmp_path / "optimizer.pt").write_bytes(content[:2000])
    with pytest.raises(SystemExit) as stopped:
        run(lambda: torch.load(tmp_path / "optimizer.pt"))
    assert stopped.value.code == 2
    message = capsys.readouterr().err
    assert message.startswith("error: a file could not be written or read completely: check")
    assert message[-1] == "\n" and message.count("\n") == 1


@pytest.mark.parametrize("error", [AssertionError, RuntimeError, KeyError])
def test_other_errors_keep_their_traceback(error):
    def main():
        raise error("a defect")

    with pytest.raises(error, match="a defect"):
        run(main)


def test_a_successful_recipe_prints_nothing(capsys):
    ran = []
    run(lambda: ran.append(True))
    assert ran == [True] and capsys.readouterr() == ("", "")


@pytest.fixture
def trainer_without_memory(make_trainer, monkeypatch):
    """Function that makes a trainer whose memory is used up in the second step."""

    def make(**config):
        trainer = make_trainer(config={"max_steps": 3, "save_steps": 1, **config})
        step = trainer.training_step

        def failing(*args, **kwargs):
            if trainer.state.global_step == 1:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB.\nGPU 0")
            return step(*args, **kwargs)

        monkeypatch.setattr(trainer, "training_step", failing)
        return trainer

    return make


def test_out_of_memory_names_the_settings_and_the_kept_checkpoint(
    trainer_without_memory, tmp_path, capsys
):
    trainer = trainer_without_memory(save_strategy="steps")
    with pytest.raises(SystemExit):
        run(lambda: train(trainer))
    message = capsys.readouterr().err.splitlines()[-1]
    assert message.startswith(
        "error: out of memory after step 1 (CUDA out of memory. Tried to allocate 2 GiB.): "
        "lower per_device_train_batch_size (now 8) and raise gradient_accumulation_steps (now 1)"
    )
    assert "or set gradient_checkpointing to true" in message
    assert message.endswith(
        f"{tmp_path}/checkpoint-1 is kept, and --resume_from_checkpoint auto resumes from it"
    )


def test_out_of_memory_without_a_checkpoint(trainer_without_memory, tmp_path):
    with pytest.raises(TrainingMemoryError, match=f"{tmp_path} has no checkpoint yet$"):
        train(trainer_without_memory())


def test_out_of_memory_with_the_smallest_settings_needs_another_device(trainer_without_memory):
    trainer = trainer_without_memory(per_device_train_batch_size=1)
    trainer.args.gradient_checkpointing = True
    with pytest.raises(TrainingMemoryError, match=r"only \(use_peft\), or take a device with more"):
        train(trainer)


def test_out_of_memory_in_an_evaluation_names_its_batch_size(make_trainer, monkeypatch):
    trainer = make_trainer(config={"eval_strategy": "steps", "eval_steps": 1})

    def failing(*args, **kwargs):
        raise MemoryError

    monkeypatch.setattr(trainer, "prediction_step", failing)
    with pytest.raises(TrainingMemoryError, match=r"lower per_device_eval_batch_size \(now 8\);"):
        train(trainer)


def test_out_of_memory_of_the_machine_before_the_training(capsys):
    def main():
        torch.empty(1 << 60)

    with pytest.raises(SystemExit) as stopped:
        run(main)
    assert stopped.value.code == 2
    message = capsys.readouterr().err
    assert message.startswith("error: out of memory outside of the training:")
    assert message.count("\n") == 1

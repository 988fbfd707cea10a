import pytest
import torch
from safetensors import SafetensorError

from agir_hf.training.script_utils import resume_point, run
from agir_hf.training.trainers import LossNotFiniteError


def checkpoint(folder, step, state='{"global_step": 1}'):
    path = folder / f"checkpoint-{step}"
    path.mkdir(parents=True)
    if state is not None:
        (path / "trainer_state.json").write_text(state)
    return str(path)


@pytest.fixture
def checkpoints(tmp_path):
    """Two whole checkpoints, and two that a stop left half-written."""
    written = {step: checkpoint(tmp_path, step) for step in (9, 10)}
    written[20] = checkpoint(tmp_path, 20, '{"global_step": 2')
    written[30] = checkpoint(tmp_path, 30, None)
    checkpoint(tmp_path, "last")
    return written


@pytest.mark.parametrize("wanted", ["auto", "true", "True"])
def test_training_goes_on_from_the_newest_whole_checkpoint(tmp_path, checkpoints, wanted):
    assert resume_point(str(tmp_path), wanted) == checkpoints[10]


@pytest.mark.parametrize("wanted", [None, "false", "False", "no"])
def test_training_begins_anew_where_it_is_not_asked_to_go_on(tmp_path, checkpoints, wanted):
    assert resume_point(str(tmp_path), wanted) is None


def test_training_begins_anew_where_there_is_no_whole_checkpoint(tmp_path):
    assert resume_point(str(tmp_path / "nowhere"), "auto") is None
    checkpoint(tmp_path, 5, None)
    assert resume_point(str(tmp_path), "auto") is None


def test_a_checkpoint_by_name_is_taken_if_it_is_whole(tmp_path, checkpoints):
    assert resume_point(str(tmp_path), checkpoints[9]) == checkpoints[9]
    for step in (20, 30):
        with pytest.raises(FileNotFoundError, match=f"checkpoint-{step} holds no trainer_state"):
            resume_point(str(tmp_path), checkpoints[step])


@pytest.mark.parametrize(
    "error",
    [ValueError, FileNotFoundError, OSError, ImportError, LossNotFiniteError, SafetensorError],
)
def test_what_a_user_can_mend_is_told_on_one_line(capsys, error):
    def main():
        raise error("the loss is nan\n  at step 3: lower\tthe learning rate")

    with pytest.raises(SystemExit) as stopped:
        run(main)
    assert stopped.value.code == 2
    told = capsys.readouterr()
    assert told.err == "error: the loss is nan at step 3: lower the learning rate\n"
    assert told.out == ""


def test_a_file_of_torch_that_is_not_whole_is_told_on_one_line(tmp_path, capsys):
    torch.save({"weights": torch.zeros(1000)}, tmp_path / "optimizer.pt")
    content = (tmp_path / "optimizer.pt").read_bytes()
    (tmp_path / "optimizer.pt").write_bytes(content[:2000])
    with pytest.raises(SystemExit) as stopped:
        run(lambda: torch.load(tmp_path / "optimizer.pt"))
    assert stopped.value.code == 2
    told = capsys.readouterr().err
    assert told.startswith("error: a file could not be written or read whole") and told[-1] == "\n"
    assert told.count("\n") == 1


@pytest.mark.parametrize("error", [AssertionError, RuntimeError, KeyError])
def test_what_is_our_fault_comes_with_its_traceback(error):
    def main():
        raise error("a defect")

    with pytest.raises(error, match="a defect"):
        run(main)


def test_a_recipe_that_ends_well_ends_quietly(capsys):
    ran = []
    run(lambda: ran.append(True))
    assert ran == [True] and capsys.readouterr() == ("", "")

from pathlib import Path

import pytest

from agir_hf.cluster.local_executor import LocalExecutor, TaskError


@pytest.fixture
def executor(tmp_path, monkeypatch):
    """Executor of five tasks in two processes, of which task 2 is killed once."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    import steps

    (tmp_path / "out").mkdir()
    pipeline = [steps.KillOnce(str(tmp_path / "out"), 2)]
    return LocalExecutor(pipeline, 5, 2, str(tmp_path / "logs"), ["agir_hf.cluster.local_executor"])


def test_a_killed_process_fails_its_task_only_and_a_rerun_finishes_it(executor, tmp_path, capfd):
    with pytest.raises(TaskError, match=r"1 of 5 tasks failed \(task 2: it was killed") as error:
        executor.run()
    assert str(tmp_path / "logs" / "logs") in str(error.value)
    assert executor.get_incomplete_ranks() == [2]

    executor.run()
    assert executor.get_incomplete_ranks() == []
    times = {path.name: path.read_text().count("started") for path in (tmp_path / "out").iterdir()}
    assert times == {"task-0": 1, "task-1": 1, "task-2": 2, "task-3": 1, "task-4": 1}
    assert "Traceback" not in capfd.readouterr().err


def test_a_long_error_of_a_task_is_reported_in_part(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    import steps

    preload = ["agir_hf.cluster.local_executor"]
    executor = LocalExecutor([steps.LongError()], 2, 2, str(tmp_path / "logs"), preload)
    with pytest.raises(TaskError, match=r"2 of 2 tasks failed \(task \d: ValueError: xxx") as error:
        executor.run()
    assert 2000 < len(str(error.value)) < 5000

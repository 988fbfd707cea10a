"""Lists of jobs in worker processes: order, bounded memory, and processes that die."""

import importlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import agir_hf
from agir_hf.utils.workers import AHEAD, WorkersError, in_workers

# A module of its own: worker processes import the function by name.
JOBS = """
import os
import signal
import time
from pathlib import Path


def squares(jobs):
    return [(job * job, os.getpid()) for job in jobs]


def die_at_7(jobs):
    if 7 in jobs:
        os.kill(os.getpid(), signal.SIGKILL)
    return list(jobs)


def die_once(jobs):
    marker = Path(os.environ["AGIR_TEST_MARKER"])
    if not marker.exists():
        marker.touch()
        os._exit(3)
    return list(jobs)


def fail(jobs):
    raise ValueError(f"jobs {jobs}")


def threads_of(jobs):
    return [os.environ["OMP_NUM_THREADS"] for _ in jobs]


def write_process(jobs):
    Path(jobs[0]).write_text(str(os.getpid()))
    time.sleep(600)
"""


@pytest.fixture
def jobs_module(tmp_path, monkeypatch):
    (tmp_path / "jobs_for_workers.py").write_text(JOBS)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("jobs_for_workers")
    del sys.modules["jobs_for_workers"]


def lost(job, ending):
    return [f"{job} lost by {ending}"]


def test_results_are_in_order_and_few_lists_are_taken_before_they_are_needed(jobs_module):
    taken = []

    def lists():
        for start in range(0, 60, 3):
            taken.append(start)
            yield range(start, start + 3)

    results = []
    for rows in in_workers(jobs_module.squares, lists(), 2, lost):
        results += rows
        assert len(taken) - len(results) // 3 < 2 * AHEAD  # whatever the number of lists
    assert [value for value, _ in results] == [job * job for job in range(60)]
    processes = {process for _, process in results}
    assert len(processes) == 2 and os.getpid() not in processes


def test_the_list_of_a_process_that_dies_is_computed_one_by_one(jobs_module):
    lists = [[1, 2], [6, 7, 8], [9]]
    results = list(in_workers(jobs_module.die_at_7, lists, 2, lost))
    assert results == [[1, 2], [6], ["7 lost by SIGKILL"], [8], [9]]


def test_a_job_whose_process_died_once_is_not_lost(jobs_module, tmp_path, monkeypatch):
    monkeypatch.setenv("AGIR_TEST_MARKER", str(tmp_path / "died"))
    assert list(in_workers(jobs_module.die_once, [[1], [2]], 1, lost)) == [[1], [2]]


def test_an_error_of_the_function_is_raised_here(jobs_module):
    with pytest.raises(ValueError, match=r"jobs \[1, 2\]"):
        list(in_workers(jobs_module.fail, [[1, 2], [3]], 1, lost))


def test_processes_that_do_not_start_are_an_error(jobs_module, monkeypatch):
    monkeypatch.setattr("agir_hf.utils.workers._SERVE", "import os; os._exit(4)")
    with pytest.raises(WorkersError, match=r"while it started \(exit code 4\): use --workers 1"):
        list(in_workers(jobs_module.squares, [[1]], 1, lost))


def test_the_number_of_threads_is_that_of_the_caller(jobs_module, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert list(in_workers(jobs_module.threads_of, [[1]], 1, lost, threads=3)) == [["3"]]
    assert os.environ["OMP_NUM_THREADS"] == "7"


KILLED = """
import sys
sys.modules.setdefault("agir_launcher", None)  # no registration, which takes seconds
sys.path.insert(0, {folder!r})
from agir_hf.utils.workers import in_workers
from jobs_for_workers import write_process

if __name__ == "__main__":
    list(in_workers(write_process, [[{file!r}]], 1, None))
"""


def test_workers_end_with_a_killed_parent(jobs_module, tmp_path):
    file = tmp_path / "process"
    (tmp_path / "killed.py").write_text(KILLED.format(folder=str(tmp_path), file=str(file)))
    environment = {**os.environ, "PYTHONPATH": str(Path(agir_hf.__file__).parents[1])}
    parent = subprocess.Popen([sys.executable, str(tmp_path / "killed.py")], env=environment)
    for _ in range(600):
        if file.exists() and file.read_text():
            break
        time.sleep(0.1)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    for _ in range(600):
        try:
            os.kill(int(file.read_text()), 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail("the worker process is still running")

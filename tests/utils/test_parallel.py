"""Jobs in worker processes: order, errors, cancellation, replacement of workers."""

import importlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import agir_hf
from agir_hf.utils.parallel import in_processes

# A module of its own: worker processes import the function by name, and under pytest's importlib
# mode a test file has no name that they could import.
JOB = """
import os
import time
from pathlib import Path


def process_of(job):
    if job < 0:
        raise ValueError(f"job {job}")
    return job, os.getpid()


def touch(path):
    time.sleep(0.05)
    Path(path).touch()
    return path


def wait_or_create(job):
    name, path = job
    if name == "create":
        Path(path).touch()
    while not Path(path).exists():
        time.sleep(0.01)
    return name


def threads_of(job):
    return os.environ.get("OMP_NUM_THREADS"), os.environ.get("OPENBLAS_NUM_THREADS")
"""


@pytest.fixture
def jobs_module(tmp_path, monkeypatch):
    (tmp_path / "job_for_processes.py").write_text(JOB)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("job_for_processes")
    del sys.modules["job_for_processes"]


@pytest.fixture
def process_of(jobs_module):
    return jobs_module.process_of


def test_one_worker_runs_here_and_lazily(process_of):
    consumed = []
    jobs = (consumed.append(job) or job for job in range(5))
    assert next(in_processes(process_of, jobs)) == (0, os.getpid())
    assert consumed == [0]


@pytest.mark.parametrize("workers", [1, 2])
def test_workers_are_replaced_and_every_job_runs_once_in_order(process_of, workers):
    jobs = list(range(5))
    results = list(in_processes(process_of, jobs, workers, in_order=True, max_tasks_per_child=2))
    assert [job for job, _ in results] == jobs
    processes = [process for _, process in results]
    assert os.getpid() not in processes
    assert all(processes.count(process) <= 2 * workers for process in processes)
    assert set(processes[: 2 * workers]).isdisjoint(processes[2 * workers :])


def test_few_jobs_need_no_other_process(process_of):
    results = list(in_processes(process_of, [0, 1], max_tasks_per_child=2))
    assert results == [(i, os.getpid()) for i in (0, 1)]


@pytest.mark.parametrize("limit", [1, 3])
def test_many_small_jobs_end_with_few_workers(process_of, limit):
    """ProcessPoolExecutor's own max_tasks_per_child hangs here (python/cpython issue 115634)."""
    results = list(in_processes(process_of, range(10), 1, max_tasks_per_child=limit))
    assert sorted(job for job, _ in results) == list(range(10))
    assert len({process for _, process in results}) == -(-10 // limit)


@pytest.mark.parametrize("in_order", [False, True])
def test_results_come_as_completed_or_in_order(jobs_module, tmp_path, in_order):
    """Two jobs at the same time: the first ends only after the second has created a file."""
    jobs = [("wait", tmp_path / "file"), ("create", tmp_path / "file")]
    results = list(in_processes(jobs_module.wait_or_create, jobs, 2, in_order=in_order))
    assert sorted(results) == ["create", "wait"]
    assert not in_order or results == ["wait", "create"]


def test_an_error_reaches_the_caller_and_ends_the_rest(process_of):
    results = in_processes(process_of, [0, -1, 1, 2, 3], 1, in_order=True, max_tasks_per_child=1)
    assert next(results)[0] == 0
    with pytest.raises(ValueError, match="job -1"):
        list(results)


@pytest.mark.parametrize("limit", [None, 200])
def test_jobs_that_have_not_started_are_cancelled_when_the_caller_stops(
    jobs_module, tmp_path, limit
):
    paths = [tmp_path / f"{number}.txt" for number in range(600)]
    results = in_processes(jobs_module.touch, paths, 2, max_tasks_per_child=limit)
    assert next(results) in paths
    results.close()
    count = len(list(tmp_path.glob("*.txt")))
    time.sleep(0.3)
    assert count == len(list(tmp_path.glob("*.txt"))) < len(paths) / 2


def test_workers_use_one_thread_and_the_environment_is_restored(jobs_module, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    assert set(in_processes(jobs_module.threads_of, [0, 1, 2], 2)) == {("1", "1")}
    assert os.environ["OMP_NUM_THREADS"] == "7" and "OPENBLAS_NUM_THREADS" not in os.environ


SLEEPING = """
import os
import sys
import time
from pathlib import Path

sys.modules.setdefault("agir_launcher", None)  # no registration, which takes seconds
from agir_hf.utils.parallel import in_processes


def sleep(folder):
    Path(folder, str(os.getpid())).touch()
    time.sleep(600)


if __name__ == "__main__":
    list(in_processes(sleep, [sys.argv[1]] * 2, 2))
"""


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")  # an ended process whose parent has not asked is a zombie
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("sent", ["SIGKILL", "SIGTERM"])
def test_workers_end_with_their_parent(tmp_path, sent):
    script, pids = tmp_path / "sleeping.py", tmp_path / "pids"
    script.write_text(SLEEPING)
    pids.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(Path(agir_hf.__file__).parents[1])}
    parent = subprocess.Popen([sys.executable, script, pids], env=environment)
    try:
        wait_until(lambda: len(list(pids.iterdir())) == 2)
        workers = [int(path.name) for path in pids.iterdir()]
        assert all(map(is_running, workers))
        parent.send_signal(signal.Signals[sent])
        parent.wait(timeout=60)
        wait_until(lambda: not any(map(is_running, workers)))
    finally:
        parent.kill()
        parent.wait()


def wait_until(condition, limit_s=60):
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "the condition did not come true"
        time.sleep(0.05)

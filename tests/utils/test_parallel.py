"""Tests of agir_hf.motion.processes."""

import importlib
import os
import sys

import pytest

from agir_hf.utils.parallel import in_processes

# A module of its own: processes that start import the function by its name, and under pytest's
# importlib mode a test file has none that they know.
JOB = """
import os


def process_of(job):
    if job < 0:
        raise ValueError(f"job {job}")
    return job, os.getpid()
"""


@pytest.fixture
def process_of(tmp_path, monkeypatch):
    (tmp_path / "job_for_processes.py").write_text(JOB)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("job_for_processes").process_of
    del sys.modules["job_for_processes"]


def test_one_worker_works_here_and_lazily(process_of):
    taken = []
    jobs = (taken.append(job) or job for job in range(5))
    assert next(in_processes(process_of, jobs)) == (0, os.getpid())
    assert taken == [0]


@pytest.mark.parametrize("workers", [1, 2])
def test_processes_are_renewed_and_every_job_is_done_once_in_order(process_of, workers):
    jobs = list(range(5))
    done = list(in_processes(process_of, jobs, workers, in_order=True, renew=2))
    assert [job for job, _ in done] == jobs
    processes = [process for _, process in done]
    assert os.getpid() not in processes
    assert all(processes.count(one) <= 2 * workers for one in processes)
    assert set(processes[: 2 * workers]).isdisjoint(processes[2 * workers :])


def test_few_jobs_need_no_other_process(process_of):
    assert list(in_processes(process_of, [0, 1], renew=2)) == [(i, os.getpid()) for i in (0, 1)]


def test_an_error_reaches_the_caller_and_ends_the_rest(process_of):
    results = in_processes(process_of, [0, -1, 1, 2, 3], 1, in_order=True, renew=1)
    assert next(results)[0] == 0
    with pytest.raises(ValueError, match="job -1"):
        list(results)

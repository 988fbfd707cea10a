"""Threads: as many as make a model faster, unless the user states their number."""

from types import SimpleNamespace

import pytest
import torch

from agir_hf.utils import threads
from agir_hf.utils.threads import (
    faster_threads,
    threads_of_worker,
    use_threads,
    wait_passively,
    width_of,
)


@pytest.fixture
def set_numbers(monkeypatch):
    """Numbers of threads that torch is set to, which is not done."""
    numbers = []
    monkeypatch.setattr(torch, "set_num_threads", numbers.append)
    return numbers


@pytest.mark.parametrize(
    ("seconds", "chosen"),
    [
        ({1: 1.0, 2: 0.6, 4: 0.35}, 4),
        ({1: 1.0, 2: 0.6, 4: 0.55}, 2),  # four are hardly faster than two
        ({1: 1.0, 2: 0.9, 4: 0.95}, 1),
        ({1: 1.0, 2: 3.5, 4: 9.0}, 1),  # a busy machine
    ],
)
def test_more_threads_are_chosen_only_if_they_are_faster(monkeypatch, seconds, chosen):
    monkeypatch.setattr(threads, "_seconds", lambda work, numbers: {n: seconds[n] for n in numbers})
    assert faster_threads(512, cores=4) == chosen


def test_a_small_model_or_a_single_core_is_not_timed(monkeypatch):
    monkeypatch.setattr(threads, "_seconds", lambda *args: pytest.fail("timed"))
    assert faster_threads(64, cores=16) == 1
    assert faster_threads(4096, cores=1) == 1


def test_timing_restores_the_number_of_threads():
    before = torch.get_num_threads()
    assert faster_threads(512, cores=2) in (1, 2)
    assert torch.get_num_threads() == before


def test_the_number_of_the_user_is_kept(monkeypatch, set_numbers):
    model = SimpleNamespace(device=torch.device("cpu"), config=SimpleNamespace(d_model=4096))
    monkeypatch.setattr(threads, "faster_threads", lambda width: width)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    use_threads(model)
    assert set_numbers == [] and threads_of_worker(None) == 3
    use_threads(model, 5)
    assert set_numbers == [5] and threads_of_worker(5) == 5
    monkeypatch.delenv("OMP_NUM_THREADS")
    use_threads(model)
    assert set_numbers == [5, 4096] and threads_of_worker(None) == 1


def test_a_model_that_torch_does_not_compute_on_the_cpu_changes_nothing(monkeypatch, set_numbers):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    use_threads(SimpleNamespace(device="cpu"), 4)
    use_threads(SimpleNamespace(device=torch.device("meta"), config=SimpleNamespace(d_model=4096)))
    assert set_numbers == []


def test_the_width_is_that_of_the_embedded_model(model):
    assert width_of(model) == model.get_input_embeddings().weight.shape[1]


def test_waiting_threads_sleep_unless_the_user_wants_another_way():
    environment = {}
    wait_passively(environment)
    assert environment["OMP_WAIT_POLICY"] == "PASSIVE"
    assert environment["OPENBLAS_NUM_THREADS"] == "1"
    stated = {"OMP_WAIT_POLICY": "ACTIVE", "OMP_NUM_THREADS": "2"}
    environment = dict(stated)
    wait_passively(environment)
    assert stated.items() <= environment.items() and "OPENBLAS_NUM_THREADS" not in environment

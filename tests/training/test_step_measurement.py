"""Duration of steps and peak memory."""

import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from agir_hf.training import step_measurement
from agir_hf.training.step_measurement import Steps, peak_memory, restart_peak_memory


def test_durations_are_those_between_the_events_of_a_step(monkeypatch):
    """Pauses of 1 and 3 s of the clock, in which the process computes for 0 and 0.5 s."""
    now = {"clock": 5.0, "process": 2.0}
    clocks = SimpleNamespace(perf_counter=lambda: now["clock"], process_time=lambda: now["process"])
    monkeypatch.setattr(step_measurement, "time", clocks)
    steps = Steps(torch.device("cpu"))
    for clock_s, process_s in ((1.0, 0.0), (3.0, 0.5)):
        steps.on_step_begin(None, None, None)
        now["clock"] += 0.25
        steps.on_pre_optimizer_step(None, None, None)
        now["clock"], now["process"] = now["clock"] + clock_s, now["process"] + process_s
        steps.on_optimizer_step(None, None, None)
        steps.on_step_end(None, None, None)
    assert steps.durations(0, 1, 2) == [1.0, 3.0] and steps.durations(0, 0, 3) == [1.25, 3.25]
    assert steps.durations(1, 1, 2) == [0.0, 0.5]  # of the process
    assert len(Steps(torch.device("cpu")).durations(0, 0, 3)) == 0


def test_shapes_are_those_of_the_batches():
    steps = Steps(torch.device("cpu"))
    batch = {"input_ids": torch.zeros(3, 7), "decoder_input_ids": torch.zeros(3, 5)}
    assert steps.recorded(lambda rows: batch)([]) is batch
    assert steps.shapes == [(3, 7, 5)]


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux")
def test_the_peak_is_that_since_the_restart():
    cpu = torch.device("cpu")
    torch.zeros(40_000_000).fill_(1)  # 160 MB
    before = restart_peak_memory(cpu)
    assert peak_memory(cpu) < before + 50e6
    torch.zeros(30_000_000).fill_(1)
    assert peak_memory(cpu) > before + 60e6


def test_the_clocks_are_those_of_the_wall_and_of_the_process():
    """Work of this process advances both clocks, a pause only the first one."""
    steps = Steps(torch.device("cpu"))
    steps.on_step_begin(None, None, None)
    steps.on_pre_optimizer_step(None, None, None)
    time.sleep(0.02)
    steps.on_optimizer_step(None, None, None)
    (wall_s,), (process_s,) = steps.durations(0, 1, 2), steps.durations(1, 1, 2)
    assert wall_s >= 0.02 and 0 <= process_s <= wall_s

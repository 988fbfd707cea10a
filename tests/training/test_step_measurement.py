"""Duration of steps and peak memory."""

import time
from pathlib import Path

import pytest
import torch

from agir_hf.training.step_measurement import Steps, peak_memory, restart_peak_memory


def test_durations_are_those_between_the_events_of_a_step():
    steps = Steps(torch.device("cpu"))
    for pause in (0.0, 0.02):
        steps.on_step_begin(None, None, None)
        steps.on_pre_optimizer_step(None, None, None)
        time.sleep(pause)
        steps.on_optimizer_step(None, None, None)
        steps.on_step_end(None, None, None)
    first, second = steps.durations(0, 1, 2)
    assert first < 0.02 <= second <= steps.durations(0, 0, 3)[1]
    assert steps.durations(1, 1, 2)[1] < 0.02  # the process does not compute while it sleeps


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

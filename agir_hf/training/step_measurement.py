"""Duration of training steps, shapes of their batches, and peak memory."""

import ctypes
import gc
import resource
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import torch
from transformers import TrainerCallback

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass
class Steps(TrainerCallback):
    """Record the duration of each step, and the shapes of its batches.

    Attributes:
        device: Device of the training.
        times: For each step the wall time and the time of this process, in seconds: at its
            beginning, before and after the optimizer, and at its end.
        shapes: Rows, tokens of prompts and tokens of answers of each micro-batch.
    """

    device: torch.device
    times: list[list[tuple[float, float]]] = field(default_factory=list)
    shapes: list[tuple[int, int, int]] = field(default_factory=list)

    def on_step_begin(self, args, state, control, **kwargs):
        """Record the beginning of a step; the trainer calls this."""
        self.times.append([])
        self._record()

    def _record(self, *args, **kwargs):
        if self.device.type != "cpu":
            torch.accelerator.synchronize()
        self.times[-1].append((time.perf_counter(), time.process_time()))

    on_pre_optimizer_step = on_optimizer_step = on_step_end = _record

    def durations(self, clock: int, first: int, last: int) -> list[float]:
        """Return the seconds between two events of each step.

        Args:
            clock: 0 for the wall time, 1 for the time of this process.
            first: Event: 0 beginning, 1 before the optimizer, 2 after it, 3 end.
            last: Later event.
        """
        return [times[last][clock] - times[first][clock] for times in self.times]

    def recorded(self, collator: Callable) -> Callable:
        """Return a collator that records the shapes of its batches.

        Args:
            collator: Collator of a language stage.
        """

        def collate(rows):
            batch = collator(rows)
            self.shapes.append((*batch["input_ids"].shape, batch["decoder_input_ids"].shape[1]))
            return batch

        return collate


def restart_peak_memory(device: torch.device) -> int:
    """Free unused memory, restart the measurement of the peak, and return the memory in use.

    Args:
        device: Device; for a CPU it is the memory of this process.
    """
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
    elif _RESET.exists():  # Linux only
        with suppress(AttributeError, OSError):  # of the GNU C library: return freed memory
            ctypes.CDLL(None).malloc_trim(0)
        _RESET.write_text("5", encoding="ascii")
    return peak_memory(device)


def peak_memory(device: torch.device) -> int:
    """Return the peak memory, in bytes, since `restart_peak_memory`.

    Args:
        device: Device; for a CPU it is the memory of this process, where the system cannot restart
            the measurement since its start.
    """
    if device.type == "cuda":
        return torch.cuda.max_memory_reserved(device)
    lines = _STATUS.read_text(encoding="ascii").splitlines() if _STATUS.exists() else []
    peaks = [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
    return 1024 * (peaks or [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss])[0]

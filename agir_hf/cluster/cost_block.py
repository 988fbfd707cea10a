"""Last block of a pipeline: processor time and memory of the task, for its statistics."""

from __future__ import annotations

import resource
import sys
import time
from collections import deque
from collections.abc import Iterator

from datatrove.data import Document
from datatrove.pipeline.base import PipelineStep

_BYTES = 1 if sys.platform == "darwin" else 1024  # unit of ru_maxrss


class RecordCosts(PipelineStep):
    """Processor time in s of the blocks before, and peak memory of the process in MiB.

    They are in the file of a task in `logs/NAME/stats`, as `cpu_s` and `peak_memory_mib`.
    """

    name = "costs"
    type = "COSTS"

    def run(self, data, rank: int = 0, world_size: int = 1) -> Iterator[Document]:
        """Run the blocks before to their end; nothing is passed on.

        Args:
            data: Documents of the block before.
            rank: Number of the task, from 0.
            world_size: Number of tasks.
        """
        started = time.process_time()
        deque(data, maxlen=0)
        self.stat_update("cpu_s", value=round(time.process_time() - started, 2))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _BYTES
        self.stat_update("peak_memory_mib", value=round(peak / 2**20))
        yield from ()

"""Blocks of a pipeline that end their process or raise; workers import this file by its name."""

import os
import signal
from pathlib import Path

from datatrove.pipeline.base import PipelineStep


class KillOnce(PipelineStep):
    """Block that kills the process of one task, the first time that it runs."""

    name = "kill"
    type = "TEST"

    def __init__(self, folder: str, killed: int):
        super().__init__()
        self.folder, self.killed = folder, killed

    def run(self, data=None, rank: int = 0, world_size: int = 1):
        """Write the number of the task to a file."""
        with (Path(self.folder) / f"task-{rank}").open("a") as file:
            file.write("started\n")
        if rank == self.killed and (Path(self.folder) / f"task-{rank}").read_text().count("s") < 2:
            os.kill(os.getpid(), signal.SIGKILL)
        yield from ()


class LongError(PipelineStep):
    """Block that raises an error whose text is longer than a pipe holds."""

    name = "long error"
    type = "TEST"

    def run(self, data=None, rank: int = 0, world_size: int = 1):
        """Raise the error."""
        raise ValueError("x" * 200_000)

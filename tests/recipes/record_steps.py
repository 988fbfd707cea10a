"""Run a recipe and record the rows of every training step, one line of JSON each.

python record_steps.py RECORD RECIPE [OPTION ...]

With the environment variable PAUSE_AFTER=N it waits after the N-th step until it is killed.
"""

import json
import os
import runpy
import sys
import time
from unittest import mock

from agir_hf.training.trainers import FiniteLossMixin


def run_recorded(record: str, recipe: str, *options: str) -> None:
    """Run a recipe in this process and append lines to ``record``."""
    step = FiniteLossMixin.training_step
    pause_after = int(os.environ.get("PAUSE_AFTER", "0"))

    def recording_step(trainer, model, inputs, *args, **kwargs):
        line = {"step": trainer.state.global_step + 1, "ids": list(inputs["ids"])}
        loss = step(trainer, model, inputs, *args, **kwargs)
        with open(record, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        if line["step"] == pause_after:
            time.sleep(3600)
        return loss

    with (
        mock.patch.object(FiniteLossMixin, "training_step", recording_step),
        mock.patch.object(sys, "argv", [recipe, *options]),
    ):
        runpy.run_path(recipe, run_name="__main__")


if __name__ == "__main__":
    run_recorded(*sys.argv[1:])

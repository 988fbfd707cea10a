"""Run a recipe and note the rows of every step that was taken, a line of JSON each.

python noted.py NOTES RECIPE [OPTION ...]
"""

import json
import runpy
import sys
from unittest import mock

from agir_hf.training.trainers import FiniteLossMixin


def noted(notes: str, recipe: str, *options: str) -> None:
    """Run a recipe in this process; lines are added to ``notes``."""
    step = FiniteLossMixin.training_step

    def noting(trainer, model, inputs, *args, **kwargs):
        line = {"step": trainer.state.global_step + 1, "ids": list(inputs["ids"])}
        loss = step(trainer, model, inputs, *args, **kwargs)
        with open(notes, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        return loss

    with (
        mock.patch.object(FiniteLossMixin, "training_step", noting),
        mock.patch.object(sys, "argv", [recipe, *options]),
    ):
        runpy.run_path(recipe, run_name="__main__")


if __name__ == "__main__":
    noted(*sys.argv[1:])

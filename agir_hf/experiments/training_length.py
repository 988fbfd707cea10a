"""Number of updates of a stage, from its YAML file and the rows of its fold."""

import math
from collections.abc import Mapping
from functools import cache
from typing import Any

from ..corpus.loading import load_corpus

# Recipe → configuration of the corpus that it trains on.
ROWS = {
    "train_vqvae": "motion",
    "sft_generative": "generative",
    "sft_reasoning": "reasoning",
    "dpo": "preference",
}
_BATCH, _EPOCHS = 8, 3.0  # of transformers, where a file does not name them


def batch_size(settings: Mapping[str, Any]) -> int:
    """Return the rows of one update on one device.

    Args:
        settings: Options of a recipe.

    Returns:
        Batch size times the number of accumulated batches.
    """
    rows = int(settings.get("per_device_train_batch_size", _BATCH))
    return rows * int(settings.get("gradient_accumulation_steps", 1))


def updates_of(settings: Mapping[str, Any], recipe: str, corpus: str, fold: str) -> int:
    """Return the updates that the settings of a stage give on a fold.

    Args:
        settings: Options of the recipe: ``max_steps``, or epochs and batch size.
        recipe: Name of the recipe, without suffix.
        corpus: Folder or Hub name of the corpus.
        fold: Name of the fold.

    Returns:
        Number of updates, at least 1.
    """
    if int(settings.get("max_steps", -1)) > 0:
        return int(settings["max_steps"])
    kinds, pairs = str(settings.get("kinds", "both")), settings.get("pairs_per_kind")
    rows = _training_rows(recipe, corpus, fold, kinds, pairs)
    if recipe == "train_vqvae":
        rows *= 1 + int(settings.get("varied_copies", 0))
    epochs = float(settings.get("num_train_epochs", _EPOCHS))
    return max(1, math.ceil(epochs * math.ceil(rows / batch_size(settings))))


@cache
def _training_rows(recipe: str, corpus: str, fold: str, kinds: str, pairs: int | None) -> int:
    """Number of training rows of a fold, for a preference stage those of the kinds it samples."""
    rows = load_corpus(corpus, ROWS[recipe], ["train"], fold)["train"].with_format(None)
    if recipe != "dpo":
        return len(rows)
    from ..training.preference_rows import sample_kinds

    return len(sample_kinds(rows, kinds, pairs))

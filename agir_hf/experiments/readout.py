"""Read-outs of gait parameters from features, codes and encoder states of walks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from ..corpus.loading import load_corpus
from ..evaluation.probing.baselines import mean_and_spread
from ..evaluation.probing.ridge import r_squared
from ..gait.parameter_table import PARAMETER_NAMES
from ..utils.devices import explain_memory_errors
from ..utils.formatting import format_number

FEATURES = "features"
CODES = "code vectors"
ENCODER = "encoder"
ENCODER_OVER_TIME = "encoder over time"
READOUTS = (FEATURES, CODES, ENCODER, ENCODER_OVER_TIME)
SHARE_OF_FEATURES = 0.85
OF_DIFFERENCES = 0.6  # asymmetries and coefficients of variation


def readout_walks(
    corpus: str, split: str, number: int | None = None, fold: str | None = None
) -> tuple[list[np.ndarray], dict[str, np.ndarray]]:
    """Load motions and measured gait parameters of a split.

    Args:
        corpus: Folder or Hub name of the corpus.
        split: "train", "validation" or "test".
        number: Number of walks, evenly spaced in the split. None takes all.
        fold: Fold of the corpus, see `agir_hf.corpus.loading.load_corpus`.

    Returns:
        HumanML3D features of each walk, shape (L, 263), 20 fps, not normalised; and name of the
        parameter → values, shape (N,), NaN where it was not measured.
    """
    rows = load_corpus(corpus, "motion", [split], fold)[split]
    if number is not None and number < len(rows):
        rows = rows.select(np.linspace(0, len(rows) - 1, number).astype(int))
    motions = [rows[i]["motion"] for i in range(len(rows))]
    measured = list(rows.with_format(None).select_columns(["parameters"]))
    table = {
        name: np.array([row["parameters"].get(name) for row in measured], dtype=float)
        for name in PARAMETER_NAMES
    }
    return motions, table


@torch.no_grad()
def readout_embeddings(
    model, processor, motions: Sequence[np.ndarray], batch_size: int = 32
) -> dict[str, np.ndarray]:
    """Embed walks in the four ways of `READOUTS`.

    Args:
        model: Model in evaluation mode, on any device.
        processor: Its processor.
        motions: HumanML3D features of each walk, shape (L, 263), 20 fps, not normalised.
        batch_size: Walks in a batch.

    Returns:
        Name of the read-out → embedding, shape (N, D): mean and SD of features; mean and SD of code
        vectors; mean of the encoder states at motion tokens; and the last over time, which is mean
        and SD of these states and mean absolute difference of consecutive states.
    """
    order = np.argsort([len(motion) for motion in motions], kind="stable")
    parts: dict[str, list] = {name: [] for name in READOUTS}
    for start in range(0, len(motions), batch_size):
        batch = [motions[i] for i in order[start : start + batch_size]]
        inputs = processor.feature_extractor(batch, return_tensors="pt").to(model.device)
        with explain_memory_errors(model.device, batch_size):
            states = _encoder_states(model, inputs)
            codes = model.vqvae.embed_motion(**inputs, spread=True).float().cpu().numpy()
        parts[FEATURES] += [mean_and_spread(motion) for motion in batch]
        parts[CODES] += list(codes)
        parts[ENCODER] += [walk.mean(0) for walk in states]
        parts[ENCODER_OVER_TIME] += [_over_time(walk) for walk in states]
    return {name: np.stack(rows)[np.argsort(order)] for name, rows in parts.items()}


def _over_time(states: np.ndarray) -> np.ndarray:
    """Mean and SD of states (T, d), and mean absolute difference of consecutive ones: (3d,)."""
    if len(states) > 1:
        differences = np.abs(np.diff(states, axis=0)).mean(0)
    else:
        differences = np.zeros(states.shape[1])
    return np.concatenate([mean_and_spread(states), differences])


def _encoder_states(model, inputs: Mapping[str, torch.Tensor]) -> list[np.ndarray]:
    """Last hidden states (T, d) of the encoder at the motion tokens of each walk."""
    calls = []

    def keep(module, args, kwargs, output):
        mask = kwargs["attention_mask"].bool()
        calls.append((output.last_hidden_state.float().cpu().numpy(), mask.cpu().numpy()))

    hook = model.get_encoder().register_forward_hook(keep, with_kwargs=True)
    try:
        model.embed_motion(**inputs, contextual=True)
    finally:
        hook.remove()
    ((states, mask),) = calls
    # the first and the last token of a walk are the start and the end of the motion
    return [walk[used][1:-1] for walk, used in zip(states, mask, strict=True)]


def readout_table(
    train: Mapping[str, np.ndarray],
    train_parameters: Mapping[str, np.ndarray],
    test: Mapping[str, np.ndarray],
    test_parameters: Mapping[str, np.ndarray],
) -> dict[str, dict]:
    """Compute how well each embedding contains each measured gait parameter.

    Args:
        train: Name of the read-out → embedding of the training walks, shape (M, D).
        train_parameters: Name of the parameter → values in the training walks, shape (M,), NaN
            where it was not measured.
        test: Name of the read-out → embedding of the test walks, shape (N, D).
        test_parameters: Name of the parameter → values in the test walks, shape (N,).

    Returns:
        Name of the parameter → R² of each read-out, and "spoken_of": whether a rationale may speak
        of the parameter. Parameters without any R² are left out.
    """
    values = {
        name: r_squared(train[name], train_parameters, test[name], test_parameters)
        for name in train
    }
    table: dict[str, dict] = {}
    for name in train_parameters:
        row = {readout: values[readout][name] for readout in values}
        if any(value is not None for value in row.values()):
            table[name] = {**row, "spoken_of": spoken_of(name, row)}
    return table


def spoken_of(name: str, row: Mapping[str, float | None]) -> bool:
    """Return whether the encoder states contain a parameter well enough for a rationale.

    The larger R² of the two read-outs of the encoder counts. It must be at least 0.85 of the R² of
    the features; for asymmetries and coefficients of variation, which a mean over time does not
    contain, at least 0.6.

    Args:
        name: Name of the parameter.
        row: Name of the read-out → R² on test walks, or None.

    Returns:
        Whether the R² is large enough. False where the encoder or the features give 0 or less.
    """
    encoder = max(row.get(ENCODER) or 0.0, row.get(ENCODER_OVER_TIME) or 0.0)
    if "asymmetry" in name or "_cv_" in name:
        return encoder >= OF_DIFFERENCES
    of_features = row.get(FEATURES) or 0.0
    return of_features > 0 and encoder >= SHARE_OF_FEATURES * of_features


def readout_markdown(table: Mapping[str, Mapping]) -> str:
    """Format the read-outs as a Markdown table.

    Args:
        table: Result of `readout_table`.

    Returns:
        One line for each parameter: its name, R² of each read-out with two decimals, and "yes" or
        "no" for "spoken of".
    """
    header = ["R² on test walks", *READOUTS, "spoken of"]
    lines = [header, ["---"] * len(header)]
    for name, row in table.items():
        numbers = [format_number(row[readout], ".2f") for readout in READOUTS]
        lines.append([name, *numbers, "yes" if row["spoken_of"] else "no"])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)

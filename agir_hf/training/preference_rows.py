"""Rows of preference training: selection by kind, pairs by evidence, and their statistics."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from ..corpus.loading import require_columns
from ..corpus.schema import KINDS
from .evidence_preferences import EVIDENCE, read_preferences

# columns that training reads
COLUMNS = (
    "id", "codes", "length", "prompt", "chosen", "chosen_score", "rejected", "rejected_score",
    "kind",
)  # fmt: skip
ALL_KINDS = (*KINDS, EVIDENCE)
_KINDS_OF = {  # names of several kinds; "both" are those of the paper
    "both": ("irrelevant", "counterfactual"),
    "all": KINDS,
}


def kind_names(kinds: str) -> tuple[str, ...]:
    """Return the kinds of rejected answers that an option names.

    Args:
        kinds: "irrelevant", "counterfactual", "same_score", "evidence", "both" for the first two,
            "all" for the three kinds of a corpus, or several of them joined by "+".

    Returns:
        Kinds without repetition, in the order of the option.

    Raises:
        ValueError: A kind is unknown.
    """
    names = [name for part in kinds.split("+") for name in _KINDS_OF.get(part, (part,))]
    if not set(names) <= set(ALL_KINDS):
        known_names = ", ".join((*ALL_KINDS, *_KINDS_OF))
        raise ValueError(
            f"kinds is {kinds!r}, expected one of {known_names}, or several joined by +"
        )
    return tuple(dict.fromkeys(names))


def select_kinds(rows, kinds: str = "both"):
    """Select the rows with these kinds of rejected answers, for training.

    Args:
        rows: `datasets.Dataset` with the columns of `COLUMNS`.
        kinds: Kinds of rejected answers, see `kind_names`.

    Returns:
        The selected rows.

    Raises:
        ValueError: A kind is unknown, rows lack a column, or no row is of these kinds.
    """
    names = kind_names(kinds)
    require_columns(rows, COLUMNS)
    indices = _indices(rows, names)
    return rows if len(indices) == len(rows) else rows.select(indices)


def sample_kinds(rows, kinds: str = "both", number: int | None = None, seed: int = 0):
    """Select random rows of each kind, before their motions are encoded.

    Args:
        rows: `datasets.Dataset` of the configuration "preference".
        kinds: Kinds of rejected answers, see `kind_names`.
        number: Largest number of rows of each kind; `None` takes all.
        seed: Seed of the random choice.

    Returns:
        The selected rows, in their order.

    Raises:
        ValueError: A kind is unknown, the number is below 1, or no row is of these kinds.
    """
    if number is not None and number < 1:
        raise ValueError(f"the number of pairs of each kind is {number}, expected at least 1")
    names = kind_names(kinds)
    require_columns(rows, ("kind",))
    indices, row_kinds = _indices(rows, names), _kinds(rows)
    kept = []
    for index, name in enumerate(names):
        members = [i for i in indices if row_kinds[i] == name]
        order = np.random.default_rng([seed, index]).permutation(len(members))[:number]
        kept += [members[i] for i in order]
    return rows if len(kept) == len(rows) else rows.select(sorted(kept))


def _indices(rows, names: tuple[str, ...]) -> list[int]:
    """Indices of the rows of these kinds, at least one."""
    row_kinds = _kinds(rows)
    kept = [i for i, kind in enumerate(row_kinds) if kind in names]
    if not kept:
        raise ValueError(
            f"no row is of kind {' or '.join(names)}, the {len(row_kinds)} rows are of "
            f"{', '.join(sorted(set(row_kinds))) or 'none'}: pass another kind, or build the "
            "corpus from more subjects"
        )
    return kept


def _kinds(rows) -> list[str]:
    return list(_select_columns(rows, "kind")["kind"])


def _select_columns(rows, *columns: str):
    """Select columns of a data set, without loading its motions."""
    return rows.with_format(None).select_columns(list(columns))


def evidence_rows(rows, path: str, number: int | None = None, seed: int = 0):
    """Make rows of the kind "evidence" from a file of preferences and the walks of a corpus.

    Both answers of a pair have the score of the walk, so that they differ in the text alone.

    Args:
        rows: `datasets.Dataset` of the configuration "reasoning", the training part.
        path: File that `recipes/draw_preferences.py` wrote.
        number: Largest number of pairs; `None` takes all.
        seed: Seed of the random choice of pairs.

    Returns:
        `datasets.Dataset`: ``id``, ``motion`` and the columns of the texts, one row per pair.

    Raises:
        ValueError: Walks of the file are not in the rows.
    """
    pairs = read_preferences(Path(path))
    if number is not None and number < len(pairs):
        order = np.random.default_rng([seed, len(KINDS)]).permutation(len(pairs))[:number]
        pairs = [pairs[i] for i in sorted(order)]
    index_of = {name: i for i, name in enumerate(_select_columns(rows, "id")["id"])}
    missing = [pair["id"] for pair in pairs if pair["id"] not in index_of]
    if missing:
        raise ValueError(
            f"{len(missing)} walks of {path} are not in the training part of the corpus, such as "
            f"{missing[0]}: draw preferences from this corpus and fold"
        )
    selected = rows.with_format(None).select([index_of[pair["id"]] for pair in pairs])
    selected = selected.select_columns(["id", "motion"])
    for column in ("prompt", "chosen", "rejected"):
        selected = selected.add_column(column, [pair[column] for pair in pairs])
    for column in ("chosen_score", "rejected_score"):
        selected = selected.add_column(column, [int(pair["score"]) for pair in pairs])
    return selected.add_column("kind", [EVIDENCE] * len(pairs))


def joined_pairs(*parts):
    """Join encoded rows of several sources for training.

    Args:
        *parts: `datasets.Dataset` objects with the columns of `COLUMNS`, at least one.

    Returns:
        `datasets.Dataset`: Their rows, with these columns only.

    Raises:
        ValueError: Rows lack a column.
    """
    from datasets import concatenate_datasets

    for part in parts:
        require_columns(part, COLUMNS)
    selected = [_select_columns(part, *COLUMNS) for part in parts]
    features = selected[0].features
    return concatenate_datasets([part.cast(features) for part in selected])


def edit_distance_statistics(rows: Iterable[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Summarise the edit distances between chosen and rejected answers, for each kind of pair.

    The distance of a pair is the Levenshtein distance over words, with the score as the last word,
    divided by the number of words of the longer answer: 0 for equal answers, 1 if no word is
    shared. If it is low, DPO may make the chosen answers less likely (Pal et al. 2024).

    Args:
        rows: Rows of the configuration "preference".

    Returns:
        For each kind, and for "both" if there are two or "all" if there are more: number of
        ``pairs``, ``mean``, ``lower_quartile``, ``median`` and ``upper_quartile``.
    """
    if hasattr(rows, "select_columns"):
        rows = _select_columns(rows, "chosen", "chosen_score", "rejected", "rejected_score", "kind")
    distances: dict[str, list[float]] = {}
    for row in rows:
        chosen, rejected = (
            [*row[side].split(), str(row[f"{side}_score"])] for side in ("chosen", "rejected")
        )
        distance = edit_distance(chosen, rejected) / max(len(chosen), len(rejected))
        distances.setdefault(row["kind"], []).append(distance)
    if len(distances) > 1:
        together = "both" if len(distances) == 2 else "all"
        distances[together] = [value for values in distances.values() for value in values]
    return {kind: _summary(values) for kind, values in distances.items()}


def _summary(values: list[float]) -> dict[str, float]:
    lower, median, upper = np.percentile(values, (25, 50, 75)).tolist()
    return {
        "pairs": len(values),
        "mean": float(np.mean(values)),
        "lower_quartile": lower,
        "median": median,
        "upper_quartile": upper,
    }


def edit_distance(first: list[str], second: list[str]) -> int:
    """Compute the Levenshtein distance: fewest insertions, deletions and replacements of words.

    Source: Wagner and Fischer 1974, J ACM 21:168. The table is computed row by row; insertions are
    a running minimum along the row.

    Args:
        first: Words of a text.
        second: Words of another text.

    Returns:
        The distance.
    """
    words, columns = np.array(second, dtype=object), np.arange(len(second) + 1)
    row = columns
    for i, word in enumerate(first, 1):
        best = np.minimum(row[1:] + 1, row[:-1] + (words != word))
        row = np.minimum.accumulate(np.concatenate([[i], best]) - columns) + columns
    return int(row[-1])

"""Load a corpus from a folder or the Hub as a `datasets.DatasetDict`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..constants_agir import SCORES
from .splits import SPLITS_FILE, load_folds

# Name of a fold whose training part has every subject.
ALL_SUBJECTS = "everybody"  # codespell:ignore everybody


def load_corpus(
    path: str, config: str = "reasoning", splits: Sequence[str] = (), fold: str | None = None
):
    r"""Load one configuration of a corpus from a folder or the Hub.

    The column `motion` is returned as float32 arrays; the other columns are Python values. The
    Parquet files of a folder are passed to `datasets` by name, because for a folder it may return
    an older corpus from its cache.

    Args:
        path (`str`):
            Folder that `agir corpus build` wrote, or the name of a data set on the Hub.
        config (`str`, defaults to `"reasoning"`):
            Configuration: "motion", "generative", "reasoning" or "preference".
        splits (`Sequence[str]`, *optional*):
            Splits that must be present, such as `("train", "validation")`.
        fold (`str`, *optional*):
            Fold to use instead of the published split: "scheme/name" or `ALL_SUBJECTS`, see
            [`fold_subjects`]. Only for a corpus in a folder.

    Returns:
        `datasets.DatasetDict`: Split → rows, with the columns that the card of the corpus lists.

    Raises:
        FileNotFoundError: The folder has no Parquet files of the configuration.
        ValueError: The rows have no motions, or a split of `splits` is missing.

    Example:
        ```python
        >>> from pathlib import Path
        >>> import agir_hf
        >>> from agir_hf.corpus.build import build_corpus
        >>> from agir_hf.corpus.loading import load_corpus
        >>> row = f"A,on,{agir_hf.SAMPLE_RECORDING},1"
        >>> _ = Path("clinical.csv").write_text(f"subject,session,file,score\n{row}\n")
        >>> _ = build_corpus(".", "corpus")
        >>> rows = load_corpus("corpus", "reasoning")["train"]
        >>> rows[0]["motion"].shape, rows[0]["score"]
        ((119, 263), 1)

        ```
    """
    from datasets import load_dataset

    if not Path(path).is_dir():
        corpus = load_dataset(path, config)
    else:
        corpus = load_dataset("parquet", data_files=_parquet_files(Path(path) / "data" / config))
    if fold is not None:
        corpus = _regrouped(corpus, fold_subjects(path, fold))
    missing = [name for name in splits if name not in corpus]
    if missing:
        raise ValueError(
            f"{path} has no split {', '.join(missing)} of {config}, it has {', '.join(corpus)}: "
            "use another split, or build the corpus with more subjects"
        )
    for rows in corpus.values():
        require_columns(rows, ("motion",))
    return corpus.with_format("numpy", columns=["motion"], output_all_columns=True)


def _parquet_files(folder: Path) -> dict[str, list[str]]:
    """Split → Parquet files, from names such as train-00000-of-00002.parquet."""
    files: dict[str, list[str]] = {}
    for file in sorted(folder.glob("*.parquet")):
        files.setdefault(file.stem.partition("-")[0], []).append(str(file))
    if not files:
        raise FileNotFoundError(
            f"{folder} holds no Parquet files, expected a corpus: run 'agir corpus build' first"
        )
    return files


def fold_subjects(path: str, fold: str) -> dict[str, tuple[str, ...]]:
    r"""Subjects of each split in a fold of a corpus.

    Folds for cross-validation have no validation part of their own. If there are more than two, the
    test subjects of the next fold are moved from the training part to a validation part, so that
    hyperparameters are not chosen on the test subjects. The training part of the fold
    `ALL_SUBJECTS` has all subjects, its validation part is that of the published split, and it has
    no test part. It shows how much training on the test subjects inflates the results.

    Args:
        path (`str`):
            Folder of a corpus.
        fold (`str`):
            "scheme/name", such as "stratified/fold0", see [`~corpus.splits.load_folds`]; or
            `ALL_SUBJECTS`.

    Returns:
        `dict`: "train", "validation" and "test" → subjects.

    Raises:
        ValueError: The path is not the folder of a corpus, or the corpus has no such fold.

    Example:
        ```python
        >>> from pathlib import Path
        >>> import agir_hf
        >>> from agir_hf.corpus.build import build_corpus
        >>> from agir_hf.corpus.loading import fold_subjects
        >>> rows = [f"{subject},on,{agir_hf.SAMPLE_RECORDING},1" for subject in "ABC"]
        >>> _ = Path("clinical.csv").write_text("\n".join(["subject,session,file,score", *rows]))
        >>> _ = build_corpus(".", "corpus")
        >>> fold_subjects("corpus", "leave_one_subject_out/without_A")
        {'train': ('C',), 'validation': ('B',), 'test': ('A',)}

        ```
    """
    scheme, _, name = fold.partition("/")
    if not (Path(path) / SPLITS_FILE).is_file():
        raise ValueError(
            f"{path} has no {SPLITS_FILE}: pass the folder of a corpus to use its folds"
        )
    if fold == ALL_SUBJECTS:
        (fixed,) = load_folds(path, "fixed")
        subjects = (*fixed.train, *fixed.validation, *fixed.test)
        return {"train": subjects, "validation": fixed.validation, "test": ()}
    folds = load_folds(path, scheme)
    names = [candidate.name for candidate in folds]
    if name not in names:
        raise ValueError(f"fold is {fold!r}, {scheme} has {', '.join(names[:8])}: use one of them")
    chosen = folds[names.index(name)]
    validation = chosen.validation
    if not validation and len(folds) > 2:
        validation = folds[(names.index(name) + 1) % len(folds)].test
    train = tuple(subject for subject in chosen.train if subject not in validation)
    return {"train": train, "validation": validation, "test": chosen.test}


def _regrouped(corpus, subjects: dict[str, tuple[str, ...]]):
    """Corpus with other splits; a split without rows is left out."""
    from datasets import DatasetDict, concatenate_datasets

    rows = concatenate_datasets(list(corpus.values()))
    owners = np.asarray(rows["subject"])
    indices = {split: np.flatnonzero(np.isin(owners, names)) for split, names in subjects.items()}
    return DatasetDict({split: rows.select(own) for split, own in indices.items() if len(own)})


def require_columns(rows, names: tuple[str, ...]) -> None:
    """Check that rows have certain columns.

    Args:
        rows: `datasets.Dataset`.
        names: Names of the columns.

    Raises:
        ValueError: A column is missing; the message names it and the columns of the rows.
    """
    missing = [name for name in names if name not in rows.column_names]
    if missing:
        raise ValueError(
            f"rows lack {', '.join(missing)}, they have {', '.join(rows.column_names)}: pass a "
            "corpus that 'agir corpus build' wrote, in the configuration of this stage"
        )


def check_scores(rows, column: str = "score") -> None:
    """Check that every row has a score of 0, 1 or 2.

    Args:
        rows: `datasets.Dataset` with the columns `id` and `column`.
        column: Name of the column with the scores.

    Raises:
        ValueError: Rows have another score. The message names the first three.
    """
    wrong = [
        f"{name} ({score})"
        for name, score in zip(rows["id"], rows[column], strict=True)
        if score not in SCORES
    ]
    if wrong:
        last = SCORES[-1]
        raise ValueError(
            f"{len(wrong)} of {len(rows)} rows have a {column} outside 0 … {last}: "
            f"{', '.join(wrong[:3])}{', …' if len(wrong) > 3 else ''}; the model scores walking "
            "without help: leave these walks out of the corpus"
        )


def with_shuffled_scores(rows, seed: int):
    """Permute the scores among subjects: a control on which a model must perform at chance level.

    Every subject gets the scores of a random subject, in the order of the walks and repeated if
    that subject has fewer walks. The scores within a subject therefore stay as similar as before.

    Args:
        rows: `datasets.Dataset` with the columns `subject` and `score`.
        seed: Seed of the random generator.

    Returns:
        `datasets.Dataset`: Rows with permuted scores.
    """
    scores, owners = np.asarray(rows["score"]), np.asarray(rows["subject"])
    subjects = np.unique(owners)
    order = np.random.default_rng([seed, 7]).permutation(len(subjects))
    shuffled = np.empty_like(scores)
    for subject, other in zip(subjects, subjects[order], strict=True):
        own = np.flatnonzero(owners == subject)
        shuffled[own] = np.resize(scores[owners == other], len(own))
    # the format is removed first: with it, columns of lists would be written as arrays
    rows_format = rows.format
    plain = rows.with_format(None).remove_columns("score").add_column("score", shuffled.tolist())
    return plain.with_format(
        rows_format["type"],
        columns=rows_format["columns"],
        output_all_columns=rows_format["output_all_columns"],
    )

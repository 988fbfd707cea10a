"""Load a corpus from a folder or the Hub as a `datasets.DatasetDict`."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..constants_agir import SCORES
from .files import not_found
from .parquet_files import find_split_files
from .schema import CONFIGS
from .splits import load_folds

# Name of a fold whose training part has every subject.
ALL_SUBJECTS = "everybody"  # codespell:ignore everybody


def load_corpus(
    path: str, config: str = "reasoning", splits: Sequence[str] = (), fold: str | None = None
):
    r"""Load one configuration of a corpus from a folder or the Hub.

    The columns `motion` and `joints` are returned as float32 arrays; the other columns are Python
    values. The Parquet files of a folder are passed to `datasets` by name, because for a folder it
    may return an older corpus from its cache. A folder that an earlier version wrote, with Parquet
    files for each configuration, is read too.

    Args:
        path (`str`):
            Folder that `agir corpus build` wrote, or the name of a data set on the Hub.
        config (`str`, defaults to `"reasoning"`):
            Configuration: "motion", "generative", "reasoning" or "preference".
        splits (`Sequence[str]`, *optional*):
            Splits that must be present, such as `("train", "validation")`.
        fold (`str`, *optional*):
            Fold to use instead of the published split: "scheme/name" or `ALL_SUBJECTS`, see
            [`fold_subjects`].

    Returns:
        `datasets.DatasetDict`: Split → rows, with the columns that the card of the corpus lists.

    Raises:
        FileNotFoundError: There is no such folder or data set, or it has no rows of the
            configuration.
        ValueError: A file cannot be read, the rows have no motions, or a split of `splits` is
            missing.

    Example:
        ```python
        >>> from pathlib import Path
        >>> import agir_hf
        >>> from agir_hf.corpus.build import build_corpus
        >>> from agir_hf.corpus.loading import load_corpus
        >>> row = f"A,on,{agir_hf.SAMPLE_RECORDING},1"
        >>> _ = Path("clinical.csv").write_text(f"subject,session,file,score\n{row}\n")
        >>> _ = build_corpus(".", "corpus", fit="centres")
        >>> rows = load_corpus("corpus", "reasoning")["train"]
        >>> rows[0]["motion"].shape, rows[0]["score"]
        ((119, 263), 1)

        ```
    """
    if config not in CONFIGS:
        raise ValueError(f"configuration is {config!r}, expected one of {', '.join(CONFIGS)}")
    corpus = _from_folder(Path(path), config) if Path(path).is_dir() else _from_hub(path, config)
    if all(set(rows.column_names) == set(CONFIGS[config]) for rows in corpus.values()):
        corpus = corpus.select_columns(list(CONFIGS[config]))  # in the documented order
    if fold is not None:
        corpus = _regrouped(corpus, fold_subjects(path, fold))
        if config == "reasoning":
            _warn_of_absent_scores(corpus, fold)
    missing = [name for name in splits if name not in corpus]
    if missing:
        raise ValueError(
            f"{path} has no split {', '.join(missing)} of {config}, it has {', '.join(corpus)}: "
            "use another split, or build the corpus with more subjects"
        )
    for rows in corpus.values():
        require_columns(rows, ("motion",))
    from .row_format import FORMAT  # imports datasets, which is of an extra

    return corpus.with_format(FORMAT)


def _from_folder(folder: Path, config: str):
    from datasets import load_dataset

    files, options = find_split_files(folder, config)
    return load_dataset("parquet", data_files=files, **options)


def _from_hub(name: str, config: str):
    from datasets import load_dataset
    from huggingface_hub.errors import HFValidationError

    try:
        return load_dataset(name, config)
    except (FileNotFoundError, HFValidationError, ConnectionError) as error:
        raise not_found(name, error) from error


def fold_subjects(path: str, fold: str) -> dict[str, tuple[str, ...]]:
    r"""Subjects of each split in a fold of a corpus.

    Folds for cross-validation have no validation part of their own. If there are more than two, the
    test subjects of the next fold are moved from the training part to a validation part, so that
    hyperparameters are not chosen on the test subjects. The training part of the fold
    `ALL_SUBJECTS` has all subjects, its validation part is that of the published split, and it has
    no test part. It shows how much training on the test subjects inflates the results.

    Args:
        path (`str`):
            Folder of a corpus, or its name on the Hub.
        fold (`str`):
            "scheme/name", such as "stratified/fold0", see [`~corpus.splits.load_folds`]; or
            `ALL_SUBJECTS`.

    Returns:
        `dict`: "train", "validation" and "test" → subjects.

    Raises:
        FileNotFoundError: There is no such corpus, or it has no `splits.json`.
        ValueError: The corpus has no such fold.

    Example:
        ```python
        >>> from pathlib import Path
        >>> import agir_hf
        >>> from agir_hf.corpus.build import build_corpus
        >>> from agir_hf.corpus.loading import fold_subjects
        >>> rows = [f"{subject},on,{agir_hf.SAMPLE_RECORDING},1" for subject in "ABC"]
        >>> _ = Path("clinical.csv").write_text("\n".join(["subject,session,file,score", *rows]))
        >>> _ = build_corpus(".", "corpus", fit="centres")
        >>> fold_subjects("corpus", "leave_one_subject_out/without_A")
        {'train': ('C',), 'validation': ('B',), 'test': ('A',)}

        ```
    """
    scheme, _, name = fold.partition("/")
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


def _warn_of_absent_scores(corpus, fold: str) -> None:
    """Warn of scores that occur in the corpus and not in the training part of a fold."""
    scores = {split: set(rows["score"]) for split, rows in corpus.items()}
    missing = set().union(*scores.values()) - scores.get("train", set())
    if missing:
        names = " or ".join(map(str, sorted(missing)))
        warnings.warn(
            f"{fold} has no walk of score {names} in its training part, so a model of this fold "
            "cannot predict it: use another fold, or build the corpus from more subjects",
            stacklevel=3,
        )


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


def num_scores_of(rows, column: str = "score") -> int:
    """Number of scores of a corpus, from the type of a column of its rows.

    Args:
        rows: `datasets.Dataset`.
        column: Name of a column with scores.

    Returns:
        `int`: Number of labels of the column; 3 if it has no labels, or is missing.
    """
    return getattr(rows.features.get(column), "num_classes", None) or len(SCORES)


def check_scores(rows, column: str = "score", num_scores: int | None = None) -> None:
    """Check that every row has a score from 0 to `num_scores` - 1.

    Args:
        rows: `datasets.Dataset` with the columns `id` and `column`.
        column: Name of the column with the scores.
        num_scores: Number of scores. Default: that of the rows, see `num_scores_of`.

    Raises:
        ValueError: Rows have another score. The message names the first three.
    """
    last = (num_scores_of(rows, column) if num_scores is None else num_scores) - 1
    wrong = [
        f"{name} ({score})"
        for name, score in zip(rows["id"], rows[column], strict=True)
        if score is None or not 0 <= score <= last
    ]
    if wrong:
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

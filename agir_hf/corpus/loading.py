"""A corpus on disk or on the Hub, loaded as a `datasets.DatasetDict`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..constants_agir import SCORES
from .splits import SPLITS_FILE, load_folds

ALL_SUBJECTS = "everybody"  # a fold that leaves nobody out


def require_columns(rows, names: tuple[str, ...]) -> None:
    """See that rows have columns.

    Raises:
        ValueError: names what is missing and what is there.
    """
    missing = [name for name in names if name not in rows.column_names]
    if missing:
        raise ValueError(
            f"rows lack {', '.join(missing)}, they have {', '.join(rows.column_names)}: give a "
            "corpus as 'agir corpus build' writes it, in the configuration of this stage"
        )


def load_corpus(
    path: str, config: str = "reasoning", splits: Sequence[str] = (), fold: str | None = None
):
    """A corpus at a folder or Hub name, as a `datasets.DatasetDict` whose motions are arrays.

    A folder's Parquet files are named to the loader one by one: asked for the folder alone it may
    answer from its cache with a corpus that stood there before.

    Args:
        path: folder or name.
        config: "motion", "generative", "reasoning" or "preference".
        splits: that are needed.
        fold: another way to split than the published one, of a folder: see `fold_subjects`.

    Raises:
        FileNotFoundError: the folder is there and holds no such part of a corpus.
        ValueError: rows without motions, or a split that is not there.
    """
    from datasets import load_dataset

    folder = Path(path) / "data" / config
    if not Path(path).is_dir():
        corpus = load_dataset(path, config)
    else:
        files: dict[str, list[str]] = {}
        for shard in sorted(folder.glob("*.parquet")):
            files.setdefault(shard.stem.partition("-")[0], []).append(str(shard))
        if not files:
            raise FileNotFoundError(
                f"{folder} holds no Parquet files, expected a corpus: make one with 'agir corpus "
                "build'"
            )
        corpus = load_dataset("parquet", data_files=files)
    if fold is not None:
        corpus = _regrouped(corpus, fold_subjects(path, fold))
    missing = [name for name in splits if name not in corpus]
    if missing:
        raise ValueError(
            f"{path} has no split {', '.join(missing)} of {config}, it has {', '.join(corpus)}: "
            "name another, or build the corpus with more walkers"
        )
    for rows in corpus.values():
        require_columns(rows, ("motion",))
    return corpus.with_format("numpy", columns=["motion"], output_all_columns=True)


def fold_subjects(path: str, fold: str) -> dict[str, tuple[str, ...]]:
    """Subjects of each split in one of a corpus' folds.

    A fold for cross-validation has no validation part of its own: the test subjects of the fold
    after it are taken from the training part for that, so that nothing is chosen by looking at
    those who are tested. The fold `ALL_SUBJECTS` trains on all subjects and keeps the validation
    part of the published split: it shows what training on the test subjects does to figures.

    Args:
        path: folder of a corpus.
        fold: "scheme/name", such as "stratified/fold0" (see `agir_hf.corpus.splits`), or
            `ALL_SUBJECTS`.

    Raises:
        ValueError: the corpus is no folder, or has no such fold.
    """
    scheme, _, name = fold.partition("/")
    if not (Path(path) / SPLITS_FILE).is_file():
        raise ValueError(f"{path} has no {SPLITS_FILE}: folds are of a corpus in a folder")
    if fold == ALL_SUBJECTS:
        (fixed,) = load_folds(Path(path), "fixed")
        everybody = (*fixed.train, *fixed.validation, *fixed.test)
        return {"train": everybody, "validation": fixed.validation, "test": ()}
    folds = load_folds(Path(path), scheme)
    names = [one.name for one in folds]
    if name not in names:
        raise ValueError(f"fold is {fold!r}, {scheme} has {', '.join(names[:8])}: name one of them")
    own = folds[names.index(name)]
    validation = own.validation
    if not validation and len(folds) > 2:
        validation = folds[(names.index(name) + 1) % len(folds)].test
    train = tuple(subject for subject in own.train if subject not in validation)
    return {"train": train, "validation": validation, "test": own.test}


def _regrouped(corpus, subjects: dict[str, tuple[str, ...]]):
    """A corpus in other splits; one without walks is left out."""
    from datasets import DatasetDict, concatenate_datasets

    rows = concatenate_datasets(list(corpus.values()))
    owners = np.asarray(rows["subject"])
    places = {name: np.flatnonzero(np.isin(owners, some)) for name, some in subjects.items()}
    return DatasetDict({name: rows.select(at) for name, at in places.items() if len(at)})


def check_scores(rows, column: str = "score") -> None:
    """See that every row has a score of 0, 1 or 2.

    Raises:
        ValueError: names rows with another.
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
    """Rows whose scores are dealt out anew among subjects: a control that must fall to chance.

    Every subject gets the scores of another, walk for walk as far as they reach, so that the scores
    of one subject's walks stay as much alike as they were.

    Args:
        seed: of the draw.
    """
    scores, owners = np.asarray(rows["score"]), np.asarray(rows["subject"])
    subjects = np.unique(owners)
    order = np.random.default_rng([seed, 7]).permutation(len(subjects))
    dealt = np.empty_like(scores)
    for subject, other in zip(subjects, subjects[order], strict=True):
        own, given = np.flatnonzero(owners == subject), scores[owners == other]
        dealt[own] = np.resize(given, len(own))
    kept = rows.format  # as it stands, arrays would be written back where lists belong
    made = rows.with_format(None).remove_columns("score").add_column("score", dealt.tolist())
    return made.with_format(
        kept["type"], columns=kept["columns"], output_all_columns=kept["output_all_columns"]
    )

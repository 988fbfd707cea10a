"""Write a corpus from measured recordings and texts: data, splits, statistics and card."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection
from pathlib import Path

import numpy as np

from ..constants_agir import SCORES
from ..utils.files import atomic_folder, atomic_path, write_text_atomic
from ..version import __version__
from .builder import CorpusRows
from .card import write_card
from .cohorts import Source
from .corpus_norms import NORMS_FILE, corpus_norms, norms_title
from .files import corpus_file
from .fit_report import FitReport
from .normalization import Moments
from .parquet_files import write_split
from .protocols import corpus_folds
from .schema import CONFIGS, DATA, SPLITS
from .splits import SPLITS_FILE, Fold, folds_as_json
from .store import (
    METADATA_FILE,
    RECORDINGS,
    REPORT_FILE,
    WORK,
    Annotation,
    BuildError,
    Store,
    load_metadata,
    load_recording,
)
from .text_statistics import TextStatistics, text_statistics

STATISTICS_FILE = "statistics.npz"
RECORDING_LIST = "made_of.json"  # file names of the measured recordings in the corpus
CLAIM_RULES = "one grade for each value; near claims are not supported"


def assemble(
    folder: Path,
    paths: list[Path],
    annotations: dict[str, Annotation],
    source: Source,
    *,
    seed: int,
    fit: str,
    command: str = "",
    quantities: Collection[str] | None = None,
) -> TextStatistics:
    """Write data, splits, statistics, figures and card of a corpus.

    Claims are checked with the norms in the folder, see `corpus_norms.copy_norms`.

    Args:
        folder: Folder of the corpus.
        paths: Files of the measured recordings, in the order of the rows.
        annotations: Id of a recording → its text.
        source: Cohort that the recordings come from.
        seed: Seed of splits, instructions and preference pairs.
        fit: Method from markers to joints, "centres" or "body".
        command: Command to show in the card.
        quantities: Quantities that the texts of the rules may speak of, or None for all.

    Returns:
        Statistics of the texts.
    """
    recordings = list(map(load_metadata, paths))
    folds = corpus_folds(recordings, seed)
    norms, num_scores = corpus_norms(folder), source.num_scores
    rows = CorpusRows(
        annotations, source.title, source.simulated, norms, seed, quantities, num_scores
    )
    counts = _write_data(folder, paths, folds["fixed"][0], rows)
    names = [path.name for path in paths]
    write_text_atomic(folder / WORK / RECORDING_LIST, json.dumps(names) + "\n")
    splits = {"num_scores": num_scores, **folds_as_json(folds)}
    write_text_atomic(folder / SPLITS_FILE, json.dumps(splits, indent=1) + "\n")
    _write_statistics(folder / STATISTICS_FILE, paths, folds)
    scored = [row for row in recordings if row.item["score"] is not None]
    statistics = text_statistics(scored, annotations, norms, seed)
    metadata = {
        "kind": source.kind,
        "title": source.title,
        "simulated": source.simulated,
        "licence": source.licence,
        "publishable": source.publishable,
        "num_scores": num_scores,
        "rows": counts,
        "seed": seed,
        "fit": fit,
        "joints": FitReport.of(recordings).as_json(),
        "command": command,
        "version": __version__,
        "norms": {"title": norms_title(norms), "file": None if norms is None else NORMS_FILE},
        "claim_rules": CLAIM_RULES,
        "quantities": None if quantities is None else list(quantities),
        "texts": statistics.as_json(),
    }
    write_card(
        folder, recordings, annotations, folds["fixed"][0],
        metadata | {"excluded": source.excluded}, statistics, norms,
    )  # fmt: skip
    text = json.dumps(metadata, indent=2, ensure_ascii=False) + "\n"
    write_text_atomic(folder / METADATA_FILE, text)
    return statistics


def _write_data(
    folder: Path, paths: list[Path], fold: Fold, rows: CorpusRows
) -> dict[str, dict[str, int]]:
    """Write the Parquet files, and return configuration → split → number of its rows."""
    for leftover in folder.glob(f".{DATA}.*"):  # of a build that was stopped here
        shutil.rmtree(leftover, ignore_errors=True)
    split_of = {subject: split for split in SPLITS for subject in getattr(fold, split)}
    files: dict[str, list[Path]] = {split: [] for split in SPLITS}
    for path in paths:
        files[split_of[load_metadata(path).item["subject"]]].append(path)
    with atomic_folder(folder / DATA) as draft:
        counts = {
            split: write_split(draft, split, rows.of_split(split, own), rows.num_scores)
            for split, own in files.items()
        }
    return {config: {split: counts[split][config] for split in SPLITS} for config in CONFIGS}


def _write_statistics(path: Path, paths: list[Path], folds: dict[str, list[Fold]]) -> None:
    """Write mean (263,) and standard deviation (263,) of the training features of every fold."""
    moments: dict[str, Moments] = {}  # by subject
    for recorded in map(load_recording, paths):
        own = Moments.of([recorded.motion])
        subject = recorded.item["subject"]
        moments[subject] = moments[subject] + own if subject in moments else own
    arrays = {}
    for scheme, members in folds.items():
        for fold in members:
            parts = [moments[subject] for subject in fold.train]
            mean, std = sum(parts[1:], parts[0]).statistics()
            arrays |= {f"{scheme}/{fold.name}/mean": mean, f"{scheme}/{fold.name}/std": std}
    with atomic_path(path) as draft, draft.open("wb") as file:
        np.savez(file, **arrays)


def load_statistics(
    folder: str | os.PathLike, fold: Fold, scheme: str
) -> tuple[np.ndarray, np.ndarray]:
    """Load the feature statistics of the training part of a fold.

    Args:
        folder: Folder of the corpus, or the name of a data set on the Hub.
        fold: Fold of the corpus, see [`~corpus.splits.load_folds`].
        scheme: Scheme of the fold: "fixed", "stratified" or "leave_one_subject_out".

    Returns:
        `tuple`: Mean (263,) and standard deviation (263,), for the feature extractor.
    """
    with np.load(corpus_file(folder, STATISTICS_FILE), allow_pickle=False) as content:
        return content[f"{scheme}/{fold.name}/mean"], content[f"{scheme}/{fold.name}/std"]


def reassemble(folder: str | os.PathLike) -> None:
    """Write data and card of a finished corpus again, with the newest texts.

    Args:
        folder: Folder of the corpus.

    Raises:
        BuildError: The folder has no finished corpus.
    """
    folder = Path(folder)
    paths = current_recordings(folder)
    metadata = json.loads((folder / METADATA_FILE).read_text(encoding="utf-8"))
    metadata.setdefault("num_scores", len(SCORES))  # corpora of earlier versions do not state it
    keys = ("kind", "title", "simulated", "licence", "publishable", "num_scores")
    report = json.loads((folder / REPORT_FILE).read_text(encoding="utf-8"))
    source = Source(items=(), excluded=report["excluded"], **{key: metadata[key] for key in keys})
    options = {key: metadata[key] for key in ("seed", "fit", "command")}
    options["quantities"] = metadata.get("quantities")
    assemble(folder, paths, Store(folder).annotations(), source, **options)


def current_recordings(folder: str | os.PathLike) -> list[Path]:
    """Files of the measured recordings in a corpus, in the order of its rows.

    Args:
        folder: Folder of the corpus.

    Raises:
        BuildError: The folder has no finished corpus.
    """
    listed = Path(folder) / WORK / RECORDING_LIST
    if not listed.is_file():
        raise BuildError(f"{folder} holds no finished corpus: run 'agir corpus build' first")
    names = json.loads(listed.read_text(encoding="utf-8"))
    return [Path(folder) / WORK / RECORDINGS / name for name in names]

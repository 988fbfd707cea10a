"""Write a corpus from measured recordings and texts: data, splits, statistics and card."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection
from pathlib import Path

import numpy as np

from ..gait.norms import Norms
from ..utils.files import atomic_folder, atomic_path, write_text_atomic
from ..version import __version__
from .builder import AgirGait
from .card import write_card
from .cohorts import Source
from .corpus_norms import NORMS_FILE, corpus_norms, norms_title
from .fit_report import FitReport
from .normalization import Moments
from .schema import CONFIGS, SPLITS
from .splits import SPLITS_FILE, Fold, all_folds
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

DATA, STATISTICS_FILE = "data", "statistics.npz"
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
    scores: dict[str, int] = {}
    for recorded in recordings:
        subject = recorded.item["subject"]
        scores[subject] = max(recorded.item["score"], scores.get(subject, 0))
    folds = all_folds(scores, seed) if len(scores) >= len(SPLITS) else _training_only(scores)
    norms = corpus_norms(folder)
    _write_data(folder, paths, annotations, folds["fixed"][0], source, norms, seed, quantities)
    names = [path.name for path in paths]
    write_text_atomic(folder / WORK / RECORDING_LIST, json.dumps(names) + "\n")
    write_text_atomic(folder / SPLITS_FILE, _splits_text(folds))
    _write_statistics(folder / STATISTICS_FILE, paths, folds)
    statistics = text_statistics(recordings, annotations, norms, seed)
    metadata = {
        "kind": source.kind,
        "title": source.title,
        "simulated": source.simulated,
        "licence": source.licence,
        "publishable": source.publishable,
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


def _training_only(scores: dict[str, int]) -> dict[str, list[Fold]]:
    """Folds of a cohort of one or two subjects, which has no test part."""
    return {"fixed": [Fold("fixed", tuple(sorted(scores)), (), ())]}


def _write_data(
    folder: Path,
    paths: list[Path],
    annotations: dict[str, Annotation],
    fold: Fold,
    source: Source,
    norms: Norms | None,
    seed: int,
    quantities: Collection[str] | None,
) -> None:
    """Write the Parquet files of all configurations."""
    for leftover in folder.glob(f".{DATA}.*"):  # of a build that was stopped here
        shutil.rmtree(leftover, ignore_errors=True)
    with atomic_folder(folder / DATA) as draft:
        for config in CONFIGS:
            builder = AgirGait(
                config_name=config,
                files=[str(path) for path in paths],
                annotations=annotations,
                fold=fold,
                source=source.title,
                simulated=source.simulated,
                norms=norms,
                seed=seed,
                quantities=quantities,
                cache_dir=str(draft / "cache"),
            )
            builder.write_parquet(draft / config)
        shutil.rmtree(draft / "cache", ignore_errors=True)


def _splits_text(folds: dict[str, list[Fold]]) -> str:
    """Folds as JSON, without the training parts, which are all other subjects."""
    subjects = sorted(
        {s for fold in folds["fixed"] for split in SPLITS for s in getattr(fold, split)}
    )
    schemes = {
        scheme: [
            {name: vars(fold)[name] for name in ("name", "validation", "test")} for fold in members
        ]
        for scheme, members in folds.items()
    }
    return json.dumps({"subjects": subjects, "schemes": schemes}, indent=1) + "\n"


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
        folder: Folder of the corpus.
        fold: Fold of the corpus, see [`~corpus.splits.load_folds`].
        scheme: Scheme of the fold: "fixed", "stratified" or "leave_one_subject_out".

    Returns:
        `tuple`: Mean (263,) and standard deviation (263,), for the feature extractor.
    """
    with np.load(Path(folder) / STATISTICS_FILE, allow_pickle=False) as content:
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
    keys = ("kind", "title", "simulated", "licence", "publishable")
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

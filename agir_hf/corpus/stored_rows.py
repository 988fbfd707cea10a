"""Rows of a corpus from the intermediate results on disk, and writing a finished corpus again."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ..constants_agir import SCORES
from ..utils.files import write_text_atomic
from ..utils.parallel import in_processes
from .assembly import join_rows
from .corpus_norms import NORMS_FILE, corpus_norms
from .measurement import FitSettings
from .recording_rows import RecordingRow, RowSettings, with_checks
from .source import Source
from .store import (
    METADATA_FILE,
    RECORDINGS,
    REPORT_FILE,
    WORK,
    BuildError,
    Store,
    load_metadata,
    load_recording,
)
from .text_checks import checks_key
from .texts import Writer, annotate_all

RECORDING_LIST = "made_of.json"  # file names of the measured recordings in the corpus


def with_stored_texts(
    rows: Sequence[RecordingRow],
    store: Store,
    settings: RowSettings,
    writer: Writer | None = None,
    workers: int = 1,
) -> list[RecordingRow]:
    """Rows with texts and checks: those of the store, or new ones where they are out of date.

    Args:
        rows: Rows in the order of the cohort, of which some may have no text.
        store: Texts and checks of earlier builds, to which new ones are added.
        settings: Settings of the rows.
        writer: Writer of the texts, or None for the rules.
        workers: Number of processes.
    """
    measured = [row.recorded for row in rows if not row.reason]
    annotations = annotate_all(
        measured, store, writer, settings.seed, settings.load_norms(), workers,
        settings.quantities,
    )  # fmt: skip
    rows = [row if row.reason else replace(row, annotation=annotations[row.id]) for row in rows]
    return with_stored_checks(rows, store, settings, workers)


def with_stored_checks(
    rows: Sequence[RecordingRow], store: Store, settings: RowSettings, workers: int = 1
) -> list[RecordingRow]:
    """Rows with the checks of their texts: those of the store, or new ones.

    Args:
        rows: Rows with texts, in the order of the cohort.
        store: Checks of earlier builds, to which new ones are added.
        settings: Settings of the rows.
        workers: Number of processes.
    """
    state, scores, kept = settings.rules_state(), settings.num_scores, store.checks()
    complete, pending = {}, []
    for row in rows:
        checks = kept.get(row.id)
        if row.reason:
            complete[row.id] = row
        elif checks and checks.key == checks_key(row.annotation, row.recorded, state, scores):
            complete[row.id] = replace(row, checks=checks)
        else:
            pending.append(row)
    results = in_processes(partial(with_checks, settings=settings), pending, workers)
    for row in tqdm(results, total=len(pending), unit="text", desc="checking", leave=False):
        store.add_checks(row.checks)
        complete[row.id] = row
    return [complete[row.id] for row in rows]


def stored_arrays(paths: Sequence[Path]) -> Callable[[int], tuple[np.ndarray, np.ndarray]]:
    """Function that reads features and joints of a row, for `join_rows`.

    Args:
        paths: File of the measurement of each row.
    """

    def arrays_of(index: int) -> tuple[np.ndarray, np.ndarray]:
        recorded = load_recording(paths[index])
        return recorded.motion, recorded.joints

    return arrays_of


def keep_recording_list(folder: Path, paths: Sequence[Path]) -> None:
    """Write the names of the measured recordings in a corpus, for `current_recordings`.

    Args:
        folder: Folder of the corpus.
        paths: Files of the measurements, in the order of the rows.
    """
    names = [path.name for path in paths]
    write_text_atomic(folder / WORK / RECORDING_LIST, json.dumps(names) + "\n")


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
    report = json.loads((folder / REPORT_FILE).read_text(encoding="utf-8"))
    keys = ("kind", "title", "simulated", "licence", "publishable", "num_scores")
    source = Source(
        items=(), excluded=report["excluded"], remarks=tuple(report["remarks"]),
        **{key: metadata[key] for key in keys},
    )  # fmt: skip
    quantities = metadata.get("quantities")
    settings = RowSettings(
        FitSettings(metadata["fit"]),
        metadata["seed"],
        None if corpus_norms(folder) is None else str(folder / NORMS_FILE),
        None if quantities is None else tuple(quantities),
        metadata["num_scores"],
    )
    store = Store(folder)
    annotations = store.annotations()
    recordings = list(map(load_metadata, paths))
    rows = [RecordingRow(row.id, "", row, annotations[row.id]) for row in recordings]
    rows = with_stored_checks(rows, store, settings)
    join_rows(folder, source, rows, stored_arrays(paths), settings, metadata["command"])

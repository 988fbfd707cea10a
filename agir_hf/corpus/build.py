"""A cohort → the motion–rationale corpus: `build_corpus`, behind ``agir corpus build``.

Recordings are measured one by one (`measure_item`), texts are written of them (a writer), then
everything is put together as Parquet with a card. Each finished recording and text stays (`Store`);
the same command goes on where it was stopped.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Protocol

import numpy as np

from ..annotation.llm_writer import Answered, Request
from ..annotation.rule_writer import RuleWriter
from ..gait import measure
from ..humanml3d import joints_to_features
from ..motion import BodyMotion, MarkerRecording, read_recording, to_joints
from ..utils.files import atomic_folder, atomic_path, check_replaceable, write_text_atomic
from ..utils.parallel import in_processes
from ..version import __version__
from .builder import AgirGait
from .card import write_card
from .cohorts import Item, Source, read_source
from .normalization import Moments
from .schema import CONFIGS, CORPUS_TAG, SPLITS
from .splits import SPLITS_FILE, Fold, all_folds
from .store import (
    ABOUT,
    RECORDINGS,
    WORK,
    Annotation,
    BuildError,
    Recorded,
    Store,
    load_about,
    load_recording,
    save_recording,
)

FITS = ("centres", "body")
DATA, REPORT, STATISTICS = "data", "report.json", "statistics.npz"
MADE_OF = "made_of.json"


class Writer(Protocol):
    """Writes texts of measured recordings.

    ``name`` tells which writer it is; ``state`` changes where it would write other texts.
    """

    name: str
    state: str

    def write(self, requests: Iterable[Request]) -> Iterator[Answered]:
        """Answers in the order asked."""


@dataclass(frozen=True)
class Built:
    """What a build made: its folder, recordings taken, and name → reason of what was left out."""

    folder: Path
    recordings: int
    excluded: dict[str, str]


def build_corpus(
    source: str | os.PathLike,
    out_dir: str | os.PathLike,
    *,
    fit: str = "centres",
    workers: int = 1,
    writer: Writer | None = None,
    seed: int = 0,
    command: str = "",
) -> Built:
    """Make the corpus of a cohort.

    Args:
        source: the Shida download, CARE-PD pickles, a folder with clinical.csv, or a simulated
            cohort; see `sources.read_source`.
        out_dir: folder of the corpus; a build that was stopped there goes on.
        fit: how markers become joints: "centres" (anatomical regression) or "body".
        workers: processes that measure.
        writer: of the rationales, by default `RuleWriter`.
        seed: of splits, instructions and preference pairs.
        command: for the card.

    Returns:
        What was made.

    Raises:
        FileNotFoundError, SourceError, ClinicalTableError: see `read_source`.
        FileExistsError: ``out_dir`` holds something else.
        BuildError: too little is left to make splits of.
        EndpointError: a language model did not answer; what it answered before is kept.
        OSError: the disk is full, for one; what was finished is kept.
    """
    if fit not in FITS or workers < 1:
        raise ValueError(f"fit is {fit!r} with {workers} workers, expected one of {FITS} and 1 on")
    if seed < 0:
        raise ValueError(f"seed is {seed}, expected 0 or more")
    out_dir = Path(out_dir).expanduser().resolve()
    check_replaceable(out_dir, CORPUS_TAG)
    found = read_source(Path(source))
    store = Store(out_dir)
    _claim(out_dir)
    paths, failed = _measure_all(found, store, fit, workers)
    excluded = found.excluded | failed
    _write_report(out_dir / REPORT, found, excluded, len(paths))
    if not paths:
        (reason, _), *_ = Counter(failed.values()).most_common(1)
        raise BuildError(f"none of {len(failed)} recordings can be measured, such as: {reason}")
    recorded = [load_about(path) for path in paths]
    annotations = _annotate_all(recorded, store, writer or RuleWriter(seed), seed)
    assemble(out_dir, paths, annotations, found, seed=seed, fit=fit, command=command)
    return Built(out_dir, len(paths), excluded)


def _claim(folder: Path) -> None:
    """Mark a folder as ours before anything else is in it."""
    folder.mkdir(parents=True, exist_ok=True)
    card = folder / "README.md"
    if not card.exists():
        write_text_atomic(card, f"# {CORPUS_TAG}\n\nA build that is not finished.\n")


def _measure_all(found: Source, store: Store, fit: str, workers: int):
    """Files of the measured recordings, in the items' order, and name → reason of the others."""
    from tqdm import tqdm

    paths = {item.id: store.path_of(item, fit) for item in found.items}
    known = store.failures()
    waiting = [
        (item, paths[item.id])
        for item in found.items
        if not store.has(paths[item.id], item) and paths[item.id].name not in known
    ]
    done = len(found.items) - len(waiting)
    results = in_processes(partial(measure_item, fit=fit), waiting, workers)
    bar = tqdm(results, total=len(found.items), initial=done, unit="walk", desc="measuring")
    for path, reason in bar:
        if reason:
            store.fail(path, reason)
            known[path.name] = reason
    failed = {
        item.id: known[paths[item.id].name]
        for item in found.items
        if paths[item.id].name in known and not paths[item.id].is_file()
    }
    return [paths[item.id] for item in found.items if item.id not in failed], failed


def measure_item(job: tuple[Item, Path], fit: str) -> tuple[Path, str]:
    """Measure one recording and write it; its file, and why it could not be measured, or ""."""
    item, path = job
    try:
        recording = read_recording(item.path, item=item.inside or None)
        shape = None
        if fit == "body" and isinstance(recording, MarkerRecording) and item.static:
            shape = _shape(str(item.static), item.static.stat().st_mtime_ns)
        method = fit if isinstance(recording, MarkerRecording) else "centres"
        joints = to_joints(recording, method, shape=shape)
        motion = joints_to_features(joints.joints)
        measured = measure(_measurable(recording))
    except (ValueError, FileNotFoundError, np.linalg.LinAlgError) as error:
        return path, _placeless(str(error), item)
    if not np.isfinite(motion).all():
        return path, f"{item.path.name}: features are not finite"
    values = {name: row.value for name, row in measured.parameters.items()}
    rate = float(recording.rate_hz)
    save_recording(path, item, motion, joints.joints, values, measured.absent, rate)
    return path, ""


def _placeless(reason: str, item: Item) -> str:
    """A reason on one line, which names files but not where they lie: reports are handed on."""
    for file in filter(None, (item.path, item.static)):
        reason = reason.replace(str(file), file.name)
    return " ".join(reason.split())


def _measurable(recording):
    from ..motion.body import body_joints

    return body_joints(recording) if isinstance(recording, BodyMotion) else recording


@lru_cache(maxsize=2)
def _shape(static: str, _modified: int):
    from ..motion.fitting.mosh import fit_shape

    return fit_shape(read_recording(static))


def _write_report(path: Path, found: Source, excluded: dict[str, str], taken: int) -> None:
    report = {
        "source": found.kind,
        "title": found.title,
        "simulated": found.simulated,
        "taken": taken,
        "excluded": excluded,
        "remarks": list(found.remarks),
    }
    write_text_atomic(path, json.dumps(report, indent=2, ensure_ascii=False) + "\n")


def _annotate_all(
    recorded: list[Recorded], store: Store, writer: Writer, seed: int
) -> dict[str, Annotation]:
    """A text for each recording; those that stand already are kept."""
    from tqdm import tqdm

    standing, rules = store.annotations(), RuleWriter(seed)
    # of a walk of which nothing is known there is nothing to ask a model
    writer_of = {row.id: writer if row.parameters else rules for row in recorded}
    keys = {row.id: _key(row, writer_of[row.id]) for row in recorded}
    waiting = [row for row in recorded if not _holds(standing.get(row.id), keys[row.id])]
    done = len(recorded) - len(waiting)
    with tqdm(total=len(recorded), initial=done, unit="text", desc="writing") as bar:
        for one in dict.fromkeys((writer, rules)):
            own = [row for row in waiting if writer_of[row.id] is one]
            for answer in one.write(_request(row) for row in own):
                annotation = Annotation(
                    answer.key,
                    keys[answer.key],
                    **vars(answer.written),
                    writer=one.name,
                    flags=answer.flags,
                )
                store.annotate(annotation)
                standing[answer.key] = annotation
                bar.update()
    return {row.id: standing[row.id] for row in recorded}


def _request(row: Recorded) -> Request:
    item = row.item
    return Request(row.id, row.parameters, item["score"], item["age"], item["sex"])


def _holds(annotation: Annotation | None, key: str) -> bool:
    """Whether a text stands: a reviewer's whoever would write now, while the walk is the same."""
    if annotation is None:
        return False
    walk, _, _ = key.partition(":")
    return annotation.key == key or (annotation.revised and annotation.key.startswith(f"{walk}:"))


def _key(row: Recorded, writer: Writer) -> str:
    """Of all that a text is written from: the walk, and after a colon who writes."""
    about = [row.parameters, row.item["score"], row.item["age"], row.item["sex"]]
    parts = (json.dumps(about, sort_keys=True), writer.state)
    return ":".join(hashlib.sha256(part.encode()).hexdigest()[:16] for part in parts)


def assemble(
    folder: Path,
    paths: list[Path],
    annotations: dict[str, Annotation],
    found: Source,
    *,
    seed: int,
    fit: str,
    command: str = "",
) -> None:
    """Put data, splits, statistics, figures and card of a corpus in place.

    Raises:
        BuildError: fewer than three subjects are left.
    """
    scores: dict[str, int] = {}
    for row in map(load_about, paths):
        scores[row.item["subject"]] = max(row.item["score"], scores.get(row.item["subject"], 0))
    folds = {"fixed": [_only_training(scores)]} if len(scores) < 3 else all_folds(scores, seed)
    for left in folder.glob(f".{DATA}.*"):  # of a build that was killed here
        shutil.rmtree(left, ignore_errors=True)
    with atomic_folder(folder / DATA) as draft:
        for config in CONFIGS:
            builder = AgirGait(
                config_name=config,
                files=[str(path) for path in paths],
                annotations=annotations,
                fold=folds["fixed"][0],
                source=found.title,
                simulated=found.simulated,
                seed=seed,
                cache_dir=str(draft / "cache"),
            )
            builder.write_parquet(draft / config)
        shutil.rmtree(draft / "cache", ignore_errors=True)
    write_text_atomic(folder / WORK / MADE_OF, json.dumps([path.name for path in paths]) + "\n")
    write_text_atomic(folder / SPLITS_FILE, _folds_text(folds))
    _write_statistics(folder / STATISTICS, paths, folds)
    about = {
        "kind": found.kind,
        "title": found.title,
        "simulated": found.simulated,
        "licence": found.licence,
        "publishable": found.publishable,
        "seed": seed,
        "fit": fit,
        "command": command,
        "version": __version__,
    }
    write_card(folder, paths, annotations, folds["fixed"][0], about)
    write_text_atomic(folder / ABOUT, json.dumps(about, indent=2) + "\n")


def _only_training(scores: dict[str, int]) -> Fold:
    """A cohort of one or two subjects has nobody to test on."""
    return Fold("fixed", tuple(sorted(scores)), (), ())


def _folds_text(folds: dict[str, list[Fold]]) -> str:
    """Folds without their training parts, which are the other subjects."""
    subjects = sorted(
        {s for fold in folds["fixed"] for split in SPLITS for s in getattr(fold, split)}
    )
    schemes = {
        scheme: [
            {name: vars(fold)[name] for name in ("name", "validation", "test")} for fold in some
        ]
        for scheme, some in folds.items()
    }
    return json.dumps({"subjects": subjects, "schemes": schemes}, indent=1) + "\n"


def _write_statistics(path: Path, paths: list[Path], folds: dict[str, list[Fold]]) -> None:
    """Mean and spread (263,) of the features of every fold's training part."""
    of: dict[str, Moments] = {}
    for recorded in map(load_recording, paths):
        own = Moments.of([recorded.motion])
        subject = recorded.item["subject"]
        of[subject] = of[subject] + own if subject in of else own
    arrays = {}
    for scheme, some in folds.items():
        for fold in some:
            parts = [of[subject] for subject in fold.train]
            mean, std = sum(parts[1:], parts[0]).statistics()
            arrays |= {f"{scheme}/{fold.name}/mean": mean, f"{scheme}/{fold.name}/std": std}
    with atomic_path(path) as draft, draft.open("wb") as file:
        np.savez(file, **arrays)


def load_statistics(folder: Path, fold: Fold, scheme: str) -> tuple[np.ndarray, np.ndarray]:
    """Mean (263,) and spread (263,) of a fold's training part, for its feature extractor."""
    with np.load(Path(folder) / STATISTICS, allow_pickle=False) as content:
        return content[f"{scheme}/{fold.name}/mean"], content[f"{scheme}/{fold.name}/std"]


def reassemble(folder: Path) -> None:
    """Make data and card of a corpus anew, from what its build left: after a review.

    Raises:
        BuildError: the folder holds no finished build.
    """
    folder = Path(folder)
    paths = current_recordings(folder)
    told = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    annotations = Store(folder).annotations()
    keys = ("kind", "title", "simulated", "licence", "publishable")
    found = Source(items=(), **{key: told[key] for key in keys})
    assemble(
        folder, paths, annotations, found, seed=told["seed"], fit=told["fit"],
        command=told["command"],
    )  # fmt: skip


def current_recordings(folder: Path) -> list[Path]:
    """Files of the recordings that the corpus' data was made of, in its order.

    Raises:
        BuildError: the folder holds no finished build.
    """
    listed = Path(folder) / WORK / MADE_OF
    if not listed.is_file():
        raise BuildError(f"{folder} holds no finished corpus: run 'agir corpus build' first")
    names = json.loads(listed.read_text(encoding="utf-8"))
    return [Path(folder) / WORK / RECORDINGS / name for name in names]

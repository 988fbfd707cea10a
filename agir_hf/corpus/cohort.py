"""A simulated cohort, written as a corpus: `simulate_cohort` behind `agir corpus simulate`.

Walkers (`subjects.py`) walk (`walker.py`), are recorded (`capture.py`) and measured
(`measure.py`), and sentences are written about them (`annotate.py`). Motions pass the code that
real recordings pass: `agir_hf.motion.to_joints` and `agir_hf.humanml3d.joints_to_features`.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np

from ..humanml3d import joints_to_features
from ..motion import MarkerRecording, to_joints
from .annotate import write_arm_description, write_foot_description, write_rationale
from .capture import capture_walk, write_c3d
from .card import Counted, corpus_card
from .measure import measure_walk
from .schema import CORPUS_TAG, SCORES, SPLITS, corpus_features
from .subjects import draw_subject, draw_walk
from .walker import simulate_walk

FEWEST_SUBJECTS = len(SCORES) * len(SPLITS)  # every score in every split
TEST_SHARE, VALIDATION_SHARE = 0.2, 0.1
C3D_FOLDER = "C3Dfiles"  # as in the Shida data set


@dataclass(frozen=True)
class _Job:
    """One walker to simulate; `c3d_folder` is where the recordings go, or None."""

    seed: int
    number: int
    score: int
    walks: int
    c3d_folder: Path | None

    @property
    def name(self) -> str:
        return f"SUB{self.number:02d}"


def simulate_cohort(
    out_dir: str | os.PathLike,
    subjects: int = 60,
    walks_per_subject: int = 4,
    seed: int = 0,
    workers: int = 1,
    c3d: bool = False,
) -> Path:
    """Simulate walkers of three severities and write them as a corpus (see `schema.py`).

    The folder is written beside `out_dir` and moved there when it is whole; an earlier corpus of
    ours is replaced.

    Args:
        out_dir: folder to write: README.md, data/{train,validation,test}.parquet and, with
            `c3d`, C3Dfiles/SUB01_off/SUB01_off_walk_1.c3d and so on.
        subjects: walkers, at least 9; each score has a third of them, within one.
        walks_per_subject: recordings of each walker.
        seed: the same seed gives the same rows, whatever the number of workers.
        workers: processes.
        c3d: also write the marker recordings, 150 Hz, as the Shida data set lays them out.

    Returns:
        The folder.

    Raises:
        ValueError: too few walkers, walks or workers, or a negative seed.
        FileExistsError: `out_dir` is a file, or holds something that is not a corpus of ours.
        ImportError: `datasets` is not installed.
    """
    out_dir = Path(out_dir).expanduser().resolve()
    _check_numbers(subjects, walks_per_subject, seed, workers)
    _check_replaceable(out_dir)
    features = corpus_features()
    out_dir.parent.mkdir(parents=True, exist_ok=True)
    draft = out_dir.with_name(f".{out_dir.name}.{os.getpid()}.partial")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        c3d_folder = draft / C3D_FOLDER if c3d else None
        jobs = _jobs(subjects, walks_per_subject, seed, c3d_folder)
        counted = _write_splits(draft / "data", features, jobs, workers)
        command = f"agir corpus simulate OUT --subjects {subjects} --walks {walks_per_subject}"
        command += f" --seed {seed}" + (" --c3d" if c3d else "")
        card = corpus_card(counted, command=command, version=_version())
        (draft / "README.md").write_text(card, encoding="utf-8")
        _move_into_place(draft, out_dir)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    print(f"{len(counted)} simulated walks of {subjects} walkers: {out_dir}")
    return out_dir


def simulate_subject(
    number: int, score: int, *, seed: int, walks: int
) -> Iterator[tuple[dict, MarkerRecording]]:
    """Yield each walk of one walker: its row of the corpus (without split) and its recording.

    Args:
        number: of the walker, from 1.
        score: 0, 1 or 2.
        seed: of the cohort.
        walks: how many.
    """
    job = _Job(seed, number, score, walks, None)
    subject = draw_subject(job.name, score, np.random.default_rng([seed, number]))
    for i in range(1, walks + 1):
        rng = np.random.default_rng([seed, number, i])
        plan = draw_walk(subject, rng)
        walk = simulate_walk(
            subject.body, plan.style, plan.duration_s, rng, starts=plan.starts, stops=plan.stops
        )
        name = f"{subject.name}_off_walk_{i}"
        recording = capture_walk(walk, subject.sites, rng, source=f"{name} (simulated)")
        parameters = measure_walk(walk)
        row = {
            "subject": subject.name,
            "walk": name,
            "score": score,
            "motion": joints_to_features(to_joints(recording).joints),
            "foot_description": write_foot_description(parameters, rng),
            "arm_description": write_arm_description(parameters, rng),
            "rationale": write_rationale(parameters, rng),
            "parameters": parameters,
            "simulated": True,
        }
        yield row, recording


def assign_splits(scores: list[int], seed: int) -> list[str]:
    """A split for each walker: about 70/10/20 % within every score, each at least once.

    Args:
        scores: of the walkers, at least three of each score.
        seed: of the cohort.
    """
    rng = np.random.default_rng([seed, 0, 1])
    splits = [SPLITS[0]] * len(scores)
    for score in SCORES:
        own = rng.permutation([i for i, s in enumerate(scores) if s == score])
        test = max(1, round(TEST_SHARE * len(own)))
        validation = max(1, round(VALIDATION_SHARE * len(own)))
        for i in own[:test]:
            splits[i] = SPLITS[2]
        for i in own[test : test + validation]:
            splits[i] = SPLITS[1]
    return splits


def _check_numbers(subjects: int, walks: int, seed: int, workers: int) -> None:
    if subjects < FEWEST_SUBJECTS:
        raise ValueError(
            f"{subjects} subjects, expected at least {FEWEST_SUBJECTS}: every one of the "
            f"{len(SCORES)} scores needs a walker in each of the {len(SPLITS)} splits"
        )
    for name, value, least in (("walks", walks, 1), ("workers", workers, 1), ("seed", seed, 0)):
        if value < least:
            raise ValueError(f"{name} is {value}, expected at least {least}")


def _check_replaceable(folder: Path) -> None:
    """Refuse to write over anything but nothing, an empty folder, or a corpus of ours."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise FileExistsError(f"{folder} is a file, expected a folder to write: name another")
    card = folder / "README.md"
    ours = card.is_file() and f"\n- {CORPUS_TAG}\n" in card.read_text("utf-8", errors="replace")
    if any(folder.iterdir()) and not ours:
        raise FileExistsError(
            f"{folder} is not empty and not a corpus of ours: name a new folder, or empty it"
        )


def _jobs(subjects: int, walks: int, seed: int, c3d_folder: Path | None) -> list[_Job]:
    scores = [SCORES[i % len(SCORES)] for i in range(subjects)]
    scores = np.random.default_rng([seed, 0, 0]).permutation(scores)
    return [_Job(seed, i + 1, int(s), walks, c3d_folder) for i, s in enumerate(scores)]


def _write_splits(folder: Path, features, jobs: list[_Job], workers: int) -> list[Counted]:
    """Write one Parquet file per split, walker by walker, and count what was written."""
    import pyarrow.parquet as parquet
    from datasets import Dataset
    from tqdm import tqdm

    splits = assign_splits([job.score for job in jobs], jobs[0].seed)
    folder.mkdir(parents=True)
    counted = []
    with ExitStack() as stack:
        files = {
            split: stack.enter_context(
                parquet.ParquetWriter(folder / f"{split}.parquet", features.arrow_schema)
            )
            for split in SPLITS
        }
        results = stack.enter_context(_running(jobs, workers))
        bar = tqdm(results, total=len(jobs), unit="walker", desc="simulating")
        for split, rows in zip(splits, bar, strict=True):
            files[split].write_table(Dataset.from_list(rows, features=features).data.table)
            counted += [Counted(split, row["subject"], row["score"]) for row in rows]
    return counted


@contextmanager
def _running(jobs: list[_Job], workers: int) -> Iterator[Iterator[list[dict]]]:
    """The rows of each job, in the jobs' order, made here or in worker processes."""
    if workers == 1:
        yield map(_simulate, jobs)
        return
    ignore_interrupts = (signal.SIGINT, signal.SIG_IGN)  # the parent process ends the workers
    with multiprocessing.Pool(min(workers, len(jobs)), signal.signal, ignore_interrupts) as pool:
        yield pool.imap(_simulate, jobs)


def _simulate(job: _Job) -> list[dict]:
    """The rows of one walker; writes the recordings where they are asked for."""
    rows = []
    for row, recording in simulate_subject(job.number, job.score, seed=job.seed, walks=job.walks):
        rows.append(row)
        if job.c3d_folder is not None:
            session = job.c3d_folder / f"{job.name}_off"
            session.mkdir(parents=True, exist_ok=True)
            write_c3d(recording, session / f"{row['walk']}.c3d")
    return rows


def _version() -> str:
    try:
        return metadata.version("agir-hf")
    except metadata.PackageNotFoundError:
        return "from a source folder"


def _move_into_place(draft: Path, folder: Path) -> None:
    """Put the finished draft where the folder is; what was there goes only then."""
    old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    if folder.exists():
        folder.rename(old)
    try:
        draft.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)

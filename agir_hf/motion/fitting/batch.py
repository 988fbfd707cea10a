"""Many trials fitted: whose shape goes with which walk, what is done already, what failed.

Beside the fits lies ``report.jsonl``, one line for each trial that was finished or excluded; a
trial that stands in it, unchanged since, is not fitted again.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from ...utils.parallel import in_processes
from ..marker_sets import reason_static, recognise
from ..readers import read_recording
from ..recording import BodyMotion, MarkerRecording, RecordingError

REPORT = "report.jsonl"
MARKER_FILES = (".c3d", ".trc")
_STATIC_NAME = re.compile(r"static|calib|t-?pose", re.IGNORECASE)


@dataclass(frozen=True)
class Job:
    """A walk to fit.

    Attributes:
        trial: its file.
        out: where the fit goes (.npz).
        static: the trial that gives the shape; None for the walk itself.
    """

    trial: Path
    out: Path
    static: Path | None = None


def save_fit(motion: BodyMotion, path: Path, height_m: float) -> None:
    """Write a fit as .npz: poses, trans, betas, rate_hz, residual_m, marker_labels, body.

    The file is written beside and moved into place.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as file:
        np.savez_compressed(
            file,
            poses=motion.poses,
            trans=motion.translation,
            betas=motion.betas,
            rate_hz=np.float64(motion.rate_hz),
            residual_m=motion.residual_m,
            marker_labels=np.array(motion.marker_labels),
            body=np.array(motion.body),
            height_m=np.float64(height_m),
            source=np.array(Path(motion.source).name),
        )
    os.replace(part, path)


def plan(
    folder: Path,
    out: Path,
    static: Path | None = None,
    *,
    one_subject: bool = False,
    looked_at: Callable[[list[Path]], Iterable[Path]] = iter,
    **reading,
) -> list[Job]:
    """Jobs for the marker files in a folder and its subfolders.

    In each folder the static trial, told by its name or by stillness, gives the shape of the walks
    beside it. Where there is none each walk gives its own; with ``one_subject`` the first walk of
    the folder gives it to all.

    Args:
        folder: of recordings.
        out: folder of the fits; a trial that its report calls fitted is not read again.
        static: the trial that gives the shape to all.
        one_subject: whether a folder is one person's.
        looked_at: goes over the files, such as `tqdm`.
        reading: keywords of `read_recording`.

    Raises:
        RecordingError: if there is no marker file.
    """
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in MARKER_FILES)
    if not paths:
        raise RecordingError(
            f"{folder} holds no {' or '.join(MARKER_FILES)} file: name a folder of recordings"
        )
    done = finished(out / REPORT)
    still = {p for p in looked_at(paths) if _key(p) not in done and is_static(p, **reading)}
    jobs = []
    for parent in sorted({path.parent for path in paths}):
        beside = [path for path in paths if path.parent == parent]
        given = static or next((path for path in beside if path in still), None)
        trials = [path for path in beside if path not in still and path != static]
        if given is None and one_subject and trials:
            given = trials[0]
        for path in trials:
            target = (out / path.relative_to(folder)).with_suffix(".npz")
            jobs.append(Job(path, target, given))
    return jobs


def is_static(path: Path, **reading) -> bool:
    """Whether a marker file is a static trial: by its name, else because nobody walks in it."""
    if _STATIC_NAME.search(path.stem):
        return True
    try:
        recording = markers_of(path, **reading)
        columns = recognise(recording.labels, needs_all=False).skin_columns(recording.labels)
    except (RecordingError, OSError):
        return False
    sites = {site: recording.positions[:, column] for site, column in columns.items()}
    return reason_static(sites) is not None


def run(jobs: list[Job], report: Path, workers: int = 1, **reading) -> Iterator[dict]:
    """Fit trials that are not done, and tell of each as it ends.

    Args:
        jobs: of `plan`.
        report: the file that remembers what is done.
        workers: processes.
        reading: keywords of `read_recording`.

    Yields:
        A record for each job: trial, status ("fitted", "excluded", "done before"), and of a fit
        its frames, residuals and height, or of an exclusion its reason.
    """
    done = finished(report)
    waiting = []
    for job in jobs:
        record = done.get(_key(job.trial))
        if record and (record["status"] == "excluded" or job.out.exists()):
            yield record | {"status": "done before", "was": record["status"]}
        else:
            waiting.append(job)
    report.parent.mkdir(parents=True, exist_ok=True)
    cut_short = report.exists() and not report.read_bytes().endswith(b"\n")
    with report.open("a", encoding="utf-8") as file:
        file.write("\n" if cut_short else "")  # a line that a kill left unended ends here
        for record in _records(waiting, workers, reading):
            file.write(json.dumps(record) + "\n")
            file.flush()
            yield record


def finished(report: Path) -> dict[str, dict]:
    """Records of a report by trial and its state; a line cut short by a kill is left out."""
    records = {}
    if report.exists():
        for line in report.read_text(encoding="utf-8").splitlines():
            try:
                record = json.loads(line)
                records[record["key"]] = record
            except (ValueError, KeyError):
                continue
    return records


def _records(jobs: list[Job], workers: int, reading: dict) -> Iterator[dict]:
    yield from in_processes(partial(fit_job, reading=reading), jobs, workers)


def fit_job(job: Job, reading: dict) -> dict:
    """Fit one trial and write it; a trial that fails is told, not raised."""
    record = {"trial": str(job.trial), "key": _key(job.trial)}
    try:
        motion, height_m = fit_trial(job.trial, job.static, **reading)
    except (RecordingError, OSError) as error:
        return record | {"status": "excluded", "reason": " ".join(str(error).split())}
    save_fit(motion, job.out, height_m)
    residual = motion.residual_m
    return record | {
        "status": "fitted",
        "out": str(job.out),
        "frames": len(motion.poses),
        "median_residual_mm": round(float(np.nanmedian(residual)) * 1000, 2),
        "mean_residual_mm": round(float(np.nanmean(residual)) * 1000, 2),
        "height_m": round(height_m, 3),
        "shape_from": str(job.static or job.trial),
    }


def fit_trial(
    path: Path, static: Path | None = None, *, mixed_rates: bool = False, progress=None, **reading
) -> tuple[BodyMotion, float]:
    """Fit one trial; its motion and the body's height in metres.

    Raises:
        RecordingError: see `fit_shape` and `fit_pose`.
    """
    from .mosh import fit_pose, fit_shape

    trial = markers_of(path, **reading)
    if static:
        if not static.is_file():
            raise FileNotFoundError(f"no such file: {static}")
        shape = _shape(static, static.stat().st_mtime_ns, tuple(sorted(_hashable(reading).items())))
    else:
        shape = fit_shape(trial)
    motion = fit_pose(trial, shape, mixed_rates=mixed_rates, progress=progress)
    return motion, shape.height_m


def markers_of(path: Path, **reading) -> MarkerRecording:
    """A marker recording.

    Raises:
        RecordingError: if the file holds a body or joints.
    """
    recording = read_recording(path, **reading)
    if not isinstance(recording, MarkerRecording):
        raise RecordingError(
            f"{path} holds no markers, expected a marker recording to fit a body to: 'agir "
            "convert' takes bodies and joints as they are"
        )
    return recording


@lru_cache(maxsize=4)
def _shape(static: Path, _modified: int, reading: tuple):
    from .mosh import fit_shape

    known = {k: dict(v) if k == "mapping" and v else v for k, v in reading}
    return fit_shape(markers_of(static, **known))


def _hashable(reading: dict) -> dict:
    return {k: tuple(v.items()) if isinstance(v, dict) else v for k, v in reading.items()}


def _key(path: Path) -> str:
    """A trial and its state: another size or time makes it another trial."""
    if not path.is_file():
        return str(path.resolve())
    state = path.stat()
    return f"{path.resolve()}|{state.st_size}|{state.st_mtime_ns}"

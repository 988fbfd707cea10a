"""Fit many trials: assign static trials to walks, skip finished trials, record failures.

The output folder has a file ``report.jsonl`` with one line for each fitted or excluded trial, and
what the result depended on: the contents of the trial, of its static trial and of the body, the
settings, and the version of this package. A fitted trial is not fitted again unless one of them has
changed; an excluded trial is tried again.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from ...utils.files import atomic_path, remove_leftovers
from ...utils.jsonl import append_line, read_lines
from ...utils.locks import LOCK_FILE, locked
from ...utils.parallel import in_processes
from ...version import __version__
from ..marker_sets import reason_static, recognise
from ..readers import is_recording, read_recording
from ..recording import BodyMotion, MarkerRecording, RecordingError

REPORT = "report.jsonl"
MARKER_FILES = (".c3d", ".trc")
_STATIC_NAME = re.compile(r"static|calib|t-?pose", re.IGNORECASE)


@dataclass(frozen=True)
class Job:
    """A walk to fit.

    Attributes:
        trial: Marker file of the walk.
        out: Fit to write (.npz).
        static: Marker file that the shape is fitted to; None for the walk itself.
    """

    trial: Path
    out: Path
    static: Path | None = None


def save_fit(motion: BodyMotion, path: Path, height_m: float) -> None:
    """Write a fit as .npz with poses, trans, betas, rate_hz, residual_m, marker_labels and body.

    The file is written under a temporary name and moved into place.

    Args:
        motion: Result of `fit_pose`.
        path: File to write, with the suffix .npz. Missing folders are created.
        height_m: Height of the body, metres.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as draft:
        np.savez_compressed(
            draft,
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


def plan(
    folder: Path,
    out: Path,
    static: Path | None = None,
    *,
    one_subject: bool = False,
    progress: Callable[[list[Path]], Iterable[Path]] = iter,
    **reading,
) -> list[Job]:
    """List the jobs for the marker files in a folder and its subfolders, also packed ones.

    The shape for the walks of a folder is fitted to its static trial, which is recognised by its
    name or because the pelvis does not move. Without a static trial the shape is fitted to each
    walk itself, or, with `one_subject`, to the first walk of the folder.

    Args:
        folder: Folder of recordings.
        out: Output folder. Trials that are in its report are not read again.
        static: Marker file that the shape of all walks is fitted to.
        one_subject: Whether all recordings of a folder are of one subject.
        progress: Wrapper around the list of files, such as `tqdm`.
        **reading: Keyword arguments of `read_recording`.

    Raises:
        RecordingError: The folder has no marker file.
    """
    paths = sorted(p for p in folder.rglob("*") if is_recording(p, MARKER_FILES) and p.is_file())
    if not paths:
        raise RecordingError(
            f"{folder} holds no {' or '.join(MARKER_FILES)} file: pass a folder of recordings"
        )
    done = finished(out / REPORT)
    static_trials = {
        path
        for path in progress(paths)
        if not _was_walk(done.get(_key(path)), path, reading) and is_static(path, **reading)
    }
    jobs = []
    for parent in sorted({path.parent for path in paths}):
        files = [path for path in paths if path.parent == parent]
        shape_trial = static or next((path for path in files if path in static_trials), None)
        trials = [path for path in files if path not in static_trials and path != static]
        if shape_trial is None and one_subject and trials:
            shape_trial = trials[0]
        for path in trials:
            target = (out / path.relative_to(folder)).with_suffix(".npz")
            jobs.append(Job(path, target, shape_trial))
    return jobs


def is_static(path: Path, **reading) -> bool:
    """Whether a marker file is a static trial, by its name or because the pelvis does not move.

    Args:
        path: Marker file.
        **reading: Keyword arguments of `read_recording`.
    """
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
    """Fit the trials whose fit is missing or out of date, and append each result to the report.

    The folder of the report is locked meanwhile, and what a killed run left half-written in the
    folders of the fits is removed.

    Args:
        jobs: Jobs of `plan`.
        report: JSON lines of earlier results.
        workers: Number of processes.
        **reading: Keyword arguments of `read_recording`, and `mixed_rates`.

    Yields:
        A record for each job: trial and status ("fitted", "excluded", "done before"), with frames,
        residuals and height of a fit, or the reason of an exclusion, and what it depended on.

    Raises:
        FolderInUseError: Another process fits into the folder.
    """
    report.parent.mkdir(parents=True, exist_ok=True)
    with locked(report.parent / LOCK_FILE, report.parent):
        for folder in {report.parent, *(job.out.parent for job in jobs)}:
            remove_leftovers(folder)
        done, waiting, dependencies = finished(report), [], {}
        for job in jobs:
            record, key = done.get(_key(job.trial)), _key(job.trial)
            dependencies[key] = depends_on(job, reading)
            if _is_current(record, job, dependencies[key]):
                yield record | {"status": "done before", "was": record["status"]}
            else:
                waiting.append(job)
        for record in in_processes(partial(fit_job, reading=reading), waiting, workers):
            record |= {"depends_on": dependencies[record["key"]]}
            append_line(report, record)
            yield record


def depends_on(job: Job, reading: dict) -> dict[str, str | None]:
    """What the fit of a trial depends on.

    Args:
        job: Trial, file to write, and static trial.
        reading: Keyword arguments of `read_recording`, and `mixed_rates`.

    Returns:
        Digests of the contents of the trial, the static trial and the body, the settings as JSON,
        and the version of this package.
    """
    from ..body import OPEN_BODY, SMPL_VARIABLE

    return {
        "trial": _digest(job.trial),
        "static": None if job.static is None else _digest(job.static),
        "body": _digest(Path(os.environ.get(SMPL_VARIABLE) or OPEN_BODY)),
        "settings": _settings(reading),
        "version": __version__,
    }


def _is_current(record: dict | None, job: Job, dependencies: dict) -> bool:
    """Whether the fit of an earlier run is still the result of the job."""
    return (
        record is not None
        and record.get("status") == "fitted"
        and record.get("depends_on") == dependencies
        and record.get("out") == str(job.out)
        and job.out.is_file()
    )


def _was_walk(record: dict | None, path: Path, reading: dict) -> bool:
    """Whether an earlier run fitted a trial with the same content and settings as a walk."""
    if record is None or record.get("status") != "fitted":
        return False
    before = record.get("depends_on") or {}
    settings = json.loads(before.get("settings") or "{}")
    same = all(settings.get(name) == value for name, value in reading.items())
    return same and before.get("trial") == _digest(path)


def _settings(reading: dict) -> str:
    return json.dumps({k: v for k, v in reading.items() if v is not None}, sort_keys=True)


def _digest(path: Path) -> str:
    """Digest of the content of a file; empty if there is none."""
    try:
        state = path.stat()
        return _digest_of(path, state.st_size, state.st_mtime_ns)
    except OSError:
        return ""


@lru_cache(maxsize=4096)
def _digest_of(path: Path, _size: int, _modified: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def finished(report: Path) -> dict[str, dict]:
    """Read the latest record of each trial of a report, by the key of the trial, which is its path.

    Args:
        report: JSON lines; a missing file has no records.
    """
    rows = read_lines(report)
    return {row["key"]: row for row in rows if isinstance(row, dict) and "key" in row}


def fit_job(job: Job, reading: dict) -> dict:
    """Fit one trial and write it; errors of the recording are returned as a record.

    Args:
        job: Trial, file to write, and static trial.
        reading: Keyword arguments of `read_recording`, and `mixed_rates`.
    """
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
    """Fit one trial.

    Args:
        path: Marker file of a walk.
        static: Marker file that the shape is fitted to. Default: the walk itself.
        mixed_rates: Whether the two files may have different frame rates.
        progress: Called with the number of finished frames.
        **reading: Keyword arguments of `read_recording`.

    Returns:
        Body motion at 20 frames per second, and height of the body in metres.

    Raises:
        FileNotFoundError: There is no file at `static`.
        RecordingError: See `fit_shape` and `fit_pose`.
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
    """Read a marker recording.

    Args:
        path: Marker file.
        **reading: Keyword arguments of `read_recording`.

    Raises:
        RecordingError: The file has a body or joints instead of markers.
    """
    recording = read_recording(path, **reading)
    if not isinstance(recording, MarkerRecording):
        raise RecordingError(
            f"{path} holds no markers, expected a marker recording to fit a body to: use 'agir "
            "convert' for bodies and joints"
        )
    return recording


@lru_cache(maxsize=4)
def _shape(static: Path, _modified: int, reading: tuple):
    from .mosh import fit_shape

    keywords = {k: dict(v) if k == "mapping" and v else v for k, v in reading}
    return fit_shape(markers_of(static, **keywords))


def _hashable(reading: dict) -> dict:
    return {k: tuple(v.items()) if isinstance(v, dict) else v for k, v in reading.items()}


def _key(path: Path) -> str:
    """Key of a trial in the report: its path."""
    return str(path.resolve())

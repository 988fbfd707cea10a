"""A simulated cohort as a laboratory hands it over: `simulate_cohort`, ``agir corpus simulate``.

Walkers (`subjects.py`) walk (`walker.py`) and are recorded (`capture.py`). The folder has the
layout of the Shida data set (C3D files by session, a static trial in each, the clinical table with
its column names), so that the code that reads a real cohort reads this one. What is known only of
simulated walkers lies beside it under ``truth``: shape and poses, events, parameters.
"""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..motion import MarkerRecording
from ..utils.files import check_replaceable, move_into_place
from ..utils.parallel import in_processes
from ..version import __version__
from .ground_truth import FURTHER, TRUE_NAMES, measure_walk
from .shida_layout import COLUMNS, MISSING, SCORE_COLUMN, SIMULATED_TAG
from .subjects import SCORE_PAIRS, Session, Subject, draw_subject, draw_walk
from .virtual_mocap import capture_walk, gait_events, write_c3d
from .walk import Walk, simulate_walk, stand

C3D_FOLDER, TRUTH_FOLDER, CLINICAL_TABLE = "C3Dfiles", "truth", "PDGinfo.csv"
STATIC_S = 1.0
# Names as people give them: a walk recorded again, a file that somebody cut.
_AGAIN, _TRIMMED = 0.05, 0.04
_RENEW = 200  # walkers of a process: ezc3d 1.7.2 keeps 2 MB of every file that it writes
_TRIES = 20  # of a walk that is too short to count four steps

_README = """\
# {tag}

**Everything here is SIMULATED.** No person walked, no patient was recorded and no clinician scored
anything. The layout is that of the Shida data set (Shida et al. 2023, Front Neurosci 17:992585),
so that the same command reads both; none of its data is in here.

{subjects} walkers, OFF and ON, {walks} walks a session and a static trial. Made by

```bash
{command}
```

(agir-hf {version}). `{clinical}` is the clinical table, its scores settings of the simulation, "-"
for missing. `{truth}/` holds what only a simulation knows: for each trial the shape, poses and
translation of the open body at 150 Hz, the events and the true gait parameters; `{truth}.csv` has
the parameters of all of them.
"""


@dataclass(frozen=True, eq=False)
class Trial:
    """One simulated recording: its name, the walk as it was, and what the cameras saw of it."""

    name: str
    session: Session
    walk: Walk
    recording: MarkerRecording
    parameters: dict[str, float]


@dataclass(frozen=True)
class _Job:
    """One walker to simulate into a folder."""

    seed: int
    number: int
    scores: tuple[int | None, int | None]
    walks: int
    folder: Path


def simulate_cohort(
    out_dir: str | os.PathLike,
    subjects: int = 26,
    walks: int = 6,
    seed: int = 0,
    workers: int = 1,
) -> Path:
    """Simulate walkers, OFF and ON medication, and write what a laboratory would hand over.

    The folder is written beside `out_dir` and moved there when it is whole; an earlier simulated
    cohort is replaced.

    Args:
        out_dir: folder to write: PDGinfo.csv, C3Dfiles/SUB01_off/SUB01_off_walk_1.c3d and so on,
            truth/SUB01_off_walk_1.npz and so on, truth.csv, README.md.
        subjects: walkers; their scores are shared out as in the Shida data set.
        walks: recordings of each session, beside its static trial.
        seed: the same seed gives the same files, whatever the number of workers.
        workers: processes; more than 200 walkers are never simulated in this one.

    Returns:
        The folder.

    Raises:
        ValueError: too few walkers, walks or workers, or a negative seed.
        FileExistsError: `out_dir` is a file, or holds something that is no simulated cohort.
    """
    out_dir = Path(out_dir).expanduser().resolve()
    least = (("subjects", subjects, 3), ("walks", walks, 1), ("workers", workers, 1))
    for name, value, smallest in (*least, ("seed", seed, 0)):
        if value < smallest:
            raise ValueError(f"{name} is {value}, expected at least {smallest}")
    check_replaceable(out_dir, SIMULATED_TAG)
    out_dir.parent.mkdir(parents=True, exist_ok=True)
    draft = out_dir.with_name(f".{out_dir.name}.{os.getpid()}.partial")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        draft.mkdir()
        pairs = score_pairs(subjects, seed)
        jobs = [_Job(seed, i + 1, pair, walks, draft) for i, pair in enumerate(pairs)]
        count = _write(draft, jobs, workers)
        command = f"agir corpus simulate OUT --subjects {subjects} --walks {walks} --seed {seed}"
        about = _README.format(
            tag=SIMULATED_TAG, subjects=subjects, walks=walks, command=command,
            version=__version__, clinical=CLINICAL_TABLE, truth=TRUTH_FOLDER,
        )  # fmt: skip
        (draft / "README.md").write_text(about, encoding="utf-8")
        move_into_place(draft, out_dir)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    print(f"{count} simulated walks of {subjects} walkers: {out_dir}")
    return out_dir


def score_pairs(subjects: int, seed: int) -> list[tuple[int | None, int | None]]:
    """(OFF, ON) scores of walkers, in the proportions of `SCORE_PAIRS`, in random order."""
    rng = np.random.default_rng([seed, 0, 0])
    whole, rest = divmod(subjects, len(SCORE_PAIRS))
    # what does not fill the list is spread over it, so that few walkers have every score too
    spread = np.linspace(0, len(SCORE_PAIRS) - 3, rest).round().astype(int) if rest else []
    pairs = list(SCORE_PAIRS) * whole + [SCORE_PAIRS[i] for i in spread]
    return [pairs[i] for i in rng.permutation(subjects)]


def simulate_subject(
    number: int, scores: tuple[int | None, int | None], *, seed: int, walks: int
) -> Iterator[Trial]:
    """Yield the trials of one walker, session by session.

    Args:
        number: of the walker, from 1.
        scores: OFF and ON.
        seed: of the cohort.
        walks: of each session.
    """
    subject = _subject(number, scores, seed)
    for index, session in enumerate(subject.sessions):
        names = _walk_names(walks, np.random.default_rng([seed, number, index]))
        for i, name in enumerate(names):
            rng = np.random.default_rng([seed, number, index, i + 1])
            yield _trial(subject, session, name, rng)


def _walk_names(walks: int, rng: np.random.Generator) -> list[str]:
    names = []
    for i in range(1, walks + 1):
        again = "b" if rng.random() < _AGAIN else ""
        trimmed = "Trimmed_" if rng.random() < _TRIMMED else ""
        names.append(f"{trimmed}{{}}_walk_{i}{again}")
    return names


def _trial(subject: Subject, session: Session, name: str, rng: np.random.Generator) -> Trial:
    name = name.format(f"{subject.name}_{session.medication}")
    for _ in range(_TRIES):
        plan = draw_walk(session, rng)
        walk = simulate_walk(subject.body, plan.style, plan.course, rng)
        markers = walk.markers(session.placement)
        try:
            parameters = measure_walk(walk, markers)
        except ValueError:  # a freeze or a turn left too few steps: the walker is asked again
            continue
        recording = capture_walk(walk, markers, rng, source=f"{name} (simulated)")
        return Trial(name, session, walk, recording, parameters)
    raise RuntimeError(f"{name}: no walk of {_TRIES} has four steps straight on")


def _static(subject: Subject, session: Session, rng: np.random.Generator) -> MarkerRecording:
    walk = stand(subject.body, session.style, STATIC_S, rng)
    name = f"{subject.name}_{session.medication}_static (simulated)"
    markers = walk.markers(session.placement)
    return capture_walk(walk, markers, rng, source=name, gaps=False)


def _simulate(job: _Job) -> list[tuple[str, str, int | None, dict[str, float]]]:
    """Write the files of one walker; (trial, session, score, parameters) of each walk."""
    rows = []
    for trial in simulate_subject(job.number, job.scores, seed=job.seed, walks=job.walks):
        medication = trial.session.medication
        session = f"SUB{job.number:02d}_{medication}"
        folder = job.folder / C3D_FOLDER / session
        folder.mkdir(parents=True, exist_ok=True)
        write_c3d(trial.recording, folder / f"{trial.name}.c3d")
        _write_truth(trial, job.folder / TRUTH_FOLDER / f"{trial.name}.npz")
        rows.append((trial.name, session, trial.session.score, trial.parameters))
    subject = _subject(job.number, job.scores, job.seed)
    for index, session in enumerate(subject.sessions):
        name = f"{subject.name}_{session.medication}"
        rng = np.random.default_rng([job.seed, job.number, index, 0])
        path = job.folder / C3D_FOLDER / name / f"{name}_static.c3d"
        write_c3d(_static(subject, session, rng), path)
    return rows


def _write_truth(trial: Trial, path: Path) -> None:
    motion, events = trial.walk.motion(), gait_events(trial.walk)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        path,
        betas=motion.betas,
        poses=motion.poses,
        trans=motion.translation,
        mocap_framerate=np.float64(motion.rate_hz),
        event_time_s=np.array([event.time_s for event in events]),
        event_side=np.array([event.side for event in events]),
        event_kind=np.array([event.kind for event in events]),
        freezes_s=np.array(trial.walk.plan.freezes).reshape(-1, 2),
        parameter_names=np.array(list(trial.parameters)),
        parameter_values=np.array(list(trial.parameters.values())),
    )


def _write(folder: Path, jobs: list[_Job], workers: int) -> int:
    """Write every walker's files and both tables; the number of walks."""
    from tqdm import tqdm

    count = 0
    names = (*TRUE_NAMES, *FURTHER)
    with (folder / f"{TRUTH_FOLDER}.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(("trial", "session", "score", *names))
        workers = min(workers, len(jobs))
        results = in_processes(_simulate, jobs, workers, in_order=True, max_tasks_per_child=_RENEW)
        for rows in tqdm(results, total=len(jobs), unit="walker", desc="simulating"):
            for trial, session, score, values in rows:
                score = "-" if score is None else score
                shown = [f"{values[name]:.6g}" if name in values else "" for name in names]
                table.writerow((trial, session, score, *shown))
            count += len(rows)
    write_clinical(
        folder / CLINICAL_TABLE,
        [_subject(job.number, job.scores, job.seed) for job in jobs],
        jobs[0].seed,
    )
    return count


def _subject(number: int, scores: tuple[int | None, int | None], seed: int) -> Subject:
    return draw_subject(f"SUB{number:02d}", scores, np.random.default_rng([seed, number]))


def write_clinical(path: Path, subjects: list[Subject], seed: int) -> None:
    """Write the table of simulated walkers; what a simulation has no notion of is missing."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, COLUMNS, restval=MISSING)
        table.writeheader()
        for number, subject in enumerate(subjects, 1):
            rng = np.random.default_rng([seed, number, 9])
            height = subject.body.height_m
            bmi = float(np.clip(rng.normal(26, 3), 19, 36))
            freezer = max(session.freezing for session in subject.sessions) > 0.05
            row = {
                "ID": subject.name,
                "Gender": subject.body.sex[0].upper(),
                "Age": int(np.clip(rng.normal(65, 10), 44, 85)),
                "Height (cm)": f"{100 * height:.0f}",
                "Weight (kg)": f"{bmi * height**2:.1f}",
                "BMI (kg/m2)": f"{bmi:.2f}",
                "FoG group": "freezers" if freezer else "nonfreezers",
            }
            for session in subject.sessions:
                score = MISSING if session.score is None else session.score
                row[SCORE_COLUMN[session.medication]] = score
            table.writerow(row)

"""Simulated cohorts with ground truth: `simulate_cohort`, ``agir corpus simulate``.

Subjects are drawn (`subjects.py`), their walks are simulated (`walk.py`) and their markers recorded
(`virtual_mocap.py`). The folder has the layout of the Shida data set (`shida_layout.py`), so that
the same code reads real and simulated cohorts. The folder ``truth`` has the ground truth: shape,
poses, events and gait parameters.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..motion import MarkerRecording
from ..utils.files import atomic_folder, check_replaceable, exclusive_folder
from ..utils.parallel import in_processes
from ..version import __version__
from .c3d_writer import write_c3d
from .ground_truth import SIMULATION_ONLY_NAMES, TRUE_NAMES, measure_walk
from .mark import MARK, write_mark
from .shida_layout import (
    C3D_FOLDER,
    CLINICAL_TABLE,
    COLUMNS,
    MISSING,
    SCORE_COLUMN,
    SIMULATED_TAG,
    TRUTH_FOLDER,
)
from .subjects import SCORE_PAIRS, Session, Subject, draw_control, draw_subject, draw_walk
from .virtual_mocap import capture_walk, gait_events
from .walk import Walk, simulate_standing, simulate_walk

STATIC_S = 1.0  # duration of a static trial
# Fractions of irregular file names, as in the real data set: a repeated trial ("walk_3b") and a
# file that was cut by hand ("Trimmed_").
_REPEATED_SHARE, _TRIMMED_SHARE = 0.05, 0.04
# Files that a process writes before it is replaced: libraries keep 0.02 MB of each (measured).
_FILES_PER_PROCESS = 4_000
_MAX_ATTEMPTS = 20  # draws of a walk until it has at least four countable steps

_README = """\
# {tag}

**Everything here is SIMULATED.** No person walked, no patient was recorded and no clinician scored
anything. The layout is that of the Shida data set (Shida et al. 2023, Front Neurosci 17:992585),
so that the same command reads both; it contains none of its data.

{subjects} subjects, OFF and ON, {walks} walks per session and a static trial.
{healthy}Made by

```bash
{command}
```

(agir-hf {version}). `{clinical}` is the clinical table; its scores are settings of the simulation,
"-" is a missing value. `{truth}/` has the ground truth: for each trial the shape, poses and
translation of the open body at 150 Hz, the events and the true gait parameters. `{truth}.csv` has
the parameters of all trials.
"""


@dataclass(frozen=True, eq=False)
class Trial:
    """One simulated recording with its ground truth.

    Attributes:
        name: File name without suffix, such as "SUB01_off_walk_1".
        session: Session of the subject.
        walk: The walk without measurement errors.
        recording: Markers with noise, soft-tissue artefacts and gaps.
        parameters: True gait parameters by name.
    """

    name: str
    session: Session
    walk: Walk
    recording: MarkerRecording
    parameters: dict[str, float]


@dataclass(frozen=True)
class _Job:
    """One subject to simulate and write into a folder."""

    seed: int
    number: int
    scores: tuple[int | None, int | None]
    walks: int
    folder: Path
    healthy: bool = False


def simulate_cohort(
    out_dir: str | os.PathLike,
    subjects: int = 26,
    walks: int = 6,
    seed: int = 0,
    workers: int = 1,
    controls: int = 0,
) -> Path:
    """Simulate subjects OFF and ON medication and write them in the layout of the Shida data set.

    The cohort is written to a temporary folder next to `out_dir` and moved into place when it is
    complete. An earlier simulated cohort at `out_dir` is replaced; other content is not. The
    scores have the proportions of the Shida data set (`SCORE_PAIRS`). The same seed gives the same
    files for any number of workers.

    Args:
        out_dir (`str` or `os.PathLike`):
            Folder to write: PDGinfo.csv, C3Dfiles/SUB01_off/SUB01_off_walk_1.c3d and so on,
            truth/SUB01_off_walk_1.npz and so on, truth.csv, README.md, and agir_simulated.json,
            which lists the simulated recordings.
        subjects (`int`, defaults to 26):
            Number of subjects, at least 3.
        walks (`int`, defaults to 6):
            Number of walks per session, in addition to a static trial.
        seed (`int`, defaults to 0):
            Seed of the random generator.
        workers (`int`, defaults to 1):
            Number of processes. A large cohort is simulated in separate processes even with one
            worker, because they are replaced after 4,000 files.
        controls (`int`, defaults to 0):
            Number of healthy adults of 20 to 85 years after the subjects, with scores of 0 in two
            sessions.

    Returns:
        `Path`: The folder, as an absolute path.

    Raises:
        ValueError: There are too few subjects, walks or workers, or the seed is negative.
        FileExistsError: `out_dir` is a file, or has content other than a simulated cohort.

    Example:
        ```python
        >>> import inspect
        >>> from agir_hf.simulation.cohort import simulate_cohort
        >>> list(inspect.signature(simulate_cohort).parameters)
        ['out_dir', 'subjects', 'walks', 'seed', 'workers', 'controls']
        >>> simulate_cohort("cohort", subjects=2)
        Traceback (most recent call last):
        ...
        ValueError: subjects is 2, expected at least 3

        ```
    """
    out_dir = Path(out_dir).expanduser().resolve()
    limits = (("subjects", subjects, 3), ("walks", walks, 1), ("workers", workers, 1))
    for name, value, smallest in (*limits, ("seed", seed, 0), ("controls", controls, 0)):
        if value < smallest:
            raise ValueError(f"{name} is {value}, expected at least {smallest}")
    check_replaceable(out_dir, SIMULATED_TAG, MARK)
    with exclusive_folder(out_dir, inside=False), atomic_folder(out_dir) as draft:
        pairs = score_pairs(subjects, seed)
        jobs = [_Job(seed, i + 1, pair, walks, draft) for i, pair in enumerate(pairs)]
        for number in range(subjects + 1, subjects + controls + 1):
            jobs.append(_Job(seed, number, (0, 0), walks, draft, healthy=True))
        count = _write(draft, jobs, workers)
        command = f"agir corpus simulate OUT --subjects {subjects} --walks {walks} --seed {seed}"
        healthy = ""
        if controls:
            command += f" --controls {controls}"
            healthy = f"The last {controls} are healthy adults of 20 to 85 years with score 0.\n"
        readme = _README.format(
            tag=SIMULATED_TAG, subjects=subjects + controls, healthy=healthy, walks=walks,
            command=command, version=__version__, clinical=CLINICAL_TABLE, truth=TRUTH_FOLDER,
        )  # fmt: skip
        (draft / "README.md").write_text(readme, encoding="utf-8")
        write_mark(draft, command, __version__)
    print(f"{count} simulated walks of {subjects + controls} subjects: {out_dir}")
    return out_dir


def score_pairs(subjects: int, seed: int) -> list[tuple[int | None, int | None]]:
    """Draw the (OFF, ON) scores of a cohort, in the proportions of `SCORE_PAIRS`.

    Args:
        subjects: Number of subjects, at least 3.
        seed: Seed of the random generator.
    """
    rng = np.random.default_rng([seed, 0, 0])
    repeats, rest = divmod(subjects, len(SCORE_PAIRS))
    # the remainder is taken evenly from the whole list, so that a small cohort has every score too
    indices = np.linspace(0, len(SCORE_PAIRS) - 3, rest).round().astype(int) if rest else []
    pairs = list(SCORE_PAIRS) * repeats + [SCORE_PAIRS[i] for i in indices]
    return [pairs[i] for i in rng.permutation(subjects)]


def simulate_subject(
    number: int,
    scores: tuple[int | None, int | None],
    *,
    seed: int,
    walks: int,
    healthy: bool = False,
) -> Iterator[Trial]:
    """Simulate the walks of one subject, session by session.

    The trials are those that [`simulate_cohort`] writes for this subject. Each trial has its own
    random generator, so that a larger `walks` does not change the first walks.

    Args:
        number (`int`):
            Number of the subject, counted from 1. It is part of the seed.
        scores (`tuple` of `int` or `None`):
            Scores of the OFF and the ON session: 0, 1, 2, or `None` for a session without a score,
            whose impairment is random.
        seed (`int`):
            Seed of the random generator of the cohort.
        walks (`int`):
            Number of walks per session.
        healthy (`bool`, defaults to `False`):
            Whether the subject is a healthy adult of 20 to 85 years, whose scores are 0.

    Yields:
        [`Trial`]: Recording (T, 44, 3) at 150 Hz in metres, Y up, with the true walk and the true
        gait parameters.

    Raises:
        ValueError: A score is not 0, 1, 2 or `None`.
        RuntimeError: None of 20 draws of a walk had four countable steps.

    Example:
        ```python
        >>> from agir_hf.simulation.cohort import simulate_subject
        >>> trial = next(simulate_subject(1, (2, 1), seed=0, walks=1))
        >>> trial.name, trial.session.score, trial.recording.rate_hz
        ('SUB01_off_walk_1', 2, 150.0)
        >>> round(trial.parameters["step_length_m"], 2)
        0.28

        ```
    """
    subject = _subject(number, scores, seed, healthy)
    for index, session in enumerate(subject.sessions):
        names = _walk_names(walks, np.random.default_rng([seed, number, index]))
        for i, name in enumerate(names):
            rng = np.random.default_rng([seed, number, index, i + 1])
            yield _trial(subject, session, name, rng)


def _walk_names(walks: int, rng: np.random.Generator) -> list[str]:
    """Draw file names without suffix, with a placeholder for subject and session."""
    names = []
    for i in range(1, walks + 1):
        repeated = "b" if rng.random() < _REPEATED_SHARE else ""
        trimmed = "Trimmed_" if rng.random() < _TRIMMED_SHARE else ""
        names.append(f"{trimmed}{{}}_walk_{i}{repeated}")
    return names


def _trial(subject: Subject, session: Session, name: str, rng: np.random.Generator) -> Trial:
    name = name.format(f"{subject.name}_{session.medication}")
    for _ in range(_MAX_ATTEMPTS):
        plan = draw_walk(session, rng)
        walk = simulate_walk(subject.body, plan.style, plan.setup, rng)
        markers = walk.markers(session.placement)
        try:
            parameters = measure_walk(walk, markers)
        except ValueError:  # too few steps because of freezing or a turn: draw another walk
            continue
        recording = capture_walk(walk, markers, rng, source=f"{name} (simulated)")
        return Trial(name, session, walk, recording, parameters)
    raise RuntimeError(f"{name}: none of {_MAX_ATTEMPTS} walks has four straight steps")


def _static(subject: Subject, session: Session, rng: np.random.Generator) -> MarkerRecording:
    walk = simulate_standing(subject.body, session.style, STATIC_S, rng)
    name = f"{subject.name}_{session.medication}_static (simulated)"
    markers = walk.markers(session.placement)
    return capture_walk(walk, markers, rng, source=name, gaps=False)


def _simulate(job: _Job) -> list[tuple[str, str, int | None, dict[str, float]]]:
    """Write the files of one subject; return (trial, session, score, parameters) of each walk."""
    rows = []
    for trial in simulate_subject(
        job.number, job.scores, seed=job.seed, walks=job.walks, healthy=job.healthy
    ):
        medication = trial.session.medication
        session = f"SUB{job.number:02d}_{medication}"
        folder = job.folder / C3D_FOLDER / session
        folder.mkdir(parents=True, exist_ok=True)
        write_c3d(trial.recording, folder / f"{trial.name}.c3d")
        _write_truth(trial, job.folder / TRUTH_FOLDER / f"{trial.name}.npz")
        rows.append((trial.name, session, trial.session.score, trial.parameters))
    subject = _subject(job.number, job.scores, job.seed, job.healthy)
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
        freezes_s=np.array(trial.walk.footfalls.freezes).reshape(-1, 2),
        parameter_names=np.array(list(trial.parameters)),
        parameter_values=np.array(list(trial.parameters.values())),
    )


def _write(folder: Path, jobs: list[_Job], workers: int) -> int:
    """Write the files of all subjects and both tables; return the number of walks."""
    from tqdm import tqdm

    count = 0
    names = (*TRUE_NAMES, *SIMULATION_ONLY_NAMES)
    with (folder / f"{TRUTH_FOLDER}.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(("trial", "session", "score", *names))
        results = in_processes(
            _simulate,
            jobs,
            min(workers, len(jobs)),
            in_order=True,
            max_tasks_per_child=max(_FILES_PER_PROCESS // (2 * (jobs[0].walks + 1)), 1),
        )
        for rows in tqdm(results, total=len(jobs), unit="subject", desc="simulating"):
            for trial, session, score, values in rows:
                cell = MISSING if score is None else score
                cells = [f"{values[name]:.6g}" if name in values else "" for name in names]
                table.writerow((trial, session, cell, *cells))
            count += len(rows)
    write_clinical(
        folder / CLINICAL_TABLE,
        (_subject(job.number, job.scores, job.seed, job.healthy) for job in jobs),
        jobs[0].seed,
    )
    return count


def _subject(
    number: int, scores: tuple[int | None, int | None], seed: int, healthy: bool
) -> Subject:
    name, rng = f"SUB{number:02d}", np.random.default_rng([seed, number])
    return draw_control(name, rng) if healthy else draw_subject(name, scores, rng)


def write_clinical(path: Path, subjects: Iterable[Subject], seed: int) -> None:
    """Write the clinical table of simulated subjects; columns without a value contain "-".

    Args:
        path: CSV file to write.
        subjects: Simulated subjects, in the order of their numbers.
        seed: Seed of the random generator of the cohort.
    """
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
                "Age": f"{subject.age:.0f}",
                "Height (cm)": f"{100 * height:.0f}",
                "Weight (kg)": f"{bmi * height**2:.1f}",
                "BMI (kg/m2)": f"{bmi:.2f}",
                "FoG group": "freezers" if freezer else "nonfreezers",
            }
            for session in subject.sessions:
                score = MISSING if session.score is None else session.score
                row[SCORE_COLUMN[session.medication]] = score
            table.writerow(row)

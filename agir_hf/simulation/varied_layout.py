"""Simulated cohorts of several recording systems: ``agir corpus simulate OUT --layout varied``.

Each session is recorded by one system: 44 markers at 100 to 200 Hz, or 22 joints at 30 to 120 Hz in
a skeleton convention of the system (`conventions.py`). Healthy controls of 20 to 85 years are
further subjects. The folder has a `clinical.csv` that `agir corpus build` reads, and the true gait
parameters in `truth.csv`.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..humanml3d import JOINT_NAMES
from ..motion import JointMotion, MarkerRecording
from ..motion.resampling import interpolate
from ..utils.files import atomic_folder, check_replaceable
from ..utils.parallel import in_processes
from ..version import __version__
from .cohort import Trial, score_pairs, simulate_subject
from .conventions import Convention, apply_convention, draw_convention
from .ground_truth import SIMULATION_ONLY_NAMES, TRUE_NAMES, measure_walk
from .rotations import rotation
from .shida_layout import MISSING, SIMULATED_TAG
from .virtual_mocap import capture_walk, write_c3d
from .walk import Walk

TABLE, TRUTH, RECORDINGS = "clinical.csv", "truth.csv", "recordings"
COLUMNS = ("subject", "session", "file", "score", "age", "sex", "system", "rate_hz")
MARKER_RATES_HZ = (100.0, 120.0, 150.0, 200.0)
# Rates and noise of the joints (SD per axis in metres; rough): a skeleton that is fitted to optical
# markers or inertial sensors, and one that is estimated from a depth camera.
_SKELETON_RATES_HZ, _SKELETON_NOISE_M = (60.0, 100.0, 120.0), (0.0005, 0.002)
_CAMERA_RATE_HZ, _CAMERA_NOISE_M = 30.0, (0.003, 0.008)
_MARKERS_SHARE, _SKELETON_SHARE = 0.5, 0.3  # shares of the sessions; the others have a camera
CONTROL_AGES = (20, 85)
_FIRST_CONTROL = 10_001  # number of the first control in the seed, above those of the subjects
_CONTROL_SESSION = "control"
# Subjects per worker process: ezc3d 1.7.2 keeps 2 MB of every file that it writes.
_MAX_TASKS_PER_CHILD = 200

_README = """\
# {tag}

**Everything here is SIMULATED.** No person walked, no patient was recorded and no clinician scored
anything.

{subjects} subjects OFF and ON, {controls} healthy controls of {youngest} to {oldest} years, and
{walks} walks per session. Made by

```bash
{command}
```

(agir-hf {version}). Each session is recorded by one system: 44 markers (C3D), or 22 joints (.npz)
of a skeleton whose joints are at other places. `{table}` names the files, their scores, which are
settings of the simulation ("-" is a missing value), and the recording systems. `{truth}` has the
true gait parameters of all walks; for joints they are the parameters of that skeleton.
"""


@dataclass(frozen=True, eq=False)
class RecordingSystem:
    """A system that records a session.

    Attributes:
        name: "markers", "skeleton" or "camera".
        rate_hz: Frames per second.
        convention: Where the system places the joints; None for markers.
        noise_m: SD of the position of a joint per axis in metres; not used for markers.
    """

    name: str
    rate_hz: float
    convention: Convention | None = None
    noise_m: float = 0.0


@dataclass(frozen=True)
class _Job:
    """One subject or control to simulate and write into a folder."""

    seed: int
    number: int
    name: str
    scores: tuple[int | None, int | None]
    walks: int
    folder: Path

    @property
    def is_control(self) -> bool:
        return self.number >= _FIRST_CONTROL


def draw_system(rng: np.random.Generator) -> RecordingSystem:
    """Draw the system of a session: markers, a skeleton or a depth camera.

    Args:
        rng: Random generator.
    """
    kind = rng.random()
    if kind < _MARKERS_SHARE:
        return RecordingSystem("markers", float(rng.choice(MARKER_RATES_HZ)))
    convention = draw_convention(rng)
    if kind < _MARKERS_SHARE + _SKELETON_SHARE:
        rate_hz, noise_m = float(rng.choice(_SKELETON_RATES_HZ)), rng.uniform(*_SKELETON_NOISE_M)
        return RecordingSystem("skeleton", rate_hz, convention, float(noise_m))
    noise_m = float(rng.uniform(*_CAMERA_NOISE_M))
    return RecordingSystem("camera", _CAMERA_RATE_HZ, convention, noise_m)


def record_walk(
    trial: Trial, system: RecordingSystem, rng: np.random.Generator, *, source: str
) -> MarkerRecording | JointMotion:
    """Record a simulated walk with a system.

    Args:
        trial: Simulated walk with its session.
        system: Recording system.
        rng: Random generator of noise, gaps, direction and position in the room.
        source: Name of the recording.

    Returns:
        Markers (T, 44, 3) or joints (T, 22, 3) at the rate of the system, metres, Y up.
    """
    walk = trial.walk
    if system.convention is None:
        markers = interpolate(walk.markers(trial.session.placement), walk.rate_hz, system.rate_hz)
        return capture_walk(_at_rate(walk, system.rate_hz), markers, rng, source=source)
    joints = apply_convention(walk.joints, system.convention)
    joints = interpolate(joints, walk.rate_hz, system.rate_hz)
    centre = joints[:, 0].mean(axis=0) * [1.0, 0.0, 1.0]
    shift = np.array([rng.uniform(-1.0, 1.0), 0.0, rng.uniform(-1.0, 1.0)])
    joints = (joints - centre) @ rotation(yaw=rng.uniform(-np.pi, np.pi)).T + shift
    joints += system.noise_m * rng.normal(size=joints.shape)
    return JointMotion(joints.astype(np.float32), system.rate_hz, source=source)


def _at_rate(walk: Walk, rate_hz: float) -> Walk:
    """Resample a walk for `capture_walk`; the result has no feet."""

    def resampled(signal: np.ndarray) -> np.ndarray:
        return interpolate(signal, walk.rate_hz, rate_hz)

    return replace(
        walk,
        orientations={joint: resampled(path) for joint, path in walk.orientations.items()},
        joints=resampled(walk.joints),
        feet={},
        phase=resampled(walk.phase),
        amplitude=resampled(walk.amplitude),
        heading=resampled(walk.heading),
        facing=resampled(walk.facing),
        rate_hz=rate_hz,
    )


def true_parameters(trial: Trial, system: RecordingSystem) -> dict[str, float]:
    """Compute the true gait parameters of a walk in the skeleton of a system.

    The margins of stability are those of the body.

    Args:
        trial: Simulated walk.
        system: Recording system.
    """
    if system.convention is None:
        return trial.parameters
    joints = apply_convention(trial.walk.joints, system.convention)
    return trial.parameters | measure_walk(replace(trial.walk, joints=joints))


def simulate_varied_cohort(
    out_dir: str | os.PathLike,
    subjects: int = 26,
    walks: int = 6,
    seed: int = 0,
    workers: int = 1,
    controls: int = 10,
) -> Path:
    """Simulate a cohort whose sessions are recorded by different systems.

    The cohort is written to a temporary folder next to `out_dir` and moved into place when it is
    complete. An earlier simulated cohort at `out_dir` is replaced; other content is not. The
    scores of the subjects have the proportions of the Shida data set. The same seed gives the same
    files for any number of workers.

    Args:
        out_dir (`str` or `os.PathLike`):
            Folder to write: clinical.csv, truth.csv, README.md and recordings/SUB01_off/*.c3d or
            *.npz and so on.
        subjects (`int`, defaults to 26):
            Number of subjects with a session OFF and one ON medication, at least 3.
        walks (`int`, defaults to 6):
            Number of walks per session.
        seed (`int`, defaults to 0):
            Seed of the random generator.
        workers (`int`, defaults to 1):
            Number of processes. More than 200 subjects are simulated in a separate process even
            with one worker.
        controls (`int`, defaults to 10):
            Number of healthy controls of 20 to 85 years with score 0 and one session.

    Returns:
        `Path`: The folder, as an absolute path.

    Raises:
        ValueError: There are too few subjects, walks, workers or controls, or the seed is negative.
        FileExistsError: `out_dir` is a file, or has content other than a simulated cohort.

    Example:
        ```python
        >>> from agir_hf.simulation.varied_layout import simulate_varied_cohort
        >>> simulate_varied_cohort("cohort", subjects=2)
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
    check_replaceable(out_dir, SIMULATED_TAG)
    with atomic_folder(out_dir) as draft:
        count = _write(draft, _jobs(draft, subjects, walks, seed, controls), workers)
        command = (
            f"agir corpus simulate OUT --layout varied --subjects {subjects} --walks {walks} "
            f"--controls {controls} --seed {seed}"
        )
        readme = _README.format(
            tag=SIMULATED_TAG, subjects=subjects, controls=controls, walks=walks, command=command,
            youngest=CONTROL_AGES[0], oldest=CONTROL_AGES[1], version=__version__, table=TABLE,
            truth=TRUTH,
        )  # fmt: skip
        (draft / "README.md").write_text(readme, encoding="utf-8")
    print(f"{count} simulated walks of {subjects} subjects and {controls} controls: {out_dir}")
    return out_dir


def _jobs(folder: Path, subjects: int, walks: int, seed: int, controls: int) -> list[_Job]:
    jobs = [
        _Job(seed, number, f"SUB{number:02d}", pair, walks, folder)
        for number, pair in enumerate(score_pairs(subjects, seed), 1)
    ]
    jobs += [
        _Job(seed, _FIRST_CONTROL + i, f"CON{i + 1:02d}", (0, 0), walks, folder)
        for i in range(controls)
    ]
    return jobs


def _write(folder: Path, jobs: list[_Job], workers: int) -> int:
    """Write the recordings of all jobs and both tables; return the number of walks."""
    from tqdm import tqdm

    names = (*TRUE_NAMES, *SIMULATION_ONLY_NAMES)
    count = 0
    with (
        (folder / TABLE).open("w", newline="", encoding="utf-8") as clinical_file,
        (folder / TRUTH).open("w", newline="", encoding="utf-8") as truth_file,
    ):
        clinical = csv.DictWriter(clinical_file, COLUMNS)
        clinical.writeheader()
        truth = csv.writer(truth_file)
        truth.writerow(("trial", "session", "score", *names))
        results = in_processes(
            _simulate,
            jobs,
            min(workers, len(jobs)),
            in_order=True,
            max_tasks_per_child=_MAX_TASKS_PER_CHILD,
        )
        for rows in tqdm(results, total=len(jobs), unit="subject", desc="simulating"):
            for row, values in rows:
                clinical.writerow(row)
                cells = [f"{values[name]:.6g}" if name in values else "" for name in names]
                session = f"{row['subject']}_{row['session']}"
                truth.writerow((Path(row["file"]).stem, session, row["score"], *cells))
            count += len(rows)
    return count


def _simulate(job: _Job) -> list[tuple[dict[str, str], dict[str, float]]]:
    """Write the recordings of one subject; return the row and the true parameters of each walk."""
    age, rows = _age(job), []
    for session, index, number, trial in _trials(job):
        system = draw_system(np.random.default_rng([job.seed, job.number, index, 10_000]))
        rng = np.random.default_rng([job.seed, job.number, index, 10_000, number])
        name = f"{job.name}_{session}_walk_{number}"
        suffix = ".c3d" if system.convention is None else ".npz"
        path = job.folder / RECORDINGS / f"{job.name}_{session}" / f"{name}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_recording(record_walk(trial, system, rng, source=f"{name} (simulated)"), path)
        row = {
            "subject": job.name,
            "session": session,
            "file": path.relative_to(job.folder).as_posix(),
            "score": MISSING if trial.session.score is None else str(trial.session.score),
            "age": str(age),
            "sex": trial.walk.body.sex,
            "system": system.name,
            "rate_hz": f"{system.rate_hz:g}",
        }
        rows.append((row, true_parameters(trial, system)))
    return rows


def _age(job: _Job) -> int:
    """Age of a subject in years, a function of the seed and the number."""
    rng = np.random.default_rng([job.seed, job.number, 9])
    if job.is_control:
        return int(rng.integers(CONTROL_AGES[0], CONTROL_AGES[1] + 1))
    return int(np.clip(rng.normal(65, 10), 44, 85))


def _trials(job: _Job) -> Iterator[tuple[str, int, int, Trial]]:
    """Session, its index, number of the walk and trial; controls have one session."""
    trials = simulate_subject(job.number, job.scores, seed=job.seed, walks=job.walks)
    for count, trial in enumerate(trials):
        index, number = divmod(count, job.walks)
        if job.is_control and index:
            return
        session = _CONTROL_SESSION if job.is_control else trial.session.medication
        yield session, index, number + 1, trial


def _write_recording(recording: MarkerRecording | JointMotion, path: Path) -> None:
    if isinstance(recording, MarkerRecording):
        write_c3d(recording, path)
        return
    np.savez_compressed(
        path,
        joints=recording.joints,
        rate_hz=np.float64(recording.rate_hz),
        joint_names=np.array(JOINT_NAMES),
    )

"""Simulated cohorts of several recording systems: ``agir corpus simulate OUT --layout varied``.

Each session is recorded by one system: 44 markers at 100 to 200 Hz, or 22 joints at 30 to 120 Hz in
a skeleton convention of the system (`conventions.py`). Healthy controls of 20 to 85 years are
further subjects. The folder has a `clinical.csv` that `agir corpus build` reads, and the true gait
parameters in `truth.csv`.
"""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..humanml3d import JOINT_NAMES
from ..motion import JointMotion, MarkerRecording
from ..motion.resampling import interpolate
from ..utils.files import atomic_folder, check_replaceable, exclusive_folder
from ..utils.parallel import in_processes
from ..version import __version__
from .c3d_writer import write_c3d
from .cohort import score_pairs
from .conventions import Convention, apply_convention, draw_convention
from .ground_truth import SIMULATION_ONLY_NAMES, TRUE_NAMES, measure_walk
from .mark import MARK, write_mark
from .rotations import rotation
from .shida_layout import MISSING, SIMULATED_TAG
from .subjects import CONTROL_AGE_LIMITS, Session, Subject, draw_control, draw_subject, draw_walk
from .virtual_mocap import capture_walk
from .walk import Walk, simulate_walk

TABLE, TRUTH, RECORDINGS = "clinical.csv", "truth.csv", "recordings"
COLUMNS = ("subject", "session", "file", "score", "age", "sex", "system", "rate_hz")
MARKER_RATES_HZ = (100.0, 120.0, 150.0, 200.0)
# Rates and noise of the joints (SD per axis in metres; rough): a skeleton that is fitted to optical
# markers or inertial sensors, and one that is estimated from a depth camera.
_SKELETON_RATES_HZ, _SKELETON_NOISE_M = (60.0, 100.0, 120.0), (0.0005, 0.002)
_CAMERA_RATE_HZ, _CAMERA_NOISE_M = 30.0, (0.003, 0.008)
_MARKERS_SHARE, _SKELETON_SHARE = 0.5, 0.3  # shares of the sessions; the others have a camera
_FIRST_CONTROL = 10_001  # number of the first control in the seed, above those of the subjects
_CONTROL_SESSION = "control"
# Files that a process writes before it is replaced: libraries keep 0.02 MB of each (measured).
_FILES_PER_PROCESS = 4_000
_MAX_ATTEMPTS = 20  # draws of a walk until it has at least four countable steps
_SYSTEM_SEED = 10_000  # separates the seeds of systems and recordings from those of walks

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
    walk: Walk,
    placement: np.ndarray,
    system: RecordingSystem,
    rng: np.random.Generator,
    *,
    source: str,
) -> MarkerRecording | JointMotion:
    """Record a simulated walk with a system.

    Args:
        walk: Simulated walk.
        placement: (44, 3) marker placement of the session, metres.
        system: Recording system.
        rng: Random generator of noise, gaps, direction and position in the room.
        source: Name of the recording.

    Returns:
        Markers (T, 44, 3) or joints (T, 22, 3) at the rate of the system, metres, Y up.
    """
    if system.convention is None:
        markers = interpolate(walk.markers(placement), walk.rate_hz, system.rate_hz)
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


def true_parameters(
    walk: Walk, parameters: dict[str, float], system: RecordingSystem
) -> dict[str, float]:
    """Compute the true gait parameters of a walk in the skeleton of a system.

    The margins of stability are those of the body.

    Args:
        walk: Simulated walk.
        parameters: True parameters of the walk, from `measure_walk`.
        system: Recording system.
    """
    if system.convention is None:
        return parameters
    joints = apply_convention(walk.joints, system.convention)
    return parameters | measure_walk(replace(walk, joints=joints))


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
            Folder to write: clinical.csv, truth.csv, README.md, agir_simulated.json and
            recordings/SUB01_off/*.c3d or *.npz and so on.
        subjects (`int`, defaults to 26):
            Number of subjects with a session OFF and one ON medication, at least 3.
        walks (`int`, defaults to 6):
            Number of walks per session.
        seed (`int`, defaults to 0):
            Seed of the random generator.
        workers (`int`, defaults to 1):
            Number of processes. A large cohort is simulated in separate processes even with one
            worker, because they are replaced after 4,000 files.
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
    check_replaceable(out_dir, SIMULATED_TAG, MARK)
    with exclusive_folder(out_dir, inside=False), atomic_folder(out_dir) as draft:
        count = _write(draft, _jobs(draft, subjects, walks, seed, controls), workers)
        command = (
            f"agir corpus simulate OUT --layout varied --subjects {subjects} --walks {walks} "
            f"--controls {controls} --seed {seed}"
        )
        youngest, oldest = (f"{age:.0f}" for age in CONTROL_AGE_LIMITS)
        readme = _README.format(
            tag=SIMULATED_TAG, subjects=subjects, controls=controls, walks=walks, command=command,
            youngest=youngest, oldest=oldest, version=__version__, table=TABLE, truth=TRUTH,
        )  # fmt: skip
        (draft / "README.md").write_text(readme, encoding="utf-8")
        write_mark(draft, command, __version__)
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
            max_tasks_per_child=max(_FILES_PER_PROCESS // (2 * jobs[0].walks), 1),
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
    rows = []
    subject = _subject(job)
    for index, session in enumerate(subject.sessions[:1] if job.is_control else subject.sessions):
        seed = (job.seed, job.number, index)
        system = draw_system(np.random.default_rng([*seed, _SYSTEM_SEED]))
        session_name = _CONTROL_SESSION if job.is_control else session.medication
        for number in range(1, job.walks + 1):
            name = f"{job.name}_{session_name}_walk_{number}"
            walk, parameters = _draw_walk(
                subject, session, np.random.default_rng([*seed, number]), name
            )
            rng = np.random.default_rng([*seed, _SYSTEM_SEED, number])
            source = f"{name} (simulated)"
            recording = record_walk(walk, session.placement, system, rng, source=source)
            row = {
                "subject": job.name,
                "session": session_name,
                "file": _write_recording(recording, job.folder, session_name, job.name, name),
                "score": MISSING if session.score is None else str(session.score),
                "age": f"{subject.age:.0f}",
                "sex": subject.sex,
                "system": system.name,
                "rate_hz": f"{system.rate_hz:g}",
            }
            rows.append((row, true_parameters(walk, parameters, system)))
    return rows


def _subject(job: _Job) -> Subject:
    rng = np.random.default_rng([job.seed, job.number])
    return (
        draw_control(job.name, rng) if job.is_control else draw_subject(job.name, job.scores, rng)
    )


def _draw_walk(
    subject: Subject, session: Session, rng: np.random.Generator, name: str
) -> tuple[Walk, dict[str, float]]:
    """Draw a walk that has enough countable steps, and its true parameters."""
    for _ in range(_MAX_ATTEMPTS):
        plan = draw_walk(session, rng)
        walk = simulate_walk(subject.body, plan.style, plan.setup, rng)
        try:
            return walk, measure_walk(walk, walk.markers(session.placement))
        except ValueError:  # too few steps because of freezing or a turn: draw another walk
            continue
    raise RuntimeError(f"{name}: none of {_MAX_ATTEMPTS} walks has four straight steps")


def _write_recording(
    recording: MarkerRecording | JointMotion, folder: Path, session: str, subject: str, name: str
) -> str:
    """Write a C3D file of markers or an .npz file of joints; return its path in the folder."""
    is_markers = isinstance(recording, MarkerRecording)
    file = f"{RECORDINGS}/{subject}_{session}/{name}{'.c3d' if is_markers else '.npz'}"
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    if is_markers:
        write_c3d(recording, path)
    else:
        np.savez_compressed(
            path,
            joints=recording.joints,
            rate_hz=np.float64(recording.rate_hz),
            joint_names=np.array(JOINT_NAMES),
        )
    return file

"""Evaluate the measured gait: parameters against simulated truth, events against annotations.

    python recipes/benchmark_gait.py                     # 100 simulated walkers
    python recipes/benchmark_gait.py --real FOLDER       # also recordings with annotated events
    python recipes/benchmark_gait.py --walkers 60 --repeats agir_hf/assessment/repeatability.json

The first command prints, for each parameter of the simulation, the mean absolute error over walkers
and the mean error (measured minus true). The second command also prints, for each recording with
annotated events, the F1 score of heel strikes and toe-offs with a tolerance of 50 ms within the
annotated interval, and the median timing error. The third command simulates three walks of each
walker and writes the errors between them, which `agir compare` uses as the measurement error.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path

import numpy as np
from tqdm import tqdm

from agir_hf.assessment.repeatability import walk_errors
from agir_hf.gait import detect_events, measure
from agir_hf.gait.parameters import UNITS
from agir_hf.motion import GaitEvent, RecordingError, read_recording
from agir_hf.motion.recording import MarkerRecording
from agir_hf.simulation.cohort import simulate_subject

TOLERANCE_S = 0.050
WALKS = 3  # per walker, for the repeatability
_MIN_EVENTS = 4  # recordings with fewer annotated events are left out


def main() -> None:
    """Parse the command line and run the evaluation."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--walkers", type=int, default=100, help="number of simulated walkers (default: 100)"
    )
    parser.add_argument("--seed", type=int, default=5, help="seed of the simulation (default: 5)")
    parser.add_argument("--real", type=Path, help="folder of recordings with annotated events")
    parser.add_argument(
        "--repeats", type=Path, metavar="OUT.json", help="write the repeatability to this file"
    )
    options = parser.parse_args()
    if options.repeats:
        return repeats(options.walkers, options.seed, options.repeats)
    simulated(options.walkers, options.seed)
    if options.real:
        real(options.real)


def simulated(walkers: int, seed: int) -> None:
    """Print the errors of the parameters over simulated walkers, one walk each.

    Args:
        walkers: Number of walkers.
        seed: Seed of the simulation.
    """
    errors: dict[str, list[tuple[float, float]]] = {}
    for number in tqdm(range(1, walkers + 1), unit="walker", leave=False):
        score = number % 3
        trial = next(simulate_subject(number, (score, score), seed=seed, walks=1))
        measured = measure(trial.recording).parameters
        for name in trial.parameters.keys() & measured.keys():
            truth = trial.parameters[name]
            errors.setdefault(name, []).append((measured[name].value - truth, truth))
    print(f"{walkers} simulated walkers, seed {seed}; mean over walkers")
    print(f"{'parameter':32} {'|error|':>9} {'error':>9} {'|error| %':>9}")
    for name in (name for name in UNITS if name in errors):
        error, truth = np.array(errors[name]).T
        percent = 100 * np.abs(error).mean() / np.abs(truth).mean()
        print(f"{name:32} {np.abs(error).mean():9.4f} {error.mean():+9.4f} {percent:9.2f}")


def repeats(walkers: int, seed: int, out: Path) -> None:
    """Simulate repeated walks and write the errors between the walks of a walker.

    Args:
        walkers: Number of walkers.
        seed: Seed of the simulation.
        out: JSON file to write.
    """
    measured = []
    for number in tqdm(range(1, walkers + 1), unit="walker", leave=False):
        score = number % 3
        trials = simulate_subject(number, (score, score), seed=seed, walks=WALKS)
        first_session = islice(trials, WALKS)
        measured.append([measure(trial.recording).parameters for trial in first_session])
    write_repeats(measured, seed, out)


def write_repeats(measured: list, seed: int, out: Path) -> None:
    """Write the repeatability table of the measured walks.

    Args:
        measured: For each walker, the parameters (name → `Measured`) of each walk.
        seed: Seed of the simulation.
        out: JSON file to write.
    """
    rows = {name: asdict(row) for name, row in walk_errors(measured).items()}
    for row in rows.values():
        row["sd"] = float(f"{row['sd']:.4g}")
    about = {"walkers": len(measured), "walks": WALKS, "seed": seed, "simulated": True}
    out.write_text(json.dumps({**about, "parameters": rows}, indent=1) + "\n", encoding="utf-8")
    print(f"{out}: {len(rows)} parameters, {len(measured)} simulated walkers")


def real(folder: Path) -> None:
    """Print the agreement of detected and annotated events, file by file.

    Args:
        folder: Folder of C3D files; files without annotated events are left out.
    """
    print(
        f"\nevents at {TOLERANCE_S * 1000:.0f} ms: F1 and median error of heel strikes, then of "
        "toe-offs"
    )
    for path in sorted(folder.rglob("*.c3d")):
        try:
            recording = read_recording(path)
            if not isinstance(recording, MarkerRecording) or len(recording.events) < _MIN_EVENTS:
                continue
            detected = detect_events(recording).events
        except RecordingError:
            continue
        line = [agreement(detected, recording.events, k) for k in ("heel_strike", "toe_off")]
        print(f"{path.name:36} " + "   ".join(f"{f:.3f} {1000 * e:3.0f} ms" for f, e in line))


def agreement(
    detected: Sequence[GaitEvent], annotated: Sequence[GaitEvent], kind: str
) -> tuple[float, float]:
    """Compare detected with annotated events of a kind, counted for each foot.

    Args:
        detected: Detected events.
        annotated: Annotated events; detected ones outside of their interval do not count.
        kind: "heel_strike" or "toe_off".

    Returns:
        F1 score, and median absolute error in seconds; NaN without events.
    """
    times = [event.time_s for event in annotated]
    start_s, end_s = min(times) - TOLERANCE_S, max(times) + TOLERANCE_S
    matched, extra, missed, errors = 0, 0, 0, []
    for side in ("left", "right"):
        truth = [e.time_s for e in annotated if (e.side, e.kind) == (side, kind)]
        unmatched = [
            e.time_s
            for e in detected
            if (e.side, e.kind) == (side, kind) and start_s <= e.time_s <= end_s
        ]
        for time_s in truth:
            nearest = min(unmatched, key=lambda other: abs(other - time_s), default=np.inf)
            if abs(nearest - time_s) <= TOLERANCE_S:
                unmatched.remove(nearest)
                errors.append(abs(nearest - time_s))
                matched += 1
            else:
                missed += 1
        extra += len(unmatched)
    total = 2 * matched + extra + missed
    return (2 * matched / total if total else np.nan), (np.median(errors) if errors else np.nan)


if __name__ == "__main__":
    main()

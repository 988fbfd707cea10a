"""Evaluate the measured gait: parameters against simulated truth, events against annotations.

    python recipes/benchmark_gait.py                     # 100 simulated walkers
    python recipes/benchmark_gait.py --real FOLDER       # recordings with annotated events
    python recipes/benchmark_gait.py --real FOLDER --peer-gaitkit     # and other detectors
    python recipes/benchmark_gait.py --walkers 60 --repeats agir_hf/assessment/repeatability.json

The first command prints, for each parameter of the simulation, the mean absolute error over walkers
and the mean error (measured minus true). `--real` prints, for each recording with annotated events,
the F1 scores of heel strikes and toe-offs with tolerances of 25 and 50 ms within the annotated
interval, and the median of detected minus annotated time of each foot; with `--peer-gaitkit` also
the F1 scores at 50 ms of the published detectors of the package gaitkit. `--repeats` simulates
three walks of each walker and writes the errors between them, which `agir compare` uses as the
measurement error. `benchmark_measure.py` has the times.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path

import numpy as np
from benchmark_tools import Measure, Row, Timing, benchmark_parser, count, finish
from gait_peers import peer_events, peer_methods, read_landmarks
from tqdm import tqdm

from agir_hf.assessment.repeatability import walk_errors
from agir_hf.gait import detect_events, measure
from agir_hf.gait.annotated_events import compare_events
from agir_hf.gait.parameters import UNITS
from agir_hf.motion import GaitEvent, RecordingError, read_recording
from agir_hf.motion.recording import MarkerRecording
from agir_hf.simulation.cohort import simulate_subject

TOLERANCE_S = 0.050
KINDS = ("heel_strike", "toe_off")
QUICK_WALKERS = 9
MEASURES = tuple(
    Measure("Gait", f"mean error of {what} of simulated walkers", unit, readme=False)
    for what, unit in (
        ("step length", "mm"),
        ("cadence", "steps/min"),
        ("foot angle at heel strike", "°"),
    )
)
# Parameter and factor to the unit of each of `MEASURES`.
ROWS = (("step_length_m", 1000), ("cadence_steps_per_min", 1), ("foot_strike_angle_deg", 1))
WALKS = 3  # per walker, for the repeatability
_MIN_EVENTS = 4  # recordings with fewer annotated events are left out


def main(argv: Sequence[str] | None = None) -> None:
    """Parse the command line and run the evaluation.

    Args:
        argv: Arguments of the command line; those of the process by default.
    """
    parser = benchmark_parser(__doc__)
    parser.add_argument(
        "--walkers", type=count, default=100, help="number of simulated walkers (default: 100)"
    )
    parser.add_argument("--seed", type=int, default=5, help="seed of the simulation (default: 5)")
    parser.add_argument("--real", type=Path, help="folder of recordings with annotated events")
    parser.add_argument(
        "--peer-gaitkit", action="store_true", help="with --real: also the detectors of gaitkit"
    )
    parser.add_argument(
        "--repeats", type=Path, metavar="OUT.json", help="write the repeatability to this file"
    )
    options = parser.parse_args(argv)
    walkers = min(options.walkers, QUICK_WALKERS) if options.quick else options.walkers
    if options.repeats:
        repeats(walkers, options.seed, options.repeats)
    elif options.real:
        real(options.real, peer_methods() if options.peer_gaitkit else [])
    else:
        finish(simulated(walkers, options.seed), options)


def simulated(walkers: int, seed: int) -> list[Row]:
    """Print the errors of the parameters over simulated walkers, one walk each.

    Args:
        walkers: Number of walkers.
        seed: Seed of the simulation.

    Returns:
        A row for each of `MEASURES`, without a peer.
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
    note = f"{walkers} walkers, mean absolute difference from the simulated truth"
    rows = []
    for measure_row, (name, factor) in zip(MEASURES, ROWS, strict=True):
        mean = factor * float(np.abs(np.array(errors[name])[:, 0]).mean())
        rows.append(measure_row.row(Timing((mean,)), rounds=1, note=note))
    return rows


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


def real(folder: Path, methods: Sequence[str] = ()) -> None:
    """Print the agreement of detected and annotated events, file by file.

    Args:
        folder: Folder of C3D files and landmarks of gaitkit; files without annotated events are
            left out.
        methods: Detectors of gaitkit to compare with.
    """
    scores: dict[str, list[list[float]]] = {}
    print("F1 at 25 and 50 ms, median of detected minus annotated time left/right in ms")
    print(f"{'':34} {'heel strikes':>26} {'toe-offs':>26}")
    for path, recording in annotated(folder):
        try:
            events = {"this package": detect_events(recording).events}
            events |= peer_events(path, recording, methods) if methods else {}
        except RecordingError as error:
            print(f"{path.name}: {error}")
            continue
        cells = [_cell(events["this package"], recording.events, kind) for kind in KINDS]
        print(f"{path.name[:34]:34} {cells[0]:>26} {cells[1]:>26}")
        for name, detected in events.items():
            row = [agreement(detected, recording.events, kind)[0] for kind in KINDS]
            scores.setdefault(name, []).append(row)
    print(f"\nmean F1 at {TOLERANCE_S * 1000:.0f} ms: heel strikes, toe-offs, number of files")
    for name, rows in scores.items():
        strikes, toe_offs = np.nanmean(rows, axis=0)
        print(f"{name:16} {strikes:.3f} {toe_offs:.3f} {len(rows):3d}")


def annotated(folder: Path) -> Iterator[tuple[Path, MarkerRecording]]:
    """Recordings of a folder that have annotated events, with their paths.

    Args:
        folder: Folder of C3D files, and JSON files with the landmarks of gaitkit.
    """
    for path in sorted([*folder.rglob("*.c3d"), *folder.rglob("*.json")]):
        try:
            recording = read_landmarks(path) if path.suffix == ".json" else read_recording(path)
        except (RecordingError, KeyError, ValueError):
            continue
        if isinstance(recording, MarkerRecording) and len(recording.events) >= _MIN_EVENTS:
            yield path, recording


def _cell(detected, events, kind: str) -> str:
    """F1 scores at 25 and 50 ms, and median differences of the left and the right foot in ms."""
    scores = [agreement(detected, events, kind, tolerance_s)[0] for tolerance_s in (0.025, 0.05)]
    medians = []
    for side in ("left", "right"):
        rows = [[e for e in part if e.side == side] for part in (detected, events)]
        agreed = compare_events(*rows).get(kind)
        has_median = agreed is not None and agreed.median_difference_s is not None
        medians.append(f"{1000 * agreed.median_difference_s:+.0f}" if has_median else "-")
    return f"{scores[0]:.3f} {scores[1]:.3f}  {medians[0]:>4}/{medians[1]:>4}"


def agreement(
    detected: Sequence[GaitEvent],
    annotated: Sequence[GaitEvent],
    kind: str,
    tolerance_s: float = TOLERANCE_S,
) -> tuple[float, float]:
    """Compare detected with annotated events of a kind, counted for each foot.

    Args:
        detected: Detected events.
        annotated: Annotated events; detected ones outside of their interval do not count.
        kind: "heel_strike" or "toe_off".
        tolerance_s: Largest difference of a match in seconds.

    Returns:
        F1 score, and median absolute error in seconds; NaN without events.
    """
    times = [event.time_s for event in annotated]
    start_s, end_s = min(times) - tolerance_s, max(times) + tolerance_s
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
            if abs(nearest - time_s) <= tolerance_s:
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

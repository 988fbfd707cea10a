"""How right measured gait is: simulated walkers against their truth, real walks against marks.

    python recipes/benchmark_gait.py                     # 100 simulated walkers
    python recipes/benchmark_gait.py --real FOLDER       # and recordings with annotated events
    python recipes/benchmark_gait.py --walkers 60 --repeats agir_hf/assessment/repeatability.json

The first two print, for each parameter that the simulation knows, the mean absolute error over
walkers and the mean difference (measured less true), and for recordings with annotations the F1 of
heel strikes and toe offs at 50 ms within the span of the annotations, with the median of the errors
in time. The last lets each walker walk three times and writes by how much a parameter differs from
walk to walk: what `agir compare` holds differences against.
"""

import argparse
import json
from dataclasses import asdict
from itertools import islice
from pathlib import Path

import numpy as np
from tqdm import tqdm

from agir_hf.assessment.repeatability import walk_errors
from agir_hf.gait import detect_events, measure
from agir_hf.gait.parameters import UNITS
from agir_hf.motion import RecordingError, read_recording
from agir_hf.motion.recording import MarkerRecording
from agir_hf.simulation.cohort import simulate_subject

TOLERANCE_S = 0.050
WALKS = 3  # of each walker, for repeats


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--walkers", type=int, default=100)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--real", type=Path, help="folder of recordings with annotated events")
    parser.add_argument("--repeats", type=Path, metavar="OUT.json", help="table to write")
    options = parser.parse_args()
    if options.repeats:
        return repeats(options.walkers, options.seed, options.repeats)
    simulated(options.walkers, options.seed)
    if options.real:
        real(options.real)


def simulated(walkers: int, seed: int) -> None:
    """Print measured against true over simulated walkers, one walk each."""
    errors: dict[str, list[tuple[float, float]]] = {}
    for number in tqdm(range(1, walkers + 1), unit="walker", leave=False):
        score = number % 3
        trial = next(simulate_subject(number, (score, score), seed=seed, walks=1))
        found = measure(trial.recording).parameters
        for name in trial.parameters.keys() & found.keys():
            truth = trial.parameters[name]
            errors.setdefault(name, []).append((found[name].value - truth, truth))
    print(f"{walkers} simulated walkers, seed {seed}; mean over walkers")
    print(f"{'parameter':32} {'|error|':>9} {'error':>9} {'|error| %':>9}")
    for name in (name for name in UNITS if name in errors):
        error, true = np.array(errors[name]).T
        share = 100 * np.abs(error).mean() / np.abs(true).mean()
        print(f"{name:32} {np.abs(error).mean():9.4f} {error.mean():+9.4f} {share:9.2f}")


def repeats(walkers: int, seed: int, out: Path) -> None:
    """Write the differences between walks of one walker, of all parameters."""
    measured = []
    for number in tqdm(range(1, walkers + 1), unit="walker", leave=False):
        score = number % 3
        trials = simulate_subject(number, (score, score), seed=seed, walks=WALKS)
        first_session = islice(trials, WALKS)
        measured.append([measure(trial.recording).parameters for trial in first_session])
    write_repeats(measured, seed, out)


def write_repeats(measured: list, seed: int, out: Path) -> None:
    """Write the table of some walkers' measured walks."""
    rows = {name: asdict(row) for name, row in walk_errors(measured).items()}
    for row in rows.values():
        row["sd"] = float(f"{row['sd']:.4g}")
    about = {"walkers": len(measured), "walks": WALKS, "seed": seed, "simulated": True}
    out.write_text(json.dumps({**about, "parameters": rows}, indent=1) + "\n", encoding="utf-8")
    print(f"{out}: {len(rows)} parameters, {len(measured)} simulated walkers")


def real(folder: Path) -> None:
    """Print found events against annotated ones, file by file."""
    print(f"\nevents at {TOLERANCE_S * 1000:.0f} ms: F1, median error; strikes, then toe offs")
    for path in sorted(folder.rglob("*.c3d")):
        try:
            recording = read_recording(path)
            if not isinstance(recording, MarkerRecording) or len(recording.events) < 4:
                continue
            found = detect_events(recording).events
        except RecordingError:
            continue
        line = [agreement(found, recording.events, k) for k in ("heel_strike", "toe_off")]
        print(f"{path.name:36} " + "   ".join(f"{f:.3f} {1000 * e:3.0f} ms" for f, e in line))


def agreement(found, marked, kind: str) -> tuple[float, float]:
    """F1 and median error in s of events of a kind, each foot by itself."""
    times = [event.time_s for event in marked]
    hits, extra, missed, errors = 0, 0, 0, []
    for side in ("left", "right"):
        true = [e.time_s for e in marked if (e.side, e.kind) == (side, kind)]
        free = [
            e.time_s
            for e in found
            if (e.side, e.kind) == (side, kind)
            and min(times) - TOLERANCE_S <= e.time_s <= max(times) + TOLERANCE_S
        ]
        for time in true:
            near = min(free, key=lambda other: abs(other - time), default=np.inf)
            if abs(near - time) <= TOLERANCE_S:
                free.remove(near)
                errors.append(abs(near - time))
                hits += 1
            else:
                missed += 1
        extra += len(free)
    both = 2 * hits + extra + missed
    return (2 * hits / both if both else np.nan), (np.median(errors) if errors else np.nan)


if __name__ == "__main__":
    main()

"""How right measured gait is: simulated walkers against their truth, real walks against marks.

    python recipes/benchmark_gait.py                     # 100 simulated walkers
    python recipes/benchmark_gait.py --real FOLDER       # and recordings with annotated events

Prints, for each parameter that the simulation knows, the mean absolute error over walkers and the
mean difference (measured less true), and for recordings with annotations the F1 of heel strikes
and toe offs at 50 ms within the span of the annotations, with the median of the errors in time.
"""

import argparse
from pathlib import Path

import numpy as np
from tqdm import tqdm

from agir_hf.corpus.cohort import simulate_subject
from agir_hf.corpus.measure import countable_steps
from agir_hf.corpus.subjects import draw_subject, draw_walk
from agir_hf.corpus.walker import simulate_walk
from agir_hf.gait import detect_events, measure
from agir_hf.gait.parameters import UNITS
from agir_hf.humanml3d import JOINT_NAMES
from agir_hf.motion import RecordingError, read_recording
from agir_hf.motion.recording import MarkerRecording

GRAVITY = 9.81
TOLERANCE_S = 0.050
# Share of the body's mass and of the way from the first joint to the second (Winter 2009).
SEGMENTS = {("hip", "knee"): (0.100, 0.433), ("knee", "ankle"): (0.0465, 0.433),
            ("ankle", "foot"): (0.0145, 0.50), ("shoulder", "elbow"): (0.028, 0.436),
            ("elbow", "wrist"): (0.022, 0.682)}  # fmt: skip
TRUNK = (0.578, 0.66)  # from between the hips to between the shoulders


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--walkers", type=int, default=100)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--real", type=Path, help="folder of recordings with annotated events")
    options = parser.parse_args()
    simulated(options.walkers, options.seed)
    if options.real:
        real(options.real)


def simulated(walkers: int, seed: int) -> None:
    """Print measured against true over simulated walkers, one walk each."""
    errors: dict[str, list[tuple[float, float]]] = {}
    for number in tqdm(range(1, walkers + 1), unit="walker", leave=False):
        score = number % 3
        row, recording = next(simulate_subject(number, score, seed=seed, walks=1))
        truth = row["parameters"] | true_margins(number, score, seed)
        found = measure(recording).parameters
        for name in truth.keys() & found.keys():
            errors.setdefault(name, []).append((found[name].value - truth[name], truth[name]))
    print(f"{walkers} simulated walkers, seed {seed}; mean over walkers")
    print(f"{'parameter':32} {'|error|':>9} {'error':>9} {'|error| %':>9}")
    for name in (name for name in UNITS if name in errors):
        error, true = np.array(errors[name]).T
        share = 100 * np.abs(error).mean() / np.abs(true).mean()
        print(f"{name:32} {np.abs(error).mean():9.4f} {error.mean():+9.4f} {share:9.2f}")


def true_margins(number: int, score: int, seed: int) -> dict[str, float]:
    """Margins of stability of the same walk, from its true joints at its true heel strikes."""
    subject = draw_subject(f"SUB{number:02d}", score, np.random.default_rng([seed, number]))
    random = np.random.default_rng([seed, number, 1])
    plan = draw_walk(subject, random)
    walk = simulate_walk(
        subject.body, plan.style, plan.duration_s, random, starts=plan.starts, stops=plan.stops
    )
    centre = centre_of_mass(walk.joints)
    velocity = np.gradient(centre, 1 / walk.rate_hz, axis=0)
    ahead, aside = [], []
    for step in countable_steps(walk):
        side, outwards = ("left", 1) if walk.plan.left[step] else ("right", -1)
        frame = min(round(walk.plan.strike_s[step] * walk.rate_hz), len(centre) - 1)
        segment, offset = subject.sites[f"{side[0].upper()}.MT2"]
        toe = walk.marker(segment, offset)[frame]
        heels = [walk.marker(*subject.sites[f"{s}.Heel"])[:, 1] for s in "LR"]
        length = centre[frame, 1] - min(heel.min() for heel in heels)
        reach = centre[frame] + velocity[frame] / np.sqrt(GRAVITY / length)
        ahead.append(toe[2] - reach[2])
        aside.append((toe[0] - reach[0]) * outwards)
    names = ("margin_of_stability_ap_m", "margin_of_stability_ml_m")
    return dict(zip(names, (np.mean(ahead), np.mean(aside)), strict=True))


def centre_of_mass(joints: np.ndarray) -> np.ndarray:
    """(T, 3) metres of joints (T, 22, 3)."""
    place = {name: joints[:, i] for i, name in enumerate(JOINT_NAMES)}
    hips = (place["left_hip"] + place["right_hip"]) / 2
    shoulders = (place["left_shoulder"] + place["right_shoulder"]) / 2
    centre = TRUNK[0] * ((1 - TRUNK[1]) * hips + TRUNK[1] * shoulders)
    for (first, second), (mass, share) in SEGMENTS.items():
        for side in ("left", "right"):
            a, b = place[f"{side}_{first}"], place[f"{side}_{second}"]
            centre += mass * ((1 - share) * a + share * b)
    return centre


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

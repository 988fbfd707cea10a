"""Time measuring the gait of recordings of 6 s to 16 minutes, and show that it grows linearly.

    python recipes/benchmark_measure.py
    python recipes/benchmark_measure.py --against ../earlier    # also code of an earlier commit

Each recording is measured as ``agir measure`` does it after reading: events, gait parameters, the
checks of a walk, kinematic curves, episodes and the values of each side. The recordings are the
embedded sample, 44 markers at 150 Hz, continued by copies of itself; and its joints at 20 frames
per second for 16 minutes (19,200 frames). The notes state the time per frame, which is the same for
all lengths if the work is linear.

The peer of the last row is `plain_paths`: the published steps with scipy, one path after another.
Its paths must equal ours before anything is timed.
"""

import os

if __name__ == "__main__":  # before numpy starts its threads
    for library in ("OMP", "OPENBLAS", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")

import sys  # noqa: E402
from collections.abc import Sequence  # noqa: E402
from contextlib import ExitStack  # noqa: E402

import numpy as np  # noqa: E402
from benchmark_tools import (  # noqa: E402
    Measure,
    Row,
    benchmark_parser,
    finish,
    rounds_of,
    take_turns,
)
from checkout_processes import CodeProcess  # noqa: E402

# What is measured → frames at the rate of the recording, and whether it is of joints at 20 fps.
SAMPLE, MINUTE, LONG, JOINTS = (
    "gait of 6 s, 44 markers at 150 Hz", "gait of 60 s of these markers",
    "gait of 16 min of these markers", "gait of 16 min of joints at 20 fps",
)  # fmt: skip
SIZES = {SAMPLE: (900, False), MINUTE: (9_000, False), LONG: (144_000, False),
         JOINTS: (19_200, True)}  # fmt: skip
QUICK = (SAMPLE, MINUTE)
PATHS = "44 paths of 60 s filtered at 10 Hz"
MEASURES = (
    Measure("Measuring", SAMPLE, "ms"),
    Measure("Measuring", MINUTE, "ms"),
    Measure("Measuring", LONG, "ms"),
    Measure("Measuring", JOINTS, "ms"),
    Measure("Measuring", PATHS, "ms", readme=False),
)
EXACT_M = 1e-9
SOURCE = """
from dataclasses import replace
import numpy as np
import agir_hf
from agir_hf.gait.kinematics import episodes_of, kinematics_of
from agir_hf.gait.report.sides import side_values
from agir_hf.gait.walk_check import measure_walk
from agir_hf.motion import read_recording, to_joints

def repeated(points, frames):
    middle = points.mean(axis=1)
    travel = (middle[-1] - middle[0]) * [1, 0, 1]
    copies = -(-frames // len(points))
    moved = [points + number * travel for number in range(copies)]
    return np.concatenate(moved)[:frames].astype(np.float32)

walk = read_recording(agir_hf.SAMPLE_RECORDING)
if {joints}:
    walk = to_joints(walk)
    walk = replace(walk, joints=repeated(walk.joints, {frames}))
else:
    walk = replace(walk, positions=repeated(walk.positions, {frames}), events=())

def action():
    recording = replace(walk)  # nothing is kept from the last round
    measured, _ = measure_walk(recording)
    kinematics_of(measured, recording)
    episodes_of(measured)
    side_values(measured)
"""


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark.

    Args:
        argv: Arguments of the command line; those of the process by default.
    """
    options = benchmark_parser(__doc__).parse_args(argv)
    sizes = {name: SIZES[name] for name in (QUICK if options.quick else SIZES)}
    rows = [measured_row(name, *sizes[name], options) for name in sizes]
    finish([*rows, paths_row(rounds_of(options))], options)


def measured_row(name: str, frames: int, joints: bool, options) -> Row:
    """Time measuring one recording, with our code and that of another checkout in turns.

    Args:
        name: What is measured.
        frames: Number of frames.
        joints: Whether the recording is of joints.
        options: Options of `benchmark_parser`.
    """
    source = SOURCE.format(frames=frames, joints=joints)
    with ExitStack() as stack:
        actions = {"ours": stack.enter_context(CodeProcess(source))}
        if options.against:
            actions["before"] = stack.enter_context(CodeProcess(source, options.against))
        timings = take_turns(actions, rounds_of(options), calls=5 if name == SAMPLE else 1)
    ours = timings["ours"].scaled(1000)
    before = timings["before"].scaled(1000) if options.against else None
    note = f"{1000 * ours.median / frames:.1f} µs per frame"
    if before:
        note += f" (before: {1000 * before.median / frames:.1f})"
    measure = next(measure for measure in MEASURES if measure.what == name)
    return measure.row(
        ours, before, options.against.name if before else "", rounds=rounds_of(options), note=note
    )


def plain_paths(positions: np.ndarray, rate_hz: float) -> list[np.ndarray]:
    """Interpolate and filter marker paths with scipy, one after another.

    Args:
        positions: Positions (T, M, 3) in metres without gaps.
        rate_hz: Frames per second, at least 100.
    """
    import scipy

    paths, frames = [], np.arange(len(positions))
    for path in positions.astype(np.float64).swapaxes(0, 1):
        path = scipy.interpolate.CubicSpline(frames, path, axis=0)(frames)
        sections = scipy.signal.butter(2, 10.0, fs=rate_hz, output="sos")
        paths.append(scipy.signal.sosfiltfilt(sections, path, axis=0, padlen=int(rate_hz / 2)))
    return paths


def paths_row(rounds: int) -> Row:
    """Time the paths of all markers of 60 s, against scipy one by one.

    Args:
        rounds: Number of rounds.
    """
    import agir_hf
    from agir_hf.motion import read_recording
    from agir_hf.motion.resampling import clean_paths

    sample = read_recording(agir_hf.SAMPLE_RECORDING)
    positions, rate_hz = np.tile(sample.positions, (10, 1, 1)), sample.rate_hz
    plain = plain_paths(positions, rate_hz)
    difference_m = np.abs(np.stack(clean_paths(positions, rate_hz)) - np.stack(plain)).max()
    if not difference_m < EXACT_M:
        sys.exit(f"our paths differ from those of scipy by {difference_m:.2g} m")
    timings = take_turns(
        {
            "ours": lambda: clean_paths(positions, rate_hz),
            "scipy": lambda: plain_paths(positions, rate_hz),
        },
        rounds,
    )
    ours, peer = (timings[name].scaled(1000) for name in ("ours", "scipy"))
    return MEASURES[-1].row(ours, peer, "scipy, one by one", rounds=rounds)


if __name__ == "__main__":
    main()

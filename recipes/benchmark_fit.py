"""Benchmark of the body fit: errors on simulated and real recordings, speed and memory.

    python recipes/benchmark_fit.py                      # simulated ground truth and speed
    python recipes/benchmark_fit.py --real FOLDER        # also real recordings of a folder
    python recipes/benchmark_fit.py --against ../earlier # also the speed of an earlier commit

Simulated ground truth: the open body with random shapes and the poses of the embedded sample, 44
markers with placement errors of 10 mm, 2 mm noise at 150 Hz, 5 % missing samples and three gaps of
30 frames. A folder of real recordings is read with its subfolders; a static trial gives the shape
of the walks in its folder. The speed is that of the embedded sample, continued by copies of itself
to 60 s, with the shape fitted to it.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import torch
from benchmark_tools import (
    Measure,
    Row,
    Timing,
    benchmark_parser,
    count,
    finish,
    rounds_of,
    take_turns,
)
from checkout_processes import CodeProcess

import agir_hf
from agir_hf.motion import RecordingError, read_recording
from agir_hf.motion.body import load_body
from agir_hf.motion.fitting.marker_model import MarkerModel, State, axis_angle
from agir_hf.motion.fitting.mosh import fit_pose, fit_shape
from agir_hf.motion.fitting.solver import nominal_offsets
from agir_hf.motion.marker_sets import SHIDA_44
from agir_hf.motion.recording import MarkerRecording
from agir_hf.motion.resampling import resample
from agir_hf.motion.skinning import rotation_matrices

RATE_HZ = 150.0
FRAMES_PER_BATCH = 500
SITE_SPREAD_M, NOISE_M, DROPPED, GAPS, GAP_FRAMES = 0.010, 0.002, 0.05, 3, 30


FRAMES, COPIES = 120, 10  # of the sample at 20 frames per second
MEASURES = (
    Measure("Body fit", "60 s of 44 markers, shape included", "ms/frame"),
    Measure("Body fit", "mean joint error of simulated bodies", "mm", readme=False),
)
SOURCE = """
from dataclasses import replace
import numpy as np, torch
import agir_hf
from agir_hf.motion import read_recording
from agir_hf.motion.fitting.mosh import fit_pose, fit_shape
torch.set_num_threads({threads})
walk = read_recording(agir_hf.SAMPLE_RECORDING)
middle = walk.positions.mean(axis=1)
travel = (middle[-1] - middle[0]) * [1, 0, 1]
moved = [walk.positions + number * travel for number in range({copies})]
walk = replace(walk, positions=np.concatenate(moved).astype(np.float32), events=())
def action():
    recording = replace(walk)
    fit_pose(recording, fit_shape(recording))
"""


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark.

    Args:
        argv: Arguments of the command line; those of the process by default.
    """
    parser = benchmark_parser(__doc__)
    parser.add_argument("--bodies", type=count, default=8, help="number of random bodies")
    parser.add_argument("--seed", type=int, default=0, help="seed of the random generator")
    parser.add_argument("--threads", type=count, default=1, help="threads of PyTorch")
    parser.add_argument("--real", type=Path, help="folder of real recordings")
    options = parser.parse_args(argv)
    torch.set_num_threads(options.threads)
    accuracy = simulated(1 if options.quick else options.bodies, options.seed)
    if options.real:
        real(options.real)
    finish([speed(options), accuracy], options)


def simulate(seed: int, repeats: int = 1) -> tuple[MarkerRecording, np.ndarray, float]:
    """Simulate markers of a walk with ground truth.

    Args:
        seed: Seed of the random generator of shape, marker placement, noise and gaps.
        repeats: Number of repetitions; each is the walk forwards and then reversed in time.

    Returns:
        Recording at 150 Hz, true joints (T, 24, 3) at 20 frames per second in metres, and true
        height of the body in metres.
    """
    random = np.random.default_rng(seed)
    body = load_body(agir_hf.ASSETS / "open_body.npz")
    betas = torch.as_tensor(random.normal(size=body.components))
    columns = SHIDA_44.skin_columns(SHIDA_44.labels)
    labels = tuple(SHIDA_44.labels[column] for column in columns.values())
    model = MarkerModel(body, list(columns))
    offsets = nominal_offsets(len(labels))
    offsets[:, :2] += torch.as_tensor(random.normal(0, SITE_SPREAD_M, (len(labels), 2)))
    state = walk(repeats)
    pieces = [
        model.pose(betas, offsets, state.part(start, start + FRAMES_PER_BATCH))
        for start in range(0, len(state.root), FRAMES_PER_BATCH)
    ]
    markers = np.concatenate([piece.markers.numpy() for piece in pieces])
    joints = np.concatenate([piece.joints.numpy() for piece in pieces])
    markers += random.normal(0, NOISE_M, markers.shape)
    markers[random.random(markers.shape[:2]) < DROPPED] = np.nan
    for _ in range(GAPS):
        start = random.integers(len(markers) - GAP_FRAMES)
        markers[start : start + GAP_FRAMES, random.integers(len(labels))] = np.nan
    recording = MarkerRecording(markers.astype(np.float32), labels, RATE_HZ, source="simulated")
    return recording, resample(joints, RATE_HZ, 20.0), body.height(betas)


def walk(repeats: int) -> State:
    """Compute poses at 150 Hz of the body fitted to the embedded sample."""
    motion = fit_pose(read_recording(agir_hf.SAMPLE_RECORDING))
    poses = np.unwrap(motion.poses.astype(float), axis=0)
    values = np.concatenate([poses.reshape(len(poses), -1), motion.translation], axis=1)
    values = np.concatenate([values, values[::-1]] * repeats)[: len(values) * repeats]
    dense = resample(values, 20.0, RATE_HZ)
    rotations = torch.as_tensor(dense[:, :-3].reshape(len(dense), 24, 3))
    root = rotation_matrices(rotations[:, 0])
    rotations[:, 0] = axis_angle(root)
    return State(torch.as_tensor(dense[:, -3:]), rotations, root)


def simulated(bodies: int, seed: int) -> Row:
    """Print the errors of fits to simulated recordings, and return the row of the joints."""
    rows = []
    for number in range(bodies):
        recording, truth, height = simulate(seed + number)
        shape = fit_shape(recording)
        motion = fit_pose(recording, shape)
        joints = load_body().joints(motion.betas, motion.poses, motion.translation)
        frames = min(len(joints), len(truth))
        error = np.linalg.norm(joints[:frames, :22] - truth[:frames, :22], axis=2).mean()
        rows.append((error, np.nanmean(motion.residual_m), abs(shape.height_m - height)))
    means, worst = np.mean(rows, axis=0) * 1000, np.max(rows, axis=0) * 1000
    print(f"simulated ground truth, {bodies} bodies (seed {seed}): mean, worst body")
    for name, mean, most in zip(
        ("joint error", "marker residual", "height error"), means, worst, strict=True
    ):
        print(f"  {name:16} {mean:5.1f} {most:5.1f} mm")
    joints = Timing(tuple(1000 * float(row[0]) for row in rows))
    return MEASURES[1].row(joints, rounds=1, note=f"{bodies} bodies, seed {seed}")


def speed(options) -> Row:
    """Time the fit of shape and poses to a recording of 60 s, with other code in turns.

    Args:
        options: Options of the command line.
    """
    copies = 1 if options.quick else COPIES
    source, frames = SOURCE.format(copies=copies, threads=options.threads), FRAMES * copies
    with ExitStack() as stack:
        threads = {"threads": options.threads}
        ours = stack.enter_context(CodeProcess(source, **threads))
        actions = {"ours": ours}
        if options.against:
            actions["before"] = stack.enter_context(CodeProcess(source, options.against, **threads))
        timings = take_turns(actions, rounds_of(options))
        note = f"{frames} frames, peak memory {ours.peak_mb / 1000:.2f} GB"
    per_frame = {name: timing.scaled(1000 / frames) for name, timing in timings.items()}
    return MEASURES[0].row(
        per_frame["ours"],
        per_frame.get("before"),
        options.against.name if options.against else "",
        threads=options.threads,
        rounds=rounds_of(options),
        note=note,
    )


def real(folder: Path) -> None:
    """Print the residuals of fits to real recordings."""
    print(f"recordings in {folder}: median and mean marker residual, source of the shape")
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".c3d", ".trc"))
    for parent in sorted({path.parent for path in paths}):
        files = [path for path in paths if path.parent == parent]
        recordings = {path: read_recording(path) for path in files}
        static = next((path for path in files if is_static(recordings[path])), None)
        shape = fit_shape(recordings[static]) if static else None
        for path, recording in recordings.items():
            if path == static:
                continue
            try:
                motion = fit_pose(recording, shape)
            except RecordingError as error:
                print(f"  {error}")
                continue
            print(
                f"  {path.relative_to(folder)}: {np.nanmedian(motion.residual_m) * 1000:.1f}, "
                f"{np.nanmean(motion.residual_m) * 1000:.1f} mm, {len(motion.poses)} frames, "
                f"{'its static trial' if shape else 'itself'}, body "
                f"{load_body().height(motion.betas):.2f} m"
            )


def is_static(recording: MarkerRecording) -> bool:
    """Whether a recording is a static trial or too short."""
    try:
        fit_pose(recording)
    except RecordingError as error:
        return "static trial" in str(error) or "s long" in str(error)
    return False


if __name__ == "__main__":
    main()

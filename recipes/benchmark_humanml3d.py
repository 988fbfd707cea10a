"""Time HumanML3D features and their inverse, compared with the published arithmetic.

    python recipes/benchmark_humanml3d.py
    python recipes/benchmark_humanml3d.py --clips 50 --frames 400
    python recipes/benchmark_humanml3d.py --against ../earlier    # also code of an earlier commit

The peer in this file follows the published preprocessing step by step: one clip at a time, with a
loop over the joints of each chain and quaternions in float64. Ours converts the same simulated
motions as a list, one clip at a time, and a single clip. Before anything is timed, the features
must be equal within 5e-4, the tolerance to the published ones.
"""

import os

if __name__ == "__main__":  # before numpy starts its threads
    os.environ |= {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}

import argparse  # noqa: E402
import tempfile  # noqa: E402
from collections.abc import Sequence  # noqa: E402
from contextlib import ExitStack  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402
from benchmark_tools import (  # noqa: E402
    Measure,
    Row,
    benchmark_parser,
    count,
    finish,
    rounds_of,
    take_turns,
)
from checkout_processes import CodeProcess  # noqa: E402

from agir_hf.humanml3d import (  # noqa: E402
    BONE_LENGTHS,
    CONTACT_SQUARED_STEP_M2,
    FPS,
    KINEMATIC_CHAINS,
    REST_DIRECTIONS,
    SMOOTHING_FRAMES,
    features_to_joints,
    joints_to_features,
)

TOLERANCE = 5e-4
CLIPS, QUICK_CLIPS = 200, 50
MEASURES = (
    Measure("Features", "joints to features, clips of 200 frames in a list", "frames/s"),
    Measure("Features", "joints to features, one clip of 200 frames", "frames/s"),
)
PEER = "published arithmetic"
# Two calls, of which the second is timed: steady work, without what the other process left in the
# caches of the processor.
SOURCE = """
import time
import numpy as np
from agir_hf.humanml3d import joints_to_features
with np.load({path!r}) as file:
    clips = list(file.values())
def action():
    joints_to_features(clips)
    start = time.process_time()
    joints_to_features(clips)
    return time.process_time() - start
"""

AXES = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, 1.0)}
REST = np.array(
    [np.multiply(AXES.get(d[1:], (0, 0, 0)), -1 if d[:1] == "-" else 1) for d in REST_DIRECTIONS]
)
UP, FORWARD = np.array(AXES["y"]), np.array(AXES["z"])


# Quaternions are (..., 4) with w first.


def multiply(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Product p q: the rotation by q, followed by that by p."""
    w = p[..., :1] * q[..., :1] - (p[..., 1:] * q[..., 1:]).sum(-1, keepdims=True)
    xyz = p[..., :1] * q[..., 1:] + q[..., :1] * p[..., 1:] + np.cross(p[..., 1:], q[..., 1:])
    return np.concatenate([w, xyz], axis=-1)


def invert(q: np.ndarray) -> np.ndarray:
    return q * np.array([1.0, -1.0, -1.0, -1.0])


def rotate(q: np.ndarray, v: np.ndarray) -> np.ndarray:
    twice = 2 * np.cross(q[..., 1:], v)
    return v + q[..., :1] * twice + np.cross(q[..., 1:], twice)


def unit(v: np.ndarray) -> np.ndarray:
    return v / np.linalg.norm(v, axis=-1, keepdims=True)


def shortest_rotation(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Quaternion of the shortest rotation from one unit vector to another."""
    start, end = np.broadcast_arrays(start, end)
    w = 1 + (start * end).sum(-1, keepdims=True)
    return unit(np.concatenate([w, np.cross(start, end)], axis=-1))


def first_two_columns(q: np.ndarray) -> np.ndarray:
    """The 6D representation (..., 6) of a rotation: the first two columns of its matrix."""
    return np.concatenate([rotate(q, np.broadcast_to(AXES[a], q[..., 1:].shape)) for a in "xy"], -1)


def smooth(signal: np.ndarray) -> np.ndarray:
    """Smooth a signal (T, C) over frames by a Gaussian of 4 standard deviations to each side."""
    reach = round(4 * SMOOTHING_FRAMES)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / SMOOTHING_FRAMES) ** 2)
    padded = np.pad(signal, ((reach, reach), (0, 0)), mode="edge")
    columns = [np.convolve(column, kernel / kernel.sum(), mode="valid") for column in padded.T]
    return np.stack(columns, axis=-1)


def root_rotations(joints: np.ndarray, smoothed: bool) -> np.ndarray:
    """Rotations (T, 4) from the forward direction of each frame to +Z; identity at frame 0."""
    across = unit(joints[:, 1] - joints[:, 2] + joints[:, 17] - joints[:, 16])
    forward = np.cross(UP, across)
    rotations = shortest_rotation(unit(smooth(forward) if smoothed else forward), FORWARD)
    rotations[0] = (1, 0, 0, 0)
    return rotations


def joint_rotations(joints: np.ndarray, smoothed: bool) -> np.ndarray:
    """Rotation of each bone relative to the previous bone of its chain, (T, 22, 4)."""
    rotations = np.zeros((*joints.shape[:2], 4))
    rotations[:, 0] = root_rotations(joints, smoothed)
    for chain in KINEMATIC_CHAINS:
        previous = rotations[:, 0]
        for parent, joint in zip(chain, chain[1:], strict=False):
            current = shortest_rotation(REST[joint], unit(joints[:, joint] - joints[:, parent]))
            rotations[:, joint] = multiply(invert(previous), current)
            previous = current
    return rotations


def standard_skeleton(joints: np.ndarray) -> np.ndarray:
    """Retarget a motion to the bone lengths of the standard skeleton."""
    leg = np.linalg.norm(np.diff(joints[0, [2, 5, 8]], axis=0), axis=1).sum()
    rotations = joint_rotations(joints, smoothed=False)
    moved = np.empty_like(joints)
    moved[:, 0] = joints[:, 0] * (BONE_LENGTHS[5] + BONE_LENGTHS[8]) / leg
    for chain in KINEMATIC_CHAINS:
        current = rotations[:, 0]
        for parent, joint in zip(chain, chain[1:], strict=False):
            current = multiply(current, rotations[:, joint])
            bone = np.broadcast_to(REST[joint] * BONE_LENGTHS[joint], current[:, 1:].shape)
            moved[:, joint] = moved[:, parent] + rotate(current, bone)
    return moved


def to_standard_pose(joints: np.ndarray) -> np.ndarray:
    """Move a motion to the floor, its first root to the origin, its first frame facing +Z."""
    first = joints[0]
    across = first[2] - first[1] + first[17] - first[16]
    turn = shortest_rotation(unit(np.cross(UP, across)), FORWARD)
    corner = np.array([first[0, 0], joints[..., 1].min(), first[0, 2]])
    return rotate(turn, joints - corner)


def plain_features(joints: np.ndarray) -> np.ndarray:
    """HumanML3D features (T-1, 263) of one clip (T, 22, 3) in float64."""
    joints = to_standard_pose(standard_skeleton(joints.astype(np.float64)))
    rotations = joint_rotations(joints, smoothed=True)
    heading = rotations[:, 0]
    steps = np.diff(joints, axis=0)
    turns = multiply(heading[1:], invert(heading[:-1]))
    local = rotate(heading[:, None], joints - joints[:, :1] * np.array([1.0, 0.0, 1.0]))
    moved = (steps[:, [7, 10, 8, 11]] ** 2).sum(axis=-1)
    parts = [
        np.arcsin(turns[:, 2:3]),
        rotate(heading[1:], steps[:, 0])[:, [0, 2]],
        joints[:-1, 0, 1:2],
        local[:-1, 1:],
        first_two_columns(rotations[:-1, 1:]),
        rotate(heading[:-1, None], steps),
        moved < CONTACT_SQUARED_STEP_M2,
    ]
    return np.concatenate([part.reshape(len(steps), -1) for part in parts], axis=1)


def simulated_walker(frames: int, generator: np.random.Generator) -> np.ndarray:
    """Joints (frames, 22, 3) float32 of a simple motion: legs and arms swing along a curve."""
    t = np.arange(frames) / FPS
    phase = 2 * np.pi * generator.uniform(0.6, 1.1) * t + generator.uniform(0, 2 * np.pi)
    bones = np.repeat(REST[None] * np.array(BONE_LENGTHS)[:, None], frames, axis=0)
    bones += generator.normal(0, 0.01, bones[:1].shape)
    swings = {4: 0.4, 7: 0.5, 5: -0.4, 8: -0.5, 18: -0.3, 20: -0.4, 19: 0.3, 21: 0.4}
    for joint, swing in swings.items():
        angle = swing * np.sin(phase - (0.8 if joint in (7, 8, 20, 21) else 0.0))
        bones[:, joint, 2] += BONE_LENGTHS[joint] * np.sin(angle)
    joints = np.zeros_like(bones)
    joints[:, 0, 1] = 0.95 + 0.02 * np.cos(2 * phase)
    joints[:, 0, 2] = generator.uniform(0.3, 1.3) * t
    for chain in KINEMATIC_CHAINS:
        for parent, joint in zip(chain, chain[1:], strict=False):
            joints[:, joint] = joints[:, parent] + bones[:, joint]
    yaw = generator.uniform(-1.0, 1.0) + generator.uniform(-1.0, 1.0) * t / t[-1]
    turn = np.stack([np.cos(yaw / 2), 0 * yaw, np.sin(yaw / 2), 0 * yaw], axis=-1)
    joints = rotate(turn[:, None], joints) * generator.uniform(0.85, 1.15)
    return joints.astype(np.float32)


def main(argv: Sequence[str] | None = None) -> None:
    """Check that the features are equal, time all variants in turns, and print the table.

    Args:
        argv: Arguments of the command line; those of the process by default.
    """
    parser = benchmark_parser(__doc__)
    parser.add_argument("--clips", type=count, help=f"number of clips (default: {CLIPS})")
    parser.add_argument(
        "--frames",
        type=count,
        nargs="+",
        default=[200, 60],
        help="frames of a clip, one benchmark each (default: 200 60)",
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the random generator")
    options = parser.parse_args(argv)
    number = options.clips or (QUICK_CLIPS if options.quick else CLIPS)
    generator = np.random.default_rng(options.seed)
    rows = []
    for frames in options.frames:
        clips = [simulated_walker(frames, generator) for _ in range(number)]
        rows += rows_of(clips, options)
    finish(rows, options)


def check(clips: list[np.ndarray]) -> None:
    """Compare the features with those of the peer.

    Args:
        clips: Joints of each clip (T, 22, 3).

    Raises:
        SystemExit: They differ.
    """
    pairs = zip(map(plain_features, clips), joints_to_features(clips), strict=True)
    largest = max(np.abs(plain - ours).max() for plain, ours in pairs)
    print(f"{len(clips)} clips of {len(clips[0])} frames: largest difference {largest:.1e}")
    if largest > TOLERANCE:
        raise SystemExit(f"error: features differ by {largest:.1e}, allowed {TOLERANCE}")


def rows_of(clips: list[np.ndarray], options: argparse.Namespace) -> list[Row]:
    """Time clips of equal length, and make their rows of the table.

    Args:
        clips: Joints of each clip (T, 22, 3).
        options: Options of the command line.
    """
    check(clips)
    features, length, rounds = joints_to_features(clips), len(clips[0]), rounds_of(options)
    actions = {
        "list": lambda: joints_to_features(clips),
        "plain": lambda: [plain_features(clip) for clip in clips],
        "one by one": lambda: [joints_to_features(clip) for clip in clips],
        "inverse": lambda: features_to_joints(features),
    }
    with ExitStack() as stack:
        if options.against:
            path = str(Path(stack.enter_context(tempfile.TemporaryDirectory())) / "clips.npz")
            np.savez(path, *clips)
            source = SOURCE.format(path=path)
            for name, checkout in (("new code", None), ("before", options.against)):
                actions[name] = stack.enter_context(CodeProcess(source, checkout))
        timings = take_turns(actions, rounds)
    rates = {name: timing.rate(length * len(clips)) for name, timing in timings.items()}
    in_list = f"joints to features, clips of {length} frames in a list"

    def row(what, ours, peer=None, peer_name=""):
        measure = Measure("Features", what, "frames/s")
        return measure.row(rates[ours], rates.get(peer), peer_name, rounds=rounds)

    rows = [
        row(in_list, "list", "plain", PEER),
        row(f"joints to features, one clip of {length} frames", "one by one", "plain", PEER),
        row(f"features to joints, clips of {length} frames", "inverse"),
    ]
    if options.against:
        rows.insert(1, row(in_list, "new code", "before", "before"))
    return rows


if __name__ == "__main__":
    main()

"""Measure the speed of `joints_to_features` on one core, compared with a plain implementation.

    python recipes/benchmark_humanml3d.py --clips 200 --frames 200 60 --seed 0

The plain implementation in this file follows the definition of the features step by step: clip by
clip, with a loop over the joints of each chain and quaternions in float64. Both are timed on the
same simulated motions. The benchmark fails if their features differ by more than 5e-4.
"""

import os

if __name__ == "__main__":  # before numpy starts its threads
    os.environ |= {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}

import argparse  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402

import numpy as np  # noqa: E402

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
# Frames per clip → frames per second of the original HumanML3D code, one core, measured once.
PUBLISHED_RATES = {200: 14_000, 60: 5_000}

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


def best_rate(function: Callable[[], object], frames: int, repeats: int) -> float:
    """Measure the frames per second of the fastest run."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return frames / min(times)


def measure(clips: list[np.ndarray], repeats: int) -> list[float]:
    """Measure frames per second of plain features, ours, ours clip by clip, and the inverse."""
    plain = [plain_features(clip) for clip in clips]
    features = joints_to_features(clips)
    worst = max(np.abs(p - f).max() for p, f in zip(plain, features, strict=True))
    print(f"{len(clips)} clips of {len(clips[0])} frames: largest difference {worst:.1e}")
    if worst > TOLERANCE:
        raise SystemExit(f"features differ by {worst:.1e}, allowed {TOLERANCE}")
    frames = sum(len(clip) for clip in clips)
    runs = (
        lambda: [plain_features(clip) for clip in clips],
        lambda: joints_to_features(clips),
        lambda: [joints_to_features(clip) for clip in clips],
        lambda: features_to_joints(features),
    )
    return [best_rate(run, frames, repeats) for run in runs]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=200, help="number of clips (default: 200)")
    parser.add_argument(
        "--frames",
        type=int,
        nargs="+",
        default=[200, 60],
        help="frames of a clip, one benchmark each (default: 200 60)",
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the random generator")
    parser.add_argument(
        "--repeats", type=int, default=5, help="runs, of which the fastest counts (default: 5)"
    )
    arguments = parser.parse_args()

    generator = np.random.default_rng(arguments.seed)
    rows = []
    for frames in arguments.frames:
        clips = [simulated_walker(frames, generator) for _ in range(arguments.clips)]
        rows.append((frames, *measure(clips, arguments.repeats)))

    titles = ("frames", "published", "plain", "ours", "x publ.", "x plain", "clipwise", "inverse")
    print("\nframes per second, one core\n" + "".join(f"{title:>12}" for title in titles))
    for frames, plain, ours, single, back in rows:
        published = PUBLISHED_RATES.get(frames)
        against = f"{ours / published:.1f}" if published else "-"
        cells = (
            frames, f"{published:,}" if published else "-", f"{plain:,.0f}", f"{ours:,.0f}",
            against, f"{ours / plain:.1f}", f"{single:,.0f}", f"{back:,.0f}",
        )  # fmt: skip
        print("".join(f"{cell:>12}" for cell in cells))


if __name__ == "__main__":
    main()

"""Frames of a BVH file: their rate, missing values, and a reference pose at the start."""

from __future__ import annotations

import math

import numpy as np

from ..recording import RecordingError
from ..resampling import LONGEST_GAP_S, fill_gaps
from .limits import HIGHEST_RATE_HZ, LOWEST_RATE_HZ

_USUAL_RATES_HZ = (
    10, 12, 15, 20, 24, 25, 29.97, 30, 48, 50, 59.94, 60, 72, 75, 80, 85, 90, 100, 119.88, 120, 125,
    144, 150, 160, 180, 200, 240, 250, 300, 360, 400, 480, 500, 1000,
)  # fmt: skip
_LIKE = 0.006  # largest difference from a usual rate, as a fraction
_USUAL_STEPS_HZ = 1.7  # steps per second of walking, from which one of two rates is chosen
_POSE_FRAMES = 3  # frames of a reference pose that need not be still
_STILL = 0.03  # largest movement within a reference pose, in leg lengths
_JUMP, _JUMP_RATIO = 0.12, 4.0  # of a joint in one frame: in leg lengths, and over its usual speed
_JUMPING_JOINTS = 3


def frame_rate(
    frame_time: float, forced_hz: float | None, joints: dict[str, np.ndarray], source: str
) -> tuple[float, str]:
    """Frames per second, and a remark if "Frame Time:" does not hold seconds.

    A value of 5 or more is a rate or milliseconds. If both are usual, the number of steps per
    second of the walk decides.

    Args:
        frame_time: Value of "Frame Time:".
        forced_hz: Rate that the user set, if any.
        joints: Joint of HumanML3D → positions (T, 3), with hips and ankles.
        source: The file, for the message.

    Raises:
        RecordingError: The value is neither a time nor a rate within the limits.
    """
    if forced_hz is not None:
        return float(forced_hz), ""
    if frame_time > 0 and LOWEST_RATE_HZ <= 1 / frame_time <= HIGHEST_RATE_HZ:
        return 1 / frame_time, ""
    meanings = {"a rate in Hz": frame_time, "milliseconds": 1000 / frame_time if frame_time else 0}
    usual = {
        meaning: rate
        for meaning, rate in meanings.items()
        if any(abs(rate / nominal - 1) < _LIKE for nominal in _USUAL_RATES_HZ)
    }
    if not usual or not frame_time >= LOWEST_RATE_HZ:
        raise RecordingError(
            f"{source} has a frame time of {frame_time:g} s, expected "
            f"{1 / HIGHEST_RATE_HZ:g} to {1 / LOWEST_RATE_HZ:g} s: pass the frames per second with "
            "--rate"
        )
    steps = _steps_per_frame(joints)
    meaning = min(
        usual, key=lambda name: abs(math.log(max(steps * usual[name], 1e-3) / _USUAL_STEPS_HZ))
    )
    rate_hz = usual[meaning]
    return rate_hz, (
        f"frame time {frame_time:g} is not in seconds, read as {meaning}: {rate_hz:.4g} Hz (pass "
        "--rate if it is another)"
    )


def _steps_per_frame(joints: dict[str, np.ndarray]) -> float:
    """Steps per frame: exchanges of the foot in front, with a margin against small movements."""
    between = joints["left_ankle"] - joints["right_ankle"]
    between = between[np.isfinite(between).all(axis=1)]
    if len(between) < 3:
        return 0.0
    between = between - np.median(between, axis=0)
    _, _, axes = np.linalg.svd(between, full_matrices=False)
    signal = between @ axes[0]
    margin = 0.3 * np.percentile(np.abs(signal), 90)
    states = np.sign(signal[np.abs(signal) > margin])
    return float(np.count_nonzero(np.diff(states)) / len(between))


def fill_missing(joints: np.ndarray, rate_hz: float, source: str) -> tuple[np.ndarray, str]:
    """Fill short gaps of joints, and cut missing frames at the start and the end.

    Args:
        joints: Positions (T, 22, 3) in any unit, NaN where missing.
        rate_hz: Frames per second.
        source: The file, for the message.

    Returns:
        Positions without gaps, and a remark, which is empty if nothing was missing.

    Raises:
        RecordingError: A gap is longer than `LONGEST_GAP_S`, or no frame is complete.
    """
    missing = ~np.isfinite(joints).all(axis=(1, 2))
    if not missing.any():
        return joints, ""
    if missing.all():
        raise RecordingError(f"{source} has no frame with all values: export it again")
    first, last = np.flatnonzero(~missing)[[0, -1]]
    joints, inside = joints[first : last + 1].copy(), missing[first : last + 1]
    edges = np.flatnonzero(np.diff(np.concatenate([[0], inside.astype(int), [0]])))
    longest = int(max(np.diff(edges)[::2], default=0))
    if longest > LONGEST_GAP_S * rate_hz:
        raise RecordingError(
            f"{source} has no values in {longest} frames in a row, expected at most "
            f"{int(LONGEST_GAP_S * rate_hz)}: fill or cut these frames"
        )
    joints[inside] = np.nan
    if inside.any():
        for column in range(joints.shape[1]):
            joints[:, column] = fill_gaps(joints[:, column], rate_hz, f"joint {column}")[0]
    return joints, f"{int(missing.sum())} frame(s) without values filled or cut"


def without_reference_pose(joints: np.ndarray, leg: float) -> tuple[np.ndarray, int]:
    """Cut frames of a reference pose at the start, from which the body jumps to the walk.

    Args:
        joints: Positions (T, 22, 3) without gaps.
        leg: Length of a leg in the same unit.

    Returns:
        The other frames, and the number of frames that were cut.
    """
    if len(joints) < 10 or not leg > 0:
        return joints, 0
    root = joints[:, :1]
    relative = np.concatenate([joints[:, 1:] - root, root], axis=1) / leg
    moved = np.linalg.norm(np.diff(relative, axis=0), axis=2)  # (T-1, 22)
    half = len(joints) // 2
    usual = np.percentile(moved[half:], 95, axis=0)
    jumps = moved > np.maximum(_JUMP, _JUMP_RATIO * usual)
    jumping = np.flatnonzero((jumps.sum(axis=1) >= _JUMPING_JOINTS) | jumps[:, -1])
    for frame in reversed(jumping[jumping < half]):
        still = np.ptp(relative[: frame + 1, :-1], axis=0).max() < _STILL
        if frame < _POSE_FRAMES or still:
            return joints[frame + 1 :], int(frame) + 1
    return joints, 0

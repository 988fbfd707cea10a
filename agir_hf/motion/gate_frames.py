"""Single frames that cannot be right: points far away, points that jump, repeated frames."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .vectors import any_of_three, are_seen, lengths

FARTHEST_M = 100.0  # from the origin of the laboratory
# A point that moves farther than this from one frame to the next jumps: the hand of a thrower and
# the foot of a sprinter stay below 20 m/s. At high rates the limit is a distance.
FASTEST_M_PER_S, SHORTEST_JUMP_M = 20.0, 0.15
LONGEST_SPIKE_S = 0.25  # a point that is away for longer was not lost for a moment
LONGEST_STRETCH = 5  # frames over which a point may have moved at the highest speed
MOST_SPIKES = 0.2  # share of the frames of a point; a point with more is noise, not a path
BODY_JUMP_M_PER_S, BODY_JUMP_M = 12.0, 0.5  # the same of the whole body
FROZEN_S, FROZEN_FRAMES = 0.5, 5  # shortest run of equal frames that is reported
REPEATED_SHARE = 0.3  # share of frames equal to the one before, of a recording with copied frames


def far_points(positions: np.ndarray) -> np.ndarray:
    """Find the points that are more than 100 m from the origin.

    Args:
        positions: Positions (T, N, 3) in metres; NaN where missing.

    Returns:
        Mask (T, N).
    """
    with np.errstate(invalid="ignore"):
        return any_of_three(np.abs(positions) > FARTHEST_M)


def spikes(positions: np.ndarray, rate_hz: float) -> np.ndarray:
    """Find the frames in which a point has jumped away and comes back.

    Args:
        positions: Positions (T, N, 3) in metres; NaN where missing.
        rate_hz: Frames per second.

    Returns:
        Mask (T, N).
    """
    limit = max(SHORTEST_JUMP_M, FASTEST_M_PER_S / rate_hz)
    result = np.zeros(positions.shape[:2], dtype=bool)
    with np.errstate(invalid="ignore"):
        step = lengths(np.diff(positions, axis=0)) > limit
    for column in np.flatnonzero(step.any(axis=0)):
        away = _spikes_of_path(positions[:, column], limit, LONGEST_SPIKE_S * rate_hz)
        if away.mean() <= MOST_SPIKES:
            result[:, column] = away
    return result


def _spikes_of_path(path: np.ndarray, limit: float, longest: float) -> np.ndarray:
    """Mask (T,) of the short parts of a path (T, 3) that the parts around them do not lead to."""
    frames = np.flatnonzero(are_seen(path))
    away = np.zeros(len(path), dtype=bool)
    moved = lengths(np.diff(path[frames], axis=0))
    gaps = np.diff(frames)
    parts = np.split(frames, np.flatnonzero(moved > limit * np.minimum(gaps, 3)) + 1)
    long = [len(part) > max(longest, 1) for part in parts]
    if not any(long):  # the longest part is the path
        long[int(np.argmax([len(part) for part in parts]))] = True
    previous, following = _neighbours(long)
    for number, part in enumerate(parts):
        if long[number]:
            continue
        near = []
        for other, end, own in ((previous, -1, part[0]), (following, 0, part[-1])):
            if other[number] is not None:
                frame = parts[other[number]][end]
                distance = float(np.linalg.norm(path[own] - path[frame]))
                near.append(distance <= limit * min(abs(own - frame), LONGEST_STRETCH))
        away[part] = not all(near)  # a part near to both neighbours is a fast movement over a gap
    return away


def _neighbours(long: Sequence[bool]) -> tuple[list[int | None], list[int | None]]:
    """Number of the last long part before each part, and of the first one after it."""
    before, last = [], None
    for number, is_long in enumerate(long):
        before.append(last)
        last = number if is_long else last
    after, last = [], None
    for number in reversed(range(len(long))):
        after.append(last)
        last = number if long[number] else last
    return before, after[::-1]


def body_jump(path: np.ndarray, rate_hz: float) -> int | None:
    """Find a frame in which the whole body has jumped.

    Args:
        path: Path (T, 3) of the body in metres; NaN where missing.
        rate_hz: Frames per second.

    Returns:
        The frame after the jump, counted from 0; None without a jump.
    """
    frames = np.flatnonzero(are_seen(path))
    if len(frames) < 2:
        return None
    moved = lengths(np.diff(path[frames], axis=0))
    limit = np.maximum(BODY_JUMP_M, BODY_JUMP_M_PER_S / rate_hz * np.diff(frames))
    jumps = np.flatnonzero(moved > limit)
    return int(frames[jumps[0] + 1]) if len(jumps) else None


def repeated_frames(arrays: Sequence[np.ndarray], rate_hz: float) -> str:
    """Describe frames that are equal to the one before them.

    Args:
        arrays: Arrays with one row for each frame.
        rate_hz: Frames per second.

    Returns:
        A remark, or "" if no frames are repeated.
    """
    frames = len(arrays[0])
    if frames < FROZEN_FRAMES:
        return ""
    same = np.ones(frames - 1, dtype=bool)
    for array in arrays:
        rows = array.reshape(frames, -1)
        equal = (rows[1:] == rows[:-1]) | (np.isnan(rows[1:]) & np.isnan(rows[:-1]))
        same &= equal.all(axis=1)
    if not same.any():
        return ""
    if same.all():
        return "every frame is the same: the recording is frozen"
    edges = np.flatnonzero(np.diff(np.r_[False, same, False].astype(int))).reshape(-1, 2)
    lengths = np.diff(edges, axis=1)[:, 0]
    longest = int(lengths.argmax())
    if lengths[longest] + 1 >= max(FROZEN_S * rate_hz, FROZEN_FRAMES):
        first, last = edges[longest][0] + 1, edges[longest][1] + 1
        return f"frames {first} to {last} are the same: the recording is frozen there"
    if same.mean() < REPEATED_SHARE:
        return ""
    true_hz = rate_hz * (frames - same.sum()) / frames
    return (
        f"{same.mean():.0%} of the frames repeat the one before: the positions were recorded at "
        f"about {true_hz:.3g} Hz, and times are no more precise than that"
    )

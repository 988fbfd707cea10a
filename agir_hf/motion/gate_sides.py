"""Left and right points that exchange their labels for a while, and their repair.

Three kinds of evidence are used. A path jumps to the place of the other side where labels are
exchanged. The distance of two points on one side of the body is nearly constant, or shorter than to
the other side. The toes point forwards, which says on which side a pair of hips or shoulders is.
Labels are exchanged back only if the evidence agrees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .recording import RecordingError
from .vectors import are_seen, lengths

# Pair of points → pairs nearer to the trunk that its side is decided by; pairs without one are
# decided by the direction of the toes. The order is from the trunk outwards.
PARENTS: dict[str, tuple[str, ...]] = {
    "asis": (), "hip": (), "psis": ("asis",), "trochanter": ("asis", "hip"),
    "thigh": ("asis", "hip"),
    "knee_lateral": ("asis", "thigh"), "knee_medial": ("knee_lateral",), "knee": ("hip",),
    "fibula_head": ("knee_lateral",), "tibial_tuberosity": ("knee_lateral",),
    "shank": ("knee_lateral",), "shin": ("knee_lateral",),
    "ankle_lateral": ("knee_lateral", "shank", "fibula_head"), "ankle_medial": ("ankle_lateral",),
    "ankle": ("knee",),
    "heel": ("ankle_lateral", "ankle"), "metatarsal_2": ("ankle_lateral", "heel"),
    "metatarsal_1": ("ankle_lateral", "heel"), "metatarsal_5": ("ankle_lateral", "heel"),
    "hallux": ("ankle_lateral", "heel"), "foot": ("ankle",),
    "acromion": (), "shoulder": (), "upper_arm": ("acromion",), "elbow_lateral": ("acromion",),
    "elbow_medial": ("elbow_lateral",), "elbow": ("shoulder",),
    "forearm": ("elbow_lateral",), "wrist_lateral": ("elbow_lateral",),
    "wrist_medial": ("elbow_lateral",), "wrist": ("elbow",),
}  # fmt: skip
_ARMS = {
    "upper_arm", "elbow_lateral", "elbow_medial", "elbow", "forearm", "wrist_lateral",
    "wrist_medial", "wrist",
}  # fmt: skip
JUMP_M = 0.10  # sum of both jumps of a pair whose labels are exchanged, at least
NOISE_M = 0.02  # the same where another pair changes sides
CROSS_SHARE = 0.4  # and the sum of the distances to the other side's paths, at most
LONGEST_BRIDGE_S = 0.25  # paths are followed over gaps of at most this
EVIDENCE_M = 0.015  # mean difference of distances that counts as evidence
WHOLE_M, WHOLE_SHARE = 0.06, 0.9  # the same for labels that are exchanged in all frames
FEWEST_FRAMES = 4  # shorter parts are decided by the paths alone
_SOLE = (("heel", "metatarsal_2"), ("heel", "metatarsal_1"), ("heel", "metatarsal_5"),
         ("heel", "hallux"), ("ankle", "foot"))  # fmt: skip


@dataclass(frozen=True)
class Exchange:
    """A pair of points whose labels are exchanged in some frames.

    Attributes:
        pair: Name of the pair, such as "heel".
        parts: First and last frame of each part, counted from 0.
    """

    pair: str
    parts: tuple[tuple[int, int], ...]


def exchange_back(
    positions: np.ndarray, columns: Mapping[str, int], rate_hz: float, source: str
) -> tuple[np.ndarray, list[Exchange]]:
    """Exchange the labels of left and right points back where they are exchanged.

    Args:
        positions: Positions (T, N, 3) in metres, Y up; NaN where missing.
        columns: Site or joint → column, with names such as "left_heel".
        rate_hz: Frames per second.
        source: The recording, for the error message.

    Returns:
        Positions (T, N, 3), a copy if something was exchanged, and what was exchanged.

    Raises:
        RecordingError: Labels change sides, and it cannot be decided in which frames they are
            right.
    """
    pairs = {
        name: (columns[f"left_{name}"], columns[f"right_{name}"])
        for name in PARENTS
        if f"left_{name}" in columns and f"right_{name}" in columns
    }
    if len(positions) < FEWEST_FRAMES:
        return positions, []
    ahead = _ahead(positions, pairs)
    tracks = {name: _track(positions, pair, rate_hz) for name, pair in pairs.items()}
    changes = np.unique(np.concatenate([[0], *(track.sure for track in tracks.values())]))[1:]
    result, exchanges, done = positions, [], {}
    for name, pair in pairs.items():
        parents = [pairs[parent] for parent in PARENTS[name] if parent in pairs]
        if len(tracks[name].frames) < FEWEST_FRAMES or not (parents or ahead is not None):
            continue
        evidence = _evidence(result, pair, parents, ahead)
        masks = [done[parent] for parent in PARENTS[name] if parent in done]
        near = masks[0] if masks else None
        swapped = _exchanged_frames(tracks[name], changes, evidence, near)
        if isinstance(swapped, int):
            if name in _ARMS:
                continue
            raise RecordingError(
                f"{source} has left and right {name.replace('_', ' ')} that change sides at frame "
                f"{swapped + 1}, and the distances to the other points do not say which frames are "
                "right: fix the labels"
            )
        done[name] = swapped
        if swapped.any():
            swapped = _over_gaps(positions, pair, tracks[name].frames, swapped)
            if result is positions:
                result = positions.copy()
            result[np.ix_(swapped, pair)] = result[np.ix_(swapped, pair[::-1])]
            exchanges.append(Exchange(name, _runs(swapped)))
    return result, exchanges


@dataclass(frozen=True, eq=False)
class _Track:
    """Where the paths of a pair of points could change sides.

    Attributes:
        frames: Numbers (K,) of the frames in which both points are seen.
        sure: Frames in which the paths certainly change sides.
        likely: Mask (K,) of the frames that the paths change sides in, if another pair does too.
        runs: Places in `frames` after a long interruption.
        length: Number of frames of the recording.
    """

    frames: np.ndarray
    sure: np.ndarray
    likely: np.ndarray
    runs: np.ndarray
    length: int


def _track(positions: np.ndarray, pair: tuple[int, int], rate_hz: float) -> _Track:
    left, right = positions[:, pair[0]], positions[:, pair[1]]
    frames = np.flatnonzero(are_seen(left) & are_seen(right))
    if len(frames) < FEWEST_FRAMES:
        none = np.zeros(0, dtype=int)
        return _Track(frames, none, none.astype(bool), none, len(positions))
    left, right, step = left[frames], right[frames], np.diff(frames)
    interrupted = step > max(LONGEST_BRIDGE_S * rate_hz, 1.5)
    straight = _jump(left, left, step) + _jump(right, right, step)
    likely = (straight > NOISE_M) & ~interrupted
    if likely.any():
        cross = _jump(left, right, step) + _jump(right, left, step)
        likely &= cross < CROSS_SHARE * straight
    sure = frames[1:][likely & (straight > JUMP_M)]
    return _Track(
        frames, sure, np.r_[False, likely], np.flatnonzero(interrupted) + 1, len(positions)
    )


def _exchanged_frames(
    track: _Track, changes: np.ndarray, evidence: np.ndarray, near: np.ndarray | None
) -> np.ndarray | int:
    """Mask (T,) of the frames in which a pair is exchanged, or a frame that is ambiguous.

    Args:
        track: Where the paths of the pair could change sides.
        changes: Frames in which the paths of any pair change sides.
        evidence: Evidence (T,) that the labels are right.
        near: Mask (T,) of the frames in which the next pair towards the trunk is exchanged; it
            decides where the evidence does not. None for hips and shoulders.
    """
    swapped, frames = np.zeros(track.length, dtype=bool), track.frames
    bounds = np.flatnonzero(track.likely & np.isin(frames, changes))
    for run in np.split(np.arange(len(frames)), track.runs):
        at = bounds[(bounds > run[0]) & (bounds <= run[-1])]
        segments = np.split(run, at - run[0])
        odd = _odd_parts_are_exchanged(segments, evidence[frames], near is not None)
        if odd is None and _all_right(segments, evidence[frames]):
            continue  # feet that cross fast, not labels
        if odd is None and near is not None and near[frames[run]].any():
            odd = bool(near[frames[np.concatenate(segments[1::2])]].mean() > 0.5)
        if odd is None:
            return int(frames[at[0]])
        for number, segment in enumerate(segments):
            swapped[frames[segment]] = (number % 2 == 1) == odd if len(at) else odd
    return swapped


def _over_gaps(positions, pair, frames: np.ndarray, swapped: np.ndarray) -> np.ndarray:
    """Decide the frames in which only one point of a pair is seen, by the nearer path."""
    result = swapped.copy()
    for before, after in zip(frames[:-1], frames[1:], strict=True):
        if after == before + 1 or not (swapped[before] or swapped[after]):
            continue
        if swapped[before] == swapped[after]:
            result[before:after] = True
            continue
        ends = [positions[f, list(pair[::-1] if swapped[f] else pair)] for f in (before, after)]
        for frame in range(before + 1, after):
            share = (frame - before) / (after - before)
            middle = (1 - share) * ends[0] + share * ends[1]  # left and right, (2, 3)
            distances = lengths(positions[frame, list(pair)][:, None] - middle)
            same, other = np.nansum(distances[[0, 1], [0, 1]]), np.nansum(distances[[0, 1], [1, 0]])
            result[frame] = other < same
    return result


def _odd_parts_are_exchanged(
    segments: Sequence[np.ndarray], evidence: np.ndarray, has_parents: bool
) -> bool | None:
    """Whether the odd parts are exchanged (else the even ones); None if it cannot be decided.

    With one part only: whether it is exchanged.
    """
    if len(segments) == 1:
        values = evidence[segments[0]]
        values = values[np.isfinite(values)]
        wrong = len(values) >= FEWEST_FRAMES and has_parents
        return bool(wrong and values.mean() < -WHOLE_M and (values < 0).mean() > WHOLE_SHARE)
    total, signs = 0.0, []
    for number, segment in enumerate(segments):
        values = evidence[segment]
        values = values[np.isfinite(values)]
        if len(values) < FEWEST_FRAMES:
            continue
        sign = 1 if number % 2 == 0 else -1
        total += sign * values.sum()
        if abs(values.mean()) > EVIDENCE_M:
            signs.append(sign * np.sign(values.mean()))
    if not signs or len(set(signs)) > 1:
        return None
    return bool(total > 0)


def _all_right(segments: Sequence[np.ndarray], evidence: np.ndarray) -> bool:
    """Whether the evidence says in no part that a pair is exchanged, and in most that it is not."""
    parts = [evidence[part] for part in segments]
    parts = [part[np.isfinite(part)] for part in parts]
    means = [float(part.mean()) for part in parts if len(part)]
    whole = evidence[np.isfinite(evidence)]
    return bool(means and min(means) > -EVIDENCE_M and whole.mean() > EVIDENCE_M / 3)


def _evidence(positions, pair, parents, ahead) -> np.ndarray:
    """Evidence (T,) in metres that the labels of a pair are right; negative if exchanged."""
    left, right = positions[:, pair[0]], positions[:, pair[1]]
    if not parents:
        across = left - right
        turned = across[:, 2] * ahead[:, 0] - across[:, 0] * ahead[:, 2]  # ahead is left × up
        return -turned / np.maximum(lengths(ahead), 1e-9)
    values = []
    for parent in parents:
        near_left, near_right = positions[:, parent[0]], positions[:, parent[1]]
        same = [_distance(left, near_left), _distance(right, near_right)]
        other = [_distance(left, near_right), _distance(right, near_left)]
        values.append((other[0] + other[1] - same[0] - same[1]) / 2)
    stacked = np.stack(values)
    seen = np.isfinite(stacked)
    count = seen.sum(axis=0)
    total = np.where(seen, stacked, 0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _distance(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return lengths(first - second)


def _ahead(positions: np.ndarray, pairs: Mapping[str, tuple[int, int]]) -> np.ndarray | None:
    """Direction (T, 3) of the toes, the same for exchanged labels; None without feet."""
    for back, front in _SOLE:
        if back in pairs and front in pairs:
            toes = positions[:, list(pairs[front])].mean(axis=1)
            return (toes - positions[:, list(pairs[back])].mean(axis=1)).astype(np.float64)
    return None


def _jump(path: np.ndarray, onto: np.ndarray, step: np.ndarray) -> np.ndarray:
    """Distance (K-1,) from a path to the next position of another, or of its extrapolation."""
    still = _distance(onto[1:], path[:-1])
    velocity = np.zeros_like(path[:-1])
    velocity[1:] = (path[1:-1] - path[:-2]) / np.maximum(step[:-1], 1)[:, None]
    moved = _distance(onto[1:], path[:-1] + velocity * step[:, None])
    return np.minimum(still, moved)


def _runs(mask: np.ndarray) -> tuple[tuple[int, int], ...]:
    """First and last frame of each run of a mask (T,)."""
    edges = np.flatnonzero(np.diff(np.r_[False, mask, False].astype(int))).reshape(-1, 2)
    return tuple((int(start), int(stop - 1)) for start, stop in edges)

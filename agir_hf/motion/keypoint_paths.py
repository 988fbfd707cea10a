"""Keypoints without outliers and gaps, in the frames in which the whole body is seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..constants_agir import MIN_WALK_S
from .filters import filter_both_ways, low_pass
from .gate_sides import exchange_back
from .keypoint_sets import SIDES
from .recording import RecordingError
from .resampling import JOINT_CUTOFF_HZ, LONGEST_GAP_S, Gaps, fill_gaps

_OUTLIER_M = 0.08  # least distance of an outlier from the running median of its path
_OUTLIER_SPREADS = 6.0  # the same, in standard deviations (Hampel filter)
_FASTEST_M_PER_S = 10.0  # twice the speed of the ankle in the swing of fast walking
_MEDIAN_S = 0.2  # window of the running median
_JITTER_M = 0.003  # standard deviation above 6 Hz along an axis
_END_S = 0.2  # duration of the end of a path that a line continues
_MOST_LABELS = 6  # that a remark lists
_NEEDED = ("hip", "knee", "ankle", "shoulder")
_TOES = ("big_toe", "toe", "ball", "foot")
_ALL_TOES = (*_TOES, "small_toe")
_ARM = ("elbow", "wrist")


@dataclass(frozen=True, eq=False)
class CleanedKeypoints:
    """Keypoints in the frames in which legs, feet and shoulders are seen.

    Attributes:
        paths: Keypoint → (T, 3) metres without gaps; arms may have gaps longer than 0.25 s.
        first: Number of the first frame in the file, counted from 0.
        gaps: Gaps that were filled.
        remarks: What was repaired.
    """

    paths: dict[str, np.ndarray]
    first: int
    gaps: Gaps
    remarks: tuple[str, ...]


def clean_keypoints(
    paths: Mapping[str, np.ndarray],
    rate_hz: float,
    source: str,
    labels: Sequence[str],
    columns: Mapping[str, int],
) -> CleanedKeypoints:
    """Exchange sides back, remove outliers, trim frames without legs, and fill gaps.

    Args:
        paths: Keypoint → positions (T, 3) in metres; NaN where missing.
        rate_hz: Frames per second.
        source: The file, for messages.
        labels: Labels of the file.
        columns: Keypoint → its column among the labels.

    Raises:
        RecordingError: Legs, feet or shoulders are missing for longer than 0.25 s between frames
            in which they are seen, or the whole body is seen for less than one second.
    """
    names = {name: labels[column] for name, column in columns.items()}
    paths, remarks = _with_sides(paths, rate_hz, source, names)
    without = {name: _without_outliers(path, rate_hz) for name, path in paths.items()}
    remarks += _outlier_remarks({names[name]: count for name, (_, count) in without.items()})
    paths = {name: path for name, (path, _) in without.items()}
    needed = _needed(paths)
    seen = np.stack([np.isfinite(paths[name]).all(axis=1) for name in needed], axis=1)
    _check_seen(seen, needed, source, names)
    first = int(seen.argmax(axis=0).max())
    stop = len(seen) - int(seen[::-1].argmax(axis=0).max())
    if (stop - first) / rate_hz < MIN_WALK_S:
        raise RecordingError(
            f"{source} has all keypoints of legs, feet and shoulders for only "
            f"{max(stop - first, 0) / rate_hz:.2f} s, expected at least {MIN_WALK_S:g} s: record a "
            "longer walk, or with more cameras"
        )
    filled, gaps = {}, []
    for name, path in paths.items():
        path = path[first:stop]
        label = f"{names[name]} of {source}"
        if name not in needed and name.partition("_")[2] in _ARM:
            filled[name], gap = _short_gaps_filled(path, rate_hz, label)
        elif name in needed or _is_complete(path, rate_hz):
            filled[name], gap = fill_gaps(_closed(path), rate_hz, label, first)
        else:
            remarks.append(f"{names[name]} is missing for long and not used")
            continue
        gaps.append(gap)
    total = Gaps(sum(g.filled for g in gaps), max(g.longest_s for g in gaps))
    filled, remark = _without_jitter(filled, rate_hz)
    return CleanedKeypoints(filled, first, total, (*remarks, *remark))


def _with_sides(
    paths: Mapping[str, np.ndarray], rate_hz: float, source: str, names: Mapping[str, str]
) -> tuple[dict[str, np.ndarray], list[str]]:
    """Paths whose left and right are exchanged back where a tracker mixed them up, and remarks.

    Args:
        paths: Keypoint → positions (T, 3) in metres; NaN where missing.
        rate_hz: Frames per second.
        source: The file, for messages.
        names: Keypoint → label of the file.
    """
    toe = next((toe for toe in _TOES if all(f"{side}_{toe}" in paths for side in SIDES)), None)
    parts = {"foot": [toe, *(t for t in _ALL_TOES if t != toe)] if toe else []}
    parts |= {part: [part] for part in (*_NEEDED, "heel", *_ARM)}
    columns, order = {}, []
    for part, (first, *_) in ((part, group) for part, group in parts.items() if group):
        if all(f"{side}_{first}" in paths for side in SIDES):
            columns |= {f"{side}_{part}": len(order) + i for i, side in enumerate(SIDES)}
            order += [f"{side}_{first}" for side in SIDES]
    positions = np.stack([paths[name] for name in order], axis=1)
    _, exchanges = exchange_back(positions, columns, rate_hz, source)
    paths, remarks = dict(paths), []
    for exchange in exchanges:
        for part in parts[exchange.pair]:
            pair = [f"{side}_{part}" for side in SIDES]
            if not set(pair) <= paths.keys():
                continue
            left, right = (paths[name].copy() for name in pair)
            for start, last in exchange.parts:
                span = slice(start, last + 1)
                left[span], right[span] = paths[pair[1]][span], paths[pair[0]][span]
            paths |= {pair[0]: left, pair[1]: right}
        frames = " and ".join(f"{start + 1} to {last + 1}" for start, last in exchange.parts[:3])
        more = f" and in {len(exchange.parts) - 3} more parts" if len(exchange.parts) > 3 else ""
        first, second = (names[f"{side}_{parts[exchange.pair][0]}"] for side in SIDES)
        remarks.append(
            f"{first} and {second} exchange sides in frames {frames}{more}: exchanged back"
        )
    return paths, remarks


def _needed(paths: Mapping[str, np.ndarray]) -> list[str]:
    """Keypoints that must be seen: hips, legs, shoulders, and the first toe of each foot."""
    names = [f"{side}_{part}" for side in SIDES for part in _NEEDED]
    for side in SIDES:
        toe = next((f"{side}_{toe}" for toe in _TOES if f"{side}_{toe}" in paths), None)
        names += [toe] if toe and np.isfinite(paths[toe]).any() else []
    return names


def _check_seen(seen, needed, source: str, names: Mapping[str, str]) -> None:
    never = [names[needed[i]] for i in np.flatnonzero(~seen.any(axis=0))]
    if never:
        raise RecordingError(
            f"{source} has {', '.join(never)} missing in every frame, expected hips, knees, ankles "
            "and shoulders: export the keypoints again"
        )


def _without_outliers(path: np.ndarray, rate_hz: float) -> tuple[np.ndarray, int]:
    """Path (T, 3) with outliers as NaN, and their number.

    An outlier is farther from the running median of its path than 0.08 m and than six times the
    standard deviation of all distances, estimated by their median (Hampel 1974, JASA 69:383).
    """
    seen = np.isfinite(path).all(axis=1)
    window = max(2 * int(_MEDIAN_S * rate_hz / 2) + 1, 5)
    if seen.sum() < window:
        return path, 0
    away = np.zeros(len(path))
    recorded = path[seen]
    smooth = _running_median(recorded, window)
    away[seen] = np.linalg.norm(recorded - smooth, axis=1)
    limit = max(_OUTLIER_M, _OUTLIER_SPREADS * 1.4826 * float(np.median(away[seen])))
    outliers = away > limit
    frames = np.flatnonzero(seen)
    # at the ends, the padding of the running median repeats the last position, outlier or not
    for end in (frames[: window // 2 + 1][::-1], frames[-(window // 2 + 1) :]):
        end = end[~outliers[end]]
        last = end[0] if len(end) else 0
        for frame in end[1:]:
            step_m = max(_OUTLIER_M, _FASTEST_M_PER_S * abs(frame - last) / rate_hz)
            outliers[frame] |= np.linalg.norm(path[frame] - path[last]) > step_m
            last = last if outliers[frame] else frame
    if not outliers.any():
        return path, 0
    return np.where(outliers[:, None], np.nan, path), int(outliers.sum())


def _running_median(path: np.ndarray, window: int) -> np.ndarray:
    """Medians (T, 3) of a window, of an odd number of frames, around each frame of a path (T, 3).

    The first and the last position continue the path.
    """
    padded = np.pad(path, ((window // 2, window // 2), (0, 0)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, window, axis=0)
    return np.median(windows, axis=2)


def _outlier_remarks(counts: Mapping[str, int]) -> list[str]:
    """Remark about the outliers of labels, as a list that is empty without outliers."""
    parts = [
        f"{count} frame{'s' if count > 1 else ''} of {label}"
        for label, count in counts.items()
        if count
    ]
    more = len(parts) - _MOST_LABELS
    listed = ", ".join(parts[:_MOST_LABELS]) + (
        f" and of {more} more keypoints" if more > 0 else ""
    )
    return [f"{listed} far from the path read as missing"] if parts else []


def _without_jitter(
    paths: dict[str, np.ndarray], rate_hz: float
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Low-pass filter paths that jitter from frame to frame, and a remark about it.

    Systems filter their keypoints, usually at 6 Hz; raw keypoints jitter by a centimetre or two,
    of which heel strikes would be detected. Jitter is the median of what hips, knees and shoulders
    move above 6 Hz: less than a millimetre in walking.
    """
    if rate_hz <= 2 * JOINT_CUTOFF_HZ:
        return paths, ()
    sections = low_pass(JOINT_CUTOFF_HZ, rate_hz)
    smooth = {}
    for name, path in paths.items():
        seen = np.isfinite(path).all(axis=1)
        if seen.sum() > 1:
            extended, padding = _extended(_interpolated(path, seen), rate_hz)
            filtered = filter_both_ways(sections, extended, padding)
            filtered = filtered[padding : padding + len(path)]
            smooth[name] = np.where(seen[:, None], filtered, np.nan)
    steady = [f"{side}_{part}" for side in SIDES for part in ("hip", "knee", "shoulder")]
    jitter_m = float(np.median([np.std(paths[name] - smooth[name], axis=0) for name in steady]))
    if jitter_m < _JITTER_M:
        return paths, ()
    remark = f"keypoints jitter by {1000 * jitter_m:.0f} mm: smoothed at {JOINT_CUTOFF_HZ:g} Hz"
    return paths | smooth, (remark,)


def _extended(path: np.ndarray, rate_hz: float) -> tuple[np.ndarray, int]:
    """Path (T, 3) with straight lines before and after it, and the number of frames of each.

    The lines continue the ends of the path, so that a filter does not start at the jitter of the
    first frame.
    """
    count, padding = max(round(_END_S * rate_hz), 4), int(rate_hz)
    frames = np.arange(len(path))
    lines = []
    for part, beyond in (
        (frames[:count], np.arange(-padding, 0)),
        (frames[-count:], len(path) + np.arange(padding)),
    ):
        start, slope = np.polynomial.polynomial.polyfit(part, path[part], 1)
        lines.append(start + np.outer(beyond, slope))
    return np.concatenate([lines[0], path, lines[1]]), padding


def _interpolated(path: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Path (T, 3) with linear interpolation of the frames that are not in a mask (T,)."""
    frames = np.arange(len(path))
    return np.stack([np.interp(frames, frames[seen], column[seen]) for column in path.T], axis=1)


def _is_complete(path: np.ndarray, rate_hz: float) -> bool:
    """Whether a path has no gap, and no missing start or end, of more than `LONGEST_GAP_S`."""
    seen = np.isfinite(path).all(axis=1)
    if not seen.any():
        return False
    runs = np.diff(np.flatnonzero(np.r_[True, seen, True])) - 1
    return bool(runs.max() / rate_hz <= LONGEST_GAP_S)


def _closed(path: np.ndarray) -> np.ndarray:
    """Path (T, 3) whose missing start and end are the nearest position."""
    frames = np.flatnonzero(np.isfinite(path).all(axis=1))
    closed = path.copy()
    closed[: frames[0]], closed[frames[-1] + 1 :] = path[frames[0]], path[frames[-1]]
    return closed


def _short_gaps_filled(path: np.ndarray, rate_hz: float, label: str) -> tuple[np.ndarray, Gaps]:
    """Path (T, 3) in which gaps of up to `LONGEST_GAP_S` are filled and longer ones are kept."""
    seen = np.isfinite(path).all(axis=1)
    if not seen.any():
        return path, Gaps(0, 0.0)
    edges = np.flatnonzero(np.diff(np.r_[False, ~seen, False].astype(int))).reshape(-1, 2)
    long = np.zeros(len(path), dtype=bool)
    for start, stop in edges:
        long[start:stop] = (stop - start) / rate_hz > LONGEST_GAP_S
    kept = np.flatnonzero(~long)
    filled, gaps = path.copy(), []
    for run in np.split(kept, np.flatnonzero(np.diff(kept) > 1) + 1):
        if np.isfinite(path[run]).all(axis=1).any():
            filled[run], gap = fill_gaps(_closed(path[run]), rate_hz, label, int(run[0]))
            gaps.append(gap)
    return filled, Gaps(sum(g.filled for g in gaps), max((g.longest_s for g in gaps), default=0.0))

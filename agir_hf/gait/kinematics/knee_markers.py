"""Medial knee markers: they touch each other where the knees pass, and are then displaced."""

from __future__ import annotations

import numpy as np

from .angles import perpendicular, unit

_CHANGE = 0.05  # change of the distance to the lateral marker, as a share of its median
_SMALL_CHANGE = 0.03  # a smaller change, next to frames with that change
_CONTACT_M = 0.045  # distance of the two medial markers at which they can touch
_AROUND_S = 0.06  # frames within this time of such frames are replaced, too
_MOST = 0.5  # share of replaced frames above which nothing is replaced


def without_displacement(
    medial: np.ndarray,
    lateral: np.ndarray,
    hip: np.ndarray,
    left: np.ndarray,
    other_medial: np.ndarray | None,
    rate_hz: float,
) -> tuple[np.ndarray, float]:
    """Replace the medial knee marker where its distance to the lateral marker changes.

    In these frames its position relative to the thigh is interpolated from the frames before and
    after them. The thigh is the line from the lateral marker to the hip, with the medio-lateral
    axis of the pelvis.

    Args:
        medial: Path (T, 3) of the medial marker in metres.
        lateral: Path (T, 3) of the lateral marker in metres.
        hip: Path (T, 3) of the hip joint centre in metres.
        left: Unit vectors (T, 3), medio-lateral axis of the pelvis.
        other_medial: Path (T, 3) of the medial marker of the other knee, or None.
        rate_hz: Frames per second.

    Returns:
        Path (T, 3), and the share of replaced frames, 0 to 1.
    """
    displaced = _displaced(medial, lateral, other_medial, rate_hz)
    if not displaced.any() or displaced.mean() > _MOST:
        return medial, 0.0
    up = unit(hip - lateral)
    across = perpendicular(left, up)
    frames = np.stack([across, up, np.cross(across, up)], axis=1)
    local = np.einsum("tai,ti->ta", frames, medial - lateral)
    index, kept = np.arange(len(local)), np.flatnonzero(~displaced)
    local = np.stack([np.interp(index, kept, local[kept, axis]) for axis in range(3)], axis=1)
    width = np.median(np.linalg.norm(medial - lateral, axis=1))
    local *= (width / np.linalg.norm(local, axis=1))[:, None]
    replaced = lateral + np.einsum("tai,ta->ti", frames, local)
    return np.where(displaced[:, None], replaced, medial), float(displaced.mean())


def _displaced(medial, lateral, other_medial, rate_hz: float) -> np.ndarray:
    """Whether the medial marker is displaced by that of the other knee, (T,).

    Each time has frames in which both markers can touch and frames with a clear change of the
    distance to the lateral marker, and is extended over frames next to them with a small change.
    """
    if other_medial is None:
        return np.zeros(len(medial), bool)
    width = np.linalg.norm(medial - lateral, axis=1)
    change = np.abs(width / np.median(width) - 1)
    contact = np.linalg.norm(medial - other_medial, axis=1) < _CONTACT_M
    displaced = runs_with(change > _CHANGE, contact | (change > _SMALL_CHANGE))
    displaced = runs_with(displaced & contact, displaced)
    return extended(displaced, max(int(_AROUND_S * rate_hz), 1))


def runs_with(marks: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Runs of frames of a mask that have a mark.

    Args:
        marks: (T,) bool, true only where the mask is.
        mask: (T,) bool.

    Returns:
        (T,) bool.
    """
    run = np.cumsum(np.diff(mask, prepend=False) & mask)  # number of the run of each frame, from 1
    is_marked = np.bincount(run[marks], minlength=run[-1] + 1) > 0
    return mask & is_marked[run]


def extended(frames: np.ndarray, number: int) -> np.ndarray:
    """Frames within a number of frames before or after those that are true.

    Args:
        frames: (T,) bool.
        number: Number of frames.

    Returns:
        (T,) bool.
    """
    counts = np.concatenate([[0], np.cumsum(frames)])
    index = np.arange(len(frames))
    last = np.minimum(index + number + 1, len(frames))
    return counts[last] > counts[np.maximum(index - number, 0)]

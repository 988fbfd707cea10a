"""Static picture of a walk: six poses of one stride seen from the left, as SVG."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from markupsafe import Markup

from ..rendering import render
from .bones import bones_of
from .packing import Placement, points_of
from .walk import Walk

POSES = 6
TEMPLATES = Path(__file__).with_name("templates")
_PIXELS_PER_M = 100
_SPACING_M = 1.15  # between poses in the picture
_ABOVE_M, _BELOW_M = 0.15, 0.3  # margins above the subject and below the floor
_HEAD, _HEAD_M = 22, 0.095


def still(walk: Walk, title: str = "") -> Markup:
    """Return the picture of a walk, from a heel strike of the left foot to the next if known.

    Args:
        walk: The walk.
        title: What the picture shows, for screen readers.

    Returns:
        An `<svg>` in the colours of the page.
    """
    times_s, is_stride = pose_times(walk)
    points, placement = points_of(walk), Placement(walk)
    bones = bones_of(points)
    shown = [placement.points(points[_frame(time, walk)]) for time in times_s]
    top_m = float(np.nanmax(np.stack(shown)[..., 1])) + _ABOVE_M
    poses = [_pose(pose, bones, i, times_s[i], top_m) for i, pose in enumerate(shown)]
    return render(
        "still.html.j2",
        folder=TEMPLATES,
        poses=poses,
        label=walk.label,
        title=title or "Walk",
        is_stride=is_stride,
        width=round(_PIXELS_PER_M * _SPACING_M * POSES),
        height=round(_PIXELS_PER_M * (top_m + _BELOW_M)),
        floor=round(_PIXELS_PER_M * top_m),
        head=round(_PIXELS_PER_M * _HEAD_M, 1),
        note=walk.note,
    )


def pose_times(walk: Walk) -> tuple[np.ndarray, bool]:
    """Return the times (6,) of the poses in seconds, and whether they are those of one stride.

    Args:
        walk: The walk.
    """
    end_s = (len(walk.joints) - 1) / walk.rate_hz
    strikes = sorted(time for time in walk.heel_strikes.get("left", ()) if 0 <= time <= end_s)
    middle = (len(strikes) - 1) // 2
    if len(strikes) >= 2:
        return np.linspace(strikes[middle], strikes[middle + 1], POSES), True
    return np.linspace(0, end_s, POSES), False


def _frame(time_s: float, walk: Walk) -> int:
    return min(round(time_s * walk.rate_hz), len(walk.joints) - 1)


def _pose(points: np.ndarray, bones, index: int, time_s: float, top_m: float) -> dict:
    """Lines of one pose; seen from the left, the subject walks to the left of the picture."""
    shown = np.empty((len(points), 2))
    centre = (POSES - index - 0.5) * _SPACING_M  # the first pose is on the right
    shown[:, 0] = centre - (points[:, 0] - points[0, 0])
    shown[:, 1] = top_m - points[:, 1]
    shown = np.round(shown * _PIXELS_PER_M, 1)
    head = shown[_HEAD].tolist() if np.isfinite(shown[_HEAD]).all() else None
    paths = {
        side: _path(shown, [bone[:2] for bone in bones if bone[2] == side])
        for side in ("left", "right", "bone")
    }
    return {"time": f"{time_s:.2f} s", "x": round(centre * _PIXELS_PER_M), "head": head, **paths}


def _path(shown: np.ndarray, pairs) -> str:
    """Data of an SVG path with one line for each pair of recorded points."""
    lines = []
    for first, second in pairs:
        if np.isfinite(shown[[first, second]]).all():
            (a, b), (c, d) = shown[first], shown[second]
            lines.append(f"M{a:g} {b:g}L{c:g} {d:g}")
    return "".join(lines)

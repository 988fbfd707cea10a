"""Plots of a fit: body and markers from the front and the side, and their distances."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...humanml3d import FPS
from ...utils.files import atomic_path
from ..body import Body, load_body
from ..marker_sets import recognise
from ..readers.amass import read_npz
from ..recording import BodyMotion, RecordingError
from ..resampling import resample_seen
from .batch import markers_of

_SKIN, _MARKER, _FAR = "#c9d3e0", "#1a6f3c", "#c0392b"
_FAR_M = 0.03  # markers with a larger distance are drawn in the colour _FAR
_NUM_FRAMES = 3  # frames that are drawn
_LIGHT = np.array([0.3, 0.5, 0.8])  # direction of the light: right, up, towards the camera


def draw_fit(fit: Path, trial: Path, path: Path, **reading) -> None:
    """Draw a fit with the markers of its trial, as a PNG file.

    Markers are drawn at their recorded positions; those more than 30 mm from their position on the
    body are red.

    Args:
        fit: Fit (.npz) that `agir fit` wrote.
        trial: Recording that the fit was made from.
        path: PNG to write.
        **reading: Keyword arguments of `read_recording`.

    Raises:
        ImportError: matplotlib is not installed.
        RecordingError: The fit was not made from this trial.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError('plots need matplotlib: pip install "agir-hf[plot]"') from error
    trial = Path(trial)
    motion = read_npz(fit)
    if not isinstance(motion, BodyMotion) or motion.residual_m is None:
        raise RecordingError(f"{fit} is not a fit: pass a file that 'agir fit' wrote")
    markers = _markers(trial, motion, **reading)
    body = load_body()
    figure = Figure(figsize=(13, 9), layout="constrained")
    grid = figure.add_gridspec(2, 2 * _NUM_FRAMES, height_ratios=(3, 1))
    frames = _most_visible_frames(motion)
    surfaces = body.surface(motion.betas, motion.poses[frames], motion.translation[frames])
    for column, (frame, surface) in enumerate(zip(frames, surfaces, strict=True)):
        left, ahead = _directions(motion, frame)
        for row, (name, view) in enumerate((("front", (-left, ahead)), ("side", (ahead, left)))):
            axes = figure.add_subplot(grid[0, 2 * column + row])
            _draw_view(axes, body, surface, markers[frame], motion.residual_m[frame], *view)
            axes.set_title(f"{name}, {frame / FPS:.1f} s", fontsize=10)
    _draw_residuals(figure.add_subplot(grid[1, :]), motion)
    figure.suptitle(
        f"{trial.name}: {motion.body} body, "
        f"markers {np.nanmedian(motion.residual_m) * 1000:.1f} mm "
        "from it (median)"
    )
    with atomic_path(path) as draft:
        figure.savefig(draft, dpi=110)


def _markers(trial: Path, motion: BodyMotion, **reading) -> np.ndarray:
    """Markers (T, M, 3) in the frames of the fit, which may be shorter than the trial."""
    recording = markers_of(trial, **reading)
    absent = [label for label in motion.marker_labels if label not in recording.labels]
    if absent:
        raise RecordingError(f"{trial} lacks {', '.join(absent)}: pass the trial of this fit")
    recognise(recording.labels, str(trial), needs_all=False)
    columns = [recording.labels.index(label) for label in motion.marker_labels]
    markers = resample_seen(recording.positions[:, columns], recording.rate_hz, FPS)
    missing = np.isnan(motion.residual_m)
    for start in range(len(markers) - len(motion.poses) + 1):
        part = markers[start : start + len(missing)]
        if (np.isnan(part).any(axis=2) == missing).all():
            return part
    raise RecordingError(f"{trial} is not the trial of this fit, or it has changed: fit it again")


def _most_visible_frames(motion: BodyMotion) -> np.ndarray:
    """Frame with the most visible markers in each third of the trial."""
    seen = np.isfinite(motion.residual_m).sum(axis=1)
    parts = np.array_split(np.arange(len(seen)), _NUM_FRAMES)
    return np.array([part[seen[part].argmax()] for part in parts])


def _directions(motion: BodyMotion, frame: int) -> tuple[np.ndarray, np.ndarray]:
    """Horizontal unit vectors to the left and forward of the body."""
    from scipy.spatial.transform import Rotation

    left = Rotation.from_rotvec(motion.poses[frame, 0]).apply([1.0, 0, 0]) * [1, 0, 1]
    left /= np.linalg.norm(left)
    return left, np.cross(left, [0.0, 1.0, 0.0])


def _draw_view(axes, body: Body, surface, markers, residual, right, towards) -> None:
    """Draw one view; `right` in the image and `towards` the camera are horizontal unit vectors."""
    from matplotlib.collections import PolyCollection

    flat = np.stack([surface @ right, surface[:, 1]], axis=1)
    depth = surface @ towards
    faces = body.faces
    normal = np.cross(
        surface[faces[:, 1]] - surface[faces[:, 0]], surface[faces[:, 2]] - surface[faces[:, 0]]
    )
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    front = normal @ towards > 0
    order = np.argsort(depth[faces[front]].mean(axis=1))
    light = _LIGHT[0] * right + _LIGHT[1] * np.array([0, 1, 0]) + _LIGHT[2] * towards
    shade = np.clip(0.35 + 0.65 * (normal[front] @ light) / np.linalg.norm(_LIGHT), 0.2, 1)
    colour = np.array([int(_SKIN[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    corners = flat[faces[front]][order]
    axes.add_collection(
        PolyCollection(
            corners, facecolors=(shade[:, None] * colour)[order], edgecolors="face", linewidths=0.2
        )
    )
    seen = np.isfinite(residual)
    points = np.stack([markers @ right, markers[:, 1]], axis=1)
    colours = np.where(residual > _FAR_M, _FAR, _MARKER)
    axes.scatter(*points[seen].T, s=14, c=colours[seen], edgecolors="white", linewidths=0.4)
    axes.set_aspect("equal")
    axes.autoscale_view()
    axes.axis("off")


def _draw_residuals(axes, motion: BodyMotion) -> None:
    """Draw for each marker the median distance and the range of the 5th to 95th percentile."""
    values = motion.residual_m * 1000
    seen = np.isfinite(values).any(axis=0)
    labels = [label for label, any_seen in zip(motion.marker_labels, seen, strict=True) if any_seen]
    low, middle, high = np.nanpercentile(values[:, seen], (5, 50, 95), axis=0)
    position = np.arange(len(labels))
    colours = np.where(middle > _FAR_M * 1000, _FAR, _MARKER)
    axes.bar(position, middle, color=colours, width=0.7)
    axes.vlines(position, low, high, color="0.3", linewidth=1)
    axes.set_xticks(position, labels, rotation=90, fontsize=7)
    axes.set_ylabel("distance (mm)")
    axes.set_title(
        "Distance of each marker from its position on the body: median, 5 to 95 %", fontsize=9
    )
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.margins(x=0.01)

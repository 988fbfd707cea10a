"""A fit to look at: the body and the markers from the front and the side, and their distances."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from ...humanml3d import FPS
from ..body import Body, load_body
from ..marker_sets import recognise
from ..readers.amass import read_npz
from ..recording import BodyMotion, RecordingError
from ..resampling import resample_seen
from .batch import markers_of

_SKIN, _MARKER, _FAR = "#c9d3e0", "#1a6f3c", "#c0392b"
_FAR_M = 0.03
_POSTURES = 3  # frames shown from each direction
_LIGHT = np.array([0.3, 0.5, 0.8])


def draw_fit(fit: Path, trial: Path, path: Path, **reading) -> None:
    """Draw a fit (.npz) with the markers of its trial into a PNG.

    Markers stand where they were seen; those more than 30 mm from their place are red.

    Raises:
        ImportError: if matplotlib is not installed.
        RecordingError: if fit and trial do not belong together.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError('pictures need matplotlib: pip install "agir-hf[plot]"') from error
    trial = Path(trial)
    motion = read_npz(fit)
    if not isinstance(motion, BodyMotion) or motion.residual_m is None:
        raise RecordingError(f"{fit} is no fit, expected what 'agir fit' wrote")
    markers = _markers(trial, motion, **reading)
    body = load_body()
    figure = Figure(figsize=(13, 9), layout="constrained")
    grid = figure.add_gridspec(2, 2 * _POSTURES, height_ratios=(3, 1))
    frames = _clear_frames(motion)
    surfaces = body.surface(motion.betas, motion.poses[frames], motion.translation[frames])
    for column, (frame, surface) in enumerate(zip(frames, surfaces, strict=True)):
        across, ahead = _directions(motion, frame)
        for row, (name, view) in enumerate(
            (("front", (-across, ahead)), ("side", (ahead, across)))
        ):
            axes = figure.add_subplot(grid[0, 2 * column + row])
            _draw_view(axes, body, surface, markers[frame], motion.residual_m[frame], *view)
            axes.set_title(f"{name}, {frame / FPS:.1f} s", fontsize=10)
    _draw_residuals(figure.add_subplot(grid[1, :]), motion)
    figure.suptitle(
        f"{trial.name}: {motion.body} body, "
        f"markers {np.nanmedian(motion.residual_m) * 1000:.1f} mm "
        "from it (median)"
    )
    part = path.with_name(f".{path.stem}.part.png")
    figure.savefig(part, dpi=110)
    os.replace(part, path)


def _markers(trial: Path, motion: BodyMotion, **reading) -> np.ndarray:
    """Markers (T, M, 3) at the fit's frames; the fit may have left out ends of the trial."""
    recording = markers_of(trial, **reading)
    absent = [label for label in motion.marker_labels if label not in recording.labels]
    if absent:
        raise RecordingError(f"{trial} has no {', '.join(absent)}, which the fit was made from")
    recognise(recording.labels, str(trial), needs_all=False)
    columns = [recording.labels.index(label) for label in motion.marker_labels]
    markers = resample_seen(recording.positions[:, columns], recording.rate_hz, FPS)
    missing = np.isnan(motion.residual_m)
    for start in range(len(markers) - len(motion.poses) + 1):
        part = markers[start : start + len(missing)]
        if (np.isnan(part).any(axis=2) == missing).all():
            return part
    raise RecordingError(f"{trial} is not the trial of this fit, or was changed since: fit again")


def _clear_frames(motion: BodyMotion) -> np.ndarray:
    """Frames with most markers in sight, one in each part of the trial."""
    seen = np.isfinite(motion.residual_m).sum(axis=1)
    parts = np.array_split(np.arange(len(seen)), _POSTURES)
    return np.array([part[seen[part].argmax()] for part in parts])


def _directions(motion: BodyMotion, frame: int) -> tuple[np.ndarray, np.ndarray]:
    """The body's left and forwards, level."""
    from scipy.spatial.transform import Rotation

    across = Rotation.from_rotvec(motion.poses[frame, 0]).apply([1.0, 0, 0]) * [1, 0, 1]
    across /= np.linalg.norm(across)
    return across, np.cross(across, [0.0, 1.0, 0.0])


def _draw_view(axes, body: Body, surface, markers, residual, right, towards) -> None:
    """One view: ``right`` of the picture and ``towards`` the eye are unit vectors, level."""
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
    places = np.stack([markers @ right, markers[:, 1]], axis=1)
    colours = np.where(residual > _FAR_M, _FAR, _MARKER)
    axes.scatter(*places[seen].T, s=14, c=colours[seen], edgecolors="white", linewidths=0.4)
    axes.set_aspect("equal")
    axes.autoscale_view()
    axes.axis("off")


def _draw_residuals(axes, motion: BodyMotion) -> None:
    """Of each marker: median distance, and from the 5th to the 95th percentile."""
    values = motion.residual_m * 1000
    seen = np.isfinite(values).any(axis=0)
    labels = [label for label, known in zip(motion.marker_labels, seen, strict=True) if known]
    low, middle, high = np.nanpercentile(values[:, seen], (5, 50, 95), axis=0)
    place = np.arange(len(labels))
    colours = np.where(middle > _FAR_M * 1000, _FAR, _MARKER)
    axes.bar(place, middle, color=colours, width=0.7)
    axes.vlines(place, low, high, color="0.3", linewidth=1)
    axes.set_xticks(place, labels, rotation=90, fontsize=7)
    axes.set_ylabel("distance (mm)")
    axes.set_title(
        "Distance of each marker from its place on the body: median, 5 to 95 %", fontsize=9
    )
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.margins(x=0.01)

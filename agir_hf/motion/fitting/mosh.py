"""Fit a body to a marker recording: `fit_shape` once per subject, `fit_pose` once per trial.

A fit that exceeds the limits `MEDIAN_LIMIT_M` or `FRAMES_FAR_SHARE` raises `FitError` and is not
returned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from ...constants_agir import MIN_WALK_S
from ...humanml3d import FPS
from ..body import Body, load_body
from ..landmarks import landmarks_of
from ..marker_sets import check_sides, missing_for_fit, reason_static
from ..marker_sets.requirements import FEWEST_FOR_FIT, FEWEST_OF_LEGS, has_trunk
from ..recording import BodyMotion, MarkerRecording, RecordingError
from ..resampling import resample_seen
from .marker_model import MarkerModel
from .solver import Fit, solve_pose, solve_shape
from .upright import with_upright_trunk

SHAPE_FRAMES = 14  # frames of a trial that the shape is fitted to
SEEN_SHARE = 0.5  # fraction of visible markers; frames at the ends of a trial with less are removed
# Limits of an accepted fit: the median distance of the markers from the body, and the fraction of
# frames with a large distance. The soft-tissue artefact of markers is 10 to 30 mm (Leardini et al.
# 2005, Gait Posture 21:212); larger distances are errors of labels, units or the static trial.
MEDIAN_LIMIT_M = 0.025
FRAME_LIMIT_M, FRAMES_FAR_SHARE = 0.040, 0.20
SWAPPED_M = 0.05  # a left-right pair farther than this from its positions may be swapped


class FitError(RecordingError):
    """Error for a failed fit; the message states the distances and their limits."""


@dataclass(frozen=True, eq=False)
class SubjectShape:
    """A subject's body shape and the positions of the markers on its skin.

    Attributes:
        betas (`np.ndarray`):
            (B,) shape components.
        offsets (`dict`):
            Anatomical site → (3,) offset of the marker in the local frame of the skin, metres.
        height_m (`float`):
            Height of the body from sole to crown, metres.
        body ([`Body`]):
            Body that the shape components belong to.
        rate_hz (`float`):
            Frames per second of the trial that the shape was fitted to.
        source (`str`):
            Name of that trial.
        residual_m (`np.ndarray`):
            (F, M) distances between markers and body in the frames used, metres.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.motion import read_recording
        >>> from agir_hf.motion.fitting.mosh import fit_shape
        >>> shape = fit_shape(read_recording(agir_hf.SAMPLE_RECORDING))
        >>> shape.betas.shape, len(shape.offsets), shape.body.name
        ((10,), 44, 'open')

        ```
    """

    betas: np.ndarray
    offsets: dict[str, np.ndarray]
    height_m: float
    body: Body
    rate_hz: float
    source: str
    residual_m: np.ndarray


def fit_shape(static_trial: MarkerRecording, body: Body | None = None) -> SubjectShape:
    """Fit the body shape of a subject and the positions of the markers on the skin.

    This is stage I of MoSh (Loper, Mahmood and Black 2014, ACM ToG 33(6):220). It uses 14 frames
    from all parts of the trial. If a session has no static trial, pass the walk.

    Args:
        static_trial ([`MarkerRecording`]):
            Static trial, or a walk, with a marker set that is recognised.
        body ([`Body`], *optional*):
            Body to fit. Default: the user's SMPL file, or else the open body (see [`load_body`]).

    Returns:
        [`SubjectShape`]: Shape components, marker positions on the skin, and residuals.

    Raises:
        RecordingError: The marker set is unknown, or there are fewer than 12 markers.
        FitError: The distances between markers and body are too large.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.motion import read_recording
        >>> from agir_hf.motion.fitting.mosh import fit_shape
        >>> shape = fit_shape(read_recording(agir_hf.SAMPLE_RECORDING))
        >>> print(f"{shape.height_m:.1f} m")
        1.6 m

        ```
    """
    body = body or load_body()
    sites, markers = _sites(static_trial)
    frames = _best_frames(markers)
    fit = solve_shape(MarkerModel(body, sites), markers[frames])
    _check(fit, f"shape from {_name(static_trial)}")
    offsets = {site: row for site, row in zip(sites, fit.offsets.numpy(), strict=True)}
    return SubjectShape(
        betas=fit.betas.numpy(),
        offsets=offsets,
        height_m=body.height(fit.betas),
        body=body,
        rate_hz=static_trial.rate_hz,
        source=_name(static_trial),
        residual_m=fit.residual_m.numpy(),
    )


def fit_pose(
    trial: MarkerRecording,
    shape: SubjectShape | None = None,
    *,
    mixed_rates: bool = False,
    progress: Callable[[int], None] | None = None,
) -> BodyMotion:
    """Fit the poses of a body to a walk, at 20 frames per second.

    This is stage II of MoSh: the shape and the marker positions on the skin are fixed. Frames at
    the start and the end with less than half of the markers are removed. Missing markers have
    weight zero.

    Args:
        trial ([`MarkerRecording`]):
            Walk with a marker set that is recognised.
        shape ([`SubjectShape`], *optional*):
            Shape of the same subject. Default: fitted to the trial itself. Markers that are not in
            `shape.offsets` are not used.
        mixed_rates (`bool`, *optional*, defaults to `False`):
            Whether a shape from a trial with another frame rate is accepted.
        progress (`Callable`, *optional*):
            Called with the number of finished frames.

    Returns:
        [`BodyMotion`]: Shape components, poses (T, 24, 3) and translation (T, 3) at 20 frames per
        second, with residuals (T, M) in metres, NaN where a marker is missing.

    Raises:
        RecordingError: The marker set is unknown, the trial is a static trial, too few markers are
            visible, left and right are swapped, or the frame rates differ without `mixed_rates`.
        FitError: The distances between markers and body are too large.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.motion import read_recording
        >>> from agir_hf.motion.fitting.mosh import fit_pose
        >>> motion = fit_pose(read_recording(agir_hf.SAMPLE_RECORDING))
        >>> motion.poses.shape, motion.rate_hz, motion.residual_m.shape
        ((120, 24, 3), 20.0, (120, 44))

        ```
    """
    name = _name(trial)
    sites, markers = _sites(trial)
    _check_trial(trial, sites, markers, name)
    if shape is None:
        shape = fit_shape(trial)
    elif shape.rate_hz != trial.rate_hz and not mixed_rates:
        raise RecordingError(
            f"{name} has {trial.rate_hz:g} Hz, the static trial {shape.source} "
            f"{shape.rate_hz:g} Hz, expected one frame rate per session: check that they belong "
            "together, then pass --mixed-rates"
        )
    shared = [i for i, site in enumerate(sites) if site in shape.offsets]
    fewest = _fewest(sites[i] for i in shared)
    if len(shared) < fewest:
        raise RecordingError(
            f"{name} shares {len(shared)} markers with {shape.source}, expected at least "
            f"{fewest}: pass a static trial with the same marker set"
        )
    sites, markers = [sites[i] for i in shared], markers[:, shared]
    markers = _visible_part(resample_seen(markers, trial.rate_hz, FPS), name)
    offsets = torch.as_tensor(np.stack([shape.offsets[site] for site in sites]))
    model = MarkerModel(shape.body, sites)
    fit = solve_pose(model, torch.as_tensor(shape.betas), offsets, markers, progress)
    _check_swapped(fit, model, markers, sites, name)
    _check(fit, name)
    columns = landmarks_of(trial).columns
    state = fit.state
    if not has_trunk(sites):
        state = with_upright_trunk(state, shape.body, torch.as_tensor(shape.betas))
    return BodyMotion(
        betas=shape.betas.astype(np.float32),
        poses=state.rotations.numpy().astype(np.float32),
        translation=state.translation.numpy().astype(np.float32),
        rate_hz=float(FPS),
        residual_m=fit.residual_m.numpy().astype(np.float32),
        marker_labels=tuple(trial.labels[columns[site]] for site in sites),
        body=shape.body.name,
        source=trial.source,
        conventions=trial.conventions,
        start_s=trial.start_s,
        remarks=trial.remarks,
    )


def residual_report(motion: BodyMotion) -> list[tuple[str, float, float, float]]:
    """Summarise the residuals of a fit per marker.

    Args:
        motion ([`BodyMotion`]):
            Result of [`fit_pose`].

    Returns:
        `list` of `tuple`: For each marker its label, the median and the 95th percentile of its
        distance from the body in metres (NaN if it is never visible), and the share of frames in
        which it is visible.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.motion import read_recording
        >>> from agir_hf.motion.fitting.mosh import fit_pose, residual_report
        >>> motion = fit_pose(read_recording(agir_hf.SAMPLE_RECORDING))
        >>> label, median_m, high_m, visible = residual_report(motion)[0]
        >>> label, median_m < 0.01, visible
        ('CLAV', True, 1.0)

        ```
    """
    rows = []
    for label, values in zip(motion.marker_labels, motion.residual_m.T, strict=True):
        seen = values[np.isfinite(values)]
        if len(seen):
            median, high = np.median(seen), np.percentile(seen, 95)
        else:
            median = high = float("nan")
        rows.append((label, float(median), float(high), len(seen) / len(values)))
    return rows


def _name(recording: MarkerRecording) -> str:
    return recording.source or "the recording"


def _sites(recording: MarkerRecording) -> tuple[list[str], np.ndarray]:
    """Sites and positions (T, M, 3) of the skin markers that are visible in any frame."""
    name = _name(recording)
    if np.isnan(recording.positions).all():
        raise RecordingError(f"{name} has all markers missing in every frame: export it again")
    columns = landmarks_of(recording).columns
    positions = recording.positions.astype(np.float64)
    seen = np.isfinite(positions).all(axis=2).any(axis=0)
    columns = {site: column for site, column in columns.items() if seen[column]}
    fewest = _fewest(columns)
    if len(columns) < fewest:
        raise RecordingError(
            f"{name} has {len(columns)} visible markers of a known set, expected at least "
            f"{fewest}: label the trajectories"
        )
    return list(columns), positions[:, list(columns.values())]


def _fewest(sites) -> int:
    """Fewest markers for a fit; fewer are enough if they are on pelvis and legs."""
    return FEWEST_FOR_FIT if missing_for_fit(sites) else FEWEST_OF_LEGS


def _check_trial(trial, sites, markers, name: str) -> None:
    extent = (np.nanmax(markers, axis=0) - np.nanmin(markers, axis=0)).max(axis=1)
    frozen = [site.replace("_", " ") for site, size in zip(sites, extent, strict=True) if not size]
    if frozen and len(markers) > 1:
        which = "all markers" if len(frozen) == len(sites) else ", ".join(frozen)
        raise RecordingError(
            f"{name} has markers that never move ({which}): export the trajectories again, or "
            "remove these markers"
        )
    if trial.duration_s < MIN_WALK_S:
        raise RecordingError(
            f"{name} is {trial.duration_s:.2f} s long, expected a walk of at least {MIN_WALK_S:g} s"
        )
    by_site = {site: markers[:, i] for i, site in enumerate(sites)}
    check_sides(by_site, name)
    static = reason_static(by_site)
    if static is not None:
        raise RecordingError(f"{name} is a static trial: {static}: pass a walking trial")


def _best_frames(markers: np.ndarray) -> np.ndarray:
    """Frame with the most visible markers in each of `SHAPE_FRAMES` equal parts of the trial."""
    seen = np.isfinite(markers).all(axis=2).sum(axis=1)
    parts = np.array_split(np.arange(len(markers)), min(SHAPE_FRAMES, len(markers)))
    return np.array([part[seen[part].argmax()] for part in parts])


def _visible_part(markers: np.ndarray, name: str) -> np.ndarray:
    """Frames from the first to the last in which enough markers are visible."""
    share = np.isfinite(markers).all(axis=2).mean(axis=1)
    enough = np.flatnonzero(share >= SEEN_SHARE)
    seconds = (enough[-1] - enough[0] + 1) / FPS if len(enough) else 0.0
    if seconds < MIN_WALK_S:
        raise RecordingError(
            f"{name} has half of its markers visible for only {seconds:.2f} s, expected at least "
            f"{MIN_WALK_S:g} s: label the markers in more frames"
        )
    return markers[enough[0] : enough[-1] + 1]


def _check(fit: Fit, name: str) -> None:
    residual = fit.residual_m.numpy()
    median = float(np.nanmedian(residual))
    seen = np.isfinite(residual).any(axis=1)
    far = float(np.mean(np.nanmedian(residual[seen], axis=1) > FRAME_LIMIT_M))
    if median > MEDIAN_LIMIT_M or far > FRAMES_FAR_SHARE:
        raise FitError(
            f"{name} is excluded: markers are {median * 1000:.0f} mm from the body (median, limit "
            f"{MEDIAN_LIMIT_M * 1000:.0f}) and {far:.0%} of frames are beyond "
            f"{FRAME_LIMIT_M * 1000:.0f} mm (limit {FRAMES_FAR_SHARE:.0%}): check the labels, the "
            "units and whether the static trial is this subject's"
        )


def _check_swapped(fit: Fit, model: MarkerModel, markers, sites, name: str) -> None:
    """Raise if a left and a right marker are at each other's positions on the body."""
    expected = model.pose(fit.betas, fit.offsets, fit.state).markers.numpy()
    index = {site: i for i, site in enumerate(sites)}
    swapped = []
    for site, i in index.items():
        j = index.get(site.replace("left_", "right_", 1)) if site.startswith("left_") else None
        if j is None:
            continue
        own = np.linalg.norm(markers[:, [i, j]] - expected[:, [i, j]], axis=2)
        other = np.linalg.norm(markers[:, [i, j]] - expected[:, [j, i]], axis=2)
        own, other = (
            np.nanmedian(d, axis=0) if np.isfinite(d).any() else None for d in (own, other)
        )
        if own is None or not (own > SWAPPED_M).all():
            continue
        if (other < own / 2).all():
            swapped.append(site.removeprefix("left_").replace("_", " "))
    if swapped:
        raise RecordingError(
            f"{name} has left and right swapped at: {', '.join(swapped)}: exchange these labels"
        )

"""A body in motion from a marker recording: `fit_shape` once for a subject, `fit_pose` per trial.

What a fit has to reach is stated here (`MEDIAN_LIMIT_M` and what follows it): a trial that does
not is refused with `FitError`, never kept.
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
from ..marker_sets import check_sides, reason_static
from ..recording import BodyMotion, MarkerRecording, RecordingError
from ..resampling import resample_seen
from .marker_model import MarkerModel
from .solver import Fit, solve_pose, solve_shape

FEWEST_MARKERS = 12  # a trunk and four limbs
SHAPE_FRAMES = 14
SEEN_SHARE = 0.5  # of the markers in a frame; ends of a trial with less are left out
# When a fit has failed: the median distance of markers from the body, and how many frames may be
# far from it. Soft tissue moves markers by 10 to 30 mm over the bone (Leardini et al. 2005, Gait
# Posture 21:212); beyond that something is wrong.
MEDIAN_LIMIT_M = 0.025
FRAME_LIMIT_M, FRAMES_FAR_SHARE = 0.040, 0.20
SWAPPED_M = 0.05  # a pair of markers this far off, and at home on the other side


class FitError(RecordingError):
    """A body could not be fitted; the message says by which criterion."""


@dataclass(frozen=True, eq=False)
class SubjectShape:
    """A subject's body and where the markers sit on it.

    Attributes:
        betas: (B,) shape components.
        offsets: site → (3,) metres in the local frame of the skin.
        height_m: of the body, sole to crown.
        body: the body the betas belong to.
        rate_hz: of the trial the shape was made from.
        source: that trial.
        residual_m: (F, M) of the frames used.
    """

    betas: np.ndarray
    offsets: dict[str, np.ndarray]
    height_m: float
    body: Body
    rate_hz: float
    source: str
    residual_m: np.ndarray


def fit_shape(static_trial: MarkerRecording, body: Body | None = None) -> SubjectShape:
    """Shape of a subject, from a static trial or, where there is none, from the walk itself.

    Args:
        static_trial: markers of a known set.
        body: by default the user's SMPL file, else the open body (`load_body`).

    Raises:
        RecordingError: for an unknown marker set or too few markers.
        FitError: where the body does not meet the markers.
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
    """Poses of a walk at 20 fps.

    Args:
        trial: a walk with a known marker set.
        shape: of the same subject; by default from the trial itself.
        mixed_rates: allow a shape from a trial of another rate.
        progress: called with the frames done.

    Returns:
        [`BodyMotion`] with residuals (T, M), NaN where a marker was not seen. Markers that the
        shape does not know are left out.

    Raises:
        RecordingError: for an unknown marker set, a static trial, too few markers in sight, sides
            that are swapped, or rates that differ.
        FitError: where the fit fails by the criteria of this module.
    """
    name = _name(trial)
    sites, markers = _sites(trial)
    _check_trial(trial, sites, markers, name)
    if shape is None:
        shape = fit_shape(trial)
    elif shape.rate_hz != trial.rate_hz and not mixed_rates:
        raise RecordingError(
            f"{name} has {trial.rate_hz:g} Hz, the static trial {shape.source} "
            f"{shape.rate_hz:g} Hz, expected one rate in a session: check that they belong "
            "together, then allow it with --mixed-rates"
        )
    known = [i for i, site in enumerate(sites) if site in shape.offsets]
    if len(known) < FEWEST_MARKERS:
        raise RecordingError(
            f"{name} shares {len(known)} markers with {shape.source}, expected at least "
            f"{FEWEST_MARKERS}: give the static trial of the same marker set"
        )
    sites, markers = [sites[i] for i in known], markers[:, known]
    markers = _in_sight(resample_seen(markers, trial.rate_hz, FPS), name)
    offsets = torch.as_tensor(np.stack([shape.offsets[site] for site in sites]))
    model = MarkerModel(shape.body, sites)
    fit = solve_pose(model, torch.as_tensor(shape.betas), offsets, markers, progress)
    _check_swapped(fit, model, markers, sites, name)
    _check(fit, name)
    columns = landmarks_of(trial).columns
    return BodyMotion(
        betas=shape.betas.astype(np.float32),
        poses=fit.state.rotations.numpy().astype(np.float32),
        translation=fit.state.translation.numpy().astype(np.float32),
        rate_hz=float(FPS),
        residual_m=fit.residual_m.numpy().astype(np.float32),
        marker_labels=tuple(trial.labels[columns[site]] for site in sites),
        body=shape.body.name,
        source=trial.source,
        conventions=trial.conventions,
    )


def residual_report(motion: BodyMotion) -> list[tuple[str, float, float, float]]:
    """Of each marker: label, median and 95th percentile in metres, share of frames seen."""
    rows = []
    for label, values in zip(motion.marker_labels, motion.residual_m.T, strict=True):
        seen = values[np.isfinite(values)]
        if len(seen):
            middle, high = np.median(seen), np.percentile(seen, 95)
        else:
            middle = high = float("nan")
        rows.append((label, float(middle), float(high), len(seen) / len(values)))
    return rows


def _name(recording: MarkerRecording) -> str:
    return recording.source or "the recording"


def _sites(recording: MarkerRecording) -> tuple[list[str], np.ndarray]:
    """Sites and positions (T, M, 3) of the markers on the skin that were ever seen."""
    name = _name(recording)
    if np.isnan(recording.positions).all():
        raise RecordingError(f"{name} has all markers missing in every frame: export it again")
    columns = landmarks_of(recording).columns
    positions = recording.positions.astype(np.float64)
    seen = np.isfinite(positions).all(axis=2).any(axis=0)
    columns = {site: column for site, column in columns.items() if seen[column]}
    if len(columns) < FEWEST_MARKERS:
        raise RecordingError(
            f"{name} has {len(columns)} markers of a known set in sight, expected at least "
            f"{FEWEST_MARKERS}: label the trajectories"
        )
    return list(columns), positions[:, list(columns.values())]


def _check_trial(trial, sites, markers, name: str) -> None:
    extent = (np.nanmax(markers, axis=0) - np.nanmin(markers, axis=0)).max(axis=1)
    frozen = [site.replace("_", " ") for site, size in zip(sites, extent, strict=True) if not size]
    if frozen and len(markers) > 1:
        which = "all markers" if len(frozen) == len(sites) else ", ".join(frozen)
        raise RecordingError(
            f"{name} has markers that never move ({which}): export the trajectories again, or "
            "leave these markers out"
        )
    if trial.duration_s < MIN_WALK_S:
        raise RecordingError(
            f"{name} is {trial.duration_s:.2f} s long, expected a walk of at least {MIN_WALK_S:g} s"
        )
    by_site = {site: markers[:, i] for i, site in enumerate(sites)}
    check_sides(by_site, name)
    travelled = reason_static(by_site)
    if travelled is not None:
        raise RecordingError(f"{name} is a static trial: {travelled}: give a walking trial")


def _best_frames(markers: np.ndarray) -> np.ndarray:
    """Some frames over the whole trial, in each part the one with most markers in sight."""
    seen = np.isfinite(markers).all(axis=2).sum(axis=1)
    parts = np.array_split(np.arange(len(markers)), min(SHAPE_FRAMES, len(markers)))
    return np.array([part[seen[part].argmax()] for part in parts])


def _in_sight(markers: np.ndarray, name: str) -> np.ndarray:
    """The frames from the first to the last in which enough markers are seen."""
    share = np.isfinite(markers).all(axis=2).mean(axis=1)
    enough = np.flatnonzero(share >= SEEN_SHARE)
    seconds = (enough[-1] - enough[0] + 1) / FPS if len(enough) else 0.0
    if seconds < MIN_WALK_S:
        raise RecordingError(
            f"{name} has half of its markers in sight for {seconds:.2f} s only, expected at least "
            f"{MIN_WALK_S:g} s: label the markers further"
        )
    return markers[enough[0] : enough[-1] + 1]


def _check(fit: Fit, name: str) -> None:
    residual = fit.residual_m.numpy()
    median = float(np.nanmedian(residual))
    seen = np.isfinite(residual).any(axis=1)
    far = float(np.mean(np.nanmedian(residual[seen], axis=1) > FRAME_LIMIT_M))
    if median > MEDIAN_LIMIT_M or far > FRAMES_FAR_SHARE:
        raise FitError(
            f"{name} is excluded: markers lie {median * 1000:.0f} mm from the body (median, limit "
            f"{MEDIAN_LIMIT_M * 1000:.0f}) and {far:.0%} of frames beyond "
            f"{FRAME_LIMIT_M * 1000:.0f} mm (limit {FRAMES_FAR_SHARE:.0%}): check the labels, the "
            "units and whether the static trial is this subject's"
        )


def _check_swapped(fit: Fit, model: MarkerModel, markers, sites, name: str) -> None:
    """Refuse left and right markers that lie at each other's place."""
    expected = model.pose(fit.betas, fit.offsets, fit.state).markers.numpy()
    place = {site: i for i, site in enumerate(sites)}
    swapped = []
    for site, i in place.items():
        j = place.get(site.replace("left_", "right_", 1)) if site.startswith("left_") else None
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

"""Labelled points of a file (C3D, TRC) and their conversion to a recording."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..keypoint_centres import keypoints_to_joints
from ..keypoint_sets import keypoint_pair, recognise_keypoints
from ..marker_sets import site_columns, vertical_pair
from ..marker_sets.requirements import back_of_foot
from ..recording import GaitEvent, JointMotion, MarkerRecording, ReadOptions, RecordingError
from ..units_axes import to_metres_y_up
from ..vectors import are_seen
from .missing_values import mark_missing
from .subjects import FEWEST_SITES, select_subject


@dataclass(frozen=True, eq=False)
class Points:
    """Labelled points of a file, in its units and axes.

    Attributes:
        labels: M labels as in the file, each once, with the prefixes of subjects.
        positions: (T, M, 3) float64 in the unit and axes of the file; NaN where missing.
        rate_hz: Frames per second.
        source: The file, for messages.
        unit: Unit that the file states, if any.
        up: Vertical axis that the file states, if any, such as "-Z".
        events: Gait events annotated in the file, in seconds from the first frame.
        start_s: Time of the first frame in seconds on the clock of the file.
        remarks: What was repaired or left out when the file was read.
        subjects: Names of the subjects that the file states, if any.
    """

    labels: tuple[str, ...]
    positions: np.ndarray
    rate_hz: float
    source: str
    unit: str | None = None
    up: str | None = None
    events: tuple[GaitEvent, ...] = ()
    start_s: float = 0.0
    remarks: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()


def points_to_recording(points: Points, options: ReadOptions) -> MarkerRecording | JointMotion:
    """Convert the points of a file to markers, or to joints, in metres with Y up.

    Points of other subjects and props, unlabelled trajectories and computed points are left out.

    Args:
        points: Points of the file.
        options: Settings of the user.

    Raises:
        RecordingError: All points are missing, a mapping does not fit, the file has several
            subjects, or unit and axes cannot be determined.
    """
    if not are_seen(points.positions).any():
        raise RecordingError(
            f"{points.source} has {len(points.labels)} points and all are missing in every frame: "
            "export the labelled trajectories"
        )
    selection = select_subject(
        points.labels,
        points.source,
        subjects=points.subjects,
        mapping=options.mapping,
        item=options.item,
    )
    labels = selection.labels
    positions, missing = mark_missing(points.positions[:, selection.columns], labels)
    _check_unit(points, options)
    low, high = keypoint_pair(labels)
    if not low:
        low, high = vertical_pair(labels)
    positions, conventions = to_metres_y_up(
        positions,
        options,
        points.source,
        low=low,
        high=high,
        body=_body_columns(labels),
        unit=points.unit,
        up=points.up,
    )
    remarks = (*points.remarks, *selection.remarks, *missing, *_without_heels(labels))
    joints = keypoints_to_joints(
        labels,
        positions,
        points.rate_hz,
        source=points.source,
        conventions=conventions,
        events=points.events,
        start_s=points.start_s,
        remarks=remarks,
    )
    if joints is not None:
        return joints
    return MarkerRecording(
        positions,
        tuple(labels),
        points.rate_hz,
        points.events,
        points.source,
        conventions,
        points.start_s,
        remarks,
    )


def _check_unit(points: Points, options: ReadOptions) -> None:
    """Check that positions are not in pixels of a video, which could pass as millimetres."""
    unit = (points.unit or "").strip().lower()
    if options.unit is None and unit in ("px", "pix", "pixel", "pixels"):
        raise RecordingError(
            f"{points.source} has positions in pixels, expected metres or millimetres: export them "
            "in metres, or pass the length of a pixel in metres with --unit NUMBER"
        )


def _without_heels(labels: list[str]) -> tuple[str, ...]:
    """Remark about feet without markers of the heels."""
    sites = site_columns(labels)
    if recognise_keypoints(labels) is not None or back_of_foot(sites) == "heel":
        return ()
    return ("neither heel has a marker: steps are measured at the ankles",)


def _body_columns(labels: list[str]) -> list[int]:
    """Columns of points on the body; empty if too few labels are recognised."""
    keypoints = recognise_keypoints(labels)
    if keypoints is not None:
        return list(keypoints.columns.values())
    columns = list(site_columns(labels).values())
    return columns if len(columns) >= FEWEST_SITES else []

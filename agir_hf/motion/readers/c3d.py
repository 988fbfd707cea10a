"""C3D files: markers, keypoints, or the segments of Theia3D.

`c3d_file` reads the file itself. The numbers are read here and not with a C library, because those
that exist crash on damaged files, and read other byte orders, long recordings and files whose
header and parameters differ in part only.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..recording import GaitEvent, JointMotion, MarkerRecording, ReadOptions, RecordingError
from ..theia import segments_to_joints
from .c3d_events import events_of
from .c3d_file import C3DFile, first_value, numbered_texts, open_c3d
from .points import Points, points_to_recording

_COMPUTED_GROUPS = ("ANGLES", "FORCES", "MOMENTS", "POWERS", "SCALARS", "MODELED_MARKERS")
_COMPUTED_LABELS = re.compile(r"V_.*|CENTREOFMASS.*", re.IGNORECASE)
# Plug-in Gait computes four points of a segment: the origin and the ends of three axes.
_SEGMENT_POINTS = re.compile(
    r"(?P<segment>HED|PEL|TRX|[LR](CL|FE|FO|HN|HU|RA|TI|TO))[OALP]", re.IGNORECASE
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def read_c3d(path: Path, options: ReadOptions | None = None) -> MarkerRecording | JointMotion:
    """Read the points and gait events of a C3D file.

    Args:
        path: The file.
        options: Settings of the user.

    Returns:
        Markers, or joints if the points are keypoints or the file has segments instead.

    Raises:
        RecordingError: The file is damaged, or has no points.
    """
    options = options or ReadOptions()
    file = open_c3d(Path(path), options.rate_hz)
    if not file.points:
        return _segments(file, options)
    point = file.groups["POINT"]
    labels, positions = _markers(_labels(file), file.positions(), point, file.path)
    events, remarks = _events(file, options)
    return points_to_recording(
        Points(
            labels,
            positions,
            file.rate_hz,
            str(path),
            unit=_text(point, "UNITS"),
            up=_text(point, "Y_SCREEN"),
            events=events,
            start_s=_start_s(file),
            remarks=(*file.remarks, *remarks),
            subjects=_subjects(file),
        ),
        options,
    )


def _segments(file: C3DFile, options: ReadOptions) -> JointMotion:
    """Joints of a file that has poses of segments and no points."""
    labels, matrices, rate_hz = file.rotations()
    if not labels:
        raise RecordingError(f"{file.path} holds no points: export the marker trajectories")
    _check_texts(labels, file.path)
    events, remarks = _events(file, options)
    return segments_to_joints(
        labels,
        matrices,
        rate_hz,
        options,
        str(file.path),
        unit=_text(file.groups["POINT"], "UNITS"),
        up=_text(file.groups["POINT"], "Y_SCREEN"),
        events=events,
        start_s=_start_s(file),
        remarks=(*file.remarks, *remarks),
    )


def _start_s(file: C3DFile) -> float:
    """Time of the first frame on the clock of the file, which starts with frame 1."""
    return max(file.first_frame - 1, 0) / file.rate_hz


def _events(file: C3DFile, options: ReadOptions) -> tuple[tuple[GaitEvent, ...], tuple[str, ...]]:
    """Gait events, in seconds from the first frame, and remarks about them.

    A rate that the user sets because the file states a wrong one changes their times, too.
    """
    content = {  # in the layout of ezc3d
        "parameters": file.groups,
        "header": {"events": file.events},
        "data": {"points": np.empty((4, 0, file.frames))},
    }
    start_s = max(file.first_frame - 1, 0) / file.clock_hz
    events, remarks = events_of(content, start_s, file.clock_hz, options.item)
    factor = file.clock_hz / file.rate_hz
    return tuple(replace(event, time_s=event.time_s * factor) for event in events), remarks


def _text(group: dict, name: str) -> str | None:
    """Text of a parameter; None if it is absent or empty."""
    return str(first_value(group, name, "")).strip() or None


def _subjects(file: C3DFile) -> tuple[str, ...]:
    """Names of the subjects, or the prefixes that the labels of each subject have."""
    group = file.groups.get("SUBJECTS", {})
    names = numbered_texts(group, "NAMES")
    prefixes = [prefix.rstrip(":") for prefix in numbered_texts(group, "LABEL_PREFIXES")]
    if len(prefixes) == len(names) and any(prefixes):
        names = [prefix or name for prefix, name in zip(prefixes, names, strict=True)]
    _check_texts(names, file.path)
    return tuple(dict.fromkeys(name for name in names if name))


def _labels(file: C3DFile) -> list[str]:
    """All labels, including those after the 255th, which are in LABELS2 and so on."""
    labels = numbered_texts(file.groups["POINT"], "LABELS")[: file.points]
    labels += [""] * (file.points - len(labels))
    _check_texts(labels, file.path)
    return [label or f"unlabelled_{i + 1}" for i, label in enumerate(labels)]


def _check_texts(texts: list[str], path: Path) -> None:
    """Refuse names with control characters, which no program writes."""
    for text in texts:
        if _CONTROL.search(text):
            raise RecordingError(
                f"{path} is damaged: its label {text!a:.60} has control characters: export it again"
            )


def _markers(
    labels: list[str], positions: np.ndarray, point: dict, path: Path
) -> tuple[tuple[str, ...], np.ndarray]:
    """Labels and positions of the physical markers that are not always missing.

    Repeated labels get a suffix with a number.
    """
    computed = _computed(labels, point)
    seen = np.isfinite(positions[..., 0]).any(axis=0)
    if not seen.any():
        raise RecordingError(
            f"{path} has {len(labels)} points and all are missing in every frame: export the "
            "labelled trajectories"
        )
    kept = [
        i for i, label in enumerate(labels) if seen[i] and label.rpartition(":")[2] not in computed
    ]
    if not kept:
        raise RecordingError(
            f"{path} has computed points only, no markers: export the marker trajectories"
        )
    names = _numbered([labels[i] for i in kept])
    return tuple(names), positions[:, kept].astype(np.float64)


def _numbered(labels: list[str]) -> list[str]:
    """Labels, each once: repeated ones with _copy1 and so on."""
    counts: Counter[str] = Counter()
    names: dict[str, None] = {}
    for label in labels:
        name = label
        while name in names:
            counts[label] += 1
            name = f"{label}_copy{counts[label]}"
        names[name] = None
    return list(names)


def _computed(labels: list[str], point: dict) -> set[str]:
    """Labels without prefix of the points that programs compute from markers.

    The file lists them by type (POINT:TYPE_GROUPS, every other text), or their names say so. A
    name such as RCLA is computed only if the origin of its segment, RCLO, is there: it can also be
    a marker on the clavicle.
    """
    types = [name.upper() for name in numbered_texts(point, "TYPE_GROUPS")[::2]]
    computed = {
        label.rpartition(":")[2]
        for group in {*_COMPUTED_GROUPS, *types}
        for label in numbered_texts(point, group)
    }
    plain = {label.rpartition(":")[2] for label in labels}
    capitals = {label.upper() for label in plain}
    for label in plain:
        segment = _SEGMENT_POINTS.fullmatch(label)
        if _COMPUTED_LABELS.fullmatch(label) or (
            segment and f"{segment['segment'].upper()}O" in capitals
        ):
            computed.add(label)
    return computed

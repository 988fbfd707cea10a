"""Paths of the pelvis and the feet, the input of event detection."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..motion.filters import filter_both_ways, low_pass
from ..motion.landmarks import Landmarks, landmarks_of
from ..motion.marker_sets.requirements import back_of_foot
from ..motion.recording import JointMotion, MarkerRecording, RecordingError

HEADING_CUTOFF_HZ = 0.5  # below the stride frequency, so that pelvic rotation is removed
_SIDES = ("left", "right")


@dataclass(frozen=True, eq=False)
class FootPaths:
    """Paths of the pelvis and the feet at the working rate, (N, 3) in metres, Y up.

    Attributes:
        pelvis: Centre of the pelvis; None if it has a gap that is too long.
        across: Vector from the right to the left of the pelvis; None for the same reason.
        heel: Side → heel, for the feet whose path has no long gap.
        toe: Side → ball of the foot, for the feet whose path has no long gap.
        rate_hz: Frames per second.
    """

    pelvis: np.ndarray | None
    across: np.ndarray | None
    heel: dict[str, np.ndarray]
    toe: dict[str, np.ndarray]
    rate_hz: float

    @cached_property
    def facing(self) -> np.ndarray:
        """Heading (N, 3) of the pelvis, see `facing_direction`."""
        return facing_direction(self.across, self.rate_hz)


def foot_paths(recording: MarkerRecording | JointMotion) -> FootPaths:
    """Return the paths of the pelvis and the feet, gap-free and low-pass filtered at 10 Hz.

    Args:
        recording: Markers of a known set, or joints.

    Returns:
        The paths at the working rate of the landmarks.

    Raises:
        RecordingError: The marker set is unknown, or the pelvis has no ASIS markers.
    """
    landmarks = landmarks_of(recording)
    if landmarks.marker_set is None:
        heel_sites, toe_sites = ("heel", "ankle"), ("foot",)
        names = ("pelvis", *_both_sides(landmarks, (*heel_sites, *toe_sites)))
        landmarks.clean_together(names, differences=[("left_hip", "right_hip")])
        pelvis = landmarks.path("pelvis")
        across = landmarks.difference_path("left_hip", "right_hip")
    else:
        if not {"left_asis", "right_asis"} <= landmarks.columns.keys():
            raise RecordingError(
                f"{landmarks.source} has no ASIS markers, expected them for the heading of the "
                "pelvis: label them"
            )
        heel_sites = (back_of_foot(landmarks.columns),)
        toe_sites = ("metatarsal_2", "metatarsal_1", "metatarsal_5", "hallux")
        names, asis = _both_sides(landmarks, (*heel_sites, *toe_sites)), ("left_asis", "right_asis")
        landmarks.clean_together(names, midpoints=[asis], differences=[asis])
        pelvis = landmarks.midpoint_path("left_asis", "right_asis")
        across = landmarks.difference_path("left_asis", "right_asis")
    heel, toe = (_side_paths(landmarks, sites) for sites in (heel_sites, toe_sites))
    return FootPaths(pelvis, across, heel, toe, landmarks.working_rate_hz)


def _both_sides(landmarks: Landmarks, sites: tuple[str, ...]) -> list[str]:
    """Names of the sites with their sides, of those that the recording has."""
    names = [f"{side}_{site}" for side in _SIDES for site in sites]
    return [name for name in names if name in landmarks.columns]


def _side_paths(landmarks: Landmarks, sites: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Side → path of a site, where its gaps are short.

    The first site that both feet have without a long gap is used, or else the first that a foot
    has.
    """
    choices = [paths for site in sites if (paths := _paths_of(landmarks, site))]
    whole = next((paths for paths in choices if len(paths) == len(_SIDES)), {})
    return whole or next(iter(choices), {})


def _paths_of(landmarks: Landmarks, site: str) -> dict[str, np.ndarray]:
    """Side → path of a site, for the feet where its gaps are short."""
    names = {side: f"{side}_{site}" for side in _SIDES if f"{side}_{site}" in landmarks.columns}
    paths = {side: landmarks.path(name) for side, name in names.items()}
    return {side: path for side, path in paths.items() if path is not None}


def facing_direction(across: np.ndarray, rate: float) -> np.ndarray:
    """Compute the heading of the pelvis, without its rotation within a stride.

    Args:
        across: Vectors (T, 3) from the right to the left of the pelvis.
        rate: Frames per second.

    Returns:
        Horizontal unit vectors (T, 3).
    """
    ahead = np.cross(across, [0.0, 1.0, 0.0])
    angle = np.unwrap(np.arctan2(ahead[:, 0], ahead[:, 2]))
    padding = min(len(angle) - 1, int(2 * rate))
    angle = filter_both_ways(low_pass(HEADING_CUTOFF_HZ, rate), angle, padding)
    return np.stack([np.sin(angle), np.zeros_like(angle), np.cos(angle)], axis=1)


def forward_speed(path: np.ndarray, facing: np.ndarray, rate: float) -> np.ndarray:
    """Compute the speed of a path along the heading.

    Args:
        path: Positions (T, 3) in metres.
        facing: Heading (T, 3), unit vectors.
        rate: Frames per second.

    Returns:
        Speed (T,) in m/s.
    """
    return (np.gradient(path, 1 / rate, axis=0) * facing).sum(axis=1)


def leg_length(paths: FootPaths) -> float:
    """Height of the pelvis above the floor in metres, as an estimate of the leg length.

    Args:
        paths: Paths of the pelvis and the feet.
    """
    floor = min(np.percentile(heel[:, 1], 2) for heel in paths.heel.values())
    return float(np.clip(np.median(paths.pelvis[:, 1]) - floor, 0.3, 1.4))

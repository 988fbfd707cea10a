"""Anatomical sites of a recording and their paths without gaps, computed once.

`landmarks_of` returns the [`Landmarks`] of a recording and caches them as long as the recording
exists: joint centres, gait events, gait parameters and the body fit use the same object. Labels are
recognised when the object is created. Paths are computed when they are first read. There are two
kinds of paths, with different filters (`agir_hf.motion.resampling` gives the reasons):

- `Landmarks.filled`: every site that joint centres need, at the frame rate of the recording, with
  gaps filled and without a filter. Frames at the start and the end in which a site is missing are
  removed. The joint centres computed from them are filtered at 6 Hz when they are resampled to
  20 fps.
- `Landmarks.path`: one site, at 100 Hz or more, over the whole recording, with gaps filled and
  filtered at 10 Hz, for gait events and gait parameters. `Landmarks.midpoint_path` and
  `Landmarks.difference_path` give the same for two sites.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from weakref import WeakKeyDictionary
from zlib import crc32

import numpy as np

from ..constants_agir import MIN_WALK_S
from ..humanml3d import JOINT_NAMES
from .marker_sets import MarkerSet, incomplete_set, recognise
from .marker_sets.requirements import JOINT_SITES
from .recording import JointMotion, MarkerRecording, RecordingError
from .resampling import LONGEST_GAP_S, WORKING_HZ, Gaps, clean_paths, fill_gaps


@dataclass(frozen=True, eq=False)
class FilledSites:
    """Sites that joint centres are computed from, without gaps.

    Attributes:
        positions: Site → (T, 3) float64, metres, Y up, at the frame rate of the recording.
        gaps: Gaps that were filled.
        trimmed_s: Seconds removed at the start and the end, where a needed site is missing.
    """

    positions: dict[str, np.ndarray]
    gaps: Gaps
    trimmed_s: float


@dataclass(frozen=True, eq=False)
class Landmarks:
    """Anatomical sites of a recording and their paths.

    Paths are shared between all callers and must not be changed in place.

    Attributes:
        positions: Positions (T, N, 3) of the recording in metres, Y up; NaN where missing.
        labels: N names of the columns in the recording.
        columns: Site, or joint of HumanML3D, → column of ``positions``.
        rate_hz: Frames per second of ``positions``.
        marker_set: Recognised marker set; None for joints.
        source: The recording, for error messages.
    """

    positions: np.ndarray
    labels: tuple[str, ...]
    columns: dict[str, int]
    rate_hz: float
    marker_set: MarkerSet | None
    source: str
    _paths: dict[tuple, np.ndarray | None] = field(default_factory=dict, init=False, repr=False)

    @property
    def working_rate_hz(self) -> float:
        """Samples per second of the paths."""
        return max(WORKING_HZ, self.rate_hz)

    @property
    def joint_sites(self) -> dict[str, int]:
        """Site → column, for the sites that joint centres are computed from."""
        return {site: i for site, i in self.columns.items() if site in JOINT_SITES}

    def recorded(self, site: str) -> np.ndarray:
        """Positions (T, 3) float64 of a site as recorded, NaN where missing."""
        return self.positions[:, self.columns[site]].astype(np.float64)

    def path(self, site: str) -> np.ndarray | None:
        """Path (N, 3) of a site at the working rate; None if a gap is too long."""
        return self._path(("site", site))

    def midpoint_path(self, first: str, second: str) -> np.ndarray | None:
        """Path (N, 3) of the point midway between two sites; None if a gap is too long."""
        return self._path(("midpoint", first, second))

    def difference_path(self, first: str, second: str) -> np.ndarray | None:
        """Path (N, 3) of the vector from ``second`` to ``first``; None if a gap is too long."""
        return self._path(("difference", first, second))

    def clean_together(
        self,
        sites: Iterable[str],
        midpoints: Iterable[tuple[str, str]] = (),
        differences: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Compute paths that are read later, together, which is faster than one by one.

        Args:
            sites: Sites whose `path` is read.
            midpoints: Pairs of sites whose `midpoint_path` is read.
            differences: Pairs of sites whose `difference_path` is read.
        """
        keys = [("site", site) for site in sites]
        keys += [("midpoint", *pair) for pair in midpoints]
        self._clean([*keys, *(("difference", *pair) for pair in differences)])

    def _path(self, key: tuple[str, ...]) -> np.ndarray | None:
        self._clean([key])
        return self._paths[key]

    def _clean(self, keys: list[tuple[str, ...]]) -> None:
        keys = [key for key in dict.fromkeys(keys) if key not in self._paths]
        if keys:
            recorded = np.stack([self._recorded(*key) for key in keys], axis=1)
            paths = clean_paths(recorded, self.rate_hz)
            self._paths.update(zip(keys, paths, strict=True))

    def _recorded(self, kind: str, first: str, second: str = "") -> np.ndarray:
        """Positions (T, 3) of a site, or of the midpoint or difference of two sites."""
        if kind == "site":
            return self.recorded(first)
        if kind == "midpoint":
            return (self.recorded(first) + self.recorded(second)) / 2
        return self.recorded(first) - self.recorded(second)

    @cached_property
    def filled(self) -> FilledSites:
        """Sites for joint centres without gaps.

        Optional sites with a gap longer than `LONGEST_GAP_S` are left out.

        Raises:
            RecordingError: The marker set is incomplete, a needed marker is always missing, a gap
                is too long, or all needed markers are visible together for less than one second.
        """
        if self.marker_set.missing(self.joint_sites):
            raise incomplete_set(self.labels, self.source)
        columns = self._usable_sites()
        seen = np.isfinite(self.positions[:, list(columns.values())]).all(axis=2)
        first = int(seen.argmax(axis=0).max())
        stop = len(seen) - int(seen[::-1].argmax(axis=0).max())
        duration_s = (stop - first) / self.rate_hz
        if duration_s < MIN_WALK_S:
            raise RecordingError(
                f"{self.source} has all needed markers visible for only "
                f"{max(duration_s, 0):.2f} s, expected at least {MIN_WALK_S:g} s: label the "
                "markers in more frames"
            )
        positions, gaps = {}, []
        for (site, column), frames in zip(columns.items(), seen.T, strict=True):
            name = f"{self.labels[column]} of {self.source}"
            # a gap at the first or last frame is filled from the frames on both sides of it
            start = int(np.flatnonzero(frames[: first + 1])[-1])
            end = stop + int(frames[stop - 1 :].argmax())
            recorded = self.recorded(site)[start:end]
            path, filled = fill_gaps(recorded, self.rate_hz, name, start)
            positions[site] = path[first - start : stop - start]
            gaps.append(filled)
        total = Gaps(sum(g.filled for g in gaps), max(g.longest_s for g in gaps))
        return FilledSites(positions, total, (len(seen) - (stop - first)) / self.rate_hz)

    def _usable_sites(self) -> dict[str, int]:
        """Site → column, without always missing sites and optional sites with a long gap."""
        usable, longest_s = {}, {}
        for site, column in self.joint_sites.items():
            frames = np.flatnonzero(np.isfinite(self.positions[:, column]).all(axis=1))
            if len(frames):
                usable[site] = column
                longest_s[site] = (np.diff(frames).max(initial=1) - 1) / self.rate_hz
        missing = self.marker_set.missing(usable)
        for site in [site for site in usable if longest_s[site] > LONGEST_GAP_S]:
            others = usable.keys() - {site}
            if self.marker_set.missing(others) == missing:  # optional
                del usable[site]
        if missing:
            raise RecordingError(
                f"{self.source} has a marker that is never seen, or not for long enough, and that "
                f"{self.marker_set.name} needs: {', '.join(missing)}: label it, or cut the trial"
            )
        return usable


# Recording → (checksum of its positions, its landmarks). The landmarks must not refer to the
# recording, because it would then never be freed.
_landmarks: WeakKeyDictionary[MarkerRecording | JointMotion, tuple[int, Landmarks]] = (
    WeakKeyDictionary()
)


def landmarks_of(recording: MarkerRecording | JointMotion) -> Landmarks:
    """Landmarks of a recording, created at the first call and cached.

    Args:
        recording: Markers or joints. If its positions were changed in place since the last call,
            the landmarks are computed again.

    Returns:
        The landmarks. For joints, the sites are the joints of HumanML3D that were measured, and
        the heels if the recording has them.

    Raises:
        RecordingError: The labels belong to no known marker set.
    """
    is_joints = isinstance(recording, JointMotion)
    positions = _joints_and_heels(recording) if is_joints else recording.positions
    content = crc32(np.ascontiguousarray(positions))
    cached_content, landmarks = _landmarks.get(recording, (None, None))
    if landmarks is None or cached_content != content:
        source = recording.source or "the recording"
        if is_joints:
            marker_set, labels = None, (*JOINT_NAMES, "left_heel", "right_heel")
            labels = labels[: positions.shape[1]]
            columns = {name: i for i, name in enumerate(labels) if name not in recording.unmeasured}
        else:
            labels = recording.labels
            marker_set = recognise(labels, source, needs_all=False)
            columns = marker_set.skin_columns(labels)
        landmarks = Landmarks(positions, labels, columns, recording.rate_hz, marker_set, source)
        _landmarks[recording] = content, landmarks
    return landmarks


def _joints_and_heels(recording: JointMotion) -> np.ndarray:
    """Positions (T, 22, 3) of the joints, or (T, 24, 3) with the heels if they are recorded."""
    if recording.heels is None:
        return recording.joints
    return np.concatenate([recording.joints, recording.heels], axis=1)

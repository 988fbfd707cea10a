"""Several recordings as a session: read, measured and scored one by one, and summed up.

A recording that cannot be used is kept with the reason and never stops the session. Markers, bodies
and joints are released after each recording: a session of hundreds keeps measured values and joint
angles only.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .identity import Subject
from .prediction import BATCH_SIZE
from .session_cautions import session_cautions
from .session_files import OFF, ON, find_recordings
from .session_table import column_texts, rows_of, write_rows
from .session_walks import (
    SessionWalk,
    assessed_walks,
    over_trials,
    prepare_walk,
    session_walk,
)

if TYPE_CHECKING:
    from ..gait import Measured
    from ..gait.annotated_events import EventSource
    from ..gait.applied_norms import AppliedNorms
    from ..gait.kinematics import Kinematics
    from ..gait.norms import Norms
    from ..modeling_agir import AgirForGaitAssessment
    from ..processing_agir import AgirProcessor
    from .assessment import AssessedWalk
    from .prepared import PreparedRecording

__all__ = ["Session", "SessionWalk"]


class Session:
    """Recordings of one or of several subjects.

    [`Session.from_paths`] makes a session whose recordings are read while it is iterated over, so
    that progress can be shown. Every other method reads what has not been read.

    Args:
        walks (`Iterable[SessionWalk]`, *optional*):
            Recordings, or a generator of them.
        subject ([`Subject`], *optional*):
            The person, as far as the user states it.
        norms (`Norms`, *optional*):
            Norms of a laboratory. Default: the published norms.
        title (`str`, *optional*):
            Name of the session, as the heading of its page.
        number (`int`, *optional*):
            Number of recordings of a generator.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.assessment import Session
        >>> session = Session.from_paths([agir_hf.SAMPLE_RECORDING])
        >>> for walk in session:
        ...     print(walk.shown, walk.kind, walk.strides)
        sample_walk.c3d walk 9
        >>> row = session.rows()[0]
        >>> round(row["speed_m_per_s"], 2), row["speed_m_per_s_n"]
        (0.57, 9)

        ```
    """

    def __init__(
        self,
        walks: Iterable[SessionWalk] = (),
        *,
        subject: Subject | None = None,
        norms: Norms | None = None,
        title: str = "",
        number: int | None = None,
    ):
        self.subject, self.norms, self.title = subject or Subject(), norms, title
        self._walks: list[SessionWalk] = []
        self._pending = iter(walks)
        self._number = len(walks) if isinstance(walks, list | tuple) else number

    @classmethod
    def from_paths(
        cls,
        paths: str | os.PathLike | Iterable[str | os.PathLike],
        *,
        model: AgirForGaitAssessment | None = None,
        processor: AgirProcessor | None = None,
        subject: Subject | None = None,
        events: EventSource = "detected",
        norms: Norms | None = None,
        method: str = "centres",
        unaided: bool = False,
        batch_size: int = BATCH_SIZE,
        title: str = "",
        **reading,
    ) -> Session:
        """List the recordings of files and folders; they are read while the session is iterated.

        Args:
            paths (`str`, `os.PathLike` or several):
                Files, and folders that are searched with their subfolders.
            model ([`~agir_hf.AgirForGaitAssessment`], *optional*):
                Model in evaluation mode. Default: gait is measured and nothing is scored.
            processor ([`~agir_hf.AgirProcessor`], *optional*):
                Processor of the model.
            subject ([`Subject`], *optional*):
                The person of all recordings: identifier, age, sex, height.
            events (`str`, defaults to `"detected"`):
                Gait events to use; `"file"` for those annotated in the files.
            norms (`Norms`, *optional*):
                Norms of a laboratory. Default: the published norms.
            method (`str`, defaults to `"centres"`):
                How markers become joints, as for [`prepare_recording`].
            unaided (`bool`, defaults to `False`):
                Whether the reasoning is the model's own text.
            batch_size (`int`, defaults to 8):
                Number of windows that the model reads at the same time.
            title (`str`, *optional*):
                Name of the session. Default: the name of the folder or of the first file.
            **reading:
                Keyword arguments of [`~agir_hf.motion.read_recording`], such as `rate_hz`.

        Returns:
            [`Session`]: The session; its length is the number of recordings.

        Raises:
            FileNotFoundError: There is no such file or folder.
            RecordingError: The folders have no recording.
            ValueError: There is a model without a processor.
        """
        if (model is None) != (processor is None):
            raise ValueError("model and processor are needed together: pass both, or neither")
        subject = subject or Subject()
        paths = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
        files = find_recordings(paths, reading.get("item"))
        prepare = partial(
            prepare_walk, subject=subject, events=events, method=method, reading=reading
        )
        if model is None:
            walks = map(prepare, files)
        else:
            options = {"norms": norms, "unaided": unaided, "batch_size": batch_size}
            walks = assessed_walks(files, prepare, model, processor, options)
        title = title or Path(paths[0]).resolve().name
        return cls(walks, subject=subject, norms=norms, title=title, number=len(files))

    @classmethod
    def from_walks(
        cls,
        walks: Iterable[PreparedRecording | AssessedWalk | SessionWalk],
        *,
        subject: Subject | None = None,
        norms: Norms | None = None,
        title: str = "",
    ) -> Session:
        """Make a session of recordings that were already read or assessed.

        Args:
            walks (`Iterable`):
                Prepared recordings, assessed walks or walks of other sessions.
            subject ([`Subject`], *optional*):
                The person. Default: that of the first recording.
            norms (`Norms`, *optional*):
                Norms of a laboratory. Default: the published norms.
            title (`str`, *optional*):
                Name of the session. Default: the name of the first recording.

        Returns:
            [`Session`]: The session.
        """
        rows = [session_walk(walk).released() for walk in walks]
        subject = subject or (rows[0].subject if rows else None)
        title = title or (rows[0].shown if rows else "")
        return cls(rows, subject=subject, norms=norms, title=title)

    def __len__(self) -> int:
        return len(self.walks) if self._number is None else self._number

    def __iter__(self) -> Iterator[SessionWalk]:
        index = 0
        while True:
            if index < len(self._walks):
                yield self._walks[index]
            else:
                walk = next(self._pending, None)
                if walk is None:
                    return
                self._walks.append(walk.released())
                yield walk
            index += 1

    @property
    def walks(self) -> list[SessionWalk]:
        """All recordings, in order."""
        deque(self, maxlen=0)
        return list(self._walks)

    @property
    def measured(self) -> list[SessionWalk]:
        """The recordings whose gait was measured."""
        return [walk for walk in self.walks if walk.is_measured]

    @property
    def left_out(self) -> list[SessionWalk]:
        """The recordings without measured gait, each with the reason."""
        return [walk for walk in self.walks if not walk.is_measured]

    @property
    def applied(self) -> AppliedNorms:
        """The norms of the session, for age and sex of its subject."""
        from ..gait.applied_norms import AppliedNorms

        return AppliedNorms(self.subject.age, self.subject.sex, self.norms)

    @property
    def kinematics(self) -> Kinematics | None:
        """The joint angles of all strides of all recordings; None without any."""
        from ..gait.kinematics import pooled

        rows = [walk.kinematics for walk in self.measured if walk.kinematics is not None]
        return pooled(rows) if rows else None

    def statistics(self) -> dict[str, Measured]:
        """Return mean and standard deviation over the recordings of each gait parameter.

        Returns:
            Name → `Measured`: the mean of the recordings' values, the standard deviation between
            recordings (None for one recording), and the number of recordings.
        """
        from ..gait.parameters import PARAMETERS

        rows = {
            parameter.name: over_trials(self.measured, parameter.name) for parameter in PARAMETERS
        }
        return {name: row for name, row in rows.items() if row is not None}

    def groups(self) -> dict[tuple[str | None, str | None], Session]:
        """Return a session for each subject and medication state that the paths state.

        Returns:
            (Subject or None, "on", "off" or None) → session, in the order of the recordings.
        """
        members: dict[tuple[str | None, str | None], list[SessionWalk]] = {}
        for walk in self.walks:
            members.setdefault((walk.subject_name, walk.medication), []).append(walk)
        return {key: self._part(key, walks) for key, walks in members.items()}

    def medication_pair(self, subject_name: str | None = None) -> tuple[Session, Session] | None:
        """Return the recordings OFF and ON medication of a subject, as the paths state them.

        Args:
            subject_name (`str`, *optional*):
                Subject, such as "SUB01". Default: the only subject of the session.

        Returns:
            The session OFF and the session ON; None if a state has no measured recording, or if
            there are several subjects and none was named.
        """
        groups = self.groups()
        subjects = {name for name, state in groups if state}
        if subject_name is None and len(subjects) == 1:
            (subject_name,) = subjects
        pair = [groups.get((subject_name, state)) for state in (OFF, ON)]
        if not all(part is not None and part.measured for part in pair):
            return None
        return tuple(pair)

    def _part(self, key: tuple[str | None, str | None], walks: list[SessionWalk]) -> Session:
        name, state = key
        words = [word for word in (name, state and state.upper()) if word]
        return Session(
            walks, subject=self.subject, norms=self.norms, title=" ".join(words) or self.title
        )

    def cautions(self) -> list[str]:
        """Return why the recordings may not belong together, one sentence each.

        Returns:
            Sentences about several subjects, legs of different length, different dates, different
            models and repeated files.
        """
        return session_cautions(self)

    def rows(self) -> list[dict]:
        """Return a row for each recording, also for those that are left out.

        Returns:
            Column → value; `agir_hf.assessment.session_table.column_texts` describes the columns.
        """
        return rows_of(self)

    def write_csv(self, path: str | os.PathLike) -> Path:
        """Write the rows as a CSV file; no cell becomes a formula in a spreadsheet program.

        Args:
            path (`str` or `os.PathLike`):
                File to write.

        Returns:
            `Path`: The file that was written.

        Raises:
            FileNotFoundError: The folder of the path does not exist.
        """
        return write_rows(path, list(column_texts(self)), self.rows())

    def write_report(self, path: str | os.PathLike, title: str = "") -> Path:
        """Write a self-contained HTML page with all trials, their mean and their spread.

        Args:
            path (`str` or `os.PathLike`):
                File to write; it must end in `.html`.
            title (`str`, *optional*):
                Heading of the page. Default: the title of the session.

        Returns:
            `Path`: The file that was written.

        Raises:
            ValueError: The path does not end in `.html`, or the session has no recording.
            FileNotFoundError: The folder of the path does not exist.
        """
        from ..gait.report.session_page import write_session_page
        from .session_report import page_of

        return write_session_page(path, page_of(self, title))

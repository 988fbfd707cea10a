"""Many recordings with one set of options: `Assessor` reads, measures, scores and checks them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from .identity import Subject
from .models import backend_of
from .prediction import BATCH_SIZE

if TYPE_CHECKING:
    from ..gait.norms import Norms
    from .session_files import RecordingFile
    from .session_walks import SessionWalk

READING, LOADING, SCORING = "reading and measuring", "loading the model", "scoring and checking"


@dataclass(frozen=True)
class AssessmentOptions:
    """Options of the assessment of many recordings.

    Attributes:
        method: How markers become joints, as for `prepare_recording`.
        events: Gait events to use, "detected" or "file".
        reading: Keyword arguments of `read_recording`.
        subject: The person, as far as the user states it.
        norms: Norms of a laboratory, or None for the published norms.
        unaided: Whether the reasoning is the model's own text.
        batch_size: Number of windows that the model reads at the same time.
    """

    method: str = "centres"
    events: str = "detected"
    reading: dict = field(default_factory=dict)
    subject: Subject = Subject()
    norms: Norms | None = None
    unaided: bool = False
    batch_size: int = BATCH_SIZE


class Assessor:
    """Reads, measures, scores and checks recordings.

    The model is loaded at the first recording that can be read, and kept. An assessor can be sent
    to another process, which loads the model itself.

    Args:
        load (`Callable[[], tuple]`):
            Function that returns model and processor, such as `load_model`.
        options ([`AssessmentOptions`], *optional*):
            Options of all recordings.

    Attributes:
        seconds (`dict[str, float]`):
            Step → run time in seconds so far.
    """

    def __init__(self, load: Callable[[], tuple], options: AssessmentOptions | None = None):
        self.load, self.options = load, options or AssessmentOptions()
        self.seconds: dict[str, float] = {}
        self._pair: tuple | None = None

    def __reduce__(self):
        return Assessor, (self.load, self.options)

    def pair(self) -> tuple:
        """Return model and processor, which are loaded at the first call."""
        if self._pair is None:
            started = time.perf_counter()
            self._pair = self.load()
            step = f"{LOADING} ({backend_of(self._pair[0])})"
            self.seconds[step] = time.perf_counter() - started
        return self._pair

    def read(self, file: RecordingFile) -> SessionWalk:
        """Read and measure a recording; an error becomes the reason why it is left out.

        Args:
            file: The file, and what its path states.
        """
        from .session_walks import prepare_walk

        options = self.options
        with self._timed(READING):
            return prepare_walk(
                file,
                subject=options.subject,
                events=options.events,
                method=options.method,
                reading=options.reading,
            )

    def walks(self, files: Iterable[RecordingFile]) -> Iterator[SessionWalk]:
        """Read, measure, score and check recordings.

        They are scored in batches of windows, so that recordings of one call can change each
        other's numbers by rounding; see `agir_hf.assessment.prediction.predict`.

        Args:
            files: The files, and what their paths state. They are read as they are needed.

        Yields:
            The recordings in order, each with its assessment or the reason why there is none.

        Raises:
            DeviceMemoryError: The memory of the device is too small for a batch.
        """
        yield from self.scored(map(self.read, files))

    def scored(self, rows: Iterable[SessionWalk]) -> Iterator[SessionWalk]:
        """Score and check recordings that were read by `read`.

        Args:
            rows: The recordings. They are taken as they are needed.

        Yields:
            The recordings in order, each with its assessment or the reason why there is none.

        Raises:
            DeviceMemoryError: The memory of the device is too small for a batch.
        """
        from .session_walks import scored_walks

        rows = iter(rows)
        for row in rows:
            if row.prepared is not None:
                break
            yield row
        else:  # no recording can be read: the model is not needed
            return
        options = {
            "norms": self.options.norms,
            "unaided": self.options.unaided,
            "batch_size": self.options.batch_size,
        }
        model, processor = self.pair()
        walks = scored_walks(chain([row], rows), model, processor, options)
        yield from self._timed_rows(walks)

    def _timed_rows(self, rows: Iterator[SessionWalk]) -> Iterator[SessionWalk]:
        """The rows, with the time of their computation without that of reading."""
        while True:
            before = self.seconds.get(READING, 0.0)
            started = time.perf_counter()
            row = next(rows, None)
            elapsed = time.perf_counter() - started
            reading = self.seconds.get(READING, 0.0) - before
            self.seconds[SCORING] = self.seconds.get(SCORING, 0.0) + elapsed - reading
            if row is None:
                return
            yield row

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            elapsed = time.perf_counter() - started
            self.seconds[step] = self.seconds.get(step, 0.0) + elapsed

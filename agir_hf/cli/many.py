"""Many recordings: in this process, or in worker processes (``--workers``)."""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from ..utils.machine import usable_cores, usable_memory_bytes
from .batch import Times
from .console import UsageError, print_note
from .finished import Finish, Finished
from .placement import model_bytes, on_cpu, placement_text

if TYPE_CHECKING:
    from ..assessment.assessor import Assessor
    from ..assessment.prepared import PreparedRecording
    from ..assessment.session_files import RecordingFile
    from ..assessment.session_walks import SessionWalk

# Below these numbers of recordings for each worker its start takes longer than it saves.
LEAST_OF_WORKER, LEAST_MEASURED = 12, 30
MEASURED_TOGETHER = 8  # recordings that a worker process of `agir measure` gets at a time
WORKER_BYTES = 10**9  # memory of a worker process with the embedded model
WEIGHT_COPIES = 2  # of a model in a process: its weights, and those in the order of the computation
MOST_WORKERS = 512


def add_workers(parser: argparse.ArgumentParser, scored: bool) -> None:
    """Add the option ``--workers``.

    Args:
        parser: Parser of a command.
        scored: Whether recordings are scored.
    """
    what = "read, measure and score" if scored else "read and measure"
    on_gpu = "; on a GPU they read and measure only" if scored else ""
    parser.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help=f"processes that {what} at the same time{on_gpu} (default: one for each core, if "
        "there are many recordings and the memory suffices)",
    )


def check_workers(options: argparse.Namespace) -> None:
    """Check ``--workers`` before anything is loaded.

    Args:
        options: Parsed options of a command.

    Raises:
        UsageError: The number is below 1 or above `MOST_WORKERS`, or standard input is read.
    """
    workers = options.workers
    if workers is None:
        return
    if not 1 <= workers <= MOST_WORKERS:
        raise UsageError(f"--workers is {workers}, expected 1 to {MOST_WORKERS}")
    if workers > 1 and any(str(path) == "-" for path in options.files):
        raise UsageError("--workers cannot read standard input: pass the name of a file")


def number_of_workers(
    requested: int | None, recordings: int, least: int = LEAST_OF_WORKER, model: int = 0
) -> int:
    """Return the number of worker processes; 1 for this process alone.

    Args:
        requested: Number that the user passed, or None.
        recordings: Number of recordings.
        least: Least number of recordings for each process, unless the user passed a number.
        model: Bytes of the weights of the model in each process.
    """
    if requested is not None:
        return min(requested, max(recordings, 1))
    memory = usable_memory_bytes()
    of_worker = WORKER_BYTES + WEIGHT_COPIES * model
    by_memory = MOST_WORKERS if memory is None else memory // of_worker
    return max(1, min(usable_cores(), by_memory, recordings // least))


def workers_of(options: argparse.Namespace, recordings: int) -> int:
    """Return the number of worker processes of `agir assess`; 1 for this process alone.

    Args:
        options: Parsed options of the command.
        recordings: Number of recordings.
    """
    if options.workers is not None:
        return number_of_workers(options.workers, recordings)
    is_on_gpu = options.device is not None and not on_cpu(options)  # and in the first process
    weights = 0 if is_on_gpu else model_bytes(options.model)
    return number_of_workers(None, recordings, model=weights)


class _Task:
    """Function of a list of recordings that worker processes call; it is sent to each of them.

    Args:
        assessor: Reads, measures and scores.
        finish: Computes what is printed.
        verbose: Whether warnings of libraries are printed.
    """

    def __init__(self, assessor: Assessor, finish: Finish, verbose: bool):
        self.assessor, self.finish, self.verbose = assessor, finish, verbose

    def __call__(self, files: Sequence[RecordingFile]) -> tuple[list, dict[str, float]]:
        """Return the recordings, and the run time of each step."""
        self.assessor.seconds = {}
        with warnings.catch_warnings():
            warnings.simplefilter("default" if self.verbose else "ignore")
            return self._rows(files), self.assessor.seconds

    def _rows(self, files: Sequence[RecordingFile]) -> list[Finished]:
        walks = self.assessor.walks(files)
        return [self.finish(walk, method_warning(walk, self.assessor)) for walk in walks]


class _Reading(_Task):
    """Function that only reads and measures; the recordings are scored in the first process."""

    def _rows(self, files: Sequence[RecordingFile]) -> list[SessionWalk]:
        return [self.assessor.read(file) for file in files]


class _Measuring:
    """Function of a list of recordings that worker processes of ``agir measure`` call.

    Args:
        read: Function that reads and measures a recording.
        finish: Computes what is printed.
        verbose: Whether warnings of libraries are printed.
    """

    def __init__(self, read: Callable[[RecordingFile], SessionWalk], finish: Finish, verbose: bool):
        self.read, self.finish, self.verbose = read, finish, verbose

    def __call__(self, files: Sequence[RecordingFile]) -> tuple[list, dict[str, float]]:
        """Return the recordings, and the run time of each step."""
        from ..assessment.assessor import READING

        times = Times()
        read = times.measured(READING, self.read)
        with warnings.catch_warnings():
            warnings.simplefilter("default" if self.verbose else "ignore")
            return [self.finish(read(file)) for file in files], times.steps


def measured_walks(
    files: Sequence[RecordingFile],
    read: Callable[[RecordingFile], SessionWalk],
    finish: Finish,
    options: argparse.Namespace,
    times: Times,
) -> Iterator[Finished]:
    """Measure recordings in this process or in worker processes.

    Args:
        files: The recordings.
        read: Function that reads and measures a recording; it can be sent to other processes.
        finish: Computes what is printed, and writes the page of a recording.
        options: Parsed options of the command.
        times: Run times, to which that of reading and measuring is added.

    Yields:
        The recordings, in order.

    Raises:
        UsageError: Worker processes cannot be started.
    """
    from ..assessment.assessor import READING
    from ..utils.workers import WorkersError

    workers = number_of_workers(options.workers, len(files), LEAST_MEASURED)
    if workers == 1:
        yield from map(finish, map(times.measured(READING, read), files))
        return
    task = _Measuring(read, finish, options.verbose)
    lists = _lists(files, MEASURED_TOGETHER, workers)
    try:
        yield from _in_workers(task, lists, workers, times, "measure")
    except WorkersError as error:
        raise UsageError(str(error)) from error


def _lists(
    files: Sequence[RecordingFile], size: int, workers: int
) -> list[Sequence[RecordingFile]]:
    """The recordings in lists, which are shorter if there are too few for all workers."""
    size = max(1, min(size, -(-len(files) // workers)))
    return [files[start : start + size] for start in range(0, len(files), size)]


def finished_walks(
    files: Sequence[RecordingFile],
    assessor: Assessor,
    finish: Finish,
    options: argparse.Namespace,
    times: Times,
) -> Iterator[Finished]:
    """Assess recordings in this process or in worker processes.

    They are assessed in lists of `--batch-size` recordings, which do not depend on the number of
    workers if there are enough recordings for all of them.

    Args:
        files: The recordings.
        assessor: Reads, measures and scores.
        finish: Computes what is printed, and writes the page of a recording.
        options: Options of the command; for several worker processes those of `placed`.
        times: Run times, to which those of the steps are added.

    Yields:
        The recordings, in order.

    Raises:
        UsageError: The model cannot be loaded, or worker processes cannot be started.
    """
    from ..utils.threads import threads_of_worker
    from ..utils.workers import WorkersError

    workers = workers_of(options, len(files))
    if workers > 1 and (options.verbose or not on_cpu(options)):
        print_note(placement_text(options, workers), options)
    lists = _lists(files, options.batch_size, workers)
    try:
        if workers == 1:
            yield from _here(lists, assessor, finish, times)
        elif on_cpu(options):
            task = _Task(assessor, finish, options.verbose)
            threads = threads_of_worker(options.threads)
            yield from _in_workers(task, lists, workers, times, "assess", threads)
        else:
            task = _Reading(assessor, finish, options.verbose)
            yield from _read_in_workers(task, lists, workers, times)
    except WorkersError as error:
        raise UsageError(str(error)) from error


def _here(
    lists: Sequence[Sequence[RecordingFile]], assessor: Assessor, finish: Finish, times: Times
) -> Iterator[Finished]:
    """Assess in this process: each recording is yielded as soon as it is scored."""
    times.steps = assessor.seconds
    for files in lists:
        for walk in assessor.walks(files):
            yield finish(walk, method_warning(walk, assessor))


def _in_workers(
    task: _Task | _Measuring,
    lists: Sequence[Sequence[RecordingFile]],
    workers: int,
    times: Times,
    verb: str,
    threads: int = 1,
) -> Iterator[Finished]:
    """Compute the whole of each recording in worker processes; `verb` is for errors."""
    from ..utils.workers import in_workers

    times.workers = workers
    lost = partial(_lost_finished, verb=verb)
    for rows, seconds in in_workers(task, lists, workers, lost, threads):
        times.add(seconds)
        yield from rows


def _read_in_workers(
    task: _Reading, lists: Sequence[Sequence[RecordingFile]], workers: int, times: Times
) -> Iterator[Finished]:
    """Read and measure in worker processes, and score on the GPU in this process."""
    from ..utils.workers import in_workers

    times.workers, assessor = workers, task.assessor
    for rows, seconds in in_workers(task, lists, workers, _lost_row):
        times.add(seconds)
        for walk in assessor.scored(rows):
            yield task.finish(walk, method_warning(walk, assessor))
    times.add(assessor.seconds)


def _lost_row(
    file: RecordingFile, ending: str, verb: str = "assess"
) -> tuple[list[SessionWalk], dict]:
    """Row of a recording with which worker processes died. It is not opened here."""
    from ..assessment.identity import RecordingIdentity, Subject, identity_of
    from ..assessment.session_walks import LEFT_OUT, SessionWalk

    identity = identity_of(RecordingIdentity(file.path.name), Subject())
    error = (
        f"{file.shown}: the process that {verb.removesuffix('e')}ed it died twice ({ending}): "
        f"{verb} it alone, or with more free memory"
    )
    row = SessionWalk(file.shown, LEFT_OUT, identity, file.subject, file.medication, error=error)
    return [row], {}


def _lost_finished(file: RecordingFile, ending: str, verb: str) -> tuple[list[Finished], dict]:
    (row,), seconds = _lost_row(file, ending, verb)
    return [Finished(row)], seconds


def method_warning(walk: SessionWalk, assessor: Assessor) -> str:
    """Return a line if the model was trained on joints by another method than those of a recording.

    Args:
        walk: A recording that was read; one that was not gives no line.
        assessor: Has the model.
    """
    if walk.prepared is None:
        return ""
    return other_method(walk.prepared, assessor.pair()[1], assessor.options.method)


def other_method(prepared: PreparedRecording, processor, method: str) -> str:
    """Return a line if the model was trained on joints that were computed by another method.

    Args:
        prepared: A recording.
        processor: Processor of the model.
        method: How the markers of the recording became joints.

    Returns:
        The line, or an empty text.
    """
    from ..motion import MarkerRecording
    from ..motion.joints import BODY_FITTED

    trained = getattr(processor.feature_extractor, "joints_from", None)
    fitted = any(remark.startswith(BODY_FITTED) for remark in prepared.motion.remarks)
    if not isinstance(prepared.recording, MarkerRecording) or fitted or trained in (None, method):
        return ""
    return (
        f"the model was trained on joints by the method {trained}, these are by {method}: pass "
        f"--method {trained}"
    )

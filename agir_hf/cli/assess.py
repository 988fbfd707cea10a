"""``agir assess``: score recordings, with reasons."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..assessment.prediction import BATCH_SIZE
from ..constants_agir import NOTICE
from .assess_text import as_text, short_text
from .batch import Command, Times, run
from .console import (
    USER_ERROR,
    UsageError,
    add_batch_size,
    add_device,
    add_model,
    add_verbosity,
    check_device,
    load_model,
    print_error,
)
from .fit_convert import use_body
from .inputs import add_files, input_paths, recordings_of
from .outputs import add_outputs, check_outputs
from .person_options import add_person, norms_file, person_of
from .reading_options import add_events, add_reading, reading

if TYPE_CHECKING:
    from ..assessment.session import Session
    from ..assessment.session_files import RecordingFile
    from ..assessment.session_walks import SessionWalk

_CSV_HELP = "write a table with one row a recording; without a file, print it"


def add_commands(commands) -> None:
    """Add ``assess`` to the command line.

    Args:
        commands: Subparsers of ``agir``.
    """
    assess = commands.add_parser(
        "assess",
        help="assess your own recordings",
        description="Print score, certainty, reasons and provenance of each recording; of several "
        "recordings or a folder a table with a row for each.",
        epilog="A recording is a walk of at least one second: markers (C3D, TRC), a body in motion "
        f"(AMASS .npz, CARE-PD .pkl) or joints (BVH, .npy, .npz). {NOTICE}",
    )
    add_files(assess)
    add_verbosity(assess, "the whole text of each of several recordings")
    add_outputs(assess, csv=_CSV_HELP)
    add_model(assess)
    add_device(assess)
    add_batch_size(assess, BATCH_SIZE, "windows of at most one minute")
    assess.add_argument(
        "--method",
        choices=("centres", "body"),
        default="centres",
        help="how markers become joints: joint centres by regression (default), or a fitted body, "
        "which can fill long gaps",
    )
    assess.add_argument(
        "--body", type=Path, metavar="FILE", help="your SMPL file, for --method body"
    )
    assess.add_argument(
        "--unaided",
        action="store_true",
        help="show the model's own text; by default its sentences that the measured gait "
        "contradicts are replaced or left out",
    )
    add_events(assess)
    add_person(assess)
    add_reading(assess)
    assess.set_defaults(run=_assess)


def _assess(options: argparse.Namespace) -> int:
    check_device(options)
    if options.body is not None and options.method != "body":
        raise UsageError("--body needs --method body: add it")
    times = Times()
    flags, subject, norms = reading(options), person_of(options), norms_file(options)
    files, failed = recordings_of(options.files, options.item)
    if not files:
        return USER_ERROR
    check_outputs(options, input_paths(options, files))
    if options.body is not None:
        use_body(options.body)
    walks = _walks(files, options, flags, (subject, norms), times)
    command = Command(
        scored=True,
        values=lambda walk: walk.walk.as_json(),
        text=as_text,
        short=short_text,
        write_report=lambda walk, path: walk.walk.write_report(path),
    )
    session = partial(session_of, options=options, subject=subject, norms=norms)
    return run(options, files, walks, command, session, times) or (USER_ERROR if failed else 0)


def session_of(walks: list[SessionWalk], options: argparse.Namespace, subject, norms) -> Session:
    """Return the session of the recordings of a command.

    Args:
        walks: Its recordings.
        options: Parsed options with the paths.
        subject: The person.
        norms: Norms of a laboratory, or None.
    """
    from ..assessment.session import Session

    title = subject.id or options.files[0].resolve().name
    return Session(walks, subject=subject, norms=norms, title=title)


def _walks(
    files: list[RecordingFile],
    options: argparse.Namespace,
    flags: dict,
    person: tuple,
    times: Times,
) -> Iterator[SessionWalk]:
    """Rows of the recordings, each with its assessment. The first is read before the model."""
    from ..assessment.session_walks import assessed_walks, prepare_walk

    subject, norms = person
    prepare = partial(
        prepare_walk,
        subject=subject,
        events=options.events,
        method=options.method,
        reading=flags,
    )
    prepare = times.measured("reading and measuring", prepare)
    rows = _until_a_walk(map(prepare, files))
    if rows[-1].prepared is None:  # no recording can be read: the model is not needed
        yield from rows
        return
    model, processor = times.measured("loading the model", load_model)(options)
    settings = {"norms": norms, "unaided": options.unaided, "batch_size": options.batch_size}
    read = _read_before(rows, files, prepare)
    read = _with_warning(read, processor, options.method)
    yield from assessed_walks(files, read, model, processor, settings)


def _until_a_walk(rows: Iterable[SessionWalk]) -> list[SessionWalk]:
    """The first rows, up to the first recording that can be read."""
    first = []
    for row in rows:
        first.append(row)
        if row.prepared is not None:
            break
    return first


def _read_before(
    rows: list[SessionWalk],
    files: list[RecordingFile],
    prepare: Callable[[RecordingFile], SessionWalk],
) -> Callable[[RecordingFile], SessionWalk]:
    """Function that returns the rows that were read, and reads the others."""
    ready = {id(file): row for file, row in zip(files, rows, strict=False)}
    return lambda file: ready.pop(id(file), None) or prepare(file)


def _with_warning(
    prepare: Callable[[RecordingFile], SessionWalk], processor, method: str
) -> Callable[[RecordingFile], SessionWalk]:
    """Function that reads, and prints once if the model was trained on joints of another method."""
    warned = []

    def read(file: RecordingFile) -> SessionWalk:
        row = prepare(file)
        if not warned and row.prepared is not None:
            warned.extend(warn_of_another_method(row.prepared, processor, method))
        return row

    return read


def warn_of_another_method(prepared, processor, method: str) -> list[str]:
    """Print a line if the model was trained on joints that were computed by another method.

    Args:
        prepared: A recording.
        processor: Processor of the model.
        method: How the markers of the recording became joints.

    Returns:
        The line that was printed, if any.
    """
    from ..motion import MarkerRecording
    from ..motion.joints import BODY_FITTED

    trained = getattr(processor.feature_extractor, "joints_from", None)
    fitted = any(remark.startswith(BODY_FITTED) for remark in prepared.motion.remarks)
    if not isinstance(prepared.recording, MarkerRecording) or fitted or trained in (None, method):
        return []
    line = (
        f"the model was trained on joints by the method {trained}, these are by {method}: pass "
        f"--method {trained}"
    )
    print_error(line)
    return [line]

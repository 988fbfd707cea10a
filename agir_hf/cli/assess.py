"""``agir assess``: score recordings, with reasons."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from ..assessment.prediction import BATCH_SIZE
from ..constants_agir import NOTICE
from .assess_text import as_text, short_text
from .batch import Times, is_only_file, run
from .console import (
    USER_ERROR,
    UsageError,
    add_backend,
    add_batch_size,
    add_device,
    add_model,
    add_verbosity,
    check_device,
    load_model,
    print_error,
    print_note,
)
from .finished import Command, Finish
from .fit_convert import use_body
from .inputs import add_files, input_paths, recordings_of
from .many import add_workers, check_workers, finished_walks, workers_of
from .out_file import FAILED, OutFile, add_out_file, check_out, counted, digest_of, opened
from .outputs import add_outputs, check_outputs
from .person_options import add_person, norms_file, person_of
from .placement import placed
from .reading_options import add_events, add_reading, reading
from .table import STATIC

if TYPE_CHECKING:
    from ..assessment.assessor import AssessmentOptions, Assessor
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
    add_backend(assess)
    add_batch_size(assess, BATCH_SIZE, "windows of at most one minute")
    add_workers(assess, scored=True)
    add_out_file(assess)
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
    check_workers(options)
    if options.body is not None and options.method != "body":
        raise UsageError("--body needs --method body: add it")
    times = Times()
    settings = _settings(options)
    files, failed = recordings_of(options.files, options.item)
    if not files:
        return USER_ERROR
    inputs = input_paths(options, files)
    check_outputs(options, inputs)
    check_out(options, inputs)
    if options.body is not None:
        use_body(options.body)
    code = _assess_files(options, files, settings, times)
    return code or (USER_ERROR if failed else 0)


def _settings(options: argparse.Namespace) -> AssessmentOptions:
    """Options of the assessment, which are checked."""
    from ..assessment.assessor import AssessmentOptions

    return AssessmentOptions(
        method=options.method,
        events=options.events,
        reading=reading(options),
        subject=person_of(options),
        norms=norms_file(options),
        unaided=options.unaided,
        batch_size=options.batch_size,
    )


def _assess_files(
    options: argparse.Namespace,
    files: list[RecordingFile],
    settings: AssessmentOptions,
    times: Times,
) -> int:
    from ..assessment.assessor import Assessor

    assessor = Assessor(partial(load_model, options), settings)
    command = Command(True, _values, as_text, short_text, _write_report)
    session = partial(session_of, options=options, subject=settings.subject, norms=settings.norms)
    asked, out, failed_before = files, None, False
    with ExitStack() as stack:
        if options.out is not None:
            out = stack.enter_context(opened(options.out, _recorded(options, assessor)))
            files = _remaining(asked, out, options)
            failed_before = _has_failed(out, asked, options)
            if not files:
                return USER_ERROR if failed_before else 0
        if workers_of(options, len(files)) > 1:
            options = placed(options)
            assessor.load = partial(load_model, options)  # of worker processes
        finish = Finish(options, command, len(asked) > 1)
        finished = finished_walks(files, assessor, finish, options, times)
        code = run(options, files, finished, command, session, times, out, asked)
        if out is not None:
            number, counts = out.appended.total(), counted(out.appended)
            shown = f"{number} recording{'s' * (number != 1)} appended"
            print_note(f"{out.path}: {shown}{f' ({counts})' * bool(counts)}", options)
        return USER_ERROR if failed_before else code


def _values(walk: SessionWalk) -> dict:
    return walk.walk.as_json()


def _write_report(walk: SessionWalk, path: Path) -> None:
    walk.walk.write_report(path)


def _remaining(
    files: list[RecordingFile], out: OutFile, options: argparse.Namespace
) -> list[RecordingFile]:
    """The recordings that are not in the file of ``--out``; the number of the others is printed."""
    pages = options.report is not None or options.pdf is not None
    rest = out.remaining(files, options.retry_failed, pages)
    if out.repaired:
        print_note(f"{out.path}: the half line of an interrupted run was removed", options)
    if number := out.skipped.total():
        counts = counted(out.skipped)
        more = ": --retry-failed tries them again" * bool(out.skipped[FAILED])
        skipped = f"{number} of {number + len(rest)} recordings are skipped"
        shown = f" ({counts}{more})" if counts else ""
        line = f"{out.path}: {skipped}, which are in it already{shown}"
        if _has_failed(out, files, options):  # the reason of the exit code, also with -q
            print_error(line)
        else:
            print_note(line, options)
    return rest


def _has_failed(out: OutFile, asked: list[RecordingFile], options: argparse.Namespace) -> bool:
    """Whether a recording that is skipped failed in an earlier run, whose exit code was 2."""
    is_failed = out.skipped[STATIC] and is_only_file(asked, options)
    return bool(out.skipped[FAILED] or is_failed)


def _recorded(options: argparse.Namespace, assessor: Assessor) -> dict:
    """Settings that the answers depend on, for ``--out``: as values for JSON."""
    from ..assessment.identity import Identity

    settings = assessor.options
    name, revision = _model_identity(options, assessor)
    return {
        "model": name,
        "model_revision": revision,
        "precision": options.precision,
        "software": Identity.software,
        "method": settings.method,
        "body": digest_of(options.body),
        "events": settings.events,
        "reading": {name: value for name, value in settings.reading.items() if value is not None},
        "person": {"id": settings.subject.id, **settings.subject.person()},
        "norms": digest_of(options.norms),
        "unaided": settings.unaided,
    }


def _model_identity(options: argparse.Namespace, assessor: Assessor) -> tuple[str, str | None]:
    """Name of the model as it is recorded, and its revision. A folder is not loaded for it."""
    from ..assessment import model_provenance
    from ..assessment.identity import model_revision

    if Path(options.model).is_dir():
        config = SimpleNamespace(training_data=None)
        model = SimpleNamespace(name_or_path=options.model, config=config)
    else:
        model, _ = assessor.pair()
    return model_provenance(model)["name"], model_revision(model)


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

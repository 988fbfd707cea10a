"""Files that a command writes: their names are checked before anything is computed."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable, Collection
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from .console import UsageError, print_note
from .parser import STANDARD_OUTPUT

if TYPE_CHECKING:
    from ..assessment.identity import Identity

_ENDINGS = {"report": (".html", ".htm"), "pdf": (".pdf",), "csv": (".csv",)}


class Target(NamedTuple):
    """A file or folder to write.

    Attributes:
        path: Its path.
        is_folder: Whether a file for each recording is written into it.
    """

    path: Path
    is_folder: bool = False

    def file(self, stem: str, ending: str) -> Path:
        """Return the file to write: the target itself, or a file in its folder.

        Args:
            stem: Name in a folder, without ending.
            ending: Ending in a folder, with the dot.
        """
        return self.path / f"{stem}{ending}" if self.is_folder else self.path


def target(text: str) -> Target:
    """Return the target of an option: a folder if it exists or if the text ends in a slash.

    Args:
        text: Value of the option.
    """
    path = Path(text)
    ends = text.endswith(("/", os.sep))
    return Target(path, ends or path.is_dir())


def add_outputs(parser: argparse.ArgumentParser, csv: str = "", several: bool = True) -> None:
    """Add ``--json``, ``--csv``, ``--report`` and ``--pdf``.

    Args:
        parser: Parser of a command.
        csv: What the table contains, for the help; empty without ``--csv``.
        several: Whether the command reads several recordings.
    """
    group = parser.add_argument_group("outputs")
    group.add_argument(
        "--json",
        action="store_true",
        help=f"print one JSON object{' a recording' if several else ''}",
    )
    if csv:
        group.add_argument("--csv", type=target, metavar="OUT.csv", help=csv)
    page = "an HTML page: the report of one recording, or the session of several; with FOLDER/ "
    group.add_argument(
        "--report",
        type=target,
        metavar="OUT.html",
        help=f"also write {page}a report of each and the session page"
        if several
        else "also write an HTML page",
    )
    group.add_argument(
        "--pdf",
        type=target,
        metavar="OUT.pdf",
        help="also write the same as PDF, with Chromium or Chrome",
    )


def prints_csv(options: argparse.Namespace) -> bool:
    """Whether the table is printed instead of the results.

    Args:
        options: Parsed options of a command with ``--csv``.
    """
    return options.csv is not None and str(options.csv.path) == STANDARD_OUTPUT


def check_out_file(out: Path) -> None:
    """Check the name of a file to write, before the work.

    Args:
        out: File that will be written.

    Raises:
        UsageError: Its folder does not exist or cannot be written to, or the name is a folder.
    """
    folder = out.absolute().parent
    if not folder.is_dir():
        raise UsageError(f"the folder {out.parent} of {out.name} does not exist: create it")
    if out.is_dir():
        raise UsageError(f"{out} is a folder, expected the name of a file")
    if not os.access(folder, os.W_OK):
        raise UsageError(f"the folder {folder} of {out.name} cannot be written to: name another")


def check_extra(module: str, extra: str, use: str) -> None:
    """Check that an optional library is installed, before the work.

    Args:
        module: Its top-level module.
        extra: Extra of this package that installs it.
        use: What needs it, as the user wrote it.

    Raises:
        UsageError: It is not installed.
    """
    if find_spec(module) is None:
        raise UsageError(f'{use} needs {module}: pip install "agir-hf[{extra}]"')


def check_outputs(options: argparse.Namespace, inputs: Collection[Path]) -> None:
    """Check the files to write and what they need, before the work.

    Args:
        options: Options of `add_outputs`.
        inputs: Files that are read, which are not replaced.

    Raises:
        UsageError: A file cannot be written, its ending is wrong, it would replace a file that is
            read, two outputs are printed, or Chromium is missing.
    """
    for name, endings in _ENDINGS.items():
        out = getattr(options, name, None)
        if out is not None and str(out.path) != STANDARD_OUTPUT:
            _check_target(f"--{name}", out, endings, inputs)
    if getattr(options, "csv", None) and prints_csv(options) and options.json:
        raise UsageError("--json and --csv are both printed: write a file with --csv OUT.csv")
    if options.pdf is not None:
        check_pdf()


def _check_target(
    option: str, out: Target, endings: tuple[str, ...], inputs: Collection[Path]
) -> None:
    if out.is_folder and option == "--csv":
        raise UsageError(f"{option}: {out.path} is a folder, expected a file that ends in .csv")
    if out.is_folder:
        _check_folder(option, out.path)
        return
    if out.path.suffix.lower() not in endings:
        raise UsageError(
            f"{option}: {out.path} ends in {out.path.suffix!r}, expected a name that ends in "
            f"{endings[0]}, or an existing folder"
            if option != "--csv"
            else f"{option}: {out.path} ends in {out.path.suffix!r}, expected .csv"
        )
    try:
        check_out_file(out.path)
    except UsageError as error:
        raise UsageError(f"{option}: {error}") from error
    if out.path.resolve() in inputs:
        raise UsageError(f"{option}: {out.path} is a file that is read: name another")


def _check_folder(option: str, folder: Path) -> None:
    parent = folder if folder.exists() else folder.absolute().parent
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{option}: {folder} is a file, expected a folder to write into")
    if not parent.is_dir():
        raise UsageError(f"{option}: the folder {folder.parent} of {folder.name} does not exist")
    if not os.access(parent, os.W_OK):
        raise UsageError(f"{option}: the folder {parent} cannot be written to: name another")


def write_page(
    options: argparse.Namespace,
    stem: str,
    write: Callable[[Path], object],
    *,
    only_folder: bool,
    note: Callable[[str], object] | None = None,
) -> None:
    """Write the page of a recording or of the session as ``--report`` and ``--pdf`` ask.

    Args:
        options: Options of `add_outputs`.
        stem: Name of the files in a folder, without ending.
        write: Function that writes the page to a path that ends in .html.
        only_folder: Whether only folders get this page, because a single file is for another page.
        note: Function that is called with a line for each file that was written. By default it is
            printed on stderr.

    Raises:
        UsageError: A file cannot be written.
    """
    report, pdf = (
        None if out is None or (only_folder and not out.is_folder) else out
        for out in (options.report, options.pdf)
    )
    if report is None and pdf is None:
        return
    note = note or partial(print_note, options=options)
    try:
        for out in (report, pdf):
            if out is not None and out.is_folder:
                out.path.mkdir(exist_ok=True)
        with _page_path(report, stem) as page:
            write(page)
            if report is not None:
                note(f"report: {page}")
            if pdf is not None:
                from ..gait.report import write_pdf

                path = pdf.file(stem, ".pdf")
                write_pdf(page, path)
                note(f"PDF: {path}")
    except (ImportError, ValueError, OSError, RuntimeError) as error:
        raise UsageError(f"no report: {error}") from error


def check_pdf() -> None:
    """Check that a PDF can be written.

    Raises:
        UsageError: There is no Chromium or Chrome.
    """
    from ..gait.report.pdf import check_chromium

    try:
        check_chromium()
    except (OSError, ValueError, RuntimeError, ImportError) as error:
        raise UsageError(f"--pdf: {error}") from error


@contextmanager
def _page_path(report: Target | None, stem: str):
    """Path of the page; in a temporary folder if only a PDF is written."""
    if report is not None:
        yield report.file(stem, ".html")
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / f"{stem}.html"


def stem_of(identity: Identity) -> str:
    """Return the name of the files of a recording: identifier, recording, date and hash.

    Args:
        identity: Identity of the recording.
    """
    from ..assessment.identity import file_stem

    return file_stem(identity)


def stem_of_page(kind: str, identifier: str | None, title: str) -> str:
    """Return the name of a page of several recordings: whose it is, its kind, and the date.

    Args:
        kind: "session" or "comparison".
        identifier: Identifier of the person, or None.
        title: Name that is used without an identifier, such as that of a folder.
    """
    from datetime import date

    from ..assessment.identity import file_stem

    name = kind if identifier else f"{title.replace('.', '-')}-{kind}"
    today = date.today().isoformat()
    return file_stem({"id": identifier, "file": name, "assessed": today, "sha256": None})

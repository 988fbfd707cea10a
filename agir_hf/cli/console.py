"""Shared parts of the commands: error lines, colours, and the options of the model."""

import argparse
import os
import re
import sys
import textwrap

from .. import DEFAULT_MODEL
from ..assessment.messages import one_line
from ..assessment.models import BACKENDS
from ..utils.devices import PRECISIONS, resolve_placement
from ..utils.formatting import printable
from ..utils.threads import MOST_THREADS, state_threads, use_threads

USER_ERROR = 2  # exit code
WIDTH = 88  # columns of a paragraph
# Style → code of a terminal. The first four are verdicts: near claims are yellow, never green.
_STYLES = {
    "supported": "32",
    "near": "33",
    "contradicted": "31",
    "not measurable": "2",
    "heading": "1",
    "score": "1;36",
    "certain": "32",
    "uncertain": "33",
    "better": "32",
    "worse": "31",
    "error": "31",
}

_LONGEST_REASON = 240  # characters of an error that is shown as it is
_MARKER_ERROR = re.compile(
    r"(?P<file>.+?) has (?P<number>\d+) markers? \(.*expected one of the marker sets .*: the "
    r"nearest is (?P<set>.+?), with (?P<missing>.+?) missing: ",
    re.DOTALL,
)
_SHOWN_LABELS = 4


class UsageError(ValueError):
    """An error that the user can fix; it is printed on one line."""


def print_error(message: object) -> None:
    """Print an error on stderr, on one line, without characters that control the terminal.

    Args:
        message: Text, or an exception whose text is used.
    """
    print(f"agir: {printable(short_reason(message))}", file=sys.stderr)


def short_reason(message: object, pointer: str = "agir markers") -> str:
    """Return an error of a recording on one readable line.

    The error of markers that are not recognised lists all marker sets and all missing labels; it is
    cut to the nearest set and the first labels, with the command that prints the rest.

    Args:
        message: Text, or an exception whose text is used.
        pointer: Command that prints the whole list.
    """
    text = one_line(message)
    match = _MARKER_ERROR.match(text)
    if match is None or len(text) <= _LONGEST_REASON:
        return text
    labels = match["missing"].split(", ")
    more = f" and {len(labels) - _SHOWN_LABELS} more" if len(labels) > _SHOWN_LABELS else ""
    match_none = "markers that match" if match["number"] != "1" else "marker that matches"
    return (
        f"{match['file']} has {match['number']} {match_none} no marker set: the nearest is "
        f"{match['set']}, without {', '.join(labels[:_SHOWN_LABELS])}{more}: see {pointer} "
        f"{match['file']}"
    )


def print_note(text: str, options: argparse.Namespace) -> None:
    """Print a note on stderr, unless ``-q`` was passed.

    Args:
        text: One line, such as the path of a file that was written.
        options: Parsed options of a command.
    """
    if not getattr(options, "quiet", False):
        print(printable(text), file=sys.stderr)


def add_verbosity(parser: argparse.ArgumentParser, details: str) -> None:
    """Add the options ``-q`` and ``-v``.

    Args:
        parser: Parser of a command.
        details: What ``-v`` shows in addition, for the help; may be empty.
    """
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "-q", "--quiet", action="store_true", help="print results and errors only, in short form"
    )
    group.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        help=f"also print {details}{', ' if details else ''}run times and warnings of libraries",
    )


def print_text(text: str) -> None:
    """Print lines on stdout, without characters that control the terminal.

    Args:
        text: Lines in which texts of a file occur, without colours.
    """
    print(printable(text, keep="\n"), flush=True)


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add the option ``--model``, by default the embedded model.

    Args:
        parser: Parser of a command.
    """
    parser.add_argument(
        "--model",
        default=DEFAULT_MODEL,
        metavar="NAME_OR_PATH",
        help="folder or Hub name; by default the embedded tiny model (simulated training data)",
    )


def add_device(parser: argparse.ArgumentParser) -> None:
    """Add the options ``--device``, ``--precision`` and ``--threads`` of the model.

    Args:
        parser: Parser of a command.
    """
    parser.add_argument(
        "--device",
        metavar="NAME",
        help="device of the model: cpu, cuda, cuda:1, mps (default: a GPU if there is one)",
    )
    parser.add_argument(
        "--precision",
        choices=tuple(PRECISIONS),
        help="number format of the model (default: that of its files)",
    )
    parser.add_argument(
        "--threads",
        type=int,
        metavar="N",
        help="threads of the model on a CPU (default: OMP_NUM_THREADS; without it as many as make "
        "it faster, which is measured)",
    )


def add_backend(parser: argparse.ArgumentParser) -> None:
    """Add the option ``--backend`` of a command that only assesses.

    Args:
        parser: Parser of a command.
    """
    parser.add_argument(
        "--backend",
        choices=BACKENDS,
        default="auto",
        help="library that computes the model, with the same answers: numpy, which starts faster, "
        "or torch (default: numpy for a small model in a folder, on the CPU in fp32)",
    )


def add_batch_size(parser: argparse.ArgumentParser, default: int, of: str) -> None:
    """Add the option ``--batch-size``.

    Args:
        parser: Parser of a command.
        default: Default value.
        of: What a batch consists of, for the help.
    """
    parser.add_argument(
        "--batch-size",
        type=int,
        default=default,
        metavar="N",
        help=f"{of} that the model reads at the same time (default: {default})",
    )


def check_device(options: argparse.Namespace) -> None:
    """Check the options of `add_device` and `add_batch_size`, before anything is loaded.

    Args:
        options: Parsed options of a command.

    Raises:
        UsageError: The device is absent, the number format does not fit it, or the batch size or
            the number of threads is out of range.
    """
    threads = getattr(options, "threads", None)
    if threads is not None and not 1 <= threads <= MOST_THREADS:
        raise UsageError(f"--threads is {threads}, expected 1 to {MOST_THREADS}")
    if threads is not None:
        state_threads(threads)
    if getattr(options, "batch_size", 1) < 1:
        raise UsageError(f"--batch-size is {options.batch_size}, expected at least 1")
    if options.device in (None, "cpu") and options.precision in (None, "fp32"):
        return  # valid on every machine; the import of torch takes a second
    try:
        resolve_placement(options.device, options.precision)
    except ValueError as error:
        raise UsageError(f"--{error}") from error


def load_model(options: argparse.Namespace, backend: str | None = None) -> tuple:
    """Load model and processor with `agir_hf.assessment.load_model`, and set its threads.

    Args:
        options: Parsed options of a command, with those of `add_model` and `add_device`.
        backend: Library that computes the model: "torch", "numpy", or "auto" for commands that only
            assess. Default: that of the option of `add_backend`, and torch without this option.

    Raises:
        UsageError: The model cannot be loaded, or it is of another type.
    """
    from .. import assessment

    backend = backend or getattr(options, "backend", "torch")
    try:
        pair = assessment.load_model(options.model, options.device, options.precision, backend)
    except assessment.ModelError as error:
        raise UsageError(str(error)) from error
    use_threads(pair[0], options.threads)
    return pair


def paragraph(start: str, text: str, style: str = "") -> str:
    """Return a text wrapped into lines that are indented by its start.

    Args:
        start: Begin of the first line.
        text: Text after it.
        style: Style of the start in a terminal, see `coloured`; by default none.
    """
    indent = " " * len(start)
    lines = textwrap.fill(
        text, WIDTH, initial_indent=start, subsequent_indent=indent, break_long_words=False
    )
    label = start.strip()
    return lines.replace(label, coloured(label, style), 1) if style and label else lines


def labelled(label: str, text: str, style: str = "") -> str:
    """Return a text after its label, both in the columns of the results.

    Args:
        label: A word, at most ten characters.
        text: Text after it.
        style: Style of the label in a terminal; by default that of a heading.
    """
    return paragraph(f"  {label:10} ", text, style or "heading")


def has_colours(stream) -> bool:
    """Whether a stream is a terminal that shows colours.

    The environment variables NO_COLOR and TERM=dumb turn colours off.

    Args:
        stream: Standard output or standard error.
    """
    off = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return stream.isatty() and not off


def coloured(text: str, style: str) -> str:
    """Return a text in a style if stdout is a terminal with colours, else unchanged.

    Args:
        text: Text of one line.
        style: A verdict of `agir_hf.gait.grounding`, "heading", "score", "certain", "uncertain",
            "better", "worse" or "error". An empty style changes nothing.
    """
    if not style or not has_colours(sys.stdout):
        return text
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m"

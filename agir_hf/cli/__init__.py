# PYTHON_ARGCOMPLETE_OK
"""The command line: ``agir`` and a command.

``demo | assess | describe | generate | measure | compare | markers | norms | fit | convert |
convert-motiongpt | corpus | evaluate | reproduce | push``

No module of this folder imports a large library at its top level, so that ``agir --help`` answers
at once.
"""

import argparse
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ..constants_agir import NOTICE
from ..utils.devices import DeviceMemoryError, is_out_of_memory
from ..version import __version__
from . import (
    assess,
    compare,
    convert_motiongpt,
    corpus,
    demo,
    evaluate,
    fit_convert,
    generate,
    markers,
    measure,
    norms,
    push,
    reproduce,
)
from .console import USER_ERROR, UsageError, print_error
from .parser import AgirParser, complete_in_shell

_EXTRAS = {  # top-level module → extra that installs it; all others are in "train"
    "bert_score": "evaluation",
    "gradio": "space",
    "matplotlib": "plot",
    "sklearn": "evaluation",
    "smplx": "smpl",
}

_SCORES = (
    "The embedded model was trained on simulated walks: its scores of simulated walks are mostly "
    "right, but of people they separate the healthy from the impaired hardly better than walking "
    "speed does. Do not rely on its scores of people."
)
_GROUPS = {  # title in the help → modules, each of which adds one command or several
    "assess and measure recordings": (demo, assess, measure, compare, generate),
    "prepare recordings": (markers, norms, fit_convert),
    "build, train and publish": (corpus, convert_motiongpt, evaluate, reproduce, push),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: Arguments of the command. By default those of the process.

    Returns:
        Exit code: 0, or 2 for an error of the user.
    """
    _print_all_characters()
    parser = _parser()
    complete_in_shell(parser)
    options = parser.parse_args(arguments)
    try:
        with _library_warnings(options):
            return options.run(options)
    except BrokenPipeError:  # the reader of the output, such as head, has closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (UsageError, DeviceMemoryError, OSError) as error:
        print_error(error)
        return USER_ERROR
    except ModuleNotFoundError as error:
        module = str(error.name).partition(".")[0]
        if module == "agir_hf":
            raise
        extra = _EXTRAS.get(module, "train")
        print_error(f'this needs {module}: pip install "agir-hf[{extra}]" ({error})')
        return USER_ERROR
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        print_error(f"out of memory: end other programs ({error or type(error).__name__})")
        return USER_ERROR
    except KeyboardInterrupt:
        print("\nagir: stopped", file=sys.stderr)
        return 130


def _print_all_characters() -> None:
    """Print characters that the encoding of stdout lacks as escapes, not as an error.

    Such are the check mark on Windows with output to a file, and names that are not UTF-8.
    """
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")


@contextmanager
def _library_warnings(options: argparse.Namespace) -> Iterator[None]:
    """Show warnings of libraries with ``-v`` only, where a command has this option."""
    with warnings.catch_warnings():
        if getattr(options, "verbose", False):
            warnings.simplefilter("default")
        elif hasattr(options, "verbose"):
            warnings.simplefilter("ignore")
        yield


def _parser() -> argparse.ArgumentParser:
    parser = _GroupedParser(
        prog="agir",
        description="Score a 3D gait recording from 0 to 2 (MDS-UPDRS gait item), with reasons "
        "that are checked against the measured gait. " + _SCORES,
        epilog=f"{NOTICE} 'agir COMMAND --help' describes a command. Completion in bash and zsh: "
        'eval "$(register-python-argcomplete agir)"',
    )
    parser.add_argument("--version", action="version", version=f"agir {__version__}")
    commands = parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True, parser_class=AgirParser
    )
    for modules in _GROUPS.values():
        for module in modules:
            module.add_commands(commands)
    return parser


class _GroupedParser(AgirParser):
    """The parser of ``agir`` alone, whose help lists the commands in groups."""

    def format_help(self) -> str:
        """Return the help: usage, description, the commands in groups, options."""
        formatter = self._get_formatter()
        formatter.add_usage(self.usage, self._actions, self._mutually_exclusive_groups)
        formatter.add_text(self.description)
        commands = {row.dest: row for row in self._subparsers._group_actions[0]._choices_actions}
        for title, names in _listed_commands(commands).items():
            formatter.start_section(title)
            formatter.add_arguments([commands[name] for name in names])
            formatter.end_section()
        formatter.start_section("options")
        formatter.add_arguments(self._optionals._group_actions)
        formatter.end_section()
        formatter.add_text(self.epilog)
        return formatter.format_help()


def _listed_commands(commands: Sequence[str]) -> dict[str, list[str]]:
    """Title of a group → its commands. A module adds its commands one after the other."""
    titles = {"demo": list(_GROUPS)[0], "markers": list(_GROUPS)[1], "corpus": list(_GROUPS)[2]}
    groups, title = {}, ""
    for name in commands:
        title = titles.get(name, title)
        groups.setdefault(title, []).append(name)
    return groups

"""The command line: ``agir`` and a command.

``demo | assess | describe | generate | measure | compare | fit | convert | corpus | evaluate |
push``
"""

import argparse
import os
import sys
from collections.abc import Sequence

from ..constants_agir import NOTICE
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
    measure,
    push,
)
from .console import USER_ERROR, UsageError, complain

EXTRAS = "train,plot,evaluation,space"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code (0, or 2 for an error of the caller)."""
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except BrokenPipeError:  # who reads, such as head, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (UsageError, OSError) as error:
        complain(error)
        return USER_ERROR
    except ModuleNotFoundError as error:  # of an extra
        if str(error.name).startswith("agir_hf"):
            raise
        complain(f'this needs {error.name}: pip install "agir-hf[{EXTRAS}]" ({error})')
        return USER_ERROR
    except KeyboardInterrupt:
        print("\nagir: stopped", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="agir",
        description="Score a 3D gait recording from 0 to 2 (MDS-UPDRS gait item), with reasons.",
        epilog=f"{NOTICE} 'agir COMMAND --help' tells more of each command.",
    )
    parser.add_argument("--version", action="version", version=f"agir {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    first = (demo, assess, generate, measure, compare, fit_convert, convert_motiongpt)
    for room in (*first, corpus, evaluate, push):
        room.add_commands(commands)
    return parser

"""The command line: ``agir`` and a command.

``demo | assess | describe | generate | measure | compare | markers | norms | fit | convert |
convert-motiongpt | corpus | evaluate | reproduce | push``

No module of this folder imports a large library at its top level, so that ``agir --help`` answers
at once.
"""

import argparse
import os
import sys
from collections.abc import Sequence

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

_EXTRAS = {  # top-level module → extra that installs it; all others are in "train"
    "bert_score": "evaluation",
    "gradio": "space",
    "matplotlib": "plot",
    "plotly": "plot",
    "sklearn": "evaluation",
    "smplx": "smpl",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: Arguments of the command. By default those of the process.

    Returns:
        Exit code: 0, or 2 for an error of the user.
    """
    options = _parser().parse_args(arguments)
    try:
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="agir",
        description="Score a 3D gait recording from 0 to 2 (MDS-UPDRS gait item), with reasons.",
        epilog=f"{NOTICE} 'agir COMMAND --help' describes a command.",
    )
    parser.add_argument("--version", action="version", version=f"agir {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    first = (demo, assess, generate, measure, compare, markers, norms, fit_convert)
    for module in (*first, convert_motiongpt, corpus, evaluate, reproduce, push):
        module.add_commands(commands)
    return parser

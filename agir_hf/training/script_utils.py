"""Shared code of the recipes: one-line error messages, and the checkpoint to resume from."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

from datasets.exceptions import DatasetsError
from safetensors import SafetensorError
from transformers.trainer import TRAINER_STATE_NAME
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

from .trainers import LossNotFiniteError

_USER_ERRORS = (ValueError, OSError, ImportError, LossNotFiniteError, SafetensorError)
_TORCH_FILE_ERRORS = ("inline_container", "PytorchStream")  # in messages of torch about files


def run(main: Callable[[], None]) -> None:
    """Run a recipe; an error that a user can fix is printed on one line, with exit status 2.

    Args:
        main: Function of the recipe, without arguments.

    Raises:
        SystemExit: The recipe failed with an error that a user can fix.
    """
    try:
        main()
    except _USER_ERRORS as error:
        _exit_with_error(str(error))
    except DatasetsError as error:  # the reason is in its cause
        _exit_with_error(f"{error} ({error.__cause__})" if error.__cause__ else str(error))
    except RuntimeError as error:
        if not any(name in str(error) for name in _TORCH_FILE_ERRORS):
            raise
        _exit_with_error(
            f"a file could not be written or read completely: check the free disk space ({error})"
        )


def _exit_with_error(message: str) -> None:
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    raise SystemExit(2) from None


def check_clone(repository: Path, script: str) -> None:
    """Check that a script runs in a clone of the repository.

    Args:
        repository: Folder that should be the clone.
        script: Path of the script in the repository, for the message.

    Raises:
        ValueError: The script is part of an installed package.
    """
    if not (repository / "setup.cfg").is_file():
        raise ValueError(
            f"{repository} is not a clone of the repository: clone it and run python {script} there"
        )


def find_checkpoint(output_dir: str, resume_from: str | None) -> str | None:
    """Find the checkpoint that a training resumes from.

    An incomplete checkpoint, left by a training that was killed, is ignored: the trainer writes
    its state file last.

    Args:
        output_dir: Folder with the checkpoints of the training.
        resume_from: Value of ``--resume_from_checkpoint``. `None` or "false" starts from the
            beginning, "true" or "auto" uses the newest complete checkpoint, if there is one;
            any other value is the folder of a checkpoint.

    Returns:
        Folder of the checkpoint, or `None` to start from the beginning.

    Raises:
        FileNotFoundError: The named checkpoint is missing or incomplete.
    """
    if resume_from is None or resume_from.lower() in ("false", "no"):
        return None
    if resume_from.lower() not in ("true", "auto"):
        if not _is_complete(Path(resume_from)):
            raise FileNotFoundError(
                f"{resume_from} has no readable {TRAINER_STATE_NAME}, expected a checkpoint "
                "folder: pass --resume_from_checkpoint auto or another folder"
            )
        return resume_from
    folders = Path(output_dir).glob(f"{PREFIX_CHECKPOINT_DIR}-*")
    complete = [
        path for path in folders if path.name.split("-")[-1].isdigit() and _is_complete(path)
    ]
    newest = max(complete, key=lambda path: int(path.name.split("-")[-1]), default=None)
    return None if newest is None else str(newest)


def _is_complete(checkpoint: Path) -> bool:
    try:
        json.loads((checkpoint / TRAINER_STATE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return True

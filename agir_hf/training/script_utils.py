"""What all recipes do alike: start, go on after a stop, tell what went wrong on one line."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

from datasets.exceptions import DatasetsError
from safetensors import SafetensorError
from transformers.trainer import TRAINER_STATE_NAME
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

from .trainers import LossNotFiniteError

_TOLD = (ValueError, OSError, ImportError, LossNotFiniteError, SafetensorError)
_TORCH_FILES = ("inline_container", "PytorchStream")  # in what torch says of files


def run(main: Callable[[], None]) -> None:
    """Run a recipe; what a user can mend is told on one line, with exit status 2."""
    try:
        main()
    except _TOLD as error:
        _tell(str(error))
    except DatasetsError as error:  # its cause says what is wrong
        _tell(f"{error} ({error.__cause__})" if error.__cause__ else str(error))
    except RuntimeError as error:
        if not any(name in str(error) for name in _TORCH_FILES):
            raise
        _tell(f"a file could not be written or read whole, is the disk full? ({error})")


def _tell(message: str) -> None:
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    raise SystemExit(2) from None


def resume_point(output_dir: str, wanted: str | None) -> str | None:
    """The checkpoint from which training goes on, or None for the start.

    Args:
        output_dir: where checkpoints lie.
        wanted: None or "false": the start; "true" or "auto": the newest whole one, if there is
            one; else a checkpoint.

    A checkpoint that a stop left half-written is passed over: its state is written last.

    Raises:
        FileNotFoundError: the one that is asked for is not whole.
    """
    if wanted is None or wanted.lower() in ("false", "no"):
        return None
    if wanted.lower() not in ("true", "auto"):
        if not _is_whole(Path(wanted)):
            raise FileNotFoundError(
                f"{wanted} holds no {TRAINER_STATE_NAME} that can be read, expected a checkpoint "
                "folder: give --resume_from_checkpoint auto, or another"
            )
        return wanted
    found = Path(output_dir).glob(f"{PREFIX_CHECKPOINT_DIR}-*")
    whole = [path for path in found if path.name.split("-")[-1].isdigit() and _is_whole(path)]
    newest = max(whole, key=lambda path: int(path.name.split("-")[-1]), default=None)
    return None if newest is None else str(newest)


def _is_whole(checkpoint: Path) -> bool:
    try:
        json.loads((checkpoint / TRAINER_STATE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return True

"""Shared code of the recipes: one-line error messages, training, and checkpoints to resume from."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

from datasets.exceptions import DatasetsError
from safetensors import SafetensorError
from transformers.trainer import TRAINER_STATE_NAME
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

from ..utils.devices import is_out_of_memory
from ..utils.threads import use_threads_of_script
from .trainers import LossNotFiniteError

_TORCH_FILE_ERRORS = ("inline_container", "PytorchStream")  # in messages of torch about files


class TrainingMemoryError(MemoryError):
    """A training ran out of memory; the message names the settings to lower."""


_USER_ERRORS = (
    ValueError, OSError, ImportError, LossNotFiniteError, SafetensorError, TrainingMemoryError,
)  # fmt: skip


def run(main: Callable[[], None]) -> None:
    """Run a recipe; an error that a user can fix is printed on one line, with exit status 2.

    Args:
        main: Function of the recipe, without arguments.

    Raises:
        SystemExit: The recipe failed with an error that a user can fix.
    """
    use_threads_of_script()
    try:
        main()
    except _USER_ERRORS as error:
        _exit_with_error(str(error))
    except DatasetsError as error:  # the reason is in its cause
        _exit_with_error(f"{error} ({error.__cause__})" if error.__cause__ else str(error))
    except (RuntimeError, MemoryError) as error:
        if is_out_of_memory(error):
            _exit_with_error(
                "out of memory outside of the training: end other programs that use this memory, "
                f"or pass a smaller model ({_first_line(error)})"
            )
        if not any(name in str(error) for name in _TORCH_FILE_ERRORS):
            raise
        _exit_with_error(
            f"a file could not be written or read completely: check the free disk space ({error})"
        )


def _exit_with_error(message: str) -> None:
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    raise SystemExit(2) from None


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]


def train(trainer, checkpoint: str | None = None) -> None:
    """Train, and explain an error about memory.

    Args:
        trainer: `transformers.Trainer` of the recipe.
        checkpoint: Folder of the checkpoint to resume from; `None` starts from the beginning.

    Raises:
        TrainingMemoryError: The memory is too small for the settings.
    """
    try:
        trainer.train(resume_from_checkpoint=checkpoint)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise TrainingMemoryError(
            f"out of memory after step {trainer.state.global_step} ({_first_line(error)}): "
            f"{_smaller_settings(trainer)}; {_kept_checkpoint(trainer.args.output_dir)}"
        ) from error


def _smaller_settings(trainer) -> str:
    """Name the settings that reduce the memory of a trainer, with their present values."""
    args = trainer.args
    if not trainer.model.training:  # an evaluation
        return f"lower per_device_eval_batch_size (now {args.per_device_eval_batch_size})"
    rows, advice = args.per_device_train_batch_size, []
    if rows > 1:
        advice.append(
            f"lower per_device_train_batch_size (now {rows}) and raise gradient_accumulation_steps "
            f"(now {args.gradient_accumulation_steps}) by the same factor, which gives the same "
            "gradients"
        )
    if not args.gradient_checkpointing and trainer.model.supports_gradient_checkpointing:
        advice.append("set gradient_checkpointing to true")
    if not advice:
        advice.append("train adapters only (use_peft), or take a device with more memory")
    return ", or ".join(advice)


def _kept_checkpoint(output_dir: str) -> str:
    """Name the newest complete checkpoint of a folder, and how to resume from it."""
    kept = find_checkpoint(output_dir, "auto")
    if kept is None:
        return f"{output_dir} has no checkpoint yet"
    return f"{kept} is kept, and --resume_from_checkpoint auto resumes from it"


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

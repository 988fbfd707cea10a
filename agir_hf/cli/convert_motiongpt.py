"""``agir convert-motiongpt``: convert a MotionGPT checkpoint to an AGIR model for training."""

import argparse
from pathlib import Path

from ..constants_agir import NUM_SCORES
from .console import UsageError

REPORT = "conversion.txt"  # in every folder that this command writes; its presence identifies one
SEED = 0


def add_commands(commands) -> None:
    """Add ``convert-motiongpt`` to the command line.

    Args:
        commands: Subparsers of ``agir``.
    """
    convert = commands.add_parser(
        "convert-motiongpt",
        help="convert a MotionGPT checkpoint to an AGIR model",
        description="Write model and processor into OUT and print the destination of every tensor. "
        "The tokens of an answer are new: train the model on gait scores before you use it for "
        "assessment.",
        epilog="Pass the mean and standard deviation that MotionGPT was trained with, which are "
        "not those of HumanML3D: with others the model gives wrong results without an error.",
    )
    convert.add_argument("checkpoint", metavar="CHECKPOINT", type=Path, help=".ckpt, .tar, .pth")
    convert.add_argument("out", metavar="OUT", type=Path, help="folder to write")
    convert.add_argument(
        "--tokenizer",
        required=True,
        metavar="FOLDER",
        type=Path,
        help="tokenizer of the T5 that MotionGPT started from, without motion tokens",
    )
    for name in ("mean", "std"):
        convert.add_argument(
            f"--{name}",
            metavar="FILE",
            type=Path,
            help=f".npy file with the {name} of the features (263), unless the checkpoint has it",
        )
    convert.add_argument(
        "--t5-config",
        metavar="FOLDER",
        type=Path,
        help="configuration of that T5, for settings that the shapes of tensors do not show",
    )
    convert.add_argument(
        "--num-scores",
        metavar="K",
        type=int,
        default=NUM_SCORES,
        help="number of scores of the corpus to train on, 3 for 0 to 2 (default), 4 for 0 to 3",
    )
    convert.set_defaults(run=_convert)


def _convert(options: argparse.Namespace) -> int:
    out = options.out.resolve()
    _check_out(out)
    for path in (options.tokenizer, options.t5_config):
        if path is not None and not path.is_dir():
            raise UsageError(f"no such folder: {path}")
    import torch
    from transformers.utils import logging

    from ..training.motiongpt import convert_motiongpt
    from ..utils.files import atomic_folder

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    torch.manual_seed(SEED)
    try:
        model, processor, report = convert_motiongpt(
            options.checkpoint,
            options.tokenizer,
            options.mean,
            options.std,
            options.t5_config,
            options.num_scores,
        )
    except ValueError as error:
        raise UsageError(str(error)) from error
    with atomic_folder(out) as draft:
        model.save_pretrained(draft)
        processor.save_pretrained(draft)
        (draft / REPORT).write_text(f"{report}\n", encoding="utf-8")
    print(report)
    print(
        f"{options.out}: AGIR model of {model.num_parameters() / 1e6:.1f} million parameters, its "
        f"processor and {REPORT}; it is not trained to answer yet"
    )
    return 0


def _check_out(out: Path) -> None:
    """Raise unless the folder is new, empty or was written by this command."""
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file, expected a folder to write: name another")
    if out.is_dir() and any(out.iterdir()) and not (out / REPORT).is_file():
        raise UsageError(
            f"{out} is not empty and was not written by convert-motiongpt (it has no {REPORT}): "
            "name a new folder"
        )

"""``agir convert-motiongpt``: a MotionGPT checkpoint → an AGIR model to train on gait."""

import argparse
import os
import shutil
from pathlib import Path

from .console import UsageError

REPORT = "conversion.txt"  # in every folder written here, and so the sign of one
SEED = 0


def add_commands(commands) -> None:
    """Add ``convert-motiongpt`` to the command line."""
    convert = commands.add_parser(
        "convert-motiongpt",
        help="make an AGIR model of a MotionGPT checkpoint",
        description="Write model and processor into OUT and print where every tensor went. The "
        "tokens of an answer are new: train the model on gait scores before it assesses.",
        epilog="The statistics are those MotionGPT was trained with, not HumanML3D's own: with "
        "others a model is silently wrong.",
    )
    convert.add_argument("checkpoint", metavar="CHECKPOINT", type=Path, help=".ckpt, .tar, .pth")
    convert.add_argument("out", metavar="OUT", type=Path, help="folder to write")
    convert.add_argument(
        "--tokenizer",
        required=True,
        metavar="FOLDER",
        type=Path,
        help="of the T5 that MotionGPT started from, before its motion tokens",
    )
    for name in ("mean", "std"):
        convert.add_argument(
            f"--{name}",
            metavar="FILE",
            type=Path,
            help=f".npy of the {name} of its features (263), unless the checkpoint has it",
        )
    convert.add_argument(
        "--t5-config",
        metavar="FOLDER",
        type=Path,
        help="configuration of that T5, for what the shapes of tensors do not tell",
    )
    convert.set_defaults(run=_convert)


def _convert(options: argparse.Namespace) -> int:
    out = options.out.resolve()
    _refuse(out)
    for path in (options.tokenizer, options.t5_config):
        if path is not None and not path.is_dir():
            raise UsageError(f"no such folder: {path}")
    import torch
    from transformers.utils import logging

    from ..training.motiongpt import convert_motiongpt

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    torch.manual_seed(SEED)
    try:
        model, processor, report = convert_motiongpt(
            options.checkpoint, options.tokenizer, options.mean, options.std, options.t5_config
        )
    except ValueError as error:
        raise UsageError(str(error)) from error
    _write(out, model, processor, report)
    print(report)
    print(
        f"{options.out}: AGIR model of {model.num_parameters() / 1e6:.1f} million parameters, its "
        f"processor and {REPORT}; its answers are untrained"
    )
    return 0


def _refuse(out: Path) -> None:
    """Raise unless a folder may be written: new, empty or written here before."""
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file, expected a folder to write: name another")
    if out.is_dir() and any(out.iterdir()) and not (out / REPORT).is_file():
        raise UsageError(
            f"{out} is not empty and was not written by convert-motiongpt (it has no {REPORT}): "
            "name a new folder"
        )


def _write(out: Path, model, processor, report) -> None:
    """Model, processor and report beside the folder, then in its place."""
    from ..utils.files import move_into_place

    draft = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        draft.mkdir(parents=True)
        model.save_pretrained(draft)
        processor.save_pretrained(draft)
        (draft / REPORT).write_text(f"{report}\n", encoding="utf-8")
        move_into_place(draft, out)
    finally:
        shutil.rmtree(draft, ignore_errors=True)

"""``agir reproduce``: from a download of the Shida data set to both tables of the paper."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..constants_agir import NOTICE
from .console import UsageError, add_device

_ASK_SECONDS = 3600  # a shorter run starts without a question


def add_commands(commands) -> None:
    """Add ``reproduce`` to the command line.

    Args:
        commands: Subparsers of ``agir``.
    """
    parser = commands.add_parser(
        "reproduce",
        help="from the Shida data set to the paper's model and both of its tables",
        description="Check a download of the Shida data set (or a cohort in its layout, CARE-PD "
        "pickles, a folder with clinical.csv), print the plan with its time and disk space, build "
        "the corpus, convert MotionGPT, train the motion tokenizer, both stages and preferences on "
        "the published split, calibrate, evaluate, and make both tables next to the printed "
        "figures, a card with model-index and a page that says what each file is. The same command "
        "continues an interrupted run; options that change the results must stay the same.",
        epilog=NOTICE,
    )
    parser.add_argument(
        "download", type=Path, metavar="SHIDA_FOLDER", help="C3D files and clinical table"
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="OUT", required=True, help="folder to write"
    )
    _add_start(parser)
    add_device(parser)
    _add_data(parser)
    parser.add_argument(
        "--seeds", type=int, nargs="+", default=[0],
        help="seeds of the tables; the final model has the first (default: 0)",
    )  # fmt: skip
    parser.add_argument(
        "--scheme", choices=("stratified", "leave-one-subject-out"), default="stratified",
        help="folds of the trainings of the tables: five, stratified by score (default), or one "
        "for each subject as in the paper",
    )  # fmt: skip
    parser.add_argument("--encoder", help="encoder for BERTScore, name or folder")
    parser.add_argument(
        "--workers", type=int, metavar="N",
        help="processes that measure walks, and trainings of the tables at the same time "
        "(default: 2, and one on each GPU)",
    )  # fmt: skip
    parser.add_argument(
        "--smoke", action="store_true",
        help="tiny networks and two folds, to try the command; the figures mean nothing",
    )  # fmt: skip
    parser.add_argument(
        "--dry-run", action="store_true", help="check the download and print the plan only"
    )
    parser.add_argument("--yes", action="store_true", help="begin without a question")
    parser.set_defaults(run=_reproduce)


def _add_start(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what the trainings start from")
    group.add_argument(
        "--motiongpt", type=Path, metavar="CKPT",
        help="MotionGPT checkpoint (.ckpt, .tar, .pth); its motion tokenizer is used too",
    )  # fmt: skip
    for name in ("mean", "std"):
        group.add_argument(
            f"--{name}", type=Path, metavar="FILE",
            help=f".npy file with the {name} of the features that MotionGPT was trained with, "
            "unless the checkpoint has it",
        )  # fmt: skip
    group.add_argument(
        "--t5", metavar="NAME",
        help="folder or Hub name of the T5 to start from, with --motiongpt of the T5 that it "
        "started from (default: that of the configurations, google/flan-t5-base)",
    )  # fmt: skip
    group.add_argument(
        "--configs", metavar="NAME_OR_FOLDER",
        help="settings of all stages: a folder of recipes/ablation, or your own with the same "
        "files (default: flan_t5_base with --motiongpt, --t5 or a GPU, otherwise and with --smoke "
        "tiny)",
    )  # fmt: skip


def _add_data(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("corpus")
    group.add_argument(
        "--fit", choices=("body", "centres"),
        help="markers to joints by a fitted body (default) or by anatomical regression",
    )  # fmt: skip
    group.add_argument(
        "--body", type=Path, metavar="FILE",
        help="SMPL file, .pkl or .npz, of the body that is fitted (default: the open body)",
    )  # fmt: skip


def _reproduce(options: argparse.Namespace) -> int:
    from ..experiments.errors import ExperimentError
    from ..experiments.reproduce import reproduce
    from ..experiments.reproduce_plan import ReproduceOptions

    names = ("output", "motiongpt", "mean", "std", "t5", "configs", "device", "precision", "fit",
             "body", "encoder", "workers", "smoke")  # fmt: skip
    request = ReproduceOptions(
        download=options.download,
        seeds=tuple(options.seeds),
        scheme=options.scheme.replace("-", "_"),
        **{name: getattr(options, name) for name in names},
    )
    try:
        page = reproduce(
            request,
            dry_run=options.dry_run,
            confirm=lambda estimate: options.yes or _confirmed(estimate.seconds_of_others()),
        )
    except ExperimentError as error:
        raise UsageError(str(error)) from error
    if page is not None:
        print(f"reproduction: {page}")
    elif options.dry_run:
        print("dry run: nothing was written")
    return 0


def _confirmed(seconds: float) -> bool:
    """Ask before a long run, if a person can answer."""
    if seconds < _ASK_SECONDS or not sys.stdin.isatty():
        return True
    return input("Begin? [Y/n] ").strip().lower() in ("", "y", "yes")

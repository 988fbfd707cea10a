"""``agir push``: publish a model, a data set, the Space or the metrics on the Hub."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .. import DEFAULT_MODEL
from ..constants_agir import NOTICE
from ..version import __version__
from .console import UsageError

if TYPE_CHECKING:
    from ..hub.upload_plan import UploadPlan

TAG = f"v{__version__}"
_MAX_SHOWN = 6  # paths that are left out


def add_commands(commands) -> None:
    """Add ``push`` to the command line.

    Args:
        commands: Subparsers of ``agir``.
    """
    push = commands.add_parser(
        "push",
        help="publish a model, a data set, the Space or the metrics on the Hub",
        description="Publish on the Hub. Every file is checked first: licensed body models, "
        "recordings of people, access tokens, paths of this machine, pickles, training states and "
        "hidden files are refused by name before anything is sent. A push is one commit with a "
        "tag; after an interruption, run the same command again.",
        epilog=f"{NOTICE} The access token is that of 'hf auth login' or of HF_TOKEN.",
    )
    kinds = push.add_subparsers(title="what", metavar="WHAT", required=True)
    _add_model(kinds)
    dataset = _add(kinds, "dataset", "a corpus, as Parquet with its card", _dataset_plans)
    dataset.add_argument(
        "--from", dest="source", type=Path, required=True, metavar="CORPUS",
        help="folder of 'agir corpus build'",
    )  # fmt: skip
    space = _add(kinds, "space", "the Gradio Space", _space_plans)
    space.add_argument(
        "--from", dest="source", type=Path, metavar="FOLDER",
        help="folder of a Space; by default the one of this package",
    )  # fmt: skip
    metrics = "each metric as a Space that evaluate.load reads"
    _add(kinds, "metrics", metrics, _metric_plans, "OWNER")


def _add(
    kinds, name: str, text: str, make_plans: Callable, target: str = "REPO"
) -> argparse.ArgumentParser:
    """Add a kind of push with the options that all kinds have."""
    parser = kinds.add_parser(name, help=text, description=f"Publish {text}.", epilog=NOTICE)
    parser.add_argument(
        "repo",
        metavar=target,
        help="owner/name; the owner is by default the user of the access token"
        if target == "REPO"
        else "user or organisation",
    )
    parser.add_argument("--dry-run", action="store_true", help="list every file, send nothing")
    parser.add_argument("--private", action="store_true", help="create a private repository")
    parser.add_argument("--new", action="store_true", help="refuse an existing repository")
    tags = parser.add_mutually_exclusive_group()
    tags.add_argument("--tag", default=TAG, help=f"tag of the revision (default: {TAG})")
    tags.add_argument("--no-tag", dest="tag", action="store_const", const=None, help="no tag")
    parser.set_defaults(run=partial(_run, make_plans))
    return parser


def _add_model(kinds) -> None:
    model = _add(kinds, "model", "a model with its code, processor and card", _model_plans)
    model.add_argument(
        "--from", dest="source", type=Path, default=Path(DEFAULT_MODEL), metavar="FOLDER",
        help="folder of model and processor; by default the embedded model (simulated walks)",
    )  # fmt: skip
    model.add_argument(
        "--results", type=Path, metavar="PATH",
        help="evaluation for the card; by default results.json of FOLDER",
    )  # fmt: skip
    model.add_argument("--row", help="name of this model in an evaluation of several")
    model.add_argument(
        "--dataset", action="append", default=[], metavar="NAME",
        help="training data set on the Hub; may be repeated",
    )  # fmt: skip
    model.add_argument(
        "--base-model", metavar="NAME", help="model on the Hub that training started from"
    )


def _model_plans(options: argparse.Namespace, staging: Path) -> list[UploadPlan]:
    from transformers.utils import logging

    from ..hub.model import model_plan
    from ..hub.upload import full_name

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    complete = "/" in options.repo or options.dry_run  # else the card needs the owner
    plan = model_plan(
        options.source,
        options.repo if complete else full_name(options.repo),
        staging,
        tag=options.tag,
        results=options.results,
        row=options.row,
        datasets=options.dataset,
        base_model=options.base_model,
    )
    return [plan]


def _dataset_plans(options: argparse.Namespace, _) -> list[UploadPlan]:
    from ..hub.plans import dataset_plan

    return [dataset_plan(options.source, options.repo)]


def _space_plans(options: argparse.Namespace, _) -> list[UploadPlan]:
    from ..hub.folders import space_folder
    from ..hub.plans import space_plan

    return [space_plan(options.source or space_folder(), options.repo)]


def _metric_plans(options: argparse.Namespace, _) -> list[UploadPlan]:
    from ..hub.plans import metric_plans

    return metric_plans(options.repo)


def _run(make_plans: Callable, options: argparse.Namespace) -> int:
    """Make the plans, and upload them one by one, or list them."""
    from ..corpus.store import BuildError
    from ..hub.upload_plan import PublishError

    _quiet()
    try:
        with tempfile.TemporaryDirectory(prefix="agir-push-") as staging:
            plans = make_plans(options, Path(staging))
            if options.dry_run:
                _list(plans, options.tag)
            else:
                for plan in plans:
                    _upload(plan, options)
    except (PublishError, BuildError) as error:
        raise UsageError(str(error)) from error
    return 0


def _list(plans: Sequence[UploadPlan], tag: str | None) -> None:
    """Print every file of every plan with its size and the address, and check the plans."""
    from huggingface_hub import HfApi

    from ..hub.publish_checks import check

    tag_text = f", tag {tag}" if tag else ""
    endpoint = HfApi().endpoint
    for plan in plans:
        sizes = plan.sizes
        for path, size in sizes.items():
            print(f"{size:>15,}  {path}")
        _print_notes(plan)
        kind = "" if plan.kind == "model" else f"{plan.kind}s/"
        owner = "" if "/" in plan.repo else "YOU/"
        print(
            f"{len(sizes)} files, {sum(sizes.values()):,} bytes → "
            f"{endpoint}/{kind}{owner}{plan.repo}{tag_text}"
        )
    for plan in plans:
        check(plan)
    print("dry run: nothing was sent")


def _print_notes(plan: UploadPlan) -> None:
    """Print what is left out, and the remarks."""
    left_out = plan.left_out
    if left_out:
        more = f" and {len(left_out) - _MAX_SHOWN} more" if len(left_out) > _MAX_SHOWN else ""
        print(f"left out: {', '.join(left_out[:_MAX_SHOWN])}{more}")
    for remark in plan.remarks:
        print(f"note: {remark}")


def _upload(plan: UploadPlan, options: argparse.Namespace) -> None:
    from ..hub.upload import push

    _print_notes(plan)
    result = push(plan, tag=options.tag, private=options.private, new=options.new)
    changes = f"{len(result.sent)} of {len(plan.files)} files sent"
    changes += f", {len(result.removed)} removed" if result.removed else ""
    if not result.sent and not result.removed:
        changes = f"all {len(plan.files)} files were up to date"
    revision = f"{options.tag}, " if options.tag else ""
    print(f"published: {result.url} ({revision}commit {result.commit[:7]}): {changes}")


def _quiet() -> None:
    """Switch off warnings of huggingface_hub, and its progress bars if stderr is a file."""
    from huggingface_hub.utils import disable_progress_bars, logging

    logging.set_verbosity_error()
    if not sys.stderr.isatty():
        disable_progress_bars()

"""``agir push``: a model, a data set, the Space and the metrics → the Hub."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from .. import DEFAULT_MODEL
from ..constants_agir import NOTICE
from ..version import __version__
from .console import UsageError

TAG = f"v{__version__}"
_SHOWN = 6  # of what is left out


def add_commands(commands) -> None:
    """Add ``push`` to the command line."""
    push = commands.add_parser(
        "push",
        help="publish a model, a data set, the Space or the metrics on the Hub",
        description="Publish on the Hub. Every file is looked at first: licensed body models, "
        "recordings of people, access tokens, machine paths, pickles, states of training and "
        "hidden files are refused by name before anything is sent. A push is one commit with a "
        "tag; one that was interrupted is run again.",
        epilog=f"{NOTICE} The access token is that of 'hf auth login' or of HF_TOKEN.",
    )
    kinds = push.add_subparsers(title="what", metavar="WHAT", required=True)
    _add_model(kinds)
    dataset = _add(kinds, "dataset", "a corpus, as Parquet with its card", _dataset)
    dataset.add_argument(
        "--from", dest="source", type=Path, required=True, metavar="CORPUS",
        help="folder of 'agir corpus build'",
    )  # fmt: skip
    space = _add(kinds, "space", "the Gradio Space", _space)
    space.add_argument(
        "--from", dest="source", type=Path, metavar="FOLDER",
        help="of the Space; spaces_app of this repository by default",
    )  # fmt: skip
    _add(kinds, "metrics", "each metric as a Space that evaluate.load reads", _metrics, "OWNER")


def _add(kinds, name: str, text: str, make, target: str = "REPO") -> argparse.ArgumentParser:
    """A kind of push, with what all of them have."""
    parser = kinds.add_parser(name, help=text, description=f"Publish {text}.", epilog=NOTICE)
    parser.add_argument(
        "repo",
        metavar=target,
        help="owner/name; without an owner it is yours" if target == "REPO" else "user, group",
    )
    parser.add_argument("--dry-run", action="store_true", help="show every file, send nothing")
    parser.add_argument("--private", action="store_true", help="where a repository is made")
    parser.add_argument("--new", action="store_true", help="refuse a repository that is there")
    tags = parser.add_mutually_exclusive_group()
    tags.add_argument("--tag", default=TAG, help=f"of the revision (default: {TAG})")
    tags.add_argument("--no-tag", dest="tag", action="store_const", const=None, help="no tag")
    parser.set_defaults(run=partial(_run, make))
    return parser


def _add_model(kinds) -> None:
    model = _add(kinds, "model", "a model with its code, processor and card", _model)
    model.add_argument(
        "--from", dest="source", type=Path, default=Path(DEFAULT_MODEL), metavar="FOLDER",
        help="of model and processor; the embedded model (simulated walks) by default",
    )  # fmt: skip
    model.add_argument(
        "--results", type=Path, metavar="PATH",
        help="evaluation for the card; results.json of FOLDER by default",
    )  # fmt: skip
    model.add_argument("--row", help="of an evaluation of several: which is this model")
    model.add_argument(
        "--dataset", action="append", default=[], metavar="NAME",
        help="on the Hub, that it was trained on; may be given again",
    )  # fmt: skip
    model.add_argument("--base-model", metavar="NAME", help="on the Hub, that it was trained from")


def _model(options: argparse.Namespace, staging: Path) -> list:
    from transformers.utils import logging

    from ..hub.model import model_plan
    from ..hub.upload import whole_name

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    known = "/" in options.repo or options.dry_run  # the card has it
    plan = model_plan(
        options.source,
        options.repo if known else whole_name(options.repo),
        staging,
        tag=options.tag,
        results=options.results,
        row=options.row,
        datasets=options.dataset,
        base_model=options.base_model,
    )
    return [plan]


def _dataset(options: argparse.Namespace, _) -> list:
    from ..hub.spaces import dataset_plan

    return [dataset_plan(options.source, options.repo)]


def _space(options: argparse.Namespace, _) -> list:
    from ..hub.spaces import SPACE, space_plan

    return [space_plan(options.source or SPACE, options.repo)]


def _metrics(options: argparse.Namespace, _) -> list:
    from ..hub.spaces import metric_plans

    return metric_plans(options.repo)


def _run(make, options: argparse.Namespace) -> int:
    """Make the plans, and send one after the other, or show them."""
    from ..corpus.store import BuildError
    from ..hub.upload_plan import PublishError

    _quiet()
    try:
        with tempfile.TemporaryDirectory(prefix="agir-push-") as staging:
            plans = make(options, Path(staging))
            if options.dry_run:
                _show(plans, options)
            else:
                for plan in plans:
                    _send(plan, options)
    except (PublishError, BuildError) as error:
        raise UsageError(str(error)) from error
    return 0


def _show(plans: Sequence, options: argparse.Namespace) -> None:
    """Every file of every plan with its size, where it would go, and what may not."""
    from huggingface_hub import HfApi

    from ..hub.publish_checks import check

    tag = f", tag {options.tag}" if options.tag else ""
    endpoint = HfApi().endpoint
    for plan in plans:
        sizes = plan.sizes
        for path, size in sizes.items():
            print(f"{size:>15,}  {path}")
        _tell(plan)
        kind = "" if plan.kind == "model" else f"{plan.kind}s/"
        owner = "" if "/" in plan.repo else "YOU/"
        print(
            f"{len(sizes)} files, {sum(sizes.values()):,} bytes → "
            f"{endpoint}/{kind}{owner}{plan.repo}{tag}"
        )
    for plan in plans:
        check(plan)
    print("dry run: nothing was sent")


def _tell(plan) -> None:
    """What does not go, and what else should be known."""
    left = plan.left_out
    if left:
        more = f" and {len(left) - _SHOWN} more" if len(left) > _SHOWN else ""
        print(f"left out: {', '.join(left[:_SHOWN])}{more}")
    for remark in plan.remarks:
        print(f"note: {remark}")


def _send(plan, options: argparse.Namespace) -> None:
    from ..hub.upload import push

    _tell(plan)
    done = push(plan, tag=options.tag, private=options.private, new=options.new)
    what = f"{len(done.sent)} of {len(plan.files)} files sent"
    what += f", {len(done.removed)} removed" if done.removed else ""
    if not done.sent and not done.removed:
        what = f"all {len(plan.files)} files were there already"
    revision = f"{options.tag}, " if options.tag else ""
    print(f"published: {done.url} ({revision}commit {done.commit[:7]}): {what}")


def _quiet() -> None:
    """Keep the warnings of the Hub's library out of the answer, and its bars out of a file."""
    from huggingface_hub.utils import disable_progress_bars, logging

    logging.set_verbosity_error()
    if not sys.stderr.isatty():
        disable_progress_bars()

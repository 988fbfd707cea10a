"""Checks of a reproduction before its first step: options, packages, models, folder, disk."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from ..assessment.messages import one_line
from ..constants_agir import SCORES
from ..utils.devices import resolve_placement
from ..utils.files import write_text_atomic
from ..utils.hub_host import download_token
from .configurations import read_settings
from .errors import ExperimentError
from .reproduce_plan import ReproduceOptions, ReproducePlan
from .reproduce_steps import T5

SETTINGS = "reproduce.json"  # in the output folder
EXTRAS = {"datasets": "train", "trl": "train", "pycocoevalcap": "train", "sklearn": "evaluation"}


def checked_options(options: ReproduceOptions) -> ReproduceOptions:
    """Check the options that need no reading, and make their paths absolute.

    Args:
        options: Options of the command.

    Returns:
        The options with absolute paths.

    Raises:
        ExperimentError: A file does not exist, or options do not go together.
    """
    for name in ("motiongpt", "mean", "std", "body"):
        path = getattr(options, name)
        if path is not None and not path.is_file():
            raise ExperimentError(f"--{name} is {path}, expected a file: check the path")
    for name in ("mean", "std"):
        if getattr(options, name) is not None and options.motiongpt is None:
            raise ExperimentError(f"--{name} is of a MotionGPT checkpoint: pass --motiongpt too")
    if options.workers is not None and options.workers < 1:
        raise ExperimentError(f"--workers is {options.workers}, expected at least 1")
    if min(options.seeds) < 0 or len(set(options.seeds)) < len(options.seeds):
        raise ExperimentError(
            f"--seeds are {' '.join(map(str, options.seeds))}, expected different numbers from 0 on"
        )
    names = ("output", "motiongpt", "mean", "std", "body")
    paths = {name: getattr(options, name) for name in names}
    paths = {name: path and path.expanduser().resolve() for name, path in paths.items()}
    t5 = options.t5
    if t5 and Path(t5).is_dir():
        t5 = str(Path(t5).resolve())
    return replace(options, **paths, t5=t5)


def uses_gpu(options: ReproduceOptions, dry_run: bool) -> bool:
    """Return whether a GPU trains; in a dry run it may be absent.

    Args:
        options: Options of the command.
        dry_run: Whether nothing is trained.

    Raises:
        ExperimentError: The device is unknown or absent, or the precision does not fit it.
    """
    try:
        return resolve_placement(options.device, options.precision)[0].type != "cpu"
    except ValueError as error:
        if dry_run and (options.device or "").partition(":")[0] in ("cuda", "mps"):
            return True
        raise ExperimentError(one_line(error)) from error


def check_extras() -> None:
    """Check that the packages of all steps are installed, before the first of them."""
    for module, extra in EXTRAS.items():
        if find_spec(module) is None:
            raise ExperimentError(
                f'the trainings need {module}: pip install "agir-hf[train,evaluation]" (it is of '
                f"the extra {extra})"
            )


def with_start(options: ReproduceOptions) -> ReproduceOptions:
    """Check the T5, and for MotionGPT fetch its tokenizer, before hours of other steps.

    Args:
        options: Options of the command.

    Returns:
        The options, with the folder of the tokenizer for MotionGPT.

    Raises:
        ExperimentError: The T5 or its tokenizer cannot be read.
    """
    if options.motiongpt:
        return replace(options, tokenizer=_read_t5(_tokenizer_folder, options.t5 or T5))
    if options.t5:
        _read_t5(_check_t5, options.t5)
    return options


def check_start_of_configs(plan: ReproducePlan) -> None:
    """Check the T5 that the configurations start from, if the user names no other.

    Args:
        plan: Plan with the configurations.

    Raises:
        ExperimentError: The T5 or its tokenizer cannot be read.
    """
    options = plan.options
    name = read_settings(plan.configs / "generative.yaml").get("t5")
    if name and not (options.t5 or options.motiongpt or options.smoke):
        _read_t5(_check_t5, name)


def _read_t5(read: Callable[[str], str], name: str) -> str:
    """Read a T5, with an error of one line that names the option."""
    try:
        return read(name)
    except ExperimentError:
        raise
    except (OSError, ValueError) as error:
        raise ExperimentError(
            f"the T5 is {name}, which cannot be read ({one_line(error)}): pass --t5 with the "
            "folder of a T5 and its tokenizer, or --configs tiny to train from scratch"
        ) from error


def _check_t5(name: str) -> str:
    from .starting_points import check_start

    check_start(None, name, None, len(SCORES))
    return name


def _tokenizer_folder(name: str) -> str:
    """Local folder of tokenizer and configuration of a T5; from the Hub they are downloaded."""
    from transformers import AutoTokenizer

    if not Path(name).is_dir():
        from huggingface_hub import snapshot_download

        name = snapshot_download(
            name, allow_patterns=["*.json", "spiece.model"], token=download_token()
        )
    AutoTokenizer.from_pretrained(name)  # an error is raised before the first step
    return name


def check_output(output: Path) -> None:
    """Check that the output folder is new, empty, or was written by this command.

    Args:
        output: The folder.

    Raises:
        ExperimentError: It is a file, or holds other files.
    """
    if output.exists() and not output.is_dir():
        raise ExperimentError(f"{output} is a file, expected a folder to write: name another")
    if output.is_dir() and not (output / SETTINGS).is_file() and any(output.iterdir()):
        raise ExperimentError(
            f"{output} is not empty and was not written by 'agir reproduce' (it has no {SETTINGS}):"
            " name a new folder"
        )


def check_settings(plan: ReproducePlan) -> None:
    """Compare the settings with those of the first call, if there was one.

    Args:
        plan: Plan with the present settings.

    Raises:
        ExperimentError: A setting that changes the results is different.
    """
    path = plan.output / SETTINGS
    if not path.is_file():
        return
    earlier, now = json.loads(path.read_text(encoding="utf-8")), plan.settings()
    for name, value in now.items():
        if earlier.get(name) != json.loads(json.dumps(value)):
            raise ExperimentError(
                f"{plan.output} was made with {name} {_shown(earlier.get(name))}, now it is "
                f"{_shown(value)}: pass the earlier value, or name another folder"
            )


def _shown(value: object) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value))
    return "not set" if value in (None, False) else "set" if value is True else str(value)


def lock_settings(plan: ReproducePlan) -> None:
    """Write the settings into the output folder, for later calls.

    Args:
        plan: Plan with the settings.
    """
    text = json.dumps(plan.settings(), indent=1, ensure_ascii=False)
    write_text_atomic(plan.output / SETTINGS, text + "\n")


def check_disk(plan: ReproducePlan, needed: int) -> None:
    """Check that the disk has enough space for the steps that are left.

    Args:
        plan: Plan with the output folder.
        needed: Estimated bytes of these steps.

    Raises:
        ExperimentError: The free space is smaller.
    """
    folder = next(path for path in (plan.output, *plan.output.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise ExperimentError(
            f"{folder} has {free / 1e9:.1f} GB of free disk space, expected at least "
            f"{needed / 1e9:.1f} GB: free space, or name a folder on another disk"
        )

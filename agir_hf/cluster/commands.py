"""Shared parts of the recipes of clusters: errors on one line, and the folder of the model."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from ..utils.command_line import USER_ERROR
from ..utils.formatting import printable
from .local_executor import TaskError

_ERRORS = (ValueError, OSError, ImportError, TaskError, subprocess.CalledProcessError)


def run(main: Callable[[], None]) -> None:
    """Run a recipe; an error that a user can fix is printed on one line, with exit code 2.

    Args:
        main: Function of the recipe, without arguments.

    Raises:
        SystemExit: The recipe failed with such an error.
    """
    try:
        main()
    except _ERRORS as error:
        print(f"error: {printable(' '.join(str(error).split()))}", file=sys.stderr)
        raise SystemExit(USER_ERROR) from None


def model_folder(name_or_path: str) -> str:
    """Return the folder of a model; a model of the Hub is downloaded once, not by every task.

    The machines of a cluster find the folder if it is on a file system that all of them have: set
    `HF_HOME` to such a folder.

    Args:
        name_or_path: Folder, or name of a repository on the Hub.

    Returns:
        Absolute path of the folder.

    Raises:
        ValueError: There is no such model.
    """
    if Path(name_or_path).is_dir():
        return str(Path(name_or_path).resolve())
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    from ..utils.hub_host import download_token

    try:
        return snapshot_download(name_or_path, token=download_token())
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"--model: there is no folder {name_or_path}, and {reason}") from error


def folder_of_run(out: str) -> str:
    """Return the folder of a run as an absolute path, or as an address of another file system.

    Args:
        out: Path, or address such as "s3://study/results".
    """
    return out.rstrip("/") if "://" in out else str(Path(out).expanduser().resolve())

"""The Space and the metrics → the Hub."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

from ..corpus.store import ABOUT, WORK, BuildError
from .model_card import card_head
from .upload import push
from .upload_plan import PublishError, UploadPlan, gather

_PACKAGE = Path(__file__).resolve().parents[1]
SPACE = _PACKAGE.parent / "spaces_app"  # of this repository; an installed package has none
METRICS = _PACKAGE / "evaluation"
_OWN = re.compile(r"^agir-hf\b(?!.*@)", re.MULTILINE)
_INSTALLED = (
    "requirements.txt takes agir-hf from the package index: it must be there, or its repository be "
    "named (agir-hf @ git+https://…)"
)
_HEAD = "sdk: gradio and app_file: a file of the folder"


def space_plan(folder: Path, repo: str) -> UploadPlan:
    """A Gradio Space: app, card with its head, requirements, examples.

    Args:
        folder: of the Space, such as `SPACE`.
        repo: "name" or "owner/name".

    Raises:
        PublishError: there is no such folder, or no Space in it.
    """
    if not folder.is_dir():
        raise PublishError(
            f"no such folder: {folder}; the Space is in spaces_app of the repository: give it with "
            "--from"
        )
    files, left_out = gather(folder)
    try:
        head = card_head(files["README.md"].read_text("utf-8")) if "README.md" in files else {}
    except ValueError as error:
        raise PublishError(f"{folder / 'README.md'}: {error}") from error
    app = str(head.get("app_file"))
    if head.get("sdk") != "gradio" or app not in files:
        raise PublishError(
            f"{folder} is no Space that runs: the head of README.md has sdk: {head.get('sdk')} and "
            f"app_file: {head.get('app_file')}, expected {_HEAD}"
        )
    if "requirements.txt" not in files:
        raise PublishError(f"{folder} has no requirements.txt, which tells what the Space installs")
    remarks = [_INSTALLED] if _OWN.search(files["requirements.txt"].read_text("utf-8")) else []
    return UploadPlan("space", repo, files, app, left_out, remarks)


def metric_plans(owner: str) -> list[UploadPlan]:
    """Each metric of `agir_hf.evaluation` as a Space, which ``evaluate.load("owner/name")`` reads.

    Args:
        owner: user or organisation.

    Raises:
        PublishError: the name holds a slash.
    """
    if "/" in owner:
        raise PublishError(
            f"{owner!r} is no name of an owner: each metric is a repository of its own, give the "
            "user or organisation alone"
        )
    folders = [card.parent for card in sorted(METRICS.glob("*/README.md"))]
    return [
        replace(space_plan(one, f"{owner}/{one.name}"), sign=f"{one.name}.py") for one in folders
    ]


def dataset_plan(folder: Path, repo: str) -> UploadPlan:
    """A corpus as a data set: data, card, figures, splits and statistics.

    What the build keeps for itself does not go.

    Args:
        folder: of `agir_hf.corpus.build.build_corpus`.
        repo: "name" or "owner/name".

    Raises:
        BuildError: the folder holds no finished corpus.
        PublishError: the source forbids handing it on.
    """
    about = Path(folder) / ABOUT
    if not about.is_file():
        raise BuildError(f"{folder} holds no finished corpus: run 'agir corpus build' first")
    told = json.loads(about.read_text(encoding="utf-8"))
    if not told["publishable"]:
        raise PublishError(
            f"{folder} was made of {told['title']}, whose terms do not allow handing it on: it is "
            "not published; others can build it from their own copy with the same command"
        )
    files, left_out = gather(Path(folder), leave_out=(WORK, ".*"))
    return UploadPlan("dataset", repo, files, sign=ABOUT, left_out=left_out)


def publish_corpus(folder: Path, repo: str, *, private: bool = False) -> str:
    """Upload a corpus to a data set repository, which is made if it is not there.

    Args: see `dataset_plan` and `upload.push`.

    Returns:
        The address of the data set.

    Raises:
        BuildError, PublishError: see `dataset_plan` and `upload.push`.
    """
    return push(dataset_plan(folder, repo), private=private).url

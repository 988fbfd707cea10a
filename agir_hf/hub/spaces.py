"""The Space and the metrics → the Hub."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from .card_head import card_head
from .parcel import Parcel, PublishError, gather

_PACKAGE = Path(__file__).resolve().parents[1]
SPACE = _PACKAGE.parent / "spaces_app"  # of this repository; an installed package has none
METRICS = _PACKAGE / "evaluation"
_OWN = re.compile(r"^agir-hf\b(?!.*@)", re.MULTILINE)
_INSTALLED = (
    "requirements.txt takes agir-hf from the package index: it must be there, or its repository be "
    "named (agir-hf @ git+https://…)"
)
_HEAD = "sdk: gradio and app_file: a file of the folder"


def space_parcel(folder: Path, repo: str) -> Parcel:
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
    return Parcel("space", repo, files, app, left_out, remarks)


def metric_parcels(owner: str) -> list[Parcel]:
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
        replace(space_parcel(one, f"{owner}/{one.name}"), sign=f"{one.name}.py") for one in folders
    ]

"""Upload plans of a corpus, the Space and the metrics."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path

from ..corpus.store import METADATA_FILE, WORK, BuildError
from .folders import METRICS
from .model_card import read_card
from .upload import push
from .upload_plan import PublishError, UploadPlan, gather

_PACKAGE_FROM_INDEX = re.compile(r"^agir-hf\b(?!.*@)", re.MULTILINE)
_NOT_ON_INDEX = (
    "requirements.txt installs agir-hf from the package index: publish it there first, or name its "
    "repository (agir-hf @ git+https://…)"
)
_PACKAGE_FILE = "__init__.py"  # makes the folder a part of our wheel; a Space does not need it


def dataset_plan(folder: str | os.PathLike, repo: str) -> UploadPlan:
    """Plan the upload of a corpus as a data set repository.

    The plan has the Parquet files, the card, figures, splits and statistics. Working files of the
    build and hidden files are left out.

    Args:
        folder (`str` or `os.PathLike`):
            Corpus, from [`~agir_hf.corpus.build.build_corpus`].
        repo (`str`):
            Name of the repository, "name" or "owner/name".

    Returns:
        [`~agir_hf.hub.upload_plan.UploadPlan`]: The plan, for [`~agir_hf.hub.upload.push`].

    Raises:
        BuildError: The folder has no finished corpus.
        PublishError: The terms of the recordings do not allow to publish the corpus.

    Example:
        ```python
        >>> import json
        >>> from pathlib import Path
        >>> from agir_hf.hub.plans import dataset_plan
        >>> Path("corpus").mkdir()
        >>> about = {"title": "Simulated walks", "publishable": True}  # of 'agir corpus build'
        >>> _ = Path("corpus/corpus.json").write_text(json.dumps(about))
        >>> dataset_plan("corpus", "me/walks").sizes
        {'corpus.json': 49}

        ```
    """
    folder = Path(folder)
    if not (folder / METADATA_FILE).is_file():
        raise BuildError(f"{folder} holds no finished corpus: run 'agir corpus build' first")
    about = json.loads((folder / METADATA_FILE).read_text(encoding="utf-8"))
    if not about["publishable"]:
        raise PublishError(
            f"{folder} was made of {about['title']}, whose terms do not allow passing it on: it is "
            "not published; others can build it from their own copy with the same command"
        )
    files, left_out = gather(folder, leave_out=(WORK, ".*"))
    return UploadPlan("dataset", repo, files, identifying_file=METADATA_FILE, left_out=left_out)


def publish_corpus(folder: str | os.PathLike, repo: str, *, private: bool = False) -> str:
    """Upload a corpus to a data set repository, and create the repository if it does not exist.

    This is [`dataset_plan`] followed by [`~agir_hf.hub.upload.push`] without a tag.

    Args:
        folder (`str` or `os.PathLike`):
            Corpus, from [`~agir_hf.corpus.build.build_corpus`].
        repo (`str`):
            Name of the repository, "name" or "owner/name". Without an owner it is the user of the
            access token.
        private (`bool`, defaults to `False`):
            Whether a repository that is created is private.

    Returns:
        `str`: Address of the data set.

    Raises:
        BuildError: The folder has no finished corpus.
        PublishError: The terms of the recordings do not allow to publish the corpus, it has a file
            that must not be published, or the Hub refuses the upload.

    Example:
        ```python
        >>> from agir_hf.hub.plans import publish_corpus
        >>> publish_corpus("corpus", "me/walks")
        Traceback (most recent call last):
            ...
        agir_hf.corpus.store.BuildError: corpus holds no finished corpus: run ...

        ```
    """
    return push(dataset_plan(folder, repo), private=private).url


def space_plan(folder: str | os.PathLike, repo: str) -> UploadPlan:
    """Plan the upload of a Gradio Space: app, card, requirements and examples.

    Args:
        folder (`str` or `os.PathLike`):
            Folder of the Space. [`~agir_hf.hub.folders.space_folder`] is the one of this package.
        repo (`str`):
            Name of the repository, "name" or "owner/name".

    Returns:
        [`~agir_hf.hub.upload_plan.UploadPlan`]: The plan, for [`~agir_hf.hub.upload.push`].

    Raises:
        PublishError: The folder does not exist, its README.md does not describe a Gradio Space, or
            the app or requirements.txt is missing.

    Example:
        ```python
        >>> from agir_hf.hub.folders import space_folder
        >>> from agir_hf.hub.plans import space_plan
        >>> plan = space_plan(space_folder(), "me/agir")
        >>> plan.kind, plan.identifying_file
        ('space', 'app.py')

        ```
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise PublishError(f"no such folder: {folder}; pass the folder of a Space with --from")
    files, left_out = gather(folder)
    if files.pop(_PACKAGE_FILE, None):
        left_out.append(_PACKAGE_FILE)
    app = _app_file(folder, files)
    if "requirements.txt" not in files:
        raise PublishError(f"{folder} has no requirements.txt: list in it what the Space installs")
    requirements = files["requirements.txt"].read_text("utf-8")
    remarks = [_NOT_ON_INDEX] if _PACKAGE_FROM_INDEX.search(requirements) else []
    return UploadPlan("space", repo, files, app, left_out, remarks)


def _app_file(folder: Path, files: dict[str, Path]) -> str:
    """Return the path of the app, from the YAML header of the card.

    Raises:
        PublishError: The card does not describe a Gradio Space with an app in the folder.
    """
    card = files["README.md"].read_text("utf-8") if "README.md" in files else ""
    try:
        header = read_card(card).data
    except ValueError as error:
        raise PublishError(f"{folder / 'README.md'}: {error}") from error
    app = str(header.get("app_file"))
    if header.get("sdk") != "gradio" or app not in files:
        raise PublishError(
            f"{folder} is no Gradio Space: the header of README.md has sdk: {header.get('sdk')} "
            f"and app_file: {header.get('app_file')}, expected sdk: gradio and app_file: a file of "
            "the folder"
        )
    return app


def metric_plans(owner: str) -> list[UploadPlan]:
    """Plan the upload of each metric as a Space that ``evaluate.load("owner/name")`` reads.

    Args:
        owner (`str`):
            User or organisation on the Hub.

    Returns:
        `list` of [`~agir_hf.hub.upload_plan.UploadPlan`]: A plan for each metric of
        `agir_hf.evaluation`, sorted by name.

    Raises:
        PublishError: The owner has a slash.

    Example:
        ```python
        >>> from agir_hf.hub.plans import metric_plans
        >>> [plan.repo for plan in metric_plans("me")][:3]
        ['me/gait_calibration', 'me/gait_scores', 'me/grounding']

        ```
    """
    if "/" in owner:
        raise PublishError(
            f"{owner!r} is no owner: every metric is a repository of its own, pass the user or "
            "organisation only"
        )
    folders = [card.parent for card in sorted(METRICS.glob("*/README.md"))]
    return [
        replace(space_plan(folder, f"{owner}/{folder.name}"), identifying_file=f"{folder.name}.py")
        for folder in folders
    ]

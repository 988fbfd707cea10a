"""A finished corpus → the Hub."""

from __future__ import annotations

import json
from pathlib import Path

from ..corpus.store import ABOUT, WORK, BuildError
from .parcel import Parcel, PublishError, gather
from .upload import push


def dataset_parcel(folder: Path, repo: str) -> Parcel:
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
    return Parcel("dataset", repo, files, sign=ABOUT, left_out=left_out)


def publish_corpus(folder: Path, repo: str, *, private: bool = False) -> str:
    """Upload a corpus to a data set repository, which is made if it is not there.

    Args: see `dataset_parcel` and `upload.push`.

    Returns:
        The address of the data set.

    Raises:
        BuildError, PublishError: see `dataset_parcel` and `upload.push`.
    """
    return push(dataset_parcel(folder, repo), private=private).url

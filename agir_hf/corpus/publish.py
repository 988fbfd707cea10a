"""A finished corpus → the Hub."""

from __future__ import annotations

import json
from pathlib import Path

from .build import ABOUT, BuildError
from .store import WORK


class PublishError(RuntimeError):
    """A corpus that cannot be published; the message says why, on one line."""


def publish_corpus(folder: Path, repo_id: str, *, private: bool = False) -> str:
    """Upload a corpus to a data set repository, which is made if it is not there.

    Data, card, figures, splits and statistics go; what the build keeps for itself does not.

    Args:
        folder: of `build.build_corpus`.
        repo_id: "name" or "organisation/name".
        private: of a repository that is made.

    Returns:
        The address of the data set.

    Raises:
        BuildError: the folder holds no finished corpus.
        PublishError: the source forbids handing it on, the Hub refuses or cannot be reached.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HTTPError

    about = Path(folder) / ABOUT
    if not about.is_file():
        raise BuildError(f"{folder} holds no finished corpus: run 'agir corpus build' first")
    told = json.loads(about.read_text(encoding="utf-8"))
    if not told["publishable"]:
        raise PublishError(
            f"{folder} was made of {told['title']}, whose terms do not allow handing it on: it is "
            "not published; others can build it from their own copy with the same command"
        )
    api = HfApi()
    try:
        url = api.create_repo(repo_id, repo_type="dataset", private=private, exist_ok=True)
        api.upload_folder(
            folder_path=str(folder),
            repo_id=url.repo_id,
            repo_type="dataset",
            ignore_patterns=[f"{WORK}/**", ".*", "**/.*"],
            commit_message="Corpus made by agir corpus build",
        )
    except (HfHubHTTPError, ValueError) as error:
        raise PublishError(f"the Hub refuses {repo_id}: {error}") from error
    except HTTPError as error:
        raise PublishError(f"the Hub cannot be reached at {api.endpoint}: {error}") from error
    return str(url)

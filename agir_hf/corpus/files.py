"""Files of a corpus in a folder or on the Hub."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ..constants_agir import SCORES
from ..utils.hub_host import download_token
from .store import METADATA_FILE


class CorpusNotFoundError(FileNotFoundError, ValueError):
    """Error for a corpus that is neither a folder nor a data set on the Hub."""


def corpus_file(corpus: str | os.PathLike, name: str) -> Path:
    """Path of a file of a corpus; from the Hub it is downloaded to the cache.

    Args:
        corpus: Folder of a corpus, or the name of a data set on the Hub.
        name: File in the corpus, such as "splits.json".

    Raises:
        CorpusNotFoundError: There is no such corpus, or the Hub cannot be reached.
        FileNotFoundError: The corpus has no such file.
    """
    folder = Path(corpus)
    if folder.is_dir():
        if not (folder / name).is_file():
            raise FileNotFoundError(
                f"{folder} has no {name}, expected a corpus: run 'agir corpus build' first"
            )
        return folder / name
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import (
        EntryNotFoundError,
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
    )

    try:
        return Path(hf_hub_download(str(corpus), name, repo_type="dataset", token=download_token()))
    except LocalEntryNotFoundError as error:
        raise not_found(corpus, error) from error
    except EntryNotFoundError as error:
        raise FileNotFoundError(
            f"the data set {corpus} on the Hub has no {name}, expected a corpus that 'agir corpus "
            "publish' uploaded"
        ) from error
    except (HfHubHTTPError, HFValidationError, OSError) as error:
        raise not_found(corpus, error) from error


def not_found(corpus: str | os.PathLike, error: Exception) -> CorpusNotFoundError:
    """Error for a corpus that cannot be found, on one line.

    Args:
        corpus: Folder of a corpus, or the name of a data set on the Hub.
        error: Reason.
    """
    from huggingface_hub.errors import RepositoryNotFoundError

    commands = f"'agir corpus simulate COHORT' and 'agir corpus build COHORT {corpus}'"
    if Path(corpus).is_absolute() or len(Path(corpus).parts) > 2:  # no name of the Hub
        return CorpusNotFoundError(
            f"{corpus} does not exist, expected the folder of a corpus: make one of simulated "
            f"walks with {commands}, or pass another folder"
        )
    reason = " ".join(str(error).split())
    if isinstance(error, RepositoryNotFoundError):
        reason = "it does not exist, or it is private and no access token was passed"
    return CorpusNotFoundError(
        f"{corpus} is no folder, and no data set of this name can be read from the Hub ({reason}): "
        f"check the name, or make a corpus of simulated walks with {commands}"
    )


def corpus_num_scores(corpus: str | os.PathLike) -> int:
    """Number of scores of a corpus, which are 0 to this number - 1.

    Args:
        corpus: Folder of a corpus, or the name of a data set on the Hub.

    Returns:
        `int`: `num_scores` of `corpus.json`; 3 for a corpus of an earlier version, which has none.

    Raises:
        CorpusNotFoundError: There is no such corpus, or the Hub cannot be reached.
        FileNotFoundError: The corpus has no `corpus.json`.
    """
    metadata = json.loads(corpus_file(corpus, METADATA_FILE).read_text(encoding="utf-8"))
    return metadata.get("num_scores", len(SCORES))

"""Reviews that are kept on the server, so that reloading the page loses nothing.

The browser keeps a random key of its review, and the server keeps one file for each key. The file
is removed a day after the last change, and when the app ends.
"""

from __future__ import annotations

import atexit
import json
import secrets
import shutil
import threading
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from review_session import Review

from agir_hf.utils.files import write_text_atomic

RETENTION_S = 24 * 3600.0
MAX_REVIEWS = 500  # of all browsers; the oldest ones are removed


class ReviewStore:
    """Reviews of all browsers.

    Args:
        folder: Folder of the files, which is created when a review is added, and is removed when
            the app ends.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self._lock = threading.Lock()
        atexit.register(shutil.rmtree, folder, ignore_errors=True)

    def add(self, review: Review) -> str:
        """Keep a new review.

        Args:
            review: The review.

        Returns:
            Its key, which cannot be guessed.
        """
        key = secrets.token_urlsafe(24)
        with self._lock:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._remove_expired()
            self._write(key, review)
        return key

    def load(self, key: str | None) -> Review | None:
        """Return a review, or None if there is none of this key.

        Args:
            key: Key of the review.
        """
        try:
            return Review.from_json(json.loads(self._path(key).read_text("utf-8")))
        except OSError:
            return None

    def update(self, key: str, step: Callable[[Review], Review]) -> Review | None:
        """Change a review; changes of one review from two windows follow each other.

        Args:
            key: Key of the review.
            step: Function of the review that returns the changed review.

        Returns:
            The changed review; None if there is none of this key.
        """
        with self._lock:
            review = self.load(key)
            if review is None:
                return None
            changed = step(review)
            if changed != review:
                self._write(key, changed)
            return changed

    def remove(self, key: str) -> None:
        """Remove a review.

        Args:
            key: Key of the review.
        """
        self._path(key).unlink(missing_ok=True)
        shutil.rmtree(self.files_of(key), ignore_errors=True)

    def files_of(self, key: str) -> Path:
        """Return the folder of the files of a review that are downloaded; it may be missing.

        Args:
            key: Key of the review.
        """
        return self._path(key).with_suffix(".files")

    def _write(self, key: str, review: Review) -> None:
        write_text_atomic(self._path(key), json.dumps(review.as_json(), ensure_ascii=False))

    def _path(self, key: str | None) -> Path:
        return self.folder / f"{sha256(str(key).encode()).hexdigest()[:32]}.json"

    def _remove_expired(self) -> None:
        files = sorted(self.folder.glob("*.json"), key=lambda file: -file.stat().st_mtime)
        oldest = time.time() - RETENTION_S
        for number, file in enumerate(files):
            if number >= MAX_REVIEWS - 1 or file.stat().st_mtime < oldest:
                file.unlink(missing_ok=True)
                shutil.rmtree(file.with_suffix(".files"), ignore_errors=True)

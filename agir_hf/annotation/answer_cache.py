"""Cache of the answers of a language model, in a JSON Lines file."""

from __future__ import annotations

import json
import logging
import threading
from datetime import UTC, datetime
from pathlib import Path

from ..utils.jsonl import append_line
from .prompts import AnswerError, parse_answer

logger = logging.getLogger(__name__)


class AnswerCache:
    """Answers in a JSON Lines file with key, model, answer and time.

    The file is only appended to. Of several answers with the same key the first is used. Incomplete
    lines of a killed process are skipped.

    Args:
        path: File of the cache; it is created with the first answer.

    Raises:
        ValueError: The file is not a cache of answers.
    """

    def __init__(self, path: Path):
        self.path = path
        self._lock = threading.Lock()
        self._answers: dict[str, str] = {}
        lines = path.read_bytes().splitlines() if path.exists() else []
        skipped = sum(not self._read(line) for line in lines if line.strip())
        if skipped:
            logger.warning(
                "%s: skipped %d of %d lines, which are not answers", path, skipped, len(lines)
            )

    def _read(self, line: bytes) -> bool:
        """Read a line, and return whether it is an answer."""
        try:
            row = json.loads(line)
        except ValueError:
            return False
        if not isinstance(row, dict) or not {"key", "model", "answer", "time"} <= row.keys():
            raise ValueError(
                f"{self.path} is not a cache of answers, expected key, model, answer and time in "
                "each line: pass another file"
            )
        try:
            parse_answer(row["answer"])
        except AnswerError:
            return False
        self._answers.setdefault(row["key"], row["answer"])
        return True

    def get(self, key: str) -> str | None:
        """Return the answer of a key, or None.

        Args:
            key: Digest of model, messages and temperature.
        """
        with self._lock:
            return self._answers.get(key)

    def put(self, key: str, model: str, answer: str) -> str:
        """Store an answer.

        Args:
            key: Digest of model, messages and temperature.
            model: Name of the model.
            answer: Answer in the three-line form.

        Returns:
            The stored answer: the earlier one, if another thread has stored an answer for this key.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        row = {"key": key, "model": model, "answer": answer, "time": now}
        with self._lock:
            if key in self._answers:
                return self._answers[key]
            append_line(self.path, row)
            self._answers[key] = answer
        return answer

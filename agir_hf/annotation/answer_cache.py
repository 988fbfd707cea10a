"""What asking a language model needs beside the asking: a pace, and a memory of answers."""

from __future__ import annotations

import json
import logging
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from ..utils.jsonl import append_line
from .prompts import AnswerError, parse_answer

logger = logging.getLogger(__name__)


class Stopped(Exception):
    """Another walk has failed, or nobody waits for the answers any more."""


class Pace:
    """Spaces the starts of requests over all threads."""

    def __init__(self, interval_s: float):
        self.interval_s = interval_s
        self._next_s = 0.0
        self._lock, self._queue = threading.Lock(), threading.Lock()

    def wait(self, stop: threading.Event) -> None:
        """Return when it is this thread's turn; who has waited longest is next."""
        with self._queue:
            while not stop.is_set():
                with self._lock:  # not held in the wait below, where `hold` may put it off
                    now_s = time.monotonic()
                    left_s = self._next_s - now_s
                    if left_s <= 0:
                        self._next_s = now_s + self.interval_s
                        return
                stop.wait(left_s)
        raise Stopped

    def hold(self, seconds: float) -> None:
        """No request starts before this long from now."""
        with self._lock:
            self._next_s = max(self._next_s, time.monotonic() + seconds)


class AnswerCache:
    """Answers in a JSON Lines file: key, model, answer, time; the first answer to a prompt stands.

    A line that a killed process left half written is passed over, wherever it stands.
    """

    def __init__(self, path: Path):
        self.path = path
        self._lock = threading.Lock()
        self._answers: dict[str, str] = {}
        lines = path.read_bytes().splitlines() if path.exists() else []
        lost = sum(not self._read(line) for line in lines if line.strip())
        if lost:
            logger.warning("%s: %d of %d lines are no answers, passed over", path, lost, len(lines))

    def _read(self, line: bytes) -> bool:
        try:
            row = json.loads(line)
        except ValueError:
            return False
        if not isinstance(row, dict) or not {"key", "model", "answer", "time"} <= row.keys():
            raise ValueError(f"{self.path} is no cache of answers, expected key, model, answer, "
                             "time in each line: give another file")  # fmt: skip
        try:
            parse_answer(row["answer"])
        except AnswerError:
            return False
        self._answers.setdefault(row["key"], row["answer"])
        return True

    def get(self, key: str) -> str | None:
        with self._lock:
            return self._answers.get(key)

    def put(self, key: str, model: str, answer: str) -> str:
        """Keep an answer; returns the one that stands, for two threads may ask the same."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        row = {"key": key, "model": model, "answer": answer, "time": now}
        with self._lock:
            if key in self._answers:
                return self._answers[key]
            append_line(self.path, row)
            self._answers[key] = answer
        return answer

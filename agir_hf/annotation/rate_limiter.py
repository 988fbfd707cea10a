"""Rate limit of requests, shared by all threads."""

from __future__ import annotations

import threading
import time


class StoppedError(Exception):
    """The run was stopped: another request failed, or the answers are no longer needed."""


class RateLimiter:
    """Spaces the starts of requests evenly over all threads.

    Args:
        interval_s: Shortest time between two starts, in seconds.
    """

    def __init__(self, interval_s: float):
        self.interval_s = interval_s
        self._next_s = 0.0
        self._lock, self._queue = threading.Lock(), threading.Lock()

    def wait(self, stop: threading.Event) -> None:
        """Wait until this thread may start a request; waiting threads are served one at a time.

        Args:
            stop: Event that ends the wait.

        Raises:
            StoppedError: `stop` was set.
        """
        with self._queue:
            while not stop.is_set():
                with self._lock:  # not held during the wait below, so that `hold` can extend it
                    now_s = time.monotonic()
                    left_s = self._next_s - now_s
                    if left_s <= 0:
                        self._next_s = now_s + self.interval_s
                        return
                stop.wait(left_s)
        raise StoppedError

    def hold(self, seconds: float) -> None:
        """Start no further request for some time.

        Args:
            seconds: Duration in seconds, from now.
        """
        with self._lock:
            self._next_s = max(self._next_s, time.monotonic() + seconds)

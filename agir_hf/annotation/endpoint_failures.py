"""Classification of failed requests to an endpoint: whether to retry, and after how long."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from .api_keys import key_hint, shortened

MAX_RETRY_AFTER_S = 600.0  # a server that asks for a longer wait is not asked again
_UNAUTHORIZED = (401, 403)
_RETRIED = (408, 429)  # and all server errors, from 500


class AttemptError(Exception):
    """An attempt without a usable answer.

    Args:
        reason: Message for the user.
        final: Whether a retry cannot succeed.
        backs_off: Whether to wait before the next attempt.
        retry_after_s: Wait in seconds that the server asks of all workers, or None.
    """

    def __init__(
        self,
        reason: str,
        *,
        final: bool = False,
        backs_off: bool = True,
        retry_after_s: float | None = None,
    ):
        super().__init__(reason)
        self.final, self.backs_off, self.retry_after_s = final, backs_off, retry_after_s


def failed_attempt(error: Exception, timeout_s: float, base_url: str | None) -> AttemptError:
    """Classify an exception of the client.

    Args:
        error: Exception of `huggingface_hub` or of the HTTP library.
        timeout_s: Timeout of the request, for the message.
        base_url: Address of the endpoint; None is the Hub.

    Returns:
        The error to raise, without `error` as its cause.
    """
    from huggingface_hub.errors import OfflineModeIsEnabled

    if isinstance(error, OfflineModeIsEnabled):
        return AttemptError(
            "offline mode is on: unset HF_HUB_OFFLINE and TRANSFORMERS_OFFLINE", final=True
        )
    if isinstance(error, TimeoutError):
        return AttemptError(f"no answer in {timeout_s:g} s")
    response = getattr(error, "response", None)
    if response is None:
        return AttemptError(f"no connection, {type(error).__name__}: {shortened(error)}")
    # the body of the response: the text of the exception begins with the address and advice
    return _failed_status(
        response.status_code,
        shortened(response.text),
        retry_after_seconds(response.headers.get("Retry-After")),
        base_url,
    )


def _failed_status(
    status: int, message: str, retry_after_s: float | None, base_url: str | None
) -> AttemptError:
    if status in _UNAUTHORIZED:
        return AttemptError(f"HTTP {status}, {key_hint(base_url)}: {message}", final=True)
    if status == 404:
        return AttemptError(f"HTTP 404, no such model or address: {message}", final=True)
    if status in _RETRIED or status >= 500:
        too_long = (retry_after_s or 0) > MAX_RETRY_AFTER_S
        wait = f", asks to wait {retry_after_s:g} s" if too_long else ""
        return AttemptError(
            f"HTTP {status}{wait}: {message}", final=too_long, retry_after_s=retry_after_s
        )
    return AttemptError(f"HTTP {status}, the request was refused: {message}", final=True)


def retry_after_seconds(header: str | None) -> float | None:
    """Seconds to wait from a `Retry-After` header.

    Args:
        header: Number of seconds, or a date.

    Returns:
        The seconds, at least 0; None if there is no header or it is neither of the two.
    """
    if header is None:
        return None
    try:
        return max(float(header), 0.0)
    except ValueError:
        pass
    try:
        return max((parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return None

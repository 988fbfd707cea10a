"""What can go wrong on the way to the Hub, on one line and with what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .parcel import PublishError

_AGAIN = (
    "run the same command again, and it goes on from what was sent (nothing half is there: a push "
    "is one commit)"
)


@contextmanager
def told(repo: str, endpoint: str) -> Iterator[None]:
    """Turn errors of the Hub's library into a `PublishError`.

    Args:
        repo: that is pushed to.
        endpoint: address of the Hub.
    """
    from huggingface_hub.errors import (
        HfHubHTTPError,
        HFValidationError,
        HTTPError,
        OfflineModeIsEnabled,
    )

    try:
        yield
    except HFValidationError as error:
        raise PublishError(f"the Hub refuses the name {repo!r}: {error}") from error
    except OfflineModeIsEnabled as error:
        raise PublishError(
            "the Hub is not asked, for HF_HUB_OFFLINE is set: unset it to publish"
        ) from error
    except (HTTPError, RuntimeError) as error:
        if isinstance(error, PublishError):
            raise
        cause = _cause(error, HTTPError)  # the upload of a large file wraps it
        if isinstance(cause, HfHubHTTPError):
            raise PublishError(_refusal(cause, repo, endpoint)) from error
        if cause is None:
            raise
        raise PublishError(
            f"the Hub cannot be reached at {endpoint}, or the connection was cut ({cause}): later "
            f"{_AGAIN}"
        ) from error
    except ValueError as error:  # such as a card that the Hub does not take
        raise PublishError(f"the Hub refuses {repo}: {error}") from error


def _cause(error: BaseException | None, kind: type) -> BaseException | None:
    while error is not None and not isinstance(error, kind):
        error = error.__cause__
    return error


def _refusal(error, repo: str, endpoint: str) -> str:
    """An answer of the Hub in words."""
    status = error.response.status_code
    said = " ".join((error.server_message or str(error)).split())
    tokens = f"{endpoint}/settings/tokens"
    known = {
        401: f"nothing is sent to {repo}, for the Hub does not know this access token (401): run "
        f"'hf auth login', or set HF_TOKEN to one that may write, from {tokens}",
        403: f"the access token may not write to {repo} (403: {said}): push to a name of your own, "
        f"or give the token that right at {tokens}",
        429: f"the Hub asks to wait (429, too many requests): in {_wait(error.response)}, {_AGAIN}",
        507: f"the Hub has no more room for {repo} (507: {said}): make room in your storage there",
    }
    if status in (409, 412):
        return (
            f"{repo} was changed by somebody else meanwhile ({status}: {said}): look at it, and "
            "run the same command again"
        )
    if status >= 500 and status not in known:
        return f"the Hub fails at the moment ({status}: {said}): in some minutes, {_AGAIN}"
    return known.get(status, f"the Hub refuses {repo} ({status}): {said}")


def _wait(response) -> str:
    from huggingface_hub.utils import parse_ratelimit_headers

    limit = parse_ratelimit_headers(response.headers)
    seconds = response.headers.get("Retry-After") or (limit and limit.reset_in_seconds)
    return f"{seconds} seconds" if seconds else "some minutes"

"""Rationales from a language model behind an OpenAI-compatible address, checked as they come.

Answers are kept in a JSON Lines file, so that what was paid for once is never asked again. The key
of the address is read from the environment and goes nowhere else.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import random
import re
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import islice
from pathlib import Path

from .answer_cache import AnswerCache, Pace, Stopped
from .prompts import (
    AnswerError,
    Written,
    build_messages,
    contradicted_claims,
    correction_messages,
    flags_of,
    parse_answer,
)

KEY_VARIABLES = ("AGIR_API_KEY", "HF_TOKEN")  # the first that is set
_HUB = re.compile(r"https://(?:[\w-]+\.)*huggingface\.co(?:[:/]|$)")
NO_KEY = "none"  # sent where no key is set: an empty one would be replaced by a stored token
MAX_TOKENS = 2048  # three parts take some 300; the rest is for models that reason before
LONGEST_BACKOFF_S, LONGEST_RETRY_AFTER_S = 60.0, 600.0
SHOWN = 200  # characters of what a server says in an error

logger = logging.getLogger(__name__)


class EndpointError(RuntimeError):
    """A model's address gave no usable answer; names the model, the walk and what came last."""


@dataclass(frozen=True)
class Request:
    """A walk to write about.

    Attributes:
        key: names the walk, in `Answered` and in errors.
        parameters: name → value, see `build_messages`.
        score: 0 to 2, as the clinician gave it.
        age, sex: of the walker, for the norms.
    """

    key: str
    parameters: Mapping[str, float]
    score: int
    age: float | None = None
    sex: str | None = None


@dataclass(frozen=True)
class Answered:
    """What was written about a walk; `flags` are the claims that stayed contradicted."""

    key: str
    written: Written
    flags: tuple[str, ...]


class EndpointWriter:
    """Asks a language model for rationales, checks each claim, and asks once for a correction.

    Args:
        model: as the address names it.
        base_url: of any OpenAI-compatible server, up to and with "/v1"; "/chat/completions" is
            added. None: Hugging Face's inference providers.
        provider: one of those; None leaves the choice to the Hub.
        cache: JSON Lines file of the answers, made where it is missing and only appended to.
        workers: requests under way at once.
        requests_per_minute: of all workers together, evenly spaced.
        attempts: of one answer, the first included.
        timeout_s: without a sign from the server, then the attempt has failed.
        backoff_s: before the second attempt; doubles with each.
        temperature: of the model's draws.
        seed: of the model's draws, plus one with each attempt, and of the back-off's jitter.
    """

    def __init__(
        self,
        model: str,
        *,
        base_url: str | None = None,
        provider: str | None = None,
        cache: Path,
        workers: int = 4,
        requests_per_minute: float = 60,
        attempts: int = 5,
        timeout_s: float = 60.0,
        backoff_s: float = 1.0,
        temperature: float = 0.7,
        seed: int = 0,
    ):
        if base_url is not None and provider is not None:
            raise ValueError("base_url and provider are both given: a provider has its own address")
        if base_url is not None and not base_url.startswith(("http://", "https://")):
            raise ValueError(f"base_url is {base_url!r}, expected http://… or https://…")
        positive = {"workers": workers, "attempts": attempts, "timeout_s": timeout_s,
                    "requests_per_minute": requests_per_minute}  # fmt: skip
        for name, value in positive.items():
            if not value > 0:
                raise ValueError(f"{name} is {value}, expected more than 0")
        self.model, self.base_url, self.provider = model, base_url, provider
        self.name = self.state = model
        self.workers, self.attempts = workers, attempts
        self.timeout_s, self.backoff_s = timeout_s, backoff_s
        self.temperature, self.seed = temperature, seed
        self._pace = Pace(60 / requests_per_minute)
        self._cache = AnswerCache(Path(cache))
        self._jitter = random.Random(seed)

    def write(self, requests: Iterable[Request]) -> Iterator[Answered]:
        """Write about walks, several at once; the answers come in the order asked.

        Raises:
            EndpointError: a walk got no usable answer. What had come by then is in the cache.
            ValueError: a walk cannot be asked about, see `build_messages`.
        """
        run = _Run()
        pending: deque[Future[Answered]] = deque()
        pool = ThreadPoolExecutor(self.workers, thread_name_prefix="agir-endpoint")
        try:
            more = iter(requests)
            while True:
                for request in islice(more, 4 * self.workers - len(pending)):
                    messages = _messages_of(request)
                    pending.append(pool.submit(self._answer_or_stop, request, messages, run))
                if not pending:
                    return
                yield _first(pending, run)
        finally:
            run.stop.set()
            # a request under way still ends in the cache; its thread is not waited for
            pool.shutdown(wait=False, cancel_futures=True)

    def _answer_or_stop(self, request: Request, messages: list[dict], run: _Run) -> Answered:
        try:
            return self._answer(request, messages, run)
        except BaseException as error:
            run.fail(error)
            raise

    def _answer(self, request: Request, messages: list[dict], run: _Run) -> Answered:
        about = (request.parameters, request.age, request.sex)
        written = self._complete(request.key, messages, run)
        contradicted = contradicted_claims(written, *about)
        if contradicted:
            again = correction_messages(messages, written, contradicted)
            written = self._complete(request.key, again, run)
            contradicted = contradicted_claims(
                written, request.parameters, request.age, request.sex
            )
        return Answered(request.key, written, flags_of(written, contradicted))

    def _complete(self, walk: str, messages: list[dict], run: _Run) -> Written:
        """One chat completion in the three-line form, from the cache or from the model."""
        digest = _digest(self.model, messages, self.temperature)
        known = self._cache.get(digest)
        if known is not None:
            return parse_answer(known)
        for attempt in range(self.attempts):
            self._pace.wait(run.stop)
            try:
                answer = self._ask(messages, self.seed + attempt)
                parse_answer(answer)
            except AnswerError as error:
                failure = _Failure(str(error), backs_off=False)
            except _Failure as error:
                failure = error
            else:
                return parse_answer(self._cache.put(digest, self.model, answer))
            if failure.final:
                break
            logger.info(_hidden(f"{self.model}, {walk}, attempt {attempt + 1}: {failure}"))
            if attempt + 1 < self.attempts:
                self._back_off(failure, attempt, run)
        # raised out here: no chain of exceptions, whose texts are not ours, hangs on it
        tried = "" if failure.final else f"no usable answer in {self.attempts} attempts, last: "
        raise EndpointError(_hidden(f"{self.model}, {walk}: {tried}{failure}"))

    def _ask(self, messages: list[dict], seed: int) -> str:
        """One request, no retries.

        Raises:
            _Failure: there is no answer.
        """
        # here, for it takes a while to import; its HTTPError is that of the library it builds on
        from huggingface_hub.errors import HTTPError

        client = self._client()
        try:
            output = client.chat_completion(
                messages,
                model=self.model,
                max_tokens=MAX_TOKENS,
                temperature=self.temperature,
                seed=seed,
            )
            return _content(output)
        except (HTTPError, OSError) as error:
            failure = _failure(error, self.timeout_s, self.base_url)
        except (ValueError, TypeError) as error:
            failure = _Failure(f"no chat completion came: {_short(error)}")
        raise failure

    def _client(self):
        from huggingface_hub import InferenceClient

        key = _key(self.base_url)
        if key is None and self.base_url is None:
            raise _Failure(f"there is no key: {_where_keys_are(self.base_url)}", final=True)
        place = {"base_url": self.base_url} if self.base_url else {"provider": self.provider}
        return InferenceClient(api_key=key or NO_KEY, timeout=self.timeout_s, **place)

    def _back_off(self, failure: _Failure, attempt: int, run: _Run) -> None:
        """Wait before the next attempt; where the server names a rate, all workers wait."""
        if failure.retry_after_s is not None:
            self._pace.hold(failure.retry_after_s)
        elif failure.backs_off:
            longest = min(self.backoff_s * 2**attempt, LONGEST_BACKOFF_S)
            run.sleep(longest * self._jitter.uniform(0.5, 1.0))


class _Failure(Exception):
    """An attempt that gave no answer, and what to do then."""

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


class _Run:
    """One call of `write`: whether it is to stop, and the error that made it."""

    def __init__(self):
        self.stop = threading.Event()
        self.error: BaseException | None = None
        self._lock = threading.Lock()

    def fail(self, error: BaseException) -> None:
        with self._lock:
            if not self.stop.is_set():
                self.error = error
                self.stop.set()

    def sleep(self, seconds: float) -> None:
        if self.stop.wait(seconds):
            raise Stopped


def _messages_of(request: Request) -> list[dict]:
    try:
        return build_messages(request.parameters, request.score, age=request.age, sex=request.sex)
    except ValueError as error:
        raise ValueError(f"{request.key}: {error}") from error


def _first(pending: deque[Future[Answered]], run: _Run) -> Answered:
    """Wait for the first answer, or for whatever fails before it."""
    while run.error is None and not pending[0].done():
        wait([one for one in pending if not one.done()], return_when=FIRST_COMPLETED)
    if run.error is not None:
        raise run.error
    return pending.popleft().result()


def _digest(model: str, messages: list[dict], temperature: float) -> str:
    asked = json.dumps([model, messages, temperature], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(asked.encode()).hexdigest()


def _content(output) -> str:
    """The text of a chat completion, never with a key that a server sends back."""
    try:
        choice = output.choices[0]
        content, reason = choice.message.content, choice.finish_reason
    except (AttributeError, IndexError, KeyError, TypeError):
        content, reason = None, None
    if reason == "length":
        raise _Failure(f"the answer was cut off at {MAX_TOKENS} tokens", backs_off=False)
    if not isinstance(content, str):
        raise _Failure("no chat completion came: it has no choices[0].message.content")
    return _keyless(content)


def _failure(error: Exception, timeout_s: float, base_url: str | None) -> _Failure:
    """What an exception of the request means."""
    from huggingface_hub.errors import OfflineModeIsEnabled

    if isinstance(error, OfflineModeIsEnabled):
        return _Failure("offline, for HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE is set", final=True)
    if isinstance(error, TimeoutError):
        return _Failure(f"no answer in {timeout_s:g} s")
    response = getattr(error, "response", None)
    if response is None:
        return _Failure(f"no connection, {type(error).__name__}: {_short(error)}")
    # the body, not the exception: that begins with the address and advice
    status, said = response.status_code, _short(response.text)
    if status in (401, 403):
        return _Failure(f"HTTP {status}, {_where_keys_are(base_url)}: {said}", final=True)
    if status == 404:
        return _Failure(f"HTTP 404, there is no such model or address: {said}", final=True)
    if status in (408, 429) or status >= 500:
        retry_after_s = _retry_after(response.headers.get("Retry-After"))
        long = (retry_after_s or 0) > LONGEST_RETRY_AFTER_S
        asks = f", asks to wait {retry_after_s:g} s" if long else ""
        return _Failure(f"HTTP {status}{asks}: {said}", final=long, retry_after_s=retry_after_s)
    return _Failure(f"HTTP {status}, the request is refused: {said}", final=True)


def _retry_after(header: str | None) -> float | None:
    """Seconds to wait by a header of seconds or a date; None where it says neither."""
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


def _key_names(base_url: str | None) -> tuple[str, ...]:
    """Variables that may hold the key of an address: the Hub's token goes to the Hub alone."""
    ours = base_url is None or _HUB.match(base_url)
    return KEY_VARIABLES if ours else KEY_VARIABLES[:1]


def _key(base_url: str | None) -> str | None:
    names = _key_names(base_url)
    return next((os.environ[name] for name in names if os.environ.get(name)), None)


def _where_keys_are(base_url: str | None) -> str:
    return f"the key is read from the environment, {', else '.join(_key_names(base_url))}"


def _short(said: object) -> str:
    """The beginning of what a server or an exception says, cut after the key is out of it."""
    return _hidden(str(said))[:SHOWN] or "no word of why"


def _hidden(text: str) -> str:
    """A text on one line and without the key, which a server may send back."""
    return " ".join(_keyless(text).split())


def _keyless(text: str) -> str:
    for name in KEY_VARIABLES:
        if os.environ.get(name):
            text = text.replace(os.environ[name], "***")
    return text

"""Rationales by a language model behind an OpenAI-compatible endpoint, with every claim checked.

Answers are kept in a JSON Lines file, so that no answer is paid for twice. The API key is read from
the environment and is written neither to the cache nor to messages.
"""

from __future__ import annotations

import hashlib
import json
import logging
import random
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ..gait.norms import Norms
from .answer_cache import AnswerCache
from .api_keys import NO_KEY, api_key, key_hint, on_one_line, shortened, without_keys
from .endpoint_failures import AttemptError, failed_attempt
from .prompts import (
    AnswerError,
    Written,
    build_messages,
    contradicted_claims,
    correction_messages,
    flags_of,
    parse_answer,
)
from .rate_limiter import RateLimiter, StoppedError

MAX_TOKENS = 2048  # three parts take about 300; the rest is for models that reason first
MAX_BACKOFF_S = 60.0
READ_AHEAD = 4  # requests per worker that are read in advance

logger = logging.getLogger(__name__)


class EndpointError(RuntimeError):
    """An endpoint gave no usable answer; the message has the model, the walk and the last error."""


@dataclass(frozen=True)
class Request:
    """A walk to write about.

    Attributes:
        key: Name of the walk, used in `Answered` and in errors.
        parameters: Measured gait parameters, name → value, see `build_messages`.
        score: Score of the clinician, 0 to 4.
        age: Age of the subject in years, for the norms, or None.
        sex: "male", "female" or None, for the norms.
        norms: Norms of a laboratory, or None for the published norms.
    """

    key: str
    parameters: Mapping[str, float]
    score: int
    age: float | None = None
    sex: str | None = None
    norms: Norms | None = None


@dataclass(frozen=True)
class Answered:
    """The text of a walk.

    Attributes:
        key: Name of the walk, from its `Request`.
        written: The three parts of the text.
        flags: Claims that the measured gait contradicts, after the correction.
    """

    key: str
    written: Written
    flags: tuple[str, ...]


class EndpointWriter:
    """Writer that requests texts from a language model behind an OpenAI-compatible endpoint.

    Each answer has to have three lines (feet, arms, overall). Its claims are compared with the
    measured gait; contradicted claims are sent back once for correction, and those that remain are
    returned as flags. Failed requests are repeated with an exponential backoff; a `Retry-After`
    header pauses all workers. Answers are cached by model, messages and temperature. The API key is
    read from `AGIR_API_KEY`, for the Hub also from `HF_TOKEN`.

    Args:
        model (`str`):
            Name of the model at the endpoint.
        base_url (`str`, *optional*):
            Address of an OpenAI-compatible server up to and including "/v1"; "/chat/completions" is
            appended. Default: the inference providers of Hugging Face.
        provider (`str`, *optional*):
            Inference provider of Hugging Face. Default: the Hub selects one.
        cache (`str` or `os.PathLike`):
            JSON Lines file of the answers. It is created if it is missing, and only appended to.
        workers (`int`, *optional*, defaults to 4):
            Number of simultaneous requests.
        requests_per_minute (`float`, *optional*, defaults to 60):
            Rate of all workers together; requests are spaced evenly.
        attempts (`int`, *optional*, defaults to 5):
            Largest number of requests for one answer.
        timeout_s (`float`, *optional*, defaults to 60.0):
            Seconds without a response after which a request has failed.
        backoff_s (`float`, *optional*, defaults to 1.0):
            Longest wait before the second attempt, in seconds. It doubles with each attempt up to
            60 s; the wait is drawn between half of it and all of it.
        temperature (`float`, *optional*, defaults to 0.7):
            Sampling temperature of the model.
        seed (`int`, *optional*, defaults to 0):
            Seed of the model's sampling, plus 1 for each further attempt, and of the jitter of the
            backoff.

    Raises:
        ValueError: An argument is out of range, `base_url` and `provider` are both passed, or the
            file is not a cache of answers.
        ImportError: tenacity is not installed.

    Example:
        ```python
        >>> from agir_hf.annotation.llm_writer import EndpointWriter, Request
        >>> writer = EndpointWriter(
        ...     "Qwen/Qwen3-8B", base_url="http://localhost:8000/v1", cache="answers.jsonl"
        ... )
        >>> writer.name
        'Qwen/Qwen3-8B'
        >>> request = Request("SUB01/walk_1", {"speed_m_per_s": 0.71}, score=2)
        >>> for answer in writer.write([request]):  # doctest: +SKIP
        ...     print(answer.key, answer.written.rationale, answer.flags)

        ```
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
            raise ValueError(
                "base_url and provider are both passed, but a provider has its own address: pass "
                "one of them"
            )
        if base_url is not None and not base_url.startswith(("http://", "https://")):
            raise ValueError(f"base_url is {base_url!r}, expected http://… or https://…")
        positive = {"workers": workers, "attempts": attempts, "timeout_s": timeout_s,
                    "requests_per_minute": requests_per_minute}  # fmt: skip
        for name, value in positive.items():
            if not value > 0:
                raise ValueError(f"{name} is {value}, expected more than 0")
        _import_tenacity()
        self.model, self.base_url, self.provider = model, base_url, provider
        self.name = self.state = model
        self.workers, self.attempts = workers, attempts
        self.timeout_s, self.backoff_s = timeout_s, backoff_s
        self.temperature, self.seed = temperature, seed
        self._rate = RateLimiter(60 / requests_per_minute)
        self._cache = AnswerCache(Path(cache))
        self._jitter = random.Random(seed)

    def write(self, requests: Iterable[Request]) -> Iterator[Answered]:
        """Write the texts of walks, several at the same time.

        Args:
            requests: Walks to write about; they are read lazily.

        Yields:
            The texts in the order of the requests.

        Raises:
            EndpointError: There is no usable answer for a walk. Earlier answers are in the cache.
            ValueError: No prompt can be built for a walk, see `build_messages`.
        """
        run = _Run()
        pending: deque[Future[Answered]] = deque()
        pool = ThreadPoolExecutor(self.workers, thread_name_prefix="agir-endpoint")
        try:
            remaining = iter(requests)
            while True:
                for request in islice(remaining, READ_AHEAD * self.workers - len(pending)):
                    messages = _messages_of(request)
                    pending.append(pool.submit(self._answer_or_stop, request, messages, run))
                if not pending:
                    return
                yield _first_result(pending, run)
        finally:
            run.stop.set()
            # the answer of a running request still goes into the cache; its thread is not awaited
            pool.shutdown(wait=False, cancel_futures=True)

    def _answer_or_stop(self, request: Request, messages: list[dict], run: _Run) -> Answered:
        try:
            return self._answer(request, messages, run)
        except BaseException as error:
            run.fail(error)
            raise

    def _answer(self, request: Request, messages: list[dict], run: _Run) -> Answered:
        evidence = (request.parameters, request.age, request.sex, request.norms)
        written = self._complete(request.key, messages, run)
        contradicted = contradicted_claims(written, *evidence)
        if contradicted:
            correction = correction_messages(messages, written, contradicted)
            written = self._complete(request.key, correction, run)
            contradicted = contradicted_claims(written, *evidence)
        return Answered(request.key, written, flags_of(written, contradicted))

    def _complete(self, walk: str, messages: list[dict], run: _Run) -> Written:
        """One chat completion in the three-line form, from the cache or from the model."""
        digest = _digest(self.model, messages, self.temperature)
        cached = self._cache.get(digest)
        if cached is not None:
            return parse_answer(cached)
        try:
            for attempt in self._attempts(walk, run):
                with attempt:
                    self._rate.wait(run.stop)
                    number = attempt.retry_state.attempt_number
                    answer = self._usable_answer(messages, self.seed + number - 1)
        except AttemptError as error:
            failure = error
        else:
            return parse_answer(self._cache.put(digest, self.model, answer))
        # raised outside of the except block, so that no text of the server is chained to the error
        last = "" if failure.final else f"no usable answer in {self.attempts} attempts, last: "
        raise EndpointError(on_one_line(f"{self.model}, {walk}: {last}{failure}"))

    def _attempts(self, walk: str, run: _Run):
        """Attempts of one answer, with the waits between them."""
        tenacity = _import_tenacity()
        backoff = tenacity.wait_exponential(multiplier=self.backoff_s, max=MAX_BACKOFF_S)

        def wait_s(state) -> float:
            failure = state.outcome.exception()
            if failure.retry_after_s is not None or not failure.backs_off:
                return 0.0
            return backoff(state) * self._jitter.uniform(0.5, 1.0)

        def log_failure(state) -> None:
            failure = state.outcome.exception()
            logger.info(
                on_one_line(f"{self.model}, {walk}, attempt {state.attempt_number}: {failure}")
            )

        def hold_all_workers(state) -> None:
            retry_after_s = state.outcome.exception().retry_after_s
            if retry_after_s is not None:
                self._rate.hold(retry_after_s)

        return tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self.attempts),
            retry=tenacity.retry_if_exception(
                lambda error: isinstance(error, AttemptError) and not error.final
            ),
            wait=wait_s,
            sleep=run.sleep,
            after=log_failure,
            before_sleep=hold_all_workers,
            reraise=True,
        )

    def _usable_answer(self, messages: list[dict], seed: int) -> str:
        """One request, no retries.

        Raises:
            AttemptError: There is no answer, or it is not in the three-line form.
        """
        answer = self._ask(messages, seed)
        try:
            parse_answer(answer)
        except AnswerError as error:
            raise AttemptError(str(error), backs_off=False) from None
        return answer

    def _ask(self, messages: list[dict], seed: int) -> str:
        # imported here, because the import is slow; HTTPError is that of its HTTP library
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
            failure = failed_attempt(error, self.timeout_s, self.base_url)
        except (ValueError, TypeError) as error:
            failure = AttemptError(f"the response is not a chat completion: {shortened(error)}")
        raise failure

    def _client(self):
        from huggingface_hub import InferenceClient

        key = api_key(self.base_url)
        if key is None and self.base_url is None:
            raise AttemptError(f"no key is set, {key_hint(self.base_url)}", final=True)
        address = {"base_url": self.base_url} if self.base_url else {"provider": self.provider}
        return InferenceClient(api_key=key or NO_KEY, timeout=self.timeout_s, **address)


class _Run:
    """State of one call of `write`: whether it has to stop, and the error that stopped it."""

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
            raise StoppedError


def _import_tenacity():
    try:
        import tenacity
    except ImportError as error:
        raise ImportError(
            'a language-model writer needs tenacity: pip install "agir-hf[train]"', name="tenacity"
        ) from error
    return tenacity


def _messages_of(request: Request) -> list[dict]:
    try:
        return build_messages(
            request.parameters, request.score, age=request.age, sex=request.sex, norms=request.norms
        )
    except ValueError as error:
        raise ValueError(f"{request.key}: {error}") from error


def _first_result(pending: deque[Future[Answered]], run: _Run) -> Answered:
    """Wait for the first answer, or for a failure of any request."""
    while run.error is None and not pending[0].done():
        wait([future for future in pending if not future.done()], return_when=FIRST_COMPLETED)
    if run.error is not None:
        raise run.error
    return pending.popleft().result()


def _digest(model: str, messages: list[dict], temperature: float) -> str:
    content = json.dumps([model, messages, temperature], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def _content(output) -> str:
    """The text of a chat completion, without keys that the server sends back."""
    try:
        content, reason = output.choices[0].message.content, output.choices[0].finish_reason
    except (AttributeError, IndexError, KeyError, TypeError):
        content, reason = None, None
    if reason == "length":
        raise AttemptError(f"the answer was cut off at {MAX_TOKENS} tokens", backs_off=False)
    if not isinstance(content, str):
        raise AttemptError("the response is not a chat completion: no choices[0].message.content")
    return without_keys(content)

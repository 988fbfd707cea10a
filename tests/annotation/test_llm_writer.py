"""The writer against a local server with the failures of real ones."""

import json
import logging
import re
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub import constants

from agir_hf.annotation import llm_writer
from agir_hf.annotation.answer_cache import AnswerCache
from agir_hf.annotation.api_keys import api_key
from agir_hf.annotation.llm_writer import EndpointError, EndpointWriter, Request
from agir_hf.annotation.rate_limiter import RateLimiter

KEY = "sk-not-to-be-seen-0123456789"
PARAMETERS = {"speed_m_per_s": 1.2, "arm_swing_left_deg": 40.0, "arm_swing_right_deg": 40.0}
GOOD = (
    "Foot: The feet were not measured in this walk.\n"
    "Arm: Arm swing is normal on both sides.\n"
    "Overall: Walking speed is normal."
)
# Whatever waits, waits for at least half a minute, as a machine can be busy for some seconds.
LONG_S, SOON_S = 60, 20
WRONG = GOOD.replace("speed is normal", "speed is markedly reduced")


def completion(text, reason="stop"):
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "finish_reason": reason, "message": message}
    return {"id": "1", "created": 0, "model": "m", "choices": [choice]}


def reply(text=GOOD, status=200, **headers):
    return status, {name.replace("_", "-"): v for name, v in headers.items()}, completion(text)


def error(status, text="no", **headers):
    body = {"error": {"message": text}}
    return status, {name.replace("_", "-"): v for name, v in headers.items()}, body


def walks(count, **changes):
    """Requests with different prompts."""
    fields = {"score": 0} | changes
    return [Request(f"walk{i}", PARAMETERS | {"turn_steps": float(i)}, **fields)
            for i in range(count)]  # fmt: skip


class Server:
    """Answers the n-th request with what `answer(n, body)` returns, and records the requests.

    `answer` returns (status, headers, body), or None to drop the connection.
    """

    def __init__(self):
        self.answer = lambda number, body: reply()
        self.asked, self.times, self.paths, self.keys = [], [], [], []
        self.running = self.most_running = 0
        self.lock, self.closed = threading.Lock(), threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                outer.serve(self)

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads, self.http.block_on_close = True, False
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/v1"
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    def serve(self, handler):
        body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        with self.lock:
            number = len(self.asked)
            self.asked.append(body)
            self.times.append(time.monotonic())
            self.paths.append(handler.path)
            self.keys.append(handler.headers["Authorization"])
            self.running += 1
            self.most_running = max(self.most_running, self.running)
        response = self.answer(number, body)
        with self.lock:
            self.running -= 1
        if response is None:
            return  # closes the connection without a response
        status, headers, content = response
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        try:
            handler.send_response(status)
            for name, value in headers.items():
                handler.send_header(name, value)
            handler.send_header("Content-Length", str(len(data)))
            handler.end_headers()
            handler.wfile.write(data)
        except OSError:
            pass  # the client has gone

    def script(self, *answers):
        """Give these answers in turn, the last one repeatedly."""
        self.answer = lambda number, body: answers[min(number, len(answers) - 1)]

    def close(self):
        self.closed.set()
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def server(monkeypatch):
    # requests stay on this machine, even if a proxy or offline mode is configured
    for name in (
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("AGIR_API_KEY", KEY)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    huggingface_hub.close_session()
    server = Server()
    yield server
    server.close()
    huggingface_hub.close_session()


@pytest.fixture
def make(server, tmp_path):
    def make(**changes):
        options = {"base_url": server.url, "cache": tmp_path / "answers.jsonl", "timeout_s": 5,
                   "requests_per_minute": 60_000, "backoff_s": 0.01}  # fmt: skip
        return EndpointWriter("some/model", **options | changes)

    return make


@pytest.fixture(autouse=True)
def key_is_in_no_log_and_no_file(caplog, tmp_path):
    caplog.set_level(logging.DEBUG)
    yield
    assert KEY not in caplog.text
    for path in filter(Path.is_file, tmp_path.rglob("*")):
        assert KEY.encode() not in path.read_bytes()


def error_message(writer, requests=None):
    """The message of the error that the requests raise."""
    with pytest.raises(EndpointError) as excinfo:
        list(writer.write(walks(1) if requests is None else requests))
    chain, texts = excinfo.value, []
    while chain is not None:
        texts.append(repr(chain))
        chain = chain.__cause__ or chain.__context__
    assert KEY not in "".join(texts)
    message = str(excinfo.value)
    assert "\n" not in message and message.startswith("some/model, walk")
    return message


def test_a_request_is_sent_and_its_answer_is_parsed(make, server):
    (answered,) = make(temperature=0.3, seed=5).write(walks(1))
    assert (answered.key, answered.flags) == ("walk0", ())
    assert answered.written.overall == "Walking speed is normal."
    assert server.paths == ["/v1/chat/completions"] and server.keys == [f"Bearer {KEY}"]
    (body,) = server.asked
    assert (body["model"], body["temperature"], body["seed"]) == ("some/model", 0.3, 5)
    assert [message["role"] for message in body["messages"]] == ["system", "user"]


def test_the_key_of_the_user_or_a_placeholder_is_sent(make, server, monkeypatch, tmp_path):
    token = tmp_path / "token"
    token.write_text("hf_stored_on_this_machine")
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(token))
    monkeypatch.setenv("HF_TOKEN", "hf_of_the_environment")
    list(make(cache=tmp_path / "a").write(walks(1)))
    monkeypatch.delenv("AGIR_API_KEY")
    list(make(cache=tmp_path / "b").write(walks(1)))
    assert server.keys == [f"Bearer {KEY}", "Bearer none"]


@pytest.mark.parametrize(
    ("address", "token"),
    [
        (None, "hf_x"),
        ("https://router.huggingface.co/v1", "hf_x"),
        ("https://huggingface.co.evil.example/v1", None),
        ("http://127.0.0.1:1/v1", None),
    ],
)
def test_the_token_of_the_hub_is_only_sent_to_the_hub(monkeypatch, address, token):
    monkeypatch.delenv("AGIR_API_KEY", raising=False)
    monkeypatch.setenv("HF_TOKEN", "hf_x")
    assert api_key(address) == token
    monkeypatch.setenv("AGIR_API_KEY", KEY)
    assert api_key(address) == KEY


def test_without_key_or_address_no_request_is_sent(make, monkeypatch):
    monkeypatch.delenv("AGIR_API_KEY")
    message = error_message(make(base_url=None))
    assert "no key" in message and "AGIR_API_KEY, else HF_TOKEN" in message


@pytest.mark.parametrize("unit", ["seconds", "date"])
def test_the_wait_of_a_retry_after_header_is_kept(make, server, monkeypatch, unit):
    held, hold = [], RateLimiter.hold
    monkeypatch.setattr(RateLimiter, "hold", lambda rate, s: held.append(s) or hold(rate, s))

    def answer(number, body):
        later = datetime.now(UTC) + timedelta(seconds=2)  # without its fraction of a second
        header = "0.4" if unit == "seconds" else format_datetime(later, True)
        return error(429, Retry_After=header) if number == 0 else reply()

    server.answer = answer
    assert len(list(make(workers=1).write(walks(2)))) == 2
    assert len(server.asked) == 3
    assert server.times[1] - server.times[0] >= (0.4 if unit == "seconds" else 0.9)
    (held_s,) = held
    assert held_s == 0.4 if unit == "seconds" else held_s <= 2


def import_client(make, server, tmp_path):
    """Write one text: the first one of a process imports the client, which takes long."""
    list(make(cache=tmp_path / "first.jsonl").write(walks(1)))
    server.asked.clear()
    server.times.clear()


def test_a_429_holds_the_other_threads(make, server, tmp_path):
    def answer(number, body):
        if number == 0:
            return error(429, Retry_After="1.2")
        return reply()

    import_client(make, server, tmp_path)
    server.answer = answer
    list(make(workers=3, requests_per_minute=100).write(walks(3)))
    assert len(server.asked) == 4
    assert server.times[1] - server.times[0] >= 1.2, "the other threads waited too"


def test_a_retry_after_of_an_hour_ends_the_run(make, server):
    server.script(error(429, Retry_After="3600"))
    assert "HTTP 429, asks to wait 3600 s" in error_message(make())
    assert len(server.asked) == 1


def test_server_errors_are_retried(make, server):
    server.script(error(500), error(503), error(429), reply())
    assert len(list(make().write(walks(1)))) == 1
    assert len(server.asked) == 4
    assert [body["seed"] for body in server.asked] == [0, 1, 2, 3], "another seed for each attempt"


def test_waits_grow_exponentially(make, server, monkeypatch):
    waits_s = []
    monkeypatch.setattr(llm_writer._Run, "sleep", lambda run, seconds: waits_s.append(seconds))
    server.script(error(500))
    message = error_message(make(attempts=4, backoff_s=5))
    assert "walk0: no usable answer in 4 attempts, last: HTTP 500" in message
    assert len(set(waits_s)) == 3
    for wait_s, longest in zip(waits_s, (5, 10, 20), strict=True):
        assert longest / 2 <= wait_s <= longest


def test_a_request_without_response_is_repeated_after_the_timeout(make, server):
    def answer(number, body):
        if number == 0:
            server.closed.wait(LONG_S)
        return reply()

    server.answer = answer
    start = time.monotonic()
    assert len(list(make(timeout_s=1.0).write(walks(1)))) == 1
    assert len(server.asked) == 2 and time.monotonic() - start < SOON_S


def test_a_server_that_never_responds_ends_the_run(make, server):
    server.answer = lambda number, body: server.closed.wait(3) and None
    message = error_message(make(timeout_s=0.2, attempts=2))
    assert "in 2 attempts, last: no answer in 0.2 s" in message


def test_a_dropped_connection_is_retried(make, server):
    server.script(None, reply())
    assert len(list(make().write(walks(1)))) == 1
    assert len(server.asked) == 2


def test_a_closed_port_ends_the_run(make, server):
    server.close()
    assert "in 2 attempts, last: no connection, Connect" in error_message(make(attempts=2))


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, "HTTP 400, the request was refused: "),
        (401, "HTTP 401, the key is read from AGIR_API_KEY: "),
        (403, "HTTP 403, the key is read from AGIR_API_KEY: "),
        (404, "HTTP 404, no such model or address: "),
    ],
)
def test_refusals_are_final_and_do_not_contain_the_key(make, server, status, reason):
    server.script(error(status, f"wrong:\n{KEY} is not known"))
    message = error_message(make())
    assert message.startswith(f"some/model, walk0: {reason}")
    assert "*** is not known" in message
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("answer", "last"),
    [
        ((200, {}, b"<html>busy</html>"), "is not a chat completion"),
        ((200, {}, b"\xff\xfe"), "is not a chat completion"),
        ((200, {}, b""), "is not a chat completion"),
        ((200, {}, {"choices": []}), "is not a chat completion"),
        ((200, {}, {"choices": [{"message": "hello"}]}), "is not a chat completion"),
        ((200, {}, {"choices": [3]}), "is not a chat completion"),
        ((200, {}, {"choices": {"a": 1}}), "is not a chat completion"),
        ((200, {}, {"result": "fine"}), "is not a chat completion"),
        ((200, {}, [1, 2]), "is not a chat completion"),
        ((200, {}, completion(None)), "is not a chat completion"),
        ((200, {}, completion([{"text": GOOD}])), "is not a chat completion"),
        ((200, {}, completion("")), "the answer has nothing"),
        ((200, {}, completion(f"Certainly!\n{GOOD}")), "begins 'Certainly!\\nFoot: The"),
        ((200, {}, completion(GOOD, "length")), "cut off at 2048 tokens"),
    ],
)
def test_unusable_answers_are_retried_up_to_the_limit(make, server, answer, last):
    server.script(answer, reply())
    assert list(make().write(walks(1)))[0].flags == ()
    assert len(server.asked) == 2
    server.asked.clear()
    server.script(answer)
    message = error_message(make(attempts=3), walks(2)[1:])
    assert "some/model, walk1: no usable answer in 3 attempts, last: " in message
    assert last in message and len(server.asked) == 3


def test_a_contradicted_claim_is_sent_back_once_and_corrected(make, server):
    server.script(reply(WRONG), reply(GOOD))
    (answered,) = make().write(walks(1))
    assert answered.flags == () and answered.written.overall == "Walking speed is normal."
    first, second = (body["messages"] for body in server.asked)
    assert second[:2] == first
    assert second[2] == {"role": "assistant", "content": WRONG}
    assert '"Walking speed is markedly reduced": speed was measured' in second[3]["content"]


def test_a_claim_that_stays_contradicted_is_flagged(make, server):
    server.script(reply(WRONG))
    (answered,) = make().write(walks(1))
    assert answered.flags == ("contradicted: Walking speed is markedly reduced",)
    assert len(server.asked) == 2, "sent back once, not more"
    assert list(make().write(walks(1))) == [answered] and len(server.asked) == 2


def test_claims_are_checked_against_the_norms_of_the_subject(make, server):
    server.script(reply(WRONG.replace("markedly", "mildly")))
    walk = Request("walk", PARAMETERS | {"speed_m_per_s": 1.1}, 0, age=35, sex="male")
    (answered,) = make().write([walk])
    assert answered.flags == () and len(server.asked) == 1


def test_starts_of_requests_are_spaced_over_all_threads(make, server, tmp_path):
    import_client(make, server, tmp_path)
    start = time.monotonic()
    list(make(workers=4, requests_per_minute=600).write(walks(6)))
    assert len(server.times) == 6
    for i, moment in enumerate(sorted(server.times)):
        assert moment - start >= 0.1 * i


def test_as_many_requests_as_workers_run_at_the_same_time(make, server):
    four = threading.Barrier(4)  # every request waits until three others run

    def answer(number, body):
        four.wait(LONG_S)
        return reply()

    server.answer = answer
    assert len(list(make(workers=4, timeout_s=LONG_S).write(walks(12)))) == 12
    assert server.most_running == 4 and len(server.asked) == 12


def test_answers_have_the_order_of_the_requests(make, server):
    names = "ABCDEFGHI"  # answers with numbers are refused

    def answer(number, body):
        turn = int(body["messages"][1]["content"].split("- turn: ")[-1].split()[0])
        time.sleep(0.15 if turn % 3 == 0 else 0)
        return reply(GOOD.replace("this walk", f"walk {names[turn]}"))

    server.answer = answer
    answered = list(make(workers=4).write(iter(walks(9))))
    assert [answer.key for answer in answered] == [f"walk{i}" for i in range(9)]
    pairs = zip(names, answered, strict=True)
    assert all(f"in walk {name}." in answer.written.foot for name, answer in pairs)


def test_a_limited_number_of_requests_is_read_ahead(make):
    read = []
    requests = (read.append(request.key) or request for request in walks(50))
    stream = make(workers=1).write(requests)
    assert read == []
    next(stream)
    assert len(read) <= 5
    stream.close()


def test_a_second_run_sends_no_request(make, server, tmp_path, monkeypatch):
    before = list(make().write(walks(5)))
    lines = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_bytes().splitlines()]
    assert len(lines) == 5
    assert all(set(row) == {"key", "model", "answer", "time"} for row in lines)
    assert all(row["model"] == "some/model" and row["answer"] == GOOD for row in lines)
    assert len({row["key"] for row in lines}) == 5
    server.close()
    monkeypatch.delenv("AGIR_API_KEY")
    assert list(make().write(walks(5))) == before
    assert len(server.asked) == 5


@pytest.mark.parametrize("changes", [{"temperature": 0.1}, {"model": "other"}, {"score": 2}])
def test_another_prompt_model_or_temperature_is_not_in_the_cache(make, server, tmp_path, changes):
    list(make().write(walks(1)))
    model = changes.pop("model", "some/model")
    requests = walks(1, score=changes.pop("score", 0))
    options = {"base_url": server.url, "cache": tmp_path / "answers.jsonl"} | changes
    list(EndpointWriter(model, **options).write(requests))
    assert len(server.asked) == 2


def test_unusable_answers_are_not_cached(make, server, tmp_path):
    server.script(reply("Hello!"))
    error_message(make(attempts=2))
    assert not (tmp_path / "answers.jsonl").exists()


@pytest.mark.parametrize("cut", [1, 10, 60, -3])
def test_an_incomplete_last_line_is_skipped(make, server, tmp_path, caplog, cut):
    list(make().write(walks(2)))
    path = tmp_path / "answers.jsonl"
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + second[:cut])
    list(make().write(walks(2)))
    assert len(server.asked) == 3 and "skipped 1 of 2 lines, which are not answers" in caplog.text
    assert len(path.read_bytes().splitlines()) == 3
    list(make().write(walks(2)))
    assert len(server.asked) == 3, "the incomplete line stays and does no harm"


def test_a_last_line_without_line_break_is_read(make, server, tmp_path):
    list(make().write(walks(1)))
    path = tmp_path / "answers.jsonl"
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    list(make().write(walks(2)))
    assert len(server.asked) == 2
    assert [json.loads(line)["answer"] for line in path.read_bytes().splitlines()] == [GOOD] * 2


def test_a_file_of_something_else_is_refused_as_cache(make, tmp_path):
    path = tmp_path / "answers.jsonl"
    path.write_text('{"subject": "SUB01", "score": 1}\n')
    with pytest.raises(ValueError, match="is not a cache of answers"):
        make()
    assert path.read_text() == '{"subject": "SUB01", "score": 1}\n'


def test_threads_write_whole_lines(tmp_path):
    cache = AnswerCache(tmp_path / "deep" / "answers.jsonl")
    with ThreadPoolExecutor(8) as pool:
        stored = list(pool.map(lambda i: cache.put(str(i // 2), "m", GOOD + "é" * i), range(200)))
    again = AnswerCache(cache.path)
    assert len(cache.path.read_bytes().splitlines()) == 100
    for i, answer in enumerate(stored):
        assert answer == again.get(str(i // 2)), "of two answers to a prompt the first is kept"


def test_a_failure_stops_the_run_and_loses_no_answer(make, server, tmp_path):
    def answer(number, body):
        content = body["messages"][1]["content"]
        if "- turn: 2 steps" in content:
            deadline = time.monotonic() + SOON_S / 2
            while (number_cached() < 2 or not waits.is_set()) and time.monotonic() < deadline:
                time.sleep(0.01)
            return error(401)
        if "- turn: 3 steps" in content:
            waits.set()
            server.closed.wait(LONG_S)  # still running when the other request fails
        return reply()

    def number_cached():
        path = tmp_path / "answers.jsonl"
        return len(path.read_bytes().splitlines()) if path.exists() else 0

    server.answer, waits = answer, threading.Event()
    start = time.monotonic()
    stream = make(workers=4, requests_per_minute=600, timeout_s=LONG_S).write(walks(40))
    with pytest.raises(EndpointError, match="walk2: HTTP 401"):
        list(stream)
    assert time.monotonic() - start < SOON_S, "the run does not wait for walk 3"
    time.sleep(0.3)  # until a request that had started has come
    asked = len(server.asked)
    time.sleep(0.3)
    assert len(server.asked) == asked, "no further requests"
    assert number_cached() >= 2
    server.answer = lambda number, body: reply()
    count = number_cached()
    list(make().write(walks(40)))
    assert len(server.asked) == asked + 40 - count


def test_threads_in_a_backoff_stop_too(make, server):
    def answer(number, body):
        if "- turn: 0 steps" in body["messages"][1]["content"]:
            return error(500)  # then waits for half a minute
        time.sleep(0.1)
        return error(404)

    server.answer = answer
    start = time.monotonic()
    assert "walk1: HTTP 404" in error_message(make(workers=2, backoff_s=60), walks(2))
    assert_no_thread_is_left()
    assert time.monotonic() - start < SOON_S


def assert_no_thread_is_left():
    deadline = time.monotonic() + SOON_S / 2
    while any(thread.name.startswith("agir-endpoint") for thread in threading.enumerate()):
        assert time.monotonic() < deadline, "threads still run"
        time.sleep(0.01)


def test_a_failure_stops_the_run_while_no_answer_is_read(make, server):
    def answer(number, body):
        return error(404) if "- turn: 2 steps" in body["messages"][1]["content"] else reply()

    server.answer = answer
    stream = make(workers=2, requests_per_minute=600).write(walks(30))
    assert next(stream).key == "walk0"
    time.sleep(0.8)
    assert len(server.asked) <= 5, "8 are read ahead"
    with pytest.raises(EndpointError, match="walk2: HTTP 404"):
        next(stream)


def test_closing_the_iterator_ends_a_backoff(make, server):
    server.answer = lambda number, body: reply() if number == 0 else error(500)
    stream = make(workers=1, backoff_s=60).write(walks(3))
    next(stream)
    while len(server.asked) < 2:
        time.sleep(0.01)
    stream.close()
    assert len(server.asked) == 2
    assert_no_thread_is_left()


def test_closing_the_iterator_ends_the_requests(make, server):
    stream = make(workers=1, requests_per_minute=1200).write(walks(30))
    next(stream)
    stream.close()
    asked = len(server.asked)
    time.sleep(0.3)
    assert len(server.asked) <= asked + 1


def test_an_error_in_a_request_names_the_walk(make, server):
    with pytest.raises(ValueError, match="walk0: score is 7"):
        list(make().write(walks(1, score=7)))
    assert not server.asked


def test_offline_mode_ends_the_run_without_a_request(make, server, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE" in error_message(make())
    assert not server.asked


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"base_url": "localhost:8000"}, "base_url is 'localhost:8000'"),
        ({"provider": "together"}, "base_url and provider are both passed"),
        ({"workers": 0}, "workers is 0"),
        ({"requests_per_minute": 0}, "requests_per_minute is 0"),
    ],
)
def test_invalid_options_raise(make, options, message):
    with pytest.raises(ValueError, match=message):
        make(**options)


def test_the_key_in_an_answer_is_removed_before_caching(make, server):
    server.script(reply(GOOD.replace("this walk", f"this walk {KEY}")))
    (answered,) = make().write(walks(1))
    assert "this walk ***." in answered.written.foot


def test_a_missing_tenacity_names_the_extra(make, monkeypatch):
    monkeypatch.setitem(sys.modules, "tenacity", None)
    with pytest.raises(ImportError, match=re.escape('pip install "agir-hf[train]"')):
        make()


def test_an_interrupt_ends_a_backoff_immediately(make, server):
    server.script(error(500))
    stream = make(workers=1, backoff_s=60).write(walks(1))

    def interrupt():
        while not server.asked:
            time.sleep(0.01)
        time.sleep(0.3)  # the request has failed
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        next(stream)
    assert time.monotonic() - start < SOON_S
    assert_no_thread_is_left()

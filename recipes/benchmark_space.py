"""Time the page of the Space, and check every answer to several simultaneous users.

    python recipes/benchmark_space.py                       # times, then a few answers: 3 minutes
    python recipes/benchmark_space.py --url http://127.0.0.1:7860   # answers of a running app
    python recipes/benchmark_space.py --answers             # only the answers, of 50 recordings

Times the start of the page, in turns with an empty page of Gradio, and an assessment that is
requested from the page, in turns with the same assessment in Python; all in elapsed seconds. With
``--against FOLDER`` also the page of another checkout. A start is timed in three rounds at most.

Then several users request assessments at the same time. All recordings are the same simulated walk
at different speeds, so that each has a different cadence. An answer is correct if it equals the
result of the package for that recording. Prints the median and the 95th percentile of the time from
request to answer; the exit status is 1 if an answer is missing or wrong.
"""

import argparse
import contextlib
import itertools
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from benchmark_tools import (
    Measure,
    Row,
    benchmark_parser,
    count,
    finish,
    rounds_of,
    take_turns,
)
from checkout_processes import ROOT, CodeProcess, Seconds, checkout_environment
from gradio_client import Client, handle_file

from agir_hf import SAMPLE_RECORDING
from agir_hf.assessment import assess_recording, load_model, prepare_recording
from agir_hf.motion import read_recording, to_joints

SLOWEST, FASTEST = 0.8, 1.2  # factors of the speed of the walk
START_TIMEOUT_S, END_TIMEOUT_S, POLL_S = 300.0, 30.0, 0.02
START_ROUNDS = 3  # at most: a start takes seconds
MOST_ANSWERS, SOME_ANSWERS, QUICK_ANSWERS = 50, 12, 8  # alone, after the times, and with --quick
MEASURES = (
    Measure("Page", "start until the page is served", "s"),
    Measure("Page", "assessment of 6 s, requested from the page", "s"),
)
EMPTY_PAGE = """
import sys
import gradio
with gradio.Blocks(analytics_enabled=False) as page:
    gradio.File()
page.launch(server_port=int(sys.argv[2]), quiet=True)
"""
IN_PYTHON = """
import itertools
from agir_hf.assessment import assess_recording, load_model
model, processor = load_model()
files = itertools.cycle({files!r})
def action():
    assess_recording(next(files), model, processor)
"""


@dataclass(frozen=True)
class Answer:
    """Answer of the app to one recording.

    Attributes:
        content: The answer; None if there is none.
        seconds: Time from request to answer.
    """

    content: dict | None
    seconds: float


def main(argv: Sequence[str] | None = None) -> int:
    """Time the page and check the answers.

    Args:
        argv: Arguments of the command line; those of the process by default.

    Returns:
        0, or 1 if an answer is missing or wrong.
    """
    options = parse(argv)
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        files = write_walks(Path(folder), options.assessments)
        rows = [] if options.url or options.answers else times(files, options)
        url = options.url or stack.enter_context(running_app())
        answers = request_all(url, files, options.users)
        missing, wrong = check(files, answers)
    seconds = [answer.seconds for answer in answers]
    print(
        f"{len(files)} assessments, {options.users} simultaneous users: {missing} missing, "
        f"{wrong} wrong; median {np.median(seconds):.1f} s, "
        f"95th percentile {np.percentile(seconds, 95):.1f} s"
    )
    if rows:
        finish(rows, options)
    return int(bool(missing or wrong))


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line.

    Args:
        argv: Arguments.
    """
    parser = benchmark_parser(__doc__)
    parser.add_argument("--url", help="address of a running app (default: start one)")
    parser.add_argument("--answers", action="store_true", help="only check the answers")
    parser.add_argument("--users", type=count, default=4, help="simultaneous users (default: 4)")
    parser.add_argument(
        "--assessments", type=count, metavar="N",
        help=f"number of recordings (default: {MOST_ANSWERS} with --answers or --url, else "
        f"{SOME_ANSWERS}; {QUICK_ANSWERS} with --quick)",
    )  # fmt: skip
    options = parser.parse_args(argv)
    if options.assessments is None:
        options.assessments = MOST_ANSWERS if options.answers or options.url else SOME_ANSWERS
        options.assessments = QUICK_ANSWERS if options.quick else options.assessments
    return options


def times(files: list[Path], options: argparse.Namespace) -> list[Row]:
    """Time the start of the page and an assessment, each in turns with its peer.

    Args:
        files: Recordings.
        options: Options of the command line.
    """
    rounds = {"rounds": rounds_of(options)}
    start_rounds = {"rounds": min(rounds_of(options), START_ROUNDS)}
    starts: dict[str, Callable] = {"ours": start_seconds(), "empty page": start_seconds(empty=True)}
    if options.against:
        starts["before"] = start_seconds(options.against)
    started = take_turns(starts, **start_rounds)
    names = [str(path) for path in files]
    with contextlib.ExitStack() as stack:
        python = stack.enter_context(CodeProcess(IN_PYTHON.format(files=names), clock="wall"))
        requests = {"ours": requested(stack.enter_context(running_app()), files), "Python": python}
        if options.against:
            url = stack.enter_context(running_app(options.against))
            requests["before"] = requested(url, files)
        answered = take_turns(requests, clock="wall", **rounds)
    rows = [
        MEASURES[0].row(
            started["ours"], started["empty page"], "empty page of Gradio", **start_rounds
        ),
        MEASURES[1].row(answered["ours"], answered["Python"], "called in Python", **rounds),
    ]
    if options.against:
        for measure, timings, more in (
            (MEASURES[0], started, start_rounds), (MEASURES[1], answered, rounds),
        ):  # fmt: skip
            earlier = Measure(measure.part, f"{measure.what}, earlier code", measure.unit)
            rows.append(earlier.row(timings["ours"], timings["before"], "before", **more))
    return rows


def start_seconds(folder: Path = ROOT, empty: bool = False) -> Callable[[], Seconds]:
    """Make an action that starts a page, ends it, and returns the time until it was served.

    Args:
        folder: Checkout whose app is started.
        empty: Whether to start an empty page of Gradio instead.
    """

    def start() -> Seconds:
        start_s = time.perf_counter()
        with running_app(folder, empty) as url, urllib.request.urlopen(url) as page:
            page.read()
            return Seconds(time.perf_counter() - start_s)

    return start


def requested(url: str, files: list[Path]) -> Callable[[], Seconds]:
    """Make an action that requests the assessment of the next file.

    Args:
        url: Address of the app.
        files: Recordings.
    """
    client, turns = Client(url, verbose=False), itertools.cycle(files)

    def request() -> Seconds:
        answer = _request(client, next(turns))
        if answer.content is None:
            raise SystemExit(f"error: the app at {url} gave no answer: see above")
        return Seconds(answer.seconds)

    return request


def write_walks(folder: Path, count: int) -> list[Path]:
    """Write one simulated walk at several speeds; the files differ in the frame rate only.

    Args:
        folder: Folder to write to.
        count: Number of speeds.

    Returns:
        The files.
    """
    motion, files = to_joints(read_recording(SAMPLE_RECORDING)), []
    for index, speed in enumerate(np.linspace(SLOWEST, FASTEST, count)):
        files.append(folder / f"walk_{index:03d}.npz")
        np.savez(files[-1], joints=motion.joints, rate_hz=motion.rate_hz * speed)
    return files


@contextlib.contextmanager
def running_app(folder: Path = ROOT, empty: bool = False) -> Iterator[str]:
    """Start an app in a child process, yield its address, and end it.

    Args:
        folder: Checkout whose app is started.
        empty: Whether to start an empty page of Gradio instead.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    script = folder / "spaces_app" / "app.py"
    source = ["-c", EMPTY_PAGE] if empty else [str(script)]
    app = subprocess.Popen(
        [sys.executable, *source, "--port", str(port)], cwd=script.parent,
        env=checkout_environment(folder, threads=None), stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield _wait_until_ready(f"http://127.0.0.1:{port}", app)
    finally:
        app.terminate()
        try:
            app.wait(timeout=END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            app.kill()
            app.wait()


def _wait_until_ready(url: str, app: subprocess.Popen) -> str:
    host, port = url.removeprefix("http://").split(":")
    for _ in range(int(START_TIMEOUT_S / POLL_S)):
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
            return url
        if app.poll() is not None:
            break
        time.sleep(POLL_S)
    raise SystemExit(f"error: the app did not start within {START_TIMEOUT_S:g} s: see above")


def request_all(url: str, files: list[Path], users: int) -> list[Answer]:
    """Request the assessments; each user waits for an answer before the next request.

    Args:
        url: Address of the app.
        files: Recordings.
        users: Number of simultaneous users.

    Returns:
        The answers, in the order of the files.
    """
    indices = [list(range(user, len(files), users)) for user in range(users)]
    answers: dict[int, Answer] = {}

    def user(own_indices: list[int]) -> None:
        client = Client(url, verbose=False)
        for index in own_indices:
            answers[index] = _request(client, files[index])

    with ThreadPoolExecutor(users) as pool:
        list(pool.map(user, indices))
    return [answers[index] for index in range(len(files))]


def _request(client: Client, file: Path) -> Answer:
    start = time.perf_counter()
    try:
        content = client.predict(handle_file(file), None, "", "", "", api_name="/assess")
    except Exception as error:  # any failure counts as a missing answer
        print(f"no answer: {type(error).__name__}: {error}", file=sys.stderr)
        content = None
    return Answer(content, time.perf_counter() - start)


def check(files: list[Path], answers: list[Answer]) -> tuple[int, int]:
    """Count the missing and the wrong answers.

    Args:
        files: Recordings.
        answers: Answers, in the same order.

    Returns:
        Number of missing answers, and number of answers that differ from the result of the package.
    """
    model, processor = load_model()
    cadences = [_cadence(file) for file in files]
    assert len(set(cadences)) == len(files), "two recordings have equal cadence"
    missing = wrong = 0
    for file, answer in zip(files, answers, strict=True):
        if answer.content is None:
            missing += 1
        elif _without_name(answer.content) != _without_name(
            assess_recording(file, model, processor).as_json()
        ):
            wrong += 1
    return missing, wrong


def _cadence(file: Path) -> float:
    return round(prepare_recording(file).measured.parameters["cadence_steps_per_min"].value, 2)


def _without_name(content: dict) -> dict:
    """Return an answer without the name of the recording."""
    recording = {key: value for key, value in content["recording"].items() if key != "file"}
    return {**content, "recording": recording}


if __name__ == "__main__":
    sys.exit(main())

"""Assess recordings in the Space with several simultaneous users, and check every answer.

    python recipes/benchmark_space.py                                  # starts the app
    python recipes/benchmark_space.py --url http://127.0.0.1:7860      # uses a running app

All recordings are the same simulated walk at different speeds, so that each has a different
cadence. An answer is correct if it equals the result of the package for that recording. Prints the
median and the 95th percentile of the time from request to answer; the exit status is 1 if an answer
is missing or wrong.
"""

import argparse
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from gradio_client import Client, handle_file

from agir_hf import SAMPLE_RECORDING
from agir_hf.assessment import assess_recording, load_model, prepare_recording
from agir_hf.motion import read_recording, to_joints

APP = Path(__file__).resolve().parents[1] / "spaces_app" / "app.py"
SLOWEST, FASTEST = 0.8, 1.2  # factors of the speed of the walk
START_TIMEOUT_S = 300.0


@dataclass(frozen=True)
class Answer:
    """Answer of the app to one recording.

    Attributes:
        content: The answer; None if there is none.
        seconds: Time from request to answer.
    """

    content: dict | None
    seconds: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--url", help="address of a running app (default: start one)")
    parser.add_argument("--users", type=int, default=4, help="simultaneous users (default: 4)")
    parser.add_argument(
        "--assessments", type=int, default=50, help="number of recordings (default: 50)"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        files = write_walks(Path(folder), options.assessments)
        url = options.url or stack.enter_context(running_app())
        answers = request_all(url, files, options.users)
        missing, wrong = check(files, answers)
    seconds = [answer.seconds for answer in answers]
    print(
        f"{len(files)} assessments, {options.users} simultaneous users: {missing} missing, "
        f"{wrong} wrong; median {np.median(seconds):.1f} s, "
        f"95th percentile {np.percentile(seconds, 95):.1f} s"
    )
    return int(bool(missing or wrong))


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
def running_app() -> Iterator[str]:
    """Start the app in a subprocess, yield its address, and end it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, str(APP), "--port", str(port)]
    app = subprocess.Popen(command, cwd=APP.parent, env={**os.environ, "HF_HUB_OFFLINE": "1"})
    try:
        yield _wait_until_ready(f"http://127.0.0.1:{port}", app)
    finally:
        app.terminate()
        app.wait(timeout=60)


def _wait_until_ready(url: str, app: subprocess.Popen) -> str:
    host, port = url.removeprefix("http://").split(":")
    for _ in range(int(START_TIMEOUT_S)):
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
            return url
        if app.poll() is not None:
            break
        time.sleep(1)
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

"""Several users at once assess recordings in the Space: none is lost, none is mixed up.

    python recipes/benchmark_space.py                                  # starts the app here
    python recipes/benchmark_space.py --url http://127.0.0.1:7860      # one that runs

Each recording is the same simulated walk at a speed of its own, so that each has a cadence of its
own. An answer counts as right if it is what the package gives for that recording. Prints the median
and the 95th percentile of the seconds from asking to the answer; the exit status is 1 if an answer
was lost or belongs to another recording.
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
SLOWEST, FASTEST = 0.8, 1.2  # times the speed of the walk
STARTS_WITHIN_S = 300.0


@dataclass(frozen=True)
class Answer:
    """What came back for a recording, after how many seconds; None where nothing came."""

    content: dict | None
    seconds: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--url", help="of a running app; by default one is started")
    parser.add_argument("--users", type=int, default=4, help="at once (default: 4)")
    parser.add_argument("--assessments", type=int, default=50, help="altogether (default: 50)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        files = write_walks(Path(folder), options.assessments)
        url = options.url or stack.enter_context(started_app())
        answers = ask_all(url, files, options.users)
        lost, mixed = check(files, answers)
    seconds = [answer.seconds for answer in answers]
    print(
        f"{len(files)} assessments, {options.users} users at once: {lost} lost, {mixed} mixed up; "
        f"median {np.median(seconds):.1f} s, 95th percentile {np.percentile(seconds, 95):.1f} s"
    )
    return int(bool(lost or mixed))


def write_walks(folder: Path, count: int) -> list[Path]:
    """One simulated walk at as many speeds: files of joints that differ in their rate alone."""
    motion, files = to_joints(read_recording(SAMPLE_RECORDING)), []
    for index, speed in enumerate(np.linspace(SLOWEST, FASTEST, count)):
        files.append(folder / f"walk_{index:03d}.npz")
        np.savez(files[-1], joints=motion.joints, rate_hz=motion.rate_hz * speed)
    return files


@contextlib.contextmanager
def started_app() -> Iterator[str]:
    """The app in a process of its own; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, str(APP), "--port", str(port)]
    app = subprocess.Popen(command, cwd=APP.parent, env={**os.environ, "HF_HUB_OFFLINE": "1"})
    try:
        yield _once_there(f"http://127.0.0.1:{port}", app)
    finally:
        app.terminate()
        app.wait(timeout=60)


def _once_there(url: str, app: subprocess.Popen) -> str:
    host, port = url.removeprefix("http://").split(":")
    for _ in range(int(STARTS_WITHIN_S)):
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
            return url
        if app.poll() is not None:
            break
        time.sleep(1)
    raise SystemExit(f"the app did not start within {STARTS_WITHIN_S:g} s, or ended: see above")


def ask_all(url: str, files: list[Path], users: int) -> list[Answer]:
    """The answers to all files; each user asks for the next when the last was answered."""
    shares = [list(range(user, len(files), users)) for user in range(users)]
    answers: dict[int, Answer] = {}

    def user(share: list[int]) -> None:
        client = Client(url, verbose=False)
        for index in share:
            answers[index] = _ask(client, files[index])

    with ThreadPoolExecutor(users) as pool:
        list(pool.map(user, shares))
    return [answers[index] for index in range(len(files))]


def _ask(client: Client, file: Path) -> Answer:
    start = time.perf_counter()
    try:
        content = client.predict(handle_file(file), None, "", "", "", api_name="/assess")
    except Exception as error:  # whatever it is, this answer is lost
        print(f"lost: {type(error).__name__}: {error}", file=sys.stderr)
        content = None
    return Answer(content, time.perf_counter() - start)


def check(files: list[Path], answers: list[Answer]) -> tuple[int, int]:
    """How many answers are lost, and how many are not those of their own recording."""
    model, processor = load_model()
    cadences = [_cadence(file) for file in files]
    assert len(set(cadences)) == len(files), "two recordings have one cadence"
    lost = mixed = 0
    for file, answer in zip(files, answers, strict=True):
        if answer.content is None:
            lost += 1
        elif told(answer.content) != told(assess_recording(file, model, processor).as_json()):
            mixed += 1
    return lost, mixed


def _cadence(file: Path) -> float:
    return round(prepare_recording(file).measured.parameters["cadence_steps_per_min"].value, 2)


def told(content: dict) -> dict:
    """What an answer says, without the name of the recording."""
    recording = {key: value for key, value in content["recording"].items() if key != "file"}
    return {**content, "recording": recording}


if __name__ == "__main__":
    sys.exit(main())

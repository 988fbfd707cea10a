"""Read damaged recordings of all formats, and count crashes, hangs, tracebacks and memory errors.

    python recipes/fuzz_readers.py --inputs 3000 -o fuzz                # 2 worker processes
    AGIR_TEST_DATA=FOLDER python recipes/fuzz_readers.py --inputs 100000 --workers 8 -o fuzz

Small recordings of every format are made from the embedded sample; with AGIR_TEST_DATA, the files
of its folders `data/*_cases`, `data/c3d_variants` and `data/healthy_adults` are added. Each input
is a mutation of one of them: flipped, inserted, deleted, moved and replaced bytes, parts of other
files, other numbers in texts, other fields in binary headers, also within packed files. A worker
process with limits of memory (1 GB) and time (10 s) reads it; every fourth is also measured as
`agir measure` does. An input that reaches the limit of elapsed time, but not of processor time, is
read once more by a new process, because other programs may have had the processor; the number of
such inputs is printed.

Input number i depends on the seed and the files only. A run that is repeated with the same folder
goes on where it stopped. The table of outcomes by format is printed and written to `counts.json`;
inputs that did harm are kept in `failures`. The exit code is 1 if there are any.
"""

import json
import multiprocessing
import multiprocessing.connection
import os
import shutil
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from fuzz_inputs import Job, make_seeds, mutated
from tqdm import tqdm

import agir_hf
from agir_hf.assessment import identify
from agir_hf.motion import RecordingError, read_recording, to_joints
from agir_hf.utils.command_line import Parser, positive_int

MEMORY_BYTES = 1 << 30
WALL_FACTOR = 6  # elapsed time over CPU time, on a busy machine
CPU_TIME = "of CPU time"
START_S = 120.0  # for the start of a worker on a busy machine
MEASURED = 4  # every fourth input that is read is also measured
OUTCOMES = ("read", "refused", "contained", "crash", "hang", "traceback", "memory")
HARM = OUTCOMES[3:]


def main() -> None:
    """Parse the command line, run the inputs that are missing, and print the counts."""
    parser = Parser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=positive_int, default=1000, help="number of inputs")
    parser.add_argument("--seed", type=int, default=0, help="seed of the mutations")
    parser.add_argument(
        "--workers", type=positive_int, default=2, help="number of worker processes"
    )
    parser.add_argument(
        "--seconds", type=float, default=10.0, help="CPU time of an input that counts as a hang"
    )
    parser.add_argument("-o", "--out", type=Path, required=True, help="folder for the results")
    options = parser.parse_args()
    job = Job(options.out / "seeds", options.seed, options.out / "work", options.seconds)
    make_seeds(job.seeds)
    (options.out / "failures").mkdir(exist_ok=True)
    job.work.mkdir(exist_ok=True)
    results = options.out / f"results_{options.seed}.jsonl"
    done = finished(results)
    missing = [i for i in range(options.inputs) if i not in done]
    try:
        run(job, missing, options.workers, results, options.out / "failures")
    finally:
        shutil.rmtree(job.work, ignore_errors=True)
    rows = [row for index, row in finished(results).items() if index < options.inputs]
    counts = table(rows)
    (options.out / "counts.json").write_text(json.dumps(counts, indent=1), encoding="utf-8")
    print_table(counts)
    if twice := sum(row.get("twice", False) for row in rows):
        print(f"{twice} of the inputs ran out of elapsed time and were read a second time")
    for row in rows:
        if row["outcome"] in HARM:
            print(f"{row['outcome']}: input {row['index']} of {row['file']}: {row['message']}")
    sys.exit(1 if any(row["outcome"] in HARM for row in rows) else 0)


def finished(results: Path) -> dict[int, dict]:
    """Results of earlier runs by number of the input; a line that was cut is left out.

    Args:
        results: File of results, one JSON object a line.
    """
    rows = {}
    if results.exists():
        for line in results.read_text(encoding="utf-8").splitlines():
            try:
                row = json.loads(line)
            except ValueError:
                continue
            rows[row["index"]] = row
    return rows


def run(job: Job, missing: list[int], workers: int, results: Path, failures: Path) -> None:
    """Let worker processes read inputs, and append each result to a file.

    Args:
        job: Settings.
        missing: Numbers of the inputs.
        workers: Number of processes.
        results: File of results.
        failures: Folder for the inputs that did harm.
    """
    queue = iter(missing)
    pool = [Worker(job) for _ in range(min(workers, len(missing)))]
    busy = {worker for worker in pool if worker.ask(next(queue, None))}
    with results.open("a", encoding="utf-8") as file, tqdm(total=len(missing)) as bar:
        file.write("\n")  # the last line of a killed run may be cut
        while busy:
            multiprocessing.connection.wait([worker.pipe for worker in busy], timeout=0.2)
            for worker in list(busy):
                row = worker.result()
                if row is None:
                    continue
                file.write(json.dumps(row) + "\n")
                file.flush()
                bar.update()
                if row["outcome"] in HARM:
                    name, content, _ = mutated(job, row["index"])
                    (failures / f"{row['index']}_{name}").write_bytes(content)
                if not worker.ask(next(queue, None)):
                    busy.discard(worker)
    for worker in pool:
        worker.stop()


class Worker:
    """A process that reads inputs, and is replaced after a crash or a hang."""

    def __init__(self, job: Job):
        self.job, self.index, self.process, self.twice = job, None, None, False

    def ask(self, index: int | None, twice: bool = False) -> bool:
        """Start to read an input, for the second time if `twice`; False if there is none."""
        if index is None:
            return False
        if self.process is None:
            self._start()
        self.index, self.twice, self.since = index, twice, time.monotonic()
        self.pipe.send(index)
        return True

    def result(self) -> dict | None:
        """Result of the input, or None while it is read."""
        row = self._answer()
        if row is None or self.twice:
            return row and row | {"twice": self.twice}
        if row["outcome"] == "hang" and not row["message"].endswith(CPU_TIME):
            self.stop()  # the process in which C3D files are read ends with it
            self.ask(self.index, twice=True)
            return None
        return row

    def _answer(self) -> dict | None:
        try:
            if self.pipe.poll():
                return self.pipe.recv()
        except (EOFError, OSError):
            self.process.join()
            code = self.process.exitcode
            if code == -signal.SIGPROF:
                return self._failed("hang", f"more than {self.job.seconds:g} s {CPU_TIME}")
            return self._failed("crash", f"exit code {code}")
        if time.monotonic() - self.since > WALL_FACTOR * self.job.seconds:
            return self._failed("hang", f"more than {WALL_FACTOR * self.job.seconds:g} s")
        return None

    def stop(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.kill()
            self.process.join()
            self.process = None

    def _failed(self, outcome: str, message: str) -> dict:
        self.stop()
        name = mutated(self.job, self.index)[0]
        return {"index": self.index, "file": name, "outcome": outcome, "message": message}

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(self.job, theirs), daemon=True)
        self.process.start()
        theirs.close()
        if not self.pipe.poll(START_S):
            raise RuntimeError("a worker process does not start")
        self.pipe.recv()


def serve(job: Job, pipe) -> None:
    """Read inputs until the pipe ends; runs in a worker process.

    Args:
        job: Settings.
        pipe: Connection with numbers of inputs, and results in return.
    """
    from agir_hf.gait.walk_check import measure_walk

    sample = read_recording(agir_hf.SAMPLE_RECORDING)  # imports, and starts the process for C3D
    measure_walk(sample)
    to_joints(sample)
    try:
        import resource

        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY_BYTES,) * 2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, OSError):
        pass  # not on this system
    pipe.send("ready")
    while True:
        try:
            index = pipe.recv()
        except EOFError:
            return
        name, content, options = mutated(job, index)
        path = job.work / f"{os.getpid()}_{name}"
        path.write_bytes(content)
        signal.setitimer(signal.ITIMER_PROF, job.seconds)  # ends this process
        outcome, message = read(path, options, index % MEASURED == 0, measure_walk)
        signal.setitimer(signal.ITIMER_PROF, 0)
        path.unlink()
        pipe.send({"index": index, "file": name, "outcome": outcome, "message": message})


def read(path: Path, options: dict, measured: bool, measure: Callable) -> tuple[str, str]:
    """Read a file as the commands do, and return the outcome with the message of an error.

    Args:
        path: The file.
        options: Keyword arguments of `read_recording`.
        measured: Whether it is also measured and converted to joints.
        measure: `agir_hf.gait.walk_check.measure_walk`.
    """
    named = True
    try:
        identify(path)  # of every file, also of one that is refused
        recording = read_recording(path, **options)
        named = False  # later messages have no file name; the commands add it
        if measured:
            measure(recording)
            to_joints(recording)
    except RecordingError as error:
        text = str(error)
        if "needs more" in text and "memory" in text:
            return "memory", text
        if "takes more than" in text:
            return "hang", text
        if "\n" in text or (named and path.name not in text):
            return "traceback", f"message without file name or with several lines: {text!r}"
        return ("contained" if "reader crashed" in text else "refused"), text[:200]
    except MemoryError:
        return "memory", "MemoryError"
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        spot = f"{Path(frame.filename).name}:{frame.lineno}"
        return "traceback", f"{type(error).__name__}: {error} ({spot})"[:300]
    return "read", ""


def table(rows: list[dict]) -> dict[str, dict[str, int]]:
    """Number of inputs by format and outcome.

    Args:
        rows: Results.
    """
    counts: dict[str, Counter] = {}
    for row in rows:
        ending = "".join(Path(row["file"]).suffixes[-2:]).lower()
        ending = ending if ending.endswith((".gz", ".zip")) else Path(ending).suffix or ending
        counts.setdefault(ending, Counter())[row["outcome"]] += 1
        counts.setdefault("all", Counter())[row["outcome"]] += 1
    return {
        ending: {outcome: counts[ending][outcome] for outcome in OUTCOMES}
        for ending in sorted(counts, key=lambda name: (name == "all", name))
    }


def print_table(counts: dict[str, dict[str, int]]) -> None:
    """Print the counts; "contained" is a crash of the process in which C3D files are read.

    Args:
        counts: Result of `table`.
    """
    print(f"{'format':10}" + "".join(f"{outcome:>11}" for outcome in OUTCOMES))
    for ending, row in counts.items():
        print(f"{ending:10}" + "".join(f"{row[outcome]:11}" for outcome in OUTCOMES))


if __name__ == "__main__":
    main()

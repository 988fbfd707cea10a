"""Measure how many small faults the tests detect: the mutation score.

    python tests/mutation_score.py -o runs/mutation                   # 20 mutants of each module
    python tests/mutation_score.py agir_hf/gait -o runs/mutation --mutants 10 --workers 2

Each mutant is a module with one fault, such as ``+`` for ``-``, ``mean`` for ``sum``, "left" for
"right" or a number that is 1.5 times as large (`mutants.py`). The tests that run the changed
function are run until one fails. A mutant is killed if one fails or if they take too long. The
score of a module is the share of its mutants that are killed.

Which tests run which function is recorded first, in one run of the tests; the record is kept in
the output folder and is made again when the tests or the package change. Mutants are drawn with a
seed. The result of each mutant is kept, so that an interrupted run goes on. Slow tests are left
out. Linux and macOS only, because each mutant runs in a forked process.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import io
import json
import math
import os
import random
import resource
import signal
import sys
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from mutants import Mutant, mutants_of
from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[1]
# Modules → tests that may detect their faults.
TARGETS = {
    "agir_hf/gait": [
        "tests/gait",
        "tests/evaluation/metrics",
        "tests/motion/test_recorded_limits.py",
    ],
    "agir_hf/motion": [
        "tests/motion",
        "tests/gait/test_events.py",
        "tests/gait/test_parameters.py",
    ],
    "agir_hf/humanml3d.py": ["tests/test_humanml3d.py"],
    "agir_hf/training/losses.py": ["tests/training/test_losses.py"],
    "agir_hf/evaluation/metrics": ["tests/evaluation/metrics"],
}
# Presentation: their output is text or pictures, which tests of the command line and pages cover.
EXCLUDED = ("agir_hf/gait/report", "agir_hf/motion/fitting/plots.py", "__init__.py")
# Modules that run in a process of their own, in which functions are not recorded → their tests.
OTHER_PROCESS = {"reading_worker": "reading_process"}
TESTS_S = 15.0  # processor time of the tests of a mutant
LIMIT_S = 20.0  # added to five times the time that the tests take without a fault
PYTEST = ["-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", "-m", "not slow", "--tb=no"]


def main() -> None:
    """Parse the command line, run the mutants and print the scores."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "targets", nargs="*", help=f"folders or files (default: {', '.join(TARGETS)})"
    )
    parser.add_argument("-o", "--out", type=Path, required=True, help="folder of the results")
    parser.add_argument("--mutants", type=int, default=20, help="drawn of each module (20)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the draw (default: 0)")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: 2)")
    options = parser.parse_args()
    os.chdir(ROOT)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    options.out.mkdir(parents=True, exist_ok=True)
    drawn = []
    for target in options.targets or TARGETS:
        tests = next((TARGETS[name] for name in TARGETS if target.startswith(name)), None)
        if tests is None:
            parser.error(f"{target} is in none of {', '.join(TARGETS)}")
        coverage = _coverage(tests, options.out)
        for module in _modules(Path(target)):
            mutants = enumerate(_drawn(module, options))
            drawn += [(number, (module, mutant, coverage)) for number, mutant in mutants]
    # The first mutant of each module first, and modules in random order: what an interrupted run
    # has done is a sample of all modules.
    random.Random(options.seed).shuffle(drawn)
    jobs = [job for _number, job in sorted(drawn, key=lambda pair: pair[0])]
    _import_libraries()
    with ThreadPoolExecutor(options.workers) as pool:
        results = list(
            tqdm(pool.map(lambda job: _result(*job, options.out), jobs), total=len(jobs))
        )
    _print(jobs, results)


def _modules(target: Path) -> list[Path]:
    paths = sorted(target.rglob("*.py")) if target.is_dir() else [target]
    return [path for path in paths if not any(name in str(path) for name in EXCLUDED)]


def _drawn(module: Path, options: argparse.Namespace) -> list[Mutant]:
    """Mutants of a module, drawn with the seed."""
    mutants = []
    for mutant in mutants_of(module.read_text(encoding="utf-8")):
        try:
            compile(mutant.source, str(module), "exec")
        except SyntaxError:
            continue
        mutants.append(mutant)
    draw = random.Random(f"{options.seed} {module}")
    return draw.sample(mutants, min(options.mutants, len(mutants)))


class _Recorder:
    """Pytest plugin that records the functions of the package that each test runs."""

    def __init__(self):
        self.tests, self.functions, self.seconds, self.failed = {}, set(), {}, set()

    def pytest_runtest_protocol(self, item):
        self.functions = set()
        self.tests[item.nodeid] = self.functions
        self.started = time.process_time()
        sys.settrace(self._trace)

    def pytest_runtest_logfinish(self, nodeid):
        sys.settrace(None)
        self.seconds[nodeid] = time.process_time() - self.started

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.failed.add(report.nodeid)

    def _trace(self, frame, _event, _argument):
        """Record a call; None is returned, so that the lines of the function are not traced."""
        name = frame.f_code.co_filename
        if "/agir_hf/" in name:
            self.functions.add((name[name.index("agir_hf/") :], frame.f_code.co_qualname))


def _coverage(tests: list[str], out: Path) -> dict:
    """Record, or read, the tests that run each function: {module: {function: [test, …]}}."""
    files = [path for name in (*tests, "agir_hf") for path in _python_files(Path(name))]
    content = b"".join(path.read_bytes() for path in files)
    name = hashlib.sha256(content + " ".join(tests).encode()).hexdigest()[:16]
    path = out / f"coverage_{name}.json"
    if not path.exists():
        child = os.fork()
        if child == 0:
            os._exit(_record(tests, path))
        if os.waitpid(child, 0)[1]:
            raise SystemExit(f"the tests {', '.join(tests)} cannot be run: run them with pytest")
    return json.loads(path.read_text())


def _python_files(path: Path) -> list[Path]:
    return sorted(path.rglob("*.py")) if path.is_dir() else [path]


def _record(tests: list[str], path: Path) -> int:
    import pytest

    recorder = _Recorder()
    arguments = [argument for argument in PYTEST if argument != "-x"]
    code = pytest.main([*arguments, *tests], plugins=[recorder])
    sys.settrace(None)
    covered = defaultdict(lambda: defaultdict(list))
    if recorder.failed:
        print("left out, because they fail without a fault:", *sorted(recorder.failed), sep="\n  ")
    for test in sorted(
        recorder.tests.keys() - recorder.failed, key=lambda test: recorder.seconds.get(test, 0.0)
    ):
        for module, function in recorder.tests[test]:
            top = function.split(".")[0]
            if test not in covered[module][top]:
                covered[module][top].append(test)
    if code in (0, 1):  # all passed, some failed
        seconds = {t: s for t, s in recorder.seconds.items() if t not in recorder.failed}
        path.write_text(json.dumps({"functions": covered, "seconds": seconds}))
    return 0 if code in (0, 1) else int(code)


def _import_libraries() -> None:
    """Import libraries, but nothing of the package, before processes are forked."""
    for name in (
        "numpy",
        "pytest",
        "scipy.signal",
        "scipy.spatial.transform",
        "torch",
        "ezc3d",
        "transformers.modeling_utils",
    ):
        importlib.import_module(name)


def _copy_with(module: Path, mutant: Mutant, folder: Path) -> None:
    """Make a copy of the package in which one module is that of a mutant; other files are links."""
    for path in (ROOT / "agir_hf").rglob("*"):
        copy = folder / path.relative_to(ROOT)
        if path.is_dir():
            copy.mkdir(parents=True, exist_ok=True)
        elif path != ROOT / module:
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.symlink_to(path)
    (folder / module).write_text(mutant.source, encoding="utf-8")


def _tests_of(module: Path, mutant: Mutant, coverage: dict) -> list[str]:
    """Tests that run the function of a mutant, the fastest first.

    For a fault outside functions, these are the tests that run any function of the module, and
    those that run no function at all, because they compare constants. Tests in the file of the
    module's name are added, because shared fixtures may have run its functions.
    """
    functions, seconds = coverage["functions"].get(str(module), {}), coverage["seconds"]
    tests = list(functions.get(mutant.function, []))
    mirror = f"test_{OTHER_PROCESS.get(module.stem, module.stem)}.py::"
    every = [test for tests_of in functions.values() for test in tests_of]
    if mutant.function not in functions:
        modules = coverage["functions"].values()
        of_functions = {test for rows in modules for tests_of in rows.values() for test in tests_of}
        tests += [*every, *(seconds.keys() - of_functions)]
    tests += [test for test in seconds if mirror in test]
    chosen, total = [], 0.0
    for test in sorted(set(tests), key=lambda test: (seconds.get(test, 0.0), test)):
        total += seconds.get(test, 0.0)
        if chosen and total > TESTS_S:
            break
        chosen.append(test)
    return chosen


def _result(module: Path, mutant: Mutant, coverage: dict, out: Path) -> str:
    """Run the tests of a mutant: "killed", "survived" or "no test"."""
    tests = _tests_of(module, mutant, coverage)
    key = hashlib.sha256(f"{module}\n{mutant.source}\n{tests}".encode()).hexdigest()[:24]
    path = out / "mutants" / f"{key}.json"
    if path.exists():
        return json.loads(path.read_text())["result"]
    seconds = sum(coverage["seconds"].get(test, 0.0) for test in tests)
    result = "no test" if not tests else _run(module, mutant, tests, seconds)
    path.parent.mkdir(exist_ok=True)
    record = {"module": str(module), "line": mutant.line, "function": mutant.function}
    record |= {"before": mutant.before, "after": mutant.after, "result": result}
    path.write_text(json.dumps(record))
    return result


def _run(module: Path, mutant: Mutant, tests: list[str], seconds: float) -> str:
    with tempfile.TemporaryDirectory() as folder:
        _copy_with(module, mutant, Path(folder))
        return _outcome(folder, tests, math.ceil(LIMIT_S + 5 * seconds))


def _outcome(folder: str, tests: list[str], limit_s: int) -> str:
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s))
        signal.alarm(20 * limit_s)  # for tests that wait
        os._exit(_run_tests(folder, tests))
    return "survived" if os.waitpid(child, 0)[1] == 0 else "killed"


def _run_tests(folder: str, tests: list[str]) -> int:
    import pytest

    sys.path.insert(0, folder)
    os.environ["PYTHONPATH"] = folder  # for the processes that the tests start
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        try:
            return int(pytest.main([*PYTEST, *tests]))
        except BaseException:
            return 1


def _print(jobs: list, results: list[str]) -> None:
    """Print the score of each module and of all, and the mutants that survived."""
    counts = defaultdict(lambda: [0, 0])
    for (module, _mutant, _coverage), result in zip(jobs, results, strict=True):
        counts[module][0] += result == "killed"
        counts[module][1] += 1
    for (module, mutant, _coverage), result in zip(jobs, results, strict=True):
        if result != "killed":
            change = f"{mutant.before!r} → {mutant.after!r}".replace("\\n", " ")
            print(f"{result}: {module}:{mutant.line} {mutant.function}: {change[:160]}")
    for module, (killed, total) in counts.items():
        print(f"{killed / total:.2f}  {killed:4d} of {total:4d}  {module}")
    killed = sum(pair[0] for pair in counts.values())
    print(f"{killed / max(len(jobs), 1):.3f}  {killed} of {len(jobs)}  all")


if __name__ == "__main__":
    main()

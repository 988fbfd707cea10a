"""Stages run as with `subprocess`, start fast, and end with the process that started them."""

import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from agir_hf.experiments import stage_processes
from agir_hf.experiments.stage_processes import PRELOADED, run_stage, stop_stages

WAIT_S = 120  # for what happens at once on an idle machine
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="stages are forked on Linux only")


@pytest.fixture(autouse=True)
def light_server(monkeypatch):
    """A server that preloads a small module of the standard library only, on the CPU."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setattr(stage_processes, "_FORKING", stage_processes._Server(["colorsys"]))
    yield
    stop_stages()


@pytest.fixture
def script(tmp_path):
    """Function that writes a script and returns its path as text."""

    def script(code, name="script.py"):
        (tmp_path / name).write_text(code)
        return str(tmp_path / name)

    return script


@pytest.fixture
def log(tmp_path):
    return tmp_path / "stage.log"


@pytest.fixture(params=["forked", "fresh"])
def fresh_too(request, monkeypatch):
    """Run the test with a forked stage and with a fresh process, as on a GPU."""
    if request.param == "fresh":
        monkeypatch.setattr(stage_processes, "can_fork", lambda environment: False)
    return request.param


def test_a_forked_stage_has_the_imports_of_the_server_and_a_fresh_process_has_not(
    script, log, fresh_too
):
    path = script("import sys; print('colorsys' in sys.modules)")
    assert run_stage([path], log) == 0
    assert log.read_text() == f"{fresh_too == 'forked'}\n"


@pytest.mark.parametrize(
    "code",
    [
        "print('done')",
        "import sys; sys.exit(7)",
        "raise SystemExit('a message')",
        "raise ValueError('wrong')",
        "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "import os, signal; os.kill(os.getpid(), signal.SIGINT)",
        "import os, sys; print(sys.argv[1:], __name__, __file__, sys.path[0], os.getcwd())",
        "import sys, helper_module; print(helper_module.__name__, file=sys.stderr)",
        "import atexit; atexit.register(print, 'at the end')",
    ],
)
def test_exit_codes_signals_and_logs_are_those_of_subprocess(
    script, log, tmp_path, fresh_too, code
):
    script("", "helper_module.py")
    command = [script(code), "--seed", "3"]
    expected = subprocess.run(
        [sys.executable, *command], cwd=tmp_path, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert run_stage(command, log, folder=tmp_path) == expected.returncode
    if "Traceback" in expected.stdout:  # the lines of the server come first
        assert log.read_text().splitlines()[-1:] == expected.stdout.splitlines()[-1:]
    else:
        assert log.read_text() == expected.stdout


def test_modules_run_as_with_subprocess(script, log, tmp_path, fresh_too):
    script("import sys; print(__name__, sys.argv[1:])", "some_module.py")
    assert run_stage(["-m", "some_module", "--seed", "3"], log, folder=tmp_path) == 0
    assert log.read_text() == "__main__ ['--seed', '3']\n"
    assert run_stage(["-c", "print(1)"], log) == 0
    assert log.read_text() == "1\n"


def test_variables_of_a_stage_hold(script, log):
    path = script("import os; print(os.environ.get('OMP_NUM_THREADS'), os.environ.get('EXTRA'),"
                  "os.environ['CUDA_VISIBLE_DEVICES'])")  # fmt: skip
    variables = {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "-1"}
    assert run_stage([path], log, variables) == 0
    assert log.read_text() == "1 None -1\n"
    assert run_stage([path], log, {**variables, "EXTRA": "yes", "CUDA_VISIBLE_DEVICES": ""}) == 0
    assert log.read_text() == "1 yes \n"


def test_stages_run_at_the_same_time(script, tmp_path):
    """Each waits until all of them have started."""
    path = script(
        "import sys, time\n"
        "from pathlib import Path\n"
        "Path(sys.argv[1]).touch()\n"
        "limit = time.monotonic() + 200\n"
        "while len(list(Path('.').glob('started_*'))) < 3 and time.monotonic() < limit:\n"
        "    time.sleep(0.01)\n"
        "sys.exit(time.monotonic() > limit)\n"
    )
    with ThreadPoolExecutor(3) as pool:
        futures = [
            pool.submit(run_stage, [path, f"started_{i}"], tmp_path / f"{i}.log", folder=tmp_path)
            for i in range(3)
        ]
    assert [future.result() for future in futures] == [0, 0, 0]


def test_a_script_whose_imports_fail_in_the_server_reports_it_itself(script, log, monkeypatch):
    server = stage_processes._Server(["a_module_that_is_missing"])
    monkeypatch.setattr(stage_processes, "_FORKING", server)
    assert run_stage([script("import a_module_that_is_missing")], log) == 1
    assert log.read_text().splitlines()[-1].startswith("ModuleNotFoundError")
    assert run_stage([script("print(1)")], log) == 0


def test_a_log_that_cannot_be_written_is_an_error(script, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"stage\.log"):
        run_stage([script("print(1)")], tmp_path / "missing" / "stage.log")


def test_stopping_ends_running_stages(script, log, tmp_path):
    code = f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))"
    path, codes = script(f"{code}\ntime.sleep(600)"), []
    thread = threading.Thread(target=lambda: codes.append(run_stage([path], log)))
    thread.start()
    pid = read_pid(tmp_path / "pid")
    stop_stages()
    thread.join(WAIT_S)
    assert codes[0] < 0 and not psutil.pid_exists(pid)


def read_pid(path):
    """Wait for a file with a process id."""
    limit = time.monotonic() + WAIT_S
    while not (path.is_file() and path.read_text()):
        assert time.monotonic() < limit
        time.sleep(0.01)
    return int(path.read_text())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("forked", [True, False], ids=["forked", "fresh"])
def test_an_interrupted_parent_leaves_no_running_stage(script, log, tmp_path, number, forked):
    """The stage has a child of its own, as a data loader with workers."""
    stage = script(
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(tmp_path / 'pids')!r}, 'w').write(f'{{child.pid}}')\n"
        f"open({str(tmp_path / 'stage')!r}, 'w').write(f'{{os.getpid()}}')\n"
        "time.sleep(600)",
        "stage.py",
    )
    parent = script(
        "from importlib.util import module_from_spec, spec_from_file_location\n"
        "from pathlib import Path\n"
        f"spec = spec_from_file_location('processes', {stage_processes.__file__!r})\n"
        "processes = module_from_spec(spec)  # without the imports of the package\n"
        "spec.loader.exec_module(processes)\n"
        "processes._FORKING = processes._Server(['colorsys'])\n"
        f"processes.can_fork = lambda environment: {forked}\n"
        f"processes.run_stage([{stage!r}], Path({str(log)!r}))",
        "parent.py",
    )
    process = subprocess.Popen([sys.executable, parent], stderr=subprocess.DEVNULL)
    pids = [read_pid(tmp_path / "stage"), read_pid(tmp_path / "pids")]
    server = psutil.Process(pids[0]).parent()
    process.send_signal(number)
    assert process.wait(WAIT_S) == -number
    limit = time.monotonic() + WAIT_S
    while any(is_running(pid) for pid in [*pids, server.pid]) and time.monotonic() < limit:
        time.sleep(0.02)
    assert not any(is_running(pid) for pid in [*pids, server.pid])


def is_running(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.slow
def test_the_real_server_starts_no_threads_and_stages_need_no_more_imports(
    script, log, monkeypatch
):
    """A fork would lose threads; that of pyarrow's allocator is made for forks."""
    server = stage_processes._Server(PRELOADED)
    monkeypatch.setattr(stage_processes, "_FORKING", server)
    path = script(
        "import os, time\n"
        "from pathlib import Path\n"
        "start = time.process_time()\n"
        "import datasets, torch, transformers, trl\n"
        "from trl import DPOTrainer, SFTTrainer\n"
        "from transformers import T5Model\n"
        "print(torch.get_num_threads(), time.process_time() - start)\n"
        "for task in Path(f'/proc/{os.getppid()}/task').iterdir():\n"
        "    print((task / 'comm').read_text().strip())\n"
    )
    assert run_stage([path], log, {"OMP_NUM_THREADS": "1"}) == 0, log.read_text()
    first, *threads = log.read_text().splitlines()
    assert len([name for name in threads if name != "jemalloc_bg_thd"]) == 1
    assert first.split()[0] == "1" and float(first.split()[1]) < 0.5

"""Run the scripts of a table in processes that start fast.

Half of a short stage is the import of torch, transformers, trl and datasets. A server process
imports them once (`stage_server`), and each stage is forked from it. On a GPU a stage is a fresh
process, because CUDA does not survive a fork.
"""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

PRELOADED = ("agir_hf.experiments.preloaded",)
_SERVER_SCRIPT = Path(__file__).with_name("stage_server.py")
_DEVICES = "CUDA_VISIBLE_DEVICES"  # read when the GPU is first used, so it may change after a fork


def run_stage(
    command: Sequence[str],
    log: Path,
    env: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> int:
    r"""Run a Python script to its end, in a process that is forked after the imports.

    The first stage starts the server, with the variables of that stage. A stage runs in a fresh
    process if a GPU is used, for ``-c``, on systems other than Linux, and if its variables other
    than `CUDA_VISIBLE_DEVICES` differ from those of the server, because libraries read many of them
    when they are imported. If this process ends, by whatever signal, its stages are stopped.

    Args:
        command: Arguments of Python: a script, or "-m" and a module, then options.
        log: File for standard output and standard error; an existing file is replaced.
        env: Variables of the stage that differ from those of this process. None: no difference.
        folder: Working folder of the stage. None takes that of this process.

    Returns:
        Exit code as `subprocess` reports it: a negative number is a signal.

    Example:
        ```python
        >>> from pathlib import Path
        >>> from agir_hf.experiments.stage_processes import run_stage

        >>> run_stage(["-c", "print('done')"], Path("stage.log"))
        0
        >>> Path("stage.log").read_text()
        'done\n'
        ```
    """
    environment = {**os.environ, **(env or {})}
    with log.open("wb") as file:
        if os.name != "posix":
            return subprocess.run(
                [sys.executable, *command], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                stdout=file, stderr=subprocess.STDOUT,
            ).returncode  # fmt: skip
        request = {
            "command": list(command),
            "folder": None if folder is None else str(folder),
            "environment": environment,
            "fork": command[0] != "-c" and can_fork(environment),
        }
        if request["fork"] and not _FORKING.accepts(environment):
            request["fork"] = False
        if request["fork"]:
            code = _FORKING.run(request, file.fileno())
            if code is not None:
                return code
            request["fork"] = False  # an import failed: the script reports the reason
        code = _STARTING.run(request, file.fileno())
    if code is None:
        raise RuntimeError(f"the process of {_SERVER_SCRIPT} ended before it started a stage")
    return code


def stop_stages() -> None:
    """Stop all running stages and the servers, as the end of this process does.

    Stages that other threads wait for end with a signal. The next `run_stage` starts new servers.
    """
    for server in (_FORKING, _STARTING):
        server.close()


def can_fork(environment: Mapping[str, str]) -> bool:
    """Return whether a stage with these variables may be forked after the imports.

    Args:
        environment: Variables of the stage.

    Returns:
        False on systems other than Linux, and where the stage can use a GPU.
    """
    if sys.platform != "linux":
        return False
    if environment.get(_DEVICES) in ("", "-1"):
        return True
    import torch

    return not torch.accelerator.is_available()


class _Server:
    """A server process, started by the first stage and stopped at the end of this process.

    Args:
        preloaded: Modules that it imports before the first stage.
    """

    def __init__(self, preloaded: Sequence[str] = ()):
        self._preloaded = preloaded
        self._lock = threading.Lock()
        self._process: subprocess.Popen | None = None
        self._owner = 0  # process that started it; a fork of that process starts its own
        self._control: socket.socket | None = None
        self._environment: dict[str, str] = {}
        self._usable = True

    def accepts(self, environment: Mapping[str, str]) -> bool:
        """Return whether stages with these variables can be forked from this server."""
        with self._lock:
            if not self._usable:
                return False
            if not self._is_running():
                self._start(environment)
            return self._environment == _without_devices(environment)

    def run(self, request: dict, log: int) -> int | None:
        """Run a stage; return its exit code, or None if the server could not start it.

        Args:
            request: See `stage_server.StageServer`.
            log: File descriptor of the log.
        """
        ours, theirs = socket.socketpair()
        with ours:
            with theirs, self._lock:
                if not self._is_running():
                    self._start(request["environment"])
                process = self._process
                try:
                    socket.send_fds(self._control, [b"+"], [theirs.fileno(), log])
                except OSError:
                    return None
            try:
                ours.sendall(json.dumps(request).encode() + b"\n")
                answers = _answers(ours)
            except OSError:
                answers = {}
        if "returncode" in answers:
            return answers["returncode"]
        if answers or self._process is not process:  # the server was killed or closed
            return -signal.SIGKILL
        self._usable = False
        return None

    def close(self) -> None:
        """Stop the server and its stages."""
        with self._lock:
            if self._process is not None and self._owner == os.getpid():
                self._control.close()
                self._process.terminate()  # ends the imports; stages end as by `_control.close`
                self._process.wait()
                self._process = self._control = None

    def _is_running(self) -> bool:
        return (
            self._process is not None
            and self._owner == os.getpid()
            and self._process.poll() is None
        )

    def _start(self, environment: Mapping[str, str]) -> None:
        if self._control is not None:
            self._control.close()
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(_SERVER_SCRIPT), str(theirs.fileno()), *self._preloaded],
                env=dict(environment), pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        self._owner, self._environment = os.getpid(), _without_devices(environment)


def _answers(connection: socket.socket) -> dict:
    """Read the answers to a request, up to the exit code or the end of the server."""
    answers: dict = {}
    with connection.makefile("rb") as lines:
        while "returncode" not in answers and (line := lines.readline()):
            answers |= json.loads(line)
    return answers


def _without_devices(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name != _DEVICES}


_FORKING, _STARTING = _Server(PRELOADED), _Server()
atexit.register(stop_stages)

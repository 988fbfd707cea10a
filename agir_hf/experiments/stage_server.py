"""Process that starts the stages of a table: one child process for each stage.

`stage_processes` starts this file as a script and sends it requests. The process imports the heavy
libraries once, so that a child that it forks runs its script at once. It only imports: a library
that computes starts threads, which a fork would lose, and a GPU that is initialised before a fork
cannot be used after it.

Only the standard library is imported at the top, because a server without libraries starts stages
that need a process of their own, on a GPU.
"""

import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
import time

STOP_SECONDS = 5.0  # from the request to stop until a process is killed
_POLL_SECONDS = 0.05


class StageServer:
    """Start stages on request, report how they end, and stop them when the caller is gone.

    A request arrives on the control socket as two file descriptors: the connection of the stage,
    from which a line of JSON is read (``command``, ``folder``, ``environment``, ``fork``), and the
    log. The answers on the connection are lines with ``pid`` and, at the end, ``returncode``. If a
    connection is closed, its stage is stopped. If the control socket is closed, all stages are
    stopped and the server ends.

    Args:
        control: Socket of the caller.
    """

    def __init__(self, control: socket.socket):
        self._control = control
        self._connections: dict[int, socket.socket] = {}  # process id → connection
        self._wakeup = socket.socketpair()
        for end in self._wakeup:
            end.setblocking(False)

    def serve(self) -> dict | None:
        """Serve requests until the caller is gone.

        Returns:
            In a forked child the request that it has to run, None in the server.
        """
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the stages get it too, and end by it
        signal.signal(signal.SIGTERM, self._end)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wakeup[1].fileno(), warn_on_full_buffer=False)
        while True:
            watched = [self._control, self._wakeup[0], *self._connections.values()]
            readable, _, _ = select.select(watched, [], [])
            if self._wakeup[0] in readable:
                self._wakeup[0].recv(4096)
            self._report_ended()
            for pid, connection in list(self._connections.items()):
                if connection in readable:  # closed by the caller, who sends nothing more
                    stop([pid])
                    self._close(pid)
            if self._control in readable:
                message, descriptors, _, _ = socket.recv_fds(self._control, 1, 2)
                if not message:
                    stop(list(self._connections))
                    return None
                request = self._start(*descriptors)
                if request is not None:
                    return request

    def _end(self, *_) -> None:
        """End as if the caller were gone."""
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)

    def _start(self, connection_descriptor: int, log: int) -> dict | None:
        """Start a stage; return its request in the child, None in the server."""
        for descriptor in (connection_descriptor, log):  # other stages must not keep them open
            os.set_inheritable(descriptor, False)
        connection = socket.socket(fileno=connection_descriptor)
        try:
            with connection.makefile("rb") as file:
                request = json.loads(file.readline())
        except (OSError, ValueError):  # the caller ended before it had sent the request
            connection.close()
            os.close(log)
            return None
        pid = os.fork()
        if pid:
            os.close(log)
            self._connections[pid] = connection
            self._send(connection, {"pid": pid})
            return None
        try:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGTERM, signal.SIGCHLD, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            for descriptor in (1, 2):
                os.dup2(log, descriptor)
            os.close(log)
            if request["folder"]:
                os.chdir(request["folder"])
            if not request["fork"]:
                words = [sys.executable, *request["command"]]
                os.execve(sys.executable, words, request["environment"])
            signal.signal(signal.SIGINT, signal.default_int_handler)
            for other in (connection, self._control, *self._wakeup, *self._connections.values()):
                other.close()
        except BaseException as error:
            os.write(2, f"{error}\n".encode())
            os._exit(127)
        return request

    def _report_ended(self) -> None:
        for pid in list(self._connections):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                code = os.waitstatus_to_exitcode(status)
                self._send(self._connections[pid], {"returncode": code})
                self._close(pid)

    def _close(self, pid: int) -> None:
        self._connections.pop(pid).close()

    @staticmethod
    def _send(connection: socket.socket, answer: dict) -> None:
        with contextlib.suppress(OSError):  # the caller is gone, which `serve` notices
            connection.sendall(json.dumps(answer).encode() + b"\n")


def stop(pids: list[int]) -> None:
    """Stop children and the processes that they started; kill those that do not end.

    Args:
        pids: Process ids of children of this process.
    """
    import psutil  # accelerate requires it

    trees = []
    for pid in pids:
        try:
            child = psutil.Process(pid)
            trees += [child, *child.children(recursive=True)]
        except psutil.NoSuchProcess:
            continue
    for process in trees:
        with contextlib.suppress(psutil.Error):  # it has ended
            process.terminate()
    waiting, limit = set(pids), time.monotonic() + STOP_SECONDS
    while waiting and time.monotonic() < limit:
        waiting = {pid for pid in waiting if not os.waitpid(pid, os.WNOHANG)[0]}
        if waiting:
            time.sleep(_POLL_SECONDS)
    for process in trees:
        with contextlib.suppress(psutil.Error):
            process.kill()
    for pid in waiting:
        os.waitpid(pid, 0)


def run_command(request: dict) -> None:
    """Run a Python command in this process as ``python …`` does.

    Args:
        request: ``command``, the arguments of Python: a script or ``-m`` and a module, then
            options; ``environment``, the variables of the stage.

    Raises:
        SystemExit: The script ended with an exit code.
    """
    os.environ.clear()
    os.environ.update(request["environment"])
    command = request["command"]
    if command[0] == "-m":
        sys.path.insert(0, os.getcwd())
        sys.argv = command[1:]
        runpy.run_module(command[1], run_name="__main__", alter_sys=True)
    else:
        sys.path.insert(0, os.path.dirname(os.path.abspath(command[0])))
        sys.argv = list(command)
        runpy.run_path(command[0], run_name="__main__")


def main() -> None:
    """Import the modules that are named on the command line, then serve."""
    control = socket.socket(fileno=int(sys.argv[1]))
    for name in sys.argv[2:]:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # objects of the imports are not visited, so their pages stay shared
    server = StageServer(control)
    request = server.serve()
    if request is not None:
        del server, control
        run_command(request)


if __name__ == "__main__":
    main()

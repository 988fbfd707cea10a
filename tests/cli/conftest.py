"""Fixtures of the tests of the command line."""

import io
import os
import pty
import sys
import termios
import threading

import pytest

from agir_hf.cli import main


@pytest.fixture
def on_terminal(monkeypatch):
    """Function that runs a command with a pseudo-terminal as stdout and stderr.

    It returns the exit code and what the terminal received. TERM and NO_COLOR are as for a
    terminal with colours; environment variables can be passed.
    """

    def run(*arguments, **environment):
        for name in ("NO_COLOR", "TERM"):
            monkeypatch.delenv(name, raising=False)
        for name, value in ({"TERM": "xterm"} | environment).items():
            monkeypatch.setenv(name, value)
        master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (24, 120))
        received = io.BytesIO()

        def receive():
            while True:
                try:
                    part = os.read(master, 4096)
                except OSError:  # the other end was closed
                    return
                if not part:
                    return
                received.write(part)

        reader = threading.Thread(target=receive)
        reader.start()
        with os.fdopen(slave, "w", encoding="utf-8") as terminal, monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", terminal)
            patch.setattr(sys, "stderr", terminal)
            code = main(list(arguments))
        reader.join(timeout=10)
        os.close(master)
        return code, received.getvalue().decode("utf-8").replace("\r\n", "\n")

    return run

"""Fixtures of the tests of the command line."""

import io
import json
import os
import pty
import shutil
import sys
import termios
import threading
from pathlib import Path

import numpy as np
import pytest

import agir_hf
from agir_hf.cli import main
from agir_hf.motion import read_recording

SAMPLE = Path(agir_hf.SAMPLE_RECORDING)
EXAMPLES = Path(agir_hf.__file__).parents[1] / "spaces_app" / "examples"


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


@pytest.fixture
def standing(tmp_path) -> Path:
    """A folder with a walk and a static trial."""
    folder = tmp_path / "standing"
    folder.mkdir()
    joints = read_recording(SAMPLE)
    still = np.repeat(joints.positions[:1], 200, axis=0) * 1000
    labels = "\t".join(f"{label}\t\t" for label in joints.labels)
    rows = [
        f"{i + 1}\t{i / 150:.5f}\t" + "\t".join(f"{value:.2f}" for value in frame.ravel())
        for i, frame in enumerate(still)
    ]
    head = [
        "PathFileType\t4\t(X/Y/Z)\tstatic.trc",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits",
        f"150\t150\t{len(still)}\t{len(joints.labels)}\tmm",
        f"Frame#\tTime\t{labels}",
        "",
    ]
    (folder / "static.trc").write_text("\n".join([*head, *rows]) + "\n")
    shutil.copy(EXAMPLES / "simulated_on.c3d", folder / "on.c3d")
    return folder


@pytest.fixture(scope="session")
def unknown_to_numpy(tmp_path_factory) -> str:
    """A copy of the embedded model with an option that only torch knows, and the same answers."""
    folder = tmp_path_factory.mktemp("unknown") / "model"
    shutil.copytree(agir_hf.DEFAULT_MODEL, folder)
    path = folder / "generation_config.json"
    options = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(options | {"do_sample": False}))
    return str(folder)

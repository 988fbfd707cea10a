"""The card of the Space, and `agir demo --ui`."""

import signal
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path
from urllib.request import urlopen

import pytest

from agir_hf.cli import demo, main

gradio = pytest.importorskip("gradio")
import app  # noqa: E402

SPACE = Path(app.__file__).parent


def test_the_metadata_of_the_space_card_is_complete():
    from huggingface_hub.repocard import metadata_load

    metadata = metadata_load(SPACE / "README.md")
    assert metadata["sdk"] == "gradio" and metadata["sdk_version"] == gradio.__version__
    assert (SPACE / metadata["app_file"]).is_file()
    assert len(metadata["short_description"]) <= 60
    requirements = (SPACE / "requirements.txt").read_text("utf-8")
    assert "agir-hf[space]" in requirements


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--port", "7"], "add --ui"),
        (["--ui", "--port", "70000"], "expected 0 to 65535"),
    ],
)
def test_wrong_options_of_the_demo_are_reported(arguments, message, capsys):
    assert main(["demo", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


def test_a_port_in_use_is_reported_and_any_port_finds_a_free_one(capsys):
    with socket.socket() as server:
        server.bind((demo.HOST, 0))
        server.listen()
        port = server.getsockname()[1]
        assert main(["demo", "--ui", "--port", str(port)]) == 2
        error = capsys.readouterr().err
        assert f"port {port}" in error and "--any-port" in error and error.count("\n") == 1
        assert demo._port(0) not in (0, port)


def test_missing_files_or_a_missing_extra_of_the_page_are_reported(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(demo, "space_folder", lambda: tmp_path)
    assert main(["demo", "--ui"]) == 2
    assert "missing from this installation" in capsys.readouterr().err
    monkeypatch.setattr("agir_hf.cli.outputs.find_spec", lambda name: None)
    assert main(["demo", "--ui"]) == 2
    assert 'pip install "agir-hf[space]"' in capsys.readouterr().err


@pytest.mark.slow
def test_the_demo_command_serves_the_page_until_it_is_interrupted():
    command = [sys.executable, "-u", "-m", "agir_hf.cli", "demo", "--ui", "--any-port"]
    # SIGINT is ignored by default if the tests run in the background of a shell.
    accept_sigint = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    server = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=accept_sigint
    )
    try:
        address = server.stdout.readline().split()[-1]
        with urlopen(address, timeout=60) as response:
            assert app.TITLE in response.read().decode("utf-8")
        server.send_signal(signal.SIGINT)
        errors = server.communicate(timeout=60)[1]
        assert server.returncode == 0 and "Traceback" not in errors
    finally:
        server.kill()

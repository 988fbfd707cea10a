"""``agir demo``: assess the embedded sample; ``--ui`` starts the Space on this machine."""

import argparse
import contextlib
import importlib
import socket
import sys
from pathlib import Path

from .. import SAMPLE_RECORDING
from ..assessment import assess_recording
from ..constants_agir import NOTICE
from ..hub.folders import space_folder
from .assess_text import as_text, short_text
from .batch import Times
from .console import (
    UsageError,
    add_device,
    add_model,
    add_verbosity,
    check_device,
    load_model,
    print_note,
)
from .outputs import check_extra

HOST, PORT = "127.0.0.1", 7860


def add_commands(commands) -> None:
    """Add ``demo`` to the command line.

    Args:
        commands: Subparsers of ``agir``.
    """
    demo = commands.add_parser(
        "demo",
        help="assess the embedded sample, a simulated walk; --ui: in the browser",
        description="Assess the embedded sample recording, a simulated walk, with the embedded "
        "model. With --ui, start a page for uploading and viewing recordings.",
        epilog=NOTICE,
    )
    demo.add_argument("--ui", action="store_true", help="start the page, for this machine only")
    demo.add_argument("--port", type=int, metavar="N", help=f"port of the page (default: {PORT})")
    demo.add_argument("--any-port", action="store_true", help="use a free port, as --port 0")
    add_verbosity(demo, "")
    add_model(demo)
    add_device(demo)
    demo.set_defaults(run=_demo)


def _demo(options: argparse.Namespace) -> int:
    check_device(options)
    if options.ui:
        return _serve(options)
    if options.port is not None or options.any_port:
        raise UsageError("--port and --any-port are for the page: add --ui")
    times = Times()
    if not options.quiet:
        print("The embedded sample recording (a simulated walk):\n")
    model, processor = times.measured("loading the model", load_model)(options, "auto")
    result = assess_recording(
        SAMPLE_RECORDING, model, processor, name=Path(SAMPLE_RECORDING).name
    ).as_json()
    print(short_text(result) if options.quiet else as_text(result))
    if options.verbose:
        print_note(times.text(1), options)
    if not options.quiet:
        print("\nYour own recording:  agir assess FILE.c3d    In the browser:  agir demo --ui")
    return 0


def _serve(options: argparse.Namespace) -> int:
    check_extra("gradio", "space", "the page")
    folder = space_folder()
    if not (folder / "app.py").is_file():
        raise UsageError(f"the page is missing from this installation ({folder}): install again")
    port = _port(0 if options.any_port else options.port)
    sys.path.insert(0, str(folder))  # its modules import each other by their plain names
    states = importlib.import_module("state").AppState
    state = states.later(options.model, lambda: load_model(options))  # while the page is shown
    importlib.import_module("app").serve(state, server_name=HOST, server_port=port)
    return 0


def _port(requested: int | None) -> int:
    """Return the requested port if it is free, or any free port for 0.

    Raises:
        UsageError: The port is in use, or it is no port.
    """
    port = PORT if requested is None else requested
    if not 0 <= port < 2**16:
        raise UsageError(f"--port is {port}, expected 0 to {2**16 - 1}")
    with contextlib.closing(socket.socket()) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind((HOST, port))
        except OSError as error:
            raise UsageError(
                f"port {port} cannot be used ({error.strerror}): name another with --port, or "
                "pass --any-port"
            ) from error
        return server.getsockname()[1]

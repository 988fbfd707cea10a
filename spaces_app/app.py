"""The Space: assess a 3D gait recording in the browser, a score with its reasons.

    python app.py [--port N] [--model NAME] [--device NAME] [--precision bf16] [--threads N]

Hugging Face runs this file; `agir demo --ui` runs it on your machine. The environment variables
AGIR_MODEL, AGIR_DEVICE and AGIR_PRECISION have the defaults of the options. The modules of this
folder import each other by their plain names (`from viewer import scene`).
"""

from __future__ import annotations

import argparse
import contextlib
import os
import threading
from pathlib import Path

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as agir_hf.utils.threads; read by torch

import assess_tab  # noqa: E402
import compare_tab  # noqa: E402
import generate_tab  # noqa: E402
import gradio as gr  # noqa: E402
import review_tab  # noqa: E402
from assess_view import notice  # noqa: E402
from first_script import FirstScript  # noqa: E402
from starlette.middleware import Middleware  # noqa: E402
from state import AppState  # noqa: E402
from uploads import MAX_BYTES  # noqa: E402

from agir_hf import DEFAULT_MODEL  # noqa: E402
from agir_hf.assessment import ModelError, load_model  # noqa: E402
from agir_hf.assessment.sandbox import start_reading_process  # noqa: E402
from agir_hf.gait.report import report_script, report_styles  # noqa: E402
from agir_hf.gait.report.rendering import TEMPLATES  # noqa: E402
from agir_hf.gait.report.viewer import VIEWER_FILES, space_head  # noqa: E402
from agir_hf.motion import RecordingError  # noqa: E402
from agir_hf.utils.command_line import Parser  # noqa: E402
from agir_hf.utils.threads import MOST_THREADS, use_threads  # noqa: E402

TITLE = "AGIR gait assessment"
TABS = {
    "Assess": assess_tab,
    "Compare": compare_tab,
    "Generate": generate_tab,
    "Review": review_tab,
}
STYLES = ("app.css", "pair.css", "review.css")
MAX_QUEUE = 64  # further requests are refused with the message that the queue is full
CACHE_S = (300, 3600)  # Gradio's file cache: time between checks, age at which files are removed
_FILES = "/gradio_api/file="  # address at which Gradio serves a static file
_FONTS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "sans-serif"]
_HEADING = (
    f"<div class='agir-title'><h1>{TITLE}</h1>"
    "<p>Motion capture of a walk → MDS-UPDRS gait score with reasons</p></div>"
)


def build(state: AppState) -> gr.Blocks:
    """Build the app with its tabs.

    Args:
        state: Shared state.

    Returns:
        The app, with its queue set up.
    """
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=CACHE_S) as app:
        gr.HTML(_HEADING)
        gr.HTML(notice(state.provenance), elem_id="agir-notice")
        for name, tab in TABS.items():
            with gr.Tab(name):
                tab.build(state)
        app.unload(state.close)
    return app.queue(max_size=MAX_QUEUE, default_concurrency_limit=4)


def theme() -> dict:
    """Return keywords of `Blocks.launch`: theme, styles, and the scripts of the page."""
    theme = gr.themes.Default(
        primary_hue=gr.themes.colors.blue,
        neutral_hue=gr.themes.colors.slate,
        radius_size=gr.themes.sizes.radius_md,
        text_size=gr.themes.sizes.text_lg,
        font=_FONTS,
        font_mono=["ui-monospace", "monospace"],
    ).set(  # enough contrast for WCAG 2 AA
        body_text_color_subdued="*neutral_600",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover_dark="*primary_600",
    )
    # of sections of a comparison: Gradio gives its rules the weight that those of reports have
    styles = [TEMPLATES / "session.css", *(Path(__file__).with_name(name) for name in STYLES)]
    return {"theme": theme, "css": report_styles(), "css_paths": styles, "head": _head()}


def _head() -> str:
    """Scripts of the page: cursor of the figures, the page's own, and the viewer as a file."""
    gr.set_static_paths([VIEWER_FILES])
    own = Path(__file__).with_name("page.js").read_text("utf-8")
    return f"<script>{report_script()}\n{own}</script>{space_head(_FILES + str(VIEWER_FILES))}"


def launch(state: AppState, **options) -> tuple[gr.Blocks, str]:
    """Start the app without blocking.

    Args:
        state: Shared state.
        **options: Keywords of `Blocks.launch`.

    Returns:
        The app and its address.
    """
    app = build(state)
    app_kwargs = {"middleware": [Middleware(FirstScript)]}
    fixed = {
        "app_kwargs": app_kwargs,
        "ssr_mode": False,
        "footer_links": ["api"],
        "quiet": True,
        "prevent_thread_lock": True,
    }
    _, url, _ = app.launch(max_file_size=MAX_BYTES, **fixed, **theme(), **options)
    # so that the first upload does not wait for it, and the first page does not, either
    threading.Thread(target=_start_reading).start()
    state.start_loading()
    return app, url


def _start_reading() -> None:
    with contextlib.suppress(RecordingError):  # the app ends meanwhile, or the first upload says it
        start_reading_process()


def serve(state: AppState, **options) -> None:
    """Start the app, print its address and block until it is stopped.

    Args:
        state: Shared state.
        **options: Keywords of `Blocks.launch`.

    Raises:
        ModelError: The model of `AppState.later` cannot be loaded.
    """
    app, url = launch(state, **options)
    print(f"{TITLE}: {url}", flush=True)
    try:
        state.wait()
    except KeyboardInterrupt:  # as `block_thread` ends
        app.close()
        return
    except BaseException:
        app.close()
        raise
    app.block_thread()


def main() -> None:
    """Run the app from the command line."""
    parser = Parser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--port", type=int, help="port (default: 7860, or the port that the host sets)"
    )
    parser.add_argument(
        "--model", default=os.environ.get("AGIR_MODEL", DEFAULT_MODEL), help="folder or Hub name"
    )
    parser.add_argument(
        "--device",
        default=os.environ.get("AGIR_DEVICE") or None,
        help="device of the model: cpu, cuda, cuda:1, mps (default: a GPU if there is one)",
    )
    parser.add_argument(
        "--precision",
        default=os.environ.get("AGIR_PRECISION") or None,
        help="number format of the model: fp32, bf16, fp16 (default: that of its files)",
    )
    parser.add_argument(
        "--threads",
        type=int,
        help="threads of the model on a CPU (default: as many as make it faster)",
    )
    options = parser.parse_args()
    if options.threads is not None and not 1 <= options.threads <= MOST_THREADS:
        parser.error(f"--threads is {options.threads}, expected 1 to {MOST_THREADS}")
    try:
        serve(AppState.later(options.model, lambda: _load(options)), server_port=options.port)
    except ModelError as error:
        parser.error(str(error))


def _load(options: argparse.Namespace) -> tuple:
    """Load model and processor, and set the number of threads."""
    pair = load_model(options.model, options.device, options.precision)
    use_threads(pair[0], options.threads)
    return pair


if __name__ == "__main__":
    main()

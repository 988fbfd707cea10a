"""The Space: a 3D gait recording in, a score with its reasons out, in the browser.

    python app.py [--port N]

On Hugging Face this is the file that is run; `agir demo --ui` runs it on your machine. Modules
beside it are imported by their plain names (`from viewer import scene`).
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

import assess_tab  # noqa: E402
import compare_tab  # noqa: E402
import generate_tab  # noqa: E402
import gradio as gr  # noqa: E402
import review_tab  # noqa: E402
from assess_view import notice  # noqa: E402
from state import AppState  # noqa: E402
from uploads import MAX_BYTES  # noqa: E402
from viewer import HEAD  # noqa: E402

from agir_hf import DEFAULT_MODEL  # noqa: E402

TITLE = "AGIR gait assessment"
TABS = {
    "Assess": assess_tab,
    "Compare": compare_tab,
    "Generate": generate_tab,
    "Review": review_tab,
}
WAITING = 64  # who comes when so many wait already is told to come back
CACHE_S = (300, 3600)  # gradio's own copies: how often looked at, and removed from which age
_FONTS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "sans-serif"]
_HEADING = (
    f"<header class='agir-title'><h1>{TITLE}</h1>"
    "<p>Motion capture of a walk → MDS-UPDRS gait score with reasons</p></header>"
)


def build(state: AppState) -> gr.Blocks:
    """The app: one tab for each thing to do."""
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=CACHE_S) as app:
        gr.HTML(_HEADING)
        gr.HTML(notice(state.provenance), elem_id="agir-notice")
        for name, tab in TABS.items():
            with gr.Tab(name):
                tab.build(state)
        app.unload(state.close)
    return app.queue(max_size=WAITING, default_concurrency_limit=4)


def theme() -> dict:
    """Keywords of `Blocks.launch`: theme, styles, the viewer's script. Nothing is fetched."""
    theme = gr.themes.Default(
        primary_hue=gr.themes.colors.blue,
        neutral_hue=gr.themes.colors.slate,
        radius_size=gr.themes.sizes.radius_md,
        text_size=gr.themes.sizes.text_lg,
        font=_FONTS,
        font_mono=["ui-monospace", "monospace"],
    )
    return {"theme": theme, "css_paths": Path(__file__).with_name("app.css"), "head": HEAD}


def launch(state: AppState, **options) -> tuple[gr.Blocks, str]:
    """Start the app; ``options`` go to `Blocks.launch`. Returns the app and its address."""
    app = build(state)
    fixed = {"ssr_mode": False, "footer_links": ["api"], "quiet": True, "prevent_thread_lock": True}
    _, url, _ = app.launch(max_file_size=MAX_BYTES, **fixed, **theme(), **options)
    return app, url


def serve(state: AppState, **options) -> None:
    """`launch`, say where, and stay until stopped."""
    app, url = launch(state, **options)
    print(f"{TITLE}: {url}", flush=True)
    app.block_thread()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--port", type=int, help="by default 7860, or what the host sets")
    parser.add_argument("--model", default=os.environ.get("AGIR_MODEL", DEFAULT_MODEL))
    options = parser.parse_args()
    serve(AppState.load(options.model), server_port=options.port)


if __name__ == "__main__":
    main()

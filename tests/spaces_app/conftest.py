"""Make the modules of the Space importable by their plain names, as on the Hub, and open its page.

Tests in a browser ask for `open_page`; without Chromium or playwright they are skipped.
"""

import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
SPACE = FOLDER.parents[1] / "spaces_app"
for folder in (FOLDER, SPACE):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from browser_steps import EXAMPLE, TIMEOUT_MS, show_tab  # noqa: E402


@pytest.fixture(scope="session")
def space_state(tmp_path_factory):
    """State of an app with the embedded model."""
    pytest.importorskip("gradio")
    from state import AppState

    from agir_hf.assessment import load_model

    return AppState(*load_model(), tmp_path_factory.mktemp("sessions"))


@pytest.fixture(scope="session")
def space_url(space_state):
    """Address of a running app."""
    import app

    server, url = app.launch(space_state, server_name="127.0.0.1")
    yield url
    server.close()


@pytest.fixture
def open_page(space_url, browser):
    """Open the Space; afterwards check for script errors and requests to other servers."""
    pytest.importorskip("playwright.sync_api").expect.set_options(timeout=TIMEOUT_MS)
    problems, contexts = [], []

    def open_in_new_context(width=1280, height=900, theme="light", tab="Assess"):
        context = browser.new_context(
            viewport={"width": width, "height": height}, has_touch=width < 500, color_scheme=theme
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(TIMEOUT_MS)
        page.on("pageerror", lambda error: problems.append(f"error: {error}"))
        page.on(
            "console", lambda m: problems.append(f"log: {m.text}") if m.type == "error" else None
        )
        page.on("request", lambda r: None if _inside(r.url, space_url) else problems.append(r.url))
        page.goto(f"{space_url}?__theme={theme}")
        page.get_by_role("button", name=EXAMPLE).wait_for()
        if tab != "Assess":
            show_tab(page, tab)
        return page

    yield open_in_new_context
    for context in contexts:
        context.close()
    assert [text for text in problems if not _ends_with_page(text)] == []


def _ends_with_page(text: str) -> bool:
    """Whether a message says that Gradio ended its connection, as it does when a page is left."""
    return "AbortError: " in text or "Connection errored out" in text


@pytest.fixture
def open_space(open_page):
    """Open a tab of the Space, by its name first; see `open_page`."""
    return lambda tab="Assess", width=1280, height=900, theme="light": open_page(
        width, height, theme, tab
    )


@pytest.fixture(scope="module")
def chromium(browser):
    """Headless Chromium, another name of `browser`."""
    return browser


def _inside(address: str, url: str) -> bool:
    return address.startswith((url, "data:", "blob:"))

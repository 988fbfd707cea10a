"""Steps and names that the browser tests share."""

from pathlib import Path

SPACE = Path(__file__).parents[2] / "spaces_app"
TIMEOUT_MS = 60_000  # long, for a busy machine
EXAMPLE = "Simulated walk, score 2"


def show_tab(page, name: str) -> None:
    """Show a tab of the Space."""
    tab = page.locator(".tab-wrapper button[role=tab]", has_text=name)
    tab.first.wait_for()
    tab.first.click()
    page.wait_for_timeout(500)  # until its event handlers are attached


def open_and_fill(page, title: str, label: str, text: str) -> None:
    """Open an accordion and fill a field in it.

    The accordion is rendered when it is opened, and a field that is filled before its event
    handlers are attached is emptied again or not sent.
    """
    page.locator("button:visible", has_text=title).click()
    field = page.get_by_label(label).locator("visible=true")
    field.wait_for()
    page.wait_for_timeout(500)  # until its event handlers are attached
    field.fill(text)
    field.press("Tab")
    page.wait_for_timeout(200)
    assert field.input_value() == text

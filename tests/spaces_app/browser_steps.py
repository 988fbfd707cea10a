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

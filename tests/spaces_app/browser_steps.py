"""Steps and names that the browser tests share."""

from pathlib import Path

SPACE = Path(__file__).parents[2] / "spaces_app"
TIMEOUT_MS = 60_000  # long, for a busy machine
EXAMPLE = "Simulated walk, score 2"
_TRIES = 20  # to fill a field
# Until a page has nothing to do between two drawings, which on a busy machine is after 0.3 s.
_IDLE = """() => new Promise((resolve) => setTimeout(() => requestIdleCallback(
    () => requestIdleCallback(resolve, { timeout: 5000 }), { timeout: 5000 }), 300))"""


def settle(page) -> None:
    """Wait until new parts of the page have their event handlers.

    Gradio makes the parts of a tab or a panel when it is opened, and connects them afterwards.
    """
    page.evaluate(_IDLE)


def show_tab(page, name: str) -> None:
    """Show a tab of the Space."""
    tab = page.locator(".tab-wrapper button[role=tab]", has_text=name)
    tab.first.wait_for()
    tab.first.click()
    page.locator(".tab-wrapper button[role=tab][aria-selected=true]", has_text=name).wait_for()
    settle(page)


def expand(page, *titles: str) -> None:
    """Open panels of the tab that is shown."""
    for title in titles:
        page.locator("button.label-wrap:visible", has_text=title).click()
    settle(page)


def fill(field, text: str) -> None:
    """Fill a field and leave it.

    A field that is filled before its event handlers are attached is emptied again: it is then
    filled once more.
    """
    field.wait_for()
    for _ in range(_TRIES):
        field.fill(text)
        field.press("Tab")
        settle(field.page)
        if field.input_value() == text:
            return
    raise AssertionError(f"a field was emptied {_TRIES} times, expected {text!r} in it")


def select(parent, label: str, option: str) -> None:
    """Select an option of a list in a part of the page, or in a page."""
    parent.get_by_label(label, exact=True).click()
    page = getattr(parent, "page", parent)
    page.get_by_role("option", name=option, exact=True).click()


def open_and_fill(page, title: str, label: str, text: str) -> None:
    """Open an accordion and fill a field in it."""
    expand(page, title)
    fill(page.get_by_label(label).locator("visible=true"), text)


def wait_for_result(page, title: str, top: str = "#agir-top", rest: str = "#agir-rest") -> None:
    """Wait until the result with a title is shown to its end; its parts are shown one by one."""
    page.locator(f"{top} .of", has_text=title).wait_for()
    page.locator(f"{rest} section").first.wait_for()


def boxes(page, *selectors: str) -> list[dict]:
    """Bounding boxes of elements at one moment: the page may scroll between two calls."""
    return page.evaluate(
        """(selectors) => selectors.map((selector) => {
            const box = document.querySelector(selector).getBoundingClientRect();
            return { x: box.x, y: box.y, width: box.width, height: box.height };
        })""",
        list(selectors),
    )

"""Take the screenshot for the README: the Space with an assessed example.

    python recipes/make_overview.py

Writes spaces_app/overview.png. Requires the extras space and test, and Chromium (Debian: chromium).
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from agir_hf.assessment import load_model

SPACE = Path(__file__).resolve().parents[1] / "spaces_app"
SCREENSHOT = SPACE / "overview.png"
WIDTH = 1180
FIRST, LAST = "#agir-results", ".reasons"  # the first and the last element in the screenshot
TIMEOUT_MS = 300_000
PLAYED_MS = 2_400  # duration of the animation before the screenshot, which then shows a step


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--example", default="Simulated walk, score 2", help="label of its button")
    parser.add_argument("--output", type=Path, default=SCREENSHOT, help="PNG file to write")
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit(
            "error: chromium was not found on PATH: install it (Debian: apt-get install chromium)"
        )
    sys.path.insert(0, str(SPACE))
    import app
    from state import AppState

    with tempfile.TemporaryDirectory() as sessions, sync_playwright() as driver:
        server, url = app.launch(AppState(*load_model(), Path(sessions)), server_name="127.0.0.1")
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        take_screenshot(browser, url, options.example, options.output)
        browser.close()
        server.close()
    print(options.output)


def take_screenshot(browser, url: str, example: str, output: Path) -> None:
    """Assess an example and take a screenshot of the results.

    Args:
        browser: Browser of playwright.
        url: Address of the app.
        example: Label of the button of the example.
        output: PNG file to write.
    """
    page = browser.new_page(viewport={"width": WIDTH, "height": 1000}, color_scheme="light")
    page.set_default_timeout(TIMEOUT_MS)
    page.goto(f"{url}?__theme=light")
    page.get_by_role("button", name=example).click()
    page.locator("#agir-results .agir-score").wait_for()
    page.wait_for_timeout(PLAYED_MS)
    page.get_by_role("button", name="Pause").click()
    first, last = (page.locator(name).first.bounding_box() for name in (FIRST, LAST))
    height = last["y"] + last["height"] - first["y"]
    clip = {"x": 0, "y": first["y"] + page.evaluate("scrollY"), "width": WIDTH, "height": height}
    page.screenshot(path=output, full_page=True, clip=clip)


if __name__ == "__main__":
    main()

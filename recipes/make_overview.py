"""Take the README's picture: the Space with an assessed example.

    python recipes/make_overview.py

writes spaces_app/overview.png. Needs the extras space and test, and Chromium (Debian: chromium).
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from agir_hf.assessment import load_model

SPACE = Path(__file__).resolve().parents[1] / "spaces_app"
PICTURE = SPACE / "overview.png"
WIDTH, FROM_TO = 1180, ("#agir-results", ".reasons")  # what it shows: from the first to the second
PATIENCE_MS, SETTLES_MS = 300_000, 2_400


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--example", default="Simulated walk, score 2", help="its button")
    parser.add_argument("--output", type=Path, default=PICTURE)
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("error: no chromium on PATH (Debian: apt-get install chromium)")
    sys.path.insert(0, str(SPACE))
    import app
    from state import AppState

    with tempfile.TemporaryDirectory() as sessions, sync_playwright() as driver:
        running, url = app.launch(AppState(*load_model(), Path(sessions)), server_name="127.0.0.1")
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        take(browser, url, options.example, options.output)
        browser.close()
        running.close()
    print(options.output)


def take(browser, url: str, example: str, output: Path) -> None:
    """Assess the example and take the picture of its results."""
    page = browser.new_page(viewport={"width": WIDTH, "height": 1000}, color_scheme="light")
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{url}?__theme=light")
    page.get_by_role("button", name=example).click()
    page.locator("#agir-results .agir-score").wait_for()
    page.wait_for_timeout(SETTLES_MS)  # the walker is in mid-stride
    page.get_by_role("button", name="Pause").click()
    first, last = (page.locator(name).first.bounding_box() for name in FROM_TO)
    height = last["y"] + last["height"] - first["y"]
    clip = {"x": 0, "y": first["y"] + page.evaluate("scrollY"), "width": WIDTH, "height": height}
    page.screenshot(path=output, full_page=True, clip=clip)


if __name__ == "__main__":
    main()

"""Take the screenshot for the README: the Space with an assessed example.

    python recipes/make_overview.py

Writes spaces_app/overview.png. Requires the extras space and test, and Chromium (Debian: chromium).
"""

import io
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from agir_hf.assessment import load_model
from agir_hf.utils.command_line import Parser

SPACE = Path(__file__).resolve().parents[1] / "spaces_app"
SCREENSHOT = SPACE / "overview.png"
WIDTH = 1180
MARGIN = 16  # CSS pixels above and below a part
WALKER_HEIGHT = 700  # CSS pixels that are shown of the walker and the curves next to it
NOTICE_AT_ITS_PLACE = "#agir-notice, #agir-notice * { position: static !important; }"
TIMEOUT_MS = 300_000
SHARE_SHOWN = 0.3  # of the recording: the moment that the picture shows
DRAWN_MS = 2_000  # until the frame is drawn without a graphics card


def main() -> None:
    parser = Parser(description=__doc__.partition("\n")[0])
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
        flags = ["--no-sandbox", "--enable-unsafe-swiftshader"]
        browser = driver.chromium.launch(executable_path=chromium, args=flags)
        take_screenshot(browser, url, options.example, options.output)
        browser.close()
        server.close()
    print(options.output)


def take_screenshot(browser, url: str, example: str, output: Path) -> None:
    """Assess an example and join two parts of the page: score with reasons, walker with curves.

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
    page.locator("#agir-rest gait-scene").wait_for()
    show_frame(page)
    page.add_style_tag(content=NOTICE_AT_ITS_PLACE)  # it would cover a part of the picture

    def box(selector: str) -> dict:
        values = page.locator(selector).first.bounding_box()
        return values | {"y": values["y"] + page.evaluate("scrollY")}

    first, reasons = box("#agir-top"), box("#agir-rest p.reasons")
    top = first["y"] - MARGIN
    walker = box("#agir-rest gait-scene")["y"] - 3 * MARGIN  # with its heading
    parts = [(top, reasons["y"] + reasons["height"] - top), (walker, WALKER_HEIGHT)]
    pictures = [
        Image.open(io.BytesIO(page.screenshot(full_page=True, clip=clip)))
        for clip in ({"x": 0, "y": y, "width": WIDTH, "height": height} for y, height in parts)
    ]
    joined = Image.new("RGB", (WIDTH, sum(picture.height for picture in pictures)), "white")
    y = 0
    for picture in pictures:
        joined.paste(picture, (0, y))
        y += picture.height
    joined.save(output, optimize=True)


def show_frame(page) -> None:
    """Stop the animation in a step and wait until it is drawn."""
    pause = page.get_by_role("button", name="Pause")
    if pause.count():  # a page without a graphics card does not play by itself
        pause.click()
    slider = page.locator("gait-scene input[type=range]").first
    slider.evaluate(
        "(slider, share) => { slider.value = share * slider.max;"
        " slider.dispatchEvent(new Event('input', { bubbles: true })); }",
        SHARE_SHOWN,
    )
    page.wait_for_timeout(DRAWN_MS)


if __name__ == "__main__":
    main()

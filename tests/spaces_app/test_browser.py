"""The Space in a real browser (headless Chromium), with the embedded model. Slow.

Screenshots are written to the temporary folders of the tests: view them after a change of the page.
"""

import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import agir_hf

pytest.importorskip("gradio")
playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
]
TIMEOUT_MS = 300_000  # long, for a busy machine
EXAMPLE = "Simulated walk, score 2"
SPACE = Path(__file__).parents[2] / "spaces_app"


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    from state import AppState

    from agir_hf.assessment import load_model

    return AppState(*load_model(), tmp_path_factory.mktemp("sessions"))


@pytest.fixture(scope="module")
def url(state):
    import app

    server, url = app.launch(state, server_name="127.0.0.1")
    yield url
    server.close()


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(url, browser):
    """Open the Space; afterwards check for script errors and requests to other servers."""
    problems, contexts = [], []

    def open_in_new_context(width=1280, height=900, theme="light"):
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
        page.on("request", lambda r: None if _inside(r.url, url) else problems.append(r.url))
        page.goto(f"{url}?__theme={theme}")
        page.get_by_role("button", name=EXAMPLE).wait_for()
        return page

    yield open_in_new_context
    for context in contexts:
        context.close()
    assert problems == []


def _inside(address: str, url: str) -> bool:
    return address.startswith((url, "data:", "blob:"))


def assess_example(page) -> None:
    page.get_by_role("button", name=EXAMPLE).click()
    page.locator("#agir-results .agir-score").wait_for()


def upload(page, path: Path) -> None:
    page.locator("#agir-file input[type=file]").set_input_files(path)
    page.locator("#agir-file .file-preview").wait_for()
    page.locator("#agir-assess").click()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_an_example_is_assessed_and_fits_the_screen(open_page, tmp_path, width, theme):
    page = open_page(width, 844, theme)
    page.screenshot(path=tmp_path / f"start-{width}-{theme}.png")
    assess_example(page)
    assert page.locator(".agir-score .row").count() == 3
    assert page.locator(".reasons .claim").count() >= 3
    assert page.locator(".agir-gait tr").count() > 20
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.screenshot(path=tmp_path / f"result-{width}-{theme}.png", full_page=True)
    page.mouse.wheel(0, 2500)
    page.locator(".agir-notice").wait_for()
    assert page.locator(".agir-notice").bounding_box()["y"] >= 0  # it stays visible
    text_colour, background = (
        page.locator(".agir-score").evaluate(f"e => getComputedStyle(e).{name}")
        for name in ("color", "backgroundColor")
    )
    assert contrast(text_colour, background) > 7


def contrast(*colours: str) -> float:
    """Return the contrast ratio of two CSS colours `rgb(…)` as defined by WCAG 2."""
    luminances = []
    for colour in colours:
        parts = [int(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        luminances.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return (max(luminances) + 0.05) / (min(luminances) + 0.05)


def picture(page) -> str:
    return page.locator("gait-scene canvas").first.evaluate("c => c.toDataURL()")


def test_the_animation_is_paused_and_moved_and_the_view_rotated_and_zoomed(open_page):
    page = open_page()
    assess_example(page)
    page.get_by_role("button", name="Pause").click()
    time_text = page.locator("gait-scene output")
    paused_at = time_text.inner_text()
    time.sleep(0.4)
    assert time_text.inner_text() == paused_at

    slider = page.get_by_role("slider", name="time in the walk")
    slider.fill("2")
    assert time_text.inner_text().startswith("2.00 of")
    slider.press("ArrowRight")
    assert time_text.inner_text().startswith("2.05 of")

    canvas = page.locator("gait-scene canvas").first
    pictures = [picture(page)]
    for action in (
        lambda: drag(page, canvas),
        lambda: page.mouse.wheel(0, -200),
        lambda: canvas.press("ArrowLeft"),
        lambda: page.get_by_role("button", name="Front").click(),
        lambda: page.get_by_label("Markers").uncheck(),
    ):
        action()
        page.wait_for_timeout(200)
        pictures.append(picture(page))
    assert len(set(pictures)) == len(pictures)  # each action changed the picture
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Pause").wait_for()


def drag(page, canvas) -> None:
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 80, y, steps=4)
    page.mouse.up()


def test_heel_strikes_of_both_sides_alternate_on_the_time_line(open_page):
    page = open_page()
    assess_example(page)
    tracks = page.locator("gait-scene .track")
    left, right = (
        tracks.nth(i).locator(".tick").evaluate_all("all => all.map(e => parseFloat(e.style.left))")
        for i in (0, 1)
    )
    steps = sorted([(x, "left") for x in left] + [(x, "right") for x in right])
    sides = [side for _, side in steps]
    assert len(steps) >= 6
    assert all(a != b for a, b in zip(sides, sides[1:], strict=False))


def test_a_focused_claim_shows_its_value_and_its_link_goes_to_the_table(open_page):
    page = open_page()
    assess_example(page)
    claim = page.locator(".reasons .claim:has-text('✓')").first
    tip = claim.locator(".tip")
    assert not tip.is_visible()
    claim.focus()
    assert tip.is_visible() and "supported" in tip.inner_text() and "norm" in tip.inner_text()
    link = page.locator(".claims a").first
    target = link.get_attribute("href")
    link.click()
    row = page.locator(f"tr{target}")
    assert row.evaluate("row => row === document.activeElement")
    box = row.bounding_box()
    assert 0 < box["y"] < 900  # scrolled into view


def test_all_controls_are_reached_by_keyboard_with_a_visible_focus(open_page):
    page = open_page()
    assess_example(page)
    expected = {"Assess the recording", EXAMPLE, "▶ Play", "❚❚ Pause", "Front", "Reset view",
              "Download the report (HTML)"}  # fmt: skip
    page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
    reached = set()
    for _ in range(90):
        page.keyboard.press("Tab")
        text, outline = page.evaluate("""() => {
            let e = document.activeElement;
            while (e.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;
            const style = getComputedStyle(e);
            return [e.innerText || '', parseFloat(style.outlineWidth) || 0];
        }""")
        if text.strip() in expected:
            assert outline >= 2, text
            reached.add(text.strip())
    assert len(expected - reached) == 1  # either Play or Pause is shown


def test_a_c3d_is_uploaded_assessed_and_its_report_downloaded(open_page, tmp_path):
    page = open_page()
    upload(page, Path(agir_hf.SAMPLE_RECORDING))
    page.locator("#agir-results .agir-score").wait_for()
    files = {}
    for button, name in (("agir-json", "data.json"), ("agir-report", "report.html")):
        with page.expect_download() as download:
            page.locator(f"#{button}").click()
        files[name] = tmp_path / name
        download.value.save_as(files[name])
    data = json.loads(files["data.json"].read_text("utf-8"))
    assert str(data["score"]) == page.locator(".agir-score .value b").inner_text()
    assert data["recording"]["file"] == "uploaded recording"
    report = files["report.html"].read_text("utf-8")
    assert "<h2>Score</h2>" in report and "Plotly.newPlot" in report


def test_a_bad_file_gets_a_message_and_the_app_still_works(open_page, tmp_path):
    page = open_page()
    assess_example(page)
    bad = tmp_path / "Jane_Doe.c3d"
    bad.write_text("<b>This</b> is no recording.\n" * 100)
    upload(page, bad)
    alert = page.locator("#agir-status [role=alert]")
    alert.wait_for()
    assert "not assessed" in alert.inner_text() and "Jane" not in alert.inner_text()
    assert not page.locator(
        "#agir-results"
    ).is_visible()  # not the result of the previous recording
    page.screenshot(path=tmp_path / "bad-file.png")
    assess_example(page)
    assert alert.count() == 0


def test_the_endpoint_returns_what_the_command_line_prints(url, capsys):
    from gradio_client import Client, handle_file

    from agir_hf.cli import main

    client = Client(url, verbose=False)
    answer = client.predict(handle_file(agir_hf.SAMPLE_RECORDING), api_name="/assess")
    assert main(["assess", "--json", agir_hf.SAMPLE_RECORDING]) == 0
    printed = json.loads(capsys.readouterr().out)
    answer["recording"].pop("file"), printed["recording"].pop("file")
    assert answer == printed


def test_the_example_of_the_card_runs(url):
    (example,) = re.findall(r"```python\n(.*?)```", (SPACE / "README.md").read_text(), re.DOTALL)
    code = example.replace("http://127.0.0.1:7860", url)
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=600, cwd=SPACE
    )
    assert run.returncode == 0, run.stderr
    assert re.search(r"^[012] \[", run.stdout, re.MULTILINE)


def test_the_endpoint_reports_a_bad_file(url, tmp_path):
    from gradio_client import Client, handle_file
    from gradio_client.exceptions import AppError

    bad = tmp_path / "bad.c3d"
    bad.write_text("no recording\n" * 50)
    with pytest.raises(AppError, match="type of the file is unknown"):
        Client(url, verbose=False).predict(handle_file(bad), api_name="/assess")


def test_the_files_of_a_session_are_removed_when_it_ends(open_page, state):
    page = open_page()
    assess_example(page)
    before = set(state.root.iterdir())
    page.close()
    end = time.monotonic() + TIMEOUT_MS / 1000
    while set(state.root.iterdir()) == before and time.monotonic() < end:
        time.sleep(0.2)
    assert set(state.root.iterdir()) < before


def open_tab(page, name: str) -> None:
    tab = page.get_by_role("tab", name=name)
    if not tab.is_visible():  # on a narrow screen some tabs are in a menu
        page.locator(".overflow-menu > button").click()
        tab = page.locator(".overflow-dropdown button", has_text=name)
    tab.click()
    page.wait_for_timeout(500)  # until its event handlers are attached


@pytest.mark.parametrize("width", [1280, 390])
def test_two_recordings_are_compared(open_page, tmp_path, width):
    page = open_page(width, 844)
    open_tab(page, "Compare")
    page.get_by_role("button", name="Compare the simulated example").click()
    page.locator(".agir-compare tr.beyond").first.wait_for()
    assert page.locator(".agir-pair .agir-score").count() == 2
    assert page.locator("gait-scene:visible").count() == 1
    assert page.locator(".agir-compare tr.beyond .mark").count() > 3
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.screenshot(path=tmp_path / f"compare-{width}.png", full_page=True)


def test_missing_recordings_are_reported_and_the_app_still_works(open_page):
    page = open_page()
    open_tab(page, "Compare")
    page.get_by_role("button", name="Compare", exact=True).click()
    page.get_by_text("choose two recordings, or use the simulated example").wait_for()
    assert page.locator("gait-scene:visible").count() == 0
    open_tab(page, "Assess")
    assess_example(page)
    assert page.locator(".agir-score:visible .row").count() == 3


@pytest.mark.parametrize("width", [1280, 390])
def test_a_walk_is_generated_from_a_description_and_measured(open_page, tmp_path, width):
    page = open_page(width, 844)
    open_tab(page, "Generate")
    page.get_by_role("button", name="Generate the walk").click()
    page.locator(".agir-simulated").wait_for()
    assert page.locator("gait-scene:visible").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the joints").click()
    assert download.value.suggested_filename == "generated_walk.npz"
    page.screenshot(path=tmp_path / f"generate-{width}.png", full_page=True)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_review_is_made_and_downloaded(open_page, tmp_path, width):
    page = open_page(width, 844)
    open_tab(page, "Review")
    page.get_by_role("button", name="Load the simulated example").click()
    page.get_by_text("Text 1 of 5; 0 reviewed, 0 revised").wait_for()
    page.get_by_role("button", name="Accept the original").click()
    page.get_by_text("Text 2 of 5; 1 reviewed, 0 revised").wait_for()
    page.get_by_label("Arms").fill("The arms <b>hang</b>.")
    page.get_by_role("button", name="Keep my text").click()
    page.get_by_text("Text 3 of 5; 2 reviewed, 1 revised").wait_for()
    page.get_by_role("button", name="← Previous").click()
    page.locator("#agir-review").get_by_text("The arms <b>hang</b>.").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.screenshot(path=tmp_path / f"review-{width}.png", full_page=True)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the reviewed table").click()
    assert download.value.suggested_filename == "review.csv"
    saved = download.value.path().read_text(encoding="utf-8-sig")
    assert "The arms <b>hang</b>." in saved and saved.startswith("id,score,writer")

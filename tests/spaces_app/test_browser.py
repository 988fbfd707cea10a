"""The Space in a real browser (headless Chromium), with the embedded model. Slow.

Screenshots are written to the temporary folders of the tests: view them after a change of the page.
"""

import json
import re
import subprocess
import sys
import time

import pytest
from browser_steps import EXAMPLE, SPACE, TIMEOUT_MS, boxes, wait_for_result

import agir_hf

pytest.importorskip("gradio")
expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.slow


def assess_example(page, name: str = EXAMPLE) -> None:
    page.get_by_role("button", name=name).click()
    wait_for_result(page, name)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_an_example_is_assessed_and_fits_the_screen(open_page, tmp_path, width, theme):
    page = open_page(width, 844, theme)
    page.screenshot(path=tmp_path / f"start-{width}-{theme}.png")
    tabs = page.locator(".tab-wrapper [role=tab]:visible")
    assert tabs.all_inner_texts() == ["Assess", "Compare", "Generate", "Review"]
    assess_example(page)
    assert page.locator("#agir-top .probabilities li").count() == 3
    assert page.locator("#agir-rest mark").count() >= 3
    assert page.locator("#agir-rest .parameters tr").count() > 20
    assert page.locator("#agir-rest .agir-panel svg").count() >= 6
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.screenshot(path=tmp_path / f"result-{width}-{theme}.png", full_page=True)
    trust, rest = boxes(page, "#agir-top .trust", "#agir-rest")
    assert trust["y"] + trust["height"] <= rest["y"]  # first on a phone, too
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.wait_for_function("window.scrollY > 1500")
    assert boxes(page, ".agir-notice")[0]["y"] >= 0  # it stays visible
    block = page.locator("#agir-top .agir-report")
    colour = block.evaluate("e => getComputedStyle(e).color")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert contrast(colour, background) > 7


def test_the_walker_is_next_to_the_curves_and_their_cursor_follows_it(open_page):
    page = open_page()
    assess_example(page)
    walker, curves = boxes(page, "#agir-rest .walker", "#agir-rest section.curves")
    assert abs(walker["y"] - curves["y"]) < 100 and walker["x"] + walker["width"] <= curves["x"]
    page.get_by_role("button", name="Pause").click()
    cursor = page.locator("#agir-rest section.steps .cursor").first
    for time_s in (1.5, 3.0):
        before = cursor.get_attribute("transform") or ""
        page.evaluate(
            "t => document.dispatchEvent(new CustomEvent('agir-seek', {detail: {walk: 0, "
            "time_s: t}}))",
            time_s,
        )
        expect(cursor).not_to_have_attribute("transform", before)
        assert "translate" in cursor.get_attribute("transform")


def contrast(*colours: str) -> float:
    """Return the contrast ratio of two CSS colours `rgb(…)` as defined by WCAG 2."""
    luminances = []
    for colour in colours:
        parts = [int(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        luminances.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return (max(luminances) + 0.05) / (min(luminances) + 0.05)


def test_all_controls_are_reached_by_keyboard_with_a_visible_focus(open_page):
    page = open_page()
    assess_example(page)
    expected = {"Assess the recording", EXAMPLE, "Report (HTML)", "Data (JSON)"}
    page.wait_for_function("document.activeElement.matches('#agir-top .of')")  # after a result
    page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
    reached = set()
    for _ in range(60):
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
    assert reached == expected


def test_the_endpoint_returns_what_the_command_line_prints(space_url, capsys):
    from gradio_client import Client, handle_file

    from agir_hf.cli import main

    client = Client(space_url, verbose=False)
    options = {"age": 65, "sex": "male", "height_m": 1.7, "subject_id": "P 07"}
    answer = client.predict(
        recording=handle_file(agir_hf.SAMPLE_RECORDING), **options, api_name="/assess"
    )
    command = ["assess", "--json", agir_hf.SAMPLE_RECORDING, "--age", "65", "--sex", "male"]
    assert main([*command, "--height", "1.7", "--id", "P 07", "--backend", "torch"]) == 0
    printed = json.loads(capsys.readouterr().out)
    answer["recording"].pop("file"), printed["recording"].pop("file")
    assert answer == printed


def test_the_example_of_the_card_runs(space_url):
    text = (SPACE / "README.md").read_text("utf-8")
    example = re.findall(r"```python\n(.*?)```", text, re.DOTALL)[0]
    code = example.replace("http://127.0.0.1:7860", space_url)
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=600, cwd=SPACE
    )
    assert run.returncode == 0, run.stderr
    assert re.search(r"^[012] \[", run.stdout, re.MULTILINE)
    assert "simulated_score_2.c3d" in run.stdout


def test_the_endpoint_reports_a_bad_file(space_url, tmp_path):
    from gradio_client import Client, handle_file
    from gradio_client.exceptions import AppError

    bad = tmp_path / "bad.c3d"
    bad.write_text("no recording\n" * 50)
    with pytest.raises(AppError, match="type of the file is unknown"):
        Client(space_url, verbose=False).predict(handle_file(bad), api_name="/assess")


def test_the_files_of_a_session_are_removed_when_it_ends(open_page, space_state):
    page = open_page()
    assess_example(page)
    before = set(space_state.root.iterdir())
    page.close()
    end = time.monotonic() + TIMEOUT_MS / 1000
    while set(space_state.root.iterdir()) == before and time.monotonic() < end:
        time.sleep(0.2)
    assert set(space_state.root.iterdir()) < before

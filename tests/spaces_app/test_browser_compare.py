"""The tab Compare in a real browser: every control, downloads, results of other files. Slow."""

import csv
import json
import threading

import pytest
from browser_steps import expand, fill, select, settle, wait_for_result

import agir_hf

pytest.importorskip("gradio")
compare_tab = pytest.importorskip("compare_tab")
expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.slow
TITLE = "#agir-compare-top .of"


def choose(page, order: str, *files) -> None:
    field = page.locator(f"#agir-compare-{order}")
    field.locator("input[type=file]").set_input_files([str(file) for file in files])
    field.locator(".file-preview").wait_for()


def compare(page) -> None:
    page.get_by_role("button", name="Compare", exact=True).click()


def wait_for_comparison(page, title: str) -> None:
    wait_for_result(page, title, "#agir-compare-top", "#agir-compare-rest")


def download(page, name: str):
    with page.expect_download() as waiting:
        page.locator("#agir-compare-downloads").get_by_role("button", name=name).click()
    return waiting.value


def test_the_example_is_compared_and_every_file_is_downloaded(open_space, tmp_path):
    page = open_space("Compare")
    page.get_by_role("button", name="Compare the simulated example").click()
    wait_for_comparison(page, "OFF and ON")
    results = page.locator("#agir-compare-results")
    assert "simulated_off.c3d" in results.inner_text()
    assert results.locator(".trust").count() == 2 and results.locator("gait-scene").count() == 1
    assert results.locator(".compared tr.beyond").count() > 3
    better = results.locator(".compared td.better").first
    assert better.evaluate("cell => getComputedStyle(cell).fontWeight") == "600"
    assert results.locator(".agir-panel svg").count() > 8
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    page.get_by_role("button", name="Pause").click()  # drawing takes most of the time
    page.screenshot(path=tmp_path / "compare-1280.png", full_page=True)

    names = {}
    for label in ("Report (HTML)", "Report (PDF)", "Table (CSV)", "Data (JSON)"):
        file = download(page, label)
        names[file.suggested_filename.rpartition(".")[2]] = file
    assert set(names) == {"html", "pdf", "csv", "json"}
    stems = {file.suggested_filename.rpartition(".")[0] for file in names.values()}
    (stem,) = stems
    assert all(part in stem for part in ("simulated-off", "simulated-on", "8e16d7a8"))
    assert names["pdf"].path().read_bytes().startswith(b"%PDF")
    assert "simulated_on.c3d" in names["html"].path().read_text("utf-8")
    rows = list(csv.DictReader(names["csv"].path().read_text("utf-8-sig").splitlines()))
    assert len(rows) > 20 and rows[0]["files_a"].startswith("simulated_off.c3d")
    assert json.loads(names["json"].path().read_text("utf-8"))["names"] == ["OFF", "ON"]


def test_a_session_is_compared_and_another_choice_removes_the_result(open_space, tmp_path):
    from compare_tab import PAIR

    page = open_space("Compare", 390, 844, "dark")
    start = page.get_by_role("button", name="Compare", exact=True)
    start.click()
    alert = page.locator("#agir-compare-status [role=alert]")
    alert.wait_for()
    assert "two recordings are needed" in alert.inner_text()

    fill(page.get_by_label("Name of the first"), "Visit 1")
    fill(page.get_by_label("Name of the second"), "Visit 2")
    choose(page, "first", PAIR[0], agir_hf.SAMPLE_RECORDING)
    choose(page, "second", PAIR[1])
    expand(page, "About the person")
    fill(page.get_by_label("Identifier").last, "P07")
    fill(page.get_by_label("Age in years").last, "58")
    start.click()
    wait_for_comparison(page, "P07: Visit 1 and Visit 2")
    results = page.locator("#agir-compare-results")
    text = results.inner_text()
    assert "58 years" in text and "sample_walk.c3d" in text
    assert results.locator(".trials li").count() == 2
    assert "The viewer shows the first recording of each" in text
    assert alert.count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.screenshot(path=tmp_path / "compare-390-dark.png", full_page=True)

    bad = tmp_path / "bad.c3d"
    bad.write_text("no recording\n" * 50)
    page.locator("#agir-compare-second button[aria-label*='lear' i]").first.click()
    page.locator(TITLE).wait_for(state="hidden")  # the result is not of the files chosen now
    choose(page, "second", bad)
    start.click()
    alert.wait_for()
    assert "bad.c3d: the type of the file is unknown" in alert.inner_text()
    assert not results.is_visible()


def test_an_old_comparison_is_hidden_at_once_and_a_late_one_is_not_shown(open_space, monkeypatch):
    page = open_space("Compare")
    page.locator("#agir-compare-example").click()
    wait_for_comparison(page, "OFF and ON")
    result = compare_tab._result
    started, chosen, answered = threading.Event(), threading.Event(), threading.Event()

    def sent_before_the_choice(current, number, compare):
        started.set()
        values = result(compare_tab.Shown(number=number), number, compare)
        chosen.wait(60)
        answered.set()
        return values

    monkeypatch.setattr(compare_tab, "_result", sent_before_the_choice)
    display = page.evaluate("""() => {
        document.querySelector("#agir-compare-example").click();
        return getComputedStyle(document.querySelector("#agir-compare-results")).display;
    }""")
    assert display == "none"  # before any answer of the server
    page.locator("#agir-compare-newest [data-ticket='2']").wait_for(state="attached")
    assert started.wait(60)
    choose(page, "first", agir_hf.SAMPLE_RECORDING)
    page.locator("#agir-compare-newest [data-ticket='3']").wait_for(state="attached")
    chosen.set()
    assert answered.wait(60)
    page.locator("#agir-compare-top [data-ticket='2']").wait_for(state="attached")
    settle(page)
    assert not page.locator("#agir-compare-results").is_visible()
    monkeypatch.undo()
    page.locator("#agir-compare-example").click()
    wait_for_comparison(page, "OFF and ON")


def test_each_side_has_its_own_settings_of_the_file_for_the_next_comparison_only(open_space):
    from compare_tab import PAIR

    page = open_space("Compare")
    for order, file in zip(("first", "second"), PAIR, strict=True):
        choose(page, order, file)
        expand(page, f"About the files of the {order}")
    first, second = (
        page.locator(f"#agir-compare-{order}-options") for order in ("first", "second")
    )
    fill(first.get_by_label("Frames per second"), "60 fps")
    select(first, "Unit of length", "mm")
    compare(page)
    wait_for_comparison(page, "Before and After")
    text = page.locator("#agir-compare-results").inner_text()
    assert "A was read with your settings" in text and "B was read with your settings" not in text
    assert "60 frames per second, lengths in mm" in text and "POINT:RATE is" in text

    select(second, "Vertical axis", "Z")
    compare(page)
    alert = page.locator("#agir-compare-status [role=alert]")
    alert.wait_for()
    assert "simulated_on.c3d" in alert.inner_text()
    assert "set “Vertical axis” to Y" in alert.inner_text()
    page.locator("#agir-compare-second button[aria-label*='lear' i]").first.click()
    axis = second.get_by_label("Vertical axis", exact=True)
    expect(axis).to_have_value("from the file")
    expect(first.get_by_label("Frames per second")).to_have_value("60 fps")  # of the same file
    choose(page, "second", agir_hf.SAMPLE_RECORDING)
    page.locator("#agir-compare-first button[aria-label*='lear' i]").first.click()
    choose(page, "first", PAIR[1])
    expect(first.get_by_label("Frames per second")).to_have_value("")
    compare(page)
    wait_for_comparison(page, "Before and After")
    assert "your settings" not in page.locator("#agir-compare-results").inner_text()


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_a_comparison_has_no_serious_violation(open_space, axe_violations, width, theme):
    page = open_space("Compare", width, 844, theme)
    page.get_by_role("button", name="Compare the simulated example").click()
    wait_for_comparison(page, "OFF and ON")
    page.get_by_role("button", name="Pause").click()
    assert axe_violations(page) == []


def test_a_program_compares_two_sessions(space_url):
    from compare_tab import PAIR
    from gradio_client import Client, handle_file
    from gradio_client.exceptions import AppError

    client = Client(space_url, verbose=False)
    answer = client.predict(
        [handle_file(PAIR[0]), handle_file(agir_hf.SAMPLE_RECORDING)],
        handle_file(PAIR[1]),
        age=58,
        subject_id="P07",
        second_rate_hz=60,
        api_name="/compare",
    )
    assert len(answer["first"]) == 2 and answer["names"] == ["A", "B"]
    assert answer["second"][0]["identity"]["file"] == "simulated_on.c3d"
    assert answer["walks"][0]["person"]["age"] == 58
    assert answer["cautions_of_comparison"][0].startswith("B was read with your settings")
    with pytest.raises(AppError, match="simulated_on.c3d.*set first_up or second_up to Y"):
        client.predict(*[handle_file(file) for file in PAIR], second_up="Z", api_name="/compare")

"""The tab Assess in a real browser: no result under another file's name, and every option. Slow."""

import json
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from browser_steps import EXAMPLE, SPACE, expand, fill, select, settle, wait_for_result

import agir_hf

pytest.importorskip("gradio")
assess_tab = pytest.importorskip("assess_tab")
expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.slow
SAMPLE = Path(agir_hf.SAMPLE_RECORDING)
OTHER = SPACE / "examples" / "simulated_score_0.c3d"
OPTIONS, PERSON = "About the file, optional", "About the person and the norms, optional"
FIELDS = {
    "Frames per second": "150",
    "Walk to assess, if the file has several (subject/walk)": "",
    "Identifier": "P 07",
    "Age in years, 20 or more": "58",
    "Body height, m or cm": "172 cm",
}


def choose(page, path: Path) -> None:
    """Choose a file, in place of an earlier one."""
    clear = page.locator("#agir-file button[aria-label='Clear']")
    if clear.count():
        clear.click()
    page.locator("#agir-file input[type=file]").set_input_files(path)
    page.locator("#agir-file .file-preview", has_text=path.suffix).wait_for()


def assess(page) -> None:
    page.locator("#agir-assess").click()


def shown(page, name: str) -> str:
    """Wait for the result of a file, and return its text."""
    wait_for_result(page, name)
    return page.locator("#agir-results").inner_text()


def problem(page) -> str:
    alert = page.locator("#agir-status [role=alert]")
    alert.wait_for()
    return alert.inner_text()


@pytest.fixture
def copies(tmp_path):
    """Two recordings of different people under names of their own, and a damaged file."""
    files = {}
    for name, source in (("Anna Adam.c3d", SAMPLE), ("Berta Bauer.c3d", OTHER)):
        files[name[0]] = tmp_path / name
        files[name[0]].write_bytes(source.read_bytes())
    files["C"] = tmp_path / "Clara Conrad.c3d"
    files["C"].write_text("<b>This</b> is no recording.\n" * 100)
    return files


def test_a_result_is_gone_before_the_answer_to_the_next_file(open_page, copies):
    page = open_page()
    choose(page, copies["A"])
    assess(page)
    assert "Anna" in shown(page, "Anna")
    choose(page, copies["B"])
    page.locator("#agir-results").wait_for(state="hidden")
    assert "Anna" not in page.locator("main").inner_text()
    assess(page)
    text = shown(page, "Berta")
    assert "Anna" not in page.locator("main").inner_text() and "Anna" not in text


def test_nothing_of_a_result_remains_when_the_next_file_cannot_be_assessed(open_page, copies):
    page = open_page()
    choose(page, copies["A"])
    assess(page)
    shown(page, "Anna")
    choose(page, copies["C"])
    assess(page)
    text = problem(page)
    assert "not assessed" in text and "type of the file is unknown" in text
    assert not page.locator("#agir-results").is_visible()
    assert page.locator("gait-scene:visible").count() == 0
    assert "Anna" not in page.locator("main").inner_text()
    page.wait_for_function("""() => {
        const box = document.querySelector("#agir-status [role=alert]").getBoundingClientRect();
        return box.top >= 0 && box.bottom <= window.innerHeight;
    }""")
    page.get_by_role("button", name=EXAMPLE).click()
    shown(page, EXAMPLE)
    assert page.locator("#agir-status [role=alert]").count() == 0


def test_an_answer_that_comes_after_another_file_was_chosen_is_not_shown(
    open_page, copies, space_state
):
    page = open_page()
    choose(page, copies["A"])
    space_state.model_lock.acquire()  # as if another request was being predicted
    try:
        assess(page)
        page.locator("#agir-status", has_text="Running the model").wait_for()
        choose(page, copies["B"])
    finally:
        space_state.model_lock.release()
    time.sleep(2)
    assert not page.locator("#agir-results").is_visible()
    assert "Anna" not in page.locator("main").inner_text()
    assess(page)
    assert "Anna" not in shown(page, "Berta")


@pytest.mark.parametrize("key", ["A", "C"])  # a result, and an error
def test_an_answer_on_its_way_when_another_file_is_chosen_is_hidden(
    open_page, copies, space_state, monkeypatch, key
):
    """The server has sent it, because at that moment the file was the newest one."""
    page = open_page()
    choose(page, copies[key])
    monkeypatch.setattr(space_state, "is_current", lambda request, ticket: True)
    started, chosen, answered = threading.Event(), threading.Event(), threading.Event()
    result = assess_tab._result

    def slow_result(*arguments):
        started.set()  # with the first file; the page sends its name after the mark is shown
        chosen.wait(60)
        values = result(*arguments)
        answered.set()
        return values

    monkeypatch.setattr(assess_tab, "_result", slow_result)
    assess(page)
    page.locator("#agir-newest [data-ticket='2']").wait_for(state="attached")
    assert started.wait(60)
    choose(page, copies["B"])
    page.locator("#agir-newest [data-ticket='2']").wait_for(state="detached")
    chosen.set()
    assert answered.wait(60)
    part = "#agir-top" if key == "A" else "#agir-status"
    page.locator(f"{part} [data-ticket='2']").wait_for(state="attached")
    settle(page)
    text = page.locator("main").inner_text()
    assert "Anna" not in text and "not assessed" not in text
    assert not page.locator("#agir-results").is_visible()
    monkeypatch.undo()
    assess(page)
    shown(page, "Berta")


def test_two_sessions_do_not_mix(open_page, copies):
    first, second = open_page(), open_page()
    for page, key in ((first, "A"), (second, "B")):
        choose(page, copies[key])
    assess(first)
    assess(second)
    for page, name, other in ((first, "Anna", "Berta"), (second, "Berta", "Anna")):
        assert other not in shown(page, name)
        with page.expect_download() as download:
            page.locator("#agir-json").click()
        data = json.loads(download.value.path().read_text("utf-8"))
        assert data["identity"]["file"].startswith(name)
        assert name in download.value.suggested_filename.replace("-", " ")


def test_open_panels_without_an_entry_do_not_block_an_upload(open_page, copies):
    page = open_page()
    expand(page, OPTIONS, PERSON)
    choose(page, copies["A"])
    assess(page)
    text = shown(page, "Anna")
    assert "your settings" not in text and "not stated" in text


def test_every_entry_reaches_the_result_and_is_emptied_for_the_next_file(
    open_page, copies, tmp_path
):
    from agir_hf.gait import build_norms, save_norms

    norms = tmp_path / "norms.json"
    walks = [(f"S{i}", 60, None, {"speed_m_per_s": 1 + i / 50}) for i in range(8)]
    save_norms(build_norms(walks, "our controls"), norms)
    page = open_page()
    choose(page, copies["A"])
    expand(page, OPTIONS, PERSON)
    for label, value in FIELDS.items():
        fill(page.get_by_label(label), value)
    select(page, "Unit of length", "mm")
    select(page, "Vertical axis", "Y")
    select(page, "Sex", "female")
    page.locator("input[type=file][accept='.json']").set_input_files(norms)
    page.locator(".file-preview", has_text=".json").wait_for()
    assess(page)
    text = shown(page, "Anna")
    for part in ("P 07", "58 years, female, 1.72 m", "150 frames per second", "lengths in mm",
                 "vertical axis Y", "women of 58 years", "8 healthy walkers"):  # fmt: skip
        assert part in text, part
    with page.expect_download() as download:
        page.locator("#agir-report").click()
    assert download.value.suggested_filename.startswith("P-07_Anna-Adam_")
    html = download.value.path().read_text("utf-8")
    assert "P 07" in html and "58 years" in html and copies["A"].name in html
    choose(page, copies["B"])
    for label in FIELDS:
        expect(page.get_by_label(label)).to_have_value("")
    for label in ("Unit of length", "Vertical axis"):
        expect(page.get_by_label(label, exact=True)).to_have_value("from the file")
    expect(page.get_by_label("Sex", exact=True)).to_have_value("not known")
    assess(page)
    text = shown(page, "Berta")
    assert "P 07" not in text and "58 years" not in text and "your settings" not in text


@pytest.mark.parametrize(
    ("label", "value", "part"),
    [
        ("Frames per second", "fast", "frames per second is 'fast', expected a number"),
        ("Frames per second", "-5", "enter the right rate in “Frames per second”"),
        ("Vertical axis", "Z", "set “Vertical axis” to Y"),
        ("Unit of length", "m", "set “Unit of length” to mm"),
        ("Age in years, 20 or more", "300", "age is 300"),
        ("Body height, m or cm", "17", "height is 17"),
    ],
)
def test_a_wrong_entry_is_refused_in_the_words_of_the_page(open_page, copies, label, value, part):
    page = open_page()
    choose(page, copies["A"])
    expand(page, OPTIONS, PERSON)
    if label in ("Vertical axis", "Unit of length"):
        select(page, label, value)
    else:
        fill(page.get_by_label(label), value)
    assess(page)
    text = problem(page)
    assert part in text and "--" not in text and "&" not in text and "agir " not in text
    assert "Anna" not in text and not page.locator("#agir-results").is_visible()


def test_a_rate_that_contradicts_the_file_is_used_and_said(open_page, copies):
    page = open_page()
    choose(page, copies["A"])
    expand(page, OPTIONS)
    fill(page.get_by_label("Frames per second"), "60")
    assess(page)
    text = shown(page, "Anna")
    assert "Read with your settings" in text and "60 frames per second" in text
    assert "POINT:RATE is 150 Hz" in text


def test_one_walk_of_a_file_with_several_is_chosen(open_page, tmp_path):
    from agir_hf.humanml3d import joints_to_features
    from agir_hf.motion import read_recording, to_joints

    features = joints_to_features(to_joints(read_recording(SAMPLE)).joints)
    file = tmp_path / "several.npz"
    np.savez(file, **{"first.features": features, "second.features": features})
    page = open_page()
    choose(page, file)
    assess(page)
    text = problem(page)
    assert "first, second" in text and "“Walk to assess”" in text
    expand(page, OPTIONS)
    fill(page.get_by_label("Walk to assess"), "second")
    assess(page)
    assert "walk second" in shown(page, "several")


def test_all_files_of_a_result_are_downloaded_with_its_identity(open_page, copies):
    page = open_page()
    choose(page, copies["A"])
    assess(page)
    shown(page, "Anna")
    sha256 = None
    for button, ending in (("agir-json", ".json"), ("agir-report", ".html"), ("agir-pdf", ".pdf")):
        with page.expect_download() as download:
            page.locator(f"#{button}").click()
        name, content = download.value.suggested_filename, download.value.path().read_bytes()
        if ending == ".json":
            data = json.loads(content)
            sha256 = data["identity"]["sha256"]
            assert str(data["score"]) == page.locator("#agir-top .trust .value").inner_text()
        assert name.startswith("Anna-Adam_") and name.endswith(f"_{sha256[:8]}{ending}")
        assert content.startswith({".json": b"{", ".html": b"<!doctype", ".pdf": b"%PDF"}[ending])
    assert len(content) > 10_000

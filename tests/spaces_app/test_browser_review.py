"""The tab Review in a real browser: every control, keys, reload, warnings. Slow."""

import csv
import re
import time
from threading import Event

import pytest
import review_view
from browser_steps import fill, settle, show_tab

pytest.importorskip("gradio")
expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.slow
HEADING = "#agir-review h2"


def load_example(page) -> None:
    page.get_by_role("button", name="Load the simulated example").click()
    page.get_by_text("Text 1 of 5").wait_for()


def wait_for_text(page, number: int) -> None:
    page.locator(HEADING, has_text=f"Text {number} of 5").wait_for()


def progress(page) -> str:
    return page.locator("#agir-review [role=status]").inner_text()


def wait_for_progress(page, text: str) -> None:
    page.locator("#agir-review [role=status]", has_text=text).wait_for()


def button(page, name: str):
    return page.locator(f"#agir-review-{name}")


def test_every_control_of_a_review(open_space, tmp_path):
    page = open_space("Review")
    load_example(page)
    recording = page.locator("#agir-review-recording")
    recording.locator("gait-scene").wait_for()
    assert recording.get_by_text("step length").count() and recording.locator("svg").count() > 5
    page.locator("#agir-review .claim.supported").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    page.screenshot(path=tmp_path / "review-1280.png", full_page=True)

    arms = page.get_by_label("Arms, text to accept")
    fill(arms, "The arms <b>hang</b>.")
    page.locator("#agir-review", has_text="<b>hang</b>").wait_for()
    button(page, "accept").click()
    wait_for_text(page, 2)
    wait_for_progress(page, "1 of 5 reviewed, 1 changed, 0 rejected")
    button(page, "reject").click()
    wait_for_text(page, 3)
    recording.get_by_role("heading", name="Recording of score 2_off").wait_for()
    page.locator("#agir-review .claim.contradicted").first.wait_for()
    button(page, "undo").click()
    wait_for_text(page, 2)
    wait_for_progress(page, "1 of 5 reviewed, 1 changed, 0 rejected")
    button(page, "redo").click()
    wait_for_progress(page, "2 of 5 reviewed, 1 changed, 1 rejected")
    button(page, "previous").click()
    wait_for_text(page, 1)
    expect(arms).to_have_value("The arms <b>hang</b>.")
    button(page, "restore").click()
    wait_for_progress(page, "2 of 5 reviewed, 0 changed, 1 rejected")
    expect(arms).not_to_have_value(re.compile("hang"))
    button(page, "undo").click()
    wait_for_progress(page, "2 of 5 reviewed, 1 changed, 1 rejected")
    button(page, "unreviewed").click()
    wait_for_text(page, 3)
    page.get_by_label("Go through").click()
    page.get_by_role("option", name="rejected").click()
    wait_for_text(page, 2)

    with page.expect_download() as download:
        button(page, "download").click()
    assert download.value.suggested_filename == "review_reviewed.csv"
    with download.value.path().open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["reviewed"] for row in rows] == ["yes", "rejected", "", "", ""]
    assert rows[0]["revised_arm"] == "The arms <b>hang</b>."
    page.locator("[data-unsaved=yes]").wait_for(state="detached")


def test_keys_work_outside_of_text_fields_only_and_can_be_switched_off(open_space):
    page = open_space("Review")
    load_example(page)
    page.keyboard.press("n")
    wait_for_text(page, 2)
    page.keyboard.press("p")
    wait_for_text(page, 1)
    page.keyboard.press("e")
    feet = page.get_by_label("Feet, text to accept")
    assert feet.evaluate("field => field === document.activeElement")
    page.keyboard.press("Control+a")
    page.keyboard.type("a run of zany paper rues", delay=10)
    assert feet.input_value() == "a run of zany paper rues"  # the keys typed text
    wait_for_progress(page, "0 of 5 reviewed, 1 changed")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    wait_for_text(page, 2)
    page.keyboard.press("r")
    wait_for_text(page, 3)
    page.keyboard.press("z")
    wait_for_progress(page, "1 of 5 reviewed, 1 changed, 0 rejected")
    expect(button(page, "redo")).to_be_enabled()  # a key does nothing before
    page.keyboard.press("y")
    wait_for_progress(page, "2 of 5 reviewed, 1 changed, 1 rejected")
    page.keyboard.press("u")
    wait_for_text(page, 3)
    page.locator("#agir-review-keys input").uncheck()
    page.keyboard.press("n")
    page.wait_for_timeout(700)
    assert page.locator(HEADING).inner_text().startswith("Text 3 of 5")


def test_a_late_answer_to_typing_does_not_bring_an_earlier_text_back(open_space, monkeypatch):
    """A decision would be stored at the earlier text, with the texts of the next one."""
    page = open_space("Review")
    load_example(page)
    page_of, started, ended = review_view.page, [], []

    def slow_page(review, prepared):
        is_typed = review.index == 0 and review.revised and not review.reviewed
        if is_typed:
            started.append(review)
            time.sleep(1)
            ended.append(review)
        return page_of(review, prepared)

    monkeypatch.setattr(review_view, "page", slow_page)
    page.keyboard.press("e")
    page.keyboard.type("Changed ", delay=10)
    wait_for_progress(page, "0 of 5 reviewed, 1 changed")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    wait_for_text(page, 2)
    while len(ended) < len(started):
        settle(page)
    settle(page)
    assert len(ended) > 1 and page.locator(HEADING).inner_text().startswith("Text 2 of 5")
    page.keyboard.press("r")
    wait_for_text(page, 3)
    wait_for_progress(page, "2 of 5 reviewed, 1 changed, 1 rejected")


LATE = """() => {
  // The answer to the next event is handled after those to later events.
  const start = window.setTimeout;
  let held = null;
  window.setTimeout = (call, time, ...values) => {
    if (held || values[0]?.msg !== "process_completed") return start(call, time, ...values);
    held = () => start(call, 0, ...values);
  };
  window.refreshed = 0;
  document.getElementById("agir-review-refresh").addEventListener("click", () => refreshed++);
  window.isHeld = () => Boolean(held);
  window.handleHeld = () => { window.setTimeout = start; held(); };
}"""


def test_an_answer_that_is_handled_after_a_later_one_is_replaced(open_space):
    page = open_space("Review")
    load_example(page)
    page.locator("#agir-review", has_text="are checked when").wait_for(state="detached")
    page.evaluate(LATE)
    page.keyboard.press("n")
    page.wait_for_function("isHeld()")
    page.keyboard.press("r")  # the page still shows text 1, which is rejected
    wait_for_text(page, 2)
    wait_for_progress(page, "1 of 5 reviewed, 0 changed, 1 rejected")
    page.evaluate("handleHeld()")  # text 2 with 0 reviewed
    page.wait_for_function("refreshed > 0")
    wait_for_progress(page, "1 of 5 reviewed, 0 changed, 1 rejected")
    heading = "#agir-review-recording h2, #agir-review-recording h3"
    page.locator(heading, has_text="Recording of score 1_off").first.wait_for()


def test_typing_whose_answer_is_late_changes_no_other_text(open_space):
    page = open_space("Review")
    load_example(page)
    page.locator("#agir-review", has_text="are checked when").wait_for(state="detached")
    second = page.get_by_label("Overall, text to accept")
    page.evaluate(LATE)
    page.keyboard.press("e")
    page.keyboard.type("X")
    page.wait_for_function("isHeld()")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    wait_for_text(page, 2)
    texts = [field.input_value() for field in page.locator("#agir-review-editor textarea").all()]
    page.evaluate("handleHeld()")  # text 1, which is not accepted yet
    page.wait_for_function("refreshed > 0")
    wait_for_progress(page, "1 of 5 reviewed, 1 changed, 0 rejected")
    wait_for_text(page, 2)
    second.click()
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    wait_for_progress(page, "2 of 5 reviewed, 1 changed, 1 rejected")
    with page.expect_download() as download:
        button(page, "download").click()
    with download.value.path().open(encoding="utf-8-sig", newline="") as file:
        first, other, *_ = csv.DictReader(file)
    assert first["revised_foot"].count("X") == 1
    assert [other[name] for name in ("foot", "arm", "overall")] == texts
    assert not any(other[f"revised_{part}"] for part in ("foot", "arm", "overall"))


def test_what_is_typed_while_the_page_is_refreshed_is_kept(open_space, monkeypatch):
    page = open_space("Review")
    load_example(page)
    page.locator("#agir-review", has_text="are checked when").wait_for(state="detached")
    page_of, is_slow = review_view.page, Event()

    def slow_page(review, prepared):
        if is_slow.is_set():
            time.sleep(0.5)
        return page_of(review, prepared)

    monkeypatch.setattr(review_view, "page", slow_page)
    page.evaluate(LATE)
    button(page, "download").click()
    page.wait_for_function("isHeld()")
    page.get_by_label("Overall, text to accept").click()
    page.keyboard.type("X")
    wait_for_progress(page, "0 of 5 reviewed, 1 changed")
    is_slow.set()
    page.evaluate("handleHeld()")  # the text without X
    page.wait_for_function("refreshed > 0")
    page.keyboard.type("YZ", delay=20)
    page.locator("#agir-review [data-stored*=XYZ]").wait_for()
    expect(page.get_by_label("Overall, text to accept")).to_have_value(re.compile("XYZ"))


def test_edits_survive_a_reload_and_are_not_lost_without_a_question(open_space, tmp_path):
    page = open_space("Review", 390, 844, "dark")
    load_example(page)
    assert page.locator("[data-unsaved=yes]").count() == 0
    fill(page.get_by_label("Overall, text to accept"), "Nothing limits walking.")
    wait_for_progress(page, "0 of 5 reviewed, 1 changed")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.screenshot(path=tmp_path / "review-390-dark.png", full_page=True)
    page.locator("[data-unsaved=yes]").wait_for()
    page.reload()
    page.get_by_role("tab").first.wait_for()
    if not page.locator(HEADING).is_visible():
        show_tab(page, "Review")
    wait_for_progress(page, "0 of 5 reviewed, 1 changed")
    expect(page.get_by_label("Overall, text to accept")).to_have_value("Nothing limits walking.")

    page.get_by_role("button", name="Load the simulated example").click()
    page.get_by_text("Changes of the present review were not downloaded").wait_for()
    page.get_by_role("button", name="Keep the present review").click()
    page.get_by_text("Changes of the present review were not downloaded").wait_for(state="hidden")
    assert "1 changed" in progress(page)
    page.get_by_role("button", name="Load the simulated example").click()
    page.get_by_role("button", name="Remove the changes and load").click()
    wait_for_progress(page, "0 of 5 reviewed, 0 changed")
    assert page.locator("[data-unsaved=yes]").count() == 0


def test_the_browser_asks_before_a_page_with_changes_is_left(open_space):
    page = open_space("Review")
    load_example(page)
    asked = []

    def keep(dialog):
        asked.append(dialog.type)
        dialog.dismiss()

    def leave():
        """Leave the page as a link does."""
        page.evaluate("setTimeout(() => location.assign('/?view=api'))")

    page.on("dialog", keep)
    page.reload()  # a button was pressed, and nothing was changed
    assert asked == []
    if not page.locator(HEADING).is_visible():
        show_tab(page, "Review")
    overall = page.get_by_label("Overall, text to accept")
    expect(overall).to_have_value(re.compile("limits walking"))
    settle(page)
    overall.click()
    for key, stored in (("X", "X"), ("Y", "XY")):  # not stored yet, and stored
        page.keyboard.type(key)
        with page.expect_event("dialog"):
            leave()
        page.locator(f"#agir-review [data-stored*={stored}]").wait_for()  # the page still works
        page.locator("[data-unsaved=yes]").wait_for()
    assert asked == ["beforeunload"] * 2
    with page.expect_download():
        button(page, "download").click()
    page.locator("[data-unsaved=yes]").wait_for(state="detached")
    leave()
    page.wait_for_url("**/?view=api")
    assert len(asked) == 2


def test_an_answer_that_came_before_the_typed_text_was_stored_does_not_make_it_safe(
    open_space, monkeypatch
):
    page = open_space("Review")
    page_of, calls, asked = review_view.page, [], []
    measured, typed = Event(), Event()

    def waiting(review, prepared):
        calls.append(review)
        if review.revised:
            typed.wait(60)
        elif len(calls) == 2:
            measured.wait(60)
        return page_of(review, prepared)

    def leave():
        with page.expect_event("dialog"):
            page.evaluate("setTimeout(() => location.assign('/?view=api'))")

    def keep(dialog):
        asked.append(dialog.type)
        dialog.dismiss()

    monkeypatch.setattr(review_view, "page", waiting)
    page.on("dialog", keep)
    try:
        load_example(page)
        while len(calls) < 2:
            settle(page)
        page.get_by_label("Overall, text to accept").click()
        page.keyboard.type("X")
        measured.set()
        page.locator("#agir-review", has_text="are checked when").wait_for(state="detached")
        leave()
        assert page.locator("[data-stored*=X]").count() == 0
        typed.set()
        page.locator("[data-stored*=X]").wait_for()
        leave()
        assert asked == ["beforeunload"] * 2
    finally:
        measured.set()
        typed.set()


def test_a_table_with_its_own_recordings(open_space, tmp_path):
    from review_tab import EXAMPLES

    table = tmp_path / "Jane_Doe.csv"
    text = (EXAMPLES / "review.csv").read_text("utf-8-sig")
    lines = text.splitlines(keepends=True)
    table.write_text("".join(lines[:3]), "utf-8")
    page = open_space("Review")
    page.locator("#agir-review-table input[type=file]").set_input_files(table)
    page.get_by_text("Text 1 of 2").wait_for()
    recording = page.locator("#agir-review-recording")
    recording.get_by_text("simulated_score_0.c3d is not at hand").wait_for()
    files = [EXAMPLES / "simulated_score_0.c3d", EXAMPLES / "simulated_off.c3d"]
    page.locator("#agir-review-files input[type=file]").set_input_files(files)
    recording.locator("gait-scene").wait_for()
    page.locator("#agir-review .claim.supported").first.wait_for()
    button(page, "next").click()
    recording.get_by_text("simulated_score_1.c3d is not at hand").wait_for()
    bad = tmp_path / "bad.csv"
    bad.write_text("a,b\n1,2\n")
    page.locator("#agir-review-table button[aria-label*='lear' i]").first.click()
    page.locator("#agir-review-table input[type=file]").set_input_files(bad)
    alert = page.locator("#agir-review-message [role=alert]")
    alert.wait_for()
    assert "This table cannot be loaded" in alert.inner_text()
    assert page.get_by_text("Text 2 of 2").count()  # the present review is still there
    load_example(page)
    page.locator("#agir-review-table .file-preview").wait_for(state="detached")


@pytest.mark.parametrize(("width", "theme"), [(1280, "dark"), (390, "light")])
def test_a_review_has_no_serious_violation(open_space, axe_violations, width, theme):
    page = open_space("Review", width, 844, theme)
    load_example(page)
    page.locator("#agir-review .claim.supported").first.wait_for()
    page.get_by_role("button", name="Pause").click()
    page.locator("#agir-review summary").click()
    page.locator(".agir-keys summary").click()
    assert axe_violations(page) == []

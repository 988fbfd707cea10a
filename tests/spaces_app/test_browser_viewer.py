"""The viewer on the page, in a real browser: time, view, markers and heel strikes. Slow."""

import re

import pytest
from browser_steps import EXAMPLE, settle, wait_for_result

pytest.importorskip("gradio")
expect = pytest.importorskip("playwright.sync_api").expect
PICTURE = "document.querySelector('gait-scene').shadowRoot.querySelector('canvas').toDataURL()"
pytestmark = pytest.mark.slow


@pytest.fixture
def page(open_page):
    page = open_page()
    page.get_by_role("button", name=EXAMPLE).click()
    wait_for_result(page, EXAMPLE)
    return page


def test_the_animation_is_paused_and_moved_and_the_view_rotated_and_zoomed(page):
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Play").wait_for()
    settle(page)
    time_text = page.locator("gait-scene output")
    paused_at = time_text.inner_text()
    settle(page)
    assert time_text.inner_text() == paused_at

    slider = page.get_by_role("slider", name="time in the walk")
    slider.fill("2")
    expect(time_text).to_have_text(re.compile("^2.00 of"))
    slider.press("ArrowRight")
    expect(time_text).to_have_text(re.compile("^2.04 of"))
    settle(page)

    canvas = page.locator("gait-scene canvas").first
    pictures = [page.evaluate(PICTURE)]
    for action in (
        lambda: drag(page, canvas),
        lambda: page.mouse.wheel(0, -200),
        lambda: canvas.press("ArrowLeft"),
        lambda: page.get_by_role("button", name="Front").click(),
        lambda: page.get_by_label("Markers").uncheck(),
    ):
        action()
        page.wait_for_function(f"before => {PICTURE} !== before", arg=pictures[-1])
        settle(page)  # until all of the action is drawn
        pictures.append(page.evaluate(PICTURE))
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


def test_heel_strikes_of_both_sides_alternate_on_the_time_line(page):
    tracks = page.locator("gait-scene .track")
    left, right = (
        tracks.nth(i).locator(".tick").evaluate_all("all => all.map(e => parseFloat(e.style.left))")
        for i in (0, 1)
    )
    steps = sorted([(x, "left") for x in left] + [(x, "right") for x in right])
    sides = [side for _, side in steps]
    assert len(steps) >= 6
    assert all(a != b for a, b in zip(sides, sides[1:], strict=False))

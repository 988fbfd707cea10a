"""The viewer in a real browser (headless Chromium with WebGL in software). Slow.

Screenshots are written to the temporary folders of the tests: view them after a change.
"""

from dataclasses import replace

import pytest

from agir_hf.gait.report.viewer import scene, viewer_head, walk_of

driver = pytest.importorskip("playwright.sync_api")
WEBGL = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
TIMEOUT_MS = 60_000  # long, for a busy machine
pytestmark = pytest.mark.slow
COUNT_CONTEXTS = """
    window.contexts = []; window.pending = new Set();
    const getContext = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
      const context = getContext.call(this, kind, ...rest);
      if (kind.startsWith('webgl') && context) window.contexts.push(context);
      return context;
    };
    const request = window.requestAnimationFrame, cancel = window.cancelAnimationFrame;
    window.requestAnimationFrame = (action) => {
      const id = request((now) => { window.pending.delete(id); action(now); });
      window.pending.add(id);
      return id;
    };
    window.cancelAnimationFrame = (id) => { window.pending.delete(id); cancel(id); };
"""
NO_WEBGL = """
    const getContext = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
      return kind.startsWith('webgl') ? null : getContext.call(this, kind, ...rest);
    };
"""


@pytest.fixture(scope="module")
def browser(launch_browser):
    return launch_browser(*WEBGL)


@pytest.fixture
def show(browser, tmp_path):
    """Open a page of one walk or two; afterwards check for errors and requests."""
    problems, contexts = [], []

    def open_page(*walks, width=700, motion="reduce", script="", **options):
        file = tmp_path / "page.html"
        file.write_text(
            "<!doctype html><html lang='en'><meta charset='utf-8'><title>Walk</title>"
            "<meta name='viewport' content='width=device-width,initial-scale=1'>"
            f"{viewer_head()}<body><main>{scene(walks, 'Sample')}</main></body></html>",
            encoding="utf-8",
        )
        context = browser.new_context(
            viewport={"width": width, "height": 600}, reduced_motion=motion, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(TIMEOUT_MS)
        page.on("pageerror", lambda error: problems.append(f"error: {error}"))
        page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
        page.on("request", lambda r: None if _is_local(r.url, file) else problems.append(r.url))
        page.add_init_script(script)
        page.goto(file.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


def _is_local(address: str, file) -> bool:
    return address == file.as_uri() or address.startswith(("data:", "blob:"))


@pytest.fixture(scope="module")
def walk(prepared):
    return walk_of(prepared)


def picture(page) -> str:
    """Picture after the next frame of the browser, in which changes are drawn."""
    return page.locator("gait-scene canvas").evaluate("""async (canvas) => {
        for (let i = 0; i < 2; i++) await new Promise((done) => requestAnimationFrame(done));
        return canvas.toDataURL();
    }""")


def wait_for_another_picture(page, before: str, action: str) -> None:
    """Wait until the picture is changed: the browser may handle an input later."""
    picture_now = "document.querySelector('gait-scene').shadowRoot.querySelector('canvas')"
    try:
        page.wait_for_function(f"before => {picture_now}.toDataURL() !== before", arg=before)
    except driver.TimeoutError:
        pytest.fail(f"{action} does not change the picture")


def drag(page, canvas) -> None:
    box = canvas.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 80, y, steps=3)
    page.mouse.up()


def test_every_control_changes_the_picture(show, walk, tmp_path):
    page = show(walk)
    canvas = page.locator("gait-scene canvas")
    canvas.wait_for()
    page.screenshot(path=tmp_path / "one.png")
    actions = {
        "forward": lambda: page.get_by_role("button", name="One frame forward").click(),
        "slider": lambda: page.get_by_role("slider", name="time in the walk").fill("2"),
        "drag": lambda: drag(page, canvas),
        "key": lambda: canvas.press("ArrowUp"),
        "zoom key": lambda: canvas.press("+"),
        "wheel": lambda: page.mouse.wheel(0, -200),  # the picture has the focus
        **{
            name: lambda name=name: page.get_by_role("button", name=name, exact=True).click()
            for name in ("Left", "Right", "Front", "Above", "Free")
        },
        **{
            name: lambda name=name: page.get_by_role("checkbox", name=name).uncheck()
            for name in ("Markers", "Heel strikes", "L and R")
        },
        "back": lambda: page.get_by_role("button", name="One frame back").click(),
    }
    before = picture(page)
    for name, action in actions.items():
        action()
        wait_for_another_picture(page, before, name)
        before = picture(page)


def test_the_picture_shows_both_sides_in_their_colours(show, walk):
    page = show(walk)
    picture(page)
    counts = page.locator("gait-scene canvas").evaluate("""async (canvas) => {
        const copy = document.createElement('canvas');
        [copy.width, copy.height] = [canvas.width, canvas.height];
        const context = copy.getContext('2d');
        context.drawImage(canvas, 0, 0);
        const { data } = context.getImageData(0, 0, copy.width, copy.height);
        let [blue, orange, empty] = [0, 0, 0];
        for (let i = 0; i < data.length; i += 4) {
          if (data[i + 3] < 10) empty++;
          else if (data[i + 2] > data[i] + 50) blue++;
          else if (data[i] > data[i + 2] + 50) orange++;
        }
        return { blue, orange, empty, all: data.length / 4 };
    }""")
    assert counts["blue"] > 1500 and counts["orange"] > 1500
    assert counts["empty"] > 0.5 * counts["all"]


def test_frames_are_stepped_by_buttons_and_arrow_keys(show, walk):
    page = show(walk)
    slider = page.get_by_role("slider", name="time in the walk")
    slider.fill("2")
    shown = page.locator("gait-scene output")
    slider.press("ArrowRight")
    assert shown.inner_text().startswith("2.04 of")
    page.get_by_role("button", name="One frame forward").press("ArrowLeft")
    page.get_by_role("button", name="One frame back").click()
    assert shown.inner_text().startswith("1.96 of")
    page.locator("gait-scene canvas").press(".")
    assert shown.inner_text().startswith("2.00 of")
    assert slider.get_attribute("aria-valuetext").startswith("2.00 of")


def test_play_has_its_name_and_waits_where_motion_is_to_be_reduced(show, walk):
    page = show(walk, motion="reduce")
    play = page.get_by_role("button", name="Play", exact=True)
    play.wait_for()
    assert play.inner_text().strip() == "Play"
    before = page.locator("gait-scene output").inner_text()
    page.wait_for_timeout(300)
    assert page.locator("gait-scene output").inner_text() == before
    play.click()
    page.get_by_role("button", name="Pause").wait_for()


def test_a_walk_plays_by_itself_and_is_paused(show, walk):
    page = show(walk, motion="no-preference")
    page.get_by_role("button", name="Pause").click()
    shown = page.locator("gait-scene output")
    before = shown.inner_text()
    page.wait_for_timeout(300)
    assert shown.inner_text() == before


def test_the_time_is_reported_to_the_page_and_taken_from_it(show, walk):
    page = show(walk)
    page.get_by_role("button", name="Play", exact=True).wait_for()
    page.evaluate("""() => {
        window.times = [];
        document.addEventListener('agir-time', (event) => {
          window.times.push([performance.now(), event.detail]);
        });
    }""")
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("window.times.length > 5")
    times = page.evaluate("window.times.splice(0)")
    waits = [b[0] - a[0] for a, b in zip(times, times[1:], strict=False)]
    assert min(waits) >= 50 and all(detail["walk"] == 0 for _, detail in times)
    assert times[-1][1]["time_s"] > times[0][1]["time_s"]
    page.evaluate(
        "document.dispatchEvent(new CustomEvent('agir-seek', {detail: {walk: 0, time_s: 3.5}}))"
    )
    assert page.locator("gait-scene output").inner_text().startswith("3.50 of")
    page.get_by_role("button", name="Play", exact=True).wait_for()  # it is paused
    page.wait_for_function("window.times.at(-1)?.[1].time_s === 3.5")


def test_two_walks_are_shown_next_to_each_other_or_overlaid_at_the_same_step(show, walk, tmp_path):
    later = {side: [t + 0.2 for t in times] for side, times in walk.heel_strikes.items()}
    page = show(replace(walk, label="ON"), replace(walk, label="OFF", heel_strikes=later))
    page.get_by_role("button", name="Play", exact=True).wait_for()
    page.screenshot(path=tmp_path / "two.png")
    page.evaluate("""() => {
        window.times = {};
        document.addEventListener('agir-time', ({ detail }) => {
          window.times[detail.walk] = detail.time_s;
        });
    }""")
    page.get_by_role("slider", name="time in the walk").fill("2")
    page.wait_for_function("window.times[0] === 2 && Math.abs(window.times[1] - 2.2) < 0.002")
    before = picture(page)
    page.get_by_label("Overlay").check()
    wait_for_another_picture(page, before, "Overlay")
    assert page.get_by_text("OFF (transparent)").is_visible()
    page.get_by_label("Synchronise steps").uncheck()
    page.wait_for_function("window.times[1] === window.times[0]")
    page.screenshot(path=tmp_path / "overlaid.png")


def test_the_surface_of_a_fitted_body_is_shown_and_hidden(show, prepared, body_motion, tmp_path):
    page = show(walk_of(prepared, body=body_motion))
    box = page.get_by_label("Body")
    box.wait_for()
    page.screenshot(path=tmp_path / "body.png")
    before = picture(page)
    box.uncheck()
    wait_for_another_picture(page, before, "Body")


def test_replaced_viewers_leave_no_context_and_no_loop(show, walk):
    page = show(walk, width=390, script=COUNT_CONTEXTS)
    page.get_by_role("button", name="Play", exact=True).click()
    page.evaluate("""async () => {
        const main = document.querySelector('main'), html = main.innerHTML;
        for (let i = 0; i < 20; i++) {
          main.innerHTML = html;
          const scene = document.querySelector('gait-scene');
          while (!scene.shadowRoot?.querySelector('canvas')) {
            await new Promise((resolve) => setTimeout(resolve, 10));
          }
          scene.play();
        }
    }""")
    alive = "contexts.filter((context) => !context.isContextLost()).length"
    assert page.evaluate(f"[contexts.length, {alive}]") == [21, 1]
    # A scene that plays waits for its next step, and at times for a drawing; a paused one for
    # nothing, so that what is still repeated after the last one is paused belongs to another.
    page.evaluate("document.querySelector('gait-scene').pause()")
    page.wait_for_function("pending.size === 0")
    page.evaluate("document.querySelector('gait-scene').play()")
    page.wait_for_function("pending.size > 0")
    page.evaluate("document.querySelector('main').replaceChildren()")
    page.wait_for_function("contexts.every((c) => c.isContextLost()) && pending.size === 0")


def test_a_browser_without_webgl_shows_the_static_picture_and_says_why(show, walk, tmp_path):
    page = show(walk, script=NO_WEBGL)
    page.get_by_text("this browser has no WebGL").wait_for()
    assert page.get_by_role("img", name="six poses").is_visible()
    assert not page.locator("gait-scene canvas").is_visible()
    page.screenshot(path=tmp_path / "no-webgl.png")


def test_a_print_has_the_static_picture_instead_of_the_controls(show, walk, tmp_path):
    page = show(walk)
    still = page.get_by_role("img", name="six poses")
    page.locator("gait-scene canvas").wait_for()
    assert not still.is_visible()
    page.emulate_media(media="print")
    assert still.is_visible() and not page.locator("gait-scene canvas").is_visible()
    page.screenshot(path=tmp_path / "print.png")


def test_a_phone_shows_all_controls(show, walk, tmp_path):
    page = show(replace(walk, label="ON"), replace(walk, label="OFF"), width=390, has_touch=True)
    page.get_by_role("button", name="Above").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    sizes = page.locator("gait-scene button").evaluate_all(
        "all => all.map((e) => e.getBoundingClientRect().height)"
    )
    assert min(sizes) >= 36
    page.screenshot(path=tmp_path / "phone.png", full_page=True)

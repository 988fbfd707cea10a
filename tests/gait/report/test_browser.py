"""Reports in a browser: cursor lines, clicks into figures, width on a phone, accessibility."""

import re

import pytest

from agir_hf.gait import measure
from agir_hf.gait.report import ReportInput, write_report
from agir_hf.gait.report.rendering import TEMPLATES

PANEL, OVER_TIME = "svg[data-agir-cycles]", ".part-events svg[data-agir-walk]"
SEEK = "document.addEventListener('agir-seek', e => { window.sought = e.detail; })"
TIMEOUT_MS = 60_000  # long, for a busy machine
# Until the viewer has reported its first time, later than 60 ms after it is made.
IDLE = """() => new Promise((resolve) => setTimeout(
    () => requestIdleCallback(resolve, { timeout: 5000 }), 300))"""
TIME = "t => document.dispatchEvent(new CustomEvent('agir-time', {detail: {walk: 0, time_s: t}}))"


@pytest.fixture(scope="module")
def measured(walk):
    return measure(walk)


@pytest.fixture(scope="module")
def page_path(walk, measured, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "walk.html"
    return write_report(path, ReportInput("walk", measured, walk))


@pytest.fixture
def open_report(browser, page_path):
    pages = []

    def open_at(width=1280, scheme="light"):
        page = browser.new_page(
            viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
        )
        pages.append(page)
        page.set_default_timeout(TIMEOUT_MS)
        page.goto(page_path.as_uri())
        page.locator("gait-scene").scroll_into_view_if_needed()
        page.locator("gait-scene canvas").wait_for()
        page.evaluate(IDLE)
        page.evaluate("window.scrollTo(0, 0)")
        return page

    yield open_at
    for page in pages:
        page.close()


def cursor_x(page, figure, index=0):
    """Position of a cursor line in units of its figure, or None if it is hidden."""
    cursor = page.locator(figure).first.locator(".cursor").nth(index)
    if cursor.get_attribute("hidden") is not None:
        return None
    return float(re.search(r"translate\(([-\d.]+)", cursor.get_attribute("transform"))[1])


@pytest.mark.slow
def test_cursor_lines_follow_the_time_of_the_viewer(open_report, measured):
    page = open_report()
    stride = next(s for s in measured.signals.strides if s.side == "left")
    page.evaluate(TIME, (stride.start_s + stride.end_s) / 2)
    x0, x1 = (
        float(page.locator(PANEL).first.get_attribute(f"data-{name}")) for name in ("x0", "x1")
    )
    assert cursor_x(page, PANEL) == pytest.approx((x0 + x1) / 2, abs=0.2)
    middle = cursor_x(page, OVER_TIME)
    page.evaluate(TIME, stride.end_s)
    assert cursor_x(page, OVER_TIME) > middle
    page.evaluate(TIME, 0.0)  # before the first stride
    assert cursor_x(page, PANEL) is None and cursor_x(page, OVER_TIME) is not None


@pytest.mark.slow
def test_a_click_into_a_figure_moves_the_viewer(open_report, measured):
    page = open_report()
    page.evaluate(SEEK)
    figure = page.locator(OVER_TIME)
    box = figure.bounding_box()
    figure.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    end_s = (len(measured.signals.pelvis) - 1) / measured.signals.rate_hz
    sought = page.evaluate("window.sought")
    assert sought["walk"] == 0 and sought["time_s"] == pytest.approx(end_s / 2, abs=0.25)
    slider = (
        "document.querySelector('gait-scene').shadowRoot.querySelector('input[type=range]').value"
    )
    assert float(page.evaluate(slider)) == pytest.approx(sought["time_s"], abs=0.01)


@pytest.mark.slow
def test_a_click_into_a_panel_moves_within_a_stride(open_report, measured):
    page = open_report()
    page.evaluate(SEEK)
    panel = page.locator(PANEL).first
    box = panel.bounding_box()
    panel.click(position={"x": 0.75 * box["width"], "y": 0.4 * box["height"]})
    time_s = page.evaluate("window.sought.time_s")
    spans = [(s.start_s, s.end_s) for s in measured.signals.strides if s.side == "left"]
    assert any(start <= time_s <= end for start, end in spans)
    assert cursor_x(page, PANEL) is not None


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_the_whole_width_without_scrolling_the_page(open_report, scheme):
    page = open_report(390, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(255, 255, 255)") == (scheme == "light")


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_report_has_no_serious_violation_of_accessibility(
    open_report, axe_violations, scheme, width
):
    assert axe_violations(open_report(width, scheme)) == []


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first, second):
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    "scheme", [r"\.agir-report\{(--ar-ink[^}]*)", r"\.dark \.agir-report\{([^}]*)"]
)
def test_colours_have_enough_contrast_in_light_and_dark(scheme):
    rule = re.search(scheme, (TEMPLATES / "report.css").read_text("utf-8"))[1]
    colours = dict(re.findall(r"--ar-([\w-]+):#([0-9a-f]{3,6})", rule))
    colours = {k: v if len(v) == 6 else "".join(2 * c for c in v) for k, v in colours.items()}
    for text in ("ink", "muted", "bad", "left", "right"):
        assert contrast(colours[text], colours["surface"]) >= 4.5, text
    for background in ("good-bg", "near-bg", "bad-bg", "unknown-bg"):
        assert contrast(colours["ink"], colours[background]) >= 4.5, background
    for line in ("left", "right"):  # lines on the band of the norm
        assert contrast(colours[line], colours["band"]) >= 3, line

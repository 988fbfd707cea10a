"""Left and right have one colour each in figures, viewer and Space, readable in light and dark."""

import re
from pathlib import Path

import numpy as np

import agir_hf
from agir_hf.gait.report.rendering import TEMPLATES
from agir_hf.gait.report.viewer import VIEWER_FILES

SOURCE = VIEWER_FILES.parent / "source"


def colours_of(css):
    """Name → colour of the variables of a part of a style sheet."""
    return dict(re.findall(r"--(?:ar|gait)-([a-z-]+): ?(#[0-9a-f]{6})", css))


def palettes():
    """Colours of the report in light and dark."""
    css = (TEMPLATES / "report.css").read_text("utf-8")
    return [colours_of(part) for part in css.split(".dark .agir-report{")[:2]]


def luminance(colour):
    """Relative luminance of WCAG 2.2."""
    values = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(first, second):
    darker, lighter = sorted((luminance(first), luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_viewer_and_the_figures_have_one_palette_that_is_readable():
    light, dark = palettes()
    page = (TEMPLATES / "page.css").read_text("utf-8")
    on_light, on_dark = re.findall(r"--gait-on-accent:(#[0-9a-f]{6})", page)
    for colours, letters in ((light, on_light), (dark, on_dark)):
        for side in ("left", "right"):
            assert contrast(colours[side], letters) >= 4.5  # letters of the viewer
            assert contrast(colours[side], colours["surface"]) >= 4.5  # words of the figures
    style = (SOURCE / "style.js").read_text("utf-8")
    defaults = dict(re.findall(r'"?([a-z-]+)"?: "(#[0-9a-f]{6})"', style))
    names = ("left", "right", "ink", "muted", "line", "surface")
    assert {name: defaults[name] for name in names} == {name: light[name] for name in names}
    assert defaults["accent"] == light["left"] and defaults["on-accent"] == on_light
    still = (VIEWER_FILES.parent / "templates/still.html.j2").read_text("utf-8")
    for side, colour in re.findall(r"--gait-(left|right),(#[0-9a-f]{6})", still):
        assert colour == light[side]


def test_the_page_of_the_space_has_the_same_palette():
    css = (Path(agir_hf.__file__).parents[1] / "spaces_app" / "app.css").read_text("utf-8")
    for space, report in zip(re.split(r"\n\.dark ", css)[:2], palettes(), strict=True):
        space = colours_of(space)
        for name in ("left", "right", "ink", "muted", "line", "surface"):
            assert space[name] == report[name], name
        assert space["accent"] == report["left"]

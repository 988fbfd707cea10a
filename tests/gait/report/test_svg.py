import inspect
import json
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from agir_hf.gait.kinematics import VARIABLES
from agir_hf.gait.report import CurveGroup, curve_panel
from agir_hf.gait.report.comparison_page import _PANEL
from agir_hf.gait.report.figures import _without_pauses, profile_chart
from agir_hf.gait.report.scales import nice_limits, nice_ticks
from agir_hf.gait.report.svg import Plot, legend

KNEE = 30 - 30 * np.cos(np.linspace(0, 2 * np.pi, 101))


class Norm:
    mean, sd = KNEE + 1, np.full(101, 4.0)


@pytest.mark.parametrize(
    ("low", "high"), [(-13, 71), (0.31, 0.55), (0, 1e-3), (-1200, 900), (5, 5.2), (0, 100)]
)
def test_ticks_are_round_evenly_spaced_and_within_the_limits(low, high):
    ticks = nice_ticks(low, high)
    assert 3 <= len(ticks) <= 7 and low <= ticks[0] and ticks[-1] <= high
    steps = np.diff(ticks)
    assert np.allclose(steps, steps[0])
    assert f"{steps[0]:.1e}"[:3] in ("1.0", "2.0", "2.5", "5.0")


@pytest.mark.parametrize("high", np.linspace(0.3, 90, 40))
def test_a_low_figure_has_at_least_two_ticks(high):
    assert 2 <= len(nice_ticks(0.63 * high, high, 3)) <= 4


def test_limits_contain_the_values_and_ignore_missing_ones():
    low, high = nice_limits([3.0, np.nan, 5.0])
    assert low < 3 and high > 5 and high - low < 2.5
    assert nice_limits([np.nan]) == (0.0, 1.0) and nice_limits([2.0])[0] < 2 < nice_limits([2.0])[1]


def test_positions_are_linear_and_the_vertical_axis_points_up():
    plot = Plot(200, 100, (0, 10), (0, 5), "t", "d", left=20, right=10, top=5, bottom=15)
    assert (plot.px(0), plot.px(10), plot.py(0), plot.py(5)) == (20, 190, 85, 5)
    assert plot.px(5) == 105 and plot.py(2.5) == 45


def test_a_figure_is_xml_with_escaped_title_and_description():
    plot = Plot(200, 100, (0, 10), (-5, 5), "a <b>", 'c & "d"')
    plot.axes("x", "y")
    plot.span(2, 30, "turn", "turn <1>")
    plot.points([1, np.nan], [1, 1], "circle", "left", ["<p>", "q"])
    root = ET.fromstring(plot.svg("wide", t0='"1"'))
    assert root.find("title").text == "a <b>" and root.find("desc").text == 'c & "d"'
    assert root.get("role") == "img" and root.get("data-t0") == '"1"'
    assert len([e for e in root.iter("path") if "point" in e.get("class")]) == 1
    (span,) = (e for e in root.iter("rect") if "span" in e.get("class"))
    assert float(span.get("x")) + float(span.get("width")) == pytest.approx(190)  # clipped


def test_a_line_is_interrupted_at_missing_values():
    plot = Plot(100, 100, (0, 4), (0, 4), "t", "d")
    plot.line([0, 1, 2, 3, 4], [0, 1, np.nan, 3, 4], "left")
    assert plot.parts[0].count("M") == 2


def test_a_panel_has_band_lines_toe_offs_and_a_summary_in_words():
    groups = [
        CurveGroup("left", "left", KNEE, np.ones(101), [61.0, 63.0, np.nan], [(0, 1), (1, 2)]),
        CurveGroup("right", "right b", KNEE + 5, np.zeros(101)),
    ]
    html = curve_panel(groups, Norm(), "Knee <flexion>", directions=("flexion", "extension"))
    assert html.count('class="band left"') == 1 and 'class="band right' not in html
    assert html.count('class="band norm"') == 1 and 'class="line right b"' in html
    assert html.count('class="vline') == 1 and "toe-off left: 62 %" in html
    assert "left 0 to 60 °, toe-off at 62 %; right 5 to 65 °; norm 1 to 61 °" in html
    assert "flexion →" in html and "← extension" in html and "Knee &lt;flexion&gt;" in html
    assert html.count('class="cursor') == 1
    cycles = re.search(r'data-agir-cycles="([^"]*)"', html)[1].replace("&#34;", '"')
    assert json.loads(cycles) == [{"walk": 0, "spans": [[0, 1], [1, 2]]}]


def test_a_panel_without_a_band_or_a_toe_off_is_drawn():
    html = curve_panel([CurveGroup("left", "left", np.zeros(101))], title="flat")
    assert 'class="line left"' in html and "vline" not in html and "nan" not in html


def test_bars_of_the_profile_are_as_long_as_their_scores():
    html = profile_chart([("Knee", {"left": 10.0, "right": 5.0})])
    widths = [float(w) for w in re.findall(r'class="column \w+"[^>]* width="([\d.]+)"', html)]
    assert widths[0] == pytest.approx(2 * widths[1], abs=0.2)
    assert "Knee: left 10.0°, right 5.0°" in html


def test_a_legend_has_a_sample_of_each_entry():
    html = legend([("line", "left", "a<b"), ("circle", "left", "c"), ("column", "right", "d")])
    assert html.count("<li>") == html.count("<svg") == 3 and "a&lt;b" in html


def test_a_line_of_steps_is_interrupted_by_a_pause():
    times, values = _without_pauses([1.0, 2.0, 3.0, 6.0, 7.0], [5, 6, 7, 8, 9])
    assert times == [1, 2, 3, 6, 6, 7] and np.isnan(values[3]) and values[4] == 8
    assert _without_pauses([1.0], [5]) == ([1.0], [5])


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable.name)
def test_the_words_at_both_ends_of_an_axis_do_not_meet(variable):
    words = (variable.positive, variable.negative)
    for size in (_PANEL, inspect.signature(curve_panel).parameters["size"].default):
        panel = curve_panel([CurveGroup("a", "left", np.zeros(101))], directions=words, size=size)
        ends = re.findall(r'upright" text-anchor="\w+" transform="translate\(10 ([\d.]+)', panel)
        low, high = sorted(map(float, ends))
        assert 5.4 * sum(len(word) + 2 for word in words) < high - low  # px of a wide font
        last = float(re.search(r'class="tick" x="([\d.]+)" y="[\d.]+" [^>]*>100<', panel)[1])
        assert last + 1.5 * 7.5 < size[0]  # "100" ends within the figure

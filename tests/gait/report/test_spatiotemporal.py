import re

import numpy as np
import pytest

from agir_hf.gait import measure
from agir_hf.gait.applied_norms import AppliedNorms
from agir_hf.gait.parameters import PARAMETER_NAMES
from agir_hf.gait.report import report_name, spatiotemporal_part
from agir_hf.gait.report.names import GROUPS
from agir_hf.gait.report.sides import side_values, step_values
from agir_hf.gait.report.spatiotemporal import parameter_rows, value_text

OF_STEPS = ("step_length_m", "step_time_s")


@pytest.fixture(scope="module")
def measured(walk):
    return measure(walk)


def test_every_parameter_has_a_row_and_a_name_in_words():
    shown = {name for _, names in GROUPS for name in names}
    sided = {"arm_swing_left_deg", "arm_swing_right_deg", "step_length_left_m",
             "step_length_right_m"}  # fmt: skip
    assert shown - {"arm_swing_deg"} == set(PARAMETER_NAMES) - sided
    names = [report_name(name) for name in PARAMETER_NAMES]
    assert len(set(names)) == len(names) and not any("_" in name for name in names)
    assert report_name("foot_strike_angle_deg") == "foot angle at heel strike"


def test_the_sides_are_the_parts_of_the_parameter(measured):
    values = side_values(measured)
    assert len(values) == 15
    for name, sides in values.items():
        if name == "arm_swing_deg":
            assert sides["left"] == measured.parameters["arm_swing_left_deg"]
            continue
        whole = measured.parameters[name]
        number = sum(row.n for row in sides.values())
        mean = sum(row.n * row.value for row in sides.values()) / number
        assert number == whole.n and mean == pytest.approx(whole.value), name


def test_step_lengths_of_the_sides_are_the_parameters_of_the_sides(measured):
    for side, row in side_values(measured)["step_length_m"].items():
        parameter = measured.parameters[f"step_length_{side}_m"]
        assert (row.value, row.sd, row.n) == (parameter.value, parameter.sd, parameter.n)


@pytest.mark.parametrize("name", OF_STEPS)
def test_each_step_is_shown_once(measured, name):
    values = step_values(measured.signals, name)
    rows = [row for side in values.values() for row in side]
    assert sorted(time_s for time_s, _ in rows) == [s.end_s for s in measured.signals.steps]
    assert np.mean([v for _, v in rows]) == pytest.approx(measured.parameters[name].value)


def test_an_absent_parameter_has_no_sides(measured):
    parameters = {k: v for k, v in measured.parameters.items() if k != "knee_range_deg"}
    fewer = type(measured)(parameters, {"knee_range_deg": "no knee"}, measured.signals)
    assert "knee_range_deg" not in side_values(fewer)
    assert "knee, range" not in spatiotemporal_part(fewer, AppliedNorms())


def cells_of(html, name):
    row = re.search(rf'<tr id="p-gait-{name}">(.*?)</tr>', html, re.DOTALL)[1]
    return [
        re.sub(r"<[^>]*>", "", cell).strip()
        for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL)
    ]


def test_the_table_has_left_right_norm_and_z_of_each_side(measured):
    html = spatiotemporal_part(measured, AppliedNorms(), "p-")
    left, right = (measured.parameters[f"step_length_{side}_m"] for side in ("left", "right"))
    cells = cells_of(html, "step_length_m")
    assert cells[0] == "step length m"
    assert cells[1] == f"{left.value:.3f} ± {left.sd:.3f}"
    assert cells[2] == f"{right.value:.3f} ± {right.sd:.3f}"
    assert cells[3] == f"{left.n} / {right.n}" and cells[4] == "~0.666 ± 0.080"
    assert (cells[5], cells[6]) == ("\u22124.5", "\u22124.9")
    assert cells[7] == "moderately / markedly reduced"
    assert 'id="p-gait-step_length_left_m"' in html and 'id="p-gait-arm_swing_right_deg"' in html


def test_a_parameter_of_the_whole_walk_has_one_value(measured):
    html = spatiotemporal_part(measured, AppliedNorms(), "p-")
    cells = cells_of(html, "cadence_steps_per_min")
    assert len(cells) == 7 and cells[0] == "cadence steps/min" and cells[5] == "normal"


def test_a_side_that_was_not_measured_says_so(measured):
    parameters = {k: v for k, v in measured.parameters.items() if k != "arm_swing_left_deg"}
    fewer = type(measured)(parameters, {"arm_swing_left_deg": "no wrist"}, measured.signals)
    cells = cells_of(spatiotemporal_part(fewer, AppliedNorms(), "p-"), "arm_swing_deg")
    assert cells[1] == "not measured" and cells[3] == "– / 9" and cells[5] == ""


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(0.00765, "m", "0.008"), (-0.02, "m", "\u22120.020"), (0.0003, "m", "<0.001"),
     (118.6, "steps/min", "119"), (1.006, "s", "1.01"), (-0.001, "", "0.00")],
)  # fmt: skip
def test_values_have_the_decimals_of_their_unit(value, unit, text):
    assert value_text(value, unit) == text


def test_rows_with_a_norm_have_a_bar_for_each_side(measured):
    rows = {
        row["name"]: row for _, rows in parameter_rows(measured, AppliedNorms()) for row in rows
    }
    assert [bar["side"] for bar in rows["knee_range_deg"]["bars"]] == ["left", "right"]
    assert [bar["side"] for bar in rows["cadence_steps_per_min"]["bars"]] == [""]
    assert not rows["harmonic_ratio_ap"]["bars"]
    assert all(0 <= float(b["position"]) <= 100 for row in rows.values() for b in row["bars"])

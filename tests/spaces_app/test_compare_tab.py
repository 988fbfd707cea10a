"""Comparison of two recordings: answer of the endpoint, page, errors."""

import json

import pytest

import agir_hf

pytest.importorskip("gradio")
import compare_tab  # noqa: E402
import gradio as gr  # noqa: E402
from errors import show_errors  # noqa: E402
from state import AppState  # noqa: E402

from agir_hf.assessment.comparison import Difference  # noqa: E402
from agir_hf.utils.devices import DeviceMemoryError  # noqa: E402

SAMPLE = agir_hf.SAMPLE_RECORDING


@pytest.fixture
def state(model, processor, tmp_path):
    return AppState(model, processor, root=tmp_path / "sessions")


@pytest.fixture(scope="module")
def pair(model, processor, tmp_path_factory):
    """The two example recordings, assessed by an untrained model."""
    state = AppState(model, processor, root=tmp_path_factory.mktemp("sessions"))
    return compare_tab.assess_both(
        state, compare_tab.PAIR, compare_tab.PAIR_NAMES, None, compare_tab.assess_example
    )


def test_the_endpoint_returns_both_assessments_and_the_parameters(pair):
    answer = compare_tab.comparison(pair)
    assert {"first", "second", "parameters", "level", "norms", "note"} == set(answer)
    assert answer["first"]["recording"]["file"] == "simulated off"
    assert answer["second"]["recording"]["file"] == "simulated on"
    rows = {row["name"]: row for row in answer["parameters"]}
    assert rows["step_length_m"]["beyond"] and rows["step_length_m"]["difference"] > 0
    assert not rows["cadence_steps_per_min"]["beyond"]
    json.dumps(answer, allow_nan=False)


def test_the_page_marks_differences_by_symbol_and_colour_and_shows_both_walks_in_one_scene(pair):
    status, scores, picture, table = compare_tab.page(pair, ("<OFF>", "ON"))
    assert status == "" and scores.count("Gait score") == 2 and "&lt;OFF&gt;" in scores
    assert picture.count("<gait-scene") == 1 and "<OFF>" not in picture + table
    rows = table.split("<tr")
    (length,) = [row for row in rows if "step length <" in row]
    assert "class=beyond" in length and "◆" in length
    (cadence,) = [row for row in rows if "cadence <" in row]
    assert "class=beyond" not in cadence and "◆" not in cadence
    assert "not a clinical minimal detectable change" in table and "Research use only" in table


def test_the_table_states_why_a_parameter_is_missing():
    row = Difference("turn_time_s", "s", None, None, note="second walk: no <turn>")
    table = compare_tab.table_html([row], ("A", "B"), "norms of <no_person>")
    assert "no &lt;turn&gt;" in table and "0 of 1 differences" in table
    assert "norms of &lt;no_person&gt;" in table


def test_z_scores_are_of_the_age_of_the_person_and_absent_for_children(state):
    def table(age):
        person = {"age": age, "sex": None, "norms": None}
        walks = compare_tab.assess_both(
            state, compare_tab.PAIR, compare_tab.PAIR_NAMES, None, compare_tab.assess_example,
            person,
        )  # fmt: skip
        return compare_tab.page(walks, compare_tab.PAIR_NAMES)[3]

    assert "men and women of 40 years" in table(40) and ">z −" in table(40)
    assert "no norm applies to a person of 9 years" in table(9) and ">z " not in table(9)


def test_uploads_are_compared_and_their_copies_are_removed(state):
    walks = compare_tab.assess_both(state, (SAMPLE, SAMPLE), ("first", "second"))
    assert not any(row["beyond"] for row in compare_tab.comparison(walks)["parameters"])
    assert [path for path in state.root.rglob("*") if path.is_file()] == []


def test_the_error_names_the_recording_that_cannot_be_compared_and_why(state, tmp_path):
    bad = tmp_path / "Müller.c3d"
    bad.write_bytes(b"nothing")
    for paths, part in (
        ((None, SAMPLE), "choose two recordings"),
        ((SAMPLE, str(bad)), "second: the type of the file is unknown"),
    ):
        with pytest.raises(ValueError, match=part) as excinfo:
            compare_tab.assess_both(state, paths, ("first", "second"))
        assert "Müller" not in str(excinfo.value)


def test_errors_are_escaped_and_internal_errors_show_no_data(caplog):
    with pytest.raises(gr.Error) as excinfo, show_errors("No"):
        raise ValueError("<img src=x>\nfrom a file")
    assert excinfo.value.message == "‹img src=x› from a file"
    with pytest.raises(gr.Error) as excinfo, show_errors("No"):
        raise KeyError("Müller")
    assert "something went wrong here" in excinfo.value.message
    assert "Müller" not in excinfo.value.message + caplog.text and "KeyError" in caplog.text


def test_too_little_memory_is_an_error_about_the_recording():
    message = "the memory of this server is too small for this recording"
    with pytest.raises(gr.Error, match=message), show_errors("No"):
        raise DeviceMemoryError("out of memory on cuda: lower --batch-size (now 8)")

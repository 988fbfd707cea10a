"""Comparison of two recordings or sessions: answer of the endpoint, page, files, errors."""

import csv
import json
import re
from dataclasses import replace

import pytest

import agir_hf

pytest.importorskip("gradio")
import compare_endpoint  # noqa: E402
import compare_tab  # noqa: E402
import compare_view  # noqa: E402
import compared_files  # noqa: E402
import gradio as gr  # noqa: E402
import norm_inputs  # noqa: E402
from comparing import SIMULATED, compare_examples, compare_uploads, short_names  # noqa: E402
from errors import show_errors  # noqa: E402
from reading_options import EMPTY, readings  # noqa: E402
from state import AppState  # noqa: E402

from agir_hf.assessment import compare_walks  # noqa: E402
from agir_hf.utils.devices import DeviceMemoryError  # noqa: E402

SAMPLE = agir_hf.SAMPLE_RECORDING
PERSON = {"subject_id": "P 07", "age": 58, "sex": "male", "height_m": None, "norms": None}


@pytest.fixture(scope="module")
def state(model, processor, tmp_path_factory):
    return AppState(model, processor, root=tmp_path_factory.mktemp("space") / "sessions")


@pytest.fixture(scope="module")
def compared(state):
    """The two example recordings, assessed by an untrained model."""
    return compare_examples(state, compare_tab.PAIR, ("<OFF>", "ON"), person=PERSON)


@pytest.fixture(scope="module")
def session(state):
    """Two recordings and a damaged one against a single recording."""
    return compare_uploads(
        state, ([SAMPLE, str(compare_tab.PAIR[0]), __file__], str(compare_tab.PAIR[1])), ("A", "B")
    )


def test_the_endpoint_returns_both_assessments_and_the_comparison(compared):
    answer = compared.as_json()
    named = set(compare_endpoint.Answer.__annotations__)
    assert set(answer) == named
    assert answer["first"][0]["identity"]["file"] == "simulated_off.c3d"
    assert answer["second"][0]["identity"]["id"] == "P 07"
    rows = {row["name"]: row for row in answer["parameters"]}
    length = rows["step_length_m"]
    assert length["beyond"] and length["better"] == "better" and length["percent"] > 20
    assert not rows["cadence_steps_per_min"]["beyond"]
    assert answer["norms"]["age"] == 58 and answer["norms"]["sex"] == "male"
    json.dumps(answer, allow_nan=False)


def test_the_page_has_identities_scores_walkers_table_and_curves(compared):
    top, rest = compare_view.parts(compared)
    assert SIMULATED in top and "P 07" in top and "&lt;OFF&gt;" in top
    for part in ("simulated_off.c3d", "simulated_on.c3d"):
        assert part in top
    assert top.count('class="trust"') == 2
    assert compared.walker.count("<gait-scene") == 1
    assert "<OFF>" not in top + rest + compared.walker
    assert "nearer to the norm" in rest and "Knee flexion" in rest and "<svg" in rest
    assert "Research use only" in rest
    rows = {name: row for row in rest.split("<tr") for name in ("step length", "cadence")
            if f">{name}<" in row or f">{name} <" in row}  # fmt: skip
    assert "◆" in rows["step length"] and "better" in rows["step length"]
    assert "◆" not in rows["cadence"]


def test_a_session_has_the_mean_of_its_recordings_and_names_what_is_left_out(session, state):
    top, _ = compare_view.parts(session)
    assert top.count("<li><b class='value'>") == 2 and "first recording of each" in top
    assert "test_compare_tab.py" in top and "the type of the file is unknown" in top
    speed = next(row for row in session.comparison.rows if row.name == "speed_m_per_s")
    assert (speed.trials_a, speed.trials_b) == (2, 1)
    assert len(session.assessments[0]) == 2
    assert [path for path in state.root.rglob("*") if path.is_file()] == []  # copies are removed


def test_names_of_files_carry_person_recordings_date_and_hashes(compared, tmp_path):
    files = [
        write(compared, tmp_path)
        for write in (
            compared_files.write_html,
            compared_files.write_csv,
            compared_files.write_json,
        )
    ]
    assert [file.suffix for file in files] == [".html", ".csv", ".json"]
    for file in files:
        assert re.fullmatch(
            r"comparison_P-07_simulated-off_[\d-]{10}_8e16d7a8_and_P-07_simulated-on_[\d-]{10}_"
            r"83e82850",
            file.stem,
        )
    page = files[0].read_text("utf-8")
    assert "simulated_off.c3d" in page and "P 07" in page and len(page) < 1_000_000
    assert json.loads(files[2].read_text("utf-8"))["names"] == ["<OFF>", "ON"]


def test_each_row_of_the_table_names_the_recordings(compared, tmp_path):
    with compared_files.write_csv(compared, tmp_path).open(
        encoding="utf-8-sig", newline=""
    ) as file:
        rows = list(csv.DictReader(file))
    assert {row["files_a"] for row in rows} == {"simulated_off.c3d 8e16d7a8566e"}
    assert {row["id"] for row in rows} == {"P 07"}
    speed = next(row for row in rows if row["name"] == "speed_m_per_s")
    assert float(speed["b"]) - float(speed["a"]) == pytest.approx(float(speed["difference"]), 1e-3)
    assert speed["beyond_error"] == "yes" and speed["change"] == "better"


def test_no_norm_applies_to_children_and_one_file_twice_is_a_caution(compared):
    a = compared.comparison.a
    child = replace(compared, comparison=compare_walks(a, a, age=9))
    top, rest = compare_view.parts(child)
    assert "no norm applies to a person of 9 years" in rest
    assert all(row.z_a is None and row.better is None for row in child.comparison.rows)
    assert "A and B are the same file" in top


def test_an_error_names_the_recording_that_cannot_be_compared_and_why(state, tmp_path):
    bad = tmp_path / "P07.c3d"
    bad.write_bytes(b"nothing")
    for files, part in (
        ((None, SAMPLE), "two recordings are needed"),
        (([], [SAMPLE]), "two recordings are needed"),
        ((SAMPLE, str(bad)), "P07.c3d: the type of the file is unknown"),
        (([str(bad), str(bad)], SAMPLE), "A: no recording can be measured: P07.c3d: the type"),
        (([SAMPLE] * 21, SAMPLE), "21 recordings were chosen, expected at most 20"),
    ):
        with pytest.raises(ValueError, match=part):
            compare_uploads(state, files, ("A", "B"))


def test_starting_a_comparison_removes_the_old_one_and_outdates_running_ones(compared):
    shown = compare_tab.Shown()
    number, *_ = compare_tab.begin(shown)
    values = compare_tab._result(shown, number, lambda: compared)
    assert values[1]["visible"] and shown.compared is compared
    newer, mark, status, results, *parts = compare_tab.begin(shown)
    assert newer == number + 1 and shown.compared is None and f"'{newer}'" in mark
    assert status == "" and not results["visible"] and set(parts) == {""}
    late = compare_tab._result(shown, number, lambda: compared)
    assert late == [gr.skip()] * 6 and shown.compared is None

    def overtaken():
        compare_tab.begin(shown)
        return compared

    assert compare_tab._result(shown, newer, overtaken) == [gr.skip()] * 6


def test_an_outdated_comparison_does_not_remove_a_newer_one(compared):
    shown = compare_tab.Shown()
    first, *_ = compare_tab.begin(shown)
    results = []

    def slow():
        second, *_ = compare_tab.begin(shown)
        results.append(compare_tab._result(shown, second, lambda: compared))
        return replace(compared)

    assert compare_tab._result(shown, first, slow) == [gr.skip()] * 6
    assert results[0][1]["visible"] and shown.compared is compared


def test_only_actions_of_the_user_start_or_outdate_a_comparison(state):
    with gr.Blocks() as page:
        compare_tab.build(state)
    begin = {"begin", "begin_upload", "begin_example"}
    events = {
        event for function in page.fns.values() if function.name in begin
        for _, event in function.targets
    }  # fmt: skip
    assert events == {"click", "upload", "clear", "delete"}  # `change` is one of the page as well


def test_a_refused_comparison_shows_the_reason_and_nothing_else(compared):
    shown = compare_tab.Shown(1, compared)

    def refuse():
        raise ValueError("<img src=x> pass --rate")

    status, results, *parts = compare_tab._result(shown, 1, refuse)
    assert "role='alert'" in status and "<img" not in status and "--rate" not in status
    assert not results["visible"] and set(parts) == {""} and shown.compared is None


def test_settings_of_the_user_are_stated_and_each_side_has_its_own(state):
    settings = ({"rate_hz": 60.0}, {})
    compared = compare_uploads(state, (SAMPLE, SAMPLE), ("A", "B"), settings=settings)
    first, *others = compared.comparison.cautions
    assert first.startswith("A was read with your settings") and "60 frames per second" in first
    assert "POINT:RATE is 150 Hz" in first
    assert not any("your settings" in text for text in others)
    top, _ = compare_view.parts(compared)
    assert "60 frames per second" in top
    cadence = next(r for r in compared.comparison.rows if r.name == "cadence_steps_per_min")
    assert cadence.a.value < cadence.b.value / 2  # 60 of 150 frames per second


def test_a_wrong_setting_names_the_side():
    with pytest.raises(ValueError, match="Visit 2: frames per second is 'fast'"):
        readings(("Visit 1", "Visit 2"), (EMPTY, ("fast", *EMPTY[1:])))
    assert readings(("A",), (("", "mm", "", " "),)) == [
        {"rate_hz": None, "unit": "mm", "up": None, "item": None}
    ]


def test_fields_are_emptied_for_the_next_file_of_their_side_after_they_were_used():
    shown, options, person = compare_tab.Shown(), list(EMPTY), norm_inputs.empty_person()
    kept = [gr.skip()] * (len(options) + len(person))
    assert compare_tab.empty_fields("first", False, shown) == kept
    assert compare_tab.empty_fields("first", True, shown) == options + kept[len(options) :]
    shown.used = {"first", "second", "person"}
    assert compare_tab.empty_fields("second", False, shown) == options + person
    assert shown.used == {"first"}
    assert compare_tab.empty_fields("second", False, shown) == kept


def test_names_are_short_and_different():
    assert short_names((" OFF \n x", ""), ("Before", "After")) == ("OFF x", "After")
    assert short_names(("A", "A"), ("Before", "After")) == ("A (1)", "A (2)")
    assert len(short_names(("a" * 99, None), ("Before", "After"))[0]) == 24


def test_a_program_cannot_name_a_file_of_the_server(tmp_path):
    for value in ("/etc/passwd", {"path": __file__}, [{"path": "/etc/passwd"}]):
        with pytest.raises(ValueError, match="first is not an uploaded file"):
            compare_endpoint.paths_of(value, "first")
    assert compare_endpoint.paths_of(None, "first") == []


def test_errors_of_endpoints_are_plain_text_and_internal_errors_show_no_data(caplog):
    with pytest.raises(gr.Error) as excinfo, show_errors("No"):
        raise KeyError("Müller")
    assert "something went wrong here" in excinfo.value.message
    assert "Müller" not in excinfo.value.message + caplog.text and "KeyError" in caplog.text


def test_too_little_memory_is_an_error_about_the_recording():
    message = "the memory of this server is too small for this recording"
    with pytest.raises(gr.Error, match=message), show_errors("No"):
        raise DeviceMemoryError("out of memory on cuda: lower --batch-size (now 8)")

import json
import logging
import threading
from dataclasses import replace
from html import unescape
from pathlib import Path

import numpy as np
import pytest

import agir_hf
from agir_hf.assessment import ModelError, assess_recording, model_provenance
from agir_hf.gait import build_norms, save_norms
from agir_hf.gait.report import sections_of

gradio = pytest.importorskip("gradio")
import app  # noqa: E402
import assess_endpoint  # noqa: E402
import assess_tab  # noqa: E402
import assess_view  # noqa: E402
import norm_inputs  # noqa: E402
from assessing import Shown  # noqa: E402
from reading_options import FROM_FILE, reading  # noqa: E402
from state import AppState  # noqa: E402
from uploads import UploadError  # noqa: E402

SAMPLE = agir_hf.SAMPLE_RECORDING
SPACE = Path(app.__file__).parent


class Request:
    def __init__(self, session_hash):
        self.session_hash = session_hash


@pytest.fixture
def state(model, processor, tmp_path):
    return AppState(model, processor, root=tmp_path / "sessions")


@pytest.fixture(scope="module")
def walk(model, processor):
    return assess_recording(SAMPLE, model, processor, name="A <walk>")


def test_the_app_has_its_tabs_and_the_assess_endpoint(state):
    blocks = app.build(state)
    labels = [block.label for block in blocks.blocks.values() if isinstance(block, gradio.Tab)]
    assert labels == list(app.TABS)
    assert "/assess" in blocks.get_api_info()["named_endpoints"]
    assert not blocks.analytics_enabled


def test_the_notice_states_what_the_model_was_trained_on(state):
    model = model_provenance(state.model)
    html = assess_view.notice(model | {"trained_on": "<simulated> walks"})
    assert "not a diagnosis" in html and "trained on &lt;simulated&gt; walks" in html


def shown(walk, **options):
    return Shown(walk, "A <walk>", **options)


def test_identity_trust_and_the_sections_of_the_report_are_on_the_page(walk):
    top, rest = assess_view.result_parts(shown(walk))
    who = walk.as_json()["identity"]
    assert who["sha256"][:12] in top and f"title='{who['sha256']}'" in top
    assert all(who[name] in unescape(top) for name in ("file", "assessed", "trained_on"))
    assert who["software"] in top
    assert "A &lt;walk&gt;" in top and "<walk>" not in top + rest
    sections = sections_of(shown(walk).report())
    assert sections["trust"] in top
    assert all(html in rest for name, html in sections.items() if name != "trust")
    order = [rest.index(str(sections[name])) for name in ("reasons", "walker", "curves", "events")]
    assert order == sorted(order)


def test_a_withheld_score_is_shown_as_withheld_with_its_reason(walk):
    assert walk.trust.withheld is None
    withheld = replace(walk, trust=replace(walk.trust, score=None, withheld="too <little>"))
    assert walk.reasoning[:40] in "".join(assess_view.result_parts(shown(walk)))
    top, rest = assess_view.result_parts(shown(withheld))
    assert "No reasons are shown" in top + rest and walk.reasoning[:40] not in top + rest
    assert "Score withheld" in top and "oo &lt;little&gt;" in top
    assert 'class="value"' not in top and "probabilities" not in top


def test_settings_of_the_user_are_said_above_the_result(walk):
    top, _ = assess_view.result_parts(shown(walk, settings=("60 frames per second",)))
    assert "Read with your settings" in top and "60 frames per second" in top
    assert "your settings" not in assess_view.result_parts(shown(walk))[0]


def norms_file(folder):
    path = folder / "Jane_Doe.json"
    walks = [(f"S{i}", 60, None, {"speed_m_per_s": 1 + i / 50}) for i in range(8)]
    save_norms(build_norms(walks, "controls"), path)
    return str(path)


def test_age_sex_and_norms_of_the_fields_reach_the_assessment(state, tmp_path):
    person = norm_inputs.person(state.root, 72, "female", norms_file(tmp_path))
    assert (person["age"], person["sex"]) == (72, "female")
    evidence = assess_tab.assess_file(state, SAMPLE, {}, person=person).as_json()["evidence"]
    assert evidence["norms"]["group"] == "women of 72 years"
    assert "8 healthy walkers" in evidence["norms"]["title"]
    assert list(state.root.iterdir()) == []  # the copy of the norms is removed
    empty = norm_inputs.person(state.root, None, "not known", None)
    assert empty == {"age": None, "sex": None, "norms": None}


def test_wrong_norms_are_an_error_without_the_name_of_the_file(state, tmp_path):
    secret = tmp_path / "Jane_Doe.json"
    secret.write_text('{"format": "<another>"}')
    for arguments, part in (
        ((130, None, None), "0 to 120"),
        ((70, "other", None), "male, female"),
        ((70, None, str(secret)), "the file of norms is not a file of norms"),
    ):
        with pytest.raises(UploadError, match=part) as excinfo:
            norm_inputs.person(state.root, *arguments)
        assert "Jane" not in str(excinfo.value) and str(state.root) not in str(excinfo.value)

    def assess():
        return norm_inputs.person(state.root, 70, None, str(secret))

    status, results, *parts = assess_tab._result(state, Request("a"), 0, assess)
    assert "is not a file of norms" in status and not results["visible"] and not any(parts)


def test_a_program_can_leave_out_age_sex_and_norms(state):
    endpoints = app.build(state).get_api_info()["named_endpoints"]
    for name in ("/assess", "/compare"):
        optional = [row["parameter_name"] for row in endpoints[name]["parameters"]
                    if row["parameter_has_default"]]  # fmt: skip
        assert {"age", "sex", "norms"} <= set(optional), name


def example(state, score=2):
    path = assess_tab.EXAMPLE_FILES[f"Simulated walk, score {score}"]
    return Shown(assess_tab.assess_example(state, path), path.stem, assess_tab.SIMULATED)


def test_an_example_is_shown_and_its_files_have_the_names_of_its_identity(state):
    request = Request("a")
    status, results, top, message, rest = assess_tab._result(
        state, request, 0, lambda: example(state)
    )
    assert status == message == "" and results["visible"]
    assert assess_tab.SIMULATED in top and "<gait-scene" in rest
    folder = state.session(request)
    names = {}
    for write in (assess_tab._write_html, assess_tab._write_json):
        path, message = assess_tab._maker(state, write)(request)
        assert message == "" and Path(path).parent == folder
        names[Path(path).suffix] = Path(path)
    stems = {path.stem for path in names.values()}
    (stem,) = stems
    result = json.loads(names[".json"].read_text("utf-8"))
    who = result["identity"]
    assert stem.startswith("simulated-score-2_") and stem.endswith(who["sha256"][:8])
    html = names[".html"].read_text("utf-8")
    assert who["sha256"][:12] in html and assess_tab.SIMULATED in html
    assert str(state.root) not in names[".json"].read_text() + html


def test_a_report_is_made_only_on_request_and_only_of_what_is_shown(state):
    request = Request("a")
    make = assess_tab._maker(state, assess_tab._write_html)
    path, message = make(request)
    assert path is None and "assess a recording first" in message and "role='alert'" in message
    assess_tab._result(state, request, 0, lambda: example(state))
    assert not list(state.session(request).glob("*.html"))
    assert make(Request("b"))[0] is None  # another session has its own
    assert make(request)[0]
    assess_tab._nothing(state, request)
    assert make(request)[0] is None


def test_a_result_that_is_outdated_when_it_arrives_is_not_shown(state):
    request = Request("a")
    first = state.new_ticket(request)

    def slow():
        state.new_ticket(request)  # another file is chosen meanwhile
        return example(state)

    values = assess_tab._result(state, request, first, slow)
    assert all(value == gradio.skip() for value in values)
    assert Shown.load(state.session(request)) is None

    def fail():
        raise AssertionError("an outdated request is not assessed")

    assert assess_tab._result(state, request, first, fail) == values
    assert state.is_current(Request("b"), 0)


def test_nothing_can_be_written_of_a_result_that_is_outdated_while_it_is_saved(state, monkeypatch):
    request = Request("a")
    first = state.new_ticket(request)
    save = Shown.save

    def slow_save(shown, folder):
        state.new_ticket(request)  # another file is chosen meanwhile
        save(shown, folder)

    monkeypatch.setattr(Shown, "save", slow_save)
    values = assess_tab._result(state, request, first, lambda: example(state))
    assert all(value == gradio.skip() for value in values)
    assert Shown.load(state.session(request)) is None


def test_each_session_has_its_own_folder_which_is_removed_at_the_end(state):
    first, second = state.session(Request("a")), state.session(Request("../../b"))
    assert first != second and first.parent == second.parent == state.root
    (first / "x").write_text("x")
    state.close(Request("a"))
    assert not first.exists() and second.exists()


def test_the_copy_of_an_upload_is_removed_after_the_assessment(state):
    result = assess_tab.assess_file(state, SAMPLE, {}).as_json()
    assert result["recording"]["file"] == result["identity"]["file"] == Path(SAMPLE).name
    assert len(result["identity"]["sha256"]) == 64
    assert list(state.root.iterdir()) == []


def test_the_error_of_a_bad_upload_and_the_log_contain_no_file_name(state, tmp_path, caplog):
    secret = tmp_path / "Jane_Doe.c3d"
    secret.write_text("no recording\n" * 50)
    with caplog.at_level(logging.DEBUG):
        status, results, *_ = assess_tab._result(
            state, Request("a"), 0, lambda: assess_tab.assess_file(state, str(secret), {})
        )
    assert "role='alert'" in status and not results["visible"]
    assert "Jane" not in status and str(tmp_path) not in status
    assert "Jane" not in caplog.text and list(state.root.iterdir()) == []


def test_an_internal_error_is_reported_and_only_its_type_is_logged(state, caplog):
    def fail():
        raise RuntimeError("Jane Doe")

    status, *_ = assess_tab._result(state, Request("a"), 0, fail)
    assert "please report it" in status and "Jane" not in status
    assert "RuntimeError" in caplog.text and "Jane" not in caplog.text


def test_a_missing_upload_is_reported(state):
    with pytest.raises(assess_tab.AssessmentRefused, match="no recording was chosen"):
        assess_tab.assess_file(state, None, {})


def test_the_options_of_the_user_reach_the_reader(state, tmp_path, sample_joints):
    path = tmp_path / "walk.npy"
    np.save(path, sample_joints)
    with pytest.raises(assess_tab.AssessmentRefused, match="rate"):
        assess_tab.assess_file(state, str(path), reading(None, "", "", ""))
    flags = reading("20,0 Hz", FROM_FILE, "Y", " ")
    assert flags == {"rate_hz": 20.0, "unit": None, "up": "Y", "item": None}
    recording = assess_tab.assess_file(state, str(path), flags).as_json()["recording"]
    assert recording["rate_hz"] == 20
    assert "20 frames per second, vertical axis Y" in recording["remarks"][-1]


@pytest.mark.parametrize("empty", [None, "", " ", 0, "0"])
def test_an_untouched_rate_is_no_rate(empty):
    assert reading(empty, FROM_FILE, FROM_FILE, "") == dict.fromkeys(
        ("rate_hz", "unit", "up", "item")
    )


def test_a_rate_that_the_file_contradicts_is_used_and_said(state):
    flags = reading("60", "", "", "")
    walk = assess_tab.assess_file(state, SAMPLE, flags)
    assert walk.prepared.recording.rate_hz == 60
    top, _ = assess_view.result_parts(shown(walk, settings=assess_tab.user_settings(flags)))
    assert "60 frames per second" in top and "POINT:RATE is 150 Hz" in top and "--" not in top


def test_a_vertical_axis_that_lays_the_person_down_is_refused_in_words_of_the_page(state):
    def assess():
        return assess_tab.assess_file(state, SAMPLE, reading("", "", "Z", ""))

    status, *_ = assess_tab._result(state, Request("a"), 0, assess)
    assert "set “Vertical axis” to Y" in status and "--" not in status
    assert "the trunk above the feet along Y" in status


def test_what_a_person_enters_is_understood_or_refused(state):
    fields = norm_inputs.subject(state.root, " P07 ", "72 years", "female", "168 cm", None)
    assert fields == {
        "subject_id": "P07", "age": 72, "sex": "female", "height_m": 1.68, "norms": None
    }  # fmt: skip
    assert norm_inputs.subject(state.root, *norm_inputs.empty_person()) == {
        "subject_id": None, "age": None, "sex": None, "height_m": None, "norms": None
    }  # fmt: skip
    for values, part in (
        (("", "old", None, "", None), "age is 'old', expected a number"),
        (("", "", None, "5 feet", None), "body height is '5 feet'"),
        (("", "", None, "40", None), "height is 40"),
        (("x" * 80, "", None, "", None), "at most 60"),
    ):
        with pytest.raises(UploadError, match=part):
            norm_inputs.subject(state.root, *values)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/tmp/gradio/ab/Müller walk.c3d", "Müller walk.c3d"),
        ("C:\\patients\\walk.c3d", "walk.c3d"),
        ("/tmp/a\x1b[31m\u202e.c3d", "a\\x1b[31m\\u202e.c3d"),
        ("/tmp/" + "x" * 300 + ".c3d", "x" * 96 + ".c3d"),
    ],
)
def test_the_name_of_an_upload_is_printable_and_has_no_folder(path, name):
    assert assess_tab.upload_name(path) == name


def test_an_endpoint_takes_uploads_and_no_other_files_of_the_server(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))
    meta = {"_type": "gradio.FileData"}
    upload = tmp_path / "gradio" / "x" / "walk.c3d"
    assert assess_endpoint.uploaded({"path": str(upload), "meta": meta}) == str(upload)
    assert assess_endpoint.uploaded(None) is None
    for value in (
        "/etc/passwd",
        {"path": "/etc/passwd", "meta": meta},
        {"path": str(upload)},
        {"path": str(tmp_path / "gradio" / ".." / "x.c3d"), "meta": meta},
        {"meta": meta},
    ):
        with pytest.raises(assess_tab.AssessmentRefused, match="handle_file"):
            assess_endpoint.uploaded(value)


def test_the_answer_of_the_endpoint_has_named_and_typed_fields(state, walk):
    assert set(assess_endpoint.Answer.__annotations__) == set(walk.as_json())
    endpoint = app.build(state).get_api_info()["named_endpoints"]["/assess"]
    (answer,) = endpoint["returns"]
    assert answer["type"]["properties"]["probabilities"]["oneOf"][1]["items"]["type"] == "number"
    types = {row["parameter_name"]: row["type"] for row in endpoint["parameters"]}
    assert types["rate_hz"]["oneOf"][1] == {"type": "number"} and types["unit"]["type"] == "string"
    assert "handle_file" in endpoint["description"]


def test_the_model_is_loaded_while_the_page_is_already_shown(saved_model, model, processor):
    release = threading.Event()

    def load():
        release.wait(60)
        return model, processor

    state = AppState.later(str(saved_model), load)
    state.start_loading()
    assert state.provenance["name"] == "a-model" and state.num_scores == 3
    assert app.build(state)
    release.set()
    assert state.model is model and state.processor is processor


def test_a_model_that_cannot_be_loaded_is_reported_to_who_waits(saved_model):
    def load():
        raise ModelError("damaged")

    state = AppState.later(str(saved_model), load)
    state.start_loading()
    with pytest.raises(ModelError, match="damaged"):
        state.wait()
    with pytest.raises(ModelError, match="damaged"):
        AppState.later("no/such/model", load)


def test_the_model_predicts_for_one_request_at_a_time_and_reading_is_outside_the_lock(
    state, monkeypatch
):
    from agir_hf.assessment import prediction, prepared

    held = {}
    predict, prepare = prediction.predict, prepared.prepare_recording

    def watch(name, function):
        def run(*args, **keywords):
            held[name] = state.model_lock.locked()
            return function(*args, **keywords)

        return run

    monkeypatch.setattr(prediction, "predict", watch("predict", predict))
    monkeypatch.setattr("agir_hf.assessment.prepare_recording", watch("prepare", prepare))
    assess_tab.assess_file(state, SAMPLE, {})
    assert held == {"predict": True, "prepare": False} and not state.model_lock.locked()


def test_the_examples_are_small_and_named_as_simulated():
    files = sorted((SPACE / "examples").glob("*.c3d"))
    assert set(assess_tab.EXAMPLE_FILES.values()) <= set(files)
    assert all(file.name.startswith("simulated") for file in files)
    assert sum(path.stat().st_size for path in assess_tab.EXAMPLE_FILES.values()) < 1.5e6


def test_results_are_kept_in_memory_for_the_newest_sessions_only(tmp_path, monkeypatch, walk):
    import assessing

    monkeypatch.setattr(assessing, "MAX_KEPT", 2)
    folders = [tmp_path / name for name in "abc"]
    for folder in folders:
        folder.mkdir()
        shown(walk).save(folder)
    assert Shown.load(folders[0]) is None
    assert Shown.load(folders[1]).walk is walk and not list(folders[1].iterdir())
    Shown.forget(folders[1])
    assert Shown.load(folders[1]) is None
    folders[2].rmdir()  # the session has ended
    assert Shown.load(folders[2]) is None

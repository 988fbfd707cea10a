import json
import logging
import re
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from functools import partial
from html import unescape
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pytest

import agir_hf
from agir_hf.assessment import (
    Reason,
    Uncertainty,
    assess_recording,
    check_text,
    choose_sentences,
    model_provenance,
)
from agir_hf.assessment.checked_text import unaided_rationale
from agir_hf.assessment.messages import low_probability_text
from agir_hf.cli import demo, main
from agir_hf.gait import build_norms, reference, save_norms
from agir_hf.gait.grades import cut_offs

gradio = pytest.importorskip("gradio")
import app  # noqa: E402
import assess_tab  # noqa: E402
import assess_view  # noqa: E402
import norm_inputs  # noqa: E402
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


@pytest.fixture(scope="module")
def uncertain(walk):
    """The same walk, with a confidence below the threshold of the model."""
    assessment = replace(walk.assessment, uncertain_below=0.999)
    reason = Reason("low_probability", low_probability_text(assessment))
    return replace(walk, assessment=assessment, uncertainty=Uncertainty((reason,)))


def with_reasoning(walk, text):
    """Return the walk with another rationale, which is the model's own text."""
    rationale = unaided_rationale(text, walk.prepared.measured)
    evidence = walk.prepared.check(text)
    return replace(walk, rationale=rationale, evidence=evidence, evidence_unaided=evidence)


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


def test_the_score_is_shown_with_its_three_probabilities(walk, uncertain):
    html = assess_view.score_card(walk)
    assert [int(k) for k in re.findall(r"<span>Score (\d)</span>", html)] == [0, 1, 2]
    widths = [float(w) for w in re.findall(r"width:([\d.]+)%", html)]
    assert widths == pytest.approx([100 * p for p in walk.assessment.probabilities], abs=0.1)
    assert html.count("row chosen") == 1 and "Uncertain" not in html
    html = assess_view.score_card(uncertain)
    assert "Uncertain" in html and "0, 1 or 2" in html


def test_each_claim_has_a_colour_a_symbol_a_verdict_and_a_value(walk):
    text = "Speed is 9.9 m/s. Step length is markedly reduced. There is a <tremor>."
    html = assess_view.rationale(with_reasoning(walk, text))
    for css_class, symbol, verdict in (
        ("contradicted", "✗", "contradicted"),
        ("supported", "✓", "supported"),
        ("unknown", "?", "not measurable"),
    ):
        assert f"class='claim {css_class}'" in html, css_class
        assert symbol in html and verdict in html
    assert "&lt;" in html and "<tremor" not in html
    links = re.findall(r"href='#(gait-[a-z_]+)'", html)
    table = assess_view.gait_tables(walk)
    assert links and all(f'id="{link}"' in table for link in links)


def test_the_models_own_text_is_collapsed_next_to_the_text_chosen_by_evidence(walk):
    own = "Speed is 9.9 m/s. Step width is normal."
    rationale = choose_sentences(own, [own], walk.prepared.measured)
    chosen = replace(
        walk,
        rationale=rationale,
        evidence=walk.prepared.check(rationale.text),
        evidence_unaided=walk.prepared.check(own),
    )
    html = assess_view.rationale(chosen)
    shown, _, hidden = html.partition("<details")
    assert "9.9" not in shown and "chosen by evidence" in shown
    hidden, _, legend = hidden.partition("</details>")
    assert "not chosen by evidence" in hidden and "claim contradicted" in hidden and legend
    unaided = assess_view.rationale(with_reasoning(walk, own))
    assert "<details" not in unaided and "not chosen by evidence" in unaided


def test_near_is_amber_and_never_green(walk):
    limit = cut_offs("speed_m_per_s", reference("speed_m_per_s"))[-1]
    measured = walk.measurement
    near = replace(measured.parameters["speed_m_per_s"], value=limit + 0.01)
    text = "Speed is mildly reduced."
    evidence = check_text(text, replace(measured, parameters={"speed_m_per_s": near}))
    near_walk = replace(with_reasoning(walk, text), evidence=evidence)
    legend, claims = assess_view.rationale(near_walk).split("<h3>")
    assert "class='claim near'" in claims and "claim supported" not in claims and "≈" in claims
    assert "class='claim near'" in legend and "not counted as supported" in legend
    css = (SPACE / "app.css").read_text("utf-8")
    (rule,) = re.findall(r"^\.claim\.near \{(.*)\}", css, re.MULTILINE)
    assert "--warn" in rule and "--good" not in rule


def test_the_norms_and_their_source_are_shown_and_a_child_has_none(walk):
    walk = with_reasoning(walk, "Step length is reduced. Arm swing is normal.")
    html = assess_view.rationale(walk)
    assert "men and women of 70 years, because no age was given" in html
    assert all(
        row.norm.source in unescape(html) for row in walk.evidence.grounding.checked if row.norm
    )
    child = replace(walk, evidence=walk.prepared.check(walk.reasoning, age=9))
    for html in (assess_view.rationale(child), assess_view.gait_tables(child)):
        assert "o norm applies to a person of 9 years" in html
    assert 'class="bar"' not in html and "not measurable (no norm)" in assess_view.rationale(child)


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

    status, results, *_ = assess_tab._result(state, Request("a"), assess)
    assert "is not a file of norms" in status and not results["visible"]


def test_a_program_can_leave_out_age_sex_and_norms(state):
    endpoints = app.build(state).get_api_info()["named_endpoints"]
    for name in ("/assess", "/compare"):
        optional = [row["parameter_name"] for row in endpoints[name]["parameters"]
                    if row["parameter_has_default"]]  # fmt: skip
        assert {"age", "sex", "norms"} <= set(optional), name


def test_an_example_fills_every_component(state):
    name = next(iter(assess_tab.SIMULATED))
    values = assess_tab._result(
        state, Request("a"), lambda: assess_tab._assess_example(state, name, lambda step: None)
    )
    status, results, walker, score, reasons, gait, source, report, data = values
    assert status == "" and results["visible"] and "<gait-scene" in walker
    assert "Gait score" in score and "Reasons" in reasons and "Gait parameters" in gait
    assert name in source
    result = json.loads(Path(data).read_text("utf-8"))
    assert result["recording"]["file"] == name and str(state.root) not in Path(data).read_text()
    assert name in Path(report["value"]).read_text("utf-8")


def test_each_session_has_its_own_folder_which_is_removed_at_the_end(state):
    first, second = state.session(Request("a")), state.session(Request("../../b"))
    assert first != second and first.parent == second.parent == state.root
    (first / "x").write_text("x")
    state.close(Request("a"))
    assert not first.exists() and second.exists()


def test_the_copy_of_an_upload_is_removed_after_the_assessment(state):
    result = assess_tab.assess_file(state, SAMPLE, {}).as_json()
    assert result["recording"]["file"] == assess_tab.UPLOADED
    assert list(state.root.iterdir()) == []


def test_the_error_of_a_bad_upload_and_the_log_contain_no_file_name(state, tmp_path, caplog):
    secret = tmp_path / "Jane_Doe.c3d"
    secret.write_text("no recording\n" * 50)
    with caplog.at_level(logging.DEBUG):
        status, results, *_ = assess_tab._result(
            state, Request("a"), lambda: assess_tab.assess_file(state, str(secret), {})
        )
    assert "role='alert'" in status and not results["visible"]
    assert "Jane" not in status and str(tmp_path) not in status
    assert "Jane" not in caplog.text and list(state.root.iterdir()) == []


def test_an_internal_error_is_reported_and_only_its_type_is_logged(state, caplog):
    def fail():
        raise RuntimeError("Jane Doe")

    status, *_ = assess_tab._result(state, Request("a"), fail)
    assert "please report it" in status and "Jane" not in status
    assert "RuntimeError" in caplog.text and "Jane" not in caplog.text


def test_a_missing_upload_is_reported(state):
    with pytest.raises(assess_tab.AssessmentRefused, match="no recording was chosen"):
        assess_tab.assess_file(state, None, {})


def test_the_options_of_the_user_reach_the_reader(state, tmp_path):
    path = tmp_path / "walk.npy"
    from agir_hf.assessment import prepare_recording

    np.save(path, prepare_recording(SAMPLE).motion.joints)
    with pytest.raises(assess_tab.AssessmentRefused, match="rate"):
        assess_tab.assess_file(state, str(path), assess_tab.reading(None, "", "", ""))
    flags = assess_tab.reading(20.0, "as stated in the file", "Y", " ")
    assert flags == {"rate_hz": 20.0, "unit": None, "up": "Y", "item": None}
    assert assess_tab.assess_file(state, str(path), flags).as_json()["score"] in (0, 1, 2)


def test_the_examples_are_small_and_named_as_simulated():
    files = sorted((SPACE / "examples").glob("*.c3d"))
    assert set(assess_tab.SIMULATED.values()) <= set(files)
    assert all(file.name.startswith("simulated") for file in files)
    assert sum(path.stat().st_size for path in assess_tab.SIMULATED.values()) < 1.5e6


def test_the_metadata_of_the_space_card_is_complete():
    from huggingface_hub.repocard import metadata_load

    metadata = metadata_load(SPACE / "README.md")
    assert metadata["sdk"] == "gradio" and metadata["sdk_version"] == gradio.__version__
    assert (SPACE / metadata["app_file"]).is_file()
    assert len(metadata["short_description"]) <= 60
    requirements = (SPACE / "requirements.txt").read_text("utf-8")
    assert "agir-hf[space]" in requirements


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--port", "7"], "add --ui"),
        (["--ui", "--port", "70000"], "expected 0 to 65535"),
    ],
)
def test_wrong_options_of_the_demo_are_reported(arguments, message, capsys):
    assert main(["demo", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


def test_a_port_in_use_is_reported_and_any_port_finds_a_free_one(capsys):
    with socket.socket() as server:
        server.bind((demo.HOST, 0))
        server.listen()
        port = server.getsockname()[1]
        assert main(["demo", "--ui", "--port", str(port)]) == 2
        error = capsys.readouterr().err
        assert f"port {port}" in error and "--any-port" in error and error.count("\n") == 1
        assert demo._port(0) not in (0, port)


def test_missing_files_or_a_missing_extra_of_the_page_are_reported(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(demo, "space_folder", lambda: tmp_path)
    assert main(["demo", "--ui"]) == 2
    assert "missing from this installation" in capsys.readouterr().err
    monkeypatch.setattr(demo, "find_spec", lambda name: None)
    assert main(["demo", "--ui"]) == 2
    assert 'pip install "agir-hf[space]"' in capsys.readouterr().err


@pytest.mark.slow
def test_the_demo_command_serves_the_page_until_it_is_interrupted():
    command = [sys.executable, "-u", "-m", "agir_hf.cli", "demo", "--ui", "--any-port"]
    # SIGINT is ignored by default if the tests run in the background of a shell.
    accept_sigint = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    server = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=accept_sigint
    )
    try:
        address = server.stdout.readline().split()[-1]
        with urlopen(address, timeout=60) as response:
            assert app.TITLE in response.read().decode("utf-8")
        server.send_signal(signal.SIGINT)
        errors = server.communicate(timeout=60)[1]
        assert server.returncode == 0 and "Traceback" not in errors
    finally:
        server.kill()

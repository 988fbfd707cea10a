import json
import logging
import re
import signal
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pytest

import agir_hf
from agir_hf.assessment import assess_recording, model_provenance
from agir_hf.cli import demo, main

gradio = pytest.importorskip("gradio")
import app  # noqa: E402
import assess_tab  # noqa: E402
import assess_view  # noqa: E402
from state import AppState  # noqa: E402

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
    """The same walk, assessed by a model whose level its score does not reach."""
    from dataclasses import replace

    return replace(walk, assessment=replace(walk.assessment, uncertain_below=0.999))


def said(walk, text):
    """The walk with another rationale."""
    from dataclasses import replace

    evidence = walk.prepared.check(text)
    return replace(walk, assessment=replace(walk.assessment, reasoning=text), evidence=evidence)


def test_the_app_builds_with_its_tabs_and_its_endpoint(state):
    built = app.build(state)
    labels = [block.label for block in built.blocks.values() if isinstance(block, gradio.Tab)]
    assert labels == list(app.TABS)
    assert "/assess" in built.get_api_info()["named_endpoints"]
    assert not built.analytics_enabled


def test_the_notice_tells_what_the_model_was_trained_on(state):
    model = model_provenance(state.model)
    page = assess_view.notice(model | {"trained_on": "<simulated> walks"})
    assert "not a diagnosis" in page and "trained on &lt;simulated&gt; walks" in page


def test_the_score_stands_with_its_three_probabilities(walk, uncertain):
    page = assess_view.score_card(walk)
    assert [int(k) for k in re.findall(r"<span>Score (\d)</span>", page)] == [0, 1, 2]
    widths = [float(w) for w in re.findall(r"width:([\d.]+)%", page)]
    assert widths == pytest.approx([100 * p for p in walk.assessment.probabilities], abs=0.1)
    assert page.count("row chosen") == 1 and "Uncertain" not in page
    page = assess_view.score_card(uncertain)
    assert "Uncertain" in page and "0, 1 or 2" in page


def test_each_claim_has_colour_symbol_word_and_value(walk):
    text = "Speed is 9.9 m/s. Step length is markedly reduced. There is a <tremor>."
    page = assess_view.rationale(said(walk, text))
    for kind, symbol, word in (
        ("contradicted", "✗", "contradicted"),
        ("supported", "✓", "supported"),
        ("unknown", "?", "not measurable"),
    ):
        assert f"class='claim {kind}'" in page, kind
        assert symbol in page and word in page
    assert "&lt;" in page and "<tremor" not in page
    links = re.findall(r"href='#(gait-[a-z_]+)'", page)
    table = assess_view.gait_tables(walk)
    assert links and all(f'id="{link}"' in table for link in links)


def test_an_example_fills_every_component(state):
    name = next(iter(assess_tab.SIMULATED))
    filled = assess_tab._answered(
        state, Request("a"), lambda: assess_tab._assess_example(state, name, lambda step: None)
    )
    status, results, walker, score, reasons, gait, source, report, data = filled
    assert status == "" and results["visible"] and "<gait-scene" in walker
    assert "Gait score" in score and "Reasons" in reasons and "Gait parameters" in gait
    assert name in source
    result = json.loads(Path(data).read_text("utf-8"))
    assert result["recording"]["file"] == name and str(state.root) not in Path(data).read_text()
    assert name in Path(report["value"]).read_text("utf-8")


def test_sessions_have_their_own_folders_and_leave_nothing(state):
    one, other = state.session(Request("a")), state.session(Request("../../b"))
    assert one != other and one.parent == other.parent == state.root
    (one / "x").write_text("x")
    state.close(Request("a"))
    assert not one.exists() and other.exists()


def test_our_copy_of_an_upload_is_gone_when_it_is_assessed(state):
    result = assess_tab.assess_file(state, SAMPLE, {}).as_json()
    assert result["recording"]["file"] == assess_tab.UPLOADED
    assert list(state.root.iterdir()) == []


def test_a_bad_upload_is_told_without_its_place_and_the_log_stays_silent(state, tmp_path, caplog):
    secret = tmp_path / "Jane_Doe.c3d"
    secret.write_text("no recording\n" * 50)
    with caplog.at_level(logging.DEBUG):
        filled = assess_tab._answered(
            state, Request("a"), lambda: assess_tab.assess_file(state, str(secret), {})
        )
    assert "role='alert'" in filled[0] and not filled[1]["visible"]
    assert "Jane" not in filled[0] and str(tmp_path) not in filled[0]
    assert "Jane" not in caplog.text and list(state.root.iterdir()) == []


def test_a_mistake_of_ours_is_told_plainly_and_logged_by_its_kind_alone(state, caplog):
    def fail():
        raise RuntimeError("Jane Doe")

    filled = assess_tab._answered(state, Request("a"), fail)
    assert "please report it" in filled[0] and "Jane" not in filled[0]
    assert "RuntimeError" in caplog.text and "Jane" not in caplog.text


def test_nothing_chosen_is_told(state):
    with pytest.raises(assess_tab.Refused, match="no recording was chosen"):
        assess_tab.assess_file(state, None, {})


def test_what_the_user_says_of_a_file_reaches_the_reader(state, tmp_path):
    path = tmp_path / "walk.npy"
    from agir_hf.assessment import prepare_recording

    np.save(path, prepare_recording(SAMPLE).motion.joints)
    with pytest.raises(assess_tab.Refused, match="rate"):
        assess_tab.assess_file(state, str(path), assess_tab.reading(None, "", "", ""))
    flags = assess_tab.reading(20.0, "as the file says", "Y", " ")
    assert flags == {"rate_hz": 20.0, "unit": None, "up": "Y", "item": None}
    assert assess_tab.assess_file(state, str(path), flags).as_json()["score"] in (0, 1, 2)


def test_examples_are_small_and_named_as_simulated():
    files = sorted((SPACE / "examples").glob("*.c3d"))
    assert set(assess_tab.SIMULATED.values()) <= set(files)
    assert all(file.name.startswith("simulated") for file in files)
    assert sum(path.stat().st_size for path in assess_tab.SIMULATED.values()) < 1.5e6


def test_the_head_of_the_space_names_what_the_hub_needs():
    from huggingface_hub.repocard import metadata_load

    head = metadata_load(SPACE / "README.md")
    assert head["sdk"] == "gradio" and head["sdk_version"] == gradio.__version__
    assert (SPACE / head["app_file"]).is_file()
    assert len(head["short_description"]) <= 60
    needed = (SPACE / "requirements.txt").read_text("utf-8")
    assert "agir-hf[space]" in needed


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--port", "7"], "add --ui"),
        (["--ui", "--port", "70000"], "expected 0 to 65535"),
    ],
)
def test_wrong_flags_of_the_demo_are_told(arguments, told, capsys):
    assert main(["demo", *arguments]) == 2
    error = capsys.readouterr().err
    assert told in error and error.count("\n") == 1


def test_a_port_that_is_taken_is_told_and_another_is_found_when_asked(capsys):
    with socket.socket() as door:
        door.bind((demo.HOST, 0))
        door.listen()
        taken = door.getsockname()[1]
        assert main(["demo", "--ui", "--port", str(taken)]) == 2
        error = capsys.readouterr().err
        assert f"port {taken}" in error and "--any-port" in error and error.count("\n") == 1
        assert demo._port(0) not in (0, taken)


def test_the_page_needs_its_files_and_its_extra(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(demo, "space_folder", lambda: tmp_path)
    assert main(["demo", "--ui"]) == 2
    assert "missing from this installation" in capsys.readouterr().err
    monkeypatch.setattr(demo, "find_spec", lambda name: None)
    assert main(["demo", "--ui"]) == 2
    assert 'pip install "agir-hf[space]"' in capsys.readouterr().err


@pytest.mark.slow
def test_the_command_starts_the_page_and_ends_it_when_stopped():
    command = [sys.executable, "-u", "-m", "agir_hf.cli", "demo", "--ui", "--any-port"]
    heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # also where tests run behind &
    page = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heard
    )
    try:
        address = page.stdout.readline().split()[-1]
        with urlopen(address, timeout=60) as answer:
            assert app.TITLE in answer.read().decode("utf-8")
        page.send_signal(signal.SIGINT)
        told = page.communicate(timeout=60)[1]
        assert page.returncode == 0 and "Traceback" not in told
    finally:
        page.kill()

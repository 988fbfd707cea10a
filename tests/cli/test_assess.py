import copy
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import ezc3d
import numpy as np
import pytest

import agir_hf
from agir_hf.assessment import prepare_recording
from agir_hf.assessment.messages import uncertainty_text
from agir_hf.cli import main
from agir_hf.cli.console import coloured
from agir_hf.cli.many import other_method
from agir_hf.gait import build_norms, save_norms

SAMPLE = Path(agir_hf.SAMPLE_RECORDING)


@pytest.fixture(scope="module")
def untrained(tmp_path_factory, model, processor):
    """A folder with an untrained model, which is enough for the command line."""
    folder = tmp_path_factory.mktemp("untrained")
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def rewritten(path, change, frames=slice(None)):
    """Write a copy of the sample to ``path`` with its points (4, M, T) changed."""
    source, target = ezc3d.c3d(str(SAMPLE)), ezc3d.c3d()
    points = source["data"]["points"][:, :, frames].copy()
    change(points)
    target["parameters"]["POINT"]["RATE"]["value"] = [150.0]
    target["parameters"]["POINT"]["UNITS"]["value"] = ["mm"]
    labels = source["parameters"]["POINT"]["LABELS"]["value"][: points.shape[1]]
    target["parameters"]["POINT"]["LABELS"]["value"] = labels
    target["data"]["points"] = points
    target["data"]["meta_points"] = {}
    target.write(str(path))
    return path


def test_demo_needs_no_arguments_and_states_what_is_simulated(capsys):
    assert main(["demo"]) == 0
    printed = capsys.readouterr().out
    for part in (
        "simulated walk",
        "Score",
        "Reasons",
        "trained on simulated walks",
        "Research use",
    ):
        assert part in printed


def test_json_has_its_keys_and_is_consistent(capsys):
    assert main(["assess", "--json", str(SAMPLE)]) == 0
    result = json.loads(capsys.readouterr().out)
    certainty = ["uncertain", "uncertain_reasons", "uncertain_below", "alternatives"]
    selection = ["reasoning_selected_by_evidence", "not_selected_because", "replaced", "left_out"]
    texts = ["reasoning", "reasoning_unaided", *selection, "evidence", "evidence_unaided"]
    keys = iter(result)
    assert all(name in keys for name in ["score", "probabilities", *texts, "model", "recording"])
    assert set(certainty) <= set(result)
    assert result["uncertain"] == bool(result["uncertain_reasons"])
    assert result["score"] == int(np.argmax(result["probabilities"]))
    assert sum(result["probabilities"]) == pytest.approx(1, abs=1e-3)
    assert result["model"]["embedded"] and "simulated" in result["model"]["trained_on"]
    recording = result["recording"]
    assert recording["rate_hz"] == 150 and recording["marker_set"] == "Shida-44"
    frames = recording["duration_s"] * recording["model_rate_hz"]
    assert recording["motion_frames"] == pytest.approx(frames, abs=1)
    assert 0 < recording["motion_frames"] - recording["model_frames"] <= 4


def test_the_text_is_chosen_by_evidence_unless_the_own_text_is_requested(capsys):
    """Score and probabilities are the same, and both texts are shown with their evidence."""
    results, texts = [], []
    for options in ([], ["--unaided"]):
        assert main(["assess", "--json", str(SAMPLE), *options]) == 0
        results.append(json.loads(capsys.readouterr().out))
        assert main(["assess", str(SAMPLE), *options]) == 0
        texts.append(" ".join(capsys.readouterr().out.split()))
    checked, unaided = results
    for name in ("score", "probabilities", "reasoning_unaided", "evidence_unaided"):
        assert checked[name] == unaided[name]
    assert checked["reasoning_selected_by_evidence"]
    assert checked["evidence"]["verdicts"]["contradicted"] == 0
    assert not unaided["reasoning_selected_by_evidence"] and unaided["not_selected_because"]
    assert unaided["reasoning"] == unaided["reasoning_unaided"]
    assert unaided["evidence"] == unaided["evidence_unaided"]
    assert unaided["replaced"] == unaided["left_out"] == []
    assert "Selection the model's own text" in texts[1] and " Unaided " not in texts[1]
    both = checked["reasoning"] != checked["reasoning_unaided"]
    assert (f"Unaided {checked['reasoning_unaided']}" in texts[0]) == both


def evidence_of(capsys, *options):
    """Text, and the evidence in JSON, of the sample."""
    assert main(["assess", str(SAMPLE), *options]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert main(["assess", "--json", str(SAMPLE), *options]) == 0
    return text, json.loads(capsys.readouterr().out)["evidence"]


def test_the_evidence_has_value_grade_norm_and_source_of_each_claim(capsys):
    text, evidence = evidence_of(capsys)
    claims = evidence["claims"]
    assert sum(evidence["verdicts"].values()) == len(claims) > 2
    assert list(evidence["verdicts"]) == ["supported", "near", "contradicted", "not measurable"]
    for claim in claims:
        assert f"{claim['verdict']}: “{claim['text']}”" in text
        if claim["norm"]:
            assert set(claim["norm"]) == {"mean", "sd", "source", "status"} and claim["grade"]
            sign = "~" if claim["norm"]["status"] == "rough" else ""
            mean, sd = claim["norm"]["mean"], claim["norm"]["sd"]
            assert f", {claim['grade']}; norm {sign}{mean:.3g} ± {sd:.2g}, z " in text
    assert f"{evidence['verdicts']['supported']} of {len(claims)} claims supported" in text
    assert "men and women of 70 years, because no age was given" in text


def test_no_norm_applies_to_a_child(capsys, tmp_path):
    page = tmp_path / "child.html"
    text, evidence = evidence_of(capsys, "--age", "9", "--report", str(page))
    remark = "no norm applies to a person of 9 years"
    assert remark in text and remark in evidence["norms"]["remark"]
    assert remark in page.read_text("utf-8")
    assert evidence["verdicts"]["supported"] == evidence["verdicts"]["near"] == 0
    states = [claim for claim in evidence["claims"] if not re.search(r"\d", claim["text"])]
    assert len(states) > 5  # the others have a number, which can be wrong without a norm
    assert all(claim["verdict"] == "not measurable" for claim in states)
    assert {claim["reason"] for claim in states} <= {"no norm", "not measured"}
    assert all(claim["z"] is claim["grade"] is None for claim in evidence["claims"])
    assert "?" in text and " z " not in text.partition("Evidence")[2]


def test_the_age_changes_verdicts(capsys):
    _, old = evidence_of(capsys, "--age", "86", "--sex", "female", "--unaided")
    _, young = evidence_of(capsys, "--age", "30", "--sex", "male", "--unaided")
    assert [c["text"] for c in old["claims"]] == [c["text"] for c in young["claims"]]
    assert old["verdicts"] != young["verdicts"]
    assert young["norms"]["group"] == "men of 30 years"


def test_the_norms_of_a_laboratory_are_used_and_named(capsys, tmp_path):
    speed = prepare_recording(SAMPLE).measured.parameters["speed_m_per_s"].value
    slow = [(f"S{i}", 60, None, {"speed_m_per_s": speed + i / 100}) for i in range(-4, 5)]
    save_norms(build_norms(slow, "slow walkers"), tmp_path / "norms.json")
    text, evidence = evidence_of(capsys, "--norms", str(tmp_path / "norms.json"), "--unaided")
    assert "9 healthy walkers (60 years) of slow walkers" in text
    claim = next(c for c in evidence["claims"] if c["parameter"] == "speed_m_per_s")
    assert claim["norm"]["status"] == "laboratory" and claim["grade"] == "normal"


def test_a_near_claim_is_yellow_in_a_terminal_and_plain_elsewhere(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert coloured("near", "near") == "near"  # the output of tests is no terminal
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert coloured("near", "near") == "\x1b[33mnear\x1b[0m"
    assert "[32m" in coloured("supported", "supported")
    monkeypatch.setenv("NO_COLOR", "1")
    assert coloured("near", "near") == "near"


@pytest.mark.parametrize(
    "name",
    [
        "data/shida_pd/SUB01_off_walk_12b.c3d",
        "data/shida_pd/SUB05_off_walk_8.c3d",
        "data/btk_pig/PiG_Motion-FlatFoot-Hole.c3d",
    ],
)
def test_real_recordings_are_assessed(shared, capsys, name):
    assert main(["assess", "--json", str(shared / name)]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["score"] in (0, 1, 2)
    assert len(result["reasoning_unaided"].split()) > 10
    assert result["evidence"]["verdicts"]["contradicted"] == 0


def test_another_model_folder_gives_repeatable_answers(untrained, capsys):
    answers = []
    for _ in range(2):
        assert main(["assess", "--json", "--model", str(untrained), str(SAMPLE)]) == 0
        answers.append(capsys.readouterr().out)
    assert answers[0] == answers[1]
    assert json.loads(answers[0])["model"]["name"] == str(untrained)


def test_several_files_give_one_line_each_and_a_bad_one_is_skipped(untrained, capsys, tmp_path):
    files = [str(SAMPLE), str(tmp_path / "absent.c3d"), str(SAMPLE)]
    assert main(["assess", "--json", "--model", str(untrained), *files]) == 2
    printed = capsys.readouterr()
    assert len([json.loads(line) for line in printed.out.splitlines()]) == 2
    assert printed.err.count("\n") == 1 and "absent.c3d" in printed.err


def test_filled_gaps_and_trimmed_ends_are_reported(untrained, capsys, tmp_path):
    def damage(points):
        points[:, 0, :60] = 0  # missing at the start, and two gaps
        points[:, 1, 300:320] = 0
        points[:, 2, 400:410] = 0

    path = str(rewritten(tmp_path / "gaps.c3d", damage))
    assert main(["assess", "--model", str(untrained), path]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "2 gaps filled, the longest 0.13 s" in printed
    assert "0.40 s at the ends left out" in printed
    assert "Uncertain" not in printed  # the model has no threshold


def test_a_recording_longer_than_the_model_reads_is_read_in_windows(
    model, processor, capsys, tmp_path
):
    import copy

    short = copy.deepcopy(processor)
    short.feature_extractor.max_frames = 40
    model.save_pretrained(tmp_path)
    short.save_pretrained(tmp_path)
    assert main(["assess", "--model", str(tmp_path), str(SAMPLE)]) == 0
    assert "windows: probabilities are their mean" in " ".join(capsys.readouterr().out.split())
    assert main(["assess", "--json", "--model", str(tmp_path), str(SAMPLE)]) == 0
    recording = json.loads(capsys.readouterr().out)["recording"]
    lost = recording["motion_frames"] - recording["model_frames"]
    assert recording["windows"] == -(-(recording["motion_frames"] - 1) // 40)
    assert 0 < lost <= 4 * recording["windows"]


def test_an_uncertain_score_is_shown_with_its_alternatives(untrained, capsys, tmp_path):
    """In text, in JSON and on the page; a model without a threshold is not uncertain."""
    assert main(["assess", "--json", "--model", str(untrained), str(SAMPLE)]) == 0
    certain = json.loads(capsys.readouterr().out)
    score, probabilities = certain["score"], certain["probabilities"]
    assert not certain["uncertain"] and certain["uncertain_below"] is None
    assert certain["alternatives"] == [score]

    folder, page = shutil.copytree(untrained, tmp_path / "calibrated"), tmp_path / "page.html"
    settings = json.loads((folder / "config.json").read_text())
    threshold = sum(sorted(probabilities)[1:]) - 0.01  # two scores reach it, one does not
    (folder / "config.json").write_text(json.dumps(settings | {"uncertain_below": threshold}))
    arguments = ["assess", "--model", str(folder), str(SAMPLE)]
    assert main([*arguments, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    alternatives = sorted({0, 1, 2} - {int(np.argmin(probabilities))})
    assert result["uncertain"] and result["uncertain_below"] == threshold
    assert result["alternatives"] == alternatives and score in alternatives

    assert main([*arguments, "--report", str(page)]) == 0
    scores = " or ".join(map(str, alternatives))
    text = (
        f"{scores}: a confidence of {max(probabilities):.1%} is below the threshold of this model"
    )
    assert f"Uncertain {text}, {threshold:.1%}" in " ".join(capsys.readouterr().out.split())
    reason = text.removeprefix(f"{scores}: ")
    assert f"<b>Uncertain</b>: {reason}" in page.read_text("utf-8")


def test_three_alternatives_are_listed():
    result = {"score": 1, "probabilities": [0.3, 0.4, 0.3], "uncertain": True,
              "uncertain_below": 0.9, "alternatives": [0, 1, 2], "uncertain_reasons": [
                  {"name": "low_probability", "text": "a confidence of 40.0%"},
                  {"name": "few_strides", "text": "2 complete strides"}]}  # fmt: skip
    assert uncertainty_text(result) == "0, 1 or 2: a confidence of 40.0%; 2 complete strides"
    assert uncertainty_text(result | {"alternatives": [1]}) == (
        "the score may be wrong: a confidence of 40.0%; 2 complete strides"
    )
    assert uncertainty_text(result | {"uncertain": False, "alternatives": [1]}) == ""


def broken_files(folder):
    """Files that cannot be assessed, and a part of the message for each."""
    whole = SAMPLE.read_bytes()
    (folder / "text.c3d").write_text("This is no recording.\n" * 100)
    (folder / "truncated.c3d").write_bytes(whole[: len(whole) // 2])
    (folder / "empty.c3d").write_bytes(b"")

    def unchanged(points):
        pass

    def all_missing(points):
        points[:] = 0

    def still(points):
        points[:] = points[:, :, :1]

    yield folder / "absent.c3d", "no such file"
    (folder / "without").mkdir()
    yield folder / "without", "has no recording"
    yield folder / "text.c3d", "C3D"
    yield folder / "empty.c3d", "empty"
    yield folder / "truncated.c3d", "truncated"
    yield rewritten(folder / "short.c3d", unchanged, slice(0, 100)), "1 s"
    yield rewritten(folder / "missing.c3d", all_missing), "missing"
    yield rewritten(folder / "still.c3d", still), "static"

    source = ezc3d.c3d(str(SAMPLE))
    target = ezc3d.c3d()
    target["parameters"]["POINT"]["RATE"]["value"] = [150.0]
    target["parameters"]["POINT"]["LABELS"]["value"] = ["R.ASIS", "L.ASIS", "C7"]
    target["data"]["points"] = source["data"]["points"][:, :3]
    target.write(str(folder / "few.c3d"))
    yield folder / "few.c3d", "see agir markers"


def test_errors_are_one_line_and_exit_code_2(tmp_path, capsys):
    for path, part in broken_files(tmp_path):
        assert main(["assess", str(path)]) == 2, path
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.startswith("agir: ") and printed.err.count("\n") == 1, printed.err
        assert part.lower() in printed.err.lower(), printed.err
        assert path.name in printed.err, printed.err


@pytest.mark.parametrize("kind", ["absent", "empty", "other"])
def test_a_wrong_model_is_an_error_of_one_line(tmp_path, capsys, vqvae, kind):
    folder = tmp_path / "model"
    if kind != "absent":
        folder.mkdir()
    if kind == "other":
        vqvae.save_pretrained(folder)
    assert main(["assess", "--model", str(folder), str(SAMPLE)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("agir: ") and error.count("\n") == 1 and str(folder) in error


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    printed = capsys.readouterr().out
    assert all(word in printed for word in ("demo", "assess", "corpus", "Not a medical device"))


@pytest.mark.slow
def test_the_command_prints_no_traceback(tmp_path):
    command = [sys.executable, "-m", "agir_hf.cli", "assess", str(tmp_path / "absent.c3d")]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert run.returncode == 2
    assert run.stderr.count("\n") == 1 and "Traceback" not in run.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--body", "no.pkl"], "--body needs --method body"),
        (["--body", "no.pkl", "--method", "body"], "no body at no.pkl"),
    ],
)
def test_a_body_that_cannot_be_used_is_an_error_of_one_line(capsys, options, message):
    assert main(["assess", str(SAMPLE), *options]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line


@pytest.mark.parametrize(("trained", "warns"), [("body", True), ("centres", False), (None, False)])
def test_another_method_than_in_training_is_reported(processor, trained, warns):
    prepared = prepare_recording(SAMPLE)
    changed = copy.deepcopy(processor)
    changed.feature_extractor.joints_from = trained
    line = other_method(prepared, changed, "centres")
    assert bool(line) == warns
    assert not warns or "by the method body" in line and "--method body" in line

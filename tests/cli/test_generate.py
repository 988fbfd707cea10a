import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import agir_hf
from agir_hf.cli import main
from agir_hf.humanml3d import joints_to_features
from agir_hf.motion import read_recording, to_joints

SAMPLE = str(agir_hf.SAMPLE_RECORDING)
DESCRIPTION = "Step length is markedly reduced at about 0.30 m."


@pytest.fixture(scope="module")
def untrained(tmp_path_factory, model, processor):
    """A folder with an untrained model; it generates a body of the size of the sample's."""
    folder = tmp_path_factory.mktemp("untrained")
    model.save_pretrained(folder)
    features = joints_to_features(to_joints(read_recording(SAMPLE)).joints)
    extractor = agir_hf.AgirFeatureExtractor(features.mean(0), features.std(0) + 1e-3)
    agir_hf.AgirProcessor(extractor, processor.tokenizer).save_pretrained(folder)
    return str(folder)


def generate(model, out, *options, text=DESCRIPTION):
    return main(["generate", text, "-o", str(out), "--model", model, *options])


def test_a_generated_walk_can_be_read_and_measured(tmp_path, capsys):
    out = tmp_path / "walk.npz"
    assert generate(agir_hf.DEFAULT_MODEL, out, "--seconds", "3") == 0
    printed = capsys.readouterr().out
    assert "SIMULATED" in printed and "Research use only" in printed
    walk = read_recording(out)
    assert walk.joints.shape == (60, 22, 3) and walk.rate_hz == 20
    assert main(["measure", str(out)]) == 0
    lines = [line for line in printed.splitlines() if line.startswith("  ")]
    measured = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  ")]
    of_file = [line for line in measured if line.startswith("  Units")]
    assert [line for line in lines if "SIMULATED" not in line] == [
        line for line in measured if line not in of_file
    ]
    assert any("absent:" in line for line in lines)  # at least the turns


def test_a_generated_motion_that_is_not_a_walk_has_a_caution(untrained, tmp_path, capsys):
    out = tmp_path / "motion.npz"
    assert generate(untrained, out, "--seconds", "3") == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "Caution the generated motion is not a walk" in printed
    assert main(["measure", str(out)]) == 2
    assert "is not a walk" in capsys.readouterr().err


def test_the_file_states_that_it_was_generated_and_from_which_text(untrained, tmp_path, capsys):
    out = tmp_path / "walk.npz"
    assert generate(untrained, out, "--seconds", "2", "--seed", "7") == 0
    with np.load(out) as arrays:
        assert str(arrays["text"]) == DESCRIPTION and int(arrays["seed"]) == 7
        assert "SIMULATED" in str(arrays["note"]) and "Research use only" in str(arrays["note"])
    assert [path.name for path in tmp_path.iterdir()] == ["walk.npz"]  # no temporary file


def test_a_seed_gives_one_walk_and_seconds_set_its_length(untrained, tmp_path, capsys):
    walks = []
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        out = tmp_path / f"{name}.npy"
        assert generate(untrained, out, "--seconds", "4", "--seed", seed) == 0
        walks.append(np.load(out))
    assert walks[0].shape == (80, 22, 3) and walks[0].dtype == np.float32
    assert np.array_equal(walks[0], walks[1])
    assert not np.array_equal(walks[0], walks[2])


def test_a_page_states_that_its_walk_is_generated(untrained, tmp_path, capsys):
    pytest.importorskip("plotly")
    out = tmp_path / "walk.html"
    assert generate(untrained, out, "--seconds", "2", text="Arm <swing> is normal.") == 0
    page = out.read_text(encoding="utf-8")
    title = "The walk, relative to the pelvis"
    for part in ("SIMULATED", "Research use only", title, "Not measured"):
        assert part in page
    assert "Arm &lt;swing&gt; is normal." in page and "Arm <swing>" not in page


def wrong_arguments(folder):
    """Arguments of ``agir generate`` that are refused, and a part of each message."""
    out = str(folder / "walk.npy")
    yield [DESCRIPTION, "-o", str(folder / "walk.mp4")], "'.mp4', expected one of .npy, .npz, .html"
    yield [DESCRIPTION, "-o", str(folder / "walk")], "expected one of .npy, .npz, .html"
    yield [DESCRIPTION, "-o", str(folder / "nowhere" / "walk.npy")], "does not exist: create it"
    (folder / "folder.npy").mkdir()
    yield [DESCRIPTION, "-o", str(folder / "folder.npy")], "is a folder"
    yield ["  ", "-o", out], "empty"
    yield ["steps " * 600, "-o", out], "expected at most 512: shorten"
    yield ["steps <motion_id_3>", "-o", out], "words only"
    yield ["歩く", "-o", out], "does not know"
    for seconds in ("0.5", "-2", "61", "nan"):
        yield (
            [DESCRIPTION, "-o", out, "--seconds", seconds],
            f"seconds is {seconds}, expected 1 to 60",
        )
    yield [DESCRIPTION, "-o", out, "--seed", "-1"], "seed is -1"


def test_wrong_arguments_of_generate_are_an_error_of_one_line(untrained, tmp_path, capsys):
    for arguments, part in wrong_arguments(tmp_path):
        assert main(["generate", *arguments, "--model", untrained]) == 2, arguments
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.startswith("agir: ") and printed.err.count("\n") == 1, printed.err
        assert part in printed.err, printed.err
    assert [path.name for path in tmp_path.iterdir()] == ["folder.npy"]  # nothing was written


def test_a_walk_of_less_than_a_second_is_an_error(untrained, tmp_path, capsys):
    """With a head of zeros, 16 codes and the end are equally likely at every step."""
    model = agir_hf.AgirForGaitAssessment.from_pretrained(untrained)
    model.lm_head.weight.data.zero_()
    folder, out = tmp_path / "flat", tmp_path / "walk.npy"
    model.save_pretrained(folder)
    agir_hf.AgirProcessor.from_pretrained(untrained).save_pretrained(folder)
    outcomes = {generate(str(folder), out, "--seed", str(seed)) for seed in range(12)}
    assert outcomes == {0, 2}
    errors = capsys.readouterr().err.splitlines()
    assert errors and all("expected at least 1 s: pass the length" in line for line in errors)
    assert len(np.load(out)) >= 20


def test_both_parts_are_described_and_their_claims_checked(untrained, capsys):
    assert main(["describe", SAMPLE, "--json", "--model", untrained]) == 0
    result = json.loads(capsys.readouterr().out)
    assert list(result) == ["descriptions", "cut", "evidence", "model", "recording"]
    assert list(result["descriptions"]) == ["foot", "arm"]
    assert all(result["descriptions"].values())
    assert result["model"]["name"] == untrained and not result["model"]["embedded"]
    assert result["recording"]["motion_frames"] == 120


def test_claims_of_a_description_and_a_generated_walk_use_the_age(untrained, tmp_path, capsys):
    assert main(["describe", SAMPLE, "--json", "--model", untrained, "--age", "9"]) == 0
    assert "9 years" in json.loads(capsys.readouterr().out)["evidence"]["norms"]["remark"]
    assert generate(untrained, tmp_path / "walk.npy", "--seconds", "2", "--age", "9") == 0
    assert "no norm applies to a person of 9 years" in capsys.readouterr().out


@pytest.mark.parametrize("part", ["foot", "arm"])
def test_a_part_is_described_the_same_alone_and_with_the_other(untrained, capsys, part):
    descriptions = []
    for chosen in (part, "both"):
        assert main(["describe", SAMPLE, "--json", "--part", chosen, "--model", untrained]) == 0
        descriptions.append(json.loads(capsys.readouterr().out)["descriptions"])
    alone, both = descriptions
    assert alone == {part: both[part]}


def test_the_embedded_model_is_the_default(capsys):
    assert main(["describe", SAMPLE]) == 0
    printed = capsys.readouterr().out
    for part in (SAMPLE, "Feet", "Arms", "Evidence", "agir-tiny (embedded)", "Research use only"):
        assert part in printed


def test_an_unreadable_recording_is_an_error_of_one_line(untrained, tmp_path, capsys):
    (tmp_path / "text.c3d").write_text("This is no recording.\n" * 100)
    np.save(tmp_path / "short.npy", np.zeros((9, 22, 3)))
    wrong = {
        ("absent.c3d",): "no such file",
        ("text.c3d",): "C3D",
        (".",): "directory",
        ("short.npy",): "--rate",
        ("absent.c3d", "--up", "Q"): "--up",
    }
    for (name, *options), part in wrong.items():
        assert main(["describe", str(tmp_path / name), *options, "--model", untrained]) == 2
        printed = capsys.readouterr()
        assert printed.out == "" and part in printed.err, printed.err
        assert printed.err.startswith("agir: ") and printed.err.count("\n") == 1, printed.err
    assert main(["describe", SAMPLE, "--model", str(tmp_path / "none")]) == 2
    assert "cannot load the model" in capsys.readouterr().err


@pytest.mark.slow
def test_the_command_prints_no_traceback(tmp_path):
    command = [sys.executable, "-m", "agir_hf.cli", "generate", "", "-o", str(tmp_path / "a.npy")]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert run.returncode == 2
    assert run.stderr.count("\n") == 1 and "Traceback" not in run.stderr
    assert not Path(command[-1]).exists()

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
    options = ["-o", str(out), "--model", model, "--walks", "2", *options]
    return main(["generate", text, *options])


def test_a_generated_walk_can_be_read_and_measured(tmp_path, capsys):
    out = tmp_path / "walk.npz"
    assert generate(agir_hf.DEFAULT_MODEL, out, "--seconds", "3") == 0
    printed = capsys.readouterr().out
    assert "SIMULATED" in printed and "Research use only" in printed
    walk = read_recording(out)
    assert walk.joints.shape == (60, 22, 3) and walk.rate_hz == 20
    assert main(["measure", str(out)]) == 0
    lines = printed.partition("Gait measured on it:\n")[2].splitlines()
    measured = capsys.readouterr().out.splitlines()
    assert len(lines) > 20 and set(lines) <= set(measured)
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
    out = tmp_path / "walk.html"
    assert generate(untrained, out, "--seconds", "2", text="Arm swing is normal, <b>hat</b>.") == 0
    page = out.read_text(encoding="utf-8")
    for part in ("SIMULATED", "Research use only", "arm swing: normal", "asked property", "Seed"):
        assert part in page
    assert "&lt;b&gt;hat" in page and "<b>hat" not in page


def test_text_and_json_state_what_was_asked_measured_and_not_understood(tmp_path, capsys):
    """The embedded model, with so few walks that one of the properties may not be obeyed."""
    text = "Left arm still, short steps in a red hat, then a turn."
    options = ["--seconds", "4", "--seed", "3", "--walks", "4"]
    assert main(["generate", text, "--json", *options]) == 0
    result = json.loads(capsys.readouterr().out)
    assert [(row["quantity"], row["side"], row["implied"]) for row in result["properties"]] == [
        ("arm_swing", "left", False),
        ("step_length", None, False),
        ("arm_swing", "right", True),
    ]
    assert result["not_understood"] == ["in a red hat"] and result["seed"] == 3
    assert result["beyond_the_model"][0].startswith("beyond the model: turning (“turn”)")
    obeyed = [row["obeyed"] == "yes" for row in result["properties"] if not row["implied"]]
    assert result["summary"].startswith(f"{sum(obeyed)} of 2 asked properties")
    for row in result["properties"]:
        assert row["measured"] == pytest.approx(
            result["parameters"][row["parameter"]]["value"], 1e-3
        )
        assert row["norm"]["mean"] > 0 and row["grade"]
    assert main(["generate", text, "-q", *options]) == 0
    printed = capsys.readouterr().out
    for part in (result["summary"], 'Not understood: "in a red hat"', "turning", "--seed 3 gives"):
        assert part in printed
    assert "right arm swing: normal (implied)" in printed and "cadence" not in printed


def test_the_default_seed_is_random_and_printed(untrained, capsys):
    seeds = []
    for _ in range(2):
        options = ["--json", "--seconds", "2", "--walks", "1", "--model", untrained]
        assert main(["generate", DESCRIPTION, *options]) == 0
        seeds.append(json.loads(capsys.readouterr().out)["seed"])
    assert seeds[0] != seeds[1]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("The stock market fell.", "nothing is understood in 'The stock market fell.'"),
        ("  ", "the description is empty"),
        ("歩く", "nothing is understood in '歩く'"),
        ("Turn left.", "beyond the model: turning"),
        ("steps <motion_id_3>", "nothing is understood"),
        ("short steps " * 60, "720 characters, expected at most 600"),
    ],
)
def test_a_text_that_asks_for_nothing_gets_no_walk_and_no_model_is_loaded(
    tmp_path, capsys, monkeypatch, text, part
):
    monkeypatch.setattr("agir_hf.cli.generate.load_model", lambda _: pytest.fail("model loaded"))
    out = tmp_path / "walk.npz"
    assert main(["generate", text, "-o", str(out)]) == 2
    printed = capsys.readouterr()
    assert part in printed.err and printed.err.count("\n") == 1 and printed.out == ""
    assert "characters" in part or 'such as "Short steps, left arm still"' in printed.err
    assert not out.exists()


def wrong_arguments(folder):
    """Arguments of ``agir generate`` that are refused, and a part of each message."""
    out = str(folder / "walk.npy")
    yield [DESCRIPTION, "-o", str(folder / "walk.mp4")], "'.mp4', expected one of .npy, .npz, .html"
    yield [DESCRIPTION, "-o", str(folder / "walk")], "expected one of .npy, .npz, .html"
    yield [DESCRIPTION, "-o", str(folder / "nowhere" / "walk.npy")], "does not exist: create it"
    (folder / "folder.npy").mkdir()
    yield [DESCRIPTION, "-o", str(folder / "folder.npy")], "is a folder"
    for seconds in ("0.5", "-2", "61", "nan"):
        yield (
            [DESCRIPTION, "-o", out, "--seconds", seconds],
            f"seconds is {seconds}, expected 1 to 60",
        )
    yield [DESCRIPTION, "-o", out, "--seed", "-1"], "seed is -1"
    yield [DESCRIPTION, "-o", out, "--walks", "0"], "number of walks is 0, expected 1 to 512"


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
    options = ("--walks", "1", "-q")
    outcomes = {generate(str(folder), out, *options, "--seed", str(seed)) for seed in range(12)}
    assert outcomes == {0, 2}
    errors = capsys.readouterr().err.splitlines()
    assert errors and all("before 1 s" in line and "set the length" in line for line in errors)
    assert len(np.load(out)) >= 20


def test_both_parts_are_described_and_their_claims_checked(untrained, capsys):
    assert main(["describe", SAMPLE, "--json", "--model", untrained]) == 0
    result = json.loads(capsys.readouterr().out)
    keys = ["descriptions", "cut", "evidence", "model", "recording"]
    assert [key for key in result if key in keys] == keys and result["identity"]["sha256"]
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
        ("text.c3d", "--up", "Q"): "--up",
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

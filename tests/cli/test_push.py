"""``agir push``: its output, its errors of one line, and that the uploads can be loaded."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import agir_hf
from agir_hf.cli import main
from agir_hf.cli.push import TAG

LOAD = """
import sys
import numpy as np
from transformers import AutoModel, AutoProcessor
options = {"pretrained_model_name_or_path": sys.argv[1], "revision": sys.argv[2],
           "trust_remote_code": True}
model, processor = AutoModel.from_pretrained(**options), AutoProcessor.from_pretrained(**options)
motion = np.load("features.npy")
outputs = model.generate_assessment(**processor(motion=motion), max_new_tokens=12)
print(type(model).__module__.partition(".")[0], outputs.sequences.tolist())
"""
METRIC = """
import sys
import evaluate
metric = evaluate.load(sys.argv[1], revision=sys.argv[2])
print(metric.compute(predictions=[0, 1], references=[0, 2])["accuracy"])
"""


@pytest.fixture
def folder(saved_model, tmp_path) -> Path:
    copy = tmp_path / "a-model"
    shutil.copytree(saved_model, copy, ignore=shutil.ignore_patterns("*.py"))
    return copy


def refused(capsys, *command) -> str:
    """Return the error of a command that ends with 2."""
    assert main(["push", *map(str, command)]) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith("agir: ") and printed.err.count("\n") == 1
    assert "published" not in printed.out
    return printed.err


def test_a_dry_run_lists_every_file_without_a_request(folder, at_hub, capsys, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    (folder / "training_args.bin").write_bytes(b"x")
    assert main(["push", "model", "agir", "--from", str(folder), "--dry-run"]) == 0
    lines = capsys.readouterr().out.splitlines()
    shown = dict(re.fullmatch(r" *([\d,]+)  (.*)", line).groups()[::-1] for line in lines[:-5])
    assert {"model.safetensors", "README.md", "LICENSE", "handler.py"} <= set(shown)
    assert list(shown) == sorted(shown)
    sizes = [int(size.replace(",", "")) for size in shown.values()]
    assert lines[-5] == "left out: training_args.bin" and lines[-4].startswith("note: ")
    assert lines[-2] == (
        f"{len(sizes)} files, {sum(sizes):,} bytes → {at_hub.url}/YOU/agir, tag {TAG}"
    )
    assert lines[-1] == "dry run: nothing was sent" and not at_hub.requests


def test_a_dry_run_of_the_metrics_lists_each(at_hub, capsys):
    assert main(["push", "metrics", "me", "--dry-run", "--no-tag"]) == 0
    printed = capsys.readouterr().out
    assert re.search(rf"4 files, [\d,]+ bytes → {at_hub.url}/spaces/me/gait_scores\n", printed)
    assert printed.count("/spaces/me/") == 6 and not at_hub.requests


def test_a_dry_run_reports_forbidden_files(folder, at_hub, capsys):
    (folder / "walk.c3d").write_bytes(b"x")
    line = refused(capsys, "model", "me/agir", "--from", folder, "--dry-run")
    assert "walk.c3d: a recording of a person" in line


def test_a_push_prints_its_address_and_a_second_one_changes_nothing(folder, at_hub, capsys):
    command = ["push", "model", "agir", "--from", str(folder), "--dataset", "me/gait"]
    assert main(command) == 0
    files = at_hub.files("me/agir", "model")
    (line,) = (x for x in capsys.readouterr().out.splitlines() if x.startswith("published: "))
    commit = at_hub.repositories["model", "me/agir"][-1][0]
    assert line == (
        f"published: {at_hub.url}/me/agir ({TAG}, commit {commit[:7]}): {len(files) - 1} of "
        f"{len(files) - 1} files sent"
    )
    assert at_hub.tags["model", "me/agir"] == {TAG: commit}
    assert b"datasets:\n- me/gait" in files["README.md"]
    assert b'model="me/agir"' in files["README.md"]
    assert main(command) == 0 and "files were up to date" in capsys.readouterr().out
    (folder / "README.md").write_text("# Another\n\nIts lead.\n")
    assert f"already has the tag {TAG}" in refused(capsys, *command[1:])
    assert main([*command, "--tag", "v9"]) == 0
    assert re.search(r"\(v9, commit .*\): 1 of \d+ files sent", capsys.readouterr().out)


def test_metrics_are_pushed_one_by_one(at_hub, capsys):
    assert main(["push", "metrics", "me"]) == 0
    assert capsys.readouterr().out.count("published: ") == 6
    assert "grounding.py" in at_hub.files("me/grounding", "space")


def test_the_space_is_pushed(at_hub, capsys, tmp_path):
    (tmp_path / "README.md").write_text("---\nsdk: gradio\napp_file: app.py\n---\n")
    for name in ("app.py", "requirements.txt"):
        (tmp_path / name).write_text("")
    assert main(["push", "space", "me/agir", "--from", str(tmp_path), "--private"]) == 0
    assert set(at_hub.files("me/agir", "space")) == {
        ".gitattributes", "README.md", "app.py", "requirements.txt"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["model", "a b"], "the Hub refuses the name 'a b'"),
        (["space", "a b", "--dry-run"], "the Hub refuses the name 'a b'"),
        (["model", "me/agir", "--from", "nowhere"], "no such folder: nowhere"),
        (["dataset", "me/gait", "--from", "nowhere"], "no finished corpus"),
        (["space", "me/agir", "--from", "nowhere"], "no such folder: nowhere"),
        (["metrics", "me/x"], "is no owner"),
    ],
)
def test_errors_of_the_user_are_one_line(at_hub, capsys, command, message):
    assert message in refused(capsys, *command)
    assert not at_hub.requests


def test_an_unknown_token_is_an_error_of_one_line(at_hub, capsys):
    at_hub.faults.append(["whoami", 401, 99])
    assert "does not accept this access token" in refused(capsys, "metrics", "me")


def test_the_default_model_is_the_embedded_one(at_hub, capsys):
    assert main(["push", "model", "me/agir", "--dry-run"]) == 0
    size = (Path(agir_hf.DEFAULT_MODEL) / "model.safetensors").stat().st_size
    assert f"{size:,}  model.safetensors" in capsys.readouterr().out


@pytest.mark.slow
def test_a_pushed_model_loads_from_the_hub(
    folder, at_hub, run_on_hub, model, processor, motions, tmp_path
):
    assert main(["push", "model", "me/agir", "--from", str(folder)]) == 0
    np.save(tmp_path / "features.npy", motions[0])
    done = run_on_hub(sys.executable, "-c", LOAD, "me/agir", TAG)
    assert done.returncode == 0, done.stderr
    outputs = model.generate_assessment(**processor(motion=motions[0]), max_new_tokens=12)
    assert done.stdout.splitlines()[-1] == f"transformers_modules {outputs.sequences.tolist()}"


@pytest.mark.slow
def test_the_code_of_the_card_runs(at_hub, run_on_hub, sample_joints, tmp_path):
    assert main(["push", "model", "me/agir"]) == 0
    card = at_hub.files("me/agir", "model")["README.md"].decode()
    snippets = re.findall(r"```python\n(.*?)```", card, flags=re.DOTALL)
    np.save(tmp_path / "walk.npy", sample_joints)
    done = run_on_hub(sys.executable, "-c", "\n".join(snippets))
    assert done.returncode == 0, done.stderr
    by_pipeline, by_hand = done.stdout.splitlines()[-2:]
    score = re.search(r"'score': (\d)", by_pipeline)[1]
    assert by_hand.startswith(f"GaitAssessment(score={score}") and len(snippets) == 2


@pytest.mark.slow
def test_a_pushed_metric_is_loaded_by_evaluate(at_hub, run_on_hub):
    assert main(["push", "metrics", "me"]) == 0
    done = run_on_hub(sys.executable, "-c", METRIC, "me/gait_scores", TAG)
    assert done.stdout.splitlines()[-1:] == ["0.5"], done.stderr


@pytest.mark.slow
def test_the_help_lists_all_kinds():
    done = subprocess.run(
        [sys.executable, "-m", "agir_hf.cli", "push", "--help"], capture_output=True, text=True
    )
    assert all(name in done.stdout for name in ("model", "dataset", "space", "metrics"))

"""Publishing a corpus on a Hub that runs on this machine."""

import json
import pickle
import shutil
import sys

import numpy as np
import pytest

from agir_hf.cli import main
from agir_hf.cli.push import TAG
from agir_hf.corpus.build import BuildError, build_corpus
from agir_hf.corpus.schema import CONFIGS
from agir_hf.hub.plans import dataset_plan, publish_corpus
from agir_hf.hub.publish_checks import RefusedError
from agir_hf.hub.upload_plan import PublishError

PUBLISH = [sys.executable, "-m", "agir_hf.cli", "corpus", "publish"]
LOAD = """
import json, sys
from datasets import load_dataset
whole = load_dataset(sys.argv[1], "reasoning")
streamed = load_dataset(sys.argv[1], "reasoning", streaming=True)
default = load_dataset(sys.argv[1], split="train")
print(json.dumps({
    "whole": {name: [[row["id"], row["score"], row["rationale"], len(row["motion"])]
                     for row in split] for name, split in whole.items()},
    "streamed": {name: [[row["id"], row["score"], row["rationale"], len(row["motion"])]
                       for row in split] for name, split in streamed.items()},
    "default": default["id"][:],
    "motion": load_dataset(sys.argv[1], "motion", split="test")["id"][:],
}))
"""
LOAD_TAG = """
import sys
from datasets import get_dataset_config_names, load_dataset
names = get_dataset_config_names(sys.argv[1], revision=sys.argv[2])
rows = [next(iter(load_dataset(sys.argv[1], name, revision=sys.argv[2], split="train",
                               streaming=True))) for name in names]
print(sorted(names), sorted({len(row["motion"][0]) for row in rows}))
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory, simulated):
    folder = tmp_path_factory.mktemp("publish")
    return simulated.corpus(folder / "corpus", subjects=3, seed=3)


@pytest.fixture(scope="module")
def forbidden(tmp_path_factory):
    """A corpus of three subjects in the format of CARE-PD, which may not be published."""
    folder, ahead = tmp_path_factory.mktemp("care"), np.linspace(0, 2, 40)
    walk = {
        "pose": 0.05 * np.random.default_rng(0).normal(size=(40, 72)),
        "trans": np.stack([ahead, 0 * ahead, 0 * ahead + 0.9], axis=1),
        "beta": np.zeros(10),
        "fps": 30,
        "medication": "on",
        "other": "",
    }
    content = {f"S{score}": {"w": walk | {"UPDRS_GAIT": score}} for score in (0, 1, 2)}
    (folder / "COHORT.pkl").write_bytes(pickle.dumps(content))
    return build_corpus(folder / "COHORT.pkl", folder / "corpus").folder


def test_a_corpus_of_care_pd_is_refused_without_a_request(forbidden, no_network):
    made = "made of CARE-PD .COHORT., whose terms do not allow"
    with pytest.raises(PublishError, match=made) as excinfo:
        publish_corpus(forbidden, "me/gait")
    assert "\n" not in str(excinfo.value) and "build it from their own copy" in str(excinfo.value)
    assert "Do not publish" in (forbidden / "README.md").read_text("utf-8")


def test_an_unfinished_corpus_is_refused_without_a_request(finished, tmp_path, no_network):
    corpus = shutil.copytree(finished, tmp_path / "corpus")
    (corpus / "corpus.json").unlink()
    for folder in (corpus, tmp_path / "nowhere"):
        with pytest.raises(BuildError, match="no finished corpus: run 'agir corpus build' first"):
            publish_corpus(folder, "me/gait")


@pytest.mark.parametrize("name", ["me//gait", "me/gait/more", "", "a b"])
def test_an_invalid_name_is_refused(finished, name, no_network):
    with pytest.raises(PublishError, match="the Hub refuses") as excinfo:
        publish_corpus(finished, name)
    assert "\n" not in str(excinfo.value)


def test_working_files_of_the_build_are_left_out(finished):
    plan = dataset_plan(finished, "me/gait")
    assert {"README.md", "corpus.json", "splits.json", "statistics.npz"} <= set(plan.files)
    assert any(path.startswith("data/train") for path in plan.files)
    assert "work/" in plan.left_out and not any(p.startswith("work") for p in plan.files)


def test_a_corpus_with_a_recording_is_refused(finished, tmp_path, no_network):
    corpus = shutil.copytree(finished, tmp_path / "corpus")
    (corpus / "walk.bvh").write_text("HIERARCHY")
    with pytest.raises(RefusedError, match="walk.bvh: a recording of a person"):
        publish_corpus(corpus, "me/gait")


@pytest.mark.slow
def test_a_published_corpus_loads_from_the_hub(finished, hub, run_on_hub):
    done = run_on_hub(*PUBLISH, str(finished), "me/gait")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"published: {hub.url}/datasets/me/gait"
    files = hub.files("me/gait")
    folders = {path.partition("/")[0] for path in files}
    assert "work" not in folders and "data" in folders
    assert {"README.md", "splits.json", "statistics.npz", "corpus.json"} <= set(files)
    for path in files.keys() - {".gitattributes"}:
        assert files[path] == (finished / path).read_bytes(), path

    loading = run_on_hub(sys.executable, "-c", LOAD, "me/gait")
    assert loading.returncode == 0, loading.stderr
    loaded = json.loads(loading.stdout.splitlines()[-1])
    assert set(loaded["whole"]) == {"train", "validation", "test"}
    assert loaded["whole"] == loaded["streamed"]
    assert loaded["default"] == [row[0] for row in loaded["whole"]["train"]]
    assert loaded["motion"] == [row[0] for row in loaded["whole"]["test"]]
    rows = [row for part in loaded["whole"].values() for row in part]
    assert len(rows) == json.loads((finished / "report.json").read_text("utf-8"))["taken"]
    assert all(length > 50 for *_, length in rows)


@pytest.mark.slow
def test_a_pushed_corpus_loads_by_its_tag(finished, at_hub, run_on_hub, capsys):
    command = ["push", "dataset", "me/gait", "--from", str(finished)]
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert f"published: {at_hub.url}/datasets/me/gait ({TAG}, commit" in printed
    assert main(command) == 0 and "up to date" in capsys.readouterr().out
    at_hub.repositories["dataset", "me/gait"].append(("1" * 40, {}))  # a newer commit
    done = run_on_hub(sys.executable, "-c", LOAD_TAG, "me/gait", TAG)
    assert done.stdout.splitlines()[-1:] == [f"{sorted(CONFIGS)} [263]"], done.stderr


@pytest.mark.slow
def test_a_second_upload_replaces_the_first(finished, hub, run_on_hub, tmp_path):
    corpus = shutil.copytree(finished, tmp_path / "corpus")
    assert run_on_hub(*PUBLISH, str(corpus), "gait").returncode == 0
    card = corpus / "README.md"
    card.write_text(card.read_text("utf-8") + "\nAnother line.\n", encoding="utf-8")
    (corpus / ".data.1.partial").mkdir()
    (corpus / ".data.1.partial" / "train.parquet").write_bytes(b"of a killed process")
    assert run_on_hub(*PUBLISH, str(corpus), "gait").returncode == 0
    files = hub.files("me/gait")
    assert files["README.md"].endswith(b"Another line.\n")
    assert not any(path.startswith(".data") for path in files)


@pytest.mark.slow
@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_of_the_hub_is_an_error_of_one_line(finished, hub, run_on_hub, status):
    hub.refuse = status
    done = run_on_hub(*PUBLISH, str(finished), "me/gait")
    assert done.returncode == 2 and not done.stdout
    assert done.stderr.startswith("agir: ") and done.stderr.count("\n") == 1
    assert "me/gait" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("change", [{"HF_ENDPOINT": "http://127.0.0.1:9"}, {"HF_HUB_OFFLINE": "1"}])
def test_an_unreachable_hub_is_an_error_of_one_line(finished, run_on_hub, change):
    done = run_on_hub(*PUBLISH, str(finished), "me/gait", **change)
    assert done.returncode == 2 and not done.stdout
    assert done.stderr.startswith("agir: ") and done.stderr.count("\n") == 1


@pytest.mark.slow
def test_a_missing_access_token_is_an_error_of_one_line(finished, hub, run_on_hub):
    done = run_on_hub(*PUBLISH, str(finished), "me/gait", HF_TOKEN="")
    assert done.returncode == 2
    assert done.stderr.startswith("agir: ") and done.stderr.count("\n") == 1

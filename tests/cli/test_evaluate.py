"""``agir evaluate``: reports, errors on one line, the paper's tables."""

import csv
import json
import shutil
import sys
from pathlib import Path

import pytest

from agir_hf import DEFAULT_MODEL, SAMPLE_RECORDING
from agir_hf.cli import main
from agir_hf.evaluation.reporting.results import Results
from agir_hf.experiments.configurations import recipes_folder

pytest.importorskip("sklearn", reason="baselines need scikit-learn")
pytest.importorskip("trl", reason="trainings need TRL")


def error_of(capsys, *words):
    """Exit code and the one line on stderr."""
    code = main([str(word) for word in words])
    stderr = capsys.readouterr().err
    assert "Traceback" not in stderr
    lines = [line for line in stderr.splitlines() if line.startswith("agir: ")]
    assert len(lines) == 1
    return code, lines[0]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory, simulated):
    """Eight simulated subjects, OFF and ON, in folds."""
    return simulated.corpus(tmp_path_factory.mktemp("corpus") / "corpus", subjects=8)


@pytest.fixture
def benchmark(shared, tmp_path):
    """Walks of five subjects of the real benchmark."""
    source, folder = shared / "data/hubertshum_bvh", tmp_path / "walks"
    folder.mkdir()
    with (source / "annotations.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["name"].endswith("Cycle1")]
    picked = [next(r for r in rows if r["label"] == label) for label in
              dict.fromkeys(r["label"] for r in rows)]  # fmt: skip
    picked += [row for row in rows if row["label"] == "Healthy" and row not in picked][:1]
    with (folder / "annotations.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, ("name", "label"))
        table.writeheader()
        table.writerows(picked)
    for row in picked:
        shutil.copy(source / f"{row['name']}.bvh", folder)
    return folder


@pytest.fixture
def tokenizer(vqvae, processor, tmp_path):
    """The folder of a motion tokenizer."""
    vqvae.save_pretrained(tmp_path / "tokenizer")
    processor.feature_extractor.save_pretrained(tmp_path / "tokenizer")
    return tmp_path / "tokenizer"


def test_embeddings_and_baselines_of_a_real_benchmark_are_reported(
    benchmark, tokenizer, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr("agir_hf.evaluation.probing.baselines._TREES", 20)  # of 500, for speed
    out = tmp_path / "out"
    words = ["evaluate", "embeddings", str(benchmark), "-o", str(out), "--seed", "0"]
    assert main(words) == 0
    printed = capsys.readouterr().out
    for name, classes in (("labels", 4), ("healthy_or_not", 2)):
        results = Results.load(out / name)
        assert len(results.classes) == classes and not results.simulated
        assert "leave one subject out, 5 subjects" in results.scheme
        names = [row.name for row in results.rows]
        assert {"majority class", "random forest on gait parameters"} < set(names)
        for row in ("mean and spread of the features", "tokenizer: code vectors"):
            original, mirrored = (
                results.rows[names.index(title)] for title in (row, f"{row}, with the mirror image")
            )
            assert original.predictions != mirrored.predictions
        for row in results.rows:
            assert len(row.predictions) == 5 and len(row.folds) == 5
        assert (out / name / "tables.md").read_text() in printed
        assert (out / name / "tables.tex").is_file()
    before = Results.load(out / "labels")
    assert main([*words, "--tokenizer", str(tokenizer)]) == 0  # replaces the earlier report
    after = Results.load(out / "labels")
    assert after.command.endswith("--model agir-tiny --tokenizer tokenizer")
    others = [row.name for row in after.rows if row.name.startswith("other tokenizer: ")]
    assert len(others) == 6 and "other tokenizer: code vectors, with the mirror image" in others
    same = [row for row in after.rows if row.name not in others]
    for old, new in zip(before.rows, same, strict=True):
        assert (old.name, old.predictions) == (new.name, new.predictions)


def test_errors_are_one_line_and_name_what_was_expected(benchmark, corpus, tmp_path, capsys):
    embeddings = ("evaluate", "embeddings")
    code, line = error_of(capsys, *embeddings, tmp_path, "-o", tmp_path / "out")
    assert code == 2 and "pass the folder with this table (columns name and label)" in line
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/labels").mkdir()
    (tmp_path / "notes/labels/tables.md").write_text("mine")
    code, line = error_of(capsys, *embeddings, benchmark, "-o", tmp_path / "notes")
    assert code == 2 and "did not write" in line
    assert (tmp_path / "notes/labels/tables.md").read_text() == "mine"
    words = (*embeddings, benchmark, "-o", tmp_path / "out", "--tokenizer")
    code, line = error_of(capsys, *words, DEFAULT_MODEL)
    assert code == 2 and "is a model of type 'agir', expected 'agir_motion_vqvae'" in line
    code, line = error_of(capsys, *words, tmp_path / "nowhere")
    assert code == 2 and "cannot load the motion tokenizer" in line and "nowhere" in line
    assert not (tmp_path / "out").exists()
    code, line = error_of(capsys, "evaluate", "reasoning", tmp_path, "-o", tmp_path / "out")
    assert code == 2 and "has no splits.json, expected a corpus" in line
    file = tmp_path / "file"
    file.write_text("mine")
    for words in ((*embeddings, benchmark), ("evaluate", "reasoning", corpus)):
        code, line = error_of(capsys, *words, "-o", file)
        assert code == 2 and "is a file, expected a folder" in line
    missing = tmp_path / "recipes"
    words = ("evaluate", "linear-probe", corpus, "-o", tmp_path / "out", "--recipes", missing)
    code, line = error_of(capsys, *words)
    assert code == 2 and "holds no recipes" in line


def test_external_prints_the_report_of_a_folder_with_a_table(tmp_path, capsys):
    folder, out = tmp_path / "people", tmp_path / "out"
    folder.mkdir()
    shutil.copy(SAMPLE_RECORDING, folder)
    row = f"{Path(SAMPLE_RECORDING).name},A,patients"
    (folder / "table.csv").write_text(f"file,person,group\n{row}\n")
    words = ["evaluate", "external", str(folder), "-o", str(out)]
    code, line = error_of(capsys, *words)
    assert code == 2 and "has no recordings.csv, expected a table with the columns file, " in line
    words += ["--table", str(folder / "table.csv")]
    for more, message in (
        (("--healthy", "old"), "no recording is of the group 'old', expected one of patients"),
        (("--workers", "0"), "--workers is 0, expected at least 1"),
        (("--norms", tmp_path / "none.json"), "--norms: "),
        (("--training", tmp_path / "none"), "--training "),
    ):
        code, line = error_of(capsys, *words, *more)
        assert code == 2 and message in line
    assert not out.exists()
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert (out / "tables.md").read_text() in printed and f"evaluation: {out}" in printed
    assert "External validation: people" in printed
    assert "No group is called healthy or control" in printed


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--steps", "0"), "--steps is 0, expected at least 1"),
        (("--workers", "0"), "--workers is 0, expected at least 1"),
        (("--seeds", "1", "1"), "--seeds are 1 1, expected different numbers from 0 on"),
        (("--seeds", "-1"), "--seeds are -1, expected different numbers from 0 on"),
        (("--configs", "huge"), "--configs is huge, expected a folder or one of flan_t5_base"),
        (("--device", "cuda:99"), "device is 'cuda:99', but torch finds"),
        (("--device", "cpu", "--devices", "cpu"), "pass one of both options"),
        (("--devices", "cpu", "meta"), "--devices are cpu meta, expected devices of one type"),
        (("--model", "DEFAULT", "--t5", "DEFAULT"), "leave --t5 and --vqvae out"),
        (("--t5", "DEFAULT"), "has a model of type 'agir', expected 't5': pass another model"),
    ],
)
def test_options_that_cannot_be_used_are_rejected_before_training(
    corpus, tmp_path, capsys, words, message
):
    words = [DEFAULT_MODEL if word == "DEFAULT" else word for word in words]
    code, line = error_of(capsys, "evaluate", "reasoning", corpus, "-o", tmp_path / "out", *words)
    assert code == 2 and message in line
    assert not (tmp_path / "out").exists()


def test_an_unknown_key_of_a_configuration_is_rejected_before_training(corpus, tmp_path, capsys):
    configs = shutil.copytree(recipes_folder() / "ablation/tiny", tmp_path / "configs")
    with (configs / "dpo.yaml").open("a") as file:
        file.write("learning_rat: 1.0e-4\n")
    words = ("evaluate", "linear-probe", corpus, "-o", tmp_path / "out", "--configs", configs)
    code, line = error_of(capsys, *words)
    assert code == 2 and "dpo.yaml has the unknown key 'learning_rat': did you mean learn" in line
    assert not (tmp_path / "out").exists()


def test_folds_that_test_a_subject_twice_are_rejected(corpus, tmp_path, capsys):
    broken = tmp_path / "broken"
    shutil.copytree(corpus, broken)
    content = json.loads((broken / "splits.json").read_text())
    folds = content["schemes"]["stratified"]
    folds[1]["test"].append(folds[0]["test"][0])
    (broken / "splits.json").write_text(json.dumps(content))
    code, line = error_of(capsys, "evaluate", "reasoning", broken, "-o", tmp_path / "out")
    assert code == 2 and "is tested in two folds" in line
    assert not (tmp_path / "out").exists()


def test_a_missing_package_of_an_extra_is_named_on_one_line(capsys, monkeypatch, tmp_path):
    (tmp_path / "splits.json").write_text("{}")
    monkeypatch.setitem(sys.modules, "datasets", None)
    code, line = error_of(capsys, "evaluate", "reasoning", tmp_path, "-o", tmp_path / "out")
    assert code == 2 and line.startswith('agir: this needs datasets: pip install "agir-hf[')

"""`agir corpus` on the command line: its output, and the files after an interrupt or an error."""

import csv
import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest
from datasets import load_dataset

from agir_hf.annotation import rule_writer
from agir_hf.cli import main
from agir_hf.corpus import assembly, build, measurement, store, stored_rows, texts
from agir_hf.corpus.build import build_corpus
from agir_hf.gait import extract_claims
from agir_hf.simulation.cohort import simulate_cohort
from agir_hf.simulation.mark import MARK

TABLE = "PDGinfo.csv"
BUILD = ("corpus", "build", "--fit", "centres")  # no body is fitted, which takes seconds a walk


@pytest.fixture(autouse=True)
def no_figures(monkeypatch):
    """The figures take most of the time, and are tested elsewhere."""
    monkeypatch.setattr("agir_hf.corpus.card.draw_figures", lambda *_: False)


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """Six recordings, one of them without a score."""
    return simulate_cohort(tmp_path_factory.mktemp("cohort") / "c", subjects=3, walks=1, seed=3)


@pytest.fixture(scope="module")
def finished(cohort, tmp_path_factory):
    return build_corpus(cohort, tmp_path_factory.mktemp("corpus") / "out", fit="centres").folder


@pytest.fixture
def corpus(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "corpus")


@pytest.fixture
def agir(capsys):
    """Run a command; returns exit code, standard output, and its own lines of standard error."""

    def agir(*arguments):
        capsys.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stop:  # of argparse
            code = stop.code
        output = capsys.readouterr()
        assert "Traceback" not in output.err
        lines = output.err.replace("\r", "\n").splitlines()
        return code, output.out, [line for line in lines if line.startswith("agir")]

    return agir


def no_space(*_, **__):
    raise OSError(28, "No space left on device")


def after(count, function, event):
    """Call a function `count` times, then raise an event."""
    calls = []

    def changed(*arguments, **keywords):
        calls.append(1)
        if len(calls) > count:
            event()
        return function(*arguments, **keywords)

    return changed


def ctrl_c():
    raise KeyboardInterrupt


def data_of(folder):
    files = sorted((folder / "data").rglob("*.parquet"))
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}


def recordings(folder):
    return {p.name for p in (folder / "work" / "recordings").glob("*")}


# results


def test_a_cohort_is_simulated(agir, tmp_path):
    out = tmp_path / "deep" / "cohort"
    code, printed, _ = agir("corpus", "simulate", out, "--subjects", 3, "--walks", 1)
    assert code == 0 and str(out) in printed and "6 simulated walks of 3 subjects" in printed
    assert len(list(out.rglob("*_walk_*.c3d"))) == 6 and (out / TABLE).is_file()


def test_build_prints_what_was_left_out_the_texts_and_the_folder(agir, cohort, tmp_path):
    code, printed, complaints = agir(*BUILD, cohort, tmp_path / "out")
    assert (code, complaints) == (0, [])
    lines = printed.splitlines()
    (note,) = [line for line in lines if line.startswith("  note: ")]
    assert "without a score, such as fixed/fixed" in note and "no walk of score" in note
    first, *summary, last = [line for line in lines if line != note]
    assert first == "  left out: SUB01_off_walk_1: OFF of SUB01 has no score"
    assert last == f"corpus of 5 recordings, 1 left out: {tmp_path / 'out'}"
    starts = [line.split(":")[0] for line in summary]
    assert summary[0].startswith("5 of 5 texts and 25 of 25 references are different; ")
    assert summary[1].startswith("claims: 100.0 % supported, 0.0 % near, 0.0 % contradicted; ")
    assert "specificity, all walks" in starts and starts[-1] == "parameters, all walks"
    assert "nearest to normal" in summary[-1] and "not measurable" in summary[-1]
    report = json.loads((tmp_path / "out/report.json").read_text("utf-8"))
    assert report["taken"] == 5 and list(report["excluded"]) == ["SUB01_off_walk_1"]
    assert "agir corpus build SOURCE OUT --fit centres --seed 0" in (
        (tmp_path / "out/README.md").read_text("utf-8")
    )
    assert not [p.name for p in (tmp_path / "out").iterdir() if p.name.startswith(".")]


def test_only_some_of_many_excluded_recordings_are_printed(agir, cohort, tmp_path):
    source = shutil.copytree(cohort, tmp_path / "c")
    for number in range(20):
        (source / "C3Dfiles" / f"SUB02_on_odd_{number:02d}.c3d").write_bytes(b"")
    _, printed, _ = agir(*BUILD, source, tmp_path / "out")
    assert printed.count("  left out: ") == 8 and "and 13 more, see" in printed
    assert "21 left out" in printed


def test_a_second_build_measures_nothing_and_changes_nothing(agir, cohort, corpus, monkeypatch):
    before = data_of(corpus)

    def fail(*_, **__):
        raise AssertionError("measured again")

    monkeypatch.setattr(build, "measure_item", fail)
    monkeypatch.setattr(texts, "write_references", fail)
    code, printed, _ = agir(*BUILD, cohort, corpus)
    assert code == 0 and "corpus of 5 recordings, 1 left out" in printed
    assert data_of(corpus) == before


def test_a_failed_recording_is_not_measured_again_until_it_changes(
    agir, cohort, tmp_path, monkeypatch
):
    source = shutil.copytree(cohort, tmp_path / "c")
    damaged = source / "C3Dfiles" / "SUB02_on" / "SUB02_on_walk_9.c3d"
    damaged.write_bytes(b"damaged")
    mark = json.loads((source / MARK).read_text(encoding="utf-8"))
    mark["recordings"].append(damaged.relative_to(source).as_posix())
    (source / MARK).write_text(json.dumps(mark), encoding="utf-8")
    _, first, _ = agir(*BUILD, source, tmp_path / "out")
    assert "left out: SUB02_on/SUB02_on_walk_9: " in first and "5 recordings, 2 left" in first
    with monkeypatch.context() as patch:
        patch.setattr(build, "measure_item", no_space)
        assert agir(*BUILD, source, tmp_path / "out")[1] == first
    other = source / "C3Dfiles" / "SUB02_on" / "SUB02_on_walk_1.c3d"
    shutil.copy(other, damaged)  # repaired
    assert "6 recordings, 1 left out" in agir(*BUILD, source, tmp_path / "out")[1]


def test_review_exports_and_imports(agir, corpus, tmp_path):
    table = tmp_path / "t.csv"
    code, printed, _ = agir("corpus", "review", "export", corpus, table)
    assert (code, printed) == (0, f"5 texts to review: {table}\n")
    code, printed, _ = agir("corpus", "review", "import", corpus, table)
    assert (code, printed) == (0, f"0 texts revised, 5 unchanged: {corpus}\n")
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    rows[3]["revised_foot"] = "The feet were looked at."
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    code, printed, _ = agir("corpus", "review", "import", corpus, table)
    assert (code, printed.splitlines()[-1]) == (0, f"1 texts revised, 4 unchanged: {corpus}")


def test_a_build_replaces_the_corpus_of_another_cohort_and_its_card(agir, cohort, tmp_path):
    source = shutil.copytree(cohort, tmp_path / "c")
    agir(*BUILD, source, tmp_path / "out")
    for path in source.rglob("*SUB03*"):
        if path.is_file():
            path.unlink()
    code, printed, _ = agir(*BUILD, source, tmp_path / "out")
    assert code == 0 and "corpus of 3 recordings" in printed
    assert "2 subjects, 3 recordings" in (tmp_path / "out/README.md").read_text("utf-8")
    assert "SUB03" not in (tmp_path / "out/splits.json").read_text("utf-8")


def test_texts_are_limited_to_listed_quantities(agir, cohort, corpus, tmp_path):
    names = tmp_path / "names.txt"
    names.write_text("speed\ncadence, arm_swing\n")
    assert agir(*BUILD, cohort, corpus, "--quantities", names)[0] == 0
    listed = ["arm_swing", "speed", "cadence"]
    assert json.loads((corpus / "corpus.json").read_text("utf-8"))["quantities"] == listed
    card = (corpus / "README.md").read_text("utf-8")
    assert "these quantities only: arm_swing, speed, cadence." in card
    assert "--quantities arm_swing,speed,cadence" in card
    written = list(store.Store(corpus).annotations().values())
    written_texts = [text for row in written for text in row.references]
    table = pyarrow.parquet.read_table(corpus / "data/train.parquet", columns=["rejected"])
    rejected = table["rejected"].drop_null().to_pylist()
    assert rejected
    for text in (*written_texts, *rejected):
        assert {claim.quantity for claim in extract_claims(text)} <= set(listed), text
    table = tmp_path / "t.csv"
    agir("corpus", "review", "export", corpus, table)
    agir("corpus", "review", "import", corpus, table)
    assert json.loads((corpus / "corpus.json").read_text("utf-8"))["quantities"] == listed
    assert agir(*BUILD, cohort, corpus)[0] == 0
    assert json.loads((corpus / "corpus.json").read_text("utf-8"))["quantities"] is None


# wrong arguments


def wrong_arguments(name, cohort, corpus, tmp):
    """Wrong arguments by name, and a part of the message."""
    foreign = tmp / "foreign"
    foreign.mkdir()
    (foreign / "notes.txt").write_text("mine")
    table = tmp / "t.csv"
    table.write_text("id,foot\n")
    care = tmp / "care"
    shutil.copytree(corpus, care)
    metadata = json.loads((care / "corpus.json").read_text("utf-8"))
    (care / "corpus.json").write_text(json.dumps(metadata | {"publishable": False}))
    return {
        "no source": (["build", tmp / "no", tmp / "o"], "no such folder"),
        "no cohort": (["build", foreign, tmp / "o"], "holds no recording"),
        "a file as source": (["build", table, tmp / "o"], "is a file, expected a folder"),
        "a foreign folder": (["build", cohort, foreign], "is not empty"),
        "a file as folder": (["build", cohort, table], "is a file"),
        "out is source": (["build", cohort, cohort], "is not empty"),
        "no workers": (["build", cohort, tmp / "o", "--workers", 0], "workers"),
        "negative seed": (["build", cohort, tmp / "o", "--seed", -1], "seed"),
        "no norms": (["build", cohort, tmp / "o", "--norms", table], "--norms: "),
        "no such quantity": (
            ["build", cohort, tmp / "o", "--quantities", "speed,gait"], "'gait', expected names"),
        "quantities of a model": (
            ["build", cohort, tmp / "o", "--quantities", "speed", "--model", "m"],
            "leave out --model"),
        "no such fit": (["build", cohort, tmp / "o", "--fit", "guess"], "expected body or centres"),
        "address without model": (
            ["build", cohort, tmp / "o", "--base-url", "http://127.0.0.1:9"], "name the model"),
        "a bad address": (
            ["build", cohort, tmp / "o", "--model", "m", "--base-url", "127.0.0.1"], "http://"),
        "no pace": (["build", cohort, tmp / "o", "--model", "m", "--requests-per-minute", 0],
                    "requests_per_minute"),
        "too few subjects": (["simulate", tmp / "o", "--subjects", 2], "expected at least 3"),
        "no walks": (["simulate", tmp / "o", "--walks", 0], "walks is 0"),
        "simulated over something": (["simulate", foreign, "--subjects", 3], "is not empty"),
        "nothing to review": (["review", "export", foreign, table], "no finished corpus"),
        "no table": (["review", "import", corpus, tmp / "no.csv"], "no.csv"),
        "another table": (["review", "import", corpus, table], "has no column"),
        "a table that is none": (
            ["review", "import", corpus, corpus / "statistics.npz"], "has no column"),
        "a table in no folder": (["review", "export", corpus, tmp / "no" / "t.csv"], "no"),
        "nothing to publish": (["publish", foreign, "me/x"], "no finished corpus"),
        "not to be published": (["publish", care, "me/x"], "do not allow"),
        "a bad name": (["publish", corpus, "me//x"], "me//x"),
    }[name]  # fmt: skip


@pytest.mark.parametrize(
    "name",
    ["no source", "no cohort", "a file as source", "a foreign folder", "a file as folder",
     "out is source", "no workers", "negative seed", "no norms", "no such fit",
     "no such quantity", "quantities of a model",
     "address without model",
     "a bad address", "no pace", "too few subjects", "no walks", "simulated over something",
     "nothing to review", "no table", "another table", "a table that is none",
     "a table in no folder", "nothing to publish", "not to be published", "a bad name"],
)  # fmt: skip
def test_a_wrong_argument_gives_one_line(agir, cohort, finished, tmp_path, name):
    arguments, part = wrong_arguments(name, cohort, finished, tmp_path)
    code, printed, complaints = agir("corpus", *arguments)
    assert code == 2 and not printed
    assert len(complaints) == 1 and part in complaints[0]
    assert not (tmp_path / "o").exists()
    assert (tmp_path / "foreign/notes.txt").read_text() == "mine"


@pytest.mark.parametrize("command", [[], ["build"], ["review"], ["review", "export"], ["publish"]])
def test_an_incomplete_command_names_the_missing_argument(agir, command):
    code, printed, complaints = agir("corpus", *command)
    assert code == 2 and not printed and len(complaints) == 1
    assert "missing (agir corpus" in complaints[0]


def test_a_cohort_without_measurable_recordings_gives_one_line(agir, cohort, tmp_path):
    source = shutil.copytree(cohort, tmp_path / "c")
    for path in source.rglob("*.c3d"):
        path.write_bytes(b"damaged")
    code, printed, complaints = agir(*BUILD, source, tmp_path / "out")
    assert code == 2 and len(complaints) == 1 and "expected a C3D file" in complaints[0]


def test_a_damaged_result_is_measured_again_or_named_in_an_error(agir, cohort, corpus):
    path = next((corpus / "work" / "recordings").iterdir())
    path.write_bytes(path.read_bytes()[:3000])
    code, _, complaints = agir(*BUILD, cohort, corpus)
    assert code == 0 or (code == 2 and len(complaints) == 1 and path.name in complaints[0])


def test_walks_without_measured_parameters_make_a_corpus_that_loads(agir, tmp_path):
    still = {"pose": np.zeros((60, 72)), "trans": np.tile([0, 0, 0.9], (60, 1)),
             "beta": np.zeros(10), "fps": 30, "UPDRS_GAIT": 1, "medication": "on"}  # fmt: skip
    content = {f"S{number}": {"w": still} for number in range(3)}
    (tmp_path / "STILL.pkl").write_bytes(pickle.dumps(content))
    code, _, complaints = agir(*BUILD, tmp_path / "STILL.pkl", tmp_path / "out")
    if code:  # an error message is acceptable too
        assert len(complaints) == 1
        return
    for config in ("motion", "generative", "reasoning", "preference"):
        try:
            load_dataset(str(tmp_path / "out"), config, cache_dir=str(tmp_path / "cache"))
        except ValueError as error:
            assert "BuilderConfig" in str(error), error  # the card names no missing configuration


def test_a_simulated_cohort_in_a_subfolder_is_recognised(agir, cohort, tmp_path):
    shutil.copytree(cohort, tmp_path / "data" / "c")
    agir(*BUILD, tmp_path / "data", tmp_path / "out")
    assert "SIMULATED" in (tmp_path / "out/README.md").read_text("utf-8")


# interrupts


def test_ctrl_c_while_measuring_keeps_finished_recordings(
    agir, cohort, finished, tmp_path, monkeypatch
):
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        save = after(3, measurement.save_recording, ctrl_c)
        patch.setattr(measurement, "save_recording", save)
        code, _, complaints = agir(*BUILD, cohort, out)
    assert (code, complaints) == (130, ["agir: stopped"])
    kept = {p: (out / "work/recordings" / p).stat().st_mtime_ns for p in recordings(out)}
    assert len(kept) == 3
    measured = []

    def counted(job, **options):
        measured.append(job[0].id)
        return measure(job, **options)

    measure = build.measure_item
    monkeypatch.setattr(build, "measure_item", counted)
    code, printed, _ = agir(*BUILD, cohort, out)
    assert code == 0 and "corpus of 5 recordings" in printed and len(measured) == 2
    assert all((out / "work/recordings" / p).stat().st_mtime_ns == t for p, t in kept.items())
    assert data_of(out) == data_of(finished)


def test_ctrl_c_while_writing_keeps_the_texts(agir, cohort, finished, tmp_path, monkeypatch):
    out, wanted = tmp_path / "out", []
    with monkeypatch.context() as patch:
        annotate = after(2, store.Store.annotate, ctrl_c)
        patch.setattr(store.Store, "annotate", lambda *arguments: annotate(*arguments))
        code, _, complaints = agir(*BUILD, cohort, out)
    assert (code, complaints) == (130, ["agir: stopped"])
    assert len(store.Store(out).annotations()) == 2 and len(recordings(out)) == 3

    def write_references(*arguments, **options):
        wanted.append(arguments)
        return rule_writer.write_references(*arguments, **options)

    monkeypatch.setattr(texts, "write_references", write_references)
    assert agir(*BUILD, cohort, out)[0] == 0
    assert len(wanted) == 3 and data_of(out) == data_of(finished)


def test_ctrl_c_while_assembling_keeps_the_old_corpus(agir, cohort, corpus, monkeypatch):
    before = data_of(corpus)
    with monkeypatch.context() as patch:
        load = after(3, stored_rows.load_recording, ctrl_c)
        patch.setattr(stored_rows, "load_recording", load)
        code, _, complaints = agir(*BUILD, cohort, corpus, "--seed", 5)
    assert (code, complaints) == (130, ["agir: stopped"])
    assert data_of(corpus) == before
    assert not [p.name for p in corpus.iterdir() if p.name.startswith(".")]
    assert agir(*BUILD, cohort, corpus)[0] == 0
    assert data_of(corpus) == before


def test_ctrl_c_while_simulating_leaves_no_files(agir, tmp_path, monkeypatch):
    monkeypatch.setattr("agir_hf.simulation.cohort.write_clinical", lambda *_: ctrl_c())
    code, printed, complaints = agir("corpus", "simulate", tmp_path / "c", "--subjects", 3,
                                     "--walks", 1)  # fmt: skip
    assert (code, printed, complaints) == (130, "", ["agir: stopped"])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("where", ["measuring", "writing", "assembling", "statistics", "card"])
def test_a_full_disk_gives_one_line_and_keeps_finished_results(
    agir, cohort, finished, tmp_path, monkeypatch, where
):
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        if where == "measuring":
            patch.setattr(np, "savez", after(3, np.savez, no_space))
        elif where == "writing":
            annotate = after(2, store.Store.annotate, no_space)
            patch.setattr(store.Store, "annotate", lambda *arguments: annotate(*arguments))
        elif where == "assembling":
            patch.setattr(pyarrow.parquet.ParquetWriter, "write_table", no_space)
        elif where == "statistics":
            patch.setattr(assembly, "_write_statistics", no_space)
        else:
            patch.setattr(assembly, "write_card", no_space)
        code, printed, complaints = agir(*BUILD, cohort, out)
    assert (code, printed) == (2, "")
    assert len(complaints) == 1 and "No space left on device" in complaints[0]
    files, texts = {"measuring": (3, 3), "writing": (3, 2)}.get(where, (5, 5))
    assert len(recordings(out)) == files and len(store.Store(out).annotations()) == texts
    assert not [p.name for p in out.rglob("*") if p.name.startswith(".")]
    if where not in ("measuring", "writing"):
        monkeypatch.setattr(build, "measure_item", no_space)
    assert agir(*BUILD, cohort, out)[0] == 0
    assert data_of(out) == data_of(finished)


def test_a_full_disk_during_a_review_gives_one_line(agir, corpus, tmp_path, monkeypatch):
    table = tmp_path / "t.csv"
    table.write_text("old")
    monkeypatch.setattr("os.replace", no_space)
    code, printed, complaints = agir("corpus", "review", "export", corpus, table)
    assert (code, printed) == (2, "") and "No space left on device" in complaints[0]
    assert table.read_text() == "old"
    assert sorted(p.name for p in Path(tmp_path).iterdir()) == ["corpus", "t.csv"]

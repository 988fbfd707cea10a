import json

import fsspec
import pyarrow.parquet as pq
import pytest

from agir_hf.assessment import load_model
from agir_hf.cli import main


@pytest.fixture
def lines(recipe, tmp_path):
    """Function that assesses a source and returns the lines of the results."""

    def run(source, *options, out="out"):
        recipe("assess", source, tmp_path / out, "--workers", "1", "--batch-size", "2", *options)
        return (tmp_path / out / "assessments.jsonl").read_text()

    return run


@pytest.fixture(scope="module")
def expected(recipe, walks, tmp_path_factory) -> str:
    """Lines of all walks, from one task."""
    folder = tmp_path_factory.mktemp("one")
    recipe("assess", walks, folder, "--workers", "1", "--batch-size", "2")
    return (folder / "assessments.jsonl").read_text()


def test_one_task_and_seven_give_equal_results(walks, lines, expected, tmp_path):
    assert lines(walks, "--tasks", "7") == expected
    rows = list(map(json.loads, expected.splitlines()))
    assert [row["path"] for row in rows][::9] == ["A/walk_1.npz", "D/walk_10.npz"]
    assert [row["path"] for row in rows if row["error"]] == ["B/walk_5.npz"]
    table = pq.read_table(tmp_path / "out" / "assessments.parquet").to_pylist()
    assert [row["row"] for row in table] == expected.splitlines()
    assert [row["score"] for row in table] == [row.get("score") for row in rows]
    assert not list((tmp_path / "out").rglob("*.partial"))
    stats = (tmp_path / "out" / "logs" / "assess" / "stats").iterdir()
    counts = [json.loads(file.read_text())[0]["stats"].get("recordings", 0) for file in stats]
    assert sorted(counts) == [0, 0, 2, 2, 2, 2, 2]


def test_the_rows_have_the_values_of_agir_assess(walks, expected, tmp_path, capsys):
    out = tmp_path / "rows.jsonl"
    main(["assess", str(walks), "--out", str(out), "--workers", "1", "--batch-size", "2"])
    rows = [json.loads(line) for line in expected.splitlines()]
    others = [json.loads(line) for line in out.read_text().splitlines()]
    for row, other in zip(rows, others, strict=True):
        assert other.pop("settings")
        assert other.pop("path").endswith(row.pop("path"))
        assert row == other


def test_recordings_and_results_on_another_file_system(walks, expected, recipe):
    system = fsspec.filesystem("memory")
    system.put(str(walks / "A"), "/study/A", recursive=True)
    options = ("--batch-size", "2", "--tasks", "5", "--workers", "1")
    try:
        recipe("assess", "memory://study", "memory://results", *options)
        result = system.cat_file("/results/assessments.jsonl").decode()
    finally:
        for folder in ("/study", "/results"):
            system.rm(folder, recursive=True)
    assert result.splitlines()[:2] == expected.splitlines()[:2]  # a batch of the same recordings
    assert len(result.splitlines()) == 3


def test_the_model_is_loaded_once_a_task_and_only_where_there_are_recordings(
    walks, lines, monkeypatch
):
    loaded = []

    def load(*arguments, **options):
        loaded.append(arguments)
        return load_model(*arguments, **options)

    monkeypatch.setattr("agir_hf.assessment.load_model", load)
    lines(walks / "A", "--tasks", "5")
    assert len(loaded) == 2  # two blocks of at most two recordings


def test_a_batch_that_fails_leaves_out_only_the_recording_that_fails(walks, lines, monkeypatch):
    from agir_hf.assessment import session_walks

    scored = session_walks._scored

    def fail(row, *arguments):
        if row.shown == "walk_2.npz":
            raise KeyError("joint")
        return scored(row, *arguments)

    monkeypatch.setattr(session_walks, "_scored", fail)
    rows = list(map(json.loads, lines(walks / "A").splitlines()))
    assert [bool(row["error"]) for row in rows] == [False, True, False]
    assert rows[1]["error"] == "walk_2.npz cannot be assessed (KeyError: 'joint')"


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--tasks", "0"], "'0' is not a whole number of 1 or more"),
        (["--executor", "slurm"], "--executor slurm needs --partition"),
        (["--executor", "slurm", "--partition", "p"], "needs the command sbatch"),
        (["--model", "no/such/model/name"], "--model"),
        (["--device", "tpu"], "tpu"),
        (["--tasks", "3"], "holds another run: --tasks is 3, was 2"),
        (["--tasks", "2", "--unaided"], "--unaided is True, was False"),
    ],
)
def test_options_that_do_not_fit_give_one_line(walks, lines, capsys, monkeypatch, options, error):
    monkeypatch.setenv("PATH", "")
    if "--tasks" in options and options[1] != "0":
        lines(walks / "B" / "walk_5.npz", "--tasks", "2")
    with pytest.raises(SystemExit) as ended:
        lines(walks / "B" / "walk_5.npz", *options)
    output = capsys.readouterr().err
    assert ended.value.code == 2
    assert error in output and len(output.splitlines()) == 1

import fsspec
import pytest

from agir_hf.cluster import corpus_blocks
from agir_hf.corpus.build import build_corpus


@pytest.fixture(scope="module")
def expected(walks, data_files, tmp_path_factory) -> dict[str, bytes]:
    """Files of the corpus that one machine builds."""
    folder = tmp_path_factory.mktemp("expected") / "corpus"
    command = "agir corpus build SOURCE OUT --fit body --seed 0"
    return data_files(build_corpus(walks, folder, command=command).folder)


@pytest.fixture
def build(recipe, walks, data_files, tmp_path):
    """Function that builds the corpus of the walks, and returns its files."""

    def run(*options, out="out"):
        recipe("build_corpus", walks, tmp_path / out, "--workers", "1", *options)
        return data_files(tmp_path / out)

    return run


@pytest.mark.parametrize("tasks", ["1", "7", "12"])
def test_every_number_of_tasks_gives_the_files_of_one_machine(build, expected, tasks):
    assert {"data/train.parquet", "splits.json", "README.md"} < set(expected)
    assert build("--tasks", tasks) == expected


def test_a_task_that_failed_is_run_again_and_the_others_are_not(
    build, expected, monkeypatch, capsys, tmp_path
):
    calls, compute = [], corpus_blocks.recording_row

    def row(item, settings):
        calls.append(item.path.name)
        if item.path.name == "walk_6.npz" and len(calls) < 11:
            raise OSError("the disk does not answer")
        return compute(item, settings)

    monkeypatch.setattr(corpus_blocks, "recording_row", row)
    with pytest.raises(SystemExit):
        build("--tasks", "4")
    error = capsys.readouterr().err
    assert error.startswith(
        "error: 1 of 4 tasks failed (task 2: OSError: the disk does not answer)"
    )
    assert len(error.splitlines()) == 1
    assert not (tmp_path / "out" / "data").exists()
    assert len(calls) == 9  # walks 6 and 7 are of one task, which ended at the first

    calls += ["", ""]
    assert build("--tasks", "4") == expected
    assert calls[-2:] == ["walk_6.npz", "walk_7.npz"]

    assert build("--tasks", "4") == expected
    assert len(calls) == 13  # everything was finished


def test_a_missing_shard_stops_the_merge(build, capsys, tmp_path):
    build("--tasks", "4")
    run = tmp_path / "out" / "work" / "cluster"
    (run / "shards" / "00001.parquet").unlink()
    (run / "logs" / "merge" / "completions" / "00000").unlink()
    with pytest.raises(SystemExit):
        build("--tasks", "4")
    assert "1 of 4 tasks have no shard (1)" in capsys.readouterr().err


def test_an_error_of_the_software_is_not_an_error_of_the_recording(build, monkeypatch, capsys):
    def broken(*_):
        raise ImportError("no module named pyarrow")

    monkeypatch.setattr(corpus_blocks, "recording_row", broken)
    with pytest.raises(SystemExit):
        build()
    assert "ImportError: no module named pyarrow" in capsys.readouterr().err


def test_an_unexpected_error_leaves_out_one_recording(build, monkeypatch, tmp_path):
    compute = corpus_blocks.recording_row

    def row(item, settings):
        if item.path.name == "walk_6.npz":
            raise KeyError("pelvis")
        return compute(item, settings)

    monkeypatch.setattr(corpus_blocks, "recording_row", row)
    report = build("--tasks", "3")["report.json"].decode()
    assert "walk_6.npz cannot be measured (KeyError: 'pelvis')" in report
    assert '"taken": 8' in report


def test_a_cohort_on_another_file_system(recipe, walks, expected, data_files, tmp_path):
    system = fsspec.filesystem("memory")
    system.put(str(walks), f"/{walks.name}", recursive=True)
    try:
        recipe("build_corpus", f"memory://{walks.name}", tmp_path, "--workers", "1")
        system.rm(f"/{walks.name}/clinical.csv")
        with pytest.raises(SystemExit):
            recipe("build_corpus", f"memory://{walks.name}", tmp_path, "--workers", "1")
    finally:
        system.rm(f"/{walks.name}", recursive=True)
    assert data_files(tmp_path) == expected

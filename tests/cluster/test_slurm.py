import json
from pathlib import Path

import pytest

from agir_hf.corpus.build import build_corpus


@pytest.fixture
def jobs(tmp_path, monkeypatch):
    """Function that returns the jobs that `sbatch` got; it runs them on this machine."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    import fake_slurm

    folder = tmp_path / "slurm"
    monkeypatch.setenv("PATH", fake_slurm.install(folder))

    def read() -> list[dict]:
        files = sorted(folder.glob("job-*.json"), key=lambda file: int(file.stem[4:]))
        return [json.loads(file.read_text()) for file in files]

    return read


@pytest.mark.slow
def test_the_jobs_of_slurm_build_the_corpus_and_a_rerun_submits_what_is_left(
    jobs, recipe, walks, data_files, tmp_path, capsys, monkeypatch
):
    out = tmp_path / "out"
    arguments = (
        walks, out, "--tasks", "2", "--executor", "slurm", "--partition", "short", "--time", "1:00",
        "--memory", "3", "--merge-memory", "16", "--merge-time", "9:00",
        "--env-command", "export READY=1", "--sbatch", "account=gait",
    )  # fmt: skip
    recipe("build_corpus", *arguments)
    first, _, merge, _ = jobs()  # after each of the two, `datatrove` sums up the statistics
    for line in ("array=0-1", "partition=short", "time=1:00", "mem-per-cpu=3G", "account=gait",
                 "kill-on-invalid-dep=yes", "job-name=agir-build"):  # fmt: skip
        assert f"#SBATCH --{line}\n" in first["script"]
    assert "export READY=1\nexport OMP_NUM_THREADS=1\n" in first["script"]
    assert "#SBATCH --qos" not in first["script"]
    assert "--dependency=afterok:1" in merge["arguments"]
    for line in ("array=0-0", "time=9:00", "mem-per-cpu=16G", "job-name=agir-build-merge"):
        assert f"#SBATCH --{line}\n" in merge["script"]
    assert [first["codes"], merge["codes"]] == [[0, 0], [0]]
    command = "agir corpus build SOURCE OUT --fit body --seed 0"
    expected = build_corpus(walks, tmp_path / "expected", command=command).folder
    assert data_files(out) == data_files(expected)

    for name in ("build/completions/00001", "merge/completions/00000"):
        (out / "work" / "cluster" / "logs" / name).unlink()
    monkeypatch.setenv("FAKE_SLURM_RUNS_NOTHING", "1")
    recipe("build_corpus", *arguments)
    again = jobs()[4]
    assert "#SBATCH --array=0-0\n" in again["script"]
    assert json.loads((out / "work/cluster/logs/build/ranks_to_run.json").read_text()) == [1]
    assert "submitted" in capsys.readouterr().out

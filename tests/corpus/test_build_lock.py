"""Two processes do not build into one folder, and a build removes what a killed one left."""

import json
import os
import socket

import pytest

from agir_hf.corpus.build import BuildError, build_corpus
from agir_hf.corpus.schema import CORPUS_TAG
from agir_hf.simulation.cohort import simulate_cohort
from agir_hf.simulation.varied_layout import simulate_varied_cohort
from agir_hf.utils import files
from agir_hf.utils.locks import LOCK_FILE, FolderInUseError, locked


@pytest.fixture
def cohort(tmp_path):
    """A cohort of one damaged recording, whose build ends soon."""
    folder = tmp_path / "cohort"
    folder.mkdir()
    (folder / "walk.c3d").write_bytes(b"nothing")
    (folder / "clinical.csv").write_text("subject,session,file,score\nA,on,walk.c3d,1\n")
    return folder


def test_a_corpus_that_is_being_built_is_not_touched(cohort, tmp_path):
    out = tmp_path / "corpus"
    out.mkdir()
    with locked(out / LOCK_FILE, out):
        with pytest.raises(FolderInUseError, match=f"process {os.getpid()} on"):
            build_corpus(cohort, out, fit="centres")
        assert [path.name for path in out.iterdir()] == [LOCK_FILE]
    with pytest.raises(BuildError):
        build_corpus(cohort, out, fit="centres")
    assert CORPUS_TAG in (out / "README.md").read_text() and not (out / LOCK_FILE).exists()


def test_a_build_removes_what_a_killed_one_left(cohort, tmp_path):
    out = tmp_path / "corpus"
    tag = f"{files._tag().split('-')[0]}-{os.getpid()}-01234567"  # of an earlier process
    for name in (f".data.{tag}.partial/train.parquet", f"work/recordings/.a.{tag}.partial.npz"):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(b"half")
    (out / "README.md").write_text(f"# {CORPUS_TAG}\n")
    stale = {"process": 999_999_999, "host": socket.gethostname(), "since": "yesterday"}
    (out / LOCK_FILE).write_text(json.dumps(stale))
    with pytest.raises(BuildError):
        build_corpus(cohort, out, fit="centres")
    assert not list(out.rglob("*.partial*")) and not (out / LOCK_FILE).exists()


@pytest.mark.parametrize("simulate", [simulate_cohort, simulate_varied_cohort])
def test_a_cohort_that_is_being_simulated_is_not_touched(tmp_path, simulate):
    out = tmp_path / "cohort"
    with (
        locked(tmp_path / ".cohort.lock", out),
        pytest.raises(FolderInUseError, match="cohort is in use by process"),
    ):
        simulate(out, 3, 1)
    assert not list(tmp_path.iterdir())

"""Rows of single recordings, joined to a corpus: equal to the build on one machine."""

import json
import pickle
from dataclasses import replace

import numpy as np
import pytest

from agir_hf.corpus.assembly import join_rows
from agir_hf.corpus.build import build_corpus
from agir_hf.corpus.builder import Others
from agir_hf.corpus.cohorts import read_source
from agir_hf.corpus.measurement import FitSettings
from agir_hf.corpus.recording_rows import RecordingRow, RowSettings, recording_row
from agir_hf.corpus.store import BuildError, Recorded
from agir_hf.simulation.cohort import simulate_cohort

EMPTY = np.empty(0, np.float32)


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    return simulate_cohort(tmp_path_factory.mktemp("cohort") / "c", subjects=3, walks=1, seed=3)


@pytest.fixture(autouse=True)
def no_figures(monkeypatch):
    monkeypatch.setattr("agir_hf.corpus.card.draw_figures", lambda *_: False)


def published(folder):
    """Content of every file of a corpus but its intermediate results."""
    return {
        path.relative_to(folder): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "work" not in path.relative_to(folder).parts
    }


def test_rows_computed_in_any_order_and_stored_as_columns_make_the_corpus(cohort, tmp_path):
    built = build_corpus(cohort, tmp_path / "built", fit="centres", seed=4)
    source = read_source(cohort)
    settings = pickle.loads(pickle.dumps(RowSettings(FitSettings("centres"), seed=4)))
    columns = [recording_row(item, settings).as_columns() for item in reversed(source.items)]
    rows = [RecordingRow.from_columns(json_and_lists(row)) for row in reversed(columns)]
    arrays = [(row.recorded.motion, row.recorded.joints) for row in rows]
    heads = [row.without_arrays() for row in rows]
    joined = join_rows(tmp_path / "joined", source, heads, arrays.__getitem__, settings)
    assert published(joined.folder) == published(built.folder)
    assert replace(joined, folder=built.folder) == built


def json_and_lists(columns):
    """Columns as they come out of a Parquet file."""
    arrays = {name: columns[name].tolist() for name in ("motion", "joints")}
    assert all(json.loads(columns[name]) for name in ("recording", "text", "checks"))
    return columns | arrays


def test_a_recording_that_cannot_be_measured_gives_a_row_with_the_reason(tmp_path):
    (tmp_path / "a.c3d").write_bytes(b"damaged")
    (tmp_path / "clinical.csv").write_text("subject,session,file,score\nA,s,a.c3d,1\n")
    source, settings = read_source(tmp_path), RowSettings(FitSettings("centres"))
    row = recording_row(source.items[0], settings)
    assert "a.c3d" in row.reason and row.recorded is row.annotation is row.checks is None
    assert RecordingRow.from_columns(row.as_columns()) is not row
    with pytest.raises(BuildError, match="none of 1 recordings can be measured"):
        join_rows(tmp_path / "out", source, [row], lambda index: None, settings)


def test_walks_of_the_same_score_are_drawn_without_those_of_the_subject():
    scores = {"A": [0, 1, 0], "B": [0, None], "C": [1, 0, 0]}
    items = [
        {"id": f"{subject}{i}", "subject": subject, "score": score}
        for i in range(3)
        for subject, own in scores.items()
        for score in own[i : i + 1]
    ]
    others = Others(Recorded(item, EMPTY, EMPTY, {}, {}, 100.0) for item in items)
    expected = [i["id"] for i in items if i["score"] == 0 and i["subject"] != "C"]
    drawn = others.draw_of_same_score(0, "C", 9, np.random.default_rng(2))
    order = np.random.default_rng(2).permutation(len(expected))
    assert drawn == [expected[index] for index in order]
    assert others.of_other_score(1) == [(i["id"], 0) for i in items if i["score"] == 0]
    assert others.draw_of_same_score(2, "C", 9, np.random.default_rng(2)) == []

"""Public benchmarks with labelled recordings."""

import csv
from collections import Counter

import numpy as np
import pytest

from agir_hf.corpus.benchmarks import HUBERTSHUM_LABELS, BenchmarkError, read_hubertshum


@pytest.fixture
def folder(shared):
    return shared / "data/hubertshum_bvh"


def subset(folder, into, rows):
    """A folder with a few of the recordings, and their annotations."""
    with (into / "annotations.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("name", "label"), *rows])
    for name, _ in rows:
        source = folder / f"{name}.bvh"
        if source.is_file():
            (into / source.name).symlink_to(source)
    return into


def test_walks_have_label_subject_features_and_gait_parameters(folder, tmp_path):
    rows = [("SubjectD3_Cycle1", "Healthy"), ("SubjectA11_Cycle2", "Muscle Weakness")]
    healthy, weak = read_hubertshum(subset(folder, tmp_path, rows))
    assert (healthy.name, healthy.subject, healthy.label) == (*rows[0][:1], "SubjectD3", "Healthy")
    assert (weak.subject, weak.label) == ("SubjectA11", "Muscle Weakness")
    for walk in (healthy, weak):
        assert walk.features.shape[1] == 263 and np.isfinite(walk.features).all()
        assert 50 < walk.parameters["cadence_steps_per_min"] < 150
    assert healthy.parameters["speed_m_per_s"] > 1.0 > weak.parameters["speed_m_per_s"]


@pytest.mark.slow
def test_the_whole_benchmark_has_56_walks_of_31_subjects(folder):
    walks = read_hubertshum(folder, workers=2)
    assert len(walks) == 56 and len({walk.subject for walk in walks}) == 31
    assert Counter(walk.label for walk in walks) == dict(
        zip(HUBERTSHUM_LABELS, (6, 6, 28, 16), strict=True)
    )


def test_errors_of_a_folder_are_named(folder, tmp_path):
    with pytest.raises(BenchmarkError, match="annotations.csv: pass the folder with this table"):
        read_hubertshum(tmp_path)
    (tmp_path / "annotations.csv").write_text("file,class\na,b\n")
    with pytest.raises(
        BenchmarkError, match="has the columns file, class, expected name and label"
    ):
        read_hubertshum(tmp_path)
    for name, rows, message in (
        ("absent", [("SubjectX_Cycle1", "Healthy")], "lacks 1 of 1 recordings, such as SubjectX"),
        ("unknown", [("SubjectD3_Cycle1", "Fine")], "the label 'Fine' of SubjectD3_Cycle1, expect"),
        ("repeated", [], "names SubjectD3_Cycle1 twice"),
        ("none", [], "names no walk"),
    ):
        (tmp_path / name).mkdir()
        with pytest.raises(BenchmarkError, match=message):
            if name == "repeated":
                read_hubertshum(_repeated(folder, tmp_path / name))
            else:
                read_hubertshum(subset(folder, tmp_path / name, rows))
    (tmp_path / "damaged").mkdir()
    subset(folder, tmp_path / "damaged", [("walk_1", "Healthy")])
    (tmp_path / "damaged/walk_1.bvh").write_text("HIERARCHY\nnothing")
    with pytest.raises(BenchmarkError, match="walk_1.bvh: "):
        read_hubertshum(tmp_path / "damaged")


def _repeated(folder, into):
    subset(folder, into, [("SubjectD3_Cycle1", "Healthy")])
    with (into / "annotations.csv").open("a") as file:
        file.write("SubjectD3_Cycle1,Healthy\n")
    return into

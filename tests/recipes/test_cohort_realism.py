"""`recipes/cohort_realism.py`: simulated walks compared with norms and recordings of people."""

import csv
import runpy
import shutil
from pathlib import Path

import numpy as np
import pytest

import agir_hf
from agir_hf.gait import PARAMETERS, reference

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def recipe():
    return runpy.run_path(str(ROOT / "recipes/cohort_realism.py"))


@pytest.fixture
def walks(recipe):
    """Ten walks of each group whose speed and step width depend on the group only."""
    rng = np.random.default_rng(0)
    return [
        recipe["Walk"](
            group,
            f"S{i}",
            {"speed_m_per_s": 1.3 - 0.2 * level + 0.01 * rng.normal(), "step_width_m": 0.1},
            age=30.0,
            sex="male",
        )
        for level, group in enumerate((*recipe["GROUPS"], recipe["UNLABELLED"]))
        for i in range(10)
    ]


def test_the_table_has_every_parameter_with_norm_and_groups(recipe, walks):
    rows = recipe["table"](walks)
    assert [row["parameter"] for row in rows] == [parameter.name for parameter in PARAMETERS]
    by_name = {row["parameter"]: row for row in rows}
    speed = by_name["speed_m_per_s"]
    norm = reference("speed_m_per_s")
    assert (speed["norm_mean"], speed["norm_sd"]) == (norm.mean, norm.sd)
    own = reference("speed_m_per_s", 30, "male")  # of the walk's age and sex
    assert speed["mean_z_of_score_0"] == pytest.approx((1.3 - own.mean) / own.sd, abs=0.1)
    assert speed["SIMULATED 2: mean"] == pytest.approx(0.9, abs=0.02)
    assert (
        speed["people, impaired: n"] == 10
        and by_name["cadence_steps_per_min"]["people, impaired: n"] == 0
    )
    assert "norm_mean" not in by_name["freezing_index"]


def test_the_printed_table_marks_what_is_far_from_the_norm(recipe, walks):
    rows = recipe["table"](walks)
    text = recipe["as_text"](rows, walks)
    assert len(text.splitlines()) == len(PARAMETERS) + 2
    assert "SIMULATED 0 (10)" in text and "people, no label (10)" in text
    (speed,) = (line for line in text.splitlines() if line.startswith("speed_m_per_s"))
    assert "*" not in speed
    for row in rows:
        row["mean_z_of_score_0"] = -1.4
    assert "-1.4*" in recipe["as_text"](rows, walks)


def test_table_and_figure_are_written(recipe, walks, tmp_path):
    rows = recipe["table"](walks)
    recipe["write_table"](tmp_path / "parameters.csv", rows)
    with (tmp_path / "parameters.csv").open(encoding="utf-8") as file:
        read = list(csv.DictReader(file))
    assert len(read) == len(PARAMETERS)
    assert float(read[1]["SIMULATED 0: mean"]) == pytest.approx(1.3, abs=0.02)
    pytest.importorskip("matplotlib")
    recipe["draw"](tmp_path / "parameters.png", walks)
    assert (tmp_path / "parameters.png").read_bytes().startswith(b"\x89PNG")


def test_labels_come_from_the_tables_of_a_folder(recipe, tmp_path):
    for name in ("a", "b", "c"):
        shutil.copy(agir_hf.SAMPLE_RECORDING, tmp_path / f"{name}.c3d")
    (tmp_path / "broken.c3d").write_bytes(b"not a recording")
    (tmp_path / "labels.csv").write_text("name,label\na,Healthy\nb,Joint Problem\n")
    unreadable = {}
    people = recipe["measure_people"]([tmp_path], [], unreadable)
    assert [(walk.subject, walk.group) for walk in people] == [
        ("a", "people, healthy"), ("b", "people, impaired"), ("c", "people, no label"),
    ]  # fmt: skip
    assert list(unreadable) == ["broken.c3d"] and str(tmp_path) not in unreadable["broken.c3d"]
    healthy = recipe["measure_people"]([], [tmp_path], {})
    assert {walk.group for walk in healthy} == {"people, healthy"}


def test_recordings_in_the_shida_layout_have_the_labels_of_their_scores(recipe, shared):
    labels = recipe["labels_of"](shared / "data/shida_pd")
    assert set(labels.values()) == {"people, impaired"} and len(labels) == 2


@pytest.mark.slow
def test_a_forest_separates_groups_that_differ_and_not_others(recipe, walks):
    pytest.importorskip("sklearn")
    simulated = [walk for walk in walks if walk.group in recipe["SIMULATED"]]
    assert min(recipe["measured_difficulty"](simulated)) > 0.95
    rng = np.random.default_rng(0)
    subjects = np.repeat(np.arange(10), 3)
    noise = recipe["forest_scores"](rng.normal(size=(30, 2)), np.tile([0, 1, 2], 10), subjects)
    assert max(noise) < 0.7

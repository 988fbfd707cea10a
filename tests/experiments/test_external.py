"""External validation of a folder of recordings, with the embedded model."""

import json
import re
import shutil
from pathlib import Path

import pytest

import agir_hf
from agir_hf import DEFAULT_MODEL
from agir_hf.experiments import external_assessments
from agir_hf.experiments.errors import ExperimentError
from agir_hf.experiments.external import CACHE, ExternalOptions, external_validation
from agir_hf.experiments.external_report import FIGURES, MARKDOWN, PAGE, PICTURE

EXAMPLES = Path(__file__).resolve().parents[2] / "spaces_app/examples"
TABLE = """file,person,group,score,age,sex
sample.c3d,A,patients,2,71,female
simulated_score_0.c3d,B,Controls,0,,
simulated_score_2.c3d,C,patients,2,68,male
damaged.c3d,D,patients,,,
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The sample recording, two simulated ones, one that cannot be read, and their table."""
    folder = tmp_path_factory.mktemp("people")
    shutil.copy(agir_hf.SAMPLE_RECORDING, folder / "sample.c3d")
    for name in ("simulated_score_0.c3d", "simulated_score_2.c3d"):
        shutil.copy(EXAMPLES / name, folder)
    (folder / "damaged.c3d").write_text("nothing")
    (folder / "recordings.csv").write_text(TABLE)
    return folder


@pytest.fixture(scope="module")
def report(folder, tmp_path_factory):
    """Folder of the report."""
    out = tmp_path_factory.mktemp("out")
    (path,) = external_validation(ExternalOptions(folder, out, DEFAULT_MODEL))
    assert path == out
    return out


def test_the_report_has_tables_page_figures_and_picture(report):
    text = (report / MARKDOWN).read_text()
    for title in ("Scores by group", "Scores and baselines", "Claims of the texts",
                  "Scores in the table and of the model", "Recordings left out"):  # fmt: skip
        assert f"## {title}" in text and title in (report / PAGE).read_text()
    assert "3 of 4 recordings were assessed, people: 3." in text
    assert "The healthy group is 'Controls'." in text
    figures = json.loads((report / FIGURES).read_text())
    assert figures["recordings"] == 3 and figures["healthy"] == "Controls"
    assert [group["group"] for group in figures["groups"]] == ["patients", "Controls"]
    assert list(figures["left_out"]) == ["damaged.c3d"]
    model = figures["judges"][0]
    for name in ("auc", "healthy_as_0", "accuracy", "confident_errors", "mirror_changes"):
        assert 0 <= model[name]["low"] <= model[name]["value"] <= model[name]["high"] <= 1


def test_the_page_needs_no_other_file(report):
    pytest.importorskip("matplotlib", reason="the picture needs matplotlib")
    page = (report / PAGE).read_text()
    assert (report / PICTURE).is_file() and "data:image/png;base64," in page
    assert not re.search(r'(src|href)="(?!data:)', page)


def test_no_folder_of_the_machine_is_in_the_report(report, folder):
    for part in (MARKDOWN, PAGE, FIGURES):
        assert str(folder.parent) not in (report / part).read_text()


def test_figures_are_those_of_a_single_assessment(report):
    from agir_hf.assessment import assess_recording, load_model

    walk = assess_recording(agir_hf.SAMPLE_RECORDING, *load_model(), age=71, sex="female")
    rows = [json.loads(line) for line in (report / CACHE).read_text().splitlines()]
    (row,) = [row["result"] for row in rows if row["file"] == "sample.c3d"]
    result = walk.as_json()
    assert (row["score"], row["probabilities"]) == (result["score"], result["probabilities"])
    assert result["reasoning"] in (row["unaided"], row["checked"])
    speed = walk.measurement.parameters["speed_m_per_s"].value
    assert row["parameters"]["speed_m_per_s"] == pytest.approx(speed)


def test_an_interrupted_run_continues_with_the_recordings_that_are_missing(
    report, folder, tmp_path, monkeypatch
):
    lines = (report / CACHE).read_text().splitlines()
    (tmp_path / CACHE).write_text("\n".join(lines[:2]) + '\n{"key": "interru')
    original, read = external_assessments.prepare_recording, []
    monkeypatch.setattr(
        external_assessments,
        "prepare_recording",
        lambda path, *args, **kwargs: read.append(path.name) or original(path, *args, **kwargs),
    )
    external_validation(ExternalOptions(folder, tmp_path, DEFAULT_MODEL))
    assert read == ["simulated_score_2.c3d", "damaged.c3d"]
    assert (tmp_path / MARKDOWN).read_text() == (report / MARKDOWN).read_text()


def test_results_are_not_used_again_for_another_age_or_content(folder, report, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    table = TABLE.replace(",71,female", ",35,female")
    (other / "recordings.csv").write_text(table)
    shutil.copy(EXAMPLES / "simulated_score_1.c3d", other / "simulated_score_2.c3d")
    shutil.copytree(report, tmp_path / "out")
    external_validation(ExternalOptions(other, tmp_path / "out", DEFAULT_MODEL))
    rows = [json.loads(line) for line in (tmp_path / "out" / CACHE).read_text().splitlines()]
    assert [row["file"] for row in rows[3:]] == ["sample.c3d", "simulated_score_2.c3d"]


def test_a_run_fails_only_if_no_recording_is_left(folder, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("file,person,group\ndamaged.c3d,D,patients\n")
    options = ExternalOptions(folder, tmp_path / "out", DEFAULT_MODEL, table)
    with pytest.raises(ExperimentError, match="none of 1 recordings can be assessed, such as dama"):
        external_validation(options)


def test_a_file_that_occurs_twice_under_two_names_is_an_error(folder, tmp_path):
    for name in ("one.c3d", "two.c3d"):
        shutil.copy(agir_hf.SAMPLE_RECORDING, tmp_path / name)
    table = tmp_path / "recordings.csv"
    table.write_text("file,person,group\none.c3d,A,PD\ntwo.c3d,B,PD\n")
    with pytest.raises(ExperimentError, match="two.c3d has the same content as one.c3d, expected"):
        external_validation(ExternalOptions(tmp_path, tmp_path / "out", DEFAULT_MODEL))


def test_other_files_are_not_replaced(folder, tmp_path):
    (tmp_path / MARKDOWN).write_text("mine")
    with pytest.raises(ExperimentError, match="tables.md that 'agir evaluate external' did not"):
        external_validation(ExternalOptions(folder, tmp_path, DEFAULT_MODEL))
    assert (tmp_path / MARKDOWN).read_text() == "mine"

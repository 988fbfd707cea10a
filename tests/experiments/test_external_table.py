"""The table of a folder of recordings."""

import shutil

import pytest

import agir_hf
from agir_hf.experiments.errors import ExperimentError
from agir_hf.experiments.external_table import healthy_group, read_table


@pytest.fixture
def folder(tmp_path):
    """Two files that stand for recordings."""
    (tmp_path / "far").mkdir()
    shutil.copy(agir_hf.SAMPLE_RECORDING, tmp_path / "a.c3d")
    shutil.copy(agir_hf.SAMPLE_RECORDING, tmp_path / "far/b.c3d")
    return tmp_path


def write(folder, *rows, name="recordings.csv"):
    (folder / name).write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder / name


def test_rows_become_recordings(folder):
    write(folder, "person,group,file,score,age,sex", "P1,Healthy,a.c3d,0,71.5,F", "P2,PD,far/b.c3d")
    first, second = read_table(folder)
    assert (first.file, first.path) == ("a.c3d", folder / "a.c3d")
    assert (first.person, first.group, first.score) == ("P1", "Healthy", 0)
    assert (first.age, first.sex) == (71.5, "female")
    assert second.path == folder / "far/b.c3d"
    assert (second.score, second.age, second.sex) == (None, None, None)


def test_another_table_is_read_instead(folder):
    write(folder, "file,person,group", "a.c3d,P1,x")
    table = write(folder, "file;person;group", "far/b.c3d;P2;y", name="other.csv")
    (recording,) = read_table(folder, table)
    assert recording.file == "far/b.c3d" and recording.group == "y"


def test_a_table_of_the_benchmark_hubertshum_is_read(folder):
    (folder / "SubjectA11_Cycle1.bvh").write_text("x")
    write(folder, "name,label", "SubjectA11_Cycle1,Healthy", name="annotations.csv")
    (recording,) = read_table(folder)
    assert (recording.file, recording.person) == ("SubjectA11_Cycle1.bvh", "SubjectA11")
    assert recording.group == "Healthy"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (("file,person", "a.c3d,P1"), "no column 'group', expected a table with 'file', 'person'"),
        (("name,label", "a,Fine"), "label 'Fine' of a, expected one of Healthy"),
        (("file,person,group",), "names no recording, expected one per row"),
        (("file,person,group", "a.c3d,,PD"), "the row of a.c3d has no person, expected one"),
        (
            ("file,person,group", "c.c3d,P1,PD"),
            "1 of 1 recordings of .* are absent, such as .*c.c3",
        ),
        (("file,person,group", "a.c3d,P1,PD", "./a.c3d,P2,PD"), r"names ./a.c3d twice, expected"),
        (("file,person,group,score", "a.c3d,P1,PD,3"), "a.c3d: score is 3, expected 0 to 2"),
        (("file,person,group,score", "a.c3d,P1,PD,bad"), "score is 'bad', expected a number"),
        (("file,person,group,age", "a.c3d,P1,PD,old"), "age is 'old', expected a number of years"),
        (("file,person,group,age", "a.c3d,P1,PD,nan"), "age is 'nan', expected a number of years"),
        (("file,person,group,age", "a.c3d,P1,PD,-4"), "age is -4"),
        (("file,person,group,sex", "a.c3d,P1,PD,x"), "sex is 'x', expected male or female"),
    ],
)
def test_errors_say_what_came_and_what_was_expected(folder, rows, message):
    write(folder, *rows)
    with pytest.raises(ExperimentError, match=message) as raised:
        read_table(folder)
    assert "\n" not in str(raised.value)


def test_a_missing_table_or_folder_is_named(folder, tmp_path):
    with pytest.raises(ExperimentError, match="has no recordings.csv, expected a table with the"):
        read_table(folder)
    with pytest.raises(ExperimentError, match="no file .*none.csv, expected a CSV file with the"):
        read_table(folder, tmp_path / "none.csv")
    with pytest.raises(ExperimentError, match="is not a folder, expected a folder of recordings"):
        read_table(tmp_path / "none")


def test_the_healthy_group_is_recognised_by_its_name_or_named():
    assert healthy_group(["PD", "Controls", "PD"]) == "Controls"
    assert healthy_group(["PD", "HEALTHY"]) == "HEALTHY"
    assert healthy_group(["PD", "stroke"]) is None
    assert healthy_group(["PD", "elderly"], "elderly") == "elderly"
    with pytest.raises(ExperimentError, match="no recording is of the group 'old', expected one"):
        healthy_group(["PD", "elderly"], "old")
    with pytest.raises(ExperimentError, match="groups control and healthy can both be the healthy"):
        healthy_group(["control", "healthy"])

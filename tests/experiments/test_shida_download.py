"""Check of a download: what is there, what is missing, and when it is not enough."""

import shutil
from pathlib import Path

import pytest

from agir_hf import SAMPLE_RECORDING
from agir_hf.experiments.errors import ExperimentError
from agir_hf.experiments.shida_download import (
    SUBJECTS,
    c3d_duration,
    listed,
    ranges,
    read_download,
)
from agir_hf.simulation.mark import write_mark
from agir_hf.simulation.shida_layout import SCORE_COLUMN

SESSIONS = ("off", "on")


@pytest.fixture
def cohort(tmp_path):
    """Writer of a folder in the layout of the data set; the recordings are copies of one file."""

    def write(scores: dict[str, tuple[str, str]], simulated: bool = True) -> Path:
        folder = tmp_path / "download"
        folder.mkdir()
        columns = ["ID", *(SCORE_COLUMN[session] for session in SESSIONS)]
        rows = [",".join(columns)]
        for subject, values in scores.items():
            rows.append(",".join([subject, *values]))
            for session in SESSIONS:
                trials = folder / "C3Dfiles" / f"{subject}_{session}"
                trials.mkdir(parents=True)
                for name in ("static", "walk_1"):
                    shutil.copy(SAMPLE_RECORDING, trials / f"{trials.name}_{name}.c3d")
        (folder / "PDGinfo.csv").write_text("\n".join(rows))
        if simulated:
            write_mark(folder, "a test", "0")
        return folder

    return write


def six(score: str = "2") -> dict[str, tuple[str, str]]:
    """Two subjects with each score; the last has another score if asked."""
    scores = ("0", "0", "1", "1", "2", score)
    return {f"SUB{i:02d}": (value, value) for i, value in enumerate(scores, 1)}


def test_a_whole_cohort_is_described_and_is_enough(cohort):
    download = read_download(cohort(six()))
    download.require_enough()
    assert download.subjects_of_score() == {
        0: ["SUB01", "SUB02"], 1: ["SUB03", "SUB04"], 2: ["SUB05", "SUB06"],
    }  # fmt: skip
    (line,) = download.lines()
    assert "12 walks" in line and "12 sessions of 6 subjects (2 with score 0" in line
    assert download.seconds == pytest.approx(12 * c3d_duration(Path(SAMPLE_RECORDING))[0])


def test_missing_subjects_sessions_and_static_trials_are_listed(cohort):
    folder = cohort(six(), simulated=False)
    shutil.rmtree(folder / "C3Dfiles/SUB02_on")
    (folder / "C3Dfiles/SUB03_off/SUB03_off_static.c3d").unlink()
    walk = folder / "C3Dfiles/SUB04_on/SUB04_on_walk_1.c3d"
    walk.rename(walk.with_name("SUB04_on_walk_4.c3d"))
    text = "\n".join(read_download(folder).lines())
    assert f"subjects without recordings: {', '.join(SUBJECTS[6:])}" in text
    assert "sessions without recordings: SUB02 ON" in text
    assert "sessions without a static trial: SUB03 OFF" in text
    assert "SUB04 ON: 1-3" in text


def test_a_score_that_is_missing_is_named_but_not_as_a_missing_recording(cohort):
    text = "\n".join(read_download(cohort(six() | {"SUB07": ("-", "0")})).lines())
    assert "OFF of SUB07 has no score" in text and "sessions without recordings" not in text


def test_an_incomplete_file_does_not_count(cohort):
    folder = cohort(six())
    for session in SESSIONS:
        path = folder / f"C3Dfiles/SUB06_{session}/SUB06_{session}_walk_1.c3d"
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
    download = read_download(folder)
    assert set(download.damaged) == {"SUB06_off_walk_1.c3d", "SUB06_on_walk_1.c3d"}
    half, whole = len(content) // 2, Path(SAMPLE_RECORDING).stat().st_size
    assert any(f"{half} of " in line and "download it again" in line for line in download.lines())
    assert whole == len(content)
    with pytest.raises(ExperimentError, match="1 subjects with score 2, expected at least 2"):
        download.require_enough()


def test_too_few_subjects_and_too_few_classes_stop_in_one_line(cohort):
    scores = dict(list(six().items())[:2])
    with pytest.raises(ExperimentError) as error:
        read_download(cohort(scores)).require_enough()
    assert "has 2 of 26 subjects with recordings and a score (SUB01, SUB02)" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_score_of_a_single_subject_stops(cohort):
    with pytest.raises(ExperimentError, match="1 subjects with score 2"):
        read_download(cohort(six("0"))).require_enough()


def test_an_archive_that_is_not_unpacked_is_named(tmp_path):
    (tmp_path / "C3Dfiles.zip").write_bytes(b"PK")
    with pytest.raises(ExperimentError, match=r"unpack C3Dfiles\.zip"):
        read_download(tmp_path)
    with pytest.raises(ExperimentError, match="is not a folder"):
        read_download(tmp_path / "nowhere")


def test_another_score_gives_another_digest(cohort, tmp_path):
    folder = cohort(six())
    before = read_download(folder).digest
    table = folder / "PDGinfo.csv"
    table.write_text(table.read_text().replace("SUB06,2,2", "SUB06,2,1"))
    assert read_download(folder).digest != before


def test_real_files_are_read_and_are_too_few(shared):
    download = read_download(shared / "data/shida_pd")
    assert {item.subject for item in download.items} == {"SUB01", "SUB05"}
    assert not download.damaged and download.seconds == pytest.approx(945 / 150 + 1809 / 150)
    with pytest.raises(ExperimentError, match="2 of 26 subjects"):
        download.require_enough()


def test_long_lists_are_shortened():
    assert ranges([1, 2, 3, 7, 9, 10]) == "1-3, 7, 9-10" and ranges([]) == ""
    assert listed("abc", 2) == "a, b and 1 more" and listed("ab", 2) == "a, b"

"""Cohorts in their folders: which recordings are used, which are left out and why."""

import csv
import json
import pickle
import shutil
from functools import cache

import numpy as np
import pytest

from agir_hf.corpus.build import build_corpus
from agir_hf.corpus.clinical import ClinicalTableError
from agir_hf.corpus.cohorts import SourceError, read_source
from agir_hf.simulation.cohort import simulate_cohort
from agir_hf.simulation.footsteps import TrialSetup
from agir_hf.simulation.mark import MARK
from agir_hf.simulation.shida_layout import SCORE_COLUMN, SIMULATED_TAG
from agir_hf.simulation.subjects import draw_subject, draw_walk
from agir_hf.simulation.walk import simulate_walk

OFF, ON = SCORE_COLUMN["off"], SCORE_COLUMN["on"]


def shida(folder, names, rows):
    """A folder of empty recordings and a table of (ID, Gender, Age, OFF, ON)."""
    for name in names:
        path = folder / "C3Dfiles" / f"{name}.c3d"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    write_table(folder / "PDGinfo.csv", ("ID", "Gender", "Age", OFF, ON), rows)
    return folder


def write_table(path, columns, rows, delimiter=","):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter).writerows([columns, *rows])


def clinical(
    folder, rows, columns=("subject", "session", "file", "score"), delimiter=",", files=()
):
    for name in files or {row[2] for row in rows}:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    write_table(folder / "clinical.csv", columns, rows, delimiter)
    return folder


def smpl_walk(score=1, medication="on", frames=40, **changes):
    rng = np.random.default_rng(frames)
    ahead = np.linspace(0, 2, frames)
    walk = {
        "pose": 0.05 * rng.normal(size=(frames, 72)),
        "trans": np.stack([ahead, np.zeros(frames), np.full(frames, 0.9)], axis=1),
        "beta": np.zeros(10),
        "fps": 30,
        "UPDRS_GAIT": score,
        "medication": medication,
        "other": "",
    }
    return walk | changes


def care_pd(folder, content, name="COHORT.pkl"):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(pickle.dumps(content))
    return folder


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    return simulate_cohort(tmp_path_factory.mktemp("cohort") / "c", subjects=3, walks=1, seed=3)


@pytest.fixture
def make_cohort(tmp_path):
    """Make a cohort of one scored subject with recordings of these names."""
    return lambda *names: shida(tmp_path, names, [("SUB01", "F", "66", "1", "2")])


def used(source):
    return {item.path.stem for item in source.items}


# Shida, real


def test_the_real_trials_have_their_scores(shared):
    source = read_source(shared / "data/shida_pd")
    assert [(i.id, i.score) for i in source.items] == [
        ("SUB01_off/SUB01_off_walk_12b", 2),
        ("SUB05_off/SUB05_off_walk_8", 2),
    ]
    assert (source.kind, source.simulated, source.publishable) == ("shida", False, True)
    assert source.licence.startswith("CC BY 4.0")
    assert not source.excluded
    first = source.items[0]
    assert (first.subject, first.session, first.medication) == ("SUB01", "SUB01_off", "off")
    assert (first.age, first.sex, first.static) == (58, "male", None)
    assert first.walk == first.id and first.variant == ""


def test_a_remark_names_subjects_of_the_real_table_without_recordings(shared):
    remark, sessions = read_source(shared / "data/shida_pd").remarks
    absent = {f"SUB{number:02d}" for number in range(1, 27)} - {"SUB01", "SUB05"}
    assert set(remark.partition(": ")[2].split(", ")) == absent
    assert sessions == "with a score but without recordings: SUB01 ON, SUB05 ON"


# simulated


def test_a_simulated_cohort_is_marked_as_simulated(cohort):
    source = read_source(cohort)
    assert source.simulated and "simulated" in source.title and "simulated" in source.licence
    assert source.kind == "shida" and source.publishable
    files = {path.stem for path in cohort.rglob("*.c3d") if "static" not in path.stem}
    assert used(source) | set(source.excluded) == files
    assert all("has no score" in reason for reason in source.excluded.values())
    for item in source.items:
        assert item.static == item.path.parent / f"{item.session}_static.c3d"


@pytest.mark.parametrize("where", ["above", "in the folder", "below"])
def test_a_real_cohort_next_to_words_about_simulation_is_not_simulated(shared, tmp_path, where):
    folder = tmp_path / "study" / "data"
    shutil.copytree(shared / "data/shida_pd", folder)
    where_to = {"above": folder.parent, "in the folder": folder, "below": folder / "notes"}[where]
    where_to.mkdir(exist_ok=True)
    (where_to / "README.md").write_text(f"# {SIMULATED_TAG}\n**Everything here is SIMULATED.**\n")
    source = read_source(folder)
    assert not source.simulated and source.licence.startswith("CC BY 4.0")


@pytest.mark.parametrize("content", ["", "[1]", '{"kind": "other", "recordings": []}', "[" * 5000])
def test_a_damaged_or_foreign_mark_lists_no_recordings(shared, tmp_path, content):
    folder = tmp_path / "data"
    shutil.copytree(shared / "data/shida_pd", folder)
    (folder / MARK).write_text(content)
    assert not read_source(folder).simulated


def test_real_recordings_in_a_simulated_cohort_are_refused(cohort, tmp_path):
    folder = tmp_path / "mixed"
    shutil.copytree(cohort, folder)
    mark = json.loads((folder / MARK).read_text())
    mark["recordings"] = [name for name in mark["recordings"] if "SUB01" not in name]
    (folder / MARK).write_text(json.dumps(mark))
    with pytest.raises(SourceError, match=r"simulated recordings and \d+ others .SUB01.*move"):
        read_source(folder)


@pytest.mark.parametrize("where", ["with its table", "table elsewhere"])
def test_a_simulated_cohort_in_a_subfolder_is_recognised(cohort, tmp_path, where):
    inner = tmp_path / "data" / "inner"
    shutil.copytree(cohort, inner)
    if where == "table elsewhere":
        shutil.move(inner / "PDGinfo.csv", tmp_path / "data" / "PDGinfo.csv")
    source = read_source(tmp_path / "data")
    assert source.simulated
    assert "CC BY" not in source.licence


# names


def test_the_trimmed_version_of_a_trial_is_used(make_cohort):
    source = read_source(
        make_cohort("SUB01_off_walk_3", "Trimmed_SUB01_off_walk_3", "SUB01_off_walk_4")
    )
    assert used(source) == {"Trimmed_SUB01_off_walk_3", "SUB01_off_walk_4"}
    assert source.excluded == {"SUB01_off_walk_3": "Trimmed_SUB01_off_walk_3 is used instead"}


def test_a_trimmed_trial_is_recognised_in_upper_and_lower_case(make_cohort):
    source = read_source(make_cohort("trimmed_sub01_OFF_walk_3", "Sub01_off_Walk_3"))
    assert used(source) == {"trimmed_sub01_OFF_walk_3"}
    assert [item.subject for item in source.items] == ["SUB01"]
    assert [item.session for item in source.items] == ["SUB01_off"]


def test_a_repeated_trial_is_a_separate_recording(make_cohort):
    source = read_source(make_cohort("SUB01_off_walk_12", "SUB01_off_walk_12b"))
    assert used(source) == {"SUB01_off_walk_12", "SUB01_off_walk_12b"} and not source.excluded


def test_the_number_may_follow_without_an_underscore(make_cohort):
    assert used(read_source(make_cohort("SUB01_on_walk7"))) == {"SUB01_on_walk7"}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("warmup", "states no subject and session"),
        ("SUB01_walk_1", "states no subject and session"),
        ("SUB01_off_turning", "states no walk"),
        ("SUB01_off_walk_2_old", "states no walk"),
        ("SUB01_off_static_2", "second static"),
    ],
)
def test_unrecognised_names_are_left_out_with_a_reason(make_cohort, name, reason):
    source = read_source(make_cohort("SUB01_off_static_1", "SUB01_off_walk_1", name))
    assert used(source) == {"SUB01_off_walk_1"}
    assert list(source.excluded) == [name] and reason in source.excluded[name]
    assert source.items[0].static.stem == "SUB01_off_static_1"


def test_a_static_trial_is_used_for_its_own_session(make_cohort):
    source = read_source(make_cohort("SUB01_off_static", "SUB01_off_walk_1", "SUB01_on_walk_1"))
    static = {item.medication: item.static and item.static.stem for item in source.items}
    assert static == {"off": "SUB01_off_static", "on": None}


def test_a_standing_trial_with_the_name_of_a_walk_is_mentioned(cohort, tmp_path):
    shutil.copytree(cohort, tmp_path / "c")
    item = read_source(tmp_path / "c").items[0]
    still = item.static.with_name(f"{item.session}_walk_9.c3d")
    item.static.rename(still)
    source = read_source(tmp_path / "c")
    notes = [*source.excluded, *source.remarks]
    assert still.stem in used(source) or any(still.stem in text for text in notes)


def test_the_same_file_name_in_two_folders_is_used_once(make_cohort):
    folder = make_cohort("a/SUB01_off_walk_1", "b/SUB01_off_walk_1", "a/SUB01_on_walk_1")
    source = read_source(folder)
    assert [item.path.parent.name for item in source.items] == ["a", "a"]
    (name,) = source.excluded
    assert name not in used(source)  # the name of the excluded file differs from the used one


# tables


@pytest.mark.parametrize(
    ("score", "reason"),
    [
        ("-", "OFF of SUB02 has no score"),
        ("", "OFF of SUB02 has no score"),
        ("n/a", "OFF of SUB02 has no score"),
        ("3", "score is 3, expected 0 to 2 (--num-scores 4 takes it)"),
        ("4", "score is 4, expected 0 to 2"),
        ("-1", "expected a number from 0 to 2"),
        ("1.5", "expected a number from 0 to 2"),
        ("mild", "score is 'mild', expected a number"),
        ("9" * 400, "score is"),
    ],
)
def test_a_session_without_a_usable_score_is_left_out(tmp_path, score, reason):
    names = ("SUB01_off_walk_1", "SUB02_off_walk_1", "SUB02_on_walk_1")
    rows = [("SUB01", "M", "70", "0", "0"), ("SUB02", "M", "70", score, "2.0")]
    source = read_source(shida(tmp_path, names, rows))
    assert used(source) == {"SUB01_off_walk_1", "SUB02_on_walk_1"}
    assert {item.path.stem: item.score for item in source.items}["SUB02_on_walk_1"] == 2
    assert list(source.excluded) == ["SUB02_off_walk_1"]
    assert reason in source.excluded["SUB02_off_walk_1"]
    assert "SUB02" in source.excluded["SUB02_off_walk_1"]


def test_a_subject_without_a_row_in_the_table_is_left_out(tmp_path):
    names = ("SUB01_off_walk_1", "SUB09_off_walk_1")
    source = read_source(shida(tmp_path, names, [("SUB01", "M", "70", "0", "0")]))
    assert source.excluded == {"SUB09_off_walk_1": "SUB09 is not in the clinical table"}


def test_a_subject_with_two_rows_in_the_table_raises(tmp_path):
    rows = [("SUB01", "M", "70", "0", "0"), ("sub01 ", "M", "70", "1", "0")]
    folder = shida(tmp_path, ["SUB01_off_walk_1"], rows)
    with pytest.raises(ClinicalTableError, match="two rows of SUB01"):
        read_source(folder)


def test_without_any_score_the_error_names_the_most_frequent_reason(tmp_path):
    folder = shida(tmp_path, ["SUB01_off_walk_1"], [("SUB01", "M", "70", "-", "0")])
    with pytest.raises(SourceError, match="no recording with a score.*OFF of SUB01 has no score"):
        read_source(folder)


def test_recordings_without_a_table_raise(make_cohort):
    folder = make_cohort("SUB01_off_walk_1")
    (folder / "PDGinfo.csv").unlink()
    (folder / "SUB01_off_walk_1_linear_kinematics.csv").write_bytes(bytes(range(256)) * 8)
    with pytest.raises(ClinicalTableError, match="holds no clinical table, expected a CSV"):
        read_source(folder)


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_the_table_may_be_exported_from_a_spreadsheet(tmp_path, delimiter):
    folder = shida(tmp_path, ["SUB01_off_walk_1"], [])
    rows = [("SUB01", "female", "66", "1", "-"), ("", "", "", "", "")]
    write_table(folder / "PDGinfo.csv", ("ID", "Gender", "Age", OFF, ON), rows, delimiter)
    text = (folder / "PDGinfo.csv").read_text(encoding="utf-8")
    (folder / "PDGinfo.csv").write_text("\ufeff" + text, encoding="utf-8")
    (item,) = read_source(folder).items
    assert (item.score, item.age, item.sex) == (1, 66, "female")


@pytest.mark.parametrize("age", ["-", "", "nan", "inf", "sixty"])
def test_an_age_that_is_not_a_number_is_unknown(tmp_path, age):
    folder = shida(tmp_path, ["SUB01_off_walk_1"], [("SUB01", "?", age, "1", "2")])
    (item,) = read_source(folder).items
    assert (item.age, item.sex) == (None, None)


# not a cohort


def test_a_missing_folder_raises(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such folder"):
        read_source(tmp_path / "nowhere")


def test_an_empty_folder_raises(tmp_path):
    with pytest.raises(SourceError, match="holds no recording and no table"):
        read_source(tmp_path)


def test_recordings_with_other_names_and_no_table_raise(tmp_path):
    (tmp_path / "walk1.c3d").write_bytes(b"")
    with pytest.raises(SourceError, match="holds 1 C3D files and no table of scores"):
        read_source(tmp_path)


def test_a_file_instead_of_a_folder_raises(tmp_path):
    (tmp_path / "PDGinfo.csv").write_text("ID\n")
    with pytest.raises(SourceError, match="is a file, expected a folder or a CARE-PD pickle"):
        read_source(tmp_path / "PDGinfo.csv")


# CARE-PD


def test_copies_of_care_pd_belong_to_their_walk(tmp_path):
    names = ("walk_1", "walk_1_down0", "walk_1_M", "walk_1_down1_M", "walk_2")
    folder = care_pd(tmp_path, {"S1": {name: smpl_walk() for name in names}})
    source = read_source(folder)
    copies = {item.inside: (item.walk, item.variant) for item in source.items}
    assert copies == {
        "S1/walk_1": ("COHORT/S1/walk_1", ""),
        "S1/walk_1_down0": ("COHORT/S1/walk_1", "down0"),
        "S1/walk_1_M": ("COHORT/S1/walk_1", "M"),
        "S1/walk_1_down1_M": ("COHORT/S1/walk_1", "down1_M"),
        "S1/walk_2": ("COHORT/S1/walk_2", ""),
    }
    assert {item.subject for item in source.items} == {"COHORT_S1"}
    assert not source.publishable and not source.simulated and source.kind == "care-pd"
    assert not source.remarks


def test_a_copy_without_its_original_gives_a_remark(tmp_path):
    source = read_source(care_pd(tmp_path, {"S1": {"w_down0": smpl_walk()}}))
    assert [item.walk for item in source.items] == ["COHORT/S1/w"]
    assert source.remarks == ("S1/w_down0 is a copy of w, which is missing",)


@pytest.mark.parametrize("score", [2, 2.0, "2", np.int64(2), np.float32(2), np.array([2])])
def test_care_pd_scores_of_any_type_are_read(tmp_path, score):
    (item,) = read_source(care_pd(tmp_path, {"S1": {"w": smpl_walk(score)}})).items
    assert item.score == 2


@pytest.mark.parametrize(
    ("score", "reason"),
    [
        (None, "no score"),
        (float("nan"), "no score"),
        (np.float32("nan"), "no score"),
        ("", "no score"),
        (3, "score is 3"),
        ("severe", "'severe'"),
        ([[1], [1, 2]], "score"),
    ],
)
def test_walks_of_care_pd_without_a_usable_score_are_left_out(tmp_path, score, reason):
    content = {"S1": {"good": smpl_walk(0), "bad": smpl_walk(score)}}
    source = read_source(care_pd(tmp_path, content))
    assert [item.inside for item in source.items] == ["S1/good"]
    (excluded_reason,) = source.excluded.values()
    assert reason in excluded_reason


@pytest.mark.parametrize(
    ("medication", "expected"),
    [("on", "on"), (" OFF ", "off"), (None, "unknown"), ("", "unknown"), ("twice", "unknown")],
)
def test_medication_is_on_off_or_unknown(tmp_path, medication, expected):
    (item,) = read_source(care_pd(tmp_path, {"S1": {"w": smpl_walk(1, medication)}})).items
    assert (item.medication, item.session) == (expected, f"COHORT_S1_{expected}")


def test_one_pickle_may_be_read_alone(tmp_path):
    care_pd(tmp_path, {"S1": {"w": smpl_walk()}})
    care_pd(tmp_path, {"S2": {"w": smpl_walk()}}, "OTHER.pkl")
    assert {item.subject for item in read_source(tmp_path).items} == {"COHORT_S1", "OTHER_S2"}
    assert [i.subject for i in read_source(tmp_path / "OTHER.pkl").items] == ["OTHER_S2"]


@pytest.mark.parametrize("content", [b"", b"no pickle", b"cos\nsystem\n(S'x'\ntR."])
def test_a_damaged_or_dangerous_pickle_is_left_out(tmp_path, content):
    care_pd(tmp_path, {"S1": {"w": smpl_walk()}})
    (tmp_path / "broken.pkl").write_bytes(content)
    source = read_source(tmp_path)
    assert [item.subject for item in source.items] == ["COHORT_S1"]
    assert list(source.excluded) == ["broken.pkl"]
    assert "\n" not in source.excluded["broken.pkl"]
    (tmp_path / "COHORT.pkl").unlink()
    with pytest.raises(SourceError, match="1 left out: .*broken.pkl"):
        read_source(tmp_path)


def test_walks_of_one_name_in_two_pickles_are_left_out_each(tmp_path):
    care_pd(tmp_path, {"S1": {"w": smpl_walk(None), "v": smpl_walk()}})
    care_pd(tmp_path, {"S1": {"w": smpl_walk(None), "v": smpl_walk()}}, "OTHER.pkl")
    assert len(read_source(tmp_path).excluded) == 2


@cache
def simulated_body():
    """A simulated walk as a body, because a corpus has only walks."""
    rng = np.random.default_rng(3)
    subject = draw_subject("S2", (1, 1), rng)
    style = draw_walk(subject.sessions[0], rng).style
    motion = simulate_walk(subject.body, style, TrialSetup(6.0), rng).motion()
    return smpl_walk() | {
        "pose": motion.poses[::5].reshape(-1, 72), "trans": motion.translation[::5], "fps": 30
    }  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"pose": np.zeros((0, 72)), "trans": np.zeros((0, 3))},
        {"pose": np.zeros((1, 72)), "trans": np.zeros((1, 3))},
        {"pose": np.full((40, 72), np.nan)},
        {"trans": np.zeros((39, 3))},
        {"fps": 0},
        {"fps": "thirty"},
    ],
    ids=["no frame", "one frame", "no numbers", "other length", "no rate", "rate in words"],
)
def test_a_walk_that_cannot_be_measured_does_not_stop_the_others(tmp_path, change):
    content = {"S1": {"bad": smpl_walk() | change}, "S2": {"good": simulated_body()}}
    built = build_corpus(care_pd(tmp_path / "in", content), tmp_path / "out")
    assert built.recordings == 1
    assert list(built.excluded) == ["COHORT/S1/bad"]


# clinical.csv


def test_a_folder_with_clinical_csv(tmp_path):
    rows = [("A", "before", "a/one.trc", "0"), ("A", "before", "a/two.trc", "0"),
            ("B", "", "b.trc", "2")]  # fmt: skip
    source = read_source(clinical(tmp_path / "lab", rows))
    assert (source.kind, source.title, source.simulated) == ("folder", "lab", False)
    assert [(i.id, i.subject, i.session, i.score) for i in source.items] == [
        ("A_before/a/one", "A", "A_before", 0),
        ("A_before/a/two", "A", "A_before", 0),
        ("B/b", "B", "B", 2),
    ]
    assert [item.path.name for item in source.items] == ["one.trc", "two.trc", "b.trc"]
    assert {(item.age, item.sex, item.static) for item in source.items} == {(None, None, None)}


@pytest.mark.parametrize(
    ("row", "name", "reason"),
    [
        (("A", "s", "gone.trc", "1"), "gone.trc", "the file does not exist"),
        (("A", "s", "w.trc", ""), "w.trc", "A s has no score"),
        (("A", "s", "w.trc", "4"), "w.trc", "score is 4"),
        (("A", "s", "w.trc", "one"), "w.trc", "'one'"),
        (("", "s", "w.trc", "1"), "w.trc", "row 3 of clinical.csv names no subject"),
        (("A", "s", "", "1"), "row 3", "row 3 of clinical.csv names no file"),
        (("A",), "row 3", "row 3 of clinical.csv names no file"),
    ],
)
def test_unusable_rows_are_left_out(tmp_path, row, name, reason):
    folder = clinical(tmp_path, [("G", "", "good.trc", "1"), row], files=("good.trc", "w.trc"))
    source = read_source(folder)
    assert [item.subject for item in source.items] == ["G"]
    assert list(source.excluded) == [name] and reason in source.excluded[name]


def test_two_scores_of_one_session_raise(tmp_path):
    rows = [("A", "s", "a.trc", "0"), ("A", "t", "b.trc", "1"), ("A", "s", "c.trc", "1")]
    with pytest.raises(ClinicalTableError, match=r"session 's' of A the scores 0 and 1 \(row 4\)"):
        read_source(clinical(tmp_path, rows))


def test_a_repeated_recording_raises(tmp_path):
    rows = [("A", "s", "a.trc", "0"), ("A", "s", "a.trc", "0")]
    with pytest.raises(SourceError, match="names A_s/a twice"):
        read_source(clinical(tmp_path, rows))


def test_semicolons_and_further_columns(tmp_path):
    columns = ("score", "age", " file", "subject", "sex", "note", "session")
    rows = [
        ("1", "71.5", "a.trc", "A", "Female", "x,y,z", "on"),
        ("0", "old", "b.trc", "B", "M", "", "off"),
        ("2", "", "c.trc", "C", "d", "", ""),
    ]
    folder = clinical(tmp_path, rows, columns, ";", files=("a.trc", "b.trc", "c.trc"))
    items = read_source(folder).items
    assert [(i.subject, i.score, i.age, i.sex, i.medication) for i in items] == [
        ("A", 1, 71.5, "female", "on"),
        ("B", 0, None, "male", "off"),
        ("C", 2, None, None, "unknown"),
    ]


@pytest.mark.parametrize(
    ("session", "medication"),
    [("on", "on"), ("Visit2_OFF", "off"), ("off-meds", "off"), ("2on", "on"),
     ("month", "unknown"), ("offset", "unknown"), ("baseline", "unknown"), ("", "unknown")],
)  # fmt: skip
def test_medication_is_read_from_the_sessions_name(tmp_path, session, medication):
    (item,) = read_source(clinical(tmp_path, [("A", session, "a.trc", "1")])).items
    assert item.medication == medication


def test_missing_columns_are_named(tmp_path):
    folder = clinical(tmp_path, [("A", "x.trc")], ("subject", "path"), files=("x.trc",))
    with pytest.raises(ClinicalTableError, match="no column 'session', 'file', 'score'"):
        read_source(folder)


def test_an_empty_table_raises(tmp_path):
    (tmp_path / "clinical.csv").write_text("")
    with pytest.raises(ClinicalTableError, match="it has none"):
        read_source(tmp_path)
    write_table(tmp_path / "clinical.csv", ("subject", "session", "file", "score"), [])
    with pytest.raises(SourceError, match="no recording with a score"):
        read_source(tmp_path)


def test_an_unclosed_quote_raises(tmp_path):
    text = 'subject,session,file,score\n"A,s,a.trc,1\n' + "B,s,b.trc,1\n" * 20_000
    (tmp_path / "clinical.csv").write_text(text)
    with pytest.raises(ClinicalTableError):
        read_source(tmp_path)


def test_ids_of_files_in_other_folders_contain_no_path(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/a.trc").write_bytes(b"")
    path = str(tmp_path / "elsewhere/a.trc")
    source = read_source(clinical(tmp_path / "lab", [("A", "s", path, "1")]))
    assert not any(str(tmp_path) in name for i in source.items for name in (i.id, i.walk))


def test_care_pd_pickles_named_in_a_table_are_not_publishable(tmp_path):
    care_pd(tmp_path, {"S1": {"w": smpl_walk()}})
    folder = clinical(tmp_path, [("A", "s", "COHORT.pkl", "1")], files=("other.trc",))
    assert not read_source(folder).publishable


# scores up to 3


@pytest.mark.parametrize("kind", ["shida", "table", "care-pd"])
def test_scores_up_to_3_are_taken_if_asked_for(tmp_path, kind):
    if kind == "shida":
        names = ("SUB01_off_walk_1", "SUB01_on_walk_1", "SUB02_off_walk_1")
        rows = [("SUB01", "M", "70", "3", "0"), ("SUB02", "M", "70", "4", "-")]
        folder = shida(tmp_path, names, rows)
    elif kind == "table":
        rows = [("A", "off", "a.c3d", "3"), ("A", "on", "b.c3d", "0"), ("B", "off", "c.c3d", "4")]
        folder = clinical(tmp_path, rows)
    else:
        walks = {"w": smpl_walk(3), "v": smpl_walk(0), "u": smpl_walk(4)}
        folder = care_pd(tmp_path, {"S1": walks})
    source = read_source(folder, num_scores=4)
    assert sorted(item.score for item in source.items) == [0, 3] and source.num_scores == 4
    (reason,) = (reason for reason in source.excluded.values() if "4" in reason)
    assert "score is 4, expected 0 to 3" in reason and "takes it" not in reason
    source = read_source(folder)
    assert [item.score for item in source.items] == [0] and source.num_scores == 3


@pytest.mark.parametrize("number", [0, 2, 5])
def test_another_number_of_scores_raises(tmp_path, number):
    with pytest.raises(ValueError, match=f"num_scores is {number}, expected 3 .* or 4"):
        read_source(care_pd(tmp_path, {"S1": {"w": smpl_walk()}}), num_scores=number)


# several cohorts


def test_each_pickle_is_a_cohort(tmp_path):
    care_pd(tmp_path, {"S1": {"w": smpl_walk(0)}}, "BMCLab.pkl")
    care_pd(tmp_path, {"S1": {"w": smpl_walk(1), "w_M": smpl_walk(1)}}, "PD-GaM.pkl")
    source = read_source(tmp_path)
    rows = {(item.subject, item.cohort, item.walk) for item in source.items}
    assert rows == {
        ("BMCLab_S1", "BMCLab", "BMCLab/S1/w"), ("PD-GaM_S1", "PD-GaM", "PD-GaM/S1/w"),
    }  # fmt: skip
    assert source.title == "CARE-PD (BMCLab, PD-GaM)" and not source.publishable
    assert "CC BY-NC 4.0" in source.licence
    assert {item.cohort for item in read_source(tmp_path / "BMCLab.pkl").items} == {""}


def test_further_folders_of_a_care_pd_download_are_not_cohorts(tmp_path):
    care_pd(tmp_path, {1: {"w": smpl_walk(0)}}, "3DGait.pkl")  # subjects may be numbers
    care_pd(tmp_path / "folds" / "UPDRS_Datasets", {1: {"train": ["1"]}}, "3DGait_6fold.pkl")
    (tmp_path / "HumanML3D" / "3DGait").mkdir(parents=True)
    source = read_source(tmp_path)
    assert [item.id for item in source.items] == ["3DGait/1/w"] and source.kind == "care-pd"
    assert not source.excluded


def test_a_cohort_of_care_pd_with_fewer_subjects_than_published_gives_a_remark(tmp_path):
    care_pd(tmp_path, {"S1": {"w": smpl_walk(0)}}, "BMCLab.pkl")
    care_pd(tmp_path, {"S1": {"w": smpl_walk(None)}}, "T-LTC.pkl")
    (remark,) = read_source(tmp_path).remarks
    assert remark == "BMCLab has 1 subjects, published were 23: check the download"


def test_a_cohort_without_scores_is_used_next_to_one_with_scores(tmp_path):
    care_pd(tmp_path, {"S1": {"w": smpl_walk(2), "v": smpl_walk(None)}}, "BMCLab.pkl")
    care_pd(tmp_path, {"S1": {"w": smpl_walk(None), "w_M": smpl_walk(float("nan"))}}, "T-SDU.pkl")
    source = read_source(tmp_path)
    scores = {item.id: item.score for item in source.items}
    assert scores == {"BMCLab/S1/w": 2, "T-SDU/S1/w": None, "T-SDU/S1/w_M": None}
    assert source.excluded == {"BMCLab/S1/v": "it has no score"}
    (tmp_path / "BMCLab.pkl").unlink()
    with pytest.raises(SourceError, match="2 walks of cohorts without scores.*add a cohort"):
        read_source(tmp_path)


def test_a_cohort_whose_scores_are_nonsense_is_not_one_without_scores(tmp_path):
    care_pd(tmp_path, {"S1": {"w": smpl_walk(2)}}, "BMCLab.pkl")
    care_pd(tmp_path, {"S1": {"w": smpl_walk("x"), "v": smpl_walk(None)}}, "T-SDU.pkl")
    source = read_source(tmp_path)
    assert [item.id for item in source.items] == ["BMCLab/S1/w"]
    assert set(source.excluded) == {"T-SDU/S1/w", "T-SDU/S1/v"}


def mixed(tmp_path):
    """Cohorts of all kinds in one folder; subject SUB01 is in two of them."""
    names = ("SUB01_off_walk_1", "SUB02_off_walk_1")
    rows = [("SUB01", "M", "70", "0", "-"), ("SUB02", "M", "70", "-", "-")]
    shida(tmp_path / "lab", names, rows)
    clinical(tmp_path / "clinic", [("SUB01", "off", "w.c3d", "2")])
    care_pd(tmp_path / "care", {"S1": {"w": smpl_walk(1)}}, "BMCLab.pkl")
    care_pd(tmp_path, {"S1": {"w": smpl_walk(1)}}, "PD-GaM.pkl")
    return tmp_path


def test_a_folder_of_cohorts_is_read_with_the_cohort_in_every_name(tmp_path):
    source = read_source(mixed(tmp_path))
    rows = {item.cohort: (item.subject, item.session, item.id, item.score) for item in source.items}
    assert rows == {
        "lab": ("lab_SUB01", "lab_SUB01_off", "lab/SUB01_off/SUB01_off_walk_1", 0),
        "clinic": ("clinic_SUB01", "clinic_SUB01_off", "clinic/SUB01_off/w", 2),
        "BMCLab": ("BMCLab_S1", "BMCLab_S1_on", "BMCLab/S1/w", 1),
        "PD-GaM": ("PD-GaM_S1", "PD-GaM_S1_on", "PD-GaM/S1/w", 1),
    }
    assert all(item.walk == item.id for item in source.items)
    assert source.excluded == {"lab/SUB02_off_walk_1": "OFF of SUB02 has no score"}
    assert source.kind == "cohorts" and not source.publishable
    assert all(name in source.title for name in ("lab", "clinic", "BMCLab", "PD-GaM"))


def test_two_cohorts_of_one_name_raise(tmp_path):
    folder = mixed(tmp_path)
    shutil.copy(folder / "care" / "BMCLab.pkl", folder / "BMCLab.pkl")
    with pytest.raises(SourceError, match="two cohorts are named BMCLab"):
        read_source(folder)


def test_simulated_and_recorded_cohorts_are_not_mixed(cohort, tmp_path):
    shutil.copytree(cohort, tmp_path / "simulated")
    clinical(tmp_path / "clinic", [("SUB01", "off", "w.c3d", "2")])
    with pytest.raises(SourceError, match="mixes simulated and recorded"):
        read_source(tmp_path)

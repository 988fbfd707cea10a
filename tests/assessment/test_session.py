"""Several recordings as a session: progress, left out files, statistics, groups, table, page."""

import csv

import numpy as np
import pytest

import agir_hf
from agir_hf.assessment import Session, Subject, load_model, prepare_recording
from agir_hf.assessment.session_table import COLUMNS, column_texts
from agir_hf.gait.parameters import Measured


def test_recordings_are_read_while_the_session_is_iterated(trials, monkeypatch):
    from agir_hf.assessment import session_walks

    read = []
    prepare = session_walks.prepare_recording

    def counted(path, *args, **options):
        read.append(path)
        return prepare(path, *args, **options)

    monkeypatch.setattr(session_walks, "prepare_recording", counted)
    session = Session.from_paths(trials / "SUB04_on")
    assert len(session) == 3 and not read
    walks = iter(session)
    first = next(walks)
    assert len(read) == 1
    assert first.prepared.recording.positions.shape[1] == 44  # the caller can use the recording
    assert session._walks[0].prepared is None  # and the session does not keep it
    assert [walk.shown for walk in session] == [f"SUB04_on_walk_{k}.c3d" for k in (1, 2, 3)]
    assert len(read) == 3  # no recording is read twice


def test_static_and_damaged_files_are_rows_with_a_reason(both_states):
    kinds = {walk.shown: (walk.kind, bool(walk.error)) for walk in both_states.walks}
    assert kinds["SUB04_off/static.c3d"] == ("static trial", True)
    assert kinds["SUB04_off/SUB04_off_walk_9.c3d"] == ("left out", True)
    assert kinds["SUB04_off/SUB04_off_walk_1.c3d"] == ("walk", False)
    assert len(both_states.measured) == 6 and len(both_states.left_out) == 2
    reason = next(walk.error for walk in both_states.left_out if "walk_9" in walk.shown)
    assert reason.startswith("SUB04_off/SUB04_off_walk_9.c3d is truncated")


def test_an_unexpected_error_of_a_file_does_not_stop_the_session(trials, monkeypatch):
    from agir_hf.assessment import session_walks

    def broken(*args, **options):
        raise KeyError("pelvis")

    monkeypatch.setattr(session_walks, "prepare_recording", broken)
    walks = Session.from_paths(trials / "SUB04_on").walks
    assert [walk.kind for walk in walks] == ["left out"] * 3
    assert "KeyError" in walks[0].error and walks[0].identity.sha256


def test_statistics_are_over_trials(both_states):
    off, _ = both_states.medication_pair()
    values = [walk.parameters["speed_m_per_s"].value for walk in off.measured]
    row = off.statistics()["speed_m_per_s"]
    assert row == Measured(
        pytest.approx(np.mean(values)), "m/s", pytest.approx(np.std(values, ddof=1)), 3
    )
    strides = [walk.kinematics.curves["knee_flexion", "left"].strides for walk in off.measured]
    pooled = off.kinematics.curves["knee_flexion", "left"]
    assert len(pooled.strides) == sum(map(len, strides))


def test_groups_are_those_of_the_file_names(both_states):
    assert set(both_states.groups()) == {("SUB04", "off"), ("SUB04", "on")}
    off, on = both_states.medication_pair("SUB04")
    assert (off.title, on.title) == ("SUB04 OFF", "SUB04 ON")
    assert len(off.measured) == len(on.measured) == 3
    assert both_states.medication_pair("SUB09") is None
    assert off.medication_pair() is None


def test_cautions_name_medication_states_and_repeated_files(both_states, trials):
    assert any("OFF and ON" in text for text in both_states.cautions())
    path = trials / "SUB04_on" / "SUB04_on_walk_1.c3d"
    walk = prepare_recording(path)
    twice = Session.from_walks([walk, walk])
    assert twice.cautions() == [
        "2 recordings have the content of SUB04_on_walk_1.c3d: it counts 2 times"
    ]


def test_walks_of_one_file_are_not_repeated(both_states):
    from dataclasses import replace

    walk = both_states.measured[0]
    walks = [replace(walk, shown=f"walks.pkl: SUB04/{k}") for k in (1, 2)]
    assert not Session(walks).cautions()


def test_people_of_different_size_and_days_are_reported(both_states):
    from dataclasses import replace

    first, second, third = both_states.medication_pair()[1].measured
    longer = replace(second, leg_length_m=first.leg_length_m + 0.031)
    same = replace(second, leg_length_m=first.leg_length_m + 0.029)
    assert "0.03 m: these may be two people" in Session([first, longer]).cautions()[0]
    assert not Session([first, same]).cautions()
    days = [
        replace(walk, identity=replace(walk.identity, recorded=date))
        for walk, date in ((first, "2026-01-02 10:00"), (third, "2026-01-03"))
    ]
    assert Session(days).cautions() == ["the recordings are of 2 days: 2026-01-02, 2026-01-03"]
    people = [first, replace(third, subject_name="SUB05")]
    assert "2 subjects: SUB04, SUB05" in Session(people).cautions()[0]


def test_real_people_of_different_size_are_reported(shared):
    folder = shared / "data" / "mcgill_biomechzoo"
    paths = [folder / name / f"{name}{trial}.c3d" for name, trial in
             (("HC039A", 17), ("HC039A", 31))]  # fmt: skip
    assert not any("legs" in text for text in Session.from_paths(paths).cautions())
    session = Session.from_paths([*paths, folder / "HC032A" / "HC032A18.c3d"])
    assert any("legs" in text for text in session.cautions())
    assert any("2 subjects: HC032A, HC039A" in text for text in session.cautions())


def test_the_table_has_a_documented_row_for_each_recording(both_states, tmp_path):
    columns = column_texts(both_states)
    assert set(COLUMNS) < set(columns) and all(columns.values())
    path = both_states.write_csv(tmp_path / "session.csv")
    assert [file.name for file in tmp_path.iterdir()] == ["session.csv"]
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(columns) and len(rows) == 8
    walk = next(row for row in rows if row["recording"].endswith("off_walk_1.c3d"))
    measured = both_states.measured[0]
    assert walk["id"] == "P04" and walk["subject"] == "SUB04" and walk["medication"] == "off"
    assert walk["sha256"] == measured.identity.sha256 and len(walk["sha256"]) == 64
    speed = measured.parameters["speed_m_per_s"]
    assert float(walk["speed_m_per_s"]) == pytest.approx(speed.value, rel=1e-5)
    assert int(walk["speed_m_per_s_n"]) == speed.n
    left = measured.sides["stance_percent"]["left"].value
    assert float(walk["stance_percent_left"]) == pytest.approx(left, rel=1e-5)
    assert float(walk["gps_deg"]) > 0 and not walk["score"]
    static = next(row for row in rows if row["kind"] == "static trial")
    assert "is a static trial" in static["reason"] and not static["speed_m_per_s"]


def test_no_cell_becomes_a_formula(tmp_path):
    from dataclasses import replace

    walk = Session.from_paths(agir_hf.SAMPLE_RECORDING).walks[0]
    session = Session([replace(walk, shown="=HYPERLINK(1).c3d")], subject=Subject("+P1"))
    text = session.write_csv(tmp_path / "s.csv").read_text("utf-8")
    assert "'=HYPERLINK(1).c3d" in text and ",+P1" not in text


def test_a_model_scores_the_walks_and_skips_what_cannot_be_read(trials):
    model, processor = load_model()
    paths = [trials / "SUB04_off" / name for name in ("static.c3d", "SUB04_off_walk_1.c3d")]
    session = Session.from_paths(paths, model=model, processor=processor, subject=Subject("P04"))
    walks = list(session)
    assert [walk.kind for walk in walks] == ["static trial", "walk"]
    scored = walks[1]
    assert scored.assessment["score"] == scored.walk.trust.score
    assert scored.identity.model == model.config.name_or_path or scored.identity.model
    row = session.rows()[1]
    assert row["score"] == scored.assessment["score"] and row["id"] == "P04"
    probabilities = [row[f"probability_{k}"] for k in range(3)]
    assert sum(probabilities) == pytest.approx(1, abs=1e-3)
    with pytest.raises(ValueError, match="together"):
        Session.from_paths(paths, model=model)


def test_the_page_shows_all_trials_and_what_was_left_out(both_states, tmp_path):
    off, _ = both_states.medication_pair()
    path = off.write_report(tmp_path / "off.html")
    page = path.read_text("utf-8")
    assert path.stat().st_size < 1_000_000
    assert "P04" in page and "70 years, male" in page
    for number, walk in enumerate(off.measured, 1):
        assert walk.shown in page and walk.identity.sha256[:12] in page
        assert f'href="#trial-{number}"' in page and f'id="trial-{number}"' in page
    row = off.statistics()["cadence_steps_per_min"]
    assert f'{row.value:.0f} <span class="sd">± {row.sd:.0f}' in page
    with pytest.raises(ValueError, match=".html"):
        off.write_report(tmp_path / "off.txt")

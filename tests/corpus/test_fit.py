"""Bodies that a build fits to markers: which, how well, and where the shape comes from."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import agir_hf
from agir_hf.cli import main
from agir_hf.corpus import build, measurement
from agir_hf.corpus.build import build_corpus
from agir_hf.corpus.fit_report import FitReport, corpus_fit
from agir_hf.corpus.measurement import FitSettings
from agir_hf.corpus.source import Item
from agir_hf.corpus.store import Recorded, Store, load_metadata, load_recording, save_recording
from agir_hf.motion import RecordingError, read_recording, to_joints
from agir_hf.motion.body import SMPL_VARIABLE
from agir_hf.motion.fitting.mosh import FitError

WALK = Item(
    "A_off/sample_walk",
    "A",
    "A_off",
    "off",
    1,
    Path(agir_hf.SAMPLE_RECORDING),
    walk="A_off/sample_walk",
)
TABLE = "subject,session,file,score\n"


@pytest.fixture(autouse=True)
def no_figures(monkeypatch):
    """The figures are tested elsewhere."""
    monkeypatch.setattr("agir_hf.corpus.card.draw_figures", lambda *_: False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A cohort of one marker recording, and one of joints."""
    folder = tmp_path_factory.mktemp("cohort")
    motion = to_joints(read_recording(agir_hf.SAMPLE_RECORDING))
    np.savez(folder / "joints.npz", joints=motion.joints, rate_hz=20.0)
    shutil.copy(agir_hf.SAMPLE_RECORDING, folder / "markers.c3d")
    (folder / "clinical.csv").write_text(TABLE + "A,off,markers.c3d,1\nB,off,joints.npz,0\n")
    return folder


@pytest.fixture(scope="module")
def built(folder, tmp_path_factory):
    """Its corpus, with default arguments."""
    with pytest.MonkeyPatch.context() as patch:  # the figures are tested elsewhere
        patch.setattr("agir_hf.corpus.card.draw_figures", lambda *_: False)
        return build_corpus(folder, tmp_path_factory.mktemp("corpus") / "out")


def row(name, median_mm, problem="", method="body"):
    fit = {"method": method, "body": "open", "problem": problem, "median_mm": median_mm,
           "percentile_95_mm": 2 * median_mm}  # fmt: skip
    item = {"id": f"{name}/walk", "session": name}
    return Recorded(item, None, None, {}, {}, 150.0, fit if method else {})


def test_a_body_is_fitted_to_markers_by_default(built):
    markers, joints = (
        next(path for path in (built.folder / "work/recordings").iterdir() if name in path.name)
        for name in ("markers", "joints")
    )
    fit = load_metadata(markers).fit
    assert fit["method"] == "body" and fit["body"] == "open" and fit["shape_from"] == "walk"
    assert 0 < fit["median_mm"] < fit["percentile_95_mm"] < 20
    assert load_metadata(joints).fit == {}
    recording = read_recording(agir_hf.SAMPLE_RECORDING)
    expected = to_joints(recording, "body").joints
    np.testing.assert_allclose(load_recording(markers).joints, expected, atol=1e-4)
    # the gait parameters are those of the markers, whatever the method
    other = load_recording(joints).parameters
    assert load_recording(markers).parameters["trunk_flexion_deg"] != other["trunk_flexion_deg"]


def test_report_card_and_metadata_state_body_and_residuals(built):
    report = json.loads((built.folder / "report.json").read_text("utf-8"))
    about = json.loads((built.folder / "corpus.json").read_text("utf-8"))
    card = (built.folder / "README.md").read_text("utf-8")
    assert report["fit"] == about["fit"] == "body"
    assert report["joints"] == about["joints"] == built.fit.as_json()
    assert (built.fit.markers, built.fit.others, built.fit.body) == (1, 1, "open")
    assert list(built.fit.without_static) == ["A_off"]
    assert "the open body" in card and f"{built.fit.median_mm:.1f} mm" in card
    assert "no static trial" in card and "A_off" in card
    assert "1 recordings of joints or bodies are used as they are" in card
    assert corpus_fit(built.folder) == "body" and corpus_fit(built.folder / "no") is None


def test_another_method_measures_the_markers_again_and_nothing_else(folder, built, monkeypatch):
    measured = []

    def counted(job, **options):
        measured.append(job[0].path.name)
        return measure(job, **options)

    measure = build.measure_item
    monkeypatch.setattr(build, "measure_item", counted)
    result = build_corpus(folder, built.folder, fit="centres")
    assert measured == ["markers.c3d"] and result.fit == FitReport(1, 1)
    card = (built.folder / "README.md").read_text("utf-8")
    assert "anatomical regression" in card and "open body" not in card
    build_corpus(folder, built.folder)
    assert measured == ["markers.c3d"]


def test_another_body_is_another_fit(tmp_path, monkeypatch):
    body = tmp_path / "smpl.npz"
    body.write_bytes(b"1")

    class Loaded:
        name, source = "smpl", str(body)

    monkeypatch.setattr(FitSettings, "load_body", lambda self: Loaded)
    first = FitSettings("body", str(body)).key(WALK)
    body.write_bytes(b"22")
    second = FitSettings("body", str(body)).key(WALK)
    store = Store(tmp_path)
    paths = {store.path_of(WALK, *key) for key in (first, second, FitSettings("centres").key(WALK))}
    assert len(paths) == 3
    joints = replace(WALK, path=tmp_path / "joints.npz")
    assert FitSettings("body").key(joints) == FitSettings("centres").key(joints)


class Shape:
    """Shape of a stub, with the attributes that are read."""

    rate_hz = 150.0
    body = None


@pytest.mark.parametrize(
    ("static", "shape_from", "problem"),
    [
        (Shape, "static trial", ""),
        (None, "walk", "no static trial"),
        (RecordingError("/some/where/static.c3d has no markers"), "walk", "static.c3d has no"),
        (type("Slow", (Shape,), {"rate_hz": 100.0}), "walk", "100 Hz, the walk 150 Hz"),
    ],
    ids=["static", "none", "unusable", "another rate"],
)
def test_the_shape_is_that_of_the_static_trial_or_of_the_walk(
    tmp_path, monkeypatch, static, shape_from, problem
):
    path = tmp_path / "static.c3d"
    path.write_bytes(b"")
    item = replace(WALK, static=None if static is None else path)
    used = []

    def fit_static(file, _modified, _fit):
        if isinstance(static, Exception):
            raise RecordingError(str(static).replace("/some/where", str(tmp_path)))
        return static

    class Motion:
        body, residual_m = "open", np.full((20, 12), 0.002)

    motion = to_joints(read_recording(WALK.path))
    monkeypatch.setattr(measurement, "_shape", fit_static)
    mosh = "agir_hf.motion.fitting.mosh"
    monkeypatch.setattr(f"{mosh}.fit_shape", lambda recording, body: Shape)
    monkeypatch.setattr(f"{mosh}.fit_pose", lambda recording, shape: used.append(shape) or Motion)
    monkeypatch.setattr("agir_hf.motion.body.body_joints", lambda *_: motion)
    recorded, reason = measurement.measured(item, FitSettings())
    assert not reason
    fit = recorded.fit
    assert fit["shape_from"] == shape_from and problem in fit["problem"]
    assert bool(fit["problem"]) == bool(problem) and str(tmp_path) not in fit["problem"]
    assert used == [static if shape_from == "static trial" else Shape]
    assert (fit["median_mm"], fit["percentile_95_mm"]) == (2.0, 2.0)


def test_a_fit_that_exceeds_the_limits_is_left_out_with_the_distances(monkeypatch):
    def far(recording, shape):
        raise FitError(f"{recording.source} is excluded: markers are 41 mm from the body")

    mosh = "agir_hf.motion.fitting.mosh"
    monkeypatch.setattr(f"{mosh}.fit_shape", lambda recording, body: Shape)
    monkeypatch.setattr(f"{mosh}.fit_pose", far)
    recorded, reason = measurement.measured(WALK, FitSettings())
    assert recorded is None
    assert reason == f"{WALK.path.name} is excluded: markers are 41 mm from the body"


def test_markers_of_an_earlier_version_became_joints_by_regression(tmp_path):
    save_recording(
        tmp_path / "x.npz", WALK, np.zeros((3, 263)), np.zeros((4, 22, 3)), {}, {}, 150.0
    )
    with np.load(tmp_path / "x.npz") as content:
        arrays = dict(content)
    about = json.loads(str(arrays["about"]))
    del about["fit"]
    np.savez(tmp_path / "x.npz", **arrays | {"about": np.array(json.dumps(about))})
    assert load_metadata(tmp_path / "x.npz").fit == {"method": "centres"}


def test_the_report_names_the_worst_walk_and_sessions_without_static_trial():
    rows = [row("A_off", 1.0), row("B_on", 3.0, "no static trial"), row("C_on", 2.0)]
    report = FitReport.of([*rows, row("D_on", 0.0, method="")])
    assert (report.markers, report.others, report.median_mm) == (3, 1, 2.0)
    assert (report.worst, report.worst_mm, report.percentile_95_mm) == ("B_on/walk", 3.0, 4.0)
    assert report.without_static == {"B_on": "no static trial"}
    text = report.card_text()
    assert "2.0 mm" in text and "B_on/walk, 3.0 mm" in text and "these 1 sessions" in text
    assert FitReport(**json.loads(json.dumps(report.as_json()))) == report


def test_recordings_of_joints_alone_need_no_body():
    report = FitReport.of([row("A_off", 0.0, method="")])
    assert report == FitReport(0, 1) and not report.residuals()
    assert (
        "as they are" in report.card_text() and "body" not in report.card_text().split(".")[0][:9]
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--body", "no.pkl"], "no body at"),
        (["--body", "cohort/clinical.csv"], "not a pickle of arrays"),
        (["--body", "no.pkl", "--fit", "centres"], "expected fit='body'"),
    ],
)
def test_a_wrong_body_gives_one_line_and_writes_nothing(
    folder, tmp_path, monkeypatch, capsys, options, message
):
    monkeypatch.chdir(folder.parent)
    options = [str(option).replace("cohort", folder.name) for option in options]
    assert main(["corpus", "build", str(folder), str(tmp_path / "out"), *options]) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("agir")]
    assert message in line
    assert not (tmp_path / "out").exists()


def test_a_body_in_the_environment_is_used(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv(SMPL_VARIABLE, str(tmp_path / "no.pkl"))
    assert main(["corpus", "build", str(folder), str(tmp_path / "out")]) == 2
    assert "no body at" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()

import gzip
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import agir_hf
from agir_hf.motion import BodyMotion, RecordingError, read_recording
from agir_hf.motion.fitting.batch import Job, finished, fit_trial, is_static, plan, run
from agir_hf.utils.locks import FolderInUseError
from agir_hf.utils.parallel import SKIP_REGISTRATION


@pytest.fixture
def cohort(tmp_path, walk, save):
    """Two folders: one with a static trial and two walks, one with a walk and a damaged file."""
    still = replace(walk, positions=np.repeat(walk.positions[200:201], 60, axis=0))
    moved = still.positions + np.random.default_rng(0).normal(0, 2e-4, still.positions.shape)
    folder = tmp_path / "cohort"
    for name, recording in (
        ("a/standing.c3d", replace(still, positions=moved)),
        ("a/walk_1.c3d", replace(walk, positions=walk.positions[:400])),
        ("a/walk_2.c3d", replace(walk, positions=walk.positions[300:])),
        ("b/walk.c3d", walk),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        save(recording, "made.c3d").replace(folder / name)
    (folder / "b" / "damaged.c3d").write_bytes(b"nothing")
    return folder


def test_packed_trials_of_a_folder_are_listed(cohort, tmp_path):
    content = (cohort / "b" / "walk.c3d").read_bytes()
    (cohort / "b" / "packed.c3d.gz").write_bytes(gzip.compress(content))
    (cohort / "b" / "notes.txt.gz").write_bytes(gzip.compress(content))
    jobs = plan(cohort / "b", tmp_path / "out")
    assert [job.trial.name for job in jobs] == ["damaged.c3d", "packed.c3d.gz", "walk.c3d"]
    assert len({job.out for job in jobs}) == 3


def test_static_trials_give_the_shape_of_the_walks_in_their_folder(cohort, tmp_path):
    assert is_static(cohort / "a/standing.c3d") and not is_static(cohort / "a/walk_1.c3d")
    jobs = plan(cohort, tmp_path / "out")
    assert [(job.trial.name, job.static and job.static.name) for job in jobs] == [
        ("walk_1.c3d", "standing.c3d"),
        ("walk_2.c3d", "standing.c3d"),
        ("damaged.c3d", None),
        ("walk.c3d", None),
    ]
    assert jobs[0].out == tmp_path / "out/a/walk_1.npz"
    alone = plan(cohort / "b", tmp_path / "out", one_subject=True)
    assert {job.static.name for job in alone} == {"damaged.c3d"}
    with pytest.raises(RecordingError, match="holds no .c3d or .trc file"):
        plan(tmp_path / "none", tmp_path / "out")


def test_fitted_trials_are_not_fitted_again_and_excluded_ones_are(cohort, tmp_path):
    out = tmp_path / "out"
    report = out / "report.jsonl"
    jobs = plan(cohort, out)
    records = list(run(jobs[:2], report))
    assert [record["status"] for record in records] == ["fitted", "fitted"]
    assert records[0]["shape_from"].endswith("standing.c3d")
    first = jobs[0].out.stat().st_mtime_ns
    with report.open("a") as file:  # as an interrupted write leaves it
        file.write('{"key": "half')
    again = list(run(jobs, report))
    assert [record["status"] for record in again] == [
        "done before", "done before", "excluded", "fitted",
    ]  # fmt: skip
    assert jobs[0].out.stat().st_mtime_ns == first
    assert "damaged.c3d" in again[2]["reason"] and "C3D" in again[2]["reason"]
    assert [record["status"] for record in run(jobs, report)] == [
        "done before", "done before", "done before", "excluded",
    ]  # fmt: skip
    jobs[1].out.unlink()
    assert [record["status"] for record in run(jobs[:2], report)] == ["done before", "fitted"]
    assert len(finished(report)) == 4 and not list(out.rglob("*.partial*"))


def test_a_changed_trial_is_fitted_again(cohort, tmp_path, walk, save):
    job = Job(cohort / "b/walk.c3d", tmp_path / "walk.npz")
    report = tmp_path / "report.jsonl"
    assert next(run([job], report))["frames"] == 120
    save(replace(walk, positions=walk.positions[:600]), "made.c3d").replace(job.trial)
    assert next(run([job], report))["frames"] == 80


@pytest.mark.slow
def test_two_workers_write_the_same_fits_as_one(cohort, tmp_path):
    for workers in (1, 2):
        out = tmp_path / str(workers)
        assert len(list(run(plan(cohort, out), out / "report.jsonl", workers))) == 4
    for path in (tmp_path / "1").rglob("*.npz"):
        first, second = (np.load(tmp_path / n / path.relative_to(tmp_path / "1")) for n in "12")
        for name in first.files:
            if first[name].dtype.kind == "f":
                assert np.allclose(first[name], second[name], atol=1e-5, equal_nan=True), name


def test_a_saved_fit_is_read_back_unchanged(cohort, tmp_path):
    job = Job(cohort / "b/walk.c3d", tmp_path / "walk.npz")
    record = next(run([job], tmp_path / "report.jsonl"))
    motion, height_m = fit_trial(job.trial)
    read = read_recording(job.out)
    assert record["height_m"] == pytest.approx(height_m, abs=1e-3)
    assert np.allclose(read.poses, motion.poses, atol=1e-6)
    assert np.allclose(read.translation, motion.translation, atol=1e-6)
    assert np.allclose(read.residual_m, motion.residual_m, equal_nan=True)
    assert read.marker_labels == motion.marker_labels and read.body == "open"
    with np.load(job.out) as content:
        assert {"poses", "trans", "betas", "rate_hz", "residual_m", "marker_labels"} <= set(content)
    json.dumps(record)


def test_a_file_without_markers_is_not_fitted(tmp_path, walk):
    from agir_hf.motion import to_joints

    np.save(tmp_path / "x.npy", to_joints(walk).joints)
    with pytest.raises(RecordingError, match="holds no markers"):
        fit_trial(tmp_path / "x.npy", rate_hz=20)


def test_a_missing_trial_is_recorded_and_the_others_are_fitted(cohort, tmp_path):
    jobs = [Job(cohort / name, tmp_path / f"{name}.npz") for name in ("none.c3d", "b/walk.c3d")]
    first, second = run(jobs, tmp_path / "report.jsonl")
    assert first["status"] == "excluded" and "no such file" in first["reason"]
    assert second["status"] == "fitted"


def test_fitted_trials_are_not_read_again_to_plan(cohort, tmp_path, monkeypatch):
    from agir_hf.motion.fitting import batch

    out = tmp_path / "out"
    jobs = plan(cohort, out)
    list(run(jobs, out / "report.jsonl"))
    opened, reader = [], batch.markers_of
    monkeypatch.setattr(batch, "markers_of", lambda p, **k: opened.append(p.name) or reader(p))
    assert plan(cohort, out) == jobs
    assert opened == ["standing.c3d", "damaged.c3d"]  # what was excluded is tried again


@pytest.fixture
def fitted(tmp_path, monkeypatch):
    """Job and report of a walk with a static trial, and a fit that takes no time."""
    from agir_hf.motion.fitting import batch

    motion = BodyMotion(
        np.zeros(10), np.zeros((40, 24, 3)), np.zeros((40, 3)), 20.0, np.zeros((40, 1)), ("C7",)
    )
    monkeypatch.setattr(batch, "fit_trial", lambda *_, **__: (motion, 1.8))
    for name in ("walk.c3d", "static.c3d"):
        (tmp_path / name).write_text(name)
    job = Job(tmp_path / "walk.c3d", tmp_path / "out/walk.npz", tmp_path / "static.c3d")
    report = tmp_path / "out/report.jsonl"
    assert [record["status"] for record in run([job], report)] == ["fitted"]
    return job, report


def test_a_fit_is_done_again_if_something_it_depended_on_changed(fitted, monkeypatch, tmp_path):
    from agir_hf.motion import body
    from agir_hf.motion.fitting import batch

    job, report = fitted

    def status(**reading):
        return next(run([job], report, **reading))["status"]

    assert status() == "done before" and status(mixed_rates=None) == "done before"
    assert status(unit="mm") == "fitted" and status(unit="mm") == "done before"
    os.utime(job.trial)  # the content is the same
    assert status(unit="mm") == "done before"
    with job.static.open("ab") as file:
        file.write(b" ")
    assert status(unit="mm") == "fitted" and status(unit="mm") == "done before"
    monkeypatch.setattr(batch, "__version__", "another")
    assert status(unit="mm") == "fitted" and status(unit="mm") == "done before"
    (tmp_path / "body.npz").write_bytes(b"another body")
    monkeypatch.setenv(body.SMPL_VARIABLE, str(tmp_path / "body.npz"))
    assert status(unit="mm") == "fitted" and status(unit="mm") == "done before"
    job = Job(job.trial, job.out, None)
    assert status(unit="mm") == "fitted" and status(unit="mm") == "done before"
    rows = [json.loads(line) for line in report.read_text().splitlines()]
    assert rows[-1]["depends_on"] == batch.depends_on(job, {"unit": "mm"})


def test_two_processes_do_not_fit_into_one_folder(fitted):
    job, report = fitted
    job.out.unlink()
    first = run([job, job], report)
    next(first)
    with pytest.raises(FolderInUseError, match=f"process {os.getpid()} on"):
        next(run([job], report))
    first.close()
    assert next(run([job], report))["status"] == "done before"
    assert not list(report.parent.glob(".*"))


KILLED = (
    SKIP_REGISTRATION
    + """
import sys, time
from pathlib import Path
from agir_hf.motion.fitting import batch

def slow(motion, path, height_m):
    with batch.atomic_path(path) as draft:
        draft.write_bytes(b"half")
        print("half", flush=True)
        time.sleep(60)

batch.save_fit = slow
batch.fit_trial = lambda *_, **__: (None, 1.8)
trial, out = map(Path, sys.argv[1:])
list(batch.run([batch.Job(trial, out)], out.parent / "report.jsonl"))
"""
)


def test_what_a_killed_process_left_is_removed(fitted):
    job, report = fitted
    job.out.unlink()
    environment = os.environ | {"PYTHONPATH": str(Path(agir_hf.__file__).parents[1])}
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, job.trial, job.out],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    with process:
        assert process.stdout.readline() == "half\n"
        process.kill()
    assert len(list(report.parent.glob(".*"))) == 2  # a lock and a draft
    assert next(run([job], report))["status"] == "fitted"
    assert sorted(path.name for path in report.parent.iterdir()) == ["report.jsonl", "walk.npz"]

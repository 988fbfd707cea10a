from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from agir_hf.motion import MarkerRecording, RecordingError, read_recording, to_joints
from agir_hf.motion.body import load_body
from agir_hf.motion.fitting.mosh import FitError, fit_pose, fit_shape, residual_report


def joints_of(motion):
    return load_body().joints(motion.betas, motion.poses, motion.translation)[:, :22]


@pytest.fixture(scope="module")
def simulated(simulate):
    return simulate(1)


@pytest.fixture(scope="module")
def fitted(simulated):
    recording, _, _ = simulated
    shape = fit_shape(recording)
    return shape, fit_pose(recording, shape)


def test_the_truth_of_a_simulated_recording_is_recovered(simulated, fitted):
    """Markers at perturbed sites, 2 mm noise, 5 % missing, three gaps of 30 frames."""
    recording, truth, height = simulated
    shape, motion = fitted
    joints = joints_of(motion)
    frames = min(len(joints), len(truth))
    error = np.linalg.norm(joints[:frames] - truth[:frames, :22], axis=2)
    assert error.mean() < 0.012
    assert np.nanmean(motion.residual_m) < 0.008
    assert abs(shape.height_m - height) < 0.015
    assert motion.rate_hz == 20 and motion.residual_m.shape == (len(joints), 44)
    assert motion.marker_labels[0] in recording.labels


def test_a_missing_marker_has_no_residual(simulated, fitted):
    recording, _, _ = simulated
    _, motion = fitted
    column = motion.marker_labels.index("R.Heel")
    positions = recording.positions.copy()
    positions[300:600, recording.labels.index("R.Heel")] = np.nan
    hidden = fit_pose(replace(recording, positions=positions), fitted[0])
    assert np.isnan(hidden.residual_m[41:79, column]).all()
    assert np.isfinite(hidden.residual_m[85:, column]).mean() > 0.9
    gap = np.linalg.norm(joints_of(hidden) - joints_of(motion), axis=2)
    assert gap.mean() < 0.005  # two seconds without a heel


def rotated(recording, angle_degrees, shift):
    rotation = Rotation.from_euler("Y", angle_degrees, degrees=True)
    positions = recording.positions.astype(float)
    moved = rotation.apply(positions.reshape(-1, 3)).reshape(positions.shape) + shift
    return replace(recording, positions=moved.astype(np.float32)), rotation


@pytest.mark.parametrize(
    ("angle", "shift"), [(137, [3, 0.2, -5]), (-90, [0, 0, 0]), (180, [1, 0, 1])]
)
def test_the_fit_is_equivariant_to_rotations_and_shifts(simulated, fitted, angle, shift):
    recording, rotation = rotated(simulated[0], angle, shift)
    again = joints_of(fit_pose(recording))
    before = joints_of(fitted[1])
    expected = rotation.apply(before.reshape(-1, 3)).reshape(before.shape) + shift
    assert np.abs(again - expected).max() < 1e-3


def test_a_mirrored_recording_gives_a_mirrored_body(simulated, fitted):
    recording, _, _ = simulated
    swap = str.maketrans("LR", "RL")
    labels = tuple(
        label[0].translate(swap) + label[1:]
        if label not in ("CLAV", "STRN", "C7", "T10")
        else label
        for label in recording.labels
    )
    mirrored = replace(recording, positions=recording.positions * [-1, 1, 1], labels=labels)
    motion = fit_pose(mirrored)
    sides = [0, 2, 1, 3, 5, 4, 6, 8, 7, 9, 11, 10, 12, 14, 13, 15, 17, 16, 19, 18, 21, 20]
    expected = joints_of(fitted[1])[:, sides] * [-1, 1, 1]
    assert np.abs(joints_of(motion) - expected).max() < 2e-3


def test_one_shape_fits_all_trials_of_a_subject(simulated, fitted):
    recording, _, _ = simulated
    half = replace(recording, positions=recording.positions[:400])
    motion = fit_pose(half, fitted[0])
    assert np.array_equal(motion.betas, fitted[1].betas)
    assert np.linalg.norm(joints_of(motion)[:40] - joints_of(fitted[1])[:40], axis=2).mean() < 0.003


def test_windows_of_long_trials_join_smoothly(simulated, fitted, monkeypatch):
    from agir_hf.motion.fitting import solver

    monkeypatch.setattr(solver, "WINDOW", 50)
    monkeypatch.setattr(solver, "OVERLAP", 20)
    windows = []
    pieces = fit_pose(simulated[0], fitted[0], progress=windows.append)
    assert len(windows) > 2 and windows[-1] == len(pieces.poses)
    assert np.abs(joints_of(pieces) - joints_of(fitted[1])).max() < 2e-3


def test_a_subject_who_turns_around_is_fitted_continuously(walk):
    """The pelvis turns twice about the vertical axis in six seconds."""
    angle = np.linspace(0, 4 * np.pi, len(walk.positions))
    rotation = Rotation.from_euler("Y", angle[:, None])
    middle = walk.positions.mean(axis=1) * [1, 0, 1]
    about = walk.positions - middle[:, None]
    moved = np.stack([rotation.apply(about[:, m]) for m in range(about.shape[1])], axis=1)
    motion = fit_pose(replace(walk, positions=moved.astype(np.float32)), fit_shape(walk))
    assert np.ptp(np.unwrap(motion.poses[:, 0], axis=0), axis=0).max() > 3
    assert np.nanmean(motion.residual_m) < 0.008


def test_to_joints_by_body_is_close_to_joint_centres(walk):
    body, centres = to_joints(walk, "body"), to_joints(walk)
    assert body.rate_hz == 20 and body.joints.shape == centres.joints.shape
    assert "44 markers on the open body" in body.marker_set
    distance = np.linalg.norm(body.joints - centres.joints, axis=2).mean(axis=0)
    assert distance[[4, 5, 7, 8, 18, 19, 20, 21]].max() < 0.03  # knees, ankles, elbows, wrists
    with pytest.raises(ValueError, match="'magic'"):
        to_joints(walk, "magic")


def test_the_report_names_each_marker(fitted):
    rows = residual_report(fitted[1])
    assert [row[0] for row in rows] == list(fitted[1].marker_labels)
    assert all(0 <= middle <= high < 0.05 and 0.8 < seen <= 1 for _, middle, high, seen in rows)


def still(walk):
    return replace(walk, positions=np.repeat(walk.positions[:1], 300, axis=0))


def frozen(walk):
    positions = walk.positions.copy()
    positions[:, walk.labels.index("L.Heel")] = positions[0, walk.labels.index("L.Heel")]
    return replace(walk, positions=positions)


def shaken(walk):
    noise = np.random.default_rng(0).normal(0, 1e-4, walk.positions[:300].shape)
    return replace(walk, positions=(walk.positions[:1] + noise).astype(np.float32))


def swapped(walk, *pairs):
    labels = list(walk.labels)
    for a, b in pairs:
        i, j = labels.index(a), labels.index(b)
        labels[i], labels[j] = labels[j], labels[i]
    return replace(walk, labels=tuple(labels))


def all_swapped(walk):
    pairs = [(label, "R" + label[1:]) for label in walk.labels if label.startswith("L")]
    return swapped(walk, *pairs)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (still, r"markers that never move \(all markers\)"),
        (frozen, r"markers that never move \(left heel\)"),
        (shaken, "static trial: the pelvis moves"),
        (lambda w: replace(w, positions=np.full_like(w.positions, np.nan)), "all markers missing"),
        (lambda w: replace(w, positions=w.positions[:100]), "0.67 s long"),
        (
            lambda w: replace(w, labels=tuple(f"m{i}" for i in range(44))),
            "expected one of the marker sets",
        ),
        (lambda w: MarkerRecording(w.positions[:, :8], w.labels[:8], 150.0), "expected one of"),
        (all_swapped, "left and right swapped, or is mirrored"),
        (lambda w: replace(w, positions=w.positions * [-1, 1, 1]), "left and right swapped"),
    ],
)
def test_recordings_that_cannot_be_fitted_raise_a_one_line_error(walk, change, message):
    with pytest.raises(RecordingError, match=message) as excinfo:
        fit_pose(change(walk))
    assert "\n" not in str(excinfo.value)


def test_a_swapped_pair_of_markers_is_named(walk):
    shape = fit_shape(walk)
    with pytest.raises(RecordingError, match="left and right swapped at: knee lateral"):
        fit_pose(swapped(walk, ("L.Knee", "R.Knee")), shape)


def test_the_shape_of_another_subject_is_refused_by_a_criterion(walk):
    shape = fit_shape(walk)
    child = replace(walk, positions=walk.positions * np.float32(0.7))
    with pytest.raises(FitError, match=r"excluded: markers are \d+ mm from the body .*limit 25"):
        fit_pose(child, shape)


def test_mixed_rates_are_refused_and_can_be_allowed(walk):
    slower = replace(walk, positions=walk.positions[::2], rate_hz=75.0)
    shape = fit_shape(slower)
    with pytest.raises(RecordingError, match="150 Hz, the static trial .* 75 Hz.*--mixed-rates"):
        fit_pose(walk, shape)
    assert len(fit_pose(walk, shape, mixed_rates=True).poses) > 100


@pytest.mark.parametrize("name", ["SUB01_off_walk_12b", "SUB05_off_walk_8"])
def test_real_parkinson_walks(shared, name):
    motion = fit_pose(read_recording(shared / f"data/shida_pd/{name}.c3d"))
    assert np.nanmedian(motion.residual_m) < 0.015


def test_real_walks_with_their_static_trials(shared):
    trials = [("btk_pig/PiG_Calibration-FlatFoot-Hole", "btk_pig/PiG_Motion-FlatFoot-Hole")]
    for subject, walk in (("HC002D", "06"), ("HC032A", "03"), ("HC033A", "10"), ("HC038A", "11"),
                          ("HC039A", "17")):  # fmt: skip
        folder = f"mcgill_biomechzoo/{subject}/{subject}"
        static = "02" if subject == "HC002D" else "01"
        trials.append((folder + static, folder + walk))
    for static, walk in trials:
        shape = fit_shape(read_recording(shared / f"data/{static}.c3d"))
        motion = fit_pose(read_recording(shared / f"data/{walk}.c3d"), shape)
        assert np.nanmedian(motion.residual_m) < 0.015, walk


@pytest.mark.parametrize("name", ["SUB01_off_walk_12b", "SUB05_off_walk_8"])
def test_features_of_the_fit_are_in_the_range_of_the_real_cohort(shared, name):
    """The statistics were taken at 30 fps: velocities per frame are 1.5 times as large at 20."""
    from agir_hf.humanml3d import joints_to_features

    folder = shared / "data/humanml3d_stats"
    mean = np.load(folder / "carepd_BMCLab_Mean.npy").astype(float)
    spread = np.load(folder / "carepd_BMCLab_Std_FEAT_BIAS_included.npy").astype(float)
    spread[:4] *= 5
    velocities = [*range(3), *range(193, 259)]
    mean[velocities] *= 1.5
    spread[velocities] *= 1.5
    joints = to_joints(read_recording(shared / f"data/shida_pd/{name}.c3d"), "body").joints
    features = joints_to_features(joints)[:, :259]
    inside = np.abs(features - mean[:259]) < 3 * spread[:259]
    assert inside.mean() >= 0.90

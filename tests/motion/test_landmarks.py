import gc
import weakref
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

import agir_hf
from agir_hf.assessment import prepare_recording
from agir_hf.gait import detect_events, measure
from agir_hf.humanml3d import JOINT_NAMES
from agir_hf.motion import RecordingError, landmarks, to_joints
from agir_hf.motion.fitting.mosh import fit_pose
from agir_hf.motion.landmarks import landmarks_of
from agir_hf.motion.marker_sets import SHIDA_44
from agir_hf.motion.resampling import LONGEST_GAP_S, clean_path

LOWER_BODY = ("ASIS", "PSIS", "Knee", "Ankle", "Heel", "MT1", "MT2", "MT5", "GTR", "TT")


def with_gap(recording, label, start, stop):
    positions = recording.positions.copy()
    positions[start:stop, recording.labels.index(label)] = np.nan
    return replace(recording, positions=positions)


@pytest.fixture
def calls(monkeypatch):
    """Count how often labels are recognised, and the paths that are cleaned and filled."""
    counter = Counter()

    def counted(name):
        function = getattr(landmarks, name)

        def call(*args, **kwargs):
            counter[name] += args[0].shape[1] if name == "clean_paths" else 1
            return function(*args, **kwargs)

        return call

    for name in ("recognise", "clean_paths", "fill_gaps"):
        monkeypatch.setattr(landmarks, name, counted(name))
    return counter


def test_one_assessment_recognises_labels_once_and_cleans_each_path_once(calls):
    prepared = prepare_recording(agir_hf.SAMPLE_RECORDING)
    assert prepared.measured.parameters
    # 34 sites of Shida-44 for joint centres; the pelvis has two further paths, centre and width
    sites = len(SHIDA_44.sites)
    assert calls == {"recognise": 1, "fill_gaps": sites, "clean_paths": sites + 2}
    detect_events(prepared.recording)
    measure(prepared.recording)
    to_joints(prepared.recording)
    assert calls == {"recognise": 1, "fill_gaps": sites, "clean_paths": sites + 2}


def test_joints_are_cleaned_once(walk, calls):
    joints = to_joints(walk)
    calls.clear()
    measure(joints)
    detect_events(joints)
    assert calls == {"clean_paths": len(JOINT_NAMES) + 1}  # and the line between the hips


@pytest.mark.slow
def test_a_fit_reads_the_same_landmarks(walk, calls):
    recording = replace(walk)
    detect_events(recording)
    fit_pose(recording)
    assert calls["recognise"] == 1


def test_paths_are_those_of_the_recorded_positions(walk):
    sites = landmarks_of(walk)
    assert sites.marker_set is SHIDA_44 and sites.working_rate_hz == 150
    heel = walk.positions[:, walk.labels.index("L.Heel")].astype(float)
    asis = [walk.positions[:, walk.labels.index(f"{s}.ASIS")].astype(float) for s in "LR"]
    assert np.array_equal(sites.recorded("left_heel"), heel)
    exact = {"rtol": 0, "atol": 1e-13}
    np.testing.assert_allclose(sites.path("left_heel"), clean_path(heel, 150.0), **exact)
    middle = sites.midpoint_path("left_asis", "right_asis")
    np.testing.assert_allclose(middle, clean_path((asis[0] + asis[1]) / 2, 150.0), **exact)
    across = sites.difference_path("left_asis", "right_asis")
    np.testing.assert_allclose(across, clean_path(asis[0] - asis[1], 150.0), **exact)
    assert np.array_equal(sites.filled.positions["left_heel"], heel)


def test_slow_recordings_are_brought_to_the_working_rate(walk):
    slow = replace(walk, positions=walk.positions[::3], rate_hz=50.0)
    sites = landmarks_of(slow)
    assert sites.working_rate_hz == 100
    assert len(sites.path("left_heel")) == 2 * len(slow.positions) - 1
    assert len(sites.filled.positions["left_heel"]) == len(slow.positions)


def test_short_gaps_are_filled_and_counted(walk):
    sites = landmarks_of(with_gap(walk, "L.Heel", 200, 220))
    path, complete = sites.path("left_heel"), landmarks_of(walk).path("left_heel")
    np.testing.assert_allclose(path, complete, atol=0.02)
    filled = sites.filled
    assert (filled.gaps.filled, filled.gaps.longest_s) == (1, pytest.approx(20 / 150))
    assert np.isfinite(filled.positions["left_heel"]).all() and filled.trimmed_s == 0


def test_a_path_with_a_long_gap_is_none_and_the_others_stay(walk):
    gap = with_gap(walk, "L.Heel", 200, 201 + int(LONGEST_GAP_S * 150) + 1)
    sites = landmarks_of(gap)
    assert sites.path("left_heel") is None and sites.path("right_heel") is not None
    with pytest.raises(RecordingError, match=r"marker L\.Heel .*missing in frames 201 to"):
        _ = sites.filled


def test_a_gap_in_either_site_is_a_gap_of_the_midpoint(walk):
    sites = landmarks_of(with_gap(walk, "R.ASIS", 100, 300))
    assert sites.midpoint_path("left_asis", "right_asis") is None
    assert sites.difference_path("left_asis", "right_asis") is None
    assert sites.path("left_asis") is not None


def test_frames_in_which_a_needed_site_is_not_seen_are_trimmed_from_the_ends(walk):
    filled = landmarks_of(with_gap(walk, "L.Knee", 0, 90)).filled
    assert filled.trimmed_s == pytest.approx(90 / 150)
    assert {len(path) for path in filled.positions.values()} == {len(walk.positions) - 90}


def test_a_gap_at_the_first_or_last_frame_of_all_sites_is_filled_from_both_sides(walk):
    whole = landmarks_of(walk).filled.positions
    cut = with_gap(with_gap(walk, "L.Heel", 0, 10), "L.Heel", 890, 900)
    cut = with_gap(with_gap(cut, "R.Heel", 8, 13), "R.Heel", 886, 893)
    filled = landmarks_of(cut).filled
    assert len(filled.positions["right_heel"]) == 880
    for site, path in filled.positions.items():
        assert np.abs(path - whole[site][10:890]).max() < 0.02, site


def test_an_optional_site_with_a_long_gap_is_left_out(walk):
    filled = landmarks_of(with_gap(walk, "L.MT5", 100, 300)).filled
    assert "left_metatarsal_5" not in filled.positions
    assert "left_metatarsal_2" in filled.positions


def test_unknown_labels_are_an_error_with_the_nearest_set(walk):
    unknown = replace(walk, labels=tuple(f"M{i}" for i in range(44)))
    for read in (landmarks_of, detect_events, to_joints):
        with pytest.raises(RecordingError, match="expected one of the marker sets") as excinfo:
            read(unknown)
        assert "\n" not in str(excinfo.value) and "--mapping" in str(excinfo.value)


def test_a_lower_body_set_gives_events_but_no_joint_centres(walk):
    kept = [i for i, label in enumerate(walk.labels) if label[2:] in LOWER_BODY]
    lower = replace(
        walk, positions=walk.positions[:, kept], labels=tuple(walk.labels[i] for i in kept)
    )
    sites = landmarks_of(lower)
    assert sites.marker_set is SHIDA_44 and "jugular_notch" not in sites.columns
    assert detect_events(lower).events == detect_events(walk).events
    assert measure(lower).signals.no_joints.startswith("joint centres need CLAV, C7")
    assert "arm_swing_left_deg" in measure(lower).unrecorded
    without_foot = replace(lower, labels=tuple(x.replace("L.Heel", "M1") for x in lower.labels))
    with pytest.raises(RecordingError, match="nearest is Shida-44, with CLAV, C7.*L.Heel"):
        to_joints(without_foot)


def test_positions_changed_in_place_give_new_landmarks(walk):
    recording = replace(walk, positions=walk.positions.copy())
    before = landmarks_of(recording)
    path = before.path("left_heel")
    assert landmarks_of(recording) is before
    recording.positions[:, :, 0] += 1
    after = landmarks_of(recording)
    assert after is not before
    np.testing.assert_allclose(after.path("left_heel"), path + [1, 0, 0], atol=1e-5)


def test_another_recording_has_its_own_landmarks(walk):
    assert landmarks_of(replace(walk)) is not landmarks_of(walk)


def test_landmarks_are_freed_with_their_recording(walk):
    recording = replace(walk)
    reference = weakref.ref(landmarks_of(recording))
    del recording
    gc.collect()
    assert reference() is None

from dataclasses import replace

import numpy as np
import pytest

from agir_hf.assessment import PreparedRecording
from agir_hf.gait.report.viewer import Walk, walk_of
from agir_hf.gait.report.viewer.bones import bones_of
from agir_hf.gait.report.viewer.packing import points_of
from agir_hf.gait.report.viewer.walk import _ARMS, NO_ARMS, NO_HEAD, _note
from agir_hf.humanml3d import JOINT_NAMES
from agir_hf.motion import to_joints

HEAD = JOINT_NAMES.index("head")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"joints": np.zeros((4, 21, 3))}, "22, 3"),
        ({"joints": np.full((4, 22, 3), np.nan)}, "missing"),
        ({"markers": np.zeros((3, 5, 3))}, "markers have shape"),
        ({"head": np.zeros((3, 3))}, "head has shape"),
        ({"heels": np.zeros((4, 3))}, "heels has shape"),
    ],
)
def test_walks_that_cannot_be_drawn_are_refused(joints, change, message):
    with pytest.raises(ValueError, match=message):
        Walk(**{"label": "a", "joints": joints[:4], "rate_hz": 20.0, **change})


def test_the_markers_of_a_recording_are_at_their_measured_positions(prepared):
    walk = walk_of(prepared, "sample")
    assert walk.markers.shape == (len(walk.joints), 44, 3) and walk.rate_hz >= 100
    heel = prepared.recording.labels.index("L.Heel")
    distance_m = np.linalg.norm(walk.markers[:, heel] - walk.joints[:, 7], axis=1)
    assert np.nanmax(distance_m) < 0.15  # the left heel is near the left ankle in every frame
    assert np.nanmax(np.linalg.norm(walk.markers[:, heel] - walk.heels[:, 0], axis=1)) < 0.02
    assert len(walk.heel_strikes["left"]) >= 3 and len(walk.heel_strikes["right"]) >= 3


def test_a_head_without_markers_is_left_out_and_reported(prepared):
    walk = walk_of(prepared)
    assert np.isnan(walk.joints[:, HEAD]).all() and walk.head is None
    assert walk.note == "The head was not recorded and is not drawn."
    drawn = {point for bone in bones_of(points_of(walk)) for point in bone[:2]}
    assert not {HEAD, 22} & drawn and JOINT_NAMES.index("neck") in drawn


def test_a_head_with_markers_is_at_its_markers(prepared):
    recording = prepared.recording
    neck = walk_of(prepared).joints[:, JOINT_NAMES.index("neck")].astype(np.float32)
    corners = [[0.1, 0.25, 0.07], [0.1, 0.25, -0.07], [-0.08, 0.25, 0.07], [-0.08, 0.25, -0.07]]
    head = neck[:, None] + np.float32(corners)
    with_head = replace(
        recording,
        positions=np.concatenate([recording.positions, head], axis=1),
        labels=(*recording.labels, "LFHD", "RFHD", "LBHD", "RBHD"),
    )
    walk = walk_of(prepared.measured, recording=with_head)
    assert walk.note == "" and np.isfinite(walk.joints[:, HEAD]).all()
    assert np.abs(walk.head - head.mean(axis=1)).max() < 0.01


def test_measured_gait_and_recording_give_the_walk_of_the_prepared_recording(prepared):
    walk = walk_of(prepared.measured, recording=prepared.recording)
    assert np.array_equal(walk.joints, walk_of(prepared).joints, equal_nan=True)
    with pytest.raises(ValueError, match="recording="):
        walk_of(prepared.measured)


def test_joints_that_are_not_measured_are_not_drawn(prepared):
    names = ("head", "spine1", "spine2", "spine3", "left_collar", "right_collar")
    recording = replace(prepared.motion, unmeasured=names)
    walk = walk_of(PreparedRecording("x", recording, recording))
    missing = {JOINT_NAMES[i] for i in np.flatnonzero(np.isnan(walk.joints).all(axis=(0, 2)))}
    assert missing == set(names) and walk.note
    bones = {bone[:2] for bone in bones_of(points_of(walk))}
    assert {(0, 12), (12, 16), (12, 17)} <= bones  # the trunk is connected without them


def test_the_head_of_joints_is_above_the_neck(prepared):
    walk = walk_of(PreparedRecording("x", prepared.motion, prepared.motion))
    assert walk.note == "" and walk.markers is None
    height_m = walk.head[:, 1] - walk.joints[:, JOINT_NAMES.index("neck"), 1]
    assert (height_m > 0.08).all() and (height_m < 0.3).all()


@pytest.fixture
def fitted(prepared, body_motion):
    """A body that walks with the pelvis of the sample recording, from 0.5 s on."""
    from agir_hf.motion.body import load_body

    pelvis = walk_of(prepared).joints[75::6, 0]  # from 150 to 25 frames per second
    rest = load_body().joints(np.zeros(10), np.zeros((1, 24, 3)), np.zeros((1, 3)))[0, 0]
    poses = np.zeros((len(pelvis), 24, 3), np.float32)
    return replace(body_motion, poses=poses, translation=(pelvis - rest).astype(np.float32))


def test_markers_with_a_fitted_body_have_its_surface_without_the_head(prepared, fitted):
    walk = walk_of(prepared, body=fitted)
    assert walk.markers is not None and walk.head is None and not walk.surface.has_head
    drawn = np.unique(walk.surface.faces)
    assert np.ptp(walk.surface.at(0)[drawn, 1]) < np.ptp(walk.surface.at(0)[:, 1]) - 0.15


def test_a_body_that_was_fitted_for_the_joints_is_found_and_in_step(prepared, fitted):
    motion = replace(prepared.motion, body=fitted)
    source = PreparedRecording("x", prepared.recording, motion)
    assert walk_of(source).surface.start_s == pytest.approx(0.5, abs=0.011)
    assert walk_of(prepared).surface is None


def test_joints_without_a_centre_are_those_of_the_fitted_body(prepared, fitted):
    recording = prepared.recording
    kept = [i for i, label in enumerate(recording.labels) if "Knee" not in label]
    few = replace(
        recording,
        positions=recording.positions[:, kept],
        labels=tuple(recording.labels[i] for i in kept),
    )
    knee = JOINT_NAMES.index("left_knee")
    motion = replace(prepared.motion, body=fitted, unmeasured=("left_wrist",))
    source = PreparedRecording("x", few, motion)
    assert np.isnan(walk_of(source.measured, recording=few).joints[:, knee]).all()
    walk = walk_of(source)
    assert np.isfinite(walk.joints[:, knee]).all()
    assert np.abs(walk.joints[90:900:75, knee] - motion.joints[2:110:10, knee]).max() < 0.1


def test_a_body_whose_arms_are_not_measured_says_so(body_motion):
    walk = walk_of(PreparedRecording("x", body_motion, to_joints(body_motion)))
    joints = walk.joints.copy()
    joints[:, _ARMS] = np.nan
    assert _note(joints, walk.head, walk.surface) == NO_ARMS
    assert _note(joints, None, walk.surface) == f"{NO_HEAD} {NO_ARMS}"
    assert _note(joints, walk.head, None) == "" == _note(walk.joints, walk.head, walk.surface)


def test_a_body_motion_is_drawn_with_its_surface_and_its_head(body_motion):
    walk = walk_of(PreparedRecording("x", body_motion, to_joints(body_motion)))
    assert len(walk.surface.positions) == 50 and walk.note == "" and walk.surface.has_head
    vertices = walk.surface.at(0)
    assert np.abs(vertices.mean(0) - np.nanmean(walk.joints[0], axis=0)).max() < 0.2
    assert np.ptp(vertices[:, 1]) > 1.4
    assert walk.head[0, 1] > walk.joints[0, HEAD, 1]  # above the joint at the base of the skull


def test_a_body_fitted_to_markers_without_head_markers_has_no_head(body_motion):
    body = replace(body_motion, marker_labels=("LASI", "RASI"), residual_m=np.zeros((50, 2)))
    walk = walk_of(PreparedRecording("x", body, to_joints(body_motion)))
    assert walk.head is None and walk.note

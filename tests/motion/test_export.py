from dataclasses import replace

import numpy as np
import pytest

from agir_hf.humanml3d import JOINT_NAMES, joints_to_features
from agir_hf.motion import RecordingError, read_recording, to_joints
from agir_hf.motion.export import write
from agir_hf.motion.fitting.mosh import fit_pose
from agir_hf.motion.recording import BodyMotion


@pytest.fixture(scope="module")
def motion(walk):
    return fit_pose(walk)


def test_joints_and_features_are_those_of_to_joints(walk, tmp_path):
    joints = to_joints(walk).joints
    write(walk, tmp_path / "j.npz", "joints")
    with np.load(tmp_path / "j.npz") as content:
        assert np.array_equal(content["joints"], joints) and content["rate_hz"] == 20
        assert tuple(content["joint_names"]) == JOINT_NAMES
    assert write(walk, tmp_path / "f.npy", "features") == "features (119, 263) float32"
    assert np.array_equal(np.load(tmp_path / "f.npy"), joints_to_features(joints))


def test_an_amass_round_trip_is_the_same_motion(motion, tmp_path):
    write(motion, tmp_path / "a.npz", "amass")
    with np.load(tmp_path / "a.npz") as content:
        assert content["poses"].shape[1] == 156 and content["mocap_framerate"] == 20
        assert not content["betas"].any()  # those of the open body are in open_betas
        height = content["trans"][:, 2]
        assert 0.6 < height.mean() < 1.2
    back = read_recording(tmp_path / "a.npz")
    assert back.conventions.up == "+Z" and back.body == "open"
    assert np.allclose(to_joints(back).joints, to_joints(motion).joints, atol=2e-5)


def test_an_smpl_motion_keeps_its_betas(motion, tmp_path):
    smpl = BodyMotion(np.arange(10.0), motion.poses, motion.translation, 30.0, body="smpl")
    write(smpl, tmp_path / "a.npz", "amass")
    back = read_recording(tmp_path / "a.npz")
    assert np.array_equal(back.betas[:10], np.arange(10)) and back.rate_hz == 30
    assert np.allclose(back.translation, motion.translation, atol=1e-5)


def test_joints_cannot_be_written_as_amass(walk, tmp_path):
    with pytest.raises(RecordingError, match="has joints only"):
        write(to_joints(walk), tmp_path / "a.npz", "amass")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["x.npy", "x.npz"])
@pytest.mark.parametrize("what", ["joints", "features"])
def test_what_is_written_is_read_as_the_same_walk(walk, tmp_path, what, name):
    write(walk, tmp_path / name, what)
    rate = 20.0 if what == "joints" and name.endswith("npy") else None
    back = read_recording(tmp_path / name, rate_hz=rate)
    joints = to_joints(walk).joints
    if what == "joints":
        assert np.array_equal(to_joints(back).joints, joints)
    else:
        features = joints_to_features(joints)
        again = joints_to_features(to_joints(back).joints)
        assert np.abs(again - features[: len(again)])[:, :67].max() < 5e-3
    assert back.rate_hz == 20


def test_what_was_not_measured_is_kept(walk, motion, tmp_path):
    partial = replace(to_joints(walk), unmeasured=("head", "left_wrist", "depth"))
    for what in ("joints", "features"):
        write(partial, tmp_path / "x.npz", what)
        back = read_recording(tmp_path / "x.npz")
        assert set(back.unmeasured) == set(partial.unmeasured)
    write(motion, tmp_path / "a.npz", "amass")
    back = read_recording(tmp_path / "a.npz")
    assert back.marker_labels == motion.marker_labels
    assert np.allclose(back.residual_m, motion.residual_m, equal_nan=True)

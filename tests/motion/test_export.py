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

"""Files of bodies and joints: AMASS, CARE-PD, fits, arrays."""

import pickle

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from agir_hf.motion import RecordingError, read_recording, to_joints
from agir_hf.motion.readers.body_pose import PELVIS_AT_REST_M

FRAMES = 60
Z_UP = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])


@pytest.fixture
def motion():
    """Poses (T, 72), translation (T, 3) and betas of a body that walks along Z, Y up."""
    random = np.random.default_rng(0)
    poses = 0.1 * random.normal(size=(1, 72)) + 0.02 * random.normal(size=(FRAMES, 72))
    translation = np.stack(
        [np.zeros(FRAMES), np.full(FRAMES, 0.9), np.linspace(0, 2, FRAMES)], axis=1
    )
    return poses, translation, random.normal(size=10)


def z_up(poses, translation):
    """The same motion with Z up; the root of SMPL rotates about the pelvis."""
    turned = poses.copy()
    turned[:, :3] = (Rotation.from_matrix(Z_UP) * Rotation.from_rotvec(poses[:, :3])).as_rotvec()
    return turned, (translation + PELVIS_AT_REST_M) @ Z_UP.T - PELVIS_AT_REST_M


def test_amass_files_with_z_up_and_y_up_give_the_same_motion(tmp_path, motion):
    poses, translation, betas = motion
    hands = np.random.default_rng(1).normal(size=(FRAMES, 90))
    for name, (p, t) in {"y": (poses, translation), "z": z_up(poses, translation)}.items():
        np.savez(
            tmp_path / f"{name}.npz",
            poses=np.concatenate([p[:, :66], hands], axis=1),
            trans=t,
            betas=np.append(betas, np.zeros(6)),
            mocap_framerate=50.0,
            gender="female",
        )
    y, z = (read_recording(tmp_path / f"{name}.npz") for name in "yz")
    assert (y.conventions.up, z.conventions.up) == ("+Y", "+Z") and z.rate_hz == 50
    assert (y.conventions.heading, z.conventions.heading) == ("+Z", "-Y")
    assert np.allclose(y.poses, z.poses, atol=1e-5)
    assert np.allclose(y.translation, z.translation, atol=1e-5)
    assert np.allclose(y.poses[:, :22].reshape(FRAMES, 66), poses[:, :66], atol=1e-5)
    assert not y.poses[:, 22:].any()
    joints = to_joints(z)
    assert joints.rate_hz == 20 and "smpl motion on the mean open body" in joints.marker_set


def test_care_pd_walks_are_read_by_name(tmp_path, motion):
    poses, translation, _ = motion
    walk = {"pose": poses, "trans": translation, "beta": np.zeros((1, 10)), "fps": 30,
            "UPDRS_GAIT": 2, "medication": "OFF", "other": None}  # fmt: skip
    path = tmp_path / "cohort.pkl"
    path.write_bytes(pickle.dumps({"SUB01": {"walk_1": walk, "walk_2": walk | {"fps": 25}}}))
    with pytest.raises(RecordingError, match="2 walks.*SUB01/walk_1.*--item"):
        read_recording(path)
    with pytest.raises(RecordingError, match="no walk 'SUB09/x'"):
        read_recording(path, item="SUB09/x")
    second = read_recording(path, item="SUB01/walk_2")
    assert second.rate_hz == 25 and second.poses.shape == (FRAMES, 24, 3)
    assert np.allclose(second.poses.reshape(FRAMES, 72), poses, atol=1e-5)
    assert second.source.endswith("(SUB01/walk_2)")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fps": None}, "states no frame rate.*--rate"),
        ({"pose": np.zeros((9, 72))}, "poses of 9 frames and trans of shape .60, 3."),
        ({"trans": np.full((FRAMES, 3), np.nan)}, "trans that are not finite in 60 of 60 frames"),
        ({"fps": 0}, "rate of 0 Hz, expected 5 to 5000 Hz"),
        ({"pose": "nothing"}, "pose that are not numbers"),
        ({"beta": np.full(10, np.inf)}, "betas of shape .10,., expected one row of finite"),
    ],
)
def test_an_invalid_care_pd_walk_is_an_error_on_one_line(tmp_path, motion, change, message):
    poses, translation, betas = motion
    walk = {"pose": poses, "trans": translation, "beta": betas, "fps": 30} | change
    walk = {key: value for key, value in walk.items() if value is not None}
    path = tmp_path / "cohort.pkl"
    path.write_bytes(pickle.dumps({"SUB01": {"walk": walk}}))
    with pytest.raises(RecordingError, match=message) as excinfo:
        read_recording(path)
    assert "\n" not in str(excinfo.value)


def test_a_pickle_without_walks_is_an_error(tmp_path):
    path = tmp_path / "cohort.pkl"
    path.write_bytes(pickle.dumps([1, 2, 3]))
    with pytest.raises(RecordingError, match="holds a list of 3, expected a body .poses and trans"):
        read_recording(path)


def test_an_npz_without_a_motion_or_a_frame_rate_is_refused(tmp_path, motion):
    poses, translation, betas = motion
    path = tmp_path / "x.npz"
    np.savez(path, poses=poses, trans=translation, betas=betas)
    with pytest.raises(RecordingError, match="states no frame rate.*pass them with --rate"):
        read_recording(path)
    assert read_recording(path, rate_hz=100).rate_hz == 100
    np.savez(path, labels=np.zeros(3))
    with pytest.raises(
        RecordingError, match=r"holds labels \(3,\), expected a body \(poses and trans"
    ):
        read_recording(path)


@pytest.mark.parametrize("keep", [0, 2, 100, 0.5, 0.95])
def test_a_truncated_npz_is_an_error_on_one_line(tmp_path, motion, keep):
    poses, translation, betas = motion
    path = tmp_path / "x.npz"
    np.savez_compressed(path, poses=poses, trans=translation, betas=betas, mocap_framerate=60)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep) if isinstance(keep, float) else keep])
    with pytest.raises(RecordingError, match="damaged or not an .npz|is empty|is text") as excinfo:
        read_recording(path)
    assert "\n" not in str(excinfo.value)


def test_an_npz_is_never_unpickled(tmp_path):
    path = tmp_path / "x.npz"
    np.savez(path, poses=np.array([{"a": 1}], dtype=object), trans=np.zeros((1, 3)))
    with pytest.raises(RecordingError, match="poses, which is a pickled Python object.*savez"):
        read_recording(path)


@pytest.fixture
def joints(walk):
    return to_joints(walk).joints


def test_joint_arrays_are_read_in_any_unit_and_axis(tmp_path, joints):
    np.save(tmp_path / "x.npy", joints)
    with pytest.raises(RecordingError, match="--rate"):
        read_recording(tmp_path / "x.npy")
    plain = read_recording(tmp_path / "x.npy", rate_hz=20)
    assert np.allclose(plain.joints, joints, atol=1e-6) and plain.rate_hz == 20
    np.savez(tmp_path / "x.npz", joints=1000 * joints @ Z_UP.T.astype(np.float32), rate_hz=20)
    turned = read_recording(tmp_path / "x.npz")
    assert turned.conventions.unit == "mm" and turned.conventions.up == "+Z"
    assert np.allclose(turned.joints, joints, atol=1e-4)
    smpl = np.concatenate([joints, joints[:, :2]], axis=1)
    np.save(tmp_path / "smpl.npy", smpl)
    assert np.allclose(read_recording(tmp_path / "smpl.npy", rate_hz=20).joints, joints)


def with_nan(joints):
    joints = joints.copy()
    joints[7, 4] = np.nan
    return joints


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda j: j[:, :20], r"shape \(\d+, 20, 3\), expected joints \(frames, 22, 3\)"),
        (lambda j: j[:1], "1 frame"),
        (with_nan, "lacks left_knee in frame 8"),
        (lambda j: np.full_like(j, np.nan), "no joint in any frame"),
        (lambda j: j * [-1, 1, 1], "left and right swapped"),
        (lambda j: j * 1e5, "check its scale"),
        (lambda j: j > 0, "type bool"),
    ],
)
def test_invalid_joint_arrays_are_errors(tmp_path, joints, change, message):
    np.save(tmp_path / "x.npy", change(joints))
    with pytest.raises(RecordingError, match=message) as excinfo:
        read_recording(tmp_path / "x.npy", rate_hz=20)
    assert "\n" not in str(excinfo.value)


def test_an_unknown_suffix_is_an_error_that_lists_the_supported_ones(tmp_path):
    path = tmp_path / "walk.xyz"
    path.write_text("x")
    with pytest.raises(RecordingError, match=r"'\.xyz', expected one of \.c3d, \.trc, \.bvh"):
        read_recording(path)

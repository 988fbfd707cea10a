"""Bodies in the layouts of other programs: names of arrays, forms of rotations, units."""

import pickle
from collections import defaultdict

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from agir_hf.motion import RecordingError, read_recording
from agir_hf.motion.readers.body_pose import PELVIS_AT_REST_M

RATE_HZ, FRAMES = 30.0, 120
Z_UP = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
Y_DOWN = np.diag([1.0, -1, -1])


class Walk:
    """A body that walks along Z with Y up at 0.9 steps of each foot per second."""

    def __init__(self):
        phase = 2 * np.pi * 0.9 * np.arange(FRAMES) / RATE_HZ
        self.vectors = np.zeros((FRAMES, 24, 3))
        for hip, knee, shift in ((1, 4, 0.0), (2, 5, np.pi)):
            self.vectors[:, hip, 0] = -0.1 - 0.35 * np.sin(phase + shift)
            self.vectors[:, knee, 0] = 0.4 + 0.35 * np.cos(phase + shift)
        self.vectors[:, 16, 2], self.vectors[:, 17, 2] = -1.2, 1.2  # arms down
        self.vectors[:, 0, 1] = 0.05 * np.sin(phase)
        self.trans = np.zeros((FRAMES, 3))
        self.trans[:, 1], self.trans[:, 2] = 1.1, 1.0 * np.arange(FRAMES) / RATE_HZ
        self.betas = np.linspace(-1, 1, 10)
        self.pose = self.vectors.reshape(FRAMES, 72)
        self.matrices = Rotation.from_rotvec(self.vectors.reshape(-1, 3)).as_matrix()
        self.matrices = self.matrices.reshape(FRAMES, 24, 3, 3)
        self.quaternions = Rotation.from_rotvec(self.vectors.reshape(-1, 3)).as_quat()
        self.quaternions = self.quaternions.reshape(FRAMES, 24, 4)  # x y z w

    def turned(self, rotation):
        """Root vectors and translation in other axes."""
        roots = Rotation.from_matrix(rotation) * Rotation.from_rotvec(self.vectors[:, 0])
        trans = (self.trans + PELVIS_AT_REST_M) @ rotation.T - PELVIS_AT_REST_M
        return roots.as_rotvec(), trans


WALK = Walk()
W = WALK  # short in the tables below
HANDS = np.zeros((FRAMES, 90))
FACE = np.zeros((FRAMES, 99))
RATE = {"fps": RATE_HZ}


def layouts():
    """Layouts of npz files, by the program that writes them."""
    root, body = W.pose[:, :3], W.pose[:, 3:]
    camera_root, camera_trans = W.turned(Y_DOWN)
    yield "AMASS SMPL-H", {"poses": np.hstack([W.pose[:, :66], HANDS]), "trans": W.trans,
                           "betas": np.zeros(16), "mocap_framerate": RATE_HZ, "gender": "male",
                           "dmpls": np.zeros((FRAMES, 8))}  # fmt: skip
    yield "AMASS SMPL-X", {"poses": np.hstack([W.pose[:, :66], FACE]), "trans": W.trans,
                           "root_orient": root, "pose_body": W.pose[:, 3:66], "pose_hand": HANDS,
                           "betas": np.zeros(16), "mocap_frame_rate": RATE_HZ}  # fmt: skip
    yield "AMASS parts", {"root_orient": root, "pose_body": W.pose[:, 3:66], "trans": W.trans,
                          "mocap_frame_rate": np.array([RATE_HZ])}  # fmt: skip
    yield "smplx", {"global_orient": root, "body_pose": body, "transl": W.trans,
                    "betas": W.betas[None]} | RATE  # fmt: skip
    yield "smplx by joint", {"global_orient": root[:, None], "body_pose": W.vectors[:, 1:],
                             "transl": W.trans, "fps": 30,
                             "betas": np.tile(W.betas, (FRAMES, 1))}  # fmt: skip
    yield "HMR matrices", {"global_orient": W.matrices[:, :1], "body_pose": W.matrices[:, 1:],
                           "transl": W.trans} | RATE  # fmt: skip
    yield "HMR root (T, 3, 3)", {"pred_global_orient": W.matrices[:, 0], "pred_transl": W.trans,
                                 "pred_body_pose": W.matrices[:, 1:22]} | RATE  # fmt: skip
    yield "TRAM", {"pred_rotmat": W.matrices, "pred_shape": np.tile(W.betas, (FRAMES, 1)),
                   "pred_trans": W.trans[:, None], "frame": np.arange(FRAMES)} | RATE  # fmt: skip
    yield "HybrIK", {"pred_thetas": W.matrices.reshape(FRAMES, 216), "transl": W.trans,
                     "pred_betas": W.betas[None]} | RATE  # fmt: skip
    yield (
        "matrices (T, 24, 9)",
        {"poses": W.matrices.reshape(FRAMES, 24, 9), "trans": W.trans} | RATE,
    )
    yield "batch axis", {"poses": W.vectors[None], "trans": W.trans[None], "betas": W.betas} | RATE
    yield "SLAHMR", {"root_orient": root[None], "pose_body": W.pose[None, :, 3:66],
                     "trans": W.trans[None], "betas": W.betas[None], "floor_plane": np.zeros(4),
                     "cam_R": np.zeros((1, FRAMES, 3, 3)), "cam_t": np.ones((1, FRAMES, 3)),
                     "fps": 30}  # fmt: skip
    yield "AIST++", {"smpl_poses": W.pose, "smpl_trans": 93.5 * W.trans,
                     "smpl_scaling": np.array([93.5]), "smpl_loss": 0.1, "fps": 30}  # fmt: skip
    yield "MoSh++", {"fullpose": np.hstack([W.pose[:, :66], FACE]), "trans": W.trans,
                     "betas": W.betas, "framerate": np.array(RATE_HZ)}  # fmt: skip
    yield "CLIFF", {"pose": W.pose, "shape": W.betas[None], "global_t": W.trans, "rate": 30}
    yield "camel case", {"globalOrient": root, "bodyPose": body, "transl": W.trans, "frameRate": 30}
    yield "PHC", {"pose_aa": W.vectors, "pose_quat_global": W.quaternions, "trans_orig": W.trans,
                  "pose_quat": W.quaternions, "beta": W.betas, "fps": 30}  # fmt: skip
    yield "world and camera", {"pose": np.hstack([camera_root, body]), "trans": camera_trans,
                               "pose_world": W.pose, "trans_world": W.trans} | RATE  # fmt: skip
    yield "names with a folder", {"smpl_params_global/body_pose": W.pose[:, 3:66], "fps": 30,
                                  "smpl_params_global/global_orient": root,
                                  "smpl_params_global/transl": W.trans,
                                  "smpl_params_incam/body_pose": W.pose[:, 3:66],
                                  "smpl_params_incam/global_orient": camera_root,
                                  "smpl_params_incam/transl": camera_trans}  # fmt: skip
    yield "quaternions w first", {"poses_wxyz": np.roll(W.quaternions, 1, axis=2),
                                  "trans": W.trans} | RATE  # fmt: skip
    yield "quaternions", {"root_quat": W.quaternions[:, 0], "body_pose_quat": W.quaternions[:, 1:],
                          "trans": W.trans} | RATE  # fmt: skip
    for name, six in six_dimensional().items():
        yield f"6D {name}", {"poses": six, "trans": W.trans} | RATE
    yield (
        "6D flat",
        {"pose": six_dimensional()["rows"].reshape(FRAMES, 144), "transl": W.trans} | RATE,
    )
    yield "whole numbers", {"poses": W.pose, "trans": W.trans, "fps": np.int64(30)}
    yield "rate as text", {"poses": W.pose, "trans": W.trans, "fps": "30"}
    yield (
        "single precision",
        {"poses": W.pose.astype("f4"), "trans": W.trans.astype("f4"), "fps": 30},
    )


def six_dimensional():
    m = W.matrices
    return {
        "interleaved columns": m[..., :2].reshape(FRAMES, 24, 6),
        "columns": np.concatenate([m[..., 0], m[..., 1]], axis=2),
        "rows": np.concatenate([m[..., 0, :], m[..., 1, :]], axis=2),
    }


@pytest.mark.parametrize(
    ("name", "arrays"), layouts(), ids=lambda v: v if isinstance(v, str) else ""
)
def test_a_layout_gives_the_same_walk(tmp_path, name, arrays):
    np.savez(tmp_path / "walk.npz", **arrays)
    assert_is_the_walk(read_recording(tmp_path / "walk.npz"))


def assert_is_the_walk(motion, tolerance=1e-4):
    assert motion.rate_hz == RATE_HZ and motion.conventions.up == "+Y"
    assert motion.conventions.unit == "m"
    expected = W.vectors[:, :22] if not motion.poses[:, 22:].any() else W.vectors
    assert np.allclose(motion.poses[:, : expected.shape[1]], expected, atol=tolerance)
    assert np.allclose(motion.translation, W.trans, atol=tolerance)


def pickles():
    """Layouts of pickles, the items that choose a walk, and the rate to pass."""
    world = {"pose_world": W.pose, "trans_world": W.trans, "betas": np.tile(W.betas, (FRAMES, 1)),
             "pose": W.pose + 1, "trans": 3 * W.trans, "frame_ids": np.arange(FRAMES)}  # fmt: skip
    short = {"pose_world": W.pose[:9], "trans_world": W.trans[:9]}
    yield "WHAM", defaultdict(dict, {0: world}), None, 30
    yield "WHAM, two persons", {0: world, 3: short}, "0", 30
    yield "flat", {"poses": W.pose, "trans": W.trans, "fps": 30}, None, None
    yield "lists", {"poses": W.pose.tolist(), "trans": W.trans.tolist(), "fps": 30.0}, None, None
    yield (
        "AIST++",
        {"smpl_poses": W.pose, "smpl_scaling": [2.0], "smpl_trans": 2 * W.trans},
        None,
        30,
    )
    person = {"smplx_cam": {"pose": W.pose + 1, "trans": 2 * W.trans, "shape": W.betas},
              "smplx_world": {"pose": np.hstack([W.pose[:, :66], FACE]), "trans": W.trans},
              "frames": np.arange(FRAMES)}  # fmt: skip
    yield "PromptHMR", {"people": {1: person}, "camera": {"focal": 1.0}}, None, 30
    yield "PromptHMR, two persons", {"people": {1: person, 2: person}}, "2", 30
    yield "EMDB", {"gender": "female", "fps": 30, "n_frames": FRAMES, "smpl": {
        "poses_root": W.pose[:, :3], "poses_body": W.pose[:, 3:], "trans": W.trans,
        "betas": W.betas}}, None, None  # fmt: skip
    yield "3DPW", {"poses": [W.pose, W.pose[:5]], "trans": [W.trans, W.trans[:5]],
                   "betas": [W.betas, W.betas]}, "0", 30  # fmt: skip
    yield "InterHuman", {"mocap_framerate": 30, "frames": FRAMES, "person1": {
        "trans": W.trans, "root_orient": W.pose[:, :3], "pose_body": W.pose[:, 3:66],
        "betas": W.betas}, "person2": {"trans": W.trans, "root_orient": W.pose[:, :3],
        "pose_body": W.pose[:, 3:66]}}, "person1", None  # fmt: skip
    walk = {"poses": W.pose, "transl": W.trans, "betas": W.betas, "framerate": 30}
    yield "CARE-PD with other names", {"S1": {"w1": walk, "w2": walk}}, "S1/w2", None
    yield "list of persons", {"fps": 30, "tracks": [walk, walk]}, "tracks/1", None
    yield "rate in details", {"fullpose": W.pose, "trans": W.trans, "details": {
        "mocap_frame_rate": 30}}, None, None  # fmt: skip
    yield "joint array of (T, 24, 3, 3)", {"x": {"rotmat": W.matrices, "trans": W.trans}}, None, 30


@pytest.mark.parametrize(
    ("name", "content", "item", "rate"), pickles(), ids=lambda v: v if isinstance(v, str) else ""
)
def test_a_pickle_gives_the_same_walk(tmp_path, name, content, item, rate):
    path = tmp_path / "walk.pkl"
    path.write_bytes(pickle.dumps(content))
    motion = read_recording(path, item=item, rate_hz=rate)
    assert_is_the_walk(motion)
    if item is not None:
        with pytest.raises(RecordingError, match="expected one of .*--item") as excinfo:
            read_recording(path, rate_hz=rate)
        assert item in str(excinfo.value)


@pytest.mark.parametrize(("rotation", "up"), [(Z_UP, "+Z"), (Y_DOWN, "-Y")])
def test_the_vertical_is_detected_from_the_body(tmp_path, rotation, up):
    root, trans = WALK.turned(rotation)
    np.savez(tmp_path / "w.npz", global_orient=root, body_pose=W.pose[:, 3:], transl=trans, fps=30)
    motion = read_recording(tmp_path / "w.npz")
    assert motion.conventions.up == up
    assert np.allclose(motion.translation, W.trans, atol=1e-5)
    assert np.allclose(motion.poses, W.vectors, atol=1e-5)


@pytest.mark.parametrize(("unit", "metres"), [("mm", 1e-3), ("cm", 1e-2), ("inch", 0.0254)])
def test_another_unit_of_the_translation_is_detected(tmp_path, unit, metres):
    trans = (W.trans / metres).astype(np.float32)
    np.savez(tmp_path / "w.npz", poses=W.pose, trans=trans, fps=30)
    motion = read_recording(tmp_path / "w.npz")
    assert (motion.conventions.unit, motion.conventions.unit_from) == (unit, "detected")
    assert np.allclose(motion.translation, W.trans, atol=1e-4)
    stated = read_recording(tmp_path / "w.npz", unit=unit)
    assert stated.conventions.unit_from == "forced"
    assert np.allclose(stated.translation, W.trans, atol=1e-4)


def test_a_translation_in_no_usual_unit_is_refused(tmp_path):
    np.savez(tmp_path / "w.npz", poses=W.pose, trans=1e5 * W.trans, fps=30)
    with pytest.raises(RecordingError, match="moves 1e.05 units per second.*--unit"):
        read_recording(tmp_path / "w.npz")


def changed(frame=slice(None), **changes):
    arrays = {"poses": W.pose.copy(), "trans": W.trans.copy(), "betas": W.betas, "fps": 30}
    for name, change in changes.items():
        arrays[name] = change(arrays[name]) if callable(change) else change
    return {name: value for name, value in arrays.items() if value is not None}


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (changed(poses=np.degrees), "above pi, expected axis-angle vectors in radians.*degrees"),
        (changed(poses=lambda p: 5 * p + 9), "above pi"),
        (changed(trans=None), "no translation of the body .trans, transl., without.*no speed"),
        ({"poses": W.pose}, r"holds poses \(120, 72\), and no translation of the body"),
        ({"pose": W.pose, "joints3d": np.zeros((FRAMES, 49, 3))}, "no translation of the body"),
        ({"joints3d": np.zeros((FRAMES, 49, 3))}, r"\(120, 49, 3\), expected joints"),
        (changed(poses=None), r"holds trans \(120, 3\), betas \(10,\), fps number"),
        (changed(poses=W.matrices * 1.2), "expected rotation matrices .orthogonal"),
        (changed(poses=W.matrices * [-1, 1, 1]), "expected rotation matrices .orthogonal"),
        (changed(poses=six_dimensional()["rows"] * 1.2), "expected 6D rotations"),
        (changed(poses=W.quaternions), r"\(120, 24, 4\).*name them poses_wxyz or poses_xyzw"),
        (changed(poses=W.pose[:, :69]), "rotations of 23 joints, expected 22 or more"),
        (changed(poses=W.pose[:, :70]), r"poses of shape \(120, 70\), expected axis-angle"),
        (changed(poses=W.pose + 0j), "poses that are not numbers .complex128"),
        (changed(poses=np.full((FRAMES, 72), "a")), "poses that are not numbers .<U1"),
        (changed(poses=np.array(3.0)), r"poses of shape \(\), expected axis-angle"),
        (changed(poses=np.zeros((0, 72)), trans=np.zeros((0, 3))), r"0 frame\(s\)"),
        (changed(poses=W.pose[:1], trans=W.trans[:1]), r"1 frame\(s\).*stack the files"),
        (changed(trans=W.trans[:7]), r"poses of 120 frames and trans of shape \(7, 3\)"),
        (changed(trans=lambda t: t + [0, 1e30, 0]), r"trans of 1e\+30 in frame 1"),
        (changed(trans=lambda t: t + [np.inf, 0, 0]), "trans that are not finite in 120 of 120"),
        (changed(poses=np.array({"a": 1}, dtype=object)), "poses, which is a pickled Python obj"),
        (changed(betas=np.full(10, 1e9)), r"betas of up to 1e\+09"),
        (changed(betas=np.array(["a"])), "betas that are not numbers"),
        (changed(fps=np.array([])), r"rate of '\[\]', expected a number"),
        (changed(fps=np.array([30.0, 60.0])), "rate of .*expected a number: pass it with --rate"),
        (changed(fps="abc"), "rate of 'abc', expected a number"),
        (changed(fps=np.inf), "rate of inf Hz, expected 5 to 5000 Hz"),
        (changed(fps=1e-9), "rate of 1e-09 Hz"),
        (changed(fps=None), "states no frame rate.*pass them with --rate"),
    ],
)  # fmt: skip
def test_what_is_no_walk_of_a_body_is_an_error_on_one_line(tmp_path, arrays, message):
    np.savez(tmp_path / "walk.npz", **arrays)
    with pytest.raises(RecordingError, match=message) as excinfo:
        read_recording(tmp_path / "walk.npz")
    assert "\n" not in str(excinfo.value) and "walk.npz" in str(excinfo.value)


def test_rotations_slightly_above_pi_are_the_same_rotations(tmp_path):
    pose = W.pose.copy()
    pose[:, 1] += 2 * np.pi  # the root turns on
    np.savez(tmp_path / "w.npz", poses=pose, trans=W.trans, fps=30)
    motion = read_recording(tmp_path / "w.npz")
    assert np.allclose(motion.poses, W.vectors, atol=1e-5)
    assert np.linalg.norm(motion.poses, axis=2).max() <= np.pi + 1e-6


def test_missing_and_changing_betas_are_reported(tmp_path):
    changing = np.tile(W.betas, (FRAMES, 1)) + np.linspace(-0.5, 0.5, FRAMES)[:, None]
    for betas, remark in ((None, "no betas"), (changing, "betas change from frame to frame")):
        np.savez(tmp_path / "w.npz", **changed(betas=betas))
        motion = read_recording(tmp_path / "w.npz")
        assert any(remark in text for text in motion.remarks)
    assert np.allclose(motion.betas, W.betas, atol=1e-6)


def test_frames_missing_in_between_are_not_joined(tmp_path):
    numbers = np.r_[np.arange(80), np.arange(100, 140)]
    walk = {"pose": W.pose, "trans": W.trans, "fps": 30, "frame_ids": numbers}
    path = tmp_path / "w.pkl"
    path.write_bytes(pickle.dumps({0: walk}))
    motion = read_recording(path)
    assert len(motion.poses) == 80
    assert any("frames 1 to 80 of 120" in text for text in motion.remarks)


def test_poses_of_single_frames_name_the_conversion(tmp_path):
    frames = {f"{i:06d}.jpg": {"smpl": [{"global_orient": W.matrices[i, :1],
              "body_pose": W.matrices[i, 1:]}]} for i in range(20)}  # fmt: skip
    (tmp_path / "w.pkl").write_bytes(pickle.dumps(frames))
    with pytest.raises(RecordingError, match="20 poses of one frame each.*numpy.stack"):
        read_recording(tmp_path / "w.pkl")


def test_a_message_escapes_control_characters_and_bounds_the_names(tmp_path):
    names = {f"name\x1b[31m{i}": np.zeros(3) for i in range(60)}
    np.savez(tmp_path / "w.npz", **names)
    with pytest.raises(RecordingError, match=r"and 36 more, expected a body") as excinfo:
        read_recording(tmp_path / "w.npz")
    assert str(excinfo.value).isprintable()

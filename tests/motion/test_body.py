import dataclasses
import pickle

import numpy as np
import pytest
import torch

from agir_hf.motion import BodyMotion, RecordingError
from agir_hf.motion.body import OPEN_BODY, SMPL_VARIABLE, body_joints, load_body
from agir_hf.motion.fitting.surface_sites import SITES, anchors

RANDOM = np.random.default_rng(0)


@pytest.fixture(scope="module")
def body():
    return load_body(OPEN_BODY)


def test_the_open_body_has_smpls_layout_and_stays_small(body):
    assert OPEN_BODY.stat().st_size < 3e6
    assert len(body.parents) == 24 and body.components >= 10
    weights = body.model.lbs_weights
    assert torch.allclose(weights.sum(dim=1), torch.ones(len(weights), dtype=weights.dtype))
    assert torch.allclose(body.model.J_regressor.sum(dim=1), torch.ones(24, dtype=weights.dtype))
    assert 1.5 < body.height(np.zeros(10)) < 1.8
    taller = np.eye(10)[0]
    assert body.height(taller) > body.height(-taller) + 0.2


def test_left_and_right_side_are_mirror_images(body):
    vertices, joints = (part.numpy() for part in body.rest(np.zeros(10)))
    for left, right in ((1, 2), (4, 5), (7, 8), (10, 11), (13, 14), (16, 17), (18, 19), (20, 21)):
        assert np.allclose(joints[left] * [-1, 1, 1], joints[right], atol=1e-4)
        assert joints[left, 0] > 0.03
    assert np.abs(joints[[0, 3, 6, 9, 12, 15], 0]).max() < 1e-3
    assert joints[10, 2] > joints[7, 2] + 0.05  # toes forward: it faces Z


def test_joints_and_surface_of_a_users_body_are_those_of_smplx(users_body):
    poses, shift = 0.3 * RANDOM.normal(size=(5, 24, 3)), RANDOM.normal(size=(5, 3))
    betas = RANDOM.normal(size=10)
    reference = users_body.model(
        betas=torch.tensor(betas)[None].expand(5, -1),
        body_pose=torch.tensor(poses[:, 1:].reshape(5, -1)),
        global_orient=torch.tensor(poses[:, 0]),
        transl=torch.tensor(shift),
    )
    joints = reference.joints[:, :24].detach().numpy()
    assert np.abs(joints - users_body.joints(betas, poses, shift)).max() < 1e-6
    surface = users_body.surface(betas, poses, shift)
    assert np.abs(reference.vertices.detach().numpy() - surface).max() < 1e-6


@pytest.fixture(scope="module")
def users_file(tmp_path_factory):
    """A file in SMPL's layout with pose blend shapes, pickled as plain arrays."""
    with np.load(OPEN_BODY) as content:
        arrays = {name: content[name].astype(float) for name in content.files}
    arrays["posedirs"] = 1e-4 * RANDOM.normal(size=(len(arrays["v_template"]), 3, 207))
    path = tmp_path_factory.mktemp("body") / "model.pkl"
    path.write_bytes(pickle.dumps(arrays))
    return path


@pytest.fixture(scope="module")
def users_body(users_file):
    pytest.importorskip("smplx")
    return load_body(users_file)


def test_a_users_body_is_loaded_from_a_path_or_the_environment(
    body, users_file, users_body, monkeypatch
):
    assert users_body.name == "smpl" and load_body().name == "open"
    monkeypatch.setenv(SMPL_VARIABLE, str(users_file))
    assert load_body() is users_body
    poses = 0.3 * RANDOM.normal(size=(2, 24, 3))
    bent = users_body.surface(np.zeros(10), poses, np.zeros((2, 3)))
    assert np.abs(bent - body.surface(np.zeros(10), poses, np.zeros((2, 3)))).max() > 1e-5


def test_a_missing_or_incomplete_body_is_refused(body, tmp_path):
    with pytest.raises(FileNotFoundError, match="no body at"):
        load_body(tmp_path / "none.npz")
    path = tmp_path / "half.npz"
    np.savez(path, v_template=np.zeros((5, 3)), f=np.zeros((2, 3)))
    with pytest.raises(RecordingError, match="lacks shapedirs, posedirs, J_regressor"):
        load_body(path)
    with pytest.raises(RecordingError, match="16 shape components, the body open has 10"):
        body.rest(np.ones(16))


def test_betas_of_another_body_are_left_out_and_the_result_says_so(body):
    poses, shift = np.zeros((3, 24, 3), np.float32), np.zeros((3, 3), np.float32)
    joints = body_joints(BodyMotion(np.full(10, 3.0), poses, shift, 20.0, body="smpl"), body)
    mean = body.joints(np.zeros(10), poses, shift)[:, :22]
    assert np.allclose(joints.joints, mean, atol=1e-6) and "mean open body" in joints.marker_set
    own = body_joints(BodyMotion(np.full(10, 1.0), poses, shift, 20.0, body="open"), body)
    assert np.abs(own.joints - mean).max() > 0.05


def test_sites_are_on_the_skin_where_anatomy_has_them(body):
    vertices, joints = (part.numpy() for part in body.rest(np.zeros(10)))
    positions = {
        site: np.array(anchor.shares) @ vertices[list(anchor.corners)]
        for site, anchor in zip(SITES, anchors(body, list(SITES)), strict=True)
    }
    for site, point in positions.items():
        if site.startswith("left_"):
            assert np.allclose(point * [-1, 1, 1], positions["right" + site[4:]], atol=2e-3), site
    assert positions["left_knee_lateral"][0] > joints[4, 0] > positions["left_knee_medial"][0]
    assert positions["left_heel"][2] < joints[7, 2] < positions["left_metatarsal_2"][2]
    assert (
        positions["c7"][2] < positions["jugular_notch"][2]
        and positions["c7"][1] > positions["t10"][1]
    )
    assert positions["left_asis"][2] > 0 > positions["left_psis"][2]
    assert positions["left_wrist_lateral"][2] > positions["left_wrist_medial"][2]  # thumbs forward
    with pytest.raises(KeyError):
        anchors(body, ["left_ear"])


@pytest.mark.parametrize("seed", range(3))
def test_the_triangle_of_a_site_does_not_depend_on_rounding(body, seed):
    """Rays in the midplane meet the edge between a left and a right triangle."""
    template = body.model.v_template
    noise = torch.tensor(np.random.default_rng(seed).normal(size=tuple(template.shape)))
    model = dataclasses.replace(body.model, v_template=template * (1 + 4e-16 * noise))
    rounded = dataclasses.replace(body, model=model)
    pairs = zip(anchors(body, list(SITES)), anchors(rounded, list(SITES)), strict=True)
    for site, (anchor, other) in zip(SITES, pairs, strict=True):
        assert anchor.corners == other.corners, site

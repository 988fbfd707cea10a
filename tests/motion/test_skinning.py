"""Our linear blend skinning against smplx, and the package without smplx."""

import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

import agir_hf
from agir_hf.motion.body import OPEN_BODY, load_body
from agir_hf.motion.skinning import (
    SkinnedBody,
    kinematics,
    rotation_matrices,
    skew_matrices,
)

GENERATOR = np.random.default_rng(0)


@pytest.fixture(scope="module")
def arrays():
    """The open body's arrays, with pose blend shapes of the size of SMPL's."""
    with np.load(OPEN_BODY) as content:
        arrays = {name: np.array(content[name]) for name in content.files}
    for name in ("v_template", "shapedirs", "J_regressor", "weights"):
        arrays[name] = arrays[name].astype(float)
    arrays["weights"] /= arrays["weights"].sum(axis=1, keepdims=True)
    arrays["posedirs"] = 5e-3 * GENERATOR.normal(size=(len(arrays["v_template"]), 3, 207))
    return arrays


@pytest.fixture(scope="module")
def smplx_model(arrays):
    smplx = pytest.importorskip("smplx")
    from smplx.utils import Struct

    names = ("global_orient", "body_pose", "betas", "transl")
    return smplx.SMPL(
        data_struct=Struct(**arrays),
        model_path="",
        dtype=torch.float64,
        **{f"create_{name}": False for name in names},
    )


@pytest.mark.parametrize("size", [0.0, 1e-6, 0.3, 1.5])
def test_surface_joints_and_gradients_equal_those_of_smplx(arrays, smplx_model, size):
    def inputs():
        generator = np.random.default_rng(1)
        values = (2 * generator.normal(size=10), size * generator.normal(size=(4, 24, 3)),
                  generator.normal(size=(4, 3)))  # fmt: skip
        return [torch.tensor(value, requires_grad=True) for value in values]

    weights = torch.tensor(GENERATOR.normal(size=(4, len(arrays["v_template"]), 3)))
    betas, poses, translation = ours = inputs()
    vertices, joints = SkinnedBody.from_arrays(arrays).posed(betas, poses, translation)
    ((vertices * weights).mean() + joints.square().sum()).backward()

    betas, poses, translation = theirs = inputs()
    expected = smplx_model(
        betas=betas.expand(4, -1),
        global_orient=poses[:, 0],
        body_pose=poses[:, 1:].flatten(1),
        transl=translation,
    )
    expected_joints = expected.joints[:, :24]
    ((expected.vertices * weights).mean() + expected_joints.square().sum()).backward()

    assert (vertices - expected.vertices).abs().max() < 1e-6
    assert (joints - expected_joints).abs().max() < 1e-6
    for value, reference in zip(ours, theirs, strict=True):
        scale = reference.grad.abs().max()
        assert (value.grad - reference.grad).abs().max() < 1e-6 * scale


def test_the_surface_follows_its_joints_by_the_skinning_weights(arrays):
    """A vertex that one joint carries alone keeps its distance from this joint."""
    body = SkinnedBody.from_arrays(arrays | {"posedirs": 0 * arrays["posedirs"]})
    betas = torch.tensor(GENERATOR.normal(size=10))
    rest, rest_joints = body.at_rest(betas)
    poses = torch.tensor(0.5 * GENERATOR.normal(size=(2, 24, 3)))
    vertices, joints = body.posed(betas, poses, torch.tensor(GENERATOR.normal(size=(2, 3))))
    weight, joint = body.lbs_weights.max(dim=1)
    rigid = weight > 1 - 1e-12
    assert rigid.sum() > 1000
    before = (rest - rest_joints[joint]).norm(dim=-1)[rigid]
    after = (vertices - joints[:, joint]).norm(dim=-1)[:, rigid]
    assert torch.allclose(after, before.expand_as(after))


def test_the_open_body_is_skinned_without_smplx():
    assert isinstance(load_body(OPEN_BODY).model, SkinnedBody)


WITHOUT_SMPLX = """
import os, sys
sys.modules["smplx"] = None  # import smplx raises ModuleNotFoundError
import numpy as np
from agir_hf.motion import read_recording
from agir_hf.motion.body import load_body
from agir_hf.motion.fitting.mosh import fit_pose
from agir_hf.motion.resampling import resample
"""


def run_without_smplx(code: str, **environment) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_SMPLX + code],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )


def test_a_fit_on_the_open_body_needs_no_smplx():
    result = run_without_smplx(
        f"motion = fit_pose(read_recording({agir_hf.SAMPLE_RECORDING!r}))\n"
        "surface = load_body().surface(motion.betas, motion.poses[:2], motion.translation[:2])\n"
        "print(motion.body, np.isfinite(surface).all())"
    )
    assert result.stdout.split() == ["open", "True"], result.stderr


@pytest.mark.slow
def test_the_demo_needs_no_smplx(tmp_path):
    result = run_without_smplx(
        f"os.chdir({str(tmp_path)!r})\nfrom agir_hf.cli import main\nsys.exit(main(['demo']))"
    )
    assert result.returncode == 0, result.stderr


def test_an_smpl_file_without_smplx_is_refused_with_the_name_of_the_extra(arrays, tmp_path):
    path = tmp_path / "smpl.npz"
    np.savez(path, **arrays)
    result = run_without_smplx(
        "try:\n    load_body()\nexcept ImportError as error:\n    print(error)", AGIR_SMPL=str(path)
    )
    assert result.stdout.startswith(f"{path} is an SMPL file"), result.stderr
    assert 'pip install "agir-hf[smpl]"' in result.stdout


def test_the_command_line_names_the_extra_of_an_smpl_file(arrays, tmp_path):
    path = tmp_path / "smpl.npz"
    np.savez(path, **arrays)
    command = ["fit", str(agir_hf.SAMPLE_RECORDING), "--body", str(path)]
    result = run_without_smplx(f"from agir_hf.cli import main\nsys.exit(main({command!r}))")
    assert result.returncode == 2 and result.stderr.count("\n") == 1, result.stderr
    assert 'pip install "agir-hf[smpl]"' in result.stderr


def test_rotation_matrices_are_those_of_scipy():
    vectors = GENERATOR.normal(size=(50, 3))
    vectors[:10] *= 1e-5 / np.linalg.norm(vectors[:10], axis=1, keepdims=True)
    vectors[10:20] *= 2e-4 / np.linalg.norm(vectors[10:20], axis=1, keepdims=True)
    matrices = rotation_matrices(torch.tensor(vectors)).numpy()
    np.testing.assert_allclose(matrices, Rotation.from_rotvec(vectors).as_matrix(), atol=1e-14)
    np.testing.assert_array_equal(rotation_matrices(torch.zeros(3, dtype=torch.float64)), np.eye(3))


def test_a_skew_matrix_multiplies_like_the_cross_product():
    a, b = torch.tensor(GENERATOR.normal(size=(2, 5, 3)))
    product = (skew_matrices(a) @ b[..., None])[..., 0]
    np.testing.assert_allclose(product, np.cross(a, b), atol=1e-12)


def test_joints_of_a_bent_chain_by_hand():
    """Three joints in a line along X; the first turns by 90 degrees about Z, the second about Y."""
    rest = torch.tensor([[1.0, 0, 0], [3, 0, 0], [6, 0, 0]], dtype=torch.float64)
    turns = torch.tensor([[0, 0, np.pi / 2], [0, np.pi / 2, 0], [0, 0, 0]], dtype=torch.float64)
    shift = torch.tensor([[0.0, 5, 0]], dtype=torch.float64)
    orientations, joints = kinematics(rotation_matrices(turns)[None], rest, shift, [-1, 0, 1])
    np.testing.assert_allclose(joints[0], [[1, 5, 0], [1, 7, 0], [1, 7, -3]], atol=1e-12)
    np.testing.assert_allclose(orientations[0, 2] @ orientations[0, 1].mT, np.eye(3), atol=1e-12)

"""Parts of the solver against formulas, dense solutions and finite differences."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from agir_hf.motion.body import OPEN_BODY, load_body
from agir_hf.motion.fitting import mosh, pose_prior, solver
from agir_hf.motion.fitting.marker_model import MarkerModel, State, axis_angle
from agir_hf.motion.recording import RecordingError

RNG = np.random.default_rng(0)
TRUNK = ["left_asis", "right_asis", "left_psis", "right_psis", "c7", "jugular_notch"]


def tensor(*shape, scale=1.0):
    return torch.tensor(scale * RNG.normal(size=shape))


def state_of(frames, scale=0.2):
    root = Rotation.from_rotvec(scale * RNG.normal(size=(frames, 3))).as_matrix()
    return State(tensor(frames, 3), tensor(frames, 24, 3, scale=scale), torch.tensor(root))


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 9])
def test_the_banded_solution_is_that_of_the_dense_system(frames):
    size = 5
    parts = tensor(frames, size, size)
    hessian = parts.mT @ parts + torch.eye(size, dtype=torch.float64)
    gradient = tensor(frames, size)
    smooth = torch.tensor([0.5, 2.0, 3.0, 0.1, 1.0], dtype=torch.float64)
    dense = torch.block_diag(*hessian)
    if frames >= 3:
        difference = np.zeros((frames - 2, frames))
        for row in range(frames - 2):
            difference[row, row : row + 3] = 1, -2, 1
        dense = dense + torch.tensor(np.kron(difference.T @ difference, np.diag(smooth.numpy())))
    expected = torch.linalg.solve(dense, gradient.flatten()).reshape(frames, size)
    solution = solver._banded_solution(hessian, smooth, gradient)
    torch.testing.assert_close(solution, expected)


def test_the_smoothness_prior_is_the_gradient_of_squared_second_differences():
    state = state_of(6)
    precision, descent = solver._smoothness(state)
    assert precision[:3].tolist() == pytest.approx([1 / 0.02**2] * 3)
    assert precision[3:].tolist() == pytest.approx([1 / 0.25**2] * 72)

    def energy(translation, rotations):
        values = torch.cat([translation, rotations.flatten(1)], dim=1)
        second = values[2:] - 2 * values[1:-1] + values[:-2]
        weight = torch.cat([precision[:3], precision[6:]])
        return 0.5 * (weight * second**2).sum()

    translation = state.translation.clone().requires_grad_()
    rotations = state.rotations[:, 1:].clone().requires_grad_()
    energy(translation, rotations).backward()
    torch.testing.assert_close(descent[:, :3], -translation.grad)
    torch.testing.assert_close(descent[:, 6:], -rotations.grad.flatten(1))
    for frames in (1, 2):
        short = solver._smoothness(state_of(frames))
        assert not short[0].any() and short[1].shape == (frames, 75) and not short[1].any()


def test_a_pelvis_that_turns_at_one_speed_is_smooth():
    """Also after a full turn."""
    root = torch.tensor(Rotation.from_rotvec(np.outer(np.arange(40), [0, 0.3, 0])).as_matrix())
    state = State(torch.zeros(40, 3).double(), torch.zeros(40, 24, 3).double(), root)
    assert solver._smoothness(state)[1].abs().max() < 1e-9
    jump = root.clone()
    jump[20] = torch.tensor(Rotation.from_rotvec([0, 20 * 0.3 + 0.1, 0]).as_matrix())
    descent = solver._smoothness(State(state.translation, state.rotations, jump))[1]
    expected = np.array([-1, 4, -6, 4, -1]) * 0.1 / 0.25**2
    np.testing.assert_allclose(descent[18:23, 4], expected, atol=1e-9)


def test_a_rigid_alignment_finds_rotation_and_shift_of_the_weighted_points():
    template = tensor(7, 3)
    rotation = Rotation.from_rotvec(RNG.normal(size=(4, 3))).as_matrix()
    shift = RNG.normal(size=(4, 3))
    target = np.einsum("tab,mb->tma", rotation, template.numpy()) + shift[:, None]
    target[:, 0] += 5  # has no weight
    weight = torch.ones(4, 7, dtype=torch.float64)
    weight[:, 0] = 0
    weight[1, 1] = 3
    got = solver._rigid(template, torch.tensor(target), weight)
    np.testing.assert_allclose(got[0], rotation, atol=1e-9)
    np.testing.assert_allclose(got[1], shift, atol=1e-9)
    mirrored = torch.tensor(target) * torch.tensor([-1.0, 1.0, 1.0])
    assert torch.linalg.det(solver._rigid(template, mirrored, weight)[0]).min() > 0.99


def test_steps_are_limited_in_rotation_and_not_in_translation():
    step = torch.zeros(2, 75, dtype=torch.float64)
    step[0, :3] = 5.0
    step[0, 3:6] = torch.tensor([0.0, 1.2, 0.0])
    step[1, 9:12] = torch.tensor([0.3, 0.0, 0.4])
    limited = solver._limited(step)
    assert limited[0, :3].tolist() == [5, 5, 5]
    assert limited[0, 3:6].tolist() == pytest.approx([0, 0.6, 0])
    assert limited[1, 9:12].tolist() == pytest.approx([0.3, 0, 0.4])
    step[1, 9:12] *= 3
    assert solver._limited(step)[1, 9:12].tolist() == pytest.approx([0.36, 0, 0.48])


def test_weights_of_markers_by_hand():
    """(c² / (c² + d²))² / s² with c = 6 cm and s = 8 mm, of Geman and McClure."""
    difference = torch.tensor([[[0.0, 0.0, 0.0], [0.036, 0.0, 0.048], [0.1, 0.0, 0.0]]]).double()
    seen = torch.tensor([[True, True, False]])
    weights = solver._robust_weights(difference, seen)[0].tolist()
    assert weights == pytest.approx([1 / 0.008**2, 0.25 / 0.008**2, 0])
    markers, target = tensor(2, 3, 3), tensor(2, 3, 3)
    seen = torch.tensor([[True, False, True], [True, True, False]])
    residual = solver._residual(markers, target, seen)
    np.testing.assert_allclose(residual[0, 0], np.linalg.norm(markers[0, 0] - target[0, 0]))
    np.testing.assert_array_equal(np.isnan(residual), ~seen.numpy())


def test_missing_markers_are_not_seen():
    markers = RNG.normal(size=(2, 3, 3))
    markers[0, 1, 2] = np.nan
    target, seen = solver._target(markers)
    assert seen.tolist() == [[True, False, True], [True] * 3]
    assert target[0, 1].tolist() == [0, 0, 0] and target[1, 2].tolist() == markers[1, 2].tolist()


@pytest.mark.parametrize(("missing", "factor"), [(0, 1.0), (1, 2.0), (4, 5.0)])
def test_the_pose_prior_is_stronger_where_markers_are_missing(missing, factor):
    state = state_of(1)
    seen = torch.arange(4)[None] >= missing
    precision, descent = solver._prior_terms(state, seen, 0.5)
    assert precision.shape == descent.shape == (1, 75)
    assert not precision[:, :6].any() and not descent[:, :6].any()  # translation and pelvis
    knee = slice(3 + 12, 3 + 15)
    expected = 0.2 * 0.5 * factor / np.array([0.60, 0.12, 0.08]) ** 2
    np.testing.assert_allclose(precision[0, knee], expected)
    moved = np.array([0.25, 0, 0]) - state.rotations[0, 4].numpy()
    np.testing.assert_allclose(descent[0, knee], expected * moved)


def test_the_prior_of_poses_is_symmetric():
    """Right joints have the means of the left ones with opposite signs of y and z."""
    for left, right in ((1, 2), (4, 5), (7, 8), (13, 14), (16, 17), (18, 19), (20, 21), (22, 23)):
        mirrored = pose_prior.MEAN[left] * torch.tensor([1.0, -1.0, -1.0])
        assert pose_prior.MEAN[right].tolist() == mirrored.tolist()
        assert pose_prior.STD[right].tolist() == pose_prior.STD[left].tolist()
    assert pose_prior.MEAN[17].tolist() == pytest.approx([0, 0, 1.2])  # arms down
    assert pose_prior.MEAN[19].tolist() == pytest.approx([0, 0.4, 0])
    assert not pose_prior.PRECISION[0].any()
    np.testing.assert_allclose(pose_prior.PRECISION[3], [1 / 0.15**2, 100, 100])


def test_priors_of_shape_and_offsets_by_hand():
    betas, offsets = torch.tensor([0.4, -1.0]).double(), torch.zeros(2, 3).double()
    spread = torch.tensor([[0.012, 0.012, 0.003], [0.04, 0.04, 0.015]]).double()
    model = SimpleNamespace(spread=spread)
    precision, descent = solver._shared_prior(model, betas, offsets, 0.5, False)
    np.testing.assert_allclose(precision, [2.0, 2.0])
    np.testing.assert_allclose(descent, [-0.8, 2.0])
    precision, descent = solver._shared_prior(model, betas, offsets, 0.5, True)
    np.testing.assert_allclose(precision[2:], 0.5 / spread.numpy().flatten() ** 2)
    nominal = np.tile([0, 0, 0.0095], 2)
    np.testing.assert_allclose(descent[2:], precision[2:].numpy() * nominal)
    assert solver.nominal_offsets(2).flatten().tolist() == pytest.approx(nominal.tolist())


def test_the_root_becomes_the_axis_angle_of_the_pelvis():
    state = state_of(3)
    changed = solver._with_rotvec(state)
    torch.testing.assert_close(changed.rotations[:, 0], axis_angle(state.root))
    torch.testing.assert_close(changed.rotations[:, 1:], state.rotations[:, 1:])


def test_frames_for_the_shape_are_the_best_of_equal_parts():
    markers = np.zeros((140, 4, 3))
    markers[:, :2] = np.nan
    best = np.arange(14) * 10 + RNG.integers(0, 10, 14)
    markers[best, 0] = 0.0
    np.testing.assert_array_equal(mosh._best_frames(markers), best)
    assert mosh._best_frames(markers[:5]).tolist() == [0, 1, 2, 3, 4]


def test_frames_with_half_of_the_markers_are_kept():
    markers = np.zeros((60, 4, 3))
    markers[:10, :3] = np.nan  # a quarter is seen
    markers[10:20, :2] = np.nan  # half
    markers[30, :] = np.nan
    markers[55:, :3] = np.nan
    assert len(mosh._visible_part(markers, "x")) == 45
    assert len(mosh._visible_part(markers[:30], "x")) == 20
    with pytest.raises(RecordingError, match="for only 0.95 s, expected at least 1 s"):
        mosh._visible_part(markers[:29], "x")
    with pytest.raises(RecordingError, match="for only 0.00 s"):
        mosh._visible_part(np.full((60, 4, 3), np.nan), "x")


@pytest.mark.parametrize(
    ("near_m", "far_m", "far_frames", "is_refused"),
    [
        (0.024, 0.024, 0, False),
        (0.026, 0.026, 0, True),
        (0.020, 0.039, 9, False),
        (0.020, 0.041, 3, False),  # of 19 frames with markers
        (0.020, 0.041, 4, True),
    ],
)
def test_limits_of_a_fit(near_m, far_m, far_frames, is_refused):
    residual = torch.full((20, 6), near_m)
    residual[:far_frames] = far_m
    residual[-1] = torch.nan
    fit = SimpleNamespace(residual_m=residual)
    if not is_refused:
        mosh._check(fit, "x")
        return
    with pytest.raises(mosh.FitError, match=f"markers are {1000 * near_m:.0f} mm"):
        mosh._check(fit, "x")


def test_the_report_of_residuals_by_hand():
    residual = np.tile(np.arange(1, 101)[:, None] / 1000, (1, 2))
    residual[:, 1] = np.nan
    motion = SimpleNamespace(marker_labels=("A", "B"), residual_m=residual)
    first, second = mosh.residual_report(motion)
    assert first == ("A", pytest.approx(0.0505), pytest.approx(0.09505), 1.0)
    assert second[0] == "B" and np.isnan(second[1:3]).all() and second[3] == 0


@pytest.mark.parametrize("hidden", [(0, 2), (3, 7), (5, 9)])
def test_frames_without_the_trunk_start_as_the_nearest_frame_with_it(hidden):
    model = MarkerModel(load_body(OPEN_BODY), TRUNK)
    offsets, betas = solver.nominal_offsets(len(TRUNK)), torch.zeros(10, dtype=torch.float64)
    moved = model.pose(betas, offsets, state_of(9)).markers
    seen = torch.ones(9, len(TRUNK), dtype=torch.bool)
    seen[slice(*hidden)] = False
    state = solver.initial_state(model, betas, offsets, moved, seen)
    whole = solver.initial_state(model, betas, offsets, moved, torch.ones_like(seen))
    for frame in range(9):
        visible = [other for other in range(9) if seen[other].all()]
        nearest = min(visible, key=lambda other: abs(other - frame))
        torch.testing.assert_close(state.root[frame], whole.root[nearest])

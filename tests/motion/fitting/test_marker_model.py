import numpy as np
import pytest
import torch

from agir_hf.motion.body import OPEN_BODY, load_body
from agir_hf.motion.fitting.chains import normal_equations
from agir_hf.motion.fitting.marker_model import PARAMETERS, MarkerModel, State, left_jacobian
from agir_hf.motion.fitting.solver import nominal_offsets
from agir_hf.motion.fitting.surface_sites import SITES
from agir_hf.motion.marker_sets.sites import CLUSTER_SITES
from agir_hf.motion.skinning import rotation_matrices

STEP = 1e-6


@pytest.fixture(scope="module")
def posed():
    """Markers at all sites of a body in three random poses and a random shape."""
    generator = torch.Generator().manual_seed(0)

    def normal(*size):
        return torch.randn(*size, generator=generator, dtype=torch.float64)

    rotations = 0.4 * normal(3, 24, 3)
    state = State(normal(3, 3), rotations, rotation_matrices(rotations[:, 0]))
    model = MarkerModel(load_body(OPEN_BODY), list(SITES))
    offsets = nominal_offsets(len(SITES)) + 0.01 * normal(len(SITES), 3)
    return model, normal(10), offsets, state


def test_markers_of_clusters_are_less_certain_along_and_across_the_skin(posed):
    model, *_ = posed
    clusters = [list(SITES).index(site) for site in CLUSTER_SITES if site in SITES]
    others = [i for i in range(len(SITES)) if i not in clusters]
    assert clusters and others
    assert np.unique(model.spread[clusters], axis=0).tolist() == [[0.04, 0.04, 0.015]]
    assert np.unique(model.spread[others], axis=0).tolist() == [[0.012, 0.012, 0.003]]


def test_a_marker_without_an_offset_is_on_the_posed_skin(posed):
    model, betas, _, state = posed
    zero = torch.zeros(len(SITES), 3, dtype=torch.float64)
    markers = model.pose(betas, zero, state).markers
    rotations = state.rotations.clone()
    surface = torch.as_tensor(model.body.surface(betas, rotations, state.translation))
    skin = torch.einsum("mc,tmcx->tmx", model.shares, surface[:, model.corners])
    # skinning the corners and skinning the point between them differ a little
    assert (markers - skin).norm(dim=-1).max() < 5e-3


def test_offsets_are_distances_from_the_skin(posed):
    model, betas, _, state = posed
    zero = torch.zeros(len(SITES), 3, dtype=torch.float64)
    at_rest = model.rest(betas, nominal_offsets(len(SITES))) - model.rest(betas, zero)
    assert torch.allclose(at_rest.norm(dim=-1), torch.full((len(SITES),), 0.0095).double())


def test_derivatives_equal_finite_differences(posed):
    model, betas, offsets, state = posed
    at_state = model.pose(betas, offsets, state)
    jacobian = model.pose_jacobian(at_state, state)
    for i in range(PARAMETERS):
        step = torch.zeros(3, PARAMETERS, dtype=torch.float64)
        step[:, i] = STEP
        plus, minus = (model.pose(betas, offsets, state.stepped(s * step)).markers for s in (1, -1))
        assert torch.allclose(
            (plus - minus).flatten(1) / (2 * STEP), jacobian[..., i], atol=1e-6
        ), i
    own = model.offset_jacobian(at_state, betas)
    for i in range(3):
        step = torch.zeros_like(offsets)
        step[:, i] = STEP
        change = (model.pose(betas, offsets + step, state).markers - at_state.markers) / STEP
        assert torch.allclose(change, own[..., i], atol=1e-6)


def test_normal_equations_of_the_chains_equal_those_of_all_derivatives(posed):
    model, betas, offsets, state = posed
    at_state = model.pose(betas, offsets, state)
    generator = torch.Generator().manual_seed(1)
    shape = at_state.markers.shape
    difference = torch.randn(shape, generator=generator, dtype=torch.float64)
    weight = torch.rand(shape[:2], generator=generator, dtype=torch.float64)
    weight[0, 3] = 0.0  # a missing marker
    jacobian = model.pose_jacobian(at_state, state)
    weighted = jacobian * weight[..., None].expand(shape).flatten(1)[..., None]
    hessian, gradient = normal_equations(model, at_state, state, difference, weight)
    torch.testing.assert_close(hessian, weighted.mT @ jacobian)
    torch.testing.assert_close(gradient, (weighted.mT @ difference.flatten(1)[..., None])[..., 0])


def test_each_marker_is_in_the_chain_of_the_joints_that_move_it(posed):
    model = posed[0]
    shares = model.weights @ model.descendants.T
    numbers = torch.cat([chain.markers for chain in model.chains])
    assert numbers.sort().values.tolist() == list(range(len(SITES)))
    for chain in model.chains:
        others = torch.ones(24, dtype=torch.bool)
        others[chain.joints] = False
        assert not shares[chain.markers][:, others].any()
    assert sum(chain.shares.numel() for chain in model.chains) < 0.5 * shares.numel()


def test_derivatives_by_shape_equal_finite_differences_on_the_skin(posed):
    model, betas, offsets, state = posed
    jacobian = model.shape_jacobian(model.pose(betas, 0 * offsets, state))
    for i in range(len(betas)):
        step = STEP * torch.eye(10, dtype=torch.float64)[i]
        plus, minus = (model.pose(betas + s * step, 0 * offsets, state).markers for s in (1, -1))
        assert torch.allclose((plus - minus) / (2 * STEP), jacobian[..., i], atol=1e-6)


def test_left_jacobian_near_zero_and_far_from_it():
    for angle in (np.array([1e-5, 2e-5, 0]), np.array([1e-3, 0, 0]), np.array([1.2, -0.7, 2.0])):
        theta = torch.tensor(angle, dtype=torch.float64)
        for i in range(3):
            step = torch.zeros(3, dtype=torch.float64)
            step[i] = STEP
            turned = rotation_matrices(theta + step) @ rotation_matrices(theta - step).mT
            vee = torch.stack([turned[2, 1], turned[0, 2], turned[1, 0]]) - torch.stack(
                [turned[1, 2], turned[2, 0], turned[0, 1]]
            )
            assert torch.allclose(vee / 2 / (2 * STEP), left_jacobian(theta)[:, i], atol=1e-6)

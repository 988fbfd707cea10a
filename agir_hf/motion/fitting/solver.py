"""Shape, marker places and poses of a body from marker positions: the two stages of MoSh.

After MoSh (Loper, Mahmood and Black 2014, ACM ToG 33(6):220) and MoSh++ (Mahmood et al. 2019,
ICCV): markers stand 9.5 mm off the skin. Stage I finds shape, places of the markers on the skin
and poses of a few frames together, its priors relaxed to 1, 1/2, 1/4, 1/8. Stage II finds the
poses of all frames at once. What differs: both stages are Gauss-Newton with derivatives in closed
form (`marker_model`), all frames share one banded system, and a marker that was not seen has
weight zero. The data term is that of Geman and McClure, by reweighting.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.linalg import solveh_banded

from ..recording import BODY_JOINTS
from . import pose_prior
from .marker_model import PARAMETERS, MarkerModel, State, axis_angle

SKIN_DISTANCE_M = 0.0095  # centre of a marker from the skin: MoSh
DATA_SPREAD_M = 0.008  # of markers about their places on the body
ROBUST_M = 0.06  # from about here a marker counts less and less
DRIFT_M, LIFT_M = 0.012, 0.003  # spread of a marker's site along the skin, and off it
SHAPE_SPREAD = 0.5  # of the betas, tighter than their own: markers are sure of few of them
ANNEALING = (1.0, 0.5, 0.25, 0.125)
POSE_PRIOR = 0.2  # its weight: the spreads are those of common poses, not of limits
SHAPE_STEPS = 5  # at each of them
POSE_STEPS = 14
SETTLED_M = 2e-5  # mean change of a marker at which stage II ends
# Second differences at 20 fps: translation in metres, rotations in radians.
JERK_M, JERK_RAD = 0.02, 0.25
LONGEST_STEP_RAD = 0.6
WINDOW, OVERLAP = 600, 40  # frames solved together, which bounds the memory
_TRUNK = (0, 3, 6, 9, 12, 13, 14)


@dataclass(frozen=True, eq=False)
class Fit:
    """Poses of T frames and how well they meet the markers.

    Attributes:
        betas: (B,).
        offsets: (M, 3) latent markers in the local frames of the skin, metres.
        state: poses.
        residual_m: (T, M) distance of each marker from its place, NaN where it was not seen.
    """

    betas: torch.Tensor
    offsets: torch.Tensor
    state: State
    residual_m: torch.Tensor


def solve_shape(model: MarkerModel, markers: np.ndarray) -> Fit:
    """Stage I: shape, places of the markers and poses of a few frames.

    Args:
        model: the body with M markers.
        markers: (F, M, 3) metres, Y up, NaN where not seen; some dozen frames.
    """
    target, seen = _target(markers)
    betas = torch.zeros(model.body.components, dtype=torch.float64)
    offsets = nominal_offsets(target.shape[1])
    state = initial_state(model, betas, offsets, target, seen)
    # the pose first, with the shape free to grow and the markers held
    for prior, free in ((4.0, False), *((weight, True) for weight in ANNEALING)):
        for _ in range(SHAPE_STEPS):
            betas, offsets, state = _shape_step(
                model, betas, offsets, state, target, seen, prior, free
            )
    posed = model.pose(betas, offsets, state)
    return Fit(betas, offsets, _with_rotvec(state), _residual(posed.markers, target, seen))


def solve_pose(
    model: MarkerModel,
    betas: torch.Tensor,
    offsets: torch.Tensor,
    markers: np.ndarray,
    progress=None,
) -> Fit:
    """Stage II: poses of all frames of a body of known shape and markers.

    Args:
        model, betas, offsets: of stage I.
        markers: (T, M, 3) metres at 20 fps, Y up, NaN where not seen.
        progress: called with the number of frames that are done, after each window.
    """
    target, seen = _target(markers)
    state = initial_state(model, betas, offsets, target, seen)
    parts, start, frames = [], 0, len(target)
    while True:
        stop = frames if frames - start <= WINDOW + OVERLAP else start + WINDOW
        window = slice(start, stop)
        done = _solve(model, betas, offsets, state.part(start, stop), target[window], seen[window])
        keep_to = stop if stop == frames else stop - OVERLAP // 2
        skip = OVERLAP // 2 if start else 0
        parts.append(done.part(skip, keep_to - start))
        if progress:
            progress(keep_to)
        if stop == frames:
            break
        start = stop - OVERLAP
    state = State(*(torch.cat(list(p)) for p in zip(*map(_fields, parts), strict=True)))
    residual = torch.cat(
        [
            _residual(model.pose(betas, offsets, state.part(a, a + WINDOW)).markers, t, s)
            for a, t, s in zip(
                range(0, frames, WINDOW), target.split(WINDOW), seen.split(WINDOW), strict=True
            )
        ]
    )
    return Fit(betas, offsets, _with_rotvec(state), residual)


def nominal_offsets(markers: int) -> torch.Tensor:
    """(M, 3): straight off the skin."""
    offsets = torch.zeros(markers, 3, dtype=torch.float64)
    offsets[:, 2] = SKIN_DISTANCE_M
    return offsets


def initial_state(model, betas, offsets, target, seen) -> State:
    """Standing with arms down, turned and placed so that the trunk's markers are met.

    Frames in which fewer than three of them are seen take the place of the nearest that has them.
    """
    rest = State(
        torch.zeros(1, 3, dtype=torch.float64),
        pose_prior.MEAN[None].clone(),
        torch.eye(3, dtype=torch.float64)[None],
    )
    template = model.pose(betas, offsets, rest).markers[0]
    trunk = torch.isin(model.weights.argmax(dim=1), torch.tensor(_TRUNK))
    weight = (seen & trunk).double()
    if int((weight.sum(dim=1) >= 3).sum()) == 0:
        weight = seen.double()
    known = torch.nonzero(weight.sum(dim=1) >= 3).flatten()
    nearest = (torch.arange(len(target))[:, None] - known).abs().argmin(dim=1)
    turn, shift = _rigid(template, target[known], weight[known])
    root = turn[nearest]
    pelvis = model.joints_at_rest(betas)[0]
    # the root turns about the pelvis, not about the origin
    shift = shift[nearest] + (root @ pelvis) - pelvis
    return State(shift, pose_prior.MEAN.expand(len(target), -1, -1).clone(), root)


def _rigid(template, target, weight) -> tuple[torch.Tensor, torch.Tensor]:
    """Turn (T, 3, 3) and shift (T, 3) of a template (M, 3) to targets (T, M, 3).

    Kabsch 1976 (Acta Cryst A32:922), weighted.
    """
    share = weight / weight.sum(dim=1, keepdim=True)
    middle = torch.einsum("tm,mx->tx", share, template)
    aim = torch.einsum("tm,tmx->tx", share, target)
    covariance = torch.einsum(
        "tm,tmx,tmy->txy", share, template - middle[:, None], target - aim[:, None]
    )
    u, _, v = torch.linalg.svd(covariance)
    mirror = torch.ones(len(target), 3, dtype=target.dtype)
    mirror[:, 2] = torch.linalg.det(v.mT @ u.mT).sign()
    turn = v.mT @ (mirror[..., None] * u.mT)
    return turn, aim - (turn @ middle[..., None])[..., 0]


def _target(markers: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    markers = torch.as_tensor(np.asarray(markers), dtype=torch.float64)
    seen = markers.isfinite().all(dim=-1)
    return torch.where(seen[..., None], markers, torch.zeros_like(markers)), seen


def _robust_weights(difference: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
    """(T, M) weights of Geman and McClure (1987) over the data's variance."""
    squared = (difference**2).sum(dim=-1)
    weight = (ROBUST_M**2 / (ROBUST_M**2 + squared)) ** 2
    return seen * weight / DATA_SPREAD_M**2


def _residual(markers, target, seen) -> torch.Tensor:
    distance = (markers - target).norm(dim=-1)
    return torch.where(seen, distance, torch.full_like(distance, torch.nan))


def _prior_terms(state: State, seen, strength: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Diagonal (T, 75) of the pose prior's Hessian and its pull; stronger where markers miss."""
    missing = 1 - seen.double().mean(dim=1)
    scale = POSE_PRIOR * strength * (1 + 4 * missing)[:, None, None]
    precision = scale * pose_prior.PRECISION
    pull = precision * (pose_prior.MEAN - state.rotations)
    nothing = torch.zeros(len(precision), 3, dtype=precision.dtype)
    return (torch.cat([nothing, part.flatten(1)], dim=1) for part in (precision, pull))


def _shape_step(model, betas, offsets, state, target, seen, strength, free):
    """One Gauss-Newton step of stage I; poses are eliminated frame by frame."""
    posed = model.pose(betas, offsets, state)
    difference = target - posed.markers
    root = _robust_weights(difference, seen).sqrt()[..., None]
    frames, markers = seen.shape
    pose = model.pose_jacobian(posed, state).unflatten(1, (markers, 3)) * root[..., None]
    shared = [model.shape_jacobian(posed) * root[..., None]]
    if free:
        own = model.offset_jacobian(posed, betas) * root[..., None]
        spread = torch.zeros(frames, markers, 3, markers, 3, dtype=own.dtype)
        every = torch.arange(markers)
        spread[:, every, :, every] = own.transpose(0, 1)
        shared.append(spread.flatten(3))
    shared = torch.cat(shared, dim=-1).flatten(1, 2)
    pose, misfit = pose.flatten(1, 2), (difference * root).flatten(1)

    diagonal, pull = _prior_terms(state, seen, strength)
    own_hessian = pose.mT @ pose + torch.diag_embed(diagonal + 1e-6)
    own_gradient = (pose.mT @ misfit[..., None])[..., 0] + pull
    cross = pose.mT @ shared  # (F, 75, G)
    hessian = torch.einsum("tng,tnh->gh", shared, shared)
    gradient = torch.einsum("tng,tn->g", shared, misfit)
    precision, towards = _shared_prior(betas, offsets, strength, free)
    hessian += torch.diag(precision)
    gradient += towards
    factor = torch.linalg.cholesky(own_hessian)
    reduced = torch.cholesky_solve(torch.cat([cross, own_gradient[..., None]], dim=-1), factor)
    hessian -= torch.einsum("tpg,tph->gh", cross, reduced[..., :-1])
    gradient -= torch.einsum("tpg,tp->g", cross, reduced[..., -1])
    step = torch.linalg.solve(hessian, gradient)
    pose_step = reduced[..., -1] - reduced[..., :-1] @ step
    betas = betas + step[: len(betas)]
    if free:
        offsets = offsets + step[len(betas) :].reshape(-1, 3)
    return betas, offsets, state.moved(_bounded(pose_step))


def _shared_prior(betas, offsets, strength, free):
    """Precision and pull of betas and, where ``free``, of the markers' places on the skin."""
    precision = [torch.full_like(betas, strength / SHAPE_SPREAD**2)]
    away = [-betas]
    if free:
        site = torch.tensor([DRIFT_M, DRIFT_M, LIFT_M], dtype=betas.dtype) ** -2
        precision.append((strength * site).repeat(len(offsets)))
        away.append((nominal_offsets(len(offsets)) - offsets).flatten())
    precision = torch.cat(precision)
    return precision, precision * torch.cat(away)


def _bounded(step: torch.Tensor) -> torch.Tensor:
    """A step (T, 75) none of whose turns is longer than the linearisation bears."""
    turns = step[:, 3:].unflatten(1, (BODY_JOINTS, 3))
    length = turns.norm(dim=-1, keepdim=True)
    turns = turns * (LONGEST_STEP_RAD / length.clamp(min=LONGEST_STEP_RAD))
    return torch.cat([step[:, :3], turns.flatten(1)], dim=1)


def _solve(model, betas, offsets, state, target, seen) -> State:
    """Gauss-Newton over the frames of a window."""
    previous = None
    for step in range(POSE_STEPS):
        posed = model.pose(betas, offsets, state)
        if previous is not None:
            change = (posed.markers - previous).norm(dim=-1).mean()
            if step > 3 and change < SETTLED_M:
                break
        previous = posed.markers
        jacobian = model.pose_jacobian(posed, state)
        difference = target - posed.markers
        weight = _robust_weights(difference, seen)[..., None].expand(-1, -1, 3).flatten(1)
        weighted = jacobian * weight[..., None]
        hessian = weighted.mT @ jacobian
        gradient = (weighted.mT @ difference.flatten(1)[..., None])[..., 0]
        diagonal, pull = _prior_terms(state, seen, 1.0)
        hessian.diagonal(dim1=1, dim2=2).add_(diagonal + 1e-6)
        smooth, towards = _smoothness(state)
        delta = _banded_solution(hessian, smooth, gradient + pull + towards)
        state = state.moved(_bounded(delta))
    return state


def _smoothness(state: State) -> tuple[torch.Tensor, torch.Tensor]:
    """Precision (75,) of second differences, and their pull (T, 75)."""
    precision = torch.full((PARAMETERS,), JERK_RAD**-2, dtype=torch.float64)
    precision[:3] = JERK_M**-2
    frames = len(state.root)
    if frames < 3:
        return torch.zeros_like(precision), torch.zeros(frames, PARAMETERS, dtype=torch.float64)
    # turns of the pelvis from frame to frame, summed: its second differences are those of the turn
    between = axis_angle(state.root[1:] @ state.root[:-1].mT)
    path = torch.cat([torch.zeros(1, 3, dtype=torch.float64), between.cumsum(dim=0)])
    values = torch.cat([state.translation, path, state.rotations[:, 1:].flatten(1)], dim=1)
    second = values[2:] - 2 * values[1:-1] + values[:-2]
    pull = torch.zeros_like(values)
    pull[2:] -= second
    pull[1:-1] += 2 * second
    pull[:-2] -= second
    return precision, pull * precision


def _banded_solution(hessian, smooth, gradient) -> torch.Tensor:
    """Solve (block diagonal + second differences) step = gradient; linear in the frames."""
    frames, size = gradient.shape
    band = np.zeros((2 * size + 1, frames * size))
    blocks = hessian.numpy()
    for offset in range(size):
        below = blocks[:, np.arange(offset, size), np.arange(size - offset)]
        band[offset].reshape(frames, size)[:, : size - offset] = below
    # Dᵀ D of second differences over frames
    if frames >= 3:
        main, near, far = np.zeros(frames), np.zeros(frames), np.zeros(frames)
        for place, value in ((0, 1.0), (1, -2.0), (2, 1.0)):
            main[place : frames - 2 + place] += value**2
        near[: frames - 2] += -2.0
        near[1 : frames - 1] += -2.0
        far[: frames - 2] += 1.0
        for offset, share in ((0, main), (size, near), (2 * size, far)):
            band[offset] += (share[:, None] * smooth.numpy()).reshape(-1)
    solution = solveh_banded(
        band, gradient.numpy().reshape(-1), lower=True, overwrite_ab=True, check_finite=False
    )
    return torch.from_numpy(solution).reshape(frames, size)


def _fields(state: State) -> tuple[torch.Tensor, ...]:
    return state.translation, state.rotations, state.root


def _with_rotvec(state: State) -> State:
    """The same, with the pelvis' axis-angle brought up to its matrix."""
    rotations = state.rotations.clone()
    rotations[:, 0] = axis_angle(state.root)
    return State(state.translation, rotations, state.root)

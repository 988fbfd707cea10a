"""The two stages of MoSh: solve for shape, marker positions on the skin, and poses.

Based on MoSh (Loper, Mahmood and Black 2014, ACM ToG 33(6):220) and MoSh++ (Mahmood et al. 2019,
ICCV): markers are 9.5 mm from the skin. Stage I solves for the shape, the marker positions on the
skin and the poses of a few frames together. The weight of its priors is 4 at first, with fixed
marker positions, then 1, 1/2, 1/4 and 1/8. Stage II solves for the poses of all frames together.
Differences from these papers: both stages use Gauss-Newton with derivatives in closed form
(`marker_model`), stage II solves one banded system for all frames of a window, and a missing marker
has weight zero. The data term is that of Geman and McClure (1987), solved by iterative reweighting.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.linalg import solveh_banded

from ..recording import BODY_JOINTS
from . import pose_prior
from .chains import normal_equations
from .marker_model import PARAMETERS, MarkerModel, State, axis_angle

SKIN_DISTANCE_M = 0.0095  # distance of the centre of a marker from the skin, as in MoSh
DATA_SD_M = 0.008  # SD of markers around their positions on the body
ROBUST_M = 0.06  # scale of the robust data term: larger distances have less weight
SHAPE_SD = 0.5  # SD of the betas, below their SD of 1, because markers determine only some of them
ANNEALING = (1.0, 0.5, 0.25, 0.125)  # weights of the priors in stage I
POSE_PRIOR = 0.2  # weight of the pose prior: its SDs describe common poses, not joint limits
SHAPE_STEPS = 5  # Gauss-Newton steps for each weight of ANNEALING
POSE_STEPS = 14  # largest number of Gauss-Newton steps of stage II
CONVERGED_M = 2e-5  # stage II ends if the markers move less than this on average
# SD of the second differences at 20 fps: translation in metres, rotations in radians.
SECOND_DIFFERENCE_M, SECOND_DIFFERENCE_RAD = 0.02, 0.25
LONGEST_STEP_RAD = 0.6  # largest change of a joint rotation in one Gauss-Newton step
WINDOW, OVERLAP = 600, 40  # frames that are solved together; the window limits the memory
_TRUNK = (0, 3, 6, 9, 12, 13, 14)  # joints of the trunk


@dataclass(frozen=True, eq=False)
class Fit:
    """Result of a stage.

    Attributes:
        betas: (B,) shape components.
        offsets: (M, 3) latent markers in the local frames of the skin, metres.
        state: Poses of T frames.
        residual_m: (T, M) distances of the markers from their positions on the body, metres; NaN
            where a marker is missing.
    """

    betas: torch.Tensor
    offsets: torch.Tensor
    state: State
    residual_m: torch.Tensor


def solve_shape(model: MarkerModel, markers: np.ndarray) -> Fit:
    """Stage I: solve for the shape, the marker positions on the skin and the poses.

    Args:
        model: Body with M markers.
        markers: (F, M, 3) markers of about a dozen frames, metres, Y up, NaN where missing.
    """
    target, seen = _target(markers)
    betas = torch.zeros(model.body.components, dtype=torch.float64)
    offsets = nominal_offsets(target.shape[1])
    state = initial_state(model, betas, offsets, target, seen)
    # first with fixed marker positions on the skin and strong priors
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
    """Stage II: solve for the poses of all frames.

    Args:
        model: Body with M markers.
        betas: (B,) shape components from stage I.
        offsets: (M, 3) offsets from stage I in the local frames of the skin, metres.
        markers: (T, M, 3) markers at 20 frames per second, metres, Y up, NaN where missing.
        progress: Called with the number of finished frames after each window.
    """
    target, seen = _target(markers)
    state = initial_state(model, betas, offsets, target, seen)
    parts, start, frames = [], 0, len(target)
    while True:
        stop = frames if frames - start <= WINDOW + OVERLAP else start + WINDOW
        window = slice(start, stop)
        solved = _solve(
            model, betas, offsets, state.part(start, stop), target[window], seen[window]
        )
        keep_to = stop if stop == frames else stop - OVERLAP // 2
        skip = OVERLAP // 2 if start else 0
        parts.append(solved.part(skip, keep_to - start))
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
    """Offsets (M, 3) of markers at `SKIN_DISTANCE_M` normal to the skin, metres.

    Args:
        markers: Number of markers M.
    """
    offsets = torch.zeros(markers, 3, dtype=torch.float64)
    offsets[:, 2] = SKIN_DISTANCE_M
    return offsets


def initial_state(model, betas, offsets, target, seen) -> State:
    """Initial poses: standing with arms down, rigidly aligned to the markers of the trunk.

    Frames with fewer than three visible markers of the trunk get the alignment of the nearest frame
    with at least three.

    Args:
        model: Body with M markers.
        betas: (B,) shape components.
        offsets: (M, 3) offsets in the local frames of the skin, metres.
        target: (T, M, 3) markers, metres.
        seen: (T, M) bool, whether a marker is visible.
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
    enough = torch.nonzero(weight.sum(dim=1) >= 3).flatten()
    between = (enough[1:] + enough[:-1]) / 2
    nearest = torch.searchsorted(between, torch.arange(len(target), dtype=between.dtype))
    rotation, shift = _rigid(template, target[enough], weight[enough])
    root = rotation[nearest]
    pelvis = model.joints_at_rest(betas)[0]
    # the root rotates about the pelvis, not about the origin
    shift = shift[nearest] + (root @ pelvis) - pelvis
    return State(shift, pose_prior.MEAN.expand(len(target), -1, -1).clone(), root)


def _rigid(template, target, weight) -> tuple[torch.Tensor, torch.Tensor]:
    """Rotation (T, 3, 3) and shift (T, 3) of a template (M, 3) to targets (T, M, 3).

    Weighted least squares by the algorithm of Kabsch 1976 (Acta Cryst A32:922).
    """
    share = weight / weight.sum(dim=1, keepdim=True)
    middle = torch.einsum("tm,mx->tx", share, template)
    target_middle = torch.einsum("tm,tmx->tx", share, target)
    covariance = torch.einsum(
        "tm,tmx,tmy->txy", share, template - middle[:, None], target - target_middle[:, None]
    )
    u, _, v = torch.linalg.svd(covariance)
    mirror = torch.ones(len(target), 3, dtype=target.dtype)
    mirror[:, 2] = torch.linalg.det(v.mT @ u.mT).sign()
    rotation = v.mT @ (mirror[..., None] * u.mT)
    return rotation, target_middle - (rotation @ middle[..., None])[..., 0]


def _target(markers: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Markers (T, M, 3), zero where missing, and whether they are visible (T, M)."""
    markers = torch.as_tensor(np.asarray(markers), dtype=torch.float64)
    seen = markers.isfinite().all(dim=-1)
    return torch.where(seen[..., None], markers, torch.zeros_like(markers)), seen


def _robust_weights(difference: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
    """(T, M) weights of Geman and McClure (1987), divided by the variance of the data."""
    squared = (difference**2).sum(dim=-1)
    weight = (ROBUST_M**2 / (ROBUST_M**2 + squared)) ** 2
    return seen * weight / DATA_SD_M**2


def _residual(markers, target, seen) -> torch.Tensor:
    distance = (markers - target).norm(dim=-1)
    return torch.where(seen, distance, torch.full_like(distance, torch.nan))


def _prior_terms(state: State, seen, strength: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Diagonal (T, 75) of the pose prior's Hessian and its negative gradient (T, 75).

    The prior is stronger in frames with missing markers.
    """
    missing = 1 - seen.double().mean(dim=1)
    scale = POSE_PRIOR * strength * (1 + 4 * missing)[:, None, None]
    precision = scale * pose_prior.PRECISION
    descent = precision * (pose_prior.MEAN - state.rotations)
    translation = torch.zeros(len(precision), 3, dtype=precision.dtype)  # no prior
    return (torch.cat([translation, part.flatten(1)], dim=1) for part in (precision, descent))


def _shape_step(model, betas, offsets, state, target, seen, strength, free):
    """One Gauss-Newton step of stage I; poses are eliminated with the Schur complement."""
    posed = model.pose(betas, offsets, state)
    difference = target - posed.markers
    root = _robust_weights(difference, seen).sqrt()[..., None]
    frames, markers = seen.shape
    pose = model.pose_jacobian(posed, state).unflatten(1, (markers, 3)) * root[..., None]
    shared = [model.shape_jacobian(posed) * root[..., None]]
    if free:
        own = model.offset_jacobian(posed, betas) * root[..., None]
        blocks = torch.zeros(frames, markers, 3, markers, 3, dtype=own.dtype)
        every = torch.arange(markers)
        blocks[:, every, :, every] = own.transpose(0, 1)
        shared.append(blocks.flatten(3))
    shared = torch.cat(shared, dim=-1).flatten(1, 2)
    pose, residual = pose.flatten(1, 2), (difference * root).flatten(1)

    diagonal, descent = _prior_terms(state, seen, strength)
    own_hessian = pose.mT @ pose + torch.diag_embed(diagonal + 1e-6)
    own_gradient = (pose.mT @ residual[..., None])[..., 0] + descent
    cross = pose.mT @ shared  # (F, 75, G)
    hessian = torch.einsum("tng,tnh->gh", shared, shared)
    gradient = torch.einsum("tng,tn->g", shared, residual)
    precision, descent = _shared_prior(model, betas, offsets, strength, free)
    hessian += torch.diag(precision)
    gradient += descent
    factor = torch.linalg.cholesky(own_hessian)
    reduced = torch.cholesky_solve(torch.cat([cross, own_gradient[..., None]], dim=-1), factor)
    hessian -= torch.einsum("tpg,tph->gh", cross, reduced[..., :-1])
    gradient -= torch.einsum("tpg,tp->g", cross, reduced[..., -1])
    step = torch.linalg.solve(hessian, gradient)
    pose_step = reduced[..., -1] - reduced[..., :-1] @ step
    betas = betas + step[: len(betas)]
    if free:
        offsets = offsets + step[len(betas) :].reshape(-1, 3)
    return betas, offsets, state.stepped(_limited(pose_step))


def _shared_prior(model, betas, offsets, strength, free):
    """Precision and negative gradient of the priors on betas and, if `free`, on the offsets."""
    precision = [torch.full_like(betas, strength / SHAPE_SD**2)]
    deviation = [-betas]
    if free:
        precision.append(strength * model.spread.flatten() ** -2)
        deviation.append((nominal_offsets(len(offsets)) - offsets).flatten())
    precision = torch.cat(precision)
    return precision, precision * torch.cat(deviation)


def _limited(step: torch.Tensor) -> torch.Tensor:
    """Limit the rotations of a step (T, 75) to `LONGEST_STEP_RAD`, the range of linearity."""
    change = step[:, 3:].unflatten(1, (BODY_JOINTS, 3))
    length = change.norm(dim=-1, keepdim=True)
    change = change * (LONGEST_STEP_RAD / length.clamp(min=LONGEST_STEP_RAD))
    return torch.cat([step[:, :3], change.flatten(1)], dim=1)


def _solve(model, betas, offsets, state, target, seen) -> State:
    """Solve for the poses of a window by Gauss-Newton."""
    previous = None
    for step in range(POSE_STEPS):
        posed = model.pose(betas, offsets, state)
        if previous is not None:
            change = (posed.markers - previous).norm(dim=-1).mean()
            if step > 3 and change < CONVERGED_M:
                break
        previous = posed.markers
        difference = target - posed.markers
        weight = _robust_weights(difference, seen)
        hessian, gradient = normal_equations(model, posed, state, difference, weight)
        diagonal, prior_descent = _prior_terms(state, seen, 1.0)
        hessian.diagonal(dim1=1, dim2=2).add_(diagonal + 1e-6)
        smooth, smooth_descent = _smoothness(state)
        delta = _banded_solution(hessian, smooth, gradient + prior_descent + smooth_descent)
        state = state.stepped(_limited(delta))
    return state


def _smoothness(state: State) -> tuple[torch.Tensor, torch.Tensor]:
    """Precision (75,) of the second differences and negative gradient (T, 75) of this prior."""
    precision = torch.full((PARAMETERS,), SECOND_DIFFERENCE_RAD**-2, dtype=torch.float64)
    precision[:3] = SECOND_DIFFERENCE_M**-2
    frames = len(state.root)
    if frames < 3:
        return torch.zeros_like(precision), torch.zeros(frames, PARAMETERS, dtype=torch.float64)
    # cumulative rotation of the pelvis, which has no discontinuity when a subject turns around
    between = axis_angle(state.root[1:] @ state.root[:-1].mT)
    path = torch.cat([torch.zeros(1, 3, dtype=torch.float64), between.cumsum(dim=0)])
    values = torch.cat([state.translation, path, state.rotations[:, 1:].flatten(1)], dim=1)
    second = values[2:] - 2 * values[1:-1] + values[:-2]
    descent = torch.zeros_like(values)
    descent[2:] -= second
    descent[1:-1] += 2 * second
    descent[:-2] -= second
    return precision, descent * precision


def _banded_solution(hessian, smooth, gradient) -> torch.Tensor:
    """Solve (block diagonal + smoothness prior) step = gradient, in linear time in the frames."""
    frames, size = gradient.shape
    band = np.zeros((frames * size, 2 * size + 1)).T  # a column is contiguous, as LAPACK needs it
    rows, columns = np.tril_indices(size)
    band.T.reshape(frames, size, -1)[:, columns, rows - columns] = hessian.numpy()[:, rows, columns]
    # D^T D of the second differences D over frames
    if frames >= 3:
        main, near, far = np.zeros(frames), np.zeros(frames), np.zeros(frames)
        for shift, value in ((0, 1.0), (1, -2.0), (2, 1.0)):
            main[shift : frames - 2 + shift] += value**2
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
    """Set the axis-angle of the pelvis from its rotation matrix."""
    rotations = state.rotations.clone()
    rotations[:, 0] = axis_angle(state.root)
    return State(state.translation, rotations, state.root)

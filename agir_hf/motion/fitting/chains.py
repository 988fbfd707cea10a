"""Derivatives of the markers chain by chain, and the normal equations of the pose.

A marker moves only with the joints between it and the pelvis, a fifth of all pairs of a marker and
a joint. The markers are put together by limbs, and each limb has dense derivatives of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from .marker_model import MarkerModel, PosedMarkers, State


@dataclass(frozen=True, eq=False)
class Chain:
    """Markers that move with the same joints.

    Attributes:
        markers: (m,) numbers of the markers.
        joints: (j,) numbers of the joints between them and the pelvis, in increasing order.
        parameters: (3 + 3 j,) numbers of the parameters of a frame that move them.
        pairs: (p,) numbers of the pairs of `MarkerModel.pair_marker` with these markers.
        sums: (m j, p), 1 where the pair has this marker, and this joint or one that moves with it.
        shares: (m, j) skinning weights of the joint and of all joints that move with it.
    """

    markers: torch.Tensor
    joints: torch.Tensor
    parameters: torch.Tensor
    pairs: torch.Tensor
    sums: torch.Tensor
    shares: torch.Tensor


def chains_of(
    weights: torch.Tensor, descendants: torch.Tensor, pairs: tuple[torch.Tensor, torch.Tensor]
) -> list[Chain]:
    """Group markers by the joints that move them.

    Args:
        weights: (M, J) skinning weights of the markers.
        descendants: (J, J), 1 where the second joint moves with the first or is the first.
        pairs: Marker and joint (P,) of each pair with a skinning weight.
    """
    shares = weights @ descendants.T
    moves = shares > 0
    sets: list[tuple[torch.Tensor, list[int]]] = []
    for marker in moves.sum(dim=1).argsort(descending=True, stable=True).tolist():
        for joints, markers in sets:  # the first set that has all joints of this marker
            if not (moves[marker] & ~joints).any():
                markers.append(marker)
                break
        else:
            sets.append((moves[marker], [marker]))
    return [_chain(markers, joints, shares, descendants, pairs) for joints, markers in sets]


def _chain(markers: list[int], moving: torch.Tensor, shares, descendants, pairs) -> Chain:
    joints = moving.nonzero().flatten()
    numbers = torch.tensor(sorted(markers))
    own = torch.isin(pairs[0], numbers).nonzero().flatten()
    is_marker = pairs[0][own] == numbers[:, None]  # (m, p)
    moves = descendants[joints][:, pairs[1][own]]  # (j, p)
    axes = torch.arange(3)
    rotations = (3 + 3 * joints[:, None] + axes).flatten()
    return Chain(
        markers=numbers,
        joints=joints,
        parameters=torch.cat([axes, rotations]),
        pairs=own,
        sums=(is_marker[:, None] * moves).flatten(0, 1),
        shares=shares[numbers][:, joints],
    )


def chain_jacobian(chain: Chain, posed: PosedMarkers, columns: torch.Tensor) -> torch.Tensor:
    """Derivative (T, m, 3, 3 + 3 j) of the markers of a chain with respect to its parameters.

    A rotation ω of a joint moves a marker by ω × lever. The lever is the vector from the joint to
    the marker, weighted by the skinning weights of the joint and of those that move with it.

    Args:
        chain: The chain.
        posed: Markers and joints.
        columns: (T, J, 3, 3) global rotation per change of each joint's axis-angle, as columns.
    """
    frames, (markers, joints) = len(columns), chain.shares.shape
    lever = torch.einsum("qp,tpx->tqx", chain.sums, posed.weighted[:, chain.pairs])
    lever = lever.unflatten(1, (markers, joints))
    lever = lever - chain.shares[..., None] * posed.joints[:, None, chain.joints]
    x, y, z = lever[..., None].unbind(-2)  # (T, m, j, 1)
    a, b, c = columns[:, None, chain.joints].unbind(-2)  # (T, 1, j, 3 axes)
    result = lever.new_zeros(frames, markers, 3, 3 + 3 * joints)
    result[..., :3] = torch.eye(3, dtype=lever.dtype)
    turned = result[..., 3:].unflatten(-1, (joints, 3))  # (T, m, 3, j, 3 axes)
    turned[:, :, 0] = b * z - c * y
    turned[:, :, 1] = c * x - a * z
    turned[:, :, 2] = a * y - b * x
    return result


def normal_equations(
    model: MarkerModel,
    posed: PosedMarkers,
    state: State,
    difference: torch.Tensor,
    weight: torch.Tensor,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Hessian and negative gradient of half the weighted squared distances, in each frame.

    They are Jᵀ W J and Jᵀ W d with the derivatives J of all markers, the weights W and the
    differences d.

    Args:
        model: Body with M markers.
        posed: Markers and joints at `state`.
        state: Poses of T frames.
        difference: (T, M, 3) from the posed to the recorded markers, metres.
        weight: (T, M) weights, 0 where a marker is missing.

    Returns:
        Hessian (T, N, N) and negative gradient (T, N) for the N parameters of a frame.
    """
    columns = model.rotation_jacobian(posed.orientations, state)
    frames, size = len(columns), 3 + 3 * columns.shape[1]
    hessian = difference.new_zeros(frames, size, size)
    gradient = difference.new_zeros(frames, size)
    for chain in model.chains:
        jacobian = chain_jacobian(chain, posed, columns)
        weighted = (jacobian * weight[:, chain.markers, None, None]).flatten(1, 2)
        parameters = chain.parameters
        hessian[:, parameters[:, None], parameters] += weighted.mT @ jacobian.flatten(1, 2)
        own = difference[:, chain.markers].flatten(1)[..., None]
        gradient[:, parameters] += (weighted.mT @ own)[..., 0]
    return hessian, gradient

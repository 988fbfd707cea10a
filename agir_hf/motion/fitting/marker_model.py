"""Markers on a body: where they are in any shape and pose, and how they move with both.

A latent marker keeps its coordinates in a local frame of the skin at rest (origin on the skin,
third axis along the normal) and is carried by the blend weights of the skin there. Given the
joints' rotations its place is linear in the shape, which makes every derivative a closed formula.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from ..body import Body
from ..recording import BODY_JOINTS
from ..skinning import kinematics, rotation_matrices, skew_matrices
from .surface_sites import anchors

PARAMETERS = 3 + 3 * BODY_JOINTS  # of one frame: translation, then a rotation for each joint


@dataclass(eq=False)
class State:
    """Poses of T frames: translation (T, 3) m and joints' axis-angle (T, 24, 3).

    The pelvis is also held as matrices ``root`` (T, 3, 3), for a walker who turns around passes
    every seam of axis-angle.
    """

    translation: torch.Tensor
    rotations: torch.Tensor
    root: torch.Tensor

    def matrices(self) -> torch.Tensor:
        """(T, 24, 3, 3) rotation of each joint relative to its parent."""
        turns = rotation_matrices(self.rotations)
        return torch.cat([self.root[:, None], turns[:, 1:]], dim=1)

    def moved(self, step: torch.Tensor) -> State:
        """After a step (T, 75); that of the pelvis is a turn in the room."""
        turns = step[:, 3:].unflatten(1, (BODY_JOINTS, 3))
        rotations = self.rotations + turns
        return State(
            self.translation + step[:, :3], rotations, rotation_matrices(turns[:, 0]) @ self.root
        )

    def part(self, start: int, stop: int) -> State:
        """Some of the frames."""
        frames = slice(start, stop)
        return State(self.translation[frames], self.rotations[frames], self.root[frames])


class MarkerModel:
    """M latent markers on a body.

    Args:
        body: the body.
        sites: M sites of `agir_hf.motion.fitting.surface_sites`.
    """

    def __init__(self, body: Body, sites: list[str]):
        self.body, self.parents = body, body.parents
        found = anchors(body, sites)
        self.corners = torch.tensor([anchor.corners for anchor in found])
        self.shares = torch.tensor([anchor.shares for anchor in found], dtype=torch.float64)
        model = body.model
        self.template = model.v_template[self.corners]  # (M, 3 corners, 3)
        self.directions = model.shapedirs[self.corners]  # (M, 3 corners, 3, B)
        self.weights = torch.einsum("mc,mck->mk", self.shares, model.lbs_weights[self.corners])
        self.joint_template = model.J_regressor @ model.v_template
        self.joint_directions = torch.einsum("jv,vxb->jxb", model.J_regressor, model.shapedirs)
        self.drift = torch.einsum("mc,mcxb->mxb", self.shares, self.directions)
        basis = model.posedirs.reshape(model.posedirs.shape[0], -1, 3)[:, self.corners]
        self.pose_basis = torch.einsum("mc,pmcx->pmx", self.shares, basis)
        self.bends = bool(self.pose_basis.any())
        self.below = torch.tensor(
            [
                [_is_below(k, j, self.parents) for k in range(BODY_JOINTS)]
                for j in range(BODY_JOINTS)
            ],
            dtype=torch.float64,
        )
        self.normals = self._normals()

    def _normals(self) -> torch.Tensor:
        """Smooth normals (M, 3 corners, 3) of the mean body, by area."""
        vertices, faces = self.body.model.v_template, self.body.model.faces_tensor
        a, b, c = (vertices[faces[:, i]] for i in range(3))
        flat = torch.linalg.cross(b - a, c - a)
        normals = torch.zeros_like(vertices)
        for i in range(3):
            normals.index_add_(0, faces[:, i], flat)
        return normals[self.corners]

    def frames(self, betas: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Origin (M, 3) on the skin at rest, and axes (M, 3, 3) as columns, the third outwards.

        The normal turns with the triangle from the mean body to this one.
        """
        corners = self.template + self.directions @ betas
        origin = torch.einsum("mc,mcx->mx", self.shares, corners)
        turn = _triangle_axes(corners) @ _triangle_axes(self.template).mT
        normal = torch.einsum("mc,mcx->mx", self.shares, self.normals)
        normal = torch.nn.functional.normalize((turn @ normal[..., None])[..., 0], dim=-1)
        up = torch.tensor([0.0, 1.0, 0.0], dtype=normal.dtype).expand_as(normal)
        ahead = torch.tensor([0.0, 0.0, 1.0], dtype=normal.dtype).expand_as(normal)
        steep = normal[:, 1:2].abs() > 0.7
        reference = torch.where(steep, ahead, up)
        first = torch.nn.functional.normalize(torch.linalg.cross(reference, normal), dim=-1)
        second = torch.linalg.cross(normal, first)
        return origin, torch.stack([first, second, normal], dim=-1)

    def rest(self, betas: torch.Tensor, offsets: torch.Tensor) -> torch.Tensor:
        """Latent markers (M, 3) on the body at rest; offsets (M, 3) in the local frames."""
        origin, axes = self.frames(betas)
        return origin + (axes @ offsets[..., None])[..., 0]

    def joints_at_rest(self, betas: torch.Tensor) -> torch.Tensor:
        """(24, 3)."""
        return self.joint_template + self.joint_directions @ betas

    def pose(self, betas: torch.Tensor, offsets: torch.Tensor, state: State) -> Posed:
        """Markers and joints of each frame."""
        matrices = state.matrices()
        rest_joints = self.joints_at_rest(betas)
        turns, places = kinematics(matrices, rest_joints, state.translation, self.parents)
        rest = self.rest(betas, offsets).expand(len(matrices), -1, -1)
        if self.bends:
            features = (matrices[:, 1:] - torch.eye(3, dtype=matrices.dtype)).flatten(1)
            rest = rest + torch.einsum("tp,pmx->tmx", features, self.pose_basis)
        arms = rest[:, :, None] - rest_joints  # (T, M, 24, 3)
        carried = torch.einsum("tkab,tmkb->tmka", turns, arms) + places[:, None]
        weighted = self.weights[:, :, None] * carried
        return Posed(weighted.sum(dim=2), places, turns, weighted)

    def pose_jacobian(self, posed: Posed, state: State) -> torch.Tensor:
        """Derivative (T, 3M, 75) of markers by translation and rotations."""
        # a turn ω of joint j moves a marker by ω × (its part below j, seen from j)
        lever = torch.einsum("jk,tmkx->tmjx", self.below, posed.weighted)
        lever = lever - (self.weights @ self.below.T)[..., None] * posed.places[:, None]
        columns = self._turning(posed.turns, state)  # (T, 24, 3 room axes, 3 parameters)
        derivative = torch.linalg.cross(columns.mT[:, None], lever[:, :, :, None], dim=-1)
        derivative = derivative.permute(0, 1, 4, 2, 3).flatten(3)  # (T, M, 3, 72)
        frames, markers = derivative.shape[:2]
        shift = torch.eye(3, dtype=lever.dtype).expand(frames, markers, 3, 3)
        return torch.cat([shift, derivative], dim=-1).flatten(1, 2)

    def _turning(self, turns: torch.Tensor, state: State) -> torch.Tensor:
        """(T, 24, 3, 3): turn in the room for a change of each joint's axis-angle."""
        columns = turns[:, self.parents] @ left_jacobian(state.rotations)
        columns[:, 0] = torch.eye(3, dtype=turns.dtype)
        return columns

    def shape_jacobian(self, posed: Posed) -> torch.Tensor:
        """Derivative (T, M, 3, B) of markers by the betas, the local frames' turn left out."""
        bones = self.joint_directions
        moved = [bones[0].expand(len(posed.turns), -1, -1)]
        for joint in range(1, BODY_JOINTS):
            parent = self.parents[joint]
            moved.append(moved[parent] + posed.turns[:, parent] @ (bones[joint] - bones[parent]))
        moved = torch.stack(moved, dim=1)  # (T, 24, 3, B)
        arms = self.drift[:, None] - bones  # (M, 24, 3, B)
        turned = torch.einsum("mk,tkab,mkbc->tmac", self.weights, posed.turns, arms)
        return turned + torch.einsum("mk,tkac->tmac", self.weights, moved)

    def offset_jacobian(self, posed: Posed, betas: torch.Tensor) -> torch.Tensor:
        """Derivative (T, M, 3, 3) of each marker by its own offsets."""
        _, axes = self.frames(betas)
        return torch.einsum("mk,tkab,mbc->tmac", self.weights, posed.turns, axes)


@dataclass(frozen=True, eq=False)
class Posed:
    """A body in motion: markers (T, M, 3), joints' places (T, 24, 3) and turns (T, 24, 3, 3).

    ``weighted`` (T, M, 24, 3) is each marker as each joint alone would carry it, by its weight.
    """

    markers: torch.Tensor
    places: torch.Tensor
    turns: torch.Tensor
    weighted: torch.Tensor


def left_jacobian(rotations: torch.Tensor) -> torch.Tensor:
    """(…, 3) axis-angle → (…, 3, 3): turn in the parent's frame for a change of axis-angle.

    Series near zero; else I + (1 - cos φ)/φ² [θ] + (φ - sin φ)/φ³ [θ]² (Barfoot, State Estimation
    for Robotics, 2017, eq. 7.77).
    """
    angle = rotations.norm(dim=-1)[..., None, None]
    small = angle < 1e-3
    safe = torch.where(small, torch.ones_like(angle), angle)
    first = torch.where(small, 0.5 - angle**2 / 24, (1 - torch.cos(safe)) / safe**2)
    second = torch.where(small, 1 / 6 - angle**2 / 120, (safe - torch.sin(safe)) / safe**3)
    skew = skew_matrices(rotations)
    return torch.eye(3, dtype=rotations.dtype) + first * skew + second * (skew @ skew)


def axis_angle(matrices) -> torch.Tensor:
    """(…, 3, 3) → (…, 3)."""
    from scipy.spatial.transform import Rotation

    flat = np.asarray(matrices).reshape(-1, 3, 3)
    return torch.as_tensor(Rotation.from_matrix(flat).as_rotvec()).reshape(*matrices.shape[:-1])


def _triangle_axes(corners: torch.Tensor) -> torch.Tensor:
    """Orthonormal axes (M, 3, 3), as columns, that go with a triangle (M, 3 corners, 3)."""
    along = torch.nn.functional.normalize(corners[:, 1] - corners[:, 0], dim=-1)
    normal = torch.linalg.cross(along, corners[:, 2] - corners[:, 0])
    normal = torch.nn.functional.normalize(normal, dim=-1)
    return torch.stack([along, torch.linalg.cross(normal, along), normal], dim=-1)


def _is_below(joint: int, ancestor: int, parents: list[int]) -> bool:
    while joint not in (-1, ancestor):
        joint = parents[joint]
    return joint == ancestor

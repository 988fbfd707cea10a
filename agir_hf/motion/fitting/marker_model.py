"""Markers on a body: positions for any shape and pose, and their derivatives.

A latent marker has constant coordinates in a local frame of the skin at rest (origin on the skin,
third axis along the normal) and is posed with the skinning weights of the skin at its origin. For
fixed rotations of the joints its position is linear in the shape, so that all derivatives have
closed forms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from ..body import Body
from ..marker_sets.sites import CLUSTER_SITES
from ..recording import BODY_JOINTS
from ..skinning import kinematics, rotation_matrices, skew_matrices
from .chains import chain_jacobian, chains_of
from .surface_sites import anchors

# SD of a marker along the skin, twice, and normal to it: of an anatomical site, and of a cluster.
SITE_SD_M, CLUSTER_SD_M = (0.012, 0.012, 0.003), (0.040, 0.040, 0.015)
PARAMETERS = 3 + 3 * BODY_JOINTS  # per frame: translation, then axis-angle of each joint


@dataclass(eq=False)
class State:
    """Poses of T frames.

    Attributes:
        translation: (T, 3) metres.
        rotations: (T, 24, 3) axis-angle of each joint relative to its parent, radians.
        root: (T, 3, 3) rotation of the pelvis, used instead of the pelvis in `rotations`, because
            axis-angle is discontinuous when a subject turns around.
    """

    translation: torch.Tensor
    rotations: torch.Tensor
    root: torch.Tensor

    def matrices(self) -> torch.Tensor:
        """(T, 24, 3, 3) rotation of each joint relative to its parent."""
        rotations = rotation_matrices(self.rotations)
        return torch.cat([self.root[:, None], rotations[:, 1:]], dim=1)

    def stepped(self, step: torch.Tensor) -> State:
        """Add a step of the solver.

        Args:
            step: (T, 75) changes of translation (metres) and axis-angle (radians). The change of
                the pelvis is a rotation in the global frame.
        """
        change = step[:, 3:].unflatten(1, (BODY_JOINTS, 3))
        rotations = self.rotations + change
        return State(
            self.translation + step[:, :3], rotations, rotation_matrices(change[:, 0]) @ self.root
        )

    def part(self, start: int, stop: int) -> State:
        """Select frames.

        Args:
            start: First frame.
            stop: Frame after the last.
        """
        frames = slice(start, stop)
        return State(self.translation[frames], self.rotations[frames], self.root[frames])


class MarkerModel:
    """M latent markers on a body.

    Args:
        body: Body that the markers are on.
        sites: M sites of `agir_hf.motion.fitting.surface_sites`.
    """

    def __init__(self, body: Body, sites: list[str]):
        self.body, self.parents = body, body.parents
        self.spread = torch.tensor(
            [CLUSTER_SD_M if site in CLUSTER_SITES else SITE_SD_M for site in sites],
            dtype=torch.float64,
        )  # (M, 3) SD of a marker along the skin, twice, and normal to it
        points = anchors(body, sites)
        self.corners = torch.tensor([point.corners for point in points])
        self.shares = torch.tensor([point.shares for point in points], dtype=torch.float64)
        model = body.model
        self.template = model.v_template[self.corners]  # (M, 3 corners, 3)
        self.directions = model.shapedirs[self.corners]  # (M, 3 corners, 3, B)
        self.weights = torch.einsum("mc,mck->mk", self.shares, model.lbs_weights[self.corners])
        self.joint_template = model.J_regressor @ model.v_template
        self.joint_directions = torch.einsum("jv,vxb->jxb", model.J_regressor, model.shapedirs)
        self.shape_basis = torch.einsum("mc,mcxb->mxb", self.shares, self.directions)
        basis = model.posedirs.reshape(model.posedirs.shape[0], -1, 3)[:, self.corners]
        self.pose_basis = torch.einsum("mc,pmcx->pmx", self.shares, basis)
        self.has_pose_basis = bool(self.pose_basis.any())
        self.descendants = torch.tensor(
            [
                [_is_descendant(k, j, self.parents) for k in range(BODY_JOINTS)]
                for j in range(BODY_JOINTS)
            ],
            dtype=torch.float64,
        )
        self.normals = self._normals()
        self.pair_marker, self.pair_joint = self.weights.nonzero(as_tuple=True)  # (P,) each
        self.pair_weight = self.weights[self.pair_marker, self.pair_joint]
        self.chains = chains_of(self.weights, self.descendants, (self.pair_marker, self.pair_joint))

    def _normals(self) -> torch.Tensor:
        """Area-weighted vertex normals (M, 3 corners, 3) of the mean body."""
        vertices, faces = self.body.model.v_template, self.body.model.faces_tensor
        a, b, c = (vertices[faces[:, i]] for i in range(3))
        flat = torch.linalg.cross(b - a, c - a)
        normals = torch.zeros_like(vertices)
        for i in range(3):
            normals.index_add_(0, faces[:, i], flat)
        return normals[self.corners]

    def frames(self, betas: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Local frames of the skin at rest.

        The normals are those of the mean body, rotated like the triangles from the mean body to
        this shape.

        Args:
            betas: (B,) shape components.

        Returns:
            Origins (M, 3) on the skin, metres, and axes (M, 3, 3) as columns, the third outwards.
        """
        corners = self.template + self.directions @ betas
        origin = torch.einsum("mc,mcx->mx", self.shares, corners)
        rotation = _triangle_axes(corners) @ _triangle_axes(self.template).mT
        normal = torch.einsum("mc,mcx->mx", self.shares, self.normals)
        normal = torch.nn.functional.normalize((rotation @ normal[..., None])[..., 0], dim=-1)
        up = torch.tensor([0.0, 1.0, 0.0], dtype=normal.dtype).expand_as(normal)
        ahead = torch.tensor([0.0, 0.0, 1.0], dtype=normal.dtype).expand_as(normal)
        steep = normal[:, 1:2].abs() > 0.7
        reference = torch.where(steep, ahead, up)
        first = torch.nn.functional.normalize(torch.linalg.cross(reference, normal), dim=-1)
        second = torch.linalg.cross(normal, first)
        return origin, torch.stack([first, second, normal], dim=-1)

    def rest(self, betas: torch.Tensor, offsets: torch.Tensor) -> torch.Tensor:
        """Latent markers (M, 3) on the body at rest, metres.

        Args:
            betas: (B,) shape components.
            offsets: (M, 3) offsets in the local frames of the skin, metres.
        """
        origin, axes = self.frames(betas)
        return origin + (axes @ offsets[..., None])[..., 0]

    def joints_at_rest(self, betas: torch.Tensor) -> torch.Tensor:
        """Joints (24, 3) at rest, metres.

        Args:
            betas: (B,) shape components.
        """
        return self.joint_template + self.joint_directions @ betas

    def pose(self, betas: torch.Tensor, offsets: torch.Tensor, state: State) -> PosedMarkers:
        """Markers and joints of each frame.

        Args:
            betas: (B,) shape components.
            offsets: (M, 3) offsets in the local frames of the skin, metres.
            state: Poses of T frames.
        """
        matrices = state.matrices()
        rest_joints = self.joints_at_rest(betas)
        orientations, joints = kinematics(matrices, rest_joints, state.translation, self.parents)
        rest = self.rest(betas, offsets).expand(len(matrices), -1, -1)
        if self.has_pose_basis:
            features = (matrices[:, 1:] - torch.eye(3, dtype=matrices.dtype)).flatten(1)
            rest = rest + torch.einsum("tp,pmx->tmx", features, self.pose_basis)
        from_joints = rest[:, self.pair_marker] - rest_joints[self.pair_joint]  # (T, P, 3)
        turned = (orientations[:, self.pair_joint] @ from_joints[..., None])[..., 0]
        weighted = self.pair_weight[:, None] * (turned + joints[:, self.pair_joint])
        markers = torch.zeros_like(rest).index_add_(1, self.pair_marker, weighted)
        return PosedMarkers(markers, joints, orientations, weighted)

    def pose_jacobian(self, posed: PosedMarkers, state: State) -> torch.Tensor:
        """Derivative (T, 3M, 75) of the markers with respect to translation and rotations.

        Args:
            posed: Markers and joints at `state`.
            state: Poses of T frames.
        """
        columns = self.rotation_jacobian(posed.orientations, state)
        frames, markers = posed.markers.shape[:2]
        result = columns.new_zeros(frames, markers, PARAMETERS, 3)
        for chain in self.chains:
            own = chain_jacobian(chain, posed, columns)
            result[:, chain.markers[:, None], chain.parameters] = own.mT
        return result.mT.flatten(1, 2)

    def rotation_jacobian(self, orientations: torch.Tensor, state: State) -> torch.Tensor:
        """Global rotation (T, 24, 3, 3) per change of each joint's axis-angle, as columns.

        Args:
            orientations: (T, 24, 3, 3) global orientations of the joints.
            state: Poses of T frames.
        """
        columns = orientations[:, self.parents] @ left_jacobian(state.rotations)
        columns[:, 0] = torch.eye(3, dtype=orientations.dtype)
        return columns

    def shape_jacobian(self, posed: PosedMarkers) -> torch.Tensor:
        """Derivative (T, M, 3, B) of the markers with respect to the betas.

        The axes of the local frames are held constant.

        Args:
            posed: Markers and joints.
        """
        bones = self.joint_directions
        moved = [bones[0].expand(len(posed.orientations), -1, -1)]
        for joint in range(1, BODY_JOINTS):
            parent = self.parents[joint]
            change = bones[joint] - bones[parent]
            moved.append(moved[parent] + posed.orientations[:, parent] @ change)
        moved = torch.stack(moved, dim=1)  # (T, 24, 3, B)
        from_joints = self.shape_basis[:, None] - bones  # (M, 24, 3, B)
        rotated = torch.einsum("mk,tkab,mkbc->tmac", self.weights, posed.orientations, from_joints)
        return rotated + torch.einsum("mk,tkac->tmac", self.weights, moved)

    def offset_jacobian(self, posed: PosedMarkers, betas: torch.Tensor) -> torch.Tensor:
        """Derivative (T, M, 3, 3) of each marker with respect to its offset.

        Args:
            posed: Markers and joints.
            betas: (B,) shape components.
        """
        _, axes = self.frames(betas)
        return torch.einsum("mk,tkab,mbc->tmac", self.weights, posed.orientations, axes)


@dataclass(frozen=True, eq=False)
class PosedMarkers:
    """Markers and joints of the posed body in T frames.

    Attributes:
        markers: (T, M, 3) metres.
        joints: (T, 24, 3) metres.
        orientations: (T, 24, 3, 3) global orientations of the joints.
        weighted: (T, P, 3) terms of linear blend skinning in metres, for each pair of a marker and
            a joint with a skinning weight: the position of the marker if it is rigidly attached to
            the joint, times the weight. Their sum over the joints of a marker is `markers`.
    """

    markers: torch.Tensor
    joints: torch.Tensor
    orientations: torch.Tensor
    weighted: torch.Tensor


def left_jacobian(rotations: torch.Tensor) -> torch.Tensor:
    """Left Jacobian of SO(3): rotation in the parent's frame per change of axis-angle.

    I + (1 - cos φ)/φ² [θ] + (φ - sin φ)/φ³ [θ]², with its series near zero (Barfoot, State
    Estimation for Robotics, 2017, eq. 7.77).

    Args:
        rotations: (…, 3) axis-angle θ, radians.

    Returns:
        (…, 3, 3) matrices.
    """
    angle = rotations.norm(dim=-1)[..., None, None]
    small = angle < 1e-3
    safe = torch.where(small, torch.ones_like(angle), angle)
    first = torch.where(small, 0.5 - angle**2 / 24, (1 - torch.cos(safe)) / safe**2)
    second = torch.where(small, 1 / 6 - angle**2 / 120, (safe - torch.sin(safe)) / safe**3)
    skew = skew_matrices(rotations)
    return torch.eye(3, dtype=rotations.dtype) + first * skew + second * (skew @ skew)


def axis_angle(matrices) -> torch.Tensor:
    """Convert rotation matrices to axis-angle.

    Args:
        matrices: (…, 3, 3) rotation matrices.

    Returns:
        (…, 3) axis-angle, radians.
    """
    from scipy.spatial.transform import Rotation

    flat = np.asarray(matrices).reshape(-1, 3, 3)
    return torch.as_tensor(Rotation.from_matrix(flat).as_rotvec()).reshape(*matrices.shape[:-1])


def _triangle_axes(corners: torch.Tensor) -> torch.Tensor:
    """Orthonormal axes (M, 3, 3) of triangles (M, 3 corners, 3), as columns."""
    edge = torch.nn.functional.normalize(corners[:, 1] - corners[:, 0], dim=-1)
    normal = torch.linalg.cross(edge, corners[:, 2] - corners[:, 0])
    normal = torch.nn.functional.normalize(normal, dim=-1)
    return torch.stack([edge, torch.linalg.cross(normal, edge), normal], dim=-1)


def _is_descendant(joint: int, ancestor: int, parents: list[int]) -> bool:
    while joint not in (-1, ancestor):
        joint = parents[joint]
    return joint == ancestor

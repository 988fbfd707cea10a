"""Surface mesh of a body motion, coarse enough to send to a browser, which poses it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial.transform import Rotation

if TYPE_CHECKING:
    from ....motion import BodyMotion
    from ....motion.body import Body

CELL_M = 0.025  # vertices at rest in one cell of this size are merged
HEAD_CELL_M = 0.045  # coarser, so that no mouth and no eyes are left inside
INFLUENCES = 4  # joints that a vertex follows, as in WebGL
_HEAD = 15


@dataclass(frozen=True, eq=False)
class Surface:
    """Surface mesh of a body, and the orientations and positions of its joints over time.

    A vertex at rest x moves to the mean over its joints k, with its weights, of
    R_k (x - rest_k) + position_k.

    Attributes:
        vertices: (V, 3) vertices at rest in metres.
        faces: (F, 3) integer array, vertex indices of the triangles.
        influences: (V, 4) integer array, joints that a vertex follows.
        weights: (V, 4) weights of these joints; each row sums to 1.
        rest: (J, 3) joints at rest in metres.
        orientations: (T, J, 4) quaternions (x, y, z, w) of the joints in the room.
        positions: (T, J, 3) joints in metres, Y up.
        rate_hz: Frames per second.
        start_s: Time of the first frame in the walk, in seconds.
        has_head: Whether the triangles of the head are part of it.
    """

    vertices: np.ndarray
    faces: np.ndarray
    influences: np.ndarray
    weights: np.ndarray
    rest: np.ndarray
    orientations: np.ndarray
    positions: np.ndarray
    rate_hz: float
    start_s: float = 0.0
    has_head: bool = True

    def at(self, frame: int) -> np.ndarray:
        """Return the vertices (V, 3) of one frame in metres.

        Args:
            frame: Index of the frame.
        """
        return self.follow(self.vertices, self.influences, self.weights, frame)

    def follow(self, points, influences, weights, frame: int) -> np.ndarray:
        """Return points that move with the joints.

        Args:
            points: (N, 3) points at rest in metres.
            influences: (N, K) joints that they follow.
            weights: (N, K) weights of these joints.
            frame: Index of the frame.
        """
        matrices = Rotation.from_quat(self.orientations[frame]).as_matrix()
        offsets = np.asarray(points)[:, None] - self.rest[influences]
        moved = np.einsum("nkab,nkb->nka", matrices[influences], offsets)
        return ((moved + self.positions[frame][influences]) * weights[..., None]).sum(axis=1)

    def head_centre(self) -> np.ndarray:
        """Return the centre of the head (T, 3) in metres."""
        joints, weights = np.array([[_HEAD]]), np.ones((1, 1))
        centre = self.vertices[self._share_of_head() > 0.9].mean(axis=0, keepdims=True)
        frames = range(len(self.positions))
        return np.concatenate([self.follow(centre, joints, weights, frame) for frame in frames])

    def without_head(self) -> Surface:
        """Return the surface without the triangles of the head."""
        is_head = self._share_of_head() > 0.5
        faces = self.faces[~is_head[self.faces].any(axis=1)]
        return replace(self, faces=faces, has_head=False)

    def _share_of_head(self) -> np.ndarray:
        return np.where(self.influences == _HEAD, self.weights, 0).sum(axis=1)


def surface_of(motion: BodyMotion) -> Surface:
    """Compute the surface mesh of a body motion.

    If the body model of the motion is not available, the mean shape of the default body is used,
    as in `agir_hf.motion.body.body_joints`. Pose blend shapes are left out.

    Args:
        motion: Body motion.

    Returns:
        The mesh at the frame rate of the motion.
    """
    import torch  # here, because pages without a body do not need it

    from ....motion.body import load_body
    from ....motion.skinning import kinematics, rotation_matrices

    body = load_body()
    betas = motion.betas if motion.body == body.name else np.zeros(0)
    kept, faces = decimate(body, betas)
    vertices, rest = (tensor.numpy() for tensor in body.rest(betas))
    weights = body.model.lbs_weights.numpy()[kept]
    influences = np.argsort(-weights, axis=1)[:, :INFLUENCES]
    weights = np.take_along_axis(weights, influences, axis=1)
    poses, translation = (
        torch.as_tensor(np.asarray(values), dtype=torch.float64)
        for values in (motion.poses, motion.translation)
    )
    matrices, positions = kinematics(
        rotation_matrices(poses), torch.as_tensor(rest), translation, body.parents
    )
    quaternions = Rotation.from_matrix(matrices.numpy().reshape(-1, 3, 3)).as_quat()
    return Surface(
        vertices=vertices[kept],
        faces=faces,
        influences=influences,
        weights=weights / weights.sum(axis=1, keepdims=True),
        rest=rest,
        orientations=quaternions.reshape(*positions.shape[:2], 4),
        positions=positions.numpy(),
        rate_hz=motion.rate_hz,
    )


def decimate(body: Body, betas, cell_m: float = CELL_M) -> tuple[np.ndarray, np.ndarray]:
    """Reduce a body mesh to one vertex for each cell of a grid over the body at rest.

    Args:
        body: Body model.
        betas: Shape components.
        cell_m: Edge length of a cell in metres.

    Returns:
        (V,) indices of the vertices that are kept, and (F, 3) triangles between them.
    """
    rest = body.rest(betas)[0].numpy()
    is_head = body.model.lbs_weights.numpy()[:, _HEAD] > 0.5
    size_m = np.where(is_head, HEAD_CELL_M, cell_m)[:, None]
    cells = np.column_stack([np.floor(rest / size_m).astype(int), is_head])
    _, cell_of = np.unique(cells, axis=0, return_inverse=True)
    cell_of = cell_of.ravel()
    count = np.bincount(cell_of)
    centroid = np.stack([np.bincount(cell_of, rest[:, k]) / count for k in range(3)], axis=1)
    distance = np.linalg.norm(rest - centroid[cell_of], axis=1)
    order = np.lexsort((distance, cell_of))
    kept = order[np.unique(cell_of[order], return_index=True)[1]]
    faces = cell_of[body.faces]
    a, b, c = faces.T
    faces = faces[(a != b) & (b != c) & (a != c)]
    _, first = np.unique(np.sort(faces, axis=1), axis=0, return_index=True)
    return kept, faces[np.sort(first)]

"""Surface mesh of a body motion, coarse enough to send to a browser."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....motion import BodyMotion
from ....motion.body import Body, load_body

CELL_M = 0.05  # vertices at rest in one cell of this size are merged
SHOWN_HZ = 12.5
MAX_FRAMES = 250  # longer walks have no mesh: it would take long and several megabytes


@dataclass(frozen=True, eq=False)
class Surface:
    """Surface mesh of a body over time.

    Attributes:
        vertices: (T, V, 3) array in metres, Y up.
        faces: (F, 3) integer array, vertex indices of the triangles.
        rate_hz: Frames per second.
    """

    vertices: np.ndarray
    faces: np.ndarray
    rate_hz: float

    def __post_init__(self):
        shape = np.shape(self.vertices)
        if len(shape) != 3 or shape[2] != 3 or not shape[0]:
            raise ValueError(f"vertices have shape {shape}, expected (frames, vertices, 3)")
        if np.min(self.faces) < 0 or np.max(self.faces) >= shape[1]:
            raise ValueError(f"faces refer to vertices outside 0 … {shape[1] - 1}")


def surface_of(motion: BodyMotion) -> Surface | None:
    """Compute the surface mesh of a body motion.

    If the body model of the motion is not available, the mean shape of the default body is used,
    as in `agir_hf.motion.body.body_joints`.

    Args:
        motion: Body motion.

    Returns:
        The mesh at about `SHOWN_HZ`; None if that has more than `MAX_FRAMES` frames.
    """
    step = max(round(motion.rate_hz / SHOWN_HZ), 1)
    poses, translation = motion.poses[::step], motion.translation[::step]
    if len(poses) > MAX_FRAMES:
        return None
    body = load_body()
    betas = motion.betas if motion.body == body.name else np.zeros(0)
    kept, faces = decimate(body, betas)
    vertices = body.surface(betas, poses, translation)
    return Surface(vertices[:, kept].astype(np.float32), faces, motion.rate_hz / step)


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
    cells = np.floor(rest / cell_m).astype(int)
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

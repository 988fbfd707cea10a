"""The surface of a body in motion, coarse enough to be sent to a browser."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agir_hf.motion import BodyMotion
from agir_hf.motion.body import Body, load_body

CELL_M = 0.05  # vertices of one cell at rest become one
SHOWN_HZ = 12.5
MOST_FRAMES = 250  # of a longer walk no surface is made: it would take long, and megabytes


@dataclass(frozen=True, eq=False)
class Surface:
    """A body's surface over time.

    Attributes:
        vertices: (T, V, 3) metres, Y up.
        faces: (F, 3) corners of the triangles.
        rate_hz: frames per second.
    """

    vertices: np.ndarray
    faces: np.ndarray
    rate_hz: float

    def __post_init__(self):
        shape = np.shape(self.vertices)
        if len(shape) != 3 or shape[2] != 3 or not shape[0]:
            raise ValueError(f"vertices have shape {shape}, expected (frames, vertices, 3)")
        if np.min(self.faces) < 0 or np.max(self.faces) >= shape[1]:
            raise ValueError(f"faces name vertices beyond the {shape[1]} there are")


def surface_of(motion: BodyMotion) -> Surface | None:
    """The surface of a body in motion, or None where the walk is too long.

    As in `agir_hf.motion.body.body_joints`, the mean body stands in for one that is not at hand.
    """
    every = max(round(motion.rate_hz / SHOWN_HZ), 1)
    poses, translation = motion.poses[::every], motion.translation[::every]
    if len(poses) > MOST_FRAMES:
        return None
    body = load_body()
    betas = motion.betas if motion.body == body.name else np.zeros(0)
    kept, faces = coarse(body, betas)
    whole = body.surface(betas, poses, translation)
    return Surface(whole[:, kept].astype(np.float32), faces, motion.rate_hz / every)


def coarse(body: Body, betas, cell_m: float = CELL_M) -> tuple[np.ndarray, np.ndarray]:
    """Vertices that stand for all, one for each cell of a grid over the body at rest.

    Returns:
        (V,) the vertices that are kept, and (F, 3) triangles between them.
    """
    rest = body.rest(betas)[0].numpy()
    cells = np.floor(rest / cell_m).astype(int)
    _, cell_of = np.unique(cells, axis=0, return_inverse=True)
    cell_of = cell_of.ravel()
    count = np.bincount(cell_of)
    middle = np.stack([np.bincount(cell_of, rest[:, k]) / count for k in range(3)], axis=1)
    apart = np.linalg.norm(rest - middle[cell_of], axis=1)
    order = np.lexsort((apart, cell_of))
    kept = order[np.unique(cell_of[order], return_index=True)[1]]
    faces = cell_of[body.faces]
    a, b, c = faces.T
    faces = faces[(a != b) & (b != c) & (a != c)]
    _, first = np.unique(np.sort(faces, axis=1), axis=0, return_index=True)
    return kept, faces[np.sort(first)]

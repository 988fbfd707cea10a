from dataclasses import replace

import numpy as np
import pytest

from agir_hf.gait.report.viewer.surface import decimate, surface_of
from agir_hf.motion.body import load_body


def volume(vertices, faces) -> float:
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    return float((a * np.cross(b, c)).sum() / 6)


def test_the_decimated_surface_keeps_the_volume_and_the_orientation_of_the_body():
    body = load_body()
    kept, faces = decimate(body, np.zeros(0))
    rest = body.rest(np.zeros(0))[0].numpy()
    full_volume = volume(rest, body.faces)
    assert len(kept) < 3000 and len(faces) < 5500
    assert full_volume > 0 and volume(rest[kept], faces) == pytest.approx(full_volume, rel=0.1)


def test_vertices_follow_the_joints_as_those_of_the_body(body_motion):
    body = load_body()
    kept, _ = decimate(body, body_motion.betas)
    exact = body.surface(
        body_motion.betas, body_motion.poses[30:31], body_motion.translation[30:31]
    )
    distance_m = np.linalg.norm(surface_of(body_motion).at(30) - exact[0, kept], axis=1)
    assert np.median(distance_m) < 0.002 and distance_m.max() < 0.04  # without pose blend shapes


def test_the_head_is_in_the_middle_of_the_top_of_the_body(body_motion):
    surface = surface_of(body_motion)
    head, vertices = surface.head_centre()[0], surface.at(0)
    assert 0.06 < vertices[:, 1].max() - head[1] < 0.18
    assert abs(head[0]) < 0.02


def test_the_surface_without_the_head_ends_at_the_neck(body_motion):
    surface = surface_of(body_motion)
    headless = surface.without_head()
    top = surface.at(0)[np.unique(headless.faces), 1].max()
    assert top < surface.head_centre()[0, 1]
    assert len(headless.faces) < len(surface.faces)
    assert len(headless.vertices) == len(surface.vertices)


def test_a_long_walk_has_a_surface_too(body_motion):
    poses = np.zeros((1000, 24, 3), np.float32)
    long = replace(body_motion, poses=poses, translation=poses[:, 0])
    assert len(surface_of(long).orientations) == 1000

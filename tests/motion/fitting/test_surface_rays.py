"""Sites on the skin by rays, of constructed triangles, and pairs of markers that are swapped."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from agir_hf.motion import RecordingError
from agir_hf.motion.fitting.mosh import _check_swapped
from agir_hf.motion.fitting.surface_sites import _ray_anchor

ORIGIN, AHEAD = np.zeros(3), np.array([0.0, 0.0, 1.0])


def squares(*distances_m):
    """Squares of two triangles across the axis Z at some distances; the diagonal crosses it."""
    corners = np.array([[-1.0, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]])
    vertices = np.concatenate([corners + [0, 0, z] for z in distances_m])
    faces = [
        [4 * i + k for k in face]
        for i in range(len(distances_m))
        for face in ((0, 1, 2), (0, 2, 3))
    ]
    return vertices, np.array(faces)


def point(anchor, vertices):
    assert sum(anchor.shares) == pytest.approx(1)
    return np.array(anchor.shares) @ vertices[list(anchor.corners)]


@pytest.mark.parametrize(
    ("distances_m", "farthest_m"),
    [((0.3,), 0.3), ((0.3, 0.39), 0.39), ((0.39, 0.3), 0.39), ((0.3, 0.41), 0.3),
     ((-0.2, 0.5), 0.5), ((0.0, 0.05), 0.05)],
)  # fmt: skip
def test_a_site_is_the_farthest_skin_within_10_cm_of_the_first(distances_m, farthest_m):
    vertices, faces = squares(*distances_m)
    for origin in (ORIGIN, np.array([0.2, -0.3, 0])):
        expected = origin + [0, 0, farthest_m]
        anchor = _ray_anchor(origin, AHEAD, vertices, faces)
        np.testing.assert_allclose(point(anchor, vertices), expected, atol=1e-9)


def test_a_ray_through_a_common_edge_has_the_first_of_both_triangles():
    vertices, faces = squares(0.3)
    vertices[:, :2] += 1e-12  # the edge is next to the ray by a rounding error
    assert _ray_anchor(ORIGIN, AHEAD, vertices, faces).corners == (0, 1, 2)
    vertices[:, 1] -= 2e-12
    assert _ray_anchor(ORIGIN, AHEAD, vertices, faces).corners == (0, 1, 2)


def test_a_ray_between_the_triangles_has_the_nearest_vertex():
    vertices, faces = squares(0.3)
    anchor = _ray_anchor(np.array([1.5, 1.2, 0]), AHEAD, vertices, faces)
    np.testing.assert_array_equal(point(anchor, vertices), [1, 1, 0.3])
    back = _ray_anchor(np.array([-0.9, 0.8, 0]), -AHEAD, vertices, faces)
    np.testing.assert_array_equal(point(back, vertices), [-1, 1, 0.3])


@pytest.mark.parametrize(("frames", "is_swapped"), [(13, True), (7, False)])
@pytest.mark.parametrize(("distance_m", "is_far"), [(0.06, True), (0.04, False)])
def test_a_pair_is_swapped_if_both_are_at_the_other_in_most_frames(
    frames, is_swapped, distance_m, is_far
):
    sites = ["left_knee", "right_knee", "c7"]
    expected = np.zeros((20, 3, 3))
    expected[:, 0, 0], expected[:, 1, 0] = distance_m / 2, -distance_m / 2
    markers = expected.copy()
    markers[:frames, :2] = expected[:frames, 1::-1]
    markers[0, 0] = np.nan
    markers[1, 1] += 5.0  # a single frame does not decide
    fit = SimpleNamespace(betas=None, offsets=None, state=None)
    posed = SimpleNamespace(markers=torch.from_numpy(expected))
    model = SimpleNamespace(pose=lambda *_: posed)
    if is_swapped and is_far:
        with pytest.raises(RecordingError, match="walk.c3d has left and right swapped at: knee:"):
            _check_swapped(fit, model, markers, sites, "walk.c3d")
    else:
        _check_swapped(fit, model, markers, sites, "walk.c3d")

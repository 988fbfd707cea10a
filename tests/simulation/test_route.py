import numpy as np
import pytest

from agir_hf.simulation.route import Route

TURNS = [
    Route(3.0, np.pi, 0.5),
    Route(2.0, -np.pi, 0.35),
    Route(1.0, np.pi / 2, 0.8),
    Route(0.0, -np.pi / 4, 2.0),
]
DISTANCE_M = np.linspace(-1.0, 8.0, 9001)  # steps of a millimetre


def test_a_straight_route_has_a_constant_heading():
    route = Route()
    np.testing.assert_array_equal(route.heading(DISTANCE_M), 0)
    np.testing.assert_allclose(route.point(DISTANCE_M, 0.1), np.c_[np.full(9001, 0.1), DISTANCE_M])
    assert not route.in_turn(DISTANCE_M).any()


@pytest.mark.parametrize("route", TURNS)
def test_distances_along_the_route_are_distances_on_the_floor(route):
    steps = np.linalg.norm(np.diff(route.point(DISTANCE_M, 0.0), axis=0), axis=1)
    np.testing.assert_allclose(steps, np.diff(DISTANCE_M), rtol=1e-4)


@pytest.mark.parametrize("route", TURNS)
def test_the_heading_is_the_direction_of_the_route(route):
    moved = np.diff(route.point(DISTANCE_M, 0.0), axis=0)
    middle = route.heading((DISTANCE_M[1:] + DISTANCE_M[:-1]) / 2)
    ahead = np.c_[np.sin(middle), np.cos(middle)]
    np.testing.assert_allclose(moved / np.diff(DISTANCE_M)[:, None], ahead, atol=2e-3)


@pytest.mark.parametrize("route", TURNS)
def test_the_heading_changes_evenly_within_the_arc_only(route):
    begin, end = route.arc_m
    assert end - begin == pytest.approx(abs(route.turn_rad) * route.radius_m)
    assert route.heading(begin - 0.5) == 0
    assert route.heading((begin + end) / 2) == pytest.approx(route.turn_rad / 2)
    assert route.heading(end + 0.5) == pytest.approx(route.turn_rad)
    inside = route.in_turn(np.array([begin - 0.01, begin + 0.01, end - 0.01, end + 0.01]))
    assert inside.tolist() == [False, True, True, False]


@pytest.mark.parametrize("route", [*TURNS, Route()])
def test_lateral_offsets_are_perpendicular_to_the_route_and_positive_to_the_left(route):
    offset = route.point(DISTANCE_M, 0.1) - route.point(DISTANCE_M, 0.0)
    angle = route.heading(DISTANCE_M)
    np.testing.assert_allclose(offset @ [1, 0], 0.1 * np.cos(angle), atol=1e-12)
    np.testing.assert_allclose(offset @ [0, 1], -0.1 * np.sin(angle), atol=1e-12)
    np.testing.assert_allclose(
        route.point(DISTANCE_M, -0.1), route.point(DISTANCE_M, 0.0) - offset, atol=1e-12
    )


def test_positive_turns_go_to_the_left_along_x():
    left, right = (Route(2.0, side * np.pi, 0.5) for side in (1, -1))
    np.testing.assert_allclose(left.point(4.0, 0.1), right.point(4.0, -0.1) * [-1, 1], atol=1e-12)
    assert left.point(2.4, 0.0)[0] > 0


def test_a_half_turn_returns_parallel_to_the_first_straight():
    route = Route(3.0, np.pi, 0.5)
    _, end = route.arc_m
    np.testing.assert_allclose(route.point(end + 3.0, 0.0), [1.0, 0.0], atol=1e-12)
    assert route.point(DISTANCE_M, 0.0)[:, 1].max() == pytest.approx(3.5, abs=1e-3)


def test_points_broadcast_distances_and_offsets():
    route = TURNS[0]
    points = route.point(DISTANCE_M[:6].reshape(2, 3), np.zeros(3))
    assert points.shape == (2, 3, 2)
    np.testing.assert_array_equal(points[1, 2], route.point(DISTANCE_M[5], 0.0))

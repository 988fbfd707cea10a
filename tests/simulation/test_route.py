import numpy as np
import pytest

from agir_hf.simulation.route import Way

TURNS = [
    Way(3.0, np.pi, 0.5),
    Way(2.0, -np.pi, 0.35),
    Way(1.0, np.pi / 2, 0.8),
    Way(0.0, -np.pi / 4, 2.0),
]
ALONG = np.linspace(-1.0, 8.0, 9001)  # a millimetre each


def test_a_straight_way_leads_ahead():
    way = Way()
    np.testing.assert_array_equal(way.heading(ALONG), 0)
    np.testing.assert_allclose(way.point(ALONG, 0.1), np.c_[np.full(9001, 0.1), ALONG])
    assert not way.turns_at(ALONG).any()


@pytest.mark.parametrize("way", TURNS)
def test_a_metre_of_the_way_is_a_metre_over_the_floor(way):
    steps = np.linalg.norm(np.diff(way.point(ALONG, 0.0), axis=0), axis=1)
    np.testing.assert_allclose(steps, np.diff(ALONG), rtol=1e-4)


@pytest.mark.parametrize("way", TURNS)
def test_the_heading_is_where_the_way_leads(way):
    moved = np.diff(way.point(ALONG, 0.0), axis=0)
    middle = way.heading((ALONG[1:] + ALONG[:-1]) / 2)
    ahead = np.c_[np.sin(middle), np.cos(middle)]
    np.testing.assert_allclose(moved / np.diff(ALONG)[:, None], ahead, atol=2e-3)


@pytest.mark.parametrize("way", TURNS)
def test_headings_turn_evenly_within_the_arc_and_nowhere_else(way):
    begin, end = way.arc_m
    assert end - begin == pytest.approx(abs(way.turn_rad) * way.radius_m)
    assert way.heading(begin - 0.5) == 0
    assert way.heading((begin + end) / 2) == pytest.approx(way.turn_rad / 2)
    assert way.heading(end + 0.5) == pytest.approx(way.turn_rad)
    inside = way.turns_at(np.array([begin - 0.01, begin + 0.01, end - 0.01, end + 0.01]))
    assert inside.tolist() == [False, True, True, False]


@pytest.mark.parametrize("way", [*TURNS, Way()])
def test_points_aside_lie_square_to_the_way_on_its_left(way):
    apart = way.point(ALONG, 0.1) - way.point(ALONG, 0.0)
    angle = way.heading(ALONG)
    np.testing.assert_allclose(apart @ [1, 0], 0.1 * np.cos(angle), atol=1e-12)
    np.testing.assert_allclose(apart @ [0, 1], -0.1 * np.sin(angle), atol=1e-12)
    np.testing.assert_allclose(way.point(ALONG, -0.1), way.point(ALONG, 0.0) - apart, atol=1e-12)


def test_positive_turns_go_to_the_left_where_x_is():
    left, right = (Way(2.0, side * np.pi, 0.5) for side in (1, -1))
    np.testing.assert_allclose(left.point(4.0, 0.1), right.point(4.0, -0.1) * [-1, 1], atol=1e-12)
    assert left.point(2.4, 0.0)[0] > 0


def test_half_a_turn_comes_back_beside_where_it_went():
    way = Way(3.0, np.pi, 0.5)
    _, end = way.arc_m
    np.testing.assert_allclose(way.point(end + 3.0, 0.0), [1.0, 0.0], atol=1e-12)
    assert way.point(ALONG, 0.0)[:, 1].max() == pytest.approx(3.5, abs=1e-3)


def test_many_places_and_many_offsets_are_taken_at_once():
    way = TURNS[0]
    points = way.point(ALONG[:6].reshape(2, 3), np.zeros(3))
    assert points.shape == (2, 3, 2)
    np.testing.assert_array_equal(points[1, 2], way.point(ALONG[5], 0.0))

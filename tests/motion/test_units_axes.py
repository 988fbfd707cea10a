import numpy as np
import pytest

from agir_hf.motion import RecordingError
from agir_hf.motion.recording import ReadOptions
from agir_hf.motion.units_axes import to_metres_y_up

LOW, HIGH = [0, 1], [2, 3]


def standing(frames=40, travel=2.0):
    """Two feet and two shoulders (T, 4, 3), metres, Y up, walking along +Z."""
    points = np.array([[0.1, 0, 0], [-0.1, 0, 0], [0.2, 1.4, 0], [-0.2, 1.4, 0]])
    path = np.linspace(0, travel, frames)[:, None, None] * np.array([0, 0, 1.0])
    return points + path


@pytest.mark.parametrize(("unit", "scale"), [("mm", 1e3), ("cm", 1e2), ("m", 1.0)])
def test_unit_is_detected_told_and_can_be_forced(unit, scale):
    positions = standing()
    found, conventions = to_metres_y_up(positions * scale, ReadOptions(), "x", low=LOW, high=HIGH)
    assert np.allclose(found, positions, atol=1e-6)
    assert (conventions.unit, conventions.unit_from) == (unit, "detected")
    forced, conventions = to_metres_y_up(
        positions * scale, ReadOptions(unit=unit), "x", low=LOW, high=HIGH, unit="m"
    )
    assert np.allclose(forced, positions, atol=1e-6) and conventions.unit_from == "forced"


@pytest.mark.parametrize("axes", [(0, 2, 1), (2, 1, 0), (1, 0, 2), (1, 2, 0), (2, 0, 1)], ids=str)
@pytest.mark.parametrize("sign", [1, -1])
def test_up_is_found_and_the_turn_is_no_mirror(axes, sign):
    positions = standing()
    turn = np.eye(3)[list(axes)]
    turn[0] *= sign
    turn[2] *= np.linalg.det(turn)  # a proper rotation of the room
    found, conventions = to_metres_y_up(positions @ turn.T, ReadOptions(), "x", low=LOW, high=HIGH)
    assert found[0, 2, 1] - found[0, 0, 1] == pytest.approx(1.4, abs=1e-5)
    way = turn @ [0, 0, 1]
    axis = np.abs(way).argmax()
    assert conventions.heading == ("+" if way[axis] > 0 else "-") + "XYZ"[axis]
    left = found[0, 2] - found[0, 3]
    forward = found[-1, 0] - found[0, 0]
    assert np.dot(np.cross(left, [0, 1, 0]), forward) > 0


def test_who_stands_has_no_heading():
    _, conventions = to_metres_y_up(standing(travel=0), ReadOptions(), "x", low=LOW, high=HIGH)
    assert conventions.heading == ""


@pytest.mark.parametrize("scale", [1e-3, 1e3])
def test_a_scale_off_by_a_thousand_is_an_error_that_names_the_unit(scale):
    with pytest.raises(RecordingError, match="--unit|scale") as error:
        to_metres_y_up(
            standing() * 1000 * scale, ReadOptions(), "walk.trc", low=LOW, high=HIGH, unit="mm"
        )
    assert "walk.trc" in str(error.value) and "\n" not in str(error.value)


def test_nonsense_is_refused():
    with pytest.raises(RecordingError, match="vertical axis is 'W'"):
        to_metres_y_up(standing(), ReadOptions(up="W"), "x")
    with pytest.raises(RecordingError, match="'inch'"):
        to_metres_y_up(standing(), ReadOptions(), "x", unit="inch")

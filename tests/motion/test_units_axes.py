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
def test_the_unit_is_detected_and_can_be_forced(unit, scale):
    positions = standing()
    metres, conventions = to_metres_y_up(positions * scale, ReadOptions(), "x", low=LOW, high=HIGH)
    assert np.allclose(metres, positions, atol=1e-6)
    assert (conventions.unit, conventions.unit_from) == (unit, "detected")
    forced, conventions = to_metres_y_up(
        positions * scale, ReadOptions(unit=unit), "x", low=LOW, high=HIGH, unit="m"
    )
    assert np.allclose(forced, positions, atol=1e-6) and conventions.unit_from == "forced"


@pytest.mark.parametrize("axes", [(0, 2, 1), (2, 1, 0), (1, 0, 2), (1, 2, 0), (2, 0, 1)], ids=str)
@pytest.mark.parametrize("sign", [1, -1])
def test_the_vertical_axis_is_detected_and_nothing_is_mirrored(axes, sign):
    positions = standing()
    rotation = np.eye(3)[list(axes)]
    rotation[0] *= sign
    rotation[2] *= np.linalg.det(rotation)  # no reflection
    rotated = positions @ rotation.T
    result, conventions = to_metres_y_up(rotated, ReadOptions(), "x", low=LOW, high=HIGH)
    assert result[0, 2, 1] - result[0, 0, 1] == pytest.approx(1.4, abs=1e-5)
    heading = rotation @ [0, 0, 1]
    axis = np.abs(heading).argmax()
    assert conventions.heading == ("+" if heading[axis] > 0 else "-") + "XYZ"[axis]
    left = result[0, 2] - result[0, 3]
    forward = result[-1, 0] - result[0, 0]
    assert np.dot(np.cross(left, [0, 1, 0]), forward) > 0


def test_a_standing_body_has_no_heading():
    _, conventions = to_metres_y_up(standing(travel=0), ReadOptions(), "x", low=LOW, high=HIGH)
    assert conventions.heading == ""


@pytest.mark.parametrize("scale", [1e-3, 1e3])
def test_a_scale_off_by_a_thousand_is_an_error_with_the_unit(scale):
    with pytest.raises(RecordingError, match="--unit|scale") as excinfo:
        to_metres_y_up(
            standing() * 1000 * scale, ReadOptions(), "walk.trc", low=LOW, high=HIGH, unit="mm"
        )
    assert "walk.trc" in str(excinfo.value) and "\n" not in str(excinfo.value)


def test_unknown_axes_and_units_are_errors():
    with pytest.raises(RecordingError, match="vertical axis is 'W'"):
        to_metres_y_up(standing(), ReadOptions(up="W"), "x")
    with pytest.raises(RecordingError, match="'inch'"):
        to_metres_y_up(standing(), ReadOptions(), "x", unit="inch")

import numpy as np
import pytest

from agir_hf.motion import RecordingError
from agir_hf.motion.recording import ReadOptions
from agir_hf.motion.units_axes import CMU_METRES, METRES, parse_unit, to_metres_y_up

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


def test_unknown_axes_and_units_of_the_user_are_errors():
    with pytest.raises(RecordingError, match="vertical axis is 'W'"):
        to_metres_y_up(standing(), ReadOptions(up="W"), "x")
    with pytest.raises(RecordingError, match="x has positions in 'furlong'.*--unit.*inch"):
        to_metres_y_up(standing(), ReadOptions(unit="furlong"), "x")


@pytest.mark.parametrize(
    ("text", "metres"),
    [
        ("mm", 1e-3), ("MM", 1e-3), ("Millimeters", 1e-3), ("millimètres", 1e-3), ("mill", 1e-3),
        ("mm      ", 1e-3), ("mm\0\0", 1e-3), ("[mm]", 1e-3), ("cm", 1e-2), ("Centimetres", 1e-2),
        ("cent", 1e-2), ("m", 1.0), ("M", 1.0), ("mete", 1.0), ("METERS", 1.0), ("mètres", 1.0),
        ("metri", 1.0), ("inch", 0.0254), ("Inches", 0.0254), ("in", 0.0254), ("IN.", 0.0254),
        ("ft", 0.3048), ("feet", 0.3048), ("0.0254", 0.0254), ("0,0254", 0.0254), ("1e-3", 1e-3),
        ("0.01 m", 0.01), ("CMU", CMU_METRES),
    ],
)  # fmt: skip
def test_names_of_units_in_any_usual_spelling(text, metres):
    assert parse_unit(text)[1] == pytest.approx(metres)


@pytest.mark.parametrize("text", ["", "furlong", "-1", "0", "nan", "inf", "1e99", "deg", "m/s"])
def test_what_is_not_a_unit_of_length(text):
    assert parse_unit(text) is None


def test_an_unknown_unit_of_the_file_is_detected_and_said():
    metres, conventions = to_metres_y_up(
        standing() * 1000, ReadOptions(), "x", low=LOW, high=HIGH, unit="fur\x1b long"
    )
    assert np.allclose(metres, standing(), atol=1e-6)
    assert (conventions.unit, conventions.unit_from) == ("mm", "detected")
    assert conventions.remarks == (
        "unit 'fur long' of the file is unknown, read as mm from the body",
    )
    with pytest.raises(RecordingError, match="'furlong'.*--unit"):
        to_metres_y_up(standing() * 12, ReadOptions(), "x", low=LOW, high=HIGH, unit="furlong")


def test_the_length_of_one_unit_can_be_a_number():
    metres, conventions = to_metres_y_up(
        standing() / 0.0254, ReadOptions(unit="0.0254"), "x", low=LOW, high=HIGH, unit="mm"
    )
    assert np.allclose(metres, standing(), atol=1e-6)
    assert str(conventions).startswith("0.0254 m (forced)")


@pytest.mark.parametrize("height_m", [1.5, 1.7, 1.95])
@pytest.mark.parametrize(("unit", "scale"), [*METRES.items(), ("CMU unit of 5.644 cm", CMU_METRES)])
def test_the_unit_of_an_adult_follows_from_the_stature(unit, scale, height_m):
    body = standing() * height_m / 1.7
    metres, conventions = to_metres_y_up(
        body / scale, ReadOptions(), "x", low=LOW, high=HIGH, stature=height_m / scale
    )
    assert (conventions.unit, conventions.unit_from) == (unit, "detected")
    assert np.allclose(metres, body, atol=1e-5) and not conventions.remarks


def test_a_child_in_centimetres_is_not_a_giant_in_inches():
    body = standing() * 1.0 / 1.7
    _, conventions = to_metres_y_up(
        body * 100, ReadOptions(), "x", low=LOW, high=HIGH, stature=100.0
    )
    assert conventions.unit == "cm"


def test_a_stature_that_fits_two_units_is_said():
    body = standing() * 0.85 / 1.7
    _, conventions = to_metres_y_up(
        body * 100, ReadOptions(), "x", low=LOW, high=HIGH, stature=85.0
    )
    assert "2.16 m" in conventions.remarks[0] and "0.85 m with cm" in conventions.remarks[0]


@pytest.mark.parametrize("scale", [1.0, 100.0, 1000.0])
@pytest.mark.parametrize("height_m", [0.4, 1.0])
def test_legs_alone_and_children_are_not_too_small(scale, height_m):
    body = standing() * height_m / 1.4
    metres, _ = to_metres_y_up(body * scale, ReadOptions(), "x", low=LOW, high=HIGH)
    assert np.ptp(metres[0, :, 1]) == pytest.approx(height_m, abs=1e-5)


def test_points_far_away_do_not_decide_unit_and_axis():
    positions = standing() * 1000
    positions[3] = 9999999
    far = np.concatenate([positions, np.full((40, 1, 3), 9999999.0)], axis=1)
    metres, conventions = to_metres_y_up(far, ReadOptions(), "x", low=LOW, high=HIGH)
    assert str(conventions) == "mm (detected), +Y up (detected), walking along +Z"
    assert np.allclose(metres[0, :4], standing()[0], atol=1e-6)


def test_the_body_decides_the_vertical_axis_over_the_file():
    zup = standing()[..., [0, 2, 1]] * [1, -1, 1]
    metres, conventions = to_metres_y_up(
        zup, ReadOptions(), "x", low=LOW, high=HIGH, unit="m", up="-Z"
    )
    assert conventions.up == "+Z" and conventions.up_from == "detected"
    assert np.allclose(metres[0, 2, 1], 1.4, atol=1e-6)
    _, conventions = to_metres_y_up(zup, ReadOptions(), "x", unit="m", up="Z")
    assert conventions.up_from == "file"


@pytest.mark.parametrize("up", ["X", "Z", "-Y"])
def test_an_axis_of_the_user_that_lays_the_person_down_is_refused(up):
    with pytest.raises(RecordingError, match=f"walk.c3d has .*set to {up}.*--up=Y"):
        to_metres_y_up(standing(), ReadOptions(up=up), "walk.c3d", low=LOW, high=HIGH)
    _, conventions = to_metres_y_up(standing(), ReadOptions(up="Y"), "x", low=LOW, high=HIGH)
    assert conventions.up_from == "forced"

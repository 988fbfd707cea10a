"""Angles of constructed segments with known rotations."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from agir_hf.gait.kinematics import angles

# Axes of a segment at rest, in a room with Y up: to the left, up, forward (walking along Z).
LEFT, UP, FORWARD = np.eye(3)
AHEAD = np.array([0.0, 0.0, 1.0])
SIDES = pytest.mark.parametrize("side", ["left", "right"])


def outward(axis, side):
    return axis if side == "left" else -axis


def pelvis_of(rotation_deg, obliquity_deg, tilt_deg):
    """Pelvis turned to the right (left side forward), raised on the left, tilted forward."""
    return Rotation.from_euler("YZX", [-rotation_deg, obliquity_deg, tilt_deg], degrees=True)


@SIDES
def test_pelvic_angles_are_recovered_in_the_order_rotation_obliquity_tilt(side):
    sign = 1 if side == "left" else -1
    pelvis = pelvis_of(20.0, -12.0, 15.0)
    left, forward = pelvis.apply(LEFT), pelvis.apply(FORWARD)
    assert angles.pelvic_tilt(left, forward) == pytest.approx(15.0)
    assert angles.pelvic_obliquity(outward(left, side)) == pytest.approx(-12.0 * sign)
    rotation = angles.pelvic_rotation(outward(left, side), AHEAD, side)
    assert rotation == pytest.approx(20.0 * sign)


def test_another_order_gives_other_pelvic_angles():
    pelvis = Rotation.from_euler("XZY", [15.0, -12.0, -20.0], degrees=True)  # tilt first
    assert abs(angles.pelvic_obliquity(pelvis.apply(LEFT)) + 12.0) > 3


def test_signs_of_the_pelvis():
    down = np.array([0.0, -0.1, 1.0])  # the front is lower than the back
    assert angles.pelvic_tilt(LEFT, down) > 0
    raised = angles.unit(np.array([1.0, 0.2, 0.0]))
    assert angles.pelvic_obliquity(raised) > 0
    ahead = angles.unit(np.array([1.0, 0.0, 0.3]))
    assert angles.pelvic_rotation(ahead, AHEAD, "left") > 0
    assert angles.pelvic_rotation(-ahead, AHEAD, "right") < 0


@SIDES
@pytest.mark.parametrize(("flexed", "adducted", "rotated"), [(30, 0, 0), (-15, 8, 0), (35, -9, 14)])
def test_hip_angles_are_recovered_relative_to_a_turned_pelvis(side, flexed, adducted, rotated):
    sign = 1 if side == "left" else -1
    pelvis = pelvis_of(25.0, 7.0, 12.0)
    # flexion about left, adduction about forward, rotation about the long axis
    degrees = [-flexed, -sign * adducted, -sign * rotated]
    thigh = pelvis * Rotation.from_euler("XZY", degrees, degrees=True)
    line, left = thigh.apply(-UP), pelvis.apply(LEFT)
    assert angles.flexion(line, left, pelvis.apply(FORWARD)) == pytest.approx(flexed)
    assert angles.adduction(line, outward(left, side)) == pytest.approx(adducted)
    rotation = angles.internal_rotation(line, left, thigh.apply(LEFT), side)
    assert rotation == pytest.approx(rotated, abs=1e-9)


@SIDES
def test_signs_of_the_hip(side):
    inward = -outward(LEFT, side)
    assert angles.flexion(-UP + 0.2 * FORWARD, LEFT, FORWARD) > 0
    assert angles.adduction(-UP + 0.2 * inward, outward(LEFT, side)) > 0
    # internal rotation: the front of the thigh turns to the midline
    front = angles.unit(FORWARD + 0.2 * inward)
    turned = np.cross(UP, front)
    assert angles.internal_rotation(-UP, LEFT, turned, side) > 0


@pytest.mark.parametrize("pitch_deg", [0.0, 20.0, -65.0, -100.0])
@pytest.mark.parametrize("lean_deg", [-18.0, 0.0, 40.0])
def test_ankle_is_the_angle_between_shank_and_sole(pitch_deg, lean_deg):
    sole = Rotation.from_euler("X", -pitch_deg, degrees=True).apply(FORWARD)
    shank = Rotation.from_euler("X", lean_deg, degrees=True).apply(UP)
    measured = angles.ankle_dorsiflexion(sole, shank, AHEAD)
    assert measured == pytest.approx(pitch_deg + lean_deg)


def test_toes_up_and_a_shank_that_leans_forward_are_dorsiflexion():
    assert angles.ankle_dorsiflexion(FORWARD + 0.2 * UP, UP, AHEAD) > 0
    assert angles.ankle_dorsiflexion(FORWARD, UP + 0.2 * FORWARD, AHEAD) > 0


@SIDES
def test_toes_in_is_positive_progression(side):
    inward = -outward(LEFT, side)
    foot = np.cos(np.radians(10)) * FORWARD + np.sin(np.radians(10)) * inward
    assert angles.progression(foot, AHEAD, side) == pytest.approx(10.0)


def test_progression_of_a_steep_foot_is_not_enlarged():
    """At a pitch of -80 degrees a deviation of 5 degrees is 30 degrees on the floor."""
    foot = Rotation.from_euler("XZ", [80.0, 0.0], degrees=True).apply(FORWARD)
    deviated = Rotation.from_rotvec(np.radians(5.0) * np.cross(foot, LEFT)).apply(foot)
    on_floor = np.degrees(np.arctan2(deviated[0], deviated[2]))
    assert abs(angles.progression(deviated, AHEAD, "left")) == pytest.approx(5.0, abs=0.1)
    assert abs(on_floor) > 25


def test_a_vector_is_turned_by_the_right_hand_rule():
    turned = angles.turned(FORWARD, UP, 90.0)
    np.testing.assert_allclose(turned, LEFT, atol=1e-12)

"""Turns, pauses, reasons and mislabelled feet of constructed paths."""

from dataclasses import replace

import numpy as np
import pytest

from agir_hf.gait import events as module
from agir_hf.gait.events import detect_events
from agir_hf.gait.foot_paths import FootPaths, facing_direction
from agir_hf.gait.swings import Swing
from agir_hf.humanml3d import JOINT_NAMES
from agir_hf.motion import JointMotion

RATE = 100.0
J = {name: i for i, name in enumerate(JOINT_NAMES)}


def heading(angle_deg):
    angle = np.radians(angle_deg)
    return np.stack([np.sin(angle), np.zeros_like(angle), np.cos(angle)], axis=1)


@pytest.mark.parametrize("direction", [1, -1])
def test_turns_are_faster_than_15_degrees_per_second_and_of_45_degrees(direction):
    def turns(*parts):
        """Parts of (degrees per second, seconds), with a second of straight walking around them."""
        speed = np.concatenate([np.full(round(s * RATE), v) for v, s in ((0, 1), *parts, (0, 1))])
        return module._turns(heading(direction * np.cumsum(speed) / RATE), RATE)

    ((start, end),) = turns((20, 3))
    assert (start, end) == (pytest.approx(1, abs=0.03), pytest.approx(4, abs=0.03))
    assert turns((14, 8)) == ()
    assert len(turns((16, 8))) == 1
    assert turns((20, 2.2)) == () and len(turns((20, 2.35))) == 1
    there_and_back = turns((60, 1), (-60, 1))
    assert len(there_and_back) == 2 and there_and_back[0][1] <= there_and_back[1][0] + 0.03
    assert there_and_back == tuple(sorted(there_and_back))
    assert turns((60, 0.5), (-60, 0.5)) == ()


def test_pauses_last_one_and_a_half_seconds_without_a_swing():
    swings = {
        "left": [Swing(1.4, 1.6, 1.8), Swing(4.0, 4.2, 4.4)],
        "right": [Swing(2.0, 2.2, 2.45), Swing(np.nan, 5.9, 6.0), Swing(6.2, 6.3, np.nan)],
    }
    assert module._pauses(swings, 7.9) == (
        (2.45, 4.0),
        (4.4, 5.9),
        (6.3, 7.9),
    )
    assert module._pauses(swings, 7.7) == ((2.45, 4.0), (4.4, 5.9))
    assert module._pauses({"left": []}, 1.5) == ((0.0, 1.5),)
    assert module._pauses({"left": []}, 1.4) == ()
    within = {"left": [Swing(1.0, 1.5, 4.0)], "right": [Swing(2.0, 2.2, 2.4)]}
    assert module._pauses(within, 5.6) == ((4.0, 5.6),)


def test_events_of_a_swing_that_is_cut():
    events = module._events("left", [Swing(np.nan, 0.0, 0.3), Swing(1.0, 1.2, np.nan)])
    assert [(e.time_s, e.side, e.kind) for e in events] == [
        (0.3, "left", "heel_strike"),
        (1.0, "left", "toe_off"),
    ]


def feet(change=1.0, frames=5):
    """Soles of 0.2 m; the left has another length in some of 100 frames."""
    heel = {side: np.zeros((100, 3)) for side in ("left", "right")}
    toe = {side: np.tile([0.2, 0, 0], (100, 1)) for side in heel}
    toe["left"][:frames] *= change
    return FootPaths(None, None, heel, toe, RATE)


@pytest.mark.parametrize(
    ("change", "frames", "is_wrong"),
    [(1.55, 6, True), (1.45, 6, False), (0.45, 6, True), (0.55, 6, False), (3.0, 5, False)],
)
def test_a_sole_that_changes_its_length_is_mislabelled(change, frames, is_wrong):
    reasons = module._mislabelled(feet(change, frames))
    assert (set(reasons) == {"left"}) == is_wrong and "right" not in reasons
    if change == 1.55:
        assert "are 0.20 to 0.31 m from each other" in reasons["left"]


def test_the_reason_for_no_steps():
    assert "ends before a foot lands" in module._no_steps(-1.0, True)
    assert "moves backwards at 0.21 m/s" in module._no_steps(-0.21, False)
    assert "neither foot lands" in module._no_steps(-0.19, False)
    assert "neither foot lands" in module._no_steps(0.5, False)


def test_the_heading_is_perpendicular_to_the_line_across_and_without_its_rotation():
    time = np.arange(600) / RATE
    sway = np.radians(60 + 10 * np.sin(2 * np.pi * 1.0 * time))  # at the frequency of strides
    across = 0.24 * np.stack([np.cos(sway), 0.1 + 0 * time, -np.sin(sway)], axis=1)
    facing = facing_direction(across, RATE)
    expected = heading(np.full(600, 60.0))
    assert np.degrees(np.arccos((facing * expected).sum(axis=1)))[50:-50].max() < 1.0
    np.testing.assert_allclose(np.linalg.norm(facing, axis=1), 1)
    assert not facing[:, 1].any()
    slow = np.radians(20 * np.sin(2 * np.pi * 0.1 * time))
    across = np.stack([np.cos(slow), 0 * time, -np.sin(slow)], axis=1)
    facing = facing_direction(across, RATE)
    angle = np.degrees(np.arctan2(facing[:, 0], facing[:, 2]))
    assert np.abs(angle - np.degrees(slow))[100:-100].max() < 1.5
    assert np.isfinite(facing_direction(across[:20], RATE)).all()


def standing_joints(frames=200):
    joints = np.zeros((frames, 22, 3))
    joints[:, :, 1] = 1.0
    for side, x in (("left", 0.1), ("right", -0.1)):
        joints[:, J[f"{side}_hip"]] = [x, 0.9, 0]
        joints[:, J[f"{side}_ankle"]] = [x, 0.08, -0.05]
        joints[:, J[f"{side}_foot"]] = [x, 0.03, 0.1]
    return joints


def test_a_person_standing_or_moving_backwards_has_no_steps():
    joints = standing_joints()
    phases = detect_events(JointMotion(joints, 100.0))
    assert phases.events == () and "neither foot lands" in phases.no_steps
    backwards = joints - [0, 0, 0.3] * np.arange(200)[:, None, None] / 100
    phases = detect_events(JointMotion(backwards, 100.0))
    assert "moves backwards at 0.30 m/s" in phases.no_steps


def test_events_are_in_order_of_time_and_walks_have_no_reason(walk):
    phases = detect_events(walk)
    times = [event.time_s for event in phases.events]
    assert times == sorted(times) and phases.no_steps == "" and phases.detected == phases.events
    assert phases.resolution_s == pytest.approx(0.5 / 150)
    assert phases.events_from == "detected" and phases.absent == {}


def test_a_recording_that_ends_in_the_first_swing_has_a_toe_off_and_says_why_no_step(walk):
    strike = next(e for e in detect_events(walk).events if e.kind == "heel_strike")
    stop = round((strike.time_s - 0.08) * walk.rate_hz)
    phases = detect_events(replace(walk, positions=walk.positions[:stop]))
    assert [event.kind for event in phases.events] == ["toe_off"]
    assert "ends before a foot lands" in phases.no_steps

"""Recordings that are no walk are refused with what was seen; doubtful walks have cautions."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agir_hf.gait import measure
from agir_hf.gait.walk_check import (
    check_walk,
    measurable,
    measure_walk,
    nothing_measured,
)
from agir_hf.gait.whole_walk import braking_ratio
from agir_hf.motion import BodyMotion, NotAWalkError, RecordingError, read_recording, to_joints

_spec = importlib.util.spec_from_file_location(
    "no_walk", Path(__file__).with_name("test_no_walk.py")
)
no_walk = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(no_walk)
CASES, ahead_of, standing = no_walk.CASES, no_walk.ahead_of, no_walk.standing


def reason(recording) -> str:
    with pytest.raises(NotAWalkError) as error:
        measure_walk(replace(recording, source="x.c3d"))
    text = str(error.value)
    assert text.startswith("x.c3d is ") and "\n" not in text and ": " in text
    return text


def moved(walk, share):
    """The walk with its path over the floor lengthened by a share."""
    middle = np.nanmean(walk.positions, axis=1, keepdims=True) * [1, 0, 1]
    return replace(walk, positions=(walk.positions + share * middle).astype(np.float32))


def cut(walk, first_s, last_s):
    part = slice(int(first_s * walk.rate_hz), int(last_s * walk.rate_hz))
    return replace(walk, positions=walk.positions[part], events=())


def backwards(walk):
    return replace(walk, positions=walk.positions[::-1].copy(), events=())


def carried(walk):
    """The pose of mid-stance, moved over the floor at 1 m/s."""
    positions, seconds = standing(walk)
    return positions + seconds[:, None, None] * ahead_of(walk)


@pytest.mark.parametrize("case", CASES)
def test_a_person_who_does_not_walk_is_refused(case, walk):
    recording = replace(walk, positions=case(walk).astype(np.float32), rate_hz=100.0, events=())
    text = reason(recording)
    assert "pass a walking trial" in text or "pass a recording of a walk" in text
    assert " m " in text  # what was seen, in figures


def test_a_walk_has_no_cautions(walk, joints_of_walk):
    for recording in (walk, joints_of_walk):
        measured, cautions = measure_walk(recording)
        assert cautions == () and nothing_measured(measured) == ""


@pytest.fixture(scope="module")
def joints_of_walk(walk):
    return to_joints(walk)


def test_real_walks_are_accepted(shared):
    paths = [
        *shared.glob("data/shida_pd/*.c3d"), shared / "data/btk_pig/PiG_Motion-FlatFoot-Hole.c3d",
        *shared.glob("data/mcgill_biomechzoo/HC03*/*[!0][0-9].c3d"),
        *sorted(shared.glob("data/hubertshum_bvh/*.bvh"))[::6],
    ]  # fmt: skip
    assert len(paths) >= 15
    for path in paths:
        _, cautions = measure_walk(read_recording(path))
        slows_down = [caution for caution in cautions if "the walk slows down" in caution]
        assert len(slows_down) == ("shida_pd" in path.parts), path.name
        others = [caution for caution in cautions if caution not in slows_down]
        assert all("too little was measured" in caution for caution in others), path.name


def test_static_trials_are_refused_whether_or_not_they_can_be_measured(walk, shared):
    still = replace(walk, positions=standing(walk)[0].astype(np.float32), events=())
    assert "is a static trial: the pelvis moves 0.00 m" in reason(still)
    gap = still.positions.copy()
    gap[100:300, walk.labels.index("L.ASIS")] = np.nan
    assert "is a static trial" in reason(replace(still, positions=gap))
    for path in shared.glob("data/mcgill_biomechzoo/HC03*/*01.c3d"):
        assert "is a static trial" in reason(read_recording(path))


def test_a_body_that_is_carried_over_the_floor_is_refused(walk):
    positions = carried(walk).astype(np.float32)
    text = reason(replace(walk, positions=positions, rate_hz=100.0, events=()))
    assert "no foot swings while the other stays" in text


@pytest.mark.parametrize("factor", [3, 0.2])
def test_a_wrong_frame_rate_is_refused_by_its_cadence(walk, factor):
    cadence = 60 / np.median([step.end_s - step.start_s for step in measure(walk).signals.steps])
    text = reason(replace(walk, rate_hz=walk.rate_hz * factor, events=()))
    measured = float(text.partition("its cadence is ")[2].partition(" steps/min")[0])
    assert measured == pytest.approx(factor * cadence, rel=0.02)
    assert "expected 30 to 220: check the frame rate (--rate)" in text


def test_cadence_is_taken_from_the_median_step(walk):
    """A pause in the middle does not change whether it is a walk."""
    middle = len(walk.positions) // 2
    pause = np.repeat(walk.positions[middle : middle + 1], int(4 * walk.rate_hz), axis=0)
    positions = np.concatenate([walk.positions[:middle], pause, walk.positions[middle:]])
    assert measure_walk(replace(walk, positions=positions, events=()))[1] == ()


def test_feet_that_slide_through_stance_are_refused_or_cautioned(walk):
    text = reason(moved(walk, -0.5))
    assert "the feet slide at 0." in text and "check units and root translation" in text
    _, (caution,) = measure_walk(moved(walk, 0.35))
    assert caution.startswith("the feet slide at 0.")
    assert measure_walk(moved(walk, 0.05))[1] == ()


def test_a_cadence_that_is_rare_has_a_caution(walk):
    _, (caution,) = measure_walk(replace(walk, rate_hz=1.7 * walk.rate_hz, events=()))
    assert caution.startswith("its cadence is 20") and "check the frame rate" in caution


def shortened(joints, share):
    """The same path of the feet, with legs of a share of their length."""
    result = joints.joints.copy()
    hips, knees, ankles = [1, 2], [4, 5], [7, 8]
    down = (1 - share) * (result[:, [0], 1] - result[:, ankles + [10, 11], 1].min(1, keepdims=True))
    above = [0, 3, 6, 9, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, *hips]
    result[:, above, 1] -= down
    result[:, knees] = (result[:, hips] + result[:, ankles]) / 2
    return replace(joints, joints=result)


def test_steps_beyond_the_reach_of_the_legs_are_refused(joints_of_walk):
    long = shortened(joints_of_walk, 0.25)
    stretched = long.joints * np.float32([1.5, 1, 1])
    text = reason(replace(long, joints=stretched))
    assert "its steps are 0." in text and "expected at most 1.4 times the leg" in text


def test_a_speed_above_that_of_walking_is_refused(joints_of_walk):
    long = replace(joints_of_walk, joints=joints_of_walk.joints * np.float32([4, 1, 1]))
    text = reason(replace(long, rate_hz=1.7 * long.rate_hz))
    assert "m/s, expected below " in text or "the person runs" in text
    _, cautions = measure_walk(replace(long, rate_hz=1.2 * long.rate_hz))
    assert any("most people run" in caution for caution in cautions)


def test_a_recording_reversed_in_time_is_said_by_how_the_feet_brake(real_walk):
    text = reason(backwards(real_walk))
    assert "moves backwards at 0." in text and "reversed in time: export it again" in text


def test_where_the_feet_do_not_say_it_all_three_causes_are_named(walk):
    text = reason(backwards(walk))
    for cause in ("labels are swapped", "walks backwards", "reversed in time"):
        assert cause in text


def test_the_braking_ratio_is_of_landing_to_lift_off():
    slow, fast = np.linspace(0, 1, 60, endpoint=False) ** 2, np.linspace(1, 0, 12) ** 2
    swing = np.concatenate([np.zeros(40), slow, fast])
    speed = np.tile(swing, 4)
    assert braking_ratio({"left": speed, "right": speed}) > 1.5
    assert braking_ratio({"left": speed[::-1], "right": speed[::-1]}) < 0.7
    assert braking_ratio({"left": np.zeros(100)}) == 1.0


def test_treadmill_walks_are_accepted_and_reversed_ones_are_not(walk):
    treadmill = moved(cut(walk, 1, 6), -1.0)
    assert measure_walk(treadmill)[0].signals.phases.belt_speed_m_per_s > 0.4
    assert "backwards" in reason(backwards(treadmill))


def test_one_stride_on_a_treadmill_is_recognized(shared):
    recording = read_recording(shared / "data/healthy_adults/opensim_walk_free_01.trc")
    measured, (caution,) = measure_walk(recording)
    assert measured.signals.phases.belt_speed_m_per_s == pytest.approx(1.12, abs=0.05)
    assert "too little was measured: 1 step" in caution


def test_a_short_walk_has_a_caution_with_the_number_of_steps(walk):
    _, (caution,) = measure_walk(cut(walk, 1.5, 3.0))
    assert caution.startswith("too little was measured: ") and "record a longer walk" in caution


def test_nothing_measured_says_why(walk):
    measured, cautions = measure_walk(cut(walk, 1.0, 1.7))
    assert not measured.parameters and "too little was measured" in cautions[0]
    assert nothing_measured(measured).startswith("no gait parameter can be measured: ")


def test_a_foot_that_cannot_be_measured_is_no_reason_to_refuse(walk):
    positions = walk.positions.copy()
    positions[200:300, walk.labels.index("L.Heel")] = np.nan
    measured, cautions = measure_walk(replace(walk, positions=positions))
    assert cautions == () and "left heel" in nothing_measured(measured)


def test_a_body_in_motion_is_measured_at_its_own_rate():
    poses, translation = np.zeros((200, 24, 3), np.float32), np.zeros((200, 3), np.float32)
    motion = BodyMotion(np.zeros(10, np.float32), poses, translation, 50.0, source="x.npz")
    assert measurable(motion).rate_hz == 50
    with pytest.raises(NotAWalkError, match=r"x.npz is not a walk: neither foot lands"):
        measure_walk(motion)


def test_a_refusal_is_an_error_of_the_recording(walk):
    assert issubclass(NotAWalkError, RecordingError)
    with pytest.raises(NotAWalkError, match="^the recording is not a walk"):
        check_walk(measure(backwards(walk)))

"""Annotated events: used for all parameters, and compared with the detected ones."""

import json
from dataclasses import replace

import numpy as np
import pytest

from agir_hf.gait import detect_events, measure
from agir_hf.gait.annotated_events import (
    agreement_text,
    compare_events,
    events_json,
)
from agir_hf.motion import GaitEvent, JointMotion, RecordingError, to_joints


def shifted(events, seconds):
    return tuple(replace(event, time_s=event.time_s + seconds) for event in events)


def test_parameters_are_computed_from_the_events_of_the_file(walk):
    """Heel strikes one by one: the step times are those of the file, not the detected ones."""
    strikes = sorted((e for e in walk.events if e.kind == "heel_strike"), key=lambda e: e.time_s)
    moved = tuple(
        replace(event, time_s=event.time_s + (0.04 if event.side == "left" else -0.04))
        for event in walk.events
    )
    measured = measure(replace(walk, events=moved), events="file")
    steps = measured.signals.steps
    assert {round(step.end_s, 6) for step in steps} <= {round(e.time_s, 6) for e in moved}
    change = {
        side: np.mean([s.end_s - s.start_s for s in steps if s.side == side])
        - np.mean([b.time_s - a.time_s for a, b in zip(strikes, strikes[1:], strict=False)
                   if b.side == side])
        for side in ("left", "right")
    }  # fmt: skip
    assert change["left"] == pytest.approx(0.08, abs=0.02)
    assert change["right"] == pytest.approx(-0.08, abs=0.02)


def test_the_true_events_give_nearly_the_detected_parameters(walk):
    detected, annotated = measure(walk).parameters, measure(walk, events="file").parameters
    for name in ("cadence_steps_per_min", "speed_m_per_s", "step_length_m", "stance_percent"):
        assert annotated[name].value == pytest.approx(detected[name].value, rel=0.03), name


def test_turns_pauses_and_belt_stay_with_the_events_of_the_file(walk):
    pause = np.repeat(walk.positions[450:451], 450, axis=0)
    stopped = np.concatenate([walk.positions[:450], pause, walk.positions[450:]])
    events = tuple(e if e.time_s < 3 else replace(e, time_s=e.time_s + 3) for e in walk.events)
    recording = replace(walk, positions=stopped, events=events)
    detected, annotated = detect_events(recording), detect_events(recording, events="file")
    assert annotated.standing == detected.standing and len(annotated.standing) == 1
    assert annotated.events == tuple(sorted(events, key=lambda e: (e.time_s, e.side)))
    assert annotated.detected == detected.events and annotated.events_from == "file"
    steps = measure(recording, events="file").signals.steps
    assert not any(step.start_s < 4 < step.end_s for step in steps)


def test_a_treadmill_is_measured_with_the_events_of_the_file(walk):
    frames = np.arange(len(walk.positions))
    pelvis = walk.positions[:, walk.labels.index("L.ASIS")]
    travel = np.polynomial.polynomial.polyfit(frames, pelvis, 1)[1] * [1, 0, 1]
    still = (walk.positions - frames[:, None, None] * travel).astype(np.float32)
    speed = measure(walk, events="file").parameters["speed_m_per_s"].value
    on_belt = measure(replace(walk, positions=still), events="file").parameters["speed_m_per_s"]
    assert on_belt.value == pytest.approx(speed, rel=0.1)


def test_joints_with_events_are_measured_with_them(walk):
    joints = to_joints(walk)
    motion = replace(joints, events=walk.events)
    assert isinstance(motion, JointMotion)
    assert detect_events(motion, events="file").events_from == "file"


@pytest.mark.parametrize(
    ("events", "content"),
    [
        ((), "no gait events with side and kind"),
        ([("left", "heel_strike")] * 5, "5 left and 0 right heel strikes and 0 toe-offs"),
        (
            [("left", "heel_strike"), ("right", "heel_strike"), ("right", "toe_off")],
            "1 left and 1 right heel strikes and 1 toe-offs",
        ),
    ],
)
def test_too_few_events_are_an_error_that_says_what_the_file_has(walk, events, content):
    events = tuple(GaitEvent(0.5 * i, *event) for i, event in enumerate(events))
    with pytest.raises(RecordingError, match=content) as error:
        measure(replace(walk, events=events), events="file")
    assert "\n" not in str(error.value) and "sample_walk" in str(error.value)
    assert "--events detected" in str(error.value)


def test_the_error_repeats_why_events_of_the_file_are_not_used(walk):
    remark = "13 events of the file without a side (General): not used"
    with pytest.raises(RecordingError, match="without a side"):
        detect_events(replace(walk, events=(), remarks=(remark,)), events="file")


@pytest.mark.parametrize(("shift_s", "matched"), [(0.0, 4), (0.03, 4), (-0.04, 4), (0.07, 0)])
def test_the_agreement_has_the_sign_of_detected_minus_file(shift_s, matched):
    sides = ("left", "right", "left", "right")
    file = [GaitEvent(0.6 * i, side, "heel_strike") for i, side in enumerate(sides)]
    agreement = compare_events(shifted(file, shift_s), file)["heel_strike"]
    assert (agreement.annotated, agreement.matched) == (4, matched)
    assert agreement.median_difference_s == pytest.approx(shift_s)


def test_a_detected_event_is_matched_once_and_only_to_its_foot_and_kind():
    file = [GaitEvent(1.0, "left", "heel_strike"), GaitEvent(1.04, "left", "heel_strike")]
    detected = [GaitEvent(1.02, "left", "heel_strike"), GaitEvent(1.02, "right", "heel_strike"),
                GaitEvent(1.02, "left", "toe_off")]  # fmt: skip
    agreements = compare_events(detected, file)
    assert list(agreements) == ["heel_strike"] and agreements["heel_strike"].matched == 1
    assert compare_events([], file)["heel_strike"].median_difference_s is None


def test_values_for_json_have_both_clocks_where_the_file_has_another(walk):
    at_zero = events_json(walk, detect_events(walk))
    assert "clock_s" not in at_zero["events"][0] and "detected_events" not in at_zero
    assert len(at_zero["file_events"]) == len(walk.events)
    later = events_json(replace(walk, start_s=7.5), detect_events(walk, events="file"))
    for name in ("events", "file_events", "detected_events"):
        for event in later[name]:
            assert event["clock_s"] == pytest.approx(event["time_s"] + 7.5)
    assert later["events"] == later["file_events"]


def test_the_agreement_is_a_phrase(walk):
    values = events_json(walk, detect_events(walk))["event_agreement"]
    assert json.loads(json.dumps(values)) == values  # no numbers of numpy
    text = agreement_text(values)
    count = values["heel_strike"]["annotated"]
    assert text.startswith(f"{values['heel_strike']['matched']} of {count} heel strikes within 50")
    assert "toe-offs within 50 ms, median difference" in text and agreement_text({}) == ""


def test_annotated_events_of_a_real_walk_give_its_published_parameters(real_walk):
    """Cadences from the annotated step times, without the closing steps of the first walk."""
    parameters = measure(real_walk, events="file").parameters
    expected = {"SUB01_off_walk_12b": 121, "SUB05_off_walk_8": 92.2}
    name = next(name for name in expected if name in real_walk.source)
    assert parameters["cadence_steps_per_min"].value == pytest.approx(expected[name], abs=2)

"""Steps, strides and turns of chosen events."""

import numpy as np
import pytest

from agir_hf.gait import signals as signals_module
from agir_hf.gait.events import GaitPhases
from agir_hf.gait.signals import Step
from agir_hf.motion.recording import GaitEvent

RATE = 100.0


def columns(**axes):
    """Path (T, 3) from its x (to the left), y and z (ahead)."""
    values = [np.asarray(axes.get(axis, 0.0), dtype=float) for axis in "xyz"]
    return np.stack(np.broadcast_arrays(*values), axis=-1)


def phases_of(*events, turns=(), standing=(), no_steps=""):
    return GaitPhases(
        events=tuple(GaitEvent(time_s, side, kind) for time_s, side, kind in events),
        turns=turns,
        standing=standing,
        belt_speed_m_per_s=None,
        resolution_s=0.005,
        absent={},
        no_steps=no_steps,
    )


HS, TO = "heel_strike", "toe_off"


def test_steps_alternate_and_have_no_pause_or_turn():
    strikes = [
        (t, "right" if i % 2 else "left", HS) for i, t in enumerate(np.arange(1.0, 9.0, 0.5))
    ]
    events = [*strikes, (3.2, "left", TO)]
    events.sort()
    steps = signals_module._steps(phases_of(*events))
    assert [(step.side, step.start_s, step.end_s) for step in steps] == [
        (b[1], a[0], b[0]) for a, b in zip(strikes, strikes[1:], strict=False)
    ]
    paused = signals_module._steps(phases_of(*events, standing=((3.6, 3.9),)))
    assert {step.start_s for step in steps} - {step.start_s for step in paused} == {3.5}
    touching = signals_module._steps(phases_of(*events, standing=((3.5, 3.9), (4.0, 4.0))))
    assert {step.start_s for step in steps} - {step.start_s for step in touching} == {3.5}
    turning = signals_module._steps(phases_of(*events, turns=((3.9, 4.6),)))
    lost = {step.start_s for step in steps} - {step.start_s for step in turning}
    assert lost == {3.5, 4.0, 4.5}
    twice = [event for event in events if event[0] != 4.0]  # two strikes of one foot
    lost = {step.start_s for step in steps} - {
        s.start_s for s in signals_module._steps(phases_of(*twice))
    }
    assert lost == {3.5, 4.0}
    assert signals_module._steps(phases_of((1.0, "left", HS))) == ()


@pytest.mark.parametrize(("longest_s", "count"), [(1.0, 6), (1.02, 5)])
def test_a_step_of_over_twice_the_median_has_a_pause(longest_s, count):
    times = np.cumsum([1.0, 0.5, 0.5, 0.5, longest_s, 0.5, 0.5])
    events = [(float(t), "right" if i % 2 else "left", HS) for i, t in enumerate(times)]
    assert len(signals_module._steps(phases_of(*events))) == count


def test_strides_have_their_events_and_nan_without_them():
    events = [(1.0, "left", HS), (1.1, "right", TO), (1.5, "right", HS), (1.6, "left", TO)]
    events += [(2.1, "left", HS), (2.7, "right", HS)]
    phases = phases_of(*events)
    first, second = signals_module._strides(phases, signals_module._steps(phases))
    assert (first.side, first.start_s, first.end_s) == ("left", 1.0, 2.1)
    assert (first.toe_off_s, first.other_toe_off_s, first.other_heel_strike_s) == (1.6, 1.1, 1.5)
    assert (second.side, second.start_s, second.end_s) == ("right", 1.5, 2.7)
    assert np.isnan(second.toe_off_s) and second.other_toe_off_s == 1.6
    separate = (Step("left", 1.0, 2.0), Step("right", 3.0, 4.0))
    assert signals_module._strides(phases, separate) == ()


def test_a_turn_until_the_last_frame_has_its_angle():
    angle = np.radians(np.clip(np.arange(400) - 100, 0, None) * 0.5)
    ahead = columns(x=np.sin(angle), z=np.cos(angle))
    strikes = [(1.0, "left", HS), (2.0, "right", HS), (3.99, "left", HS), (4.2, "right", HS)]
    phases = phases_of(*strikes, (3.0, "left", TO), turns=((1.0, 4.0), (2.0, 3.0)))
    whole, part = signals_module._turns(phases, ahead, RATE)
    assert (whole.start_s, whole.end_s, whole.heel_strikes) == (1.0, 4.0, 3)
    assert whole.angle_deg == pytest.approx(149.5)
    assert part.angle_deg == pytest.approx(50) and part.heel_strikes == 1
    mirrored = signals_module._turns(phases, ahead * [-1, 1, 1], RATE)
    assert mirrored[0].angle_deg == pytest.approx(149.5)


@pytest.mark.parametrize(("short", "kept"), [(0.13, 6), (0.11, 4)])
def test_a_last_step_below_three_tenths_of_the_median_is_left_out_with_the_one_before(short, kept):
    """The median is 0.4 m: of the 0.5 m, 0.4 m, … steps; the recording ends with the last step."""
    lengths = [0.4, 0.5, 0.4, 0.4, 0.4, short]
    steps = tuple(Step("right" if i % 2 else "left", i + 0.0, i + 1.0) for i in range(6))
    between = np.concatenate([np.full(150, 0.4), *[np.full(100, m) for m in lengths[1:]]])[:600]
    ahead = np.tile([0.0, 0.0, 1.0], (600, 1))
    heel = {"left": columns(z=between), "right": columns(z=0 * between)}
    assert signals_module._without_closing(steps, heel, ahead, RATE) == steps[:kept]
    assert signals_module._without_closing(steps[:2], heel, ahead, RATE) == steps[:2]
    alone = {"left": heel["left"]}
    assert signals_module._without_closing(steps, alone, ahead, RATE) == steps
    first = {"left": columns(z=between[::-1]), "right": columns(z=0 * between)}
    assert len(signals_module._without_closing(steps, first, ahead, RATE)) >= 5

"""The work of measuring grows with the length of a recording and not faster; without timing.

A recording is continued by copies of itself. What is counted is independent of the number of steps,
or grows as the recording does.
"""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

import agir_hf
from agir_hf.gait import measure, step_measures, swings
from agir_hf.gait.kinematics import kinematics_of
from agir_hf.gait.step_measures import centre_of_mass
from agir_hf.gait.walk_check import measure_walk
from agir_hf.motion import filters, landmarks, read_recording


@pytest.fixture(scope="module")
def sample():
    return read_recording(agir_hf.SAMPLE_RECORDING)


def repeated(walk, copies):
    """The walk, continued by copies that are moved on by its length."""
    middle = np.nanmean(walk.positions, axis=1)
    travel = (middle[-1] - middle[0]) * [1, 0, 1]
    positions = np.concatenate([walk.positions + i * travel for i in range(copies)])
    return replace(walk, positions=positions.astype(np.float32), events=())


def counts(monkeypatch, recording):
    """Number of calls of the costly functions in one measurement, and of the values they read."""
    counter = Counter()
    filters._block_matrices.cache_clear()
    for module, name in (
        (filters, "recursive_filter"),
        (landmarks, "clean_paths"),
        (step_measures, "centre_of_mass"),
    ):
        original = getattr(module, name)

        def counted(*args, name=name, original=original):
            counter[name] += 1
            return original(*args)

        monkeypatch.setattr(module, name, counted)
    first_below = swings._first_below

    def searched(path, level):
        index = first_below(path, level)
        counter["searched"] += len(path) if index is None else index + 1
        return index

    monkeypatch.setattr(swings, "_first_below", searched)
    measured, _ = measure_walk(recording)
    kinematics_of(measured, recording)
    monkeypatch.undo()
    counter["designs"] = filters._block_matrices.cache_info().misses
    return counter, len(measured.signals.steps)


def test_filters_and_the_centre_of_mass_are_computed_once_whatever_the_number_of_steps(
    monkeypatch, sample
):
    short, short_steps = counts(monkeypatch, sample)
    long, long_steps = counts(monkeypatch, repeated(sample, 6))
    assert long_steps > 5 * short_steps
    assert short["designs"] == long["designs"] == 2  # 10 Hz for paths, 0.5 Hz for the heading
    assert short["centre_of_mass"] == long["centre_of_mass"] == 1
    for name in ("recursive_filter", "clean_paths"):
        assert short[name] == long[name] > 0
    # the search for an event ends at the event, not at the end of the recording
    assert long["searched"] < 8 * short["searched"]


def test_measures_of_a_step_are_computed_once(monkeypatch, sample):
    calls = Counter()
    original = step_measures._stationary_heel

    def counted(signals, side, heel_strike_s, step):
        calls[side, heel_strike_s, step] += 1
        return original(signals, side, heel_strike_s, step)

    monkeypatch.setattr(step_measures, "_stationary_heel", counted)
    measured, _ = measure_walk(sample)
    assert len(calls) == 2 * len(measured.signals.steps) and set(calls.values()) == {1}


def test_kept_values_equal_those_of_a_plain_computation_for_each_step(sample):
    signals = measure(sample).signals
    for step in signals.steps:
        fresh, exact = replace(signals), {"rel": 1e-11}
        assert not fresh.cache
        length, margins = plain_step_length(signals, step), plain_margins(signals, step)
        assert step_measures.step_length(fresh, step) == pytest.approx(length, **exact)
        assert step_measures.margins(fresh, step) == pytest.approx(margins, **exact)


def plain_step_length(signals, step):
    """Distance of both heels where they move least after heel strike, frame by frame."""
    points = {}
    other = "right" if step.side == "left" else "left"
    for side, strike_s in ((step.side, step.end_s), (other, step.start_s)):
        speed = np.linalg.norm(np.gradient(signals.heel[side], axis=0), axis=1)
        until_s = strike_s + 0.4 * (step.end_s - step.start_s)
        frames = range(round(strike_s * signals.rate_hz), round(until_s * signals.rate_hz) + 1)
        frames = [frame for frame in frames if frame < len(speed)]
        points[side] = signals.heel[side][min(frames, key=speed.__getitem__)]
    return (points[step.side] - points[other]) @ at(signals, signals.ahead, step.end_s)


def plain_margins(signals, step):
    """Margins of stability with the centre of mass computed for this step alone."""
    centre = centre_of_mass(signals.joints)
    velocity = np.gradient(centre, 1 / signals.rate_hz, axis=0)
    floor = min(np.percentile(heel[:, 1], 2) for heel in signals.heel.values())
    position = at(signals, centre, step.end_s)
    beyond = at(signals, velocity, step.end_s) / np.sqrt(9.81 / (position[1] - floor))
    margin = at(signals, signals.toe[step.side], step.end_s) - position - beyond
    lateral = at(signals, signals.left, step.end_s) * (1 if step.side == "left" else -1)
    return margin @ at(signals, signals.ahead, step.end_s), margin @ lateral


def at(signals, path, time_s):
    frames = np.arange(len(path))
    return np.array([np.interp(time_s * signals.rate_hz, frames, column) for column in path.T])

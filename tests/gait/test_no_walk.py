"""Recordings of people who do not walk, or whose labels are wrong, made from the sample walk."""

from dataclasses import replace

import numpy as np
import pytest

from agir_hf.gait import PARAMETERS, detect_events, measure
from agir_hf.gait.parameters import Measured, _impossible
from agir_hf.gait.treadmill import belt_speed

BY_NAME = {parameter.name: parameter for parameter in PARAMETERS}
SECONDS = 10


def standing(walk, rate_hz=100.0):
    """Ten seconds in the pose of mid-stance of the sample walk, with the noise of markers."""
    frames = int(SECONDS * rate_hz)
    noise = np.random.default_rng(0).normal(0, 5e-4, (frames, len(walk.labels), 3))
    return walk.positions[300] + noise, np.arange(frames) / rate_hz


def markers(walk, side, *names):
    return [walk.labels.index(f"{side}{name}") for name in names]


def feet(walk, side):
    return markers(walk, side, ".Heel", ".MT2", ".MT5")


def ahead_of(walk):
    """Direction (3,) of the sample walk on the floor."""
    pelvis = walk.positions[:, walk.labels.index("L.ASIS")]
    path = (pelvis[-1] - pelvis[0]) * [1, 0, 1]
    return path / np.linalg.norm(path)


def standing_still(walk):
    return standing(walk)[0]


def waves(walk):
    """An arm waves and the trunk sways by 5 cm over feet that stay."""
    positions, seconds = standing(walk)
    swing = 0.3 * np.sin(2 * np.pi * 2.5 * seconds)
    hand = [i for i, label in enumerate(walk.labels) if label.startswith(("LWR", "LEL", "LFIN"))]
    positions[:, hand] += swing[:, None, None] * ahead_of(walk)
    high = walk.positions[300, :, 1] > 0.5
    sway = 0.05 * np.sin(2 * np.pi * 0.4 * seconds)
    positions[:, high] += sway[:, None, None] * ahead_of(walk)
    return positions


def trembles_with_the_legs(walk):
    """Both feet move back and forth at 2 Hz and up to 3 m/s, as in a badly animated skeleton."""
    positions, seconds = standing(walk)
    swing = 0.25 * np.sin(2 * np.pi * 2 * seconds)
    for side, phase in (("L", swing), ("R", -swing)):
        positions[:, feet(walk, side)] += phase[:, None, None] * ahead_of(walk)
    return positions


def steps_in_place(walk, back_m=0.2):
    """The feet are lifted in turn, go back as the knee bends, and come down where they were."""
    positions, seconds = standing(walk)
    for side, phase in (("L", 0.0), ("R", 0.5)):
        lift = np.maximum(np.sin(2 * np.pi * (seconds - phase)), 0)
        moved = lift[:, None] * [0, 0.15, 0] - back_m * (lift**2)[:, None] * ahead_of(walk)
        positions[:, feet(walk, side)] += moved[:, None]
    return positions


def sits_and_swings_the_legs(walk):
    positions, seconds = standing(walk)
    positions[:, walk.positions[300, :, 1] > 0.5] -= [0, 0.4, 0]
    for side, phase in (("L", 0.0), ("R", np.pi)):
        swing = 0.2 * np.sin(2 * np.pi * 0.9 * seconds + phase)
        positions[:, feet(walk, side)] += swing[:, None, None] * ahead_of(walk)
    return positions


def is_pushed_on_a_cart(walk):
    """The whole body moves forwards and backwards; both feet always move together."""
    positions, seconds = standing(walk)
    return positions + (0.8 * np.sin(2 * np.pi * 0.4 * seconds))[:, None, None] * ahead_of(walk)


def is_noise(walk):
    positions = standing(walk)[0]
    return positions + np.random.default_rng(1).normal(0, 0.02, positions.shape)


CASES = (
    standing_still, waves, trembles_with_the_legs, steps_in_place, sits_and_swings_the_legs,
    is_pushed_on_a_cart, is_noise,
)  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_person_who_does_not_walk_has_neither_steps_nor_a_treadmill(case, walk):
    recording = replace(walk, positions=case(walk).astype(np.float32), rate_hz=100.0, events=())
    result = measure(recording)
    phases = result.signals.phases
    assert phases.belt_speed_m_per_s is None
    assert not [event for event in phases.events if event.kind == "heel_strike"]
    assert result.parameters == {}
    assert "neither foot lands ahead of its last position" in result.absent["cadence_steps_per_min"]
    assert "no step" in result.absent["freezing_index"]


def test_feet_on_a_belt_are_distinguished_from_feet_that_go_back_and_forth():
    seconds = np.arange(800) / 100
    still = np.zeros(800)
    steady = {  # 60 % of the time back at 0.8 m/s, then forward
        "left": np.where(seconds % 1 < 0.6, -0.8, 1.2),
        "right": np.where((seconds + 0.5) % 1 < 0.6, -0.8, 1.2),
    }
    assert belt_speed(steady, still, 100) == pytest.approx(0.8)
    assert belt_speed(steady, still + 0.8, 100) is None  # the pelvis leaves
    sine = {side: 2 * np.sin(2 * np.pi * seconds) for side in steady}
    assert belt_speed(sine, still, 100) is None
    once = {side: np.where(seconds < 4, -0.8, 0.8) for side in steady}  # one slow slide back
    assert belt_speed(once, still, 100) is None
    assert belt_speed({"left": steady["left"], "right": still}, still, 100) is None


def test_swapped_sides_are_named_as_a_possible_reason(walk):
    swap = {"L": "R", "R": "L"}
    labels = tuple(
        label if label in ("CLAV", "STRN", "C7", "T10") else swap[label[0]] + label[1:]
        for label in walk.labels
    )
    result = measure(replace(walk, labels=labels))
    assert "left and right labels are swapped" in result.absent["speed_m_per_s"]


def test_heels_that_swap_within_the_recording_are_reported(walk):
    positions = walk.positions.copy()
    left, right = (walk.labels.index(f"{side}.Heel") for side in "LR")
    positions[400:, [left, right]] = positions[400:, [right, left]]
    result = measure(replace(walk, positions=positions))
    assert "expected a constant distance" in result.absent["cadence_steps_per_min"]
    assert "check their labels" in result.absent["step_length_left_m"]
    assert not result.signals.phases.events


def test_every_parameter_has_limits_and_their_reason():
    for parameter in PARAMETERS:
        assert -np.inf < parameter.lowest < parameter.highest < np.inf, parameter.name
        assert parameter.limits, parameter.name
        assert set(parameter.based_on) <= BY_NAME.keys() - {parameter.name}
        middle = (parameter.lowest + parameter.highest) / 2
        for value in (parameter.lowest, middle, parameter.highest):
            assert parameter.reject(value) == ""
        for value in (parameter.lowest - 0.01, parameter.highest * 1.01 + 0.01, np.inf):
            assert "is outside" in parameter.reject(value)


def test_limits_of_related_parameters_agree():
    cadence, step, stride = (
        BY_NAME[name] for name in ("cadence_steps_per_min", "step_time_s", "stride_time_s")
    )
    assert (60 / cadence.highest, 60 / cadence.lowest) == (step.lowest, step.highest)
    assert (2 * step.lowest, 2 * step.highest) == (stride.lowest, stride.highest)


def test_the_reason_has_the_value_the_limits_and_the_unit():
    reason = BY_NAME["cadence_steps_per_min"].reject(4.82e4)
    assert reason.startswith("cadence of 4.82e4 steps/min is outside 20 to 250 steps/min")
    assert BY_NAME["trunk_flexion_deg"].reject(-82.8).startswith("trunk flexion of -82.8° is")


def test_what_is_based_on_an_impossible_value_is_absent_too():
    values = {
        parameter.name: (parameter.lowest + parameter.highest) / 2 for parameter in PARAMETERS
    }
    every = {name: Measured(value, "", None, 5) for name, value in values.items()}
    assert _impossible(every) == {}

    def absent_with(name, value):
        return _impossible(every | {name: Measured(value, "", None, 5)})

    cadence = absent_with("cadence_steps_per_min", 847)
    assert every.keys() - cadence.keys() == {"freezing_index", "turn_steps", "turn_time_s"}
    assert "cadence of 847 steps/min is outside" in cadence["step_length_cv_percent"]
    assert absent_with("stride_length_m", 9).keys() == {
        "stride_length_m", "speed_m_per_s", "speed_cv_percent",
    }  # fmt: skip
    assert absent_with("arm_swing_left_deg", 200).keys() == {
        "arm_swing_left_deg", "arm_swing_asymmetry_percent",
    }  # fmt: skip
    assert absent_with("pelvic_sway_m", 2).keys() == {"pelvic_sway_m"}


def test_a_recording_that_ends_in_the_first_swing_says_so(walk):
    first = detect_events(walk).events[0]
    assert first.kind == "toe_off"
    end = round((first.time_s + 0.25) * walk.rate_hz)
    phases = detect_events(replace(walk, positions=walk.positions[:end], events=()))
    assert "the recording ends before a foot lands" in phases.no_steps or not phases.events


@pytest.mark.parametrize(
    "name",
    [
        "33_stands_still",  # codespell:ignore stands
        "34_waves_on_the_spot",
    ],
)
def test_animated_skeletons_on_the_spot_do_not_walk(name, shared):
    from agir_hf.motion import read_recording

    result = measure(read_recording(shared / f"data/recording_cases/{name}.bvh"))
    assert result.parameters == {} and result.signals.phases.belt_speed_m_per_s is None


def test_real_walks_without_their_mean_velocity_are_on_a_treadmill(shared):
    """Every walk is recognized, at its own speed, and none is recognized as it is overground."""
    from agir_hf.gait.foot_paths import facing_direction, foot_paths, forward_speed
    from agir_hf.motion import read_recording

    for path in sorted((shared / "data/shida_pd").glob("*.c3d")):
        paths = foot_paths(read_recording(path))
        facing, rate = facing_direction(paths.across, paths.rate_hz), paths.rate_hz
        heels = {side: forward_speed(heel, facing, rate) for side, heel in paths.heel.items()}
        pelvis = forward_speed(paths.pelvis, facing, rate)
        mean = pelvis.mean()
        assert belt_speed(heels, pelvis, rate) is None
        belt = belt_speed({s: heel - mean for s, heel in heels.items()}, pelvis - mean, rate)
        assert belt == pytest.approx(mean, rel=0.2)

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from agir_hf.gait import PARAMETERS, measure
from agir_hf.gait.oscillations import harmonic_ratio_ml
from agir_hf.gait.parameters import _FORMULAS, SOURCES
from agir_hf.gait.signals import Turn
from agir_hf.motion import read_recording, to_joints

NAMES = [parameter.name for parameter in PARAMETERS]


@pytest.fixture(scope="module")
def cohort():
    """Measured and true parameters of thirty simulated walkers."""
    from agir_hf.simulation.cohort import simulate_subject

    pairs = []
    for number in range(1, 31):
        trial = next(simulate_subject(number, (number % 3, None), seed=5, walks=1))
        pairs.append((measure(trial.recording).parameters, trial.parameters))
    return pairs


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "limit", "relative"),
    [
        ("cadence_steps_per_min", 0.01, True),
        ("speed_m_per_s", 0.01, True),
        ("step_length_m", 0.010, False),
        ("stance_percent", 2.0, False),
        # the next two include walks in which a heel marker is placed 2 to 3 cm from its site
        ("double_support_percent", 3.0, False),
        ("step_width_m", 0.012, False),
        ("arm_swing_left_deg", 3.0, False),
        ("arm_swing_right_deg", 3.0, False),
        ("trunk_flexion_deg", 1.0, False),
        ("foot_strike_angle_deg", 3.0, False),
        ("toe_clearance_m", 0.010, False),
        ("margin_of_stability_ap_m", 0.010, False),
        ("margin_of_stability_ml_m", 0.010, False),
    ],
)
def test_parameters_of_simulated_walks_agree_with_the_ground_truth(cohort, name, limit, relative):
    values, truth = np.array([(measured[name].value, truth[name]) for measured, truth in cohort]).T
    error = np.abs(values - truth)
    assert (error / truth if relative else error).mean() < limit


def test_real_walks_have_the_values_of_their_annotated_events(shared):
    """Cadence, stride time, right and left step length, from the annotated events."""
    expected = {
        "SUB01_off_walk_12b": (125.6, 0.959, None, None),
        "SUB05_off_walk_8": (92.2, 1.290, 0.203, 0.224),
    }
    for name, (cadence, stride, right, left) in expected.items():
        measured = measure(read_recording(shared / f"data/shida_pd/{name}.c3d")).parameters
        assert measured["cadence_steps_per_min"].value == pytest.approx(cadence, rel=0.03)
        assert measured["stride_time_s"].value == pytest.approx(stride, rel=0.03)
        if right:
            assert measured["step_length_right_m"].value == pytest.approx(right, rel=0.05)
            assert measured["step_length_left_m"].value == pytest.approx(left, rel=0.03)


def test_the_distance_between_the_heels_at_strikes_is_another_definition_of_step_length(shared):
    """The expected lengths are between the heels at every annotated strike, closing steps included.

    `step_length_m` is between the stationary heels, as on a walkway: a back heel that has risen has
    moved forward, and the steps that end a walk are left out.
    """
    expected = {"SUB01_off_walk_12b": (0.186, 0.228), "SUB05_off_walk_8": (0.203, 0.224)}
    for name, (right, left) in expected.items():
        recording = read_recording(shared / f"data/shida_pd/{name}.c3d")
        signals = measure(recording).signals
        distances = {"left": [], "right": []}
        for event in recording.events:
            if event.kind == "heel_strike":
                other = "right" if event.side == "left" else "left"
                between = signals.heel[event.side] - signals.heel[other]
                ahead = signals.at(signals.ahead, event.time_s)
                distances[event.side].append(signals.at(between, event.time_s) @ ahead)
        assert np.mean(distances["right"]) == pytest.approx(right, rel=0.03)
        assert np.mean(distances["left"]) == pytest.approx(left, rel=0.03)


def test_the_last_two_steps_before_standing_are_left_out(walk):
    """The braking step and the step that brings the feet together."""
    from agir_hf.gait.signals import Step, _without_closing

    steps = tuple(Step("left" if i % 2 else "right", 1.0 * i, 1.0 * (i + 1)) for i in range(6))
    ahead = np.tile([0.0, 0.0, 1.0], (800, 1))
    distance = np.interp(np.arange(800), [0, 520, 580, 800], [0.6, 0.6, 0.02, 0.02])
    heel = {"left": distance[:, None] * ahead, "right": 0 * ahead}
    assert _without_closing(steps, heel, ahead, 100.0) == steps[:4]
    assert _without_closing(steps[:4], heel, ahead, 100.0) == steps[:4]


def test_every_parameter_is_measured_or_absent_with_a_reason(walk):
    result = measure(walk)
    assert set(result.parameters) | set(result.absent) == set(NAMES)
    assert not set(result.parameters) & set(result.absent)
    assert result.absent == dict.fromkeys(
        ("turn_steps", "turn_time_s"), "no turn in this recording"
    )
    for name, row in result.parameters.items():
        assert np.isfinite(row.value) and row.n > 0 and (row.sd is None or row.sd >= 0), name


def test_names_end_with_their_units_and_definitions_have_sources():
    assert len(NAMES) == len(set(NAMES))
    endings = {"_m": "m", "_s": "s", "_deg": "°", "_percent": "%"}
    for parameter in PARAMETERS:
        assert parameter.source in SOURCES and parameter.formula
        assert parameter.impaired in ("low", "high", "either", "")
        for ending, unit in endings.items():
            if parameter.name.endswith(ending) and not parameter.name.endswith("_per_s"):
                assert parameter.unit == unit, parameter.name


def test_stance_and_swing_add_up_to_the_stride(walk):
    measured = measure(walk).parameters
    stance, swing = measured["stance_percent"].value, measured["swing_percent"].value
    assert stance + swing == pytest.approx(100)
    assert measured["double_support_percent"].value == pytest.approx(2 * stance - 100, abs=1.5)


def test_joints_of_a_walk_give_nearly_the_same_parameters_as_its_markers(walk):
    markers, joints = measure(walk).parameters, measure(to_joints(walk)).parameters
    for name in ("cadence_steps_per_min", "speed_m_per_s", "step_length_m", "arm_swing_left_deg"):
        assert joints[name].value == pytest.approx(markers[name].value, rel=0.03), name


def test_a_mirrored_walk_swaps_the_sides(walk):
    midline = ("CLAV", "STRN", "C7", "T10")
    labels = tuple(
        label if label in midline else ("R" if label[0] == "L" else "L") + label[1:]
        for label in walk.labels
    )
    mirrored = replace(walk, positions=walk.positions * [-1, 1, 1], labels=labels)
    original, other = measure(walk).parameters, measure(mirrored).parameters
    for quantity in ("arm_swing_{}_deg", "step_length_{}_m"):
        left, right = quantity.format("left"), quantity.format("right")
        assert other[left].value == pytest.approx(original[right].value, rel=1e-3)
    speed = original["speed_m_per_s"].value
    assert other["speed_m_per_s"].value == pytest.approx(speed, rel=1e-4)


def test_too_few_strides_have_no_coefficient_of_variation(walk):
    short = measure(replace(walk, positions=walk.positions[:330]))
    assert (
        "expected at least 4 for a coefficient of variation"
        in short.absent["stride_time_cv_percent"]
    )
    assert "shorter than 4 s" in short.absent["freezing_index"]
    assert "cadence_steps_per_min" in short.parameters


def test_parameters_of_a_standing_subject_are_absent_with_reasons(walk):
    noise = np.random.default_rng(0).normal(0, 3e-4, walk.positions.shape)
    result = measure(replace(walk, positions=(walk.positions[:1] + noise).astype(np.float32)))
    assert "no step of straight walking" in result.absent["cadence_steps_per_min"]
    assert "speed_m_per_s" not in result.parameters


@pytest.mark.parametrize("ahead", [True, False])
def test_the_lateral_harmonic_ratio_is_nan_without_sway_and_known_for_sine_waves(ahead):
    """The acceleration is proportional to the square of the frequency."""
    time, across = np.linspace(0, 3, 181), np.tile([0.0, 0.0, 1.0], (181, 1))
    sway = np.zeros_like(time) if ahead else 0.02 * np.sin(2 * np.pi * time)
    sway = sway if ahead else sway + 0.002 * np.sin(4 * np.pi * time)
    walk = SimpleNamespace(
        pelvis=np.stack([1.2 * time, np.ones_like(time), sway], axis=1),
        left=across,
        cache={},
        span=lambda start_s, end_s: slice(int(60 * start_s), int(60 * end_s)),
    )
    ratio = harmonic_ratio_ml(walk, SimpleNamespace(start_s=1, end_s=2))
    assert np.isnan(ratio) if ahead else ratio == pytest.approx(0.02 / (0.002 * 4), rel=0.02)


def test_parameters_of_a_hidden_foot_or_arm_are_absent(walk):
    def measured_without(label):
        positions = walk.positions.copy()
        positions[:, walk.labels.index(label)] = np.nan
        return measure(replace(walk, positions=positions))

    foot = measured_without("L.Heel")
    assert "left heel is not seen" in foot.absent["step_length_m"]
    arm = measured_without("LSHO")
    assert "joint centres need LSHO" in arm.absent["arm_swing_left_deg"]
    assert "step_length_m" in arm.parameters


def turned(walk, degrees, seconds=1.5):
    """The walk with a turn of the whole body by an angle, in the middle of the recording."""
    time_s = np.arange(len(walk.positions)) / walk.rate_hz
    share = np.clip((time_s - (time_s[-1] - seconds) / 2) / seconds, 0, 1)
    rotation = Rotation.from_euler("Y", (np.radians(degrees) * share)[:, None])
    middle = walk.positions.mean(axis=1) * [1, 0, 1]
    about = walk.positions - middle[:, None]
    about = np.stack([rotation.apply(about[:, m]) for m in range(about.shape[1])], axis=1)
    path = np.cumsum(rotation.apply(np.diff(middle, axis=0, prepend=middle[:1])), axis=0)
    return replace(walk, positions=(about + path[:, None]).astype(np.float32), events=())


def test_turns_are_measured_per_half_turn(walk):
    result = measure(turned(walk, 180))
    (turn,) = result.signals.turns
    assert turn.angle_deg == pytest.approx(180, abs=15)
    steps, time = (result.parameters[name] for name in ("turn_steps", "turn_time_s"))
    assert steps.value == pytest.approx(turn.heel_strikes * 180 / turn.angle_deg)
    assert time.value == pytest.approx((turn.end_s - turn.start_s) * 180 / turn.angle_deg)
    assert steps.n == time.n == 1


def test_a_turn_at_the_same_rate_has_the_same_time_per_half_turn(walk):
    half = measure(turned(walk, 180, seconds=2.4)).parameters["turn_time_s"].value
    less = measure(turned(walk, 150, seconds=2.0)).parameters["turn_time_s"].value
    assert less == pytest.approx(half, rel=0.15)


def test_several_turns_are_averaged_and_not_added():
    signals = SimpleNamespace(
        turns=(Turn(0, 2, 180, 4), Turn(5, 6.5, 135, 3), Turn(8, 9, 90, 9)),
        phases=SimpleNamespace(absent={}),
    )
    steps, time = (_FORMULAS[name](signals) for name in ("turn_steps", "turn_time_s"))
    assert (steps[0], steps[2]) == (pytest.approx((4 + 4) / 2), 2)  # the turn by 90° is left out
    assert (time[0], time[2]) == (pytest.approx((2 + 2) / 2), 2)


def test_a_small_turn_has_no_parameters_and_the_reason_has_its_angle(walk):
    result = measure(turned(walk, 70))
    assert re.fullmatch(
        r"the largest turn in this recording is of \d+°, expected at least 120°",
        result.absent["turn_steps"],
    )
    assert result.absent["turn_time_s"] == result.absent["turn_steps"]


def test_reasons_say_what_is_missing_and_what_to_do(walk):
    def absent(count):
        return measure(replace(walk, positions=walk.positions[:count], events=())).absent

    strikes = [e.time_s for e in measure(walk).signals.phases.events if e.kind == "heel_strike"]
    frames = [int((time_s + 0.1) * walk.rate_hz) for time_s in strikes]
    assert "one heel strike outside turns, expected two" in absent(frames[0])["step_time_s"]
    assert "1 recorded step(s), expected two" in absent(frames[1])["stride_time_s"]
    for reason in (absent(frames[0])["step_time_s"], absent(frames[1])["stride_time_s"]):
        assert reason.endswith("record a longer walk")


def test_measures_of_the_whole_walk_are_computed_once(walk, monkeypatch):
    from agir_hf.gait import step_measures

    calls = []
    original = step_measures.centre_of_mass
    monkeypatch.setattr(
        step_measures, "centre_of_mass", lambda joints: calls.append(1) or original(joints)
    )
    assert len(measure(walk).signals.steps) > 5 and calls == [1]

"""Parameters of a constructed walk, whose steps, angles and times are chosen and differ by side."""

from dataclasses import replace

import numpy as np
import pytest

from agir_hf.gait import oscillations, parameters, step_measures
from agir_hf.gait.events import GaitPhases
from agir_hf.gait.signals import SIDES, Signals, Step, Stride
from agir_hf.humanml3d import JOINT_NAMES
from agir_hf.motion.recording import GaitEvent

RATE = 100.0
# Steps: side, seconds, metres. Left steps are longer and quicker.
STEPS = [
    ("left", 0.5, 0.60),
    ("right", 0.7, 0.40),
    ("left", 0.6, 0.70),
    ("right", 0.8, 0.50),
    ("left", 0.7, 0.50),
    ("right", 0.6, 0.60),
]
START_S = 0.5
WIDTH = 0.12


def columns(**axes):
    """Path (T, 3) from its x (to the left), y and z (ahead)."""
    values = [np.asarray(axes.get(axis, 0.0), dtype=float) for axis in "xyz"]
    return np.stack(np.broadcast_arrays(*values), axis=-1)


def constructed(belt=0.0):
    """Walk along Z with feet that move at constant speed between strikes, and swinging arms.

    Feet are on the floor from strike to 0.1 s after the strike of the other foot.
    """
    times_s = START_S + np.r_[0.0, np.cumsum([seconds for _, seconds, _ in STEPS])]
    ends_m = np.r_[0.0, np.cumsum([metres for *_, metres in STEPS])]
    time = np.arange(round((times_s[-1] + 0.6) * RATE) + 1) / RATE
    steps = [
        Step(side, start, end)
        for (side, *_), start, end in zip(STEPS, times_s[:-1], times_s[1:], strict=True)
    ]
    strikes = [("right", times_s[0], 0.0)]
    strikes += [
        (side, end, ends_m[i + 1])
        for i, ((side, *_), end) in enumerate(zip(STEPS, times_s[1:], strict=True))
    ]
    events, heel, toe = [], {}, {}
    for side in SIDES:
        knots_s, knots_m = [0.0], [-0.6 if side == "left" else 0.0]
        rises = np.zeros_like(time)
        for index, (foot, strike_s, metres) in enumerate(strikes):
            if foot != side:
                continue
            events.append(GaitEvent(strike_s, side, "heel_strike"))
            if index:
                off_s = strikes[index - 1][1] + 0.1
                events.append(GaitEvent(off_s, side, "toe_off"))
                knots_s += [off_s, strike_s]
                knots_m += [knots_m[-1], metres]
                share = np.clip((time - off_s) / (strike_s - off_s), 0, 1)
                height = 0.15 if side == "left" else 0.09
                rises = rises + height * np.sin(np.pi * share)
        ahead_m = np.interp(time, knots_s, knots_m) - belt * time
        across = WIDTH / 2 if side == "left" else -WIDTH / 2
        heel[side] = columns(x=across, y=0.05 + rises, z=ahead_m)
        toe[side] = columns(x=across, y=0.04 + 0.2 * rises, z=ahead_m + 0.15)
    events.sort(key=lambda event: event.time_s)
    offs = {
        side: [e.time_s for e in events if (e.side, e.kind) == (side, "toe_off")] for side in SIDES
    }
    strides = tuple(
        Stride(
            second.side,
            first.start_s,
            second.end_s,
            next(t for t in offs[second.side] if first.end_s <= t < second.end_s),
            next((t for t in offs[first.side] if first.start_s <= t < first.end_s), np.nan),
            first.end_s,
        )
        for first, second in zip(steps, steps[1:], strict=False)
    )
    ahead = np.tile([0.0, 0.0, 1.0], (len(time), 1))
    moved = np.interp(time, times_s, ends_m) - belt * time
    joints = {
        name: columns(x=0.1 * ("left" in name) - 0.1 * ("right" in name), y=1 + 0.01 * i, z=moved)
        for i, name in enumerate(JOINT_NAMES)
    }
    # arms: 0.5 m long, with a range of 40 degrees at the left and 10 degrees at the right
    for side, half_deg in (("left", 20), ("right", 5)):
        angle = np.radians(half_deg * np.sin(2 * np.pi * time / 0.5))
        shoulder = columns(x=joints[f"{side}_shoulder"][:, 0], y=1.4, z=moved)
        joints[f"{side}_shoulder"] = shoulder
        joints[f"{side}_wrist"] = shoulder + columns(y=-0.5 * np.cos(angle), z=0.5 * np.sin(angle))
    return Signals(
        rate_hz=RATE,
        joints=joints,
        no_joints="",
        heel=heel,
        toe=toe,
        pelvis=columns(x=0.02 * np.sin(2 * np.pi * time), y=1.0, z=moved),
        ahead=ahead,
        left=np.tile([1.0, 0.0, 0.0], (len(time), 1)),
        phases=GaitPhases(
            events=tuple(events),
            turns=(),
            standing=(),
            belt_speed_m_per_s=belt or None,
            resolution_s=0.005,
            absent={},
        ),
        steps=tuple(steps),
        strides=strides,
        turns=(),
    )


def measured(signals, monkeypatch):
    monkeypatch.setattr(parameters, "prepare", lambda *_: signals)
    return parameters.measure(None).parameters


SECONDS = {side: [s for foot, s, _ in STEPS if foot == side] for side in SIDES}
METRES = {side: [m for foot, _, m in STEPS if foot == side] for side in SIDES}
ALL_S, ALL_M = (np.array([row[i] for row in STEPS]) for i in (1, 2))
STRIDE_S, STRIDE_M = ALL_S[:-1] + ALL_S[1:], ALL_M[:-1] + ALL_M[1:]


def cv(groups):
    """Coefficient of variation in percent about the mean of each group."""
    squares = sum(((np.array(group) - np.mean(group)) ** 2).sum() for group in groups)
    count = sum(map(len, groups))
    return 100 * np.sqrt(squares / (count - len(groups))) / np.mean(np.concatenate(groups))


EXPECTED = {
    "cadence_steps_per_min": (60 / ALL_S.mean(), 60 * ALL_S.std(ddof=1) / ALL_S.mean() ** 2, 6),
    "speed_m_per_s": (STRIDE_M.sum() / STRIDE_S.sum(), (STRIDE_M / STRIDE_S).std(ddof=1), 5),
    "speed_cv_percent": (cv([STRIDE_M / STRIDE_S]), None, 5),
    "stride_length_m": (STRIDE_M.mean(), STRIDE_M.std(ddof=1), 5),
    "stride_time_s": (STRIDE_S.mean(), STRIDE_S.std(ddof=1), 5),
    "stride_time_cv_percent": (cv([STRIDE_S]), None, 5),
    "step_time_s": (0.65, ALL_S.std(ddof=1), 6),
    "step_time_cv_percent": (cv([*SECONDS.values()]), None, 6),
    "step_length_m": (0.55, ALL_M.std(ddof=1), 6),
    "step_length_left_m": (0.6, 0.1, 3),
    "step_length_right_m": (0.5, 0.1, 3),
    "step_length_cv_percent": (cv([*METRES.values()]), None, 6),
    "step_width_m": (0.12, 0.0, 6),
    # left steps take 0.5, 0.6, 0.7 s, right steps 0.7, 0.8, 0.6 s
    "step_time_asymmetry_percent": (100 * 0.1 / 0.65, None, 6),
    "step_length_asymmetry_percent": (100 * 0.1 / 0.55, None, 6),
    "arm_swing_left_deg": (40.0, None, 5),
    "arm_swing_right_deg": (10.0, None, 5),
    "arm_swing_asymmetry_percent": (100 * 30 / 25, None, 5),
    "pelvic_sway_m": (None, None, 5),
}


@pytest.mark.parametrize("belt", [0.0, 0.8])
def test_parameters_of_chosen_steps_by_hand(monkeypatch, belt):
    rows = measured(constructed(belt), monkeypatch)
    for name, (value, sd, n) in EXPECTED.items():
        assert rows[name].n == n, name
        if value is not None:
            assert rows[name].value == pytest.approx(value, rel=0.005, abs=1e-6), name
        if sd is not None:
            assert rows[name].sd == pytest.approx(sd, rel=0.02, abs=1e-6), name
        if name.endswith(("_cv_percent", "_asymmetry_percent")):
            assert rows[name].sd is None, name


def test_phases_of_chosen_events_by_hand(monkeypatch):
    """Both phases of double support take 0.1 s; swing is the second step without 0.1 s."""
    rows = measured(constructed(), monkeypatch)
    swing = 100 * (ALL_S[1:] - 0.1) / STRIDE_S
    assert rows["swing_percent"].value == pytest.approx(np.mean(swing))
    assert rows["stance_percent"].value == pytest.approx(100 - np.mean(swing))
    # the first stride has no toe-off of the other foot before its first step
    double = 100 * 0.2 / STRIDE_S
    assert rows["double_support_percent"].value == pytest.approx(double.mean(), rel=0.3)
    signals = constructed()
    for stride, percent in zip(signals.strides, double, strict=True):
        value = step_measures.double_support(signals, stride)
        assert np.isnan(value) or value == pytest.approx(percent)


def test_heights_and_angles_of_chosen_feet_by_hand():
    """The left heel rises by 0.15 m and the right by 0.09 m, the balls by a fifth of that."""
    signals = constructed()
    for stride in signals.strides[1:]:
        height = 0.15 if stride.side == "left" else 0.09
        assert step_measures.step_height(signals, stride) == pytest.approx(height, abs=1e-3)
        clearance = step_measures.toe_clearance(signals, stride)
        assert 0.05 * height < clearance <= 0.2 * height + 1e-9
        assert step_measures.foot_strike_angle(signals, stride) == pytest.approx(0, abs=0.5)
    rising = dict(signals.toe)
    for side in SIDES:  # the ball is 0.15 m ahead; at each strike it is raised to 15 degrees
        raised = np.zeros(len(signals.pelvis))
        for event in signals.phases.events:
            if (event.side, event.kind) == (side, "heel_strike"):
                raised[signals.frame(event.time_s)] = 0.15 * np.tan(np.radians(15))
        rising[side] = signals.toe[side] + columns(y=raised)
    signals = replace(signals, toe=rising)
    for stride in signals.strides[1:]:
        flat = np.degrees(np.arctan2(-0.01, 0.15))
        strike = np.degrees(np.arctan2(0.15 * np.tan(np.radians(15)) - 0.01, 0.15))
        angle = step_measures.foot_strike_angle(signals, stride)
        assert angle == pytest.approx(strike - flat, abs=0.3)


def test_the_ball_of_the_foot_passes_the_other_at_a_chosen_height():
    """The ball rises evenly from 0 to 0.1 m while it moves from 0.3 m behind to 0.6 m ahead."""
    frames = np.arange(201)
    share = np.clip((frames - 60) / 90, 0, 1)
    signals = replace(
        constructed(),
        toe={
            "left": columns(y=0.1 * share, z=-0.3 + 0.9 * share),
            "right": columns(z=np.zeros(201)),
        },
        heel={"left": columns(z=-0.5 + 0.9 * share), "right": columns(z=np.zeros(201))},
        pelvis=np.zeros((201, 3)),
        ahead=np.tile([0.0, 0.0, 1.0], (201, 1)),
    )
    stride = Stride("left", 0.2, 1.5, 0.6, 0.3, 0.55)
    assert step_measures.toe_clearance(signals, stride) == pytest.approx(0.1 / 3, abs=1e-3)
    only = replace(signals, toe={"left": signals.toe["left"]})
    assert np.isnan(step_measures.toe_clearance(only, stride))
    without = replace(stride, toe_off_s=np.nan)
    assert np.isnan(step_measures.toe_clearance(signals, without))
    assert np.isnan(step_measures.step_height(signals, without))


def still(**joints):
    """Signals of a body at rest, with joints at chosen places, for angles and balance."""
    signals = constructed()
    frames = len(signals.pelvis)
    paths = {name: np.tile(np.asarray(point, float), (frames, 1)) for name, point in joints.items()}
    return replace(signals, joints=paths)


def test_angles_of_chosen_joints_by_hand():
    def at(angle_deg, start, length):
        """Point below a start, forward by an angle from the downward vertical."""
        angle = np.radians(angle_deg)
        return np.array(start) + length * np.array([0, -np.cos(angle), np.sin(angle)])

    hip = {"left_hip": (0.1, 1.0, 0.0), "right_hip": (-0.1, 1.0, 0.0)}
    knee = at(30, hip["left_hip"], 0.4)
    ankle = at(-25, knee, 0.4)
    foot = at(65, ankle, 0.15)
    neck = np.array([0, 1 + 0.5 * np.cos(np.radians(10)), 0.5 * np.sin(np.radians(10))])
    signals = still(**hip, neck=neck, left_knee=knee, left_ankle=ankle, left_foot=foot)
    stride = signals.strides[0]
    assert step_measures.trunk_flexion(signals, stride) == pytest.approx(10)
    # the trunk leans forward by 10 degrees, so that its lower end points 10 degrees backwards
    hip_deg = step_measures.joint_angle(signals, "hip", "left")
    np.testing.assert_allclose(hip_deg, 30 + 10)
    np.testing.assert_allclose(step_measures.joint_angle(signals, "knee", "left"), 55)
    np.testing.assert_allclose(step_measures.joint_angle(signals, "ankle", "left"), 0, atol=1e-9)


def test_the_centre_of_mass_by_hand():
    """Shares of the mass add up to 1: 0.578 of the trunk, and twice 0.211 of arms and legs."""
    zero = {name: np.zeros((1, 3)) for name in step_measures.MASS_JOINTS}
    one_metre = {name: np.ones((1, 3)) for name in zero}
    np.testing.assert_allclose(step_measures.centre_of_mass(one_metre), 1.0)
    shares = {
        "shoulder": 0.578 * 0.66 / 2 + 0.028 * (1 - 0.436),
        "hip": 0.578 * 0.34 / 2 + 0.1 * (1 - 0.433),
        "knee": 0.1 * 0.433 + 0.0465 * (1 - 0.433),
        "ankle": 0.0465 * 0.433 + 0.0145 * 0.5,
        "foot": 0.0145 * 0.5,
        "elbow": 0.028 * 0.436 + 0.022 * (1 - 0.682),
        "wrist": 0.022 * 0.682,
    }
    assert {f"{side}_{joint}" for side in SIDES for joint in shares} == set(zero)
    for name in zero:
        moved = zero | {name: np.array([[1.0, 2.0, -1.0]])}
        share = shares[name.split("_")[1]]
        expected = share * np.array([[1, 2, -1]])
        np.testing.assert_allclose(step_measures.centre_of_mass(moved), expected)


@pytest.mark.parametrize("belt", [0.0, 0.5])
def test_margins_of_stability_by_hand(belt):
    """All joints are 1 m above the floor and move at 1.2 m/s over the floor or belt."""
    signals = constructed(belt)
    time = np.arange(len(signals.pelvis)) / RATE
    centre = columns(x=0.01, y=1.05, z=(1.2 - belt) * time)
    joints = {name: centre for name in step_measures.MASS_JOINTS}
    heel = {"left": columns(y=0.05 + 0 * time), "right": columns(y=0.2 + 0 * time)}
    toe = {"left": columns(x=0.1, z=(1.2 - belt) * time + 0.3)}
    toe["right"] = columns(x=-0.05, z=(1.2 - belt) * time + 0.2)
    signals = replace(signals, joints=joints, heel=heel, toe=toe)
    beyond = 1.2 / np.sqrt(9.81 / 1.0)
    left, right = Step("left", 0.5, 1.2), Step("right", 0.5, 1.2)
    assert step_measures.margins(signals, left) == pytest.approx((0.3 - beyond, 0.09))
    assert step_measures.margins(signals, right) == pytest.approx((0.2 - beyond, 0.06))
    only = replace(signals, toe={"left": toe["left"]})
    assert np.isnan(step_measures.margins(only, right)).all()


def test_the_sway_is_the_range_across_without_its_trend():
    signals = constructed()
    time = np.arange(len(signals.pelvis)) / RATE
    swaying = columns(x=0.5 + 0.3 * time + 0.02 * np.cos(2 * np.pi * time), y=1.0, z=time)
    signals = replace(signals, pelvis=swaying)
    stride = Stride("left", 1.0, 3.0, 2.0, 2.0, 2.0)  # two periods
    assert oscillations.pelvic_sway(signals, stride) == pytest.approx(0.04, rel=0.01)


@pytest.mark.parametrize("offset_deg", [0, 60, 180])
def test_the_phase_between_shoulders_and_hips_by_hand(offset_deg):
    signals = constructed()
    time = np.arange(401) / RATE
    paths = {}
    for line, offset in (("hip", 0.0), ("shoulder", np.radians(offset_deg))):
        angle = 0.1 * np.sin(2 * np.pi * time + offset)
        across = 0.2 * columns(x=np.cos(angle), z=np.sin(angle))
        paths |= {f"left_{line}": across, f"right_{line}": -across}
    frames = {name: getattr(signals, name)[:1].repeat(401, 0) for name in ("ahead", "left")}
    signals = replace(signals, joints=paths, pelvis=np.zeros((401, 3)), **frames)
    stride = Stride("left", 1.0, 3.0, 1.5, 1.5, 1.5)
    phase = step_measures.shoulder_hip_phase(signals, stride)
    assert phase == pytest.approx(offset_deg, abs=2)


def test_harmonic_ratios_by_hand():
    """Two sine waves: the ratio is that of the amplitudes times the squared frequencies."""
    signals = constructed()
    time = np.arange(401) / RATE
    first, second = np.sin(2 * np.pi * time), np.sin(4 * np.pi * time)
    wave = 0.004 * first + 0.01 * second
    frames = {name: getattr(signals, name)[:1].repeat(401, 0) for name in ("ahead", "left")}
    signals = replace(signals, pelvis=columns(x=wave, y=wave, z=wave + time), **frames)
    stride = Stride("left", 1.0, 2.0 - 1 / RATE, 1.5, 1.5, 1.5)
    ratio = 0.01 * 4 / 0.004
    assert oscillations.harmonic_ratio_vertical(signals, stride) == pytest.approx(ratio, rel=0.01)
    ahead = oscillations.harmonic_ratio_ap(signals, stride)
    assert ahead == pytest.approx(ratio, rel=0.01)
    assert oscillations.harmonic_ratio_ml(signals, stride) == pytest.approx(1 / ratio, rel=0.01)
    straight = replace(signals, pelvis=columns(x=0 * time, y=1.0, z=time))
    assert np.isnan(oscillations.harmonic_ratio_vertical(straight, stride))
    assert np.isnan(oscillations.harmonic_ratio_ml(straight, stride))


def test_only_twenty_harmonics_are_used():
    signals = constructed()
    time = np.arange(401) / RATE
    waves = [np.sin(2 * np.pi * k * time) / k**2 for k in (1, 2, 22)]
    frames = {name: getattr(signals, name)[:1].repeat(401, 0) for name in ("ahead", "left")}
    signals = replace(signals, pelvis=columns(y=0.01 * sum(waves), z=time), **frames)
    stride = Stride("left", 1.0, 2.0 - 1 / RATE, 1.5, 1.5, 1.5)
    assert oscillations.harmonic_ratio_vertical(signals, stride) == pytest.approx(1, rel=0.02)


@pytest.mark.parametrize(
    ("slow_hz", "fast_hz", "counted"),
    [(1.0, 5.0, True), (2.5, 7.5, True), (1.0, 10.0, False), (1.0, 3.5, True)],
)
def test_the_freezing_ratio_compares_the_power_of_two_bands(slow_hz, fast_hz, counted):
    """Accelerations of equal amplitude in both bands have the ratio 1."""
    time = np.arange(801) / RATE
    height = sum(np.sin(2 * np.pi * hz * time) / hz**2 for hz in (slow_hz, fast_hz))
    signals = replace(constructed(), heel={"left": columns(y=0.1 * height)})
    ratio = oscillations.freezing_ratio(signals, "left")
    assert ratio == pytest.approx(1.0, rel=0.15) if counted else ratio < 0.05
    for frames, is_measured in ((400, True), (399, False)):
        part = replace(signals, heel={"left": signals.heel["left"][:frames]})
        assert np.isfinite(oscillations.freezing_ratio(part, "left")) == is_measured


def test_the_freezing_index_is_the_mean_of_both_feet(monkeypatch):
    signals = constructed()
    rows = measured(signals, monkeypatch)
    ratios = [oscillations.freezing_ratio(signals, side) for side in SIDES]
    assert rows["freezing_index"].value == pytest.approx(np.mean(ratios))
    assert rows["freezing_index"].n == 2


def test_paths_are_read_between_frames_and_times_are_clipped():
    signals = constructed()
    path = np.arange(len(signals.pelvis), dtype=float) ** 2
    assert signals.at(path, 1.234) == pytest.approx(0.6 * 123**2 + 0.4 * 124**2)
    assert signals.at(path, -3.0) == 0 and signals.at(path, 1e3) == path[-1]
    assert (signals.frame(1.236), signals.frame(-1.0)) == (124, 0)
    assert signals.frame(1e3) == len(path) - 1
    assert signals.span(0.5, 0.75) == slice(50, 76)


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


@pytest.mark.parametrize(
    ("events", "turns", "reason"),
    [
        ([(1.0, "left", TO)], (), "the person is standing"),
        (
            [(1.0, "left", HS), (1.2, "left", TO), (1.5, "right", HS)],
            ((0, 3),),
            "strikes, 2, are in",
        ),
        (
            [(1.0, "left", HS), (1.2, "right", TO), (4.0, "right", HS)],
            ((3, 5),),
            "has one heel str",
        ),
        (
            [(1.0, "left", HS), (1.5, "left", TO), (2.0, "left", HS)],
            (),
            "of 2 heel strikes outside",
        ),
    ],
)
def test_the_reason_for_no_steps_counts_heel_strikes(monkeypatch, events, turns, reason):
    phases = phases_of(*events, turns=turns, no_steps="the person is standing")
    signals = replace(constructed(), phases=phases, steps=(), strides=())
    monkeypatch.setattr(parameters, "prepare", lambda *_: signals)
    absent = parameters.measure(None).absent
    assert reason in absent["step_time_s"] and reason in absent["stride_time_s"]
    has_strikes = any(kind == HS for *_, kind in events)
    assert ("freezing_index" not in absent) == has_strikes
    if not has_strikes:
        assert absent["freezing_index"] == "no step: the person is standing"


def test_steps_of_one_foot_only_are_said(monkeypatch):
    signals = constructed()
    left = tuple(step for step in signals.steps if step.side == "left")
    signals = replace(signals, steps=left)
    monkeypatch.setattr(parameters, "prepare", lambda *_: signals)
    absent = parameters.measure(None).absent
    count = sum(event.kind == HS for event in signals.phases.events)
    assert absent["step_length_right_m"] == (
        f"no step of straight walking of the right foot: the recording has {count} heel strikes "
        "outside turns: record a longer walk"
    )
    assert "step_length_left_m" not in absent


def test_coefficients_of_variation_need_four_values_and_two_of_each_foot(monkeypatch):
    signals = constructed()
    for count, is_measured in ((4, True), (3, False)):
        short = replace(signals, steps=signals.steps[:count])
        monkeypatch.setattr(parameters, "prepare", lambda *_, short=short: short)
        rows = parameters.measure(None).parameters
        assert ("step_time_cv_percent" in rows) == is_measured
    uneven = tuple(s for s in signals.steps if s.side == "left") + signals.steps[1:2]
    monkeypatch.setattr(parameters, "prepare", lambda *_: replace(signals, steps=uneven))
    rows = parameters.measure(None).parameters
    assert "step_time_cv_percent" not in rows and "step_time_asymmetry_percent" in rows


def test_a_value_outside_its_limits_and_what_is_based_on_it_is_absent(monkeypatch):
    signals = constructed()
    separate = {side: signals.heel[side] * [30, 1, 1] for side in SIDES}
    monkeypatch.setattr(parameters, "prepare", lambda *_: replace(signals, heel=separate))
    measurement = parameters.measure(None)
    assert "step_width_m" in measurement.absent and "step_width_m" not in measurement.parameters
    assert "step_length_m" in measurement.parameters
    longer = {side: signals.heel[side] * [1, 1, 9] for side in SIDES}
    monkeypatch.setattr(parameters, "prepare", lambda *_: replace(signals, heel=longer))
    absent = parameters.measure(None).absent
    assert absent["step_length_cv_percent"].startswith("computed from an impossible value: ")
    assert "stride_length_m" not in absent

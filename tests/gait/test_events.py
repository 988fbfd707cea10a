from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from agir_hf.gait import detect_events
from agir_hf.motion import RecordingError, read_recording, to_joints


def test_annotated_events_of_real_shuffling_walks_are_detected(real_walk, compare):
    scores = compare(detect_events(real_walk).events, real_walk.events, 0.05)
    for kind, (f1, median_s) in scores.items():
        assert f1 >= 0.95 and median_s <= 0.020, kind


@pytest.mark.parametrize("number", [36, 39, 55])
def test_the_events_of_slow_shuffling_are_neither_early_nor_late(number, compare):
    """Walkers of score 2 at 0.14, 0.23 and 0.14 m/s, with their true events."""
    from agir_hf.simulation.cohort import simulate_subject

    recording = next(simulate_subject(number, (2, 2), seed=5, walks=1)).recording
    results = compare(detect_events(recording).events, recording.events, 0.05)
    f1, median_s = results["heel_strike"]
    assert f1 >= 0.95 and median_s <= 0.012
    f1, median_s = results["toe_off"]
    assert f1 >= 0.85 and median_s <= 0.030


@pytest.mark.parametrize("kind", ["heel_strike", "toe_off"])
def test_events_are_not_early_or_late_on_either_side(real_walk, kind):
    """The median of the signed differences from the annotations is small for each foot."""
    detected = detect_events(real_walk).events
    for side in ("left", "right"):
        times = [e.time_s for e in detected if (e.side, e.kind) == (side, kind)]
        differences = [
            min((t - e.time_s for t in times), key=abs)
            for e in real_walk.events
            if (e.side, e.kind) == (side, kind)
        ]
        assert abs(np.median(differences)) < 0.03, side


def test_a_heel_that_sinks_slowly_after_contact_keeps_its_strike(walk):
    """Heels of markerless systems sink while the foot rolls down; the walk is the same."""
    heels = [walk.labels.index(label) for label in ("L.Heel", "R.Heel")]
    events = detect_events(walk).events
    sinking = walk.positions.copy()
    for heel, side in zip(heels, ("left", "right"), strict=True):
        for event in (e for e in events if (e.side, e.kind) == (side, "heel_strike")):
            first = round(event.time_s * walk.rate_hz)
            part = sinking[first - 30 : first + 15, heel, 1]
            part += np.r_[np.full(30, 0.02), np.linspace(0.02, 0, 15)][: len(part)]  # 0.2 m/s
    strikes = [
        [e.time_s for e in part if e.kind == "heel_strike"]
        for part in (events, detect_events(replace(walk, positions=sinking)).events)
    ]
    later = np.abs(np.subtract(*strikes))
    assert np.median(later) < 0.005 and later.max() < 0.04


def test_heel_strikes_are_near_the_stop_of_the_heel(real_walk):
    """The contact of the foot moves a strike by a bounded share of the slowing of the heel."""
    from agir_hf.gait import swings
    from agir_hf.gait.foot_paths import facing_direction, foot_paths

    paths = foot_paths(real_walk)
    feet = swings.foot_motions(paths, facing_direction(paths.across, paths.rate_hz), 0.0)
    shares = []
    for foot in feet.values():
        for swing in swings.swings_of(foot, []):
            peak = round(swing.peak_s * foot.rate_hz)
            slow = np.flatnonzero(foot.heel_speed[peak:] < 0.1 * foot.heel_speed[peak])
            if peak and len(slow) and np.isfinite(swing.heel_strike_s):
                shares.append((swing.heel_strike_s * foot.rate_hz - peak) / slow[0] - 1)
    assert len(shares) > 8
    assert min(shares) > -0.4 - 0.05 and max(shares) < 0.4 + 0.05


def test_the_steps_of_a_healthy_walk_on_a_treadmill_are_regular(shared):
    """The heels of this markerless recording sink for 0.1 s after contact."""
    path = shared / "data/c3d_variants/C3DRotationExample.c3d"
    events = detect_events(read_recording(path)).events
    steps = np.diff([e.time_s for e in events if e.kind == "heel_strike"])
    assert len(steps) == 6 and np.std(steps) < 0.010


def test_annotated_events_are_detected_from_a_fitted_body_at_20_fps(real_walk, compare):
    phases = detect_events(to_joints(real_walk, "body"))
    for kind, (f1, _) in compare(phases.events, real_walk.events, 0.075).items():
        assert f1 >= 0.85, kind
    assert phases.resolution_s == pytest.approx(0.025)


def test_annotated_events_of_other_laboratories_are_detected(shared, compare):
    """Also the first and the last events, whose swings are partly outside the recording."""
    scores = []
    for path in sorted((shared / "data/mcgill_biomechzoo").glob("*/*.c3d")):
        recording = read_recording(path)
        if len(recording.events) > 4:
            by_kind = compare(detect_events(recording).events, recording.events, 0.05)
            scores.append([f1 for f1, _ in by_kind.values()])
    assert len(scores) == 9
    assert np.mean(scores, axis=0).min() > 0.98


@pytest.mark.parametrize("seconds", [1.6, 2.0, 2.4, 2.8])
def test_events_of_a_walk_that_is_cut_are_those_of_the_whole_walk(walk, seconds):
    """Cut anywhere in the cycle: events near the cut may be missing, no others appear."""
    frame = round(seconds * walk.rate_hz)
    whole = detect_events(walk).events
    parts = (
        (replace(walk, positions=walk.positions[frame:]), seconds),
        (replace(walk, positions=walk.positions[:frame]), 0.0),
    )
    for part, start_s in parts:
        detected = detect_events(part).events
        inside = [e for e in whole if start_s <= e.time_s < start_s + part.duration_s]
        assert len(inside) - 2 <= len(detected) <= len(inside) + 1
        for event in detected:
            same = [e for e in whole if (e.side, e.kind) == (event.side, event.kind)]
            assert min(abs(e.time_s - start_s - event.time_s) for e in same) < 0.06


def test_a_swing_that_is_cut_by_the_first_or_last_frame_has_its_other_event(walk):
    events = detect_events(walk).events
    strike = next(e for e in events if e.kind == "heel_strike" and e.time_s > 1.5)
    toe_off = next(e for e in events if e.kind == "toe_off" and e.time_s > 4)
    first, last = round((strike.time_s - 0.1) * 150), round((toe_off.time_s + 0.1) * 150)
    cut = detect_events(replace(walk, positions=walk.positions[first:last])).events
    assert (cut[0].side, cut[0].kind) == (strike.side, "heel_strike")
    assert cut[0].time_s == pytest.approx(0.1, abs=0.02)
    assert (cut[-1].side, cut[-1].kind) == (toe_off.side, "toe_off")
    assert (last - first) / 150 - cut[-1].time_s == pytest.approx(0.1, abs=0.02)


def times(phases):
    return {(e.side, e.kind): [] for e in phases.events} | {
        key: [e.time_s for e in phases.events if (e.side, e.kind) == key]
        for key in {(e.side, e.kind) for e in phases.events}
    }


def time_difference(first, second):
    """Largest difference in time between two lists of events that match one to one."""
    first, second = times(first), times(second)
    assert {key: len(values) for key, values in first.items()} == {
        key: len(values) for key, values in second.items()
    }
    return max(np.abs(np.subtract(first[key], second[key])).max() for key in first)


def test_sides_and_kinds_alternate(walk):
    events = [e for e in detect_events(walk).events if e.kind == "heel_strike"]
    assert len(events) >= 8
    assert all(a.side != b.side for a, b in zip(events, events[1:], strict=False))


def test_true_heel_strikes_of_a_simulated_walk_are_detected(walk, compare):
    f1, median_s = compare(detect_events(walk).events, walk.events, 0.05)["heel_strike"]
    assert f1 >= 0.9 and median_s < 0.015


def test_position_and_heading_in_the_room_do_not_matter(walk):
    rotation = Rotation.from_euler("Y", 110, degrees=True)
    turned = rotation.apply(walk.positions.reshape(-1, 3)).reshape(walk.positions.shape)
    moved = replace(walk, positions=(turned + [4, 0.5, -2]).astype(np.float32))
    assert time_difference(detect_events(moved), detect_events(walk)) < 0.003


def on_a_treadmill(walk):
    """The walk without its mean velocity, and the speed of that."""
    frames = np.arange(len(walk.positions))
    pelvis = np.nanmean(walk.positions[:, [walk.labels.index("L.ASIS")]], axis=1)
    travel = np.polynomial.polynomial.polyfit(frames, pelvis, 1)[1] * [1, 0, 1]
    still = walk.positions - frames[:, None, None] * travel
    return replace(walk, positions=still.astype(np.float32)), np.linalg.norm(travel) * walk.rate_hz


def test_a_treadmill_is_detected_and_gives_the_same_events(walk):
    ground = detect_events(walk)
    belt, speed = on_a_treadmill(walk)
    phases = detect_events(belt)
    assert ground.belt_speed_m_per_s is None
    assert phases.belt_speed_m_per_s == pytest.approx(speed, rel=0.1)
    assert time_difference(phases, ground) < 0.02


def test_events_at_20_fps_agree_with_150_hz_and_state_their_resolution(walk):
    slow = detect_events(to_joints(walk))
    fast = detect_events(walk)
    assert slow.resolution_s == pytest.approx(0.025) and fast.resolution_s < 0.004
    for key, values in times(fast).items():
        near = [min(abs(t - other) for other in times(slow)[key]) for t in values[1:-1]]
        assert max(near) < 0.06, key


def test_standing_has_no_events(walk):
    noise = np.random.default_rng(0).normal(0, 3e-4, walk.positions.shape)
    still = replace(walk, positions=(walk.positions[:1] + noise).astype(np.float32))
    phases = detect_events(still)
    assert not phases.events and phases.standing == ((0.0, pytest.approx(5.99, abs=0.02)),)


def test_a_pause_in_the_middle_is_reported_as_standing(walk):
    pause = np.repeat(walk.positions[450:451], 450, axis=0)
    stopped = np.concatenate([walk.positions[:450], pause, walk.positions[450:]])
    phases = detect_events(replace(walk, positions=stopped))
    assert len(phases.standing) == 1
    start, end = phases.standing[0]
    assert 2.5 < start < 3.6 and 5.6 < end < 6.6


def test_a_turn_is_reported_and_its_events_are_not_straight_walking(walk):
    seconds = np.arange(len(walk.positions)) / walk.rate_hz
    angle = np.pi / (1 + np.exp(-6 * (seconds - 3)))  # half a turn about the third second
    rotation = Rotation.from_euler("Y", angle[:, None])
    middle = walk.positions.mean(axis=1) * [1, 0, 1]
    about = walk.positions - middle[:, None]
    turned = np.stack([rotation.apply(about[:, m]) for m in range(about.shape[1])], axis=1)
    step = np.diff(middle, axis=0, prepend=middle[:1])
    path = np.cumsum(rotation.apply(step), axis=0)
    phases = detect_events(replace(walk, positions=(turned + path[:, None]).astype(np.float32)))
    assert len(phases.turns) == 1
    start, end = phases.turns[0]
    assert 1.5 < start < 3 < end < 4.5
    assert phases.straight() and all(not start <= e.time_s <= end for e in phases.straight())
    assert len(phases.straight()) < len(phases.events)


def test_a_slow_turn_is_a_turn_and_a_swaying_pelvis_is_not(walk):
    """Patients turn at less than 45 degrees per second; steps rotate the pelvis both ways."""
    seconds = np.arange(len(walk.positions)) / walk.rate_hz
    for degrees, count in ((120, 1), (25, 0)):
        angle = np.radians(degrees) * np.clip((seconds - 0.8) / 4.4, 0, 1)
        rotation = Rotation.from_euler("Y", angle[:, None])
        turned = [rotation.apply(walk.positions[:, m]) for m in range(len(walk.labels))]
        recording = replace(walk, positions=np.stack(turned, axis=1).astype(np.float32))
        assert len(detect_events(recording).turns) == count


def without(walk, label, frames):
    positions = walk.positions.copy()
    positions[frames, walk.labels.index(label)] = np.nan
    return replace(walk, positions=positions)


def test_a_gap_at_a_heel_strike_is_filled(walk):
    complete = detect_events(walk)
    strike = next(
        e for e in complete.events if (e.side, e.kind) == ("left", "heel_strike") and e.time_s > 2
    )
    at = round(strike.time_s * walk.rate_hz)
    hidden = detect_events(without(walk, "L.Heel", slice(at - 7, at + 8)))
    near = min(
        abs(e.time_s - strike.time_s)
        for e in hidden.events
        if (e.side, e.kind) == ("left", "heel_strike")
    )
    assert near < 0.03


def test_a_foot_that_is_not_seen_is_absent_with_a_reason(walk):
    phases = detect_events(without(walk, "L.Heel", slice(200, 500)))
    assert {event.side for event in phases.events} == {"right"}
    assert "left heel is not seen" in phases.absent["left"]
    nothing = without(without(walk, "L.Heel", slice(None)), "R.Heel", slice(None))
    with pytest.raises(RecordingError, match="no usable heel marker"):
        detect_events(nothing)
    with pytest.raises(RecordingError, match="gap of over 0.25 s in the pelvis markers"):
        detect_events(without(walk, "R.ASIS", slice(100, 300)))

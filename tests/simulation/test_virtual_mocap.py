import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agir_hf.humanml3d import JOINT_NAMES
from agir_hf.motion import read_recording, to_joints
from agir_hf.motion.marker_sets import SHIDA_44
from agir_hf.simulation.c3d_writer import write_by_ezc3d, write_c3d
from agir_hf.simulation.virtual_mocap import capture_walk, gait_events
from agir_hf.simulation.walker_body import MARKER_RADIUS_M

KNEES_ANKLES = [i for i, n in enumerate(JOINT_NAMES) if n.split("_")[-1] in {"knee", "ankle"}]
ELBOWS_WRISTS = [i for i, n in enumerate(JOINT_NAMES) if n.split("_")[-1] in {"elbow", "wrist"}]
LEFT_HIP, RIGHT_HIP = (JOINT_NAMES.index(f"{side}_hip") for side in ("left", "right"))


STATM = Path("/proc/self/statm")


def memory_bytes():
    return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def capture(example, seed=0, gaps=True):
    rng = np.random.default_rng(seed)
    return capture_walk(example.walk, example.markers, rng, source="test", gaps=gaps)


def marker(recording, label):
    return recording.positions[:, recording.labels.index(label)]


def aligned(measured, truth):
    """Rigidly align the truth to what was measured, both (T, N, 3)."""
    middle, middle_measured = truth.mean((0, 1)), measured.mean((0, 1))
    u, _, vt = np.linalg.svd(
        (truth - middle).reshape(-1, 3).T @ (measured - middle_measured).reshape(-1, 3)
    )
    return (truth - middle) @ (u @ vt) + middle_measured


def joint_errors(example):
    """(T, 22, 3) errors of the joints recovered from well placed markers, aligned rigidly, metres.

    Axes: left of the recovered hips, up, and forward.
    """
    markers = example.walk.markers(np.tile([0.0, 0.0, MARKER_RADIUS_M], (44, 1)))
    recording = capture_walk(
        example.walk, markers, np.random.default_rng(0), source="test", gaps=False
    )
    measured = to_joints(recording).joints.astype(np.float64)
    frames = np.round(np.arange(len(measured)) / 20 * example.walk.rate_hz).astype(int)
    truth = example.walk.joints[np.minimum(frames, len(example.walk.joints) - 1)]
    left = (measured[:, LEFT_HIP] - measured[:, RIGHT_HIP]) * [1, 0, 1]
    left /= np.linalg.norm(left, axis=1, keepdims=True)
    up = np.tile([0.0, 1.0, 0.0], (len(left), 1))
    axes = np.stack([left, up, np.cross(left, up)], axis=1)
    return np.einsum("tab,tjb->tja", axes, measured - aligned(measured, truth))


def test_joint_centres_are_recovered_from_the_markers(examples):
    """The regression is for people; a body in SMPL's layout has other hips and shoulders."""
    errors = [joint_errors(example) for example in examples[::3]]
    by_joint = np.mean([np.linalg.norm(error, axis=2).mean(0) for error in errors], axis=0)
    assert by_joint[KNEES_ANKLES].max() < 0.015
    assert by_joint[ELBOWS_WRISTS].max() < 0.020
    assert by_joint.max() < 0.060
    # these differences are constant and symmetric
    within = np.mean([error.std(axis=0) for error in errors], axis=0)
    assert within.max() < 0.010
    mean = np.mean([error.mean(axis=0) for error in errors], axis=0)
    np.testing.assert_allclose(mean[LEFT_HIP] * [-1, 1, 1], mean[RIGHT_HIP], atol=0.005)


def test_a_recording_has_the_layout_of_a_laboratory(examples):
    straight = [e for e in examples[:6] if not e.plan.setup.route.turn_rad]
    directions = set()
    for seed, example in enumerate(straight):
        recording, walk = capture(example, seed), example.walk
        assert recording.rate_hz == 150 and recording.positions.dtype == np.float32
        assert recording.labels == SHIDA_44.labels and len(recording.labels) == 44
        assert 0.02 < np.nanmin(marker(recording, "L.Heel")[:, 1]) < 0.09  # Y is up, metres
        c7 = marker(recording, "C7")
        moved = c7[-1] - c7[0]
        assert abs(moved[0]) > 5 * abs(moved[2])  # progression along X
        assert abs(moved[0]) == pytest.approx(np.ptp(walk.joints[:, 0, 2]), rel=0.05)
        directions.add(np.sign(moved[0]))
    assert directions == {-1, 1}


def test_walks_with_a_turn_come_back_along_the_same_axis(turning):
    for example in turning[:2]:
        recording = capture(example, gaps=False)
        c7 = marker(recording, "C7")
        walked = c7[:, 0] - c7[0, 0]
        assert np.ptp(walked) > 3 * np.ptp(c7[:, 2])
        outbound, back = walked[:300].mean(), walked[-1] - walked[-600]
        assert outbound * back < 0 and abs(back) > 2


def test_noise_and_soft_tissue_artefacts_are_present_and_small(examples):
    """Without them the recording has the true markers, moved in the room."""
    noises = []
    for seed, example in enumerate(examples[::9]):
        measured = capture(example, seed, gaps=False).positions.astype(np.float64)
        error = measured - aligned(measured, example.markers)
        spread = dict(zip(SHIDA_44.labels, error.std(axis=0).max(axis=1), strict=True))
        assert np.abs(error).max() < 0.02
        assert 0.001 < spread["L.GTR"] < 0.008 and 0.001 < spread["R.Knee"] < 0.008
        assert 0.0004 < spread["L.MT2"] < 0.002 and 0.0004 < spread["R.Heel"] < 0.002
        noise = np.diff(error, axis=0).std() / np.sqrt(2)  # the soft-tissue artefact is slow
        noises.append(noise)
    assert 0.00009 < min(noises) < max(noises) < 0.00066
    assert max(noises) > 1.1 * min(noises)  # recordings differ


def test_recorded_markers_of_flat_feet_slip_little(examples):
    for example in examples[::4]:
        recording = capture(example, gaps=False)
        for side in ("left", "right"):
            flat = example.walk.feet[side].flat
            edges = np.flatnonzero(np.diff(np.r_[0, flat.astype(int), 0])).reshape(-1, 2)
            for site in ("Heel", "MT2"):
                path = marker(recording, f"{side[0].upper()}.{site}")
                for a, b in edges:
                    assert np.ptp(path[a:b], axis=0).max() <= 0.010


def test_some_recordings_have_short_gaps_that_can_be_filled(examples):
    recordings = [capture(example, seed=i) for i, example in enumerate(examples[:12])]
    missing = [np.isnan(r.positions).any(axis=(0, 2)).sum() for r in recordings]
    assert min(missing) == 0 and 1 <= max(missing) <= 3
    assert max(to_joints(r).longest_gap_s for r in recordings) <= 0.15
    hidden = int(np.argmax(missing))
    assert not np.isnan(capture(examples[hidden], seed=hidden, gaps=False).positions).any()


def test_equal_seeds_give_equal_recordings(examples):
    first, same, other = (capture(examples[0], seed=seed).positions for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)


def test_events_are_the_footfalls(examples, turning, frozen):
    for example in [*examples, *turning, *frozen]:
        events = gait_events(example.walk)
        assert [e.time_s for e in events] == sorted(e.time_s for e in events)
        assert {e.kind for e in events} == {"heel_strike", "toe_off"}
        for event in events:
            frame = int(event.time_s * 150)
            stance = example.walk.feet[event.side].stance
            if 1 < frame < len(stance) - 2:
                before, after = stance[frame - 1], stance[frame + 2]
                assert before != after
                assert after == (event.kind == "heel_strike")


def test_c3d_round_trip(examples, tmp_path):
    recording = capture(examples[20])
    positions = recording.positions.copy()
    positions[50:60, 3] = np.nan
    recording = replace(recording, positions=positions)
    write_c3d(recording, tmp_path / "SUB01_off_walk_1.c3d")
    back = read_recording(tmp_path / "SUB01_off_walk_1.c3d")
    assert back.labels == recording.labels
    assert back.rate_hz == recording.rate_hz
    np.testing.assert_allclose(back.positions, recording.positions, atol=1e-6)
    assert [(e.side, e.kind) for e in back.events] == [(e.side, e.kind) for e in recording.events]
    for ours, read in zip(recording.events, back.events, strict=True):
        assert read.time_s == pytest.approx(ours.time_s, abs=1e-4)


@pytest.mark.parametrize("frames", [1, 7, 8, 90])  # with and without a filled last block
def test_a_c3d_file_is_byte_for_byte_that_of_ezc3d(examples, tmp_path, frames):
    recording = capture(examples[20])
    positions = recording.positions[:frames].copy()
    positions[frames // 2, 3] = np.nan
    for events in (recording.events, ()):
        part = replace(recording, positions=positions, events=events)
        write_c3d(part, tmp_path / "ours.c3d")
        write_by_ezc3d(part, tmp_path / "ezc3d.c3d")
        ours = (tmp_path / "ours.c3d").read_bytes()
        assert ours == (tmp_path / "ezc3d.c3d").read_bytes() and len(ours) > frames * 44 * 16


@pytest.mark.skipif(not STATM.is_file(), reason="needs the memory use that Linux reports")
def test_writing_many_files_keeps_no_memory(examples, tmp_path):
    """ezc3d alone keeps 2 MB of each of these files."""
    recording = capture(examples[20])
    write_c3d(recording, tmp_path / "walk.c3d")
    before = memory_bytes()
    for _ in range(30):
        write_c3d(recording, tmp_path / "walk.c3d")
    assert memory_bytes() - before < 10e6 < 30 * recording.positions.nbytes


def test_a_recording_whose_frames_a_c3d_file_cannot_count_is_refused(examples, tmp_path):
    recording = capture(examples[3])
    long = replace(recording, positions=np.zeros((32_768, 44, 3), np.float32))
    with pytest.raises(ValueError, match="32768 frames to write, expected at most 32767"):
        write_c3d(long, tmp_path / "walk.c3d")
    assert not list(tmp_path.iterdir())


def test_c3d_has_the_layout_of_the_shida_files(examples, tmp_path):
    import ezc3d

    write_c3d(capture(examples[3]), tmp_path / "walk.c3d")
    parameters = ezc3d.c3d(str(tmp_path / "walk.c3d"))["parameters"]
    assert parameters["POINT"]["UNITS"]["value"] == ["mm"]
    assert parameters["POINT"]["Y_SCREEN"]["value"] == ["+Y"]
    events = parameters["EVENT"]
    assert set(events["CONTEXTS"]["value"]) == {"RHS", "RTO", "LHS", "LTO"}
    assert set(events["LABELS"]["value"]) == {""}
    assert events["TIMES"]["value"].shape == (2, len(events["CONTEXTS"]["value"]))
    assert (events["TIMES"]["value"][0] == 0).all()


def test_a_recording_without_events_is_written(examples, tmp_path):
    recording = replace(capture(examples[3]), events=())
    write_c3d(recording, tmp_path / "static.c3d")
    assert read_recording(tmp_path / "static.c3d").events == ()


def test_another_suffix_is_refused(examples, tmp_path):
    with pytest.raises(ValueError, match="ends in .c3d"):
        write_c3d(capture(examples[0]), tmp_path / "walk.trc")
    assert not list(tmp_path.iterdir())

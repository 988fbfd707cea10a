from dataclasses import replace

import numpy as np
import pytest

from agir_hf.corpus.capture import capture_walk, gait_events, write_c3d
from agir_hf.humanml3d import JOINT_NAMES
from agir_hf.motion import read_recording, to_joints

LEGS = [i for i, n in enumerate(JOINT_NAMES) if n.split("_")[-1] in {"hip", "knee", "ankle"}]
LIMBS = [i for i, n in enumerate(JOINT_NAMES) if n.startswith(("left", "right"))]


def capture(example, seed=0, gaps=True):
    rng = np.random.default_rng(seed)
    return capture_walk(example.walk, example.subject.sites, rng, source="test", gaps=gaps)


def joint_errors(example, recording):
    """Mean distance (22,) in metres of recovered joints from the walker's, best fit in place."""
    found = to_joints(recording).joints.astype(np.float64)
    frames = np.round(np.arange(len(found)) / 20 * example.walk.rate_hz).astype(int)
    truth = example.walk.joints[np.minimum(frames, len(example.walk.joints) - 1)]
    middle, middle_found = truth.mean((0, 1)), found.mean((0, 1))
    u, _, vt = np.linalg.svd(
        (truth - middle).reshape(-1, 3).T @ (found - middle_found).reshape(-1, 3)
    )
    placed = (truth - middle) @ (u @ vt) + middle_found
    return np.linalg.norm(found - placed, axis=2).mean(0)


def test_joint_centres_are_recovered_from_the_markers(examples):
    errors = np.array([joint_errors(e, capture(e, gaps=False)) for e in examples[::3]])
    by_joint = errors.mean(0)
    assert by_joint[LEGS].max() < 0.015
    assert by_joint[LIMBS].max() < 0.025
    assert by_joint.max() < 0.040


def test_a_recording_is_that_of_a_laboratory(examples):
    recording = capture(examples[0])
    walk = examples[0].walk
    assert recording.rate_hz == 150 and recording.positions.dtype == np.float32
    heel = recording.positions[:, recording.labels.index("L.Heel"), 1]
    assert 0.02 < np.nanmin(heel) < 0.09  # Y is up, metres
    c7 = recording.positions[:, recording.labels.index("C7")]
    moved = c7[-1] - c7[0]
    assert abs(moved[0]) > 5 * abs(moved[2])  # along X
    assert abs(moved[0]) == pytest.approx(np.ptp(walk.joints[:, 0, 2]), rel=0.05)


def test_noise_and_wobble_are_there_and_small(examples):
    recording = capture(examples[0], gaps=False)
    column = {label: recording.positions[:, i] for i, label in enumerate(recording.labels)}
    thigh = np.linalg.norm(column["L.GTR"] - column["L.Knee"], axis=1)
    foot = np.linalg.norm(column["L.Heel"] - column["L.MT2"], axis=1)
    assert 0.001 < thigh.std() < 0.012
    assert 0.0003 < foot.std() < 0.003


def test_feet_seen_by_cameras_hardly_slip(examples):
    for example in examples[::4]:
        recording = capture(example, gaps=False)
        for side in ("left", "right"):
            flat = example.walk.feet[side].flat
            edges = np.flatnonzero(np.diff(np.r_[0, flat.astype(int), 0])).reshape(-1, 2)
            for site in ("Heel", "MT2"):
                marker = recording.positions[:, recording.labels.index(f"{side[0].upper()}.{site}")]
                for a, b in edges:
                    assert np.ptp(marker[a:b], axis=0).max() <= 0.010


def test_some_recordings_have_short_gaps_that_can_be_filled(examples):
    recordings = [capture(example, seed=i) for i, example in enumerate(examples[:12])]
    missing = [np.isnan(r.positions).any(axis=(0, 2)).sum() for r in recordings]
    assert min(missing) == 0 and 1 <= max(missing) <= 3
    assert max(to_joints(r).longest_gap_s for r in recordings) <= 0.15


def test_events_are_the_footfalls(examples):
    for example in examples:
        events = gait_events(example.walk)
        assert [e.time_s for e in events] == sorted(e.time_s for e in events)
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


def test_another_suffix_is_refused(examples, tmp_path):
    with pytest.raises(ValueError, match="ends in .c3d"):
        write_c3d(capture(examples[0]), tmp_path / "walk.trc")

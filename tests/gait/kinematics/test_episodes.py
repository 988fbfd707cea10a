"""Episodes: turns, standing and possible freezing."""

from dataclasses import replace

import numpy as np
import pytest

from agir_hf.gait import measure
from agir_hf.gait.kinematics import episodes_of, freezing
from agir_hf.motion import RecordingError, read_recording
from agir_hf.simulation.footsteps import TrialSetup
from agir_hf.simulation.subjects import draw_subject
from agir_hf.simulation.virtual_mocap import capture_walk
from agir_hf.simulation.walk import simulate_walk

RATE_HZ = 100.0


def kinds(recording):
    return [episode.kind for episode in episodes_of(measure(recording))]


def pausing(walk, tremble_m=0.0, noise_m=0.0):
    """The walk with 3 s of standing after 3 s; the heels tremble at 5 Hz, or all markers shake."""
    count = round(3.0 * walk.rate_hz)
    still = np.repeat(walk.positions[450:451], count, axis=0)
    wave = 0.5 - 0.5 * np.cos(2 * np.pi * 5.0 * np.arange(count) / walk.rate_hz)
    for label in ("L.Heel", "R.Heel"):
        still[:, walk.labels.index(label), 1] += tremble_m * wave
    still += noise_m * np.random.default_rng(0).normal(size=still.shape)
    positions = np.concatenate([walk.positions[:450], still, walk.positions[450:]])
    return replace(walk, positions=positions.astype(np.float32), events=())


def test_the_freeze_index_is_large_for_trembling_and_small_for_walking():
    time = np.arange(1000) / RATE_HZ
    tremble = freezing.freeze_index(0.005 * np.sin(2 * np.pi * 5 * time), RATE_HZ)
    steps = freezing.freeze_index(0.05 * np.sin(2 * np.pi * 1 * time), RATE_HZ)
    middle = slice(200, 800)
    assert tremble[middle].min() > 10 and steps[middle].max() < 0.2


def test_trembling_without_progress_is_possible_freezing(walk):
    episodes = episodes_of(measure(pausing(walk, tremble_m=0.015)))
    frozen = [episode for episode in episodes if episode.kind == "possible freezing"]
    assert len(frozen) == 1
    assert 2.5 < frozen[0].start_s < 4.0 and 5.0 < frozen[0].end_s < 6.5
    assert frozen[0].text.startswith("possible freezing for") and "threshold 2" in frozen[0].text


def test_standing_still_and_noise_of_all_markers_are_not_freezing(walk):
    for recording in (pausing(walk), pausing(walk, noise_m=0.002)):
        names = kinds(recording)
        assert "standing" in names and "possible freezing" not in names


def test_walking_is_no_episode(walk):
    assert kinds(walk) == []


def test_trembling_while_walking_on_is_not_freezing(walk):
    positions = walk.positions.copy()
    time = np.arange(len(positions)) / walk.rate_hz
    for label in ("L.Heel", "R.Heel"):
        positions[:, walk.labels.index(label), 1] += 0.01 * np.sin(2 * np.pi * 5 * time)
    assert "possible freezing" not in kinds(replace(walk, positions=positions))


def test_a_recording_shorter_than_the_window_has_no_freezing(walk):
    short = replace(measure(walk).signals, pelvis=np.zeros((100, 3)), heel={})
    assert freezing.freezing_spans(short) == []


def test_turns_have_their_angle_and_order(shared):
    episodes = []
    for name in ("HC033A/HC033A22", "HC002D/HC002D25", "HC038A/HC038A27"):
        recording = read_recording(shared / f"data/mcgill_biomechzoo/{name}.c3d")
        episodes.append(episodes_of(measure(recording)))
    turns = [row for rows in episodes for row in rows if row.kind == "turn"]
    assert turns and all("turn of" in row.text and row.end_s > row.start_s for row in turns)
    for rows in episodes:
        assert [row.start_s for row in rows] == sorted(row.start_s for row in rows)


@pytest.mark.slow
@pytest.mark.parametrize(("freeze_s", "fewest", "most"), [(2.0, 7, 8), (0.0, 0, 0)])
def test_simulated_freezes_are_seen_and_walks_without_them_have_none(freeze_s, fewest, most):
    """Walks of eight subjects with a score of 2, with the noise of markers on skin."""
    seen, false = 0, 0
    for seed in range(8):
        rng = np.random.default_rng([seed, 17])
        subject = draw_subject("SUB01", (2, 2), rng)
        session = subject.sessions[0]
        setup = TrialSetup(
            duration_s=10.0 + freeze_s, starts_standing=seed % 2 == 0, ends_standing=seed % 3 == 0,
            freeze_at_s=4.0, freeze_s=freeze_s,
        )  # fmt: skip
        walk = simulate_walk(subject.body, session.style, setup, rng)
        recording = capture_walk(walk, walk.markers(session.placement), rng, source="simulated")
        rows = episodes_of(measure(recording))
        rows = [row for row in rows if row.kind == "possible freezing"]
        true = walk.footfalls.freezes
        hits = [any(row.start_s < b and row.end_s > a for a, b in true) for row in rows]
        seen += any(hits)
        false += hits.count(False)
    print(f"{seen} of {8 * bool(freeze_s)} simulated freezes seen, {false} false")
    assert fewest <= seen <= most and false <= 1


@pytest.mark.slow
def test_no_recording_of_a_person_has_possible_freezing(shared):
    """None of these people froze as far as their data sets say; 2 have Parkinson's disease."""
    count, seconds, alarms = 0, 0.0, []
    for pattern in ("shida_pd/*.c3d", "healthy_adults/*", "btk_pig/*.c3d", "hubertshum_bvh/*.bvh",
                    "mcgill_biomechzoo/*/*.c3d"):  # fmt: skip
        for path in sorted((shared / "data").glob(pattern)):
            try:
                measured = measure(read_recording(path))
            except (RecordingError, ValueError, AttributeError):
                continue
            count += 1
            seconds += len(measured.signals.pelvis) / measured.signals.rate_hz
            alarms += [path.name for row in episodes_of(measured) if "freezing" in row.kind]
    print(f"{len(alarms)} alarms in {count} recordings, {seconds:.0f} s")
    assert count > 60 and not alarms

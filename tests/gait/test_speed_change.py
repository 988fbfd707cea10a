"""A walk that slows down or speeds up has a caution with both speeds; a steady walk has none."""

from dataclasses import replace

import numpy as np
import pytest

from agir_hf.gait.speed_change import _slope_in_errors, speed_change
from agir_hf.gait.walk_check import measure_walk
from agir_hf.motion import read_recording


def paced(walk, last):
    """The walk with a pace that changes evenly from 1 to `last` times the recorded pace."""
    frames = np.arange(len(walk.positions))
    seconds = np.cumsum(1 / np.linspace(1, last, len(frames)))
    times = np.interp(np.arange(seconds[0], seconds[-1]), seconds, frames)
    flat = walk.positions.reshape(len(frames), -1)
    moved = np.stack([np.interp(times, frames, path) for path in flat.T], axis=1)
    positions = moved.reshape(-1, *walk.positions.shape[1:]).astype(np.float32)
    return replace(walk, positions=positions, events=())


@pytest.mark.parametrize(("last", "verb"), [(0.4, "slows down"), (2.5, "speeds up")])
def test_an_unsteady_walk_has_a_caution_with_both_speeds(walk, last, verb):
    measured, cautions = measure_walk(paced(walk, last))
    (caution,) = (text for text in cautions if "the walk " in text)
    change = speed_change(measured.signals)
    assert caution.startswith(f"the walk {verb}: {change.first_m_per_s:.2f} m/s in the first half")
    assert (change.first_m_per_s > change.second_m_per_s) == (verb == "slows down")
    speed = measured.parameters["speed_m_per_s"].value
    assert min(change.first_m_per_s, change.second_m_per_s) < speed
    assert speed < max(change.first_m_per_s, change.second_m_per_s)


def test_healthy_walks_of_other_laboratories_have_no_caution(shared):
    paths = [
        *sorted(shared.glob("data/hubertshum_bvh/SubjectD*.bvh")),
        shared / "data/healthy_adults/cmu_12_01_walk.bvh",
        shared / "data/btk_pig/PiG_Motion-FlatFoot-Hole.c3d",
    ]
    assert len(paths) == 8
    for path in paths:
        measured, cautions = measure_walk(read_recording(path))
        assert not any("the walk " in caution for caution in cautions), path.name
        assert abs(speed_change(measured.signals).share) < 0.11


def test_a_change_within_the_variation_of_strides_is_steady():
    times = np.arange(8.0)
    falling, noise = 1 - 0.05 * times, 0.02 * np.array([1, -1, -1, 1, 1, -1, -1, 1])
    assert _slope_in_errors(times, falling + noise) < -3
    assert abs(_slope_in_errors(times, falling + 20 * noise)) < 3

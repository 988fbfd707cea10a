import numpy as np
import pytest

from agir_hf.gait.report.viewer import Walk
from agir_hf.gait.report.viewer.packing import (
    MAX_FRAMES,
    MISSING,
    Placement,
    packed,
    points_of,
    record_of,
    unpacked,
)


def test_points_are_transmitted_with_an_error_of_at_most_half_a_unit(joints, decoded):
    walk = Walk("a", joints, 20.0)
    record = record_of(walk)
    sent = Placement(walk).points(joints)
    error = np.abs(decoded(record)[:, :22] * record["unit_m"] - sent).max()
    assert error <= record["unit_m"] / 2 + 1e-9
    assert record["unit_m"] == 0.001 and record["rate_hz"] == 20


def test_a_high_frame_rate_is_reduced_and_times_are_kept(joints):
    walk = Walk("a", np.repeat(joints, 10, axis=0), 150.0, {"left": [0.5, 1.25]})
    record = record_of(walk)
    assert record["rate_hz"] == 25 and record["frames"] == -(-400 // 6)
    assert record["strikes"] == {"left": [0.5, 1.25], "right": []}


def test_a_long_recording_is_reduced_to_the_maximum_number_of_frames(joints):
    record = record_of(Walk("a", np.repeat(joints, 200, axis=0), 20.0))
    assert record["frames"] <= MAX_FRAMES


def test_a_walk_over_a_long_distance_is_complete(joints, decoded):
    far = joints + np.linspace(0, 90, 40)[:, None, None]
    record = record_of(Walk("a", far, 20.0))
    assert (decoded(record)[:, :22] != MISSING).all() and record["unit_m"] > 0.001


def test_missing_markers_and_joints_have_the_code_of_missing(joints, decoded):
    markers = joints[:, :3].copy()
    markers[5, 1] = np.nan
    joints[:, 15] = np.nan
    record = record_of(Walk("a", joints, 20.0, {}, markers))
    missing = (decoded(record, "markers") == MISSING).all(axis=2)
    assert np.argwhere(missing).tolist() == [[5, 1]]
    missing = (decoded(record) == MISSING).all(axis=2)
    assert np.flatnonzero(missing.all(axis=0)).tolist() == [15, 22, 23, 24]  # no head, no heels


def test_packed_values_are_unpacked_again():
    values = np.random.default_rng(0).integers(-32767, 32768, (7, 3, 4))
    assert (unpacked(packed(values, 1), 3, 4) == values).all()


@pytest.mark.parametrize("heading", [0.0, 1.0, 2.5, -2.0])
def test_the_walk_is_along_x_with_the_left_side_at_negative_z(prepared, heading):
    from agir_hf.gait.report.viewer import walk_of

    cos, sin = np.cos(heading), np.sin(heading)
    turned = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    joints = walk_of(prepared).joints @ turned.T
    shown = Placement(Walk("a", joints, 150.0)).points(joints)
    path = shown[-1, 0] - shown[0, 0]
    assert path[0] > 3 and abs(path[2]) < 0.2
    assert (shown[:, 1, 2] < shown[:, 2, 2]).all()  # the left hip
    assert 0 <= np.nanmin(shown[..., 1]) < 0.05  # the feet are on the floor


def test_a_walk_on_the_spot_faces_along_x(prepared):
    from agir_hf.gait.report.viewer import walk_of

    joints = walk_of(prepared).joints
    joints = joints - joints[:, :1] * [1, 0, 1]
    shown = Placement(Walk("a", joints, 150.0)).points(joints)
    assert (shown[:, 10, 0] - shown[:, 7, 0]).mean() > 0.05  # the toes are in front of the ankle


def test_the_data_of_a_minute_with_44_markers_are_small(prepared):
    from agir_hf.gait.report.viewer import walk_of

    walk = walk_of(prepared)
    record = record_of(walk)
    seconds = len(walk.joints) / walk.rate_hz
    assert (len(record["points"]) + len(record["markers"])) / seconds < 7000  # 420 KB a minute
    assert points_of(walk).shape == (len(walk.joints), 25, 3)

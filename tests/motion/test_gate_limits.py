"""Limits of the gate: what is just accepted and what is just refused, of constructed paths."""

from contextlib import nullcontext

import numpy as np
import pytest

from agir_hf.motion import BodyMotion, JointMotion, RecordingError, gate, gate_sides
from agir_hf.motion.gate_body import check_bones, check_segments, check_size, check_upright
from agir_hf.motion.gate_frames import body_jump, far_points, repeated_frames, spikes
from agir_hf.motion.gate_sides import exchange_back
from agir_hf.motion.recording import Conventions

RATE = 100.0


def refusal(is_refused, text=""):
    return pytest.raises(RecordingError, match=text) if is_refused else nullcontext()


def still(*point, frames=100):
    """Path (T, 3) of a point at rest."""
    return np.tile(np.array(point, dtype=float), (frames, 1))


def away(distance_m, first, count, frames=200):
    """Path (T, 1, 3) of a point at rest that is at a distance in some frames."""
    path = np.zeros((frames, 1, 3))
    path[first : first + count, 0, 1] = distance_m
    return path


def test_points_are_far_beyond_100_m_on_any_axis():
    points = np.zeros((1, 6, 3))
    points[0, :, :] = [[100, 0, 0], [-100, 0, 0], [0, 101, 0], [0, 0, -101], [70, 70, 70],
                       [np.nan, np.nan, np.nan]]  # fmt: skip
    assert far_points(points).tolist() == [[False, False, True, True, False, False]]


@pytest.mark.parametrize(
    ("rate_hz", "distance_m", "jumps"),
    [(20, 1.01, True), (20, 0.99, False), (100, 0.21, True), (100, 0.19, False),
     (1000, 0.16, True), (1000, 0.14, False)],
)  # fmt: skip
def test_a_jump_is_faster_than_20_m_per_s_and_longer_than_15_cm(rate_hz, distance_m, jumps):
    assert spikes(away(distance_m, 60, 2), rate_hz)[:, 0].nonzero()[0].tolist() == (
        [60, 61] if jumps else []
    )


@pytest.mark.parametrize(("count", "is_spike"), [(25, True), (26, False)])
def test_a_point_is_lost_for_at_most_a_quarter_of_a_second(count, is_spike):
    assert spikes(away(1.0, 60, count), RATE).sum() == (count if is_spike else 0)


@pytest.mark.parametrize(("more", "is_spike"), [(0, True), (10, False)])
def test_a_point_that_is_away_in_more_than_a_fifth_of_the_frames_is_noise(more, is_spike):
    path = np.zeros((1000, 1, 3))
    path.reshape(10, 100, 3)[:, 40:60, 0] = 1.0  # 200 frames
    path[:more, 0, 0] = 1.0
    assert spikes(path, RATE).sum() == (200 if is_spike else 0)


@pytest.mark.parametrize(("step", "farthest_m"), [(2, 0.4), (4, 0.8), (5, 1.0), (8, 1.0)])
def test_a_point_may_be_as_far_after_a_gap_as_it_moves_in_five_frames(step, farthest_m):
    """Two frames away; the point is last seen some frames before and is seen again as late."""
    for distance_m, count in ((farthest_m - 0.01, 0), (farthest_m + 0.01, 2)):
        path = away(distance_m, 60, 2)
        path[60 - step + 1 : 60], path[62 : 61 + step] = np.nan, np.nan
        path[150] = 5.0  # paths without a jump in seen frames are not searched
        assert spikes(path, RATE)[:, 0].nonzero()[0].tolist() == [60, 61][:count] + [150]


@pytest.mark.parametrize(("distance_m", "count"), [(0.59, 0), (0.61, 2)])
def test_a_point_that_moves_over_three_frames_in_a_gap_starts_another_part(distance_m, count):
    path = away(distance_m, 60, 2)
    path[56:60] = np.nan  # it jumps back at once
    assert spikes(path, RATE).sum() == count


def test_the_longest_part_of_a_short_recording_is_the_path():
    assert spikes(away(1.0, 12, 1, frames=20), RATE)[:, 0].nonzero()[0].tolist() == [12]
    assert spikes(away(1.0, 0, 3, frames=20), RATE)[:, 0].nonzero()[0].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("rate_hz", "gap", "distance_m", "jumps"),
    [(100, 1, 0.49, False), (100, 1, 0.51, True), (20, 1, 0.59, False), (20, 1, 0.61, True),
     (100, 10, 1.19, False), (100, 10, 1.21, True)],
)  # fmt: skip
def test_a_body_jumps_by_half_a_metre_at_12_m_per_s(rate_hz, gap, distance_m, jumps):
    path = np.r_[still(0, 1, 0, frames=50), still(distance_m, 1, 0, frames=50)]
    path[50 : 50 + gap - 1] = np.nan
    assert body_jump(path, rate_hz) == (50 + gap - 1 if jumps else None)
    assert body_jump(path[:1], rate_hz) is None


@pytest.mark.parametrize(
    ("rate_hz", "count", "is_frozen"),
    [(100, 50, True), (100, 49, False), (4, 5, True), (4, 4, False)],
)
def test_a_recording_is_frozen_over_half_a_second_and_five_frames(rate_hz, count, is_frozen):
    path = np.arange(400.0).reshape(200, 2)
    path[30 : 30 + count] = path[30]
    text = repeated_frames((path,), rate_hz)
    assert text.startswith(f"frames 31 to {30 + count} are the same") == is_frozen
    assert bool(text) == is_frozen


@pytest.mark.parametrize(("every", "share", "hz"), [(3, "33%", "66.7"), (4, "", "")])
def test_copied_frames_are_said_from_three_tenths_on(every, share, hz):
    path = np.arange(300.0)[:, None].copy()
    path[every - 1 :: every] = path[every - 2 :: every][: len(path[every - 1 :: every])]
    text = repeated_frames((path,), RATE)
    assert text.startswith(share) and (f"about {hz} Hz" in text if share else text == "")
    missing = np.full((50, 3), np.nan)  # missing frames are equal
    assert "every frame is the same" in repeated_frames((missing,), RATE)


@pytest.mark.parametrize(
    ("up_m", "along_m", "is_refused"),
    [(0.59, 0.0, False), (0.61, 0.0, True), (0.9, 0.91, False), (0.92, 0.91, True)],
)
def test_a_body_climbs_60_cm_or_as_much_as_it_moves_over_the_floor(up_m, along_m, is_refused):
    share = np.linspace(0, 1, 100)[:, None]
    path = share * [0.6 * along_m, -up_m, 0.8 * along_m]  # down as well as up
    path[50] = np.nan
    with refusal(is_refused, f"moves {up_m:.2f} m vertically and {along_m:.2f} m over the floor"):
        gate._check_level(path, "file")
    gate._check_level(path[:1], "file")


def body(**changes):
    frames = 200
    arrays = {"poses": np.zeros((frames, 24, 3)), "translation": np.zeros((frames, 3))} | changes
    return BodyMotion(np.zeros(10), arrays["poses"], arrays["translation"], RATE, source="file")


@pytest.mark.parametrize(
    ("joint", "radians", "frames", "is_refused"),
    [(5, 3.23, 3, False), (5, 3.26, 3, True), (5, 3.26, 2, False), (0, 6.37, 200, False),
     (0, 6.40, 200, True)],
)  # fmt: skip
def test_rotations_are_below_half_a_turn_but_for_one_frame_of_a_hundred(
    joint, radians, frames, is_refused
):
    poses = np.zeros((200, 24, 3))
    poses[:frames, joint] = [0.6 * radians, 0, 0.8 * radians]
    with refusal(is_refused, f"up to {radians:.2f}".rstrip("0")):
        gate._check_rotations(body(poses=poses), "file")


@pytest.mark.parametrize(("turn_deg", "is_refused"), [(105, False), (110, True), (180, True)])
def test_feet_that_point_backwards_are_those_of_swapped_sides(turn_deg, is_refused):
    angle = np.radians(turn_deg)
    points = {}
    for side, x in (("left", 0.1), ("right", -0.1)):
        points[f"{side}_hip"] = still(x, 0.9, 0)
        points[f"{side}_ankle"] = still(x, 0.1, 0)
        points[f"{side}_foot"] = still(x + 0.15 * np.sin(angle), 0.1, 0.15 * np.cos(angle))
    with refusal(is_refused, "left and right swapped"):
        gate._check_joint_sides(points, "file")
    del points["left_foot"]
    gate._check_joint_sides(points, "file")


def legs(thigh_m, shank_m, neck_m=None, hip="hip", ending=""):
    """Points of a standing body; the right leg is as long as the left."""
    points = {}
    for side, x in (("left", 0.1), ("right", -0.1)):
        points[f"{side}_{hip}"] = still(x, thigh_m + shank_m, 0)
        points[f"{side}_knee{ending}"] = still(x, shank_m, 0)
        points[f"{side}_ankle{ending}"] = still(x, 0, 0)
    if neck_m is not None:
        points["neck"] = still(0, thigh_m + shank_m + neck_m, 0)
    return points


@pytest.mark.parametrize(
    ("leg_m", "neck_m", "is_refused"),
    [
        (2.29 * 0.49, 0.7, False), (2.31 * 0.49, 0.7, True),  # an adult of 2.3 m
        (0.75 * 0.49, 0.75 * 0.32, False), (0.73 * 0.49, 0.73 * 0.32, True),  # 0.93 of 0.8 m
        (0.65 * 0.49, 0.9 * 0.32, False), (0.63 * 0.49, 0.9 * 0.32, True),  # legs of 0.8 of 0.8 m
        (0.65 * 0.49, None, False), (0.63 * 0.49, None, True),
    ],
)  # fmt: skip
def test_the_size_of_a_body_by_legs_and_trunk(leg_m, neck_m, is_refused):
    text = f"legs of {leg_m:.3g} m, those of a person about {leg_m / 0.49:.3g} m tall"
    with refusal(is_refused, text):
        check_size(legs(0.5 * leg_m, 0.5 * leg_m, neck_m), "file")


@pytest.mark.parametrize(("stature_m", "is_refused"), [(0.75, False), (0.73, True)])
def test_the_size_of_markers_of_the_legs_with_a_forced_unit(stature_m, is_refused):
    points = legs(0.3 * stature_m, 0.23 * stature_m, hip="asis", ending="_lateral")
    conventions = Conventions("cm", "forced", "+Y", "detected")
    with refusal(is_refused, f"{stature_m:.2f}.* m tall in cm"):
        check_size(points, "file", conventions)


@pytest.mark.parametrize(
    ("length_m", "other_m", "frames", "is_refused"),
    [(0.4, 0.485, 6, True), (0.4, 0.475, 6, False), (0.4, 0.315, 6, True), (0.4, 0.485, 5, False),
     (0.1, 0.139, 6, False), (0.1, 0.141, 6, True)],
)  # fmt: skip
def test_bones_change_by_a_fifth_and_four_centimetres_in_five_of_a_hundred_frames(
    length_m, other_m, frames, is_refused
):
    for first, second in (("right_hip", "right_knee"), ("left_elbow", "left_wrist")):
        points = {first: still(0, 0, 0), second: still(0, length_m, 0)}
        points[second][10 : 10 + frames, 1] = other_m
        with refusal(is_refused, f"from {first} to {second}.* in {frames}% of the frames"):
            check_bones(points, "file")


@pytest.mark.parametrize(
    ("length_m", "other_m", "frames", "is_refused"),
    [(0.4, 0.53, 6, True), (0.4, 0.51, 6, False), (0.4, 0.27, 6, True), (0.4, 0.53, 5, False),
     (0.1, 0.159, 6, False), (0.1, 0.161, 6, True)],
)  # fmt: skip
def test_markers_of_a_segment_change_by_three_tenths_and_six_centimetres(
    length_m, other_m, frames, is_refused
):
    sites = {"left_asis": still(0, 0, 0), "left_psis": still(0, length_m, 0)}
    sites["left_psis"][10 : 10 + frames, 1] = other_m
    with refusal(is_refused, f"marker .* in {frames}% of the frames"):
        check_segments(sites, {"left_asis": "LASI", "left_psis": "LPSI"}, "file")


def lying(trunk_up, leg_up, frames=100, fallen=None):
    """Pelvis at 1 m; trunk and legs of 0.5 and 0.8 m with chosen vertical shares.

    Only some frames are so, and the body is upright in the others.
    """
    fallen = frames if fallen is None else fallen
    share = {"trunk": np.ones(frames), "leg": np.ones(frames)}
    share["trunk"][:fallen], share["leg"][:fallen] = trunk_up, leg_up
    points = {"pelvis": still(0, 1, 0, frames=frames)}
    along = {name: np.sqrt(1 - np.square(values)) for name, values in share.items()}
    points["neck"] = points["pelvis"] + 0.5 * np.stack(
        [along["trunk"], share["trunk"], 0 * along["trunk"]], axis=1
    )
    for side in ("left", "right"):
        points[f"{side}_ankle"] = points["pelvis"] - 0.8 * np.stack(
            [along["leg"], share["leg"], 0 * along["leg"]], axis=1
        )
    return points


@pytest.mark.parametrize(
    ("trunk_up", "leg_up", "posture"),
    [(0.34, 0.64, "lying"), (0.36, 0.64, ""), (0.34, 0.66, ""), (0.9, 0.24, "lying"),
     (0.9, 0.26, ""), (-0.36, -0.9, "upside down"), (-0.34, -0.9, "lying"), (0.0, 1.0, "")],
)  # fmt: skip
def test_a_body_has_fallen_if_trunk_and_legs_are_low(trunk_up, leg_up, posture):
    points = lying(trunk_up, leg_up)
    with refusal(bool(posture), f"{posture}.* in 100% of the frames"):
        assert check_upright(points, "file", RATE) == ""
    del points["neck"]
    with refusal(leg_up < 0.25, "upside down" if leg_up < -0.25 else "lying"):
        check_upright(points, "file", RATE)


@pytest.mark.parametrize(
    ("fallen", "answer"), [(49, ""), (50, "is lying or crawling in frames 1 to 50"), (101, None)]
)
def test_a_fall_is_said_from_half_a_second_on_and_refused_in_most_frames(fallen, answer):
    points = lying(0.1, 0.1, frames=200, fallen=fallen)
    with refusal(answer is None, "the frames: pass the vertical axis"):
        text = check_upright(points, "file", RATE)
        assert text == answer if not answer else text.endswith(answer)


def leg_pairs(frames=100):
    """Hips, knees, ankles and feet of an upright body that faces Z; the sides are at 0.3 m."""
    names, paths = [], []
    for part, height, ahead in (
        ("hip", 0.9, 0),
        ("knee", 0.5, 0),
        ("ankle", 0.1, 0),
        ("foot", 0.05, 0.15),
    ):
        for side, x in (("left", 0.15), ("right", -0.15)):
            names.append(f"{side}_{part}")
            paths.append(still(x, height, ahead, frames=frames))
    return np.stack(paths, axis=1), {name: i for i, name in enumerate(names)}


@pytest.mark.parametrize(
    ("parts", "frames"),
    [(("knee",), (30, 60)), (("ankle",), (0, 40)), (("hip",), (50, 100)), (("foot",), (97, 100)),
     (("hip", "knee", "ankle", "foot"), (20, 24))],
)  # fmt: skip
def test_exchanged_sides_are_exchanged_back_in_their_frames_only(parts, frames):
    positions, columns = leg_pairs()
    wrong, (first, stop) = positions.copy(), frames
    for part in parts:
        left, right = columns[f"left_{part}"], columns[f"right_{part}"]
        wrong[first:stop, [left, right]] = wrong[first:stop, [right, left]]
    repaired, exchanges = exchange_back(wrong, columns, RATE, "file")
    np.testing.assert_array_equal(repaired, positions)
    assert [(e.pair, e.parts) for e in exchanges] == [(p, ((first, stop - 1),)) for p in parts]
    same, none = exchange_back(positions, columns, RATE, "file")
    assert same is positions and none == []


def test_the_label_that_is_seen_alone_is_decided_by_the_nearer_path():
    """Both move by 0.2 m a frame; labels are exchanged from frame 5 on, where one is missing."""
    ahead = 0.2 * np.arange(10)[:, None] * [1.0, 0, 0]
    positions = np.stack([ahead + [0.15, 0, 0], ahead - [0.15, 0, 0]], axis=1)
    positions[5:] = positions[5:, ::-1]
    for missing, first, stop in ((1, 3, 7), (0, 3, 7), (0, 4, 9)):
        seen = positions.copy()
        seen[first:stop, missing] = np.nan
        frames = np.r_[np.arange(first), np.arange(stop, 10)]
        swapped = np.arange(10) >= stop
        result = gate_sides._over_gaps(seen, (0, 1), frames, swapped)
        assert result.tolist() == [False] * 5 + [True] * 5
    both = np.array([True] * 3 + [False] * 4 + [True] * 3)
    result = gate_sides._over_gaps(positions, (0, 1), np.flatnonzero(both), both)
    assert result.all()


@pytest.mark.parametrize(
    ("means_m", "is_right"),
    [((0.02, 0.02), True), ((0.05, -0.014), True), ((0.05, -0.016), False),
     ((0.0055, 0.0055), True), ((0.0045, 0.0045), False)],
)  # fmt: skip
def test_feet_that_cross_fast_have_no_part_with_evidence_of_an_exchange(means_m, is_right):
    evidence = np.repeat(means_m, 5)
    evidence[2] = np.nan
    parts = [np.arange(5), np.arange(5, 10)]
    assert gate_sides._all_right(parts, evidence) == is_right
    assert not gate_sides._all_right(parts, np.full(10, np.nan))


@pytest.mark.parametrize(
    ("distance_m", "offset_m", "likely", "sure"),
    [(0.009, 0, False, False), (0.011, 0, True, False), (0.049, 0, True, False),
     (0.051, 0, True, True), (0.2, 0.079, True, True), (0.2, 0.081, False, False)],
)  # fmt: skip
def test_paths_that_change_sides_jump_onto_each_other(distance_m, offset_m, likely, sure):
    """Each moves by the distance of both, and stops near the place of the other."""
    positions = np.zeros((40, 2, 3))
    positions[:, 0, 0], positions[:, 1, 0] = distance_m / 2, -distance_m / 2
    positions[20:] = positions[20:, ::-1] + [offset_m, 0, 0]
    track = gate_sides._track(positions, (0, 1), RATE)
    assert track.likely.nonzero()[0].tolist() == ([20] if likely else [])
    assert track.sure.tolist() == ([20] if sure else [])
    few = gate_sides._track(positions[:3], (0, 1), RATE)
    assert not len(few.sure) and not few.likely.any() and few.length == 3


@pytest.mark.parametrize(("missing", "interrupted"), [(24, False), (25, True)])
def test_paths_are_followed_over_a_quarter_of_a_second(missing, interrupted):
    positions = np.zeros((100, 2, 3))
    positions[:, 0, 0], positions[:, 1, 0] = 0.1, -0.1
    positions[30 + missing :] = positions[30 + missing :, ::-1]
    positions[30 : 30 + missing, 1] = np.nan
    track = gate_sides._track(positions, (0, 1), RATE)
    assert track.runs.tolist() == ([30] if interrupted else [])
    assert track.sure.tolist() == ([] if interrupted else [30 + missing])


@pytest.mark.parametrize(
    ("means_m", "has_parents", "answer"),
    [
        ((-0.061,), True, True), ((-0.059,), True, False), ((-0.061,), False, False),
        ((0.02, -0.02), False, True), ((-0.02, 0.02), False, False), ((0.02, 0.02), True, None),
        ((0.014, -0.014), True, None), ((0.016, -0.014), True, True),
        ((0.02, -0.02, 0.02, -0.02), True, True), ((-0.02, 0.02, 0.02), True, None),
    ],
)  # fmt: skip
def test_the_evidence_says_which_parts_are_exchanged(means_m, has_parents, answer):
    evidence = np.repeat(means_m, 5)
    evidence[3] = np.nan
    parts = [np.arange(5 * i, 5 * i + 5) for i in range(len(means_m))]
    assert gate_sides._odd_parts_are_exchanged(parts, evidence, has_parents) is answer
    few = [part[3:] for part in parts]
    assert gate_sides._odd_parts_are_exchanged(few, evidence, True) in (None, False)


@pytest.mark.parametrize(("right", "is_exchanged"), [(1, True), (2, False)])
def test_labels_are_exchanged_in_all_frames_if_nine_tenths_say_so(right, is_exchanged):
    evidence = np.full(20, -0.2)
    evidence[:right] = 0.1
    part = [np.arange(20)]
    assert gate_sides._odd_parts_are_exchanged(part, evidence, True) is is_exchanged


def test_joints_at_most_100_m_from_the_origin_are_accepted():
    joints = np.zeros((20, 22, 3))
    joints[3, 7, 2] = 100.5
    with pytest.raises(RecordingError, match=r"has left_ankle at 100\.?\d* m in frame 4"):
        gate._checked_joints(JointMotion(joints, RATE, source="file"))
    for value, is_refused in ((99.9, False), (-100.1, True)):
        with refusal(is_refused, "translation of 100 m in frame 1, expected at most 100 m"):
            gate._checked_body(body(translation=still(0, 0, value, frames=200)))

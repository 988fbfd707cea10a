import numpy as np
import pytest

from agir_hf.corpus.body import SIDES, draw_body, marker_sites
from agir_hf.corpus.walker import marker_paths, rotation
from agir_hf.humanml3d import JOINT_NAMES
from agir_hf.motion.marker_sets import SHIDA_44

SLIP_M = 0.010  # allowed to a foot that lies flat, and under the floor


def path(walk, joint):
    return walk.joints[:, JOINT_NAMES.index(joint)]


def flat_spans(foot):
    """Slices of frames in which a foot lies flat."""
    edges = np.flatnonzero(np.diff(np.r_[0, foot.flat.astype(int), 0]))
    return [slice(a, b) for a, b in edges.reshape(-1, 2)]


def test_flat_feet_do_not_slip(examples):
    for example in examples:
        foot_markers = {
            label: (segment, at)
            for label, (segment, at) in example.subject.sites.items()
            if segment.endswith("foot")
        }
        markers = marker_paths(example.walk, example.subject.sites)
        for side in SIDES:
            spans = flat_spans(example.walk.feet[side])
            assert spans
            points = [path(example.walk, f"{side}_foot"), path(example.walk, f"{side}_ankle")]
            points += [markers[name] for name in foot_markers if name.startswith(side[0].upper())]
            for span in spans:
                assert max(np.ptp(p[span], axis=0).max() for p in points) <= SLIP_M


def test_what_rolls_on_the_floor_stays_where_it_is(examples):
    """The heel's contact point, from heel strike until the foot is flat."""
    for example in examples:
        body = example.subject.body
        heel_at = np.array([0.0, -body.ankle_height_m, -body.heel_m])
        for side in SIDES:
            foot = example.walk.feet[side]
            heel = example.walk.marker(f"{side}_foot", heel_at)
            rolling = foot.stance & (foot.pitch > 0)
            steps = rolling[1:] & rolling[:-1]
            assert np.abs(np.diff(heel, axis=0)[steps]).max(initial=0) < 1e-6


def test_nothing_of_the_foot_is_under_the_floor(examples):
    for example in examples:
        body = example.subject.body
        sole = -body.ankle_height_m
        for side in SIDES:
            for along in (-body.heel_m, 0.0, body.ball_m):
                point = example.walk.marker(f"{side}_foot", np.array([0.0, sole, along]))
                assert point[:, 1].min() > -0.002


def test_bones_keep_their_length(examples):
    pairs = [("hip", "knee"), ("knee", "ankle"), ("ankle", "foot"), ("shoulder", "elbow")]
    for example in examples:
        for side in SIDES:
            for upper, lower in [*pairs, ("elbow", "wrist")]:
                bone = path(example.walk, f"{side}_{upper}") - path(example.walk, f"{side}_{lower}")
                assert np.ptp(np.linalg.norm(bone, axis=1)) < 1e-9
        for lower, upper in [("pelvis", "spine1"), ("spine3", "neck"), ("neck", "head")]:
            bone = path(example.walk, upper) - path(example.walk, lower)
            assert np.ptp(np.linalg.norm(bone, axis=1)) < 1e-9


def test_knees_bend_forwards_and_never_lock(examples):
    for example in examples:
        for side in SIDES:
            hip, knee, ankle = (path(example.walk, f"{side}_{n}") for n in ("hip", "knee", "ankle"))
            line = ankle - hip
            share = ((knee - hip) * line).sum(1) / (line**2).sum(1)
            ahead = (knee - hip - share[:, None] * line)[:, 2]
            assert ahead.min() > 0.002


def test_arms_swing_against_the_legs(examples):
    for example in examples[:10]:  # score 0, who swing enough
        ankles = path(example.walk, "left_ankle") - path(example.walk, "right_ankle")
        wrists = path(example.walk, "left_wrist") - path(example.walk, "right_wrist")
        assert np.corrcoef(ankles[:, 2], wrists[:, 2])[0, 1] < -0.6


def test_motion_is_smooth(examples):
    for example in examples:
        speed = np.diff(example.walk.joints, axis=0) * example.walk.rate_hz
        change = np.linalg.norm(np.diff(speed, axis=0), axis=2)
        assert change.max() < 1.6  # m/s from one frame (1/150 s) to the next


def test_starts_and_stops_stand(examples):
    started = [e for e in examples if e.plan.starts]
    stopped = [e for e in examples if e.plan.stops]
    walking = [e for e in examples if not e.plan.starts]
    assert started and stopped and walking
    forward = {id(e): np.gradient(path(e.walk, "pelvis")[:, 2]) * 150 for e in examples}
    for example in started:
        assert abs(forward[id(example)][0]) < 0.25 * forward[id(example)].max()
    for example in stopped:
        assert abs(forward[id(example)][-1]) < 0.15 * forward[id(example)].max()
    for example in walking:
        assert forward[id(example)][0] > 0.5 * np.median(forward[id(example)])


def test_marker_sites_are_the_44_of_the_shida_set():
    rng = np.random.default_rng(0)
    assert set(marker_sites(draw_body(rng), rng)) == set(SHIDA_44.labels)


@pytest.mark.parametrize(
    ("angles", "vector", "turned"),
    [
        ({"lean": 0.1}, [0, 1, 0], [0, np.cos(0.1), np.sin(0.1)]),  # the top goes forward
        ({"roll": 0.1}, [1, 0, 0], [np.cos(0.1), np.sin(0.1), 0]),  # the left side goes up
        ({"yaw": 0.1}, [0, 0, 1], [np.sin(0.1), 0, np.cos(0.1)]),  # forward turns to the left
    ],
)
def test_rotation_signs(angles, vector, turned):
    np.testing.assert_allclose(rotation(**angles) @ np.array(vector), turned, atol=1e-12)


def test_rotation_is_proper():
    rng = np.random.default_rng(0)
    matrices = rotation(*rng.normal(size=(3, 50)))
    np.testing.assert_allclose(
        matrices @ matrices.transpose(0, 2, 1), np.tile(np.eye(3), (50, 1, 1)), atol=1e-12
    )
    np.testing.assert_allclose(np.linalg.det(matrices), 1)

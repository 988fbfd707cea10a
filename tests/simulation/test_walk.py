import numpy as np
import pytest
import torch

from agir_hf.humanml3d import JOINT_NAMES
from agir_hf.motion.body import OPEN_BODY, body_joints, load_body
from agir_hf.motion.fitting.marker_model import State
from agir_hf.motion.marker_sets import SHIDA_44
from agir_hf.simulation.rotations import rotation
from agir_hf.simulation.subjects import draw_subject
from agir_hf.simulation.walk import simulate_standing
from agir_hf.simulation.walker_body import (
    JOINTS,
    SIDES,
    draw_body,
    draw_placement,
    marker_model,
    marker_sites,
)

SLIP_M = 0.010  # allowed for a flat foot
FOOT_MARKERS = ("Heel", "MT1", "MT2", "MT5", "Ankle", "Ankle.Medial")
BONES = [
    *((f"{side}_{a}", f"{side}_{b}") for side in SIDES for a, b in (
        ("hip", "knee"), ("knee", "ankle"), ("ankle", "foot"), ("shoulder", "elbow"),
        ("elbow", "wrist"), ("collar", "shoulder"),
    )),
    *(("pelvis", f"{side}_hip") for side in SIDES),
    ("pelvis", "spine1"), ("spine1", "spine2"), ("spine2", "spine3"), ("spine3", "neck"),
    ("neck", "head"),
]  # fmt: skip


@pytest.fixture(scope="module")
def all_walks(examples, turning, frozen):
    """Straight walks, walks that turn around, and walks with a freeze."""
    return [*examples, *turning, *frozen]


def marker(example, label):
    return example.markers[:, SHIDA_44.labels.index(label)]


def spans(mask):
    """Slices of frames in which a mask is true."""
    edges = np.flatnonzero(np.diff(np.r_[0, mask.astype(int), 0]))
    return [slice(a, b) for a, b in edges.reshape(-1, 2)]


def on_foot(example, side, point):
    """(T, 3) path of a point of the foot, given at rest from the ankle."""
    return example.walk.joint(f"{side}_ankle") + example.walk.orientations[f"{side}_foot"] @ point


def forward_speed(walk, joint="pelvis"):
    """Speed (T,) of a joint along the heading, m/s."""
    speed = np.gradient(walk.joint(joint), 1 / walk.rate_hz, axis=0)
    return (speed * walk.ahead).sum(axis=1)


def test_joints_of_flat_feet_do_not_slip(all_walks):
    for example in all_walks:
        for side in SIDES:
            flat = spans(example.walk.feet[side].flat)
            assert flat
            for span in flat:
                for joint in ("foot", "ankle"):
                    path = example.walk.joint(f"{side}_{joint}")[span]
                    assert np.ptp(path, axis=0).max() < 1e-6


def test_markers_of_flat_feet_slip_little(all_walks):
    """The skin over heel and ankles moves a little with the shank."""
    for example in all_walks[::3]:
        for side in SIDES:
            for span in spans(example.walk.feet[side].flat):
                for name in FOOT_MARKERS:
                    path = marker(example, f"{side[0].upper()}.{name}")[span]
                    assert np.ptp(path, axis=0).max() <= SLIP_M


def test_the_rolling_contact_does_not_slide(all_walks):
    """The heel from heel strike until the foot is flat, then the ball as the heel rises."""
    for example in all_walks:
        body = example.subject.body
        for side in SIDES:
            foot = example.walk.feet[side]
            for along, rolls in (
                (-body.heel_m, foot.pitch > 0),
                (body.ball_m, (foot.pitch < 0) & (foot.pitch > -np.radians(30))),
            ):
                point = on_foot(example, side, np.array([0.0, -body.ankle_height_m, along]))
                rolling = foot.stance & rolls
                steps = np.diff(point, axis=0)[rolling[1:] & rolling[:-1]]
                absent = along < 0 and example.plan.style.foot_strike_deg < 1  # no heel strike
                assert len(steps) or absent
                assert np.abs(steps).max(initial=0) < 1e-6


def test_the_foot_is_never_under_the_floor(all_walks):
    for example in all_walks:
        body = example.subject.body
        for side in SIDES:
            for along in (-body.heel_m, 0.0, body.ball_m):
                point = on_foot(example, side, np.array([0.0, -body.ankle_height_m, along]))
                assert point[:, 1].min() > -1e-6


def test_bones_keep_their_length(all_walks):
    for example in all_walks:
        for upper, lower in BONES:
            bone = example.walk.joint(upper) - example.walk.joint(lower)
            assert np.ptp(np.linalg.norm(bone, axis=1)) < 1e-9


def test_bones_have_the_lengths_of_the_body(examples):
    for example in examples:
        body = example.subject.body
        for upper, lower in BONES:
            bone_at_rest = body.rest[JOINTS.index(upper)] - body.rest[JOINTS.index(lower)]
            bone = example.walk.joint(upper)[0] - example.walk.joint(lower)[0]
            assert np.linalg.norm(bone) == pytest.approx(np.linalg.norm(bone_at_rest), abs=1e-9)


def test_the_posed_body_has_the_joints_of_the_walk(all_walks):
    for example in all_walks:
        motion = example.walk.motion()
        assert motion.body == "open" and motion.rate_hz == example.walk.rate_hz
        joints = body_joints(motion).joints
        np.testing.assert_allclose(joints, example.walk.joints, atol=1e-5)


def test_markers_are_close_to_the_skin(examples):
    for example in examples[::7]:
        frames = slice(100, 102)
        motion = example.walk.motion()
        skin = load_body(OPEN_BODY).surface(
            motion.betas, motion.poses[frames], motion.translation[frames]
        )
        offsets = example.markers[frames][:, :, None] - skin[:, None]
        nearest = np.linalg.norm(offsets, axis=3).min(axis=2)
        assert nearest.max() < 0.035 and np.median(nearest) < 0.02
        assert nearest.min() > 0.002  # outside the skin


def test_knees_bend_forwards_and_are_never_straight(all_walks):
    for example in all_walks:
        walk = example.walk
        for side in SIDES:
            hip, knee, ankle = (walk.joint(f"{side}_{n}") for n in ("hip", "knee", "ankle"))
            thigh, shank = knee - hip, ankle - knee
            cosine = (thigh * shank).sum(1)
            cosine /= np.linalg.norm(thigh, axis=1) * np.linalg.norm(shank, axis=1)
            assert np.degrees(np.arccos(cosine)).min() > 3.9  # the smallest setting is 4
            line = ankle - hip
            share = (thigh * line).sum(1) / (line**2).sum(1)
            ahead = ((thigh - share[:, None] * line) * rotation(yaw=walk.facing)[..., 2]).sum(1)
            assert ahead.min() > 0.002


def test_each_arm_swings_with_the_opposite_leg(examples):
    for example in examples[:10]:  # score 0, with enough arm swing
        walk = example.walk
        legs, arms = (
            ((walk.joint(f"left_{n}") - walk.joint(f"right_{n}")) * walk.ahead).sum(1)
            for n in ("ankle", "wrist")
        )
        assert np.corrcoef(legs, arms)[0, 1] < -0.6


def test_motion_is_smooth(all_walks):
    for example in all_walks:
        speed = np.diff(example.walk.joints, axis=0) * example.walk.rate_hz
        change = np.linalg.norm(np.diff(speed, axis=0), axis=2)
        fast = max(np.median(forward_speed(example.walk)) / 1.35, 1.0)
        assert change.max() < 1.6 * fast  # m/s from one frame (1/150 s) to the next


def test_orientations_are_smooth(all_walks):
    for example in all_walks:
        for name, turn in example.walk.orientations.items():
            between = turn[1:] @ turn[:-1].swapaxes(1, 2)
            angle = np.arccos(np.clip((np.trace(between, axis1=1, axis2=2) - 1) / 2, -1, 1))
            assert np.degrees(angle).max() < 8, name  # 1200 degrees/s


def test_gait_initiation_and_termination_are_standing(examples):
    started = [e.walk for e in examples if e.plan.setup.starts_standing]
    stopped = [e.walk for e in examples if e.plan.setup.ends_standing]
    walking = [e.walk for e in examples if not e.plan.setup.starts_standing]
    assert started and stopped and walking
    for walk in started:
        assert abs(forward_speed(walk)[0]) < 0.25 * forward_speed(walk).max()
        for foot in walk.feet.values():
            assert foot.stance[0] and np.degrees(abs(foot.pitch[0])) < 2
    for walk in stopped:
        assert abs(forward_speed(walk)[-1]) < 0.15 * forward_speed(walk).max()
        assert all(foot.stance[-1] for foot in walk.feet.values())
    for walk in walking:
        assert forward_speed(walk)[0] > 0.5 * np.median(forward_speed(walk))


def test_walks_with_a_turn_come_back(turning):
    for example in turning:
        walk, route = example.walk, example.plan.setup.route
        side, middle = (
            np.sign(route.turn_rad),
            np.array([route.radius_m * np.sign(route.turn_rad), 4.0]),
        )
        assert np.degrees(walk.heading[[0, -1]]) == pytest.approx([0, side * 180], abs=0.5)
        assert (side * np.diff(walk.heading) > -1e-9).all()
        across = walk.joint("left_hip") - walk.joint("right_hip")
        hips = np.unwrap(np.arctan2(-across[:, 2], across[:, 0]))
        # the hips rotate with the steps, and the facing drifts
        assert np.degrees(hips[-1] - hips[0]) == pytest.approx(side * 180, abs=25)
        pelvis = walk.joint("pelvis")[:, [0, 2]]
        arc = route.in_turn(np.linalg.norm(np.diff(pelvis, axis=0), axis=1).cumsum() + pelvis[0, 1])
        from_middle = np.linalg.norm(pelvis[1:][arc] - middle, axis=1)
        assert arc.sum() > 100 and np.abs(from_middle - route.radius_m).max() < 0.15
        assert pelvis[-1, 1] < 1.5  # before the turn, walking back,
        assert pelvis[-1, 0] == pytest.approx(2 * middle[0], abs=0.12)


def test_the_body_turns_before_the_feet(turning):
    for example in turning:
        walk, side = example.walk, np.sign(example.plan.setup.route.turn_rad)

        def halfway(angle, walk=walk, side=side):
            return np.argmax(side * angle > np.pi / 2) / walk.rate_hz

        feet = np.mean([halfway(foot.yaw) for foot in walk.feet.values()])
        assert 0 < feet - halfway(walk.heading) < 1.5


def test_in_a_freeze_the_body_stays_in_place_and_the_knees_tremble(frozen):
    for example in frozen:
        walk = example.walk
        ((begin, end),) = walk.footfalls.freezes
        stuck = slice(round((begin + 0.4) * walk.rate_hz), round((end - 0.8) * walk.rate_hz))
        assert np.ptp(walk.joint("pelvis")[stuck], axis=0).max() < 0.08
        for side in SIDES:
            assert np.ptp(walk.joint(f"{side}_foot")[stuck], axis=0).max() < 0.025
            speed = np.diff(forward_speed(walk, f"{side}_knee")[stuck])
            waves = np.abs(np.fft.rfft(speed, 4096))
            hertz = np.fft.rfftfreq(4096, 1 / walk.rate_hz)[waves.argmax()]
            assert 3 < hertz < 11  # at the heels' rate, or twice it
        assert walk.amplitude[stuck].max() < 0.2


def test_walking_continues_after_a_freeze(frozen):
    for example in frozen:
        walk = example.walk
        ((_, end),) = walk.footfalls.freezes
        after = forward_speed(walk)[round((end + 1.5) * walk.rate_hz) :]
        before = forward_speed(walk)[: round(3.0 * walk.rate_hz)]
        assert after.mean() > 0.6 * np.median(before[len(before) // 2 :])


def test_a_static_trial_does_not_move():
    rng = np.random.default_rng(3)
    subject = draw_subject("SUB01", (0, 2), rng)
    for session in subject.sessions:
        walk = simulate_standing(subject.body, session.style, 1.0, rng)
        assert walk.joints.shape == (150, 22, 3)
        assert (walk.amplitude == 0).all()
        for side in SIDES:
            assert walk.feet[side].flat.all()
            assert np.ptp(walk.joint(f"{side}_ankle"), axis=0).max() < 1e-9
        between = walk.joint("left_ankle")[0] - walk.joint("right_ankle")[0]
        assert between[0] > 0.02 and abs(between[2]) < 1e-6  # side by side
        assert np.ptp(walk.markers(session.placement), axis=0).max() < 0.06
        hips = (walk.joint("left_hip") + walk.joint("right_hip"))[:, 2] / 2
        feet = (walk.joint("left_foot") + walk.joint("right_ankle"))[:, 2] / 2
        assert np.abs(hips - feet).max() < 0.1


def test_marker_sites_are_the_44_of_the_shida_set():
    assert len(marker_sites()) == len(set(marker_sites())) == 44
    offsets = draw_placement(np.random.default_rng(0))
    assert offsets.shape == (44, 3)
    assert offsets[:, 2].min() > 0.004  # no marker inside the skin


def test_drawn_bodies_have_the_heights_of_adults():
    """NCD-RisC 2016."""
    rng = np.random.default_rng(0)
    bodies = [draw_body(rng) for _ in range(80)]
    for sex, mean in (("male", 1.72), ("female", 1.59)):
        heights = [body.height_m for body in bodies if body.sex == sex]
        assert len(heights) > 20
        assert np.mean(heights) == pytest.approx(mean, abs=0.03)
        assert 0.04 < np.std(heights) < 0.09
    for body in bodies:
        assert 0.42 < body.leg_m / body.height_m < 0.52
        assert 0.11 < (body.heel_m + body.ball_m) / body.height_m < 0.16
        for side in ("left", "right"):
            assert np.linalg.norm(body.bone(f"{side}_knee")) == pytest.approx(body.thigh_m)


@pytest.mark.parametrize(
    ("angles", "vector", "turned"),
    [
        ({"lean": 0.1}, [0, 1, 0], [0, np.cos(0.1), np.sin(0.1)]),  # the top moves forward
        ({"roll": 0.1}, [1, 0, 0], [np.cos(0.1), np.sin(0.1), 0]),  # the left side moves up
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


def test_joints_are_in_the_order_of_the_body():
    assert JOINTS[:22] == tuple(JOINT_NAMES)


def test_markers_are_those_of_the_marker_model_that_fits_recordings(examples):
    walk, placement = examples[5].walk, draw_placement(np.random.default_rng(2))
    motion = walk.motion()
    state = State(
        torch.from_numpy(walk.joint("pelvis") - walk.body.rest[0]),
        torch.from_numpy(motion.poses.astype(np.float64)),
        torch.from_numpy(walk.orientations["pelvis"]),
    )
    betas = torch.from_numpy(walk.body.betas)
    posed = marker_model().pose(betas, torch.from_numpy(placement), state)
    np.testing.assert_allclose(walk.markers(placement), posed.markers.numpy(), atol=1e-6)

"""Curves of a simulated walk against the true rotations of its body, and of the body motion."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from agir_hf.gait import measure
from agir_hf.gait.kinematics import kinematics_of
from agir_hf.motion import MarkerRecording
from agir_hf.motion.body import body_joints
from agir_hf.motion.marker_sets import SHIDA_44
from agir_hf.simulation.footsteps import TrialSetup
from agir_hf.simulation.subjects import draw_control
from agir_hf.simulation.walk import simulate_walk

CHAINS = {"hip": ("pelvis", "hip"), "knee": ("hip", "knee"), "ankle": ("knee", "ankle")}


@pytest.fixture(scope="module")
def walk():
    rng = np.random.default_rng(3)
    subject = draw_control("SUB01", rng)
    session = subject.sessions[0]
    walk = simulate_walk(subject.body, session.style, TrialSetup(duration_s=6.0), rng)
    return walk, walk.markers(session.placement)


@pytest.fixture(scope="module")
def kinematics(walk):
    walk, markers = walk
    recording = MarkerRecording(markers.astype(np.float32), SHIDA_44.labels, walk.rate_hz)
    return kinematics_of(measure(recording), recording)


def true_angles(walk, joint, side):
    """Flexion, adduction and rotation (T, 3) of a joint, in degrees from the pose at rest."""
    names = [name if name == "pelvis" else f"{side}_{name}" for name in CHAINS[joint]]
    proximal, distal = (walk.orientations[name] for name in names)
    relative = Rotation.from_matrix(np.swapaxes(proximal, 1, 2) @ distal)
    angles = relative.as_euler("XZY", degrees=True)
    sign = -1 if side == "left" else 1
    return angles * [1 if joint == "knee" else -1, sign, sign]


def true_pelvis(walk, side):
    """Tilt, obliquity and rotation (T, 3) of the pelvis, in degrees from the pose at rest."""
    level = Rotation.from_euler("Y", -walk.heading[:, None])
    angles = (level * Rotation.from_matrix(walk.orientations["pelvis"])).as_euler("YZX", True)
    sign = 1 if side == "left" else -1
    return angles[:, ::-1] * [1, sign, -sign]


def shape_error(walk, curve, true):
    """Root mean square difference in degrees of all strides, without the constant difference."""
    times = np.arange(len(true)) / walk.rate_hz
    share = np.linspace(0, 1, 101)
    ends = zip(curve.start_s, curve.end_s, strict=True)
    rows = [np.interp(start + share * (end - start), times, true) for start, end in ends]
    difference = curve.strides - np.array(rows)
    return float((difference - difference.mean()).std())


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(
    ("variable", "joint", "axis", "largest"),
    [("hip_flexion", "hip", 0, 1.5), ("hip_adduction", "hip", 1, 1.5),
     ("hip_rotation", "hip", 2, 3.0), ("knee_flexion", "knee", 0, 2.0),
     ("ankle_dorsiflexion", "ankle", 0, 2.6), ("pelvis_tilt", "pelvis", 0, 1.0),
     ("pelvis_obliquity", "pelvis", 1, 1.3), ("pelvis_rotation", "pelvis", 2, 1.5)],
)  # fmt: skip
def test_curves_follow_the_true_rotations(walk, kinematics, side, variable, joint, axis, largest):
    walk, _ = walk
    curve = kinematics.curves[variable, side]
    true = true_pelvis(walk, side) if joint == "pelvis" else true_angles(walk, joint, side)
    error = shape_error(walk, curve, true[:, axis])
    inverted = shape_error(walk, curve, -true[:, axis])
    print(f"{variable:20s} {side:5s} {error:.2f} deg, inverted {inverted:.2f}")
    assert error < largest
    if variable != "pelvis_tilt":  # which is constant here
        assert inverted > 1.5 * error


def test_a_body_motion_has_the_curves_of_its_markers(walk, kinematics):
    motion = walk[0].motion()
    body = kinematics_of(measure(body_joints(motion)), motion)
    assert not body.absent and any("body model" in remark for remark in body.remarks)
    for variable in ("pelvis_tilt", "hip_flexion", "knee_flexion", "ankle_dorsiflexion"):
        difference = body.curves[variable, "left"].mean - kinematics.curves[variable, "left"].mean
        print(f"{variable:20s} offset {difference.mean():.1f}, shape {difference.std():.1f} deg")
        assert difference.std() < 2.5 and abs(difference.mean()) < 10, variable


def test_a_body_motion_of_other_frames_is_not_used(walk):
    motion = walk[0].motion()
    measured = measure(body_joints(motion))
    shorter = type(motion)(
        motion.betas, motion.poses[:-9], motion.translation[:-9], motion.rate_hz, body="open"
    )
    other = kinematics_of(measured, shorter)
    assert "pelvis_tilt" in other.absent and any("frames" in row for row in other.remarks)

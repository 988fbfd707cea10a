"""Kinematic curves of the embedded walk, and of the walk changed in known directions."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from agir_hf.gait import measure
from agir_hf.gait.kinematics import VARIABLES, kinematics_of, norm_band, pooled
from agir_hf.motion import read_recording, to_joints

NAMES = [variable.name for variable in VARIABLES]
OTHER = {"left": "right", "right": "left"}


def curves_of(recording, **options):
    return kinematics_of(measure(recording), recording, **options)


def difference(first, second, key, other=None):
    """Largest difference in degrees between the mean curves of two walks."""
    return np.abs(first.curves[key].mean - second.curves[other or key].mean).max()


@pytest.fixture(scope="module")
def kinematics(walk):
    return curves_of(walk)


def without(recording, *labels):
    keep = [i for i, label in enumerate(recording.labels) if label not in labels]
    return replace(
        recording,
        positions=recording.positions[:, keep],
        labels=tuple(recording.labels[i] for i in keep),
    )


def raised(recording, ends, height_m):
    """The recording with the markers raised whose labels end with one of ``ends``."""
    positions = recording.positions.copy()
    columns = [i for i, label in enumerate(recording.labels) if label.endswith(ends)]
    positions[:, columns, 1] += height_m
    return replace(recording, positions=positions)


def test_every_variable_has_a_curve_of_both_sides_with_times(kinematics, walk):
    assert kinematics.curves.keys() == {(name, side) for name in NAMES for side in OTHER}
    assert not kinematics.absent
    for curve in kinematics.curves.values():
        n = len(curve.strides)
        assert curve.strides.shape == (n, 101) and curve.mean.shape == curve.sd.shape == (101,)
        assert n == len(curve.start_s) == len(curve.end_s) == len(curve.toe_off_percent)
        assert np.all((curve.toe_off_percent > 50) & (curve.toe_off_percent < 80))
    strides = measure(walk).signals.strides
    left = [stride.start_s for stride in strides if stride.side == "left"]
    np.testing.assert_allclose(kinematics.curves["knee_flexion", "left"].start_s, left)


def test_curves_do_not_depend_on_the_walking_direction(kinematics, walk):
    turn = Rotation.from_euler("Y", 127.0, degrees=True)
    positions = turn.apply(walk.positions.reshape(-1, 3)).reshape(walk.positions.shape) + [3, 0, -2]
    turned = curves_of(replace(walk, positions=positions.astype(np.float32)))
    assert max(difference(kinematics, turned, key) for key in kinematics.curves) < 0.05


def test_a_mirrored_walk_exchanges_the_sides(kinematics, walk):
    exchange = {"L": "R", "R": "L"}
    labels = [
        label if label in ("CLAV", "STRN", "C7", "T10") else exchange[label[0]] + label[1:]
        for label in walk.labels
    ]
    mirrored = curves_of(
        replace(walk, positions=walk.positions * [1, 1, -1], labels=tuple(labels), events=())
    )
    for name, side in kinematics.curves:
        assert difference(kinematics, mirrored, (name, side), (name, OTHER[side])) < 0.05, name


def test_a_treadmill_changes_nothing(kinematics, walk):
    time = np.arange(len(walk.positions))
    pelvis = walk.positions[:, walk.labels.index("L.ASIS")]
    travel = np.polynomial.polynomial.polyfit(time, pelvis, 1)[1] * [1, 0, 1]
    belt = curves_of(replace(walk, positions=walk.positions - time[:, None, None] * travel))
    assert any("belt" in remark for remark in belt.remarks)
    assert max(difference(kinematics, belt, key) for key in kinematics.curves) < 2.5


def test_the_zero_of_the_ankle_does_not_depend_on_the_height_of_the_toe_markers(kinematics, walk):
    high = curves_of(raised(walk, ("MT1", "MT2", "MT5"), 0.02))
    assert difference(kinematics, high, ("ankle_dorsiflexion", "left")) < 1.5
    assert difference(kinematics, high, ("foot_progression", "left")) < 1.5


def test_a_heel_that_is_high_in_mid_stance_is_remarked(kinematics, walk):
    assert not any("heel marker" in remark for remark in kinematics.remarks)
    tiptoe = curves_of(raised(walk, ("Heel",), 0.05))
    assert any("shown too large" in remark for remark in tiptoe.remarks)


def test_without_markers_behind_the_pelvis_the_hip_is_against_the_vertical(walk):
    legs = without(walk, "L.PSIS", "R.PSIS")
    measured = measure(walk)
    joints = kinematics_of(measured, None)
    assert joints.thigh_against_vertical and "pelvis_tilt" in joints.absent
    assert any("against the vertical" in remark for remark in joints.remarks)
    tilt = kinematics_of(measured, walk).curves["pelvis_tilt", "left"].mean
    hip = kinematics_of(measured, walk).curves["hip_flexion", "left"].mean
    thigh = joints.curves["hip_flexion", "left"].mean
    assert np.abs(hip - tilt - thigh).mean() < 2.0
    lower = norm_band("hip_flexion").mean - joints.band("hip_flexion").mean
    np.testing.assert_allclose(lower, norm_band("pelvis_tilt").mean)
    nothing = curves_of(legs)  # the hips cannot be computed either
    assert "hip_flexion" in nothing.absent and "pelvis_tilt" in nothing.absent
    assert ("pelvis_rotation", "left") in nothing.curves


def test_hip_rotation_needs_a_medial_knee_marker(walk):
    lateral = curves_of(without(walk, "L.Knee.Medial", "R.Knee.Medial"))
    assert "medial" in lateral.absent["hip_rotation"]
    assert any("parallel to the pelvis" in remark for remark in lateral.remarks)
    only_left = curves_of(without(walk, "R.Knee.Medial"))
    assert ("hip_rotation", "left") in only_left.curves
    assert any(remark.startswith("Hip rotation of the right side") for remark in only_left.remarks)


def test_a_lateral_ankle_marker_alone_gives_nearly_the_same_angles(kinematics, walk):
    lateral = curves_of(without(walk, "L.Ankle.Medial", "R.Ankle.Medial"))
    for side in OTHER:
        assert difference(kinematics, lateral, ("ankle_dorsiflexion", side)) < 4
        assert difference(kinematics, lateral, ("knee_flexion", side)) < 4


def test_joints_give_the_same_knee_and_no_tilt(kinematics, walk):
    motion = to_joints(walk)
    joints = kinematics_of(measure(motion), motion)
    assert set(joints.absent) == {"pelvis_tilt", "hip_rotation"}
    assert any("skeleton" in remark for remark in joints.remarks)
    assert difference(kinematics, joints, ("knee_flexion", "left")) < 6
    shape = joints.curves["ankle_dorsiflexion", "left"].mean
    shape = shape - kinematics.curves["ankle_dorsiflexion", "left"].mean
    assert shape.std() < 2.5 and abs(shape.mean()) < 3


def test_two_dimensions_have_only_sagittal_angles(walk):
    motion = replace(to_joints(walk), unmeasured=("depth",))
    flat = kinematics_of(measure(motion), motion)
    planes = {variable.name: variable.plane for variable in VARIABLES}
    assert {planes[name] for name, _ in flat.curves} == {"sagittal"}
    assert "two dimensions" in flat.absent["pelvis_rotation"]


def test_another_recording_than_the_measured_one_is_not_used(walk):
    shorter = replace(walk, positions=walk.positions[10:], events=())
    other = kinematics_of(measure(walk), shorter)
    assert "pelvis_tilt" in other.absent
    assert any("does not have the frames" in remark for remark in other.remarks)


def test_a_walk_without_strides_has_reasons_for_all_variables(walk):
    standing = replace(walk, positions=np.repeat(walk.positions[:1], 300, axis=0), events=())
    result = kinematics_of(measure(standing), standing)
    assert not result.curves and list(result.absent) == NAMES


def test_single_stride_has_zero_spread(kinematics):
    curve = kinematics.curves["knee_flexion", "left"]
    single = replace(curve, strides=curve.strides[:1])
    assert not single.sd.any()
    assert curve.sd == pytest.approx(curve.strides.std(axis=0, ddof=1))


def test_pooled_walks_have_all_strides(kinematics, walk):
    without_medial = curves_of(without(walk, "L.Knee.Medial", "R.Knee.Medial"))
    both = pooled([kinematics, without_medial])
    key = ("knee_flexion", "right")
    n = len(kinematics.curves[key].strides)
    assert len(both.curves[key].strides) == 2 * n
    assert len(both.curves["hip_rotation", "right"].strides) == n
    assert not both.absent and set(without_medial.remarks) <= set(both.remarks)


def test_hips_against_the_vertical_are_not_pooled_with_hips_against_the_pelvis(kinematics, walk):
    joints = kinematics_of(measure(walk), None)
    n = len(kinematics.curves["hip_flexion", "left"].strides)
    both = pooled([joints, kinematics])
    assert not both.thigh_against_vertical
    assert len(both.curves["hip_flexion", "left"].strides) == n
    assert pooled([joints, joints]).thigh_against_vertical


def test_pooling_nothing_is_refused():
    with pytest.raises(ValueError, match="expected at least one"):
        pooled([])


@pytest.mark.parametrize("name", ["SUB01_off_walk_12b", "SUB05_off_walk_8"])
def test_curves_of_people_are_plausible(shared, name):
    recording = read_recording(shared / f"data/shida_pd/{name}.c3d")
    kinematics = curves_of(recording)
    assert not kinematics.absent
    for (variable, _), curve in kinematics.curves.items():
        low, high = {"knee_flexion": (-5, 70)}.get(variable, (-45, 60))
        assert low < curve.mean.min() and curve.mean.max() < high, variable
        assert curve.sd.mean() < 5, variable


def test_a_medial_knee_marker_that_the_other_knee_displaces_is_replaced(kinematics, walk):
    """The left marker is dragged forward for 0.3 s from a contact with the right marker."""
    left, right, lateral = (
        walk.labels.index(name) for name in ("L.Knee.Medial", "R.Knee.Medial", "L.Knee")
    )
    positions = walk.positions.copy()
    gaps = np.linalg.norm(positions[:, left] - positions[:, right], axis=1)
    start_s = kinematics.curves["hip_rotation", "left"].start_s[1]
    first = round(start_s * walk.rate_hz)
    contact = first + int(gaps[first : first + 60].argmin())
    across = positions[contact, right] - positions[contact, left]
    positions[:, [right, walk.labels.index("R.Knee")]] -= across * 0.9  # the knees now touch
    dragged = slice(contact, contact + 45)
    positions[dragged, left] += 0.25 * (positions[dragged, left] - positions[dragged, lateral])
    positions[dragged, left] += [0.05, 0, 0]  # forward
    changed = curves_of(replace(walk, positions=positions))
    assert any("left knee was replaced" in remark for remark in changed.remarks)
    curve, before = (row.curves["hip_rotation", "left"] for row in (changed, kinematics))
    assert np.abs(curve.strides[1] - before.strides[1]).max() < 8


@pytest.mark.parametrize("label", ["L.Heel", "R.MT2", "L.Knee", "R.Ankle", "L.PSIS", "C7"])
def test_without_a_marker_every_variable_has_a_curve_or_a_reason(walk, label):
    result = curves_of(without(walk, label))
    assert {name for name, _ in result.curves} | set(result.absent) == set(NAMES)
    assert all(np.isfinite(curve.strides).all() for curve in result.curves.values())
    assert all(reason for reason in result.absent.values())

"""Parts of the curves, of constructed segments: bodies, displaced markers, ankles, remarks."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from agir_hf.gait.kinematics import angles, episodes, foot, freezing, walk
from agir_hf.gait.kinematics.body_segments import add_body
from agir_hf.gait.kinematics.knee_markers import without_displacement
from agir_hf.gait.kinematics.segments import Segments, _place_ankle
from agir_hf.motion import BodyMotion
from agir_hf.motion.joint_centres import HALF_ANKLE_M

RATE = 100.0
FRAMES = 100


def still(*point):
    return np.tile(np.array(point, dtype=float), (FRAMES, 1))


def test_a_vertical_line_of_the_spines_is_90_degrees_in_spite_of_rounding():
    for length in (1 - 1e-12, 1 + 1e-12):
        assert angles.pelvic_obliquity(length * angles.UP) == pytest.approx(90, abs=1e-3)
        assert angles.pelvic_obliquity(-length * angles.UP) == pytest.approx(-90, abs=1e-3)


@pytest.mark.parametrize(("side", "joint"), [("left", 1), ("right", 2)])
def test_the_axis_of_a_knee_turns_with_the_thigh_of_its_side(side, joint):
    poses = np.zeros((FRAMES, 24, 3))
    poses[:, joint, 1] = np.radians(30)
    turned, rest = Segments({}), Segments({})
    for segments, values in ((turned, poses), (rest, np.zeros_like(poses))):
        segments.reasons = {"pelvis": "", "tilt": "", "knee_axis": "kept"}
        motion = BodyMotion(np.zeros(10), values, np.zeros((FRAMES, 3)), RATE)
        assert add_body(segments, motion, FRAMES, RATE)
        assert segments.reasons == {"knee_axis": "kept"} and len(segments.remarks) == 1
    for name in ("left", "right"):
        angle = Rotation.from_euler("Y", 30 if name == side else 0, degrees=True)
        expected = angle.apply(rest.knee_left[name])
        np.testing.assert_allclose(turned.knee_left[name], expected, atol=1e-6)
        assert rest.knee_left[name][0, 0] > 0.9  # to the left on both sides
    np.testing.assert_allclose(turned.pelvis_left, rest.pelvis_left)
    assert not add_body(turned, motion, FRAMES + 1, RATE)


@pytest.mark.parametrize(
    ("index", "text"), [(19.96, "up to 20.0"), (20.1, "over 20"), (3.14, "up to 3.1")]
)
def test_the_freeze_index_is_named_up_to_20(index, text):
    full = episodes._freezing_text(2.04, index)
    assert full.startswith("possible freezing for 2.0 s") and f"index {text} (" in full


@pytest.mark.parametrize(("height_m", "has_frames"), [(0.019, False), (0.021, True)])
def test_a_foot_has_frames_if_the_ankle_is_a_tenth_of_its_length_above_it(height_m, has_frames):
    """Medians over the frames: a single frame with another length or height does not decide."""
    line, rise = still(0, 0, 0.2), still(0, height_m, 0.05)
    for name, frame in (("line", [0, 0, 9.0]), ("rise", [0, 9.0, 0]), ("rise", [0, 0, 0.05])):
        paths = {"line": line.copy(), "rise": rise.copy()}
        paths[name][7] = frame
        frames = foot._frames(paths["line"], paths["rise"])
        assert (frames is not None) == has_frames
        if has_frames:
            np.testing.assert_allclose(frames[0], [[0, 0, 1], [0, 1, 0], [1, 0, 0]], atol=1e-9)


@pytest.mark.parametrize("belt", [0.0, 0.7])
def test_progress_on_a_belt_is_relative_to_the_belt(belt):
    """A pelvis that stops for a part of the walk, over the floor or over the belt."""
    speed = np.r_[np.full(600, 1.0), np.zeros(600), np.full(600, 1.0)] - belt
    pelvis = np.cumsum(speed)[:, None] / RATE * [0, 0, 1.0]
    signals = SimpleNamespace(
        pelvis=pelvis, rate_hz=RATE, ahead=np.tile([0, 0, 1.0], (1800, 1)), belt=belt
    )
    little = freezing._little_progress(signals)
    assert little[750:1050].all() and not little[:450].any() and not little[1350:].any()


def test_episodes_have_their_own_duration_and_are_in_order_of_time(monkeypatch):
    monkeypatch.setattr(episodes, "freezing_spans", lambda _: [(1.0, 3.5, 4.0)])
    turn = SimpleNamespace(start_s=8.0, end_s=9.5, angle_deg=178.4, heel_strikes=5)
    phases = SimpleNamespace(standing=((10.0, 12.5), (1.0, 4.0)))
    signals = SimpleNamespace(turns=(turn,), phases=phases)
    rows = episodes.episodes_of(SimpleNamespace(signals=signals))
    assert [(row.kind, row.start_s, row.end_s) for row in rows] == [
        ("possible freezing", 1.0, 3.5), ("standing", 1.0, 4.0), ("turn", 8.0, 9.5),
        ("standing", 10.0, 12.5),
    ]  # fmt: skip
    assert rows[0].text.startswith("possible freezing for 2.5 s")
    assert [row.text for row in rows[1:]] == [
        "no step for 3.0 s", "turn of 178° with 5 heel strikes", "no step for 2.5 s"
    ]  # fmt: skip


@pytest.mark.parametrize(("frames", "share"), [(30, 0.42), (45, 0.0)])
def test_a_marker_that_is_displaced_in_most_frames_is_left(frames, share):
    """The medial marker is 0.1 m from the lateral one, and 0.15 m while the knees touch.

    6 frames on each side of the contact are replaced as well.
    """
    lateral, hip, left = still(0.15, 0.5, 0), still(0.1, 0.9, 0), still(1, 0, 0)
    medial, other = still(0.05, 0.5, 0), still(-0.05, 0.5, 0)
    touching = slice(20, 20 + frames)
    moved = medial.copy()
    moved[touching, 0] = 0.0
    other[touching, 0] = -0.01
    result, replaced = without_displacement(moved, lateral, hip, left, other, RATE)
    assert replaced == pytest.approx(share)
    np.testing.assert_allclose(result, medial if share else moved, atol=1e-9)
    alone, none = without_displacement(moved, lateral, hip, left, None, RATE)
    assert alone is moved and none == 0.0


@pytest.mark.parametrize("side", ["left", "right"])
def test_an_ankle_is_medial_to_its_marker_and_needs_a_whole_foot(side):
    outward = 1 if side == "left" else -1
    outer = still(0.15 * outward, 0.1, 0)
    landmarks = SimpleNamespace(
        columns={f"{side}_ankle_lateral": 0}, path=lambda name: outer if "lateral" in name else None
    )

    def placed(**changes):
        segments = Segments({f"{side}_knee": still(0.15 * outward, 0.5, 0)})
        segments.front = {side: still(0.1 * outward, 0.05, 0.15)}
        segments.back = {side: still(0.1 * outward, 0.05, -0.05)}
        for name, value in changes.items():
            setattr(segments, name, value)
        _place_ankle(segments, landmarks, side)
        return segments.points.get(f"{side}_ankle")

    expected = outer - [outward * HALF_ANKLE_M, 0, 0]
    np.testing.assert_allclose(placed(), expected, atol=1e-9)
    for missing in ({"front": {}}, {"back": {}}, {"points": {}}):
        assert placed(**missing) is None


def test_remarks_are_about_curves_that_are_shown():
    signals = SimpleNamespace(belt=0.0)
    segments = Segments({})
    names = {("knee_flexion", "left"): None, ("hip_flexion", "left"): None}
    pelvis = {("pelvis_rotation", "left"): None}
    assert walk._remarks(signals, segments, {}, True) == []
    assert walk._remarks(signals, segments, names, False) == [walk._KNEE_REMARK]
    assert walk._remarks(signals, segments, names | pelvis, True) == [
        walk._THIGH_REMARK, walk._PELVIS_REMARK, walk._KNEE_REMARK
    ]  # fmt: skip
    segments.knee_left = {"left": still(1, 0, 0)}
    segments.is_skeleton = True
    belt = SimpleNamespace(belt=1.2)
    assert walk._remarks(belt, segments, names, False) == [
        walk._SKELETON_REMARK, walk._TREADMILL_REMARK
    ]  # fmt: skip

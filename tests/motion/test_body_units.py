"""Units and shape components of bodies, and the meaning of the names of arrays."""

import pickle

import numpy as np
import pytest

from agir_hf.motion import RecordingError
from agir_hf.motion.readers import care_pd
from agir_hf.motion.readers.body_keys import frame_of_group, name_words, parse_key
from agir_hf.motion.readers.body_pose import _LEG_M, body_motion, translation_unit
from agir_hf.motion.recording import ReadOptions
from agir_hf.motion.units_axes import METRES

RATE = 60.0


def stride(speed_m_per_s=0.85):
    """Poses and translation (metres) of a body whose legs turn so that the feet stay in place."""
    length = -_LEG_M[1:, 1].sum()
    time = np.arange(60) / RATE
    angle = speed_m_per_s / length * (time - 0.5)
    poses = np.zeros((60, 24, 3))
    poses[:, [1, 2], 0] = angle[:, None]  # the feet move backwards
    translation = np.zeros((60, 3))
    translation[:, 1], translation[:, 2] = 0.9, length * np.sin(angle)
    return poses, translation


@pytest.mark.parametrize("unit", ["mm", "cm", "inch"])
def test_the_unit_is_that_in_which_the_foot_stays_in_its_position(unit):
    poses, translation = stride()
    name, metres, origin = translation_unit(
        poses, translation / METRES[unit], RATE, ReadOptions(), "x"
    )
    assert (name, origin) == (unit, "detected") and metres == METRES[unit]
    motion = body_motion(poses, translation / METRES[unit], None, RATE, ReadOptions(), "x")
    np.testing.assert_allclose(motion.translation, translation, atol=1e-6)


def test_metres_are_not_doubted_below_the_speed_of_a_runner():
    poses, translation = stride()
    for factor, is_metres in ((1.0, True), (6.5, True), (7.5, False)):
        if is_metres:
            unit = translation_unit(poses, factor * translation, RATE, ReadOptions(), "x")
            assert unit == ("m", 1.0, "file")
        else:
            with pytest.raises(RecordingError, match="units per second.*--unit"):
                translation_unit(poses, factor * translation, RATE, ReadOptions(), "x")
    forced = translation_unit(poses, translation, RATE, ReadOptions(unit="cm"), "x")
    assert forced == ("cm", 0.01, "forced")


def test_a_translation_without_steps_has_no_unit():
    _, translation = stride()
    with pytest.raises(RecordingError, match="expected metres and the speed of a walk"):
        translation_unit(np.zeros((60, 24, 3)), 300 * translation, RATE, ReadOptions(), "x")


def test_shape_components_of_each_frame_become_their_median():
    poses, translation = stride()

    def betas_of(betas):
        motion = body_motion(poses, translation, betas, RATE, ReadOptions(), "x")
        return motion.betas.tolist(), motion.remarks

    rows = np.tile([[1.0, 2.0]], (60, 1))
    assert betas_of(rows) == ([1, 2], ())
    rows[:25, 0] = 9.0
    assert betas_of(rows) == ([1, 2], ("betas change from frame to frame: their median is used",))
    assert betas_of(rows[None]) == betas_of(rows)
    assert betas_of([0.5]) == ([0.5], ())
    for empty in (None, []):
        assert betas_of(empty)[1] == ("no betas: the mean body is used",)
    assert betas_of([50.0])[0] == [50]
    for wrong, text in (([50.1], "at most 50"), ([np.nan], "finite"), (["a"], "not numbers")):
        with pytest.raises(RecordingError, match=text):
            betas_of(wrong)


def test_poses_and_translations_are_checked():
    poses, translation = stride()

    def read(vectors, path):
        return body_motion(vectors, path, None, RATE, ReadOptions(), "x")

    wrong = translation.copy()
    wrong[[3, 7], 1] = np.nan
    with pytest.raises(RecordingError, match="trans that are not finite in 2 of 60.*frame 4"):
        read(poses, wrong)
    wrong[[3, 7], 1] = 2e6
    with pytest.raises(RecordingError, match=r"trans of 2e\+06 in frame 4 and in 1 further"):
        read(poses, wrong)
    with pytest.raises(RecordingError, match="1 frame.s., expected at least two"):
        read(poses[:1], translation[:1])
    hands = np.concatenate([poses, np.ones((60, 28, 3))], axis=1)
    assert not read(hands[:, :52], translation).poses[:, 22:].any()
    hands[:, 22:24] = 0.1
    assert read(hands[:, :24], translation).poses[:, 22:].all()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("poses", ("pose", "", "")),
        ("bodyPose", ("body", "", "")),
        ("global_orient", ("root", "", "")),
        ("transl", ("translation", "", "")),
        ("betas", ("betas", "", "")),
        ("mocap_framerate", ("rate", "", "")),
        ("pose_quat_wxyz", ("pose", "quaternion wxyz", "")),
    ],
)
def test_names_of_arrays(name, expected):
    key = parse_key(name)
    assert (key.role, key.form, key.frame) == expected


def test_names_are_split_into_words():
    assert name_words("bodyPose") == ["body", "pose"]
    assert name_words("pred_cam_t") == ["pred", "cam", "t"]
    assert name_words("x" * 90) == ["x" * 80]
    assert parse_key("weather") is None
    assert frame_of_group("smpl_params_global") == "world"
    assert frame_of_group("smplx_cam") == "camera" and frame_of_group("walk_1") == ""


def test_scores_and_medication_of_care_pd_are_texts(tmp_path):
    walks = {
        "a": {"UPDRS_GAIT": 2, "medication": "OFF"},
        "b": {"UPDRS_GAIT": np.array([1.0, 3.0]), "medication": None},
        "c": {"UPDRS_GAIT": float("nan"), "medication": []},
        "d": {},
        "other": 5,
    }
    path = tmp_path / "cohort.pkl"
    path.write_bytes(pickle.dumps({"S1": walks, "about": 1}))
    assert care_pd.care_pd_scores(path) == [
        ("S1/a", "2", "OFF"), ("S1/b", "1.0", ""), ("S1/c", "", ""), ("S1/d", "", ""),
    ]  # fmt: skip
    for content in ([1, 2], {}, {"S1": {"other": 5}}):
        path = tmp_path / f"{len(str(content))}.pkl"
        path.write_bytes(pickle.dumps(content))
        with pytest.raises(RecordingError, match="without walks, expected CARE-PD's"):
            care_pd.care_pd_scores(path)

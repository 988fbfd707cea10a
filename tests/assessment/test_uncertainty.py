"""Each reason of uncertainty, and recordings of which no score may be confident."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import agir_hf
from agir_hf import GaitAssessment
from agir_hf.assessment import (
    ParameterForest,
    PreparedRecording,
    Reason,
    Uncertainty,
    assess_prepared,
    assess_uncertainty,
    load_model,
    prepare_recording,
)
from agir_hf.assessment import uncertainty as u
from agir_hf.motion import JointMotion, NotAWalkError

CONFIDENT = GaitAssessment(0, (0.98, 0.01, 0.01), "", 0.6, (0.98, 0.01, 0.01), (0.96, 0.03, 0.01))
ARMS = ([16, 18, 20], [17, 19, 21])  # shoulder, elbow and wrist


@pytest.fixture(scope="module")
def embedded():
    """The embedded model without limits of its own, and its processor."""
    model, processor = load_model()
    model.config.uncertainty = None
    return model, processor


@pytest.fixture
def limits(embedded):
    """Function that sets the limits of the embedded model for one test."""

    def set_limits(**values):
        embedded[0].config.uncertainty = values

    yield set_limits
    embedded[0].config.uncertainty = None


@pytest.fixture(scope="module")
def sample():
    return prepare_recording(agir_hf.SAMPLE_RECORDING)


def prepared_of(joints):
    motion = JointMotion(np.asarray(joints, np.float32), 20.0, source="a.npy")
    return PreparedRecording("a.npy", motion, motion)


def reversed_walk(joints):
    return joints[::-1]


def standing(joints):
    """The pose of one frame for 6 s, with the noise of a measurement."""
    noise = np.random.default_rng(0).normal(0, 1e-3, (120, 22, 3))
    return joints[60] + noise


def waving(joints):
    """Standing, and the left arm swings up and down at 1.5 Hz."""
    moved, seconds = standing(joints), np.arange(120) / 20
    moved[:, ARMS[0][1:], 1] += (0.4 + 0.3 * np.sin(2 * np.pi * 1.5 * seconds))[:, None]
    return moved


def child(joints):
    """The walk of a person of 1.10 m, with the steps that fit."""
    return joints * (1.10 / 1.70)


def forest_of_one(score):
    """A forest that always answers one score."""
    return ParameterForest(
        ("speed_m_per_s",), np.ones(1), np.zeros(1, int), np.zeros(1, int), np.array([np.inf]),
        np.zeros((1, 2), int), np.eye(3)[[score]],
    )  # fmt: skip


def names(uncertainty):
    return [reason.name for reason in uncertainty.reasons]


def test_a_confident_score_of_a_usual_walk_has_no_reason(embedded, sample):
    uncertainty = assess_uncertainty(CONFIDENT, sample, *embedded, forest_of_one(0))
    assert uncertainty == Uncertainty() and not uncertainty.uncertain
    assert uncertainty.as_json() == {"uncertain": False, "uncertain_reasons": []}


def test_reasons_for_json():
    uncertainty = Uncertainty((Reason("few_strides", "2 complete strides"),))
    assert uncertainty.as_json() == {
        "uncertain": True,
        "uncertain_reasons": [{"name": "few_strides", "text": "2 complete strides"}],
    }


def test_a_low_probability(embedded, sample):
    assessment = GaitAssessment(1, (0.2, 0.5, 0.3), "", 0.6)
    uncertainty = assess_uncertainty(assessment, sample, *embedded)
    text = "a confidence of 50.0% is below the threshold of this model, 60.0%"
    assert uncertainty.reasons == (Reason("low_probability", text),)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (reversed_walk, ["walks_backwards", "no_steps"]),
        (standing, ["no_steps"]),
        (waving, ["no_steps"]),
        (child, ["height_of_a_child"]),
    ],
)
def test_no_score_is_confident_without_limits(case, expected, embedded, sample_joints):
    prepared = prepared_of(case(sample_joints))
    uncertainty = assess_uncertainty(CONFIDENT, prepared, *embedded)
    assert names(uncertainty) == expected
    assert all(reason.text and "\n" not in reason.text for reason in uncertainty.reasons)


@pytest.mark.parametrize("case", [reversed_walk, standing, waving])
def test_the_assessment_of_a_recording_names_the_reasons(case, embedded, sample_joints):
    walk = assess_prepared(prepared_of(case(sample_joints)), *embedded)
    result = walk.as_json()
    assert result["uncertain"] and "no_steps" in [r["name"] for r in result["uncertain_reasons"]]
    json.dumps(result)


def test_a_child_by_age(embedded, sample):
    young = assess_uncertainty(CONFIDENT, sample, *embedded, age=19)
    text = "the person is 19 years old, the score is for adults of at least 20 years"
    assert young.reasons == (Reason("below_20_years", text),)
    assert not assess_uncertainty(CONFIDENT, sample, *embedded, age=20).uncertain


def test_a_short_adult_whose_age_is_given_is_no_child(embedded, sample_joints):
    short = prepared_of(child(sample_joints))
    assert not assess_uncertainty(CONFIDENT, short, *embedded, age=70).uncertain
    text = u.person_reasons(short.motion.joints, None)[0].text
    assert "the legs are 0.4" in text and "at least 0.65 m; pass the age" in text


def test_few_strides(sample_joints):
    short = prepared_of(sample_joints[:50]).measured
    assert 0 < len(short.signals.strides) < 4
    (reason,) = u.measurement_reasons(short)
    assert reason.name == "few_strides"
    assert f"that were measured: {len(short.signals.strides)}, expected" in reason.text


def test_few_parameters(sample):
    kept = dict(list(sample.measured.parameters.items())[:12])
    (reason,) = u.measurement_reasons(replace(sample.measured, parameters=kept))
    assert reason == Reason(
        "few_parameters", "12 of 38 gait parameters could be measured, expected at least 20"
    )


def test_a_recording_that_cannot_be_measured():
    (reason,) = u.measurement_reasons(ValueError("the pelvis\nis not seen"))
    assert reason == Reason("not_measured", "gait could not be measured: the pelvis is not seen")


def test_half_of_the_walk_is_a_pause(sample_joints):
    still = np.repeat(sample_joints[-1:], 200, axis=0)
    measured = prepared_of(np.concatenate([sample_joints, still])).measured
    assert [reason.name for reason in u.measurement_reasons(measured)] == ["pauses"]


def test_a_walk_forwards_and_back(sample_joints):
    both = prepared_of(np.concatenate([sample_joints, sample_joints[::-1]])).measured
    assert "walks_backwards" in [reason.name for reason in u.measurement_reasons(both)]


@pytest.mark.parametrize(
    ("tokens", "probe", "forest", "disagree"),
    [
        ((1, 0, 0), (1, 0, 0), 0, False),
        ((1, 0, 0), (1, 0, 0), 2, True),
        ((1, 0, 0), (0, 0, 1), 0, True),
        ((1, 0, 0), (0, 0, 1), None, True),
        ((0.5, 0.5, 0), (0, 1, 0), None, False),  # half a score
        ((1, 0, 0), None, None, False),  # only one source
        ((1, 0, 0), None, 1, True),
    ],
)
def test_disagreement(sample, tokens, probe, forest, disagree):
    assessment = replace(CONFIDENT, token_probabilities=tokens, probe_probabilities=probe)
    forest = None if forest is None else forest_of_one(forest)
    reasons = u.disagreement_reasons(assessment, sample.measured, forest, 0.7)
    assert [reason.name for reason in reasons] == ["disagreement"] * disagree
    assert u.disagreement_reasons(assessment, sample.measured, forest, None) == []


def test_the_text_of_a_disagreement_names_the_sources(sample):
    assessment = replace(CONFIDENT, token_probabilities=(0, 0.5, 0.5), probe_probabilities=None)
    (reason,) = u.disagreement_reasons(assessment, sample.measured, forest_of_one(0), 0.7)
    assert reason.text == (
        "the expected scores differ by more than 0.7: score tokens 1.5, parameter forest 0.0"
    )


def test_the_forest_is_not_asked_about_a_walk_that_was_not_measured(sample_joints):
    still = prepared_of(standing(sample_joints)).measured
    assessment = replace(CONFIDENT, probe_probabilities=None)
    assert u.disagreement_reasons(assessment, still, forest_of_one(2), 0.7) == []
    assert u.disagreement_reasons(assessment, ValueError("no"), forest_of_one(2), 0.7) == []


def test_a_motion_that_is_not_reconstructed(embedded, sample, sample_joints, limits):
    usual, _ = u.motion_distances(sample.motion, *embedded, None)
    backwards = prepared_of(reversed_walk(sample_joints))
    unusual, _ = u.motion_distances(backwards.motion, *embedded, None)
    assert unusual > 1.5 * usual
    limits(velocity_error_m_per_s=(usual + unusual) / 2)
    assert names(assess_uncertainty(CONFIDENT, sample, *embedded)) == []
    assert names(assess_uncertainty(CONFIDENT, backwards, *embedded))[0] == "not_reconstructed"


def test_unusual_features(embedded, sample, sample_joints, limits):
    """The distance counts frames that do not move."""

    def distance(values):
        return float((np.abs(np.diff(values, axis=0)).max(1) < 0.2).mean())

    forest = SimpleNamespace(distance=distance)
    limits(feature_distance=0.5)
    assert u.motion_reasons(sample.motion, *embedded, forest) == []
    still = prepared_of(np.repeat(sample_joints[:1], 80, axis=0))
    (reason,) = u.motion_reasons(still.motion, *embedded, forest)
    assert reason == Reason(
        "unusual_features",
        "the motion is unlike the training walks: its features are 1.0 standard deviations from "
        "theirs, the limit is 0.5",
    )
    assert u.motion_reasons(still.motion, *embedded, None) == []


def test_every_window_of_a_long_recording_is_checked(embedded, sample_joints, limits):
    """Only the last frames of a recording of two windows are unusual."""
    extractor = embedded[1].feature_extractor
    forest = SimpleNamespace(distance=lambda values: float(np.abs(values).max()))
    features = np.tile(np.asarray(extractor.mean), (extractor.max_frames + 100, 1))
    features[-5:] += 9 * np.asarray(extractor.std)
    _, largest = u.motion_distances(features, *embedded, forest)
    assert largest == pytest.approx(9, abs=0.01)


@pytest.mark.parametrize(
    "name",
    [
        "33_stands_still.bvh",  # codespell:ignore stands
        "34_waves_on_the_spot.bvh",
    ],
)
def test_recordings_of_people_who_do_not_walk_are_refused(name, shared):
    with pytest.raises(NotAWalkError, match="is not a walk"):
        prepare_recording(shared / "data/recording_cases" / name)


@pytest.mark.slow
def test_reversed_recordings_of_people(shared, embedded):
    files = sorted((shared / "data/hubertshum_bvh").glob("*.bvh"))[::8]
    assert len(files) >= 5
    for file in files:
        forwards = prepare_recording(file)
        backwards = prepared_of(forwards.motion.joints[::-1])
        assert "no_steps" in names(assess_uncertainty(CONFIDENT, backwards, *embedded))
        assert "no_steps" not in names(assess_uncertainty(CONFIDENT, forwards, *embedded))

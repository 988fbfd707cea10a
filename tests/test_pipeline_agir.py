"""The pipeline answers as the model does, whatever form a motion comes in."""

import copy
import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from transformers import pipeline

import agir_hf
from agir_hf import GaitAssessmentPipeline
from agir_hf.constants_agir import NOTICE
from agir_hf.humanml3d import joints_to_features
from agir_hf.processing_agir import vote

FEW = {"max_new_tokens": 8}


@pytest.fixture(scope="module")
def doubting(model):
    """The model with a level that no score reaches."""
    doubting = copy.deepcopy(model)
    doubting.config.uncertain_below = 0.9
    doubting.config.training_data = "simulated walks only"
    return doubting


@pytest.fixture(scope="module")
def pipe(doubting, processor):
    return GaitAssessmentPipeline(model=doubting, processor=processor, device="cpu", **FEW)


@pytest.fixture(scope="module")
def short(doubting, processor):
    """The same with a processor that reads 24 frames at once."""
    processor = copy.deepcopy(processor)
    processor.feature_extractor.max_frames = 24
    return GaitAssessmentPipeline(model=doubting, processor=processor, device="cpu", **FEW)


def same(told, assessment):
    kept = {name: told[name] for name in ("score", "reasoning", "uncertain", "uncertain_below")}
    assert kept == {name: getattr(assessment, name) for name in kept}
    assert told["alternatives"] == list(assessment.alternatives)
    np.testing.assert_allclose(told["probabilities"], assessment.probabilities, atol=1e-6)


def test_it_answers_as_model_and_processor_do(pipe, doubting, processor, motions, sample_joints):
    given = [sample_joints, *motions]
    outputs = doubting.generate_assessment(**processor(motion=given), **FEW)
    for batch_size in (1, 2):
        told = pipe(given, batch_size=batch_size)
        for one, assessment in zip(told, processor.decode_assessments(outputs), strict=True):
            same(one, assessment)
        assert [one["frames"] for one in told] == [(len(sample_joints) - 1) // 4 * 4, 40, 64]


def test_an_answer_is_plain_and_says_what_it_is(pipe, motions):
    told = pipe(motions[0])
    assert json.loads(json.dumps(told)) == told
    assert told["uncertain"] and len(told["alternatives"]) > 1
    assert told["trained_on"] == "simulated walks only"
    assert told["notice"] == NOTICE and "Not a medical device" in NOTICE
    assert told["windows"] == 1


def test_every_form_of_a_motion_is_the_same_motion(pipe, sample_joints):
    joints = sample_joints[:60]
    features = joints_to_features(joints)
    expected = pipe(joints)
    forms = {
        "nested lists": joints.tolist(),
        "a tensor": torch.tensor(joints),
        "joints with their rate": {"joints": joints.tolist(), "rate_hz": 20},
        "an object": SimpleNamespace(joints=joints, rate_hz=20.0),
        "features": features,
        "features by name": {"features": features},
    }
    for form, motion in forms.items():
        assert pipe(motion) == expected, form
    assert pipe(joints, rate_hz=20) == expected


def test_several_motions_give_a_list(pipe, motions):
    expected = [pipe(one) for one in motions]
    assert pipe(tuple(motions)) == expected
    assert pipe([{"features": one.tolist()} for one in motions]) == expected
    assert pipe([torch.tensor(one) for one in motions]) == expected
    assert list(pipe(one for one in motions)) == expected
    assert pipe(np.stack([motions[0]] * 2)) == [expected[0]] * 2
    assert pipe(motions[:1]) == expected[:1]
    assert pipe([]) == []


def test_a_long_motion_is_the_vote_of_its_windows(short, pipe, motions):
    windows = short.processor.feature_extractor.windows(motions[1])
    assert len(windows) == 3
    inputs = short.processor(motion=windows)
    lengths = inputs["motion_attention_mask"].sum(1).tolist()
    outputs = short.model.generate_assessment(**inputs, **FEW)
    told = short(motions[1])
    same(told, vote(short.processor.decode_assessments(outputs), lengths))
    assert (told["windows"], told["frames"]) == (3, sum(lengths))


@pytest.mark.parametrize("batch_size", [2, 3, 8])
def test_windows_of_several_motions_share_batches_and_are_not_mixed_up(short, motions, batch_size):
    given = [motions[1], motions[0], motions[1]]
    alone = [short(one) for one in given]
    for one, other in zip(short(given, batch_size=batch_size), alone, strict=True):
        np.testing.assert_allclose(one.pop("probabilities"), other.pop("probabilities"), atol=1e-6)
        assert one == other


def test_parameters_reach_the_model(pipe, motions):
    ways = {"text": "Score this: <motion>", "num_rationales": 3}
    inputs = pipe.processor(motion=motions[0], text=ways["text"])
    outputs = pipe.model.generate_assessment(**inputs, num_rationales=3, **FEW)
    told = pipe(motions[0], **ways)
    same(told, *pipe.processor.decode_assessments(outputs))
    assert told["probabilities"] != pipe(motions[0])["probabilities"]


@pytest.mark.parametrize(
    ("motion", "message"),
    [
        (np.zeros((30, 25, 3)), r"\(30, 25, 3\), expected"),
        (np.zeros((30, 251)), "263"),
        (np.full((30, 263), np.nan), "NaN or infinite"),
        (np.zeros((2, 263)), "2 frames, expected at least 4"),
        ({"joints": np.zeros((30, 22, 3)), "rate_hz": 30}, "30 frames per second, expected 20"),
        ({"joints": np.zeros((30, 22, 3)), "rate_hz": float("nan")}, "nan frames per second"),
        ({"joints": np.zeros((30, 22, 3)), "rate_hz": "30"}, "rate_hz is '30'"),
        ({"features": np.zeros((30, 263)), "rate_hz": 20}, "rate_hz is 20 for a motion of 2 axes"),
        ({"joints": [], "features": []}, "a motion has joints, features, expected"),
        ({"video": 1}, "a motion has video, expected joints"),
        ({"joints": [[[0, 0, 0]], [[0, 0]]]}, "ragged or has values that are no numbers"),
        ([[[0, 0, 0]] * 22, [[0, 0, 0]] * 21], "ragged or has values that are no numbers"),
        ([[0.0] * 263, [0.0] * 262], "ragged or has values that are no numbers"),
        ([[[None, 0, 0]] * 22] * 30, "ragged or has values that are no numbers"),
        (["walk.c3d"], "ragged or has values that are no numbers"),
        (3, "ragged or has values that are no numbers"),
    ],
)
def test_what_is_no_motion_is_told(pipe, motion, message):
    with pytest.raises(ValueError, match=message):
        pipe(motion)


def test_a_parameter_that_is_not_known_is_told(pipe, motions):
    with pytest.raises(TypeError, match="no parameter max_tokens, expected some of max_new_tokens"):
        pipe(motions[0], max_tokens=3)


@pytest.mark.parametrize("trust", [None, False, True])
def test_with_the_package_no_remote_code_runs(saved_model, motions, model, processor, trust):
    pipe = pipeline("gait-assessment", model=str(saved_model), trust_remote_code=trust)
    assert type(pipe) is GaitAssessmentPipeline
    assert type(pipe.model) is type(model) and type(pipe.processor) is type(processor)
    outputs = model.generate_assessment(**processor(motion=motions[0]), **FEW)
    same(pipe(motions[0], **FEW), *processor.decode_assessments(outputs))


def test_without_a_model_it_is_the_embedded_one():
    pipe = pipeline("gait-assessment")
    assert pipe.model.name_or_path == agir_hf.DEFAULT_MODEL
    assert pipe.model.config.training_data == "simulated walks only"


def test_a_saved_pipeline_loads(pipe, tmp_path, motions):
    pipe.save_pretrained(tmp_path)
    again = pipeline("gait-assessment", model=str(tmp_path), **FEW)
    assert again(motions) == pipe(motions)

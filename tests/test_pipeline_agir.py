"""The pipeline gives the answers of the model, for a motion in any format."""

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

SHORT_ANSWER = {"max_new_tokens": 8}


@pytest.fixture(scope="module")
def uncertain_model(model):
    """Model with a level that no score reaches."""
    uncertain_model = copy.deepcopy(model)
    uncertain_model.config.uncertain_below = 0.9
    uncertain_model.config.training_data = "simulated walks only"
    return uncertain_model


@pytest.fixture(scope="module")
def pipe(uncertain_model, processor):
    return GaitAssessmentPipeline(
        model=uncertain_model, processor=processor, device="cpu", **SHORT_ANSWER
    )


@pytest.fixture(scope="module")
def windowed_pipe(uncertain_model, processor):
    """Pipeline that splits motions into windows of at most 24 frames."""
    processor = copy.deepcopy(processor)
    processor.feature_extractor.max_frames = 24
    return GaitAssessmentPipeline(
        model=uncertain_model, processor=processor, device="cpu", **SHORT_ANSWER
    )


def assert_same(result, assessment):
    names = ("score", "reasoning", "uncertain", "uncertain_below")
    assert {n: result[n] for n in names} == {n: getattr(assessment, n) for n in names}
    assert result["alternatives"] == list(assessment.alternatives)
    np.testing.assert_allclose(result["probabilities"], assessment.probabilities, atol=1e-6)


def test_the_pipeline_gives_the_answers_of_model_and_processor(
    pipe, uncertain_model, processor, motions, sample_joints
):
    inputs = [sample_joints, *motions]
    outputs = uncertain_model.generate_assessment(**processor(motion=inputs), **SHORT_ANSWER)
    for batch_size in (1, 2):
        results = pipe(inputs, batch_size=batch_size)
        for result, assessment in zip(results, processor.decode_assessments(outputs), strict=True):
            assert_same(result, assessment)
        frames = [result["frames"] for result in results]
        assert frames == [(len(sample_joints) - 1) // 4 * 4, 40, 64]


def test_a_result_is_json_with_provenance_and_notice(pipe, motions):
    result = pipe(motions[0])
    assert json.loads(json.dumps(result)) == result
    assert result["uncertain"] and len(result["alternatives"]) > 1
    assert result["trained_on"] == "simulated walks only"
    assert result["notice"] == NOTICE and "Not a medical device" in NOTICE
    assert result["windows"] == 1


def test_every_format_of_a_motion_gives_the_same_result(pipe, sample_joints):
    joints = sample_joints[:60]
    features = joints_to_features(joints)
    expected = pipe(joints)
    inputs = {
        "nested lists": joints.tolist(),
        "a tensor": torch.tensor(joints),
        "joints with their rate": {"joints": joints.tolist(), "rate_hz": 20},
        "an object": SimpleNamespace(joints=joints, rate_hz=20.0),
        "features": features,
        "features by name": {"features": features},
    }
    for name, motion in inputs.items():
        assert pipe(motion) == expected, name
    assert pipe(joints, rate_hz=20) == expected


def test_a_tensor_in_bfloat16_is_a_motion(pipe, motions):
    tensor = torch.tensor(motions[0]).bfloat16()
    assert pipe(tensor) == pipe(tensor.float().numpy())


def test_several_motions_give_a_list(pipe, motions):
    expected = [pipe(motion) for motion in motions]
    assert pipe(tuple(motions)) == expected
    assert pipe([{"features": motion.tolist()} for motion in motions]) == expected
    assert pipe([torch.tensor(motion) for motion in motions]) == expected
    assert list(pipe(motion for motion in motions)) == expected
    assert pipe(np.stack([motions[0]] * 2)) == [expected[0]] * 2
    assert pipe(motions[:1]) == expected[:1]
    assert pipe([]) == []


def test_a_long_motion_is_the_vote_of_its_windows(windowed_pipe, motions):
    windows = windowed_pipe.processor.feature_extractor.windows(motions[1])
    assert len(windows) == 3
    inputs = windowed_pipe.processor(motion=windows)
    lengths = inputs["motion_attention_mask"].sum(1).tolist()
    outputs = windowed_pipe.model.generate_assessment(**inputs, **SHORT_ANSWER)
    result = windowed_pipe(motions[1])
    assert_same(result, vote(windowed_pipe.processor.decode_assessments(outputs), lengths))
    assert (result["windows"], result["frames"]) == (3, sum(lengths))


@pytest.mark.parametrize("batch_size", [2, 3, 8])
def test_windows_of_several_motions_in_a_batch_are_not_mixed(windowed_pipe, motions, batch_size):
    inputs = [motions[1], motions[0], motions[1]]
    alone = [windowed_pipe(motion) for motion in inputs]
    for result, expected in zip(windowed_pipe(inputs, batch_size=batch_size), alone, strict=True):
        for name in ("probabilities", "token_probabilities"):
            np.testing.assert_allclose(result.pop(name), expected.pop(name), atol=1e-6)
        assert result == expected


def test_parameters_reach_the_model(pipe, motions):
    options = {"text": "Score this: <motion>", "num_rationales": 3}
    inputs = pipe.processor(motion=motions[0], text=options["text"])
    outputs = pipe.model.generate_assessment(**inputs, num_rationales=3, **SHORT_ANSWER)
    result = pipe(motions[0], **options)
    assert_same(result, *pipe.processor.decode_assessments(outputs))
    assert result["probabilities"] != pipe(motions[0])["probabilities"]


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
        ({"joints": [[[0, 0, 0]], [[0, 0]]]}, "ragged or has values that are not numbers"),
        ([[[0, 0, 0]] * 22, [[0, 0, 0]] * 21], "ragged or has values that are not numbers"),
        ([[0.0] * 263, [0.0] * 262], "ragged or has values that are not numbers"),
        ([[[None, 0, 0]] * 22] * 30, "ragged or has values that are not numbers"),
        (["walk.c3d"], "ragged or has values that are not numbers"),
        (3, "ragged or has values that are not numbers"),
    ],
)
def test_inputs_that_are_no_motion_raise(pipe, motion, message):
    with pytest.raises(ValueError, match=message):
        pipe(motion)


def test_an_unknown_parameter_raises(pipe, motions):
    with pytest.raises(TypeError, match="no parameter max_tokens, supported are max_new_tokens"):
        pipe(motions[0], max_tokens=3)


@pytest.mark.parametrize("trust", [None, False, True])
def test_with_the_package_no_remote_code_runs(saved_model, motions, model, processor, trust):
    pipe = pipeline("gait-assessment", model=str(saved_model), trust_remote_code=trust)
    assert type(pipe) is GaitAssessmentPipeline
    assert type(pipe.model) is type(model) and type(pipe.processor) is type(processor)
    outputs = model.generate_assessment(**processor(motion=motions[0]), **SHORT_ANSWER)
    assert_same(pipe(motions[0], **SHORT_ANSWER), *processor.decode_assessments(outputs))


def test_the_default_model_is_the_embedded_one():
    pipe = pipeline("gait-assessment")
    assert pipe.model.name_or_path == agir_hf.DEFAULT_MODEL
    assert pipe.model.config.training_data == "simulated walks only"


def test_a_saved_pipeline_loads(pipe, tmp_path, motions):
    pipe.save_pretrained(tmp_path)
    loaded = pipeline("gait-assessment", model=str(tmp_path), **SHORT_ANSWER)
    assert loaded(motions) == pipe(motions)


def test_joints_of_a_standing_person_are_refused(pipe, sample_joints):
    standing = np.repeat(sample_joints[:1], 80, axis=0)
    with pytest.raises(ValueError, match="the motion is not a walk: neither foot lands"):
        pipe(standing)


def test_joints_in_millimetres_are_refused(pipe, sample_joints):
    with pytest.raises(ValueError, match="expected positions of at most 100 m"):
        pipe({"joints": 1000 * sample_joints, "rate_hz": 20.0})

"""Every prediction runs on the device of the model, and gives the same answers there.

The second device of `other_device` computes on the CPU. Texts, tokens and codes are equal there;
probabilities differ by rounding, because the decoder chooses layouts of weights and joined
operators by device. A tensor that is created on the CPU and used with the model raises
`MixedDevicesError`.
"""

import copy
from dataclasses import asdict

import numpy as np
import pytest
import torch

from agir_hf import GaitAssessment, GaitAssessmentPipeline
from agir_hf.assessment.generation import generate
from agir_hf.assessment.prediction import predict
from agir_hf.assessment.uncertainty import motion_distances
from agir_hf.evaluation.probing.network_probe import NETWORKS, network_embeddings
from agir_hf.experiments import inference, readout


@pytest.fixture(scope="module")
def cpu_model(model):
    """The untrained model, with the same attention on both devices and short answers."""
    model = copy.deepcopy(model).eval()
    model.set_attn_implementation("eager")
    model.config.num_rationales, model.config.read_mirror_image = 2, True
    return model


@pytest.fixture(scope="module")
def other_model(cpu_model, second):
    with second.other_device():
        return copy.deepcopy(cpu_model).to(second.OTHER)


ROUNDING = 2e-7  # in probabilities: four steps of float32 numbers near 1


def equal(first, second) -> bool:
    """Whether two results, which may be nested or hold arrays, are equal up to rounding."""
    if isinstance(first, GaitAssessment):
        first, second = asdict(first), asdict(second)
    if isinstance(first, float):
        return abs(first - second) <= ROUNDING
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(equal(first[k], second[k]) for k in first)
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(map(equal, first, second))
    return np.array_equal(first, second) if isinstance(first, np.ndarray) else first == second


def test_a_tensor_of_the_cpu_cannot_be_used_with_the_model(other_model, processor, motions, second):
    inputs = processor(motion=motions)
    with second.other_device(), pytest.raises(second.MixedDevicesError):
        other_model.generate_assessment(**inputs, max_new_tokens=8)
    start = torch.zeros(2, 1, dtype=torch.long)
    with second.other_device(), pytest.raises(second.MixedDevicesError):
        other_model(**inputs.to(second.OTHER), decoder_input_ids=start)
    with second.other_device(), pytest.raises((RuntimeError, TypeError)):
        other_model.vqvae.embed_motion(inputs["motion_values"].to(second.OTHER)).numpy()


def _predicted(model, processor, motions):
    with pytest.MonkeyPatch.context() as patch:
        original = type(model).generate_assessment
        patch.setattr(
            type(model),
            "generate_assessment",
            lambda self, **inputs: original(self, **inputs, max_new_tokens=9),
        )
        return [answer.assessment for answer in predict(motions, model, processor, 2)]


def _described(model, processor, motions):
    inputs = processor(motion=motions, text=processor.description_prompt("arm")).to(model.device)
    return processor.decode_descriptions(model.describe(**inputs, max_new_tokens=5))


def _beams(model, processor, motions):
    inputs = processor(motion=motions).to(model.device)
    output = model.generate_assessment(**inputs, max_new_tokens=8, num_beams=2)
    return processor.decode_assessments(output)


def _generated(model, processor, motions):
    return generate(model, processor, "The walker takes short steps.", seconds=2, seed=3).joints


def _assessed(model, processor, motions):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inference, "MAX_ANSWER_TOKENS", 8)
        return inference.assess(model, processor, motions, batch_size=2)


def _embedded(model, processor, motions):
    tokenizer = inference.tokenizer_embeddings(model.vqvae, processor.feature_extractor, motions)
    return [inference.embeddings(model, processor, motions), tokenizer]


def _read_out(model, processor, motions):
    return readout.readout_embeddings(model, processor, motions, batch_size=1)


def _distances(model, processor, motions):
    return motion_distances(motions[1], model, processor, None)


def _through_the_pipeline(model, processor, motions):
    assess = GaitAssessmentPipeline(model=model, processor=processor, device=model.device)
    return assess(motions, max_new_tokens=8, batch_size=2)


PREDICTIONS = (
    _predicted, _described, _beams, _generated, _assessed, _embedded, _read_out, _distances,
    _through_the_pipeline,
)  # fmt: skip


@pytest.mark.parametrize("prediction", PREDICTIONS, ids=lambda f: f.__name__.strip("_"))
def test_predictions_on_another_device_are_those_of_the_cpu(
    cpu_model, other_model, processor, motions, second, prediction
):
    motions = [motion[:24] for motion in motions]
    expected = prediction(cpu_model, processor, motions)
    with second.other_device():
        result = prediction(other_model, processor, motions)
    assert equal(result, expected)


def test_the_probe_is_read_on_another_device(cpu_model, processor, motions, second):
    """Calibration, bias and probe of a model that has all of them."""
    model = copy.deepcopy(cpu_model)
    config = copy.deepcopy(model.config)
    config.score_probe, config.probe_weight, config.score_bias = True, 0.7, [0.1, 0.0, -0.1]
    model = type(model)(config).eval()
    model.set_attn_implementation("eager")
    inputs = processor(motion=[motion[:24] for motion in motions])
    with torch.no_grad():
        expected = model.generate_assessment(**inputs, max_new_tokens=8)
    with second.other_device():
        moved = copy.deepcopy(model).to(second.OTHER)
        result = moved.generate_assessment(**inputs.to(second.OTHER), max_new_tokens=8)
        for name in ("sequences", "probabilities", "probe_probabilities", "candidates"):
            assert result[name].device == second.OTHER
            assert equal(result[name].tolist(), expected[name].tolist())


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_a_skeleton_network_embeds_clips_on_another_device(second, network):
    joints = np.random.default_rng(0).normal(size=(3, 54, 22, 3)).astype(np.float32)
    arguments = network, list(joints), np.array([0, 1, 2]), np.array([True] * 3)
    expected = network_embeddings(*arguments, steps=0)
    with second.other_device():
        result = network_embeddings(*arguments, steps=0, device=second.OTHER)
    assert result.dtype == np.float32
    # their attention is computed by another kernel on another device
    np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-5)

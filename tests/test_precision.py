"""The embedded model in bfloat16 agrees with float32 within stated tolerances.

Codes and embeddings of the tokenizer are equal, because it stays in float32. Sampled texts may
differ, so that probabilities are compared after the same texts.
"""

import numpy as np
import pytest
import torch

import agir_hf
from agir_hf.assessment import load_model
from agir_hf.assessment.uncertainty import motion_distances
from agir_hf.experiments.inference import embeddings
from agir_hf.motion import read_recording, to_joints
from agir_hf.utils.devices import resolve_device

LARGEST_DIFFERENCE = 0.05  # of a probability, after the same text
LARGEST_DIFFERENCE_OF_PROBE = 0.005
LARGEST_ERROR = 0.05  # of an embedding, relative to its norm


@pytest.fixture(scope="module")
def models():
    return {name: load_model(device="cpu", precision=name) for name in ("fp32", "bf16")}


@pytest.fixture(scope="module")
def walks(models):
    """Features of parts of the sample walk, of different lengths."""
    extractor = models["fp32"][1].feature_extractor
    features = extractor.features(to_joints(read_recording(agir_hf.SAMPLE_RECORDING)))
    return [features, features[:80], features[24:]]


def test_tokenizer_and_probe_stay_in_float32(models):
    model = models["bf16"][0]
    assert model.dtype == torch.bfloat16
    dtypes = {name.partition(".")[0]: p.dtype for name, p in model.named_parameters()}
    assert dtypes["vqvae"] == dtypes.get("score_probe", torch.float32) == torch.float32
    assert dtypes["model"] == dtypes["lm_head"] == torch.bfloat16


def test_embeddings_agree(models, walks):
    first, second = (embeddings(*models[name], walks) for name in ("fp32", "bf16"))
    for name, values in first.items():
        assert values.dtype == second[name].dtype == np.float32
        if name.startswith("tokenizer"):
            np.testing.assert_array_equal(values, second[name])
        else:
            error = np.linalg.norm(values - second[name], axis=1)
            assert (error < LARGEST_ERROR * np.linalg.norm(values, axis=1)).all(), name
    distances = [motion_distances(walks[0], *models[name], None) for name in models]
    assert distances[0] == distances[1]


def test_probabilities_after_the_same_text_and_the_scores_agree(models, walks):
    answers, probabilities, probes = {}, {}, {}
    for name, (model, processor) in models.items():
        inputs = processor(motion=walks)
        output = model.generate_assessment(**inputs, max_new_tokens=32, num_rationales=1)
        texts = answers.setdefault("texts", output.sequences)
        answers[name] = processor.decode_assessments(output)
        with torch.no_grad():
            logits = model(**inputs, decoder_input_ids=texts).logits
        probabilities[name] = logits.float().softmax(-1)
        probes[name] = output.probe_probabilities
    scores = [[answer.score for answer in answers[name]] for name in models]
    assert scores[0] == scores[1]
    difference = (probabilities["fp32"] - probabilities["bf16"]).abs().max()
    assert 0 < difference < LARGEST_DIFFERENCE
    assert (probes["fp32"] - probes["bf16"]).abs().max() < LARGEST_DIFFERENCE_OF_PROBE


def test_a_gpu_gives_the_answers_of_the_cpu(models, walks):
    """In float32, with a tolerance of 0.001 for probabilities; the codes are equal."""
    device = resolve_device()
    if device.type == "cpu":
        pytest.skip("this machine has no GPU")
    answers = []
    for model, processor in (models["fp32"], load_model(device=str(device), precision="fp32")):
        inputs = processor(motion=walks).to(model.device)
        motion = {name: value for name, value in inputs.items() if name.startswith("motion")}
        output = model.generate_assessment(**inputs, max_new_tokens=32, num_rationales=1)
        answers.append([model.vqvae.encode(**motion).cpu(), output.probabilities.cpu()])
    assert torch.equal(answers[0][0], answers[1][0])
    torch.testing.assert_close(answers[0][1], answers[1][1], atol=1e-3, rtol=0)


def test_a_checkpoint_in_bfloat16_is_loaded_in_its_format(models, tmp_path):
    model, processor = models["bf16"]
    model.save_pretrained(tmp_path)
    processor.save_pretrained(tmp_path)
    loaded, _ = load_model(str(tmp_path), device="cpu")
    assert loaded.dtype == torch.bfloat16 and loaded.vqvae.dtype == torch.float32
    assert load_model(str(tmp_path), "cpu", "fp32")[0].dtype == torch.float32


def test_a_checkpoint_in_float16_is_loaded_in_float32_on_the_cpu(tmp_path):
    """Its format is not supported there; see `resolve_placement`."""
    model, processor = load_model(device="cpu")
    model.to(torch.float16).save_pretrained(tmp_path)
    processor.save_pretrained(tmp_path)
    loaded, _ = load_model(str(tmp_path), device="cpu")
    assert loaded.dtype == torch.float32

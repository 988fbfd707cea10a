"""Decoding step by step gives the tokens of `generate`, and the probabilities of a second pass."""

import copy
from functools import partial

import pytest
import torch
from peft import LoraConfig, get_peft_model
from torch.nn import functional as F
from transformers import T5Config, T5ForConditionalGeneration

from agir_hf import AgirForGaitAssessment, decoder_agir, modeling_agir
from agir_hf.assessment import load_model
from agir_hf.decoder_agir import Decoder, Product
from agir_hf.decoding_agir import supports
from agir_hf.generation_agir import AnswerConstraint, GumbelNoise, TokenConstraint


@pytest.fixture
def by_generate(monkeypatch):
    """Call a function twice: with our decoding, which must be used, and with `generate`."""

    def by_generate(function):
        with monkeypatch.context() as context:
            context.setattr(AgirForGaitAssessment, "generate", None)
            ours = function()
        with monkeypatch.context() as context:
            context.setattr(modeling_agir, "supports", lambda *_: False)
            return ours, function()

    return by_generate


def assert_equal_answers(ours, theirs):
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        if torch.is_tensor(value):
            torch.testing.assert_close(value, theirs[name], atol=1e-5, rtol=0, msg=name)


@pytest.mark.parametrize("number", [1, 5])
@pytest.mark.parametrize("mirror", [False, True])
def test_answers_are_those_of_generate(
    model, processor, motions, monkeypatch, by_generate, number, mirror
):
    """Prompts of different lengths, and unequal numbers of answers to them."""
    monkeypatch.setattr(model.config, "read_mirror_image", mirror)
    monkeypatch.setattr(model.config, "score_rationales", 2)
    inputs = processor(motion=[*motions, motions[0][:20]])
    assess = partial(model.generate_assessment, **inputs, max_new_tokens=40, num_rationales=number)
    assert_equal_answers(*by_generate(assess))


def test_answers_that_end_at_different_times_are_those_of_generate(
    model, processor, motions, by_generate
):
    """With equal scores for all tokens, rows and then whole prompts leave the batch."""
    even = copy.deepcopy(model)
    even.lm_head.weight.data.zero_()
    end = even.config.reasoning_end_token_id
    even.lm_head.weight.data[end, 0] = 0.3  # so that the end depends on the state
    inputs = processor(motion=[*motions, motions[0][:20], motions[1][:30]])
    assess = partial(even.generate_assessment, **inputs, max_new_tokens=150, num_rationales=3)
    ours, theirs = by_generate(assess)
    lengths = (ours.candidates != 0).sum(-1)
    assert len(lengths.unique()) > 4 and lengths.amax() > decoder_agir.BLOCK
    assert_equal_answers(ours, theirs)


def test_the_embedded_model_has_the_answers_of_generate_and_of_a_second_pass(
    sample_joints, by_generate
):
    model, processor = load_model(device="cpu")
    inputs = processor(motion=[sample_joints, sample_joints[20:]])
    ours, theirs = by_generate(partial(model.generate_assessment, **inputs, num_rationales=4))
    assert_equal_answers(ours, theirs)
    prompts, mask = model._with_motions(**inputs)
    encoded = model.model.encoder(prompts, attention_mask=mask)
    sequences, probabilities = model._answers(prompts, mask, encoded, [3] * 4, 256, {})
    second = model.score_probabilities(prompts, mask, sequences)
    torch.testing.assert_close(probabilities, second, atol=1e-5, rtol=0)


def test_descriptions_and_motions_are_those_of_generate(model, processor, motions, by_generate):
    inputs = processor(motion=motions, text=[processor.description_prompt("arm")] * 2)
    ours, theirs = by_generate(partial(model.describe, **inputs, max_new_tokens=20))
    assert torch.equal(ours, theirs)
    prompts = processor(text=[processor.motion_prompt(text) for text in ("She walks.", "He")])
    for options in ({"num_codes": 5}, {"max_new_tokens": 12}, {"num_codes": 9, "seeds": [3, 4]}):
        ours, theirs = by_generate(partial(model.generate_motion, **prompts, **options))
        assert torch.equal(ours.sequences, theirs.sequences), options


def test_a_t5_without_gates_has_the_answers_of_generate(
    t5_tokenizer, vqvae, processor, motions, by_generate
):
    torch.manual_seed(0)
    config = T5Config(
        vocab_size=len(t5_tokenizer), d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4,
        feed_forward_proj="relu", decoder_start_token_id=0,
    )  # fmt: skip
    t5 = T5ForConditionalGeneration(config).eval()
    model = AgirForGaitAssessment.from_t5(t5, vqvae, t5_tokenizer)
    inputs = processor(motion=motions)
    assess = partial(model.generate_assessment, **inputs, max_new_tokens=20, num_rationales=2)
    assert_equal_answers(*by_generate(assess))


def test_bfloat16_has_the_states_of_the_decoder_of_transformers(model):
    half = copy.deepcopy(model).to(torch.bfloat16)
    states = torch.randn(2, 7, 32, dtype=torch.bfloat16)
    mask = torch.ones(2, 7)
    mask[1, 4:] = 0
    ids = [[0, 0, 0], [5, 6, 7], [9, 8, 7]]
    decoder = Decoder(half.model.decoder, states, mask, rows=3)
    decoder.repeat([2, 1])
    with torch.no_grad():
        ours = torch.stack([decoder.read(tokens) for tokens in ids], 1)
        theirs = half.model.decoder(
            torch.tensor(ids).T, encoder_hidden_states=states[[0, 0, 1]],
            encoder_attention_mask=mask[[0, 0, 1]],
        ).last_hidden_state  # fmt: skip
    torch.testing.assert_close(ours, theirs, atol=0.1, rtol=0.02)


@pytest.mark.parametrize("options", [{"num_beams": 3}, {"num_beams": 4, "num_return_sequences": 2}])
def test_beam_search_records_the_probabilities_of_a_second_pass(
    model, processor, motions, monkeypatch, options
):
    inputs = processor(motion=motions)
    with monkeypatch.context() as context:
        context.setattr(AgirForGaitAssessment, "score_probabilities", None)  # is not called
        outputs = model.generate_assessment(**inputs, max_new_tokens=16, **options)
    mask = inputs.pop("attention_mask")
    prompts = model.insert_motion(**inputs)
    second = model.score_probabilities(prompts, mask, outputs.sequences)
    torch.testing.assert_close(outputs.probabilities, second, atol=1e-5, rtol=0)


@pytest.mark.parametrize("shape", [(40, 30), (1000, 300), (2100, 2000)])
@pytest.mark.parametrize("rows", [1, 8])
def test_every_form_of_a_product_is_the_product(shape, rows):
    weight, x, summand = torch.randn(shape), torch.randn(rows, shape[1]), torch.randn(1, shape[0])
    product, expected = Product(weight.split(shape[0] // 2), rows), F.linear(x, weight)
    torch.testing.assert_close(product(x), expected, atol=1e-3, rtol=0)
    summed = product(x, summand.expand(rows, -1))
    torch.testing.assert_close(summed, expected + summand, atol=1e-3, rtol=0)


def test_noise_of_several_steps_is_that_of_single_steps(monkeypatch):
    noise = GumbelNoise([4, 9], 50)
    generator = torch.Generator().manual_seed(9)
    expected = [torch.rand(50, generator=generator) for _ in range(6)]
    expected = [-(-u.log()).log() for u in expected]
    assert torch.equal(noise.draw()[1], expected[0])
    noise.move(1, 0)
    noise.keep(1)
    assert torch.equal(noise.draw()[0], expected[1])
    monkeypatch.setattr("agir_hf.generation_agir.NOISE_VALUES", 150)
    noise = GumbelNoise([9], 50)  # three steps at a time
    assert all(torch.equal(noise.draw()[0], value) for value in expected)


def test_what_needs_generate_is_left_to_it(model, processor, motions):
    constraint = AnswerConstraint(model.config, 20)
    assert supports(model, constraint)
    assert not supports(copy.deepcopy(model).train(), constraint)
    assert not supports(copy.deepcopy(model).half(), constraint)
    with torch.autocast("cpu", torch.bfloat16):
        assert not supports(model, constraint)
    prepared = copy.deepcopy(model)
    prepared.forward = prepared.forward  # as accelerate does, to convert the outputs
    assert not supports(prepared, constraint)
    hooked, mixed = copy.deepcopy(model), copy.deepcopy(model)
    hooked.lm_head.register_forward_hook(lambda *_: None)
    assert not supports(hooked, constraint)
    mixed.model.decoder.block[0].layer[2].DenseReluDense.wo.to(torch.bfloat16)
    assert not supports(mixed, constraint)
    adapted = get_peft_model(copy.deepcopy(model), LoraConfig(target_modules=["q"]))
    assert not supports(adapted.get_base_model(), constraint)
    assert not supports(model, TokenConstraint(model.config, [5, 7], 1))
    inputs = processor(motion=motions)
    repeated = copy.deepcopy(model)
    repeated.generation_config.repetition_penalty = 1e6  # no token occurs twice
    answer = repeated.generate_assessment(**inputs, max_new_tokens=30).sequences[0].tolist()
    text = answer[2 : answer.index(model.config.reasoning_end_token_id)]
    assert len(set(text)) == len(text)
    plain = model.generate_assessment(**inputs, max_new_tokens=30).sequences[0].tolist()
    assert plain != answer

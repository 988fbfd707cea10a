"""AGIR model: vocabulary, generated answers, calibration, descriptions, motions, embeddings."""

import copy
import json
import re

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForSeq2SeqLM,
    AutoProcessor,
    AutoTokenizer,
    T5Config,
    T5ForConditionalGeneration,
)
from trl.trainer.utils import add_fused_lm_head

from agir_hf import AgirConfig, AgirForGaitAssessment, AgirProcessor, MotionVQVAE
from agir_hf.configuration_agir import added_tokens, answer_tokens
from agir_hf.humanml3d import MIRROR_ORDER, MIRROR_SIGNS


def prompt(model, rows=2, length=9):
    generator = torch.Generator().manual_seed(3)
    return torch.randint(3, model.config.motion_token_offset, (rows, length), generator=generator)


def assert_answer(ids, config):
    """Check the format <reasoning_start> text <reasoning_end> <score_start> k <score_end> end."""
    ids = [i for i in ids.tolist() if i != config.pad_token_id]
    assert ids[0] == config.reasoning_start_token_id
    assert ids[-5:-3] == [config.reasoning_end_token_id, config.score_start_token_id]
    assert ids[-3] in config.score_token_ids
    assert ids[-2:] == [config.score_end_token_id, config.eos_token_id]
    text = ids[1:-5]
    assert text and all(i < config.motion_token_offset for i in text)


def test_released_vocabulary_becomes_32622_and_old_rows_are_unchanged(shared):
    tokenizer = AutoTokenizer.from_pretrained(shared / "data/t5_tokenizer")
    config = T5Config(
        vocab_size=32_128, d_model=8, d_kv=4, d_ff=8, num_layers=1, num_heads=2,
        feed_forward_proj="gated-gelu", tie_word_embeddings=False, decoder_start_token_id=0,
    )  # fmt: skip
    t5 = T5ForConditionalGeneration(config)
    t5.lm_head.weight = torch.nn.Parameter(torch.randn(32_128, 8))
    vqvae = MotionVQVAE(AgirConfig().vqvae_config)
    for model in (
        AgirForGaitAssessment.from_t5(t5, vqvae),
        AgirForGaitAssessment.from_t5(t5, vqvae, tokenizer),
    ):
        assert model.config.text_config.vocab_size == 32_622
        assert model.config.motion_token_offset == 32_100
        assert torch.equal(model.model.shared.weight[:32_128], t5.shared.weight)
        assert torch.equal(model.lm_head.weight[:32_128], t5.lm_head.weight)
    processor = AgirProcessor.from_t5(tokenizer, np.zeros(263), np.ones(263))
    assert len(processor.tokenizer) == 32_622
    for token in answer_tokens():
        token_id = processor.tokenizer.convert_tokens_to_ids(token)
        assert token_id == model.config.answer_token_id(token)


@pytest.mark.parametrize("tied", [True, False])
def test_old_vocabulary_gives_the_logits_of_the_t5(t5_tokenizer, vqvae, tied):
    torch.manual_seed(0)
    config = T5Config(
        vocab_size=len(t5_tokenizer), d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4,
        tie_word_embeddings=tied, decoder_start_token_id=0,
    )  # fmt: skip
    t5 = T5ForConditionalGeneration(config).eval()
    if not tied:
        t5.lm_head.weight = torch.nn.Parameter(torch.randn_like(t5.lm_head.weight))
    model = AgirForGaitAssessment.from_t5(t5, vqvae, t5_tokenizer)
    ids, labels = torch.tensor([[5, 6, 7, 1]]), torch.tensor([[9, 10, 1]])
    with torch.no_grad():
        ours = model(input_ids=ids, labels=labels).logits[..., : len(t5_tokenizer)]
        torch.testing.assert_close(ours, t5(input_ids=ids, labels=labels).logits)


def test_embeddings_stay_shared_between_encoder_and_decoder(model):
    assert model.model.encoder.embed_tokens.weight is model.model.shared.weight
    assert model.model.decoder.embed_tokens.weight is model.model.shared.weight
    assert model.lm_head.weight is not model.model.shared.weight


def test_added_ids_follow_the_vocabulary_in_order(model, processor, t5_tokenizer):
    ids = processor.tokenizer.convert_tokens_to_ids(added_tokens(16))
    assert ids == list(range(len(t5_tokenizer), len(t5_tokenizer) + 16 + 3 + 7))
    assert model.config.motion_mask_token_id == ids[18]
    assert model.config.score_token_ids == tuple(ids[-3:])


def test_codes_replace_the_mask_tokens_of_the_processor(model, processor, motions):
    inputs = processor(motion=motions)
    filled = model.insert_motion(
        inputs["input_ids"], inputs["motion_values"], inputs["motion_attention_mask"]
    )
    for row, motion in zip(filled, motions, strict=True):
        values = torch.tensor(processor.feature_extractor.normalize(motion))[None]
        codes = model.vqvae.encode(values)[0]
        start = row.tolist().index(model.config.motion_start_token_id)
        tokens = row[start + 1 : start + 1 + len(codes)]
        assert torch.equal(tokens - model.config.motion_token_offset, codes)
        assert row[start + 1 + len(codes)] == model.config.motion_end_token_id


def test_motion_as_values_and_as_tokens_gives_the_same_prompt(model, processor, motions):
    by_values = processor(motion=motions[0], text="Assess <motion> now")
    codes = model.vqvae.encode(by_values["motion_values"])[0].tolist()
    by_tokens = processor(text=f"Assess {processor.motion_text(codes)} now")
    filled = model.insert_motion(by_values["input_ids"], by_values["motion_values"])
    assert torch.equal(filled, by_tokens["input_ids"])


def test_prompt_and_motion_of_different_length_raise(model, processor, motions):
    inputs = processor(motion=motions[0])
    message = r"positions for \[10\] motion codes, the motions have \[9\]"
    with pytest.raises(ValueError, match=message):
        model.insert_motion(inputs["input_ids"], inputs["motion_values"][:, :36])


@pytest.mark.parametrize(
    "options",
    [{}, {"num_beams": 3}, {"do_sample": True}, {"max_new_tokens": 7}],
    ids=["greedy", "beams", "sampled", "shortest"],
)
def test_every_answer_has_the_format(model, processor, motions, options):
    torch.manual_seed(0)
    options = {"max_new_tokens": 16, **options}
    outputs = model.generate_assessment(**processor(motion=motions), **options)
    for row in outputs.sequences:
        assert_answer(row, model.config)
    assert len(processor.decode_assessments(outputs)) == 2


def test_rows_that_end_at_different_times_have_the_format(model, processor, motions):
    """With equal scores for all tokens, sampled rows end early or late."""
    torch.manual_seed(0)
    inputs = processor(motion=motions)
    head = model.lm_head.weight
    kept = head.detach().clone()
    try:
        head.data.zero_()
        outputs = model.generate_assessment(
            **inputs, max_new_tokens=120, do_sample=True, num_return_sequences=4
        )
    finally:
        head.data.copy_(kept)
    lengths = {(row != model.config.pad_token_id).sum().item() for row in outputs.sequences}
    assert len(lengths) > 1
    assert outputs.probabilities.shape == (8, 3)
    for row in outputs.sequences:
        assert_answer(row, model.config)


def test_a_length_too_short_for_an_answer_raises(model, processor, motions):
    with pytest.raises(ValueError, match="max_new_tokens is 6, expected at least 7"):
        model.generate_assessment(**processor(motion=motions[0]), max_new_tokens=6)


def test_probabilities_are_the_softmax_at_the_position_of_the_score(model, processor, motions):
    inputs = processor(motion=motions)
    outputs = model.generate_assessment(**inputs, max_new_tokens=12)
    for i, row in enumerate(outputs.sequences):
        single = processor(motion=motions[i])
        position = row.tolist().index(model.config.score_start_token_id)
        with torch.no_grad():
            logits = model(**single, decoder_input_ids=row[None, : position + 1]).logits[0, -1]
        expected = logits[list(model.config.score_token_ids)].softmax(-1)
        torch.testing.assert_close(outputs.probabilities[i], expected, atol=1e-5, rtol=0)
        score = model.config.score_token_ids.index(row[position + 1].item())
        assert score == outputs.probabilities[i].argmax()


def test_a_temperature_changes_the_probabilities_and_not_the_answers(model, processor, motions):
    inputs, calibrated = processor(motion=motions), copy.deepcopy(model)
    plain = model.generate_assessment(**inputs, max_new_tokens=12)
    for temperature in (0.25, 4.0):
        calibrated.config.score_temperature = temperature
        outputs = calibrated.generate_assessment(**inputs, max_new_tokens=12)
        assert torch.equal(outputs.sequences, plain.sequences)
        expected = (plain.probabilities.log() / temperature).softmax(-1)
        torch.testing.assert_close(outputs.probabilities, expected)
        assert torch.equal(outputs.probabilities.argsort(), plain.probabilities.argsort())
        higher = outputs.probabilities.amax(1) > plain.probabilities.amax(1)
        assert higher.tolist() == [temperature < 1] * 2


@pytest.mark.parametrize("number", [1, 4])
def test_a_bias_changes_the_probabilities_and_the_score(model, processor, motions, number):
    inputs, calibrated = processor(motion=motions), copy.deepcopy(model)
    plain = model.generate_assessment(**inputs, max_new_tokens=12, num_rationales=number)
    for score in range(3):
        bias = [3.0 * (k == score) - 1.0 for k in range(3)]
        calibrated.config.score_bias, calibrated.config.score_temperature = bias, 2.0
        outputs = calibrated.generate_assessment(**inputs, max_new_tokens=12, num_rationales=number)
        expected = (plain.probabilities.log() / 2 + torch.tensor(bias)).softmax(-1)
        torch.testing.assert_close(outputs.probabilities, expected)
        scores = [item.score for item in processor.decode_assessments(outputs)]
        assert scores == outputs.probabilities.argmax(1).tolist() == [score] * 2


def test_assessments_are_compared_with_the_level_of_the_model(model, processor, motions):
    inputs, calibrated = processor(motion=motions), copy.deepcopy(model)
    outputs = model.generate_assessment(**inputs, max_new_tokens=12)
    assert outputs.uncertain_below is None
    assert not any(item.uncertain for item in processor.decode_assessments(outputs))
    levels = outputs.probabilities.amax(1).tolist()
    calibrated.config.uncertain_below = sum(levels) / 2
    outputs = calibrated.generate_assessment(**inputs, max_new_tokens=12)
    assessments = processor.decode_assessments(outputs)
    assert {item.uncertain_below for item in assessments} == {sum(levels) / 2}
    assert [item.uncertain for item in assessments] == [level == min(levels) for level in levels]


def test_calibration_is_saved_and_an_older_checkpoint_loads(tmp_path, model):
    config = copy.deepcopy(model.config)
    config.score_temperature, config.uncertain_below = 1.5, 0.75
    config.save_pretrained(tmp_path)
    loaded = AgirConfig.from_pretrained(tmp_path)
    assert (loaded.score_temperature, loaded.uncertain_below) == (1.5, 0.75)
    settings = json.loads((tmp_path / "config.json").read_text())
    del settings["score_temperature"], settings["uncertain_below"]
    (tmp_path / "config.json").write_text(json.dumps(settings))
    old = AgirConfig.from_pretrained(tmp_path)
    assert (old.score_temperature, old.uncertain_below) == (1.0, None)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("score_bias", ([0.0], [0.0, 0.0, float("nan")], [0, 0, "1"])),
        ("score_temperature", (0, -1.0, float("nan"), float("inf"), None, "1", True)),
        ("uncertain_below", (-0.1, 1.1, float("nan"), "0.5", True)),
    ],
)
def test_a_wrong_calibration_raises(field, values):
    for value in values:
        message = rf"{field} is {re.escape(repr(value))}, expected .*calibrate.py"
        with pytest.raises(ValueError, match=message):
            AgirConfig(**{field: value})
    assert AgirConfig(score_temperature=2, uncertain_below=0).score_temperature == 2


def test_a_batch_gives_the_results_of_its_motions_alone(model, processor, motions):
    together = model.generate_assessment(**processor(motion=motions), max_new_tokens=12)
    for i, motion in enumerate(motions):
        alone = model.generate_assessment(**processor(motion=motion), max_new_tokens=12)
        assert torch.equal(alone.sequences[0], together.sequences[i])
        torch.testing.assert_close(alone.probabilities[0], together.probabilities[i])


def test_score_depends_on_motion_tokens_alone(model, processor, motions):
    """Motions with the same codes get the same answer."""
    inputs = processor(motion=motions[0])
    codes = model.vqvae.encode(inputs["motion_values"])
    text = processor(text=f"Assess {processor.motion_text(codes[0].tolist())}")
    outputs = model.generate_assessment(**text, max_new_tokens=12)
    assert set(inputs) == {
        "input_ids", "attention_mask", "motion_values", "motion_attention_mask",
        "motion_statistics",
    }  # fmt: skip
    by_values = model.generate_assessment(
        **processor(motion=motions[0], text="Assess <motion>"), max_new_tokens=12
    )
    assert torch.equal(outputs.sequences, by_values.sequences)


def test_loss_is_the_cross_entropy_of_the_kept_labels(model):
    ids, labels = prompt(model), prompt(model, length=5)
    labels[0, 3:] = -100
    with torch.no_grad():
        outputs = model(input_ids=ids, labels=labels)
    log_probabilities = outputs.logits.log_softmax(-1)
    picked = [
        -log_probabilities[i, j, labels[i, j]]
        for i in range(2)
        for j in range(5)
        if labels[i, j] != -100
    ]
    torch.testing.assert_close(outputs.loss, torch.stack(picked).mean())


def test_fused_head_of_trl_agrees_with_the_logits(model):
    import copy

    model = copy.deepcopy(model)
    ids, labels = prompt(model), prompt(model, length=5)
    labels[0, 3:] = -100
    inputs = {
        "input_ids": ids,
        "decoder_input_ids": model.prepare_decoder_input_ids_from_labels(labels),
    }
    with torch.no_grad():
        logits = model(**inputs).logits
        add_fused_lm_head(model)
        fused = model(**inputs, labels=labels, shift_labels=labels, fused_lm_head=True)
    picked = logits.log_softmax(-1).gather(-1, labels.clamp(min=0)[..., None])[..., 0]
    torch.testing.assert_close(fused.log_probs, picked.masked_fill(labels == -100, 0.0))


@pytest.mark.parametrize("loader", [AutoModel, AutoModelForSeq2SeqLM, AgirForGaitAssessment])
def test_saved_and_loaded_through_the_auto_classes(tmp_path, model, processor, motions, loader):
    model.save_pretrained(tmp_path)
    processor.save_pretrained(tmp_path)
    loaded, reread = loader.from_pretrained(tmp_path), AutoProcessor.from_pretrained(tmp_path)
    assert type(loaded) is AgirForGaitAssessment and type(reread) is AgirProcessor
    assert isinstance(AutoConfig.from_pretrained(tmp_path), AgirConfig)
    before = model.state_dict()
    assert before.keys() == loaded.state_dict().keys()
    assert all(torch.equal(before[name], value) for name, value in loaded.state_dict().items())
    assert reread.feature_extractor.mean == processor.feature_extractor.mean
    expected = model.generate_assessment(**processor(motion=motions), max_new_tokens=12)
    outputs = loaded.generate_assessment(**reread(motion=motions), max_new_tokens=12)
    assert torch.equal(outputs.sequences, expected.sequences)
    assert torch.equal(outputs.probabilities, expected.probabilities)


def test_weights_are_safetensors_only(tmp_path, model):
    model.save_pretrained(tmp_path)
    assert (tmp_path / "model.safetensors").exists()
    assert not list(tmp_path.glob("*.bin")) + list(tmp_path.glob("*.pt"))


def test_a_vocabulary_too_small_for_the_tokens_raises():
    with pytest.raises(ValueError, match="do not fit a vocabulary of 100 entries"):
        AgirConfig(text_config=T5Config(vocab_size=100), motion_token_offset=50)


def test_a_tokenizer_of_another_t5_raises(t5, vqvae, processor):
    with pytest.raises(ValueError, match="before\\s+extension"):
        AgirForGaitAssessment.from_t5(t5, vqvae, processor.tokenizer)


# 154 rows too many: 128 of padding and 26 of added tokens; and fewer rows than entries
@pytest.mark.parametrize("entries", [46, 201])
def test_numbers_of_entries_and_rows_that_differ_by_more_than_padding_raise(vqvae, entries):
    sizes = {"d_model": 8, "d_kv": 4, "d_ff": 8, "num_layers": 1, "num_heads": 2}
    small = T5ForConditionalGeneration(T5Config(vocab_size=200, decoder_start_token_id=0, **sizes))
    message = (
        f"tokenizer has {entries} entries and the T5 200 rows, expected as many, or at most 153"
    )
    with pytest.raises(ValueError, match=message):
        AgirForGaitAssessment.from_t5(small, vqvae, range(entries))


def test_a_flan_t5_on_disk_keeps_its_own_head(tmp_path, t5, vqvae, t5_tokenizer):
    """Flan-T5 has a head that is not tied to its embeddings, according to its config.json."""
    weights = {k: v.clone() for k, v in t5.state_dict().items() if "embed_tokens" not in k}
    torch.manual_seed(0)
    weights["lm_head.weight"] = torch.randn_like(weights["lm_head.weight"])
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    config = t5.config.to_dict() | {"tie_word_embeddings": False}
    config["architectures"] = ["T5ForConditionalGeneration"]
    del config["scale_decoder_outputs"]  # published files are older than this entry
    (tmp_path / "config.json").write_text(json.dumps(config))
    t5_tokenizer.save_pretrained(tmp_path)
    model = AgirForGaitAssessment.from_t5(str(tmp_path), vqvae)
    entries = len(t5_tokenizer)
    assert model.config.motion_token_offset == entries
    assert torch.equal(model.lm_head.weight[:entries], weights["lm_head.weight"])
    assert torch.equal(model.model.shared.weight[:entries], weights["shared.weight"])


def flat_head(model):
    """Model with equal scores for all tokens, so that sampling draws all of them."""
    import copy

    flat = copy.deepcopy(model)
    flat.lm_head.weight.data.zero_()
    return flat


@pytest.mark.parametrize("options", [{}, {"num_beams": 3}, {"do_sample": True, "top_k": 0}])
def test_a_description_has_only_text_tokens(model, processor, motions, options):
    """Also for a model that prefers motion tokens."""
    torch.manual_seed(0)
    motion_model = flat_head(model)
    motion_model.lm_head.weight.data[model.config.motion_token_offset :] = 1.0
    inputs = processor(motion=motions, text=processor.description_prompt("foot"))
    ids = motion_model.describe(**inputs, max_new_tokens=40, **options)
    assert ids.shape[0] == 2 and ids.shape[1] <= 41
    assert (ids < model.config.motion_token_offset).all()
    assert (ids[:, 1] > model.config.eos_token_id).all()  # at least one word


def test_descriptions_of_a_batch_equal_those_of_its_motions_alone(model, processor, motions):
    prompt = processor.description_prompt("arm")
    ids = model.describe(**processor(motion=motions, text=prompt), max_new_tokens=12)
    together = processor.decode_descriptions(ids)
    for motion, text in zip(motions, together, strict=True):
        inputs = processor(motion=motion, text=prompt)
        alone = model.describe(**inputs, max_new_tokens=12)
        assert processor.decode_descriptions(alone) == [text]


@pytest.mark.parametrize("options", [{}, {"num_beams": 3}, {"do_sample": True, "top_k": 0}])
@pytest.mark.parametrize("num_codes", [None, 1, 6])
def test_a_generated_motion_has_the_format_of_the_training_target(
    model, processor, options, num_codes
):
    torch.manual_seed(0)
    inputs = processor(text=["short steps", "The walker takes long and quick steps"])
    outputs = flat_head(model).generate_motion(
        **inputs, num_codes=num_codes, **({} if num_codes else {"max_new_tokens": 30}), **options
    )
    for row, codes in zip(outputs.sequences, outputs.codes, strict=True):
        target = processor.tokenizer(processor.motion_text(codes.tolist())).input_ids
        ids = row.tolist()
        assert ids[: len(target) + 1] == [model.config.decoder_start_token_id, *target]
        assert set(ids[len(target) + 1 :]) <= {model.config.pad_token_id}
        assert len(codes) == num_codes if num_codes else 1 <= len(codes) <= 27


def test_codes_become_features_of_four_frames_each(model, processor):
    """Rows that end at different times are decoded as they are alone."""
    torch.manual_seed(0)
    inputs = processor(text=["short steps"] * 6)
    outputs = flat_head(model).generate_motion(**inputs, max_new_tokens=60, do_sample=True, top_k=0)
    assert len({len(codes) for codes in outputs.codes}) > 1
    for codes, features in zip(outputs.codes, outputs.features, strict=True):
        assert features.shape == (4 * len(codes), 263)
        with torch.no_grad():
            alone = model.vqvae.decode(codes[None])[0]
        torch.testing.assert_close(features, alone, atol=1e-5, rtol=1e-5)


def test_motions_of_a_batch_equal_those_of_its_texts_alone(model, processor):
    texts = ["short steps", "The walker takes long and quick steps, arm swing is normal"]
    together = model.generate_motion(**processor(text=texts), max_new_tokens=20)
    for text, codes in zip(texts, together.codes, strict=True):
        alone = model.generate_motion(**processor(text=text), max_new_tokens=20)
        assert torch.equal(alone.codes[0], codes)


def test_the_same_seed_gives_the_same_motion_and_another_seed_another(model, processor):
    inputs, motions = processor(text="short steps"), []
    for seed in (3, 3, 4):
        torch.manual_seed(seed)
        outputs = model.generate_motion(**inputs, num_codes=20, do_sample=True)
        motions.append(outputs.codes[0].tolist())
    assert motions[0] == motions[1] != motions[2]


@pytest.mark.parametrize("options", [{"num_codes": 0}, {"num_codes": 9, "max_new_tokens": 11},
                                     {"max_new_tokens": 3}])  # fmt: skip
def test_a_length_too_short_for_a_motion_raises(model, processor, options):
    with pytest.raises(ValueError, match="expected at least one code and 3 tokens more"):
        model.generate_motion(**processor(text="short steps"), **options)


def test_motions_prepared_with_the_processor_of_another_model_raise(model, processor, motions):
    """Model and processor are valid, but come from different checkpoints."""
    other = copy.deepcopy(processor)
    other.feature_extractor.mean[0] += 1e-3
    fingerprint = processor.feature_extractor.statistics_fingerprint
    model.config.vqvae_config.statistics_fingerprint = fingerprint
    message = f"other statistics .*{fingerprint}.*: use the processor"
    try:
        model.generate_assessment(**processor(motion=motions[0]), max_new_tokens=8)
        inputs = other(motion=motions[0])
        for call in (model, model.generate, model.generate_assessment, model.describe):
            with pytest.raises(ValueError, match=message):
                call(**inputs)
        with pytest.raises(ValueError, match="other statistics"):
            model.vqvae(**other.feature_extractor(motions[0], return_tensors="pt"))
    finally:
        model.config.vqvae_config.statistics_fingerprint = None
    model.generate_assessment(**inputs, max_new_tokens=8)  # a model of unknown statistics


def test_motions_are_embedded_as_the_mean_over_their_tokens(model, processor, motions):
    inputs = processor.feature_extractor(motions, return_tensors="pt")
    vectors = model.embed_motion(**inputs)
    codes = model.vqvae.encode(**inputs)
    for row, vector, contextual in zip(
        codes, vectors, model.embed_motion(**inputs, contextual=True), strict=True
    ):
        ids = row[row >= 0] + model.config.motion_token_offset
        torch.testing.assert_close(vector, model.model.shared.weight[ids].mean(0))
        start, end = model.config.motion_start_token_id, model.config.motion_end_token_id
        enclosed = torch.cat([torch.tensor([start]), ids, torch.tensor([end])])[None]
        with torch.no_grad():
            states = model.model.encoder(enclosed).last_hidden_state[0, 1:-1]
        torch.testing.assert_close(contextual, states.mean(0), atol=1e-5, rtol=1e-5)
    code_means = model.vqvae.embed_motion(**inputs)
    kept = codes[0][codes[0] >= 0]
    torch.testing.assert_close(code_means[0], model.vqvae.quantizer.codebook[kept].mean(0))
    both = model.vqvae.embed_motion(**inputs, spread=True)[0]
    spread = model.vqvae.quantizer.codebook[kept].std(0, correction=0)
    torch.testing.assert_close(both, torch.cat([code_means[0], spread]))


def test_layers_of_the_tokenizer_are_embedded_without_padding(model, processor, motions):
    """Frames after the last whole code are dropped; the codes are nearest to the last layer."""
    vqvae, factor = model.vqvae, model.vqvae.config.downsampling_factor
    inputs = processor.feature_extractor(motions, return_tensors="pt")
    layers = vqvae.embed_motion(**inputs, spread=True, of="layers")
    means = vqvae.embed_motion(**inputs, of="layers")
    for motion, row, mean in zip(motions, layers, means, strict=True):
        values = processor.feature_extractor([motion], return_tensors="pt")["motion_values"]
        values = values[:, : len(motion) // factor * factor]
        with torch.no_grad():
            states = [layer[0].T for layer in vqvae.encoder.layers(values.transpose(1, 2), None)]
        assert [len(layer) for layer in states] == [values.shape[1] // n for n in (1, 2, 4, 4)]
        statistics = [(layer.mean(0), layer.std(0, correction=0)) for layer in states]
        expected = [values for pair in statistics for values in pair]
        torch.testing.assert_close(row, torch.cat(expected), atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(mean, torch.cat(expected[::2]), atol=1e-5, rtol=1e-4)
        assert torch.equal(vqvae.quantizer.nearest(states[-1]), vqvae.encode(values)[0])
    with pytest.raises(ValueError, match="of is 'tokens', expected 'codes' or 'layers'"):
        vqvae.embed_motion(**inputs, of="tokens")


def test_sampled_rationales_depend_on_the_motion_alone(model, processor, motions):
    """Batch and global random state have no effect; the score is the most probable on average."""
    together = model.generate_assessment(
        **processor(motion=motions), max_new_tokens=14, num_rationales=5
    )
    torch.manual_seed(7)
    state = torch.random.get_rng_state()
    for i, motion in enumerate(motions):
        alone = model.generate_assessment(
            **processor(motion=motion), max_new_tokens=14, num_rationales=5
        )
        row = together.sequences[i]
        width = alone.sequences.shape[1]
        assert torch.equal(alone.sequences[0], row[:width])
        assert (row[width:] == model.config.pad_token_id).all()
        torch.testing.assert_close(alone.probabilities[0], together.probabilities[i])
        assert_answer(row, model.config)
        (assessment,) = processor.decode_assessments(alone)
        assert assessment.score == int(alone.probabilities[0].argmax())
    assert torch.equal(torch.random.get_rng_state(), state)


def test_probabilities_are_the_mean_over_rationales_and_the_rationale_agrees_with_the_score(
    model, processor, motions
):
    inputs = processor(motion=motions)
    outputs = model.generate_assessment(**inputs, max_new_tokens=14, num_rationales=6)
    answers = outputs.candidates.flatten(0, 1)
    mask = inputs.pop("attention_mask")
    prompts = model.insert_motion(**inputs)
    probabilities = model.score_probabilities(prompts, mask, answers).view(2, 6, 3)
    torch.testing.assert_close(outputs.token_probabilities, probabilities.mean(1))
    torch.testing.assert_close(outputs.probabilities, probabilities.mean(1))
    assert outputs.probe_probabilities is None
    assert len({str(row) for row in answers.tolist()}) == 12  # they are sampled
    for i, score in enumerate(outputs.probabilities.argmax(1)):
        texts = outputs.candidates[i, :, :-4].tolist()
        chosen = outputs.sequences[i].tolist()
        agreeing = [k for k in range(6) if probabilities[i, k].argmax() == score] or range(6)
        length = chosen.index(model.config.reasoning_end_token_id)
        assert any(texts[k][:length] == chosen[:length] for k in agreeing)
    candidates = processor.decode_assessments(outputs)[0].candidates
    assert len(candidates) == 6
    assert processor.decode_assessments(outputs)[0].reasoning in candidates


def with_probe(model):
    """Copy of a model that has a probe with random weights."""
    config = AgirConfig.from_dict({**model.config.to_dict(), "score_probe": True})
    probed = AgirForGaitAssessment(config).eval()
    probed.load_state_dict(model.state_dict(), strict=False)
    torch.nn.init.normal_(probed.score_probe.linear.weight, generator=torch.manual_seed(0))
    return probed


def test_the_probe_is_a_norm_and_a_linear_layer_on_the_mean_motion_state(
    model, processor, motions, tmp_path
):
    probed = with_probe(model)
    inputs = processor(motion=motions)
    outputs = probed.generate_assessment(**inputs, max_new_tokens=14, num_rationales=2)
    mask = inputs.pop("attention_mask")
    prompts = probed.insert_motion(**inputs)
    states = probed.model.encoder(prompts, attention_mask=mask).last_hidden_state
    first, start = model.config.motion_token_offset, model.config.motion_start_token_id
    means = [
        row[(ids >= first) & (ids < start)].mean(0)
        for row, ids in zip(states, prompts, strict=True)
    ]
    expected = probed.score_probe(torch.stack(means)).softmax(-1)
    torch.testing.assert_close(outputs.probe_probabilities, expected)
    torch.testing.assert_close(outputs.probabilities, outputs.token_probabilities)  # weight 0
    probed.config.probe_weight, probed.config.score_temperature = 0.7, 2.0
    probed.config.score_bias = [0.1, 0.0, -0.2]
    inputs["attention_mask"] = mask
    combined = probed.generate_assessment(**inputs, max_new_tokens=14, num_rationales=2)
    logits = combined.token_probabilities.log() / 2 + 0.7 * combined.probe_probabilities.log()
    expected = (logits + torch.tensor([0.1, 0.0, -0.2])).softmax(-1)
    torch.testing.assert_close(combined.probabilities, expected)
    probed.save_pretrained(tmp_path)
    again = AgirForGaitAssessment.from_pretrained(tmp_path)
    torch.testing.assert_close(
        again.generate_assessment(**inputs, max_new_tokens=14, num_rationales=2).probabilities,
        combined.probabilities,
    )
    with pytest.raises(ValueError, match="the model has no probe"):
        model.probe_logits(states, prompts)
    with pytest.raises(ValueError, match="probe_weight is 0.5, expected .* 0 for a model without"):
        AgirConfig(probe_weight=0.5)


def test_the_score_of_the_mirror_image_is_the_same(model, processor, motions):
    """Both images are read, so the probabilities do not depend on the side."""
    probed = with_probe(model)
    probed.config.read_mirror_image, probed.config.probe_weight = True, 0.5
    inputs = processor(motion=motions)
    mirrored = inputs["motion_values"][..., torch.as_tensor(MIRROR_ORDER)]
    mirrored = mirrored * torch.as_tensor(MIRROR_SIGNS)
    options = {"max_new_tokens": 14, "num_rationales": 3}
    walk = probed.generate_assessment(**inputs, **options)
    image = probed.generate_assessment(**{**inputs, "motion_values": mirrored}, **options)
    probed.config.read_mirror_image = False
    alone = probed.generate_assessment(**inputs, **options)
    for name in ("probabilities", "token_probabilities", "probe_probabilities"):
        torch.testing.assert_close(walk[name], image[name])
        assert not torch.allclose(walk[name], alone[name])
    width = alone.candidates.shape[-1]
    assert torch.equal(walk.candidates[..., :width], alone.candidates)  # of the walk itself


def test_score_rationales_limits_the_answers_that_give_the_score(model, processor, motions):
    probed = with_probe(model)
    probed.config.read_mirror_image = True
    inputs = processor(motion=motions)
    three = probed.generate_assessment(**inputs, max_new_tokens=14, num_rationales=3)
    probed.config.score_rationales = 3
    more = probed.generate_assessment(**inputs, max_new_tokens=14, num_rationales=5)
    assert more.candidates.shape[1] == 5
    torch.testing.assert_close(more.token_probabilities, three.token_probabilities)
    torch.testing.assert_close(more.probabilities, three.probabilities)
    width = min(more.candidates.shape[2], three.candidates.shape[2])
    assert torch.equal(more.candidates[:, :3, :width], three.candidates[..., :width])
    with pytest.raises(ValueError, match="score_rationales is 0, expected"):
        AgirConfig(score_rationales=0)


def test_the_configuration_has_the_default_number_of_rationales(
    model, processor, motions, monkeypatch
):
    inputs = processor(motion=motions[0])
    sampled = model.generate_assessment(**inputs, max_new_tokens=14, num_rationales=3)
    greedy = model.generate_assessment(**inputs, max_new_tokens=14)
    monkeypatch.setattr(model.config, "num_rationales", 3)
    torch.testing.assert_close(
        model.generate_assessment(**inputs, max_new_tokens=14).probabilities, sampled.probabilities
    )
    torch.testing.assert_close(  # decoding options mean one rationale
        model.generate_assessment(**inputs, max_new_tokens=14, num_beams=1).probabilities,
        greedy.probabilities,
    )
    for wrong in ({"num_rationales": 0}, {"num_rationales": 2, "num_beams": 2}):
        with pytest.raises(ValueError, match="expected at least 1, and 1 with decoding options"):
            model.generate_assessment(**inputs, **wrong)


@pytest.mark.parametrize("wrong", [{"num_rationales": 0}, {"rationale_temperature": 0.0}])
def test_a_configuration_without_rationales_is_refused(wrong):
    with pytest.raises(ValueError, match="num_rationales is .* and rationale_temperature"):
        AgirConfig(**wrong)

"""Training of models with more than three scores, and the check of their number."""

import copy

import pytest
import torch

from agir_hf import AgirForGaitAssessment, AgirProcessor
from agir_hf.corpus.loading import num_scores_of
from agir_hf.corpus.schema import config_features, instructions
from agir_hf.training.collators import build_collators
from agir_hf.training.data import check_num_scores_of, reasoning_example
from agir_hf.training.initialization import StartArguments, add_probe, starting_model
from agir_hf.training.losses import balanced_score_weights


@pytest.fixture(scope="module")
def processor_of_4(t5_tokenizer, processor):
    extractor = processor.feature_extractor
    return AgirProcessor.from_t5(t5_tokenizer, extractor.mean, extractor.std, 16, num_scores=4)


def test_every_term_of_the_loss_learns_a_fourth_score(
    make_trainer, t5, vqvae, t5_tokenizer, processor_of_4, coded
):
    torch.manual_seed(0)
    model = AgirForGaitAssessment.from_t5(t5, vqvae, t5_tokenizer, num_scores=4)
    add_probe(model)
    rows = [{**coded[i], "score": i % 4, "targets": [float(i)]} for i in range(8)]
    weights = balanced_score_weights([row["score"] for row in rows], 4)
    assert weights == [1.0] * 4
    made = make_trainer(
        start=model,
        collators=build_collators(processor_of_4, reasoning_example, shortest_crop_s=1.0),
        format_weight=0.5, class_weight=0.5, probe_loss_weight=0.5, parameter_weight=0.5,
        num_targets=1, score_weights=weights,
    )  # fmt: skip
    batch = {k: v for k, v in made.data_collator(rows).items() if k != "ids"}
    made.compute_loss(made.model, batch).backward()
    last = model.config.score_token_ids[-1]
    trained = made.model
    assert trained.lm_head.weight.grad[last].abs().sum() > 0
    assert trained.score_probe.linear.weight.shape[0] == 4
    assert (trained.score_probe.linear.weight.grad.abs().sum(1) > 0).all()


def test_weights_of_scores_that_do_not_occur_are_zero():
    assert balanced_score_weights([0, 0, 3, 3], 4) == [1.0, 0.0, 0.0, 1.0]


def test_instructions_name_the_scores_of_the_corpus():
    for three, four in zip(instructions()["assess"], instructions(4)["assess"], strict=True):
        assert ("2" in three) <= ("3" in four or "up to 2" in four), four
    assert instructions(3) == instructions()
    prompt, target = reasoning_example(
        {"rationale": "Short.", "score": 3}, "<m>", lambda n: 0, num_scores=4
    )
    assert prompt.startswith("Score the gait impairment of this walk from 0 to 3")
    assert target.endswith("<score_start><score_3><score_end>")


def test_the_number_of_scores_is_that_of_the_labels_of_the_corpus(rows):
    assert num_scores_of(rows) == 3 == num_scores_of(rows, "unknown")
    assert num_scores_of(rows.cast_column("score", config_features("reasoning", 4)["score"])) == 4


def test_a_model_of_other_scores_is_refused(model, saved_model):
    message = (
        r"has the scores 0 to 2, the corpus 0 to 3: pass a model of the same scores, or make one "
        r"from --vqvae"
    )
    with pytest.raises(ValueError, match=message):
        check_num_scores_of(model, 4)
    with pytest.raises(ValueError, match=f"a-model {message}"):
        starting_model(StartArguments(model=str(saved_model)), [], num_scores=4)
    check_num_scores_of(copy.deepcopy(model), 3)


def test_a_model_from_scratch_has_the_scores_of_the_corpus(tmp_path, vqvae, processor):
    vqvae.save_pretrained(tmp_path)
    processor.feature_extractor.save_pretrained(tmp_path)
    sizes = {"vocabulary_size": 900, "d_model": 16, "d_ff": 16, "num_layers": 1, "num_heads": 2}
    options = StartArguments(vqvae=str(tmp_path), **sizes)
    model, made = starting_model(options, ["a walk"], num_scores=4)
    assert model.config.num_scores == made.num_scores == 4
    made.check_model(model)

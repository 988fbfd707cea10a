import math

import pytest
import torch

from agir_hf.training.losses import (
    FORMAT_LOSS_FLOOR,
    balanced_score_weights,
    class_loss,
    format_loss,
    grade_and_side_words,
    language_loss,
    structural_positions,
    token_weights,
)
from agir_hf.training.tokenizer import train_t5_tokenizer

# vocabulary: 0-4 text, 5 <reasoning_start>, 6 <reasoning_end>, 7 <score_start>, 8 <score_end>,
# 9-11 the scores, 12 the end of the sequence
SCORES = (9, 10, 11)
LABELS = torch.tensor(
    [
        [5, 1, 2, 3, 6, 7, 10, 8, 12],
        [5, 4, 6, 7, 9, 8, 12, -100, -100],
    ]
)


def logits(seed=0):
    return torch.randn(2, 9, 13, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def log_probability(values, target):
    return values[target] - math.log(sum(math.exp(v) for v in values))


def test_structural_positions_are_the_first_and_four_before_the_end():
    assert structural_positions(LABELS).tolist() == [[0, 4, 5, 6, 7], [0, 2, 3, 4, 5]]


def test_language_loss_by_hand():
    z = logits()
    terms = [
        -log_probability(z[i, j].tolist(), LABELS[i, j])
        for i in range(2)
        for j in range(9)
        if LABELS[i, j] >= 0
    ]
    assert language_loss(z, LABELS).item() == pytest.approx(sum(terms) / 16, rel=1e-6)
    assert language_loss(z, LABELS, 50).item() == pytest.approx(sum(terms) / 50, rel=1e-6)


def test_weighted_language_loss_by_hand():
    """Each term is multiplied by the weight of its token; the number of tokens stays."""
    z, weights = logits(), torch.tensor([1.0, 3.0, 1.0, 0.5])  # ids above 3 have the weight 1
    weight_of = {1: 3.0, 3: 0.5}
    terms = [
        -log_probability(z[i, j].tolist(), LABELS[i, j]) * weight_of.get(int(LABELS[i, j]), 1)
        for i in range(2)
        for j in range(9)
        if LABELS[i, j] >= 0
    ]
    weighted = language_loss(z, LABELS, token_weights=weights)
    assert weighted.item() == pytest.approx(sum(terms) / 16, rel=1e-6)
    halves = sum(language_loss(z[i : i + 1], LABELS[i : i + 1], 16, weights) for i in range(2))
    assert halves.item() == pytest.approx(weighted.item(), rel=1e-6)
    assert language_loss(z, LABELS, token_weights=torch.ones(13)) == language_loss(z, LABELS)


TEXTS = ["Arm swing is mildly reduced on the left.", "Mildly short steps, normal on the left."] * 3


def test_tokens_of_words_have_the_weight_and_others_do_not():
    tokenizer = train_t5_tokenizer(TEXTS, vocabulary_size=120)
    weights = token_weights(tokenizer, ("mildly", "reduced", "left", "swinging"), 4.0)
    assert weights.shape == (len(tokenizer),)
    heavy = tokenizer.convert_ids_to_tokens((weights == 4).nonzero().flatten().tolist())
    assert {piece.lstrip("▁").lower() for piece in heavy} == {"mildly", "reduced", "left"}
    assert set(weights.tolist()) == {1.0, 4.0}
    ids = tokenizer(TEXTS[0]).input_ids
    words = tokenizer.convert_ids_to_tokens([i for i in ids if weights[i] > 1])
    assert words == ["▁mildly", "▁reduced", "▁left"]


def test_weights_without_a_word_or_of_zero_raise():
    tokenizer = train_t5_tokenizer(TEXTS, vocabulary_size=120)
    with pytest.raises(ValueError, match="none of the words as a whole token"):
        token_weights(tokenizer, ("festination",), 2.0)
    with pytest.raises(ValueError, match="weight of the words is 0, expected a number above 0"):
        token_weights(tokenizer, ("left",), 0)


def test_grade_and_side_words_are_single_words_of_the_lexicon():
    words = grade_and_side_words()
    assert {"mildly", "moderately", "markedly", "reduced", "absent", "normal", "left"} <= set(words)
    assert not {"swing", "step", "the", "of", "loss of"} & set(words)
    assert list(words) == sorted(set(words))


def test_format_loss_by_hand():
    z, positions = logits(), [[0, 4, 5, 6, 7], [0, 2, 3, 4, 5]]
    total = 0.0
    for i in range(2):
        for j in positions[i]:
            normalised = log_probability(z[i, j].tolist(), LABELS[i, j])
            total += 1 - 1 / (1 + math.exp(-normalised))
    assert format_loss(z, LABELS).item() == pytest.approx(total / 2, rel=1e-6)


def test_format_loss_has_the_floor_of_the_paper():
    """σ of a log-probability is at most ½: the loss of a perfect model is 2.5."""
    perfect = torch.nn.functional.one_hot(LABELS.clamp(min=0), 13) * 50.0
    assert format_loss(perfect, LABELS).item() == pytest.approx(FORMAT_LOSS_FLOOR, abs=1e-5)
    assert FORMAT_LOSS_FLOOR == 2.5
    assert all(format_loss(logits(seed), LABELS) > FORMAT_LOSS_FLOOR for seed in range(20))


def test_format_loss_falls_as_the_format_becomes_likely():
    z = logits().requires_grad_()
    format_loss(z, LABELS).backward()
    better = z.detach() - z.grad
    assert format_loss(better, LABELS) < format_loss(z, LABELS)
    text = torch.tensor([[1, 2, 3], [1, 1, 1]])
    assert (z.grad[0, text[0]] == 0).all()


def test_class_loss_by_hand():
    z = logits()
    expected = 0.0
    for i, position, target in ((0, 6, 1), (1, 4, 0)):
        three = [z[i, position, s].item() for s in SCORES]
        expected -= log_probability(three, target)
    assert class_loss(z, LABELS, SCORES).item() == pytest.approx(expected / 2, rel=1e-6)


def test_class_loss_depends_only_on_the_scores():
    z = logits()
    other = z.clone()
    other[:, :, :9] += 5
    assert class_loss(z, LABELS, SCORES) == class_loss(other, LABELS, SCORES)


def test_answers_without_structural_tokens_raise():
    with pytest.raises(ValueError, match="3 labels, expected at least 6"):
        format_loss(logits()[:, :4], torch.tensor([[5, 6, 12, -100]] * 2))
    with pytest.raises(ValueError, match="0 score tokens, expected one"):
        class_loss(logits(), torch.where(LABELS >= 9, 1, LABELS), SCORES)


def test_cross_entropy_format_loss_by_hand():
    z, positions = logits(), [[0, 4, 5, 6, 7], [0, 2, 3, 4, 5]]
    total = -sum(
        log_probability(z[i, j].tolist(), LABELS[i, j]) for i in range(2) for j in positions[i]
    )
    loss = format_loss(z, LABELS, "cross_entropy").item()
    assert loss == pytest.approx(total / 2, rel=1e-6)


def test_cross_entropy_format_loss_falls_to_zero():
    perfect = torch.nn.functional.one_hot(LABELS.clamp(min=0), 13) * 50.0
    assert format_loss(perfect, LABELS, "cross_entropy").item() == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("form, slope", [("paper", 1e-4), ("cross_entropy", 1.0)])
def test_only_cross_entropy_has_a_gradient_for_a_very_wrong_format(form, slope):
    """Gradient with respect to the logit of a structural token with probability 1e-4."""
    z = torch.nn.functional.one_hot(LABELS[:1].clamp(min=0), 13) * 30.0
    z[0, 4] = 0.0
    z[0, 4, 1] = math.log(1e4)  # another token has nearly all the probability
    z.requires_grad_()
    format_loss(z, LABELS[:1], form).backward()
    assert -z.grad[0, 4, 6].item() == pytest.approx(slope, rel=0.01)


def test_an_unknown_form_raises():
    with pytest.raises(ValueError, match="form is 'kl', expected one of paper, cross_entropy"):
        format_loss(logits(), LABELS, "kl")


@pytest.mark.parametrize("scores", [[0] * 6 + [1] * 3 + [2], [0, 2, 2, 2], [1, 1], [0, 1, 2] * 4])
def test_balanced_weights_give_every_score_the_same_total_weight(scores):
    weights = balanced_score_weights(scores)
    totals = [weights[score] * scores.count(score) for score in (0, 1, 2)]
    present = sorted(set(scores))
    assert [totals[s] for s in present] == pytest.approx(
        [len(scores) / len(present)] * len(present)
    )
    assert all(weights[s] == 0 for s in {0, 1, 2} - set(present))
    assert sum(weights[s] for s in scores) / len(scores) == pytest.approx(1)


def test_balanced_weights_by_hand():
    assert balanced_score_weights([0] * 6 + [1] * 3 + [2]) == pytest.approx(
        [10 / 18, 10 / 9, 10 / 3]
    )


def test_weighted_class_loss_by_hand():
    z, weights = logits(), (0.25, 3.0, 7.0)
    expected = 0.0
    for i, position, target in ((0, 6, 1), (1, 4, 0)):
        three = [z[i, position, s].item() for s in SCORES]
        expected -= weights[target] * log_probability(three, target)
    assert class_loss(z, LABELS, SCORES, weights).item() == pytest.approx(expected / 2, rel=1e-6)


def test_weighted_parts_of_a_batch_add_up():
    z, labels, weights = logits().repeat(2, 1, 1), LABELS.repeat(2, 1), (0.25, 3.0, 7.0)
    whole = class_loss(z, labels, SCORES, weights)
    parts = [
        len(part) / 4 * class_loss(z[part], labels[part], SCORES, weights)
        for part in ([0], [1, 2, 3])
    ]
    assert sum(parts).item() == pytest.approx(whole.item(), rel=1e-6)
    assert class_loss(z, labels, SCORES, (1, 1, 1)) == class_loss(z, labels, SCORES)

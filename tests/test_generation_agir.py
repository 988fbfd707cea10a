"""Draws that follow a seed, and the text that is most like the others."""

import torch

from agir_hf.generation_agir import SeededSampling, minimum_bayes_risk


def test_draws_follow_the_softmax_at_the_temperature():
    scores = torch.tensor([[1.0, 0.0, -1.0, float("-inf")]])
    for temperature in (1.0, 0.5):
        draw = SeededSampling([3], temperature)
        picks = torch.stack([draw(None, scores).argmax(1) for _ in range(4000)]).flatten()
        shares = torch.bincount(picks, minlength=4) / 4000
        expected = (scores[0] / temperature).softmax(0)
        torch.testing.assert_close(shares, expected, atol=0.03, rtol=0)
        assert shares[3] == 0  # what a form forbids stays forbidden


def test_a_row_draws_by_its_own_seed_whatever_stands_beside_it():
    scores = torch.zeros(3, 50)
    both = SeededSampling([5, 9, 5])(None, scores)
    assert torch.equal(both[0], both[2]) and not torch.equal(both[0], both[1])
    assert torch.equal(SeededSampling([9])(None, scores[:1])[0], both[1])
    draw = SeededSampling([9])
    assert not torch.equal(draw(None, scores[:1]), draw(None, scores[:1]))  # step after step


def test_the_text_most_like_the_others_by_hand():
    texts = [[1, 2, 3, 4], [1, 2, 3, 5], [1, 2, 3, 4, 5], [9, 8, 7]]
    # F1 of the tokens: first and second 3/4, first or second and third 8/9, fourth with none
    assert minimum_bayes_risk(texts, range(4)) == 2
    assert minimum_bayes_risk(texts, [0, 1, 3]) == 0
    assert minimum_bayes_risk(texts, [3]) == 3
    assert minimum_bayes_risk([[1, 1, 2], [1, 2, 2], [1, 1, 2]], range(3)) == 0  # they are counted
    assert minimum_bayes_risk([[], [1]], [0, 1]) == 1

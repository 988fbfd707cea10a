"""Seeded sampling, and the text that is most similar to the others."""

import torch

from agir_hf.generation_agir import SeededSampling, minimum_bayes_risk


def test_samples_follow_the_softmax_at_the_temperature():
    scores = torch.tensor([[1.0, 0.0, -1.0, float("-inf")]])
    for temperature in (1.0, 0.5):
        sample = SeededSampling([3], temperature)
        picks = torch.stack([sample(None, scores).argmax(1) for _ in range(4000)]).flatten()
        shares = torch.bincount(picks, minlength=4) / 4000
        expected = (scores[0] / temperature).softmax(0)
        torch.testing.assert_close(shares, expected, atol=0.03, rtol=0)
        assert shares[3] == 0  # excluded tokens stay excluded


def test_samples_of_a_row_depend_on_its_seed_alone():
    scores = torch.zeros(3, 50)
    both = SeededSampling([5, 9, 5])(None, scores)
    assert torch.equal(both[0], both[2]) and not torch.equal(both[0], both[1])
    assert torch.equal(SeededSampling([9])(None, scores[:1])[0], both[1])
    sample = SeededSampling([9])
    assert not torch.equal(sample(None, scores[:1]), sample(None, scores[:1]))  # two steps


def test_the_text_most_similar_to_the_others_computed_by_hand():
    texts = [[1, 2, 3, 4], [1, 2, 3, 5], [1, 2, 3, 4, 5], [9, 8, 7]]
    # F1 of the tokens: first and second 3/4, first or second and third 8/9, fourth with none
    assert minimum_bayes_risk(texts, range(4)) == 2
    assert minimum_bayes_risk(texts, [0, 1, 3]) == 0
    assert minimum_bayes_risk(texts, [3]) == 3
    assert (
        minimum_bayes_risk([[1, 1, 2], [1, 2, 2], [1, 1, 2]], range(3)) == 0
    )  # tokens are counted
    assert minimum_bayes_risk([[], [1]], [0, 1]) == 1

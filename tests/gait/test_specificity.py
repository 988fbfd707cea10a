"""Specificity: claims that hold in the own walk, compared with other walks of the same score."""

import numpy as np
import pytest

from agir_hf.gait import specificity as module
from agir_hf.gait.specificity import SameScore, TextSpecificity, specificity, text_specificity

FAST, SLOW = {"speed_m_per_s": 1.2}, {"speed_m_per_s": 0.6}
NORMAL, REDUCED = "Speed is normal.", "Speed is moderately reduced."


def test_a_text_that_fits_every_walk_of_its_score_says_nothing():
    result = specificity([NORMAL] * 3, [FAST] * 3, [0] * 3, ["A", "B", "C"])
    assert (result.value, result.own, result.other, result.pairs) == (0.0, 1.0, 1.0, 6)


def test_shares_of_both_kinds_are_means_over_texts():
    texts = [f"{NORMAL} Cadence is normal.", REDUCED]
    measured = [FAST | {"cadence_steps_per_min": 60.0}, SLOW]
    result = specificity(texts, measured, [1, 1], ["A", "B"])
    assert (result.own, result.other, result.value) == (0.75, 0.0, 0.75)


def test_only_walks_of_other_subjects_with_the_same_score_are_compared():
    texts, measured = [NORMAL, REDUCED], [FAST, SLOW]
    assert specificity(texts, measured, [0, 1], ["A", "B"]) is None
    assert specificity(texts, measured, [1, 1], ["A", "A"]) is None
    assert specificity(texts, measured, [1, 1], ["A", "B"]).value == 1.0


def test_the_number_of_other_walks_is_limited_and_the_choice_depends_on_the_seed():
    texts, measured = [NORMAL] * 6, [FAST, SLOW] * 3
    arguments = (texts, measured, [1] * 6, list("ABCDEF"))
    few = specificity(*arguments, num_others=1)
    assert (few.texts, few.pairs) == (6, 6)
    assert few == specificity(*arguments, num_others=1)
    values = {specificity(*arguments, num_others=1, seed=seed).other for seed in range(5)}
    assert len(values) > 1


def test_claims_are_checked_with_the_age_of_each_walk():
    texts, measured = [NORMAL, NORMAL], [{"speed_m_per_s": 0.9}] * 2
    old = specificity(texts, measured, [1, 1], ["A", "B"], ages=[85.0, 85.0])
    mixed = specificity(texts, measured, [1, 1], ["A", "B"], ages=[85.0, 30.0])
    assert (old.own, old.other) == (1.0, 1.0)
    assert (mixed.own, mixed.other) == (0.5, 0.5)


def test_texts_without_a_claim_that_can_be_checked_are_left_out():
    texts = [NORMAL, "There is a tremor.", REDUCED]
    result = specificity(texts, [FAST, FAST, SLOW], [1] * 3, ["A", "B", "C"])
    assert result.texts == 2


def test_each_text_has_its_own_shares_whose_means_are_those_of_all():
    texts = [NORMAL, "There is a tremor.", REDUCED]
    arguments = (texts, [FAST, FAST, SLOW], [1] * 3, ["A", "B", "C"])
    rows = text_specificity(*arguments)
    assert rows == [TextSpecificity(1.0, 0.5, 2), None, TextSpecificity(1.0, 0.0, 2)]
    result = specificity(*arguments)
    assert (result.own, result.other, result.pairs) == (1.0, 0.25, 4)
    assert result.value == sum(row.value for row in rows if row) / 2


def test_lists_of_different_lengths_raise():
    with pytest.raises(ValueError, match="the lengths 1, 1, 2, 1, 1, 1, expected one entry"):
        specificity([NORMAL], [FAST], [0, 0], ["A"])


def test_walks_are_drawn_as_from_a_list_of_all_others(monkeypatch):
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 3, 80)
    subjects = np.array([f"S{number}" for number in rng.integers(0, 12, 80)])
    groups = SameScore(scores.tolist(), subjects.tolist())
    for index in range(80):
        others = np.flatnonzero((scores == scores[index]) & (subjects != subjects[index]))
        expected = np.random.default_rng([5, index]).permutation(others)[:10]
        drawn = groups.draw(index, 10, np.random.default_rng([5, index]))
        assert drawn == expected.tolist()
    monkeypatch.setattr(module, "_MANY_WALKS", 10)
    drawn = groups.draw(79, 8, np.random.default_rng(1))
    assert len(set(drawn)) == 8 and set(drawn) <= set(others.tolist())

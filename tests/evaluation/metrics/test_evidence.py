"""Shares of supported, near and checked claims, by hand."""

import pytest

from agir_hf.evaluation.metrics.evidence import grounding_figures, shares, specificity_figures
from agir_hf.gait.grounding import CONTRADICTED, NEAR, NOT_MEASURABLE, SUPPORTED

FAST, SLOW = {"speed_m_per_s": 1.2}, {"speed_m_per_s": 0.6}


def test_shares_by_hand():
    verdicts = [SUPPORTED] * 4 + [NEAR] * 3 + [CONTRADICTED] * 1 + [NOT_MEASURABLE] * 2
    assert shares(iter(verdicts)) == {"supported": 4 / 8, "near": 3 / 8, "coverage": 8 / 10}
    assert shares([SUPPORTED] * 2) == {"supported": 1, "near": 0, "coverage": 1}
    assert shares([NOT_MEASURABLE]) == {"supported": None, "near": None, "coverage": 0}
    assert shares([]) == {"supported": None, "near": None, "coverage": None}


def test_figures_of_each_text_are_of_its_own_walk():
    texts = ["Walking speed is reduced."] * 2 + ["Walking speed is normal. Fine."]
    rows = grounding_figures(texts, [FAST, SLOW, {}])
    assert [row["supported"] for row in rows] == [0, 1, None]
    assert [row["coverage"] for row in rows] == [1, 1, 0]


def test_lists_of_different_length_raise_and_age_and_sex_may_be_absent():
    texts, walks = ["Walking speed is normal."] * 2, [FAST, FAST]
    with pytest.raises(ValueError, match="2 texts, 1 walks with parameters, 2 ages and 2 sexes"):
        grounding_figures(texts, walks[:1])
    with pytest.raises(ValueError, match="2 walks with parameters, 3 ages and 2 sexes"):
        grounding_figures(texts, walks, [70, 71, 72])
    with pytest.raises(ValueError, match="2 ages and 1 sexes, expected the same number"):
        grounding_figures(texts, walks, None, ["male"])
    assert grounding_figures(texts, walks, [70, None], ["male", None]) == [
        {"supported": 1, "near": 0, "coverage": 1}
    ] * 2  # fmt: skip


def test_specificity_is_the_difference_of_own_and_other_walks():
    texts = ["Walking speed is reduced.", "Walking speed is normal.", "Nothing."]
    figures = specificity_figures(texts, [SLOW, FAST, FAST], [1, 1, 1], ["a", "b", "c"])
    for row in figures[:2]:
        assert row["own"] == 1 and row["specificity"] == row["own"] - row["other"]
    assert figures[0]["other"] == 0
    assert figures[1]["other"] == pytest.approx(0.5)
    assert figures[2] == {"own": None, "other": None, "specificity": None}

import numpy as np
import pytest

from agir_hf.evaluation.metrics import classification_metrics, confusion_matrix

TRUTH = [0, 0, 0, 1, 1, 2]
GIVEN = [0, 0, 1, 1, None, 1]


def test_confusion_matrix_by_hand():
    expected = [[2, 1, 0, 0], [0, 1, 0, 1], [0, 1, 0, 0]]
    np.testing.assert_array_equal(confusion_matrix(TRUTH, GIVEN), expected)


def test_figures_by_hand():
    figures = classification_metrics(TRUTH, GIVEN)
    assert figures["count"] == 6
    assert figures["accuracy"] == pytest.approx(3 / 6)
    f1 = [2 * 2 / (3 + 2), 2 * 1 / (2 + 3), 0.0]
    assert figures["macro_f1"] == pytest.approx(sum(f1) / 3)
    assert figures["balanced_accuracy"] == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    assert figures["majority_accuracy"] == pytest.approx(3 / 6)
    assert figures["majority_macro_f1"] == pytest.approx((2 * 3 / (3 + 6)) / 3)


def test_a_missing_answer_counts_as_wrong():
    assert classification_metrics([1, 1], [None, 1])["accuracy"] == 0.5


def test_wrong_lists_are_told():
    with pytest.raises(ValueError, match="2 true scores and 1 given"):
        classification_metrics([0, 1], [0])
    with pytest.raises(ValueError, match="expected one of"):
        classification_metrics([3], [0])

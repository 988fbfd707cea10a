import numpy as np
import pytest

from agir_hf.evaluation.metrics.classification import (
    calibration_error,
    classification_metrics,
    confusion_matrix,
    risk_coverage,
)

TRUTH = [0, 0, 0, 1, 1, 2]
PREDICTED = [0, 0, 1, 1, None, 1]


def test_confusion_matrix_by_hand():
    expected = [[2, 1, 0, 0], [0, 1, 0, 1], [0, 1, 0, 0]]
    np.testing.assert_array_equal(confusion_matrix(TRUTH, PREDICTED), expected)


def test_metrics_by_hand():
    figures = classification_metrics(TRUTH, PREDICTED)
    assert figures["count"] == 6
    assert figures["accuracy"] == pytest.approx(3 / 6)
    f1 = [2 * 2 / (3 + 2), 2 * 1 / (2 + 3), 0.0]
    assert figures["macro_f1"] == pytest.approx(sum(f1) / 3)
    assert figures["weighted_f1"] == pytest.approx((3 * f1[0] + 2 * f1[1]) / 6)
    assert figures["balanced_accuracy"] == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    assert figures["macro_recall"] == figures["balanced_accuracy"]
    assert figures["macro_precision"] == pytest.approx((2 / 2 + 1 / 3 + 0) / 3)
    # one off twice, one missing answer of score 1, whose farthest score is one off as well
    assert figures["mean_absolute_error"] == pytest.approx(3 / 6)
    # rows [2 1 0], [.5 1 .5], [0 1 0] → observed 3; predicted 2.5, 3, .5 → expected by squares
    expected = (3 * 3 + 3 * 0.5 * 4 + 2 * 2.5 + 2 * 0.5 + 1 * 2.5 * 4 + 1 * 3) / 6
    assert figures["quadratic_kappa"] == pytest.approx(1 - 3 / expected)
    assert figures["majority_accuracy"] == pytest.approx(3 / 6)
    assert figures["majority_macro_f1"] == pytest.approx((2 * 3 / (3 + 6)) / 3)
    assert figures["majority_quadratic_kappa"] == 0
    assert figures["majority_mean_absolute_error"] == pytest.approx((2 + 2) / 6)


@pytest.mark.parametrize("classes", [(0, 1, 2), (0, 1, 2, 3, 4)])
def test_metrics_equal_those_of_scikit_learn(classes):
    sklearn = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(4)
    truth = rng.choice(classes, 200)
    predicted = np.where(rng.random(200) < 0.6, truth, rng.choice(classes, 200))
    figures = classification_metrics(truth.tolist(), predicted.tolist(), classes)
    average = {"average": "macro", "zero_division": 0}
    expected = {
        "accuracy": sklearn.accuracy_score(truth, predicted),
        "balanced_accuracy": sklearn.balanced_accuracy_score(truth, predicted),
        "macro_recall": sklearn.recall_score(truth, predicted, **average),
        "macro_precision": sklearn.precision_score(truth, predicted, **average),
        "macro_f1": sklearn.f1_score(truth, predicted, average="macro"),
        "weighted_f1": sklearn.f1_score(truth, predicted, average="weighted"),
        "quadratic_kappa": sklearn.cohen_kappa_score(truth, predicted, weights="quadratic"),
        "mean_absolute_error": sklearn.mean_absolute_error(truth, predicted),
    }
    assert {name: figures[name] for name in expected} == pytest.approx(expected)
    assert figures["classes"] == list(classes)


def test_a_missing_answer_counts_as_wrong_and_as_the_largest_error():
    assert classification_metrics([1, 1], [None, 1])["accuracy"] == 0.5
    for truth, error in ((0, 2), (1, 1), (2, 2)):
        assert classification_metrics([truth], [None])["mean_absolute_error"] == error


def test_a_class_that_does_not_occur_is_left_out_of_averages():
    figures = classification_metrics([0, 0, 2], [0, 0, 2])
    assert figures["macro_f1"] == figures["balanced_accuracy"] == 1


def test_wrong_lists_raise():
    with pytest.raises(ValueError, match="2 true scores and 1 predicted"):
        classification_metrics([0, 1], [0])
    with pytest.raises(ValueError, match="true score 3, expected one of"):
        classification_metrics([3], [0])


# confidences .9 .8 (right, wrong) in one bin of five, .5 (right), .6 (right) in another
PROBABILITIES = np.array([[0.9, 0.1, 0], [0.1, 0.8, 0.1], [0.5, 0.3, 0.2], [0.2, 0.2, 0.6]])
SCORES = [0, 2, 0, 2]


def test_calibration_error_by_hand():
    # bins of a fifth: .5 alone, .6 alone (0.6 begins the fourth), .8 and .9 together
    expected = (abs(1 - 0.5) + abs(1 - 0.6) + 2 * abs(0.5 - 0.85)) / 4
    assert calibration_error(SCORES, PROBABILITIES, bins=5) == pytest.approx(expected)
    assert calibration_error([0, 0], [[1, 0], [1, 0]]) == 0
    assert calibration_error([1, 1], [[1, 0], [1, 0]]) == 1


def test_risk_and_coverage_by_hand():
    expected = [[0.25, 0], [0.5, 0.5], [0.75, 1 / 3], [1, 0.25]]  # by .9, .8 (wrong), .6, .5
    np.testing.assert_allclose(risk_coverage(SCORES, PROBABILITIES), expected)


def test_wrong_probabilities_raise():
    for call in (calibration_error, risk_coverage):
        with pytest.raises(ValueError, match=r"1 true scores and probabilities of shape \(2, 2\)"):
            call([0], [[1, 0], [1, 0]])
        with pytest.raises(ValueError, match="add up to 1"):
            call([0], [[0.7, 0.2]])
        with pytest.raises(ValueError, match="add up to 1"):
            call([0], [[1.5, -0.5]])
        with pytest.raises(ValueError, match=r"scores in 0 … 1"):
            call([2], [[0.7, 0.3]])

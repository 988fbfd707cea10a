"""Scores OFF and ON medication."""

import json

import pytest

from agir_hf.evaluation.medication import medication
from agir_hf.evaluation.reporting.robustness_tables import robustness_markdown

# subject, medication, true, predicted, expected
SESSIONS = [
    ("right", "off", 2, 2, 1.8), ("right", "off", 2, 1, 1.4), ("right", "on", 1, 1, 1.0),
    ("tie", "off", 1, 1, 1.1), ("tie", "on", 0, 1, 1.2),  # wrong by expected scores
    ("back", "off", 0, 0, 0.3), ("back", "on", 1, 1, 0.6),  # better OFF, and predicted so
    ("wrong", "off", 2, 0, 0.2), ("wrong", "on", 1, 1, 0.9),
    ("claims", "off", 1, 2, 1.6), ("claims", "on", 1, 1, 1.5),
    ("equal", "off", 1, 1, 1.3), ("equal", "on", 1, 1, 1.0),
    ("once", "off", 2, 2, 1.9), ("once", None, 1, 1, 1.0), ("once", "unknown", 1, 1, 1.0),
]  # fmt: skip


def test_medication_by_hand():
    subjects, sessions, true, predicted, expected = zip(*SESSIONS, strict=True)
    response = medication(subjects, sessions, true, predicted)
    assert (response.walks, response.subjects, response.walks_unknown) == (16, 7, 2)
    assert response.subjects_without_both == 1 and not response.by_expected
    assert (response.differing, response.right, response.wrong, response.no_difference) == (
        4,
        2,
        1,
        1,
    )
    assert (response.same, response.claimed) == (2, 1)
    assert response.p_value == pytest.approx(1.0)  # two of three, two-sided
    row = {row.subject: row for row in response.differences}["right"]
    assert (row.walks_off, row.walks_on, row.true, row.predicted) == (2, 1, 1.0, 0.5)
    assert row.expected is None and row.direction == "right"


def test_medication_by_expected_scores():
    subjects, sessions, true, predicted, expected = zip(*SESSIONS, strict=True)
    response = medication(subjects, sessions, true, predicted, expected)
    directions = {row.subject: row.direction for row in response.differences}
    assert directions == {
        "right": "right", "tie": "wrong", "back": "right", "wrong": "wrong", "claims": None,
        "equal": None,
    }  # fmt: skip
    assert response.no_difference == 0 and response.by_expected
    assert (response.same, response.claimed) == (2, 1)  # of predicted scores in both cases
    assert {row.subject: row for row in response.differences}["right"].expected == pytest.approx(
        0.6
    )


def test_medication_counts_subjects_not_walks():
    subjects = [f"s{i}" for i in range(6) for _ in range(4)]
    sessions = ["off", "off", "on", "on"] * 6
    response = medication(subjects, sessions, [2, 2, 1, 1] * 6, [1, 2, 1, 1] * 6)
    assert (response.right, response.p_value) == (6, pytest.approx(2 / 2**6))


def test_rounding_errors_of_means_are_no_difference():
    expected = [0.1, 0.2, 0.3, 0.3, 0.2, 0.1]
    response = medication(
        ["s"] * 6, ["off"] * 3 + ["on"] * 3, [1, 1, 1, 0, 0, 0], [0] * 6, expected
    )
    assert response.no_difference == 1 and response.p_value is None


def test_subjects_without_both_sessions_are_left_out():
    response = medication(["a", "b"], ["off", "on"], [1, 0], [1, 0])
    assert response.subjects_without_both == response.subjects == 2 and response.p_value is None
    assert (response.differing, response.same, response.differences) == (0, 0, [])
    assert "0 subjects have walks both OFF and ON medication, 2 have not" in robustness_markdown(
        response, True
    )


def test_medication_as_json_and_as_a_table():
    subjects, sessions, true, predicted, expected = zip(*SESSIONS, strict=True)
    response = medication(subjects, sessions, true, predicted)
    difference = json.loads(json.dumps(response.to_dict()))["differences"][0]
    assert difference["subject"] == "back" and difference["given"] == -1
    page = robustness_markdown(response, simulated=False)
    assert page.startswith("## OFF and ON medication\n\nRecorded walks. 16 walks of 7 subjects")
    assert (
        "6 subjects have walks both OFF and ON" in page
        and "2 walks with unknown medication" in page
    )
    assert "| differ | 4 | +0.500 | −0.375 | 2 | 1 | 1 | – | 1.000 |" in page
    assert "| do not differ | 2 | +0.000 | +0.500 | – | – | – | 1 | – |" in page
    by_expected = robustness_markdown(
        medication(subjects, sessions, true, predicted, expected), simulated=True
    )
    assert "expected score (sum of k p\\_k)" in by_expected and "expected difference" in by_expected


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"medications": ["on"]}, "2 subjects, 1 medications, 2 true, 2 predicted, expected the"),
        ({"expected_scores": [0.5]}, "1 expected, expected the same number of each"),
        ({"medications": ["ON", "off"]}, "medication is 'ON', expected 'off', 'on' or None"),
        ({"predicted_scores": [None, 1]}, "predicted scores have 1 that are not numbers"),
    ],
)
def test_wrong_input_of_medication_raises(change, message):
    right = {
        "subjects": ["a", "a"],
        "medications": ["off", "on"],
        "true_scores": [1, 0],
        "predicted_scores": [1, 0],
    }
    with pytest.raises(ValueError, match=message):
        medication(**(right | change))

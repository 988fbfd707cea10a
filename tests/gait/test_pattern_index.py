import re

import pytest

from agir_hf.gait.pattern_index import PatternIndex, first_letters


@pytest.mark.parametrize(
    ("pattern", "letters"),
    [
        ("steps?", {"step"}),
        ("left|right", {"left", "right"}),
        ("(?:left |right )?arm", {"left", "right", "arm"}),
        ("(?:(?:the )?left|(?:a|an) arm)", {"the", "left", "a", "an"}),
        ("(?<=from )length", {"length"}),
        ("(?!no )gait", {"gait"}),
        ("a?b", {""}),
        (r"\d steps", {""}),
        ("(?:x)?", {"x", ""}),
        ("(?:no[- ])*", {"no", ""}),
    ],
)
def test_letters_that_matches_begin_with(pattern, letters):
    assert first_letters(pattern) == letters


def test_candidates_are_the_rows_whose_pattern_can_match_in_their_order():
    patterns = ["step", "art", "(?:left|right) arm", r"\d"]
    index = PatternIndex(list(enumerate(patterns)), patterns)
    sentence = "the right arm and the steps"
    assert [row for row, _ in index.candidates(sentence)] == [0, 2, 3]
    matching = {i for i, p in enumerate(patterns) if re.search(rf"\b(?:{p})", sentence)}
    assert matching <= {row for row, _ in index.candidates(sentence)}

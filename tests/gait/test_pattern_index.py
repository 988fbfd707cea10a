import random
import re

import pytest

from agir_hf.gait.lexicon import _compiled, _patterns
from agir_hf.gait.pattern_index import PatternIndex, first_letters, required_texts


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


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        ("steps?", {"step"}),
        ("left|right", {"left", "right"}),
        ("(?:left |right )?arm", {"arm"}),
        ("(?:step|stride)[- ]time", {" time"}),
        ("(?:the )?(?:left|right)", {"left", "right"}),
        ("(?<=from )length(?! and)", {"length"}),
        ("no-one", {"no one"}),
        (r"\d+ m|gait", {" m", "gait"}),
        (r"(?:\d|gait)", set()),
        ("a{2}steps", {"steps"}),
        ("lo+ng", {"lo", "ng"}),
        (".*", set()),
    ],
)
def test_texts_that_every_match_has(pattern, texts):
    required = required_texts(pattern)
    assert required == texts or (len(required) == 1 and required < texts)


def test_no_pattern_of_the_lexicon_that_matches_is_left_out():
    """Texts made of the words of the patterns themselves, so that most of them match."""
    index, rng = _patterns(), random.Random(0)
    words = [re.findall(r"[a-z]{2,}|[a-z](?= )", pattern) for *_, pattern in index._rows]
    for _ in range(40):
        sentence = " ".join(" ".join(rng.choice(words)) for _ in range(6)) + " 3 m both-sides"
        matching = [row for row in index._rows if _compiled(row[-1]).search(sentence)]
        candidates = index.candidates(sentence)
        assert matching and [row for row in candidates if row in matching] == matching


def test_candidates_are_the_rows_whose_pattern_can_match_in_their_order():
    patterns = ["step", "art", "(?:left|right) arm", r"\d"]
    index = PatternIndex(list(enumerate(patterns)), patterns)
    sentence = "the right arm and the steps"
    assert [row for row, _ in index.candidates(sentence)] == [0, 2, 3]
    matching = {i for i, p in enumerate(patterns) if re.search(rf"\b(?:{p})", sentence)}
    assert matching <= {row for row, _ in index.candidates(sentence)}

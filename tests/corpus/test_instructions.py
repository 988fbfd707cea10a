"""The instruction templates: their number, their placeholders, and how much they differ."""

import re
from collections import Counter
from difflib import SequenceMatcher
from itertools import combinations

import pytest

from agir_hf.training.data import DESCRIPTION_PLACEHOLDER, MOTION_PLACEHOLDER, instructions

TEMPLATES = {  # task -> (number of templates, placeholder)
    "assess": (200, MOTION_PLACEHOLDER),
    "motion_to_foot_text": (30, MOTION_PLACEHOLDER),
    "motion_to_arm_text": (30, MOTION_PLACEHOLDER),
    "text_to_motion": (40, DESCRIPTION_PLACEHOLDER),
}
SHORTEST, LONGEST = 5, 45  # words
LARGEST_TRIGRAM_SIMILARITY = 0.5
LARGEST_SEQUENCE_SIMILARITY = 0.8
LEAST_SHARE = 0.15  # of templates with the placeholder at the start, inside and at the end
REASONS = re.compile(
    r"\b(reason|why|expla|justif|because|evidence|finding|rationale|argu|grounds|observ|signs?\b"
    r"|interpret|make the case|deduc|infer|account for|describe|clue|doubt)"
)
SCORE = re.compile(r"\b(scor|grad|rat(e|ing|es)\b|mark\b|severity|number|[012]\b)")
SCORE_FIRST = re.compile(
    r"\b(score|grade|rating|number)s? (comes? )?(first|followed by)\b"
    r"|\b(start|begin|open) with (a|the|your) (score|grade|rating|number)\b"
    r"|\b(score|grade|rate|number)( it)?,? (and )?then (reason|expla|justif|describ|the reasons)"
)


def words(text):
    """Lower-case words without placeholder and punctuation."""
    return re.findall(r"[a-z0-9]+", re.sub(r"<\w+>", " ", text.lower()))


def trigrams(tokens):
    return {tuple(tokens[i : i + 3]) for i in range(len(tokens) - 2)}


def trigram_similarity(a, b):
    """Jaccard similarity of the word trigrams of two lists of words."""
    a, b = trigrams(a), trigrams(b)
    return len(a & b) / max(len(a | b), 1)


def sequence_similarity(a, b, above=0.0):
    """Similarity of two lists of words in either order; 0 where it is certainly below `above`."""
    largest = 0.0
    for first, second in ((a, b), (b, a)):
        matcher = SequenceMatcher(None, first, second, autojunk=False)
        if matcher.real_quick_ratio() < above or matcher.quick_ratio() < above:
            return 0.0
        largest = max(largest, matcher.ratio())
    return largest


def most_similar(templates, similarity):
    """The pairs with the largest similarities, largest first: (similarity, text, other text)."""
    listed = [(text, words(text)) for text in templates]
    pairs = [(similarity(a, b), text, other) for (text, a), (other, b) in combinations(listed, 2)]
    return sorted(pairs, reverse=True)[:5]


def position(text):
    """Position of the placeholder among the words of a template: start, inside or end."""
    before, after = (len(words(part)) for part in re.split(r"<\w+>", text))
    share = before / (before + after)
    return "start" if share <= 0.2 else "end" if share >= 0.8 else "inside"


def show(pairs):
    return "\n".join(f"{value:.2f}  {text}  |  {other}" for value, text, other in pairs)


@pytest.fixture(params=TEMPLATES)
def task(request):
    return request.param


@pytest.fixture
def templates(task):
    return instructions()[task]


def test_tasks_are_those_of_the_templates():
    assert set(instructions()) == set(TEMPLATES)


def test_every_task_has_its_number_of_templates(task, templates):
    assert len(templates) == TEMPLATES[task][0]


def test_every_template_has_its_placeholder_once_and_no_other(task, templates):
    placeholder = TEMPLATES[task][1]
    for text in templates:
        assert text.count(placeholder) == 1, text
        assert not re.search(r"[<>]", text.replace(placeholder, "")), text


def test_templates_are_ascii_text_of_limited_length(templates):
    for text in templates:
        assert text.isascii() and text.isprintable() and text == " ".join(text.split()), text
        assert SHORTEST <= len(words(text)) <= LONGEST, text


def test_no_two_templates_have_the_same_words(templates):
    for key in (
        tuple,
        lambda tokens: frozenset(Counter(tokens).items()),
    ):  # in order, and as a bag of words
        counts = Counter(key(words(text)) for text in templates)
        assert not [" ".join(map(str, repeated)) for repeated, n in counts.items() if n > 1]


def test_no_pair_has_similar_trigrams(templates):
    pairs = most_similar(templates, trigram_similarity)
    assert pairs[0][0] < LARGEST_TRIGRAM_SIMILARITY, show(pairs)


def test_no_pair_has_similar_word_sequences(templates):
    pairs = most_similar(templates, lambda a, b: sequence_similarity(a, b, above=0.5))
    assert pairs[0][0] < LARGEST_SEQUENCE_SIMILARITY, show(pairs)


def test_the_position_of_the_placeholder_varies(templates):
    counts = Counter(map(position, templates))
    shares = {where: counts[where] / len(templates) for where in ("start", "inside", "end")}
    assert min(shares.values()) >= LEAST_SHARE, shares


def test_assessments_ask_for_reasons_and_then_a_score():
    for text in instructions()["assess"]:
        lower = text.lower()
        assert REASONS.search(lower), text
        assert SCORE.search(lower), text
        assert not SCORE_FIRST.search(lower), text
        assert set(re.findall(r"\d+", text)) <= {"0", "1", "2"}, text


def test_the_measures_recognise_similar_texts():
    """Two pairs that hardly differ, and one pair that differs."""
    text = words("Describe the gait in <motion> and explain the score you give.")
    for other in (
        "Describe the gait in <motion> and explain the score you reach.",
        "Describe the gait in <motion>, and explain the score that you give!",
    ):
        assert trigram_similarity(text, words(other)) >= LARGEST_TRIGRAM_SIMILARITY
        assert sequence_similarity(text, words(other)) >= LARGEST_SEQUENCE_SIMILARITY
    other = words("Why might a nurse worry about <motion>? Reason, then score.")
    assert trigram_similarity(text, other) == 0
    assert sequence_similarity(text, other) < 0.4
    assert sequence_similarity(text, other, above=0.5) == 0


@pytest.mark.parametrize(
    "text",
    [
        "The score comes first, the reasons after it: <motion>",
        "Start with the score of <motion> and explain it.",
        "Rate it, then explain: <motion>",
        "For <motion> write a score, then justify it.",
    ],
)
def test_a_request_for_the_score_first_is_recognised(text):
    assert SCORE_FIRST.search(text.lower())

"""Lexicon of gait texts: the lexicon file, its patterns, and the marks found in a sentence.

`lexicon.json` lists the names of quantities (such as "step length"), the words for states of their
values ("reduced", "normal"), grades ("mildly", "markedly"), negations, and phrases that assert
something without a name ("shuffling"). The word lists that are part of the grammar (sides,
conjunctions, units) are in this file.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

# Unit as written: factor to the unit of the parameter.
UNIT_FACTORS = {"m/s": 1, "steps/min": 1, "steps per minute": 1, "/min": 1, "°": 1, "degrees": 1,
                "%": 1, "percent": 1, "cm": 0.01, "mm": 0.001, "m": 1, "s": 1}  # fmt: skip
# Unit as written: end of the names of the parameters that can have it.
_UNIT_SUFFIXES = {"m/s": "_m_per_s", "steps/min": "_per_min", "steps per minute": "_per_min",
                  "/min": "_per_min", "°": "deg", "degrees": "deg", "%": "_percent",
                  "percent": "_percent", "cm": "m", "mm": "m", "m": "m", "s": "_s"}  # fmt: skip
# Units that only one quantity has.
QUANTITY_OF_UNIT = {"m/s": "speed", "steps/min": "cadence", "steps per minute": "cadence"}
_UNIT_PATTERN = "|".join(map(re.escape, UNIT_FACTORS))
NUMBER = rf"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>{_UNIT_PATTERN})(?!\w)"
# Of overlapping marks of equal length, the kind that is listed first is kept. A "soft" mark makes
# no claim: it separates a state from a later name ("with"), or is the adverb "even", not the state.
_KINDS = ("phrase", "name", "negation", "state", "grade", "side", "number", "break", "soft", "than")
_CLAUSE_BREAKS = ("but", "while", "whereas", "although", "though", "however", "yet", "despite",
                  "compared (?:with|to)", "otherwise", "except", "suggest(?:s|ing)?",
                  "indicat(?:es?|ing)", "impl(?:y|ies|ying)", "reflect(?:s|ing)?",
                  "accompanied by", "(?:consistent|compatible|in keeping) with",
                  "in contrast")  # fmt: skip
LEADING_CONJUNCTIONS = ("while", "whereas", "although", "though", "despite")
LIMB = "(?:foot|feet|leg|arm|hand|side|knee|ankle|hip|heel)"
_SIDE_WORDS = {
    "left": ("left", "l"),
    "right": ("right", "r"),
    "both": ("(?<!are )(?<!were )both", "bilat(?:eral(?:ly)?)?", "left and (?:the )?right",
             "right and (?:the )?left", "the two (?=sides)",
             rf"either (?={LIMB})", rf"(?<=neither ){LIMB}", rf"each (?={LIMB})"),
}  # fmt: skip
_LOW_IS_NORMAL = ("rhythm", "sway", "step_length_variability", "step_asymmetry", "arm_asymmetry")


@dataclass(frozen=True)
class Mark:
    """A word or phrase of the lexicon in a text.

    Attributes:
        kind: "phrase", "name", "negation", "state", "grade", "side", "number", "break", "soft" or
            "than".
        start: Offset of the first character in the text.
        end: Offset after the last character.
        text: The matched words, in lower case.
        quantity: Quantity of a name or a phrase, else "".
        state: State of a phrase or a state word, digit of a grade, or side of a side word.
    """

    kind: str
    start: int
    end: int
    text: str
    quantity: str = ""
    state: str = ""


@lru_cache(maxsize=1)
def load_lexicon() -> dict:
    """Load `lexicon.json`."""
    return json.loads(Path(__file__).with_name("lexicon.json").read_text("utf-8"))


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[str, str, str, re.Pattern]]:
    """Rows of kind, quantity, state and pattern, as in `Mark`."""
    lexicon = load_lexicon()
    rows = []
    for quantity, entry in lexicon["quantities"].items():
        rows += [("name", quantity, "", _hyphenable(name)) for name in entry["names"]]
        for state, phrases in entry["phrases"].items():
            rows += [("phrase", quantity, state, _hyphenable(phrase)) for phrase in phrases]
    for state, words in lexicon["states"].items():
        rows += [("state", "", state, re.escape(word)) for word in words]
    for grade, words in lexicon["grades"].items():
        rows += [("grade", "", grade, re.escape(word)) for word in words]
    rows += [("negation", "", "", re.escape(word)) for word in lexicon["negations"]]
    rows += [("side", "", side, word) for side, words in _SIDE_WORDS.items() for word in words]
    rows += [("break", "", "", word) for word in _CLAUSE_BREAKS]
    rows += [("than", "", "", "than"), ("soft", "", "", "with")]
    rows += [("soft", "", "", "even (?=slightly|mildly|markedly|more|less|though|if|when|with)")]
    return [(k, q, s, re.compile(rf"\b(?:{word})\b")) for k, q, s, word in rows]


def _hyphenable(pattern: str) -> str:
    """A pattern whose words may also be joined by hyphens."""
    return re.sub(r"(?<!\[-) (?!\])", "[- ]", pattern)


def find_marks(sentence: str, offset: int) -> list[Mark]:
    """Find the words of the lexicon in a sentence; of overlapping matches the longest is kept.

    Args:
        sentence: Text in lower case.
        offset: Offset of the sentence in the whole text; it is added to those of the marks.

    Returns:
        The marks in the order of the text.
    """
    marks = _marks_of_sentence(sentence)
    return [replace(mark, start=mark.start + offset, end=mark.end + offset) for mark in marks]


@lru_cache(maxsize=8192)
def _marks_of_sentence(sentence: str) -> tuple[Mark, ...]:
    """Marks of a sentence; cached, because equal sentences recur and there are 1,000 patterns."""
    marks = [
        Mark(kind, match.start(), match.end(), match.group(), quantity, state)
        for kind, quantity, state, pattern in _patterns()
        for match in pattern.finditer(sentence)
    ]
    marks += [Mark("number", m.start(), m.end(), m.group()) for m in re.finditer(NUMBER, sentence)]
    marks.sort(key=lambda mark: (mark.start - mark.end, _KINDS.index(mark.kind)))
    kept: list[Mark] = []
    for mark in marks:
        if all(mark.end <= other.start or mark.start >= other.end for other in kept):
            kept.append(mark)
    return tuple(sorted(kept, key=lambda mark: mark.start))


def described_quantity(quantity: str, state: str, word: str) -> tuple[str | None, str]:
    """Return the quantity and value that a state asserts: "variable" is about variability.

    Args:
        quantity: Quantity that is named.
        state: State of the lexicon, such as "low", "variable" or "uneven".
        word: Word of the text for the state.

    Returns:
        The quantity that the state is about, or None, and "low", "normal" or "high".
    """
    entry = load_lexicon()["quantities"][quantity]
    if quantity == "stability" and state in ("variable", "steady"):
        return quantity, "low" if state == "variable" else "normal"
    if state in ("variable", "steady"):
        quantity = "rhythm" if quantity == "rhythm" else entry.get("variability")
        return quantity, "high" if state == "variable" else "normal"
    if state in ("uneven", "even"):
        asymmetry = quantity if "asymmetry" in quantity else entry.get("asymmetry")
        return asymmetry, "high" if state == "uneven" else "normal"
    if state == "impaired" or (word == "poor" and quantity in ("posture", "rhythm", "turning")):
        return quantity, impaired_state(quantity)
    if quantity == "turning" and state != "normal":
        return quantity, "high" if word.startswith("slow") or state == "high" else "normal"
    if quantity in _LOW_IS_NORMAL and state == "low":
        return quantity, "normal"
    return quantity, state


def can_have_unit(quantity: str, unit: str) -> bool:
    """Whether a number with this unit can be a value of the quantity."""
    measures = load_lexicon()["quantities"][quantity]["measures"]
    suffix = _UNIT_SUFFIXES[unit].lstrip("_")
    return any(re.search(rf"[_}}]{suffix}$", name) for name in measures)


def impaired_state(quantity: str) -> str:
    """Return the state of a quantity that is a sign of impairment, "low" or "high"."""
    bad = load_lexicon()["quantities"][quantity]["bad"]
    return "low" if bad == "either" else bad


def negated_state(quantity: str, state: str) -> str:
    """The state that "not …" asserts: not normal is impaired, anything else negated is normal."""
    return impaired_state(quantity) if state == "normal" else "normal"

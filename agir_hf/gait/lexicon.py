"""Lexicon of gait texts: the lexicon file, its patterns, and the marks found in a sentence.

`lexicon.json` lists the names of quantities (such as "step length"), the words for states of their
values ("reduced", "normal"), grades ("mildly", "markedly"), negations, and phrases that assert
something without a name ("shuffling"). The word lists that are part of the grammar (sides,
conjunctions, units) are in this file.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from .pattern_index import PatternIndex

# Unit as written: factor to the unit of the parameter.
_SPELLINGS = {
    "m/s": ("m/s", "m/sec", "metres per second", "meters per second", "m per second"),
    "steps/min": ("steps/min", "steps per minute", "steps a minute", "steps each minute",
                  "steps per min", "steps/minute"),
    "/min": ("/min", "per minute"), "°": ("°", "degrees", "degree", "deg"),
    "%": ("%", "percent", "per cent"), "cm": ("cm", "centimetres", "centimeters"),
    "mm": ("mm", "millimetres", "millimeters"), "m": ("m", "metres", "meters", "metre", "meter"),
    "s": ("s", "seconds", "sec"),
}  # fmt: skip
_UNIT_OF = {spelling: unit for unit, spellings in _SPELLINGS.items() for spelling in spellings}
# Unit: end of the names of the parameters that can have it.
_UNIT_SUFFIXES = {"m/s": "_m_per_s", "steps/min": "_per_min", "/min": "_per_min", "°": "deg",
                  "%": "_percent", "cm": "m", "mm": "m", "m": "m", "s": "_s"}  # fmt: skip
_PARTS_OF_UNIT = {"cm": 0.01, "mm": 0.001}
UNIT_FACTORS = {spelling: _PARTS_OF_UNIT.get(unit, 1) for spelling, unit in _UNIT_OF.items()}
_QUANTITIES = {"m/s": "speed", "steps/min": "cadence"}  # units that only one quantity has
QUANTITY_OF_UNIT = {word: _QUANTITIES[unit] for word, unit in _UNIT_OF.items()
                    if unit in _QUANTITIES}  # fmt: skip
_UNIT_PATTERN = "|".join(map(re.escape, sorted(UNIT_FACTORS, key=len, reverse=True)))
NUMBER = rf"(?P<number>\d+(?:\.\d+)?)\s*-?(?P<unit>{_UNIT_PATTERN})(?!\w)"
_NUMBER = re.compile(NUMBER)
# Of overlapping marks of equal length, the kind that is listed first is kept. A "soft" mark makes
# no claim: it separates a state from a later name ("with"), or is the adverb "even", not the state.
# An "ignored" mark only hides the words in it; after an "unknown" one, states make no claim.
_KINDS = (
    "ignored",
    "phrase",
    "name",
    "negation",
    "state",
    "grade",
    "side",
    "number",
    "break",
    "soft",
    "than",
    "unknown",
)
_CLAUSE_BREAKS = ("but", "while", "whereas", "although", "though", "however", "yet", "despite",
                  "in spite of", "compared (?:with|to)", "otherwise", "except", "albeit",
                  "suggest(?:s|ing)?", "indicat(?:es?|ing)", "impl(?:y|ies|ying)",
                  "reflect(?:s|ing)?", "accompanied by", "(?:consistent|compatible) with",
                  "in keeping with", "in contrast", "contrasts? with", "because", "nevertheless",
                  "so(?= (?:that|walking|the|he|she|it|this))", "as well as(?= the)",
                  "which (?:[a-z]+ )?(?:limits?|fits?|makes?|means?|explains?|agrees?|suggests?)",
                  "which (?:[a-z]+ )?(?:points?|indicates?|gives?|supports?|corresponds)",
                  "(?:this|these|it) fits?")  # fmt: skip
LEADING_CONJUNCTIONS = ("while", "whereas", "although", "though", "despite", "in spite of",
                        "because")  # fmt: skip
LIMB = "(?:foot|feet|leg|arm|hand|side|knee|ankle|hip|heel)"
_SIDE_WORDS = {
    "left": ("left", "l"),
    "right": ("right", "r"),
    "both": ("(?<!are )(?<!were )both", "bilat(?:eral(?:ly)?)?", "left and (?:the )?right",
             "right and (?:the )?left", "the two (?=sides)",
             rf"either (?={LIMB})", rf"(?<=neither ){LIMB}", rf"each (?={LIMB})"),
}  # fmt: skip
# Names that refer to the quantity before: "its range".
_OWN_MEASURES = ("(?:range|amplitude|extent|excursion|size|share|duration|value)",
                 "(?:a?symmetry)", "(?:variability|variation)")  # fmt: skip
_OF_SIDES = {"arm_asymmetry": "arm_swing", "step_asymmetry": "step_length",
             "step_length_variability": "step_length"}  # fmt: skip
_LOW_IS_NORMAL = ("rhythm", "sway", "step_length_variability", "step_asymmetry", "arm_asymmetry")
# Absence is a grade of these quantities; of others, absence is a marked reduction.
CAN_BE_ABSENT = ("arm_swing", "foot_lift", "heel_strike")
NEARLY_ABSENT = re.compile(
    r"\b(?:absent|missing|absence"
    r"|(?:hardly|barely|scarcely)(?! (?:sufficient|adequate|normal|enough))"
    r"|(?:almost|nearly|virtually|practically|next to) (?:no|motionless|still|immobile))\b"
)
GIVEN_UP = re.compile(r"\b(?:absent|missing|hardly|barely|scarcely)\b")
# "Not markedly reduced" leaves open whether it is reduced at all.
UNCERTAIN_IF_NEGATED = re.compile(
    r"(?:mild|slight|moderate|marked|severe|gross|strong|great|substantial|profound|extreme|drastic"
    r"|dramatic|considerabl|pronounced|massive|highly|heav|very|deeply)"
)
# As predicates these words say that a sign is present, not how marked it is.
ONLY_PRESENT = re.compile(
    r"evident|visibl|obvious|perceptibl|unmistak|definite|appreciable"  # codespell:ignore visibl
)
POSTPOSED_GRADE = re.compile(r"\s+(?:degree|extent|so)\b")
# "Neither was step length": the name repeats the state of the previous claim.
REPEATED = re.compile(
    r"\b(?:so|as|neither|nor)\s+(?:is|are|was|were|does|do|did|has|have)\s+"
    r"(?:the\s+|his\s+|her\s+|their\s+)?(?:left\s+|right\s+)?$"
)
NORM_NUMBER = re.compile(
    r"\b(?:norms?|references?|(?:reference|expected|normal) (?:value|mean)|limit|cut-?off|threshold"
    r"|expected|mean of (?:the )?(?:healthy|norm)|healthy adults?)"
    r"(?:\s+(?:is|was|are|of|at|being|about|around|approximately|for [\w ]{1,30}?))*[\s:=(]*$"
    r"|\b(?:reference|normal|normative|expected) (?:range|values?|mean|limits?)"
    r"(?: (?:for|of) [\w ]+?)? (?:is|are|lies|runs|"  # codespell:ignore lies
    r"from|between|of)\s+(?:from |between )?"
    r"(?:[\d.]+ (?:\S+ )?(?:to|-|–|and) )?$"
)
LISTED = re.compile(r"[\w\s-]*(?:,[\w\s-]*)*\b(?:or|nor)\b")  # more names follow
REMARK = re.compile(
    r"\s+(?:abnormal|deficit|problem|impair|differ|data|information|analysis|measure|phase)"
)
PRESENCE = re.compile(
    r"[\w ]*\b(?:is|are|was|were) (?:also |still |clearly |again )?"
    r"(?:present|noted|seen|observed|evident|apparent|visible|recorded|obvious)"
)


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
def _patterns() -> PatternIndex[tuple[str, str, str, str]]:
    """Rows of kind, quantity and state, as in `Mark`, and regular expression."""
    lexicon = load_lexicon()
    rows = [("ignored", "", "", words) for words in lexicon["ignored"]]
    rows += [("unknown", "", "", words) for words in lexicon["unknown"]]
    for quantity, entry in lexicon["quantities"].items():
        rows += [("name", quantity, "", _hyphenable(name)) for name in entry["names"]]
        for state, phrases in entry["phrases"].items():
            rows += [("phrase", quantity, state, _hyphenable(phrase)) for phrase in phrases]
    for state, words in lexicon["states"].items():
        rows += [("state", "", state, word) for word in words]
    for grade, words in lexicon["grades"].items():
        rows += [("grade", "", grade, word) for word in words]
    rows += [("negation", "", "", word) for word in lexicon["negations"]]
    rows += [("side", "", side, word) for side, words in _SIDE_WORDS.items() for word in words]
    rows += [("break", "", "", word) for word in _CLAUSE_BREAKS]
    rows += [("than", "", "", "than"), ("soft", "", "", "with")]
    rows += [("soft", "", "", "even (?=slightly|mildly|markedly|more|less|though|if|when|with)")]
    rows += [("name", "it", "", f"(?:its|their) {words}") for words in _OWN_MEASURES]
    rows += [("name", "it", "", "amplitude")]
    compared = r"(?: one)?(?= moves? (?:\w+ly )?(?:less|more|little))"
    rows += [("name", "it", "", f"(?:left|right|other){compared}")]
    norm = lexicon["norm"]
    rows = [(kind, name, state, words.replace("{norm}", norm)) for kind, name, state, words in rows]
    return PatternIndex(rows, [words for *_, words in rows])


@cache
def _compiled(words: str) -> re.Pattern:
    """Pattern of whole words; compiled at its first use, because a text needs few of them."""
    return re.compile(rf"\b(?:{words})\b")


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
    words = sentence.lstrip()  # a sentence after another begins with a space; its marks are equal
    offset += len(sentence) - len(words)
    return [
        Mark(
            mark.kind, mark.start + offset, mark.end + offset, mark.text, mark.quantity, mark.state
        )
        for mark in _marks_of_sentence(words)
    ]


@lru_cache(maxsize=8192)
def _marks_of_sentence(sentence: str) -> tuple[Mark, ...]:
    """Marks of a sentence; cached, because equal sentences recur and there are 1,000 patterns."""
    marks = [
        Mark(kind, match.start(), match.end(), match.group(), quantity, state)
        for kind, quantity, state, words in _patterns().candidates(sentence)
        for match in _compiled(words).finditer(sentence)
    ]
    marks += [Mark("number", m.start(), m.end(), m.group()) for m in _NUMBER.finditer(sentence)]
    marks.sort(key=lambda mark: (mark.start - mark.end, _KINDS.index(mark.kind)))
    kept: list[Mark] = []
    for mark in marks:
        if all(mark.end <= other.start or mark.start >= other.end for other in kept):
            kept.append(mark)
    kept = [mark for mark in kept if mark.kind != "ignored"]
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
    state = "low" if state == "absent" else state
    if quantity == "step_length" and re.match("slow|fast|quick|rapid|hurried", word):
        quantity = "cadence"
    if quantity == "stability" and state in ("variable", "steady"):
        return quantity, "low" if state == "variable" else "normal"
    if quantity == "rhythm" and state in ("uneven", "even"):
        return quantity, "high" if state == "uneven" else "normal"
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


def own_quantity(quantity: str, words: str) -> str:
    """Return what words such as "its symmetry" and "its amplitude" refer to.

    Args:
        quantity: Quantity that was named before, or "".
        words: Words of the text.

    Returns:
        A quantity, or "" if there is none.
    """
    entry = load_lexicon()["quantities"].get(quantity, {})
    if "symmetry" in words:
        return entry.get("asymmetry", "")
    if "varia" in words:
        return entry.get("variability", "")
    return _OF_SIDES.get(quantity, quantity)


def can_have_unit(quantity: str, unit: str) -> bool:
    """Whether a number with this unit can be a value of the quantity."""
    measures = load_lexicon()["quantities"][quantity]["measures"]
    suffix = _UNIT_SUFFIXES[_UNIT_OF[unit]].lstrip("_")
    return any(re.search(rf"[_}}]{suffix}$", name) for name in measures)


@lru_cache(maxsize=1024)
def inner_grade(words: str) -> int:
    """Return the grade of an adverb within the words of a phrase, or 0: "is severely unsteady"."""
    grades = load_lexicon()["grades"].items()
    for adverb in re.findall(r"(?<!only )\b(?:\w+ly|very)\b", words):
        for grade, patterns in grades:
            if any(re.fullmatch(pattern, adverb) for pattern in patterns):
                return int(grade)
    return 0


def impaired_state(quantity: str) -> str:
    """Return the state of a quantity that is a sign of impairment, "low" or "high"."""
    bad = load_lexicon()["quantities"][quantity]["bad"]
    return "low" if bad == "either" else bad


def negated_state(quantity: str, state: str) -> str:
    """The state that "not …" asserts: not normal is impaired, anything else negated is normal."""
    return impaired_state(quantity) if state == "normal" else "normal"

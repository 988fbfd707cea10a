"""Claims found in sentences whose claims were written down before the lexicon knew them.

`claims.tsv` was committed before there was a lexicon; the lexicon was tuned on the part that
`set_aside` leaves. `claims_further.tsv` and `claims_last.tsv` were written by others who had not
seen the lexicon, one set after another; when each was met first, 63, 78, 81, 86 (further) and
86 % (last) of its sentences came out exactly as labelled, 96 % of the claims found in the last
were right and 92 % of its claims found. The lexicon learnt from each afterwards, so that the
figures these tests hold are of known sentences, and those above of unknown ones.
"""

import hashlib
from pathlib import Path

import pytest

from agir_hf.gait.claims import extract_claims, lexicon

DATA = Path(__file__).with_name("data")


def set_aside(text):
    return hashlib.sha256(text.encode()).digest()[0] % 2 == 0


def sentences(name):
    rows = []
    for line in (DATA / name).read_text("utf-8").splitlines():
        text, _, told = line.partition("\t")
        rows.append((text, {tuple(part.split()) for part in told.split(";") if part.strip()}))
    return rows


def found(text):
    return {(c.quantity, c.side or "-", c.state or f"{c.value:g}") for c in extract_claims(text)}


@pytest.mark.parametrize("aside", [False, True])
def test_claims_of_sentences_are_found(aside):
    rows = [row for row in sentences("claims.tsv") if set_aside(row[0]) == aside]
    wrong = [(text, told, found(text)) for text, told in rows if found(text) != told]
    assert len(rows) >= 75
    assert len(wrong) <= 0.05 * len(rows), wrong


@pytest.mark.parametrize(
    ("name", "count", "exact", "precision", "recall"),
    [
        ("claims_further.tsv", 540, 0.94, 0.98, 0.96),
        ("claims_last.tsv", 160, 0.90, 0.97, 0.93),
    ],
)
def test_claims_of_sentences_by_others_are_found(name, count, exact, precision, recall):
    rows = [(told, found(text)) for text, told in sentences(name)]
    right = sum(len(told & claims) for told, claims in rows)
    assert len(rows) == count
    assert sum(told == claims for told, claims in rows) >= exact * count
    assert right >= precision * sum(len(claims) for _, claims in rows)
    assert right >= recall * sum(len(told) for told, _ in rows)


def test_each_body_part_has_forty_phrasings_or_more():
    words = {"foot": 0, "arm": 0, "overall": 0}
    for entry in lexicon()["quantities"].values():
        words[entry["part"]] += len(entry["names"]) + sum(map(len, entry["phrases"].values()))
    assert min(words.values()) >= 40, words


def test_places_lie_in_the_text():
    text = "The walk is long. Step length is SHORT and variable."
    for claim in extract_claims(text):
        assert text[claim.start : claim.end] in ("Step length is SHORT and variable",
                                                 "Step length is SHORT")  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "Step length could not be measured.",
        "Reduced arm swing was not reliably assessed.",
        "Data are missing for a short stance.",
    ],
)
def test_what_was_not_measured_is_no_claim(text):
    assert not extract_claims(text)


def test_unknown_text_of_any_kind_is_read_without_an_error():
    for text in (
        "",
        "....",
        "left right both",
        "not not not",
        "0.5 m 3 %",
        "but, although;",
        "é" * 99,
    ):
        assert isinstance(extract_claims(text), list)

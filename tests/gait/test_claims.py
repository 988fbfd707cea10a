"""Claims found in labelled sentences.

`claims.tsv` was committed before the lexicon existed; the lexicon was tuned on the half that
`is_held_out` leaves. `claims_further.tsv` and `claims_last.tsv` were written later, one set after
another, by writers who had not seen the lexicon. When each set was first evaluated, 63, 78, 81, 86
(further) and 86 % (last) of its sentences were found exactly as labelled; in the last set the
precision of the claims was 96 % and their recall 92 %. The lexicon was extended after each
evaluation: the limits in these tests are for sentences that were used to tune it, the figures above
for sentences that were not.

The labels of these sets have states and numbers separately and no grades. `claims_graded.tsv` and
`claims_graded_held_out.tsv` have one label for each claim, with its grade and number. They are two
halves of a set by another writer than the parser's; both were committed before the parser was
changed for grades, and the held-out half was not read while it was tuned.

When the held-out half was first evaluated (commit c89663a, after tuning on the other half), 82.3 %
of its sentences (107 of 130) were found exactly as labelled, with a precision of the claims of
92.2 % and a recall of 86.8 %. Nothing was tuned after that.
"""

import hashlib
from itertools import pairwise
from pathlib import Path

import pytest

from agir_hf.gait.claims import extract_claims
from agir_hf.gait.grades import ABSENT
from agir_hf.gait.lexicon import load_lexicon

DATA = Path(__file__).with_name("data")


def is_held_out(text):
    return hashlib.sha256(text.encode()).digest()[0] % 2 == 0


def labelled_sentences(name):
    rows = []
    for line in (DATA / name).read_text("utf-8").splitlines():
        text, _, labels = line.partition("\t")
        rows.append((text, {tuple(label.split()) for label in labels.split(";") if label.strip()}))
    return rows


def claims_of(text):
    """States and numbers as separate labels, without grades."""
    claims = extract_claims(text)
    states = {(c.quantity, c.side or "-", c.state) for c in claims if c.state}
    return states | {
        (c.quantity, c.side or "-", f"{c.value:g}") for c in claims if c.value is not None
    }


GRADE_WORDS = ("", "mild_", "moderate_", "marked_")


def graded_claims_of(text):
    """One label for each claim: quantity, side, grade with state, and a number."""
    labels = set()
    for claim in extract_claims(text):
        if claim.grade == ABSENT:
            grade = "absent"
        else:
            grade = GRADE_WORDS[claim.grade] + claim.state if claim.state else "number"
        number = () if claim.value is None else (f"{claim.value:g}",)
        labels.add((claim.quantity, claim.side or "-", grade, *number))
    return labels


def graded_shares(name):
    """Share of the sentences found exactly as labelled, precision, and recall of the claims."""
    rows = [(labels, graded_claims_of(text)) for text, labels in labelled_sentences(name)]
    right = sum(len(labels & claims) for labels, claims in rows)
    exact = sum(labels == claims for labels, claims in rows) / len(rows)
    count = sum(len(claims) for _, claims in rows)
    return exact, right / count, right / sum(len(labels) for labels, _ in rows)


@pytest.mark.parametrize("held_out", [False, True])
def test_claims_of_labelled_sentences_are_found(held_out):
    rows = [row for row in labelled_sentences("claims.tsv") if is_held_out(row[0]) == held_out]
    wrong = [(text, labels, claims_of(text)) for text, labels in rows if claims_of(text) != labels]
    assert len(rows) >= 75
    assert len(wrong) <= 0.05 * len(rows), wrong


@pytest.mark.parametrize(
    ("name", "count", "exact", "precision", "recall"),
    [
        ("claims_further.tsv", 540, 0.94, 0.98, 0.96),
        ("claims_last.tsv", 160, 0.90, 0.97, 0.93),
    ],
)
def test_claims_of_sentences_by_other_writers_are_found(name, count, exact, precision, recall):
    rows = [(labels, claims_of(text)) for text, labels in labelled_sentences(name)]
    right = sum(len(labels & claims) for labels, claims in rows)
    assert len(rows) == count
    assert sum(labels == claims for labels, claims in rows) >= exact * count
    assert right >= precision * sum(len(claims) for _, claims in rows)
    assert right >= recall * sum(len(labels) for labels, _ in rows)


def test_graded_claims_of_the_half_for_tuning_are_found():
    assert len(labelled_sentences("claims_graded.tsv")) == 130
    exact, precision, recall = graded_shares("claims_graded.tsv")
    assert exact >= 0.98
    assert min(precision, recall) >= 0.98


def test_graded_claims_of_the_held_out_half():
    """First measured: exact match 82.3 %, precision 92.2 %, recall 86.8 %."""
    exact, precision, recall = graded_shares("claims_graded_held_out.tsv")
    assert exact >= 0.81
    assert precision >= 0.91
    assert recall >= 0.85


def test_both_halves_of_the_graded_sentences_have_no_sentence_in_common():
    halves = [
        {text for text, _ in labelled_sentences(name)}
        for name in ("claims_graded.tsv", "claims_graded_held_out.tsv")
    ]
    assert [len(half) for half in halves] == [130, 130]
    assert not halves[0] & halves[1]


@pytest.mark.parametrize(
    "name", [path.name for path in sorted(DATA.glob("claims*.tsv"))], ids=lambda name: name[:-4]
)
def test_a_sentence_that_was_read_as_labelled_stays_so(name):
    """`not_found.txt` has the sentences that are not read as labelled, and no others."""
    read = graded_claims_of if "graded" in name else claims_of
    wrong = [text for text, labels in labelled_sentences(name) if read(text) != labels]
    rows = (DATA / "not_found.txt").read_text("utf-8").splitlines()
    assert wrong == [text for file, text in map(lambda row: row.split("\t"), rows) if file == name]


def test_each_body_part_has_at_least_forty_phrasings():
    words = {"foot": 0, "arm": 0, "overall": 0}
    for entry in load_lexicon()["quantities"].values():
        words[entry["part"]] += len(entry["names"]) + sum(map(len, entry["phrases"].values()))
    assert min(words.values()) >= 40, words


def labels_of(text):
    """Claims as "quantity side grade number", sorted."""
    return sorted(" ".join(label) for label in graded_claims_of(text))


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("Arm swing is absent on the left.", ["arm_swing left absent"]),
        ("There is no arm swing.", ["arm_swing - absent"]),
        ("Neither arm swings.", ["arm_swing both absent"]),
        ("The left arm does not swing.", ["arm_swing left absent"]),
        ("Arm swing is missing on the right.", ["arm_swing right absent"]),
        ("Arm swing is completely lost.", ["arm_swing - absent"]),
        ("No heel strike is seen on either side.", ["heel_strike both absent"]),
        ("The feet do not leave the floor.", ["foot_lift - absent"]),
        ("Foot lift is absent on the right.", ["foot_lift right absent"]),
        ("Arm swing is nearly absent.", ["arm_swing - marked_low"]),
        ("There is hardly any arm swing.", ["arm_swing - marked_low"]),
        ("The left arm barely swings.", ["arm_swing left marked_low"]),
        ("A mild loss of arm swing is seen.", ["arm_swing - mild_low"]),
        ("Tremor is absent.", ["tremor - normal"]),
        ("No asymmetry of arm swing is seen.", ["arm_asymmetry - normal"]),
        ("There is no reduction of arm swing.", ["arm_swing - normal"]),
    ],
)
def test_absence_is_a_grade_of_quantities_that_can_be_absent(text, claims):
    assert labels_of(text) == claims


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("Step length is markedly reduced at 0.38 m.", ["step_length - marked_low 0.38"]),
        ("At 0.7 m/s, speed is mildly reduced.", ["speed - mild_low 0.7"]),
        ("Speed is 1.2 m/s, which is normal.", ["speed - normal 1.2"]),
        ("Step width is 19 cm, indicating a wide base.", ["step_width - high 0.19"]),
        ("Speed is 1.2 m/s.", ["speed - number 1.2"]),
        (
            "Arm swing is 8° on the left, which is markedly reduced, and 31° on the right.",
            ["arm_swing left marked_low 8", "arm_swing right number 31"],
        ),
        (
            "Step length is reduced to 0.4 m, against a norm of 0.62 m.",
            ["step_length - low 0.4"],
        ),
    ],
)
def test_a_state_and_a_number_in_a_sentence_are_one_claim(text, claims):
    assert labels_of(text) == claims


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("From step to step nothing changes.", []),
        ("The arms move step by step.", []),
        ("From one step to the next, speed is constant.", []),
        ("Between the sides, arm swing is equal.", ["arm_asymmetry - normal"]),
        ("The head turns from side to side.", []),
        ("The trunk sways from side to side.", ["sway - high"]),
        ("Step length varies from step to step.", ["step_length_variability - high"]),
        ("Arm swing is regular from step to step.", ["arm_swing - normal"]),
    ],
)
def test_words_of_comparison_assert_nothing_of_steps_rhythm_or_sway(text, claims):
    assert [c for c in labels_of(text) if not c.startswith("arm_swing")] == [
        c for c in claims if not c.startswith("arm_swing")
    ]


@pytest.mark.parametrize(
    ("words", "grade"),
    [
        *((word, "mild") for word in ("slightly", "mildly", "a little", "somewhat")),
        *((word, "moderate") for word in ("clearly", "notably", "noticeably", "moderately")),
        *((word, "marked") for word in ("markedly", "severely", "substantially", "strongly")),
        *((word, "marked") for word in ("grossly", "very much", "extremely")),
    ],
)
def test_adverbs_have_a_grade(words, grade):
    assert labels_of(f"Step length is {words} reduced.") == [f"step_length - {grade}_low"]


@pytest.mark.parametrize(
    ("word", "grade"),
    [
        *((word, "mild") for word in ("slight", "mild", "minor")),
        *((word, "moderate") for word in ("clear", "notable", "noticeable", "moderate")),
        *((word, "marked") for word in ("marked", "severe", "substantial", "pronounced")),
    ],
)
def test_adjectives_have_a_grade_before_and_after_their_noun(word, grade):
    assert labels_of(f"There is a {word} reduction of arm swing.") == [f"arm_swing - {grade}_low"]
    assert labels_of(f"The reduction of arm swing is {word}.") == [f"arm_swing - {grade}_low"]


def test_the_negation_of_a_grade_is_no_claim():
    assert labels_of("Step length is not reduced.") == ["step_length - normal"]
    assert labels_of("Step length is not markedly reduced.") == []
    assert labels_of("There is no severe reduction of arm swing.") == []
    assert labels_of("Step length is not only short but also variable.") == [
        "step_length - low",
        "step_length_variability - high",
    ]


@pytest.mark.parametrize(
    "norm",
    [
        "for this age",
        "for her age and sex",
        "for this speed",
        "against the norm of men of 70 years",
        "compared with healthy adults",
        "for a woman of 70 years",
        "relative to the reference for this speed",
    ],
)
def test_words_for_a_norm_do_not_change_a_claim(norm):
    claim = "step length is mildly reduced"
    for order in (f"{claim} {norm}.", f"{norm}, {claim}."):
        assert labels_of(order) == ["step_length - mild_low"]


def test_a_comparison_with_a_norm_is_a_state():
    assert labels_of("Speed is markedly below what is expected here.") == ["speed - marked_low"]
    text = "Cadence lies slightly above the norm of healthy adults."  # codespell:ignore lies
    assert labels_of(text) == ["cadence - mild_high"]
    assert labels_of("Swing is within the range of healthy adults.") == []
    assert labels_of("The swing phase is within the range of the norm.") == ["swing - normal"]


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("Speed is low, which limits walking.", ["speed - low"]),
        ("Walking is limited, so walking without help is not possible.", []),
        ("This fits a slight limitation.", []),
        ("Speed is reduced, which fits a substantial limitation.", ["speed - low"]),
        ("Speed weighs most: it is markedly reduced.", ["speed - marked_low"]),
        ("The score follows from the short steps.", ["step_length - low"]),
        ("In contrast, posture is upright.", ["posture - normal"]),
        ("This agrees with a low score.", []),
        (
            "The walk is slow because the steps are short.",
            ["speed - low", "step_length - low"],
        ),
        ("The signs are consistent with a moderate impairment.", []),
        ("The patient is 72 years old.", []),
        (
            "Foot: Steps are short. Arm: Arm swing is normal. Overall: The gait is slow.",
            ["arm_swing - normal", "speed - low", "step_length - low"],
        ),
    ],
)
def test_arguments_and_labels_assert_nothing_of_the_gait(text, claims):
    assert labels_of(text) == claims


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("She turns en bloc.", ["turning - high"]),
        ("He needs many steps to turn.", ["turning - high"]),
        ("She turns with many small steps.", ["turning - high"]),
        ("He turns quickly.", ["turning - normal"]),
        ("The turn is made in three steps.", ["turning - normal"]),
        ("The turn is made in seven steps.", ["turning - high"]),
        ("Shoulders and pelvis rotate as one block.", ["trunk_coordination - low"]),
        ("Shoulders and pelvis counter-rotate freely.", ["trunk_coordination - normal"]),
        ("The trunk is held upright.", ["posture - normal"]),
        ("She leans slightly forward.", ["posture - mild_high"]),
        ("The trunk is not bent.", ["posture - normal"]),
        ("He is severely unsteady.", ["stability - marked_low"]),
        ("Balance is safe.", ["stability - normal"]),
    ],
)
def test_turning_trunk_posture_and_stability(text, claims):
    assert labels_of(text) == claims


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        (
            "The walk is long. Step length is SHORT and variable.",
            ["Step length is SHORT and variable"] * 2,
        ),
        (
            "Swing is short, and the left arm swings less.",
            ["Swing is short", "the left arm swings less"],
        ),
        (
            "Although speed is normal, the steps are short.",
            ["speed is normal", "the steps are short"],
        ),
        (
            "Arm swing is normal but mildly asymmetric.",
            ["Arm swing is normal but mildly asymmetric"] * 2,
        ),
        (
            "Overall: The walk is slow, because the steps are short.",
            ["The walk is slow", "the steps are short"],
        ),
        (
            "At 0.7 m/s, speed is reduced (norm 1.2 m/s).",
            ["At 0.7 m/s, speed is reduced (norm 1.2 m/s)"],
        ),
    ],
)
def test_offsets_select_the_clause_of_a_claim(text, clauses):
    assert [text[claim.start : claim.end] for claim in extract_claims(text)] == clauses


def test_clauses_of_two_claims_are_equal_or_separate():
    for name in ("claims_graded.tsv", "claims_further.tsv"):
        for text, _ in labelled_sentences(name):
            spans = sorted({(claim.start, claim.end) for claim in extract_claims(text)})
            assert all(first[1] <= second[0] for first, second in pairwise(spans)), text


@pytest.mark.parametrize(
    "text",
    [
        "Step length could not be measured.",
        "Reduced arm swing was not reliably assessed.",
        "Data are missing for a short stance.",
        "Whether arm swing is reduced cannot be judged.",
    ],
)
def test_statements_about_missing_measurements_are_not_claims(text):
    assert not extract_claims(text)


def test_arbitrary_text_raises_no_error():
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


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("There is some sway.", ["sway - high"]),
        ("There was a sway.", ["sway - high"]),
        ("Sway is present.", ["sway - high"]),
        ("Sway was measured at the pelvis.", []),
        ("Posture is poor.", ["posture - high"]),
        ("The rhythm is poor.", ["rhythm - high"]),
        ("Turning is poor.", ["turning - high"]),
        ("Stability is poor.", ["stability - low"]),
        ("The rhythm is uneven.", ["rhythm - high"]),
        ("The rhythm is even.", ["rhythm - normal"]),
        ("Steps are uneven.", ["step_asymmetry - high"]),
        ("Steps are even.", ["step_asymmetry - normal"]),
        ("Stability is variable.", ["stability - low"]),
        ("Turning is slow.", ["turning - high"]),
    ],
)
def test_words_of_presence_quality_and_evenness(text, claims):
    assert labels_of(text) == claims

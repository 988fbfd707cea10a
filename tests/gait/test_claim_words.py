"""The words in which checked claims are shown."""

import pytest

from agir_hf.gait import check_claims, extract_claims, reference
from agir_hf.gait.claim_words import (
    MEANINGS,
    SIGNS,
    claim_json,
    counts_text,
    evidence_text,
    verdict_text,
    worst,
)
from agir_hf.gait.grades import cut_offs
from agir_hf.gait.grounding import CONTRADICTED, NEAR, NOT_MEASURABLE, SUPPORTED

LIMIT = cut_offs("speed_m_per_s", reference("speed_m_per_s"))[-1]


def claim(text, parameters, age=None):
    (row,) = check_claims(extract_claims(text), parameters, age)
    return claim_json(row, text)


def test_each_verdict_has_a_sign_of_its_own_and_a_meaning():
    assert set(SIGNS) == set(MEANINGS) == {SUPPORTED, NEAR, CONTRADICTED, NOT_MEASURABLE}
    assert len(set(SIGNS.values())) == 4


def test_a_claim_is_shown_with_value_grade_norm_and_z():
    row = claim("Arm swing is absent on the left.", {"arm_swing_left_deg": 2.0})
    assert row["text"] == "Arm swing is absent on the left" and row["grade"] == "absent"
    assert evidence_text(row) == "arm swing left 2°, absent; norm ~40 ± 11, z -3.5"
    assert row["norm"]["source"] and row["unit"] == "°"


@pytest.mark.parametrize(
    ("text", "parameters", "age", "verdict", "evidence"),
    [
        ("There is a tremor.", {}, None, "not measurable (not measured)", ""),
        (
            "Speed is normal.",
            {"speed_m_per_s": 1.1},
            9,
            "not measurable (no norm)",
            "speed 1.1 m/s",
        ),
        ("Speed is 1.1 m/s.", {"speed_m_per_s": 1.1}, 9, "supported", "speed 1.1 m/s"),
    ],
)
def test_a_claim_that_is_not_measurable_has_its_reason(text, parameters, age, verdict, evidence):
    row = claim(text, parameters, age)
    assert (verdict_text(row), evidence_text(row)) == (verdict, evidence)
    assert row["norm"] is row["z"] is row["grade"] is None


def test_the_worst_of_several_verdicts_is_shown():
    walk = {"speed_m_per_s": LIMIT + 0.01, "cadence_steps_per_min": 110}
    text = "Speed is mildly reduced. Cadence is normal. There is a tremor."
    rows = check_claims(extract_claims(text), walk)
    assert [row.verdict for row in rows] == [NEAR, SUPPORTED, NOT_MEASURABLE]
    assert worst(rows).verdict == NEAR and worst(rows[1:]).verdict == NOT_MEASURABLE


def test_all_verdicts_are_counted():
    text = counts_text([SUPPORTED, NEAR, NEAR, CONTRADICTED])
    assert text.startswith("1 of 4 claims supported")
    assert "2 near, 1 contradicted, 0 not measurable" in text
    assert "near" not in counts_text([SUPPORTED])

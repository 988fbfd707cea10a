import pytest

from agir_hf.gait.claims import extract_claims
from agir_hf.gait.grounding import check_claims, grounding_score

NORMAL = {
    "speed_m_per_s": 1.2,
    "step_length_m": 0.66,
    "step_length_left_m": 0.66,
    "step_length_right_m": 0.66,
    "cadence_steps_per_min": 108,
    "arm_swing_left_deg": 40,
    "arm_swing_right_deg": 10,
    "trunk_flexion_deg": 2,
    "stride_time_cv_percent": 2.0,
    "step_time_cv_percent": 3.5,
}


@pytest.mark.parametrize(
    ("text", "verdicts"),
    [
        ("Speed is normal.", ["supported"]),
        ("Speed is markedly reduced.", ["contradicted"]),
        ("Speed is 1.2 m/s.", ["supported"]),
        ("Speed is about 0.9 m/s.", ["contradicted"]),
        ("The walker moves at about 0.5 m/s, which is reduced.", ["contradicted"] * 2),
        ("Arm swing is 40° on the left and 10° on the right.", ["supported"] * 2),
        (
            "Arm swing is 40 m/s.",
            ["contradicted"],
        ),  # the unit is of a speed
        ("Arm swing is 12 cm.", []),
        ("Arm swing is reduced on the right.", ["supported"]),
        ("Arm swing is reduced on the left but preserved on the right.", ["contradicted"] * 2),
        ("Arm swing is preserved on the left and reduced on the right.", ["supported"] * 2),
        ("Arm swing is reduced on the left.", ["contradicted"]),
        ("Arm swing is reduced on both sides.", ["contradicted"]),
        ("Arm swing is normal.", ["contradicted"]),
        ("There is no arm swing on the right.", ["supported"]),
        ("There is a tremor.", ["not measurable"]),
        ("Foot lift is reduced.", ["not measurable"]),
        ("Knees are stiff.", ["not measurable"]),
        ("The rhythm is steady and the trunk is stooped.", ["supported", "contradicted"]),
        ("Nothing is asserted here.", []),
    ],
)
def test_claims_are_checked(text, verdicts):
    assert [row.verdict for row in check_claims(extract_claims(text), NORMAL)] == verdicts


def test_a_checked_claim_has_the_measurement_that_decided_it():
    (row,) = check_claims(extract_claims("Speed is reduced."), NORMAL)
    assert (row.parameter, row.value) == ("speed_m_per_s", 1.2)
    assert row.norm.mean == pytest.approx(1.195) and row.z == pytest.approx(0.025)


def test_grades_limit_the_z_score():
    slow = {"speed_m_per_s": 1.2 - 1.5 * 0.2}
    verdict = {
        grade: check_claims(extract_claims(f"Speed is {grade} reduced."), slow)[0].verdict
        for grade in ("mildly", "markedly")
    }
    assert verdict == {"mildly": "supported", "markedly": "contradicted"}
    (mild,) = check_claims(extract_claims("Speed is mildly reduced."), {"speed_m_per_s": 0.3})
    assert mild.verdict == "contradicted"


def test_grounding_score_and_coverage_of_a_text():
    text = "Speed is normal. Cadence is high. There is a tremor."
    result = grounding_score(text, NORMAL)
    assert result.score == 0.5 and result.coverage == pytest.approx(2 / 3)
    empty = grounding_score("Hello.", NORMAL)
    assert empty.score is None and empty.coverage is None

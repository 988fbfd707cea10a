import pytest

from agir_hf.gait.claims import extract_claims
from agir_hf.gait.grades import Grade, cut_offs
from agir_hf.gait.grounding import check_claims, grounding_score, quantity_grade
from agir_hf.gait.norms import Reference, reference

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
        ("The walker moves at about 0.5 m/s, which is reduced.", ["contradicted"]),
        ("Speed is normal at 1.2 m/s.", ["supported"]),
        ("Speed is normal at 0.9 m/s.", ["contradicted"]),
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
        ("There is no arm swing on the right.", ["contradicted"]),
        ("Arm swing is moderately reduced on the right.", ["supported"]),
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
    assert row.norm == reference("speed_m_per_s") and row.z == row.norm.z(1.2)
    assert row.grade == Grade("normal", 0)


def test_only_the_measured_degree_is_supported():
    slow = {"speed_m_per_s": 0.6}
    verdict = {
        degree: check_claims(extract_claims(f"Speed is {degree} reduced."), slow)[0].verdict
        for degree in ("mildly", "moderately", "markedly")
    }
    assert verdict["moderately"] == "supported"
    assert list(verdict.values()).count("supported") == 1


def test_age_and_sex_change_the_verdict():
    claims = extract_claims("Speed is normal.")
    walk = {"speed_m_per_s": 0.85}
    assert check_claims(claims, walk, 86, "female")[0].verdict == "supported"
    assert check_claims(claims, walk, 30, "male")[0].verdict == "contradicted"


def test_states_of_a_child_are_not_measurable_and_numbers_are():
    rows = check_claims(extract_claims("Speed is normal. Cadence is 108 steps/min."), NORMAL, 9)
    assert [(row.verdict, row.reason) for row in rows] == [
        ("not measurable", "no norm"),
        ("supported", ""),
    ]


def test_phases_are_judged_at_the_speed_of_the_walk():
    claims = extract_claims("Double support is normal.")
    assert check_claims(claims, {"double_support_percent": 30})[0].verdict == "contradicted"
    slow = {"double_support_percent": 30, "speed_m_per_s": 0.5}
    assert check_claims(claims, slow)[0].verdict == "supported"


def test_a_near_claim_is_checked_but_not_supported():
    limit = cut_offs("speed_m_per_s", reference("speed_m_per_s"))[-1]
    result = grounding_score("Speed is mildly reduced.", {"speed_m_per_s": limit + 0.01})
    assert [row.verdict for row in result.checked] == ["near"]
    assert result.score == 0.0 and result.coverage == 1.0


def test_norms_of_a_laboratory_replace_the_published_ones():
    class Slow:
        title = "slow laboratory"

        def reference(self, name, age=None, sex=None, speed_m_per_s=None):
            return Reference(0.6, 0.05, "laboratory", "laboratory")

    (row,) = check_claims(extract_claims("Speed is normal."), {"speed_m_per_s": 0.6}, norms=Slow())
    assert row.verdict == "supported" and row.norm.status == "laboratory"


def test_quantities_are_graded_as_claims_about_them_are_checked():
    arms = quantity_grade("arm_swing", "", NORMAL)
    assert (arms.parameter, arms.grade) == ("arm_swing_right_deg", Grade("low", 2))
    assert quantity_grade("arm_swing", "left", NORMAL).grade == Grade("normal", 0)
    assert quantity_grade("tremor", "", NORMAL) is None
    assert quantity_grade("speed", "", NORMAL, 9) is None


def test_grounding_score_and_coverage_of_a_text():
    text = "Speed is normal. Cadence is high. There is a tremor."
    result = grounding_score(text, NORMAL)
    assert result.score == 0.5 and result.coverage == pytest.approx(2 / 3)
    empty = grounding_score("Hello.", NORMAL)
    assert empty.score is None and empty.coverage is None


@pytest.mark.parametrize(
    ("words", "z", "verdict"),
    [
        ("mildly", 2.0, "supported"),
        ("mildly", 2.9, "near"),
        ("mildly", 3.2, "contradicted"),
        ("moderately", 3.0, "supported"),
        ("moderately", 2.2, "near"),
        ("moderately", 1.9, "contradicted"),
        ("moderately", 3.8, "near"),
        ("markedly", 3.6, "supported"),
        ("markedly", 3.2, "near"),
        ("markedly", 2.9, "contradicted"),
    ],
)
def test_degrees_in_the_direction_that_is_no_impairment_follow_the_z_score(words, z, verdict):
    norm = reference("toe_clearance_m")
    claims = extract_claims(f"Toe clearance is {words} increased.")
    (row,) = check_claims(claims, {"toe_clearance_m": norm.mean + z * norm.sd})
    assert row.verdict == verdict

import re

import pytest

from agir_hf.annotation.prompts import (
    AnswerError,
    Exemplar,
    Written,
    build_messages,
    contradicted_claims,
    correction_messages,
    flags_of,
    format_answer,
    load_exemplars,
    parse_answer,
)
from agir_hf.gait import PARAMETERS, grounding_score
from agir_hf.gait.norms import Reference
from agir_hf.gait.parameters import UNITS

WALK = {
    "speed_m_per_s": 0.9,
    "arm_swing_left_deg": 18.0,
    "arm_swing_right_deg": 41.0,
    "turn_steps": 5.0,
}
WRITTEN = Written(
    "Steps were not measured here.",
    "Arm swing is reduced on the right.",
    "Walking speed is mildly reduced for this age.",
)


@pytest.mark.parametrize("exemplar", load_exemplars(), ids=range(9))
def test_every_claim_of_the_exemplars_is_measured_and_agrees(exemplar):
    grounding = grounding_score(exemplar.written.rationale, exemplar.parameters)
    verdicts = [(row.verdict, row.claim) for row in grounding.checked]
    assert grounding.score == grounding.coverage == 1.0, verdicts
    assert len(verdicts) >= 8
    assert all(row.claim.grade for row in grounding.checked if row.claim.state != "normal")


def test_there_are_three_exemplars_for_each_score_in_the_three_line_form():
    exemplars = load_exemplars()
    assert sorted(exemplar.score for exemplar in exemplars) == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    for exemplar in exemplars:
        written = exemplar.written
        assert parse_answer(format_answer(written)) == written
        for part in (written.foot, written.arm, written.overall):
            assert 1 <= len(re.findall(r"(?<!\d)\.(?=\s|$)|(?<=\d)\.(?=\s|$)", part)) <= 4, part
        text = written.rationale.lower()
        assert not re.search(r"\d|\bimpair|disease", text)
        assert re.search(r"because|consistent with|suggests", text)
        assert re.search(r"for older adults|for this age|at this speed", text)
        meaning = {0: "nothing limits|not limited", 1: "slight", 2: "substantial"}
        assert re.search(meaning[exemplar.score], written.overall.lower())


def test_exemplars_are_consistent_walks():
    for exemplar in load_exemplars():
        values = exemplar.parameters
        assert values["step_length_m"] * values["cadence_steps_per_min"] / 60 == pytest.approx(
            values["speed_m_per_s"], rel=0.03
        )
        left, right = values["arm_swing_left_deg"], values["arm_swing_right_deg"]
        asymmetry = 200 * abs(left - right) / (left + right)
        assert values["arm_swing_asymmetry_percent"] == pytest.approx(asymmetry, abs=0.1)


def test_the_prompt_has_instruction_exemplars_and_input():
    system, user = build_messages(WALK | {"step_height_m": 0.1}, 1)
    assert (system["role"], user["role"]) == ("system", "user")
    assert "- arm swing left: 40 ± 11 °" in system["content"]
    assert [line for line in system["content"].splitlines() if re.match("- [012]: ", line)]
    examples, _, walk = user["content"].partition("## The walk to write about")
    assert examples.count("Foot: ") == 9 and "Clinician's score: 2\nFoot: The steps" in examples
    assert "- speed: 0.9 m/s (z -1.9; mildly reduced)" in walk
    assert "- arm swing right: 41 ° (z +0.1; normal)" in walk
    assert "- turn: 5 steps (z +2.0; mildly increased)" in walk
    assert "- step height: 0.1 m\n" in walk, "no norm, no z"
    assert "Clinician's score: 1" in walk
    assert "Walker:" not in user["content"]


def test_norms_are_those_of_age_and_sex():
    system, user = build_messages(WALK, 1, age=84.5, sex="male")
    assert "Healthy men of 84.5 years" in system["content"]
    assert "- speed: 1.06 ± 0.18 m/s" in system["content"]
    assert "Walker: 84.5 years, male" in user["content"]
    assert "- speed: 0.9 m/s (z -0.9; normal)" in user["content"]


def test_each_parameter_has_its_grades_with_the_cut_offs_between_them():
    system, _ = build_messages({"toe_clearance_m": 0.02, "turn_steps": 4.0}, 0)
    assert (
        "absent < 0.004 ≤ markedly reduced < 0.007 ≤ moderately reduced < 0.011 ≤ mildly reduced "
        "< 0.0162 ≤ normal" in system["content"]
    )
    assert "normal < 4.78 ≤ mildly increased < 6 ≤ moderately increased" in system["content"]


def test_norms_of_a_laboratory_are_shown_instead_of_the_published_ones():
    class Laboratory:
        title = "here"

        def reference(self, name, age=None, sex=None, speed_m_per_s=None):
            return Reference(2.0, 0.1, "here", "laboratory") if name == "speed_m_per_s" else None

    system, user = build_messages(WALK, 1, norms=Laboratory(), exemplars=())
    assert "- speed: 2 ± 0.1 m/s" in system["content"]
    assert "- arm swing right: 41 °\n" in user["content"]


def test_a_child_has_no_norms_and_no_grades():
    system, user = build_messages(WALK, 1, age=9, exemplars=())
    assert "o norm applies to a person of 9 years" in system["content"]
    assert "Grade nothing" in system["content"] and "(z -" not in user["content"]


def test_other_exemplars_can_be_passed():
    _, user = build_messages(WALK, 0, exemplars=[Exemplar(WALK, 2, WRITTEN)])
    assert user["content"].count("### Example") == 1 and WRITTEN.overall in user["content"]
    _, user = build_messages(WALK, 0, exemplars=())
    assert "Example" not in user["content"]


def test_every_parameter_is_written_with_its_unit():
    names = [parameter.name for parameter in PARAMETERS] + ["elbow_flexion_deg"]
    _, user = build_messages(dict.fromkeys(names, 1.0), 0, exemplars=())
    for name, unit in UNITS.items():
        line = next(
            row
            for row in user["content"].splitlines()
            if row.startswith("- ") and name.startswith(row[2:].partition(":")[0].replace(" ", "_"))
            and re.fullmatch(rf"- [\w ]+: 1( {re.escape(unit)})?( \(z .*)?", row)
        )  # fmt: skip
        assert (f": 1 {unit}" in line) == bool(unit), (name, line)
    assert "- elbow flexion: 1 °" in user["content"], (
        "a name that is not in the table has a unit too"
    )


@pytest.mark.parametrize(
    ("parameters", "score", "norm_of", "message"),
    [
        (WALK, 5, {}, "score is 5, expected one of 0, 1, 2, 3, 4"),
        ({}, 1, {}, "no parameters"),
        ({"speed_m_per_s": float("nan")}, 1, {}, "speed_m_per_s is nan"),
        (WALK, 1, {"sex": "m"}, "sex is 'm'"),
        (WALK, 1, {"age": 130}, "age is 130"),
    ],
)
def test_invalid_walks_raise(parameters, score, norm_of, message):
    with pytest.raises(ValueError, match=message):
        build_messages(parameters, score, **norm_of)


def test_criteria_of_higher_scores_are_shown_where_they_are_needed():
    without, with_aid = (build_messages(WALK, score)[0]["content"] for score in (2, 3))
    assert "device" not in without and "\n- 3: " not in without
    assert "\n- 2: " in with_aid and "\n- 3: the person walks with a device" in with_aid
    assert "\n- 4: " not in with_aid


def test_a_correction_quotes_the_clause_and_names_value_norm_z_and_grade():
    messages = build_messages(WALK, 1)
    before = [dict(message) for message in messages]
    unsupported = contradicted_claims(WRITTEN, WALK, None, None)
    assert [row.verdict for row in unsupported] == ["contradicted"]
    longer = correction_messages(messages, WRITTEN, unsupported)
    assert messages == before and longer[:2] == before
    assert longer[2] == {"role": "assistant", "content": format_answer(WRITTEN)}
    assert longer[3]["role"] == "user"
    assert (
        '- "Arm swing is reduced on the right": arm swing right was measured as 41 °; '
        "the norm is 40 ± 11 °, z +0.1, which is normal" in longer[3]["content"]
    )
    assert "speed" not in longer[3]["content"]


def test_a_neighbouring_grade_is_corrected_and_flagged_as_near():
    near = Written(
        "The feet were not seen.", "Arm swing is mildly reduced on the left.", "No more."
    )
    walk = WALK | {"arm_swing_left_deg": 22.5}
    rows = contradicted_claims(near, walk, None, None)
    assert flags_of(near, rows) == ("near: Arm swing is mildly reduced on the left",)


def test_answers_round_trip():
    assert parse_answer(format_answer(WRITTEN)) == WRITTEN
    assert WRITTEN.rationale == (
        f"Foot: {WRITTEN.foot} Arm: {WRITTEN.arm} Overall: {WRITTEN.overall}"
    )


@pytest.mark.parametrize(
    "answer",
    [
        "\n  Foot: a b c\nArm: d e f  \n\tOverall: g h i\n\n",
        "**Foot:** a b c\n**Arm**: d e f\nOverall: g h i",
        "Foot: a b c\r\nArm: d e f\r\nOverall: g h i\r\n",
    ],
)
def test_surrounding_space_and_bold_labels_are_accepted(answer):
    assert parse_answer(answer) == Written("a b c", "d e f", "g h i")


@pytest.mark.parametrize(
    ("answer", "content"),
    [
        ("", "nothing"),
        ("   \n ", "nothing"),
        ("Foot: a b c\nArm: d e f", "2 lines"),
        ("Sure!\nFoot: a b c\nArm: d e f\nOverall: g h i", "4 lines"),
        ("Foot: a b c\n\nArm: d e f\n\nOverall: g h i", "5 lines"),
        ("Arm: d e f\nFoot: a b c\nOverall: g h i", "no line Foot"),
        ("Foot: a b c\nArms: d e f\nOverall: g h i", "no line Arm"),
        ("Foot: a b c\narm: d e f\nOverall: g h i", "no line Arm"),
        ("Foot: a b c\n- Arm: d e f\nOverall: g h i", "no line Arm"),
        ("**Foot: a b c\nArm: d e f\nOverall: g h i", "no line Foot"),
        ("***Foot:*** a b c\nArm: d e f\nOverall: g h i", "no line Foot"),
        ("Foot: a b c\nArm: d e f\nOverall:", "no line Overall"),
        ("Foot: a b\nArm: d e f\nOverall: g h i", "Foot of 2 words"),
        (f"Foot: a b c\nArm: {'d ' * 121}\nOverall: g h i", "Arm of 121 words"),
        ("Foot: a b c\nArm: d e f\nOverall: a step of 0.41 m", "the number 0.41"),
        ('{"Foot": "a b c", "Arm": "d e f", "Overall": "g h i"}', "1 lines"),
    ],
)
def test_any_other_answer_is_refused_with_its_beginning(answer, content):
    with pytest.raises(AnswerError) as excinfo:
        parse_answer(answer)
    message = str(excinfo.value)
    assert f"the answer has {content}, expected exactly three lines, Foot: …" in message
    assert message.endswith(f"it begins {answer[:80]!r}") and "\n" not in message

"""The norms that apply to a person, and how they are shown."""

import pytest

from agir_hf.gait import build_norms, reference
from agir_hf.gait.applied_norms import AppliedNorms, norm_json, norm_text, z_json, z_text


def test_default_norms_say_that_no_age_was_given():
    applied = AppliedNorms()
    assert applied.group == "men and women of 70 years, because no age was given"
    assert applied.text() == f"{applied.title}; {applied.group}" and not applied.remark
    assert applied.as_json() == {
        "title": applied.title, "age": 70, "sex": None, "group": applied.group, "remark": None,
    }  # fmt: skip
    assert AppliedNorms(72, "female").group == "women of 72 years"


def test_no_norm_applies_to_a_child():
    applied = AppliedNorms(9)
    assert applied.text() == applied.remark == applied.as_json()["remark"]
    assert "a person of 9 years" in applied.remark
    assert applied.of_walk({"speed_m_per_s": 1.0}) == {}


def test_norms_of_a_walk_are_those_at_its_speed():
    walk = {"speed_m_per_s": {"value": 0.6}, "stance_percent": 63.0, "freezing_index": 0.4}
    norms = AppliedNorms(80, "male").of_walk(walk)
    assert set(norms) == {"speed_m_per_s", "stance_percent"}
    assert norms["stance_percent"] == reference("stance_percent", 80, "male", 0.6)


def test_norms_of_a_laboratory_are_named_and_used():
    walks = [(f"S{i}", 60, None, {"speed_m_per_s": 1 + i / 50}) for i in range(8)]
    applied = AppliedNorms(norms=build_norms(walks, "controls", date="2026-11-28"))
    assert "8 healthy walkers" in applied.text()
    assert applied.of_walk({"speed_m_per_s": 1.0})["speed_m_per_s"].status == "laboratory"


def test_rough_norms_are_marked_and_their_status_is_in_the_json():
    assert norm_text(reference("arm_swing_left_deg")) == "~40 ± 11"
    assert norm_text(reference("speed_m_per_s", 74.5, "female")) == "1.14 ± 0.17"
    norm = norm_json(reference("speed_m_per_s"))
    assert set(norm) == {"mean", "sd", "source", "status"} and norm["status"] == "published"
    assert norm_json(None) is None


@pytest.mark.parametrize(("z", "text"), [(-0.01, "+0.0"), (1.26, "+1.3"), (-3.14, "-3.1")])
def test_z_scores_have_a_sign(z, text):
    assert z_text(z) == text


@pytest.mark.parametrize(("age", "sex", "message"), [(130, None, "0 to 120"), (70, "x", "male")])
def test_an_invalid_person_raises(age, sex, message):
    with pytest.raises(ValueError, match=message):
        AppliedNorms(age, sex)


@pytest.mark.parametrize("z", [1.0497, -1.2496, 0.04999, -0.0499, 3.14159, 1.25, -3.9500001, 0.0])
def test_the_z_score_in_json_gives_the_text_of_the_exact_one(z):
    assert z_text(z_json(z)) == z_text(z)
    assert abs(z_json(z) - z) < 5e-4 and len(str(z_json(z))) < 9


def test_a_plain_rounding_would_show_another_number():
    assert z_text(round(1.0497, 3)) == "+1.1" == z_text(1.0500001) != z_text(z_json(1.0497))
    assert z_json(None) is None

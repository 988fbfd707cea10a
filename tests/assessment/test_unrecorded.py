from dataclasses import replace

import pytest

import agir_hf
from agir_hf.assessment.checked_text import NOTHING_HELD, choose_sentences
from agir_hf.assessment.unrecorded import Unrecorded
from agir_hf.gait import measure
from agir_hf.motion import read_recording
from agir_hf.motion.marker_sets import SHIDA_44

ARMS = {"arm_swing_left_deg", "arm_swing_right_deg", "arm_swing_asymmetry_percent"}


@pytest.fixture(scope="module")
def walk():
    return read_recording(agir_hf.SAMPLE_RECORDING)


def without(walk, *sites):
    """Measured gait of the walk without the markers of some sites."""
    left_out = {SHIDA_44.skin_sites[site] for site in sites}
    kept = [i for i, label in enumerate(walk.labels) if label not in left_out]
    labels = tuple(walk.labels[i] for i in kept)
    return measure(replace(walk, positions=walk.positions[:, kept], labels=labels))


@pytest.fixture(scope="module")
def legs(walk):
    """Measured gait of the legs."""
    upper = ("acromion", "elbow", "wrist", "upper_arm", "forearm")
    trunk = {"jugular_notch", "xiphoid", "c7", "t10"}
    sites = [
        site
        for site in SHIDA_44.skin_sites
        if site in trunk or site.partition("_")[2].startswith(upper)
    ]
    return without(walk, *sites)


def test_parameters_of_arms_and_trunk_are_absent_with_the_reason(legs, walk):
    expected = {*ARMS, "trunk_flexion_deg", "shoulder_hip_phase_deg", "hip_range_deg",
                "margin_of_stability_ap_m", "margin_of_stability_ml_m"}  # fmt: skip
    assert legs.unrecorded == expected
    assert all("joint centres need CLAV, C7" in legs.absent[name] for name in expected)
    assert measure(walk).unrecorded == frozenset()
    assert legs.parameters.keys() == measure(walk).parameters.keys() - expected


def test_a_missing_wrist_is_that_of_its_side(walk):
    assert without(walk, "left_wrist_lateral", "left_wrist_medial").unrecorded >= {
        "arm_swing_left_deg", "arm_swing_asymmetry_percent",
    }  # fmt: skip
    left_arm = Unrecorded(without(walk, "left_wrist_lateral", "left_wrist_medial").unrecorded)
    assert left_arm.has("arm_swing", "left") and not left_arm.has("arm_swing", "right")
    assert not left_arm.has("arm_swing") and not left_arm.is_named(
        "Arm swing is reduced on the right."
    )


@pytest.mark.parametrize(
    ("sentence", "is_named"),
    [
        ("Arm swing is reduced on both sides.", True),
        ("The left arm limits walking slightly.", True),
        ("Even so, the trunk is upright.", True),
        ("Posture is stooped.", True),
        ("The head is bent forward.", True),
        ("Shoulders and pelvis turn together.", True),
        ("Step length is reduced.", False),
        ("On the other hand, cadence is normal.", False),
        ("Walking speed is normal, and the feet go ahead.", False),
    ],
)
def test_sentences_that_name_arms_or_trunk_are_found(legs, sentence, is_named):
    assert Unrecorded(legs.unrecorded).is_named(sentence) == is_named
    assert not Unrecorded().is_named(sentence)


def test_the_text_says_nothing_of_arms_and_trunk(legs):
    own = (
        "Foot: Step length is normal. Arm: Arm swing is markedly reduced on the left. "
        "Overall: Posture is stooped. The left arm and the short steps limit walking substantially."
    )
    drawn = [
        own,
        "Foot: Step length is markedly reduced. Arm: The right arm swings well. Overall: The trunk "
        "is upright.",
    ]
    result = choose_sentences(own, drawn, legs)
    for word in ("arm", "trunk", "posture"):
        assert word not in result.text.lower()
    assert "arm_swing" in result.left_out and "posture" in result.left_out
    assert result.selected and result.unaided == own
    assert choose_sentences("Arm swing is reduced.", [], legs).text == NOTHING_HELD


def test_with_arms_and_trunk_the_sentences_stay(walk):
    own = "Step length is reduced. The trunk is upright."
    assert "trunk" in choose_sentences(own, [], measure(walk)).unaided
    assert not Unrecorded(measure(walk).unrecorded)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["10_lower_body_only", "11_lower_body_qtm_Y_SCREEN"])
def test_legs_are_assessed_without_a_word_on_arms_and_trunk(shared, name):
    from agir_hf.assessment import assess_recording, load_model

    path = shared / f"data/recording_cases/{name}.c3d"
    walk = assess_recording(path, *load_model(agir_hf.DEFAULT_MODEL))
    shown = walk.as_json()
    for word in ("arm", "trunk", "postur", "shoulder"):
        assert word not in shown["reasoning"].lower()
    assert "body" in shown["recording"]["marker_set"]
    assert any("a body was fitted" in remark for remark in shown["recording"]["remarks"])
    verdicts = {claim["verdict"] for claim in shown["evidence"]["claims"]}
    assert "contradicted" not in verdicts and "not measurable" not in verdicts

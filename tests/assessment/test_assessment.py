import json
import re
from dataclasses import replace

import numpy as np
import pytest

import agir_hf
from agir_hf.assessment import (
    ModelError,
    assess_prepared,
    assess_recording,
    check_text,
    load_model,
    load_tokenizer,
    prepare_recording,
)
from agir_hf.assessment.assessment import STEPS
from agir_hf.gait import reference
from agir_hf.gait.grades import cut_offs
from agir_hf.motion import RecordingError
from agir_hf.motion.recording import NotAWalkError

SAMPLE = agir_hf.SAMPLE_RECORDING


@pytest.fixture(scope="module")
def assessed(model, processor):
    steps = []
    walk = assess_recording(SAMPLE, model, processor, name="A <walk>", on_step=steps.append)
    return walk, steps


@pytest.fixture(scope="module")
def standing(tmp_path_factory):
    """Joints of a subject whose feet do not move: readable, but not a walk."""
    joints = np.repeat(prepare_recording(SAMPLE).motion.joints[:1], 60, axis=0)
    path = tmp_path_factory.mktemp("standing") / "standing.npz"
    np.savez(path, joints=joints, rate_hz=20.0)
    return path


def test_one_call_returns_score_reasoning_evidence_and_gait(assessed):
    walk, steps = assessed
    assert steps == list(STEPS)
    assert walk.prepared.motion.joints.shape[1:] == (22, 3)
    assert walk.measurement is walk.prepared.measured
    assert "speed_m_per_s" in walk.measurement.parameters
    assert walk.reasoning == walk.evidence.text == walk.rationale.text
    assert walk.reasoning_unaided == walk.evidence_unaided.text == walk.assessment.reasoning
    result = walk.as_json()
    assert json.loads(json.dumps(result))["recording"]["file"] == "A <walk>"
    assert result["recording"]["windows"] == walk.windows == 1


def test_claims_have_their_position_in_the_text():
    measured = prepare_recording(SAMPLE).measured
    text = "Speed is 9.9 m/s. Step length is markedly reduced."
    checked = check_text(text, measured)
    spans = [text[row.claim.start : row.claim.end] for row in checked.grounding.checked]
    assert [row["text"] for row in checked.as_json()["claims"]] == spans
    assert checked.as_json()["claims"][0]["verdict"] == "contradicted"
    assert all(span in text for span in spans) and len(spans) == 2


class OtherTexts:
    """Processor whose assessments have other texts."""

    def __init__(self, processor, *texts):
        self.texts, self.processor = texts, processor
        self.feature_extractor = processor.feature_extractor

    def __call__(self, **inputs):
        return self.processor(**inputs)

    def decode_assessments(self, outputs):
        return [
            replace(row, reasoning=self.texts[0], candidates=self.texts)
            for row in self.processor.decode_assessments(outputs)
        ]


def test_the_reasoning_is_chosen_by_evidence_and_the_score_is_not(assessed, model, processor):
    true, false = "Step length is markedly reduced.", "Speed is 9.9 m/s."
    texts = (f"{false} Step length is normal.", f"{false} {true}")
    prepared, others = assessed[0].prepared, OtherTexts(processor, *texts)
    walk = assess_prepared(prepared, model, others)
    result = walk.as_json()
    assert result["reasoning"] == true and result["reasoning_selected_by_evidence"]
    assert result["reasoning_unaided"] == texts[0] and result["left_out"] == ["speed"]
    assert [row["verdict"] for row in result["evidence"]["claims"]] == ["supported"]
    assert result["evidence_unaided"]["verdicts"]["contradicted"] == 2
    assert walk.assessment.probabilities == assessed[0].assessment.probabilities
    unaided = assess_prepared(prepared, model, others, unaided=True)
    assert unaided.reasoning == texts[0] and not unaided.rationale.selected
    assert unaided.assessment == walk.assessment
    assert assess_prepared(prepared, model, OtherTexts(processor, false)).as_json()["reasoning"]


def test_the_configuration_can_demand_the_models_own_text(assessed, model, processor, monkeypatch):
    monkeypatch.setattr(model.config, "checked_text", False)
    others = OtherTexts(processor, "Speed is 9.9 m/s. Step length is reduced.")
    walk = assess_prepared(assessed[0].prepared, model, others)
    assert walk.reasoning == others.texts[0] and not walk.rationale.selected


def test_age_sex_and_norms_change_the_evidence_and_not_the_score(assessed, model, processor):
    prepared = assessed[0].prepared
    child = assess_prepared(prepared, model, processor, age=9)
    assert child.assessment == assessed[0].assessment
    assert child.evidence.applied.age == 9 and child.evidence.grounding.score is None
    with pytest.raises(ValueError, match="0 to 120"):
        assess_prepared(prepared, model, processor, age=130)


def test_a_checked_text_says_why_claims_of_a_child_are_not_measurable():
    measured = prepare_recording(SAMPLE).measured
    speed = measured.parameters["speed_m_per_s"].value
    text = f"Step length is markedly reduced. There is a tremor. Speed is {speed:.2f} m/s."
    claims = check_text(text, measured, age=9).as_json()["claims"]
    assert [(row["verdict"], row["reason"]) for row in claims] == [
        ("not measurable", "no norm"), ("not measurable", "not measured"), ("supported", None),
    ]  # fmt: skip
    assert claims[0]["measured"] and not claims[0]["grade"]


def test_near_claims_are_counted_of_their_own():
    measured = prepare_recording(SAMPLE).measured
    limit = cut_offs("speed_m_per_s", reference("speed_m_per_s"))[-1]
    near = replace(measured.parameters["speed_m_per_s"], value=limit + 0.01)
    measured = replace(measured, parameters={"speed_m_per_s": near})
    text = "Speed is mildly reduced. Speed is 9 m/s."
    result = check_text(text, measured).as_json()
    assert result["verdicts"] == {
        "supported": 0, "near": 1, "contradicted": 1, "not measurable": 0,
    }  # fmt: skip
    assert result["grounding"] == 0 and result["coverage"] == 1


def test_the_score_does_not_depend_on_measured_gait(
    assessed, model, processor, monkeypatch, tmp_path
):
    from agir_hf.assessment import prepared

    def refuse(*_, **__):
        raise RecordingError("no gait")

    monkeypatch.setattr(prepared, "measure_recording", refuse)
    walk = assess_recording(SAMPLE, model, processor)
    assert walk.assessment == assessed[0].assessment
    assert walk.measurement is None and walk.evidence.not_measured == "no gait"
    assert not walk.as_json()["reasoning_selected_by_evidence"]
    assert walk.as_json()["not_selected_because"] == "the gait was not measured: no gait"
    page = walk.write_report(tmp_path / "x.html", viewer=False).read_text("utf-8")
    assert "Score withheld" in page and "no gait" in page and "<svg" not in page
    assert all(row["verdict"] == "not measurable" for row in walk.as_json()["evidence"]["claims"])


def test_a_recording_that_is_no_walk_is_refused_with_its_name(standing, model, processor):
    with pytest.raises(NotAWalkError, match="standing.npz is not a walk: neither foot lands"):
        assess_recording(standing, model, processor)


def test_the_report_has_the_name_of_the_recording(assessed, tmp_path):
    page = assessed[0].write_report(tmp_path / "page.html", viewer=False).read_text("utf-8")
    own = re.sub(r"<script>.*?</script>", "", page, count=1, flags=re.DOTALL)
    assert "A &lt;walk&gt;" in own and SAMPLE not in own


def test_reading_options_reach_the_reader(tmp_path, model, processor):
    path = tmp_path / "walk.npy"
    np.save(path, prepare_recording(SAMPLE).motion.joints)
    with pytest.raises(RecordingError, match="rate"):
        assess_recording(path, model, processor)
    walk = assess_recording(path, model, processor, rate_hz=20.0)
    assert walk.as_json()["recording"]["rate_hz"] == 20


def test_a_missing_model_raises_an_error_of_one_line(tmp_path):
    with pytest.raises(ModelError, match="cannot load the model") as excinfo:
        load_model(str(tmp_path / "absent"))
    assert "\n" not in str(excinfo.value)


def test_a_tokenizer_is_loaded_with_its_extractor_and_is_no_model(vqvae, processor, tmp_path):
    vqvae.save_pretrained(tmp_path)
    processor.feature_extractor.save_pretrained(tmp_path)
    tokenizer, extractor = load_tokenizer(str(tmp_path))
    assert not tokenizer.training and tokenizer.config.codebook_size == vqvae.config.codebook_size
    assert extractor.mean == processor.feature_extractor.mean
    with pytest.raises(ModelError, match="of type 'agir_motion_vqvae', expected 'agir'"):
        load_model(str(tmp_path))
    with pytest.raises(ModelError, match="of type 'agir', expected 'agir_motion_vqvae'"):
        load_tokenizer(agir_hf.DEFAULT_MODEL)

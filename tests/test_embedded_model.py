"""The checkpoint that ships with the package."""

import json
from pathlib import Path

import pytest
from transformers import AutoModelForSeq2SeqLM, AutoProcessor

import agir_hf
from agir_hf.constants_agir import NOTICE
from agir_hf.evaluation.metrics.classification import classification_metrics
from agir_hf.motion import to_joints
from agir_hf.simulation.cohort import simulate_subject

FOLDER = Path(agir_hf.DEFAULT_MODEL)


@pytest.fixture(scope="module")
def embedded():
    return AutoModelForSeq2SeqLM.from_pretrained(FOLDER), AutoProcessor.from_pretrained(FOLDER)


def test_the_model_is_small_and_has_only_json_markdown_and_safetensors():
    assert (FOLDER / "model.safetensors").stat().st_size <= 12_000_000
    suffixes = {path.suffix for path in FOLDER.iterdir()}
    assert suffixes <= {".json", ".md", ".safetensors"}


def test_the_card_has_the_notice_and_the_results():
    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    results = json.loads((FOLDER / "results.json").read_text(encoding="utf-8"))
    for part in ("trained on simulated walks only", NOTICE, "majority class"):
        assert part in card
    for name in ("accuracy", "macro_f1", "majority_accuracy", "majority_macro_f1"):
        assert f"{results[name]:.3f}" in card
    assert f"{results['walks']} simulated walks of {results['walkers']} subjects" in card


def test_model_and_processor_agree(embedded):
    model, processor = embedded
    tokenizer = processor.tokenizer
    assert len(tokenizer) == model.config.text_config.vocab_size
    assert tokenizer.convert_tokens_to_ids("<motion_id_0>") == model.config.motion_token_offset
    assert tokenizer.convert_tokens_to_ids("<score_2>") == model.config.score_token_ids[2]
    assert model.config.training_data == "simulated walks only"


def test_the_model_scores_new_simulated_subjects_better_than_the_majority_class(embedded):
    """Subjects of another seed: six of each score, one walk each."""
    model, processor = embedded
    truth, motions = [], []
    for number in range(1, 19):
        score = number % 3
        trial = next(simulate_subject(number, (score, score), seed=123, walks=1))
        truth.append(score)
        motions.append(to_joints(trial.recording))
    outputs = model.generate_assessment(**processor(motion=motions))
    assessments = processor.decode_assessments(outputs)
    figures = classification_metrics(truth, [a.score for a in assessments])
    assert figures["accuracy"] >= figures["majority_accuracy"] + 0.2, figures
    assert all(20 < len(a.reasoning.split()) < 130 for a in assessments)
    assert len({a.reasoning for a in assessments}) > 9

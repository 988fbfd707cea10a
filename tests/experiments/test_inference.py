"""Labelled walks of a corpus, with age, sex and references where the corpus has them."""

import json

import pytest

datasets = pytest.importorskip("datasets")
from agir_hf.experiments import inference  # noqa: E402
from agir_hf.experiments.errors import ExperimentError  # noqa: E402
from agir_hf.experiments.plan import TableOptions  # noqa: E402
from agir_hf.experiments.reasoning_table import _rule_texts, reasoning_table  # noqa: E402
from agir_hf.gait import grounding_score  # noqa: E402

ROWS = {
    "id": ["a", "b"], "subject": ["A", "B"], "motion": [[[0.0]]] * 2, "score": [0, 2],
    "rationale": ["Speed is normal.", "Speed is reduced."], "medication": ["on", "off"],
    "simulated": [True, True], "parameters": [{"speed_m_per_s": 1.0, "turn_steps": None}] * 2,
}  # fmt: skip
PERSONS = {
    "age": [86.0, None],
    "sex": ["female", None],
    "references": [[ROWS["rationale"][0], "Fine."], [ROWS["rationale"][1], "Slow."]],
}


def walks(monkeypatch, rows):
    rows = datasets.Dataset.from_dict(rows)
    monkeypatch.setattr(inference, "load_corpus", lambda *_: {"test": rows})
    return inference.judged_walks("corpus", "test")


def test_walks_have_the_age_sex_and_references_of_the_corpus(monkeypatch):
    read = walks(monkeypatch, ROWS | PERSONS)
    assert (read.ages, read.sexes) == ([86.0, None], ["female", None])
    assert [texts[0] for texts in read.references] == read.rationales
    assert [len(texts) for texts in read.references] == [2, 2]
    assert read.parameters == [{"speed_m_per_s": 1.0}] * 2
    assert read.of_subjects(["B"]).references == [PERSONS["references"][1]]


def test_an_older_corpus_has_a_reference_and_no_ages(monkeypatch):
    read = walks(monkeypatch, ROWS)
    assert (read.ages, read.sexes) == ([None, None], [None, None])
    assert read.references == [[text] for text in ROWS["rationale"]]


def test_the_rule_writes_for_the_predicted_score_and_the_norms_of_the_subject(monkeypatch):
    read = walks(monkeypatch, ROWS | {"age": [86.0, 30.0], "sex": ["female", "male"]})
    texts = _rule_texts(read, [0, 2], None)
    for text, measured, age, sex in zip(texts, read.parameters, read.ages, read.sexes, strict=True):
        assert grounding_score(text, measured, age, sex).score == 1
    assert grounding_score(texts[1], read.parameters[1], 86, "female").score != 1


@pytest.mark.parametrize("content", [None, "{}"])
def test_norms_that_cannot_be_read_stop_the_table_before_anything_is_trained(tmp_path, content):
    path = tmp_path / "norms.json"
    if content is not None:
        path.write_text(json.dumps(json.loads(content)))
    options = TableOptions(tmp_path / "corpus", tmp_path / "out", norms=path)
    with pytest.raises(ExperimentError, match=r"norms\.json"):
        reasoning_table(options)

import copy

import pytest
import torch
from datasets import Dataset
from torch.utils.data import DataLoader

from agir_hf.evaluation.metrics.text import cider
from agir_hf.processing_agir import GaitAssessment
from agir_hf.training.collators import MotionTextCollator
from agir_hf.training.data import reasoning_example
from agir_hf.training.generation_metrics import (
    GenerationSettings,
    WalkEvidence,
    generation_metrics,
    spread_rows,
    walk_evidence,
)

MAX_TOKENS = 20


@pytest.fixture(scope="module")
def collator(processor):
    return MotionTextCollator(processor, reasoning_example, shortest_crop_s=None)


@pytest.fixture(scope="module")
def writing(model):
    """The model with noise on its weights, so that it writes different words for each walk."""
    writing = copy.deepcopy(model)
    generator = torch.Generator().manual_seed(4)
    with torch.no_grad():
        for weight in writing.model.decoder.parameters():
            weight.add_(0.3 * torch.randn(weight.shape, generator=generator))
    return writing


@pytest.fixture(scope="module")
def written(writing, processor, coded, collator):
    """Assessment of each walk, one by one."""
    assessments = []
    for row in coded:
        ids = collator([row])["input_ids"]
        outputs = writing.generate_assessment(ids, max_new_tokens=MAX_TOKENS)
        assessments += processor.decode_assessments(outputs)
    return assessments


@pytest.fixture(scope="module")
def partly_right(coded, written):
    """The walks with the model's own texts as ten true rationales, and its scores as eight."""
    rationales = [
        assessment.reasoning if i < 10 else row["rationale"]
        for i, (row, assessment) in enumerate(zip(coded, written, strict=True))
    ]
    scores = [
        assessment.score if i % 2 else (assessment.score + 1) % 3
        for i, assessment in enumerate(written)
    ]
    rows = coded.remove_columns(["rationale", "score", "references"])
    return rows.add_column("rationale", rationales).add_column("score", scores)


class OneRank:
    """Accelerator of one process."""

    def gather_for_metrics(self, values, use_gather_object):
        assert use_gather_object
        return values


def test_metrics_equal_those_of_answers_one_by_one(
    make_trainer, writing, written, partly_right, processor
):
    assert len({assessment.reasoning for assessment in written}) > 8
    made = make_trainer(
        start=writing, rows=partly_right, config={"per_device_eval_batch_size": 5},
        generation=GenerationSettings(processor, max_new_tokens=MAX_TOKENS),
    )  # fmt: skip
    metrics = made.evaluate()
    texts = [assessment.reasoning for assessment in written]
    expected = cider(texts, partly_right["rationale"][:])
    assert metrics["eval_cider"] == pytest.approx(expected.mean(), rel=1e-9)
    assert 4 < expected.mean() < 8
    assert metrics["eval_accuracy"] == 8 / 16


def test_the_number_of_rows_counts_from_the_start(
    writing, written, partly_right, processor, collator
):
    loader = DataLoader(list(partly_right), batch_size=3, collate_fn=collator)
    generation = GenerationSettings(processor, rows=7, max_new_tokens=MAX_TOKENS)
    metrics = generation_metrics(writing, loader, generation, OneRank())
    texts = [assessment.reasoning for assessment in written[:7]]
    expected = cider(texts, partly_right["rationale"][:7]).mean()
    assert metrics["cider"] == pytest.approx(expected, rel=1e-9)
    assert metrics["accuracy"] == pytest.approx(3 / 7)


def test_walks_of_an_evaluation_are_spread_over_the_split():
    rows = Dataset.from_dict({"id": list(range(10))})
    assert spread_rows(rows, 4)["id"][:] == [0, 3, 6, 9]
    assert spread_rows(rows, None) is rows and spread_rows(rows, 10) is rows
    for few, number in ((rows, 1), (rows, 0), (rows.select([0]), None)):
        with pytest.raises(ValueError, match="expected at least 2, which CIDEr needs"):
            spread_rows(few, number)


def test_embedded_descriptions_and_motions_are_ignored(
    writing, processor, partly_right, rows_with_descriptions, collator
):
    rows = partly_right.add_column("foot", rows_with_descriptions["foot"][:]).add_column(
        "arm", rows_with_descriptions["arm"][:]
    )
    generation = GenerationSettings(processor, max_new_tokens=MAX_TOKENS)
    results = []
    for embedded in (False, True):
        collator = MotionTextCollator(processor, reasoning_example, None, embedded_share=embedded)
        loader = DataLoader(list(rows), batch_size=4, collate_fn=collator)
        results.append(generation_metrics(writing, loader, generation, OneRank()))
    assert results[0] == pytest.approx(results[1])


def test_evaluation_generates_greedily_and_repeatably(make_trainer, model_with_dropout, processor):
    made = make_trainer(
        start=model_with_dropout,
        generation=GenerationSettings(processor, max_new_tokens=MAX_TOKENS),
        class_weight=1.0,
    )
    made.model.train()
    assert made.evaluate()["eval_cider"] == made.evaluate()["eval_cider"]


class Scripted:
    """Processor and model that write a text for each row of a batch."""

    def __init__(self, written, true):
        self.config = type("Config", (), {"reasoning_start_token_id": 7, "num_scores": 3})
        self.written, self.true = iter(written), iter(true)

    def generate_assessment(self, input_ids, **options):
        return len(input_ids)

    def decode_assessments(self, number):
        return [GaitAssessment(1, (0.0, 1.0, 0.0), next(self.written)) for _ in range(number)]

    def parse_assessment(self, ids):
        return GaitAssessment(1, (0.0, 1.0, 0.0), next(self.true))


def batch(*ids, embedded=0):
    """Collated rows that are answers, and embedded examples after them."""
    tokens = torch.zeros(len(ids) + embedded, 3, dtype=torch.long)
    labels = tokens + 7
    labels[len(ids) :] = 5
    return {"input_ids": tokens, "attention_mask": tokens + 1, "labels": labels, "ids": [*ids]}


FAST, SLOW = {"speed_m_per_s": 1.2}, {"speed_m_per_s": 0.6}
NORMAL, REDUCED = "Speed is normal.", "Speed is moderately reduced."


def scripted_metrics(written, walks, batches):
    model = Scripted(written, ["Speed is not normal."] * 4)
    return generation_metrics(model, batches, GenerationSettings(model, walks=walks), OneRank())


def test_texts_are_compared_with_all_references_of_their_walk():
    walks = {
        name: WalkEvidence(name, 1, (REDUCED, text), {})
        for name, text in zip("ab", "xy", strict=True)
    }
    metrics = scripted_metrics(["x", REDUCED], walks, [batch("a", "b")])
    expected = cider(["x", REDUCED], [[REDUCED, "x"], [REDUCED, "y"]]).mean()
    assert metrics["cider"] == pytest.approx(expected)
    plain = scripted_metrics(["x", REDUCED], {}, [batch("a", "b")])
    assert "supported" not in plain and plain["cider"] != pytest.approx(expected)


def test_claims_are_checked_in_the_walk_of_their_row_and_in_others_of_the_same_score():
    walks = {
        "a": WalkEvidence("A", 1, (NORMAL,), FAST),
        "b": WalkEvidence("B", 1, (REDUCED,), SLOW),
        "c": WalkEvidence("C", 0, (NORMAL,), FAST),
    }
    loader = [batch("a", embedded=1), batch("b", "c", embedded=2)]
    metrics = scripted_metrics([NORMAL, REDUCED, REDUCED], walks, loader)
    assert metrics["supported"] == pytest.approx(2 / 3)
    assert metrics["specificity"] == 1.0  # of the first two; no other walk has the score 0
    swapped = scripted_metrics([REDUCED, NORMAL, "There is a tremor."], walks, loader)
    assert (swapped["supported"], swapped["specificity"]) == (0.0, -1.0)


def test_claims_are_checked_with_age_and_sex():
    walks = {
        name: WalkEvidence(name, 1, (NORMAL,), {"speed_m_per_s": 0.9}, age, "female")
        for name, age in (("a", 85.0), ("b", 30.0))
    }
    assert scripted_metrics([NORMAL] * 2, walks, [batch("a", "b")])["supported"] == 0.5


def saved(folder, configuration, rows):
    """Write rows with motions as the training split of a corpus."""
    path = folder / "data" / configuration / "train-00000-of-00001.parquet"
    path.parent.mkdir(parents=True)
    Dataset.from_list([{"motion": [[0.0]], **row} for row in rows]).to_parquet(path)


def test_evidence_of_a_corpus_has_references_parameters_age_and_sex(tmp_path):
    saved(tmp_path, "motion", [
        {"id": "b", "parameters": {"speed_m_per_s": None, "step_length_m": 0.5}},
        {"id": "a", "parameters": {"speed_m_per_s": 1.2, "step_length_m": None}},
    ])  # fmt: skip
    row = {"id": "a", "subject": "A", "score": 1, "rationale": "x"}
    person = {"references": ["x", "y"], "age": 60.0, "sex": "male"}
    saved(tmp_path, "reasoning", [row | person])
    assert walk_evidence(str(tmp_path), "train") == {
        "a": WalkEvidence("A", 1, ("x", "y"), FAST, 60.0, "male")
    }


def test_evidence_of_an_older_corpus_has_one_reference(tmp_path):
    saved(tmp_path, "motion", [{"id": "a", "parameters": FAST}])
    saved(tmp_path, "reasoning", [{"id": "a", "subject": "A", "score": 1, "rationale": "x"}])
    assert walk_evidence(str(tmp_path), "train") == {"a": WalkEvidence("A", 1, ("x",), FAST)}

import copy

import pytest
import torch
from torch.utils.data import DataLoader

from agir_hf.evaluation.metrics.text import cider
from agir_hf.training.collators import MotionTextCollator
from agir_hf.training.data import reasoning_example
from agir_hf.training.generation_metrics import GenerationSettings, generation_metrics

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
    rows = coded.remove_columns(["rationale", "score"])
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

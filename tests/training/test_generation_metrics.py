import copy

import pytest
import torch
from torch.utils.data import DataLoader

from agir_hf.evaluation.metrics.text import cider
from agir_hf.training.collators import MotionTextCollator
from agir_hf.training.data import reasoning_example
from agir_hf.training.generation_metrics import Generation, generation_metrics

LONGEST = 20


@pytest.fixture(scope="module")
def collator(processor):
    return MotionTextCollator(processor, reasoning_example, shortest_s=None)


@pytest.fixture(scope="module")
def writing(model):
    """The model with a head that makes it write words of the vocabulary, each walk its own."""
    writing = copy.deepcopy(model)
    generator = torch.Generator().manual_seed(4)
    with torch.no_grad():
        for weight in writing.model.decoder.parameters():
            weight.add_(0.3 * torch.randn(weight.shape, generator=generator))
    return writing


@pytest.fixture(scope="module")
def written(writing, processor, coded, collator):
    """What the model writes about each walk, one by one."""
    found = []
    for row in coded:
        ids = collator([row])["input_ids"]
        outputs = writing.generate_assessment(ids, max_new_tokens=LONGEST)
        found += processor.decode_assessments(outputs)
    return found


@pytest.fixture(scope="module")
def partly_right(coded, written):
    """The walks with what the model writes as the truth of ten rationales and seven scores."""
    rationales = [
        one.reasoning if i < 10 else row["rationale"]
        for i, (row, one) in enumerate(zip(coded, written, strict=True))
    ]
    scores = [one.score if i % 2 else (one.score + 1) % 3 for i, one in enumerate(written)]
    rows = coded.remove_columns(["rationale", "score"])
    return rows.add_column("rationale", rationales).add_column("score", scores)


class OneRank:
    """An accelerator of one process."""

    def gather_for_metrics(self, found, use_gather_object):
        assert use_gather_object
        return found


def test_figures_are_those_of_answers_one_by_one(
    make_trainer, writing, written, partly_right, processor
):
    assert len({one.reasoning for one in written}) > 8
    made = make_trainer(
        start=writing, rows=partly_right, config={"per_device_eval_batch_size": 5},
        generation=Generation(processor, max_new_tokens=LONGEST),
    )  # fmt: skip
    figures = made.evaluate()
    texts = [one.reasoning for one in written]
    expected = cider(texts, partly_right["rationale"][:])
    assert figures["eval_cider"] == pytest.approx(expected.mean(), rel=1e-9)
    assert 4 < expected.mean() < 8
    assert figures["eval_accuracy"] == 8 / 16


def test_a_part_of_the_rows_is_taken_from_the_start(
    writing, written, partly_right, processor, collator
):
    loader = DataLoader(list(partly_right), batch_size=3, collate_fn=collator)
    generation = Generation(processor, rows=7, max_new_tokens=LONGEST)
    found = generation_metrics(writing, loader, generation, OneRank())
    texts = [one.reasoning for one in written[:7]]
    expected = cider(texts, partly_right["rationale"][:7]).mean()
    assert found["cider"] == pytest.approx(expected, rel=1e-9)
    assert found["accuracy"] == pytest.approx(3 / 7)


def test_embedded_descriptions_and_motions_are_passed_over(
    writing, processor, partly_right, told, collator
):
    rows = partly_right.add_column("foot", told["foot"][:]).add_column("arm", told["arm"][:])
    generation = Generation(processor, max_new_tokens=LONGEST)
    figures = []
    for embedded in (False, True):
        collator = MotionTextCollator(processor, reasoning_example, None, embedded=embedded)
        loader = DataLoader(list(rows), batch_size=4, collate_fn=collator)
        figures.append(generation_metrics(writing, loader, generation, OneRank()))
    assert figures[0] == pytest.approx(figures[1])


def test_evaluation_generates_greedily_and_always_the_same(make_trainer, dropping, processor):
    made = make_trainer(
        start=dropping, generation=Generation(processor, max_new_tokens=LONGEST), class_weight=1.0
    )
    made.model.train()
    assert made.evaluate()["eval_cider"] == made.evaluate()["eval_cider"]

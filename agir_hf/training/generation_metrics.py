"""Evaluation by generation: what a model writes in training, against the texts of the corpus."""

from dataclasses import dataclass

import torch

from ..evaluation.metrics.classification import classification_metrics
from ..evaluation.metrics.text import cider
from ..processing_agir import MAX_ANSWER_TOKENS, AgirProcessor


@dataclass
class Generation:
    """How answers are generated in an evaluation: greedy, in AGIR's form, one for each motion.

    Args:
        processor: of the model.
        rows: of the evaluated split, from its start; None takes all.
        max_new_tokens: longest answer.
    """

    processor: AgirProcessor
    rows: int | None = None
    max_new_tokens: int = MAX_ANSWER_TOKENS


@torch.no_grad()
def generation_metrics(model, batches, generation: Generation, accelerator) -> dict:
    """CIDEr of rationales and metrics of scores, over all ranks.

    Args:
        model: [`AgirForGaitAssessment`], not wrapped.
        batches: a data loader of collated answers; other rows of its batches are passed over.

    Returns:
        ``cider``, ``accuracy``, ``macro_f1``; the inverse document frequencies of CIDEr are of
        the rationales that are evaluated.
    """
    processor, found = generation.processor, []
    for batch in batches:
        answers = batch["labels"][:, 0] == model.config.reasoning_start_token_id
        labels = batch["labels"][answers]
        outputs = model.generate_assessment(
            batch["input_ids"][answers],
            attention_mask=batch["attention_mask"][answers],
            max_new_tokens=generation.max_new_tokens,
            num_rationales=1,
            use_cache=True,
        )
        given = processor.decode_assessments(outputs)
        wanted = [processor.parse_assessment(row[row >= 0]) for row in labels]
        pairs = [
            ((one.reasoning, one.score), (other.reasoning, other.score))
            for one, other in zip(given, wanted, strict=True)
        ]
        found += accelerator.gather_for_metrics(pairs, use_gather_object=True)
        if generation.rows is not None and len(found) >= generation.rows:
            break
    (texts, scores), (references, truth) = (
        zip(*side, strict=True) for side in zip(*found[: generation.rows], strict=True)
    )
    scored = classification_metrics(truth, scores)
    return {
        "cider": cider(texts, references).mean().item(),
        **{name: scored[name] for name in ("accuracy", "macro_f1")},
    }

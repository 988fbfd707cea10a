"""Evaluation by generation during training: generated answers against those of the corpus."""

from dataclasses import dataclass

import torch

from ..evaluation.metrics.classification import classification_metrics
from ..evaluation.metrics.text import cider
from ..processing_agir import MAX_ANSWER_TOKENS, AgirProcessor


@dataclass
class GenerationSettings:
    """Settings of the evaluation by generation: greedy decoding, one answer for each motion.

    Attributes:
        processor: Processor of the model.
        rows: Number of rows to use, from the start of the evaluated split; `None` uses all.
        max_new_tokens: Maximum number of tokens of an answer.
    """

    processor: AgirProcessor
    rows: int | None = None
    max_new_tokens: int = MAX_ANSWER_TOKENS


@torch.no_grad()
def generation_metrics(model, batches, generation: GenerationSettings, accelerator) -> dict:
    """Compute CIDEr of rationales and metrics of scores, over all ranks.

    Args:
        model: [`AgirForGaitAssessment`], not wrapped.
        batches: Data loader of collated rows; rows that are not answers are ignored.
        generation: Settings of the generation.
        accelerator: `accelerate.Accelerator` that gathers the answers of all ranks.

    Returns:
        ``cider``, ``accuracy`` and ``macro_f1``; CIDEr takes its document frequencies from the
        evaluated reference rationales.
    """
    processor, answers = generation.processor, []
    for batch in batches:
        is_answer = batch["labels"][:, 0] == model.config.reasoning_start_token_id
        labels = batch["labels"][is_answer]
        outputs = model.generate_assessment(
            batch["input_ids"][is_answer],
            attention_mask=batch["attention_mask"][is_answer],
            max_new_tokens=generation.max_new_tokens,
            num_rationales=1,
            use_cache=True,
        )
        predictions = processor.decode_assessments(outputs)
        references = [processor.parse_assessment(row[row >= 0]) for row in labels]
        pairs = [
            ((prediction.reasoning, prediction.score), (reference.reasoning, reference.score))
            for prediction, reference in zip(predictions, references, strict=True)
        ]
        answers += accelerator.gather_for_metrics(pairs, use_gather_object=True)
        if generation.rows is not None and len(answers) >= generation.rows:
            break
    (texts, scores), (reference_texts, true_scores) = (
        zip(*side, strict=True) for side in zip(*answers[: generation.rows], strict=True)
    )
    classification = classification_metrics(true_scores, scores)
    return {
        "cider": cider(texts, reference_texts).mean().item(),
        **{name: classification[name] for name in ("accuracy", "macro_f1")},
    }

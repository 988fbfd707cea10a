"""Evaluation by generation during training: generated answers against those of the corpus."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from ..corpus.loading import load_corpus
from ..evaluation.metrics.classification import classification_metrics
from ..evaluation.metrics.evidence import grounding_figures, specificity_figures
from ..evaluation.metrics.text import cider
from ..processing_agir import MAX_ANSWER_TOKENS, AgirProcessor


@dataclass(frozen=True)
class WalkEvidence:
    """What generated texts of a walk are compared with.

    Attributes:
        subject: Subject of the walk.
        score: True score.
        references: Reference rationales.
        parameters: Measured gait parameters, name → value, without those that were not measured.
        age: Age of the subject in years, or None.
        sex: "male", "female" or None.
    """

    subject: str
    score: int
    references: tuple[str, ...]
    parameters: Mapping[str, float]
    age: float | None = None
    sex: str | None = None


@dataclass
class GenerationSettings:
    """Settings of the evaluation by generation: greedy decoding, one answer for each motion.

    Attributes:
        processor: Processor of the model.
        rows: Number of rows to use, from the start of the evaluated split; `None` uses all.
        max_new_tokens: Maximum number of tokens of an answer.
        walks: Id of a row → evidence of its walk, see `walk_evidence`. Empty leaves out the metrics
            that need it, and CIDEr has one reference for each text.
    """

    processor: AgirProcessor
    rows: int | None = None
    max_new_tokens: int = MAX_ANSWER_TOKENS
    walks: Mapping[str, WalkEvidence] = field(default_factory=dict)


def walk_evidence(
    corpus: str, split: str = "validation", fold: str | None = None
) -> dict[str, WalkEvidence]:
    """Load what generated texts are compared with, without the motions.

    Args:
        corpus: Folder or Hub name of the corpus.
        split: "train", "validation" or "test".
        fold: Fold of the corpus, see `agir_hf.corpus.loading.load_corpus`.

    Returns:
        Id of the walk → its evidence. A corpus without the column `references` has one reference
        for each walk, and without age or sex the norms are those of the mean.
    """
    rows, measured = (
        load_corpus(corpus, configuration, [split], fold)[split]
        .with_format(None)
        .remove_columns("motion")
        for configuration in ("reasoning", "motion")
    )
    parameters = {
        row["id"]: {name: value for name, value in row["parameters"].items() if value is not None}
        for row in measured.select_columns(["id", "parameters"])
    }
    return {
        row["id"]: WalkEvidence(
            row["subject"],
            int(row["score"]),
            tuple(row.get("references") or (row["rationale"],)),
            parameters[row["id"]],
            row.get("age"),
            row.get("sex"),
        )
        for row in rows
    }


@torch.no_grad()
def generation_metrics(model, batches, generation: GenerationSettings, accelerator) -> dict:
    """Compute metrics of rationales and scores, over all ranks.

    Args:
        model: [`AgirForGaitAssessment`], not wrapped.
        batches: Data loader of collated rows; rows that are not answers are ignored.
        generation: Settings of the generation.
        accelerator: `accelerate.Accelerator` that gathers the answers of all ranks.

    Returns:
        ``cider``, ``accuracy`` and ``macro_f1``; CIDEr takes its document frequencies from the
        evaluated reference rationales. With evidence of the walks also ``supported``, the mean
        share of supported claims, and ``specificity``, that share minus the share in walks of other
        subjects with the same score; 0 where no text has a claim that can be checked.
    """
    answers: list[dict] = []
    for batch in batches:
        answers += accelerator.gather_for_metrics(
            _answers(model, batch, generation), use_gather_object=True
        )
        if generation.rows is not None and len(answers) >= generation.rows:
            break
    answers = answers[: generation.rows]
    texts = [answer["text"] for answer in answers]
    walks = [generation.walks.get(answer["id"]) for answer in answers]
    references = [
        walk.references if walk else [answer["reference"]]
        for walk, answer in zip(walks, answers, strict=True)
    ]
    classification = classification_metrics(
        [answer["true_score"] for answer in answers], [answer["score"] for answer in answers]
    )
    return {
        "cider": cider(texts, references).mean().item(),
        **{name: classification[name] for name in ("accuracy", "macro_f1")},
        **(_evidence_metrics(texts, walks) if walks and all(walks) else {}),
    }


def _answers(model, batch: dict, generation: GenerationSettings) -> list[dict]:
    """Generated and true text and score of each answer of a batch, with the id of its row."""
    processor = generation.processor
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
    # the rows come first in a batch, then embedded examples, which are no answers
    rows = zip(batch.get("ids", [None] * len(is_answer)), is_answer.tolist(), strict=False)
    ids = [name for name, answer in rows if answer]
    return [
        {
            "id": name,
            "text": prediction.reasoning,
            "score": prediction.score,
            "reference": reference.reasoning,
            "true_score": reference.score,
        }
        for name, prediction, reference in zip(ids, predictions, references, strict=True)
    ]


def _evidence_metrics(texts: Sequence[str], walks: Sequence[WalkEvidence]) -> dict[str, float]:
    """Means of supported claims and specificity, over the texts that have them."""
    parameters, scores, subjects, ages, sexes = (
        [getattr(walk, name) for walk in walks]
        for name in ("parameters", "score", "subject", "age", "sex")
    )
    supported = grounding_figures(texts, parameters, ages, sexes)
    specific = specificity_figures(texts, parameters, scores, subjects, ages, sexes)
    values = {
        "supported": [row["supported"] for row in supported],
        "specificity": [row["specificity"] for row in specific],
    }
    present = {name: [v for v in rows if v is not None] for name, rows in values.items()}
    return {name: float(np.mean(rows)) if rows else 0.0 for name, rows in present.items()}

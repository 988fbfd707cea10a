"""Evaluation by generation during training: generated answers against those of the corpus."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import torch

from ..corpus.loading import load_corpus, num_scores_of, require_columns
from ..evaluation.metrics.classification import classification_metrics
from ..evaluation.metrics.evidence import grounding_figures, specificity_figures
from ..evaluation.metrics.text import cider
from ..processing_agir import MAX_ANSWER_TOKENS, AgirProcessor
from .collators import MotionTextCollator
from .data import reasoning_example
from .motion_encoding import encode_motions


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
class GenerationArguments:
    """Options of the recipes that evaluate by generation; the help texts describe them."""

    generate: bool = field(
        default=True,
        metadata={"help": "Whether to evaluate by generation (CIDEr, claims, scores)."},
    )
    generate_rows: int | None = field(
        default=None,
        metadata={
            "help": "Validation walks of the evaluation by generation, spread over the split; "
            "None uses all."
        },
    )
    patience: int = field(
        default=0,
        metadata={"help": "Evaluations without improvement before training stops; 0: never."},
    )


@dataclass
class GenerationSettings:
    """Settings of the evaluation by generation: greedy decoding, one answer for each motion.

    Attributes:
        processor: Processor of the model.
        rows: Number of rows to use, from the start of the evaluated split; `None` uses all.
        max_new_tokens: Maximum number of tokens of an answer.
        walks: Id of a row → evidence of its walk, see `walk_evidence`. Empty leaves out the metrics
            that need it, and CIDEr has one reference for each text.
        dataset: Encoded walks to write answers for. `None` uses the answers among the rows of the
            evaluation.
        collator: Function that makes a batch of rows of ``dataset``.
    """

    processor: AgirProcessor
    rows: int | None = None
    max_new_tokens: int = MAX_ANSWER_TOKENS
    walks: Mapping[str, WalkEvidence] = field(default_factory=dict)
    dataset: Any = None
    collator: Callable[[list[dict]], dict] | None = None


def generation_settings(
    options, training, model, processor: AgirProcessor
) -> GenerationSettings | None:
    """Make the settings of a recipe: validation walks to write answers for, with their evidence.

    All recipes evaluate the same walks with the same instructions, so that their values of a metric
    can be compared. The walks are spread evenly over the validation split, because neighbouring
    rows are walks of the same subject.

    Args:
        options: Options of the recipe: [`GenerationArguments`], ``corpus`` and ``fold``.
        training: `transformers.TrainingArguments` of the recipe.
        model: [`AgirForGaitAssessment`], whose motion tokenizer encodes the walks.
        processor: Processor of the model.

    Returns:
        The settings, or `None` where nothing is evaluated by generation. A corpus without measured
        parameters has no evidence, which is printed.

    Raises:
        ValueError: The number of rows is below 2, or rows lack a column.
    """
    if not options.generate or training.eval_strategy == "no":
        return None
    rows = load_corpus(options.corpus, "reasoning", ("validation",), options.fold)["validation"]
    require_columns(rows, ("id", "motion", "rationale", "score"))
    rows = spread_rows(rows, options.generate_rows)
    if "references" in rows.column_names:  # labels are the rationale; CIDEr has all references
        rows = rows.remove_columns("references")
    with training.main_process_first():
        encoded = encode_motions(rows, model.vqvae, processor.feature_extractor)
    try:
        evidence = walk_evidence(options.corpus, "validation", options.fold)
    except FileNotFoundError as error:
        print(f"claims of generated texts are not checked: {error}")
        evidence = {}
    example = partial(reasoning_example, num_scores=num_scores_of(rows))
    collator = MotionTextCollator(processor, example, shortest_crop_s=None)
    return GenerationSettings(processor, walks=evidence, dataset=encoded, collator=collator)


def spread_rows(rows, number: int | None):
    """Select rows at equal distances, from the first to the last.

    Args:
        rows: `datasets.Dataset`.
        number: Largest number of rows; `None` takes all.

    Returns:
        The selected rows, in their order.

    Raises:
        ValueError: The number is below 2, or there are fewer rows.
    """
    number = len(rows) if number is None else number
    if min(len(rows), number) < 2:
        raise ValueError(
            f"{len(rows)} validation walks, of which generate_rows takes {number}, expected at "
            "least 2, which CIDEr needs: pass a larger number, or --generate false"
        )
    if number >= len(rows):
        return rows
    return rows.select(np.linspace(0, len(rows) - 1, number).round().astype(int).tolist())


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
        [answer["true_score"] for answer in answers],
        [answer["score"] for answer in answers],
        range(model.config.num_scores),
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

"""Labelled walks of a corpus, a model's assessments of them, and its embeddings of clips."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from functools import partial

import numpy as np
import torch
from tqdm import tqdm

from ..constants_agir import NUM_SCORES
from ..corpus.loading import load_corpus, num_scores_of
from ..processing_agir import MAX_ANSWER_TOKENS, GaitAssessment, ScoreParseError
from ..utils.devices import explain_memory_errors

_WHOLE = ("simulated", "num_scores")  # attributes of a set that are not lists


@dataclass(frozen=True, eq=False)
class EvaluationSet:
    """Walks with their labels, in the order of the corpus.

    Attributes:
        ids: Names of the walks.
        subjects: Subject of each walk.
        motions: HumanML3D features of each walk, shape (L, 263), 20 fps, not normalised.
        scores: True scores, 0 … `num_scores` - 1.
        rationales: Reference rationale of each walk.
        references: Reference rationales of each walk; the first is in `rationales`.
        parameters: Measured gait parameters of each walk, name → value, without those that were
            not measured.
        ages: Age of each walk's subject in years, or None, for the norms.
        sexes: "male", "female" or None for each walk's subject, for the norms.
        medications: "on", "off" or None.
        simulated: Whether all walks are simulated.
        num_scores: Number of scores of the corpus; some of them may not occur.
    """

    ids: list[str]
    subjects: list[str]
    motions: list[np.ndarray]
    scores: list[int]
    rationales: list[str]
    references: list[list[str]]
    parameters: list[dict[str, float]]
    ages: list[float | None]
    sexes: list[str | None]
    medications: list[str | None]
    simulated: bool
    num_scores: int = NUM_SCORES

    @property
    def description(self) -> str:
        """What was scored, as reports state it."""
        return "simulated walks" if self.simulated else "recorded walks"

    def select(self, indices: Iterable[int]) -> "EvaluationSet":
        """Return the walks at some indices."""
        indices = list(indices)
        lists = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in _WHOLE}
        selected = {name: [values[i] for i in indices] for name, values in lists.items()}
        return EvaluationSet(**selected, simulated=self.simulated, num_scores=self.num_scores)

    def of_subjects(self, subjects: Iterable[str]) -> "EvaluationSet":
        """Return the walks of some subjects."""
        wanted = set(subjects)
        return self.select(i for i, name in enumerate(self.subjects) if name in wanted)


def all_walks(corpus: str) -> EvaluationSet:
    """Return every walk of a corpus that has a score, of all splits."""
    splits = list(load_corpus(corpus, "reasoning"))
    parts = [judged_walks(corpus, split) for split in splits]
    lists = {f.name: [getattr(part, f.name) for part in parts] for f in fields(EvaluationSet)}
    simulated, num_scores = all(lists.pop("simulated")), max(lists.pop("num_scores"))
    joined = {name: sum(values, []) for name, values in lists.items()}
    return EvaluationSet(**joined, simulated=simulated, num_scores=num_scores)


def judged_walks(
    corpus: str, split: str, number: int | None = None, fold: str | None = None
) -> EvaluationSet:
    """Return the walks of a split that have a score.

    Args:
        corpus: Folder or Hub name of the corpus.
        split: "train", "validation" or "test".
        number: Number of walks, evenly spaced in the split. None takes all.
        fold: Fold of the corpus, see `agir_hf.corpus.loading.load_corpus`.

    Returns:
        The walks with their labels.
    """
    rows = load_corpus(corpus, "reasoning", [split], fold)[split]
    if number is not None and number < len(rows):
        rows = rows.select(np.linspace(0, len(rows) - 1, number).astype(int))
    measured = load_corpus(corpus, "motion", [split], fold)[split].with_format(None)
    rationales = list(rows["rationale"])
    parameters = {
        row["id"]: {name: value for name, value in row["parameters"].items() if value is not None}
        for row in measured.select_columns(["id", "parameters"])
    }
    return EvaluationSet(
        ids=list(rows["id"]),
        subjects=list(rows["subject"]),
        motions=[rows[i]["motion"] for i in range(len(rows))],
        scores=[int(score) for score in rows["score"]],
        rationales=rationales,
        references=_column(rows, "references", [[text] for text in rationales]),
        parameters=[parameters[name] for name in rows["id"]],
        ages=_column(rows, "age", [None] * len(rows)),
        sexes=_column(rows, "sex", [None] * len(rows)),
        medications=list(rows["medication"]),
        simulated=bool(all(rows["simulated"])),
        num_scores=num_scores_of(rows),
    )


def _column(rows, name: str, missing: list) -> list:
    """Values of a column that an older corpus may not have."""
    return list(rows[name]) if name in rows.column_names else missing


@torch.no_grad()
def assess(
    model,
    processor,
    motions: list[np.ndarray],
    batch_size: int = 64,
    unconstrained: bool = True,
) -> tuple[list[GaitAssessment], list[bool]]:
    """Assess motions in batches, as the command line assesses one.

    Args:
        model: Model in evaluation mode, on any device.
        processor: Its processor.
        motions: HumanML3D features of each walk, shape (L, 263), 20 fps, not normalised.
        batch_size: Motions in a batch.
        unconstrained: Also generate greedily without constraining the form of the answer.

    Returns:
        One assessment for each motion, and whether each unconstrained answer is well-formed
        (empty without unconstrained answers).

    Raises:
        DeviceMemoryError: A batch needs too much memory; the message names the options to change.
    """
    assessments, well_formed = [], []
    for start in tqdm(range(0, len(motions), batch_size), desc="assessing", unit="batch"):
        inputs = processor(motion=list(motions[start : start + batch_size])).to(model.device)
        with explain_memory_errors(model.device, batch_size):
            outputs = model.generate_assessment(**inputs, max_new_tokens=MAX_ANSWER_TOKENS)
            assessments += processor.decode_assessments(outputs)
            if unconstrained:
                answers = model.generate(**inputs, max_new_tokens=MAX_ANSWER_TOKENS).tolist()
                well_formed += [_is_well_formed(processor, answer) for answer in answers]
    return assessments, well_formed


def _is_well_formed(processor, ids) -> bool:
    try:
        processor.parse_assessment(ids)
    except ScoreParseError:
        return False
    return True


def embeddings(
    model, processor, clips: list[np.ndarray], batch_size: int = 64
) -> dict[str, np.ndarray]:
    """Embed clips with the frozen parts of a model, on its device.

    Args:
        model: Model in evaluation mode, on any device.
        processor: Its processor.
        clips: HumanML3D features of each clip, shape (L, 263), 20 fps, not normalised.
        batch_size: Clips in a batch.

    Returns:
        Name of the embedding → values, shape (number of clips, D), float32. Between number formats
        those of the tokenizer are equal; the others differ by less than 5 % of their norm.
    """
    functions = {
        **_tokenizer_functions(model.vqvae),
        "model: token embeddings": model.embed_motion,
        "model: encoder states": partial(model.embed_motion, contextual=True),
    }
    return _embedded(functions, processor.feature_extractor, clips, batch_size, model.device)


def tokenizer_embeddings(
    vqvae, feature_extractor, clips: list[np.ndarray], batch_size: int = 64
) -> dict[str, np.ndarray]:
    """Embed clips with a motion tokenizer alone, on its device.

    Args:
        vqvae: Motion tokenizer in evaluation mode, on any device.
        feature_extractor: Feature extractor that was saved with it.
        clips: HumanML3D features of each clip, shape (L, 263), 20 fps, not normalised.
        batch_size: Clips in a batch.

    Returns:
        Name of the embedding → values, shape (number of clips, D), float32.
    """
    functions = _tokenizer_functions(vqvae)
    return _embedded(functions, feature_extractor, clips, batch_size, vqvae.device)


def _tokenizer_functions(vqvae) -> dict[str, Callable]:
    """Name → function, of the embeddings of a motion tokenizer."""
    embed = vqvae.embed_motion
    return {
        "tokenizer: code vectors": embed,
        "tokenizer: code vectors, mean and spread": partial(embed, spread=True),
        "tokenizer: every layer, mean and spread": partial(embed, spread=True, of="layers"),
    }


def _embedded(
    functions: dict[str, Callable],
    feature_extractor,
    clips: list[np.ndarray],
    batch_size: int,
    device: torch.device,
) -> dict[str, np.ndarray]:
    """Embeddings (C, D) float32 of clips, computed on a device and moved to the CPU once."""
    batches = {name: [] for name in functions}
    with explain_memory_errors(device, batch_size):
        for start in range(0, len(clips), batch_size):
            batch = clips[start : start + batch_size]
            inputs = feature_extractor(batch, return_tensors="pt").to(device)
            for name, embed in functions.items():
                batches[name].append(embed(**inputs).float())
        return {name: torch.cat(values).cpu().numpy() for name, values in batches.items()}

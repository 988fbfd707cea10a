"""Walks of a corpus that are to be judged, what a model answers, and how it sees motions."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from functools import partial

import numpy as np
import torch
from tqdm import tqdm

from ..corpus.loading import load_corpus
from ..processing_agir import MAX_ANSWER_TOKENS, GaitAssessment, ScoreParseError


@dataclass(frozen=True, eq=False)
class EvaluationSet:
    """Walks with what is known of them, in the order of the corpus.

    Attributes:
        ids, subjects: names of walks and walkers.
        motions: (L, 263) features each, not normalised.
        scores: 0, 1 or 2.
        rationales: one each.
        parameters: measured gait parameters, name → value, without what was not measured.
        medications: "on", "off" or None.
        simulated: whether nobody walked.
    """

    ids: list[str]
    subjects: list[str]
    motions: list[np.ndarray]
    scores: list[int]
    rationales: list[str]
    parameters: list[dict[str, float]]
    medications: list[str | None]
    simulated: bool

    @property
    def about(self) -> str:
        """What they are, in words."""
        return "simulated walks" if self.simulated else "recorded walks"

    def select(self, places: Iterable[int]) -> "EvaluationSet":
        """Some of the walks, by their places."""
        places = list(places)
        lists = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "simulated"}
        kept = {name: [values[i] for i in places] for name, values in lists.items()}
        return EvaluationSet(**kept, simulated=self.simulated)

    def of_subjects(self, subjects: Iterable[str]) -> "EvaluationSet":
        """The walks of some subjects."""
        wanted = set(subjects)
        return self.select(i for i, name in enumerate(self.subjects) if name in wanted)


def all_walks(corpus: str) -> EvaluationSet:
    """Every walk of a corpus that has a score, whatever split it is in."""
    splits = list(load_corpus(corpus, "reasoning"))
    parts = [judged_walks(corpus, split) for split in splits]
    lists = {f.name: [getattr(part, f.name) for part in parts] for f in fields(EvaluationSet)}
    simulated = all(lists.pop("simulated"))
    return EvaluationSet(**{k: sum(v, []) for k, v in lists.items()}, simulated=simulated)


def judged_walks(
    corpus: str, split: str, number: int | None = None, fold: str | None = None
) -> EvaluationSet:
    """Walks of a split.

    Args:
        corpus: folder or name.
        split: "train", "validation" or "test".
        number: of walks, spread over the split; all by default.
        fold: see `agir_hf.training.data.load_corpus`.
    """
    rows = load_corpus(corpus, "reasoning", [split], fold)[split]
    if number is not None and number < len(rows):
        rows = rows.select(np.linspace(0, len(rows) - 1, number).astype(int))
    measured = load_corpus(corpus, "motion", [split], fold)[split].with_format(None)
    parameters = {
        row["id"]: {name: value for name, value in row["parameters"].items() if value is not None}
        for row in measured.select_columns(["id", "parameters"])
    }
    return EvaluationSet(
        ids=list(rows["id"]),
        subjects=list(rows["subject"]),
        motions=[rows[i]["motion"] for i in range(len(rows))],
        scores=[int(score) for score in rows["score"]],
        rationales=list(rows["rationale"]),
        parameters=[parameters[name] for name in rows["id"]],
        medications=list(rows["medication"]),
        simulated=bool(all(rows["simulated"])),
    )


@torch.no_grad()
def assess(
    model, processor, motions: list[np.ndarray], batch_size: int = 64, free: bool = True
) -> tuple[list[GaitAssessment], list[bool]]:
    """Assessments as the command line makes them, in AGIR's form; one for each motion.

    Args:
        free: also let the model answer greedily with the form left free.

    Returns:
        Assessments, and whether each free answer is well-formed; none where none is asked for.
    """
    found, formed = [], []
    for start in tqdm(range(0, len(motions), batch_size), desc="answers", unit="batch"):
        inputs = processor(motion=list(motions[start : start + batch_size]))
        outputs = model.generate_assessment(**inputs, max_new_tokens=MAX_ANSWER_TOKENS)
        found += processor.decode_assessments(outputs)
        if free:
            answers = model.generate(**inputs, max_new_tokens=MAX_ANSWER_TOKENS)
            formed += [_is_formed(processor, row) for row in answers]
    return found, formed


def _is_formed(processor, ids) -> bool:
    """Whether an answer parses."""
    try:
        processor.parse_assessment(ids)
    except ScoreParseError:
        return False
    return True


def embeddings(
    model, processor, clips: list[np.ndarray], batch_size: int = 64
) -> dict[str, np.ndarray]:
    """Clips (L, 263), not normalised, as a model's frozen parts see them: name → (C, D)."""
    ways = {
        **_tokenizer_ways(model.vqvae),
        "model: token embeddings": model.embed_motion,
        "model: encoder states": partial(model.embed_motion, contextual=True),
    }
    return _embedded(ways, processor.feature_extractor, clips, batch_size)


def tokenizer_embeddings(
    vqvae, feature_extractor, clips: list[np.ndarray], batch_size: int = 64
) -> dict[str, np.ndarray]:
    """The same of a motion tokenizer alone, with the feature extractor that was saved with it."""
    return _embedded(_tokenizer_ways(vqvae), feature_extractor, clips, batch_size)


def _tokenizer_ways(vqvae) -> dict[str, Callable]:
    """How a tokenizer's embeddings are called → how they are made."""
    embed = vqvae.embed_motion
    return {
        "tokenizer: code vectors": embed,
        "tokenizer: code vectors, mean and spread": partial(embed, spread=True),
        "tokenizer: every layer, mean and spread": partial(embed, spread=True, of="layers"),
    }


def _embedded(
    ways: dict[str, Callable], feature_extractor, clips: list[np.ndarray], batch_size: int
) -> dict[str, np.ndarray]:
    found = {name: [] for name in ways}
    for start in range(0, len(clips), batch_size):
        inputs = feature_extractor(clips[start : start + batch_size], return_tensors="pt")
        for name, embed in ways.items():
            found[name].append(embed(**inputs).numpy())
    return {name: np.concatenate(rows) for name, rows in found.items()}

"""Metrics of texts against references: CIDEr, BERTScore, variety, a retrieval baseline."""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from ..gait import grounding_score

_TOKEN = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]+")


def words(text: str) -> list[str]:
    """Lower-case words and numbers, without punctuation."""
    return _TOKEN.findall(text.lower())


def cider(candidates: Sequence[str], references: Sequence[str]) -> np.ndarray:
    """CIDEr-D of each candidate against its one reference, (N,), 0 … 10.

    By pycocoevalcap (Vedantam, Zitnick and Parikh 2015); inverse document frequencies are of
    ``references``, so that figures compare only over the same references. Texts are lower-cased
    and lose their punctuation; no other tokenizer is run.

    Raises:
        ValueError: for lists of different length, or fewer than two texts.
        ImportError: if pycocoevalcap is not installed.
    """
    if len(candidates) != len(references) or len(references) < 2:
        raise ValueError(
            f"{len(candidates)} texts and {len(references)} references, expected as many, and at "
            "least two: CIDEr weighs words by how many references hold them"
        )
    try:
        from pycocoevalcap.cider.cider import Cider
    except ImportError as error:
        raise ImportError('CIDEr needs pycocoevalcap: pip install "agir-hf[evaluation]"') from error
    plain = [
        {i: [" ".join(words(text))] for i, text in enumerate(side)}
        for side in (references, candidates)
    ]
    return np.asarray(Cider().compute_score(*plain)[1], dtype=float)


def bert_f1(
    candidates: Sequence[str],
    references: Sequence[str],
    encoder: str,
    num_layers: int | None = None,
) -> np.ndarray:
    """BERTScore F1 of each candidate against its one reference, (N,), not rescaled.

    Args:
        encoder: name or folder of the encoder.
        num_layers: layer whose states are compared; by default the last.

    Raises:
        ValueError: for lists of different length.
        ImportError: if bert-score is not installed.
    """
    if len(candidates) != len(references):
        raise ValueError(f"{len(candidates)} texts and {len(references)} references")
    try:
        from bert_score import BERTScorer
    except ImportError as error:
        raise ImportError(
            'BERTScore needs bert-score: pip install "agir-hf[evaluation]"'
        ) from error
    if num_layers is None:
        from transformers import AutoConfig

        num_layers = AutoConfig.from_pretrained(encoder).num_hidden_layers
    scorer = BERTScorer(model_type=str(encoder), num_layers=num_layers, device="cpu")
    return scorer.score(list(candidates), list(references))[2].numpy().astype(float)


def nearest(queries: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Index of the nearest row of ``known`` (M, D) for each of ``queries`` (N, D).

    Euclidean, each column in units of its spread over ``known``: the retrieval baseline takes
    the text of the nearest motion.
    """
    mean, spread = known.mean(0), known.std(0) + 1e-8
    one, other = (queries - mean) / spread, (known - mean) / spread
    distances = (one**2).sum(1)[:, None] - 2 * one @ other.T + (other**2).sum(1)
    return distances.argmin(1)


def distinct(texts: Sequence[str], n: int = 2) -> float:
    """Share of different n-grams among all n-grams of the texts (Li et al. 2016)."""
    grams = [tuple(row[i : i + n]) for row in map(words, texts) for i in range(len(row) - n + 1)]
    return len(set(grams)) / len(grams) if grams else 0.0


def text_metrics(
    candidates: Sequence[str],
    references: Sequence[str],
    parameters: Sequence[Mapping[str, float]],
    encoder: str | None = None,
) -> dict[str, float]:
    """Metrics of rationales: against references, and against the measured gait.

    Args:
        parameters: of each walk, name → value, without what was not measured.
        encoder: for `bert_f1`; None leaves it out.

    Returns:
        ``cider``, ``bert_f1`` (means over texts), ``distinct_2``; ``grounding``, the supported
        share of the claims that could be checked, and ``coverage``, the share of claims that
        could (means over the texts that have any); ``words``, their mean number.
    """
    found = [grounding_score(*pair) for pair in zip(candidates, parameters, strict=True)]
    means = {
        "grounding": [one.score for one in found if one.score is not None],
        "coverage": [one.coverage for one in found if one.coverage is not None],
        "words": [len(words(text)) for text in candidates],
        "cider": cider(candidates, references),
    }
    if encoder is not None:
        means["bert_f1"] = bert_f1(candidates, references, encoder)
    values = {name: float(np.mean(rows)) if len(rows) else 0.0 for name, rows in means.items()}
    return {**values, "distinct_2": distinct(candidates)}

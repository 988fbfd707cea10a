"""Metrics of texts: CIDEr and BERTScore against references, form, variety, a retrieval baseline."""

import csv
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ...gait import grounding_score

_TOKEN = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]+")
# as `configuration_agir` has the tokens, which lies behind an arrow: a test holds them equal
_ASIDE = re.compile(r"<pad>|</s>")
_ANSWER = re.compile(
    r"<reasoning_start>(.*)<reasoning_end>\s*<score_start>\s*<score_[012]>\s*<score_end>", re.DOTALL
)
_ADDED_TOKEN = re.compile(r"<(?:(?:reasoning|score)_(?:start|end)|score_[012]|motion_id_\d+)>")
BASELINE_PAIRS = 1000


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
    rescale_baseline: float | None = None,
) -> np.ndarray:
    """BERTScore F1 of each candidate against its one reference, (N,).

    By bert-score (Zhang et al. 2020), without weights of words. Where one of the two is blank,
    the F1 is 0.

    Args:
        encoder: name or folder of the encoder.
        num_layers: layer whose states are compared; by default the last.
        rescale_baseline: F1 of texts that have nothing to do with each other, see `rescaled`,
            `bert_baseline` and `shipped_baseline`; by default F1 is not rescaled.

    Raises:
        ValueError: for lists of different length, or a baseline that is none.
        ImportError: if bert-score is not installed.
    """
    if len(candidates) != len(references):
        raise ValueError(f"{len(candidates)} texts and {len(references)} references")
    library = _bert_score()
    found = np.zeros(len(candidates))
    blank = [
        not (one.strip() and two.strip()) for one, two in zip(candidates, references, strict=True)
    ]
    said = np.flatnonzero(np.logical_not(blank))
    if len(said):
        layer = _layer(encoder, num_layers)
        scorer = library.BERTScorer(model_type=str(encoder), num_layers=layer, device="cpu")
        f1 = scorer.score([candidates[i] for i in said], [references[i] for i in said])[2]
        found[said] = f1.numpy()
    return found if rescale_baseline is None else rescaled(found, rescale_baseline)


def rescaled(f1: np.ndarray | float, baseline: float) -> np.ndarray | float:
    """BERTScore F1 on a scale where the baseline is 0 and likeness is 1; less can be below 0.

    Raises:
        ValueError: unless the baseline is in -1 … 1, without 1.
    """
    if not -1 <= baseline < 1:
        raise ValueError(f"the baseline of BERTScore is {baseline}, expected an F1 below 1")
    return (f1 - baseline) / (1 - baseline)  # Zhang et al. 2020, section 3


def bert_baseline(
    texts: Sequence[str],
    encoder: str,
    seed: int = 0,
    num_layers: int | None = None,
    pairs: int = BASELINE_PAIRS,
) -> float:
    """Mean BERTScore F1 of texts of different walks: the baseline to rescale with.

    Zhang et al. 2020 (section 3, Baseline Rescaling) take the mean over random pairs of sentences
    of Common Crawl. This one is of the texts given, which all speak of gait: a rescaled F1 of 0
    means "as like as the texts of any two walks", and figures rescaled with it do not compare
    with those of `shipped_baseline`, where bert-score carries one.

    Args:
        texts: one of each walk; equal texts of different walks count as they are.
        encoder, num_layers: see `bert_f1`.
        seed: of the draw.
        pairs: how many are drawn; all there are, if they are not more.

    Raises:
        ValueError: for fewer than two texts.
        ImportError: if bert-score is not installed.
    """
    number = len(texts)
    if number < 2:
        raise ValueError(f"{number} texts, expected two or more: the baseline is of pairs of them")
    if number * (number - 1) // 2 <= pairs:
        one, other = np.triu_indices(number, 1)
    else:
        draw = np.random.default_rng(seed)
        one = draw.integers(number, size=pairs)
        other = (one + draw.integers(1, number, size=pairs)) % number
    sides = [[texts[i] for i in side] for side in (one, other)]
    return float(bert_f1(*sides, encoder, num_layers).mean())


def shipped_baseline(encoder: str, num_layers: int | None = None) -> float | None:
    """Baseline F1 for English that bert-score carries for an encoder; None where it has none.

    It is what bert-score rescales with under ``rescale_with_baseline=True, lang="en"``: the mean
    over pairs of sentences of Common Crawl. Encoders are known by the names that bert-score calls
    them by ("roberta-large"); folders are not.

    Args:
        encoder, num_layers: see `bert_f1`.

    Raises:
        ImportError: if bert-score is not installed.
    """
    file = Path(_bert_score().__file__).parent / "rescale_baseline" / "en" / f"{encoder}.tsv"
    if not file.is_file():
        return None
    layer = _layer(encoder, num_layers)
    with file.open(encoding="utf-8") as lines:
        rows = [float(row["F"]) for row in csv.DictReader(lines) if int(row["LAYER"]) == layer]
    return rows[0] if rows else None


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


def rationale_of(text: str) -> str | None:
    """The rationale of a well-formed answer, without space around it; None of any other text.

    The form is that of `AgirProcessor.parse_assessment`, read from characters: one
    ``<reasoning_start> rationale <reasoning_end> <score_start> <score_k> <score_end>`` with a
    rationale that says something and holds no token of motions or answers, and nothing before
    or after. Space between tokens, ``<pad>`` and ``</s>`` are left aside.
    """
    found = _ANSWER.fullmatch(_ASIDE.sub("", text).strip())
    if found is None or _ADDED_TOKEN.search(found[1]):
        return None
    return found[1].strip() or None


def well_formed(text: str) -> bool:
    """Whether an answer, decoded with its special tokens, has AGIR's form; see `rationale_of`."""
    return rationale_of(text) is not None


def text_metrics(
    candidates: Sequence[str],
    references: Sequence[str],
    parameters: Sequence[Mapping[str, float]],
    encoder: str | None = None,
    bert_baseline: float | None = None,
) -> dict[str, float]:
    """Metrics of rationales: against references, and against the measured gait.

    Args:
        parameters: of each walk, name → value, without what was not measured.
        encoder: for `bert_f1`; None leaves it out.
        bert_baseline: F1 of texts of different walks by that encoder, see the function of that
            name; by default the one that bert-score carries, if it does.

    Returns:
        ``cider``, ``bert_f1`` and, where there is a baseline, ``bert_f1_rescaled`` (means over
        texts), ``distinct_2``; ``grounding``, the supported share of the claims that could be
        checked, and ``coverage``, the share of claims that could (means over the texts that have
        any); ``words``, their mean number.

    Raises:
        ValueError: for lists of different length, or a baseline without an encoder.
    """
    if bert_baseline is not None and encoder is None:
        raise ValueError("bert_baseline is given without the encoder that it is of: give both")
    found = [grounding_score(*pair) for pair in zip(candidates, parameters, strict=True)]
    means = {
        "grounding": [one.score for one in found if one.score is not None],
        "coverage": [one.coverage for one in found if one.coverage is not None],
        "words": [len(words(text)) for text in candidates],
        "cider": cider(candidates, references),
    }
    if encoder is not None:
        means["bert_f1"] = bert_f1(candidates, references, encoder)
        baseline = shipped_baseline(encoder) if bert_baseline is None else bert_baseline
        if baseline is not None:
            means["bert_f1_rescaled"] = rescaled(means["bert_f1"], baseline)
    values = {name: float(np.mean(rows)) if len(rows) else 0.0 for name, rows in means.items()}
    return {**values, "distinct_2": distinct(candidates)}


def _bert_score():
    try:
        import bert_score
    except ImportError as error:
        raise ImportError(
            'BERTScore needs bert-score: pip install "agir-hf[evaluation]"'
        ) from error
    return bert_score


def _layer(encoder: str, num_layers: int | None) -> int:
    if num_layers is not None:
        return num_layers
    from transformers import AutoConfig

    return AutoConfig.from_pretrained(encoder).num_hidden_layers

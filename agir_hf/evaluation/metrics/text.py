"""Metrics of rationales: CIDEr and BERTScore against references, form, diversity, grounding."""

import csv
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ...gait.norms import Norms
from .answer_form import rationale_of, well_formed
from .evidence import grounding_figures

__all__ = [
    "bert_baseline",
    "bert_f1",
    "cider",
    "distinct",
    "nearest",
    "rationale_of",
    "rescaled",
    "shipped_baseline",
    "text_metrics",
    "well_formed",
    "words",
]
_TOKEN = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]+")
BASELINE_PAIRS = 1000


def words(text: str) -> list[str]:
    """Split a text into lower-case words and numbers, without punctuation."""
    return _TOKEN.findall(text.lower())


def cider(candidates: Sequence[str], references: Sequence[str | Sequence[str]]) -> np.ndarray:
    """Compute CIDEr-D of each text against its references, with pycocoevalcap.

    The score of a text is the mean over its references. Document frequencies are those of
    `references`, so figures can only be compared over the same references. Texts are converted to
    lower case and punctuation is removed; no other tokenizer is run. Source: Vedantam, Zitnick and
    Parikh 2015.

    Args:
        candidates (`Sequence[str]`):
            Generated texts.
        references (`Sequence[str | Sequence[str]]`):
            One reference of each text, or a list of several; at least two in all.

    Returns:
        `np.ndarray`: CIDEr-D of each text, shape `(N,)`, 0 … 10.

    Raises:
        ValueError: The lists differ in length, or have fewer than two texts.
        ImportError: pycocoevalcap is not installed.

    Example:
        ```python
        >>> from agir_hf.evaluation.metrics.text import cider
        >>> candidates = ["The steps are short.", "Posture is stooped, arms still."]
        >>> references = ["The steps are small.", "Posture is stooped, arms still."]
        >>> cider(candidates, references).round(2)
        array([ 4.79, 10.  ])

        ```
    """
    if len(candidates) != len(references) or len(references) < 2:
        raise ValueError(
            f"{len(candidates)} texts and {len(references)} references, expected the same number "
            "and at least two: CIDEr weights words by how many references contain them"
        )
    try:
        from pycocoevalcap.cider.cider import Cider
    except ImportError as error:
        raise ImportError('CIDEr needs pycocoevalcap: pip install "agir-hf[evaluation]"') from error
    plain = [
        {i: [" ".join(words(text)) for text in _listed(texts)] for i, texts in enumerate(side)}
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
    """Compute BERTScore F1 of each text against its reference, with bert-score.

    Words are not weighted by their frequency. Where the text or the reference is blank, the F1 is
    0. Source: Zhang et al. 2020 (BERTScore: Evaluating Text Generation with BERT).

    Args:
        candidates (`Sequence[str]`):
            Generated texts.
        references (`Sequence[str]`):
            One reference of each text.
        encoder (`str`):
            Name or folder of the encoder.
        num_layers (`int`, *optional*):
            Layer whose hidden states are compared; the last by default.
        rescale_baseline (`float`, *optional*):
            F1 of unrelated texts, see [`rescaled`], [`bert_baseline`] and [`shipped_baseline`]. The
            F1 is not rescaled by default.

    Returns:
        `np.ndarray`: F1 of each text, shape `(N,)`.

    Raises:
        ValueError: The lists differ in length, or the baseline is not in -1 … 1.
        ImportError: bert-score is not installed.

    Example:
        ```python
        >>> from agir_hf.evaluation.metrics.text import bert_f1
        >>> bert_f1([""], ["The steps are small."], encoder="distilbert-base-uncased")
        array([0.])

        ```
    """
    if len(candidates) != len(references):
        raise ValueError(
            f"{len(candidates)} texts and {len(references)} references, expected the same number"
        )
    library = _bert_score()
    scores = np.zeros(len(candidates))
    present = [
        bool(candidate.strip() and reference.strip())
        for candidate, reference in zip(candidates, references, strict=True)
    ]
    indices = np.flatnonzero(present)
    if len(indices):
        layer = _layer(encoder, num_layers)
        scorer = library.BERTScorer(model_type=str(encoder), num_layers=layer, device="cpu")
        f1 = scorer.score([candidates[i] for i in indices], [references[i] for i in indices])[2]
        scores[indices] = f1.numpy()
    return scores if rescale_baseline is None else rescaled(scores, rescale_baseline)


def rescaled(f1: np.ndarray | float, baseline: float) -> np.ndarray | float:
    """Rescale BERTScore F1 so that the baseline is 0 and equal texts are 1.

    Source: Zhang et al. 2020, section 3.

    Args:
        f1: F1 of texts.
        baseline: F1 of unrelated texts.

    Returns:
        (F1 - baseline) / (1 - baseline), which can be below 0.

    Raises:
        ValueError: The baseline is not in -1 … 1, or it is 1.
    """
    if not -1 <= baseline < 1:
        raise ValueError(f"the baseline of BERTScore is {baseline}, expected an F1 below 1")
    return (f1 - baseline) / (1 - baseline)


def bert_baseline(
    texts: Sequence[str],
    encoder: str,
    seed: int = 0,
    num_layers: int | None = None,
    pairs: int = BASELINE_PAIRS,
) -> float:
    """Compute the mean BERTScore F1 of texts of different walks, as baseline to rescale with.

    Zhang et al. 2020 (section 3, Baseline Rescaling) take the mean over random pairs of sentences
    of Common Crawl. Here the pairs are of texts that all describe gait: a rescaled F1 of 0 means
    "as similar as the texts of two random walks", and figures rescaled with this baseline cannot
    be compared with those of `shipped_baseline`.

    Args:
        texts: One text of each walk. Equal texts of different walks count as they are.
        encoder: Name or folder of the encoder.
        seed: Seed of the random generator that draws the pairs.
        num_layers: Layer whose hidden states are compared; the last by default.
        pairs: Number of pairs that are drawn. All pairs are taken where there are not more.

    Returns:
        Mean F1 of the pairs.

    Raises:
        ValueError: There are fewer than two texts.
        ImportError: bert-score is not installed.
    """
    number = len(texts)
    if number < 2:
        raise ValueError(f"{number} texts, expected two or more: the baseline is of pairs of them")
    if number * (number - 1) // 2 <= pairs:
        first, second = np.triu_indices(number, 1)
    else:
        rng = np.random.default_rng(seed)
        first = rng.integers(number, size=pairs)
        second = (first + rng.integers(1, number, size=pairs)) % number
    sides = [[texts[i] for i in side] for side in (first, second)]
    return float(bert_f1(*sides, encoder, num_layers).mean())


def shipped_baseline(encoder: str, num_layers: int | None = None) -> float | None:
    """Return the baseline F1 for English that the package bert-score contains for an encoder.

    bert-score rescales with it under `rescale_with_baseline=True, lang="en"`. It is the mean over
    pairs of sentences of Common Crawl.

    Args:
        encoder: Name of the encoder in bert-score, such as "roberta-large". Folders have no
            baseline.
        num_layers: Layer whose hidden states are compared; the last by default.

    Returns:
        The baseline, or None where bert-score has none.

    Raises:
        ImportError: bert-score is not installed.
    """
    file = Path(_bert_score().__file__).parent / "rescale_baseline" / "en" / f"{encoder}.tsv"
    if not file.is_file():
        return None
    layer = _layer(encoder, num_layers)
    with file.open(encoding="utf-8") as lines:
        rows = [float(row["F"]) for row in csv.DictReader(lines) if int(row["LAYER"]) == layer]
    return rows[0] if rows else None


def nearest(queries: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """Find the nearest candidate of each query.

    The distance is Euclidean, with each column in units of its standard deviation over the
    candidates.

    Args:
        queries: Rows to search for, shape (N, D).
        candidates: Rows to search in, shape (M, D).

    Returns:
        Index of the nearest candidate, shape (N,).
    """
    mean, spread = candidates.mean(0), candidates.std(0) + 1e-8
    x, y = (queries - mean) / spread, (candidates - mean) / spread
    distances = (x**2).sum(1)[:, None] - 2 * x @ y.T + (y**2).sum(1)
    return distances.argmin(1)


def distinct(texts: Sequence[str], n: int = 2) -> float:
    """Share of different n-grams among all n-grams of the texts (Li et al. 2016).

    Args:
        texts: Texts whose n-grams are counted together.
        n: Length of the n-grams in words.

    Returns:
        0 … 1; 0 where the texts have no n-grams.
    """
    grams = [tuple(row[i : i + n]) for row in map(words, texts) for i in range(len(row) - n + 1)]
    return len(set(grams)) / len(grams) if grams else 0.0


def text_metrics(
    candidates: Sequence[str],
    references: Sequence[str | Sequence[str]],
    parameters: Sequence[Mapping[str, float]],
    encoder: str | None = None,
    bert_baseline: float | None = None,
    ages: Sequence[float | None] | None = None,
    sexes: Sequence[str | None] | None = None,
    norms: Norms | None = None,
) -> dict[str, float]:
    """Compare rationales with references and with the measured gait.

    Args:
        candidates (`Sequence[str]`):
            Generated rationales, at least two.
        references (`Sequence[str | Sequence[str]]`):
            One reference of each rationale, or a list of several. BERTScore takes the first.
        parameters (`Sequence[Mapping[str, float]]`):
            Gait parameters measured in each walk, name → value, with the names and units of
            `agir_hf.gait.PARAMETERS`, without those that were not measured.
        encoder (`str`, *optional*):
            Name or folder of the encoder for BERTScore, which is left out by default.
        bert_baseline (`float`, *optional*):
            F1 of texts of different walks by that encoder, see the function of that name. By
            default the one that bert-score contains, if it does.
        ages (`Sequence[float | None]`, *optional*):
            Age of the subject of each walk in years, for the norms. Default: norms for 70 years.
        sexes (`Sequence[str | None]`, *optional*):
            "male", "female" or None for each walk, for the norms. Default: the mean of both.
        norms (`Norms`, *optional*):
            Norms of a laboratory. Default: the published norms.

    Returns:
        `dict`: `cider`, `bert_f1` and, where there is a baseline, `bert_f1_rescaled` (means over
        texts); `supported` and `near`, the shares of supported and of near claims among those that
        could be checked, and `coverage`, the share of claims that could be checked (means over the
        texts that have any); `words`, the mean length; `distinct_2`.

    Raises:
        ValueError: The lists differ in length, there are fewer than two texts, an age or a sex is
            not valid, or a baseline is passed without an encoder.
        ImportError: pycocoevalcap, or for BERTScore bert-score, is not installed.

    Example:
        ```python
        >>> from agir_hf.evaluation.metrics.text import text_metrics
        >>> candidates = ["Speed is reduced.", "Speed is 1.2 m/s."]
        >>> references = ["Speed is markedly reduced.", "Speed is 1.2 m/s."]
        >>> metrics = text_metrics(candidates, references, [{"speed_m_per_s": 0.6}] * 2)
        >>> metrics["supported"], metrics["near"], metrics["words"]
        (0.5, 0.0, 4.0)

        ```
    """
    if bert_baseline is not None and encoder is None:
        raise ValueError("bert_baseline is passed without encoder, expected both: pass the encoder")
    evidence = grounding_figures(candidates, parameters, ages, sexes, norms)
    values = {
        name: [row[name] for row in evidence if row[name] is not None]
        for name in ("supported", "near", "coverage")
    }
    values["words"] = [len(words(text)) for text in candidates]
    values["cider"] = cider(candidates, references)
    if encoder is not None:
        first = [_listed(texts)[0] for texts in references]
        values["bert_f1"] = bert_f1(candidates, first, encoder)
        baseline = shipped_baseline(encoder) if bert_baseline is None else bert_baseline
        if baseline is not None:
            values["bert_f1_rescaled"] = rescaled(values["bert_f1"], baseline)
    means = {name: float(np.mean(rows)) if len(rows) else 0.0 for name, rows in values.items()}
    return {**means, "distinct_2": distinct(candidates)}


def _listed(texts: str | Sequence[str]) -> Sequence[str]:
    return [texts] if isinstance(texts, str) else texts


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

"""The three terms of AGIR's loss: language, format and class.

Shapes: logits (B, T, V) at the positions of the labels (B, T) int64; labels are -100 at padding.
An answer is ``<reasoning_start> … <reasoning_end> <score_start> <score_k> <score_end> </s>``.
Source: AGIR (Wang, Bobenrieth and Seo 2025, arXiv 2503.18141), section 2.2.
"""

from collections import Counter
from collections.abc import Sequence

import torch
from torch.nn import functional as F

from ..constants_agir import SCORES

IGNORED = -100
STRUCTURAL_POSITIONS = 5  # the first token of the answer, and the four before its end
FORMAT_LOSS_FLOOR = STRUCTURAL_POSITIONS / 2
FORMAT_FORMS = ("paper", "cross_entropy")


def language_loss(
    logits: torch.Tensor, labels: torch.LongTensor, num_items: torch.Tensor | int | None = None
) -> torch.Tensor:
    """Compute L_LM: cross-entropy summed over the labelled tokens, divided by ``num_items``.

    Args:
        logits: (B, T, V) logits over the vocabulary.
        labels: (B, T) token ids, -100 at padding.
        num_items: Number of labelled tokens of the whole step, over gradient accumulation and
            ranks; by default the number in these labels, which gives the mean.

    Returns:
        Scalar.
    """
    total = F.cross_entropy(
        logits.flatten(0, 1).float(), labels.flatten(), ignore_index=IGNORED, reduction="sum"
    )
    if num_items is None:
        num_items = (labels != IGNORED).sum().clamp(min=1)
    return total / num_items


def format_loss(
    logits: torch.Tensor, labels: torch.LongTensor, form: str = "paper"
) -> torch.Tensor:
    """Compute L_fmt: a penalty on the five positions of the structural tokens.

    Form "paper": with Z̄ = Z - logsumexp(Z), the term of an answer is the sum of 1 - σ(Z̄[target])
    over its first token and the four before the end of the sequence; the result is the mean over
    answers. Z̄ is a log-probability ln p, so each σ(Z̄) is at most ½ and the term never falls below
    2.5 (`FORMAT_LOSS_FLOOR`). σ(ln p) is p / (1 + p), whose derivative with respect to ln p is
    about p for small p: the gradient is smallest where the format is most wrong.

    Form "cross_entropy": -ln p summed over the same positions. It falls to 0, and its gradient does
    not vanish for small p.

    Args:
        logits: (B, T, V) logits over the vocabulary.
        labels: (B, T) token ids of answers, -100 at padding.
        form: "paper" or "cross_entropy".

    Returns:
        Scalar.

    Raises:
        ValueError: A row has fewer than six labels, or ``form`` is unknown.
    """
    if form not in FORMAT_FORMS:
        raise ValueError(f"form is {form!r}, expected one of {', '.join(FORMAT_FORMS)}")
    positions = structural_positions(labels)
    rows = torch.arange(len(labels), device=labels.device)[:, None]
    targets = labels[rows, positions]
    log_probabilities = logits[rows, positions].float().log_softmax(-1)
    target_log_probabilities = log_probabilities.gather(-1, targets[..., None]).squeeze(-1)
    if form == "paper":
        penalties = 1 - target_log_probabilities.sigmoid()
    else:
        penalties = -target_log_probabilities
    return penalties.sum(-1).mean()


def structural_positions(labels: torch.LongTensor) -> torch.LongTensor:
    """Return the positions of the structural tokens: the first label, and the four before the last.

    Args:
        labels: (B, T) token ids of answers, -100 at padding.

    Returns:
        (B, 5) int64.

    Raises:
        ValueError: A row has fewer than six labels.
    """
    lengths = (labels != IGNORED).sum(1)
    if (lengths <= STRUCTURAL_POSITIONS).any():
        raise ValueError(
            f"an answer has {int(lengths.min())} labels, expected at least "
            f"{STRUCTURAL_POSITIONS + 1}: five structural tokens and the end of the sequence"
        )
    before_end = lengths[:, None] - torch.arange(5, 1, -1, device=labels.device)
    return torch.cat([torch.zeros_like(lengths)[:, None], before_end], dim=1)


def class_loss(
    logits: torch.Tensor,
    labels: torch.LongTensor,
    score_token_ids: Sequence[int],
    weights: Sequence[float] | None = None,
) -> torch.Tensor:
    """Compute L_cls: cross-entropy over the score tokens only, at the position of the score.

    Args:
        logits: (B, T, V) logits over the vocabulary.
        labels: (B, T) token ids of answers, -100 at padding.
        score_token_ids: Token ids of the scores 0, 1 and 2.
        weights: Weight of each score. The weighted terms are averaged over answers, so that the
            losses of micro-batches add up. `None` gives all scores the weight 1.

    Returns:
        Scalar.

    Raises:
        ValueError: A row does not have exactly one score token.
    """
    scores = torch.tensor(list(score_token_ids), device=labels.device)
    at_score = torch.isin(labels, scores)
    counts = at_score.sum(1)
    if (counts != 1).any():
        raise ValueError(
            f"an answer has {int(counts[counts != 1][0])} score tokens, expected one: pass only "
            "answers that end in a score to the class loss"
        )
    classes = (labels[at_score][:, None] == scores).int().argmax(1)
    terms = F.cross_entropy(logits[at_score][:, scores].float(), classes, reduction="none")
    if weights is not None:
        terms = terms * torch.tensor(list(weights), device=terms.device)[classes]
    return terms.mean()


def balanced_score_weights(scores: Sequence[int]) -> list[float]:
    """Compute weights of the scores 0, 1, 2 with which each score has the same total weight.

    Args:
        scores: Scores of the training rows.

    Returns:
        Three weights with a mean of 1 over the rows; 0 for a score that does not occur.
    """
    counts = Counter(int(score) for score in scores)
    present = sum(counts[score] > 0 for score in SCORES)
    return [len(scores) / (present * counts[score]) if counts[score] else 0.0 for score in SCORES]

"""The three terms of AGIR's loss: language, format and class.

Shapes: logits (B, T, V) at the positions of the labels (B, T) int64; labels are -100 at padding.
An answer is ``<reasoning_start> … <reasoning_end> <score_start> <score_k> <score_end> </s>``.
Source: AGIR (Wang, Bobenrieth and Seo 2025, arXiv 2503.18141), section 2.2.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import torch
from torch.nn import functional as F

from ..constants_agir import NUM_SCORES
from ..gait.lexicon import load_lexicon

IGNORED = -100
STRUCTURAL_POSITIONS = 5  # the first token of the answer, and the four before its end
FORMAT_LOSS_FLOOR = STRUCTURAL_POSITIONS / 2
WORD_START = "▁"  # marks the start of a word in a token of T5
FORMAT_FORMS = ("paper", "cross_entropy")


def language_loss(
    logits: torch.Tensor,
    labels: torch.LongTensor,
    num_items: torch.Tensor | int | None = None,
    token_weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """Compute L_LM: cross-entropy summed over the labelled tokens, divided by ``num_items``.

    With weights, the term of each token is multiplied by the weight of its id. The divisor remains
    the number of tokens, so that the losses of micro-batches add up.

    Args:
        logits: (B, T, V) logits over the vocabulary.
        labels: (B, T) token ids, -100 at padding.
        num_items: Number of labelled tokens of the whole step, over gradient accumulation and
            ranks; by default the number in these labels, which gives the mean.
        token_weights: (V,) float32 weight of each token id, see `token_weights`; ids above have
            the weight 1. `None` gives each the weight 1.

    Returns:
        Scalar.
    """
    if token_weights is not None:
        rows_without_token = logits.shape[-1] - len(token_weights)
        token_weights = F.pad(token_weights.to(logits.device), (0, rows_without_token), value=1.0)
    total = F.cross_entropy(
        logits.flatten(0, 1).float(),
        labels.flatten(),
        weight=token_weights,
        ignore_index=IGNORED,
        reduction="sum",
    )
    if num_items is None:
        num_items = (labels != IGNORED).sum().clamp(min=1)
    return total / num_items


def grade_and_side_words() -> tuple[str, ...]:
    """Return the words of a rationale that carry grades and sides, in lower case.

    They are the single words of the lexicon of claims for degrees ("mildly") and states ("reduced",
    "normal", "absent"), and the words "left", "right" and "both".

    Returns:
        Sorted words without repetition.
    """
    lexicon = load_lexicon()
    groups = (*lexicon["grades"].values(), *lexicon["states"].values(), ("left", "right", "both"))
    return tuple(sorted({word for group in groups for word in group if word.isalpha()}))


def token_weights(tokenizer, words: Iterable[str], weight: float) -> torch.Tensor:
    """Make per-token weights that are larger for the tokens of some words, for `language_loss`.

    A token gets the weight if it is a whole word, with a small or a capital first letter, as it is
    written within a sentence. A word that the tokenizer splits is left out, because its pieces also
    occur in other words; a tokenizer trained on the rationales has the frequent words whole. A set
    of ids is used, and not positions in the text, because the collator then stays as it is, and a
    label has the same weight in every batch.

    Args:
        tokenizer: Tokenizer of the model, with motion and answer tokens.
        words: Words, such as those of `grade_and_side_words`.
        weight: Weight of the tokens of these words; all others have the weight 1.

    Returns:
        (V,) float32, V the number of entries of the tokenizer.

    Raises:
        ValueError: The weight is not above 0, or no word is a token.
    """
    if not weight > 0:
        raise ValueError(f"the weight of the words is {weight}, expected a number above 0")
    ids = set()
    for word in words:
        for form in (word, word.capitalize()):
            pieces = tokenizer.tokenize(form)
            if len(pieces) == 1 and pieces[0] == f"{WORD_START}{form}":
                ids.add(tokenizer.convert_tokens_to_ids(pieces[0]))
    if not ids:
        raise ValueError(
            "the tokenizer has none of the words as a whole token: pass other words, or leave out "
            "the weight"
        )
    weights = torch.ones(len(tokenizer))
    weights[sorted(ids)] = weight
    return weights


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
        score_token_ids: Token ids of the scores, from 0.
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


def balanced_score_weights(scores: Sequence[int], num_scores: int = NUM_SCORES) -> list[float]:
    """Compute weights of the scores with which each score has the same total weight.

    Args:
        scores: Scores of the training rows, 0 … K - 1.
        num_scores: Number of scores K of the model.

    Returns:
        K weights with a mean of 1 over the rows; 0 for a score that does not occur.
    """
    counts = Counter(int(score) for score in scores)
    numbers = [counts[score] for score in range(num_scores)]
    present = sum(number > 0 for number in numbers)
    return [len(scores) / (present * number) if number else 0.0 for number in numbers]

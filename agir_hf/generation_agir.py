"""Logits processors: constraints on answers, descriptions and motions, and seeded sampling."""

from collections import Counter
from collections.abc import Sequence

import torch
from transformers import LogitsProcessor

from .configuration_agir import AgirConfig

MIN_ANSWER_TOKENS = 7  # a rationale of one token and six tokens of the format
NUM_NON_CODE_TOKENS = 3  # around the codes of a motion: start, end, end of the sequence


class TokenConstraint(LogitsProcessor):
    """Allows a start token, then body tokens, then an end token and its successors.

    Args:
        config: Configuration of the model.
        body: Ids of the body, which has at least one token.
        end: Id of the token that ends the body.
        start: Id of the token before the body, or None.
        successors: Id → ids that may follow it, for the end token and all tokens after it. The end
            of the sequence and padding are added.
        earliest_end: First step, counted from 0, at which ``end`` is allowed. By default the body
            has at least one token.
        latest_end: Step at which ``end`` is forced, or None.
    """

    def __init__(
        self,
        config: AgirConfig,
        body: Sequence[int],
        end: int,
        start: int | None = None,
        successors: dict[int, Sequence[int]] | None = None,
        earliest_end: int | None = None,
        latest_end: int | None = None,
    ):
        final = [config.pad_token_id, config.eos_token_id]
        successors = {**(successors or {}), **dict.fromkeys(final, final)}
        self.successors = {token: torch.tensor(ids) for token, ids in successors.items()}
        self.start = None if start is None else torch.tensor([start])
        self.body, self.end = torch.tensor(body), torch.tensor([end])
        self.body_or_end = torch.cat([self.body, self.end])
        self.earliest_end = earliest_end or (1 if start is None else 2)
        self.latest_end = latest_end

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor):
        """Set the scores (B, V) of all ids that are not allowed after ``input_ids`` to -inf."""
        self._move(scores.device)
        step = input_ids.shape[1] - 1  # generated tokens, without the decoder start token
        last_ids = input_ids[:, -1].tolist()
        keys = [token if step and token in self.successors else None for token in last_ids]
        allowed_ids = {**self.successors, None: self._before_end(step)}
        allowed = torch.zeros_like(scores, dtype=torch.bool)
        for key in set(keys):
            indices = [i for i, row_key in enumerate(keys) if row_key == key]
            rows = torch.tensor(indices, device=scores.device)
            allowed[rows[:, None], allowed_ids[key]] = True
        return scores.masked_fill(~allowed, float("-inf"))

    def _move(self, device: torch.device) -> None:
        """Move the ids to the device of the scores, once."""
        if self.body.device == device:
            return
        self.successors = {token: ids.to(device) for token, ids in self.successors.items()}
        self.start = None if self.start is None else self.start.to(device)
        self.body, self.end = self.body.to(device), self.end.to(device)
        self.body_or_end = self.body_or_end.to(device)

    def _before_end(self, step: int) -> torch.LongTensor:
        """Ids that are allowed at a step (from 0) in rows that have no end token yet."""
        if step == 0 and self.start is not None:
            return self.start
        if step < self.earliest_end:
            return self.body
        if self.latest_end is None or step < self.latest_end:
            return self.body_or_end
        return self.end


class AnswerConstraint(TokenConstraint):
    """Allows only answers in AGIR's format, each of which ends within ``max_new_tokens``.

    The format is ``<reasoning_start>`` text ``<reasoning_end> <score_start> <score_k> <score_end>
    </s>``, where the text is at least one entry of the T5 vocabulary.

    Args:
        config: Configuration of the model.
        max_new_tokens: Largest number of generated tokens.

    Raises:
        ValueError: ``max_new_tokens`` is below 7, the shortest answer.
    """

    def __init__(self, config: AgirConfig, max_new_tokens: int):
        if max_new_tokens < MIN_ANSWER_TOKENS:
            raise ValueError(
                f"max_new_tokens is {max_new_tokens}, expected at least {MIN_ANSWER_TOKENS}: the "
                "format of an answer needs six tokens and its reasoning at least one"
            )
        scores, score_end = config.score_token_ids, config.score_end_token_id
        super().__init__(
            config,
            body=text_tokens(config),
            start=config.reasoning_start_token_id,
            end=config.reasoning_end_token_id,
            successors={
                config.reasoning_end_token_id: [config.score_start_token_id],
                config.score_start_token_id: scores,
                **{score: [score_end] for score in scores},
                score_end: [config.eos_token_id],
            },
            latest_end=max_new_tokens - MIN_ANSWER_TOKENS + 2,  # four tokens come after the end
        )


class DescriptionConstraint(TokenConstraint):
    """Allows only text of at least one entry of the T5 vocabulary: no motion or answer tokens.

    ``generate`` cuts the text at its ``max_new_tokens``.

    Args:
        config: Configuration of the model.
    """

    def __init__(self, config: AgirConfig):
        super().__init__(config, body=text_tokens(config), end=config.eos_token_id)


class MotionConstraint(TokenConstraint):
    """Allows only a motion, as in training: start token, codes, end token, ``</s>``.

    Args:
        config: Configuration of the model.
        max_new_tokens: Largest number of generated tokens; each motion ends within it.
        num_codes: Number of codes of every motion. None lets the model decide.

    Raises:
        ValueError: ``num_codes`` is below 1, or needs more than ``max_new_tokens``.
    """

    def __init__(self, config: AgirConfig, max_new_tokens: int, num_codes: int | None = None):
        min_codes = 1 if num_codes is None else num_codes
        if min_codes < 1 or max_new_tokens < min_codes + NUM_NON_CODE_TOKENS:
            raise ValueError(
                f"num_codes is {num_codes} and max_new_tokens {max_new_tokens}, expected at least "
                f"one code and {NUM_NON_CODE_TOKENS} tokens more than codes, for the start, the "
                "end and the end of the sequence"
            )
        end = config.motion_end_token_id
        super().__init__(
            config,
            body=range(config.motion_token_offset, config.motion_start_token_id),
            start=config.motion_start_token_id,
            end=end,
            successors={end: [config.eos_token_id]},
            earliest_end=min_codes + 1,
            latest_end=max_new_tokens - 2 if num_codes is None else num_codes + 1,
        )


class SeededSampling(LogitsProcessor):
    """Turns greedy search into sampling from softmax(scores / temperature), with a seed per row.

    The maximum of scores / T + Gumbel noise is such a sample (Gumbel-max trick). The samples of a
    row depend on its seed alone, not on the other rows of the batch, on torch's global random
    generator or on the device: the noise is always drawn on the CPU. It must come after the
    constraints in the list of logits processors.

    Args:
        seeds: Seeds of the random generators, one per row.
        temperature: Sampling temperature, above 0.
    """

    def __init__(self, seeds: Sequence[int], temperature: float = 1.0):
        self.generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        self.temperature = temperature

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor):
        """Scores (B, V) whose maximum is a sample: scores / temperature + Gumbel noise."""
        uniform = torch.stack([
            torch.rand(scores.shape[1], generator=generator) for generator in self.generators
        ])  # fmt: skip
        noise = -(-uniform.clamp(min=1e-20).log()).log()
        return scores.float() / self.temperature + noise.to(scores.device)


class ScoreRecorder(LogitsProcessor):
    """Records the probabilities of the scores at the position after ``<score_start>``.

    It must be the first logits processor, because later ones change the logits. It does not
    support beam search, which reorders the rows.

    Args:
        config: Configuration of the model.

    Attributes:
        probabilities: (B, K) float32 softmax over the K score tokens; zeros for a row that has not
            reached the position.
    """

    def __init__(self, config: AgirConfig):
        self.score_start = config.score_start_token_id
        self.scores = list(config.score_token_ids)
        self.probabilities = None

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor):
        """Record the rows whose last token is ``<score_start>``; scores (B, V) stay unchanged."""
        if self.probabilities is None:
            self.probabilities = scores.new_zeros(len(scores), len(self.scores), dtype=torch.float)
        at_score = input_ids[:, -1] == self.score_start
        if at_score.any():
            values = scores[at_score][:, self.scores].float().softmax(-1)
            self.probabilities[at_score] = values
        return scores


def minimum_bayes_risk(texts: Sequence[Sequence[int]], candidates: Sequence[int]) -> int:
    """Index of the candidate that is most similar to all texts (minimum Bayes risk).

    The similarity of two texts is the F1 of their token counts. Source: Kumar and Byrne 2004
    (Minimum Bayes-Risk Decoding for Statistical Machine Translation).

    Args:
        texts: Token ids of each text.
        candidates: Indices of the texts to choose from; the first one wins ties.

    Returns:
        Index of the chosen text.
    """
    counts = [Counter(text) for text in texts]

    def total_f1(i: int) -> float:  # sum of the F1 scores of text i with all texts
        return sum(
            2 * (counts[i] & other).total() / max(counts[i].total() + other.total(), 1)
            for other in counts
        )

    return max(candidates, key=total_f1)


def text_tokens(config: AgirConfig) -> list[int]:
    """Ids of text tokens: the T5 vocabulary without padding and end of sequence.

    Args:
        config: Configuration of the model.
    """
    special = {config.pad_token_id, config.eos_token_id}
    return [i for i in range(config.motion_token_offset) if i not in special]


__all__ = [
    "AnswerConstraint",
    "DescriptionConstraint",
    "MotionConstraint",
    "ScoreRecorder",
    "SeededSampling",
    "TokenConstraint",
    "minimum_bayes_risk",
    "text_tokens",
]

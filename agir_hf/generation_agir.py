"""What a model may write: an assessment in AGIR's form, a description, or a motion."""

from collections import Counter
from collections.abc import Sequence

import torch
from transformers import LogitsProcessor

from .configuration_agir import AgirConfig

SHORTEST_ANSWER = 7  # the six tokens of the form around a reasoning of one token
MOTION_ANSWER_TOKENS = 3  # start and end of a motion, end of the sequence


class TokenConstraint(LogitsProcessor):
    """Admits a first token, then tokens of an inside, then a closing one and what follows it.

    Args:
        config: of the model.
        inside: ids of the inside, of which there is at least one.
        closing: id that ends the inside.
        first: id that comes before the inside, or None.
        behind: id → ids that may follow it, from the closing one to the end of the sequence.
        earliest: step, counted from 0, at which ``closing`` may come; 1 without, 2 with ``first``.
        latest: step at which it must come, or None.
    """

    def __init__(
        self,
        config: AgirConfig,
        inside: Sequence[int],
        closing: int,
        first: int | None = None,
        behind: dict[int, Sequence[int]] | None = None,
        earliest: int | None = None,
        latest: int | None = None,
    ):
        ended = [config.pad_token_id, config.eos_token_id]
        behind = {**(behind or {}), **dict.fromkeys(ended, ended)}
        self.behind = {token: torch.tensor(following) for token, following in behind.items()}
        self.first = None if first is None else torch.tensor([first])
        self.inside, self.closing = torch.tensor(inside), torch.tensor([closing])
        self.either = torch.cat([self.inside, self.closing])
        self.earliest = earliest or (1 if first is None else 2)
        self.latest = latest

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor):
        step = input_ids.shape[1] - 1  # tokens generated so far, behind the decoder's start token
        last = input_ids[:, -1].tolist()
        keys = [token if step and token in self.behind else None for token in last]
        following = {**self.behind, None: self._begun(step)}
        allowed = torch.zeros_like(scores, dtype=torch.bool)
        for key in set(keys):
            rows = torch.tensor([i for i, found in enumerate(keys) if found == key])
            allowed[rows[:, None], following[key]] = True
        return scores.masked_fill(~allowed, float("-inf"))

    def _begun(self, step: int) -> torch.LongTensor:
        """Ids that may come at a step before the closing one has."""
        if step == 0 and self.first is not None:
            return self.first
        if step < self.earliest:
            return self.inside
        return self.either if self.latest is None or step < self.latest else self.closing


class AnswerConstraint(TokenConstraint):
    """Admits only answers of the form of AGIR, and lets each end within ``max_new_tokens``.

    ``<reasoning_start>`` text ``<reasoning_end> <score_start> <score_k> <score_end> </s>``, where
    text is at least one entry of the T5 vocabulary.

    Raises:
        ValueError: if ``max_new_tokens`` has no room for the form.
    """

    def __init__(self, config: AgirConfig, max_new_tokens: int):
        if max_new_tokens < SHORTEST_ANSWER:
            raise ValueError(
                f"max_new_tokens is {max_new_tokens}, expected at least {SHORTEST_ANSWER}: the "
                "form of an answer takes six tokens around its reasoning"
            )
        scores, score_end = config.score_token_ids, config.score_end_token_id
        super().__init__(
            config,
            inside=text_tokens(config),
            first=config.reasoning_start_token_id,
            closing=config.reasoning_end_token_id,
            behind={
                config.reasoning_end_token_id: [config.score_start_token_id],
                config.score_start_token_id: scores,
                **{score: [score_end] for score in scores},
                score_end: [config.eos_token_id],
            },
            latest=max_new_tokens - SHORTEST_ANSWER + 2,  # it and what follows take five
        )


class DescriptionConstraint(TokenConstraint):
    """Admits only text, at least one entry of the T5 vocabulary: no motion, no part of an answer.

    A text that runs long is cut by the length that ``generate`` allows.
    """

    def __init__(self, config: AgirConfig):
        super().__init__(config, inside=text_tokens(config), closing=config.eos_token_id)


class MotionConstraint(TokenConstraint):
    """Admits only a motion: start token, codes, end token, ``</s>``, as in training.

    Args:
        config: of the model.
        max_new_tokens: each motion ends within them.
        num_codes: codes of every motion; None lets each end where the model ends it.

    Raises:
        ValueError: for no code, or more than ``max_new_tokens`` have room for.
    """

    def __init__(self, config: AgirConfig, max_new_tokens: int, num_codes: int | None = None):
        least = 1 if num_codes is None else num_codes
        if least < 1 or max_new_tokens < least + MOTION_ANSWER_TOKENS:
            raise ValueError(
                f"num_codes is {num_codes} and max_new_tokens {max_new_tokens}, expected at least "
                f"one code and {MOTION_ANSWER_TOKENS} tokens more than codes: a motion has a "
                "start, an end, and the end of the sequence"
            )
        end = config.motion_end_token_id
        super().__init__(
            config,
            inside=range(config.motion_token_offset, config.motion_start_token_id),
            first=config.motion_start_token_id,
            closing=end,
            behind={end: [config.eos_token_id]},
            earliest=least + 1,
            latest=max_new_tokens - 2 if num_codes is None else num_codes + 1,
        )


class SeededSampling(LogitsProcessor):
    """Makes greedy search draw from softmax(scores / temperature), each row by its own seed.

    The largest of scores / T + Gumbel noise is such a draw (Gumbel-max). What is drawn for a row
    follows from its seed alone: not from what stands beside it in the batch, nor from the global
    state of random numbers. Stands behind the form.

    Args:
        seeds: of the rows.
        temperature: above 0; below 1 for draws nearer to the greedy choice.
    """

    def __init__(self, seeds: Sequence[int], temperature: float = 1.0):
        self.generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        self.temperature = temperature

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor):
        uniform = torch.stack([
            torch.rand(scores.shape[1], generator=generator) for generator in self.generators
        ])  # fmt: skip
        noise = -(-uniform.clamp(min=1e-20).log()).log()
        return scores.float() / self.temperature + noise.to(scores.device)


def minimum_bayes_risk(texts: Sequence[Sequence[int]], among: Sequence[int]) -> int:
    """Which of some texts is most like all of them: the least risk where likeness is the gain.

    Likeness is the F1 of the tokens, counted. Source: Kumar and Byrne 2004 (Minimum Bayes-Risk
    Decoding for Statistical Machine Translation).

    Args:
        texts: token ids.
        among: places of those that may be chosen; the first of equals is.
    """
    bags = [Counter(text) for text in texts]

    def gain(i: int) -> float:
        return sum(
            2 * (bags[i] & bag).total() / max(bags[i].total() + bag.total(), 1) for bag in bags
        )

    return max(among, key=gain)


def text_tokens(config: AgirConfig) -> list[int]:
    """Ids of plain text: the T5 vocabulary without padding and end."""
    reserved = {config.pad_token_id, config.eos_token_id}
    return [i for i in range(config.motion_token_offset) if i not in reserved]


__all__ = [
    "AnswerConstraint",
    "DescriptionConstraint",
    "MotionConstraint",
    "SeededSampling",
    "TokenConstraint",
    "minimum_bayes_risk",
    "text_tokens",
]

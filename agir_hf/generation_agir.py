"""Logits processors: constraints on answers, descriptions and motions, and seeded sampling."""

from collections.abc import Sequence

import torch
from transformers import LogitsProcessor

from .answers_agir import (
    answer_successors,
    check_answer_length,
    minimum_bayes_risk,
    text_tokens,
)
from .configuration_agir import AgirConfig

NOISE_VALUES = 2**18  # of Gumbel noise that are drawn at the same time, 1 MB
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

    Attributes:
        tails: Id of each token after the body → this id and all ids after it, if they are
            determined up to the end of the sequence; otherwise None.
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
        self.successors = {token: list(ids) for token, ids in successors.items()}
        self.start, self.body, self.end = start, list(body), end
        self.earliest_end = earliest_end or (1 if start is None else 2)
        self.latest_end = latest_end
        starts = [] if start is None else [start]
        self._before_end = [starts, self.body, [*self.body, end], [end]]  # see `_state_before_end`
        self.tails = {token: self._tail(token, config.eos_token_id) for token in successors}
        self._excluded: torch.BoolTensor | None = None  # see `_tables`

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor):
        """Set the scores (B, V) of all ids that are not allowed after ``input_ids`` to -inf."""
        if self._excluded is None or self._excluded.device != scores.device:
            self._excluded, self._state_after = self._tables(scores.shape[1], scores.device)
        step = input_ids.shape[1] - 1  # generated tokens, without the decoder start token
        state = torch.full_like(input_ids[:, -1], self._state_before_end(step))
        if step:
            after = self._state_after[input_ids[:, -1]]
            state = torch.where(after < 0, state, after)
        return scores.masked_fill(self._excluded[state], float("-inf"))

    def forced(self, step: int) -> int | None:
        """Return the only token that is allowed before the end of the body, or None.

        Args:
            step: Number of generated tokens before, without the decoder start token.
        """
        allowed = self._before_end[self._state_before_end(step)]
        return allowed[0] if len(allowed) == 1 else None

    def end_is_allowed(self, step: int) -> bool:
        """Whether the body may end.

        Args:
            step: Number of generated tokens before, without the decoder start token.
        """
        return step >= self.earliest_end

    def _tail(self, token: int, last: int) -> list[int] | None:
        """Token and all tokens after it, if they are determined up to the last one."""
        ids = [token]
        while ids[-1] != last:
            allowed = self.successors.get(ids[-1], ())
            if len(allowed) != 1:
                return None
            ids += allowed
        return ids

    def _state_before_end(self, step: int) -> int:
        """Index into `_before_end` of rows that have no end token yet, at a step (from 0)."""
        if step == 0 and self.start is not None:
            return 0
        if step < self.earliest_end:
            return 1
        return 2 if self.latest_end is None or step < self.latest_end else 3

    def _tables(self, size: int, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
        """Excluded ids (states, V), and the state after each id (V,), -1 in the body."""
        allowed = [*self._before_end, *self.successors.values()]
        excluded = torch.ones(len(allowed), size, dtype=torch.bool)
        for row, ids in zip(excluded, allowed, strict=True):
            row[torch.tensor(ids, dtype=torch.long)] = False
        state_after = torch.full((size,), -1)
        first = len(allowed) - len(self.successors)
        state_after[list(self.successors)] = torch.arange(first, len(allowed))
        return excluded.to(device), state_after.to(device)


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
        super().__init__(
            config,
            body=text_tokens(config),
            start=config.reasoning_start_token_id,
            end=config.reasoning_end_token_id,
            successors=answer_successors(config),
            latest_end=check_answer_length(max_new_tokens),
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


class GumbelNoise:
    """Gumbel noise -log(-log u) for several rows, with a random generator for each row.

    The maximum of scores / T + noise is a sample from softmax(scores / T) (Gumbel-max trick). The
    noise of a row depends on its seed alone, not on the other rows, on torch's global random
    generator or on the device: u is always drawn on the CPU, as ``torch.rand(size)`` for each step,
    and limited to at least 1e-20. Some steps are drawn at the same time.

    Args:
        seeds: Seeds of the random generators, one per row.
        size: Number of values of a row, the size of the vocabulary.
    """

    def __init__(self, seeds: Sequence[int], size: int):
        self._generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        self._steps, self._size = max(1, NOISE_VALUES // (len(seeds) * size)), size
        self._values = torch.empty(len(seeds), self._steps * size)
        self._step = self._steps  # the next one within the values

    def __len__(self) -> int:
        return len(self._generators)

    def draw(self) -> torch.FloatTensor:
        """Return the noise (B, size) of the next step, valid until the next call."""
        if self._step == self._steps:
            self._step = 0
            for row, generator in zip(self._values, self._generators, strict=True):
                torch.rand(len(row), generator=generator, out=row)
            self._values.clamp_(min=1e-20).log_().neg_().log_().neg_()
        first = self._step * self._size
        self._step += 1
        return self._values[:, first : first + self._size]

    def move(self, source: int, target: int) -> None:
        """Overwrite a row by another one.

        Args:
            source: Row to copy.
            target: Row to overwrite.
        """
        self._values[target] = self._values[source]
        self._generators[target] = self._generators[source]

    def keep(self, rows: int) -> None:
        """Keep the first rows only.

        Args:
            rows: Number of rows.
        """
        self._values, self._generators = self._values[:rows], self._generators[:rows]


class SeededSampling(LogitsProcessor):
    """Turns greedy search into sampling from softmax(scores / temperature), with a seed per row.

    See [`GumbelNoise`]. It must come after the constraints in the list of logits processors.

    Args:
        seeds: Seeds of the random generators, one per row.
        temperature: Sampling temperature, above 0.
    """

    def __init__(self, seeds: Sequence[int], temperature: float = 1.0):
        self.seeds, self.temperature = seeds, temperature
        self._noise: GumbelNoise | None = None

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor):
        """Scores (B, V) whose maximum is a sample: scores / temperature + Gumbel noise."""
        if self._noise is None:
            self._noise = GumbelNoise(self.seeds, scores.shape[1])
        return scores.float() / self.temperature + self._noise.draw().to(scores.device)


class ScoreRecorder(LogitsProcessor):
    """Records the probabilities of the scores at the position after ``<score_start>``.

    It must be the first logits processor, because later ones change the logits. It records them for
    each prompt and text, so that rows may be reordered afterwards, as beam search does.

    Args:
        config: Configuration of the model.
        prompts: Number of prompts, to each of which the same number of rows belongs.
    """

    def __init__(self, config: AgirConfig, prompts: int):
        self.score_start = config.score_start_token_id
        self.scores = list(config.score_token_ids)
        self.prompts = prompts
        self._recorded: dict[tuple, torch.FloatTensor] = {}

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor):
        """Record the rows whose last token is ``<score_start>``; scores (B, V) stay unchanged."""
        rows = (input_ids[:, -1] == self.score_start).nonzero().flatten().tolist()
        if rows:
            values = scores[rows][:, self.scores].float().softmax(-1)
            per_prompt = len(input_ids) // self.prompts
            for row, ids, value in zip(rows, input_ids[rows].tolist(), values, strict=True):
                self._recorded[row // per_prompt, *ids] = value
        return scores

    def probabilities(self, sequences: torch.LongTensor) -> torch.FloatTensor | None:
        """Return the recorded probabilities (A, K) of answers; None if one was not recorded.

        Args:
            sequences: (A, T) int64 decoder ids, the same number for each prompt, one prompt after
                another.
        """
        per_prompt, values = len(sequences) // self.prompts, []
        for row, ids in enumerate(sequences.tolist()):
            if self.score_start not in ids:
                return None
            prefix = ids[: ids.index(self.score_start) + 1]
            values.append(self._recorded.get((row // per_prompt, *prefix)))
        if any(value is None for value in values):
            return None
        return torch.stack(values)


__all__ = [
    "AnswerConstraint",
    "DescriptionConstraint",
    "GumbelNoise",
    "MotionConstraint",
    "ScoreRecorder",
    "SeededSampling",
    "TokenConstraint",
    "minimum_bayes_risk",
    "text_tokens",
]

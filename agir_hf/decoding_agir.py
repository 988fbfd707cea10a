"""Token-by-token decoding with the T5 decoder: several answers to a prompt share what they can.

It does what `generate` of transformers does with greedy decoding or seeded sampling under a
[`TokenConstraint`], with less work at each step:

- the keys and values of the encoder states are computed once per prompt, and the answers to a
  prompt attend to them in one product;
- tokens that are equal in all answers (the start tokens) are read once per prompt;
- the keys and values of the tokens so far are written into one buffer, which grows in blocks;
- an answer leaves the batch as soon as its remaining tokens are determined;
- the output layer is computed for the tokens only that the constraint allows;
- the probabilities of the scores are those of the step that writes the score.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from .decoder_agir import Decoder, Product
from .generation_agir import GumbelNoise, TokenConstraint


@dataclass
class DecodedAnswers:
    """Answers from [`decode`].

    Attributes:
        sequences: (A, T) int64 decoder ids: the decoder start token first, padding last.
        choice_probabilities: (A, K) float32 softmax over the K tokens among which the constraint
            lets the model choose after the body (the scores), at the step that chose; None if the
            constraint has no such choice.
    """

    sequences: torch.LongTensor
    choice_probabilities: torch.FloatTensor | None


@dataclass
class Sampling:
    """How answers are sampled.

    Attributes:
        seeds: Seed of each answer; see [`GumbelNoise`].
        temperature: The logits are divided by it.
        top_k: Number of most probable tokens among which is sampled; None for all.
    """

    seeds: Sequence[int]
    temperature: float = 1.0
    top_k: int | None = None


def supports(model: nn.Module, constraint: TokenConstraint) -> bool:
    """Whether [`decode`] can be used; otherwise `generate` of transformers has to be.

    It cannot in training mode (dropout); under autocast; in float16, whose overflow transformers
    limits; where layers are not plain, that is quantized, with adapters that are not merged,
    distributed over devices or with hooks; and where the tokens of the body are not in one range of
    ids.

    Args:
        model: Model with a T5 (`model.model`) and an output layer (`model.lm_head`).
        constraint: Tokens that are allowed.
    """
    body = constraint.body
    decoder, head = model.model.decoder, model.lm_head
    kind = head.weight.device.type
    autocast = torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind)
    if model.training or autocast or not all(map(_is_plain, (model, model.model, decoder))):
        return False
    if body != list(range(body[0], body[-1] + 1)):
        return False
    layers = [m for m in (*decoder.modules(), head) if isinstance(m, nn.Linear)]
    norms = [m for m in decoder.modules() if hasattr(m, "variance_epsilon")]
    weights = [decoder.embed_tokens.weight, *(m.weight for m in (*layers, *norms))]
    per_block = 11 if decoder.config.is_gated_act else 10
    return (
        len(layers) == per_block * len(decoder.block) + 1
        and all(type(m) is nn.Linear and m.bias is None and _is_plain(m) for m in layers)
        and all(m.weight.shape == (m.out_features, m.in_features) for m in layers)
        and weights[0].dtype in (torch.float32, torch.bfloat16)
        and all(type(w) is nn.Parameter for w in weights)
        and len({(w.dtype, w.device) for w in weights}) == 1
        and weights[0].device.type != "meta"
    )


def _is_plain(module: nn.Module) -> bool:
    hooks = module._forward_hooks or module._forward_pre_hooks
    return not hooks and "forward" not in vars(module)


@torch.no_grad()
def decode(
    model: nn.Module,
    encoder_states: torch.Tensor,
    attention_mask: torch.Tensor,
    counts: Sequence[int],
    constraint: TokenConstraint,
    max_new_tokens: int,
    sampling: Sampling | None = None,
) -> DecodedAnswers:
    """Write answers to prompts.

    Args:
        model: AGIR model that [`supports`] accepts.
        encoder_states: (P, S, d_model) last hidden states of the encoder.
        attention_mask: (P, S), 1 for tokens of the prompts and 0 for padding.
        counts: Number of answers to each prompt, A in total.
        constraint: Tokens that are allowed.
        max_new_tokens: Largest number of tokens of an answer; a longer one is cut.
        sampling: Seeds of the A answers and how they are drawn; None decodes greedily.

    Returns:
        The answers, in the order of the prompts.
    """
    decoder = Decoder(model.model.decoder, encoder_states, attention_mask, sum(counts))
    tokens = _TokenChoice(model, constraint, sum(counts), sampling)
    start = [model.config.decoder_start_token_id]
    if constraint.start is not None:  # read once per prompt
        decoder.read(start * len(counts))
        tokens.skip_step()
        start.append(constraint.start)
    decoder.repeat(counts)
    answers = [list(start) for _ in range(sum(counts))]
    rows = list(range(len(answers)))  # index of the answer in each row of the decoder
    while rows and len(answers[rows[0]]) <= max_new_tokens:
        last = [answers[i][-1] for i in rows]
        chosen = tokens.choose(decoder.read(last), last, rows)
        ended = []
        for row, token in enumerate(chosen):
            tail = constraint.tails.get(token)
            answers[rows[row]] += tail or [token]
            if tail:
                ended.append(row)
        if ended:
            rows = _without(ended, rows, decoder, tokens)
    padding, length = model.config.pad_token_id, max(map(len, answers))
    padded = [answer + [padding] * (length - len(answer)) for answer in answers]
    sequences = torch.tensor(padded, device=encoder_states.device)
    return DecodedAnswers(sequences, tokens.probabilities)


def _without(ended: Sequence[int], rows: list[int], decoder: Decoder, tokens) -> list[int]:
    """Remove the rows that have ended: the last row moves to the index of each."""
    rows = list(rows)
    for row in reversed(ended):
        for part in (decoder, tokens):
            part.move(len(rows) - 1, row)
        rows[row] = rows[-1]
        rows.pop()
    if rows:
        for part in (decoder, tokens):
            part.keep(len(rows))
    return rows


class _TokenChoice:
    """Choice of the next tokens of answers.

    Args:
        model: AGIR model.
        constraint: Tokens that are allowed.
        answers: Number of answers.
        sampling: How they are drawn, or None.
    """

    def __init__(self, model, constraint: TokenConstraint, answers: int, sampling):
        self._constraint, self._sampling, self._step = constraint, sampling, 0
        self._head, self._first, self._end = (
            model.lm_head.weight,
            constraint.body[0],
            constraint.end,
        )
        body = slice(constraint.body[0], constraint.body[-1] + 1)
        self._body = body
        self._product = Product([self._head[body], self._head[self._end, None]], answers)
        self._noise = None
        if sampling is not None:
            self._noise = GumbelNoise(sampling.seeds, len(self._head))
        self._answers, self.probabilities = answers, None

    def skip_step(self) -> None:
        """Go past a step whose token is the same in all answers."""
        self._step += 1
        if self._noise is not None:
            self._noise.draw()

    def move(self, source: int, target: int) -> None:
        """Overwrite a row by another one."""
        if self._noise is not None:
            self._noise.move(source, target)

    def keep(self, rows: int) -> None:
        """Keep the first rows only."""
        if self._noise is not None:
            self._noise.keep(rows)

    def choose(self, states: torch.Tensor, last: list[int], answers: list[int]) -> list[int]:
        """Choose the next token of each row.

        Args:
            states: (A, d_model) last hidden states.
            last: Last token of each row.
            answers: Index of the answer of each row.
        """
        noise = None if self._noise is None else self._noise.draw().to(states.device)
        successors = self._constraint.successors if self._step else {}
        after_body = {row: successors[id_] for row, id_ in enumerate(last) if id_ in successors}
        chosen, forced = [0] * len(last), self._constraint.forced(self._step)
        if forced is not None:
            chosen = [forced] * len(last)
        elif len(after_body) < len(last):
            chosen = self._body_or_end(states, noise)
        for row, ids in after_body.items():
            chosen[row] = ids[0]
            if len(ids) > 1:
                row_noise = None if noise is None else noise[row]
                chosen[row] = self._successor(states[row], row_noise, ids, answers[row])
        self._step += 1
        return chosen

    def _body_or_end(self, states: torch.Tensor, noise: torch.Tensor | None) -> list[int]:
        """Choose tokens of the body, or the end where it is allowed."""
        scores = self._product(states).float()  # the end is the last column
        if not self._constraint.end_is_allowed(self._step):
            scores[:, -1] = float("-inf")
        if noise is not None:
            scores.div_(self._sampling.temperature)
            if self._sampling.top_k is not None:
                number = min(self._sampling.top_k, scores.shape[1])
                scores.masked_fill_(scores < scores.topk(number).values[:, -1:], float("-inf"))
            scores[:, :-1] += noise[:, self._body]
            scores[:, -1] += noise[:, self._end]
        end = scores.shape[1] - 1
        return [self._end if i == end else self._body.start + i for i in scores.argmax(-1).tolist()]

    def _successor(self, states, noise: torch.Tensor | None, ids: list[int], answer: int) -> int:
        """Choose among ids after the body, and record their probabilities."""
        scores = (self._head[ids] @ states).float()
        if self.probabilities is None:
            self.probabilities = scores.new_zeros(self._answers, len(ids))
        self.probabilities[answer] = scores.softmax(-1)
        if noise is not None:
            scores = scores / self._sampling.temperature + noise[ids]
        return ids[int(scores.argmax())]


__all__ = ["DecodedAnswers", "Sampling", "decode", "supports"]

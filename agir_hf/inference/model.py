"""The AGIR model in numpy: `generate_assessment` with the answers of the model in torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from ..answers_agir import (
    DEFAULT_MAX_NEW_TOKENS,
    answer_seeds,
    check_answer_length,
    minimum_bayes_risk,
    text_tokens,
)
from ..humanml3d import MIRROR_ORDER, MIRROR_SIGNS
from ..settings_agir import statistics_number
from .layers import multiply, softmax
from .sampling import GumbelNoise
from .settings import NumpySettings
from .t5 import Decoder, Encoder, kept_order
from .vqvae import NumpyVQVAE
from .weights import Weights

_TINY = np.finfo(np.float32).tiny
_FIRST_SAMPLED = 1  # step of the first token of a text; the token before is always the same
_FIRST_END = 2  # step at which a text may end: it has at least one token


@dataclass
class AssessmentArrays:
    """Answers of the model as arrays; `AgirAssessmentOutput` describes the fields."""

    sequences: np.ndarray
    probabilities: np.ndarray
    uncertain_below: float | None = None
    token_probabilities: np.ndarray | None = None
    probe_probabilities: np.ndarray | None = None
    candidates: np.ndarray | None = None

    def items(self) -> Iterator[tuple[str, Any]]:
        """Names and values of the fields that are not None."""
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None:
                yield field.name, value


class NumpyAgir:
    """AGIR model in numpy, for `agir_hf.assessment`: it assesses motions on the CPU in float32.

    Args:
        weights: Weights of the checkpoint.
        settings: Settings of the model.
        name_or_path: Folder of the model.
        commit: Commit of the repository on the Hub that the model is from, or None.
    """

    backend = "numpy"
    device = "cpu"

    def __init__(
        self, weights: Weights, settings: NumpySettings, name_or_path: str, commit: str | None
    ):
        self.config, self.name_or_path = settings, name_or_path
        settings._commit_hash = commit
        text = settings.text_config
        size, width = text.vocab_size, text.d_model
        embeddings = weights.part("model.shared")("weight", size, width)
        self.encoder = Encoder(weights.part("model.encoder"), text, embeddings)
        self.decoder = Decoder(weights.part("model.decoder"), text, embeddings)
        self.vqvae = NumpyVQVAE(weights.part("vqvae"), settings.vqvae_config)
        head = weights.part("lm_head")("weight", size, width) * self.decoder.final[:, 0]
        body = text_tokens(settings)
        self._text_ids = np.array([*body, settings.reasoning_end_token_id])
        self._score_ids = np.array(settings.score_token_ids)
        self._open_ids = np.concatenate([self._text_ids, self._score_ids])  # ids that are sampled
        self._text_head = np.ascontiguousarray(head[self._text_ids].T)
        self._score_head = np.ascontiguousarray(head[self._score_ids].T)
        self._probe = None
        if settings.score_probe:
            probe, number = weights.part("score_probe"), settings.num_scores
            names = ("norm.weight", "norm.bias", "linear.bias")
            norm, shift, bias = map(probe, names, (width, width, number))
            self._probe = norm, shift, probe("linear.weight", number, width), bias

    def generate_assessment(
        self,
        input_ids: np.ndarray,
        attention_mask: np.ndarray,
        motion_values: np.ndarray,
        motion_attention_mask: np.ndarray,
        motion_statistics: np.ndarray | None = None,
        max_new_tokens: int = DEFAULT_MAX_NEW_TOKENS,
        num_rationales: int | None = None,
    ) -> AssessmentArrays:
        """Generate rationales and scores; see `AgirForGaitAssessment.generate_assessment`.

        Args:
            input_ids: (B, S) int64 prompts from `NumpyProcessor`.
            attention_mask: (B, S), 1 for tokens of the prompt, 0 for padding.
            motion_values: (B, L, num_features) normalized features.
            motion_attention_mask: (B, L), 1 for frames and 0 for the padding after them.
            motion_statistics: (B,) int64 fingerprints of the statistics, or None.
            max_new_tokens: Largest number of tokens of an answer.
            num_rationales: Number of rationales of each motion; that of the settings by default.

        Returns:
            Decoder ids and probabilities of the answers.

        Raises:
            ValueError: The number of rationales is below 1, prompts and motions do not belong
                together, or the motions are normalized with other statistics than the model's.
        """
        number = self.config.num_rationales if num_rationales is None else num_rationales
        if number < 1:
            raise ValueError(f"num_rationales is {number}, expected at least 1")
        self._check_statistics(motion_statistics)
        prompts = self._prompts(input_ids, attention_mask, motion_values, motion_attention_mask)
        encoded = [self.encoder(prompt) for prompt in prompts]
        motions, images = len(input_ids), len(prompts) // len(input_ids)
        scored = min(self.config.score_rationales or number, number)
        counts = [number] * motions + [scored] * (len(prompts) - motions)
        answers, probabilities = self._answers(prompts, encoded, counts, max_new_tokens)
        own = motions * number
        tokens = probabilities[:own].reshape(motions, number, -1)[:, :scored].mean(axis=1)
        if images > 1:
            mirrored = probabilities[own:].reshape(motions, scored, -1).mean(axis=1)
            tokens = (tokens + mirrored) / 2
        probe = self._probed(prompts, encoded, images)
        combined = self._combined(tokens, probe)
        scores, candidates = combined.argmax(axis=1), None
        sequences = self._padded(answers, max(map(len, answers)))[:own]
        if number > 1:
            candidates = sequences.reshape(motions, number, -1)
            sequences = self._self_consistent(candidates, probabilities[:own], scores)
        return AssessmentArrays(
            self._with_scores(sequences, scores),
            combined,
            self.config.uncertain_below,
            tokens,
            probe,
            candidates,
        )

    def _check_statistics(self, numbers: np.ndarray | None) -> None:
        """Raise a ValueError for motions that are normalized with other statistics."""
        own = self.config.vqvae_config.statistics_fingerprint
        if numbers is None or own is None or bool((numbers == statistics_number(own)).all()):
            return
        raise ValueError(
            "motions are normalized with other statistics than the model was trained with "
            f"({own}): use the processor that was saved with the model"
        )

    def _prompts(self, input_ids, attention_mask, values, mask) -> list[np.ndarray]:
        """Prompts without padding and with motions, followed by those with the mirror images."""
        factor, lengths = self.config.vqvae_config.downsampling_factor, mask.sum(axis=1)
        motions = [
            row[: length // factor * factor] for row, length in zip(values, lengths, strict=True)
        ]
        texts = [row[kept == 1] for row, kept in zip(input_ids, attention_mask, strict=True)]
        if self.config.read_mirror_image:
            motions += [motion[:, MIRROR_ORDER] * MIRROR_SIGNS for motion in motions]
            texts += texts
        return [self._with_motion(*pair) for pair in zip(texts, motions, strict=True)]

    def _with_motion(self, ids: np.ndarray, motion: np.ndarray) -> np.ndarray:
        """One prompt, whose mask tokens are replaced by the codes of its motion."""
        codes, positions = self.vqvae.encode(motion), ids == self.config.motion_mask_token_id
        if positions.sum() != len(codes):
            raise ValueError(
                f"a prompt has positions for {positions.sum()} motion codes, its motion has "
                f"{len(codes)}: prepare text and motion together with the processor"
            )
        prompt = ids.copy()
        prompt[positions] = codes + self.config.motion_token_offset
        return prompt

    def _answers(
        self, prompts: list, encoded: list, counts: list[int], max_new_tokens: int
    ) -> tuple[list[list[int]], np.ndarray]:
        """Write the answers to prompts, all of them at the same time.

        After `<reasoning_end>` only the score is open, so an answer is complete when its score is
        chosen.

        Args:
            prompts: Token ids of each prompt.
            encoded: States (S, d_model) of each prompt.
            counts: Number of answers to each prompt. If the first is above 1, all are sampled.
            max_new_tokens: Largest number of tokens of an answer.

        Returns:
            Decoder ids of the A answers, and (A, K) float32 probabilities of their score tokens.
        """
        config, latest_end = self.config, check_answer_length(max_new_tokens)
        number, noise = sum(counts), None
        if counts[0] > 1:
            seeds = answer_seeds(
                [p.tolist() for p in prompts], [[1] * len(p) for p in prompts], counts
            )
            noise = GumbelNoise(seeds, config.text_config.vocab_size)
        answers = [[config.decoder_start_token_id] for _ in range(number)]
        probabilities = np.zeros((number, config.num_scores), np.float32)
        state = self.decoder.start(encoded, counts, max_new_tokens)
        rows = np.arange(number)  # answers that go on
        ids = np.full(number, config.decoder_start_token_id)
        for step in range(max_new_tokens):
            states = self.decoder(ids, state)
            chosen = self._next_tokens(ids, states, step, latest_end, noise)
            at_score = ids == config.score_start_token_id
            if at_score.any():
                probabilities[rows[at_score]] = softmax(states[at_score] @ self._score_head)
            for row, token in zip(rows.tolist(), chosen.tolist(), strict=True):
                answers[row].append(token)
            ids = chosen
            if at_score.any():
                order = kept_order(~at_score)
                rows, ids = rows[order], ids[order]
                if not len(rows):
                    break
                state.keep(order)
                if noise is not None:
                    noise.keep(order)
        for answer in answers:
            answer += [config.score_end_token_id, config.eos_token_id]
        return answers, probabilities

    def _next_tokens(
        self,
        ids: np.ndarray,
        states: np.ndarray,
        step: int,
        latest_end: int,
        noise: GumbelNoise | None,
    ) -> np.ndarray:
        """Next token of each answer that goes on.

        Args:
            ids: (A,) last tokens.
            states: (A, d_model) states of the decoder at these tokens.
            step: Number of the step, from 0.
            latest_end: Step at which a text ends.
            noise: Noise of sampled answers; None for the most probable tokens.

        Returns:
            (A,) token ids.
        """
        config, end = self.config, self.config.reasoning_end_token_id
        drawn = None if noise is None else noise.draw(self._open_ids)
        if step < _FIRST_SAMPLED:
            return np.full(len(ids), config.reasoning_start_token_id)
        first_score = len(self._text_ids)
        texts = _with_noise(multiply(states, self._text_head), drawn, slice(first_score), config)
        if step < _FIRST_END:
            texts[:, -1] = -np.inf  # the text has at least one token
        chosen = self._text_ids[texts.argmax(axis=1)]
        if step >= latest_end:
            chosen[:] = end
        chosen[ids == end] = config.score_start_token_id
        at_score = ids == config.score_start_token_id
        if at_score.any():
            scores = states[at_score] @ self._score_head
            drawn = None if drawn is None else drawn[at_score]
            scores = _with_noise(scores, drawn, slice(first_score, None), config)
            chosen[at_score] = self._score_ids[scores.argmax(axis=1)]
        return chosen

    def _probed(self, prompts: list, encoded: list, images: int) -> np.ndarray | None:
        """Probabilities (B, K) of the probe, averaged over images; None without a probe."""
        if self._probe is None:
            return None
        first, start = self.config.motion_token_offset, self.config.motion_start_token_id
        pairs = zip(encoded, prompts, strict=True)
        means = [states[(ids >= first) & (ids < start)].mean(axis=0) for states, ids in pairs]
        weight, shift, matrix, bias = self._probe
        x = np.stack(means)
        x = x - x.mean(axis=1, keepdims=True)
        x = x / np.sqrt((x**2).mean(axis=1, keepdims=True) + np.float32(1e-5))
        probabilities = softmax((x * weight + shift) @ matrix.T + bias)
        return probabilities.reshape(images, -1, self.config.num_scores).mean(axis=0)

    def _combined(self, tokens: np.ndarray, probe: np.ndarray | None) -> np.ndarray:
        """Combine and calibrate the probabilities (B, K) of score tokens and probe."""
        calibrated, weight = self._calibrated(tokens), self.config.probe_weight
        if probe is None or not weight:
            return calibrated
        product = calibrated * np.maximum(probe, _TINY) ** np.float32(weight)
        return product / product.sum(axis=-1, keepdims=True)

    def _calibrated(self, probabilities: np.ndarray) -> np.ndarray:
        """Calibrated probabilities (…, K): softmax(log p / T + b)."""
        temperature = np.float32(self.config.score_temperature)
        logits = np.log(np.maximum(probabilities, _TINY)) / temperature
        if self.config.score_bias is not None:
            logits = logits + np.array(self.config.score_bias, np.float32)
        return softmax(logits)

    def _self_consistent(
        self, candidates: np.ndarray, probabilities: np.ndarray, scores: np.ndarray
    ) -> np.ndarray:
        """Choose one of the answers (B, N, S) to each prompt."""
        end, number = self.config.reasoning_end_token_id, candidates.shape[1]
        best = self._calibrated(probabilities).argmax(axis=1).reshape(-1, number)
        chosen = []
        for answers, best_scores, score in zip(candidates, best, scores, strict=True):
            rows = answers.tolist()
            texts = [row[2 : row.index(end)] for row in rows]
            agreeing = np.flatnonzero(best_scores == score).tolist() or list(range(number))
            chosen.append(answers[minimum_bayes_risk(texts, agreeing)])
        return np.stack(chosen)

    def _with_scores(self, sequences: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """Answers (B, T) with their score tokens replaced by those of scores (B,)."""
        position = (sequences == self.config.score_start_token_id).argmax(axis=1) + 1
        sequences = sequences.copy()
        sequences[np.arange(len(sequences)), position] = self._score_ids[scores]
        return sequences

    def _padded(self, answers: list[list[int]], length: int) -> np.ndarray:
        """Answers as (A, length) int64, with padding at the end."""
        table = np.full((len(answers), length), self.config.pad_token_id)
        for row, answer in zip(table, answers, strict=True):
            row[: len(answer)] = answer
        return table


def _with_noise(
    logits: np.ndarray, noise: np.ndarray | None, part: slice, config: NumpySettings
) -> np.ndarray:
    """Logits whose maximum is a sample; without noise the logits themselves."""
    if noise is None:
        return logits
    logits = logits / np.float32(config.rationale_temperature)
    logits += noise[:, part]
    return logits

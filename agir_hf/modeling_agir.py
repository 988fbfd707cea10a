"""AGIR model: a T5 that reads motion codes and writes a rationale and a gait score.

Sources: Wang, Bobenrieth and Seo 2025, "AGIR: Assessing 3D Gait Impairment with Reasoning based on
LLMs" (arXiv 2503.18141); MotionGPT (Jiang et al. 2023), on which its architecture is based.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F
from transformers import (
    GenerationMixin,
    LogitsProcessor,
    LogitsProcessorList,
    PreTrainedModel,
    T5ForConditionalGeneration,
    T5Model,
    initialization,
)
from transformers.generation import TopKLogitsWarper
from transformers.modeling_outputs import BaseModelOutput, Seq2SeqLMOutput
from transformers.utils import ModelOutput

from .answers_agir import DEFAULT_MAX_NEW_TOKENS, answer_seeds
from .configuration_agir import (
    T5_PADDED_VOCABULARY_SIZE,
    T5_VOCABULARY_SIZE,
    AgirConfig,
    added_tokens,
    check_num_scores,
)
from .constants_agir import NUM_SCORES
from .decoding_agir import Sampling, decode, supports
from .generation_agir import (
    NUM_NON_CODE_TOKENS,
    AnswerConstraint,
    DescriptionConstraint,
    MotionConstraint,
    ScoreRecorder,
    SeededSampling,
    TokenConstraint,
    minimum_bayes_risk,
)
from .humanml3d import MIRROR_ORDER, MIRROR_SIGNS
from .modeling_motion_vqvae import CompleteCheckpointMixin, MotionVQVAE, mean_over_codes

MAX_PADDING_ROWS = 128  # a T5 has fewer rows of embeddings without a token than this
NEUTRAL_SETTINGS = {  # of `generation_config`: without effect on greedy decoding in this format
    "_from_model_config", "bos_token_id", "decoder_start_token_id", "do_sample", "eos_token_id",
    "max_length", "max_new_tokens", "num_beams", "output_attentions", "output_hidden_states",
    "pad_token_id", "temperature", "top_k", "top_p", "transformers_version", "use_cache",
}  # fmt: skip
MOTION_TOP_K = 50  # codes among which a motion is sampled, the default of `generate`


@dataclass
class AgirAssessmentOutput(ModelOutput):
    """Output of [`AgirForGaitAssessment.generate_assessment`].

    [`AgirProcessor.decode_assessments`] turns it into [`GaitAssessment`] objects.

    Attributes:
        sequences (`torch.LongTensor` of shape `(B, S)`):
            Decoder ids of the answers: the decoder start token first, padding last.
        probabilities (`torch.FloatTensor` of shape `(B, K)`):
            Probabilities of the K = `config.num_scores` scores at the position of the score token,
            calibrated with the configuration's `score_temperature` and `score_bias`.
        uncertain_below (`float`, *optional*):
            The configuration's `uncertain_below`, a threshold for these probabilities.
        token_probabilities (`torch.FloatTensor` of shape `(B, K)`):
            Probabilities of the score tokens, the mean over rationales (the first
            `config.score_rationales`) and, with `read_mirror_image`, over the motion and its
            mirror image; not calibrated.
        probe_probabilities (`torch.FloatTensor` of shape `(B, K)`, *optional*):
            The same of the probe; None if the model has no probe.
        candidates (`torch.LongTensor` of shape `(B, N, S)`, *optional*):
            Decoder ids of all N sampled answers to each motion, `sequences` among them; None with
            one rationale. The score tokens are those that were sampled.

    Example:
        ```python
        >>> import numpy as np
        >>> import agir_hf
        >>> model = agir_hf.AgirForGaitAssessment.from_pretrained(agir_hf.DEFAULT_MODEL)
        >>> processor = agir_hf.AgirProcessor.from_pretrained(agir_hf.DEFAULT_MODEL)
        >>> inputs = processor(motion=np.zeros((80, 263)))
        >>> output = model.generate_assessment(**inputs, num_rationales=1)
        >>> output.probabilities.shape
        torch.Size([1, 3])

        ```
    """

    sequences: torch.LongTensor | None = None
    probabilities: torch.FloatTensor | None = None
    uncertain_below: float | None = None
    token_probabilities: torch.FloatTensor | None = None
    probe_probabilities: torch.FloatTensor | None = None
    candidates: torch.LongTensor | None = None


@dataclass
class MotionOutput(ModelOutput):
    """Output of [`AgirForGaitAssessment.generate_motion`].

    Attributes:
        sequences: (B, S) int64 decoder ids: the decoder start token first, padding last.
        codes: List of B tensors (N,) int64 of motion codes.
        features: List of B tensors (N * downsampling_factor, num_features) of normalized features.
    """

    sequences: torch.LongTensor | None = None
    codes: list[torch.LongTensor] | None = None
    features: list[torch.FloatTensor] | None = None


class ScoreProbe(nn.Module):
    """Probe of the paper: layer norm and one linear layer on the mean motion embedding.

    Args:
        config ([`AgirConfig`]):
            Configuration of the model.
    """

    def __init__(self, config: AgirConfig):
        super().__init__()
        width = config.text_config.d_model
        self.norm = nn.LayerNorm(width)
        self.linear = nn.Linear(width, config.num_scores)

    def forward(self, embeddings: torch.Tensor) -> torch.Tensor:
        """Logits (B, K) of the scores from mean motion embeddings (B, d_model)."""
        return self.linear(self.norm(embeddings.to(self.linear.weight.dtype)))


class AgirForGaitAssessment(CompleteCheckpointMixin, PreTrainedModel, GenerationMixin):
    """T5 with motion and score tokens in its vocabulary, and the VQ-VAE that encodes motions.

    A prompt has one `config.motion_mask_token_id` for each motion code of `motion_values`
    ([`AgirProcessor`] inserts them), or it has the motion tokens already. The model replaces the
    mask tokens by the motion tokens and then generates its answer. The score depends on the
    instruction and the motion tokens alone: no gait parameter enters the model.

    Research use only, not a medical device.

    Args:
        config ([`AgirConfig`]):
            Configuration of the T5, the VQ-VAE and the calibration of the score.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.motion import read_recording, to_joints
        >>> model = agir_hf.AgirForGaitAssessment.from_pretrained(agir_hf.DEFAULT_MODEL)
        >>> processor = agir_hf.AgirProcessor.from_pretrained(agir_hf.DEFAULT_MODEL)
        >>> motion = to_joints(read_recording(agir_hf.SAMPLE_RECORDING))
        >>> output = model.generate_assessment(**processor(motion=motion), num_rationales=1)
        >>> processor.decode_assessments(output)[0].score
        2

        ```
    """

    config_class = AgirConfig
    base_model_prefix = "model"  # the part without output layer, which TRL's fused loss calls
    main_input_name = "input_ids"
    supports_gradient_checkpointing = True
    _supports_sdpa = True
    _keep_in_fp32_modules_strict = ["vqvae", "score_probe"]  # codes do not depend on the dtype
    _tied_weights_keys = {  # embeddings only: the output layer is not tied
        f"model.{stack}.embed_tokens.weight": "model.shared.weight"
        for stack in ("encoder", "decoder")
    }
    _keys_to_ignore_on_save = list(_tied_weights_keys)  # a trainer that loads weights ties them
    _auto_class = "AutoModel"  # its code is saved with every checkpoint

    def __init__(self, config: AgirConfig):
        super().__init__(config)
        self.vqvae = MotionVQVAE(config.vqvae_config)
        self.model = T5Model(config.text_config)
        text = config.text_config
        self.lm_head = nn.Linear(text.d_model, text.vocab_size, bias=False)
        if config.score_probe:
            self.score_probe = ScoreProbe(config)
        self.post_init()

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        if module is getattr(self, "lm_head", None):
            initialization.normal_(module.weight, std=self.config.text_config.d_model**-0.5)
        elif isinstance(module, ScoreProbe):
            initialization.ones_(module.norm.weight)
            initialization.zeros_(module.norm.bias)
            initialization.zeros_(module.linear.weight)
            initialization.zeros_(module.linear.bias)

    @property
    def dtype(self) -> torch.dtype:
        """Number format of the T5; motion tokenizer and probe are loaded in float32."""
        return self.model.dtype

    def get_input_embeddings(self) -> nn.Embedding:
        """Token embeddings (V, d_model) of encoder and decoder."""
        return self.model.get_input_embeddings()

    def set_input_embeddings(self, value: nn.Embedding) -> None:
        """Replace the token embeddings."""
        self.model.set_input_embeddings(value)

    def get_output_embeddings(self) -> nn.Linear:
        """Output layer, d_model → V."""
        return self.lm_head

    def set_output_embeddings(self, value: nn.Linear) -> None:
        """Replace the output layer."""
        self.lm_head = value

    def get_encoder(self, modality: str | None = None) -> nn.Module:
        """Encoder of the T5."""
        return self.model.encoder

    def prepare_decoder_input_ids_from_labels(self, labels: torch.LongTensor) -> torch.LongTensor:
        """Shift labels (B, S) right by the decoder start token; -100 becomes padding."""
        ids = labels.new_full(labels.shape, self.config.decoder_start_token_id)
        ids[:, 1:] = labels[:, :-1]
        return ids.masked_fill(ids == -100, self.config.pad_token_id)

    def insert_motion(
        self,
        input_ids: torch.LongTensor,
        motion_values: torch.Tensor,
        motion_attention_mask: torch.Tensor | None = None,
        motion_statistics: torch.LongTensor | None = None,
    ) -> torch.LongTensor:
        """Replace the mask tokens of each prompt by the codes of its motion.

        Args:
            input_ids: (B, S) int64 prompts, each with as many mask tokens as its motion has codes.
            motion_values: (B, L, num_features) normalized features.
            motion_attention_mask: (B, L), 1 for frames and 0 for the padding after them, or None.
            motion_statistics: (B,) int64 fingerprints of the mean and standard deviation that the
                motions are normalized with, from the feature extractor; None is not checked.

        Returns:
            (B, S) int64 prompts with motion tokens.

        Raises:
            ValueError: The numbers of mask tokens and codes differ, or the motions are normalized
                with other statistics than the model's.
        """
        codes = self.vqvae.encode(motion_values, motion_attention_mask, motion_statistics)
        positions = input_ids == self.config.motion_mask_token_id
        expected, actual = positions.sum(1).tolist(), (codes >= 0).sum(1).tolist()
        if expected != actual:
            raise ValueError(
                f"prompts have positions for {expected} motion codes, the motions have {actual}: "
                "prepare text and motion together with AgirProcessor"
            )
        tokens = codes[codes >= 0] + self.config.motion_token_offset
        return input_ids.masked_scatter(positions, tokens.to(input_ids.dtype))

    @torch.no_grad()
    def embed_motion(
        self,
        motion_values: torch.Tensor,
        motion_attention_mask: torch.Tensor | None = None,
        motion_statistics: torch.LongTensor | None = None,
        contextual: bool = False,
    ) -> torch.FloatTensor:
        """Embed motions as vectors: the mean over their motion tokens.

        Args:
            motion_values: (B, L, num_features) normalized features.
            motion_attention_mask: (B, L), 1 for frames and 0 for the padding after them, or None.
            motion_statistics: (B,) int64 fingerprints of the statistics; see [`insert_motion`].
            contextual: If true, average the last hidden states of the encoder at the motion tokens,
                with start and end tokens around them and no instruction. Otherwise average the
                token embeddings.

        Returns:
            (B, d_model) float32.
        """
        codes = self.vqvae.encode(motion_values, motion_attention_mask, motion_statistics)
        kept = codes >= 0
        ids = (codes + self.config.motion_token_offset).masked_fill(~kept, self.config.pad_token_id)
        if contextual:
            start, end = self.config.motion_start_token_id, self.config.motion_end_token_id
            ids, mask = F.pad(ids, (1, 1), value=self.config.pad_token_id), F.pad(kept, (1, 1))
            ids[:, 0], mask[:, 0] = start, True
            rows, last = torch.arange(len(ids), device=ids.device), kept.sum(1) + 1
            ids[rows, last], mask[rows, last] = end, True
            states = self.model.encoder(ids, attention_mask=mask.long()).last_hidden_state[:, 1:-1]
        else:
            states = self.get_input_embeddings()(ids)
        return mean_over_codes(states, kept)

    def forward(
        self,
        input_ids: torch.LongTensor | None = None,
        attention_mask: torch.Tensor | None = None,
        decoder_input_ids: torch.LongTensor | None = None,
        decoder_attention_mask: torch.Tensor | None = None,
        encoder_outputs=None,
        past_key_values=None,
        motion_values: torch.Tensor | None = None,
        motion_attention_mask: torch.Tensor | None = None,
        motion_statistics: torch.LongTensor | None = None,
        labels: torch.LongTensor | None = None,
        use_cache: bool | None = None,
        **kwargs,
    ) -> Seq2SeqLMOutput:
        """Run encoder and decoder once.

        Args:
            input_ids (`torch.LongTensor` of shape `(B, S)`, *optional*):
                Prompts. With `motion_values`, their mask tokens are replaced by the codes of the
                motions; see [`insert_motion`].
            attention_mask (`torch.Tensor` of shape `(B, S)`, *optional*):
                1 for tokens of the prompt, 0 for padding.
            decoder_input_ids (`torch.LongTensor` of shape `(B, T)`, *optional*):
                Input of the decoder; by default the labels shifted right.
            decoder_attention_mask (`torch.Tensor` of shape `(B, T)`, *optional*):
                1 for tokens of the decoder, 0 for padding.
            encoder_outputs ([`~transformers.utils.ModelOutput`] or `tuple`, *optional*):
                Outputs of an earlier run of the encoder. If given, prompts and motions are not
                read.
            past_key_values ([`~transformers.Cache`], *optional*):
                Keys and values of the decoder's earlier steps.
            motion_values (`torch.Tensor` of shape `(B, L, num_features)`, *optional*):
                Normalized motion features.
            motion_attention_mask (`torch.Tensor` of shape `(B, L)`, *optional*):
                1 for frames, 0 for the padding after them.
            motion_statistics (`torch.LongTensor` of shape `(B,)`, *optional*):
                Fingerprints of the statistics that the motions are normalized with.
            labels (`torch.LongTensor` of shape `(B, T)`, *optional*):
                Target ids, -100 where no loss is computed. The loss is the mean cross-entropy.
            use_cache (`bool`, *optional*):
                Whether to return `past_key_values`.
            kwargs:
                Passed to [`~transformers.T5Model`].

        Returns:
            [`~transformers.modeling_outputs.Seq2SeqLMOutput`]: `logits` (B, T, V), and `loss` if
            there are labels.

        Raises:
            ValueError: Prompts and motions do not match; see [`insert_motion`].

        Example:
            ```python
            >>> import numpy as np
            >>> import agir_hf
            >>> model = agir_hf.AgirForGaitAssessment.from_pretrained(agir_hf.DEFAULT_MODEL)
            >>> processor = agir_hf.AgirProcessor.from_pretrained(agir_hf.DEFAULT_MODEL)
            >>> labels = processor.tokenizer("She walks slowly.", return_tensors="pt").input_ids
            >>> output = model(**processor(motion=np.zeros((80, 263))), labels=labels)
            >>> output.logits.shape[:2] == labels.shape, output.loss.shape
            (True, torch.Size([]))

            ```
        """
        if motion_values is not None and encoder_outputs is None:
            input_ids = self.insert_motion(
                input_ids, motion_values, motion_attention_mask, motion_statistics
            )
        if labels is not None and decoder_input_ids is None:
            decoder_input_ids = self.prepare_decoder_input_ids_from_labels(labels)
        if past_key_values is not None:  # transformers 5.24 and later pass `cache` in its place
            kwargs["past_key_values"] = past_key_values
        outputs = self.model(
            input_ids=input_ids,
            attention_mask=attention_mask,
            decoder_input_ids=decoder_input_ids,
            decoder_attention_mask=decoder_attention_mask,
            encoder_outputs=encoder_outputs,
            use_cache=use_cache,
            **kwargs,
        )
        logits = self.lm_head(outputs.last_hidden_state)
        loss = None
        if labels is not None:
            loss = F.cross_entropy(logits.flatten(0, 1).float(), labels.flatten())
        return Seq2SeqLMOutput(
            loss=loss,
            logits=logits,
            past_key_values=outputs.past_key_values,
            decoder_hidden_states=outputs.decoder_hidden_states,
            encoder_last_hidden_state=outputs.encoder_last_hidden_state,
            encoder_hidden_states=outputs.encoder_hidden_states,
        )

    @torch.no_grad()
    def generate(
        self,
        inputs=None,
        motion_values=None,
        motion_attention_mask=None,
        motion_statistics=None,
        **kwargs,
    ):
        """Generate as [`~transformers.GenerationMixin.generate`] does, with an optional motion.

        Args:
            inputs: (B, S) int64 prompts.
            motion_values: (B, L, num_features) normalized features; see [`insert_motion`].
            motion_attention_mask: (B, L), 1 for frames and 0 for the padding after them.
            motion_statistics: (B,) int64 fingerprints of the statistics; see [`insert_motion`].
            kwargs: Passed to [`~transformers.GenerationMixin.generate`].
        """
        if motion_values is not None:
            ids = kwargs.pop("input_ids", None) if inputs is None else inputs
            inputs = self.insert_motion(
                ids, motion_values, motion_attention_mask, motion_statistics
            )
        return super().generate(inputs, **kwargs)

    @torch.no_grad()
    def generate_assessment(
        self,
        input_ids: torch.LongTensor,
        attention_mask: torch.Tensor | None = None,
        motion_values: torch.Tensor | None = None,
        motion_attention_mask: torch.Tensor | None = None,
        motion_statistics: torch.LongTensor | None = None,
        max_new_tokens: int = DEFAULT_MAX_NEW_TOKENS,
        num_rationales: int | None = None,
        **kwargs,
    ) -> AgirAssessmentOutput:
        """Generate rationales and scores in AGIR's format, with the probabilities of the scores.

        With one rationale, decoding is greedy, and the score is the most probable one after the
        rationale. With several, that many rationales are sampled for each motion and their score
        probabilities are averaged: P(score | motion) = E P(score | rationale, motion). Of the
        rationales that agree with the most probable score, the one that is most similar to all
        rationales of the motion is returned. The seeds of the samples are derived from the prompt,
        so the result of a motion does not depend on the batch. With `config.read_mirror_image` the
        same is done with the mirror image of the motion, and the score probabilities of both are
        averaged. The probabilities of score tokens and probe are combined. Sources: Wang et al.
        2023 (Self-Consistency); Kumar and Byrne 2004 (see
        `agir_hf.generation_agir.minimum_bayes_risk`).

        The encoder reads each prompt once, and the decoder writes all answers in one batch. The
        steps of an answer, counted from 0:

        1. At step 0 the token is `<reasoning_start>`, at step 1 one of the text tokens. From step 2
           on, it is a text token or `<reasoning_end>`, which is forced at step
           `max_new_tokens` - 5. Then come `<score_start>`, one of the scores, `<score_end>` and the
           end of the sequence.
        2. The token is that with the largest logit among the allowed ones. With several rationales
           it is that with the largest sum of logit / `config.rationale_temperature` and Gumbel
           noise, which is drawn at every step for the whole vocabulary
           (`agir_hf.generation_agir.GumbelNoise`), with the seeds of
           `agir_hf.answers_agir.answer_seeds`.
        3. The probabilities of the scores are the softmax over the logits of the score tokens,
           without temperature and noise, at the step that writes the score. There is no second
           pass.

        `agir_hf.decoding_agir` does this; decoding options, and models that it does not support,
        take `generate` of transformers instead, with the same constraints.

        Args:
            input_ids (`torch.LongTensor` of shape `(B, S)`):
                Prompts from [`AgirProcessor`].
            attention_mask (`torch.Tensor` of shape `(B, S)`, *optional*):
                1 for tokens of the prompt, 0 for padding.
            motion_values (`torch.Tensor` of shape `(B, L, num_features)`, *optional*):
                Normalized motion features.
            motion_attention_mask (`torch.Tensor` of shape `(B, L)`, *optional*):
                1 for frames, 0 for the padding after them.
            motion_statistics (`torch.LongTensor` of shape `(B,)`, *optional*):
                Fingerprints of the statistics that the motions are normalized with.
            max_new_tokens (`int`, *optional*, defaults to 256):
                Largest number of tokens of an answer. A longer rationale is cut so that the score
                still fits.
            num_rationales (`int`, *optional*):
                Number of rationales sampled for each motion; `config.num_rationales` by default.
            kwargs:
                Decoding options of `generate`, such as `num_beams` or `do_sample`. They can only be
                used with one rationale, which is then the default.

        Returns:
            [`AgirAssessmentOutput`]: Decoder ids and probabilities;
            [`AgirProcessor.decode_assessments`] decodes them.

        Raises:
            ValueError: `num_rationales` is below 1, or above 1 together with `kwargs`.

        Example:
            ```python
            >>> import agir_hf
            >>> from agir_hf.motion import read_recording, to_joints
            >>> model = agir_hf.AgirForGaitAssessment.from_pretrained(agir_hf.DEFAULT_MODEL)
            >>> processor = agir_hf.AgirProcessor.from_pretrained(agir_hf.DEFAULT_MODEL)
            >>> motion = to_joints(read_recording(agir_hf.SAMPLE_RECORDING))
            >>> output = model.generate_assessment(**processor(motion=motion), num_rationales=2)
            >>> output.probabilities.argmax(-1).tolist()
            [2]

            ```
        """
        decoding = sorted(set(kwargs) - {"use_cache"})  # decoding options of the caller
        number = self._number_of_rationales(num_rationales, decoding)
        motion = (motion_values, motion_attention_mask, motion_statistics)
        prompts, mask = self._with_motions(input_ids, attention_mask, *motion)
        images = len(prompts) // len(input_ids)  # 2 with mirror images, otherwise 1
        encoded = self.model.encoder(prompts, attention_mask=mask)
        scored = number if self.config.score_rationales is None else self.config.score_rationales
        scored = min(scored, number)  # answers per image whose score tokens are averaged
        counts = [number] * len(input_ids) + [scored] * (len(prompts) - len(input_ids))
        sequences, probabilities = self._answers(
            prompts, mask, encoded, counts, max_new_tokens, kwargs
        )
        returned = kwargs.get("num_return_sequences", 1)  # 1 with several rationales
        own = len(input_ids) * number * returned  # answers to the motions themselves come first
        token_probabilities = _mean_over_answers(probabilities[:own], number, scored)
        if images > 1:
            mirrored = _mean_over_answers(probabilities[own:], scored, scored)
            token_probabilities = (token_probabilities + mirrored) / 2
        probe_probabilities = self._probed(encoded.last_hidden_state, prompts, images, returned)
        combined = self._combined(token_probabilities, probe_probabilities)
        sequences, candidates = sequences[:own], None
        if number > 1:
            candidates = sequences.unflatten(0, (-1, number))
            sequences = self._self_consistent(candidates, probabilities[:own], combined.argmax(1))
        elif not decoding:
            sequences = self._with_scores(sequences, combined.argmax(1))
        return AgirAssessmentOutput(
            sequences,
            combined,
            self.config.uncertain_below,
            token_probabilities,
            probe_probabilities,
            candidates,
        )

    def _number_of_rationales(self, requested: int | None, decoding: list[str]) -> int:
        """Number of rationales of each motion.

        Args:
            requested: The number that the caller passed, or None for the default.
            decoding: Names of the caller's decoding options, which allow one rationale only.

        Raises:
            ValueError: The number is below 1, or above 1 together with decoding options.
        """
        number = requested
        if number is None:
            number = 1 if decoding else self.config.num_rationales
        if number < 1 or (number > 1 and decoding):
            raise ValueError(
                f"num_rationales is {number}{' with ' * bool(decoding)}"
                f"{', '.join(decoding)}, expected at least 1, and 1 with decoding options"
            )
        return number

    def _with_motions(
        self, input_ids, attention_mask, motion_values, motion_attention_mask, motion_statistics
    ) -> tuple[torch.LongTensor, torch.Tensor]:
        """Prompts with the motions inserted, followed by those with the mirror images.

        Args:
            input_ids: (B, S) int64 prompts.
            attention_mask: (B, S), 1 for tokens and 0 for padding; None for no padding.
            motion_values: (B, L, num_features) normalized features; None leaves the prompts as they
                are, without mirror images.
            motion_attention_mask: (B, L), 1 for frames and 0 for the padding after them, or None.
            motion_statistics: (B,) int64 fingerprints of the statistics, or None.

        Returns:
            (images * B, S) int64 prompts and their mask, where images is 2 with
            `config.read_mirror_image` and otherwise 1.
        """
        if attention_mask is None:
            attention_mask = torch.ones_like(input_ids)
        if motion_values is None:
            return input_ids, attention_mask
        motion = (motion_values, motion_attention_mask, motion_statistics)
        if self.config.read_mirror_image:
            order = torch.as_tensor(MIRROR_ORDER, device=motion_values.device)
            mirrored = motion_values[..., order] * motion_values.new_tensor(MIRROR_SIGNS)
            input_ids = torch.cat([input_ids, input_ids])
            attention_mask = torch.cat([attention_mask, attention_mask])
            motion = (
                torch.cat([motion_values, mirrored]),
                *(None if part is None else torch.cat([part, part]) for part in motion[1:]),
            )
        return self.insert_motion(input_ids, *motion), attention_mask

    def _answers(
        self, prompts, attention_mask, encoded, counts: list[int], max_new_tokens: int, kwargs: dict
    ) -> tuple[torch.LongTensor, torch.FloatTensor]:
        """Generate answers, with the probabilities of their score tokens.

        Args:
            prompts: (B, S) int64 prompts with motion tokens.
            attention_mask: (B, S), 1 for tokens and 0 for padding.
            encoded: Output of the encoder for the prompts.
            counts: Number of answers to each prompt. If the first is above 1, all are sampled.
            max_new_tokens: Largest number of tokens of an answer.
            kwargs: Decoding options of `generate`.

        Returns:
            (A, T) int64 decoder ids and (A, K) float32 probabilities of all A answers.
        """
        constraint, sampling = AnswerConstraint(self.config, max_new_tokens), None
        if counts[0] > 1:
            seeds = answer_seeds(prompts.tolist(), attention_mask.tolist(), counts)
            sampling = Sampling(seeds, self.config.rationale_temperature)
        if self._decodes(constraint, kwargs):
            states = encoded.last_hidden_state
            decoded = decode(
                self, states, attention_mask, counts, constraint, max_new_tokens, sampling
            )
            return decoded.sequences, decoded.choice_probabilities
        repeats = torch.tensor(counts, device=prompts.device)
        equal = len(set(counts)) == 1
        recorder = ScoreRecorder(self.config, len(prompts) if equal else sum(counts))
        states = encoded.last_hidden_state.repeat_interleave(repeats, 0)
        sequences = self._generate(
            [recorder, constraint],
            prompts.repeat_interleave(repeats, 0),
            attention_mask.repeat_interleave(repeats, 0),
            max_new_tokens,
            {"encoder_outputs": BaseModelOutput(last_hidden_state=states), **kwargs},
            sampling,
        )
        probabilities = recorder.probabilities(sequences)
        if probabilities is None:  # a decoding method that calls no logits processor for each token
            probabilities = self.score_probabilities(prompts, attention_mask, sequences)
        return sequences, probabilities

    def _decodes(self, constraint: TokenConstraint, kwargs: dict) -> bool:
        """Whether `decode` gives what `generate` would, so that it is used: it is faster."""
        settings = self.generation_config.to_diff_dict()
        own = ("pad_token_id", "eos_token_id", "decoder_start_token_id")
        return (
            not set(kwargs) - {"use_cache"}
            and not set(settings) - NEUTRAL_SETTINGS
            and all(settings.get(name) in (None, getattr(self.config, name)) for name in own)
            and supports(self, constraint)
        )

    def probe_logits(
        self, encoder_states: torch.FloatTensor, input_ids: torch.LongTensor
    ) -> torch.FloatTensor:
        """Logits of the probe for the scores.

        Args:
            encoder_states: (B, S, d_model) last hidden states of the encoder.
            input_ids: (B, S) int64 prompts with motion tokens.

        Returns:
            (B, K) float32.

        Raises:
            ValueError: The model has no probe.
        """
        if not self.config.score_probe:
            raise ValueError("the model has no probe: train it with a probe_weight above 0")
        return self.score_probe(self.mean_motion_state(encoder_states, input_ids)).float()

    def mean_motion_state(
        self, encoder_states: torch.FloatTensor, input_ids: torch.LongTensor
    ) -> torch.FloatTensor:
        """Mean of the encoder states at the motion codes of each prompt.

        Args:
            encoder_states: (B, S, d_model) last hidden states of the encoder.
            input_ids: (B, S) int64 prompts with motion tokens, or with mask tokens in their place.

        Returns:
            (B, d_model) float32; zeros for a prompt without a motion.
        """
        return mean_over_codes(encoder_states, self.motion_positions(input_ids))

    def motion_positions(self, input_ids: torch.LongTensor) -> torch.BoolTensor:
        """Positions (B, S) of motion codes, or of the mask tokens in their place, in prompts.

        Args:
            input_ids: (B, S) int64 prompts.
        """
        first, start = self.config.motion_token_offset, self.config.motion_start_token_id
        is_code = (input_ids >= first) & (input_ids < start)
        return is_code | (input_ids == self.config.motion_mask_token_id)

    def _probed(self, states, prompts, images: int, returned: int) -> torch.FloatTensor | None:
        """Probabilities of the scores by the probe, the mean over the images of each motion.

        Args:
            states: (images * B, S, d_model) last hidden states of the encoder.
            prompts: (images * B, S) int64 prompts with motion tokens.
            images: 2 if the mirror images follow the motions, otherwise 1.
            returned: Number of sequences that `generate` returns for each motion.

        Returns:
            (B * returned, K) float32; None if the model has no probe.
        """
        if not self.config.score_probe:
            return None
        probabilities = self.probe_logits(states, prompts).softmax(-1)
        means = probabilities.unflatten(0, (images, -1)).mean(0)
        return means.repeat_interleave(returned, 0)

    def _combined(
        self, token_probabilities: torch.FloatTensor, probe_probabilities: torch.FloatTensor | None
    ) -> torch.FloatTensor:
        """Combine and calibrate the probabilities (B, K) of score tokens and probe.

        softmax(log p_token / T + w log p_probe + b), where T, w and b are ``score_temperature``,
        ``probe_weight`` and ``score_bias``, fitted on validation walks. Source of T and b:
        Alexandari, Kundaje and Shrikumar 2020 (Maximum Likelihood with Bias-Corrected Calibration).
        """
        if probe_probabilities is None or not self.config.probe_weight:
            return self._calibrated(token_probabilities)
        smallest = torch.finfo(probe_probabilities.dtype).tiny
        factor = probe_probabilities.clamp(min=smallest) ** self.config.probe_weight
        product = self._calibrated(token_probabilities) * factor.to(token_probabilities.dtype)
        return product / product.sum(-1, keepdim=True)

    def _calibrated(self, probabilities: torch.FloatTensor) -> torch.FloatTensor:
        """Calibrated probabilities (…, K): softmax(log p / T + b).

        T is ``config.score_temperature`` and b is ``config.score_bias``, both fitted on validation
        walks. Source: Alexandari, Kundaje and Shrikumar 2020 (Maximum Likelihood with
        Bias-Corrected Calibration).
        """
        smallest = torch.finfo(probabilities.dtype).tiny
        logits = probabilities.clamp(min=smallest).log() / self.config.score_temperature
        if self.config.score_bias is not None:
            logits = logits + logits.new_tensor(self.config.score_bias)
        return logits.softmax(-1)

    def _self_consistent(
        self,
        candidates: torch.LongTensor,
        probabilities: torch.FloatTensor,
        scores: torch.LongTensor,
    ) -> torch.LongTensor:
        """Choose one of the answers to each prompt.

        The score token of the chosen answer is replaced by the given score, which may differ from
        the most probable score of each single answer.

        Args:
            candidates: (B, N, S) decoder ids of the answers.
            probabilities: (B * N, K) probabilities of their score tokens, not calibrated.
            scores: (B,) scores of the prompts.

        Returns:
            (B, S) decoder ids.
        """
        end, number = self.config.reasoning_end_token_id, candidates.shape[1]
        chosen = []
        for answers, best_scores, score in zip(
            candidates.tolist(),
            self._calibrated(probabilities).argmax(1).view(-1, number),
            scores,
            strict=True,
        ):
            texts = [answer[2 : answer.index(end)] for answer in answers]
            agreeing = (best_scores == score).nonzero().flatten().tolist()
            chosen.append(answers[minimum_bayes_risk(texts, agreeing or list(range(number)))])
        return self._with_scores(torch.tensor(chosen, device=candidates.device), scores)

    def _with_scores(
        self, sequences: torch.LongTensor, scores: torch.LongTensor
    ) -> torch.LongTensor:
        """Answers (B, T) with their score tokens replaced by those of scores (B,)."""
        position = (sequences == self.config.score_start_token_id).int().argmax(1) + 1
        ids = torch.tensor(self.config.score_token_ids, device=sequences.device)[scores]
        return sequences.scatter(1, position[:, None], ids[:, None])

    @torch.no_grad()
    def describe(
        self,
        input_ids: torch.LongTensor,
        attention_mask: torch.Tensor | None = None,
        motion_values: torch.Tensor | None = None,
        motion_attention_mask: torch.Tensor | None = None,
        motion_statistics: torch.LongTensor | None = None,
        max_new_tokens: int = DEFAULT_MAX_NEW_TOKENS,
        **kwargs,
    ) -> torch.LongTensor:
        """Describe motions in words; motion tokens and answer tokens are excluded.

        Args:
            input_ids (`torch.LongTensor` of shape `(B, S)`):
                Prompts from [`AgirProcessor`], with its `description_prompt` as instruction.
            attention_mask (`torch.Tensor` of shape `(B, S)`, *optional*):
                1 for tokens of the prompt, 0 for padding.
            motion_values (`torch.Tensor` of shape `(B, L, num_features)`, *optional*):
                Normalized motion features.
            motion_attention_mask (`torch.Tensor` of shape `(B, L)`, *optional*):
                1 for frames, 0 for the padding after them.
            motion_statistics (`torch.LongTensor` of shape `(B,)`, *optional*):
                Fingerprints of the statistics that the motions are normalized with.
            max_new_tokens (`int`, *optional*, defaults to 256):
                Largest number of tokens of a description; a longer one is cut.
            kwargs:
                Passed to `generate`; decoding is greedy by default.

        Returns:
            `torch.LongTensor` of shape `(B, T)`: Decoder ids;
            [`AgirProcessor.decode_descriptions`] decodes them.

        Example:
            ```python
            >>> import agir_hf
            >>> from agir_hf.motion import read_recording, to_joints
            >>> model = agir_hf.AgirForGaitAssessment.from_pretrained(agir_hf.DEFAULT_MODEL)
            >>> processor = agir_hf.AgirProcessor.from_pretrained(agir_hf.DEFAULT_MODEL)
            >>> motion = to_joints(read_recording(agir_hf.SAMPLE_RECORDING))
            >>> inputs = processor(motion=motion, text=processor.description_prompt("arm"))
            >>> [description] = processor.decode_descriptions(model.describe(**inputs))

            ```
        """
        if motion_values is not None:
            input_ids = self.insert_motion(
                input_ids, motion_values, motion_attention_mask, motion_statistics
            )
        constraint = DescriptionConstraint(self.config)
        return self._written(constraint, input_ids, attention_mask, max_new_tokens, kwargs)

    @torch.no_grad()
    def generate_motion(
        self,
        input_ids: torch.LongTensor,
        attention_mask: torch.Tensor | None = None,
        num_codes: int | None = None,
        max_new_tokens: int | None = None,
        seeds: Sequence[int] | None = None,
        **kwargs,
    ) -> MotionOutput:
        """Generate motions from descriptions of them.

        Args:
            input_ids (`torch.LongTensor` of shape `(B, S)`):
                Prompts, made with [`AgirProcessor.motion_prompt`].
            attention_mask (`torch.Tensor` of shape `(B, S)`, *optional*):
                1 for tokens of the prompt, 0 for padding.
            num_codes (`int`, *optional*):
                Number of codes of every motion. By default the model decides where a motion ends.
            max_new_tokens (`int`, *optional*):
                Largest number of generated tokens: the codes and three tokens that mark start and
                end. Default: `num_codes` + 3, or 256 without `num_codes`.
            seeds (`list[int]`, *optional*):
                Seed of each motion. The motions are then sampled from the 50 most probable codes
                at each position, and do not depend on the batch or the device. Not together with
                decoding options.
            kwargs:
                Passed to `generate`; decoding is greedy by default, `do_sample=True` samples
                motions with torch's random generator of the device.

        Returns:
            [`MotionOutput`]: Codes and normalized features; [`AgirProcessor.decode_motion`] turns
            them into joints.

        Raises:
            ValueError: `num_codes` is below 1, or needs more than `max_new_tokens`; or the number
                of seeds is not that of prompts, or there are seeds and decoding options.

        Example:
            ```python
            >>> import agir_hf
            >>> model = agir_hf.AgirForGaitAssessment.from_pretrained(agir_hf.DEFAULT_MODEL)
            >>> processor = agir_hf.AgirProcessor.from_pretrained(agir_hf.DEFAULT_MODEL)
            >>> prompt = processor.motion_prompt("The walker takes short steps.")
            >>> output = model.generate_motion(**processor(text=prompt), num_codes=10)
            >>> processor.decode_motion(output)[0].shape
            (40, 22, 3)

            ```
        """
        if max_new_tokens is None:
            max_new_tokens = DEFAULT_MAX_NEW_TOKENS
            if num_codes is not None:
                max_new_tokens = num_codes + NUM_NON_CODE_TOKENS
        constraint, sampling = MotionConstraint(self.config, max_new_tokens, num_codes), None
        if seeds is not None:
            if len(seeds) != len(input_ids) or kwargs:
                raise ValueError(
                    f"{len(seeds)} seeds for {len(input_ids)} prompts, with decoding options "
                    f"{sorted(kwargs)}; expected a seed for each prompt and no decoding options"
                )
            sampling = Sampling(seeds, top_k=MOTION_TOP_K)
        sequences = self._written(
            constraint, input_ids, attention_mask, max_new_tokens, kwargs, sampling
        )
        first, end = self.config.motion_token_offset, self.config.motion_start_token_id
        codes = [row[(row >= first) & (row < end)] - first for row in sequences]
        padded = nn.utils.rnn.pad_sequence(codes, batch_first=True, padding_value=-1)
        lengths = [len(row) * self.vqvae.config.downsampling_factor for row in codes]
        decoded = zip(self.vqvae.decode(padded), lengths, strict=True)
        features = [row[:length] for row, length in decoded]
        return MotionOutput(sequences=sequences, codes=codes, features=features)

    def _written(
        self, constraint, input_ids, attention_mask, max_new_tokens: int, kwargs, sampling=None
    ) -> torch.LongTensor:
        """Decoder ids (B, S) of one answer to each prompt; greedy without ``sampling``."""
        if attention_mask is None:
            attention_mask = torch.ones_like(input_ids)
        if not self._decodes(constraint, kwargs):
            return self._generate(
                [constraint], input_ids, attention_mask, max_new_tokens, kwargs, sampling
            )
        states = self.model.encoder(input_ids, attention_mask=attention_mask).last_hidden_state
        counts = [1] * len(input_ids)
        return decode(
            self, states, attention_mask, counts, constraint, max_new_tokens, sampling
        ).sequences

    def _generate(
        self,
        processors: list[LogitsProcessor],
        input_ids: torch.LongTensor,
        attention_mask: torch.Tensor,
        max_new_tokens: int,
        kwargs: dict,
        sampling: Sampling | None,
    ) -> torch.LongTensor:
        """Decoder ids (B, S) from `generate`; greedy without ``sampling`` and options for it."""
        if sampling is not None:
            if sampling.top_k is not None:
                processors = [*processors, TopKLogitsWarper(sampling.top_k)]
            processors = [*processors, SeededSampling(sampling.seeds, sampling.temperature)]
        return self.generate(
            input_ids,
            attention_mask=attention_mask,
            max_new_tokens=max_new_tokens,
            logits_processor=LogitsProcessorList(processors),
            **{"do_sample": False, "num_beams": 1, **kwargs},
        )

    @torch.no_grad()
    def score_probabilities(
        self,
        input_ids: torch.LongTensor,
        attention_mask: torch.Tensor,
        sequences: torch.LongTensor,
    ) -> torch.FloatTensor:
        """Probabilities of the scores after given rationales.

        The softmax is taken over the score tokens, at the position after `<score_start>`, and is
        not calibrated.

        Args:
            input_ids (`torch.LongTensor` of shape `(B, S)`):
                Prompts with motion tokens; see [`insert_motion`].
            attention_mask (`torch.Tensor` of shape `(B, S)`):
                1 for tokens of the prompt, 0 for padding.
            sequences (`torch.LongTensor` of shape `(B * n, T)`):
                Decoder ids of n answers to each prompt, each with one `<score_start>`.

        Returns:
            `torch.FloatTensor` of shape `(B * n, K)`: Probabilities of the K scores.

        Example:
            ```python
            >>> import numpy as np
            >>> import agir_hf
            >>> model = agir_hf.AgirForGaitAssessment.from_pretrained(agir_hf.DEFAULT_MODEL)
            >>> processor = agir_hf.AgirProcessor.from_pretrained(agir_hf.DEFAULT_MODEL)
            >>> inputs = processor(motion=np.zeros((80, 263)))
            >>> answers = model.generate_assessment(**inputs, num_rationales=1).sequences
            >>> mask = inputs.pop("attention_mask")
            >>> prompts = model.insert_motion(**inputs)
            >>> model.score_probabilities(prompts, mask, answers).shape
            torch.Size([1, 3])

            ```
        """
        num_answers = len(sequences) // len(input_ids)  # per prompt
        encoded = self.model.encoder(input_ids, attention_mask=attention_mask).last_hidden_state
        states = self.model(
            encoder_outputs=BaseModelOutput(encoded.repeat_interleave(num_answers, 0)),
            attention_mask=attention_mask.repeat_interleave(num_answers, 0),
            decoder_input_ids=sequences,
            use_cache=False,
        ).last_hidden_state
        position = (sequences == self.config.score_start_token_id).int().argmax(1)
        at_score = self.lm_head(
            states[torch.arange(len(sequences), device=states.device), position]
        )
        return at_score[:, list(self.config.score_token_ids)].float().softmax(-1)

    def save_pretrained(self, save_directory: str | os.PathLike, **kwargs):
        """Save weights, configuration and code, so that ``trust_remote_code`` can load the model.

        Args:
            save_directory: Folder to write.
            kwargs: Passed to [`~transformers.PreTrainedModel.save_pretrained`].
        """
        from .pipeline_agir import TASK, GaitAssessmentPipeline  # imported: its file is saved too

        name = _remote_code_name(type(self))
        self.config.auto_map = {"AutoModel": name, "AutoModelForSeq2SeqLM": name}
        impl = _remote_code_name(GaitAssessmentPipeline)
        self.config.custom_pipelines = {TASK: {"impl": impl, "pt": ["AutoModelForSeq2SeqLM"]}}
        return super().save_pretrained(save_directory, **kwargs)

    @classmethod
    def from_t5(
        cls, t5, vqvae, tokenizer=None, num_scores: int = NUM_SCORES
    ) -> "AgirForGaitAssessment":
        """Extend a T5 or Flan-T5 with the tokens of AGIR and join it to a motion VQ-VAE.

        The existing rows of embeddings and output layer stay unchanged. New rows are drawn from a
        normal distribution with the mean and standard deviation of the existing rows. If the T5
        scales its hidden states before a tied output layer (the original T5 does), the output layer
        is multiplied by this scale. The result is in evaluation mode.

        Args:
            t5 ([`~transformers.T5ForConditionalGeneration`], `str` or `os.PathLike`):
                T5 or Flan-T5, or its path or name.
            vqvae ([`MotionVQVAE`], `str` or `os.PathLike`):
                Motion VQ-VAE, or its path or name.
            tokenizer ([`~transformers.PreTrainedTokenizerBase`], *optional*):
                Tokenizer of the T5 before extension; its size is the id of the first new token. By
                default it is loaded from the path of the T5. If `t5` is a model and there is no
                tokenizer, 32,128 rows are taken as the 32,100 entries of the released T5, and any
                other number of rows as the number of entries.
            num_scores (`int`, *optional*, defaults to 3):
                Number of scores that the model predicts; see [`AgirConfig`].

        Returns:
            [`AgirForGaitAssessment`]: The combined model; its new rows are not trained.

        Raises:
            ValueError: The tokenizer belongs to another T5: the numbers of its entries and of the
                rows differ by more than padding.

        Example:
            ```python
            >>> from transformers import T5Config, T5ForConditionalGeneration
            >>> from agir_hf import AgirForGaitAssessment, MotionVQVAE, MotionVQVAEConfig
            >>> t5_config = T5Config(vocab_size=100, d_model=16, d_ff=32, d_kv=8, num_layers=1)
            >>> t5 = T5ForConditionalGeneration(t5_config)
            >>> vqvae = MotionVQVAE(MotionVQVAEConfig(width=16, code_dim=8, codebook_size=32))
            >>> model = AgirForGaitAssessment.from_t5(t5, vqvae)
            >>> model.config.motion_token_offset, model.config.text_config.vocab_size
            (100, 142)

            ```
        """
        if isinstance(t5, str | os.PathLike):
            from transformers import AutoTokenizer

            tokenizer = tokenizer or AutoTokenizer.from_pretrained(t5)
            t5 = T5ForConditionalGeneration.from_pretrained(t5)
        if isinstance(vqvae, str | os.PathLike):
            vqvae = MotionVQVAE.from_pretrained(vqvae)
        rows = t5.config.vocab_size
        added = len(added_tokens(vqvae.config.codebook_size, num_scores))
        entries = _vocabulary_size(rows, tokenizer, added)
        check_num_scores(num_scores)
        size = max(rows, entries + added)
        text = {**t5.config.to_dict(), "vocab_size": size}
        if text.get("decoder_start_token_id") is None:
            text["decoder_start_token_id"] = text["pad_token_id"]
        config = AgirConfig(
            text_config=text,
            vqvae_config=vqvae.config.to_dict(),
            motion_token_offset=entries,
            num_scores=num_scores,
        )
        model = cls(config)
        model.vqvae.load_state_dict(vqvae.state_dict())
        scale = t5.config.d_model**-0.5 if t5.config.scale_decoder_outputs else 1.0
        head = t5.lm_head.weight.detach().float() * scale
        model.lm_head.weight.data = _with_rows(head, size)
        shared = _with_rows(t5.shared.weight.detach().float(), size)
        weights = {k: v for k, v in t5.state_dict().items() if not k.startswith("lm_head")}
        tied = {k: shared for k in weights if k == "shared.weight" or "embed_tokens" in k}
        model.model.load_state_dict({**weights, **tied})
        return model.eval()


def _mean_over_answers(
    probabilities: torch.FloatTensor, number: int, scored: int
) -> torch.FloatTensor:
    """Mean (B, K) of probabilities (B * number, K) over the first ``scored`` of each motion."""
    return probabilities.unflatten(0, (-1, number))[:, :scored].mean(1)


def _remote_code_name(cls: type) -> str:
    """Name of a class in ``auto_map`` and ``custom_pipelines``: file.class."""
    return f"{cls.__module__.rpartition('.')[2]}.{cls.__name__}"


def _vocabulary_size(rows: int, tokenizer, added: int) -> int:
    """Number of entries of a T5 vocabulary, from its tokenizer or the number of rows.

    Args:
        rows: Rows of the embeddings of the T5, which may include those of added tokens (MotionGPT).
        tokenizer: Tokenizer before extension, or None.
        added: Number of added tokens.
    """
    if tokenizer is None:
        return T5_VOCABULARY_SIZE if rows == T5_PADDED_VOCABULARY_SIZE else rows
    if not 0 <= rows - len(tokenizer) < MAX_PADDING_ROWS + added:
        raise ValueError(
            f"the tokenizer has {len(tokenizer)} entries and the T5 {rows} rows, expected as many, "
            f"or at most {MAX_PADDING_ROWS - 1 + added} more for padding and added tokens: pass "
            "the tokenizer that belongs to this T5, before extension"
        )
    return len(tokenizer)


def _with_rows(weight: torch.Tensor, size: int) -> torch.Tensor:
    """``weight`` (V, D) with random rows appended, of its mean and standard deviation."""
    shape = size - len(weight), weight.shape[1]
    noise = torch.randn(shape, dtype=weight.dtype, device=weight.device)
    return torch.cat([weight, weight.mean(0) + weight.std(0) * noise])


__all__ = ["AgirAssessmentOutput", "AgirForGaitAssessment", "AnswerConstraint", "MotionOutput"]

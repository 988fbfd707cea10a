"""AgirForGaitAssessment: a T5 that reads motion codes and writes a rationale and a gait score.

Source: Wang, Bobenrieth and Seo 2025, "AGIR: Assessing 3D Gait Impairment with Reasoning based on
LLMs" (arXiv 2503.18141), on the model of MotionGPT (Jiang et al. 2023).
"""

import os
import zlib
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
from transformers.modeling_outputs import Seq2SeqLMOutput
from transformers.utils import ModelOutput

from .configuration_agir import (
    T5_PADDED_VOCABULARY_SIZE,
    T5_VOCABULARY_SIZE,
    AgirConfig,
    added_tokens,
)
from .generation_agir import (
    MOTION_ANSWER_TOKENS,
    AnswerConstraint,
    DescriptionConstraint,
    MotionConstraint,
    SeededSampling,
    minimum_bayes_risk,
)
from .modeling_motion_vqvae import MotionVQVAE, WholeWeightsMixin, mean_over_codes

DEFAULT_MAX_NEW_TOKENS = 256


@dataclass
class AgirAssessmentOutput(ModelOutput):
    """Generated answers.

    Attributes:
        sequences: (B, S) int64 decoder ids, the start token first, padded at the end.
        probabilities: (B, 3) softmax over the three score tokens at the place of the score, at
            the configuration's ``score_temperature``.
        uncertain_below: the configuration's, which belongs to these probabilities.
    """

    sequences: torch.LongTensor | None = None
    probabilities: torch.FloatTensor | None = None
    uncertain_below: float | None = None


@dataclass
class MotionOutput(ModelOutput):
    """Generated motions.

    Attributes:
        sequences: (B, S) int64 decoder ids, the start token first, padded at the end.
        codes: B tensors (N,) int64, codes of the VQ-VAE.
        features: B tensors (N * frames per code, num_features), normalised.
    """

    sequences: torch.LongTensor | None = None
    codes: list[torch.LongTensor] | None = None
    features: list[torch.FloatTensor] | None = None


class AgirForGaitAssessment(WholeWeightsMixin, PreTrainedModel, GenerationMixin):
    """T5 whose vocabulary has motion tokens and score tokens, and the VQ-VAE that makes them.

    A prompt holds ``config.motion_mask_token_id`` wherever a code of ``motion_values`` belongs
    ([`AgirProcessor`] writes it so), or the motion tokens themselves. The score is judged from
    the motion tokens alone.
    """

    config_class = AgirConfig
    base_model_prefix = "model"  # the backbone ends in hidden states: TRL's fused head needs that
    main_input_name = "input_ids"
    supports_gradient_checkpointing = True
    _supports_sdpa = True
    _keep_in_fp32_modules = ["vqvae"]
    _tied_weights_keys = {  # the head is a matrix of its own
        f"model.{stack}.embed_tokens.weight": "model.shared.weight"
        for stack in ("encoder", "decoder")
    }
    _auto_class = "AutoModel"  # its code travels with every saved checkpoint

    def __init__(self, config: AgirConfig):
        super().__init__(config)
        self.vqvae = MotionVQVAE(config.vqvae_config)
        self.model = T5Model(config.text_config)
        text = config.text_config
        self.lm_head = nn.Linear(text.d_model, text.vocab_size, bias=False)
        self.post_init()

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        if module is getattr(self, "lm_head", None):
            initialization.normal_(module.weight, std=self.config.text_config.d_model**-0.5)

    def get_input_embeddings(self) -> nn.Embedding:
        return self.model.get_input_embeddings()

    def set_input_embeddings(self, value: nn.Embedding) -> None:
        self.model.set_input_embeddings(value)

    def get_output_embeddings(self) -> nn.Linear:
        return self.lm_head

    def set_output_embeddings(self, value: nn.Linear) -> None:
        self.lm_head = value

    def get_encoder(self, modality: str | None = None) -> nn.Module:
        return self.model.encoder

    def prepare_decoder_input_ids_from_labels(self, labels: torch.LongTensor) -> torch.LongTensor:
        """Labels (B, S) shifted right behind the decoder's start token; -100 becomes padding."""
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
        """Put the codes of each motion where the mask token stands in its prompt.

        Args:
            input_ids: (B, S) with as many mask tokens in a row as its motion has codes.
            motion_values: (B, L, num_features), normalised.
            motion_attention_mask: (B, L) or None.
            motion_statistics: (B,) number of the statistics that the motions are normalised with,
                as the feature extractor gives it; None is not checked.

        Raises:
            ValueError: if a prompt and its motion do not have the same number, or the motions are
                normalised with statistics that are not the model's.
        """
        codes = self.vqvae.encode(motion_values, motion_attention_mask, motion_statistics)
        places = input_ids == self.config.motion_mask_token_id
        wanted, given = places.sum(1).tolist(), (codes >= 0).sum(1).tolist()
        if wanted != given:
            raise ValueError(
                f"prompts have places for {wanted} motion codes, the motions have {given}: "
                "prepare text and motion together with AgirProcessor"
            )
        tokens = codes[codes >= 0] + self.config.motion_token_offset
        return input_ids.masked_scatter(places, tokens.to(input_ids.dtype))

    @torch.no_grad()
    def embed_motion(
        self,
        motion_values: torch.Tensor,
        motion_attention_mask: torch.Tensor | None = None,
        motion_statistics: torch.LongTensor | None = None,
        contextual: bool = False,
    ) -> torch.FloatTensor:
        """Motions as vectors: the mean over their motion tokens.

        Args:
            motion_values: (B, L, num_features), normalised.
            motion_attention_mask: (B, L) or None.
            motion_statistics: see [`insert_motion`].
            contextual: mean of the encoder's last states at the tokens, read between their
                markers without an instruction; otherwise of the tokens' embeddings.

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
            last = kept.sum(1) + 1
            ids[torch.arange(len(ids)), last], mask[torch.arange(len(ids)), last] = end, True
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
        """One pass through encoder and decoder.

        Args:
            input_ids: (B, S) prompt; see [`insert_motion`] for ``motion_values`` beside it.
            labels: (B, T) target ids, -100 where no loss is taken; gives the mean cross-entropy
                and, where ``decoder_input_ids`` is None, the decoder's input.

        Returns:
            [`~transformers.modeling_outputs.Seq2SeqLMOutput`] with ``logits`` (B, T, V).
        """
        if motion_values is not None and encoder_outputs is None:
            input_ids = self.insert_motion(
                input_ids, motion_values, motion_attention_mask, motion_statistics
            )
        if labels is not None and decoder_input_ids is None:
            decoder_input_ids = self.prepare_decoder_input_ids_from_labels(labels)
        outputs = self.model(
            input_ids=input_ids,
            attention_mask=attention_mask,
            decoder_input_ids=decoder_input_ids,
            decoder_attention_mask=decoder_attention_mask,
            encoder_outputs=encoder_outputs,
            past_key_values=past_key_values,
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
        """As [`~transformers.GenerationMixin.generate`], with motion beside the prompt."""
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
        """Generate answers that have AGIR's form, with the probabilities of the three scores.

        With one rationale decoding is greedy, and the score is the one that is most probable behind
        it. With several,
        that many are drawn for each motion, the probabilities of the scores are averaged over
        them, P(score | motion) = E P(score | rationale, motion), and of the rationales that speak
        for the most probable score the one that is most like all of them is given. What is drawn
        follows from the motion alone. Sources: Wang et al. 2023 (Self-Consistency); Kumar and
        Byrne 2004, see `agir_hf.generation_agir.minimum_bayes_risk`.

        Args:
            input_ids: (B, S) prompts from [`AgirProcessor`].
            max_new_tokens: longest answer; one that runs long is brought to its score in time.
            num_rationales: drawn for each motion; ``config.num_rationales`` by default.
            kwargs: for ``generate``, such as ``num_beams`` or ``do_sample``; with them there is
                one rationale unless more are asked for, which is refused.

        Returns:
            [`AgirAssessmentOutput`]; [`AgirProcessor.decode_assessments`] reads it.

        Raises:
            ValueError: for fewer than one rationale, or several and another way of decoding.
        """
        way = sorted(set(kwargs) - {"use_cache"})  # the caller decodes in a way of his own
        if num_rationales is None:
            num_rationales = 1 if way else self.config.num_rationales
        if num_rationales < 1 or (num_rationales > 1 and way):
            raise ValueError(
                f"num_rationales is {num_rationales}{' with ' * bool(way)}{', '.join(way)}, "
                "expected at least 1, and 1 with another way of decoding"
            )
        if motion_values is not None:
            input_ids = self.insert_motion(
                input_ids, motion_values, motion_attention_mask, motion_statistics
            )
        if attention_mask is None:
            attention_mask = torch.ones_like(input_ids)
        forms = [AnswerConstraint(self.config, max_new_tokens)]
        if num_rationales > 1:
            seeds = _seeds(input_ids, attention_mask, num_rationales)
            forms.append(SeededSampling(seeds, self.config.rationale_temperature))
        sequences = self._generate(
            forms,
            input_ids.repeat_interleave(num_rationales, 0),
            attention_mask.repeat_interleave(num_rationales, 0),
            max_new_tokens,
            kwargs,
        )
        probabilities = self.score_probabilities(input_ids, attention_mask, sequences)
        if num_rationales > 1:
            sequences, probabilities = self._self_consistent(
                sequences, probabilities, num_rationales
            )
        else:
            probabilities = self._calibrated(probabilities)
            sequences = sequences if way else self._with_scores(sequences, probabilities.argmax(1))
        return AgirAssessmentOutput(sequences, probabilities, self.config.uncertain_below)

    def _calibrated(self, probabilities: torch.FloatTensor) -> torch.FloatTensor:
        """Probabilities (…, 3) as fitted on validation walks: softmax(log p / T + b).

        T is ``config.score_temperature`` and b ``config.score_bias``. Source: Alexandari, Kundaje
        and Shrikumar 2020 (Maximum Likelihood with Bias-Corrected Calibration).
        """
        least = torch.finfo(probabilities.dtype).tiny
        logits = probabilities.clamp(min=least).log() / self.config.score_temperature
        if self.config.score_bias is not None:
            logits = logits + logits.new_tensor(self.config.score_bias)
        return logits.softmax(-1)

    def _self_consistent(
        self, sequences: torch.LongTensor, probabilities: torch.FloatTensor, number: int
    ) -> tuple[torch.LongTensor, torch.FloatTensor]:
        """Of ``number`` answers to each prompt one, with their probabilities' calibrated mean.

        The score in it is the most probable one, also where no single answer has it first.
        """
        own = probabilities.unflatten(0, (-1, number))
        mean = self._calibrated(own.mean(1))
        scores, end = mean.argmax(1), self.config.reasoning_end_token_id
        kept = []
        for answers, firsts, score in zip(
            sequences.unflatten(0, (-1, number)).tolist(),
            self._calibrated(own).argmax(2),
            scores,
            strict=True,
        ):
            texts = [answer[2 : answer.index(end)] for answer in answers]
            among = (firsts == score).nonzero().flatten().tolist() or list(range(number))
            kept.append(answers[minimum_bayes_risk(texts, among)])
        return self._with_scores(torch.tensor(kept, device=sequences.device), scores), mean

    def _with_scores(
        self, sequences: torch.LongTensor, scores: torch.LongTensor
    ) -> torch.LongTensor:
        """Answers (B, T) that tell these scores (B,)."""
        place = (sequences == self.config.score_start_token_id).int().argmax(1) + 1
        ids = torch.tensor(self.config.score_token_ids, device=sequences.device)[scores]
        return sequences.scatter(1, place[:, None], ids[:, None])

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
        """Describe motions in words: no motion token and no token of an answer is admitted.

        Args:
            input_ids: (B, S) prompts from [`AgirProcessor`], whose ``description_prompt`` asks
                for feet or arms.
            max_new_tokens: longest description; one that runs long is cut.
            kwargs: for ``generate``; greedy by default.

        Returns:
            (B, T) int64 decoder ids; [`AgirProcessor.decode_descriptions`] reads them.
        """
        if motion_values is not None:
            input_ids = self.insert_motion(
                input_ids, motion_values, motion_attention_mask, motion_statistics
            )
        form = DescriptionConstraint(self.config)
        return self._generate([form], input_ids, attention_mask, max_new_tokens, kwargs)

    @torch.no_grad()
    def generate_motion(
        self,
        input_ids: torch.LongTensor,
        attention_mask: torch.Tensor | None = None,
        num_codes: int | None = None,
        max_new_tokens: int | None = None,
        **kwargs,
    ) -> MotionOutput:
        """Generate motions of the kind a text tells.

        Args:
            input_ids: (B, S) prompts, as [`AgirProcessor`]'s ``motion_prompt`` words them.
            num_codes: codes of every motion; by default each ends where the model ends it.
            max_new_tokens: codes and their three markers at most; by default what ``num_codes``
                take, or 256.
            kwargs: for ``generate``; greedy by default, ``do_sample=True`` gives variety.

        Returns:
            [`MotionOutput`]; [`AgirProcessor.decode_motion`] makes joints of it.

        Raises:
            ValueError: for no code, or more codes than ``max_new_tokens`` have room for.
        """
        if max_new_tokens is None:
            longest = DEFAULT_MAX_NEW_TOKENS
            max_new_tokens = longest if num_codes is None else num_codes + MOTION_ANSWER_TOKENS
        form = MotionConstraint(self.config, max_new_tokens, num_codes)
        sequences = self._generate([form], input_ids, attention_mask, max_new_tokens, kwargs)
        first, end = self.config.motion_token_offset, self.config.motion_start_token_id
        codes = [row[(row >= first) & (row < end)] - first for row in sequences]
        padded = nn.utils.rnn.pad_sequence(codes, batch_first=True, padding_value=-1)
        lengths = [len(row) * self.vqvae.config.downsampling_factor for row in codes]
        decoded = zip(self.vqvae.decode(padded), lengths, strict=True)
        features = [row[:length] for row, length in decoded]
        return MotionOutput(sequences=sequences, codes=codes, features=features)

    def _generate(
        self,
        forms: list[LogitsProcessor],
        input_ids: torch.LongTensor,
        attention_mask: torch.Tensor | None,
        max_new_tokens: int,
        kwargs: dict,
    ) -> torch.LongTensor:
        """Decoder ids (B, S) that keep forms; greedy unless ``kwargs`` say otherwise."""
        return self.generate(
            input_ids,
            attention_mask=torch.ones_like(input_ids) if attention_mask is None else attention_mask,
            max_new_tokens=max_new_tokens,
            logits_processor=LogitsProcessorList(forms),
            **{"do_sample": False, "num_beams": 1, **kwargs},
        )

    @torch.no_grad()
    def score_probabilities(
        self,
        input_ids: torch.LongTensor,
        attention_mask: torch.Tensor,
        sequences: torch.LongTensor,
    ) -> torch.FloatTensor:
        """Softmax over the three score tokens behind ``<score_start>`` of given answers.

        Args:
            input_ids, attention_mask: (B, S) prompts with their motion tokens in place.
            sequences: (B, T) decoder ids, each with one ``<score_start>``.

        Returns:
            (B, 3) float32.
        """
        rows = len(sequences) // len(input_ids)  # several answers to a prompt where sampled so
        logits = self(
            input_ids=input_ids.repeat_interleave(rows, 0),
            attention_mask=attention_mask.repeat_interleave(rows, 0),
            decoder_input_ids=sequences,
            use_cache=False,
        ).logits
        place = (sequences == self.config.score_start_token_id).int().argmax(1)
        at_score = logits[torch.arange(len(sequences), device=logits.device), place]
        at_score = at_score[:, list(self.config.score_token_ids)].float()
        return at_score.softmax(-1)

    def save_pretrained(self, save_directory: str | os.PathLike, **kwargs):
        """Weights, configuration and the code they need, loadable with ``trust_remote_code``."""
        from .pipeline_agir import TASK, GaitAssessmentPipeline  # named here, it travels along

        name = _name_in_repository(type(self))
        self.config.auto_map = {"AutoModel": name, "AutoModelForSeq2SeqLM": name}
        impl = _name_in_repository(GaitAssessmentPipeline)
        self.config.custom_pipelines = {TASK: {"impl": impl, "pt": ["AutoModelForSeq2SeqLM"]}}
        return super().save_pretrained(save_directory, **kwargs)

    @classmethod
    def from_t5(cls, t5, vqvae, tokenizer=None) -> "AgirForGaitAssessment":
        """Extend a T5 or Flan-T5 with the tokens of AGIR and join it to a motion VQ-VAE.

        The old rows of embeddings and head stay as they are. New rows are drawn from a normal
        distribution with the old rows' mean and spread. A T5 that scales its hidden states
        before a tied head (the first T5) gets the scale into its head instead.

        Args:
            t5: [`~transformers.T5ForConditionalGeneration`], or a path or name of one.
            vqvae: [`MotionVQVAE`], or a path or name of one.
            tokenizer: the T5 tokenizer before extension; it says after which entry the new tokens
                come. Without it, and without one at the path, the released vocabulary (32,100
                entries, padded to 32,128 rows) or else every row counts as an entry.

        Raises:
            ValueError: if the tokenizer has more entries than the model has rows.
        """
        if isinstance(t5, str | os.PathLike):
            from transformers import AutoTokenizer

            tokenizer = tokenizer or AutoTokenizer.from_pretrained(t5)
            t5 = T5ForConditionalGeneration.from_pretrained(t5)
        if isinstance(vqvae, str | os.PathLike):
            vqvae = MotionVQVAE.from_pretrained(vqvae)
        rows = t5.config.vocab_size
        entries = _vocabulary_size(rows, tokenizer)
        size = max(rows, entries + len(added_tokens(vqvae.config.codebook_size)))
        text = {**t5.config.to_dict(), "vocab_size": size}
        if text.get("decoder_start_token_id") is None:
            text["decoder_start_token_id"] = text["pad_token_id"]
        config = AgirConfig(
            text_config=text, vqvae_config=vqvae.config.to_dict(), motion_token_offset=entries
        )
        model = cls(config)
        model.vqvae.load_state_dict(vqvae.state_dict())
        scale = t5.config.d_model**-0.5 if t5.config.scale_decoder_outputs else 1.0
        head = t5.lm_head.weight.detach() * scale
        model.lm_head.weight.data = _with_rows(head, size)
        shared = _with_rows(t5.shared.weight.detach(), size)
        weights = {k: v for k, v in t5.state_dict().items() if not k.startswith("lm_head")}
        tied = {k: shared for k in weights if k == "shared.weight" or "embed_tokens" in k}
        model.model.load_state_dict({**weights, **tied})
        return model.eval()


def _name_in_repository(kind: type) -> str:
    """A class as ``auto_map`` and ``custom_pipelines`` name it: file.class."""
    return f"{kind.__module__.rpartition('.')[2]}.{kind.__name__}"


def _seeds(input_ids: torch.LongTensor, attention_mask: torch.Tensor, number: int) -> list[int]:
    """``number`` seeds for each prompt, from its own tokens."""
    rows = zip(input_ids.tolist(), attention_mask.tolist(), strict=True)
    texts = [str([i for i, kept in zip(ids, mask, strict=True) if kept]) for ids, mask in rows]
    return [zlib.crc32(f"{text} {i}".encode()) for text in texts for i in range(number)]


def _vocabulary_size(rows: int, tokenizer) -> int:
    """Entries of a T5 vocabulary: of its tokenizer, or of the released one."""
    if tokenizer is None:
        return T5_VOCABULARY_SIZE if rows == T5_PADDED_VOCABULARY_SIZE else rows
    if len(tokenizer) > rows:
        raise ValueError(
            f"the tokenizer has {len(tokenizer)} entries and the T5 {rows} rows: give the "
            "tokenizer that belongs to this T5, before extension"
        )
    return len(tokenizer)


def _with_rows(weight: torch.Tensor, size: int) -> torch.Tensor:
    """``weight`` (V, D) with rows added up to ``size``, of its own mean and spread."""
    noise = torch.randn(size - len(weight), weight.shape[1], dtype=weight.dtype)
    return torch.cat([weight, weight.mean(0) + weight.std(0) * noise])


__all__ = ["AgirAssessmentOutput", "AgirForGaitAssessment", "AnswerConstraint", "MotionOutput"]

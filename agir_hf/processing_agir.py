"""Processor: motions and texts → model inputs; generated ids → assessments, texts and motions."""

import copy
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from transformers import BatchFeature, ProcessorMixin
from transformers.tokenization_utils_base import AddedToken
from transformers.utils import cached_file

from .answers_agir import GaitAssessment, ScoreParseError, vote
from .configuration_agir import added_tokens, check_num_scores
from .constants_agir import NUM_SCORES
from .feature_extraction_agir import AgirFeatureExtractor
from .prompts_agir import (
    DEFAULT_INSTRUCTION,
    MAX_ANSWER_TOKENS,
    MAX_PROMPT_TOKENS,
    MOTION_PLACEHOLDER,
    PromptsAndAnswers,
)


class AgirProcessor(PromptsAndAnswers, ProcessorMixin):
    """Processor of AGIR: a T5 tokenizer with motion and answer tokens, and a feature extractor.

    It expands `<motion>` in an instruction to as many mask tokens as the motion has codes, and
    parses the answers of the model.

    Args:
        feature_extractor ([`AgirFeatureExtractor`]):
            Feature extractor of motions.
        tokenizer ([`~transformers.PreTrainedTokenizerBase`]):
            T5 tokenizer that ends with the added tokens; see [`AgirProcessor.from_t5`].
        kwargs:
            Passed to [`~transformers.ProcessorMixin`].

    Raises:
        ValueError: The tokenizer has no motion or answer tokens.

    Example:
        ```python
        >>> import numpy as np
        >>> import agir_hf
        >>> processor = agir_hf.AgirProcessor.from_pretrained(agir_hf.DEFAULT_MODEL)
        >>> inputs = processor(motion=np.zeros((80, 263)))
        >>> inputs["motion_values"].shape, inputs["motion_attention_mask"].shape
        (torch.Size([1, 80, 263]), torch.Size([1, 80]))

        ```
    """

    _auto_class = "AutoProcessor"  # its code is saved with every checkpoint

    def __init__(self, feature_extractor, tokenizer, **kwargs):
        super().__init__(feature_extractor, tokenizer, **kwargs)
        self._read_vocabulary(tokenizer.get_vocab())

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path, *args, **kwargs):
        """Load a processor; errors name the files that are missing.

        Args:
            pretrained_model_name_or_path: Name on the Hub or path of a folder.
            args: Passed to [`~transformers.ProcessorMixin.from_pretrained`].
            kwargs: Passed to [`~transformers.ProcessorMixin.from_pretrained`].

        Raises:
            OSError: A file of the processor is missing.
            ValueError: The processor has no mean and standard deviation, or others than the model,
                or another vocabulary than the model in the same folder.
        """
        try:
            processor = super().from_pretrained(pretrained_model_name_or_path, *args, **kwargs)
        except (OSError, ValueError) as error:
            missing = _missing_files(pretrained_model_name_or_path, kwargs)
            if not missing:
                raise
            raise OSError(
                f"{pretrained_model_name_or_path} has no {' and no '.join(missing)}: download "
                "the whole repository, or save the processor there (save_pretrained)"
            ) from error
        config = Path(pretrained_model_name_or_path, kwargs.get("subfolder") or "", "config.json")
        if config.is_file():
            processor._check_config(json.loads(config.read_text(encoding="utf-8")))
        if processor.feature_extractor.statistics_fingerprint is None:
            raise ValueError(
                f"the processor at {pretrained_model_name_or_path} has no mean and std: create "
                "it with those of the training data (AgirProcessor.from_t5) and save it again"
            )
        return processor

    @classmethod
    def from_t5(
        cls,
        tokenizer,
        mean,
        std,
        codebook_size: int = 512,
        num_scores: int = NUM_SCORES,
        **kwargs,
    ) -> "AgirProcessor":
        """Extend a T5 tokenizer and join it to a feature extractor. The tokenizer is copied.

        Args:
            tokenizer ([`~transformers.PreTrainedTokenizerBase`]):
                T5 tokenizer before extension; 32,100 entries become 32,622 with 512 codes.
            mean (`np.ndarray` of shape `(263,)`):
                Means of the features in the training data.
            std (`np.ndarray` of shape `(263,)`):
                Standard deviations of the features in the training data.
            codebook_size (`int`, *optional*, defaults to 512):
                Number of codes of the motion VQ-VAE.
            num_scores (`int`, *optional*, defaults to 3):
                Number of scores of the model.
            kwargs:
                Passed to [`AgirFeatureExtractor`].

        Returns:
            [`AgirProcessor`]: Processor for a model that `AgirForGaitAssessment.from_t5` returns.

        Raises:
            ValueError: The tokenizer has been extended already, or the statistics are wrong.

        Example:
            ```python
            >>> import numpy as np
            >>> from agir_hf import AgirProcessor
            >>> from agir_hf.training.tokenizer import train_t5_tokenizer
            >>> tokenizer = train_t5_tokenizer(["a slow walk", "a fast walk"], vocabulary_size=60)
            >>> processor = AgirProcessor.from_t5(tokenizer, np.zeros(263), np.ones(263), 16)
            >>> len(processor.tokenizer) - len(tokenizer)
            26

            ```
        """
        tokenizer = copy.deepcopy(tokenizer)
        check_num_scores(num_scores)
        tokens, vocabulary = added_tokens(codebook_size, num_scores), tokenizer.get_vocab()
        present = [token for token in tokens if token in vocabulary]
        if present:
            raise ValueError(f"the tokenizer has {present[0]} already: pass one before extension")
        tokenizer.add_tokens([AddedToken(t, special=True, normalized=False) for t in tokens])
        return cls(AgirFeatureExtractor(mean=mean, std=std, **kwargs), tokenizer)

    def __call__(
        self,
        motion: Any = None,
        text: str | Sequence[str] | None = None,
        return_tensors: str | None = "pt",
        **kwargs,
    ) -> BatchFeature:
        """Prepare motions with their instructions for the model.

        Args:
            motion (`np.ndarray`, object with `joints` and `rate_hz`, or `list`, *optional*):
                One motion or a list of motions; see [`AgirFeatureExtractor.features`].
            text (`str` or `list[str]`, *optional*):
                One instruction for all motions, or one per motion. With a motion, each contains
                `<motion>` exactly once, at the position of the motion. The default asks for an
                assessment.
            return_tensors (`str`, *optional*, defaults to `"pt"`):
                "pt" for tensors, "np" for arrays.
            kwargs:
                Passed to the tokenizer.

        Returns:
            [`~transformers.BatchFeature`]: `input_ids` and `attention_mask` (B, S); with a motion
            also `motion_values` (B, L, 263) normalized, `motion_attention_mask` (B, L) and
            `motion_statistics` (B,).

        Raises:
            ValueError: The numbers of texts and motions differ, or a text does not have exactly one
                `<motion>`.

        Example:
            ```python
            >>> import agir_hf
            >>> from agir_hf.motion import read_recording, to_joints
            >>> processor = agir_hf.AgirProcessor.from_pretrained(agir_hf.DEFAULT_MODEL)
            >>> motion = to_joints(read_recording(agir_hf.SAMPLE_RECORDING))
            >>> inputs = processor(motion=motion)
            >>> inputs["motion_values"].shape
            torch.Size([1, 116, 263])

            ```
        """
        texts, motion_inputs = self._prepare(motion, text)
        return self._tokenize(texts, motion_inputs, return_tensors, kwargs)

    def _tokenize(self, texts, motion_inputs, return_tensors, kwargs) -> BatchFeature:
        """Token ids and mask of padded texts, with the inputs of the motions."""
        encoded = self.tokenizer(texts, **{"padding": True, **kwargs})
        names = ("input_ids", "attention_mask")
        data = {**{name: encoded[name] for name in names}, **motion_inputs}
        return BatchFeature(data, tensor_type=return_tensors)


def _missing_files(name_or_path, options: dict) -> list[str]:
    """Files of a processor that a repository lacks; an empty list if it cannot be reached."""
    names = {"cache_dir", "force_download", "local_files_only", "revision", "subfolder", "token"}
    options = {name: value for name, value in options.items() if name in names}

    def has(file: str) -> bool:
        path = cached_file(
            name_or_path, file, _raise_exceptions_for_missing_entries=False, **options
        )
        return path is not None

    try:
        missing = [] if has("tokenizer.json") else ["tokenizer.json"]
        if not has("processor_config.json") and not has("preprocessor_config.json"):
            missing.append("processor_config.json")
    except OSError:
        return []
    return missing


__all__ = [
    "DEFAULT_INSTRUCTION",
    "MAX_ANSWER_TOKENS",
    "MAX_PROMPT_TOKENS",
    "MOTION_PLACEHOLDER",
    "AgirProcessor",
    "GaitAssessment",
    "ScoreParseError",
    "vote",
]

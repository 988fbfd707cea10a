"""Processor of the model in numpy: motions and texts → arrays; ids → assessments and texts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from ..features_agir import MotionFeatures
from ..prompts_agir import PromptsAndAnswers


class ModelInputs(dict):
    """Arrays for the model by name."""

    def to(self, device: str) -> ModelInputs:
        """Return the same arrays: the model in numpy runs on the CPU.

        Args:
            device: Device of the model.
        """
        return self


class _Attributes:
    """Base that sets the rest of the settings of a feature extractor as attributes."""

    def __init__(self, **settings):
        vars(self).update(settings)


class NumpyFeatureExtractor(MotionFeatures, _Attributes):
    """Feature extractor of the model in numpy; `AgirFeatureExtractor` describes its arguments."""

    def __call__(self, motion: Any, return_tensors: str | None = None) -> ModelInputs:
        """Prepare one motion, or a list of motions, for the model.

        Args:
            motion: A motion as in `MotionFeatures.features`, or a list of them.
            return_tensors: Not used; the result always has arrays.
        """
        return ModelInputs(self._model_inputs(motion))


class TextTokenizer:
    """Tokenizer of a checkpoint, read from its `tokenizer.json`.

    Args:
        folder: Folder of the model.

    Raises:
        OSError: A file is missing.
        ValueError: A file is damaged.
    """

    def __init__(self, folder: Path):
        from tokenizers import Tokenizer

        try:
            self._tokenizer = Tokenizer.from_file(str(Path(folder, "tokenizer.json")))
        except Exception as error:  # the library raises no narrower class
            raise ValueError(f"tokenizer.json: {error}") from error
        self._tokenizer.no_truncation()  # the file keeps both of the last call before it was saved
        self._tokenizer.no_padding()
        config = json.loads(Path(folder, "tokenizer_config.json").read_text(encoding="utf-8"))
        names = (config.get(f"{kind}_token") for kind in ("pad", "eos", "unk"))
        ids = self.convert_tokens_to_ids([_text_of(name) for name in names])
        self.pad_token_id, self.eos_token_id, self.unk_token_id = ids
        if None in ids:
            raise ValueError("tokenizer_config.json names a token that tokenizer.json lacks")

    def __call__(self, text: str) -> SimpleNamespace:
        """Token ids of a text, as the attribute `input_ids`.

        Args:
            text: The text.
        """
        return SimpleNamespace(input_ids=self._tokenizer.encode(text).ids)

    def get_vocab(self) -> dict[str, int]:
        """Token → id."""
        return self._tokenizer.get_vocab()

    def convert_tokens_to_ids(self, tokens: Sequence[str]) -> list[int | None]:
        """Ids of tokens.

        Args:
            tokens: Texts of the tokens.
        """
        return [self._tokenizer.token_to_id(token) for token in tokens]

    def encode(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Ids and mask (B, S) int64 of texts, with padding at the end.

        Args:
            texts: The texts.
        """
        rows = [self._tokenizer.encode(text).ids for text in texts]
        ids = np.full((len(rows), max(map(len, rows))), self.pad_token_id)
        mask = np.zeros_like(ids)
        for i, row in enumerate(rows):
            ids[i, : len(row)] = row
            mask[i, : len(row)] = 1
        return ids, mask

    def decode(self, ids: Sequence[int], skip_special_tokens: bool = False) -> str:
        """Text of ids.

        Args:
            ids: Token ids.
            skip_special_tokens: Whether to leave out special tokens.
        """
        return self._tokenizer.decode(list(ids), skip_special_tokens=skip_special_tokens)

    def batch_decode(
        self, rows: Iterable[Sequence[int]], skip_special_tokens: bool = False
    ) -> list[str]:
        """Texts of several rows of ids.

        Args:
            rows: Token ids of each text.
            skip_special_tokens: Whether to leave out special tokens.
        """
        return [self.decode(row, skip_special_tokens) for row in rows]


def _text_of(token) -> str:
    """Text of a token, which may be stored with its properties."""
    return str(token["content"] if isinstance(token, dict) else token)


class NumpyProcessor(PromptsAndAnswers):
    """Processor of the model in numpy; `AgirProcessor` describes its methods.

    Args:
        feature_extractor: Feature extractor of motions.
        tokenizer: Tokenizer of the checkpoint.
    """

    def __init__(self, feature_extractor: NumpyFeatureExtractor, tokenizer: TextTokenizer):
        self.feature_extractor, self.tokenizer = feature_extractor, tokenizer
        self._read_vocabulary(tokenizer.get_vocab())

    @classmethod
    def from_folder(cls, folder: Path, config: dict[str, Any]) -> NumpyProcessor:
        """Load the processor of a model.

        Args:
            folder: Folder of the model.
            config: Content of `config.json` of the model, which is compared with the processor.

        Raises:
            OSError: A file is missing.
            ValueError: A file is damaged, or the processor belongs to another model.
        """
        path = Path(folder, "processor_config.json")
        settings = json.loads(path.read_text(encoding="utf-8"))["feature_extractor"]
        extractor = NumpyFeatureExtractor(**settings)
        processor = cls(extractor, TextTokenizer(folder))
        processor._check_config(config)
        extractor._compare(config["vqvae_config"].get("statistics_fingerprint"))
        if extractor.statistics_fingerprint is None:
            raise ValueError("processor_config.json has no mean and std")
        return processor

    def __call__(self, motion: Any = None, text: str | Sequence[str] | None = None) -> ModelInputs:
        """Prepare motions with their instructions for the model.

        Args:
            motion: One motion or a list of motions; see `AgirFeatureExtractor.features`.
            text: One instruction for all motions, or one per motion.

        Returns:
            `input_ids` and `attention_mask` (B, S); with a motion also `motion_values` (B, L, 263)
            normalized, `motion_attention_mask` (B, L) and `motion_statistics` (B,).
        """
        texts, motion_inputs = self._prepare(motion, text)
        ids, mask = self.tokenizer.encode(texts)
        return ModelInputs(input_ids=ids, attention_mask=mask, **motion_inputs)

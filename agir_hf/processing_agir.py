"""AgirProcessor: motion or text → model inputs; generated ids → assessments, texts, motions."""

import copy
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from transformers import BatchFeature, ProcessorMixin
from transformers.tokenization_utils_base import AddedToken
from transformers.utils import cached_file

from .configuration_agir import (
    NUM_MOTION_SPECIAL_TOKENS,
    REASONING_END,
    REASONING_START,
    SCORE_END,
    SCORE_START,
    SCORE_TOKENS,
    added_tokens,
    motion_token,
)
from .feature_extraction_agir import AgirFeatureExtractor
from .humanml3d import features_to_joints

MOTION_PLACEHOLDER = "<motion>"
DEFAULT_INSTRUCTION = (
    "Score the gait impairment of this walk from 0 to 2 and give your reasons: <motion>"
)
DESCRIPTION_INSTRUCTIONS = {
    "foot": "Describe the feet in this walk: <motion>",
    "arm": "Describe the arms in this walk: <motion>",
}
MOTION_INSTRUCTION = "Generate the motion described here: <description>"
LONGEST_PROMPT = 512  # tokens, as T5 was trained on


class ScoreParseError(ValueError):
    """An answer does not have AGIR's form; ``text`` is the whole answer."""

    def __init__(self, message: str, text: str):
        super().__init__(f"{message}: {text!r}")
        self.text = text


@dataclass(frozen=True)
class GaitAssessment:
    """A score with its reasons. Research use only, not a medical device.

    Attributes:
        score: 0, 1 or 2 of the MDS-UPDRS gait item.
        probabilities: of the scores 0, 1, 2; None where only text was read.
        reasoning: the rationale, plain text.
        uncertain_below: the model's level: a score that is less probable is uncertain. None where
            the model has none.
    """

    score: int
    probabilities: tuple[float, float, float] | None
    reasoning: str
    uncertain_below: float | None = None

    @property
    def uncertain(self) -> bool:
        """Whether the score's probability is below the level; False where one is not known."""
        if self.probabilities is None or self.uncertain_below is None:
            return False
        return self.probabilities[self.score] < self.uncertain_below

    @property
    def alternatives(self) -> tuple[int, ...]:
        """Scores to reckon with, in order: more than one where the assessment is uncertain.

        The score given, and the most probable others until together they reach the level.
        """
        kept = [self.score]
        if self.uncertain:
            others = sorted(range(len(SCORE_TOKENS)), key=lambda k: -self.probabilities[k])
            for other in (k for k in others if k != self.score):
                if sum(self.probabilities[k] for k in kept) < self.uncertain_below:
                    kept.append(other)
        return tuple(sorted(kept))

    def to_dict(self) -> dict[str, Any]:
        """Fields, ``uncertain`` and ``alternatives``."""
        return asdict(self) | {"uncertain": self.uncertain, "alternatives": self.alternatives}


def vote(
    assessments: Sequence[GaitAssessment], weights: Sequence[float] | None = None
) -> GaitAssessment:
    """One assessment of the windows of a motion.

    Probabilities are averaged over windows, the score is the most probable; the reasoning is of
    the window that is surest of that score. The mean is held against the model's level.

    Args:
        assessments: with probabilities, one for each window.
        weights: of the windows, such as their lengths; alike by default.

    Raises:
        ValueError: for none, or one without probabilities.
    """
    if not assessments or any(one.probabilities is None for one in assessments):
        raise ValueError("a vote needs assessments, and the probabilities of each")
    table = np.array([one.probabilities for one in assessments])
    mean = np.average(table, axis=0, weights=weights)
    score = int(mean.argmax())
    surest = assessments[int(table[:, score].argmax())]
    return replace(surest, score=score, probabilities=tuple(mean.tolist()))


class AgirProcessor(ProcessorMixin):
    """Tokenizer with motion and answer tokens, and the feature extractor of motions.

    Args:
        feature_extractor: [`AgirFeatureExtractor`].
        tokenizer: a T5 tokenizer that ends in the added tokens; see [`AgirProcessor.from_t5`].

    Raises:
        ValueError: if the tokenizer has no motion or answer tokens.
    """

    _auto_class = "AutoProcessor"  # its code travels with every saved checkpoint

    def __init__(self, feature_extractor, tokenizer, **kwargs):
        super().__init__(feature_extractor, tokenizer, **kwargs)
        vocabulary = tokenizer.get_vocab()
        needed = (REASONING_START, REASONING_END, SCORE_START, SCORE_END, *SCORE_TOKENS)
        missing = [token for token in (motion_token(0), *needed) if token not in vocabulary]
        if missing:
            raise ValueError(
                f"the tokenizer has no {', '.join(missing)}: make the processor with "
                "AgirProcessor.from_t5, which adds them"
            )
        self._motion_offset = vocabulary[motion_token(0)]
        after = vocabulary[REASONING_START] - self._motion_offset
        self._codebook_size = after - NUM_MOTION_SPECIAL_TOKENS

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path, *args, **kwargs):
        """As transformers' own, but what is missing of a processor is named.

        Raises:
            OSError: if the repository lacks a file of it.
            ValueError: if there are no statistics in it, or they are not the model's.
        """
        try:
            processor = super().from_pretrained(pretrained_model_name_or_path, *args, **kwargs)
        except (OSError, ValueError) as error:
            missing = _missing_files(pretrained_model_name_or_path, kwargs)
            if not missing:
                raise
            raise OSError(
                f"{pretrained_model_name_or_path} has no {' and no '.join(missing)}: fetch the "
                "whole repository, or save the processor of the model there (save_pretrained)"
            ) from error
        if processor.feature_extractor.statistics_fingerprint is None:
            raise ValueError(
                f"the processor at {pretrained_model_name_or_path} has no mean and std: save it "
                "there anew with those of the training data (AgirProcessor.from_t5)"
            )
        return processor

    @classmethod
    def from_t5(cls, tokenizer, mean, std, codebook_size: int = 512, **kwargs) -> "AgirProcessor":
        """Extend a T5 tokenizer (a copy of it) and join it to a feature extractor.

        Args:
            tokenizer: T5 tokenizer; 32,100 entries become 32,622 with 512 codes.
            mean, std: (263,) statistics of the training data.
            codebook_size: codes of the VQ-VAE.
            kwargs: for [`AgirFeatureExtractor`].
        """
        tokenizer = copy.deepcopy(tokenizer)
        tokens, vocabulary = added_tokens(codebook_size), tokenizer.get_vocab()
        known = [token for token in tokens if token in vocabulary]
        if known:
            raise ValueError(f"the tokenizer has {known[0]} already: give one before extension")
        tokenizer.add_tokens([AddedToken(t, special=True, normalized=False) for t in tokens])
        return cls(AgirFeatureExtractor(mean=mean, std=std, **kwargs), tokenizer)

    @property
    def codebook_size(self) -> int:
        return self._codebook_size

    def motion_text(self, codes: Sequence[int], hidden: Collection[int] = ()) -> str:
        """Codes of one motion as text: start token, code tokens, end token.

        Args:
            codes: in 0 … ``codebook_size`` - 1.
            hidden: places where the mask token stands instead, as in training on parts.
        """
        wrong = [code for code in codes if not 0 <= code < self.codebook_size]
        if wrong:
            raise ValueError(f"code {wrong[0]} is not in 0 … {self.codebook_size - 1}")
        mask = self.codebook_size + NUM_MOTION_SPECIAL_TOKENS - 1
        shown = [mask if i in hidden else int(code) for i, code in enumerate(codes)]
        return self._enclosed([motion_token(code) for code in shown])

    def __call__(
        self,
        motion: Any = None,
        text: str | Sequence[str] | None = None,
        return_tensors: str | None = "pt",
        **kwargs,
    ) -> BatchFeature:
        """Model inputs of motions with their instructions.

        Args:
            motion: one motion or a list; see [`AgirFeatureExtractor.features`] for the forms.
            text: one instruction for all motions, or one for each; ``<motion>`` stands once where
                the motion goes. By default the instruction to assess.
            kwargs: for the tokenizer.

        Returns:
            ``input_ids``, ``attention_mask`` and, with a motion, ``motion_values`` (B, L, 263),
            ``motion_attention_mask`` (B, L) and ``motion_statistics`` (B,).

        Raises:
            ValueError: if texts and motions do not agree in number, or a text has no place, or
                several places, for its motion.
        """
        if motion is None and text is None:
            raise ValueError("neither motion nor text was given: give a motion to assess")
        if motion is None:
            texts = [text] if isinstance(text, str) else list(text)
            return self._tokenize(texts, {}, return_tensors, kwargs)
        motion_inputs = self.feature_extractor(motion, return_tensors="np")
        frames = motion_inputs["motion_attention_mask"].sum(1)
        codes = frames // self.feature_extractor.downsampling_factor
        texts = self._texts(DEFAULT_INSTRUCTION if text is None else text, len(codes))
        mask = motion_token(self.codebook_size + 2)
        expanded = [
            one.replace(MOTION_PLACEHOLDER, self._enclosed([mask] * int(count)))
            for one, count in zip(texts, codes, strict=True)
        ]
        return self._tokenize(expanded, dict(motion_inputs), return_tensors, kwargs)

    def description_prompt(self, part: str) -> str:
        """Instruction that asks for a description; give it as ``text`` beside the motion.

        Args:
            part: "foot" or "arm", the parts that descriptions are learnt of.

        Raises:
            ValueError: for another part.
        """
        if part not in DESCRIPTION_INSTRUCTIONS:
            raise ValueError(f"part is {part!r}, expected 'foot' or 'arm'")
        return DESCRIPTION_INSTRUCTIONS[part]

    def motion_prompt(self, description: str) -> str:
        """Instruction that asks for a motion; give it as ``text`` without a motion.

        Args:
            description: of a walk, in the words of the training's descriptions.

        Raises:
            ValueError: if it is empty, holds a token of motions or answers or a character that
                the tokenizer does not know, or is too long.
        """
        description = " ".join(description.split())
        if not description:
            raise ValueError("the description is empty: say in words how the walker steps")
        prompt = MOTION_INSTRUCTION.replace("<description>", description)
        ids = self.tokenizer(prompt).input_ids
        if MOTION_PLACEHOLDER in prompt or any(i >= self._motion_offset for i in ids):
            raise ValueError(
                f"the description holds a token of motions or answers: give words only: {prompt!r}"
            )
        unknown = self.tokenizer.unk_token_id
        if unknown in ids:
            strange = [one for one in description if unknown in self.tokenizer(one).input_ids]
            raise ValueError(
                "the description holds characters that the model does not know "
                f"({', '.join(strange[:3])}): write it without them"
            )
        if len(ids) > LONGEST_PROMPT:
            raise ValueError(
                f"the description with its instruction takes {len(ids)} tokens, expected at most "
                f"{LONGEST_PROMPT}: shorten it"
            )
        return prompt

    def decode_descriptions(self, token_ids) -> list[str]:
        """Texts of what `AgirForGaitAssessment.describe` gave.

        Args:
            token_ids: (B, T) decoder ids.
        """
        rows = self.tokenizer.batch_decode(token_ids, skip_special_tokens=True)
        return [row.strip() for row in rows]

    def decode_motion(self, outputs) -> list[np.ndarray]:
        """Joints of what `AgirForGaitAssessment.generate_motion` gave.

        Returns:
            One (T, 22, 3) float32 for each motion: metres, Y up, 20 fps, the standard skeleton,
            which starts at the origin and faces Z+.
        """
        rows = [row.detach().float().cpu().numpy() for row in outputs.features]
        return features_to_joints([self.feature_extractor.denormalize(row) for row in rows])

    def decode_assessments(self, outputs) -> list[GaitAssessment]:
        """Assessments of what `AgirForGaitAssessment.generate_assessment` gave.

        Raises:
            ScoreParseError: if an answer does not have AGIR's form.
        """
        rows = zip(outputs.sequences.tolist(), outputs.probabilities.tolist(), strict=True)
        level = outputs.uncertain_below
        return [self.parse_assessment(ids, probabilities, level) for ids, probabilities in rows]

    def parse_assessment(
        self,
        token_ids: Sequence[int],
        probabilities: Sequence[float] | None = None,
        uncertain_below: float | None = None,
    ) -> GaitAssessment:
        """Read one answer from its token ids; nothing is repaired.

        Args:
            token_ids: decoder ids; padding and the end of the sequence are left aside.
            probabilities: of the three scores, passed through.
            uncertain_below: the model's level, passed through.

        Raises:
            ScoreParseError: unless the answer is ``<reasoning_start> text <reasoning_end>
                <score_start> <score_k> <score_end>``.
        """
        ids = np.asarray(token_ids).tolist()
        aside = {self.tokenizer.pad_token_id, self.tokenizer.eos_token_id}
        ids = [i for i in ids if i not in aside]
        start, end, score_start, score_end, *scores = self.tokenizer.convert_tokens_to_ids(
            [REASONING_START, REASONING_END, SCORE_START, SCORE_END, *SCORE_TOKENS]
        )
        body = ids[1:-4]
        formed = len(body) > 0 and all(i < self._motion_offset for i in body)
        formed = formed and ids[0] == start and ids[-4] == end
        formed = formed and ids[-3] == score_start and ids[-2] in scores and ids[-1] == score_end
        if not formed:
            form = f"{REASONING_START} … {REASONING_END} {SCORE_START} <score_k> {SCORE_END}"
            raise ScoreParseError(
                f"the answer does not have the form {form}", self.tokenizer.decode(ids)
            )
        return GaitAssessment(
            score=scores.index(ids[-2]),
            probabilities=None if probabilities is None else tuple(map(float, probabilities)),
            reasoning=self.tokenizer.decode(body).strip(),
            uncertain_below=uncertain_below,
        )

    def _enclosed(self, tokens: list[str]) -> str:
        start, end = motion_token(self.codebook_size), motion_token(self.codebook_size + 1)
        return "".join([start, *tokens, end])

    def _texts(self, text: str | Sequence[str], count: int) -> list[str]:
        texts = [text] * count if isinstance(text, str) else list(text)
        if len(texts) != count:
            raise ValueError(f"{len(texts)} texts for {count} motions: give one text for each")
        for one in texts:
            if one.count(MOTION_PLACEHOLDER) != 1:
                raise ValueError(
                    f"instruction has {one.count(MOTION_PLACEHOLDER)} {MOTION_PLACEHOLDER}, "
                    f"expected one, where the motion goes: {one!r}"
                )
        return texts

    def _tokenize(self, texts, motion_inputs, return_tensors, kwargs) -> BatchFeature:
        encoded = self.tokenizer(texts, **{"padding": True, **kwargs})
        names = ("input_ids", "attention_mask")
        data = {**{name: encoded[name] for name in names}, **motion_inputs}
        return BatchFeature(data, tensor_type=return_tensors)


def _missing_files(name_or_path, options: dict) -> list[str]:
    """Which files of a processor a repository lacks; none where it cannot be asked."""
    known = {"cache_dir", "force_download", "local_files_only", "revision", "subfolder", "token"}
    options = {name: value for name, value in options.items() if name in known}

    def has(file: str) -> bool:
        found = cached_file(
            name_or_path, file, _raise_exceptions_for_missing_entries=False, **options
        )
        return found is not None

    try:
        missing = [] if has("tokenizer.json") else ["tokenizer.json"]
        if not has("processor_config.json") and not has("preprocessor_config.json"):
            missing.append("processor_config.json")
    except OSError:
        return []
    return missing


__all__ = ["AgirProcessor", "GaitAssessment", "ScoreParseError", "vote"]


MAX_ANSWER_TOKENS = 256  # tokens

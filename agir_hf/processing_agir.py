"""Processor: motions and texts → model inputs; generated ids → assessments, texts and motions."""

import copy
import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
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
    added_tokens,
    answer_tokens,
    check_num_scores,
    motion_token,
    score_tokens,
)
from .constants_agir import MAX_NUM_SCORES, NUM_SCORES
from .feature_extraction_agir import AgirFeatureExtractor
from .humanml3d import features_to_joints

MOTION_PLACEHOLDER = "<motion>"
DEFAULT_INSTRUCTION = (  # for the scores 0 to 2; `AgirProcessor.instruction` is for any number
    "Score the gait impairment of this walk from 0 to 2 and give your reasons: <motion>"
)
DESCRIPTION_INSTRUCTIONS = {
    "foot": "Describe the feet in this walk: <motion>",
    "arm": "Describe the arms in this walk: <motion>",
}
MOTION_INSTRUCTION = "Generate the motion described here: <description>"
MAX_PROMPT_TOKENS = 512  # longest input in the training of T5
MAX_ANSWER_TOKENS = 256  # longest answer in evaluation


class ScoreParseError(ValueError):
    """Error for an answer that does not have AGIR's format.

    Answers are never repaired: evaluation counts an answer with this error as wrong.

    Args:
        message (`str`):
            Description of the error; `text` is appended to it.
        text (`str`):
            The whole answer, kept as the attribute `text`.

    Example:
        ```python
        >>> import agir_hf
        >>> processor = agir_hf.AgirProcessor.from_pretrained(agir_hf.DEFAULT_MODEL)
        >>> ids = processor.tokenizer("She walks.").input_ids
        >>> try:
        ...     processor.parse_assessment(ids)
        ... except agir_hf.ScoreParseError as error:
        ...     isinstance(error.text, str)
        True

        ```
    """

    def __init__(self, message: str, text: str):
        super().__init__(f"{message}: {text!r}")
        self.text = text


@dataclass(frozen=True)
class GaitAssessment:
    """Gait score with its rationale. Research use only, not a medical device.

    Attributes:
        score (`int`):
            Score of the MDS-UPDRS gait item: 0, 1 or 2; up to 4 for a model with more scores.
        probabilities (`tuple[float, ...]`, *optional*):
            Probability of each score, from 0. None if only the text of an answer was parsed.
        reasoning (`str`):
            The rationale, as plain text.
        uncertain_below (`float`, *optional*):
            The model's threshold: a score with a lower probability is uncertain. None if the model
            has no threshold.
        token_probabilities (`tuple[float, ...]`, *optional*):
            Probabilities of the score tokens, not calibrated.
        probe_probabilities (`tuple[float, ...]`, *optional*):
            Probabilities of the model's probe, not calibrated. None if the model has no probe.
        candidates (`tuple[str, ...]`):
            All rationales that the model sampled for the motion, `reasoning` among them; empty if
            only one was generated.

    Example:
        ```python
        >>> from agir_hf import GaitAssessment
        >>> assessment = GaitAssessment(1, (0.2, 0.5, 0.3), "Reduced arm swing.", 0.6)
        >>> assessment.uncertain, assessment.alternatives
        (True, (1, 2))

        ```
    """

    score: int
    probabilities: tuple[float, ...] | None
    reasoning: str
    uncertain_below: float | None = None
    token_probabilities: tuple[float, ...] | None = None
    probe_probabilities: tuple[float, ...] | None = None
    candidates: tuple[str, ...] = ()

    @property
    def uncertain(self) -> bool:
        """Whether the probability of the score is below the threshold; False if either is None."""
        if self.probabilities is None or self.uncertain_below is None:
            return False
        return self.probabilities[self.score] < self.uncertain_below

    @property
    def alternatives(self) -> tuple[int, ...]:
        """Possible scores in ascending order; more than one if the assessment is uncertain.

        The score, and then the other scores in order of probability, until the sum of the
        probabilities reaches the threshold.
        """
        kept = [self.score]
        if self.uncertain:
            others = sorted(range(len(self.probabilities)), key=lambda k: -self.probabilities[k])
            for other in (k for k in others if k != self.score):
                if sum(self.probabilities[k] for k in kept) < self.uncertain_below:
                    kept.append(other)
        return tuple(sorted(kept))

    def to_dict(self) -> dict[str, Any]:
        """Dictionary of the fields, ``uncertain`` and ``alternatives``."""
        return asdict(self) | {"uncertain": self.uncertain, "alternatives": self.alternatives}


def vote(
    assessments: Sequence[GaitAssessment], weights: Sequence[float] | None = None
) -> GaitAssessment:
    """Combine the assessments of the windows of a motion into one.

    Probabilities are averaged over windows (soft voting) and the score is the most probable one.
    The rationale is that of the window with the highest probability of this score. The result is
    uncertain if the mean probability of its score is below the threshold.

    Args:
        assessments: Assessments with probabilities, one per window.
        weights: Weights of the windows, such as their lengths; equal by default.

    Returns:
        [`GaitAssessment`]: Assessment of the motion.

    Raises:
        ValueError: There is no assessment, or one without probabilities.
    """
    if not assessments or any(item.probabilities is None for item in assessments):
        raise ValueError("a vote needs assessments with probabilities: pass at least one")
    table = np.array([item.probabilities for item in assessments])
    mean = np.average(table, axis=0, weights=weights)
    score = int(mean.argmax())
    most_confident = assessments[int(table[:, score].argmax())]
    parts = {
        name: _mean([getattr(item, name) for item in assessments], weights)
        for name in ("token_probabilities", "probe_probabilities")
    }
    return replace(most_confident, score=score, probabilities=tuple(mean.tolist()), **parts)


def _mean(rows: list, weights: Sequence[float] | None) -> tuple[float, ...] | None:
    """Weighted mean of probabilities, or None if a row has none."""
    if any(row is None for row in rows):
        return None
    return tuple(np.average(np.array(rows), axis=0, weights=weights).tolist())


class AgirProcessor(ProcessorMixin):
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
        vocabulary = tokenizer.get_vocab()
        missing = [t for t in (motion_token(0), *answer_tokens()) if t not in vocabulary]
        if missing:
            raise ValueError(
                f"the tokenizer has no {', '.join(missing)}: use AgirProcessor.from_t5, which adds "
                "them"
            )
        self._motion_offset = vocabulary[motion_token(0)]
        num_motion_tokens = vocabulary[REASONING_START] - self._motion_offset
        self._codebook_size = num_motion_tokens - NUM_MOTION_SPECIAL_TOKENS
        self._num_scores = sum(token in vocabulary for token in score_tokens(MAX_NUM_SCORES))

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

    def check_model(self, model) -> None:
        """Check that vocabulary and statistics of the processor are those of a model.

        Args:
            model: [`AgirForGaitAssessment`] or its configuration.

        Raises:
            ValueError: The processor belongs to another model.
        """
        config = getattr(model, "config", model)
        self._check_config(config.to_dict())
        self.feature_extractor.check_model(config)

    def _check_config(self, config: dict[str, Any]) -> None:
        """Raise a ValueError for the dictionary of a configuration with another vocabulary."""
        if config.get("model_type") != "agir":
            return
        own = (self._motion_offset, self.codebook_size, self.num_scores)
        expected = (
            config["motion_token_offset"],
            config["vqvae_config"].get("codebook_size", 512),
            config.get("num_scores", NUM_SCORES),
        )
        if own != expected:
            raise ValueError(
                "the processor has {} text entries, {} motion codes and {} scores, ".format(*own)
                + "the model {}, {} and {}: use the processor ".format(*expected)
                + "that was saved with the model"
            )

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

    @property
    def codebook_size(self) -> int:
        """Number of motion codes."""
        return self._codebook_size

    @property
    def num_scores(self) -> int:
        """Number of scores, which is the number of score tokens of the tokenizer."""
        return self._num_scores

    @property
    def instruction(self) -> str:
        """Default instruction, which asks for an assessment with the scores of the model."""
        return DEFAULT_INSTRUCTION.replace("0 to 2", f"0 to {self.num_scores - 1}")

    def motion_text(self, codes: Sequence[int], masked: Collection[int] = ()) -> str:
        """Codes of one motion as text: start token, code tokens, end token.

        Args:
            codes: Motion codes in 0 … ``codebook_size`` - 1.
            masked: Positions at which the mask token replaces the code, for masked training.

        Raises:
            ValueError: A code is out of range.
        """
        wrong = [code for code in codes if not 0 <= code < self.codebook_size]
        if wrong:
            raise ValueError(f"code {wrong[0]} is not in 0 … {self.codebook_size - 1}")
        mask = self.codebook_size + NUM_MOTION_SPECIAL_TOKENS - 1
        indices = [mask if i in masked else int(code) for i, code in enumerate(codes)]
        return self._enclosed([motion_token(index) for index in indices])

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
        if motion is None and text is None:
            raise ValueError("motion and text are both None: pass a motion to assess")
        if motion is None:
            texts = [text] if isinstance(text, str) else list(text)
            return self._tokenize(texts, {}, return_tensors, kwargs)
        motion_inputs = self.feature_extractor(motion, return_tensors="np")
        frames = motion_inputs["motion_attention_mask"].sum(1)
        codes = frames // self.feature_extractor.downsampling_factor
        texts = self._texts(self.instruction if text is None else text, len(codes))
        mask = motion_token(self.codebook_size + NUM_MOTION_SPECIAL_TOKENS - 1)
        expanded = [
            instruction.replace(MOTION_PLACEHOLDER, self._enclosed([mask] * int(count)))
            for instruction, count in zip(texts, codes, strict=True)
        ]
        return self._tokenize(expanded, dict(motion_inputs), return_tensors, kwargs)

    def description_prompt(self, part: str) -> str:
        """Instruction that asks for a description of a motion.

        Args:
            part (`str`):
                Part of the body to describe: "foot" or "arm".

        Returns:
            `str`: Instruction with `<motion>`; pass it as `text`, together with the motion.

        Raises:
            ValueError: `part` has another value.

        Example:
            ```python
            >>> import agir_hf
            >>> processor = agir_hf.AgirProcessor.from_pretrained(agir_hf.DEFAULT_MODEL)
            >>> processor.description_prompt("arm")
            'Describe the arms in this walk: <motion>'

            ```
        """
        if part not in DESCRIPTION_INSTRUCTIONS:
            raise ValueError(f"part is {part!r}, expected 'foot' or 'arm'")
        return DESCRIPTION_INSTRUCTIONS[part]

    def motion_prompt(self, description: str) -> str:
        """Instruction that asks for a motion.

        Args:
            description (`str`):
                Description of a walk, in words like those of the training descriptions.

        Returns:
            `str`: Instruction; pass it as `text`, without a motion.

        Raises:
            ValueError: The description is empty or too long, contains a motion or answer token, or
                has a character that the tokenizer does not know.

        Example:
            ```python
            >>> import agir_hf
            >>> processor = agir_hf.AgirProcessor.from_pretrained(agir_hf.DEFAULT_MODEL)
            >>> processor.motion_prompt("The walker takes short steps.")
            'Generate the motion described here: The walker takes short steps.'

            ```
        """
        description = " ".join(description.split())
        if not description:
            raise ValueError("the description is empty: describe the walk in words")
        prompt = MOTION_INSTRUCTION.replace("<description>", description)
        ids = self.tokenizer(prompt).input_ids
        if MOTION_PLACEHOLDER in prompt or any(i >= self._motion_offset for i in ids):
            raise ValueError(
                f"the description contains a motion or answer token: use words only: {prompt!r}"
            )
        unknown = self.tokenizer.unk_token_id
        if unknown in ids:
            characters = [c for c in description if unknown in self.tokenizer(c).input_ids]
            raise ValueError(
                "the description has characters that the model does not know "
                f"({', '.join(characters[:3])}): remove them"
            )
        if len(ids) > MAX_PROMPT_TOKENS:
            raise ValueError(
                f"the description with its instruction has {len(ids)} tokens, expected at most "
                f"{MAX_PROMPT_TOKENS}: shorten it"
            )
        return prompt

    def decode_descriptions(self, token_ids) -> list[str]:
        """Decode the output of `AgirForGaitAssessment.describe`.

        Args:
            token_ids: (B, T) int64 decoder ids.

        Returns:
            List of B descriptions.
        """
        rows = self.tokenizer.batch_decode(token_ids, skip_special_tokens=True)
        return [row.strip() for row in rows]

    def decode_motion(self, outputs) -> list[np.ndarray]:
        """Decode the output of `AgirForGaitAssessment.generate_motion` to joints.

        Args:
            outputs: [`MotionOutput`].

        Returns:
            List of B arrays (T, 22, 3) float32: metres, Y up, 20 frames per second, of the standard
            skeleton, which starts at the origin and faces Z+.
        """
        rows = [row.detach().float().cpu().numpy() for row in outputs.features]
        return features_to_joints([self.feature_extractor.denormalize(row) for row in rows])

    def decode_assessments(self, outputs) -> list[GaitAssessment]:
        """Decode the output of `AgirForGaitAssessment.generate_assessment`.

        Args:
            outputs ([`AgirAssessmentOutput`]):
                Decoder ids and probabilities of B answers.

        Returns:
            `list[GaitAssessment]`: One assessment per answer.

        Raises:
            ScoreParseError: An answer does not have AGIR's format.

        Example:
            ```python
            >>> import agir_hf
            >>> from agir_hf.motion import read_recording, to_joints
            >>> model = agir_hf.AgirForGaitAssessment.from_pretrained(agir_hf.DEFAULT_MODEL)
            >>> processor = agir_hf.AgirProcessor.from_pretrained(agir_hf.DEFAULT_MODEL)
            >>> motion = to_joints(read_recording(agir_hf.SAMPLE_RECORDING))
            >>> output = model.generate_assessment(**processor(motion=motion), num_rationales=1)
            >>> [assessment] = processor.decode_assessments(output)
            >>> assessment.score
            2

            ```
        """
        rows = zip(outputs.sequences.tolist(), outputs.probabilities.tolist(), strict=True)
        assessments = [
            self.parse_assessment(ids, probabilities, outputs.uncertain_below)
            for ids, probabilities in rows
        ]
        return [
            replace(
                assessment,
                token_probabilities=_row(outputs.token_probabilities, i),
                probe_probabilities=_row(outputs.probe_probabilities, i),
                candidates=self._reasonings(outputs.candidates, i),
            )
            for i, assessment in enumerate(assessments)
        ]

    def _reasonings(self, candidates, index: int) -> tuple[str, ...]:
        """Texts of the candidates (N, S) of one motion, or an empty tuple without candidates."""
        if candidates is None:
            return ()
        return tuple(self.parse_assessment(ids).reasoning for ids in candidates[index].tolist())

    def parse_assessment(
        self,
        token_ids: Sequence[int],
        probabilities: Sequence[float] | None = None,
        uncertain_below: float | None = None,
    ) -> GaitAssessment:
        """Parse one answer; an answer in another format raises an error and is never repaired.

        Args:
            token_ids (`list[int]`):
                Decoder ids; padding and the end of the sequence are ignored.
            probabilities (`tuple[float, ...]`, *optional*):
                Probabilities of the scores, copied to the result.
            uncertain_below (`float`, *optional*):
                The model's threshold, copied to the result.

        Returns:
            [`GaitAssessment`]: Score and rationale of the answer.

        Raises:
            ScoreParseError: The answer does not have the format `<reasoning_start> text
                <reasoning_end> <score_start> <score_k> <score_end>`.

        Example:
            ```python
            >>> import agir_hf
            >>> processor = agir_hf.AgirProcessor.from_pretrained(agir_hf.DEFAULT_MODEL)
            >>> answer = "<reasoning_start>steps are short<reasoning_end>"
            >>> answer += "<score_start><score_1><score_end>"
            >>> assessment = processor.parse_assessment(processor.tokenizer(answer).input_ids)
            >>> assessment.score, assessment.reasoning
            (1, 'steps are short')

            ```
        """
        ids = token_ids.tolist() if hasattr(token_ids, "tolist") else list(map(int, token_ids))
        ignored = {self.tokenizer.pad_token_id, self.tokenizer.eos_token_id}
        ids = [i for i in ids if i not in ignored]
        start, end, score_start, score_end, *scores = self.tokenizer.convert_tokens_to_ids(
            list(answer_tokens(self.num_scores))
        )
        body = ids[1:-4]
        valid = len(body) > 0 and all(i < self._motion_offset for i in body)
        valid = valid and ids[0] == start and ids[-4] == end
        valid = valid and ids[-3] == score_start and ids[-2] in scores and ids[-1] == score_end
        if not valid:
            expected = f"{REASONING_START} … {REASONING_END} {SCORE_START} <score_k> {SCORE_END}"
            raise ScoreParseError(
                f"the answer does not have the format {expected}", self.tokenizer.decode(ids)
            )
        return GaitAssessment(
            score=scores.index(ids[-2]),
            probabilities=None if probabilities is None else tuple(map(float, probabilities)),
            reasoning=self.tokenizer.decode(body).strip(),
            uncertain_below=uncertain_below,
        )

    def _enclosed(self, tokens: list[str]) -> str:
        """Motion tokens as text, between the start and the end token."""
        start, end = motion_token(self.codebook_size), motion_token(self.codebook_size + 1)
        return "".join([start, *tokens, end])

    def _texts(self, text: str | Sequence[str], count: int) -> list[str]:
        """One instruction per motion, each checked for its placeholder."""
        texts = [text] * count if isinstance(text, str) else list(text)
        if len(texts) != count:
            raise ValueError(f"{len(texts)} texts for {count} motions: pass one text per motion")
        for instruction in texts:
            number = instruction.count(MOTION_PLACEHOLDER)
            if number != 1:
                raise ValueError(
                    f"instruction has {number} {MOTION_PLACEHOLDER}, expected one, at the position "
                    f"of the motion: {instruction!r}"
                )
        return texts

    def _tokenize(self, texts, motion_inputs, return_tensors, kwargs) -> BatchFeature:
        """Token ids and mask of padded texts, with the inputs of the motions."""
        encoded = self.tokenizer(texts, **{"padding": True, **kwargs})
        names = ("input_ids", "attention_mask")
        data = {**{name: encoded[name] for name in names}, **motion_inputs}
        return BatchFeature(data, tensor_type=return_tensors)


def _row(probabilities, index: int) -> tuple[float, ...] | None:
    """One row of a tensor (B, K) of probabilities, or None without a tensor."""
    return None if probabilities is None else tuple(probabilities[index].tolist())


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


__all__ = ["AgirProcessor", "GaitAssessment", "ScoreParseError", "vote"]

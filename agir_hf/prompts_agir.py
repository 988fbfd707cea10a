"""Instructions and answers of the model as text: the part of the processor without transformers."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .answers_agir import GaitAssessment, ScoreParseError
from .constants_agir import MAX_NUM_SCORES, NUM_SCORES
from .humanml3d import features_to_joints
from .settings_agir import (
    NUM_MOTION_SPECIAL_TOKENS,
    REASONING_END,
    REASONING_START,
    SCORE_END,
    SCORE_START,
    answer_tokens,
    motion_token,
    score_tokens,
)

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


class PromptsAndAnswers:
    """Base class of processors: instructions with motions, and answers that are decoded.

    A class that inherits has a `feature_extractor` and a `tokenizer`, and calls
    `_read_vocabulary`.
    """

    def _read_vocabulary(self, vocabulary: dict[str, int]) -> None:
        """Set offset and sizes from the vocabulary; a ValueError if added tokens are missing."""
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

    def _prepare(
        self, motion: Any, text: str | Sequence[str] | None
    ) -> tuple[list[str], dict[str, np.ndarray]]:
        """Texts with mask tokens in the position of the motions, and the inputs of the motions."""
        if motion is None and text is None:
            raise ValueError("motion and text are both None: pass a motion to assess")
        if motion is None:
            return [text] if isinstance(text, str) else list(text), {}
        motion_inputs = dict(self.feature_extractor(motion, return_tensors="np"))
        frames = motion_inputs["motion_attention_mask"].sum(1)
        codes = frames // self.feature_extractor.downsampling_factor
        texts = self._texts(self.instruction if text is None else text, len(codes))
        mask = motion_token(self.codebook_size + NUM_MOTION_SPECIAL_TOKENS - 1)
        expanded = [
            instruction.replace(MOTION_PLACEHOLDER, self._enclosed([mask] * int(count)))
            for instruction, count in zip(texts, codes, strict=True)
        ]
        return expanded, motion_inputs

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


def _row(probabilities, index: int) -> tuple[float, ...] | None:
    """One row of a tensor (B, K) of probabilities, or None without a tensor."""
    return None if probabilities is None else tuple(probabilities[index].tolist())


__all__ = ["PromptsAndAnswers"]

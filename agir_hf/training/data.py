"""Prompts and targets of the language model, made from rows of a corpus."""

from collections.abc import Callable
from typing import Any

from ..configuration_agir import (
    REASONING_END,
    REASONING_START,
    SCORE_END,
    SCORE_START,
    score_tokens,
)
from ..constants_agir import MAX_NUM_SCORES, NUM_SCORES
from ..corpus.schema import instructions
from .parameter_targets import TargetScale

MOTION_PLACEHOLDER = "<motion>"  # replaced by the motion tokens in an instruction
DESCRIPTION_PLACEHOLDER = "<description>"
RandomIndex = Callable[[int], int]  # n → random integer in 0 … n - 1
TrainingExample = tuple[str, str]  # prompt, target


def with_descriptions(rows, generative_rows):
    """Add the descriptions of feet and arms to rows of the configuration "reasoning".

    Args:
        rows: `datasets.Dataset` of the configuration "reasoning".
        generative_rows: `datasets.Dataset` of the configuration "generative" with the same walks.

    Returns:
        The rows with two more text columns, ``foot`` and ``arm``.

    Raises:
        ValueError: A walk has no description.
    """
    texts = generative_rows.with_format(None).select_columns(["id", "part", "description"])
    descriptions = {(row["id"], row["part"]): row["description"] for row in texts}
    for part in ("foot", "arm"):
        missing = [name for name in rows["id"] if (name, part) not in descriptions]
        if missing:
            raise ValueError(
                f"{len(missing)} walks have no description of the {part}, such as {missing[0]}: "
                "use both configurations of the same corpus"
            )
        rows = rows.add_column(part, [descriptions[name, part] for name in rows["id"]])
    return rows


def check_num_scores_of(model, num_scores: int, name: str = "the model") -> None:
    """Check that a model has as many scores as a corpus.

    Args:
        model: [`AgirForGaitAssessment`].
        num_scores: Number of scores of the corpus, see `corpus.loading.num_scores_of`.
        name: Folder or name of the model, for the message.

    Raises:
        ValueError: The numbers differ.
    """
    own = model.config.num_scores
    if own != num_scores:
        raise ValueError(
            f"{name} has the scores 0 to {own - 1}, the corpus 0 to {num_scores - 1}: pass a model "
            "of the same scores, or make one from --vqvae, which takes them from the corpus"
        )


def format_answer(rationale: str, score: int) -> str:
    """Format the target of the reasoning stage: a rationale and a score between AGIR's tokens.

    Args:
        rationale: The rationale.
        score: Gait score, 0 to 2, or up to 4 for a model with more scores.
    """
    score_text = f"{SCORE_START}{score_tokens(MAX_NUM_SCORES)[score]}{SCORE_END}"
    return f"{REASONING_START}{rationale}{REASONING_END}{score_text}"


def reasoning_example(
    row: dict[str, Any],
    motion_text: str,
    random_index: RandomIndex,
    num_scores: int = NUM_SCORES,
) -> TrainingExample:
    """Make the prompt (instruction with motion) and the target (rationale and score) of a row.

    Args:
        row: Row with ``rationale`` and ``score``; with ``references``, one of them is the target.
        motion_text: Motion tokens as text.
        random_index: Function n → random integer in 0 … n - 1; it draws instruction and reference.
        num_scores: Number of scores that the instruction names.

    Returns:
        Prompt and target.
    """
    templates = instructions(num_scores)["assess"]
    prompt = templates[random_index(len(templates))].replace(MOTION_PLACEHOLDER, motion_text)
    texts = row.get("references") or [row["rationale"]]
    return prompt, format_answer(texts[random_index(len(texts))], int(row["score"]))


def with_targets(rows, motion_rows, scale: TargetScale):
    """Add the standardised gait parameters of each walk, as targets of an auxiliary loss.

    Args:
        rows: `datasets.Dataset` with the column ``id``.
        motion_rows: `datasets.Dataset` of the configuration "motion" with the same walks.
        scale: Means and standard deviations of the training walks.

    Returns:
        The rows with a further column ``targets``, a list of P numbers, NaN where not measured.
    """
    measured = motion_rows.with_format(None).select_columns(["id", "parameters"])
    by_id = {row["id"]: row["parameters"] for row in measured}
    table = scale.apply([by_id.get(name) or {} for name in rows["id"]])
    return rows.add_column("targets", table.tolist())


def embedded_generative_example(
    row: dict[str, Any], motion_text: str, random_index: RandomIndex
) -> TrainingExample:
    """Make a `generative_example` of the feet or the arms from a row that describes both.

    Args:
        row: Row with ``foot`` and ``arm``.
        motion_text: Motion tokens as text.
        random_index: Function n → random integer in 0 … n - 1; it draws part, direction and
            instruction.

    Returns:
        Prompt and target.
    """
    part = ("foot", "arm")[random_index(2)]
    part_row = {"part": part, "description": row[part]}
    return generative_example(part_row, motion_text, random_index)


def generative_example(
    row: dict[str, Any], motion_text: str, random_index: RandomIndex
) -> TrainingExample:
    """Make an example motion → description or description → motion, each with probability ½.

    Args:
        row: Row with ``part`` and ``description``.
        motion_text: Motion tokens as text.
        random_index: Function n → random integer in 0 … n - 1; it draws direction and instruction.

    Returns:
        Prompt and target.
    """
    description = row["description"]
    if random_index(2):
        templates = instructions()[f"motion_to_{row['part']}_text"]
        template = templates[random_index(len(templates))]
        return template.replace(MOTION_PLACEHOLDER, motion_text), description
    templates = instructions()["text_to_motion"]
    template = templates[random_index(len(templates))]
    return template.replace(DESCRIPTION_PLACEHOLDER, description), motion_text

"""A corpus on disk → rows, and rows → what a language model reads and is to write."""

from collections.abc import Callable
from typing import Any

from ..configuration_agir import (
    REASONING_END,
    REASONING_START,
    SCORE_END,
    SCORE_START,
    SCORE_TOKENS,
)
from ..corpus.schema import instructions

MOTION_PLACEHOLDER = "<motion>"  # where the motion goes in an instruction
DESCRIPTION_PLACEHOLDER = "<description>"
Draw = Callable[[int], int]  # a number in 0 … n - 1
Example = tuple[str, str]  # what the model reads, and what it is to write


def with_descriptions(rows, generative):
    """Rows of the configuration "reasoning" with the descriptions of their feet and arms.

    Args:
        generative: rows of the configuration "generative" of the same walks.

    Returns:
        The rows with two more columns of text, ``foot`` and ``arm``.

    Raises:
        ValueError: a walk is not described.
    """
    texts = generative.with_format(None).select_columns(["id", "part", "description"])
    found = {(row["id"], row["part"]): row["description"] for row in texts}
    for part in ("foot", "arm"):
        missing = [name for name in rows["id"] if (name, part) not in found]
        if missing:
            raise ValueError(
                f"{len(missing)} walks have no description of the {part}, such as {missing[0]}: "
                "give the configurations of one corpus"
            )
        rows = rows.add_column(part, [found[name, part] for name in rows["id"]])
    return rows


def answer(rationale: str, score: int) -> str:
    """The target of the reasoning stage: a rationale and a score in AGIR's form."""
    scored = f"{SCORE_START}{SCORE_TOKENS[score]}{SCORE_END}"
    return f"{REASONING_START}{rationale}{REASONING_END}{scored}"


def reasoning_example(row: dict[str, Any], motion: str, draw: Draw) -> Example:
    """Instruction with motion → rationale and score. ``motion`` is the text of motion tokens."""
    templates = instructions()["assess"]
    prompt = templates[draw(len(templates))].replace(MOTION_PLACEHOLDER, motion)
    return prompt, answer(row["rationale"], int(row["score"]))


def embedded_example(row: dict[str, Any], motion: str, draw: Draw) -> Example:
    """As `generative_example`, of feet or arms of a row that has a description of both."""
    part = ("foot", "arm")[draw(2)]
    return generative_example({"part": part, "description": row[part]}, motion, draw)


def generative_example(row: dict[str, Any], motion: str, draw: Draw) -> Example:
    """Motion → description or description → motion, either as often."""
    description = row["description"]
    if draw(2):
        templates = instructions()[f"motion_to_{row['part']}_text"]
        return templates[draw(len(templates))].replace(MOTION_PLACEHOLDER, motion), description
    templates = instructions()["text_to_motion"]
    return templates[draw(len(templates))].replace(DESCRIPTION_PLACEHOLDER, description), motion

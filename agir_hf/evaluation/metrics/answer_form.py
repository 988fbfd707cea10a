"""Form of an answer: rationale and score between their special tokens."""

import re

# The tokens of `configuration_agir`, which this folder must not import; a test compares them.
_IGNORED = re.compile(r"<pad>|</s>")
_ANSWER = re.compile(
    r"<reasoning_start>(.*)<reasoning_end>\s*<score_start>\s*<score_[0-4]>\s*<score_end>", re.DOTALL
)
_ADDED_TOKEN = re.compile(r"<(?:(?:reasoning|score)_(?:start|end)|score_[0-4]|motion_id_\d+)>")


def rationale_of(text: str) -> str | None:
    """Extract the rationale of a well-formed answer.

    The form is that of `AgirProcessor.parse_assessment`: one `<reasoning_start> rationale
    <reasoning_end> <score_start> <score_k> <score_end>`, with a rationale that is not blank and
    contains no token of motions or answers, and nothing before or after. Spaces between tokens,
    `<pad>` and `</s>` are ignored. The number of scores of the model is not known here, so k is 0
    to 4.

    Args:
        text (`str`):
            Answer, decoded with its special tokens.

    Returns:
        `str`, *optional*: The rationale without surrounding spaces, or `None` where the answer is
        not well-formed.

    Example:
        ```python
        >>> from agir_hf.evaluation.metrics.text import rationale_of
        >>> end = "<reasoning_end><score_start><score_1><score_end>"
        >>> rationale_of(f"<reasoning_start> Short steps. {end}")
        'Short steps.'
        >>> rationale_of("The score is 1.") is None
        True

        ```
    """
    match = _ANSWER.fullmatch(_IGNORED.sub("", text).strip())
    if match is None or _ADDED_TOKEN.search(match[1]):
        return None
    return match[1].strip() or None


def well_formed(text: str) -> bool:
    """Check whether an answer has the form that AGIR is trained to write.

    Args:
        text (`str`):
            Answer, decoded with its special tokens.

    Returns:
        `bool`: Whether [`rationale_of`] finds a rationale.

    Example:
        ```python
        >>> from agir_hf.evaluation.metrics.text import well_formed
        >>> end = "<reasoning_end><score_start><score_1><score_end>"
        >>> well_formed(f"<reasoning_start> Short steps. {end}"), well_formed("The score is 1.")
        (True, False)

        ```
    """
    return rationale_of(text) is not None

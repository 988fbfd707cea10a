"""Input checks and demo page of the metric modules for `evaluate`."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path


def whole_numbers(column: Sequence, name: str, missing: bool = False) -> list[int | None]:
    """Convert the scores of a column to integers.

    Args:
        column: Numbers.
        name: Name of the column, for the error message.
        missing: Whether null and NaN are allowed; they become None.

    Returns:
        Integers, and None for missing answers.

    Raises:
        ValueError: A value is a fraction, or is missing although it must not be.
    """
    numbers = []
    for position, value in enumerate(column):
        absent = value is None or value != value
        if not (missing if absent else float(value).is_integer()):
            expected = "a whole number, or null for no answer" if missing else "a whole number"
            raise ValueError(f"{name}: {value} at position {position}, expected {expected}")
        numbers.append(None if absent else int(value))
    return numbers


def texts(column: Sequence, name: str) -> list[str]:
    """Check that a column contains texts only.

    Args:
        column: Texts.
        name: Name of the column, for the error message.

    Returns:
        The texts as a list.

    Raises:
        ValueError: A value is not a text.
    """
    for position, value in enumerate(column):
        if not isinstance(value, str):
            raise ValueError(
                f"{name}: {value} at position {position}, expected a text: pass '' for no answer"
            )
    return list(column)


def page(script: str | Path, example: Mapping):
    """Make a page that computes a metric: arguments as JSON in, figures as JSON out.

    `evaluate.utils.launch_gradio_widget` makes one for Gradio 3; this one is for current Gradio.

    Args:
        script: File of the metric.
        example: Arguments of `compute` that the page shows first.

    Returns:
        A `gradio.Interface`; its `launch` serves it.

    Raises:
        ImportError: gradio is not installed.
    """
    try:
        import gradio
    except ImportError as error:
        raise ImportError("the page needs gradio: pip install gradio") from error
    import evaluate

    def compute(arguments: str) -> dict:
        try:
            return evaluate.load(str(script)).compute(**json.loads(arguments))
        except (OSError, TypeError, ValueError) as error:
            raise gradio.Error(str(error)) from error

    return gradio.Interface(
        compute,
        gradio.Textbox(json.dumps(example, indent=1), lines=12, label="Arguments (JSON)"),
        gradio.JSON(label="Figures"),
        title=Path(script).stem,
        description=evaluate.load(str(script)).description,
        flagging_mode="never",
    )

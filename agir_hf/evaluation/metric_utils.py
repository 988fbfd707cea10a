"""What our metric modules for `evaluate` share: checks of their columns, and their page."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path


def whole_numbers(column: Sequence, name: str, missing: bool = False) -> list[int | None]:
    """Scores of a column as integers.

    Args:
        name: of the column, for the error.
        missing: whether null and NaN are allowed; they become None.

    Raises:
        ValueError: for anything else.
    """
    found = []
    for place, value in enumerate(column):
        absent = value is None or value != value
        if not (missing if absent else float(value).is_integer()):
            expected = "a whole number, or null for no answer" if missing else "a whole number"
            raise ValueError(f"{name}: {value} at place {place}, expected {expected}")
        found.append(None if absent else int(value))
    return found


def texts(column: Sequence, name: str) -> list[str]:
    """The texts of a column.

    Args:
        name: of the column, for the error.

    Raises:
        ValueError: if one is missing.
    """
    for place, value in enumerate(column):
        if not isinstance(value, str):
            raise ValueError(f"{name}: {value} at place {place}, expected a text; no answer is ''")
    return list(column)


def page(script: str | Path, example: Mapping):
    """A page that computes a metric: arguments as JSON in, figures as JSON out.

    `evaluate.utils.launch_gradio_widget` makes one for Gradio 3; this is for Gradio of today.

    Args:
        script: file of the metric.
        example: arguments of ``compute`` to begin with.

    Returns:
        A `gradio.Interface`; its ``launch`` serves it.

    Raises:
        ImportError: if gradio is not installed.
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

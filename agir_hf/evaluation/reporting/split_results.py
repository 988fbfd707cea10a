"""The evaluation of a model on one split, as `recipes/evaluate.py` writes it, for a model card."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..metrics.significance import Interval
from .model_index import SELF_REPORTED, SIMULATED, eval_result, hub_metrics
from .tables import MAJORITY

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

_NEEDED = ("split", "walks", "walkers", "simulated", "accuracy", "confusion_matrix", "baselines")
_BASELINES = {
    "forest_on_parameters": "random forest on measured parameters",
    "logistic_on_features": "logistic regression on mean and SD of the features",
    "nearest_walk": "text and score of the nearest training walk",
    "constant_text": "constant text: everything is normal",
    "references": "the rule's own text",
}
_PARTS = {"tokens": "score tokens alone", "probe": "probe alone"}
_LINES = {
    "accuracy": "accuracy",
    "macro_f1": "macro-F1",
    "balanced_accuracy": "balanced accuracy",
    "log_loss": "log loss of the probabilities",
    "cider": "CIDEr",
    "bert_f1": "BERTScore F1, not rescaled",
    "calibration_error": "expected calibration error",
    "supported": "supported claims, unaided text, of those that could be checked",
    "near": "near claims, of those that could be checked; not among the supported ones",
    "coverage": "claims that could be checked",
    "specificity": "specificity: supported claims, own walk minus others of the same score",
    "supported_checked": "supported claims, text chosen by evidence",
    "kept_checked": "claims of the text chosen by evidence, relative to the unaided text",
    "words": "words of a rationale",
}
_TRIVIAL = ("cider", "bert_f1")  # for the references, which would be compared with themselves


@dataclass(frozen=True)
class SplitResults:
    """Figures of a model on one split, with those of its baselines.

    Attributes:
        figures: Content of the file.

    Raises:
        ValueError: The content has another form.
    """

    figures: Mapping

    def __post_init__(self):
        missing = [name for name in _NEEDED if name not in self.figures]
        if missing:
            raise ValueError(
                f"these results have no {', '.join(missing)}, expected the output of "
                "recipes/evaluate.py: evaluate again"
            )

    @property
    def simulated(self) -> bool:
        """Whether all walks are simulated."""
        return bool(self.figures["simulated"])

    @classmethod
    def load(cls, path: str | Path) -> SplitResults:
        """Read a file of `recipes/evaluate.py --output`.

        Args:
            path: JSON file.

        Returns:
            The results.

        Raises:
            ValueError: The file has another form.
        """
        try:
            content = json.loads(Path(path).read_text(encoding="utf-8"))
            return cls(content)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path}: {error}") from error


def split_eval_results(results: SplitResults, dataset_type: str) -> list[EvalResult]:
    """Convert the metrics for the Hub; see `model_index.eval_results`.

    Args:
        results: Results on one split.
        dataset_type: Name of the data set on the Hub.

    Returns:
        One `huggingface_hub.EvalResult` for each metric.
    """
    figures = results.figures
    arguments = {
        "scheme": "one split, no folds",
        "walks": figures["walks"],
        "subjects": figures["walkers"],
        "simulated": results.simulated,
    }
    split = figures["split"]
    name = f"{split} split{f' {SIMULATED}' if results.simulated else ''}"
    intervals = {}
    if "specificity_interval" in figures:
        intervals["specificity"] = Interval(**figures["specificity_interval"])
    return [
        eval_result(metric, dataset_type, name, arguments, split=split)
        for metric in hub_metrics(figures, intervals)
    ]


def split_section(results: SplitResults) -> str:
    """Write the text of a card's evaluation section: figures, baselines and confusion matrix.

    Args:
        results: Results on one split.

    Returns:
        Markdown text without heading.
    """
    figures, walks = results.figures, "simulated walks" if results.simulated else "walks"
    return "\n\n".join(
        [
            f"{figures['walks']} {walks} of {figures['walkers']} subjects of the "
            f"{figures['split']} split: one split, no folds. Averages are over the scores. "
            f"{SELF_REPORTED}",
            comparison(figures),
            "Confusion matrix (rows: true score, columns: predicted score, last: no answer):",
            _confusion(figures["confusion_matrix"]),
        ]
    )


def comparison(figures: Mapping) -> str:
    """Write a Markdown table of the model and its baselines, one line for each metric.

    Args:
        figures: Content of a file of `recipes/evaluate.py`.

    Returns:
        Markdown table.
    """
    majority = {k.removeprefix("majority_"): v for k, v in figures.items() if "majority_" in k}
    columns = {"this model": figures}
    columns |= {
        title: figures["scores"][name]
        for name, title in _PARTS.items()
        if name in figures.get("scores", {})
    }
    columns |= {MAJORITY: majority}
    columns |= {
        title: figures["baselines"][name]
        for name, title in _BASELINES.items()
        if name in figures["baselines"]
    }
    rows = [["", *columns]]
    for name, title in _LINES.items():
        if name in figures:
            cells = [_cell(metrics, name) for metrics in columns.values()]
            if name in _TRIVIAL and "references" in figures["baselines"]:
                cells[-1] = ""
            rows.append([title, *cells])
    return _markdown(rows)


def _cell(metrics: Mapping, name: str) -> str:
    """A figure, with its interval where there is one; empty where there is no figure."""
    if name not in metrics:
        return ""
    interval = metrics.get(f"{name}_interval")
    ends = f" [{interval['low']:.3f}, {interval['high']:.3f}]" if interval else ""
    return f"{metrics[name]:.3f}{ends}".replace("-", "−")


def _confusion(matrix: list[list[int]]) -> str:
    header = ["", *map(str, range(len(matrix))), "none"]
    return _markdown([header, *([f"**{k}**", *map(str, row)] for k, row in enumerate(matrix))])


def _markdown(rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]])

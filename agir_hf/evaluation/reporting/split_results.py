"""The evaluation of a model on one split: what ``recipes/evaluate.py`` writes, for a model card."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .model_index import SIMULATED, eval_result, hub_metrics
from .tables import MAJORITY

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

_NEEDED = ("split", "walks", "walkers", "simulated", "accuracy", "confusion_matrix", "baselines")
_SCORES = 3
_BASELINES = {
    "forest_on_parameters": "random forest on measured parameters",
    "nearest_walk": "text and score of the nearest training walk",
    "references": "the rule's own text",
}
_LINES = {
    "accuracy": "accuracy",
    "macro_f1": "macro-F1",
    "balanced_accuracy": "balanced accuracy",
    "cider": "CIDEr",
    "bert_f1": "BERTScore F1, not rescaled",
    "calibration_error": "expected calibration error",
    "grounding": "grounding: claims borne out, of those that could be checked",
    "coverage": "claims that could be checked",
    "words": "words of a rationale",
}
_WITH_ITSELF = ("cider", "bert_f1")  # of a reference against itself they say nothing


@dataclass(frozen=True)
class SplitResults:
    """Figures of a model on one split, with those of its baselines.

    Attributes:
        figures: the content of the file.

    Raises:
        ValueError: for a content of another form.
    """

    figures: Mapping

    def __post_init__(self):
        missing = [name for name in _NEEDED if name not in self.figures]
        if missing:
            raise ValueError(
                f"these results have no {', '.join(missing)}, expected what recipes/evaluate.py "
                "writes: evaluate again"
            )

    @property
    def simulated(self) -> bool:
        return bool(self.figures["simulated"])

    @classmethod
    def load(cls, path: str | Path) -> SplitResults:
        """Read a file of ``recipes/evaluate.py --output``.

        Raises:
            ValueError: if it is none.
        """
        try:
            content = json.loads(Path(path).read_text(encoding="utf-8"))
            return cls(content)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path}: {error}") from error


def split_eval_results(results: SplitResults, dataset_type: str) -> list[EvalResult]:
    """The metrics as the Hub has them; see `model_index.eval_results`.

    Args:
        dataset_type: name of the data set on the Hub.
    """
    found = results.figures
    about = {
        "scheme": "one split, no folds",
        "walks": found["walks"],
        "subjects": found["walkers"],
        "simulated": results.simulated,
    }
    name = f"{found['split']} split{f' {SIMULATED}' if results.simulated else ''}"
    return [
        eval_result(metric, dataset_type, name, about, split=found["split"])
        for metric in hub_metrics(found)
    ]


def split_section(results: SplitResults) -> str:
    """The text of a card's section on the evaluation: figures beside baselines, and errors."""
    found, walked = results.figures, "simulated walks" if results.simulated else "walks"
    return "\n\n".join(
        [
            f"{found['walks']} {walked} of {found['walkers']} walkers of the {found['split']} "
            "split: one split, no folds. Averages are over the three scores. Self-reported: "
            "verified by nobody else. Research use only, not a medical device.",
            comparison(found),
            "Confusion matrix (rows: true score, columns: score given, last: no answer):",
            _confusion(found["confusion_matrix"]),
        ]
    )


def comparison(figures: Mapping) -> str:
    """A Markdown table of the model beside its baselines, a line for each metric."""
    majority = {k.removeprefix("majority_"): v for k, v in figures.items() if "majority_" in k}
    columns = {"this model": figures, MAJORITY: majority}
    columns |= {
        title: figures["baselines"][name]
        for name, title in _BASELINES.items()
        if name in figures["baselines"]
    }
    rows = [["", *columns]]
    for name, title in _LINES.items():
        if name in figures:
            cells = [f"{one[name]:.3f}" if name in one else "" for one in columns.values()]
            if name in _WITH_ITSELF and "references" in figures["baselines"]:
                cells[-1] = ""
            rows.append([title, *cells])
    return _markdown(rows)


def _confusion(matrix: list[list[int]]) -> str:
    heads = ["", *map(str, range(_SCORES)), "none"]
    return _markdown([heads, *([f"**{k}**", *map(str, row)] for k, row in enumerate(matrix))])


def _markdown(rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]])

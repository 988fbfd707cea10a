"""An evaluation in a model card: the ``model-index`` of its head, and a section of its text.

Nothing here is verified by anyone else, and every metric says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from ..metrics.significance import Interval
from .results import Results
from .summary import Summary, summarise
from .table_format import Table, escape_markdown, markdown_table
from .tables import SCORE_COLUMNS, TEXT_COLUMNS, provenance, simulated_first, tables_of

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

TASK_TYPE, TASK_NAME = "other", "gait assessment"
SIMULATED = "(simulated)"
# Metric → the Hub's name and its arguments; where it has none, our name stands.
_HUB: dict[str, tuple[str, dict]] = {
    "macro_precision": ("precision", {"average": "macro"}),
    "macro_recall": ("recall", {"average": "macro"}),
    "macro_f1": ("f1", {"average": "macro"}),
    "weighted_f1": ("f1", {"average": "weighted"}),
    "quadratic_kappa": ("cohen_kappa", {"weights": "quadratic"}),
    "mean_absolute_error": ("mae", {}),
    "calibration_error": ("expected_calibration_error", {}),
    "bert_f1": ("bertscore", {"rescale_with_baseline": False}),
    "bert_f1_rescaled": ("bertscore", {"rescale_with_baseline": True}),
}


class HubMetric(NamedTuple):
    """A metric as the Hub has it: its kind there, our title, value and arguments."""

    kind: str
    title: str
    value: float
    arguments: dict


def eval_results(
    results: Results,
    row: str,
    dataset_type: str,
    summary: Summary | None = None,
) -> list[EvalResult]:
    """The metrics of a row as the Hub has them, pooled over folds and seeds.

    Args:
        row: its name.
        dataset_type: name of the data set on the Hub.
        summary: of the row, where it is made already.

    Raises:
        ValueError: if there is no such row, or it was not run.
    """
    found = summary or summary_of(results, row)
    if not found.folds:
        raise ValueError(f"row {row!r} was not run ({found.note}): it has no metrics to print")
    about = {
        "scheme": results.scheme,
        "walks": found.walks,
        "subjects": found.subjects,
        "seeds": len(found.seeds),
        "simulated": results.simulated,
    }
    name = dataset_name(results)
    return [
        eval_result(metric, dataset_type, name, about)
        for metric in hub_metrics(found.metrics, found.intervals)
    ]


def eval_result(
    metric: HubMetric, dataset_type: str, dataset: str, about: dict, split: str | None = None
) -> EvalResult:
    """One metric as the Hub has it.

    Args:
        dataset_type: name of the data set on the Hub.
        dataset: the data in words.
        about: how many walked, how they were split; plain values.
        split: of the data set.
    """
    from huggingface_hub import EvalResult

    return EvalResult(
        task_type=TASK_TYPE,
        task_name=TASK_NAME,
        dataset_type=dataset_type,
        dataset_name=dataset,
        dataset_split=split,
        dataset_args=about,
        metric_type=metric.kind,
        metric_name=metric.title,
        metric_value=metric.value,
        metric_args=metric.arguments or None,
        verified=False,
    )


def model_index(
    results: Results,
    row: str,
    model_name: str,
    dataset_type: str,
    summary: Summary | None = None,
) -> list[dict]:
    """The ``model-index`` entry of a model card's head, as plain YAML values.

    Args, Raises: see `eval_results`.
    """
    from huggingface_hub.repocard_data import eval_results_to_model_index

    found = eval_results(results, row, dataset_type, summary)
    return eval_results_to_model_index(model_name, found)


def card_section(results: Results, tables: list[Table] | None = None) -> str:
    """A section of a model card: scores, rationales and confusion matrices, and how made."""
    tables = tables_of(results) if tables is None else tables
    parts = ["## Evaluation", _lead(results)]
    parts += [markdown_table(one, level=3) for one in tables if one.kind != "confusion"]
    matrices = [markdown_table(one, level=4) for one in tables if one.kind == "confusion"]
    if matrices:
        head = "<details><summary>Confusion matrices</summary>"
        parts += [head, *matrices, "</details>"]
    return "\n\n".join([*parts, provenance(results)]) + "\n"


def dataset_name(results: Results) -> str:
    """The data in words, with "(simulated)" where nobody walked."""
    marked = not results.simulated or SIMULATED in results.data
    return results.data if marked else f"{results.data} {SIMULATED}"


def summary_of(results: Results, row: str) -> Summary:
    """The summary of one row.

    Raises:
        ValueError: if there is no such row.
    """
    results.row(row)
    return next(one for one in summarise(results) if one.name == row)


def hub_metrics(
    metrics: Mapping[str, float], intervals: Mapping[str, Interval] | None = None
) -> Iterator[HubMetric]:
    """Those of our metrics that a card names.

    Args:
        metrics: by their names here; others are passed over.
        intervals: of some of them, by subject.
    """
    for name, title in (SCORE_COLUMNS | TEXT_COLUMNS).items():
        if name not in metrics:
            continue
        kind, arguments = _HUB.get(name, (name, {}))
        if intervals and name in intervals:
            one = intervals[name]
            ends = [round(one.low, 4), round(one.high, 4)]
            arguments = arguments | {f"interval_{one.level:.0%}_by_subject": ends}
        yield HubMetric(kind, title, round(metrics[name], 4), arguments)


def _lead(results: Results) -> str:
    said = (
        f"{results.title}. Self-reported: verified by nobody else. Research use only, not a "
        "medical device."
    )
    first = f"**{simulated_first(results)}** " if results.simulated else ""
    return first + escape_markdown(said)

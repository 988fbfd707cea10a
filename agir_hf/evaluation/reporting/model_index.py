"""An evaluation in a model card: the `model-index` of its header, and a section of its text.

The figures are self-reported; every metric is marked as not verified.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from ...constants_agir import NOTICE
from ..metrics.significance import Interval
from .results import Results
from .summary import Summary, summarise
from .table_format import Table, escape_markdown, markdown_table, simulated_notice
from .tables import SCORE_COLUMNS, TEXT_COLUMNS, provenance, tables_of

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

TASK_TYPE, TASK_NAME = "other", "gait assessment"
SIMULATED = "(simulated)"
SELF_REPORTED = f"Self-reported, not verified by others. {NOTICE}"
# Metric → its name on the Hub and its arguments. Metrics that the Hub does not have keep our name.
_HUB: dict[str, tuple[str, dict]] = {
    "macro_precision": ("precision", {"average": "macro"}),
    "macro_recall": ("recall", {"average": "macro"}),
    "macro_f1": ("f1", {"average": "macro"}),
    "weighted_f1": ("f1", {"average": "weighted"}),
    "quadratic_kappa": ("cohen_kappa", {"weights": "quadratic"}),
    "mean_absolute_error": ("mae", {}),
    "calibration_error": ("expected_calibration_error", {}),
    "supported": ("grounding", {}),
    "bert_f1": ("bertscore", {"rescale_with_baseline": False}),
    "bert_f1_rescaled": ("bertscore", {"rescale_with_baseline": True}),
}


class HubMetric(NamedTuple):
    """A metric in the Hub's terms: type on the Hub, title, value and arguments."""

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
    """Convert the metrics of a row, pooled over folds and seeds, for the Hub.

    Args:
        results: Results of the evaluation.
        row: Name of the row.
        dataset_type: Name of the data set on the Hub.
        summary: Summary of the row, where it is computed already.

    Returns:
        One `huggingface_hub.EvalResult` for each metric.

    Raises:
        ValueError: No row has the name, or the row was not run.
    """
    summary = summary or summary_of(results, row)
    if not summary.folds:
        raise ValueError(f"row {row!r} was not run ({summary.note}): it has no metrics")
    arguments = {
        "scheme": results.scheme,
        "walks": summary.walks,
        "subjects": summary.subjects,
        "seeds": len(summary.seeds),
        "simulated": results.simulated,
    }
    name = dataset_name(results)
    return [
        eval_result(metric, dataset_type, name, arguments)
        for metric in hub_metrics(summary.metrics, summary.intervals)
    ]


def eval_result(
    metric: HubMetric, dataset_type: str, dataset: str, arguments: dict, split: str | None = None
) -> EvalResult:
    """Convert one metric for the Hub.

    Args:
        metric: The metric.
        dataset_type: Name of the data set on the Hub.
        dataset: The data in words.
        arguments: Numbers of walks and subjects and the split scheme, as JSON values.
        split: Split of the data set.

    Returns:
        The metric, marked as not verified.
    """
    from huggingface_hub import EvalResult

    return EvalResult(
        task_type=TASK_TYPE,
        task_name=TASK_NAME,
        dataset_type=dataset_type,
        dataset_name=dataset,
        dataset_split=split,
        dataset_args=arguments,
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
    """Make the `model-index` entry of a model card's header.

    Args:
        results: Results of the evaluation.
        row: Name of the row.
        model_name: Name of the model.
        dataset_type: Name of the data set on the Hub.
        summary: Summary of the row, where it is computed already.

    Returns:
        The entry as YAML values.

    Raises:
        ValueError: No row has the name, or the row was not run.
    """
    from huggingface_hub.repocard_data import eval_results_to_model_index

    return eval_results_to_model_index(
        model_name, eval_results(results, row, dataset_type, summary)
    )


def card_section(results: Results, tables: list[Table] | None = None) -> str:
    """Write the evaluation section of a model card.

    Args:
        results: Results of the evaluation.
        tables: Tables of the results, where they are made already.

    Returns:
        Markdown text: tables, confusion matrices, command and versions.
    """
    tables = tables_of(results) if tables is None else tables
    parts = ["## Evaluation", _introduction(results)]
    parts += [markdown_table(table, level=3) for table in tables if table.kind != "confusion"]
    matrices = [markdown_table(table, level=4) for table in tables if table.kind == "confusion"]
    if matrices:
        head = "<details><summary>Confusion matrices</summary>"
        parts += [head, *matrices, "</details>"]
    return "\n\n".join([*parts, provenance(results)]) + "\n"


def dataset_name(results: Results) -> str:
    """The data in words, with "(simulated)" where the walks are simulated."""
    marked = not results.simulated or SIMULATED in results.data
    return results.data if marked else f"{results.data} {SIMULATED}"


def summary_of(results: Results, row: str) -> Summary:
    """Summarise one row.

    Args:
        results: Results of the evaluation.
        row: Name of the row.

    Returns:
        The summary.

    Raises:
        ValueError: No row has the name.
    """
    results.row(row)
    return next(summary for summary in summarise(results) if summary.name == row)


def hub_metrics(
    metrics: Mapping[str, float], intervals: Mapping[str, Interval] | None = None
) -> Iterator[HubMetric]:
    """Select the metrics that a card shows.

    Args:
        metrics: Name of a metric in this package → value. Unknown names are skipped.
        intervals: Confidence intervals of some of them.

    Yields:
        The metrics in the Hub's terms.
    """
    for name, title in (SCORE_COLUMNS | TEXT_COLUMNS).items():
        if name not in metrics:
            continue
        kind, arguments = _HUB.get(name, (name, {}))
        if intervals and name in intervals:
            interval = intervals[name]
            ends = [round(interval.low, 4), round(interval.high, 4)]
            arguments = arguments | {f"interval_{interval.level:.0%}_by_subject": ends}
        yield HubMetric(kind, title, round(metrics[name], 4), arguments)


def _introduction(results: Results) -> str:
    text = escape_markdown(f"{results.title}. {SELF_REPORTED}")
    return f"**{simulated_notice(True)}** {text}" if results.simulated else text

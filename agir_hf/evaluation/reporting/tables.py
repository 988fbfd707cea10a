"""Tables of an evaluation in Markdown and LaTeX, with captions that define their figures.

`tables_of` makes the tables as text in cells; `markdown` and `latex` write them. Every caption
states what was scored, and whether it was simulated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...utils.formatting import MISSING, format_number
from ..metrics.classification import CALIBRATION_BINS
from ..metrics.significance import (
    EXACT_SUBJECTS,
    LEVEL,
    PERMUTATIONS,
    RESAMPLES,
    SCORE_METRICS,
    paired_comparison,
)
from .results import Results, Row
from .summary import WITH_INTERVAL, Spread, Summary, summarise
from .table_format import (
    Table,
    escape_markdown,
    format_interval,
    format_p_value,
    latex_table,
    markdown_table,
    one_line,
    simulated_notice,
)

SCORE_COLUMNS = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "macro_precision": "macro precision",
    "macro_recall": "macro recall",
    "macro_f1": "macro-F1",
    "weighted_f1": "weighted F1",
    "quadratic_kappa": "quadratic κ",
    "mean_absolute_error": "MAE",
    "calibration_error": "ECE",
}
TEXT_COLUMNS = {
    "cider": "CIDEr",
    "bert_f1": "BERTScore F1, raw",
    "bert_f1_rescaled": "BERTScore F1, rescaled",
    "supported": "supported, unaided text",
    "near": "near claims",
    "coverage": "coverage",
    "specificity": "specificity, unaided text",
    "supported_checked": "supported, checked text",
    "kept_checked": "claims kept, checked text",
    "well_formed": "well-formed",
    "distinct_2": "distinct-2",
}
# Metric names without an averaging, as papers print them, and the column that shows them.
PRINTED_COLUMNS = {"precision": "macro_precision", "recall": "macro_recall", "f1": "macro_f1"}
PAPER_MARK = "printed in the paper"
PAPER_COPIED = "Lines marked “printed in the paper” are copied, not measured here."
PAPER_WARNING = (
    "Printed precision, recall and F1 are shown in the macro columns, whatever they are means of. "
    "The paper's Table 1 prints F1 0.58 with precision 0.46 and recall 0.51, which no macro or "
    "weighted mean can give: the F1 of a score is at most the mean of its precision and recall, so "
    "no such mean exceeds 0.485."
)
_SIDES = ("folds", "seeds")
MAJORITY = "majority class"


def tables_of(
    results: Results, summaries: list[Summary] | None = None, against: str | None = None
) -> list[Table]:
    """Make the tables of scores, texts, spread, differences and confusion matrices.

    Args:
        results: Results of the evaluation.
        summaries: Summaries of the rows, where they are computed already.
        against: Name of the row that the others are compared with. None leaves the table of
            differences out.

    Returns:
        Tables in the order in which they are printed. The table of texts is left out where no row
        has texts.

    Raises:
        ValueError: No row has the name `against`.
    """
    summaries = summarise(results) if summaries is None else summaries
    tables = [_scores(results, summaries), _spread(results, summaries)]
    columns = _text_columns(results, summaries)
    if columns:
        tables.insert(1, _texts(results, summaries, columns))
    if against is not None:
        tables.append(_differences(results, results.row(against)))
    return tables + [_confusion(results, summary) for summary in summaries if summary.folds]


def markdown(results: Results, tables: list[Table] | None = None) -> str:
    """Write the tables as a Markdown page.

    Args:
        results: Results of the evaluation.
        tables: Tables of the results, where they are made already.

    Returns:
        Markdown text.
    """
    tables = tables_of(results) if tables is None else tables
    parts = [f"# {escape_markdown(title_of(results))}"]
    parts += [f"**{simulated_notice(True)}**"] if results.simulated else []
    return "\n\n".join([*parts, *map(markdown_table, tables), provenance(results)]) + "\n"


def latex(results: Results, tables: list[Table] | None = None) -> str:
    """Write the tables as LaTeX floats; they need the packages booktabs and graphicx.

    Args:
        results: Results of the evaluation.
        tables: Tables of the results, where they are made already.

    Returns:
        LaTeX text.
    """
    tables = tables_of(results) if tables is None else tables
    head = [
        f"% {one_line(title_of(results))}",
        f"% made by: {one_line(results.command)}",
        "% \\usepackage{booktabs,graphicx}",
    ]
    return "\n".join([*head, *(latex_table(table, title_of(results)) for table in tables)]) + "\n"


def provenance(results: Results) -> str:
    """Write the protocol, the command and the versions in Markdown."""
    versions = ", ".join(f"{name} {version}" for name, version in results.versions.items())
    sentences = "\n".join(f"- {escape_markdown(sentence)}" for sentence in results.protocol)
    protocol = f"Protocol\n\n{sentences}\n\n" if sentences else ""
    command = f"Made by\n\n```bash\n{results.command}\n```"
    return f"{protocol}{command}\n\n({escape_markdown(versions)})."


def title_of(results: Results) -> str:
    """Title of the results, with the word "simulated" where the walks are simulated."""
    marked = not results.simulated or "simulated" in results.title.lower()
    return results.title if marked else f"{results.title} (simulated)"


def counts(results: Results) -> str:
    """Describe the numbers of walks, subjects, folds and seeds of the rows in words."""
    rows = [row for row in results.rows if row.folds]
    if not rows:
        return "No row could be run"
    first, *others = (row.walks() for row in rows)
    subjects = len({subject for subject, _ in first.values()})
    text = f"{len(first)} walks of {subjects} subjects"
    if any(walks != first for walks in others):
        text += f" in {rows[0].name!r}; other rows have other walks and cannot be compared with it"
    folds = _range([len(row.fold_names) for row in rows])
    return f"{text}; {folds} folds, {_range([len(row.seeds) for row in rows])} seeds"


def majority(summaries: list[Summary]) -> dict[str, float] | None:
    """Metrics of always predicting the most frequent true score.

    Args:
        summaries: Summaries of the rows.

    Returns:
        Metric → value, of the first row that was run; None where no row was run.
    """
    for summary in summaries:
        if summary.folds:
            return {name: summary.metrics[f"majority_{name}"] for name in SCORE_METRICS}
    return None


def _scores(results: Results, summaries: list[Summary]) -> Table:
    caption = (
        f"{_data(results)} {counts(results)}. Figures are pooled over folds and seeds; macro: mean "
        "over the scores that occur in the truth; weighted: by how many walks have the score; κ: "
        "quadratic weights; MAE: mean absolute error in scores; a missing answer counts as wrong "
        f"and as the largest possible error; ECE: expected calibration error, {CALIBRATION_BINS} "
        f"bins, where there are probabilities. In brackets: {_interval_text(summaries)}. "
        f"{_majority_text(summaries)}"
    )
    lines = _lines(summaries, SCORE_COLUMNS, _score_cell)
    baseline = majority(summaries)
    if baseline and not any(MAJORITY.split()[0] in summary.name.lower() for summary in summaries):
        lines.append([MAJORITY, *(format_number(baseline.get(name)) for name in SCORE_COLUMNS)])
    lines += _printed(results, SCORE_COLUMNS)
    caption = " ".join([caption, *_remarks(results, summaries)])
    return Table("scores", "Scores", caption, ["", *SCORE_COLUMNS.values()], lines)


def _texts(results: Results, summaries: list[Summary], columns: dict[str, str]) -> Table:
    caption = (
        f"{_data(results)} {counts(results)}. Means over the texts that have the figure, pooled "
        "over folds and seeds; distinct-2: of the texts of a seed, mean over seeds, because it "
        "decreases with the number of texts. In parentheses: how many texts have the figure, where "
        "not all do. CIDEr and BERTScore can only be compared over the same references."
        f"{_evidence_text(columns, summaries)}"
    )
    printed = _printed(results, columns)
    caption += f" {PAPER_COPIED}" if printed else ""
    with_texts = [row for row in summaries if not row.folds or columns.keys() & row.metrics.keys()]
    lines = _lines(with_texts, columns, _text_cell) + printed
    return Table("texts", "Rationales", caption, ["", *columns.values()], lines)


def _evidence_text(columns: dict[str, str], summaries: list[Summary]) -> str:
    """Sentences of the caption about specificity and the checked text, where they are shown."""
    sentences = []
    if "specificity" in columns:
        sentences.append(
            "Specificity: share of supported claims in the own walk minus in walks of other "
            f"subjects with the same true score; in brackets: {_interval_text(summaries)}."
        )
    if "supported_checked" in columns:
        sentences.append(
            "All figures are of the text as the model wrote it, except those of the checked text, "
            "which is chosen by evidence from what the model wrote: its supported claims, and its "
            "number of claims divided by that of the unaided text."
        )
    return "".join(f" {sentence}" for sentence in sentences)


def _spread(results: Results, summaries: list[Summary]) -> Table:
    caption = (
        f"{_data(results)} Mean ± standard deviation (n − 1). Over folds: of a fold's mean over "
        "seeds; macro-F1 of a fold is over the scores that occur in it, so that the mean is not "
        "the pooled figure. Over seeds: of the figure pooled over the folds of a seed."
    )
    header = ["", "walks", "subjects", "folds", "seeds"]
    header += [f"{SCORE_COLUMNS[m]}, over {side}" for m in WITH_INTERVAL for side in _SIDES]
    lines = []
    for summary in summaries:
        numbers = [summary.walks, summary.subjects, summary.folds, len(summary.seeds)]
        spreads = [summary.spread[name] for name in WITH_INTERVAL] if summary.folds else []
        cells = [_mean_sd(spread, side) for spread in spreads for side in _SIDES]
        line = [summary.name, *map(str, numbers), *cells] if summary.folds else _not_run(summary)
        lines.append(line)
    return Table("spread", "Over folds and seeds", caption, header, lines)


def _differences(results: Results, other: Row) -> Table:
    caption = (
        f"{_data(results)} Row minus {other.name!r}, over the same walks. In brackets: {LEVEL:.0%} "
        f"percentile interval of {RESAMPLES} bootstrap resamples of subjects, the same for both "
        "rows. p: two-sided test of the number of right answers, signs of subjects' differences "
        f"flipped ({_flips()}); not corrected for the number of rows."
    )
    header = ["", *(f"{SCORE_COLUMNS[name]}, difference" for name in WITH_INTERVAL), "p"]
    lines = []
    for row in results.rows:
        if row.name == other.name:
            continue
        try:
            comparisons = [
                paired_comparison(row, other, name, results.classes) for name in WITH_INTERVAL
            ]
        except ValueError as error:
            lines.append([row.name, f"not compared: {row.note if not row.folds else error}"])
            continue
        cells = [format_interval(result.difference, signed=True) for result in comparisons]
        lines.append([row.name, *cells, format_p_value(comparisons[0].p_value)])
    return Table("differences", f"Against {other.name}", caption, header, lines)


def _confusion(results: Results, summary: Summary) -> Table:
    seeds = len(summary.seeds)
    each = f"; each walk once for each of {seeds} seeds" if seeds > 1 else ""
    caption = (
        f"{_data(results)} Counts pooled over folds and seeds{each}. Rows: true score; columns: "
        "predicted score."
    )
    lines = [
        [f"true: {name}", *map(str, row)]
        for name, row in zip(results.class_names, summary.metrics["confusion_matrix"], strict=True)
    ]
    header = ["", *results.class_names, "no answer"]
    return Table("confusion", f"Confusion matrix: {summary.name}", caption, header, lines)


def _lines(
    summaries: list[Summary], columns: dict[str, str], cell: Callable[[Summary, str], str]
) -> list[list[str]]:
    return [
        [row.name, *(cell(row, name) for name in columns)] if row.folds else _not_run(row)
        for row in summaries
    ]


def _not_run(summary: Summary) -> list[str]:
    return [summary.name, f"not run: {summary.note}"]


def _score_cell(summary: Summary, name: str) -> str:
    if name in summary.intervals:
        return format_interval(summary.intervals[name])
    value = summary.metrics.get(name)
    number = summary.metrics.get("calibration_count") if name == "calibration_error" else None
    return format_number(value) + _number_of(number, summary)


def _text_cell(summary: Summary, name: str) -> str:
    number = summary.metrics["figure_counts"].get(name)
    if name in summary.intervals:
        return format_interval(summary.intervals[name]) + _number_of(number, summary)
    return format_number(summary.metrics.get(name)) + _number_of(number, summary)


def _number_of(number: int | None, summary: Summary) -> str:
    """How many predictions have a figure, where not all do."""
    return f" ({number})" if number is not None and number < summary.metrics["count"] else ""


def _printed(results: Results, columns: dict[str, str]) -> list[list[str]]:
    """Lines of the paper's figures that have one of the columns."""
    lines = []
    for name, figures in results.paper.items():
        by_column = {PRINTED_COLUMNS.get(key, key): value for key, value in figures.items()}
        if by_column.keys() & columns.keys():
            cells = [_as_printed(by_column.get(column)) for column in columns]
            lines.append([f"{name} ({PAPER_MARK})", *cells])
    return lines


def _remarks(results: Results, summaries: list[Summary]) -> list[str]:
    """Sentences after the first caption: on the paper's figures, and the notes of the rows."""
    remarks = [PAPER_COPIED, PAPER_WARNING] if results.paper else []
    shown = {*SCORE_COLUMNS, *TEXT_COLUMNS, *PRINTED_COLUMNS}
    for name, figures in results.paper.items():
        further = [f"{key} {value}" for key, value in figures.items() if key not in shown]
        if further:
            remarks.append(f"Also printed for {name}: {', '.join(further)}.")
    return remarks + [f"{row.name}: {row.note}." for row in summaries if row.folds and row.note]


def _text_columns(results: Results, summaries: list[Summary]) -> dict[str, str]:
    """Columns that a row, or the paper, has."""
    present = {name for summary in summaries for name in summary.metrics}
    present |= {key for figures in results.paper.values() for key in figures}
    return {name: title for name, title in TEXT_COLUMNS.items() if name in present}


def _data(results: Results) -> str:
    notice = "Simulated walks. " if results.simulated else ""
    return f"{notice}Data: {results.data}. Folds: {results.scheme}."


def _interval_text(summaries: list[Summary]) -> str:
    intervals = [interval for row in summaries for interval in row.intervals.values()]
    number = intervals[0].resamples if intervals else RESAMPLES
    return f"{LEVEL:.0%} percentile interval of {number} bootstrap resamples of subjects"


def _majority_text(summaries: list[Summary]) -> str:
    baseline = majority(summaries)
    if baseline is None:
        return "No row was run, so there is no majority baseline."
    return (
        f"Baseline, always the most frequent true score: accuracy {baseline['accuracy']:.3f}, "
        f"macro-F1 {baseline['macro_f1']:.3f}."
    )


def _flips() -> str:
    return f"all flips of up to {EXACT_SUBJECTS} subjects, else {PERMUTATIONS} random ones"


def _as_printed(value: float | None) -> str:
    return MISSING if value is None else f"{value}"


def _mean_sd(spread: Spread, side: str) -> str:
    mean, sd = (getattr(spread, f"{side[:-1]}_{part}") for part in ("mean", "sd"))
    return format_number(mean) + (f" ± {sd:.3f}" if sd is not None else f" (one {side[:-1]})")


def _range(numbers: Sequence[int]) -> str:
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else f"{low} to {high}"

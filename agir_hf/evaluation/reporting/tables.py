"""Tables of an evaluation, in Markdown and in LaTeX, with what a figure needs to be read.

`tables_of` makes the tables once, as text in cells; `markdown` and `latex` print them. Every
caption says what was scored, and that it was simulated where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..metrics.classification import CALIBRATION_BINS
from ..metrics.significance import (
    EXACT_SUBJECTS,
    LEVEL,
    PERMUTATIONS,
    RESAMPLES,
    SCORE_METRICS,
    Interval,
    paired_comparison,
)
from .results import Results, Row
from .summary import WITH_INTERVAL, Spread, Summary, summarise
from .table_format import Table, escape_markdown, latex_table, markdown_table, one_line

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
    "grounding": "grounding",
    "coverage": "coverage",
    "well_formed": "well-formed",
    "distinct_2": "distinct-2",
}
# Names without an averaging, as papers print them, and the column where they stand.
PRINTED = {"precision": "macro_precision", "recall": "macro_recall", "f1": "macro_f1"}
PAPER_MARK = "printed in the paper"
PAPER_COPIED = "Lines marked “printed in the paper” are copied, not measured here."
PAPER_TRAP = (
    "Printed precision, recall and F1 stand in the macro columns, whatever they are means of. The "
    "paper's Table 1 prints F1 0.58 beside precision 0.46 and recall 0.51, which no macro or "
    "weighted mean gives: the F1 of a score is at most the mean of its precision and recall, so "
    "that no such mean exceeds 0.485."
)
_SIDES = ("folds", "seeds")
MAJORITY = "majority class"
NOTHING = "–"


def tables_of(
    results: Results, summaries: list[Summary] | None = None, against: str | None = None
) -> list[Table]:
    """Tables of scores, texts (where there are some), spread, differences, confusion matrices.

    Args:
        summaries: of the rows, where they are made already.
        against: row that the others are compared with; None leaves the table of differences out.

    Raises:
        ValueError: if ``against`` is no row.
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
    """The tables as a Markdown page."""
    tables = tables_of(results) if tables is None else tables
    parts = [f"# {escape_markdown(title_of(results))}"]
    parts += [f"**{simulated_first(results)}**"] if results.simulated else []
    return "\n\n".join([*parts, *map(markdown_table, tables), provenance(results)]) + "\n"


def latex(results: Results, tables: list[Table] | None = None) -> str:
    """The tables as LaTeX, one float each; needs the packages booktabs and graphicx."""
    tables = tables_of(results) if tables is None else tables
    head = [
        f"% {one_line(title_of(results))}",
        f"% made by: {one_line(results.command)}",
        "% \\usepackage{booktabs,graphicx}",
    ]
    return "\n".join([*head, *(latex_table(table, title_of(results)) for table in tables)]) + "\n"


def provenance(results: Results) -> str:
    """The command and the versions, in Markdown."""
    versions = ", ".join(f"{name} {version}" for name, version in results.versions.items())
    return f"Made by\n\n```bash\n{results.command}\n```\n\n({escape_markdown(versions)})."


def title_of(results: Results) -> str:
    """The title, with the word simulated where nobody walked."""
    said = not results.simulated or "simulated" in results.title.lower()
    return results.title if said else f"{results.title} (simulated)"


def simulated_first(results: Results) -> str:
    """The sentence that stands before the tables of a simulated evaluation, or nothing."""
    said = "Simulated walks: nobody walked, and these figures say nothing about people."
    return said if results.simulated else ""


def counts(results: Results) -> str:
    """Walks, subjects, folds and seeds of the rows, in words."""
    rows = [row for row in results.rows if row.folds]
    if not rows:
        return "No row could be run"
    first, *others = (row.walks() for row in rows)
    subjects = len({subject for subject, _ in first.values()})
    said = f"{len(first)} walks of {subjects} subjects"
    if any(walks != first for walks in others):
        said += f" in {rows[0].name!r}; other rows hold other walks and do not compare with it"
    folds = _range([len(row.fold_names) for row in rows])
    return f"{said}; {folds} folds, {_range([len(row.seeds) for row in rows])} seeds"


def majority(summaries: list[Summary]) -> dict[str, float] | None:
    """Figures of always giving the most frequent true score, of the first row that was run."""
    for one in summaries:
        if one.folds:
            return {name: one.metrics[f"majority_{name}"] for name in SCORE_METRICS}
    return None


def _scores(results: Results, summaries: list[Summary]) -> Table:
    caption = (
        f"{_what(results)} {counts(results)}. Figures are pooled over folds and seeds; macro: mean "
        "over the scores that occur in the truth; weighted: by how many walks have the score; κ: "
        "quadratic weights; MAE: mean absolute error in scores; a missing answer counts as wrong "
        f"and as the largest error there is; ECE: expected calibration error, {CALIBRATION_BINS} "
        f"bins, where there are probabilities. In brackets: {_interval_words(summaries)}. "
        f"{_majority_words(summaries)}"
    )
    lines = _lines(summaries, SCORE_COLUMNS, _score_cell)
    baseline = majority(summaries)
    if baseline and not any(MAJORITY.split()[0] in summary.name.lower() for summary in summaries):
        lines.append([MAJORITY, *(_number(baseline.get(name)) for name in SCORE_COLUMNS)])
    lines += _printed(results, SCORE_COLUMNS)
    caption = " ".join([caption, *_remarks(results, summaries)])
    return Table("scores", "Scores", caption, ["", *SCORE_COLUMNS.values()], lines)


def _texts(results: Results, summaries: list[Summary], columns: dict[str, str]) -> Table:
    caption = (
        f"{_what(results)} {counts(results)}. Means over the texts that have the figure, pooled "
        "over folds and seeds; distinct-2: of the texts of a seed, mean over seeds, for it falls "
        "with the number of texts. In parentheses: how many texts have the figure, where not all "
        "do. CIDEr and BERTScore compare only over the same references."
    )
    printed = _printed(results, columns)
    caption += f" {PAPER_COPIED}" if printed else ""
    written = [one for one in summaries if not one.folds or columns.keys() & one.metrics.keys()]
    lines = _lines(written, columns, _text_cell) + printed
    return Table("texts", "Rationales", caption, ["", *columns.values()], lines)


def _spread(results: Results, summaries: list[Summary]) -> Table:
    caption = (
        f"{_what(results)} Mean ± standard deviation (n − 1). Over folds: of a fold's mean over "
        "seeds; macro-F1 of a fold is over the scores that occur in it, so that the mean is not "
        "the pooled figure. Over seeds: of the figure pooled over the folds of a seed."
    )
    header = ["", "walks", "subjects", "folds", "seeds"]
    header += [f"{SCORE_COLUMNS[m]}, over {side}" for m in WITH_INTERVAL for side in _SIDES]
    lines = []
    for one in summaries:
        numbers = [one.walks, one.subjects, one.folds, len(one.seeds)]
        spreads = [one.spread[name] for name in WITH_INTERVAL] if one.folds else []
        cells = [_mean_sd(spread, side) for spread in spreads for side in _SIDES]
        lines.append([one.name, *map(str, numbers), *cells] if one.folds else _noted(one))
    return Table("spread", "Over folds and seeds", caption, header, lines)


def _differences(results: Results, other: Row) -> Table:
    caption = (
        f"{_what(results)} Row minus {other.name!r}, over the same walks. In brackets: {LEVEL:.0%} "
        f"percentile interval of {RESAMPLES} bootstrap resamples of subjects, the same of both "
        f"rows. p: of correct walks, two-sided, signs of subjects' differences flipped ({_flips()}"
        "); not corrected for the number of rows."
    )
    header = ["", *(f"{SCORE_COLUMNS[name]}, difference" for name in WITH_INTERVAL), "p"]
    lines = []
    for row in results.rows:
        if row.name == other.name:
            continue
        try:
            found = [paired_comparison(row, other, name, results.classes) for name in WITH_INTERVAL]
        except ValueError as error:
            lines.append([row.name, f"not compared: {row.note if not row.folds else error}"])
            continue
        cells = [_with_interval(one.difference, signed=True) for one in found]
        lines.append([row.name, *cells, _p(found[0].p_value)])
    return Table("differences", f"Against {other.name}", caption, header, lines)


def _confusion(results: Results, summary: Summary) -> Table:
    seeds = len(summary.seeds)
    each = f"; each walk once for each of {seeds} seeds" if seeds > 1 else ""
    caption = (
        f"{_what(results)} Counts pooled over folds and seeds{each}. Rows: true score; columns: "
        "score given."
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
        [one.name, *(cell(one, name) for name in columns)] if one.folds else _noted(one)
        for one in summaries
    ]


def _noted(summary: Summary) -> list[str]:
    return [summary.name, f"not run: {summary.note}"]


def _score_cell(summary: Summary, name: str) -> str:
    if name in summary.intervals:
        return _with_interval(summary.intervals[name])
    value = summary.metrics.get(name)
    number = summary.metrics.get("calibration_count") if name == "calibration_error" else None
    return _number(value) + _of(number, summary)


def _text_cell(summary: Summary, name: str) -> str:
    number = summary.metrics["figure_counts"].get(name)
    return _number(summary.metrics.get(name)) + _of(number, summary)


def _of(number: int | None, summary: Summary) -> str:
    """How many predictions a figure is of, where not of all."""
    return f" ({number})" if number is not None and number < summary.metrics["count"] else ""


def _printed(results: Results, columns: dict[str, str]) -> list[list[str]]:
    """Lines of the paper's figures that have one of the columns."""
    lines = []
    for name, figures in results.paper.items():
        placed = {PRINTED.get(key, key): value for key, value in figures.items()}
        if placed.keys() & columns.keys():
            cells = [_as_printed(placed.get(column)) for column in columns]
            lines.append([f"{name} ({PAPER_MARK})", *cells])
    return lines


def _remarks(results: Results, summaries: list[Summary]) -> list[str]:
    """Sentences after the first caption: the paper's trap, further figures of it, rows' notes."""
    said = [PAPER_COPIED, PAPER_TRAP] if results.paper else []
    known = {*SCORE_COLUMNS, *TEXT_COLUMNS, *PRINTED}
    for name, figures in results.paper.items():
        further = [f"{key} {value}" for key, value in figures.items() if key not in known]
        if further:
            said.append(f"Also printed of {name}: {', '.join(further)}.")
    return said + [f"{one.name}: {one.note}." for one in summaries if one.folds and one.note]


def _text_columns(results: Results, summaries: list[Summary]) -> dict[str, str]:
    """Columns that a row, or the paper, has."""
    present = {name for one in summaries for name in one.metrics}
    present |= {key for figures in results.paper.values() for key in figures}
    return {name: title for name, title in TEXT_COLUMNS.items() if name in present}


def _what(results: Results) -> str:
    said = "Simulated walks. " if results.simulated else ""
    return f"{said}Data: {results.data}. Folds: {results.scheme}."


def _interval_words(summaries: list[Summary]) -> str:
    intervals = [one for summary in summaries for one in summary.intervals.values()]
    number = intervals[0].resamples if intervals else RESAMPLES
    return f"{LEVEL:.0%} percentile interval of {number} bootstrap resamples of subjects"


def _majority_words(summaries: list[Summary]) -> str:
    found = majority(summaries)
    if found is None:
        return "No row was run, so that there is no majority baseline."
    return (
        f"Baseline, always the most frequent true score: accuracy {found['accuracy']:.3f}, "
        f"macro-F1 {found['macro_f1']:.3f}."
    )


def _flips() -> str:
    return f"all flips of up to {EXACT_SUBJECTS} subjects, else {PERMUTATIONS} random ones"


def _number(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.3f}".replace("-", "−")


def _as_printed(value: float | None) -> str:
    return NOTHING if value is None else f"{value}"


def _with_interval(one: Interval, signed: bool = False) -> str:
    form = "+.3f" if signed else ".3f"
    return f"{one.value:{form}} [{one.low:{form}}, {one.high:{form}}]".replace("-", "−")


def _mean_sd(spread: Spread, side: str) -> str:
    mean, sd = (getattr(spread, f"{side[:-1]}_{part}") for part in ("mean", "sd"))
    return _number(mean) + (f" ± {sd:.3f}" if sd is not None else f" (one {side[:-1]})")


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _range(numbers: Sequence[int]) -> str:
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else f"{low} to {high}"

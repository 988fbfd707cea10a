"""Plots of an evaluation: confusion matrices, calibration, risk and coverage, folds."""

from __future__ import annotations

import textwrap
from pathlib import Path

import numpy as np

from ...utils.files import atomic_path
from ..metrics.classification import CALIBRATION_BINS, calibration_error, risk_coverage
from ..metrics.significance import LEVEL
from .results import Results, Row
from .summary import WITH_INTERVAL, Summary, probability_table, row_metrics, summarise
from .tables import SCORE_COLUMNS, majority, title_of

# Okabe and Ito 2008 (Color Universal Design), without yellow, which is too light for lines
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_DASHES = ("-", "--", ":", "-.")
_GREY = "#8a8f98"
_DPI = 130
_MAX_COLUMNS = 4  # panels in a row
_FEWEST = 10  # answers; the error rate of fewer varies too much to be drawn
_LINE_IN = 0.17  # height of a line of a legend, inches
CONFUSIONS, RELIABILITY = "confusion.png", "reliability.png"
RISK_COVERAGE, FOLDS = "risk_coverage.png", "folds.png"


def draw_all(results: Results, folder: Path, summaries: list[Summary] | None = None) -> list[Path]:
    """Draw every plot for which the results have data.

    Args:
        results: Results of the evaluation.
        folder: Folder of the plots. Missing folders are created.
        summaries: Summaries of the rows, where they are computed already.

    Returns:
        Paths of the plots.

    Raises:
        ImportError: matplotlib is not installed.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    summaries = summarise(results) if summaries is None else summaries
    paths = []
    if any(row.folds for row in results.rows):
        paths.append(draw_confusions(results, folder / CONFUSIONS, summaries))
        paths.append(draw_folds(results, folder / FOLDS, summaries))
    if _with_probabilities(results):
        paths.append(draw_reliability(results, folder / RELIABILITY))
        paths.append(draw_risk_coverage(results, folder / RISK_COVERAGE))
    return paths


def draw_confusions(results: Results, path: Path, summaries: list[Summary] | None = None) -> Path:
    """Draw the pooled confusion matrix of each row, coloured by the share of the true score.

    Args:
        results: Results of the evaluation.
        path: PNG file to write.
        summaries: Summaries of the rows, where they are computed already.

    Returns:
        Path of the plot.
    """
    summaries = summarise(results) if summaries is None else summaries
    summaries = [summary for summary in summaries if summary.folds]
    matrices = [np.array(summary.metrics["confusion_matrix"]) for summary in summaries]
    # missing answers have a column only where there are any
    missing = any(matrix[:, -1].any() for matrix in matrices)
    long = any(len(name) > 9 for name in results.class_names)
    names = [name.replace(" ", "\n") if long else name for name in results.class_names]
    columns = [*names, "no\nanswer"] if missing else names
    size = (2.7 if missing or long else 2.4, 3.1 if long else 2.5)
    figure, panels = _grid(len(summaries), size)
    for axes, summary, matrix in zip(panels, summaries, matrices, strict=True):
        _draw_matrix(axes, matrix if missing else matrix[:, :-1])
        axes.set_xticks(range(len(columns)), columns, size=8, rotation=90 if long else 0)
        axes.set_yticks(range(len(names)), names, size=8)
        axes.set_xlabel("predicted score", size=9)
        axes.set_ylabel("true score", size=9)
        axes.set_title(_wrapped(summary.name, 22), size=10)
        axes.tick_params(length=0)
    _add_title(figure, results, "confusion, pooled over folds and seeds; percent of the true score")
    return _save(figure, path)


def _draw_matrix(axes, counts: np.ndarray) -> None:
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (i, j), count in np.ndenumerate(counts):
        colour = "white" if shares[i, j] > 0.55 else "black"
        axes.text(j, i, f"{count}\n{shares[i, j]:.0%}", color=colour, size=9,
                  ha="center", va="center")  # fmt: skip


def draw_reliability(results: Results, path: Path) -> Path:
    """Draw accuracy over confidence of each row with probabilities, with its calibration error.

    Confidence is the highest probability, and accuracy is that of the most probable score, which
    can differ from the predicted score in the text.

    Args:
        results: Results of the evaluation.
        path: PNG file to write.

    Returns:
        Path of the plot.
    """
    rows = _with_probabilities(results)
    figure, panels = _grid(len(rows), (2.7, 2.9))
    for axes, row in zip(panels, rows, strict=True):
        truth, table = probability_table(row.predictions, results.classes)
        confidence, accuracy, number = reliability(truth, table)
        axes.plot([0, 1], [0, 1], "--", color=_GREY, linewidth=1)
        axes.vlines(confidence, confidence, accuracy, color=PALETTE[1], linewidth=1.2)
        axes.scatter(confidence, accuracy, s=12 + 260 * number / number.sum(), color=PALETTE[0],
                     edgecolors="white", linewidths=0.6, zorder=3, clip_on=False)  # fmt: skip
        axes.set_xlim(0, 1.02)
        axes.set_ylim(-0.04, 1.04)
        axes.set_aspect("equal")
        axes.set_xlabel("confidence", size=9)
        axes.set_ylabel("accuracy", size=9)
        error = f"ECE {calibration_error(truth, table):.3f}, {len(truth)} answers"
        axes.set_title(f"{_wrapped(row.name, 28)}\n{error}", size=10)
        _hide_spines(axes)
    _add_title(
        figure,
        results,
        f"calibration in {CALIBRATION_BINS} bins; area: number of answers, lines: calibration gap",
    )
    return _save(figure, path)


def draw_risk_coverage(results: Results, path: Path) -> Path:
    """Draw the error rate of the most confident answers over their share.

    Args:
        results: Results of the evaluation, with a row that has probabilities.
        path: PNG file to write.

    Returns:
        Path of the plot.
    """
    rows = _with_probabilities(results)
    names = [_wrapped(row.name, 34) for row in rows]
    legend = sum(name.count("\n") + 1.3 for name in names)  # lines
    figure, (axes,) = _grid(1, (8.6, max(4.2, _LINE_IN * legend)))
    for i, (name, row) in enumerate(zip(names, rows, strict=True)):
        truth, table = probability_table(row.predictions, results.classes)
        curve = risk_coverage(truth, table)[min(_FEWEST, len(truth)) - 1 :]
        style = {"color": PALETTE[i % len(PALETTE)], "linestyle": _DASHES[i // len(PALETTE) % 4]}
        axes.plot(*curve.T, linewidth=1.6, label=name, **style)
    baseline = row_metrics(rows[0].predictions, results.classes)["majority_accuracy"]
    axes.axhline(1 - baseline, color=_GREY, linewidth=1, linestyle=":",
                 label="majority class, all answers")  # fmt: skip
    axes.set_xlim(0, 1)
    axes.set_ylim(0, None)
    axes.set_xlabel("coverage: share of answers kept, most confident first")
    axes.set_ylabel("risk: share of wrong answers among them")
    axes.legend(frameon=False, fontsize=9, loc="center left", bbox_to_anchor=(1.01, 0.5))
    _hide_spines(axes)
    subtitle = f"risk and coverage, of {_FEWEST} answers or more, pooled over folds and seeds"
    _add_title(figure, results, subtitle)
    return _save(figure, path)


def draw_folds(results: Results, path: Path, summaries: list[Summary] | None = None) -> Path:
    """Draw accuracy and macro-F1 of each fold, and the pooled figure with its interval.

    Args:
        results: Results of the evaluation.
        path: PNG file to write.
        summaries: Summaries of the rows, where they are computed already.

    Returns:
        Path of the plot.
    """
    summaries = summarise(results) if summaries is None else summaries
    shown = [(results.row(summary.name), summary) for summary in summaries if summary.folds]
    labels = [_wrapped(summary.name, 24) for _, summary in shown]
    lines = max((label.count("\n") + 1 for label in labels), default=1)
    height = max(0.52, _LINE_IN * (lines + 0.2))
    figure, panels = _grid(len(WITH_INTERVAL), (5.2, 1.1 + height * len(shown)))
    baseline = majority(summaries)
    for axes, metric in zip(panels, WITH_INTERVAL, strict=True):
        for y, (row, summary) in enumerate(shown):
            _draw_dots(axes, _fold_values(row, metric, results.classes), y)
            interval = summary.intervals[metric]
            axes.plot([interval.low, interval.high], [y, y], color="black", linewidth=2)
            axes.plot(interval.value, y, "D", color="black", markersize=5)
        axes.axvline(baseline[metric], color=PALETTE[1], linewidth=1, linestyle="--")
        axes.set_xlim(-0.03, 1.03)
        axes.set_ylim(len(shown) - 0.5, -0.5)
        names = labels if axes is panels[0] else [""] * len(shown)
        axes.set_yticks(range(len(shown)), names, size=9)
        axes.set_xlabel(SCORE_COLUMNS[metric])
        axes.tick_params(axis="y", length=0)
        _hide_spines(axes)
    _add_title(
        figure,
        results,
        f"dots: folds, mean over seeds; diamond and bar: pooled, {LEVEL:.0%} interval over "
        "subjects; dashed: majority class",
    )
    return _save(figure, path)


def reliability(
    truth: np.ndarray, table: np.ndarray, bins: int = CALIBRATION_BINS
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute mean confidence and accuracy of the bins of `calibration_error`.

    Args:
        truth: Index of the true score, shape (N,).
        table: Probabilities, shape (N, K).
        bins: Number of bins.

    Returns:
        Mean confidence, accuracy and number of answers of each bin that is not empty.
    """
    confidence, right = table.max(axis=1), table.argmax(axis=1) == truth
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    members = [bin_of == i for i in np.unique(bin_of)]
    means = [(confidence[inside].mean(), right[inside].mean(), inside.sum()) for inside in members]
    return tuple(np.array(part) for part in zip(*means, strict=True))


def _with_probabilities(results: Results) -> list[Row]:
    return [
        row
        for row in results.rows
        if any(prediction.probabilities is not None for prediction in row.predictions)
    ]


def _fold_values(row: Row, metric: str, classes: list[int]) -> np.ndarray:
    """Metric of each fold, mean over seeds, shape (F,)."""
    values: dict[str, list[float]] = {name: [] for name in row.fold_names}
    for fold in row.folds:
        values[fold.fold].append(row_metrics(fold.predictions, classes)[metric])
    return np.array([np.mean(numbers) for numbers in values.values()])


def _draw_dots(axes, values: np.ndarray, y: float) -> None:
    """Draw the dots of one row; equal values are drawn next to each other."""
    offsets = np.zeros(len(values))
    for value in np.unique(values.round(3)):
        (equal,) = np.nonzero(values.round(3) == value)
        step = min(0.09, 0.6 / max(len(equal), 1))
        offsets[equal] = (np.arange(len(equal)) - (len(equal) - 1) / 2) * step
    axes.plot(values, y + offsets, "o", color=PALETTE[5], markersize=4, alpha=0.8,
              markeredgewidth=0)  # fmt: skip


def _grid(number: int, size: tuple[float, float]):
    """A figure with some panels, at most four in a row; size of each in inches."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError('plots need matplotlib: pip install "agir-hf[plot]"') from error
    columns = min(number, _MAX_COLUMNS)
    rows = -(-number // columns)
    width = max(columns * size[0], 5.5)
    figure = Figure(figsize=(width + 0.4, rows * size[1] + 0.8), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for empty in panels[number:]:
        empty.set_visible(False)
    return figure, panels[:number]


def _add_title(figure, results: Results, subtitle: str) -> None:
    width = int(figure.get_figwidth() * 11)  # characters
    title = _wrapped(title_of(results), width)
    figure.suptitle(f"{title}\n{_wrapped(subtitle, int(width * 1.15))}", fontsize=11)


def _hide_spines(axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)


def _wrapped(text: str, width: int) -> str:
    return "\n".join(textwrap.wrap(text, width)) or text


def _save(figure, path: Path) -> Path:
    with atomic_path(path) as draft:
        # without the library's version, so that equal results give equal files
        figure.savefig(draft, dpi=_DPI, metadata={"Software": None})
    return Path(path)

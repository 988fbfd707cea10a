"""Pictures of an evaluation: confusion matrices, calibration, risk and coverage, folds."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path

import numpy as np

from ..metrics.classification import CALIBRATION_BINS, calibration_error, risk_coverage
from ..metrics.significance import LEVEL
from .results import Results, Row
from .summary import WITH_INTERVAL, Summary, probability_table, row_metrics, summarise
from .tables import SCORE_COLUMNS, majority, title_of

# Okabe and Ito 2008 (Color Universal Design), without yellow, which is too light for lines
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_DASHES = ("-", "--", ":", "-.")
_FAINT = "#8a8f98"
_DPI = 130
_ACROSS = 4  # panels side by side
_FEWEST = 10  # answers that a risk is shown of: of fewer it jumps
_LINE_IN = 0.17  # height of a line of a legend
CONFUSIONS, RELIABILITY = "confusion.png", "reliability.png"
RISK_COVERAGE, FOLDS = "risk_coverage.png", "folds.png"


def draw_all(results: Results, folder: Path, summaries: list[Summary] | None = None) -> list[Path]:
    """Draw every picture that the results have something for.

    Args:
        folder: made if it is not there.
        summaries: of the rows, where they are made already.

    Raises:
        ImportError: if matplotlib is not installed.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    summaries = summarise(results) if summaries is None else summaries
    drawn = []
    if any(row.folds for row in results.rows):
        drawn.append(draw_confusions(results, folder / CONFUSIONS, summaries))
        drawn.append(draw_folds(results, folder / FOLDS, summaries))
    if _with_probabilities(results):
        drawn.append(draw_reliability(results, folder / RELIABILITY))
        drawn.append(draw_risk_coverage(results, folder / RISK_COVERAGE))
    return drawn


def draw_confusions(results: Results, path: Path, summaries: list[Summary] | None = None) -> Path:
    """A pooled confusion matrix of each row: counts, coloured by their share of the true score."""
    summaries = summarise(results) if summaries is None else summaries
    shown = [one for one in summaries if one.folds]
    # no answer is a column only where there was one
    missing = any(row[-1] for one in shown for row in one.metrics["confusion_matrix"])
    long = any(len(name) > 9 for name in results.class_names)
    names = [name.replace(" ", "\n") if long else name for name in results.class_names]
    size = (2.7 if missing or long else 2.4, 3.1 if long else 2.5)
    figure, panels = _grid(len(shown), size)
    for axes, one in zip(panels, shown, strict=True):
        table = np.array(one.metrics["confusion_matrix"])
        table = table if missing else table[:, :-1]
        shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for (i, j), count in np.ndenumerate(table):
            colour = "white" if shares[i, j] > 0.55 else "black"
            axes.text(j, i, f"{count}\n{shares[i, j]:.0%}", color=colour, size=9,
                      ha="center", va="center")  # fmt: skip
        given = [*names, "no\nanswer"] if missing else names
        axes.set_xticks(range(len(given)), given, size=8, rotation=90 if long else 0)
        axes.set_yticks(range(len(names)), names, size=8)
        axes.set_xlabel("score given", size=9)
        axes.set_ylabel("true score", size=9)
        axes.set_title(_wrapped(one.name, 22), size=10)
        axes.tick_params(length=0)
    _head(figure, results, "confusion, pooled over folds and seeds; percent of the true score")
    return _save(figure, path)


def draw_reliability(results: Results, path: Path) -> Path:
    """Accuracy by confidence of each row with probabilities, with its calibration error.

    Confidence is the largest probability, right is whether its score is the true one; that may not
    be the score that was given in words.
    """
    rows = _with_probabilities(results)
    figure, panels = _grid(len(rows), (2.7, 2.9))
    for axes, row in zip(panels, rows, strict=True):
        truth, table = probability_table(row.predictions, results.classes)
        confidence, accuracy, number = reliability(truth, table)
        axes.plot([0, 1], [0, 1], "--", color=_FAINT, linewidth=1)
        axes.vlines(confidence, confidence, accuracy, color=PALETTE[1], linewidth=1.2)
        axes.scatter(confidence, accuracy, s=12 + 260 * number / number.sum(), color=PALETTE[0],
                     edgecolors="white", linewidths=0.6, zorder=3, clip_on=False)  # fmt: skip
        axes.set_xlim(0, 1.02)
        axes.set_ylim(-0.04, 1.04)
        axes.set_aspect("equal")
        axes.set_xlabel("confidence", size=9)
        axes.set_ylabel("accuracy", size=9)
        said = f"ECE {calibration_error(truth, table):.3f}, {len(truth)} answers"
        axes.set_title(f"{_wrapped(row.name, 28)}\n{said}", size=10)
        _plain(axes)
    _head(
        figure,
        results,
        f"calibration in {CALIBRATION_BINS} bins; area: number of answers, lines: distance from "
        "being calibrated",
    )
    return _save(figure, path)


def draw_risk_coverage(results: Results, path: Path) -> Path:
    """Error rate of the surest answers, by how many are kept, of rows with probabilities."""
    rows = _with_probabilities(results)
    names = [_wrapped(row.name, 34) for row in rows]
    legend = sum(name.count("\n") + 1.3 for name in names)  # lines
    figure, (axes,) = _grid(1, (8.6, max(4.2, _LINE_IN * legend)))
    for i, (name, row) in enumerate(zip(names, rows, strict=True)):
        truth, table = probability_table(row.predictions, results.classes)
        curve = risk_coverage(truth, table)[min(_FEWEST, len(truth)) - 1 :]
        style = {"color": PALETTE[i % len(PALETTE)], "linestyle": _DASHES[i // len(PALETTE) % 4]}
        axes.plot(*curve.T, linewidth=1.6, label=name, **style)
    known = row_metrics(rows[0].predictions, results.classes)
    axes.axhline(1 - known["majority_accuracy"], color=_FAINT, linewidth=1, linestyle=":",
                 label="majority class, of all")  # fmt: skip
    axes.set_xlim(0, 1)
    axes.set_ylim(0, None)
    axes.set_xlabel("coverage: share of answers kept, the surest first")
    axes.set_ylabel("risk: share of wrong answers among them")
    axes.legend(frameon=False, fontsize=9, loc="center left", bbox_to_anchor=(1.01, 0.5))
    _plain(axes)
    what = f"risk and coverage, from {_FEWEST} answers on, pooled over folds and seeds"
    _head(figure, results, what)
    return _save(figure, path)


def draw_folds(results: Results, path: Path, summaries: list[Summary] | None = None) -> Path:
    """Accuracy and macro-F1 of each fold, and the pooled figure with its interval."""
    summaries = summarise(results) if summaries is None else summaries
    shown = [(results.row(one.name), one) for one in summaries if one.folds]
    labels = [_wrapped(one.name, 24) for _, one in shown]
    lines = max((label.count("\n") + 1 for label in labels), default=1)
    each = max(0.52, _LINE_IN * (lines + 0.2))
    figure, panels = _grid(len(WITH_INTERVAL), (5.2, 1.1 + each * len(shown)))
    baseline = majority(summaries)
    for axes, metric in zip(panels, WITH_INTERVAL, strict=True):
        for place, (row, one) in enumerate(shown):
            values = _fold_values(row, metric, results.classes)
            _draw_dots(axes, values, place)
            interval = one.intervals[metric]
            axes.plot([interval.low, interval.high], [place, place], color="black", linewidth=2)
            axes.plot(interval.value, place, "D", color="black", markersize=5)
        axes.axvline(baseline[metric], color=PALETTE[1], linewidth=1, linestyle="--")
        axes.set_xlim(-0.03, 1.03)
        axes.set_ylim(len(shown) - 0.5, -0.5)
        names = labels if axes is panels[0] else [""] * len(shown)
        axes.set_yticks(range(len(shown)), names, size=9)
        axes.set_xlabel(SCORE_COLUMNS[metric])
        axes.tick_params(axis="y", length=0)
        _plain(axes)
    _head(
        figure,
        results,
        f"dots: folds, mean over seeds; diamond and bar: pooled, {LEVEL:.0%} interval over "
        "subjects; dashed: majority class",
    )
    return _save(figure, path)


def reliability(
    truth: np.ndarray, table: np.ndarray, bins: int = CALIBRATION_BINS
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean confidence, accuracy and number of answers of each bin that has some.

    Bins are those of `metrics.calibration_error`.

    Args:
        truth: (N,) places of the true scores.
        table: (N, K) probabilities.
    """
    confidence, right = table.max(axis=1), table.argmax(axis=1) == truth
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    members = [bin_of == i for i in np.unique(bin_of)]
    means = [(confidence[one].mean(), right[one].mean(), one.sum()) for one in members]
    return tuple(np.array(part) for part in zip(*means, strict=True))


def _with_probabilities(results: Results) -> list[Row]:
    return [
        row for row in results.rows if any(one.probabilities is not None for one in row.predictions)
    ]


def _fold_values(row: Row, metric: str, classes: list[int]) -> np.ndarray:
    """(F,) of each fold, mean over seeds."""
    return np.array([
        np.mean([
            row_metrics(one.predictions, classes)[metric] for one in row.folds if one.fold == name
        ])
        for name in row.fold_names
    ])  # fmt: skip


def _draw_dots(axes, values: np.ndarray, place: int) -> None:
    """Dots of one row, like ones side by side."""
    aside = np.zeros(len(values))
    for value in np.unique(values.round(3)):
        (alike,) = np.nonzero(values.round(3) == value)
        step = min(0.09, 0.6 / max(len(alike), 1))
        aside[alike] = (np.arange(len(alike)) - (len(alike) - 1) / 2) * step
    axes.plot(values, place + aside, "o", color=PALETTE[5], markersize=4, alpha=0.8,
              markeredgewidth=0)  # fmt: skip


def _grid(number: int, size: tuple[float, float]):
    """A figure of some panels, at most four side by side; size in inches of each."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError('pictures need matplotlib: pip install "agir-hf[plot]"') from error
    across = min(number, _ACROSS)
    down = -(-number // across)
    width = max(across * size[0], 5.5)
    figure = Figure(figsize=(width + 0.4, down * size[1] + 0.8), layout="constrained")
    panels = figure.subplots(down, across, squeeze=False).ravel()
    for empty in panels[number:]:
        empty.set_visible(False)
    return figure, panels[:number]


def _head(figure, results: Results, what: str) -> None:
    wide = int(figure.get_figwidth() * 11)
    figure.suptitle(
        f"{_wrapped(title_of(results), wide)}\n{_wrapped(what, int(wide * 1.15))}", fontsize=11
    )


def _plain(axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)


def _wrapped(text: str, width: int) -> str:
    return "\n".join(textwrap.wrap(text, width)) or text


def _save(figure, path: Path) -> Path:
    """Write the picture beside its place, then move it there."""
    path = Path(path)
    part = path.with_name(f".{path.stem}.{os.getpid()}.part.png")
    try:
        # no version of the library, so that like results make like files
        figure.savefig(part, dpi=_DPI, metadata={"Software": None})
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return path

"""Figure of a corpus: measured gait parameters by score, with the normal range of elders."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from ..gait.grades import NORMAL_SD
from ..gait.norms import DEFAULT_AGE, Norms, reference
from ..gait.parameters import UNITS, in_words
from ..utils.files import atomic_path

FIGURES = "figures"
# Candidates in order; the first of them that were measured are plotted.
PLOTTED = (
    "speed_m_per_s", "step_length_m", "cadence_steps_per_min", "step_width_m",
    "toe_clearance_m", "foot_strike_angle_deg", "arm_swing_left_deg", "arm_swing_asymmetry_percent",
    "trunk_flexion_deg", "double_support_percent", "stride_time_cv_percent", "turn_steps",
    "knee_range_deg",
)  # fmt: skip
_CAN_BE_NEGATIVE = ("trunk_flexion_deg",)
_ROWS, _COLUMNS = 3, 4
_COLOURS = ("#2f855a", "#b7791f", "#9b2c2c", "#553c9a")  # by score
_GREY = "#d9dde2"


def draw_figures(
    folder: Path,
    rows: Iterable[tuple[int, Mapping[str, float]]],
    simulated: bool,
    norms: Norms | None = None,
) -> bool:
    """Draw ``parameters.png``: gait parameters by score.

    Args:
        folder: Folder of the figure. It is created if it is missing.
        rows: Score and parameters of each recording; they are read once.
        simulated: Whether the recordings are simulated, which the title states.
        norms: Norms of a laboratory, or None for the published norms.

    Returns:
        `bool`: Whether the figure was drawn; False if matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return False
    folder.mkdir(parents=True, exist_ok=True)
    figure = Figure(figsize=(11, 7.6), layout="constrained")
    axes = figure.subplots(_ROWS, _COLUMNS)
    rng = np.random.default_rng(0)
    scores, values_of = _columns(rows)
    count = max(3, 1 + int(scores.max(initial=0)))
    measured = [name for name in PLOTTED if not np.isnan(values_of[name]).all()]
    for axis in axes.flat[len(measured) :]:
        axis.set_visible(False)
    for axis, name in zip(axes.flat, measured, strict=False):
        _draw_norm(axis, name, norms)
        _draw_values(axis, scores, values_of[name], count, rng)
        title = in_words(name).replace(" cv", " variation")
        axis.set_title(f"{title}, {UNITS[name]}", fontsize=10)
    for axis in axes[-1]:
        axis.set_xlabel("gait score")
    walks = "SIMULATED walks" if simulated else "walks"
    figure.suptitle(
        f"Measured gait of {len(scores)} {walks} by score. Dots are walks, bars are medians; grey "
        f"is the normal range at {DEFAULT_AGE:g} years (norm ± {NORMAL_SD:g} SD)",
        fontsize=11,
    )
    with atomic_path(folder / "parameters.png") as draft:
        figure.savefig(draft, dpi=110, metadata={"Software": None})
    return True


def _columns(
    rows: Iterable[tuple[int, Mapping[str, float]]],
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Scores (walks,), and parameter → values (walks,), NaN where it was not measured."""
    scores, columns = array("q"), {name: array("d") for name in PLOTTED}
    for score, values in rows:
        scores.append(score)
        for name, column in columns.items():
            column.append(values.get(name, np.nan))
    return np.array(scores), {name: np.array(column) for name, column in columns.items()}


def _draw_norm(axis, name: str, norms: Norms | None) -> None:
    """Draw the normal range of people of 70 years, men and women, as a grey band."""
    norm = reference(name, DEFAULT_AGE, norms=norms)
    if norm is None:
        return
    low, high = norm.mean - NORMAL_SD * norm.sd, norm.mean + NORMAL_SD * norm.sd
    low = low if name in _CAN_BE_NEGATIVE else max(low, 0.0)
    axis.axhspan(low, high, color=_GREY, zorder=0)
    axis.axhline(norm.mean, color="white", linewidth=1, zorder=1)


def _draw_values(
    axis, scores: np.ndarray, values: np.ndarray, count: int, rng: np.random.Generator
) -> None:
    """Draw a gait parameter by score: a dot for each walk and a bar at the median.

    Args:
        axis: Axes of the parameter.
        scores: Score of each walk, (walks,).
        values: Value of each walk, (walks,), NaN where it was not measured.
        count: Number of scores on the axis.
        rng: Random generator of the horizontal positions of the dots.
    """
    for score in range(count):
        own = values[(scores == score) & ~np.isnan(values)]
        if not len(own):
            continue
        jitter = score + 0.5 * (rng.random(len(own)) - 0.5)
        axis.plot(jitter, own, ".", color=_COLOURS[score], alpha=0.35, markersize=3)
        axis.plot([score - 0.35, score + 0.35], [np.median(own)] * 2,
                  color=_COLOURS[score], linewidth=2.5)  # fmt: skip
    axis.set_xticks(range(count))
    axis.set_xlim(-0.6, count - 0.4)
    axis.spines[["top", "right"]].set_visible(False)

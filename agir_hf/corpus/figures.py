"""Figures of a corpus' card, made from its data."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..gait.parameters import UNITS, in_words
from .schema import SCORES

SHOWN = ("speed_m_per_s", "step_length_m", "cadence_steps_per_min", "arm_swing_left_deg",
         "foot_strike_angle_deg", "double_support_percent", "stride_time_cv_percent",
         "trunk_flexion_deg")  # fmt: skip
COLOURS = ("#2f855a", "#b7791f", "#9b2c2c")


def draw_figures(folder: Path, rows: list[tuple[int, dict[str, float]]], simulated: bool) -> bool:
    """Draw ``parameters.png``: gait parameters by score.

    Args:
        folder: of the figures, made if it is not there.
        rows: (score, parameters) of each recording.
        simulated: said in the figure.

    Returns:
        Whether it was drawn: matplotlib may not be installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return False
    folder.mkdir(parents=True, exist_ok=True)
    figure = Figure(figsize=(11, 5.2), layout="constrained")
    axes = figure.subplots(2, 4)
    rng = np.random.default_rng(0)
    for axis, name in zip(axes.flat, SHOWN, strict=True):
        for score in SCORES:
            values = [p[name] for s, p in rows if s == score and name in p]
            if not values:
                continue
            aside = score + 0.25 * (rng.random(len(values)) - 0.5)
            axis.plot(aside, values, ".", color=COLOURS[score], alpha=0.5, markersize=4)
            axis.plot([score - 0.3, score + 0.3], [np.median(values)] * 2, color=COLOURS[score])
        title = in_words(name).replace(" cv", " variation")
        axis.set_title(f"{title}, {UNITS[name]}", fontsize=10)
        axis.set_xticks(SCORES)
        axis.spines[["top", "right"]].set_visible(False)
    for axis in axes[-1]:
        axis.set_xlabel("gait score")
    what = "SIMULATED walks" if simulated else "walks"
    figure.suptitle(f"Measured gait of {len(rows)} {what} by score; bars are medians", fontsize=12)
    figure.savefig(folder / "parameters.png", dpi=110, metadata={"Software": None})
    return True

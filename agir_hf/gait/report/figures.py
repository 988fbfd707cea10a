"""Figures of a measured walk: angles over the stride, steps, events, movement analysis profile.

Every figure is inline SVG. Figures over the stride and over time have a cursor that follows the
viewer of the page, and a click into them moves the viewer (`templates/report.js`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from ..parameters import GaitMeasurement
from ..signals import SIDES, Signals
from .scales import nice_limits
from .svg import Plot, legend

PERCENT = np.linspace(0, 100, 101)
SHORT = {"left": "L", "right": "R"}
_WIDE, _HALF = 920.0, 420.0  # widths in pixels of a figure of the whole and of half the page
_LONGEST_PAUSE = 1.8  # times the median stride time; a line is not drawn over a longer one
_STEP_SHAPES = {"left": "circle", "right": "square"}


@dataclass(frozen=True, eq=False)
class CurveGroup:
    """Mean curve of a group of strides, such as the left strides of a walk.

    Attributes:
        label: Name in the legend, such as "left".
        css: CSS classes of the line: "left" or "right", and "b" for a dashed line.
        mean: Mean angle (101,) in degrees from 0 to 100 % of the stride.
        sd: Standard deviation (101,) between strides in degrees; None or zeros draw no band.
        toe_off_percent: Toe-off of each stride (n,) in percent of the stride, or one number, or
            None; a vertical line shows the mean.
        spans: Start and end of each stride in seconds, for the cursor of the page.
        walk: Number of the walk in the viewer of the page that the strides are of.

    Example:
        ```python
        >>> import numpy as np
        >>> from agir_hf.gait.report import CurveGroup
        >>> CurveGroup("left", "left", np.zeros(101), toe_off_percent=[61.0, 63.0]).toe_off
        62.0

        ```
    """

    label: str
    css: str
    mean: np.ndarray
    sd: np.ndarray | None = None
    toe_off_percent: object = None
    spans: Sequence[tuple[float, float]] = ()
    walk: int = 0

    @property
    def toe_off(self) -> float:
        """Mean toe-off in percent of the stride; NaN without one."""
        stated = [] if self.toe_off_percent is None else self.toe_off_percent
        values = np.asarray(stated, dtype=float).reshape(-1)
        values = values[np.isfinite(values)]
        return float(values.mean()) if len(values) else float("nan")


def curve_panel(
    curves: Sequence[CurveGroup],
    band=None,
    title: str = "",
    unit: str = "°",
    *,
    directions: tuple[str, str] = ("", ""),
    size: tuple[float, float] = (320.0, 215.0),
) -> Markup:
    """Draw one variable over the stride: mean ± SD of groups of strides on the band of the norm.

    Args:
        curves: Groups of strides, drawn in this order.
        band: Band of the norm with `mean` and `sd` (101,), or None.
        title: Name of the variable, shown above the panel.
        unit: Unit of the vertical axis.
        directions: Words for increasing and for decreasing values, such as ("flexion",
            "extension").
        size: Width and height in pixels.

    Returns:
        HTML of a figure with its title.

    Example:
        ```python
        >>> import numpy as np
        >>> from agir_hf.gait.report import CurveGroup, curve_panel
        >>> knee = 30 - 30 * np.cos(np.linspace(0, 2 * np.pi, 101))
        >>> panel = curve_panel([CurveGroup("left", "left", knee, toe_off_percent=[62.0])],
        ...                     title="Knee flexion")
        >>> "Knee flexion" in panel and "left 0 to 60" in panel
        True

        ```
    """
    limits, words = _panel_limits(curves, band), _in_words(curves, band, unit)
    plot = Plot(*size, (0, 100), limits, title, words, top=16, right=15)
    if band is not None:
        plot.band(PERCENT, band.mean - band.sd, band.mean + band.sd, "norm")
    up, down = directions
    ends = (f"{up} →", f"← {down}") if up else unit  # the text runs from the bottom to the top
    plot.axes("% of the stride", ends, x_ticks=(0, 20, 40, 60, 80, 100))
    if band is not None:
        plot.line(PERCENT, band.mean, "norm")
    for curve in curves:
        if curve.sd is not None and np.any(np.asarray(curve.sd) > 0):
            plot.band(PERCENT, curve.mean - curve.sd, curve.mean + curve.sd, curve.css)
    for curve in curves:
        if np.isfinite(curve.toe_off):
            text = f"toe-off {curve.label}: {curve.toe_off:.0f} %"
            plot.vline(curve.toe_off, curve.css, title=text)
    for curve in curves:
        plot.line(PERCENT, curve.mean, curve.css, curve.label)
    cycles = [
        {"walk": curve.walk, "spans": [[round(t, 3) for t in span] for span in curve.spans]}
        for curve in curves
        if curve.spans
    ]
    if cycles:
        for curve in curves:
            if curve.spans:
                plot.cursor(curve.css)
        svg = plot.svg("cycle", agir_cycles=json.dumps(cycles, separators=(",", ":")))
    else:
        svg = plot.svg("cycle")
    return Markup(
        '<figure class="agir-panel"><figcaption>{} <span class="unit">{}</span></figcaption>'
        "{}</figure>"
    ).format(title, unit, svg)


def _panel_limits(curves: Sequence[CurveGroup], band) -> tuple[float, float]:
    rows = [curve.mean + sign * _sd(curve) for curve in curves for sign in (-1, 1)]
    if band is not None:
        rows += [band.mean - band.sd, band.mean + band.sd]
    low, high = nice_limits(np.concatenate(rows) if rows else [])
    missing = max(20 - (high - low), 0) / 2  # noise of a degree does not fill the panel
    return low - missing, high + missing


def _sd(curve: CurveGroup) -> np.ndarray | float:
    return 0.0 if curve.sd is None else np.asarray(curve.sd, dtype=float)


def _in_words(curves: Sequence[CurveGroup], band, unit: str) -> str:
    """Range of each curve and of the norm, for readers who do not see the figure."""
    words = [
        f"{curve.label} {np.nanmin(curve.mean):.0f} to {np.nanmax(curve.mean):.0f} {unit}"
        + (f", toe-off at {curve.toe_off:.0f} %" if np.isfinite(curve.toe_off) else "")
        for curve in curves
    ]
    if band is not None:
        words.append(f"norm {band.mean.min():.0f} to {band.mean.max():.0f} {unit}")
    return "; ".join(words) + "." if words else ""


def side_groups(kinematics, variable: str, label: str = "", style: str = "") -> list[CurveGroup]:
    """Return the curves of both sides of a variable.

    Args:
        kinematics: Result of `agir_hf.gait.kinematics.kinematics_of` or `pooled`.
        variable: Name of a variable.
        label: Words before the side in the legend, such as the name of a recording.
        style: CSS class next to that of the side: "b" for dashed lines.
    """
    groups = []
    for side in SIDES:
        curve = kinematics.curves.get((variable, side))
        if curve is None or not len(curve.strides):
            continue
        spans = tuple(zip(map(float, curve.start_s), map(float, curve.end_s), strict=True))
        name = f"{label} {side}".strip()
        css = f"{side} {style}".strip()
        groups.append(CurveGroup(name, css, curve.mean, curve.sd, curve.toe_off_percent, spans))
    return groups


def step_plot(measured: GaitMeasurement, values: Mapping[str, list], axis: str) -> Markup:
    """Draw a value of each step over time, with turns, standing and their labels.

    Args:
        measured: Measured gait.
        values: Side → list of (time in seconds, value).
        axis: Title of the vertical axis with the unit, such as "step length (cm)".

    Returns:
        HTML of one `svg` element.
    """
    shown = [value for rows in values.values() for _, value in rows]
    words = "; ".join(
        f"{side} {np.mean([v for _, v in rows]):.3g} ± {np.std([v for _, v in rows]):.2g}, "
        f"{len(rows)} steps"
        for side, rows in values.items()
        if rows
    )
    plot = _time_plot(measured, nice_limits(shown, 0.12), axis, words, (_HALF, 150.0))
    for side, rows in values.items():
        times, numbers = [row[0] for row in rows], [row[1] for row in rows]
        plot.line(*_without_pauses(times, numbers), f"{side} thin")
        titles = [f"{side} step at {t:.2f} s: {v:.3g}" for t, v in rows]
        plot.points(times, numbers, _STEP_SHAPES[side], side, titles)
    return _with_time_cursor(plot, measured.signals)


def _without_pauses(times: Sequence[float], values: Sequence[float]) -> tuple[list, list]:
    """Values with a gap where no step of the side follows for much longer than usual."""
    longest = _LONGEST_PAUSE * float(np.median(np.diff(times))) if len(times) > 1 else np.inf
    result: tuple[list, list] = ([], [])
    for index, (time_s, value) in enumerate(zip(times, values, strict=True)):
        if index and time_s - times[index - 1] > longest:
            result[0].append(time_s)
            result[1].append(np.nan)
        result[0].append(time_s)
        result[1].append(value)
    return result


def heel_plot(measured: GaitMeasurement, episodes: Sequence = ()) -> Markup:
    """Draw the height of both heels over time with strikes, toe-offs, turns and pauses.

    Args:
        measured: Measured gait.
        episodes: Spans of `agir_hf.gait.kinematics.episodes_of`; by default turns and standing.

    Returns:
        HTML of one `svg` element.
    """
    signals = measured.signals
    heights = {side: _heel_cm(signals, side) for side in signals.heel}
    limits = nice_limits(np.concatenate([row[1] for row in heights.values()] or [[0.0]]), 0.1)
    events = signals.phases.events
    words = ", ".join(
        f"{sum((e.side, e.kind) == (side, kind) for e in events)} {kind.replace('_', ' ')}s {side}"
        for side in SIDES
        for kind in ("heel_strike", "toe_off")
    )
    plot = _time_plot(measured, limits, "heel height (cm)", words, (_WIDE, 230.0), episodes)
    for side, (times, height) in heights.items():
        plot.line(times, height, f"{side} medium", f"{side} heel")
        for kind, shape in (("heel_strike", "triangle-down"), ("toe_off", "triangle-up")):
            at_s = [event.time_s for event in events if (event.side, event.kind) == (side, kind)]
            titles = [f"{side} {kind.replace('_', ' ')}, {t:.2f} s" for t in at_s]
            css = side if kind == "heel_strike" else f"{side} open"
            plot.points(at_s, np.interp(at_s, times, height), shape, css, titles)
    return _with_time_cursor(plot, signals)


def _heel_cm(signals: Signals, side: str) -> tuple[np.ndarray, np.ndarray]:
    """Times in seconds and heights in centimetres of a heel, at about 50 Hz or less."""
    heel = signals.heel[side][:, 1]
    step = max(int(signals.rate_hz / 50), len(heel) // 1500, 1)
    times = np.arange(len(heel)) / signals.rate_hz
    return times[::step], 100 * (heel - np.percentile(heel, 2))[::step]


def _time_plot(
    measured: GaitMeasurement,
    limits: tuple[float, float],
    axis: str,
    words: str,
    size: tuple[float, float],
    episodes: Sequence = (),
) -> Plot:
    """Empty figure over the time of a walk with its turns and pauses shaded."""
    signals = measured.signals
    end_s = (len(signals.pelvis) - 1) / signals.rate_hz
    title = axis.partition(" (")[0].capitalize() + " over time"
    plot = Plot(*size, (0, end_s), limits, title, words, top=14, right=14)
    spans = [(row.kind, row.start_s, row.end_s) for row in episodes] or [
        *(("turn", *span) for span in signals.phases.turns),
        *(("standing", *span) for span in signals.phases.standing),
    ]
    last = {}
    for kind, start_s, stop_s in sorted(spans, key=lambda row: row[1]):
        row = next((r for r in range(3) if last.get(r, -np.inf) < plot.px(start_s)), 0)
        last[row] = plot.px(start_s) + 7 * len(kind)
        plot.span(start_s, stop_s, kind.split()[-1], kind, row)
    plot.axes("time (s)", axis)
    return plot


def _with_time_cursor(plot: Plot, signals: Signals) -> Markup:
    plot.cursor("now")
    css = "wide" if plot.width == _WIDE else "half"
    return plot.svg(css, agir_walk="0", t0=f"{plot.x[0]:.3f}", t1=f"{plot.x[1]:.3f}")


def profile_chart(rows: Sequence[tuple[str, Mapping[str, float]]]) -> Markup:
    """Draw the movement analysis profile: a bar for each variable and side.

    Args:
        rows: Label and side → score in degrees, from the top to the bottom.

    Returns:
        HTML of one `svg` element.
    """
    shown = [value for _, sides in rows for value in sides.values()]
    words = "; ".join(
        f"{label}: " + ", ".join(f"{side} {value:.1f}°" for side, value in sides.items())
        for label, sides in rows
    )
    height = 27.0 * len(rows) + 42
    limits = (0, max([*shown, 5.0]) * 1.1)
    plot = Plot(
        _HALF, height, limits, (len(rows), 0), "Movement analysis profile", words, left=112, top=6
    )
    plot.axes("root mean square difference from the norm (°)", y_ticks=())
    for index, (label, sides) in enumerate(rows):
        plot.text(plot.left - 6, plot.py(index + 0.5) + 4, label, "tick", "end")
        depth = 0.74 / max(len(sides), 1)
        for number, (side, value) in enumerate(sides.items()):
            start = index + 0.13 + number * depth
            words = f"{label} {side}: {value:.1f}°"
            plot.rect((0, value), (start, start + depth), f"column {side}", words)
            plot.text(
                plot.px(value) + 3,
                plot.py(start + depth / 2) + 3.5,
                f"{value:.1f}",
                "value",
                "start",
            )
    return plot.svg("half")


def side_legend(
    band: bool = False, toe_off: bool = False, shapes: Mapping[str, str] | None = None
) -> Markup:
    """Return the legend of the sides, the norm band and the toe-off lines.

    Args:
        band: Whether the band of the norm is shown.
        toe_off: Whether toe-off lines are shown.
        shapes: Side → marker, if the sides are shown as markers.
    """
    entries = [((shapes or {}).get(side, "line"), side, side) for side in SIDES]
    if toe_off:
        entries += [("vline", side, f"toe-off {side}") for side in SIDES]
    if band:
        entries.append(("band", "norm", "norm ± 1 SD"))
    return legend(entries)

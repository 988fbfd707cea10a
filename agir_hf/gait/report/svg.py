"""Figures as inline SVG: scales, axes with round ticks, lines, bands, markers and spans.

A [`Plot`] is drawn in units of CSS pixels and is scaled to the width of its container. Colours are
those of the classes in `templates/report.css`, so that a figure follows the light or dark page, and
is sharp in print. No script is needed to see it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from markupsafe import Markup, escape

from .scales import nice_ticks, number, tick_text

_SHAPES = {  # marker: path around (0, 0), for a size of 1
    "circle": "M-1 0a1 1 0 1 0 2 0a1 1 0 1 0-2 0z",
    "square": "M-.9-.9h1.8v1.8h-1.8z",
    "triangle-down": "M-1.1-.8h2.2L0 1.1z",
    "triangle-up": "M-1.1.8h2.2L0-1.1z",
    "diamond": "M0-1.2L1.1 0 0 1.2-1.1 0z",
}


@dataclass
class Plot:
    """An SVG figure with one pair of axes.

    Attributes:
        width: Width in pixels at which texts have their true size.
        height: Height in pixels.
        x: Lower and upper limit of the horizontal axis, in data units.
        y: Lower and upper limit of the vertical axis, in data units.
        title: Short name of the figure, for screen readers and when it is pointed at.
        description: What the figure shows, in one or two sentences, for screen readers.
        left: Width of the left margin in pixels, for tick labels and the title of the axis.
        bottom: Height of the lower margin in pixels.
        top: Height of the upper margin in pixels.
        right: Width of the right margin in pixels.

    Example:
        ```python
        >>> from agir_hf.gait.report.svg import Plot
        >>> plot = Plot(300, 200, x=(0, 100), y=(0, 60), title="Knee", description="Flexion.")
        >>> plot.axes("% of the stride", "degrees")
        >>> plot.line([0, 50, 100], [5, 60, 5], "left")
        >>> svg = plot.svg()
        >>> svg.startswith("<svg"), "Flexion." in svg
        (True, True)

        ```
    """

    width: float
    height: float
    x: tuple[float, float]
    y: tuple[float, float]
    title: str
    description: str
    left: float = 46.0
    bottom: float = 34.0
    top: float = 10.0
    right: float = 10.0
    parts: list[Markup] = field(default_factory=list)

    def px(self, value: float) -> float:
        """Return the horizontal position of a value in pixels.

        Args:
            value: Value in units of the horizontal axis.
        """
        low, high = self.x
        return self.left + (value - low) / (high - low) * (self.width - self.left - self.right)

    def py(self, value: float) -> float:
        """Return the vertical position of a value in pixels, from the top.

        Args:
            value: Value in units of the vertical axis.
        """
        low, high = self.y
        return self.height - self.bottom - (value - low) / (high - low) * self._drawn_height

    @property
    def _drawn_height(self) -> float:
        return self.height - self.top - self.bottom

    def axes(
        self,
        x_title: str = "",
        y_title: str | tuple[str, str] = "",
        x_ticks: Sequence[float] | None = None,
        y_ticks: Sequence[float] | None = None,
    ) -> None:
        """Draw the frame, grid lines, ticks and titles of both axes.

        Args:
            x_title: Title of the horizontal axis with its unit.
            y_title: Title of the vertical axis with its unit, or the words at its upper and at its
                lower end.
            x_ticks: Values of the ticks; by default round values.
            y_ticks: Values of the ticks; by default round values.
        """
        x_count = max(int((self.width - self.left - self.right) / 70), 2)
        y_count = max(int(self._drawn_height / 30), 3)
        x_ticks = nice_ticks(*self.x, x_count) if x_ticks is None else x_ticks
        y_ticks = nice_ticks(*self.y, y_count) if y_ticks is None else y_ticks
        base = self.height - self.bottom
        for value in y_ticks:
            y = self.py(value)
            css = "zero" if value == 0 else "grid"
            self._segment(self.left, y, self.width - self.right, y, css)
            self.text(self.left - 5, y + 3.5, tick_text(value), "tick", "end")
        for value in x_ticks:
            x = self.px(value)
            self._segment(x, base, x, base + 4, "axis")
            self.text(x, base + 15, tick_text(value), "tick")
        self._segment(self.left, base, self.width - self.right, base, "axis")
        if x_title:
            middle = (self.left + self.width - self.right) / 2
            self.text(middle, self.height - 4, x_title, "axis-title")
        if isinstance(y_title, tuple):
            self._upright(self.top, y_title[0], "end")
            self._upright(base, y_title[1], "start")
        elif y_title:
            self._upright(self.top + self._drawn_height / 2, y_title, "middle")

    def _upright(self, y_px: float, text: str, anchor: str) -> None:
        """Write a text from the bottom to the top, at the left of the figure."""
        self._add(
            f'<text class="axis-title upright" text-anchor="{anchor}" '
            f'transform="translate(10 {number(y_px)}) rotate(-90)">{escape(text)}</text>'
        )

    def line(self, x: Sequence[float], y: Sequence[float], css: str, title: str = "") -> None:
        """Draw a line through points; it is interrupted where a value is not finite.

        Args:
            x: Horizontal values (n,).
            y: Vertical values (n,).
            css: CSS classes next to "line", such as "left" or "left b" for a dashed one.
            title: Text that is shown when the line is pointed at.
        """
        self._add(f'<path class="line {css}" d="{self._path(x, y)}">{_title(title)}</path>')

    def band(
        self, x: Sequence[float], low: Sequence[float], high: Sequence[float], css: str
    ) -> None:
        """Fill the area between two curves.

        Args:
            x: Horizontal values (n,).
            low: Lower values (n,).
            high: Upper values (n,).
            css: CSS classes next to "band", such as "norm" or "left".
        """
        x, low, high = (np.asarray(values, dtype=float) for values in (x, low, high))
        outline = self._path(np.r_[x, x[::-1]], np.r_[high, low[::-1]])
        self._add(f'<path class="band {css}" d="{outline}z"/>')

    def vline(self, x: float, css: str, label: str = "", title: str = "") -> None:
        """Draw a vertical line over the whole height, with a short label above it.

        Args:
            x: Horizontal value.
            css: CSS classes next to "vline".
            label: Text above the line.
            title: Text that is shown when the line is pointed at.
        """
        at, base = number(self.px(x)), number(self.height - self.bottom)
        self._add(
            f'<path class="vline {css}" d="M{at} {number(self.top)}V{base}">{_title(title)}</path>'
        )
        if label:
            self.text(self.px(x), self.top - 2, label, f"vlabel {css}")

    def hline(self, y: float, css: str) -> None:
        """Draw a horizontal line over the whole width.

        Args:
            y: Vertical value.
            css: CSS classes of the line.
        """
        self._segment(self.left, self.py(y), self.width - self.right, self.py(y), css)

    def span(self, start: float, end: float, css: str, label: str = "", row: int = 0) -> None:
        """Shade an interval of the horizontal axis, with a label at its top.

        Args:
            start: Start of the interval in units of the axis.
            end: End of the interval.
            css: CSS classes next to "span".
            label: Text in the interval.
            row: Row of the label, 0 at the top; neighbours in other rows do not overlap.
        """
        first, last = (self.px(float(np.clip(value, *self.x))) for value in (start, end))
        self._add(
            f'<rect class="span {css}" x="{number(first)}" y="{number(self.top)}" '
            f'width="{number(max(last - first, 1))}" height="{number(self._drawn_height)}">'
            f"{_title(label)}</rect>"
        )
        if label:
            self.text(first + 3, self.top + 11 + 12 * row, label, f"span-label {css}", "start")

    def rect(
        self, x: tuple[float, float], y: tuple[float, float], css: str, title: str = ""
    ) -> None:
        """Draw a filled rectangle, such as the bar of a bar chart.

        Args:
            x: Two horizontal values.
            y: Two vertical values.
            css: CSS classes of the rectangle.
            title: Text that is shown when it is pointed at.
        """
        first, last = sorted(map(self.px, x))
        high, low = sorted(map(self.py, y))
        self._add(
            f'<rect class="{css}" x="{number(first)}" y="{number(high)}" '
            f'width="{number(last - first)}" height="{number(low - high)}">{_title(title)}</rect>'
        )

    def points(
        self,
        x: Sequence[float],
        y: Sequence[float],
        shape: str,
        css: str,
        titles: Sequence[str] = (),
        size: float = 4.0,
    ) -> None:
        """Draw a marker at each point.

        Args:
            x: Horizontal values (n,).
            y: Vertical values (n,); points that are not finite are left out.
            shape: "circle", "square", "triangle-down", "triangle-up" or "diamond".
            css: CSS classes next to "point".
            titles: Text of each point that is shown when it is pointed at, or none.
            size: Half the width of a marker in pixels.
        """
        texts = titles or [""] * len(x)
        for at_x, at_y, text in zip(x, y, texts, strict=True):
            if np.isfinite(at_x) and np.isfinite(at_y):
                position = f"{number(self.px(at_x))} {number(self.py(at_y))}"
                self._add(
                    f'<path class="point {css}" d="{_SHAPES[shape]}" vector-effect='
                    f'"non-scaling-stroke" transform="translate({position}) scale({size:g})">'
                    f"{_title(text)}</path>"
                )

    def text(self, x_px: float, y_px: float, text: str, css: str, anchor: str = "middle") -> None:
        """Write a text at a position in pixels.

        Args:
            x_px: Horizontal position in pixels.
            y_px: Position of the base line in pixels from the top.
            text: The text.
            css: CSS classes of the text.
            anchor: "start", "middle" or "end".
        """
        self._add(
            f'<text class="{css}" x="{number(x_px)}" y="{number(y_px)}" '
            f'text-anchor="{anchor}">{escape(text)}</text>'
        )

    def cursor(self, css: str) -> None:
        """Add a vertical line that the script of the page moves; it is hidden until then.

        Args:
            css: CSS classes next to "cursor", such as "left".
        """
        base = number(self.height - self.bottom)
        self._add(f'<path class="cursor {css}" hidden d="M0 {number(self.top)}V{base}"/>')

    def svg(self, css: str = "", **data: str) -> Markup:
        """Return the figure.

        Args:
            css: CSS classes of the figure next to "agir-plot".
            **data: Attributes `data-…` for the script of the page, with `_` for `-`.

        Returns:
            HTML of one `svg` element.
        """
        x0, x1 = self.left, self.width - self.right
        attributes = {"x0": number(x0), "x1": number(x1), **data} if data else {}
        texts = "".join(
            f' data-{name.replace("_", "-")}="{escape(value)}"'
            for name, value in attributes.items()
        )
        label = f"{self.title}. {self.description}" if self.description else self.title
        return Markup(
            f'<svg class="agir-plot {css}" role="img" aria-label="{escape(label)}" '
            f'viewBox="0 0 {self.width:g} {self.height:g}"{texts}>'
            f"<title>{escape(self.title)}</title><desc>{escape(self.description)}</desc>"
            f"{''.join(self.parts)}</svg>"
        )

    def _path(self, x: Sequence[float], y: Sequence[float]) -> str:
        words, is_down = [], False
        for at_x, at_y in zip(x, y, strict=True):
            if not (np.isfinite(at_x) and np.isfinite(at_y)):
                is_down = False
                continue
            words.append(
                f"{'L' if is_down else 'M'}{number(self.px(at_x))} {number(self.py(at_y))}"
            )
            is_down = True
        return "".join(words)

    def _segment(self, x1: float, y1: float, x2: float, y2: float, css: str) -> None:
        path = f"M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}"
        self._add(f'<path class="{css}" d="{path}"/>')

    def _add(self, part: str) -> None:
        self.parts.append(Markup(part))


def legend(entries: Iterable[tuple[str, str, str]]) -> Markup:
    """Return a legend as a list, each entry with a sample of its line, band or marker.

    Args:
        entries: Kind ("line", "band", "vline", "span", "column" or a shape of `Plot.points`), CSS
            classes and text of each entry.

    Returns:
        HTML of one `ul` element.
    """
    items = Markup().join(
        Markup("<li>{}{}</li>").format(_sample(kind, css), text) for kind, css, text in entries
    )
    return Markup('<ul class="agir-legend">{}</ul>').format(items)


def _sample(kind: str, css: str) -> Markup:
    shapes = {
        "line": f'<path class="line {css}" d="M1 6H23"/>',
        "vline": f'<path class="vline {css}" d="M12 0V12"/>',
        "band": f'<rect class="band {css}" x="1" y="1" width="22" height="10"/>',
        "span": f'<rect class="span {css}" x="1" y="1" width="22" height="10"/>',
        "column": f'<rect class="column {css}" x="6" y="1" width="12" height="10"/>',
    }
    inner = shapes.get(kind) or (
        f'<path class="point {css}" d="{_SHAPES[kind]}" vector-effect="non-scaling-stroke" '
        f'transform="translate(12 6) scale(4)"/>'
    )
    return Markup(
        f'<svg class="agir-plot sample" aria-hidden="true" viewBox="0 0 24 12">{inner}</svg> '
    )


def _title(text: str) -> str:
    return f"<title>{escape(text)}</title>" if text else ""

"""Tables as text in cells: number formats, and output as Markdown and LaTeX."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...utils.formatting import MISSING, format_number

if TYPE_CHECKING:
    from ..metrics.significance import Interval

_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "[": "{[}",  # a bracket after \\ would be its argument
    "]": "{]}",
    "*": "{*}",  # and so would a star
    "±": r"$\pm$",
    "−": r"$-$",
    "×": r"$\times$",
    "κ": r"$\kappa$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "…": r"\ldots{}",
    "–": "--",
    "“": "``",
    "”": "''",
}


@dataclass(frozen=True)
class Table:
    """A table as text.

    Attributes:
        kind: `scores`, `texts`, `spread`, `differences`, `confusion`, `consistency` or
            `medication`.
        title: Heading of the table.
        caption: What the figures are.
        header: Names of the columns; the first column has the names of the rows.
        lines: Cells of each row. A line of two cells is a name and a remark over all columns.
    """

    kind: str
    title: str
    caption: str
    header: list[str]
    lines: list[list[str]]


def simulated_notice(simulated: bool) -> str:
    """Sentence that precedes the figures of simulated walks; empty for recordings.

    Args:
        simulated: Whether the walks are simulated.

    Returns:
        The sentence.
    """
    if not simulated:
        return ""
    return "Simulated walks: no person was recorded, and these figures are not about patients."


def format_interval(interval: Interval | None, signed: bool = False) -> str:
    """Format a figure with its confidence interval.

    Args:
        interval: Figure and interval, or None.
        signed: Whether positive numbers get a plus sign.

    Returns:
        Text such as "0.500 [0.250, 0.750]".
    """
    if interval is None:
        return MISSING
    spec = "+.3f" if signed else ".3f"
    value, low, high = (
        format_number(number, spec) for number in (interval.value, interval.low, interval.high)
    )
    return f"{value} [{low}, {high}]"


def format_p_value(value: float | None) -> str:
    """Format a p-value with three decimals.

    Args:
        value: The p-value, or None.

    Returns:
        Text such as "0.250" or "< 0.001".
    """
    return "< 0.001" if value is not None and value < 0.001 else format_number(value)


def markdown_table(table: Table, level: int = 2) -> str:
    """Write one table with heading and caption in Markdown.

    Args:
        table: Table to write.
        level: Level of the heading.

    Returns:
        Markdown text.
    """
    width = len(table.header)
    lines = [line + [""] * (width - len(line)) for line in table.lines]
    rows = ["| " + " | ".join(map(escape_markdown, line)) + " |" for line in [table.header, *lines]]
    rows.insert(1, "|---" + "|---:" * (width - 1) + "|")
    head = f"{'#' * level} {escape_markdown(table.title)}"
    return "\n\n".join([head, escape_markdown(table.caption), "\n".join(rows)])


def latex_table(table: Table, title: str) -> str:
    """Write one table as a LaTeX float; needs the packages booktabs and graphicx.

    Args:
        table: Table to write.
        title: Title of the evaluation, with which the caption starts.

    Returns:
        LaTeX text.
    """
    width = len(table.header)
    rows = [" & ".join(map(escape_latex, table.header)) + r" \\", r"\midrule"]
    for line in table.lines:
        cells = list(map(escape_latex, line))
        if len(line) < width:
            cells[1] = rf"\multicolumn{{{width - 1}}}{{l}}{{{cells[1]}}}"
        rows.append(" & ".join(cells) + r" \\")
    body = "\n".join(rows)
    tabular = (
        f"\\begin{{tabular}}{{l{'r' * (width - 1)}}}\n\\toprule\n{body}\n\\bottomrule\n"
        "\\end{tabular}"
    )
    if table.kind != "confusion":
        tabular = f"\\resizebox{{\\linewidth}}{{!}}{{%\n{tabular}}}"
    caption = escape_latex(f"{title}. {table.title}. {table.caption}")
    return f"\n\\begin{{table}}\n\\caption{{{caption}}}\n\\centering\n{tabular}\n\\end{{table}}"


def one_line(text: str) -> str:
    """Replace line breaks and repeated spaces by single spaces."""
    return " ".join(text.split())


def escape_markdown(text: str) -> str:
    """Escape a text for Markdown, also in a table; the result is one line."""
    plain = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_|~])", r"\\\1", plain).replace("](", "]\\(")


def escape_latex(text: str) -> str:
    """Escape a text for LaTeX; the result is one line."""
    return re.sub(f"[{re.escape(''.join(_LATEX))}]", lambda m: _LATEX[m[0]], one_line(text))

"""A table as text in cells, and how Markdown and LaTeX print it."""

from __future__ import annotations

import re
from dataclasses import dataclass

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
    "[": "{[}",  # after \\ a bracket would be its argument
    "]": "{]}",
    "*": "{*}",  # so would a star
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
        kind: ``scores``, ``texts``, ``spread``, ``differences`` or ``confusion``.
        title: its head.
        caption: what its figures are.
        header: of the columns; the first is of the row's names.
        lines: cells of each row; a line of two cells is a name and a remark over all columns.
    """

    kind: str
    title: str
    caption: str
    header: list[str]
    lines: list[list[str]]


def markdown_table(table: Table, level: int = 2) -> str:
    """One table with head and caption.

    Args:
        level: of the head.
    """
    width = len(table.header)
    lines = [line + [""] * (width - len(line)) for line in table.lines]
    rows = ["| " + " | ".join(map(escape_markdown, line)) + " |" for line in [table.header, *lines]]
    rows.insert(1, "|---" + "|---:" * (width - 1) + "|")
    head = f"{'#' * level} {escape_markdown(table.title)}"
    return "\n\n".join([head, escape_markdown(table.caption), "\n".join(rows)])


def latex_table(table: Table, title: str) -> str:
    """One table as a float; needs the packages booktabs and graphicx.

    Args:
        title: of the evaluation, at the head of the caption.
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
    """Text without line breaks."""
    return " ".join(text.split())


def escape_markdown(text: str) -> str:
    """Text that Markdown shows as it is, in a table too, in one line."""
    plain = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_|~])", r"\\\1", plain).replace("](", "]\\(")


def escape_latex(text: str) -> str:
    """Text that LaTeX prints as it is, in one line."""
    return re.sub(f"[{re.escape(''.join(_LATEX))}]", lambda m: _LATEX[m[0]], one_line(text))

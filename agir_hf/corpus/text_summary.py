"""Statistics of the texts of a corpus in words, for the card and the command line."""

from __future__ import annotations

from .text_statistics import ALL_SCORES, NOT_MEASURED, REASONS, SPOKEN_OF, TextStatistics


def summary_lines(statistics: TextStatistics) -> list[str]:
    """Lines that `agir corpus build` prints.

    Args:
        statistics: Statistics of the texts.
    """
    lines = [
        f"{statistics.distinct_texts} of {statistics.texts} texts and "
        f"{statistics.distinct_references} of {statistics.references} references are different; "
        f"{percent(statistics.shared_sentences)} of {statistics.sentences} sentences occur in more "
        "than a tenth of the texts",
        f"claims: {percent(statistics.supported)} supported, {percent(statistics.near)} near, "
        f"{percent(statistics.contradicted)} contradicted; {percent(statistics.coverage)} of all "
        "claims can be checked",
    ]
    for score, result in statistics.specificity.items():
        if result is not None:
            lines.append(
                f"specificity, {_walks(score)}: {result.value:.2f} ({result.own:.2f} supported in "
                f"the own walk, {result.other:.2f} in other walks of the score; {result.texts} "
                "texts)"
            )
    for score, counts in statistics.parameters.items():
        others = [f"{counts[reason]:.1f} {reason}" for reason in REASONS if reason != SPOKEN_OF]
        measured = _measured(counts)
        lines.append(
            f"parameters, {_walks(score)}: {counts[SPOKEN_OF]:.1f} of {measured:.1f} measured are "
            f"spoken of; the others: {', '.join(others)}"
        )
    return lines


def _walks(score: str) -> str:
    return "all walks" if score == ALL_SCORES else f"score {score}"


def _measured(counts: dict[str, float]) -> float:
    return sum(counts.values()) - counts[NOT_MEASURED]


def percent(share: float | None) -> str:
    """Format a share as a percentage, or "none" if there is none.

    Args:
        share: Number in 0 … 1, or None.
    """
    return "none" if share is None else f"{100 * share:.1f} %"


def specificity_rows(statistics: TextStatistics) -> list[str]:
    """Rows of the table of specificity: score, own walk, other walks, specificity, texts.

    Args:
        statistics: Statistics of the texts.
    """
    rows = []
    for score, result in statistics.specificity.items():
        if result is not None:
            cells = [f"{result.own:.2f}", f"{result.other:.2f}", f"{result.value:.2f}"]
            rows.append(table_row(score, *cells, result.texts))
    return rows


def parameter_rows(statistics: TextStatistics) -> list[str]:
    """Rows of the table of parameters: score, share spoken of, and the number for each reason.

    Args:
        statistics: Statistics of the texts.
    """
    rows = []
    for score, counts in statistics.parameters.items():
        measured = _measured(counts)
        share = percent(counts[SPOKEN_OF] / measured if measured else None)
        rows.append(table_row(score, share, *(f"{counts[reason]:.1f}" for reason in REASONS)))
    return rows


def table_row(*cells: object) -> str:
    """Row of a Markdown table.

    Args:
        *cells: Contents of the cells.
    """
    return "| " + " | ".join(map(str, cells)) + " |"

"""Files of a comparison for downloads; their names carry the identity of both recordings."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from comparing import Compared

from agir_hf.gait.applied_norms import norm_text
from agir_hf.gait.report.names import report_name
from agir_hf.utils.files import atomic_path, write_text_atomic
from agir_hf.utils.spreadsheets import safe_row

COLUMNS = (
    "parameter", "name", "unit", "a", "b", "difference", "percent", "error_95", "beyond_error",
    "change", "norm_a", "norm_b", "z_a", "z_b", "trials_a", "trials_b", "note", "id", "files_a",
    "files_b", "assessed",
)  # fmt: skip


def write_json(compared: Compared, folder: Path) -> Path:
    """Write assessments and comparison as JSON.

    Args:
        compared: The comparison.
        folder: Folder of the file.

    Returns:
        The file.
    """
    file = folder / f"{compared.stem}.json"
    write_text_atomic(file, json.dumps(compared.as_json(), indent=2, ensure_ascii=False))
    return file


def write_csv(compared: Compared, folder: Path) -> Path:
    """Write the compared parameters as a table; each row names the recordings.

    Args:
        compared: The comparison.
        folder: Folder of the file.

    Returns:
        The file, with a byte order mark, which spreadsheet programs need.
    """
    file = folder / f"{compared.stem}.csv"
    with atomic_path(file) as draft, draft.open("w", newline="", encoding="utf-8-sig") as out:
        writer = csv.DictWriter(out, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(safe_row(row) for row in rows_of(compared))
    return file


def rows_of(compared: Compared) -> list[dict]:
    """Return the rows of the table.

    Args:
        compared: The comparison.

    Returns:
        Column of `COLUMNS` → value; None where there is none.
    """
    comparison = compared.comparison
    identities = [
        [walk.identity for walk in session.measured] for session in (comparison.a, comparison.b)
    ]
    about = {
        "id": identities[0][0].id,
        "assessed": identities[0][0].assessed,
        **{
            f"files_{order}": "; ".join(f"{row.file} {(row.sha256 or '')[:12]}" for row in rows)
            for order, rows in zip("ab", identities, strict=True)
        },
    }
    return [_row(row) | about for row in comparison.rows]


def _row(row) -> dict:
    values = row.as_json()
    norms = [None if norm is None else norm_text(norm) for norm in (row.norm_a, row.norm_b)]
    return {
        "parameter": report_name(row.name),
        "name": row.name,
        "unit": row.unit,
        "a": None if row.a is None else values["a"]["value"],
        "b": None if row.b is None else values["b"]["value"],
        "error_95": values["limit"],
        "beyond_error": None if row.beyond is None else ("yes" if row.beyond else "no"),
        "change": row.better,
        "norm_a": norms[0],
        "norm_b": norms[1],
        **{name: values[name] for name in ("difference", "percent", "z_a", "z_b", "note")},
        "trials_a": row.trials_a,
        "trials_b": row.trials_b,
    }


def write_html(compared: Compared, folder: Path) -> Path:
    """Write the comparison report.

    Args:
        compared: The comparison.
        folder: Folder of the file.

    Returns:
        The file.
    """
    return compared.comparison.write_report(folder / f"{compared.stem}.html")


def write_pdf(compared: Compared, folder: Path) -> Path:
    """Print the comparison report as PDF; a browser must be at hand.

    Args:
        compared: The comparison.
        folder: Folder of the file.

    Returns:
        The file.
    """
    from agir_hf.gait.report import write_pdf as print_page

    return print_page(write_html(compared, folder), folder / f"{compared.stem}.pdf")


def can_print() -> bool:
    """Whether a browser is at hand that prints a report as PDF."""
    from agir_hf.gait.report.pdf import check_chromium

    try:
        check_chromium()
    except FileNotFoundError:
        return False
    return True

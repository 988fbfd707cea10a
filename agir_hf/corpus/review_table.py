"""The table in which texts go to a reviewer and come back: its columns, and how it is written."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

PARTS = ("foot", "arm", "overall")
COLUMNS = (
    "id", "score", "writer", "flags", "revised_before",
    *PARTS, *(f"revised_{part}" for part in PARTS),
)  # fmt: skip
REVIEWED = "reviewed"  # "yes" where a reviewer has been; a table may lack this column


def write_table(
    table: Path, rows: Iterable[Mapping[str, object]], columns: Iterable[str] = COLUMNS
) -> None:
    """Write a table as CSV that spreadsheets read as it is; beside its place, then moved there.

    Args:
        table: file to write.
        rows: column → content; what is missing is left empty.
        columns: in order.

    Raises:
        FileNotFoundError: the table's folder is not there.
    """
    part = table.with_name(f".{table.name}.{os.getpid()}.part")
    try:
        with part.open("w", newline="", encoding="utf-8-sig") as file:
            writer = csv.DictWriter(file, list(columns), restval="")
            writer.writeheader()
            writer.writerows(rows)
        os.replace(part, table)
    finally:
        part.unlink(missing_ok=True)

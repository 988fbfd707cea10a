"""JSON Lines files: rows are appended, and an interrupted write loses at most one row."""

from __future__ import annotations

import json
import os
from pathlib import Path


def read_lines(path: Path) -> list[dict]:
    """Read the objects of a file in order.

    Args:
        path: File to read.

    Returns:
        `list`: One object per line. Incomplete lines of an interrupted write are skipped; a missing
        file has no objects.
    """
    rows = []
    if path.is_file():
        for line in path.read_bytes().splitlines():
            try:
                rows.append(json.loads(line))
            except ValueError:
                continue
    return rows


def append_line(path: Path, row: dict) -> None:
    """Append an object to a file in one write.

    If the last line is incomplete because an earlier write was interrupted, the new line starts
    after it.

    Args:
        path: File to append to. It and its folder are created if they are missing.
        row: Object to append.
    """
    line = json.dumps(row, ensure_ascii=False).encode() + b"\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            line = line if file.read(1) == b"\n" else b"\n" + line
        file.write(line)
        file.flush()

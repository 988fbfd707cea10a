"""Files of JSON lines that are only ever appended to, and survive a kill between two of them."""

from __future__ import annotations

import json
import os
from pathlib import Path


def read_lines(path: Path) -> list[dict]:
    """Objects of a file, in order; none where it is not there. A torn line is left out."""
    rows = []
    if path.is_file():
        for line in path.read_bytes().splitlines():
            try:
                rows.append(json.loads(line))
            except ValueError:
                continue
    return rows


def append_line(path: Path, row: dict) -> None:
    """Append an object in one write; a line that a kill left torn ends before it."""
    line = json.dumps(row, ensure_ascii=False).encode() + b"\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            line = line if file.read(1) == b"\n" else b"\n" + line
        file.write(line)
        file.flush()

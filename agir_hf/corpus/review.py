"""The review round trip: texts → a table that people edit → texts, each revision recorded."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..annotation.prompts import Written, contradicted_claims, flags_of
from ..utils.files import atomic_path
from .build import BuildError, current_recordings, reassemble
from .clinical import read_rows
from .store import Annotation, Store, load_about

PARTS = ("foot", "arm", "overall")
COLUMNS = (
    "id", "score", "writer", "flags", "revised_before",
    *PARTS, *(f"revised_{part}" for part in PARTS),
)  # fmt: skip
REVIEWED = "reviewed"  # "yes" where a reviewer has been; a table may lack this column


class ReviewError(ValueError):
    """A table that cannot be taken in; the message says what to do, on one line."""


@dataclass(frozen=True)
class Taken:
    """What an import did: revised texts, of them flagged, rows without a change."""

    revised: int
    flagged: tuple[str, ...]
    unchanged: int


def export_review(folder: Path, table: Path) -> int:
    """Write the texts of a corpus as CSV; the number of rows.

    The original stands in ``foot``, ``arm`` and ``overall``; a reviewer writes into the columns
    ``revised_…`` what shall stand instead, and leaves empty what is good.

    Raises:
        BuildError: the folder holds no finished corpus.
        FileNotFoundError: the table's folder is not there.
    """
    recorded = [load_about(path) for path in current_recordings(folder)]
    annotations = _texts(folder, [row.id for row in recorded])
    rows = []
    for row in recorded:
        text = annotations[row.id]
        rows.append(
            {
                "id": row.id,
                "score": row.item["score"],
                "writer": text.writer,
                "flags": "; ".join(text.flags),
                "revised_before": "yes" if text.revised else "",
                **{name: getattr(text, name) for name in PARTS},
            }
        )
    write_table(table, rows)
    return len(recorded)


def import_review(folder: Path, table: Path) -> Taken:
    """Take the revisions of a table in, and make the corpus anew.

    All rows are checked before any is taken. Revised texts are checked by evidence too; what the
    measured gait contradicts is flagged, not refused: the reviewer has the last word.

    Raises:
        BuildError: the folder holds no finished corpus.
        ReviewError: a row is of a recording that is not there, stands twice, or was reviewed
            against a text that is not the present one.
    """
    store = Store(folder)
    recorded = {row.id: row for row in map(load_about, current_recordings(folder))}
    annotations = _texts(folder, list(recorded))
    revisions, seen = [], set()
    for number, row in enumerate(read_rows(table, COLUMNS), 2):
        name = row["id"].strip()
        if name not in recorded:
            raise ReviewError(f"{table} row {number}: no recording {name!r} in {folder}")
        if name in seen:
            raise ReviewError(f"{table} row {number}: {name} stands twice, expected one row each")
        seen.add(name)
        text = annotations[name]
        if any(_plain(row[part]) != _plain(getattr(text, part)) for part in PARTS):
            raise ReviewError(
                f"{table} row {number}: the text of {name} has changed since the table was "
                "exported: export it again, and write only into the columns revised_…"
            )
        new = {part: _plain(row[f"revised_{part}"]) or getattr(text, part) for part in PARTS}
        if any(new[part] != getattr(text, part) for part in PARTS):
            revisions.append((text, Written(**new)))
    flagged = []
    for text, written in revisions:
        row = recorded[text.id]
        about = (row.parameters, row.item["age"], row.item["sex"])
        flags = flags_of(written, contradicted_claims(written, *about))
        flagged += [text.id] if flags else []
        store.revise(text, written, flags)
    if revisions:
        reassemble(folder)
    return Taken(len(revisions), tuple(flagged), len(seen) - len(revisions))


def _plain(text: str) -> str:
    """A cell's text on one line, however its editor broke it."""
    return " ".join(text.split())


def _texts(folder: Path, names: list[str]) -> dict[str, Annotation]:
    annotations = Store(folder).annotations()
    lost = [name for name in names if name not in annotations]
    if lost:
        raise BuildError(f"{folder} has no text of {lost[0]}: run 'agir corpus build' again")
    return annotations


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
    with atomic_path(table) as draft, draft.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, list(columns), restval="")
        writer.writeheader()
        writer.writerows(rows)

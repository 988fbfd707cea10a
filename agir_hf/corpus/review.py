"""Review of the texts of a corpus: export to a CSV table, and import of the revised table."""

from __future__ import annotations

import csv
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..annotation.prompts import Written, contradicted_claims, flags_of
from ..gait.norms import Norms
from ..utils.files import atomic_path
from ..utils.spreadsheets import original_cell, safe_row
from .clinical import read_rows
from .corpus_norms import corpus_norms
from .store import Annotation, BuildError, Recorded, Store, load_metadata
from .stored_rows import current_recordings, reassemble

PARTS = ("foot", "arm", "overall")
COLUMNS = (
    "id", "score", "writer", "flags", "revised_before",
    *PARTS, *(f"revised_{part}" for part in PARTS),
)  # fmt: skip
# Further columns of the export: the file of the recording without its folder, and the person.
RECORDING = ("file", "age", "sex")
REVIEWED = "reviewed"  # optional column: ACCEPTED or REJECTED where a reviewer has read the row
ACCEPTED, REJECTED = "yes", "rejected"


class ReviewError(ValueError):
    """Error for a review table that cannot be imported. The message is one line."""


@dataclass(frozen=True)
class ReviewResult:
    """Result of the import of a review table.

    Attributes:
        revised: Number of texts that were revised.
        flagged: Ids of the recordings whose revised text the measured gait contradicts.
        unchanged: Number of rows without a change.
        rejected: Ids of the recordings whose text the reviewer rejected without another text. The
            corpus keeps these texts.
    """

    revised: int
    flagged: tuple[str, ...]
    unchanged: int
    rejected: tuple[str, ...] = ()


def export_review(folder: str | os.PathLike, table: str | os.PathLike) -> int:
    r"""Write the texts of a corpus to a CSV table for a reviewer.

    The table has one row per recording. The columns `foot`, `arm` and `overall` hold the current
    text. A reviewer writes a new text into `revised_foot`, `revised_arm` or `revised_overall`, and
    leaves the cell empty if the current text needs no change. `import_review` reads the table back.
    The columns `file`, `age` and `sex` are those of the recording, so that a reviewer can look at
    it. An existing file is replaced.

    Args:
        folder (`str` or `os.PathLike`):
            Folder of a finished corpus, see [`~corpus.build.build_corpus`].
        table (`str` or `os.PathLike`):
            CSV file to write, in UTF-8 with a byte order mark, which spreadsheet programs need.

    Returns:
        `int`: Number of rows.

    Raises:
        BuildError: The folder has no finished corpus, or the text of a recording is missing.
        FileNotFoundError: The folder of the table does not exist.

    Example:
        ```python
        >>> from pathlib import Path
        >>> import agir_hf
        >>> from agir_hf.corpus.build import build_corpus
        >>> from agir_hf.corpus.review import export_review
        >>> row = f"A,on,{agir_hf.SAMPLE_RECORDING},1"
        >>> _ = Path("clinical.csv").write_text(f"subject,session,file,score\n{row}\n")
        >>> corpus = build_corpus(".", "corpus", fit="centres").folder
        >>> export_review(corpus, "review.csv")
        1
        >>> Path("review.csv").read_text(encoding="utf-8-sig").split(",")[:4]
        ['id', 'score', 'writer', 'flags']

        ```
    """
    recordings = [load_metadata(path) for path in current_recordings(folder)]
    annotations = _texts(folder, [recorded.id for recorded in recordings])
    write_table(table, [_table_row(row, annotations[row.id]) for row in recordings])
    return len(recordings)


def _table_row(recorded: Recorded, annotation: Annotation) -> dict[str, object]:
    return {
        "id": recorded.id,
        "score": recorded.item["score"],
        "writer": annotation.writer,
        "flags": "; ".join(annotation.flags),
        "revised_before": "yes" if annotation.revised else "",
        **{part: getattr(annotation, part) for part in PARTS},
        **{
            name: "" if recorded.item.get(name) is None else recorded.item[name]
            for name in RECORDING
        },
    }


def import_review(folder: str | os.PathLike, table: str | os.PathLike) -> ReviewResult:
    r"""Import a reviewed table: record the revised texts and write the data of the corpus again.

    All rows are checked before any text is changed. Rows may be missing or in any order. A revised
    text replaces the rationale and the first of the references. The claims of revised texts are
    checked against the measured gait: a contradicted claim is recorded as a flag of the text, and
    the text is still accepted, because the reviewer decides.

    Args:
        folder (`str` or `os.PathLike`):
            Folder of the corpus that the table was exported from.
        table (`str` or `os.PathLike`):
            CSV file with the columns that `export_review` writes, separated by comma, semicolon or
            tab.

    Returns:
        [`ReviewResult`]: Number of revised texts, ids of those that are flagged, number of rows
        without a change, and ids of the texts that were rejected without another text.

    Raises:
        BuildError: The folder has no finished corpus.
        ReviewError: A row names an unknown recording, a recording has two rows, or the current text
            is not the text that was exported.
        ClinicalTableError: The table lacks a column.

    Example:
        ```python
        >>> from pathlib import Path
        >>> import agir_hf
        >>> from agir_hf.corpus.build import build_corpus
        >>> from agir_hf.corpus.clinical import read_rows
        >>> from agir_hf.corpus.review import COLUMNS, export_review, import_review, write_table
        >>> row = f"A,on,{agir_hf.SAMPLE_RECORDING},1"
        >>> _ = Path("clinical.csv").write_text(f"subject,session,file,score\n{row}\n")
        >>> corpus = build_corpus(".", "corpus", fit="centres").folder
        >>> _ = export_review(corpus, "review.csv")
        >>> rows = read_rows(Path("review.csv"), COLUMNS)
        >>> rows[0]["revised_overall"] = "Walking speed is markedly increased."
        >>> write_table("review.csv", rows)
        >>> import_review(corpus, "review.csv")
        ReviewResult(revised=1, flagged=('A_on/sample_walk',), unchanged=0, rejected=())

        ```
    """
    store = Store(folder)
    recordings = {row.id: row for row in map(load_metadata, current_recordings(folder))}
    annotations = _texts(folder, list(recordings))
    rows = _checked_rows(Path(table), folder, recordings.keys(), annotations)
    revisions, rejected = [], []
    for name, row in rows.items():
        annotation = annotations[name]
        texts = {part: _one_line(row[f"revised_{part}"]) for part in PARTS}
        texts = {part: text or getattr(annotation, part) for part, text in texts.items()}
        if any(text != getattr(annotation, part) for part, text in texts.items()):
            revisions.append((annotation, Written(**texts)))
        elif row.get(REVIEWED) == REJECTED:
            rejected.append(name)
    flagged, norms = [], corpus_norms(folder)
    for annotation, written in revisions:
        flags = _flags(recordings[annotation.id], written, norms)
        if flags:
            flagged.append(annotation.id)
        store.revise(annotation, written, flags)
    if revisions:
        reassemble(folder)
    unchanged = len(rows) - len(revisions)
    return ReviewResult(len(revisions), tuple(flagged), unchanged, tuple(rejected))


def _checked_rows(
    table: Path, folder, names: Collection[str], annotations: dict[str, Annotation]
) -> dict[str, dict[str, str]]:
    """Check all rows of a table; return id of a recording → row."""
    rows: dict[str, dict[str, str]] = {}
    for number, cells in enumerate(read_rows(table, COLUMNS), 2):
        row = {column: original_cell(text) for column, text in cells.items()}
        name = row["id"].strip()
        if name not in names:
            raise ReviewError(
                f"{table} row {number}: no recording {name!r} in {folder}: remove the row, or pass "
                "the corpus that the table was exported from"
            )
        if name in rows:
            raise ReviewError(
                f"{table} row {number}: second row of {name}, expected one row per recording: "
                "remove one of them"
            )
        current = annotations[name]
        if any(_one_line(row[part]) != _one_line(getattr(current, part)) for part in PARTS):
            raise ReviewError(
                f"{table} row {number}: the text of {name} has changed since the table was "
                "exported: export it again, and write only into the columns revised_…"
            )
        rows[name] = row
    return rows


def _flags(recorded: Recorded, written: Written, norms: Norms | None) -> tuple[str, ...]:
    """Claims of a text that the measured gait contradicts."""
    age, sex = recorded.item["age"], recorded.item["sex"]
    contradicted = contradicted_claims(written, recorded.parameters, age, sex, norms)
    return flags_of(written, contradicted)


def _one_line(text: str) -> str:
    """Text of a cell without the line breaks and repeated spaces that spreadsheet programs add."""
    return " ".join(text.split())


def _texts(folder: str | os.PathLike, names: list[str]) -> dict[str, Annotation]:
    annotations = Store(folder).annotations()
    missing = [name for name in names if name not in annotations]
    if missing:
        raise BuildError(f"{folder} has no text of {missing[0]}: run 'agir corpus build' again")
    return annotations


def write_table(
    table: str | os.PathLike,
    rows: Iterable[Mapping[str, object]],
    columns: Iterable[str] | None = None,
) -> None:
    """Write rows as a CSV file that spreadsheet programs open without an import dialog.

    Text that a spreadsheet program would take for a formula gets an apostrophe (`safe_cell`).

    Args:
        table: File to write. It is replaced only after all rows are written.
        rows: Column → content of each row. Missing columns are left empty.
        columns: Columns in order. Default: those of a review table, with those of the recording
            if the rows have them.

    Raises:
        FileNotFoundError: The folder of the table does not exist.
    """
    rows = list(rows)
    if columns is None:
        columns = (*COLUMNS, *(name for name in RECORDING if any(name in row for row in rows)))
    with atomic_path(table) as draft, draft.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, list(columns), restval="")
        writer.writeheader()
        writer.writerows(map(safe_row, rows))

"""Reader of a folder of recordings of any format with a table `clinical.csv`."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from ..motion.readers import ending_of
from .clinical import ClinicalTableError, parse_age, parse_score, read_rows
from .source import Item, Source, is_simulated

TABLE = "clinical.csv"
TABLE_COLUMNS = ("subject", "session", "file", "score")


def read_table_cohort(folder: Path, num_scores: int) -> Source:
    """List the recordings in the table `clinical.csv` of a folder.

    Args:
        folder: Folder with the table. The column `file` is relative to it.
        num_scores: Number of scores, see `parse_score`.

    Raises:
        ClinicalTableError: The table cannot be read, or contradicts itself.
    """
    table = folder / TABLE
    items, excluded = [], {}
    accepted = _AcceptedRows(table)
    for number, row in enumerate(read_rows(table, TABLE_COLUMNS), 2):
        subject, session, file = (row[name].strip() for name in TABLE_COLUMNS[:3])
        score, reason = _score_of(row, number, folder, num_scores)
        if reason:
            excluded[file or f"row {number}"] = reason
            continue
        accepted.add(number, subject, session, score)
        path = folder / file
        items.append(_table_item(row, subject, session, _short_name(path, folder), path, score))
    return Source(
        kind="folder",
        title=folder.resolve().name,
        simulated=is_simulated(folder, [item.path for item in items]),
        licence="not stated: ask the authors of the recordings",
        # every pickle of SMPL walks is treated as CARE-PD, even if it is listed in a table
        publishable=not any(_may_be_pickle(item.path) for item in items),
        items=tuple(items),
        excluded=excluded,
        num_scores=num_scores,
    )


def _score_of(row, number: int, folder: Path, num_scores: int) -> tuple[int | None, str]:
    """Score of a row of the table; or None and the reason why its recording is left out."""
    subject, session, file = (row[name].strip() for name in TABLE_COLUMNS[:3])
    if not subject or not file:
        return None, f"row {number} of {TABLE} names no {'file' if subject else 'subject'}"
    if not (folder / file).is_file():
        return None, "the file does not exist"
    try:
        score = parse_score(row["score"], num_scores)
    except ValueError as error:
        return None, str(error)
    return score, f"{subject} {session} has no score" if score is None else ""


class _AcceptedRows:
    """Check that the rows of a table do not contradict each other.

    Args:
        table: File of the table, for the errors.
    """

    def __init__(self, table: Path):
        self._table = table
        self._scores: dict[tuple[str, str], int] = {}
        self._spelling: dict[str, str] = {}  # subject in lower case → as first written

    def add(self, number: int, subject: str, session: str, score: int) -> None:
        """Add a row.

        Args:
            number: Number of the row.
            subject: Subject.
            session: Session of the subject.
            score: Score of the session.

        Raises:
            ClinicalTableError: An earlier row has another score of the session, or another spelling
                of the subject.
        """
        table, scores = self._table, self._scores
        if scores.setdefault((subject, session), score) != score:
            raise ClinicalTableError(
                f"{table} gives session {session!r} of {subject} the scores "
                f"{scores[subject, session]} and {score} (row {number}), expected one score per "
                "session: correct the table"
            )
        other = self._spelling.setdefault(subject.lower(), subject)
        if other != subject:
            raise ClinicalTableError(
                f"{table} names {other} and {subject} (row {number}), expected one spelling: two "
                "spellings could be in two parts of a split"
            )


def _may_be_pickle(path: Path) -> bool:
    """Whether a file is a pickle, or an archive with one."""
    if ending_of(path) != ".zip":
        return ending_of(path) == ".pkl"
    try:
        with zipfile.ZipFile(path) as archive:
            return any(ending_of(Path(name)) == ".pkl" for name in archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError):
        return True


def _short_name(path: Path, folder: Path) -> str:
    """Path relative to the folder, without suffix; for a file outside the folder, its name."""
    path, folder = path.resolve(), folder.resolve()
    short = path.relative_to(folder) if path.is_relative_to(folder) else Path(path.name)
    return short.with_suffix("").as_posix()


def _table_item(row, subject: str, session: str, file: str, path: Path, score: int) -> Item:
    words = re.split(r"[^a-z]+", session.lower())
    medication = next((state for state in ("off", "on") if state in words), "unknown")
    sex = row.get("sex", "").strip().lower()
    name = f"{subject}_{session}" if session else subject
    return Item(
        id=f"{name}/{file}",
        subject=subject,
        session=name,
        medication=medication,
        score=score,
        path=path,
        walk=f"{name}/{file}",
        age=parse_age(row.get("age")),
        sex={"m": "male", "f": "female"}.get(sex[:1]),
    )

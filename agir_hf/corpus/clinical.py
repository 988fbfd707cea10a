"""Reader of the clinical table of the Shida data set: subjects with one score per session."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from ..constants_agir import SCORES
from ..gait.norms import GREATEST_AGE
from ..simulation.shida_layout import MISSING, SCORE_COLUMN

MOST_SCORES = 4  # 0 to 3; a person with score 4 cannot walk alone
_SEXES = {"m": "male", "male": "male", "f": "female", "female": "female"}


@dataclass(frozen=True)
class ClinicalRecord:
    """One row of a clinical table.

    Attributes:
        subject: Name of the subject, upper case.
        sex: "male", "female", or None where unknown.
        age: Age in years, or None where unknown.
        scores: Session ("off" or "on") → gait score, or None if it is missing or invalid.
        problems: Session → error message for an invalid score; a missing score has no message.
    """

    subject: str
    sex: str | None
    age: float | None
    scores: dict[str, int | None]
    problems: dict[str, str]


class ClinicalTableError(ValueError):
    """Error for a clinical table that cannot be read. The message is one line."""


def read_clinical(path: Path, num_scores: int = len(SCORES)) -> dict[str, ClinicalRecord]:
    """Read a table with the columns of the Shida data set.

    Args:
        path: CSV file.
        num_scores: Number of scores, see `parse_score`.

    Returns:
        `dict`: Name of the subject → record.

    Raises:
        ClinicalTableError: A column is missing, no subject is named, or a subject has two rows.
    """
    rows = read_rows(path, ("ID", *SCORE_COLUMN.values()))
    records: dict[str, ClinicalRecord] = {}
    for row in rows:
        subject = (row["ID"] or "").strip().upper()
        if not subject:
            continue
        if subject in records:
            raise ClinicalTableError(
                f"{path} has two rows of {subject}, expected one row per subject: remove one"
            )
        scores, problems = {}, {}
        for session, column in SCORE_COLUMN.items():
            try:
                scores[session] = parse_score(row[column], num_scores)
            except ValueError as error:
                scores[session], problems[session] = None, str(error)
        sex = _SEXES.get((row.get("Gender") or "").strip().lower())
        age = parse_age(row.get("Age"))
        records[subject] = ClinicalRecord(subject, sex, age, scores, problems)
    if not records:
        raise ClinicalTableError(f"{path} names no subject, expected one per row in the column ID")
    return records


def read_rows(path: Path, needed: tuple[str, ...]) -> list[dict[str, str]]:
    """Read the rows of a CSV file (comma, semicolon or tab) and check its columns.

    Args:
        path: CSV file in UTF-8 or the Windows encoding.
        needed: Columns that the file must have; it may have others.

    Returns:
        `list`: Column → text of each row. Spaces around column names are removed.

    Raises:
        ClinicalTableError: The file is not a table, or lacks a column.
    """
    text = re.sub(r"^sep=.\r?\n", "", _decoded(path.read_bytes()))
    first_line = text.partition("\n")[0]
    delimiter = max(",;\t", key=first_line.count)
    lines = io.StringIO(text, newline="")  # a cell may contain line breaks
    reader = csv.DictReader(lines, delimiter=delimiter, skipinitialspace=True)
    try:
        columns = {(name or "").strip(): name for name in reader.fieldnames or ()}
        rows = list(reader)
    except csv.Error as error:
        raise ClinicalTableError(f"{path} is not a CSV table: {error}") from error
    missing = [name for name in needed if name not in columns]
    if missing:
        raise ClinicalTableError(
            f"{path} has no column {', '.join(map(repr, missing))}, expected a table with "
            f"{', '.join(map(repr, needed))}: it has {', '.join(list(columns)[:8]) or 'none'}"
        )
    return [{key: row[name] or "" for key, name in columns.items()} for row in rows]


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def parse_score(text: str, num_scores: int = len(SCORES)) -> int | None:
    """Read a gait score.

    Args:
        text: Content of a cell. An empty cell, "-", "na", "n/a", "nan" and "none" are a missing
            score.
        num_scores: Number of scores, which are 0 to `num_scores` - 1.

    Returns:
        `int` or None: The score, or None if it is missing.

    Raises:
        ValueError: The text is not a number, or the score is none of these.
    """
    text = text.strip()
    if text.lower() in ("", MISSING, "na", "n/a", "nan", "none"):
        return None
    if not re.fullmatch(r"\d{1,3}(\.0*)?", text):
        raise ValueError(f"score is {text[:20]!r}, expected a number from 0 to {num_scores - 1}")
    score = int(float(text))
    if score >= num_scores:
        remedy = " (--num-scores 4 takes it)" if score < MOST_SCORES else ""
        raise ValueError(f"score is {score}, expected 0 to {num_scores - 1}{remedy}")
    return score


def parse_age(text: str | None) -> float | None:
    """Read an age.

    Args:
        text: Content of a cell.

    Returns:
        The age in years, or None if it is not a number from 0 to 120.
    """
    try:
        age = float((text or "").strip())
    except ValueError:
        return None
    return age if 0 <= age <= GREATEST_AGE else None


def check_num_scores(num_scores: int) -> None:
    """Check the number of scores of a corpus.

    Args:
        num_scores: Number of scores, which are 0 to `num_scores` - 1.

    Raises:
        ValueError: It is not 3 (AGIR) or 4 (CARE-PD).
    """
    if num_scores not in range(len(SCORES), MOST_SCORES + 1):
        raise ValueError(
            f"num_scores is {num_scores}, expected {len(SCORES)} (scores 0 to {SCORES[-1]}) or "
            f"{MOST_SCORES} (0 to {MOST_SCORES - 1})"
        )

"""The clinical table of the Shida data set: read, and written for a simulated cohort."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..constants_agir import SCORES
from ..simulation.shida_layout import MISSING, SCORE_COLUMN

_SEXES = {"m": "male", "male": "male", "f": "female", "female": "female"}


@dataclass(frozen=True)
class Person:
    """One row of a clinical table: subject, sex, age, and a score or None for each session.

    ``problems`` says of each session without a usable score what stood there.
    """

    subject: str
    sex: str | None
    age: float | None
    scores: dict[str, int | None]
    problems: dict[str, str]


class ClinicalTableError(ValueError):
    """A clinical table that cannot be read; the message says what to do, on one line."""


def read_clinical(path: Path) -> dict[str, Person]:
    """The persons of a table with the columns of the Shida data set, by subject.

    Raises:
        ClinicalTableError: the table is no such table, or names a subject twice.
    """
    rows = read_rows(path, ("ID", *SCORE_COLUMN.values()))
    people: dict[str, Person] = {}
    for row in rows:
        subject = (row["ID"] or "").strip().upper()
        if not subject:
            continue
        if subject in people:
            raise ClinicalTableError(
                f"{path} has two rows of {subject}, expected one each: remove the wrong one"
            )
        scores, problems = {}, {}
        for session, column in SCORE_COLUMN.items():
            try:
                scores[session] = parse_score(row[column])
            except ValueError as error:
                scores[session], problems[session] = None, str(error)
        sex = _SEXES.get((row.get("Gender") or "").strip().lower())
        people[subject] = Person(subject, sex, _number(row.get("Age")), scores, problems)
    if not people:
        raise ClinicalTableError(f"{path} names no subject, expected one a row under ID")
    return people


def read_rows(path: Path, needed: tuple[str, ...]) -> list[dict[str, str]]:
    """Rows of a CSV file (comma, semicolon or tab) that has certain columns.

    Raises:
        ClinicalTableError: the file is no text, or lacks a column.
    """
    text = re.sub(r"^sep=.\r?\n", "", _decoded(path.read_bytes()))
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    lines = io.StringIO(text, newline="")  # a cell may hold line breaks
    reader = csv.DictReader(lines, delimiter=delimiter, skipinitialspace=True)
    try:
        columns = {(name or "").strip(): name for name in reader.fieldnames or ()}
        rows = list(reader)
    except csv.Error as error:
        raise ClinicalTableError(f"{path} is no table: {error}") from error
    lacking = [name for name in needed if name not in columns]
    if lacking:
        raise ClinicalTableError(
            f"{path} has no column {', '.join(map(repr, lacking))}, expected a table with "
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


def parse_score(text: str) -> int | None:
    """A gait score; None where it is missing ("", "-", "na").

    Raises:
        ValueError: it is something else, or a score that this project does not model.
    """
    text = text.strip()
    if text.lower() in ("", MISSING, "na", "n/a", "nan", "none"):
        return None
    if not re.fullmatch(r"\d{1,3}(\.0*)?", text):
        raise ValueError(
            f"score is {text[:20]!r}, expected a number from {SCORES[0]} to {SCORES[-1]}"
        )
    score = int(float(text))
    if score not in SCORES:
        raise ValueError(f"score is {score}, expected {SCORES[0]} to {SCORES[-1]}")
    return score


def _number(text: str | None) -> float | None:
    try:
        number = float((text or "").strip())
    except ValueError:
        return None
    return number if np.isfinite(number) else None

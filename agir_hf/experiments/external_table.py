"""The table of a folder of recordings: file, person and group, and score, age and sex if known."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..assessment.messages import one_line
from ..corpus.benchmarks import (
    ANNOTATIONS,
    BenchmarkError,
    hubertshum_labels,
    hubertshum_subject,
)
from ..corpus.clinical import ClinicalTableError, parse_score, read_rows
from ..gait.norms import check_person
from .errors import ExperimentError

TABLE = "recordings.csv"
COLUMNS = ("file", "person", "group")
HEALTHY_NAMES = ("healthy", "healthy control", "healthy controls", "control", "controls")
_SEXES = {"m": "male", "male": "male", "f": "female", "female": "female"}


@dataclass(frozen=True)
class ExternalRecording:
    """A recording of a person, as a table describes it.

    Attributes:
        file: Name of the file in the table.
        path: Path of the file.
        person: Name of the person.
        group: Name of the group that the person belongs to, such as "healthy".
        score: Gait score by a rater, 0, 1 or 2, or None if it is not known.
        age: Age of the person in years, or None if it is not known.
        sex: "male", "female", or None if it is not known.
    """

    file: str
    path: Path
    person: str
    group: str
    score: int | None = None
    age: float | None = None
    sex: str | None = None


def read_table(folder: Path, table: Path | None = None) -> list[ExternalRecording]:
    """Read the table of a folder of recordings.

    Args:
        folder: Folder of the recordings.
        table: CSV file with the columns file, person and group, and optionally score, age and sex;
            files are relative to the folder. A table with the columns name and label is that of
            the benchmark hubertshum. None takes `recordings.csv` or `annotations.csv` in the
            folder.

    Returns:
        The recordings in the order of the table.

    Raises:
        ExperimentError: The table or a file is missing, a column is missing, a cell is not valid,
            or a file is named twice.
    """
    path = _table_path(Path(folder), table)
    try:
        columns = {name.strip().lower() for name in (read_rows(path, ()) or [{}])[0]}
        is_hubertshum = {"name", "label"} <= columns and "file" not in columns
        if is_hubertshum:
            recordings = _hubertshum(Path(folder), path)
        else:
            rows = read_rows(path, COLUMNS)
            recordings = [_recording(Path(folder), path, row) for row in rows if any(row.values())]
    except (ClinicalTableError, BenchmarkError) as error:
        raise ExperimentError(one_line(error)) from error
    _check(recordings, path)
    return recordings


def _table_path(folder: Path, table: Path | None) -> Path:
    if not folder.is_dir():
        raise ExperimentError(f"{folder} is not a folder, expected a folder of recordings")
    if table is not None:
        if not table.is_file():
            raise ExperimentError(
                f"no file {table}, expected a CSV file with the columns {', '.join(COLUMNS)}"
            )
        return table
    for name in (TABLE, ANNOTATIONS):
        if (folder / name).is_file():
            return folder / name
    raise ExperimentError(
        f"{folder} has no {TABLE}, expected a table with the columns {', '.join(COLUMNS)} and "
        "optionally score, age, sex: write it, or pass --table FILE"
    )


def _hubertshum(folder: Path, table: Path) -> list[ExternalRecording]:
    return [
        ExternalRecording(
            f"{name}.bvh", folder / f"{name}.bvh", hubertshum_subject(name), label
        )
        for name, label in hubertshum_labels(table)
    ]  # fmt: skip


def _recording(folder: Path, table: Path, row: dict[str, str]) -> ExternalRecording:
    file, person, group = (row[name].strip() for name in COLUMNS)
    for name, text in zip(COLUMNS, (file, person, group), strict=True):
        if not text:
            raise ExperimentError(
                f"{table}: the row of {file or person or group} has no {name}, expected one"
            )
    try:
        score = parse_score(row.get("score", ""))
        age, sex = _age(row.get("age", "")), _sex(row.get("sex", ""))
        check_person(age, sex)
    except ValueError as error:
        raise ExperimentError(f"{table}: {file}: {one_line(error)}") from error
    return ExternalRecording(file, folder / file, person, group, score, age, sex)


def _age(text: str) -> float | None:
    if not text.strip():
        return None
    try:
        age = float(text)
    except ValueError:
        age = math.nan
    if not math.isfinite(age):
        raise ValueError(f"age is {text[:20]!r}, expected a number of years, or an empty cell")
    return age


def _sex(text: str) -> str | None:
    if not text.strip():
        return None
    if text.strip().lower() not in _SEXES:
        raise ValueError(f"sex is {text[:20]!r}, expected male or female, or an empty cell")
    return _SEXES[text.strip().lower()]


def _check(recordings: list[ExternalRecording], table: Path) -> None:
    if not recordings:
        raise ExperimentError(f"{table} names no recording, expected one per row")
    seen: dict[Path, str] = {}
    for recording in recordings:
        path = recording.path.resolve()
        if path in seen:
            raise ExperimentError(
                f"{table} names {recording.file} twice, expected each recording once: remove a row"
            )
        seen[path] = recording.file
    absent = [recording for recording in recordings if not recording.path.is_file()]
    if absent:
        raise ExperimentError(
            f"{len(absent)} of {len(recordings)} recordings of {table} are absent, such as "
            f"{absent[0].path}: add the files, or remove their rows"
        )


def healthy_group(groups: Sequence[str], name: str | None = None) -> str | None:
    """Return the name of the healthy group.

    Args:
        groups: Group of each recording.
        name: Name that the user passed, or None for the group that is called healthy or control.

    Returns:
        The name, or None if no name was passed and no group is called so.

    Raises:
        ExperimentError: No group has the name, or several are called healthy or control.
    """
    different = list(dict.fromkeys(groups))
    if name is not None:
        if name not in different:
            raise ExperimentError(
                f"no recording is of the group {name!r}, expected one of {', '.join(different)}: "
                "pass --healthy with one of these names"
            )
        return name
    candidates = [group for group in different if group.strip().lower() in HEALTHY_NAMES]
    if len(candidates) > 1:
        raise ExperimentError(
            f"the groups {' and '.join(candidates)} can both be the healthy one: pass --healthy "
            "with one of these names"
        )
    return candidates[0] if candidates else None

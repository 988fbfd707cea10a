"""Reader of cohorts: recordings with subject, session and score, and reasons for exclusions.

- The Shida data set, or a simulated cohort in its layout: C3D files named SUB01_off_walk_1 and so
  on, and a table with its score columns.
- CARE-PD: `.pkl` files of SMPL walks.
- Any folder with `clinical.csv`: subject, session, file, score.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

from ..motion.fitting.batch import is_static
from ..motion.readers.care_pd import care_pd_scores
from ..motion.recording import RecordingError
from ..simulation.shida_layout import SCORE_COLUMN, SIMULATED_TAG
from .clinical import (
    ClinicalRecord,
    ClinicalTableError,
    parse_age,
    parse_score,
    read_clinical,
    read_rows,
)
from .schema import MEDICATIONS

TABLE = "clinical.csv"
TABLE_COLUMNS = ("subject", "session", "file", "score")
_SHIDA_NAME = re.compile(
    r"^(?P<trimmed>Trimmed_)?(?P<subject>SUB\d+)_(?P<session>on|off)_walk_?(?P<number>\d+[a-z]?)$",
    re.IGNORECASE,
)
_SHIDA_SESSION = re.compile(r"(?P<subject>SUB\d+)_(?P<session>on|off)(?:_|$)", re.IGNORECASE)
_COPY = re.compile(r"(?:_down\d+|_M)+$")  # copies in CARE-PD: shifted in phase, mirrored


@dataclass(frozen=True)
class Item:
    """One recording of a cohort.

    Attributes:
        id: Session and file name, unique in the cohort.
        subject: Name of the subject.
        session: Name of the session, unique in the cohort.
        medication: "off", "on" or "unknown".
        score: Gait score of the session: 0, 1 or 2.
        path: File of the recording.
        inside: Name of the walk in a file with several walks, "subject/walk"; otherwise empty.
        static: File of the static trial of the session, for the body shape, or None.
        walk: Id of the recording that this one is a copy of; otherwise its own id.
        variant: Kind of copy, such as "M" (mirrored); otherwise empty.
        age: Age of the subject in years, or None where unknown.
        sex: "male", "female", or None where unknown.
    """

    id: str
    subject: str
    session: str
    medication: str
    score: int
    path: Path
    inside: str = ""
    static: Path | None = None
    walk: str = ""
    variant: str = ""
    age: float | None = None
    sex: str | None = None


@dataclass(frozen=True)
class Source:
    """Recordings of a cohort, and its terms of use.

    Attributes:
        kind: "shida", "care-pd" or "folder".
        title: Name of the cohort in the card.
        simulated: Whether the recordings are simulated.
        licence: Terms of use, as far as they are stated.
        publishable: Whether the terms allow publishing a corpus of the recordings.
        items: Recordings with a score.
        excluded: Name of an excluded recording → reason.
        remarks: Further notes, such as subjects without recordings.
    """

    kind: str
    title: str
    simulated: bool
    licence: str
    publishable: bool
    items: tuple[Item, ...]
    excluded: dict[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


class SourceError(ValueError):
    """Error for a folder that is not a cohort. The message is one line."""


class NoScoresError(SourceError):
    """Error for a folder whose recordings have no table of scores."""


def read_source(folder: str | os.PathLike) -> Source:
    r"""List the recordings of a cohort with subject, session and score.

    Three kinds of cohorts are recognised: the Shida data set, or a simulated cohort in its layout
    (C3D files named SUB01_off_walk_1 and so on, with a clinical table); CARE-PD pickles; and any
    folder with a table `clinical.csv` (columns subject, session, file, score; optional age, sex).
    Recordings without a valid score are excluded, with the reason. Recordings are not measured
    here, but C3D files in the Shida layout are opened to recognise static trials, and CARE-PD
    pickles to read the scores.

    Args:
        folder (`str` or `os.PathLike`):
            Folder of the cohort, or one CARE-PD pickle.

    Returns:
        [`Source`]: Recordings, excluded recordings with reasons, title and terms of use.

    Raises:
        FileNotFoundError: The folder does not exist.
        SourceError: The folder is not one of these cohorts, no recording has a score, or two
            recordings have the same id.
        ClinicalTableError: The table cannot be read, or contradicts itself.

    Example:
        ```python
        >>> from pathlib import Path
        >>> import agir_hf
        >>> from agir_hf.corpus.cohorts import read_source
        >>> rows = [f"{subject},on,{agir_hf.SAMPLE_RECORDING},{score}" for subject, score in
        ...         (("A", "0"), ("B", "2"), ("C", "-"))]
        >>> _ = Path("clinical.csv").write_text("\n".join(["subject,session,file,score", *rows]))
        >>> source = read_source(".")
        >>> [(item.id, item.medication, item.score) for item in source.items]
        [('A_on/sample_walk', 'on', 0), ('B_on/sample_walk', 'on', 2)]
        >>> list(source.excluded.values())
        ['C on has no score']

        ```
    """
    folder = Path(folder)
    if not folder.exists():
        raise FileNotFoundError(f"no such folder: {folder}")
    source = _read_cohort(folder)
    if not source.items:
        reasons = Counter(source.excluded.values()).most_common(1)
        reason = f": {reasons[0][0]}" if reasons else ""
        raise SourceError(
            f"{folder} has no recording with a score ({len(source.excluded)} left out{reason}): "
            "check the table"
        )
    repeated = [name for name, n in Counter(item.id for item in source.items).items() if n > 1]
    if repeated:
        raise SourceError(
            f"{folder} names {repeated[0]} twice, expected each recording once: remove one"
        )
    return source


def _read_cohort(folder: Path) -> Source:
    pickles = sorted(folder.glob("*.pkl")) if folder.is_dir() else [folder]
    if folder.is_file() and folder.suffix.lower() != ".pkl":
        raise SourceError(f"{folder} is a file, expected a folder or a CARE-PD pickle")
    if folder.is_dir() and (folder / TABLE).is_file():
        return _from_table(folder)
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() == ".c3d")
    if any(_SHIDA_SESSION.search(path.stem) for path in files):
        return _from_shida(folder, files)
    if pickles:
        return _from_care_pd(folder, pickles)
    content = f"{len(files)} C3D files" if files else "no recording"
    raise NoScoresError(
        f"{folder} holds {content} and no table of scores, expected the Shida data set, CARE-PD "
        f"pickles, or a folder with a {TABLE} ({', '.join(TABLE_COLUMNS)})"
    )


def _from_shida(folder: Path, files: list[Path]) -> Source:
    records = read_clinical(_shida_table(folder))
    items, excluded, remarks = [], {}, []
    sessions = list(_sessions(files, excluded))
    for session, paths in tqdm(sessions, unit="session", desc="finding static trials", leave=False):
        static = next((path for path in paths if is_static(path)), None)
        record = records.get(session[0])
        if static is not None and _SHIDA_NAME.match(static.stem):
            remarks.append(f"{static.stem} is used as the static trial: it contains no walking")
        walks = _one_file_per_trial([path for path in paths if path != static], excluded)
        for path in walks:
            reason = _reason_without_score(record, *session)
            if reason:
                excluded[path.stem] = reason
                continue
            items.append(_shida_item(record, session[1], path, static))
    absent = sorted(set(records) - {subject for (subject, _), _ in sessions})
    if absent:
        remarks.append(f"in the table but not recorded: {', '.join(absent)}")
    return _shida_source(folder, items, excluded, remarks)


def _shida_source(folder: Path, items, excluded, remarks) -> Source:
    simulated = _is_simulated(folder)
    return Source(
        kind="shida",
        title="simulated walkers in the layout of the Shida data set"
        if simulated
        else "Shida data set (BMCLab)",
        simulated=simulated,
        licence="Apache-2.0 (simulated)"
        if simulated
        else "CC BY 4.0, as reported for figshare 14896881: name Shida et al. 2023, Front Neurosci "
        "17:992585",
        publishable=True,
        items=tuple(items),
        excluded=excluded,
        remarks=tuple(remarks),
    )


def _shida_table(folder: Path) -> Path:
    """Table with the score columns; if there are several, the first by name."""
    for path in sorted(folder.rglob("*.csv")):
        try:
            read_rows(path, ("ID", *SCORE_COLUMN.values()))
        except (ClinicalTableError, OSError, ValueError):
            continue
        return path
    wanted = " and ".join(repr(column) for column in SCORE_COLUMN.values())
    raise ClinicalTableError(
        f"{folder} holds no clinical table, expected a CSV file with {wanted}, such as PDGinfo.csv "
        "(save the spreadsheet as CSV)"
    )


def _sessions(files, excluded) -> Iterator[tuple[tuple[str, str], list[Path]]]:
    """Files by (subject, session); files whose names do not state both are excluded."""
    groups: dict[tuple[str, str], list[Path]] = {}
    for path in files:
        match = _SHIDA_SESSION.search(path.stem)
        if not match:
            excluded[path.stem] = (
                "its name states no subject and session, expected a name such as SUB01_off_walk_1"
            )
            continue
        key = (match["subject"].upper(), match["session"].lower())
        groups.setdefault(key, []).append(path)
    yield from sorted(groups.items())


def _one_file_per_trial(paths: list[Path], excluded: dict[str, str]) -> list[Path]:
    """Walks of a session without static trials; of a trimmed trial, only the trimmed file."""
    kept: dict[str, Path] = {}
    for path in sorted(paths):
        match = _SHIDA_NAME.match(path.stem)
        if not match:
            excluded[path.stem] = (
                "a second static trial"
                if is_static(path)
                else "its name states no walk, expected a name such as SUB01_off_walk_1"
            )
            continue
        other = kept.get(match["number"].lower())
        if other is None or match["trimmed"]:
            kept[match["number"].lower()] = path
        if other is not None:
            left_out, used = (other, path) if match["trimmed"] else (path, other)
            same = left_out.stem == used.stem
            names = [f"{path.parent.name}/{path.stem}" if same else path.stem
                     for path in (left_out, used)]  # fmt: skip
            excluded[names[0]] = f"{names[1]} is used instead"
    return list(kept.values())


def _reason_without_score(record: ClinicalRecord | None, subject: str, session: str) -> str:
    """Reason why a session has no score; an empty text if it has one."""
    if record is None:
        return f"{subject} is not in the clinical table"
    if session in record.problems:
        return f"{session.upper()} of {subject}: {record.problems[session]}"
    if record.scores[session] is None:
        return f"{session.upper()} of {subject} has no score"
    return ""


def _shida_item(record: ClinicalRecord, session: str, path: Path, static: Path | None) -> Item:
    name = f"{record.subject}_{session}"
    return Item(
        id=f"{name}/{path.stem}",
        subject=record.subject,
        session=name,
        medication=session,
        score=record.scores[session],
        path=path,
        static=static,
        walk=f"{name}/{path.stem}",
        age=record.age,
        sex=record.sex,
    )


def _is_simulated(folder: Path) -> bool:
    """Whether a README.md in a folder, its parent or a subfolder marks a simulated cohort."""
    texts = [folder.resolve().parent / "README.md", *folder.rglob("README.md")]
    return any(
        text.is_file() and SIMULATED_TAG in text.read_text("utf-8", errors="replace")
        for text in texts
    )


def _from_care_pd(folder: Path, pickles: list[Path]) -> Source:
    items, excluded, remarks = [], {}, []
    for path in pickles:
        try:
            walks = care_pd_scores(path)
        except RecordingError as error:
            excluded[path.name] = " ".join(str(error).replace(str(path), path.name).split())
            continue
        names = {inside for inside, _, _ in walks}
        for inside, text, medication in walks:
            subject, _, walk = inside.partition("/")
            base = _COPY.sub("", walk)
            try:
                score = parse_score(text)
            except ValueError as error:
                excluded[f"{path.stem}/{inside}"] = str(error)
                continue
            if score is None:
                excluded[f"{path.stem}/{inside}"] = "it has no score"
                continue
            items.append(_care_pd_item(path, inside, medication.strip().lower(), score))
            if base != walk and f"{subject}/{base}" not in names:
                remarks.append(f"{inside} is a copy of {base}, which is missing")
    return Source(
        kind="care-pd",
        title="CARE-PD",
        simulated=False,
        licence="CARE-PD's own terms, which do not allow redistribution",
        publishable=False,
        items=tuple(items),
        excluded=excluded,
        remarks=tuple(dict.fromkeys(remarks)),
    )


def _care_pd_item(path: Path, inside: str, medication: str, score: int) -> Item:
    subject, _, walk = inside.partition("/")
    base = _COPY.sub("", walk)
    medication = medication if medication in MEDICATIONS else "unknown"
    return Item(
        id=f"{path.stem}/{inside}",
        subject=f"{path.stem}_{subject}",
        session=f"{path.stem}_{subject}_{medication}",
        medication=medication,
        score=score,
        path=path,
        inside=inside,
        walk=f"{path.stem}/{subject}/{base}",
        variant=walk[len(base) :].strip("_"),
    )


def _from_table(folder: Path) -> Source:
    table = folder / TABLE
    items, excluded = [], {}
    scores: dict[tuple[str, str], int] = {}
    spelling: dict[str, str] = {}  # subject in lower case → subject as first written in the table
    for number, row in enumerate(read_rows(table, TABLE_COLUMNS), 2):
        subject, session, file = (row[name].strip() for name in TABLE_COLUMNS[:3])
        name = file or f"row {number}"
        if not subject or not file:
            excluded[name] = f"row {number} of {TABLE} names no {'file' if subject else 'subject'}"
            continue
        path = folder / file
        if not path.is_file():
            excluded[name] = "the file does not exist"
            continue
        try:
            score = parse_score(row["score"])
        except ValueError as error:
            excluded[name] = str(error)
            continue
        if score is None:
            excluded[name] = f"{subject} {session} has no score"
            continue
        if scores.setdefault((subject, session), score) != score:
            raise ClinicalTableError(
                f"{table} gives session {session!r} of {subject} the scores "
                f"{scores[subject, session]} and {score} (row {number}), expected one score per "
                "session: correct the table"
            )
        other = spelling.setdefault(subject.lower(), subject)
        if other != subject:
            raise ClinicalTableError(
                f"{table} names {other} and {subject} (row {number}), expected one spelling: two "
                "spellings could be in two parts of a split"
            )
        items.append(_table_item(row, subject, session, _short_name(path, folder), path, score))
    return Source(
        kind="folder",
        title=folder.resolve().name,
        simulated=_is_simulated(folder),
        licence="not stated: ask the authors of the recordings",
        # every pickle of SMPL walks is treated as CARE-PD, even if it is listed in a table
        publishable=all(item.path.suffix.lower() != ".pkl" for item in items),
        items=tuple(items),
        excluded=excluded,
    )


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

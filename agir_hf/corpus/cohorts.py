"""Real and simulated cohorts → recordings with sessions and scores, and what is left out and why.

- The Shida data set, or a simulated cohort in its layout: C3D files named SUB01_off_walk_1 and so
  on, and a table with its score columns.
- CARE-PD: ``.pkl`` files of SMPL walks.
- Any folder with ``clinical.csv``: subject, session, file, score.
"""

from __future__ import annotations

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
from .clinical import ClinicalTableError, Person, parse_score, read_clinical, read_rows
from .schema import MEDICATIONS

TABLE = "clinical.csv"
TABLE_COLUMNS = ("subject", "session", "file", "score")
_SHIDA_NAME = re.compile(
    r"^(?P<trimmed>Trimmed_)?(?P<subject>SUB\d+)_(?P<session>on|off)_walk_?(?P<number>\d+[a-z]?)$",
    re.IGNORECASE,
)
_SHIDA_SESSION = re.compile(r"(?P<subject>SUB\d+)_(?P<session>on|off)(?:_|$)", re.IGNORECASE)
_COPY = re.compile(r"(?:_down\d+|_M)+$")  # of CARE-PD: shifted in phase, mirrored


@dataclass(frozen=True)
class Item:
    """One recording that goes into a corpus.

    Attributes:
        id: session and file, unique.
        subject, session, medication: whose it is.
        score: 0, 1 or 2.
        path: the file.
        inside: walk within a file of several, "subject/walk", or "".
        static: trial that gives the body's shape, or None.
        walk: id of the recording of which this is a copy; its own id otherwise.
        variant: which copy, or "".
        age, sex: of the subject, for the norms; None where unknown.
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
    """A cohort as it was found.

    Attributes:
        kind: "shida", "care-pd" or "folder".
        title: for the card.
        simulated: whether nobody walked.
        licence: what is known of its terms.
        publishable: whether a corpus made of it may be handed on.
        items: recordings to take.
        excluded: name → reason, of recordings left out.
        remarks: what is missing or odd besides.
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
    """A folder that is no cohort; the message says what to do, on one line."""


def read_source(folder: Path) -> Source:
    """Recognise a cohort and go through its tables.

    Args:
        folder: the download, or a CARE-PD pickle.

    Raises:
        FileNotFoundError: there is no such folder.
        SourceError: it is none of the known kinds, or no recording in it has a score.
        ClinicalTableError: its table cannot be read.
    """
    folder = Path(folder)
    if not folder.exists():
        raise FileNotFoundError(f"no such folder: {folder}")
    source = _recognised(folder)
    if not source.items:
        reasons = Counter(source.excluded.values()).most_common(1)
        why = f": {reasons[0][0]}" if reasons else ""
        raise SourceError(
            f"{folder} has no recording with a score ({len(source.excluded)} left out{why}): "
            "check the table"
        )
    repeated = [name for name, n in Counter(item.id for item in source.items).items() if n > 1]
    if repeated:
        raise SourceError(
            f"{folder} names {repeated[0]} twice, expected each recording once: remove one"
        )
    return source


def _recognised(folder: Path) -> Source:
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
    holds = f"{len(files)} C3D files" if files else "no recording"
    raise SourceError(
        f"{folder} holds {holds} and no table of scores, expected the Shida data set, CARE-PD "
        f"pickles, or a folder with a {TABLE} ({', '.join(TABLE_COLUMNS)})"
    )


def _from_shida(folder: Path, files: list[Path]) -> Source:
    people = read_clinical(_shida_table(folder))
    items, excluded, remarks = [], {}, []
    sessions = list(_sessions(files, excluded))
    for session, paths in tqdm(sessions, unit="session", desc="looking", leave=False):
        static = next((path for path in paths if is_static(path)), None)
        person = people.get(session[0])
        if static is not None and _SHIDA_NAME.match(static.stem):
            remarks.append(f"{static.stem} is taken as the static trial: nobody walks in it")
        walks = _last_versions([path for path in paths if path != static], excluded)
        for path in walks:
            reason = _without_score(person, *session)
            if reason:
                excluded[path.stem] = reason
                continue
            items.append(_shida_item(person, session[1], path, static))
    recorded = {_SHIDA_SESSION.search(path.stem)["subject"].upper() for path in files
                if _SHIDA_SESSION.search(path.stem)}  # fmt: skip
    absent = sorted(set(people) - recorded)
    if absent:
        remarks.append(f"in the table but not recorded: {', '.join(absent)}")
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
    """The table with the score columns; the first by name where there are several."""
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
    """Files by (subject, session); a file that names none is left out."""
    groups: dict[tuple[str, str], list[Path]] = {}
    for path in files:
        match = _SHIDA_SESSION.search(path.stem)
        if not match:
            excluded[path.stem] = "its name tells no subject and session, such as SUB01_off_walk_1"
            continue
        key = (match["subject"].upper(), match["session"].lower())
        groups.setdefault(key, []).append(path)
    yield from sorted(groups.items())


def _last_versions(paths: list[Path], excluded: dict[str, str]) -> list[Path]:
    """Walks of a session; of a trial that was cut by hand the cut one, and no static trial."""
    kept: dict[str, Path] = {}
    for path in sorted(paths):
        match = _SHIDA_NAME.match(path.stem)
        if not match:
            static = is_static(path)
            excluded[path.stem] = (
                "a second static trial"
                if static
                else "its name tells no walk, such as SUB01_off_walk_1"
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
            excluded[names[0]] = f"there is {names[1]} of it"
    return list(kept.values())


def _without_score(person: Person | None, subject: str, session: str) -> str:
    """Why a session has no score, or nothing."""
    if person is None:
        return f"{subject} is not in the clinical table"
    if session in person.problems:
        return f"{session.upper()} of {subject}: {person.problems[session]}"
    if person.scores[session] is None:
        return f"{session.upper()} of {subject} has no score"
    return ""


def _shida_item(person: Person, session: str, path: Path, static: Path | None) -> Item:
    name = f"{person.subject}_{session}"
    return Item(
        id=f"{name}/{path.stem}",
        subject=person.subject,
        session=name,
        medication=session,
        score=person.scores[session],
        path=path,
        static=static,
        walk=f"{name}/{path.stem}",
        age=person.age,
        sex=person.sex,
    )


def _is_simulated(folder: Path) -> bool:
    """Whether a folder, or one beside or below it, says of itself that it is simulated."""
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
            known = medication.strip().lower()
            known = known if known in MEDICATIONS else "unknown"
            items.append(
                Item(
                    id=f"{path.stem}/{inside}",
                    subject=f"{path.stem}_{subject}",
                    session=f"{path.stem}_{subject}_{known}",
                    medication=known,
                    score=score,
                    path=path,
                    inside=inside,
                    walk=f"{path.stem}/{subject}/{base}",
                    variant=walk[len(base) :].strip("_"),
                )
            )
            if base != walk and f"{subject}/{base}" not in names:
                remarks.append(f"{inside} is a copy of {base}, which is not there")
    return Source(
        kind="care-pd",
        title="CARE-PD",
        simulated=False,
        licence="CARE-PD's own terms, which do not allow handing it on",
        publishable=False,
        items=tuple(items),
        excluded=excluded,
        remarks=tuple(dict.fromkeys(remarks)),
    )


def _from_table(folder: Path) -> Source:
    table = folder / TABLE
    items, excluded = [], {}
    scores: dict[tuple[str, str], int] = {}
    spelled: dict[str, str] = {}
    for number, row in enumerate(read_rows(table, TABLE_COLUMNS), 2):
        subject, session, file = (row[name].strip() for name in TABLE_COLUMNS[:3])
        name = file or f"row {number}"
        if not subject or not file:
            excluded[name] = f"row {number} of {TABLE} names no {'file' if subject else 'subject'}"
            continue
        path = folder / file
        if not path.is_file():
            excluded[name] = "there is no such file"
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
                f"{scores[subject, session]} and {score} (row {number}), expected one"
            )
        other = spelled.setdefault(subject.lower(), subject)
        if other != subject:
            raise ClinicalTableError(
                f"{table} names {other} and {subject} (row {number}), expected one spelling: as "
                "two subjects they could stand on both sides of a split"
            )
        inside = path.resolve().is_relative_to(folder.resolve())
        short = path.resolve().relative_to(folder.resolve()) if inside else Path(path.name)
        name = short.with_suffix("").as_posix()
        items.append(_table_item(row, subject, session, name, path, score))
    return Source(
        kind="folder",
        title=folder.resolve().name,
        simulated=_is_simulated(folder),
        licence="not stated: ask whoever made the recordings",
        # SMPL pickles are CARE-PD's, whatever table stands beside them
        publishable=all(item.path.suffix.lower() != ".pkl" for item in items),
        items=tuple(items),
        excluded=excluded,
    )


def _table_item(row, subject: str, session: str, file: str, path: Path, score: int) -> Item:
    known = next((m for m in ("off", "on") if re.search(rf"(?i)(^|[^a-z]){m}($|[^a-z])", session)),
                 "unknown")  # fmt: skip
    age = row.get("age", "").strip()
    sex = row.get("sex", "").strip().lower()
    name = f"{subject}_{session}" if session else subject
    return Item(
        id=f"{name}/{file}",
        subject=subject,
        session=name,
        medication=known,
        score=score,
        path=path,
        walk=f"{name}/{file}",
        age=float(age) if re.fullmatch(r"\d+(\.\d+)?", age) else None,
        sex={"m": "male", "f": "female"}.get(sex[:1]),
    )

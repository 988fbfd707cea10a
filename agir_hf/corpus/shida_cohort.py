"""Reader of the Shida data set, or of a simulated cohort in its layout.

C3D files are named SUB01_off_walk_1 and so on; a CSV table has the scores.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from ..motion.fitting.batch import is_static
from ..simulation.shida_layout import SCORE_COLUMN
from .clinical import ClinicalRecord, ClinicalTableError, read_clinical, read_rows
from .source import Item, Source, is_simulated

_SHIDA_NAME = re.compile(
    r"^(?P<trimmed>Trimmed_)?(?P<subject>SUB\d+)_(?P<session>on|off)_walk_?(?P<number>\d+[a-z]?)$",
    re.IGNORECASE,
)
_SHIDA_SESSION = re.compile(r"(?P<subject>SUB\d+)_(?P<session>on|off)(?:_|$)", re.IGNORECASE)


def has_shida_names(files: list[Path]) -> bool:
    """Whether the name of any file states subject and session as in the Shida data set.

    Args:
        files: C3D files.
    """
    return any(_SHIDA_SESSION.search(path.stem) for path in files)


def read_shida(folder: Path, files: list[Path], num_scores: int) -> Source:
    """List the recordings of the Shida data set, or of a simulated cohort in its layout.

    Args:
        folder: Folder of the cohort.
        files: C3D files in the folder and its subfolders.
        num_scores: Number of scores, see `parse_score`.

    Raises:
        ClinicalTableError: There is no clinical table, or it cannot be read.
    """
    records = read_clinical(shida_table(folder), num_scores)
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
    remarks += _sessions_without_files(records, {key for key, _ in sessions}, absent)
    source = _shida_source(folder, items, excluded, remarks)
    return replace(source, num_scores=num_scores)


def _sessions_without_files(records, sessions, absent: list[str]) -> list[str]:
    """Remark about sessions with a score and no file, of subjects whose other session has files."""
    missing = [
        f"{subject} {session.upper()}"
        for subject, record in sorted(records.items())
        for session, score in record.scores.items()
        if score is not None and (subject, session) not in sessions and subject not in absent
    ]
    return [f"with a score but without recordings: {', '.join(missing)}"] if missing else []


def _shida_source(folder: Path, items, excluded, remarks) -> Source:
    simulated = is_simulated(folder, [item.path for item in items])
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


def shida_table(folder: Path) -> Path:
    """Return the table with the score columns; if there are several, the first by name.

    Args:
        folder: Folder of the cohort; the table may be in a subfolder.

    Raises:
        ClinicalTableError: There is none.
    """
    for path in sorted(folder.rglob("*.csv")):
        if _SHIDA_SESSION.search(path.stem):  # kinematics of a trial
            continue
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

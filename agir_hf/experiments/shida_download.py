"""Check a download of the Shida data set before anything is trained on it.

Source: Shida et al. 2023, Front Neurosci 17:992585 (figshare 14896881): 26 subjects, OFF and ON
medication, walks and a static trial of each session as C3D files, and a clinical table. A simulated
cohort in the same layout is checked in the same way, against its own table. CARE-PD pickles and
folders with a clinical.csv are accepted; they have no sessions that could be absent.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..assessment.messages import one_line
from ..constants_agir import SCORES
from ..corpus.cohorts import Item, NoScoresError, Source, SourceError, read_source
from ..corpus.schema import MEDICATIONS
from .errors import ExperimentError

SESSIONS = MEDICATIONS[:2]  # of each subject: OFF and ON
SUBJECTS = tuple(f"SUB{number:02d}" for number in range(1, 27))  # of the published data set
MIN_SUBJECTS = 5  # one for the test part of each of five folds
MIN_SUBJECTS_PER_SCORE = 2  # one to train on, one to test on
MAX_SHOWN = 8  # names in a line
_HEADER = struct.Struct("<BBHHHHHfHHf")  # the first 24 bytes of a C3D file
_BLOCK = 512  # bytes of a block of a C3D file
_WALK_NUMBER = re.compile(r"_walk_?(\d+)[a-z]?$", re.IGNORECASE)


@dataclass(frozen=True)
class Download:
    """What a folder of recordings contains, and what it lacks.

    Attributes:
        folder: Folder of the recordings, absolute.
        source: Recordings with subject, session and score.
        damaged: File name → what is wrong with the file. The corpus is built without these files.
        problems: Lines about subjects, sessions, static trials and scores that are missing.
        seconds: Total duration of the walks, in seconds; None if it is not in the file headers.
        digest: Digest of names and sizes of the recordings and of their scores.
    """

    folder: Path
    source: Source
    damaged: dict[str, str]
    problems: tuple[str, ...]
    seconds: float | None
    digest: str

    @property
    def items(self) -> list[Item]:
        """Recordings with a score whose files are whole."""
        return [item for item in self.source.items if item.path.name not in self.damaged]

    @property
    def subjects(self) -> list[str]:
        """Subjects with a score, sorted."""
        return sorted({item.subject for item in self.items})

    def subjects_of_score(self) -> dict[int, list[str]]:
        """Return the subjects with at least one session of each score."""
        subjects: dict[int, set[str]] = {score: set() for score in SCORES}
        for item in self.items:
            subjects.setdefault(item.score, set()).add(item.subject)
        return {score: sorted(names) for score, names in sorted(subjects.items())}

    def lines(self) -> list[str]:
        """Describe the download in lines of text: what is there, then what is missing."""
        sessions = {item.session for item in self.items}
        counts = ", ".join(
            f"{len(names)} with score {score}" for score, names in self.subjects_of_score().items()
        )
        duration = f", {self.seconds / 60:.1f} minutes" if self.seconds else ""
        first = (
            f"{self.source.title}: {len(self.items)} walks{duration}, {len(sessions)} sessions of "
            f"{len(self.subjects)} subjects ({counts})"
        )
        damaged = [f"damaged: {name}: {reason}" for name, reason in self.damaged.items()]
        more = len(damaged) - MAX_SHOWN
        shown = damaged[:MAX_SHOWN] + ([f"and {more} more damaged files"] if more > 0 else [])
        return [first, *self.problems, *shown]

    def require_enough(self) -> None:
        """Check that the paper's folds can be made of the subjects.

        Raises:
            ExperimentError: There are too few subjects, or too few with one of the scores.
        """
        number, expected = len(self.subjects), len(SUBJECTS)
        if number < MIN_SUBJECTS:
            names = f" ({listed(self.subjects)})" if self.subjects else ""
            raise ExperimentError(
                f"{self.folder} has {number} of {expected} subjects with recordings and a "
                f"score{names}, expected at least {MIN_SUBJECTS}, because the tables of the paper "
                "need five folds by subject: complete the download"
            )
        for score, subjects in self.subjects_of_score().items():
            if len(subjects) < MIN_SUBJECTS_PER_SCORE:
                raise ExperimentError(
                    f"{self.folder} has {len(subjects)} subjects with score {score}, expected at "
                    f"least {MIN_SUBJECTS_PER_SCORE}, one to train on and one to test on: complete "
                    "the download"
                )


def read_download(folder: str | Path) -> Download:
    """Read names, scores and file headers of a download.

    Args:
        folder: Folder of the data set, with the C3D files and the clinical table in any subfolders.

    Returns:
        What it contains and lacks.

    Raises:
        ExperimentError: It is not a folder of recordings with scores.
    """
    folder = Path(folder).expanduser().resolve()
    if not folder.is_dir():
        raise ExperimentError(f"{folder} is not a folder: pass the folder of the download")
    try:
        source = read_source(folder)
    except NoScoresError as error:
        archives = sorted(path.name for path in folder.rglob("*.zip"))
        hint = f": unpack {listed(archives)}" if archives else ""
        raise ExperimentError(f"{one_line(error)}{hint}") from error
    except (SourceError, ValueError, OSError) as error:
        raise ExperimentError(one_line(error)) from error
    damaged, durations = _read_headers(source.items)
    problems = _missing(source) if source.kind == "shida" else _remarks(source)
    seconds = sum(durations) if len(durations) == len(source.items) - len(damaged) else None
    return Download(folder, source, damaged, tuple(problems), seconds, _digest(source))


def listed(names: Iterable[str], limit: int = MAX_SHOWN) -> str:
    """Join names with commas; of many names, only the first ones and the number of the others.

    Args:
        names: Names in the order to show.
        limit: Largest number of names that are shown.
    """
    names = list(names)
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


def ranges(numbers: Iterable[int]) -> str:
    """Write numbers as ranges, such as "1-3, 7".

    Args:
        numbers: Numbers in ascending order.
    """
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1][1:] = [number]
        else:
            parts.append([number])
    return ", ".join("-".join(map(str, part)) for part in parts)


def c3d_duration(path: Path) -> tuple[float | None, str]:
    """Read the duration of a recording from the header of its file, and check its length.

    Args:
        path: C3D file.

    Returns:
        Duration in seconds, None if the header does not state it; and what is wrong with the file,
        empty if nothing is.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        header = file.read(_HEADER.size)
    if len(header) < _HEADER.size or header[1] != 0x50:
        return None, f"{size} bytes that are no C3D file, download it again"
    (_, _, points, analog, first, last, _, scale, start, _, rate) = _HEADER.unpack(header)
    frames = last - first + 1
    if frames < 1 or rate <= 0 or start < 1:
        return None, ""  # written by another kind of processor, or the header is not filled
    width = 4 if scale < 0 else 2  # bytes of a number: real or integer
    expected = (start - 1) * _BLOCK + frames * (4 * points + analog) * width
    if size < expected:
        return None, f"{size} of {expected} bytes, download it again"
    return frames / rate, ""


def _read_headers(items: Iterable[Item]) -> tuple[dict[str, str], list[float]]:
    """Return the damaged files, with what is wrong with each, and the durations of the others."""
    damaged, durations = {}, []
    for item in items:
        if item.path.suffix.lower() != ".c3d":
            continue
        try:
            duration, problem = c3d_duration(item.path)
        except OSError as error:
            duration, problem = None, one_line(error)
        if problem:
            damaged[item.path.name] = problem
        elif duration is not None:
            durations.append(duration)
    return damaged, durations


def _missing(source: Source) -> list[str]:
    """Lines about what a cohort in the layout of the Shida data set lacks."""
    sessions: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for item in source.items:
        sessions[item.subject, item.medication].append(item)
    recorded = {subject for subject, _ in sessions}
    mentioned = " ".join([*source.excluded, *source.excluded.values()])
    expected = () if source.simulated else SUBJECTS
    without_files = [name for name in expected if name not in recorded and name not in mentioned]
    incomplete = [
        f"{subject} {session.upper()}"
        for subject in sorted(recorded)
        for session in SESSIONS
        if (subject, session) not in sessions and f"{session.upper()} of {subject}" not in mentioned
    ]
    no_static = [
        f"{subject} {session.upper()}"
        for (subject, session), items in sessions.items()
        if all(item.static is None for item in items)
    ]
    numbers = [
        f"{subject} {session.upper()}: {ranges(skipped)}"
        for (subject, session), items in sessions.items()
        if (skipped := _skipped_numbers(items))
    ]
    lines = [
        ("subjects without recordings", without_files),
        ("sessions without recordings", incomplete),
        ("sessions without a static trial", no_static),
        (
            "numbers of walks that do not occur (the data set need not have them)",
            numbers,
        ),
    ]
    problems = [f"{title}: {listed(names, 26)}" for title, names in lines if names]
    return problems + _remarks(source, [] if without_files else source.remarks)


def _remarks(source: Source, remarks: Iterable[str] | None = None) -> list[str]:
    """Lines about recordings that the source leaves out, and its remarks."""
    reasons: dict[str, list[str]] = defaultdict(list)
    for name, reason in source.excluded.items():
        reasons[reason].append(name)
    lines = [f"left out: {listed(names, 3)}: {reason}" for reason, names in reasons.items()]
    more = len(lines) - MAX_SHOWN
    lines = lines[:MAX_SHOWN] + ([f"and {more} more reasons"] if more > 0 else [])
    return [*lines, *(source.remarks if remarks is None else remarks)]


def _skipped_numbers(items: Iterable[Item]) -> list[int]:
    """Numbers between 1 and the largest number of the walks of a session that do not occur."""
    matches = (_WALK_NUMBER.search(item.path.stem) for item in items)
    numbers = {int(match[1]) for match in matches if match}
    return sorted(set(range(1, max(numbers, default=0))) - numbers)


def _digest(source: Source) -> str:
    rows = sorted(
        f"{item.id} {item.inside} {item.score} {item.path.stat().st_size}" for item in source.items
    )
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16]

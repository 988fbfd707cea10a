"""Recordings of a cohort with subject, session and score, and the terms of use of the cohort."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ..constants_agir import SCORES
from ..simulation.mark import simulated_recordings


@dataclass(frozen=True)
class Item:
    """One recording of a cohort.

    Attributes:
        id: Session and file name, unique in the cohort.
        subject: Name of the subject.
        session: Name of the session, unique in the cohort.
        medication: "off", "on" or "unknown".
        score: Gait score of the session, or None in a cohort without scores.
        path: File of the recording.
        inside: Name of the walk in a file with several walks, "subject/walk"; otherwise empty.
        static: File of the static trial of the session, for the body shape, or None.
        walk: Id of the recording that this one is a copy of; otherwise its own id.
        variant: Kind of copy, such as "M" (mirrored); otherwise empty.
        age: Age of the subject in years, or None where unknown.
        sex: "male", "female", or None where unknown.
        cohort: Name of the cohort in a source of several cohorts; otherwise empty.
    """

    id: str
    subject: str
    session: str
    medication: str
    score: int | None
    path: Path
    inside: str = ""
    static: Path | None = None
    walk: str = ""
    variant: str = ""
    age: float | None = None
    sex: str | None = None
    cohort: str = ""


@dataclass(frozen=True)
class Source:
    """Recordings of a cohort, and its terms of use.

    Attributes:
        kind: "shida", "care-pd", "folder", or "cohorts" for several of them.
        title: Name of the cohort in the card.
        simulated: Whether the recordings are simulated.
        licence: Terms of use, as far as they are stated.
        publishable: Whether the terms allow publishing a corpus of the recordings.
        items: Recordings with a score, or of a cohort without scores.
        excluded: Name of an excluded recording → reason.
        remarks: Further notes, such as subjects without recordings.
        num_scores: Number of scores, which are 0 to `num_scores` - 1.
    """

    kind: str
    title: str
    simulated: bool
    licence: str
    publishable: bool
    items: tuple[Item, ...]
    excluded: dict[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    num_scores: int = len(SCORES)


class SourceError(ValueError):
    """Error for a folder that is not a cohort. The message is one line."""


class NoScoresError(SourceError):
    """Error for a folder whose recordings have no table of scores."""


def is_simulated(folder: Path, recordings: Iterable[Path]) -> bool:
    """Whether the mark of a simulated cohort lists the recordings (see `simulation.mark`).

    Args:
        folder: Folder of the cohort.
        recordings: Paths of its recordings.

    Raises:
        SourceError: The mark lists some of them and not the others.
    """
    listed = simulated_recordings(folder)
    if not listed:
        return False
    paths = [path.resolve() for path in recordings]
    others = [path for path in paths if path not in listed]
    if others and len(others) < len(paths):
        raise SourceError(
            f"{folder} has {len(paths) - len(others)} simulated recordings and {len(others)} "
            f"others ({others[0].name} and so on), expected one kind: move the others to another "
            "folder"
        )
    return not others

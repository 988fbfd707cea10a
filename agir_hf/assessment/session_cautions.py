"""Why the recordings of a session, or of a comparison, may not belong together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .session import Session
    from .session_walks import SessionWalk

# Lengths of thigh and shank of one person differ by up to 3 mm between trials of one marker
# placement, by up to 12 mm between static trials with medial markers and walks without them (15
# recordings of 5 people), and by up to 29 mm between sessions of 24 simulated walkers with a new
# placement.
LEG_TOLERANCE_M = 0.03
HEIGHT_TOLERANCE_M = 0.03  # of stated heights: people shrink during the day by about 0.02 m
_MOST_NAMES = 5


def session_cautions(session: Session) -> list[str]:
    """Return why the recordings of a session may not belong together, one sentence each.

    Args:
        session: A session; what has not been read is read.
    """
    return [text for text in _session_cautions(session) if text]


def _session_cautions(session: Session) -> Iterator[str]:
    walks = session.measured
    subjects = sorted({walk.subject_name for walk in walks if walk.subject_name})
    if len(subjects) > 1:
        yield (
            f"the file names state {len(subjects)} subjects: {_listed(subjects)}; means and SD are "
            "over all of them"
        )
    states = sorted({walk.medication for walk in walks if walk.medication})
    if len(states) > 1:
        yield "the file names state OFF and ON medication; means and SD are over both"
    yield size_text([session])
    dates = sorted({walk.identity.recorded for walk in walks if walk.identity.recorded})
    days = sorted({date.split()[0] for date in dates})
    if len(days) > 1:
        yield f"the recordings are of {len(days)} days: {_listed(days)}"
    sets = sorted({walk.marker_set for walk in walks if walk.marker_set})
    if len(sets) > 1:
        yield f"the markers differ between recordings: {_listed(sets)}"
    models = sorted({walk.identity.model for walk in walks if walk.identity.model})
    if len(models) > 1:
        yield f"the recordings were scored by {len(models)} models: {_listed(models)}"
    counts = Counter(filter(None, map(_content, walks)))
    files = {_content(walk): walk.identity.file for walk in walks}
    for content, count in counts.items():
        if count > 1:
            name = files[content]
            yield f"{count} recordings have the content of {name}: it counts {count} times"


def _content(walk: SessionWalk) -> tuple[str, str] | None:
    """Hash of the file and walk in the file; None without a file."""
    digest, item = walk.identity.sha256, walk.shown.partition(": ")[2]
    return (digest, item) if digest else None


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMES])
    return shown if len(names) <= _MOST_NAMES else f"{shown} and {len(names) - _MOST_NAMES} more"


def size_text(sessions: Iterable[Session]) -> str:
    """Return a caution if legs differ in length by more than the tolerance, or "".

    Args:
        sessions: Sessions whose walks should be of one person.
    """
    rows = [
        (walk.leg_length_m, walk.shown)
        for session in sessions
        for walk in session.measured
        if walk.leg_length_m
    ]
    if not rows or max(rows)[0] - min(rows)[0] <= LEG_TOLERANCE_M:
        return ""
    (short, first), (long, second) = min(rows), max(rows)
    return (
        f"the legs (thigh and shank, from the joints) are {short:.3f} m long in {first} and "
        f"{long:.3f} m in {second}; sessions of one person differ by up to {LEG_TOLERANCE_M:g} m: "
        "these may be two people, or joints of two marker sets; check the recordings"
    )


def comparison_cautions(a: Session, b: Session) -> Iterator[str]:
    """Yield why two sessions may not be comparable, one sentence each.

    Args:
        a: First session.
        b: Second session.
    """
    hashes = [set(filter(None, map(_content, session.walks))) for session in (a, b)]
    if hashes[0] & hashes[1]:
        same = all(len(digests) == 1 for digests in hashes)
        yield (
            "A and B are the same file: choose two recordings"
            if same
            else "a file is in A and in B: leave it out of one of them"
        )
    people = a.subject, b.subject
    for name, text in (("id", "identifiers"), ("sex", "sexes")):
        stated = [getattr(person, name) for person in people]
        if all(stated) and stated[0] != stated[1]:
            yield f"the stated {text} differ: {stated[0]} in A, {stated[1]} in B"
    paths = [{w.subject_name for w in session.measured if w.subject_name} for session in (a, b)]
    if all(paths) and paths[0] != paths[1]:
        names = [", ".join(sorted(subjects)) for subjects in paths]
        yield f"the file names state different subjects: {names[0]} in A, {names[1]} in B"
    heights = [person.height_m for person in people]
    if all(heights) and abs(heights[0] - heights[1]) > HEIGHT_TOLERANCE_M:
        yield f"the stated heights differ: {heights[0]:.2f} m in A, {heights[1]:.2f} m in B"
    size = size_text((a, b))
    if size:
        yield size
    for letter, session in zip("AB", (a, b), strict=True):
        own = size_text([session])
        yield from (f"in {letter}, {text}" for text in session_cautions(session) if text != own)
    models = [{w.identity.model for w in session.measured} - {""} for session in (a, b)]
    if all(models) and models[0] != models[1]:
        yield "the scores of A and B are of different models: compare them with care"
    sets = [{walk.marker_set for walk in session.measured} for session in (a, b)]
    if sets[0] != sets[1]:
        names = [", ".join(sorted(filter(None, names))) or "joints" for names in sets]
        yield (
            f"the markers differ ({names[0]} in A, {names[1]} in B): a part of the differences may "
            "come from them"
        )

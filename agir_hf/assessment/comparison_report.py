"""What the page of a comparison shows, as the values of `agir_hf.gait.report.comparison_page`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..gait.report.comparison_page import ComparisonPage
from ..gait.report.session_identity import simulated_text
from ..gait.report.session_page import score_text
from .comparison import NAMES, notes, summary
from .identity import SHORT_HASH
from .session_report import who_of

if TYPE_CHECKING:
    from .compared_walks import Comparison
    from .session import Session

_LONGEST_NAME = 32  # characters of a name in tables and legends
_MOST_FILES = 6  # files whose names and hashes are listed
_PUBLISHED_VARIABLES = 9  # of the Gait Profile Score that the MCID was published for


def page_of(comparison: Comparison, title: str = "") -> ComparisonPage:
    """Return what the page of a comparison shows.

    Args:
        comparison: Result of `compare_walks`.
        title: Heading. Default: identifier and names of the two, or their files where they have
            no names.

    Returns:
        The values of the page.
    """
    a, b = comparison.a, comparison.b
    identifier = a.subject.id or b.subject.id
    page_names = comparison.names
    names = " and ".join(page_names)
    if comparison.names == NAMES:
        page_names = tuple(_short_name(side) for side in (a, b))
        names = " and ".join(page_names)
    rows = [dict(_people_rows(session)) for session in (a, b)]
    profile = comparison.profile
    gps = []
    if profile is not None:
        for name in ("overall", "left", "right"):
            if name in profile.a_deg and name in profile.b_deg:
                first, second = profile.a_deg[name], profile.b_deg[name]
                gps.append((name, first, second, second - first))
    return ComparisonPage(
        title=title or (f"{identifier}: {names}" if identifier else names),
        names=page_names,
        people=[
            (name, rows[0].get(name, ""), rows[1].get(name, ""))
            for name in dict.fromkeys([*rows[0], *rows[1]])
        ],
        rows=comparison.rows,
        summary=summary(comparison.rows),
        notes=notes(comparison.rows),
        kinematics=(a.kinematics, b.kinematics),
        curves=comparison.curves,
        gps=gps,
        gps_text=profile_text(comparison),
        gps_source=f"{profile.note} {profile.source}." if profile else "",
        cautions=comparison.cautions,
        applied=comparison.applied,
        simulated=simulated_text(
            [walk.identity.as_json() for session in (a, b) for walk in session.measured]
        ),
    )


def profile_text(comparison: Comparison) -> str:
    """Return how the Gait Profile Score changes and what it means, as sentences; "" without it.

    Args:
        comparison: Result of `compare_walks`.
    """
    from .compared_walks import MCID_SOURCE

    profile = comparison.profile
    if profile is None:
        return ""
    change = f"{profile.change_deg:+.1f}".replace("-", "\u2212")
    size = "more" if profile.beyond_mcid else "not more"
    return (
        f"The Gait Profile Score changes by {change}°, from {profile.a_deg['overall']:.1f}° to "
        f"{profile.b_deg['overall']:.1f}° ({_direction(profile.change_deg)}), {size} than the "
        f"{MCID_SOURCE}. {variables_text(len(profile.variables))}"
    ).rstrip()


def variables_text(number: int) -> str:
    """Return that a score has fewer variables than the published one; "" if it has all.

    Args:
        number: Number of variables of the Gait Profile Score.
    """
    if number == _PUBLISHED_VARIABLES:
        return ""
    return (
        f"The published difference is of nine variables, these scores are of {number}: a hint only."
    )


def _direction(change_deg: float) -> str:
    return "nearer to the norm" if change_deg < 0 else "farther from the norm"


def _people_rows(session: Session) -> list[tuple[str, str]]:
    """Name and text of who and what a walk or a session is of."""
    walks = session.measured
    lengths = [walk.leg_length_m for walk in walks if walk.leg_length_m]
    hashes = [(walk.identity.sha256 or "")[:SHORT_HASH] for walk in walks]
    scores = [score_text(walk.assessment) for walk in walks if walk.assessment]
    length = ""
    if lengths:
        low, high = f"{min(lengths):.3f}", f"{max(lengths):.3f}"
        length = f"{low} m" if low == high else f"{low} to {high} m"
    rows = who_of(session)
    rows.insert(2, ("Recordings", _listed([_file_name(walk.shown) for walk in walks])))
    rows += [
        ("SHA-256", _listed([text for text in hashes if text])),
        ("Thigh and shank", length),
        ("Score", ", ".join(scores)),
        ("Caution", "; ".join(dict.fromkeys(text for walk in walks for text in walk.cautions))),
        ("Left out", "; ".join(f"{walk.shown}: {walk.error}" for walk in session.left_out)),
    ]
    return [(name, text) for name, text in rows if text]


def _short_name(session: Session) -> str:
    """Name of the only recording of a side without its ending, or the title of the session."""
    walks = session.measured
    name = Path(walks[0].shown).stem if len(walks) == 1 else session.title
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _file_name(shown: str) -> str:
    """Path of a recording in its session; the name alone of a file that was passed."""
    return Path(shown).name if Path(shown).is_absolute() else shown


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:_MOST_FILES])
    return shown if len(names) <= _MOST_FILES else f"{shown} and {len(names) - _MOST_FILES} more"

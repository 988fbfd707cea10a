"""What the page of a session shows, as the values of `agir_hf.gait.report.session_page`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..gait.report.session_page import SIDES, SessionPage, Trial, score_text
from .session_walks import over_trials

if TYPE_CHECKING:
    from ..gait.parameters import Measured
    from .session import Session
    from .session_walks import SessionWalk


def page_of(session: Session, title: str = "") -> SessionPage:
    """Return what the page of a session shows.

    Args:
        session: A session; what has not been read is read.
        title: Heading. Default: the title of the session.

    Returns:
        The values of the page.
    """
    walks = session.measured
    return SessionPage(
        title=title or session.title or "Session",
        trials=[trial_of(walk) for walk in walks],
        statistics=session.statistics(),
        sides=sides_over_trials(walks),
        kinematics=session.kinematics,
        applied=session.applied,
        who=who_of(session),
        left_out=[(walk.shown, walk.kind, walk.error) for walk in session.left_out],
        cautions=session.cautions(),
        groups=_groups(session),
    )


def trial_of(walk: SessionWalk) -> Trial:
    """Return what a page shows of a measured recording.

    Args:
        walk: A recording with measured gait.
    """
    return Trial(
        walk.shown,
        walk.identity.as_json(),
        walk.parameters,
        walk.kinematics,
        walk.strides,
        walk.duration_s or 0.0,
        walk.leg_length_m,
        walk.medication,
        walk.assessment,
        walk.cautions,
    )


def sides_over_trials(walks: Sequence[SessionWalk]) -> dict[str, dict[str, Measured]]:
    """Return mean, SD and number of trials of the parameters that belong to a side.

    Args:
        walks: Recordings with measured gait.

    Returns:
        Name → side → value; both parameters of arm swing are "arm_swing_deg".
    """
    names = dict.fromkeys(name for walk in walks for name in walk.sides or {})
    result = {}
    for name in names:
        rows = {side: over_trials(walks, name, side) for side in SIDES}
        result[name] = {side: row for side, row in rows.items() if row is not None}
    return result


def who_of(session: Session) -> list[tuple[str, str]]:
    """Return name and text of who and what a session is of, for the header of a page.

    Args:
        session: A session; what has not been read is read.
    """
    walks, subject = session.measured, session.subject
    person = (
        f"{subject.age:g} years" if subject.age is not None else "",
        subject.sex or "",
        f"{subject.height_m:.2f} m" if subject.height_m else "",
    )
    names = sorted({walk.subject_name for walk in walks if walk.subject_name})
    recorded = sorted({walk.identity.recorded for walk in walks if walk.identity.recorded})
    measured = sorted({walk.identity.assessed for walk in walks})
    models = sorted({_model_text(walk) for walk in walks if walk.identity.model})
    rows = [
        ("Identifier", subject.id or "not stated"),
        ("Person", ", ".join(part for part in person if part)),
        ("Subject in file names", _range_text(names)),
        ("Trials", str(len(walks))),
        ("Recorded", _range_text(recorded) or "not stated in the files"),
        ("Assessed" if models else "Measured", _range_text(measured)),
        ("Model", "; ".join(models)),
        ("Software", walks[0].identity.software if walks else ""),
    ]
    return [(name, text) for name, text in rows if text]


def _model_text(walk: SessionWalk) -> str:
    revision = walk.identity.model_revision
    return walk.identity.model + (f", revision {revision}" if revision else "")


def _range_text(values: Sequence[str]) -> str:
    return values[0] if len(values) == 1 else f"{values[0]} to {values[-1]}" if values else ""


def _groups(session: Session) -> list[dict]:
    """Rows of subjects and medication states, if there are several."""
    groups = {key: part for key, part in session.groups().items() if part.measured}
    if len(groups) < 2:
        return []
    return [
        {
            "name": " ".join(filter(None, (name, state and state.upper()))) or "not stated",
            "trials": len(part.measured),
            "scores": ", ".join(score_text(w.assessment) for w in part.measured if w.assessment),
            "parameters": part.statistics(),
        }
        for (name, state), part in groups.items()
    ]

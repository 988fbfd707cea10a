"""Two walks or sessions of one person compared: parameters, curves, profile, and the two people."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..gait.applied_norms import AppliedNorms
from ..gait.kinematics import gait_profile
from .comparison import NAMES, Difference, as_json, compare, trials_of
from .session import Session
from .session_cautions import comparison_cautions

if TYPE_CHECKING:
    from ..gait.kinematics import Kinematics
    from ..gait.norms import Norms
    from .assessment import AssessedWalk
    from .prepared import PreparedRecording
    from .session_walks import SessionWalk

    Walks = PreparedRecording | AssessedWalk | SessionWalk | Session

MCID_GPS_DEG = 1.6
MCID_SOURCE = (
    "minimal clinically important difference of 1.6°: Baker et al. 2012, Gait Posture 35:612, made "
    "for children with cerebral palsy; none is published for adults with Parkinson's disease"
)


@dataclass(frozen=True)
class CurveDifference:
    """Difference between the mean curves of an angle over the stride.

    Attributes:
        variable: Name of the variable, such as "knee_flexion".
        side: "left" or "right".
        rms_deg: Root mean square over the stride of the difference of the mean curves, degrees.
        range_a_deg: Range of the first mean curve in degrees.
        range_b_deg: Range of the second mean curve in degrees.
        map_a_deg: RMS difference of the first from the mean of the norm; None without a norm.
        map_b_deg: RMS difference of the second from the mean of the norm; None without a norm.
        strides_a: Number of strides of the first.
        strides_b: Number of strides of the second.
    """

    variable: str
    side: str
    rms_deg: float
    range_a_deg: float
    range_b_deg: float
    map_a_deg: float | None
    map_b_deg: float | None
    strides_a: int
    strides_b: int


@dataclass(frozen=True)
class ProfileChange:
    """Gait Profile Scores of two walks over the variables that both have.

    Attributes:
        a_deg: "left", "right" and "overall" → score of the first in degrees.
        b_deg: "left", "right" and "overall" → score of the second in degrees.
        beyond_mcid: Whether the overall score changes by more than 1.6 degrees.
        variables: Variables that the scores are computed from.
        note: Which of the nine variables are absent.
        source: Source of the scores.
    """

    a_deg: dict[str, float]
    b_deg: dict[str, float]
    beyond_mcid: bool
    variables: tuple[str, ...]
    note: str
    source: str

    @property
    def change_deg(self) -> float:
        """Overall score of the second minus that of the first, in degrees."""
        return self.b_deg["overall"] - self.a_deg["overall"]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two walks or sessions of one person, compared by [`compare_walks`].

    Attributes:
        a ([`Session`]):
            The first walk or session.
        b ([`Session`]):
            The second walk or session.
        rows (`tuple[Difference, ...]`):
            The gait parameters, from `agir_hf.assessment.comparison.compare`.
        curves (`tuple[CurveDifference, ...]`):
            The angles over the stride that both have.
        profile (`ProfileChange`, *optional*):
            The Gait Profile Scores; None if no variable has a norm.
        cautions (`tuple[str, ...]`):
            Why the two may not be comparable, such as two people of different size.
        applied (`AppliedNorms`):
            The norms, and the person that they are applied to.
        names (`tuple[str, str]`):
            Names of the first and the second, such as ("OFF", "ON").

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.assessment import compare_walks, prepare_recording
        >>> walk = prepare_recording(agir_hf.SAMPLE_RECORDING)
        >>> comparison = compare_walks(walk, walk)
        >>> comparison.as_json()["summary"]["beyond"], comparison.cautions[0]
        (0, 'A and B are the same file: choose two recordings')

        ```
    """

    a: Session
    b: Session
    rows: tuple[Difference, ...]
    curves: tuple[CurveDifference, ...]
    profile: ProfileChange | None
    cautions: tuple[str, ...]
    applied: AppliedNorms
    names: tuple[str, str] = NAMES

    def as_json(self) -> dict:
        """Return the comparison as values for JSON; it has the keys of `comparison.as_json`."""
        profile = None
        if self.profile is not None:
            profile = {
                "a_deg": _rounded_all(self.profile.a_deg),
                "b_deg": _rounded_all(self.profile.b_deg),
                "change_deg": _rounded(self.profile.change_deg),
                "mcid_deg": MCID_GPS_DEG,
                "beyond_mcid": self.profile.beyond_mcid,
                "mcid_source": MCID_SOURCE,
                "variables": list(self.profile.variables),
                "note": self.profile.note,
                "source": self.profile.source,
            }
        return as_json(self.rows, self.applied) | {
            "names": list(self.names),
            "walks": [_session_json(session) for session in (self.a, self.b)],
            "curves": [_rounded_all(vars(curve)) for curve in self.curves],
            "profile": profile,
            "cautions_of_comparison": list(self.cautions),
        }

    def write_report(self, path: str | os.PathLike, title: str = "") -> Path:
        """Write the comparison as a self-contained HTML page.

        Args:
            path (`str` or `os.PathLike`):
                File to write; it must end in `.html`.
            title (`str`, *optional*):
                Heading of the page. Default: the names of the two.

        Returns:
            `Path`: The file that was written.

        Raises:
            ValueError: The path does not end in `.html`.
            FileNotFoundError: The folder of the path does not exist.
        """
        from ..gait.report.comparison_page import write_comparison_page
        from .comparison_report import page_of

        return write_comparison_page(path, page_of(self, title))


def compare_walks(
    a: Walks,
    b: Walks,
    age: float | None = None,
    sex: str | None = None,
    norms: Norms | None = None,
    names: Sequence[str] = NAMES,
) -> Comparison:
    """Compare two recordings, or two sessions such as OFF and ON, of one person.

    Args:
        a (`PreparedRecording`, `AssessedWalk`, `SessionWalk` or `Session`):
            First walk or session.
        b (`PreparedRecording`, `AssessedWalk`, `SessionWalk` or `Session`):
            Second walk or session.
        age (`float`, *optional*):
            Age in years, for the norms. Default: that of the subject of a, then of b.
        sex (`str`, *optional*):
            "male" or "female", for the norms. Default: that of the subject of a, then of b.
        norms (`Norms`, *optional*):
            Norms of a laboratory. Default: the published norms.
        names (`Sequence[str]`, defaults to `("A", "B")`):
            Names of the two, as shown on a page.

    Returns:
        [`Comparison`]: Parameters, curves, profile and cautions.

    Raises:
        ValueError: No gait was measured in one of the two, or age or sex is not valid.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.assessment import compare_walks, prepare_recording
        >>> walk = prepare_recording(agir_hf.SAMPLE_RECORDING)
        >>> comparison = compare_walks(walk, walk, age=71)
        >>> comparison.rows[0].name, comparison.rows[0].difference, comparison.rows[0].better
        ('cadence_steps_per_min', 0.0, 'unclear')

        ```
    """
    sessions = [
        walks if isinstance(walks, Session) else Session.from_walks([walks]) for walks in (a, b)
    ]
    people = [session.subject for session in sessions]
    age = next((value for value in (age, *(p.age for p in people)) if value is not None), None)
    sex = next((value for value in (sex, *(p.sex for p in people)) if value is not None), None)
    for session, order in zip(sessions, ("first", "second"), strict=True):
        trials_of(session, order)
    kinematics = [session.kinematics for session in sessions]
    applied = AppliedNorms(age, sex, norms)
    has_norm = not applied.remark  # no band applies to children
    return Comparison(
        *sessions,
        rows=compare(*sessions, age, sex, norms),
        curves=_curves(*kinematics, has_norm),
        profile=_profile(*kinematics) if has_norm else None,
        cautions=tuple(comparison_cautions(*sessions)),
        applied=applied,
        names=tuple(names),
    )


def _curves(
    a: Kinematics | None, b: Kinematics | None, has_norm: bool
) -> tuple[CurveDifference, ...]:
    """Differences of the curves that both have, in the order of `VARIABLES`."""
    if a is None or b is None:
        return ()
    both = [key for key in a.curves if key in b.curves and _is_comparable(key[0], a, b)]
    rows = []
    for variable, side in both:
        first, second = (walk.curves[variable, side] for walk in (a, b))
        means = first.mean, second.mean
        band = a.band(variable) if has_norm else None
        distances = [None if band is None else _rms(mean - band.mean) for mean in means]
        rows.append(
            CurveDifference(
                variable,
                side,
                _rms(means[1] - means[0]),
                *(float(np.ptp(mean)) for mean in means),
                *distances,
                len(first.strides),
                len(second.strides),
            )
        )
    return tuple(rows)


def _is_comparable(variable: str, a: Kinematics, b: Kinematics) -> bool:
    """Whether both angles have one definition; that of the hip depends on the pelvic markers."""
    return variable != "hip_flexion" or a.thigh_against_vertical == b.thigh_against_vertical


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def _profile(a: Kinematics | None, b: Kinematics | None) -> ProfileChange | None:
    """Profile of both over the variables and sides that both have."""
    if a is None or b is None:
        return None
    shared = [key for key in a.curves if key in b.curves and _is_comparable(key[0], a, b)]
    profiles = [
        gait_profile(replace(walk, curves={key: walk.curves[key] for key in shared}))
        for walk in (a, b)
    ]
    if not all(profiles):
        return None
    scores = [profile.gps_deg | {"overall": profile.overall_deg} for profile in profiles]
    change = scores[1]["overall"] - scores[0]["overall"]
    first = profiles[0]
    return ProfileChange(
        *scores, abs(change) > MCID_GPS_DEG, tuple(first.variables), first.note, first.source
    )


def _session_json(session: Session) -> dict:
    """Identities and sizes of the recordings of a session, as values for JSON."""
    lengths = [walk.leg_length_m for walk in session.measured if walk.leg_length_m]
    return {
        "title": session.title,
        "person": session.subject.person() | {"id": session.subject.id},
        "trials": len(session.measured),
        "leg_length_m": _rounded(float(np.mean(lengths))) if lengths else None,
        "identities": [walk.identity.as_json() for walk in session.measured],
        "cautions": [caution for walk in session.measured for caution in walk.cautions],
        "left_out": [{"recording": w.shown, "reason": w.error} for w in session.left_out],
        "scores": [(walk.assessment or {}).get("score") for walk in session.measured],
    }


def _rounded(value):
    return float(f"{value:.6g}") if isinstance(value, float) else value


def _rounded_all(values: dict) -> dict:
    return {key: _rounded(value) for key, value in values.items()}


def write_comparison_report(
    path: str | os.PathLike, a: Walks, b: Walks, *, title: str = "", **options
) -> Path:
    """Compare two recordings or sessions of one person, and write a self-contained HTML page.

    Args:
        path (`str` or `os.PathLike`):
            File to write; it must end in `.html`.
        a (`PreparedRecording`, `AssessedWalk`, `SessionWalk` or `Session`):
            First walk or session.
        b (`PreparedRecording`, `AssessedWalk`, `SessionWalk` or `Session`):
            Second walk or session.
        title (`str`, *optional*):
            Heading of the page.
        **options:
            Keyword arguments of [`compare_walks`]: `age`, `sex`, `norms` and `names`.

    Returns:
        `Path`: The file that was written.

    Raises:
        ValueError: No gait was measured in one of the two, or the path does not end in `.html`.
        FileNotFoundError: The folder of the path does not exist.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.assessment import prepare_recording, write_comparison_report
        >>> walk = prepare_recording(agir_hf.SAMPLE_RECORDING)
        >>> write_comparison_report("comparison.html", walk, walk).name
        'comparison.html'

        ```
    """
    return compare_walks(a, b, **options).write_report(path, title)

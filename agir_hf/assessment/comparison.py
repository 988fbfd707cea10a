"""Gait parameters of two walks or sessions, and which differences exceed measurement error.

For a parameter that is the mean over n steps or strides with standard deviation s in the walks a
and b, a difference exceeds measurement error if it is larger than

    limit = t · sqrt(s_a² / n_a + s_b² / n_b + 2 e²)

e is the standard deviation between repeated walks of one simulated walker, without the part that
the variability of the strides explains (`repeatability.py`). t is the 97.5 % quantile of Student's
distribution with the degrees of freedom of Welch 1947 (Biometrika 34:28) and Satterthwaite 1946
(Biometrics Bulletin 2:110). For parameters without a standard deviation over strides, such as a
coefficient of variation, s is 0 and the limit is t · √2 · e, the minimal detectable change at 95 %
of Weir 2005 (J Strength Cond Res 19:231).

A session of k trials has the mean of its trials as the value. The limit is then the larger of two:

    t · sqrt((mean of s_a² / n_a + e²) / k_a + (mean of s_b² / n_b + e²) / k_b)
    t · r · sqrt(1 / k_a + 1 / k_b)

r is the standard deviation between the trials of a session, pooled over both sessions, with
k_a + k_b - 2 degrees of freedom. So a walker who varies more from trial to trial than the simulated
walkers has larger limits. With a single trial in both, the first limit is that of two walks.

The limit is not a clinical minimal detectable change: e comes from simulated walks of one session
with one marker placement. Patients vary more from day to day and after markers are reapplied.
Of twenty parameters that did not change, about one exceeds its limit by chance. A test checks that
fewer than one in ten differences exceed it in repeated walks of simulated walkers who were not used
for e.

A change beyond measurement error is "better" if the value comes nearer to the norm and "worse" if
it goes away from it. The distance from the norm is the z-score on the side that is a sign of
impairment (`agir_hf.gait.PARAMETERS`): a speed above the norm has the distance 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import t as student

from ..gait.applied_norms import AppliedNorms, norm_json, z_json
from ..gait.norms import Norms, Reference
from ..gait.parameters import PARAMETERS, UNITS, GaitMeasurement, Measured
from .messages import one_line
from .repeatability import WalkError, load_walk_errors

if TYPE_CHECKING:
    from .assessment import AssessedWalk
    from .prepared import PreparedRecording
    from .session import Session
    from .session_walks import SessionWalk

    Walks = GaitMeasurement | PreparedRecording | AssessedWalk | SessionWalk | Session

LEVEL = 0.95
NAMES = ("A", "B")  # of two walks or sessions without names
BETTER, WORSE, UNCLEAR = "better", "worse", "unclear"
CHANCE = "Of twenty parameters that did not change, about one is marked by chance."
NOT_CLINICAL = (
    "Measurement error is estimated from the strides of each walk and from repeated simulated "
    "walks; it is not a clinical minimal detectable change."
)
OF_TRIALS = (
    "Values of several trials are the means of the trials; where the trials of a session differ "
    "more than the simulated walks, the limit is based on the SD between trials, pooled over A and "
    "B."
)
_IMPAIRED = {parameter.name: parameter.impaired for parameter in PARAMETERS}
_STRIDES, _TRIALS = "strides and simulated walks", "SD between trials"


@dataclass(frozen=True)
class Difference:
    """One gait parameter in two walks, or in two sessions of several trials.

    Attributes:
        name: Name of the parameter.
        unit: Unit of the parameter.
        a: Value in the first walk; None if it could not be measured. Of a session, mean and
            standard deviation of the trials and their number.
        b: Value in the second walk; None if it could not be measured.
        difference: Value of b minus value of a; None if one is absent.
        limit: Largest difference that may be measurement error; None if unknown.
        beyond: Whether the absolute difference is larger than the limit; None without a limit.
        note: Why a field is None; empty otherwise.
        z_a: The z-score of a against the norm; None without a norm.
        z_b: The z-score of b against the norm; None without a norm.
        percent: Difference in percent of a; None if a is 0, or if a and b have different signs.
        better: "better" or "worse" for a change beyond measurement error that comes nearer to the
            norm or goes away from it, "unclear" for any other change, None without a norm.
        norm_a: Norm of a, at the speed of the first walk; None without a norm.
        norm_b: Norm of b, at the speed of the second walk; None without a norm.
        limit_from: What the limit is based on: "strides and simulated walks" or "SD between
            trials"; empty without a limit.
        trials_a: Number of trials with this parameter in the first session; 1 for a walk.
        trials_b: Number of trials with this parameter in the second session; 1 for a walk.
    """

    name: str
    unit: str
    a: Measured | None
    b: Measured | None
    difference: float | None = None
    limit: float | None = None
    beyond: bool | None = None
    note: str = ""
    z_a: float | None = None
    z_b: float | None = None
    percent: float | None = None
    better: str | None = None
    norm_a: Reference | None = None
    norm_b: Reference | None = None
    limit_from: str = ""
    trials_a: int = 0
    trials_b: int = 0

    def as_json(self) -> dict:
        """Return all fields as values for JSON, numbers with six significant digits."""
        values = {key: _rounded(value) for key, value in asdict(self).items()}
        norms = {key: norm_json(getattr(self, key)) for key in ("norm_a", "norm_b")}
        return values | norms | {"z_a": z_json(self.z_a), "z_b": z_json(self.z_b)}


def compare(
    a: Walks,
    b: Walks,
    age: float | None = None,
    sex: str | None = None,
    norms: Norms | None = None,
) -> tuple[Difference, ...]:
    """Compare the gait parameters of two walks or sessions of one person.

    The limits of the differences are described in this module.

    Args:
        a: First walk: a measurement, a prepared recording, an assessed walk, or a session.
        b: Second walk or session of the same person.
        age: Age of the person in years, for the norms; None uses 70 years.
        sex: "male", "female", or None for the mean of both, for the norms.
        norms: Norms of a laboratory, or None for the published norms.

    Returns:
        A row for each parameter that at least one of the walks has, in the order of `UNITS`.

    Raises:
        ValueError: No gait was measured in one of the two, the sex is neither of the two, or the
            age is not within 0 to 120 years.
    """
    errors, applied = load_walk_errors(), AppliedNorms(age, sex, norms)
    both = [trials_of(walks, order) for walks, order in ((a, "first"), (b, "second"))]
    references = [applied.of_walk(_means(trials)) for trials in both]
    rows = (
        _row(name, both, errors.get(name))
        for name in UNITS
        if any(name in trial.parameters for trials in both for trial in trials)
    )
    return tuple(_with_norms(row, *(table.get(row.name) for table in references)) for row in rows)


def trials_of(walks: Walks, order: str = "first") -> list[GaitMeasurement | SessionWalk]:
    """Return the measured trials of a walk or session.

    Args:
        walks: A measurement, a prepared recording, an assessed walk, or a session.
        order: "first" or "second", for the error.

    Returns:
        Objects with `parameters` and `absent`, at least one.

    Raises:
        ValueError: No gait was measured.
    """
    if hasattr(walks, "parameters"):
        trials, reason = [walks], getattr(walks, "error", "")
    else:
        measured = getattr(walks, "prepared", walks).measured
        reason = one_line(measured) if isinstance(measured, ValueError) else ""
        trials = measured if isinstance(measured, list) else [] if reason else [measured]
    trials = [trial for trial in trials if trial.parameters is not None]
    if not trials:
        reason = reason or "; ".join(row.error for row in getattr(walks, "left_out", ())[:1])
        raise ValueError(
            f"the {order} of the two walks has no measured gait: {reason or 'no recording'}"
        )
    return trials


def _means(trials: Sequence) -> dict[str, Measured]:
    """Parameter → the trial's value, or mean, SD and number of several trials."""
    if len(trials) == 1:
        return trials[0].parameters
    from .session_walks import over_trials

    rows = {name: over_trials(trials, name) for name in UNITS}
    return {name: row for name, row in rows.items() if row is not None}


def _row(name: str, both: Sequence[Sequence], error: WalkError | None) -> Difference:
    """Values, difference and limit of a parameter, without norms."""
    groups = [
        [trial.parameters[name] for trial in trials if name in trial.parameters] for trials in both
    ]
    values = [_means(trials).get(name) for trials in both]
    row = Difference(name, UNITS[name], *values, trials_a=len(groups[0]), trials_b=len(groups[1]))
    for value, trials, order in zip(values, both, ("first", "second"), strict=True):
        if value is None:
            return replace(row, note=f"{order} walk: {trials[0].absent[name]}")
    a, b = (value.value for value in values)
    row = replace(row, difference=b - a, percent=_percent(a, b))
    limit, source = change_limit(*groups, error)
    if limit is None:
        return replace(row, note=source)
    return replace(row, limit=limit, beyond=abs(b - a) > limit, limit_from=source)


def _percent(a: float, b: float) -> float | None:
    """Difference in percent of a, for values of the same sign."""
    return None if a * b < 0 or a == 0 else 100 * (b - a) / abs(a)


def _with_norms(row: Difference, norm_a: Reference | None, norm_b: Reference | None) -> Difference:
    z_a, z_b = (
        None if norm is None or value is None else norm.z(value.value)
        for norm, value in ((norm_a, row.a), (norm_b, row.b))
    )
    row = replace(row, z_a=z_a, z_b=z_b, norm_a=norm_a, norm_b=norm_b)
    return replace(row, better=direction(row))


def direction(row: Difference) -> str | None:
    """Return whether a parameter came nearer to the norm: "better", "worse" or "unclear".

    Args:
        row: Values, limit, norms and z-scores of a parameter.

    Returns:
        "unclear" if the difference is not beyond measurement error, if no limit is at hand, or if
        the distances from the norm differ by less than the limit, as for a value that passes from
        one side of the norm to the other. None without a norm, or without one of the values.
    """
    if row.z_a is None or row.z_b is None:
        return None
    if not row.beyond:
        return UNCLEAR
    before, after = (_distance(row.name, z) for z in (row.z_a, row.z_b))
    limit_sd = row.limit / ((row.norm_a.sd + row.norm_b.sd) / 2)
    if abs(after - before) <= limit_sd:
        return UNCLEAR
    return BETTER if after < before else WORSE


def _distance(name: str, z: float) -> float:
    """Standard deviations from the norm on the side that is a sign of impairment."""
    impaired = _IMPAIRED[name]
    return abs(z) if impaired == "either" else max(z if impaired == "high" else -z, 0.0)


def change_limit(
    a: Sequence[Measured], b: Sequence[Measured], error: WalkError | None
) -> tuple[float | None, str]:
    """Return the largest difference that may be measurement error, by the formulas of the module.

    Args:
        a: The parameter in the trials of the first session; one row for a single walk.
        b: The parameter in the trials of the second session.
        error: Error of the parameter between repeated walks, or None if it is not known.

    Returns:
        The limit in the unit of the parameter and what it is based on; None and the reason if
        there is no limit.
    """
    limits = {}
    rows = [*a, *b]
    if error is not None and not (error.of_strides and any(row.sd is None for row in rows)):
        limits[_STRIDES] = _limit_of_strides(a, b, error)
    if len(rows) > 2:
        limits[_TRIALS] = _limit_of_trials(a, b)
    if limits:
        source = max(limits, key=limits.get)
        return limits[source], source
    if error is None:
        return None, "measurement error unknown: no repeated walks with this parameter"
    return None, "only one step or stride: no standard deviation"


def _limit_of_strides(a: Sequence[Measured], b: Sequence[Measured], error: WalkError) -> float:
    parts = [((1 / len(a) + 1 / len(b)) * error.sd**2, error.degrees)]
    if error.of_strides:
        parts += [
            (row.sd**2 / row.n / len(rows) ** 2, row.n - 1) for rows in (a, b) for row in rows
        ]
    variance = sum(part for part, _ in parts)
    if variance == 0:
        return 0.0
    degrees_of_freedom = variance**2 / sum(part**2 / degrees for part, degrees in parts)
    return _quantile(degrees_of_freedom) * float(np.sqrt(variance))


def _limit_of_trials(a: Sequence[Measured], b: Sequence[Measured]) -> float:
    values = [np.array([row.value for row in rows]) for rows in (a, b)]
    degrees = sum(map(len, values)) - 2
    squares = sum(((group - group.mean()) ** 2).sum() for group in values)
    variance = squares / degrees * (1 / len(a) + 1 / len(b))
    return _quantile(degrees) * float(np.sqrt(variance))


def _quantile(degrees_of_freedom: float) -> float:
    return float(student.ppf((1 + LEVEL) / 2, degrees_of_freedom))


def difference_limit(a: Measured, b: Measured, error: WalkError) -> float:
    """Return the largest difference of two walks that may be measurement error.

    Args:
        a: The parameter in the first walk.
        b: The parameter in the second walk.
        error: Error of the parameter between repeated walks.

    Returns:
        The limit in the unit of the parameter.
    """
    return _limit_of_strides([a], [b], error)


def as_json(rows: Iterable[Difference], applied: AppliedNorms) -> dict:
    """Return a comparison as values for JSON, with its norms and the limitations of its limits.

    Args:
        rows: Rows of `compare`.
        applied: The norms of the z-scores.
    """
    rows = list(rows)
    return {
        "parameters": [row.as_json() for row in rows],
        "level": LEVEL,
        "norms": applied.as_json(),
        "summary": summary(rows),
        "note": notes(rows),
    }


def summary(rows: Iterable[Difference]) -> dict[str, int]:
    """Return the number of parameters, of those beyond measurement error, better and worse.

    Args:
        rows: Rows of `compare`.
    """
    rows = list(rows)
    return {
        "compared": sum(row.difference is not None for row in rows),
        "beyond": sum(bool(row.beyond) for row in rows),
        BETTER: sum(row.better == BETTER for row in rows),
        WORSE: sum(row.better == WORSE for row in rows),
    }


def notes(rows: Iterable[Difference]) -> str:
    """Return what measurement error means here, as sentences.

    Args:
        rows: Rows of `compare`.
    """
    several = any(max(row.trials_a, row.trials_b) > 1 for row in rows)
    return f"{NOT_CLINICAL} {OF_TRIALS + ' ' if several else ''}{CHANCE}"


def _rounded(value):
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    return float(f"{value:.6g}") if isinstance(value, float) else value

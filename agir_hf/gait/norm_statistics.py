"""Norms of a laboratory, made from recordings of its own healthy walkers.

A norm is the mean and the standard deviation (SD) between subjects; the walks of a subject are
averaged first. Means change with what the walkers can show:

- Age, for speed, cadence, times and lengths of steps: a straight line if at least 20 subjects span
  at least 20 years. Otherwise one mean for all ages.
- Sex, for the same parameters and step width: a difference between men and women if there are at
  least 10 of each.
- Speed, for the parameters of `norms.DEPENDS_ON_SPEED`: a straight line if at least 10 subjects
  show a slope that differs from 0 (t-test, 5 %). Otherwise, and outside the speeds of the walkers,
  the mean changes with speed as the published norm does.

Outside the ages of the walkers the mean stays constant. The SD is that of the residuals, divided by
the number of subjects minus the number of coefficients. No subject is trimmed; those far from the
others are listed, so that a person can look at them. A parameter with fewer than 5 subjects, or
whose norm has no valid grades, keeps its published norm.

Few subjects make imprecise norms: of walkers drawn from the published norms, 14 % of the values are
outside normal by the norms of 5 other such walkers, 10 % by those of 10, 8 % by those of 20, 6 % by
those of 40, and 5.5 % by the published norms themselves.
"""

from __future__ import annotations

import datetime
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ..version import __version__
from .laboratory_norms import LEAST_SUBJECTS, Deviation, LaboratoryNorms, Provenance
from .norms import ADULT_AGE, DEPENDS_ON_SPEED, SEXES, check_person
from .parameter_norm import ParameterNorm, Trend, fault, published_at
from .parameter_table import PARAMETER_NAMES

DEPENDS_ON_AGE = (
    "speed_m_per_s", "cadence_steps_per_min", "step_time_s", "stride_time_s", "stride_length_m",
    "step_length_m", "step_length_left_m", "step_length_right_m",
)  # fmt: skip
DEPENDS_ON_SEX = (*DEPENDS_ON_AGE, "step_width_m")
_SPEED = "speed_m_per_s"
_SUBJECTS_FOR_AGE, _YEARS_FOR_AGE, _SUBJECTS_OF_SEX, _SUBJECTS_FOR_SPEED = 20, 20.0, 10, 10
_SIGNIFICANT = 0.05  # two-sided probability of a slope of 0
_TAIL_OF_3_SD = 0.00135  # share of a normal distribution above 3 SD


class HealthyWalk(NamedTuple):
    """Measured gait of one walk of a healthy person.

    Attributes:
        subject: Name of the subject.
        age: Age in years, or None if it is not known.
        sex: "male", "female", or None if it is not known.
        parameters: Gait parameters, name → value.
    """

    subject: str
    age: float | None
    sex: str | None
    parameters: Mapping[str, float]


def build_norms(
    walks: Iterable[HealthyWalk | tuple],
    folder: str | os.PathLike = "",
    *,
    date: str | None = None,
    simulated: bool = False,
    excluded: Mapping[str, str] | None = None,
) -> LaboratoryNorms:
    """Make the norms of a laboratory from walks of healthy adults.

    The walks of a subject are averaged, and mean and standard deviation between subjects are
    computed with the age, sex and speed terms that the number of subjects allows. Subjects who are
    known to be younger than 20 years are left out, with the reason. No value is trimmed: those far
    from the other subjects are listed in `provenance.deviations`.

    Args:
        walks (`Iterable[HealthyWalk]`):
            One row for each walk: subject, age in years or None, "male", "female" or None, and
            name → value of the gait parameters in the units of `PARAMETERS`.
        folder (`str` or `os.PathLike`, *optional*):
            Folder of the recordings, for the provenance. Only its name is kept.
        date (`str`, *optional*):
            Date of the norms as YYYY-MM-DD. Default: today.
        simulated (`bool`, defaults to `False`):
            Whether the walks are simulated, which the provenance then says.
        excluded (`Mapping[str, str]`, *optional*):
            Recording → reason, of recordings that were left out before, for the provenance.

    Returns:
        [`LaboratoryNorms`]: `title`, `reference(name, age, sex, speed_m_per_s)`, `provenance`,
        `parameters` and `published`. `save_norms` writes it.

    Raises:
        ValueError: There are fewer than 5 healthy adults, a parameter is not in the table, a value
            is not a finite number, or a subject has an invalid age or two sexes.

    Example:
        ```python
        >>> from agir_hf.gait import build_norms
        >>> speeds = (1.10, 1.22, 1.31, 1.18, 1.29, 1.40)
        >>> walks = [(f"S{i}", 60 + i, None, {"speed_m_per_s": v}) for i, v in enumerate(speeds)]
        >>> norms = build_norms(walks, "controls", date="2026-11-28")
        >>> norm = norms.reference("speed_m_per_s")
        >>> round(norm.mean, 3), round(norm.sd, 3), norm.status, norm.source
        (1.25, 0.106, 'laboratory', '6 healthy walkers (60 to 65 years) of controls, 2026-11-28')
        >>> norms.published["cadence_steps_per_min"]
        'measured in 0 subjects, at least 5 needed'
        >>> norms.reference("cadence_steps_per_min").status
        'published'

        ```
    """
    excluded = dict(excluded or {})
    subjects = _adults(_subjects(walks), excluded)
    if len(subjects) < LEAST_SUBJECTS:
        reasons = f" ({len(excluded)} recordings or subjects left out)" if excluded else ""
        raise ValueError(
            f"healthy adults: {len(subjects)}{reasons}, expected at least {LEAST_SUBJECTS}: add "
            "walkers"
        )
    parameters, published, deviations = {}, {}, []
    for name in PARAMETER_NAMES:
        rows = [subject for subject in subjects if name in subject.values]
        if name in DEPENDS_ON_SPEED:
            rows = [subject for subject in rows if _SPEED in subject.values]
        if len(rows) < LEAST_SUBJECTS:
            published[name] = f"measured in {len(rows)} subjects, at least {LEAST_SUBJECTS} needed"
            continue
        norm, far = _fit(name, rows)
        reason = fault(name, norm)
        if reason:
            published[name] = reason
            continue
        parameters[name] = norm
        deviations += far
    folder = os.path.basename(os.path.abspath(folder)) if folder else ""
    date = date or datetime.date.today().isoformat()
    provenance = _provenance(subjects, folder, date, simulated, excluded, deviations)
    return LaboratoryNorms(provenance, parameters, published)


class _Subject(NamedTuple):
    """A subject with the means of the walks."""

    name: str
    age: float | None
    sex: str | None
    values: dict[str, float]
    walks: int


def _subjects(walks: Iterable[HealthyWalk | tuple]) -> list[_Subject]:
    """Average the walks of each subject."""
    by_subject: dict[str, list[HealthyWalk]] = {}
    for walk in (HealthyWalk(*row) for row in walks):
        try:
            check_person(walk.age, walk.sex)
        except ValueError as error:
            raise ValueError(f"subject {walk.subject}: {error}") from error
        for name, value in walk.parameters.items():
            if name not in PARAMETER_NAMES:
                raise ValueError(
                    f"subject {walk.subject} has {name!r}, expected names of PARAMETERS: remove it"
                )
            if not math.isfinite(value):
                raise ValueError(
                    f"{name} of subject {walk.subject} is {value}, expected a finite number: leave "
                    "out what was not measured"
                )
        by_subject.setdefault(walk.subject, []).append(walk)
    return [_subject(name, rows) for name, rows in by_subject.items()]


def _subject(name: str, rows: list[HealthyWalk]) -> _Subject:
    ages = [float(row.age) for row in rows if row.age is not None]
    sexes = {row.sex for row in rows if row.sex is not None}
    if len(sexes) > 1:
        raise ValueError(f"subject {name} is male and female, expected one sex: correct the table")
    values: dict[str, list[float]] = {}
    for row in rows:
        for parameter, value in row.parameters.items():
            values.setdefault(parameter, []).append(float(value))
    means = {parameter: float(np.mean(numbers)) for parameter, numbers in values.items()}
    age = float(np.mean(ages)) if ages else None
    return _Subject(str(name), age, next(iter(sexes), None), means, len(rows))


def _adults(subjects: list[_Subject], excluded: dict[str, str]) -> list[_Subject]:
    """Adults and subjects of unknown age; children are added to the excluded, with the reason."""
    for subject in subjects:
        if subject.age is not None and subject.age < ADULT_AGE:
            excluded[f"subject {subject.name}"] = (
                f"{subject.age:g} years: norms are of adults from {ADULT_AGE:g} years"
            )
    return [row for row in subjects if row.age is None or row.age >= ADULT_AGE]


def _fit(name: str, rows: Sequence[_Subject]) -> tuple[ParameterNorm, list[Deviation]]:
    """Least squares with the terms that the subjects allow, and the subjects far from the fit."""
    age = men_minus_women = speed = None
    if name in DEPENDS_ON_AGE and _allow_age(rows):
        rows = [row for row in rows if row.age is not None]
        age = np.array([row.age for row in rows])
    values = np.array([row.values[name] for row in rows])
    terms, targets = [], values
    if age is not None:
        terms.append(age - age.mean())
    has_sex = name in DEPENDS_ON_SEX and _allow_sex(rows)
    if has_sex:
        terms.append(np.array([{"male": 0.5, "female": -0.5, None: 0.0}[r.sex] for r in rows]))
    if name in DEPENDS_ON_SPEED:
        speeds = np.array([row.values[_SPEED] for row in rows])
        if _has_slope(speeds, values):
            terms.append(speeds - speeds.mean())
            speed = _trend(0.0, speeds)
        else:
            speed = Trend(0.0, *[_rounded(speeds.mean())] * 3)
            targets = values - [
                published_at(name, v) - published_at(name, speed.centre) for v in speeds
            ]
    design = np.column_stack([np.ones(len(rows)), *terms])
    coefficients, sd, studentized = _least_squares(design, targets)
    mean, *slopes = (_rounded(number) for number in coefficients)
    if age is not None:
        age = _trend(slopes.pop(0), age)
    if has_sex:
        men_minus_women = slopes.pop(0)
    if slopes:
        speed = _trend(slopes.pop(0), speeds)
    norm = ParameterNorm(len(rows), mean, _rounded(sd), age, men_minus_women, speed)
    far = [
        Deviation(row.name, name, _rounded(value), round(float(z), 1))
        for row, value, z in zip(rows, values, studentized, strict=True)
        if abs(z) > 3
    ]
    return norm, far


def _least_squares(design: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, float, np.ndarray]:
    """Coefficients (P,), residual SD, and the z-score (N,) of each row against the other rows.

    The z-score has the probability of the externally studentized residual (Cook and Weisberg 1982,
    Residuals and Influence in Regression): in a small sample no residual exceeds 3 SD, because the
    row itself enlarges the SD.
    """
    n, p = design.shape
    coefficients = np.linalg.lstsq(design, targets, rcond=None)[0]
    residuals = targets - design @ coefficients
    squares = float(residuals @ residuals)
    leverage = np.einsum("ij,ji->i", design, np.linalg.pinv(design))
    share = np.maximum(1 - leverage, 1e-12)
    from scipy.special import stdtrit  # its import takes longer than measuring a recording

    others = np.maximum(squares - residuals**2 / share, 0) / (n - p - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.nan_to_num(residuals / np.sqrt(others * share), posinf=1e6, neginf=-1e6)
    limit = stdtrit(n - p - 1, 1 - _TAIL_OF_3_SD)
    return coefficients, math.sqrt(squares / (n - p)), 3 * t / limit


def _allow_age(rows: Sequence[_Subject]) -> bool:
    ages = [row.age for row in rows if row.age is not None]
    return len(ages) >= _SUBJECTS_FOR_AGE and max(ages) - min(ages) >= _YEARS_FOR_AGE


def _allow_sex(rows: Sequence[_Subject]) -> bool:
    return all(sum(row.sex == sex for row in rows) >= _SUBJECTS_OF_SEX for sex in SEXES)


def _has_slope(speeds: np.ndarray, values: np.ndarray) -> bool:
    """Whether enough subjects show a slope that differs from 0 (t-test)."""
    n = len(speeds)
    if n < _SUBJECTS_FOR_SPEED or np.ptp(speeds) == 0 or np.ptp(values) == 0:
        return False
    from scipy.special import stdtr

    r = float(np.corrcoef(speeds, values)[0, 1])
    t = abs(r) * math.sqrt((n - 2) / max(1 - r * r, 1e-12))
    return 2 * (1 - stdtr(n - 2, t)) < _SIGNIFICANT


def _trend(slope: float, values: np.ndarray) -> Trend:
    return Trend(slope, *(_rounded(v) for v in (values.mean(), values.min(), values.max())))


def _rounded(number: float) -> float:
    """Six significant digits, so that the file is readable and equals what was computed."""
    return float(f"{number:.6g}")


def _provenance(
    subjects: list[_Subject],
    folder: str,
    date: str,
    simulated: bool,
    excluded: dict[str, str],
    deviations: list[Deviation],
) -> Provenance:
    ages = [subject.age for subject in subjects if subject.age is not None]
    bounds = list(dict.fromkeys(f"{age:.0f}" for age in (min(ages), max(ages)))) if ages else []
    years = f"{' to '.join(bounds)} years" if ages else "ages unknown"
    if ages and len(ages) < len(subjects):
        years += f", {len(subjects) - len(ages)} of unknown age"
    kind = "simulated healthy walkers" if simulated else "healthy walkers"
    origin = f" of {folder}" if folder else ""
    sexes = {sex: sum(subject.sex == sex for subject in subjects) for sex in SEXES}
    return Provenance(
        title=f"{len(subjects)} {kind} ({years}){origin}, {date}",
        folder=folder,
        date=date,
        package_version=__version__,
        subjects=len(subjects),
        walks=sum(subject.walks for subject in subjects),
        simulated=simulated,
        ages_known=len(ages),
        mean_age_years=_rounded(np.mean(ages)) if ages else None,
        sexes=sexes | {"unknown": len(subjects) - sum(sexes.values())},
        excluded=excluded,
        deviations=tuple(deviations),
    )

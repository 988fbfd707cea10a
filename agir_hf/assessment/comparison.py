"""Gait parameters of two walks, and which differences exceed measurement error.

For a parameter that is the mean over n steps or strides with standard deviation s in the walks a
and b, a difference exceeds measurement error if it is larger than

    limit = t · sqrt(s_a² / n_a + s_b² / n_b + 2 e²)

e is the standard deviation between repeated walks of one simulated walker, without the part that
the variability of the strides explains (`repeatability.py`). t is the 97.5 % quantile of Student's
distribution with the degrees of freedom of Welch 1947 (Biometrika 34:28) and Satterthwaite 1946
(Biometrics Bulletin 2:110). For parameters without a standard deviation over strides, such as a
coefficient of variation, s is 0 and the limit is t · √2 · e, the minimal detectable change at 95 %
of Weir 2005 (J Strength Cond Res 19:231).

The limit is not a clinical minimal detectable change: e comes from simulated walks of one session
with one marker placement. Patients vary more from day to day and after markers are reapplied.
Of twenty parameters that did not change, about one exceeds its limit by chance. A test checks that
fewer than one in ten differences exceed it in repeated walks of simulated walkers who were not used
for e.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace

import numpy as np
from scipy.stats import t as student

from ..gait.applied_norms import AppliedNorms, z_json
from ..gait.norms import Norms, Reference
from ..gait.parameters import UNITS, GaitMeasurement, Measured
from .repeatability import WalkError, load_walk_errors

LEVEL = 0.95
CHANCE = "Of twenty parameters that did not change, about one is marked by chance."
NOT_CLINICAL = (
    "Measurement error is estimated from the strides of each walk and from repeated simulated "
    "walks; it is not a clinical minimal detectable change."
)


@dataclass(frozen=True)
class Difference:
    """One gait parameter in two walks.

    Attributes:
        name: Name of the parameter.
        unit: Unit of the parameter.
        a: Value in the first walk; None if it could not be measured.
        b: Value in the second walk; None if it could not be measured.
        difference: Value of b minus value of a; None if one is absent.
        limit: Largest difference that may be measurement error; None if unknown.
        beyond: Whether the absolute difference is larger than the limit; None without a limit.
        note: Why a field is None; empty otherwise.
        z_a: The z-score of a against the norm; None without a norm.
        z_b: The z-score of b against the norm; None without a norm.
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

    def as_json(self) -> dict:
        """Return all fields as values for JSON, numbers with six significant digits."""
        values = {key: _rounded(value) for key, value in asdict(self).items()}
        return values | {"z_a": z_json(self.z_a), "z_b": z_json(self.z_b)}


def compare(
    a: GaitMeasurement,
    b: GaitMeasurement,
    age: float | None = None,
    sex: str | None = None,
    norms: Norms | None = None,
) -> tuple[Difference, ...]:
    """Compare the gait parameters of two walks of one person; see the module for the limits.

    Args:
        a: First walk, from `agir_hf.gait.measure`.
        b: Second walk of the same person.
        age: Age of the person in years, for the norms; None uses 70 years.
        sex: "male", "female", or None for the mean of both, for the norms.
        norms: Norms of a laboratory, or None for the published norms.

    Returns:
        A row for each parameter that at least one of the walks has, in the order of `UNITS`.

    Raises:
        ValueError: The sex is neither of the two, or the age is not within 0 to 120 years.
    """
    errors, applied = load_walk_errors(), AppliedNorms(age, sex, norms)
    of_a, of_b = applied.of_walk(a.parameters), applied.of_walk(b.parameters)
    return tuple(
        replace(
            _row(name, a, b, errors.get(name)),
            z_a=_z(name, a.parameters, of_a),
            z_b=_z(name, b.parameters, of_b),
        )
        for name in UNITS
        if name in a.parameters or name in b.parameters
    )


def _z(
    name: str, parameters: Mapping[str, Measured], norms: Mapping[str, Reference]
) -> float | None:
    return norms[name].z(parameters[name].value) if name in norms else None


def as_json(rows: Iterable[Difference], applied: AppliedNorms) -> dict:
    """Return a comparison as values for JSON, with its norms and the limitations of its limits.

    Args:
        rows: Rows of `compare`.
        applied: The norms of the z-scores.
    """
    return {
        "parameters": [row.as_json() for row in rows],
        "level": LEVEL,
        "norms": applied.as_json(),
        "note": f"{NOT_CLINICAL} {CHANCE}",
    }


def _row(name: str, a: GaitMeasurement, b: GaitMeasurement, error: WalkError | None) -> Difference:
    first, second = a.parameters.get(name), b.parameters.get(name)
    if first is None or second is None:
        walk, reason = ("first", a.absent) if first is None else ("second", b.absent)
        return Difference(name, UNITS[name], first, second, note=f"{walk} walk: {reason[name]}")
    row = Difference(name, UNITS[name], first, second, second.value - first.value)
    if error is None:
        return replace(row, note="measurement error unknown: no repeated walks with this parameter")
    if error.of_strides and (first.sd is None or second.sd is None):
        return replace(row, note="only one step or stride: no standard deviation")
    limit = difference_limit(first, second, error)
    return replace(row, limit=limit, beyond=abs(row.difference) > limit)


def difference_limit(a: Measured, b: Measured, error: WalkError) -> float:
    """Return the largest difference that may be measurement error, by the formula of the module.

    Args:
        a: The parameter in the first walk.
        b: The parameter in the second walk.
        error: Error of the parameter between repeated walks.

    Returns:
        The limit in the unit of the parameter.
    """
    parts = [(2 * error.sd**2, error.degrees)]
    if error.of_strides:
        parts += [(row.sd**2 / row.n, row.n - 1) for row in (a, b)]
    variance = sum(part for part, _ in parts)
    if variance == 0:
        return 0.0
    degrees_of_freedom = variance**2 / sum(part**2 / degrees for part, degrees in parts)
    return float(student.ppf((1 + LEVEL) / 2, degrees_of_freedom) * np.sqrt(variance))


def _rounded(value):
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    return float(f"{value:.6g}") if isinstance(value, float) else value

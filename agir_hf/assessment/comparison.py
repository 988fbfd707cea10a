"""Two measured walks side by side, and which differences are more than measurement error.

Of a parameter that is the mean over n steps or strides with the standard deviation s in walks a
and b, the difference is held against

    limit = t · sqrt(s_a² / n_a + s_b² / n_b + 2 e²)

where e is by how much repeated walks of one simulated walker differ beyond what their strides
explain (`repeatability.py`), and t the 97.5 % point of Student's distribution with the degrees of
freedom of Welch 1947 (Biometrika 34:28) and Satterthwaite 1946 (Biometrics Bulletin 2:110). For
parameters without a spread over strides, such as a coefficient of variation, s is 0 and the limit
is t · √2 · e, the minimal detectable change at 95 % of Weir 2005 (J Strength Cond Res 19:231).

It is not a clinical minimal detectable change: e comes from simulated walks of one session and one
marker placement. Patients differ more from day to day, and with markers placed anew. And of twenty
parameters that did not change about one is beyond its limit by chance; a test holds that of repeats
by simulated walkers who are not in the table fewer than one in ten are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

import numpy as np
from scipy.stats import t as student

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
    """One parameter in two walks.

    Attributes:
        name, unit: of the parameter.
        a, b: what was measured; None where it is absent.
        difference: b less a; None where one is absent.
        limit: the size up to which a difference may be measurement error; None if unknown.
        beyond: whether the difference is larger; None if unknown.
        note: why something is None; else empty.
    """

    name: str
    unit: str
    a: Measured | None
    b: Measured | None
    difference: float | None = None
    limit: float | None = None
    beyond: bool | None = None
    note: str = ""

    def as_json(self) -> dict:
        """All of it, numbers to six digits."""
        return {key: _rounded(value) for key, value in asdict(self).items()}


def compare(a: GaitMeasurement, b: GaitMeasurement) -> tuple[Difference, ...]:
    """Each gait parameter in two walks; see the module for the limits.

    Args:
        a, b: from `agir_hf.gait.measure`, of one person.

    Returns:
        A row for each parameter that at least one of the walks has, in the order of the table.
    """
    errors = load_walk_errors()
    return tuple(
        _row(name, a, b, errors.get(name))
        for name in UNITS
        if name in a.parameters or name in b.parameters
    )


def as_json(rows: Iterable[Difference]) -> dict:
    """A comparison as JSON has it, with what its limits are not."""
    return {
        "parameters": [row.as_json() for row in rows],
        "level": LEVEL,
        "note": f"{NOT_CLINICAL} {CHANCE}",
    }


def _row(name: str, a: GaitMeasurement, b: GaitMeasurement, error: WalkError | None) -> Difference:
    first, second = a.parameters.get(name), b.parameters.get(name)
    if first is None or second is None:
        walk, reason = ("first", a.absent) if first is None else ("second", b.absent)
        return Difference(name, UNITS[name], first, second, note=f"{walk} walk: {reason[name]}")
    difference = second.value - first.value
    told = Difference(name, UNITS[name], first, second, difference)
    if error is None:
        return replace(told, note="repeats of it were not measured: its error is not known")
    if error.of_strides and (first.sd is None or second.sd is None):
        return replace(told, note="one step or stride only: its spread is not known")
    limit = difference_limit(first, second, error)
    return replace(told, limit=limit, beyond=abs(difference) > limit)


def difference_limit(a: Measured, b: Measured, error: WalkError) -> float:
    """The limit of the module's formula, in the parameter's unit."""
    parts = [(2 * error.sd**2, error.degrees)]
    if error.of_strides:
        parts += [(row.sd**2 / row.n, row.n - 1) for row in (a, b)]
    variance = sum(part for part, _ in parts)
    if variance == 0:
        return 0.0
    freedom = variance**2 / sum(part**2 / degrees for part, degrees in parts)
    return float(student.ppf((1 + LEVEL) / 2, freedom) * np.sqrt(variance))


def _rounded(value):
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    return float(f"{value:.6g}") if isinstance(value, float) else value

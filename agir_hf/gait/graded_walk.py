"""Measured gait parameters of one walk with their grades, for the check of texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .grades import Grade, grade_of
from .norms import Norms, Reference, check_person, reference


@dataclass(frozen=True)
class GradedValue:
    """A measured parameter with its grade.

    Attributes:
        parameter: Name of the parameter.
        value: Value in the parameter's unit.
        norm: Norm of the parameter.
        grade: Grade of the value.
    """

    parameter: str
    value: float
    norm: Reference
    grade: Grade


class GradedWalk:
    """Measured gait parameters of one walk, with the grades that the check of claims needs.

    A grade is computed once, so that the claims of several texts are checked fast.

    Args:
        parameters: Name → [`Measured`], `{"value": …}` or a number, see `check_claims`.
        age: Age of the subject in years, or None.
        sex: "male", "female" or None.
        norms: Norms of a laboratory, or None for the published norms.

    Raises:
        ValueError: The sex is neither of the two, or the age is not within 0 to 120 years.
    """

    def __init__(
        self,
        parameters: Mapping[str, object],
        age: float | None = None,
        sex: str | None = None,
        norms: Norms | None = None,
    ):
        check_person(age, sex)
        self.values = {name: number_of(measured) for name, measured in parameters.items()}
        self._person, self._norms = (age, sex), norms
        self._grades: dict[str, GradedValue | None] = {}

    def norm(self, name: str) -> Reference | None:
        """Norm of a parameter at the age, sex and speed of the walk.

        Args:
            name: Name of a parameter.
        """
        return reference(name, *self._person, self.values.get("speed_m_per_s"), self._norms)

    def graded(self, names: Iterable[str]) -> list[GradedValue]:
        """Grades of those parameters that were measured and have a norm.

        Args:
            names: Names of parameters.
        """
        rows = (self._graded(name) for name in names)
        return [row for row in rows if row is not None]

    def _graded(self, name: str) -> GradedValue | None:
        if name not in self._grades:
            norm = self.norm(name) if name in self.values else None
            value = self.values.get(name)
            self._grades[name] = norm and GradedValue(
                name, value, norm, grade_of(name, value, norm)
            )
        return self._grades[name]


def number_of(measured: object) -> float:
    """Return the number of a measured value.

    Args:
        measured: [`Measured`], `{"value": …}` or a number.
    """
    if isinstance(measured, float):
        return measured  # before the check of the abstract class, which is slow
    if isinstance(measured, Mapping):
        return float(measured["value"])
    return float(getattr(measured, "value", measured))

"""Norm of one parameter of a laboratory, and its change with age, sex and speed."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .grades import NORMAL_GRADE, cut_offs, grade_of
from .norms import DEFAULT_AGE, LABORATORY, PUBLISHED, SEXES, Reference

_LEAST_CV = 1e-6  # a smaller SD in relation to the values is a rounding error


@dataclass(frozen=True)
class Trend:
    """Change of a mean with age or speed: a straight line, constant outside the walkers' range.

    Attributes:
        slope: Change per year or per m/s, in the parameter's unit.
        centre: Mean age in years or speed in m/s of the walkers, where the change is 0.
        least: Least age or speed of the line.
        greatest: Greatest age or speed of the line.
    """

    slope: float
    centre: float
    least: float
    greatest: float

    def within(self, value: float) -> float:
        """Return the nearest value of the line's range.

        Args:
            value: Age in years or speed in m/s.
        """
        return min(max(value, self.least), self.greatest)

    def change(self, value: float) -> float:
        """Return the change of the mean at a value.

        Args:
            value: Age in years or speed in m/s.
        """
        return self.slope * (self.within(value) - self.centre)


@dataclass(frozen=True)
class ParameterNorm:
    """Norm of one parameter of a laboratory.

    Attributes:
        n: Number of subjects.
        mean: Mean at the centre of `age` and `speed`, of both sexes, in the parameter's unit.
        sd: Standard deviation between subjects of the same age, sex and speed.
        age: Change with age, or None.
        men_minus_women: Difference between the means of men and women, or None.
        speed: Change with the speed of the walk, or None. Outside its range the mean changes as
            the published norm does.
    """

    n: int
    mean: float
    sd: float
    age: Trend | None = None
    men_minus_women: float | None = None
    speed: Trend | None = None

    def mean_at(self, name: str, age: float, sex: str | None, speed_m_per_s: float | None) -> float:
        """Return the mean for a person and a speed.

        Args:
            name: Name of the parameter.
            age: Age in years.
            sex: "male", "female", or None for the mean of both.
            speed_m_per_s: Speed of the walk in m/s, or None for the mean speed of the walkers.
        """
        mean = self.mean
        if self.age is not None:
            mean += self.age.change(age)
        if self.men_minus_women is not None and sex is not None:
            mean += self.men_minus_women * (0.5 if sex == "male" else -0.5)
        if self.speed is not None and speed_m_per_s is not None:
            nearest = self.speed.within(speed_m_per_s)
            beyond = published_at(name, speed_m_per_s) - published_at(name, nearest)
            mean += self.speed.change(speed_m_per_s) + beyond
        return mean


def fault(name: str, norm: ParameterNorm) -> str:
    """Describe why a norm cannot be used, or return an empty text.

    Args:
        name: Name of a parameter.
        norm: Norm of the parameter.
    """
    numbers = (norm.mean, norm.sd, *((norm.men_minus_women,) if norm.men_minus_women else ()))
    if not all(map(math.isfinite, numbers)) or norm.sd <= _LEAST_CV * abs(norm.mean):
        return f"the standard deviation is {norm.sd:.3g} about {norm.mean:.3g}, expected above 0"
    ages = (norm.age.least, norm.age.greatest) if norm.age else (DEFAULT_AGE,)
    # below 0.3 and above 1.8 m/s the published norms are constant
    speeds = (0.0, norm.speed.least, norm.speed.greatest, 2.0) if norm.speed else (None,)
    for age in ages:
        for sex in SEXES:
            for speed in speeds:
                mean = norm.mean_at(name, age, sex, speed)
                reference = Reference(mean, norm.sd, "", LABORATORY)
                limits = cut_offs(name, reference)
                increasing = all(a < b for a, b in zip(limits, limits[1:], strict=False))
                if not increasing or grade_of(name, mean, reference) != NORMAL_GRADE:
                    return f"a mean of {mean:.3g} ± {norm.sd:.3g} has no valid grades"
    return ""


def published_at(name: str, speed_m_per_s: float) -> float:
    """Return the mean of the published norm of a parameter that depends on speed.

    Args:
        name: One of `norms.DEPENDS_ON_SPEED`.
        speed_m_per_s: Speed of the walk in m/s.
    """
    return PUBLISHED.reference(name, speed_m_per_s=speed_m_per_s).mean

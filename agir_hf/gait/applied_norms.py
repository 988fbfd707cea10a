"""The norms that apply to a person, and the words and values in which they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from .graded_walk import number_of
from .norms import (
    DEFAULT_AGE,
    PUBLISHED,
    ROUGH,
    Norms,
    Reference,
    check_person,
    norm_group,
    norm_remark,
    reference,
)

NO_AGE = "because no age was given"


@dataclass(frozen=True)
class AppliedNorms:
    """Norms, and the person that they are applied to.

    Attributes:
        age: Age in years, or None if it is not known; the norms are then those of 70 years.
        sex: "male", "female", or None if it is not known; the norms are then the mean of both.
        norms: Norms of a laboratory, or None for the published norms.

    Raises:
        ValueError: The sex is neither of the two, or the age is not within 0 to 120 years.
    """

    age: float | None = None
    sex: str | None = None
    norms: Norms | None = None

    def __post_init__(self):
        check_person(self.age, self.sex)

    @property
    def title(self) -> str:
        """Provenance of the norms in one line."""
        return (PUBLISHED if self.norms is None else self.norms).title

    @property
    def group(self) -> str:
        """Persons that the norms are of, such as "women of 72 years"."""
        reason = f", {NO_AGE}" if self.age is None else ""
        return norm_group(self.age, self.sex) + reason

    @property
    def remark(self) -> str:
        """Why no norm applies to the person; empty for adults."""
        return norm_remark(self.age)

    def text(self) -> str:
        """Return in one phrase which norms apply to whom, or why none applies."""
        return self.remark or f"{self.title}; {self.group}"

    def as_json(self) -> dict:
        """Return which norms apply to whom, as values for JSON."""
        return {
            "title": self.title,
            "age": DEFAULT_AGE if self.age is None else self.age,
            "sex": self.sex,
            "group": self.group,
            "remark": self.remark or None,
        }

    def of_walk(self, parameters: Mapping[str, object]) -> dict[str, Reference]:
        """Return the norms of the parameters of a walk, at the speed of this walk.

        Args:
            parameters: Name → `Measured`, `{"value": …}` or a number.

        Returns:
            Name → norm, for the parameters that have a norm.
        """
        speed = parameters.get("speed_m_per_s")
        speed = None if speed is None else number_of(speed)
        norms = {
            name: reference(name, self.age, self.sex, speed, self.norms) for name in parameters
        }
        return {name: norm for name, norm in norms.items() if norm is not None}


def norm_json(norm: Reference | None) -> dict | None:
    """Return a norm as values for JSON: mean, SD, source and status.

    Args:
        norm: Norm of a parameter, or None.
    """
    if norm is None:
        return None
    return {**asdict(norm), "mean": round(norm.mean, 4), "sd": round(norm.sd, 4)}


def norm_text(norm: Reference) -> str:
    """Return mean and SD of a norm as text; "~" marks a rough norm.

    Args:
        norm: Norm of a parameter.
    """
    return f"{'~' if norm.status == ROUGH else ''}{norm.mean:.3g} ± {norm.sd:.2g}"


def z_text(z: float) -> str:
    """Return a z-score with its sign and one decimal.

    Args:
        z: The z-score.
    """
    return f"{round(z, 1) + 0.0:+.1f}"


def z_json(z: float | None) -> float | None:
    """Return a z-score as a value for JSON, from which `z_text` gives the same text as from `z`.

    A second rounding can change the last digit that is shown: 1.0497 is +1.0, but 1.05 is +1.1.

    Args:
        z: The z-score, or None without a norm.

    Returns:
        The z-score with three decimals, or with more where three give another text.
    """
    if z is None:
        return None
    shown = z_text(z)
    rounded = (round(float(z), decimals) for decimals in range(3, 10))
    return next((value for value in rounded if z_text(value) == shown), float(z))

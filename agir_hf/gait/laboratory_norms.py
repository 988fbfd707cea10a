"""Norms of a laboratory: what they are made of, and their file.

`norm_statistics.build_norms` makes them from walks of healthy adults, `agir norms` from a folder.
A parameter that the laboratory has no norm of has the published one. The file is JSON, with its
provenance, the coefficients of each norm, and the reason for each parameter without one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple

from ..utils.files import write_text_atomic
from .norms import (
    ADULT_AGE,
    DEPENDS_ON_SPEED,
    GREATEST_AGE,
    LABORATORY,
    PUBLISHED,
    SEXES,
    Reference,
    check_person,
)
from .parameter_norm import ParameterNorm, Trend, fault
from .parameter_table import PARAMETER_NAMES, UNITS

FORMAT, VERSION = "agir norms", 1
LEAST_SUBJECTS = 5
_SPEED = "speed_m_per_s"
_GREATEST_NUMBER = 1e9  # of a file; no parameter has such values
_TREND_FIELDS = ("slope", "centre", "least", "greatest")
_KINDS = {dict: "named entries", list: "a list", str: "text", int: "a whole number",
          bool: "true or false"}  # fmt: skip
_MAX_NAMED = 4  # parameters that the title names one by one


class Deviation(NamedTuple):
    """Value of a subject that is far from the other walkers.

    Attributes:
        subject: Name of the subject.
        parameter: Name of the parameter.
        value: Mean of the walks of the subject, in the parameter's unit.
        z: Standard deviations of a normal distribution that are as improbable as the value.
    """

    subject: str
    parameter: str
    value: float
    z: float


@dataclass(frozen=True)
class Provenance:
    """What the norms of a laboratory were made from.

    Attributes:
        title: Walkers, folder and date in one line.
        folder: Name of the folder, without the folders above it.
        date: Date as YYYY-MM-DD.
        package_version: Version of this package that measured the walks.
        subjects: Number of subjects.
        walks: Number of walks.
        simulated: Whether the walks are simulated.
        ages_known: Number of subjects whose age is known.
        mean_age_years: Mean age of these subjects, or None.
        sexes: "male", "female" and "unknown" → number of subjects.
        excluded: Recording or subject → reason why it was left out.
        deviations: Values of subjects that are far from the other walkers; they are not left out.
    """

    title: str
    folder: str
    date: str
    package_version: str
    subjects: int
    walks: int
    simulated: bool
    ages_known: int
    mean_age_years: float | None
    sexes: Mapping[str, int]
    excluded: Mapping[str, str] = field(default_factory=dict)
    deviations: tuple[Deviation, ...] = ()


@dataclass(frozen=True)
class LaboratoryNorms:
    """Norms of a laboratory, with the published norms for what it has not measured.

    Attributes:
        provenance: What the norms were made from.
        parameters: Name → norm of the laboratory.
        published: Name → reason why the laboratory has no norm of this parameter.
    """

    provenance: Provenance
    parameters: Mapping[str, ParameterNorm]
    published: Mapping[str, str]

    @property
    def title(self) -> str:
        """Provenance in one line, and the parameters whose norms are the published ones."""
        names = [name for name in self.published if PUBLISHED.reference(name) is not None]
        if not names:
            return self.provenance.title
        named = ", ".join(names)
        named = named if len(names) <= _MAX_NAMED else f"{len(names)} other parameters"
        return f"{self.provenance.title}; published norms of {named}"

    def reference(self, name, age=None, sex=None, speed_m_per_s=None) -> Reference | None:
        """Return the norm of a parameter.

        Args:
            name: Name of a parameter of `agir_hf.gait.PARAMETERS`.
            age: Age in years, or None for 70 years.
            sex: "male", "female", or None for the mean of both.
            speed_m_per_s: Speed of the walk in m/s, or None for the mean speed of age and sex.

        Returns:
            The norm of the laboratory; the published norm for a parameter without one; None below
            20 years, or if the parameter has neither.

        Raises:
            ValueError: The sex is neither of the two, or the age is not within 0 to 120 years.
        """
        years = check_person(age, sex)
        if years < ADULT_AGE:
            return None
        norm = self.parameters.get(name)
        if name in DEPENDS_ON_SPEED and speed_m_per_s is None and _SPEED in self.parameters:
            speed_m_per_s = self.parameters[_SPEED].mean_at(_SPEED, years, sex, None)
        if norm is None:
            return PUBLISHED.reference(name, age, sex, speed_m_per_s)
        mean = norm.mean_at(name, years, sex, speed_m_per_s)
        return Reference(mean, norm.sd, self.provenance.title, LABORATORY)


def save_norms(norms: LaboratoryNorms, path: str | os.PathLike) -> None:
    """Write the norms of a laboratory as JSON, which `load_norms` reads.

    The file is written under a temporary name and moved into place. An earlier file of norms is
    replaced; any other file is not.

    Args:
        norms ([`LaboratoryNorms`]):
            Norms of `build_norms`.
        path (`str` or `os.PathLike`):
            File to write, in an existing folder.

    Raises:
        FileExistsError: The file exists and is not a file of norms.
        FileNotFoundError: The folder does not exist.

    Example:
        ```python
        >>> from agir_hf.gait import build_norms, load_norms, save_norms
        >>> walks = [(f"S{i}", None, None, {"speed_m_per_s": 1.2 + i / 50}) for i in range(6)]
        >>> norms = build_norms(walks, "controls")
        >>> save_norms(norms, "norms.json")
        >>> load_norms("norms.json") == norms
        True

        ```
    """
    check_norms_path(path)
    content = {
        "format": FORMAT,
        "version": VERSION,
        "provenance": asdict(norms.provenance)
        | {"deviations": [row._asdict() for row in norms.provenance.deviations]},
        "parameters": {
            name: {"unit": UNITS[name], **asdict(norm)} for name, norm in norms.parameters.items()
        },
        "published": dict(norms.published),
    }
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    write_text_atomic(path, text + "\n")


def check_norms_path(path: str | os.PathLike) -> None:
    """Check that norms can be written to a path.

    Args:
        path: File to write.

    Raises:
        FileExistsError: The path exists and is not a file of norms.
        FileNotFoundError: The folder does not exist.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"no such folder: {path.parent}")
    if not path.exists():
        return
    try:
        _content(path)
    except (ValueError, OSError) as error:
        raise FileExistsError(
            f"{path} exists and is not a file of norms, expected a new name: use another one"
        ) from error


def load_norms(path: str | os.PathLike) -> LaboratoryNorms:
    """Read the norms of a laboratory from a file of `agir norms`.

    Args:
        path (`str` or `os.PathLike`):
            File that `agir norms FOLDER -o FILE` or `save_norms` wrote.

    Returns:
        [`LaboratoryNorms`]: `title` is the provenance in one line, and
        `reference(name, age, sex, speed_m_per_s)` a norm, with the status "laboratory", or the
        published norm of a parameter that the laboratory has none of. Pass the object as `norms`
        to `reference`, `check_claims` or `grounding_score`.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is not JSON, is not a file of norms or of another version, or a norm
            in it cannot be used. The message is one line.

    Example:
        ```python
        >>> from agir_hf.gait import build_norms, load_norms, reference, save_norms
        >>> walks = [(f"S{i}", 70, None, {"step_height_m": 0.2 + i / 100}) for i in range(8)]
        >>> save_norms(build_norms(walks, "controls", date="2026-11-28"), "norms.json")
        >>> norms = load_norms("norms.json")
        >>> norms.title
        '8 healthy walkers (70 years) of controls, 2026-11-28; published norms of ...'
        >>> reference("step_height_m") is None  # there is no published norm
        True
        >>> reference("step_height_m", norms=norms).status
        'laboratory'

        ```
    """
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder, expected a file of agir norms: name the file")
    if not path.is_file():
        raise FileNotFoundError(f"no such file: {path}")
    content = _content(path)
    if content.get("version") != VERSION:
        raise ValueError(
            f"{path} has version {content.get('version')!r} of the format, expected {VERSION}: "
            "make it again with agir norms"
        )
    try:
        parameters = {
            name: _parameter_norm(name, row)
            for name, row in _of(content, "parameters", dict).items()
        }
        published = _of(content, "published", dict)
        for name in published:
            _check_name(name)
            _of(published, name, str)
        return LaboratoryNorms(_read_provenance(content), parameters, published)
    except _Invalid as error:
        raise ValueError(f"{path}: {error}: make it again with agir norms") from None


class _Invalid(ValueError):
    """An entry of a file that cannot be used."""


def _content(path: Path) -> dict:
    """Content of a file of norms of any version."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"{path} is not JSON, expected a file of agir norms: {str(error)[:100]}"
        ) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(
            f"{path} is not a file of norms, expected one that agir norms wrote: name that file"
        )
    return content


def _parameter_norm(name: str, row: object) -> ParameterNorm:
    _check_name(name)
    if not isinstance(row, dict):
        raise _Invalid(f"{name} is {row!r:.40}, expected n, mean and sd")
    n, difference = _of(row, "n", int), row.get("men_minus_women")
    if n < LEAST_SUBJECTS:
        raise _Invalid(f"n of {name} is {n}, expected at least {LEAST_SUBJECTS}")
    norm = ParameterNorm(
        n,
        _number(row, "mean", name),
        _number(row, "sd", name),
        _read_trend(row, "age", name, ADULT_AGE, GREATEST_AGE),
        None if difference is None else _number(row, "men_minus_women", name),
        _read_trend(row, "speed", name, 0.0, 10.0),
    )
    if norm.sd <= 0:
        raise _Invalid(f"sd of {name} is {norm.sd:g}, expected above 0")
    if norm.speed is not None and name not in DEPENDS_ON_SPEED:
        raise _Invalid(f"the norm of {name} changes with speed, expected none that does")
    reason = fault(name, norm)
    if reason:
        raise _Invalid(f"{name}: {reason}")
    return norm


def _read_trend(row: dict, key: str, name: str, least: float, greatest: float) -> Trend | None:
    values = row.get(key)
    if values is None:
        return None
    if not isinstance(values, dict):
        raise _Invalid(f"{key} of {name} is {values!r:.40}, expected slope, centre and range")
    trend = Trend(*(_number(values, field, f"{key} of {name}") for field in _TREND_FIELDS))
    if not least <= trend.least <= trend.centre <= trend.greatest <= greatest:
        raise _Invalid(
            f"{key} of {name} runs from {trend.least:g} to {trend.greatest:g} about "
            f"{trend.centre:g}, expected increasing values within {least:g} to {greatest:g}"
        )
    return trend


def _read_provenance(content: dict) -> Provenance:
    row = _of(content, "provenance", dict)
    age = row.get("mean_age_years")
    sexes, excluded = _of(row, "sexes", dict), _of(row, "excluded", dict)
    deviations = _of(row, "deviations", list)
    if not all(isinstance(entry, dict) for entry in deviations):
        raise _Invalid("deviations are no list of entries with subject, parameter, value and z")
    return Provenance(
        *(_of(row, key, str) for key in ("title", "folder", "date", "package_version")),
        *(_of(row, key, int) for key in ("subjects", "walks")),
        _of(row, "simulated", bool),
        _of(row, "ages_known", int),
        None if age is None else _number(row, "mean_age_years", "provenance"),
        {key: _of(sexes, key, int) for key in (*SEXES, "unknown")},
        {key: _of(excluded, key, str) for key in excluded},
        tuple(
            Deviation(
                _of(entry, "subject", str),
                _of(entry, "parameter", str),
                _number(entry, "value", "deviations"),
                _number(entry, "z", "deviations"),
            )
            for entry in deviations
        ),
    )


def _check_name(name: str) -> None:
    if name not in PARAMETER_NAMES:
        raise _Invalid(f"{name[:40]!r} is not a gait parameter, expected those of agir measure")


def _of(row: dict, key: str, kind: type):
    """Entry of a type; True and False are no numbers."""
    value = row.get(key)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise _Invalid(f"{key} is {value!r:.40}, expected {_KINDS[kind]}")
    return value


def _number(row: dict, key: str, of: str) -> float:
    value = row.get(key)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not abs(value) < _GREATEST_NUMBER:
        raise _Invalid(f"{key} of {of} is {value!r:.40}, expected a finite number")
    return float(value)

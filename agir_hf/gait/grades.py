"""Grades of gait parameters: absent, markedly, moderately or mildly reduced, normal, increased.

The grades of a parameter exclude each other: cut-offs divide the values into intervals, so that
each value has exactly one grade. A parameter has grades only in the direction that is a sign of
impairment; a parameter that is impaired in both directions has grades in both.

Normal ends 1.64 standard deviations from the mean of the norm, the one-sided 95 % reference limit.
The further cut-offs are those of `_LOW` and `_HIGH`: values, multiples of the standard deviation,
or fractions of the mean. Speed has published cut-offs (Perry et al. 1995, Stroke 26:982, made for
persons after a stroke); the others are set by hand, because no published grades were found. Where
the norm of a person is so low or wide that a cut-off would be on the wrong side of the limit of
normal, the cut-off is moved below that limit.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cache

from .norms import Reference
from .parameter_table import PARAMETERS

NORMAL_SD = 1.64  # one-sided 95 % reference limit
LOW, NORMAL, HIGH = "low", "normal", "high"
MILD, MODERATE, MARKED, ABSENT = 1, 2, 3, 4
DEGREES = {MILD: "mildly", MODERATE: "moderately", MARKED: "markedly"}
# Least limit of normal as a fraction of the mean, for norms with a very large SD.
_LEAST_LIMIT = 0.25
# Each cut-off is at most this fraction of the next higher one.
_MOST_OF_NEXT = {MODERATE: 0.85, MARKED: 0.80, ABSENT: 0.70}
_IMPAIRED = {parameter.name: parameter.impaired for parameter in PARAMETERS}


@dataclass(frozen=True)
class Grade:
    """Grade of a value.

    Attributes:
        state: "low", "normal" or "high".
        degree: 0 normal, 1 mild, 2 moderate, 3 marked, 4 absent.
    """

    state: str
    degree: int

    @property
    def impaired(self) -> bool:
        """Whether the grade is a sign of impairment."""
        return self.degree > 0


NORMAL_GRADE = Grade(NORMAL, 0)


@dataclass(frozen=True)
class _CutOffs:
    """Cut-offs beyond the limit of normal.

    Attributes:
        kind: "value" in the parameter's unit, "sd" in standard deviations from the mean, or
            "share" as fractions of the mean.
        moderate: Cut-off between mild and moderate.
        marked: Cut-off between moderate and marked.
        absent: Value below which the movement is absent, in the parameter's unit, or None.
        source: Source of the cut-offs.
    """

    kind: str
    moderate: float
    marked: float
    absent: float | None = None
    source: str = "set by hand"


_PERRY = "Perry et al. 1995, Stroke 26:982 (walking in the household, limited in the community)"
_LENGTH = _CutOffs("share", 0.65, 0.45, None, "set by hand, after Morris et al. 1996 (shuffling)")
_ARM = _CutOffs("share", 0.40, 0.20, 4.0, "set by hand; absent is below the error of measurement")
_RANGE = _CutOffs("share", 0.70, 0.55)
_TIMES = _CutOffs("sd", 2.5, 3.5)
_WIDE = _CutOffs("sd", 3.0, 5.0)
_PATTERSON = "limit of normal: Patterson et al. 2010, Gait Posture 31:241; others set by hand"
_UNEVEN = _CutOffs("value", 15.0, 25.0, None, _PATTERSON)
_LOW = {
    "speed_m_per_s": _CutOffs("value", 0.8, 0.4, None, _PERRY),
    "cadence_steps_per_min": _TIMES,
    "step_time_s": _TIMES,
    "stride_time_s": _TIMES,
    "step_length_m": _LENGTH,
    "step_length_left_m": _LENGTH,
    "step_length_right_m": _LENGTH,
    "stride_length_m": _LENGTH,
    "step_width_m": _CutOffs("share", 0.35, 0.20),
    "swing_percent": _WIDE,
    "toe_clearance_m": _CutOffs("value", 0.011, 0.007, 0.004),
    "foot_strike_angle_deg": _CutOffs(
        "value", 7.5, 4.5, 2.0, "set by hand; absent: flat within the error of measurement"
    ),
    "arm_swing_left_deg": _ARM,
    "arm_swing_right_deg": _ARM,
    "shoulder_hip_phase_deg": _CutOffs("share", 0.35, 0.20),
    "hip_range_deg": _RANGE,
    "knee_range_deg": _RANGE,
    "ankle_range_deg": _RANGE,
}
_HIGH = {
    "cadence_steps_per_min": _TIMES,
    "step_time_s": _TIMES,
    "stride_time_s": _TIMES,
    "step_width_m": _TIMES,
    "stance_percent": _WIDE,
    "double_support_percent": _WIDE,
    "pelvic_sway_m": _TIMES,
    "speed_cv_percent": _WIDE,
    "stride_time_cv_percent": _WIDE,
    "step_time_cv_percent": _WIDE,
    "step_length_cv_percent": _WIDE,
    "arm_swing_asymmetry_percent": _CutOffs(
        "value", 130.0, 160.0, None, "set by hand: healthy adults reach about 100 (Killeen 2018)"
    ),
    "step_time_asymmetry_percent": _UNEVEN,
    "step_length_asymmetry_percent": _UNEVEN,
    "trunk_flexion_deg": _CutOffs("value", 12.0, 20.0),
    "turn_steps": _CutOffs("value", 6.0, 9.0),
    "turn_time_s": _CutOffs("value", 3.5, 5.0),
}
# Parameters with negative values: all their cut-offs are multiples of the standard deviation.
_SIGNED = ("margin_of_stability_ap_m", "margin_of_stability_ml_m")
CAN_BE_ABSENT = tuple(name for name, row in _LOW.items() if row.absent is not None)
_GENERAL = _CutOffs("sd", 2.5, 3.5)  # of a parameter that only a laboratory has a norm of


@cache
def scale(name: str) -> tuple[Grade, ...]:
    """Grades of a parameter, from the lowest to the highest value.

    Args:
        name: Name of a parameter of `agir_hf.gait.PARAMETERS`.

    Returns:
        The grades. Their number is one more than that of the cut-offs.

    Example:
        ```python
        >>> from agir_hf.gait.grades import grade_words, scale
        >>> [grade_words(grade) for grade in scale("toe_clearance_m")]
        ['absent', 'markedly reduced', 'moderately reduced', 'mildly reduced', 'normal']

        ```
    """
    low = [Grade(LOW, MARKED), Grade(LOW, MODERATE), Grade(LOW, MILD)]
    if name in CAN_BE_ABSENT:
        low = [Grade(LOW, ABSENT), *low]
    high = [Grade(HIGH, degree) for degree in (MILD, MODERATE, MARKED)]
    impaired = _IMPAIRED[name]
    return (
        *(low if impaired in ("low", "either") else ()),
        NORMAL_GRADE,
        *(high if impaired in ("high", "either") else ()),
    )


def cut_offs(name: str, norm: Reference) -> tuple[float, ...]:
    """Values that divide the grades of a parameter.

    Args:
        name: Name of a parameter of `agir_hf.gait.PARAMETERS`.
        norm: Norm of the parameter.

    Returns:
        Strictly increasing values in the parameter's unit, one less than the grades of `scale`.
        A value that equals a cut-off has the grade above it.

    Example:
        ```python
        >>> from agir_hf.gait import reference
        >>> from agir_hf.gait.grades import cut_offs
        >>> [round(value, 2) for value in cut_offs("speed_m_per_s", reference("speed_m_per_s"))]
        [0.4, 0.8, 0.94]

        ```
    """
    impaired = _IMPAIRED[name]
    low = _low_cut_offs(name, norm) if impaired in ("low", "either") else ()
    high = _high_cut_offs(name, norm) if impaired in ("high", "either") else ()
    return (*low, *high)


def grade_of(name: str, value: float, norm: Reference) -> Grade:
    """Return the grade of a value; each value has exactly one.

    Args:
        name: Name of a parameter of `agir_hf.gait.PARAMETERS`.
        value: Value in the parameter's unit.
        norm: Norm of the parameter.

    Example:
        ```python
        >>> from agir_hf.gait import reference
        >>> from agir_hf.gait.grades import grade_of, grade_words
        >>> grade_words(grade_of("speed_m_per_s", 0.55, reference("speed_m_per_s")))
        'moderately reduced'

        ```
    """
    return scale(name)[bisect_right(cut_offs(name, norm), value)]


def distance_sd(name: str, value: float, grade: Grade, norm: Reference) -> float:
    """Distance of a value from the interval of a grade, in standard deviations of the norm.

    Args:
        name: Name of a parameter of `agir_hf.gait.PARAMETERS`.
        value: Value in the parameter's unit.
        grade: One of the grades of the parameter.
        norm: Norm of the parameter.

    Returns:
        The distance, 0 if the value has the grade.
    """
    index, limits = scale(name).index(grade), cut_offs(name, norm)
    lower = limits[index - 1] if index else float("-inf")
    upper = limits[index] if index < len(limits) else float("inf")
    return max(lower - value, value - upper, 0.0) / norm.sd


def grade_words(grade: Grade) -> str:
    """Return a grade in words, such as "markedly reduced", "absent" or "normal".

    Args:
        grade: A grade; the degree 0 with the state "low" or "high" is without a degree.
    """
    if grade.state == NORMAL:
        return "normal"
    if grade.degree == ABSENT:
        return "absent"
    word = "reduced" if grade.state == LOW else "increased"
    return f"{DEGREES[grade.degree]} {word}" if grade.degree else word


def cut_off_source(name: str) -> str:
    """Return the source of the cut-offs of a parameter beyond the limit of normal.

    Args:
        name: Name of a parameter of `agir_hf.gait.PARAMETERS`.
    """
    rows = [table[name].source for table in (_LOW, _HIGH) if name in table]
    return rows[0] if rows else _GENERAL.source


def _low_cut_offs(name: str, norm: Reference) -> list[float]:
    """Cut-offs below the mean, increasing: (absent), marked, moderate, limit of normal."""
    row = _LOW.get(name, _GENERAL)
    if name in _SIGNED:
        factors = (row.marked, row.moderate, NORMAL_SD)
        return [norm.mean - factor * norm.sd for factor in factors]
    limit = max(norm.mean - NORMAL_SD * norm.sd, _LEAST_LIMIT * norm.mean)
    cuts = {MODERATE: row.moderate, MARKED: row.marked}
    if row.kind == "sd":
        cuts = {degree: norm.mean - factor * norm.sd for degree, factor in cuts.items()}
        if cuts[MARKED] > 0:
            return [cuts[MARKED], cuts[MODERATE], limit]
    elif row.kind == "share":
        cuts = {degree: factor * norm.mean for degree, factor in cuts.items()}
    if row.absent is not None:
        cuts[ABSENT] = row.absent
    result = [limit]
    for degree, cut in cuts.items():
        result.insert(0, min(cut, _MOST_OF_NEXT[degree] * result[0]))
    return result


def _high_cut_offs(name: str, norm: Reference) -> list[float]:
    """Cut-offs above the mean, increasing: limit of normal, moderate, marked."""
    row = _HIGH.get(name, _GENERAL)
    limit = norm.mean + NORMAL_SD * norm.sd
    factors = (row.moderate, row.marked)
    if row.kind == "sd":
        return [limit, *(norm.mean + factor * norm.sd for factor in factors)]
    if row.kind == "share":
        factors = tuple(factor * norm.mean for factor in factors)
    moderate = max(factors[0], limit + 0.5 * norm.sd)
    return [limit, moderate, max(factors[1], moderate + 0.5 * norm.sd)]

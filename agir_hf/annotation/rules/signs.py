"""Signs of a walk for the rule-based writer: graded quantities, most deviant first.

A topic is a quantity of the lexicon with its signs: one sign for the whole walk or for both sides,
or two if left and right have different grades.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from ...gait.grades import HIGH, LOW, NORMAL_GRADE, NORMAL_SD, Grade, distance_sd, scale
from ...gait.grounding import quantity_grade
from ...gait.norms import Norms

# Quantities of each part with their weight for the gait score, set by hand.
PARTS: dict[str, dict[str, float]] = {
    "foot": {
        "step_length": 1.0, "foot_lift": 0.9, "heel_strike": 0.8, "step_asymmetry": 0.5,
        "step_length_variability": 0.45, "step_width": 0.4, "hip_range": 0.35, "knee_range": 0.3,
        "ankle_range": 0.3,
    },
    "arm": {"arm_swing": 0.9, "arm_asymmetry": 0.4, "trunk_coordination": 0.4},
    "overall": {
        "speed": 1.0, "turning": 0.8, "posture": 0.7, "rhythm": 0.6, "double_support": 0.55,
        "cadence": 0.5, "sway": 0.5,
    },
}  # fmt: skip
WEIGHTS = {name: weight for part in PARTS.values() for name, weight in part.items()}
PART_OF = {name: part for part, names in PARTS.items() for name in names}
_SIDED = ("step_length", "arm_swing")
SIDES = ("left", "right")
# Quantities of which it is said if they are better than in nearly all healthy adults, with the
# state that they then have.
_AMPLE = {
    "step_length": HIGH, "foot_lift": HIGH, "hip_range": HIGH, "ankle_range": HIGH,
    "arm_swing": HIGH, "trunk_coordination": HIGH, "speed": HIGH, "double_support": LOW,
}  # fmt: skip


@dataclass(frozen=True)
class Sign:
    """A graded quantity on a side.

    Attributes:
        quantity: Quantity of the lexicon, such as "step_length".
        side: "left", "right", "both", or "" for the whole walk.
        grade: Grade of the measured value. The state "high" or "low" with the degree 0 is a value
            that is better than in nearly all healthy adults, such as long steps.
        beyond_sd: Distance from the limit of normal in standard deviations of the norm: positive
            beyond the limit, negative within it.
    """

    quantity: str
    side: str
    grade: Grade
    beyond_sd: float

    @property
    def ample(self) -> bool:
        """Whether the value is better than in nearly all healthy adults."""
        return not self.grade.degree and self.grade != NORMAL_GRADE


@dataclass(frozen=True)
class Topic:
    """What there is to say about a quantity.

    Attributes:
        quantity: Quantity of the lexicon.
        signs: One sign, or those of the left and the right side, the worse one first.
    """

    quantity: str
    signs: tuple[Sign, ...]

    @property
    def sign(self) -> Sign:
        """The worst sign."""
        return self.signs[0]

    @property
    def degree(self) -> int:
        """Degree of the worst sign: 0 normal, 1 mild, 2 moderate, 3 marked, 4 absent."""
        return self.sign.grade.degree

    @property
    def state(self) -> str:
        """State of the worst sign: "low", "normal" or "high"."""
        return self.sign.grade.state

    @property
    def ample(self) -> bool:
        """Whether no sign is impaired and the value is ample on a side or in the whole walk."""
        return not self.degree and any(sign.ample for sign in self.signs)

    @property
    def weight(self) -> float:
        """Weight of the worst sign in the text."""
        beyond = min(max(self.sign.beyond_sd, -3.0), 6.0)
        return WEIGHTS[self.quantity] * (1.0 + self.degree + 0.1 * beyond)


@dataclass(frozen=True)
class Walk:
    """Gait parameters of a walk, with what their norms depend on.

    Attributes:
        parameters: Measured gait parameters, name → value.
        age: Age of the subject in years, or None.
        sex: "male", "female" or None.
        norms: Norms of a laboratory, or None for the published norms.
        quantities: Quantities of the lexicon that may be spoken of, or None for all.
    """

    parameters: Mapping[str, float]
    age: float | None = None
    sex: str | None = None
    norms: Norms | None = None
    quantities: Collection[str] | None = None

    def sign(self, quantity: str, side: str = "") -> Sign | None:
        """Grade a quantity, or return None if it was not measured or has no norm.

        Args:
            quantity: Quantity of the lexicon.
            side: "left", "right" or "".
        """
        graded = quantity_grade(quantity, side, self.parameters, self.age, self.sex, self.norms)
        if graded is None:
            return None
        name, value, norm = graded.parameter, graded.value, graded.norm
        if graded.grade.degree:
            beyond = distance_sd(name, value, NORMAL_GRADE, norm)
            return Sign(quantity, side, graded.grade, beyond)
        mild = [grade for grade in scale(name) if grade.degree == 1]
        beyond = -min(distance_sd(name, value, grade, norm) for grade in mild)
        state = _AMPLE.get(quantity)
        ample = state and norm.z(value) * (1 if state == HIGH else -1) >= NORMAL_SD
        return Sign(quantity, side, Grade(state, 0) if ample else graded.grade, beyond)


def read_topics(walk: Walk) -> dict[str, Topic]:
    """Find what there is to say about a walk.

    Args:
        walk: The measured walk.

    Returns:
        Quantity → topic, of the quantities that may be spoken of, were measured and have a norm.
    """
    topics = {}
    for quantity in WEIGHTS if walk.quantities is None else check_quantities(walk.quantities):
        signs = _sided(walk, quantity) if quantity in _SIDED else ()
        whole = walk.sign(quantity)
        if not signs and whole is not None:
            signs = (whole,)
        if signs:
            topics[quantity] = Topic(quantity, signs)
    return topics


def check_quantities(names: Collection[str]) -> tuple[str, ...]:
    """Return quantities in the order in which texts are planned.

    Args:
        names: Quantities of the lexicon, such as "step_length".

    Raises:
        ValueError: There is none, or one of them is not a quantity of this writer.
    """
    if isinstance(names, str):
        raise ValueError(f"quantities are the text {names!r}, expected a list of names")
    unknown = [name for name in names if name not in WEIGHTS]
    if unknown or not names:
        came = ", ".join(map(repr, unknown)) or "an empty list"
        raise ValueError(f"quantities contain {came}, expected names of {', '.join(WEIGHTS)}")
    return tuple(name for name in WEIGHTS if name in names)


def _sided(walk: Walk, quantity: str) -> tuple[Sign, ...]:
    """Signs of the sides: one if both have the same grade, none if no side was measured."""
    signs = [sign for side in SIDES if (sign := walk.sign(quantity, side)) is not None]
    if len(signs) == 1:
        return tuple(signs) if quantity == "arm_swing" else ()
    if len(signs) == 2 and signs[0].grade == signs[1].grade:
        worse = max(signs, key=lambda sign: sign.beyond_sd)
        return (replace(worse, side="both"),)
    return tuple(sorted(signs, key=lambda sign: (-sign.grade.degree, -sign.beyond_sd)))


def regrade(topic: Topic, change: Callable[[Sign], Grade]) -> Topic:
    """Return a topic with other grades.

    Args:
        topic: Topic of a walk.
        change: Function that returns the new grade of a sign.
    """
    signs = [replace(sign, grade=change(sign)) for sign in topic.signs]
    if len({sign.grade for sign in signs}) == 1 and len(signs) == 2:
        return Topic(topic.quantity, (replace(signs[0], side="both"),))
    return Topic(topic.quantity, tuple(sorted(signs, key=lambda sign: -sign.grade.degree)))


def impaired_state(quantity: str, default: str) -> str:
    """State of a quantity that is a sign of impairment.

    Args:
        quantity: Quantity of the lexicon.
        default: State to return if both directions are impaired.
    """
    if quantity in ("cadence", "step_width"):
        return default
    high = ("step_asymmetry", "step_length_variability", "arm_asymmetry", "turning", "posture",
            "rhythm", "double_support", "sway")  # fmt: skip
    return HIGH if quantity in high else LOW


def burden(topics: Mapping[str, Topic]) -> float:
    """Weighted mean of the degrees of all signs, 0 for a normal walk.

    Args:
        topics: Quantity → topic.
    """
    total = sum(WEIGHTS[name] for name in topics)
    degrees = sum(
        WEIGHTS[name] * sum(sign.grade.degree for sign in topic.signs) / len(topic.signs)
        for name, topic in topics.items()
    )
    return degrees / total if total else 0.0

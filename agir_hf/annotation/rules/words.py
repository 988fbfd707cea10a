"""Words of the rule-based writer: nouns of the quantities and the adjectives that go with them."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...gait.grades import MARKED, MILD, MODERATE

# Adverbs of each degree. Those of `STRONG` go with participles ("severely reduced") only.
ADVERBS = {MILD: ("mildly", "slightly"), MODERATE: ("moderately",), MARKED: ("markedly",)}
STRONG = {MILD: (), MODERATE: (), MARKED: ("severely",)}
DEGREE_ADJECTIVES = {MILD: ("mild", "slight"), MODERATE: ("moderate",), MARKED: ("marked",)}
_PARTICIPLES = ("reduced", "decreased", "diminished", "restricted", "prolonged", "increased",
                "slowed", "shortened")  # fmt: skip


@dataclass(frozen=True)
class Noun:
    """A noun phrase for a quantity.

    Attributes:
        text: The noun phrase without article; "{side}" is replaced by a side.
        low: Adjectives of low values.
        high: Adjectives of high values.
        normal: Adjectives of normal values.
        article: "the" or "": article of the noun as a subject.
        plural: Whether the noun is plural.
        before: Whether the adjectives can precede the noun, as in "a reduced foot lift".
        reduction: Whether "a reduction of" or "an increase in" can precede the noun.
    """

    text: str
    low: tuple[str, ...] = ()
    high: tuple[str, ...] = ()
    normal: tuple[str, ...] = ("normal",)
    article: str = ""
    plural: bool = False
    before: bool = True
    reduction: bool = True

    def adjectives(self, state: str) -> tuple[str, ...]:
        """Adjectives of a state, "low", "high" or "normal".

        Args:
            state: The state.
        """
        return getattr(self, state)


@dataclass(frozen=True)
class Vocabulary:
    """Words for a quantity.

    Attributes:
        nouns: Noun phrases with their adjectives.
        sided: Noun phrases with "{side}"; for both sides "{side}" is "both" or the noun is left
            out.
        bare: Names without a state, which claim nothing, as in "step length weighs most".
        normal_clauses: Whole clauses that assert a normal value.
        absent_clauses: Whole clauses that assert that the movement is absent; "{side}" is a side.
        clauses: State → whole clauses with "{degree}" for the adverb.
    """

    nouns: tuple[Noun, ...]
    bare: tuple[str, ...]
    sided: tuple[Noun, ...] = ()
    normal_clauses: tuple[str, ...] = ()
    absent_clauses: tuple[str, ...] = ()
    clauses: dict[str, tuple[str, ...]] = field(default_factory=dict)


_LOW = ("reduced", "decreased", "diminished")
_NORMAL = ("normal", "preserved", "unremarkable")
_ABLE = ("normal", "preserved", "intact")

VOCABULARY = {
    "step_length": Vocabulary(
        nouns=(
            Noun("step length", _LOW, ("above average",), _NORMAL),
            Noun("stride length", _LOW, ("above average",), _NORMAL),
            Noun("steps", ("short", "shortened"), ("long",), ("of normal length",),
                 article="the", plural=True, reduction=False),
            Noun("length of the steps", ("reduced", "decreased"), normal=_NORMAL, article="the",
                 before=False),
        ),
        sided=(
            Noun("{side} step", ("short", "shortened"), normal=("of normal length",),
                 article="the", before=False, reduction=False),
            Noun("{side} step length", ("reduced", "decreased"), article="the", reduction=False),
        ),
        bare=("step length", "the length of the steps"),
        clauses={"low": (
            "the person takes {degree} short steps", "the person takes {degree} shortened steps",
            "the person walks with {degree} short steps",
        )},
    ),
    "foot_lift": Vocabulary(
        nouns=(
            Noun("foot lift", (*_LOW, "low"), ("above average",), _ABLE),
            Noun("foot clearance", (*_LOW, "low"), ("above average",), _ABLE),
            Noun("toe clearance", ("reduced", "decreased", "low"), normal=_ABLE),
            Noun("lift of the feet", ("reduced", "diminished"), normal=_ABLE, article="the",
                 before=False),
        ),
        bare=("foot lift", "the lift of the feet", "foot clearance"),
        normal_clauses=("the feet are lifted well", "the feet clear the floor well"),
        absent_clauses=("foot lift is absent", "foot clearance is absent"),
    ),
    "heel_strike": Vocabulary(
        nouns=(
            Noun("heel strike", (*_LOW, "weak"), normal=_ABLE),
            Noun("heel contact", (*_LOW, "weak"), normal=_ABLE, reduction=False),
        ),
        bare=("heel strike", "heel contact"),
        normal_clauses=("the feet land on the heel", "the heels strike the floor first"),
        absent_clauses=("heel strike is absent", "heel contact is missing",
                        "heel strike is missing"),
    ),
    "step_asymmetry": Vocabulary(
        nouns=(
            Noun("left and right steps", high=("uneven", "unequal", "asymmetric"),
                 normal=("even", "equal", "well matched"), plural=True, before=False,
                 reduction=False),
            Noun("asymmetry of the steps", high=("increased",), article="the", before=False,
                 reduction=False),
        ),
        bare=("the difference between left and right steps",),
        clauses={"high": ("the steps are {degree} uneven between left and right",)},
    ),
    "step_length_variability": Vocabulary(
        nouns=(
            Noun("step length", high=("variable", "inconsistent"),
                 normal=("consistent", "constant"), before=False, reduction=False),
            Noun("step-to-step variability", high=("increased", "high"), before=False),
            Noun("length of the steps", high=("variable", "inconsistent"),
                 normal=("consistent",), article="the", before=False, reduction=False),
            Noun("variability of step length", high=("increased",), article="the", before=False,
                 reduction=False),
        ),
        bare=("step-to-step variability",),
    ),
    "step_width": Vocabulary(
        nouns=(
            Noun("step width", ("reduced", "narrow"), ("increased",)),
            Noun("base of support", ("narrow", "narrowed"), ("wide", "widened"), article="the"),
            Noun("walking base", ("narrow",), ("wide", "widened"), article="the"),
        ),
        bare=("step width", "the base of support"),
    ),
    "hip_range": Vocabulary(
        nouns=(
            Noun("hip movement", ("reduced", "restricted"), ("above average", "large"),
                 ("normal", "preserved")),
            Noun("hip motion", ("reduced", "restricted", "diminished"),
                 ("above average", "large")),
        ),
        bare=("hip movement",),
    ),
    "knee_range": Vocabulary(
        nouns=(
            Noun("knee movement", ("reduced", "restricted"), normal=("normal", "preserved")),
            Noun("knee motion", ("reduced", "restricted", "diminished")),
            Noun("knee flexion", ("reduced", "diminished")),
        ),
        bare=("knee movement",),
        normal_clauses=("the knees move freely",),
    ),
    "ankle_range": Vocabulary(
        nouns=(
            Noun("ankle movement", ("reduced", "restricted"), ("above average", "large"),
                 ("normal", "preserved")),
            Noun("ankle motion", ("reduced", "restricted", "diminished"),
                 ("above average", "large")),
        ),
        bare=("ankle movement",),
    ),
    "arm_swing": Vocabulary(
        nouns=(
            Noun("arm swing", (*_LOW, "restricted"), ("large",), _ABLE),
            Noun("swing of the arms", _LOW, ("large",), _ABLE, article="the", before=False),
        ),
        sided=(
            Noun("swing of the {side} arm", (*_LOW, "restricted"), ("large",), _ABLE,
                 article="the", before=False),
            Noun("{side} arm swing", _LOW, ("large",), _ABLE, article="the", reduction=False),
        ),
        bare=("arm swing", "the swing of the arms"),
        normal_clauses=("the {side} arm swings freely",),
        absent_clauses=("the {side} arm does not swing", "arm swing is absent on the {side}",
                        "there is no arm swing on the {side}"),
        clauses={"low": ("the {side} arm swings {degree} less than expected",)},
    ),
    "arm_asymmetry": Vocabulary(
        nouns=(
            Noun("arm swing", high=("asymmetric", "uneven"), normal=("symmetric", "even"),
                 before=False, reduction=False),
            Noun("arm swing asymmetry", high=("increased",), article="the", before=False),
            Noun("difference between the arms", high=("increased",), article="the",
                 before=False, reduction=False),
        ),
        bare=("the difference between the arms",),
        normal_clauses=("the arms swing evenly", "the arms swing symmetrically"),
    ),
    "trunk_coordination": Vocabulary(
        nouns=(
            Noun("trunk rotation", (*_LOW, "restricted"), ("above average", "large"), _ABLE),
            Noun("counter-rotation of shoulders and pelvis", _LOW, ("large",), _ABLE,
                 article="the", before=False),
            Noun("rotation of the trunk", ("reduced", "restricted"), article="the", before=False),
        ),
        bare=("trunk rotation",),
    ),
    "speed": Vocabulary(
        nouns=(
            Noun("walking speed", ("reduced", "decreased"), ("above average",), _NORMAL),
            Noun("gait speed", ("reduced", "decreased"), ("above average",), _NORMAL),
            Noun("pace", ("slow", "reduced", "slowed"), ("brisk",), ("normal", "unremarkable"),
                 article="the"),
        ),
        bare=("walking speed", "the pace"),
        clauses={"low": ("walking is {degree} slow", "the person walks {degree} slowly")},
    ),
    "cadence": Vocabulary(
        nouns=(
            Noun("cadence", ("reduced", "decreased", "low"), ("increased", "high"),
                 ("normal", "unremarkable")),
            Noun("step rate", ("reduced", "low"), ("increased", "high"), article="the"),
        ),
        bare=("cadence", "the step rate"),
    ),
    "rhythm": Vocabulary(
        nouns=(
            Noun("rhythm", high=("irregular", "variable"), normal=("regular", "steady"),
                 article="the", reduction=False),
            Noun("stride rhythm", high=("irregular",), normal=("regular", "steady"),
                 reduction=False),
            Noun("timing of the steps", high=("variable", "irregular"),
                 normal=("regular", "steady"), article="the", before=False, reduction=False),
        ),
        bare=("the rhythm", "the timing of the steps"),
    ),
    "posture": Vocabulary(
        nouns=(
            Noun("posture", high=("stooped",), normal=("upright", "erect"), reduction=False),
            Noun("trunk", high=("bent forward", "stooped"), normal=("upright",), article="the",
                 before=False, reduction=False),
            Noun("forward lean of the trunk", high=("increased",), normal=("normal",),
                 article="the", before=False, reduction=False),
        ),
        bare=("posture", "the posture of the trunk"),
    ),
    "double_support": Vocabulary(
        nouns=(
            Noun("double support", ("short", "below average"), ("prolonged", "increased"),
                 reduction=False),
            Noun("time on both feet", ("short",), ("prolonged", "increased"), article="the",
                 before=False, reduction=False),
            Noun("double support phase", high=("prolonged",), article="the", reduction=False),
        ),
        bare=("double support", "the time on both feet"),
    ),
    "sway": Vocabulary(
        nouns=(
            Noun("lateral sway", high=("increased",)),
            Noun("sway of the pelvis", high=("increased",), article="the", before=False),
            Noun("side-to-side sway", high=("increased",)),
        ),
        bare=("lateral sway",),
    ),
    "turning": Vocabulary(
        nouns=(
            Noun("turning", high=("slow", "slowed", "prolonged"), normal=("normal",),
                 before=False, reduction=False),
            Noun("turns", high=("slow", "prolonged"), article="the", plural=True, before=False,
                 reduction=False),
        ),
        bare=("turning",),
    ),
}  # fmt: skip
PARTICIPLES = frozenset(_PARTICIPLES)
# Adjectives that a norm can follow, as in "normal for age and sex".
COMPARABLE = PARTICIPLES | {"normal", "low", "short", "slow", "long", "wide",
                            "narrow", "of normal length", "large"}  # fmt: skip
# How the norm of a quantity is named. Norms of speed, step length and cadence depend on age and
# sex, those of phases, sway and trunk rotation on the speed of the walk.
OF_AGE = ("speed", "step_length", "cadence")
OF_PACE = ("double_support", "sway", "trunk_coordination")
NORM_WORDS = {
    "age and sex": ("for age and sex", "for this age and sex",
                    "compared with people of the same age and sex",
                    "against the norm for age and sex"),
    "age": ("for this age", "compared with people of the same age",
            "against the norm for this age"),
    "pace": ("at this speed", "for this speed", "for the speed of this walk"),
    "general": ("compared with older adults", "against the norm of older adults",
                "relative to older adults"),
    "adult": ("compared with other adults", "against the norm of adults",
              "relative to other adults"),
}  # fmt: skip

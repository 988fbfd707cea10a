"""Sentences of the rule-based writer, and the words for each grade of a sign."""

from __future__ import annotations

# Words of each grade: normal, mildly changed, markedly changed. One word of a grade is drawn.
LOW = (
    ("normal", "within the normal range", "preserved", "unremarkable"),
    ("mildly reduced", "slightly reduced", "mildly decreased", "somewhat reduced"),
    ("markedly reduced", "severely reduced", "markedly decreased", "strongly reduced"),
)
_LONG = (
    ("normal", "within the normal range", "unremarkable"),
    ("mildly prolonged", "slightly prolonged", "mildly increased"),
    ("markedly prolonged", "markedly increased", "strongly increased"),
)
HIGH = (
    ("normal", "within the normal range", "unremarkable"),
    ("mildly increased", "slightly increased", "somewhat increased"),
    ("markedly increased", "strongly increased"),
)
_STEADY = (
    ("steady", "consistent", "regular"),
    ("mildly variable", "slightly variable", "mildly inconsistent"),
    ("markedly variable", "severely variable", "markedly inconsistent"),
)
_EVEN = (
    ("even", "symmetric", "equal"),
    ("mildly uneven", "slightly asymmetric", "mildly asymmetric"),
    ("markedly uneven", "markedly asymmetric", "severely asymmetric"),
)
_UPRIGHT = (
    ("upright", "erect"),
    ("mildly stooped", "slightly stooped", "slightly bent forward"),
    ("markedly stooped", "severely stooped", "markedly bent forward"),
)
# Sign: words, and sentences with {w} for a word, {n} for a number, {s} for a side. The sentences of
# different signs begin with different words, so that the first word of a sentence identifies its
# sign.
SENTENCES: dict[str, tuple[tuple, tuple[str, ...]]] = {
    "step_length": (
        LOW,
        (
            "Step length is {w} at about {n}.",
            "Step length, about {n}, is {w}.",
            "Stride amplitude is {w}, with a step length of about {n}.",
        ),
    ),
    "step_variability": (_STEADY, ("From step to step, step length is {w}.",)),
    "step_evenness": (
        _EVEN,
        ("Left and right steps are {w}.", "Left and right steps are {w} in length."),
    ),
    "heel_strike": (LOW, ("Heel strike is {w}.", "Heel strike at initial contact is {w}.")),
    "foot_lift": (LOW, ("Foot lift is {w}.", "Ground clearance is {w}.")),
    "step_width": (HIGH, ("Step width is {w}.", "Base of support is {w}.")),
    "arm_swing": (LOW, ("Arm swing is {w}{s}.", "Arm swing amplitude is {w}{s}.")),
    "arm_evenness": (_EVEN, ("Between the sides, arm swing is {w}.",)),
    "speed": (
        LOW,
        ("Walking speed is {w} at about {n}.", "Gait speed is {w}, about {n}."),
    ),
    "rhythm": (_STEADY, ("Stride rhythm is {w}.", "Rhythm of the strides is {w}.")),
    "posture": (_UPRIGHT, ("Posture is {w}.",)),
    "cadence": (LOW, ("Cadence is {w}.",)),
    "double_support": (_LONG, ("Double support is {w}.",)),
    "sway": (HIGH, ("Lateral sway is {w}.",)),
}
_FOOT = ("step_length", "step_variability", "step_evenness", "heel_strike", "foot_lift",
         "step_width")  # fmt: skip
_ARM = ("arm_swing", "arm_evenness")
_OVERALL = ("speed", "rhythm", "posture", "cadence", "double_support", "sway")
PART_SIGNS = {"foot": _FOOT, "arm": _ARM, "overall": _OVERALL}
# Sign: its name in a sentence that it shares with other signs of the same grade.
SHARED_NAMES = {
    "heel_strike": "heel strike",
    "foot_lift": "foot lift",
    "step_width": "step width",
    "cadence": "cadence",
    "double_support": "double support",
    "sway": "lateral sway",
}
UNCHANGED = ("normal", "within the normal range", "unremarkable")
CLOSING = (
    "{share} of the measured signs are changed.",
    "Taken together, {share_} of the measured signs are changed.",
    "In all, {share_} of the signs that were measured are changed.",
)
NOT_MEASURED = {
    "foot": "The recording does not show enough of the feet to judge them.",
    "arm": "The recording does not show enough of the arms to judge them.",
    "overall": "The recording does not show enough steps to judge the walk as a whole.",
}

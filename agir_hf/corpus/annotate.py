"""Gait parameters -> sentences, by rule: the rationale of a score, what feet and arms do.

Every claim follows from a measured parameter by `RULES`; the wording is graded (normal, mildly,
markedly) with two rounded numbers, in a small vocabulary, ASCII only. Draws from `rng` choose
among paraphrases and never change a claim. The sentences are the project's own: they describe
what the gait item of the MDS-UPDRS looks at and quote nothing of the scale.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

UNEVEN_ARMS_PERCENT = 30.0  # from here the side that swings less is named


@dataclass(frozen=True)
class Rule:
    """When a sign counts as mildly and as markedly changed.

    A sign with `mild < marked` is changed by large values, otherwise by small ones.
    """

    parameter: str
    mild: float
    marked: float
    source: str

    def grade(self, value: float) -> int:
        """0 normal, 1 mildly changed, 2 markedly changed."""
        sign = 1 if self.mild < self.marked else -1
        return int(sign * value >= sign * self.mild) + int(sign * value >= sign * self.marked)


# "between groups" marks a bound that lies midway between the published or simulated means of
# neighbouring severities rather than at a published cut-off.
RULES = {
    "speed": Rule(
        "speed_m_per_s",
        1.05,
        0.80,
        "adults to 80 years walk 1.13-1.34 m/s on average (Bohannon and Williams Andrews 2011); "
        "0.8 m/s bounds unlimited walking in the community (Perry 1995, Stroke 26:982)",
    ),
    "step_length": Rule(
        "step_length_m",
        0.60,
        0.45,
        "older adults about 0.6-0.7 m (Hollman 2011); a third less in moderate disease "
        "(Morris 1996)",
    ),
    "heel_strike": Rule(
        "foot_strike_angle_deg", 17.0, 10.0, "between groups (simulated, after Schlachetzki 2017)"
    ),
    "foot_lift": Rule("toe_clearance_m", 0.029, 0.021, "between groups (simulated)"),
    "arm_swing": Rule("mean_arm_swing_deg", 36.0, 20.0, "between groups (after Mirelman 2016)"),
    "arm_evenness": Rule(
        "arm_swing_asymmetry_percent", UNEVEN_ARMS_PERCENT, 60.0, "between groups (Mirelman 2016)"
    ),
    "posture": Rule("trunk_flexion_deg", 4.0, 7.5, "between groups (simulated)"),
    "rhythm": Rule(
        "stride_time_cv_percent",
        2.0,
        4.0,
        "about 2 % in older adults (Hollman 2011), more in patients (Hausdorff 1998); rough",
    ),
    "step_evenness": Rule("step_asymmetry_percent", 5.0, 10.0, "between groups (simulated)"),
}
ELBOWS = Rule("elbow_flexion_deg", 30.0, 40.0, "between groups (simulated)")
SEVERAL_SIGNS, MOST_SIGNS = 4, 7  # of the nine

_SIGN_WORDS = {
    "speed": "speed",
    "step_length": "step length",
    "heel_strike": "heel strike",
    "foot_lift": "foot lift",
    "arm_swing": "arm swing",
    "arm_evenness": "evenness of the arms",
    "posture": "posture",
    "rhythm": "rhythm",
    "step_evenness": "evenness of the steps",
}
_REDUCED = ("normal", "mildly reduced", "markedly reduced")
_UPRIGHT = ("upright", "mildly stooped", "markedly stooped")
_STEADY = ("steady", "mildly variable", "markedly variable")
_EVEN = ("even", "mildly uneven", "markedly uneven")


def grade_signs(parameters: Mapping[str, float]) -> dict[str, int]:
    """Grade of each sign in `RULES`: 0 normal, 1 mildly changed, 2 markedly changed."""
    values = dict(parameters)
    values["mean_arm_swing_deg"] = _mean_arm_swing(parameters)
    return {sign: rule.grade(values[rule.parameter]) for sign, rule in RULES.items()}


def write_rationale(parameters: Mapping[str, float], rng: np.random.Generator) -> str:
    """Write what a score of the walk rests on.

    The text neither names the score nor paraphrases it: a model that has written it still has to
    judge, and its probabilities of the scores mean something.

    Args:
        parameters: as `measure.measure_walk` returns them.
        rng: chooses among paraphrases.

    Returns:
        Five sentences, 50-90 words: pace, feet, arms, posture and rhythm, and how they weigh.
    """
    grades = grade_signs(parameters)
    sentences = (
        _pace(parameters, grades, rng),
        _feet(grades, rng),
        _arms(parameters, grades, rng),
        _posture(grades, rng),
        _verdict(grades, rng),
    )
    return " ".join(sentences)


def write_foot_description(parameters: Mapping[str, float], rng: np.random.Generator) -> str:
    """Write one sentence, or two, on the steps and the feet."""
    grades = grade_signs(parameters)
    length = ("long", "short", "very short")[grades["step_length"]]
    heel = ("lands on the heel", "lands with little heel strike", "lands flat")
    lift = ("lifts well", "lifts a little less", "hardly lifts")
    foot = f"the foot {lift[grades['foot_lift']]} and {heel[grades['heel_strike']]}"
    even = _EVEN[grades["step_evenness"]]
    return _choose(
        rng,
        f"The walker takes {length} steps that are {even}; {foot}.",
        f"Steps are {length} and {even}. In each step {foot}.",
        f"With {length} steps, {even} between the sides, {foot}.",
    )


def write_arm_description(parameters: Mapping[str, float], rng: np.random.Generator) -> str:
    """Write one sentence, or two, on the arms."""
    grades = grade_signs(parameters)
    swing = ("swing freely", "swing less than normal", "hardly swing")[grades["arm_swing"]]
    bend = ("nearly straight", "bent", "strongly bent")
    elbows = bend[ELBOWS.grade(parameters[ELBOWS.parameter])]
    side = _weaker_arm(parameters)
    sides = f"the {side} arm moves less" if side else "both sides move alike"
    return _choose(
        rng,
        f"The arms {swing} and {sides}; the elbows are {elbows}.",
        f"Both arms {swing}, with elbows {elbows}. In comparison {sides}.",
        f"The elbows are {elbows} and the arms {swing}; {sides}.",
    )


def _choose(rng: np.random.Generator, *texts: str) -> str:
    return texts[int(rng.integers(len(texts)))]


def _mean_arm_swing(parameters: Mapping[str, float]) -> float:
    return (parameters["arm_swing_left_deg"] + parameters["arm_swing_right_deg"]) / 2


def _weaker_arm(parameters: Mapping[str, float]) -> str | None:
    """The side that swings less, None where both are about even."""
    if parameters["arm_swing_asymmetry_percent"] < UNEVEN_ARMS_PERCENT:
        return None
    left_is_weaker = parameters["arm_swing_left_deg"] < parameters["arm_swing_right_deg"]
    return "left" if left_is_weaker else "right"


def _pace(parameters, grades, rng) -> str:
    speed, steps = _REDUCED[grades["speed"]], _REDUCED[grades["step_length"]]
    pace = f"{parameters['speed_m_per_s']:.1f} m/s"
    length = f"{round(20 * parameters['step_length_m']) / 20:.2f} m"
    return _choose(
        rng,
        f"Walking speed is {speed} at about {pace}, and step length is {steps} at about {length}.",
        f"The walker moves at about {pace}, which is {speed}, and step length is {steps} at about "
        f"{length}.",
        f"Step length is {steps} at about {length}, and walking speed is {speed} at about {pace}.",
        f"At about {pace} walking speed is {speed}; with about {length} step length is {steps}.",
    )


def _feet(grades, rng) -> str:
    heel, lift = _REDUCED[grades["heel_strike"]], _REDUCED[grades["foot_lift"]]
    return _choose(
        rng,
        f"Heel strike is {heel} and foot lift is {lift}.",
        f"The foot lift is {lift}, and the heel strike is {heel}.",
        f"At the feet, heel strike is {heel} and foot lift is {lift}.",
    )


def _arms(parameters, grades, rng) -> str:
    swing, side = _REDUCED[grades["arm_swing"]], _weaker_arm(parameters)
    even = _EVEN[grades["arm_evenness"]]
    sides = f"{even}, with less swing on the {side} side" if side else f"{even} between the sides"
    return _choose(
        rng,
        f"Arm swing is {swing} and {sides}.",
        f"The arm swing is {swing}; it is {sides}.",
        f"At the arms, swing is {swing} and {sides}.",
    )


def _posture(grades, rng) -> str:
    trunk, rhythm = _UPRIGHT[grades["posture"]], _STEADY[grades["rhythm"]]
    steps = _EVEN[grades["step_evenness"]]
    return _choose(
        rng,
        f"The trunk is {trunk}, the rhythm of the strides is {rhythm}, and left and right steps "
        f"are {steps}.",
        f"Posture is {trunk}; the stride rhythm is {rhythm} and left and right steps are {steps}.",
        f"Stride rhythm is {rhythm}, left and right steps are {steps}, and the trunk is {trunk}.",
    )


def _verdict(grades, rng) -> str:
    """How many signs are changed, and which two most; the score itself follows the text."""
    changed = sum(grade > 0 for grade in grades.values())
    share = ("few", "several", "most")[int(changed >= SEVERAL_SIGNS) + int(changed >= MOST_SIGNS)]
    marked = [_SIGN_WORDS[sign] for sign, grade in grades.items() if grade == 2][:2]
    most = f"markedly {' and '.join(marked)}" if marked else "none of them markedly"
    return _choose(
        rng,
        f"Weighing all this, {share} of the signs are changed, {most}.",
        f"Taken together, {share} of the signs are changed, {most}.",
        f"Overall, {share} of the signs are changed, {most}.",
    )

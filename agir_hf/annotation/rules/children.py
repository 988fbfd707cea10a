"""Texts about persons below the age of the norms, in which nothing is graded."""

from __future__ import annotations

import numpy as np

from .signs import Walk

_CLEAR_PERCENT = 10.0  # difference between the sides from which it is said
_SCORES = (
    "The score says that walking is not limited; the measured signs are not compared with a norm "
    "and neither support nor contradict it.",
    "The score says that walking is limited slightly; without a norm the measured signs neither "
    "support nor contradict it.",
    "The score says that walking is limited substantially, although no help is needed; without a "
    "norm the measured signs neither support nor contradict it.",
    "The score says that walking needs a device; without a norm the measured signs neither "
    "support nor contradict it.",
    "The score says that another person has to help; without a norm the measured signs "
    "neither support nor contradict it.",
)


def write(walk: Walk, score: int, rng: np.random.Generator) -> dict[str, str]:
    """Write the parts of a text about a person without norms.

    Args:
        walk: The walk.
        score: The score, 0 to 4.
        rng: Random generator that draws the wording.

    Returns:
        Part → text. It compares the sides, which needs no norm, and says that there is no norm.
    """
    adults = ("the norms are those of adults", "the norms describe adults only",
              "norms exist for adults only")  # fmt: skip
    reason = adults[int(rng.integers(len(adults)))]
    return {
        "foot": f"The steps and feet are not graded, because {reason}."
        + _compared(walk, "step_length_{}_m", "foot", "reaches"),
        "arm": "For the same reason the arms are not graded."
        + _compared(walk, "arm_swing_{}_deg", "arm", "travels"),
        "overall": _SCORES[score],
    }


def _compared(walk: Walk, name: str, limb: str, verb: str) -> str:
    """A sentence about the side that moves farther, or an empty text."""
    values = {side: walk.parameters.get(name.format(side)) for side in ("left", "right")}
    if None in values.values():
        return ""
    less, more = sorted(values, key=values.get)
    mean = (values[less] + values[more]) / 2
    if mean <= 0 or 100 * (values[more] - values[less]) / mean < _CLEAR_PERCENT:
        return ""
    return f" The {more} {limb} {verb} farther than the {less} one."

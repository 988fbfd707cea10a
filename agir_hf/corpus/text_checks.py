"""Checks of a text against the measured gait of its own walk, and its counterfactual.

They need no other walk, so that the process that measures a recording makes them.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np

from ..annotation.prompts import Written
from ..annotation.rejected_texts import write_counterfactual
from ..annotation.rule_writer import RuleWriter, spoken_of, stable_number
from ..gait.claims import extract_claims
from ..gait.grounding import NEAR, NOT_MEASURABLE, SUPPORTED, check_claims
from ..gait.norms import Norms
from .store import Annotation, Recorded, TextChecks

_VERSION = 1  # part of every key: after a change all checks are made again


def checks_key(annotation: Annotation, recorded: Recorded, state: str, num_scores: int) -> str:
    """Hash of everything that the checks of a text depend on.

    Args:
        annotation: The text.
        recorded: Measured recording.
        state: State of the rule writer and of the norms, see `RowSettings.rules_state`.
        num_scores: Number of scores.
    """
    item = recorded.item
    content = [
        _VERSION, recorded.id, recorded.parameters, item["score"], item["age"], item["sex"],
        annotation.foot, annotation.arm, annotation.overall, state, num_scores,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def check_text(
    annotation: Annotation,
    recorded: Recorded,
    key: str,
    rules: RuleWriter,
    norms: Norms | None = None,
    num_scores: int = 3,
) -> TextChecks:
    """Check a text against its own walk, and write the counterfactual of the walk.

    Args:
        annotation: The text.
        recorded: Measured recording; its motion is not used.
        key: Result of `checks_key`.
        rules: Rule writer, for the seed and the quantities of the counterfactual.
        norms: Norms of a laboratory, or None for the published norms.
        num_scores: Number of scores, which are 0 to `num_scores` - 1.
    """
    pair = counterfactual(recorded, rules.seed, norms, rules.quantities, num_scores)
    return TextChecks(recorded.id, key, pair, *checked_claims(annotation.written, recorded, norms))


def checked_claims(
    written: Written, recorded: Recorded, norms: Norms | None = None
) -> tuple[tuple[float | None, ...], dict[str, int]]:
    """Check the claims of a text against its own walk, and count what it speaks of.

    Args:
        written: The text.
        recorded: Measured recording; its motion is not used.
        norms: Norms of a laboratory, or None for the published norms.

    Returns:
        `tuple`: `shares` and `reasons` of [`TextChecks`].
    """
    walk = (recorded.parameters, recorded.item["age"], recorded.item["sex"], norms)
    rows = check_claims(extract_claims(written.rationale), *walk)
    reasons = Counter(spoken_of(written, *walk).values())
    return _shares([row.verdict for row in rows]), dict(reasons)


def counterfactual(
    recorded: Recorded,
    seed: int,
    norms: Norms | None = None,
    quantities: Collection[str] | None = None,
    num_scores: int = 3,
) -> tuple[str, int] | None:
    """Rule-based rationale that contradicts the measured gait, and a wrong score.

    Args:
        recorded: Measured recording; its motion is not used.
        seed: Seed of the random generator, with the id of the recording.
        norms: Norms of a laboratory, or None for the published norms.
        quantities: Quantities that the text may speak of, or None for all.
        num_scores: Number of scores, which are 0 to `num_scores` - 1.

    Returns:
        Rationale and score, or None without a score or without a claim to contradict.
    """
    item = recorded.item
    if item["score"] is None:
        return None
    rng = np.random.default_rng([seed, stable_number(recorded.id)])
    try:
        text, wrong_score = write_counterfactual(
            recorded.parameters, item["score"], rng, item["age"], item["sex"], norms, quantities,
            num_scores,
        )  # fmt: skip
    except ValueError:  # no parameter was measured that a claim could contradict
        return None
    return text.rationale, wrong_score


def _shares(verdicts: Sequence[str]) -> tuple[float | None, ...]:
    """Shares of supported, near and contradicted claims, and of claims that can be checked."""
    decided = [verdict for verdict in verdicts if verdict != NOT_MEASURABLE]
    if not decided:
        return None, None, None, 0.0 if verdicts else None
    supported = decided.count(SUPPORTED) / len(decided)
    near = decided.count(NEAR) / len(decided)
    return supported, near, 1.0 - supported - near, len(decided) / len(verdicts)

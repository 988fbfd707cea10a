"""Tables of the consistency of scores, and of their response to medication."""

from __future__ import annotations

import numpy as np

from ...motion.augmentation import NOISE_M
from ...utils.formatting import MISSING, format_number
from ..medication import Medication, SubjectDifference
from ..metrics.significance import LEVEL, RESAMPLES
from ..robustness import Consistency
from .table_format import (
    Table,
    format_interval,
    format_p_value,
    markdown_table,
    simulated_notice,
)


def robustness_markdown(results: Consistency | Medication, simulated: bool, level: int = 2) -> str:
    """Write a table with its caption in Markdown.

    Args:
        results: Output of `consistency` or `medication`.
        simulated: Whether the walks are simulated; the caption states it.
        level: Level of the heading.

    Returns:
        Markdown text.
    """
    make = _consistency_table if isinstance(results, Consistency) else _medication_table
    return markdown_table(make(results, simulated_notice(simulated) or "Recorded walks."), level)


def _consistency_table(results: Consistency, walks: str) -> Table:
    caption = (
        f"{walks} {results.walks} walks of {results.subjects} subjects, scored without and with "
        "each perturbation. The true score is not used: a model that gives all walks the same "
        "score never changes it. Score changed: share of walks; in brackets the "
        f"{LEVEL:.0%} percentile interval of {RESAMPLES} bootstrap resamples of subjects, too "
        "narrow where they are few. Change: mean |difference| of the predicted scores. Total "
        "variation: half the sum of |differences| of the probabilities, mean. Turned is a control: "
        "features contain neither heading nor position. "
        f"Noise has a standard deviation of {NOISE_M * 1000:g} mm and is not smoothed; frame rates "
        f"are changed with cubic splines without a low-pass filter; seed {results.seed}."
    )
    lines = [
        [
            change.perturbation,
            str(change.walks),
            format_interval(change.changed),
            format_number(change.mean_absolute_change),
            format_number(change.total_variation),
        ]
        for change in results.changes
    ]
    header = ["perturbation", "walks", "score changed", "change", "total variation"]
    return Table("consistency", "Consistency under perturbations", caption, header, lines)


def _medication_table(results: Medication, walks: str) -> Table:
    both = results.subjects - results.subjects_without_both
    basis = "expected score (sum of k p_k)" if results.by_expected else "predicted score"
    caption = (
        f"{walks} {results.walks} walks of {results.subjects} subjects; {both} subjects have walks "
        f"both OFF and ON medication, {results.subjects_without_both} have not and are left out, "
        f"as are {results.walks_unknown} walks with unknown medication. Differences are means over "
        f"subjects of OFF minus ON, each of a subject's mean scores. Right, wrong, none: the "
        f"{basis} changes as the true score does, in the other direction, or not. Claimed: the "
        "predicted scores differ where the true scores do not. p: exact two-sided sign test of "
        "right against wrong."
    )
    names = ["true", "predicted"] + ["expected"] * results.by_expected
    differ, same = (
        [row for row in results.differences if (row.direction is None) is equal]
        for equal in (False, True)
    )
    lines = [
        [
            "differ",
            str(results.differing),
            *_means(differ, names),
            str(results.right),
            str(results.wrong),
            str(results.no_difference),
            MISSING,
            format_p_value(results.p_value),
        ],
        [
            "do not differ",
            str(results.same),
            *_means(same, names),
            *[MISSING] * 3,
            str(results.claimed),
            MISSING,
        ],
    ]
    header = ["true scores", "subjects", *(f"{name} difference" for name in names)]
    header += ["right", "wrong", "none", "claimed", "p"]
    return Table("medication", "OFF and ON medication", caption, header, lines)


def _means(differences: list[SubjectDifference], names: list[str]) -> list[str]:
    if not differences:
        return [MISSING] * len(names)
    return [
        format_number(float(np.mean([getattr(row, name) for row in differences])), "+.3f")
        for name in names
    ]

"""Baselines that stand beside every probe, one subject left out at a time."""

from collections.abc import Mapping, Sequence

import numpy as np

from ...motion.augmentation import mirrored_features
from ..reporting.results import Row
from .baselines import fit_forest, fit_logistic, fit_majority, mean_and_spread, parameter_table
from .linear_probe import Clips, Walks, cut, leave_one_out

MIRRORED = "{}, with the mirror image"


def plain_rows(
    motions: Sequence[np.ndarray],
    parameters: Sequence[Mapping[str, float]],
    walks: Walks,
    seeds: Sequence[int] = (0, 1, 2),
    mirrored: bool = False,
) -> list[Row]:
    """Majority class, forest and regression on measured gait, mean and spread of the features.

    Args:
        motions: (L, 263) features of each walk, not normalised.
        parameters: of each walk, name → value, without what was not measured.
        walks: whose they are.
        seeds: of the forest; nothing is drawn for the others.
        mirrored: also means and spreads of the features averaged with their mirror image's.
    """
    measured = Clips(parameter_table(parameters), np.arange(len(parameters)))
    owner, parts = cut(motions)
    raw = np.array([mean_and_spread(one) for one in parts])
    name = "mean and spread of the features"
    rows = [
        leave_one_out("majority class", measured, walks, fit=fit_majority),
        leave_one_out("random forest on gait parameters", measured, walks, seeds, fit_forest),
        leave_one_out("logistic regression on gait parameters", measured, walks, fit=fit_logistic),
        leave_one_out(name, Clips(raw, owner), walks),
    ]
    if mirrored:
        other = np.array([mean_and_spread(mirrored_features(one)) for one in parts])
        rows.append(leave_one_out(MIRRORED.format(name), Clips((raw + other) / 2, owner), walks))
    return rows

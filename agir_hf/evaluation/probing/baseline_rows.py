"""Baseline rows of every probe, one subject left out at a time."""

from collections.abc import Mapping, Sequence

import numpy as np

from ...humanml3d import mirrored_features
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
    """Judge walks without a trained encoder.

    Args:
        motions: HumanML3D features of each walk, shape (L, 263), not normalised.
        parameters: Measured gait parameters of each walk, name → value.
        walks: Names, subjects and labels of the walks.
        seeds: Seeds of the random forest; the other baselines are deterministic.
        mirrored: Add a row whose means and standard deviations are averaged with those of the
            mirror image.

    Returns:
        Rows of the majority class, random forest and logistic regression on gait parameters, and
        the linear probe on mean and standard deviation of the features.
    """
    measured = Clips(parameter_table(parameters), np.arange(len(parameters)))
    owner, clips = cut(motions)
    raw = np.array([mean_and_spread(clip) for clip in clips])
    name = "mean and spread of the features"
    rows = [
        leave_one_out("majority class", measured, walks, fit=fit_majority),
        leave_one_out("random forest on gait parameters", measured, walks, seeds, fit_forest),
        leave_one_out("logistic regression on gait parameters", measured, walks, fit=fit_logistic),
        leave_one_out(name, Clips(raw, owner), walks),
    ]
    if mirrored:
        mirror = np.array([mean_and_spread(mirrored_features(clip)) for clip in clips])
        rows.append(leave_one_out(MIRRORED.format(name), Clips((raw + mirror) / 2, owner), walks))
    return rows

"""Difficulty of a simulated cohort, and its similarity to a real cohort.

    agir corpus simulate runs/cohort && python recipes/cohort_realism.py runs/cohort
    python recipes/cohort_realism.py runs/cohort --real FOLDER

Prints the leave-one-subject-out macro-F1 of a random forest on the true gait parameters and of the
majority class (three scores, all walks pooled; mean over three seeds of the forest).

FOLDER has published statistics of HumanML3D features of real Parkinson cohorts
(``carepd_*_Mean.npy`` and ``carepd_*_Std_FEAT_BIAS_included.npy`` of CARE-PD). With it, prints the
share of features whose mean is within half a standard deviation of the mean of the real cohort, for
the simulated cohort and for another real cohort, and the ratio of the standard deviations of each
block of features.

The real statistics are at 30 frames per second, the simulated features at 20. Velocities per frame
are scaled; foot contacts are left out, because their threshold is per frame.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
from tqdm import tqdm

from agir_hf.corpus.cohorts import read_source
from agir_hf.corpus.normalization import BIASED, FEATURE_BIAS, Moments
from agir_hf.humanml3d import FEATURE_SLICES, joints_to_features
from agir_hf.motion import read_recording, to_joints

REAL, OTHER = "BMCLab", "PD-GaM"
FRAME_RATE_RATIO = 30 / 20  # real over simulated
PER_FRAME = ("root_yaw_velocity", "root_linear_velocity", "joint_velocities")
KEPT = [name for name in FEATURE_SLICES if name != "foot_contact"]
SEEDS = (0, 1, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cohort", type=Path, help="folder that agir corpus simulate wrote")
    parser.add_argument("--real", type=Path, help="folder of published statistics of real cohorts")
    options = parser.parse_args()
    forest, majority, walks = difficulty(options.cohort / "truth.csv")
    print(f"{walks} simulated walks; macro-F1, leave one subject out, pooled over walks")
    print(f"  random forest on true parameters  {np.mean(forest):.3f}  (seeds: {_listed(forest)})")
    print(f"  majority class                    {majority:.3f}")
    if options.real:
        near, other, ratios = similarity(features_of(options.cohort), options.real)
        print(f"features within half an SD of the mean of {REAL} (without foot contacts)")
        print(f"  simulated  {near:.3f}\n  {OTHER:9}  {other:.3f}")
        print(f"SD of each block, simulated over {REAL}")
        for name, ratio in ratios.items():
            print(f"  {name:22} {ratio:.2f}")


def _listed(values) -> str:
    return ", ".join(f"{value:.3f}" for value in values)


def difficulty(table: Path) -> tuple[list[float], float, int]:
    """Compute macro-F1 of random forests and of the majority class, and count the scored walks."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import f1_score

    with table.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["score"] != "-"]
    names = [name for name in rows[0] if name not in ("trial", "session", "score")]
    inputs = np.array([[float(row[name] or "nan") for name in names] for row in rows])
    inputs = np.where(np.isnan(inputs), np.nanmedian(inputs, axis=0), inputs)
    scores = np.array([int(row["score"]) for row in rows])
    subjects = np.array([row["session"].partition("_")[0] for row in rows])
    results = []
    for seed in SEEDS:
        predicted = np.empty_like(scores)
        for subject in tqdm(sorted(set(subjects)), desc="forest", leave=False):
            held_out = subjects == subject
            forest = RandomForestClassifier(200, class_weight="balanced", random_state=seed)
            predicted[held_out] = forest.fit(inputs[~held_out], scores[~held_out]).predict(
                inputs[held_out]
            )
        results.append(float(f1_score(scores, predicted, average="macro")))
    majority = np.full_like(scores, np.bincount(scores).argmax())
    return results, float(f1_score(scores, majority, average="macro", zero_division=0)), len(rows)


def features_of(cohort: Path) -> Moments:
    """Compute the moments (mean and variance) of the features of all recordings of a cohort."""
    items = read_source(cohort).items
    return Moments.of(
        joints_to_features(to_joints(read_recording(item.path)).joints)
        for item in tqdm(items, desc="features", leave=False)
    )


def similarity(ours: Moments, folder: Path) -> tuple[float, float, dict[str, float]]:
    """Shares of similar features of the simulated and another real cohort, and ratios of SDs."""
    real, other = (np.load(folder / f"carepd_{name}_Mean.npy") for name in (REAL, OTHER))
    real_spread = np.load(folder / f"carepd_{REAL}_Std_FEAT_BIAS_included.npy").copy()
    mean, spread = ours.statistics()
    mean, spread = mean.copy(), spread.copy()
    for name in FEATURE_SLICES:
        part = FEATURE_SLICES[name]
        if name in BIASED:
            spread[part] *= FEATURE_BIAS
            real_spread[part] *= FEATURE_BIAS
        if name in PER_FRAME:
            mean[part] /= FRAME_RATE_RATIO
            spread[part] /= FRAME_RATE_RATIO
    kept = np.concatenate([np.arange(263)[FEATURE_SLICES[name]] for name in KEPT])
    near, other_near = (
        float((np.abs(means - real) < 0.5 * real_spread)[kept].mean()) for means in (mean, other)
    )
    ratios = {
        name: float(spread[FEATURE_SLICES[name]].mean() / real_spread[FEATURE_SLICES[name]].mean())
        for name in KEPT
    }
    return near, other_near, ratios


if __name__ == "__main__":
    main()

"""How often a score changes when the same walk is presented in another way.

`consistency` scores each walk again after each of `PERTURBATIONS`: mirrored, turned, cropped, at
another frame rate, with noise. The true score is not used: a model that gives all walks the same
score never changes it, and is still useless.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from zlib import crc32

import numpy as np

from ..constants_agir import MIN_WALK_S
from ..humanml3d import FPS, features_to_joints, joints_to_features
from ..motion.augmentation import PERTURBATIONS, Perturbation, TooShortError, with_even_sides
from .metrics.significance import Interval, subject_bootstrap
from .reporting.results import Prediction

MIN_WALK_FRAMES = int(MIN_WALK_S * FPS)
_SUM_TOLERANCE = 1e-4  # of probabilities, as in `metrics.classification.calibration_error`

Scorer = Callable[[list[np.ndarray]], np.ndarray]


@dataclass(frozen=True)
class Change:
    """Effect of one perturbation on the scores.

    Attributes:
        perturbation: Name of the perturbation.
        walks: Number of walks that could be perturbed.
        changed: Share of these walks whose score changed. None where there are no such walks.
        mean_absolute_change: Mean absolute change in scores.
        total_variation: Mean over walks of half the sum of |change| of the probabilities, 0 … 1.
            None where the scorer gives no probabilities.
    """

    perturbation: str
    walks: int
    changed: Interval | None
    mean_absolute_change: float | None
    total_variation: float | None


@dataclass(frozen=True)
class Consistency:
    """Effect of every perturbation on the scores.

    Attributes:
        walks: Number of walks.
        subjects: Number of subjects.
        seed: Seed of the random generators.
        changes: One `Change` for each perturbation.
    """

    walks: int
    subjects: int
    seed: int
    changes: list[Change]

    def to_dict(self) -> dict:
        """Return JSON values."""
        return asdict(self)


def consistency(
    score: Scorer,
    walks: Sequence[np.ndarray],
    ids: Sequence[str],
    subjects: Sequence[str],
    seed: int = 0,
    *,
    perturbations: dict[str, Perturbation] = PERTURBATIONS,
) -> Consistency:
    """Score walks without and with each perturbation.

    Args:
        score: Function from a list of HumanML3D features (N, 263), not normalised, to
            probabilities of the scores 0 … K - 1, shape (W, K), of which the most probable counts,
            or to whole scores, shape (W,).
        walks: Joint positions (T, 22, 3), metres, Y up, 20 fps; or features (N, 263), which are
            converted to joints first, so that the unperturbed walk makes the same round trip.
        ids: Name of each walk, all different. The random numbers of a walk depend on its name, the
            name of the perturbation and the seed only, not on the other walks.
        subjects: Subject of each walk; the intervals resample subjects.
        seed: Seed of the random generators.
        perturbations: Name → function. Walks for which it raises `TooShortError` are left out.

    Returns:
        The effect of every perturbation.

    Raises:
        ValueError: The lists differ in length, a name occurs twice, an array is not a walk or is
            shorter than 1 s, or the scorer returns another form.
    """
    check_lengths(walks=walks, ids=ids, subjects=subjects)
    names = [str(name) for name in ids]
    if len(set(names)) < len(names):
        repeated = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"walk {repeated!r} occurs more than once, expected different names")
    prepared = [_prepared(walk, name) for walk, name in zip(walks, names, strict=True)]
    before = _answers(score, [features for _, features in prepared])
    changes = []
    for kind, perturb in perturbations.items():
        perturbed = _perturbed(kind, perturb, [joints for joints, _ in prepared], names, seed)
        if not perturbed:
            changes.append(Change(kind, 0, None, None, None))
            continue
        after = _answers(score, joints_to_features(list(perturbed.values())))
        labels = [(names[index], subjects[index]) for index in perturbed]
        changes.append(_change(kind, labels, before.select(list(perturbed)), after, seed))
    return Consistency(len(names), len(set(map(str, subjects))), seed, changes)


def _prepared(walk: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Joints of a walk, and the features of these joints."""
    try:
        joints = np.asarray(walk)
        if joints.ndim == 2:
            joints = with_even_sides(features_to_joints(joints))
        features = joints_to_features(joints)
    except ValueError as error:
        raise ValueError(f"walk {name!r}: {error}") from error
    if len(joints) < MIN_WALK_FRAMES:
        raise ValueError(
            f"walk {name!r} has {len(joints)} frames, expected at least {MIN_WALK_FRAMES} (1 s)"
        )
    return joints, features


def _perturbed(
    kind: str, perturb: Perturbation, walks: list[np.ndarray], names: list[str], seed: int
) -> dict[int, np.ndarray]:
    """Index of a walk → its perturbed joints, of the walks that are long enough."""
    joints_of = {}
    for index, (joints, name) in enumerate(zip(walks, names, strict=True)):
        rng = np.random.default_rng([seed, crc32(kind.encode()), crc32(name.encode())])
        with suppress(TooShortError):
            joints_of[index] = perturb(joints, rng)
    return joints_of


@dataclass(frozen=True, eq=False)
class _Answers:
    scores: np.ndarray  # (W,) int
    probabilities: np.ndarray | None  # (W, K)

    def select(self, indices: list[int]) -> _Answers:
        table = self.probabilities
        return _Answers(self.scores[indices], None if table is None else table[indices])


def _answers(score: Scorer, features: list[np.ndarray]) -> _Answers:
    """Scores of features, after a check of what the scorer returned."""
    table = np.asarray(score(features), dtype=float)
    if table.shape == (len(features),) and (table == np.round(table)).all():
        return _Answers(table.astype(int), None)
    if table.ndim == 2 and len(table) == len(features) and table.shape[1] > 1:
        if (table >= 0).all() and np.allclose(table.sum(1), 1, rtol=0, atol=_SUM_TOLERANCE):
            return _Answers(table.argmax(1), table)
        returned = "rows that are not probabilities"
    else:
        returned = f"shape {table.shape}" if table.ndim != 1 else f"{len(table)} numbers"
    raise ValueError(
        f"the scorer returned {returned} for {len(features)} walks, expected a row of "
        "probabilities, none below 0 and of sum 1, or a whole score for each walk"
    )


def _change(
    kind: str, labels: list[tuple[str, str]], before: _Answers, after: _Answers, seed: int
) -> Change:
    predictions = [
        Prediction(name, subject, int(old), int(new), figures={"changed": float(old != new)})
        for (name, subject), old, new in zip(labels, before.scores, after.scores, strict=True)
    ]
    variation = None
    if before.probabilities is not None and after.probabilities is not None:
        changes = np.abs(after.probabilities - before.probabilities)
        variation = float(changes.sum(1).mean() / 2)
    return Change(
        kind,
        len(labels),
        subject_bootstrap(predictions, "changed", seed=seed),
        float(np.abs(after.scores - before.scores).mean()),
        variation,
    )


def check_lengths(**columns: Sequence) -> None:
    """Check that columns have the same length and are not empty.

    Args:
        **columns: Values of each walk, by name.

    Raises:
        ValueError: The lengths differ, or are 0.
    """
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1 or not all(lengths.values()):
        listed = ", ".join(f"{number} {name}" for name, number in lengths.items())
        raise ValueError(f"{listed}, expected the same number of each, at least 1")

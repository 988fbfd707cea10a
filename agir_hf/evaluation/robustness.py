"""Does a score stay when a walk is shown in another way, and does it follow medication?

`consistency` scores each walk once more as `PERTURBATIONS` show it: mirrored, turned, cropped, at
another frame rate, with noise. It knows nothing of the right answer: who gives all walks one score
never changes it, and is of no use. `medication` compares the walks of one walker OFF and ON with
each other: the score is to move the way the true one does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from zlib import crc32

import numpy as np
from scipy.stats import binomtest

from ..constants_agir import MIN_WALK_S
from ..humanml3d import FPS, features_to_joints, joints_to_features
from ..motion.augmentation import (
    NOISE_M,
    PERTURBATIONS,
    Perturbation,
    TooShortError,
    with_even_sides,
)
from .metrics.significance import LEVEL, RESAMPLES, Interval, subject_bootstrap
from .reporting.results import Prediction
from .reporting.table_format import Table, markdown_table

MIN_WALK_FRAMES = int(MIN_WALK_S * FPS)
UNKNOWN = (None, "unknown")  # medications
_SUM_TOLERANCE = 1e-4  # of probabilities, as in `metrics.calibration_error`
_SAME = 1e-9  # means of scores nearer than this are the same
_NOTHING = "–"

Scorer = Callable[[list[np.ndarray]], np.ndarray]


@dataclass(frozen=True)
class Change:
    """What one perturbation did to scores.

    Attributes:
        perturbation: its name.
        walks: that could be shown so.
        changed: share of them that got another score; None where there is no such walk.
        mean_absolute_change: in scores.
        total_variation: mean of half the sum of |change| of the probabilities, 0 … 1; None where
            there are none.
    """

    perturbation: str
    walks: int
    changed: Interval | None
    mean_absolute_change: float | None
    total_variation: float | None


@dataclass(frozen=True)
class Consistency:
    """How far scores stay: a `Change` for each perturbation."""

    walks: int
    subjects: int
    seed: int
    changes: list[Change]

    def to_dict(self) -> dict:
        """Plain values, for JSON."""
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
    """Score walks as they are and as each perturbation shows them.

    Args:
        score: list of (N, 263) features, not normalised → (W, K) probabilities of the scores
            0 … K - 1, of which the most probable is given, or (W,) whole scores.
        walks: joints (T, 22, 3), metres, Y up, 20 fps; or features (N, 263), which become joints
            first, so that the walk as it is makes the same round trip as the one shown otherwise.
        ids: of the walks, each once. What is drawn for a walk hangs on its id, the perturbation's
            name and the seed alone, not on which other walks there are.
        subjects: who walked; intervals resample them.
        perturbations: by name. A walk for which one raises `TooShortError` is left out of it.

    Raises:
        ValueError: for lists of different length, an id that comes twice, a walk that is none or
            is shorter than 1 s, or answers of another form.
    """
    _check_lengths(walks=walks, ids=ids, subjects=subjects)
    names = [str(name) for name in ids]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"walk {twice!r} comes more than once, expected every id once")
    read = [_read(walk, name) for walk, name in zip(walks, names, strict=True)]
    before = _answers(score, [features for _, features in read])
    changes = []
    for kind, perturb in perturbations.items():
        shown = _shown(kind, perturb, [joints for joints, _ in read], names, seed)
        if not shown:
            changes.append(Change(kind, 0, None, None, None))
            continue
        after = _answers(score, joints_to_features(list(shown.values())))
        walkers = [(names[place], subjects[place]) for place in shown]
        changes.append(_change(kind, walkers, before.take(list(shown)), after, seed))
    return Consistency(len(names), len(set(map(str, subjects))), seed, changes)


@dataclass(frozen=True)
class SubjectDifference:
    """Mean scores of one subject's walks, OFF minus ON medication.

    Attributes:
        walks_off, walks_on: how many.
        true, given: of the true scores, and of those given.
        expected: of the expected scores; None where there are none.
        direction: "right", "wrong" or "no difference" where the true scores differ, else None.
    """

    subject: str
    walks_off: int
    walks_on: int
    true: float
    given: float
    expected: float | None
    direction: str | None


@dataclass(frozen=True)
class Medication:
    """Whether scores follow medication.

    Attributes:
        walks, subjects: all that came.
        walks_unknown: of a medication that is not known, left out.
        subjects_without_both: who lack walks OFF or ON, left out.
        by_expected: whether directions are of expected scores, else of scores given.
        differing: subjects whose true scores differ; they are ``right``, ``wrong`` or
            ``no_difference``.
        p_value: exact sign test of right against wrong, two-sided; None where there are neither.
        same: subjects whose true scores do not differ; of ``claimed`` those given do.
        differences: of every subject with both.
    """

    walks: int
    subjects: int
    walks_unknown: int
    subjects_without_both: int
    by_expected: bool
    differing: int
    right: int
    wrong: int
    no_difference: int
    p_value: float | None
    same: int
    claimed: int
    differences: list[SubjectDifference]

    def to_dict(self) -> dict:
        """Plain values, for JSON."""
        return asdict(self)


def medication(
    subjects: Sequence[str],
    medications: Sequence[str | None],
    scores_true: Sequence[int],
    scores_given: Sequence[int],
    expected_given: Sequence[float] | None = None,
) -> Medication:
    """Compare the walks of each subject OFF and ON medication.

    Args:
        subjects, medications: of each walk; "off", "on", or None or "unknown", which is left out.
        scores_true, scores_given: of each walk.
        expected_given: sum of k p_k, where there are probabilities: the direction is then of it,
            for it tells of differences within a score. Whether a difference is claimed where there
            is none stays a question to the scores given: expected scores always differ a little.

    Raises:
        ValueError: for lists of different length, another medication, or a score that is none.
    """
    columns = {"true": scores_true, "given": scores_given}
    if expected_given is not None:
        columns["expected"] = expected_given
    _check_lengths(subjects=subjects, medications=medications, **columns)
    columns = {name: _numbers(name, values) for name, values in columns.items()}
    groups: dict[str, dict[str, list[int]]] = {str(name): {} for name in sorted(map(str, subjects))}
    for place, (subject, session) in enumerate(zip(subjects, medications, strict=True)):
        if session in UNKNOWN:
            continue
        if session not in ("off", "on"):
            raise ValueError(f"medication is {session!r}, expected 'off', 'on' or None")
        groups[str(subject)].setdefault(session, []).append(place)
    both = {name: group for name, group in groups.items() if len(group) == 2}
    found = [_difference(name, **group, columns=columns) for name, group in both.items()]
    ways = [one.direction for one in found]
    right, wrong = ways.count("right"), ways.count("wrong")
    return Medication(
        walks=len(subjects),
        subjects=len(groups),
        walks_unknown=sum(session in UNKNOWN for session in medications),
        subjects_without_both=len(groups) - len(found),
        by_expected=expected_given is not None,
        differing=len(ways) - ways.count(None),
        right=right,
        wrong=wrong,
        no_difference=ways.count("no difference"),
        p_value=float(binomtest(right, right + wrong).pvalue) if right + wrong else None,
        same=ways.count(None),
        claimed=sum(one.given != 0 for one in found if one.direction is None),
        differences=found,
    )


def markdown(found: Consistency | Medication, simulated: bool, level: int = 2) -> str:
    """A table with its caption.

    Args:
        simulated: whether nobody walked; the caption says so.
        level: of the head.
    """
    make = _consistency_table if isinstance(found, Consistency) else _medication_table
    return markdown_table(make(found, _walks_in_words(simulated)), level)


def _read(walk: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Joints of a walk and the features that they give."""
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


def _shown(
    kind: str, perturb: Perturbation, walks: list[np.ndarray], names: list[str], seed: int
) -> dict[int, np.ndarray]:
    """Place of a walk → its joints in another way, of the walks that are long enough."""
    shown = {}
    for place, (joints, name) in enumerate(zip(walks, names, strict=True)):
        rng = np.random.default_rng([seed, crc32(kind.encode()), crc32(name.encode())])
        with suppress(TooShortError):
            shown[place] = perturb(joints, rng)
    return shown


@dataclass(frozen=True, eq=False)
class _Answers:
    scores: np.ndarray  # (W,) int
    probabilities: np.ndarray | None  # (W, K)

    def take(self, places: list[int]) -> _Answers:
        chances = self.probabilities
        return _Answers(self.scores[places], None if chances is None else chances[places])


def _answers(score: Scorer, features: list[np.ndarray]) -> _Answers:
    """What a scorer says of features, checked."""
    table = np.asarray(score(features), dtype=float)
    if table.shape == (len(features),) and (table == np.round(table)).all():
        return _Answers(table.astype(int), None)
    if table.ndim == 2 and len(table) == len(features) and table.shape[1] > 1:
        if (table >= 0).all() and np.allclose(table.sum(1), 1, rtol=0, atol=_SUM_TOLERANCE):
            return _Answers(table.argmax(1), table)
        came = "rows that are no probabilities"
    else:
        came = f"shape {table.shape}" if table.ndim != 1 else f"{len(table)} numbers"
    raise ValueError(
        f"the scorer gave {came} for {len(features)} walks, expected a row of probabilities, none "
        "below 0 and of sum 1, or a whole score for each walk"
    )


def _change(
    kind: str, walkers: list[tuple[str, str]], before: _Answers, after: _Answers, seed: int
) -> Change:
    predictions = [
        Prediction(name, subject, int(was), int(now), figures={"changed": float(was != now)})
        for (name, subject), was, now in zip(walkers, before.scores, after.scores, strict=True)
    ]
    variation = None
    if before.probabilities is not None and after.probabilities is not None:
        moved = np.abs(after.probabilities - before.probabilities)
        variation = float(moved.sum(1).mean() / 2)
    return Change(
        kind,
        len(walkers),
        subject_bootstrap(predictions, "changed", seed=seed),
        float(np.abs(after.scores - before.scores).mean()),
        variation,
    )


def _difference(
    subject: str, off: list[int], on: list[int], columns: dict[str, np.ndarray]
) -> SubjectDifference:
    means = {name: values[off].mean() - values[on].mean() for name, values in columns.items()}
    means = {name: 0.0 if abs(mean) < _SAME else float(mean) for name, mean in means.items()}
    direction = None
    if means["true"]:
        way = np.sign(means.get("expected", means["given"]) * means["true"])
        direction = {1: "right", -1: "wrong", 0: "no difference"}[int(way)]
    expected = means.get("expected")
    return SubjectDifference(
        subject, len(off), len(on), means["true"], means["given"], expected, direction
    )


def _consistency_table(found: Consistency, walks: str) -> Table:
    caption = (
        f"{walks} {found.walks} walks of {found.subjects} subjects, scored as they are and as each "
        "line shows them. Nothing is known here of the right answer: one score for all walks never "
        f"changes. Score changed: share of walks; in brackets the {LEVEL:.0%} percentile interval "
        f"of {RESAMPLES} bootstrap resamples of subjects, too narrow where they are few. Change: "
        "mean |difference| of the scores given. Total variation: half the sum of |differences| of "
        "the probabilities, mean. Turned is a control: features hold neither heading nor place. "
        f"Noise is of {NOISE_M * 1000:g} mm and not smoothed; frame rates change by cubic splines "
        f"without a low-pass; seed {found.seed}."
    )
    lines = [
        [one.perturbation, str(one.walks), _interval(one.changed),
         _number(one.mean_absolute_change), _number(one.total_variation)]
        for one in found.changes
    ]  # fmt: skip
    header = ["shown", "walks", "score changed", "change", "total variation"]
    return Table("consistency", "The same walk in another way", caption, header, lines)


def _medication_table(found: Medication, walks: str) -> Table:
    both = found.subjects - found.subjects_without_both
    basis = "expected score (sum of k p_k)" if found.by_expected else "score given"
    caption = (
        f"{walks} {found.walks} walks of {found.subjects} subjects, of whom {both} have walks both "
        f"OFF and ON medication; {found.subjects_without_both} have not and are left out, as are "
        f"{found.walks_unknown} walks of unknown medication. Differences are means over subjects "
        f"of OFF minus ON, each of a subject's mean scores. Right, wrong, none: the {basis} moves "
        "as the true score does, the other way, or not. Claimed: the scores given differ where "
        "the true ones do not. p: exact two-sided sign test of right against wrong."
    )
    names = ["true", "given"] + ["expected"] * found.by_expected
    differ, same = (
        [one for one in found.differences if (one.direction is None) is alike]
        for alike in (False, True)
    )
    lines = [
        ["differ", str(found.differing), *_means(differ, names), str(found.right),
         str(found.wrong), str(found.no_difference), _NOTHING, _p(found.p_value)],
        ["do not differ", str(found.same), *_means(same, names), *[_NOTHING] * 3,
         str(found.claimed), _NOTHING],
    ]  # fmt: skip
    header = ["true scores", "subjects", *(f"{name} difference" for name in names)]
    header += ["right", "wrong", "none", "claimed", "p"]
    return Table("medication", "OFF and ON medication", caption, header, lines)


def _walks_in_words(simulated: bool) -> str:
    if not simulated:
        return "Recorded walks."
    return "Simulated walks: nobody walked, and these figures say nothing about people."


def _means(differences: list[SubjectDifference], names: list[str]) -> list[str]:
    return [
        _number(float(np.mean([getattr(one, name) for one in differences])), signed=True)
        if differences
        else _NOTHING
        for name in names
    ]


def _interval(one: Interval | None) -> str:
    return _NOTHING if one is None else f"{one.value:.3f} [{one.low:.3f}, {one.high:.3f}]"


def _number(value: float | None, signed: bool = False) -> str:
    form = "+.3f" if signed else ".3f"
    return _NOTHING if value is None else f"{value:{form}}".replace("-", "−")


def _p(value: float | None) -> str:
    if value is None:
        return _NOTHING
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _check_lengths(**columns: Sequence) -> None:
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1 or not all(lengths.values()):
        came = ", ".join(f"{number} {name}" for name, number in lengths.items())
        raise ValueError(f"{came}, expected one of each for every walk, and some walks")


def _numbers(name: str, values: Sequence[float]) -> np.ndarray:
    numbers = np.array([np.nan if value is None else value for value in values], dtype=float)
    if not np.isfinite(numbers).all():
        raise ValueError(
            f"{name} scores have {np.count_nonzero(~np.isfinite(numbers))} that are no numbers, "
            "expected one of each walk: leave walks without an answer out, and say how many"
        )
    return numbers

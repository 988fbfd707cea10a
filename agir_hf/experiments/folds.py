"""Subjects of the folds of a table, and which scores each of them can learn."""

from collections import Counter
from dataclasses import dataclass

from ..corpus.loading import fold_subjects
from ..corpus.splits import load_folds
from .errors import ExperimentError
from .inference import EvaluationSet

MIN_SUBJECTS, MIN_FOLDS = 3, 3
MIN_WALKS = 2  # of training and of validation, for the document frequencies of CIDEr
# Schemes of a corpus of several cohorts; each subject with a score is tested once.
COHORT_SCHEMES = ("within_cohort", "leave_one_cohort_out", "all_together")
CROSS_COHORT = "cross_cohort"  # with the cohort that is trained on: "cross_cohort/A"
SCHEMES = ("stratified", "leave_one_subject_out", *COHORT_SCHEMES)


@dataclass(frozen=True)
class FoldSubjects:
    """Subjects of the parts of a fold.

    Attributes:
        train: Subjects of the training part.
        validation: Subjects on which checkpoints are chosen and temperatures are fitted.
        test: Subjects whose walks are tested.
    """

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]


def read_folds(corpus: str, scheme: str) -> dict[str, FoldSubjects]:
    """Read the folds of a scheme.

    Args:
        corpus: Folder or Hub name of a corpus.
        scheme: One of `SCHEMES`, or "cross_cohort/A" for the folds that are trained on cohort A.

    Returns:
        Fold name, such as "stratified/fold0" → its subjects.

    Raises:
        ExperimentError: The scheme is unknown, the corpus has no such folds, or the file of splits
            is damaged.
    """
    scheme, _, cohort = scheme.partition("/")
    if (scheme not in SCHEMES or cohort) and not (scheme == CROSS_COHORT and cohort):
        raise ExperimentError(
            f"--scheme is {'/'.join(filter(None, (scheme, cohort)))!r}, expected one of "
            f"{', '.join(SCHEMES)}, or cross_cohort/A for the folds that are trained on cohort A"
        )
    start = f"{cohort}_to_" if cohort else ""
    try:
        folds = load_folds(corpus, scheme)
        names = [f"{scheme}/{fold.name}" for fold in folds if fold.name.startswith(start)]
        if not names:
            trained = sorted({fold.name.partition("_to_")[0] for fold in folds})
            raise ExperimentError(
                f"no fold is trained on cohort {cohort!r}, expected one of {', '.join(trained)}"
            )
        return {name: FoldSubjects(**fold_subjects(corpus, name)) for name in names}
    except (KeyError, TypeError) as error:
        raise ExperimentError(
            f"the splits.json of {corpus} has no {error}: build the corpus again"
        ) from error


def check_folds(
    corpus: str, folds: dict[str, FoldSubjects], walks: EvaluationSet
) -> tuple[dict[str, FoldSubjects], tuple[str, ...]]:
    """Leave out folds without scored test walks, and find scores that a fold cannot learn.

    Args:
        corpus: Folder or Hub name of the corpus, for messages.
        folds: Fold name → its subjects.
        walks: Every walk of the corpus that has a score.

    Returns:
        The folds that are run, and a sentence for each fold whose training or validation walks lack
        a score.

    Raises:
        ExperimentError: There are too few subjects or folds, a subject is tested twice, or a fold
            has too few scored walks to train on or to validate with.
    """
    scored = set(walks.subjects)
    between = next(iter(folds)).partition("/")[0] in (*COHORT_SCHEMES, CROSS_COHORT)
    if len(scored) < MIN_SUBJECTS or len(folds) < (1 if between else MIN_FOLDS):
        raise ExperimentError(
            f"{corpus} has {len(scored)} subjects with a score in {len(folds)} folds, expected "
            "at least 3 of each (training, validation, test): build a larger corpus"
        )
    counts = Counter(name for fold in folds.values() for name in fold.test)
    repeated = [name for name, count in counts.items() if count > 1]
    if repeated:
        raise ExperimentError(
            f"subject {repeated[0]} is tested in two folds: build the corpus again"
        )
    kept = {name: fold for name, fold in folds.items() if scored & set(fold.test)}
    remarks = []
    for name, fold in kept.items():
        remarks += _missing_scores(name, fold, walks)
    return kept, tuple(remarks)


def _missing_scores(name: str, fold: FoldSubjects, walks: EvaluationSet) -> list[str]:
    """Sentences on the scores that the training and the validation walks of a fold lack."""
    sentences = []
    parts = (
        ("training", fold.train, "so it cannot be predicted"),
        ("validation", fold.validation, "so checkpoint and temperature are chosen without it"),
    )
    for part, subjects, consequence in parts:
        own = walks.of_subjects(subjects).scores
        if len(own) < MIN_WALKS:
            raise ExperimentError(
                f"{name} has {len(own)} {part} walks with a score, expected at least {MIN_WALKS}: "
                "build the corpus from more subjects or walks"
            )
        missing = sorted(set(walks.scores) - set(own))
        if missing:
            scores = " or ".join(map(str, missing))
            sentences.append(f"{name}: no {part} subject has score {scores}, {consequence}")
    return sentences

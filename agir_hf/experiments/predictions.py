"""Rows of a table: predictions of the trained models, and of classifiers without a model."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..evaluation.metrics.calibration import FEWEST_WALKS, apply_temperature, fit_temperature
from ..evaluation.reporting.results import FoldResult, Prediction, Row
from ..gait.norms import Norms
from .checked_figures import checked_figures
from .configurations import CONFIGURATIONS, START, with_starts
from .cross_validation import TEST_PREDICTIONS, VALIDATION_PREDICTIONS
from .inference import EvaluationSet
from .plan import TablePlan
from .starting_points import start_title


def model_row(
    plan: TablePlan,
    name: str,
    walks: EvaluationSet,
    checked: bool = False,
    norms: Norms | None = None,
) -> Row:
    """Read the predictions of a configuration in every fold and seed.

    Probabilities are calibrated with a temperature that is fitted on the fold's validation walks.

    Args:
        plan: What was trained.
        name: Name of a configuration in `CONFIGURATIONS`, or `START`.
        walks: Test walks of all folds.
        checked: Whether to add the figures of the checked text, see `checked_figures`.
        norms: Norms of a laboratory for the checked text; None for the published norms.

    Returns:
        One `FoldResult` for each fold and seed, with the updates of its stages in the note.
    """
    index = {walk: i for i, walk in enumerate(walks.ids)}
    folds, temperatures = [], []
    for fold in plan.folds:
        for seed in plan.seeds_of(name):
            folder = plan.cross.output_folder(name, fold, seed)
            temperature = _temperature(folder / VALIDATION_PREDICTIONS)
            answers = json.loads((folder / TEST_PREDICTIONS).read_text(encoding="utf-8"))
            probabilities = np.array([answer["probabilities"] for answer in answers])
            probabilities = apply_temperature(probabilities, temperature)
            figures = [{"well_formed": float(answer["well_formed"])} for answer in answers]
            if checked:
                tested = walks.select(index[answer["id"]] for answer in answers)
                rows = zip(figures, _checked(answers, tested, norms), strict=True)
                figures = [{**formed, **row} for formed, row in rows]
            predictions = [
                Prediction(
                    answer["id"],
                    walks.subjects[index[answer["id"]]],
                    walks.scores[index[answer["id"]]],
                    answer["score"],
                    tuple(row),
                    answer["text"],
                    further,
                )
                for answer, row, further in zip(answers, probabilities, figures, strict=True)
            ]
            folds.append(FoldResult(fold, seed, predictions))
            temperatures.append(temperature)
    listed = ", ".join(f"{temperature:.2f}" for temperature in temperatures)
    note = f"{updates_note(plan, name)}; temperatures {listed}, fitted on validation walks"
    title = start_title(plan.cross.start.model) if name == START else CONFIGURATIONS[name].title
    return Row(title, folds, note)


def updates_note(plan: TablePlan, name: str) -> str:
    """State the updates of a configuration, stage by stage, as a note of its row.

    Args:
        plan: What was trained.
        name: Name of a configuration, or `START`.

    Returns:
        Text such as "150 + 150 updates"; the range over folds where they differ.
    """
    if name == START:
        return "not trained here; not a result if this model was trained on walks of these subjects"
    counts = []
    for stage in with_starts([name]):
        updates = [plan.cross.updates(stage, fold) for fold in plan.folds]
        least, most = min(updates), max(updates)
        counts.append(str(least) if least == most else f"{least} to {most}")
    return f"{' + '.join(counts)} updates"


def _checked(answers: list[dict], walks: EvaluationSet, norms: Norms | None) -> list[dict]:
    """Figures of the checked text of each answer in a file of predictions."""
    texts, scores = ([answer[name] for answer in answers] for name in ("text", "score"))
    candidates = [answer.get("candidates", ()) for answer in answers]
    return checked_figures(texts, candidates, scores, walks, norms)


def _temperature(path: Path) -> float:
    """Fit the temperature on a file of validation predictions; 1 where there are too few."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    if len(rows) < FEWEST_WALKS:
        return 1.0
    probabilities = np.array([row["probabilities"] for row in rows])
    return fit_temperature([row["truth"] for row in rows], probabilities)


def fold_result(
    fold: str,
    seed: int,
    walks: EvaluationSet,
    probabilities: np.ndarray,
    texts: Sequence[str] | None = None,
) -> FoldResult:
    """Make a `FoldResult` whose predicted scores are the most probable ones.

    Args:
        fold: Name of the fold.
        seed: Seed of the classifier.
        walks: Test walks of the fold.
        probabilities: Probabilities of the scores, shape (number of walks, K).
        texts: Rationale of each walk. None where no text is written.

    Returns:
        One prediction for each walk.
    """
    predictions = [
        Prediction(
            walks.ids[i],
            walks.subjects[i],
            walks.scores[i],
            int(row.argmax()),
            tuple(row),
            texts[i] if texts else None,
        )
        for i, row in enumerate(probabilities)
    ]
    return FoldResult(fold, seed, predictions)

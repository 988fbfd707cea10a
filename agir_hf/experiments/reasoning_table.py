"""Table 2 of the paper: score and rationale of every configuration, next to baselines."""

from pathlib import Path

import numpy as np

from ..annotation.rule_writer import write_rationale
from ..assessment.messages import one_line
from ..evaluation.probing.baselines import (
    fit_forest,
    fit_logistic,
    fit_majority,
    nearest_walks,
    parameter_table,
)
from ..evaluation.reporting.rationale_scores import TextJudge
from ..evaluation.reporting.report import write_report
from ..evaluation.reporting.results import FoldResult, Row
from ..gait import load_norms
from ..gait.norms import Norms
from .configurations import START
from .errors import ExperimentError
from .inference import EvaluationSet
from .plan import TableOptions, TablePlan, make_plan, train_configurations
from .predictions import fold_result, model_row
from .reports import report_folder, table_results

CONFIGURATION_NAMES = (
    "reasoning_only", "ego", "dpo", "ego_dpo", "generative_reasoning", "shuffled",
)  # fmt: skip
TITLE = "Reasoning (the paper's Table 2)"
FOREST_SEEDS = (0, 1, 2)
NEAREST = "nearest walk: its text and score"
MAJORITY = "majority class"
LOGISTIC = "logistic regression on gait parameters"
FOREST = "random forest on gait parameters, rule-written text"


def reasoning_table(options: TableOptions) -> list[Path]:
    """Train the configurations, judge scores and rationales, and write the report.

    The configurations of the paper and a control with shuffled scores are trained on every fold. A
    model that all of them start from is judged as it is, too.
    The figures of texts are those of the text as the model wrote it; two further columns show the
    text that is chosen by evidence.
    Source: AGIR (Wang, Bobenrieth and Seo 2025), Table 2.

    Args:
        options: Corpus, output folder and settings.

    Returns:
        Folder of the report, `reasoning` in the output folder, as a list of one.

    Raises:
        ExperimentError: An option, the corpus or the output folder is wrong, or a stage failed.
    """
    folder = report_folder(options.output, "reasoning")
    norms = _norms(options.norms)
    plan = make_plan(options)
    names = [*CONFIGURATION_NAMES, *([START] if plan.cross.start.model else [])]
    train_configurations(plan, names, folder)
    walks = plan.tested_walks()
    judge = TextJudge(
        dict(zip(walks.ids, walks.references, strict=True)),
        dict(zip(walks.ids, walks.parameters, strict=True)),
        options.encoder,
        dict(zip(walks.ids, walks.ages, strict=True)),
        dict(zip(walks.ids, walks.sexes, strict=True)),
        norms,
    )
    rows = [model_row(plan, name, walks, True, norms) for name in names]
    rows = [judge.row(row) for row in [*rows, *baseline_rows(plan, walks, norms)]]
    results = table_results(plan, options, "reasoning", TITLE, rows, walks)
    write_report(results, folder, against=rows[0].name)
    return [folder]


def _norms(path: Path | None) -> Norms | None:
    """Norms of a laboratory, or None for the published norms."""
    try:
        return None if path is None else load_norms(path)
    except (OSError, ValueError) as error:
        raise ExperimentError(one_line(error)) from error


def baseline_rows(plan: TablePlan, walks: EvaluationSet, norms: Norms | None = None) -> list[Row]:
    """Baselines that learn from the training subjects of each fold.

    Args:
        plan: Folds and walks.
        walks: Test walks of all folds.
        norms: Norms of a laboratory for the text of the rule writer; None for the published norms.

    Returns:
        The nearest training walk with its text, majority class and logistic regression without
        text, and a random forest (three seeds) with text of the rule writer for its scores.
    """
    rows: dict[str, list[FoldResult]] = {}
    for fold in plan.folds:
        for name, result in _fold_baselines(plan, walks, fold, norms):
            rows.setdefault(name, []).append(result)
    return [Row(name, folds) for name, folds in rows.items()]


def _fold_baselines(
    plan: TablePlan, walks: EvaluationSet, fold: str, norms: Norms | None
) -> list[tuple[str, FoldResult]]:
    tested = walks.of_subjects(plan.subjects[fold])
    train = plan.walks.of_subjects(set(plan.walks.subjects) - set(plan.subjects[fold]))
    both = parameter_table([*train.parameters, *tested.parameters])
    train_table, test_table = both[: len(train.ids)], both[len(train.ids) :]
    labels, classes = np.asarray(train.scores), len(plan.classes)
    neighbours = nearest_walks(train.motions, tested.motions)
    copied = [train.rationales[i] for i in neighbours]
    certain = np.eye(classes)[labels[neighbours]]
    majority = fit_majority(train_table, labels, classes)(test_table)
    logistic = fit_logistic(train_table, labels, classes)(test_table)
    results = [
        (NEAREST, fold_result(fold, 0, tested, certain, copied)),
        (MAJORITY, fold_result(fold, 0, tested, majority)),
        (LOGISTIC, fold_result(fold, 0, tested, logistic)),
    ]
    for seed in FOREST_SEEDS:
        forest = fit_forest(train_table, labels, classes, seed)(test_table)
        texts = _rule_texts(tested, forest.argmax(1), norms)
        results.append((FOREST, fold_result(fold, seed, tested, forest, texts)))
    return results


def _rule_texts(walks: EvaluationSet, scores: np.ndarray, norms: Norms | None) -> list[str]:
    """Text of the rule writer for each walk and its predicted score."""
    rng = np.random.default_rng(0)
    persons = zip(walks.parameters, scores, walks.ages, walks.sexes, strict=True)
    return [
        write_rationale(parameters, int(score), rng, age, sex, norms).rationale
        for parameters, score, age, sex in persons
    ]

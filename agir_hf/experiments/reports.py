"""Folders and contents of the reports that the tables write."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from ..assessment.messages import one_line
from ..constants_agir import SCORES
from ..evaluation.reporting.report import check_folder
from ..evaluation.reporting.results import Results, Row, versions
from .errors import ExperimentError
from .inference import EvaluationSet
from .plan import TableOptions, TablePlan


def report_folder(output: Path, name: str) -> Path:
    """Check that a report can be written, before a long evaluation.

    Args:
        output: Folder that the user named. It need not exist.
        name: Name of the report's folder in it.

    Returns:
        Folder of the report.

    Raises:
        ExperimentError: The output is a file, or the folder has files of the report's names that
            an evaluation did not write.
    """
    if output.exists() and not output.is_dir():
        raise ExperimentError(f"{output} is a file, expected a folder to write: name another")
    try:
        check_folder(output / name)
    except FileExistsError as error:
        raise ExperimentError(one_line(error)) from error
    return output / name


def table_results(
    plan: TablePlan,
    options: TableOptions,
    kind: str,
    title: str,
    rows: list[Row],
    walks: EvaluationSet,
    paper: Mapping[str, Mapping[str, float]] | None = None,
) -> Results:
    """Combine the rows of a table with the description of how they were made.

    Args:
        plan: What was trained.
        options: Options of the table.
        kind: "reasoning" or "linear-probe".
        title: Title of the report.
        rows: Rows of the table, in order.
        walks: Test walks of all folds.
        paper: Row name → metric → value as printed in the paper.

    Returns:
        Results that `write_report` takes.
    """
    number = len(set(walks.subjects))
    scheme = f"{len(plan.folds)} folds by subject"
    if kind == "linear-probe":
        scheme = (
            f"leave one subject out, {number} subjects; language models and networks by {scheme}"
        )
    if plan.smoke:
        title += ", smoke run: networks too small for figures that mean anything"
    budget = {k: v for k, v in vars(plan.cross.budget).items() if k != "options"}
    command = f"agir evaluate {kind} CORPUS -o OUT --seeds {' '.join(map(str, plan.seeds))}"
    command += " --smoke" if plan.smoke else f" --steps {options.steps}"
    if options.encoder:
        command += f" --encoder {shlex.quote(Path(options.encoder).name)}"
    if options.norms:
        command += f" --norms {shlex.quote(options.norms.name)}"
    return Results(
        kind=kind,
        title=title,
        data=walks.description,
        simulated=walks.simulated,
        classes=list(SCORES),
        class_names=[str(score) for score in SCORES],
        scheme=scheme,
        command=command,
        config={**budget, "seeds": plan.seeds, "subjects": number},
        versions=versions(),
        rows=rows,
        paper=dict(paper or {}),
    )

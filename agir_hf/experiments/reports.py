"""Folders and contents of the reports that the tables write."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from ..assessment.messages import one_line
from ..evaluation.reporting.report import check_folder
from ..evaluation.reporting.results import Results, Row, versions
from .configurations import DEFAULT_CONFIGS
from .errors import ExperimentError
from .inference import EvaluationSet
from .plan import TableOptions, TablePlan
from .starting_points import start_title


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
    by_subject = options.scheme == "leave_one_subject_out"
    folds = f"{len(plan.folds)} folds by subject" + (", one for each subject" if by_subject else "")
    scheme = folds if by_subject else f"{folds} ({options.scheme})"
    if kind == "linear-probe":
        scheme = (
            f"leave one subject out, {number} subjects; language models and networks by {folds}"
        )
    if plan.smoke:
        title += ", smoke run: networks too small for figures that mean anything"
    budget = {k: v for k, v in vars(plan.cross.budget).items() if k != "options"}
    return Results(
        kind=kind,
        title=title,
        data=walks.description,
        simulated=walks.simulated,
        classes=list(plan.classes),
        class_names=[str(score) for score in plan.classes],
        scheme=scheme,
        command=_command(plan, options, kind),
        config={**budget, "seeds": plan.seeds, "subjects": number, "configs": str(options.configs)},
        versions=versions(),
        rows=rows,
        paper=dict(paper or {}),
        protocol=protocol(plan, walks, kind),
    )


def _command(plan: TablePlan, options: TableOptions, kind: str) -> str:
    """Command of the report, with folders shortened to their names."""
    command = f"agir evaluate {kind} CORPUS -o OUT --seeds {' '.join(map(str, plan.seeds))}"
    if plan.smoke:
        command += " --smoke"
    elif options.steps is not None:
        command += f" --steps {options.steps}"
    if options.scheme == "leave_one_subject_out":
        if kind == "linear-probe":
            command += " --language-models-per subject"
        else:
            command += " --scheme leave-one-subject-out"
    elif options.scheme != "stratified":
        command += f" --scheme {options.scheme}"
    for name in ("configs", "model", "t5", "vqvae", "encoder", "norms"):
        value = getattr(options, name)
        if value and (name, value) != ("configs", DEFAULT_CONFIGS):
            value = Path(value).name if Path(value).exists() else str(value)
            command += f" --{name} {shlex.quote(value)}"
    return command + (f" --precision {options.precision}" if options.precision else "")


def protocol(plan: TablePlan, walks: EvaluationSet, kind: str) -> list[str]:
    """State how the rows of a table were trained and judged.

    Args:
        plan: What was trained.
        walks: Test walks of all folds.
        kind: "reasoning" or "linear-probe".

    Returns:
        Sentences for the report.
    """
    budget, references = plan.cross.budget, max(map(len, walks.references))
    sentences = [
        _beginning(plan),
        _length(plan),
        "In every configuration the class loss gives each score the same total weight.",
        "Of every stage that writes rationales, preference stages included, the checkpoint with "
        f"the best CIDEr on up to {budget.generate_rows} validation walks is kept (evaluations: "
        f"{budget.evaluations}; for a preference stage the model before it counts too).",
        f"CIDEr compares a text with all references of its walk (up to {references}).",
        "Score probabilities are calibrated with a temperature that is fitted on the validation "
        "walks of the fold.",
    ]
    if kind == "linear-probe":
        alone = all(len(tested) == 1 for tested in plan.subjects.values())
        sentences.append(
            "Language models were trained again for each left-out subject."
            if alone
            else "Language models were trained once for each fold, without its test subjects, and "
            "not again for each left-out subject (--language-models-per subject does that)."
        )
    return [*sentences, *(f"{remark}." for remark in plan.remarks)]


def _beginning(plan: TablePlan) -> str:
    """Sentence on what the trainings start from."""
    start, names = plan.cross.start, {}
    for key in ("model", "t5", "vqvae"):
        name = getattr(start, key)
        names[key] = Path(name).name if name and Path(name).is_dir() else name
    if start.model:
        return f"All configurations start from {names['model']}, with its motion tokenizer."
    if start.vqvae_model:
        names["vqvae"] = f"of {start_title(start.vqvae_model)}"
    tokenizer = "trained on each fold" if plan.cross.trains_tokenizer else names["vqvae"]
    in_file = None if plan.smoke else plan.cross.settings("reasoning_only").get("t5")
    language = names["t5"] or in_file or "random weights"
    return f"Language models start from {language}; motion tokenizer: {tokenizer}."


def _length(plan: TablePlan) -> str:
    """Sentence on the number of updates."""
    budget = plan.cross.budget
    if budget.language_steps is None:
        return "The number of updates of each stage is that of its YAML file, see the rows."
    extra = budget.preference_steps
    further = f"{extra} further updates" if extra else "the further updates of its YAML file"
    return (
        f"Every configuration has {budget.language_steps} supervised updates, which two stages "
        f"share; a preference stage adds {further}."
    )

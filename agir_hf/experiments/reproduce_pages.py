"""Pages of a reproduction: comparison with the printed figures, folder of the model, summary."""

from __future__ import annotations

import shlex
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..constants_agir import NOTICE
from ..evaluation.reporting.results import Results
from ..evaluation.reporting.summary import Summary, summarise
from ..evaluation.reporting.table_format import (
    Table,
    escape_markdown,
    format_interval,
    markdown_table,
    simulated_notice,
)
from ..evaluation.reporting.tables import PAPER_WARNING, PRINTED_COLUMNS
from ..utils.files import atomic_folder, write_text_atomic
from ..utils.formatting import format_number
from ..version import __version__
from .configurations import CONFIGURATIONS
from .reproduce_estimate import duration_text
from .reproduce_steps import COMPARISON, FIGURES, MODEL, REASONING, TABLES, Step

if TYPE_CHECKING:
    from .reproduce_plan import ReproducePlan

SUMMARY = "README.md"
NAME = "agir-shida"  # of the model in its card
FINAL_ROW = CONFIGURATIONS["generative_reasoning"].title
# Row of the paper → row of our table with the same model and input.
PRINTED_ROWS = {"AGIR, two stages": f"{FINAL_ROW}, token embeddings"}
_COLUMNS = {"accuracy": "accuracy", "macro_precision": "macro precision",
            "macro_recall": "macro recall", "macro_f1": "macro-F1"}  # fmt: skip
_TEXT_COLUMNS = {"cider": "CIDEr", "supported": "supported claims"}
_SMOKE = "Smoke run: tiny networks, a few updates, two folds. Its figures mean nothing."
_NO_PRINTED = "This repository states no printed figure of this table, so there is no column of it."


def write_comparison(plan: ReproducePlan) -> None:
    """Write both tables with the printed figures next to those of the same model.

    Args:
        plan: Plan whose tables are finished.
    """
    parts = ["# Both tables of the paper"]
    for folder in ("linear_probe", "reasoning"):
        results = Results.load(plan.output / TABLES / folder)
        parts += [markdown_table(comparison_table(results)), _sources(results, folder)]
    notices = [_SMOKE] if plan.options.smoke else []
    notices += filter(None, [simulated_notice(plan.download.source.simulated)])
    parts[1:1] = [f"**{' '.join(notices)}**"] if notices else []
    write_text_atomic(plan.output / f"{COMPARISON}.md", "\n\n".join(parts) + "\n")


def comparison_table(results: Results) -> Table:
    """Make a table of our figures, with columns of the printed ones where any are stated.

    Args:
        results: Results of one of the tables.

    Returns:
        The table; intervals are over subjects.
    """
    summaries = summarise(results)
    has_texts = any(name in summary.metrics for summary in summaries for name in _TEXT_COLUMNS)
    columns = _COLUMNS | (_TEXT_COLUMNS if has_texts else {})
    header = ["", *columns.values()]
    header += [f"printed {name}" for name in PRINTED_COLUMNS] if results.paper else []
    lines = []
    for summary in summaries:
        line = [summary.name, *(_cell(summary, name) for name in columns)]
        if results.paper:
            printed = next(
                (results.paper[row] for row, ours in PRINTED_ROWS.items()
                 if ours == summary.name and row in results.paper), {},
            )  # fmt: skip
            line += [_printed_cell(printed.get(name)) for name in PRINTED_COLUMNS]
        lines.append(line)
    caption = f"{results.data}, {results.scheme}. In brackets: interval over subjects."
    return Table("scores", results.title, caption, header, lines)


def _cell(summary: Summary, name: str) -> str:
    if name in summary.intervals:
        return format_interval(summary.intervals[name])
    return format_number(summary.metrics.get(name), missing="")


def _printed_cell(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _sources(results: Results, folder: str) -> str:
    """Where the figures of a table come from, in Markdown."""
    printed = PAPER_WARNING if results.paper else _NO_PRINTED
    link = f"[{TABLES}/{folder}/tables.md]({TABLES}/{folder}/tables.md)"
    return f"{escape_markdown(printed)} All figures, with confusion matrices: {link}."


def write_model(plan: ReproducePlan) -> None:
    """Write the folder of the final model: weights, code, processor, card with `model-index`.

    The figures of the card are those of this model on the test subjects of the published split;
    the cross-validated table is appended as a section of its own.

    Args:
        plan: Plan whose final model is evaluated and whose tables are finished.
    """
    from ..hub.model import model_plan
    from ..hub.model_card import read_card

    source = plan.output / REASONING
    with tempfile.TemporaryDirectory(prefix="agir-model-") as staging:
        upload = model_plan(source, NAME, staging, results=source / FIGURES)
        with atomic_folder(plan.output / MODEL) as draft:
            for path, file in upload.files.items():
                (draft / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, draft / path)
            card = (draft / SUMMARY).read_text(encoding="utf-8").rstrip()
            read_card(card)  # a header that cannot be read is an error here, not on the Hub
            results = Results.load(plan.output / TABLES / "reasoning")
            table = markdown_table(comparison_table(results), level=3)
            note = (
                "Models of the same settings, each trained without the subjects it is tested on; "
                f"the row of this model is “{FINAL_ROW}”."
            )
            text = f"{card}\n\n## Cross-validation\n\n{note}\n\n{table}\n"
            (draft / SUMMARY).write_text(text, encoding="utf-8")


def write_summary(
    plan: ReproducePlan,
    seconds: Mapping[str, float],
    notes: Sequence[str] = (),
    current: Step | None = None,
) -> None:
    """Write the page that says what every file of the output folder is.

    Args:
        plan: Steps and options.
        seconds: Name of each finished step → its duration in seconds.
        notes: Reasons why steps were left out.
        current: Step that runs, or that was interrupted; None after the last one.
    """
    state = (
        "finished"
        if len(seconds) == len(plan.steps)
        else f"{len(seconds)} of {len(plan.steps)} steps are finished"
    )
    parts = [
        f"# {plan.download.source.title}: reproduction of AGIR",
        f"Made with agir-hf {__version__}, configurations {plan.configs.name}; {state}."
        + (f" Not finished: {current.name}." if current else ""),
        *([f"**{_SMOKE}**"] if plan.options.smoke else []),
        NOTICE,
        "## Files",
        _files(plan, seconds),
        "## Steps",
        "Each is a command that also runs alone; its log is `logs/NAME.log`. The command that made "
        "this folder continues with the first step that is not finished.",
        _steps(plan, seconds),
        *dict.fromkeys(notes),
        "## Data",
        "\n".join(f"- {escape_markdown(line)}" for line in plan.download.lines()),
        f"Terms of the recordings: {plan.download.source.licence}",
        "## Settings",
        "\n".join(f"- {name}: {value}" for name, value in plan.settings().items() if value),
    ]  # fmt: skip
    plan.output.mkdir(parents=True, exist_ok=True)
    write_text_atomic(plan.output / SUMMARY, "\n\n".join(parts) + "\n")


def _files(plan: ReproducePlan, seconds: Mapping[str, float]) -> str:
    """Markdown table of the results, with links to those that exist."""
    rows = ["| file or folder | what it is | |", "|---|---|---|"]
    for step in reversed(plan.steps):
        if step.about:
            target = (
                step.result if step.result.startswith(TABLES) else step.result.partition("/")[0]
            )
            target = target.removesuffix(f"/{FIGURES}")
            link = f"[{target}]({target})" if step.name in seconds else f"`{target}`"
            state = "" if step.name in seconds else "not finished"
            rows.append(f"| {link} | {step.about} | {state} |")
    others = {"steps": "markers of finished steps, with their durations",
              "logs": "output of every step", "reproduce.json": "settings"}  # fmt: skip
    rows += [f"| `{name}` | {about} | |" for name, about in others.items()]
    return "\n".join(rows)


def _steps(plan: ReproducePlan, seconds: Mapping[str, float]) -> str:
    """Markdown list of the steps with durations and commands, without folders of this machine."""
    lines = []
    for step in plan.steps:
        time = duration_text(seconds[step.name]) if step.name in seconds else "not finished"
        lines.append(f"1. {step.title} (`{step.name}`, {time})")
        if step.command:
            lines += ["", "   ```bash", f"   {command_text(plan, step)}", "   ```", ""]
    return "\n".join(lines)


def command_text(plan: ReproducePlan, step: Step) -> str:
    """Write the command of a step, with names in place of folders of this machine.

    Args:
        plan: Plan of the step.
        step: Step with a command.

    Returns:
        A command line; OUT, SHIDA_FOLDER, RECIPES and CONFIGS are the folders.
    """
    folders = {
        str(plan.configs): "CONFIGS", str(plan.recipes): "RECIPES",
        str(plan.output): "OUT", str(plan.download.folder): "SHIDA_FOLDER",
    }  # fmt: skip
    words = []
    for word in step.command:
        for folder, name in folders.items():
            if word == folder or word.startswith(folder + "/"):
                word = name + word.removeprefix(folder)
                break
        else:
            word = Path(word).name if Path(word).is_absolute() else word
        words.append(word)
    text = shlex.join(words)
    return text.replace("-m agir_hf.cli", "agir", 1) if words[0] == "-m" else f"python {text}"


PAGES: dict[str, Callable[[ReproducePlan], None]] = {
    COMPARISON: write_comparison,
    MODEL: write_model,
}

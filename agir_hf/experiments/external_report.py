"""Report of the external validation: Markdown, JSON, an HTML page and a picture."""

import base64
import html
import json
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from ..constants_agir import NOTICE
from ..evaluation.metrics.significance import LEVEL, RESAMPLES
from ..evaluation.reporting.plots import PALETTE
from ..evaluation.reporting.table_format import (
    Table,
    escape_markdown,
    format_interval,
    markdown_table,
)
from ..gait.report.rendering import TEMPLATES
from .errors import ExperimentError
from .external_assessments import Assessment
from .external_figures import ExternalFigures, JudgeFigures

FORMAT = "agir-external-1"  # first key of the JSON file, by which a report is recognised
MARKDOWN, PAGE, PICTURE, FIGURES = "tables.md", "report.html", "scores.png", "figures.json"
PARTS = (MARKDOWN, PAGE, PICTURE, FIGURES)  # FIGURES last: it marks a folder as a report
_DPI = 130
_INTERVALS = (
    f"In brackets the {LEVEL:.0%} percentile interval of {RESAMPLES} bootstrap resamples of "
    "people, too narrow where they are few."
)


@dataclass(frozen=True)
class Provenance:
    """What a report is of.

    Attributes:
        title: Title of the report.
        command: Command that makes the report, without folders of the user's machine.
        settings: Name → value in words, such as the model and the norms.
    """

    title: str
    command: str
    settings: dict[str, str]


def check_output(folder: Path) -> None:
    """Check that a report would not replace files that an evaluation did not write.

    Args:
        folder: Folder of the report. It need not exist.

    Raises:
        ExperimentError: The path is a file, or has files with names of the report but no report.
    """
    if folder.exists() and not folder.is_dir():
        raise ExperimentError(f"{folder} is a file, expected a folder to write: name another")
    taken = [name for name in PARTS if (folder / name).exists()]
    mark = folder / FIGURES
    if taken and not (mark.is_file() and f'"format": "{FORMAT}"'.encode() in _head(mark)):
        raise ExperimentError(
            f"{folder} holds {', '.join(taken)} that 'agir evaluate external' did not write: name "
            "another folder"
        )


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(100)


def write_external_report(
    figures: ExternalFigures,
    walks: Sequence[Assessment],
    provenance: Provenance,
    folder: Path,
) -> Path:
    """Write the report; an earlier one in the folder is replaced.

    Args:
        figures: Figures of the validation.
        walks: Assessed recordings, for the picture.
        provenance: What the report is of.
        folder: Folder of the report. Missing folders are created.

    Returns:
        Folder of the report.

    Raises:
        ExperimentError: The folder has files that an evaluation did not write.
    """
    check_output(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tables = external_tables(figures)
    with tempfile.TemporaryDirectory(prefix=".report.", dir=folder) as name:
        draft = Path(name)
        picture = _drawn(walks, draft / PICTURE)
        texts = {
            MARKDOWN: external_markdown(figures, provenance, tables),
            PAGE: _page(figures, provenance, tables, picture),
            FIGURES: _json(figures, provenance),
        }
        for part, text in texts.items():
            (draft / part).write_text(text, encoding="utf-8")
        for part in PARTS:
            if (draft / part).exists():
                (draft / part).replace(folder / part)
            else:
                (folder / part).unlink(missing_ok=True)
    return folder


def external_tables(figures: ExternalFigures) -> list[Table]:
    """Arrange the figures in tables.

    Args:
        figures: Figures of the validation.

    Returns:
        Tables of the groups, the scores and the texts; and, if there are any, of the reasons of
        uncertainty, the scores of a rater, and the recordings that were left out.
    """
    tables = [_group_table(figures), _judge_table(figures), _text_table(figures)]
    if any(group.reasons for group in figures.groups):
        tables.append(_reason_table(figures))
    if figures.judges[0].confusion is not None:
        tables.append(_confusion_table(figures.judges[0]))
    if figures.left_out:
        caption = "These recordings cannot be read or assessed, and no figure includes them."
        lines = [[file, reason] for file, reason in figures.left_out.items()]
        tables.append(Table("left out", "Recordings left out", caption, ["file", "reason"], lines))
    return tables


def _group_table(figures: ExternalFigures) -> Table:
    caption = (
        "Scores that the model gave, and its expected score (sum of k p_k), mean over the "
        f"recordings of a group. {_healthy_text(figures)}{_INTERVALS}"
    )
    lines = [
        [
            row.group,
            str(row.people),
            str(row.recordings),
            *map(str, row.scores),
            str(row.uncertain),
            format_interval(row.expected_score),
        ]
        for row in figures.groups
    ]
    scores = [f"score {score}" for score in range(len(figures.groups[0].scores))]
    header = ["group", "people", "recordings", *scores, "uncertain", "expected score"]
    return Table("groups", "Scores by group", caption, header, lines)


def _healthy_text(figures: ExternalFigures) -> str:
    return f"The healthy group is {figures.healthy!r}. " if figures.healthy else ""


_JUDGE_COLUMNS = {
    "auc": "AUC",
    "healthy_as_0": "healthy scored 0",
    "impaired_as_0": "impaired scored 0",
    "wrong": "wrong",
    "confident_errors": "wrong and not uncertain",
    "uncertain": "uncertain",
    "accuracy": "accuracy",
    "mirror_changes": "changed by mirroring",
}


def _judge_table(figures: ExternalFigures) -> Table:
    caption = (
        "AUC: area under the ROC curve of the expected score (of slowness for the speed), healthy "
        "against all other groups. Wrong: unequal to the score in the table; without one, a "
        "healthy person scored above 0, or another person scored 0. Accuracy: share of the scores "
        f"in the table that are predicted. {_INTERVALS}"
    )
    names = [
        name
        for name in _JUDGE_COLUMNS
        if any(getattr(row, name) is not None for row in figures.judges)
    ]
    lines = [
        [row.name, str(row.recordings), *(format_interval(getattr(row, name)) for name in names)]
        for row in figures.judges
    ]
    header = ["scores of", "recordings", *(_JUDGE_COLUMNS[name] for name in names)]
    return Table("scores", "Scores and baselines", caption, header, lines)


def _text_table(figures: ExternalFigures) -> Table:
    caption = (
        "Supported, near: share of the claims that could be checked, mean over texts. "
        "Specificity: supported claims in the own walk minus those in walks of other people with "
        "the same predicted score. Kept: number of claims divided by that of the unaided text. "
        f"{_INTERVALS}"
    )
    lines = [
        [
            row.name,
            f"{row.claims:.1f}",
            format_interval(row.supported),
            format_interval(row.near),
            format_interval(row.own),
            format_interval(row.other),
            format_interval(row.specificity, signed=True),
            format_interval(row.kept),
        ]
        for row in figures.texts
    ]
    header = ["text", "claims", "supported", "near", "own", "other", "specificity", "kept"]
    return Table("texts", "Claims of the texts", caption, header, lines)


def _reason_table(figures: ExternalFigures) -> Table:
    caption = "Number of recordings with each reason; a recording can have several."
    names = sorted({name for group in figures.groups for name in group.reasons})
    lines = [
        [name.replace("_", " "), *(str(group.reasons.get(name, 0)) for group in figures.groups)]
        for name in names
    ]
    header = ["reason", *(group.group for group in figures.groups)]
    return Table("reasons", "Why answers are uncertain", caption, header, lines)


def _confusion_table(judge: JudgeFigures) -> Table:
    caption = "Number of recordings, score in the table by score of the model."
    lines = [[f"score {score}", *map(str, row)] for score, row in enumerate(judge.confusion)]
    header = ["in the table", *(f"model: {score}" for score in range(len(judge.confusion)))]
    return Table("confusion", "Scores in the table and of the model", caption, header, lines)


def external_markdown(
    figures: ExternalFigures, provenance: Provenance, tables: Sequence[Table] | None = None
) -> str:
    """Write the report in Markdown.

    Args:
        figures: Figures of the validation.
        provenance: What the report is of.
        tables: Tables from `external_tables`, where they are made already.

    Returns:
        Markdown text.
    """
    tables = external_tables(figures) if tables is None else tables
    lines = [f"# {escape_markdown(provenance.title)}", _summary(figures), f"`{provenance.command}`"]
    lines += ["\n".join(f"- {k}: {escape_markdown(v)}" for k, v in provenance.settings.items())]
    if figures.notes:
        lines.append("\n".join(f"- {escape_markdown(note)}" for note in figures.notes))
    lines += [markdown_table(table) for table in tables]
    return "\n\n".join([*lines, NOTICE]) + "\n"


def _summary(figures: ExternalFigures) -> str:
    left_out = len(figures.left_out)
    total = figures.recordings + left_out
    recordings = f"{figures.recordings} of {total}" if left_out else f"{total}"
    return f"{recordings} recordings were assessed, people: {figures.people}."


def _json(figures: ExternalFigures, provenance: Provenance) -> str:
    content = {
        "format": FORMAT,
        "title": provenance.title,
        "command": provenance.command,
        "settings": provenance.settings,
        **figures.to_dict(),
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _page(
    figures: ExternalFigures, provenance: Provenance, tables: Sequence[Table], picture: bytes | None
) -> str:
    """The report as an HTML page that needs no other file."""
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    title = html.escape(provenance.title)
    parts = [f"<h1>{title}</h1>", f'<p class="muted">{html.escape(_summary(figures))} {NOTICE}</p>']
    parts += [f'<p class="remark">{html.escape(note)}</p>' for note in figures.notes]
    if picture is not None:
        code = base64.b64encode(picture).decode()
        parts.append(
            '<img style="max-width:100%" alt="Expected score of each recording, by group" '
            f'src="data:image/png;base64,{code}">'
        )
    parts += [_html_table(table) for table in tables]
    settings = {"command": provenance.command, **provenance.settings}
    parts.append("<h2>Where this comes from</h2>")
    parts.append(_html_rows(None, [[name, value] for name, value in settings.items()]))
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>'
        f"\n<style>{style}</style>\n</head>\n<body>\n" + "\n".join(parts) + "\n</body>\n</html>\n"
    )


def _html_table(table: Table) -> str:
    head = f'<h2>{html.escape(table.title)}</h2>\n<p class="muted">{html.escape(table.caption)}</p>'
    return f"{head}\n{_html_rows(table.header, table.lines)}"


def _html_rows(header: list[str] | None, lines: list[list[str]]) -> str:
    def row(cells: list[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(c)}</{tag}>" for c in cells) + "</tr>"

    rows = [row(header, "th")] if header else []
    rows += [row(line, "td") for line in lines]
    return '<div class="scroll"><table>\n' + "\n".join(rows) + "\n</table></div>"


def _drawn(walks: Sequence[Assessment], path: Path) -> bytes | None:
    """Draw the picture and return it; None and a warning without matplotlib."""
    if find_spec("matplotlib") is None:
        warnings.warn(
            'the report has no picture: it needs matplotlib, pip install "agir-hf[plot]"',
            stacklevel=4,
        )
        return None
    draw_scores(walks, path)
    return path.read_bytes()


def draw_scores(walks: Sequence[Assessment], path: Path) -> None:
    """Draw the expected score of each recording, one line of points for each group.

    Args:
        walks: Assessed recordings.
        path: PNG file to write.

    Raises:
        ImportError: matplotlib is not installed.
    """
    from matplotlib.figure import Figure

    groups = list(dict.fromkeys(walk.recording.group for walk in walks))
    figure = Figure(figsize=(7.5, 1.2 + 0.8 * len(groups)), layout="constrained")
    axes = figure.subplots()
    labels = {False: "certain", True: "uncertain"}
    rng = np.random.default_rng(0)
    shifts = rng.uniform(-0.25, 0.25, len(walks))
    for uncertain, label in labels.items():
        chosen = [i for i, walk in enumerate(walks) if walk.uncertain == uncertain]
        x = [walks[i].expected_score for i in chosen]
        y = [groups.index(walks[i].recording.group) + shifts[i] for i in chosen]
        colours = {"color": PALETTE[0]} if not uncertain else {"facecolors": "none"}
        axes.scatter(x, y, s=28, edgecolors=PALETTE[0], label=label, alpha=0.8, **colours)
    for index, group in enumerate(groups):
        values = [walk.expected_score for walk in walks if walk.recording.group == group]
        axes.plot([np.mean(values)] * 2, [index - 0.35, index + 0.35], color=PALETTE[1])
    axes.set_yticks(range(len(groups)), groups)
    axes.set_ylim(len(groups) - 0.5, -0.5)
    last = max(len(walk.probabilities) for walk in walks) - 1
    axes.set_xlim(-0.05, last + 0.05)
    axes.set_xlabel("expected score of the model; lines: means of the groups")
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.01, 1))
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=_DPI, metadata={"Software": None})

"""The report of an evaluation: predictions, tables, plots and a section for a model card."""

from __future__ import annotations

import tempfile
import warnings
from importlib.util import find_spec
from pathlib import Path

from ...utils.files import move_into_place
from .model_index import card_section
from .plots import draw_all
from .results import FILE, Results, is_results
from .summary import summarise
from .tables import latex, markdown, tables_of

TABLES, LATEX, CARD, FIGURES = "tables.md", "tables.tex", "card_section.md", "figures"
PARTS = (TABLES, LATEX, CARD, FIGURES, FILE)  # FILE last: it marks a folder as a report


def write_report(
    results: Results, folder: str | Path, against: str | None = None
) -> dict[str, Path | list[Path]]:
    """Write the report of an evaluation; an earlier report in the folder is replaced.

    All parts are written to a temporary folder and then moved into place. Other files in the folder
    stay. Without matplotlib there are no plots, and a warning.

    Args:
        results: Results of the evaluation.
        folder: Folder of the report. Missing folders are created.
        against: Name of the row that the others are compared with, see `tables.tables_of`.

    Returns:
        Name of each part → path; for `figures`, the list of plots.

    Raises:
        FileExistsError: The path is a file, or the folder has files with names of the report that
            an evaluation did not write.
        ValueError: No row has the name `against`.
    """
    folder = Path(folder).expanduser()
    check_folder(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".report.", dir=folder) as name:
        draft = Path(name)
        plots = _write_parts(results, draft, against)
        for part in PARTS:
            _replace(draft / part, folder / part)
    paths: dict[str, Path | list[Path]] = {part: folder / part for part in PARTS}
    return paths | {FIGURES: [folder / FIGURES / plot for plot in plots]}


def check_folder(folder: str | Path) -> None:
    """Check that a report would not replace files that an evaluation did not write.

    Call it before a long evaluation.

    Args:
        folder: Folder of the report. It need not exist.

    Raises:
        FileExistsError: The path is a file, or the folder has files with names of the report but no
            `results.json` of an evaluation.
    """
    folder = Path(folder).expanduser()
    if folder.exists() and not folder.is_dir():
        raise FileExistsError(f"{folder} is a file, expected a folder to write: name another")
    taken = [name for name in PARTS if (folder / name).exists()]
    if taken and not ((folder / FILE).is_file() and is_results(folder / FILE)):
        raise FileExistsError(
            f"{folder} holds {', '.join(taken)} that 'agir evaluate' did not write (it has no "
            f"{FILE} of an evaluation): name another folder"
        )


def _write_parts(results: Results, folder: Path, against: str | None) -> list[str]:
    """Write all parts of a report, and return the names of the plots."""
    summaries = summarise(results)
    tables = tables_of(results, summaries, against)
    results.save(folder)
    (folder / TABLES).write_text(markdown(results, tables), encoding="utf-8")
    (folder / LATEX).write_text(latex(results, tables), encoding="utf-8")
    (folder / CARD).write_text(card_section(results, tables), encoding="utf-8")
    (folder / FIGURES).mkdir()
    if find_spec("matplotlib") is None:
        warnings.warn(
            'the report has no plots: they need matplotlib, pip install "agir-hf[plot]"',
            stacklevel=3,
        )
        return []
    return [path.name for path in draw_all(results, folder / FIGURES, summaries)]


def _replace(draft: Path, path: Path) -> None:
    if draft.is_dir():
        move_into_place(draft, path)
    else:
        draft.replace(path)

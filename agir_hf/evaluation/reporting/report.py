"""The folder of an evaluation: its file, its tables, its pictures, its section of a model card."""

from __future__ import annotations

import os
import shutil
import warnings
from importlib.util import find_spec
from pathlib import Path

from .model_index import card_section
from .plots import draw_all
from .results import FILE, Results, is_results
from .summary import summarise
from .tables import latex, markdown, tables_of

TABLES, LATEX, CARD, FIGURES = "tables.md", "tables.tex", "card_section.md", "figures"
PARTS = (TABLES, LATEX, CARD, FIGURES, FILE)  # the file last: it tells that a folder is ours


def write_report(
    results: Results, folder: str | Path, against: str | None = None
) -> dict[str, Path | list[Path]]:
    """Write everything of an evaluation, in place of what an earlier one left.

    All of it is made beside, then moved in. Other files of the folder stay; pictures of the earlier
    report do not. Without matplotlib there are no pictures, and a warning.

    Args:
        folder: made if it is not there.
        against: row that the others are compared with, see `tables.tables_of`.

    Returns:
        Path of each part by its name; of ``figures``, the list of pictures.

    Raises:
        FileExistsError: see `check_folder`.
        ValueError: if ``against`` is no row.
    """
    folder = Path(folder).expanduser()
    check_folder(folder)
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".report.{os.getpid()}.partial"
    shutil.rmtree(draft, ignore_errors=True)
    try:
        pictures = _write(results, draft, against)
        for name in PARTS:
            _move_in(draft / name, folder / name)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    paths: dict[str, Path | list[Path]] = {name: folder / name for name in PARTS}
    return paths | {FIGURES: [folder / FIGURES / name for name in pictures]}


def check_folder(folder: str | Path) -> None:
    """Refuse a folder in which a report would replace what is none.

    Call it before a long evaluation.

    Raises:
        FileExistsError: if it is a file, or has files named as ours without our results.
    """
    folder = Path(folder).expanduser()
    if folder.exists() and not folder.is_dir():
        raise FileExistsError(f"{folder} is a file, expected a folder to write: name another")
    taken = [name for name in PARTS if (folder / name).exists()]
    if taken and not ((folder / FILE).is_file() and is_results(folder / FILE)):
        raise FileExistsError(
            f"{folder} holds {', '.join(taken)} that 'agir evaluate' did not write (no {FILE} of "
            "its form): name another folder"
        )


def _write(results: Results, draft: Path, against: str | None) -> list[str]:
    """Write all parts; names of the pictures."""
    summaries = summarise(results)
    tables = tables_of(results, summaries, against)
    results.save(draft)
    (draft / TABLES).write_text(markdown(results, tables), encoding="utf-8")
    (draft / LATEX).write_text(latex(results, tables), encoding="utf-8")
    (draft / CARD).write_text(card_section(results, tables), encoding="utf-8")
    (draft / FIGURES).mkdir()
    if find_spec("matplotlib") is None:
        warnings.warn(
            'the report has no pictures: they need matplotlib, pip install "agir-hf[plot]"',
            stacklevel=3,
        )
        return []
    return [path.name for path in draw_all(results, draft / FIGURES, summaries)]


def _move_in(made: Path, place: Path) -> None:
    """Put a file or a folder in its place; what was there goes only then."""
    old = made.with_name(f"{made.name}.old")
    if place.is_dir():
        place.rename(old)
    try:
        made.replace(place)
    except OSError:
        if old.exists():
            old.rename(place)
        raise

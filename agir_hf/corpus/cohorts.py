"""Reader of cohorts: recordings with subject, session and score, and reasons for exclusions.

- The Shida data set, or a simulated cohort in its layout: C3D files named SUB01_off_walk_1 and so
  on, and a table with its score columns (`shida_cohort`).
- CARE-PD: `.pkl` files of SMPL walks (`care_pd_cohort`).
- Any folder with `clinical.csv`: subject, session, file, score (`table_cohort`).
- Several of these in subfolders (`several_cohorts`).
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

from ..constants_agir import SCORES
from .care_pd_cohort import read_care_pd_cohort
from .clinical import check_num_scores
from .several_cohorts import cohort_folders, read_cohorts
from .shida_cohort import has_shida_names, read_shida
from .source import Item, NoScoresError, Source, SourceError
from .table_cohort import TABLE, TABLE_COLUMNS, read_table_cohort

__all__ = ["Item", "NoScoresError", "Source", "SourceError", "read_source"]


def read_source(folder: str | os.PathLike, num_scores: int = len(SCORES)) -> Source:
    r"""List the recordings of a cohort with subject, session and score.

    Three kinds of cohorts are recognised: the Shida data set, or a simulated cohort in its layout
    (C3D files named SUB01_off_walk_1 and so on, with a clinical table); CARE-PD pickles, each of
    which is a cohort; and any folder with a table `clinical.csv` (columns subject, session, file,
    score; optional age, sex). A folder of such folders is a source of several cohorts; the names of
    subjects and recordings then begin with the name of the cohort.

    Recordings without a valid score are excluded, with the reason. A CARE-PD cohort in which no
    walk has a score is used without scores, next to one with scores. Recordings are not measured
    here, but C3D files in the Shida layout are opened to recognise static trials, and CARE-PD
    pickles to read the scores.

    Args:
        folder (`str` or `os.PathLike`):
            Folder of the cohort or of several cohorts, or one CARE-PD pickle.
        num_scores (`int`, defaults to 3):
            Number of scores, 3 (0 to 2) or 4 (0 to 3). Recordings with a higher score are excluded.

    Returns:
        [`Source`]: Recordings, excluded recordings with reasons, title and terms of use.

    Raises:
        FileNotFoundError: The folder does not exist.
        ValueError: `num_scores` is neither 3 nor 4.
        SourceError: The folder is not one of these cohorts, no recording has a score, two
            recordings have the same id, or simulated and recorded cohorts are mixed.
        ClinicalTableError: The table cannot be read, or contradicts itself.

    Example:
        ```python
        >>> from pathlib import Path
        >>> import agir_hf
        >>> from agir_hf.corpus.cohorts import read_source
        >>> rows = [f"{subject},on,{agir_hf.SAMPLE_RECORDING},{score}" for subject, score in
        ...         (("A", "0"), ("B", "2"), ("C", "-"))]
        >>> _ = Path("clinical.csv").write_text("\n".join(["subject,session,file,score", *rows]))
        >>> source = read_source(".")
        >>> [(item.id, item.medication, item.score) for item in source.items]
        [('A_on/sample_walk', 'on', 0), ('B_on/sample_walk', 'on', 2)]
        >>> list(source.excluded.values())
        ['C on has no score']

        ```
    """
    folder = Path(folder)
    if not folder.exists():
        raise FileNotFoundError(f"no such folder: {folder}")
    check_num_scores(num_scores)
    source = _read_cohort(folder, num_scores)
    if all(item.score is None for item in source.items):
        reasons = Counter(source.excluded.values()).most_common(1)
        reason = f": {reasons[0][0]}" if reasons else ""
        count = len(source.excluded)
        without = len(source.items)
        reason += f"; {without} walks of cohorts without scores" if without else ""
        raise SourceError(
            f"{folder} has no recording with a score ({count} left out{reason}): check the "
            "table, or add a cohort with scores"
        )
    repeated = [name for name, n in Counter(item.id for item in source.items).items() if n > 1]
    if repeated:
        raise SourceError(
            f"{folder} names {repeated[0]} twice, expected each recording once: remove one"
        )
    return source


def _read_cohort(folder: Path, num_scores: int) -> Source:
    if folder.is_file() and folder.suffix.lower() != ".pkl":
        raise SourceError(f"{folder} is a file, expected a folder or a CARE-PD pickle")
    pickles = sorted(folder.glob("*.pkl")) if folder.is_dir() else [folder]
    if folder.is_dir() and (folder / TABLE).is_file():
        return read_table_cohort(folder, num_scores)
    members = cohort_folders(folder)
    if len(members) + bool(pickles) > 1:
        return read_cohorts(members, pickles, _read_cohort, num_scores)
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() == ".c3d")
    if has_shida_names(files):
        return read_shida(folder, files, num_scores)
    if pickles:
        return read_care_pd_cohort(pickles, num_scores)
    content = f"{len(files)} C3D files" if files else "no recording"
    raise NoScoresError(
        f"{folder} holds {content} and no table of scores, expected the Shida data set, CARE-PD "
        f"pickles, or a folder with a {TABLE} ({', '.join(TABLE_COLUMNS)})"
    )

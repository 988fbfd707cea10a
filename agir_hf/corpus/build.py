"""Build the motion-rationale corpus of a cohort on one machine, for `agir corpus build`.

The rows of the recordings are computed one by one, in worker processes (`recording_row`), and
joined to a corpus (`join_rows`). Finished recordings and texts are kept (`Store`), so that the same
command continues an interrupted build.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from functools import partial
from pathlib import Path

from ..annotation.rules.signs import check_quantities
from ..constants_agir import SCORES
from ..gait import load_norms
from ..utils.files import check_replaceable, exclusive_folder
from ..utils.parallel import in_processes
from .assembly import BuildResult, join_rows, mark_as_corpus
from .cohorts import Item, Source, read_source
from .finished_build import kept_times
from .measurement import BODY, FITS, FitSettings, has_markers, save_recorded
from .recording_rows import RecordingRow, RowSettings, recording_row
from .schema import CORPUS_TAG
from .store import BuildError, Store
from .stored_rows import keep_recording_list, stored_arrays, with_stored_texts
from .texts import Writer, is_current

__all__ = ["BuildError", "BuildResult", "build_corpus"]


def build_corpus(
    source: str | os.PathLike,
    out_dir: str | os.PathLike,
    *,
    fit: str = BODY,
    body: str | os.PathLike | None = None,
    workers: int = 1,
    writer: Writer | None = None,
    norms: str | os.PathLike | None = None,
    seed: int = 0,
    command: str = "",
    quantities: Collection[str] | None = None,
    num_scores: int = len(SCORES),
) -> BuildResult:
    r"""Build the motion-rationale corpus of a cohort.

    Each recording is converted to joint centres and HumanML3D features, and its gait parameters are
    measured. A writer writes a rationale for each, and rules write four further reference texts.
    The rows of the configurations "motion", "generative", "reasoning" and "preference" are then
    written as Parquet, split by subject, with a card that `load_dataset` reads, folds for
    cross-validation and feature statistics.

    Finished recordings and texts are kept in the folder `work` of the corpus. A second call with
    the same arguments continues an interrupted build, and measures only recordings that are new or
    have changed. Texts that a reviewer revised are kept.

    Args:
        source (`str` or `os.PathLike`):
            Folder of a cohort: the Shida data set, CARE-PD pickles, a folder with `clinical.csv`,
            or a simulated cohort; see [`~corpus.cohorts.read_source`].
        out_dir (`str` or `os.PathLike`):
            Folder of the corpus: missing, empty, or an earlier corpus.
        fit (`str`, defaults to `"body"`):
            Method from markers to joints: "body" (MoSh, a body is fitted to the markers) or
            "centres" (anatomical regression). Recordings of joints or bodies need neither. Gait
            parameters are always measured from the recording itself.
        body (`str` or `os.PathLike`, *optional*):
            SMPL file (.pkl or .npz) of the body to fit. Default: the file in the environment
            variable AGIR_SMPL, or else the open body of this package.
        workers (`int`, defaults to 1):
            Number of processes that measure recordings and write references.
        writer ([`Writer`], *optional*):
            Writer of the rationales. Default: [`~annotation.rule_writer.RuleWriter`].
        norms (`str` or `os.PathLike`, *optional*):
            File of the norms of a laboratory, see `agir norms`. Texts are written and checked with
            them, and a copy without the names of its subjects is written to the corpus. Default:
            the published norms.
        seed (`int`, defaults to 0):
            Seed of splits, instructions, preference pairs and of the default writer.
        command (`str`, *optional*):
            Command to show in the card.
        quantities (`Collection[str]`, *optional*):
            Names of the quantities that the texts of the rules may speak of, such as "step_length".
            Default: all quantities of the rules.
        num_scores (`int`, defaults to 3):
            Number of scores, 3 (0 to 2, as in AGIR) or 4 (0 to 3, as in CARE-PD). Recordings with a
            higher score are excluded.

    Returns:
        [`BuildResult`]: Folder, number of recordings, excluded recordings with reasons, statistics
        of the texts, and residuals of the fitted bodies.

    Raises:
        ValueError: `fit`, `workers`, `seed` or `num_scores` is invalid, `body` is no body or is
            passed without `fit="body"`, the file `norms` contains no norms, or a quantity is
            unknown.
        FileNotFoundError: The cohort, the body or the file of norms does not exist.
        SourceError: The folder is not a cohort, see [`~corpus.cohorts.read_source`].
        ClinicalTableError: The table of the cohort cannot be read.
        FileExistsError: `out_dir` has other content.
        FolderInUseError: Another process builds into `out_dir`.
        BuildError: No recording can be measured.
        EndpointError: A language model did not answer. Its earlier answers are kept.
        OSError: A file cannot be written, for example because the disk is full. Finished recordings
            and texts are kept.

    Example:
        ```python
        >>> from pathlib import Path
        >>> import agir_hf
        >>> from agir_hf.corpus.build import build_corpus
        >>> row = f"A,on,{agir_hf.SAMPLE_RECORDING},1"
        >>> _ = Path("clinical.csv").write_text(f"subject,session,file,score\n{row}\n")
        >>> result = build_corpus(".", "corpus")
        >>> result.recordings, result.excluded, result.fit.body
        (1, {}, 'open')
        >>> result.fit.median_mm < 5
        True
        >>> sorted(path.name for path in result.folder.iterdir() if path.is_file())
        ['README.md', 'corpus.json', 'report.json', 'splits.json', 'statistics.npz']

        ```
    """
    _check_options(fit, body, workers, seed)
    if quantities is not None:
        quantities = check_quantities(quantities)
    out_dir = Path(out_dir).expanduser().resolve()
    check_replaceable(out_dir, CORPUS_TAG)
    cohort = read_source(source, num_scores)
    norms = _readable_norms(norms)
    method = _usable_fit(fit, body, cohort)
    settings = RowSettings(method, seed, norms, quantities, num_scores, texts=writer is None)
    with exclusive_folder(out_dir):
        store = Store(out_dir, kept_times(source, out_dir))
        mark_as_corpus(out_dir)
        paths = {item.id: store.path_of(item, *method.key(item)) for item in cohort.items}
        rows = _measure_all(cohort, store, paths, settings, workers)
        rows = with_stored_texts(rows, store, settings, writer, workers)
        measured = [paths[row.id] for row in rows if not row.reason]
        arrays = stored_arrays([paths[row.id] for row in rows])
        result = join_rows(out_dir, cohort, rows, arrays, settings, command, workers)
        keep_recording_list(out_dir, measured)
        return result


def _check_options(fit: str, body: str | os.PathLike | None, workers: int, seed: int) -> None:
    """Raise a ValueError for an invalid option of `build_corpus`, before anything is read."""
    if fit not in FITS or workers < 1:
        raise ValueError(
            f"fit is {fit!r} and workers is {workers}, expected a fit of {', '.join(FITS)} and at "
            "least 1 worker"
        )
    if seed < 0:
        raise ValueError(f"seed is {seed}, expected 0 or more")
    if body is not None and fit != BODY:
        raise ValueError(f"a body was passed for fit={fit!r}, expected fit='body': leave it out")


def _readable_norms(norms: str | os.PathLike | None) -> str | None:
    """Absolute path of the norms; an error is raised here, before anything is written."""
    if norms is None:
        return None
    load_norms(norms)
    return str(Path(norms).expanduser().resolve())


def _usable_fit(fit: str, body: str | os.PathLike | None, cohort: Source) -> FitSettings:
    """Settings of the fit; a body that cannot be loaded is an error before anything is written."""
    settings = FitSettings(fit, None if body is None else str(Path(body).expanduser().resolve()))
    if body is not None or (fit == BODY and any(map(has_markers, cohort.items))):
        settings.load_body()
    return settings


def measure_item(job: tuple[Item, Path], settings: RowSettings) -> RecordingRow:
    """Compute the row of one recording and write its measurement.

    Args:
        job: Recording, and the file to write.
        settings: Settings of the row.

    Returns:
        The row without features and joints, which are in the file.
    """
    item, path = job
    row = recording_row(item, settings)
    if row.recorded is not None:
        save_recorded(path, item, row.recorded)
    return row.without_arrays()


def _measure_all(
    cohort: Source, store: Store, paths: dict[str, Path], settings: RowSettings, workers: int
) -> list[RecordingRow]:
    """Compute the rows of the recordings that are not measured yet.

    Args:
        cohort: The cohort.
        store: Results of earlier builds, to which new ones are added.
        paths: Id of a recording → file of its measurement.
        settings: Settings of the rows.
        workers: Number of processes.

    Returns:
        Rows of all recordings in the order of the items; those that were measured before are
        without texts.
    """
    from tqdm import tqdm

    rows, texts = _kept_rows(cohort, store, paths), store.annotations()
    jobs = [(item, paths[item.id]) for item in cohort.items if item.id not in rows]
    total = len(cohort.items)
    results = in_processes(partial(measure_item, settings=settings), jobs, workers)
    bar = tqdm(results, total=total, initial=total - len(jobs), unit="walk", desc="measuring")
    for row in bar:
        rows[row.id] = row
        if row.reason:
            store.fail(paths[row.id], row.reason)
        if row.annotation is None or is_current(texts.get(row.id), row.annotation.key):
            continue  # a text that a reviewer revised is kept where the gait is unchanged
        store.annotate(row.annotation)
        store.add_checks(row.checks)
    return [rows[item.id] for item in cohort.items]


def _kept_rows(cohort: Source, store: Store, paths: dict[str, Path]) -> dict[str, RecordingRow]:
    """Id of a recording → its row without text, of recordings that an earlier build finished.

    These are the measured recordings, and those that could not be measured.
    """
    failures, rows = store.failures(), {}
    for item in cohort.items:
        path = paths[item.id]
        recorded = store.recorded(path, item)
        if recorded is not None:
            rows[item.id] = RecordingRow(item.id, "", recorded)
        elif path.name in failures:
            rows[item.id] = RecordingRow(item.id, failures[path.name])
    return rows

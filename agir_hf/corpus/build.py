"""Build the motion-rationale corpus of a cohort, for `agir corpus build`.

The recordings are measured one by one (`measure_item`), a writer writes a text for each, and
`assembly` writes Parquet files and a card. Finished recordings and texts are kept (`Store`), so
that the same command continues an interrupted build.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from ..annotation.rules.signs import check_quantities
from ..constants_agir import SCORES
from ..gait import load_norms
from ..utils.files import check_replaceable, exclusive_folder, write_text_atomic
from ..utils.parallel import in_processes
from .assembly import assemble
from .cohorts import Source, read_source
from .corpus_norms import copy_norms
from .fit_report import FitReport
from .measurement import BODY, FITS, FitSettings, has_markers, measure_item
from .protocols import absent_scores, corpus_folds
from .schema import CORPUS_TAG
from .store import REPORT_FILE, BuildError, Store, load_metadata
from .text_statistics import TextStatistics
from .texts import Writer, annotate_all


@dataclass(frozen=True)
class BuildResult:
    """Result of a build.

    Attributes:
        folder: Folder of the corpus.
        recordings: Number of recordings in the corpus.
        excluded: Name of an excluded recording → reason.
        statistics: Statistics of the texts.
        fit: How markers became joints.
        remarks: Notes about the source, such as subjects without recordings.
        absent_scores: Fold → scores without a walk in its training or test part.
    """

    folder: Path
    recordings: int
    excluded: dict[str, str]
    statistics: TextStatistics
    fit: FitReport
    remarks: tuple[str, ...] = ()
    absent_scores: dict[str, str] = field(default_factory=dict)


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
    if fit not in FITS or workers < 1:
        raise ValueError(
            f"fit is {fit!r} and workers is {workers}, expected a fit of {', '.join(FITS)} and at "
            "least 1 worker"
        )
    if seed < 0:
        raise ValueError(f"seed is {seed}, expected 0 or more")
    if body is not None and fit != BODY:
        raise ValueError(f"a body was passed for fit={fit!r}, expected fit='body': leave it out")
    if quantities is not None:
        quantities = check_quantities(quantities)
    out_dir = Path(out_dir).expanduser().resolve()
    check_replaceable(out_dir, CORPUS_TAG)
    cohort = read_source(source, num_scores)
    if norms is not None:
        load_norms(norms)  # an error is raised before anything is written
    settings = FitSettings(fit, None if body is None else str(Path(body).expanduser().resolve()))
    if body is not None or (fit == BODY and any(map(has_markers, cohort.items))):
        settings.load_body()  # an error is raised before anything is written
    with exclusive_folder(out_dir):
        store = Store(out_dir)
        _mark_as_corpus(out_dir)
        paths, failed = _measure_all(cohort, store, settings, workers)
        cohort = replace(cohort, excluded=cohort.excluded | failed)
        recordings = [load_metadata(path) for path in paths]
        report = FitReport.of(recordings)
        absent = absent_scores(corpus_folds(recordings, seed), recordings)
        _write_report(out_dir / REPORT_FILE, cohort, len(paths), fit, report, absent)
        if not paths:
            (reason, _), *_ = Counter(failed.values()).most_common(1)
            raise BuildError(f"none of {len(failed)} recordings can be measured, such as: {reason}")
        used_norms = copy_norms(out_dir, norms)
        annotations = annotate_all(recordings, store, writer, seed, used_norms, workers, quantities)
        options = {"seed": seed, "fit": fit, "command": command, "quantities": quantities}
        statistics = assemble(out_dir, paths, annotations, cohort, **options)
        return BuildResult(
            out_dir, len(paths), cohort.excluded, statistics, report, cohort.remarks, absent
        )


def _mark_as_corpus(folder: Path) -> None:
    """Create the folder with a card that marks it as a corpus, before any other content."""
    folder.mkdir(parents=True, exist_ok=True)
    card = folder / "README.md"
    if not card.exists():
        write_text_atomic(card, f"# {CORPUS_TAG}\n\nThis build is not finished.\n")


def _measure_all(cohort: Source, store: Store, fit: FitSettings, workers: int):
    """Measure the recordings that are not measured yet.

    Returns:
        Files of the measured recordings in the order of the items, and name → reason of the others.
    """
    from tqdm import tqdm

    paths = {item.id: store.path_of(item, *fit.key(item)) for item in cohort.items}
    failures = store.failures()
    jobs = [
        (item, paths[item.id])
        for item in cohort.items
        if not store.has(paths[item.id], item) and paths[item.id].name not in failures
    ]
    total = len(cohort.items)
    results = in_processes(partial(measure_item, fit=fit), jobs, workers)
    bar = tqdm(results, total=total, initial=total - len(jobs), unit="walk", desc="measuring")
    for path, reason in bar:
        if reason:
            store.fail(path, reason)
            failures[path.name] = reason
    failed = {
        item.id: failures[paths[item.id].name]
        for item in cohort.items
        if paths[item.id].name in failures and not paths[item.id].is_file()
    }
    return [paths[item.id] for item in cohort.items if item.id not in failed], failed


def _write_report(
    path: Path,
    cohort: Source,
    count: int,
    method: str,
    fit: FitReport,
    absent: dict[str, str],
) -> None:
    report = {
        "source": cohort.kind,
        "title": cohort.title,
        "simulated": cohort.simulated,
        "taken": count,
        "excluded": cohort.excluded,
        "remarks": list(cohort.remarks),
        "fit": method,
        "joints": fit.as_json(),
        "folds_without_a_score": absent,
    }
    write_text_atomic(path, json.dumps(report, indent=2, ensure_ascii=False) + "\n")

"""Join the rows of all recordings to a corpus: data, splits, statistics and card."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ..gait.norms import Norms
from ..utils.files import atomic_folder, atomic_path, write_text_atomic
from ..version import __version__
from .background import in_background
from .builder import CorpusRows, Others
from .card import draw_card_figure, write_card
from .cohorts import Source
from .corpus_norms import NORMS_FILE, copy_norms, norms_title
from .figures import PLOTTED
from .files import corpus_file
from .fit_report import FitReport
from .normalization import Moments, moments_of_folds
from .packed_rows import ById, Column, RowHead
from .parquet_files import write_split
from .protocols import absent_scores, corpus_folds
from .recording_rows import RecordingRow, RowSettings
from .schema import CONFIGS, CORPUS_TAG, DATA, SPLITS
from .splits import SPLITS_FILE, Fold, folds_as_json
from .store import METADATA_FILE, REPORT_FILE, BuildError, Recorded
from .text_statistics import TextStatistics, text_statistics

STATISTICS_FILE = "statistics.npz"
CLAIM_RULES = "one grade for each value; near claims are not supported"


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


def join_rows(
    folder: str | os.PathLike,
    cohort: Source,
    rows: Sequence[RecordingRow],
    arrays_of: Callable[[int], tuple[np.ndarray, np.ndarray]],
    settings: RowSettings,
    command: str = "",
    workers: int = 1,
) -> BuildResult:
    r"""Write a corpus from the rows of all recordings of a cohort.

    Everything that depends on more than one recording is computed here: splits and folds, rejected
    answers from other walks, statistics of features and texts, Parquet files, card and report. The
    features and joints are read one recording after another, so that memory does not grow with
    their size.

    Args:
        folder (`str` or `os.PathLike`):
            Folder of the corpus. It is created if it is missing; the data of an earlier corpus in
            it are replaced.
        cohort (`Source`):
            The cohort, see [`~corpus.cohorts.read_source`].
        rows (`Sequence[RecordingRow]`):
            Row of each recording in the order of `cohort.items`, without features and joints, see
            [`~corpus.recording_rows.recording_row`]. Rows with a reason are excluded. Of many
            recordings, pass [`~corpus.packed_rows.PackedRows`], which takes little memory.
        arrays_of (`Callable`):
            Function of the index of a row that returns its features (T-1, 263) and joints
            (T, 22, 3), float32. It is called once for each row that is not excluded, in the order
            of the splits and, within a split, of the rows.
        settings (`RowSettings`):
            Settings that the rows were computed with.
        command (`str`, *optional*):
            Command to show in the card.
        workers (`int`, defaults to 1):
            Number of processes. With two or more, the figure is drawn in a process of its own while
            the data are written.

    Returns:
        [`BuildResult`]: Folder, number of recordings, excluded recordings with reasons, statistics
        of the texts, and residuals of the fitted bodies.

    Raises:
        BuildError: No recording was measured.
        OSError: A file cannot be written.

    Example:
        ```python
        >>> from pathlib import Path
        >>> import agir_hf
        >>> from agir_hf.corpus.assembly import join_rows
        >>> from agir_hf.corpus.cohorts import read_source
        >>> from agir_hf.corpus.measurement import FitSettings
        >>> from agir_hf.corpus.recording_rows import RowSettings, recording_row
        >>> row = f"A,on,{agir_hf.SAMPLE_RECORDING},1"
        >>> _ = Path("clinical.csv").write_text(f"subject,session,file,score\n{row}\n")
        >>> cohort, settings = read_source("."), RowSettings(FitSettings("centres"))
        >>> rows = [recording_row(item, settings) for item in cohort.items]
        >>> arrays = [(row.recorded.motion, row.recorded.joints) for row in rows]
        >>> heads = [row.without_arrays() for row in rows]
        >>> result = join_rows("corpus", cohort, heads, arrays.__getitem__, settings)
        >>> result.recordings, sorted(path.name for path in (result.folder / "data").iterdir())
        (1, ['train.parquet'])

        ```
    """
    folder = Path(folder)
    mark_as_corpus(folder)
    norms = copy_norms(folder, settings.norms)
    failed = {row.id: row.reason for row in rows if row.reason}
    cohort = replace(cohort, excluded=cohort.excluded | failed)
    joined = _Joined(rows, arrays_of, settings.seed)
    fit, count = FitReport.of(joined.recordings), len(joined.heads)
    absent = absent_scores(joined.folds, joined.heads)
    _write_report(folder / REPORT_FILE, cohort, count, settings.fit.method, fit, absent)
    if not count:
        (reason, _), *_ = Counter(failed.values()).most_common(1)
        raise BuildError(f"none of {len(failed)} recordings can be measured, such as: {reason}")
    provenance = _Provenance(cohort, settings, norms, command, fit)
    values = joined.plotted() if workers == 1 else list(joined.plotted())
    figure = in_background(
        draw_card_figure, folder, values, cohort.simulated, norms, process=workers > 1
    )
    with figure as drawn:
        statistics = _write(folder, joined, provenance, drawn)
    return BuildResult(folder, count, cohort.excluded, statistics, fit, cohort.remarks, absent)


def mark_as_corpus(folder: Path) -> None:
    """Create the folder with a card that marks it as a corpus, before any other content.

    Args:
        folder: Folder of a corpus.
    """
    folder.mkdir(parents=True, exist_ok=True)
    card = folder / "README.md"
    if not card.exists():
        write_text_atomic(card, f"# {CORPUS_TAG}\n\nThis build is not finished.\n")


class _Joined:
    """Rows of the measured recordings, and the function that reads their arrays.

    The rows may be packed (`PackedRows`): of all recordings, only heads are kept, and the rest of a
    row is read from `rows` where it is needed.
    """

    def __init__(self, rows: Sequence[RecordingRow], arrays_of: Callable, seed: int):
        self._rows, self._arrays_of = rows, arrays_of
        self._indices = [index for index, row in enumerate(rows) if not row.reason]
        self.recordings = self._column(lambda row: row.recorded)
        self.heads = [RowHead.of(recorded) for recorded in self.recordings]
        self.folds = corpus_folds(self.heads, seed)
        position = {head.id: index for index, head in enumerate(self.heads)}
        self.annotations = ById(position, self._column(lambda row: row.annotation))
        self.checks = ById(position, self._column(lambda row: row.checks))

    def _column(self, part: Callable) -> Column:
        return Column(self._rows, self._indices, part)

    def scored(self) -> Sequence[Recorded]:
        """Recordings with a score, without arrays."""
        scored = [index for index, head in enumerate(self.heads) if head.score is not None]
        return Column(self.recordings, scored, lambda recorded: recorded)

    def plotted(self) -> Iterator[tuple[int, dict[str, float]]]:
        """Yield score and plotted parameters of each recording with a score."""
        for row in self.scored():
            values = row.parameters
            yield row.item["score"], {name: values[name] for name in PLOTTED if name in values}

    def with_arrays(self, index: int) -> Recorded:
        motion, joints = self._arrays_of(self._indices[index])
        return replace(self.recordings[index], motion=motion, joints=joints)


@dataclass(frozen=True)
class _Provenance:
    """What a corpus was built from, and how."""

    source: Source
    settings: RowSettings
    norms: Norms | None
    command: str
    fit: FitReport

    def metadata(self, counts: dict[str, dict[str, int]], statistics: TextStatistics) -> dict:
        """Content of `corpus.json`.

        Args:
            counts: Configuration → split → number of its rows.
            statistics: Statistics of the texts.
        """
        source, quantities = self.source, self.settings.quantities
        norms_file = None if self.norms is None else NORMS_FILE
        return {
            "kind": source.kind,
            "title": source.title,
            "simulated": source.simulated,
            "licence": source.licence,
            "publishable": source.publishable,
            "num_scores": source.num_scores,
            "rows": counts,
            "seed": self.settings.seed,
            "fit": self.settings.fit.method,
            "joints": self.fit.as_json(),
            "command": self.command,
            "version": __version__,
            "norms": {"title": norms_title(self.norms), "file": norms_file},
            "claim_rules": CLAIM_RULES,
            "quantities": None if quantities is None else list(quantities),
            "texts": statistics.as_json(),
        }


def _write(
    folder: Path, joined: _Joined, provenance: _Provenance, draw: Callable[[], bool]
) -> TextStatistics:
    """Write data, splits, statistics and card of a corpus."""
    source, settings, norms = provenance.source, provenance.settings, provenance.norms
    annotations, folds, seed = joined.annotations, joined.folds, settings.seed
    rows = CorpusRows(
        annotations, source.title, source.simulated, norms, seed, settings.quantities,
        source.num_scores, joined.checks,
    )  # fmt: skip
    moments: dict[str, Moments] = {}
    counts = _write_data(folder, joined, folds["fixed"][0], rows, moments)
    splits = {"num_scores": source.num_scores, **folds_as_json(folds)}
    write_text_atomic(folder / SPLITS_FILE, json.dumps(splits, indent=1) + "\n")
    _write_statistics(folder / STATISTICS_FILE, moments, folds)
    statistics = text_statistics(joined.scored(), annotations, norms, seed, joined.checks)
    metadata = provenance.metadata(counts, statistics)
    write_card(
        folder, joined.heads, annotations, folds["fixed"][0],
        metadata | {"excluded": source.excluded}, statistics, draw(),
    )  # fmt: skip
    text = json.dumps(metadata, indent=2, ensure_ascii=False) + "\n"
    write_text_atomic(folder / METADATA_FILE, text)
    return statistics


def _write_data(
    folder: Path, joined: _Joined, fold: Fold, rows: CorpusRows, moments: dict[str, Moments]
) -> dict[str, dict[str, int]]:
    """Write the Parquet files, and return configuration → split → number of its rows.

    The moments of the features of each subject are added to `moments`.
    """
    for leftover in folder.glob(f".{DATA}.*"):  # of a build that was stopped here
        shutil.rmtree(leftover, ignore_errors=True)
    split_of = {subject: split for split in SPLITS for subject in getattr(fold, split)}
    indices: dict[str, list[int]] = {split: [] for split in SPLITS}
    for index, head in enumerate(joined.heads):
        indices[split_of[head.subject]].append(index)
    with atomic_folder(folder / DATA) as draft:
        counts = {
            split: write_split(
                draft, split, _walks(split, own, joined, rows, moments), rows.num_scores
            )
            for split, own in indices.items()
        }
    return {config: {split: counts[split][config] for split in SPLITS} for config in CONFIGS}


def _walks(
    split: str, indices: list[int], joined: _Joined, rows: CorpusRows, moments: dict[str, Moments]
) -> Iterator[list[dict]]:
    """Yield the rows of each walk of a split."""
    from tqdm import tqdm

    others = Others(joined.heads[index] for index in indices)
    for index in tqdm(indices, unit="walk", desc=f"{split} rows", leave=False):
        recorded = joined.with_arrays(index)
        subject, own = recorded.item["subject"], Moments.of([recorded.motion])
        moments[subject] = moments[subject] + own if subject in moments else own
        yield rows.of_walk(recorded, others)


def _write_statistics(
    path: Path, moments: Mapping[str, Moments], folds: dict[str, list[Fold]]
) -> None:
    """Write mean (263,) and standard deviation (263,) of the training features of every fold."""
    arrays = {}
    for scheme, members in folds.items():
        for fold, sums in zip(members, moments_of_folds(moments, members), strict=True):
            mean, std = sums.statistics()
            arrays |= {f"{scheme}/{fold.name}/mean": mean, f"{scheme}/{fold.name}/std": std}
    with atomic_path(path) as draft, draft.open("wb") as file:
        np.savez(file, **arrays)


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


def load_statistics(
    folder: str | os.PathLike, fold: Fold, scheme: str
) -> tuple[np.ndarray, np.ndarray]:
    """Load the feature statistics of the training part of a fold.

    Args:
        folder: Folder of the corpus, or the name of a data set on the Hub.
        fold: Fold of the corpus, see [`~corpus.splits.load_folds`].
        scheme: Scheme of the fold: "fixed", "stratified" or "leave_one_subject_out".

    Returns:
        `tuple`: Mean (263,) and standard deviation (263,), for the feature extractor.
    """
    with np.load(corpus_file(folder, STATISTICS_FILE), allow_pickle=False) as content:
        return content[f"{scheme}/{fold.name}/mean"], content[f"{scheme}/{fold.name}/std"]

"""Row of one recording of a corpus: everything that does not depend on other recordings.

A corpus is built in two steps. `recording_row` computes the row of one recording from its file and
the settings, in any process and in any order. `assembly.join_rows` writes the corpus from the rows
of all recordings in the order of the cohort: splits, rejected answers from other walks, statistics,
Parquet files and the card. `build.build_corpus` does both on one machine.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache

import numpy as np

from ..annotation.rule_writer import RuleWriter
from ..constants_agir import SCORES
from ..gait.laboratory_norms import load_norms
from ..gait.norms import Norms
from .corpus_norms import norms_digest
from .measurement import FitSettings, measured
from .source import Item
from .store import Annotation, Recorded
from .text_checks import TextChecks, check_text, checks_key
from .texts import annotation_by_rules

_ARRAYS = ("motion", "joints")
_RECORDED = ("item", "parameters", "absent", "rate_hz", "fit")  # other fields of `Recorded`
_NOTHING = np.empty(0, np.float32)


@dataclass(frozen=True)
class RowSettings:
    """What the row of a recording depends on, next to its file. It can be pickled.

    Attributes:
        fit: How markers become joints.
        seed: Seed of splits, instructions, preference pairs and of the rule writer.
        norms: File of the norms of a laboratory, or None for the published norms.
        quantities: Quantities that the texts of the rules may speak of, or None for all.
        num_scores: Number of scores, which are 0 to `num_scores` - 1.
        texts: Whether the texts are written by rules with the row; otherwise later, by a language
            model.
    """

    fit: FitSettings = field(default_factory=FitSettings)
    seed: int = 0
    norms: str | None = None
    quantities: tuple[str, ...] | None = None
    num_scores: int = len(SCORES)
    texts: bool = True

    def rules(self) -> RuleWriter:
        """Rule writer of these settings; one object in each process."""
        return _rules(self.seed, self.quantities)

    def load_norms(self) -> Norms | None:
        """Norms of the laboratory, or None for the published norms."""
        return None if self.norms is None else _norms(self.norms, os.stat(self.norms).st_mtime_ns)

    def rules_state(self) -> str:
        """State of the rule writer and of the norms, on which texts and checks depend."""
        modified = None if self.norms is None else os.stat(self.norms).st_mtime_ns
        return f"{self.rules().state} {_digest(self.norms, modified)}"


@lru_cache(maxsize=4)
def _rules(seed: int, quantities: Collection[str] | None) -> RuleWriter:
    return RuleWriter(seed, quantities)


@lru_cache(maxsize=2)
def _norms(path: str, _modified: int) -> Norms:
    return load_norms(path)


@lru_cache(maxsize=2)
def _digest(path: str | None, modified: int | None) -> str:
    return norms_digest(None if path is None else _norms(path, modified))


@dataclass(frozen=True, eq=False)
class RecordingRow:
    """Row of one recording.

    Attributes:
        id: Id of the recording in its cohort.
        reason: Why the recording could not be measured; empty if it could be. Then the other
            attributes are None.
        recorded: Measured recording with features (T-1, 263) and joints (T, 22, 3), or with empty
            arrays, see `without_arrays`.
        annotation: Text of the recording; None if a language model is to write it.
        checks: Checks of the text; None without a text.
    """

    id: str
    reason: str = ""
    recorded: Recorded | None = None
    annotation: Annotation | None = None
    checks: TextChecks | None = None

    def without_arrays(self) -> RecordingRow:
        """Row without features and joints, for many rows in memory."""
        if self.recorded is None:
            return self
        return replace(self, recorded=replace(self.recorded, motion=_NOTHING, joints=_NOTHING))

    def as_columns(self) -> dict:
        """Row as plain columns, for a Parquet file.

        Returns:
            `dict`: "id" and "reason" (`str`), "recording", "text" and "checks" (`str` with JSON,
            or None), "motion" (T-1, 263) and "joints" (T, 22, 3) as float32 arrays, or None.
        """
        columns = dict.fromkeys(("recording", "text", "checks", *_ARRAYS))
        columns = {"id": self.id, "reason": self.reason} | columns
        if self.recorded is not None:
            content = {name: getattr(self.recorded, name) for name in _RECORDED}
            columns["recording"] = json.dumps(content)
            columns |= {name: getattr(self.recorded, name) for name in _ARRAYS}
        if self.annotation is not None:
            columns["text"] = json.dumps(asdict(self.annotation), ensure_ascii=False)
        if self.checks is not None:
            columns["checks"] = json.dumps(asdict(self.checks), ensure_ascii=False)
        return columns

    @classmethod
    def from_columns(cls, columns: Mapping[str, object]) -> RecordingRow:
        """Row from the columns of `as_columns`; "motion" and "joints" may be missing.

        Args:
            columns: Column → value.
        """
        recorded = annotation = checks = None
        if columns["recording"] is not None:
            arrays = {
                name: _NOTHING if columns.get(name) is None
                else np.asarray(columns[name], np.float32)
                for name in _ARRAYS
            }  # fmt: skip
            recorded = Recorded(**json.loads(columns["recording"]), **arrays)
        if columns["text"] is not None:
            annotation = Annotation.from_json(json.loads(columns["text"]))
        if columns["checks"] is not None:
            checks = TextChecks.from_json(json.loads(columns["checks"]))
        return cls(columns["id"], columns["reason"], recorded, annotation, checks)


def recording_row(item: Item, settings: RowSettings) -> RecordingRow:
    r"""Compute the row of one recording: joints, features, gait parameters, text and its checks.

    The row depends on the files of the recording and on the settings alone, and is the same in
    every process. A recording that cannot be measured gives a row with the reason.

    Args:
        item (`Item`):
            Recording of a cohort, see [`~corpus.cohorts.read_source`].
        settings (`RowSettings`):
            How markers become joints, and what the text depends on.

    Returns:
        [`RecordingRow`]: Features (T-1, 263), joints (T, 22, 3) in metres at 20 fps, Y up, gait
        parameters, text and checks; or the reason why there are none.

    Raises:
        OSError: A file cannot be read for a reason that is not its content.

    Example:
        ```python
        >>> from pathlib import Path
        >>> import agir_hf
        >>> from agir_hf.corpus.cohorts import read_source
        >>> from agir_hf.corpus.measurement import FitSettings
        >>> from agir_hf.corpus.recording_rows import RowSettings, recording_row
        >>> row = f"A,on,{agir_hf.SAMPLE_RECORDING},1"
        >>> _ = Path("clinical.csv").write_text(f"subject,session,file,score\n{row}\n")
        >>> (item,) = read_source(".").items
        >>> row = recording_row(item, RowSettings(FitSettings("centres")))
        >>> row.recorded.motion.shape, row.recorded.joints.shape, row.annotation.writer
        ((119, 263), (120, 22, 3), 'rules')

        ```
    """
    recorded, reason = measured(item, settings.fit)
    if recorded is None:
        return RecordingRow(item.id, reason)
    if not settings.texts:
        return RecordingRow(item.id, "", recorded)
    return with_text(RecordingRow(item.id, "", recorded), settings)


def with_text(row: RecordingRow, settings: RowSettings) -> RecordingRow:
    """Row with the text that the rules write, and its checks.

    Args:
        row: Row of a measured recording.
        settings: Settings of the row.
    """
    norms = settings.load_norms()
    annotation = annotation_by_rules(row.recorded, settings.rules(), settings.rules_state(), norms)
    return with_checks(replace(row, annotation=annotation), settings)


def with_checks(row: RecordingRow, settings: RowSettings) -> RecordingRow:
    """Row with the checks of its text.

    Args:
        row: Row of a measured recording with a text.
        settings: Settings of the row.
    """
    norms, scores = settings.load_norms(), settings.num_scores
    key = checks_key(row.annotation, row.recorded, settings.rules_state(), scores)
    checks = check_text(row.annotation, row.recorded, key, settings.rules(), norms, scores)
    return replace(row, checks=checks)

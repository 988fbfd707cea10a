"""Intermediate results of a build on disk: measured recordings and the texts written for them.

In the folder of the corpus, `work/recordings` has one file per measured recording, and
`work/annotations.jsonl` has one line per text or revision. An interrupted build continues from
these files.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from ..annotation.prompts import Written
from ..motion.fitting.batch import MARKER_FILES
from ..motion.readers import is_recording
from ..utils.files import atomic_path
from ..utils.jsonl import append_line, read_lines
from .cohorts import Item

METADATA_FILE = "corpus.json"  # in the folder of a finished corpus
REPORT_FILE = "report.json"  # excluded recordings with reasons, and the fit of bodies
WORK = "work"  # folder of intermediate results
RECORDINGS, _FAILURES = "recordings", "failed.jsonl"
_ANNOTATIONS, _CHECKS = "annotations.jsonl", "checks.jsonl"
# Part of the file names: after a change all recordings are measured again.
_MEASUREMENT_VERSION = 3
# Part of every text: after a change all texts are written again. Lines without it are of version 1,
# which had no further references.
_TEXT_VERSION = 2


class BuildError(RuntimeError):
    """Error for a build that cannot be finished. The message is one line."""


@dataclass(frozen=True, eq=False)
class Recorded:
    """One measured recording.

    Attributes:
        item: Fields of the [`~corpus.cohorts.Item`]: subject, session, score and others. The file
            is stated by name, without its folder.
        motion: HumanML3D features (T-1, 263), not normalised; empty if only metadata were loaded.
        joints: Joint centres (T, 22, 3) at 20 fps in metres, Y up; empty if only metadata were
            loaded.
        parameters: Measured gait parameters, name → value.
        absent: Name of a gait parameter that could not be measured → reason.
        rate_hz: Frame rate of the recording, Hz.
        fit: How markers became joints; empty for recordings of joints or bodies. `method` is
            "centres" or "body". For a body: `body` ("open" or "smpl"), `shape_from` ("static trial"
            or "walk"), `problem` (why there is no shape from a static trial), and the residuals
            `median_mm` and `percentile_95_mm`.
    """

    item: dict
    motion: np.ndarray
    joints: np.ndarray
    parameters: dict[str, float]
    absent: dict[str, str]
    rate_hz: float
    fit: dict = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Id of the recording."""
        return self.item["id"]


@dataclass(frozen=True)
class Annotation:
    """The text of one recording.

    Attributes:
        id: Id of the recording.
        key: Hash of the recording and of the writer. A text with another key is out of date.
        foot: Description of the feet.
        arm: Description of the arms.
        overall: Description of the walk as a whole.
        writer: "rules", or the name of a language model.
        flags: Claims that the measured gait contradicts.
        revised: Whether a reviewer changed the text.
        further: Further texts about the same recording, as references next to the text itself.
    """

    id: str
    key: str
    foot: str
    arm: str
    overall: str
    writer: str
    flags: tuple[str, ...] = ()
    revised: bool = False
    further: tuple[Written, ...] = ()

    @classmethod
    def from_json(cls, row: dict) -> Annotation:
        """Text from the values of a line of JSON.

        Args:
            row: Field → value.
        """
        further = tuple(Written(**text) for text in row["further"])
        return cls(**row | {"flags": tuple(row["flags"]), "further": further})

    @property
    def written(self) -> Written:
        """The three parts."""
        return Written(self.foot, self.arm, self.overall)

    @property
    def rationale(self) -> str:
        """The three parts as one text."""
        return self.written.rationale

    @property
    def references(self) -> tuple[str, ...]:
        """The text and the further texts, each as one text."""
        return tuple(text.rationale for text in (self.written, *self.further))

    def descriptions(self, part: str) -> tuple[str, ...]:
        """One part of the text and of the further texts.

        Args:
            part: "foot", "arm" or "overall".
        """
        return tuple(getattr(text, part) for text in (self.written, *self.further))


@dataclass(frozen=True)
class TextChecks:
    """What is computed for the text of one walk and does not depend on other walks.

    Attributes:
        id: Id of the recording.
        key: Hash of everything that the checks depend on, see `text_checks.checks_key`.
        counterfactual: Rationale that the measured gait contradicts, and its score; None without a
            score, or if no parameter was measured that a claim could contradict.
        shares: Shares of supported, near and contradicted claims among those that can be checked,
            and share of the claims that can be checked; None where there are none.
        reasons: Reason why a parameter is spoken of or left out → number of parameters.
    """

    id: str
    key: str
    counterfactual: tuple[str, int] | None
    shares: tuple[float | None, ...]
    reasons: dict[str, int]

    @classmethod
    def from_json(cls, row: dict) -> TextChecks:
        """Checks from the values of a line of JSON.

        Args:
            row: Field → value.
        """
        pair = row["counterfactual"]
        lists = {"counterfactual": pair and tuple(pair), "shares": tuple(row["shares"])}
        return cls(**row | lists)


class Store:
    """Intermediate results of a build.

    Args:
        folder: Folder of the corpus.
        times: Absolute path of a source file → modification time in ns that is used instead of its
            own, see `finished_build.kept_times`.
    """

    def __init__(self, folder: str | os.PathLike, times: Mapping[Path, int] | None = None):
        self.folder = Path(folder)
        self.work = self.folder / WORK
        self._times = times or {}

    def path_of(self, item: Item, *fit: str | int) -> Path:
        """Path of the file of a measured recording, which may not exist yet.

        The name depends on size and modification time of the source files, so that a changed
        source is measured again.

        Args:
            item: Recording.
            *fit: What else the joints depend on: the method from markers to joints, and the body.
        """
        state = [item.id, item.inside, *fit, _MEASUREMENT_VERSION]
        for path in (item.path, item.static):
            if path is not None and path.is_file():
                status = path.stat()
                modified = status.st_mtime_ns
                if self._times:
                    modified = self._times.get(path.resolve(), modified)
                state += [path.name, status.st_size, modified]
        digest = hashlib.sha256(json.dumps(state).encode()).hexdigest()[:10]
        name = re.sub(r"[^A-Za-z0-9_.-]+", "_", item.id)[-80:]
        return self.work / RECORDINGS / f"{name}-{digest}.npz"

    def recorded(self, path: Path, item: Item) -> Recorded | None:
        """Read a measured recording without arrays, with score, age and sex from the item.

        A file that states other values of the item is written again. A file that cannot be read,
        for example after a crash of the machine, is removed.

        Args:
            path: File of the measured recording, see `path_of`.
            item: Recording, with the current values of the table of the cohort.

        Returns:
            The recording, or None if it is not measured.
        """
        if not path.is_file():
            return None
        try:
            recorded = load_metadata(path)
            if recorded.item == item_fields(item):
                return recorded
            whole = load_recording(path)
            save_recording(
                path, item, whole.motion, whole.joints, whole.parameters, whole.absent,
                whole.rate_hz, whole.fit,
            )  # fmt: skip
            return load_metadata(path)
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile):
            path.unlink()
            return None

    def failures(self) -> dict[str, str]:
        """Name of the file of a recording → reason why it could not be measured."""
        return {row["file"]: row["reason"] for row in read_lines(self.work / _FAILURES)}

    def fail(self, path: Path, reason: str) -> None:
        """Record that a recording cannot be measured, and why."""
        append_line(self.work / _FAILURES, {"file": path.name, "reason": reason})

    def annotations(self) -> dict[str, Annotation]:
        """Id of a recording → its newest text. Texts of an earlier version are left out."""
        newest = {}
        for row in read_lines(self.work / _ANNOTATIONS):
            if row.pop("version", 1) != _TEXT_VERSION:
                continue
            newest[row["id"]] = Annotation.from_json(row)
        return newest

    def annotate(self, annotation: Annotation) -> None:
        """Append a text, which replaces older texts of the same recording."""
        row = {"version": _TEXT_VERSION, **asdict(annotation)}
        append_line(self.work / _ANNOTATIONS, row)

    def checks(self) -> dict[str, TextChecks]:
        """Id of a recording → newest checks of its text."""
        rows = map(TextChecks.from_json, read_lines(self.work / _CHECKS))
        return {row.id: row for row in rows}

    def add_checks(self, checks: TextChecks) -> None:
        """Append the checks of a text, which replace older ones of the same recording."""
        append_line(self.work / _CHECKS, asdict(checks))

    def revise(self, annotation: Annotation, written: Written, flags: tuple[str, ...]) -> None:
        """Append a reviewer's text.

        Args:
            annotation: Text before the revision; its key and writer are kept.
            written: The revised text.
            flags: Claims of the revised text that the measured gait contradicts.
        """
        self.annotate(replace(annotation, **vars(written), flags=flags, revised=True))


def save_recording(
    path: Path,
    item: Item,
    motion,
    joints,
    parameters: dict,
    absent: dict,
    rate_hz: float,
    fit: dict | None = None,
) -> None:
    """Write one measured recording.

    Args:
        path: File to write, `.npz`. Missing folders are created.
        item: The recording in its cohort.
        motion: HumanML3D features (T-1, 263), not normalised.
        joints: Joint centres (T, 22, 3) at 20 fps in metres, Y up.
        parameters: Measured gait parameters, name → value.
        absent: Name of a gait parameter that could not be measured → reason.
        rate_hz: Frame rate of the recording, Hz.
        fit: How markers became joints, see `Recorded.fit`.
    """
    metadata = {
        "item": item_fields(item),
        "parameters": parameters,
        "absent": absent,
        "rate_hz": rate_hz,
        "fit": fit or {},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as draft, draft.open("wb") as file:
        np.savez(
            file,
            motion=np.asarray(motion, dtype=np.float32),
            joints=np.asarray(joints, dtype=np.float32),
            about=np.array(json.dumps(metadata)),
        )


def item_fields(item: Item) -> dict:
    """Fields of an item that are stored, with the name of its file without the folder.

    Args:
        item: The recording in its cohort.
    """
    names = ("id", "subject", "session", "medication", "score", "walk", "variant", "sex",
             "cohort")  # fmt: skip
    further = {"file": item.path.name, "age": item.age}
    return {name: getattr(item, name) for name in names} | further


def load_recording(path: Path) -> Recorded:
    """Read one measured recording."""
    with np.load(path, allow_pickle=False) as content:
        return _recorded(content, content["motion"], content["joints"])


def load_metadata(path: Path) -> Recorded:
    """Read a measured recording without motion and joints, which are empty arrays."""
    empty = np.empty(0, np.float32)
    with np.load(path, allow_pickle=False) as content:
        return _recorded(content, empty, empty)


def _recorded(content, motion: np.ndarray, joints: np.ndarray) -> Recorded:
    metadata = json.loads(str(content["about"]))
    names = ("item", "parameters", "absent", "rate_hz")
    values = {name: metadata[name] for name in names}
    # files of earlier versions do not state it; their markers became joints by regression
    is_markers = is_recording(Path(metadata["item"]["file"]), MARKER_FILES)
    fit = metadata.get("fit", {"method": "centres"} if is_markers else {})
    return Recorded(motion=motion, joints=joints, **values, fit=fit)

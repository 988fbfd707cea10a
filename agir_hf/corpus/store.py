"""What a build has finished, on disk: measured recordings, and the texts written of them.

Below the corpus' folder ``work/recordings`` holds one file for each recording, written beside and
moved into place, and ``work/annotations.jsonl`` one line for each text and each revision, appended
as they come. A build that was stopped goes on from there.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from ..annotation.prompts import Written
from ..gait.norms import nearest_age
from ..utils.files import atomic_path
from ..utils.jsonl import append_line, read_lines
from .cohorts import Item

ABOUT = "corpus.json"  # of a finished corpus
WORK = "work"
RECORDINGS, _ANNOTATIONS, _FAILED = "recordings", "annotations.jsonl", "failed.jsonl"
_MADE = 1  # of the code that measures: another number measures everything anew


class BuildError(RuntimeError):
    """A build that cannot be finished; the message says what to do, on one line."""


@dataclass(frozen=True, eq=False)
class Recorded:
    """One measured recording: features, joints, and measured parameters."""

    item: dict
    motion: np.ndarray
    joints: np.ndarray
    parameters: dict[str, float]
    absent: dict[str, str]
    rate_hz: float

    @property
    def id(self) -> str:
        """Name of the recording."""
        return self.item["id"]


@dataclass(frozen=True)
class Annotation:
    """The text of one recording.

    Attributes:
        id: of the recording.
        key: of what it was written from; another one makes the text out of date.
        foot, arm, overall: the parts.
        writer: "rules" or a model's name.
        flags: claims that the measured gait contradicts.
        revised: whether a reviewer changed it.
    """

    id: str
    key: str
    foot: str
    arm: str
    overall: str
    writer: str
    flags: tuple[str, ...] = ()
    revised: bool = False

    @property
    def rationale(self) -> str:
        """The parts as one text."""
        return Written(self.foot, self.arm, self.overall).rationale


class Store:
    """The finished parts of a build in ``folder``."""

    def __init__(self, folder: Path):
        self.folder = Path(folder)
        self.work = self.folder / WORK

    def path_of(self, item: Item, fit: str) -> Path:
        """Where a recording's file is, or will be; another state of its sources, another name."""
        state = [item.id, item.inside, fit, _MADE]
        for path in (item.path, item.static):
            if path is not None and path.is_file():
                about = path.stat()
                state += [path.name, about.st_size, about.st_mtime_ns]
        digest = hashlib.sha256(json.dumps(state).encode()).hexdigest()[:10]
        name = re.sub(r"[^A-Za-z0-9_.-]+", "_", item.id)[-80:]
        return self.work / RECORDINGS / f"{name}-{digest}.npz"

    def has(self, path: Path, item: Item) -> bool:
        """Whether a recording is measured; what the table says of it now is brought in.

        A file that cannot be read, as after a crash of the machine, is removed.
        """
        if not path.is_file():
            return False
        try:
            recorded = load_about(path)
            if recorded.item != _about(item):
                whole = load_recording(path)
                save_recording(
                    path, item, whole.motion, whole.joints, whole.parameters, whole.absent,
                    whole.rate_hz,
                )  # fmt: skip
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile):
            path.unlink()
            return False
        return True

    def failures(self) -> dict[str, str]:
        """Name of a recording's file → why it could not be measured."""
        return {row["file"]: row["reason"] for row in read_lines(self.work / _FAILED)}

    def fail(self, path: Path, reason: str) -> None:
        """Remember that a recording cannot be measured."""
        append_line(self.work / _FAILED, {"file": path.name, "reason": reason})

    def annotations(self) -> dict[str, Annotation]:
        """Recording's id → its newest text."""
        found = {}
        for row in read_lines(self.work / _ANNOTATIONS):
            row["flags"] = tuple(row["flags"])
            found[row["id"]] = Annotation(**row)
        return found

    def annotate(self, annotation: Annotation) -> None:
        """Keep a text; one of the same recording is out of date from here."""
        append_line(self.work / _ANNOTATIONS, asdict(annotation))

    def revise(self, annotation: Annotation, written: Written, flags: tuple[str, ...]) -> None:
        """Keep a reviewer's text."""
        self.annotate(replace(annotation, **vars(written), flags=flags, revised=True))


def save_recording(
    path: Path, item: Item, motion, joints, parameters: dict, absent: dict, rate_hz: float
) -> None:
    """Write one measured recording."""
    about = {
        "item": _about(item),
        "parameters": parameters,
        "absent": absent,
        "rate_hz": rate_hz,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as draft, draft.open("wb") as file:
        np.savez(
            file,
            motion=np.asarray(motion, dtype=np.float32),
            joints=np.asarray(joints, dtype=np.float32),
            about=np.array(json.dumps(about)),
        )


def _about(item: Item) -> dict:
    """What is kept of an item: nothing of where its file lies."""
    names = ("id", "subject", "session", "medication", "score", "walk", "variant", "sex")
    # norms begin at an age: a younger walker is compared with the youngest of them
    further = {"file": item.path.name, "age": nearest_age(item.age)}
    return {name: getattr(item, name) for name in names} | further


def load_recording(path: Path) -> Recorded:
    """Read one measured recording."""
    with np.load(path, allow_pickle=False) as content:
        about = json.loads(str(content["about"]))
        return Recorded(
            item=about["item"],
            motion=content["motion"],
            joints=content["joints"],
            parameters=about["parameters"],
            absent=about["absent"],
            rate_hz=about["rate_hz"],
        )


def load_about(path: Path) -> Recorded:
    """Read a measured recording without its frames."""
    with np.load(path, allow_pickle=False) as content:
        about = json.loads(str(content["about"]))
    nothing = np.empty(0, np.float32)
    return Recorded(
        about["item"], nothing, nothing, about["parameters"], about["absent"], about["rate_hz"]
    )

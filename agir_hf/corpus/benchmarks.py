"""Recordings that others labelled, as they lie in the folders they come in."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from ..gait import measure
from ..humanml3d import joints_to_features
from ..motion import read_recording, to_joints
from ..utils.parallel import in_processes

HUBERTSHUM_LABELS = ("Healthy", "Joint Problem", "Muscle Weakness", "Neurological Defect")
ANNOTATIONS = "annotations.csv"


@dataclass(frozen=True, eq=False)
class LabelledWalk:
    """A recording with the label that somebody gave it.

    Attributes:
        name: of the file.
        subject: who walked.
        label: as given.
        features: (L, 263) HumanML3D features at 20 fps, not normalised.
        parameters: measured gait parameters, name → value.
    """

    name: str
    subject: str
    label: str
    features: np.ndarray
    parameters: dict[str, float]


class BenchmarkError(ValueError):
    """A folder that is not the benchmark's; the message says what to do, on one line."""


def read_hubertshum(
    folder: str | Path,
    workers: int = 1,
    watch: Callable[[Iterable], Iterable] = iter,
) -> list[LabelledWalk]:
    """The musculoskeletal and neurological disorders of Rueangsirarak et al. 2018.

    Args:
        folder: with ``annotations.csv`` (columns name, label) and a BVH file of each name, which
            begins with the subject: ``SubjectA11_Cycle1.bvh``. Source: github.com/hubertshum/
            Automatic-Musculoskeletal-And-Neurological-Disorder-Diagnosis; IEEE TNSRE 26(12):2387.
        workers: processes that read.
        watch: given the walks as they come, such as a progress bar.

    Returns:
        The walks in the order of the annotations.

    Raises:
        BenchmarkError: the table or a file is not there, a label is not one of
            `HUBERTSHUM_LABELS`, a name comes twice, or a recording cannot be read.
    """
    folder = Path(folder)
    rows = _annotations(folder / ANNOTATIONS)
    missing = [name for name, _ in rows if not (folder / f"{name}.bvh").is_file()]
    if missing:
        raise BenchmarkError(
            f"{folder} lacks {len(missing)} of {len(rows)} recordings, such as {missing[0]}.bvh: "
            "give the folder that holds the BVH files beside their annotations"
        )
    reading = in_processes(partial(_read, folder), rows, min(workers, len(rows)), in_order=True)
    return list(watch(reading))


def _annotations(path: Path) -> list[tuple[str, str]]:
    if not path.is_file():
        raise BenchmarkError(f"no {path}: expected a table with the columns name and label")
    with path.open(newline="", encoding="utf-8-sig") as file:
        table = csv.DictReader(file)
        if not {"name", "label"} <= set(table.fieldnames or ()):
            raise BenchmarkError(
                f"{path} has the columns {', '.join(table.fieldnames or ()) or 'none'}, expected "
                "name and label"
            )
        rows = [((row["name"] or "").strip(), (row["label"] or "").strip()) for row in table]
    names = [name for name, _ in rows]
    twice = [name for name in names if names.count(name) > 1]
    strange = [f"{label!r} of {name}" for name, label in rows if label not in HUBERTSHUM_LABELS]
    if twice or not rows:
        raise BenchmarkError(f"{path} names {twice[0] if twice else 'no walk'}"
                             f"{' twice' if twice else ''}, expected each walk once")  # fmt: skip
    if strange:
        raise BenchmarkError(
            f"{path} has the label {strange[0]}, expected one of {', '.join(HUBERTSHUM_LABELS)}"
        )
    return rows


def _read(folder: Path, row: tuple[str, str]) -> LabelledWalk:
    name, label = row
    try:
        recording = read_recording(folder / f"{name}.bvh")
        motion = to_joints(recording)
        measured = measure(recording).parameters
    except (ValueError, OSError) as error:
        raise BenchmarkError(f"{name}.bvh: {error}") from error
    return LabelledWalk(
        name=name,
        subject=name.split("_")[0],
        label=label,
        features=joints_to_features(motion.joints).astype(np.float32),
        parameters={key: one.value for key, one in measured.items()},
    )

"""Readers of public benchmarks: labelled recordings in their published file layout."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from ..alignment_agir import aligned_features
from ..gait import measure
from ..motion import read_recording, to_joints
from ..utils.parallel import in_processes

HUBERTSHUM_LABELS = ("Healthy", "Joint Problem", "Muscle Weakness", "Neurological Defect")
ANNOTATIONS = "annotations.csv"


@dataclass(frozen=True, eq=False)
class LabelledWalk:
    """A labelled recording.

    Attributes:
        name: Name of the file without suffix.
        subject: Name of the subject.
        label: Label in the annotations of the benchmark.
        features: HumanML3D features (L, 263) at 20 fps, not normalised.
        parameters: Measured gait parameters, name → value.
    """

    name: str
    subject: str
    label: str
    features: np.ndarray
    parameters: dict[str, float]


class BenchmarkError(ValueError):
    """Error for a folder that is not the benchmark. The message is one line."""


def read_hubertshum(
    folder: str | Path,
    workers: int = 1,
    watch: Callable[[Iterable], Iterable] = iter,
) -> list[LabelledWalk]:
    """Read the gait recordings of musculoskeletal and neurological disorders of Rueangsirarak 2018.

    Source: Rueangsirarak et al. 2018, IEEE TNSRE 26(12):2387; data: github.com/hubertshum/
    Automatic-Musculoskeletal-And-Neurological-Disorder-Diagnosis.

    Args:
        folder: Folder with `annotations.csv` (columns name, label) and one BVH file per name. A
            name starts with the subject: `SubjectA11_Cycle1.bvh`.
        workers: Number of processes that read recordings.
        watch: Wrapper around the iterable of walks, such as `tqdm`.

    Returns:
        `list` of [`LabelledWalk`]: The walks in the order of the annotations.

    Raises:
        BenchmarkError: The table or a file is missing, a label is not one of `HUBERTSHUM_LABELS`,
            a name occurs twice, or a recording cannot be read.
    """
    folder = Path(folder)
    rows = hubertshum_labels(folder / ANNOTATIONS)
    missing = [name for name, _ in rows if not (folder / f"{name}.bvh").is_file()]
    if missing:
        raise BenchmarkError(
            f"{folder} lacks {len(missing)} of {len(rows)} recordings, such as {missing[0]}.bvh: "
            f"pass the folder that contains {ANNOTATIONS} and the BVH files"
        )
    reading = in_processes(partial(_read, folder), rows, min(workers, len(rows)), in_order=True)
    return list(watch(reading))


def hubertshum_labels(path: Path) -> list[tuple[str, str]]:
    """Read the table of the labels.

    Args:
        path: CSV file with the columns name and label.

    Returns:
        Name of the recording, without suffix, and its label.

    Raises:
        BenchmarkError: There is no such file, a column is missing, a label is not one of
            `HUBERTSHUM_LABELS`, a name occurs twice, or there are no rows.
    """
    if not path.is_file():
        raise BenchmarkError(
            f"no file {path}: pass the folder with this table (columns name and label)"
        )
    with path.open(newline="", encoding="utf-8-sig") as file:
        table = csv.DictReader(file)
        if not {"name", "label"} <= set(table.fieldnames or ()):
            raise BenchmarkError(
                f"{path} has the columns {', '.join(table.fieldnames or ()) or 'none'}, expected "
                "name and label"
            )
        rows = [((row["name"] or "").strip(), (row["label"] or "").strip()) for row in table]
    names = [name for name, _ in rows]
    repeated = [name for name in names if names.count(name) > 1]
    unknown = [f"{label!r} of {name}" for name, label in rows if label not in HUBERTSHUM_LABELS]
    if not rows:
        raise BenchmarkError(f"{path} names no walk, expected one per row")
    if repeated:
        raise BenchmarkError(f"{path} names {repeated[0]} twice, expected each walk once")
    if unknown:
        raise BenchmarkError(
            f"{path} has the label {unknown[0]}, expected one of {', '.join(HUBERTSHUM_LABELS)}"
        )
    return rows


def hubertshum_subject(name: str) -> str:
    """Return the subject of a recording, with which its name starts.

    Args:
        name: Name such as "SubjectA11_Cycle1".
    """
    return name.split("_")[0]


def _read(folder: Path, row: tuple[str, str]) -> LabelledWalk:
    name, label = row
    try:
        recording = read_recording(folder / f"{name}.bvh")
        motion = to_joints(recording)
        parameters = measure(recording).parameters
    except (ValueError, OSError) as error:
        raise BenchmarkError(f"{name}.bvh: {error}") from error
    return LabelledWalk(
        name=name,
        subject=hubertshum_subject(name),
        label=label,
        features=aligned_features(motion.joints).astype(np.float32),
        parameters={key: measured.value for key, measured in parameters.items()},
    )

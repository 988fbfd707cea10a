"""Limits, weights and offsets of motion and gait have their recorded values.

`data/limits.tsv` is a record: a change of a value has to change it, too, by
`python tests/motion/test_recorded_limits.py`. What the values do is tested elsewhere; here only
that none changes by accident.
"""

import csv
import importlib
from pathlib import Path

import numpy as np
import pytest

RECORD = Path(__file__).with_name("data") / "limits.tsv"
MODULES = (
    "motion.augmentation", "motion.event_export", "motion.export", "motion.c3d_records",
    "motion.fitting.marker_model", "motion.fitting.mosh", "motion.fitting.pose_prior",
    "motion.fitting.solver", "motion.fitting.surface_sites", "motion.fitting.upright",
    "motion.gate_frames", "motion.joint_centres", "motion.marker_sets.checks",
    "motion.marker_sets.labels", "motion.marker_sets.recognition",
    "motion.marker_sets.requirements", "motion.readers.body_pose", "motion.readers.limits",
    "motion.readers.missing_values", "motion.readers.rotations", "motion.readers.subjects",
    "motion.resampling", "motion.filters", "motion.theia", "gait.events", "gait.foot_paths",
    "gait.oscillations", "gait.parameters", "gait.signals", "gait.step_measures", "gait.swings",
    "gait.treadmill", "gait.whole_walk",
)  # fmt: skip


def text_of(value):
    """Numbers of a value with six digits; "" if it has none."""
    if hasattr(value, "numpy"):
        value = value.numpy()
    if isinstance(value, bool | str | bytes) or value is None:
        return ""
    if isinstance(value, int | float | np.number):
        return f"{float(value) + 0.0:.6g}"  # no negative zero
    if isinstance(value, np.ndarray):
        return " ".join(text_of(number) for number in value.ravel().tolist())
    if isinstance(value, slice):
        return text_of((value.start, value.stop))
    if isinstance(value, dict):
        value = [part for pair in sorted(value.items(), key=str) for part in pair]
    if isinstance(value, tuple | list):
        return " ".join(text for text in map(text_of, value) if text)
    return ""


def limits_of(module):
    """Name → text of the constants that a module defines."""
    names = [name for name in vars(module) if name.isupper() or name.strip("_").isupper()]
    texts = {name: text_of(vars(module)[name]) for name in sorted(names)}
    return {name: text for name, text in texts.items() if text}


@pytest.mark.parametrize("name", MODULES)
def test_limits_have_their_recorded_values(name):
    with RECORD.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["module"] == name]
    expected = {row["name"]: row["values"] for row in rows}
    assert expected and limits_of(importlib.import_module(f"agir_hf.{name}")) == expected


def record():
    """Write the present values into the record."""
    with RECORD.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(["module", "name", "values"])
        for name in MODULES:
            limits = limits_of(importlib.import_module(f"agir_hf.{name}"))
            writer.writerows([name, *row] for row in limits.items())


if __name__ == "__main__":
    record()

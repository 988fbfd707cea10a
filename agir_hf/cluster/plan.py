"""The plan of a run: its recordings and settings, which every rerun must share.

Finished tasks are skipped on a rerun. That is only right if the same recordings are divided among
the same number of tasks, and are assessed with the same settings.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
from fsspec.core import url_to_fs
from pyarrow import parquet

from .shards import moved_into_place, write_shard

_PLAN, _LIST = "plan.json", "recordings.parquet"
_SCHEMA = pa.schema({"entry": pa.string()})
_GROUP = 1024  # recordings that a task reads together


class PlanError(ValueError):
    """The folder of a run holds another run. The message is one line."""


@dataclass(frozen=True)
class Plan:
    """What a run computes.

    Attributes:
        kind: "assess" or "build".
        recordings: Number of files in the list.
        list_sha256: SHA-256 of the list of recordings.
        tasks: Number of tasks.
        settings: Name of an option → its value, of all options that change the results.
    """

    kind: str
    recordings: int
    list_sha256: str
    tasks: int
    settings: dict

    def differences(self, other: Plan) -> list[str]:
        """Return how another plan differs, such as "--tasks is 5, was 7".

        Args:
            other: Plan of the rerun.
        """
        if self.kind != other.kind:
            return [f"it holds a run of {self.kind}.py"]
        rows = []
        if self.list_sha256 != other.list_sha256:
            rows.append(f"the recordings changed ({other.recordings}, were {self.recordings})")
        pairs = {"tasks": (self.tasks, other.tasks)}
        for name in sorted({*self.settings, *other.settings}):
            pairs[name] = (self.settings.get(name), other.settings.get(name))
        return rows + [
            f"--{name.replace('_', '-')} is {new}, was {old}"
            for name, (old, new) in pairs.items()
            if old != new
        ]


def begin(folder: str, kind: str, entries: Sequence[dict], tasks: int, settings: dict) -> Plan:
    """Write the plan and the list of a new run, or check that they are those of an earlier one.

    Args:
        folder: Folder of the run.
        kind: "assess" or "build".
        entries: Recordings as values for JSON, in the order of the results.
        tasks: Number of tasks.
        settings: Options that change the results, as values for JSON.

    Returns:
        The plan.

    Raises:
        PlanError: The folder holds another run.
    """
    digest = hashlib.sha256()
    for entry in entries:
        digest.update(json.dumps(entry).encode())
    settings = json.loads(json.dumps(settings))
    plan = Plan(kind, len(entries), digest.hexdigest(), tasks, settings)
    earlier = _read(folder)
    if earlier is not None:
        differences = earlier.differences(plan)
        if differences:
            raise PlanError(
                f"{folder} holds another run: {'; '.join(differences)}: pass the same options, or "
                "another folder"
            )
        return plan
    rows = ({"entry": json.dumps(entry)} for entry in entries)
    write_shard(posixpath.join(folder, _LIST), rows, _SCHEMA, _GROUP)
    with moved_into_place(posixpath.join(folder, _PLAN), "w") as file:  # last: the list is whole
        json.dump(vars(plan), file, indent=2)
    return plan


def _read(folder: str) -> Plan | None:
    system, name = url_to_fs(posixpath.join(folder, _PLAN))
    if not system.exists(name):
        return None
    try:
        with system.open(name, "rt") as file:
            return Plan(**json.load(file))
    except (ValueError, TypeError) as error:
        raise PlanError(
            f"{folder}/{_PLAN} is not the plan of a run ({error}): pass another folder"
        ) from error


def read_list(folder: str, positions: range) -> list[dict]:
    """Read a part of the list of recordings of a run.

    Args:
        folder: Folder of the run.
        positions: Positions in the list, at least one, without gaps.

    Returns:
        The recordings at these positions, as they were passed to `begin`.
    """
    system, name = url_to_fs(posixpath.join(folder, _LIST))
    first, last = positions.start // _GROUP, (positions.stop - 1) // _GROUP
    with system.open(name, "rb") as file:
        groups = parquet.ParquetFile(file).read_row_groups(list(range(first, last + 1)))
    rows = groups["entry"].slice(positions.start - first * _GROUP, len(positions))
    return list(map(json.loads, rows.to_pylist()))

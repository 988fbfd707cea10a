"""What this process may use of the machine: cores and memory."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")  # limits of a container


def usable_cores() -> int:
    """Return the number of cores that this process may use, at least 1.

    The limit of a container (`cpu.max`) counts, too.
    """
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not Linux
        cores = os.cpu_count() or 1
    quota = _container_value("cpu.max")
    if len(quota) == 2 and quota[0].isdigit():
        cores = min(cores, round(int(quota[0]) / int(quota[1])))
    return max(1, cores)


def usable_memory_bytes() -> int | None:
    """Return the memory that is free for this process in bytes; None if that is not known.

    The limit of a container (`memory.max`) counts, too.
    """
    limits = []
    with suppress(OSError, ValueError):
        rows = dict(row.split(":", 1) for row in Path("/proc/meminfo").read_text().splitlines())
        limits.append(int(rows["MemAvailable"].split()[0]) * 1024)
    limit, used = _container_value("memory.max"), _container_value("memory.current")
    if limit and used and limit[0].isdigit() and used[0].isdigit():
        limits.append(max(0, int(limit[0]) - int(used[0])))
    return min(limits, default=None)


def _container_value(name: str) -> list[str]:
    """Words of a file of the control group; none where there is no such file."""
    try:
        return (_CGROUP / name).read_text().split()
    except OSError:
        return []

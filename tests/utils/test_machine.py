"""Cores and memory that this process may use."""

import os

from agir_hf.utils import machine
from agir_hf.utils.machine import usable_cores, usable_memory_bytes


def test_the_limit_of_a_container_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "_CGROUP", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(8)), raising=False)
    free = usable_memory_bytes()
    assert usable_cores() == 8 and (free is None or free > 10**6)
    (tmp_path / "cpu.max").write_text("250000 100000\n")
    (tmp_path / "memory.max").write_text("5000000\n")
    (tmp_path / "memory.current").write_text("1000000\n")
    assert usable_cores() == 2 and usable_memory_bytes() == 4_000_000
    (tmp_path / "cpu.max").write_text("max 100000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert usable_cores() == 8 and usable_memory_bytes() != 4_000_000


def test_there_is_at_least_one_core(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "_CGROUP", tmp_path)
    (tmp_path / "cpu.max").write_text("10000 100000\n")
    assert usable_cores() == 1

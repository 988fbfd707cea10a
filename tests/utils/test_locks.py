"""Locks of folders, and drafts that killed processes leave."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agir_hf.utils import files
from agir_hf.utils.files import (
    atomic_folder,
    atomic_path,
    check_replaceable,
    remove_leftovers,
    remove_leftovers_of,
)
from agir_hf.utils.locks import LOCK_FILE, FolderInUseError, is_running, locked
from agir_hf.utils.parallel import SKIP_REGISTRATION

HOLD = (
    SKIP_REGISTRATION
    + """
import sys, time
from pathlib import Path
from agir_hf.utils.locks import LOCK_FILE, locked
from agir_hf.utils.files import atomic_folder, atomic_path
folder = Path(sys.argv[1])
with locked(folder / LOCK_FILE, folder), atomic_path(folder / "fit.npz") as file:
    file.write_bytes(b"half")
    with atomic_folder(folder / "data") as draft:
        (draft / "part").write_bytes(b"half")
        print("held", flush=True)
        time.sleep(600)
"""
)


@pytest.fixture
def holder(tmp_path):
    """A process that holds the lock of a folder and has written half of a file and a folder."""
    environment = os.environ | {"PYTHONPATH": str(Path(files.__file__).parents[2])}
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_folder_in_use_names_its_process_and_is_free_after_it_was_killed(tmp_path, holder):
    path = tmp_path / LOCK_FILE
    for _ in range(2):
        message = f"process {holder.pid} on "
        with pytest.raises(FolderInUseError, match=message) as excinfo, locked(path, tmp_path):
            raise AssertionError
        assert "\n" not in str(excinfo.value) and str(tmp_path / LOCK_FILE) in str(excinfo.value)
    assert remove_leftovers(tmp_path) == []  # its process is running
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert json.loads((tmp_path / LOCK_FILE).read_text())["process"] == holder.pid
    with locked(tmp_path / LOCK_FILE, tmp_path):
        assert json.loads((tmp_path / LOCK_FILE).read_text())["process"] == os.getpid()
        assert len(remove_leftovers(tmp_path)) == 2
    assert list(tmp_path.iterdir()) == []


def test_a_lock_of_another_computer_is_respected(tmp_path):
    path = tmp_path / LOCK_FILE
    path.write_text(json.dumps({"process": 1, "host": "another", "since": "today"}))
    message = "process 1 on another since today.*remove"
    with pytest.raises(FolderInUseError, match=message), locked(path, tmp_path):
        raise AssertionError


@pytest.mark.parametrize("content", [b"", b"\xff\x00", b"[1]", b'{"process": "x"}'])
def test_a_damaged_lock_of_no_process_is_taken_over(tmp_path, content):
    path = tmp_path / LOCK_FILE
    path.write_bytes(content)
    with locked(path, tmp_path):
        assert json.loads(path.read_text())["host"] == socket.gethostname()
    assert not path.exists()


def test_without_locks_of_the_system_the_process_number_decides(tmp_path, monkeypatch, holder):
    from agir_hf.utils import locks

    path = tmp_path / LOCK_FILE
    monkeypatch.setattr(locks, "_hold", lambda _: None)
    message = f"process {holder.pid}"
    with pytest.raises(FolderInUseError, match=message), locked(path, tmp_path):
        raise AssertionError
    holder.kill()
    holder.wait()
    with locked(tmp_path / LOCK_FILE, tmp_path):
        pass


def test_an_error_releases_the_lock(tmp_path):
    for _ in range(2):
        with pytest.raises(KeyError), locked(tmp_path / LOCK_FILE, tmp_path):
            raise KeyError


def test_drafts_have_unique_names(tmp_path):
    with atomic_path(tmp_path / "a.npz") as first, atomic_path(tmp_path / "a.npz") as second:
        assert first != second
        first.write_bytes(b"1")
        second.write_bytes(b"2")
        assert remove_leftovers(tmp_path) == []
    assert (tmp_path / "a.npz").read_bytes() == b"1"


def draft_name(name, process, kind, host=None):
    tag = files._tag().split("-")[0] if host is None else host
    return f".{name}.{tag}-{process}-0123abcd.{kind}"


@pytest.fixture
def ended():
    """Number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert not is_running(process.pid) and is_running(os.getpid())
    return process.pid


def test_a_folder_that_was_being_replaced_is_restored(tmp_path, ended):
    old = tmp_path / draft_name("corpus", ended, "old")
    (old / "data").mkdir(parents=True)
    half = tmp_path / draft_name("corpus", ended, "partial")
    half.mkdir()
    other = tmp_path / draft_name("corpus.2", ended, "partial")
    other.mkdir()
    assert remove_leftovers_of(tmp_path / "corpus") == [half]
    assert (tmp_path / "corpus" / "data").is_dir() and other.is_dir()
    with atomic_folder(tmp_path / "corpus") as draft:
        (draft / "new").write_text("")
        assert remove_leftovers_of(tmp_path / "corpus") == []
    assert [path.name for path in (tmp_path / "corpus").iterdir()] == ["new"]


def test_drafts_of_other_computers_are_kept_for_a_day(tmp_path, ended):
    path = tmp_path / "work" / draft_name("a", ended, "partial.npz", "00000000")
    path.parent.mkdir()
    path.write_bytes(b"")
    mine = tmp_path / "work" / draft_name("a", os.getpid(), "partial.npz")  # of an earlier process
    mine.write_bytes(b"")
    assert remove_leftovers(tmp_path) == []
    assert remove_leftovers(tmp_path, recursive=True) == [mine]
    os.utime(path, (0, time.time() - 100_000))
    assert remove_leftovers(tmp_path / "work") == [path]


def test_a_lock_and_drafts_do_not_make_a_folder_foreign(tmp_path, ended):
    (tmp_path / LOCK_FILE).write_text("")
    (tmp_path / draft_name("README", ended, "partial.md")).write_text("")
    check_replaceable(tmp_path, "tag")
    (tmp_path / "thesis.docx").write_text("")
    with pytest.raises(FileExistsError):
        check_replaceable(tmp_path, "tag")


def test_a_process_that_ended_and_was_not_asked_about_is_not_running():
    process = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    process.stdout.read()  # until it ends
    end = time.monotonic() + 60
    while is_running(process.pid) and time.monotonic() < end:
        time.sleep(0.01)
    assert not is_running(process.pid)
    process.communicate()

"""Files and folders are written completely or not at all."""

import os
from pathlib import Path

import pytest

from agir_hf.utils.files import (
    atomic_folder,
    atomic_path,
    check_replaceable,
    move_into_place,
    write_text_atomic,
)

TAG = "our-own-tag"


def no_space(*_, **__):
    raise OSError(28, "No space left on device")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_an_atomic_path_keeps_the_suffix_and_is_next_to_the_file(tmp_path):
    with atomic_path(tmp_path / "figure.png") as draft:
        assert (draft.parent, draft.suffix) == (tmp_path, ".png")
        draft.write_bytes(b"new")
        assert not (tmp_path / "figure.png").exists()
    assert names(tmp_path) == ["figure.png"]


@pytest.mark.parametrize("error", [RuntimeError, OSError, KeyboardInterrupt])
def test_an_error_while_writing_a_file_leaves_the_old_one(tmp_path, error):
    path = tmp_path / "data.npz"
    path.write_bytes(b"old")
    with pytest.raises(error), atomic_path(path) as draft:
        draft.write_bytes(b"half")
        raise error
    assert path.read_bytes() == b"old" and names(tmp_path) == ["data.npz"]


def test_a_text_that_cannot_be_moved_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "card.md"
    write_text_atomic(path, "old")
    monkeypatch.setattr(os, "replace", no_space)
    with pytest.raises(OSError, match="No space left"):
        write_text_atomic(path, "new")
    assert path.read_text() == "old" and names(tmp_path) == ["card.md"]


def test_a_text_is_written_as_utf_8(tmp_path):
    write_text_atomic(str(tmp_path / "card.md"), "schön\n")
    assert (tmp_path / "card.md").read_bytes() == "schön\n".encode()


def test_an_atomic_folder_replaces_the_old_one(tmp_path):
    old = tmp_path / "deep" / "out"
    with atomic_folder(old) as draft:
        (draft / "a.txt").write_text("old")
    with atomic_folder(old) as draft:
        assert names(draft) == [] and (old / "a.txt").read_text() == "old"
        (draft / "b.txt").write_text("new")
    assert names(old) == ["b.txt"] and names(old.parent) == ["out"]


@pytest.mark.parametrize("error", [RuntimeError, OSError, KeyboardInterrupt])
def test_an_error_while_writing_a_folder_leaves_the_old_one(tmp_path, error):
    old = tmp_path / "out"
    with atomic_folder(old) as draft:
        (draft / "a.txt").write_text("old")
    with pytest.raises(error), atomic_folder(old) as draft:
        (draft / "a.txt").write_text("half")
        raise error
    assert (old / "a.txt").read_text() == "old" and names(tmp_path) == ["out"]


def test_an_empty_folder_may_be_replaced(tmp_path):
    out, draft = tmp_path / "out", tmp_path / "draft"
    out.mkdir()
    draft.mkdir()
    (draft / "a.txt").write_text("new")
    check_replaceable(out, TAG)
    move_into_place(draft, out)
    assert (out / "a.txt").read_text() == "new" and names(tmp_path) == ["out"]


def test_a_draft_that_cannot_be_moved_leaves_the_old_folder(tmp_path):
    old = tmp_path / "out"
    old.mkdir()
    (old / "a.txt").write_text("old")
    with pytest.raises(OSError):
        move_into_place(tmp_path / "no such draft", old)
    assert (old / "a.txt").read_text() == "old" and names(tmp_path) == ["out"]


def test_a_folder_without_the_tag_is_not_replaceable(tmp_path):
    (tmp_path / "README.md").write_text("# something else of ours\n")
    with pytest.raises(FileExistsError, match=f"is not empty and .*{TAG}") as excinfo:
        check_replaceable(tmp_path, TAG)
    assert "\n" not in str(excinfo.value)
    (tmp_path / "README.md").write_text(f"# {TAG}\n")
    check_replaceable(tmp_path, TAG)


def test_a_file_is_not_replaceable_and_a_missing_folder_is(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="notes.txt is a file, expected a folder"):
        check_replaceable(tmp_path / "notes.txt", TAG)
    check_replaceable(Path(tmp_path / "missing"), TAG)

"""Recordings of folders, and subject and medication from their paths."""

import os
from functools import partial
from pathlib import Path

import pytest

from agir_hf.assessment.session_files import find_recordings, medication_of, subject_of
from agir_hf.assessment.session_walks import prepare_walk
from agir_hf.motion import RecordingError


@pytest.mark.parametrize(
    ("path", "subject", "medication"),
    [
        ("C3Dfiles/SUB01_off/SUB01_off_walk_12b.c3d", "SUB01", "off"),
        ("SUB01_ON_walk_3.c3d", "SUB01", "on"),
        ("study/sub-07/ses-on/walk.trc.gz", "SUB07", "on"),
        ("Patient 12/OnMed/walk.c3d", "PATIENT12", "on"),
        ("S01/medoff/1.bvh", "S01", "off"),
        ("HC039A/HC039A17.c3d", "HC039A", None),
        ("simulated_off.c3d", None, "off"),
        ("SUB01/walk_p2.c3d", "SUB01", None),  # p2 is a part of a walk
        ("walk_on_treadmill.c3d", None, None),
        ("common/onset_button.c3d", None, None),
        ("SUB02/off_on_comparison.c3d", "SUB02", None),  # both states
    ],
)
def test_paths_state_subject_and_medication(path, subject, medication):
    assert (subject_of(path), medication_of(path)) == (subject, medication)


def test_distant_folders_state_nothing():
    assert subject_of("/home/sub01/a/b/c/walk.c3d") is None


def test_folders_are_searched_recursively_in_the_order_of_numbers(tmp_path):
    names = ["b/walk_10.c3d", "b/walk_2.c3d", "a.bvh", "b/c/d.npz", "b/notes.txt", ".x/e.c3d"]
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    files = find_recordings(tmp_path)
    assert [file.shown for file in files] == ["a.bvh", "b/c/d.npz", "b/walk_2.c3d", "b/walk_10.c3d"]
    assert [file.folder for file in files] == ["", "b/c", "b", "b"]


def test_a_file_that_is_passed_twice_is_listed_once(tmp_path):
    path = tmp_path / "walk.c3d"
    path.write_bytes(b"")
    assert [file.path for file in find_recordings([path, tmp_path, path])] == [path]


def test_missing_and_empty_folders_are_refused_in_one_line(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no file or folder"):
        find_recordings(tmp_path / "absent")
    with pytest.raises(RecordingError, match="has no recording, expected files that end in .c3d"):
        find_recordings(tmp_path)


def test_links_to_nothing_and_closed_folders_are_listed_for_their_reason(tmp_path, monkeypatch):
    for name in ("a.c3d", "closed/b.c3d", ".hidden/c.c3d"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "moved.c3d").symlink_to(tmp_path / "nothing")
    (tmp_path / "again").symlink_to(tmp_path, target_is_directory=True)
    closed = {tmp_path / "closed", tmp_path / ".hidden"}
    scan, access = os.scandir, os.access

    def scandir(path):
        if Path(path) in closed:
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", scandir)
    monkeypatch.setattr(os, "access", lambda path, mode: path not in closed and access(path, mode))
    files = find_recordings(tmp_path)
    assert [file.shown for file in files] == ["a.c3d", "closed", "moved.c3d"]
    prepare = partial(prepare_walk, subject=None, events="detected", method="auto", reading={})
    _, folder, link = map(prepare, files)
    assert "closed cannot be searched: permission denied" in folder.error
    assert "no such file" in link.error and "moved.c3d" in link.error
    closed.add(tmp_path)
    with pytest.raises(PermissionError, match="cannot be read: change its permissions"):
        find_recordings(tmp_path)


def test_a_file_with_several_walks_has_an_entry_for_each(tmp_path):
    import pickle

    import numpy as np

    walk = {"pose": np.zeros((9, 72)), "trans": np.zeros((9, 3)), "fps": 30}
    path = tmp_path / "walks.pkl"
    path.write_bytes(pickle.dumps({"SUB01": {"SUB01_on_1": walk, "SUB01_off_2": walk}}))
    files = find_recordings(tmp_path)
    assert [(f.item, f.subject, f.medication) for f in files] == [
        ("SUB01/SUB01_on_1", "SUB01", "on"),
        ("SUB01/SUB01_off_2", "SUB01", "off"),
    ]
    assert files[0].shown == "walks.pkl: SUB01/SUB01_on_1"
    assert len(find_recordings(Path(path), item="SUB01/SUB01_on_1")) == 1

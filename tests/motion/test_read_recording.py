"""Files of any ending: packed ones, standard input, other formats, limits and one-line errors."""

import gzip
import io
import os
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

import agir_hf
import agir_hf.motion.readers as readers
from agir_hf.motion import JointMotion, RecordingError, read_recording
from agir_hf.motion.readers import containers, ending_of, is_recording, limits
from agir_hf.motion.readers.foreign_formats import content_of

SAMPLE = Path(agir_hf.SAMPLE_RECORDING)


@pytest.fixture(autouse=True)
def no_temporary_files_remain(tmp_path, monkeypatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield
    assert list(folder.iterdir()) == []


@pytest.fixture
def joints(tmp_path, sample_joints) -> Path:
    """Joints of the embedded walk as .npz."""
    path = tmp_path / "walk.npz"
    np.savez(path, joints=sample_joints, rate_hz=20.0)
    return path


def refusal(path, **options) -> str:
    with pytest.raises(RecordingError) as excinfo:
        read_recording(path, **options)
    message = str(excinfo.value)
    assert "\n" not in message
    return message


def packed(path: Path) -> Path:
    target = path.with_name(path.name + ".gz")
    target.write_bytes(gzip.compress(path.read_bytes()))
    return target


def archive(path: Path, **files: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files.items():
            target.writestr(name.replace("__", "/"), content)
    return path


def same(first, second) -> bool:
    values = [getattr(r, "positions", getattr(r, "joints", None)) for r in (first, second)]
    return np.array_equal(*values, equal_nan=True) and first.rate_hz == second.rate_hz


def test_a_gzip_file_is_read_as_its_content(joints, tmp_path):
    expected = read_recording(joints)
    path = packed(joints)
    recording = read_recording(path)
    assert same(recording, expected) and recording.source == str(path)
    shutil.copy(SAMPLE, tmp_path / "walk.c3d")
    recording = read_recording(packed(tmp_path / "walk.c3d"))
    assert same(recording, read_recording(SAMPLE))
    assert recording.source == str(tmp_path / "walk.c3d.gz")


def test_a_gzip_file_is_recognised_by_its_content(joints):
    path = packed(joints).rename(joints.with_name("other.npz"))
    assert same(read_recording(path), read_recording(joints))
    path = joints.rename(joints.with_name("plain.npz.gz"))
    assert "not compressed, although it ends in .gz: rename it to plain.npz" in refusal(path)


def test_the_only_recording_of_a_zip_archive_is_read(joints, tmp_path):
    content = joints.read_bytes()
    files = {"README.txt": b"hello", "__MACOSX__._walk.npz": b"x", "data__walk.npz": content,
             "data__.DS_Store": b"x"}  # fmt: skip
    path = archive(tmp_path / "walk.zip", **files)
    recording = read_recording(path)
    assert same(recording, read_recording(joints))
    assert recording.source == f"{path} (data/walk.npz)"
    inner = archive(tmp_path / "inner.zip", **{"walk.npz.gz": gzip.compress(content)})
    assert same(read_recording(inner), recording)


def test_one_of_several_recordings_is_chosen_by_its_name(joints, tmp_path, sample_joints):
    short = io.BytesIO()
    np.savez(short, joints=sample_joints[:60], rate_hz=20.0)
    path = archive(
        tmp_path / "walks.zip",
        **{"a__one.npz": joints.read_bytes(), "b__two.npz": short.getvalue()},
    )
    message = refusal(path)
    assert "has 2 recordings" in message and "--item one of a/one.npz, b/two.npz" in message
    for item in ("b/two.npz", "two.npz", "two"):
        assert len(read_recording(path, item=item).joints) == 60
    assert "2 recordings" in refusal(path, item="three")
    twice = archive(tmp_path / "w.zip", **{"a__x.npz": b"1", "b__x.npz": short.getvalue()})
    assert "2 recordings" in refusal(twice, item="x")
    assert len(read_recording(twice, item="b/x.npz").joints) == 60


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "no recording (no files)"),
        ({"a.txt": b"1", "b.doc": b"2"}, "no recording (a.txt, b.doc)"),
        ({"a.fbx": b"1"}, "a.fbx is a scene with animation, which is not read"),
        ({"joints.npy": b"1", "rate_hz.npy": b"2"}, "rename it to end in .npz"),
        ({"walk.trc": b"PathFileType 4\nDataRate\n"}, "walk.zip (walk.trc) has no line of markers"),
    ],
)
def test_an_archive_without_a_recording_says_what_it_has(tmp_path, files, message):
    assert message in refusal(archive(tmp_path / "walk.zip", **files))


def test_damaged_and_encrypted_archives_are_one_line(joints, tmp_path):
    whole = packed(joints).read_bytes()
    for content in (whole[:2000], whole[:500] + b"x" * 200 + whole[700:], b"\x1f\x8b"):
        path = tmp_path / "bad.npz.gz"
        path.write_bytes(content)
        assert "bad.npz.gz is damaged" in refusal(path)
    path = archive(tmp_path / "bad.zip", **{"walk.npz": joints.read_bytes()})
    whole = bytearray(path.read_bytes())
    for content in (whole[:3000], b"PK\x03\x04", b"x" * 100, b"PK\x05\x06" + b"\xff" * 30):
        path.write_bytes(content)
        assert "bad.zip" in refusal(path)
    whole[whole.rfind(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(whole)
    assert "(walk.npz) is encrypted" in refusal(path)


def test_sizes_are_limited_while_a_file_is_unpacked(tmp_path, monkeypatch):
    zeros = bytes(3 << 20)
    monkeypatch.setattr(containers, "_FREE_BYTES", 1 << 20)
    path = tmp_path / "zeros.trc.gz"
    path.write_bytes(gzip.compress(zeros))
    assert "more than 200 times its size" in refusal(path)
    path = archive(tmp_path / "zeros.zip", **{"walk.trc": zeros})
    assert "more than 200 times its size" in refusal(path)
    with zipfile.ZipFile(path) as content:  # a wrong size in the table of contents
        small = content.infolist()[0].file_size
    data = path.read_bytes().replace(small.to_bytes(4, "little"), (10).to_bytes(4, "little"))
    path.write_bytes(data)
    assert "zeros.zip" in refusal(path)
    monkeypatch.setattr(limits, "MOST_BYTES", 1 << 20)
    path = tmp_path / "zeros.trc.gz"
    assert "expected at most" in refusal(path)
    (tmp_path / "large.trc").write_bytes(zeros)
    assert "large.trc has 0.0 GiB, expected at most" in refusal(tmp_path / "large.trc")


def test_temporary_folders_of_killed_processes_are_removed(joints, tmp_path):
    old = tmp_path / "temporary" / "agir-reading-4194305-x"
    old.mkdir()
    os.utime(old, (0, 0))
    read_recording(packed(joints))
    assert not old.exists()


@pytest.fixture
def standard_input(monkeypatch):
    """Set the content of standard input."""

    def set_content(content: bytes):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))

    return set_content


def test_standard_input_is_read_with_its_format(standard_input, joints):
    standard_input(joints.read_bytes())
    recording = read_recording("-", format="npz")
    assert same(recording, read_recording(joints)) and recording.source == "standard input"
    standard_input(gzip.compress(joints.read_bytes()))
    assert same(read_recording(Path("-"), format=".NPZ"), recording)
    standard_input(SAMPLE.read_bytes())
    assert same(read_recording("-", format="c3d"), read_recording(SAMPLE))


def test_standard_input_without_format_or_content_is_one_line(standard_input):
    standard_input(b"x")
    assert "pass --format" in refusal("-")
    assert "expected one of c3d, trc, bvh, npz, npy, pkl" in refusal("-", format="fbx")
    standard_input(b"")
    assert "standard input is empty" in refusal("-", format="trc")
    standard_input(b"hello")
    message = refusal("-", format="trc")
    assert message.startswith("standard input is not a TRC file")


def test_a_format_is_used_instead_of_the_ending(joints):
    path = joints.rename(joints.with_name("walk.dat"))
    assert "ends in '.dat'" in refusal(path) and "--format" in refusal(path)
    assert isinstance(read_recording(path, format="npz"), JointMotion)
    bare = path.rename(joints.with_name("walk"))
    assert "has no ending" in refusal(bare)
    assert isinstance(read_recording(bare, format="npz"), JointMotion)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a.fbx", "Blender"),
        ("a.glb", "Blender"),
        ("a.mvnx", "MVN Analyze"),
        ("a.json", "Pose2Sim"),
        ("a.pt", "torch.load"),
        ("a.pth", "torch.load"),
        ("a.joblib", "joblib.load"),
        ("a.mat", "scipy.io.loadmat"),
        ("a.csv", "export C3D"),
        ("a.TSV", "export C3D"),
        ("a.mot", "TRC file of the markers"),
        ("a.osim", "TRC file of the markers"),
        ("a.amc", "Blender"),
        ("a.qtm", "To C3D"),
        ("a.x2d", "Vicon Nexus"),
        ("a.vsk", "Vicon Nexus"),
        ("a.tak", "Motive"),
        ("a.trb", "Cortex"),
        ("a.mox", "export C3D"),
        ("a.mp4", "Sports2D"),
        ("a.tar", "unpack"),
        ("a.7z", "unpack"),
    ],
)
def test_a_format_that_is_not_read_names_a_way_to_convert_it(tmp_path, name, words):
    (tmp_path / name).write_bytes(b"content")
    message = refusal(tmp_path / name)
    assert words in message and name in message


CONTENTS = {
    "a C3D file": b"\x02P" + bytes(600),
    "a BVH file": b"\xef\xbb\xbfHIERARCHY\nROOT Hips\n",
    "a TRC file": "PathFileType\t4\n".encode("utf-16"),
    "an array of numpy": b"\x93NUMPY\x01\x00v\x00",
    "a web page": b"\n<!DOCTYPE html><html>404",
    "a pointer of Git LFS": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
    "an MVNX recording": b'<?xml version="1.0"?>\n<mvnx version="4">',
    "an XML document": b'<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code>',
    "JSON": b'{"people": []}',
    "a table of OpenSim": b"Coordinates\nversion=1\nnRows=3\nnColumns=2\nendheader\n",
    "a table": b"Format Version,1.23,Take Name,walk\n",
    "an FBX scene": b"Kaydara FBX Binary  \x00\x1a",
    "a glTF scene": b"glTF\x02\x00\x00\x00",
    "a file of MATLAB": b"MATLAB 5.0 MAT-file, Platform: GLNXA64",
    "an HDF5 file": b"\x89HDF\r\n\x1a\n",
    "a video": b"\x00\x00\x00\x20ftypisom",
    "a file of zeros": bytes(1000),
    "a zip archive": b"PK\x03\x04\x14\x00",
    "a PDF document": b"%PDF-1.7",
}


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("ending", [".trc", ".bvh", ".npz", ".c3d", ".npy"])
def test_another_content_than_the_ending_says_is_recognised(tmp_path, content, ending):
    assert content_of(CONTENTS[content]).name.startswith(content)
    path = tmp_path / f"walk{ending}"
    path.write_bytes(CONTENTS[content])
    message = refusal(path)
    assert f"walk{ending}" in message
    if ending not in content_of(CONTENTS[content]).endings:
        assert f"is {content}" in message and ", expected a" in message


def test_a_misnamed_recording_is_read_with_the_format_that_the_message_names(tmp_path, joints):
    path = joints.rename(tmp_path / "walk.trc")
    assert "is a zip archive, expected a TRC file" in refusal(path)
    copy = tmp_path / "walk.bvh"
    shutil.copy(SAMPLE, copy)
    assert "is a C3D file, expected a BVH file" in refusal(copy)
    assert "--format c3d" in refusal(copy)
    assert same(read_recording(copy, format="c3d"), read_recording(SAMPLE))


def test_other_files_than_regular_ones_are_refused_at_once(tmp_path):
    (tmp_path / "empty.trc").touch()
    assert "empty.trc is empty" in refusal(tmp_path / "empty.trc")
    assert "device or a pipe" in refusal("/dev/zero")
    assert "device or a pipe" in refusal("/dev/null", format="trc")
    os.mkfifo(tmp_path / "pipe.trc")
    assert "device or a pipe" in refusal(tmp_path / "pipe.trc")
    with pytest.raises(IsADirectoryError, match="is a directory"):
        read_recording(tmp_path)
    for name in ("absent.c3d", "absent.fbx", "empty.trc/walk.c3d"):
        with pytest.raises(FileNotFoundError, match="no such file"):
            read_recording(tmp_path / name)
    assert "cannot be opened" in refusal("a\x00b.c3d")
    assert "cannot be opened" in refusal("a" * 5000 + ".c3d")


@pytest.mark.parametrize(
    "error",
    [
        ValueError("two\nlines"),
        ZeroDivisionError(),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
        OverflowError("too large"),
        RecordingError("rate is 0 Hz"),
        MemoryError(),
        RecursionError(),
        OSError("input/output error"),
    ],
)
def test_every_error_of_a_reader_is_one_line_with_the_name_of_the_file(joints, monkeypatch, error):
    def fail(path, options):
        raise error

    monkeypatch.setattr(readers, "reader_of", lambda *arguments: fail)
    for path in (joints, packed(joints)):
        assert path.name in refusal(path)


def recording_of(frames, rate_hz):
    return JointMotion(np.broadcast_to(np.float32(0), (frames, 22, 3)), rate_hz)


@pytest.mark.parametrize(
    ("frames", "rate_hz", "message"),
    [
        (100, 4.0, "rate of 4 Hz, expected 5 to 5000 Hz"),
        (100, 6000.0, "rate of 6000 Hz"),
        (1_000_001, 5000.0, "1000001 frames, expected at most 1,000,000"),
        (20_000, 5.0, "lasts 4000 s"),
        (0, 100.0, "no frames"),
    ],
)
def test_rate_frames_and_duration_of_every_format_are_limited(
    joints, monkeypatch, frames, rate_hz, message
):
    monkeypatch.setattr(
        readers, "reader_of", lambda *arguments: lambda path, options: recording_of(frames, rate_hz)
    )
    assert message in refusal(joints)


def test_a_rate_of_the_user_outside_the_limits_is_refused_before_reading(joints):
    for rate_hz in (0, -1, 1e9, float("nan"), float("inf")):
        assert "--rate" in refusal(joints, rate_hz=rate_hz)


def test_names_of_packed_recordings_are_those_of_recordings():
    names = ("a.c3d", "a.TRC.gz", "b.bvh.zip", "all.zip", "notes.txt.gz", "a.gz", "notes.txt")
    assert [is_recording(Path(name)) for name in names] == [True] * 4 + [False] * 3
    assert [ending_of(Path(name)) for name in names[:4]] == [".c3d", ".trc", ".bvh", ".zip"]
    assert not is_recording(Path("a.bvh.gz"), (".c3d", ".trc"))

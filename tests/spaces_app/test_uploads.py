"""Uploads are read in another process; the error of a damaged file is one line, no copy remains."""

import gzip
import io
import pickle
import struct
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from uploads import MAX_BYTES, UploadError, copy_upload, read_upload

import agir_hf
from agir_hf.assessment.sandbox import UPLOAD_LIMITS
from agir_hf.motion import read_recording

SAMPLE = Path(agir_hf.SAMPLE_RECORDING)
QUICK = replace(UPLOAD_LIMITS, cpu_s=5, memory_mib=512)


@pytest.fixture
def session(tmp_path):
    folder = tmp_path / "session"
    folder.mkdir()
    return folder


@pytest.fixture
def upload(tmp_path):
    """Write an upload, whose name may have the suffix of another format."""

    def write(content: bytes) -> Path:
        path = tmp_path / "Patient Müller <b>.c3d"
        path.write_bytes(content)
        return path

    return write


@pytest.fixture(scope="module")
def joints() -> np.ndarray:
    from agir_hf.motion import to_joints

    return to_joints(read_recording(SAMPLE)).joints


def npz(**arrays) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def archive(entries: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in entries.items():
            packed.writestr(name, content)
    return file.getvalue()


def npy_header(shape: str, dtype: str = "<f8") -> bytes:
    """Return the header of an .npy file without its array."""
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header


def trc(labels: list[str], rows: list[list[float]]) -> bytes:
    names = "\t\t\t".join(labels)
    header = [
        "PathFileType\t4\t(X/Y/Z)\tx.trc",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits",
        f"100\t100\t{len(rows)}\t{len(labels)}\tm",
        f"Frame#\tTime\t{names}",
        "",
    ]
    table = ["\t".join(map(str, [i + 1, i / 100, *row])) for i, row in enumerate(rows)]
    return "\n".join([*header, *table, ""]).encode()


class Touch:
    """An object that writes a file when it is unpickled."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return open, (self.path, "w")


def shida_labels() -> list[str]:
    return list(read_recording(SAMPLE).labels)


def bad_files():
    """Yield name, content and a part of the expected message."""
    whole = SAMPLE.read_bytes()
    walk = np.zeros((100, 22, 3))
    yield "empty", b"", "empty"
    yield "too large", b"P" * (MAX_BYTES + 1), "50 MB"
    yield "program", b"\x7fELF" + bytes(2000), "the type of the file is unknown"
    yield "page", b"<html><script>alert(1)</script></html>" * 20, "the type of the file is unknown"
    yield "truncated C3D", whole[: len(whole) // 2], "truncated"
    yield "C3D of a head", whole[:700], "truncated"
    yield "C3D of noise", b"\x02\x50" + np.random.default_rng(0).bytes(40_000), "recording"
    yield "compressed zeros", npz(joints=np.zeros((15_000_000, 2)), rate_hz=20), "unpacks to 240 MB"
    yield "many entries", archive({f"a{i}.npy": b"0" for i in range(500)}), "500 entries"
    yield "path inside", archive({"../../outside.npy": npy(walk)}), "that are not arrays"
    yield "drive inside", archive({"C:\\outside.npy": npy(walk)}), "that are not arrays"
    yield "files inside", archive({"word/document.xml": b"<x/>"}), "that are not arrays"
    yield "torn archive", npz(joints=walk, rate_hz=20)[:-40], "archive is damaged"
    huge = npy_header("(900000000000, 22, 3)")
    yield (
        "header without its array",
        archive({"joints.npy": huge, "rate_hz.npy": npy(20)}),
        "has 0 bytes for it",
    )
    many = npz(joints=np.array([{}], dtype=object), rate_hz=20)
    yield "objects", many, "which is a pickled Python object"
    yield "torn gzip", gzip.compress(whole)[:-5000], "the packed file is damaged"
    yield "gzip of a page", gzip.compress(b"<html>" * 99), "the type of the file is unknown"
    yield "gzip of gzip", gzip.compress(gzip.compress(whole)), "packed several times"
    yield "zip of gzip", archive({"a.c3d.gz": gzip.compress(whole)}), "has packed files"
    yield "zip of hidden gzip", archive({"a.c3d": gzip.compress(whole)}), "has packed files"
    yield "zip of two", archive({"a.c3d": whole, "b.trc": b"x"}), "has 2 recordings, expected one"
    yield "zip of a torn file", archive({"a.c3d": whole[: len(whole) // 2]}), "truncated"
    yield "missing values", npz(joints=np.full((90, 22, 3), np.nan), rate_hz=20), "no joint in any"
    poses, trans = np.zeros((90, 72)), np.zeros((90, 3))
    trans[40] = np.inf
    yield "infinite", npz(poses=poses, trans=trans, mocap_framerate=60), "not finite in 1 of 90"
    yield "far away", npz(poses=poses, trans=np.full((90, 3), 1e12), mocap_framerate=60), "1e+12"
    long = npz(poses=np.zeros((200_000, 66)), trans=np.zeros((200_000, 3)), mocap_framerate=60)
    yield "too many frames", long, "200000 frames, expected at most 120000"
    slow = npz(poses=poses, trans=np.zeros((90, 3)), mocap_framerate=0.01)
    yield "too slow", slow, "a rate of 0.01 Hz"
    long = npz(poses=np.zeros((9000, 66)), trans=np.zeros((9000, 3)), mocap_framerate=10)
    yield "too long", long, "900 seconds, expected at most 600"
    yield "no rate", npy(np.zeros((90, 22, 3))), "does not state its frame rate"
    labels = [*shida_labels(), *(f"SEAT_{i}" for i in range(500))]
    walk = read_recording(SAMPLE).positions[:100]
    rows = np.concatenate([walk, np.repeat(walk[:, :1], 500, axis=1)], axis=1).reshape(100, -1)
    yield "many markers", trc(labels, rows.round(4).tolist()), "markers, expected at most 400"
    yield "pickle of builtins", pickle.dumps(print), "refers to"
    yield "pickle without walks", pickle.dumps({"a": 1}), "holds a 1"
    yield "torn pickle", pickle.dumps({"a": walk})[:200], "damaged"
    yield "hierarchy without end", b"HIERARCHY\nROOT a\n{\n" * 5, "broken hierarchy"
    yield "one frame", trc(["<img src=x onerror=alert(1)>"] * 2, [[1.0] * 6]), "1 frame"


@pytest.mark.parametrize(("content", "part"), [
    pytest.param(content, part, id=name) for name, content, part in bad_files()
])  # fmt: skip
def test_the_error_of_a_bad_file_is_one_line_and_no_copy_remains(content, part, upload, session):
    with pytest.raises(UploadError) as excinfo:
        read_upload(upload(content), session, QUICK)
    message = str(excinfo.value)
    assert part in message, message
    assert "\n" not in message and len(message) < 400
    assert "Müller" not in message and str(session) not in message  # neither name nor folder
    assert list(session.iterdir()) == []


def test_a_pickle_is_not_executed(upload, session, tmp_path):
    with pytest.raises(UploadError, match="nothing in it was executed"):
        read_upload(upload(pickle.dumps(Touch(tmp_path / "written"))), session, QUICK)
    assert not (tmp_path / "written").exists()


def test_an_archive_that_declares_a_wrong_size_is_refused(upload, session, joints):
    content = bytearray(archive({"joints.npy": npy(joints), "rate_hz.npy": npy(np.array(20))}))
    size = struct.pack("<I", len(npy(joints)))
    assert content.count(size) == 2  # in the entry and in the directory
    content = bytes(content).replace(size, struct.pack("<I", 200))
    with pytest.raises(UploadError, match="damaged"):
        read_upload(upload(content), session, QUICK)


@pytest.fixture(scope="module")
def long_table() -> bytes:
    """A table of 20,000 frames, which takes about a second to read."""
    walk = read_recording(SAMPLE).positions[:, ::3].round(4)
    texts = ["\t".join(map(str, row)) for row in walk.reshape(len(walk), -1).tolist()]
    header = trc(shida_labels()[::3], []).decode().replace("\t0\t", "\t20000\t")
    lines = [f"{i + 1}\t{i / 100}\t{texts[i % len(texts)]}" for i in range(20_000)]
    return (header + "\n".join(lines)).encode()


def test_reading_stops_at_the_limits_of_time_and_memory(upload, session, long_table):
    for limits, part in (
        ({"cpu_s": 0.3}, "more than 0.3 s to read"),
        ({"wall_s": 0.01}, "more than 0.01 s to read"),
        ({"memory_mib": 30}, "more than 30 MiB of memory"),
    ):
        with pytest.raises(UploadError, match=part):
            read_upload(upload(long_table), session, replace(UPLOAD_LIMITS, **limits))
    assert list(session.iterdir()) == []


def test_a_folder_a_missing_file_and_a_link_are_refused(session, tmp_path):
    (tmp_path / "link").symlink_to(SAMPLE)
    for path in (tmp_path, tmp_path / "none", tmp_path / "link"):
        with pytest.raises(UploadError, match="not a file"):
            copy_upload(path, session)


def test_a_valid_file_is_read_by_its_content_and_not_by_its_name(upload, session, joints, tmp_path):
    body = {"poses": np.zeros((90, 72)), "trans": np.zeros((90, 3)), "mocap_framerate": 60}
    walk = {"pose": np.zeros((90, 72)), "trans": np.zeros((90, 3)), "beta": np.zeros(10), "fps": 30}
    contents = {
        ".c3d": SAMPLE.read_bytes(),
        ".npz": npz(joints=joints, rate_hz=20, note=np.array("simulated")),
        ".pkl": pickle.dumps({"SUB01": {"walk": walk}}),
        ".npy": npy(joints),
    }
    for suffix, content in [*contents.items(), (".npz", npz(**body))]:
        rate = {"rate_hz": 20.0} if suffix == ".npy" else {}
        read = read_upload(upload(content), session, **rate)
        direct = tmp_path / f"direct{suffix}"
        direct.write_bytes(content)
        expected = read_recording(direct, **rate)
        assert type(read) is type(expected) and read.rate_hz == expected.rate_hz
        name = next(n for n in ("positions", "joints", "poses") if hasattr(read, n))
        np.testing.assert_array_equal(getattr(read, name), getattr(expected, name))
        assert read.source == "the recording"
    assert list(session.iterdir()) == []


def test_a_packed_recording_is_read_like_the_recording(upload, session, joints):
    whole, table = SAMPLE.read_bytes(), npz(joints=joints, rate_hz=20)
    for content in (
        gzip.compress(whole),
        archive({"folder/walk.c3d": whole, "notes.txt": b"notes"}),
        archive({"../walk.c3d": whole}),
        gzip.compress(table),
        archive({"walk.npz": table}),
    ):
        read = read_upload(upload(content), session)
        assert read.source == "the recording"
        name = "positions" if hasattr(read, "positions") else "joints"
        expected = read_recording(SAMPLE).positions if name == "positions" else joints
        np.testing.assert_array_equal(getattr(read, name), expected)
        assert list(session.iterdir()) == []
    two = archive({"first.c3d": b"\x02\x50", "second.c3d": whole})
    assert read_upload(upload(two), session, item="second").positions.shape == (900, 44, 3)


def test_packed_files_that_unpack_to_too_much_are_refused(upload, session, monkeypatch):
    monkeypatch.setattr("uploads.MAX_UNPACKED_BYTES", 2_000_000)
    zeros = bytes(6_000_000)
    for content, part in (
        (gzip.compress(zeros), "unpacks to at least 2 MB, expected at most 2 MB"),
        (archive({"walk.c3d": zeros}), "unpacks to 6 MB, expected at most 2 MB"),
    ):
        with pytest.raises(UploadError, match=part):
            read_upload(upload(content), session, QUICK)
        assert list(session.iterdir()) == []


def test_neither_output_nor_log_mentions_a_file(upload, session, capfd, caplog):
    with caplog.at_level(0):
        with pytest.raises(UploadError):
            read_upload(upload(b"\x02\x50" + bytes(5000)), session, QUICK)
        read_upload(upload(SAMPLE.read_bytes()), session)
    assert capfd.readouterr() == ("", "")
    assert not [record for record in caplog.records if "Müller" in record.getMessage()]

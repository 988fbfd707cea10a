"""Files of arrays: joints and features in any shape, and damaged or hostile .npz and .npy files."""

import io
import time
import zipfile

import numpy as np
import pytest

from agir_hf.humanml3d import joints_to_features
from agir_hf.motion import RecordingError, read_recording, to_joints
from agir_hf.motion.readers import array_files
from agir_hf.motion.readers.amass import read_npz


@pytest.fixture(scope="module")
def joints(walk):
    return to_joints(walk).joints


@pytest.fixture(scope="module")
def features(joints):
    return joints_to_features(joints)


def more(joints, count):
    """Joints with further ones after the first 22."""
    return np.concatenate([joints, np.repeat(joints[:, 15:16], count - 22, axis=1)], axis=1)


@pytest.mark.parametrize(
    "change",
    [
        lambda j: j,
        lambda j: more(j, 24),
        lambda j: more(j, 52),
        lambda j: more(j, 55),
        lambda j: more(j, 144),
        lambda j: j.reshape(len(j), 66),
        lambda j: more(j, 24).reshape(len(j), 72),
        lambda j: j[None],
        lambda j: j.transpose(1, 2, 0),  # motion diffusion models
        lambda j: j.transpose(1, 2, 0)[None],
        lambda j: np.asfortranarray(j),
        lambda j: j.astype(">f8"),
        lambda j: np.round(1000 * j).astype(np.int32),
    ],
)
def test_joints_of_any_usual_shape_are_read(tmp_path, joints, change):
    np.save(tmp_path / "x.npy", change(joints))
    motion = read_recording(tmp_path / "x.npy", rate_hz=20)
    assert np.allclose(motion.joints, joints, atol=1e-3)
    np.savez(tmp_path / "y.npz", joints=change(joints), fps=20)
    assert np.allclose(read_recording(tmp_path / "y.npz").joints, joints, atol=1e-3)


@pytest.mark.parametrize("name", ["joints3d", "new_joints", "xyz", "keypoints_3d", "motion", "a"])
def test_joints_under_other_names_are_read(tmp_path, joints, name):
    np.savez(tmp_path / "x.npz", **{name: joints})
    assert np.allclose(read_recording(tmp_path / "x.npz", rate_hz=20).joints, joints, atol=1e-6)


def test_one_of_several_motions_is_chosen(tmp_path, joints):
    np.save(tmp_path / "x.npy", np.stack([joints, 2 * joints]))
    with pytest.raises(RecordingError, match="2 motions .*choose it with --item 0 to --item 1"):
        read_recording(tmp_path / "x.npy", rate_hz=20)
    motion = read_recording(tmp_path / "x.npy", rate_hz=20, item="0")
    assert np.allclose(motion.joints, joints, atol=1e-6) and motion.source.endswith("x.npy (0)")


def in_body_axes(joints):
    """Joints relative to the first pelvis, by distances that do not depend on the heading."""
    return np.linalg.norm(joints[:, :, None] - joints[:, None], axis=-1)


@pytest.mark.parametrize("where", ["npy", "npz", "batch"])
def test_features_are_read_as_joints(tmp_path, joints, features, where):
    path = tmp_path / ("x.npy" if where != "npz" else "x.npz")
    if where == "npz":
        np.savez(path, features=features, rate_hz=20.0)
    else:
        np.save(path, features if where == "npy" else features[None])
    motion = read_recording(path)
    assert motion.rate_hz == 20 and motion.joints.shape == (len(joints) - 1, 22, 3)
    assert any("standard skeleton" in remark for remark in motion.remarks)
    scale = in_body_axes(motion.joints) / np.maximum(in_body_axes(joints[:-1]), 1e-9)
    assert 0.9 < np.median(scale[:, 0, 7]) < 1.2  # pelvis to ankle
    again = joints_to_features(motion.joints)
    assert np.abs(again - features[: len(again)])[:, :67].max() < 5e-3


def test_normalised_features_are_refused(tmp_path, features):
    mean, std = features.mean(axis=0), features.std(axis=0) + 1e-3
    np.save(tmp_path / "x.npy", (features - mean) / std)
    with pytest.raises(RecordingError, match="multiply them by the standard deviation"):
        read_recording(tmp_path / "x.npy")


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((50, 251)), "251 values, those of KIT-ML"),
        (np.zeros((50, 17, 3)), r"shape \(50, 17, 3\), expected joints \(frames, 22, 3\).*263"),
        (np.zeros((50, 263)), "give no body"),
        (np.random.default_rng(0).normal(size=(50, 66)), "the bones change.*poses, trans"),
        (np.zeros(5), r"shape \(5,\)"),
        (np.array(3.0), r"shape \(\)"),
        (np.zeros((0, 22, 3)), r"0 frame\(s\)"),
        (np.zeros((50, 22, 3), complex), "type complex128"),
        (np.full((50, 22, 3), "a"), "type <U1"),
        (np.array([{"a": 1}], dtype=object), "is a pickled Python object.*numpy.savez"),
        (np.zeros(3, dtype=[("a", "f4")]), "table with named columns"),
    ],
)
def test_other_arrays_are_errors_that_name_what_is_expected(tmp_path, array, message):
    np.save(tmp_path / "x.npy", array)
    with pytest.raises(RecordingError, match=message) as excinfo:
        read_recording(tmp_path / "x.npy", rate_hz=20)
    assert "\n" not in str(excinfo.value) and "x.npy" in str(excinfo.value)


def test_the_layout_of_motion_x_is_read(tmp_path):
    array = np.zeros((60, 322))
    array[:, 310] = 1.0
    array[:, 309] = np.linspace(0, 2, 60)
    array[:, 312:] = 0.5
    np.save(tmp_path / "x.npy", array)
    motion = read_recording(tmp_path / "x.npy", rate_hz=30)
    assert motion.poses.shape == (60, 24, 3) and np.allclose(motion.betas, 0.5)
    assert np.allclose(motion.translation[:, 0], array[:, 309], atol=1e-5)


def npy(array) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def declared(shape, kind="<f8", content=b"\0" * 100, order="False") -> bytes:
    """An .npy file whose header states another shape than it has values for."""
    text = f"{{'descr': {kind!r}, 'fortran_order': {order}, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + content


HEADERS = {
    "more than there is": declared("(1000000000, 22, 3)"),
    "overflow": declared("(9999999999999999999, 22, 3)"),
    "negative": declared("(-1, 22, 3)"),
    "boolean": declared("(True, 22, 3)"),
    "not a tuple": declared("'22'"),
    "order": declared("(2, 22, 3)", order="3"),
    "type": declared("(2, 22, 3)", kind="x"),
    "large type": declared("(2, 22, 3)", kind="S999999999"),
    "nested": declared("(" * 5000),
    "call": declared("__import__('os')"),
    "version": b"\x93NUMPY\x09\x09\x00\x00" + b" " * 64,
    "short": b"\x93NUMPY\x01\x00",
    "not an array": b"x",
}


@pytest.mark.parametrize("name", HEADERS)
@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_a_header_is_compared_with_the_file_before_memory_is_used(tmp_path, name, suffix):
    path = tmp_path / f"walk{suffix}"
    if suffix == ".npy":
        path.write_bytes(HEADERS[name])
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("joints.npy", HEADERS[name])
            archive.writestr("fps.npy", npy(20.0))
    started = time.process_time()
    with pytest.raises(RecordingError, match=rf"walk{suffix}.*: ") as excinfo:
        read_recording(path, rate_hz=20)
    assert time.process_time() - started < 2 and "\n" not in str(excinfo.value)


def test_a_compressed_file_of_zeros_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "walk.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("joints.npy", declared("(600000, 66, 3)", content=bytes(1 << 20)))
        archive.writestr("fps.npy", npy(1000.0))
    with pytest.raises(RecordingError, match="states an array .*950400000 bytes"):
        read_recording(path)
    monkeypatch.setattr(array_files, "_MOST_BYTES", 1 << 20)
    np.savez_compressed(path, joints=np.zeros((6000, 22, 3)), fps=1000.0)
    with pytest.raises(RecordingError, match="3 MiB, expected at most 1 MiB: cut the recording"):
        read_recording(path)


def test_a_wrong_check_sum_is_an_error(tmp_path, joints):
    path = tmp_path / "walk.npz"
    np.savez(path, joints=joints, fps=20.0)
    content = bytearray(path.read_bytes())
    content[5000] ^= 1
    path.write_bytes(content)
    with pytest.raises(RecordingError, match="is damaged .*CRC"):
        read_recording(path)


def test_entries_that_are_not_needed_do_no_harm(tmp_path, joints):
    path = tmp_path / "walk.npz"
    np.savez(path, joints=joints, fps=20.0, notes=np.array({"a": 1}, dtype=object))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../../evil.npy", b"x")
        archive.writestr("/etc/passwd.npy", b"x")
        archive.writestr("a/b/joints.npy", b"x")
    assert len(read_npz(path).joints) == len(joints)


@pytest.mark.parametrize("suffix", [".npz", ".npy"])
def test_random_damage_never_raises_another_error(tmp_path, joints, suffix):
    path = tmp_path / f"x{suffix}"
    if suffix == ".npz":
        np.savez(path, joints=joints[:20], rate_hz=20.0)
    else:
        np.save(path, joints[:20])
    content, random = path.read_bytes(), np.random.default_rng(0)
    for _ in range(100):
        damaged = bytearray(content)
        for position in random.integers(len(content) if random.random() < 0.5 else 200, size=3):
            damaged[position] = random.integers(256)
        path.write_bytes(bytes(damaged))
        try:
            read_recording(path, rate_hz=20)
        except RecordingError as error:
            assert "\n" not in str(error)


READ = ("npz_ok", "20_new", "21_own", "22_", "23a", "23c", "17_", "24a", "24b", "24f")


def test_the_shared_cases_are_answered(shared):
    folders = [shared / "data" / name for name in ("recording_cases", "hostile_cases")]
    paths = [
        p for folder in folders for p in folder.iterdir() if p.suffix in (".npz", ".npy", ".pkl")
    ]
    assert len(paths) >= 20
    for path in paths:
        options = {"rate_hz": 20} if path.name.startswith(("22_", "24a")) else {}
        started = time.process_time()
        if path.name.startswith(READ):
            assert read_recording(path, **options).rate_hz == 20
        else:
            with pytest.raises(RecordingError, match=path.name) as excinfo:
                read_recording(path, **options)
            assert str(excinfo.value).isprintable() and ": " in str(excinfo.value)
        assert time.process_time() - started < 2

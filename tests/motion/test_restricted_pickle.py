import os
import pickle

import numpy as np
import pytest

from agir_hf.motion import RecordingError, read_recording
from agir_hf.motion.readers.restricted_pickle import (
    PickleRefused,
    load_restricted,
    load_smpl_pickle,
)


class Attack:
    """Writes a file when it is unpickled without restrictions."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


@pytest.fixture
def write(tmp_path):
    def write_pickle(content, protocol=pickle.HIGHEST_PROTOCOL, name="walks.pkl"):
        path = tmp_path / name
        path.write_bytes(pickle.dumps(content, protocol))
        return path

    return write_pickle


@pytest.mark.parametrize("protocol", range(6))
def test_arrays_and_plain_containers_are_loaded(write, protocol):
    content = {
        "pose": np.arange(12, dtype=np.float32).reshape(3, 4),
        "order": np.asfortranarray(np.eye(3)),
        "fps": np.float64(30),
        "words": ["OFF", None, True, 2.5, (1, 2)],
        "text": np.array(["a", "bc"]),
        "empty": np.zeros((0, 3)),
    }
    loaded = load_restricted(write(content, protocol))
    assert loaded.keys() == content.keys() and loaded["words"] == content["words"]
    for name in ("pose", "order", "text", "empty"):
        assert np.array_equal(loaded[name], content[name])
        assert loaded[name].dtype == content[name].dtype
    assert loaded["fps"] == 30


@pytest.mark.parametrize("where", ["alone", "in a walk", "in an array of objects"])
def test_a_pickle_with_code_is_an_error_with_its_name_and_runs_nothing(write, tmp_path, where):
    trace = tmp_path / "executed"
    content = Attack(trace)
    if where == "in a walk":
        content = {"S1": {"walk": {"pose": np.zeros((3, 72)), "trans": content}}}
    elif where == "in an array of objects":
        content = np.array([1, content], dtype=object)
    path = write(content)
    for read in (load_restricted, load_smpl_pickle, read_recording):
        with pytest.raises(PickleRefused, match=r"(posix|nt)\.system") as excinfo:
            read(path)
        assert "\n" not in str(excinfo.value) and str(path) in str(excinfo.value)
    assert not trace.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"cbuiltins\neval\n(S'1+1'\ntR.",
        b"cbuiltins\ngetattr\n.",
        b"cnumpy\nload\n.",
        b"cnumpy.testing._private.utils\nrunstring\n.",
        b"csubprocess\nPopen\n.",
    ],
)
def test_functions_of_builtins_and_numpy_are_refused(tmp_path, content):
    path = tmp_path / "walks.pkl"
    path.write_bytes(content)
    with pytest.raises(PickleRefused, match="refused"):
        load_restricted(path)


@pytest.mark.parametrize("keep", [0, 1, 10, 0.5, -1])
def test_a_truncated_pickle_is_an_error_on_one_line(write, keep):
    path = write({"S1": {"walk": {"pose": np.zeros((30, 72))}}})
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep) if isinstance(keep, float) else keep])
    with pytest.raises(RecordingError, match="damaged") as excinfo:
        load_restricted(path)
    assert "\n" not in str(excinfo.value)


def test_random_damage_never_raises_another_error(write):
    path = write({"S1": {"walk": {"pose": np.zeros((5, 72)), "fps": 30}}}, protocol=2)
    data, random = path.read_bytes(), np.random.default_rng(0)
    for _ in range(300):
        damaged = bytearray(data)
        for position in random.integers(len(data), size=3):
            damaged[position] = random.integers(256)
        path.write_bytes(bytes(damaged))
        try:
            load_restricted(path)
        except RecordingError as error:
            assert "\n" not in str(error)


def test_an_smpl_file_is_read_without_the_libraries_that_wrote_it(tmp_path):
    """With a sparse matrix of scipy and objects of chumpy, which is not installed."""
    from scipy.sparse import csc_matrix

    regressor = np.array([[0.5, 0, 0.5, 0], [0, 1.0, 0, 0], [0, 0, 0, 1.0]])
    state = pickle.dumps({"x": np.arange(6.0).reshape(2, 3)}, 2)[2:-1]  # without head and stop
    chumpy = b"\x80\x02cchumpy.ch\nCh\n)\x81" + state + b"b."
    path = tmp_path / "one.pkl"
    path.write_bytes(chumpy)
    assert np.array_equal(
        load_smpl_pickle_of(path, "shapedirs", chumpy[2:-1]), np.arange(6.0).reshape(2, 3)
    )
    path.write_bytes(pickle.dumps({"J_regressor": csc_matrix(regressor), "note": "text"}, 2))
    arrays = load_smpl_pickle(path)
    assert set(arrays) == {"J_regressor"} and np.array_equal(arrays["J_regressor"], regressor)
    with pytest.raises(PickleRefused):
        load_restricted(path)


def load_smpl_pickle_of(path, name, item: bytes) -> np.ndarray:
    """Write ``{name: item}`` with a pickled item, and read it as an SMPL file."""
    key = b"X" + len(name).to_bytes(4, "little") + name.encode()
    path.write_bytes(b"\x80\x02}" + key + item + b"s.")
    return load_smpl_pickle(path)[name]

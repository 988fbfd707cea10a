import os
import pickle
import time
import zlib
from collections import OrderedDict, defaultdict
from pathlib import Path

import numpy as np
import pytest

from agir_hf.motion import RecordingError, read_recording
from agir_hf.motion.readers import pickle_values as values
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
    with pytest.raises(RecordingError, match="is damaged|is empty") as excinfo:
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


ARRAY = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR"
DTYPE = b"cnumpy\ndtype\n(S'%s'\nI0\nI1\ntR(I3\nS'<'\nNNNI%d\nI-1\nI0\ntb"


@pytest.mark.parametrize(
    "content",
    [
        b"cnumpy\nndarray\n(I100000000000\ntR.",  # would allocate 800 GB
        b"cnumpy\nndarray\n(I100000000000\nt\x81.",
        ARRAY + b"(I1\n(I99999999\nt" + DTYPE % (b"f8", -1) + b"I0\nS'a'\ntb.",
        ARRAY + b"(I1\n(I-1\nt" + DTYPE % (b"f8", -1) + b"I0\nS''\ntb.",
        b"cbuiltins\nbytearray\n(I100000000000\ntR.",
        b"c_codecs\nencode\nN}S'__doc__'\nS'x'\ns\x86b.",  # attributes of a function
        b"(lp0\ng0\na.",  # a list in itself
        b"\x80\x02" + b"]" * 5000 + b"a" * 4999 + b".",
        b"(lI1\na" + b"".join(b"p%d\n0(lg%d\nag%d\na" % (i, i, i) for i in range(60)) + b".",
        b"I1\n" + b"2" * 3_000_001 + b".",
        b"\x80\x02}(]I1\nu.",
        b"P1\n.",
    ],
)
def test_a_pickle_that_asks_for_memory_or_has_no_end_is_refused_quickly(tmp_path, content):
    path = tmp_path / "walks.pkl"
    path.write_bytes(content)
    started = time.process_time()
    with pytest.raises(RecordingError, match=r"walks\.pkl .*: ") as excinfo:
        load_restricted(path)
    assert "\n" not in str(excinfo.value) and time.process_time() - started < 5
    assert values.encode.__doc__ != "x"


def test_a_large_index_or_type_allocates_nothing(tmp_path):
    path = tmp_path / "walks.pkl"
    path.write_bytes(b"]r\xff\xff\xff\x7f.")  # a list of that length in the unpickler of C
    assert load_restricted(path) == []
    path.write_bytes(ARRAY + b"(I1\n(I1\nt" + DTYPE % (b"(9999999,)f8", -1) + b"I0\nS'a'\ntb.")
    assert load_restricted(path) is None


def test_default_dictionaries_and_paths_are_plain_values(write):
    content = defaultdict(dict, {0: OrderedDict(pose=np.eye(3))})
    content[1]["file"] = Path("a/b.mp4")
    loaded = load_restricted(write(content))
    assert type(loaded) is dict and np.array_equal(loaded[0]["pose"], np.eye(3))
    assert loaded[1]["file"].endswith("a/b.mp4")


def test_types_that_are_not_read_are_left_out(write):
    table = np.zeros(3, dtype=[("a", "f4"), ("b", "i2")])
    times = np.array(["2020-01-01"], dtype="datetime64[D]")
    loaded = load_restricted(
        write({"table": table, "pose": np.eye(2), "objects": objects(), "t": times})
    )
    assert loaded["table"] is None and loaded["objects"] == [1, "b", None]
    assert np.array_equal(loaded["pose"], np.eye(2))


def objects():
    return np.array([1, "b", None], dtype=object)


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        (b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n.", "joblib.load.*numpy.savez"),
        (zlib.compress(b"x" * 100), "joblib wrote it compressed.*joblib.load"),
        (b"ctorch._utils\n_rebuild_tensor_v2\n.", "PyTorch.*torch.load.*numpy.savez"),
        (b"PK\x03\x04" + bytes(30), "PyTorch.*torch.load"),
        (b"cpandas.core.frame\nDataFrame\n.", "pandas.core.frame.DataFrame.*numpy.savez"),
    ],
)
def test_pickles_of_other_libraries_name_a_conversion(tmp_path, content, advice):
    path = tmp_path / "walks.pkl"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=advice) as excinfo:
        load_restricted(path)
    assert "\n" not in str(excinfo.value)

"""Rows of a corpus with motions as arrays."""

import pickle

import numpy as np
import pytest
from datasets import Dataset

from agir_hf.corpus.row_format import FORMAT
from agir_hf.corpus.schema import config_features

LENGTHS = (5, 3, 3, 4)


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    columns = {
        "id": list("abcd"),
        "score": [0, 1, None, 2],
        "motion": [rng.normal(size=(length, 263)).astype(np.float32) for length in LENGTHS],
        "joints": [None, *(rng.normal(size=(n, 22, 3)).astype(np.float32) for n in LENGTHS[1:])],
    }
    features = config_features("motion")
    return Dataset.from_dict(columns, features=type(features)({n: features[n] for n in columns}))


def test_motions_and_joints_are_those_of_the_numpy_format(rows):
    for own, other in zip(rows.with_format(FORMAT), rows.with_format("numpy"), strict=True):
        for name in ("motion", "joints"):
            if own["id"] == "a" and name == "joints":
                assert own[name] is None
                continue
            assert own[name].dtype == np.float32
            np.testing.assert_array_equal(own[name], other[name])


def test_other_columns_are_python_values(rows):
    plain = rows.remove_columns(["motion", "joints"])
    assert list(rows.with_format(FORMAT).remove_columns(["motion", "joints"])) == list(plain)
    assert rows.with_format(FORMAT)["score"][:] == [0, 1, None, 2]


@pytest.mark.parametrize("indices", [[2, 0], [3], range(1, 4)])
def test_selected_rows_and_batches_have_their_own_motions(rows, indices):
    selected = rows.with_format(FORMAT).select(indices)
    for batch in (selected[:], next(selected.iter(8))):
        for motion, index in zip(batch["motion"], indices, strict=True):
            assert len(motion) == LENGTHS[index]
            np.testing.assert_array_equal(motion, rows.with_format("numpy")[index]["motion"])


def test_arrays_can_be_changed_without_changing_the_rows(rows):
    formatted = rows.with_format(FORMAT)
    formatted[1]["motion"][:] = 0
    assert formatted[1]["motion"].any()


def test_the_format_survives_mapping_and_pickling(rows):
    formatted = pickle.loads(pickle.dumps(rows.with_format(FORMAT)))
    lengths = formatted.map(lambda row: {"frames": len(row["motion"])}, batched=False)
    assert lengths["frames"][:] == list(LENGTHS)
    assert lengths[0]["motion"].shape == (5, 263)


def test_motions_of_another_type_are_arrays(rows):
    plain = Dataset.from_list([{"motion": [[0.0, 1.0]]}]).with_format(FORMAT)
    assert plain[0]["motion"].dtype == np.float32 and plain[0]["motion"].shape == (1, 2)

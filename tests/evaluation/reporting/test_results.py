import json
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from agir_hf.evaluation.reporting.results import (
    FILE,
    FoldResult,
    Prediction,
    Results,
    Row,
    is_results,
    versions,
)
from agir_hf.version import __version__

PREDICTION = Prediction(
    "walk-1", "anna", 0, None, (0.5, 0.25, 0.25), "Kurze Schritte, “steif”.", {"cider": 1.5}
)
FOLD = FoldResult("anna", 3, [PREDICTION, Prediction("walk-2", "anna", 2, 2)], 1.25)
ROWS = [
    Row("AGIR", [FOLD, replace(FOLD, seed=4)], "two seeds"),
    Row("MotionCLIP", [], "weights not there: motionclip.pt"),
]
RESULTS = Results(
    kind="reasoning",
    title="Scores",
    data="simulated walks only",
    simulated=True,
    classes=[0, 1, 2],
    class_names=["normal", "slight", "impaired"],
    scheme="leave one subject out, 1 subject",
    command="agir evaluate reasoning",
    config={"seeds": (3, 4), "encoder": None},
    versions={"python": "3.11"},
    rows=ROWS,
    paper={"AGIR": {"f1": 0.58}},
)


def test_what_is_saved_is_loaded(tmp_path):
    path = RESULTS.save(tmp_path / "new" / "folder")
    assert path == tmp_path / "new" / "folder" / FILE
    assert Results.load(path.parent) == RESULTS
    assert [one.name for one in path.parent.iterdir()] == [FILE]
    replace(RESULTS, title="Others").save(path.parent)
    assert Results.load(path.parent).title == "Others"


def test_numbers_of_numpy_become_plain(tmp_path):
    one = Prediction(
        "w", "s", np.int64(1), np.int32(2), np.array([0.5, 0.5], np.float32), figures={
            "cider": np.float32(0.5), "grounding": None
        },
    )  # fmt: skip
    assert one == Prediction("w", "s", 1, 2, (0.5, 0.5), None, {"cider": 0.5, "grounding": None})
    json.dumps([one.truth, one.given, one.probabilities, one.figures])
    with pytest.raises(TypeError):
        Prediction("w", "s", 1.0, 1)


def test_a_prediction_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        PREDICTION.truth = 1


def test_rows_tell_their_folds_seeds_and_walks():
    row = ROWS[0]
    assert (row.fold_names, row.seeds) == (["anna"], [3, 4])
    assert [one.id for one in row.predictions] == ["walk-1", "walk-2"] * 2
    assert row.walks() == {"walk-1": ("anna", 0), "walk-2": ("anna", 2)}
    assert [one.right for one in FOLD.predictions] == [False, True]
    assert RESULTS.row("AGIR") is row
    with pytest.raises(ValueError, match="no row 'AGI'.*one of 'AGIR', 'MotionCLIP'"):
        RESULTS.row("AGI")


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (lambda: Prediction("w", "s", 0, 0, (0.5, 0.6)), "sum of 1, not 1.1"),
        (lambda: Prediction("w", "s", 0, 0, (1.5, -0.5)), "none below 0"),
        (lambda: Prediction("w", "s", 0, 0, ()), "sum of 1"),
        (lambda: Prediction("w", "s", 0, 0, (np.nan, 1.0)), "sum of 1, not nan"),
        (lambda: Prediction("w", "s", 0, 0, figures={"cider": np.nan}), "leave out what is not"),
        (lambda: FoldResult("f", 0, [], 1), "no predictions"),
        (lambda: FoldResult("f", 0, [PREDICTION] * 2, 1), "several predictions of 'walk-1'"),
        (lambda: Row("r", []), "expected a note that says why"),
        (lambda: Row("r", [FOLD, FOLD]), "('anna', 3) more than once"),
        (
            lambda: Row("r", [FOLD, FoldResult("f", 0, [Prediction("walk-1", "b", 0, 0)], 1)]),
            "('anna', 0) and of ('b', 0)",
        ),
        (lambda: replace(RESULTS, class_names=["one"]), "expected a name for each"),
        (lambda: replace(RESULTS, rows=ROWS * 2), "'AGIR', 'MotionCLIP' come more than once"),
        (lambda: replace(RESULTS, classes=[1, 2, 3]), "true score 0, expected one of [1, 2, 3]"),
        (
            lambda: replace(RESULTS, classes=[0, 2], class_names=["a", "b"]),
            "3 probabilities, expected 2",
        ),
        (lambda: replace(RESULTS, config={"path": object()}), "expected plain JSON values"),
    ],
)
def test_what_does_not_fit_is_told(made, told):
    with pytest.raises(ValueError) as caught:
        made()
    assert told in str(caught.value)


def test_a_file_of_others_is_neither_read_nor_replaced(tmp_path):
    with pytest.raises(FileNotFoundError, match="expected what 'agir evaluate' wrote"):
        Results.load(tmp_path)
    path = tmp_path / FILE
    path.write_text('{"accuracy": 0.6}')
    assert not is_results(path)
    with pytest.raises(ValueError, match="is no agir-evaluation-1 file"):
        Results.load(tmp_path)
    with pytest.raises(FileExistsError, match="stays: name another folder"):
        RESULTS.save(tmp_path)
    assert path.read_text() == '{"accuracy": 0.6}'


@pytest.mark.parametrize("damage", [lambda t: t[:200], lambda t: t.replace('"scheme"', '"x"')])
def test_a_damaged_file_is_told(tmp_path, damage):
    path = RESULTS.save(tmp_path)
    path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(ValueError, match="is damaged .*: evaluate again"):
        Results.load(tmp_path)


def test_a_write_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    path = RESULTS.save(tmp_path)
    before = path.read_bytes()
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        replace(RESULTS, title="Others").save(tmp_path)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == [FILE]


def test_versions_name_what_a_result_rests_on():
    found = versions()
    assert list(found) == ["python", "torch", "transformers", "numpy", "agir-hf"]
    assert found["numpy"] == np.__version__
    assert found["agir-hf"] == __version__

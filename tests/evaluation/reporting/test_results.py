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
    Row("MotionCLIP", [], "weights not found: motionclip.pt"),
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


def test_saved_results_are_loaded(tmp_path):
    path = RESULTS.save(tmp_path / "new" / "folder")
    assert path == tmp_path / "new" / "folder" / FILE
    assert Results.load(path.parent) == RESULTS
    second = json.loads(path.read_text())["rows"][0]["folds"][0]["predictions"][1]
    keys = ["id", "subject", "truth", "given", "probabilities", "text", "figures"]
    assert list(second) == keys and second["given"] == 2
    assert [file.name for file in path.parent.iterdir()] == [FILE]
    replace(RESULTS, title="Others").save(path.parent)
    assert Results.load(path.parent).title == "Others"


def test_numbers_of_numpy_become_python_numbers(tmp_path):
    prediction = Prediction(
        "w", "s", np.int64(1), np.int32(2), np.array([0.5, 0.5], np.float32), figures={
            "cider": np.float32(0.5), "supported": None
        },
    )  # fmt: skip
    assert prediction == Prediction(
        "w", "s", 1, 2, (0.5, 0.5), None, {"cider": 0.5, "supported": None}
    )
    json.dumps(
        [prediction.truth, prediction.predicted, prediction.probabilities, prediction.figures]
    )
    with pytest.raises(TypeError):
        Prediction("w", "s", 1.0, 1)


def test_a_prediction_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        PREDICTION.truth = 1


def test_rows_have_folds_seeds_and_walks():
    row = ROWS[0]
    assert (row.fold_names, row.seeds) == (["anna"], [3, 4])
    assert [walk.id for walk in row.predictions] == ["walk-1", "walk-2"] * 2
    assert row.walks() == {"walk-1": ("anna", 0), "walk-2": ("anna", 2)}
    assert [walk.right for walk in FOLD.predictions] == [False, True]
    assert RESULTS.row("AGIR") is row
    with pytest.raises(ValueError, match="no row 'AGI'.*one of 'AGIR', 'MotionCLIP'"):
        RESULTS.row("AGI")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Prediction("w", "s", 0, 0, (0.5, 0.6)), "sum of 1, not 1.1"),
        (lambda: Prediction("w", "s", 0, 0, (1.5, -0.5)), "none below 0"),
        (lambda: Prediction("w", "s", 0, 0, ()), "sum of 1"),
        (lambda: Prediction("w", "s", 0, 0, (np.nan, 1.0)), "sum of 1, not nan"),
        (
            lambda: Prediction("w", "s", 0, 0, figures={"cider": np.nan}),
            "leave unknown figures out",
        ),
        (lambda: FoldResult("f", 0, [], 1), "no predictions"),
        (lambda: FoldResult("f", 0, [PREDICTION] * 2, 1), "several predictions of 'walk-1'"),
        (lambda: Row("r", []), "expected a note that says why"),
        (lambda: Row("r", [FOLD, FOLD]), "('anna', 3) more than once"),
        (
            lambda: Row("r", [FOLD, FoldResult("f", 0, [Prediction("walk-1", "b", 0, 0)], 1)]),
            "('anna', 0) and with ('b', 0)",
        ),
        (lambda: replace(RESULTS, class_names=["one"]), "and a name for each"),
        (lambda: replace(RESULTS, rows=ROWS * 2), "'AGIR', 'MotionCLIP' occur more than once"),
        (lambda: replace(RESULTS, classes=[1, 2, 3]), "true score 0, expected one of [1, 2, 3]"),
        (
            lambda: replace(RESULTS, classes=[0, 2], class_names=["a", "b"]),
            "3 probabilities, expected 2",
        ),
        (lambda: replace(RESULTS, config={"path": object()}), "expected JSON values"),
    ],
)
def test_inconsistent_results_raise(make, message):
    with pytest.raises(ValueError) as excinfo:
        make()
    assert message in str(excinfo.value)


def test_a_file_of_the_user_is_neither_read_nor_replaced(tmp_path):
    with pytest.raises(FileNotFoundError, match="expected the output of 'agir evaluate'"):
        Results.load(tmp_path)
    path = tmp_path / FILE
    path.write_text('{"accuracy": 0.6}')
    assert not is_results(path)
    with pytest.raises(ValueError, match="is not an agir-evaluation-1 file"):
        Results.load(tmp_path)
    with pytest.raises(FileExistsError, match="is not replaced: name another folder"):
        RESULTS.save(tmp_path)
    assert path.read_text() == '{"accuracy": 0.6}'


@pytest.mark.parametrize("damage", [lambda t: t[:200], lambda t: t.replace('"scheme"', '"x"')])
def test_a_damaged_file_raises(tmp_path, damage):
    path = RESULTS.save(tmp_path)
    path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(ValueError, match="is damaged .*: evaluate again"):
        Results.load(tmp_path)


def test_a_failed_write_leaves_the_earlier_file(tmp_path, monkeypatch):
    path = RESULTS.save(tmp_path)
    before = path.read_bytes()
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        replace(RESULTS, title="Others").save(tmp_path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


def test_versions_name_the_libraries():
    numbers = versions()
    assert list(numbers) == ["python", "torch", "transformers", "numpy", "agir-hf"]
    assert numbers["numpy"] == np.__version__
    assert numbers["agir-hf"] == __version__

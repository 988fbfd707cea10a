"""Predictions of an evaluation, walk by walk, and the file that holds them.

A `Results` has a `Row` for each configuration, encoder or baseline; a row has a `FoldResult` for
each fold and seed; a fold result has a `Prediction` for each walk. The file stores predictions and
not figures, so that averages, intervals and plots can be computed again without the model.
"""

from __future__ import annotations

import json
import math
import operator
import platform
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path

from ...utils.files import write_text_atomic
from ...version import __version__

FORMAT = "agir-evaluation-1"  # first key of the file, by which `is_results` recognises it
FILE = "results.json"
_LIBRARIES = ("torch", "transformers", "numpy")
_SUM_TOLERANCE = 1e-4  # of probabilities, as in `metrics.classification.calibration_error`
_PREDICTED_KEY = "given"  # `Prediction.predicted` in the file


@dataclass(frozen=True)
class Prediction:
    """The prediction for one walk.

    Attributes:
        id: Name of the walk.
        subject: Subject of the walk.
        truth: True score.
        predicted: Predicted score. None is a missing answer, which counts as wrong.
        probabilities: Probabilities of the scores in the order of `Results.classes`, or None.
        text: Rationale, or None.
        figures: Further numbers of this walk by name, such as `cider`, `bert_f1`,
            `bert_f1_rescaled`, `supported`, `near`, `coverage`, `specificity`, `well_formed`. A
            missing figure is absent or None.

    Raises:
        ValueError: The probabilities do not add up to 1, or a figure is not finite.
        TypeError: A score is not a whole number.
    """

    id: str
    subject: str
    truth: int
    predicted: int | None
    probabilities: tuple[float, ...] | None = None
    text: str | None = None
    figures: dict[str, float | None] = field(default_factory=dict)

    def __post_init__(self):
        # numbers of numpy and torch become Python numbers, which JSON can store
        _set(self, "id", str(self.id))
        _set(self, "subject", str(self.subject))
        _set(self, "truth", operator.index(self.truth))
        predicted = None if self.predicted is None else operator.index(self.predicted)
        _set(self, "predicted", predicted)
        _set(self, "figures", {k: _plain(v) for k, v in self.figures.items()})
        wrong = {k: v for k, v in self.figures.items() if v is not None and not math.isfinite(v)}
        if wrong:
            raise ValueError(
                f"walk {self.id!r} has figures {wrong}, expected finite numbers: leave unknown "
                "figures out, or write None"
            )
        if self.probabilities is not None:
            _set(self, "probabilities", tuple(map(float, self.probabilities)))
            total = sum(self.probabilities)
            if min(self.probabilities, default=0) < 0 or not abs(total - 1) <= _SUM_TOLERANCE:
                raise ValueError(
                    f"walk {self.id!r} has probabilities {self.probabilities}, expected none below "
                    f"0 and a sum of 1, not {total}: compute the softmax in float32"
                )

    @property
    def right(self) -> bool:
        """Whether the predicted score is the true one."""
        return self.predicted == self.truth


@dataclass(frozen=True)
class FoldResult:
    """The predictions of one training for the test walks of one fold.

    Attributes:
        fold: Name of the fold.
        seed: Seed of the training.
        predictions: One prediction for each test walk.
        seconds: Duration of training and prediction, or None.

    Raises:
        ValueError: There are no predictions, or several of one walk.
    """

    fold: str
    seed: int
    predictions: list[Prediction]
    seconds: float | None = None

    def __post_init__(self):
        _set(self, "fold", str(self.fold))
        _set(self, "seed", operator.index(self.seed))
        _set(self, "seconds", _plain(self.seconds))
        repeated = _repeated(prediction.id for prediction in self.predictions)
        if repeated or not self.predictions:
            problem = (
                f"several predictions of {_listed(repeated)}" if repeated else "no predictions"
            )
            raise ValueError(
                f"fold {self.fold!r}, seed {self.seed} has {problem}, expected one for each test "
                "walk"
            )


@dataclass(frozen=True)
class Row:
    """A configuration, an encoder or a baseline.

    Attributes:
        name: Name of the row in tables.
        folds: One result for each fold and seed; empty where the row could not be run.
        note: Reason why there are none, or another remark on the row.

    Raises:
        ValueError: The row has neither folds nor a note, a fold and seed occurs twice, or a walk
            has different subjects or true scores in two folds.
    """

    name: str
    folds: list[FoldResult]
    note: str | None = None

    def __post_init__(self):
        if not self.folds and not self.note:
            raise ValueError(f"row {self.name!r} has no folds, expected a note that says why")
        repeated = _repeated((fold.fold, fold.seed) for fold in self.folds)
        if repeated:
            raise ValueError(
                f"row {self.name!r} has (fold, seed) {_listed(repeated)} more than once, expected "
                "each once"
            )
        self.walks()

    @property
    def predictions(self) -> list[Prediction]:
        """Predictions of all folds and seeds, in order."""
        return [prediction for fold in self.folds for prediction in fold.predictions]

    @property
    def fold_names(self) -> list[str]:
        """Different folds, in order."""
        return list(dict.fromkeys(fold.fold for fold in self.folds))

    @property
    def seeds(self) -> list[int]:
        """Different seeds, in order."""
        return list(dict.fromkeys(fold.seed for fold in self.folds))

    def walks(self) -> dict[str, tuple[str, int]]:
        """Return the subject and true score of each walk.

        Returns:
            Name of the walk → subject and true score.

        Raises:
            ValueError: A walk has different subjects or true scores in two folds.
        """
        walks: dict[str, tuple[str, int]] = {}
        for prediction in self.predictions:
            labels = prediction.subject, prediction.truth
            first = walks.setdefault(prediction.id, labels)
            if first != labels:
                raise ValueError(
                    f"row {self.name!r} has walk {prediction.id!r} with subject and true score "
                    f"{first} and with {labels}, expected the same in all folds"
                )
        return walks


@dataclass(frozen=True)
class Results:
    """An evaluation, with everything that its tables state.

    Attributes:
        kind: Kind of evaluation: `linear-probe`, `reasoning` or `external`.
        title: Title of the report.
        data: What was scored, in words, such as "simulated walks only".
        simulated: Whether all walks are simulated; stated with every figure.
        classes: Scores in order.
        class_names: Name of each score.
        scheme: How walks were split, in words, such as "leave one subject out, 31 subjects".
        command: Command that made the results.
        config: Settings of the command, as JSON values.
        versions: Versions of the libraries, see `versions`.
        rows: Rows in the order of the tables, with different names.
        paper: Figures printed in the paper: row → metric → value.
        protocol: Sentences on how the rows were trained and judged.

    Raises:
        ValueError: Classes, names, rows or settings do not fit together.
    """

    kind: str
    title: str
    data: str
    simulated: bool
    classes: list[int]
    class_names: list[str]
    scheme: str
    command: str
    config: dict
    versions: dict
    rows: list[Row]
    paper: dict[str, dict[str, float]] = field(default_factory=dict)
    protocol: list[str] = field(default_factory=list)

    def __post_init__(self):
        _set(self, "classes", [operator.index(score) for score in self.classes])
        _set(self, "class_names", [str(name) for name in self.class_names])
        for name in ("config", "versions", "paper"):
            _set(self, name, _as_json(name, getattr(self, name)))
        if len(self.class_names) != len(self.classes) or _repeated(self.classes):
            raise ValueError(
                f"classes {self.classes} have names {self.class_names}, expected different classes "
                "and a name for each"
            )
        repeated = _repeated(row.name for row in self.rows)
        if repeated:
            raise ValueError(
                f"rows {_listed(repeated)} occur more than once, expected different names"
            )
        for row in self.rows:
            self._check(row)

    def _check(self, row: Row) -> None:
        number = len(self.classes)
        for walk in row.predictions:
            if walk.truth not in self.classes:
                raise ValueError(
                    f"row {row.name!r}, walk {walk.id!r}: true score {walk.truth}, expected one of "
                    f"{self.classes}"
                )
            if walk.probabilities is not None and len(walk.probabilities) != number:
                raise ValueError(
                    f"row {row.name!r}, walk {walk.id!r}: {len(walk.probabilities)} probabilities, "
                    f"expected {number}, of the scores {self.classes}"
                )

    def row(self, name: str) -> Row:
        """Return the row with a name.

        Args:
            name: Name of the row.

        Returns:
            The row.

        Raises:
            ValueError: No row has the name.
        """
        for row in self.rows:
            if row.name == name:
                return row
        names = ", ".join(repr(row.name) for row in self.rows)
        raise ValueError(f"no row {name!r} in these results, expected one of {names}")

    def save(self, folder: str | Path) -> Path:
        """Write `results.json`; the inverse of `load`.

        Args:
            folder: Folder of the file. Missing folders are created.

        Returns:
            Path of the file.

        Raises:
            FileExistsError: The folder has a file of that name that is not an evaluation.
        """
        path = Path(folder) / FILE
        if path.exists() and not is_results(path):
            raise FileExistsError(
                f"{path} was not written by 'agir evaluate' and is not replaced: name another "
                "folder"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {"format": FORMAT, **asdict(self)}
        for row in content["rows"]:
            for fold in row["folds"]:
                fold["predictions"] = [_to_json(walk) for walk in fold["predictions"]]
        text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
        write_text_atomic(path, text + "\n")
        return path

    @classmethod
    def load(cls, folder: str | Path) -> Results:
        """Read the file that `save` wrote.

        Args:
            folder: Folder with `results.json`.

        Returns:
            The results.

        Raises:
            FileNotFoundError: The folder has no `results.json`.
            ValueError: The file has another form, or is damaged.
        """
        path = Path(folder) / FILE
        if not path.is_file():
            raise FileNotFoundError(f"no {path}, expected the output of 'agir evaluate'")
        if not is_results(path):
            raise ValueError(
                f"{path} is not an {FORMAT} file, expected the output of 'agir evaluate': evaluate "
                "again"
            )
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            del content["format"]
            return cls(**content | {"rows": [_row(**row) for row in content["rows"]]})
        except (KeyError, TypeError, json.JSONDecodeError) as error:
            raise ValueError(f"{path} is damaged ({error}): evaluate again") from error


def is_results(path: str | Path) -> bool:
    """Check by its first bytes whether a file was written by `Results.save`."""
    with open(path, "rb") as file:
        return f'"format": "{FORMAT}"'.encode() in file.read(100)


def versions() -> dict[str, str]:
    """Return the versions of Python, torch, transformers, numpy and this package."""
    numbers = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            numbers[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            numbers[name] = "not installed"
    return numbers | {"agir-hf": __version__}


def _to_json(prediction: dict) -> dict:
    return {_PREDICTED_KEY if k == "predicted" else k: v for k, v in prediction.items()}


def _from_json(prediction: dict) -> Prediction:
    return Prediction(
        **{"predicted" if k == _PREDICTED_KEY else k: v for k, v in prediction.items()}
    )


def _row(name: str, folds: list[dict], note: str | None) -> Row:
    results = [
        FoldResult(**fold | {"predictions": [_from_json(walk) for walk in fold["predictions"]]})
        for fold in folds
    ]
    return Row(name, results, note)


def _set(instance, name: str, value) -> None:
    object.__setattr__(instance, name, value)


def _plain(value) -> float | None:
    return None if value is None else float(value)


def _as_json(name: str, content: dict) -> dict:
    """The content as it is read back from JSON."""
    try:
        return json.loads(json.dumps(content, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} is {content}, expected JSON values: {error}") from error


def _repeated(values) -> list:
    seen: set = set()
    return [value for value in values if value in seen or seen.add(value)]


def _listed(values: list) -> str:
    more = f" and {len(values) - 5} more" if len(values) > 5 else ""
    return ", ".join(map(repr, values[:5])) + more

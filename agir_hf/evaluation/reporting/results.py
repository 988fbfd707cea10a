"""What an evaluation gave, walk by walk, and its file: every figure is made from this.

A `Results` has a `Row` for each configuration, encoder or baseline; a row has a `FoldResult` for
each fold and seed; a fold result has a `Prediction` for each walk. Predictions are kept rather than
figures, so that averages, intervals and pictures can be made again without the model.
"""

from __future__ import annotations

import json
import math
import operator
import os
import platform
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path

from ...version import __version__

FORMAT = "agir-evaluation-1"  # stands first in the file: tells that a file is ours
FILE = "results.json"
_LIBRARIES = ("torch", "transformers", "numpy")
_SUM_TOLERANCE = 1e-4  # of probabilities, as in `metrics.calibration_error`


@dataclass(frozen=True)
class Prediction:
    """What was said of one walk.

    Attributes:
        id: name of the walk.
        subject: who walked.
        truth: the true score.
        given: the score that was given; None where there was no answer, which counts as wrong.
        probabilities: of the scores, in the order of `Results.classes`; None where there are none.
        text: the rationale, where one was written.
        figures: further numbers of this walk by name, such as ``cider``, ``bert_f1``,
            ``bert_f1_rescaled``, ``grounding``, ``coverage``, ``well_formed``; absent or None
            where there is none.

    Raises:
        ValueError: for probabilities that do not add up to 1, or a figure that is not finite.
        TypeError: for a score that is no whole number.
    """

    id: str
    subject: str
    truth: int
    given: int | None
    probabilities: tuple[float, ...] | None = None
    text: str | None = None
    figures: dict[str, float | None] = field(default_factory=dict)

    def __post_init__(self):
        # numbers of numpy and torch become plain ones, which JSON can hold
        _set(self, "id", str(self.id))
        _set(self, "subject", str(self.subject))
        _set(self, "truth", operator.index(self.truth))
        _set(self, "given", None if self.given is None else operator.index(self.given))
        _set(self, "figures", {k: _plain(v) for k, v in self.figures.items()})
        wrong = {k: v for k, v in self.figures.items() if v is not None and not math.isfinite(v)}
        if wrong:
            raise ValueError(
                f"walk {self.id!r} has {wrong}, expected finite figures: leave out what is not "
                "known, or write None"
            )
        if self.probabilities is not None:
            _set(self, "probabilities", tuple(float(chance) for chance in self.probabilities))
            total = sum(self.probabilities)
            if min(self.probabilities, default=0) < 0 or not abs(total - 1) <= _SUM_TOLERANCE:
                raise ValueError(
                    f"walk {self.id!r} has probabilities {self.probabilities}, expected none below "
                    f"0 and a sum of 1, not {total}: compute the softmax in float32"
                )

    @property
    def right(self) -> bool:
        """Whether the true score was given."""
        return self.given == self.truth


@dataclass(frozen=True)
class FoldResult:
    """The test walks of one fold, by one training.

    Attributes:
        fold: name of the fold.
        seed: of the training.
        predictions: of each test walk, once.
        seconds: that training and prediction took; None where they were not measured.

    Raises:
        ValueError: for no predictions, or two of one walk.
    """

    fold: str
    seed: int
    predictions: list[Prediction]
    seconds: float | None = None

    def __post_init__(self):
        _set(self, "fold", str(self.fold))
        _set(self, "seed", operator.index(self.seed))
        _set(self, "seconds", _plain(self.seconds))
        twice = _repeated(one.id for one in self.predictions)
        if twice or not self.predictions:
            came = f"several predictions of {_some(twice)}" if twice else "no predictions"
            raise ValueError(
                f"fold {self.fold!r}, seed {self.seed} has {came}, expected one of each test walk"
            )


@dataclass(frozen=True)
class Row:
    """A configuration, an encoder or a baseline.

    Attributes:
        name: as tables show it.
        folds: a result of each fold and seed; none where the row could not be run.
        note: why there are none, or what else should be known of the row.

    Raises:
        ValueError: for a row without folds and note, a fold and seed that comes twice, or a walk
            that has another subject or true score elsewhere in the row.
    """

    name: str
    folds: list[FoldResult]
    note: str | None = None

    def __post_init__(self):
        if not self.folds and not self.note:
            raise ValueError(f"row {self.name!r} has no folds, expected a note that says why")
        twice = _repeated((one.fold, one.seed) for one in self.folds)
        if twice:
            raise ValueError(
                f"row {self.name!r} has (fold, seed) {_some(twice)} more than once, expected once"
            )
        self.walks()

    @property
    def predictions(self) -> list[Prediction]:
        """All of them, fold after fold: pooled."""
        return [one for fold in self.folds for one in fold.predictions]

    @property
    def fold_names(self) -> list[str]:
        """Different folds, in the order they come."""
        return list(dict.fromkeys(one.fold for one in self.folds))

    @property
    def seeds(self) -> list[int]:
        """Different seeds, in the order they come."""
        return list(dict.fromkeys(one.seed for one in self.folds))

    def walks(self) -> dict[str, tuple[str, int]]:
        """Walk → its subject and true score."""
        found: dict[str, tuple[str, int]] = {}
        for one in self.predictions:
            known = found.setdefault(one.id, (one.subject, one.truth))
            if known != (one.subject, one.truth):
                raise ValueError(
                    f"row {self.name!r} has walk {one.id!r} of subject and true score {known} and "
                    f"of {(one.subject, one.truth)}, expected the same throughout"
                )
        return found


@dataclass(frozen=True)
class Results:
    """An evaluation with everything that its tables have to say.

    Attributes:
        kind: of evaluation: ``linear-probe``, ``reasoning``, ``external``.
        title: as the head of its tables.
        data: what was scored, in words: "simulated walks only".
        simulated: whether nobody walked; said wherever a figure shows.
        classes: the scores there are, in order.
        class_names: of each.
        scheme: how walks were split, in words: "leave one subject out, 31 subjects".
        command: that made it.
        config: its settings; plain JSON values.
        versions: see `versions`.
        rows: in the order of the tables, of different names.
        paper: printed figures by row and metric, to stand beside.

    Raises:
        ValueError: for parts that do not fit together.
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

    def __post_init__(self):
        _set(self, "classes", [operator.index(score) for score in self.classes])
        _set(self, "class_names", [str(name) for name in self.class_names])
        for name in ("config", "versions", "paper"):
            _set(self, name, _as_json(name, getattr(self, name)))
        if len(self.class_names) != len(self.classes) or _repeated(self.classes):
            raise ValueError(
                f"classes {self.classes} have names {self.class_names}, expected a name for each "
                "and every class once"
            )
        twice = _repeated(row.name for row in self.rows)
        if twice:
            raise ValueError(f"rows {_some(twice)} come more than once, expected different names")
        for row in self.rows:
            self._check(row)

    def _check(self, row: Row) -> None:
        number = len(self.classes)
        for one in row.predictions:
            if one.truth not in self.classes:
                raise ValueError(
                    f"row {row.name!r}, walk {one.id!r}: true score {one.truth}, expected one of "
                    f"{self.classes}"
                )
            if one.probabilities is not None and len(one.probabilities) != number:
                raise ValueError(
                    f"row {row.name!r}, walk {one.id!r}: {len(one.probabilities)} probabilities, "
                    f"expected {number}, of the scores {self.classes}"
                )

    def row(self, name: str) -> Row:
        """The row of that name.

        Raises:
            ValueError: if there is none.
        """
        for row in self.rows:
            if row.name == name:
                return row
        names = ", ".join(repr(row.name) for row in self.rows)
        raise ValueError(f"no row {name!r} in these results, expected one of {names}")

    def save(self, folder: str | Path) -> Path:
        """Write ``results.json`` beside its place, then move it there; the inverse of `load`.

        Raises:
            FileExistsError: if a file of that name is there that is no evaluation.
        """
        path = Path(folder) / FILE
        if path.exists() and not is_results(path):
            raise FileExistsError(
                f"{path} was not written by 'agir evaluate' and stays: name another folder"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{FILE}.{os.getpid()}.part")
        content = {"format": FORMAT, **asdict(self)}
        try:
            text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
            part.write_text(text + "\n", encoding="utf-8")
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
        return path

    @classmethod
    def load(cls, folder: str | Path) -> Results:
        """Read what `save` wrote.

        Raises:
            FileNotFoundError: if the folder has no ``results.json``.
            ValueError: if it is none of this form.
        """
        path = Path(folder) / FILE
        if not path.is_file():
            raise FileNotFoundError(f"no {path}, expected what 'agir evaluate' wrote")
        if not is_results(path):
            raise ValueError(
                f"{path} is no {FORMAT} file, expected what 'agir evaluate' wrote: evaluate again"
            )
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            del content["format"]
            return cls(**content | {"rows": [_row(**row) for row in content["rows"]]})
        except (KeyError, TypeError, json.JSONDecodeError) as error:
            raise ValueError(f"{path} is damaged ({error}): evaluate again") from error


def is_results(path: str | Path) -> bool:
    """Whether a file is what `Results.save` writes, by its beginning."""
    with open(path, "rb") as file:
        return f'"format": "{FORMAT}"'.encode() in file.read(100)


def versions() -> dict[str, str]:
    """Versions that a result rests on: Python, torch, transformers, numpy and this package."""
    found = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found | {"agir-hf": __version__}


def _row(name: str, folds: list[dict], note: str | None) -> Row:
    parts = [
        FoldResult(**fold | {"predictions": [Prediction(**one) for one in fold["predictions"]]})
        for fold in folds
    ]
    return Row(name, parts, note)


def _set(instance, name: str, value) -> None:
    object.__setattr__(instance, name, value)


def _plain(value) -> float | None:
    return None if value is None else float(value)


def _as_json(name: str, content: dict) -> dict:
    """The content as it will be read again."""
    try:
        return json.loads(json.dumps(content, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} is {content}, expected plain JSON values: {error}") from error


def _repeated(values) -> list:
    seen: set = set()
    return [value for value in values if value in seen or seen.add(value)]


def _some(values: list) -> str:
    more = f" and {len(values) - 5} more" if len(values) > 5 else ""
    return ", ".join(map(repr, values[:5])) + more

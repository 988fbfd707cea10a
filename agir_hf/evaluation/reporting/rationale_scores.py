"""Figures of every rationale of a row, walk by walk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...gait import grounding_score
from ..metrics.text import bert_baseline, bert_f1, cider, rescaled
from .results import FoldResult, Prediction, Row


@dataclass
class TextJudge:
    """Judges rationales against references and against the measured gait.

    The documents of CIDEr's inverse frequencies are all references that are given here, for every
    row and fold alike, so that rows compare.

    Args:
        references: walk → its rationale.
        parameters: walk → measured gait parameters, name → value.
        encoder: of BERTScore, name or folder; None leaves it out.
    """

    references: Mapping[str, str]
    parameters: Mapping[str, Mapping[str, float]]
    encoder: str | None = None

    def __post_init__(self):
        self._baseline = None
        if self.encoder is not None:
            self._baseline = bert_baseline(list(self.references.values()), self.encoder)

    def row(self, row: Row) -> Row:
        """The row with figures of its rationales; predictions without text stay as they are."""
        by_seed = {seed: [fold for fold in row.folds if fold.seed == seed] for seed in row.seeds}
        judged: dict[tuple[str, int], FoldResult] = {}
        for seed, folds in by_seed.items():
            written = [one for fold in folds for one in fold.predictions if one.text is not None]
            figures = dict(zip([one.id for one in written], self._figures(written), strict=True))
            for fold in folds:
                made = [
                    replace(one, figures={**one.figures, **figures.get(one.id, {})})
                    for one in fold.predictions
                ]
                judged[fold.fold, seed] = replace(fold, predictions=made)
        return replace(row, folds=[judged[fold.fold, fold.seed] for fold in row.folds])

    def _figures(self, written: Sequence[Prediction]) -> list[dict[str, float | None]]:
        if not written:
            return []
        texts = [one.text for one in written]
        wanted = [self.references[one.id] for one in written]
        table = {"cider": self._cider(written)}
        if self.encoder is not None:
            table["bert_f1"] = bert_f1(texts, wanted, self.encoder)
            table["bert_f1_rescaled"] = rescaled(table["bert_f1"], self._baseline)
        found = [
            grounding_score(text, self.parameters[one.id])
            for text, one in zip(texts, written, strict=True)
        ]
        rows = [{name: float(values[i]) for name, values in table.items()}
                for i in range(len(written))]  # fmt: skip
        return [
            {**row, "grounding": one.score, "coverage": one.coverage}
            for row, one in zip(rows, found, strict=True)
        ]

    def _cider(self, written: Sequence[Prediction]) -> np.ndarray:
        """CIDEr, with the frequencies of all references: who has no text is scored and left out."""
        names = list(self.references)
        text_of = {one.id: one.text for one in written}
        scores = cider([text_of.get(name, "") for name in names], list(self.references.values()))
        place = {name: i for i, name in enumerate(names)}
        return np.array([scores[place[one.id]] for one in written])

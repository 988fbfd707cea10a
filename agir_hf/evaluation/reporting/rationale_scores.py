"""Figures of every rationale of a row, walk by walk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...gait import grounding_score
from ..metrics.text import bert_baseline, bert_f1, cider, rescaled
from .results import FoldResult, Prediction, Row


@dataclass
class TextJudge:
    """Compare rationales with references and with the measured gait.

    The document frequencies of CIDEr are those of all references, the same for every row and fold,
    so that rows can be compared.

    Args:
        references: Walk → its reference rationale.
        parameters: Walk → measured gait parameters, name → value.
        encoder: Encoder of BERTScore, name or folder. None leaves BERTScore out.
    """

    references: Mapping[str, str]
    parameters: Mapping[str, Mapping[str, float]]
    encoder: str | None = None

    def __post_init__(self):
        self._baseline = None
        if self.encoder is not None:
            self._baseline = bert_baseline(list(self.references.values()), self.encoder)

    def row(self, row: Row) -> Row:
        """Add the figures of the rationales to a row.

        Args:
            row: Row of predictions; those without text are not changed.

        Returns:
            A copy of the row with `cider`, `grounding`, `coverage` and, with an encoder, `bert_f1`
            and `bert_f1_rescaled` in the figures of its predictions.
        """
        by_seed = {seed: [fold for fold in row.folds if fold.seed == seed] for seed in row.seeds}
        judged: dict[tuple[str, int], FoldResult] = {}
        for seed, folds in by_seed.items():
            predictions = [prediction for fold in folds for prediction in fold.predictions]
            with_text = [prediction for prediction in predictions if prediction.text is not None]
            ids = [prediction.id for prediction in with_text]
            figures = dict(zip(ids, self._figures(with_text), strict=True))
            for fold in folds:
                extended = [
                    replace(walk, figures={**walk.figures, **figures.get(walk.id, {})})
                    for walk in fold.predictions
                ]
                judged[fold.fold, seed] = replace(fold, predictions=extended)
        return replace(row, folds=[judged[fold.fold, fold.seed] for fold in row.folds])

    def _figures(self, predictions: Sequence[Prediction]) -> list[dict[str, float | None]]:
        if not predictions:
            return []
        texts = [prediction.text for prediction in predictions]
        references = [self.references[prediction.id] for prediction in predictions]
        table = {"cider": self._cider(predictions)}
        if self.encoder is not None:
            table["bert_f1"] = bert_f1(texts, references, self.encoder)
            table["bert_f1_rescaled"] = rescaled(table["bert_f1"], self._baseline)
        figures = []
        for i, prediction in enumerate(predictions):
            grounded = grounding_score(prediction.text, self.parameters[prediction.id])
            row = {name: float(values[i]) for name, values in table.items()}
            figures.append({**row, "grounding": grounded.score, "coverage": grounded.coverage})
        return figures

    def _cider(self, predictions: Sequence[Prediction]) -> np.ndarray:
        """CIDEr with the document frequencies of all references.

        Walks without text are scored with an empty text, and their scores are not returned.
        """
        names = list(self.references)
        text_of = {prediction.id: prediction.text for prediction in predictions}
        scores = cider([text_of.get(name, "") for name in names], list(self.references.values()))
        index = {name: i for i, name in enumerate(names)}
        return np.array([scores[index[prediction.id]] for prediction in predictions])

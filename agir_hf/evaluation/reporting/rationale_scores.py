"""Figures of every rationale of a row, walk by walk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ...gait.norms import Norms
from ..metrics.evidence import grounding_figures, specificity_figures
from ..metrics.text import bert_baseline, bert_f1, cider, rescaled
from .results import FoldResult, Prediction, Row


@dataclass
class TextJudge:
    """Compare rationales with references and with the measured gait.

    The document frequencies of CIDEr are those of all references, the same for every row and fold,
    so that rows can be compared.

    Args:
        references: Walk → its reference rationale, or a list of several. BERTScore takes the first.
        parameters: Walk → measured gait parameters, name → value.
        encoder: Encoder of BERTScore, name or folder. None leaves BERTScore out.
        ages: Walk → age of the subject in years, for the norms. Walks may be missing.
        sexes: Walk → "male" or "female", for the norms. Walks may be missing.
        norms: Norms of a laboratory, or None for the published norms.
    """

    references: Mapping[str, str | Sequence[str]]
    parameters: Mapping[str, Mapping[str, float]]
    encoder: str | None = None
    ages: Mapping[str, float | None] = field(default_factory=dict)
    sexes: Mapping[str, str | None] = field(default_factory=dict)
    norms: Norms | None = None

    def __post_init__(self):
        self._baseline = None
        if self.encoder is not None:
            first = [self._first_reference(name) for name in self.references]
            self._baseline = bert_baseline(first, self.encoder)

    def _first_reference(self, name: str) -> str:
        texts = self.references[name]
        return texts if isinstance(texts, str) else texts[0]

    def row(self, row: Row) -> Row:
        """Add the figures of the rationales to a row.

        Args:
            row: Row of predictions; those without text are not changed.

        Returns:
            A copy of the row with `cider`, `supported`, `near`, `coverage`, `specificity`, `own`,
            `other` and, with an encoder, `bert_f1` and `bert_f1_rescaled` in the figures of its
            predictions. The specificity compares with the walks of the row that have a text.
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
        ids = [prediction.id for prediction in predictions]
        table = {"cider": self._cider(predictions)}
        if self.encoder is not None:
            first = [self._first_reference(name) for name in ids]
            table["bert_f1"] = bert_f1(texts, first, self.encoder)
            table["bert_f1_rescaled"] = rescaled(table["bert_f1"], self._baseline)
        parameters = [self.parameters[name] for name in ids]
        persons = [self.ages.get(name) for name in ids], [self.sexes.get(name) for name in ids]
        evidence = grounding_figures(texts, parameters, *persons, self.norms)
        specific = specificity_figures(
            texts,
            parameters,
            [prediction.truth for prediction in predictions],
            [prediction.subject for prediction in predictions],
            *persons,
            self.norms,
        )
        return [
            {name: float(values[i]) for name, values in table.items()} | evidence[i] | specific[i]
            for i in range(len(predictions))
        ]

    def _cider(self, predictions: Sequence[Prediction]) -> np.ndarray:
        """CIDEr with the document frequencies of all references.

        Walks without text are scored with an empty text, and their scores are not returned.
        """
        names = list(self.references)
        text_of = {prediction.id: prediction.text for prediction in predictions}
        scores = cider([text_of.get(name, "") for name in names], list(self.references.values()))
        index = {name: i for i, name in enumerate(names)}
        return np.array([scores[index[prediction.id]] for prediction in predictions])

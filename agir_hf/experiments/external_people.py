"""Means over recordings and areas under the ROC curve, with intervals over people."""

from collections.abc import Sequence

import numpy as np

from ..evaluation.metrics.significance import Interval, subject_bootstrap
from ..evaluation.reporting.results import Prediction


class PeopleTable:
    """Columns of numbers, one per recording, and their means with intervals over people.

    Args:
        people: Person of each recording.
    """

    def __init__(self, people: Sequence[str]):
        self.people = list(people)

    def mean(self, values: Sequence[float | None]) -> Interval | None:
        """Compute the mean of the values that are not None, with its interval.

        Args:
            values: One value for each recording.
        """
        if all(value is None for value in values):
            return None
        return subject_bootstrap(self._rows(values=values), "values")

    def auc(
        self, impairment: Sequence[float | None], healthy: Sequence[bool | None]
    ) -> Interval | None:
        """Compute the area under the ROC curve, with its interval.

        Args:
            impairment: Number of each recording that is higher for impaired walks, or None.
            healthy: Whether each person is healthy, or None.

        Returns:
            The area, or None if healthy or impaired recordings are missing.
        """
        rows = self._rows(impairment=impairment, healthy=healthy)
        if not np.isfinite(_auc(rows)):
            return None
        return subject_bootstrap(rows, _auc)

    def _rows(self, **columns: Sequence[float | None]) -> list[Prediction]:
        """Rows without those that have a None."""
        values = zip(self.people, *columns.values(), strict=True)
        return [
            Prediction(str(i), person, 0, None, figures=dict(zip(columns, row, strict=True)))
            for i, (person, *row) in enumerate(values)
            if None not in row
        ]


def _auc(rows: Sequence[Prediction]) -> float:
    """Share of pairs in which the impaired walk has the higher number; ties count as half."""
    values = np.array([row.figures["impairment"] for row in rows])
    healthy = np.array([row.figures["healthy"] for row in rows], dtype=bool)
    controls, cases = np.sort(values[healthy]), values[~healthy]
    if not len(controls) or not len(cases):
        return float("nan")
    lower, upper = (np.searchsorted(controls, cases, side) for side in ("left", "right"))
    return float((lower + upper).mean() / 2 / len(controls))

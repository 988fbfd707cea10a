"""By how much two walks of one walker differ beyond what their strides explain.

`repeatability.json` holds it for each parameter, from simulated walkers who walk three times each
(`python recipes/benchmark_gait.py --repeats agir_hf/assessment/repeatability.json`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from ..gait.parameters import PARAMETER_NAMES, Measured

TABLE = Path(__file__).with_name("repeatability.json")
_FEWEST = 10  # degrees of freedom from which a spread is told


@dataclass(frozen=True)
class WalkError:
    """What repeats tell of one parameter, in its unit.

    Attributes:
        sd: between walks of one walker, less what the strides within them explain.
        degrees: of freedom it rests on.
        of_strides: whether a single walk has a spread over its steps or strides.
    """

    sd: float
    degrees: int
    of_strides: bool


def walk_errors(walkers: Iterable[Sequence[Mapping[str, Measured]]]) -> dict[str, WalkError]:
    """The error of each parameter from repeated walks.

    ``sd² = max(r² - q², 0)``: r² is the variance between the walks of a walker, pooled over
    walkers, and q² the mean over walks of SD² / n, their strides' share in it. The square root of
    r² is the standard error of measurement of a test-retest study (Weir 2005, J Strength Cond Res
    19:231).

    Args:
        walkers: of each the measured parameters of its walks.

    Returns:
        Of the parameters that were measured often enough.
    """
    walkers = list(walkers)
    found = {}
    for name in PARAMETER_NAMES:
        repeats = [[walk[name] for walk in walks if name in walk] for walks in walkers]
        repeats = [rows for rows in repeats if len(rows) > 1]
        degrees = sum(len(rows) - 1 for rows in repeats)
        if degrees < _FEWEST:
            continue
        within = sum(len(rows) * np.var([row.value for row in rows]) for rows in repeats) / degrees
        told = [row.sd**2 / row.n for rows in repeats for row in rows if row.sd is not None]
        beyond = max(within - (np.mean(told) if told else 0.0), 0.0)
        found[name] = WalkError(float(np.sqrt(beyond)), degrees, bool(told))
    return found


@lru_cache(maxsize=1)
def load_walk_errors() -> dict[str, WalkError]:
    """The package's own table."""
    rows = json.loads(TABLE.read_text(encoding="utf-8"))["parameters"]
    return {name: WalkError(**row) for name, row in rows.items()}

"""Error of each gait parameter between repeated walks, beyond the variability of the strides.

`repeatability.json` has the errors, from simulated walkers with three walks each
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
_MIN_DEGREES = 10  # with fewer degrees of freedom a parameter is left out


@dataclass(frozen=True)
class WalkError:
    """Error of one gait parameter, from repeated walks.

    Attributes:
        sd: Standard deviation between walks of one walker in the unit of the parameter, without
            the part that the variability of the strides explains.
        degrees: Degrees of freedom of the estimate.
        of_strides: Whether a single walk has a standard deviation over its steps or strides.
    """

    sd: float
    degrees: int
    of_strides: bool


def walk_errors(walkers: Iterable[Sequence[Mapping[str, Measured]]]) -> dict[str, WalkError]:
    """Estimate the error of each parameter from repeated walks.

    ``sd² = max(r² - q², 0)``: r² is the variance between the walks of one walker, pooled over
    walkers. q² is the mean of SD² / n over walks, the part of r² due to variability of the strides.
    The square root of r² is the standard error of measurement of a test-retest study (Weir 2005, J
    Strength Cond Res 19:231).

    Args:
        walkers: For each walker the measured parameters of its walks.

    Returns:
        Parameter → error, for the parameters that were measured often enough.
    """
    walkers = list(walkers)
    errors = {}
    for name in PARAMETER_NAMES:
        repeats = [[walk[name] for walk in walks if name in walk] for walks in walkers]
        repeats = [rows for rows in repeats if len(rows) > 1]
        degrees = sum(len(rows) - 1 for rows in repeats)
        if degrees < _MIN_DEGREES:
            continue
        within = sum(len(rows) * np.var([row.value for row in rows]) for rows in repeats) / degrees
        stride_variances = [
            row.sd**2 / row.n for rows in repeats for row in rows if row.sd is not None
        ]
        explained = np.mean(stride_variances) if stride_variances else 0.0
        sd = float(np.sqrt(max(within - explained, 0.0)))
        errors[name] = WalkError(sd, degrees, bool(stride_variances))
    return errors


@lru_cache(maxsize=1)
def load_walk_errors() -> dict[str, WalkError]:
    """Return the errors in `repeatability.json`, by parameter."""
    rows = json.loads(TABLE.read_text(encoding="utf-8"))["parameters"]
    return {name: WalkError(**row) for name, row in rows.items()}

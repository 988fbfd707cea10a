"""Measures of a walk whose results are kept in `Signals.cache` for all parameters that use them.

A walk of n steps is then measured in a time that grows with n: without this, measures of the whole
walk would be computed again for each step.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from .signals import Signals, Step, Stride


def once_per_walk(measure: Callable) -> Callable:
    """Keep the result of a measure of the whole walk.

    Args:
        measure: Function of the signals and of names, such as "left".
    """

    @wraps(measure)
    def kept(signals: Signals, *names: str):
        key = (measure.__name__, *names)
        if key not in signals.cache:
            signals.cache[key] = measure(signals, *names)
        return signals.cache[key]

    return kept


def once_per_part(measure: Callable) -> Callable:
    """Keep the results of a measure of a step or stride.

    Args:
        measure: Function of the signals and of a step or stride.
    """

    @wraps(measure)
    def kept(signals: Signals, part: Step | Stride):
        values = signals.cache.setdefault(measure.__name__, {})
        if part not in values:
            values[part] = measure(signals, part)
        return values[part]

    return kept

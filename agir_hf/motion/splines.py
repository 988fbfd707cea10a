"""Cubic splines with not-a-knot ends, in numpy alone.

The curves are those of `scipy.interpolate.CubicSpline` up to rounding, which a test compares.
Importing scipy.interpolate takes a third of a second of every command, longer than measuring a
recording.

The second derivatives of a spline at its knots are the solution of a tridiagonal system. It is
solved by cyclic reduction (Hockney 1965, J ACM 12:95), for many signals at once: each step removes
every second unknown, and ends when the remaining ones no longer depend on each other.
"""

from __future__ import annotations

import numpy as np

_INDEPENDENT = 1e-18  # neighbours with a smaller share of the diagonal have no effect


def uniform_spline(signal: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Values of the cubic spline through samples at the positions 0, 1, 2 and so on.

    Args:
        signal: Samples (T, …) without gaps.
        positions: Positions (N,) in frames; before 0 and after T - 1, the first and the last cubic
            are continued.

    Returns:
        Values (N, …) as float64.

    Example:
        ```python
        >>> import numpy as np
        >>> from agir_hf.motion.splines import uniform_spline
        >>> cubes = np.arange(6.0) ** 3
        >>> print(uniform_spline(cubes, np.array([1.5, 4.5])))
        [ 3.375 91.125]

        ```
    """
    return spline_values(np.arange(len(signal)), signal, positions)


def spline_values(knots: np.ndarray, signal: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Values of the cubic spline through values at any knots.

    Args:
        knots: Knots (K,), increasing.
        signal: Values (K, …) at the knots.
        positions: Positions (N,); outside of the knots, the first and the last cubic are continued.

    Returns:
        Values (N, …) as float64.
    """
    knots, positions = (np.asarray(part, dtype=np.float64) for part in (knots, positions))
    signal = np.asarray(signal, dtype=np.float64)
    values = signal.reshape(len(signal), -1)
    if len(knots) < 4:
        result = _polynomial(knots, values, positions)
    else:
        result = _piecewise(knots, values, positions)
    return result.reshape(-1, *signal.shape[1:])


def _polynomial(knots: np.ndarray, values: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Values of the polynomial through all of at most three knots, which is their spline."""
    count = len(knots)
    weights = np.linalg.solve(np.vander(knots - knots[0], count, increasing=True), values)
    return np.vander(positions - knots[0], count, increasing=True) @ weights


def _piecewise(knots: np.ndarray, values: np.ndarray, positions: np.ndarray) -> np.ndarray:
    curvature = _second_derivatives(np.diff(knots), values)
    start = np.clip(np.searchsorted(knots, positions, side="right") - 1, 0, len(knots) - 2)
    width = (knots[start + 1] - knots[start])[:, None]
    after = (positions - knots[start])[:, None] / width
    before = 1 - after
    result = before * values[start]
    result += after * values[start + 1]
    result += (before**3 - before) * width**2 / 6 * curvature[start]
    result += (after**3 - after) * width**2 / 6 * curvature[start + 1]
    return result


def _second_derivatives(width: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Second derivatives (K, N) of the splines through values (K, N) at knots of given distances.

    The third derivative does not change at the second and at the last but one knot (not-a-knot):
    with this, the first and the last unknown are expressed by their two neighbours.

    Args:
        width: Distances (K - 1,) of the knots, K ≥ 4.
        values: Values at the knots.
    """
    below, above = width[:-1].copy(), width[1:].copy()
    diagonal = 2 * (below + above)
    slope = np.diff(values, axis=0) / width[:, None]
    right = 6 * np.diff(slope, axis=0)
    first, last = width[0] / width[1], width[-1] / width[-2]
    diagonal[0] += width[0] * (1 + first)
    above[0] -= width[0] * first
    diagonal[-1] += width[-1] * (1 + last)
    below[-1] -= width[-1] * last
    below[0] = above[-1] = 0.0
    inner = _tridiagonal_solution(below, diagonal, above, right)
    start = (1 + first) * inner[:1] - first * inner[1:2]
    end = (1 + last) * inner[-1:] - last * inner[-2:-1]
    return np.concatenate([start, inner, end])


def _tridiagonal_solution(
    below: np.ndarray, diagonal: np.ndarray, above: np.ndarray, right: np.ndarray
) -> np.ndarray:
    """Solution (K, N) of below x[i - 1] + diagonal x[i] + above x[i + 1] = right, by reduction."""
    if np.all(np.abs(below) + np.abs(above) <= _INDEPENDENT * np.abs(diagonal)):
        return right / diagonal[:, None]
    # rows 1, 3, 5, … without the unknowns 0, 2, 4, …
    odd = slice(1, None, 2)
    count = len(diagonal) // 2
    from_below = -below[odd] / diagonal[:-1:2][:count]
    beyond = len(diagonal[2::2])  # the last odd row can have no row after it
    from_above = -above[odd][:beyond] / diagonal[2::2]
    less_below, less_above = from_below * below[0::2][:count], np.zeros(count)
    less_above[:beyond] = from_above * above[2::2]
    less_diagonal = diagonal[odd] + from_below * above[0::2][:count]
    less_diagonal[:beyond] += from_above * below[2::2]
    less_right = right[odd] + from_below[:, None] * right[0::2][:count]
    less_right[:beyond] += from_above[:, None] * right[2::2]
    solution = np.empty(right.shape)
    solution[odd] = _tridiagonal_solution(less_below, less_diagonal, less_above, less_right)
    even = right[0::2].copy()
    even[1:] -= below[2::2, None] * solution[odd][: len(even) - 1]
    even[:count] -= above[0::2, None][:count] * solution[odd]
    solution[0::2] = even / diagonal[0::2, None]
    return solution


def without_gaps(path: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Fill missing frames with the cubic spline through all frames that are seen.

    Missing frames at the start and the end have the nearest position.

    Args:
        path: Positions (T, N), anything where missing.
        seen: Mask (T,) of the frames that are seen, at least 2.

    Returns:
        Positions (T, N) without gaps.
    """
    frames, missing = np.flatnonzero(seen), np.flatnonzero(~seen)
    filled = path.copy()
    filled[missing] = spline_values(frames, path[frames], np.clip(missing, frames[0], frames[-1]))
    return filled

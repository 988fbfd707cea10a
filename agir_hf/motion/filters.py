"""Butterworth filters without phase shift, in numpy alone.

`scipy.signal` has the same filters, and importing it takes half a second of every command, longer
than measuring a recording. The results are those of `scipy.signal.butter` and
`scipy.signal.sosfiltfilt` up to rounding; a test compares them.

A recursive filter is computed in blocks of `BLOCK` frames: within a block each output is a weighted
sum of the inputs and of the state at the start of the block, which is one matrix product for all
blocks and signals. The states are sums over the blocks before, which are doubled in reach until
what is farther has faded. It is the direct form II transposed in state space (Oppenheim and Schafer
2010, Discrete-Time Signal Processing, ch. 6).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

BLOCK = 32  # frames of a block: larger blocks have fewer states and more products
_FADED = 1e-20  # share of a state that has no effect


@lru_cache(maxsize=64)
def low_pass(cutoff_hz: float, rate_hz: float) -> np.ndarray:
    """Design a Butterworth low-pass filter of second order.

    Bilinear transform with the cut-off frequency kept (Winter 2009, Biomechanics and Motor Control
    of Human Movement, ch. 2).

    Args:
        cutoff_hz: Frequency of half the power.
        rate_hz: Frames per second.

    Returns:
        Second-order sections (1, 6) in the layout of scipy.

    Raises:
        ValueError: The cut-off frequency is not between 0 and half of the frame rate.
    """
    _check_cutoffs((cutoff_hz,), rate_hz)
    warped = np.tan(np.pi * cutoff_hz / rate_hz)
    scale = 1 / (1 + np.sqrt(2) * warped + warped**2)
    numerator = warped**2 * scale * np.array([1.0, 2.0, 1.0])
    first = 2 * (warped**2 - 1) * scale
    second = (1 - np.sqrt(2) * warped + warped**2) * scale
    return np.array([[*numerator, 1.0, first, second]])


@lru_cache(maxsize=64)
def band_pass(low_hz: float, high_hz: float, rate_hz: float) -> np.ndarray:
    """Design a Butterworth band-pass filter of second order at each side.

    The poles of the low-pass filter of second order, moved to the band and mapped by the bilinear
    transform.

    Args:
        low_hz: Lower frequency of half the power.
        high_hz: Upper frequency of half the power.
        rate_hz: Frames per second.

    Returns:
        Second-order sections (2, 6) in the layout of scipy.

    Raises:
        ValueError: A frequency is not between 0 and half of the frame rate.
    """
    _check_cutoffs((low_hz, high_hz), rate_hz)
    low, high = (2 * np.tan(np.pi * hz / rate_hz) for hz in (low_hz, high_hz))
    width, middle = high - low, np.sqrt(low * high)
    prototype = np.exp(1j * np.pi * 3 / 4) * width / 2  # the other pole is its conjugate
    root = np.sqrt(prototype**2 - middle**2)
    analog = np.array([prototype + root, prototype - root])
    poles = (2 + analog) / (2 - analog)
    # each pole with its conjugate, and one zero at 1 and one at -1
    gain = width**2 * 4 / np.prod(np.abs(2 - analog) ** 2)
    sections = [[1.0, 0.0, -1.0, 1.0, -2 * pole.real, abs(pole) ** 2] for pole in poles]
    sections[0][:3] = gain, 0.0, -gain
    return np.array(sections)


def _check_cutoffs(cutoffs_hz: tuple[float, ...], rate_hz: float) -> None:
    if not all(0 < cutoff_hz < rate_hz / 2 for cutoff_hz in cutoffs_hz):
        raise ValueError(
            f"cut-off frequencies are {cutoffs_hz} Hz at {rate_hz:g} frames per second, expected "
            f"values between 0 and {rate_hz / 2:g} Hz: choose lower ones"
        )


def filter_both_ways(sections: np.ndarray, signal: np.ndarray, padding: int) -> np.ndarray:
    """Filter a signal forwards and then backwards, so that it has no phase shift.

    The signal is continued at both ends by its point reflection, and each pass starts in the steady
    state of its first value.

    Args:
        sections: Second-order sections (S, 6), from `low_pass` or `band_pass`.
        signal: Samples (T, …) without gaps.
        padding: Frames by which the signal is continued, at most T - 1.

    Returns:
        Filtered samples (T, …) as float64.

    Raises:
        ValueError: The signal has no frames, or not more than `padding`.

    Example:
        ```python
        >>> import numpy as np
        >>> from agir_hf.motion.filters import filter_both_ways, low_pass
        >>> steps = np.repeat([0.0, 1.0], 50)
        >>> smooth = filter_both_ways(low_pass(5.0, 100.0), steps, padding=20)
        >>> print(smooth[[0, 49, 50, 99]].round(2))
        [0.   0.43 0.57 1.  ]

        ```
    """
    signal = np.asarray(signal, dtype=np.float64)
    frames = len(signal)
    if not 0 <= padding < frames:
        raise ValueError(f"padding is {padding}, expected 0 to {frames - 1}: record a longer walk")
    rows = signal.reshape(frames, -1).T  # a row is a signal
    before = 2 * rows[:, :1] - rows[:, padding:0:-1]
    after = 2 * rows[:, -1:] - rows[:, -2 : -2 - padding : -1] if padding else rows[:, :0]
    rows = np.concatenate([before, rows, after], axis=1)
    for _ in range(2):
        rows = _filtered(sections, rows)[:, ::-1]
    rows = rows[:, padding : padding + frames]
    return rows.T.reshape(signal.shape)


def recursive_filter(sections: np.ndarray, rows: np.ndarray, state: np.ndarray) -> np.ndarray:
    """Filter signals forwards with one second-order section.

    Args:
        sections: A section (6,) in the layout of scipy.
        rows: Samples (N, T), a row for each signal.
        state: States (N, 2) before the first sample, of the direct form II transposed.

    Returns:
        Filtered samples (N, T).
    """
    own, from_state, to_state, over_block = _block_matrices(tuple(np.asarray(sections).tolist()))
    count, frames = rows.shape
    blocks = -(-frames // BLOCK)
    padded = np.zeros((count, blocks * BLOCK))
    padded[:, :frames] = rows
    padded = padded.reshape(count, blocks, BLOCK)
    driven = padded @ to_state  # (N, blocks, 2)
    states = np.concatenate([state[:, None], driven[:, :-1]], axis=1)
    reach = 1  # states are the sums over this many blocks; earlier ones are added until they fade
    while reach < blocks and np.abs(over_block).max() > _FADED:
        states[:, reach:] += states[:, :-reach] @ over_block
        over_block, reach = over_block @ over_block, 2 * reach
    out = padded @ own
    out += states @ from_state
    return out.reshape(count, -1)[:, :frames]


def _filtered(sections: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Signals (N, T) after all sections, from the steady state of the first sample."""
    level = rows[:, :1]
    for section in sections:
        steady = _steady_state(section)
        rows = recursive_filter(section, rows, level * steady)
        level = level * section[:3].sum() / section[3:].sum()
    return rows


def _steady_state(section: np.ndarray) -> np.ndarray:
    """State (2,) of a section after a constant input of 1."""
    (b0, b1, b2), (_, a1, a2) = section[:3], section[3:]
    gain = (b0 + b1 + b2) / (1 + a1 + a2)
    return np.array([gain - b0, b2 - a2 * gain])


@lru_cache(maxsize=128)
def _block_matrices(section: tuple[float, ...]) -> tuple[np.ndarray, ...]:
    """Matrices of a block, for row vectors.

    Args:
        section: The six coefficients b0, b1, b2, 1, a1 and a2.

    Returns:
        Output from the inputs of the block (BLOCK, BLOCK), output from the state at its start
        (2, BLOCK), state at its end from the inputs (BLOCK, 2) and from the state (2, 2).
    """
    b0, b1, b2, _, a1, a2 = section
    change = np.array([[-a1, 1.0], [-a2, 0.0]])
    drive = np.array([b1 - a1 * b0, b2 - a2 * b0])
    powers = [np.eye(2)]
    for _ in range(BLOCK):
        powers.append(change @ powers[-1])
    response = np.array([b0, *(powers[k][0] @ drive for k in range(BLOCK - 1))])
    lags = np.arange(BLOCK) - np.arange(BLOCK)[:, None]  # [input, output]
    own = np.where(lags >= 0, response[np.maximum(lags, 0)], 0.0)
    from_state = np.stack([powers[k][0] for k in range(BLOCK)], axis=1)
    to_state = np.stack([powers[BLOCK - 1 - k] @ drive for k in range(BLOCK)])
    return own, from_state, to_state, powers[BLOCK].T

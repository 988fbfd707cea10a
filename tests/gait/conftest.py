"""What tests of gait share."""

import numpy as np
import pytest

import agir_hf
from agir_hf.motion import MarkerRecording, read_recording

REAL_WALKS = ("SUB01_off_walk_12b", "SUB05_off_walk_8")


@pytest.fixture(scope="session")
def walk() -> MarkerRecording:
    """The embedded simulated walk: Shida-44, 150 Hz, with its true events."""
    return read_recording(agir_hf.SAMPLE_RECORDING)


@pytest.fixture(params=REAL_WALKS)
def real_walk(request, shared) -> MarkerRecording:
    """A walk of a person with Parkinson's disease, its events annotated."""
    return read_recording(shared / f"data/shida_pd/{request.param}.c3d")


@pytest.fixture(scope="session")
def compare():
    """``compare(found, truth, tolerance_s)`` → kind → (F1, median absolute error in s).

    Counted per foot and kind, within the span from the first to the last true event; each true
    event is met once, by the nearest found one.
    """

    def count(found, truth, tolerance_s):
        times = [event.time_s for event in truth]
        first, last = min(times) - tolerance_s, max(times) + tolerance_s
        result = {}
        for kind in ("heel_strike", "toe_off"):
            met, extra, missed, errors = 0, 0, 0, []
            for side in ("left", "right"):
                left_over = [
                    e.time_s for e in found
                    if (e.side, e.kind) == (side, kind) and first <= e.time_s <= last
                ]  # fmt: skip
                for event in truth:
                    if (event.side, event.kind) != (side, kind):
                        continue
                    near = min(left_over, key=lambda t: abs(t - event.time_s), default=np.inf)
                    if abs(near - event.time_s) <= tolerance_s:
                        met += 1
                        errors.append(abs(near - event.time_s))
                        left_over.remove(near)
                    else:
                        missed += 1
                extra += len(left_over)
            median = float(np.median(errors)) if errors else np.inf
            result[kind] = (2 * met / max(2 * met + extra + missed, 1), median)
        return result

    return count

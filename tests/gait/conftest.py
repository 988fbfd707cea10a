"""Fixtures of the gait tests."""

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
    """A walk of a person with Parkinson's disease, with annotated events."""
    return read_recording(shared / f"data/shida_pd/{request.param}.c3d")


@pytest.fixture(scope="session")
def compare():
    """``compare(detected, truth, tolerance_s)`` → kind → (F1, median absolute error in s).

    Events are counted per foot and kind, from the first to the last true event. Each true event is
    matched once, by the nearest detected event.
    """

    def count(detected, truth, tolerance_s):
        times = [event.time_s for event in truth]
        first, last = min(times) - tolerance_s, max(times) + tolerance_s
        result = {}
        for kind in ("heel_strike", "toe_off"):
            matched, extra, missed, errors = 0, 0, 0, []
            for side in ("left", "right"):
                unmatched = [
                    e.time_s for e in detected
                    if (e.side, e.kind) == (side, kind) and first <= e.time_s <= last
                ]  # fmt: skip
                for event in truth:
                    if (event.side, event.kind) != (side, kind):
                        continue
                    near = min(unmatched, key=lambda t: abs(t - event.time_s), default=np.inf)
                    if abs(near - event.time_s) <= tolerance_s:
                        matched += 1
                        errors.append(abs(near - event.time_s))
                        unmatched.remove(near)
                    else:
                        missed += 1
                extra += len(unmatched)
            median = float(np.median(errors)) if errors else np.inf
            result[kind] = (2 * matched / max(2 * matched + extra + missed, 1), median)
        return result

    return count

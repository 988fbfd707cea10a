"""Episodes of a walk: turns, standing and possible freezing."""

from __future__ import annotations

from dataclasses import dataclass

from ..parameters import GaitMeasurement
from .freezing import THRESHOLD, freezing_spans

_LARGE_INDEX = 20.0


@dataclass(frozen=True)
class Episode:
    """A part of a walk.

    Attributes:
        kind: "turn", "standing" or "possible freezing".
        start_s: Start in seconds from the first frame of the recording.
        end_s: End in seconds.
        text: What it is, such as "turn of 178° with 5 heel strikes".

    Example:
        ```python
        >>> from agir_hf.gait.kinematics import Episode
        >>> turn = Episode("turn", 3.1, 5.0, "turn of 178° with 5 heel strikes")
        >>> turn.kind, round(turn.end_s - turn.start_s, 1)
        ('turn', 1.9)
        ```
    """

    kind: str
    start_s: float
    end_s: float
    text: str


def episodes_of(measured: GaitMeasurement) -> tuple[Episode, ...]:
    """List turns, standing and possible freezing of a walk, in order of time.

    Args:
        measured ([`~agir_hf.gait.GaitMeasurement`]):
            Measurement from `measure`.

    Returns:
        `tuple[Episode, ...]`: The episodes; standing and possible freezing can overlap.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.gait import measure
        >>> from agir_hf.gait.kinematics import episodes_of
        >>> from agir_hf.motion import read_recording
        >>> episodes_of(measure(read_recording(agir_hf.SAMPLE_RECORDING)))
        ()

        ```
    """
    signals = measured.signals
    episodes = [
        Episode("turn", turn.start_s, turn.end_s,
                f"turn of {turn.angle_deg:.0f}° with {turn.heel_strikes} heel strikes")
        for turn in signals.turns
    ]  # fmt: skip
    episodes += [
        Episode("standing", start_s, end_s, f"no step for {end_s - start_s:.1f} s")
        for start_s, end_s in signals.phases.standing
    ]
    episodes += [
        Episode("possible freezing", start_s, end_s, _freezing_text(end_s - start_s, index))
        for start_s, end_s, index in freezing_spans(signals)
    ]
    return tuple(sorted(episodes, key=lambda row: (row.start_s, row.kind)))


def _freezing_text(duration_s: float, index: float) -> str:
    highest = f"over {_LARGE_INDEX:.0f}" if index > _LARGE_INDEX else f"up to {index:.1f}"
    return (
        f"possible freezing for {duration_s:.1f} s: trembling foot with little progress, freeze "
        f"index {highest} (threshold {THRESHOLD:g})"
    )

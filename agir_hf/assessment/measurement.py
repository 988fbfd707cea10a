"""What was measured of a recording, and a text held against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .messages import one_line

if TYPE_CHECKING:
    from ..gait import GaitMeasurement
    from ..gait.grounding import Grounding
    from ..motion.recording import JointMotion, Recording


def measure_recording(recording: Recording, motion: JointMotion) -> GaitMeasurement:
    """The measured gait of what was read.

    Args:
        recording: as read; markers and joints are measured at their own rate.
        motion: joints of it, on which a body in motion is measured.

    Raises:
        RecordingError: where gait cannot be measured.
    """
    from ..gait import measure
    from ..motion import BodyMotion

    return measure(motion if isinstance(recording, BodyMotion) else recording)


@dataclass(frozen=True)
class CheckedText:
    """A text whose claims were held against a measured walk.

    Attributes:
        text: the whole.
        grounding: the claims, each with its place in the text, verdict and measured value.
        not_measured: why nothing was measured; empty where it was.
    """

    text: str
    grounding: Grounding
    not_measured: str = ""

    def as_json(self) -> dict:
        """Grounding, coverage and claims, as JSON has them."""
        score, coverage = self.grounding.score, self.grounding.coverage
        return {
            "grounding": None if score is None else round(score, 4),
            "coverage": None if coverage is None else round(coverage, 4),
            "not_measured": self.not_measured or None,
            "claims": [
                {
                    "text": " ".join(self.text[row.claim.start : row.claim.end].split()),
                    "quantity": row.claim.quantity,
                    "side": row.claim.side or None,
                    "verdict": row.verdict,
                    "parameter": row.parameter,
                    "measured": None if row.value is None else round(row.value, 4),
                    "norm": None if row.norm is None else round(row.norm.mean, 4),
                    "z": None if row.z is None else round(row.z, 2),
                }
                for row in self.grounding.checked
            ],
        }


def check_text(text: str, measured: GaitMeasurement | Exception) -> CheckedText:
    """Each claim of a text against the measured gait.

    Args:
        text: a rationale or a description.
        measured: of the walk it tells of, or the error that says why there is none: then no claim
            is measurable.
    """
    from ..gait import grounding_score

    if isinstance(measured, Exception):
        return CheckedText(text, grounding_score(text, {}), one_line(measured))
    return CheckedText(text, grounding_score(text, measured.parameters))

"""Joints and markers → numbers a clinician reads: `measure`, `detect_events`; and the
claims of a text against them: `extract_claims`, `check_claims`, `grounding_score`.
"""

from .claims import extract_claims
from .events import GaitPhases, detect_events
from .grounding import check_claims, grounding_score
from .norms import reference
from .parameters import PARAMETERS, GaitMeasurement, Measured, measure

__all__ = [
    "PARAMETERS",
    "GaitMeasurement",
    "GaitPhases",
    "Measured",
    "check_claims",
    "detect_events",
    "extract_claims",
    "grounding_score",
    "measure",
    "reference",
]

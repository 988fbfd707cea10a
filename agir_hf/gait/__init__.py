"""Gait analysis: events, parameters and norms of a walk, and the check of a text against them.

`detect_events` and `measure` take a recording or joints. `extract_claims`, `check_claims` and
`grounding_score` compare what a text asserts with the measured parameters.
"""

from .claims import extract_claims
from .events import GaitPhases, detect_events
from .grades import Grade, grade_of
from .grounding import check_claims, grounding_score
from .laboratory_norms import load_norms, save_norms
from .norm_statistics import build_norms
from .norms import reference
from .parameters import PARAMETERS, GaitMeasurement, Measured, measure

__all__ = [
    "PARAMETERS",
    "GaitMeasurement",
    "GaitPhases",
    "Grade",
    "Measured",
    "build_norms",
    "check_claims",
    "detect_events",
    "extract_claims",
    "grade_of",
    "grounding_score",
    "load_norms",
    "measure",
    "reference",
    "save_norms",
]

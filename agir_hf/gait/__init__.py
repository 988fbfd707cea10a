"""Joints and markers → numbers a clinician reads: `measure` and `detect_events`."""

from .events import GaitPhases, detect_events
from .parameters import PARAMETERS, GaitMeasurement, Measured, measure

__all__ = [
    "PARAMETERS",
    "GaitMeasurement",
    "GaitPhases",
    "Measured",
    "detect_events",
    "measure",
]

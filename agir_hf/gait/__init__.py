"""Joints and markers → numbers a clinician reads: `detect_events`."""

from .events import GaitPhases, detect_events

__all__ = ["GaitPhases", "detect_events"]

"""Score, reasons, evidence and measured gait of one recording: `assess_recording`.

The command line and the Space use this package; it uses `motion`, `gait` and the model files.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from .assessed_walk import AssessedWalk
from .assessment import assess_prepared, assess_recording
from .identity import Identity, RecordingIdentity, Subject, file_stem, identify
from .measurement import CheckedText, check_text, measure_recording
from .models import ModelError, load_model, load_tokenizer, model_provenance
from .prepared import PreparedRecording, prepare_recording
from .trust import Trust
from .uncertainty import Reason, Uncertainty, assess_uncertainty

if TYPE_CHECKING:
    from .checked_text import CheckedRationale, choose_sentences
    from .compared_walks import Comparison, compare_walks, write_comparison_report
    from .parameter_forest import ParameterForest, load_parameter_forest
    from .session import Session, SessionWalk

_LAZY = {  # imported when they are used, because they import numpy and the gait package
    "CheckedRationale": "checked_text",
    "choose_sentences": "checked_text",
    "ParameterForest": "parameter_forest",
    "load_parameter_forest": "parameter_forest",
    "Comparison": "compared_walks",
    "compare_walks": "compared_walks",
    "write_comparison_report": "compared_walks",
    "Session": "session",
    "SessionWalk": "session",
}

__all__ = [
    "AssessedWalk",
    "CheckedRationale",
    "CheckedText",
    "Comparison",
    "Identity",
    "ModelError",
    "ParameterForest",
    "PreparedRecording",
    "Reason",
    "RecordingIdentity",
    "Session",
    "SessionWalk",
    "Subject",
    "Trust",
    "Uncertainty",
    "assess_prepared",
    "assess_recording",
    "assess_uncertainty",
    "check_text",
    "choose_sentences",
    "compare_walks",
    "file_stem",
    "identify",
    "load_model",
    "load_parameter_forest",
    "load_tokenizer",
    "measure_recording",
    "model_provenance",
    "prepare_recording",
    "write_comparison_report",
]


def __getattr__(name: str):
    if name in _LAZY:
        return getattr(import_module(f".{_LAZY[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""Score, reasons, evidence and measured gait of one recording: `assess_recording`.

The command line and the Space use this package; it uses `motion`, `gait` and the model files.
"""

from .assessment import AssessedWalk, assess_prepared, assess_recording
from .checked_text import CheckedRationale, choose_sentences
from .measurement import CheckedText, check_text, measure_recording
from .models import ModelError, load_model, load_tokenizer, model_provenance
from .parameter_forest import ParameterForest, load_parameter_forest
from .prepared import PreparedRecording, prepare_recording
from .uncertainty import Reason, Uncertainty, assess_uncertainty

__all__ = [
    "AssessedWalk",
    "CheckedRationale",
    "CheckedText",
    "ModelError",
    "ParameterForest",
    "PreparedRecording",
    "Reason",
    "Uncertainty",
    "assess_prepared",
    "assess_recording",
    "assess_uncertainty",
    "check_text",
    "choose_sentences",
    "load_model",
    "load_parameter_forest",
    "load_tokenizer",
    "measure_recording",
    "model_provenance",
    "prepare_recording",
]

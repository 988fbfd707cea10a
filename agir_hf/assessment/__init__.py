"""Score, reasons, evidence and measured gait of one recording: `assess_recording`.

The command line and the Space use this package; it uses `motion`, `gait` and the model files.
"""

from .assessment import AssessedWalk, assess_prepared, assess_recording
from .measurement import CheckedText, check_text, measure_recording
from .models import ModelError, load_model, load_tokenizer, model_provenance
from .prepared import PreparedRecording, prepare_recording

__all__ = [
    "AssessedWalk",
    "CheckedText",
    "ModelError",
    "PreparedRecording",
    "assess_prepared",
    "assess_recording",
    "check_text",
    "load_model",
    "load_tokenizer",
    "measure_recording",
    "model_provenance",
    "prepare_recording",
]

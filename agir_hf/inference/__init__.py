"""The model in numpy: the answers of the model in torch, without torch and transformers.

`load_numpy_model` returns a pair (model, processor) with the methods that `agir_hf.assessment`
uses. It is for small models on the CPU: their answers take less time than the import of torch.
Generated tokens, motion codes and scores are those of `AgirForGaitAssessment`, and probabilities
agree within 1e-5.
"""

from .loading import (
    LARGEST_PARAMETERS,
    UnsupportedModelError,
    load_numpy_model,
    prefers_numpy,
)
from .model import NumpyAgir
from .processor import NumpyProcessor

__all__ = [
    "LARGEST_PARAMETERS",
    "NumpyAgir",
    "NumpyProcessor",
    "UnsupportedModelError",
    "load_numpy_model",
    "prefers_numpy",
]

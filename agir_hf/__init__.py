"""AGIR-HF: MDS-UPDRS gait scores of 3D gait recordings, with reasons.

Importing the package registers its classes: ``AutoModel``, ``AutoModelForSeq2SeqLM``,
``AutoProcessor`` and ``pipeline`` of transformers then load a checkpoint of AGIR-HF without remote
code. Research use only; not a medical device.
"""

import sys
from importlib import import_module
from pathlib import Path

from .registration import register
from .version import __version__

ASSETS = Path(__file__).resolve().parent / "assets"
DEFAULT_MODEL = str(ASSETS / "agir-tiny")  # embedded checkpoint, trained on simulated walks
SAMPLE_RECORDING = str(ASSETS / "sample_walk.c3d")  # a simulated walk

_LAZY = {
    "AgirAssessmentOutput": "modeling_agir",
    "AgirConfig": "configuration_agir",
    "AgirFeatureExtractor": "feature_extraction_agir",
    "AgirForGaitAssessment": "modeling_agir",
    "AgirProcessor": "processing_agir",
    "GaitAssessment": "answers_agir",
    "GaitAssessmentPipeline": "pipeline_agir",
    "MotionVQVAE": "modeling_motion_vqvae",
    "MotionVQVAEConfig": "configuration_agir",
    "MotionVQVAEOutput": "modeling_motion_vqvae",
    "ScoreParseError": "answers_agir",
}

__all__ = ["ASSETS", "DEFAULT_MODEL", "SAMPLE_RECORDING", "__version__", *sorted(_LAZY)]


def __getattr__(name: str):
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if _LAZY[name] != "answers_agir":  # which needs no transformers
        register()
    value = getattr(import_module(f".{_LAZY[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})


# The `agir` command registers when it loads a model (agir_hf/launcher), and processes that load no
# model never do (SKIP_REGISTRATION in agir_hf/utils/parallel.py).
if "agir_launcher" not in sys.modules:
    register()

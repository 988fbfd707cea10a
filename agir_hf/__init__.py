"""AGIR-HF: a 3D gait recording in, an MDS-UPDRS gait score with its reasons out.

Importing the package registers its classes with the Auto classes of transformers, so that
``AutoModel.from_pretrained``, ``AutoModelForSeq2SeqLM`` and ``AutoProcessor`` load a model of ours
without remote code. Research use only; not a medical device.
"""

from pathlib import Path

from transformers import (
    AutoConfig,
    AutoFeatureExtractor,
    AutoModel,
    AutoModelForSeq2SeqLM,
    AutoProcessor,
)

from .configuration_agir import AgirConfig, MotionVQVAEConfig
from .feature_extraction_agir import AgirFeatureExtractor
from .modeling_agir import AgirAssessmentOutput, AgirForGaitAssessment
from .modeling_motion_vqvae import MotionVQVAE, MotionVQVAEOutput
from .processing_agir import AgirProcessor, GaitAssessment, ScoreParseError
from .version import __version__

ASSETS = Path(__file__).resolve().parent / "assets"
DEFAULT_MODEL = str(ASSETS / "agir-tiny")  # the embedded checkpoint, trained on simulated walks
SAMPLE_RECORDING = str(ASSETS / "sample_walk.c3d")  # a simulated walk

AutoConfig.register(MotionVQVAEConfig.model_type, MotionVQVAEConfig)
AutoConfig.register(AgirConfig.model_type, AgirConfig)
AutoModel.register(MotionVQVAEConfig, MotionVQVAE)
AutoModel.register(AgirConfig, AgirForGaitAssessment)
AutoModelForSeq2SeqLM.register(AgirConfig, AgirForGaitAssessment)
AutoFeatureExtractor.register(AgirConfig, AgirFeatureExtractor)
AutoProcessor.register(AgirConfig, AgirProcessor)

__all__ = [
    "ASSETS",
    "DEFAULT_MODEL",
    "SAMPLE_RECORDING",
    "AgirAssessmentOutput",
    "AgirConfig",
    "AgirFeatureExtractor",
    "AgirForGaitAssessment",
    "AgirProcessor",
    "GaitAssessment",
    "MotionVQVAE",
    "MotionVQVAEConfig",
    "MotionVQVAEOutput",
    "ScoreParseError",
    "__version__",
]

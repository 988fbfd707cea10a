"""Registration of the classes of AGIR-HF with the Auto classes and pipelines of transformers."""

from functools import cache


@cache  # a second call does nothing
def register() -> None:
    """Register configurations, models, feature extractor, processor and pipeline."""
    from transformers import (
        AutoConfig,
        AutoFeatureExtractor,
        AutoModel,
        AutoModelForSeq2SeqLM,
        AutoProcessor,
    )
    from transformers.pipelines import PIPELINE_REGISTRY

    from . import DEFAULT_MODEL
    from .configuration_agir import AgirConfig, MotionVQVAEConfig
    from .feature_extraction_agir import AgirFeatureExtractor
    from .modeling_agir import AgirForGaitAssessment
    from .modeling_motion_vqvae import MotionVQVAE
    from .pipeline_agir import TASK, GaitAssessmentPipeline
    from .processing_agir import AgirProcessor

    AutoConfig.register(MotionVQVAEConfig.model_type, MotionVQVAEConfig)
    AutoConfig.register(AgirConfig.model_type, AgirConfig)
    AutoModel.register(MotionVQVAEConfig, MotionVQVAE)
    AutoModel.register(AgirConfig, AgirForGaitAssessment)
    AutoModelForSeq2SeqLM.register(AgirConfig, AgirForGaitAssessment)
    AutoFeatureExtractor.register(AgirConfig, AgirFeatureExtractor)
    AutoProcessor.register(AgirConfig, AgirProcessor)
    PIPELINE_REGISTRY.register_pipeline(
        TASK,
        GaitAssessmentPipeline,
        pt_model=AutoModelForSeq2SeqLM,
        default={"model": (DEFAULT_MODEL, None)},
        type="multimodal",
    )

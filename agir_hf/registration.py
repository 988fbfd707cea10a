"""Our classes in the Auto classes of transformers, at no cost before somebody uses those.

Importing transformers' models takes seconds, and much of this package (the command line's help,
reading recordings, gait measures) does without. So `import agir_hf` only leaves word: the first
time somebody takes an Auto class or ``pipeline`` from ``transformers``, our classes are registered.
"""

import importlib.util
import sys
from functools import partial
from importlib.abc import MetaPathFinder

_done = False


def register() -> None:
    """Register configurations, models, processors and the pipeline; once is enough."""
    global _done
    if _done:
        return
    _done = True
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


def register_when_used() -> None:
    """Register now if transformers is there already, else when its Auto classes are first used."""
    if "transformers" in sys.modules:
        register()
    else:
        sys.meta_path.insert(0, _Watcher())


class _Watcher(MetaPathFinder):
    """Notes the import of transformers, and of our model files on their own."""

    model_files = {
        f"{__package__}.{name}"
        for name in (
            "configuration_agir",
            "feature_extraction_agir",
            "generation_agir",
            "modeling_agir",
            "modeling_motion_vqvae",
            "pipeline_agir",
            "processing_agir",
        )
    }

    def __init__(self):
        self.asking = False
        self.depth = 0  # model files that are being imported, one by another

    def find_spec(self, name, path=None, target=None):
        if self.asking or (name != "transformers" and name not in self.model_files):
            return None
        self.asking = True  # the other finders answer; who only asks for the spec changes nothing
        try:
            spec = importlib.util.find_spec(name)
        finally:
            self.asking = False
        if spec is not None and spec.loader is not None:
            then = self._run_transformers if name == "transformers" else self._run_model_file
            spec.loader.exec_module = partial(then, spec.loader.exec_module)
        return spec

    def _run_transformers(self, execute, module) -> None:
        execute(module)
        _watch(sys.modules[module.__name__])  # a lazy module that put itself in place

    def _run_model_file(self, execute, module) -> None:
        self.depth += 1
        try:
            execute(module)
        finally:
            self.depth -= 1
        if self.depth == 0:
            register()


def _watch(module) -> None:
    """Have the first Auto class taken from the (lazy) module register ours.

    The class is watched, not the module: some libraries (evaluate) come to put another lazy module
    of the same name in its place.
    """
    lazy = type(module)
    own = lazy.__getattr__

    def watched(self, name: str):
        value = own(self, name)
        top = self.__name__ == module.__name__
        if top and (name.startswith("Auto") or name == "pipeline"):
            lazy.__getattr__ = own
            register()
        return value

    lazy.__getattr__ = watched

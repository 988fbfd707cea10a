"""A model with its processor, loaded quietly, and what it was trained on."""

from __future__ import annotations

from pathlib import Path

from .. import DEFAULT_MODEL
from .messages import one_line


class ModelError(ValueError):
    """A model that cannot be had; the message says why, on one line."""


def load_model(name_or_path: str = DEFAULT_MODEL):
    """Model, in evaluation mode, and processor; progress bars and warnings are kept quiet.

    Args:
        name_or_path: a folder or a Hub name; by default the embedded tiny model.

    Raises:
        ModelError: if there is none, or it is of another kind.
    """
    from transformers import AutoModelForSeq2SeqLM, AutoProcessor

    return _load(name_or_path, "agir", "model", AutoModelForSeq2SeqLM, AutoProcessor)


def load_tokenizer(name_or_path: str):
    """A motion tokenizer alone, in evaluation mode, and the feature extractor saved with it.

    Raises:
        ModelError: as `load_model`.
    """
    from .. import AgirFeatureExtractor, MotionVQVAE

    kind = "agir_motion_vqvae"
    return _load(name_or_path, kind, "motion tokenizer", MotionVQVAE, AgirFeatureExtractor)


def _load(name_or_path: str, kind: str, title: str, model_class, processor_class):
    """What a folder or a repository of one kind holds."""
    from transformers import AutoConfig
    from transformers.utils import logging

    from ..registration import register

    register()  # the command line imports the package without registration
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        found = AutoConfig.from_pretrained(name_or_path).model_type
        if found != kind:
            raise ModelError(f"{name_or_path} is a model of type {found!r}, expected {kind!r}")
        model = model_class.from_pretrained(name_or_path).eval()
        return model, processor_class.from_pretrained(name_or_path)
    except ModelError:
        raise
    except (OSError, ValueError) as error:
        raise ModelError(f"cannot load the {title} {name_or_path!r}: {one_line(error)}") from error


def model_provenance(model) -> dict:
    """What an answer comes from, as JSON shows it."""
    name = model.name_or_path
    embedded = name == DEFAULT_MODEL
    return {
        "name": Path(name).name if embedded else name,
        "embedded": embedded,
        "trained_on": model.config.training_data,
    }

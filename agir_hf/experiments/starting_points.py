"""Models that the trainings of a table start from: checked first, prepared before the stages."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer, PreTrainedConfig
from transformers.utils import logging

from ..modeling_agir import AgirForGaitAssessment
from ..processing_agir import AgirProcessor
from ..training.motiongpt import TRAINING_DATA
from ..utils.files import atomic_folder
from .cross_validation import WEIGHTS, StartingPoint
from .errors import ExperimentError

CONVERTED = "MotionGPT, converted weights"
_MODEL, _VQVAE, _T5 = "agir", "agir_motion_vqvae", "t5"


def check_start(
    model: str | None, t5: str | None, vqvae: str | None, num_scores: int
) -> StartingPoint:
    """Check the models that a user names, without loading their weights.

    Args:
        model: Folder or Hub name of a complete model, or None.
        t5: Folder or Hub name of a T5, or None.
        vqvae: Folder or Hub name of a motion tokenizer or of a complete model, or None.
        num_scores: Number of scores of the corpus.

    Returns:
        The starting point, with absolute paths of folders.

    Raises:
        ExperimentError: A model is of another type, has another vocabulary or other scores, or the
            options exclude each other.
        OSError: There is no model of a name.
    """
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    if model and (t5 or vqvae):
        raise ExperimentError(
            "--model has a motion tokenizer and a T5 of its own: leave --t5 and --vqvae out"
        )
    start = StartingPoint(*(_absolute(name) for name in (model, t5, vqvae)))
    if start.model:
        _check_model("--model", start.model, num_scores)
    if start.t5:
        config = _config("--t5", start.t5, (_T5,))
        _check_size("--t5", start.t5, AutoTokenizer.from_pretrained(start.t5), config)
    if start.vqvae:
        kind = _config("--vqvae", start.vqvae, (_VQVAE, _MODEL))["model_type"]
        start = replace(start, vqvae_model=start.vqvae if kind == _MODEL else None)
    return start


def _absolute(name: str | None) -> str | None:
    """Absolute path of a folder; a name on the Hub is unchanged. Stages run in another folder."""
    return str(Path(name).resolve()) if name and Path(name).is_dir() else name


def _config(option: str, name: str, types: tuple[str, ...]) -> dict[str, Any]:
    config = PreTrainedConfig.get_config_dict(name)[0]
    if config.get("model_type") not in types:
        raise ExperimentError(
            f"{option}: {name} has a model of type {config.get('model_type')!r}, expected "
            f"{' or '.join(map(repr, types))}: pass another model"
        )
    return config


def _check_size(option: str, name: str, tokenizer, config: dict[str, Any]) -> None:
    """Check that a model has a row for every entry of its tokenizer."""
    rows = config.get("text_config", config).get("vocab_size")
    if rows is None or len(tokenizer) > rows:
        raise ExperimentError(
            f"{option}: {name} has {rows} rows of embeddings, but its tokenizer has "
            f"{len(tokenizer)} entries: pass the model with its own tokenizer"
        )


def _check_model(option: str, name: str, num_scores: int) -> None:
    """Check type, vocabulary and number of scores of a complete model."""
    config = _config(option, name, (_MODEL,))
    try:
        processor = AgirProcessor.from_pretrained(name)
    except ValueError as error:
        raise ExperimentError(
            f"{option}: {name} has another vocabulary: {error}; convert a checkpoint with 'agir "
            "convert-motiongpt', or pass a model that the recipes trained"
        ) from error
    _check_size(option, name, processor.tokenizer, config)
    if processor.num_scores != num_scores:
        raise ExperimentError(
            f"{option}: {name} has the scores 0 to {processor.num_scores - 1}, the corpus 0 to "
            f"{num_scores - 1}: pass a model for the scores of the corpus"
        )


def tokenizer_folder(folder: Path) -> Path:
    """Return the folder of a motion tokenizer that is taken from a complete model.

    Args:
        folder: Folder of all trainings.
    """
    return folder / "tokenizer_of_the_model"


def prepare_start(start: StartingPoint, folder: Path) -> None:
    """Write the tokenizer of a complete model, if it is one that is named as tokenizer.

    Args:
        start: What the trainings start from.
        folder: Folder of all trainings.
    """
    target = tokenizer_folder(folder)
    if not start.vqvae_model or (target / WEIGHTS).is_file():
        return
    model = AgirForGaitAssessment.from_pretrained(start.vqvae_model)
    processor = AgirProcessor.from_pretrained(start.vqvae_model)
    with atomic_folder(target) as draft:
        model.vqvae.save_pretrained(draft)
        processor.feature_extractor.save_pretrained(draft)


def start_title(name: str) -> str:
    """Return the name of the row of a model that is judged as it is.

    Args:
        name: Folder or Hub name of a complete model.
    """
    trained_on = PreTrainedConfig.get_config_dict(name)[0].get("training_data")
    if trained_on == TRAINING_DATA:
        return CONVERTED
    return f"{Path(name).name if Path(name).is_dir() else name}, as it is"

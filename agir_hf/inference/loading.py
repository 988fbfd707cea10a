"""Load the model in numpy, and decide for which models it is used."""

from __future__ import annotations

import json
from pathlib import Path

from .model import NumpyAgir
from .processor import NumpyProcessor
from .settings import read_settings
from .weights import UnsupportedModelError, Weights, count_parameters, open_weights

# Of models that are computed in numpy by default. With one thread, numpy needs 0.4 to 0.9 of the
# time of torch up to here, and as long at 96 million; larger models gain by more threads or a GPU.
LARGEST_PARAMETERS = 20_000_000
_PLAIN_GENERATION = {  # entries of generation_config.json that change no answer
    "_from_model_config", "decoder_start_token_id", "eos_token_id", "output_attentions",
    "output_hidden_states", "pad_token_id", "transformers_version", "use_cache",
}  # fmt: skip


def prefers_numpy(folder: str | Path) -> bool:
    """Whether a model is computed in numpy by default, because that is faster on the CPU.

    Args:
        folder: Folder of the model.
    """
    try:
        return count_parameters(Path(folder)) <= LARGEST_PARAMETERS
    except Exception:  # missing or damaged weights: the loader names the error
        return False


def load_numpy_model(folder: str | Path) -> tuple[NumpyAgir, NumpyProcessor]:
    """Load a model and its processor without torch and transformers.

    Args:
        folder (`str` or `Path`):
            Folder that `AgirForGaitAssessment.save_pretrained` and `AgirProcessor.save_pretrained`
            wrote, with weights in float32 in one file.

    Returns:
        `tuple`: [`NumpyAgir`] and [`NumpyProcessor`].

    Raises:
        UnsupportedModelError: The folder has no such model, or one with other number formats,
            activations or options of generation.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.inference import load_numpy_model
        >>> from agir_hf.motion import read_recording, to_joints
        >>> model, processor = load_numpy_model(agir_hf.DEFAULT_MODEL)
        >>> motion = to_joints(read_recording(agir_hf.SAMPLE_RECORDING))
        >>> output = model.generate_assessment(**processor(motion=motion))
        >>> processor.decode_assessments(output)[0].score
        2

        ```
    """
    path = Path(folder)
    settings = read_settings(path)
    try:
        _check_generation(path)
        config = json.loads((path / "config.json").read_text(encoding="utf-8"))
        processor = NumpyProcessor.from_folder(path, config)
        with open_weights(path) as file:
            return NumpyAgir(Weights(file), settings, str(folder), None), processor
    except UnsupportedModelError:
        raise
    except Exception as error:  # damaged files raise errors of several libraries
        raise UnsupportedModelError(f"{folder}: {error}") from error


def _check_generation(folder: Path) -> None:
    """Raise an error for options of generation that the model in numpy does not know."""
    path = folder / "generation_config.json"
    if path.is_file():
        options = set(json.loads(path.read_text(encoding="utf-8"))) - _PLAIN_GENERATION
        if options:
            raise UnsupportedModelError(f"generation_config.json has {', '.join(sorted(options))}")

"""Load a model with its processor, and state what it was trained on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .. import DEFAULT_MODEL
from ..utils.devices import DeviceMemoryError, explain_memory_errors, resolve_placement
from ..utils.hub_host import download_token
from .messages import one_line

if TYPE_CHECKING:
    from ..feature_extraction_agir import AgirFeatureExtractor
    from ..inference import NumpyAgir, NumpyProcessor
    from ..modeling_agir import AgirForGaitAssessment
    from ..modeling_motion_vqvae import MotionVQVAE
    from ..processing_agir import AgirProcessor


BACKENDS = ("auto", "numpy", "torch")  # what computes the model, see `load_model`


class ModelError(ValueError):
    """A model cannot be loaded; the message says why, on one line."""


def load_model(
    name_or_path: str = DEFAULT_MODEL,
    device: str | None = None,
    precision: str | None = None,
    backend: str = "torch",
) -> tuple[AgirForGaitAssessment | NumpyAgir, AgirProcessor | NumpyProcessor]:
    """Load a model and its processor.

    The model is in evaluation mode. Warnings and progress bars of transformers are switched off.
    No remote code is run. Motion tokenizer and probe are in float32 with every precision, so that
    the motion codes are the same.

    A small model assesses walks faster in numpy, and without the import of torch and transformers.
    It is for [`assess_recording`] and [`assess_prepared`] only, and its answers are those of torch.

    Args:
        name_or_path (`str`, *optional*):
            Folder, or name of a repository on the Hub. By default the embedded checkpoint, which
            was trained on simulated walks.
        device (`str`, *optional*):
            Device of the model, such as "cpu", "cuda", "cuda:1" or "mps". By default a GPU if there
            is one.
        precision (`str`, *optional*):
            "fp32", "bf16", or "fp16" (not on the CPU). By default the format of the checkpoint;
            on the CPU a checkpoint in float16 is loaded in float32.
        backend (`str`, *optional*, defaults to `"torch"`):
            "torch" or "numpy", or "auto" for numpy where it can compute the model, no GPU and no
            other number format is asked for, and the model has at most 20 million parameters.

    Returns:
        `tuple`: [`~agir_hf.AgirForGaitAssessment`] and [`~agir_hf.AgirProcessor`]; with numpy
        [`~agir_hf.inference.NumpyAgir`] and [`~agir_hf.inference.NumpyProcessor`].

    Raises:
        ModelError: The device is absent or the precision unknown, which is checked first; or there
            is no model of that name, it cannot be read, or it is of another type.
        DeviceMemoryError: The model is larger than the memory of the device.

    Example:
        ```python
        >>> from agir_hf.assessment import load_model
        >>> model, processor = load_model(device="cpu", precision="bf16")
        >>> model.device, model.dtype, model.vqvae.dtype
        (device(type='cpu'), torch.bfloat16, torch.float32)

        ```
    """
    if backend not in BACKENDS:
        raise ModelError(f"backend is {backend!r}, expected one of {', '.join(BACKENDS)}")
    pair = None if backend == "torch" else _numpy_pair(name_or_path, device, precision, backend)
    if pair is None:
        pair = _torch_pair(name_or_path, device, precision)
    from .parameter_forest import forest_of

    forest_of(pair[0])  # a damaged file is an error here, not after the first recording
    return pair


def backend_for(
    name_or_path: str = DEFAULT_MODEL,
    device: str | None = None,
    precision: str | None = None,
    backend: str = "auto",
) -> str:
    """Return the library that `load_model` computes a model with.

    Args:
        name_or_path (`str`, *optional*):
            Folder, or name of a repository on the Hub.
        device (`str`, *optional*):
            Device of the model.
        precision (`str`, *optional*):
            Number format of the model.
        backend (`str`, *optional*, defaults to `"auto"`):
            "torch", "numpy", or "auto". A model for numpy is loaded once, because only this shows
            whether numpy can compute it; torch is not imported.

    Returns:
        `str`: "torch" or "numpy".

    Raises:
        ModelError: The backend is numpy, and it cannot compute the model.

    Example:
        ```python
        >>> from agir_hf.assessment.models import backend_for
        >>> backend_for(), backend_for(precision="bf16")
        ('numpy', 'torch')

        ```
    """
    if backend == "torch":
        return backend
    pair = _numpy_pair(name_or_path, device, precision, backend)
    return "torch" if pair is None else "numpy"


def _torch_pair(name_or_path: str, device: str | None, precision: str | None) -> tuple:
    """Model and processor in torch."""
    from transformers import AutoModelForSeq2SeqLM, AutoProcessor

    classes = AutoModelForSeq2SeqLM, AutoProcessor
    return _load(name_or_path, "agir", "model", *classes, device, precision)


def _numpy_pair(
    name_or_path: str, device: str | None, precision: str | None, backend: str
) -> tuple | None:
    """Model and processor in numpy; None where torch is to be used."""
    from ..inference import UnsupportedModelError, load_numpy_model, prefers_numpy

    is_plain = device in (None, "cpu") and precision in (None, "fp32")
    is_folder = Path(name_or_path).is_dir()
    if backend == "auto" and not (is_plain and is_folder and prefers_numpy(name_or_path)):
        return None
    if not is_plain:
        raise ModelError(
            f"the backend numpy computes on the CPU in fp32, but device is {device!r} and "
            f"precision {precision!r}: leave them out, or use the backend torch"
        )
    if not is_folder:
        raise ModelError(
            f"the backend numpy reads a folder, and {name_or_path!r} is none: download the model, "
            "or use the backend torch"
        )
    try:
        return load_numpy_model(name_or_path)
    except UnsupportedModelError as error:
        if backend == "auto":  # torch loads it, or states the error
            return None
        raise ModelError(
            f"the backend numpy cannot compute the model {name_or_path!r} ({one_line(error)}): "
            "use the backend torch"
        ) from error


def load_tokenizer(
    name_or_path: str, device: str | None = None
) -> tuple[MotionVQVAE, AgirFeatureExtractor]:
    """Load a motion tokenizer and the feature extractor that was saved with it.

    The tokenizer is in evaluation mode. Warnings and progress bars of transformers are switched
    off. ``recipes/train_vqvae.py`` writes such folders.

    Args:
        name_or_path (`str`):
            Folder, or name of a repository on the Hub.
        device (`str`, *optional*):
            Device of the tokenizer, such as "cpu", "cuda", "cuda:1" or "mps". By default a GPU if
            there is one.

    Returns:
        `tuple`: [`~agir_hf.MotionVQVAE`] in float32 and [`~agir_hf.AgirFeatureExtractor`].

    Raises:
        ModelError: The device is absent, which is checked first; or there is no tokenizer
            of that name, it cannot be read, or it is of another type.

    Example:
        ```python
        >>> from agir_hf import AgirFeatureExtractor, MotionVQVAE, MotionVQVAEConfig
        >>> from agir_hf.assessment import load_tokenizer
        >>> MotionVQVAE(MotionVQVAEConfig(width=16)).save_pretrained("tokenizer")
        >>> _ = AgirFeatureExtractor([0.0] * 263, [1.0] * 263).save_pretrained("tokenizer")
        >>> tokenizer, extractor = load_tokenizer("tokenizer")
        >>> tokenizer.config.codebook_size, extractor.sampling_rate
        (512, 20)

        ```
    """
    from .. import AgirFeatureExtractor, MotionVQVAE

    model_type = "agir_motion_vqvae"
    classes = MotionVQVAE, AgirFeatureExtractor
    return _load(name_or_path, model_type, "motion tokenizer", *classes, device, "fp32")


def _load(
    name_or_path: str,
    model_type: str,
    title: str,
    model_class,
    processor_class,
    device: str | None,
    precision: str | None,
) -> tuple:
    """Load a model of one type on a device, and its processor."""
    from transformers.utils import logging

    from ..registration import register

    try:
        target, dtype = resolve_placement(device, precision)
    except ValueError as error:
        raise ModelError(one_line(error)) from error
    register()  # the command line imports the package without registration
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        config = _read_config(name_or_path, model_type, title)
        dtype = dtype or _stored_dtype(config, target)
        model = model_class.from_pretrained(name_or_path, dtype=dtype, **_source())
        processor = processor_class.from_pretrained(name_or_path, **_source())
        _check_finite(model, f"{title} {name_or_path!r}")
        with explain_memory_errors(target):
            return model.eval().to(target), processor
    except (ModelError, DeviceMemoryError):
        raise
    except Exception as error:  # a file of another structure fails anywhere in transformers
        reason = _failure(error)
        raise ModelError(f"cannot load the {title} {name_or_path!r}: {reason}") from error


def _source() -> dict:
    """Options of `from_pretrained` for files from the Hub."""
    # without the flag transformers asks on the terminal whether to run code of the folder
    return {"token": download_token(), "trust_remote_code": False}


def _read_config(name_or_path: str, model_type: str, title: str):
    """Read the configuration of a model; raise a ModelError if it is of another type."""
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(name_or_path, **_source())
    if config.model_type != model_type:
        raise ModelError(
            f"{name_or_path} is a model of type {config.model_type!r}, expected "
            f"{model_type!r}: pass a {title} of AGIR"
        )
    return config


def _stored_dtype(config, target):
    """Number format of the stored weights; float32 for float16 on a CPU, which is slow with it."""
    import torch

    is_half = target.type == "cpu" and config.dtype == torch.float16
    return torch.float32 if is_half else "auto"


def _failure(error: Exception) -> str:
    """Why transformers could not load a model, and what to do, on one line."""
    if isinstance(error, OSError | ValueError):
        reason = one_line(error)
        if "custom code" in reason:
            return "its files name code of their own, which is not run: save the model again"
        return reason
    reason = f"a file of it is damaged ({type(error).__name__}: {one_line(error)[:200]})"
    if "mismatched" in str(error):
        reason = "the sizes in its config.json are not those of its weights"
    return f"{reason}, expected a folder that save_pretrained wrote: download it or save it again"


def _check_finite(model, title: str) -> None:
    """Raise a ModelError if a weight has a value that is not finite: answers would be wrong."""
    import torch

    for name, weight in model.state_dict().items():
        if weight.is_floating_point() and not torch.isfinite(weight).all():
            raise ModelError(
                f"cannot load the {title}: its weight {name} has values that are not finite: "
                "download it or save it again"
            )


def model_provenance(model: AgirForGaitAssessment) -> dict:
    """Return name and training data of a model, as values for JSON.

    The folder of the embedded model is shortened to its name, so that outputs do not depend on
    where the package is installed.

    Args:
        model ([`~agir_hf.AgirForGaitAssessment`]):
            Model from [`load_model`].

    Returns:
        `dict`: `name` (`str`), `embedded` (`bool`), `trained_on` (`str` or `None`) and `backend`
        (`str`), "torch" or "numpy".

    Example:
        ```python
        >>> from agir_hf.assessment import load_model, model_provenance
        >>> model, _ = load_model()
        >>> stated = model_provenance(model)
        >>> stated["name"], stated["embedded"], stated["trained_on"], stated["backend"]
        ('agir-tiny', True, 'simulated walks only', 'torch')

        ```
    """
    name = model.name_or_path
    embedded = name == DEFAULT_MODEL
    return {
        "name": Path(name).name if embedded else name,
        "embedded": embedded,
        "trained_on": model.config.training_data,
        "backend": backend_of(model),
    }


def backend_of(model: AgirForGaitAssessment | NumpyAgir) -> str:
    """Name of the library that computes a model, "torch" or "numpy".

    Args:
        model: Model from [`load_model`].
    """
    return getattr(model, "backend", "torch")

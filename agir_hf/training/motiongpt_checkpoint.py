"""Reading of MotionGPT checkpoints and of the feature statistics that belong to them."""

import os
import re
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import torch

from ..humanml3d import NUM_FEATURES
from .load_report import join_names

LANGUAGE_PREFIX = "lm.language_model."
MOTION_NAME = re.compile(r"^(?:motion_vae|vae)\.(.+)$")


def read_checkpoint(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read a MotionGPT checkpoint without executing code from it.

    Args:
        path: File of ``torch.save``.

    Returns:
        The weights by name, and the other entries of the file.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file cannot be read safely, has no language model, or has weights that are
            not finite.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no such checkpoint: {path}")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise ValueError(
            f"{path} cannot be read as plain weights ({reason}): pass a complete checkpoint of "
            "tensors, or save its state_dict alone with torch.save"
        ) from error
    if not isinstance(content, dict) or not isinstance(content.get("state_dict", {}), dict):
        raise ValueError(f"{path} has no state_dict, expected a MotionGPT checkpoint")
    state = content.get("state_dict", content)
    others = {str(k): v for k, v in content.items() if k != "state_dict" and state is not content}
    state = {str(key): value for key, value in state.items()}
    if not any(key.startswith(LANGUAGE_PREFIX) for key in state):
        raise ValueError(
            f"{path} has no key that starts with '{LANGUAGE_PREFIX}', expected a MotionGPT "
            "checkpoint with its language model: use MotionVQVAE.from_motiongpt for a VQ-VAE alone"
        )
    not_finite = [
        name
        for name, value in state.items()
        if isinstance(value, torch.Tensor)
        and (name.startswith(LANGUAGE_PREFIX) or MOTION_NAME.match(name))
        and not value.isfinite().all()
    ]
    if not_finite:
        raise ValueError(
            f"{path} has NaN or infinity in {join_names(not_finite)}: pass an undamaged checkpoint"
        )
    return state, others


def read_statistics(name: str, values, checkpoint_values) -> np.ndarray:
    """Read the mean or standard deviation of the features.

    Args:
        name: "mean" or "std".
        values: Array or ``.npy`` file of the user, or `None`.
        checkpoint_values: Values in the checkpoint, or `None`.

    Returns:
        (263,) float64.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: No values are given, they have another shape, are not finite, or differ from
            those of the checkpoint.
    """
    if values is None and checkpoint_values is None:
        raise ValueError(
            f"the checkpoint has no {name} to normalise features and none was given: pass mean and "
            "std, the .npy files MotionGPT was trained with (--mean, --std); with other values "
            "the model gives wrong results without an error"
        )
    label = f"{name} {values}" if isinstance(values, str | os.PathLike) else name
    numbers = _as_array(label, checkpoint_values if values is None else values)
    if numbers.shape != (NUM_FEATURES,) or not np.isfinite(numbers).all():
        raise ValueError(
            f"{label} has shape {numbers.shape}, expected ({NUM_FEATURES},) finite numbers: the "
            "statistics of HumanML3D features that MotionGPT was trained with"
        )
    if values is not None and checkpoint_values is not None:
        expected = _as_array(name, checkpoint_values)
        if expected.shape != numbers.shape or not np.allclose(numbers, expected, atol=1e-6):
            raise ValueError(f"{label} is not the {name} in the checkpoint: leave it out")
    return numbers


def _as_array(name: str, values) -> np.ndarray:
    """Make a float64 array of an array, a tensor or an ``.npy`` file."""
    if isinstance(values, str | os.PathLike):
        try:
            values = np.load(values, allow_pickle=False)
        except FileNotFoundError as error:
            raise FileNotFoundError(f"no such file: {values}") from error
        except (ValueError, OSError, EOFError, BadZipFile) as error:
            raise ValueError(f"{name} cannot be read as an .npy file of numbers") from error
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} is {type(values).__name__}, expected an array") from error

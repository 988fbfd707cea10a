"""Weights of a checkpoint as arrays, each checked for its shape."""

from __future__ import annotations

from pathlib import Path

import numpy as np

FILE = "model.safetensors"


class UnsupportedModelError(ValueError):
    """The model in numpy cannot compute this checkpoint; torch may be able to."""


class Weights:
    """Weights of a safetensors file, read by name.

    Args:
        file: Open file of `safetensors.safe_open`.
        prefix: Text before all names.
    """

    def __init__(self, file, prefix: str = ""):
        self._file, self._prefix = file, prefix

    def part(self, name: str) -> Weights:
        """Weights of a part of the model.

        Args:
            name: Name of the part.
        """
        return Weights(self._file, f"{self._prefix}{name}.")

    def __call__(self, name: str, *shape: int) -> np.ndarray:
        """Read a weight.

        Args:
            name: Name within the part.
            shape: Expected shape.

        Returns:
            float32 array.

        Raises:
            UnsupportedModelError: The file lacks the weight, its shape is another, its number
                format is not float32, or a value is not finite.
        """
        name = self._prefix + name
        try:
            entry = self._file.get_slice(name)
        except Exception as error:  # SafetensorError is not a class that can be imported by name
            raise UnsupportedModelError(f"the weights lack {name}") from error
        if tuple(entry.get_shape()) != shape or entry.get_dtype() != "F32":
            raise UnsupportedModelError(
                f"{name} is {entry.get_dtype()} {entry.get_shape()}, expected F32 {list(shape)}"
            )
        weight = self._file.get_tensor(name)
        if not np.isfinite(weight.sum()):  # the sum is finite only if all values are
            raise UnsupportedModelError(f"{name} has values that are not finite")
        return weight

    def matrix(self, *names: str, inputs: int, outputs: int) -> np.ndarray:
        """Read linear layers without bias that have the same input, side by side.

        Args:
            names: Names of the layers.
            inputs: Number of inputs.
            outputs: Number of outputs of each layer.

        Returns:
            (inputs, outputs * number of layers) float32.
        """
        rows = [self(f"{name}.weight", outputs, inputs) for name in names]
        return np.ascontiguousarray(np.concatenate(rows).T)


def open_weights(folder: Path):
    """Open the weights of a model.

    Args:
        folder: Folder of the model.

    Returns:
        The file, a context manager.
    """
    from safetensors import safe_open

    return safe_open(Path(folder, FILE), framework="numpy")


def count_parameters(folder: Path) -> int:
    """Number of parameters of the weights of a model, from the head of the file.

    Args:
        folder: Folder of the model.
    """
    with open_weights(folder) as file:
        shapes = [file.get_slice(name).get_shape() for name in file.keys()]  # noqa: SIM118
    return sum(int(np.prod(shape)) for shape in shapes)

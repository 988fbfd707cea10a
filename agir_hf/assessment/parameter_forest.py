"""Random forest from measured gait parameters to the score, as arrays and without scikit-learn.

`recipes/calibrate.py` fits it on training walks and writes it next to the model. Its answer is only
compared with that of the model: the score comes from the motion alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from ..utils.files import atomic_path
from ..utils.hub_host import download_token
from .feature_distance import FeatureDistance
from .messages import one_line
from .models import ModelError

if TYPE_CHECKING:
    from ..modeling_agir import AgirForGaitAssessment

FILE = "parameter_forest.safetensors"
_ARRAYS = ("medians", "roots", "columns", "thresholds", "children", "probabilities")
Parameters = Mapping[str, float | None]
_forests: WeakKeyDictionary = WeakKeyDictionary()  # model → its forest or None


@dataclass(frozen=True, eq=False)
class ParameterForest:
    """Random forest on measured gait parameters, with the distance from its training walks.

    The nodes of all trees are in one array. A leaf is its own child, so that every walk descends
    the same number of levels.

    Attributes:
        names (`tuple[str, ...]`):
            Names of the P gait parameters, the columns of the forest.
        medians (`np.ndarray` of shape `(P,)`):
            Medians of the training walks, float32; they replace what was not measured.
        roots (`np.ndarray` of shape `(T,)`):
            Node of the root of each tree, uint16.
        columns (`np.ndarray` of shape `(M,)`):
            Column that each node compares, int16.
        thresholds (`np.ndarray` of shape `(M,)`):
            Largest value that goes to the first child, float32; infinite for a leaf.
        children (`np.ndarray` of shape `(M, 2)`):
            Nodes below each node, uint16.
        probabilities (`np.ndarray` of shape `(M, 3)`):
            Probabilities of the scores at each node, float16.
        distance (`FeatureDistance`, *optional*):
            Distance of a motion from the training walks.

    Example:
        ```python
        >>> import numpy as np
        >>> from agir_hf.assessment import ParameterForest
        >>> stump = ParameterForest(  # score 2 below 0.8 m/s
        ...     names=("speed_m_per_s",), medians=np.array([1.1]), roots=np.array([0]),
        ...     columns=np.array([0, 0, 0]), thresholds=np.array([0.8, np.inf, np.inf]),
        ...     children=np.array([[1, 2], [1, 1], [2, 2]]),
        ...     probabilities=np.array([[0.5, 0, 0.5], [0, 0, 1], [1, 0, 0]]),
        ... )
        >>> stump([{"speed_m_per_s": 0.5}, {}]).tolist()
        [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]

        ```
    """

    names: tuple[str, ...]
    medians: np.ndarray
    roots: np.ndarray
    columns: np.ndarray
    thresholds: np.ndarray
    children: np.ndarray
    probabilities: np.ndarray
    distance: FeatureDistance | None = None

    def __call__(self, walks: Sequence[Parameters]) -> np.ndarray:
        """Predict the probabilities of the scores, the mean of each walk and its mirror image.

        Args:
            walks: Measured gait parameters of each walk, name → value. A parameter that is absent
                or None counts as the median of the training walks.

        Returns:
            (N, 3) float64 probabilities.
        """
        table = self.table(walks)
        return (self.predict(table) + self.predict(table[:, self._mirrored()])) / 2

    def table(self, walks: Sequence[Parameters]) -> np.ndarray:
        """Arrange gait parameters in the columns of the forest.

        Args:
            walks: Measured gait parameters of each walk, name → value.

        Returns:
            (N, P) float32 values, medians where not measured.
        """
        rows = [[walk.get(name) for name in self.names] for walk in walks]
        table = np.array(rows, dtype=np.float32).reshape(len(rows), len(self.names))
        return np.where(np.isnan(table), self.medians.astype(np.float32), table)

    def predict(self, table: np.ndarray) -> np.ndarray:
        """Predict the probabilities of the scores, without the mirror image.

        Args:
            table: (N, P) float32 values without gaps, from [`table`].

        Returns:
            (N, 3) float64 probabilities, the mean over trees.
        """
        nodes = np.tile(self.roots, (len(table), 1))
        walks = np.arange(len(table))[:, None]
        while True:
            right = table[walks, self.columns[nodes]] > self.thresholds[nodes]
            below = self.children[nodes, right.astype(int)]
            if np.array_equal(below, nodes):
                return self.probabilities[nodes].astype(float).mean(axis=1)
            nodes = below

    def _mirrored(self) -> list[int]:
        """Return for each column that of the other side."""
        return [self.names.index(other_side(name)) for name in self.names]

    def save(self, folder: str | Path) -> Path:
        """Write the forest next to a model.

        Args:
            folder: Folder of the model.

        Returns:
            The file that was written.
        """
        from safetensors.numpy import save_file

        arrays = {name: np.ascontiguousarray(getattr(self, name)) for name in _ARRAYS}
        arrays |= self.distance.arrays() if self.distance else {}
        path = Path(folder, FILE)
        with atomic_path(path) as draft:
            save_file(arrays, draft, metadata={"names": json.dumps(self.names)})
        return path

    @classmethod
    def load(cls, path: str | Path) -> ParameterForest:
        """Read a forest.

        Args:
            path: File that [`save`] wrote.

        Raises:
            ModelError: The file is damaged, or it is no parameter forest.
        """
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, framework="numpy") as file:
                names = tuple(json.loads((file.metadata() or {})["names"]))
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            parts = [arrays[name] for name in _ARRAYS]
            return cls(names, *parts, FeatureDistance.from_arrays(arrays))
        except (SafetensorError, KeyError, ValueError, TypeError, RecursionError) as error:
            raise ModelError(
                f"{path} is no parameter forest ({one_line(error)}): write it again "
                "with recipes/calibrate.py"
            ) from error


def other_side(name: str) -> str:
    """Return the gait parameter of the other side; a parameter of both sides is its own.

    Args:
        name: Name of a gait parameter.
    """
    for side, other in (("_left_", "_right_"), ("_right_", "_left_")):
        if side in name:
            return name.replace(side, other)
    return name


def load_parameter_forest(name_or_path: str) -> ParameterForest | None:
    """Load the parameter forest of a model.

    Args:
        name_or_path (`str`):
            Folder of the model, or name of its repository on the Hub.

    Returns:
        [`ParameterForest`]: The forest, or `None` if the model has none.

    Raises:
        ModelError: The file is damaged.

    Example:
        ```python
        >>> from agir_hf.assessment import load_parameter_forest
        >>> from pathlib import Path
        >>> Path("empty").mkdir()
        >>> load_parameter_forest("empty") is None
        True

        ```
    """
    if Path(name_or_path).is_dir():  # without transformers, whose import takes half a second
        path = Path(name_or_path, FILE)
        return ParameterForest.load(path) if path.is_file() else None
    from transformers.utils import cached_file

    path = cached_file(
        name_or_path,
        FILE,
        _raise_exceptions_for_gated_repo=False,
        _raise_exceptions_for_missing_entries=False,
        _raise_exceptions_for_connection_errors=False,
        token=download_token(),
    )
    return None if path is None else ParameterForest.load(path)


def forest_of(model: AgirForGaitAssessment) -> ParameterForest | None:
    """Return the parameter forest that was saved with a model; it is read once.

    Args:
        model: Model from a folder or from the Hub.

    Returns:
        The forest, or None for a model whose configuration has no limits of uncertainty.

    Raises:
        ModelError: The file is damaged.
    """
    if model not in _forests:
        name = model.name_or_path if model.config.uncertainty else ""
        _forests[model] = load_parameter_forest(name) if name else None
    return _forests[model]

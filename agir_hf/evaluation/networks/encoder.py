"""What the baseline networks have in common: clips in, embeddings out, public weights read."""

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

import torch
from torch import Tensor, nn

from .skeletons import VIEWS, check_clips, project, resample_frames, standard_walk, to_h36m

_PARALLEL = "module."  # torch's DataParallel puts it before every name


@dataclass(frozen=True)
class PublicWeights:
    """Where the weights of a network's authors are: project, address, file, and key in the file."""

    project: str
    address: str
    file: str
    key: str

    @property
    def advice(self) -> str:
        return f"download {self.file} of {self.project} as its README ({self.address}) says"


class ClipEncoder(nn.Module):
    """A network that embeds clips of joints.

    The forward pass takes ``clips``, (B, T, 22, 3) float32, metres, Y up, 20 fps, joints as in
    `agir_hf.humanml3d.JOINT_NAMES`, and returns (B, D) embeddings, pooled over joints and time.
    Where the walker is, heads, and how tall he is do not matter: see `skeletons.standard_walk`.

    Attributes:
        embedding_dim: D.
        public_weights: the authors' weights, None where none fit.
    """

    embedding_dim: int
    public_weights: ClassVar[PublicWeights | None] = None

    def forward(self, clips: Tensor) -> Tensor:
        raise NotImplementedError

    @staticmethod
    def rename(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Public weights under our names, without the head, which places joints in space."""
        raise NotImplementedError

    @staticmethod
    def sizes(state: Mapping[str, Tensor]) -> dict:
        """Arguments of the constructor, from the shapes of renamed public weights."""
        raise NotImplementedError

    @classmethod
    def from_public_weights(cls, path: str | Path, **options) -> Self:
        """The network with its authors' weights, in evaluation mode; sizes come from the file.

        The file is read with ``weights_only=True``: it cannot run code.

        Args:
            path: the downloaded file, see `public_weights`.
            options: further arguments of the constructor, such as ``views``.

        Raises:
            FileNotFoundError: with where to get the file.
            ValueError: if the file is another one, with the keys that do not fit; or for a network
                that no public weights fit.
        """
        if cls.public_weights is None:
            raise ValueError(f"no public weights fit {cls.__name__}: train it from scratch")
        state = cls.rename(read_public_weights(path, cls.public_weights))
        try:
            sizes = cls.sizes(state)
        except KeyError as error:
            raise ValueError(
                f"{path} has no key {error} after renaming, expected weights of {cls.__name__}: "
                f"{cls.public_weights.advice}"
            ) from error
        network = cls(**{**sizes, **options})
        load_strictly(network, state, f"{path}: {cls.public_weights.advice}")
        return network.eval()


class KeyPointEncoder(ClipEncoder):
    """A network that reads key points of 17 joints in an image, as those that lift poses do.

    Every view passes through the same network, and their embeddings stand side by side. Clips of
    another length than ``num_frames`` are resampled (linear), shorter ones too: none is padded.

    Args:
        num_frames: length of the clips that the network sees.
        views: of `skeletons.VIEWS`.
        keep_path: see `skeletons.standard_walk`.
        dim: of the embedding of one view.
    """

    def __init__(self, num_frames: int, views: tuple[str, ...], keep_path: bool, dim: int):
        super().__init__()
        if not views or not set(views) <= set(VIEWS):
            raise ValueError(f"views are {views}, expected some of {tuple(VIEWS)}")
        self.num_frames, self.views, self.keep_path = num_frames, tuple(views), keep_path
        self.embedding_dim = dim * len(views)

    def forward(self, clips: Tensor) -> Tensor:
        """(B, T, 22, 3) metres → (B, D): see `ClipEncoder`."""
        clips = resample_frames(check_clips(clips), self.num_frames)
        joints = to_h36m(standard_walk(clips, self.keep_path))
        points = torch.stack([project(joints, view) for view in self.views], dim=1)
        return self.embed(points.flatten(0, 1)).view(len(clips), self.embedding_dim)

    def embed(self, points: Tensor) -> Tensor:
        """(N, num_frames, 17, 2) key points → (N, dim)."""
        raise NotImplementedError


class _NotWeights:
    """Stands for whatever else of numpy's a checkpoint holds: nothing is called, nothing kept."""

    def __init__(self, *_):
        pass

    def __setstate__(self, _):
        pass


def read_public_weights(path: str | Path, source: PublicWeights) -> dict[str, Tensor]:
    """State dict in a checkpoint of a network's authors, without DataParallel's prefix.

    Raises:
        FileNotFoundError, ValueError: see `ClipEncoder.from_public_weights`.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"no file {path}: {source.advice}, or train from scratch")
    checkpoint = _load(path, source)
    state = checkpoint.get(source.key) if isinstance(checkpoint, dict) else None
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        held = sorted(map(str, checkpoint)) if isinstance(checkpoint, dict) else type(checkpoint)
        raise ValueError(
            f"{path} holds {held}, expected a state dict under {source.key!r}: {source.advice}"
        )
    return {name.removeprefix(_PARALLEL): value for name, value in state.items()}


def _load(path: str | Path, source: PublicWeights):
    """What a checkpoint holds, with numpy's numbers and random states in it passed over."""
    try:
        names = torch.serialization.get_unsafe_globals_in_checkpoint(path)
        foreign = [name for name in names if not name.startswith("numpy.")]
        if foreign:
            raise ValueError(f"it asks for {', '.join(sorted(foreign))}")
        with torch.serialization.safe_globals([(_NotWeights, name) for name in names]):
            return torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        raise ValueError(
            f"{path} could not be read as weights ({str(error).splitlines()[0]}), expected a file "
            f"of torch.save that holds tensors and plain containers: {source.advice}"
        ) from error


def load_strictly(network: nn.Module, state: Mapping[str, Tensor], origin: str) -> None:
    """Load a state dict whose keys and shapes must all fit.

    Raises:
        ValueError: with every key that is missing, unexpected or of another shape.
    """
    own = network.state_dict()
    reshaped = [
        f"{name} {tuple(state[name].shape)} instead of {tuple(own[name].shape)}"
        for name in own
        if name in state and state[name].shape != own[name].shape
    ]
    found = {
        "missing": [name for name in own if name not in state],
        "unexpected": [name for name in state if name not in own],
        "of another shape": reshaped,
    }
    if any(found.values()):
        told = "; ".join(f"{len(v)} {what}: {', '.join(v)}" for what, v in found.items() if v)
        raise ValueError(f"weights do not fit {type(network).__name__}, {told}. From {origin}")
    network.load_state_dict(state)

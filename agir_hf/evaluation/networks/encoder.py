"""Base classes of the baseline networks, and loading of their authors' weights."""

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

import torch
from torch import Tensor, nn

from .skeletons import VIEWS, check_clips, project, resample_frames, standard_walk, to_h36m

_PARALLEL = "module."  # prefix of every name in weights of torch's DataParallel


@dataclass(frozen=True)
class PublicWeights:
    """Source of the weights of a network's authors.

    Attributes:
        project: Name of the project.
        address: Address of its repository.
        file: Name of the file.
        key: Key of the state dict in the file.
    """

    project: str
    address: str
    file: str
    key: str

    @property
    def advice(self) -> str:
        """How to get the file, for error messages."""
        return f"download {self.file} of {self.project} as its README ({self.address}) says"


class ClipEncoder(nn.Module):
    """A network that embeds clips of joint positions.

    The forward pass takes clips of shape (B, T, 22, 3), float32, metres, Y up, 20 fps, joints as in
    `agir_hf.humanml3d.JOINT_NAMES`, and returns embeddings (B, D), pooled over joints and time.
    Position, heading and height of the subject have no effect: see `skeletons.standard_walk`.

    Attributes:
        embedding_dim: Width D of the embedding.
        public_weights: Source of the authors' weights. None where there are none for this skeleton.
    """

    embedding_dim: int
    public_weights: ClassVar[PublicWeights | None] = None

    def forward(self, clips: Tensor) -> Tensor:
        """Embed clips (B, T, 22, 3) in metres as (B, D)."""
        raise NotImplementedError

    def pretrain(self, clips: Tensor, steps: int, generator: torch.Generator) -> None:
        """Train the network without scores, before it is trained with them; by default not at all.

        Args:
            clips: Clips of the training subjects, shape (C, T, 22, 3), metres.
            steps: Updates of the training with scores.
            generator: Random generator on the CPU that draws the batches.
        """

    def num_outputs(self, num_classes: int) -> int:
        """Number of outputs of the layer on the embedding that is trained with the network."""
        return num_classes

    def score_loss(self, head: nn.Module, clips: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
        """Loss of a batch when the network is trained with scores.

        Args:
            head: Linear layer from the embedding to `num_outputs` numbers.
            clips: Clips of shape (B, T, 22, 3), metres.
            labels: Score of each clip, shape (B,), int64.
            weights: Weight of each score, shape (K,).

        Returns:
            Weighted cross-entropy, a scalar.
        """
        return nn.functional.cross_entropy(head(self(clips)), labels, weight=weights)

    @staticmethod
    def rename(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Rename public weights to the names of this module, and drop the head.

        Args:
            state: State dict of the authors' network.

        Returns:
            State dict of this network.
        """
        raise NotImplementedError

    @staticmethod
    def sizes(state: Mapping[str, Tensor]) -> dict:
        """Read the arguments of the constructor from the shapes of renamed public weights."""
        raise NotImplementedError

    @classmethod
    def from_public_weights(cls, path: str | Path, **options) -> Self:
        """Make the network with its authors' weights; sizes are read from the file.

        The file is read with `weights_only=True`, so it cannot run code.

        Args:
            path: The downloaded file, see `public_weights`.
            **options: Further arguments of the constructor, such as `views`.

        Returns:
            The network in evaluation mode.

        Raises:
            FileNotFoundError: The file is missing; the message says where to get it.
            ValueError: The file has other weights (the message lists the keys), or there are no
                public weights for this network.
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
    """A network that reads key points of 17 joints in an image, as pose lifting networks do.

    Every view passes through the same network, and the embeddings of the views are concatenated.
    Clips of another length than `num_frames` are resampled linearly; shorter clips are not padded.

    Args:
        num_frames: Length of the clips that the network reads.
        views: Names of `skeletons.VIEWS`.
        keep_path: Whether the path of the pelvis is kept, see `skeletons.standard_walk`.
        dim: Width of the embedding of one view.
    """

    def __init__(self, num_frames: int, views: tuple[str, ...], keep_path: bool, dim: int):
        super().__init__()
        if not views or not set(views) <= set(VIEWS):
            raise ValueError(f"views are {views}, expected some of {tuple(VIEWS)}")
        self.num_frames, self.views, self.keep_path = num_frames, tuple(views), keep_path
        self.embedding_dim = dim * len(views)

    def forward(self, clips: Tensor) -> Tensor:
        """Embed clips (B, T, 22, 3) in metres as (B, D)."""
        clips = resample_frames(check_clips(clips), self.num_frames)
        joints = to_h36m(standard_walk(clips, self.keep_path))
        points = torch.stack([project(joints, view) for view in self.views], dim=1)
        return self.embed(points.flatten(0, 1)).view(len(clips), self.embedding_dim)

    def embed(self, points: Tensor) -> Tensor:
        """Embed key points (N, num_frames, 17, 2) as (N, dim)."""
        raise NotImplementedError


class _NotWeights:
    """Replaces numpy objects in a checkpoint, so that none of their code runs."""

    def __init__(self, *_):
        pass

    def __setstate__(self, _):
        pass


def read_public_weights(path: str | Path, source: PublicWeights) -> dict[str, Tensor]:
    """Read the state dict in a checkpoint of a network's authors.

    Args:
        path: Checkpoint file.
        source: Source of the weights.

    Returns:
        State dict without the prefix of DataParallel.

    Raises:
        FileNotFoundError: The file is missing.
        ValueError: The file is not a checkpoint of tensors, or has no state dict under the key.
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
    """Load a checkpoint; numbers and random states of numpy in it are ignored."""
    try:
        names = torch.serialization.get_unsafe_globals_in_checkpoint(path)
        foreign = [name for name in names if not name.startswith("numpy.")]
        if foreign:
            raise ValueError(f"it needs {', '.join(sorted(foreign))}")
        with torch.serialization.safe_globals([(_NotWeights, name) for name in names]):
            return torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        raise ValueError(
            f"{path} could not be read as weights ({str(error).splitlines()[0]}), expected a file "
            f"of torch.save that holds tensors and plain containers: {source.advice}"
        ) from error


def load_strictly(network: nn.Module, state: Mapping[str, Tensor], origin: str) -> None:
    """Load a state dict whose keys and shapes must all fit.

    Args:
        network: Network to load into.
        state: State dict.
        origin: Source of the weights, for the error message.

    Raises:
        ValueError: Keys are missing or unexpected, or tensors have another shape; the message lists
            all of them.
    """
    own = network.state_dict()
    reshaped = [
        f"{name} {tuple(state[name].shape)} instead of {tuple(own[name].shape)}"
        for name in own
        if name in state and state[name].shape != own[name].shape
    ]
    problems = {
        "missing": [name for name in own if name not in state],
        "unexpected": [name for name in state if name not in own],
        "of another shape": reshaped,
    }
    if any(problems.values()):
        text = "; ".join(f"{len(v)} {kind}: {', '.join(v)}" for kind, v in problems.items() if v)
        raise ValueError(f"weights do not fit {type(network).__name__}, {text}. From {origin}")
    network.load_state_dict(state)

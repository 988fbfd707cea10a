"""Skeleton networks on the same clips: trained on some subjects, frozen, and embedded."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from ..networks.encoder import ClipEncoder
from ..networks.motionagformer import MotionAGFormer
from ..networks.poseformerv2 import PoseFormerV2
from ..networks.stgcn import STGCN
from .linear_probe import CLIP_FRAMES, class_weights

NETWORKS: dict[str, type[ClipEncoder]] = {
    "ST-GCN": STGCN,
    "MotionAGFormer": MotionAGFormer,
    "PoseFormerV2": PoseFormerV2,
}
_STEPS, _BATCH, _LEARNING_RATE = 200, 32, 1e-3


def network_embeddings(
    network: type[ClipEncoder],
    clips: Sequence[np.ndarray],
    labels: np.ndarray,
    learnt: np.ndarray,
    weights: str | Path | None = None,
    steps: int | None = None,
    seed: int = 0,
) -> np.ndarray:
    """Embeddings (C, D) of all clips by a network that knows some of them at most.

    With its authors' weights it is frozen as it comes. Without, it is trained from scratch with a
    linear layer on top, for a fixed number of steps, on the clips that are to be learnt from.

    Args:
        clips: joints (T, 22, 3) each, metres, Y up, 20 fps; shorter ones stand still at the end.
        labels: (C,) class of each clip.
        learnt: (C,) bool, which may be learnt from.
        weights: file of the authors' weights.
        steps: of 32 clips; 200 by default.

    Raises:
        FileNotFoundError: ``weights`` are not there; says where to get them.
    """
    torch.manual_seed(seed)
    stacked = torch.stack([_whole(clip) for clip in clips])
    if weights is not None:
        return _embedded(network.from_public_weights(weights), stacked)
    encoder = network()
    classes = int(labels.max()) + 1
    head = nn.Linear(encoder.embedding_dim, classes)
    known = torch.from_numpy(np.flatnonzero(learnt))
    truth = torch.from_numpy(np.asarray(labels, dtype=np.int64))
    loss_weights = class_weights(labels[learnt], classes)
    parameters = [*encoder.parameters(), *head.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=_LEARNING_RATE, weight_decay=0.01)
    generator = torch.Generator().manual_seed(seed)
    encoder.train()
    for _ in range(_STEPS if steps is None else steps):
        batch = known[torch.randint(len(known), (_BATCH,), generator=generator)]
        optimizer.zero_grad()
        logits = head(encoder(stacked[batch]))
        F.cross_entropy(logits, truth[batch], weight=loss_weights).backward()
        optimizer.step()
    return _embedded(encoder, stacked)


def _whole(clip: np.ndarray) -> torch.Tensor:
    """(54, 22, 3): the last frame again where a clip is shorter."""
    places = np.minimum(np.arange(CLIP_FRAMES), len(clip) - 1)
    return torch.from_numpy(np.asarray(clip, np.float32)[places])


@torch.no_grad()
def _embedded(encoder: Callable, clips: torch.Tensor) -> np.ndarray:
    encoder.eval()
    return torch.cat([encoder(some) for some in clips.split(128)]).numpy()

"""Embeddings of clips by skeleton networks, trained on some subjects and then frozen."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from ..networks.encoder import ClipEncoder
from ..networks.motionagformer import MotionAGFormer
from ..networks.pdstgcn import PDSTGCN
from ..networks.poseformerv2 import PoseFormerV2
from ..networks.stgcn import STGCN
from .linear_probe import CLIP_FRAMES, class_weights

NETWORKS: dict[str, type[ClipEncoder]] = {
    "ST-GCN": STGCN,
    "PD-STGCN": PDSTGCN,
    "MotionAGFormer": MotionAGFormer,
    "PoseFormerV2": PoseFormerV2,
}
_STEPS, _BATCH, _LEARNING_RATE = 200, 32, 1e-3


def network_embeddings(
    network: type[ClipEncoder],
    clips: Sequence[np.ndarray],
    labels: np.ndarray,
    in_training: np.ndarray,
    weights: str | Path | None = None,
    steps: int | None = None,
    seed: int = 0,
    device: torch.device | str = "cpu",
) -> np.ndarray:
    """Embed all clips with a network that was trained on some of them, or on none.

    With its authors' weights the network is used without training. Otherwise it is trained from
    scratch with a linear layer on top, for a fixed number of steps; a network with a pre-training
    (PD-STGCN) is first trained without scores for the same number of steps.

    Args:
        network: Class of the network.
        clips: Joint positions of each clip, shape (T, 22, 3), metres, Y up, 20 fps. The last frame
            of shorter clips is repeated.
        labels: Class of each clip, shape (C,).
        in_training: Whether a clip may be trained on, shape (C,), bool.
        weights: File of the authors' weights. None trains the network.
        steps: Updates with batches of 32 clips; 200 by default.
        seed: Seed of the random generators. Weights at the start and batches are drawn on the CPU,
            so that they are the same on every device.
        device: Device on which the network is trained and used.

    Returns:
        Embeddings of shape (C, D), float32 on the CPU.

    Raises:
        FileNotFoundError: The file of weights is missing; the message says where to get it.
    """
    torch.manual_seed(seed)
    stacked = torch.stack([_padded(clip) for clip in clips]).to(device)
    if weights is not None:
        return _embedded(network.from_public_weights(weights).to(device), stacked)
    encoder = network()
    classes = int(labels.max()) + 1
    head = nn.Linear(encoder.embedding_dim, encoder.num_outputs(classes)).to(device)
    encoder = encoder.to(device)
    train = torch.from_numpy(np.flatnonzero(in_training))
    truth = torch.from_numpy(np.asarray(labels, dtype=np.int64)).to(device)
    loss_weights = class_weights(labels[in_training], classes).to(device)
    parameters = [*encoder.parameters(), *head.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=_LEARNING_RATE, weight_decay=0.01)
    generator = torch.Generator().manual_seed(seed)
    steps = _STEPS if steps is None else steps
    encoder.pretrain(stacked[train.to(device)], steps, generator)
    encoder.train()
    for _ in range(steps):
        batch = train[torch.randint(len(train), (_BATCH,), generator=generator)].to(device)
        optimizer.zero_grad()
        encoder.score_loss(head, stacked[batch], truth[batch], loss_weights).backward()
        optimizer.step()
    return _embedded(encoder, stacked)


def _padded(clip: np.ndarray) -> torch.Tensor:
    """(54, 22, 3): the clip, with its last frame repeated where it is shorter."""
    frames = np.minimum(np.arange(CLIP_FRAMES), len(clip) - 1)
    return torch.from_numpy(np.asarray(clip, np.float32)[frames])


@torch.no_grad()
def _embedded(encoder: Callable, clips: torch.Tensor) -> np.ndarray:
    encoder.eval()
    return torch.cat([encoder(batch).float() for batch in clips.split(128)]).cpu().numpy()

"""PD-STGCN: ST-GCN with pre-training by prediction of joints and regression of the gait score.

A reimplementation of what Sabo, Mehdizadeh, Iaboni and Taati changed in ST-GCN, "Estimating
Parkinsonism Severity in Natural Gait Videos of Older Adults with Dementia", 2021
(arXiv:2105.03464), with the sizes of their public settings for joints in 3D
(github.com/TaatiTeam/stgcn_parkinsonism_prediction, MIT): four units of 32, 32, 64 and 64 channels,
13 frames over time, 13 joints, a pre-training that predicts the positions of wrists and ankles 15
frames after the clip with the Wing loss, and a regression of the score with weights of the classes
and a mirror term. Different here: 20 instead of 30 frames per second, so that the prediction is 10
frames (0.5 s) ahead; no first epochs on the extreme scores only; AdamW instead of cyclic SGD. Their
weights do not fit, because they read another camera's joints. The network is a research baseline,
not a clinical tool.
"""

import math
from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from ...humanml3d import JOINT_NAMES, OTHER_SIDE
from .skeletons import Edges, standard_walk
from .stgcn import STGCN

UNITS = ((32, 1), (32, 1), (64, 2), (64, 1))  # (channels, stride over time) of each unit
PREDICTED = ("left_wrist", "right_wrist", "left_ankle", "right_ankle")
FRAMES_AHEAD = 10  # 0.5 s at 20 fps
BATCH, LEARNING_RATE = 32, 1e-3
_UNITS_PER_HEIGHT = 100  # the Wing loss is made for coordinates of about one hundred
_PAIRS = [
    f"{side}_{part}"
    for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    for side in ("left", "right")
]


def wing_loss(predicted: Tensor, target: Tensor, omega: float = 10, epsilon: float = 2) -> Tensor:
    """Wing loss: ω ln(1 + |d|/ε) for |d| < ω, and |d| - C beyond, which continues it.

    Source: Feng et al. 2018 (Wing Loss for Robust Facial Landmark Localisation), with ω and ε of
    PD-STGCN's public code.

    Args:
        predicted: Predicted coordinates.
        target: True coordinates of the same shape.
        omega: Limit ω between the two parts, in the unit of the coordinates.
        epsilon: Curvature ε of the inner part, in the same unit.

    Returns:
        Mean over all coordinates, a scalar.
    """
    distance = (target - predicted).abs()
    offset = omega - omega * math.log1p(omega / epsilon)
    inner = omega * torch.log1p(distance / epsilon)
    return torch.where(distance < omega, inner, distance - offset).mean()


class PDSTGCN(STGCN):
    """PD-STGCN over 13 joints in 3D, for clips of any length.

    Args:
        units: Channels and stride over time of each unit.
        window: Frames of a convolution over time, odd.
        dropout: Dropout rate after each convolution over time.
        keep_path: Whether the path of the pelvis is kept, see `skeletons.standard_walk`.
    """

    joints: ClassVar[tuple[int, ...]] = tuple(JOINT_NAMES.index(n) for n in ("head", *_PAIRS))
    # head to both shoulders, across, along the arms, down the sides of the trunk, along the legs
    edges: ClassVar[Edges] = (
        (0, 1), (0, 2), (1, 2), (1, 3), (2, 4), (3, 5), (4, 6), (1, 7), (2, 8), (7, 8), (7, 9),
        (8, 10), (9, 11), (10, 12),
    )  # fmt: skip

    def __init__(
        self,
        units: Sequence[tuple[int, int]] = UNITS,
        window: int = 13,
        dropout: float = 0.2,
        keep_path: bool = False,
    ):
        super().__init__(units, window, dropout, keep_path)

    def pretrain(self, clips: Tensor, steps: int, generator: torch.Generator) -> None:
        """Predict wrists and ankles 0.5 s after the first frames of each clip.

        Args:
            clips: Clips of the training subjects, shape (C, T, 22, 3), metres; clips of at most 10
                frames are too short, and nothing is trained.
            steps: Updates.
            generator: Random generator on the CPU that draws the batches.
        """
        seen = clips.shape[1] - FRAMES_AHEAD
        if seen < 1:
            return
        walks = standard_walk(clips, self.keep_path)
        future = walks[:, -1, [JOINT_NAMES.index(name) for name in PREDICTED]].flatten(1)
        head = nn.Linear(self.embedding_dim, future.shape[1]).to(clips)
        optimizer = torch.optim.AdamW(
            [*self.parameters(), *head.parameters()], lr=LEARNING_RATE, weight_decay=0.01
        )
        self.train()
        for _ in range(steps):
            batch = torch.randint(len(walks), (BATCH,), generator=generator).to(clips.device)
            optimizer.zero_grad()
            predicted = head(self.embed(walks[batch, :seen])) * _UNITS_PER_HEIGHT
            wing_loss(predicted, future[batch] * _UNITS_PER_HEIGHT).backward()
            optimizer.step()

    def num_outputs(self, num_classes: int) -> int:
        """One output, the score as a number."""
        return 1

    def score_loss(self, head: nn.Module, clips: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
        """Squared error of the score, weighted by class, and difference from the mirrored clip.

        Args:
            head: Linear layer from the embedding to one number.
            clips: Clips of shape (B, T, 22, 3), metres.
            labels: Score of each clip, shape (B,), int64.
            weights: Weight of each score, shape (K,).

        Returns:
            Mean over the batch, a scalar.
        """
        flipped = clips[:, :, OTHER_SIDE] * clips.new_tensor([-1, 1, 1])
        predicted, mirrored = head(self(torch.cat([clips, flipped])))[:, 0].chunk(2)
        weighted = weights.to(predicted)[labels] * (predicted - labels) ** 2
        return (weighted + (predicted - mirrored) ** 2).mean()

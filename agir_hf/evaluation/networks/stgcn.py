"""ST-GCN: convolutions over the graph of the bones and over time.

A small reimplementation of Yan, Xiong and Lin, "Spatial Temporal Graph Convolutional Networks for
Skeleton-Based Action Recognition", AAAI 2018. Not implemented: the uniform partition and the
partition by distance, and data augmentation. `pdstgcn` has the changes for Parkinsonian gait. The
network is a research baseline, not a clinical tool.
"""

from collections.abc import Sequence
from typing import ClassVar, Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .encoder import ClipEncoder
from .skeletons import (
    EDGES,
    NUM_JOINTS,
    Edges,
    adjacency_matrix,
    check_clips,
    normalised,
    standard_walk,
)

# (channels, stride over time) of each unit of the paper
PAPER_UNITS = ((64, 1),) * 3 + ((128, 2), (128, 1), (128, 1)) + ((256, 2), (256, 1), (256, 1))
PAPER_DROPOUT = 0.5
SMALL_UNITS = ((16, 1), (32, 2), (64, 2))


def spatial_partition(edges: Edges, num_nodes: int, root: int = 0) -> Tensor:
    """Split the normalised adjacency by the position of the neighbour; row i gathers for node i.

    The parts are: the node itself, neighbours nearer to the root, and neighbours that are as far or
    farther (the paper's spatial configuration partitioning, with the number of bones to the pelvis
    as distance from the centre of gravity). The parts add up to D^-1/2 (A + I) D^-1/2. The paper
    normalises each part by itself, which would divide by degrees near zero.

    Args:
        edges: Pairs of joined nodes.
        num_nodes: Number of nodes N.
        root: Index of the root.

    Returns:
        Adjacency of the three parts, shape (3, N, N).
    """
    whole = normalised(adjacency_matrix(edges, num_nodes) + torch.eye(num_nodes))
    steps = _steps_from(root, adjacency_matrix(edges, num_nodes))
    own = torch.eye(num_nodes, dtype=torch.bool)
    nearer = steps[None, :] < steps[:, None]
    return torch.stack([whole * part for part in (own, nearer, ~(own | nearer))])


def _steps_from(root: int, adjacency: Tensor) -> Tensor:
    """(N,) number of edges between each node and the root; N where they are not connected."""
    steps = torch.full((len(adjacency),), len(adjacency))
    reached = torch.arange(len(adjacency)) == root
    for step in range(len(adjacency)):
        steps[reached & (steps > step)] = step
        reached = reached | (adjacency[reached] > 0).any(0)
    return steps


class GraphConvolution(nn.Module):
    """A convolution over the neighbours in one frame, (B, C, T, N) → (B, C', T, N).

    f_out = Σ_k (A_k ⊗ M_k) f_in W_k over the parts k of the adjacency, with learned importance M of
    each edge (ST-GCN, implementation with several subsets).

    Args:
        in_channels: Number of channels C.
        out_channels: Number of channels C'.
        partition: Adjacency of the parts, shape (K, N, N).
    """

    def __init__(self, in_channels: int, out_channels: int, partition: Tensor):
        super().__init__()
        self.weights = nn.Conv2d(in_channels, len(partition) * out_channels, 1, bias=False)
        self.importance = nn.Parameter(torch.ones_like(partition))
        self.register_buffer("partition", partition, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve features (B, C, T, N)."""
        features = self.weights(x).unflatten(1, (len(self.partition), -1))
        edges = self.partition * self.importance
        return torch.einsum("bkctj,kij->bcti", features, edges)


class Unit(nn.Module):
    """Graph convolution and convolution over time, with a residual connection, (B, C, T, N).

    Args:
        channels: Numbers of input and output channels.
        stride: Stride over time.
        partition: Adjacency of the parts, shape (K, N, N).
        window: Frames of the convolution over time, odd.
        dropout: Dropout rate after the convolution over time.
        residual: Whether the input is added to the output.
    """

    def __init__(
        self,
        channels: tuple[int, int],
        stride: int,
        partition: Tensor,
        window: int,
        dropout: float,
        residual: bool,
    ):
        super().__init__()
        before, after = channels
        self.over_joints = GraphConvolution(before, after, partition)
        self.norm = nn.BatchNorm2d(after)
        self.over_time = nn.Sequential(
            nn.Conv2d(after, after, (window, 1), (stride, 1), (window // 2, 0), bias=False),
            nn.BatchNorm2d(after),
            nn.Dropout(dropout),
        )
        self.residual = None
        if residual:
            same = before == after and stride == 1
            self.residual = nn.Identity() if same else _matched(before, after, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Transform features (B, C, T, N)."""
        mixed = self.over_time(F.relu(self.norm(self.over_joints(x))))
        return F.relu(mixed if self.residual is None else mixed + self.residual(x))


def _matched(before: int, after: int, stride: int) -> nn.Sequential:
    convolution = nn.Conv2d(before, after, 1, (stride, 1), bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(after))


class STGCN(ClipEncoder):
    """ST-GCN over the 22 joints in 3D, for clips of any length.

    The defaults are a small network for training from scratch on a CPU. There are no public
    weights for this skeleton.

    Args:
        units: Channels and stride over time of each unit; the first has no residual connection.
        window: Frames of a convolution over time, odd.
        dropout: Dropout rate after each convolution over time.
        keep_path: Whether the path of the pelvis is kept, see `skeletons.standard_walk`.

    Attributes:
        joints: Joints that the network reads, as indices of the 22 joints.
        edges: Pairs of joined nodes; a node is a position in `joints`.
        root: Node from which the spatial partition counts.
    """

    joints: ClassVar[tuple[int, ...]] = tuple(range(NUM_JOINTS))
    edges: ClassVar[Edges] = EDGES
    root: ClassVar[int] = 0

    def __init__(
        self,
        units: Sequence[tuple[int, int]] = SMALL_UNITS,
        window: int = 9,
        dropout: float = 0.1,
        keep_path: bool = False,
    ):
        super().__init__()
        if window % 2 == 0:
            raise ValueError(f"window is {window}, expected an odd number of frames")
        self.keep_path = keep_path
        self.norm = nn.BatchNorm1d(len(self.joints) * 3)
        partition = spatial_partition(self.edges, len(self.joints), self.root)
        channels = [3, *(width for width, _ in units)]
        self.units = nn.Sequential(*(
            Unit((channels[i], width), stride, partition.clone(), window, dropout, residual=i > 0)
            for i, (width, stride) in enumerate(units)
        ))  # fmt: skip
        self.embedding_dim = channels[-1]

    @classmethod
    def paper_size(cls, **options) -> Self:
        """Make a network with the nine units of the paper, for a GPU."""
        return cls(**{"units": PAPER_UNITS, "dropout": PAPER_DROPOUT, **options})

    def forward(self, clips: Tensor) -> Tensor:
        """Embed clips (B, T, 22, 3) in metres as (B, D)."""
        return self.embed(standard_walk(check_clips(clips), self.keep_path))

    def embed(self, walks: Tensor) -> Tensor:
        """Embed walks (B, T, 22, 3) of `skeletons.standard_walk` as (B, D)."""
        joints = walks[:, :, list(self.joints)]
        normal = self.norm(joints.flatten(2).mT)  # B, joint and xyz, T
        normal = normal.unflatten(1, (len(self.joints), 3))  # B, joint, xyz, T
        return self.units(normal.permute(0, 2, 3, 1)).mean(dim=(2, 3))

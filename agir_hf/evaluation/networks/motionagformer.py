"""MotionAGFormer: a stream of attention and one of graph convolutions, fused.

A small reimplementation from the paper, Mehraban, Adeli and Taati, "MotionAGFormer: Enhancing 3D
Human Pose Estimation with a Transformer-GCNFormer Network", WACV 2024. The network was made to lift
2D poses of Human3.6M at 50 fps; here its motion representation is the embedding of a walk at 20
fps, a baseline of research, no clinical finding. Left out: the head that places joints in space,
the variants of the paper's ablation, and dropout, which the authors do not use.

Public weights fit (`MotionAGFormer.from_public_weights`). They were trained on where a detector
found joints in perspective images; the orthographic view of joints here is near that, not the same.
"""

from collections.abc import Mapping
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .attention import FeedForward, SelfAttention
from .encoder import KeyPointEncoder, PublicWeights
from .skeletons import H36M_EDGES, NUM_H36M_JOINTS, adjacency_matrix, normalised

# the authors' sizes: extra small, small, base, large
PUBLIC_SIZES: dict[str, dict[str, int]] = {
    "xs": {"num_layers": 12, "dim": 64, "num_frames": 27},
    "s": {"num_layers": 26, "dim": 64, "num_frames": 81},
    "b": {"num_layers": 16, "dim": 128, "num_frames": 243},
    "l": {"num_layers": 26, "dim": 128, "num_frames": 243},
}
_PUBLIC = {
    "representation_dim": 512,
    "num_heads": 8,
    "mlp_ratio": 4,
    "num_neighbours": 2,
    "layer_scale": 1e-5,
    "public_graph": True,
}
# in the authors' graph these joints do not gather from these, though the bones are there:
# pelvis from left hip, thorax from the shoulders
_PUBLIC_GAPS = ((0, 4), (8, 11), (8, 14))
_RENAMED = (
    (".mixer.U.", ".mixer.own."),
    (".mixer.V.", ".mixer.neighbours."),
    ("rep_logit.fc.", "representation."),
)
_HEAD = "head."


def skeleton_adjacency(public_graph: bool = False) -> Tensor:
    """(17, 17) normalised adjacency of Human3.6M's skeleton; row i gathers for joint i.

    Args:
        public_graph: True leaves out what the authors' graph lacks, as their weights expect.
    """
    adjacency = adjacency_matrix(H36M_EDGES, NUM_H36M_JOINTS)
    if public_graph:
        for joint, neighbour in _PUBLIC_GAPS:
            adjacency[joint, neighbour] = 0
    return normalised(adjacency)


def similar_frames(x: Tensor, num_neighbours: int) -> Tensor:
    """(…, T, T): 1 where a frame is among the most similar to the row's, by scalar product.

    A frame is among its own candidates. Frames as similar as the last one taken are taken as well.

    Args:
        x: (…, T, C) features of each frame.
        num_neighbours: how many to take, at most T.
    """
    similarity = x @ x.mT
    last = similarity.topk(min(num_neighbours, x.shape[-2]), dim=-1).values[..., -1:]
    return (similarity >= last).to(x.dtype)


class GraphConvolution(nn.Module):
    """σ(X + BatchNorm(Ã X W_1 + X W_2)) over N nodes, (B, G, N, C) → (B, G, N, C)."""

    def __init__(self, dim: int, num_nodes: int):
        super().__init__()
        self.own = nn.Linear(dim, dim)
        self.neighbours = nn.Linear(dim, dim)
        self.batch_norm = nn.BatchNorm1d(num_nodes)
        for layer in (self.own, self.neighbours):
            nn.init.kaiming_normal_(layer.weight)

    def adjacency(self, x: Tensor) -> Tensor:
        """Normalised adjacency, (…, N, N), to multiply (B, G, N, C) by."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        gathered = self.adjacency(x) @ self.neighbours(x) + self.own(x)
        return F.relu(x + self.batch_norm(gathered.flatten(0, 1)).view(x.shape))


class SpatialGraph(GraphConvolution):
    """A graph convolution along the bones; G is frames, N is joints."""

    def __init__(self, dim: int, adjacency: Tensor):
        super().__init__(dim, len(adjacency))
        self.register_buffer("bones", adjacency, persistent=False)

    def adjacency(self, x: Tensor) -> Tensor:
        return self.bones


class TemporalGraph(GraphConvolution):
    """A graph convolution among similar frames of a joint; G is joints, N is frames."""

    def __init__(self, dim: int, num_frames: int, num_neighbours: int):
        super().__init__(dim, num_frames)
        self.num_neighbours = num_neighbours

    def adjacency(self, x: Tensor) -> Tensor:
        return normalised(similar_frames(x, self.num_neighbours))


class Mixing(nn.Module):
    """A mixer of joints or frames and a feed-forward layer, each scaled and added to its input.

    (B, T, J, C) → (B, T, J, C). The scale of each channel is learned (LayerScale, Touvron et al.
    2021); it starts at ``layer_scale``.
    """

    def __init__(self, dim: int, mixer: nn.Module, over_time: bool, hidden: int, scale: float):
        super().__init__()
        self.over_time = over_time
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.mixer = mixer
        self.mlp = FeedForward(dim, hidden)
        self.layer_scale_1 = nn.Parameter(torch.full((dim,), scale))
        self.layer_scale_2 = nn.Parameter(torch.full((dim,), scale))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.layer_scale_1 * self._mixed(self.norm1(x))
        return x + self.layer_scale_2 * self.mlp(self.norm2(x))

    def _mixed(self, x: Tensor) -> Tensor:
        if self.over_time:
            return self.mixer(x.transpose(1, 2)).transpose(1, 2)
        return self.mixer(x)


class DualStream(nn.Module):
    """Attention and graph convolution side by side, first over joints, then over frames.

    Their outputs are weighed per frame and joint: softmax(W [X_attention, X_graph]), the paper's
    adaptive fusion.
    """

    def __init__(
        self,
        dim: int,
        num_frames: int,
        num_heads: int,
        num_neighbours: int,
        hidden: int,
        scale: float,
        bones: Tensor,
    ):
        super().__init__()

        def mixing(mixer: nn.Module, over_time: bool) -> Mixing:
            return Mixing(dim, mixer, over_time, hidden, scale)

        self.att_spatial = mixing(SelfAttention(dim, num_heads, bias=False), over_time=False)
        self.att_temporal = mixing(SelfAttention(dim, num_heads, bias=False), over_time=True)
        self.graph_spatial = mixing(SpatialGraph(dim, bones), over_time=False)
        self.graph_temporal = mixing(TemporalGraph(dim, num_frames, num_neighbours), over_time=True)
        self.fusion = nn.Linear(2 * dim, 2)
        nn.init.zeros_(self.fusion.weight)  # both streams count alike at first
        nn.init.zeros_(self.fusion.bias)

    def forward(self, x: Tensor) -> Tensor:
        attention = self.att_temporal(self.att_spatial(x))
        graph = self.graph_temporal(self.graph_spatial(x))
        share = self.fusion(torch.cat([attention, graph], dim=-1)).softmax(dim=-1)
        return share[..., :1] * attention + share[..., 1:] * graph


class MotionAGFormer(KeyPointEncoder):
    """MotionAGFormer over key points of 17 joints, seen from the side by default.

    Joints (x, y, confidence 1) are embedded, pass through the dual streams, and give tanh(W x) of
    each frame and joint, whose mean is the embedding. Frames carry no place in time: the network
    knows their order only by the batch norm of its graphs over time, once trained. The defaults are
    a small network for training from scratch on a CPU; `public_size` gives the authors' sizes.

    Args:
        num_layers, dim, num_heads, mlp_ratio: of the streams.
        representation_dim: width of the embedding of one view.
        num_neighbours: similar frames that a frame gathers from, itself among them.
        layer_scale: at the start. 0.1 suits shallow networks (Touvron et al. 2021), the authors of
            MotionAGFormer take 1e-5.
        public_graph: see `skeleton_adjacency`.
        num_frames, views, keep_path: see `KeyPointEncoder`.
    """

    public_weights = PublicWeights(
        "MotionAGFormer",
        "https://github.com/TaatiTeam/MotionAGFormer",
        "motionagformer-{xs,s,b,l}-h36m.pth.tr",
        "model",
    )

    def __init__(
        self,
        num_layers: int = 2,
        dim: int = 32,
        representation_dim: int = 64,
        num_heads: int = 2,
        mlp_ratio: int = 2,
        num_neighbours: int = 2,
        layer_scale: float = 0.1,
        public_graph: bool = False,
        num_frames: int = 54,
        views: tuple[str, ...] = ("side",),
        keep_path: bool = False,
    ):
        super().__init__(num_frames, views, keep_path, representation_dim)
        self.joints_embed = nn.Linear(3, dim)
        self.pos_embed = nn.Parameter(torch.zeros(1, NUM_H36M_JOINTS, dim))
        nn.init.trunc_normal_(self.pos_embed, std=0.02)
        bones = skeleton_adjacency(public_graph)
        self.layers = nn.Sequential(*(
            DualStream(
                dim, num_frames, num_heads, num_neighbours, mlp_ratio * dim, layer_scale,
                bones.clone(),
            )
            for _ in range(num_layers)
        ))  # fmt: skip
        self.norm = nn.LayerNorm(dim)
        self.representation = nn.Linear(dim, representation_dim)

    @classmethod
    def public_size(cls, size: str, **options) -> Self:
        """A size of the authors', "xs", "s", "b" or "l", with weights drawn at random."""
        if size not in PUBLIC_SIZES:
            raise ValueError(f"size is {size!r}, expected one of {tuple(PUBLIC_SIZES)}")
        return cls(**{**_PUBLIC, **PUBLIC_SIZES[size], **options})

    @staticmethod
    def rename(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Public names → ours, without the head.

        The graph's U is ``own``, its V ``neighbours``, and rep_logit.fc is ``representation``.
        """
        renamed = {name: value for name, value in state.items() if not name.startswith(_HEAD)}
        for old, new in _RENAMED:
            renamed = {name.replace(old, new): value for name, value in renamed.items()}
        return renamed

    @staticmethod
    def sizes(state: Mapping[str, Tensor]) -> dict:
        dim = state["joints_embed.weight"].shape[0]
        return {
            **_PUBLIC,
            "num_layers": len({n.split(".")[1] for n in state if n.startswith("layers.")}),
            "dim": dim,
            "representation_dim": state["representation.weight"].shape[0],
            "mlp_ratio": state["layers.0.att_spatial.mlp.fc1.weight"].shape[0] // dim,
            "num_frames": len(state["layers.0.graph_temporal.mixer.batch_norm.weight"]),
        }

    def embed(self, points: Tensor) -> Tensor:
        """(N, num_frames, 17, 2) key points → (N, representation_dim)."""
        seen = torch.cat([points, torch.ones_like(points[..., :1])], dim=-1)
        x = self.layers(self.joints_embed(seen) + self.pos_embed)
        return self.representation(self.norm(x)).tanh().mean(dim=(1, 2))

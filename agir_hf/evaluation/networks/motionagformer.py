"""MotionAGFormer: two parallel streams, attention and graph convolutions.

A small reimplementation of Mehraban, Adeli and Taati, "MotionAGFormer: Enhancing 3D Human Pose
Estimation with a Transformer-GCNFormer Network", WACV 2024. The network was made to lift 2D poses
of Human3.6M at 50 fps; here its motion representation is the embedding of a walk at 20 fps, a
research baseline and not a clinical tool. Not implemented: the head that predicts 3D joints, the
variants of the paper's ablation, and dropout, which the authors do not use.

The authors' weights can be loaded (`MotionAGFormer.from_public_weights`). They were trained on
detected joints in perspective images; the orthographic projection here is similar, not equal.
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
# Edges that the authors' graph lacks in one direction, although the bones exist: pelvis from left
# hip, thorax from the shoulders.
_PUBLIC_GAPS = ((0, 4), (8, 11), (8, 14))
_RENAMED = (
    (".mixer.U.", ".mixer.own."),
    (".mixer.V.", ".mixer.neighbours."),
    ("rep_logit.fc.", "representation."),
)
_HEAD = "head."


def skeleton_adjacency(public_graph: bool = False) -> Tensor:
    """Make the normalised adjacency of Human3.6M's skeleton; row i gathers for joint i.

    Args:
        public_graph: Whether to leave out the edges that the authors' graph lacks. Their weights
            need it.

    Returns:
        Matrix of shape (17, 17).
    """
    adjacency = adjacency_matrix(H36M_EDGES, NUM_H36M_JOINTS)
    if public_graph:
        for joint, neighbour in _PUBLIC_GAPS:
            adjacency[joint, neighbour] = 0
    return normalised(adjacency)


def similar_frames(x: Tensor, num_neighbours: int) -> Tensor:
    """Find the most similar frames of each frame, by scalar product.

    The frame itself is a candidate. Frames with the same similarity as the last one selected are
    selected too.

    Args:
        x: Features of each frame, shape (…, T, C).
        num_neighbours: Number of frames to select, at most T.

    Returns:
        Matrix of shape (…, T, T), 1 where the column's frame is selected for the row's frame.
    """
    similarity = x @ x.mT
    last = similarity.topk(min(num_neighbours, x.shape[-2]), dim=-1).values[..., -1:]
    return (similarity >= last).to(x.dtype)


class GraphConvolution(nn.Module):
    """Graph convolution σ(X + BatchNorm(Ã X W_1 + X W_2)), (B, G, N, C) → (B, G, N, C).

    Args:
        dim: Number of channels C.
        num_nodes: Number of nodes N.
    """

    def __init__(self, dim: int, num_nodes: int):
        super().__init__()
        self.own = nn.Linear(dim, dim)
        self.neighbours = nn.Linear(dim, dim)
        self.batch_norm = nn.BatchNorm1d(num_nodes)
        for layer in (self.own, self.neighbours):
            nn.init.kaiming_normal_(layer.weight)

    def adjacency(self, x: Tensor) -> Tensor:
        """Compute the normalised adjacency (…, N, N) of features (B, G, N, C)."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """Convolve features (B, G, N, C)."""
        gathered = self.adjacency(x) @ self.neighbours(x) + self.own(x)
        return F.relu(x + self.batch_norm(gathered.flatten(0, 1)).view(x.shape))


class SpatialGraph(GraphConvolution):
    """Graph convolution along the bones; G are frames, N are joints.

    Args:
        dim: Number of channels.
        adjacency: Normalised adjacency of the joints, shape (N, N).
    """

    def __init__(self, dim: int, adjacency: Tensor):
        super().__init__(dim, len(adjacency))
        self.register_buffer("bones", adjacency, persistent=False)

    def adjacency(self, x: Tensor) -> Tensor:
        """Return the adjacency of the bones, (N, N)."""
        return self.bones


class TemporalGraph(GraphConvolution):
    """Graph convolution over similar frames of a joint; G are joints, N are frames.

    Args:
        dim: Number of channels.
        num_frames: Number of frames N.
        num_neighbours: Similar frames that a frame gathers from.
    """

    def __init__(self, dim: int, num_frames: int, num_neighbours: int):
        super().__init__(dim, num_frames)
        self.num_neighbours = num_neighbours

    def adjacency(self, x: Tensor) -> Tensor:
        """Compute the adjacency of similar frames, (B, G, N, N)."""
        return normalised(similar_frames(x, self.num_neighbours))


class Mixing(nn.Module):
    """A mixer of joints or frames and a feed-forward layer, each with a residual connection.

    (B, T, J, C) → (B, T, J, C). Each channel of both outputs has a learned scale (LayerScale,
    Touvron et al. 2021).

    Args:
        dim: Number of channels C.
        mixer: Layer that mixes the second to last axis.
        over_time: Whether the mixer mixes frames; otherwise it mixes joints.
        hidden: Hidden channels of the feed-forward layer.
        scale: Initial value of the scales.
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
        """Transform features (B, T, J, C)."""
        x = x + self.layer_scale_1 * self._mixed(self.norm1(x))
        return x + self.layer_scale_2 * self.mlp(self.norm2(x))

    def _mixed(self, x: Tensor) -> Tensor:
        if self.over_time:
            return self.mixer(x.transpose(1, 2)).transpose(1, 2)
        return self.mixer(x)


class DualStream(nn.Module):
    """Attention and graph convolution in parallel, first over joints, then over frames.

    Their outputs are weighted per frame and joint with softmax(W [X_attention, X_graph]), the
    paper's adaptive fusion.

    Args:
        dim: Number of channels.
        num_frames: Number of frames.
        num_heads: Heads of the attention.
        num_neighbours: Similar frames that a frame gathers from.
        hidden: Hidden channels of the feed-forward layers.
        scale: Initial value of the layer scales.
        bones: Normalised adjacency of the joints, shape (J, J).
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
        nn.init.zeros_(self.fusion.weight)  # equal weights of both streams at first
        nn.init.zeros_(self.fusion.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Transform features (B, T, J, C)."""
        attention = self.att_temporal(self.att_spatial(x))
        graph = self.graph_temporal(self.graph_spatial(x))
        share = self.fusion(torch.cat([attention, graph], dim=-1)).softmax(dim=-1)
        return share[..., :1] * attention + share[..., 1:] * graph


class MotionAGFormer(KeyPointEncoder):
    """MotionAGFormer over key points of 17 joints, in a side view by default.

    Joints (x, y, confidence 1) are embedded and pass through the dual streams; the embedding is the
    mean of tanh(W x) over frames and joints. There is no position embedding of frames: a trained
    network knows their order only through the batch norm of its graphs over time. The defaults are
    a small network for training from scratch on a CPU; `public_size` gives the authors' sizes.

    Args:
        num_layers: Number of dual streams.
        dim: Number of channels of a joint.
        representation_dim: Width of the embedding of one view.
        num_heads: Heads of the attention.
        mlp_ratio: Hidden channels of the feed-forward layers, as a multiple of `dim`.
        num_neighbours: Similar frames that a frame gathers from, including itself.
        layer_scale: Initial value of the layer scales. 0.1 suits shallow networks (Touvron et al.
            2021); the authors of MotionAGFormer use 1e-5.
        public_graph: Whether to use the authors' graph, see `skeleton_adjacency`.
        num_frames: Length of the clips that the network reads.
        views: Names of `skeletons.VIEWS`.
        keep_path: Whether the path of the pelvis is kept, see `skeletons.standard_walk`.
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
        """Make a network of the authors' size "xs", "s", "b" or "l", with random weights.

        Args:
            size: Name of the size.
            **options: Arguments of the constructor that replace those of the size.

        Returns:
            The network.

        Raises:
            ValueError: The size has another name.
        """
        if size not in PUBLIC_SIZES:
            raise ValueError(f"size is {size!r}, expected one of {tuple(PUBLIC_SIZES)}")
        return cls(**{**_PUBLIC, **PUBLIC_SIZES[size], **options})

    @staticmethod
    def rename(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Rename public weights: U is `own`, V `neighbours`, rep_logit.fc `representation`."""
        renamed = {name: value for name, value in state.items() if not name.startswith(_HEAD)}
        for old, new in _RENAMED:
            renamed = {name.replace(old, new): value for name, value in renamed.items()}
        return renamed

    @staticmethod
    def sizes(state: Mapping[str, Tensor]) -> dict:
        """Read the arguments of the constructor from the shapes of renamed public weights."""
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
        """Embed key points (N, num_frames, 17, 2) as (N, representation_dim)."""
        with_confidence = torch.cat([points, torch.ones_like(points[..., :1])], dim=-1)
        x = self.layers(self.joints_embed(with_confidence) + self.pos_embed)
        return self.representation(self.norm(x)).tanh().mean(dim=(1, 2))

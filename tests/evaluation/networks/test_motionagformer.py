import math

import pytest
import torch

from agir_hf.evaluation.networks.motionagformer import (
    PUBLIC_SIZES,
    DualStream,
    GraphConvolution,
    MotionAGFormer,
    similar_frames,
    skeleton_adjacency,
)


def test_the_most_similar_frames_by_hand():
    # scalar products: 1 .8 0 -.6 / .8 1 .6 0 / 0 .6 1 .8 / -.6 0 .8 1
    frames = torch.tensor([[1.0, 0], [0.8, 0.6], [0, 1], [-0.6, 0.8]])
    nearest = similar_frames(frames, 1)
    assert nearest.tolist() == torch.eye(4).tolist()
    two = similar_frames(frames[None], 2)[0]
    assert two.tolist() == [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]]
    three = similar_frames(frames, 3)
    assert three.tolist() == [[1, 1, 1, 0], [1, 1, 1, 0], [0, 1, 1, 1], [0, 1, 1, 1]]
    assert similar_frames(frames, 9).min() == 1


def test_frames_of_equal_similarity_are_all_selected():
    assert similar_frames(torch.ones(3, 2), 2).tolist() == torch.ones(3, 3).tolist()


def test_bones_of_the_authors_graph():
    whole, public = skeleton_adjacency(), skeleton_adjacency(public_graph=True)
    torch.testing.assert_close(whole, whole.T)
    assert (whole > 0).sum() == 2 * 16 and (public > 0).sum() == 2 * 16 - 3
    # pelvis - right hip: degrees 3 and 2; the authors' pelvis has no edge from the left hip
    assert whole[0, 1] == pytest.approx(1 / math.sqrt(3 * 2))
    assert public[0, 1] == pytest.approx(1 / math.sqrt(2 * 2))
    assert public[0, 4] == 0 < public[4, 0]


class FixedGraph(GraphConvolution):
    def adjacency(self, x):
        return torch.tensor([[0.0, 1], [1, 0]])


def test_graph_convolution_by_hand():
    layer = FixedGraph(1, 2).eval()
    with torch.no_grad():
        for part, weight in ((layer.own, 2.0), (layer.neighbours, -3.0)):
            part.weight.fill_(weight)
            part.bias.zero_()
    x = torch.tensor([5.0, 1.0]).view(1, 1, 2, 1)
    normal = 1 / math.sqrt(1 + layer.batch_norm.eps)
    expected = [5 + (2 * 5 - 3 * 1) * normal, 0]  # 1 + 2 * 1 - 3 * 5 < 0
    assert layer(x).flatten().tolist() == pytest.approx(expected)


def test_both_streams_have_equal_weight_after_initialisation():
    torch.manual_seed(0)
    block = DualStream(8, 6, 2, 2, 16, 0.1, skeleton_adjacency()).eval()
    x = torch.randn(2, 6, 17, 8)
    attention = block.att_temporal(block.att_spatial(x))
    graph = block.graph_temporal(block.graph_spatial(x))
    torch.testing.assert_close(block(x), (attention + graph) / 2)
    with torch.no_grad():
        block.fusion.bias.copy_(torch.tensor([50.0, -50.0]))
    torch.testing.assert_close(block(x), attention)


@pytest.mark.parametrize(("size", "millions"), [("xs", 2.2), ("s", 4.8), ("b", 11.7), ("l", 19.0)])
def test_public_sizes_have_the_published_number_of_parameters(size, millions):
    with torch.device("meta"):
        network = MotionAGFormer.public_size(size)
    head = 512 * 3 + 3
    assert sum(p.numel() for p in network.parameters()) + head == pytest.approx(
        1e6 * millions, rel=0.02
    )
    assert network.num_frames == PUBLIC_SIZES[size]["num_frames"]


def test_an_unknown_size_raises():
    with pytest.raises(ValueError, match=r"size is 'xl', expected one of \('xs', 's', 'b', 'l'\)"):
        MotionAGFormer.public_size("xl")


def test_frames_have_no_order_before_training(clips):
    torch.manual_seed(0)
    network, walks = MotionAGFormer().double().eval(), clips().double()
    torch.testing.assert_close(network(walks.flip(1)), network(walks))
    network.layers[0].graph_temporal.mixer.batch_norm.weight.data[:20] = 3  # as after training
    assert (network(walks.flip(1)) - network(walks)).abs().amax(1).min() > 1e-4


def public_state(network):
    """Weights of a network with the authors' names, the prefix of DataParallel, and a head."""
    names = {".own.": ".U.", ".neighbours.": ".V.", "representation.": "rep_logit.fc."}
    state = {}
    for name, value in network.state_dict().items():
        for ours, theirs in names.items():
            name = name.replace(ours, theirs)
        state[f"module.{name}"] = value
    width = network.embedding_dim
    return {
        **state,
        "module.head.weight": torch.zeros(3, width),
        "module.head.bias": torch.zeros(3),
    }


@pytest.fixture
def published():
    torch.manual_seed(3)
    small = {"num_layers": 2, "dim": 16, "representation_dim": 24, "num_frames": 27}
    return MotionAGFormer.public_size("xs", **small).eval()


def test_names_of_the_authors():
    """Names and shapes in a public file."""
    with torch.device("meta"):
        state = public_state(MotionAGFormer.public_size("xs"))
    block = "module.layers.11."
    expected = {
        "module.joints_embed.weight": (64, 3),
        "module.pos_embed": (1, 17, 64),
        "module.norm.bias": (64,),
        "module.rep_logit.fc.weight": (512, 64),
        "module.head.weight": (3, 512),
        block + "att_spatial.norm1.weight": (64,),
        block + "att_spatial.mixer.qkv.weight": (192, 64),
        block + "att_temporal.mixer.proj.bias": (64,),
        block + "att_temporal.mlp.fc1.weight": (256, 64),
        block + "graph_spatial.mixer.U.weight": (64, 64),
        block + "graph_spatial.mixer.batch_norm.running_mean": (17,),
        block + "graph_temporal.mixer.V.bias": (64,),
        block + "graph_temporal.mixer.batch_norm.weight": (27,),
        block + "graph_temporal.layer_scale_2": (64,),
        block + "fusion.weight": (2, 128),
    }
    assert {name: tuple(state[name].shape) for name in expected} == expected
    assert block + "att_spatial.mixer.qkv.bias" not in state


def test_public_weights_round_trip(published, clips, tmp_path):
    path = tmp_path / "motionagformer-xs-h36m.pth.tr"
    torch.save({"epoch": 60, "lr": 1e-4, "model": public_state(published)}, path)
    network = MotionAGFormer.from_public_weights(path)
    assert not network.training and network.num_frames == 27
    walks = clips()
    torch.testing.assert_close(network(walks), published(walks))
    both = MotionAGFormer.from_public_weights(path, views=("side", "front"))
    assert both(walks).shape == (3, 2 * 24)


def test_wrong_keys_are_listed_together(published, tmp_path):
    path = tmp_path / "other.pth.tr"
    state = public_state(published)
    state["module.layers.0.fusoin.bias"] = state.pop("module.layers.0.fusion.bias")
    torch.save({"model": state}, path)
    with pytest.raises(ValueError) as excinfo:
        MotionAGFormer.from_public_weights(path)
    for part in (
        "1 missing: layers.0.fusion.bias",
        "1 unexpected: layers.0.fusoin.bias",
        str(path),
    ):
        assert part in str(excinfo.value)


def test_weights_of_another_network_raise(tmp_path):
    path = tmp_path / "other.pth.tr"
    torch.save({"model": {"conv.weight": torch.zeros(2, 2)}}, path)
    with pytest.raises(ValueError, match="no key 'joints_embed.weight'.*MotionAGFormer"):
        MotionAGFormer.from_public_weights(path)

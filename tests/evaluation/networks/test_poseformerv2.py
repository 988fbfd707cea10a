import pytest
import torch
from scipy import fft

from agir_hf.evaluation.networks.poseformerv2 import (
    PUBLIC_SIZES,
    FrequencyFeedForward,
    MixedBlock,
    PoseFormerV2,
    dct_matrix,
    inverse_dct_matrix,
)

THEIRS = {
    "joint_embedding": "Joint_embedding",
    "frequency_embedding": "Freq_embedding",
    "joint_position": "Spatial_pos_embed",
    "frame_position": "Temporal_pos_embed",
    "coefficient_position": "Temporal_pos_embed_",
    "spatial_blocks": "Spatial_blocks",
    "blocks": "blocks",
    "spatial_norm": "Spatial_norm",
    "norm": "Temporal_norm",
    "mean_of_coefficients": "weighted_mean",
    "mean_of_frames": "weighted_mean_",
}


def test_dct_equals_that_of_scipy():
    signal = torch.randn(11, 4, dtype=torch.float64)
    expected = torch.from_numpy(fft.dct(signal.numpy(), axis=0))
    torch.testing.assert_close(dct_matrix(11) @ signal, expected)
    back = torch.from_numpy(fft.idct(signal.numpy(), axis=0))
    torch.testing.assert_close(inverse_dct_matrix(11) @ signal, back)
    torch.testing.assert_close(inverse_dct_matrix(11) @ dct_matrix(11) @ signal, signal)


def test_feed_forward_in_frequency_reads_coefficients():
    torch.manual_seed(0)
    layer = FrequencyFeedForward(4, 8, num_tokens=5)
    x = torch.randn(2, 5, 4)
    with torch.no_grad():
        spectrum = torch.from_numpy(fft.dct(x.numpy(), axis=1))
        fed = layer.fc2(torch.nn.functional.gelu(layer.fc1(spectrum))).numpy()
        torch.testing.assert_close(layer(x), torch.from_numpy(fft.idct(fed, axis=1)))


def test_only_the_second_half_of_tokens_is_fed_forward_in_frequency():
    torch.manual_seed(0)
    block = MixedBlock(8, 2, 16, num_tokens=6)
    x = torch.randn(1, 6, 8)
    whole = block(x)
    with torch.no_grad():
        block.mlp2.fc2.weight.zero_()
    changed = (block(x) - whole).abs().amax(-1)[0]
    assert (changed[:3] == 0).all() and (changed[3:] > 0).all()


def test_tokens_are_the_lowest_frequencies_and_the_central_frames():
    torch.manual_seed(0)
    network = PoseFormerV2(num_kept=3, num_coefficients=4, num_frames=9)
    points = torch.randn(2, 9, 17, 2)
    spectrum = torch.from_numpy(fft.dct(points.numpy(), axis=1)[:, :4]).flatten(2)
    with torch.no_grad():
        expected = network.frequency_embedding(spectrum) + network.coefficient_position
        torch.testing.assert_close(network._coefficients(points), expected)
        tokens = network._frames(points)
        for frame in range(9):
            other = points.clone()
            other[:, frame] += 1
            moved = (network._frames(other) - tokens).abs().amax((0, 2)) > 0
            assert moved.tolist() == [frame == central for central in (3, 4, 5)]


def test_all_frames_can_be_kept(clips):
    network = PoseFormerV2(num_kept=10, num_coefficients=10, num_frames=10)
    assert network(clips(2, 10)).shape == (2, network.embedding_dim)
    for wrong in ({"num_kept": 11}, {"num_coefficients": 11}, {"num_kept": 0}):
        with pytest.raises(ValueError, match="expected 1 … 10 each"):
            PoseFormerV2(**{"num_kept": 3, "num_coefficients": 3, "num_frames": 10, **wrong})


def test_public_sizes():
    for size, sizes in PUBLIC_SIZES.items():
        with torch.device("meta"):
            network = PoseFormerV2.public_size(size)
        assert network.num_frames == sizes["num_frames"] and network.embedding_dim == 2 * 17 * 32
    with pytest.raises(ValueError, match="size is '2_27', expected one of"):
        PoseFormerV2.public_size("2_27")


def public_state(network):
    """Weights of a network with the authors' names, the prefix of DataParallel, and a head."""
    state = {}
    for name, value in network.state_dict().items():
        first, dot, rest = name.partition(".")
        state[f"module.{THEIRS[first]}{dot}{rest}"] = value
    width = network.embedding_dim
    return {
        **state,
        "module.head.0.weight": torch.ones(width),
        "module.head.0.bias": torch.zeros(width),
        "module.head.1.weight": torch.zeros(51, width),
        "module.head.1.bias": torch.zeros(51),
    }


@pytest.fixture
def published():
    torch.manual_seed(3)
    return PoseFormerV2.public_size("3_27", dim=8, depth=2).eval()


def test_weights_have_the_names_and_shapes_of_the_public_file():
    """Names and shapes in a public file."""
    with torch.device("meta"):
        state = public_state(PoseFormerV2.public_size("9_81"))
    expected = {
        "module.Joint_embedding.weight": (32, 2),
        "module.Freq_embedding.weight": (544, 34),
        "module.Spatial_pos_embed": (1, 17, 32),
        "module.Temporal_pos_embed": (1, 9, 544),
        "module.Temporal_pos_embed_": (1, 9, 544),
        "module.Spatial_blocks.3.attn.qkv.bias": (96,),
        "module.Spatial_blocks.3.mlp.fc1.weight": (64, 32),
        "module.blocks.3.attn.proj.weight": (544, 544),
        "module.blocks.3.mlp1.fc2.bias": (544,),
        "module.blocks.3.mlp2.fc1.weight": (1088, 544),
        "module.blocks.3.norm3.weight": (544,),
        "module.Spatial_norm.weight": (32,),
        "module.Temporal_norm.weight": (544,),
        "module.weighted_mean.weight": (1, 9, 1),
        "module.weighted_mean_.bias": (1,),
    }
    assert {name: tuple(state[name].shape) for name in expected} == expected


def test_public_weights_round_trip(published, clips, tmp_path):
    path = tmp_path / "3_27_47.9.bin"
    torch.save({"epoch": 60, "model_pos": public_state(published)}, path)
    network = PoseFormerV2.from_public_weights(path)
    assert not network.training and network.num_frames == 27
    walks = clips()
    torch.testing.assert_close(network(walks), published(walks))
    assert PoseFormerV2.from_public_weights(path, num_frames=81).num_frames == 81


def test_weights_without_a_number_of_frames_raise_unless_it_is_passed(published, tmp_path):
    path = tmp_path / "model.bin"
    torch.save({"model_pos": public_state(published)}, path)
    with pytest.raises(
        ValueError, match="model.bin does not state the number of frames.*27, 81 or 243"
    ):
        PoseFormerV2.from_public_weights(path)
    assert PoseFormerV2.from_public_weights(path, num_frames=27).num_frames == 27


def test_wrong_keys_are_listed_together(published, tmp_path):
    path = tmp_path / "3_27_0.bin"
    state = public_state(published)
    state["module.weighted_maen.bias"] = state.pop("module.weighted_mean.bias")
    torch.save({"model_pos": state}, path)
    with pytest.raises(ValueError) as excinfo:
        PoseFormerV2.from_public_weights(path)
    for part in ("1 missing: mean_of_coefficients.bias", "1 unexpected: weighted_maen.bias"):
        assert part in str(excinfo.value)


def test_weights_of_another_network_raise(tmp_path):
    path = tmp_path / "3_27_0.bin"
    torch.save({"model_pos": {"conv.weight": torch.zeros(2, 2)}}, path)
    with pytest.raises(ValueError, match="no key 'joint_embedding.weight'.*PoseFormerV2"):
        PoseFormerV2.from_public_weights(path)

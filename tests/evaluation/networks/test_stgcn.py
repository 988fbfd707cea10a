import math

import pytest
import torch

from agir_hf.evaluation.networks.skeletons import EDGES, adjacency_matrix, normalised
from agir_hf.evaluation.networks.stgcn import (
    PAPER_UNITS,
    STGCN,
    GraphConvolution,
    spatial_partition,
)


def test_partition_of_a_path_by_hand():
    own, nearer, farther = spatial_partition([(0, 1), (1, 2)], 3)
    sixth = 1 / math.sqrt(6)
    torch.testing.assert_close(own, torch.diag(torch.tensor([1 / 2, 1 / 3, 1 / 2])))
    torch.testing.assert_close(nearer, torch.tensor([[0, 0, 0], [sixth, 0, 0], [0, sixth, 0]]))
    torch.testing.assert_close(farther, nearer.T)


def test_parts_add_up_and_do_not_overlap():
    parts = spatial_partition(EDGES, 22)
    whole = normalised(adjacency_matrix(EDGES, 22) + torch.eye(22))
    torch.testing.assert_close(parts.sum(0), whole)
    assert ((parts > 0).sum(0) <= 1).all()
    assert (parts[1] > 0).sum() == len(EDGES)  # a joint has one neighbour nearer to the pelvis


def test_nodes_at_equal_distance_belong_to_the_farther_part():
    _, nearer, farther = spatial_partition([(0, 1), (0, 2), (1, 2)], 3)
    assert farther[1, 2] > 0 and farther[2, 1] > 0 and nearer[1, 2] == 0


def test_graph_convolution_by_hand():
    partition = torch.tensor([[[1.0, 0], [0, 1]], [[0, 0], [1, 0]]])
    layer = GraphConvolution(1, 1, partition)
    with torch.no_grad():
        layer.weights.weight.copy_(torch.tensor([10.0, 1.0]).view(2, 1, 1, 1))
        layer.importance[1] = 0.5
    x = torch.tensor([3.0, 4.0]).view(1, 1, 1, 2)
    assert layer(x).flatten().tolist() == [30, 40 + 0.5 * 3]


def test_the_size_of_the_paper():
    network = STGCN.paper_size().eval()
    assert network.embedding_dim == PAPER_UNITS[-1][0] == 256
    features = network.units(torch.randn(1, 3, 54, 22))
    assert features.shape == (1, 256, 14, 22)  # two strides of 2
    assert network.units[0].residual is None


def test_an_even_window_raises():
    with pytest.raises(ValueError, match="window is 8, expected an odd number"):
        STGCN(window=8)

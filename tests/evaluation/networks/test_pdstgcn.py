import math

import pytest
import torch
from torch import nn

from agir_hf.evaluation.networks.pdstgcn import FRAMES_AHEAD, PDSTGCN, wing_loss
from agir_hf.humanml3d import JOINT_NAMES, OTHER_SIDE


def test_wing_loss_by_hand():
    target = torch.zeros(2)
    inner, outer = 10 * math.log(1 + 3 / 2), 14 - (10 - 10 * math.log(1 + 10 / 2))
    assert wing_loss(torch.tensor([3.0, -14.0]), target).item() == pytest.approx(
        (inner + outer) / 2
    )


def test_wing_loss_has_no_step_between_its_parts():
    below, above = wing_loss(torch.tensor([9.9999, 10.0001])[:, None], torch.zeros(2, 1)), 10
    assert below.item() == pytest.approx(above * math.log(6), rel=1e-4)


def test_the_network_has_the_published_size():
    network = PDSTGCN()
    assert [unit.norm.num_features for unit in network.units] == [32, 32, 64, 64]
    assert network.units[0].over_time[0].kernel_size == (13, 1)
    assert len(network.joints) == 13 and JOINT_NAMES[network.joints[0]] == "head"
    names = {frozenset(JOINT_NAMES[network.joints[i]] for i in edge) for edge in network.edges}
    assert frozenset(("left_hip", "left_shoulder")) in names
    assert frozenset(("left_wrist", "left_elbow")) in names and len(names) == 14


def walks(number=24, frames=40):
    """Bodies that stand still, except a left wrist and ankle that swing with their own phase."""
    generator = torch.Generator().manual_seed(1)
    body = torch.randn(22, 3, generator=generator) + torch.tensor([0.0, 2.0, 0.0])
    phase = 6.28 * torch.rand(number, 1, generator=generator)
    angle = phase + 0.4 * torch.arange(frames)
    clips = body.repeat(number, frames, 1, 1)
    for name in ("left_wrist", "left_ankle"):
        clips[:, :, JOINT_NAMES.index(name), 2] += angle.sin()
    return clips


def test_pretraining_learns_to_predict_the_joints():
    torch.manual_seed(0)
    network, clips = PDSTGCN(dropout=0.0), walks()

    def explained(encoder):
        """Share of the variance of the future wrist that a linear layer finds in embeddings."""
        with torch.no_grad():
            embedded = encoder.eval()(clips[:, :-FRAMES_AHEAD])
        design = torch.cat([embedded, torch.ones(len(clips), 1)], dim=1)[:, -5:]
        future = clips[:, -1, JOINT_NAMES.index("left_wrist"), 2:]
        residual = future - design @ torch.linalg.lstsq(design, future).solution
        return 1 - (residual.var() / future.var()).item()

    before = [p.clone() for p in network.parameters()]
    network.pretrain(clips, 60, torch.Generator().manual_seed(0))
    assert all(not torch.equal(a, b) for a, b in zip(before, network.parameters(), strict=True))
    assert explained(network) > 0.5


def test_clips_that_are_too_short_are_not_trained_on():
    network = PDSTGCN()
    before = network.state_dict()["units.0.norm.weight"].clone()
    network.pretrain(walks(frames=FRAMES_AHEAD), 2, torch.Generator())
    assert torch.equal(before, network.state_dict()["units.0.norm.weight"])


def test_the_loss_of_the_score_is_a_weighted_square_and_a_mirror_term(clips):
    torch.manual_seed(0)
    network, batch = PDSTGCN().eval(), clips()
    head, labels = nn.Linear(network.embedding_dim, network.num_outputs(3)), torch.tensor([0, 2, 1])
    weights = torch.tensor([1.0, 2.0, 4.0])
    predicted = head(network(batch))[:, 0]
    mirrored = head(network(batch[:, :, OTHER_SIDE] * torch.tensor([-1.0, 1, 1])))[:, 0]
    expected = weights[labels] * (predicted - labels) ** 2 + (predicted - mirrored) ** 2
    loss = network.score_loss(head, batch, labels, weights)
    torch.testing.assert_close(loss, expected.mean())

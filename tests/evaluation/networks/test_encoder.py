"""Properties of every network as an encoder of clips."""

import math
import zipfile

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from agir_hf.evaluation.networks.encoder import load_strictly, read_public_weights
from agir_hf.evaluation.networks.motionagformer import MotionAGFormer
from agir_hf.evaluation.networks.pdstgcn import PDSTGCN
from agir_hf.evaluation.networks.poseformerv2 import PoseFormerV2
from agir_hf.evaluation.networks.stgcn import STGCN

NETWORKS = (STGCN, PDSTGCN, MotionAGFormer, PoseFormerV2)
KEY_POINT_NETWORKS = (MotionAGFormer, PoseFormerV2)
SHORT = {"num_frames": 16, "num_kept": 8, "num_coefficients": 8}


def make(network, **options):
    torch.manual_seed(1)
    return network(**options)


@pytest.fixture(params=NETWORKS, ids=lambda network: network.__name__)
def network(request):
    """A network in double precision, so that rounding cannot change the most similar frames."""
    return make(request.param).double().eval()


def difference(embeddings, others):
    """Largest difference in each embedding, as a share of the embedding's largest entry."""
    return (embeddings - others).abs().amax(1) / embeddings.abs().amax(1)


@pytest.mark.parametrize("kind", NETWORKS)
def test_clips_of_any_length_become_embeddings(kind, clips):
    network = make(kind).eval()
    for frames in (54, 81, 30):
        embeddings = network(clips(2, frames))
        assert embeddings.shape == (2, network.embedding_dim)
        assert embeddings.dtype == torch.float32 and embeddings.isfinite().all()


def test_position_heading_and_size_do_not_matter(network, clips):
    walks = clips().double()
    cos, sin = math.cos(0.7), math.sin(0.7)
    turn = torch.tensor([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]]).double()
    moved = 1.2 * walks @ turn.T + torch.tensor([3.0, -0.5, 8.0]).double()
    torch.testing.assert_close(network(moved), network(walks), atol=1e-7, rtol=1e-5)


def test_body_motion_and_side_matter(network, clips):
    walks = clips().double()
    mirrored = walks * torch.tensor([-1.0, 1, 1]).double()
    still = walks[:, :1].expand_as(walks)
    for other in (mirrored, still, clips(seed=5).double()):
        assert difference(network(other), network(walks)).min() > 1e-3


@pytest.mark.parametrize("kind", (STGCN, PoseFormerV2))
def test_the_order_of_frames_matters(kind, clips):
    network, walks = make(kind).eval(), clips()
    assert difference(network(walks.flip(1)), network(walks)).min() > 0.01


def test_a_batch_gives_the_same_as_single_clips(network, clips):
    walks = clips().double()
    alone = torch.cat([network(walk[None]) for walk in walks])
    torch.testing.assert_close(network(walks), alone)


def test_clips_are_not_changed(network, clips):
    walks = clips()
    network.float()(walks)
    assert torch.equal(walks, clips())


@pytest.mark.parametrize("kind", NETWORKS)
def test_a_gradient_reaches_every_parameter(kind, clips):
    network = make(kind)
    embeddings = network(clips(4))
    (embeddings * torch.randn(embeddings.shape)).sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().max() > 0, name


@pytest.mark.parametrize("kind", NETWORKS)
def test_eight_random_clips_are_overfitted(kind, clips):
    sizes = {MotionAGFormer: {"num_frames": 8}, PoseFormerV2: SHORT}.get(kind, {})
    network = make(kind, **sizes)
    walks, labels = clips(8, 16), torch.tensor([0, 1] * 4)
    head = nn.Sequential(nn.LayerNorm(network.embedding_dim), nn.Linear(network.embedding_dim, 2))
    parameters = [*network.parameters(), *head.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=3e-3)
    for _ in range(150):
        loss = F.cross_entropy(head(network(walks)), labels)
        if loss < 0.1:
            break
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss < 0.1


@pytest.mark.parametrize("kind", KEY_POINT_NETWORKS)
def test_embeddings_of_views_are_concatenated(kind, clips):
    both = make(kind, views=("front", "side")).eval()
    walks, width = clips(), both.embedding_dim // 2
    for view, part in (("front", slice(0, width)), ("side", slice(width, None))):
        single = make(kind, views=(view,)).eval()
        single.load_state_dict(both.state_dict())
        torch.testing.assert_close(single(walks), both(walks)[:, part])
    with pytest.raises(ValueError, match="views are .*, expected some of"):
        kind(views=("above",))


@pytest.mark.parametrize("kind", NETWORKS)
def test_the_path_matters_where_it_is_kept(kind, clips):
    walks = clips(1)
    faster = walks + torch.linspace(0, 2, 54)[:, None, None]
    network = make(kind).eval()
    torch.testing.assert_close(network(faster), network(walks), atol=1e-4, rtol=0)
    network = make(kind, keep_path=True).eval()
    assert difference(network(faster), network(walks)).min() > 0.01


def test_st_gcn_has_no_public_weights():
    with pytest.raises(ValueError, match="no public weights fit STGCN: train it from scratch"):
        STGCN.from_public_weights("any.pt")


@pytest.mark.parametrize("kind", KEY_POINT_NETWORKS)
def test_a_missing_file_raises_with_its_source(kind, tmp_path):
    source = kind.public_weights
    with pytest.raises(FileNotFoundError) as excinfo:
        kind.from_public_weights(tmp_path / "absent.bin")
    for part in ("absent.bin", source.project, source.file, source.address):
        assert part in str(excinfo.value)
    assert "\n" not in str(excinfo.value)


SOURCE = MotionAGFormer.public_weights


def test_numpy_objects_in_a_checkpoint_are_ignored(tmp_path):
    path = tmp_path / "best.pth.tr"
    extra = {"min_mpjpe": np.float64(38.4), "random_state": np.random.RandomState(0), "epoch": 3}
    torch.save({"model": {"module.a": torch.ones(2)}, **extra}, path)
    assert read_public_weights(path, SOURCE)["a"].tolist() == [1, 1]


def test_objects_of_numpy_1_in_a_checkpoint_are_ignored(tmp_path):
    new, old = tmp_path / "new.pth.tr", tmp_path / "old.pth.tr"
    torch.save({"model": {"module.a": torch.ones(2)}, "min_mpjpe": np.float64(38.4)}, new)
    with zipfile.ZipFile(new) as read, zipfile.ZipFile(old, "w") as written:
        for name in read.namelist():
            renamed = read.read(name).replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
            written.writestr(name, renamed)
    assert read_public_weights(old, SOURCE)["a"].tolist() == [1, 1]


class Trap:
    def __reduce__(self):
        return exec, ("raise SystemExit('code of a checkpoint was run')",)


def test_a_checkpoint_cannot_run_code(tmp_path):
    path = tmp_path / "trap.pth.tr"
    torch.save({"model": {"a": torch.ones(2)}, "extra": Trap()}, path)
    with pytest.raises(
        ValueError, match="could not be read as weights .it needs builtins.exec.*download"
    ):
        read_public_weights(path, SOURCE)


def test_other_files_raise(tmp_path):
    path = tmp_path / "note.pth.tr"
    path.write_text("no weights")
    with pytest.raises(ValueError, match="could not be read as weights"):
        read_public_weights(path, SOURCE)
    torch.save({"state_dict": {"a": torch.ones(2)}, "epoch": 3}, path)
    with pytest.raises(ValueError, match=r"\['epoch', 'state_dict'\], expected .* under 'model'"):
        read_public_weights(path, SOURCE)


def test_every_key_that_does_not_fit_is_listed():
    layer = nn.Linear(2, 3)
    state = {"weight": torch.zeros(3, 4), "wieght": torch.zeros(3, 2)}
    with pytest.raises(ValueError) as excinfo:
        load_strictly(layer, state, "here")
    for part in ("1 missing: bias", "1 unexpected: wieght", "weight (3, 4) instead of (3, 2)"):
        assert part in str(excinfo.value)

"""Skeleton networks that learn from some clips and embed all."""

import numpy as np
import pytest
import torch

from agir_hf.evaluation.probing.network_probe import NETWORKS, network_embeddings


def walkers(number=10):
    """Clips of two kinds: hands that swing along, and hands that hang still."""
    rng = np.random.default_rng(0)
    base = rng.normal(size=(22, 3))
    base[[15, 12], 1] += 2  # a head above the pelvis
    found = []
    for i in range(number):
        frames = 54 if i else 30  # one that is shorter
        motion = np.repeat(base[None], frames, 0) + 0.01 * rng.normal(size=(frames, 22, 3))
        swing = np.sin(np.arange(frames) / 3) * (i % 2)
        motion[:, [20, 21], 2] += swing[:, None]
        found.append(motion.astype(np.float32))
    return found, np.arange(number) % 2


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_embeds_every_clip_and_follows_its_seed(name):
    clips, labels = walkers()
    learnt = np.arange(10) < 8
    found = network_embeddings(NETWORKS[name], clips, labels, learnt, steps=2)
    assert found.shape[0] == 10 and np.isfinite(found).all()
    again = network_embeddings(NETWORKS[name], clips, labels, learnt, steps=2)
    np.testing.assert_array_equal(found, again)


def test_labels_of_clips_that_are_not_learnt_have_no_effect():
    clips, labels = walkers()
    learnt = np.arange(10) < 8
    other = np.where(learnt, labels, 1 - labels)
    network = NETWORKS["ST-GCN"]
    np.testing.assert_array_equal(
        network_embeddings(network, clips, labels, learnt, steps=3),
        network_embeddings(network, clips, other, learnt, steps=3),
    )


def test_training_tells_the_kinds_apart():
    clips, labels = walkers()
    found = network_embeddings(NETWORKS["ST-GCN"], clips, labels, np.arange(10) < 8, steps=30)
    centres = torch.from_numpy(np.stack([found[:8][labels[:8] == k].mean(0) for k in (0, 1)]))
    nearest = torch.cdist(torch.from_numpy(found[8:]), centres).argmin(1)
    assert nearest.tolist() == labels[8:].tolist()


def test_weights_that_are_not_there_are_told(tmp_path):
    clips, labels = walkers()
    with pytest.raises(FileNotFoundError, match="PoseFormerV2"):
        network_embeddings(
            NETWORKS["PoseFormerV2"], clips, labels, labels == 0, tmp_path / "27_243_45.2.bin"
        )

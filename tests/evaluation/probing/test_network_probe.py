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
    clips = []
    for i in range(number):
        frames = 54 if i else 30  # one that is shorter
        motion = np.repeat(base[None], frames, 0) + 0.01 * rng.normal(size=(frames, 22, 3))
        swing = np.sin(np.arange(frames) / 3) * (i % 2)
        motion[:, [20, 21], 2] += swing[:, None]
        clips.append(motion.astype(np.float32))
    return clips, np.arange(number) % 2


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_embeds_every_clip_and_depends_on_the_seed(name):
    clips, labels = walkers()
    in_training = np.arange(10) < 8
    embeddings = network_embeddings(NETWORKS[name], clips, labels, in_training, steps=2)
    assert embeddings.shape[0] == 10 and np.isfinite(embeddings).all()
    again = network_embeddings(NETWORKS[name], clips, labels, in_training, steps=2)
    np.testing.assert_array_equal(embeddings, again)


def test_labels_of_clips_outside_the_training_have_no_effect():
    clips, labels = walkers()
    in_training = np.arange(10) < 8
    other = np.where(in_training, labels, 1 - labels)
    network = NETWORKS["ST-GCN"]
    np.testing.assert_array_equal(
        network_embeddings(network, clips, labels, in_training, steps=3),
        network_embeddings(network, clips, other, in_training, steps=3),
    )


def test_training_separates_the_classes():
    clips, labels = walkers()
    embeddings = network_embeddings(NETWORKS["ST-GCN"], clips, labels, np.arange(10) < 8, steps=30)
    centres = torch.from_numpy(np.stack([embeddings[:8][labels[:8] == k].mean(0) for k in (0, 1)]))
    nearest = torch.cdist(torch.from_numpy(embeddings[8:]), centres).argmin(1)
    assert nearest.tolist() == labels[8:].tolist()


def test_missing_weights_raise(tmp_path):
    clips, labels = walkers()
    with pytest.raises(FileNotFoundError, match="PoseFormerV2"):
        network_embeddings(
            NETWORKS["PoseFormerV2"], clips, labels, labels == 0, tmp_path / "27_243_45.2.bin"
        )

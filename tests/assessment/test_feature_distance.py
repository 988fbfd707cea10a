"""The distance from training walks is 1 for them, and grows with what is unlike them."""

import numpy as np
import pytest
import torch

from agir_hf.assessment.feature_distance import FeatureDistance, mean_and_log_sd, velocity_errors
from agir_hf.humanml3d import FEATURE_SLICES, mirrored_features


@pytest.fixture(scope="module")
def walks(processor):
    """Features of 40 walks, whose scale and spread vary."""
    generator = np.random.default_rng(0)
    extractor = processor.feature_extractor
    base = extractor.denormalize(generator.normal(size=(60, 263)))
    factors = generator.normal(1, 0.1, (40, 263)).astype(np.float32)
    return [base * row for row in factors]


@pytest.fixture(scope="module")
def distance(walks, processor):
    return FeatureDistance.fit(walks, processor.feature_extractor)


def test_the_mean_squared_distance_of_training_walks_is_1(distance, walks, processor):
    normalize = processor.feature_extractor.normalize
    both = [*walks, *map(mirrored_features, walks)]
    squares = [distance(normalize(walk)) ** 2 for walk in both]
    assert np.mean(squares) == pytest.approx(1, rel=0.02)


def test_other_motions_are_farther(distance, walks, processor):
    normalize = processor.feature_extractor.normalize
    still = np.repeat(walks[0][:1], 60, axis=0)
    assert distance(normalize(still)) > 2 * max(distance(normalize(walk)) for walk in walks)


def test_the_distance_does_not_depend_on_the_length(distance, walks, processor):
    values = processor.feature_extractor.normalize(walks[0])
    twice = np.concatenate([values, values])
    assert distance(twice) == pytest.approx(distance(values), rel=1e-4)


def test_mean_and_logarithm_of_the_standard_deviation_over_time():
    values = np.array([[1.0, 5.0], [3.0, 5.0]])
    expected = [2, 5, np.log(1.02), np.log(0.02)]
    np.testing.assert_allclose(mean_and_log_sd(values), expected)


def test_a_single_walk_has_no_spread(walks, processor):
    with pytest.raises(ValueError, match="1 training walks, expected at least 2: use a corpus"):
        FeatureDistance.fit(walks[:1], processor.feature_extractor)


def test_arrays_and_back(distance, walks, processor):
    copy = FeatureDistance.from_arrays(distance.arrays())
    values = processor.feature_extractor.normalize(walks[3])
    assert copy(values) == distance(values)
    assert FeatureDistance.from_arrays({"medians": np.zeros(3)}) is None


class Reconstruction:
    """A model whose VQ-VAE adds 3 and 4 mm per frame to x and z of all joint velocities."""

    device = torch.device("cpu")

    def __init__(self, std):
        self.std = torch.tensor(std)
        self.vqvae = self

    def encode(self, values, mask):
        return values

    def decode(self, values):
        added = torch.zeros(22, 3)
        added[:, 0], added[:, 2] = 0.003, 0.004
        changed = values.clone()
        part = FEATURE_SLICES["joint_velocities"]
        changed[..., part] += added.flatten() / self.std[part]
        return changed


def test_the_error_of_joint_velocities_is_in_metres_per_second(processor, motions):
    extractor = processor.feature_extractor
    windows = [extractor.normalize(motions[0][:40]), extractor.normalize(motions[1][:64])]
    model = Reconstruction(extractor.std)
    expected = pytest.approx(20 * 0.005, rel=1e-3)
    assert velocity_errors(windows, model, extractor) == [expected, expected]


def test_the_errors_of_a_batch_are_those_of_its_windows_alone(model, processor, motions):
    extractor = processor.feature_extractor
    windows = [extractor.normalize(motions[0][:40]), extractor.normalize(motions[1][:64])]
    together = velocity_errors(windows, model, extractor)
    alone = [velocity_errors([window], model, extractor)[0] for window in windows]
    assert together == pytest.approx(alone, rel=1e-5)
    assert min(together) > 0 and max(together) < np.inf

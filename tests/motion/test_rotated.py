import numpy as np
from scipy.spatial.transform import Rotation

from agir_hf.motion.rotated import rotated


def test_vectors_are_rotated_as_by_scipy():
    random = np.random.default_rng(0)
    vectors, rotations = random.normal(size=(50, 3)), random.normal(size=(50, 3))
    rotations[0], rotations[1] = 0.0, 1e-9
    expected = Rotation.from_rotvec(rotations).apply(vectors)
    np.testing.assert_allclose(rotated(vectors, rotations), expected, atol=1e-12)

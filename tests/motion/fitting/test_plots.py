import numpy as np
import pytest

import agir_hf
from agir_hf.motion import RecordingError
from agir_hf.motion.fitting.batch import fit_trial, save_fit
from agir_hf.motion.fitting.plots import draw_fit

pytest.importorskip("matplotlib")


@pytest.fixture
def fit(tmp_path):
    motion, height_m = fit_trial(agir_hf.SAMPLE_RECORDING)
    save_fit(motion, tmp_path / "fit.npz", height_m)
    return tmp_path / "fit.npz"


def test_a_plot_shows_the_body_and_the_markers(fit, tmp_path):
    from matplotlib.image import imread

    picture = tmp_path / "fit.png"
    draw_fit(fit, agir_hf.SAMPLE_RECORDING, picture)
    pixels = imread(picture)[..., :3]
    assert pixels.shape[0] > 700 and pixels.shape[1] > 1000
    grey = (np.ptp(pixels, axis=2) < 0.15) & (pixels.mean(axis=2) < 0.9)
    green = (pixels[..., 1] > pixels[..., 0] + 0.2) & (pixels[..., 1] > pixels[..., 2] + 0.1)
    assert grey.mean() > 0.05 and green.mean() > 0.002
    assert not list(tmp_path.glob(".*partial*"))


def test_a_fit_of_another_trial_is_refused(fit, tmp_path, walk, save):
    from dataclasses import replace

    other = save(replace(walk, positions=walk.positions[:300]), "other.c3d")
    with pytest.raises(RecordingError, match="not the trial of this fit"):
        draw_fit(fit, other, tmp_path / "fit.png")
    assert not (tmp_path / "fit.png").exists()

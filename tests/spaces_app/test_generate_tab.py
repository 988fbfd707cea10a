"""Generation of a walk from a description: answer of the endpoint, page, errors."""

import json

import numpy as np
import pytest

import agir_hf
from agir_hf.assessment.generation import EXAMPLES, SIMULATED
from agir_hf.humanml3d import joints_to_features
from agir_hf.motion import read_recording, to_joints
from agir_hf.motion.recording import RecordingError

pytest.importorskip("gradio")
import generate_tab  # noqa: E402
from state import AppState  # noqa: E402

DESCRIPTION = "Step length is markedly reduced at about 0.30 m."


@pytest.fixture(scope="module")
def state(model, processor, tmp_path_factory):
    """An untrained model with the feature statistics of the sample."""
    features = joints_to_features(to_joints(read_recording(agir_hf.SAMPLE_RECORDING)).joints)
    extractor = agir_hf.AgirFeatureExtractor(features.mean(0), features.std(0) + 1e-3)
    fitted = agir_hf.AgirProcessor(extractor, processor.tokenizer)
    return AppState(model, fitted, root=tmp_path_factory.mktemp("sessions"))


def test_the_endpoint_returns_joints_and_their_gait(state):
    answer = generate_tab.as_json(generate_tab.generate_walk(state, DESCRIPTION, 3, 7))
    assert np.shape(answer["joints"]) == (60, 22, 3) and answer["rate_hz"] == 20
    assert answer["note"] == SIMULATED
    json.dumps(answer, allow_nan=False)


def test_equal_seeds_generate_equal_walks(state):
    walks = [
        generate_tab.generate_walk(state, DESCRIPTION, 3, seed).motion.joints for seed in (1, 1, 2)
    ]
    assert np.array_equal(walks[0], walks[1]) and not np.array_equal(walks[0], walks[2])


def test_the_page_states_that_the_walk_is_simulated(state):
    measured = generate_tab.generate_walk(state, DESCRIPTION, 3, 7).measured
    for result in (measured, RecordingError("no <foot> is seen")):
        html = generate_tab.measured_html(result)
        assert SIMULATED in html and "Research use only" in html
    assert "no &lt;foot&gt; is seen" in html


def test_invalid_inputs_are_refused(state):
    for text, seconds, seed, part in (
        (" ", 3, 0, "empty"),
        ("steps " * 200, 3, 0, "characters"),
        ("steps <motion_id_3>", 3, 0, "words only"),
        (DESCRIPTION, 0.2, 0, "seconds is 0.2"),
        (DESCRIPTION, float("nan"), 0, "seconds is nan"),
        (DESCRIPTION, 60, 0, "at most 20"),
        (DESCRIPTION, 3, -1, "seed is -1"),
        (DESCRIPTION, 3, None, "seed is empty"),
    ):
        with pytest.raises(ValueError, match=part):
            generate_tab.generate_walk(state, text, seconds, seed)


@pytest.mark.slow
def test_walks_of_the_embedded_model_agree_with_the_example_descriptions(tmp_path):
    state = AppState.load(agir_hf.DEFAULT_MODEL)
    lengths = []
    for text in EXAMPLES[:2]:
        walk = generate_tab.generate_walk(state, text, 6, 0)
        lengths.append(walk.measured.parameters["step_length_m"].value)
    assert lengths[0] < lengths[1]  # "markedly reduced" and "normal"

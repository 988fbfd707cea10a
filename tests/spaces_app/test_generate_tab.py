"""Generation of a walk from a description: answer of the endpoint, page, errors."""

import json

import numpy as np
import pytest

import agir_hf
from agir_hf.assessment.generation import EXAMPLES, SIMULATED
from agir_hf.assessment.generation_page import generated_sections
from agir_hf.humanml3d import joints_to_features
from agir_hf.motion import read_recording, to_joints

gr = pytest.importorskip("gradio")
import generate_endpoint  # noqa: E402
import generate_tab  # noqa: E402
from generate_endpoint import draw_walk  # noqa: E402
from state import AppState  # noqa: E402

DESCRIPTION = "Step length is reduced, left arm still, <b>hat</b>."


@pytest.fixture(scope="module")
def state(model, processor, tmp_path_factory):
    """An untrained model with the feature statistics of the sample."""
    features = joints_to_features(to_joints(read_recording(agir_hf.SAMPLE_RECORDING)).joints)
    extractor = agir_hf.AgirFeatureExtractor(features.mean(0), features.std(0) + 1e-3)
    fitted = agir_hf.AgirProcessor(extractor, processor.tokenizer)
    return AppState(model, fitted, root=tmp_path_factory.mktemp("sessions"))


def test_the_endpoint_returns_joints_their_gait_and_what_was_asked(state):
    answer = generate_endpoint.answer(draw_walk(state, DESCRIPTION, 3, 7, walks=2))
    assert set(answer) == set(generate_endpoint.Answer.__annotations__)
    assert np.shape(answer["joints"]) == (60, 22, 3) and answer["rate_hz"] == 20
    assert SIMULATED in answer["note"] and answer["seed"] == 7 and answer["walks"] == 2
    assert [row["quantity"] for row in answer["properties"]] == ["step_length", *["arm_swing"] * 2]
    json.dumps(answer, allow_nan=False)


def test_the_endpoint_has_named_typed_parameters_and_a_description(state):
    with gr.Blocks() as app:
        generate_endpoint.build(state)
    (endpoint,) = app.get_api_info()["named_endpoints"].values()
    names = {row["parameter_name"]: row for row in endpoint["parameters"]}
    assert list(names) == ["text", "seconds", "seed", "walks", "age", "sex"]
    assert [name for name, row in names.items() if not row["parameter_has_default"]] == ["text"]
    assert names["text"]["type"]["type"] == "string"
    assert "Short steps, left arm still" in endpoint["description"]


def test_a_missing_seed_is_random_and_its_number_gives_the_same_walk(state):
    first, second = (draw_walk(state, DESCRIPTION, 2, walks=1) for _ in range(2))
    assert first.seed != second.seed
    again = draw_walk(state, DESCRIPTION, 2, first.seed, walks=1)
    assert np.array_equal(again.motion.joints, first.motion.joints)
    assert not np.array_equal(second.motion.joints, first.motion.joints)


def test_the_page_states_what_was_asked_and_that_the_walk_is_simulated(state):
    walk = draw_walk(state, DESCRIPTION + " In a red hat.", 3, 7, walks=2)
    html = generate_tab.walk_html(walk, generated_sections(walk))
    for part in (SIMULATED, "Research use only", "step length: reduced", "red hat", walk.summary):
        assert part in html
    assert "implied: the other side" in html and "<dd>7</dd>" in html
    assert "&lt;b&gt;hat" in html and "<b>hat" not in html
    assert "--" not in html.partition("gait-scene")[0]  # no options of the command line


def test_files_of_a_walk_have_its_seed_and_a_hash_of_its_text_in_their_names(state, tmp_path):
    walks = [draw_walk(state, text, 2, 7, walks=1) for text in (DESCRIPTION, "Short steps.")]
    for walk in walks:
        generate_tab._result(walk, tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert len(names) == 4 and all("_seed7." in name for name in names)
    assert {name.partition(".")[2] for name in names} == {"npz", "html"}
    assert len({walk.stem for walk in walks}) == 2


def test_invalid_inputs_are_refused(state):
    for text, seconds, seed, walks, part in (
        (" ", 3, 0, 1, "empty"),
        ("The stock market fell.", 3, 0, 1, "nothing is understood"),
        ("short steps " * 60, 3, 0, 1, "characters"),
        (DESCRIPTION, 0.2, 0, 1, "seconds is 0.2"),
        (DESCRIPTION, float("nan"), 0, 1, "seconds is nan"),
        (DESCRIPTION, None, 0, 1, "seconds is empty"),
        (DESCRIPTION, 60, 0, 1, "expected 1 to 20"),
        (DESCRIPTION, 3, -1, 1, "seed is -1"),
        (DESCRIPTION, 3, 0, 193, "number of walks is 193"),
    ):
        with pytest.raises(ValueError, match=part):
            draw_walk(state, text, seconds, seed, walks)


@pytest.mark.parametrize(("text", "number"), [("", None), (" ", None), ("12", 12), ("12.0", 12)])
def test_an_empty_seed_field_is_no_seed(text, number):
    assert generate_tab._seed(text) == number


@pytest.mark.parametrize("text", ["1.5", "abc"])
def test_a_seed_that_is_no_whole_number_is_refused(text):
    with pytest.raises(ValueError, match="seed is"):
        generate_tab._seed(text)


@pytest.mark.slow
def test_walks_of_the_embedded_model_agree_with_the_examples():
    state = AppState.load(agir_hf.DEFAULT_MODEL)
    for text in EXAMPLES:
        walk = draw_walk(state, text, 6, 0)
        rows = [row for row in walk.rows if not row.asked.implied]
        assert walk.request.level == "understood" and not walk.request.beyond
        assert sum(row.obeyed == "yes" for row in rows) >= len(rows) - 1, walk.summary

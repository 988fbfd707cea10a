"""Walks that are chosen by their measured gait: seeds, mirror images, errors."""

import json
from dataclasses import replace

import numpy as np
import pytest

import agir_hf
from agir_hf.assessment import generation_walks
from agir_hf.assessment.generation_candidates import Candidate, best_of, draw, prompts_of
from agir_hf.assessment.generation_estimates import estimated, most_promising
from agir_hf.assessment.generation_request import parse_request
from agir_hf.assessment.generation_walks import (
    NothingAskedError,
    default_walks,
    generate_walk,
    number_measured,
    understand,
)
from agir_hf.gait import measure
from agir_hf.gait.applied_norms import AppliedNorms
from agir_hf.humanml3d import joints_to_features
from agir_hf.motion import read_recording, to_joints

NORMS = AppliedNorms()
TEXT = "Left arm still."


@pytest.fixture(scope="module")
def sample():
    """Joints and measured gait of the sample recording."""
    motion = to_joints(read_recording(agir_hf.SAMPLE_RECORDING))
    return motion, measure(motion)


@pytest.fixture(scope="module")
def fitted(processor, sample):
    """A processor with the feature statistics of the sample."""
    features = joints_to_features(sample[0].joints)
    extractor = agir_hf.AgirFeatureExtractor(features.mean(0), features.std(0) + 1e-3)
    return agir_hf.AgirProcessor(extractor, processor.tokenizer)


def test_a_seed_gives_the_same_walk_again_and_a_missing_one_is_random(model, fitted):
    first, second = (generate_walk(model, fitted, TEXT, 2, walks=3) for _ in range(2))
    assert first.seed != second.seed
    again = generate_walk(model, fitted, TEXT, 2, first.seed, walks=3)
    assert np.array_equal(again.motion.joints, first.motion.joints)
    assert again.rows == first.rows and again.is_mirrored == first.is_mirrored


def test_the_walks_of_a_seed_do_not_depend_on_their_number(model, fitted):
    few, many = (
        list(draw(model, fitted, [fitted.motion_prompt(TEXT)] * count, 2, 5)) for count in (2, 4)
    )
    for walk, same in zip(few, many, strict=False):
        assert np.array_equal(walk.joints, same.joints)
    assert not np.array_equal(many[0].joints, many[1].joints)


def test_every_second_prompt_has_the_sides_exchanged():
    first, second, third = prompts_of(parse_request(TEXT), NORMS, 3)
    assert first == third == "Arm swing is absent on the left, but normal on the right."
    assert second == "Arm swing is absent on the right, but normal on the left."
    assert len(set(prompts_of(parse_request("Walks slowly."), NORMS, 12))) == 6


def test_a_mirror_image_serves_a_request_for_the_other_side(sample):
    """The mirror image is exact: its measured sides are exchanged, the rest is equal."""
    motion, measured = sample
    walk = Candidate(motion.joints, motion.rate_hz, "", measured)
    image = replace(walk, is_mirrored=True)
    mirrored_motion, mirrored_gait = image.motion()
    assert mirrored_motion.joints.shape == motion.joints.shape
    for name, value in image.parameters.items():
        tolerance = 1e-4 if "harmonic" in name or "freezing" in name else 1e-6
        assert mirrored_gait.parameters[name].value == pytest.approx(value, abs=tolerance), name
    left, right = (walk.parameters[f"arm_swing_{side}_deg"] for side in ("left", "right"))
    assert (left, right) == tuple(
        image.parameters[f"arm_swing_{side}_deg"] for side in ("right", "left")
    )


def test_the_best_walk_is_mirrored_if_only_its_image_has_the_side(sample):
    motion, measured = sample
    lower = min(("left", "right"), key=lambda s: measured.parameters[f"arm_swing_{s}_deg"].value)
    walk = Candidate(motion.joints, motion.rate_hz, "", measured)
    for side in ("left", "right"):
        best = best_of(walk, parse_request(f"The {side} arm does not swing."), NORMS, None)
        assert best.is_mirrored == (side != lower)
    assert not best_of(walk, parse_request("Short steps."), NORMS, None).is_mirrored


def test_the_result_names_text_seed_number_of_walks_and_what_is_beyond(model, fitted):
    text = "Left arm still, then turn in a red hat."
    walk = generate_walk(model, fitted, text, 2, 7, walks=3)
    values = json.loads(json.dumps(walk.as_json(), allow_nan=False))
    assert values["seed"] == 7 and values["walks"] == 3 and values["text"] == text
    assert values["not_understood"] == ["in a red hat"]
    assert "turning" in values["beyond_the_model"][0]
    assert "chosen from 3 walks by the measured gait" in walk.choice
    assert walk.stem.endswith("_seed7") and walk.notes()["seed"] == 7
    other = generate_walk(model, fitted, "Right arm still.", 2, 7, walks=1)
    assert other.stem != walk.stem


def test_progress_is_reported_for_every_walk(model, fitted):
    reports = []
    generate_walk(
        model,
        fitted,
        TEXT,
        2,
        1,
        walks=3,
        progress=lambda *counts: reports.append(counts),
    )
    assert reports == [(done, 6) for done in range(1, 7)]  # three are drawn, and then measured


def test_longer_walks_and_larger_models_draw_fewer(model, monkeypatch):
    arms, other = parse_request(TEXT), parse_request("Step width is normal.")
    assert default_walks(model, 6, arms) == default_walks(model, None, arms) == 192
    assert default_walks(model, 12, arms) == 96 and default_walks(model, 6, other) == 48
    assert number_measured(arms, 192, 6) == 24 and number_measured(arms, 192, 12) == 12
    assert number_measured(other, 48, 6) == 48 and number_measured(arms, 3, 6) == 3
    monkeypatch.setattr(generation_walks, "_LARGE", 0)
    assert default_walks(model, 6, arms) == 8


def test_estimates_of_a_walk_are_near_its_measured_gait(sample):
    motion, measured = sample
    values = estimated(motion.joints, motion.rate_hz)
    tolerances = {"step_length": 0.08, "speed": 0.15, "arm_swing_left": 5, "arm_swing_right": 5}
    for name, value in values.items():
        tolerance = next((t for key, t in tolerances.items() if name.startswith(key)), None)
        if tolerance is not None:
            assert value == pytest.approx(measured.parameters[name].value, abs=tolerance), name


def test_the_walks_that_estimates_agree_with_are_measured():
    normal = {"arm_swing_left_deg": 40.0, "arm_swing_right_deg": 40.0, "step_length_m": 0.66}
    still = normal | {"arm_swing_right_deg": 5.0}
    walks = [normal, normal, still, normal]
    for side in ("Left", "Right"):  # also as a mirror image
        request = parse_request(f"{side} arm still.")
        assert most_promising(walks, request, NORMS, 1) == [2]
    assert most_promising(walks, parse_request("Step width is normal."), NORMS, 4) == [0, 1, 2, 3]


@pytest.mark.parametrize("text", ["The stock market fell.", "", "the and of", "Turn left.", "歩く"])
def test_a_text_that_asks_for_nothing_gets_no_walk(text):
    with pytest.raises(NothingAskedError, match="Short steps, left arm still") as caught:
        understand(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": -1}, "seed is -1"),
        ({"walks": 0}, "number of walks is 0"),
        ({"seconds": 0.5}, "seconds is 0.5"),
        ({"text": "short steps " * 60}, "720 characters"),
    ],
)
def test_values_out_of_range_are_refused(model, fitted, options, message):
    with pytest.raises(ValueError, match=message):
        generate_walk(
            model, fitted, **({"text": TEXT, "seconds": 2, "seed": 1, "walks": 1} | options)
        )


@pytest.mark.slow
def test_the_embedded_model_keeps_one_arm_still_and_moves_the_other():
    """Of both sides: under 10° on the side that was asked for, and more on the other."""
    from agir_hf.assessment import load_model

    model, processor = load_model()
    for side, other in (("left", "right"), ("right", "left")):
        obeyed = 0
        for seed in range(3):
            walk = generate_walk(model, processor, f"{side.title()} arm still.", 6, seed)
            swing = {s: walk.measured.parameters[f"arm_swing_{s}_deg"].value for s in (side, other)}
            assert swing[other] > swing[side]
            obeyed += swing[side] < 10
            assert (walk.rows[0].obeyed == "yes") == (swing[side] < 10)
        assert obeyed >= 2

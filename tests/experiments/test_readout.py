"""Read-outs of gait parameters from features, codes and encoder states."""

import numpy as np
import pytest
import torch

from agir_hf import DEFAULT_MODEL, AgirForGaitAssessment, AgirProcessor
from agir_hf.experiments.readout import (
    CODES,
    ENCODER,
    ENCODER_OVER_TIME,
    FEATURES,
    READOUTS,
    readout_embeddings,
    readout_markdown,
    readout_table,
    spoken_of,
)


@pytest.fixture(scope="module")
def model():
    return AgirForGaitAssessment.from_pretrained(DEFAULT_MODEL).eval()


@pytest.fixture(scope="module")
def processor():
    return AgirProcessor.from_pretrained(DEFAULT_MODEL)


@pytest.fixture(scope="module")
def motions(processor):
    """Normalized noise of different lengths, as features."""
    rng = np.random.default_rng(0)
    mean, std = (np.asarray(getattr(processor.feature_extractor, k)) for k in ("mean", "std"))
    return [
        (mean + std * rng.normal(size=(length, 263))).astype(np.float32) for length in (80, 40, 60)
    ]


def test_embeddings_are_those_of_each_walk_alone(model, processor, motions):
    together = readout_embeddings(model, processor, motions, batch_size=2)
    alone = [readout_embeddings(model, processor, [motion]) for motion in motions]
    assert tuple(together) == READOUTS
    for name in READOUTS:
        expected = np.concatenate([walk[name] for walk in alone])
        np.testing.assert_allclose(together[name], expected, rtol=1e-3, atol=1e-4)


def test_encoder_is_the_contextual_embedding_of_the_model(model, processor, motions):
    values = readout_embeddings(model, processor, motions)
    inputs = processor.feature_extractor(motions, return_tensors="pt")
    expected = model.embed_motion(**inputs, contextual=True).numpy()
    width = expected.shape[1]
    np.testing.assert_allclose(values[ENCODER], expected, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(values[ENCODER_OVER_TIME][:, :width], expected, rtol=1e-3, atol=1e-4)
    assert values[ENCODER_OVER_TIME].shape == (3, 3 * width)
    assert values[FEATURES].shape == (3, 2 * 263)
    assert not model.get_encoder()._forward_hooks


def test_motion_that_does_not_change_has_smaller_changes_of_states(model, processor, motions):
    still = np.repeat(motions[0][:1], 80, axis=0)
    values = readout_embeddings(model, processor, [motions[0], still])[ENCODER_OVER_TIME]
    width = values.shape[1] // 3
    assert values[1, 2 * width :].mean() < values[0, 2 * width :].mean()


def test_walk_of_a_single_code_has_no_changes(model, processor, motions):
    values = readout_embeddings(model, processor, [motions[0][:4]])[ENCODER_OVER_TIME]
    width = values.shape[1] // 3
    assert torch.tensor(values).isfinite().all() and not values[0, width:].any()


@pytest.mark.parametrize(
    ("name", "features", "encoder", "over_time", "expected"),
    [
        ("cadence_steps_per_min", 0.92, 0.10, 0.12, False),
        ("speed_m_per_s", 0.99, 0.90, 0.91, True),
        ("speed_m_per_s", 0.99, 0.10, 0.85, True),  # the better read-out counts
        ("speed_m_per_s", 0.99, 0.84, 0.80, False),
        ("step_width_m", -0.10, 0.20, 0.20, False),  # neither contains it
        ("step_width_m", None, None, None, False),
        ("step_length_asymmetry_percent", 0.25, 0.24, 0.50, False),
        ("step_length_asymmetry_percent", 0.25, 0.24, 0.61, True),
        ("stride_time_cv_percent", 0.36, 0.40, 0.59, False),
        ("stride_time_cv_percent", None, 0.60, None, True),
    ],
)
def test_parameter_is_spoken_of_if_the_encoder_contains_it(
    name, features, encoder, over_time, expected
):
    row = {FEATURES: features, CODES: 0.5, ENCODER: encoder, ENCODER_OVER_TIME: over_time}
    assert spoken_of(name, row) is expected


def test_table_lists_measured_parameters_with_two_decimals():
    rng = np.random.default_rng(0)
    train, test = ({name: rng.normal(size=(50, 4)) for name in READOUTS} for _ in range(2))
    parameters = [
        {"speed_m_per_s": values[ENCODER][:, 0] * 2 + 1, "turn_time_s": np.full(50, np.nan)}
        for values in (train, test)
    ]
    table = readout_table(train, parameters[0], test, parameters[1])
    assert list(table) == ["speed_m_per_s"]
    assert table["speed_m_per_s"][ENCODER] > 0.99 > 0.3 > table["speed_m_per_s"][FEATURES]
    lines = readout_markdown(table).splitlines()
    assert lines[0] == f"| R² on test walks | {' | '.join(READOUTS)} | spoken of |"
    assert lines[2].startswith("| speed_m_per_s | ") and " | 1.00 | " in lines[2]

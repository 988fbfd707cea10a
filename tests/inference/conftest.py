"""Pairs of models and processors: in torch, and in numpy from the same folder."""

import pytest

import agir_hf
from agir_hf.inference import load_numpy_model


@pytest.fixture(scope="session")
def embedded():
    """Embedded model in torch and in numpy, each with its processor."""
    torch_pair = [
        cls.from_pretrained(agir_hf.DEFAULT_MODEL)
        for cls in (agir_hf.AgirForGaitAssessment, agir_hf.AgirProcessor)
    ]
    return torch_pair, load_numpy_model(agir_hf.DEFAULT_MODEL)


@pytest.fixture(scope="session")
def untrained(saved_model, model, processor):
    """Untrained model without probe and mirror image, in torch and in numpy."""
    return (model, processor), load_numpy_model(saved_model)

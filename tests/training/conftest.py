"""A corpus and a small model for the training tests."""

import numpy as np
import pytest
from datasets import Dataset

from agir_hf.corpus.schema import config_features


def motion(i):
    return np.random.default_rng(i).normal(size=(64 + 4 * i, 263)).astype(np.float32)


def as_rows(config, data):
    """A data set of a corpus' configuration; columns that are not given are made up."""
    features = config_features(config)
    data = [{name: row.get(name, "x") for name in features} for row in data]
    dataset = Dataset.from_list(data, features=features)
    return dataset.with_format("numpy", columns=["motion"], output_all_columns=True)


@pytest.fixture
def rows():
    """Sixteen walks with rationales."""
    return as_rows(
        "reasoning",
        [
            {
                "id": f"walk_{i}",
                "subject": f"SUB{i // 2:02d}",
                "simulated": True,
                "revised": False,
                "score": i % 3,
                "motion": motion(i),
                "rationale": "The walker takes short steps." if i % 2 else "Speed is normal.",
            }
            for i in range(16)
        ],
    )


@pytest.fixture
def described():
    """Eight walks with a description of feet and one of arms."""
    words = {"foot": "short steps", "arm": "little arm swing"}
    return as_rows(
        "generative",
        [
            {
                "id": f"walk_{i}",
                "simulated": True,
                "revised": False,
                "part": part,
                "motion": motion(i),
                "description": words[part],
            }
            for i in range(8)
            for part in words
        ],
    )

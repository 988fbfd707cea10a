"""A corpus and a small model for the training tests."""

import numpy as np
import pytest
from datasets import Dataset

from agir_hf.corpus.schema import PARAMETER_NAMES, corpus_features


@pytest.fixture
def rows():
    """Sixteen walks with texts, four of whose columns are made up."""
    generator = np.random.default_rng(0)
    data = [
        {
            "subject": f"SUB{i // 2:02d}",
            "walk": f"walk_{i}",
            "score": i % 3,
            "motion": generator.normal(size=(64 + 4 * i, 263)).astype(np.float32),
            "foot_description": "short steps",
            "arm_description": "little arm swing",
            "rationale": "The walker takes short steps." if i % 2 else "Speed is normal.",
            "parameters": dict.fromkeys(PARAMETER_NAMES, 1.0),
            "simulated": True,
        }
        for i in range(16)
    ]
    dataset = Dataset.from_list(data, features=corpus_features())
    return dataset.with_format("numpy", columns=["motion"], output_all_columns=True)

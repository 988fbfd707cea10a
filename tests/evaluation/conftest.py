"""Results of an evaluation for several tests."""

import numpy as np
import pytest

from agir_hf.evaluation.reporting.results import FoldResult, Prediction, Results, Row

NAMES = ["normal", "slight", "impaired"]


def _walk(rng, subject: int, walk: int, text: bool) -> Prediction:
    truth = (subject + walk) % 3
    probabilities = rng.dirichlet(np.ones(3) + 4 * np.eye(3)[truth])
    predicted = None if text and (subject, walk) == (0, 0) else int(probabilities.argmax())
    figures = {"cider": 1.25, "supported": 0.5 if walk else None} if text else {}
    rationale = f"Walk {walk} of subject {subject} is short." if text else None
    return Prediction(
        f"w{subject}-{walk}", f"s{subject}", truth, predicted, probabilities, rationale, figures
    )


def _row(name: str, seeds: int, text: bool = False, note: str | None = None) -> Row:
    rng = np.random.default_rng(len(name))
    folds = [
        FoldResult(f"s{s}", seed, [_walk(rng, s, walk, text) for walk in range(4)], 1.0)
        for seed in range(seeds)
        for s in range(6)
    ]
    return Row(name, folds, note)


@pytest.fixture
def evaluation() -> Results:
    """Two rows of 24 simulated walks, six folds, two seeds and one; a row that was not run."""
    return Results(
        kind="reasoning",
        title="Scores & rationales",
        data="walks of the cohort",
        simulated=True,
        classes=[0, 1, 2],
        class_names=NAMES,
        scheme="leave one subject out, 6 subjects",
        command="agir evaluate reasoning --seeds 0 1",
        config={"seeds": [0, 1]},
        versions={"python": "3.11", "agir-hf": "0.1.0"},
        rows=[
            _row("AGIR_ego 100%", 2, text=True, note="greedy"),
            _row("linear probe", 1),
            Row("MotionCLIP", [], "weights not found: motion_clip.pt"),
        ],
        paper={"AGIR": {"f1": 0.58, "precision": 0.46, "recall": 0.51, "rouge": 0.3}},
    )

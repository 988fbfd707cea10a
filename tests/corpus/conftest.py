"""Simulated walkers that several tests look at."""

from dataclasses import dataclass

import numpy as np
import pytest

from agir_hf.corpus.subjects import Subject, WalkPlan, draw_subject, draw_walk
from agir_hf.corpus.walker import Walk, simulate_walk


@dataclass(frozen=True, eq=False)
class Example:
    subject: Subject
    plan: WalkPlan
    walk: Walk


def draw_example(score: int, seed: int) -> Example:
    rng = np.random.default_rng([score, seed])
    subject = draw_subject(f"SUB{seed:02d}", score, rng)
    plan = draw_walk(subject, rng)
    walk = simulate_walk(
        subject.body, plan.style, plan.duration_s, rng, starts=plan.starts, stops=plan.stops
    )
    return Example(subject, plan, walk)


@pytest.fixture(scope="session")
def examples() -> list[Example]:
    """Ten walks of each score, each of another walker."""
    return [draw_example(score, seed) for score in (0, 1, 2) for seed in range(10)]

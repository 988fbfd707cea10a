"""Simulated walks that several tests use."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pytest

from agir_hf.simulation.footsteps import TrialSetup
from agir_hf.simulation.route import Route
from agir_hf.simulation.subjects import Session, Subject, WalkPlan, draw_subject, draw_walk
from agir_hf.simulation.walk import Walk, simulate_walk


@dataclass(frozen=True, eq=False)
class Example:
    subject: Subject
    session: Session
    plan: WalkPlan
    walk: Walk

    @cached_property
    def markers(self) -> np.ndarray:
        """(T, 44, 3) metres, without noise."""
        return self.walk.markers(self.session.placement)


def draw_example(score: int, seed: int, **setup) -> Example:
    """Draw a walk OFF medication; `setup` replaces the drawn duration, route and so on."""
    rng = np.random.default_rng([score, seed])
    subject = draw_subject(f"SUB{seed:02d}", (score, score), rng)
    session = subject.sessions[0]
    plan = draw_walk(session, rng)
    if setup:
        plan = replace(plan, setup=TrialSetup(**setup))
    return Example(subject, session, plan, simulate_walk(subject.body, plan.style, plan.setup, rng))


@pytest.fixture(scope="session")
def examples() -> list[Example]:
    """Ten walks of each score, each of another subject."""
    return [draw_example(score, seed) for score in (0, 1, 2) for seed in range(10)]


@pytest.fixture(scope="session")
def turning() -> list[Example]:
    """Walks with a half turn, left and right, from standing and from within the walk."""
    return [
        draw_example(
            score,
            50 + score,
            duration_s=20.0 if score < 2 else 30.0,
            starts_standing=score != 1,
            ends_standing=score != 1,
            route=Route(4.0, side * np.pi, radius),
        )
        for score, radius in ((0, 0.5), (1, 0.35), (2, 0.6))
        for side in (1, -1)
    ]


@pytest.fixture(scope="session")
def frozen() -> list[Example]:
    """Walks with a freeze of two seconds after four seconds."""
    return [
        draw_example(
            2, 60 + i, duration_s=10.0, starts_standing=i % 2 == 0, freeze_at_s=4.0, freeze_s=2.0
        )
        for i in range(4)
    ]

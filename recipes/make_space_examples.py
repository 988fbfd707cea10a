"""Make the Space's examples: simulated walks of the three severities, and one walker OFF and ON.

    python recipes/make_space_examples.py

writes spaces_app/examples/simulated_score_{0,1,2}.c3d and simulated_{off,on}.c3d (44 markers at
75 Hz, millimetres, Y up, with gait events). The same command makes the same files. No person is in
them.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from agir_hf.constants_agir import SCORES
from agir_hf.simulation.footsteps import TrialSetup
from agir_hf.simulation.shida_layout import SESSIONS
from agir_hf.simulation.subjects import draw_subject, draw_walk
from agir_hf.simulation.virtual_mocap import capture_walk, write_c3d
from agir_hf.simulation.walk import simulate_walk

SEEDS = {0: 3, 1: 5, 2: 8}
OFF_AND_ON, SEED_OF_PAIR = (2, 1), 4
DURATION_S, THINNED = 7.0, 2  # every other frame keeps the files small
EXAMPLES = Path(__file__).resolve().parents[1] / "spaces_app" / "examples"


def simulate(scores: tuple[int, int], seed: int, session: int = 0):
    """`MarkerRecording` of a simulated walker with scores OFF and ON, in one of these sessions."""
    rng = np.random.default_rng(seed)
    subject = draw_subject("SIMULATED", scores, rng)
    score, session = scores[session], subject.sessions[session]
    setup = TrialSetup(DURATION_S, starts_standing=True)
    walk = simulate_walk(subject.body, draw_walk(session, rng).style, setup, rng)
    markers = walk.markers(session.placement)
    source = f"simulated walker, score {score}"
    recording = capture_walk(walk, markers, rng, source=source, gaps=False)
    return replace(
        recording,
        positions=recording.positions[::THINNED],
        rate_hz=recording.rate_hz / THINNED,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=EXAMPLES, help="folder")
    folder = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    walks = {f"score_{score}": simulate((score, score), SEEDS[score]) for score in SCORES}
    for session, medication in enumerate(SESSIONS):
        walks[medication] = simulate(OFF_AND_ON, SEED_OF_PAIR, session)
    for name, recording in walks.items():
        out = folder / f"simulated_{name}.c3d"
        write_c3d(recording, out)
        print(f"{out.name}: {DURATION_S:g} s, {out.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()

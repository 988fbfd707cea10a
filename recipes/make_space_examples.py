"""Simulate the example recordings of the Space: scores 0, 1 and 2, and one subject OFF and ON.

    python recipes/make_space_examples.py

Writes spaces_app/examples/simulated_score_{0,1,2}.c3d and simulated_{off,on}.c3d (44 markers at
75 Hz, millimetres, Y up, with gait events). Seeds are fixed: the command always writes the same
files. They contain no recording of a person.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from agir_hf.constants_agir import SCORES
from agir_hf.simulation.c3d_writer import write_c3d
from agir_hf.simulation.footsteps import TrialSetup
from agir_hf.simulation.shida_layout import SESSIONS
from agir_hf.simulation.subjects import draw_subject, draw_walk
from agir_hf.simulation.virtual_mocap import capture_walk
from agir_hf.simulation.walk import simulate_walk
from agir_hf.utils.command_line import Parser

SEEDS = {0: 3, 1: 5, 2: 8}
PAIR_SCORES, PAIR_SEED = (2, 1), 4  # OFF and ON
DURATION_S = 7.0
FRAME_STEP = 2  # every second frame is kept, for smaller files
EXAMPLES = Path(__file__).resolve().parents[1] / "spaces_app" / "examples"


def simulate(scores: tuple[int, int], seed: int, session: int = 0):
    """Simulate the recording of one session of a subject.

    Args:
        scores: Gait scores of the subject OFF and ON medication.
        seed: Seed of the random generator.
        session: Index of the session: 0 for OFF, 1 for ON.

    Returns:
        `MarkerRecording` at half the frame rate of the simulation.
    """
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
        positions=recording.positions[::FRAME_STEP],
        rate_hz=recording.rate_hz / FRAME_STEP,
    )


def main() -> None:
    parser = Parser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=EXAMPLES, help="folder to write to")
    folder = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    walks = {f"score_{score}": simulate((score, score), SEEDS[score]) for score in SCORES}
    for session, medication in enumerate(SESSIONS):
        walks[medication] = simulate(PAIR_SCORES, PAIR_SEED, session)
    for name, recording in walks.items():
        out = folder / f"simulated_{name}.c3d"
        write_c3d(recording, out)
        print(f"{out.name}: {DURATION_S:g} s, {out.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()

"""Make the embedded demo recording: six seconds of a simulated, clearly impaired gait.

    python recipes/make_sample_recording.py

writes agir_hf/assets/sample_walk.c3d (44 markers at 150 Hz, millimetres, Y up, with gait events).
The same command makes the same recording. It contains no data of a person.
"""

from pathlib import Path

import numpy as np

import agir_hf
from agir_hf.simulation.c3d_writer import write_c3d
from agir_hf.simulation.footsteps import TrialSetup
from agir_hf.simulation.ground_truth import measure_walk
from agir_hf.simulation.subjects import draw_subject, draw_walk
from agir_hf.simulation.virtual_mocap import capture_walk
from agir_hf.simulation.walk import simulate_walk
from agir_hf.utils.command_line import Parser

SCORE, SEED, DURATION_S = 2, 2026, 6.0


def main() -> None:
    parser = Parser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--out", type=Path, default=Path(agir_hf.SAMPLE_RECORDING), help="file to write"
    )
    out = parser.parse_args().out

    rng = np.random.default_rng(SEED)
    subject = draw_subject("SIMULATED", (SCORE, SCORE), rng)
    session = subject.sessions[0]
    style = draw_walk(session, rng).style
    walk = simulate_walk(subject.body, style, TrialSetup(DURATION_S, starts_standing=True), rng)
    markers = walk.markers(session.placement)
    source = f"simulated walker, score {SCORE}"
    recording = capture_walk(walk, markers, rng, source=source, gaps=False)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_c3d(recording, out)
    print(f"{out}: {DURATION_S:g} s, {out.stat().st_size / 1000:.0f} kB")
    for name, value in measure_walk(walk, markers).items():
        print(f"  {name:30s} {value:8.3f}")


if __name__ == "__main__":
    main()

"""A folder of simulated trials, with a static trial and a damaged file."""

import numpy as np
import pytest


@pytest.fixture(scope="session")
def trials(tmp_path_factory):
    """Folder with three trials OFF and ON of one simulated subject, a static trial, a damaged file.

    The subfolders have the names of the Shida data set.
    """
    from agir_hf.simulation.c3d_writer import write_c3d
    from agir_hf.simulation.cohort import _static, _subject, simulate_subject

    folder = tmp_path_factory.mktemp("trials")
    for number, trial in enumerate(simulate_subject(4, (2, 1), seed=5, walks=3), 1):
        state = trial.session.medication
        session = folder / f"SUB04_{state}"
        session.mkdir(exist_ok=True)
        write_c3d(trial.recording, session / f"SUB04_{state}_walk_{(number - 1) % 3 + 1}.c3d")
    subject, off = _subject(4, (2, 1), 5, False), folder / "SUB04_off"
    write_c3d(_static(subject, subject.sessions[0], np.random.default_rng(1)), off / "static.c3d")
    (off / "SUB04_off_walk_9.c3d").write_bytes((off / "SUB04_off_walk_1.c3d").read_bytes()[:20000])
    (off / "notes.txt").write_text("no recording")
    return folder


@pytest.fixture(scope="session")
def both_states(trials):
    """The session of the folder, read once."""
    from agir_hf.assessment import Session, Subject

    session = Session.from_paths(trials, subject=Subject("P04", age=70, sex="male"))
    assert len(session.walks) == len(session)
    return session

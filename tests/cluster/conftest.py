"""Short recordings for pipelines, and the recipes as functions."""

import os
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

import agir_hf
from agir_hf.motion import read_recording, to_joints

RECIPES = Path(__file__).resolve().parents[2] / "recipes" / "cluster"
SCORES = {"A": 0, "B": 1, "C": 2, "D": 1}


@pytest.fixture(scope="session")
def walks(tmp_path_factory) -> Path:
    """Folder of a cohort: nine walks of four subjects, a file that is no recording, and scores."""
    folder = tmp_path_factory.mktemp("walks")
    joints = to_joints(read_recording(agir_hf.SAMPLE_RECORDING)).joints
    rows = ["subject,session,file,score"]
    for number in range(1, 11):
        subject = "ABCD"[(number - 1) // 3]
        name = f"{subject}/walk_{number}.npz"
        (folder / subject).mkdir(exist_ok=True)
        if number == 5:
            (folder / name).write_bytes(b"no recording")
        else:
            length = 60 + 5 * number
            part = joints[number : number + length] * (0.9 + 0.02 * number)
            np.savez(folder / name, joints=part, rate_hz=20.0)
        rows.append(f"{subject},on,{name},{SCORES[subject]}")
    (folder / "clinical.csv").write_text("\n".join(rows) + "\n")
    return folder


@pytest.fixture(scope="session")
def recipe():
    """Function that runs a recipe of the folder `cluster` in this process."""

    def call(name: str, *arguments: str | os.PathLike) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", [name, *map(str, arguments)])
            runpy.run_path(str(RECIPES / f"{name}.py"), run_name="__main__")

    return call


@pytest.fixture(scope="session")
def data_files():
    """Function that returns name → content of the files of a corpus, without its folder work."""

    def read(folder: Path) -> dict[str, bytes]:
        files = (path for path in folder.rglob("*") if path.is_file())
        names = {path.relative_to(folder).as_posix(): path for path in files}
        return {
            name: path.read_bytes()
            for name, path in names.items()
            if not name.startswith(("work/", "."))
        }

    return read

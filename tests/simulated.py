"""Simulated cohorts and their corpora, made once for all test files and processes of a run."""

import fcntl
import shutil
from contextlib import contextmanager
from pathlib import Path


class Simulated:
    """Cohorts of one walk a session and their corpora; every caller gets a copy to change.

    Args:
        folder: Folder that all processes of the run share.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def cohort(self, target: Path, subjects: int, seed: int = 0) -> Path:
        """Copy a simulated cohort to a folder that does not exist."""
        return Path(shutil.copytree(self._cohort(subjects, seed), target))

    def corpus(self, target: Path, subjects: int, seed: int = 0) -> Path:
        """Copy the corpus of that cohort, of joint centres without a fitted body, to a folder."""
        return Path(shutil.copytree(self._corpus(subjects, seed), target))

    def _cohort(self, subjects: int, seed: int) -> Path:
        from agir_hf.simulation.cohort import simulate_cohort

        path = self.folder / f"cohort-{subjects}-{seed}"
        with self._once(path) as is_first:
            if is_first:
                simulate_cohort(path, subjects=subjects, walks=1, seed=seed)
        return path

    def _corpus(self, subjects: int, seed: int) -> Path:
        from agir_hf.corpus.build import build_corpus

        cohort, path = self._cohort(subjects, seed), self.folder / f"corpus-{subjects}-{seed}"
        with self._once(path) as is_first:
            if is_first:
                build_corpus(cohort, path, fit="centres")
        return path

    @contextmanager
    def _once(self, path: Path):
        """Hold the lock of a folder, and yield whether it is to be made."""
        finished = path.with_name(f"{path.name}.finished")
        with path.with_name(f"{path.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield not finished.exists()
            finished.touch()  # not after an error

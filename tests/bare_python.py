"""A Python that has torch and transformers, what those need, and nothing else."""

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

INSTALLED = ("torch", "transformers")


def needed(names=INSTALLED) -> set[str]:
    """Names of distributions with those that they need, extras aside."""
    found, ahead = set(), list(names)
    while ahead:
        name = ahead.pop()
        if name in found:
            continue
        found.add(name)
        for line in metadata.requires(name) or []:
            told = Requirement(line)
            if told.marker is None or told.marker.evaluate({"extra": ""}):
                ahead.append(told.name.lower().replace("_", "-"))
    return found


class BarePython:
    """Links the distributions into a folder, which is all that its scripts can import.

    Args:
        folder: an empty one.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        for name in needed():
            files = metadata.files(name) or []
            for top in {file.parts[0] for file in files} - {"..", "__pycache__"}:
                there = metadata.distribution(name).locate_file(top)
                if not (folder / top).exists():
                    (folder / top).symlink_to(there)

    def __call__(self, script: str, *arguments, cache: Path, **changes):
        """Run a script; returns the finished process.

        Args:
            cache: folder for what libraries keep.
            changes: of the environment.
        """
        kept = {k: v for k, v in os.environ.items() if not k.upper().endswith("_PROXY")}
        environment = {
            **kept,
            "PYTHONPATH": str(self.folder),
            "HF_HOME": str(cache),
            "HF_HUB_OFFLINE": "1",
            **changes,
        }
        # -S leaves out site-packages, and with it an installation of ours
        command = [sys.executable, "-S", "-c", script, *map(str, arguments)]
        return subprocess.run(
            command, cwd=cache, env=environment, capture_output=True, text=True, timeout=300
        )

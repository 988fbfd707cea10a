"""Python with torch, transformers and their dependencies, and nothing else."""

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

INSTALLED = ("torch", "transformers")


def with_dependencies(names=INSTALLED) -> set[str]:
    """Names of distributions and of all their dependencies, without extras."""
    result, pending = set(), list(names)
    while pending:
        name = pending.pop()
        if name in result:
            continue
        result.add(name)
        for line in metadata.requires(name) or []:
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                pending.append(requirement.name.lower().replace("_", "-"))
    return result


class BarePython:
    """Runner of scripts that can import only the distributions linked into a folder.

    Args:
        folder: Empty folder for the links.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        for name in with_dependencies():
            files = metadata.files(name) or []
            for top in {file.parts[0] for file in files} - {"..", "__pycache__"}:
                path = metadata.distribution(name).locate_file(top)
                if not (folder / top).exists():
                    (folder / top).symlink_to(path)

    def __call__(self, script: str, *arguments, cache: Path, **changes):
        """Run a script and return the finished process.

        Args:
            script: Python code.
            arguments: Command line arguments of the script.
            cache: Folder for the caches of libraries; the current folder of the script.
            changes: Changes of environment variables.
        """
        kept = {k: v for k, v in os.environ.items() if not k.upper().endswith("_PROXY")}
        environment = {
            **kept,
            "PYTHONPATH": str(self.folder),
            "HF_HOME": str(cache),
            "HF_HUB_OFFLINE": "1",
            **changes,
        }
        # -S excludes site-packages, and with them an installation of this package
        command = [sys.executable, "-S", "-c", script, *map(str, arguments)]
        return subprocess.run(
            command, cwd=cache, env=environment, capture_output=True, text=True, timeout=300
        )

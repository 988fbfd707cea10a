"""State that the tabs of one running app share: the model, and a folder for each session."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import gradio as gr

from agir_hf.assessment import load_model, model_provenance

API_SESSION = "api"  # session name of a request without a browser session
RETENTION_S = 2 * 3600.0  # files of a session are removed at its end, at the latest after this time
FULL_WIDTH_PX = 300  # minimum width with which a button has its own line on a phone
# One request to the model at a time: keywords of every event that uses the model.
MODEL_QUEUE = {"concurrency_limit": 1, "concurrency_id": "model"}


def _new_root() -> Path:
    root = Path(tempfile.mkdtemp(prefix="agir-space-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    return root


@dataclass
class AppState:
    """Created once by `app.py` and passed to ``build(state)`` of each tab.

    Attributes:
        model: `AgirForGaitAssessment` in evaluation mode, on any device.
        processor: `AgirProcessor` of the model.
        root: Folder with one subfolder for each session; removed when the app ends.
    """

    model: Any
    processor: Any
    root: Path = field(default_factory=_new_root)

    @classmethod
    def load(
        cls, name_or_path: str, device: str | None = None, precision: str | None = None
    ) -> AppState:
        """Load a model and create the state.

        Args:
            name_or_path: Folder or Hub name of the model.
            device: Device of the model, or None for a GPU if there is one.
            precision: "fp32", "bf16" or "fp16", or None for the format of the model's files.

        Raises:
            ModelError: There is no such model or device.
        """
        return cls(*load_model(name_or_path, device, precision))

    @property
    def provenance(self) -> dict:
        """Name and training data of the model, from `model_provenance`."""
        return model_provenance(self.model)

    def session(self, request: gr.Request | None) -> Path:
        """Return the folder of the session of a request, created if missing.

        Args:
            request: Argument ``request: gr.Request`` of an event function.
        """
        self._remove_expired()
        folder = self._folder(request)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def close(self, request: gr.Request) -> None:
        """Remove the files of a session.

        Args:
            request: Request of the session.
        """
        shutil.rmtree(self._folder(request), ignore_errors=True)

    def _folder(self, request: gr.Request | None) -> Path:
        name = getattr(request, "session_hash", None) or API_SESSION
        return self.root / sha256(name.encode()).hexdigest()[:24]  # the client chooses the name

    def _remove_expired(self) -> None:
        oldest = time.time() - RETENTION_S
        for folder in self.root.iterdir() if self.root.is_dir() else ():
            if folder.stat().st_mtime < oldest:
                shutil.rmtree(folder, ignore_errors=True)

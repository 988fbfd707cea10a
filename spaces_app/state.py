"""What the tabs of one running app share: the model, loaded once, and a folder per session."""

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

NOBODY = "api"  # who calls without a session
RETENTION_S = 2 * 3600.0  # a session's files are removed when it ends, at the latest after this
WHOLE_LINE = 300  # pixels: on a phone a button that says much has a line of its own
# one question to the model at a time: keywords of every event that asks it
MODEL_QUEUE = {"concurrency_limit": 1, "concurrency_id": "model"}


def _new_root() -> Path:
    root = Path(tempfile.mkdtemp(prefix="agir-space-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    return root


@dataclass
class AppState:
    """Made once by `app.py` and given to each tab's ``build(state)``.

    Attributes:
        model: `AgirForGaitAssessment`, on the CPU, in evaluation mode.
        processor: its `AgirProcessor`.
        root: folder under which each session has its own; removed when the app ends.
    """

    model: Any
    processor: Any
    root: Path = field(default_factory=_new_root)

    @classmethod
    def load(cls, name_or_path: str) -> AppState:
        """With a model of that name; raises `ModelError` where there is none."""
        return cls(*load_model(name_or_path))

    @property
    def provenance(self) -> dict:
        """Name of the model and what it was trained on, of `model_provenance`."""
        return model_provenance(self.model)

    def session(self, request: gr.Request | None) -> Path:
        """The folder of the session that asks, made when first asked for.

        In an event function take ``request: gr.Request`` and give it on.
        """
        self._sweep()
        folder = self._folder(request)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def close(self, request: gr.Request) -> None:
        """Remove what a session left."""
        shutil.rmtree(self._folder(request), ignore_errors=True)

    def _folder(self, request: gr.Request | None) -> Path:
        name = getattr(request, "session_hash", None) or NOBODY
        return self.root / sha256(name.encode()).hexdigest()[:24]  # the name comes from outside

    def _sweep(self) -> None:
        oldest = time.time() - RETENTION_S
        for folder in self.root.iterdir() if self.root.is_dir() else ():
            if folder.stat().st_mtime < oldest:
                shutil.rmtree(folder, ignore_errors=True)

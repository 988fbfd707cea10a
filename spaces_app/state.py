"""State that the tabs of one running app share: the model, and a folder for each session."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import gradio as gr

API_SESSION = "api"  # session name of a request without a browser session
RETENTION_S = 2 * 3600.0  # files of a session are removed at its end, at the latest after this time
FULL_WIDTH_PX = 300  # minimum width with which a button has its own line on a phone
# Keywords of events that use the model during their whole run: one at a time.
MODEL_QUEUE = {"concurrency_limit": 1, "concurrency_id": "model"}
# Keywords of events that read recordings, and hold `AppState.model_lock` only for the prediction.
READING_QUEUE = {"concurrency_limit": 4, "concurrency_id": "reading"}
_UNKNOWN = {"name": "", "embedded": False, "trained_on": None}


def _new_root() -> Path:
    root = Path(tempfile.mkdtemp(prefix="agir-space-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    return root


class AppState:
    """Created once by `app.py` and passed to ``build(state)`` of each tab.

    Args:
        model: `AgirForGaitAssessment` in evaluation mode, on any device.
        processor: `AgirProcessor` of the model.
        root: Folder with one subfolder for each session; removed when the app ends.

    Attributes:
        root: The folder of the sessions.
        model_lock: Held while the model predicts, so that requests do so one after the other.
        provenance: Name and training data of the model, from `model_provenance`.
        num_scores: Number of scores that the model gives, from 0 on.
    """

    def __init__(self, model: Any, processor: Any, root: Path | None = None):
        self._start(root)
        self._loaded.set()
        self._model, self._processor = model, processor
        self._describe()

    def _start(self, root: Path | None) -> None:
        self.root = _new_root() if root is None else Path(root)
        self.model_lock = threading.Lock()
        self._tickets: dict[Path, int] = {}
        self._loaded, self._error = threading.Event(), None
        self._model = self._processor = self._loader = None
        self.provenance, self.num_scores = dict(_UNKNOWN), 3

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
        from agir_hf.assessment import load_model

        return cls(*load_model(name_or_path, device, precision))

    @classmethod
    def later(cls, name_or_path: str, load: Callable[[], tuple], root: Path | None = None):
        """Create the state of a model that `start_loading` loads while the page is already shown.

        Args:
            name_or_path: Folder of the model, whose `config.json` gives what the page states of
                it; or a Hub name, which is loaded here.
            load: Returns model and processor.
            root: Folder of the sessions.

        Returns:
            The state.

        Raises:
            ModelError: There is no such model or device, as far as it was loaded here.
        """
        config = Path(name_or_path) / "config.json"
        try:
            stated = json.loads(config.read_text("utf-8"))
        except (OSError, ValueError):  # not a folder, or damaged: loading it says why
            return cls(*load(), root)
        state = cls.__new__(cls)
        state._start(root)
        state._loader = load
        trained_on = stated.get("training_data")
        state.provenance = {"name": config.parent.name, "embedded": False, "trained_on": trained_on}
        state.num_scores = stated.get("num_scores", 3)
        return state

    def start_loading(self) -> None:
        """Load the model in a thread, for a state of `later`."""
        if self._loader is not None:
            # Not a daemon: Python would end while the thread imports a library, which crashes it.
            threading.Thread(target=self._load, name="agir-model").start()

    def wait(self) -> None:
        """Wait until the model is loaded.

        Raises:
            ModelError: It cannot be loaded.
        """
        self._loaded.wait()
        if self._error is not None:
            raise self._error

    @property
    def model(self) -> Any:
        """The model; the first request waits for it."""
        self.wait()
        return self._model

    @property
    def processor(self) -> Any:
        """The processor of the model."""
        self.wait()
        return self._processor

    def _load(self) -> None:
        try:
            self._model, self._processor = self._loader()
            self._describe()
        except BaseException as error:  # raised again by `wait`
            self._error = error
        self._loaded.set()

    def _describe(self) -> None:
        from agir_hf.assessment import model_provenance

        self.provenance = model_provenance(self._model)
        self.num_scores = self._model.config.num_scores

    def session(self, request: gr.Request | None) -> Path:
        """Return the folder of the session of a request, created if missing.

        Args:
            request: Argument ``request: gr.Request`` of an event function.
        """
        self._remove_expired()
        folder = self._folder(request)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def new_ticket(self, request: gr.Request | None) -> int:
        """Return the number of the newest assessment of a session; earlier ones are outdated.

        Args:
            request: Request of the session.
        """
        folder = self._folder(request)
        self._tickets[folder] = self._tickets.get(folder, 0) + 1
        return self._tickets[folder]

    def is_current(self, request: gr.Request | None, ticket: int) -> bool:
        """Whether nothing newer was started in a session since `new_ticket` returned a number.

        Args:
            request: Request of the session.
            ticket: The number.
        """
        return self._tickets.get(self._folder(request), 0) == ticket

    def close(self, request: gr.Request) -> None:
        """Remove the files of a session.

        Args:
            request: Request of the session.
        """
        folder = self._folder(request)
        self._tickets.pop(folder, None)
        shutil.rmtree(folder, ignore_errors=True)

    def _folder(self, request: gr.Request | None) -> Path:
        name = getattr(request, "session_hash", None) or API_SESSION
        return self.root / sha256(name.encode()).hexdigest()[:24]  # the client chooses the name

    def _remove_expired(self) -> None:
        oldest = time.time() - RETENTION_S
        for folder in self.root.iterdir() if self.root.is_dir() else ():
            if folder.stat().st_mtime < oldest:
                shutil.rmtree(folder, ignore_errors=True)

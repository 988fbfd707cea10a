"""``handler.py`` of a model's repository: motions over HTTP, on Inference Endpoints.

A request is ``{"inputs": …, "parameters": {…}}``. Inputs are a motion or a list of motions: joints
(T, 22, 3) in metres, Y up, at 20 fps, or HumanML3D features (L, 263), as nested lists of numbers,
as ``{"joints": …, "rate_hz": …}``, or as the base64 of a ``.npy`` file. The answer is a list with
a dictionary for each motion, or ``{"error": …}``. Research use only, not a medical device.
"""

import base64
import binascii
import io
import os
from typing import Any

import numpy as np
from transformers import pipeline
from transformers.utils import logging

logger = logging.get_logger(__name__)

MAX_MOTIONS = 16  # of a request
MAX_FRAMES = 12_000  # of all of its motions: ten minutes
MAX_FILE_BYTES = 32 * 2**20  # of a .npy file
LONGEST_ERROR = 500  # characters: a message may tell what came
PARAMETERS = {  # name → the least and the greatest
    "rate_hz": (1, 1000),
    "max_new_tokens": (7, 512),
    "num_rationales": (1, 16),
}


class RequestError(ValueError):
    """A request that cannot be answered; the message says what to send instead."""


class EndpointHandler:
    """Answers requests with the model that lies at a path.

    Args:
        path: folder of the model's repository; by default that of this file.
    """

    def __init__(self, path: str = ""):
        folder = path or os.path.dirname(os.path.abspath(__file__))
        self.pipeline = pipeline("gait-assessment", model=folder, trust_remote_code=True)

    def __call__(self, data: dict[str, Any]) -> list[dict] | dict[str, str]:
        """Answer a request; nothing raises.

        Args:
            data: the request's JSON.

        Returns:
            What `GaitAssessmentPipeline` gives for each motion, or ``{"error": …}``.
        """
        try:
            parameters = _parameters(data)
            return self.pipeline(self._motions(data["inputs"]), **parameters)
        except ValueError as error:
            return {"error": " ".join(str(error).split())[:LONGEST_ERROR]}
        except Exception as error:
            logger.error(f"a request failed: {type(error).__name__}")  # its content stays unknown
            return {"error": "this request cannot be answered: an error of the server"}

    def _motions(self, inputs: Any) -> list:
        """The motions of a request, within its bounds."""
        if isinstance(inputs, list) and inputs and isinstance(inputs[0], str | dict):
            inputs = [_decoded(one) for one in inputs]
        motions = self.pipeline.as_motions(_decoded(inputs))
        motions = motions if isinstance(motions, list) else [motions]
        if not 1 <= len(motions) <= MAX_MOTIONS:
            raise RequestError(f"{len(motions)} motions, expected 1 to {MAX_MOTIONS} in a request")
        frames = sum(map(_frames, motions))
        if frames > MAX_FRAMES:
            raise RequestError(
                f"{frames} frames, expected at most {MAX_FRAMES}: send them in parts"
            )
        return motions


def _parameters(data: Any) -> dict[str, float]:
    """The request's parameters, each in its bounds."""
    if not isinstance(data, dict) or "inputs" not in data:
        raise RequestError('the request has no inputs, expected {"inputs": …, "parameters": {…}}')
    parameters = data.get("parameters") or {}
    if not isinstance(parameters, dict):
        raise RequestError(f"parameters are a {type(parameters).__name__}, expected an object")
    for name, value in parameters.items():
        if name not in PARAMETERS:
            raise RequestError(f"no parameter {name!r}, expected some of {', '.join(PARAMETERS)}")
        least, greatest = PARAMETERS[name]
        kinds = int | float if name == "rate_hz" else int
        whole = isinstance(value, kinds) and not isinstance(value, bool)
        if not (whole and least <= value <= greatest):
            raise RequestError(
                f"{name} is {value!r}, expected a {'' if name == 'rate_hz' else 'whole '}number "
                f"from {least} to {greatest}"
            )
    return parameters


def _decoded(motion: Any) -> Any:
    """A motion whose files in base64 are arrays."""
    if isinstance(motion, str):
        return _array(motion)
    if isinstance(motion, dict):
        kinds = ("joints", "features")
        return {k: _array(v) if k in kinds and isinstance(v, str) else v for k, v in motion.items()}
    return motion


def _frames(motion: Any) -> int:
    """Frames of a motion, before anything is made of it."""
    if isinstance(motion, dict):
        return max(map(_frames, motion.values()), default=0)
    return len(motion) if isinstance(motion, list) or np.ndim(motion) else 0


def _array(text: str) -> np.ndarray:
    """The array of a ``.npy`` file in base64; no pickle, and no more memory than the file tells."""
    if len(text) > MAX_FILE_BYTES * 4 // 3 + 4:
        raise RequestError(f"a file of more than {MAX_FILE_BYTES // 2**20} MiB: send it in parts")
    try:
        content = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise RequestError(f"a text that is no base64 ({error}): send a .npy file so") from error
    stream = io.BytesIO(content)
    try:
        shape, dtype = _header(stream)
        size = int(np.prod(shape, dtype=object)) * dtype.itemsize
        if dtype.kind not in "iuf" or size != len(content) - stream.tell():
            raise ValueError(f"{dtype} values of shape {shape} in {len(content)} bytes")
        stream.seek(0)
        return np.load(stream, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise RequestError(
            f"no .npy file of numbers ({error}): write it with numpy.save"
        ) from error


def _header(stream: io.BytesIO) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and kind of the array that follows."""
    forms = np.lib.format
    old = forms.read_magic(stream) == (1, 0)
    read = forms.read_array_header_1_0 if old else forms.read_array_header_2_0
    shape, _, dtype = read(stream)
    return shape, dtype


__all__ = ["EndpointHandler"]

"""Handler of Inference Endpoints: saved as ``handler.py`` in a model's repository.

A request is ``{"inputs": …, "parameters": {…}}``. Inputs are a motion or a list of motions: joints
(T, 22, 3) in metres, Y up, at 20 frames per second, or HumanML3D features (L, 263), as nested lists
of numbers, as ``{"joints": …, "rate_hz": …}``, or as a ``.npy`` file in base64. The response is
a list with one dictionary per motion, or ``{"error": …}``. Research use only, not a medical device.

The model runs on a GPU if there is one, in the number format of its files. The environment
variables AGIR_DEVICE (such as cpu or cuda:1) and AGIR_PRECISION (fp32, bf16 or fp16) of the
container name another device or format.
"""

import base64
import binascii
import io
import os
from typing import Any

import numpy as np
import torch
from transformers import pipeline
from transformers.utils import logging

logger = logging.get_logger(__name__)

MAX_MOTIONS = 16  # per request
MAX_FRAMES = 12_000  # per request, all motions together: ten minutes
MAX_FILE_BYTES = 32 * 2**20  # of a .npy file
MAX_ERROR_CHARACTERS = 500  # a message can contain parts of the request
PRECISIONS = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}  # AGIR_PRECISION → dtype
PARAMETERS = {  # name → smallest and largest value
    "rate_hz": (1, 1000),
    "max_new_tokens": (7, 512),
    "num_rationales": (1, 16),
}


class RequestError(ValueError):
    """Error in a request; the message says what to send instead."""


class EndpointHandler:
    """Request handler of Inference Endpoints for the model in a folder.

    The container of an endpoint imports this class from `handler.py`, creates one object and calls
    it for each request. Errors are returned, never raised, and no content of a request is logged.
    Only a wrong AGIR_PRECISION raises, when the object is created.

    Args:
        path (`str`, *optional*):
            Folder of the model's repository; by default the folder of this file.

    Example:
        ```python
        >>> import numpy as np
        >>> import agir_hf
        >>> from agir_hf.handler_agir import EndpointHandler
        >>> handler = EndpointHandler(agir_hf.DEFAULT_MODEL)
        >>> motion = np.zeros((80, 263)).tolist()
        >>> request = {"inputs": motion, "parameters": {"num_rationales": 1}}
        >>> [answer] = handler(request)
        >>> answer["frames"]
        80
        >>> handler({})
        {'error': 'the request has no inputs, expected {"inputs": …, "parameters": {…}}'}

        ```
    """

    def __init__(self, path: str = ""):
        folder = path or os.path.dirname(os.path.abspath(__file__))
        self.pipeline = pipeline(
            "gait-assessment",
            model=folder,
            trust_remote_code=True,
            device=os.environ.get("AGIR_DEVICE") or None,
            dtype=_dtype(os.environ.get("AGIR_PRECISION")),
        )

    def __call__(self, data: dict[str, Any]) -> list[dict] | dict[str, str]:
        """Answer a request; errors are returned, not raised.

        Args:
            data: Parsed JSON of the request: `inputs` and optionally `parameters`.

        Returns:
            List of the results of `GaitAssessmentPipeline`, one per motion, or ``{"error": …}``.
        """
        try:
            parameters = _parameters(data)
            return self.pipeline(self._motions(data["inputs"]), **parameters)
        except ValueError as error:
            return {"error": " ".join(str(error).split())[:MAX_ERROR_CHARACTERS]}
        except (MemoryError, torch.OutOfMemoryError):
            return {"error": "out of memory: send fewer or shorter motions in a request"}
        except Exception as error:
            logger.error(f"a request failed: {type(error).__name__}")  # without its content
            return {"error": "the request cannot be answered because of a server error"}

    def _motions(self, inputs: Any) -> list:
        """Motions of a request, with their number and length checked."""
        if isinstance(inputs, list) and inputs and isinstance(inputs[0], str | dict):
            inputs = [_decoded(motion) for motion in inputs]
        motions = self.pipeline.as_motions(_decoded(inputs))
        motions = motions if isinstance(motions, list) else [motions]
        if not 1 <= len(motions) <= MAX_MOTIONS:
            raise RequestError(f"{len(motions)} motions, expected 1 to {MAX_MOTIONS} per request")
        frames = sum(map(_frames, motions))
        if frames > MAX_FRAMES:
            raise RequestError(
                f"{frames} frames, expected at most {MAX_FRAMES}: send several requests"
            )
        return motions


def _dtype(precision: str | None) -> str:
    """Name of a number format for transformers; "auto" is that of the files."""
    if not precision:
        return "auto"
    if precision not in PRECISIONS:
        raise ValueError(
            f"AGIR_PRECISION is {precision!r}, expected one of {', '.join(PRECISIONS)}"
        )
    return PRECISIONS[precision]


def _parameters(data: Any) -> dict[str, float]:
    """Parameters of the request, with their values checked."""
    if not isinstance(data, dict) or "inputs" not in data:
        raise RequestError('the request has no inputs, expected {"inputs": …, "parameters": {…}}')
    parameters = data.get("parameters") or {}
    if not isinstance(parameters, dict):
        raise RequestError(f"parameters are a {type(parameters).__name__}, expected an object")
    for name, value in parameters.items():
        if name not in PARAMETERS:
            raise RequestError(f"unknown parameter {name!r}, supported are {', '.join(PARAMETERS)}")
        smallest, largest = PARAMETERS[name]
        types, kind = (int | float, "a number") if name == "rate_hz" else (int, "an integer")
        valid = isinstance(value, types) and not isinstance(value, bool)
        if not (valid and smallest <= value <= largest):
            raise RequestError(f"{name} is {value!r}, expected {kind} from {smallest} to {largest}")
    return parameters


def _decoded(motion: Any) -> Any:
    """Motion with its base64 files decoded to arrays."""
    if isinstance(motion, str):
        return _array(motion)
    if isinstance(motion, dict):
        names = ("joints", "features")
        return {k: _array(v) if k in names and isinstance(v, str) else v for k, v in motion.items()}
    return motion


def _frames(motion: Any) -> int:
    """Number of frames of a motion, before it is converted."""
    if isinstance(motion, dict):
        return max(map(_frames, motion.values()), default=0)
    return len(motion) if isinstance(motion, list) or np.ndim(motion) else 0


def _array(text: str) -> np.ndarray:
    """Array of a base64 ``.npy`` file, without pickle; the header must match the file size."""
    if len(text) > MAX_FILE_BYTES * 4 // 3 + 4:
        raise RequestError(f"a file has more than {MAX_FILE_BYTES // 2**20} MiB: send it in parts")
    try:
        content = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise RequestError(f"a string is not base64 ({error}): encode a .npy file") from error
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
            f"a file is not a .npy file of numbers ({error}): write it with numpy.save"
        ) from error


def _header(stream: io.BytesIO) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and dtype in the header of a ``.npy`` file."""
    npy = np.lib.format
    version_1 = npy.read_magic(stream) == (1, 0)
    read = npy.read_array_header_1_0 if version_1 else npy.read_array_header_2_0
    shape, _, dtype = read(stream)
    return shape, dtype


__all__ = ["EndpointHandler"]

import base64
import html
import json
import re
import zlib

import numpy as np
import pytest

import agir_hf
from agir_hf.assessment import prepare_recording


@pytest.fixture
def content():
    """Function that returns the JSON of the attribute of an element `<gait-scene>`."""

    def content_of(element: str) -> dict:
        (data,) = re.findall(r'data-scene="([^"]*)"', element)
        return json.loads(html.unescape(data))

    return content_of


@pytest.fixture
def decoded():
    """Function that decodes as the browser does: (T, N, 3) in steps of the unit."""

    def decode(record: dict, key: str = "points") -> np.ndarray:
        steps = np.frombuffer(zlib.decompress(base64.b64decode(record[key])), "<i2")
        series = np.cumsum(steps.reshape(-1, record["frames"]), axis=1, dtype="<i2")
        return series.reshape(-1, 3, record["frames"]).transpose(2, 0, 1)

    return decode


@pytest.fixture
def joints():
    return np.random.default_rng(0).uniform(-2, 2, (40, 22, 3))


@pytest.fixture(scope="session")
def prepared():
    """The sample recording: 44 markers, none on the head."""
    return prepare_recording(agir_hf.SAMPLE_RECORDING)


@pytest.fixture(scope="session")
def body_motion():
    """Two seconds of the mean body with swinging arms at 25 Hz."""
    from agir_hf.motion import BodyMotion

    poses = np.zeros((50, 24, 3), np.float32)
    poses[:, 16, 1] = np.sin(np.linspace(0, 6, 50))
    translation = np.zeros((50, 3), np.float32)
    translation[:, 2] = np.linspace(0, 2, 50)
    return BodyMotion(np.zeros(10, np.float32), poses, translation, 25.0, body="open")

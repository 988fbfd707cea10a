"""A walk as a picture in motion: walks → the HTML of one 3D scene.

The scene is an element `<gait-scene>` that `viewer.js` draws and gives its controls. It needs the
scripts on the page once: `HEAD` goes to `Blocks.launch(head=…)`. Nothing is fetched from elsewhere.
"""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from body_mesh import Surface, surface_of

from agir_hf.humanml3d import JOINT_NAMES
from agir_hf.motion import BodyMotion

_SCRIPTS = ("viewer_drawing.js", "viewer.js")  # in this order, in one scope
_CODE = "\n".join(Path(__file__).with_name(name).read_text("utf-8") for name in _SCRIPTS)
HEAD = f"<script>(() => {{ 'use strict';\n{_CODE}\n}})();</script>"
SHOWN_HZ = 25.0  # frames are drawn straight between these
MOST_FRAMES = 3000  # longer walks are shown with fewer a second
_MISSING = -32768
_LARGEST = 32767
_UNIT_M = 0.001
_SIDES = ("left", "right")


@dataclass(frozen=True, eq=False)
class Walk:
    """A walk to be drawn.

    Attributes:
        label: short text that names it beside others, such as "ON".
        joints: (T, 22, 3) metres, Y up, in the order of `agir_hf.humanml3d.JOINT_NAMES`.
        rate_hz: frames per second.
        heel_strikes: "left" and "right" → seconds from the first frame.
        markers: (T, M, 3) metres, of the same frames, NaN where not seen; None where unknown.
        surface: of the body, from the same first frame; None where unknown.
    """

    label: str
    joints: np.ndarray
    rate_hz: float
    heel_strikes: Mapping[str, Sequence[float]] = field(default_factory=dict)
    markers: np.ndarray | None = None
    surface: Surface | None = None

    def __post_init__(self):
        shape = np.shape(self.joints)
        if len(shape) != 3 or shape[1:] != (22, 3) or not shape[0]:
            raise ValueError(f"joints have shape {shape}, expected (frames, 22, 3)")
        if not np.isfinite(self.joints).all():
            raise ValueError("joints have missing values, expected whole ones: only markers may")
        marked = np.shape(self.joints if self.markers is None else self.markers)
        if len(marked) != 3 or (marked[0], marked[2]) != (shape[0], 3):
            raise ValueError(f"markers have shape {marked}, expected ({shape[0]}, markers, 3)")


def walk_of(prepared, label: str = "") -> Walk:
    """A recording to be drawn, with heel strikes, markers and body where they are known.

    Args:
        prepared: `agir_hf.assessment.PreparedRecording`.
        label: that names it beside others.
    """
    measured, recording = prepared.measured, prepared.recording
    surface = surface_of(recording) if isinstance(recording, BodyMotion) else None
    if isinstance(measured, ValueError) or not measured.signals.joints:
        motion = prepared.motion
        return Walk(label, motion.joints, motion.rate_hz, surface=surface)
    signals = measured.signals
    joints = np.stack([signals.joints[name] for name in JOINT_NAMES], axis=1)
    events = [event for event in signals.phases.events if event.kind == "heel_strike"]
    return Walk(
        label,
        joints,
        signals.rate_hz,
        {side: [event.time_s for event in events if event.side == side] for side in _SIDES},
        _markers(recording, len(joints), signals.rate_hz),
        surface,
    )


def _markers(recording, frames: int, rate_hz: float) -> np.ndarray | None:
    """Markers (frames, M, 3) of a recording at another rate, each time's nearest frame."""
    positions = getattr(recording, "positions", None)
    if positions is None:
        return None
    nearest = np.round(np.arange(frames) / rate_hz * recording.rate_hz).astype(int)
    return positions[np.minimum(nearest, len(positions) - 1)]


def scene(walks: Sequence[Walk], *, title: str = "") -> str:
    """HTML, for a `gr.HTML`, of one walk or of two side by side in step.

    Args:
        walks: one or two.
        title: what the scene shows, also read out by screen readers.

    Raises:
        ValueError: if there is no walk, or there are more than two.
    """
    if len(walks) not in (1, 2):
        raise ValueError(f"{len(walks)} walks came, expected one, or two to be compared")
    content = json.dumps({"title": title, "walks": [_record(walk) for walk in walks]})
    return f'<gait-scene data-scene="{html.escape(content)}"></gait-scene>'


def _record(walk: Walk) -> dict:
    """A walk as `viewer.js` reads it, thinned to the rate that is drawn."""
    every = max(round(walk.rate_hz / SHOWN_HZ), -(-len(walk.joints) // MOST_FRAMES), 1)
    joints = np.asarray(walk.joints, np.float64)[::every]
    middle = joints[:, 0].mean(axis=0) * [1, 0, 1]  # the floor stays where it is
    unit_m = max(_UNIT_M, float(np.abs(joints - middle).max()) / _LARGEST)
    markers = None if walk.markers is None else np.asarray(walk.markers, np.float64)[::every]
    return {
        "label": walk.label,
        "rate_hz": walk.rate_hz / every,
        "frames": len(joints),
        "unit_m": unit_m,
        "joints": _packed(joints - middle, unit_m),
        "markers": None if markers is None else _packed(markers - middle, unit_m),
        "surface": None if walk.surface is None else _surface(walk.surface, middle, unit_m),
        "strikes": {
            side: [round(float(time), 3) for time in walk.heel_strikes.get(side, ())]
            for side in _SIDES
        },
    }


def _surface(surface: Surface, middle: np.ndarray, unit_m: float) -> dict:
    faces = np.asarray(surface.faces).astype("<u2")
    return {
        "rate_hz": surface.rate_hz,
        "frames": len(surface.vertices),
        "vertices": _packed(surface.vertices - middle, unit_m),
        "faces": base64.b64encode(faces.tobytes()).decode("ascii"),
    }


def _packed(positions: np.ndarray, unit_m: float) -> str:
    """Base64 of little-endian int16 in ``unit_m``; what is missing, or out of reach, is MISSING."""
    counts = np.round(positions / unit_m)
    whole = (np.abs(counts) <= _LARGEST).all(axis=-1, keepdims=True)
    packed = np.where(whole, counts, _MISSING).astype("<i2")
    return base64.b64encode(packed.tobytes()).decode("ascii")

"""Animated 3D view of walks: the HTML of one scene.

A scene is an element `<gait-scene>` that `viewer.js` draws and controls. The page needs the scripts
once: pass `HEAD` as `Blocks.launch(head=…)`. Nothing is loaded from other servers.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from markupsafe import Markup

from ....humanml3d import JOINT_NAMES
from ....motion import BodyMotion
from ..rendering import render
from .surface import Surface, surface_of

VIEWER_FILES = Path(__file__).with_name("static")
_TEMPLATES = Path(__file__).with_name("templates")
SHOWN_HZ = 25.0  # frame rate sent to the browser, which interpolates linearly
MAX_FRAMES = 3000  # longer walks are sent at a lower frame rate
_MISSING = -32768  # int16 code of a missing coordinate
_INT16_MAX = 32767
_UNIT_M = 0.001  # length of one int16 step, if the walk fits
_SIDES = ("left", "right")


@dataclass(frozen=True, eq=False)
class Walk:
    """A walk to draw.

    Attributes:
        label: Short text that distinguishes it from a second walk, such as "ON".
        joints: (T, 22, 3) array in metres, Y up, in the order of `agir_hf.humanml3d.JOINT_NAMES`.
        rate_hz: Frames per second.
        heel_strikes: "left" and "right" → times in seconds from the first frame.
        markers: (T, M, 3) array in metres, of the same frames, NaN where missing; None if unknown.
        surface: Surface mesh that starts at the same frame; None if unknown.
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
            raise ValueError(
                "joints have missing values, expected finite values: only markers may be missing"
            )
        marker_shape = np.shape(self.joints if self.markers is None else self.markers)
        if len(marker_shape) != 3 or (marker_shape[0], marker_shape[2]) != (shape[0], 3):
            raise ValueError(
                f"markers have shape {marker_shape}, expected ({shape[0]}, markers, 3)"
            )


def viewer_head() -> Markup:
    """Return the script of the viewer for the head of a page that needs no other file."""
    return Markup(f"<script>{(VIEWER_FILES / 'gait-scene.js').read_text('utf-8')}</script>")


def space_head(url_prefix: str) -> str:
    """Return the script element of a page whose server has the files of `VIEWER_FILES`.

    Args:
        url_prefix: Address of the folder, without a slash at the end.
    """
    return f'<script type="module" src="{url_prefix}/gait-scene.js"></script>'


def walk_of(prepared, label: str = "") -> Walk:
    """Convert a recording to a walk, with heel strikes, markers and surface if they are known.

    Args:
        prepared: `agir_hf.assessment.PreparedRecording`.
        label: Short text that distinguishes it from a second walk.

    Returns:
        The walk.
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
    """Return the markers (frames, M, 3) at another frame rate, from the nearest frame each."""
    positions = getattr(recording, "positions", None)
    if positions is None:
        return None
    nearest = np.round(np.arange(frames) / rate_hz * recording.rate_hz).astype(int)
    return positions[np.minimum(nearest, len(positions) - 1)]


def scene(walks: Sequence[Walk], *, title: str = "") -> str:
    """Return the HTML, for a `gr.HTML`, of one walk or of two synchronised walks.

    Args:
        walks: One or two walks.
        title: Title of the scene, also for screen readers.

    Returns:
        HTML.

    Raises:
        ValueError: There is no walk, or there are more than two.
    """
    if len(walks) not in (1, 2):
        raise ValueError(f"{len(walks)} walks were passed, expected 1 or 2")
    content = json.dumps({"title": title, "walks": [_record(walk) for walk in walks]})
    return render("scene.html.j2", folder=_TEMPLATES, content=content)


def _record(walk: Walk) -> dict:
    """Return a walk in the format of `viewer.js`, at the frame rate that is sent."""
    step = max(round(walk.rate_hz / SHOWN_HZ), -(-len(walk.joints) // MAX_FRAMES), 1)
    joints = np.asarray(walk.joints, np.float64)[::step]
    centre = joints[:, 0].mean(axis=0) * [1, 0, 1]  # horizontal only: the floor stays at 0
    unit_m = max(_UNIT_M, float(np.abs(joints - centre).max()) / _INT16_MAX)
    markers = None if walk.markers is None else np.asarray(walk.markers, np.float64)[::step]
    return {
        "label": walk.label,
        "rate_hz": walk.rate_hz / step,
        "frames": len(joints),
        "unit_m": unit_m,
        "joints": _packed(joints - centre, unit_m),
        "markers": None if markers is None else _packed(markers - centre, unit_m),
        "surface": None if walk.surface is None else _surface(walk.surface, centre, unit_m),
        "strikes": {
            side: [round(float(time), 3) for time in walk.heel_strikes.get(side, ())]
            for side in _SIDES
        },
    }


def _surface(surface: Surface, centre: np.ndarray, unit_m: float) -> dict:
    faces = np.asarray(surface.faces).astype("<u2")
    return {
        "rate_hz": surface.rate_hz,
        "frames": len(surface.vertices),
        "vertices": _packed(surface.vertices - centre, unit_m),
        "faces": base64.b64encode(faces.tobytes()).decode("ascii"),
    }


def _packed(positions: np.ndarray, unit_m: float) -> str:
    """Return base64 of little-endian int16 multiples of `unit_m`; `_MISSING` where out of range."""
    counts = np.round(positions / unit_m)
    is_valid = (np.abs(counts) <= _INT16_MAX).all(axis=-1, keepdims=True)
    packed = np.where(is_valid, counts, _MISSING).astype("<i2")
    return base64.b64encode(packed.tobytes()).decode("ascii")

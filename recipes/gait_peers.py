"""Other gait event detectors on the recordings of `benchmark_gait.py`.

The detectors are those of the package gaitkit (`pip install gaitkit==1.5.0`), which is not needed
otherwise. They get the same landmarks as ours: joint centres, heels and balls of the feet at 100 Hz
or more, in millimetres, forwards, up and to the right, and the joint angles that some of them use.
The two that need further packages for neural networks are left out.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

import numpy as np

from agir_hf.gait.signals import SIDES, Signals, prepare
from agir_hf.motion import GaitEvent
from agir_hf.motion.recording import MarkerRecording

_NEURAL = ("intellevent", "deepevent")
_LABELS = {
    "hip": "ASI", "knee": "KNE", "ankle": "ANK", "heel": "HEE", "toe": "TOE", "shoulder": "SHO",
}  # fmt: skip


def peer_methods() -> list[str]:
    """Names of the detectors; empty, with a message, if gaitkit is not installed."""
    try:
        import gaitkit
    except ImportError:
        print("gaitkit is not installed: pip install gaitkit==1.5.0 to compare its detectors")
        return []
    logging.getLogger("gaitkit").setLevel(logging.CRITICAL)
    return [method for method in gaitkit.list_methods() if method not in _NEURAL]


def peer_events(path: Path, recording, methods: list[str]) -> dict[str, list[GaitEvent]]:
    """Events that each detector finds in a recording.

    Args:
        path: File of the recording; gaitkit reads its own JSON files.
        recording: Markers of a known set, or joints.
        methods: Names of detectors.

    Returns:
        Detector → events; none where it fails.
    """
    import gaitkit

    if path.suffix == ".json":
        frames = json.loads(path.read_text(encoding="utf-8"))["angle_frames"]
        rate_hz = recording.rate_hz
    else:
        signals = prepare(recording)
        if not signals.joints:
            print(f"{path.name}: no joint centres for other detectors ({signals.no_joints})")
            return {}
        frames, rate_hz = _frames(signals), signals.rate_hz
    events = {}
    for method in methods:
        try:
            result = gaitkit.detect(frames, method=method, fps=rate_hz, auto_install_deps=False)
        except Exception as error:  # what they raise is not documented
            print(f"{recording.source}: {method}: {error}")
            events[method] = []
            continue
        events[method] = [
            GaitEvent(event["frame"] / rate_hz, side, kind)
            for side in SIDES
            for kind, rows in (("heel_strike", result.hs(side)), ("toe_off", result.to(side)))
            for event in rows
        ]
    return events


def _frames(signals: Signals) -> list[dict]:
    """Landmarks in millimetres and joint angles in degrees, in the layout of gaitkit."""
    path = (signals.pelvis[-1] - signals.pelvis[0]) * [1, 0, 1]
    ahead = path if np.linalg.norm(path) > 0.3 else np.median(signals.ahead, axis=0)
    ahead = ahead / np.linalg.norm(ahead)
    axes = np.stack([ahead, [0, 1, 0], np.cross(ahead, [0, 1, 0])])
    points = {"heel": signals.heel, "toe": signals.toe}
    points |= {
        name: {side: signals.joints[f"{side}_{name}"] for side in SIDES}
        for name in ("hip", "knee", "ankle", "shoulder")
    }
    landmarks = {
        f"{side}_{name}": 1000 * (paths[side] @ axes.T)
        for name, paths in points.items()
        for side in SIDES
    }
    angles = {name: values for side in SIDES for name, values in _angles(landmarks, side).items()}
    return [
        {
            "frame_index": i, "is_valid": 1, "trunk_angle": 0.0, "pelvis_tilt": 0.0,
            "landmark_positions": {name: row[i].tolist() for name, row in landmarks.items()},
            **{name: float(values[i]) for name, values in angles.items()},
        }
        for i in range(len(signals.pelvis))
    ]  # fmt: skip


def _angles(landmarks: dict[str, np.ndarray], side: str) -> dict[str, np.ndarray]:
    """Joint angles (T,) of a leg in degrees."""
    hip, knee, ankle, heel, toe = (
        landmarks[f"{side}_{name}"] for name in ("hip", "knee", "ankle", "heel", "toe")
    )
    thigh, shank, foot = knee - hip, ankle - knee, toe - heel
    return {
        f"{side}_hip_angle": 90 + np.degrees(np.arctan2(thigh[:, 0], -thigh[:, 1])),
        f"{side}_knee_angle": _between(thigh, shank),
        f"{side}_ankle_angle": 90 - _between(foot, -shank),
    }


def _between(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    cosine = (first * second).sum(axis=1)
    cosine /= np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def read_landmarks(path: Path) -> MarkerRecording:
    """Read a JSON file of gaitkit: twelve landmarks in millimetres, with annotated events.

    Args:
        path: The file.

    Returns:
        The landmarks as markers in metres, Y up; hips as markers of the pelvis.
    """
    content = json.loads(path.read_text(encoding="utf-8"))
    names = [f"{side}_{name}" for side in SIDES for name in _LABELS]
    frames = [frame["landmark_positions"] for frame in content["angle_frames"]]
    positions = np.array([[frame[name] for name in names] for frame in frames]) / 1000
    positions[(positions == 0).all(axis=2)] = np.nan
    upright = np.nanmedian(np.abs(positions[:, 0] - positions[:, 2]), axis=0)  # hip over ankle
    if upright.argmax() == 2:  # Z up
        positions = positions[..., [1, 2, 0]]
    truth = content["ground_truth"]
    events = [
        GaitEvent(frame / content["fps"], side, kind)
        for kind, key in (("heel_strike", "hs_frames"), ("toe_off", "to_frames"))
        for side, numbers in (truth.get(key) or {}).items()
        for frame in numbers
    ]
    labels = [f"{side[0].upper()}{label}" for side in SIDES for label in _LABELS.values()]
    events.sort(key=lambda event: event.time_s)
    return MarkerRecording(
        positions.astype(np.float32), tuple(labels), content["fps"], tuple(events), path.name
    )

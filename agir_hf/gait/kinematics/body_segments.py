"""Axes of pelvis and knees from the rotations of a body in the layout of SMPL.

The axes are those of the skin of the body at rest (ASIS, PSIS, epicondyles of the knee); they move
with the pelvis and the thighs. Joint rotations of the body have no anatomical zero of their own.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.spatial.transform import Rotation

from ...motion.recording import BodyMotion
from ...motion.resampling import clean_path
from .angles import unit
from .segments import Segments

_PELVIS, _THIGHS = 0, {"left": 1, "right": 2}
_REMARK = (
    "Axes of pelvis and knees are those of the body model, at the places of the markers on its "
    "skin: their zeros are less certain than with markers."
)


def add_body(segments: Segments, motion: BodyMotion, frames: int, rate_hz: float) -> bool:
    """Add the tilt of the pelvis and the axes of the knees.

    Args:
        segments: Segments of the joints of the motion; changed in place.
        motion: The body motion that was measured.
        frames: Number of frames of the signals.
        rate_hz: Frames per second of the signals.

    Returns:
        Whether the motion has the frames of the signals; otherwise nothing is added.
    """
    rest = _rest_axes()
    poses = np.asarray(motion.poses, dtype=np.float64)
    pelvis = Rotation.from_rotvec(poses[:, _PELVIS])
    moved = {name: pelvis.apply(rest[name]) for name in ("left", "forward")}
    for side, joint in _THIGHS.items():
        moved[side + "_knee"] = (pelvis * Rotation.from_rotvec(poses[:, joint])).apply(
            rest[side + "_knee"]
        )
    paths = {name: clean_path(path, motion.rate_hz) for name, path in moved.items()}
    if any(path is None or len(path) != frames for path in paths.values()):
        return False
    segments.pelvis_left, segments.pelvis_forward = unit(paths["left"]), paths["forward"]
    segments.knee_left = {side: unit(paths[side + "_knee"]) for side in _THIGHS}
    for name in ("pelvis", "tilt"):
        segments.reasons.pop(name, None)
    segments.remarks.append(_REMARK)
    return True


@cache
def _rest_axes() -> dict[str, np.ndarray]:
    """Axes (3,) of the loaded body at rest: left and forward of the pelvis, left of each knee."""
    from ...motion.body import load_body
    from ...motion.fitting.surface_sites import anchors

    body = load_body()
    sites = [f"{side}_{site}" for site in ("asis", "psis", "knee_lateral", "knee_medial")
             for side in _THIGHS]  # fmt: skip
    vertices = body.rest(np.zeros(0))[0].numpy()
    at = {
        site: np.asarray(anchor.shares) @ vertices[list(anchor.corners)]
        for site, anchor in zip(sites, anchors(body, sites), strict=True)
    }
    axes = {
        "left": unit(at["left_asis"] - at["right_asis"]),
        "forward": (at["left_asis"] + at["right_asis"] - at["left_psis"] - at["right_psis"]) / 2,
    }
    for side, sign in (("left", 1), ("right", -1)):
        across = at[f"{side}_knee_lateral"] - at[f"{side}_knee_medial"]
        axes[f"{side}_knee"] = unit(sign * across)
    return axes

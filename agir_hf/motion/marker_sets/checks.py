"""Checks of marker sites: a static trial, and exchanged sides."""

from __future__ import annotations

import numpy as np

from ..recording import RecordingError
from .requirements import back_of_foot
from .sites import SIDES

# In a static trial, the pelvis moves less than this over the floor, and the heels less than this
# relative to the pelvis.
STATIC_PELVIS_M = 0.30
STATIC_HEEL_M = 0.10
STATIC_SITES = ("asis", "heel", "ankle_lateral")  # that `reason_static` uses, without their side


def reason_static(sites: dict[str, np.ndarray]) -> str | None:
    """Check whether a trial is static.

    Args:
        sites: Site → positions (T, 3) in metres, Y up.

    Returns:
        None if the subject walks, or if the pelvis has no markers; otherwise a text with the
        distances that pelvis and heels move.
    """
    pelvis = sites.get("left_asis"), sites.get("right_asis")
    if any(marker is None for marker in pelvis):
        return None
    middle = (pelvis[0] + pelvis[1]) / 2
    back = back_of_foot(sites)
    heels = [sites[f"{side}_{back}"] for side in SIDES if f"{side}_{back}" in sites]
    travel = _range(middle[:, [0, 2]])
    step = max((_range(heel - middle) for heel in heels), default=np.inf)
    if travel >= STATIC_PELVIS_M or step >= STATIC_HEEL_M:
        return None
    return f"the pelvis moves {travel:.2f} m and the heels {step:.2f} m relative to it"


def _range(positions: np.ndarray) -> float:
    """Largest extent (m) of a path (T, D) along one axis; infinite if it has no valid frame."""
    seen = positions[np.isfinite(positions).all(axis=1)]
    return float(np.ptp(seen, axis=0).max()) if len(seen) else np.inf


def check_sides(sites: dict[str, np.ndarray], source: str) -> None:
    """Check that left markers are on the left and the recording is not mirrored.

    Left and right are determined from the vertical axis and the direction from heels to toes.

    Args:
        sites: Site → positions (T, 3) in metres, Y up. Absent sites are not used.
        source: The recording, for the error message.

    Raises:
        RecordingError: Left and right are swapped in most frames.
    """
    back = back_of_foot(sites)
    ahead = [
        sites[f"{side}_{toe}"] - sites[f"{side}_{back}"]
        for side in SIDES
        for toe in ("metatarsal_1", "metatarsal_2", "metatarsal_5", "hallux")
        if f"{side}_{toe}" in sites and f"{side}_{back}" in sites
    ]
    across = [
        sites[f"left_{site}"] - sites[f"right_{site}"]
        for site in ("asis", "acromion", "knee_lateral")
        if f"left_{site}" in sites and f"right_{site}" in sites
    ]
    if not ahead or not across:
        return
    with np.errstate(invalid="ignore"):
        forward = sum(np.nan_to_num(part) for part in ahead)
        left = sum(np.nan_to_num(part) for part in across)
    # forward is left × up
    agree = np.cross(left, [0.0, 1.0, 0.0]) * forward
    if np.median(np.sign(agree.sum(axis=1))) < 0:
        raise RecordingError(
            f"{source} has left and right swapped, or is mirrored: with the toes forward, left "
            "markers are on the right: exchange the labels, or fix the axes of the export"
        )

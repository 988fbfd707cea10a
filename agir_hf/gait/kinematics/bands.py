"""Norm bands of the kinematic curves from published data; `norm_bands.json` has the attribution.

A band is never shifted to a patient. A variable without a source has no band.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np

_POINTS = 101


@dataclass(frozen=True, eq=False)
class Band:
    """Mean and standard deviation of an angle over the stride, between healthy subjects.

    Attributes:
        mean: Mean (101,) in degrees, at 0 to 100 percent of the stride.
        sd: Standard deviation (101,) between subjects in degrees.
        source: Publication and licence.
        note: Who was measured and how, and what was changed.

    Example:
        ```python
        >>> from agir_hf.gait.kinematics import norm_band
        >>> band = norm_band("knee_flexion")
        >>> band.source
        'Fukuchi, Fukuchi and Duarte 2018, PeerJ 6:e4640, CC BY 4.0'
        >>> band.mean.shape, band.note.startswith("Mean ± SD between 24 healthy young adults")
        ((101,), True)
        ```
    """

    mean: np.ndarray
    sd: np.ndarray
    source: str
    note: str


def norm_band(variable: str, against: Literal["pelvis", "vertical"] = "pelvis") -> Band | None:
    """Return the norm band of a kinematic variable.

    Args:
        variable: Name of a variable, such as "knee_flexion".
        against: "vertical" for the hip of recordings without a measured tilt of the pelvis: its
            mean is the published hip angle minus the published pelvic tilt. The other variables
            ignore it.

    Returns:
        The band, or None if no published band is at hand for this variable.

    Example:
        ```python
        >>> from agir_hf.gait.kinematics import norm_band
        >>> knee = norm_band("knee_flexion")
        >>> round(knee.mean.max()), int(knee.mean.argmax()), "Fukuchi" in knee.source
        (62, 74, True)
        >>> print(norm_band("foot_progression"))
        None

        ```
    """
    data = _data()
    curve = data["curves"].get(variable)
    if curve is None:
        return None
    mean, sd = _points(curve["mean"]), _points(curve["sd"])
    note = data["note"] + curve.get("note", "")
    if variable == "hip_flexion" and against == "vertical":
        mean = mean - _points(data["curves"]["pelvis_tilt"]["mean"])
        note += " " + data["vertical_note"]
    return Band(mean, sd, data["citation"], note)


def _points(values: list[float]) -> np.ndarray:
    """Values (101,) of a stored curve, interpolated linearly if every second percent is stored."""
    stored = np.linspace(0, 100, len(values))
    return np.interp(np.linspace(0, 100, _POINTS), stored, values)


@cache
def _data() -> dict:
    return json.loads(Path(__file__).with_name("norm_bands.json").read_text("utf-8"))

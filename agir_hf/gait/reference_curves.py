"""Joint angles of healthy adults over the stride, for the figures of a report.

The curves are those of Fukuchi, Fukuchi and Duarte 2018 (PeerJ 6:e4640, CC BY 4.0);
`reference_curves.json` has the full attribution, the subjects and what was changed.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np

CYCLE_SOURCE = (
    "mean ± SD of healthy adults of 20 to 84 years who walk barefoot at comfortable speed "
    "(Fukuchi, Fukuchi and Duarte 2018, PeerJ 6:e4640, CC BY 4.0: mean of 42 adults overground, "
    "SD between the 24 young ones on a treadmill, hip without the tilt of the pelvis)"
)


def cycle_reference(joint: str, percent: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of the joint angle of healthy adults over the stride.

    The hip is the thigh relative to the trunk, as in the parameter `hip_range_deg`: the published
    angle to the pelvis without the anterior tilt of the pelvis. The zero of an angle depends on the
    marker set, most of all at the ankle.

    Args:
        joint: "hip", "knee" or "ankle".
        percent: Positions (N,) in the stride, 0 to 100 percent from heel strike to heel strike.

    Returns:
        Mean angle (N,) and standard deviation (N,) between subjects, in degrees; flexion and
        dorsiflexion are positive.

    Raises:
        ValueError: The joint is none of the three.
    """
    curves = _data()["curves"]
    if joint not in curves:
        raise ValueError(f"joint is {joint!r}, expected one of {', '.join(curves)}")
    stored_percent, curve = _data()["percent"], curves[joint]
    mean, sd = (np.interp(percent, stored_percent, curve[key]) for key in ("mean", "sd"))
    return mean, sd


@cache
def _data() -> dict:
    return json.loads(Path(__file__).with_name("reference_curves.json").read_text("utf-8"))

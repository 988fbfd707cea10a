"""Movement Analysis Profile and Gait Profile Score (Baker et al. 2009, Gait Posture 30:265)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..signals import SIDES
from .curves import Kinematics
from .variables import BY_NAME, VARIABLES

PROFILE_SOURCE = (
    "Movement Analysis Profile and Gait Profile Score: Baker, McGinley, Schwartz et al. 2009, Gait "
    "Posture 30:265"
)
# What healthy people score; READ and FROM MEMORY say how sure a number is. The recordings are those
# of tests/gait/kinematics/test_people.py, which measures them again.
HEALTHY_SCORES = (
    "Healthy people: no published score of adults is at hand. Typically developing children: "
    "median about 5.2 degrees with nine variables (Baker et al. 2009; from memory, not checked in "
    "the paper), standard deviation 1.4 (Baker et al. 2012, Gait Posture 35:612; read in the "
    "abstract). Smallest important change: 1.6 degrees (Baker et al. 2012, children; read in the "
    "abstract). Measured with six variables on 7 recordings of 6 healthy people at hand (1 "
    "adult, 5 mostly children): 2.9 to 8.4, median 5.8 degrees; this is not a norm."
)


@dataclass(frozen=True)
class GaitProfile:
    """Differences of a walk from the reference, in degrees.

    Attributes:
        scores: (variable, side) → root mean square difference between the mean curve and the
            reference mean over the stride: the Movement Analysis Profile.
        gps_deg: Side → Gait Profile Score of the side, the root mean square of its scores.
        overall_deg: Gait Profile Score of both sides; the pelvis counts once, from left strides.
        variables: Names of the variables that the scores are of.
        note: Which of the nine variables are absent, and what that means.
        source: Publications of the scores and of the reference.
        healthy: What healthy people score, and how sure that is.

    Example:
        ```python
        >>> import numpy as np
        >>> from agir_hf.gait.kinematics import Curve, Kinematics, gait_profile, norm_band
        >>> toe_off, start_s, end_s = np.array([60.0]), np.array([0.0]), np.array([1.1])
        >>> strides = norm_band("knee_flexion").mean[None] + 4.0
        >>> knee = Curve("knee_flexion", "left", strides, toe_off, start_s, end_s)
        >>> profile = gait_profile(Kinematics({("knee_flexion", "left"): knee}, {}))
        >>> round(profile.overall_deg, 2), profile.variables
        (4.0, ('knee_flexion',))
        ```
    """

    scores: dict[tuple[str, str], float]
    gps_deg: dict[str, float]
    overall_deg: float
    variables: tuple[str, ...]
    note: str
    source: str
    healthy: str = HEALTHY_SCORES


def gait_profile(kinematics: Kinematics) -> GaitProfile | None:
    """Compute the Movement Analysis Profile and the Gait Profile Score.

    Args:
        kinematics ([`Kinematics`]):
            Curves of a walk or of a session.

    Returns:
        [`GaitProfile`]: The scores, or None if no variable has both a curve and a band.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.gait import measure
        >>> from agir_hf.gait.kinematics import gait_profile, kinematics_of
        >>> from agir_hf.motion import read_recording
        >>> recording = read_recording(agir_hf.SAMPLE_RECORDING)
        >>> profile = gait_profile(kinematics_of(measure(recording), recording))
        >>> len(profile.variables), profile.overall_deg > 0
        (6, True)

        ```
    """
    scores = {}
    for (name, side), curve in kinematics.curves.items():
        band = kinematics.band(name)
        if band is not None:
            scores[name, side] = _rms(curve.mean - band.mean)
    if not scores:
        return None
    names = {name for name, _ in scores}
    variables = tuple(row.name for row in VARIABLES if row.name in names)
    gps = {
        side: _rms(np.array([score for (_, of), score in scores.items() if of == side]))
        for side in SIDES
        if any(of == side for _, of in scores)
    }
    sources = dict.fromkeys(kinematics.band(name).source for name in variables)
    return GaitProfile(
        scores,
        gps,
        _rms(np.array(_counted_once(scores))),
        variables,
        _note(variables, kinematics),
        "; ".join((PROFILE_SOURCE, "reference: " + ", ".join(sources))),
    )


def _counted_once(scores: dict[tuple[str, str], float]) -> list[float]:
    """Scores of both sides, with the pelvis of the left side, or of the right if it is alone."""
    return [
        score
        for (name, side), score in scores.items()
        if BY_NAME[name].joint != "pelvis" or side == "left" or (name, "left") not in scores
    ]


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def _note(variables: tuple[str, ...], kinematics: Kinematics) -> str:
    unmeasured, without_band = [], []
    measured = {name for name, _ in kinematics.curves}
    for row in VARIABLES:
        if row.name not in variables:
            (without_band if row.name in measured else unmeasured).append(row.label.lower())
    parts = []
    if unmeasured:
        parts.append(f"not measured: {', '.join(unmeasured)}")
    if without_band:
        parts.append(f"no norm included: {', '.join(without_band)}")
    note = f"Of {len(variables)} of the nine variables"
    if parts:
        note += f" ({'; '.join(parts)}): not comparable with a score of nine variables"
    return note + "."

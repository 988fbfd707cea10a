"""Kinematic curves: angles over the stride, of every stride of a walk or of several walks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..signals import SIDES
from .bands import Band, norm_band
from .variables import VARIABLES

PERCENT = np.linspace(0, 100, 101)  # from heel strike to the next heel strike of the same foot


@dataclass(frozen=True, eq=False)
class Curve:
    """An angle over each stride of a side.

    Attributes:
        variable: Name of the variable, such as "knee_flexion".
        side: "left" or "right".
        strides: Angles (n, 101) in degrees from heel strike to heel strike.
        toe_off_percent: Toe-off (n,) in percent of the stride, NaN where it was not detected.
        start_s: First heel strikes (n,) in seconds from the first frame of the recording.
        end_s: Second heel strikes (n,) in seconds from the first frame of the recording.

    Example:
        ```python
        >>> import numpy as np
        >>> from agir_hf.gait.kinematics import Curve
        >>> strides = np.stack([np.full(101, 10.0), np.full(101, 14.0)])
        >>> times_s = np.array([0.5, 1.6])
        >>> toe_off = np.array([61.0, 62.0])
        >>> curve = Curve("pelvis_tilt", "left", strides, toe_off, times_s, times_s + 1.1)
        >>> print(curve.mean[0], curve.sd[0].round(2), curve.mean.shape)
        12.0 2.83 (101,)

        ```
    """

    variable: str
    side: str
    strides: np.ndarray
    toe_off_percent: np.ndarray
    start_s: np.ndarray
    end_s: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """Mean (101,) over the strides in degrees."""
        return self.strides.mean(axis=0)

    @property
    def sd(self) -> np.ndarray:
        """Standard deviation (101,) between the strides in degrees; zeros for a single stride."""
        if len(self.strides) == 1:
            return np.zeros(self.strides.shape[1])
        return self.strides.std(axis=0, ddof=1)


@dataclass(frozen=True, eq=False)
class Kinematics:
    """Kinematic curves of a walk, or of several walks of a session.

    Attributes:
        curves: (variable, side) → curve.
        absent: Variable → reason, for the variables that neither side has.
        remarks: What a reader of the curves must know, one sentence each.
        thigh_against_vertical: Whether "hip_flexion" is the angle of the thigh to the vertical,
            because the tilt of the pelvis is not measured. `band` returns the band of that angle.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.gait import measure
        >>> from agir_hf.gait.kinematics import kinematics_of
        >>> from agir_hf.motion import read_recording, to_joints
        >>> motion = to_joints(read_recording(agir_hf.SAMPLE_RECORDING))
        >>> kinematics = kinematics_of(measure(motion), motion)
        >>> list(kinematics.absent), kinematics.thigh_against_vertical
        (['pelvis_tilt', 'hip_rotation'], True)
        >>> band = kinematics.band("hip_flexion")  # hip minus pelvic tilt
        >>> print(band.mean.max().round(1))
        21.8
        ```
    """

    curves: dict[tuple[str, str], Curve]
    absent: dict[str, str]
    remarks: tuple[str, ...] = ()
    thigh_against_vertical: bool = False

    def band(self, variable: str) -> Band | None:
        """Return the norm band of a variable as it was measured here.

        It differs from `norm_band` for a hip that was measured against the vertical.

        Args:
            variable: Name of a variable, such as "hip_flexion".

        Returns:
            The band, or None if no published band is at hand.
        """
        if variable == "hip_flexion" and self.thigh_against_vertical:
            return norm_band(variable, against="vertical")
        return norm_band(variable)


def pooled(walks: Sequence[Kinematics]) -> Kinematics:
    """Put the strides of several walks of one subject together.

    Args:
        walks: Curves of one walk or more, of one session.

    Returns:
        The curves with the strides of all walks, in their order; times stay those within each
        recording. Hip curves against the vertical are left out where other walks have hip curves
        against the pelvis.

    Raises:
        ValueError: There is no walk.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.gait import measure
        >>> from agir_hf.gait.kinematics import kinematics_of, pooled
        >>> from agir_hf.motion import read_recording
        >>> recording = read_recording(agir_hf.SAMPLE_RECORDING)
        >>> walk = kinematics_of(measure(recording), recording)
        >>> knees = [row.curves["knee_flexion", "left"] for row in (walk, pooled([walk, walk]))]
        >>> [len(knee.strides) for knee in knees]
        [5, 10]

        ```
    """
    if not walks:
        raise ValueError("no walk to pool, expected at least one: pass the kinematics of a walk")
    with_hip = [walk for walk in walks if any(name == "hip_flexion" for name, _ in walk.curves)]
    vertical = bool(with_hip) and all(walk.thigh_against_vertical for walk in with_hip)
    curves = {}
    for variable in VARIABLES:
        for side in SIDES:
            parts = [
                walk.curves[variable.name, side]
                for walk in walks
                if (variable.name, side) in walk.curves
                and not (variable.name == "hip_flexion" and walk.thigh_against_vertical != vertical)
            ]
            if parts:
                curves[variable.name, side] = _joined(parts)
    measured = {name for name, _ in curves}
    absent = {}
    for walk in walks:
        absent |= {name: why for name, why in walk.absent.items() if name not in measured}
    absent = {row.name: absent[row.name] for row in VARIABLES if row.name in absent}
    remarks = tuple(dict.fromkeys(remark for walk in walks for remark in walk.remarks))
    return Kinematics(curves, absent, remarks, vertical)


def _joined(parts: list[Curve]) -> Curve:
    """Curve with the strides of several curves of one variable and side."""
    fields = ("strides", "toe_off_percent", "start_s", "end_s")
    arrays = (np.concatenate([getattr(part, name) for part in parts]) for name in fields)
    return Curve(parts[0].variable, parts[0].side, *arrays)

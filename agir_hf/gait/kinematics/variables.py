"""The nine kinematic variables of a gait report, and their signs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Variable:
    """A joint or segment angle over the stride.

    Attributes:
        name: Name in code and files, such as "knee_flexion".
        label: Name for people, such as "Knee flexion".
        joint: "pelvis", "hip", "knee", "ankle" or "foot".
        plane: "sagittal", "frontal" or "transverse".
        positive: Meaning of a positive angle, such as "flexion".
        negative: Meaning of a negative angle, such as "extension".

    Example:
        ```python
        >>> from agir_hf.gait.kinematics import VARIABLES
        >>> knee = next(row for row in VARIABLES if row.joint == "knee")
        >>> knee.label, knee.positive, knee.negative
        ('Knee flexion', 'flexion', 'extension')

        ```
    """

    name: str
    label: str
    joint: str
    plane: str
    positive: str
    negative: str


# In the order of a report. Signs follow the angle of the side that a curve is of: for both sides,
# obliquity is positive if this side is up, and pelvic rotation if this side is forward.
VARIABLES = (
    Variable("pelvis_tilt", "Pelvic tilt", "pelvis", "sagittal", "anterior", "posterior"),
    Variable("pelvis_obliquity", "Pelvic obliquity", "pelvis", "frontal", "up", "down"),
    Variable("pelvis_rotation", "Pelvic rotation", "pelvis", "transverse", "forward", "backward"),
    Variable("hip_flexion", "Hip flexion", "hip", "sagittal", "flexion", "extension"),
    Variable("hip_adduction", "Hip adduction", "hip", "frontal", "adduction", "abduction"),
    Variable("hip_rotation", "Hip rotation", "hip", "transverse", "internal", "external"),
    Variable("knee_flexion", "Knee flexion", "knee", "sagittal", "flexion", "extension"),
    Variable(
        "ankle_dorsiflexion", "Ankle dorsiflexion", "ankle", "sagittal", "dorsiflexion",
        "plantarflexion",
    ),
    Variable("foot_progression", "Foot progression", "foot", "transverse", "internal", "external"),
)  # fmt: skip
BY_NAME = {variable.name: variable for variable in VARIABLES}
